//! Segment files and their frames.

use super::{
    case,
    chains::{Chain, submitted},
    json::Json,
    sample::origin,
};
use yizhang_ledger::{
    chain::ChainState,
    entry::Kind,
    record::Record,
    segment::{
        FILE_HEADER_BYTES, FRAME_HEADER_BYTES, file_header, write_batch_frame, write_head_frame,
    },
    value::{LeafIndex, TreeSize, UnixMillis},
};

const ORIGIN: &str = "demo.yizhang/440000";

pub fn cases() -> Vec<Json> {
    let mut cases = vec![whole_file(), strides()];
    cases.extend(bad_files());
    cases.extend(bad_frames());
    cases
}

fn header(first: u64) -> Vec<u8> {
    file_header(&origin(440_000), LeafIndex(first))
        .unwrap()
        .to_vec()
}

fn file(name: &str, bytes: &[u8], outcome: Json) -> Json {
    case(
        "segment",
        name,
        [("origin", ORIGIN.into()), ("bytes", Json::hex(bytes))],
        outcome,
    )
}

fn frame(kind: &str, entries: usize, position: u64, content: &[u8], offsets: &[u32]) -> Json {
    Json::object([
        ("kind", kind.into()),
        ("entries", i64::try_from(entries).unwrap().into()),
        ("position", Json::wide(position)),
        ("content", Json::hex(content)),
        ("offsets", Json::list(offsets.iter().copied())),
    ])
}

fn whole_file() -> Json {
    let chain = Chain::sample();
    let mut bytes = header(0);
    let mut frames = Vec::new();
    for (batch, head) in chain.batches.iter().zip(&chain.heads) {
        let first = batch.entry().first;
        write_batch_frame(batch.bytes(), batch.ends(), first, &mut bytes);
        frames.push(frame(
            "Batch",
            batch.ends().len(),
            first.0,
            batch.bytes(),
            &[],
        ));
        write_head_frame(head.as_bytes(), batch.size_after(), &mut bytes);
        frames.push(frame("Head", 0, batch.size_after().0, head.as_bytes(), &[]));
    }
    file(
        "the chain of three batches",
        &bytes,
        Json::object([("first", "0".into()), ("frames", Json::List(frames))]),
    )
}

/// Batches of 15, 16, 17 and 33 entries: no offset, one, one, two.
fn strides() -> Json {
    let mut state = ChainState::empty(origin(440_000));
    let mut bytes = header(0);
    let mut frames = Vec::new();
    for (number, records) in [(1, 14), (2, 15), (3, 16), (4, 32)] {
        let payloads: Vec<[u8; 1]> = (0..records).map(|record| [record]).collect();
        let records: Vec<Record<'_>> = payloads
            .iter()
            .map(|payload| Record::unread(Kind(200), payload))
            .collect();
        let extension = state
            .prepare(&[submitted(number, "x", &records)], UnixMillis(1), 1)
            .unwrap();
        let batch = extension.batch();
        write_batch_frame(batch.bytes(), batch.ends(), batch.entry().first, &mut bytes);
        let offsets: Vec<u32> = batch
            .ends()
            .chunks_exact(16)
            .map(|sixteen| sixteen[15])
            .collect();
        frames.push(frame(
            "Batch",
            batch.ends().len(),
            batch.entry().first.0,
            batch.bytes(),
            &offsets,
        ));
        state = extension.after().clone();
    }
    file(
        "offsets",
        &bytes,
        Json::object([("first", "0".into()), ("frames", Json::List(frames))]),
    )
}

/// The checksum of a file header or a frame, as FORMAT.md words it.
fn checksum(parts: &[&[u8]]) -> [u8; 16] {
    let hash = yizhang_ledger::hash::derive("yizhang 2026-11-23 v1 segment checksum", parts);
    *hash.0.first_chunk().unwrap()
}

/// A file header with one byte changed and its checksum made right again.
fn resealed_header(at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = header(0);
    bytes[at] = byte;
    let sum = checksum(&[&bytes[..FILE_HEADER_BYTES - 16]]);
    bytes[FILE_HEADER_BYTES - 16..].copy_from_slice(&sum);
    bytes
}

fn bad_files() -> Vec<Json> {
    let refused = |name: &str, bytes: &[u8], fault: &str| {
        file(name, bytes, Json::Text(format!("FrameFault::{fault}")))
    };
    let good = header(0);
    let bent = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let other = file_header(&origin(110_000), LeafIndex(0)).unwrap();
    vec![
        file(
            "a header and no frames",
            &header(77),
            Json::object([("first", "77".into()), ("frames", Json::List(vec![]))]),
        ),
        refused("no bytes", &[], "Truncated"),
        refused("127 bytes", &good[..127], "Truncated"),
        refused("another magic of the file", &bent(0), "Header"),
        refused("another version", &bent(6), "Header"),
        refused("another position of the file", &bent(8), "Checksum"),
        refused("another origin", &bent(16), "Checksum"),
        refused("a byte in the reserved part", &bent(100), "Checksum"),
        refused("another checksum of the file", &bent(127), "Checksum"),
        refused("a file of another chain", &other, "Foreign"),
        refused(
            "a byte in the reserved part, resealed",
            &resealed_header(100, 1),
            "Foreign",
        ),
        refused(
            "a byte behind the origin, resealed",
            &resealed_header(16 + 19, b'x'),
            "Foreign",
        ),
    ]
}

fn bad_frames() -> Vec<Json> {
    let mut good = Vec::new();
    write_head_frame(b"body", TreeSize(5), &mut good);
    let refused = |name: &str, frame: &[u8], fault: &str| {
        file(
            name,
            &[header(0).as_slice(), frame].concat(),
            Json::Text(format!("FrameFault::{fault}")),
        )
    };
    let bent = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let sealed = |kind: u8, entries: u32, body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        let fields = [
            &b"YZFR"[..],
            &[kind, 0, 0, 0],
            &length,
            &entries.to_le_bytes(),
            &5_u64.to_le_bytes(),
        ]
        .concat();
        [&fields[..], &checksum(&[&fields, body]), body].concat()
    };
    vec![
        file("a head frame", &[header(0), good.clone()].concat(), {
            Json::object([
                ("first", "0".into()),
                (
                    "frames",
                    Json::List(vec![frame("Head", 0, 5, b"body", &[])]),
                ),
            ])
        }),
        refused(
            "39 bytes of frame header",
            &good[..FRAME_HEADER_BYTES - 1],
            "Truncated",
        ),
        refused("a body cut", &good[..good.len() - 1], "Truncated"),
        refused("no body", &good[..FRAME_HEADER_BYTES], "Truncated"),
        refused("another magic of a frame", &bent(0, b'X'), "Header"),
        refused("kind 0", &bent(4, 0), "Header"),
        refused("kind 3", &bent(4, 3), "Header"),
        refused("a byte behind the kind", &bent(7, 1), "Header"),
        refused("a head with entries", &sealed(2, 16, b"body"), "Header"),
        refused(
            "more entries than a batch has",
            &sealed(1, 16_386, &[0; 5_000]),
            "Header",
        ),
        refused("more offsets than bytes", &sealed(1, 32, &[0; 7]), "Header"),
        refused(
            "a body of more than 4 MiB",
            &[
                &good[..8],
                &(4 * 1_024 * 1_024 + 1_u32).to_le_bytes(),
                &good[12..],
            ]
            .concat(),
            "Header",
        ),
        refused("another position of a frame", &bent(16, 4), "Checksum"),
        refused("a head said to be a batch", &bent(4, 1), "Checksum"),
        refused("another body", &bent(40, b'B'), "Checksum"),
        refused(
            "another checksum of a frame",
            &bent(39, good[39] ^ 1),
            "Checksum",
        ),
        refused("a frame of zeros", &[0; 64], "Header"),
    ]
}
