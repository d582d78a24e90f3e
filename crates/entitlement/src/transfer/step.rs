//! One step of a case: whose it may be, and where it stands among the others.

use crate::{
    account::{Side, Standing, TransferAmounts},
    records::set::RecordSet,
    transfer::army_posting,
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::Hash,
    record::{AccountType, CaseId, Record, TransferStep},
    value::{Day, Division, LeafIndex, Month},
};

/// Old and new place of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// The place that the worker leaves.
    pub old: Division,
    /// The place that the worker goes to.
    pub new: Division,
}

impl Sides {
    /// The place of a side.
    pub(crate) const fn place(self, side: Side) -> Division {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// Whether both cases go from the same province to the same. Divisions are renamed within their province, and a pension
    /// is the province's (国办发〔2009〕66号), so the provinces must be the same, not the codes.
    pub(crate) fn join_the_same_provinces(self, other: Self) -> bool {
        self.old.province() == other.old.province() && self.new.province() == other.new.province()
    }
}

/// A step as the procedure looks at it. A record gives it, and so does a line of an account, which names neither document nor
/// account type.
#[derive(Clone, Copy)]
pub(crate) struct Step<'s> {
    /// Position in the set, or among the lines of its case.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
    pub(crate) region: Division,
    pub(crate) index: LeafIndex,
    pub(crate) on: Day,
    pub(crate) sides: Sides,
    /// First and last month that it is about, where it names them.
    pub(crate) first: Option<Month>,
    pub(crate) last: Option<Month>,
    /// Months that were paid, and money, as it states them.
    pub(crate) stated: TransferAmounts,
    pub(crate) account_type: AccountType,
    /// Zeros where it names none.
    pub(crate) document: Hash,
    pub(crate) reason: &'s str,
    /// Whether it says all that a sheet of an army would ([`army_posting`]).
    pub(crate) says_all: bool,
}

impl<'s> Step<'s> {
    /// The step that a record of a set is.
    pub(crate) fn of(set: &'s RecordSet<'_>, at: usize) -> Option<Self> {
        let held = set.get(at)?;
        let Record::Transfer(kind, fields) = &held.fact.record else {
            return None;
        };
        Some(Self {
            at,
            kind: *kind,
            region: held.fact.region,
            index: held.fact.index,
            on: fields.on,
            sides: Sides {
                old: fields.source_side.place,
                new: fields.target_side.place,
            },
            first: fields.first,
            last: fields.last,
            stated: TransferAmounts {
                months: fields.sums.actual_months.into(),
                personal_account: fields.sums.personal_account.get(),
                pool: fields.sums.pool.get(),
            },
            account_type: fields.account_type,
            document: fields.document,
            reason: fields.reason.as_str(),
            says_all: army_posting::says_all(*kind, fields),
        })
    }

    /// The order of steps: by day, then by the procedure, whose order is that of the kinds. Money may come back and be sent
    /// again on one day, so that of these two the one that stands first in its chain came first. A supplement or correction
    /// comes after the closing that it follows, and before the money that goes with it.
    pub(crate) fn order(&self) -> (Day, (Kind, bool), Division, LeafIndex, usize) {
        let stage = match self.kind {
            Kind::RETURNED => (Kind::FUNDS_SENT, false),
            Kind::SUPPLEMENT | Kind::CORRECTION => (Kind::FREEZE, true),
            kind => (kind, false),
        };
        (self.on, stage, self.region, self.index, self.at)
    }

    /// Whether the chain that holds it is that of a side by which the step may come.
    pub(crate) fn is_by_its_side(&self) -> bool {
        may_take(self.kind, self.region, self.sides)
    }

    /// Whether it is a posting of the new place that says all that a sheet would.
    pub(crate) fn is_alone(&self) -> bool {
        self.says_all && self.is_by_its_side()
    }

    pub(crate) const fn place(&self, side: Side) -> Division {
        self.sides.place(side)
    }

    /// Whether it states money.
    pub(crate) const fn states_money(&self) -> bool {
        self.stated.has_money()
    }

    /// Whether it is about a month: about all, where it names none.
    pub(crate) fn is_about(&self, month: Month) -> bool {
        self.first.is_none_or(|first| first <= month) && self.last.is_none_or(|last| month <= last)
    }
}

/// Steps by case, each in the order of the procedure. A step whose content stands in both chains is one step, and speaks
/// from the chain of the side whose step it is.
pub(crate) fn steps_by_case<'s>(
    set: &'s RecordSet<'_>,
    range: &Range<usize>,
) -> BTreeMap<CaseId, Vec<Step<'s>>> {
    let mut by_content: BTreeMap<RecordId, Step<'s>> = BTreeMap::new();
    for (at, held) in set.within(range) {
        let is_said = matches!(held.standing, Standing::Held | Standing::Copy);
        let Some(step) = Step::of(set, at).filter(|_| is_said) else {
            continue;
        };
        let rank = |step: &Step<'_>| (!step.is_by_its_side(), step.region);
        let known = by_content.entry(held.fact.id).or_insert(step);
        if rank(&step) < rank(known) {
            *known = step;
        }
    }
    let mut cases: BTreeMap<CaseId, Vec<Step<'s>>> = BTreeMap::new();
    for step in by_content.into_values() {
        let case = fields(set, step.at).case;
        cases.entry(case).or_default().push(step);
    }
    for steps in cases.values_mut() {
        steps.sort_by_key(Step::order);
    }
    cases
}

/// The fields of the record that a step was made from.
pub(crate) fn fields<'s>(set: &'s RecordSet<'_>, at: usize) -> &'s TransferStep<'s> {
    let held = set.get(at);
    let fields = held.and_then(|held| match &held.fact.record {
        Record::Transfer(_, fields) => Some(fields),
        _ => None,
    });
    fields.expect("a step was made from the transfer record at its position")
}

/// Whether the chain of a region may take a step of a case between an old and a new place: a step that it may not take is
/// named with its fault, and not used.
pub fn may_take(kind: Kind, region: Division, sides: Sides) -> bool {
    match whose(kind) {
        Some(side) => region.covers(sides.place(side)),
        None => region.covers(sides.old) || region.covers(sides.new),
    }
}

/// Whose step it is; none where either side may say it. A return is the old place's, and before the letter, as a
/// rejection, the new one's.
pub(crate) const fn whose(kind: Kind) -> Option<Side> {
    match kind {
        Kind::CERTIFICATE
        | Kind::FREEZE
        | Kind::INFO_SHEET
        | Kind::FUNDS_SENT
        | Kind::SUPPLEMENT => Some(Side::Old),
        Kind::TRANSFER_APPLY
        | Kind::LETTER
        | Kind::FUNDS_RECEIVED
        | Kind::POSTED
        | Kind::CLOSED
        | Kind::WITHDRAWN => Some(Side::New),
        _ => None,
    }
}
