//! A step that an agency is about to take: whether it would count, and what is missing before it.

use crate::{
    account::{StepFaultName, TransferCase},
    transfer::{procedure::Progress, step::Step},
};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    person::AccountId,
    record::{AccountType, CaseId, Source, TransferSide, TransferStep, TransferSums},
    value::{Code, Day, Division, Fen, LeafIndex, Scheme},
};

/// A step that an agency is about to take.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Which.
    pub kind: Kind,
    /// Whose chain would hold it.
    pub region: Division,
    /// Old and new place, as the step would name them.
    pub sides: (Division, Division),
    /// The day of the step.
    pub on: Day,
}

/// Why a step would not be used, as far as the steps of the case that are known say: the same fault that the case would
/// show. The document that it names is not looked at.
pub fn would_fault(
    case: Option<&TransferCase>,
    scheme: Scheme<'_>,
    candidate: Candidate,
) -> Option<StepFaultName> {
    let fields = |sides: (Division, Division), on, sums| TransferStep {
        account: AccountId([0; 16]),
        case: CaseId([0; 16]),
        scheme,
        source_side: TransferSide {
            place: sides.0,
            agency: Code::NONE,
        },
        target_side: TransferSide {
            place: sides.1,
            agency: Code::NONE,
        },
        on,
        first: None,
        last: None,
        sums,
        account_type: AccountType::General,
        document: Hash::ZERO,
        reason: Code::NONE,
        source: Source::default(),
    };
    let sums = |line: &crate::account::TransferStep| TransferSums {
        personal_account: Fen::new(line.personal_account).unwrap_or_default(),
        pool: Fen::new(line.pool).unwrap_or_default(),
        ..TransferSums::default()
    };
    let known = case.map_or(&[][..], |case| &case.steps);
    let written: Vec<TransferStep<'_>> = known
        .iter()
        .map(|line| fields((line.source, line.target), line.on, sums(line)))
        .chain([fields(
            candidate.sides,
            candidate.on,
            TransferSums::default(),
        )])
        .collect();
    let lines = known
        .iter()
        .map(|line| (line.kind, line.region))
        .chain([(candidate.kind, candidate.region)]);
    // The lines of a case stand in the order of its steps, so that their places in it do as positions; what is taken now
    // stands behind them all.
    let mut steps: Vec<Step<'_>> = lines
        .zip(&written)
        .zip(0_u64..)
        .map(|(((kind, region), fields), position)| Step {
            at: usize::try_from(position).unwrap_or(usize::MAX),
            kind,
            region,
            index: LeafIndex(position),
            fields,
        })
        .collect();
    steps.sort_by_key(Step::order);
    let computed = case
        .and_then(|case| case.sums.as_ref())
        .is_some_and(|sums| sums.computed.personal_account != 0 || sums.computed.pool != 0);
    let early = Progress::of(&steps, false);
    let needs_money = Progress::states_money(early.sheet.or(early.child)) || computed;
    let faults = Progress::of(&steps, needs_money).faults;
    faults
        .into_iter()
        .find(|(step, _)| step.at == known.len())
        .map(|(_, fault)| fault)
}

/// The first step that has to come before one of a kind and is not there by a day, as far as the steps of the case that are
/// known say, with its own day where it is there, only later.
pub fn missing_before(
    case: Option<&TransferCase>,
    kind: Kind,
    on: Day,
) -> Option<(Kind, Option<Day>)> {
    let steps = || case.into_iter().flat_map(used);
    let is_child = steps().next().is_some_and(|(first, _)| is_follow_up(first));
    let mut needed = needed_before(kind)
        .iter()
        .copied()
        .filter(|needed| !(is_child && *needed <= Kind::INFO_SHEET));
    let absent = |needed: &Kind| !steps().any(|(known, day)| known == *needed && day <= on);
    let missing = needed.find(absent)?;
    Some((
        missing,
        steps()
            .find(|(known, _)| *known == missing)
            .map(|(_, day)| day),
    ))
}

/// The steps of a case that were used, by kind and day.
pub fn used(case: &TransferCase) -> impl Iterator<Item = (Kind, Day)> {
    let is_used = |record| case.faults.iter().all(|fault| fault.record != record);
    case.steps
        .iter()
        .filter(move |step| is_used(step.record))
        .map(|step| (step.kind, step.on))
}

/// Whether a step follows up on a closing: after the posting it needs a case of its own.
pub fn is_follow_up(kind: Kind) -> bool {
    kind == Kind::SUPPLEMENT || kind == Kind::CORRECTION
}

/// The steps that must have come before one of this kind, as [`Progress`] admits it. A case that is itself a supplement or
/// correction has those up to the sheet behind it.
const fn needed_before(kind: Kind) -> &'static [Kind] {
    match kind {
        Kind::LETTER | Kind::WITHDRAWN | Kind::RETURNED => &[Kind::TRANSFER_APPLY],
        Kind::FREEZE => &[Kind::LETTER],
        Kind::INFO_SHEET | Kind::FUNDS_SENT => &[Kind::FREEZE],
        Kind::FUNDS_RECEIVED => &[Kind::FUNDS_SENT],
        Kind::POSTED => &[Kind::INFO_SHEET, Kind::FUNDS_RECEIVED],
        Kind::CLOSED => &[Kind::POSTED],
        _ => &[],
    }
}
