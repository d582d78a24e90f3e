//! What a portal is told at its start, and why it does not start.

use crate::provider::{ProviderFault, SignOn};
use std::{net::SocketAddr, path::PathBuf};
use tonic::transport::Channel;
use yizhang_entitlement::{Account, Policy};
use yizhang_ledger::{
    roster::RootFingerprint,
    value::{Division, UnixMillis},
};
use yizhang_show::home::Office;

/// Everything that a portal is told.
pub struct Config {
    /// The region whose node it stands beside.
    pub region: Division,
    /// The connection to that node, under the portal's certificate.
    pub node: Channel,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Certificate and key for HTTPS. Without, only an address of this machine alone is listened on, or one behind a proxy.
    pub tls: Option<Tls>,
    /// Whether a proxy stands before it, that speaks HTTPS and says for whom it asks (X-Forwarded-For).
    pub is_behind_proxy: bool,
    /// The address under which people reach it, as `https://portal.gd.example`. Passkeys are bound to its host. Without, that of `listen`.
    pub address: Option<String>,
    /// The fingerprint of the federation's root keys, which statements are checked by.
    pub root: RootFingerprint,
    /// The rules under which pensions are worked out by a worker's own assumptions: those of the node.
    pub policy: Policy,
    /// Offices of agencies that people can go to.
    pub offices: Vec<Office>,
    /// An invented person whom anybody may look at; none if nobody is shown.
    pub example: Option<Example>,
    /// The identity provider of the agency; none if nobody signs on by one.
    pub sign_on: Option<SignOn>,
    /// The clock.
    pub clock: fn() -> UnixMillis,
}

/// An invented person: an account that was computed beforehand, so that looking at it asks no node.
pub struct Example {
    /// The account.
    pub account: Account,
    /// The rules that it was computed under.
    pub policy: Policy,
}

/// A certificate with its key.
pub struct Tls {
    /// The chain of certificates, PEM.
    pub certificate_pem: Vec<u8>,
    /// The key, PEM.
    pub key_pem: Vec<u8>,
}

/// Why a portal does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// People would send what they type through a network in the clear.
    #[error(
        "{address} can be reached from other machines: give a certificate for HTTPS, or say that a proxy stands before the portal"
    )]
    InTheClear {
        /// The address.
        address: SocketAddr,
    },
    /// The address for people is none.
    #[error("expected an address like https://portal.example, found {found}")]
    Address {
        /// What was given.
        found: String,
    },
    /// Certificate or key are none.
    #[error("the certificate or its key cannot be used: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
    /// The identity provider is not one that can be asked.
    #[error(transparent)]
    Provider(#[from] ProviderFault),
    /// A file cannot be read.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}
