//! Persons are asked for in blocks of rows, each once in its block, and a file whose persons nobody tells is not half a file.

use crate::support::{self, ANNA, BERT, open, parsed, received, secret, with};
use std::{collections::BTreeSet, error::Error, sync::Mutex};
use yizhang_intake::{BLOCK_ROWS_MAX, FileFault, Pseudonyms, Row};
use yizhang_ledger::person::{AccountId, SocialSecurityNumber};

/// Notes for how many persons it is asked, and knows nobody after so many questions.
struct Noted {
    asked: Mutex<Vec<usize>>,
    questions_max: usize,
}

impl Noted {
    fn new(questions_max: usize) -> Self {
        Self {
            asked: Mutex::default(),
            questions_max,
        }
    }

    fn asked(&self) -> Vec<usize> {
        self.asked.lock().unwrap().clone()
    }
}

impl Pseudonyms for Noted {
    fn accounts(
        &self,
        numbers: &[SocialSecurityNumber],
    ) -> Result<Vec<AccountId>, Box<dyn Error + Send + Sync>> {
        let mut asked = self.asked.lock().unwrap();
        if asked.len() == self.questions_max {
            return Err("nobody answers".into());
        }
        asked.push(numbers.len());
        secret().accounts(numbers)
    }
}

/// Rows of two persons in turn.
fn file(rows: usize) -> String {
    let one = support::csv(&[with(received(), &[("serial", "SERIAL")])]);
    let (header, row) = one.split_once('\n').unwrap();
    let mut file = format!("{header}\n");
    for number in 0..rows {
        let person = [ANNA, BERT][number % 2];
        file.push_str(
            &row.replace(ANNA, person)
                .replace("SERIAL", &format!("S{number}")),
        );
    }
    file
}

#[test]
fn each_person_is_asked_for_once_a_block() {
    let pseudonyms = Noted::new(usize::MAX);
    let file = file(2 * BLOCK_ROWS_MAX + 1);
    let intake = open(&file).unwrap();
    let mut rows = Vec::new();
    for row in intake.rows(&pseudonyms).unwrap() {
        match row.unwrap() {
            Row::Valid(row) => rows.push(row),
            Row::Faulty(row) => panic!("{:?}", row.faults),
        }
    }
    assert_eq!(pseudonyms.asked(), [2, 2, 1]);
    assert_eq!(rows, parsed(&file));
}

#[test]
fn a_file_whose_persons_are_not_told_ends_there_with_the_reason() {
    let pseudonyms = Noted::new(1);
    let intake = open(file(BLOCK_ROWS_MAX + 5)).unwrap();
    let mut rows = intake.rows(&pseudonyms).unwrap();
    for _ in 0..BLOCK_ROWS_MAX {
        assert!(matches!(rows.next(), Some(Ok(Row::Valid(_)))));
    }
    let fault = rows.next().unwrap().unwrap_err();
    assert!(
        matches!(&fault, FileFault::Pseudonyms(reason) if reason.to_string() == "nobody answers")
    );
    assert!(rows.next().is_none());
}

#[test]
fn some_rows_are_read_again_by_their_lines_with_their_persons_alone() {
    let pseudonyms = Noted::new(usize::MAX);
    let file = file(BLOCK_ROWS_MAX + 5);
    let intake = open(&file).unwrap();
    let all = parsed(&file);
    // Anna's rows: every second one from the first, below the header.
    let lines = BTreeSet::from([2, 4, 1_028]);
    let rows = intake.rows_at(&lines, &pseudonyms).unwrap();
    assert_eq!(rows, [&all[0], &all[2], &all[1_026]].map(Clone::clone));
    assert_eq!(pseudonyms.asked(), [1]);
}

#[test]
fn a_row_that_names_no_person_asks_for_none_and_is_faulty() {
    let pseudonyms = Noted::new(0);
    let cells = with(received(), &[("person", "440300199003078812")]);
    let intake = open(support::csv(&[cells])).unwrap();
    let row = intake.rows(&pseudonyms).unwrap().next().unwrap().unwrap();
    let Row::Faulty(row) = row else {
        panic!("a number with a wrong check character is none");
    };
    assert_eq!(row.faults[0].fault.code(), "citizen-id-check");
    assert!(pseudonyms.asked().is_empty());
}
