//! Scheme families: the schemes in which a month counts once together, as a table.

use crate::{
    conflicts::class::ConflictCode,
    policy::pooling_area::{area, is_area},
};
use std::fmt;
use yizhang_ledger::value::{Division, Namespace, Scheme};

/// A scheme family, named by its first scheme: `hrss:110` is enterprise and public-institution pension together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family<'a> {
    namespace: Namespace,
    code: &'a str,
}

/// What two full records for one month mean, other than two schemes of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// By province, then by payer; two schemes of the family are a class of their own.
    ByProvince {
        schemes: ConflictCode,
        provinces: ConflictCode,
        payers: ConflictCode,
    },
    /// By place; `within` one place, none where several records are instalments.
    ByPlace {
        places: ConflictCode,
        within: Option<ConflictCode>,
    },
    /// As without a class, but for a person's payment with a government's beside it.
    BesideGovernment,
    /// No class: shown as received more than once.
    Unclassed,
    /// Lawful: several at once (社会保险法 art. 33: each employer insures work injury; 人社部发〔2021〕110号: each platform insures
    /// its own orders, 每单必保).
    Parallel,
}

/// How a family counts.
pub(crate) struct FamilyRule {
    /// Its schemes, the first of which names it.
    members: &'static [Family<'static>],
    pub(crate) duplicates: Duplicates,
    /// The family whose months take the place of this one's.
    covered_by: Option<Family<'static>>,
    /// The family beside whose months this one's count, and may be given back by local rules.
    beside: Option<Family<'static>>,
    /// Nothing counts any more once the benefit has begun.
    pub(crate) ends_with_benefit: bool,
    /// Its benefit is not drawn beside another of this sort.
    pub(crate) exclusive_benefit: bool,
}

const RULES: &[FamilyRule] = &[
    FamilyRule {
        members: &[Family::PENSION, Family::named(Namespace::Hrss, "120")],
        duplicates: Duplicates::ByProvince {
            schemes: ConflictCode::C03,
            provinces: ConflictCode::C01,
            payers: ConflictCode::C02,
        },
        ends_with_benefit: true,
        exclusive_benefit: true,
        ..OTHER
    },
    FamilyRule {
        members: &[Family::RESIDENT_PENSION],
        duplicates: Duplicates::ByPlace {
            places: ConflictCode::C05,
            within: None,
        },
        covered_by: Some(Family::PENSION),
        ends_with_benefit: true,
        exclusive_benefit: true,
        ..OTHER
    },
    FamilyRule {
        members: &[Family::UNEMPLOYMENT],
        exclusive_benefit: true,
        ..OTHER
    },
    FamilyRule {
        members: &[Family::WORK_INJURY],
        duplicates: Duplicates::Parallel,
        ..OTHER
    },
    FamilyRule {
        members: &[Family::PLATFORM_INJURY],
        duplicates: Duplicates::Parallel,
        ..OTHER
    },
    FamilyRule {
        members: &[Family::MEDICAL],
        duplicates: Duplicates::ByPlace {
            places: ConflictCode::C07,
            within: Some(ConflictCode::Y04),
        },
        ..OTHER
    },
    FamilyRule {
        // 390 took the place of 391 and 380 (国发〔2016〕3号).
        members: &[
            Family::RESIDENT_MEDICAL,
            Family::named(Namespace::Nhsa, "391"),
            Family::named(Namespace::Nhsa, "380"),
        ],
        duplicates: Duplicates::BesideGovernment,
        beside: Some(Family::MEDICAL),
        ..OTHER
    },
];

/// Every other scheme is a family of its own.
const OTHER: FamilyRule = FamilyRule {
    members: &[],
    duplicates: Duplicates::Unclassed,
    covered_by: None,
    beside: None,
    ends_with_benefit: false,
    exclusive_benefit: false,
};

impl Family<'static> {
    /// Employee pension 企业职工基本养老保险, and that of public institutions.
    pub const PENSION: Self = Self::named(Namespace::Hrss, "110");
    /// Resident pension 城乡居民基本养老保险.
    pub const RESIDENT_PENSION: Self = Self::named(Namespace::Hrss, "170");
    /// Unemployment insurance 失业保险.
    pub const UNEMPLOYMENT: Self = Self::named(Namespace::Hrss, "210");
    /// Work-injury insurance 工伤保险.
    pub const WORK_INJURY: Self = Self::named(Namespace::Hrss, "410");
    /// Occupational injury of platform workers 职业伤害保障.
    pub const PLATFORM_INJURY: Self = Self::named(Namespace::Hrss, "OIP");
    /// Employee medical insurance 职工基本医疗保险.
    pub const MEDICAL: Self = Self::named(Namespace::Nhsa, "310");
    /// Resident medical insurance 城乡居民基本医疗保险.
    pub const RESIDENT_MEDICAL: Self = Self::named(Namespace::Nhsa, "390");
}

impl<'a> Family<'a> {
    /// By its name in a register.
    pub(crate) const fn named(namespace: Namespace, code: &'a str) -> Self {
        Self { namespace, code }
    }

    /// The family of a scheme.
    pub fn of(scheme: Scheme<'a>) -> Self {
        let own = Self::of_scheme_alone(scheme);
        own.rule().members.first().copied().unwrap_or(own)
    }

    /// A scheme as a family, whatever others count with it.
    const fn of_scheme_alone(scheme: Scheme<'a>) -> Self {
        Self::named(scheme.namespace, scheme.code.as_str())
    }

    /// Whether this is its name in an account: `hrss:110`.
    pub fn is_named(self, name: &str) -> bool {
        name.split_once(':') == Some((self.namespace.prefix(), self.code))
    }

    /// Whether two places, by what they are now, are one pool of the family: employee pensions are pooled by province
    /// (国办发〔2009〕66号), the others by city with its districts. The agency of a province itself (省直) may pay in any of them.
    pub fn is_one_pool(self, one: Division, other: Division) -> bool {
        let by_province = matches!(self.rule().duplicates, Duplicates::ByProvince { .. });
        if by_province || !is_area(one) || !is_area(other) {
            one.province() == other.province()
        } else {
            area(one) == area(other)
        }
    }

    pub(crate) fn rule(self) -> &'static FamilyRule {
        let holds = |rule: &&FamilyRule| rule.members.contains(&self);
        RULES.iter().find(holds).unwrap_or(&OTHER)
    }

    /// The family whose counted months take the place of this one's: employee pension for resident pension.
    pub fn covered_by(self) -> Option<Family<'static>> {
        self.rule().covered_by
    }

    /// The family beside whose months this one's may be given back: employee for resident medical insurance (C06).
    pub(crate) fn beside(self) -> Option<Family<'static>> {
        self.rule().beside
    }
}

impl fmt::Display for Family<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace.prefix(), self.code)
    }
}
