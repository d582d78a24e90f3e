//! What agencies' systems and spreadsheets write for one and the same value is taken as that value; what has lost
//! something is not.

use crate::support::{ANNA, codes, csv, open, parsed, received, record, summary, with, without};
use yizhang_intake::{Encoding, FileFault, Format};
use yizhang_ledger::record::Record;

const HEADER: &str =
    "社会保障号码,险种,费款所属期,到账日期,参保地,缴费基数,个人应缴,个人实缴,业务流水号";

/// A file of one month, with other texts where `changes` says so.
fn file(changes: &[(&str, &str)]) -> String {
    let plain = format!(
        "{HEADER}\n{ANNA},企业职工基本养老保险,201812,20190120,440300,4500.00,900.00,900.00,A1\n"
    );
    changes.iter().fold(plain, |file, (from, to)| {
        assert!(file.contains(from), "{from}");
        file.replacen(from, to, 1)
    })
}

/// The record that every spelling of it has to give.
fn expected() -> Vec<u8> {
    parsed(file(&[]))[0].bytes.clone()
}

#[test]
fn every_spelling_of_a_value_states_the_same_record() {
    let spellings: &[&[(&str, &str)]] = &[
        &[("201812", "2018/12")],
        &[("201812", "2018年12月")],
        &[("201812", "2018-12-01 00:00:00")],
        &[("20190120", "2019/1/20")],
        &[("20190120", "2019-1-20")],
        &[("20190120", "2019年01月20日")],
        &[("20190120", "2019-01-20T00:00:00")],
        &[("4500.00", "\"4,500.00\"")],
        &[("4500.00", "￥4500.00")],
        &[("4500.00", "4500元")],
        &[("4500.00", "4500.0000")],
        &[("4500.00", "４５００．００")],
        &[("440300199003078815", "=\"440300199003078815\"")],
        &[("440300199003078815", "\"=\"\"440300199003078815\"\"\"")],
        &[("440300199003078815", "'440300199003078815")],
        &[(",440300,", ",440300001002,")],
        &[("费款所属期", "费款所属期起")],
        &[("费款所属期", "所属期起")],
        &[
            ("费款所属期,", "费款所属期起,费款所属期止,"),
            ("201812,", "201812,201812,"),
        ],
        &[
            ("费款所属期,", "所属期起,所属期止,"),
            ("201812,", "201812,2018年12月,"),
        ],
        &[("企业职工基本养老保险", "城镇职工基本养老保险")],
        &[("社会保障号码", "*社会保障号码")],
        &[("险种,", "险种*,")],
        &[("缴费基数", "缴 费 基 数（元）")],
        &[("个人实缴", "个人缴费金额")],
        &[("业务流水号", "业务流水号,,,"), ("A1", "A1,,,")],
        &[("业务流水号", "业务流水号,备注,备注"), ("A1", "A1,a,b")],
        &[("业务流水号", "业务流水号,,,")],
    ];
    for spelling in spellings {
        let file = file(spelling);
        assert_eq!(parsed(&file)[0].bytes, expected(), "{spelling:?}");
    }
}

#[test]
fn what_is_ambiguous_or_has_lost_something_is_refused_by_its_name() {
    let cases: &[(&str, &str, &str)] = &[
        ("201812", "43435", "serial-date"),
        ("201812", "2018-12-02", "month-form"),
        ("201812", "Dec-18", "month-form"),
        ("201812", "2018-12-01 25:61", "month-form"),
        ("20190120", "43485", "serial-date"),
        ("20190120", "20-1-2019", "date-form"),
        ("4500.00", "4.5E3", "scientific"),
        ("4500.00", "45E2", "scientific"),
        ("4500.00", "\"45,00.00\"", "amount-form"),
        ("4500.00", "4500.001", "amount-form"),
        ("4500.00", "4500.", "amount-form"),
        ("4500.00", "(4500.00)", "amount-form"),
        ("440300199003078815", "4.40300199003E+17", "scientific"),
        ("440300199003078815", "440300********8815", "masked"),
        (",440300,", ",4403000010,", "division-form"),
        ("企业职工基本养老保险", "养老保险", "scheme-unknown"),
        ("A1", "A\u{200b}1", "invisible"),
        ("20190120", "43485.5", "serial-date"),
        ("A1", "6f9619ff-8b86-d011-b42d-00c04fc964f", "code-form"),
        ("A1", "6f9619ff8b86d011b42d-00c04fc964ff-xx", "code-form"),
        ("A1", "A1,x", "cell-count"),
    ];
    for (from, to, code) in cases {
        assert_eq!(codes(file(&[(from, to)])), [*code], "{to}");
    }
}

#[test]
fn files_are_read_in_every_encoding_and_with_every_delimiter() {
    let plain = file(&[]);
    let utf16: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe], utf16.as_slice()].concat();
    let high_first: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, encoding) in [
        (utf16, Encoding::Utf16Le),
        (marked, Encoding::Utf16Le),
        (high_first, Encoding::Utf16Be),
    ] {
        assert_eq!(open(&bytes).unwrap().encoding(), encoding);
        assert_eq!(parsed(&bytes)[0].bytes, expected());
    }
    for (delimiter, text) in [(b';', ";"), (b'\t', "\t"), (b'|', "|"), (b',', "\t,")] {
        let file = plain.replace(',', text);
        assert_eq!(open(&file).unwrap().format(), Format::Csv { delimiter });
        assert_eq!(parsed(&file)[0].bytes, expected(), "{text:?}");
    }
    let old = plain.replace('\n', "\r");
    assert_eq!(parsed(&old)[0].bytes, expected(), "lines that end with CR");
}

#[test]
fn a_broken_byte_is_a_fault_of_its_row_alone() {
    let row = file(&[]).lines().nth(1).unwrap().to_owned();
    let second = row.replace("A1", "A2").into_bytes();
    let mut bytes = [file(&[]).into_bytes(), second].concat();
    bytes.extend_from_slice(b"\xe5\xbc\n");
    assert_eq!(open(&bytes).unwrap().encoding(), Encoding::Utf8);
    assert_eq!(codes(&bytes), ["encoding"]);
    assert_eq!(summary(&bytes).valid, 1);
    // The byte has taken the comma behind it with it: the row is short of a cell because of the byte.
    let (most, last) = row.rsplit_once(',').unwrap();
    let mut swallowed = file(&[]).into_bytes();
    swallowed.extend_from_slice(most.as_bytes());
    swallowed.extend_from_slice(b"\xe5\xbc");
    swallowed.extend_from_slice(last.as_bytes());
    swallowed.push(b'\n');
    assert_eq!(codes(&swallowed), ["encoding"]);
}

#[test]
fn a_file_without_rows_is_told_what_it_is() {
    let cases: &[(&[u8], &str)] = &[
        (b"<html><table>", "page"),
        (b"%PDF-1.7", "pdf"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"[{\"person\": \"x\"}]", "json-list"),
    ];
    for (bytes, code) in cases {
        match open(bytes) {
            Err(FileFault::OtherForm { form }) => assert_eq!(form.code(), *code),
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[test]
fn a_misspelt_column_is_told_the_nearest_name() {
    let nearest = |name: &str| match open(file(&[("缴费基数", name)])) {
        Err(FileFault::ColumnsUnknown { columns }) => columns[0].nearest,
        other => panic!("{other:?}"),
    };
    assert_eq!(nearest("缴费基數"), Some("缴费基数"));
    assert_eq!(nearest("职业"), None);
}

#[test]
fn two_columns_of_one_value_are_refused_though_two_remarks_are_not() {
    let twice = file(&[("业务流水号", "业务流水号,到账日期"), ("A1", "A1,20190120")]);
    assert_eq!(open(&twice).unwrap_err().code(), "column-twice");
}

#[test]
fn a_row_in_its_region_and_a_base_in_yuan_have_no_warning() {
    assert_eq!(codes(csv(&[received()])), [] as [&str; 0]);
    let usual = without(
        with(received(), &[("base", "100000"), ("period", "2031-01")]),
        &["unit_rate", "person_rate"],
    );
    assert_eq!(codes(csv(&[usual])), [] as [&str; 0]);
}

#[test]
fn a_serial_that_is_a_uuid_is_taken_without_its_hyphens() {
    let file = file(&[("A1", "6f9619ff-8b86-d011-b42d-00c04fc964ff")]);
    let reversal = format!(
        "业务类型,社会保障号码,险种,费款所属期,到账日期,参保地,缴费基数,个人应缴,个人实缴,业务流水号,原业务流水号\n\
         到账,{}\n冲销,{ANNA},,,,,,,,B1,6F9619FF-8B86-D011-B42D-00C04FC964FF\n",
        file.lines().nth(1).unwrap().to_owned() + ",",
    );
    let rows = parsed(&file);
    let Record::Contribution(_, fields) = record(&rows[0]) else {
        panic!("a contribution");
    };
    assert_eq!(
        fields.source.serial.as_str(),
        "6f9619ff8b86d011b42d00c04fc964ff"
    );
    assert_eq!(
        codes(&reversal),
        ["target-not-found"],
        "capitals are others"
    );
    let same = reversal.replace(
        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    );
    assert_eq!(codes(&same), [] as [&str; 0]);
}

#[test]
fn a_row_may_name_its_first_and_its_last_month() {
    let header = HEADER.replace("费款所属期", "费款所属期起,费款所属期止");
    let of = |first: &str, last: &str, due: &str| {
        let file = format!(
            "{header}\n{ANNA},职工养老,{first},{last},20191220,440300,4500.00,{due},{due},A1\n"
        );
        let rows = parsed(&file);
        let Record::Contribution(_, fields) = record(&rows[0]) else {
            panic!("a contribution");
        };
        (fields.period.first.to_string(), fields.period.months)
    };
    assert_eq!(of("201901", "201903", "2700.00"), ("2019-01".to_owned(), 3));
    assert_eq!(
        of("201901", "201912", "10800.00"),
        ("2019-01".to_owned(), 12)
    );
    assert_eq!(of("201901", "", "900.00"), ("2019-01".to_owned(), 1));
}

#[test]
fn one_serial_may_stand_for_several_schemes_and_a_later_row_says_which_it_means() {
    let header = "业务类型,社会保障号码,险种,费款所属期,到账日期,参保地,缴费基数,个人应缴,个人实缴,业务流水号,原业务流水号";
    let row = |scheme: &str, amount: &str| {
        format!("到账,{ANNA},{scheme},201812,20190120,440300,4500.00,{amount},{amount},P1,\n")
    };
    let both = format!(
        "{header}\n{}{}",
        row("职工养老", "900.00"),
        row("失业保险", "9.00")
    );
    assert_eq!(codes(&both), [] as [&str; 0]);
    let again = format!("{both}{}", row("hrss:210", "9.00"));
    assert_eq!(codes(&again), ["duplicate"]);
    let other = format!("{both}{}", row("失业保险", "10.00"));
    assert_eq!(codes(&other), ["serial-conflict"]);
    let reversed = format!("{both}冲销,{ANNA},,,,,,,,R1,P1\n");
    assert_eq!(codes(&reversed), ["target-ambiguous"]);
    let refund =
        |scheme: &str| format!("{both}退收,{ANNA},{scheme},201812,20190320,440300,,,-9.00,R1,P1\n");
    let rows = parsed(refund("失业保险"));
    let Record::Contribution(_, fields) = record(&rows[2]) else {
        panic!("a contribution");
    };
    assert_eq!(fields.target, Some(rows[1].id()));
    assert_eq!(codes(refund("工伤保险")), ["target-ambiguous"]);
}
