//! Addresses of a provider: HTTPS, or HTTP on this very machine, where nobody stands between.

use axum::http::{Uri, uri::Scheme};

/// Longest address.
const BYTES_MAX: usize = 512;
/// Hosts that are this machine.
const OWN: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// An address of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    uri: Uri,
    host: String,
    port: u16,
    is_secure: bool,
}

impl Address {
    /// Reads an address: `https://…`, or `http://…` of this machine alone; without a name before the host, and without a fragment.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > BYTES_MAX || text.contains('#') {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let host = authority.host();
        let is_secure = uri.scheme() == Some(&Scheme::HTTPS);
        let is_in_the_clear = uri.scheme() == Some(&Scheme::HTTP);
        let is_fit = is_secure || (is_in_the_clear && OWN.contains(&host));
        if !is_fit || host.is_empty() || authority.as_str().contains('@') {
            return None;
        }
        let port = authority.port_u16();
        Some(Self {
            host: host.trim_matches(['[', ']']).to_string(),
            port: port.unwrap_or(if is_secure { 443 } else { 80 }),
            is_secure,
            text: text.to_string(),
            uri,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is HTTPS.
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The host, of IPv6 without brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Host and port, as a request names them.
    pub(super) fn authority(&self) -> &str {
        self.uri
            .authority()
            .map_or("", |authority| authority.as_str())
    }

    /// What is asked for at the host.
    pub(super) fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }
}
