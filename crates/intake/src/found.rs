//! What may be shown of a cell: never anything that could be a person's number or name.

use std::fmt;

/// Longest text that is shown: a date with hyphens. Shorter than any number of a person, and than a phone number.
const SHOWN_CHARACTERS_MAX: usize = 10;

/// What stood in a cell, as far as it may be shown. Columns slip in real files, so a number or a name may stand
/// anywhere; the row itself is in the error file, which stays with the agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A short figure: digits and the punctuation of amounts, rates and dates.
    Figure(String),
    /// Something that is not shown.
    Hidden {
        /// Its length in characters.
        characters: usize,
    },
}

impl Found {
    /// What may be shown of `text`.
    pub fn new(text: &str) -> Self {
        let figure = |byte: u8| byte.is_ascii_digit() || b".,-+%/:".contains(&byte);
        match text.chars().count() {
            0 => Self::Nothing,
            count if count <= SHOWN_CHARACTERS_MAX && text.bytes().all(figure) => {
                Self::Figure(text.to_owned())
            }
            characters => Self::Hidden { characters },
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Figure(text) => f.write_str(text),
            Self::Hidden { characters } => write!(f, "other text ({characters} characters)"),
        }
    }
}
