//! The error file has the faulty rows as they were, and is itself a file that can be imported.

mod support;

use support::{csv, errors_of, json, received, reversal, summary, with};
use yizhang_intake::{Column, ErrorFile, RowFault};

fn rows() -> Vec<support::Cells> {
    vec![
        received(),
        with(
            received(),
            &[("serial", "S2"), ("place", "4403"), ("remark", "\"a, b\"")],
        ),
        with(
            received(),
            &[("serial", "S3"), ("received", ""), ("late_fee", "-7")],
        ),
        with(received(), &[("serial", "S4")]),
    ]
}

#[test]
fn a_corrected_error_file_imports_in_every_form() {
    let plain = csv(&rows());
    let (names, cells) = plain.split_once('\n').unwrap();
    let names: Vec<_> = names
        .split(',')
        .map(|name| Column::find(name).unwrap().chinese())
        .collect();
    let chinese = format!("{}\n{cells}", names.join(","));
    let gb18030 = encoding_rs::GB18030.encode(&chinese).0.into_owned();
    let json = json(&rows()).replace("\"\"a, b\"\"", "\"a, b\"");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (plain.clone().into_bytes(), "error"),
        (plain.replace('\n', "\r\n").into_bytes(), "error"),
        (format!("\u{feff}{chinese}").into_bytes(), "错误说明"),
        (gb18030, "错误说明"),
        (json.into_bytes(), "\"error\""),
    ];
    for (file, column) in cases {
        let encoding = support::open(&file).unwrap().encoding();
        let (found, errors) = errors_of(&file);
        assert_eq!(
            (found.valid, found.faulty),
            (2, 2),
            "{:?}",
            found.first_faults
        );
        assert_eq!(support::open(&errors).unwrap().encoding(), encoding);
        let text = encoding_rs::Encoding::for_label(b"gb18030").unwrap();
        let text = if std::str::from_utf8(&errors).is_ok() {
            encoding_rs::UTF_8
        } else {
            text
        };
        let text = text.decode(&errors).0.into_owned();
        assert!(
            text.contains(column)
                && text.contains("division-form")
                && text.contains("missing; amount-negative")
        );
        assert!(text.contains("a, b") && !text.contains("S4"), "{text}");

        // As it is, the same rows are faulty again, and their error file is the same, not one column wider.
        let (again, errors_again) = errors_of(&errors);
        assert_eq!((again.valid, again.faulty), (0, 2));
        if !text.starts_with('{') {
            assert_eq!(errors_again, errors);
        }
        let corrected = text
            .replace("4403,", "440300,")
            .replace("\"4403\"", "\"440300\"");
        let corrected = corrected
            .replace("-7", "7")
            .replace("\"received\":\"\"", "\"received\":\"2019-01-20\"");
        let corrected = corrected.replace("2018-12,,", "2018-12,2019-01-20,");
        let last = summary(corrected.as_bytes());
        assert_eq!(
            (last.valid, last.faulty),
            (2, 0),
            "{corrected}: {:?}",
            last.first_faults
        );
    }
}

#[test]
fn a_json_error_file_can_be_checked_again_and_again() {
    let (_, once) = errors_of(json(&[with(received(), &[("place", "x")])]));
    let (_, twice) = errors_of(&once);
    let (found, thrice) = errors_of(&twice);
    assert_eq!((found.faulty, twice), (1, thrice));
    assert_eq!(
        found.codes.into_keys().collect::<Vec<_>>(),
        ["division-form"]
    );
    // What is no object comes back as a remark.
    let (_, errors) = errors_of(json(&[received()]) + "{broken\n");
    assert!(
        String::from_utf8(errors)
            .unwrap()
            .starts_with("{\"remark\":\"{broken\",\"error\":\"json\"}")
    );
}

#[test]
fn rows_with_too_few_or_too_many_cells_come_back_whole() {
    let file = csv(&[received()]);
    let (header, row) = file.trim_end().split_once('\n').unwrap();
    let short = row.rsplit_once(',').unwrap().0;
    let (found, errors) = errors_of(format!("{header}\n{row},extra\n{short}\n"));
    assert_eq!(found.codes["cell-count"], 2);
    let text = String::from_utf8(errors).unwrap();
    assert_eq!(
        text,
        format!("{header},error\r\n{row},extra,cell-count\r\n{short},,cell-count\r\n")
    );
}

#[test]
fn a_clean_file_leaves_no_error_file_behind() {
    let directory = tempfile::tempdir().unwrap();
    let text = |fault: &RowFault| fault.to_string();
    for (rows, exists) in [(vec![received()], false), (vec![reversal()], true)] {
        let path = directory.path().join("errors.csv");
        let intake = support::open(csv(&rows)).unwrap();
        let mut errors = ErrorFile::at(path.clone(), &text);
        intake
            .check(&support::secret(), Some(&mut errors), &mut |_| {})
            .unwrap();
        drop(errors);
        assert_eq!(path.exists(), exists);
    }
}

#[test]
fn progress_ends_with_the_whole_file() {
    let file = csv(&rows());
    let mut last = None;
    let intake = support::open(&file).unwrap();
    intake
        .check(&support::secret(), None, &mut |progress| {
            last = Some(progress);
        })
        .unwrap();
    let last = last.unwrap();
    assert_eq!(
        (last.rows, last.bytes, last.bytes_total),
        (4, file.len() as u64, file.len() as u64)
    );
}
