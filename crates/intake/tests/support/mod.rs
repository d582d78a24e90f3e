//! Rows made of pairs, files made of rows, and what the check says of them.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeSet;
use yizhang_intake::{
    ErrorFile, FileFault, Intake, ParsedRow, ReadOptions, Row, RowFault, Source, Summary,
};
use yizhang_ledger::{
    entry::Entry,
    person::{AccountId, FederationSecret, SocialSecurityNumber},
    record::Record,
    value::{Day, Division, LeafIndex},
};

pub(crate) const ANNA: &str = "440300199003078815";
pub(crate) const BERT: &str = "520100199001150077";

pub(crate) type Cells = Vec<(&'static str, &'static str)>;

pub(crate) fn secret() -> FederationSecret {
    FederationSecret::new([7; 32])
}

pub(crate) fn account(number: &str) -> AccountId {
    secret().account_id(&SocialSecurityNumber::parse(number).unwrap())
}

/// A month paid by a unit: the sample row of GB/T 40217.
pub(crate) fn received() -> Cells {
    vec![
        ("kind", "Received"),
        ("person", ANNA),
        ("scheme", "hrss:110"),
        ("period", "2018-12"),
        ("received", "2019-01-20"),
        ("place", "440300"),
        ("payer_id", "91441900MA0000074G"),
        ("type", "10"),
        ("base", "4500.00"),
        ("unit_rate", "0.1400"),
        ("person_rate", "0.0800"),
        ("due_unit", "630.00"),
        ("due_person", "360.00"),
        ("paid_unit", "630.00"),
        ("paid_person", "360.00"),
        ("credited_person", "360.00"),
        ("agency", "440399"),
        ("system", "HX"),
        ("serial", "S1"),
    ]
}

pub(crate) fn due() -> Cells {
    without(
        with(received(), &[("kind", "Due")]),
        &["received", "paid_unit", "paid_person", "credited_person"],
    )
}

pub(crate) fn delta() -> Cells {
    with(
        received(),
        &[
            ("kind", "AdjustDelta"),
            ("type", "34"),
            ("base", "100"),
            ("due_unit", "14"),
            ("due_person", "8"),
            ("paid_unit", "14"),
            ("paid_person", "8"),
            ("credited_person", "8"),
            ("serial", "S2"),
        ],
    )
}

/// Gives the row `S1` back.
pub(crate) fn refund() -> Cells {
    let amounts = [
        ("paid_unit", "-630"),
        ("paid_person", "-360"),
        ("credited_person", "-360"),
    ];
    let base = without(
        received(),
        &["base", "unit_rate", "person_rate", "due_unit", "due_person"],
    );
    let base = with(
        base,
        &[
            ("kind", "Refund"),
            ("type", "20"),
            ("serial", "S2"),
            ("target", "S1"),
        ],
    );
    with(base, &amounts)
}

pub(crate) fn reversal() -> Cells {
    vec![
        ("kind", "Reversal"),
        ("person", ANNA),
        ("target", "S1"),
        ("agency", "440399"),
        ("system", "HX"),
        ("serial", "S2"),
    ]
}

pub(crate) fn interest() -> Cells {
    vec![
        ("kind", "InterestCredit"),
        ("person", ANNA),
        ("scheme", "hrss:110"),
        ("year", "2024"),
        ("interest_rate", "2.62%"),
        ("interest_person", "592.12"),
        ("posted", "2025-01-05"),
        ("serial", "S1"),
    ]
}

pub(crate) fn suspend() -> Cells {
    vec![
        ("kind", "Suspend"),
        ("person", ANNA),
        ("scheme", "hrss:110"),
        ("from", "2019-09"),
        ("place", "440300"),
        ("payer_kind", "unit"),
        ("payer_id", "91441900MA0000074G"),
        ("reason", "6313"),
        ("serial", "S1"),
    ]
}

pub(crate) fn transfer() -> Cells {
    vec![
        ("kind", "InfoSheet"),
        ("person", ANNA),
        ("case", "ZY2024000123"),
        ("scheme", "hrss:110"),
        ("old_place", "440300"),
        ("new_place", "520100"),
        ("date", "2024-05-06"),
        ("first_month", "2020-03"),
        ("last_month", "2023-06"),
        ("actual_months", "40"),
        ("personal_account", "12744.00"),
        ("pool", "19116.00"),
        ("serial", "S1"),
    ]
}

pub(crate) fn benefit() -> Cells {
    vec![
        ("kind", "BenefitPaid"),
        ("person", ANNA),
        ("scheme", "hrss:110"),
        ("item", "100011"),
        ("from", "2024-05"),
        ("until", "2024-05"),
        ("amount", "3253.23"),
        ("date", "2024-05-06"),
        ("place", "440300"),
        ("serial", "S1"),
    ]
}

pub(crate) fn link() -> Cells {
    vec![
        ("kind", "IdentityLink"),
        ("person", ANNA),
        ("other_person", BERT),
        ("reason", "15TO18"),
        ("date", "2024-05-06"),
        ("serial", "S1"),
    ]
}

pub(crate) fn birth() -> Cells {
    stated(
        "BirthDateFact",
        &[("month", "1990-03"), ("ground", "archive")],
    )
}

pub(crate) fn class() -> Cells {
    stated("RetireClassFact", &[("class", "F55")])
}

pub(crate) fn household() -> Cells {
    stated("HukouFact", &[("place", "520100"), ("from", "1990-03")])
}

pub(crate) fn death() -> Cells {
    stated("DeathNotice", &[("month", "2024-04")])
}

pub(crate) fn deemed() -> Cells {
    let span = [("first_month", "2010-08"), ("last_month", "2012-12")];
    stated(
        "DeemedMonths",
        &[
            ("scheme", "hrss:110"),
            span[0],
            span[1],
            ("place", "440300"),
        ],
    )
}

pub(crate) fn agreement() -> Cells {
    let span = [("first_month", "2024-01"), ("last_month", "2024-06")];
    stated(
        "DuplicateAgreement",
        &[
            ("scheme", "hrss:110"),
            span[0],
            span[1],
            ("place", "440000"),
        ],
    )
}

pub(crate) fn bridge() -> Cells {
    let account = ("personal_account", "9876.54");
    stated(
        "Bridge",
        &[
            ("scheme", "hrss:170"),
            ("into", "hrss:110"),
            ("place", "440300"),
            account,
        ],
    )
}

pub(crate) fn dispute() -> Cells {
    const RECORD: &str = "1234567890123456789012345678901234567890123456789012345678901234";
    stated(
        "Dispute",
        &[
            ("region", "440000"),
            ("target", RECORD),
            ("reason", "MONTHS"),
        ],
    )
}

/// An invented platform.
pub(crate) const PLATFORM: &str = "91440300MA00000P1C";
/// A hash of nothing in particular.
pub(crate) const HASH: &str = "abababababababababababababababababababababababababababababababab";

pub(crate) fn platform_month() -> Cells {
    vec![
        ("kind", "PlatformMonth"),
        ("person", ANNA),
        ("platform", PLATFORM),
        ("place", "440300"),
        ("month", "2026-10"),
        ("trade", "delivery"),
        ("mode", "bicycle"),
        ("orders", "612"),
        ("insured_orders", "600"),
        ("days", "26"),
        ("minutes", "11040"),
        ("longest_minutes", "390"),
        ("night_minutes", "1260"),
        ("gross", "5830.00"),
        ("incentives", "420.00"),
        ("deductions", "75.50"),
        ("refunds", "20.00"),
        ("net", "6194.50"),
        ("rows", "631"),
        ("root", HASH),
        ("serial", "S1"),
    ]
}

pub(crate) fn premium() -> Cells {
    vec![
        ("kind", "OipPremium"),
        ("platform", PLATFORM),
        ("place", "440300"),
        ("month", "2026-10"),
        ("trade", "delivery"),
        ("orders", "61200"),
        ("insured_orders", "61200"),
        ("due", "2448.00"),
        ("paid", "2448.00"),
        ("received", "2026-11-10"),
        ("serial", "S1"),
    ]
}

pub(crate) fn injury_report() -> Cells {
    vec![
        ("kind", "InjuryReport"),
        ("person", ANNA),
        ("injury", "ZS2026000017"),
        ("platform", PLATFORM),
        ("place", "440300"),
        ("trade", "delivery"),
        ("occurred", "2026-10-03 12:30"),
        ("reported", "2026-10-03 14:05:30"),
        ("reporter", "worker"),
        ("order", HASH),
        ("serial", "S1"),
    ]
}

pub(crate) fn determination() -> Cells {
    vec![
        ("kind", "InjuryDetermination"),
        ("person", ANNA),
        ("injury", "ZS2026000017"),
        ("step", "recognised"),
        ("scheme", "hrss:OIP"),
        ("place", "440300"),
        ("date", "2026-11-20"),
        ("document", HASH),
        ("serial", "S1"),
    ]
}

pub(crate) fn grade() -> Cells {
    vec![
        ("kind", "DisabilityGrade"),
        ("person", ANNA),
        ("injury", "ZS2026000017"),
        ("grade", "10"),
        ("place", "440300"),
        ("date", "2026-12-20"),
        ("serial", "S1"),
    ]
}

pub(crate) fn prepay() -> Cells {
    vec![
        ("kind", "FundPrepay"),
        ("platform", PLATFORM),
        ("place", "440300"),
        ("first_month", "2026-01"),
        ("last_month", "2026-12"),
        ("revenue", "120000000.00"),
        ("rate", "1%"),
        ("due", "1200000.00"),
        ("paid", "1200000.00"),
        ("received", "2026-01-15"),
        ("serial", "S1"),
    ]
}

pub(crate) fn draw() -> Cells {
    vec![
        ("kind", "FundDraw"),
        ("platform", PLATFORM),
        ("place", "440300"),
        ("injury", "ZS2026000017"),
        ("way", "drawn"),
        ("amount", "30000.00"),
        ("date", "2026-10-05"),
        ("serial", "S1"),
    ]
}

/// Repays the row `S1`.
pub(crate) fn repayment() -> Cells {
    with(
        draw(),
        &[("way", "repaid"), ("target", "S1"), ("serial", "S2")],
    )
}

pub(crate) fn subsidy() -> Cells {
    vec![
        ("kind", "SubsidyAward"),
        ("person", ANNA),
        ("programme", "FLEX-4050"),
        ("scheme", "hrss:110"),
        ("first_month", "2026-07"),
        ("last_month", "2026-09"),
        ("place", "440300"),
        ("contribution", "2700.00"),
        ("share", "0.5"),
        ("amount", "1350.00"),
        ("date", "2026-10-12"),
        ("serial", "S1"),
    ]
}

pub(crate) fn subsidy_credit() -> Cells {
    with(
        subsidy(),
        &[
            ("kind", "SubsidyCredit"),
            ("target", "S1"),
            ("serial", "S2"),
        ],
    )
}

pub(crate) fn warning() -> Cells {
    vec![
        ("kind", "Warning"),
        ("rule", "coverage"),
        ("party", PLATFORM),
        ("place", "440300"),
        ("first_month", "2026-10"),
        ("found", "9800"),
        ("wanted", "10000"),
        ("date", "2026-11-12"),
        ("act_by", "2026-11-27"),
        ("serial", "S1"),
    ]
}

/// Ends the warning of the row `S1`.
pub(crate) fn warning_closed() -> Cells {
    vec![
        ("kind", "WarningClosed"),
        ("warning", HASH),
        ("target", "S1"),
        ("ending", "dismissed"),
        ("reason", "COUNTED-TWICE"),
        ("date", "2026-11-20"),
        ("serial", "S2"),
    ]
}

fn stated(kind: &'static str, cells: &[(&'static str, &'static str)]) -> Cells {
    let mut all = vec![("kind", kind), ("person", ANNA), ("decided", "2024-05-06")];
    all.extend_from_slice(cells);
    all.push(("serial", "S1"));
    all
}

pub(crate) fn with(mut cells: Cells, changes: &[(&'static str, &'static str)]) -> Cells {
    for (name, value) in changes {
        match cells.iter_mut().find(|(known, _)| known == name) {
            Some(cell) => cell.1 = value,
            None => cells.push((name, value)),
        }
    }
    cells
}

pub(crate) fn without(mut cells: Cells, names: &[&str]) -> Cells {
    cells.retain(|(name, _)| !names.contains(name));
    cells
}

/// A CSV file whose header is every name that a row has.
pub(crate) fn csv(rows: &[Cells]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut file = names.join(",") + "\n";
    for row in rows {
        let cell = |name: &&str| {
            row.iter()
                .find(|(known, _)| known == name)
                .map_or("", |(_, value)| *value)
        };
        file += &(names.iter().map(cell).collect::<Vec<_>>().join(",") + "\n");
    }
    file
}

pub(crate) fn json(rows: &[Cells]) -> String {
    let line = |row: &Cells| {
        let pairs: Vec<_> = row
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{value}\""))
            .collect();
        format!("{{{}}}\n", pairs.join(","))
    };
    rows.iter().map(line).collect()
}

/// A file of the region that the rows above are of.
pub(crate) fn open(file: impl AsRef<[u8]>) -> Result<Intake, FileFault> {
    open_in(Division::new(440_000), file)
}

fn open_in(region: Option<Division>, file: impl AsRef<[u8]>) -> Result<Intake, FileFault> {
    let options = ReadOptions {
        today: Day::parse("2030-01-01"),
        region,
        ..ReadOptions::default()
    };
    Intake::open(Source::Bytes(file.as_ref().into()), &options)
}

/// What the check of a file of any region finds.
pub(crate) fn summary(file: impl AsRef<[u8]>) -> Summary {
    open_in(None, file)
        .unwrap()
        .check(&secret(), None, &mut |_| {})
        .unwrap()
}

/// Every fault, warning and note of every row.
pub(crate) fn faults(file: impl AsRef<[u8]>) -> Vec<RowFault> {
    let intake = open(file).unwrap();
    let secret = secret();
    let rows = intake.rows(&secret).unwrap();
    rows.flat_map(|row| match row.unwrap() {
        Row::Valid(row) => row.notes,
        Row::Faulty(row) => row.faults,
    })
    .collect()
}

pub(crate) fn codes(file: impl AsRef<[u8]>) -> Vec<&'static str> {
    faults(file)
        .iter()
        .map(|fault| fault.fault.code())
        .collect()
}

/// The rows of a file of any region.
pub(crate) fn parsed(file: impl AsRef<[u8]>) -> Vec<ParsedRow> {
    let intake = open_in(None, file).unwrap();
    let secret = secret();
    let rows = intake.rows(&secret).unwrap();
    rows.map(|row| match row.unwrap() {
        Row::Valid(row) => row,
        Row::Faulty(row) => panic!("{:?}", row.faults),
    })
    .collect()
}

pub(crate) fn record(row: &ParsedRow) -> Record<'_> {
    Record::read(&Entry::parse(&row.bytes, LeafIndex(0)).unwrap()).unwrap()
}

/// Checks a file and gives its error file.
pub(crate) fn errors_of(file: impl AsRef<[u8]>) -> (Summary, Vec<u8>) {
    let mut errors = Vec::new();
    let text = |fault: &RowFault| fault.fault.code().to_owned();
    let summary = {
        let mut file_of_errors = ErrorFile::to(&mut errors, &text);
        open(file)
            .unwrap()
            .check(&secret(), Some(&mut file_of_errors), &mut |_| {})
            .unwrap()
    };
    (summary, errors)
}

pub(crate) fn set<'a>(codes: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    codes.into_iter().collect()
}
