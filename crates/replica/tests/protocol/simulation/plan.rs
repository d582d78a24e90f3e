//! What a seed chooses before it starts.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use yizhang_replica::{Limits, limits::COSIGN_PAUSE_MS};

/// How likely is what, and how many there are.
#[allow(clippy::struct_excessive_bools, reason = "each of them is drawn apart")]
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) nodes: usize,
    /// The last node is malicious.
    pub(super) villain: bool,
    /// Messages of one connection may overtake each other, be doubled or be lost, which real connections never do.
    pub(super) raw_network: bool,
    /// Out of 1,000: a message is lost (raw) or breaks its connection.
    pub(super) loss: u32,
    /// Longest delay of a message, in ms.
    pub(super) delay: u64,
    /// Longest time of a write, in ms.
    pub(super) disk: u64,
    /// Out of 10,000: a crash before an output is carried out.
    pub(super) crash: u32,
    /// Out of 1,000: a write fails.
    pub(super) write_failure: u32,
    /// Out of 100: a restart finds an old copy of the disk, if that is safe.
    pub(super) old_copy: u32,
    /// Out of 100, at each turn of fate: a one-way link fails.
    pub(super) partition: u32,
    /// How long the trouble lasts, in ms.
    pub(super) trouble: u64,
    /// Submissions of each client.
    pub(super) submissions: usize,
    /// New submissions that a client sends at once.
    pub(super) burst: usize,
    pub(super) limits: Limits,
    /// Whether nodes write registers of accounts.
    pub(super) registers: bool,
    /// Whether the roster changes: keys are replaced, a region joins late.
    pub(super) rosters: bool,
}

impl Plan {
    /// What came later is drawn apart: the seeds from before tell the same stories without it.
    pub(super) fn draw_later(&mut self, later: &mut ChaCha8Rng) {
        self.registers = later.random_ratio(3, 4);
        self.rosters = later.random_ratio(1, 2);
        // Lines are what costs most here: at the pace of a node in some seeds only.
        self.limits.cosign_pause_ms = pick(later, &[COSIGN_PAUSE_MS, 1_000, 1_000]);
    }

    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let nodes = rng.random_range(2..=5_usize);
        Self {
            nodes,
            villain: nodes > 2 && rng.random_ratio(1, 2),
            raw_network: rng.random_ratio(1, 3),
            loss: pick(rng, &[0, 5, 50]),
            delay: pick(rng, &[5, 50, 400]),
            disk: pick(rng, &[2, 20, 300]),
            crash: pick(rng, &[0, 20, 200]),
            write_failure: pick(rng, &[0, 0, 5]),
            old_copy: pick(rng, &[0, 50]),
            partition: pick(rng, &[0, 10, 40]),
            trouble: rng.random_range(5_000..20_000),
            submissions: rng.random_range(5..30),
            burst: pick(rng, &[1, 1, 8]),
            limits: Limits {
                recovery_wait_ms: 2_000,
                fetch_idle_ms: 1_500,
                fetch_total_ms: 5_000,
                retry_first_ms: 100,
                retry_longest_ms: 1_500,
                fetches_max: pick(rng, &[1, 8]),
                fetches_per_peer_max: pick(rng, &[1, 4]),
                fetch_window: pick(rng, &[1, 4]),
                waiting_submissions_max: pick(rng, &[2, 100]),
                ..Limits::default()
            },
            registers: false,
            rosters: false,
        }
    }
}

fn pick<T: Copy>(rng: &mut ChaCha8Rng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())]
}
