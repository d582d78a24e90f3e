//! Who is calling: read from the certificate that TLS has verified, never from a message, once a call, at the gate.

use crate::{refusal::NotYou, role::Role};
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// The holder of a verified certificate, as the gate tells the services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) role: Role,
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
        Some(role) => Ok(Holder { role }),
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
