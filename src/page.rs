//! Pages of the verifier, written to disk.

use crate::{files, output};
use rust_i18n::t;
use std::path::Path;
use yizhang_page::{Page, page};

/// Writes a page that checks what it carries when it is opened, and whatever else is chosen in it.
pub(crate) fn write(target: &Path, content: &Page<'_>) -> anyhow::Result<()> {
    files::replace(target, page(content).as_bytes())?;
    output::notice(&t!("verify.page_written", path = target.display()));
    Ok(())
}

/// The name of a file, as a page shows it.
pub(crate) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
