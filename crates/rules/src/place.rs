//! Places as rules see them: provinces, and what lies in them.

use yizhang_ledger::value::Division;

/// The first two digits of the codes of provinces (GB/T 2260; domain reference, 1.4), 66 for the Corps 兵团 of Xinjiang.
/// Codes below a province are revised every year, so they are not checked.
const PROVINCES: &[u32] = &[
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 66,
];

/// Whether a place lies in a province that exists.
pub(crate) fn is_of_a_province(place: Division) -> bool {
    PROVINCES.contains(&(place.code() / 10_000))
}

/// The city-level division of a place: 440106 lies in 440100. A province is its own.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a multiple of 100 that is not larger than the code"
)]
pub(crate) fn city(place: Division) -> Option<Division> {
    Division::new(place.code() / 100 * 100)
}

/// Where something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// The nation, at no place.
    Nation,
    /// The code at which something is paid: a rule of what is paid at this very code (省直, 市直) comes first.
    At(Division),
    /// A province or city as a whole, as one where a benefit is drawn: rules of what is paid at its very code are not its.
    Whole(Division),
}

impl Where {
    /// The place, none for the nation.
    pub const fn place(self) -> Option<Division> {
        match self {
            Self::Nation => None,
            Self::At(place) | Self::Whole(place) => Some(place),
        }
    }
}

impl From<Division> for Where {
    fn from(place: Division) -> Self {
        Self::At(place)
    }
}

impl From<Option<Division>> for Where {
    fn from(place: Option<Division>) -> Self {
        place.map_or(Self::Nation, Self::At)
    }
}
