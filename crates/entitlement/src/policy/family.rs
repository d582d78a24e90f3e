//! Scheme families: the schemes in which a month counts once together. Data, not code.

use crate::{
    conflicts::class::ConflictCode,
    policy::pooling_area::{area, is_area},
};
use std::fmt;
use yizhang_ledger::value::{Code, Division, Namespace, Scheme};

/// A scheme family, named by its first scheme: `hrss:110` is enterprise and public-institution pension together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family<'a>(Scheme<'a>);

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
    members: &'static [(Namespace, &'static str)],
    pub(crate) duplicates: Duplicates,
    /// The family whose months take the place of this one's.
    covered_by: Option<(Namespace, &'static str)>,
    /// The family beside whose months this one's count, and may be given back by local rules.
    beside: Option<(Namespace, &'static str)>,
    /// Nothing counts any more once the benefit has begun.
    pub(crate) ends_with_benefit: bool,
    /// Its benefit is not drawn beside another of this sort.
    pub(crate) exclusive_benefit: bool,
}

const RULES: &[FamilyRule] = &[
    FamilyRule {
        members: &[(Namespace::Hrss, "110"), (Namespace::Hrss, "120")],
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
        members: &[(Namespace::Hrss, "170")],
        duplicates: Duplicates::ByPlace {
            places: ConflictCode::C05,
            within: None,
        },
        covered_by: Some((Namespace::Hrss, "110")),
        ends_with_benefit: true,
        exclusive_benefit: true,
        ..OTHER
    },
    FamilyRule {
        members: &[(Namespace::Hrss, "210")],
        exclusive_benefit: true,
        ..OTHER
    },
    FamilyRule {
        members: &[(Namespace::Hrss, "410")],
        duplicates: Duplicates::Parallel,
        ..OTHER
    },
    FamilyRule {
        members: &[(Namespace::Hrss, "OIP")],
        duplicates: Duplicates::Parallel,
        ..OTHER
    },
    FamilyRule {
        members: &[(Namespace::Nhsa, "310")],
        duplicates: Duplicates::ByPlace {
            places: ConflictCode::C07,
            within: Some(ConflictCode::Y04),
        },
        ..OTHER
    },
    FamilyRule {
        // 390 took the place of 391 and 380 (国发〔2016〕3号).
        members: &[
            (Namespace::Nhsa, "390"),
            (Namespace::Nhsa, "391"),
            (Namespace::Nhsa, "380"),
        ],
        duplicates: Duplicates::BesideGovernment,
        beside: Some((Namespace::Nhsa, "310")),
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

impl<'a> Family<'a> {
    /// The family of a scheme.
    pub fn of(scheme: Scheme<'a>) -> Self {
        match rule_of(scheme).members.first() {
            Some(first) => Self(known(*first)),
            None => Self(scheme),
        }
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
        rule_of(self.0)
    }

    /// Whether this is the family that is named by its first scheme.
    pub(crate) fn begins_with(self, (namespace, code): (Namespace, &str)) -> bool {
        is(self.0, namespace, code)
    }

    /// The family whose counted months take the place of this one's: employee pension for resident pension.
    pub fn covered_by(self) -> Option<Self> {
        self.rule().covered_by.map(|scheme| Self(known(scheme)))
    }

    /// The family beside whose months this one's may be given back: employee for resident medical insurance (C06).
    pub(crate) fn beside(self) -> Option<Self> {
        self.rule().beside.map(|scheme| Self(known(scheme)))
    }
}

impl fmt::Display for Family<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

fn rule_of(scheme: Scheme<'_>) -> &'static FamilyRule {
    let holds = |rule: &&FamilyRule| {
        rule.members
            .iter()
            .any(|(space, code)| is(scheme, *space, code))
    };
    RULES.iter().find(holds).unwrap_or(&OTHER)
}

fn is(scheme: Scheme<'_>, namespace: Namespace, code: &str) -> bool {
    scheme.namespace == namespace && scheme.code.as_str() == code
}

/// The codes above are all valid, so that the empty code never comes out.
fn known((namespace, code): (Namespace, &'static str)) -> Scheme<'static> {
    Scheme {
        namespace,
        code: Code::new(code).unwrap_or_default(),
    }
}
