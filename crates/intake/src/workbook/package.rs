//! The parts of a packed workbook: each is unpacked once, to nowhere, before anything reads it. A few bytes can stand for
//! gigabytes.

use super::WorkbookLimit;
use crate::file_fault::{Damage, FileFault, OtherForm};
use std::io::{self, Cursor, Read};
use zip::ZipArchive;

/// Most parts of a workbook; a usual one has some ten and a few for each sheet.
pub(super) const PARTS_MAX: usize = 1_024;
/// Most bytes of a part when it is unpacked: a sheet of some 300,000 rows.
pub(super) const PART_BYTES_MAX: u64 = 256 * 1_024 * 1_024;
/// Most bytes of all parts together when they are unpacked.
pub(super) const UNPACKED_BYTES_MAX: u64 = 2 * PART_BYTES_MAX;

/// A part that every package has.
const CONTENT_TYPES: &str = "[Content_Types].xml";
/// What a package holds in place of sheets of text, by the beginning of a part's name.
const NOT_READ: &[&str] = &["xl/workbook.bin", "word/", "ppt/"];

/// The part that holds the texts of all sheets, and how far into it their number stands.
const STRINGS: &str = "sharedStrings.xml";
const STRINGS_START_BYTES: u64 = 4_096;
const STRINGS_COUNT: &[u8] = b"uniqueCount=\"";

/// How many texts the part says that it has; none where it does not say.
fn texts(start: &[u8]) -> Option<u64> {
    let at = start
        .windows(STRINGS_COUNT.len())
        .position(|window| window == STRINGS_COUNT)?;
    let number = start.get(at + STRINGS_COUNT.len()..)?;
    let digits = number.split(|byte| !byte.is_ascii_digit()).next()?;
    // A number that is too long for any is more than any part has.
    Some(
        std::str::from_utf8(digits)
            .ok()?
            .parse()
            .unwrap_or(u64::MAX),
    )
}

/// Whether a package is a workbook of a reasonable size.
pub(super) fn check(bytes: &[u8]) -> Result<(), FileFault> {
    let mut package = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Damage::Packing.fault())?;
    if package.len() > PARTS_MAX {
        return Err(WorkbookLimit::Parts.fault());
    }
    let names: Vec<String> = package
        .file_names()
        .map(|name| name.map(std::borrow::Cow::into_owned))
        .collect::<Result<_, _>>()
        .map_err(|_| Damage::Packing.fault())?;
    let has = |start: &str| names.iter().any(|name| name.starts_with(start));
    if !has(CONTENT_TYPES) || NOT_READ.iter().any(|start| has(start)) {
        return Err(FileFault::OtherForm {
            form: OtherForm::Packed,
        });
    }
    let mut unpacked = 0;
    for at in 0..package.len() {
        let part = package.by_index(at).map_err(|_| Damage::Packing.fault())?;
        let is_strings = part.name().is_ok_and(|name| name.ends_with(STRINGS));
        let mut part = part.take(PART_BYTES_MAX + 1);
        let mut start = Vec::new();
        part.by_ref()
            .take(STRINGS_START_BYTES)
            .read_to_end(&mut start)
            .map_err(|_| Damage::Packing.fault())?;
        let rest = io::copy(&mut part, &mut io::sink()).map_err(|_| Damage::Packing.fault())?;
        let bytes = start.len() as u64 + rest;
        // The reader makes room for as many texts as the part says that it has.
        if is_strings && texts(&start).is_some_and(|texts| texts > bytes) {
            return Err(Damage::Sheet.fault());
        }
        if bytes > PART_BYTES_MAX {
            return Err(WorkbookLimit::PartBytes.fault());
        }
        unpacked += bytes;
        if unpacked > UNPACKED_BYTES_MAX {
            return Err(WorkbookLimit::UnpackedBytes.fault());
        }
    }
    Ok(())
}
