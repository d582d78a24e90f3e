//! Which days and submissions a closing counts.

use super::*;
use std::{fs, io::Write as _};
use tempfile::TempDir;

fn noted(day: u32, submission: &str, how: How, records: u64) -> Noted {
    let total = Total {
        kind: "Contribution".to_string(),
        scheme: "hrss:110".to_string(),
        place: "440300".to_string(),
        records,
        due_fen: 100,
        paid_fen: 90,
    };
    Noted {
        day,
        import: format!("import-{day}"),
        submission: submission.to_string(),
        how,
        totals: vec![total],
    }
}

fn closing(noted: &[Noted], day: u32) -> Closing {
    Closing::of(noted, Day::new(day).unwrap())
}

#[test]
fn a_day_stands_beside_the_last_one_before_it_on_which_anything_came() {
    let noted = [
        noted(20_261_126, "a", How::Accepted, 9),
        noted(20_261_127, "b", How::Accepted, 5),
        noted(20_261_130, "c", How::Accepted, 2),
        noted(20_261_130, "d", How::Accepted, 1),
        noted(20_261_201, "e", How::Accepted, 7),
    ];
    let today = closing(&noted, 20_261_130);
    assert_eq!(today.before, Day::new(20_261_127));
    assert_eq!(today.imports, 1, "two submissions of one import");
    let [day, before] = *today.rows.values().next().unwrap();
    assert_eq!((day.records, before.records), (3, 5));
    assert_eq!((day.due_fen, day.paid_fen), (200, 180));
    let first = closing(&noted, 20_261_126);
    assert_eq!((first.before, first.imports), (None, 1));
}

#[test]
fn a_submission_counts_once_and_what_waits_is_in_no_sum_until_it_is_in_the_chain() {
    let mut noted = vec![
        noted(20_261_130, "new", How::Accepted, 4),
        noted(20_261_130, "new", How::Accepted, 4),
        noted(20_261_130, "w1", How::Waits, 2),
        noted(20_261_130, "w1", How::Waits, 2),
        noted(20_261_130, "w2", How::Waits, 3),
        noted(20_261_130, "w3", How::Waits, 5),
    ];
    // What was there before has no totals in the journal, and a refused one neither.
    for (submission, how) in [("old", How::There), ("w3", How::Refused)] {
        noted.push(Noted {
            totals: Vec::new(),
            ..super::tests::noted(20_261_130, submission, how, 0)
        });
    }
    let day = closing(&noted, 20_261_130);
    assert_eq!(day.all()[0].records, 4);
    assert_eq!(day.waits[0].records, 5, "w1 and w2, each once");
    // One of them is approved here the next day.
    noted.push(super::tests::noted(20_261_201, "w1", How::Approved, 2));
    let next = closing(&noted, 20_261_201);
    assert_eq!((next.approvals, next.imports), (1, 0));
    assert_eq!((next.all()[0].records, next.all()[1].records), (2, 4));
    assert_eq!(next.waits[1].records, 3, "w2 still waits");
}

#[test]
fn a_line_of_the_first_form_is_a_whole_import() {
    let line = r#"{"day":20261130,"totals":[{"kind":"Received","scheme":"hrss:110","place":"440300","records":3,"due_fen":1,"paid_fen":1}]}"#;
    let noted: Vec<Noted> = vec![
        serde_json::from_str(line).unwrap(),
        serde_json::from_str(line).unwrap(),
    ];
    let day = closing(&noted, 20_261_130);
    assert_eq!((day.imports, day.all()[0].records), (2, 6));
}

#[test]
fn a_line_that_was_torn_does_not_take_the_next_one_with_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("closing.jsonl");
    let journal = Journal::at(path.clone());
    assert_eq!(journal.read().unwrap(), []);
    let first = noted(20_261_130, "a", How::Accepted, 1);
    journal.add(&first).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    // In the midst of a character, as a power cut leaves it.
    file.write_all(b"{\"day\":20261130,\"import\":\"\xe4\xb8")
        .unwrap();
    drop(file);
    let second = noted(20_261_130, "b", How::Waits, 2);
    journal.add(&second).unwrap();
    assert_eq!(journal.read().unwrap(), [first, second]);
}
