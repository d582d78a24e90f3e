//! Who somebody is in the federation, as a certificate names them.

use yizhang_ledger::value::Division;

/// What a certificate of the federation says its holder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The node of a region.
    Node(Division),
    /// The agency of a region.
    Agency(Division),
    /// The portal of a region, through which workers read.
    Portal(Division),
    /// An auditor.
    Auditor,
}

impl Role {
    /// Reads `node.440000.<federation>`, `agency.440000.<federation>`, `portal.440000.<federation>` or `auditor.<federation>`.
    pub(crate) fn parse(name: &str, federation: &str) -> Option<Self> {
        let role = name.strip_suffix(federation)?.strip_suffix('.')?;
        match role.split_once('.') {
            Some(("node", region)) => Division::parse(region).map(Self::Node),
            Some(("agency", region)) => Division::parse(region).map(Self::Agency),
            Some(("portal", region)) => Division::parse(region).map(Self::Portal),
            None if role == "auditor" => Some(Self::Auditor),
            _ => None,
        }
    }

    /// The kind of role, without a region.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Node(_) => "node",
            Self::Agency(_) => "agency",
            Self::Portal(_) => "portal",
            Self::Auditor => "auditor",
        }
    }

    /// The name under which submissions of this caller are kept: at most 32 visible ASCII characters.
    pub(crate) fn submitter(self) -> String {
        match self {
            Self::Node(region) => format!("node.{region}"),
            Self::Agency(region) => format!("agency.{region}"),
            Self::Portal(region) => format!("portal.{region}"),
            Self::Auditor => "auditor".to_string(),
        }
    }
}
