//! Warnings that were raised, and how they stand: a warning ends by what it asked for, or by a person with a reason.

use super::Rule;
use crate::{stated::Stated, terms::Terms};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::RecordId,
    hash::Hash,
    record::{Ending, Record, WarningClosed},
    value::{Day, Division, Month},
};

/// How a raised warning stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The rule finds it still.
    Open,
    /// The same, and the day by which somebody acts is past.
    Overdue,
    /// The rule finds nothing any more: it can be closed.
    Met,
    /// It was closed as met, and the rule finds nothing.
    Closed,
    /// It was closed as met, and the rule finds it still: it is open.
    ClosedTooEarly,
    /// A person has dismissed it, with a reason.
    Dismissed,
    /// Its rule cannot tell: it is unknown here, or the month is farther back than it looks.
    Untold,
}

impl State {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::Met => "met",
            Self::Closed => "closed",
            Self::ClosedTooEarly => "closed-too-early",
            Self::Dismissed => "dismissed",
            Self::Untold => "untold",
        }
    }
}

impl State {
    /// Whether somebody still acts.
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Open | Self::Overdue | Self::ClosedTooEarly | Self::Untold
        )
    }
}

/// A warning that an agency has raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Its number.
    pub id: Hash,
    /// The record that raised it.
    pub record: RecordId,
    /// Whose chain.
    pub region: Division,
    /// The code of the rule.
    pub rule: String,
    /// The party that it is about, empty if none.
    pub party: String,
    /// Where.
    pub place: Division,
    /// First month.
    pub first: Month,
    /// Last month.
    pub last: Month,
    /// Raised on.
    pub on: Day,
    /// By when somebody acts.
    pub act_by: Day,
    /// How it stands.
    pub state: State,
    /// The record that closed it, if any.
    pub closed_by: Option<RecordId>,
}

/// How the raised warnings stand, by number and record. `parties` is what acts of the records of parties, `found` the numbers of all warnings
/// that rules find on the day.
pub fn standing(parties: &[Stated<'_>], found: &BTreeSet<Hash>, terms: &Terms<'_>) -> Vec<Raised> {
    let mut closings: BTreeMap<(Hash, RecordId), Vec<Closing<'_>>> = BTreeMap::new();
    for stated in parties {
        if let Record::WarningClosed(fields) = stated.record
            && fields.on <= terms.day()
        {
            let key = (fields.id, fields.target);
            closings.entry(key).or_default().push(Closing {
                region: stated.region,
                id: stated.id,
                fields,
            });
        }
    }
    let mut raised = Vec::new();
    for stated in parties {
        let Record::Warning(fields) = stated.record else {
            continue;
        };
        if fields.on > terms.day() {
            continue;
        }
        let rule = Rule::of_code(fields.rule.as_str());
        let can_tell = rule
            .is_some_and(|rule| !rule.is_of_single_months() || fields.first >= terms.first_month());
        let sight = match (can_tell, found.contains(&fields.id)) {
            (_, true) => Sight::Found,
            (true, false) => Sight::Gone,
            (false, false) => Sight::Untold,
        };
        let closing = closings.get(&(fields.id, stated.id)).map(Vec::as_slice);
        let closing = closing.and_then(|closings| decisive(closings, fields.place));
        raised.push(Raised {
            id: fields.id,
            record: stated.id,
            region: stated.region,
            rule: fields.rule.as_str().to_owned(),
            party: fields.subject.party.as_str().to_owned(),
            place: fields.place,
            first: fields.first,
            last: fields.last,
            on: fields.on,
            act_by: fields.act_by,
            state: state(
                sight,
                closing.map(|(_, ending)| ending),
                fields.act_by,
                terms,
            ),
            closed_by: closing.map(|(id, _)| id),
        });
    }
    raised.sort_by_key(|one| (one.id, one.region, one.record));
    raised
}

/// Whether the rule finds it on the day.
#[derive(Clone, Copy)]
enum Sight {
    Found,
    Gone,
    Untold,
}

/// A record that closes a warning.
struct Closing<'a> {
    region: Division,
    id: RecordId,
    fields: WarningClosed<'a>,
}

/// The closing that counts, of a region in which the place lies: a dismissal before any other, then the smallest id.
fn decisive(closings: &[Closing<'_>], place: Division) -> Option<(RecordId, Ending)> {
    let own = closings
        .iter()
        .filter(|closing| closing.region.covers(place));
    let first = own.min_by_key(|closing| {
        let is_other = closing.fields.ending != Ending::Dismissed;
        (is_other, closing.id)
    });
    first.map(|closing| (closing.id, closing.fields.ending))
}

fn state(sight: Sight, ending: Option<Ending>, act_by: Day, terms: &Terms<'_>) -> State {
    match (ending, sight) {
        (Some(Ending::Dismissed), _) => State::Dismissed,
        (Some(Ending::Met), Sight::Found) => State::ClosedTooEarly,
        (Some(Ending::Met), Sight::Gone | Sight::Untold) => State::Closed,
        (None, Sight::Gone) => State::Met,
        (None, Sight::Untold) => State::Untold,
        (None, Sight::Found) if act_by < terms.day() => State::Overdue,
        (None, Sight::Found) => State::Open,
    }
}
