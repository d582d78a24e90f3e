//! The second implementation of statements (`crates/ledger/tests/second`): written by docs/FORMAT.md in another language, sharing no code with the crate.

use crate::federation::{Cosigner, Federation};
use crate::records;
use crate::world;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use yizhang_ledger::{
    batch::SubmissionId,
    hash::{Blake3Keyed, Hash},
    range::{LeafRange, RangeProof, Span},
    roster::KeyKind,
    tree,
    value::LeafIndex,
};
use yizhang_statement::{ForkEvidence, ReceiptFile};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn second() -> PathBuf {
    crates().join("ledger/tests/second")
}

fn vectors() -> PathBuf {
    crates().join("statement/tests/vectors/statements.json")
}

/// Runs `verify.py` of a folder.
fn python(folder: &Path, arguments: &[&Path]) -> Output {
    Command::new("python3")
        .arg("-B")
        .arg(folder.join("verify.py"))
        .args(arguments)
        .output()
        .expect("the second implementation needs python3 (3.10 or later) on the path")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn it_agrees_with_every_case() {
    let output = python(&second(), &[&vectors()]);
    assert!(output.status.success(), "{}", said(&output));
}

/// What is left out of it, and a case that notices.
const PLANTED: [(&str, &str, &str); 4] = [
    ("check_order(roster)", "head.size", "records that descend"),
    (
        "refuted(not own, \"NotAbsent\")",
        "pass",
        "absence of somebody with records",
    ),
    (
        "machine.eof and not machine.unused_data",
        "machine.eof",
        "a byte behind the stream of a section",
    ),
    ("if last is None", "", "signed by a key that has ended"),
];

#[test]
fn it_can_fail() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("second-with-a-fault");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for file in fs::read_dir(second()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "py") {
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    let mut text = fs::read_to_string(second().join("statement.py")).unwrap();
    for (right, wrong, _) in PLANTED {
        assert_eq!(text.matches(right).count(), 1, "{right}");
        text = text.replace(right, wrong);
    }
    fs::write(folder.join("statement.py"), text).unwrap();
    let output = python(&folder, &[&vectors()]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    for (_, _, case) in PLANTED {
        assert!(said.contains(&format!("'{case}'")), "{case}: {said}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_stranger_checks_a_file_on_the_command_line() {
    let released = crates().join("statement/tests/released");
    let beside = fs::read_to_string(released.join("v1-revealed.json")).unwrap();
    let beside: serde_json::Value = serde_json::from_str(&beside).unwrap();
    let trusted = beside["trusted"].as_str().unwrap();
    let checked = |file: &Path, root: &str| {
        let arguments = [
            Path::new("statement"),
            file,
            Path::new("--root"),
            Path::new(root),
        ];
        python(&second(), &arguments)
    };
    let file = released.join("v1-revealed.yizhang");
    let output = checked(&file, trusted);
    assert!(output.status.success(), "{}", said(&output));
    let shown = said(&output);
    for part in [
        beside["expect"]["digest"].as_str().unwrap(),
        "Each of its 5 records stands under a head",
        "none is missing of the first 9",
        "mirrors of 310000, 330000 have computed again",
        "that there are no more is not shown",
        "is not computed here",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let other = checked(&file, "0000 0000 0000 0000 0000 0000 0000 0000");
    assert_eq!(other.status.code(), Some(1));
    assert_eq!(
        said(&other),
        "refused: Refusal::Roster/TrustFault::OtherRoots\n"
    );
}

/// Writes a file and checks it under the roster of a federation.
fn handed(federation: &Federation, kind: &str, bytes: &[u8]) -> Output {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("second-{kind}"));
    fs::create_dir_all(&folder).unwrap();
    let (file, trusted) = (folder.join("file"), federation.trusted().to_string());
    fs::write(&file, bytes).unwrap();
    let mut arguments = vec![
        kind.into(),
        file,
        "--root".into(),
        trusted.into(),
        "--roster".into(),
    ];
    for (version, note) in federation.roster_notes().iter().enumerate() {
        let path = folder.join(version.to_string());
        fs::write(&path, note).unwrap();
        arguments.push(path);
    }
    let arguments: Vec<&Path> = arguments.iter().map(PathBuf::as_path).collect();
    python(&second(), &arguments)
}

const MIRROR: Cosigner = Cosigner {
    region: 1,
    kind: KeyKind::Mirror,
    seconds: 1_795_900_000,
};

#[test]
fn it_reads_receipts() {
    let federation = world::federation();
    let size = federation.chains[0].len();
    let hashes = federation.chains[0].hashes(size);
    let range = LeafRange { first: 1, end: 9 };
    let spans = range.spans(size as u64).unwrap();
    let roots = |spans: &[Span]| -> Vec<Hash> {
        let root = |span: &Span| {
            let part = usize::try_from(span.low).unwrap()..usize::try_from(span.high).unwrap();
            tree::root::<Blake3Keyed>(&hashes[part])
        };
        spans.iter().map(root).collect()
    };
    let mut receipt = ReceiptFile {
        submission: SubmissionId([1; 16]),
        first: LeafIndex(1),
        records: 8,
        roster: 3,
        proof: RangeProof {
            inside: roots(&spans.inside),
            outside: roots(&spans.outside),
        },
        head: federation.head(0, size, &[MIRROR]),
    };
    receipt.verify(&federation.rosters[2]).unwrap();
    let output = handed(&federation, "receipt", &receipt.to_bytes());
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("8 records from 1 on under a head of 15 entries"));
    assert!(said(&output).contains("Mirrors that hold them: 310000"));
    receipt.records = 7;
    let output = handed(&federation, "receipt", &receipt.to_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said(&output),
        "refused: ReceiptFault::Range/ProofFault::PathLength\n"
    );
}

#[test]
fn it_reads_evidence() {
    let (federation, mut other) = (world::federation(), Federation::new(1, 3));
    // The same chain with other records.
    let nobody = |serial| records::birth(world::NOBODY, serial);
    other.chains[2].append(&[nobody("1"), nobody("2")]);
    let mut evidence = ForkEvidence {
        first: federation.head(2, 3, &[MIRROR]),
        second: other.head(2, 3, &[MIRROR]),
        beginning: None,
    };
    let shown = evidence.verify(&federation.rosters[2]).unwrap();
    let output = handed(&federation, "evidence", &evidence.to_bytes());
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains(&shown.cosigners[0]),
        "{}",
        said(&output)
    );
    evidence.second = evidence.first.clone();
    let output = handed(&federation, "evidence", &evidence.to_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said(&output), "refused: ForkFault::NoContradiction\n");
}
