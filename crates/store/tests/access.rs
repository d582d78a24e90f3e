//! The access log: what is written stays, what was changed is found, what was begun is cut off.

use std::{fs, path::Path};
use yizhang_ledger::{
    person::AccountId,
    record::AccessDigest,
    value::{Day, UnixMillis},
};
use yizhang_store::{
    AccessEntry, AccessFault, AccessFinding, AccessLog, StoreError, Subject, check_access,
    closed_days, read_day,
};

const HEADER_BYTES: u64 = 64;

fn day(number: u32) -> Day {
    Day::new(number).unwrap()
}

fn entry(number: u8) -> AccessEntry {
    AccessEntry {
        at: UnixMillis(1_795_924_800_000 + u64::from(number)),
        certificate: [7; 32],
        holder: "agency.440000".into(),
        method: "Account.Lookup".into(),
        answer: "ok".into(),
        business: "inquiry".into(),
        case_number: "粤社保查〔2026〕1号".into(),
        person: "张伟".into(),
        subject: Subject::Account(AccountId([number; 16])),
    }
}

/// Opens the log; the entries of its last day.
fn open(folder: &Path) -> (AccessLog, Vec<AccessEntry>) {
    let mut entries = Vec::new();
    let log = AccessLog::open(folder, &mut |entry| entries.push(entry)).unwrap();
    (log, entries)
}

fn written(folder: &Path, today: Day, numbers: &[u8]) {
    let (mut log, _) = open(folder);
    for number in numbers {
        log.append(&[entry(*number)], today).unwrap();
    }
}

fn root(folder: &Path, day: Day) -> AccessDigest {
    let read = read_day(folder, day, &mut |_| {}).unwrap().unwrap();
    AccessDigest {
        day,
        entries: read.entries,
        last: read.last,
        before: read.before,
    }
}

fn findings(folder: &Path, roots: &[AccessDigest]) -> Vec<AccessFinding> {
    check_access(folder, roots, day(20_261_201))
        .unwrap()
        .findings
}

/// A file with less room behind its last entry, so that tests need not read megabytes of zeros; and the end of that entry.
fn shortened(path: &Path) -> (Vec<u8>, usize) {
    const ROOM: usize = 4_096;
    let mut whole = fs::read(path).unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    whole.truncate(end + ROOM);
    (whole, end)
}

#[test]
fn what_is_written_is_read_again_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let today = day(20_261_129);
    let subjects = [
        Subject::Unknown,
        Subject::Account(AccountId([1; 16])),
        Subject::Chain {
            origin: "demo.yizhang/440000".into(),
            from: u64::MAX,
        },
        Subject::Numbers(2_048),
        Subject::Accounts {
            list: "conflict".into(),
            reviewed: 90_000,
        },
    ];
    let entries: Vec<AccessEntry> = subjects
        .into_iter()
        .map(|subject| AccessEntry {
            subject,
            ..entry(1)
        })
        .collect();
    let (mut log, _) = open(folder.path());
    log.append(&entries, today).unwrap();
    drop(log);
    assert_eq!(open(folder.path()).1, entries);
    let checked = check_access(folder.path(), &[], day(20_261_201)).unwrap();
    assert_eq!((checked.days, checked.entries), (1, 5));
    assert_eq!(checked.findings, []);
}

#[test]
fn nobody_but_the_user_of_the_node_gets_into_the_folder() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    let mode = fs::metadata(folder.path().join("access"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_text_that_is_too_long_is_cut_at_a_character() {
    let folder = tempfile::tempdir().unwrap();
    let long = AccessEntry {
        person: "张".repeat(1_000),
        ..entry(1)
    };
    let (mut log, _) = open(folder.path());
    log.append(&[long], day(20_261_129)).unwrap();
    drop(log);
    assert_eq!(open(folder.path()).1[0].person, "张".repeat(85));
}

#[test]
fn an_entry_that_is_printed_names_nobody() {
    let text = format!("{:?}", entry(0xab));
    assert!(!text.contains("张") && !text.contains("abab") && !text.contains("粤"));
}

#[test]
fn days_follow_each_other_and_an_ended_day_gives_its_room_back() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (day(20_261_129), day(20_261_130));
    written(folder.path(), first, &[1, 2]);
    let path = |day: Day| folder.path().join(format!("access/{}.log", day.number()));
    assert!(
        fs::metadata(path(first)).unwrap().len() > 2_000_000,
        "room is taken ahead"
    );
    written(folder.path(), second, &[3]);
    assert!(fs::metadata(path(first)).unwrap().len() < 1_000);
    assert_eq!(
        root(folder.path(), second).before,
        root(folder.path(), first).last
    );
    assert_eq!(closed_days(folder.path(), second).unwrap(), [first]);
    let roots = [root(folder.path(), first)];
    let checked = check_access(folder.path(), &roots, day(20_261_201)).unwrap();
    assert_eq!((checked.rooted, checked.findings), (1, vec![]));
    // A clock that goes back changes no ended day.
    written(folder.path(), first, &[4]);
    assert_eq!(root(folder.path(), first), roots[0]);
    assert_eq!(root(folder.path(), second).entries, 2);
}

#[test]
fn a_day_that_has_ended_is_not_begun_again_by_a_clock_that_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (day(20_261_129), day(20_261_130));
    let (mut log, _) = open(folder.path());
    log.append(&[entry(1)], first).unwrap();
    log.close_before(second).unwrap();
    log.append(&[entry(2)], first).unwrap();
    assert_eq!(root(folder.path(), first).entries, 1);
    assert_eq!(root(folder.path(), second).entries, 1);
}

#[test]
fn files_are_kept_for_three_years() {
    let folder = tempfile::tempdir().unwrap();
    for today in [
        20_231_127, 20_231_128, 20_241_127, 20_251_127, 20_261_127, 20_261_128, 20_261_129,
    ] {
        written(folder.path(), day(today), &[1]);
    }
    let kept = closed_days(folder.path(), day(20_270_101)).unwrap();
    assert_eq!(kept.first(), Some(&day(20_231_128)));
    assert_eq!(kept.len(), 6);
    assert_eq!(findings(folder.path(), &[]), []);
}

#[test]
fn so_many_files_are_removed_at_the_end_of_a_day() {
    let folder = tempfile::tempdir().unwrap();
    for today in 20_231_101..20_231_107 {
        written(folder.path(), day(today), &[1]);
    }
    for today in [20_241_101, 20_251_101, 20_261_101, 20_261_115] {
        written(folder.path(), day(today), &[1]);
    }
    let (mut log, _) = open(folder.path());
    log.close_before(day(20_261_116)).unwrap();
    let kept = closed_days(folder.path(), day(20_240_101)).unwrap();
    assert_eq!(kept, [day(20_231_105), day(20_231_106)]);
}

#[test]
fn a_clock_that_is_years_ahead_removes_no_file_and_begins_no_day() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (day(20_261_128), day(20_261_129));
    written(folder.path(), first, &[1]);
    let (mut log, _) = open(folder.path());
    log.append(&[entry(2)], second).unwrap();
    let wrong = day(20_360_101);
    assert_eq!(log.close_before(wrong).unwrap(), second);
    log.append(&[entry(3)], wrong).unwrap();
    let next = day(20_261_130);
    assert_eq!(log.close_before(next).unwrap(), next);
    log.append(&[entry(4)], next).unwrap();
    let days = closed_days(folder.path(), day(20_360_102)).unwrap();
    assert_eq!(days, [first, second, next]);
    assert_eq!(root(folder.path(), second).entries, 2);
    assert_eq!(findings(folder.path(), &[]), []);
}

#[test]
fn every_unfinished_write_is_cut_off_and_nothing_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let today = day(20_261_129);
    written(folder.path(), today, &[1, 2]);
    let path = folder.path().join("access/20261129.log");
    let (whole, end) = shortened(&path);
    let second = usize::try_from(HEADER_BYTES).unwrap() + (end - 64) / 2;
    for cut in (second + 1..end).step_by(7) {
        for is_padded in [true, false] {
            let mut torn = whole[..cut].to_vec();
            if is_padded {
                torn.resize(whole.len(), 0);
            }
            fs::write(&path, &torn).unwrap();
            // What is written as zeros and cut within them is whole.
            let is_torn = torn[second..].iter().any(|byte| *byte != 0);
            let found = findings(folder.path(), &[]);
            assert_eq!(found.len(), usize::from(is_torn), "{cut}: {found:?}");
            assert!(found.iter().all(|finding| !finding.is_damage()));
            let (mut log, entries) = open(folder.path());
            assert_eq!(entries, [entry(1)], "{cut}");
            log.append(&[entry(3)], today).unwrap();
            drop(log);
            assert_eq!(open(folder.path()).1, [entry(1), entry(3)]);
        }
    }
}

#[test]
fn a_file_that_was_being_begun_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (day(20_261_129), day(20_261_130));
    written(folder.path(), first, &[1]);
    fs::write(folder.path().join("access/20261130.log"), [0; 5_000]).unwrap();
    written(folder.path(), second, &[2]);
    assert_eq!(
        root(folder.path(), second).before,
        root(folder.path(), first).last
    );
    assert_eq!(findings(folder.path(), &[]), []);
}

#[test]
fn every_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let today = day(20_261_129);
    written(folder.path(), today, &[1, 2, 3]);
    let path = folder.path().join("access/20261129.log");
    let (whole, end) = shortened(&path);
    let last = 64 + (end - 64) / 3 * 2;
    for at in 0..end {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        fs::write(&path, &changed).unwrap();
        let found = findings(folder.path(), &[]);
        assert_eq!(found.len(), 1, "byte {at}");
        // What is wrong with the last entry of an open day looks like a write that was not finished.
        assert_eq!(found[0].is_damage(), at < last, "byte {at}: {}", found[0]);
        if at < last {
            let opened = AccessLog::open(folder.path(), &mut |_| {}).map(drop);
            assert!(
                matches!(opened, Err(StoreError::Access { .. })),
                "byte {at}"
            );
        }
    }
}

#[test]
fn cut_changed_and_missing_days_are_found_by_the_roots() {
    let folder = tempfile::tempdir().unwrap();
    let days = [day(20_261_128), day(20_261_129), day(20_261_130)];
    for today in days {
        written(folder.path(), today, &[1, 2]);
    }
    let roots = days.map(|day| root(folder.path(), day));
    assert_eq!(findings(folder.path(), &roots), []);
    let path = |day: Day| folder.path().join(format!("access/{}.log", day.number()));
    // The last entry of the last day is cut off cleanly: its own file says nothing.
    let whole = fs::read(path(days[2])).unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    fs::write(path(days[2]), &whole[..64 + (end - 64) / 2]).unwrap();
    let cut = AccessFinding::OtherRoot {
        day: days[2],
        rooted: 2,
        found: 1,
    };
    assert_eq!(findings(folder.path(), &roots), [cut]);
    assert_eq!(findings(folder.path(), &roots[..2]), []);
    fs::write(path(days[2]), &whole).unwrap();
    // A whole day in the middle.
    fs::remove_file(path(days[1])).unwrap();
    let found = findings(folder.path(), &roots);
    assert!(found.contains(&AccessFinding::Missing { day: days[1] }));
    let gap = |finding: &AccessFinding| {
        matches!(
            finding,
            AccessFinding::File {
                fault: AccessFault::Previous,
                ..
            }
        )
    };
    assert!(found.iter().any(gap));
    // All of it.
    fs::remove_dir_all(folder.path().join("access")).unwrap();
    assert_eq!(findings(folder.path(), &roots).len(), 3);
    let later = check_access(folder.path(), &roots, day(20_291_130)).unwrap();
    assert_eq!(later.findings, [AccessFinding::Missing { day: days[2] }]);
}
