//! Whether a page may speak for a relying party.

use yizhang_ledger::hash::Hash;

use crate::passkey::sha256;

/// Whether an origin (`https://portal.gd.example:8443`) is of the relying party with this hash: its host, or a domain above it. Over plain
/// HTTP only the machine itself counts, as in browsers.
pub(crate) fn is_of(origin: &str, relying_party: &Hash) -> bool {
    let Some(host) = host(origin) else {
        return false;
    };
    let mut domain = host;
    loop {
        if sha256(&[domain.as_bytes()]) == *relying_party {
            return true;
        }
        match domain.split_once('.') {
            Some((_, above)) => domain = above,
            None => return false,
        }
    }
}

fn host(origin: &str) -> Option<&str> {
    let (scheme, rest) = origin.split_once("://")?;
    let host = match rest.split_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) => return None,
        None => rest,
    };
    let is_plain = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    let is_secure = scheme == "https" || (scheme == "http" && host == "localhost");
    (is_plain && is_secure && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_of_its_host_and_of_domains_above() {
        let party = sha256(&[b"gd.example"]);
        for origin in [
            "https://gd.example",
            "https://portal.gd.example",
            "https://a.portal.gd.example:8443",
        ] {
            assert!(is_of(origin, &party), "{origin}");
        }
        for origin in [
            "http://gd.example",
            "https://gd.example.org",
            "https://xgd.example",
            "https://example",
            "https://gd.example:8443:1",
            "https://gd.example/",
            "https://user@gd.example",
            "gd.example",
            "",
        ] {
            assert!(!is_of(origin, &party), "{origin}");
        }
        assert!(is_of("http://localhost:8080", &sha256(&[b"localhost"])));
        assert!(!is_of("http://a.localhost", &sha256(&[b"localhost"])));
    }
}
