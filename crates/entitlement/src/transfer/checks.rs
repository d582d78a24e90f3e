//! What the old place has to settle before a relation goes (domain reference, 3.4 `OUT_CHECK`).

use crate::{
    account::{MonthStatus, OutCheckName, RecordNumber, Standing},
    benefits::drawing::{When, drawing},
    records::set::{LAST_MONTH, number},
    transfer::{
        case::{Desk, Worked},
        places::Places,
        step::Step,
        view::Cut,
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{record::AccountType, value::Month};

impl Desk<'_, '_, '_> {
    /// What the old place has to settle (domain reference, 3.4 `OUT_CHECK`).
    pub(crate) fn check(&self, worked: &mut Worked<'_>, places: &Places, cut: Cut) {
        let last = cut.on.in_month();
        let here = |number: &RecordNumber| {
            usize::try_from(number.0)
                .is_ok_and(|at| places.is_at(self.field, at, &worked.sources, cut.on))
        };
        let (mut owing, mut owing_months, mut double, mut double_months) =
            (Vec::new(), 0_u32, Vec::new(), 0_u32);
        for line in self
            .lines
            .iter()
            .filter(|line| last.is_none_or(|last| line.month <= last))
        {
            let is_owed = matches!(line.status, MonthStatus::Arrears | MonthStatus::NotFull);
            let owed: Vec<RecordNumber> = line
                .others
                .iter()
                .copied()
                .filter(|number| is_owed && here(number))
                .collect();
            owing_months = owing_months.saturating_add(u32::from(!owed.is_empty()));
            owing.extend(owed);
            let counted = line.status == MonthStatus::Counted;
            if counted && line.by.iter().any(here) && !line.by.iter().all(here) {
                double_months = double_months.saturating_add(1);
                double.extend(&line.by);
            }
        }
        let drawing = if self.rule.is_blocked_by_benefit {
            self.drawing(cut)
        } else {
            None
        };
        let mut add = |what, months, records: Vec<RecordNumber>| {
            if !records.is_empty() {
                worked.check(what, months, records);
            }
        };
        add(OutCheckName::Owing, owing_months, owing);
        add(OutCheckName::Drawing, 0, drawing.into_iter().collect());
        add(OutCheckName::Duplicate, double_months, double);
    }

    /// Months that stay behind until a document is named (C20), those not that their place has settled since (人社厅发〔2019〕
    /// 94号 art. 3).
    pub(crate) fn check_back_paid(
        &self,
        worked: &mut Worked<'_>,
        back_paid: &BTreeMap<Month, Vec<usize>>,
    ) {
        let stands = |at: &&usize| {
            self.field
                .set
                .get(**at)
                .is_some_and(|held| held.standing == Standing::Held)
        };
        let open = back_paid
            .values()
            .filter(|records| records.iter().any(|at| stands(&at)));
        let months = u32::try_from(open.count()).unwrap_or(u32::MAX);
        if months == 0 {
            return;
        }
        let records = back_paid
            .values()
            .flatten()
            .filter(stands)
            .map(|at| number(*at))
            .collect();
        worked.check(OutCheckName::BackPaid, months, records);
        let informs = self.rule.limits.inform.zip(worked.progress.letter);
        let inform_by =
            informs.and_then(|(days, letter)| self.working_days.after(letter.on(), days));
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
        drawing(self.field.set, self.field.range, when)
            .filter(|drawn| !drawn.is_suspended)
            .map(|drawn| drawn.record)
    }

    /// The steps of the old place, and of the new one once it has taken over, must name the type of the records (C34). Of a step
    /// without a type nothing is known, and it reads as one that says general: beside a temporary account only its money tells.
    pub(crate) fn check_types(
        &self,
        worked: &mut Worked<'_>,
        types: &BTreeSet<AccountType>,
        records: &[usize],
    ) {
        if types.is_empty() || self.rule.pool.is_none() {
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
        let comparison = worked.comparison.as_ref();
        let is_other_money = comparison.is_some_and(|sums| !sums.differences.is_empty());
        let is_temporary = types.iter().eq([&AccountType::Temporary]);
        let differs = |step: &Step<'_>| match step.account_type {
            AccountType::General if is_temporary => is_other_money,
            stated => !types.iter().eq([&stated]),
        };
        let mut different: Vec<RecordNumber> = named
            .into_iter()
            .flatten()
            .filter(differs)
            .map(|step| number(step.at))
            .collect();
        if !different.is_empty() {
            different.extend(records.iter().map(|at| number(*at)));
            worked.check(OutCheckName::AccountType, 0, different);
        }
    }
}
