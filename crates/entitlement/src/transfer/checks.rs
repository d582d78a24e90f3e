//! What the old place has to settle before a relation goes (domain reference, 3.4 `OUT_CHECK`).

use crate::{
    account::{MonthStatus, OutCheckName, RecordNumber, Standing},
    benefits::drawing::{When, drawing},
    records::set::{LAST_MONTH, number, position},
    transfer::{
        account_type::AccountTypes,
        case::{Case, CaseInputs},
        places::{Places, RowMonth},
        step::Step,
        view::Cut,
    },
};
use std::collections::BTreeMap;
use yizhang_ledger::{record::AccountType, value::Month};

impl CaseInputs<'_, '_, '_> {
    /// What the old place has to settle (domain reference, 3.4 `OUT_CHECK`).
    pub(crate) fn check(&self, worked: &mut Case<'_>, places: &Places, cut: Cut) {
        let last = cut.on.in_month();
        let (mut owing, mut double) = (BTreeMap::new(), BTreeMap::new());
        for line in self
            .lines
            .iter()
            .filter(|line| last.is_none_or(|last| line.month <= last))
        {
            let here = |number: &RecordNumber| {
                let row = RowMonth {
                    at: position(*number),
                    month: line.month,
                };
                places.is_at(self.records, row, &worked.sources, cut.on)
            };
            let is_owed = matches!(line.status, MonthStatus::Arrears | MonthStatus::NotFull);
            if is_owed {
                let owed = line.others.iter().copied().filter(here);
                owing.insert(line.month, owed.collect::<Vec<_>>());
            }
            let is_counted = line.status == MonthStatus::Counted;
            if is_counted && line.by.iter().any(here) && !line.by.iter().all(here) {
                double.insert(line.month, line.by.clone());
            }
        }
        owing.retain(|_, records| !records.is_empty());
        worked.check_months(OutCheckName::Owing, owing);
        if self.rule.is_blocked_by_benefit
            && let Some(drawn) = self.drawing(cut)
        {
            worked.check(OutCheckName::Drawing, 0, vec![drawn]);
        }
        worked.check_months(OutCheckName::Duplicate, double);
    }

    /// Months that stay behind until a document is named (C20), those not that their place has settled since (人社厅发〔2019〕
    /// 94号 art. 3).
    pub(crate) fn check_back_paid(
        &self,
        worked: &mut Case<'_>,
        back_paid: &BTreeMap<Month, Vec<usize>>,
    ) {
        let stands = |at: &usize| {
            let held = self.records.set.get(*at);
            held.is_some_and(|held| held.standing == Standing::Held)
        };
        let mut open = BTreeMap::new();
        for (month, records) in back_paid {
            let standing = records.iter().copied().filter(stands).map(number);
            open.insert(*month, standing.collect::<Vec<_>>());
        }
        open.retain(|_, records| !records.is_empty());
        if open.is_empty() {
            return;
        }
        worked.check_months(OutCheckName::BackPaid, open);
        let informs = self.rule.limits.inform.zip(worked.progress.letter);
        let inform_by = informs.and_then(|(days, letter)| self.working_days.after(letter.on, days));
        for check in worked
            .checks
            .iter_mut()
            .filter(|check| check.what == OutCheckName::BackPaid)
        {
            check.inform_by = inform_by;
        }
    }

    /// The record by which a benefit is drawn at the closing, as far as it was known then.
    fn drawing(&self, cut: Cut) -> Option<RecordNumber> {
        let when = When {
            month: cut.on.in_month().unwrap_or(LAST_MONTH),
            known_on: Some(cut.on),
        };
        drawing(self.records.set, self.records.range, when)
            .filter(|drawn| !drawn.is_suspended)
            .map(|drawn| drawn.record)
    }

    /// The steps of the old place, and of the new one once it has taken over, must name the type of the records (C34). Of a step
    /// without a type nothing is known, and it reads as one that says general: beside a temporary account only its money tells.
    pub(crate) fn check_types(&self, worked: &mut Case<'_>, recorded: &AccountTypes) {
        if recorded.types.is_empty() || self.rule.pool.is_none() {
            return;
        }
        let progress = &worked.progress;
        let named = [
            progress.freeze,
            progress.info_sheet,
            progress.sent,
            progress.received,
            progress.posted,
        ];
        let is_other_money = worked.has_differences();
        let is_temporary = recorded.is_temporary();
        let differs = |step: &Step<'_>| match step.account_type {
            AccountType::General if is_temporary => is_other_money,
            stated => !recorded.types.iter().eq([&stated]),
        };
        let mut different: Vec<RecordNumber> = named
            .into_iter()
            .flatten()
            .filter(differs)
            .map(|step| number(step.at))
            .collect();
        if !different.is_empty() {
            different.extend(recorded.said_by.iter().map(|at| number(*at)));
            worked.check(OutCheckName::AccountType, 0, different);
        }
    }
}
