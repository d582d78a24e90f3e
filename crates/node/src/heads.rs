//! Heads that other nodes send are checked for form and signature where they are read, and not by the engine: that is most of what
//! an announcement costs.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::task::spawn_blocking;
use yizhang_ledger::{Verified, head::Head, roster::Roster};
use yizhang_replica::{CheckedContradiction, CheckedHead, Contradiction, Memory, OneLine};

/// Signatures that are remembered: most heads come from several peers, one soon after the other, and again with the lines of cosigners, and
/// each signature is checked once. Of a federation of 34 regions, of each chain a few heads with all their lines; some 400 bytes each.
const REMEMBERED_MAX: usize = 16 * 1_024;

/// What checks the heads of others.
pub(crate) struct Heads {
    roster: Roster,
    remembered: Remembered,
}

/// The last signatures by keys of the roster, each as a note with that line alone.
#[derive(Default)]
struct Remembered(Mutex<Notes>);

#[derive(Default)]
struct Notes {
    notes: BTreeMap<Arc<[u8]>, OneLine>,
    /// Oldest first.
    order: VecDeque<Arc<[u8]>>,
}

impl Remembered {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory for Remembered {
    fn recall(&self, note: &[u8]) -> Option<OneLine> {
        self.lock().notes.get(note).cloned()
    }

    fn remember(&self, note: &[u8], line: &OneLine) {
        let mut known = self.lock();
        let note: Arc<[u8]> = note.into();
        if known
            .notes
            .insert(Arc::clone(&note), line.clone())
            .is_some()
        {
            return;
        }
        known.order.push_back(note);
        if known.order.len() > REMEMBERED_MAX
            && let Some(oldest) = known.order.pop_front()
        {
            known.notes.remove(&oldest);
        }
    }
}

impl Heads {
    /// Checks under this roster, which is the replica's.
    pub(crate) fn new(roster: Roster) -> Arc<Self> {
        Arc::new(Self {
            roster,
            remembered: Remembered::default(),
        })
    }

    /// The roster under which it checks.
    pub(crate) const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Checks a head, on a thread that may compute.
    pub(crate) fn check(&self, note: &[u8]) -> CheckedHead {
        CheckedHead::check_with(note, &self.roster, &self.remembered)
    }

    /// A head, if a key of the roster has signed it.
    pub(crate) fn opened(&self, note: &[u8]) -> Option<Head> {
        Head::open(note, &self.roster)
            .ok()
            .map(Verified::into_inner)
    }

    /// Checks all heads of a message. None if the node is stopping.
    pub(crate) async fn check_all(
        self: &Arc<Self>,
        said: Said<Vec<u8>, Contradiction>,
    ) -> Option<Said<CheckedHead, CheckedContradiction>> {
        let heads = Arc::clone(self);
        let checked = spawn_blocking(move || Said {
            heads: said.heads.iter().map(|note| heads.check(note)).collect(),
            evidence: said
                .evidence
                .into_iter()
                .map(|pair| heads.check_pair(pair))
                .collect(),
        });
        checked.await.ok()
    }

    fn check_pair(&self, pair: Contradiction) -> CheckedContradiction {
        CheckedContradiction::check_with(pair, &self.roster, &self.remembered)
    }
}

/// What another node has said in one message: heads, and pairs of them that it says contradict each other.
pub(crate) struct Said<H, C> {
    pub(crate) heads: Vec<H>,
    pub(crate) evidence: Vec<C>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;
    use yizhang_ledger::{
        hash::Hash,
        head::{Head, Origin},
        note::NoteKey,
        roster::{ChainKey, Region},
        value::{Division, TreeSize},
    };

    const REGION: u32 = 440_000;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn heads() -> Arc<Heads> {
        let division = Division::new(REGION).unwrap();
        let origin = Origin::new("test.yizhang", division).unwrap();
        let key = NoteKey::new(origin.as_str(), key().verifying_key().to_bytes()).unwrap();
        let region = Region {
            origin,
            endpoint: "https://localhost:4400".into(),
            keys: vec![ChainKey {
                key,
                from: TreeSize(0),
                until: None,
            }],
            witness_keys: Vec::new(),
            mirror_keys: Vec::new(),
            continuations: Vec::new(),
        };
        Heads::new(Roster {
            federation: "test.yizhang".into(),
            version: 1,
            previous: yizhang_ledger::hash::Hash::ZERO,
            threshold: 1,
            mirrors: 0,
            roots: vec![[7; 32]],
            tls_authority: vec![],
            regions: [(division, region)].into(),
        })
    }

    fn note(size: u64) -> Vec<u8> {
        let head = Head {
            origin: Origin::parse("test.yizhang/440000").unwrap(),
            size: TreeSize(size),
            root: Hash([3; 32]),
        };
        head.sign(&key()).into_bytes()
    }

    #[test]
    fn signed_heads_alone_are_remembered_and_so_many_at_most() {
        let heads = heads();
        let mut forged = note(1);
        let near_the_end = forged.len() - 10;
        forged[near_the_end] ^= 1;
        assert!(!heads.check(&forged).is_signed());
        assert!(!heads.check(b"nonsense").is_signed());
        assert!(heads.remembered.lock().notes.is_empty());
        for size in 1..=u64::try_from(REMEMBERED_MAX).unwrap() + 9 {
            assert!(heads.check(&note(size)).is_signed());
            assert!(heads.check(&note(size)).is_signed());
        }
        let remembered = heads.remembered.lock();
        assert_eq!(remembered.notes.len(), REMEMBERED_MAX);
        assert_eq!(remembered.order.len(), REMEMBERED_MAX);
        assert!(!remembered.notes.contains_key(&note(9)[..]));
        assert!(remembered.notes.contains_key(&note(10)[..]));
    }
}
