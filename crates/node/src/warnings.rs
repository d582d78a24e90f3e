//! What in an access log looks odd, by rules that anybody can explain: entries in, warnings out. No clock, no disk. A warning says what was
//! seen and accuses nobody; a second person looks at it and closes it with a reason, and that stands in the log as well.

mod limits;
mod seen;
#[cfg(test)]
mod tests;

pub use limits::WarningLimits;

use crate::permission::{APPROVE_CODE, ISSUE_CODE, LOOKUP, STATEMENT};
use seen::{Clerk, Codes, Hour, NightOrDay, Visits, is_no_case};
use std::collections::BTreeMap;
use yizhang_ledger::{
    hash::{Hash, derive},
    person::AccountId,
    value::{Day, UnixMillis},
};
use yizhang_store::{AccessEntry, Subject};
use yizhang_wire::purpose::Business;

const CONTEXT: &str = "yizhang 2026-11-30 v1 access warning";
/// How the case begins under which `yizhang agency import` looks up what it sends.
const IMPORT_CASE: &str = "import-";
/// What reads an account.
const READINGS: [&str; 3] = [LOOKUP, STATEMENT, ISSUE_CODE];

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// Accounts were read, or asked for, without a number of a case that could be looked up.
    NoCase,
    /// Accounts were read at night.
    AtNight,
    /// More accounts in an hour than a clerk can serve workers.
    ManyAnHour,
    /// Who has made something has approved it as well, or tried to.
    MakerIsChecker,
    /// Many lookups in a day that have found nothing.
    NothingFound,
    /// One account on many days, and no case that says why.
    SameAccount,
}

impl Rule {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::NoCase => "no-case",
            Self::AtNight => "at-night",
            Self::ManyAnHour => "many-an-hour",
            Self::MakerIsChecker => "maker-is-checker",
            Self::NothingFound => "nothing-found",
            Self::SameAccount => "same-account",
        }
    }
}

/// What a warning is called: the same whenever the same log is looked through.
pub(crate) type WarningId = [u8; 16];

/// Something that a second person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warning {
    pub(crate) id: WarningId,
    pub(crate) rule: Rule,
    pub(crate) day: Day,
    /// The clerks, by certificate: one, or maker and checker.
    pub(crate) certificates: Vec<[u8; 32]>,
    /// The person, as their house names its people.
    pub(crate) person: String,
    /// The account, where the rule is about one.
    pub(crate) account: Option<AccountId>,
    pub(crate) entries: u32,
    pub(crate) first: UnixMillis,
    pub(crate) last: UnixMillis,
    /// How it was closed, if it was, after the last of its entries.
    pub(crate) closing: Option<Closing>,
}

/// How a second person has closed a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) at: UnixMillis,
    pub(crate) certificate: [u8; 32],
    pub(crate) person: String,
    pub(crate) reason: String,
}

impl Warning {
    /// Whether somebody may close it: with another certificate than those that it is about, and as another person.
    pub(crate) fn may_be_closed_by(&self, certificate: &[u8; 32], person: &str) -> bool {
        !self.certificates.contains(certificate) && !seen::is_same_person(&self.person, person)
    }
}

/// What a warning is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct About {
    day: Day,
    rule: Rule,
    clerk: Clerk,
    checker: Option<[u8; 32]>,
    /// Of the day in UTC+8, where the rule is of an hour.
    hour: Option<Hour>,
    account: Option<AccountId>,
}

/// What was counted of it.
#[derive(Clone, Copy)]
struct Counted {
    entries: u32,
    first: UnixMillis,
    last: UnixMillis,
}

/// A log that is looked through, entry by entry in its order.
pub(crate) struct Watch {
    limits: WarningLimits,
    counted: BTreeMap<About, Counted>,
    codes: Codes,
    visits: Visits,
    closings: BTreeMap<WarningId, Closing>,
}

impl Watch {
    pub(crate) fn new(limits: WarningLimits) -> Self {
        Self {
            limits,
            counted: BTreeMap::new(),
            codes: Codes::default(),
            visits: Visits::default(),
            closings: BTreeMap::new(),
        }
    }

    /// Sees the next entry of the log, of a day.
    pub(crate) fn see(&mut self, day: Day, entry: &AccessEntry) {
        if let Subject::Warning { id, reason } = &entry.subject
            && entry.answer == "ok"
        {
            let closing = Closing {
                at: entry.at,
                certificate: entry.certificate,
                person: entry.person.clone(),
                reason: reason.clone(),
            };
            self.closings.insert(*id, closing);
        }
        // Nodes, auditors and workers are no clerks.
        if !entry.holder.starts_with("agency.") {
            return;
        }
        let clerk = Clerk::of(entry);
        if READINGS.contains(&entry.method.as_str()) {
            self.see_reading(day, &clerk, entry);
        }
        if entry.method == ISSUE_CODE || entry.method == APPROVE_CODE {
            self.see_code(day, &clerk, entry);
        }
    }

    fn see_reading(&mut self, day: Day, clerk: &Clerk, entry: &AccessEntry) {
        let is_answered = matches!(entry.answer.as_str(), "ok" | "nothing");
        let without_case = if is_answered {
            is_no_case(&entry.case_number)
        } else {
            entry.answer == "purpose"
        };
        if without_case {
            self.count(Rule::NoCase, day, clerk, entry);
        }
        // An import looks its first rows up, at whatever hour, and mostly finds nothing.
        if is_import(entry) {
            return;
        }
        if matches!(entry.answer.as_str(), "nothing" | "number") {
            self.count(Rule::NothingFound, day, clerk, entry);
        }
        if !is_answered {
            return;
        }
        let hour = Hour::of(entry.at);
        if hour.is_night(&self.limits) == NightOrDay::Night {
            self.count(Rule::AtNight, day, clerk, entry);
        }
        self.count_about(
            About {
                hour: Some(hour),
                ..About::of(Rule::ManyAnHour, day, clerk)
            },
            entry,
        );
        if let Subject::Account(account) = entry.subject {
            let within = self.limits.same_account_within_days;
            let days = self.visits.add(clerk, account, entry, within);
            if days >= self.limits.same_account_days {
                let about = About {
                    account: Some(account),
                    ..About::of(Rule::SameAccount, day, clerk)
                };
                self.count_about(about, entry);
            }
        }
    }

    fn see_code(&mut self, day: Day, clerk: &Clerk, entry: &AccessEntry) {
        let Subject::Account(account) = entry.subject else {
            return;
        };
        if entry.method == ISSUE_CODE {
            self.codes.issued(account, clerk, entry);
            return;
        }
        if let Some(maker) = self.codes.maker_who_approves(account, clerk, entry) {
            let about = About {
                checker: Some(clerk.certificate),
                account: Some(account),
                ..About::of(Rule::MakerIsChecker, day, &maker)
            };
            self.count_about(about, entry);
        }
    }

    fn count(&mut self, rule: Rule, day: Day, clerk: &Clerk, entry: &AccessEntry) {
        self.count_about(About::of(rule, day, clerk), entry);
    }

    fn count_about(&mut self, about: About, entry: &AccessEntry) {
        let counted = self.counted.entry(about).or_insert(Counted {
            entries: 0,
            first: entry.at,
            last: entry.at,
        });
        counted.entries = counted.entries.saturating_add(1);
        counted.last = entry.at;
    }

    /// The warnings of all days, in the order of these.
    pub(crate) fn warnings(self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for (about, counted) in self.counted {
            if counted.entries < self.limits.least(about.rule) {
                continue;
            }
            let mut warning = about.warning(counted);
            let closing = self.closings.get(&warning.id);
            // What came after it was looked at is to be looked at again.
            warning.closing = closing
                .filter(|closing| closing.at >= counted.last)
                .cloned();
            warnings.push(warning);
        }
        warnings
    }
}

/// Whether a program has looked something up that is about to be sent, as it says.
fn is_import(entry: &AccessEntry) -> bool {
    entry.business == Business::Import.code() && entry.case_number.starts_with(IMPORT_CASE)
}

impl About {
    fn of(rule: Rule, day: Day, clerk: &Clerk) -> Self {
        Self {
            day,
            rule,
            clerk: clerk.clone(),
            checker: None,
            hour: None,
            account: None,
        }
    }

    fn warning(self, counted: Counted) -> Warning {
        let id = self.id();
        let mut certificates = vec![self.clerk.certificate];
        certificates.extend(
            self.checker
                .filter(|checker| *checker != self.clerk.certificate),
        );
        Warning {
            id,
            rule: self.rule,
            day: self.day,
            certificates,
            person: self.clerk.person,
            account: self.account,
            entries: counted.entries,
            first: counted.first,
            last: counted.last,
            closing: None,
        }
    }

    fn id(&self) -> WarningId {
        let account = self.account.map_or([0; 16], |account| account.0);
        let hour = self.hour.map_or(0, Hour::number);
        let parts: [&[u8]; 7] = [
            self.rule.code().as_bytes(),
            &self.day.number().to_le_bytes(),
            &hour.to_le_bytes(),
            &self.clerk.certificate,
            &self.checker.unwrap_or([0; 32]),
            &account,
            self.clerk.person.as_bytes(),
        ];
        let Hash(hash) = derive(CONTEXT, &parts);
        let (id, _) = hash.split_first_chunk::<16>().expect("a hash has 32 bytes");
        *id
    }
}
