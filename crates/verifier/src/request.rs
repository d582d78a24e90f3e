//! What is to be checked, and its bytes as the page hands them over.

use yizhang_show::language::Language;

/// Most files of one check: a folder of receipts of an import, and the versions of a roster beside it.
pub const FILES_MAX: usize = 256;
/// Largest file, in bytes: a statement of all chains is an eighth of it.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// What is to be checked, in which language, on which day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The language of the answer.
    pub language: Language,
    /// Today, by the clock of whoever asks; only said, never compared.
    pub day: &'a str,
    /// The fingerprint of the root keys that the reader trusts; empty if he has none.
    pub fingerprint: &'a str,
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

/// Why the bytes of a request are none: the page and the check are of different versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFault;

impl<'a> Request<'a> {
    /// Reads a request: its language, day, fingerprint, then name and content of each file, each behind its length in four bytes, the
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
        put(self.day.as_bytes());
        put(self.fingerprint.as_bytes());
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
