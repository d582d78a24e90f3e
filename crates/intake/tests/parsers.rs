//! Files of agencies that are nearly right: reading one never panics, and takes no more room than it may.

#[path = "../../statement/tests/parsers/driver.rs"]
mod driver;
#[path = "../../statement/tests/parsers/mutator.rs"]
mod mutator;
mod support;

use driver::Target;
// What the driver counts with.
use peak_alloc as _;
use rust_xlsxwriter::Workbook;
use support::{
    Cells, agreement, benefit, bridge, csv, death, deemed, delta, due, interest, json, link, open,
    received, refund, reversal, secret, suspend, transfer,
};
use yizhang_intake::{CodeMap, ColumnMap};

/// Room for a text of some kilobytes: what is read ahead, and the texts of its faults.
const TEXT: usize = 64 * 1_024 * 1_024;
/// Room for a workbook, which is unpacked within limits of its own.
const WORKBOOK: usize = 256 * 1_024 * 1_024;

fn rows() -> Vec<Cells> {
    vec![
        received(),
        due(),
        delta(),
        refund(),
        reversal(),
        interest(),
        suspend(),
        transfer(),
        benefit(),
        link(),
        death(),
        deemed(),
        agreement(),
        bridge(),
    ]
}

fn is_read(bytes: &[u8]) -> bool {
    open(bytes).is_ok_and(|intake| {
        let secret = secret();
        intake.check(&secret, None, &mut |_| {}).is_ok()
    })
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, (name, value)) in (0..).zip(received()) {
        sheet.write(0, column, name).unwrap();
        sheet.write(1, column, value).unwrap();
    }
    book.save_to_buffer().unwrap()
}

fn target(
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    run: impl Fn(&[u8]) -> bool + 'static,
) -> Target {
    Target {
        name,
        seeds,
        room_max: TEXT,
        run: Box::new(run),
    }
}

fn targets() -> Vec<Target> {
    let one = |row: Cells| csv(&[row]).into_bytes();
    let mut tables: Vec<Vec<u8>> = rows().into_iter().map(one).collect();
    let two = csv(&[received(), delta()]);
    tables.push(two.replace(',', "\t").into_bytes());
    tables.push(two.into_bytes());
    let utf16 = csv(&[received()]).encode_utf16().collect::<Vec<u16>>();
    let utf16 = utf16.iter().flat_map(|unit| unit.to_le_bytes());
    tables.push([0xff, 0xfe].into_iter().chain(utf16).collect());
    let objects = rows().into_iter().map(|row| json(&[row]).into_bytes());
    let mut workbooks = target("workbook", vec![workbook()], is_read);
    workbooks.room_max = WORKBOOK;
    let columns = b"number=person\nmoney=base\nmonth=period".to_vec();
    let codes = b"payer_kind=05=person\ntype=N=10".to_vec();
    vec![
        target("table", tables, is_read),
        target("JSON lines", objects.collect(), is_read),
        workbooks,
        target("names of columns", vec![columns], |bytes| {
            str::from_utf8(bytes).is_ok_and(|text| {
                let pairs = text.lines().filter_map(|line| line.split_once('='));
                ColumnMap::new(pairs).is_ok()
            })
        }),
        target("names of codes", vec![codes], |bytes| {
            str::from_utf8(bytes).is_ok_and(|text| {
                let triple = |line: &'_ str| {
                    let (column, rest) = line.split_once('=')?;
                    let (from, to) = rest.split_once('=')?;
                    Some((column.to_string(), from.to_string(), to.to_string()))
                };
                let triples: Vec<_> = text.lines().filter_map(triple).collect();
                let triples = triples
                    .iter()
                    .map(|(column, from, to)| (column.as_str(), from.as_str(), to.as_str()));
                CodeMap::new(triples).is_ok()
            })
        }),
    ]
}

#[test]
fn no_file_makes_reading_panic_or_take_more_room_than_it_may() {
    driver::feed(&targets());
}
