//! What a family has where: months and money by province and by place.

use crate::{
    account::{MonthLine, MonthStatus, PlaceMonths, RecordNumber},
    months::totals::movements,
    policy::Successors,
    records::{
        money::Sums,
        places::{Places, RowMonth},
        set::{AsOf, RecordSet, position},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    record::{AccountType, Record},
    value::{Division, Month},
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
    temporary_contested: u32,
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
    for movement in movements(set, range) {
        let place = successors.now(movement.place);
        places.entry(place).or_default().credited.add(movement.sums);
        let province = provinces.entry(place.province()).or_default();
        province.credited.add(movement.sums);
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
            if is_contested {
                one_more(&mut tally.temporary_contested);
            }
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
    let mut lines = Vec::new();
    for (place, tally) in tallies {
        let is_contested = tally.contested > 0 || tally.deemed_contested > 0;
        lines.push(PlaceMonths {
            place,
            months: tally.months,
            contested: tally.contested,
            deemed: tally.deemed,
            deemed_contested: tally.deemed_contested,
            in_transfer: tally.in_transfer,
            transferred: tally.transferred,
            temporary: tally.temporary,
            temporary_contested: tally.temporary_contested,
            last: tally.last,
            last_alone: if is_contested { tally.last_alone } else { None },
            credited: tally.credited.amount(),
        });
    }
    lines
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
