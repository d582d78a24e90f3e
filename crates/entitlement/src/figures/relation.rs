//! The relation: where a worker belongs for a scheme, by participations, transfers and months.

use crate::account::{CaseState, FamilyAccount, ParticipationState, TransferCase};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division, Month},
};
use yizhang_rules::Where;

/// A relation that a posted transfer has taken along.
struct Moved {
    on: Day,
    source: Division,
    target: Division,
}

/// The place of the relation: that of the latest participation that is active or of the latest posted transfer; where none
/// is active, of the last month that counts, if it is later than the transfer. A participation is as late as the last month
/// that counts there. A posted transfer ends what was active at its old place; a temporary account leaves the relation where
/// it was (国办发〔2009〕66号 art. 5), and so do supplements and corrections, which follow it.
///
/// Where nothing tells several places apart, it is their province if they share one, and else not known: whose it is then is
/// what people have to decide.
pub(crate) fn relation(family: &FamilyAccount) -> Option<Division> {
    let posted = moved_relations(family);
    let left = |place: Division, since: Month| {
        posted.iter().any(|moved| {
            moved.source.covers(place) && moved.on.in_month().is_none_or(|month| since <= month)
        })
    };
    let last = |place: Division| {
        let within = family
            .by_place
            .iter()
            .filter(|line| place.covers(line.place));
        within.filter_map(|line| line.last).max()
    };
    let active = family
        .standing
        .iter()
        .filter(|line| line.state == ParticipationState::Active && !line.temporary);
    let active: Vec<Candidate> = active
        .filter(|line| !left(line.place, line.since))
        .map(|line| Candidate {
            since: Since {
                month: Some(line.since).max(last(line.place)),
                by: Evidence::Active,
                day: None,
            },
            place: line.place,
        })
        .collect();
    let months = family
        .by_place
        .iter()
        .filter(|line| active.is_empty() && line.last.is_some());
    let months = months.map(|line| Candidate {
        since: Since {
            month: line.last,
            by: Evidence::Month,
            day: None,
        },
        place: line.place,
    });
    let posted = posted.iter().filter(|moved| !is_moved_on(moved, &posted));
    let posted = posted.map(|moved| Candidate {
        since: Since {
            month: moved.on.in_month(),
            by: Evidence::Posted,
            day: Some(moved.on),
        },
        place: moved.target,
    });
    let all: Vec<Candidate> = posted.chain(months).chain(active.iter().copied()).collect();
    one_place(&all)
}

/// The place of the newest candidates: where several are as new, their province if they share one.
fn one_place(all: &[Candidate]) -> Option<Division> {
    let newest = all.iter().map(|candidate| candidate.since).max()?;
    let mut places = all
        .iter()
        .filter(|candidate| candidate.since == newest)
        .map(|candidate| candidate.place);
    let first = places.next()?;
    let mut others = places.filter(|place| *place != first).peekable();
    if others.peek().is_none() {
        return Some(first);
    }
    others
        .all(|place| place.province() == first.province())
        .then_some(first.province())
}

/// Where rules are asked for a relation: a province that stands for several of its cities is asked as a whole, unless
/// something was paid at its very code.
pub(crate) fn asked_at(family: &FamilyAccount, relation: Division) -> Where {
    let is_paid = family.by_place.iter().any(|line| line.place == relation);
    if relation == relation.province() && !is_paid {
        Where::Whole(relation)
    } else {
        Where::At(relation)
    }
}

/// What says where the relation is; of one month the later one says it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Evidence {
    Month,
    Posted,
    Active,
}

/// How late something says where the relation is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Since {
    month: Option<Month>,
    by: Evidence,
    day: Option<Day>,
}

/// A place where the relation may be.
#[derive(Clone, Copy)]
struct Candidate {
    since: Since,
    place: Division,
}

/// Where the relation that lay at a place in a month has been taken since: a closed account takes nothing.
pub(super) fn taken_to(family: &FamilyAccount, place: Division, since: Month) -> Division {
    let mut moved = moved_relations(family);
    moved.sort_by_key(|moved| moved.on);
    let later = moved
        .iter()
        .filter(|moved| moved.on.in_month().is_none_or(|month| month >= since));
    later.fold(place, |place, moved| {
        if moved.source.covers(place) {
            moved.target
        } else {
            place
        }
    })
}

/// The relations that posted transfers have taken along, each to the place that posted it.
fn moved_relations(family: &FamilyAccount) -> Vec<Moved> {
    let whole = posted_cases(family)
        .filter(|(_, case)| case.steps.iter().any(|step| step.kind == Kind::FREEZE));
    whole
        .map(|(on, case)| {
            let posting = case.steps.iter().rfind(|step| step.kind == Kind::POSTED);
            Moved {
                on,
                source: case.source,
                target: posting.map_or(case.target, |step| step.target),
            }
        })
        .collect()
}

/// Whether another transfer took it on from its new place on the same day.
fn is_moved_on(moved: &Moved, posted: &[Moved]) -> bool {
    let on_from = |other: &&Moved| other.on == moved.on && other.source.covers(moved.target);
    posted
        .iter()
        .any(|other| on_from(&other) && !moved.source.covers(other.target))
}

/// The transfers that have been posted at their new place, with the day.
pub(super) fn posted_cases(family: &FamilyAccount) -> impl Iterator<Item = (Day, &TransferCase)> {
    family.transfers.iter().filter_map(|case| {
        let is_posted = matches!(case.state, CaseState::Posted | CaseState::Closed)
            && case.transferred.is_some();
        let step = case
            .steps
            .iter()
            .rfind(|step| step.kind == Kind::POSTED)
            .filter(|_| is_posted)?;
        Some((step.on, case))
    })
}
