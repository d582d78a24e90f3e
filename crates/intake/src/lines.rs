//! The lines of a text, one after another, each with its number and a bound; some may be looked at before they are read.

use crate::{encoding::BUFFER_BYTES, file_fault::FileFault, source::ROW_BYTES_MAX};
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
};

/// What some systems put behind the last line (Ctrl-Z of DOS).
const END_OF_FILE: u8 = 0x1a;

/// Reads lines. They end with LF or CR LF; in a text without any LF, with CR.
pub struct LineReader {
    reader: BufReader<Box<dyn Read + Send>>,
    end: u8,
    /// Lines handed out so far.
    number: u64,
    /// Lines that were looked at and not handed out yet.
    ahead: VecDeque<Vec<u8>>,
}

impl LineReader {
    /// `start` is the beginning of the same text, to tell by how its lines end.
    pub fn new(text: Box<dyn Read + Send>, start: &[u8]) -> Self {
        let has_lf = start.contains(&b'\n');
        let end = if !has_lf && start.contains(&b'\r') {
            b'\r'
        } else {
            b'\n'
        };
        Self {
            reader: BufReader::with_capacity(BUFFER_BYTES, text),
            end,
            number: 0,
            ahead: VecDeque::new(),
        }
    }

    /// Number of the line that was read last, from 1; nothing read yet is 0.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line without its end; false at the end of the text.
    ///
    /// # Errors
    /// [`FileFault::RowTooLong`] and [`FileFault::Io`].
    pub fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, FileFault> {
        let more = match self.ahead.pop_front() {
            Some(known) => {
                *line = known;
                true
            }
            None => self.read(line, 1)?,
        };
        self.number += u64::from(more);
        Ok(more)
    }

    /// A line that is still to be read: 0 is the next one. None behind the end of the text.
    ///
    /// # Errors
    /// As [`LineReader::next`].
    pub fn peek(&mut self, at: usize) -> Result<Option<&[u8]>, FileFault> {
        while self.ahead.len() <= at {
            let mut line = Vec::new();
            if !self.read(&mut line, self.ahead.len() as u64 + 1)? {
                return Ok(None);
            }
            self.ahead.push_back(line);
        }
        Ok(self.ahead.get(at).map(Vec::as_slice))
    }

    /// Passes over lines that were looked at.
    pub fn skip(&mut self, count: usize) {
        let count = count.min(self.ahead.len());
        self.ahead.drain(..count);
        self.number += count as u64;
    }

    /// Reads from the text itself; the line is the one that many behind the last handed out.
    fn read(&mut self, line: &mut Vec<u8>, behind: u64) -> Result<bool, FileFault> {
        line.clear();
        let limit = ROW_BYTES_MAX as u64 + 2;
        let read = self
            .reader
            .by_ref()
            .take(limit)
            .read_until(self.end, line)
            .map_err(FileFault::io("read the file"))?;
        let is_ended = line.last() == Some(&self.end);
        if is_ended {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        } else {
            while line.last() == Some(&END_OF_FILE) {
                line.pop();
            }
        }
        if line.len() > ROW_BYTES_MAX {
            return Err(FileFault::RowTooLong {
                line: self.number + behind,
                limit: ROW_BYTES_MAX,
            });
        }
        Ok(read > 0)
    }
}
