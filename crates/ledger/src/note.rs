//! Signed notes (C2SP signed-note): a text that people can read, and Ed25519 signatures under it.
//!
//! Written here rather than taken from a crate because the one at hand needs `std` and random numbers, and an auditor
//! would have to read it as well. Verification is `verify_strict` of ed25519-dalek, always: one policy, frozen.

use crate::Invalid;
use alloc::{format, string::String, vec::Vec};
use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// Most signatures on a note that are read: as many as the reference code of the specification reads, which calls for at least 16.
pub const SIGNATURES_MAX: usize = 100;
/// Largest note, in bytes: a roster of 40 regions with a long history of keys.
pub const NOTE_BYTES_MAX: usize = 256 * 1_024;

/// What a key signs with and over, as key ids tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// Ed25519 over the text of the note.
    Ed25519,
    /// Ed25519 over the text of the note and a time: a cosignature.
    CosignatureV1,
}

const SIGNATURE_PREFIX: &str = "\u{2014} ";
/// Bytes of a key id, which stand in front of every signature.
pub(crate) const KEY_ID_BYTES: usize = 4;

/// A key that verifies signatures made under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    key: VerifyingKey,
    id: u32,
}

impl NoteKey {
    /// A key under a name. `None` if the name is empty or holds blanks, control characters or `+`, or the bytes are not
    /// the one encoding of a point of the curve, or the point is of small order (everybody can sign for it).
    pub fn new(name: &str, key: [u8; 32]) -> Option<Self> {
        if !is_name(name) {
            return None;
        }
        Some(Self {
            name: name.into(),
            key: point(key)?,
            id: key_id(name, &key, Algorithm::Ed25519),
        })
    }

    /// The bytes of the public key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The name that it signs under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its key id.
    pub const fn id(&self) -> u32 {
        self.id
    }
}

/// The point that signatures are verified with. `None` if the bytes are not the one encoding of a point of the curve, or the
/// point is of small order.
pub(crate) fn point(key: [u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(&key).ok()?;
    let canonical = key.to_edwards().compress().to_bytes() == key.to_bytes();
    (canonical && !key.is_weak()).then_some(key)
}

/// Whether a text may be the name of a key: not empty, no white space (Unicode), no control characters, no `+`.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && c != '+')
}

/// The key id of the specification: the first four bytes of SHA-256 over name, newline, algorithm byte and key.
pub(crate) fn key_id(name: &str, key: &[u8; 32], algorithm: Algorithm) -> u32 {
    let byte = match algorithm {
        Algorithm::Ed25519 => 1,
        Algorithm::CosignatureV1 => 4,
    };
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', byte])
        .chain_update(key)
        .finalize();
    let first = hash.first_chunk().expect("SHA-256 has 32 bytes");
    u32::from_be_bytes(*first)
}

/// A note as read: nothing about it has been verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// The text that is signed, with its final newline.
    pub text: &'a str,
    lines: Vec<SignatureLine<'a>>,
}

/// A signature line, of whatever algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignatureLine<'a> {
    /// As it stands in the note, without its newline.
    pub(crate) line: &'a str,
    pub(crate) name: &'a str,
    pub(crate) key_id: u32,
    /// What stands behind the key id.
    pub(crate) signature: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Reads a note: its form, and that of every signature line, whatever its algorithm.
    ///
    /// # Errors
    /// [`Invalid::NoteForm`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Invalid> {
        let form = |reason| Invalid::NoteForm { reason };
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(form("it is larger than 256 KiB"));
        }
        let note = core::str::from_utf8(bytes).map_err(|_| form("it is not UTF-8"))?;
        if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err(form("it holds control characters"));
        }
        let blank = note
            .rfind("\n\n")
            .ok_or(form("no blank line stands before the signatures"))?;
        let text = note.get(..=blank).ok_or(form("it has no text"))?;
        let (_, lines) = note.split_at(text.len().checked_add(1).expect("a blank line was found"));
        let lines = lines
            .strip_suffix('\n')
            .ok_or(form("it does not end with a newline"))?;
        let mut signatures = Vec::new();
        for (number, line) in lines.split('\n').enumerate() {
            if number == SIGNATURES_MAX {
                return Err(form("it has more than 100 signatures"));
            }
            signatures.push(SignatureLine::parse(line)?);
        }
        Ok(Self {
            text,
            lines: signatures,
        })
    }

    /// Its signature lines, nobody having verified them.
    pub(crate) fn lines(&self) -> &[SignatureLine<'a>] {
        &self.lines
    }

    /// How many signature lines it has.
    pub const fn signatures(&self) -> usize {
        self.lines.len()
    }

    /// Whether `key` has signed the text. Lines of other lengths than Ed25519's are passed over, as the specification asks.
    ///
    /// # Errors
    /// [`Invalid::BadSignature`] if a line claims to be by the key and is not: such a note is not to be trusted at all.
    pub fn is_signed_by(&self, key: &NoteKey) -> Result<bool, Invalid> {
        let mut signatures = self
            .lines
            .iter()
            .filter(|line| line.key_id == key.id && line.name == key.name)
            .filter_map(|line| <&[u8; 64]>::try_from(line.signature.as_slice()).ok());
        let Some(signature) = signatures.next() else {
            return Ok(false);
        };
        let bad = || Invalid::BadSignature {
            name: key.name.clone(),
            key_id: key.id,
        };
        let signature = Signature::from_bytes(signature);
        key.key
            .verify_strict(self.text.as_bytes(), &signature)
            .map_err(|_| bad())?;
        if signatures.next().is_some() {
            Err(bad())
        } else {
            Ok(true)
        }
    }
}

impl<'a> SignatureLine<'a> {
    /// Reads one, without its newline.
    pub(crate) fn parse(line: &'a str) -> Result<Self, Invalid> {
        let form = || Invalid::NoteForm {
            reason: "a signature line is not a dash, a name and base64",
        };
        let (name, encoded) = line
            .strip_prefix(SIGNATURE_PREFIX)
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(form)?;
        if !is_name(name) {
            return Err(form());
        }
        let bytes = Base64::decode_vec(encoded).map_err(|_| form())?;
        let (key_id, signature) = bytes.split_first_chunk::<KEY_ID_BYTES>().ok_or_else(form)?;
        Ok(Self {
            line,
            name,
            key_id: u32::from_be_bytes(*key_id),
            signature: signature.to_vec(),
        })
    }

    /// Writes one, with its newline.
    pub(crate) fn write(name: &str, key_id: u32, signature: &[u8]) -> String {
        let bytes = [&key_id.to_be_bytes(), signature].concat();
        format!(
            "{SIGNATURE_PREFIX}{name} {}\n",
            Base64::encode_string(&bytes)
        )
    }
}

/// The note of `text` (which ends with a newline) signed under a name. Ed25519 is deterministic: the same text and key
/// give the same note for ever.
pub fn sign(text: &str, name: &str, key: &SigningKey) -> String {
    format!("{text}\n{}", signature_line(text, name, key))
}

/// One more signature line for a note with this text.
pub fn signature_line(text: &str, name: &str, key: &SigningKey) -> String {
    let id = key_id(name, key.verifying_key().as_bytes(), Algorithm::Ed25519);
    SignatureLine::write(name, id, &key.sign(text.as_bytes()).to_bytes())
}
