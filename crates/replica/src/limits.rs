//! Every limit of the protocol, and where its number comes from.

/// Longest wait of a restarted node for *all* other regions before a majority of them suffices to sign again, in ms.
/// Peers that are up answer within a round trip; ten seconds also cover one that is just restarting.
pub const RECOVERY_WAIT_MS: u64 = 10_000;
/// Longest silence of a fetch, in ms, before another peer is asked. A batch of 3 MiB at 10 Mbit/s takes 2.5 s.
pub const FETCH_IDLE_MS: u64 = 10_000;
/// Longest fetch, in ms: then the next chain and the next peer have their turn, so that a peer which sends just enough
/// to stay alive cannot keep a chain to itself.
pub const FETCH_TOTAL_MS: u64 = 60_000;
/// Wait before a peer is asked again for a chain that it failed to deliver, in ms; doubled with every failure.
pub const RETRY_FIRST_MS: u64 = 500;
/// Longest wait before a peer is asked again, in ms.
pub const RETRY_LONGEST_MS: u64 = 30_000;
/// Most fetches at a time: with the window below at most 96 MiB of batches in memory.
pub const FETCHES_MAX: usize = 8;
/// Most fetches from one peer at a time, so that one slow peer leaves half of them to others.
pub const FETCHES_PER_PEER_MAX: usize = 4;
/// Batches of a chain that may be read but not yet durable: one at the disk, one being checked, two on the wire.
pub const FETCH_WINDOW: usize = 4;
/// Times that a chain's own node may send batches which do not extend what it signed before, or have none that does, one
/// after the other. A flipped bit happens once.
pub const CONTRADICTIONS_MAX: u8 = 3;
/// Most submissions that wait for the next batch: four full batches.
pub const WAITING_SUBMISSIONS_MAX: usize = 4 * yizhang_ledger::batch::BATCH_SUBMISSIONS_MAX;
/// Most records that wait: eight full batches, seconds of work for one disk.
pub const WAITING_RECORDS_MAX: usize = 8 * yizhang_ledger::batch::BATCH_RECORDS_MAX;
/// Most bytes of records that wait: eight full batches, 24 MiB.
pub const WAITING_BYTES_MAX: usize = 8 * yizhang_ledger::batch::BATCH_BYTES_MAX;
/// Most callers that wait for one submission: a client that resends it while the first answer is under way.
pub const TICKETS_PER_SUBMISSION_MAX: usize = 16;
/// Own batches whose receipts stay at hand, so that a look into the store which is a little old still finds them.
pub const RECEIPTS_BATCHES_MAX: usize = 64;
/// Durable boundaries of a chain that stay at hand with their heads: answers most comparisons without the store.
pub const RECENT_BOUNDARIES_MAX: usize = 64;
/// Most heads of an announcement: one for each region that a roster may have.
pub const ANNOUNCED_HEADS_MAX: usize = yizhang_ledger::roster::REGIONS_MAX;
/// Most signature lines under a head that is looked at: that of its chain, and as many cosignatures as a head may have.
pub const HEAD_LINES_MAX: usize = 1 + yizhang_ledger::head::COSIGNATURES_MAX;
/// Heads of one peer that say no more than it has said, and are looked at all the same, because they may show a fork. An honest
/// node sends none over one connection: what it announces of a chain grows.
pub const STALE_HEADS_MAX: u32 = 64;
/// How many of these a peer regains a second.
pub const STALE_HEADS_PER_SECOND: u32 = 64;
/// As many of them, unregained, and the peer floods: some ten seconds at the rate at which a node listens.
pub const FLOOD_HEADS: u32 = 2_048;
/// Wait between two times at which a node cosigns what has grown, in ms. Cosignatures tell seconds; five times one is soon enough for
/// whoever waits for one, and leaves the disk to the batches. A head that comes after a pause is cosigned at once.
///
/// So what cosigning costs is bounded, however fast chains grow: a node announces at most five times a second what it has cosigned, one head
/// a chain, to each of its watchers. Of N nodes that are 5 N (N - 1) messages a second at most, and for one head of one chain N - 1 nodes
/// tell N - 1 others each: no more than N squared. Lines of others are passed on to new watchers alone and answered by nothing.
pub const COSIGN_PAUSE_MS: u64 = 200;
/// Forged lines and forged pieces of evidence of one peer that are counted before it is sent away. None comes from an honest node, which
/// passes on what it has verified; a roster that names other keys for the same name and id there is none.
pub const FORGED_LINES_MAX: u32 = 16;
/// Heads that are read of one telling: the teller's newest of its own chain, and one of the listener's chain.
pub const TOLD_HEADS_MAX: usize = 2;
/// Pairs of contradicting heads that are read of one telling: as many as a board of evidence holds for a federation of sixteen
/// chains of which each was signed twice.
pub const TOLD_EVIDENCE_MAX: usize = 64;
/// Different pieces of evidence that are reported for one chain. The first one already closes it.
pub const EVIDENCE_PER_CHAIN_MAX: usize = 16;

/// The limits that depend on the machine and the network. The default is the constants of this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// [`RECOVERY_WAIT_MS`].
    pub recovery_wait_ms: u64,
    /// [`FETCH_IDLE_MS`].
    pub fetch_idle_ms: u64,
    /// [`FETCH_TOTAL_MS`].
    pub fetch_total_ms: u64,
    /// [`RETRY_FIRST_MS`].
    pub retry_first_ms: u64,
    /// [`RETRY_LONGEST_MS`].
    pub retry_longest_ms: u64,
    /// [`FETCHES_MAX`].
    pub fetches_max: usize,
    /// [`FETCHES_PER_PEER_MAX`].
    pub fetches_per_peer_max: usize,
    /// [`FETCH_WINDOW`].
    pub fetch_window: usize,
    /// [`COSIGN_PAUSE_MS`].
    pub cosign_pause_ms: u64,
    /// [`WAITING_SUBMISSIONS_MAX`].
    pub waiting_submissions_max: usize,
    /// [`WAITING_RECORDS_MAX`].
    pub waiting_records_max: usize,
    /// [`WAITING_BYTES_MAX`].
    pub waiting_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            recovery_wait_ms: RECOVERY_WAIT_MS,
            fetch_idle_ms: FETCH_IDLE_MS,
            fetch_total_ms: FETCH_TOTAL_MS,
            retry_first_ms: RETRY_FIRST_MS,
            retry_longest_ms: RETRY_LONGEST_MS,
            fetches_max: FETCHES_MAX,
            fetches_per_peer_max: FETCHES_PER_PEER_MAX,
            fetch_window: FETCH_WINDOW,
            cosign_pause_ms: COSIGN_PAUSE_MS,
            waiting_submissions_max: WAITING_SUBMISSIONS_MAX,
            waiting_records_max: WAITING_RECORDS_MAX,
            waiting_bytes_max: WAITING_BYTES_MAX,
        }
    }
}
