//! The form of a statement's file: a beginning, sections with their lengths, most of them compressed.

use bincode::{BorrowDecode, Encode};
use core::fmt;
use miniz_oxide::{
    deflate::compress_to_vec,
    inflate::{
        TINFLStatus,
        core::{
            DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
        },
    },
};
use yizhang_ledger::{
    codec::{CodecFault, decode_within, encode_whole},
    hash::{Hash, derive},
};

/// First bytes of a statement's file: YZSTM, version 1.
pub const PORTABLE_MAGIC: [u8; 8] = *b"YZSTM\x00\x01\x0a";
/// Largest file, in bytes.
pub const PORTABLE_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// Largest section before it is compressed, in bytes; also how much memory its parts may take while they are read.
pub const PORTABLE_SECTION_BYTES_MAX: usize = 32 * 1_024 * 1_024;
/// Context of the digest that the issuer signs.
pub(super) const DIGEST_CONTEXT: &str = "yizhang 2026-11-30 v1 statement";
/// How hard is compressed: the hardest level, so that a statement is small; it is made once and sent often.
const LEVEL: u8 = 9;
/// Bytes before a section: its name, its length in the file, its length before it was compressed.
const HEADER_BYTES: usize = 9;

/// Which section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionName {
    /// Whose, of which day, how much.
    Subject,
    /// What the chains have.
    Chains,
    /// Records that an excerpt does not show.
    Hidden,
    /// Versions of the roster.
    Roster,
    /// Files of the rule set.
    Rules,
    /// The account, if it is stated.
    Account,
    /// The issuer's signature over all before it.
    Issuer,
    /// The number, if it is revealed.
    Opening,
}

impl SectionName {
    /// The byte that a section begins with.
    const fn code(self) -> u8 {
        match self {
            Self::Subject => 1,
            Self::Chains => 2,
            Self::Roster => 3,
            Self::Rules => 4,
            Self::Account => 5,
            Self::Issuer => 6,
            Self::Opening => 7,
            Self::Hidden => 8,
        }
    }

    /// Whether its bytes are compressed.
    const fn is_compressed(self) -> bool {
        !matches!(self, Self::Issuer | Self::Opening)
    }
}

impl fmt::Display for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subject => "subject",
            Self::Chains => "chains",
            Self::Hidden => "hidden",
            Self::Roster => "roster",
            Self::Rules => "rules",
            Self::Account => "account",
            Self::Issuer => "issuer",
            Self::Opening => "number",
        })
    }
}

/// Why a file is no statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortableFault {
    /// It is larger than any.
    #[error("a statement has at most {PORTABLE_BYTES_MAX} bytes, this one has {found}")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// It does not begin like one.
    #[error("the file does not begin as a statement of version 1 does")]
    Magic,
    /// It ends within a section.
    #[error("the statement is cut off in its section {section}")]
    Cut {
        /// Which.
        section: SectionName,
    },
    /// Another section stands where one is expected, or bytes behind the last.
    #[error("expected the section {expected} of the statement at byte {at}")]
    Section {
        /// Which was expected.
        expected: SectionName,
        /// Where.
        at: usize,
    },
    /// Bytes stand behind the last section.
    #[error("something stands behind the last section of the statement, at byte {at}")]
    Trailing {
        /// Where.
        at: usize,
    },
    /// A section is said to have more bytes than there is room for.
    #[error(
        "the section {section} of a statement has at most {PORTABLE_SECTION_BYTES_MAX} bytes, this one says {found}"
    )]
    SectionTooLarge {
        /// Which.
        section: SectionName,
        /// What it says.
        found: u64,
    },
    /// A section is not compressed as it says.
    #[error("the section {section} of the statement does not unpack to what it says")]
    Unpack {
        /// Which.
        section: SectionName,
    },
    /// The fields of a section cannot be read.
    #[error("the section {section} of the statement: {fault}")]
    Fields {
        /// Which.
        section: SectionName,
        /// What is wrong.
        fault: CodecFault,
    },
    /// The fields of a section contradict themselves.
    #[error("the section {section} of the statement: {reason}")]
    Content {
        /// Which.
        section: SectionName,
        /// What is wrong.
        reason: &'static str,
    },
    /// The number is revealed already.
    #[error("the statement reveals its number already")]
    Revealed,
    /// The number is not the one that the statement commits to.
    #[error("the number, with this code, is not the one that the statement is for")]
    OtherNumber,
}

/// A section as it was read.
pub(super) struct Section {
    pub(super) name: SectionName,
    pub(super) bytes: Vec<u8>,
}

/// Sections as they are written.
pub(super) struct Sections(Vec<u8>);

impl Default for Sections {
    fn default() -> Self {
        Self(PORTABLE_MAGIC.to_vec())
    }
}

impl Sections {
    /// Those of a file, to have one more.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Adds a section, compressed.
    pub(super) fn add(&mut self, name: SectionName, plain: &[u8]) -> Result<(), PortableFault> {
        self.write(name, &compress_to_vec(plain, LEVEL), plain.len())
    }

    /// Adds a section as it is.
    pub(super) fn add_plain(
        &mut self,
        name: SectionName,
        plain: &[u8],
    ) -> Result<(), PortableFault> {
        self.write(name, plain, plain.len())
    }

    fn write(
        &mut self,
        name: SectionName,
        stored: &[u8],
        plain: usize,
    ) -> Result<(), PortableFault> {
        let found = self
            .0
            .len()
            .saturating_add(HEADER_BYTES)
            .saturating_add(stored.len());
        if found > PORTABLE_BYTES_MAX {
            return Err(PortableFault::TooLarge { found });
        }
        let said = u64::try_from(plain).unwrap_or(u64::MAX);
        let too_large = PortableFault::SectionTooLarge {
            section: name,
            found: said,
        };
        if plain > PORTABLE_SECTION_BYTES_MAX {
            return Err(too_large);
        }
        let length = |length: usize| u32::try_from(length).map_err(|_| too_large.clone());
        self.0.push(name.code());
        self.0
            .extend_from_slice(&length(stored.len())?.to_le_bytes());
        self.0.extend_from_slice(&length(plain)?.to_le_bytes());
        self.0.extend_from_slice(stored);
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// What the issuer signs: the hash of everything before his section.
pub(super) fn digest(before: &[u8]) -> Hash {
    derive(DIGEST_CONTEXT, &[before])
}

/// Reads sections one by one.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, PortableFault> {
        if bytes.len() > PORTABLE_BYTES_MAX {
            return Err(PortableFault::TooLarge { found: bytes.len() });
        }
        if !bytes.starts_with(&PORTABLE_MAGIC) {
            return Err(PortableFault::Magic);
        }
        Ok(Self {
            bytes,
            at: PORTABLE_MAGIC.len(),
        })
    }

    /// What has been read so far.
    pub(super) fn read(&self) -> &'a [u8] {
        self.bytes.get(..self.at).unwrap_or(self.bytes)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next section, which must be this one.
    pub(super) fn expect(&mut self, name: SectionName) -> Result<Section, PortableFault> {
        let at = self.at;
        let missing = PortableFault::Section { expected: name, at };
        self.optional(name)?.ok_or(missing)
    }

    /// The next section if it is this one.
    pub(super) fn optional(&mut self, name: SectionName) -> Result<Option<Section>, PortableFault> {
        let cut = PortableFault::Cut { section: name };
        let rest = self.rest();
        if rest.first() != Some(&name.code()) {
            return Ok(None);
        }
        let (header, rest) = rest.split_at_checked(HEADER_BYTES).ok_or(cut.clone())?;
        let [_, stored @ .., p0, p1, p2, p3] = header else {
            return Err(cut);
        };
        let stored: [u8; 4] = stored.try_into().map_err(|_| cut.clone())?;
        let plain = u32::from_le_bytes([*p0, *p1, *p2, *p3]);
        let stored = usize::try_from(u32::from_le_bytes(stored)).map_err(|_| cut.clone())?;
        let bytes = rest.get(..stored).ok_or(cut.clone())?;
        let bytes = unpacked(name, bytes, plain)?;
        self.at = self.at.saturating_add(HEADER_BYTES).saturating_add(stored);
        Ok(Some(Section { name, bytes }))
    }

    /// Refuses what stands behind the last section.
    pub(super) fn end(&self) -> Result<(), PortableFault> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(PortableFault::Trailing { at: self.at })
        }
    }
}

/// The bytes of a section before they were compressed: all that is there, and no more than it says.
fn unpacked(name: SectionName, stored: &[u8], plain: u32) -> Result<Vec<u8>, PortableFault> {
    let wrong = PortableFault::Unpack { section: name };
    let length = usize::try_from(plain).map_err(|_| wrong.clone())?;
    if length > PORTABLE_SECTION_BYTES_MAX {
        let found = plain.into();
        return Err(PortableFault::SectionTooLarge {
            section: name,
            found,
        });
    }
    if !name.is_compressed() {
        return if stored.len() == length {
            Ok(stored.to_vec())
        } else {
            Err(wrong)
        };
    }
    let mut bytes = vec![0; length];
    let mut machine = DecompressorOxide::new();
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut machine, stored, &mut bytes, 0, flags);
    if status == TINFLStatus::Done && read == stored.len() && written == length {
        Ok(bytes)
    } else {
        Err(wrong)
    }
}

/// The canonical bytes of a section's fields.
pub(super) fn encode(value: &impl Encode) -> Result<Vec<u8>, PortableFault> {
    encode_whole(value).map_err(|fault| PortableFault::Fields {
        section: SectionName::Subject,
        fault,
    })
}

/// The fields of a section.
pub(super) fn decode<T: for<'a> BorrowDecode<'a, ()> + Encode>(
    section: &Section,
) -> Result<T, PortableFault> {
    decode_within::<PORTABLE_SECTION_BYTES_MAX, T>(&section.bytes).map_err(|fault| {
        PortableFault::Fields {
            section: section.name,
            fault,
        }
    })
}
