//! Who is calling: read from the certificate that TLS has verified, never from a message.

use crate::{calls::Caller, refusal::NotYou, role::Role};
use tonic::Request;
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// The role of the caller of a request.
///
/// # Errors
/// [`NotYou::NoCertificate`], [`NotYou::NoRole`].
pub(crate) fn role_of<T>(request: &Request<T>, federation: &str) -> Result<Role, NotYou> {
    let certificates = request.peer_certs().ok_or(NotYou::NoCertificate)?;
    let certificate = certificates.first().ok_or(NotYou::NoCertificate)?;
    let denied = || NotYou::NoRole {
        federation: federation.to_string(),
    };
    let (_, certificate) = parse_x509_certificate(certificate).map_err(|_| denied())?;
    let names = certificate
        .subject_alternative_name()
        .ok()
        .flatten()
        .ok_or_else(denied)?;
    let role = names
        .value
        .general_names
        .iter()
        .find_map(|name| match name {
            GeneralName::DNSName(name) => Role::parse(name, federation),
            _ => None,
        });
    let role = role.ok_or_else(denied)?;
    if let Some(caller) = request.extensions().get::<Caller>() {
        caller.is(role);
    }
    Ok(role)
}
