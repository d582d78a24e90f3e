//! Views as tables: for spreadsheets with headings in the reader's language, or as JSON under the names of the columns.

use rust_i18n::t;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, io::stdout};
use yizhang_console::for_a_sheet;
use yizhang_ledger::{entry::RecordId, hash::Hash, record::CaseId};
use yizhang_supervision::{
    FenSum, Injury, Views,
    fund::PlatformFund,
    terms::trade_word,
    warnings::{Candidate, Raised, Rule},
};

/// A table.
pub(super) struct Sheet {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

const COVERAGE: &[&str] = &[
    "platform",
    "place",
    "month",
    "trade",
    "orders",
    "insured",
    "due",
    "paid",
    "differences",
];
const FUND: &[&str] = &[
    "platform", "place", "what", "day", "amount", "paid", "balance", "case", "record",
];
const INJURIES: &[&str] = &["case", "place", "what", "answer", "found", "limit"];
const SUBSIDIES: &[&str] = &[
    "programme",
    "what",
    "amount",
    "paid",
    "workers",
    "months",
    "record",
];
const WARNINGS: &[&str] = &[
    "rule", "worker", "platform", "case", "place", "first", "last", "found", "wanted", "measure",
    "actor", "act_by", "longest", "state", "record", "id",
];

impl Sheet {
    pub(super) fn of_coverage(views: &Views<'_>) -> Self {
        let rows = views.coverage.iter().map(|line| {
            let differences: Vec<&str> = line.differences.iter().map(|one| one.word()).collect();
            vec![
                line.platform.clone(),
                line.place.to_string(),
                line.month.to_string(),
                trade_word(line.trade).to_owned(),
                line.deposited.orders.to_string(),
                line.deposited.insured_orders.to_string(),
                line.due.map(|due| due.to_string()).unwrap_or_default(),
                line.paid().to_string(),
                differences.join(" "),
            ]
        });
        Self {
            columns: COVERAGE,
            rows: rows.collect(),
        }
    }

    pub(super) fn of_fund(views: &Views<'_>) -> Self {
        Self {
            columns: FUND,
            rows: views.funds.iter().flat_map(rows_of_fund).collect(),
        }
    }

    pub(super) fn of_injuries(views: &Views<'_>) -> Self {
        let mut rows: Vec<Vec<String>> = views.injuries.iter().flat_map(rows_of_injury).collect();
        for one in &views.two_reports {
            let answer = format!("{} {}", record(one.first), record(one.second));
            let found = format!("{} min", one.minutes);
            rows.push(row_of_injury(
                one.case,
                "",
                "C36",
                [answer, found, String::new()],
            ));
        }
        for one in &views.two_schemes {
            let answer = case(one.employer_case);
            let values = [answer, one.day.to_string(), String::new()];
            rows.push(row_of_injury(one.platform_case, "", "C42", values));
        }
        for ((trade, city, stage), spread) in &views.durations.spreads {
            let days = |days: Option<u32>| days.map(|days| days.to_string()).unwrap_or_default();
            let what = format!("{} {}", trade_word(*trade), stage.word());
            rows.push(vec![
                String::new(),
                city.to_string(),
                what,
                spread.count().to_string(),
                days(spread.median()),
                days(spread.p90()),
            ]);
        }
        Self {
            columns: INJURIES,
            rows,
        }
    }

    pub(super) fn of_subsidies(views: &Views<'_>) -> Self {
        let mut rows = Vec::new();
        for (programme, totals) in &views.subsidies {
            rows.push(vec![
                programme.clone(),
                "awarded".to_owned(),
                totals.awarded.to_string(),
                totals.credited.to_string(),
                totals.workers.to_string(),
                totals.months.to_string(),
                String::new(),
            ]);
        }
        for one in &views.doubles {
            let awards: Vec<String> = one.awards.iter().map(|id| record(*id)).collect();
            rows.push(vec![
                one.scheme.clone(),
                "twice".to_owned(),
                String::new(),
                String::new(),
                String::new(),
                one.month.to_string(),
                awards.join(" "),
            ]);
        }
        for one in &views.beyond {
            rows.push(vec![
                String::new(),
                "beyond".to_owned(),
                one.awarded.to_string(),
                one.credited.to_string(),
                String::new(),
                String::new(),
                record(one.award),
            ]);
        }
        Self {
            columns: SUBSIDIES,
            rows,
        }
    }

    pub(super) fn of_warnings(views: &Views<'_>) -> Self {
        let mut raised: BTreeMap<Hash, &Raised> = BTreeMap::new();
        for one in &views.warnings.raised {
            raised.insert(one.id, one);
        }
        let candidates = views.warnings.candidates.iter();
        let mut rows: Vec<Vec<String>> = candidates
            .map(|one| row_of_candidate(one, raised.remove(&one.id)))
            .collect();
        rows.extend(raised.values().map(|one| row_of_raised(one)));
        Self {
            columns: WARNINGS,
            rows,
        }
    }

    pub(super) fn print_csv(&self) -> anyhow::Result<()> {
        let mut table = csv::Writer::from_writer(stdout());
        let headings = self.columns.iter();
        table.write_record(
            headings.map(|name| t!(format!("supervision.column.{name}")).to_string()),
        )?;
        for row in &self.rows {
            table.write_record(row.iter().map(|cell| for_a_sheet(cell).to_string()))?;
        }
        table.flush()?;
        Ok(())
    }

    pub(super) fn print_json(&self) -> anyhow::Result<()> {
        let rows = self.rows.iter().map(|row| {
            let cells = self.columns.iter().zip(row);
            let filled = cells.filter(|(_, cell)| !cell.is_empty());
            let fields: Map<String, Value> = filled
                .map(|(name, cell)| ((*name).to_owned(), Value::from(cell.clone())))
                .collect();
            Value::Object(fields)
        });
        println!(
            "{}",
            serde_json::to_string_pretty(&Value::Array(rows.collect()))?
        );
        Ok(())
    }
}

fn record(id: RecordId) -> String {
    id.0.to_string()
}

/// The number of a case, in hexadecimal digits.
fn case(case: CaseId) -> String {
    format!("{:032x}", u128::from_be_bytes(case.0))
}

fn rows_of_fund(fund: &PlatformFund) -> Vec<Vec<String>> {
    let row = |what: &str, day: String, sums: [String; 3], of: String, record: String| {
        let [amount, paid, balance] = sums;
        vec![
            fund.platform.clone(),
            fund.place.to_string(),
            what.to_owned(),
            day,
            amount,
            paid,
            balance,
            of,
            record,
        ]
    };
    let none = String::new;
    let mut rows = Vec::new();
    for dues in &fund.dues {
        let sums = [dues.due().to_string(), dues.paid.to_string(), none()];
        let months = format!("{}..{}", dues.first, dues.last);
        rows.push(row("due", months, sums, none(), none()));
    }
    for one in &fund.movements {
        let sums = [one.amount.to_string(), none(), one.balance.to_string()];
        let of = one.case.map(case).unwrap_or_default();
        let day = one.day.to_string();
        rows.push(row(one.way.word(), day, sums, of, record(one.record)));
    }
    for left in &fund.left_out {
        let sums = [left.amount.to_string(), none(), none()];
        rows.push(row(
            left.why.word(),
            none(),
            sums,
            none(),
            record(left.record),
        ));
    }
    rows
}

fn row_of_injury(number: CaseId, place: &str, what: &str, values: [String; 3]) -> Vec<String> {
    let mut row = vec![case(number), place.to_owned(), what.to_owned()];
    row.extend(values);
    row
}

fn rows_of_injury(injury: &Injury<'_>) -> Vec<Vec<String>> {
    let place = injury.case.place().map(|place| place.to_string());
    let place = place.unwrap_or_default();
    let row = |what: &str, values| row_of_injury(injury.case.case, &place, what, values);
    let none = String::new;
    let mut rows = Vec::new();
    for check in &injury.checks {
        let answer = check.answer.word().to_owned();
        rows.push(row(check.item.word(), [answer, none(), none()]));
    }
    for clock in &injury.clocks {
        let answer = match (clock.runs(), clock.is_over()) {
            (true, true) => "running-over",
            (true, false) => "running",
            (false, true) => "stopped-over",
            (false, false) => "stopped",
        };
        let what = format!("clock {}", clock.name.word());
        let values = [
            answer.to_owned(),
            clock.found.to_string(),
            clock.limit.to_string(),
        ];
        rows.push(row(&what, values));
    }
    for step in &injury.steps {
        let what = format!("after {}", step.stage.word());
        let until = step.until.map(|day| day.to_string()).unwrap_or_default();
        rows.push(row(&what, [until, step.days.to_string(), none()]));
    }
    rows
}

/// What was found and what is wanted, as people read it.
fn measured(rule: Option<Rule>, value: u64) -> String {
    use yizhang_supervision::warnings::Measure;
    let is_money = rule.is_some_and(|rule| rule.measure() == Measure::Fen);
    let amount = i64::try_from(value)
        .ok()
        .and_then(yizhang_ledger::value::Fen::new);
    match amount.filter(|_| is_money) {
        Some(amount) => FenSum::from(amount).to_string(),
        None => value.to_string(),
    }
}

fn row_of_candidate(one: &Candidate, raised: Option<&Raised>) -> Vec<String> {
    let state = raised.map_or("new", |raised| raised.state.word());
    let act_by = raised.map_or(one.act_by, |raised| raised.act_by);
    let longest = one.longest.map_or("", |stage| stage.word());
    let measure = match one.rule.measure().word() {
        "fen" => "yuan",
        word => word,
    };
    vec![
        one.rule.to_string(),
        one.worker
            .map(|worker| worker.reveal_hex())
            .unwrap_or_default(),
        one.party.clone(),
        one.case.map(case).unwrap_or_default(),
        one.place.to_string(),
        one.first.to_string(),
        one.last.to_string(),
        measured(Some(one.rule), one.found),
        measured(Some(one.rule), one.wanted),
        measure.to_owned(),
        one.actor.word().to_owned(),
        act_by.to_string(),
        longest.to_owned(),
        state.to_owned(),
        raised
            .map(|raised| record(raised.record))
            .unwrap_or_default(),
        one.id.to_string(),
    ]
}

/// A raised warning that no rule finds on the day.
fn row_of_raised(one: &Raised) -> Vec<String> {
    let none = String::new;
    vec![
        one.rule.clone(),
        none(),
        one.party.clone(),
        none(),
        one.place.to_string(),
        one.first.to_string(),
        one.last.to_string(),
        none(),
        none(),
        none(),
        none(),
        one.act_by.to_string(),
        none(),
        one.state.word().to_owned(),
        record(one.record),
        one.id.to_string(),
    ]
}
