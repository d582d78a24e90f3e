//! Heads: signed tree states, as C2SP checkpoints (origin, size, root; no extension lines).

use crate::{
    Invalid, Verified,
    hash::{Blake3Keyed, Hash, TreeHasher},
    note::{self, Note},
    roster::Roster,
    value::{Division, TreeSize},
};
use alloc::{
    format,
    string::{String, ToString},
};
use bincode::{BorrowDecode, Encode};
use core::fmt;
use ed25519_dalek::SigningKey;

/// Most lines under a head beside the one of its chain: then it has as many as a note may have. In a federation of 34 regions it has up to
/// 66; where there are more, a head goes about as several notes.
pub const COSIGNATURES_MAX: usize = note::SIGNATURES_MAX - 1;
/// Largest head in bytes: three lines, a signature, and cosignatures of 3.3 kB each, as post-quantum ones are.
pub const HEAD_BYTES_MAX: usize = 64 * 1_024;

/// The name of a chain: federation and region, written `demo.yizhang/440000`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct Origin {
    text: String,
    region: Region,
}

/// The region is derived from the text and has no bytes of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Region(Division);

impl Encode for Region {
    fn encode<E: bincode::enc::Encoder>(
        &self,
        _: &mut E,
    ) -> Result<(), bincode::error::EncodeError> {
        Ok(())
    }
}

impl Origin {
    /// Longest federation name, in characters.
    pub const FEDERATION_LENGTH_MAX: usize = 64;

    /// The chain of a region in a federation. `None` unless the name is 1 to 64 lower-case letters, digits, dots and
    /// dashes.
    pub fn new(federation: &str, region: Division) -> Option<Self> {
        Self::is_federation(federation).then(|| Self {
            text: format!("{federation}/{region}"),
            region: Region(region),
        })
    }

    /// Whether a text may name a federation.
    pub(crate) fn is_federation(name: &str) -> bool {
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
        (1..=Self::FEDERATION_LENGTH_MAX).contains(&name.len()) && name.bytes().all(allowed)
    }

    /// Reads `federation/region`.
    pub fn parse(text: &str) -> Option<Self> {
        let (federation, region) = text.split_once('/')?;
        Self::new(federation, Division::parse(region)?)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region whose agency writes the chain.
    pub const fn region(&self) -> Division {
        self.region.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de, C> BorrowDecode<'de, C> for Origin {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        let text: &str = BorrowDecode::borrow_decode(decoder)?;
        Self::parse(text).ok_or(bincode::error::DecodeError::Other(
            "a chain is not named federation/region",
        ))
    }
}

/// The state of a chain: how many leaves, under which root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Which chain.
    pub origin: Origin,
    /// Number of leaves.
    pub size: TreeSize,
    /// Root of the tree of those leaves.
    pub root: Hash,
}

impl Head {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            self.root.to_base64()
        )
    }

    /// The signed note of this head.
    pub fn sign(&self, key: &SigningKey) -> String {
        note::sign(&self.text(), self.origin.as_str(), key)
    }

    /// Reads a signed head and checks that a key which the roster allows for its chain at its size has signed it.
    ///
    /// # Errors
    /// [`Invalid::NoteForm`], [`Invalid::HeadForm`], [`Invalid::UnknownOrigin`], [`Invalid::BadSignature`],
    /// [`Invalid::NoTrustedSignature`], [`Invalid::HeadRoot`] if it gives the empty tree another root,
    /// [`Invalid::HeadNotContinued`] if the roster says that the chain goes on from another root of this size.
    pub fn open(bytes: &[u8], roster: &Roster) -> Result<Verified<Self>, Invalid> {
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(Invalid::NoteForm {
                reason: "a head is larger than 64 KiB",
            });
        }
        let note = Note::parse(bytes)?;
        let head = Self::parse(note.text)?;
        let region = roster
            .region(&head.origin)
            .ok_or_else(|| Invalid::UnknownOrigin {
                origin: head.origin.to_string(),
            })?;
        let mut signed = false;
        for key in region.keys.iter().filter(|key| key.is_valid_at(head.size)) {
            signed = signed || note.is_signed_by(&key.key)?;
        }
        if !signed {
            return Err(Invalid::NoTrustedSignature {
                origin: head.origin.to_string(),
                size: head.size,
            });
        }
        let empty = Blake3Keyed::empty();
        if head.size == TreeSize(0) && head.root != empty {
            return Err(Invalid::HeadRoot {
                size: head.size,
                expected: empty,
                found: head.root,
            });
        }
        match region.root_at(head.size) {
            Some(expected) if expected != head.root => Err(Invalid::HeadNotContinued {
                size: head.size,
                expected,
                found: head.root,
            }),
            _ => Ok(Verified::new(head)),
        }
    }

    /// Reads the text of a head: exactly three lines.
    fn parse(text: &str) -> Result<Self, Invalid> {
        let form = |reason| Invalid::HeadForm { reason };
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(form(
                "it has not exactly the three lines origin, size and root",
            ));
        };
        let origin = Origin::parse(origin).ok_or(form("the origin is not federation/region"))?;
        let canonical = size == "0" || !size.starts_with(['0', '+']);
        let size = size
            .parse()
            .map(TreeSize)
            .ok()
            .filter(|size| canonical && *size <= TreeSize::MAX);
        let size = size.ok_or(form("the size is not a decimal number below 2^63"))?;
        let root = Hash::from_base64(root).ok_or(form("the root is not 32 bytes of base64"))?;
        Ok(Self { origin, size, root })
    }
}
