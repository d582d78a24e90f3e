//! Row lists: their bytes, and files held against them.

use yizhang_ledger::{batch::SubmissionId, hash::Hash, person::AccountId};
use yizhang_statement::{
    FileRow, FileRows, ListedPerson, ListedRow, Misfit, ROW_LIST_BYTES_MAX, RowList, RowListFault,
};

fn leaf(number: u8) -> Hash {
    Hash([number; 32])
}

/// A list of rows from a line on, each with the leaf of its number.
fn list(first_line: u64, leaves: &[u8]) -> RowList {
    let rows = (first_line..).zip(leaves);
    RowList {
        submission: SubmissionId([3; 16]),
        salt: [4; 32],
        columns: vec!["person".into(), "base".into()],
        rows: rows
            .map(|(line, number)| ListedRow {
                line,
                leaf: leaf(*number),
            })
            .collect(),
        checks: leaves.iter().flat_map(|number| [*number, 0]).collect(),
        persons: vec![
            ListedPerson {
                mark: AccountId([1; 16]),
                account: AccountId([9; 16]),
            },
            ListedPerson {
                mark: AccountId([2; 16]),
                account: AccountId([8; 16]),
            },
        ],
    }
}

/// A file with these rows from line 2 on; 0 is a faulty one.
fn file(leaves: &[u8]) -> Vec<FileRow> {
    let rows = (2..).zip(leaves);
    rows.map(|(line, number)| FileRow {
        line,
        leaf: (*number > 0).then_some(leaf(*number)),
    })
    .collect()
}

/// What does not fit between a list of rows 2 to 6 and a file.
fn misfits(leaves: &[u8]) -> Vec<Misfit> {
    let (list, rows) = (list(2, &[1, 2, 3, 4, 5]), file(leaves));
    let found = FileRows::new(&rows);
    let places = found.places(&list);
    let mut is_proved = vec![false; rows.len()];
    for place in places.proved() {
        is_proved[place] = true;
    }
    found.misfits(&list, &places, &is_proved)
}

#[test]
fn a_row_list_is_read_as_it_was_written_and_no_other_bytes_are() {
    let list = list(2, &[1, 2, 3]);
    let bytes = list.to_bytes();
    assert_eq!(RowList::parse(&bytes), Ok(list.clone()));
    for place in 0..bytes.len() {
        let mut touched = bytes.clone();
        touched[place] ^= 1;
        assert!(RowList::parse(&touched).is_err(), "byte {place}");
        assert!(RowList::parse(&bytes[..place]).is_err(), "{place} bytes");
    }
    let longer = [&bytes[..], b"x"].concat();
    assert!(RowList::parse(&longer).is_err());
    let found = ROW_LIST_BYTES_MAX + 1;
    assert_eq!(
        RowList::parse(&vec![0; found]),
        Err(RowListFault::TooLarge { found })
    );
    let mut wrong = list.clone();
    wrong.persons.reverse();
    let read = RowList::parse(&wrong.to_bytes());
    assert!(matches!(read, Err(RowListFault::Form { .. })), "{read:?}");
    wrong = list;
    wrong.columns = vec!["x".repeat(33), "base".into()];
    let read = RowList::parse(&wrong.to_bytes());
    assert!(matches!(read, Err(RowListFault::Form { .. })), "{read:?}");
    assert!(!format!("{wrong:?}").contains("AccountId"));
}

#[test]
fn a_file_fits_wherever_its_rows_stand_if_nothing_is_among_them() {
    assert_eq!(misfits(&[1, 2, 3, 4, 5]), []);
    assert_eq!(misfits(&[7, 8, 1, 2, 3, 4, 5, 9]), []);
    // The same row a second time, before and behind.
    assert_eq!(misfits(&[3, 1, 2, 3, 4, 5, 1]), []);
}

#[test]
fn what_does_not_fit_is_told_by_line() {
    let differs = |record, line| Misfit::Differs { record, line };
    assert_eq!(misfits(&[1, 2, 7, 4, 5]), [differs(2, 4)]);
    assert_eq!(misfits(&[1, 2, 0, 4, 5]), [differs(2, 4)]);
    assert_eq!(misfits(&[7, 2, 3, 4, 5]), [differs(0, 2)]);
    assert_eq!(
        misfits(&[9, 9, 7, 2, 3, 4, 8]),
        [differs(0, 4), differs(4, 8)]
    );
    let (record, listed) = (2, 4);
    assert_eq!(misfits(&[1, 2, 4, 5]), [Misfit::Missing { record, listed }]);
    assert_eq!(misfits(&[1, 2, 7, 3, 4, 5]), [Misfit::Added { line: 4 }]);
    // Two that were exchanged: one of them is out of order.
    let moved = misfits(&[1, 4, 3, 2, 5]);
    assert!(
        moved
            .iter()
            .all(|misfit| matches!(misfit, Misfit::Moved { .. }))
            && moved.len() == 2,
        "{moved:?}"
    );
    assert_eq!(
        misfits(&[2, 3, 4, 5, 1]),
        [Misfit::Moved { line: 6, listed: 2 }]
    );
    assert_eq!(
        misfits(&[5, 1, 2, 3, 4]),
        [Misfit::Moved { line: 2, listed: 6 }]
    );
}
