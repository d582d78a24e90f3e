//! Files of ours that are text but for the notes in them: lines that end with 0a, and heads of a stated length.

use yizhang_ledger::hash::Hash;

/// Where such a file is not of its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LineFault {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: &'static str,
}

/// The lines of a file, with the number of the one that was read last.
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            number: 0,
        }
    }

    pub(crate) fn fault(&self, reason: &'static str) -> LineFault {
        LineFault {
            line: self.number.max(1),
            reason,
        }
    }

    /// The next line, without its end.
    pub(crate) fn line(&mut self) -> Result<&'a str, LineFault> {
        self.number = self.number.saturating_add(1);
        let mut parts = self.rest.splitn(2, |byte| *byte == b'\n');
        let (Some(line), Some(rest)) = (parts.next(), parts.next()) else {
            return Err(self.fault("it ends within a line"));
        };
        self.rest = rest;
        core::str::from_utf8(line).map_err(|_| self.fault("it is not UTF-8"))
    }

    /// What stands behind a word on the next line.
    pub(crate) fn value(&mut self, word: &str, reason: &'static str) -> Result<&'a str, LineFault> {
        let value = self.line()?.strip_prefix(word);
        value.ok_or(self.fault(reason))
    }

    /// The number behind a word on the next line.
    pub(crate) fn number(&mut self, word: &str, reason: &'static str) -> Result<u64, LineFault> {
        let value = self.value(word, reason)?.parse();
        value.map_err(|_| self.fault(reason))
    }

    pub(crate) fn hash(&self, text: &str) -> Result<Hash, LineFault> {
        Hash::from_hex(text).ok_or(self.fault("a hash is not 64 hexadecimal digits"))
    }

    /// The bytes of a head, whose line has been read.
    pub(crate) fn head(&mut self, line: &str) -> Result<Vec<u8>, LineFault> {
        let length = line
            .strip_prefix("head ")
            .and_then(|size| size.parse().ok());
        let length = length.ok_or(self.fault("expected a head and how many bytes it has"))?;
        let head = self.take(length, "the head is cut off")?;
        Ok(head.to_vec())
    }

    /// The bytes of a part whose length stands behind a word on the next line.
    pub(crate) fn part(&mut self, word: &str) -> Result<&'a [u8], LineFault> {
        let reason = "expected a part and how many bytes it has";
        let length = self.value(word, reason)?.parse();
        let length = length.map_err(|_| self.fault(reason))?;
        self.take(length, "the part is cut off")
    }

    fn take(&mut self, length: usize, reason: &'static str) -> Result<&'a [u8], LineFault> {
        let parts = self.rest.split_at_checked(length);
        let (taken, rest) = parts.ok_or(self.fault(reason))?;
        let lines = taken.split(|byte| *byte == b'\n').count().saturating_sub(1);
        self.number = self.number.saturating_add(lines);
        self.rest = rest;
        Ok(taken)
    }

    /// Refuses a file that goes on.
    pub(crate) fn end(&self) -> Result<(), LineFault> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fault("something stands behind the last head"))
        }
    }
}
