//! A bundle: chains, or parts of them, with their heads and the rosters, as one file for networks that share no wire. What stands around
//! its frames is read and written here; the frames are those of segment files. docs/FORMAT.md, section 13, has the bytes.
//!
//! Nothing here is believed: what the batches and heads inside say, whoever takes them checks.

use yizhang_ledger::{
    hash::derive,
    head::Origin,
    segment::FrameFault,
    value::{TreeSize, UnixMillis},
};

/// Bytes of the header of a bundle, and of that of a section.
pub const BUNDLE_HEADER_BYTES: usize = 128;
/// Signed heads of a chain that stand before its batches: the newest, and the largest that are cosigned.
pub const BUNDLE_HEADS_MAX: usize = 3;

/// First bytes of a bundle: YZBDL, version 1.
pub const BUNDLE_MAGIC: [u8; 8] = *b"YZBDL\x00\x01\n";
const SECTION_MAGIC: [u8; 4] = *b"YZBS";
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-30 v1 bundle checksum";
const CHECKSUM_BYTES: usize = 16;
const FIELDS_BYTES: usize = 112;
const NAME_BYTES: usize = 80;

/// The header of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleHeader {
    /// The federation.
    pub federation: String,
    /// When it was begun, by the clock of whoever made it.
    pub made: UnixMillis,
}

/// What stands in a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// Versions of the roster, oldest first: frames of signed notes, each with its version for a position.
    Rosters,
    /// A part of a chain: frames of signed heads, then batches each with its head.
    Chain {
        /// The chain.
        origin: Origin,
        /// Leaves before the first batch.
        from: TreeSize,
        /// Leaves after the last.
        to: TreeSize,
    },
    /// Nothing: the bundle is whole.
    End,
}

/// The header of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionHeader {
    /// What stands in it.
    pub kind: SectionKind,
    /// Bytes behind the header.
    pub bytes: u64,
}

impl BundleHeader {
    /// As it stands at the beginning of the file. `None` if the name of the federation is longer than 80 bytes; none is.
    pub fn write(&self) -> Option<Vec<u8>> {
        let mut out = BUNDLE_MAGIC.to_vec();
        out.extend_from_slice(&self.made.0.to_le_bytes());
        put_name(&self.federation, &mut out)?;
        Some(sealed(out))
    }

    /// Reads the first [`BUNDLE_HEADER_BYTES`] of a file.
    ///
    /// # Errors
    /// [`FrameFault`].
    pub fn read(bytes: &[u8]) -> Result<Self, FrameFault> {
        let fields = opened(bytes)?;
        let (magic, rest) = take::<8>(fields)?;
        let (made, rest) = take::<8>(rest)?;
        let header = Self {
            federation: name(rest)?.to_owned(),
            made: UnixMillis(u64::from_le_bytes(made)),
        };
        let is_same = header
            .write()
            .is_some_and(|written| bytes.starts_with(&written));
        if magic == BUNDLE_MAGIC && is_same {
            Ok(header)
        } else {
            Err(FrameFault::Header)
        }
    }
}

impl SectionHeader {
    /// As it stands in front of a section. `None` as for [`BundleHeader::write`].
    pub fn write(&self) -> Option<Vec<u8>> {
        let none = (0, 0, "");
        let (number, (from, to, origin)) = match &self.kind {
            SectionKind::Rosters => (1_u32, none),
            SectionKind::Chain { origin, from, to } => (2, (from.0, to.0, origin.as_str())),
            SectionKind::End => (3, none),
        };
        let mut out = SECTION_MAGIC.to_vec();
        out.extend_from_slice(&number.to_le_bytes());
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out.extend_from_slice(&from.to_le_bytes());
        out.extend_from_slice(&to.to_le_bytes());
        put_name(origin, &mut out)?;
        Some(sealed(out))
    }

    /// Reads [`BUNDLE_HEADER_BYTES`] in front of a section.
    ///
    /// # Errors
    /// [`FrameFault`].
    pub fn read(bytes: &[u8]) -> Result<Self, FrameFault> {
        let fields = opened(bytes)?;
        let (_, rest) = take::<4>(fields)?;
        let (number, rest) = take::<4>(rest)?;
        let (length, rest) = take::<8>(rest)?;
        let (from, rest) = take::<8>(rest)?;
        let (to, rest) = take::<8>(rest)?;
        let kind = match u32::from_le_bytes(number) {
            1 => SectionKind::Rosters,
            2 => SectionKind::Chain {
                origin: Origin::parse(name(rest)?).ok_or(FrameFault::Header)?,
                from: TreeSize(u64::from_le_bytes(from)),
                to: TreeSize(u64::from_le_bytes(to)),
            },
            3 => SectionKind::End,
            _ => return Err(FrameFault::Header),
        };
        let header = Self {
            kind,
            bytes: u64::from_le_bytes(length),
        };
        let is_same = header
            .write()
            .is_some_and(|written| bytes.starts_with(&written));
        if is_same {
            Ok(header)
        } else {
            Err(FrameFault::Header)
        }
    }
}

/// Fills the fields up to where the checksum stands, and adds it.
fn sealed(mut fields: Vec<u8>) -> Vec<u8> {
    fields.resize(FIELDS_BYTES, 0);
    let sum = derive(CHECKSUM_CONTEXT, &[&fields]);
    fields.extend(sum.0.iter().take(CHECKSUM_BYTES));
    fields
}

/// The fields of a header whose checksum is right.
fn opened(bytes: &[u8]) -> Result<&[u8], FrameFault> {
    let Some(header) = bytes.first_chunk::<BUNDLE_HEADER_BYTES>() else {
        let missing = BUNDLE_HEADER_BYTES.saturating_sub(bytes.len());
        return Err(FrameFault::Truncated { missing });
    };
    let (fields, sum) = header.split_at(FIELDS_BYTES);
    let is_ours = fields.starts_with(&BUNDLE_MAGIC) || fields.starts_with(&SECTION_MAGIC);
    if !is_ours {
        return Err(FrameFault::Header);
    }
    if derive(CHECKSUM_CONTEXT, &[fields]).0.starts_with(sum) {
        Ok(fields)
    } else {
        Err(FrameFault::Checksum)
    }
}

fn put_name(name: &str, out: &mut Vec<u8>) -> Option<()> {
    let padding = NAME_BYTES.checked_sub(name.len())?;
    out.extend_from_slice(name.as_bytes());
    out.extend(std::iter::repeat_n(0, padding));
    Some(())
}

/// The name at the beginning of a field.
fn name(bytes: &[u8]) -> Result<&str, FrameFault> {
    let (field, _) = take::<NAME_BYTES>(bytes)?;
    let length = field
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(NAME_BYTES);
    let name = bytes.get(..length).ok_or(FrameFault::Header)?;
    std::str::from_utf8(name).map_err(|_| FrameFault::Header)
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), FrameFault> {
    let (field, rest) = bytes.split_first_chunk::<N>().ok_or(FrameFault::Header)?;
    Ok((*field, rest))
}
