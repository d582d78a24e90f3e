//! Invented people and companies: numbers that pass every check and that nobody can have.
//!
//! A real citizen ID starts with the code of a county or district; these start with that of a whole city (ending in
//! `00`), which no person was ever registered under. The same holds for the credit codes of the companies.

use crate::credit_code;

/// Most invented workers: so many have different numbers.
pub const WORKERS_MAX: u32 = 15_000_000;

/// 1962-01-01, in days from 1970-01-01.
const FIRST_BIRTH_DAY: i64 = -2_922;
/// Days to 2003-12-31: everybody is of working age.
const BIRTH_DAYS: u32 = 15_340;
/// Prime to [`BIRTH_DAYS`], so that consecutive workers have scattered birthdays.
const BIRTH_STRIDE: u32 = 5_449;
/// Sequence numbers below this belong to the personas.
const FIRST_SEQUENCE: u32 = 10;

/// The citizen ID of an invented worker and the year of birth. Different workers have different numbers.
pub(crate) fn citizen(worker: u32, city: u32) -> (String, u16) {
    let day = u32::try_from(u64::from(worker) * u64::from(BIRTH_STRIDE) % u64::from(BIRTH_DAYS))
        .unwrap_or(0);
    let sequence = FIRST_SEQUENCE + (worker / BIRTH_DAYS + 37 * day) % (1_000 - FIRST_SEQUENCE);
    let (year, month, day) = civil(FIRST_BIRTH_DAY + i64::from(day));
    let body = format!("{city:06}{year:04}{month:02}{day:02}{sequence:03}");
    let check = citizen_check(&body);
    (
        format!("{body}{check}"),
        u16::try_from(year).unwrap_or(1_990),
    )
}

/// ISO 7064 MOD 11-2 over 17 digits: the character that makes the sum of all 18, weighted by powers of two, 1 modulo 11.
fn citizen_check(body: &str) -> char {
    let sum = body
        .bytes()
        .fold(0, |sum, digit| (sum + u32::from(digit - b'0')) * 2 % 11);
    match (12 - sum) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

/// Year, month and day of a number of days from 1970-01-01 (Gregorian, by eras of 400 years from 0000-03-01).
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The unified social credit code of an invented company in a city.
pub(crate) fn company(city: u32, number: u32) -> String {
    let organisation = format!("MA{number:06}");
    let check = organisation_check(&organisation);
    let body = format!("91{city:06}{organisation}{check}");
    let last = credit_code::check_character(&body);
    format!("{body}{last}")
}

/// The check character of an organisation code (GB 11714) for its first eight characters.
fn organisation_check(code: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = code
        .chars()
        .zip(WEIGHTS)
        .map(|(c, weight)| c.to_digit(36).unwrap_or(0) * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}
