//! Reading personal data: within limits, and never without a trace. A service asks here before it reads, and hands its answer over
//! before it gives it; whoever comes back with the answer has it written down, durably.

mod limits;
mod roots;
mod writer;

pub use limits::ReadLimits;
pub(crate) use limits::{LimitReached, NotCounted, NumbersReached};
pub(crate) use roots::{digest_in_chain, keep_roots};

use crate::{
    permission::{ISSUE_CODE, LOOKUP, STATEMENT},
    refusal::Refusal,
    services::Holder,
    tally::Tally,
};
use limits::Counters;
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use writer::Writer;
use yizhang_ledger::{
    person::AccountId,
    value::{Day, UnixMillis},
};
use yizhang_store::{AccessEntry, AccessFound, AccessIndex, AccessQuery, StoreError, Subject};
use yizhang_wire::purpose::Purpose;

/// How an answered read stands in the log.
const ANSWERED: &str = "ok";
/// How a read stands in the log that was answered, and of which no record was found.
const NOTHING: &str = "nothing";
/// How an account stands in the log that was read with another one.
const LINKED: &str = "linked";
/// The business of workers who read their own accounts.
const HOLDER: &str = "holder";
/// How the end of a review stands in the log, with the number of accounts that it went through.
const ENDED: &str = "ended";

/// Readings of an account by others that are listed: of thirty nodes all in one message of 4 MiB. A worker's record is read some times a year.
pub(crate) const OTHERS_LISTED_MAX: usize = 200;
/// Readings by the worker that are listed beside them: they push no other out.
pub(crate) const OWN_LISTED_MAX: usize = 50;

/// What counts towards the limits of a certificate.
const COUNTED: [&str; 3] = [LOOKUP, STATEMENT, ISSUE_CODE];

/// Limits and log of the reads at this node.
pub(crate) struct Reads {
    counters: Mutex<Counters>,
    writer: Writer,
    index: Mutex<AccessIndex>,
    tally: Arc<Tally>,
    clock: fn() -> UnixMillis,
}

/// Somebody who reads: what is known of it so far.
#[derive(Clone)]
pub(crate) struct Trace {
    pub(crate) holder: Holder,
    pub(crate) method: &'static str,
    pub(crate) purpose: Option<Purpose>,
    /// Where the worker reads: with what the account was opened.
    pub(crate) worker: Option<String>,
    pub(crate) subject: Subject,
    /// Accounts that were read with the one that was asked for, because they are the same worker's.
    pub(crate) linked: Vec<AccountId>,
    /// Whether no record of the account was found.
    pub(crate) found_nothing: bool,
}

impl Trace {
    /// Of a call of which nothing is read yet.
    pub(crate) const fn begun(holder: Holder, method: &'static str) -> Self {
        Self {
            holder,
            method,
            purpose: None,
            worker: None,
            subject: Subject::Unknown,
            linked: Vec::new(),
            found_nothing: false,
        }
    }

    fn entry(&self, answer: &str, at: UnixMillis) -> AccessEntry {
        let (business, case_number, person) = match (&self.purpose, &self.worker) {
            (None, Some(worker)) => (HOLDER, worker.as_str(), ""),
            (Some(purpose), _) => (
                purpose.business().code(),
                purpose.case_number(),
                purpose.person(),
            ),
            (None, None) => ("", "", ""),
        };
        AccessEntry {
            at,
            certificate: self.holder.certificate,
            holder: self.holder.role.submitter(),
            method: self.method.to_string(),
            answer: answer.to_string(),
            business: business.to_string(),
            case_number: case_number.to_string(),
            person: person.to_string(),
            subject: self.subject.clone(),
        }
    }

    /// The entries of an answer: of the account that was asked for, and of each that was read with it.
    fn entries(&self, answer: &str, at: UnixMillis) -> Vec<AccessEntry> {
        let mut entries = vec![self.entry(answer, at)];
        for account in &self.linked {
            let mut entry = self.entry(LINKED, at);
            entry.subject = Subject::Account(*account);
            entries.push(entry);
        }
        entries
    }
}

impl Reads {
    /// Opens the log of a data directory, and counts what was read today. A log that cannot be opened keeps no node from starting:
    /// nothing is read here until it can be.
    pub(crate) fn open(
        data: &Path,
        limits: ReadLimits,
        tally: Arc<Tally>,
        clock: fn() -> UnixMillis,
    ) -> Self {
        let mut counters = Counters::new(limits);
        let writer = Writer::start(data, clock, &mut |entry| {
            if entry.answer != ANSWERED && entry.answer != NOTHING {
                return;
            }
            if let Subject::Numbers(count) = entry.subject {
                counters.remember_numbers(entry.certificate, count, entry.at);
            } else if entry.business != HOLDER && COUNTED.contains(&entry.method.as_str()) {
                counters.remember(entry.certificate, entry.at);
            }
        });
        Self {
            counters: Mutex::new(counters),
            writer,
            index: Mutex::new(AccessIndex::of(data)),
            tally,
            clock,
        }
    }

    /// Who has read accounts here: the newest entries of the log.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn of(&self, accounts: &BTreeSet<AccountId>) -> Result<AccessFound, StoreError> {
        self.index().find(AccessQuery {
            accounts,
            others_max: OTHERS_LISTED_MAX,
            own_max: OWN_LISTED_MAX,
        })
    }

    /// The days in which entries of accounts stand, and those that cannot be looked through.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn days_of(&self, accounts: &BTreeSet<AccountId>) -> Result<Vec<Day>, StoreError> {
        self.index().days_of(accounts)
    }

    /// Makes what shows where entries stand in the log, of a day that has none. False when all have.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    fn catch_up(&self) -> Result<bool, StoreError> {
        self.index().catch_up()
    }

    fn index(&self) -> MutexGuard<'_, AccessIndex> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the reading of one account, if the limits of the certificate have room for it.
    ///
    /// # Errors
    /// [`Refusal::ReadLimit`], [`Refusal::Busy`].
    pub(crate) fn count(&self, holder: &Holder) -> Result<(), Refusal> {
        let now = (self.clock)();
        let mut counters = self.counters();
        let counted = counters.count(holder.certificate, now);
        if let Err(NotCounted::Limit(reached)) = &counted {
            self.tally.read_limit_reached(reached.span.name());
            if counters.is_first_warning(holder.certificate, now) {
                warn(holder, reached);
            }
        }
        Ok(counted?)
    }

    /// Counts the pseudonyms of so many persons, if the limit of the certificate has room for them.
    ///
    /// # Errors
    /// [`Refusal::NumbersLimit`], [`Refusal::Busy`].
    pub(crate) fn count_numbers(&self, holder: &Holder, numbers: u32) -> Result<(), Refusal> {
        let now = (self.clock)();
        let mut counters = self.counters();
        let counted = counters.count_numbers(holder.certificate, numbers, now);
        if let Err(NotCounted::Numbers(reached)) = &counted {
            self.tally.read_limit_reached("numbers");
            if counters.is_first_warning(holder.certificate, now) {
                warn_of_numbers(holder, reached);
            }
        }
        Ok(counted?)
    }

    /// Hands an answer on when it is written down that it was given, and a refusal too.
    ///
    /// # Errors
    /// The refusal; [`Refusal::NoTrace`] in place of an answer that cannot be written down.
    pub(crate) async fn answer<T>(
        &self,
        trace: Trace,
        answer: Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        match answer {
            Ok(answer) => {
                let found = if trace.found_nothing {
                    NOTHING
                } else {
                    ANSWERED
                };
                self.write(trace, found).await?;
                Ok(answer)
            }
            Err(refusal) => {
                self.refused(trace, refusal.code().name()).await;
                Err(refusal)
            }
        }
    }

    /// Hands on what is told in any case, written down if it can be: what an agency writes does not wait for a log, and how much it is told is
    /// limited without one.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) async fn tell<T>(
        &self,
        trace: Trace,
        answer: Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        match &answer {
            // The log of the node says that nothing can be written.
            Ok(_) => drop(self.write(trace, ANSWERED).await),
            Err(refusal) => self.refused(trace, refusal.code().name()).await,
        }
        answer
    }

    /// Writes down that a review has ended.
    ///
    /// # Errors
    /// [`Refusal::NoTrace`].
    pub(crate) async fn ended(&self, trace: Trace) -> Result<(), Refusal> {
        self.write(trace, ENDED).await
    }

    /// Writes a refusal down: of each certificate so many an hour, so that nobody fills the disk by being refused. Nothing was
    /// read, so that it is refused in any case.
    pub(crate) async fn refused(&self, trace: Trace, code: &'static str) {
        let now = (self.clock)();
        let is_traced = self
            .counters()
            .may_trace_refusal(trace.holder.certificate, now);
        if is_traced {
            // The log of the node says that nothing can be written.
            let _ = self.write(trace, code).await;
        }
    }

    /// Closes the file of an earlier day, if one is open. The day that the log believes to be today, if that succeeded.
    async fn end_day(&self, today: Day) -> Option<Day> {
        self.writer.end_day(today).await
    }

    async fn write(&self, trace: Trace, answer: &str) -> Result<(), Refusal> {
        let entries = trace.entries(answer, (self.clock)());
        if self.writer.write(entries).await {
            Ok(())
        } else {
            Err(Refusal::NoTrace)
        }
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Warns of a certificate that has read as many accounts as it may. Said once an hour of each.
fn warn(holder: &Holder, reached: &LimitReached) {
    tracing::warn!(
        caller = %holder.role.submitter(),
        certificate = %holder.short_fingerprint(),
        limit = reached.span.name(),
        accounts = reached.limit,
        "a certificate has read as many accounts as it may; `yizhang node access-log` shows for what"
    );
}

/// Warns of a certificate that has asked for as many pseudonyms as it may. Said once an hour of each.
fn warn_of_numbers(holder: &Holder, reached: &NumbersReached) {
    tracing::warn!(
        caller = %holder.role.submitter(),
        certificate = %holder.short_fingerprint(),
        numbers = reached.limit,
        "a certificate has asked for as many pseudonyms as it may; `yizhang node access-log` shows for what"
    );
}
