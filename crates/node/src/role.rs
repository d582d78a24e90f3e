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

/// What a clerk of an agency does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Submits, and hands out codes.
    Maker,
    /// Approves what others have submitted or handed out.
    Checker,
    /// Looks accounts up.
    Reader,
}

impl Duty {
    const ALL: [Self; 3] = [Self::Maker, Self::Checker, Self::Reader];

    /// As certificates have it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Checker => "checker",
            Self::Reader => "reader",
        }
    }
}

/// The duties of a clerk, as their certificate names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duties {
    maker: bool,
    checker: bool,
    reader: bool,
}

impl Duties {
    /// Of a certificate that names none: an agency of one clerk.
    pub(crate) const ALL: Self = Self {
        maker: true,
        checker: true,
        reader: true,
    };

    /// Those that the names of a certificate say, beside its role.
    pub(crate) fn read(names: &[&str], role: Role, federation: &str) -> Self {
        let role = role.submitter();
        let says = |duty: Duty| {
            let wanted = format!("{}.{role}.{federation}", duty.word());
            names.contains(&wanted.as_str())
        };
        if !Duty::ALL.into_iter().any(says) {
            return Self::ALL;
        }
        Self {
            maker: says(Duty::Maker),
            checker: says(Duty::Checker),
            reader: says(Duty::Reader),
        }
    }

    pub(crate) const fn has(self, duty: Duty) -> bool {
        match duty {
            Duty::Maker => self.maker,
            Duty::Checker => self.checker,
            Duty::Reader => self.reader,
        }
    }
}

/// Who calls: the role, and of a clerk the duties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) role: Role,
    pub(crate) duties: Duties,
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
