//! Who is calling: read from the certificate that TLS has verified, never from a message.

use crate::{
    calls::Caller,
    party::Party,
    refusal::{NotYou, Refusal},
    role::Role,
};
use tonic::Request;
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// The role of the caller of a request.
///
/// # Errors
/// [`NotYou::NoCertificate`], [`NotYou::NoRole`].
pub(crate) fn role_of<T>(request: &Request<T>, federation: &str) -> Result<Role, NotYou> {
    let certificates = request.peer_certs().ok_or(NotYou::NoCertificate)?;
    let certificate = certificates.first().ok_or(NotYou::NoCertificate)?;
    let role = role(certificate, federation).ok_or_else(|| NotYou::NoRole {
        federation: federation.to_string(),
    })?;
    if let Some(caller) = request.extensions().get::<Caller>() {
        caller.is(role);
    }
    Ok(role)
}

/// On whose account a call is.
///
/// # Errors
/// [`Refusal::Broken`] for a call that did not come through the layer of budgets.
pub(crate) fn party_of<T>(request: &Request<T>) -> Result<&Party, Refusal> {
    let party = request.extensions().get::<Party>();
    party.ok_or(Refusal::Broken("a call is on nobody's account"))
}

/// The role that a certificate (DER) names.
pub(crate) fn role(certificate: &[u8], federation: &str) -> Option<Role> {
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
