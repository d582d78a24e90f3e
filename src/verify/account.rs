//! An account that somebody exported: it is looked at, and proves nothing.

use crate::{exit::Outcome, files, show};
use std::path::Path;
use yizhang_show::verdict::{self, Exported};
use yizhang_wire::channel::ACCOUNT_BYTES_MAX;

/// The text of an exported account; none of anything else.
pub(super) fn text(path: &Path) -> anyhow::Result<Option<String>> {
    if !files::begins_with(path, b"{")? {
        return Ok(None);
    }
    let bytes = files::read_at_most(path, ACCOUNT_BYTES_MAX)?;
    let text = String::from_utf8(bytes).ok();
    Ok(text.filter(|text| Exported::read(text).is_some()))
}

/// Says what it is. As nothing stands behind it, there is always something that a person must look at.
pub(super) fn run(text: &str, as_json: bool) -> Outcome {
    let exported = Exported::read(text).expect("it was read when it was taken for one");
    let said = verdict::of_exported(&exported, text);
    if as_json {
        println!("{}", show::printable_json(&verdict::verdict_json(&said)));
    } else {
        verdict::print(&said);
    }
    Outcome::Findings
}
