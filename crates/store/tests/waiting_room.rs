//! Submissions that wait for a second clerk outlive the process, and what is wrong with a file concerns that file alone.

use std::{fs, path::Path};
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    entry::Kind,
    hash::Hash,
    record::Record,
    value::UnixMillis,
};
use yizhang_store::{
    EXPIRED, REFUSED_MS, Refused, WAITING_MAX, WAITS_MS, Waiting, WaitingFault, WaitingRoom,
};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

fn block(number: u8) -> RecordBlock {
    let mut bytes = Vec::new();
    let payload = [number];
    let record = Record::unread(Kind(60_000), &payload);
    record.write(&mut bytes).unwrap();
    RecordBlock::parse(bytes).unwrap()
}

fn waiting(number: u16) -> Waiting {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    Waiting {
        id: SubmissionId(id),
        submitter: "agency.440000".into(),
        maker: Hash([1; 32]),
        content: block(7).content_digest(),
        records: 1,
        came: UnixMillis(NOW.0 + u64::from(number)),
        refused: None,
    }
}

fn refused(at: UnixMillis) -> Refused {
    Refused {
        checker: Hash([2; 32]),
        at,
        reason: "金额与凭证不符".into(),
    }
}

fn open(data: &Path) -> WaitingRoom {
    let (room, unread) = WaitingRoom::open(data).unwrap();
    assert!(unread.is_empty());
    room
}

fn list(room: &WaitingRoom) -> Vec<Waiting> {
    room.list().into_iter().cloned().collect()
}

#[test]
fn what_waits_and_what_was_refused_is_there_after_a_new_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = open(folder.path());
    for number in [2, 1, 3] {
        room.take(&waiting(number), &block(7)).unwrap();
    }
    room.refuse(waiting(3).id, refused(NOW)).unwrap();
    room.remove(waiting(2).id).unwrap();
    let expected = [
        waiting(1),
        Waiting {
            refused: Some(refused(NOW)),
            ..waiting(3)
        },
    ];
    assert_eq!(list(&room), expected);
    // A crash has left a file that nobody was told of.
    let half = folder.path().join("waiting/0009.new");
    fs::write(&half, b"half").unwrap();
    let room = open(folder.path());
    assert!(!half.exists());
    assert_eq!(list(&room), expected);
    assert_eq!(room.block(waiting(1).id).unwrap().bytes(), block(7).bytes());
    for gone in [waiting(2), waiting(3)] {
        let fault = room.block(gone.id).unwrap_err();
        assert!(matches!(fault, WaitingFault::NotWaiting { .. }), "{fault}");
    }
}

#[test]
fn a_flipped_bit_keeps_a_submission_out_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = open(folder.path());
    for number in [1, 2] {
        room.take(&waiting(number), &block(7)).unwrap();
    }
    let path = folder
        .path()
        .join(format!("waiting/{}.wait", waiting(1).id));
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let (found, unread) = WaitingRoom::open(folder.path()).unwrap();
        assert_eq!(unread, std::slice::from_ref(&path), "byte {at}");
        assert_eq!(list(&found), [waiting(2)]);
        // Also where the room was opened before.
        assert!(room.block(waiting(1).id).is_err(), "byte {at}");
    }
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let (found, _) = WaitingRoom::open(folder.path()).unwrap();
        assert_eq!(list(&found), [waiting(2)], "{length} bytes");
    }
    // Under another name it is another submission's.
    fs::write(&path, &whole).unwrap();
    let other = folder
        .path()
        .join(format!("waiting/{}.wait", waiting(9).id));
    fs::rename(&path, &other).unwrap();
    let (_, unread) = WaitingRoom::open(folder.path()).unwrap();
    assert_eq!(unread, [other]);
}

#[test]
fn what_has_waited_too_long_is_refused_and_old_refusals_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = open(folder.path());
    let first = waiting(0);
    room.take(&first, &block(7)).unwrap();
    let last = UnixMillis(NOW.0 + WAITS_MS);
    room.sweep(last).unwrap();
    assert_eq!(list(&room), std::slice::from_ref(&first));
    let over = UnixMillis(last.0 + 1);
    room.sweep(over).unwrap();
    let word = room.find(first.id).unwrap().refused.clone().unwrap();
    assert_eq!((word.reason.as_str(), word.at), (EXPIRED, over));
    room.sweep(UnixMillis(over.0 + REFUSED_MS)).unwrap();
    assert!(room.find(first.id).is_some());
    room.sweep(UnixMillis(over.0 + REFUSED_MS + 1)).unwrap();
    assert!(room.find(first.id).is_none());
    assert!(list(&open(folder.path())).is_empty());
}

#[test]
fn so_many_submissions_wait_and_refused_ones_take_none_of_their_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut room = open(folder.path());
    let max = u16::try_from(WAITING_MAX).unwrap();
    for number in 0..max {
        room.take(&waiting(number), &block(7)).unwrap();
    }
    let fault = room.take(&waiting(max), &block(7)).unwrap_err();
    assert!(matches!(fault, WaitingFault::Full { .. }), "{fault}");
    room.refuse(waiting(0).id, refused(NOW)).unwrap();
    room.take(&waiting(max), &block(7)).unwrap();
}
