//! The server of a region: tonic and TLS at the border, one engine that drives the replica state machine, one writer a
//! chain, one task a peer.
//!
//! What is decided is decided in `yizhang-replica`; what is durable is made so by `yizhang-store`; this crate moves values
//! between them and sockets. Not here: the format, the rules of the account, arguments, files of configuration.
//!
//! ```no_run
//! # async fn example(config: yizhang_node::Config) -> Result<(), yizhang_node::StartError> {
//! let node = yizhang_node::Node::start(config).await?;
//! println!("listening on {}", node.address());
//! node.stop().await?;
//! # Ok(())
//! # }
//! ```

mod accepting;
mod approvals;
mod believed;
mod best_head;
mod board;
mod budget;
mod budgeted;
mod calls;
mod carrier;
mod certificate;
mod chain_keys;
mod clocks;
mod committed;
mod config;
mod continued;
mod copies;
mod damages;
mod deposits;
mod engine;
mod epochs;
mod floods;
mod fork_files;
mod handshakes;
mod heads;
mod holders;
mod lookup;
mod mender;
mod metrics;
mod neighbours;
mod party;
mod peer_secrets;
mod permission;
mod pulse;
mod readers;
mod reads;
mod receiving;
mod recovery;
mod refusal;
mod registers;
mod report;
mod reserve;
mod role;
mod room;
mod rosters;
mod scrape;
mod search;
mod seats;
mod server;
mod services;
mod shared;
mod shelf;
mod stated_heads;
mod statements;
mod status;
mod tally;
mod tellings;
mod tls;
mod turns;
mod verified_heads;
mod waiting;
mod warnings;
mod wrong_registers;

pub use certificate::{Stage, Validity, agency_of, names_authority};
pub use config::{Config, Failure, NodeKeys, RegisterRule, RoomLimits, StartError};
pub use pulse::Pulse;
pub use reads::ReadLimits;
pub use recovery::{Absent, Recovery};
pub use rosters::Versions;
pub use server::Node;
pub use shelf::{Shelf, ShelfError, SignedTwice, Taken};
pub use tls::{TlsError, fits};
pub use warnings::WarningLimits;
