//! Who is calling: read from the certificate that TLS has verified, never from a message, once a call, at the gate.

use crate::{refusal::NotYou, role::Role};
use sha2::{Digest, Sha256};
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};
use yizhang_ledger::hash::Hash;

/// Digits of a fingerprint that tell certificates apart in a log.
const SHORT_DIGITS: usize = 16;

/// The holder of a verified certificate, as the gate tells the services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) role: Role,
    /// SHA-256 of the certificate (DER), which tells certificates of one role apart.
    pub(crate) certificate: [u8; 32],
}

impl Holder {
    /// The beginning of the fingerprint, for the log of the node.
    pub(crate) fn short_fingerprint(&self) -> String {
        let digits = Hash(self.certificate).to_string();
        digits.chars().take(SHORT_DIGITS).collect()
    }
}

/// The holder of the certificate under which a call came.
///
/// # Errors
/// [`NotYou::NoCertificate`], [`NotYou::NoRole`].
pub(crate) fn holder(extensions: &http::Extensions, federation: &str) -> Result<Holder, NotYou> {
    let connection = extensions.get::<TlsConnectInfo<TcpConnectInfo>>();
    let certificates = connection
        .and_then(TlsConnectInfo::peer_certs)
        .ok_or(NotYou::NoCertificate)?;
    let certificate = certificates.first().ok_or(NotYou::NoCertificate)?;
    match role(certificate, federation) {
        Some(role) => Ok(Holder {
            role,
            certificate: Sha256::digest(certificate).into(),
        }),
        None => Err(NotYou::NoRole {
            federation: federation.to_string(),
        }),
    }
}

/// The role that a certificate (DER) names.
fn role(certificate: &[u8], federation: &str) -> Option<Role> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    names
        .value
        .general_names
        .iter()
        .find_map(|name| match name {
            GeneralName::DNSName(name) => Role::parse(name, federation),
            _ => None,
        })
}
