//! A region and where its node is reached, as `CODE=HOST:PORT`. It is signed into the roster, so what cannot work is refused
//! here.

use crate::usage::WrongValue;
use rust_i18n::t;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};
use yizhang_ledger::value::Division;

/// Longest part of a DNS name between dots (RFC 1035).
const DNS_LABEL_BYTES_MAX: usize = 63;
/// Longest DNS name (RFC 1035).
const DNS_NAME_BYTES_MAX: usize = 253;
/// First two digits of the codes of provinces (GB/T 2260), and 66, which some systems use for the Production and Construction
/// Corps.
const PROVINCES: [u32; 35] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 66, 71, 81, 82,
];

/// A region as given on the command line.
#[derive(Clone, Debug)]
pub(crate) struct RegionArgument {
    pub(crate) code: Division,
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl FromStr for RegionArgument {
    type Err = WrongValue;

    fn from_str(text: &str) -> Result<Self, WrongValue> {
        let form = || WrongValue(t!("argument.address").to_string());
        let (code, address) = text.split_once('=').ok_or_else(form)?;
        let code = region(code)?;
        if address.contains("://") {
            return Err(WrongValue(
                t!("argument.address_scheme", found = address).to_string(),
            ));
        }
        let (host, port) = address.rsplit_once(':').ok_or_else(form)?;
        Ok(Self {
            code,
            port: reachable_port(port)?,
            host: reachable_host(host)?.into(),
        })
    }
}

/// A division in a province that there is.
fn region(text: &str) -> Result<Division, WrongValue> {
    Division::parse(text)
        .filter(|division| PROVINCES.contains(&(division.code() / 10_000)))
        .ok_or_else(|| WrongValue(t!("argument.address_region", found = text).to_string()))
}

fn reachable_port(text: &str) -> Result<u16, WrongValue> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| WrongValue(t!("argument.address_port", found = text).to_string()))
}

/// What others can reach a node under: an IPv4 address, an IPv6 address in brackets, or a name of the DNS.
fn reachable_host(host: &str) -> Result<&str, WrongValue> {
    let wrong = |key: &str| Err(WrongValue(t!(key, found = host).to_string()));
    let inside = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address: Option<IpAddr> = match inside {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::from),
    };
    match address {
        Some(address) if address.is_unspecified() || address.is_multicast() => {
            wrong("argument.address_nowhere")
        }
        Some(_) => Ok(host),
        None if inside.is_none() && host.contains(':') => wrong("argument.address_brackets"),
        None if is_dns_name(host) => Ok(host),
        None => wrong("argument.address_host"),
    }
}

/// Whether this is a name of the DNS (RFC 1123).
fn is_dns_name(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    // Four numbers that are no address, as 300.1.1.1, are no name either.
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    !is_number && host.len() <= DNS_NAME_BYTES_MAX && host.split('.').all(is_dns_label)
}

fn is_dns_label(label: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=DNS_LABEL_BYTES_MAX).contains(&label.len())
        && label.bytes().all(is_allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}
