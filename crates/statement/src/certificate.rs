//! Number and check code of a sheet that a worker has printed 参保缴费情况: both follow from the account's digest, its day and
//! the node that has stated it, so that whoever holds a statement of that day computes the same (docs/FORMAT.md, section 14, "Certificate").

use crate::PaperCode;
use core::fmt;
use yizhang_ledger::{
    hash::{Hash, derive},
    value::{Day, Division},
};

/// Context of the hash.
pub const CERTIFICATE_CONTEXT: &str = "yizhang 2026-11-30 v1 printed certificate";
/// Bytes of the hash that are in the number.
const NUMBER_BYTES: usize = 4;
/// Bytes of the hash that are in the check code: nobody finds another account for it by trying.
const CHECK_BYTES: usize = 8;
/// Digits of the check code that are read in one go.
const GROUP_DIGITS: usize = 4;
/// Longest text that is read: with blanks between all groups.
const CHARACTERS_MAX: usize = 80;

/// A number with its check code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateCode {
    /// The region whose node has stated the account.
    pub region: Division,
    /// The day as of which it is.
    pub as_of: Day,
    /// What follows from the rest: the number's last part, then the check code.
    hash: [u8; NUMBER_BYTES + CHECK_BYTES],
}

impl CertificateCode {
    /// That of a statement, by the code that its sheet of paper has.
    pub fn of(code: &PaperCode) -> Self {
        let as_of = code.as_of.number().to_le_bytes();
        let issuer = code.issuer.to_string();
        let Hash(account) = code.account;
        let hash = derive(CERTIFICATE_CONTEXT, &[&account, &as_of, issuer.as_bytes()]);
        Self {
            region: code.issuer.region(),
            as_of: code.as_of,
            hash: hash.first(),
        }
    }

    /// The number: region, day, and eight digits.
    pub fn number(&self) -> String {
        let (number, _) = self.digits();
        format!("{}-{}-{number}", self.region, self.as_of.number())
    }

    /// The check code: sixteen digits in groups.
    pub fn check(&self) -> String {
        let (_, check) = self.digits();
        let digits: Vec<char> = check.chars().collect();
        let groups = digits.chunks(GROUP_DIGITS);
        let groups: Vec<String> = groups.map(|group| group.iter().collect()).collect();
        groups.join("-")
    }

    /// The digits of the hash in number and check code.
    fn digits(&self) -> (String, String) {
        let hex = |bytes: &[u8]| -> String {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            digits.concat()
        };
        let (number, check) = self.hash.split_at(NUMBER_BYTES);
        (hex(number), hex(check))
    }

    /// Reads a number with its check code behind it, however it is written: blanks and dashes between groups, small letters or large.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > CHARACTERS_MAX {
            return None;
        }
        let is_between = |c: &char| c.is_whitespace() || *c == '-';
        let digits: String = text.chars().filter(|c| !is_between(c)).collect();
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_digits || digits.len() != 6 + 8 + 2 * (NUMBER_BYTES + CHECK_BYTES) {
            return None;
        }
        let (region, rest) = digits.split_at_checked(6)?;
        let (day, hash) = rest.split_at_checked(8)?;
        Some(Self {
            region: Division::parse(region)?,
            as_of: Day::new(day.parse().ok()?)?,
            hash: yizhang_ledger::hash::from_hex(&hash.to_ascii_lowercase())?,
        })
    }
}

impl fmt::Display for CertificateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.check())
    }
}
