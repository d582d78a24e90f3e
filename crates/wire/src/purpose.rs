//! For what personal data is read, and who asks: required of whoever reads accounts, reviews them or replays chains, and written
//! down where it is read. Not here: who may ask, and what is done with it.

use crate::v1;
use std::fmt;

/// Most characters of a case number, and of a person's name: the longest in use have some thirty.
pub const CHARACTERS_MAX: usize = 64;

macro_rules! businesses {
    ($($(#[doc = $doc:literal])* $variant:ident $code:literal $zh:literal $en:literal,)*) => {
        /// Kinds of business for which personal data is read. A closed list; the codes are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Business {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Business {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it stands in messages and in the access log.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// Its name in Chinese.
            pub const fn zh(self) -> &'static str {
                match self {
                    $(Self::$variant => $zh,)*
                }
            }

            /// Its name in English.
            pub const fn en(self) -> &'static str {
                match self {
                    $(Self::$variant => $en,)*
                }
            }
        }
    };
}

businesses! {
    /// A worker asks about the own account, at the counter or in writing.
    Inquiry "inquiry" "查询" "inquiry of the worker",
    /// A transfer from place to place.
    Transfer "transfer" "转移接续" "transfer",
    /// A benefit is worked out or checked.
    Benefit "benefit" "待遇核定" "award of a benefit",
    /// Something recorded is put right.
    Correction "correction" "更正" "correction",
    /// A file is compared with what is in the ledger before it is sent.
    Import "import" "报送核对" "check before an import",
    /// What waits for somebody is looked for in many accounts.
    Review "review" "核查" "review",
    /// Chains or accounts are audited, under a mandate.
    Audit "audit" "稽核" "audit",
    /// Somebody has complained or reported something.
    Complaint "complaint" "投诉举报" "complaint",
    /// Anything else that has a case.
    Other "other" "其他（有案号）" "other, with a case",
}

impl Business {
    /// The business with this code.
    pub fn parse(code: &str) -> Option<Self> {
        let known = |business: &&Self| business.code() == code;
        Self::ALL.iter().find(known).copied()
    }
}

/// For what somebody reads. The texts are in their form; whether they are true only the case's papers can tell.
#[derive(Clone, PartialEq, Eq)]
pub struct Purpose {
    business: Business,
    case_number: String,
    person: String,
}

/// Why a purpose is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurposeFault {
    /// There is none.
    #[error(
        "no purpose is stated: the kind of business, the number of the case, and the person who asks are required \
         (yizhang: --business, --case, --person)"
    )]
    Missing,
    /// Not of the closed list.
    #[error(
        "purpose, business: expected inquiry, transfer, benefit, correction, import, review, audit, complaint or other \
         (yizhang: --business)"
    )]
    Business,
    /// Empty, too long, or with characters that cannot be seen.
    #[error("purpose, case number: expected 1 to 64 visible characters (yizhang: --case)")]
    CaseNumber,
    /// Empty, too long, or with characters that cannot be seen.
    #[error("purpose, person who asks: expected 1 to 64 visible characters (yizhang: --person)")]
    Person,
    /// Whole chains are read for audits.
    #[error("a chain is replayed under a mandate: the business of its purpose is audit")]
    NoMandate,
}

impl Purpose {
    /// A purpose whose texts are in their form.
    ///
    /// # Errors
    /// [`PurposeFault::CaseNumber`], [`PurposeFault::Person`].
    pub fn new(business: Business, case_number: &str, person: &str) -> Result<Self, PurposeFault> {
        if !is_visible(case_number) {
            return Err(PurposeFault::CaseNumber);
        }
        if !is_visible(person) {
            return Err(PurposeFault::Person);
        }
        Ok(Self {
            business,
            case_number: case_number.to_string(),
            person: person.to_string(),
        })
    }

    /// Reads the field of a request.
    ///
    /// # Errors
    /// Any [`PurposeFault`] but [`PurposeFault::NoMandate`].
    pub fn read(message: Option<&v1::Purpose>) -> Result<Self, PurposeFault> {
        let message = message.ok_or(PurposeFault::Missing)?;
        let business = Business::parse(&message.business).ok_or(PurposeFault::Business)?;
        Self::new(business, &message.case_number, &message.person)
    }

    /// The field of a request.
    pub fn message(&self) -> v1::Purpose {
        v1::Purpose {
            business: self.business.code().to_string(),
            case_number: self.case_number.clone(),
            person: self.person.clone(),
        }
    }

    /// Kind of business.
    pub const fn business(&self) -> Business {
        self.business
    }

    /// Number of the case in the caller's books.
    pub fn case_number(&self) -> &str {
        &self.case_number
    }

    /// The person who asks.
    pub fn person(&self) -> &str {
        &self.person
    }
}

impl fmt::Debug for Purpose {
    /// The business only: case number and person are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purpose")
            .field("business", &self.business)
            .finish_non_exhaustive()
    }
}

/// Whether a text has 1 to [`CHARACTERS_MAX`] characters that people see as they stand there, blanks only within.
pub fn is_visible(text: &str) -> bool {
    let is_trimmed = text.trim() == text;
    let length = text.chars().count();
    is_trimmed && (1..=CHARACTERS_MAX).contains(&length) && text.chars().all(is_visible_character)
}

/// Neither a control nor one of the characters that show nothing or turn the order of others.
fn is_visible_character(character: char) -> bool {
    let is_hidden = matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{10ffff}'
    );
    let is_other_blank = character.is_whitespace() && character != ' ';
    !character.is_control() && !is_hidden && !is_other_blank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_texts_are_taken_and_others_refused() {
        let longest = "案".repeat(CHARACTERS_MAX);
        for visible in [
            "C-1",
            "粤社保查〔2026〕1号",
            "Zhang Wei",
            "张伟",
            longest.as_str(),
        ] {
            assert!(is_visible(visible), "{visible}");
        }
        let too_long = "案".repeat(CHARACTERS_MAX + 1);
        for hidden in [
            "",
            " ",
            " C",
            "C ",
            "a\nb",
            "a\u{1b}[2J",
            "a\u{202e}b",
            "a\u{3000}b",
            &too_long,
        ] {
            assert!(!is_visible(hidden), "{hidden:?}");
        }
    }

    #[test]
    fn every_business_is_found_by_its_code() {
        for business in Business::ALL {
            assert_eq!(Business::parse(business.code()), Some(*business));
            assert!(PurposeFault::Business.to_string().contains(business.code()));
        }
        assert_eq!(Business::parse("curiosity"), None);
    }

    #[test]
    fn a_purpose_that_is_printed_names_nobody() {
        let purpose = Purpose::new(Business::Inquiry, "C-1", "张伟").unwrap();
        assert_eq!(format!("{purpose:?}"), "Purpose { business: Inquiry, .. }");
    }
}
