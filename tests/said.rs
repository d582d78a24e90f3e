//! What must not go unsaid: entries that one disk alone holds, and bits that a disk has changed.

use crate::support::{Federation, contributions, eventually, run};
use std::{fs, os::unix::fs::FileExt as _, path::PathBuf};

/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;

#[test]
fn entries_that_are_on_one_disk_alone_are_named_until_somebody_else_has_them() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let first = federation.file("first.csv", &contributions(WORKER, 440_300, 5, "A"));
    let ran = federation.import(GUANGDONG, &first, &[]).expect(0);
    let shared = "also held by 1 of the 1 other nodes";
    assert!(ran.stdout.contains(shared), "{}", ran.stdout);
    federation.kill(GUIZHOU);
    let second = federation.file("second.csv", &contributions(WORKER, 440_300, 7, "B"));
    let ran = federation.import(GUANGDONG, &second, &[]).expect(0);
    let alone = "None of the 1 other nodes holds all records";
    assert!(ran.stdout.contains(alone), "{}", ran.stdout);
    let unshared = |federation: &Federation| {
        federation
            .status(GUANGDONG)
            .and_then(|status| status["unshared_ms"].as_u64())
    };
    eventually("the time goes on", || {
        unshared(&federation).is_some_and(|ms| ms > 500)
    });
    federation.start(GUIZHOU);
    eventually("Guizhou has them", || unshared(&federation) == Some(0));
}

#[test]
fn a_node_that_lost_all_but_its_index_signs_nothing_below_what_that_knew() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("first.csv", &contributions(WORKER, 440_300, 9, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.kill(GUIZHOU);
    federation.stop(GUANGDONG);
    let data = federation.node_dir(GUANGDONG).join("data");
    for lost in ["chains/440000", "seen", "journal"] {
        fs::remove_dir_all(data.join(lost)).ok();
    }
    let dir = federation.node_dir(GUANGDONG);
    let check = ["node", "check", "--dir", dir.to_str().unwrap()];
    run(&check).expect(1);
    for _ in 0..2 {
        federation.start_with(GUANGDONG, &["--start-alone", "--lost", "520000"]);
        eventually("it waits for what it has lost", || {
            let status = federation.status(GUANGDONG);
            status.is_some_and(|status| status["not_ready_code"] == "signed-elsewhere")
        });
        federation.import(GUANGDONG, &file, &[]).expect(3);
        // Nothing is written in order, and the index that knew is gone: the journal has it.
        federation.kill(GUANGDONG);
        fs::remove_dir_all(data.join("index")).unwrap();
        run(&check).expect(1);
    }
    federation.start(GUIZHOU);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    assert_eq!(
        federation.size(GUANGDONG, GUANGDONG),
        federation.size(GUIZHOU, GUANGDONG)
    );
    federation.stop(GUANGDONG);
    run(&check).expect(0);
}

/// The files of a chain at a node.
fn segments(federation: &Federation, node: u32, chain: u32) -> Vec<PathBuf> {
    let folder = federation
        .node_dir(node)
        .join(format!("data/chains/{chain}"));
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    files.map(|file| file.path()).collect()
}

/// Bytes of the header of a frame (FORMAT, section 13).
const FRAME_HEADER_BYTES: usize = 40;

/// Place in the middle of the batch with the most entries: how an import was cut differs from run to run, but this one holds records
/// that a lookup reads, and not what a node has written for itself.
fn middle_of_the_largest_batch(file: &[u8]) -> usize {
    let field = |at: usize| {
        let bytes = file[at..at + 4].try_into().unwrap();
        usize::try_from(u32::from_le_bytes(bytes)).unwrap()
    };
    let mut largest_entries = 0;
    let mut middle = 0;
    let mut frame = yizhang_ledger::segment::FILE_HEADER_BYTES;
    while frame + FRAME_HEADER_BYTES <= file.len() {
        let body_bytes = field(frame + 8);
        let entries = field(frame + 12);
        if entries > largest_entries {
            largest_entries = entries;
            middle = frame + FRAME_HEADER_BYTES + body_bytes / 2;
        }
        frame += FRAME_HEADER_BYTES + body_bytes;
    }
    middle
}

/// A file as it was before one of its bits was changed, and where.
struct Flipped {
    before: Vec<u8>,
    at: usize,
}

/// Changes a bit among the records of a file while its node runs.
fn flip_a_bit(path: &PathBuf) -> Flipped {
    let before = fs::read(path).unwrap();
    let at = middle_of_the_largest_batch(&before);
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&[before[at] ^ 1], at.try_into().unwrap())
        .unwrap();
    Flipped { before, at }
}

#[test]
fn a_flipped_bit_is_said_once_and_mended_from_a_peer_also_in_the_own_chain() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("many.csv", &contributions(WORKER, 440_300, 240, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let before = federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout;
    for node in [GUIZHOU, GUANGDONG] {
        let [path] = &segments(&federation, node, GUANGDONG)[..] else {
            panic!("one file expected")
        };
        let flipped = flip_a_bit(path);
        // Whoever needs the batch finds it; what he gets until it is mended is no account.
        eventually("the batch is mended", || {
            let looked = federation.lookup(node, WORKER, &["--proofs"]);
            // Behind it more may have been written in the meantime.
            let upto = ..=flipped.at;
            looked.code == 0 && fs::read(path).unwrap()[upto] == flipped.before[upto]
        });
        assert_eq!(
            federation.lookup(node, WORKER, &[]).expect(0).stdout,
            before
        );
        let log = federation.log(node);
        let said = log.matches("a chain is damaged on this disk").count();
        assert!((1..=2).contains(&said), "once a place: {log}");
        assert!(log.contains("was mended from a peer"), "{log}");
        eventually("the status is clean again", || {
            let status = federation.status(node).unwrap();
            let chains = status["chains"].as_array().unwrap();
            chains.iter().all(|chain| chain["damage"] == "") && status["scrubbed_ms"].is_u64()
        });
    }
}

/// Who is behind asks what is held at its own size; the answer must not be made of a header that the disk has changed.
#[test]
fn a_flipped_bit_in_the_header_of_a_batch_accuses_nobody_and_is_mended() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let first = federation.file("first.csv", &contributions(WORKER, 440_300, 9, "A"));
    federation.import(GUANGDONG, &first, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.stop(GUIZHOU);
    let second = federation.file("second.csv", &contributions(WORKER, 440_300, 7, "B"));
    federation.import(GUANGDONG, &second, &[]).expect(0);
    let [path] = &segments(&federation, GUANGDONG, GUANGDONG)[..] else {
        panic!("one file expected")
    };
    let whole = fs::read(path).unwrap();
    // The number of entries of the first batch, which now claims those of the second.
    let at = yizhang_ledger::segment::FILE_HEADER_BYTES + 12;
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&[whole[at] ^ 64], at.try_into().unwrap())
        .unwrap();
    federation.start(GUIZHOU);
    eventually("it is mended, and Guizhou has everything", || {
        fs::read(path).unwrap().starts_with(&whole)
            && federation.size(GUIZHOU, GUANGDONG) == federation.size(GUANGDONG, GUANGDONG)
    });
    for node in [GUANGDONG, GUIZHOU] {
        let log = federation.log(node);
        assert!(!log.contains("evidence against a chain"), "{log}");
    }
}
