//! The service Account.

use crate::{
    holders::{Ticket, TicketId, keys},
    lookup::{self, Found, Shown},
    party::Party,
    permission::{LOOKUP, STATEMENT},
    reads::Trace,
    refusal::Refusal,
    role::Role,
    services::ledger::chain_status,
    services::{caller::party_of, gate::holder_of},
    shared::Shared,
    statements::{self, AccountPart, Wanted},
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use yizhang_ledger::{
    hash::Hash,
    person::{AccountId, Group, NumberSalt, SocialSecurityNumber},
    value::{Day, Month},
};
use yizhang_statement::{ChainEvidence, Cover, Excerpt, RecordEvidence, RegisterEvidence};
use yizhang_store::Subject;
use yizhang_wire::{
    convert::{self, FieldFault},
    purpose::Purpose,
    shown,
    v1::{self, account_server::Account, lookup_request::Worker, statement_request},
};

pub(crate) struct AccountService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Account for AccountService {
    async fn lookup(
        &self,
        request: Request<v1::LookupRequest>,
    ) -> Result<Response<v1::LookupReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), LOOKUP);
        let party = party_of(&request)?.clone();
        let found = answer(&shared, &party, &mut trace, request.into_inner()).await;
        Ok(Response::new(shared.reads.answer(trace, found).await?))
    }

    async fn statement(
        &self,
        request: Request<v1::StatementRequest>,
    ) -> Result<Response<v1::StatementReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), STATEMENT);
        let party = party_of(&request)?.clone();
        let stated = stated(&shared, &party, &mut trace, request.into_inner()).await;
        Ok(Response::new(shared.reads.answer(trace, stated).await?))
    }
}

/// The statement that is asked for. What is learned of the call on the way stands in the trace, whatever comes of it.
async fn stated(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::StatementRequest,
) -> Result<v1::StatementReply, Refusal> {
    let opened = reader(shared, trace, &request.ticket, request.purpose.as_ref())?;
    let asked = match request.worker {
        Some(statement_request::Worker::Number(number)) => Some(Worker::Number(number)),
        Some(statement_request::Worker::Account(account)) => Some(Worker::Account(account)),
        None => None,
    };
    let commitment = commitment(asked.as_ref(), &request.salt)?;
    let worker = asked_of(shared, opened, asked)?;
    trace.subject = Subject::Account(worker);
    let as_of = convert::day(request.as_of)?;
    if as_of > Day::of((shared.clock)()) {
        // What is not yet recorded would be missing from it for as long as it looks new.
        return Err(FieldFault::Form {
            field: "as_of",
            expected: "a day that is not after today",
        }
        .into());
    }
    let wanted = Wanted {
        worker,
        as_of,
        commitment,
        cover: cover(request.excerpt)?,
        account: match (request.records_only, request.whole_account) {
            (true, _) => AccountPart::Nothing,
            (false, false) => AccountPart::Digest,
            (false, true) => AccountPart::Whole,
        },
    };
    count(shared, trace, &request.ticket)?;
    let answered = shared
        .blocking(party, move |shared| {
            ensure_open(shared, opened)?;
            let found = lookup::lookup(shared, worker, wanted.as_of, Shown::Registers)?;
            let statement = statements::state(shared, &found, wanted)?;
            Ok(StatedAnswer {
                accounts: found.read.iter().copied().collect(),
                is_empty: found.account.records.is_empty(),
                reply: v1::StatementReply {
                    statement: statement.into(),
                },
            })
        })
        .await?;
    trace.found_nothing = answered.is_empty && trace.worker.is_none();
    trace.linked = answered.accounts;
    trace.linked.retain(|account| *account != worker);
    Ok(answered.reply)
}

/// How much of an account is asked for.
fn cover(excerpt: Option<v1::Excerpt>) -> Result<Cover, Refusal> {
    let Some(v1::Excerpt {
        first,
        last,
        schemes,
    }) = excerpt
    else {
        return Ok(Cover::Whole);
    };
    let month = |number: u32| {
        Month::of(
            u16::try_from(number / 100).ok()?,
            u16::try_from(number % 100).ok()?,
        )
    };
    let excerpt = month(first).zip(month(last)).map(|(first, last)| Excerpt {
        first,
        last,
        schemes,
    });
    let excerpt = excerpt.filter(Excerpt::is_well_formed);
    let unfit = FieldFault::Form {
        field: "excerpt",
        expected: "months in order, and at most 32 schemes, ascending",
    };
    Ok(Cover::Part(excerpt.ok_or(unfit)?))
}

/// A statement, and the accounts that were read for it.
struct StatedAnswer {
    accounts: Vec<AccountId>,
    /// Whether no record was found.
    is_empty: bool,
    reply: v1::StatementReply,
}

/// What the node signs of a number, under the salt of the caller; none where it is asked by pseudonym.
fn commitment(worker: Option<&Worker>, salt: &[u8]) -> Result<Option<Hash>, Refusal> {
    let Some(Worker::Number(number)) = worker else {
        return Ok(None);
    };
    let number = SocialSecurityNumber::parse(number)?;
    let salt = salt.try_into().map_err(|_| FieldFault::Form {
        field: "salt",
        expected: "16 bytes",
    })?;
    Ok(Some(NumberSalt(salt).commit(&number)))
}

/// The account that is asked for. What is learned of the call on the way stands in the trace, whatever comes of it.
async fn answer(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::LookupRequest,
) -> Result<v1::LookupReply, Refusal> {
    let opened = reader(shared, trace, &request.ticket, request.purpose.as_ref())?;
    let shown = match (request.proofs, request.registers) {
        (false, _) => Shown::Account,
        (true, false) => Shown::Paths,
        (true, true) => Shown::Registers,
    };
    let worker = asked_of(shared, opened, request.worker)?;
    trace.subject = Subject::Account(worker);
    let as_of = convert::day(request.as_of)?;
    count(shared, trace, &request.ticket)?;
    let answered = shared
        .blocking(party, move |shared| {
            ensure_open(shared, opened)?;
            let at = (shared.clock)();
            let found = lookup::lookup(shared, worker, as_of, shown)?;
            let copies = found.copies(shared);
            let held = copies.into_iter().map(chain_status).collect();
            Ok(Answered {
                accounts: found.read.iter().copied().collect(),
                is_empty: found.account.records.is_empty(),
                reply: v1::LookupReply {
                    held,
                    behind: shared
                        .peer_secrets
                        .behind()
                        .iter()
                        .map(ToString::to_string)
                        .collect(),
                    at_ms: at.0,
                    roster: shared.roster.version,
                    ..reply(found, shown)
                },
            })
        })
        .await?;
    trace.found_nothing = answered.is_empty && trace.worker.is_none();
    trace.linked = answered.accounts;
    trace.linked.retain(|account| *account != worker);
    Ok(answered.reply)
}

/// An answer, and the accounts that were read for it.
struct Answered {
    accounts: Vec<AccountId>,
    /// Whether no record was found.
    is_empty: bool,
    reply: v1::LookupReply,
}

/// Who reads: a clerk for a purpose, or, through the portal, a worker who has opened the account. It stands in the trace; what
/// was opened is returned.
fn reader(
    shared: &Shared,
    trace: &mut Trace,
    ticket: &[u8],
    purpose: Option<&v1::Purpose>,
) -> Result<Option<Ticket>, Refusal> {
    if let Role::Portal(_) = trace.holder.role {
        let ticket = shared.holders.ticket(ticket, &trace.holder.certificate)?;
        trace.subject = Subject::Account(ticket.account);
        trace.worker = Some(ticket.described());
        return Ok(Some(ticket));
    }
    trace.purpose = Some(Purpose::read(purpose)?);
    Ok(None)
}

/// The account that is asked for. Who has opened one asks for that, and may say so by its number.
fn asked_of(
    shared: &Shared,
    opened: Option<Ticket>,
    asked: Option<Worker>,
) -> Result<AccountId, Refusal> {
    let Some(opened) = opened else {
        return worker(shared, asked);
    };
    if asked.is_some() {
        let named = worker(shared, asked)?;
        if !keys::pseudonyms(shared, opened.account).contains(&named) {
            return Err(Refusal::NotOpened);
        }
    }
    Ok(opened.account)
}

/// Refuses what was opened with a key that has ended since.
fn ensure_open(shared: &Shared, opened: Option<Ticket>) -> Result<(), Refusal> {
    match opened {
        Some(ticket) => keys::ensure_not_ended(shared, ticket.basis),
        None => Ok(()),
    }
}

/// Counts a reading: a clerk's by the certificate, a worker's by the ticket.
fn count(shared: &Shared, trace: &Trace, ticket: &[u8]) -> Result<(), Refusal> {
    if trace.worker.is_none() {
        return shared.reads.count(&trace.holder);
    }
    let id = TicketId::read(ticket).ok_or(Refusal::NotOpened)?;
    if shared.holders.tickets().read(&id) {
        Ok(())
    } else {
        Err(Refusal::Busy {
            what: "readings with one ticket",
        })
    }
}

/// The account of the worker whom a request names.
pub(super) fn worker(shared: &Shared, worker: Option<Worker>) -> Result<AccountId, Refusal> {
    match worker {
        Some(Worker::Number(number)) => {
            let number = SocialSecurityNumber::parse(&number)?;
            Ok(shared.secrets.account_id(&number))
        }
        Some(Worker::Account(bytes)) => Ok(convert::account_id(&bytes)?),
        None => Err(FieldFault::Form {
            field: "worker",
            expected: "a number or an account",
        }
        .into()),
    }
}

fn reply(found: Found, shown: Shown) -> v1::LookupReply {
    let sealed = found.account.sealed();
    let chains = match shown {
        Shown::Account => Vec::new(),
        Shown::Paths | Shown::Registers => found.chains,
    };
    v1::LookupReply {
        account: sealed.json.into(),
        digest: sealed.digest.0.to_vec().into(),
        accounts: found
            .accounts
            .iter()
            .map(|account| account.0.to_vec().into())
            .collect(),
        strangers: found
            .strangers
            .iter()
            .map(|account| account.0.to_vec().into())
            .collect(),
        chains: chains.into_iter().map(chain_evidence).collect(),
        names: found.names.groups().into_iter().map(names).collect(),
        ..v1::LookupReply::default()
    }
}

fn names(group: Group) -> v1::Names {
    let bytes = |account: AccountId| account.0.to_vec().into();
    v1::Names {
        account: bytes(group.account),
        others: group.others.into_iter().map(bytes).collect(),
    }
}

fn chain_evidence(chain: ChainEvidence) -> v1::ChainEvidence {
    v1::ChainEvidence {
        head: chain.head.into(),
        records: chain.records.into_iter().map(record_evidence).collect(),
        register: chain.register.map(register_evidence),
    }
}

fn record_evidence(record: RecordEvidence) -> v1::RecordEvidence {
    v1::RecordEvidence {
        index: record.index.0,
        path: convert::path_bytes(&record.path).into(),
        entry: record.entry.into(),
    }
}

fn register_evidence(register: RegisterEvidence) -> v1::RegisterEvidence {
    let accounts = register.accounts.iter();
    let accounts = accounts.map(|one| shown::message(one.account, &one.shown));
    let accounts = accounts.collect();
    let (cosigned, cosigned_path) = match register.cosigned {
        Some(cosigned) => (cosigned.head, convert::path_bytes(&cosigned.path)),
        None => (Vec::new(), Vec::new()),
    };
    v1::RegisterEvidence {
        accounts,
        cosigned: cosigned.into(),
        cosigned_path: cosigned_path.into(),
        register: Some(record_evidence(register.register)),
        batch: Some(record_evidence(register.batch)),
    }
}
