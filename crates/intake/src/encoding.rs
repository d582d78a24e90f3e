//! Texts in UTF-8, GB 18030 or UTF-16, decoded and encoded as they stream by.

use std::io::{self, Read, Write};

/// Bytes read or written at once.
pub(crate) const BUFFER_BYTES: usize = 64 * 1_024;

const BOM: &[u8] = b"\xef\xbb\xbf";
const BOM_UTF16_LE: &[u8] = b"\xff\xfe";
const BOM_UTF16_BE: &[u8] = b"\xfe\xff";

/// Of the bytes of a text in UTF-16, at least one in so many is zero: digits, separators and line ends have one each.
const ZERO_BYTES_IN: usize = 8;

/// How a file writes its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark, as spreadsheets want it.
    Utf8Bom,
    /// GB 18030, with GBK and GB 2312 in it.
    Gb18030,
    /// UTF-16, low byte first: "Unicode text" of spreadsheets.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

impl Encoding {
    /// The encoding of a file that begins with `start`. `start` may end inside a character.
    pub fn detect(start: &[u8]) -> Self {
        if start.starts_with(BOM) {
            return Self::Utf8Bom;
        }
        if let Some(utf16) = utf16(start) {
            return utf16;
        }
        match std::str::from_utf8(start) {
            Ok(_) => Self::Utf8,
            // No length of the error: the bytes end inside a character.
            Err(error) if error.error_len().is_none() => Self::Utf8,
            Err(_) if is_mostly_utf8(start) => Self::Utf8,
            Err(_) => Self::Gb18030,
        }
    }

    /// Reads `inner` as UTF-8. Bytes that are no text in GB 18030 or UTF-16 become U+FFFD; those that
    /// are none in UTF-8 stay.
    ///
    /// # Errors
    /// Of `inner`.
    pub fn decode<R: Read + Send + 'static>(
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
            Self::Gb18030 => Ok(Box::new(Decoding::new(inner, encoding_rs::GB18030))),
            Self::Utf16Le => Ok(Box::new(Decoding::new(inner, encoding_rs::UTF_16LE))),
            Self::Utf16Be => Ok(Box::new(Decoding::new(inner, encoding_rs::UTF_16BE))),
        }
    }

    /// Appends `text` (UTF-8, or the bytes that were none) in this encoding.
    ///
    /// # Errors
    /// Of `out`.
    pub fn encode(self, text: &[u8], out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Utf8 | Self::Utf8Bom => out.write_all(text),
            Self::Gb18030 => {
                let text = String::from_utf8_lossy(text);
                out.write_all(&encoding_rs::GB18030.encode(&text).0)
            }
            Self::Utf16Le => write_utf16(text, u16::to_le_bytes, out),
            Self::Utf16Be => write_utf16(text, u16::to_be_bytes, out),
        }
    }

    /// What a file in this encoding begins with.
    pub const fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8Bom => BOM,
            Self::Utf16Le => BOM_UTF16_LE,
            Self::Utf16Be => BOM_UTF16_BE,
            Self::Utf8 | Self::Gb18030 => &[],
        }
    }
}

/// UTF-16 by its mark, or by the zero bytes that no other encoding of a table has.
fn utf16(start: &[u8]) -> Option<Encoding> {
    if start.starts_with(BOM_UTF16_LE) {
        return Some(Encoding::Utf16Le);
    }
    if start.starts_with(BOM_UTF16_BE) {
        return Some(Encoding::Utf16Be);
    }
    let zeros = |parity: usize| {
        let bytes = start.iter().skip(parity).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let is_utf16 = (even + odd).saturating_mul(ZERO_BYTES_IN) >= start.len();
    match is_utf16 && start.len() > 1 {
        true if even < odd => Some(Encoding::Utf16Le),
        true => Some(Encoding::Utf16Be),
        false => None,
    }
}

/// Whether text that is not all UTF-8 is UTF-8 with some broken bytes: then it has more characters of several bytes
/// than broken places. Of a text in GB 18030 next to none of its characters is one of UTF-8.
fn is_mostly_utf8(start: &[u8]) -> bool {
    let (mut characters, mut broken) = (0usize, 0usize);
    for chunk in start.utf8_chunks() {
        characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    characters > broken
}

fn write_utf16(text: &[u8], bytes_of: fn(u16) -> [u8; 2], out: &mut impl Write) -> io::Result<()> {
    let text = String::from_utf8_lossy(text);
    let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes_of).collect();
    out.write_all(&bytes)
}

/// Another encoding in, UTF-8 out.
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

/// Why no part of a buffer is missing.
const WITHIN: &str = "nobody fills a buffer beyond its end, or takes more than is ready";

impl<R: Read> Decoding<R> {
    fn new(inner: R, encoding: &'static encoding_rs::Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
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
        let source = self.input.get(self.pending.clone()).expect(WITHIN);
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
            .expect(WITHIN);
        out.get_mut(..count).expect(WITHIN).copy_from_slice(ready);
        self.ready.start += count;
        Ok(count)
    }
}
