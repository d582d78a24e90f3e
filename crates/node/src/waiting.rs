//! What may wait for the engine, in bytes, whoever sends it.

use crate::board::EVIDENCE_MAX;
use yizhang_ledger::{
    batch::BATCH_BYTES_MAX, head::HEAD_BYTES_MAX, roster::REGIONS_MAX, tree::PATH_HASHES_MAX,
};
use yizhang_replica::limits::{FETCH_WINDOW, FETCHES_MAX, TOLD_EVIDENCE_MAX, TOLD_HEADS_MAX};

/// Bytes of the submissions that wait to be searched for, are searched for, or wait for the engine, in KiB; whoever brings more
/// waits. As much as may wait in the replica.
pub(crate) const SUBMITTED_KIB_MAX: u32 = 24 * 1_024;
/// Largest message of a watch: 256 heads of some 300 bytes each, as many pieces of evidence as are spread, and in half of it
/// cosignatures.
pub(crate) const ANNOUNCEMENT_BYTES_MAX: usize = 896 * 1_024;
/// Largest signed head as a node passes it on, in a message: three lines with a name of 71 bytes, and one signature line.
pub(crate) const SENT_HEAD_BYTES_MAX: usize = 512;
/// Largest beginning beside two heads, in a message: a root and a path, and what is around them.
const SENT_BEGINNING_BYTES_MAX: usize = (1 + PATH_HASHES_MAX) * 32 + 16;
/// Largest piece of evidence: two heads and what ties them together.
const SENT_EVIDENCE_BYTES_MAX: usize = 2 * SENT_HEAD_BYTES_MAX + SENT_BEGINNING_BYTES_MAX;
/// Largest request between nodes: a telling (`TellRequest`) with all pairs and heads that are read of one.
pub(crate) const TELLING_BYTES_MAX: usize =
    TOLD_EVIDENCE_MAX * SENT_EVIDENCE_BYTES_MAX + TOLD_HEADS_MAX * SENT_HEAD_BYTES_MAX;

/// What peers may have waiting, queued or about to be: each a message of its watch and a telling at a time.
const HEARD_BYTES_MAX: usize = REGIONS_MAX * (ANNOUNCEMENT_BYTES_MAX + TELLING_BYTES_MAX);
/// What fetches may have brought: so many, and of each as many batches as its window allows until they are durable.
const FETCHED_BYTES_MAX: usize = FETCHES_MAX * FETCH_WINDOW * (BATCH_BYTES_MAX + HEAD_BYTES_MAX);
/// What all of it comes to. Of what peers may have waiting, a federation of 34 regions has an eighth.
const BYTES_MAX: usize = SUBMITTED_KIB_MAX as usize * 1_024 + HEARD_BYTES_MAX + FETCHED_BYTES_MAX;

const _: () = assert!(
    ANNOUNCEMENT_BYTES_MAX / 2
        >= REGIONS_MAX * SENT_HEAD_BYTES_MAX + EVIDENCE_MAX * SENT_EVIDENCE_BYTES_MAX,
    "beside cosignatures a message of a watch has room for all heads and all evidence"
);

const _: () = assert!(
    BYTES_MAX < 400 * 1_024 * 1_024,
    "it fits into the memory of a small machine, whatever anybody sends"
);
