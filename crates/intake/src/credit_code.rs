//! Unified social credit codes (GB 32100): 18 characters, the last a check character.

use crate::fault::Fault;

/// Length of a code.
pub const LENGTH: usize = 18;

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Powers of 3 modulo 31.
const WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// Checks a text of 18 characters.
///
/// # Errors
/// [`Fault::CreditCodeCharacter`], [`Fault::CreditCodeCheck`].
pub fn check(text: &str) -> Result<(), Fault> {
    if let Some(at) = text.bytes().position(|byte| value(byte).is_none()) {
        return Err(Fault::CreditCodeCharacter { at: at + 1 });
    }
    let expected = check_character(text);
    match text.chars().last() {
        Some(found) if found == expected => Ok(()),
        found => Err(Fault::CreditCodeCheck {
            expected,
            found: found.unwrap_or(' '),
        }),
    }
}

/// Whether a text is one, its check character included.
pub fn is_credit_code(text: &str) -> bool {
    text.len() == LENGTH && check(text).is_ok()
}

/// The check character for the first 17 characters of `text`.
pub fn check_character(text: &str) -> char {
    let sum: usize = text
        .bytes()
        .zip(WEIGHTS)
        .map(|(byte, weight)| value(byte).unwrap_or(0) * weight)
        .sum();
    let position = (31 - sum % 31) % 31;
    ALPHABET.get(position).map_or('?', |byte| char::from(*byte))
}

fn value(byte: u8) -> Option<usize> {
    ALPHABET.iter().position(|known| *known == byte)
}
