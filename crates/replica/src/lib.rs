//! The append, replicate and recovery protocol of a node, as one state machine: events go in, deeds come out.
//!
//! [`Replica`] decides what to write, sign, fetch, announce and answer. It does none of it: the shell around it carries
//! an [`Output`] out and reports what happened as an [`Input`]. [`Deeds`] is what a shell can do, and [`carry_out`] its loop.
//! Time comes in with every input; the signing key never does, because the replica only asks for a signature. So a test can
//! drive a whole federation in one thread, lose messages, cut power between any two outputs, and run the same history again
//! from its seed.
//!
//! It is *not* the place for sockets, files, clocks, threads, randomness, logging or policy, and it imports nothing
//! but the ledger. What it promises, whatever peers, clients and crashes do:
//!
//! * nothing is signed before it is durable, nothing is announced or acknowledged before it is signed;
//! * two heads of one size with different roots are never signed (see [`Readiness`] for what a restart has to wait for);
//! * a followed batch is made durable only if it extends what is held and a head signed by a key of the roster says so;
//! * a fork is reported as [`Evidence`] and closes its own chain only; nobody but the chain's own node and keys can cause that;
//!   evidence is shown to others when it is in the journal, and not before;
//! * no head is cosigned before every entry under it is durable here, no line leaves before it is written down; none is cosigned of
//!   a chain that is closed, none below or beside what was cosigned before, as far as the journal or any peer that is heard knows it;
//! * every queue has a limit, named in [`limits`].
//!
//! A node alone in its federation is ready at once:
//!
//! ```
//! use yizhang_ledger::{hash::Hash, head::Origin, note::NoteKey};
//! use yizhang_ledger::{roster::{ChainKey, Region, Roster}, value::{Division, UnixMillis}};
//! use yizhang_replica::{Config, Input, Readiness, Replica};
//!
//! let division = Division::new(440000).unwrap();
//! let origin = Origin::new("demo.yizhang", division).unwrap();
//! let mut base_point = [0x66; 32]; // the bytes of some public key
//! base_point[0] = 0x58;
//! let key = NoteKey::new(origin.as_str(), base_point).unwrap();
//! let keys = vec![ChainKey::always(key)];
//! let region = Region {
//!     origin: origin.clone(), endpoint: "https://localhost:4400".into(),
//!     keys, witness_keys: vec![], mirror_keys: vec![], continuations: vec![],
//! };
//! let roster = Roster {
//!     federation: "demo.yizhang".into(), version: 1, previous: Hash::ZERO, threshold: 1, mirrors: 0, roots: vec![[7; 32]],
//!     tls_authority: vec![],
//!     regions: [(division, region)].into(),
//! };
//! let config = Config { own: Some(origin), ..Config::default() };
//! let mut replica = Replica::new(roster, config, vec![], UnixMillis(0));
//! assert!(replica.handle(Input::Tick, UnixMillis(1)).is_empty());
//! assert_eq!(replica.readiness(), Readiness::Ready);
//! ```
#![no_std]
// `expect` is allowed with the sentence that proves that it cannot happen: a broken belief of our own must be loud.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]
// What the lints of the workspace do not ask of every crate.
#![warn(
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

extern crate alloc;

mod announced;
mod chain;
mod checked;
mod checked_contradiction;
mod cosign;
mod cosigned;
mod cosigner;
mod deeds;
mod evidence;
mod fetch;
mod fetched;
mod input;
pub mod limits;
mod lines;
mod output;
mod own;
mod peer;
mod recovery;
mod refused;
mod replica;
mod shown;
mod signed;
mod status;
mod submit;
mod told;

pub use chain::Held;
pub use checked::CheckedHead;
pub use checked_contradiction::CheckedContradiction;
pub use cosign::{CosigningWait, LinesCounted, ToCosign};
pub use cosigned::{CosignedHeads, Given};
pub use cosigner::Cosigner;
pub use deeds::{Deeds, carry_out};
pub use evidence::{Conflict, Contradiction, Evidence};
pub use input::Input;
pub use limits::Limits;
pub use output::{Asked, Fault, Output, Receipt};
pub use recovery::{Readiness, Recovering, Stop};
pub use refused::Refused;
pub use replica::{Config, Replica};
pub use signed::{Memory, OneLine};
pub use status::{ChainStatus, Load};

use yizhang_ledger::value::Division;

/// A node, named by its region: the shell has checked its certificate against the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub Division);

impl PeerId {
    /// Whoever brings chains as a file: no node, and no region of a roster, whose word counts for nothing but its heads and batches. Of a
    /// roster that names this code, which no division of China has, its node is not watched.
    pub const CARRIER: Self = match Division::new(999_999) {
        Some(code) => Self(code),
        None => panic!("a code of six digits"),
    };
}

/// One fetch of one chain from one peer. Never used twice by one [`Replica`], so that late messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u64);

/// A caller that waits for the outcome of a submission, numbered by the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A count of things in memory as a number of the format.
fn wide(count: usize) -> u64 {
    u64::try_from(count).expect("an address has at most 64 bits")
}
