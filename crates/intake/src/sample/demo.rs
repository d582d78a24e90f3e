//! The demonstration: four small files, one of each form, with the personas first.

use super::{SampleOptions, SampleSize, Style, generate};
use std::io::{self, Write};
use yizhang_ledger::value::{Division, Month};

/// Where chance starts for the demonstration.
pub const DEMO_SEED: u64 = 2_026;
/// Workers of the demonstration, the personas included: some thousand rows.
pub const DEMO_WORKERS: u32 = 20;
/// First year of the workers who are no personas: short careers keep the files small.
const FIRST_YEAR: u16 = 2_022;

/// A file of the demonstration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoFile {
    /// The region whose agency sends it.
    pub region: Division,
    /// Its name, as `440000.csv`.
    pub name: String,
    /// Its form.
    pub style: Style,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The files of the demonstration: Beijing in UTF-8 with English headers, Zhejiang in UTF-8 with a byte order mark and
/// Chinese headers, Guangdong in GB 18030 with Chinese headers, Guizhou as JSON Lines.
///
/// # Errors
/// None that memory does not have.
pub fn demo() -> io::Result<Vec<DemoFile>> {
    let styles = [
        Style::PLAIN,
        Style::CHINESE,
        Style::GB18030,
        Style::JSON_LINES,
    ];
    let mut options = SampleOptions::new(DEMO_SEED, SampleSize::Workers(DEMO_WORKERS));
    options
        .files
        .iter_mut()
        .zip(styles)
        .for_each(|((_, style), form)| *style = form);
    options.from = Month::of(FIRST_YEAR, 1).unwrap_or(options.from);
    let mut contents: Vec<Vec<u8>> = vec![Vec::new(); options.files.len()];
    let mut writers = contents.iter_mut();
    generate(&options, |_, _| {
        let writer = writers.next().ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Box::new(writer) as Box<dyn Write>)
    })?;
    let files = options
        .files
        .iter()
        .zip(contents)
        .map(|((region, style), bytes)| DemoFile {
            region: *region,
            name: format!("{region}.{}", style.extension()),
            style: *style,
            bytes,
        });
    Ok(files.collect())
}
