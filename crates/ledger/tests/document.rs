//! docs/FORMAT.md against the crate: every kind, limit, context, key and fault stands there as it is here, and the
//! glossary knows the words.

use std::fmt::Write;
use yizhang_ledger::{
    approval, batch, codec, dispute, entry,
    hash::{BRANCH_CONTEXT, LEAF_CONTEXT, derive},
    head, holder, note, person, register,
    roster::{PREVIOUS_CONTEXT, REGIONS_MAX, ROOT_KEYS_MAX},
    segment, tree,
    value::{Code, Fen, TreeSize},
};

fn document(name: &str) -> String {
    std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../docs")
            .join(name),
    )
    .unwrap()
}

#[test]
fn the_kinds_of_the_document_are_those_of_the_crate() {
    let text = document("FORMAT.md");
    let table = text
        .split("## 4. Kinds")
        .nth(1)
        .unwrap()
        .split("## 5.")
        .next()
        .unwrap();
    let found: Vec<(u16, String)> = table
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            Some((cells.next()?.parse().ok()?, cells.next()?.to_string()))
        })
        .collect();
    let expected: Vec<(u16, String)> = entry::Kind::NAMED
        .iter()
        .map(|(kind, name)| (kind.0, (*name).to_string()))
        .collect();
    assert_eq!(found, expected);
}

/// A number with a comma between thousands.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (number, digit) in digits.chars().enumerate() {
        if number > 0 && (digits.len() - number).is_multiple_of(3) {
            out.push(',');
        }
        write!(out, "{digit}").unwrap();
    }
    out
}

#[test]
fn the_limits_of_the_document_are_those_of_the_crate() {
    let text = document("FORMAT.md");
    let limits = [
        ("PAYLOAD_BYTES_MAX", codec::PAYLOAD_BYTES_MAX),
        ("BATCH_PAYLOAD_BYTES_MAX", entry::BATCH_PAYLOAD_BYTES_MAX),
        ("BATCH_RECORDS_MAX", batch::BATCH_RECORDS_MAX),
        ("BATCH_BYTES_MAX", batch::BATCH_BYTES_MAX),
        ("SUBMISSION_BYTES_MAX", batch::SUBMISSION_BYTES_MAX),
        ("BATCH_SUBMISSIONS_MAX", batch::BATCH_SUBMISSIONS_MAX),
        ("PATH_HASHES_MAX", tree::PATH_HASHES_MAX),
        ("NOTE_BYTES_MAX", note::NOTE_BYTES_MAX),
        ("SIGNATURES_MAX", note::SIGNATURES_MAX),
        ("HEAD_BYTES_MAX", head::HEAD_BYTES_MAX),
        ("COSIGNATURES_MAX", head::COSIGNATURES_MAX),
        ("REGIONS_MAX", REGIONS_MAX),
        ("ROOT_KEYS_MAX", ROOT_KEYS_MAX),
        ("Code::LENGTH_MAX", Code::LENGTH_MAX),
        (
            "Origin::FEDERATION_LENGTH_MAX",
            head::Origin::FEDERATION_LENGTH_MAX,
        ),
        ("FRAME_BODY_BYTES_MAX", segment::FRAME_BODY_BYTES_MAX),
    ];
    for (name, value) in limits {
        let row = text
            .lines()
            .find(|line| line.contains(&format!("| {name} |")))
            .unwrap_or_else(|| panic!("{name}"));
        let value = grouped(value.try_into().unwrap());
        assert!(
            row.contains(&format!("| {value} ")),
            "{name} = {value}: {row}"
        );
    }
    assert_eq!((Fen::MAX, TreeSize::MAX.0), (10_i64.pow(15), (1 << 63) - 1));
}

#[test]
fn the_contexts_and_keys_of_the_document_are_those_of_the_crate() {
    let text = document("FORMAT.md");
    for context in [
        LEAF_CONTEXT,
        BRANCH_CONTEXT,
        batch::CONTENT_CONTEXT,
        person::ACCOUNT_CONTEXT,
        PREVIOUS_CONTEXT,
        register::SUBMISSION_CONTEXT,
        holder::BINDING_CONTEXT,
        holder::ENDING_CONTEXT,
        approval::SUBMISSION_CONTEXT,
        dispute::DISPUTE_CONTEXT,
        register::ACCOUNT_CONTEXT,
        register::CONTENT_CONTEXT,
        register::LEAF_CONTEXT,
        register::BRANCH_CONTEXT,
    ] {
        assert!(text.contains(context), "{context}");
    }
    for context in [
        LEAF_CONTEXT,
        BRANCH_CONTEXT,
        register::ACCOUNT_CONTEXT,
        register::CONTENT_CONTEXT,
        register::LEAF_CONTEXT,
        register::BRANCH_CONTEXT,
    ] {
        assert!(
            text.contains(&derive(context, &[]).to_string()),
            "{context}"
        );
    }
}

#[test]
fn the_faults_of_the_document_are_those_of_the_vectors() {
    let text = document("FORMAT.md");
    let faults = text
        .split("## 16. Faults")
        .nth(1)
        .unwrap()
        .split("## 17.")
        .next()
        .unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let vectors: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for rule in vectors["cases"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|case| case["refused"].as_str())
        {
            for name in rule
                .split('/')
                .map(|name| name.rsplit("::").next().unwrap())
            {
                assert!(faults.contains(name), "{name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 200);
}

#[test]
fn the_glossary_knows_the_words_of_the_house() {
    let text = document("GLOSSARY.md");
    for word in [
        "account",
        "account id",
        "admitted",
        "batch",
        "batch entry",
        "branch",
        "chain",
        "cosignature",
        "cosigner",
        "entry",
        "fact",
        "federation",
        "frame",
        "frontier",
        "head",
        "kind",
        "leaf",
        "node",
        "note",
        "origin",
        "proof",
        "record",
        "register",
        "roster",
        "scheme",
        "segment",
        "statement",
        "submission",
        "worker",
        "witness",
        "mirror",
    ] {
        assert!(
            text.lines()
                .any(|line| line.starts_with(&format!("| {word} "))),
            "{word}"
        );
    }
}
