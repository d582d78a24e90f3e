//! The error file has the faulty rows as they were, and is itself a file that can be imported.

use crate::support::{
    self, csv, errors_of, json, parsed, received, record, reversal, secret, summary, with,
};
use std::{fs, path::Path};
use yizhang_intake::{Column, ErrorFile, Intake, ReadOptions, RowFault, Source};
use yizhang_ledger::record::Record;

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

#[test]
fn what_a_spreadsheet_would_take_for_a_formula_is_made_inert_and_read_as_it_was() {
    let header = csv(&[received()]).lines().next().unwrap().to_owned() + ",name\n";
    let row = csv(&[with(received(), &[("place", "4403"), ("serial", "-A1")])]);
    let row = row.lines().nth(1).unwrap();
    let cells = [
        ("=HYPERLINK(\"\"http://x\"\")", "'=HYPERLINK"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd"),
        ("@SUM(A1)", "'@SUM"),
        ("  =1+1", "'  =1+1"),
        ("=\"\"4403\"\"", "=\"\"4403\"\""),
        ("-360.00", "-360.00"),
        ("王", "王"),
    ];
    for (cell, expected) in cells {
        let (_, errors) = errors_of(format!("{header}{row},\"{cell}\"\n"));
        let errors = String::from_utf8(errors).unwrap();
        let of_name = errors.lines().nth(1).unwrap();
        assert!(of_name.contains(expected), "{cell}: {of_name}");
        assert!(of_name.contains("'-A1"), "{of_name}");
        let corrected = errors.replace(",4403,", ",440300,");
        let rows = parsed(&corrected);
        let Record::Contribution(_, fields) = record(&rows[0]) else {
            panic!("a contribution");
        };
        assert_eq!(fields.source.serial.as_str(), "-A1");
    }
}

#[test]
fn the_error_file_is_a_file_of_its_own_and_nothing_is_written_through_a_link() {
    let directory = tempfile::tempdir().unwrap();
    let [input, soft, hard, folder] =
        ["may.csv", "soft.csv", "hard.csv", "folder"].map(|name| directory.path().join(name));
    let file = csv(&[with(received(), &[("place", "4403")])]);
    fs::write(&input, &file).unwrap();
    std::os::unix::fs::symlink(&input, &soft).unwrap();
    fs::hard_link(&input, &hard).unwrap();
    fs::create_dir(&folder).unwrap();
    let intake = Intake::open(Source::Path(input.clone()), &ReadOptions::default()).unwrap();
    let check = |errors: &Path| {
        let text = |fault: &RowFault| fault.fault.code().to_owned();
        let mut errors = ErrorFile::at(errors.to_path_buf(), &text);
        intake.check(&secret(), Some(&mut errors), &mut |_| {})
    };
    assert_eq!(check(&soft).unwrap_err().code(), "io");
    assert_eq!(check(&folder).unwrap_err().code(), "io");
    assert_eq!(
        check(&hard).unwrap_err().code(),
        "io",
        "a second name of the input"
    );
    let own = directory.path().join("own.csv");
    for _ in 0..2 {
        assert_eq!(check(&own).unwrap().faulty, 1, "as often as it is repeated");
    }
    for (name, content) in [("notes.txt", "my notes\n"), ("other.csv", file.as_str())] {
        let other = directory.path().join(name);
        fs::write(&other, content).unwrap();
        assert_eq!(check(&other).unwrap_err().code(), "io");
        assert_eq!(fs::read_to_string(&other).unwrap(), content, "as it was");
    }
    assert_eq!(
        fs::read_to_string(&input).unwrap(),
        file,
        "the input is as it was"
    );
    assert!(fs::read_to_string(&own).unwrap().contains("division-form"));
    assert_eq!(check(Path::new("/dev/null")).unwrap().faulty, 1);
}

#[test]
fn a_pipe_is_no_file_and_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [pipe.as_path(), Path::new("/dev/null")] {
        let fault = Intake::open(Source::Path(path.to_path_buf()), &ReadOptions::default());
        assert_eq!(fault.unwrap_err().code(), "no-file");
    }
    let folder = Source::Path(directory.path().to_path_buf());
    assert_eq!(
        Intake::open(folder, &ReadOptions::default())
            .unwrap_err()
            .code(),
        "io"
    );
}
