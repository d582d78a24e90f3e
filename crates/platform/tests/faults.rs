//! Faulty rows: each is reported with its place, stands in the error file, and keeps the file from becoming months.

use crate::support::{csv, order, read};
use yizhang_intake::FaultyRows;
use yizhang_platform::{Column, FAULTS_COLUMN, Fault, OrderFile, OrdersFault};

/// The codes of the faults of a row with one cell changed.
fn codes(column: Column, text: &str) -> Vec<&'static str> {
    let rows = [order(&[(Column::Order, "B1")]), order(&[(column, text)])];
    let read = read(csv(&rows).as_bytes(), FaultyRows::Refuse).unwrap();
    let faults = &read.summary.first_faults;
    for fault in faults {
        assert_eq!(fault.line, 3, "{text}");
    }
    assert_eq!(read.summary.is_built, faults.is_empty(), "{text}");
    faults.iter().map(|fault| fault.fault.code()).collect()
}

#[test]
fn near_misses_are_refused_and_what_stands_beside_them_is_taken() {
    use Column::{
        Accepted, Deductions, Finished, Gross, Insured, Mode, Order, Place, Route, Status, Trade,
        Worker,
    };
    let long = "A".repeat(33);
    let hash = "0f".repeat(32);
    let taken = [
        (Order, "A".repeat(32)),
        (Worker, "440300199003078815".into()),
        (Place, "659001".into()),
        (Trade, "同城货运".into()),
        (Mode, "摩托车".into()),
        (Status, "已取消".into()),
        (Insured, "未投保".into()),
        (Accepted, "2026-10-01 00:00:00".into()),
        (Accepted, "2026-10-03T12:29:59.5+08:00".into()),
        (Accepted, "2026-09-30T16:00:00Z".into()),
        (Finished, "2026-10-03 12:00:00".into()),
        (Finished, "2026-11-03 12:00:00".into()),
        (Gross, "0".into()),
        (Gross, "1000000.00".into()),
        (Deductions, String::new()),
        (Route, hash.clone()),
        (Route, hash.to_uppercase()),
    ];
    for (column, text) in taken {
        assert_eq!(codes(column, &text), Vec::<&str>::new(), "{column} {text}");
    }
    let refused = [
        (Order, "", "missing"),
        (Order, &long, "order"),
        (Order, "单1", "order"),
        (Worker, "", "missing"),
        (Worker, "440300199003078816", "worker"),
        (Worker, "44030019900307881", "worker"),
        (Place, "44030", "place-form"),
        (Place, "990300", "place-unknown"),
        (Trade, "deliveries", "choice"),
        (Mode, "飞机", "choice"),
        (Status, "open", "choice"),
        (Insured, "2", "choice"),
        (Accepted, "2026-10-32 00:00:00", "time"),
        (Accepted, "2026-10-03 24:00:00", "time"),
        (Accepted, "2026-10-03", "time"),
        (Accepted, "2026-10-03T12:00:00+0", "time"),
        (Accepted, "2026-09-30 23:59:59", "other-month"),
        (Accepted, "2026-09-30T15:59:59Z", "other-month"),
        (Accepted, "2026-10-03 12:30:01", "ends-before"),
        (Finished, "2026-11-03 12:00:01", "lasts-long"),
        (Gross, "1.234", "amount"),
        (Gross, "-1", "amount"),
        (Gross, "1e3", "amount"),
        (Gross, "1.", "amount"),
        (Gross, "1000000.01", "amount-above"),
        (Gross, "99999999999999999999", "amount-above"),
        (Route, "0f", "route"),
        (Order, "B1", "order-twice"),
    ];
    for (column, text, code) in refused {
        assert_eq!(codes(column, text), [code], "{column} {text}");
    }
}

#[test]
fn every_fault_of_a_row_is_told_and_none_shows_what_may_name_a_person() {
    let name = "440300199003078815";
    let rows = [order(&[
        (Column::Place, name),
        (Column::Trade, name),
        (Column::Accepted, name),
        (Column::Gross, "张三"),
        (Column::Worker, "440300199003078816"),
    ])];
    let read = read(csv(&rows).as_bytes(), FaultyRows::Refuse).unwrap();
    let faults = &read.summary.first_faults;
    assert_eq!(faults.len(), 5);
    for fault in faults {
        let text = format!("{fault} {fault:?}");
        assert!(text.contains("line 2"), "{text}");
        assert!(
            !text.contains("19900307") && !text.contains("张三"),
            "{text}"
        );
    }
}

#[test]
fn an_order_that_stands_twice_is_faulty_the_second_time() {
    let later = [
        (Column::Accepted, "2026-10-09 12:00:00"),
        (Column::Finished, "2026-10-09 12:30:00"),
        (Column::Gross, "9"),
    ];
    let rows = [
        order(&[]),
        order(&[(Column::Order, "A2")]),
        order(&later),
        order(&[]),
    ];
    let read = read(csv(&rows).as_bytes(), FaultyRows::Skip).unwrap();
    let faults = &read.summary.first_faults;
    let places: Vec<_> = faults
        .iter()
        .map(|fault| (fault.line, &fault.fault))
        .collect();
    let twice = Fault::OrderTwice { first: 2 };
    assert_eq!(places, [(4, &twice), (5, &twice)]);
    assert_eq!(
        (read.summary.lines.valid, read.summary.lines.faulty),
        (2, 2)
    );
    let month = yizhang_platform::month_of(&read.entries()[0]).map(|month| month.file.rows);
    assert_eq!(month, Some(2));
}

#[test]
fn the_error_file_has_the_faulty_rows_as_they_were_and_reads_again_when_corrected() {
    let rows = [
        order(&[(Column::Order, "A1"), (Column::Gross, "1.234")]),
        order(&[(Column::Order, "A2")]),
        order(&[(Column::Order, "A3"), (Column::Status, "open")]),
    ];
    let first = read(csv(&rows).as_bytes(), FaultyRows::Skip).unwrap();
    assert_eq!(
        (first.summary.lines.valid, first.summary.lines.faulty),
        (1, 2)
    );
    assert_eq!(first.summary.lines.all, 4);
    let errors = String::from_utf8(first.errors()).unwrap();
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].ends_with(&format!(",{FAULTS_COLUMN}")));
    assert!(lines[1].starts_with(&rows[0].join(",")) && lines[1].contains("[amount]"));
    assert!(lines[2].starts_with(&rows[2].join(",")) && lines[2].contains("[choice]"));
    let corrected = errors
        .replace("1.234", "1.23")
        .replace(",open,", ",completed,");
    let again = read(corrected.as_bytes(), FaultyRows::Refuse).unwrap();
    assert_eq!(
        (again.summary.lines.valid, again.summary.lines.faulty),
        (2, 0)
    );
}

#[test]
fn rows_of_json_are_held_to_the_same_rules() {
    let row = |cells: &str| {
        format!(
            "{{\"order\":\"A1\",\"worker\":\"440300199003078815\",\"place\":440300,\"trade\":\"delivery\",\"mode\":\"foot\",\
             \"status\":\"completed\",\"insured\":true,\"accepted\":\"2026-10-03 12:00:00\",\"finished\":\"2026-10-03 12:10:00\",{cells}}}\n"
        )
    };
    let count = |text: &str| {
        let lines = read(text.as_bytes(), FaultyRows::Skip)
            .unwrap()
            .summary
            .lines;
        (lines.valid, lines.faulty, lines.blank)
    };
    assert_eq!(count(&row("\"gross\":6.80,\"other\":[1]")), (1, 0, 0));
    assert_eq!(count(&row("\"gross\":6.8,\"gross\":7")), (0, 1, 0));
    assert_eq!(count(&row("\"gross\":[6.8]")), (0, 1, 0));
    assert_eq!(count(&row("\"gross\":null")), (0, 1, 0));
    assert_eq!(count(&row("\"gross\":6.8e0")), (0, 1, 0));
    assert_eq!(count(&format!("{}\n\n{{\n", row("\"gross\":1"))), (1, 1, 2));
}

#[test]
fn a_file_without_its_columns_is_none() {
    let open = |text: &str| {
        let source = yizhang_intake::Source::Bytes(text.as_bytes().into());
        OrderFile::open(source, None).err()
    };
    let whole = csv(&[order(&[])]);
    assert!(open(&whole).is_none());
    assert!(matches!(
        open(&whole.replacen("refunds", "refund", 1)),
        Some(OrdersFault::ColumnsMissing(missing)) if missing == [Column::Refunds]
    ));
    assert!(open(&whole.replacen("route", "track", 1)).is_none());
    assert!(matches!(
        open(&whole.replacen("route", "收入", 1)),
        Some(OrdersFault::ColumnTwice(Column::Gross))
    ));
    assert!(matches!(open("a,b\n1,2\n"), Some(OrdersFault::File(_))));
    assert!(matches!(open(""), Some(OrdersFault::File(_))));
}

#[test]
fn more_rows_than_a_month_may_have_are_refused() {
    let row = |number: u32| {
        let second = number % 60;
        let minute = number / 60 % 60;
        let hour = number / 3_600;
        let number = format!("A{number}");
        let accepted = format!("2026-10-03 {hour:02}:{minute:02}:{second:02}");
        order(&[
            (Column::Order, &number),
            (Column::Accepted, &accepted),
            (Column::Finished, "2026-10-03 23:00:00"),
        ])
    };
    let rows: Vec<Vec<String>> = (0..=44_640).map(row).collect();
    let whole = read(csv(&rows[..44_640]).as_bytes(), FaultyRows::Refuse).unwrap();
    assert!(whole.summary.is_built);
    let found = read(csv(&rows).as_bytes(), FaultyRows::Refuse).err();
    assert!(matches!(
        found,
        Some(OrdersFault::MonthTooLong { line: 44_642 })
    ));
}

#[test]
fn a_file_that_is_no_error_file_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let errors = folder.path().join("errors");
    let faulty = csv(&[order(&[(Column::Gross, "1.234")])]);
    let again = |name: &str| {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        crate::support::read_into(faulty.as_bytes(), FaultyRows::Skip, folder.path(), name)
    };
    std::fs::write(&errors, "notes\n").unwrap();
    assert!(matches!(again("a"), Err(OrdersFault::Index { .. })));
    assert_eq!(std::fs::read_to_string(&errors).unwrap(), "notes\n");
    std::fs::remove_file(&errors).unwrap();
    assert!(again("b").is_ok());
    // An earlier error file makes room.
    assert!(again("c").is_ok());
    assert!(
        std::fs::read_to_string(&errors)
            .unwrap()
            .contains("[amount]")
    );
}

#[test]
fn the_document_names_every_column_and_the_codes_of_rows() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/PLATFORMS.md");
    let text = std::fs::read_to_string(path).unwrap();
    for column in Column::ALL {
        let row = format!("| `{}` | {} |", column.english(), column.chinese());
        assert!(text.contains(&row), "{row}");
    }
    for fault in [
        Fault::Missing,
        Fault::EndsBefore,
        Fault::Quotes,
        Fault::Encoding,
        Fault::Json,
        Fault::Twice,
        Fault::OrderTwice { first: 1 },
        Fault::LastsLong { most: 31 },
    ] {
        assert!(text.contains(&format!("`{}`", fault.code())), "{fault}");
    }
}
