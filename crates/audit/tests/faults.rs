//! Damaged, incomplete and dishonest directories: each gives the right finding at the right place, and other chains are
//! not affected.

use crate::fixture::{
    self, Data, FILE_HEADER, FRAME_HEADER, Federation, REGIONS, Signed, Writer, faults, notes,
    roster, roster_with,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use yizhang_audit::{Code, Report, Severity};
use yizhang_ledger::{
    chain::ChainState,
    segment::{write_batch_frame, write_head_frame},
    value::{LeafIndex, TreeSize, UnixMillis},
};

const SOUTH: u32 = 440_000;

/// Offset of frame `number` (batches and heads counted) in a file of these batches.
fn offset(batches: &[Signed], number: usize) -> u64 {
    let frames = batches
        .iter()
        .flat_map(|signed| [signed.batch_frame().len(), signed.head_frame().len()]);
    FILE_HEADER + frames.take(number).sum::<usize>() as u64
}

/// Audits, and checks that the other chains are as they are without the damage.
fn audit(federation: &Federation) -> Report {
    let report = federation.audit();
    let clean = Federation::new().audit();
    for code in REGIONS.iter().filter(|code| **code != SOUTH) {
        let of = |report: &Report| {
            serde_json::to_value(report.chain(&code.to_string()).unwrap()).unwrap()
        };
        assert_eq!(of(&report), of(&clean), "chain {code} is affected");
    }
    assert!(!report.is_clean());
    report
}

/// File (by first leaf), offset and leaf of the first fault.
fn first_place(report: &Report) -> (String, Option<u64>, Option<u64>) {
    let chain = report.chain("440000").unwrap();
    let finding = chain
        .findings
        .iter()
        .find(|finding| finding.severity > Severity::Note)
        .unwrap();
    let place = &finding.place;
    assert_eq!(place.region.as_deref(), Some("440000"));
    (
        place.file.clone().unwrap_or_default(),
        place.offset,
        place.leaf,
    )
}

fn file(first: u64) -> String {
    format!("chains/440000/{first:020}.seg")
}

#[test]
fn a_changed_amount_is_found_and_nothing_after_it_is_verified() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    // The last byte of the body of the first batch in the second file is in its offsets; go before them, into a serial.
    let batch = &south[2];
    let serial = batch.extension.batch().ends()[3] - 3;
    federation.data.flip(
        SOUTH,
        batch.first(),
        FILE_HEADER + FRAME_HEADER + u64::from(serial),
        1,
    );
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [
            Code::FrameChecksum,
            Code::HeadRoot,
            Code::RootBeforeMismatch,
            Code::ChainStopped
        ]
    );
    assert_eq!(
        first_place(&report),
        (file(batch.first()), Some(FILE_HEADER), None)
    );
    let chain = report.chain("440000").unwrap();
    assert_eq!(chain.size, batch.first());
    assert_eq!(chain.verified.batches, 2);
    assert_eq!(chain.stopped_at, Some(batch.size().0));
    assert_eq!(chain.beyond.batches, 3);
}

#[test]
fn damage_that_leaves_the_evidence_whole_is_a_fault_but_does_not_stop_the_chain() {
    let south = Federation::new().chains[&SOUTH].clone();
    let end_of_batch = offset(&south[2..], 1) - 1;
    for (at, code) in [
        (40, Code::SegmentHeader),
        (FILE_HEADER + 30, Code::FrameChecksum),
        (FILE_HEADER + 16, Code::FrameChecksum),
        (end_of_batch, Code::FrameChecksum),
    ] {
        let federation = Federation::new();
        federation.data.flip(SOUTH, south[2].first(), at, 4);
        let report = audit(&federation);
        assert_eq!(faults(&report, SOUTH)[0], code, "byte {at}");
        assert!(
            faults(&report, SOUTH)[1..]
                .iter()
                .all(|code| *code == Code::FrameFields),
            "byte {at}"
        );
        assert_eq!(
            report.chain("440000").unwrap().size,
            south[5].size().0,
            "byte {at}"
        );
    }
}

#[test]
fn a_frame_header_that_is_none_loses_the_rest_of_its_file() {
    let federation = Federation::new();
    let first = federation.chains[&SOUTH][2].first();
    federation.data.flip(SOUTH, first, FILE_HEADER, 1);
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [Code::FrameHeader, Code::ChainStopped]
    );
    assert_eq!(first_place(&report), (file(first), Some(FILE_HEADER), None));
    assert_eq!(report.chain("440000").unwrap().stopped_at, Some(first));
}

#[test]
fn a_changed_head_leaves_its_batch_followed_and_the_next_head_covers_it() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    let end_of_signature = offset(&south[2..], 2) - 10;
    federation
        .data
        .flip(SOUTH, south[2].first(), end_of_signature, 1);
    let report = audit(&federation);
    let found = faults(&report, SOUTH);
    assert_eq!(found[0], Code::FrameChecksum);
    assert!(
        matches!(found[1], Code::BadSignature | Code::NoteForm),
        "{found:?}"
    );
    assert_eq!(found.len(), 2);
    assert_eq!(first_place(&report).1, Some(offset(&south[2..], 1)));
    assert_eq!(report.chain("440000").unwrap().verified.batches, 6);
}

#[test]
fn frames_that_are_missing_or_swapped_are_found_where_they_are_missed() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    let (two, three) = (&south[2], &south[3]);
    let frames = [
        two.batch_frame(),
        two.head_frame(),
        three.batch_frame(),
        three.head_frame(),
    ];
    let check = |order: &[usize], expected: &[Code], leaf: u64| {
        let chosen: Vec<_> = order.iter().map(|at| frames[*at].clone()).collect();
        federation.data.write_frames(SOUTH, two.first(), &chosen);
        let report = audit(&federation);
        assert_eq!(faults(&report, SOUTH), expected, "{order:?}");
        assert_eq!(first_place(&report).2, Some(leaf), "{order:?}");
        report
    };
    let report = check(&[0, 2, 3], &[Code::HeadMissing], two.size().0);
    assert_eq!(report.chain("440000").unwrap().verified.batches, 6);
    check(
        &[2, 3],
        &[Code::WrongPosition, Code::ChainStopped],
        two.first(),
    );
    check(
        &[2, 3, 0, 1],
        &[Code::WrongPosition, Code::ChainStopped],
        two.first(),
    );
    check(
        &[0, 1, 3],
        &[Code::HeadUnexpected, Code::SegmentGap, Code::ChainStopped],
        three.size().0,
    );
    check(
        &[0, 1, 0, 1],
        &[Code::WrongPosition, Code::ChainStopped],
        two.size().0,
    );
    check(
        &[0, 3],
        &[Code::HeadSize, Code::SegmentGap, Code::ChainStopped],
        two.size().0,
    );
    check(
        &[0, 1],
        &[Code::SegmentGap, Code::ChainStopped],
        two.size().0,
    );
}

#[test]
fn frames_that_say_other_than_their_content_are_found_though_their_checksums_hold() {
    let federation = Federation::new();
    let last = federation.chains[&SOUTH][4].clone();
    let batch = last.extension.batch();
    let frame = |ends: &[u32], first: u64| {
        let mut out = Vec::new();
        write_batch_frame(batch.bytes(), ends, LeafIndex(first), &mut out);
        out
    };
    let mut shifted = batch.ends().to_vec();
    shifted[15] += 1;
    let fewer = &batch.ends()[..batch.ends().len() - 1];
    let mut head = Vec::new();
    write_head_frame(last.note.as_bytes(), TreeSize(1), &mut head);
    for (batch_frame, head_frame) in [
        (frame(&shifted, last.first()), last.head_frame()),
        (frame(fewer, last.first()), last.head_frame()),
        (frame(batch.ends(), 0), last.head_frame()),
        (last.batch_frame(), head),
    ] {
        federation
            .data
            .write_frames(SOUTH, last.first(), &[batch_frame, head_frame]);
        let report = audit(&federation);
        assert_eq!(faults(&report, SOUTH), [Code::FrameFields]);
        assert_eq!(report.chain("440000").unwrap().size, last.size().0);
    }
}

#[test]
fn a_batch_that_breaks_a_rule_is_named_by_the_rule_and_stops_its_chain_only() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    let last = &south[4];
    let mut early = Writer {
        state: last.extension.after().clone(),
        key: fixture::key(SOUTH),
        salt: 0,
    };
    // The clock of the node went back: a batch that the ledger would not have prepared.
    early.state = ChainState::restore(
        early.state.origin().clone(),
        early.state.batches(),
        early.state.link(),
        UnixMillis(0),
        early.state.roster(),
        early.state.frontier().clone(),
    );
    let back = early.batch_at(8, UnixMillis(5));
    let frames = [
        last.batch_frame(),
        last.head_frame(),
        back.batch_frame(),
        back.head_frame(),
    ];
    federation.data.write_frames(SOUTH, last.first(), &frames);
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [Code::TimeWentBack, Code::ChainStopped]
    );
    let finding = &report.chain("440000").unwrap().findings[0];
    assert_eq!(
        (finding.expected.as_deref(), finding.found.as_deref()),
        (Some("1700000000004"), Some("5"))
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["format"], "yizhang-audit/1");
    assert_eq!(json["clean"], false);
    assert_eq!(json["chains"][1]["findings"][0]["code"], "time-went-back");
    assert_eq!(json["chains"][1]["findings"][0]["severity"], "fault");
    let text = finding.to_string();
    assert!(
        text.starts_with("chain 440000, chains/440000/") && text.contains("before its predecessor"),
        "{text}"
    );
}

#[test]
fn a_head_that_stands_twice_is_only_noted() {
    let federation = Federation::new();
    let north = &federation.chains[&110_000];
    let mut frames: Vec<_> = north
        .iter()
        .flat_map(|signed| [signed.batch_frame(), signed.head_frame()])
        .collect();
    frames.push(north[2].head_frame());
    federation.data.write_frames(110_000, 0, &frames);
    let report = federation.audit();
    assert!(report.is_clean());
    assert_eq!(notes(&report, 110_000), [Code::HeadRepeated]);
}

#[test]
fn segments_that_are_missing_are_named_by_the_leaf_that_is_missed() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    fs::remove_file(federation.data.segment(SOUTH, south[2].first())).unwrap();
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [Code::SegmentGap, Code::ChainStopped]
    );
    assert_eq!(
        first_place(&report),
        (file(south[4].first()), Some(0), Some(south[2].first()))
    );
    fs::remove_file(federation.data.segment(SOUTH, 0)).unwrap();
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [Code::SegmentMissing, Code::ChainStopped]
    );
    assert_eq!(report.chain("440000").unwrap().beyond.batches, 2);
}

#[test]
fn a_segment_that_ends_early_is_a_fault_unless_it_is_the_last() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    let cut = |first: u64, by: u64| {
        let path = federation.data.segment(SOUTH, first);
        let length = fs::metadata(&path).unwrap().len();
        fs::OpenOptions::new()
            .write(true)
            .open(path)
            .unwrap()
            .set_len(length - by)
            .unwrap();
    };
    cut(south[4].first(), 7);
    let report = federation.audit();
    assert!(report.is_clean());
    assert_eq!(
        notes(&report, SOUTH),
        [Code::UnfinishedTail, Code::UnsignedTail]
    );
    assert_eq!(report.chain("440000").unwrap().size, south[4].size().0);
    cut(south[2].first(), 7);
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [Code::FrameTruncated, Code::ChainStopped]
    );
    assert_eq!(
        first_place(&report),
        (file(south[2].first()), Some(offset(&south[2..], 3)), None)
    );
}

#[test]
fn every_length_of_a_last_file_is_an_unfinished_tail_and_never_a_fault() {
    let data = Data::empty();
    let signed = Writer::new(SOUTH).batches(&[2, 1]);
    data.write(SOUTH, &signed);
    let path = data.segment(SOUTH, 0);
    let whole = fs::read(&path).unwrap();
    let roster = roster(&[SOUTH]);
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let report = data.audit(&roster);
        assert!(
            report.is_clean(),
            "cut at {length}: {:?}",
            report.all_findings().collect::<Vec<_>>()
        );
        let mut unwritten = whole[..length].to_vec();
        unwritten.resize(length + 600, 0);
        if length > 128 && !whole[..length].ends_with(b"YZFR") {
            fs::write(&path, unwritten).unwrap();
            let size = data.audit(&roster).chains[0].size;
            assert_eq!(size, report.chains[0].size, "zeros from {length}");
        }
    }
}

#[test]
fn files_of_others_are_refused_and_strangers_are_named() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    let north = fs::read(federation.data.segment(110_000, 0)).unwrap();
    fs::write(federation.data.segment(SOUTH, south[5].size().0), north).unwrap();
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [Code::SegmentForeign, Code::ChainStopped]
    );
    assert_eq!(report.chain("440000").unwrap().size, south[5].size().0);
    fs::remove_file(federation.data.segment(SOUTH, south[5].size().0)).unwrap();

    fs::write(
        federation.data.segment(SOUTH, 0).with_extension("bak"),
        b"old",
    )
    .unwrap();
    fs::write(
        federation.data.segment(SOUTH, 0).with_file_name("7.seg"),
        b"old",
    )
    .unwrap();
    fs::create_dir(federation.data.path().join("chains/330000")).unwrap();
    fs::create_dir(federation.data.path().join("chains/lost+found")).unwrap();
    let report = audit(&federation);
    let codes: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.code, finding.severity))
        .collect();
    assert_eq!(faults(&report, SOUTH), []);
    assert_eq!(codes.len(), 4);
    assert!(codes.contains(&(Code::UnknownChain, Severity::Fault)));
    assert!(codes.contains(&(Code::UnexpectedFile, Severity::Fault)));
    assert!(codes.contains(&(Code::UnexpectedFile, Severity::Note)));
}

#[test]
fn a_renamed_segment_is_found() {
    let federation = Federation::new();
    let last = federation.chains[&SOUTH][4].first();
    fs::rename(
        federation.data.segment(SOUTH, last),
        federation.data.segment(SOUTH, last + 1),
    )
    .unwrap();
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [Code::SegmentName, Code::ChainStopped]
    );
}

#[test]
fn heads_count_only_with_a_key_that_is_valid_at_their_size() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    let early = roster_with(&[SOUTH], TreeSize(0), Some(south[3].size()));
    let report = federation.data.audit(&early);
    assert_eq!(faults(&report, SOUTH), [Code::NoTrustedSignature; 2]);
    assert_eq!(report.chain("440000").unwrap().size, south[3].size().0);
    let late = roster_with(&[SOUTH], TreeSize(south[3].size().0 + 1), None);
    let report = federation.data.audit(&late);
    assert_eq!(faults(&report, SOUTH), [Code::NoTrustedSignature; 4]);
    assert_eq!(report.chain("440000").unwrap().verified.batches, 6);
}

#[test]
fn a_chain_signed_with_another_key_is_followed_but_not_verified() {
    let federation = Federation::new();
    let mut stranger = Writer::new(SOUTH);
    stranger.key = fixture::key(777);
    for old in [4, 2, 0] {
        fs::remove_file(
            federation
                .data
                .segment(SOUTH, federation.chains[&SOUTH][old].first()),
        )
        .unwrap();
    }
    federation.data.write(SOUTH, &stranger.batches(&[3, 4]));
    let report = audit(&federation);
    assert_eq!(faults(&report, SOUTH), [Code::NoTrustedSignature; 2]);
    let chain = report.chain("440000").unwrap();
    assert_eq!(
        (chain.size, chain.verified.records, chain.followed.batches),
        (0, 0, 2)
    );
}

#[test]
fn a_second_signed_root_for_a_size_is_a_fork_with_its_evidence() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    let mut rival = Writer {
        state: south[4].extension.after().clone(),
        key: fixture::key(SOUTH),
        salt: 50_000,
    };
    let forged = rival.batch(8);
    let mut frames: Vec<_> = south[4..]
        .iter()
        .flat_map(|signed| [signed.batch_frame(), signed.head_frame()])
        .collect();
    frames.extend([forged.batch_frame(), forged.head_frame()]);
    federation
        .data
        .write_frames(SOUTH, south[4].first(), &frames);
    let report = audit(&federation);
    assert_eq!(
        faults(&report, SOUTH),
        [Code::WrongPosition, Code::Fork, Code::ChainStopped]
    );
    assert_eq!(report.totals.forks, 1);
    let fork = report
        .all_findings()
        .find(|finding| finding.code == Code::Fork)
        .unwrap();
    assert_eq!(fork.evidence, [south[5].note.clone(), forged.note.clone()]);
    assert_eq!(fork.place.leaf, Some(forged.size().0));
}

#[test]
fn a_signed_head_over_another_tree_is_found_with_the_head() {
    let federation = Federation::new();
    let south = &federation.chains[&SOUTH];
    let mut rival = Writer {
        state: south[4].extension.after().clone(),
        key: fixture::key(SOUTH),
        salt: 50_000,
    };
    let forged = rival.batch(8);
    assert_eq!(forged.size(), south[5].size());
    let mut head = Vec::new();
    write_head_frame(forged.note.as_bytes(), forged.size(), &mut head);
    let frames = [
        south[4].batch_frame(),
        south[4].head_frame(),
        south[5].batch_frame(),
        head,
    ];
    federation
        .data
        .write_frames(SOUTH, south[4].first(), &frames);
    let report = audit(&federation);
    assert_eq!(faults(&report, SOUTH), [Code::HeadRoot]);
    assert_eq!(
        report.chain("440000").unwrap().findings[0].evidence,
        [forged.note]
    );
}

#[test]
fn no_changed_byte_is_ever_reported_clean() {
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_123);
    println!("SEED={seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let data = Data::empty();
    let signed = Writer::new(SOUTH).batches(&[2, 40, 1, 17]);
    data.write(SOUTH, &signed[..2]);
    let tail = [
        signed[2].batch_frame(),
        signed[2].head_frame(),
        signed[3].batch_frame(),
    ];
    data.write_frames(SOUTH, signed[2].first(), &tail);
    let roster = roster(&[SOUTH]);
    let files = [
        data.segment(SOUTH, 0),
        data.segment(SOUTH, signed[2].first()),
    ];
    let whole = files.each_ref().map(|file| fs::read(file).unwrap());
    let check = |file: usize, at: usize, mask: u8| {
        let mut bytes = whole[file].clone();
        bytes[at] ^= mask;
        fs::write(&files[file], bytes).unwrap();
        let report = data.audit(&roster);
        assert!(
            !report.is_clean(),
            "SEED={seed} file {file} byte {at} mask {mask}"
        );
        fs::write(&files[file], &whole[file]).unwrap();
    };
    // Every byte of the last frame's header, where damage and an unfinished tail are easily taken for each other.
    let last_frame = whole[1].len() - tail[2].len();
    for at in last_frame..last_frame + 40 {
        (0..8).for_each(|bit| check(1, at, 1 << bit));
    }
    for _ in 0..1_000 {
        let file = rng.random_range(0..2);
        check(
            file,
            rng.random_range(0..whole[file].len()),
            rng.random_range(1..=255),
        );
    }
}
