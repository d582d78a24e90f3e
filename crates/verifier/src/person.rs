//! Whose a statement is to be, by what the reader has typed.

use yizhang_ledger::person::{NumberSalt, SocialSecurityNumber};
use yizhang_statement::AskedPerson;

/// What was typed is no number, or no code.
pub(crate) struct Malformed;

/// Reads what was typed; nobody where nothing was.
pub(crate) fn read(number: &str, code: &str) -> Result<Option<AskedPerson>, Malformed> {
    let (number, code) = (number.trim(), code.trim());
    if number.is_empty() && code.is_empty() {
        return Ok(None);
    }
    let number = SocialSecurityNumber::parse(number).map_err(|_| Malformed)?;
    let code = if code.is_empty() {
        None
    } else {
        Some(NumberSalt::from_hex(code).ok_or(Malformed)?)
    };
    Ok(Some(AskedPerson { number, code }))
}
