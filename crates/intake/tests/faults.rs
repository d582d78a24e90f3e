//! For every fault a row that has exactly it, beside a row that differs in nothing else and passes.

use crate::support::{
    self, ANNA, BERT, Cells, benefit, codes, csv, delta, due, faults, interest, json, link,
    received, refund, reversal, set, suspend, transfer, with, without,
};
use yizhang_intake::{Fault, Severity};

/// A code, rows that pass, and what is changed in the last of them so that it has the fault of that code.
type NearMiss = (&'static str, Vec<Cells>, Cells);

fn near_misses() -> Vec<NearMiss> {
    let one = |row: Cells| vec![row];
    let after = |row: Cells| vec![received(), row];
    vec![
        ("missing", one(received()), vec![("person", "")]),
        ("missing", one(received()), vec![("period", "")]),
        ("missing", one(received()), vec![("received", "")]),
        (
            "missing",
            one(received()),
            vec![("base", ""), ("unit_rate", ""), ("person_rate", "")],
        ),
        (
            "missing",
            one(received()),
            vec![
                ("paid_unit", ""),
                ("paid_person", ""),
                ("credited_person", ""),
            ],
        ),
        (
            "missing",
            one(due()),
            vec![
                ("due_unit", ""),
                ("due_person", ""),
                ("unit_rate", ""),
                ("person_rate", ""),
            ],
        ),
        ("missing", one(received()), vec![("serial", "")]),
        (
            "missing",
            one(received()),
            vec![("payer_kind", "unit"), ("payer_id", "")],
        ),
        ("missing", one(delta()), vec![("type", "")]),
        ("missing", one(delta()), vec![("base", "")]),
        ("missing", after(refund()), vec![("target", "")]),
        ("missing", after(reversal()), vec![("target", "")]),
        ("missing", one(interest()), vec![("interest_person", "")]),
        ("missing", one(benefit()), vec![("amount", "")]),
        (
            "missing",
            one(with(link(), &[])),
            vec![("kind", "IdentitySplit")],
        ),
        ("not-of-kind", one(due()), vec![("paid_person", "360.00")]),
        ("not-of-kind", one(suspend()), vec![("base", "4500.00")]),
        ("not-of-kind", one(link()), vec![("target", "S0")]),
        ("kind-unknown", one(received()), vec![("kind", "Recieved")]),
        (
            "kind-not-of-layout",
            one(received()),
            vec![("kind", "BenefitPaid")],
        ),
        (
            "citizen-id-length",
            one(received()),
            vec![("person", "4403001990030788")],
        ),
        (
            "citizen-id-character",
            one(received()),
            vec![("person", "44030O199003078815")],
        ),
        (
            "citizen-id-birth-date",
            one(received()),
            vec![("person", "440300199013078815")],
        ),
        (
            "citizen-id-check",
            one(received()),
            vec![("person", "440300199003078816")],
        ),
        ("same-person", one(link()), vec![("other_person", ANNA)]),
        ("looks-like-person", one(received()), vec![("serial", ANNA)]),
        (
            "looks-like-person",
            one(received()),
            vec![("system", "SZ-440300199003078815")],
        ),
        (
            "looks-like-person",
            one(received()),
            vec![("payer_id", BERT)],
        ),
        (
            "looks-like-person",
            one(received()),
            vec![("serial", "4403001990030788150001")],
        ),
        (
            "looks-like-person",
            one(received()),
            vec![("serial", "20240101440300199003078815")],
        ),
        (
            "may-be-person",
            one(received()),
            vec![("serial", "440300900307881")],
        ),
        (
            "may-be-person",
            one(transfer()),
            vec![("case", "440300900307881")],
        ),
        ("code-form", one(received()), vec![("serial", "张三")]),
        (
            "code-form",
            one(received()),
            vec![("agency", "A23456789012345678901234567890123")],
        ),
        (
            "credit-code-character",
            one(received()),
            vec![("payer_id", "9144190SMA0000074G")],
        ),
        (
            "credit-code-check",
            one(received()),
            vec![("payer_id", "91441900MA0000074H")],
        ),
        (
            "scheme-unknown",
            one(received()),
            vec![("scheme", "hrss:999")],
        ),
        ("scheme-ambiguous", one(received()), vec![("scheme", "410")]),
        ("type-unknown", one(received()), vec![("type", "11")]),
        ("type-not-of-kind", one(received()), vec![("type", "20")]),
        (
            "payer-kind-unknown",
            one(received()),
            vec![("payer_kind", "boss")],
        ),
        (
            "payer-id-of-person",
            one(received()),
            vec![("payer_kind", "person")],
        ),
        (
            "account-type-unknown",
            one(received()),
            vec![("account_type", "3")],
        ),
        (
            "tax-status-unknown",
            one(with(received(), &[("tax_status", "04")])),
            vec![("tax_status", "05")],
        ),
        (
            "not-in-treasury",
            one(with(received(), &[("tax_status", "已入库")])),
            vec![("tax_status", "03")],
        ),
        ("flag-form", one(received()), vec![("full", "2")]),
        ("reason-unknown", one(suspend()), vec![("reason", "6399X")]),
        ("invisible", one(received()), vec![("serial", "S\u{200b}1")]),
        (
            "span-long",
            one(received()),
            vec![("period_end", "2019-12")],
        ),
        (
            "span-reversed",
            one(received()),
            vec![("period_end", "2018-11")],
        ),
        (
            "end-twice",
            one(received()),
            vec![("period_end", "2018-12"), ("months", "1")],
        ),
        ("merged", one(received()), vec![("serial", "#MERGED!")]),
        ("formula", one(received()), vec![("system", "#N/A")]),
        ("scientific", one(received()), vec![("base", "4.5E3")]),
        (
            "scientific",
            one(received()),
            vec![("person", "4.40300199003E+17")],
        ),
        (
            "scientific",
            one(received()),
            vec![("serial", "2.0190120001E+10")],
        ),
        (
            "masked",
            one(received()),
            vec![("person", "440300********8815")],
        ),
        ("serial-date", one(received()), vec![("period", "43435")]),
        ("serial-date", one(received()), vec![("received", "43485")]),
        (
            "base-improbable",
            one(received()),
            vec![("base", "450000"), ("unit_rate", ""), ("person_rate", "")],
        ),
        ("month-ahead", one(received()), vec![("period", "2031-02")]),
        ("no-right", one(received()), vec![("place", "520100")]),
        (
            "outside-region",
            one(received()),
            vec![("agency", "520199")],
        ),
        ("no-right", one(suspend()), vec![("place", "520100")]),
        ("no-right", one(benefit()), vec![("place", "520100")]),
        ("month-form", one(received()), vec![("period", "2018-13")]),
        (
            "month-form",
            one(received()),
            vec![("settlement", "2018/13")],
        ),
        (
            "date-form",
            one(received()),
            vec![("received", "2019-02-29")],
        ),
        ("year-form", one(interest()), vec![("year", "24")]),
        ("count-form", one(received()), vec![("months", "13")]),
        ("period-twice", one(received()), vec![("year", "2018")]),
        (
            "amount-form",
            one(received()),
            vec![("late_fee", "\"12,34.50\"")],
        ),
        ("amount-form", one(received()), vec![("late_fee", "0.001")]),
        (
            "amount-range",
            one(received()),
            vec![("late_fee", "10000000000000.01")],
        ),
        ("amount-negative", one(received()), vec![("late_fee", "-1")]),
        ("amount-positive", after(refund()), vec![("late_fee", "1")]),
        ("base-not-positive", one(received()), vec![("base", "0")]),
        ("rate-form", one(received()), vec![("unit_rate", "14")]),
        ("rate-form", one(received()), vec![("unit_rate", "0.14001")]),
        ("division-form", one(received()), vec![("place", "4403")]),
        ("hash-form", one(transfer()), vec![("document", "abc")]),
        (
            "due-mismatch",
            one(received()),
            vec![("due_unit", "630.02"), ("paid_unit", "630.02")],
        ),
        (
            "paid-above-due",
            one(received()),
            vec![("paid_person", "360.01")],
        ),
        (
            "credited-above-paid",
            one(received()),
            vec![("credited_person", "360.01")],
        ),
        (
            "full-but-short",
            one(received()),
            vec![("full", "1"), ("paid_unit", "629.99")],
        ),
        ("paid-but-not-full", one(received()), vec![("full", "0")]),
        (
            "settled-before-period",
            one(received()),
            vec![("type", "31"), ("settlement", "2018-11")],
        ),
        ("span-one-end", one(transfer()), vec![("last_month", "")]),
        (
            "span-reversed",
            one(transfer()),
            vec![("last_month", "2020-02")],
        ),
        ("span-reversed", one(benefit()), vec![("until", "2024-04")]),
        (
            "serial-conflict",
            after(with(received(), &[("serial", "S2")])),
            vec![("serial", "S1"), ("period", "2019-01")],
        ),
        (
            "duplicate",
            after(with(received(), &[("serial", "S2")])),
            vec![("serial", "S1")],
        ),
        (
            "target-not-found",
            after(reversal()),
            vec![("target", "S3")],
        ),
        (
            "target-not-found",
            after(reversal()),
            vec![("target", "S2")],
        ),
        (
            "target-not-found",
            after(reversal()),
            vec![("system", "OTHER")],
        ),
        ("target-of-other", after(reversal()), vec![("person", BERT)]),
    ]
}

/// Those of statements about a worker, and of transfers.
fn near_misses_of_statements() -> Vec<NearMiss> {
    let one = |cells: Cells| vec![cells];
    vec![
        ("missing", one(support::birth()), vec![("month", "")]),
        ("missing", one(support::deemed()), vec![("last_month", "")]),
        ("missing", one(support::deemed()), vec![("decided", "")]),
        ("missing", one(support::dispute()), vec![("target", "")]),
        (
            "missing",
            one(support::bridge()),
            vec![("personal_account", "")],
        ),
        ("missing", one(support::bridge()), vec![("into", "")]),
        (
            "same-scheme",
            one(support::bridge()),
            vec![("into", "hrss:170")],
        ),
        (
            "not-of-kind",
            one(support::birth()),
            vec![("place", "440300")],
        ),
        (
            "not-of-kind",
            one(support::class()),
            vec![("month", "1968-06")],
        ),
        (
            "class-unknown",
            one(support::class()),
            vec![("class", "M55")],
        ),
        (
            "birth-differs",
            one(support::birth()),
            vec![("ground", "id"), ("month", "1990-04")],
        ),
        (
            "birth-differs",
            one(support::birth()),
            vec![("ground", ""), ("month", "1989-03")],
        ),
        // Digits 7 to 12 of the old form are a day without its century.
        (
            "birth-differs",
            one(with(
                support::birth(),
                &[
                    ("person", "440300900307881"),
                    ("ground", "id"),
                    ("month", "1990-03"),
                ],
            )),
            vec![("month", "1990-04")],
        ),
        (
            "birth-not-in-id",
            one(with(
                support::birth(),
                &[("person", "HKG01234567"), ("ground", "archive")],
            )),
            vec![("ground", "id")],
        ),
        (
            "after-decision",
            one(with(
                support::birth(),
                &[("decided", "2024-05-01"), ("month", "2024-05")],
            )),
            vec![("month", "2024-06")],
        ),
        (
            "after-decision",
            one(with(
                support::household(),
                &[("decided", "2024-05-01"), ("from", "2024-05")],
            )),
            vec![("from", "2024-06")],
        ),
        (
            "after-decision",
            one(with(
                support::deemed(),
                &[
                    ("decided", "2024-05-01"),
                    ("first_month", "2024-04"),
                    ("last_month", "2024-05"),
                ],
            )),
            vec![("last_month", "2024-06")],
        ),
        (
            "before-birth",
            one(with(
                support::deemed(),
                &[("first_month", "1990-03"), ("last_month", "1991-02")],
            )),
            vec![("first_month", "1990-02")],
        ),
        (
            "scheme-stays",
            one(support::deemed()),
            vec![("scheme", "hrss:410")],
        ),
        (
            "scheme-stays",
            one(transfer()),
            vec![("scheme", "nhsa:510")],
        ),
        (
            "place-unknown",
            one(support::household()),
            vec![("place", "990000")],
        ),
        (
            "place-unknown",
            one(transfer()),
            vec![("new_place", "160100")],
        ),
        ("day-ahead", one(transfer()), vec![("date", "2030-01-02")]),
        (
            "day-ahead",
            one(support::class()),
            vec![("decided", "2030-01-02")],
        ),
        ("same-place", one(transfer()), vec![("new_place", "440300")]),
        (
            "same-place",
            one(with(
                transfer(),
                &[("new_place", "440300"), ("new_agency", "A2")],
            )),
            vec![("new_agency", "")],
        ),
        (
            "unit-above-whole",
            one(transfer()),
            vec![("personal_account_unit", "12744.01")],
        ),
        (
            "document-unnamed",
            one(with(
                transfer(),
                &[
                    ("kind", "Freeze"),
                    (
                        "document",
                        "abababababababababababababababababababababababababababababababab",
                    ),
                    ("reason", "court"),
                ],
            )),
            vec![("reason", "judgment")],
        ),
        (
            "ground-unknown",
            one(support::birth()),
            vec![("ground", "friends")],
        ),
        (
            "month-form",
            one(support::birth()),
            vec![("month", "1968-06-02")],
        ),
        (
            "division-form",
            one(support::household()),
            vec![("place", "44")],
        ),
        (
            "hash-form",
            one(support::dispute()),
            vec![(
                "target",
                "zz34567890123456789012345678901234567890123456789012345678901234",
            )],
        ),
        (
            "span-reversed",
            one(support::deemed()),
            vec![("last_month", "2010-07")],
        ),
        // 1,201 months.
        (
            "count-form",
            one(support::deemed()),
            vec![("first_month", "1900-01"), ("last_month", "2000-01")],
        ),
    ]
}

fn near_misses_of_platforms() -> Vec<NearMiss> {
    use support::{
        determination, draw, grade, injury_report, platform_month, premium, prepay, repayment,
        subsidy, subsidy_credit, warning, warning_closed,
    };
    let one = |cells: Cells| vec![cells];
    let of_month = |code, changes| (code, one(platform_month()), changes);
    let of_payment = |code, changes| (code, one(premium()), changes);
    vec![
        of_month("missing", vec![("person", "")]),
        of_month("missing", vec![("insured_orders", "")]),
        of_month("missing", vec![("net", "")]),
        of_month("missing", vec![("root", "")]),
        of_month(
            "credit-code-length",
            vec![("platform", "91440300MA00000P1")],
        ),
        of_month(
            "credit-code-check",
            vec![("platform", "91440300MA00000P1D")],
        ),
        of_month("no-right", vec![("place", "520100")]),
        of_month("word-unknown", vec![("trade", "teaching")]),
        of_month("word-unknown", vec![("mode", "rocket")]),
        of_month("above-other", vec![("insured_orders", "613")]),
        of_month("above-other", vec![("rows", "611")]),
        of_month("above-other", vec![("days", "7")]),
        of_month("above-other", vec![("longest_minutes", "11041")]),
        of_month("above-other", vec![("night_minutes", "11041")]),
        of_month("count-form", vec![("days", "32")]),
        of_month("count-form", vec![("orders", "6.12")]),
        of_month("count-form", vec![("rows", "4294967296")]),
        of_month("net-mismatch", vec![("net", "6194.51")]),
        of_month("net-mismatch", vec![("refunds", "")]),
        of_month("amount-negative", vec![("deductions", "-75.50")]),
        of_month("hash-form", vec![("root", "abab")]),
        of_month("target-not-found", vec![("target", "S0")]),
        of_payment("not-of-kind", vec![("person", ANNA)]),
        of_payment("missing", vec![("received", "")]),
        of_payment("missing", vec![("due", "")]),
        of_payment("above-other", vec![("insured_orders", "61201")]),
        of_payment("received-nothing", vec![("paid", "")]),
        (
            "word-unknown",
            one(injury_report()),
            vec![("reporter", "press")],
        ),
        ("missing", one(injury_report()), vec![("injury", "")]),
        (
            "moment-form",
            one(injury_report()),
            vec![("occurred", "2026-10-03")],
        ),
        (
            "moment-form",
            one(injury_report()),
            vec![("occurred", "2026-10-03 24:30")],
        ),
        (
            "reported-before",
            one(injury_report()),
            vec![("occurred", "2026-10-03 14:05:31")],
        ),
        (
            "day-ahead",
            one(injury_report()),
            vec![("reported", "2030-01-02 00:00")],
        ),
        ("word-unknown", one(determination()), vec![("step", "lost")]),
        (
            "scheme-not-of-injury",
            one(determination()),
            vec![("scheme", "hrss:210")],
        ),
        ("count-form", one(grade()), vec![("grade", "11")]),
        ("count-form", one(grade()), vec![("grade", "0")]),
        ("span-long", one(prepay()), vec![("last_month", "2027-01")]),
        (
            "span-reversed",
            one(prepay()),
            vec![("last_month", "2025-12")],
        ),
        ("rate-form", one(prepay()), vec![("rate", "2")]),
        ("missing", one(draw()), vec![("injury", "")]),
        ("amount-zero", one(draw()), vec![("amount", "0")]),
        ("not-of-kind", one(draw()), vec![("target", "S0")]),
        ("word-unknown", one(draw()), vec![("way", "lent")]),
        ("missing", vec![draw(), repayment()], vec![("target", "")]),
        ("missing", one(subsidy()), vec![("amount", "")]),
        (
            "missing",
            vec![subsidy(), subsidy_credit()],
            vec![("target", "")],
        ),
        (
            "target-of-other",
            vec![subsidy(), subsidy_credit()],
            vec![("person", BERT)],
        ),
        (
            "span-long",
            one(subsidy()),
            vec![("first_month", "2025-09")],
        ),
        ("missing", one(warning()), vec![("party", "")]),
        (
            "act-by-early",
            one(warning()),
            vec![("act_by", "2026-11-11")],
        ),
        (
            "case-twice",
            one(with(warning(), &[("case", "ZY1")])),
            vec![("injury", "ZS1")],
        ),
        (
            "span-reversed",
            one(warning()),
            vec![("last_month", "2026-09")],
        ),
        (
            "missing",
            vec![warning(), warning_closed()],
            vec![("reason", "")],
        ),
        (
            "missing",
            vec![warning(), warning_closed()],
            vec![("target", "")],
        ),
        (
            "not-of-kind",
            vec![warning(), warning_closed()],
            vec![("person", ANNA)],
        ),
        (
            "word-unknown",
            vec![warning(), warning_closed()],
            vec![("ending", "lost")],
        ),
    ]
}

#[test]
fn every_near_miss_has_exactly_its_fault_and_its_neighbour_none() {
    let all = near_misses()
        .into_iter()
        .chain(near_misses_of_statements())
        .chain(near_misses_of_platforms());
    for (code, rows, changes) in all {
        assert_eq!(codes(csv(&rows)), [] as [&str; 0], "before {changes:?}");
        let mut wrong = rows.clone();
        let last = wrong.pop().unwrap();
        wrong.push(with(last, &changes));
        let found = faults(csv(&wrong));
        let of_last: Vec<_> = found
            .iter()
            .map(|fault| (fault.fault.code(), fault.line))
            .collect();
        assert_eq!(of_last, [(code, wrong.len() as u64 + 1)], "{changes:?}");
        assert!(
            !found[0].to_string().contains("4403001990"),
            "a person's number is shown: {}",
            found[0]
        );
        // A column of the file, or the one that it should have.
        assert!(
            found[0].column.is_some() && !found[0].name.is_empty(),
            "{code} names no column"
        );
    }
}

#[test]
fn faults_of_the_form_of_a_row_are_found() {
    let file = csv(&[received()]);
    assert_eq!(
        codes(file.trim_end().to_owned() + ",more\n"),
        ["cell-count"]
    );
    let mut bytes = file.into_bytes();
    let at = bytes.windows(2).rposition(|pair| pair == b"HX").unwrap();
    bytes[at] = 0xff;
    // The whole file is taken for GB 18030 then, so the encoding is given.
    let options = yizhang_intake::ReadOptions {
        encoding: Some(yizhang_intake::Encoding::Utf8),
        ..Default::default()
    };
    let intake =
        yizhang_intake::Intake::open(yizhang_intake::Source::Bytes(bytes.into()), &options)
            .unwrap();
    let summary = intake.check(&support::secret(), None, &mut |_| {}).unwrap();
    assert_eq!(summary.codes.into_keys().collect::<Vec<_>>(), ["encoding"]);
}

#[test]
fn faults_of_json_lines_are_found() {
    let good = json(&[received()]);
    assert_eq!(codes(&good), [] as [&str; 0]);
    let bad = |from: &str, to: &str| {
        codes(json(&[received()]) + &good.replace("S1", "S2").replace(from, to))
    };
    assert_eq!(bad("}", ""), ["json"]);
    assert_eq!(bad("\"4500.00\"", "[4500]"), ["json"]);
    assert_eq!(bad("\"base\"", "\"bse\""), ["key-unknown"]);
    assert_eq!(bad("\"base\"", "\"system\""), ["key-twice"]);
    // Numbers are taken as they are written.
    assert_eq!(bad("\"4500.00\"", "4500.00"), [] as [&str; 0]);
    assert_eq!(bad("\"4500.00\"", "4.5e3"), ["scientific"]);
}

#[test]
fn the_target_of_a_row_must_itself_be_sound() {
    let wrong = with(received(), &[("place", "4403")]);
    assert_eq!(
        codes(csv(&[wrong, reversal()])),
        ["division-form", "target-faulty"]
    );
}

#[test]
fn every_code_has_a_near_miss() {
    let elsewhere = [
        "cell-count",
        "quote",
        "encoding",
        "json",
        "key-unknown",
        "key-twice",
        "target-faulty",
        "target-ambiguous",
        // Of rules that the crate is told: in rates.rs.
        "credited-differs",
        "due-at-other-rate",
    ];
    // No row can have this one unless a check of ours is missing.
    let impossible = ["record"];
    let of_statements = near_misses_of_statements();
    let tested = near_misses()
        .into_iter()
        .chain(of_statements)
        .chain(near_misses_of_platforms())
        .map(|(code, ..)| code)
        .chain(elsewhere)
        .chain(impossible);
    assert_eq!(set(tested), set(Fault::CODES.iter().copied()));
}

#[test]
fn all_faults_of_a_row_are_told_at_once() {
    let row = with(
        received(),
        &[
            ("person", "1"),
            ("period", "x"),
            ("place", "x"),
            ("paid_unit", "x"),
            ("serial", ""),
        ],
    );
    assert_eq!(
        set(codes(csv(&[row]))),
        set([
            "citizen-id-length",
            "month-form",
            "division-form",
            "amount-form",
            "missing"
        ])
    );
}

#[test]
fn warnings_and_notes_do_not_keep_a_row_out() {
    let rows = [with(received(), &[("full", "0")]), received(), received()];
    let rows = [
        rows[0].clone(),
        with(rows[1].clone(), &[("serial", "S2")]),
        with(rows[2].clone(), &[("serial", "S2")]),
    ];
    let summary = support::summary(csv(&rows));
    assert_eq!(
        (
            summary.rows,
            summary.valid,
            summary.faulty,
            summary.duplicates,
            summary.warned
        ),
        (3, 3, 0, 1, 1)
    );
    let severities: Vec<_> = faults(csv(&rows))
        .iter()
        .map(|fault| fault.fault.severity())
        .collect();
    assert_eq!(severities, [Severity::Warning, Severity::Note]);
}

#[test]
fn a_rate_and_base_may_differ_from_the_amount_by_one_fen() {
    for (amount, sound) in [
        ("629.98", false),
        ("629.99", true),
        ("630.01", true),
        ("630.02", false),
    ] {
        let row = with(received(), &[("due_unit", amount), ("paid_unit", amount)]);
        assert_eq!(codes(csv(&[row])).is_empty(), sound, "{amount}");
    }
    // Half a fen goes up: 4500.05 x 0.1 = 450.005.
    let row = without(
        with(
            received(),
            &[
                ("base", "4500.05"),
                ("unit_rate", "10%"),
                ("due_unit", "450.02"),
            ],
        ),
        &["person_rate"],
    );
    let row = with(row, &[("paid_unit", "450.02")]);
    assert_eq!(codes(csv(&[row])), [] as [&str; 0]);
}

#[test]
fn nothing_that_is_printed_names_a_person() {
    let file = csv(&[with(
        received(),
        &[("place", ANNA), ("period", BERT), ("base", "张三")],
    )]);
    let intake = support::open(&file).unwrap();
    let secret = support::secret();
    let rows: Vec<_> = intake.rows(&secret).unwrap().collect();
    let summary = intake.check(&secret, None, &mut |_| {}).unwrap();
    let texts = summary
        .first_faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>();
    assert_eq!(texts.len(), 3);
    for printed in [
        format!("{intake:?}"),
        format!("{rows:?}"),
        format!("{summary:?}"),
        texts.join("\n"),
    ] {
        for datum in [
            "4403001990",
            "5201001990",
            "张三",
            "19900307",
            "34, 34, 30, 33",
        ] {
            assert!(!printed.contains(datum), "{printed}");
        }
    }
}
