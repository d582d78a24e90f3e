//! Codes that wait for their worker.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use yizhang_holder::{
    EntryCode,
    code::{REQUESTS, SECRETS},
};
use yizhang_ledger::person::AccountId;

/// How long a code is good: a worker types it in at the counter.
pub(crate) const LIFE: Duration = Duration::from_secs(15 * 60);
/// Tries of one code.
const TRIES_MAX: u8 = 5;
/// Codes that wait at a time: as many as all counters of a province hand out in a quarter of an hour, and half of the numbers that
/// there are, so that a free one is found soon.
const WAITING_MAX: usize = 5_000;
/// Wrong codes that one portal may send in a minute: it lets each address of the internet send a few, so that nobody keeps others from coming
/// in. A guess is right once in a hundred million times, and only if its request waits: with fifty that wait, once in four years of this.
const WRONG_MAX: u32 = 300;
const MINUTE: Duration = Duration::from_secs(60);

/// What a code is to be given for.
pub(crate) struct NewCode {
    pub(crate) account: AccountId,
    /// Fingerprint of the certificate of the clerk.
    pub(crate) maker: [u8; 32],
    pub(crate) needs_approval: bool,
    /// Eight random bytes, of which the code is made.
    pub(crate) random: [u8; 8],
}

/// The word of a second clerk for a code.
pub(crate) struct Approval {
    /// The number of its request.
    pub(crate) request: u16,
    /// The worker whom the second clerk has before them.
    pub(crate) account: AccountId,
    /// Fingerprint of the second clerk's certificate.
    pub(crate) checker: [u8; 32],
}

/// For whom a code was that has come, and by whom it was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entered {
    pub(crate) account: AccountId,
    pub(crate) maker: [u8; 32],
    /// The clerk who has approved it.
    pub(crate) checker: Option<[u8; 32]>,
}

/// Why a code opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CodeFault {
    /// It is none that waits: wrong, used, too old, or tried too often. Which of it is not told.
    #[error(
        "the code is not good: it is another, was used, is older than 15 minutes, or was tried five times"
    )]
    NotGood,
    /// A second clerk has not approved it yet. The code is kept.
    #[error("the code is right and waits for the approval of a second clerk")]
    NotApproved,
    /// The clerk who issued a code cannot approve it.
    #[error("a code is approved by a second clerk, with another certificate than the first")]
    SameClerk,
    /// There are as many as may wait.
    #[error("too many codes wait for their workers")]
    Full,
    /// The caller has sent too many that were wrong.
    #[error("too many wrong codes in a minute")]
    TooManyWrong,
}

struct Waiting {
    code: EntryCode,
    account: AccountId,
    maker: [u8; 32],
    checker: Option<[u8; 32]>,
    needs_approval: bool,
    until: Instant,
    tries: u8,
}

/// Wrong codes of a caller since a moment.
struct Wrong {
    since: Instant,
    count: u32,
}

/// The codes that wait, by the number of their request.
#[derive(Default)]
pub(crate) struct Codes {
    waiting: BTreeMap<u16, Waiting>,
    wrong: BTreeMap<[u8; 32], Wrong>,
}

impl Codes {
    /// A code for a worker, good from now on.
    pub(crate) fn issue(&mut self, new: &NewCode, now: Instant) -> Result<EntryCode, CodeFault> {
        self.waiting.retain(|_, waiting| waiting.until > now);
        if self.waiting.len() >= WAITING_MAX {
            return Err(CodeFault::Full);
        }
        let random = u64::from_le_bytes(new.random);
        let secret = u32::try_from(random % u64::from(SECRETS)).expect("the rest is below 2^32");
        let wanted = random / u64::from(SECRETS) % u64::from(REQUESTS);
        let wanted = u16::try_from(wanted).expect("the rest is below 10,000");
        let mut turns = (wanted..REQUESTS).chain(0..wanted);
        let request = turns
            .find(|request| !self.waiting.contains_key(request))
            .expect("half of the numbers at least are free");
        let code = EntryCode::new(request, secret).expect("both are below their bounds");
        let waiting = Waiting {
            code,
            account: new.account,
            maker: new.maker,
            checker: None,
            needs_approval: new.needs_approval,
            until: now + LIFE,
            tries: 0,
        };
        self.waiting.insert(request, waiting);
        Ok(code)
    }

    /// A second clerk approves a code, once, for the worker whom they name.
    pub(crate) fn approve(&mut self, approval: &Approval, now: Instant) -> Result<(), CodeFault> {
        let waiting = self.waiting.get_mut(&approval.request);
        let is_it = |waiting: &&mut Waiting| {
            waiting.until > now && waiting.account == approval.account && waiting.checker.is_none()
        };
        let waiting = waiting.filter(is_it).ok_or(CodeFault::NotGood)?;
        if waiting.maker == approval.checker {
            return Err(CodeFault::SameClerk);
        }
        waiting.checker = Some(approval.checker);
        Ok(())
    }

    /// A worker has typed a code in, at a caller with this certificate.
    pub(crate) fn enter(
        &mut self,
        code: EntryCode,
        caller: [u8; 32],
        now: Instant,
    ) -> Result<Entered, CodeFault> {
        self.may_try(caller, now)?;
        let Some(waiting) = self.waiting.get_mut(&code.request()) else {
            self.was_wrong(caller, now);
            return Err(CodeFault::NotGood);
        };
        waiting.tries += 1;
        let is_good = waiting.code == code && waiting.until > now;
        if is_good && waiting.needs_approval && waiting.checker.is_none() {
            waiting.tries -= 1;
            return Err(CodeFault::NotApproved);
        }
        let is_over = waiting.tries >= TRIES_MAX || waiting.until <= now;
        if !is_good {
            if is_over {
                self.waiting.remove(&code.request());
            }
            self.was_wrong(caller, now);
            return Err(CodeFault::NotGood);
        }
        let waiting = self.waiting.remove(&code.request());
        let waiting = waiting.expect("it was there a moment ago");
        Ok(Entered {
            account: waiting.account,
            maker: waiting.maker,
            checker: waiting.checker,
        })
    }

    fn may_try(&mut self, caller: [u8; 32], now: Instant) -> Result<(), CodeFault> {
        self.wrong.retain(|_, wrong| now - wrong.since < MINUTE);
        match self.wrong.get(&caller) {
            Some(wrong) if wrong.count >= WRONG_MAX => Err(CodeFault::TooManyWrong),
            _ => Ok(()),
        }
    }

    fn was_wrong(&mut self, caller: [u8; 32], now: Instant) {
        let first = Wrong {
            since: now,
            count: 0,
        };
        self.wrong.entry(caller).or_insert(first).count += 1;
    }
}

#[cfg(test)]
mod tests;
