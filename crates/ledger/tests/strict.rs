//! One value, one encoding: whatever is cut, lengthened or bent is refused, or is another value with an encoding of its
//! own; and no bytes whatsoever make a reader panic.

use crate::support::{
    self,
    generate::sample::{self, FIRST_KEY, ROOTS, origin, raw_entry},
    random,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use yizhang_ledger::{
    Invalid,
    batch::{Batch, BatchEntry, RecordBlock},
    chain::ChainState,
    codec::{self, CodecFault},
    entry::{Entry, Kind},
    hash::{Hash, from_hex},
    head::{Head, Origin},
    note::{Note, NoteKey},
    person::{AccountId, SocialSecurityNumber},
    record::Record,
    roster::Roster,
    segment::{FrameHeader, file_header, read_file_header, write_batch_frame, write_head_frame},
    tree::{Frontier, verify_consistency, verify_inclusion},
    value::{Code, Day, Division, Fen, LeafIndex, Month, Rate, Scheme, TreeSize, UnixMillis},
};

const AT: LeafIndex = LeafIndex(0);

fn read(bytes: &[u8]) -> Result<Record<'_>, Invalid> {
    let entry = Entry::parse(bytes, AT)?;
    Record::read(&entry).map_err(|fault| Invalid::Payload {
        at: AT,
        kind: entry.kind,
        fault,
    })
}

/// Accepted bytes are what writing the record gives, to the byte.
fn assert_canonical(bytes: &[u8], record: &Record<'_>) {
    assert_eq!(sample::entry(record), bytes);
}

#[test]
fn records_come_back_as_written() {
    let mut rng = random("records_come_back_as_written");
    for _ in 0..50 {
        let codes = support::codes(&mut rng);
        for record in support::records(&mut rng, &codes) {
            assert_eq!(read(&sample::entry(&record)).unwrap(), record);
        }
    }
}

#[test]
fn no_entry_is_read_from_a_part_of_it_or_with_more_behind() {
    let mut rng = random("no_entry_is_read_from_a_part_of_it_or_with_more_behind");
    let codes = support::codes(&mut rng);
    for record in support::records(&mut rng, &codes) {
        let bytes = sample::entry(&record);
        for length in 0..bytes.len() {
            let fault = read(&bytes[..length]).unwrap_err();
            assert!(matches!(fault, Invalid::EntryTruncated { .. }), "{fault}");
        }
        for extra in 0..=u8::MAX {
            let longer = [bytes.as_slice(), &[extra]].concat();
            assert_eq!(
                read(&longer),
                Err(Invalid::EntryTrailing { at: AT, extra: 1 })
            );
        }
    }
}

#[test]
fn no_payload_is_read_from_a_part_of_it_or_with_more_behind() {
    let mut rng = random("no_payload_is_read_from_a_part_of_it_or_with_more_behind");
    let codes = support::codes(&mut rng);
    for record in support::records(&mut rng, &codes) {
        let bytes = sample::entry(&record);
        let payload = Entry::parse(&bytes, AT).unwrap().payload;
        let framed = |payload: &[u8]| raw_entry(record.kind().0, payload);
        for length in 0..payload.len() {
            assert!(
                read(&framed(&payload[..length])).is_err(),
                "{record:?} cut to {length}"
            );
        }
        for extra in 0..=u8::MAX {
            let fault = CodecFault::Trailing { extra: 1 };
            let expected = Invalid::Payload {
                at: AT,
                kind: record.kind(),
                fault,
            };
            assert_eq!(read(&framed(&[payload, &[extra]].concat())), Err(expected));
        }
    }
}

#[test]
fn every_integer_has_one_encoding() {
    let wider = |value: u64| -> Vec<Vec<u8>> {
        let bytes = value.to_le_bytes();
        let mut forms = Vec::new();
        for (marker, width, fits) in [(0xfb, 2, 1 << 16), (0xfc, 4, 1 << 32), (0xfd, 8, u64::MAX)] {
            if value < fits {
                forms.push([&[marker], &bytes[..width]].concat());
            }
        }
        forms
    };
    for value in [
        0,
        1,
        250,
        251,
        252,
        65_535,
        65_536,
        (1 << 32) - 1,
        1 << 32,
        u64::MAX - 1,
    ] {
        let accepted = wider(value)
            .into_iter()
            .filter(|form| codec::decode::<u64>(form).is_ok())
            .count();
        assert_eq!(accepted, usize::from(value > 250), "{value}");
        for form in wider(value) {
            let read = codec::decode::<u64>(&form);
            assert!(
                matches!(read, Ok(found) if found == value)
                    || read == Err(CodecFault::NotCanonical),
                "{form:?}"
            );
        }
    }
}

#[test]
fn checked_values_end_where_the_format_says() {
    assert!(Month::new(22_799).is_none() && Month::new(22_800).is_some());
    assert!(Month::of(1_899, 12).is_none() && Month::of(1_900, 1).is_some());
    assert!(Month::of(2_025, 0).is_none() && Month::of(2_025, 13).is_none());
    assert_eq!(Month::new(u16::MAX).unwrap().to_string(), "5461-04");
    assert!(Month::parse("202507") == Month::parse("2025-07") && Month::parse("202507").is_some());
    for text in [
        "",
        "2025",
        "2025-7",
        "2025/07",
        "+25-07",
        "2025-00",
        "2025-13",
        "20250７",
        "２０２５０７",
    ] {
        assert!(Month::parse(text).is_none(), "{text}");
    }
    assert!(Day::new(20_240_229).is_some() && Day::new(20_230_229).is_none());
    assert!(
        Day::new(20_000_229).is_some()
            && Day::new(19_000_229).is_none()
            && Day::new(21_000_229).is_none()
    );
    assert_eq!(Day::parse("2024-02-29"), Day::new(20_240_229));
    for (moment, day) in [
        (0, 19_700_101),
        (57_599_999, 19_700_101),
        (57_600_000, 19_700_102),
        (951_753_599_999, 20_000_228),
        (951_753_600_000, 20_000_229),
        (1_795_881_599_999, 20_261_128),
        (1_795_881_600_000, 20_261_129),
        (253_402_271_999_999, 99_991_231),
        (u64::MAX, 99_991_231),
    ] {
        assert_eq!(Day::of(UnixMillis(moment)).number(), day, "{moment}");
    }
    for text in [
        "",
        "2024-2-29",
        "20-24-0229",
        "2024-02-2９",
        "+2024022",
        "20240230",
    ] {
        assert!(Day::parse(text).is_none(), "{text}");
    }
    assert!(Fen::new(Fen::MAX).is_some() && Fen::new(Fen::MAX + 1).is_none());
    assert!(Fen::new(-Fen::MAX).is_some() && Fen::new(-Fen::MAX - 1).is_none());
    assert!(Fen::new(i64::MIN).is_none() && Fen::new(i64::MAX).is_none());
    assert!(Rate::new(100_000).is_some() && Rate::new(100_001).is_none());
    assert!(Division::new(99_999).is_none() && Division::new(100_000).is_some());
    assert!(Division::new(999_999).is_some() && Division::new(1_000_000).is_none());
    assert!(Code::new(&"x".repeat(32)).is_some() && Code::new(&"x".repeat(33)).is_none());
    assert!(Code::new("").is_some() && Code::new(" ").is_none() && Code::new("\u{e9}").is_none());
    assert!(Scheme::parse("hrss:110").is_some() && Scheme::parse("hrss:").is_none());
    assert!(Scheme::parse("hrss").is_none() && Scheme::parse("HRSS:110").is_none());
    assert!(Origin::parse(&format!("{}/440000", "a".repeat(64))).is_some());
    assert!(Origin::parse(&format!("{}/440000", "a".repeat(65))).is_none());
    assert!(Origin::parse("/440000").is_none() && Origin::parse("a/44000").is_none());
    assert!(Origin::parse("a/b/440000").is_none() && Origin::parse("a_b/440000").is_none());
}

#[test]
fn hexadecimal_digits_and_base64_have_one_form() {
    let hash = Hash([0xab; 32]);
    assert_eq!(Hash::from_hex(&hash.to_string()), Some(hash));
    assert!(Hash::from_hex(&hash.to_string().to_uppercase()).is_none());
    assert!(Hash::from_hex(&hash.to_string()[..62]).is_none() && from_hex::<0>("").is_some());
    assert!(AccountId::from_hex("0g000000000000000000000000000000").is_none());
    let text = hash.to_base64();
    assert_eq!(Hash::from_base64(&text), Some(hash));
    for at in 0..text.len() {
        for byte in 0..=127_u8 {
            let mut bent = text.clone().into_bytes();
            bent[at] = byte;
            let bent = String::from_utf8(bent).unwrap();
            let read = Hash::from_base64(&bent);
            assert!(bent == text || read != Some(hash), "{bent}");
            assert!(read.is_none_or(|read| read.to_base64() == bent), "{bent}");
        }
    }
}

/// Every single-byte change of `bytes`: three values each, or all where there are few bytes.
fn bent<'a>(rng: &'a mut ChaCha8Rng, bytes: &'a [u8]) -> impl Iterator<Item = Vec<u8>> + 'a {
    (0..bytes.len() * 3).map(move |number| {
        let mut bent = bytes.to_vec();
        bent[number / 3] ^= match number % 3 {
            0 => 1,
            1 => 0x80,
            _ => rng.random_range(1..=u8::MAX),
        };
        bent
    })
}

#[test]
fn a_changed_byte_of_an_entry_is_refused_or_another_record() {
    let mut rng = random("a_changed_byte_of_an_entry_is_refused_or_another_record");
    let codes = support::codes(&mut rng);
    for record in support::records(&mut rng, &codes) {
        let bytes = sample::entry(&record);
        for bent in bent(&mut rng, &bytes) {
            // With the kind of a batch it is no record, and none is written so: whoever reads records refuses it before.
            if let Ok(other) = read(&bent)
                && other.kind() != Kind::BATCH
            {
                assert_ne!(other, record);
                assert_canonical(&bent, &other);
            }
        }
    }
}

#[test]
fn a_changed_byte_of_a_batch_is_refused_or_another_batch() {
    let mut rng = random("a_changed_byte_of_a_batch_is_refused_or_another_batch");
    let state = ChainState::empty(origin(440_000));
    for _ in 0..5 {
        let extension = support::extension(&mut rng, &state, UnixMillis(1));
        let batch = extension.batch();
        for bent in bent(&mut rng, batch.bytes()) {
            let Ok(other) = Batch::parse(bent.clone()) else {
                continue;
            };
            assert_eq!(other.bytes(), bent);
            let changed = other
                .leaves()
                .iter()
                .zip(batch.leaves())
                .filter(|(one, other)| one != other)
                .count();
            assert!(changed > 0 || other.leaves().len() != batch.leaves().len());
            assert_ne!(other.leaves(), batch.leaves());
            if let Ok(extension) = state.follow(other) {
                assert_ne!(extension.after().head(), batch_head(&state, batch));
            }
        }
    }
}

fn batch_head(state: &ChainState, batch: &Batch) -> Head {
    state.follow(batch.clone()).unwrap().after().head()
}

#[test]
fn a_changed_byte_of_a_head_is_never_accepted() {
    let mut rng = random("a_changed_byte_of_a_head_is_never_accepted");
    let roster = sample::roster();
    let head = Head {
        origin: origin(440_000),
        size: TreeSize(3),
        root: Hash([7; 32]),
    };
    let note = head.sign(&sample::key(FIRST_KEY)).into_bytes();
    assert!(Head::open(&note, &roster).is_ok());
    for at in 0..note.len() {
        for byte in 0..=u8::MAX {
            let mut bent = note.clone();
            bent[at] = byte;
            assert!(
                bent == note || Head::open(&bent, &roster).is_err(),
                "byte {at} as {byte}"
            );
        }
    }
    for length in 0..note.len() {
        assert!(Head::open(&note[..length], &roster).is_err());
    }
    for _ in 0..1_000 {
        let mut longer = note.clone();
        longer.insert(rng.random_range(0..=note.len()), rng.random());
        assert!(Head::open(&longer, &roster).is_err());
    }
}

#[test]
fn a_changed_byte_of_a_roster_is_never_accepted() {
    let mut rng = random("a_changed_byte_of_a_roster_is_never_accepted");
    let note = sample::signed_roster(&sample::roster(), &ROOTS[..2]).into_bytes();
    let trusted = ROOTS.map(sample::public);
    assert_eq!(Roster::open(&note, &trusted, 2), Ok(sample::roster()));
    for bent in bent(&mut rng, &note) {
        assert!(Roster::open(&bent, &trusted, 2).is_err());
    }
}

#[test]
fn a_changed_byte_of_a_segment_is_never_accepted() {
    let mut rng = random("a_changed_byte_of_a_segment_is_never_accepted");
    let state = ChainState::empty(origin(440_000));
    let extension = support::extension(&mut rng, &state, UnixMillis(1));
    let batch = extension.batch();
    let mut frames = Vec::new();
    write_batch_frame(batch.bytes(), batch.ends(), LeafIndex(0), &mut frames);
    let batch_frame = frames.len();
    write_head_frame(b"a head", TreeSize(9), &mut frames);
    let whole = |frame: &[u8]| {
        FrameHeader::read(frame).and_then(|header| header.check(frame).map(<[u8]>::to_vec))
    };
    assert_eq!(whole(&frames[..batch_frame]).as_deref(), Ok(batch.bytes()));
    for frame in [&frames[..batch_frame], &frames[batch_frame..]] {
        for bent in bent(&mut rng, frame) {
            assert!(whole(&bent).is_err());
        }
        for length in 0..frame.len() {
            assert!(whole(&frame[..length]).is_err());
        }
    }
    let header = file_header(&origin(440_000), LeafIndex(0)).unwrap();
    for bent in bent(&mut rng, &header) {
        assert!(read_file_header(&bent, &origin(440_000)).is_err());
    }
}

/// Bytes that no honest writer made: noise, or something real with holes.
fn hostile(rng: &mut ChaCha8Rng, real: &[Vec<u8>]) -> Vec<u8> {
    if rng.random_range(0..3) == 0 {
        return support::bytes(rng, 200);
    }
    let mut bytes = real[rng.random_range(0..real.len())].clone();
    for _ in 0..rng.random_range(1..=4) {
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..5) {
            0 => bytes[at] = rng.random(),
            1 => bytes.truncate(at.max(1)),
            2 => bytes.insert(at, rng.random()),
            3 => bytes[at] = [0, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff][rng.random_range(0..7)],
            _ => {
                let other = &real[rng.random_range(0..real.len())];
                bytes.splice(at.., other[other.len() / 2..].iter().copied());
                bytes.truncate(4_000);
            }
        }
    }
    bytes
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let mut rng = random("no_bytes_make_a_reader_panic");
    let codes = support::codes(&mut rng);
    let mut real: Vec<Vec<u8>> = support::records(&mut rng, &codes)
        .iter()
        .map(sample::entry)
        .collect();
    let mut state = ChainState::empty(origin(440_000));
    let (mut batch, mut last) = (Vec::new(), None);
    for _ in 0..3 {
        let extension = support::extension(&mut rng, &state, UnixMillis(5));
        batch = extension.batch().bytes().to_vec();
        real.push(batch.clone());
        real.push(
            extension
                .after()
                .head()
                .sign(&sample::key(FIRST_KEY))
                .into_bytes(),
        );
        let mut frame = Vec::new();
        write_batch_frame(
            &batch,
            extension.batch().ends(),
            state.size().next_leaf(),
            &mut frame,
        );
        real.push(frame);
        state = extension.after().clone();
        last = Some(extension);
    }
    assert!(last.is_some() && !batch.is_empty());
    real.push(sample::signed_roster(&sample::roster(), &ROOTS[..2]).into_bytes());
    real.push(
        file_header(&origin(440_000), LeafIndex(0))
            .unwrap()
            .to_vec(),
    );
    for _ in 0..100_000 {
        try_every_reader(&hostile(&mut rng, &real), &state, &mut rng);
    }
}

fn try_every_reader(bytes: &[u8], state: &ChainState, rng: &mut ChaCha8Rng) {
    let at = LeafIndex(rng.random());
    if let Ok(entry) = Entry::parse(bytes, at)
        && let Ok(record) = Record::read(&entry)
    {
        assert!(format!("{record:?} {entry:?}").len() < 100_000);
        assert!(record.accounts().count() <= 2);
        if entry.kind != Kind::BATCH {
            assert_canonical(bytes, &record);
        }
    }
    if let Ok(batch) = Batch::parse(bytes.to_vec()) {
        assert_eq!(batch.records().count() + 1, batch.ends().len());
        assert!(batch.submissions().count() <= 1_024 && batch.size_after() <= TreeSize::MAX);
        let _ = state.follow(batch);
    }
    if let Ok(block) = RecordBlock::parse(bytes.to_vec()) {
        assert!(!block.is_empty() && block.bytes() == bytes);
    }
    let roster = sample_roster();
    let _ = Head::open(bytes, roster);
    let _ = Roster::open(bytes, &roster.roots, 2);
    if let Ok(note) = Note::parse(bytes)
        && let Some(key) = NoteKey::new("demo.yizhang/440000", roster.roots[0])
    {
        let _ = note.is_signed_by(&key);
    }
    if let Ok(header) = FrameHeader::read(bytes) {
        let _ = header.check(bytes);
        assert!(
            header.content_bytes() <= header.body_bytes && header.body_bytes <= 4 * 1_024 * 1_024
        );
    }
    let _ = read_file_header(bytes, state.origin());
    let _ = codec::decode::<Code<'_>>(bytes);
    let _ = codec::decode::<Option<Day>>(bytes);
    if let Ok(text) = core::str::from_utf8(bytes) {
        let _ = (
            SocialSecurityNumber::parse(text),
            Month::parse(text),
            Day::parse(text),
            Scheme::parse(text),
        );
        let _ = (
            Origin::parse(text),
            Hash::from_base64(text),
            Hash::from_hex(text),
            Division::parse(text),
        );
    }
    if let Some(key) = bytes.first_chunk::<32>() {
        let _ = NoteKey::new("name", *key);
    }
    try_proofs(bytes, rng);
}

fn try_proofs(bytes: &[u8], rng: &mut ChaCha8Rng) {
    let (hashes, _) = bytes.as_chunks::<32>();
    let path: Vec<Hash> = hashes.iter().map(|hash| Hash(*hash)).collect();
    let root = path.first().copied().unwrap_or_default();
    let size = |rng: &mut ChaCha8Rng| rng.random::<u64>() >> rng.random_range(0..64);
    let (one, other) = (size(rng), size(rng));
    assert!(verify_inclusion(&root, one, other, &path, &root).is_err() || path.is_empty());
    let consistent =
        verify_consistency::<yizhang_ledger::hash::Blake3Keyed>(one, other, &root, &root, &path);
    assert!(consistent.is_err() || one == other);
    let _ = Frontier::<yizhang_ledger::hash::Blake3Keyed>::from_peaks(TreeSize(one), &path);
}

/// The sample roster, made once.
fn sample_roster() -> &'static Roster {
    static ROSTER: std::sync::OnceLock<Roster> = std::sync::OnceLock::new();
    ROSTER.get_or_init(sample::roster)
}

#[test]
fn positions_at_the_end_of_the_integers_do_not_overflow() {
    let block = sample::block(&[sample::record(Kind::ENROL).unwrap()]);
    let entry = |first: u64| BatchEntry {
        origin: origin(440_000),
        number: u64::MAX,
        first: LeafIndex(first),
        previous: Hash::ZERO,
        root_before: Hash::ZERO,
        time: UnixMillis(u64::MAX),
        roster: u64::MAX,
        records: 1,
        submissions: yizhang_ledger::batch::Submissions(vec![yizhang_ledger::batch::Submission {
            id: yizhang_ledger::batch::SubmissionId([1; 16]),
            submitter: "x".into(),
            records: 1,
        }]),
    };
    let parse = |first: u64| {
        let payload = bincode::encode_to_vec(entry(first), bincode::config::standard()).unwrap();
        Batch::parse([raw_entry(0, &payload), block.bytes().to_vec()].concat())
    };
    let last = TreeSize::MAX.0 - 3 * 1_024 * 1_024;
    assert_eq!(parse(last).unwrap().records().count(), 1);
    for first in [last + 1, TreeSize::MAX.0, u64::MAX - 1, u64::MAX] {
        let fault = parse(first).unwrap_err();
        assert!(
            matches!(
                fault,
                Invalid::Payload {
                    fault: CodecFault::Field(_),
                    ..
                }
            ),
            "{fault}"
        );
    }
}

#[test]
fn a_division_covers_what_lies_in_it_and_the_corps_its_cities() {
    let division = |code| Division::new(code).unwrap();
    let covers = |wide, narrow| division(wide).covers(division(narrow));
    assert!(covers(440_000, 440_305) && covers(440_300, 440_305) && covers(440_305, 440_305));
    assert!(!covers(440_300, 440_000) && !covers(440_000, 450_300) && !covers(440_305, 440_306));
    for region in [650_000, 660_000] {
        assert!(covers(region, 659_001) && covers(region, 659_010));
    }
    assert!(covers(660_000, 660_100) && !covers(660_000, 650_100) && !covers(650_000, 660_100));
}
