//! An order file: what it is, and its lines block by block, read on all cores.

use crate::{
    fault::{OrdersFault, RowFault},
    layout::Layout,
    row::{self, FileRow, Line},
};
use rayon::prelude::*;
use std::ops::Range;
use yizhang_intake::{Encoding, FileFault, Format, LineReader, Meter, Source};
use yizhang_ledger::value::Month;

/// Lines that are read before any is looked into: enough for all cores, and some MiB.
const BLOCK_LINES_MAX: usize = 16_384;
/// Bytes after which a block ends before it has so many lines.
const BLOCK_BYTES_MAX: usize = 16 * 1_024 * 1_024;
/// Lines that one core takes at a time.
const SHARE_LINES: usize = 512;
/// Most lines above the header: titles, blanks.
const LINES_ABOVE_MAX: u64 = 20;

/// What an order file is.
pub struct OrderFile {
    source: Source,
    encoding: Encoding,
    layout: Layout,
    /// Lines up to the header, with it.
    header_lines: u64,
    /// The header as it stands, in UTF-8.
    header: Vec<u8>,
    start: Vec<u8>,
}

impl OrderFile {
    /// Looks at the beginning of a file.
    ///
    /// # Errors
    /// What keeps it from being an order file.
    pub fn open(source: Source, encoding: Option<Encoding>) -> Result<Self, OrdersFault> {
        let start = source.start()?;
        if start.is_empty() {
            return Err(FileFault::Empty.into());
        }
        let encoding = encoding.unwrap_or_else(|| Encoding::detect(&start));
        let mut file = Self {
            source,
            encoding,
            layout: Layout::json(),
            header_lines: 0,
            header: Vec::new(),
            start,
        };
        file.find_header()?;
        Ok(file)
    }

    /// JSON Lines begin with an object; in any other file the first line that names a column is the header.
    fn find_header(&mut self) -> Result<(), OrdersFault> {
        let (mut lines, _) = self.lines()?;
        let mut line = Vec::new();
        let mut first_fault = None;
        while lines.number() < LINES_ABOVE_MAX && lines.next(&mut line)? {
            let text = line.trim_ascii();
            if text.is_empty() {
                continue;
            }
            if text.starts_with(b"{") && first_fault.is_none() {
                return Ok(());
            }
            match Layout::of_header(&line) {
                Ok(layout) => {
                    self.layout = layout;
                    self.header_lines = lines.number();
                    self.header = line;
                    return Ok(());
                }
                Err(fault @ OrdersFault::File(_)) => {
                    first_fault.get_or_insert(fault);
                }
                Err(fault) => return Err(fault),
            }
        }
        Err(first_fault.unwrap_or(FileFault::Empty.into()))
    }

    /// Its bytes.
    ///
    /// # Errors
    /// Of the disk.
    pub fn bytes(&self) -> Result<u64, OrdersFault> {
        Ok(self.source.size()?)
    }

    /// Positions, from 1, of cells of the header that name no column: they are not read.
    pub fn unread_columns(&self) -> &[usize] {
        &self.layout.unread
    }

    /// The form of its rows.
    pub const fn format(&self) -> Format {
        self.layout.format
    }

    pub(crate) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(crate) fn header(&self) -> &[u8] {
        &self.header
    }

    pub(crate) const fn layout(&self) -> &Layout {
        &self.layout
    }

    fn lines(&self) -> Result<(LineReader, Meter), OrdersFault> {
        let meter = Meter::default();
        let text = self.source.open()?;
        let text = self.encoding.decode(meter.clone().over(text));
        let text = text.map_err(FileFault::io("read the file"))?;
        Ok((LineReader::new(text, &self.start), meter))
    }

    /// Its lines below the header, from the beginning.
    pub(crate) fn blocks(&self) -> Result<Blocks, OrdersFault> {
        let (mut lines, meter) = self.lines()?;
        let mut line = Vec::new();
        while lines.number() < self.header_lines && lines.next(&mut line)? {}
        Ok(Blocks {
            lines,
            meter,
            block: Block::default(),
        })
    }
}

/// Lines of a file, some at a time.
pub(crate) struct Blocks {
    lines: LineReader,
    meter: Meter,
    block: Block,
}

/// Some lines.
#[derive(Default)]
pub(crate) struct Block {
    text: Vec<u8>,
    lines: Vec<Range<usize>>,
    /// Number of the first one.
    first: u64,
}

impl Block {
    /// The lines with their numbers.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let lines = self.lines.iter().enumerate();
        lines.map(|(at, range)| (self.first + at as u64, self.text_of(range)))
    }

    fn text_of(&self, range: &Range<usize>) -> &[u8] {
        self.text
            .get(range.clone())
            .expect("the lines stand in the text")
    }

    /// The line with this number of the block, from 0.
    pub(crate) fn line(&self, at: usize) -> &[u8] {
        self.text_of(self.lines.get(at).expect("a line of the block"))
    }

    /// How many lines it has.
    pub(crate) const fn len(&self) -> usize {
        self.lines.len()
    }

    /// What its lines are, in their order.
    pub(crate) fn read(&self, layout: &Layout, month: Option<Month>) -> Vec<Share> {
        let shares = self.lines.par_chunks(SHARE_LINES).enumerate();
        let read = shares.map(|(share, lines)| {
            let first = share * SHARE_LINES;
            let mut read = Share {
                rows: Vec::with_capacity(lines.len()),
                ..Share::default()
            };
            for (at, range) in (first..).zip(lines) {
                let line = self.first + at as u64;
                match row::read(self.text_of(range), line, layout, month) {
                    Line::Row(row) => read.rows.push(row),
                    Line::Faulty(faults) => read.faulty.push((at, faults)),
                    Line::Blank => read.blank += 1,
                }
            }
            read
        });
        read.collect()
    }
}

/// What some lines are.
#[derive(Default)]
pub(crate) struct Share {
    pub(crate) rows: Vec<FileRow>,
    /// By their places in the block.
    pub(crate) faulty: Vec<(usize, Vec<RowFault>)>,
    pub(crate) blank: u64,
}

impl Blocks {
    /// Bytes of the file read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.meter.read()
    }

    /// Lines read so far, those above the rows among them.
    pub(crate) const fn number(&self) -> u64 {
        self.lines.number()
    }

    /// The next lines; none at the end.
    ///
    /// # Errors
    /// Of the file.
    pub(crate) fn next(&mut self) -> Result<Option<&Block>, OrdersFault> {
        let block = &mut self.block;
        block.text.clear();
        block.lines.clear();
        block.first = self.lines.number() + 1;
        let mut line = Vec::new();
        while block.lines.len() < BLOCK_LINES_MAX && block.text.len() < BLOCK_BYTES_MAX {
            if !self.lines.next(&mut line)? {
                break;
            }
            let from = block.text.len();
            block.text.extend_from_slice(&line);
            block.lines.push(from..block.text.len());
        }
        Ok((!block.lines.is_empty()).then_some(&self.block))
    }
}
