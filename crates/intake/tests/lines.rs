//! Every line of a file is accounted for: quotation marks swallow none, blanks, titles, totals and repeated headers are counted.

use crate::support::{ANNA, codes, faults, open, secret, summary};
use yizhang_intake::{Fault, FaultyRows, LineCount, Submissions, submission_id};
use yizhang_ledger::batch::RecordBlock;

const HEADER: &str =
    "社会保障号码,险种,费款所属期,到账日期,参保地,缴费基数,个人应缴,个人实缴,业务流水号,备注";

/// A month of 2019 to 2022, with a remark as it stands in the file.
fn month(number: u32, remark: &str) -> String {
    let (year, month) = (2019 + number / 12, number % 12 + 1);
    format!(
        "{ANNA},企业职工基本养老保险,{year}{month:02},{year}{month:02}20,440300,4500.00,900.00,900.00,W{number},{remark}\n"
    )
}

/// A file of so many months; `remark` gives that of each.
fn file(months: u32, remark: impl Fn(u32) -> &'static str) -> String {
    let rows: String = (0..months)
        .map(|number| month(number, remark(number)))
        .collect();
    format!("{HEADER}\n{rows}")
}

/// Line and code of every fault.
fn found(file: &str) -> Vec<(u64, &'static str)> {
    faults(file)
        .iter()
        .map(|fault| (fault.line, fault.fault.code()))
        .collect()
}

#[test]
fn two_stray_marks_rows_apart_swallow_no_row_between_them() {
    let file = file(24, |number| match number {
        3 => "\"重要",
        20 => "核对\"",
        _ => "x",
    });
    // The mark that opens at line 5 would close at line 22, and the 17 lines between look like one remark.
    assert_eq!(found(&file), [(5, "quote")]);
    assert_eq!(
        faults(&file)[0].fault,
        Fault::Quote { last: 6 },
        "line 6 is a row of its own"
    );
    let summary = summary(&file);
    assert_eq!((summary.rows, summary.valid, summary.faulty), (24, 23, 1));
}

#[test]
fn a_mark_left_open_near_the_end_is_a_fault_where_it_opened() {
    let file = file(40, |number| if number == 30 { "\"未结束" } else { "x" });
    assert_eq!(found(&file), [(32, "quote")]);
    assert_eq!(summary(&file).valid, 39);
    let last = file.lines().take(32).collect::<Vec<_>>().join("\n");
    assert_eq!(found(&last), [(32, "quote")], "with nothing behind it");
}

#[test]
fn stray_marks_on_neighbouring_lines_and_in_the_middle_of_rows_swallow_nothing() {
    let neighbours = file(4, |number| match number {
        1 => "\"a",
        2 => "b\"",
        _ => "x",
    });
    assert_eq!(found(&neighbours), [(3, "quote")]);
    let middle = file(4, |_| "x")
        .replacen("201902,", "\"201902,", 1)
        .replacen("201903,", "201903\",", 1);
    assert_eq!(
        found(&middle),
        [(3, "quote"), (4, "month-form")],
        "both rows are named, and no other is touched"
    );
    assert_eq!(summary(&middle).valid, 2);
}

#[test]
fn text_behind_a_closing_mark_is_a_fault_and_blanks_there_are_none() {
    let stray = file(2, |number| if number == 0 { "\"a\"b" } else { "x" });
    assert_eq!(found(&stray), [(2, "quote")]);
    let blank = file(2, |number| if number == 0 { "\"a\" " } else { "x" });
    assert_eq!(codes(&blank), [] as [&str; 0]);
    let inside = file(2, |number| if number == 0 { "5\" pipe" } else { "x" });
    assert_eq!(codes(&inside), [] as [&str; 0], "a mark that opens nothing");
}

#[test]
fn a_remark_of_several_lines_is_one_cell_wherever_its_column_stands() {
    let last = file(3, |number| {
        if number == 1 {
            "\"第一行\n第二行，含逗号\n\n第四行\""
        } else {
            "x"
        }
    });
    assert_eq!(codes(&last), [] as [&str; 0]);
    let counted = summary(&last).lines;
    assert_eq!((counted.all, counted.rows, counted.continued), (7, 3, 3));
    let first = "备注,person,scheme,period,received,place,base,due_person,paid_person,serial\n"
        .to_owned()
        + &format!(
            "\"two\nlines\",{ANNA},hrss:110,2018-12,2019-01-20,440300,4500.00,900.00,900.00,A1\n"
        )
        + &format!("x,{ANNA},hrss:110,2019-01,2019-02-20,440300,4500.00,900.00,900.00,A2\n");
    assert_eq!(codes(&first), [] as [&str; 0]);
    assert_eq!(summary(&first).valid, 2);
}

#[test]
fn no_mark_makes_a_reader_search_the_whole_file() {
    // Each line opens a cell that the next one does not close.
    let file = format!("{HEADER}\n{}", "x\"y,\"\n".repeat(20_000));
    let summary = summary(&file);
    assert_eq!((summary.rows, summary.faulty), (20_000, 20_000));
    assert!(summary.lines.adds_up());
}

#[test]
fn every_line_is_counted_as_something() {
    let row = |number| month(number, "x");
    let file = format!(
        "深圳市社会保险缴费明细表（2018年12月）,,,,,,,,,\n\n{HEADER}\n{}{}\n   \n,,,,,,,,,\n{HEADER}\n{}合计,,,,,13500.00,2700.00,2700.00,,\n\u{1a}",
        row(0),
        row(1),
        month(2, "\"a\nb\"")
    );
    let summary = summary(&file);
    assert_eq!(
        summary.lines,
        LineCount {
            all: 13,
            titles: 2,
            header: 1,
            rows: 3,
            continued: 1,
            blank: 4,
            headers_again: 1,
            totals: 1,
            footers: 0,
        }
    );
    assert!(summary.lines.adds_up());
    assert_eq!((summary.rows, summary.valid), (3, 3));
}

#[test]
fn a_total_is_a_row_that_names_nobody() {
    let named = file(1, |_| "合计");
    assert_eq!(summary(&named).valid, 1, "a remark says nothing of the row");
    let nobody = format!("{HEADER}\n,,,,,4500.00,900.00,900.00,W9,\n");
    assert_eq!(
        codes(&nobody),
        ["missing", "missing", "missing", "missing", "missing"]
    );
    let total = format!("{}合计：,,,9000.00\n", file(1, |_| "x"));
    assert_eq!(summary(&total).lines.totals, 1, "with any number of cells");
}

#[test]
fn a_row_of_money_without_a_person_is_no_total_because_its_remark_says_so() {
    for word in ["累计", "小计", "total"] {
        let row = format!("{HEADER}\n,,,,,4500.00,900.00,900.00,W9,{word}\n");
        let found = summary(&row);
        assert_eq!((found.faulty, found.lines.totals), (1, 0), "{word}");
        for total in [
            format!(",,,,,4500.00,900.00,900.00,,{word}"),
            format!("{word},,,,,4500.00,900.00,900.00,,"),
            format!(",{word},,,,4500.00,900.00,900.00,,"),
            format!(",,,,,4500.00,900.00,900.00,{word}：,"),
        ] {
            let file = format!("{}{total}\n", file(1, |_| "x"));
            assert_eq!(summary(&file).lines.totals, 1, "{total}");
        }
    }
}

#[test]
fn the_foot_of_a_print_is_no_row_and_a_row_with_a_person_or_a_serial_is_one() {
    let foot =
        "制表人：某人,,,审核人：某人,,,,,,\n注：金额单位为元,,,,,,,,,\n,, 打印 日期:2026-11-29\n";
    let counted = summary(file(1, |_| "x") + foot);
    assert_eq!((counted.rows, counted.lines.footers), (1, 3));
    assert!(counted.lines.adds_up());
    let first = file(2, |_| "x");
    let with_person = first.clone() + &first.lines().nth(1).unwrap().replace(",x", ",备注：x");
    assert_eq!(summary(with_person).lines.footers, 0);
    let with_serial = format!("{first}制表人：,,,,,,,,W9,\n");
    assert_eq!(summary(with_serial).faulty, 1);
    let without_colon = format!("{first}制表人,,,,,,,,,\n");
    assert_eq!(summary(without_colon).faulty, 1);
    let other_word = format!("{first}参保人：,,,,,,,,,\n");
    assert_eq!(summary(other_word).faulty, 1);
}

#[test]
fn a_headerless_file_and_one_whose_header_stands_too_low_are_told_so() {
    let rows = file(2, |_| "x").split_once('\n').unwrap().1.to_owned();
    assert_eq!(open(&rows).unwrap_err().code(), "header-missing");
    let title = "缴费明细表,,,,,,,,,\n";
    assert!(open(title.repeat(19) + &file(2, |_| "x")).is_ok());
    assert_eq!(
        open(title.repeat(20) + &file(2, |_| "x"))
            .unwrap_err()
            .code(),
        "header-missing"
    );
    assert_eq!(open(",,,\n\n").unwrap_err().code(), "file-empty");
}

#[test]
fn a_file_is_cut_where_its_records_say_and_a_row_more_moves_the_cuts_around_it_alone() {
    let rows: Vec<String> = (0..3_000)
        .map(|number| month(number % 48, "").replace('W', &format!("R{number}W")))
        .collect();
    let cut = |rows: &[String]| -> Vec<_> {
        let intake = open(format!("{HEADER}\n{}", rows.concat())).unwrap();
        let secret = secret();
        Submissions::new(intake.rows(&secret).unwrap(), FaultyRows::Refuse)
            .map(Result::unwrap)
            .collect()
    };
    let whole = cut(&rows);
    assert_eq!(whole, cut(&rows));
    assert_eq!(whole[0].records, 1, "a refusal is known after one record");
    assert_eq!(
        whole
            .iter()
            .map(|submission| submission.records)
            .sum::<usize>(),
        3_000
    );
    for submission in &whole {
        let block = RecordBlock::parse(submission.bytes.clone()).unwrap();
        assert_eq!(block.len(), submission.records);
        assert_eq!(submission.id, submission_id(&submission.bytes));
    }
    let known: Vec<_> = whole.iter().map(|submission| submission.id).collect();
    let mut most = 0;
    for at in (0..=rows.len()).step_by(150) {
        let mut longer = rows.clone();
        longer.insert(at, month(5, "").replace('W', "NEW"));
        let again = cut(&longer)
            .iter()
            .filter(|submission| !known.contains(&submission.id))
            .map(|submission| submission.records)
            .sum();
        assert!(again >= 1);
        most = usize::max(most, again);
    }
    assert!(
        most < rows.len() / 4,
        "{most} records are sent anew for one row more"
    );
}
