//! When the own chain may be signed: sign once, after any restart or restore.
//!
//! A node that lost its newest batches, because it was restored from an old copy, would sign other batches at sizes that
//! it has signed before: a fork. Its peers know better. So a restarted node signs nothing until it has heard what every
//! other region holds of its chain, or, after a while, a majority of them; and whatever they hold beyond its own disk it
//! fetches back first, by the same path on which it follows other chains.

use crate::{PeerId, Replica, chain::Relation, own::Own};
use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;
use yizhang_ledger::{
    head::{Head, Origin},
    value::{TreeSize, UnixMillis},
};

/// Whether a node may append to its own chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Not yet.
    Recovering(Recovering),
    /// Never again, as far as this process can tell.
    Stopped(Stop),
    /// It writes no chain.
    Mirror,
}

/// What a node waits for before it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovering {
    /// To hear what peers hold.
    Hearing {
        /// Regions heard.
        heard: usize,
        /// Regions that suffice after [`crate::limits::RECOVERY_WAIT_MS`].
        majority: usize,
        /// All other regions; then there is no wait.
        regions: usize,
    },
    /// For the store to compare what peers hold.
    Comparing,
    /// To fetch its own chain back.
    FetchingBack {
        /// The size held.
        held: TreeSize,
        /// The size that was signed.
        signed: TreeSize,
    },
    /// For somebody who holds what the own key has signed and this node does not hold. As long as nobody does, a second node
    /// may be running with this key.
    SignedElsewhere {
        /// The size held.
        held: TreeSize,
        /// The size that was signed.
        signed: TreeSize,
    },
    /// To fetch its own chain back, of which a peer says that it is another history: a head of the size held does not lead
    /// to the larger one that the own key has signed as well. It is tried all the same, because a peer may be wrong.
    Contradicted {
        /// The size held.
        held: TreeSize,
        /// The size signed in the other history.
        signed: TreeSize,
    },
}

/// Why a node signs no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// There is a signed head of the own chain that contradicts it.
    Forked {
        /// From this size on.
        at: TreeSize,
    },
    /// The disk failed.
    DiskFailed,
    /// The signature made here is not by a key that the roster allows for the chain.
    SignatureRefused,
}

impl Readiness {
    /// Why not, as a code that a program can branch on; none if it is ready.
    pub const fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Ready => return None,
            Self::Recovering(Recovering::Hearing { .. }) => "hearing",
            Self::Recovering(Recovering::Comparing) => "comparing",
            Self::Recovering(Recovering::FetchingBack { .. }) => "fetching-back",
            Self::Recovering(Recovering::SignedElsewhere { .. }) => "signed-elsewhere",
            Self::Recovering(Recovering::Contradicted { .. })
            | Self::Stopped(Stop::Forked { .. }) => "two-histories",
            Self::Stopped(Stop::DiskFailed) => "disk-failed",
            Self::Stopped(Stop::SignatureRefused) => "signature-refused",
            Self::Mirror => "mirror",
        })
    }
}

/// What the operator of a node with two histories does.
const WHAT_TO_DO: &str = "Nothing more is signed. Stop the node, keep its data directory as it is, and call the other \
    regions: docs/OPERATIONS.md, \"Two histories\"";

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Recovering(Recovering::Hearing {
                heard,
                majority,
                regions,
            }) => write!(
                f,
                "waiting to hear what peers hold of this chain: {heard} of {regions} regions heard, {majority} needed"
            ),
            Self::Recovering(Recovering::Comparing) => {
                f.write_str("comparing what peers hold of this chain")
            }
            Self::Recovering(Recovering::FetchingBack { held, signed }) => {
                write!(
                    f,
                    "fetching this chain back from peers: {held} of {signed} entries are here"
                )
            }
            Self::Recovering(Recovering::SignedElsewhere { held, signed }) => write!(
                f,
                "of what this key has signed, {held} of {signed} entries are here, and no node that answers holds the rest: either a \
                 second node runs with this key (a copied directory: stop it), or those who hold the rest are away. Nothing \
                 more is signed until the rest is here: docs/OPERATIONS.md, \"Two histories\""
            ),
            Self::Recovering(Recovering::Contradicted { held, signed }) => write!(
                f,
                "two histories were signed with this key: the one here has {held} entries, and peers hold another with \
                 {signed}. {WHAT_TO_DO}"
            ),
            Self::Stopped(Stop::Forked { at }) => write!(
                f,
                "two histories were signed with this key: a signed head of size {at} contradicts the chain here. \
                 {WHAT_TO_DO}"
            ),
            Self::Stopped(Stop::DiskFailed) => {
                f.write_str("writing to the disk failed: check it and start again")
            }
            Self::Stopped(Stop::SignatureRefused) => {
                f.write_str("the roster does not allow the key of this node to sign here")
            }
            Self::Mirror => f.write_str("this node writes no chain of its own"),
        }
    }
}

impl Own {
    /// Takes note of a verified head of the own chain that a peer holds. Returns whether the node had believed that
    /// there is none so large.
    pub(crate) fn forgot(&mut self, head: &Head, durable: TreeSize) -> bool {
        self.seen = self.seen.max(head.size);
        self.was_ready && head.size > durable
    }

    /// The size of a head held here of which a peer says that a larger one, signed with the own key, contradicts it; none once
    /// the larger one has been fetched back.
    pub(crate) fn contradicted_at(&self, held: TreeSize) -> Option<TreeSize> {
        let (smaller, larger) = self.contradiction?;
        (smaller <= held && held < larger).then_some(smaller)
    }
}

impl Replica {
    /// A peer shows two heads of the own chain, of different sizes, and says that one does not lead to the other. What that
    /// means only the node itself can tell: it holds the smaller one, and has lost, or never had, the larger.
    pub(crate) fn own_heads_shown(&mut self, smaller: &Head, larger: &Head) {
        let Some(own) = self.own.as_mut().filter(|own| own.origin == smaller.origin) else {
            return;
        };
        let chain = self.chains.get(&own.origin);
        let chain = chain.expect("the own chain is one of the roster's, or there is none");
        let is_held = smaller.size > TreeSize(0) && chain.compare(smaller) == Relation::Held;
        if is_held && larger.size > chain.durable.size {
            own.seen = own.seen.max(larger.size);
            own.contradiction = Some((smaller.size, larger.size));
        }
    }

    /// Whether this node may append to its own chain, and if not, why.
    pub fn readiness(&self) -> Readiness {
        let Some(own) = &self.own else {
            return Readiness::Mirror;
        };
        let chain = self.chains.get(&own.origin);
        let chain = chain.expect("the own chain is one of the roster's, or there is none");
        let held = chain.durable.size;
        if chain.failed {
            Readiness::Stopped(Stop::DiskFailed)
        } else if own.signature_refused {
            Readiness::Stopped(Stop::SignatureRefused)
        } else if let Some(at) = chain.closed_at {
            Readiness::Stopped(Stop::Forked { at })
        } else if !own.recovered {
            let regions = self.other_regions();
            Readiness::Recovering(Recovering::Hearing {
                heard: own.heard.len(),
                majority: majority(regions),
                regions,
            })
        } else if own.seen > held {
            let signed = own.seen;
            Readiness::Recovering(match own.contradicted_at(held) {
                Some(_) => Recovering::Contradicted { held, signed },
                None if self.is_held_by_a_peer(&own.origin, held) => {
                    Recovering::FetchingBack { held, signed }
                }
                None => Recovering::SignedElsewhere { held, signed },
            })
        } else if !own.was_ready && !chain.questions.is_empty() {
            Readiness::Recovering(Recovering::Comparing)
        } else {
            Readiness::Ready
        }
    }

    /// Whether a connected peer has announced more of a chain than this size.
    fn is_held_by_a_peer(&self, origin: &Origin, size: TreeSize) -> bool {
        let mut peers = self.peers.keys();
        peers.any(|peer| self.announced_size(*peer, origin) > size)
    }

    /// Ends the wait for peers when enough have been heard. It is not taken back: later news are compared one by one.
    pub(crate) fn look_at_readiness(&mut self, now: UnixMillis) {
        let regions = self.other_regions();
        let Some(own) = &mut self.own else { return };
        let waited = now.0.saturating_sub(own.started.0) >= self.limits.recovery_wait_ms;
        let heard = own.heard.len();
        let heard_or_lost = own.heard.union(&own.lost).count();
        own.recovered |= heard >= regions;
        own.recovered |= waited && (heard >= majority(regions) || heard_or_lost >= regions);
    }

    /// The operator's word that these peers are lost. They count when the wait is over, so that one that is there after
    /// all is heard first.
    pub(crate) fn peers_are_lost(&mut self, peers: &BTreeSet<PeerId>) {
        let others: BTreeSet<PeerId> = self.others().collect();
        if let Some(own) = &mut self.own {
            own.lost.extend(peers.intersection(&others));
        }
    }

    /// The peers that have neither been heard since the start nor been declared lost, while the node waits for them.
    pub fn absent(&self) -> Option<Vec<PeerId>> {
        let own = self.own.as_ref().filter(|own| !own.recovered)?;
        let known = |peer: &PeerId| own.heard.contains(peer) || own.lost.contains(peer);
        Some(self.others().filter(|peer| !known(peer)).collect())
    }

    /// All other regions of the roster, connected or not.
    fn others(&self) -> impl Iterator<Item = PeerId> {
        let own = self.own.as_ref().map(|own| &own.origin);
        let regions = self.roster.regions.iter();
        regions
            .filter(move |(_, region)| Some(&region.origin) != own)
            .map(|(code, _)| PeerId(*code))
    }

    fn other_regions(&self) -> usize {
        // A roster without regions has no others.
        self.roster.regions.len().saturating_sub(1)
    }
}

/// More than half.
const fn majority(regions: usize) -> usize {
    let half = regions / 2;
    half.checked_add(1)
        .expect("half of a number has a successor")
}
