//! The versions of the roster that a directory has: the one that its holder trusts to begin with, and those that follow from it, each
//! a file of its own. Nothing is ever taken out.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    Invalid,
    hash::Hash,
    note::{NOTE_BYTES_MAX, Note},
    roster::Roster,
};

/// Folder of the versions behind the first, in a directory of credentials.
const FOLDER: &str = "rosters";
/// Most versions behind the first that are kept: one a week for eighty years.
const VERSIONS_MAX: usize = 4_096;
/// Most notes that are kept beside versions with the same number: the first is what calls for people.
const OTHERS_MAX: usize = 4;
/// Digits of a hash in the name of such a note.
const NAME_DIGITS: usize = 16;

/// The versions of a directory.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
    /// Oldest first, without gaps; never empty.
    versions: Vec<Version>,
    newest: Roster,
    /// Versions with the number of one that is here and another content, which the root keys have signed as well.
    others: Vec<Other>,
}

/// A number with which the root keys have signed two versions of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedTwice {
    /// The number.
    pub version: u64,
    /// Hash of the one that is held.
    pub held: Hash,
    /// Hash of the other.
    pub other: Hash,
}

/// The other one of two versions with one number.
#[derive(Clone, Debug)]
struct Other {
    twice: SignedTwice,
    note: Vec<u8>,
}

/// A version that was verified.
#[derive(Clone, Debug)]
struct Version {
    number: u64,
    hash: Hash,
    note: Vec<u8>,
}

/// Where a version is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeping {
    InFile,
    InMemory,
}

/// What became of a version that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the newest now, and durable.
    New,
    /// It was there already, or is from before the first that is trusted here.
    Known,
}

/// Why a version is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// It is no roster, or not enough root keys have signed it, or it does not follow.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The root keys have signed two versions with one number.
    #[error(
        "two versions {version} of the roster are signed: {known} is held here, {found} was handed over"
    )]
    Forked {
        /// The number.
        version: u64,
        /// Hash of the one that is held.
        known: Hash,
        /// Hash of the other.
        found: Hash,
    },
    /// Versions between it and the newest one here are missing.
    #[error(
        "version {found} of the roster does not follow version {newest}, which is the newest here"
    )]
    Gap {
        /// The newest one here.
        newest: u64,
        /// The one that was handed over.
        found: u64,
    },
    /// There are as many as are kept.
    #[error("more than {VERSIONS_MAX} versions of the roster")]
    TooMany,
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Shelf {
    /// Reads the versions behind a trusted one that are kept in a directory.
    ///
    /// # Errors
    /// [`ShelfError::Io`]; [`ShelfError::Invalid`] for a file that does not follow from the one before it.
    pub fn open(directory: &Path, trusted: Roster, note: Vec<u8>) -> Result<Self, ShelfError> {
        let mut shelf = Self {
            folder: directory.join(FOLDER),
            versions: vec![Version {
                number: trusted.version,
                hash: trusted.hash(),
                note,
            }],
            newest: trusted,
            others: Vec::new(),
        };
        while let Some(next) = shelf.newest.version.checked_add(1) {
            let Some(note) = read(&path(&shelf.folder, next))? else {
                break;
            };
            let roster = shelf.newest.open_next(&note)?;
            shelf.put(roster, note)?;
        }
        shelf.read_others()?;
        Ok(shelf)
    }

    /// Reads the notes that are kept beside versions. What says nothing any more is passed over.
    fn read_others(&mut self) -> Result<(), ShelfError> {
        for name in other_names(&self.folder)? {
            let note = read(&self.folder.join(name))?;
            if let Some(note) = note
                && let Some(twice) = self.contradiction(&note)
                && self.others.len() < OTHERS_MAX
            {
                self.others.push(Other { twice, note });
            }
        }
        Ok(())
    }

    /// What a note shows beside the versions here: that enough root keys have signed two with one number. None if it is one of these, or
    /// not so signed.
    pub fn contradiction(&self, note: &[u8]) -> Option<SignedTwice> {
        let other = self.signed(note)?;
        let held = self.hash_of(other.version)?;
        twice(other.version, held, other.hash())
    }

    /// What two notes show, by the root keys of the versions here, whether one of the notes is here or not.
    pub fn contradict(&self, held: &[u8], other: &[u8]) -> Option<SignedTwice> {
        let [held, other] = [self.signed(held)?, self.signed(other)?];
        let is_one_number = held.version == other.version;
        let shown = twice(held.version, held.hash(), other.hash());
        shown.filter(|_| is_one_number)
    }

    /// The roster in a note, if enough root keys have signed it: those of the version before it, if that is here, or, where it has the
    /// number of the first one here, which is trusted as it is, those that this one names.
    fn signed(&self, note: &[u8]) -> Option<Roster> {
        let stated = Roster::parse(Note::parse(note).ok()?.text).ok()?;
        let before = stated.version.checked_sub(1)?;
        let mut kept = self.versions.iter();
        if let Some(before) = kept.find(|kept| kept.number == before) {
            return roster_in(&before.note).open_next(note).ok();
        }
        let first = roster_in(&self.versions.first()?.note);
        if (stated.version, &stated.federation) != (first.version, &first.federation) {
            return None;
        }
        Roster::open(note, &first.roots, first.threshold).ok()
    }

    /// Keeps a note beside the version that it contradicts. None if it contradicts none, is here already, or there are enough. Durable
    /// when it returns.
    ///
    /// # Errors
    /// [`ShelfError::Io`].
    pub fn keep_other(&mut self, note: &[u8]) -> Result<Option<SignedTwice>, ShelfError> {
        let Some(twice) = self.contradiction(note) else {
            return Ok(None);
        };
        let is_known = self.others.iter().any(|other| other.twice == twice);
        if is_known || self.others.len() >= OTHERS_MAX {
            return Ok(None);
        }
        write(&self.folder, &self.folder.join(other_name(&twice)), note)?;
        let note = note.to_vec();
        self.others.push(Other { twice, note });
        Ok(Some(twice))
    }

    /// The numbers with which two versions are known to be signed.
    pub fn signed_twice(&self) -> impl Iterator<Item = SignedTwice> {
        self.others.iter().map(|other| other.twice)
    }

    /// The two notes of each of these, the one held here first.
    pub fn notes_signed_twice(&self) -> impl Iterator<Item = (u64, [&[u8]; 2])> {
        self.others.iter().filter_map(|other| {
            let version = other.twice.version;
            let mut kept = self.versions.iter();
            let held = kept.find(|kept| kept.number == version)?;
            Some((version, [held.note.as_slice(), other.note.as_slice()]))
        })
    }

    /// The hash of a version that is here.
    pub fn hash_of(&self, version: u64) -> Option<Hash> {
        let mut kept = self.versions.iter();
        let kept = kept.find(|kept| kept.number == version)?;
        Some(kept.hash)
    }

    /// The number of the first version that is here.
    pub fn first(&self) -> u64 {
        let first = self.versions.first();
        first.expect("a shelf begins with one version").number
    }

    /// The newest version.
    pub const fn newest(&self) -> &Roster {
        &self.newest
    }

    /// The note that the newest version came in.
    pub fn newest_note(&self) -> &[u8] {
        let newest = self.versions.last();
        &newest.expect("a shelf begins with one version").note
    }

    /// The notes of all versions here above one, oldest first.
    pub fn after(&self, version: u64) -> impl Iterator<Item = &[u8]> {
        let later = self.versions.iter();
        let later = later.skip_while(move |kept| kept.number <= version);
        later.map(|kept| kept.note.as_slice())
    }

    /// All versions here, newest first: what one of them says of keys another may say otherwise.
    pub fn rosters(&self) -> impl Iterator<Item = Roster> {
        let kept = self.versions.iter().rev();
        kept.map(|kept| roster_in(&kept.note))
    }

    /// Which version a note says that it is; what it says has not been checked.
    ///
    /// # Errors
    /// [`ShelfError::Invalid`].
    pub fn number_of(note: &[u8]) -> Result<u64, ShelfError> {
        Ok(Roster::parse(Note::parse(note)?.text)?.version)
    }

    /// Takes a version that follows from the newest one. Durable when it returns.
    ///
    /// # Errors
    /// Any [`ShelfError`]; nothing has changed then.
    pub fn take(&mut self, note: &[u8]) -> Result<Taken, ShelfError> {
        self.admit(note, Keeping::InFile)
    }

    /// As [`Shelf::take`], but writes nothing.
    ///
    /// # Errors
    /// As [`Shelf::take`].
    pub fn follow(&mut self, note: &[u8]) -> Result<Taken, ShelfError> {
        self.admit(note, Keeping::InMemory)
    }

    fn admit(&mut self, note: &[u8], keeping: Keeping) -> Result<Taken, ShelfError> {
        let stated = Roster::parse(Note::parse(note)?.text)?;
        if stated.version <= self.newest.version {
            return self.is_known(&stated);
        }
        if Some(stated.version) != self.newest.version.checked_add(1) {
            return Err(ShelfError::Gap {
                newest: self.newest.version,
                found: stated.version,
            });
        }
        let roster = self.newest.open_next(note)?;
        if self.versions.len() > VERSIONS_MAX {
            return Err(ShelfError::TooMany);
        }
        if keeping == Keeping::InFile {
            write(&self.folder, &path(&self.folder, roster.version), note)?;
        }
        self.put(roster, note.to_vec())?;
        Ok(Taken::New)
    }

    /// A version with the number of one that is held, or with a smaller one.
    fn is_known(&self, stated: &Roster) -> Result<Taken, ShelfError> {
        let same_number = |kept: &&Version| kept.number == stated.version;
        match self.versions.iter().find(same_number) {
            Some(kept) if kept.hash != stated.hash() => Err(ShelfError::Forked {
                version: stated.version,
                known: kept.hash,
                found: stated.hash(),
            }),
            _ => Ok(Taken::Known),
        }
    }

    fn put(&mut self, roster: Roster, note: Vec<u8>) -> Result<(), ShelfError> {
        if self.versions.len() > VERSIONS_MAX {
            return Err(ShelfError::TooMany);
        }
        self.versions.push(Version {
            number: roster.version,
            hash: roster.hash(),
            note,
        });
        self.newest = roster;
        Ok(())
    }
}

/// That two versions have one number, unless they are one.
fn twice(version: u64, held: Hash, other: Hash) -> Option<SignedTwice> {
    (held != other).then_some(SignedTwice {
        version,
        held,
        other,
    })
}

/// The roster in a note that a shelf has.
fn roster_in(note: &[u8]) -> Roster {
    let note = Note::parse(note).expect("it was read when it was taken");
    Roster::parse(note.text).expect("it was read when it was taken")
}

/// The file of a version that another of its number contradicts.
fn other_name(twice: &SignedTwice) -> String {
    let hash = twice.other.to_string();
    let digits: String = hash.chars().take(NAME_DIGITS).collect();
    format!("{}-{digits}.note", twice.version)
}

/// The names of such files in a folder, in order; none if there is no folder.
fn other_names(folder: &Path) -> Result<Vec<String>, ShelfError> {
    let io = |source| ShelfError::Io {
        path: folder.to_path_buf(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        // A name that is no text is none of ours.
        names.extend(entry.map_err(io)?.file_name().into_string());
    }
    names.retain(|name| {
        let stem = name.strip_suffix(".note");
        stem.is_some_and(|stem| stem.contains('-'))
    });
    names.sort();
    Ok(names)
}

/// The file of a version.
fn path(folder: &Path, version: u64) -> PathBuf {
    folder.join(format!("{version}.note"))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, ShelfError> {
    let io = |source| ShelfError::Io {
        path: path.to_path_buf(),
        source,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let limit = u64::try_from(NOTE_BYTES_MAX + 1).expect("a limit of some hundred kilobytes");
    let mut note = Vec::new();
    // One that is longer is refused by its reader.
    file.take(limit).read_to_end(&mut note).map_err(io)?;
    Ok(Some(note))
}

/// Writes a note, by way of a temporary name. A crash before the end leaves none, or all of it.
fn write(folder: &Path, target: &Path, note: &[u8]) -> Result<(), ShelfError> {
    let io = |source| ShelfError::Io {
        path: target.to_path_buf(),
        source,
    };
    fs::create_dir_all(folder).map_err(io)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    file.write_all(note)
        .and_then(|()| file.as_file().sync_all())
        .map_err(io)?;
    file.persist(target).map_err(|error| io(error.error))?;
    let sync = |folder: &Path| File::open(folder).and_then(|folder| folder.sync_all());
    sync(folder).map_err(io)?;
    match folder.parent() {
        Some(parent) => sync(parent).map_err(io),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
