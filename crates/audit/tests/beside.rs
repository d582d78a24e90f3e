//! What lies beside the chains of a directory: the journal of its node.

mod fixture;

use fixture::{Data, REGIONS, Signed, Writer, audit, division, faults, roster};
use std::fs;
use yizhang_audit::{Code, Options, losses};
use yizhang_ledger::hash::derive;

/// A journal with one piece of evidence (docs/FORMAT.md, "Journal").
fn write_evidence(data: &Data, closes: u8, held: &str, other: &str) {
    let mut content = vec![closes];
    content.extend(u32::try_from(held.len()).unwrap().to_le_bytes());
    content.extend(held.bytes().chain(other.bytes()));
    let mut bytes = b"YZJNL\x00\x01\n".to_vec();
    bytes.resize(32, 0);
    let mut fields = b"YZJR".to_vec();
    fields.extend([2, 0, 0, 0]);
    fields.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
    let context = "yizhang 2026-11-23 v1 store journal checksum";
    let checksum = derive(context, &[&fields, &content]);
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
