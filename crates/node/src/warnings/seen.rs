//! What is remembered of a log while it is looked through.

use super::WarningLimits;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{hash::derive, person::AccountId, value::UnixMillis};
use yizhang_store::AccessEntry;

const HOUR_MS: u64 = 60 * 60 * 1_000;
/// Hours begin in UTC+8.
const EAST_MS: u64 = 8 * HOUR_MS;
/// How long a code is good, and so can be approved.
const CODE_MS: u64 = HOUR_MS / 4;
const CASE_CONTEXT: &str = "yizhang 2026-11-30 v1 case in an access log";
/// What people write who have no case.
const NO_CASES: [&str; 16] = [
    "none", "no", "n/a", "na", "null", "nil", "test", "case", "tbd", "无", "没有", "暂无", "不详",
    "测试", "待补", "其他",
];
/// Digits as they lie on a keyboard: no case has these alone.
const DIGITS: &str = "1234567890";

/// Whether a case number names no case: nothing, a word for it, one character again and again, or digits in the order of the keys.
pub(super) fn is_no_case(number: &str) -> bool {
    let number = number.trim().to_lowercase();
    let mut characters = number.chars();
    let first = characters.next();
    let is_one_again = characters.all(|next| Some(next) == first);
    is_one_again || DIGITS.starts_with(&number) || NO_CASES.contains(&number.as_str())
}

/// Whether two names are one person's, as houses write them.
pub(super) fn is_same_person(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.split_whitespace().collect::<String>().to_lowercase();
    !plain(one).is_empty() && plain(one) == plain(other)
}

/// A clerk: a certificate, and who of those that share it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clerk {
    pub(super) certificate: [u8; 32],
    pub(super) person: String,
}

impl Clerk {
    pub(super) fn of(entry: &AccessEntry) -> Self {
        Self {
            certificate: entry.certificate,
            person: entry.person.clone(),
        }
    }
}

/// An hour of the clock, counted from 1970 on in UTC+8.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hour(u64);

/// Whether an hour is at night.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NightOrDay {
    Night,
    Day,
}

impl Hour {
    pub(super) const fn of(at: UnixMillis) -> Self {
        Self(at.0.saturating_add(EAST_MS) / HOUR_MS)
    }

    pub(super) const fn number(self) -> u64 {
        self.0
    }

    pub(super) fn is_night(self, limits: &WarningLimits) -> NightOrDay {
        let hour = self.0 % 24;
        let (from, to) = (u64::from(limits.night_from), u64::from(limits.night_to));
        let is_night = if from <= to {
            (from..to).contains(&hour)
        } else {
            hour >= from || hour < to
        };
        if is_night {
            NightOrDay::Night
        } else {
            NightOrDay::Day
        }
    }
}

/// Who has handed out the last code of each account.
#[derive(Default)]
pub(super) struct Codes(BTreeMap<AccountId, Issued>);

struct Issued {
    maker: Clerk,
    at: UnixMillis,
}

impl Codes {
    pub(super) fn issued(&mut self, account: AccountId, clerk: &Clerk, entry: &AccessEntry) {
        if entry.answer == "ok" {
            let (maker, at) = (clerk.clone(), entry.at);
            self.0.insert(account, Issued { maker, at });
        }
    }

    /// The maker of the code that a clerk approves, or has tried to, if that is the same person: by the certificate, or by the name.
    pub(super) fn maker_who_approves(
        &self,
        account: AccountId,
        clerk: &Clerk,
        entry: &AccessEntry,
    ) -> Option<Clerk> {
        let issued = self.0.get(&account)?;
        let is_good = entry.at.0 <= issued.at.0.saturating_add(CODE_MS);
        let is_tried = matches!(entry.answer.as_str(), "ok" | "code");
        let is_same = issued.maker.certificate == clerk.certificate
            || is_same_person(&issued.maker.person, &clerk.person);
        (is_good && is_tried && is_same).then(|| issued.maker.clone())
    }
}

/// On which days each clerk has read each account.
#[derive(Default)]
pub(super) struct Visits {
    clerks: BTreeMap<Clerk, u32>,
    of: BTreeMap<ClerkAndAccount, BTreeSet<Visit>>,
    /// The newest day that was seen.
    newest: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ClerkAndAccount {
    clerk: u32,
    account: AccountId,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Visit {
    /// Days since 1970, in UTC+8.
    day: u64,
    /// The case, shortened; none where there was none.
    case: Option<[u8; 8]>,
}

impl Visits {
    /// Adds a reading; on how many of the last days, up to this one, the clerk has read the account without a case that says why. None or
    /// another one each day says nothing; one that stands at two days or more does. 0 if this day is none of them.
    pub(super) fn add(
        &mut self,
        clerk: &Clerk,
        account: AccountId,
        entry: &AccessEntry,
        within_days: u32,
    ) -> u32 {
        let today = number(entry.at);
        let oldest = (today + 1).saturating_sub(u64::from(within_days));
        if today > self.newest {
            // Whom nobody has read for so long is forgotten: what is held is that of some days, however long the log is.
            self.newest = today;
            self.of
                .retain(|_, visits| visits.last().is_some_and(|last| last.day >= oldest));
        }
        let known = u32::try_from(self.clerks.len()).unwrap_or(u32::MAX);
        let clerk = *self.clerks.entry(clerk.clone()).or_insert(known);
        let visits = self.of.entry(ClerkAndAccount { clerk, account });
        let visits = visits.or_default();
        let visit = Visit {
            day: today,
            case: case(&entry.case_number),
        };
        visits.insert(visit);
        visits.retain(|visit| visit.day >= oldest);
        let mut days_of_case: BTreeMap<[u8; 8], BTreeSet<u64>> = BTreeMap::new();
        for visit in visits.iter() {
            if let Some(case) = visit.case {
                days_of_case.entry(case).or_default().insert(visit.day);
            }
        }
        let is_explained = |visit: &Visit| {
            let days = visit.case.and_then(|case| days_of_case.get(&case));
            days.is_some_and(|days| days.len() > 1)
        };
        let unexplained = visits.iter().filter(|visit| !is_explained(visit));
        let days: BTreeSet<u64> = unexplained.map(|visit| visit.day).collect();
        if days.contains(&today) {
            u32::try_from(days.len()).unwrap_or(u32::MAX)
        } else {
            0
        }
    }
}

/// The day in UTC+8 that a moment lies in, from 1970 on.
const fn number(at: UnixMillis) -> u64 {
    at.0.saturating_add(EAST_MS) / (24 * HOUR_MS)
}

fn case(number: &str) -> Option<[u8; 8]> {
    if is_no_case(number) {
        return None;
    }
    let hash = derive(CASE_CONTEXT, &[number.as_bytes()]);
    hash.0.first_chunk().copied()
}
