//! What is done for the clerk, behind the pages: by whoever holds the clerk's certificate and speaks to nodes.

mod second;

pub use second::{
    Answered, Answering, Became, ClosedWarning, Decided, Fate, Refused, Waiting, Warning, Warnings,
};

use crate::text::t;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};
use yizhang_entitlement::review::{Finding, List};
use yizhang_ledger::{
    batch::RecordBlock,
    person::{AccountId, SocialSecurityNumber},
    value::{Day, Division, UnixMillis},
};
use yizhang_show::{account::Answer, import::Report, status::NodeStatus};
use yizhang_wire::purpose::Purpose;

/// The deeds behind the pages. Each is called on a thread that may wait, and says in words for the clerk why it was not done: what nodes
/// refuse, and what is wrong with a file.
pub trait Desk: Send + Sync + 'static {
    /// The account of a person, as it is today.
    ///
    /// # Errors
    /// What the node refuses, limits of reads among it.
    fn account(&self, whom: &Whom, purpose: &Purpose) -> Result<Opened, Trouble>;

    /// What waits for somebody in all accounts of the region.
    ///
    /// # Errors
    /// What the node refuses, and a review that was cut off.
    fn review(&self, progress: &Progress) -> Result<Reviewed, Trouble>;

    /// The first look at a file: nothing is sent. Faulty rows are written to `errors`, in the layout of the file.
    ///
    /// # Errors
    /// A file that cannot be read as one of an agency's.
    fn check(&self, file: &Path, errors: &Path, progress: &Progress) -> Result<Checked, Trouble>;

    /// Sends the valid rows of a file, and keeps the receipts.
    ///
    /// # Errors
    /// What the node refuses; what it took before stays.
    fn send(&self, import: &Import<'_>, progress: &Progress) -> Result<Sent, Trouble>;

    /// The state of the node.
    ///
    /// # Errors
    /// A node that does not answer.
    fn status(&self) -> Result<NodeStatus, Trouble>;

    /// Looks at a step of a transfer, and takes it if that is asked for.
    ///
    /// # Errors
    /// A step that would not count, and what the node refuses.
    fn step(&self, step: &Step, deed: Deed) -> Result<Stepped, Trouble>;

    /// What waits for a second clerk, and what was refused.
    ///
    /// # Errors
    /// What the node refuses.
    fn waiting(&self) -> Result<Vec<Waiting>, Trouble>;

    /// The records of a submission that waits: those of the content that it was listed with.
    ///
    /// # Errors
    /// What the node refuses, and other content.
    fn look(&self, decided: Decided, purpose: &Purpose) -> Result<RecordBlock, Trouble>;

    /// Approves a submission that another clerk has sent; what is to be said of it.
    ///
    /// # Errors
    /// What the node refuses.
    fn approve(&self, decided: Decided) -> Result<String, Trouble>;

    /// Refuses a submission, with a reason for whoever has sent it.
    ///
    /// # Errors
    /// A reason with a number of a person, and what the node refuses.
    fn refuse(&self, decided: Decided, reason: &str) -> Result<(), Trouble>;

    /// Answers a dispute.
    ///
    /// # Errors
    /// A dispute that is not the agency's to answer, or was answered, and what the node refuses.
    fn answer(&self, answering: &Answering) -> Result<Answered, Trouble>;

    /// What looks odd in the access log of some days; of the last 31 if none are named.
    ///
    /// # Errors
    /// What the node refuses.
    fn warnings(&self, days: Days, purpose: &Purpose) -> Result<Warnings, Trouble>;

    /// Closes a warning as a second person.
    ///
    /// # Errors
    /// What the node refuses.
    fn close_warning(
        &self,
        warning: &Warning,
        reason: &str,
        purpose: &Purpose,
    ) -> Result<(), Trouble>;

    /// Now.
    fn now(&self) -> UnixMillis;

    /// Today.
    fn today(&self) -> Day;

    /// Whose desk it is.
    fn clerk(&self) -> &Clerk;
}

/// Days, as they are asked for.
#[derive(Clone, Copy, Default)]
pub struct Days {
    /// The first; none for the oldest.
    pub first: Option<Day>,
    /// The last; none for the newest.
    pub last: Option<Day>,
}

/// Whose desk it is.
#[derive(Clone, Debug)]
pub struct Clerk {
    /// The person, as the agency names its people and nodes write it down.
    pub person: String,
    /// The region of the node that is asked.
    pub region: Division,
}

/// Why something was not done, in words for the clerk.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub struct Trouble {
    /// The sentence. No number of a person is in it.
    pub text: String,
}

impl Trouble {
    /// Something in the program that was not foreseen.
    pub(crate) fn broken() -> Self {
        Self {
            text: t!("fault.broken").to_string(),
        }
    }
}

/// Whose account is opened.
#[derive(Clone, PartialEq, Eq)]
pub enum Whom {
    /// That of a number.
    Number(SocialSecurityNumber),
    /// That of a pseudonym.
    Account(AccountId),
}

/// Digits of a number that tell its person from others on a list, and name nobody.
const TAIL_DIGITS: usize = 4;

impl Whom {
    /// Reads what was typed: 32 hexadecimal digits, or a number.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(account) = AccountId::from_hex(text) {
            return Some(Self::Account(account));
        }
        SocialSecurityNumber::parse(text).ok().map(Self::Number)
    }

    /// What tells it from others on a list: the beginning of a pseudonym, the end of a number.
    pub(crate) fn tag(&self) -> String {
        match self {
            Self::Account(account) => yizhang_show::account::tag(*account),
            Self::Number(number) => {
                let digits = number.reveal();
                let tail = digits.len().saturating_sub(TAIL_DIGITS);
                format!("…{}", digits.get(tail..).unwrap_or_default())
            }
        }
    }
}

/// An account that was opened.
pub struct Opened {
    /// What the node said.
    pub answer: Answer,
    /// The number of the person in the agency's own books, if they say one.
    pub serial: String,
}

/// How far something has come.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Says how much there is to do.
    pub fn begin(&self, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Says how much is done.
    pub fn set(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }

    /// Says that more is done.
    pub fn add(&self, more: u64) {
        self.done.fetch_add(more, Ordering::Relaxed);
    }

    /// How much is done.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Of how much; 0 where that is not known.
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

/// Something that waits for somebody.
#[derive(Clone, Debug)]
pub struct Found {
    /// Pseudonym, in hexadecimal digits.
    pub account: String,
    /// The number of the person in the agency's own books, if they say one.
    pub serial: String,
    /// The number of the transfer that both agencies use, if the books say it.
    pub case_number: String,
    /// What it is.
    pub finding: Finding,
}

/// What a review found.
#[derive(Debug, Default)]
pub struct Reviewed {
    /// The head of the node's own chain when it began: its size and the root of its tree.
    pub head: String,
    /// The gravest first, as many of each list as are held.
    pub lists: BTreeMap<List, Vec<Found>>,
    /// How many there are of each list.
    pub counts: BTreeMap<List, u64>,
    /// Accounts gone through.
    pub accounts: u64,
    /// What puts it in doubt, and what could not be said.
    pub notes: Vec<String>,
}

/// A file that was looked at.
pub struct Checked {
    /// What was found.
    pub report: Report,
    /// Rows that state a record.
    pub valid: u64,
    /// Rows that do not; they stand in the file of errors.
    pub faulty: u64,
}

/// A file that is to be sent.
pub struct Import<'f> {
    /// Where it lies.
    pub file: &'f Path,
    /// Folder for its receipts.
    pub receipts: &'f Path,
    /// Where faulty rows may be written while it is read a second time.
    pub errors: &'f Path,
    /// Is told of each submission what became of it, as soon as the node has said so.
    pub became: &'f dyn Fn(&Became<'_>),
    /// What is done with faulty rows.
    pub faulty: Faulty,
    /// What is done where serials of it are in the chain with other content.
    pub used_serials: UsedSerials,
}

/// What is done with faulty rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faulty {
    /// They keep the whole file out.
    Refuse,
    /// They are left out.
    Skip,
}

/// What is done where serials of a file are in the chain with other content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedSerials {
    /// Nothing is sent.
    Refuse,
    /// It is sent all the same: such rows have no effect.
    Send,
}

/// What came of sending a file.
pub struct Sent {
    /// What is to be said of it, a line each.
    pub lines: Vec<String>,
    /// Whether anything was sent.
    pub is_sent: bool,
    /// Whether all that was sent is in the chain, and nothing waits for a second clerk or was refused by one.
    pub is_in_chain: bool,
}

/// A step of a transfer, as it was typed; what is empty was not said.
#[derive(Clone, Default)]
pub struct Step {
    /// The worker's number.
    pub number: String,
    /// The step, by its code.
    pub kind: String,
    /// The case.
    pub case: String,
    /// Number of the transaction in the agency's books.
    pub serial: String,
    /// The other fields, by the English names of their columns.
    pub fields: BTreeMap<String, String>,
}

/// How far a step is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Only looked at.
    Look,
    /// Written into the chain.
    Take,
}

/// What came of a step.
pub struct Stepped {
    /// What is to be said, a line each.
    pub lines: Vec<String>,
    /// Whether the step counts: it waits for no second clerk, and its case can use it.
    pub counts: bool,
}
