//! The order of a work list: what blocks, what is late, what can still be done, what is near, what is at stake.

use super::Reviewed;
use std::{cmp::Reverse, collections::BTreeMap};
use yizhang_entitlement::{
    conflict::Severity,
    review::{Finding, List},
};
use yizhang_ledger::value::Month;

/// A finding of a list, with what its place in the list depends on beside it.
#[derive(Clone)]
pub(super) struct Listed {
    /// Pseudonym in hexadecimal digits.
    pub(super) account: String,
    pub(super) finding: Finding,
    /// Whether the retirement of its worker is among the findings, so that a benefit is near.
    pub(super) is_benefit_near: bool,
}

impl Listed {
    /// A finding of an account.
    pub(super) fn of(reviewed: &Reviewed, finding: &Finding) -> Self {
        let is_retirement = |other: &Finding| other.list == List::Retirement;
        Self {
            account: reviewed.account.clone(),
            finding: finding.clone(),
            is_benefit_near: reviewed.findings.iter().any(is_retirement),
        }
    }
}

/// The first findings of each list, as many as are shown.
pub(super) struct Shown {
    limit: usize,
    lists: BTreeMap<List, Vec<Listed>>,
}

impl Shown {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            lists: BTreeMap::new(),
        }
    }

    pub(super) fn put(&mut self, listed: Listed) {
        let found = self.lists.entry(listed.finding.list).or_default();
        found.push(listed);
        // Sorted once for as many as are kept.
        if found.len() > self.limit.saturating_mul(2) {
            cut(found, self.limit);
        }
    }

    /// The findings by list, each with the pseudonym of its account.
    pub(super) fn finish(mut self) -> BTreeMap<List, Vec<(String, Finding)>> {
        self.lists
            .values_mut()
            .for_each(|found| cut(found, self.limit));
        let named = |listed: Listed| (listed.account, listed.finding);
        self.lists
            .into_iter()
            .map(|(list, found)| (list, found.into_iter().map(named).collect()))
            .collect()
    }
}

fn cut(found: &mut Vec<Listed>, limit: usize) {
    found.sort_by_cached_key(Rank::of);
    found.truncate(limit);
}

/// What anybody can still do about a finding, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// Somebody is named who can act, or months can be paid.
    Open,
    /// No rule says.
    Unknown,
    /// Nothing can be paid any more.
    Closed,
}

/// The key by which findings of a list are sorted. Fields come in the order in which they decide.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// HOLD before PROV.
    severity: Reverse<Option<Severity>>,
    /// Working days past a limit, the most first.
    overdue: Reverse<u32>,
    scope: Scope,
    /// A benefit that is near comes first.
    benefit: Reverse<bool>,
    /// Of retirements their month; of gaps until when they can be paid; what has none comes last.
    until: (bool, Option<Month>),
    /// Money at stake, in fen, the most first.
    money: Reverse<i64>,
    /// Months at stake, the most first.
    months: Reverse<u32>,
}

impl Rank {
    pub(super) fn of(listed: &Listed) -> Self {
        let finding = &listed.finding;
        let until = match finding.list {
            List::Retirement => finding.first,
            _ => finding.until,
        };
        Self {
            severity: Reverse(finding.severity),
            overdue: Reverse(finding.overdue),
            scope: scope(finding),
            benefit: Reverse(listed.is_benefit_near),
            until: (until.is_none(), until),
            money: Reverse(finding.price.unwrap_or(0)),
            months: Reverse(finding.months),
        }
    }
}

fn scope(finding: &Finding) -> Scope {
    match (finding.list, finding.payable) {
        (List::Gap, Some(0)) => Scope::Closed,
        (List::Gap, None) if finding.acts.is_none() && finding.price.is_none() => Scope::Unknown,
        _ => Scope::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_entitlement::review::from_json;

    fn listed(json: &str) -> Listed {
        let mut findings = from_json(format!("[{json}]").as_bytes()).unwrap();
        Listed {
            account: "00".into(),
            finding: findings.remove(0),
            is_benefit_near: false,
        }
    }

    /// Every line of these comes before the next.
    #[test]
    fn what_blocks_is_late_or_can_still_be_done_comes_first() {
        for lines in [
            &[
                r#"{"list":"conflict","what":"C17","severity":"HOLD"}"#,
                r#"{"list":"conflict","what":"C01","severity":"PROV","months":9}"#,
                r#"{"list":"conflict","what":"C01","severity":"PROV","months":2}"#,
            ][..],
            &[
                r#"{"list":"gap","what":"unpaid","months":2,"payable":1,"until":"2026-12"}"#,
                r#"{"list":"gap","what":"unpaid","months":9,"payable":1,"until":"2027-03"}"#,
                r#"{"list":"gap","what":"arrears","months":3,"price":900000}"#,
                r#"{"list":"gap","what":"arrears","months":5,"price":100}"#,
                r#"{"list":"gap","what":"unpaid","months":200}"#,
                r#"{"list":"gap","what":"unpaid","months":300,"payable":0}"#,
            ],
            &[
                r#"{"list":"transfer","what":"Posted","overdue":9}"#,
                r#"{"list":"transfer","what":"Posted","overdue":1}"#,
                r#"{"list":"transfer","what":"Posted"}"#,
            ],
            &[
                r#"{"list":"retirement","what":"M60","first":"2026-12","months":3}"#,
                r#"{"list":"retirement","what":"M60","first":"2027-02","months":90}"#,
            ],
        ] {
            let ranks: Vec<Rank> = lines.iter().map(|line| Rank::of(&listed(line))).collect();
            assert!(ranks.is_sorted_by(|one, other| one < other), "{ranks:#?}");
        }
    }

    #[test]
    fn of_two_alike_the_one_with_a_benefit_near_comes_first() {
        let one = listed(r#"{"list":"conflict","what":"C01","severity":"PROV","months":2}"#);
        let near = Listed {
            is_benefit_near: true,
            ..one.clone()
        };
        assert!(Rank::of(&near) < Rank::of(&one));
    }
}
