//! What a submitter keeps of his submissions: where they stand under a head that others have cosigned.

use crate::{
    best_head::{Cosigned, best_head},
    party::Party,
    refusal::Refusal,
    shared::Shared,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;
use yizhang_ledger::range::{LeafRange, RangeProof};
use yizhang_wire::{
    convert::FieldFault,
    v1::{self, ReceiptsReply, ReceiptsRequest},
};

/// Most submissions of one request: their proofs are some megabytes at most.
const RANGES_MAX: usize = 256;
/// Longest wait for mirrors.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// How often it is looked whether they have cosigned: lines come without a word.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// The proofs of ranges under the head that most mirrors have cosigned, as soon as so many have as were asked for, or the time is over.
///
/// # Errors
/// Ranges that are none, or lie beyond what is signed.
pub(super) async fn receipts(
    shared: &Arc<Shared>,
    party: &Party,
    request: ReceiptsRequest,
) -> Result<ReceiptsReply, Refusal> {
    let ranges = ranges(&request)?;
    let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let wanted = usize::try_from(request.mirrors).unwrap_or(usize::MAX);
    let mut wait = Duration::from_millis(request.wait_ms.into()).min(WAIT_MAX);
    if !is_anybody_there(shared).await {
        wait = Duration::ZERO;
    }
    let until = Instant::now() + wait;
    let (mut seen, mut best) = (Vec::new(), None);
    let head = loop {
        // Signatures are checked again only where something is new.
        let shown = notes(shared)?;
        if shown != seen {
            best = best_head(&shared.store, &shared.roster, &shared.origin, &shown, end);
            seen = shown;
        }
        match best.take() {
            Some(best) if best.mirrors >= wanted || Instant::now() >= until => break best,
            None if Instant::now() >= until => {
                return Err(FieldFault::Form {
                    field: "ranges",
                    expected: "positions below the newest signed head",
                }
                .into());
            }
            waiting => best = waiting,
        }
        sleep(LOOK_INTERVAL).await;
    };
    let prove = move |shared: &Shared| prove(shared, &ranges, head);
    shared.blocking(party, prove).await
}

/// Whether any other node is connected, so that there is somebody to wait for.
async fn is_anybody_there(shared: &Shared) -> bool {
    let status = shared.engine.status().await;
    status.is_some_and(|status| status.peers.iter().any(|peer| peer.is_connected))
}

fn ranges(request: &ReceiptsRequest) -> Result<Vec<LeafRange>, FieldFault> {
    let found = request.ranges.len();
    if found == 0 || found > RANGES_MAX {
        return Err(FieldFault::Range {
            field: "ranges",
            limit: RANGES_MAX,
            found,
        });
    }
    let range = |range: &v1::RecordRange| LeafRange {
        first: range.first,
        end: range.first.saturating_add(range.records.into()),
    };
    Ok(request.ranges.iter().map(range).collect())
}

/// The heads of the own chain that may be the one: those with lines of cosigners, and the newest.
fn notes(shared: &Shared) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut notes = shared.board.cosigned(&shared.origin);
    if let Some((_, newest)) = shared.store.newest_head(&shared.origin)? {
        notes.push(newest);
    }
    Ok(notes)
}

fn prove(shared: &Shared, ranges: &[LeafRange], head: Cosigned) -> Result<ReceiptsReply, Refusal> {
    let mut reply = ReceiptsReply {
        head: head.note.into(),
        ranges: Vec::with_capacity(ranges.len()),
    };
    for range in ranges {
        let proof = shared
            .store
            .range_proof(&shared.origin, *range, head.size)?;
        reply.ranges.push(message(&proof));
    }
    Ok(reply)
}

fn message(proof: &RangeProof) -> v1::RangeProof {
    v1::RangeProof {
        inside: yizhang_wire::convert::path_bytes(&proof.inside).into(),
        outside: yizhang_wire::convert::path_bytes(&proof.outside).into(),
    }
}
