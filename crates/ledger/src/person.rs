//! People in the ledger: numbers that name a person outside, pseudonyms that name one inside.

mod commitment;
mod names;
mod secrets;

pub use commitment::{NUMBER_CONTEXT, NumberSalt};
pub use names::{Group, NAMES_MAX, Names};
pub use secrets::{FederationSecrets, LATER_CONTEXT, SECRETS_MAX, Writing};

use crate::hash::{Hash, derive, from_hex};
use alloc::string::String;
use bincode::{BorrowDecode, Encode};
use core::fmt;
use zeroize::Zeroize;

/// Context from which the key of account ids is derived, together with the federation secret.
pub const ACCOUNT_CONTEXT: &str = "yizhang 2026-11-23 v1 account id";

/// Context of [`FederationSecret::check`].
pub const SECRET_CHECK_CONTEXT: &str = "yizhang 2026-11-23 v1 federation secret check";

/// Length of a citizen ID (GB 11643).
const CITIZEN_ID_LENGTH: usize = 18;
/// Bounds of a coded number of a person without a citizen ID (GB/T 40217: C..32, letter first).
const CODED_NUMBER_LENGTH: core::ops::RangeInclusive<usize> = 4..=32;

/// The pseudonym of a worker: 128 bits that only holders of the federation secret can compute from a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct AccountId(pub [u8; 16]);

impl AccountId {
    /// All 32 hexadecimal digits: names one person for everyone who can link it, so not for logs.
    pub fn reveal_hex(&self) -> String {
        alloc::format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// Reads 32 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, ..] = self.0;
        write!(f, "AccountId({first:02x}{second:02x}..)")
    }
}

/// The secret that turns social-security numbers into account ids. Held by nodes alone: with it, every number can be
/// tried.
#[derive(Clone)]
pub struct FederationSecret([u8; 32]);

impl FederationSecret {
    /// A secret of 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What tells holders of the same secret from others: BLAKE3 in key-derivation mode under [`SECRET_CHECK_CONTEXT`] over
    /// the secret. Gives nothing away of 32 random bytes.
    pub fn check(&self) -> Hash {
        derive(SECRET_CHECK_CONTEXT, &[&self.0])
    }

    /// The pseudonym of the person with this number: the first 128 bits of BLAKE3 in key-derivation mode under
    /// [`ACCOUNT_CONTEXT`], over the 32 bytes of the secret followed by the normalised number.
    pub fn account_id(&self, number: &SocialSecurityNumber) -> AccountId {
        let hash = derive(ACCOUNT_CONTEXT, &[&self.0, number.0.as_bytes()]);
        let (id, _) = hash.0.split_at(16);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(id);
        AccountId(bytes)
    }
}

/// What is no longer needed is not left in memory.
impl Drop for FederationSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for FederationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FederationSecret([redacted])")
    }
}

/// Why a text is not a social-security number. Never carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// A number that starts with a digit has 18 characters (15 in the old form).
    #[error("expected 18 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// Something other than digits (or a final X) in a citizen ID, other than letters and digits in a coded number.
    #[error("character {at} is not one that may stand there")]
    Character {
        /// Its position, from 1.
        at: usize,
    },
    /// Digits 7 to 14 are not a day of the calendar.
    #[error("digits 7 to 14 are not a date")]
    BirthDate,
    /// The last character is not the one that ISO 7064 MOD 11-2 gives for the others.
    #[error("expected check character {expected}, found {found}")]
    Check {
        /// What the first 17 digits call for.
        expected: char,
        /// What stands there.
        found: char,
    },
}

/// A social-security number AAC002, normalised: a citizen ID of 18 characters, or the coded number of a person without
/// one (letter first, 4 to 32 letters and digits).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocialSecurityNumber(String);

impl SocialSecurityNumber {
    /// Normalises and checks a number: surrounding blanks are dropped, letters become capitals, an old 15-digit number
    /// gets its century and check character (GB 11643).
    ///
    /// # Errors
    /// Any [`NumberFault`].
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        let text = text.trim().to_ascii_uppercase();
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            Self::citizen(&text)
        } else {
            Self::coded(text)
        }
    }

    fn citizen(text: &str) -> Result<Self, NumberFault> {
        if let Some(at) = text
            .char_indices()
            .position(|(at, c)| !(c.is_ascii_digit() || c == 'X' && at == 17))
        {
            return Err(character(at));
        }
        let found = match (text.len(), text.get(..6), text.get(6..15)) {
            (15, Some(division), Some(rest)) => {
                let body = alloc::format!("{division}19{rest}");
                let check = check_character(&body);
                alloc::format!("{body}{check}")
            }
            (CITIZEN_ID_LENGTH, ..) => String::from(text),
            (found, ..) => return Err(NumberFault::Length { found }),
        };
        if found
            .get(6..14)
            .and_then(crate::value::Day::parse)
            .is_none()
        {
            return Err(NumberFault::BirthDate);
        }
        let expected = check_character(&found);
        let last = found.chars().last();
        let last = last.expect("a number that has a division and a date of birth has characters");
        if last == expected {
            Ok(Self(found))
        } else {
            Err(NumberFault::Check {
                expected,
                found: last,
            })
        }
    }

    fn coded(text: String) -> Result<Self, NumberFault> {
        if let Some(at) = text.chars().position(|c| !c.is_ascii_alphanumeric()) {
            return Err(character(at));
        }
        if CODED_NUMBER_LENGTH.contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(NumberFault::Length { found: text.len() })
        }
    }

    /// The number itself: personal data, for the file it came from and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SocialSecurityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocialSecurityNumber([redacted])")
    }
}

/// The fault of the character at `index`; people count from 1.
fn character(index: usize) -> NumberFault {
    NumberFault::Character {
        at: index
            .checked_add(1)
            .expect("a text in memory has fewer characters than memory has bytes"),
    }
}

/// The check character of ISO 7064 MOD 11-2 for the first 17 digits of `text`.
fn check_character(text: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum = text
        .chars()
        .zip(WEIGHTS)
        .fold(0_u32, |sum, (digit, weight)| {
            let digit = digit
                .to_digit(10)
                .expect("the first 17 characters are digits");
            digit
                .checked_mul(weight)
                .and_then(|product| product.checked_add(sum))
                .expect("17 digits times at most 10 stay below 1,531")
        });
    let position = crate::number::narrow(sum % 11);
    "10X98765432"
        .chars()
        .nth(position)
        .expect("there is a character for each remainder of 11")
}
