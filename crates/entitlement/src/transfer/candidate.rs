//! A step that an agency is about to take: whether it would count, and what is missing before it.

use crate::{
    account::{StepFaultName, TransferAmounts, TransferCase, TransferStep},
    transfer::{
        procedure::{PostingNeeds, Progress},
        step::{Sides, Step},
    },
};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    record::AccountType,
    value::{Day, Division, LeafIndex},
};

/// A step that an agency is about to take.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Which.
    pub kind: Kind,
    /// Whose chain would hold it.
    pub region: Division,
    /// Old and new place, as the step would name them.
    pub sides: Sides,
    /// The day of the step.
    pub on: Day,
}

impl Candidate {
    /// As the procedure looks at it, behind as many other steps of its case. It states nothing.
    fn step(self, behind: usize) -> Step<'static> {
        Step {
            at: behind,
            kind: self.kind,
            region: self.region,
            index: LeafIndex(u64::try_from(behind).expect("a position fits 64 bits")),
            on: self.on,
            sides: self.sides,
            first: None,
            last: None,
            stated: TransferAmounts::default(),
            account_type: AccountType::General,
            document: Hash::ZERO,
            reason: "",
            says_all: false,
        }
    }
}

/// A line of a case as the procedure looks at it. Lines stand in the order of their steps, so that the place among them does as
/// position; they name neither document nor account type.
fn step_of_line(at: usize, line: &TransferStep) -> Step<'_> {
    let taken = Candidate {
        kind: line.kind,
        region: line.region,
        sides: Sides {
            old: line.source,
            new: line.target,
        },
        on: line.on,
    };
    Step {
        first: line.first,
        last: line.last,
        stated: TransferAmounts {
            months: line.actual_months.into(),
            personal_account: line.personal_account,
            pool: line.pool,
        },
        reason: &line.reason,
        ..taken.step(at)
    }
}

/// Why a step would not be used, as far as the steps of the case that are known say: the same fault that the case would
/// show. The document that it names is not looked at.
pub fn would_fault(case: Option<&TransferCase>, candidate: Candidate) -> Option<StepFaultName> {
    let lines = case.map_or(&[][..], |case| &case.steps);
    let mut steps: Vec<Step<'_>> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| step_of_line(at, line))
        .collect();
    // What is taken now stands behind them all.
    steps.push(candidate.step(lines.len()));
    steps.sort_by_key(Step::order);
    let computed = case
        .and_then(|case| case.sums.as_ref())
        .map_or(TransferAmounts::default(), |sums| sums.computed);
    let needs = PostingNeeds::of(&Progress::before_money(&steps), computed);
    let progress = Progress::of(&steps, needs);
    let mut unused = progress.faults.iter();
    let taken_now = unused.find(|unused| unused.step.at == lines.len());
    taken_now.map(|unused| unused.fault)
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
