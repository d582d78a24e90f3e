//! The parts of a packed workbook: each is unpacked once, to nowhere, before anything reads it. A few bytes can stand for
//! gigabytes.

use super::WorkbookLimit;
use crate::file_fault::{Damage, FileFault, OtherForm};
use quick_xml::events::Event;
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

/// The end of the name, in small letters, of the part that holds the texts of all sheets, the element that it is, what says how
/// many texts it has, and how far into the part that may stand.
const STRINGS: &str = "sharedstrings.xml";
const STRINGS_ELEMENT: &str = "sst";
const STRINGS_COUNT: &str = "uniqueCount";
const STRINGS_START_BYTES: u64 = 4_096;
/// Fewest bytes of a text in it: `<si/>`.
const STRING_BYTES_MIN: u64 = 5;

/// The most texts that the part says that it has, zero where it does not say: read as the reader of sheets reads it, which makes
/// room for as many. A part whose beginning says nothing at all is broken.
fn texts(start: &[u8]) -> Result<u64, FileFault> {
    let broken = || Damage::Sheet.fault();
    let mut reader = quick_xml::Reader::from_reader(start);
    reader.config_mut().check_comments = false;
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let element = match reader.read_event_into(&mut buffer).map_err(|_| broken())? {
            Event::Start(element) if element.local_name().as_ref() == STRINGS_ELEMENT => element,
            Event::Eof => return Err(broken()),
            _ => continue,
        };
        let mut most = 0;
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|_| broken())?;
            if attribute.key.as_ref() == STRINGS_COUNT {
                most = attribute.value.parse().map_err(|_| broken())?;
            }
        }
        return Ok(most);
    }
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
        let name = part.name().map_err(|_| Damage::Packing.fault())?;
        let is_strings = name.to_ascii_lowercase().ends_with(STRINGS);
        let mut part = part.take(PART_BYTES_MAX + 1);
        let mut start = Vec::new();
        part.by_ref()
            .take(STRINGS_START_BYTES)
            .read_to_end(&mut start)
            .map_err(|_| Damage::Packing.fault())?;
        let rest = io::copy(&mut part, &mut io::sink()).map_err(|_| Damage::Packing.fault())?;
        let bytes = start.len() as u64 + rest;
        if is_strings && texts(&start)? > bytes / STRING_BYTES_MIN {
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
