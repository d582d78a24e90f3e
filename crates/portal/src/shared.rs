//! What all pages share.

use crate::{
    config::{Example, StartError},
    journeys::Journeys,
    node::Node,
    provider::Provider,
    rates::Rates,
    sessions::Sessions,
};
use yizhang_entitlement::Policy;
use yizhang_ledger::{
    roster::RootFingerprint,
    value::{Division, UnixMillis},
};
use yizhang_show::home::Office;

/// What all pages share.
pub(crate) struct Shared {
    pub(crate) region: Division,
    pub(crate) node: Node,
    pub(crate) sessions: Sessions,
    /// Browsers that are on their way to the provider and back.
    pub(crate) journeys: Journeys,
    pub(crate) provider: Option<Provider>,
    pub(crate) rates: Rates,
    pub(crate) site: Site,
    pub(crate) is_behind_proxy: bool,
    pub(crate) root: RootFingerprint,
    pub(crate) policy: Policy,
    pub(crate) offices: Vec<Office>,
    pub(crate) example: Option<Example>,
    pub(crate) clock: fn() -> UnixMillis,
}

/// Under what address people reach the portal.
pub(crate) struct Site {
    /// As browsers send it: scheme, host, and a port that is not the usual one.
    pub(crate) origin: String,
    /// The host alone, for which passkeys are made.
    pub(crate) host: String,
    /// Whether it is HTTPS.
    pub(crate) is_secure: bool,
}

impl Site {
    /// Reads an address like `https://portal.gd.example`.
    pub(crate) fn read(address: &str) -> Result<Self, StartError> {
        let fault = || StartError::Address {
            found: address.to_string(),
        };
        let origin = address.strip_suffix('/').unwrap_or(address);
        let (scheme, rest) = origin.split_once("://").ok_or_else(fault)?;
        let host = rest.split_once(':').map_or(rest, |(host, _)| host);
        let is_name = |host: &str| {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
        };
        if !matches!(scheme, "http" | "https") || !is_name(host) || rest.contains('/') {
            return Err(fault());
        }
        Ok(Self {
            host: host.to_string(),
            is_secure: scheme == "https",
            origin: origin.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gives_origin_and_host() {
        let site = Site::read("https://portal.gd.example:8443/").unwrap();
        assert_eq!(site.origin, "https://portal.gd.example:8443");
        assert_eq!(site.host, "portal.gd.example");
        assert!(site.is_secure);
        for bad in [
            "portal.gd.example",
            "ftp://x",
            "https://",
            "https://a/b",
            "https://a b",
        ] {
            assert!(Site::read(bad).is_err(), "{bad}");
        }
    }
}
