//! The roster: which regions there are, whose keys sign and cosign from which size to which, where their nodes are, and which
//! TLS authority vouches for them. A signed note by root keys; each version names the one before.

mod lines;

use crate::{
    Invalid,
    cosignature::CosignerKey,
    hash::{Hash, derive},
    head::Origin,
    note::{Note, NoteKey},
    value::{Division, TreeSize},
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use base64ct::{Base64, Encoding};
use core::fmt::Write;
use lines::{Lines, key_bytes};

/// First line of a roster.
const HEADER: &str = "yizhang-roster/v2";
/// Context from which a version derives the hash of the one before.
pub const PREVIOUS_CONTEXT: &str = "yizhang 2026-11-29 v1 roster";
/// Most regions: provinces, and room for cities that are separate.
pub const REGIONS_MAX: usize = 256;
/// Most root keys.
pub const ROOT_KEYS_MAX: usize = 16;

/// What a key of a region signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// The heads of the region's chain.
    Chain,
    /// That its node saw a head, consistent with all that it saw before.
    Witness,
    /// That its node durably holds every entry up to a head.
    Mirror,
}

impl KeyKind {
    /// Every kind, in the order in which a roster has them.
    pub const ALL: [Self; 3] = [Self::Chain, Self::Witness, Self::Mirror];

    /// The word in the roster.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Witness => "witness",
            Self::Mirror => "mirror",
        }
    }

    /// The name under which a region's keys of this kind sign. What is signed by a cosigner does not hold the name, so that the
    /// keys differ, too.
    pub fn name(self, origin: &Origin) -> String {
        match self {
            Self::Chain => origin.to_string(),
            Self::Witness | Self::Mirror => format!("{origin}/{}", self.word()),
        }
    }
}

/// A key and the sizes of a head at which its signatures count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySpan<K> {
    /// The key, under its name.
    pub key: K,
    /// First size that it may sign.
    pub from: TreeSize,
    /// Last size that it may sign; none while it is in force.
    pub until: Option<TreeSize>,
}

/// A key of a chain, under the name of the chain.
pub type ChainKey = KeySpan<NoteKey>;
/// A key of a witness or a mirror. The sizes are those of the head that it cosigns, whatever its chain.
pub type CosigningKey = KeySpan<CosignerKey>;

impl<K> KeySpan<K> {
    /// A key that counts at all sizes.
    pub const fn always(key: K) -> Self {
        Self {
            key,
            from: TreeSize(0),
            until: None,
        }
    }

    /// Another key with the same span.
    const fn with<L>(&self, key: L) -> KeySpan<L> {
        KeySpan {
            key,
            from: self.from,
            until: self.until,
        }
    }

    /// Whether a signature on a head of this size counts.
    pub fn is_valid_at(&self, size: TreeSize) -> bool {
        self.from <= size && self.until.is_none_or(|until| size <= until)
    }
}

/// A region of the federation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its chain.
    pub origin: Origin,
    /// Where its node is reached, `https://host:port`.
    pub endpoint: String,
    /// The keys of its chain, oldest first.
    pub keys: Vec<ChainKey>,
    /// The keys of its node as a witness, oldest first.
    pub witness_keys: Vec<CosigningKey>,
    /// The keys of its node as a mirror, oldest first.
    pub mirror_keys: Vec<CosigningKey>,
}

impl Region {
    /// Its public keys of a kind, oldest first.
    pub fn public_keys(&self, kind: KeyKind) -> Vec<KeySpan<[u8; 32]>> {
        let cosigning = |keys: &[CosigningKey]| {
            let spans = keys.iter();
            spans.map(|span| span.with(span.key.to_bytes())).collect()
        };
        match kind {
            KeyKind::Chain => {
                let spans = self.keys.iter();
                spans.map(|span| span.with(span.key.to_bytes())).collect()
            }
            KeyKind::Witness => cosigning(&self.witness_keys),
            KeyKind::Mirror => cosigning(&self.mirror_keys),
        }
    }
}

/// The roster. Its values are those of a note whose signatures were checked, or of one that is about to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Name of the federation.
    pub federation: String,
    /// Version, from 1.
    pub version: u64,
    /// [`Roster::hash`] of the version before; [`Hash::ZERO`] for the first.
    pub previous: Hash,
    /// How many root keys must sign the next version.
    pub threshold: usize,
    /// Root keys.
    pub roots: Vec<[u8; 32]>,
    /// Certificate of the TLS authority of the federation, DER.
    pub tls_authority: Vec<u8>,
    /// Regions by division code.
    pub regions: BTreeMap<Division, Region>,
}

impl Roster {
    /// Opens a roster that enough of the `trusted` root keys have signed. What is enough is `threshold`, which comes with
    /// the trusted keys: from the operator for the first roster, from the previous roster for the next.
    ///
    /// # Errors
    /// [`Invalid::NoteForm`], [`Invalid::RosterForm`], [`Invalid::BadSignature`], [`Invalid::RosterSignatures`].
    pub fn open(bytes: &[u8], trusted: &[[u8; 32]], threshold: usize) -> Result<Self, Invalid> {
        let note = Note::parse(bytes)?;
        let roster = Self::parse(note.text)?;
        let name = root_key_name(&roster.federation);
        let mut signed = Vec::new();
        for root in trusted {
            let key = NoteKey::new(&name, *root).ok_or(Invalid::RosterForm {
                line: 2,
                reason: "a root key is no key",
            })?;
            if !signed.contains(root) && note.is_signed_by(&key)? {
                signed.push(*root);
            }
        }
        // A threshold of 0 would trust anybody.
        let needed = threshold.max(1);
        if signed.len() < needed {
            return Err(Invalid::RosterSignatures {
                needed,
                found: signed.len(),
            });
        }
        Ok(roster)
    }

    /// Opens the roster that is to follow this one: signed by enough of this one's root keys, of the same federation, of a
    /// greater version, and made from this one.
    ///
    /// # Errors
    /// As [`Roster::open`]; [`Invalid::RosterForm`] also for another federation or a version that is not greater;
    /// [`Invalid::RosterPrevious`] if it names another one before it.
    pub fn open_next(&self, bytes: &[u8]) -> Result<Self, Invalid> {
        let next = Self::open(bytes, &self.roots, self.threshold)?;
        let form = |line, reason| Err(Invalid::RosterForm { line, reason });
        match next {
            next if next.federation != self.federation => {
                form(2, "it is of another federation than the one before")
            }
            next if next.version <= self.version => {
                form(3, "its version is not above that of the one before")
            }
            next if next.previous != self.hash() => Err(Invalid::RosterPrevious {
                expected: self.hash(),
                found: next.previous,
            }),
            next => Ok(next),
        }
    }

    /// What the version after this one names it by.
    pub fn hash(&self) -> Hash {
        derive(PREVIOUS_CONTEXT, &[self.text().as_bytes()])
    }

    /// The keys of a chain; `None` if the roster does not name it.
    pub fn keys(&self, origin: &Origin) -> Option<&[ChainKey]> {
        self.region(origin).map(|region| region.keys.as_slice())
    }

    /// The region of a chain; `None` if the roster does not name it.
    pub fn region(&self, origin: &Origin) -> Option<&Region> {
        let region = self.regions.get(&origin.region())?;
        (region.origin == *origin).then_some(region)
    }

    /// Every chain of the federation.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.regions.values().map(|region| &region.origin)
    }

    /// The text that the root keys sign.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{HEADER}\nfederation {}\nversion {}\n",
            self.federation, self.version
        );
        let mut line = |arguments: core::fmt::Arguments<'_>| {
            // Writing to a string cannot fail.
            let _ = text.write_fmt(arguments);
            text.push('\n');
        };
        match self.previous {
            Hash::ZERO => line(format_args!("previous -")),
            previous => line(format_args!("previous {previous}")),
        }
        line(format_args!("threshold {}", self.threshold));
        for root in &self.roots {
            line(format_args!("root {}", Base64::encode_string(root)));
        }
        line(format_args!(
            "authority {}",
            Base64::encode_string(&self.tls_authority)
        ));
        for (code, region) in &self.regions {
            line(format_args!("region {code} {}", region.endpoint));
            for kind in KeyKind::ALL {
                for span in region.public_keys(kind) {
                    let key = Base64::encode_string(&span.key);
                    let until = span
                        .until
                        .map_or_else(|| "-".to_string(), |until| until.to_string());
                    line(format_args!(
                        "key {code} {} {key} {} {until}",
                        kind.word(),
                        span.from
                    ));
                }
            }
        }
        text
    }

    /// Reads the text of a roster: the lines in the order in which [`Roster::text`] writes them, and no other form.
    fn parse(text: &str) -> Result<Self, Invalid> {
        let mut lines = Lines::new(text);
        lines.expect(HEADER)?;
        let federation = lines.value("federation ")?.to_string();
        if !Origin::is_federation(&federation) {
            return Err(lines.fault(
                "the federation name is not 1 to 64 lower-case letters, digits, dots and dashes",
            ));
        }
        let version = lines.number("version ")?;
        if version == 0 {
            return Err(lines.fault("versions count from 1"));
        }
        let previous = lines.previous(version)?;
        let threshold = usize::try_from(lines.number("threshold ")?)
            .map_err(|_| lines.fault("the threshold is too large"))?;
        let name = root_key_name(&federation);
        let mut roots = Vec::new();
        while let Some(root) = lines.optional("root ") {
            let root = key_bytes(root).filter(|root| NoteKey::new(&name, *root).is_some());
            let root = root.ok_or(lines.fault("a root key is not an Ed25519 key in base64"))?;
            roots.push(lines.first_time(root)?);
        }
        if roots.is_empty()
            || roots.len() > ROOT_KEYS_MAX
            || !(1..=roots.len()).contains(&threshold)
        {
            return Err(lines.fault("expected 1 to 16 root keys and a threshold among them"));
        }
        let authority = lines.value("authority ")?;
        let tls_authority = Base64::decode_vec(authority)
            .map_err(|_| lines.fault("the authority is not base64"))?;
        let mut regions = BTreeMap::new();
        while let Some(region) = lines.optional("region ") {
            let (code, region) = lines.region(&federation, region)?;
            if regions.len() == REGIONS_MAX
                || regions
                    .last_key_value()
                    .is_some_and(|(last, _)| *last >= code)
            {
                return Err(lines.fault("regions are not in ascending order, or more than 256"));
            }
            regions.insert(code, region);
        }
        lines.end()?;
        let roster = Self {
            federation,
            version,
            previous,
            threshold,
            roots,
            tls_authority,
            regions,
        };
        if roster.text() == text {
            Ok(roster)
        } else {
            Err(Invalid::RosterForm {
                line: 1,
                reason: "not in canonical form",
            })
        }
    }
}

/// The name under which root keys sign.
pub fn root_key_name(federation: &str) -> String {
    format!("{federation}/root")
}
