//! A file shows something where it holds under a roster that the reader trusts, and each near-miss is told apart.

mod support;

use support::{evidence, mutated, next_roster, receipt, receipt_under, roster, signed, signed_by};
use yizhang_ledger::roster::Roster;
use yizhang_show::{
    language::Language,
    verdict::{Outcome, Report, Standing},
};
use yizhang_verifier::{FILE_BYTES_MAX, FILES_MAX, File, Request, RequestFault, check};

fn fingerprint(roster: &Roster) -> String {
    roster.root_fingerprint().to_string()
}

fn asked(fingerprint: &str, files: &[(&str, &[u8])]) -> Report {
    let files = files
        .iter()
        .map(|(name, bytes)| File { name, bytes })
        .collect();
    check(&Request {
        language: Language::En,
        day: "2026-11-30",
        fingerprint,
        files,
        ..Request::default()
    })
}

fn reason(report: &Report) -> String {
    let verdicts = report.files.iter().map(|file| &file.verdict);
    let lines = verdicts
        .chain(&report.roster)
        .flat_map(|verdict| &verdict.lines);
    let reasons = lines.filter(|line| line.standing == Standing::Reason);
    reasons.map(|line| line.text.clone() + "\n").collect()
}

#[test]
fn a_receipt_holds_under_a_roster_whose_root_keys_the_reader_trusts() {
    let trusted = fingerprint(&roster());
    let (receipt, note) = (receipt(), signed(&roster()));
    let typed = trusted.replace(' ', "-").to_uppercase();
    for typed in [trusted.as_str(), &typed] {
        let report = asked(typed, &[("a.receipt", &receipt), ("roster.note", &note)]);
        assert_eq!(report.outcome(), Outcome::Holds, "{report:?}");
        let html = report.html();
        assert!(html.contains("Guizhou (2026-10-31"), "{html}");
        assert!(html.contains("positions 2 to 5"), "{html}");
    }
}

#[test]
fn without_a_fingerprint_it_is_open_whether_the_roster_is_the_true_one() {
    let (receipt, note) = (receipt(), signed(&roster()));
    let report = asked("", &[("a.receipt", &receipt), ("roster.note", &note)]);
    assert_eq!(report.outcome(), Outcome::Open);
    assert!(report.html().contains(&fingerprint(&roster())));
}

#[test]
fn without_a_roster_nothing_has_been_checked() {
    let report = asked("", &[("a.receipt", &receipt())]);
    assert_eq!(report.outcome(), Outcome::Open);
    assert!(report.html().contains("the roster is missing"));
}

#[test]
fn root_keys_of_another_fingerprint_are_refused_and_with_them_what_they_would_prove() {
    let (receipt, note) = (receipt(), signed(&roster()));
    let other = "0000 ".repeat(8);
    let report = asked(&other, &[("a.receipt", &receipt), ("roster.note", &note)]);
    assert_eq!(report.outcome(), Outcome::Refused);
    assert_eq!(report.files[0].verdict.outcome, Outcome::Open);
    assert!(reason(&report).contains("not the one that you gave"));
}

#[test]
fn what_is_no_fingerprint_settles_nothing() {
    let (receipt, note) = (receipt(), signed(&roster()));
    for typed in ["9e23", "<b>", "not a fingerprint"] {
        let report = asked(typed, &[("a.receipt", &receipt), ("roster.note", &note)]);
        assert_eq!(report.outcome(), Outcome::Open);
        assert!(report.html().contains("no fingerprint of root keys"));
    }
}

#[test]
fn a_changed_file_is_refused_and_says_why() {
    let (note, trusted) = (signed(&roster()), fingerprint(&roster()));
    for (file, why) in [
        (mutated(&receipt()), "The signature does not fit"),
        (mutated(&evidence()), "The signature does not fit"),
        (
            receipt()[..receipt().len() - 9].to_vec(),
            "damaged, cut off or changed",
        ),
        (b"two pounds of apples".to_vec(), "Expected a statement"),
        (vec![b'y'; FILE_BYTES_MAX + 1], "more than 8388608 bytes"),
    ] {
        let report = asked(&trusted, &[("a", &file), ("roster.note", &note)]);
        assert_eq!(report.outcome(), Outcome::Refused, "{why}");
        assert!(reason(&report).contains(why), "{}", reason(&report));
    }
}

#[test]
fn evidence_holds_and_names_the_chain() {
    let (note, trusted) = (signed(&roster()), fingerprint(&roster()));
    let report = asked(
        &trusted,
        &[("a.evidence", &evidence()), ("roster.note", &note)],
    );
    assert_eq!(report.outcome(), Outcome::Holds);
    assert!(
        report
            .html()
            .contains("the chain of Guangdong has signed two histories")
    );
}

#[test]
fn versions_of_a_roster_are_taken_in_their_order_and_must_follow_each_other() {
    let first = roster();
    let second = next_roster(&first, 2);
    let third = next_roster(&second, 3);
    let trusted = fingerprint(&first);
    let [first, second, third] = [&first, &second, &third].map(signed);
    let receipt = receipt_under(3);
    let of = |notes: &[&[u8]]| {
        let mut files = vec![("a.receipt", receipt.as_slice())];
        files.extend(notes.iter().map(|note| ("n.note", *note)));
        asked(&trusted, &files)
    };
    assert_eq!(
        of(&[&third, &first, &second, &first]).outcome(),
        Outcome::Holds
    );
    assert_eq!(of(&[&second, &third]).outcome(), Outcome::Holds);
    let gap = of(&[&first, &third]);
    assert!(reason(&gap).contains("Version 2 is missing"), "{gap:?}");
    let other = signed(&next_roster(&roster(), 7));
    let twice = of(&[&first, &second, &other]);
    assert!(reason(&twice).contains("two different ones with the number 2"));
    let foreign = signed_by(&next_roster(&roster(), 2), 8);
    let unsigned = of(&[&first, &foreign]);
    assert!(reason(&unsigned).contains("Too few of the root keys"));
    let mut torn = first.clone();
    torn.truncate(first.len() / 2);
    assert!(reason(&of(&[&torn])).contains("damaged, cut off or changed"));
}

#[test]
fn a_refused_receipt_of_a_newer_roster_says_so_first() {
    let newer = mutated(&receipt_under(4));
    let note = signed(&roster());
    let report = asked("", &[("a.receipt", &newer), ("roster.note", &note)]);
    assert!(reason(&report).starts_with("It was kept under version 4"));
}

#[test]
fn a_request_is_read_as_it_was_written_and_anything_else_is_none() {
    let bytes = receipt();
    let file = File {
        name: "回执",
        bytes: &bytes,
    };
    let request = |count: usize| Request {
        language: Language::Zh,
        day: "2026-11-30",
        fingerprint: "ab",
        number: "1",
        code: "2",
        files: vec![file; count],
    };
    for count in [0, 1, 2, FILES_MAX] {
        let written = request(count).to_bytes();
        assert_eq!(Request::parse(&written), Ok(request(count)));
        assert_eq!(
            Request::parse(&written[..written.len() - 1]),
            Err(RequestFault)
        );
    }
    let more = request(FILES_MAX + 1).to_bytes();
    assert_eq!(Request::parse(&more), Err(RequestFault));
    assert_eq!(Request::parse(b""), Err(RequestFault));
    assert_eq!(
        Request::parse(b"\x02\0\0\0fr\0\0\0\0\0\0\0\0"),
        Err(RequestFault)
    );
}

#[test]
fn names_and_bytes_of_files_are_no_markup() {
    let report = asked("", &[("<img src=x onerror=alert(1)>", b"<script>")]);
    let html = report.html();
    assert!(
        !html.contains("<img") && !html.contains("<script"),
        "{html}"
    );
}
