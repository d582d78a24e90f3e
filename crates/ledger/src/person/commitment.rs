//! A commitment to a social-security number: it says whose something is to those alone who are told the number and the salt.

use super::SocialSecurityNumber;
use crate::hash::{Hash, derive, from_hex};
use alloc::string::String;
use core::fmt;

/// Context of [`NumberSalt::commit`].
pub const NUMBER_CONTEXT: &str = "yizhang 2026-11-30 v1 number commitment";

/// What a number is hashed with, so that nobody finds it by trying all numbers: 128 random bits, drawn for each commitment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NumberSalt(pub [u8; 16]);

impl NumberSalt {
    /// The commitment: BLAKE3 in key-derivation mode under [`NUMBER_CONTEXT`] over the salt and the normalised number.
    pub fn commit(&self, number: &SocialSecurityNumber) -> Hash {
        derive(NUMBER_CONTEXT, &[&self.0, number.reveal().as_bytes()])
    }

    /// 32 hexadecimal digits: whoever has them can try numbers.
    pub fn reveal_hex(&self) -> String {
        alloc::format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// Reads 32 hexadecimal digits, blanks and dashes between them or none.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: String = text
            .chars()
            .filter(|character| !character.is_whitespace() && *character != '-')
            .map(|character| character.to_ascii_lowercase())
            .collect();
        from_hex(&digits).map(Self)
    }
}

impl fmt::Debug for NumberSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NumberSalt([redacted])")
    }
}
