//! The service Holders: workers who are there.

use crate::{
    holders::{
        Answered, Approval, Basis, Entered, For, IDLE, KeyAnswer, NewCode, NotAnswered,
        REFUSED_AFTER, Ticket, TicketId, WHOLE,
        keys::{self, HeldKey},
        random,
    },
    party::Party,
    permission::{
        APPROVE_CODE, BIND, DISPUTE, END_KEY, ENTER, ISSUE_CODE, KEYS, OPEN, READINGS, SIGN_ON,
    },
    reads::Trace,
    refusal::Refusal,
    services::{
        account, caller::Holder, caller::party_of, disputes, gate::holder_of, readings,
        tickets::opened,
    },
    shared::Shared,
};
use std::{sync::Arc, time::Instant};
use tonic::{Request, Response, Status};
use yizhang_holder::{
    EntryCode, Nonce,
    passkey::{self, Registration},
    proof,
};
use yizhang_ledger::{
    hash::Hash,
    holder::HolderName,
    record::{HolderKeyKind, KeyBound, KeyEnded},
    value::{Code, Day, UnixMillis},
};
use yizhang_store::Subject;
use yizhang_wire::{
    convert::FieldFault,
    purpose::Purpose,
    v1::{
        self, approve_code_request, bind_request::Key, holders_server::Holders, issue_code_request,
        lookup_request, open_request::Proof,
    },
};

/// A day, in ms.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Longest name of a domain (RFC 1035, 3.1, without the dot behind it).
const DOMAIN_LENGTH_MAX: usize = 253;

pub(crate) struct HoldersService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Holders for HoldersService {
    async fn issue_code(
        &self,
        request: Request<v1::IssueCodeRequest>,
    ) -> Result<Response<v1::IssuedCode>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), ISSUE_CODE);
        let issued = issue(&shared, &mut trace, request.into_inner());
        Ok(Response::new(shared.reads.answer(trace, issued).await?))
    }

    async fn approve_code(
        &self,
        request: Request<v1::ApproveCodeRequest>,
    ) -> Result<Response<v1::ApproveCodeReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), APPROVE_CODE);
        let approved = approve(&shared, &mut trace, request.into_inner());
        Ok(Response::new(shared.reads.answer(trace, approved).await?))
    }

    async fn enter(
        &self,
        request: Request<v1::EnterRequest>,
    ) -> Result<Response<v1::Entrance>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), ENTER);
        let begun = Instant::now();
        let entered = enter(&shared, &mut trace, &request.into_inner());
        let entrance = shared.reads.answer(trace, entered).await;
        Ok(Response::new(evenly(begun, entrance).await?))
    }

    async fn sign_on(
        &self,
        request: Request<v1::SignOnRequest>,
    ) -> Result<Response<v1::Entrance>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), SIGN_ON);
        let begun = Instant::now();
        let opened = sign_on(&shared, &mut trace, &request.into_inner());
        let entrance = shared.reads.answer(trace, opened).await;
        Ok(Response::new(evenly(begun, entrance).await?))
    }

    async fn challenge(
        &self,
        request: Request<v1::ChallengeRequest>,
    ) -> Result<Response<v1::ChallengeReply>, Status> {
        let shared = Arc::clone(&self.0);
        let holder = holder_of(&request)?.clone();
        let party = party_of(&request)?.clone();
        let challenge = challenge(&shared, &party, &holder, request.into_inner()).await?;
        Ok(Response::new(challenge))
    }

    async fn bind(
        &self,
        request: Request<v1::BindRequest>,
    ) -> Result<Response<v1::BindReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), BIND);
        let party = party_of(&request)?.clone();
        let bound = bind(&shared, &party, &mut trace, request.into_inner()).await;
        Ok(Response::new(shared.reads.answer(trace, bound).await?))
    }

    async fn open(
        &self,
        request: Request<v1::OpenRequest>,
    ) -> Result<Response<v1::Entrance>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), OPEN);
        let party = party_of(&request)?.clone();
        let begun = Instant::now();
        let opened = open(&shared, &party, &mut trace, request.into_inner()).await;
        let entrance = shared.reads.answer(trace, opened).await;
        Ok(Response::new(evenly(begun, entrance).await?))
    }

    async fn keys(
        &self,
        request: Request<v1::KeysRequest>,
    ) -> Result<Response<v1::KeysReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), KEYS);
        let party = party_of(&request)?.clone();
        let ticket = opened(&shared, &mut trace, &request.into_inner().ticket)?;
        let keys = shared.blocking(&party, move |shared| {
            keys::ensure_not_ended(shared, ticket.basis)?;
            keys::list(shared, ticket.account)
        });
        let keys = keys.await?;
        let shown = keys.iter().map(|key| shown(key, &ticket)).collect();
        Ok(Response::new(v1::KeysReply { keys: shown }))
    }

    async fn end_key(
        &self,
        request: Request<v1::EndKeyRequest>,
    ) -> Result<Response<v1::EndKeyReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), END_KEY);
        let party = party_of(&request)?.clone();
        let ended = end_key(&shared, &party, &mut trace, request.into_inner()).await;
        Ok(Response::new(shared.reads.answer(trace, ended).await?))
    }

    async fn readings(
        &self,
        request: Request<v1::ReadingsRequest>,
    ) -> Result<Response<v1::ReadingsReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), READINGS);
        let party = party_of(&request)?.clone();
        let told = readings(&shared, &party, &mut trace, &request.into_inner()).await;
        Ok(Response::new(shared.reads.answer(trace, told).await?))
    }

    async fn dispute(
        &self,
        request: Request<v1::DisputeRequest>,
    ) -> Result<Response<v1::DisputeReply>, Status> {
        let shared = Arc::clone(&self.0);
        let mut trace = Trace::begun(holder_of(&request)?.clone(), DISPUTE);
        let party = party_of(&request)?.clone();
        let raised = disputes::raise(&shared, &party, &mut trace, request.into_inner()).await;
        Ok(Response::new(shared.reads.answer(trace, raised).await?))
    }

    async fn leave(
        &self,
        request: Request<v1::LeaveRequest>,
    ) -> Result<Response<v1::LeaveReply>, Status> {
        let certificate = holder_of(&request)?.certificate;
        if let Some(id) = TicketId::read(&request.into_inner().ticket) {
            self.0.holders.tickets().close(&id, &certificate);
        }
        Ok(Response::new(v1::LeaveReply {}))
    }
}

/// A code for a worker, whom the clerk knows.
fn issue(
    shared: &Shared,
    trace: &mut Trace,
    request: v1::IssueCodeRequest,
) -> Result<v1::IssuedCode, Refusal> {
    trace.purpose = Some(Purpose::read(request.purpose.as_ref())?);
    let worker = match request.worker {
        Some(issue_code_request::Worker::Number(number)) => {
            Some(lookup_request::Worker::Number(number))
        }
        Some(issue_code_request::Worker::Account(account)) => {
            Some(lookup_request::Worker::Account(account))
        }
        None => None,
    };
    let account = account::worker(shared, worker)?;
    trace.subject = Subject::Account(account);
    shared.reads.count(&trace.holder)?;
    let new = NewCode {
        account,
        maker: trace.holder.certificate,
        needs_approval: shared.holders.codes_need_approval,
        random: random()?,
    };
    let code = shared.holders.codes().issue(&new, Instant::now())?;
    let life = u64::try_from(crate::holders::CODE_LIFE.as_millis()).expect("it is minutes");
    Ok(v1::IssuedCode {
        code: code.reveal(),
        until_ms: (shared.clock)().0.saturating_add(life),
        needs_approval: new.needs_approval,
    })
}

fn approve(
    shared: &Shared,
    trace: &mut Trace,
    request: v1::ApproveCodeRequest,
) -> Result<v1::ApproveCodeReply, Refusal> {
    trace.purpose = Some(Purpose::read(request.purpose.as_ref())?);
    let number = u16::try_from(request.request).map_err(|_| FieldFault::Form {
        field: "request",
        expected: "the first four digits of a code",
    })?;
    let worker = match request.worker {
        Some(approve_code_request::Worker::Number(number)) => {
            Some(lookup_request::Worker::Number(number))
        }
        Some(approve_code_request::Worker::Account(account)) => {
            Some(lookup_request::Worker::Account(account))
        }
        None => None,
    };
    let account = account::worker(shared, worker)?;
    trace.subject = Subject::Account(account);
    let approval = Approval {
        request: number,
        account,
        checker: trace.holder.certificate,
    };
    let mut codes = shared.holders.codes();
    codes.approve(&approval, Instant::now())?;
    Ok(v1::ApproveCodeReply {})
}

/// Opens the account of whom a code was given to.
fn enter(
    shared: &Shared,
    trace: &mut Trace,
    request: &v1::EnterRequest,
) -> Result<v1::Entrance, Refusal> {
    let code = EntryCode::parse(&request.code).ok_or(crate::holders::CodeFault::NotGood)?;
    let certificate = trace.holder.certificate;
    let now = Instant::now();
    let Entered {
        account,
        maker,
        checker,
    } = shared.holders.codes().enter(code, certificate, now)?;
    trace.subject = Subject::Account(account);
    trace.worker = Some("code".to_string());
    entrance(shared, trace, account, Basis::Code { maker, checker })
}

/// Opens the account of whom the agency's identity provider vouches for. The node checks the token itself: a portal that somebody has taken
/// over can make none.
fn sign_on(
    shared: &Shared,
    trace: &mut Trace,
    request: &v1::SignOnRequest,
) -> Result<v1::Entrance, Refusal> {
    let provider = shared.holders.provider.as_ref();
    let provider = provider.ok_or(Refusal::NotOpened)?;
    let challenge = challenged(shared, trace, &request.nonce)?;
    let now = (shared.clock)();
    let number = provider.verify(&request.id_token, &challenge.nonce, now);
    let number = number.map_err(|fault| {
        // The portal learns no more than that; the operator has to.
        tracing::warn!(%fault, "an ID token opens nothing");
        Refusal::NotOpened
    })?;
    let worker = account::worker(shared, Some(lookup_request::Worker::Number(number)));
    let account = worker.map_err(|_| Refusal::NotOpened)?;
    trace.subject = Subject::Account(account);
    answered(shared, trace, &challenge)?;
    trace.worker = Some("sign-on".to_string());
    entrance(shared, trace, account, Basis::SignOn)
}

/// A challenge for a key that is known, or, with a ticket, for one that is to be bound.
async fn challenge(
    shared: &Arc<Shared>,
    party: &Party,
    holder: &Holder,
    request: v1::ChallengeRequest,
) -> Result<v1::ChallengeReply, Refusal> {
    let name = if request.ticket.is_empty() {
        Vec::new()
    } else {
        let ticket = shared
            .holders
            .ticket(&request.ticket, &holder.certificate)?;
        let next = shared.blocking(party, move |shared| keys::next_name(shared, ticket.account));
        next.await?.ok_or(NO_ROOM)?.to_bytes().to_vec()
    };
    let day = Day::of((shared.clock)());
    let to = For {
        certificate: holder.certificate,
        day,
    };
    let random = random()?;
    let nonce = shared.holders.challenges().give(to, random, Instant::now());
    Ok(v1::ChallengeReply {
        nonce: nonce.0.to_vec().into(),
        day: day.number(),
        passkey_challenge: proof::passkey_challenge(day, &nonce).0.to_vec().into(),
        name: name.into(),
    })
}

const NO_ROOM: Refusal = Refusal::TooMany {
    what: "keys of one account in one chain",
    limit: 128,
    found: 129,
};

/// Binds a key with a ticket.
async fn bind(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::BindRequest,
) -> Result<v1::BindReply, Refusal> {
    let ticket = opened(shared, trace, &request.ticket)?;
    let id = TicketId::read(&request.ticket).ok_or(Refusal::NotOpened)?;
    let challenge = challenged(shared, trace, &request.nonce)?;
    let name = HolderName::from_bytes(&request.name).ok_or(NAME)?;
    let account = ticket.account;
    let next = shared.blocking(party, move |shared| keys::next_name(shared, account));
    if next.await?.ok_or(NO_ROOM)? != name {
        return Err(NAME.into());
    }
    let key = new_key(request.key.ok_or(KEY)?, name, &challenge)?;
    answered(shared, trace, &challenge)?;
    let binding = Binding {
        ticket,
        id,
        name,
        key,
        day: challenge.day,
    };
    // On its own feet: whoever hangs up in the middle leaves no half.
    let bound = tokio::spawn(binding.make(Arc::clone(shared)));
    bound.await.map_err(|_| Refusal::Stopping)??;
    let placed = shared.blocking(party, move |shared| keys::placed(shared, name));
    let placed = placed.await?;
    Ok(v1::BindReply {
        name: name.to_bytes().to_vec().into(),
        index: placed.index.0,
        head: placed.head.into(),
    })
}

/// A key that is to be bound.
struct Binding {
    ticket: Ticket,
    id: TicketId,
    name: HolderName,
    key: NewKey,
    day: Day,
}

impl Binding {
    /// Binds it with the ticket's right, which is given back where nothing can have come of it.
    async fn make(self, shared: Arc<Shared>) -> Result<(), Refusal> {
        if self.ticket.basis == Basis::SignOn && !shared.holders.sign_on_binds {
            return Err(Refusal::NotOpened);
        }
        let taken = shared
            .holders
            .tickets()
            .take_binding(&self.id, Instant::now());
        taken.map_err(|_| Refusal::NotOpened)?;
        let record = record(&self.ticket, self.name, &self.key, self.day)?;
        let bound = keys::bind(&shared, self.name, record).await;
        match &bound {
            // It may be on the disk, and signed later.
            Ok(()) | Err(Refusal::Unsigned { .. } | Refusal::Stopping) => {}
            Err(_) => shared.holders.tickets().give_binding_back(&self.id),
        }
        bound
    }
}

const NAME: FieldFault = FieldFault::Form {
    field: "name",
    expected: "the name that the challenge has",
};
const KEY: FieldFault = FieldFault::Form {
    field: "key",
    expected: "an Ed25519 key with its signature, or a passkey",
};

/// A key that is held by whoever wants it bound.
struct NewKey {
    kind: HolderKeyKind,
    public: Vec<u8>,
    credential: Vec<u8>,
    relying_party: Hash,
}

/// A challenge that a call answers, rightly or not.
struct Challenged {
    nonce: Nonce,
    day: Day,
}

fn new_key(key: Key, name: HolderName, challenge: &Challenged) -> Result<NewKey, Refusal> {
    match key {
        Key::File(file) => {
            if !proof::is_held(&file.public, &file.signature, name, &challenge.nonce) {
                return Err(KEY.into());
            }
            Ok(NewKey {
                kind: HolderKeyKind::Ed25519,
                public: file.public.to_vec(),
                credential: Vec::new(),
                relying_party: Hash::ZERO,
            })
        }
        Key::Passkey(made) => {
            let domain = &made.relying_party;
            if domain.is_empty() || domain.len() > DOMAIN_LENGTH_MAX {
                return Err(KEY.into());
            }
            let registration = Registration {
                client_data: &made.client_data,
                authenticator_data: &made.authenticator_data,
            };
            let asked = proof::passkey_challenge(challenge.day, &challenge.nonce);
            let relying_party = passkey::sha256(&[domain.as_bytes()]);
            let passkey = passkey::register(registration, &asked, &relying_party)?;
            Ok(NewKey {
                kind: HolderKeyKind::Passkey,
                public: passkey.public.to_vec(),
                credential: passkey.credential,
                relying_party,
            })
        }
    }
}

fn record<'k>(
    ticket: &Ticket,
    name: HolderName,
    key: &'k NewKey,
    on: Day,
) -> Result<KeyBound<'k>, Refusal> {
    let none = [0; 32];
    let (basis, maker, checker) = match ticket.basis {
        Basis::Code { maker, checker } => ("counter", maker, checker.unwrap_or(none)),
        Basis::SignOn => ("sign-on", none, none),
        Basis::Key(_) => return Err(Refusal::NotOpened),
    };
    Ok(KeyBound {
        account: name.account,
        number: name.number,
        kind: key.kind,
        public: &key.public,
        credential: &key.credential,
        relying_party: key.relying_party,
        on,
        basis: Code::new(basis).ok_or(Refusal::Broken("the word of a basis is no code"))?,
        maker: Hash(maker),
        checker: Hash(checker),
    })
}

/// Opens the account of a key.
async fn open(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::OpenRequest,
) -> Result<v1::Entrance, Refusal> {
    let challenge = challenged(shared, trace, &request.nonce)?;
    let name = HolderName::from_bytes(&request.name).ok_or(Refusal::NotOpened)?;
    let found = shared.blocking(party, move |shared| keys::find(shared, name));
    let key = found.await?.ok_or(Refusal::NotOpened)?;
    // Whose key it is that somebody has tried is the worker's to know.
    trace.subject = Subject::Account(name.account);
    let given = Answered {
        name,
        day: challenge.day,
        nonce: challenge.nonce,
        answer: key_answer(request.proof.ok_or(Refusal::NotOpened)?),
    };
    let is_right = given.opens(key.bound(), shared.origin.region());
    if !is_right || key.ended.is_some() {
        return Err(Refusal::NotOpened);
    }
    answered(shared, trace, &challenge)?;
    let basis = Basis::Key(name);
    let entrance = entrance(shared, trace, name.account, basis)?;
    if let Some(id) = TicketId::read(&entrance.ticket) {
        shared.holders.tickets().keep_answer(id, given);
    }
    trace.worker = Some(format!("key {} {}", name.region, name.number));
    Ok(entrance)
}

fn key_answer(proof: Proof) -> KeyAnswer {
    match proof {
        Proof::Signature(signature) => KeyAnswer::Signature(signature.into()),
        Proof::Passkey(answer) => passkey_answer(answer),
    }
}

pub(super) fn passkey_answer(answer: v1::PasskeyAnswer) -> KeyAnswer {
    KeyAnswer::Passkey {
        client_data: answer.client_data.into(),
        authenticator_data: answer.authenticator_data.into(),
        signature: answer.signature.into(),
    }
}

/// Who has read the account of a ticket, at every node.
async fn readings(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: &v1::ReadingsRequest,
) -> Result<v1::ReadingsReply, Refusal> {
    let ticket = opened(shared, trace, &request.ticket)?;
    let id = TicketId::read(&request.ticket).ok_or(Refusal::NotOpened)?;
    if !shared.holders.tickets().read(&id) {
        return Err(Refusal::Busy {
            what: "readings with one ticket",
        });
    }
    let is_open = shared.blocking(party, move |shared| {
        keys::ensure_not_ended(shared, ticket.basis)
    });
    is_open.await?;
    let answered = shared.holders.tickets().answer(&id);
    readings::everywhere(shared, party, ticket.account, answered).await
}

/// Ends a key of the worker.
async fn end_key(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: v1::EndKeyRequest,
) -> Result<v1::EndKeyReply, Refusal> {
    let ticket = opened(shared, trace, &request.ticket)?;
    let name = HolderName::from_bytes(&request.name).ok_or(NAME)?;
    if !keys::pseudonyms(shared, ticket.account).contains(&name.account) {
        return Err(NAME.into());
    }
    let found = shared.blocking(party, move |shared| {
        keys::ensure_not_ended(shared, ticket.basis)?;
        keys::find(shared, name)
    });
    let key = found.await?.ok_or(NAME)?;
    if key.ended.is_none() {
        let reason = Code::new("holder").ok_or(Refusal::Broken("the word is no code"))?;
        let record = KeyEnded {
            account: name.account,
            region: name.region,
            number: name.number,
            on: Day::of((shared.clock)()),
            reason,
        };
        keys::end(shared, record).await?;
    }
    shared.holders.tickets().close_all_of(name);
    Ok(v1::EndKeyReply {})
}

/// The challenge that a call answers: one of today, or of the day that has just ended.
fn challenged(shared: &Shared, trace: &Trace, nonce: &[u8]) -> Result<Challenged, Refusal> {
    let nonce = Nonce(nonce.try_into().map_err(|_| Refusal::NotOpened)?);
    let (clock, now) = ((shared.clock)(), Instant::now());
    let challenges = shared.holders.challenges();
    let yesterday = UnixMillis(clock.0.saturating_sub(DAY_MS));
    for day in [clock, yesterday].map(Day::of) {
        let to = For {
            certificate: trace.holder.certificate,
            day,
        };
        if challenges.is_good(&nonce, to, now) {
            return Ok(Challenged { nonce, day });
        }
    }
    Err(Refusal::NotOpened)
}

/// Takes a challenge that was answered rightly: it counts no more.
fn answered(shared: &Shared, trace: &Trace, challenge: &Challenged) -> Result<(), Refusal> {
    let to = For {
        certificate: trace.holder.certificate,
        day: challenge.day,
    };
    let mut challenges = shared.holders.challenges();
    match challenges.take(challenge.nonce, to, Instant::now()) {
        Ok(()) => Ok(()),
        Err(NotAnswered::NotGood) => Err(Refusal::NotOpened),
        Err(NotAnswered::Full) => Err(Refusal::Busy { what: "answers" }),
    }
}

/// Opens an account over the caller's certificate.
fn entrance(
    shared: &Shared,
    trace: &Trace,
    account: yizhang_ledger::person::AccountId,
    basis: Basis,
) -> Result<v1::Entrance, Refusal> {
    let id = TicketId(random()?);
    let certificate = trace.holder.certificate;
    let may_bind = match basis {
        Basis::Code { .. } => true,
        Basis::SignOn => shared.holders.sign_on_binds,
        Basis::Key(_) => false,
    };
    let mut tickets = shared.holders.tickets();
    if !tickets.open(id, account, certificate, basis, Instant::now()) {
        return Err(Refusal::Busy {
            what: "accounts open",
        });
    }
    let milliseconds = |span: std::time::Duration| {
        u64::try_from(span.as_millis()).expect("a ticket lasts an hour at most")
    };
    Ok(v1::Entrance {
        ticket: id.0.to_vec().into(),
        account: account.0.to_vec().into(),
        idle_ms: milliseconds(IDLE),
        whole_ms: milliseconds(WHOLE),
        may_bind,
    })
}

/// Refusals come after as much time, whatever they are for.
async fn evenly<T>(begun: Instant, answer: Result<T, Refusal>) -> Result<T, Refusal> {
    if answer.is_err() {
        tokio::time::sleep_until((begun + REFUSED_AFTER).into()).await;
    }
    answer
}

fn shown(key: &HeldKey, ticket: &Ticket) -> v1::HeldKey {
    v1::HeldKey {
        name: key.name.to_bytes().to_vec().into(),
        kind: match key.kind {
            HolderKeyKind::Ed25519 => "file",
            HolderKeyKind::Passkey => "passkey",
        }
        .to_string(),
        on: key.on.number(),
        ended_on: key.ended.map_or(0, Day::number),
        basis: key.basis.clone(),
        is_this_one: ticket.basis == Basis::Key(key.name),
    }
}
