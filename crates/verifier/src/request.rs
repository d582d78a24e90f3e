//! What is to be checked, and its bytes as the page hands them over.

use std::fmt;
use yizhang_show::language::Language;
use yizhang_statement::PORTABLE_BYTES_MAX;

/// Most files of one check: a folder of receipts of an import, and the versions of a roster beside it.
pub const FILES_MAX: usize = 256;
/// Largest file, in bytes: the largest statement.
pub const FILE_BYTES_MAX: usize = PORTABLE_BYTES_MAX;

/// What is to be checked, in which language, on which day.
#[derive(Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The language of the answer.
    pub language: Language,
    /// Today, by the clock of whoever asks: from it a statement is old, or of a day that has not come.
    pub day: &'a str,
    /// The fingerprint of the root keys that the reader trusts, as he has typed it; empty if he has none.
    pub fingerprint: &'a str,
    /// The number of the person whom a statement is to be of, as he has typed it; empty if he does not ask.
    pub number: &'a str,
    /// The code with which a statement shows that it is of this number, where it does not reveal it.
    pub code: &'a str,
    /// The files, rosters among them.
    pub files: Vec<File<'a>>,
}

/// A file that somebody has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File<'a> {
    /// Its name.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// Whose statement is asked for is in no message.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.files.iter().map(|file| file.name).collect();
        let mut shown = f.debug_struct("Request");
        shown
            .field("language", &self.language)
            .field("day", &self.day);
        shown.field("files", &names).finish_non_exhaustive()
    }
}

impl Default for Request<'_> {
    /// Nothing, in Chinese.
    fn default() -> Self {
        Self {
            language: Language::Zh,
            day: "",
            fingerprint: "",
            number: "",
            code: "",
            files: Vec::new(),
        }
    }
}

/// Why the bytes of a request are none: the page and the check are of different versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFault;

impl<'a> Request<'a> {
    /// Reads a request: its language, day, fingerprint, number, code, then name and content of each file, each behind its length in four bytes, the
    /// lowest first.
    ///
    /// # Errors
    /// [`RequestFault`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RequestFault> {
        let mut parts = Parts(bytes);
        let language = match parts.text()? {
            "zh" => Language::Zh,
            "en" => Language::En,
            _ => return Err(RequestFault),
        };
        let day = parts.text()?;
        let fingerprint = parts.text()?;
        let number = parts.text()?;
        let code = parts.text()?;
        let mut files = Vec::new();
        while !parts.0.is_empty() {
            if files.len() == FILES_MAX {
                return Err(RequestFault);
            }
            let (name, bytes) = (parts.text()?, parts.next()?);
            files.push(File { name, bytes });
        }
        Ok(Self {
            language,
            day,
            fingerprint,
            number,
            code,
            files,
        })
    }

    /// The bytes that [`Request::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let language: &str = match self.language {
            Language::Zh => "zh",
            Language::En => "en",
        };
        let mut bytes = Vec::new();
        let mut put = |part: &[u8]| {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(part);
        };
        put(language.as_bytes());
        for text in [self.day, self.fingerprint, self.number, self.code] {
            put(text.as_bytes());
        }
        for file in &self.files {
            put(file.name.as_bytes());
            put(file.bytes);
        }
        bytes
    }
}

/// Parts that stand one behind the other, each behind its length.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn next(&mut self) -> Result<&'a [u8], RequestFault> {
        let (length, rest) = self.0.split_first_chunk::<4>().ok_or(RequestFault)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| RequestFault)?;
        let (part, rest) = rest.split_at_checked(length).ok_or(RequestFault)?;
        self.0 = rest;
        Ok(part)
    }

    fn text(&mut self) -> Result<&'a str, RequestFault> {
        core::str::from_utf8(self.next()?).map_err(|_| RequestFault)
    }
}
