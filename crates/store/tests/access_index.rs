//! The entries of an account are found in the access log without reading all of it, and what was derived for that is never believed over the log.

use std::{collections::BTreeSet, fs, path::Path};
use yizhang_ledger::{
    person::AccountId,
    value::{Day, UnixMillis},
};
use yizhang_store::{
    AccessEntry, AccessFound, AccessIndex, AccessLog, AccessQuery, Subject, read_day,
};

const WORKER: AccountId = AccountId([7; 16]);
const OTHER: AccountId = AccountId([8; 16]);

fn day(number: u32) -> Day {
    Day::new(number).unwrap()
}

fn entry(account: AccountId, at: u64, business: &str) -> AccessEntry {
    AccessEntry {
        at: UnixMillis(at),
        certificate: [7; 32],
        holder: "agency.440000".into(),
        method: "Account.Lookup".into(),
        answer: "ok".into(),
        business: business.into(),
        case_number: "C-1".into(),
        person: "张伟".into(),
        subject: Subject::Account(account),
    }
}

/// Four days, on each of which a clerk reads both, then the worker the own account.
fn log(folder: &Path) -> AccessLog {
    let mut log = AccessLog::open(folder, &mut |_| {}).unwrap();
    for number in 1..=4 {
        let at = u64::from(number) * 10;
        let entries = [
            entry(WORKER, at, "inquiry"),
            entry(OTHER, at + 1, "inquiry"),
            entry(WORKER, at + 2, "holder"),
        ];
        log.append(&entries, day(20_261_200 + number)).unwrap();
    }
    log
}

fn find(index: &mut AccessIndex, account: AccountId, max: usize) -> AccessFound {
    let query = AccessQuery {
        accounts: &BTreeSet::from([account]),
        others_max: max,
        own_max: max,
    };
    index.find(query).unwrap()
}

fn times(found: &AccessFound) -> Vec<u64> {
    found.entries.iter().map(|found| found.entry.at.0).collect()
}

fn index_file(folder: &Path, day: u32) -> std::path::PathBuf {
    folder.join(format!("access-index/{day}.idx"))
}

#[test]
fn the_entries_of_one_account_come_newest_first_and_of_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let _log = log(folder.path());
    let mut index = AccessIndex::of(folder.path());
    let found = find(&mut index, WORKER, 100);
    assert_eq!(times(&found), [42, 40, 32, 30, 22, 20, 12, 10]);
    assert_eq!(found.first, Some(day(20_261_201)));
    assert!(found.unread.is_empty());
    let open: Vec<bool> = found.days.iter().map(|day| day.is_open).collect();
    assert_eq!(open, [true, false, false, false]);
    for found in &found.days {
        let read = read_day(folder.path(), found.summary.day, &mut |_| {}).unwrap();
        assert_eq!(read, Some(found.summary));
    }
    assert_eq!(times(&find(&mut index, OTHER, 100)), [41, 31, 21, 11]);
    let days = index.days_of(&BTreeSet::from([WORKER])).unwrap();
    assert_eq!(days.len(), 4);
    assert!(
        index
            .days_of(&BTreeSet::from([AccountId([9; 16])]))
            .unwrap()
            .is_empty()
    );
    let nobody = find(&mut index, AccountId([9; 16]), 100);
    assert!(nobody.entries.is_empty() && nobody.days.is_empty());
}

#[test]
fn what_is_beyond_the_limits_is_counted_and_the_own_readings_push_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let _log = log(folder.path());
    let mut index = AccessIndex::of(folder.path());
    let query = AccessQuery {
        accounts: &BTreeSet::from([WORKER]),
        others_max: 3,
        own_max: 1,
    };
    let found = index.find(query).unwrap();
    assert_eq!(times(&found), [42, 40, 30, 20]);
    assert_eq!((found.others_left, found.own_left), (1, 3));
}

#[test]
fn what_is_written_after_is_found_and_a_day_that_ends_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = log(folder.path());
    let mut index = AccessIndex::of(folder.path());
    assert_eq!(find(&mut index, WORKER, 100).entries.len(), 8);
    let more = [entry(WORKER, 43, "inquiry")];
    log.append(&more, day(20_261_204)).unwrap();
    assert_eq!(times(&find(&mut index, WORKER, 2))[0], 43);
    let more = [entry(WORKER, 50, "inquiry")];
    log.append(&more, day(20_261_205)).unwrap();
    let found = find(&mut index, WORKER, 100);
    assert_eq!(times(&found)[..3], [50, 43, 42]);
    assert!(found.days[0].is_open && !found.days[1].is_open);
}

#[test]
fn files_of_places_that_are_damaged_or_gone_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let _log = log(folder.path());
    let whole = times(&find(&mut AccessIndex::of(folder.path()), WORKER, 100));
    let path = index_file(folder.path(), 20_261_202);
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        let found = find(&mut AccessIndex::of(folder.path()), WORKER, 100);
        assert_eq!(times(&found), whole, "byte {at}");
    }
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let found = find(&mut AccessIndex::of(folder.path()), WORKER, 100);
    assert_eq!(times(&found), whole);
    fs::remove_dir_all(folder.path().join("access-index")).unwrap();
    let found = find(&mut AccessIndex::of(folder.path()), WORKER, 100);
    assert_eq!(times(&found), whole);
}

#[test]
fn a_day_that_was_changed_is_named_and_the_others_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let _log = log(folder.path());
    let mut index = AccessIndex::of(folder.path());
    assert!(find(&mut index, WORKER, 100).unread.is_empty());
    let path = folder.path().join("access/20261202.log");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, &bytes).unwrap();
    // Of the same length: found when the entry itself is read.
    let found = find(&mut index, WORKER, 100);
    assert_eq!(found.unread, [day(20_261_202)]);
    assert!(times(&found).contains(&30) && times(&found).contains(&10));
    bytes.extend([0; 8]);
    fs::write(&path, &bytes).unwrap();
    let found = find(&mut index, WORKER, 100);
    assert_eq!(found.unread, [day(20_261_202)]);
}

#[test]
fn many_days_without_places_are_named_until_they_are_made_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = AccessLog::open(folder.path(), &mut |_| {}).unwrap();
    for number in 1..=20_u32 {
        let entries = [entry(WORKER, u64::from(number), "inquiry")];
        log.append(&entries, day(20_261_200 + number)).unwrap();
    }
    let path = folder.path().join("access/20261205.log");
    let bytes = fs::read(&path).unwrap();
    let mut changed = bytes.clone();
    changed[100] ^= 1;
    fs::write(&path, changed).unwrap();
    let mut index = AccessIndex::of(folder.path());
    let found = find(&mut index, WORKER, 100);
    assert_eq!((found.entries.len(), found.unread.len()), (9, 11));
    while index.catch_up().unwrap() {}
    let found = find(&mut index, WORKER, 100);
    assert_eq!(found.unread, [day(20_261_205)]);
    fs::write(&path, bytes).unwrap();
    let found = find(&mut index, WORKER, 100);
    assert_eq!((found.entries.len(), found.unread.len()), (20, 0));
    fs::remove_file(folder.path().join("access/20261201.log")).unwrap();
    assert!(!index.catch_up().unwrap());
    assert!(!index_file(folder.path(), 20_261_201).exists());
    assert_eq!(find(&mut index, WORKER, 100).entries.len(), 19);
}

/// Three years of 6,000 readings a day, of whom one is the worker's each week: how long the list takes.
#[test]
#[ignore = "a measurement: some minutes and 1 GB"]
fn speed_of_three_years() {
    const DAYS: u32 = 3 * 360;
    let folder = tempfile::tempdir().unwrap();
    let mut log = AccessLog::open(folder.path(), &mut |_| {}).unwrap();
    for number in 0..DAYS {
        let date = 20_240_101 + number / 360 * 10_000 + number % 360 / 30 * 100 + number % 30;
        let Some(date) = Day::new(date) else { continue };
        let entries: Vec<_> = (0..6_000_u32)
            .map(|one| {
                let mut id = [0; 16];
                id[..4].copy_from_slice(&(one * 7_919 + number).to_be_bytes());
                let account = if one == 3_000 && number % 7 == 0 {
                    WORKER
                } else {
                    AccountId(id)
                };
                entry(account, u64::from(number), "inquiry")
            })
            .collect();
        log.append(&entries, date).unwrap();
    }
    let mut index = AccessIndex::of(folder.path());
    let begun = std::time::Instant::now();
    while index.catch_up().unwrap() {}
    println!("places made: {:?}", begun.elapsed());
    let mut index = AccessIndex::of(folder.path());
    for turn in ["first", "second", "third"] {
        let begun = std::time::Instant::now();
        let found = find(&mut index, WORKER, 200);
        assert!(found.unread.is_empty());
        println!(
            "{turn}: {} entries, {:?}",
            found.entries.len(),
            begun.elapsed()
        );
    }
}
