//! Workbooks are read as they are; what a spreadsheet has lost is refused by its name, and what is no workbook is told so.

use crate::support::{self, ANNA, BERT, codes, errors_of, parsed, record, secret, summary};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use std::{
    io::{Cursor, Read, Write},
    path::Path,
};
use yizhang_intake::{
    FileFault, Intake, LineCount, OtherForm, ReadOptions, Row, Source, WorkbookLimit,
};
use yizhang_ledger::record::Record;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

const NAMES: [&str; 10] = [
    "社会保障号码",
    "险种",
    "费款所属期",
    "到账日期",
    "参保地",
    "缴费基数",
    "个人应缴",
    "个人实缴",
    "个人划入",
    "业务流水号",
];
const MONTH: [&str; 10] = [
    ANNA,
    "职工养老",
    "201812",
    "20190120",
    "440300",
    "4500.00",
    "900.00",
    "900.00",
    "360.00",
    "A1",
];

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

fn texts(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells) {
        sheet.write_string(row, column, *cell).unwrap();
    }
}

/// A sheet of one month as text, with what `change` does to it.
fn month(change: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    workbook(|sheet| {
        texts(sheet, 0, &NAMES);
        texts(sheet, 1, &MONTH);
        change(sheet);
    })
}

fn csv() -> String {
    format!("{}\n{}\n", NAMES.join(","), MONTH.join(","))
}

fn file_fault(file: impl AsRef<[u8]>) -> FileFault {
    support::open(file).unwrap_err()
}

fn limit(file: impl AsRef<[u8]>) -> Option<WorkbookLimit> {
    match file_fault(file) {
        FileFault::WorkbookLimit { limit } => Some(limit),
        _ => None,
    }
}

#[test]
fn a_sheet_states_the_records_that_its_text_states() {
    let expected = parsed(csv())[0].bytes.clone();
    assert_eq!(parsed(month(|_| {}))[0].bytes, expected, "texts");
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let month_of = Format::new().set_num_format("yyyy\"年\"m\"月\"");
    let numbers = month(|sheet| {
        sheet
            .write_number_with_format(1, 2, 43_435, &month_of)
            .unwrap();
        sheet.write_number_with_format(1, 3, 43_485, &day).unwrap();
        sheet.write_number(1, 4, 440_300).unwrap();
        sheet.write_number(1, 5, 4_500).unwrap();
        // What arithmetic of floats gives for 900, and a formula with its value.
        sheet.write_number(1, 6, 900.000_000_000_000_1).unwrap();
        sheet
            .write_formula(
                1,
                7,
                rust_xlsxwriter::Formula::new("=F2*0.2").set_result("900"),
            )
            .unwrap();
        sheet.write_number(1, 8, 360.0).unwrap();
    });
    assert_eq!(parsed(numbers)[0].bytes, expected, "numbers and dates");
    let written = month(|sheet| {
        sheet.write_number(1, 2, 201_812).unwrap();
        sheet.write_number(1, 3, 20_190_120).unwrap();
    });
    assert_eq!(
        parsed(written)[0].bytes,
        expected,
        "days written as one number"
    );
}

#[test]
fn titles_totals_and_blank_rows_are_passed_over_and_a_line_is_a_row_of_the_sheet() {
    let file = workbook(|sheet| {
        let plain = Format::new();
        sheet
            .merge_range(0, 0, 0, 9, "深圳市参保人员缴费明细表（2018年12月）", &plain)
            .unwrap();
        texts(sheet, 2, &NAMES);
        texts(sheet, 3, &MONTH);
        texts(sheet, 5, &MONTH);
        sheet.write_string(5, 9, "A2").unwrap();
        sheet.write_string(5, 5, "x").unwrap();
        sheet.merge_range(6, 0, 6, 4, "合计", &plain).unwrap();
        sheet.write_number(6, 6, 1_800).unwrap();
    });
    let summary = summary(&file);
    assert_eq!(
        summary.lines,
        LineCount {
            all: 7,
            titles: 2,
            header: 1,
            rows: 2,
            blank: 1,
            totals: 1,
            ..LineCount::default()
        }
    );
    assert_eq!((summary.valid, summary.faulty), (1, 1));
    assert_eq!(summary.first_faults[0].line, 6, "row 6 of the sheet");
}

#[test]
fn a_header_of_two_rows_with_merged_cells_names_its_columns_in_full() {
    let file = workbook(|sheet| {
        let plain = Format::new();
        let names = [NAMES[0], NAMES[1], NAMES[2], NAMES[3], NAMES[4], NAMES[5]];
        for (column, name) in (0..).zip(names) {
            sheet
                .merge_range(1, column, 2, column, name, &plain)
                .unwrap();
        }
        sheet.merge_range(0, 0, 0, 9, "缴费明细", &plain).unwrap();
        sheet.merge_range(1, 6, 1, 8, "个人", &plain).unwrap();
        for (column, name) in (6..).zip(["应缴", "实缴", "划入"]) {
            sheet.write_string(2, column, name).unwrap();
        }
        sheet.merge_range(1, 9, 2, 9, NAMES[9], &plain).unwrap();
        texts(sheet, 3, &MONTH);
    });
    assert_eq!(parsed(&file)[0].bytes, parsed(csv())[0].bytes);
    assert_eq!(parsed(&file)[0].line, 4);
    let lines = summary(&file).lines;
    assert_eq!((lines.titles, lines.header, lines.rows), (1, 2, 1));
}

#[test]
fn what_a_spreadsheet_has_lost_is_refused_by_its_name() {
    let plain = Format::new();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        (
            "scientific",
            month(|sheet| {
                sheet
                    .write_number(1, 0, 440_300_199_003_078_815_f64)
                    .unwrap();
            }),
        ),
        (
            "scientific",
            month(|sheet| {
                sheet.write_number(1, 9, 1e15).unwrap();
            }),
        ),
        (
            "serial-date",
            month(|sheet| {
                sheet.write_number(1, 3, 43_485).unwrap();
            }),
        ),
        (
            "serial-date",
            month(|sheet| {
                sheet.write_number(1, 2, 43_435).unwrap();
            }),
        ),
        (
            "amount-form",
            month(|sheet| {
                sheet.write_number(1, 6, 900.001).unwrap();
            }),
        ),
        (
            "formula",
            month(|sheet| {
                let failed = rust_xlsxwriter::Formula::new("=F2/0").set_result("#DIV/0!");
                sheet.write_formula(1, 8, failed).unwrap();
            }),
        ),
        (
            "merged",
            workbook(|sheet| {
                texts(sheet, 0, &NAMES);
                texts(sheet, 1, &MONTH);
                texts(sheet, 2, &MONTH);
                sheet.write_string(2, 9, "A2").unwrap();
                sheet.merge_range(1, 8, 2, 8, "360.00", &plain).unwrap();
            }),
        ),
    ];
    for (at, (code, file)) in cases.iter().enumerate() {
        assert_eq!(codes(file), [*code], "case {at}");
    }
    let most = month(|sheet| {
        sheet.write_number(1, 9, 999_999_999_999_999_f64).unwrap();
    });
    let rows = parsed(&most);
    let Record::Contribution(_, fields) = record(&rows[0]) else {
        panic!("a contribution");
    };
    assert_eq!(fields.source.serial.as_str(), "999999999999999");
}

#[test]
fn one_of_several_filled_sheets_is_asked_for_by_its_name() {
    let mut book = Workbook::new();
    let first = book.add_worksheet();
    first.set_name("一月").unwrap();
    texts(first, 0, &NAMES);
    texts(first, 1, &MONTH);
    let second = book.add_worksheet();
    second.set_name("二月").unwrap();
    texts(second, 0, &NAMES);
    book.add_worksheet().set_name("空").unwrap();
    let file = book.save_to_buffer().unwrap();
    let FileFault::SheetsSeveral { sheets } = file_fault(&file) else {
        panic!("two sheets are filled");
    };
    assert_eq!(sheets, ["一月", "二月"]);
    let of = |name: &str| {
        let options = ReadOptions {
            sheet: Some(name.to_owned()),
            ..ReadOptions::default()
        };
        Intake::open(Source::Bytes(file.as_slice().into()), &options)
    };
    let intake = of("一月").unwrap();
    assert_eq!(intake.sheet().unwrap().unread, ["二月"]);
    assert_eq!(intake.rows(&secret()).unwrap().count(), 1);
    assert_eq!(of("二月").unwrap().rows(&secret()).unwrap().count(), 0);
    assert_eq!(of("空").unwrap_err().code(), "file-empty");
    assert_eq!(of("三月").unwrap_err().code(), "sheet-unknown");
    let options = ReadOptions {
        sheet: Some("一月".to_owned()),
        ..ReadOptions::default()
    };
    let text = Intake::open(Source::Bytes(csv().as_bytes().into()), &options);
    assert_eq!(text.unwrap_err().code(), "no-workbook");
}

#[test]
fn a_hidden_sheet_is_not_read_and_said_so() {
    let mut book = Workbook::new();
    let first = book.add_worksheet();
    texts(first, 0, &NAMES);
    texts(first, 1, &MONTH);
    let codes = book.add_worksheet();
    codes.set_name("字典").unwrap().set_hidden(true);
    texts(codes, 0, &["到账", "应缴"]);
    let file = book.save_to_buffer().unwrap();
    let intake = support::open(&file).unwrap();
    assert_eq!(intake.sheet().unwrap().unread, ["字典"]);
    assert_eq!(parsed(&file).len(), 1);
}

#[test]
fn the_error_file_of_a_workbook_is_a_text_that_can_be_imported() {
    let file = month(|sheet| {
        sheet.write_string(1, 5, "45\n00").unwrap();
    });
    let (summary, errors) = errors_of(&file);
    assert_eq!(summary.faulty, 1);
    let text = String::from_utf8(errors).unwrap();
    assert!(text.starts_with("\u{feff}社会保障号码,"), "{text}");
    assert!(
        text.contains("45 00") && text.contains("amount-form"),
        "{text}"
    );
    let corrected = text.replace("45 00", "4500");
    assert_eq!(parsed(corrected)[0].bytes, parsed(csv())[0].bytes);
}

/// The package `file` with one more part.
fn with_part(file: &[u8], name: &str, bytes: usize) -> Vec<u8> {
    let mut package = ZipWriter::new_append(Cursor::new(file.to_vec())).unwrap();
    let quickest = SimpleFileOptions::default().compression_level(Some(1));
    package.start_file(name, quickest).unwrap();
    let zeros = vec![0; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(zeros.len());
        package.write_all(&zeros[..now]).unwrap();
        left -= now;
    }
    package.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read() {
    let most = usize::try_from(WorkbookLimit::PartBytes.most()).unwrap();
    let bomb = with_part(&month(|_| {}), "xl/media/a.bin", most + 1);
    assert!(bomb.len() < 4 << 20, "a small file: {} bytes", bomb.len());
    assert_eq!(limit(bomb), Some(WorkbookLimit::PartBytes));
    let mut parts = ZipWriter::new_append(Cursor::new(month(|_| {}))).unwrap();
    for number in 0..WorkbookLimit::Parts.most() {
        let options = SimpleFileOptions::default();
        parts
            .start_file(format!("xl/media/{number}"), options)
            .unwrap();
    }
    let parts = parts.finish().unwrap().into_inner();
    assert_eq!(limit(parts), Some(WorkbookLimit::Parts));
    let long = [b"PK\x03\x04".to_vec(), vec![0; 64 << 20]].concat();
    assert_eq!(limit(long), Some(WorkbookLimit::Bytes));
}

#[test]
fn sheets_columns_and_rows_have_limits() {
    let sheets = |count: u64| {
        let mut book = Workbook::new();
        for number in 0..count {
            let sheet = book.add_worksheet();
            if number == 0 {
                texts(sheet, 0, &NAMES);
                texts(sheet, 1, &MONTH);
            }
        }
        book.save_to_buffer().unwrap()
    };
    let most = WorkbookLimit::Sheets.most();
    assert_eq!(parsed(sheets(most)).len(), 1);
    assert_eq!(limit(sheets(most + 1)), Some(WorkbookLimit::Sheets));

    let last = u16::try_from(WorkbookLimit::Columns.most()).unwrap();
    let wide = |column: u16| {
        month(|sheet| {
            sheet.write_string(0, column, "备注").unwrap();
        })
    };
    assert_eq!(file_fault(wide(last - 1)).code(), "columns-unknown");
    assert_eq!(limit(wide(last)), Some(WorkbookLimit::Columns));
    let bordered = month(|sheet| {
        let border = Format::new().set_bold();
        sheet.write_blank(0, last, &border).unwrap();
    });
    assert_eq!(parsed(bordered).len(), 1, "an empty cell is none");

    let tall = month(|sheet| {
        texts(sheet, 1_048_575, &MONTH);
    });
    assert_eq!(summary(tall).lines.all, WorkbookLimit::Rows.most());
}

#[test]
fn what_is_no_workbook_or_a_broken_one_is_told_so() {
    let whole = month(|_| {});
    assert_eq!(
        file_fault(&whole[..whole.len() / 2]).code(),
        "workbook-broken"
    );
    assert_eq!(file_fault(b"PK\x03\x04\0\0\0\0").code(), "workbook-broken");
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0";
    assert_eq!(file_fault(old).code(), "workbook-broken");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("may.csv", SimpleFileOptions::default())
        .unwrap();
    zip.write_all(csv().as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    assert!(matches!(
        file_fault(zip),
        FileFault::OtherForm {
            form: OtherForm::Packed
        }
    ));
}

#[test]
fn no_damage_to_a_workbook_makes_more_of_it_than_a_fault_or_rows() {
    let whole = month(|_| {});
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        let step = u8::try_from(at % 255).unwrap() + 1;
        bytes[at] = bytes[at].wrapping_add(step);
        if let Ok(intake) = support::open(&bytes) {
            let secret = secret();
            for row in intake.rows(&secret).unwrap() {
                assert!(
                    matches!(row, Ok(Row::Valid(_) | Row::Faulty(_))),
                    "byte {at}"
                );
            }
        }
    }
}

#[test]
fn a_person_of_text_and_a_column_that_is_not_read_stand_beside_each_other() {
    let file = workbook(|sheet| {
        let mut names = NAMES.to_vec();
        names.push("姓名");
        texts(sheet, 0, &names);
        let mut cells = MONTH.to_vec();
        cells.push("某人, 某\"姓\"");
        texts(sheet, 1, &cells);
        cells[0] = BERT;
        cells[9] = "A2";
        texts(sheet, 2, &cells);
    });
    assert_eq!(parsed(&file).len(), 2);
    assert_eq!(support::open(&file).unwrap().columns().unread, ["姓名"]);
}

/// A cell of an old workbook.
enum OldCell<'c> {
    Text(&'c str),
    Number(f64),
}

/// Where a cell stands.
#[derive(Clone, Copy)]
struct At {
    row: u16,
    column: u16,
}

/// A record of the old form (MS-XLS): its number, its length, its data.
fn old_record(number: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&number.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn old_cell(at: At, cell: &OldCell<'_>) -> Vec<u8> {
    let place = [at.row, at.column, 0].map(u16::to_le_bytes).concat();
    match cell {
        OldCell::Number(number) => {
            old_record(0x0203, &[place.as_slice(), &number.to_le_bytes()].concat())
        }
        OldCell::Text(text) => {
            let characters = u16::try_from(text.encode_utf16().count()).unwrap();
            let head = [&characters.to_le_bytes()[..], &[1]].concat();
            old_record(0x0204, &[place, head, wide(text)].concat())
        }
    }
}

/// A workbook of the old form (.xls) of sheets with these records.
fn old_workbook(sheets: &[(&str, Vec<u8>)]) -> Vec<u8> {
    const GLOBALS: &[u8] = &[0, 6, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const SHEET: &[u8] = &[0, 6, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let end = old_record(0x000a, &[]);
    let part = |cells: &[u8]| [&old_record(0x0809, SHEET), cells, &end].concat();
    let bound = |name: &str, start: usize| {
        let characters = u8::try_from(name.encode_utf16().count()).unwrap();
        let start = u32::try_from(start).unwrap().to_le_bytes();
        let head = [&start[..], &[0, 0, characters, 1]].concat();
        old_record(0x0085, &[head, wide(name)].concat())
    };
    let mut stream = old_record(0x0809, GLOBALS);
    let bounds: usize = sheets.iter().map(|(name, _)| bound(name, 0).len()).sum();
    let mut start = stream.len() + bounds + end.len();
    for (name, cells) in sheets {
        stream.extend(bound(name, start));
        start += part(cells).len();
    }
    stream.extend(&end);
    for (_, cells) in sheets {
        stream.extend(part(cells));
    }
    old_document(&[("/Workbook", stream)])
}

/// A document of the old form with these streams, the first of them first in its directory.
fn old_document(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut document = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, stream) in streams {
        let storage = Path::new(name).parent().unwrap();
        document.create_storage_all(storage).unwrap();
        let mut content = document.create_stream(name).unwrap();
        content.write_all(stream).unwrap();
    }
    document.into_inner().into_inner()
}

/// What the stream of a workbook of the old form holds.
fn old_stream(document: &[u8]) -> Vec<u8> {
    let mut document = cfb::CompoundFile::open(Cursor::new(document)).unwrap();
    let mut stream = Vec::new();
    let mut content = document.open_stream("/Workbook").unwrap();
    content.read_to_end(&mut stream).unwrap();
    stream
}

/// The month of the other tests, as an old sheet, with numbers where numbers may stand.
fn old_month() -> Vec<u8> {
    let mut records = Vec::new();
    for (column, name) in (0..).zip(NAMES) {
        records.extend(old_cell(At { row: 0, column }, &OldCell::Text(name)));
    }
    for (column, text) in (0..).zip(MONTH) {
        let cell = match text.parse() {
            Ok(number) if (2..=8).contains(&column) => OldCell::Number(number),
            _ => OldCell::Text(text),
        };
        records.extend(old_cell(At { row: 1, column }, &cell));
    }
    records
}

#[test]
fn a_workbook_of_the_old_form_is_read_as_the_new_one() {
    let file = old_workbook(&[("缴费明细", old_month())]);
    assert_eq!(parsed(&file)[0].bytes, parsed(csv())[0].bytes);
    let name = support::open(&file).unwrap().sheet().unwrap().name.clone();
    assert_eq!(name, "缴费明细");
    let two = old_workbook(&[("一", old_month()), ("二", old_month())]);
    assert_eq!(file_fault(two).code(), "sheets-several");
    let number = OldCell::Number(440_300_199_003_078_815_f64);
    let first = At { row: 1, column: 0 };
    let lost = [old_month(), old_cell(first, &number)].concat();
    assert_eq!(codes(old_workbook(&[("一", lost)])), ["scientific"]);
}

#[test]
fn cells_of_an_old_workbook_that_lie_far_apart_are_refused_before_they_are_laid_out() {
    let with = |at: At| {
        let cells = [old_month(), old_cell(at, &OldCell::Text("x"))].concat();
        old_workbook(&[("一", cells)])
    };
    let last = u16::MAX;
    let tall = with(At {
        row: last,
        column: 9,
    });
    assert_eq!(summary(tall).lines.all, 65_536);
    let both = with(At {
        row: last,
        column: 255,
    });
    assert_eq!(limit(both), Some(WorkbookLimit::OldFormCells));
    let beyond = with(At {
        row: 0,
        column: 256,
    });
    assert_eq!(limit(beyond), Some(WorkbookLimit::Columns));
    let dimensions = [&[0; 4][..], &[0xff; 4], &[0; 2], &[1, 0], &[0; 2]].concat();
    let said = [old_record(0x0200, &dimensions), old_month()].concat();
    let said = old_workbook(&[("一", said)]);
    assert_eq!(limit(said), Some(WorkbookLimit::OldFormCells));
    let many: Vec<(&str, Vec<u8>)> = (0..=64).map(|_| ("一", Vec::new())).collect();
    assert_eq!(limit(old_workbook(&many)), Some(WorkbookLimit::Sheets));
}

/// The formula of a cell without a value: its text comes in a record of its own.
fn old_formula(at: At) -> Vec<u8> {
    let place = [at.row, at.column, 0].map(u16::to_le_bytes).concat();
    let is_text = [0, 0, 0, 0, 0, 0, 0xff, 0xff];
    old_record(0x0006, &[place.as_slice(), &is_text, &[0; 8]].concat())
}

fn old_formula_text(text: &str) -> Vec<u8> {
    let characters = u16::try_from(text.encode_utf16().count()).unwrap();
    let head = [&characters.to_le_bytes()[..], &[1]].concat();
    old_record(0x0207, &[head, wide(text)].concat())
}

#[test]
fn the_text_of_a_formula_stands_in_its_cell_and_without_a_formula_nowhere() {
    let last = At {
        row: u16::MAX,
        column: 255,
    };
    let far = old_cell(last, &OldCell::Number(1.0));
    let many = |cells: &[u8]| {
        let sheets: Vec<(&str, Vec<u8>)> = (0..64).map(|_| ("一", cells.to_vec())).collect();
        old_workbook(&sheets)
    };
    let stray = old_record(0x0207, &[0, 0]);
    let bomb = many(&[stray.as_slice(), &far].concat());
    assert_eq!(file_fault(bomb).code(), "workbook-broken");
    // A formula of a chart is none of the sheet.
    let chart = [
        old_record(0x0809, &[0; 16]),
        old_formula(last),
        old_record(0x000a, &[]),
    ]
    .concat();
    let bomb = many(&[chart.as_slice(), &stray, &far].concat());
    assert_eq!(file_fault(bomb).code(), "workbook-broken");
    let serial = At { row: 1, column: 9 };
    let formula = [old_month(), old_formula(serial), old_formula_text("A1")].concat();
    let file = old_workbook(&[("一", formula)]);
    assert_eq!(parsed(&file)[0].bytes, parsed(csv())[0].bytes);
}

#[test]
fn a_row_of_numbers_that_ends_before_it_begins_is_refused() {
    let row = |first: u16, last: u16, count: usize| {
        let place = [2, first].map(u16::to_le_bytes).concat();
        let numbers = [0; 6].repeat(count);
        let data = [place, numbers, last.to_le_bytes().to_vec()].concat();
        old_workbook(&[("一", [old_month(), old_record(0x00bd, &data)].concat())])
    };
    assert_eq!(limit(row(0xfff0, 5, 22)), Some(WorkbookLimit::Columns));
    assert_eq!(limit(row(9, 5, 0)), Some(WorkbookLimit::Columns));
    assert_eq!(limit(row(250, 256, 7)), Some(WorkbookLimit::Columns));
    assert_eq!(summary(row(0, 4, 5)).rows, 2);
}

#[test]
fn what_is_read_of_an_old_document_is_the_workbook_that_was_checked() {
    let own = old_stream(&old_workbook(&[("一", old_month())]));
    let at = At {
        row: u16::MAX,
        column: 255,
    };
    let far = [old_month(), old_cell(at, &OldCell::Number(1.0))].concat();
    let other = old_stream(&old_workbook(&[("二", far)]));
    for name in ["/A/Workbook", "/A/WORKBOOK", "/A/Book"] {
        let file = old_document(&[(name, other.clone()), ("/Workbook", own.clone())]);
        let sheet = support::open(&file).unwrap().sheet().unwrap().name.clone();
        assert_eq!(sheet, "一", "{name}");
    }
}

#[test]
fn a_locked_workbook_and_a_document_that_is_none_are_told_so() {
    let of = |stream: &str| {
        let mut document = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        document.create_stream(stream).unwrap();
        document.into_inner().into_inner()
    };
    assert_eq!(
        file_fault(of("/EncryptedPackage")).code(),
        "workbook-locked"
    );
    assert!(matches!(
        file_fault(of("/WordDocument")),
        FileFault::OtherForm {
            form: OtherForm::OldDocument
        }
    ));
}

/// The package `file` with what `change` makes of the names and contents of its parts.
fn with_parts(file: Vec<u8>, change: impl Fn(&mut String, &mut String)) -> Vec<u8> {
    let mut from = ZipArchive::new(Cursor::new(file)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let mut name = part.name().unwrap().into_owned();
        let mut content = String::new();
        part.read_to_string(&mut content).unwrap();
        change(&mut name, &mut content);
        to.start_file(name, SimpleFileOptions::default()).unwrap();
        to.write_all(content.as_bytes()).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_that_says_it_has_more_texts_than_bytes_is_broken() {
    const COUNT: &str = "uniqueCount=\"";
    const MANY: &str = "9999999999999";
    let with = |name: &str, count: &str, before: &str| {
        with_parts(month(|_| {}), |part, content| {
            if part.ends_with("sharedStrings.xml") {
                name.clone_into(part);
                assert!(content.contains(COUNT));
                *content = content.replace(COUNT, count);
                *content = content.replace("<sst", &format!("{before}<sst"));
            }
        })
    };
    let usual = "xl/sharedStrings.xml";
    let comment = format!("<!--{}-->", " ".repeat(4_096));
    let no_comment = format!("<!--<sst {COUNT}1\">-->");
    let faulty = [
        with(usual, &format!("{COUNT}{MANY}"), ""),
        with(usual, &format!("other='>' {COUNT}{MANY}"), ""),
        with(usual, &format!("uniqueCount \n = '{MANY}' other=\""), ""),
        with(usual, &format!("{COUNT}{MANY}"), &no_comment),
        with(usual, COUNT, &comment),
        with("xl/SharedStrings.xml", &format!("{COUNT}{MANY}"), ""),
        with("XL\\SHAREDSTRINGS.XML", &format!("{COUNT}{MANY}"), ""),
    ];
    for (at, file) in faulty.iter().enumerate() {
        assert_eq!(file_fault(file).code(), "workbook-broken", "case {at}");
    }
    let sound = [
        with(usual, COUNT, &no_comment),
        with("xl/SharedStrings.xml", "uniqueCount = \"", ""),
        with(usual, "other=\"", ""),
    ];
    for (at, file) in sound.iter().enumerate() {
        assert_eq!(parsed(file)[0].bytes, parsed(csv())[0].bytes, "case {at}");
    }
}

#[test]
fn a_cell_that_a_sheet_has_twice_is_refused_and_not_overwritten() {
    let of = |second: &[&str], first_column: u16| {
        let file = workbook(|sheet| {
            texts(sheet, 0, &NAMES);
            texts(sheet, 1, &MONTH[..usize::from(first_column.max(9))]);
            for (column, cell) in (first_column..).zip(second) {
                sheet.write_string(2, column, *cell).unwrap();
            }
        });
        with_parts(file, |name, content| {
            if name.ends_with("sheet1.xml") {
                *content = content.replace("<row r=\"3\"", "<row r=\"2\"");
                for column in 'A'..='J' {
                    *content =
                        content.replace(&format!("\"{column}3\""), &format!("\"{column}2\""));
                }
            }
        })
    };
    assert_eq!(file_fault(of(&MONTH, 0)).code(), "workbook-broken");
    assert_eq!(file_fault(of(&MONTH[8..], 8)).code(), "workbook-broken");
    // The rest of a row in a second piece loses nothing.
    let pieces = of(&MONTH[9..], 9);
    assert_eq!(parsed(pieces)[0].bytes, parsed(csv())[0].bytes);
}

#[test]
fn a_text_that_many_cells_share_is_not_multiplied_without_limit() {
    let most = 32_767 * 3;
    let long = |bytes: usize| {
        with_parts(month(|_| {}), |name, content| {
            if name.ends_with("sharedStrings.xml") {
                *content = content.replace(">A1<", &format!(">{}<", "x".repeat(bytes)));
            }
        })
    };
    assert_eq!(file_fault(long(most + 1)).code(), "workbook-broken");
    // What a spreadsheet program can hold is told as what it is.
    assert!(matches!(
        file_fault(long(most)),
        FileFault::RowTooLong { line: 2, .. }
    ));
    let text = "社".repeat(32_767);
    let many = workbook(|sheet| {
        for row in 0..6 {
            for column in 0..512 {
                sheet.write_string(row, column, &text).unwrap();
            }
        }
    });
    assert!(many.len() < 1 << 20, "a small file: {} bytes", many.len());
    assert_eq!(limit(many), Some(WorkbookLimit::TextBytes));
}
