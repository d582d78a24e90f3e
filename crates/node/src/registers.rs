//! Registers of the own chain's accounts: when an epoch ends by the rule of the node, the register of the chain so far is made, and its
//! root goes into the chain as a submission of the node itself, durable, signed and with a receipt like any other.
//!
//! The rule says when, never what: given the size that it covers, every node computes the same register.

use crate::{
    committed::register_of, config::RegisterRule, epochs::Newest, refusal::Refusal, role::Role,
    room::Left, services::submit, shared::Shared,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval},
};
use yizhang_ledger::{
    batch::RecordBlock,
    chain::Submitted,
    entry::{Entry, Kind},
    record::{AccountRegister, Record},
    register::{EPOCH_SHARE, submission_id},
    value::{LeafIndex, TreeSize, UnixMillis},
};

/// How often it is looked whether an epoch has ended: an epoch of some million records takes longer to write.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// How long nothing is tried after a register could not be made: the disk was full, or does not write.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// Writes registers until it is dropped.
pub(crate) async fn keep_registers(shared: Arc<Shared>, rule: RegisterRule) {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut again_at: Option<Instant> = None;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = shared.epochs.asked() => again_at = None,
        }
        if again_at.is_some_and(|again| Instant::now() < again) {
            continue;
        }
        again_at = None;
        match look(&shared, rule).await {
            // A node that is not ready says so itself; the next look tries again.
            Ok(()) | Err(Refusal::Replica(_) | Refusal::Stopping | Refusal::Unsigned { .. }) => {}
            Err(error) => {
                tracing::warn!(%error, "the register of accounts is not in the chain yet");
                again_at = Some(Instant::now() + PAUSE);
            }
        }
        shared.epochs.done();
    }
}

/// Ends the epoch if it is time to, or if the operator has asked for it.
async fn look(shared: &Arc<Shared>, rule: RegisterRule) -> Result<(), Refusal> {
    let size = shared.store.size(&shared.origin).unwrap_or_default();
    if size.0 == 0 || shared.room.left() > Left::Little {
        shared.epochs.take_asked();
        return Ok(());
    }
    let newest = match shared.epochs.newest() {
        Some(newest) => newest,
        None => waiting(shared, find_newest).await?,
    };
    shared.epochs.note(newest);
    let is_asked = shared.epochs.take_asked();
    let now = (shared.clock)();
    let is_due = is_due(rule, newest, size, now) || is_asked && newest.has_new(size);
    if !is_due || newest.too_soon_ms(size, now) > 0 {
        return Ok(());
    }
    shared.epochs.begun();
    let start = Instant::now();
    let register = waiting(shared, move |shared| {
        Ok(shared.store.make_register(&shared.origin, size)?)
    })
    .await?;
    let seconds = start.elapsed().as_secs_f32();
    write(shared, register).await?;
    tracing::info!(%size, accounts = register.accounts, seconds, "the register of accounts is in the chain");
    let newest = waiting(shared, move |shared| {
        Ok(in_chain(shared, size)?.unwrap_or(newest))
    });
    shared.epochs.note(newest.await?);
    Ok(())
}

/// Runs what waits for the disk on a thread that may. It takes nobody's turn: it is one thread, and there is one of it.
async fn waiting<T: Send + 'static>(
    shared: &Arc<Shared>,
    deed: impl FnOnce(&Shared) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let shared = Arc::clone(shared);
    let done = spawn_blocking(move || deed(&shared)).await;
    done.map_err(|_| Refusal::Stopping)?
}

/// Whether an epoch has ended: there are so many entries that the newest register does not cover, or any at all for so long.
fn is_due(rule: RegisterRule, newest: Newest, size: TreeSize, now: UnixMillis) -> bool {
    let entries = size.0.saturating_sub(newest.covers.0);
    // A clock that went back ends no epoch before its time.
    let age_ms = now.0.saturating_sub(newest.time.0);
    newest.has_new(size) && (entries >= rule.entries || age_ms >= rule.every_ms)
}

/// The newest register in the chain: of those whose file is here, or one that came later and whose file was lost. Of a chain without any
/// file all of it is gone through; the next register is made from all of it, too.
fn find_newest(shared: &Shared) -> Result<Newest, Refusal> {
    let (store, origin) = (&shared.store, &shared.origin);
    let none = TreeSize(0);
    let mut newest = Newest {
        covers: none,
        end: none,
        time: store.batch_time(origin, LeafIndex(0))?,
    };
    for size in store.register_sizes(origin)?.into_iter().rev() {
        if let Some(found) = in_chain(shared, size)? {
            newest = found;
            break;
        }
    }
    // One that stands before the last 128th of the chain hinders nothing any more.
    let size = store.size(origin).unwrap_or_default();
    let from = newest.end.0.max(size.0 - size.0.div_ceil(EPOCH_SHARE));
    let from = if newest.covers.0 == 0 { 0 } else { from };
    if let Some(at) = last_register(shared, TreeSize(from))? {
        let entry = store.record(origin, at)?;
        if let Ok(register) = AccountRegister::read(&entry, at)
            && let Some(found) = in_chain(shared, TreeSize(register.size))?
        {
            newest = found;
        }
    }
    Ok(newest)
}

/// The last register of the own chain from the batch on that a size lies in.
fn last_register(shared: &Shared, from: TreeSize) -> Result<Option<LeafIndex>, Refusal> {
    let (store, origin) = (&shared.store, &shared.origin);
    if store.size(origin) <= Some(from) {
        return Ok(None);
    }
    let mut at = store.batch_start(origin, from.next_leaf())?;
    let mut last = None;
    for batch in store.batches(origin, TreeSize(at.0))? {
        let (batch, _) = batch?;
        let mut rest = batch.as_slice();
        // What is in the store has been read before it came there.
        while let Ok((entry, behind)) = Entry::split_first(rest, at) {
            if entry.kind == Kind::ACCOUNT_REGISTER {
                last = Some(at);
            }
            rest = behind;
            at = LeafIndex(at.0 + 1);
        }
    }
    Ok(last)
}

/// The register of a size, if it is in the chain.
fn in_chain(shared: &Shared, size: TreeSize) -> Result<Option<Newest>, Refusal> {
    let Some(stored) = register_of(&shared.store, &shared.origin, size)? else {
        return Ok(None);
    };
    Ok(Some(Newest {
        covers: size,
        end: stored.size_after,
        time: shared.store.batch_time(&shared.origin, stored.first)?,
    }))
}

/// Puts a register into the chain.
async fn write(shared: &Arc<Shared>, register: AccountRegister) -> Result<(), Refusal> {
    let mut bytes = Vec::new();
    Record::AccountRegister(register)
        .write(&mut bytes)
        .expect("a register that was computed keeps the rules of its kind");
    let submitted = Submitted {
        id: submission_id(TreeSize(register.size)),
        submitter: Role::Node(shared.origin.region()).submitter(),
        block: RecordBlock::parse(bytes).expect("one record that was just written is a block"),
    };
    submit(shared, submitted).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_ends_by_entries_or_by_time_and_never_for_nothing_new() {
        let rule = RegisterRule {
            entries: 100,
            every_ms: 1_000,
        };
        let newest = Newest {
            covers: TreeSize(50),
            end: TreeSize(52),
            time: UnixMillis(10_000),
        };
        let due = |size, now| is_due(rule, newest, TreeSize(size), UnixMillis(now));
        assert!(
            !due(52, 1_000_000),
            "nothing but the register itself is new"
        );
        assert!(due(53, 11_000) && !due(53, 10_999));
        assert!(due(150, 10_001) && !due(149, 10_001));
        assert!(!due(149, 9_000), "a clock that went back");
    }
}
