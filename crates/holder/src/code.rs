//! The one-time code: twelve digits that an agency's clerk hands to a worker.

use std::fmt;

/// Requests that can wait at a time: the first four digits name one.
pub const REQUESTS: u16 = 10_000;
/// Values of the secret part: eight digits.
pub const SECRETS: u32 = 100_000_000;

/// Digits of a code.
const DIGITS: usize = 12;

/// A one-time code. The first four digits say which request it is of, so that tries can be counted; the other eight are the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EntryCode {
    request: u16,
    secret: u32,
}

impl EntryCode {
    /// The code of a request, below [`REQUESTS`], with a secret below [`SECRETS`].
    pub const fn new(request: u16, secret: u32) -> Option<Self> {
        if request < REQUESTS && secret < SECRETS {
            Some(Self { request, secret })
        } else {
            None
        }
    }

    /// Reads a code as people write one: twelve digits, also full-width ones, with blanks or dashes between them.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = String::with_capacity(DIGITS);
        for character in text.chars() {
            match character {
                '0'..='9' => digits.push(character),
                '０'..='９' => digits.push(half_width(character)?),
                '-' | '－' => {}
                blank if blank.is_whitespace() => {}
                _ => return None,
            }
            if digits.len() > DIGITS {
                return None;
            }
        }
        let (request, secret) = digits.split_at_checked(4)?;
        if secret.len() != 8 {
            return None;
        }
        Self::new(request.parse().ok()?, secret.parse().ok()?)
    }

    /// Which request it is of. No secret.
    pub const fn request(self) -> u16 {
        self.request
    }

    /// The code as it is handed over: three groups of four digits.
    pub fn reveal(self) -> String {
        let secret = format!("{:08}", self.secret);
        let (first, second) = secret.split_at(4);
        format!("{:04} {first} {second}", self.request)
    }
}

impl fmt::Debug for EntryCode {
    /// The secret stays where it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryCode({:04} [redacted])", self.request)
    }
}

fn half_width(digit: char) -> Option<char> {
    let value = u32::from(digit).checked_sub(u32::from('０'))?;
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = EntryCode::new(42, 1_234).unwrap();
        assert_eq!(code.reveal(), "0042 0000 1234");
        for text in [
            "004200001234",
            " 0042-0000-1234\n",
            "００４２　００００　１２３４",
            "0042 0000 1234",
        ] {
            assert_eq!(EntryCode::parse(text), Some(code), "{text}");
        }
        for text in [
            "",
            "00420000123",
            "0042000012345",
            "0042 0000 123a",
            "+042 0000 1234",
        ] {
            assert_eq!(EntryCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_does_not_show_its_secret() {
        let code = EntryCode::new(42, 98_765_432).unwrap();
        assert!(!format!("{code:?}").contains("9876"));
    }
}
