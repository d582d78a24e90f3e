//! Which place would keep months that several provinces hold, until agency and person agree: provisional, and said so.

use crate::{
    account::{
        Choice, Conflict, FamilyAccount, Person, Provisional, ProvisionalReason, RecordNumber,
        Standing,
    },
    conflicts::class::{ConflictCode, Severity},
    figures::{Anchors, by_keepers, deciding_home, months_by_province, relation},
    formulas::benefit_place::PlaceMonths,
    policy::{Policy, Successors},
    records::{
        money::{Sums, given_back},
        places::{Places, RowMonth},
        set::{AsOf, RecordSet, Role, Target, position},
    },
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    record::Contribution,
    value::{Day, Division, Month},
};

/// What a proposal goes by.
#[derive(Clone, Copy)]
pub(crate) struct Basis<'a, 'f> {
    pub(crate) policy: &'a Policy,
    pub(crate) set: &'a RecordSet<'f>,
    pub(crate) person: &'a Person,
    pub(crate) as_of: AsOf,
}

/// Gives conflicts between provinces their provisional keeper (domain reference, C01): the place of benefit; else the
/// relation with more months; else the earlier receipt; else the lower code.
pub(crate) fn propose(
    basis: Basis<'_, '_>,
    range: &Range<usize>,
    family: &FamilyAccount,
    moves: &Places,
    conflicts: &mut [Conflict],
) {
    let mut open: Vec<&mut Conflict> = conflicts.iter_mut().filter(is_between_places).collect();
    if open.is_empty() {
        return;
    }
    let successors = basis.policy.successors(basis.as_of.month);
    let contested = Contested {
        set: basis.set,
        followers: followers(basis.set, range),
        moves,
        successors: &successors,
        as_of: basis.as_of,
    };
    let benefit = place_of_benefit(basis, family, &successors);
    let months = months_by_province(family);
    for found in &mut open {
        let places = contested.shares(found);
        if places.len() < 2 {
            // Two schemes in one province: people choose between these, not between places.
            continue;
        }
        if found.code == ConflictCode::C05 {
            found.provisional = at_home(&places, basis.person, found.first);
            if found.provisional.is_none() {
                // Without the household of one of the places nothing says which stays, not even provisionally.
                found.severity = Severity::Hold;
            }
        } else {
            found.provisional = by_benefit(&places, &months, benefit);
        }
        found.choices = places
            .into_iter()
            .map(|(place, share)| share.choice(place))
            .collect();
    }
}

/// Whether people choose between places for the months of a conflict.
fn is_between_places(found: &&mut Conflict) -> bool {
    matches!(
        found.code,
        ConflictCode::C01 | ConflictCode::C03 | ConflictCode::C05
    )
}

/// The place that will pay the pension, where it is the same whoever keeps the months.
fn place_of_benefit(
    basis: Basis<'_, '_>,
    family: &FamilyAccount,
    successors: &Successors<'_>,
) -> Option<Division> {
    let Basis {
        policy,
        person,
        as_of,
        ..
    } = basis;
    let anchors = Anchors {
        home: deciding_home(policy, person, as_of, family),
        relation: relation(family).map(|place| successors.now(place)),
    };
    let kept = by_keepers(family, anchors, policy.enough_months(as_of.month));
    if kept.is_open { None } else { kept.found.place }
}

/// What the records of a conflict hold in one place.
#[derive(Clone, Copy, Default)]
struct PlaceShare {
    credited: Sums,
    /// The first day on which money came.
    received: Option<Day>,
}

impl PlaceShare {
    fn choice(self, place: Division) -> Choice {
        Choice {
            place,
            credited: self.credited.amount(),
        }
    }

    fn add(&mut self, credited: Sums, received: Option<Day>) {
        self.credited.add(credited);
        self.received = match (self.received, received) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// By place what it holds of the months of a conflict.
type SharesByPlace = BTreeMap<Division, PlaceShare>;

/// What differences added to the personal account and refunds took from it, by the position of the contribution.
fn followers(set: &RecordSet<'_>, range: &Range<usize>) -> BTreeMap<usize, Sums> {
    let mut followers: BTreeMap<usize, Sums> = BTreeMap::new();
    for (_, held) in set.within(range) {
        if !matches!(held.standing, Standing::Held | Standing::Refunded) {
            continue;
        }
        let (Some((role, contribution)), Target::At(target)) = (held.money(), held.target) else {
            continue;
        };
        let credited = contribution.credited;
        let sums = followers.entry(root_of(set, target)).or_default();
        match role {
            Role::Adjust => sums.add(credited.into()),
            Role::Refund => sums.add(given_back(credited).negated()),
            Role::Received | Role::Due | Role::Announced => {}
        }
    }
    followers
}

/// The contribution that a target belongs to: a refund of a difference belongs with what the difference belongs to.
fn root_of(set: &RecordSet<'_>, target: usize) -> usize {
    let named = set.at(target);
    match (named.money(), named.target) {
        (Some((Role::Adjust, _)), Target::At(root)) => root,
        _ => target,
    }
}

/// What conflicts between places are looked at with.
struct Contested<'s, 'f> {
    set: &'s RecordSet<'f>,
    followers: BTreeMap<usize, Sums>,
    moves: &'s Places,
    successors: &'s Successors<'s>,
    as_of: AsOf,
}

impl Contested<'_, '_> {
    /// By place what the records of a conflict have credited for its months, differences and refunds included; of a record for
    /// more months than these, their part.
    fn shares(&self, conflict: &Conflict) -> SharesByPlace {
        let mut shares = SharesByPlace::new();
        for number in &conflict.records {
            let Some((Role::Received, contribution)) = self.set.at(position(*number)).money()
            else {
                continue;
            };
            let place = self.place_of(conflict, *number, contribution);
            let credited = self.credited_for(conflict, *number, contribution);
            let share = shares.entry(place).or_default();
            share.add(credited, contribution.received);
        }
        shares
    }

    /// Where a record paid at a place belongs: to the province, wherever transfers have taken it. Residents pay where their household
    /// is registered, in a city, wherever the account is now. Of a row for several months its first one in the conflict speaks.
    fn place_of(
        &self,
        conflict: &Conflict,
        record: RecordNumber,
        contribution: &Contribution<'_>,
    ) -> Division {
        let paid = contribution.place;
        if conflict.code == ConflictCode::C05 {
            return self.successors.now(paid);
        }
        let own = contribution.period.first;
        let row = RowMonth {
            at: position(record),
            month: conflict.first.map_or(own, |first| first.max(own)),
        };
        let moved = self.moves.moved(row, self.as_of.day);
        moved.unwrap_or(paid).province()
    }

    fn credited_for(
        &self,
        conflict: &Conflict,
        record: RecordNumber,
        contribution: &Contribution<'_>,
    ) -> Sums {
        let at = position(record);
        let mut credited = self.followers.get(&at).copied().unwrap_or_default();
        credited.add(contribution.credited.into());
        let is_inside =
            |month: &Month| Some(*month) >= conflict.first && Some(*month) <= conflict.last;
        let inside = contribution.period.iter().filter(is_inside).count();
        // What was given back is gone with its months.
        let gone = self.set.at(at).given_back().own.len();
        let stays = usize::from(contribution.period.months).checked_sub(gone);
        let stays = stays.expect("months of the period were given back, no others");
        if inside >= stays {
            credited
        } else {
            credited.share(inside, stays)
        }
    }
}

/// 国发〔2014〕8号: residents participate where their household is registered: of these places the one that it lies in, else
/// the only one in its province.
fn at_home(places: &SharesByPlace, person: &Person, first: Option<Month>) -> Option<Provisional> {
    let home = person.home_in(first?)?.place;
    let holds_home = |place: Division| {
        let is_within = home.covers(place) && home != home.province();
        place.covers(home) || is_within
    };
    let within = places.keys().copied().find(|place| holds_home(*place));
    let place = within.or_else(|| only_one_in(places, home.province()))?;
    Some(Provisional {
        place,
        reason: ProvisionalReason::Household,
    })
}

/// The place in a province, where there is one alone.
fn only_one_in(places: &SharesByPlace, province: Division) -> Option<Division> {
    let mut of_province = places.keys().filter(|place| place.province() == province);
    match (of_province.next(), of_province.next()) {
        (Some(only), None) => Some(*only),
        _ => None,
    }
}

fn by_benefit(
    places: &SharesByPlace,
    months: &[PlaceMonths],
    benefit: Option<Division>,
) -> Option<Provisional> {
    if let Some(place) = benefit
        && places.contains_key(&place)
    {
        return Some(Provisional {
            place,
            reason: ProvisionalReason::BenefitPlace,
        });
    }
    let leading = with_most_months(places, months);
    if let [place] = leading.as_slice() {
        return Some(Provisional {
            place: *place,
            reason: ProvisionalReason::MoreMonths,
        });
    }
    let first = received_first(places, &leading);
    match first.as_slice() {
        [] => None,
        [place] => Some(Provisional {
            place: *place,
            reason: ProvisionalReason::EarlierReceipt,
        }),
        [place, ..] => Some(Provisional {
            place: *place,
            reason: ProvisionalReason::LowerCode,
        }),
    }
}

/// Of places those with the most months, by their codes.
fn with_most_months(places: &SharesByPlace, months: &[PlaceMonths]) -> Vec<Division> {
    let months_at = |place: Division| {
        let of_place = months.iter().filter(|line| line.place == place);
        of_place.map(|line| u64::from(line.months)).sum::<u64>()
    };
    let most = places.keys().map(|place| months_at(*place)).max();
    let all = places.keys().copied();
    all.filter(|place| Some(months_at(*place)) == most)
        .collect()
}

/// Of some of the places those where money came first.
fn received_first(places: &SharesByPlace, leading: &[Division]) -> Vec<Division> {
    let received = |place: &Division| places.get(place).and_then(|share| share.received);
    let earliest = leading.iter().filter_map(received).min();
    let all = leading.iter().copied();
    all.filter(|place| received(place) == earliest).collect()
}
