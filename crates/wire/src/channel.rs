//! Connections: TLS both ways under the authority of the roster, and the HTTP/2 settings that both ends share.

use base64ct::{Base64, Encoding};
use std::time::Duration;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use yizhang_ledger::{hash::Hash, value::Division};

/// Largest frame of HTTP/2, in bytes. The one setting that doubles throughput, on both ends (measured: 834 instead of
/// 479 MB/s for batches under TLS).
pub const FRAME_BYTES_MAX: u32 = 1_024 * 1_024;
/// Flow-control window of a stream: 80 MB/s at a round trip of 50 ms.
pub const STREAM_WINDOW_BYTES: u32 = 4 * 1_024 * 1_024;
/// Flow-control window of a connection: two streams at full speed.
pub const CONNECTION_WINDOW_BYTES: u32 = 8 * 1_024 * 1_024;
/// Largest message but for answers of Account: a batch of 3 MiB, its head and their framing.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Largest answer of Account: 10,000 records of about 200 bytes with paths of about 900.
pub const ACCOUNT_BYTES_MAX: usize = 16 * 1_024 * 1_024;
/// Most numbers of one request for pseudonyms: two for each of 1,024 rows of a file.
pub const PSEUDONYMS_MAX: usize = 2_048;
/// Largest request for pseudonyms: so many numbers of 32 characters, and a purpose.
pub const PSEUDONYMS_BYTES_MAX: usize = PSEUDONYMS_MAX * 34 + 4 * 1_024;
/// How long a TCP connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long either end waits for the TLS handshake: four messages and some signatures, with room for a slow line. Without
/// it a peer that accepts connections and says nothing would be waited for until it goes away.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often an idle connection is probed, and how long an answer may take: a dead peer is noticed within half a minute.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// See [`KEEPALIVE_INTERVAL`].
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// The name in the certificate of a region's node.
pub fn node_name(federation: &str, region: Division) -> String {
    format!("node.{region}.{federation}")
}

/// The name in the certificate with which a region's agency submits.
pub fn agency_name(federation: &str, region: Division) -> String {
    format!("agency.{region}.{federation}")
}

/// What clerks of an agency do, as their certificates name it.
pub const DUTIES: [&str; 3] = ["maker", "checker", "reader"];

/// One more name in the certificate of a clerk: one of their [`DUTIES`].
pub fn duty_name(federation: &str, region: Division, duty: &str) -> String {
    format!("{duty}.{}", agency_name(federation, region))
}

/// The name in the certificate with which a region's portal speaks to its node, for the workers behind it.
pub fn portal_name(federation: &str, region: Division) -> String {
    format!("portal.{region}.{federation}")
}

/// The name in the certificate with which a platform deposits at a region's node. The code is its unified social credit code, 18 digits and
/// capitals; in a name it stands in small letters.
pub fn platform_name(federation: &str, region: Division, code: &str) -> String {
    let code = code.to_ascii_lowercase();
    format!("platform.{region}.{code}.{federation}")
}

/// One more name in the certificate of a platform: the public key (Ed25519) with which it signs what it deposits.
pub fn signer_name(federation: &str, region: Division, code: &str, public: &[u8; 32]) -> String {
    let digits = Hash(*public).to_string();
    let (first, second) = digits.split_at(SIGNER_LABEL_DIGITS);
    format!(
        "{first}.{second}.signs.{}",
        platform_name(federation, region, code)
    )
}

/// Digits of a key in one part of a name: such a part has 63 characters at most (RFC 1035, 2.3.4), and a key 64 digits.
pub const SIGNER_LABEL_DIGITS: usize = 32;

/// The name in the certificate with which auditors read chains.
pub fn auditor_name(federation: &str) -> String {
    format!("auditor.{federation}")
}

/// A certificate as PEM from its DER form.
pub fn certificate_pem(der: &[u8]) -> String {
    let body = Base64::encode_string(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

/// Who a caller is: its certificate and key, PEM. The key stays inside.
#[derive(Clone)]
pub struct CallerIdentity(Identity);

impl CallerIdentity {
    /// From PEM texts; they are read when the first connection is made.
    pub fn new(certificate_pem: &str, key_pem: &str) -> Self {
        Self(Identity::from_pem(certificate_pem, key_pem))
    }
}

impl std::fmt::Debug for CallerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallerIdentity([redacted])")
    }
}

/// A connection to a portal, made when first used: over TLS, with a certificate for its host by one of the authorities (PEM), or, without
/// authorities, in the clear on this machine.
///
/// # Errors
/// When the address is none, or the authorities cannot be read.
pub fn to_portal(
    address: &str,
    authorities: Option<&[u8]>,
) -> Result<Channel, tonic::transport::Error> {
    let mut endpoint = Endpoint::from_shared(address.to_string())?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true);
    if let Some(authorities) = authorities {
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(authorities))
            .timeout(HANDSHAKE_TIMEOUT);
        endpoint = endpoint.tls_config(tls)?;
    }
    Ok(endpoint.connect_lazy())
}

/// A connection to the node of a region, made when first used and made again when lost. The node must show a certificate
/// of the authority (DER) with the name of that region's node, whatever its address.
///
/// # Errors
/// When the endpoint is no address or the TLS material cannot be read.
pub fn connect_lazily(
    endpoint: &str,
    authority: &[u8],
    expected_name: &str,
    identity: &CallerIdentity,
) -> Result<Channel, tonic::transport::Error> {
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(certificate_pem(authority)))
        .domain_name(expected_name)
        .timeout(HANDSHAKE_TIMEOUT)
        .identity(identity.0.clone());
    let endpoint = Endpoint::from_shared(endpoint.to_string())?
        .tls_config(tls)?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .max_frame_size(FRAME_BYTES_MAX);
    Ok(endpoint.connect_lazy())
}
