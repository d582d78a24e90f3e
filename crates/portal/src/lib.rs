//! The door for workers: a web server beside a node. It speaks gRPC to the node with a certificate of its own role, and HTML to phones, so
//! that the internet and the network of the agency stay apart.
//!
//! It holds no rules, no keys of workers and no records: whether somebody may read, the node decides, who checks codes and passkeys
//! itself; what an account says, `show` describes. Whoever has this machine reads the accounts of those who are there, and of nobody else.
//!
//! *Invariants:* no page is shown without a ticket of the node; every page is of one policy that takes nothing from elsewhere and runs no script but the one of this
//! crate; nothing that changes anything is done without a session's token, by a page of this very origin; no name, number or ticket stands in a log or an address
//! (but the identity provider's code, which was used up before the page is shown); who signs on is who began it, in the same browser.

mod config;
mod gateway;
mod guard;
mod journeys;
mod node;
mod pages;
mod provider;
mod rates;
mod routes;
mod server;
mod sessions;
mod shared;
mod text;

pub use config::{Config, Example, StartError, Tls};
pub use provider::{Address, Label, ProviderFault, Secret, SignOn, provider_keys};
pub use server::Portal;

rust_i18n::i18n!("locales", fallback = "en");
