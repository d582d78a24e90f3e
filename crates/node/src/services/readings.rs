//! Who has read an account: what the log of this node has, and what the other nodes tell of theirs. A node that does not tell is named.

use crate::{
    holders::{Answered, KeyAnswer, keys},
    lookup::{self, Shown},
    neighbours::Neighbour,
    party::Party,
    reads::{OTHERS_LISTED_MAX, OWN_LISTED_MAX, digest_in_chain},
    refusal::Refusal,
    shared::Shared,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use yizhang_ledger::{
    hash::Hash,
    head::Origin,
    person::AccountId,
    record::AccessDigest,
    value::{Day, Division, UnixMillis},
};
use yizhang_store::{AccessFound, FoundDay, FoundEntry};
use yizhang_wire::{
    code::RefusalCode,
    deadline::within,
    v1::{
        self, NodeReadings, OfWorkerRequest, Reading, ReadingDay, ReadingsReply, ToldReadings,
        access_log_client::AccessLogClient, of_worker_request::Proof,
    },
};

/// How long another node may take: a page waits for the slowest.
const OTHERS_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer of another node: 250 readings with texts at their longest take some 200 KiB.
const TOLD_BYTES_MAX: usize = 256 * 1_024;
/// Days without an answer that are named.
const UNREAD_MAX: usize = 64;
/// Longest text of an entry, as the log has it.
const TEXT_BYTES_MAX: usize = 256;
/// A day, in ms.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Why nothing is known of a node.
const AWAY: &str = "away";
const REFUSED: &str = "refused";
const NO_KEY: &str = "no-key";
const WRONG: &str = "wrong";

/// How a day of a log stands to the chain.
const OPEN: &str = "open";
const ROOTED: &str = "rooted";
const UNROOTED: &str = "unrooted";
const OTHER: &str = "other";

/// Who has read an account and those linked to it, as the log of this node has it.
///
/// # Errors
/// As of a lookup; [`Refusal::Store`] if the log cannot be read.
pub(super) fn here(shared: &Shared, account: AccountId) -> Result<ToldReadings, Refusal> {
    let now = (shared.clock)();
    let mut accounts = lookup::lookup(shared, account, Day::of(now), Shown::Account)?.read;
    accounts.extend(keys::pseudonyms(shared, account));
    Ok(told(shared.reads.of(&accounts)?, now))
}

/// Who has read an account, at every node of the roster. Others are asked with what a key has answered here.
///
/// # Errors
/// Those of this node alone: another that does not tell is named.
pub(super) async fn everywhere(
    shared: &Arc<Shared>,
    party: &Party,
    account: AccountId,
    answered: Option<Arc<Answered>>,
) -> Result<ReadingsReply, Refusal> {
    let own = shared.origin.region();
    let mut asked = ask_others(shared, answered.as_deref());
    let here = shared.blocking(party, move |shared| here(shared, account));
    let mut nodes = vec![known(own, here.await?)];
    let mut others = BTreeMap::new();
    while let Some(told) = asked.join_next().await {
        // A task that has panicked is a node of which nothing is known.
        if let Ok(told) = told {
            others.insert(told.region, told);
        }
    }
    for origin in shared.roster.origins() {
        let region = origin.region();
        if region != own {
            let told = others.remove(&region.code());
            nodes.push(told.unwrap_or_else(|| unknown(region, AWAY)));
        }
    }
    let rooted = shared.blocking(party, move |shared| {
        for node in &mut nodes {
            compare_with_chain(shared, node)?;
        }
        Ok(nodes)
    });
    Ok(ReadingsReply {
        nodes: rooted.await?,
    })
}

/// Asks every other node at once.
fn ask_others(shared: &Shared, answered: Option<&Answered>) -> JoinSet<NodeReadings> {
    let own = shared.origin.region();
    let mut asked = JoinSet::new();
    for origin in shared.roster.origins() {
        let region = origin.region();
        if region == own {
            continue;
        }
        let request = answered
            .filter(|answered| answered.is_for(own))
            .map(request);
        match (request, shared.neighbours.of(region)) {
            (None, _) => {
                asked.spawn(async move { unknown(region, NO_KEY) });
            }
            (Some(request), Some(neighbour)) => {
                asked.spawn(ask(neighbour.clone(), request));
            }
            (Some(_), None) => {}
        }
    }
    asked
}

/// Asks one.
async fn ask(neighbour: Neighbour, request: OfWorkerRequest) -> NodeReadings {
    let region = neighbour.region;
    let client = AccessLogClient::new(neighbour.channel);
    let mut client = client.max_decoding_message_size(TOLD_BYTES_MAX);
    match within(OTHERS_TIMEOUT, client.of_worker(request)).await {
        Ok(told) if is_well_formed(&told) => known(region, told),
        Ok(_) => unknown(region, WRONG),
        Err(status) => {
            let code = status.code();
            tracing::debug!(peer = %region, ?code, "a node does not tell who has read an account");
            unknown(region, reason(&status))
        }
    }
}

fn reason(status: &Status) -> &'static str {
    match (RefusalCode::of(status), status.code()) {
        (Some(RefusalCode::NotOpened), _) | (_, Code::PermissionDenied) => REFUSED,
        (None, Code::OutOfRange) => WRONG,
        _ => AWAY,
    }
}

fn request(answered: &Answered) -> OfWorkerRequest {
    OfWorkerRequest {
        name: answered.name.to_bytes().to_vec().into(),
        day: answered.day.number(),
        nonce: answered.nonce.0.to_vec().into(),
        proof: Some(match &answered.answer {
            KeyAnswer::Signature(signature) => Proof::Signature(signature.clone().into()),
            KeyAnswer::Passkey {
                client_data,
                authenticator_data,
                signature,
            } => Proof::Passkey(v1::PasskeyAnswer {
                client_data: client_data.clone().into(),
                authenticator_data: authenticator_data.clone().into(),
                signature: signature.clone().into(),
            }),
        }),
    }
}

fn known(region: Division, told: ToldReadings) -> NodeReadings {
    NodeReadings {
        region: region.code(),
        unknown: String::new(),
        told: Some(told),
    }
}

fn unknown(region: Division, why: &str) -> NodeReadings {
    NodeReadings {
        region: region.code(),
        unknown: why.to_string(),
        told: None,
    }
}

/// Whether what another node tells is within what any may.
fn is_well_formed(told: &ToldReadings) -> bool {
    let readings = &told.readings;
    let is_text = |text: &String| text.len() <= TEXT_BYTES_MAX;
    readings.len() <= OTHERS_LISTED_MAX + OWN_LISTED_MAX
        && told.days.len() <= readings.len()
        && told.unread.len() <= UNREAD_MAX
        && told.days.iter().all(|day| stated(day).is_some())
        && readings.iter().all(|reading| {
            let texts = [
                &reading.holder,
                &reading.method,
                &reading.answer,
                &reading.business,
                &reading.case_number,
            ];
            reading.certificate.len() == 32
                && texts.into_iter().all(is_text)
                && told.days.iter().any(|day| day.day == reading.day)
        })
}

/// A day as a node states it.
fn stated(day: &ReadingDay) -> Option<AccessDigest> {
    Some(AccessDigest {
        day: Day::new(day.day)?,
        entries: day.entries,
        before: Hash(day.before.as_ref().try_into().ok()?),
        last: Hash(day.last.as_ref().try_into().ok()?),
    })
}

/// Says of each day that a node has told of how it stands to the digest in the chain of that node, as this node holds it.
fn compare_with_chain(shared: &Shared, node: &mut NodeReadings) -> Result<(), Refusal> {
    let mut origins = shared.roster.origins();
    let origin = origins.find(|origin| origin.region().code() == node.region);
    let (Some(origin), Some(told)) = (origin, &mut node.told) else {
        return Ok(());
    };
    for day in &mut told.days {
        day.root = root(shared, origin, day)?.to_string();
    }
    Ok(())
}

fn root(shared: &Shared, origin: &Origin, day: &ReadingDay) -> Result<&'static str, Refusal> {
    let Some(stated) = stated(day) else {
        return Ok(OTHER);
    };
    let digest = digest_in_chain(shared, origin, stated.day)?;
    // A day that ended long ago is open at no node.
    let yesterday = UnixMillis((shared.clock)().0.saturating_sub(DAY_MS));
    let may_be_open = day.root == OPEN && stated.day >= Day::of(yesterday);
    Ok(match digest {
        Some(digest) if digest == stated => ROOTED,
        Some(_) => OTHER,
        None if may_be_open => OPEN,
        None => UNROOTED,
    })
}

fn told(found: AccessFound, now: UnixMillis) -> ToldReadings {
    let unread = found.unread.iter().take(UNREAD_MAX);
    ToldReadings {
        others_left: found.others_left,
        own_left: found.own_left,
        at_ms: now.0,
        first: found.first.map_or(0, Day::number),
        days: found.days.iter().map(day).collect(),
        unread: unread.map(|day| day.number()).collect(),
        readings: found.entries.into_iter().map(reading).collect(),
    }
}

fn reading(found: FoundEntry) -> Reading {
    let entry = found.entry;
    Reading {
        at_ms: entry.at.0,
        holder: entry.holder,
        certificate: entry.certificate.to_vec().into(),
        method: entry.method,
        answer: entry.answer,
        business: entry.business,
        case_number: entry.case_number,
        day: found.day.number(),
    }
}

fn day(found: &FoundDay) -> ReadingDay {
    let summary = found.summary;
    ReadingDay {
        day: summary.day.number(),
        entries: summary.entries,
        before: summary.before.0.to_vec().into(),
        last: summary.last.0.to_vec().into(),
        root: if found.is_open { OPEN } else { UNROOTED }.to_string(),
    }
}
