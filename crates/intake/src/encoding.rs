//! Texts in UTF-8 or GB 18030, decoded and encoded as they stream by.

use std::io::{self, Read, Write};

/// Bytes read or written at once.
pub(crate) const BUFFER_BYTES: usize = 64 * 1_024;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// How a file writes its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark, as spreadsheets want it.
    Utf8Bom,
    /// GB 18030, with GBK and GB 2312 in it.
    Gb18030,
}

impl Encoding {
    /// The encoding of a file that begins with `start`. `start` may end inside a character.
    pub fn detect(start: &[u8]) -> Self {
        if start.starts_with(BOM) {
            return Self::Utf8Bom;
        }
        match std::str::from_utf8(start) {
            Ok(_) => Self::Utf8,
            // No length of the error: the bytes end inside a character.
            Err(error) if error.error_len().is_none() => Self::Utf8,
            Err(_) => Self::Gb18030,
        }
    }

    /// Reads `inner` as UTF-8. Bytes that are no text in GB 18030 become U+FFFD; those that are none in UTF-8 stay.
    pub(crate) fn decode<R: Read + Send + 'static>(
        self,
        mut inner: R,
    ) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Self::Utf8 | Self::Utf8Bom => {
                let mut start = Vec::with_capacity(BOM.len());
                inner
                    .by_ref()
                    .take(BOM.len() as u64)
                    .read_to_end(&mut start)?;
                let start = if start == BOM { Vec::new() } else { start };
                Ok(Box::new(io::Cursor::new(start).chain(inner)))
            }
            Self::Gb18030 => Ok(Box::new(Decoding::new(inner))),
        }
    }

    /// Appends `text` (UTF-8, or the bytes that were none) in this encoding.
    pub(crate) fn encode(self, text: &[u8], out: &mut impl Write) -> io::Result<()> {
        match (self, std::str::from_utf8(text)) {
            (Self::Gb18030, Ok(text)) => out.write_all(&encoding_rs::GB18030.encode(text).0),
            _ => out.write_all(text),
        }
    }

    /// What a file in this encoding begins with.
    pub(crate) const fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8Bom => BOM,
            Self::Utf8 | Self::Gb18030 => &[],
        }
    }
}

/// GB 18030 in, UTF-8 out.
struct Decoding<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    input: Vec<u8>,
    /// Part of `input` not decoded yet.
    pending: std::ops::Range<usize>,
    output: Vec<u8>,
    /// Part of `output` not handed out yet.
    ready: std::ops::Range<usize>,
    ended: bool,
}

impl<R: Read> Decoding<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            decoder: encoding_rs::GB18030.new_decoder_without_bom_handling(),
            input: vec![0; BUFFER_BYTES],
            pending: 0..0,
            output: vec![0; BUFFER_BYTES],
            ready: 0..0,
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            let read = self.inner.read(&mut self.input)?;
            self.pending = 0..read;
            self.ended = read == 0;
        }
        let source = self.input.get(self.pending.clone()).unwrap_or_default();
        let (_, read, written, _) =
            self.decoder
                .decode_to_utf8(source, &mut self.output, self.ended);
        self.pending.start += read;
        self.ready = 0..written;
        Ok(())
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.ended {
            self.refill()?;
        }
        let count = self.ready.len().min(out.len());
        let ready = self
            .output
            .get(self.ready.start..self.ready.start + count)
            .unwrap_or_default();
        out.get_mut(..count)
            .unwrap_or_default()
            .copy_from_slice(ready);
        self.ready.start += count;
        Ok(count)
    }
}
