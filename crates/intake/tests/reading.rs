//! Headers, encodings and values: the same rows, however an agency writes them, are the same records.

use crate::support::{
    self, ANNA, BERT, account, codes, csv, json, open, parsed, received, record, refund, reversal,
    summary, transfer, with, without,
};
use yizhang_intake::{
    CODES_MAX, CodeMap, CodeMapFault, Column, Encoding, FaultyRows, FileFault, Format, Intake,
    Layout, ReadOptions, Row, SAMPLED_ROWS_MAX, Source, Submission, Submissions,
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{BirthEvidence, PayerKind, Record},
    value::{Fen, Month, Namespace, Rate},
};

/// The header and one row, in the given order of columns, with names as `name` gives them.
fn file(order: &[usize], name: impl Fn(Column) -> String) -> String {
    let cells = received();
    let column = |english: &str| Column::find(english).unwrap();
    let names: Vec<_> = order.iter().map(|at| name(column(cells[*at].0))).collect();
    let values: Vec<_> = order.iter().map(|at| cells[*at].1).collect();
    format!("{}\n{}\n", names.join(","), values.join(","))
}

fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

#[test]
fn headers_in_any_language_and_order_give_the_same_record() {
    let count = received().len();
    let straight: Vec<usize> = (0..count).collect();
    let reversed: Vec<usize> = (0..count).rev().collect();
    let plain = parsed(csv(&[received()]));
    for order in [straight, reversed] {
        for file in [
            file(&order, |column| column.english().to_uppercase()),
            file(&order, |column| format!(" {}（元） ", column.chinese())),
            file(&order, |column| {
                (*column.aliases().last().unwrap()).to_owned()
            }),
            file(&order, |column| column.chinese().to_owned()).replace(',', "\t"),
            "\u{feff}".to_owned() + &file(&order, |column| column.chinese().to_owned()),
            file(&order, |column| column.chinese().to_owned()).replace('\n', "\r\n"),
        ] {
            assert_eq!(parsed(&file), plain, "{file}");
            assert_eq!(
                parsed(gb18030(file.trim_start_matches('\u{feff}'))),
                plain,
                "{file}"
            );
        }
    }
    assert_eq!(parsed(json(&[received()]))[0].bytes, plain[0].bytes);
}

#[test]
fn no_two_columns_share_a_name() {
    for column in Column::ALL {
        for name in column.aliases().iter().copied().chain([column.english()]) {
            assert_eq!(Column::find(name), Some(*column), "{name}");
        }
    }
}

#[test]
fn encodings_and_forms_are_detected() {
    let chinese = file(&[0, 1, 2, 3, 4, 5, 18], |column| {
        column.chinese().to_owned()
    });
    let cases: [(Vec<u8>, Encoding, Format); 4] = [
        (
            chinese.clone().into_bytes(),
            Encoding::Utf8,
            Format::Csv { delimiter: b',' },
        ),
        (
            format!("\u{feff}{chinese}").into_bytes(),
            Encoding::Utf8Bom,
            Format::Csv { delimiter: b',' },
        ),
        (
            gb18030(&chinese.replace(',', "\t")),
            Encoding::Gb18030,
            Format::Csv { delimiter: b'\t' },
        ),
        (
            json(&[received()]).into_bytes(),
            Encoding::Utf8,
            Format::JsonLines,
        ),
    ];
    for (bytes, encoding, format) in cases {
        let intake = open(&bytes).unwrap();
        assert_eq!((intake.encoding(), intake.format()), (encoding, format));
    }
    // What is said goes before what is detected.
    let options = ReadOptions {
        encoding: Some(Encoding::Gb18030),
        ..ReadOptions::default()
    };
    let ascii = csv(&[received()]).into_bytes();
    assert_eq!(
        Intake::open(Source::Bytes(ascii.into()), &options)
            .unwrap()
            .encoding(),
        Encoding::Gb18030
    );
}

/// A mark at the beginning is none of the text, also where UTF-8 is asked for by name.
#[test]
fn a_byte_order_mark_is_passed_over_in_utf8_by_name() {
    let options = ReadOptions {
        encoding: Some(Encoding::Utf8),
        ..ReadOptions::default()
    };
    let secret = support::secret();
    for text in [
        json(&[received()]),
        csv(&[received()]).replacen("kind", "\"kind\"", 1),
    ] {
        let marked = format!("\u{feff}{text}");
        let intake = Intake::open(Source::Bytes(marked.into_bytes().into()), &options).unwrap();
        let rows: Vec<_> = intake.rows(&secret).unwrap().collect();
        assert!(matches!(rows.as_slice(), [Ok(Row::Valid(_))]), "{text}");
    }
}

/// The kind of a document by code in any case, or by word; of other steps and words nothing is made.
#[test]
fn a_closing_says_which_document_lets_back_payments_move() {
    let reason = |kind: &'static str, reason: &'static str| {
        let document = "abababababababababababababababababababababababababababababababab";
        let fields = [("kind", kind), ("document", document), ("reason", reason)];
        let rows = parsed(csv(&[with(support::transfer(), &fields)]));
        let Record::Transfer(_, step) = record(&rows[0]) else {
            panic!()
        };
        step.reason.to_string()
    };
    assert_eq!(
        (reason("Freeze", "Court"), reason("Freeze", "仲裁")),
        ("court".into(), "arbitration".into())
    );
    assert_eq!(reason("Freeze", "书面承诺书"), "commitment");
    assert_eq!(reason("Supplement", "法院"), "court");
    assert_eq!(
        (reason("Freeze", "judgment"), reason("InfoSheet", "Court")),
        ("judgment".into(), "Court".into())
    );
}

#[test]
fn a_character_may_lie_across_any_buffer() {
    // Rows with names in Chinese, far beyond one buffer, so that characters fall on its edge at some offset.
    let mut text = String::from(
        "姓名,备注,社会保障号码,险种,费款所属期,到账日期,参保地,缴费基数,个人应缴,个人实缴,业务流水号\n",
    );
    text.extend((0..3_000).map(|serial| {
        let name = &"测试姓名㐀𠀀"[..if serial % 2 == 0 { 12 } else { 19 }];
        format!("{name},甲,{ANNA},110,201812,20190120,440300,4500,360,360,N{serial}\n")
    }));
    let expected = summary(&text);
    assert_eq!((expected.valid, expected.faulty), (3_000, 0));
    assert_eq!(summary(gb18030(&text)), expected);
}

#[test]
fn headers_that_make_no_sense_are_faults_of_the_file() {
    let fault = |file: &str| open(file).map(|_| ()).unwrap_err();
    assert_eq!(fault("").code(), "file-empty");
    assert_eq!(fault("\n\n").code(), "file-empty");
    let data = format!("{ANNA},hrss:110,2018-12\n");
    let missing = fault(&data);
    assert_eq!(missing.code(), "header-missing");
    assert!(!missing.to_string().contains("440300"));
    let unknown = fault(&format!("person,Wage,{ANNA},serial\n"));
    assert!(
        matches!(&unknown, FileFault::ColumnsUnknown { columns } if columns.iter().map(|column| (column.position, column.name.as_deref())).collect::<Vec<_>>() == [(2, Some("Wage")), (3, None)])
    );
    assert!(!unknown.to_string().contains("440300"));
    let twice = fault("person,serial,AAC002\n");
    assert!(
        matches!(
            twice,
            FileFault::ColumnTwice {
                column: Column::Person,
                positions: [1, 3]
            }
        ),
        "{twice}"
    );
    let short = fault("person,scheme,received,place\n");
    assert!(
        matches!(&short, FileFault::ColumnsMissing { columns } if columns == &[Column::Serial, Column::Period]),
        "{short}"
    );
    let mixed = fault("kind,person,case,base,serial\n");
    assert!(
        matches!(&mixed, FileFault::LayoutsMixed { columns } if columns == &[Column::Base]),
        "{mixed}"
    );
}

#[test]
fn a_row_that_does_not_end_is_refused_before_it_fills_the_memory() {
    let endless = csv(&[received()]) + "\"" + &"x".repeat(1_000_000);
    assert_eq!(open(&endless).unwrap_err().code(), "row-too-long");
    let endless = json(&[received()]) + "{\"remark\":\"" + &"x".repeat(1_000_000);
    assert_eq!(open(&endless).unwrap_err().code(), "row-too-long");
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let bad = with(received(), &[("place", "x")]);
    let file = csv(&[with(received(), &[("remark", "\"two\nlines\"")]), bad]);
    let (header, rows) = file.split_once('\n').unwrap();
    for file in [
        format!("{header}\n\n{rows}"),
        format!("{header}\n\n{}", rows.trim_end()),
        format!("{header}\n\n{rows}\n,,\n")
            .replace('\n', "\r\n")
            .replace(",,", &",".repeat(header.matches(',').count())),
        format!("{header}\n\n{}", rows.trim_end()).replace('\n', "\r\n"),
    ] {
        let faults = support::faults(&file);
        assert_eq!(
            faults
                .iter()
                .map(|fault| (fault.line, fault.fault.code()))
                .collect::<Vec<_>>(),
            [(5, "division-form")]
        );
    }
    let lines = json(&[received()])
        + "\n"
        + &json(&[with(received(), &[("place", "x"), ("serial", "S2")])]);
    assert_eq!(support::faults(lines)[0].line, 3);
}

#[test]
fn the_sample_rows_of_gbt_40217_become_records() {
    let enterprise = received();
    let institution = with(
        received(),
        &[
            ("scheme", "120"),
            ("base", "7000.00"),
            ("unit_rate", "0.1600"),
            ("due_unit", "1120.00"),
            ("due_person", "560.00"),
            ("paid_unit", "1120.00"),
            ("paid_person", "560.00"),
            ("serial", "S2"),
        ],
    );
    let resident = without(
        with(
            received(),
            &[
                ("scheme", "城乡居民社会养老保险"),
                ("year", "2019"),
                ("received", "2018-12-10"),
                ("due_person", "100.00"),
                ("paid_person", "100.00"),
                ("credited_person", "100.00"),
                ("subsidy_county", "30.00"),
                ("serial", "S3"),
            ],
        ),
        &[
            "period",
            "payer_id",
            "base",
            "unit_rate",
            "person_rate",
            "due_unit",
            "paid_unit",
        ],
    );
    let rows = parsed(csv(&[enterprise, institution, resident]));
    assert_eq!(
        rows.iter().map(|row| row.due_fen).collect::<Vec<_>>(),
        [99_000, 168_000, 10_000]
    );
    let Record::Contribution(Kind::RECEIVED, first) = record(&rows[0]) else {
        panic!()
    };
    assert_eq!(first.account, account(ANNA));
    assert_eq!(
        (
            first.base.get(),
            first.rates.unit.get(),
            first.credited.person.get()
        ),
        (450_000, 1_400, 36_000)
    );
    assert_eq!(
        (first.payer.kind, first.payer.id.as_str()),
        (PayerKind::Unit, "91441900MA0000074G")
    );
    assert_eq!(
        (first.full, first.nature, first.settlement),
        (true, 10, Month::of(2019, 1).unwrap())
    );
    let Record::Contribution(_, third) = record(&rows[2]) else {
        panic!()
    };
    assert_eq!(
        (third.period.first, third.period.months),
        (Month::of(2019, 1).unwrap(), 12)
    );
    assert_eq!(
        (third.payer.kind, third.subsidies.county),
        (PayerKind::Person, Fen::new(3_000).unwrap())
    );
}

#[test]
fn published_check_characters_are_recomputed() {
    // E1 and E2 of the domain rules.
    for number in [
        "11010519491231002X",
        "34052419800101001X",
        "440500199003078816",
        "810000199012010022",
    ] {
        let row = with(received(), &[("person", number)]);
        assert_eq!(support::codes(csv(&[row])), [] as [&str; 0], "{number}");
    }
    for code in [
        "91110108551385082Q",
        "91350100M000100Y43",
        "91440300708461136T",
    ] {
        let row = with(received(), &[("payer_id", code)]);
        assert_eq!(support::codes(csv(&[row])), [] as [&str; 0], "{code}");
    }
}

#[test]
fn amounts_of_the_worked_examples_pass() {
    // E4: flexible in Beijing from 2025-07. E5: the difference for a month paid on the old base. E7: a late fee.
    let flexible = |base, rate, due, credited, serial| {
        let changes = [
            ("base", base),
            ("person_rate", rate),
            ("due_person", due),
            ("paid_person", due),
        ];
        let row = with(received(), &changes);
        let row = with(row, &[("credited_person", credited), ("serial", serial)]);
        without(row, &["payer_id", "unit_rate", "due_unit", "paid_unit"])
    };
    let pension = flexible("7162", "20%", "1432.40", "572.96", "S1");
    let jobless = with(
        flexible("7162", "1%", "71.62", "0", "S2"),
        &[("scheme", "210")],
    );
    let medical = without(
        with(flexible("", "", "584.92", "0", "S3"), &[("scheme", "310")]),
        &["base", "person_rate"],
    );
    let difference = with(
        flexible("341", "0.2", "68.20", "27.28", "S4"),
        &[("kind", "差额"), ("type", "缴费基数调整补收")],
    );
    let late = with(
        received(),
        &[("type", "31"), ("late_fee", "74.40"), ("serial", "S5")],
    );
    let summary = summary(csv(&[pension, jobless, medical, difference, late]));
    assert_eq!(
        (summary.valid, summary.faulty, summary.warned),
        (5, 0, 0),
        "{:?}",
        summary.first_faults
    );
    assert_eq!(summary.kinds[&Kind::RECEIVED].due_fen, 208_894 + 99_000);
    assert_eq!(summary.kinds[&Kind::ADJUST_DELTA].paid_fen, 6_820);
}

#[test]
fn months_dates_rates_and_schemes_have_two_forms_each() {
    let other = with(
        received(),
        &[
            ("kind", "到账"),
            ("period", "201812"),
            ("received", "20190120"),
            ("unit_rate", "14%"),
            ("person_rate", "8.00%"),
            ("base", "4500"),
            ("scheme", "企业职工基本养老保险"),
            ("payer_kind", "单位"),
            ("full", "是"),
        ],
    );
    assert_eq!(
        parsed(csv(&[other]))[0].bytes,
        parsed(csv(&[received()]))[0].bytes
    );
}

#[test]
fn a_bare_code_of_two_sets_needs_a_namespace() {
    let row = csv(&[with(received(), &[("scheme", "410")])]);
    let options = ReadOptions {
        namespace: Some(Namespace::Nhsa),
        ..ReadOptions::default()
    };
    let intake = Intake::open(Source::Bytes(row.as_bytes().into()), &options).unwrap();
    let secret = support::secret();
    let Some(Ok(Row::Valid(row))) = intake.rows(&secret).unwrap().next() else {
        panic!()
    };
    let Record::Contribution(_, fields) = record(&row) else {
        panic!()
    };
    assert_eq!(fields.scheme.to_string(), "nhsa:410");
}

#[test]
fn codes_of_the_agencys_own_system_stand_for_ours() {
    let own = csv(&[with(
        received(),
        &[("payer_kind", "05"), ("type", "N"), ("payer_id", "")],
    )]);
    let read = |codes: CodeMap| {
        let options = ReadOptions {
            codes,
            ..ReadOptions::default()
        };
        let intake = Intake::open(Source::Bytes(own.as_bytes().into()), &options).unwrap();
        let secret = support::secret();
        intake.rows(&secret).unwrap().next().unwrap().unwrap()
    };
    let map = CodeMap::new([("缴费主体", " 05 ", "person"), ("type", "N", "10")]).unwrap();
    let Row::Valid(row) = read(map) else {
        panic!("both codes are known")
    };
    let Record::Contribution(_, fields) = record(&row) else {
        panic!()
    };
    assert_eq!((fields.payer.kind, fields.nature), (PayerKind::Person, 10));
    assert!(
        matches!(
            read(CodeMap::new([("payer_kind", "05", "person")]).unwrap()),
            Row::Faulty(_)
        ),
        "N is unknown"
    );

    let refused = |column, from, to| CodeMap::new([(column, from, to)]).unwrap_err();
    assert!(matches!(
        refused("payer_kind", "05", "boss"),
        CodeMapFault::Target { .. }
    ));
    assert!(matches!(
        refused("base", "1", "2"),
        CodeMapFault::Column { .. }
    ));
    assert!(matches!(
        refused("type", " ", "10"),
        CodeMapFault::Empty { .. }
    ));
    assert!(
        CodeMap::new([("scheme", "3", "410")]).is_ok(),
        "which 410, the namespace of the rows says"
    );
    assert!(CodeMap::new([("reason", "07", "court")]).is_ok());
    assert!(
        matches!(refused("reason", "A", "参军"), CodeMapFault::Target { .. }),
        "rows name reasons by code"
    );
    assert!(
        CodeMap::new([
            ("item", "D1", "基础养老金"),
            ("into", "1", "hrss:110"),
            ("tax_status", "Y", "04")
        ])
        .is_ok()
    );
    assert!(matches!(
        refused("item", "D1", "养老金"),
        CodeMapFault::Target { .. }
    ));
    let map = || CodeMap::new([("payer_kind", "05", "person"), ("type", "n", "10")]).unwrap();
    assert!(matches!(read(map()), Row::Valid(_)), "n is N");
    let twice = CodeMap::new([("type", "N", "10"), ("type", "n", "31")]).unwrap_err();
    assert!(matches!(twice, CodeMapFault::Twice { .. }));
    let twice =
        CodeMap::new([("payer_kind", "02", "unit"), ("缴费主体", "02 ", "person")]).unwrap_err();
    assert_eq!(
        twice.to_string(),
        "payer_kind: 02 stands for person and for unit"
    );
    assert!(CodeMap::new([("payer_kind", "02", "unit"), ("缴费主体", "02", "unit")]).is_ok());
    let many: Vec<String> = (0..=CODES_MAX).map(|number| format!("X{number}")).collect();
    let many = CodeMap::new(many.iter().map(|code| ("type", code.as_str(), "10")));
    assert_eq!(
        many,
        Err(CodeMapFault::TooMany {
            found: CODES_MAX + 1
        })
    );
}

#[test]
fn targets_are_found_by_serial_or_by_id() {
    let rows = parsed(csv(&[
        received(),
        refund(),
        with(reversal(), &[("serial", "S3")]),
    ]));
    let id = rows[0].id();
    let Record::Contribution(Kind::REFUND, fields) = record(&rows[1]) else {
        panic!()
    };
    assert_eq!(
        (fields.target, fields.due, fields.full),
        (Some(id), fields.paid, true)
    );
    let Record::Reversal(fields) = record(&rows[2]) else {
        panic!()
    };
    assert_eq!(fields.target, id);
    let by_id: &'static str = Box::leak(id.0.to_string().to_uppercase().into_boxed_str());
    let alone = parsed(csv(&[with(
        reversal(),
        &[("target", by_id), ("serial", "S3")],
    )]));
    assert_eq!(alone[0].bytes, rows[2].bytes);
}

#[test]
fn every_layout_is_chosen_by_its_header() {
    for (row, layout, kind) in [
        (support::transfer(), Layout::Transfers, Kind::INFO_SHEET),
        (support::benefit(), Layout::Benefits, Kind::BENEFIT_PAID),
        (support::link(), Layout::Identities, Kind::IDENTITY_LINK),
        (support::birth(), Layout::Statements, Kind::BIRTH_DATE_FACT),
        (
            support::class(),
            Layout::Statements,
            Kind::RETIRE_CLASS_FACT,
        ),
        (support::household(), Layout::Statements, Kind::HUKOU_FACT),
        (support::death(), Layout::Statements, Kind::DEATH_NOTICE),
        (support::deemed(), Layout::Statements, Kind::DEEMED_MONTHS),
        (
            support::agreement(),
            Layout::Statements,
            Kind::DUPLICATE_AGREEMENT,
        ),
        (support::bridge(), Layout::Statements, Kind::BRIDGE),
        (support::dispute(), Layout::Statements, Kind::DISPUTE),
        (
            with(support::dispute(), &[("kind", "DisputeOutcome")]),
            Layout::Statements,
            Kind::DISPUTE_OUTCOME,
        ),
        (support::interest(), Layout::Accounts, Kind::INTEREST_CREDIT),
        (support::suspend(), Layout::Accounts, Kind::SUSPEND),
        (
            support::platform_month(),
            Layout::Platforms,
            Kind::PLATFORM_MONTH,
        ),
        (support::premium(), Layout::Platforms, Kind::OIP_PREMIUM),
        (
            support::injury_report(),
            Layout::Platforms,
            Kind::INJURY_REPORT,
        ),
        (
            support::determination(),
            Layout::Platforms,
            Kind::INJURY_DETERMINATION,
        ),
        (support::grade(), Layout::Platforms, Kind::DISABILITY_GRADE),
        (support::prepay(), Layout::Platforms, Kind::FUND_PREPAY),
        (support::draw(), Layout::Platforms, Kind::FUND_DRAW),
        (support::subsidy(), Layout::Subsidies, Kind::SUBSIDY_AWARD),
        (support::warning(), Layout::Warnings, Kind::WARNING),
        (
            with(support::warning_closed(), &[("target", support::HASH)]),
            Layout::Warnings,
            Kind::WARNING_CLOSED,
        ),
    ] {
        let file = csv(std::slice::from_ref(&row));
        assert_eq!(open(&file).unwrap().layout(), layout);
        let from_csv = parsed(&file);
        assert_eq!(from_csv[0].kind, kind);
        assert_eq!(record(&from_csv[0]).kind(), kind);
        assert_eq!(parsed(json(&[row]))[0].bytes, from_csv[0].bytes);
    }
    let rows = parsed(csv(&[support::link()]));
    assert_eq!(
        record(&rows[0]).accounts().collect::<Vec<_>>(),
        [account(ANNA), account(BERT)]
    );
    let rows = parsed(csv(&[support::deemed()]));
    let Record::Deemed(fields) = record(&rows[0]) else {
        panic!()
    };
    assert_eq!(
        (fields.first.to_string(), fields.last.to_string()),
        ("2010-08".into(), "2012-12".into())
    );
    let rows = parsed(csv(&[
        support::birth(),
        with(support::birth(), &[("ground", ""), ("serial", "S2")]),
    ]));
    let grounds: Vec<BirthEvidence> = rows
        .iter()
        .map(|row| match record(row) {
            Record::Birth(fields) => fields.by,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(grounds, [BirthEvidence::Archive, BirthEvidence::CitizenId]);
    let rows = parsed(csv(&[support::interest()]));
    let Record::InterestCredit(fields) = record(&rows[0]) else {
        panic!()
    };
    assert_eq!(
        (fields.rate, fields.amount.person),
        (Rate::new(262).unwrap(), Fen::new(59_212).unwrap())
    );
}

#[test]
fn chunks_are_submissions_and_the_same_file_gives_the_same_numbers() {
    let serials: Vec<&'static str> = (0..25)
        .map(|n| &*Box::leak(format!("N{n}").into_boxed_str()))
        .collect();
    let mut rows: Vec<_> = serials
        .iter()
        .map(|serial| with(received(), &[("serial", serial)]))
        .collect();
    rows.insert(7, with(received(), &[("place", "x"), ("serial", "BAD")]));
    let file = csv(&rows);
    let intake = open(&file).unwrap();
    let secret = support::secret();
    let cut = |faulty| {
        Submissions::new(intake.rows(&secret).unwrap(), faulty).collect::<Result<Vec<_>, _>>()
    };
    let submissions = cut(FaultyRows::Skip).unwrap();
    assert_eq!(
        submissions
            .iter()
            .map(|submission| submission.records)
            .sum::<usize>(),
        25
    );
    let last = submissions.last().unwrap();
    assert_eq!((submissions[0].first_line, last.last_line), (2, 27));
    for (submission, next) in submissions.iter().zip(&submissions[1..]) {
        assert!(submission.last_line < next.first_line);
    }
    assert_eq!(cut(FaultyRows::Skip).unwrap(), submissions);
    // A row sent by itself is the submission with which its file begins.
    assert_eq!(
        Submission::of_row(&parsed(csv(&rows[..1]))[0]),
        submissions[0]
    );
    assert!(matches!(
        cut(FaultyRows::Refuse),
        Err(FileFault::RowFaulty { line: 9 })
    ));
    let ids: std::collections::BTreeSet<RecordId> = parsed(csv(&rows[..7]))
        .iter()
        .map(yizhang_intake::ParsedRow::id)
        .collect();
    assert_eq!(ids.len(), 7);
}

#[test]
fn the_sample_of_a_file_is_spread_over_it_and_no_longer_than_it_may_be() {
    let rows = |count: usize| -> Vec<_> {
        let row = |number: usize| {
            let serial: &'static str = Box::leak(format!("S{number}").into_boxed_str());
            with(received(), &[("serial", serial)])
        };
        (0..count).map(row).collect()
    };
    let lines = |count: usize| -> Vec<u64> {
        let summary = summary(csv(&rows(count)));
        let sample = summary.sample.rows();
        sample.iter().map(|row| row.line).collect()
    };
    assert_eq!(lines(1), [2]);
    assert_eq!(lines(SAMPLED_ROWS_MAX), (2..18).collect::<Vec<_>>());
    let one_more: Vec<u64> = (2..=18).step_by(2).collect();
    assert_eq!(lines(SAMPLED_ROWS_MAX + 1), one_more);
    let many = lines(1_000);
    assert_eq!((many.len(), many[0]), (16, 2));
    assert!(many.windows(2).all(|pair| pair[1] - pair[0] == 64));
}

/// The two sums of a row together may be more than one amount can be: the totals that an agency compares with its books had
/// nothing of such a row.
#[test]
fn the_largest_sums_of_a_row_are_in_the_totals_together() {
    const LARGEST: i128 = 1_000_000_000_000_000;
    let rows = [with(
        transfer(),
        &[
            ("personal_account", "10000000000000.00"),
            ("pool", "10000000000000.00"),
        ],
    )];
    let file = csv(&rows);
    assert_eq!(codes(&file), [""; 0]);
    assert_eq!(
        summary(&file).kinds[&Kind::INFO_SHEET].paid_fen,
        2 * LARGEST
    );
}
