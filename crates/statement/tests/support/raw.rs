//! A statement's file as its form has it, to be changed where [`yizhang_statement::Content`] lets nobody: docs/FORMAT.md, "Statements".

use bincode::{BorrowDecode, Encode};
use ed25519_dalek::SigningKey;
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec};
use yizhang_ledger::{
    codec::{decode_within, encode_whole},
    hash::{Hash, derive},
    note,
};
use yizhang_statement::{PORTABLE_MAGIC, PORTABLE_SECTION_BYTES_MAX};

pub(crate) const SUBJECT: u8 = 1;
pub(crate) const CHAINS: u8 = 2;
pub(crate) const ROSTER: u8 = 3;
pub(crate) const RULES: u8 = 4;
pub(crate) const ACCOUNT: u8 = 5;
pub(crate) const ISSUER: u8 = 6;
pub(crate) const OPENING: u8 = 7;
pub(crate) const HIDDEN: u8 = 8;
const DIGEST_CONTEXT: &str = "yizhang 2026-11-30 v1 statement";

/// A section as it lies in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawSection {
    pub(crate) name: u8,
    pub(crate) said: u32,
    pub(crate) stored: Vec<u8>,
}

/// All sections of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawFile(pub(crate) Vec<RawSection>);

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawSubject {
    pub(crate) owner: [u8; 16],
    pub(crate) accounts: Vec<[u8; 16]>,
    pub(crate) strangers: Vec<[u8; 16]>,
    pub(crate) names: Vec<RawNames>,
    pub(crate) as_of: u32,
    pub(crate) issued: u32,
    pub(crate) commitment: Option<[u8; 32]>,
    pub(crate) cover: RawCover,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) enum RawCover {
    Whole,
    Part {
        first: u16,
        last: u16,
        schemes: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawHidden {
    pub(crate) index: u64,
    pub(crate) leaf: [u8; 32],
    pub(crate) accounts: Vec<[u8; 16]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawNames {
    pub(crate) account: [u8; 16],
    pub(crate) others: Vec<[u8; 16]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawChain {
    pub(crate) head: Vec<u8>,
    pub(crate) register: Option<RawRegister>,
    pub(crate) records: Vec<RawRecord>,
    pub(crate) hashes: Vec<[u8; 32]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawRecord {
    pub(crate) index: u64,
    pub(crate) entry: Vec<u8>,
    pub(crate) is_tied: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawRegister {
    pub(crate) index: u64,
    pub(crate) entry: Vec<u8>,
    pub(crate) batch_index: u64,
    pub(crate) batch: Vec<u8>,
    pub(crate) accounts: Vec<RawPlace>,
    pub(crate) hashes: Vec<[u8; 32]>,
    pub(crate) cosigned: Option<RawCosigned>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawCosigned {
    pub(crate) head: Vec<u8>,
    pub(crate) path: Vec<[u8; 32]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawPlace {
    pub(crate) account: [u8; 16],
    pub(crate) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) enum Place {
    Present {
        index: u64,
        content: [u8; 32],
    },
    Absent {
        before: u64,
        left: Option<RawLeaf>,
        right: Option<RawLeaf>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub(crate) struct RawLeaf {
    pub(crate) account: [u8; 16],
    pub(crate) content: [u8; 32],
}

/// Who signs a changed file.
pub(crate) struct Signer<'a> {
    pub(crate) origin: &'a str,
    pub(crate) day: &'a str,
    pub(crate) key: &'a SigningKey,
}

impl RawFile {
    /// The sections of a file that is whole.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut rest = &bytes[PORTABLE_MAGIC.len()..];
        let mut sections = Vec::new();
        while let [name, header @ ..] = rest {
            let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
            let end = 8 + number(0) as usize;
            sections.push(RawSection {
                name: *name,
                said: number(4),
                stored: header[8..end].to_vec(),
            });
            rest = &header[end..];
        }
        Self(sections)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = PORTABLE_MAGIC.to_vec();
        for section in &self.0 {
            bytes.push(section.name);
            let stored = u32::try_from(section.stored.len()).unwrap();
            bytes.extend_from_slice(&stored.to_le_bytes());
            bytes.extend_from_slice(&section.said.to_le_bytes());
            bytes.extend_from_slice(&section.stored);
        }
        bytes
    }

    pub(crate) fn section(&mut self, name: u8) -> &mut RawSection {
        let found = self.0.iter_mut().find(|section| section.name == name);
        found.expect("a section that is there")
    }

    /// A section before it was compressed.
    pub(crate) fn plain(&mut self, name: u8) -> Vec<u8> {
        decompress_to_vec(&self.section(name).stored).unwrap()
    }

    /// A section with other bytes, compressed.
    pub(crate) fn set_plain(&mut self, name: u8, plain: &[u8]) {
        let section = self.section(name);
        section.said = u32::try_from(plain.len()).unwrap();
        section.stored = compress_to_vec(plain, 9);
    }

    /// A section that is not compressed, with other bytes.
    pub(crate) fn set_stored(&mut self, name: u8, bytes: &[u8]) {
        let section = self.section(name);
        section.said = u32::try_from(bytes.len()).unwrap();
        section.stored = bytes.to_vec();
    }

    /// The fields of a section.
    pub(crate) fn read<T: for<'a> BorrowDecode<'a, ()> + Encode>(&mut self, name: u8) -> T {
        decode_within::<PORTABLE_SECTION_BYTES_MAX, T>(&self.plain(name)).unwrap()
    }

    /// A section with other fields.
    pub(crate) fn write(&mut self, name: u8, value: &impl Encode) {
        self.set_plain(name, &encode_whole(value).unwrap());
    }

    /// Changes the fields of the subject.
    pub(crate) fn change_subject(&mut self, change: impl FnOnce(&mut RawSubject)) {
        let mut subject: RawSubject = self.read(SUBJECT);
        change(&mut subject);
        self.write(SUBJECT, &subject);
    }

    /// Changes the chains.
    pub(crate) fn change_chains(&mut self, change: impl FnOnce(&mut Vec<RawChain>)) {
        let mut chains: Vec<RawChain> = self.read(CHAINS);
        change(&mut chains);
        self.write(CHAINS, &chains);
    }

    /// Changes the hidden records of an excerpt.
    pub(crate) fn change_hidden(&mut self, change: impl FnOnce(&mut Vec<Vec<RawHidden>>)) {
        let mut hidden: Vec<Vec<RawHidden>> = self.read(HIDDEN);
        change(&mut hidden);
        self.write(HIDDEN, &hidden);
    }

    /// What the issuer of the file as it is now would sign.
    fn digest(&self) -> Hash {
        let before = self.0.iter().take_while(|section| section.name != ISSUER);
        let before = Self(before.cloned().collect()).to_bytes();
        derive(DIGEST_CONTEXT, &[&before])
    }

    /// What the issuer's note says of the file as it is now.
    pub(crate) fn text(&self, signer: &Signer<'_>) -> String {
        let Signer { origin, day, .. } = signer;
        format!("yizhang-statement/v1\n{origin}\n{day}\n{}\n", self.digest())
    }

    /// Signs what was changed.
    pub(crate) fn sign(&mut self, signer: &Signer<'_>) {
        let note = note::sign(&self.text(signer), signer.origin, signer.key);
        self.set_stored(ISSUER, note.as_bytes());
    }
}
