//! One step of a case: whose it may be, and where it stands among the others.

use crate::{account::Side, records::set::RecordSet};
use yizhang_ledger::{
    entry::Kind,
    record::{Record, TransferStep},
    value::{Day, Division, LeafIndex},
};

/// A step and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Step<'s> {
    /// Position in the set.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
    pub(crate) region: Division,
    pub(crate) index: LeafIndex,
    pub(crate) fields: &'s TransferStep<'s>,
}

impl<'s> Step<'s> {
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
            fields,
        })
    }

    pub(crate) fn on(&self) -> Day {
        self.fields.on
    }

    /// The order of steps: by day, then by the procedure, whose order is that of the kinds. Money may come back and be sent
    /// again on one day, so that of these two the one that stands first in its chain came first. A supplement or correction
    /// comes behind the closing that it follows, and before the money that goes with it.
    pub(crate) fn order(&self) -> (Day, (Kind, bool), Division, LeafIndex, usize) {
        let stage = match self.kind {
            Kind::RETURNED => (Kind::FUNDS_SENT, false),
            Kind::SUPPLEMENT | Kind::CORRECTION => (Kind::FREEZE, true),
            kind => (kind, false),
        };
        (self.fields.on, stage, self.region, self.index, self.at)
    }

    /// Whether the chain that holds it is that of a side by which the step may come.
    pub(crate) fn is_by_its_side(&self) -> bool {
        let speaks = |side: Side| covers(self.region, self.place(side));
        match whose(self.kind) {
            Some(side) => speaks(side),
            None => speaks(Side::Old) || speaks(Side::New),
        }
    }

    pub(crate) fn place(&self, side: Side) -> Division {
        match side {
            Side::Old => self.fields.source_side.place,
            Side::New => self.fields.target_side.place,
        }
    }
}

/// Whether the chain of a region may take a step of a case between an old and a new place: a step that it may not take is
/// named with its fault, and not used.
pub fn may_take(kind: Kind, region: Division, (old, new): (Division, Division)) -> bool {
    match whose(kind) {
        Some(Side::Old) => covers(region, old),
        Some(Side::New) => covers(region, new),
        None => covers(region, old) || covers(region, new),
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

/// Whether a region or place contains another: 440000 contains 440300, 440300 contains 440305.
pub(crate) fn covers(wide: Division, narrow: Division) -> bool {
    let (wide, narrow) = (wide.code(), narrow.code());
    if wide.is_multiple_of(10_000) {
        wide / 10_000 == narrow / 10_000
    } else if wide.is_multiple_of(100) {
        wide / 100 == narrow / 100
    } else {
        wide == narrow
    }
}
