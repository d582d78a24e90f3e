//! Documents on which months paid back at once move to another province (人社部规〔2016〕5号; 人社厅发〔2019〕94号 art. 1, 2).

use crate::transfer::step::Step;
use std::collections::BTreeMap;
use yizhang_ledger::{
    hash::Hash,
    record::Contribution,
    value::{Day, Month},
};

/// When back-payments need a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backpay {
    /// Months paid back on one day from which on they do; none where no rule says so.
    pub(crate) months: Option<u32>,
    /// The last month whose money moves on the old place's written commitment; none where no rule says so.
    pub(crate) commitment_until: Option<Month>,
}

/// Reasons of a closing or supplement that say what kind of document it names: of a court, of an audit, of a labour
/// inspection, of an arbitration.
const DOCUMENTED: [&str; 4] = ["court", "audit", "inspection", "arbitration"];

/// The reason that says that the document is the old place's written commitment 书面承诺书.
const COMMITMENT: &str = "commitment";

/// What a step names, and so which back-payments it lets move. That a court's document is of a day before the payment is the
/// agency's word, and so is a commitment. A sheet's document is the sheet itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// None that lets anything move.
    None,
    /// A commitment: for money that came up to the end of a month.
    CommitmentUntil(Month),
    /// One of the others: for all money.
    OfAuthority,
}

impl Document {
    /// The document of a closing or supplement.
    pub(crate) fn of(step: Step<'_>, backpay: Backpay) -> Self {
        let reason = step.reason;
        if step.document == Hash::ZERO {
            return Self::None;
        }
        if DOCUMENTED.contains(&reason) {
            return Self::OfAuthority;
        }
        match backpay.commitment_until {
            Some(until) if reason == COMMITMENT => Self::CommitmentUntil(until),
            _ => Self::None,
        }
    }

    /// Whether money that came on a day moves.
    pub(crate) fn releases(self, day: Day) -> bool {
        match self {
            Self::None => false,
            Self::CommitmentUntil(until) => day.in_month().is_some_and(|month| month <= until),
            Self::OfAuthority => true,
        }
    }
}

/// Contributions paid back, by the day of their money and by month.
#[derive(Default)]
pub(crate) struct BackPayments(BTreeMap<Day, BTreeMap<Month, Vec<usize>>>);

impl BackPayments {
    /// Adds months of a contribution, if it was paid back.
    pub(crate) fn add(
        &mut self,
        at: usize,
        contribution: &Contribution<'_>,
        months: impl Iterator<Item = Month>,
    ) {
        let Some(day) = contribution
            .received
            .filter(|day| is_late(contribution, *day))
        else {
            return;
        };
        let of_day = self.0.entry(day).or_default();
        for month in months {
            of_day.entry(month).or_default().push(at);
        }
    }

    /// Months paid back at once that are as many as the limit.
    pub(crate) fn of(self, limit: Backpay) -> BTreeMap<Month, Vec<usize>> {
        let too_many = |months: &BTreeMap<Month, Vec<usize>>| {
            limit.months.is_some_and(|limit| {
                u32::try_from(months.len()).is_ok_and(|months| months >= limit)
            })
        };
        self.0.into_values().filter(too_many).flatten().collect()
    }
}

fn is_late(contribution: &Contribution<'_>, received: Day) -> bool {
    received
        .in_month()
        .is_none_or(|month| contribution.period.first < month)
}
