//! Cosignatures: what witnesses and mirrors sign under a head, with the time at which they did (C2SP cosignature/v1, Ed25519).
//!
//! What is signed holds no name: whoever means two things by a cosignature needs two keys.

use crate::{
    head::{COSIGNATURES_MAX, HEAD_BYTES_MAX},
    note::{Algorithm, KEY_ID_BYTES, Note, SignatureLine, is_name, key_id, point},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Bytes of a cosignature on its line, key id, time and signature: 104 characters of base64.
pub const COSIGNATURE_BYTES: usize = KEY_ID_BYTES + TIME_BYTES + 64;
const TIME_BYTES: usize = 8;

/// A point in time in seconds since 1970 UTC, 0 to 2^63 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(u64);

impl UnixSeconds {
    /// The first one.
    pub const ZERO: Self = Self(0);
    /// The last one.
    pub const MAX: Self = Self(i64::MAX.unsigned_abs());

    /// So many seconds. `None` beyond 2^63 - 1.
    pub fn new(seconds: u64) -> Option<Self> {
        (seconds <= Self::MAX.0).then_some(Self(seconds))
    }

    /// The seconds.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A cosignature that is not what it is taken for. For each variant there is a vector that produces it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureFault {
    /// The line is not a dash, a name and base64.
    #[error("not a signature line")]
    Form,
    /// The line is under another name or key id. A key id follows from name, algorithm and key.
    #[error(
        "expected a cosignature of key {expected_id:08x} of {expected}, found {found_id:08x} of {found}"
    )]
    OtherKey {
        /// Name of the cosigner.
        expected: String,
        /// Its key id.
        expected_id: u32,
        /// Name on the line.
        found: String,
        /// Key id on the line.
        found_id: u32,
    },
    /// The line has another number of bytes than a cosignature.
    #[error("a cosignature has {COSIGNATURE_BYTES} bytes, that of {name} has {found}")]
    Length {
        /// Name of the cosigner.
        name: String,
        /// Bytes found, with the key id.
        found: usize,
    },
    /// The time is beyond 2^63 - 1.
    #[error("a cosignature is of at most 2^63 - 1 seconds, that of {name} of {found}")]
    Time {
        /// Name of the cosigner.
        name: String,
        /// Seconds found.
        found: u64,
    },
    /// The key has not signed this text at this time.
    #[error("the cosignature of key {key_id:08x} of {name} does not verify")]
    Signature {
        /// Name of the cosigner.
        name: String,
        /// Its key id.
        key_id: u32,
    },
    /// Two lines are by one cosigner: whoever collects replaces a line.
    #[error("{name} has cosigned twice")]
    Twice {
        /// Name of the cosigner.
        name: String,
    },
    /// There is no room for one more cosignature under this head.
    #[error(
        "a head has at most {COSIGNATURES_MAX} lines beside its own and {HEAD_BYTES_MAX} bytes"
    )]
    NoRoom,
}

/// The key of a witness or a mirror, under its name.
#[derive(Clone, PartialEq, Eq)]
pub struct CosignerKey {
    name: String,
    key: VerifyingKey,
    id: u32,
}

impl CosignerKey {
    /// A key under a name; `None` as for [`NoteKey::new`](crate::note::NoteKey::new).
    pub fn new(name: &str, key: [u8; 32]) -> Option<Self> {
        if !is_name(name) {
            return None;
        }
        Some(Self {
            name: name.into(),
            key: point(key)?,
            id: key_id(name, &key, Algorithm::CosignatureV1),
        })
    }

    /// The name that it cosigns under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of the public key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Its key id.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Whether a signature line is by this key, at whatever time, over this text: when.
    ///
    /// # Errors
    /// Every [`CosignatureFault`] but `Twice` and `NoRoom`.
    pub fn verify(&self, text: &str, line: &str) -> Result<UnixSeconds, CosignatureFault> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = SignatureLine::parse(line).map_err(|_| CosignatureFault::Form)?;
        if !self.is_of(&line) {
            return Err(CosignatureFault::OtherKey {
                expected: self.name.clone(),
                expected_id: self.id,
                found: line.name.to_string(),
                found_id: line.key_id,
            });
        }
        self.time_of(text, &line)
    }

    /// Whether a line claims to be by this key: its name and its id.
    fn is_of(&self, line: &SignatureLine<'_>) -> bool {
        line.key_id == self.id && line.name == self.name
    }

    /// The time of a line that claims to be by this key.
    fn time_of(
        &self,
        text: &str,
        line: &SignatureLine<'_>,
    ) -> Result<UnixSeconds, CosignatureFault> {
        let name = || self.name.clone();
        let length = || CosignatureFault::Length {
            name: name(),
            found: KEY_ID_BYTES.saturating_add(line.signature.len()),
        };
        let (time, signature) = line
            .signature
            .split_first_chunk::<TIME_BYTES>()
            .ok_or_else(length)?;
        let signature = <&[u8; 64]>::try_from(signature).map_err(|_| length())?;
        let found = u64::from_be_bytes(*time);
        let time = UnixSeconds::new(found).ok_or_else(|| CosignatureFault::Time {
            name: name(),
            found,
        })?;
        let signature = Signature::from_bytes(signature);
        self.key
            .verify_strict(message(text, time).as_bytes(), &signature)
            .map_err(|_| CosignatureFault::Signature {
                name: name(),
                key_id: self.id,
            })?;
        Ok(time)
    }
}

impl fmt::Debug for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosignerKey({}+{:08x})", self.name, self.id)
    }
}

/// That a cosigner has signed a note, and when by its own clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature<'a> {
    /// Whose key.
    pub cosigner: &'a CosignerKey,
    /// When.
    pub time: UnixSeconds,
}

/// What is signed.
fn message(text: &str, time: UnixSeconds) -> String {
    format!("cosignature/v1\ntime {}\n{text}", time.get())
}

/// The signature line, with its newline, by which `key` cosigns the text of a note under a name. The same for ever: Ed25519 is
/// deterministic.
pub fn sign(text: &str, name: &str, key: &SigningKey, time: UnixSeconds) -> String {
    let id = key_id(
        name,
        key.verifying_key().as_bytes(),
        Algorithm::CosignatureV1,
    );
    let signature = key.sign(message(text, time).as_bytes()).to_bytes();
    let body = [&time.get().to_be_bytes()[..], &signature].concat();
    SignatureLine::write(name, id, &body)
}

/// The cosignatures of a note by `known` cosigners, in their order. Lines of others are passed over.
///
/// # Errors
/// `Length`, `Time`, `Signature`, `Twice`: a line claims to be by a known cosigner and is not, or stands beside another one of
/// it. Nothing about such a note is to be trusted; to count the other lines all the same would reward who added it.
pub fn read<'a>(
    note: &Note<'_>,
    known: &'a [CosignerKey],
) -> Result<Vec<Cosignature<'a>>, CosignatureFault> {
    let mut cosignatures = Vec::new();
    for (number, cosigner) in known.iter().enumerate() {
        // One that is named twice still is one.
        if known.iter().take(number).any(|before| before == cosigner) {
            continue;
        }
        let mut lines = note.lines().iter().filter(|line| cosigner.is_of(line));
        let Some(line) = lines.next() else {
            continue;
        };
        let time = cosigner.time_of(note.text, line)?;
        if lines.next().is_some() {
            return Err(CosignatureFault::Twice {
                name: cosigner.name.clone(),
            });
        }
        cosignatures.push(Cosignature { cosigner, time });
    }
    Ok(cosignatures)
}

/// A head with the lines of its own chain and of these cosigners alone, in the order in which they stand there. No line is verified here.
pub fn keep(head: &Note<'_>, chain: &str, cosigners: &[&CosignerKey]) -> String {
    let mut note = format!("{}\n", head.text);
    for line in head.lines() {
        let is_kept = line.name == chain || cosigners.iter().any(|cosigner| cosigner.is_of(line));
        if is_kept {
            note.push_str(line.line);
            note.push('\n');
        }
    }
    note
}

/// The note of a head with one more cosignature. Of one cosigner stands one line, the newest, at the end: a line that is older than
/// the one that stands there, or of the same second, changes nothing; a wrong one that stands there goes.
///
/// # Errors
/// As [`CosignerKey::verify`]; `NoRoom` if the head would be longer than any that is read.
pub fn add(
    head: &Note<'_>,
    cosigner: &CosignerKey,
    line: &str,
) -> Result<String, CosignatureFault> {
    let time = cosigner.verify(head.text, line)?;
    let (own, others): (Vec<_>, Vec<_>) =
        head.lines().iter().partition(|line| cosigner.is_of(line));
    let standing = own
        .iter()
        .filter_map(|line| Some((cosigner.time_of(head.text, line).ok()?, line.line)))
        .max_by_key(|(time, _)| *time);
    let newest = match standing {
        Some((standing, old)) if standing >= time => old,
        _ => line.strip_suffix('\n').unwrap_or(line),
    };
    let mut note = format!("{}\n", head.text);
    for line in others.iter().map(|line| line.line).chain([newest]) {
        note.push_str(line);
        note.push('\n');
    }
    if others.len() > COSIGNATURES_MAX || note.len() > HEAD_BYTES_MAX {
        return Err(CosignatureFault::NoRoom);
    }
    Ok(note)
}
