//! The daily roots of the access log: once a day has ended, its root goes into the node's own chain as a submission of the node
//! itself, durable, signed and with a receipt like any other.

use crate::{
    holders::keys::proved_entry, party::Party, refusal::Refusal, role::Role, services::submit,
    shared::Shared,
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::Submitted,
    entry::Entry,
    hash::{Hash, derive},
    head::Origin,
    record::{AccessDigest, Record},
    value::{Day, LeafIndex},
};
use yizhang_store::{closed_days, read_day};

/// How often it is looked whether a day has ended whose root is not in the chain: a root is late by a minute at most.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);
const ID_CONTEXT: &str = "yizhang 2026-11-29 v1 submission of an access digest";

/// How far roots have been written in this run.
#[derive(Default)]
struct Progress {
    /// Days up to this one were looked at: their roots are in the chain, or they have no entry, or they are unreadable.
    through: Option<Day>,
    /// Days that could not be read. They are tried again with the next day that has ended.
    unreadable: BTreeSet<Day>,
}

/// What was found when it was looked for roots that are not in the chain.
struct Found {
    /// Ended days whose root is not there.
    missing: BTreeSet<Day>,
    /// The newest day that has ended.
    newest: Option<Day>,
}

/// Writes roots until it is dropped.
pub(crate) async fn keep_roots(shared: Arc<Shared>) {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut progress = Progress::default();
    loop {
        looks.tick().await;
        catch_up(&shared).await;
        let today = Day::of((shared.clock)());
        let Some(today) = shared.reads.end_day(today).await else {
            continue;
        };
        match write_missing(&shared, today, &mut progress).await {
            Ok(()) => {}
            // A node that is not ready says so itself; the next look tries again.
            Err(Refusal::Replica(_) | Refusal::Stopping | Refusal::Unsigned { .. }) => {}
            Err(error) => {
                tracing::warn!(%error, "a root of the access log is not in the chain yet");
            }
        }
    }
}

/// Makes the files that show where entries stand in ended days, one day at a time: whoever asks meanwhile waits for one at most.
async fn catch_up(shared: &Arc<Shared>) {
    loop {
        let shared = Arc::clone(shared);
        let made = spawn_blocking(move || shared.reads.catch_up()).await;
        match made {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) | Err(_) => return,
            Ok(Err(error)) => {
                tracing::warn!(%error, "where entries stand in the access log cannot be written down: their days are slow to look through");
                return;
            }
        }
    }
}

/// The digest of a day of the access log in a chain, as its node has written it and a signed head covers it.
///
/// # Errors
/// [`Refusal::Store`], [`Refusal::Invalid`] if the disk does not hold what was signed.
pub(crate) fn digest_in_chain(
    shared: &Shared,
    origin: &Origin,
    day: Day,
) -> Result<Option<AccessDigest>, Refusal> {
    let Some(bytes) = proved_entry(shared, origin, submission_id(day))? else {
        return Ok(None);
    };
    let entry = Entry::parse(&bytes, LeafIndex(0))?;
    Ok(match Record::read(&entry) {
        Ok(Record::AccessDigest(digest)) if digest.day == day => Some(digest),
        _ => None,
    })
}

async fn write_missing(
    shared: &Arc<Shared>,
    today: Day,
    progress: &mut Progress,
) -> Result<(), Refusal> {
    let through = progress.through;
    let node = Party::node_itself(shared.origin.region());
    let Found {
        mut missing,
        newest,
    } = shared
        .blocking(&node, move |shared| look(shared, today, through))
        .await?;
    if !missing.is_empty() {
        missing.extend(&progress.unreadable);
    }
    for day in missing {
        let read = shared.blocking(&node, move |shared| digest(shared, day));
        match read.await {
            Ok(Some(digest)) => write(shared, digest).await?,
            Ok(None) => {}
            // One bad day keeps no other from having its root.
            Err(Refusal::Store(error)) => {
                if progress.unreadable.insert(day) {
                    tracing::error!(%day, %error, "a day of the access log cannot be read: its root is not in the chain");
                }
                progress.through = progress.through.max(Some(day));
                continue;
            }
            Err(refusal) => return Err(refusal),
        }
        progress.unreadable.remove(&day);
        progress.through = progress.through.max(Some(day));
    }
    progress.through = progress.through.max(newest);
    Ok(())
}

/// Puts the root of a day into the chain.
async fn write(shared: &Arc<Shared>, digest: AccessDigest) -> Result<(), Refusal> {
    let day = digest.day;
    let submitted = Submitted {
        id: submission_id(day),
        submitter: Role::Node(shared.origin.region()).submitter(),
        block: block(digest),
    };
    submit(shared, submitted).await?;
    tracing::info!(%day, entries = digest.entries, "the root of the access log of a day is in the chain");
    Ok(())
}

/// Looks through the ended days after those that were looked at. All of them at the start: a day that could not be read then may
/// stand before days whose roots are there.
fn look(shared: &Shared, today: Day, through: Option<Day>) -> Result<Found, Refusal> {
    let submitter = Role::Node(shared.origin.region()).submitter();
    let days = closed_days(&shared.data, today)?;
    let newest = days.last().copied();
    let mut missing = BTreeSet::new();
    for day in days {
        if through.is_some_and(|through| day <= through) {
            continue;
        }
        let known = shared
            .store
            .submission(&shared.origin, &submitter, &submission_id(day))?;
        if known.is_none() {
            missing.insert(day);
        }
    }
    Ok(Found { missing, newest })
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
