//! The roster: which regions there are, whose keys sign from which size to which and cosign from when to when, where their nodes
//! are, and which TLS authority vouches for them. A signed note by root keys; each version names the one before.

mod lines;
mod trust;

use crate::{
    Invalid,
    cosignature::{CosignerKey, UnixSeconds},
    hash::{Hash, derive},
    head::{Head, Origin},
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
use core::fmt::{Display, Write};
use lines::{Lines, key_bytes};

pub use trust::{ROOT_CONTEXT, RootFingerprint, TrustFault, VERSIONS_MAX};

/// First line of a roster.
pub const HEADER: &str = "yizhang-roster/v2";
/// Context from which a version derives the hash of the one before.
pub const PREVIOUS_CONTEXT: &str = "yizhang 2026-11-29 v1 roster";
/// Most regions: provinces, and room for cities that are separate.
pub const REGIONS_MAX: usize = 256;
/// Most root keys.
pub const ROOT_KEYS_MAX: usize = 16;
/// Most keys of one kind of a region, those that have ended included: one a year for as long as a working life, and room.
pub const KEYS_MAX: usize = 64;
/// Most continuations of a chain: each is an accident of its region, and a region that has more of them has another trouble.
pub const CONTINUATIONS_MAX: usize = 16;

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

/// A key and where its signatures count: `P` is what is counted by, sizes or times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySpan<K, P> {
    /// The key, under its name.
    pub key: K,
    /// First point at which it may sign.
    pub from: P,
    /// Last point at which it may sign; none while it is in force.
    pub until: Option<P>,
}

/// A key of a chain, under the name of the chain, and the sizes of the heads that it may sign.
pub type ChainKey = KeySpan<NoteKey, TreeSize>;
/// A key of a witness or a mirror, and the times of its cosignatures that count. Not sizes: it cosigns many chains. Whoever has a lost
/// key can write any time, so that the end of such a key must lie before its loss.
pub type CosigningKey = KeySpan<CosignerKey, UnixSeconds>;

impl<K, P: Copy + Ord> KeySpan<K, P> {
    /// A key that counts from a point on.
    pub const fn since(key: K, from: P) -> Self {
        Self {
            key,
            from,
            until: None,
        }
    }

    /// Whether a signature at this point counts.
    pub fn is_valid_at(&self, point: P) -> bool {
        self.from <= point && self.until.is_none_or(|until| point <= until)
    }
}

impl ChainKey {
    /// A key that counts at all sizes.
    pub const fn always(key: NoteKey) -> Self {
        Self::since(key, TreeSize(0))
    }
}

impl CosigningKey {
    /// A key that counts at all times.
    pub const fn always(key: CosignerKey) -> Self {
        Self::since(key, UnixSeconds::ZERO)
    }
}

/// A state of a chain that the roster names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedTree {
    /// The size of its tree.
    pub size: TreeSize,
    /// The root of that tree.
    pub root: Hash,
}

/// Where a chain that has shown two histories goes on: up to `from` its entries are those under that root, and whatever else a key has
/// signed that counts up to there is none of the chain. No key counts on both sides of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// The last state that both histories have. What was signed between it and `from` is of one or the other.
    pub agreed: NamedTree,
    /// From where the chain goes on: the same, or a later state of the one that is to count.
    pub from: NamedTree,
}

impl Continuation {
    /// One from the last state that both histories have.
    pub const fn at(agreed: NamedTree) -> Self {
        Self {
            agreed,
            from: agreed,
        }
    }

    /// Whether a head of this size is of one of the two histories, and nothing but its root, compared with a copy of the chain, says of which.
    pub fn leaves_open(&self, size: TreeSize) -> bool {
        self.agreed.size < size && size < self.from.size
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
    /// Where its chain goes on after each time that it had shown two histories, in ascending order of sizes.
    pub continuations: Vec<Continuation>,
}

impl Region {
    /// From where the chain goes on since the last time that it had shown two histories; none if it never has.
    pub fn continuation(&self) -> Option<Continuation> {
        self.continuations.last().copied()
    }

    /// The root that the roster gives the chain at a size; none if it leaves that to the chain.
    pub fn root_at(&self, size: TreeSize) -> Option<Hash> {
        let named = self.continuations.iter();
        let mut trees = named.flat_map(|named| [named.agreed, named.from]);
        trees.find(|tree| tree.size == size).map(|tree| tree.root)
    }

    /// The continuation that leaves open of which history a head of this size is; none if that is clear.
    pub fn doubt(&self, size: TreeSize) -> Option<Continuation> {
        let mut continuations = self.continuations.iter();
        continuations.find(|one| one.leaves_open(size)).copied()
    }

    /// Its keys as witness or as mirror, oldest first; those of its chain are of another type, and none of these.
    pub fn cosigning_keys(&self, kind: KeyKind) -> &[CosigningKey] {
        match kind {
            KeyKind::Chain => &[],
            KeyKind::Witness => &self.witness_keys,
            KeyKind::Mirror => &self.mirror_keys,
        }
    }

    /// Its public keys of a kind, oldest first.
    pub fn public_keys(&self, kind: KeyKind) -> Vec<[u8; 32]> {
        match kind {
            KeyKind::Chain => self.keys.iter().map(|span| span.key.to_bytes()).collect(),
            KeyKind::Witness | KeyKind::Mirror => {
                let keys = self.cosigning_keys(kind).iter();
                keys.map(|span| span.key.to_bytes()).collect()
            }
        }
    }

    /// Its lines of a kind in the text of a roster.
    fn key_lines(&self, kind: KeyKind) -> Vec<String> {
        let prefix = format!("key {} {}", self.origin.region(), kind.word());
        match kind {
            KeyKind::Chain => {
                let keys = self.keys.iter();
                keys.map(|span| span.line(&prefix, &span.key.to_bytes()))
                    .collect()
            }
            KeyKind::Witness | KeyKind::Mirror => {
                let keys = self.cosigning_keys(kind).iter();
                keys.map(|span| span.line(&prefix, &span.key.to_bytes()))
                    .collect()
            }
        }
    }
}

impl<K, P: Display> KeySpan<K, P> {
    /// Its line in the text of a roster.
    fn line(&self, prefix: &str, key: &[u8; 32]) -> String {
        let (key, from) = (Base64::encode_string(key), &self.from);
        match &self.until {
            Some(until) => format!("{prefix} {key} {from} {until}"),
            None => format!("{prefix} {key} {from} -"),
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
    /// How many mirrors must have cosigned what a submitter may rely on, unless he asks for another number.
    pub mirrors: u8,
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

    /// Opens the roster that is to follow this one: signed by enough of this one's root keys, of the same federation, of the
    /// next version, and made from this one.
    ///
    /// # Errors
    /// As [`Roster::open`]; [`Invalid::RosterForm`] also for another federation or another version than the next;
    /// [`Invalid::RosterPrevious`] if it names another one before it.
    pub fn open_next(&self, bytes: &[u8]) -> Result<Self, Invalid> {
        let next = Self::open(bytes, &self.roots, self.threshold)?;
        let form = |line, reason| Err(Invalid::RosterForm { line, reason });
        match next {
            next if next.federation != self.federation => {
                form(2, "it is of another federation than the one before")
            }
            next if Some(next.version) != self.version.checked_add(1) => {
                form(3, "its version is not the one after that of the one before")
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

    /// Whether the roster has decided what stands up to this head: its chain has shown two histories, and goes on from there or later.
    pub fn is_settled(&self, head: &Head) -> bool {
        let continuation = self.continuation(&head.origin);
        continuation.is_some_and(|continuation| head.size <= continuation.from.size)
    }

    /// The continuation that leaves open whether this head is of a history that was given up; none if that is clear.
    pub fn doubt(&self, head: &Head) -> Option<Continuation> {
        self.region(&head.origin)?.doubt(head.size)
    }

    /// Whether this head may be of a history that was given up: it says nothing of the chain by itself.
    pub fn is_in_doubt(&self, head: &Head) -> bool {
        self.doubt(head).is_some()
    }

    /// From where a chain goes on since the last time that it had shown two histories; none if it never has.
    pub fn continuation(&self, origin: &Origin) -> Option<Continuation> {
        self.region(origin).and_then(Region::continuation)
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
        line(format_args!("mirrors {}", self.mirrors));
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
                for key in region.key_lines(kind) {
                    line(format_args!("{key}"));
                }
            }
            for Continuation { agreed, from } in &region.continuations {
                line(format_args!(
                    "continues {code} {} {} {} {}",
                    agreed.size, agreed.root, from.size, from.root
                ));
            }
        }
        text
    }

    /// Reads the text of a roster: the lines in the order in which [`Roster::text`] writes them, and no other form. Who has signed
    /// it is for [`Roster::open`]; a proposal has been signed by nobody.
    ///
    /// # Errors
    /// [`Invalid::RosterForm`].
    pub fn parse(text: &str) -> Result<Self, Invalid> {
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
        let mirrors = u8::try_from(lines.number("mirrors ")?)
            .map_err(|_| lines.fault("more than 255 mirrors"))?;
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
            mirrors,
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
