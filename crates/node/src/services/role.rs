//! Who is calling: read from the certificate that TLS has verified, never from a message.

use crate::{calls::Caller, services::refusal::NotYou};
use tonic::Request;
use x509_parser::{extensions::GeneralName, parse_x509_certificate};
use yizhang_ledger::value::Division;

/// What a certificate of the federation says its holder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The node of a region.
    Node(Division),
    /// The agency of a region.
    Agency(Division),
    /// An auditor.
    Auditor,
}

impl Role {
    /// Reads `node.440000.<federation>`, `agency.440000.<federation>` or `auditor.<federation>`.
    pub(crate) fn parse(name: &str, federation: &str) -> Option<Self> {
        let role = name.strip_suffix(federation)?.strip_suffix('.')?;
        match role.split_once('.') {
            Some(("node", region)) => Division::parse(region).map(Self::Node),
            Some(("agency", region)) => Division::parse(region).map(Self::Agency),
            None if role == "auditor" => Some(Self::Auditor),
            _ => None,
        }
    }

    /// The role of the caller of a request.
    ///
    /// # Errors
    /// [`NotYou::NoCertificate`], [`NotYou::NoRole`].
    pub(crate) fn of<T>(request: &Request<T>, federation: &str) -> Result<Self, NotYou> {
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
                GeneralName::DNSName(name) => Self::parse(name, federation),
                _ => None,
            });
        let role = role.ok_or_else(denied)?;
        if let Some(caller) = request.extensions().get::<Caller>() {
            caller.is(role);
        }
        Ok(role)
    }

    /// The name under which submissions of this caller are kept: at most 32 visible ASCII characters.
    pub(crate) fn submitter(self) -> String {
        match self {
            Self::Node(region) => format!("node.{region}"),
            Self::Agency(region) => format!("agency.{region}"),
            Self::Auditor => "auditor".to_string(),
        }
    }
}
