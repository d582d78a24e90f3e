//! Rules about one worker, of that worker's records alone.

mod cover;
mod months;

use super::{Candidate, Finding, Rule};
use crate::{stated::Stated, terms::Terms};
use cover::{Basic, Cover};
use months::{MonthOfWorker, months_of};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::RecordId,
    person::AccountId,
    value::{Division, Fen, Month},
};
use yizhang_rules::Key;

/// Thresholds by place and month, each looked up once for a million workers.
#[derive(Clone, Debug, Default)]
pub struct Limits(BTreeMap<(Division, Month), Limit>);

#[derive(Clone, Copy, Debug, Default)]
struct Limit {
    uninsured: Option<u32>,
    income: Option<Fen>,
    income_months: Option<u32>,
    longest: Option<u32>,
    night: Option<u32>,
}

impl Limits {
    fn at(&mut self, place: Division, month: Month, terms: &Terms<'_>) -> Limit {
        let limit = self.0.entry((place, month)).or_insert_with(|| Limit {
            uninsured: terms.number(Key::WarningUninsured, place, month),
            income: terms.yuan(Key::WarningLowIncome, place, month),
            income_months: terms.number(Key::WarningLowIncomeMonths, place, month),
            longest: terms.number(Key::WarningLongest, place, month),
            night: terms.number(Key::WarningNight, place, month),
        });
        *limit
    }
}

/// What the rules of workers find in the acting records of one worker, under all accounts of that worker.
pub fn of_worker(
    worker: AccountId,
    records: &[Stated<'_>],
    limits: &mut Limits,
    terms: &Terms<'_>,
) -> Vec<Candidate> {
    let months = months_of(records, terms);
    if months.is_empty() {
        return Vec::new();
    }
    let mut examined = Examined {
        worker,
        months: &months,
        limits,
        terms,
        found: Vec::new(),
    };
    let cover = Cover::of(records, terms);
    for (basic, rule) in [
        (Basic::Pension, Rule::PensionMissing),
        (Basic::Medical, Rule::MedicalMissing),
    ] {
        examined.without_cover(rule, basic, &cover);
    }
    examined.low_income();
    for month in months.values() {
        examined.long_stretches(month);
        examined.nights(month);
    }
    examined.found
}

/// A worker under examination.
struct Examined<'e, 'p> {
    worker: AccountId,
    months: &'e BTreeMap<Month, MonthOfWorker<'e>>,
    limits: &'e mut Limits,
    terms: &'e Terms<'p>,
    found: Vec<Candidate>,
}

impl Examined<'_, '_> {
    fn is_recent(&self, month: Month) -> bool {
        month >= self.terms.first_month()
    }

    fn limit(&mut self, place: Division, month: Month) -> Limit {
        self.limits.at(place, month, self.terms)
    }

    /// The last months with orders, up to the last of them, of which none has cover.
    fn without_cover(&mut self, rule: Rule, basic: Basic, cover: &Cover) {
        let months = self.months;
        let with_orders = months.values().rev().filter(|month| month.orders > 0);
        let run: Vec<&MonthOfWorker<'_>> = with_orders
            .take_while(|month| !cover.has(basic, month.month))
            .collect();
        let (Some(last), Some(first)) = (run.first(), run.last()) else {
            return;
        };
        let limit = self.limit(first.place, last.month).uninsured;
        let Some(limit) = limit.filter(|_| self.is_recent(last.month)) else {
            return;
        };
        if run.len() >= to_length(limit.max(1)) {
            self.warn_of_run(rule, &run, limit);
        }
    }

    /// The last months in a row, up to the last with records, of which each has less income than the rule wants.
    fn low_income(&mut self) {
        let months = self.months;
        let mut run: Vec<&MonthOfWorker<'_>> = Vec::new();
        for month in months.values().rev() {
            let follows = run
                .last()
                .is_none_or(|later| month.month.next() == later.month);
            let limit = self.limit(month.place, month.month).income;
            let is_low = limit.is_some_and(|limit| month.net < limit.into());
            if !follows || !is_low {
                break;
            }
            run.push(month);
        }
        let (Some(last), Some(first)) = (run.first(), run.last()) else {
            return;
        };
        let limit = self.limit(first.place, last.month).income_months;
        let Some(limit) = limit.filter(|_| self.is_recent(last.month)) else {
            return;
        };
        if run.len() >= to_length(limit.max(1)) {
            self.warn_of_run(Rule::IncomeLow, &run, limit);
        }
    }

    /// A warning about months that were found from the last to the first.
    fn warn_of_run(&mut self, rule: Rule, run: &[&MonthOfWorker<'_>], limit: u32) {
        let (Some(last), Some(first)) = (run.first(), run.last()) else {
            return;
        };
        let finding = Finding {
            rule,
            worker: Some(self.worker),
            party: "",
            case: None,
            place: first.place,
            first: first.month,
            last: last.month,
            found: u64::try_from(run.len()).unwrap_or(u64::MAX),
            wanted: u64::from(limit.max(1).saturating_sub(1)),
        };
        let records = run.iter().flat_map(|month| month.ids()).collect();
        self.found.push(finding.candidate(records, self.terms));
    }

    /// One warning for each platform and place of a month.
    fn long_stretches(&mut self, month: &MonthOfWorker<'_>) {
        if !self.is_recent(month.month) {
            return;
        }
        let mut longest: BTreeMap<(&str, Division), (u32, Vec<RecordId>)> = BTreeMap::new();
        for (id, fields) in &month.records {
            let limit = self.limit(fields.place, fields.month).longest;
            let minutes = fields.work.longest_minutes;
            if limit.is_some_and(|limit| minutes > limit) {
                let key = (fields.platform.as_str(), fields.place);
                let (most, ids) = longest.entry(key).or_default();
                *most = (*most).max(minutes);
                ids.push(*id);
            }
        }
        for ((platform, place), (minutes, ids)) in longest {
            let wanted = self.limit(place, month.month).longest.unwrap_or_default();
            let finding = Finding {
                rule: Rule::StretchLong,
                worker: Some(self.worker),
                party: platform,
                case: None,
                place,
                first: month.month,
                last: month.month,
                found: u64::from(minutes),
                wanted: u64::from(wanted),
            };
            self.found.push(finding.candidate(ids, self.terms));
        }
    }

    fn nights(&mut self, month: &MonthOfWorker<'_>) {
        let limit = self.limit(month.place, month.month).night;
        let Some(limit) = limit.filter(|_| self.is_recent(month.month)) else {
            return;
        };
        if month.night_minutes <= u64::from(limit) {
            return;
        }
        let finding = Finding {
            rule: Rule::NightLong,
            worker: Some(self.worker),
            party: "",
            case: None,
            place: month.place,
            first: month.month,
            last: month.month,
            found: month.night_minutes,
            wanted: u64::from(limit),
        };
        let at_night = month
            .records
            .iter()
            .filter(|(_, fields)| fields.work.night_minutes > 0);
        let records = at_night.map(|(id, _)| *id).collect();
        self.found.push(finding.candidate(records, self.terms));
    }
}

fn to_length(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
