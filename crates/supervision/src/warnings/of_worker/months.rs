//! The months of a worker on all platforms together.

use crate::{money::FenSum, stated::Stated, terms::Terms};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::RecordId,
    record::{PlatformMonth, Record},
    value::{Division, Month},
};

/// A month of a worker, on all platforms.
pub(super) struct MonthOfWorker<'a> {
    pub(super) month: Month,
    /// The place with most orders; of several the one with the smallest code.
    pub(super) place: Division,
    pub(super) orders: u64,
    /// Paid out.
    pub(super) net: FenSum,
    pub(super) night_minutes: u64,
    pub(super) records: Vec<(RecordId, PlatformMonth<'a>)>,
}

impl MonthOfWorker<'_> {
    pub(super) fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.records.iter().map(|(id, _)| *id)
    }
}

/// The months that are over.
pub(super) fn months_of<'a>(
    records: &[Stated<'a>],
    terms: &Terms<'_>,
) -> BTreeMap<Month, MonthOfWorker<'a>> {
    let mut by_month: BTreeMap<Month, Vec<(RecordId, PlatformMonth<'a>)>> = BTreeMap::new();
    for stated in records {
        if let Record::PlatformMonth(fields) = stated.record
            && terms.is_over(fields.month)
        {
            by_month
                .entry(fields.month)
                .or_default()
                .push((stated.id, fields));
        }
    }
    by_month
        .into_iter()
        .filter_map(|(month, records)| Some((month, of_month(month, records)?)))
        .collect()
}

fn of_month(
    month: Month,
    records: Vec<(RecordId, PlatformMonth<'_>)>,
) -> Option<MonthOfWorker<'_>> {
    let mut by_place: BTreeMap<Division, u64> = BTreeMap::new();
    let (mut orders, mut net, mut night_minutes) = (0_u64, FenSum::ZERO, 0_u64);
    for (_, fields) in &records {
        let of_record = u64::from(fields.work.orders);
        let at_place = by_place.entry(fields.place).or_default();
        *at_place = at_place.saturating_add(of_record);
        orders = orders.saturating_add(of_record);
        net = net.plus(FenSum::from(fields.earnings.net));
        night_minutes = night_minutes.saturating_add(u64::from(fields.work.night_minutes));
    }
    let mut place: Option<(Division, u64)> = None;
    for (at, orders) in by_place {
        if place.is_none_or(|(_, most)| orders > most) {
            place = Some((at, orders));
        }
    }
    let (place, _) = place?;
    Some(MonthOfWorker {
        month,
        place,
        orders,
        net,
        night_minutes,
        records,
    })
}
