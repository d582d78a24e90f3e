//! Offices of agencies that people can go to, from the portal's own file.

use crate::files;
use anyhow::{Context, ensure};
use rust_i18n::t;
use serde::Deserialize;
use std::path::Path;
use yizhang_ledger::value::Division;
use yizhang_show::{home::Office, printable};

/// Offices in one file: some of each city of the largest province.
const OFFICES_MAX: usize = 512;
/// Longest text of an office, in characters: an address with its way in.
const CHARACTERS_MAX: usize = 120;
/// Largest file.
const FILE_BYTES_MAX: usize = 512 * 1_024;

/// `offices.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    office: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The region whose agency it is of, six digits.
    region: u32,
    name: String,
    address: String,
    telephone: String,
}

/// Reads them, in the order of the file.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Office>> {
    let context = || path.display().to_string();
    let bytes = files::read_at_most(path, FILE_BYTES_MAX)?;
    let text = std::str::from_utf8(&bytes).with_context(context)?;
    let file: File = toml::from_str(text).with_context(context)?;
    ensure!(
        file.office.len() <= OFFICES_MAX,
        "{}",
        t!("portal.too_many_offices", limit = OFFICES_MAX)
    );
    let offices = file.office.iter().map(office);
    offices.collect::<anyhow::Result<_>>().with_context(context)
}

fn office(entry: &Entry) -> anyhow::Result<Office> {
    let region = Division::new(entry.region)
        .with_context(|| t!("portal.office_region", found = entry.region).to_string())?;
    for text in [&entry.name, &entry.address, &entry.telephone] {
        let length = text.chars().count();
        ensure!(
            (1..=CHARACTERS_MAX).contains(&length),
            "{}",
            t!("portal.office_text", limit = CHARACTERS_MAX)
        );
    }
    Ok(Office {
        region,
        name: printable(&entry.name),
        address: printable(&entry.address),
        telephone: printable(&entry.telephone),
    })
}
