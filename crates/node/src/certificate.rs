//! What a certificate says: who its holder is, and from when until when.

use crate::role::{Caller, Duties, Role};
use x509_parser::{
    extensions::{GeneralName, ParsedExtension},
    parse_x509_certificate,
    pem::parse_x509_pem,
};
use yizhang_ledger::value::{Division, UnixMillis};

/// How long before its end a certificate is warned of: time to have a new one signed by people who have other work.
const NOTICE_MS: u64 = 60 * DAY_MS;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From then on.
    pub from: UnixMillis,
    /// Up to then.
    pub until: UnixMillis,
}

/// Where a moment lies in a certificate's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is not valid yet: its beginning lies ahead, or the clock is wrong.
    NotYet,
    /// Nothing to say.
    Valid,
    /// It ends within sixty days.
    Ending {
        /// Whole days that are left.
        days: u64,
    },
    /// It has ended.
    Ended,
}

/// Whether a certificate (PEM) names this authority (DER) as the one that signed it. Where either names no key, the answer is
/// left to TLS: yes.
pub fn names_authority(pem: &str, authority: &[u8]) -> bool {
    let Ok((_, pem)) = parse_x509_pem(pem.as_bytes()) else {
        return true;
    };
    let named = key_identifier(&pem.contents, |extension| match extension {
        ParsedExtension::AuthorityKeyIdentifier(named) => {
            named.key_identifier.as_ref().map(|key| key.0.to_vec())
        }
        _ => None,
    });
    let own = key_identifier(authority, |extension| match extension {
        ParsedExtension::SubjectKeyIdentifier(own) => Some(own.0.to_vec()),
        _ => None,
    });
    match (named, own) {
        (Some(named), Some(own)) => named == own,
        _ => true,
    }
}

/// The region whose agency a certificate (PEM) is of; none if it is somebody else's, or cannot be read.
pub fn agency_of(pem: &str, federation: &str) -> Option<Division> {
    let (_, pem) = parse_x509_pem(pem.as_bytes()).ok()?;
    match caller(&pem.contents, federation)?.role {
        Role::Agency(region) => Some(region),
        Role::Node(_) | Role::Portal(_) | Role::Platform(_) | Role::Auditor => None,
    }
}

/// The role that a certificate (DER) names, and of a clerk the duties.
pub(crate) fn caller(certificate: &[u8], federation: &str) -> Option<Caller> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    let names = names.value.general_names.iter();
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(*name),
        _ => None,
    });
    let names: Vec<&str> = names.collect();
    let mut roles = names.iter();
    let role = roles.find_map(|name| Role::parse(name, &names, federation))?;
    Some(Caller {
        role,
        duties: Duties::read(&names, role, federation),
    })
}

/// An identifier of a key among the extensions of a certificate in DER.
fn key_identifier(
    der: &[u8],
    pick: impl Fn(&ParsedExtension<'_>) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    let mut extensions = certificate.extensions().iter();
    extensions.find_map(|extension| pick(extension.parsed_extension()))
}

/// The certificates that a node lives by. One that cannot be read is none: TLS refuses it by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certificates {
    own: Option<Validity>,
    authority: Option<Validity>,
}

impl Certificates {
    /// Reads the node's own certificate (PEM) and the authority's (DER).
    pub(crate) fn read(own_pem: &str, authority_der: &[u8]) -> Self {
        Self {
            own: Validity::of_pem(own_pem),
            authority: Validity::of_der(authority_der),
        }
    }

    /// Each with the name that log and metrics give it.
    pub(crate) fn each(self, mut deed: impl FnMut(&'static str, Validity)) {
        if let Some(own) = self.own {
            deed("node", own);
        }
        if let Some(authority) = self.authority {
            deed("authority", authority);
        }
    }
}

impl Validity {
    /// Reads the first certificate of a PEM text; none if there is none.
    pub fn of_pem(pem: &str) -> Option<Self> {
        let (_, pem) = parse_x509_pem(pem.as_bytes()).ok()?;
        Self::of_der(&pem.contents)
    }

    /// Reads a certificate in DER.
    pub fn of_der(der: &[u8]) -> Option<Self> {
        let (_, certificate) = parse_x509_certificate(der).ok()?;
        let validity = certificate.validity();
        let millis = |seconds: i64| {
            let seconds = u64::try_from(seconds).ok()?;
            Some(UnixMillis(seconds.checked_mul(1_000)?))
        };
        Some(Self {
            from: millis(validity.not_before.timestamp())?,
            until: millis(validity.not_after.timestamp())?,
        })
    }

    /// Where `now` lies.
    pub fn stage(self, now: UnixMillis) -> Stage {
        if now < self.from {
            return Stage::NotYet;
        }
        match self.until.0.checked_sub(now.0) {
            None => Stage::Ended,
            Some(left) if left <= NOTICE_MS => Stage::Ending {
                days: left / DAY_MS,
            },
            Some(_) => Stage::Valid,
        }
    }

    /// Seconds that are left, below 0 after the end.
    pub fn seconds_left(self, now: UnixMillis) -> i64 {
        let seconds = |millis: u64| i64::try_from(millis / 1_000).unwrap_or(i64::MAX);
        seconds(self.until.0).saturating_sub(seconds(now.0))
    }
}
