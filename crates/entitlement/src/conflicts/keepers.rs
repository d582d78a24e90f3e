//! Which place would keep months that several provinces hold, until agency and person agree: provisional, and said so.

use crate::{
    account::{Choice, Conflict, FamilyAccount, Person, Provisional, ProvisionalReason, Standing},
    conflicts::class::{ConflictCode, Severity},
    figures::{Desk, by_keepers, deciding_home, months_by_province, relation},
    formulas::benefit_place::PlaceMonths,
    policy::Policy,
    records::{
        money::{Sums, given_back},
        set::{Held, RecordSet, Role, Target},
    },
    transfer::{Places, covers},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::value::{Day, Division, Month};

/// Gives conflicts between provinces their provisional keeper (domain reference, C01): the place of benefit; else the
/// relation with more months; else the earlier receipt; else the lower code.
pub(crate) fn propose(
    policy: &Policy,
    desk: Desk<'_, '_>,
    range: &Range<usize>,
    family: &FamilyAccount,
    moves: &Places,
    conflicts: &mut [Conflict],
) {
    let mut open: Vec<&mut Conflict> = conflicts.iter_mut().filter(is_between_places).collect();
    if open.is_empty() {
        return;
    }
    let Desk {
        set, person, as_of, ..
    } = desk;
    let followers = followers(set, range);
    let months = months_by_province(family);
    let home = deciding_home(policy, desk, family);
    let relation = relation(family).map(|place| policy.successors(as_of.month).now(place));
    let kept = by_keepers(family, (home, relation), policy.enough_months(as_of.month));
    let benefit = if kept.is_open { None } else { kept.found.place };
    for found in &mut open {
        let place = |at: usize, paid: Division| match found.code {
            // Residents pay where their household is registered, in a city, wherever the account is now.
            ConflictCode::C05 => policy.successors(as_of.month).now(paid),
            _ => moves.moved(at, as_of.day).unwrap_or(paid).province(),
        };
        let places = credited_by_place(set, &followers, found, place);
        if places.len() < 2 {
            // Two schemes in one province: people choose between these, not between places.
            continue;
        }
        found.provisional = match found.code {
            ConflictCode::C05 => at_home(&places, person, found.first),
            _ => by_benefit(&places, &months, benefit),
        };
        if found.code == ConflictCode::C05 && found.provisional.is_none() {
            // Without the household of one of the places nothing says which stays, not even provisionally.
            found.severity = Severity::Hold;
        }
        found.choices = places
            .into_iter()
            .map(|(place, held)| held.choice(place))
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

/// What the records of a conflict hold in one province.
#[derive(Clone, Copy, Default)]
struct Stake {
    credited: Sums,
    received: Option<Day>,
}

impl Stake {
    fn choice(self, place: Division) -> Choice {
        Choice {
            place,
            credited: self.credited.amount(),
        }
    }
}

/// What differences added to the personal account and refunds took from it, by the position of the contribution.
fn followers(set: &RecordSet<'_>, range: &Range<usize>) -> BTreeMap<usize, Sums> {
    let mut followers: BTreeMap<usize, Sums> = BTreeMap::new();
    for (_, held) in set.within(range) {
        let acts = matches!(held.standing, Standing::Held | Standing::Refunded);
        let (Some((role, contribution)), Target::At(target)) =
            (held.money().filter(|_| acts), held.target)
        else {
            continue;
        };
        // A refund of a difference belongs with what the difference belongs to.
        let root = match set.get(target).map(|named| (named.money(), named.target)) {
            Some((Some((Role::Adjust, _)), Target::At(root))) => root,
            _ => target,
        };
        let credited = contribution.credited;
        let sums = followers.entry(root).or_default();
        match role {
            Role::Adjust => sums.add(credited.into()),
            Role::Refund => sums.add(given_back(credited).negated()),
            _ => {}
        }
    }
    followers
}

/// By place what the records have credited for the months of the conflict, differences and refunds included; of a
/// record for more months than these, their part. `place` says where a record paid at a place
/// belongs: the province, for residents the place itself.
fn credited_by_place(
    set: &RecordSet<'_>,
    followers: &BTreeMap<usize, Sums>,
    conflict: &Conflict,
    place: impl Fn(usize, Division) -> Division,
) -> BTreeMap<Division, Stake> {
    let mut places: BTreeMap<Division, Stake> = BTreeMap::new();
    for number in &conflict.records {
        let Ok(at) = usize::try_from(number.0) else {
            continue;
        };
        let Some((Role::Received, contribution)) = set.get(at).and_then(Held::money) else {
            continue;
        };
        let mut credited = followers.get(&at).copied().unwrap_or_default();
        credited.add(contribution.credited.into());
        let inside =
            |month: &Month| Some(*month) >= conflict.first && Some(*month) <= conflict.last;
        let inside = contribution.period.iter().filter(inside).count();
        // What was given back is gone with its months.
        let gone = set.get(at).map_or(0, |held| held.given_back().own.len());
        let stays = usize::from(contribution.period.months).saturating_sub(gone);
        let stake = places.entry(place(at, contribution.place)).or_default();
        let part = if inside >= stays {
            credited
        } else {
            credited.share(inside, stays)
        };
        stake.credited.add(part);
        stake.received = match (stake.received, contribution.received) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    places
}

/// 国发〔2014〕8号: residents participate where their household is registered: of these places the one that it lies in, else
/// the only one in its province.
fn at_home(
    places: &BTreeMap<Division, Stake>,
    person: &Person,
    first: Option<Month>,
) -> Option<Provisional> {
    let home = person.home_in(first?)?.place;
    let within = places
        .keys()
        .copied()
        .find(|place| covers(*place, home) || covers(home, *place) && home != home.province());
    let mut of_province = places
        .keys()
        .copied()
        .filter(|place| place.province() == home.province());
    let only = of_province.next().filter(|_| of_province.next().is_none());
    within.or(only).map(|place| Provisional {
        place,
        reason: ProvisionalReason::Household,
    })
}

fn by_benefit(
    places: &BTreeMap<Division, Stake>,
    months: &[PlaceMonths],
    benefit: Option<Division>,
) -> Option<Provisional> {
    if let Some(place) = benefit.filter(|place| places.contains_key(place)) {
        return Some(Provisional {
            place,
            reason: ProvisionalReason::BenefitPlace,
        });
    }
    let held = |place: Division| {
        let of_place = months.iter().filter(|line| line.place == place);
        of_place.fold(0_u32, |sum, line| sum.saturating_add(line.months))
    };
    let most = places.keys().map(|place| held(*place)).max()?;
    let leading: Vec<Division> = places
        .keys()
        .copied()
        .filter(|place| held(*place) == most)
        .collect();
    if let [place] = leading.as_slice() {
        return Some(Provisional {
            place: *place,
            reason: ProvisionalReason::MoreMonths,
        });
    }
    let received = |place: &Division| places.get(place).and_then(|stake| stake.received);
    let earliest = leading.iter().filter_map(received).min();
    let first: Vec<Division> = leading
        .iter()
        .copied()
        .filter(|place| received(place) == earliest)
        .collect();
    match first.as_slice() {
        [place] => Some(Provisional {
            place: *place,
            reason: ProvisionalReason::EarlierReceipt,
        }),
        _ => first.first().map(|place| Provisional {
            place: *place,
            reason: ProvisionalReason::LowerCode,
        }),
    }
}
