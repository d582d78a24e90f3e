//! What a retirement would be by the citizen's number alone, while no agency has stated a birth or a class.
//!
//! The ledger holds pseudonyms and no numbers, so this is no part of an account and of no digest: whoever looks an account up by
//! a number can show it beside the account, as provisional.

use crate::{
    account::{Account, Class, FamilyAccount},
    conflicts::class::ConflictCode,
    figures::{Choice, earliest_of, retirement_of},
    formulas::retirement::{minimum_months_year, months_short},
    policy::{Policy, family::Family},
};
use yizhang_ledger::{
    person::SocialSecurityNumber,
    value::{Day, Month},
};
use yizhang_rules::Key;

/// Whether a number is a man's or a woman's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// The 17th digit is odd.
    Man,
    /// It is even.
    Woman,
}

/// What a citizen's number says of the person who holds it (GB 11643).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FromNumber {
    /// Month of birth.
    pub birth: Month,
    /// Man or woman.
    pub sex: Sex,
}

impl FromNumber {
    /// Of a citizen's number; nothing of the coded number of a person without one, which has neither.
    pub fn of(number: &SocialSecurityNumber) -> Option<Self> {
        let digits = number.reveal();
        let birth = digits.get(6..14).and_then(Day::parse)?.in_month()?;
        let odd = digits.get(16..17)?.parse::<u8>().ok()? % 2 == 1;
        let sex = if odd { Sex::Man } else { Sex::Woman };
        Some(Self { birth, sex })
    }

    /// The classes of retirement that are possible: of a woman an agency decides which, by post and file.
    const fn classes(self) -> &'static [Class] {
        match self.sex {
            Sex::Man => &[Class::M60],
            Sex::Woman => &[Class::F55, Class::F50],
        }
    }
}

/// A retirement under one class, provisional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvisionalRetirement {
    /// The class.
    pub class: Class,
    /// Month of the statutory age.
    pub statutory: Month,
    /// The earliest month that the worker may choose; none, where the months needed cannot be there before the statutory one.
    pub earliest: Option<Month>,
    /// The latest.
    pub latest: Option<Month>,
    /// Months that a pension needs then, where a rule says so.
    pub needed: Option<u32>,
    /// Months short of them now.
    pub short: Option<u32>,
}

/// The retirements that an account's worker would have by a number: under the class that is stated, else under each that the
/// number leaves possible; from the birth that is stated, else from the number's. None where an agency has stated both, where
/// no months of the employee pension are, after a death, once the pension is drawn, or while two persons may be under the
/// number (C17).
pub fn provisional(
    account: &Account,
    number: FromNumber,
    policy: &Policy,
) -> Vec<ProvisionalRetirement> {
    let (birth, class) = (account.person.birth.last(), account.person.class.last());
    let is_doubtful = account
        .conflicts
        .iter()
        .any(|conflict| conflict.code == ConflictCode::C17);
    let Some(pension) = account.of_family(Family::PENSION) else {
        return Vec::new();
    };
    let is_over = !account.person.death.is_empty() || pension.drawing.is_some();
    if (birth.is_some() && class.is_some()) || is_doubtful || is_over {
        return Vec::new();
    }
    let birth = birth.map_or(number.birth, |line| line.month);
    let stated = class.map(|line| line.class);
    let classes = stated
        .as_ref()
        .map_or(number.classes(), std::slice::from_ref);
    classes
        .iter()
        .filter_map(|class| of_class(account, pension, policy, birth, *class))
        .collect()
}

fn of_class(
    account: &Account,
    pension: &FamilyAccount,
    policy: &Policy,
    birth: Month,
    class: Class,
) -> Option<ProvisionalRetirement> {
    let month = account.as_of.in_month()?;
    let found = retirement_of(policy, month, birth, class)?;
    let year = minimum_months_year(found.statutory, found.statutory);
    let needed = policy
        .rules()
        .number(Key::PensionMinimum, "", None, Month::of(year, 1)?)
        .map(|figure| figure.value);
    let held = pension.months_held();
    let earliest = found.earliest.and_then(|by_age| {
        let statutory = found.statutory;
        earliest_of(policy, pension, month, Choice { by_age, statutory })
    });
    Some(ProvisionalRetirement {
        class,
        statutory: found.statutory,
        earliest,
        latest: found.latest,
        needed,
        short: needed.map(|needed| months_short(held, needed)),
    })
}
