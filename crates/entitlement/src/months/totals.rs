//! Sums of a family: months and money by province and by place, principal, interest.

use crate::{
    account::{
        Amount, ClearedLine, Credited, Interest, InterestPosting, MonthLine, MonthStatus,
        PlaceMonths, RecordNumber, Standing,
    },
    policy::Successors,
    records::{
        money::{FenSum, Sums, given_back, without_sign},
        places::{Places, RowMonth},
        set::{AsOf, Held, PostedAlone, RecordSet, Role, Target, number, position},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    record::{AccountType, Record},
    value::{Day, Division, Month, Namespace},
};

/// Months of a place so far.
#[derive(Clone, Copy, Default)]
struct Tally {
    months: u32,
    deemed: u32,
    deemed_contested: u32,
    contested: u32,
    in_transfer: u32,
    transferred: u32,
    temporary: u32,
    /// The last month that counts here, deemed ones included, those of a temporary account not.
    last: Option<Month>,
    /// The last one of these that no other place holds.
    last_alone: Option<Month>,
    credited: Sums,
}

type Tallies = BTreeMap<Division, Tally>;

/// Where a record that makes a month count was paid, where it belongs now, and where it is going.
#[derive(Clone, Copy)]
struct Whereabouts {
    paid: Division,
    here: Division,
    going: Division,
    /// Paid into a temporary account that nobody has taken over.
    temporary: bool,
}

impl Whereabouts {
    fn in_provinces(self) -> Self {
        Self {
            paid: self.paid.province(),
            here: self.here.province(),
            going: self.going.province(),
            temporary: self.temporary,
        }
    }
}

/// What a family has where.
pub(crate) struct ByPlace {
    pub(crate) provinces: Vec<PlaceMonths>,
    pub(crate) places: Vec<PlaceMonths>,
}

/// Months and money by province, and by place. Places are what they are called now.
pub(crate) fn by_place(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    lines: &[MonthLine],
    moves: &Places,
    successors: &Successors<'_>,
    as_of: AsOf,
) -> ByPlace {
    let (mut provinces, mut places) = (Tallies::new(), Tallies::new());
    for line in lines {
        match line.status {
            MonthStatus::Counted => {
                let records = whereabouts(set, line, moves, successors, as_of);
                count(&mut places, line.month, &records);
                let records: Vec<Whereabouts> =
                    records.into_iter().map(Whereabouts::in_provinces).collect();
                count(&mut provinces, line.month, &records);
            }
            MonthStatus::Deemed => {
                let at = places_deemed(set, line, successors);
                count_deemed(&mut provinces, line.month, &provinces_of(&at));
                count_deemed(&mut places, line.month, &at);
            }
            _ => {}
        }
    }
    for (place, sums) in movements(set, range) {
        let place = successors.now(place);
        places.entry(place).or_default().credited.add(sums);
        let province = provinces.entry(place.province()).or_default();
        province.credited.add(sums);
    }
    ByPlace {
        provinces: lines_of(provinces),
        places: lines_of(places),
    }
}

/// Where the records are that make a month count.
fn whereabouts(
    set: &RecordSet<'_>,
    line: &MonthLine,
    moves: &Places,
    successors: &Successors<'_>,
    as_of: AsOf,
) -> Vec<Whereabouts> {
    let mut found = Vec::new();
    for number in &line.by {
        let at = position(*number);
        let Some((_, contribution)) = set.at(at).money() else {
            continue;
        };
        let paid = contribution.place;
        let row = RowMonth {
            at,
            month: line.month,
        };
        let moved = moves.moved(row, as_of.day);
        let here = moved.unwrap_or(paid);
        found.push(Whereabouts {
            paid: successors.now(paid),
            here: successors.now(here),
            going: successors.now(moves.target(row).unwrap_or(here)),
            temporary: moved.is_none() && contribution.account_type == AccountType::Temporary,
        });
    }
    found
}

/// Counts one month: here if it belongs to one place only, contested in each otherwise.
fn count(tallies: &mut Tallies, month: Month, records: &[Whereabouts]) {
    let here: BTreeSet<Division> = records.iter().map(|record| record.here).collect();
    let is_contested = here.len() > 1;
    for place in here {
        let tally = tallies.entry(place).or_default();
        if is_contested {
            one_more(&mut tally.contested);
        } else {
            one_more(&mut tally.months);
        }
        let own = || records.iter().filter(|record| record.here == place);
        if own().all(|record| record.temporary) {
            one_more(&mut tally.temporary);
        } else {
            tally.see_last(month, is_contested);
        }
        if own().any(|record| record.going != place) {
            one_more(&mut tally.in_transfer);
        }
        if own().any(|record| record.paid != place) {
            one_more(&mut tally.transferred);
        }
    }
}

/// The places where a month was worked, as the records say that deem it.
fn places_deemed(
    set: &RecordSet<'_>,
    line: &MonthLine,
    successors: &Successors<'_>,
) -> BTreeSet<Division> {
    let places = line.by.iter().filter_map(|number| deemed_at(set, *number));
    places.map(|place| successors.now(place)).collect()
}

fn provinces_of(places: &BTreeSet<Division>) -> BTreeSet<Division> {
    places.iter().map(|place| place.province()).collect()
}

/// Counts one deemed month: here if every record that deems it says so, claimed by each of several places otherwise (Y08).
fn count_deemed(tallies: &mut Tallies, month: Month, at: &BTreeSet<Division>) {
    let is_claimed = at.len() > 1;
    for place in at {
        let tally = tallies.entry(*place).or_default();
        if is_claimed {
            one_more(&mut tally.deemed_contested);
        } else {
            one_more(&mut tally.deemed);
        }
        tally.see_last(month, is_claimed);
    }
}

impl Tally {
    /// A month that counts here, though it may be contested.
    fn see_last(&mut self, month: Month, is_contested: bool) {
        self.last = self.last.max(Some(month));
        if !is_contested {
            self.last_alone = self.last_alone.max(Some(month));
        }
    }
}

fn one_more(months: &mut u32) {
    *months = months.checked_add(1).expect("there are 2^16 months");
}

fn lines_of(tallies: Tallies) -> Vec<PlaceMonths> {
    let line = |(place, tally): (Division, Tally)| PlaceMonths {
        place,
        months: tally.months,
        contested: tally.contested,
        deemed: tally.deemed,
        deemed_contested: tally.deemed_contested,
        in_transfer: tally.in_transfer,
        transferred: tally.transferred,
        temporary: tally.temporary,
        last: tally.last,
        last_alone: if tally.contested > 0 || tally.deemed_contested > 0 {
            tally.last_alone
        } else {
            None
        },
        credited: tally.credited.amount(),
    };
    tallies.into_iter().map(line).collect()
}

/// Where a record says that deemed months were worked.
pub(crate) fn deemed_at(set: &RecordSet<'_>, number: RecordNumber) -> Option<Division> {
    let held = set.numbered(number)?;
    match &held.fact.record {
        Record::Deemed(fields) => Some(fields.place),
        _ => held
            .posted_alone()
            .map(|alone| alone.posting.target_side.place),
    }
}

/// The records that agreements cleared, with the differences that were paid on them.
pub(crate) fn cleared(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<ClearedLine> {
    let (mut refunds, mut differences) = (
        BTreeMap::<usize, Sums>::new(),
        BTreeMap::<usize, Sums>::new(),
    );
    for (_, held) in set.within(range) {
        let (Some((role, contribution)), Target::At(target)) = (held.money(), held.target) else {
            continue;
        };
        if held.standing != Standing::Held {
            continue;
        }
        let credited = contribution.credited;
        match role {
            Role::Refund => refunds.entry(target).or_default().add(given_back(credited)),
            Role::Adjust => differences.entry(target).or_default().add(credited.into()),
            Role::Received | Role::Due | Role::Announced => {}
        }
    }
    let mut lines = Vec::new();
    for (at, held) in set.within(range) {
        let (Some((_, contribution)), Standing::Cleared) = (held.money(), held.standing) else {
            continue;
        };
        let agreement = held.because.expect("an agreement clears what is cleared");
        let mut due = differences.remove(&at).unwrap_or_default();
        due.add(contribution.credited.into());
        lines.push(ClearedLine {
            first: contribution.period.first,
            place: contribution.place,
            due: due.amount(),
            refunded: refunds.remove(&at).unwrap_or_default().amount(),
            record: number(at),
            agreement: number(agreement),
        });
    }
    lines
}

/// What was credited to the personal account, less what was refunded from it, by province and the month in which the money
/// came.
pub(crate) fn credits(
    set: &RecordSet<'_>,
    range: &Range<usize>,
) -> BTreeMap<Division, BTreeMap<Month, i64>> {
    let mut provinces: BTreeMap<Division, BTreeMap<Month, i64>> = BTreeMap::new();
    let shares = movements_at(set, range).map(|(at, (place, sums))| (at, place, sums.both()));
    let subsidies = moved_subsidies(set, range).filter_map(|(at, sum)| {
        let (_, contribution) = set.get(at)?.money()?;
        Some((at, contribution.place, sum))
    });
    for (at, place, moved) in shares.chain(subsidies) {
        let Some(held) = set.get(at) else {
            continue;
        };
        let paid_for = held
            .money()
            .map(|(_, contribution)| contribution.period.first);
        let Some(month) = held.day().and_then(Day::in_month).or(paid_for) else {
            continue;
        };
        let sum = provinces
            .entry(place.province())
            .or_default()
            .entry(month)
            .or_default();
        *sum = sum.saturating_add(moved.shown());
    }
    provinces
}

/// What every money record in force moves on the personal account, at the place that it concerns. Records paid in part or
/// refunded in part moved money all the same.
fn movements(set: &RecordSet<'_>, range: &Range<usize>) -> impl Iterator<Item = (Division, Sums)> {
    movements_at(set, range).map(|(_, moved)| moved)
}

fn movements_at(
    set: &RecordSet<'_>,
    range: &Range<usize>,
) -> impl Iterator<Item = (usize, (Division, Sums))> {
    set.within(range).filter_map(|(at, held)| {
        if let Some(PostedAlone { posting, .. }) = held.posted_alone() {
            let sums = Sums {
                unit: FenSum::ZERO,
                person: posting.sums.personal_account.into(),
            };
            return Some((at, (posting.target_side.place, sums)));
        }
        let (role, contribution) = held.money()?;
        let moved = matches!(
            held.standing,
            Standing::Held | Standing::NotFull | Standing::Refunded | Standing::Cleared
        );
        let credited = contribution.credited;
        let sums = match role {
            Role::Received | Role::Adjust if moved => credited.into(),
            Role::Refund if moved => given_back(credited).negated(),
            _ => return None,
        };
        let named = match held.target {
            Target::At(target) if role == Role::Refund => set.get(target).and_then(Held::money),
            _ => None,
        };
        Some((
            at,
            (
                named.map_or(contribution.place, |(_, target)| target.place),
                sums,
            ),
        ))
    })
}

/// What governments added to the personal account of residents (国发〔2014〕8号): a refund of an overlap takes none of it.
fn moved_subsidies(
    set: &RecordSet<'_>,
    range: &Range<usize>,
) -> impl Iterator<Item = (usize, FenSum)> {
    set.within(range).filter_map(|(at, held)| {
        let (role, contribution) = held.money()?;
        let moved = matches!(
            held.standing,
            Standing::Held | Standing::NotFull | Standing::Refunded | Standing::Cleared
        );
        let given = contribution.subsidies;
        let sum = [given.central, given.province, given.city, given.county]
            .iter()
            .fold(FenSum::ZERO, |sum, subsidy| match role {
                Role::Refund => sum.minus(without_sign(*subsidy)),
                _ => sum.plus((*subsidy).into()),
            });
        let of_account = held
            .family
            .is_some_and(|family| family.begins_with((Namespace::Hrss, "170")));
        (moved && of_account && matches!(role, Role::Received | Role::Adjust | Role::Refund))
            .then_some((at, sum))
    })
}

/// The personal account at the end of a day: what had been credited, refunded and posted as interest by then.
pub(crate) fn balance_on(set: &RecordSet<'_>, range: &Range<usize>, day: Day) -> i64 {
    let by_then = |at: usize| {
        set.get(at)
            .and_then(Held::day)
            .is_some_and(|moved| moved <= day)
    };
    let moved = movements_at(set, range).map(|(at, (_, sums))| (at, sums.both()));
    let sum = moved
        .chain(moved_subsidies(set, range))
        .filter(|(at, _)| by_then(*at));
    let principal = FenSum::of(sum.map(|(_, one)| one));
    let posted = set
        .within(range)
        .filter(|(at, held)| held.standing == Standing::Held && by_then(*at));
    let interest = posted.filter_map(|(_, held)| match &held.fact.record {
        Record::InterestCredit(fields) => Some(Sums::from(fields.amount).both()),
        _ => None,
    });
    principal.plus(FenSum::of(interest)).shown()
}

/// The principal of the personal account.
pub(crate) fn credited(set: &RecordSet<'_>, range: &Range<usize>) -> Credited {
    let (mut all, mut refunded) = (Sums::default(), FenSum::ZERO);
    for (_, sums) in movements(set, range) {
        all.add(sums);
    }
    for (_, held) in set
        .within(range)
        .filter(|(_, held)| held.standing == Standing::Held)
    {
        if let Some((Role::Refund, contribution)) = held.money() {
            refunded = refunded.plus(given_back(contribution.credited).both());
        }
    }
    let subsidies = FenSum::of(moved_subsidies(set, range).map(|(_, subsidy)| subsidy));
    Credited {
        total: all.both().plus(subsidies).shown(),
        shares: all.amount(),
        subsidies: subsidies.shown(),
        refunded: refunded.shown(),
    }
}

/// Interest posted by agencies.
pub(crate) fn interest(set: &RecordSet<'_>, range: &Range<usize>) -> Interest {
    let mut total = FenSum::ZERO;
    let mut postings = Vec::new();
    for (at, held) in set
        .within(range)
        .filter(|(_, held)| held.standing == Standing::Held)
    {
        let Record::InterestCredit(fields) = &held.fact.record else {
            continue;
        };
        let amount = Amount::from(fields.amount);
        total = total.plus(Sums::from(fields.amount).both());
        postings.push(InterestPosting {
            year: fields.year,
            rate: fields.rate.get(),
            amount,
            record: number(at),
        });
    }
    Interest {
        total: total.shown(),
        postings,
    }
}
