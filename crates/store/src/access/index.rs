//! Where the entries of an account stand in the access log, so that three years need not be read to show one account's: for each ended day
//! a small sorted file in `access-index/`. All of it is derived from the log, which stays the truth: what is missing, damaged or does not
//! fit is made again, and an entry counts as the log has it. Of the newest day, which grows, the places are kept in memory.

use super::{
    entry::{AccessEntry, Subject},
    file::{
        AccessFault, DaySummary, PlacedEntry, Scan, list, read_entry, scan_behind, scan_placed,
    },
    log::keep_private,
    path,
};
use crate::{
    disk::{Disk, failed},
    error::Result,
    number::{Fields, wide},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    hash::{Hash, derive},
    person::AccountId,
    value::Day,
};

const FOLDER: &str = "access-index";
const MAGIC: [u8; 8] = *b"YZACI\x00\x01\n";
const CONTEXT: &str = "yizhang 2026-11-30 v1 access index";
/// Magic, day and zeros, entries, the hashes before and last, length of the day's file, places.
const FIELDS_BYTES: usize = 8 + 8 + 8 + 32 + 32 + 8 + 8;
const HEADER_BYTES: usize = FIELDS_BYTES + 32;
/// An account, and where an entry of it stands.
const PLACE_BYTES: usize = 24;
/// Where a place says whose reading it is.
const OWN_BIT: u64 = 1 << 63;
/// Days whose file is made while somebody waits for an answer: a second's work where they are large. What is missing beyond that is
/// named, and made by [`AccessIndex::catch_up`].
const MADE_MEANWHILE_MAX: usize = 8;
/// The business of entries of workers who read their own.
const OWN_BUSINESS: &str = "holder";

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct AccessQuery<'q> {
    /// The accounts.
    pub accounts: &'q BTreeSet<AccountId>,
    /// Most entries of others.
    pub others_max: usize,
    /// Most entries of workers who read their own.
    pub own_max: usize,
}

/// What was found: the newest entries.
#[derive(Clone, Debug, Default)]
pub struct AccessFound {
    /// Newest first.
    pub entries: Vec<FoundEntry>,
    /// Entries of others that are older than those.
    pub others_left: u64,
    /// Entries of the workers themselves that are older than those.
    pub own_left: u64,
    /// The days of the entries, newest first.
    pub days: Vec<FoundDay>,
    /// Days that cannot be read, or not yet, newest first.
    pub unread: Vec<Day>,
    /// The oldest day that is kept.
    pub first: Option<Day>,
}

/// An entry of a day.
#[derive(Clone, Debug)]
pub struct FoundEntry {
    /// The day of the file that it stands in.
    pub day: Day,
    /// The entry.
    pub entry: AccessEntry,
}

/// A day with entries that were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundDay {
    /// As its file has it.
    pub summary: DaySummary,
    /// Whether it may grow.
    pub is_open: bool,
}

/// The places of all accounts in the log of a data directory.
pub struct AccessIndex {
    data: PathBuf,
    /// Days whose file of places was verified in this run.
    ended: BTreeMap<Day, Header>,
    newest: Option<Newest>,
}

/// The newest day, as far as it was read.
struct Newest {
    scan: Scan,
    places: Vec<Place>,
}

/// Where an entry of an account stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    account: AccountId,
    /// Where in the file of the day; the highest bit says that it is the worker's own reading.
    word: u64,
}

/// The header of a day's file of places.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Header {
    summary: DaySummary,
    /// Length of the day's own file.
    length: u64,
    places: u64,
}

impl Place {
    fn of(placed: &PlacedEntry) -> Option<Self> {
        let Subject::Account(account) = placed.entry.subject else {
            return None;
        };
        let own = if placed.entry.business == OWN_BUSINESS {
            OWN_BIT
        } else {
            0
        };
        Some(Self {
            account,
            word: placed.offset | own,
        })
    }

    const fn offset(self) -> u64 {
        self.word & !OWN_BIT
    }

    const fn is_own(self) -> bool {
        self.word & OWN_BIT != 0
    }
}

impl AccessIndex {
    /// Of a data directory. Nothing is read yet.
    pub fn of(data: &Path) -> Self {
        Self {
            data: data.to_path_buf(),
            ended: BTreeMap::new(),
            newest: None,
        }
    }

    /// Finds the newest entries of accounts, also while the log is written.
    ///
    /// # Errors
    /// [`crate::StoreError::Io`] if the log's folder cannot be listed. A day that cannot be read is named in what was found.
    pub fn find(&mut self, query: AccessQuery<'_>) -> Result<AccessFound> {
        let (days, _) = list(&self.data)?;
        let mut found = AccessFound {
            first: days.first().copied(),
            ..AccessFound::default()
        };
        let mut made = 0;
        for day in days.iter().rev().copied() {
            let is_newest = days.last() == Some(&day);
            let places = if is_newest {
                self.in_newest(day, query.accounts)
            } else if self.is_made(day) || made < MADE_MEANWHILE_MAX {
                made += usize::from(!self.is_made(day));
                self.in_ended(day, query.accounts)
            } else {
                Ok(None)
            };
            match places {
                Ok(Some(places)) => {
                    let summary = self.summary(day);
                    let day = FoundDay {
                        summary,
                        is_open: is_newest,
                    };
                    if !take(&self.data, query, day, places, &mut found) {
                        found.unread.push(summary.day);
                    }
                }
                Ok(None) => found.unread.push(day),
                Err(error) => {
                    tracing::warn!(%day, %error, "a day of the access log cannot be looked through");
                    found.unread.push(day);
                }
            }
        }
        Ok(found)
    }

    /// The days in which entries of accounts stand, and those that cannot be looked through, oldest first.
    ///
    /// # Errors
    /// [`crate::StoreError::Io`].
    pub fn days_of(&mut self, accounts: &BTreeSet<AccountId>) -> Result<Vec<Day>> {
        let (mut days, _) = list(&self.data)?;
        let newest = days.last().copied();
        days.retain(|day| {
            let places = if Some(*day) == newest {
                self.in_newest(*day, accounts)
            } else {
                self.in_ended(*day, accounts)
            };
            // Whoever reads such a day finds out what is wrong with it.
            !matches!(places, Ok(Some(places)) if places.is_empty())
        });
        Ok(days)
    }

    /// Makes the file of places of the newest ended day that has none, and lets go of those of days that are gone. False when there is
    /// nothing more to do.
    ///
    /// # Errors
    /// [`crate::StoreError::Io`].
    pub fn catch_up(&mut self) -> Result<bool> {
        let (days, _) = list(&self.data)?;
        remove_others(&self.data, &days)?;
        self.ended.retain(|day, _| days.contains(day));
        let ended = days.split_last().map_or(&[][..], |(_, ended)| ended);
        for day in ended.iter().rev().copied() {
            // One that was changed is named by whoever looks, and keeps no other from being made.
            if !self.is_made(day) && self.header(day)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the places of an ended day are known to fit, or a file says so.
    fn is_made(&self, day: Day) -> bool {
        self.ended.contains_key(&day) || index_path(&self.data, day).exists()
    }

    fn summary(&self, day: Day) -> DaySummary {
        let newest = self.newest.as_ref().map(|newest| newest.scan.summary);
        let ended = self.ended.get(&day).map(|header| header.summary);
        ended
            .or(newest)
            .expect("the places of the day were found above")
    }

    /// The places of accounts in the newest day; none if it was changed.
    fn in_newest(
        &mut self,
        day: Day,
        accounts: &BTreeSet<AccountId>,
    ) -> Result<Option<Vec<Place>>> {
        let path = path(&self.data, day);
        let known = self.newest.take();
        let known = known.filter(|newest| newest.scan.summary.day == day);
        let mut newest = if let Some(mut newest) = known {
            let places = &mut newest.places;
            let each = &mut |placed| places.extend(Place::of(&placed));
            scan_behind(&path, &mut newest.scan, each)?;
            newest
        } else {
            let mut places = Vec::new();
            let each = &mut |placed| places.extend(Place::of(&placed));
            let scan = scan_placed(&path, day, each)?;
            Newest { scan, places }
        };
        // What is being written at this moment is not there yet.
        if let Some((_, AccessFault::Torn { .. })) = newest.scan.fault {
            newest.scan.fault = None;
        }
        if newest.scan.fault.is_some() {
            return Ok(None);
        }
        let places = newest.places.iter();
        let places = places.filter(|place| accounts.contains(&place.account));
        let places = places.copied().collect();
        // What was read of an ended day before it ended is in its file of places.
        self.ended.remove(&day);
        self.newest = Some(newest);
        Ok(Some(places))
    }

    /// The places of accounts in an ended day; none if it was changed.
    fn in_ended(&mut self, day: Day, accounts: &BTreeSet<AccountId>) -> Result<Option<Vec<Place>>> {
        let Some(header) = self.header(day)? else {
            return Ok(None);
        };
        let path = index_path(&self.data, day);
        let file = File::open(&path).map_err(failed("open", &path))?;
        let mut places = Vec::new();
        for account in accounts {
            find_in(&file, header.places, *account, &mut places).map_err(failed("read", &path))?;
        }
        Ok(Some(places))
    }

    /// The header of a day's file of places, which is made if it is not there or does not fit; none if the day was changed.
    fn header(&mut self, day: Day) -> Result<Option<Header>> {
        let log = path(&self.data, day);
        let length = fs::metadata(&log).map_err(failed("read", &log))?.len();
        let fits = |header: &Header| header.length == length;
        if let Some(header) = self.ended.get(&day).copied().filter(fits) {
            return Ok(Some(header));
        }
        let read = read_verified(&index_path(&self.data, day), day)?;
        let header = match read.filter(fits) {
            Some(header) => Some(header),
            None => make(&self.data, day, length)?,
        };
        match header {
            Some(header) => self.ended.insert(day, header),
            None => self.ended.remove(&day),
        };
        Ok(header)
    }
}

/// Takes the entries of a day into what was found, as far as there is room; false if what stands there is not what the places say.
fn take(
    data: &Path,
    query: AccessQuery<'_>,
    day: FoundDay,
    mut places: Vec<Place>,
    found: &mut AccessFound,
) -> bool {
    places.sort_unstable_by_key(|place| place.offset());
    let mut file = None;
    let mut is_right = true;
    let before = found.entries.len();
    for place in places.into_iter().rev() {
        let listed = found.entries.iter();
        let listed = listed.filter(|one| is_own(&one.entry) == place.is_own());
        let (max, left) = if place.is_own() {
            (query.own_max, &mut found.own_left)
        } else {
            (query.others_max, &mut found.others_left)
        };
        if listed.count() >= max {
            *left += 1;
            continue;
        }
        let entry = entry_at(data, day.summary.day, &mut file, place);
        match entry {
            Some(entry) => found.entries.push(FoundEntry {
                day: day.summary.day,
                entry,
            }),
            None => is_right = false,
        }
    }
    if found.entries.len() > before {
        found.days.push(day);
    }
    is_right
}

fn is_own(entry: &AccessEntry) -> bool {
    entry.business == OWN_BUSINESS
}

/// The entry at a place, if it is one of the account.
fn entry_at(data: &Path, day: Day, file: &mut Option<File>, place: Place) -> Option<AccessEntry> {
    if file.is_none() {
        *file = File::open(path(data, day)).ok();
    }
    let entry = read_entry(file.as_ref()?, place.offset()).ok()??;
    (entry.subject == Subject::Account(place.account)).then_some(entry)
}

/// Adds the places of an account in a file of places, which is sorted.
fn find_in(file: &File, places: u64, account: AccountId, out: &mut Vec<Place>) -> io::Result<()> {
    let (mut low, mut high) = (0, places);
    while low < high {
        let middle = low + (high - low) / 2;
        if place_at(file, middle)?.account < account {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    while low < places {
        let place = place_at(file, low)?;
        if place.account != account {
            break;
        }
        out.push(place);
        low += 1;
    }
    Ok(())
}

fn place_at(file: &File, number: u64) -> io::Result<Place> {
    let mut bytes = [0; PLACE_BYTES];
    file.read_exact_at(&mut bytes, wide(HEADER_BYTES) + number * wide(PLACE_BYTES))?;
    let (account, word) = bytes.split_at(16);
    let place = account.try_into().ok().zip(word.try_into().ok());
    let (account, word) = place.expect("24 bytes are 16 and 8");
    Ok(Place {
        account: AccountId(account),
        word: u64::from_le_bytes(word),
    })
}

/// Makes the file of places of an ended day; none if the day was changed. A crash leaves the file that was there, or the new one.
fn make(data: &Path, day: Day, length: u64) -> Result<Option<Header>> {
    let mut places = Vec::new();
    let each = &mut |placed| places.extend(Place::of(&placed));
    let scan = scan_placed(&path(data, day), day, each)?;
    if scan.fault.is_some() {
        return Ok(None);
    }
    places.sort_unstable();
    let header = Header {
        summary: scan.summary,
        length,
        places: wide(places.len()),
    };
    let mut content = header.bytes();
    let mut sorted = Vec::with_capacity(places.len() * PLACE_BYTES);
    for place in &places {
        sorted.extend(place.account.0);
        sorted.extend(place.word.to_le_bytes());
    }
    let checksum = derive(CONTEXT, &[&content, &sorted]);
    content.extend(checksum.0);
    content.extend(sorted);
    let disk = Disk::default();
    let folder = data.join(FOLDER);
    disk.create_folder(&folder)?;
    keep_private(&folder)?;
    disk.replace(&index_path(data, day), &content)?;
    Ok(Some(header))
}

impl Header {
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES);
        out.extend(MAGIC);
        out.extend(self.summary.day.number().to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.summary.entries.to_le_bytes());
        out.extend(self.summary.before.0);
        out.extend(self.summary.last.0);
        out.extend(self.length.to_le_bytes());
        out.extend(self.places.to_le_bytes());
        out
    }

    fn read(bytes: &[u8], day: Day) -> Option<Self> {
        let mut fields = Fields(bytes);
        let magic: [u8; 8] = fields.array()?;
        let stated = Day::new(fields.u32()?)?;
        let zeros: [u8; 4] = fields.array()?;
        let summary = DaySummary {
            day,
            entries: fields.u64()?,
            before: Hash(fields.array()?),
            last: Hash(fields.array()?),
        };
        let header = Self {
            summary,
            length: fields.u64()?,
            places: fields.u64()?,
        };
        (magic == MAGIC && stated == day && zeros == [0; 4]).then_some(header)
    }
}

/// The header of a file of places whose bytes are those that were written; none if there is no such file.
fn read_verified(path: &Path, day: Day) -> Result<Option<Header>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path)(error)),
    };
    let verified = || {
        let (fields, rest) = bytes.split_at_checked(FIELDS_BYTES)?;
        let (checksum, sorted) = rest.split_at_checked(32)?;
        let header = Header::read(fields, day)?;
        let is_whole = header.places.checked_mul(wide(PLACE_BYTES))? == wide(sorted.len());
        let is_right = derive(CONTEXT, &[fields, sorted]).0 == checksum;
        (is_whole && is_right).then_some(header)
    };
    Ok(verified())
}

/// Removes files of places of days that the log keeps no more. What cannot be removed does no harm.
fn remove_others(data: &Path, days: &[Day]) -> Result<()> {
    let folder = data.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("read", &folder)(error)),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let day = name.and_then(|name| Day::parse(name.strip_suffix(".idx")?));
        let kept = day.is_some_and(|day| days.binary_search(&day).is_ok());
        if !kept {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

fn index_path(data: &Path, day: Day) -> PathBuf {
    data.join(FOLDER).join(format!("{}.idx", day.number()))
}
