//! The service Review: what waits for people, in the accounts of everybody whom the node's own chain knows.

use crate::{
    lookup::{self, Shown},
    party::Party,
    permission::REVIEW,
    reads::Trace,
    refusal::Refusal,
    services::{caller::party_of, gate::holder_of},
    shared::Shared,
};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, mpsc},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use yizhang_entitlement::review::{self, Finding, List, to_json};
use yizhang_ledger::{person::AccountId, value::Day};
use yizhang_store::{StoreError, Subject};
use yizhang_wire::{
    convert::{self, FieldFault},
    purpose::Purpose,
    v1::{self, review_server::Review},
};

/// Accounts of one page: some tens of kilobytes, and a sign of life every second.
const PAGE_ACCOUNTS: usize = 64;
/// After so long a page ends with the account at hand: each account waits for its turn, and a busy node has others first.
const PAGE_TIME: Duration = Duration::from_secs(10);
/// Findings of one account that are listed, so that a page stays below the limit of a message; the rest is counted.
const FINDINGS_MAX: usize = 100;
/// Pages computed ahead of a slow receiver.
const PAGES_AHEAD: usize = 2;
/// Longest that retirements may be looked for, in months.
const RETIREMENT_MONTHS_MAX: u16 = 1_200;
/// Longest name of a class, cause or step that may be asked for.
const WHAT_BYTES_MAX: usize = 64;
/// How long a receiver may take for a page; then the thread is given to somebody else.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct ReviewService(pub(crate) Arc<Shared>);

type Pages = ReceiverStream<Result<v1::ReviewPage, Status>>;

/// What is reviewed.
struct Task {
    as_of: Day,
    retirement_months: u16,
    after: Option<AccountId>,
    list: Option<List>,
    /// Class, cause, step or class of retirement; empty for all.
    what: String,
    /// Who takes a turn for each account.
    party: Party,
}

impl Task {
    fn read(request: v1::ReviewRequest, party: Party) -> Result<Self, Refusal> {
        let after = if request.after.is_empty() {
            None
        } else {
            Some(convert::account_id(&request.after)?)
        };
        let list = match request.list.as_str() {
            "" => None,
            name => Some(List::named(name).ok_or(FieldFault::Form {
                field: "list",
                expected: "conflict, gap, transfer, retirement, dispute or nothing",
            })?),
        };
        let months = u16::try_from(request.retirement_months).unwrap_or(u16::MAX);
        within(
            "retirement_months",
            RETIREMENT_MONTHS_MAX.into(),
            months.into(),
        )?;
        within("what", WHAT_BYTES_MAX, request.what.len())?;
        Ok(Self {
            as_of: convert::day(request.as_of)?,
            retirement_months: months,
            after,
            list,
            what: request.what,
            party,
        })
    }

    fn wants(&self, finding: &Finding) -> bool {
        self.list.is_none_or(|list| list == finding.list)
            && (self.what.is_empty() || self.what.eq_ignore_ascii_case(&finding.what))
    }
}

/// A field that is at most so large.
fn within(field: &'static str, limit: usize, found: usize) -> Result<(), FieldFault> {
    if found <= limit {
        Ok(())
    } else {
        Err(FieldFault::Range {
            field,
            limit,
            found,
        })
    }
}

#[tonic::async_trait]
impl Review for ReviewService {
    type AccountsStream = Pages;

    async fn accounts(
        &self,
        request: Request<v1::ReviewRequest>,
    ) -> Result<Response<Pages>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), REVIEW);
        let party = party_of(&request)?.clone();
        let begun = begin(&shared, &mut trace, party, request.into_inner());
        let (task, permit) = shared.reads.answer(trace.clone(), begun).await?;
        let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
        tokio::task::spawn_blocking(move || {
            let reviewed = run(&shared, task, &sender);
            drop(permit);
            write_end(&shared, trace, reviewed);
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// What is reviewed, and a place for it.
fn begin(
    shared: &Shared,
    trace: &mut Trace,
    party: Party,
    request: v1::ReviewRequest,
) -> Result<(Task, OwnedSemaphorePermit), Refusal> {
    trace.purpose = Some(Purpose::read(request.purpose.as_ref())?);
    let task = Task::read(request, party)?;
    trace.subject = Subject::Accounts {
        list: task.list.map(List::name).unwrap_or_default().to_string(),
        reviewed: 0,
    };
    let permit = Arc::clone(&shared.reviews)
        .try_acquire_owned()
        .map_err(|_| Refusal::Busy { what: "reviews" })?;
    Ok((task, permit))
}

/// Writes down that a review has ended, after so many accounts. That it was begun stands there already.
fn write_end(shared: &Shared, mut trace: Trace, accounts: u64) {
    if let Subject::Accounts { reviewed, .. } = &mut trace.subject {
        *reviewed = accounts;
    }
    // The log of the node says that nothing can be written.
    let _ = Handle::current().block_on(shared.reads.ended(trace));
}

/// Page after page, until the last or until nobody listens; the number of accounts gone through.
fn run(
    shared: &Shared,
    mut task: Task,
    sender: &mpsc::Sender<Result<v1::ReviewPage, Status>>,
) -> u64 {
    let mut reviewed = 0;
    loop {
        let page = page(shared, &task);
        let (ended, after) = match &page {
            Ok((page, through)) => {
                reviewed += u64::from(page.reviewed);
                (through.is_none(), *through)
            }
            Err(_) => (true, None),
        };
        let message = page.map(|(page, _)| page).map_err(Status::from);
        let sent = Handle::current().block_on(timeout(SEND_TIMEOUT, sender.send(message)));
        if ended || !matches!(sent, Ok(Ok(()))) {
            return reviewed;
        }
        task.after = after;
    }
}

/// The next page, and the last account of it if more may follow.
fn page(shared: &Shared, task: &Task) -> Result<(v1::ReviewPage, Option<AccountId>), Refusal> {
    let begun = Instant::now();
    let accounts =
        shared
            .store
            .accounts_after(&shared.origin, task.after.as_ref(), PAGE_ACCOUNTS)?;
    let mut page = v1::ReviewPage::default();
    let mut last = None;
    for account in &accounts {
        if last.is_some() && begun.elapsed() >= PAGE_TIME {
            break;
        }
        // Between two accounts whoever waits has a turn.
        let turn = Handle::current().block_on(shared.turn(&task.party))?;
        let reviewed = reviewed(shared, task, *account)?;
        drop(turn);
        page.accounts.extend(reviewed.listed);
        page.without_birth += u32::from(reviewed.is_without_birth);
        page.reviewed += 1;
        last = Some(*account);
    }
    page.through = last.map(|last| last.0.to_vec()).unwrap_or_default().into();
    let may_go_on = accounts.len() == PAGE_ACCOUNTS || last != accounts.last().copied();
    Ok((page, last.filter(|_| may_go_on)))
}

/// An account that was gone through.
#[derive(Default)]
struct Reviewed {
    /// What of it is listed, if anything is.
    listed: Option<v1::ReviewedAccount>,
    is_without_birth: bool,
}

fn reviewed(shared: &Shared, task: &Task, account: AccountId) -> Result<Reviewed, Refusal> {
    let mut listed = v1::ReviewedAccount {
        account: account.0.to_vec().into(),
        findings: Vec::new().into(),
        failure: String::new(),
        unlisted: 0,
    };
    let mut is_without_birth = false;
    match lookup::lookup(shared, account, task.as_of, Shown::Account) {
        Ok(found) if is_under_another(shared, account, &found.read)? => {
            return Ok(Reviewed::default());
        }
        Ok(found) => {
            is_without_birth = review::is_without_birth(&found.account);
            let mut findings = review::review(&found.account, task.retirement_months);
            findings.retain(|finding| task.wants(finding));
            if findings.is_empty() {
                return Ok(Reviewed {
                    listed: None,
                    is_without_birth,
                });
            }
            let unlisted = findings.len().saturating_sub(FINDINGS_MAX);
            findings.truncate(FINDINGS_MAX);
            listed.unlisted = u32::try_from(unlisted).unwrap_or(u32::MAX);
            listed.findings = to_json(&findings).into();
        }
        // One account that cannot be proved keeps nobody else from being reviewed.
        Err(refusal @ Refusal::Invalid(_)) => {
            listed.failure = refusal.to_string();
        }
        // Nor does one whose place on the disk is damaged; the mender looks at it.
        Err(Refusal::Store(error @ StoreError::Damaged(_))) => {
            shared.damages.look_at(&error);
            listed.failure = error.to_string();
        }
        Err(refusal) => return Err(refusal),
    }
    Ok(Reviewed {
        listed: Some(listed),
        is_without_birth,
    })
}

/// Whether the account of linked pseudonyms is reviewed under a lower one: the lowest that the node's own chain knows.
fn is_under_another(
    shared: &Shared,
    account: AccountId,
    linked: &BTreeSet<AccountId>,
) -> Result<bool, Refusal> {
    for lower in linked.iter().filter(|linked| **linked < account) {
        if shared
            .store
            .positions(lower)?
            .iter()
            .any(|(origin, _)| *origin == shared.origin)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
