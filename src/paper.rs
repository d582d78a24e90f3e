//! Codes on paper, as arguments.

use crate::{files, usage::WrongValue};
use rust_i18n::t;
use std::path::Path;
use yizhang_statement::PaperCode;

/// Most characters of an address: with it the code keeps room for what it is there for.
const ADDRESS_CHARACTERS_MAX: usize = 200;

/// Reads a code as it was typed, or the file that it stands in.
pub(crate) fn parse(text: &str) -> Result<PaperCode, WrongValue> {
    let read = PaperCode::parse(text).or_else(|| {
        let text = files::read_text(Path::new(text)).ok()?;
        PaperCode::parse(&text)
    });
    read.ok_or_else(|| WrongValue(t!("argument.paper").to_string()))
}

/// Reads the address that stands in a code.
pub(crate) fn parse_address(text: &str) -> Result<String, WrongValue> {
    let is_fine = text.len() <= ADDRESS_CHARACTERS_MAX
        && text.starts_with("https://")
        && text.chars().all(|c| c.is_ascii_graphic() && c != '#');
    if is_fine {
        Ok(text.to_owned())
    } else {
        Err(WrongValue(t!("argument.paper_address").to_string()))
    }
}
