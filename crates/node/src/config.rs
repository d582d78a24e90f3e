//! What a node is told at its start, and why it does not start or go on.

use crate::{reads::ReadLimits, shelf::Shelf, tls::TlsError, warnings::WarningLimits};
use ed25519_dalek::SigningKey;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::sync::watch;
use yizhang_entitlement::Policy;
use yizhang_holder::sign_on::Provider;
use yizhang_ledger::{
    head::Origin,
    person::FederationSecrets,
    roster::{KeyKind, Roster},
    value::{TreeSize, UnixMillis},
};
use yizhang_rules::RuleTexts;
use yizhang_store::{Damage, StoreError};
use zeroize::Zeroizing;

/// Everything that a node is told at its start.
pub struct Config {
    /// The chain that this node writes.
    pub origin: Origin,
    /// The verified versions of the roster. The node works under the newest.
    pub rosters: Shelf,
    /// The keys that the node signs with.
    pub keys: NodeKeys,
    /// The secrets of the federation.
    pub secrets: FederationSecrets,
    /// The rules that accounts are computed under.
    pub policy: Policy,
    /// The files of these rules, to be handed on with statements.
    pub rule_texts: RuleTexts,
    /// Certificate of the node, PEM.
    pub certificate_pem: String,
    /// Key of the certificate, PEM.
    pub key_pem: Zeroizing<String>,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Data directory.
    pub data: PathBuf,
    /// How many accounts one certificate may read.
    pub read_limits: ReadLimits,
    /// From how much on something in the access log is a warning.
    pub warning_limits: WarningLimits,
    /// Whether one-time codes for workers are good only when a second clerk has approved them.
    pub codes_need_approval: bool,
    /// The identity provider of the agency, by which workers may open their accounts.
    pub sign_on: Option<Arc<Provider>>,
    /// Whether a sign-on lets a key be bound, and not only the account be read.
    pub sign_on_binds: bool,
    /// Whether submissions with records that two clerks answer for wait for the second.
    pub needs_approval: bool,
    /// How the disk is shared.
    pub room: RoomLimits,
    /// When a register of the own chain's accounts is written.
    pub registers: RegisterRule,
    /// The clock.
    pub clock: fn() -> UnixMillis,
    /// Where Prometheus may read metrics, over plain HTTP; port 0 takes a free one.
    pub metrics: Option<SocketAddr>,
    /// Lines of the log that were lost, for the metrics.
    pub log_lines_lost: fn() -> u64,
}

impl Config {
    /// The roster that the node works under.
    pub const fn roster(&self) -> &Roster {
        self.rosters.newest()
    }
}

/// The keys that a node signs with, each of which the roster names.
pub struct NodeKeys {
    /// Heads of its chain, as long as the roster lets the key count: the newest of them.
    pub chain: SigningKey,
    /// Those that came before it and may still count, so that a chain changes its key at the size that the roster says and not before.
    pub chain_before: Vec<SigningKey>,
    /// Cosignatures as a witness.
    pub witness: SigningKey,
    /// Cosignatures as a mirror.
    pub mirror: SigningKey,
}

impl NodeKeys {
    /// The key of a kind.
    pub const fn of(&self, kind: KeyKind) -> &SigningKey {
        match kind {
            KeyKind::Chain => &self.chain,
            KeyKind::Witness => &self.witness,
            KeyKind::Mirror => &self.mirror,
        }
    }
}

/// How a disk is shared between the own chain and those of other regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomLimits {
    /// Most bytes of the chain of another region; without it, a quarter of the disk.
    pub mirror_bytes_max: Option<u64>,
    /// Bytes that are kept for the own chain: with less free the chains of others are fetched no more, with an eighth of it
    /// nothing grows, and ten times as much is little. On a small disk a quarter, an eighth and a third of it, if that is less.
    pub kept_bytes: u64,
}

impl Default for RoomLimits {
    fn default() -> Self {
        Self {
            mirror_bytes_max: None,
            // Some ten million records.
            kept_bytes: 2 * 1_024 * 1_024 * 1_024,
        }
    }
}

/// When an epoch of the register of accounts ends: by either of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterRule {
    /// With so many entries that the newest register does not cover.
    pub entries: u64,
    /// So long after the newest register, in ms, if there is anything new.
    pub every_ms: u64,
}

impl Default for RegisterRule {
    fn default() -> Self {
        Self {
            // Made in some seconds on one core.
            entries: 10_000_000,
            // A worker can show within a day that nothing was left out.
            every_ms: 24 * 60 * 60 * 1_000,
        }
    }
}

/// Why a node did not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The roster does not name the node's chain, or names another key for it than the node has, or none.
    #[error("the roster does not name the key of {name}: the {} key of this node is another", kind.word())]
    NotInRoster {
        /// What the key is for.
        kind: KeyKind,
        /// The name that it signs under.
        name: String,
    },
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node's own chain is damaged on disk: it could be neither continued nor served.
    #[error("the chain of this node is damaged, see `yizhang node check`: {0}")]
    Damaged(Damage),
    /// The newest head of the node's own chain is by a key that counts no more at its size: whatever it signed next, nobody could follow.
    #[error(
        "the roster lets no key count for the newest head of this node's chain, of {size} entries: it was revoked below what it has signed. A \
         version of the roster has to say from where the chain goes on: docs/OPERATIONS.md, \"Two histories\""
    )]
    HeadVoid {
        /// The size of that head.
        size: TreeSize,
    },
    /// The address cannot be listened on.
    #[error("{address}: {source}")]
    Listen {
        /// Address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The node's certificate or key cannot be used.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// A peer cannot be called with it, or at the address in the roster.
    #[error("TLS: {0}")]
    Peer(#[from] tonic::transport::Error),
    /// Threads, descriptors.
    #[error(transparent)]
    System(#[from] std::io::Error),
    /// The description of the services cannot be read.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Why a running node cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The store has stopped, or takes no more.
    #[error("{reason}")]
    Store {
        /// In the words of the store.
        reason: String,
    },
    /// The one serial thread has ended.
    #[error("the engine has ended")]
    EngineEnded,
}

impl Failure {
    /// Says so, unless something was said before.
    pub(crate) fn tell(self, fail: &watch::Sender<Option<Self>>) {
        fail.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(self);
            is_first
        });
    }
}
