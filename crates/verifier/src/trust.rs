//! Which rosters a reader trusts: those that follow from root keys whose fingerprint he has.

use yizhang_ledger::{Invalid, hash::derive, note::Note, roster::Roster};

/// Context of the fingerprint of root keys.
const ROOT_CONTEXT: &str = "yizhang 2026-11-30 v1 root fingerprint";
/// Bytes of a fingerprint: nobody can meet 128 bits on purpose.
const FINGERPRINT_BYTES: usize = 16;
/// Hexadecimal digits between two blanks of a fingerprint.
const GROUP_DIGITS: usize = 4;

/// The fingerprint of the root keys of a roster: of the federation's name, how many of them decide, and the keys.
pub fn fingerprint(roster: &Roster) -> String {
    let mut text = format!("{}\n{}\n", roster.federation, roster.threshold).into_bytes();
    for root in &roster.roots {
        text.extend_from_slice(root);
    }
    let digits = derive(ROOT_CONTEXT, &[&text]).to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().take(2 * FINGERPRINT_BYTES).enumerate() {
        if at > 0 && at.is_multiple_of(GROUP_DIGITS) {
            shown.push(' ');
        }
        shown.push(digit);
    }
    shown
}

/// Whether somebody has typed this fingerprint, in whatever groups and case.
pub(crate) fn is_typed(fingerprint: &str, typed: &str) -> bool {
    let digits = |text: &str| {
        let text = text.chars();
        let text = text.filter(|c| !matches!(c, '-' | ':') && !c.is_whitespace());
        text.collect::<String>().to_ascii_lowercase()
    };
    digits(fingerprint) == digits(typed)
}

/// A roster as its text has it, whoever has signed it.
pub(crate) fn unsigned(note: &[u8]) -> Result<Roster, Invalid> {
    Roster::parse(Note::parse(note)?.text)
}
