//! Who somebody is in the federation, as a certificate names them.

use yizhang_ledger::{
    hash::from_hex,
    value::{Code, Division},
};
use yizhang_wire::channel::SIGNER_LABEL_DIGITS;

/// What a certificate of the federation says its holder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The node of a region.
    Node(Division),
    /// The agency of a region.
    Agency(Division),
    /// The portal of a region, through which workers read.
    Portal(Division),
    /// A platform that deposits at the node of a region.
    Platform(Platform),
    /// An auditor.
    Auditor,
}

/// A platform, as its certificate names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    /// Where it deposits.
    pub(crate) region: Division,
    code: CreditCode,
    /// The key (Ed25519) with which it signs what it deposits.
    pub(crate) signer: [u8; 32],
}

/// A unified social credit code: 18 digits and capitals (GB 32100).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CreditCode([u8; 18]);

impl CreditCode {
    /// Reads the small letters of a certificate's name.
    fn read(name: &str) -> Option<Self> {
        let is_code = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        let code: [u8; 18] = name.as_bytes().try_into().ok()?;
        code.iter()
            .all(is_code)
            .then(|| Self(code.map(|byte| byte.to_ascii_uppercase())))
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits and capitals are ASCII")
    }
}

impl Platform {
    /// The platform of a name `platform.440000.<code>`, with the key that another name of the same certificate gives.
    fn read(region: &str, code: &str, names: &[&str], federation: &str) -> Option<Self> {
        let platform = format!(".signs.platform.{region}.{code}.{federation}");
        let signer = names.iter().find_map(|name| {
            let (first, second) = name.strip_suffix(&platform)?.split_once('.')?;
            let is_whole = first.len() == SIGNER_LABEL_DIGITS && second.len() == first.len();
            is_whole.then(|| from_hex(&format!("{first}{second}")))?
        })?;
        Some(Self {
            region: Division::parse(region)?,
            code: CreditCode::read(code)?,
            signer,
        })
    }

    /// Whether a record names this platform.
    pub(crate) fn is(&self, code: Code<'_>) -> bool {
        code.as_str() == self.code.as_str()
    }
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
    /// Reads `node.440000.<federation>`, `agency.440000.<federation>`, `portal.440000.<federation>`, `platform.440000.<code>.<federation>` or
    /// `auditor.<federation>`, one of the names of a certificate.
    pub(crate) fn parse(name: &str, names: &[&str], federation: &str) -> Option<Self> {
        let role = name.strip_suffix(federation)?.strip_suffix('.')?;
        match role.split_once('.') {
            Some(("node", region)) => Division::parse(region).map(Self::Node),
            Some(("agency", region)) => Division::parse(region).map(Self::Agency),
            Some(("portal", region)) => Division::parse(region).map(Self::Portal),
            Some(("platform", rest)) => {
                let (region, code) = rest.split_once('.')?;
                Platform::read(region, code, names, federation).map(Self::Platform)
            }
            None if role == "auditor" => Some(Self::Auditor),
            _ => None,
        }
    }

    /// The region that it is of; none of an auditor.
    pub(crate) const fn region(self) -> Option<Division> {
        match self {
            Self::Node(region) | Self::Agency(region) | Self::Portal(region) => Some(region),
            Self::Platform(platform) => Some(platform.region),
            Self::Auditor => None,
        }
    }

    /// The kind of role, without a region.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Node(_) => "node",
            Self::Agency(_) => "agency",
            Self::Portal(_) => "portal",
            Self::Platform(_) => "platform",
            Self::Auditor => "auditor",
        }
    }

    /// The name under which submissions of this caller are kept: at most 32 visible ASCII characters.
    pub(crate) fn submitter(self) -> String {
        match self {
            Self::Node(region) => format!("node.{region}"),
            Self::Agency(region) => format!("agency.{region}"),
            Self::Portal(region) => format!("portal.{region}"),
            Self::Platform(platform) => format!("platform.{}", platform.code.as_str()),
            Self::Auditor => "auditor".to_string(),
        }
    }
}
