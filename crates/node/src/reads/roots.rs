//! The daily roots of the access log: once a day has ended, its root goes into the node's own chain as a submission of the node
//! itself, durable, signed and with a receipt like any other.

use crate::{party::Party, refusal::Refusal, role::Role, services::submit, shared::Shared};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::Submitted,
    hash::{Hash, derive},
    record::{AccessDigest, Record},
    value::Day,
};
use yizhang_store::{closed_days, read_day};

/// How often it is looked whether a day has ended whose root is not in the chain: a root is late by a minute at most.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);
const ID_CONTEXT: &str = "yizhang 2026-11-29 v1 submission of an access digest";

/// Writes roots until it is dropped.
pub(crate) async fn keep_roots(shared: Arc<Shared>) {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Days up to this one are in the chain.
    let mut rooted: Option<Day> = None;
    loop {
        looks.tick().await;
        let today = Day::of((shared.clock)());
        let Some(today) = shared.reads.end_day(today).await else {
            continue;
        };
        match write_missing(&shared, today, &mut rooted).await {
            Ok(()) => {}
            // A node that is not ready says so itself; the next look tries again.
            Err(Refusal::Replica(_) | Refusal::Stopping | Refusal::Unsigned { .. }) => {}
            Err(error) => {
                tracing::warn!(%error, "a root of the access log is not in the chain yet");
            }
        }
    }
}

async fn write_missing(
    shared: &Arc<Shared>,
    today: Day,
    rooted: &mut Option<Day>,
) -> Result<(), Refusal> {
    let known = *rooted;
    let node = Party::node_itself(shared.origin.region());
    let missing = shared
        .blocking(&node, move |shared| missing(shared, today, known))
        .await?;
    for day in missing {
        let read = shared.blocking(&node, move |shared| digest(shared, day));
        let Some(digest) = read.await? else { continue };
        let submitted = Submitted {
            id: submission_id(day),
            submitter: Role::Node(shared.origin.region()).submitter(),
            block: block(digest),
        };
        submit(shared, submitted).await?;
        tracing::info!(%day, entries = digest.entries, "the root of the access log of a day is in the chain");
        *rooted = Some(day);
    }
    Ok(())
}

/// The ended days whose root is not in the chain, oldest first. Roots are written in the order of the days, so that all days
/// before one that is there are.
fn missing(shared: &Shared, today: Day, rooted: Option<Day>) -> Result<Vec<Day>, Refusal> {
    let submitter = Role::Node(shared.origin.region()).submitter();
    let mut missing = Vec::new();
    for day in closed_days(&shared.data, today)?.into_iter().rev() {
        if rooted.is_some_and(|rooted| day <= rooted) {
            break;
        }
        let known = shared
            .store
            .submission(&shared.origin, &submitter, &submission_id(day))?;
        if known.is_some() {
            break;
        }
        missing.push(day);
    }
    missing.reverse();
    Ok(missing)
}

/// The root of a day; none for a day without an entry.
fn digest(shared: &Shared, day: Day) -> Result<Option<AccessDigest>, Refusal> {
    let read = read_day(&shared.data, day, &mut |_| {})?;
    Ok(read
        .filter(|read| read.entries > 0)
        .map(|read| AccessDigest {
            day,
            entries: read.entries,
            last: read.last,
            before: read.before,
        }))
}

/// The same for the same day, so that a restart writes no root twice.
fn submission_id(day: Day) -> SubmissionId {
    let Hash(hash) = derive(ID_CONTEXT, &[&day.number().to_le_bytes()]);
    let (id, _) = hash.split_first_chunk::<16>().expect("a hash has 32 bytes");
    SubmissionId(*id)
}

fn block(digest: AccessDigest) -> RecordBlock {
    let mut bytes = Vec::new();
    Record::AccessDigest(digest)
        .write(&mut bytes)
        .expect("a day that is rooted has entries");
    RecordBlock::parse(bytes).expect("one record that was just written is a block")
}
