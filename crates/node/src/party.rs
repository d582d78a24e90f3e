//! On whose account something is used up: one certificate, and the class that it belongs to.

use crate::role::Role;
use std::sync::Arc;
use yizhang_ledger::{roster::Roster, value::Division};

/// Whom a node is there for, and how much. What is kept for one class is never taken by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The agency of the node's region with its portal, and whoever runs the node.
    Own,
    /// The node of a region of the roster.
    Peer,
    /// Everybody else with a certificate: agencies elsewhere, platforms, auditors, nodes that the roster does not name.
    Other,
}

impl Class {
    /// The name that metrics give it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Peer => "peer",
            Self::Other => "other",
        }
    }
}

/// All classes, in the order of their declaration.
pub(crate) const CLASSES: [Class; 3] = [Class::Own, Class::Peer, Class::Other];

/// The holder of one certificate, as budgets count it; of a peer the region, whichever certificate it shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Party {
    pub(crate) class: Class,
    holder: Holder,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Region(Division),
    Certificate(Arc<[u8]>),
}

impl Party {
    /// The node itself, where it has something to read or to write.
    pub(crate) const fn node_itself(own: Division) -> Self {
        Self {
            class: Class::Own,
            holder: Holder::Region(own),
        }
    }

    /// The party of a verified certificate (DER) at the node of a region.
    pub(crate) fn of(
        certificate: &[u8],
        role: Option<Role>,
        own: Division,
        roster: &Roster,
    ) -> Self {
        let by_certificate = |class| Self {
            class,
            holder: Holder::Certificate(certificate.into()),
        };
        match role {
            Some(Role::Agency(region) | Role::Portal(region)) if region == own => {
                by_certificate(Class::Own)
            }
            // Whoever runs the node.
            Some(Role::Node(region)) if region == own => Self::node_itself(own),
            Some(Role::Node(region)) if roster.regions.contains_key(&region) => Self {
                class: Class::Peer,
                holder: Holder::Region(region),
            },
            Some(
                Role::Agency(_)
                | Role::Portal(_)
                | Role::Platform(_)
                | Role::Node(_)
                | Role::Auditor,
            )
            | None => by_certificate(Class::Other),
        }
    }
}
