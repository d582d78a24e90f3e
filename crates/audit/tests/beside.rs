//! What lies beside the chains of a directory: the journal of its node.

use crate::fixture::{self, Data, REGIONS, Signed, Writer, audit, division, faults, roster};
use std::{fmt::Write as _, fs};
use yizhang_audit::{Code, Options, losses};
use yizhang_ledger::{
    hash::{Blake3Keyed, Hash, derive},
    tree::{consistency_path, root},
};

/// A journal with one piece of evidence (docs/FORMAT.md, "Journal").
fn write_evidence(data: &Data, closes: u8, held: &str, other: &str) {
    let mut content = vec![closes];
    content.extend(u32::try_from(held.len()).unwrap().to_le_bytes());
    content.extend(held.bytes().chain(other.bytes()));
    write_journal(data, 2, &content);
}

/// A journal with one entry.
fn write_journal(data: &Data, kind: u8, content: &[u8]) {
    let mut bytes = b"YZJNL\x00\x01\n".to_vec();
    bytes.resize(32, 0);
    let mut fields = b"YZJR".to_vec();
    fields.extend([kind, 0, 0, 0]);
    fields.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    let context = "yizhang 2026-11-23 v1 store journal checksum";
    let checksum = derive(context, &[&fields, content]);
    bytes.extend(fields);
    bytes.extend(&checksum.0[..16]);
    bytes.extend(content);
    let folder = data.path().join("journal");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("00000000000000000000.jnl"), bytes).unwrap();
}

fn of_own(code: u32) -> Options {
    Options {
        own: Some(division(code)),
        ..Options::default()
    }
}

/// A directory with two of three batches of a chain, and a journal in which somebody has shown the head of the third.
fn behind(code: u32) -> (Data, Vec<Signed>) {
    let data = Data::empty();
    let signed = Writer::new(code).batches(&[3, 4, 5]);
    data.write(code, &signed[..2]);
    write_evidence(&data, 0, &signed[1].note, &signed[2].note);
    (data, signed)
}

#[test]
fn a_mirror_that_is_behind_a_head_that_it_was_shown_has_lost_nothing() {
    let (chain, other) = (REGIONS[1], REGIONS[0]);
    let (data, signed) = behind(chain);
    let roster = roster(&REGIONS);
    let held = [(fixture::origin(chain), signed[1].size())];
    for options in [of_own(other), Options::default()] {
        let report = audit(data.path(), &roster, &options);
        assert_eq!(faults(&report, chain), []);
        assert_eq!(losses(data.path(), &roster, options.own, &held), []);
    }
    // Of its own chain a node holds what its key has signed.
    let own = of_own(chain);
    let report = audit(data.path(), &roster, &own);
    assert_eq!(faults(&report, chain), [Code::BehindJournal]);
    let found = losses(data.path(), &roster, own.own, &held);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, Code::BehindJournal);
}

#[test]
fn a_head_that_the_node_held_counts_in_every_chain() {
    let chain = REGIONS[1];
    let data = Data::empty();
    let signed = Writer::new(chain).batches(&[3, 4, 5]);
    data.write(chain, &signed[..1]);
    write_evidence(&data, 0, &signed[1].note, &signed[2].note);
    let report = audit(data.path(), &roster(&REGIONS), &Options::default());
    assert_eq!(faults(&report, chain), [Code::BehindJournal]);
}

#[test]
fn a_journal_that_cannot_be_listed_is_a_finding() {
    let (data, _) = behind(REGIONS[1]);
    let folder = data.path().join("journal");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, b"no folder").unwrap();
    let findings = yizhang_audit::accusations(data.path(), &roster(&REGIONS));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].code, Code::Unreadable);
}

/// Two histories of a chain, and an evidence file (docs/FORMAT.md, section 14) of the end of the shorter one against the longer.
struct TwoHistories {
    shorter: Signed,
    file: Vec<u8>,
}

impl TwoHistories {
    fn of(code: u32) -> Self {
        let shorter = Writer::new(code).batch(2);
        let longer = Writer {
            salt: 1_000,
            ..Writer::new(code)
        }
        .batch(9);
        let leaves: Vec<Hash> = longer.extension.batch().leaves().to_vec();
        let size = usize::try_from(shorter.size().0).unwrap();
        let mut file = format!(
            "yizhang-evidence/v1\nroot {}\n",
            root::<Blake3Keyed>(&leaves[..size])
        );
        for hash in consistency_path::<Blake3Keyed>(&leaves, size).unwrap() {
            writeln!(file, "path {hash}").unwrap();
        }
        for note in [&shorter.note, &longer.note] {
            write!(file, "head {}\n{note}", note.len()).unwrap();
        }
        Self {
            shorter,
            file: file.into_bytes(),
        }
    }
}

#[test]
fn heads_of_two_sizes_that_are_tied_together_are_a_fork_to_whoever_reads_the_journal() {
    let code = REGIONS[1];
    let TwoHistories { shorter, file } = TwoHistories::of(code);
    let data = Data::empty();
    data.write(code, std::slice::from_ref(&shorter));
    let roster = roster(&REGIONS);
    write_journal(&data, 9, &file);
    let findings = yizhang_audit::accusations(data.path(), &roster);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].code, Code::Fork);
    // Nobody has lost what only the other history has.
    let report = audit(data.path(), &roster, &of_own(code));
    assert!(!faults(&report, code).contains(&Code::BehindJournal));
    // A path that ties nothing together: the node has closed the chain, and why it says no more.
    let mut touched = file.clone();
    let place = "yizhang-evidence/v1\nroot ".len();
    touched[place] = if touched[place] == b'0' { b'1' } else { b'0' };
    write_journal(&data, 9, &touched);
    let findings = yizhang_audit::accusations(data.path(), &roster);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].code, Code::Quarantined);
    for cut in 1..file.len() {
        write_journal(&data, 9, &file[..cut]);
        assert!(yizhang_audit::accusations(data.path(), &roster).is_empty());
    }
}
