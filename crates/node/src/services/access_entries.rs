//! The entries of the access log, for the data-protection officer of the agency: page after page, and that it was read stands in it.

use crate::{
    permission::ENTRIES, reads::Trace, refusal::Refusal, services::caller::Holder, shared::Shared,
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, mpsc},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use yizhang_ledger::{person::AccountId, value::Day};
use yizhang_store::{AccessEntry, Subject, closed_days, read_day};
use yizhang_wire::{
    convert::{self, FieldFault},
    purpose::Purpose,
    v1::{self, EntriesPage, EntriesRequest, LoggedEntry, logged_entry},
};

/// Entries of one page: at most some 300 KiB.
const PAGE_ENTRIES: usize = 256;
/// Pages read ahead of a slow receiver.
const PAGES_AHEAD: usize = 2;
/// How long a receiver may take for a page; then the thread is given to somebody else.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Later than any day of a file.
const LAST_DAY: u32 = 99_991_231;
/// How the reading of the log stands in the log.
const LIST: &str = "access-log";

pub(super) type Pages = ReceiverStream<Result<EntriesPage, Status>>;

/// What of the log is asked for.
struct Wanted {
    first: Option<Day>,
    last: Option<Day>,
    /// How the fingerprint begins.
    certificate: Vec<u8>,
    account: Option<AccountId>,
}

impl Wanted {
    fn read(request: &EntriesRequest) -> Result<Self, FieldFault> {
        let found = request.certificate.len();
        if found > 32 {
            return Err(FieldFault::Range {
                field: "certificate",
                limit: 32,
                found,
            });
        }
        Ok(Self {
            first: day(request.first)?,
            last: day(request.last)?,
            certificate: request.certificate.to_vec(),
            account: match request.account.as_ref() {
                [] => None,
                bytes => Some(convert::account_id(bytes)?),
            },
        })
    }

    fn has_day(&self, day: Day) -> bool {
        self.first.is_none_or(|first| day >= first) && self.last.is_none_or(|last| day <= last)
    }

    fn has(&self, entry: &AccessEntry) -> bool {
        entry.certificate.starts_with(&self.certificate)
            && self
                .account
                .is_none_or(|account| entry.subject == Subject::Account(account))
    }
}

/// A day of a request; none for 0.
pub(super) fn day(number: u32) -> Result<Option<Day>, FieldFault> {
    if number == 0 {
        return Ok(None);
    }
    convert::day(number).map(Some)
}

/// Begins to read the log.
///
/// # Errors
/// [`Refusal::Purpose`], [`Refusal::Field`], [`Refusal::Busy`], [`Refusal::NoTrace`].
pub(super) async fn entries(
    shared: &Arc<Shared>,
    holder: Holder,
    request: EntriesRequest,
) -> Result<Pages, Refusal> {
    let mut trace = Trace::begun(holder, ENTRIES);
    let begun = begin(shared, &mut trace, &request);
    let (wanted, permit) = shared.reads.answer(trace.clone(), begun).await?;
    let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || {
        let told = run(&shared, &wanted, &sender);
        drop(permit);
        trace.subject = Subject::Accounts {
            list: LIST.to_string(),
            reviewed: told,
        };
        // The log of the node says that nothing can be written.
        let _ = Handle::current().block_on(shared.reads.ended(trace));
    });
    Ok(ReceiverStream::new(receiver))
}

/// What is asked for, and a place for it.
fn begin(
    shared: &Shared,
    trace: &mut Trace,
    request: &EntriesRequest,
) -> Result<(Wanted, OwnedSemaphorePermit), Refusal> {
    trace.purpose = Some(Purpose::read(request.purpose.as_ref())?);
    let wanted = Wanted::read(request)?;
    trace.subject = match wanted.account {
        Some(account) => Subject::Account(account),
        None => Subject::Accounts {
            list: LIST.to_string(),
            reviewed: 0,
        },
    };
    let permit = Arc::clone(&shared.reviews)
        .try_acquire_owned()
        .map_err(|_| Refusal::Busy { what: "reviews" })?;
    Ok((wanted, permit))
}

/// Day after day, until the last or until nobody listens; how many entries were told.
fn run(
    shared: &Shared,
    wanted: &Wanted,
    sender: &mpsc::Sender<Result<EntriesPage, Status>>,
) -> u64 {
    let mut teller = Teller {
        sender,
        page: EntriesPage::default(),
        told: 0,
        is_gone: false,
    };
    let days = match days(shared, wanted) {
        Ok(days) => days,
        Err(refusal) => {
            teller.send(Err(refusal.into()));
            return 0;
        }
    };
    for day in days {
        let read = read_day(&shared.data, day, &mut |entry| {
            if wanted.has(&entry) {
                teller.tell(entry);
            }
        });
        if let Err(error) = read {
            tracing::warn!(%day, %error, "a day of the access log cannot be read");
            teller.tell_unread(day);
        }
        if teller.is_gone {
            break;
        }
    }
    teller.send_page();
    teller.told
}

/// The days that are read: of an account those where it stands, and those of which that is not known.
fn days(shared: &Shared, wanted: &Wanted) -> Result<Vec<Day>, Refusal> {
    let mut days = all_days(shared)?;
    days.retain(|day| wanted.has_day(*day));
    if let Some(account) = wanted.account {
        let with = shared.reads.days_of(&BTreeSet::from([account]))?;
        days.retain(|day| with.contains(day));
    }
    Ok(days)
}

/// All days of the log, oldest first.
///
/// # Errors
/// [`Refusal::Store`].
pub(super) fn all_days(shared: &Shared) -> Result<Vec<Day>, Refusal> {
    let last = Day::new(LAST_DAY).expect("the last day of the year 9999 is a day");
    Ok(closed_days(&shared.data, last)?)
}

/// Tells entries in pages.
struct Teller<'s> {
    sender: &'s mpsc::Sender<Result<EntriesPage, Status>>,
    page: EntriesPage,
    told: u64,
    /// Whether nobody listens any more.
    is_gone: bool,
}

impl Teller<'_> {
    fn tell(&mut self, entry: AccessEntry) {
        if self.is_gone {
            return;
        }
        self.page.entries.push(logged(entry));
        self.told += 1;
        if self.page.entries.len() >= PAGE_ENTRIES {
            self.send_page();
        }
    }

    fn tell_unread(&mut self, day: Day) {
        self.page.unread = day.number();
        self.send_page();
    }

    fn send_page(&mut self) {
        let page = std::mem::take(&mut self.page);
        if !page.entries.is_empty() || page.unread > 0 {
            self.send(Ok(page));
        }
    }

    fn send(&mut self, page: Result<EntriesPage, Status>) {
        let sent = Handle::current().block_on(timeout(SEND_TIMEOUT, self.sender.send(page)));
        self.is_gone |= !matches!(sent, Ok(Ok(())));
    }
}

fn logged(entry: AccessEntry) -> LoggedEntry {
    let subject = match entry.subject {
        Subject::Unknown => None,
        Subject::Account(account) => {
            Some(logged_entry::Subject::Account(account.0.to_vec().into()))
        }
        Subject::Chain { origin, from } => Some(logged_entry::Subject::Chain(v1::LoggedChain {
            origin,
            from,
        })),
        Subject::Accounts { list, reviewed } => Some(logged_entry::Subject::List(v1::LoggedList {
            name: list,
            reviewed,
        })),
        Subject::Numbers(count) => Some(logged_entry::Subject::Numbers(count)),
        Subject::Warning { id, reason } => Some(logged_entry::Subject::Closed(v1::LoggedClosing {
            warning: id.to_vec().into(),
            reason,
        })),
    };
    LoggedEntry {
        at_ms: entry.at.0,
        holder: entry.holder,
        certificate: entry.certificate.to_vec().into(),
        method: entry.method,
        answer: entry.answer,
        business: entry.business,
        case_number: entry.case_number,
        person: entry.person,
        subject,
    }
}
