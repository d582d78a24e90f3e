//! Figures for people: the block on the page, and the walk from each figure to rules and records.

use super::{account::family_name, bare_table, kind, named, place, print_lines, serde_name, table, yuan};
use rust_i18n::t;
use std::collections::BTreeSet;
use yizhang_entitlement::{
    Account,
    account::{Assumption, Figure, FigureName, FigureNumber, FigureValue, Forecast, Ground, Missing},
};
use yizhang_ledger::value::Month;

/// Records that are shown under one figure; the account in JSON has all.
const RECORDS_SHOWN_MAX: usize = 12;

/// Figures that stand in lines of their own, in this order.
const LINES: &[FigureName] = &[
    FigureName::BenefitPlace,
    FigureName::StatutoryMonth,
    FigureName::EarliestMonth,
    FigureName::LatestMonth,
    FigureName::EmployeeMonths,
    FigureName::MinimumMonths,
    FigureName::MinimumMonthsEarliest,
    FigureName::PrepaidMonths,
    FigureName::MonthsShort,
    FigureName::MonthsLeft,
    FigureName::LatestStart,
    FigureName::BalancePosted,
    FigureName::BalanceInterim,
    FigureName::BalanceOwed,
    FigureName::ResidentMonths,
    FigureName::ResidentMinimum,
    FigureName::ResidentMonth,
    FigureName::ResidentPension,
    FigureName::BridgeThreshold,
    FigureName::EmployeeIfBridged,
    FigureName::ResidentIfBridged,
    FigureName::BalanceIfBridged,
    FigureName::MedicalMonths,
    FigureName::MedicalLocalMonths,
    FigureName::MedicalStandard,
    FigureName::MedicalStandardLocal,
    FigureName::MedicalShort,
    FigureName::MedicalGap,
    FigureName::MedicalWait,
    FigureName::ResidentMedicalLapse,
    FigureName::ResidentMedicalWait,
    FigureName::UnemploymentPaid,
    FigureName::UnemploymentUnused,
    FigureName::UnemploymentCeiling,
    FigureName::UnemploymentMonths,
    FigureName::UnemploymentAmount,
    FigureName::InjuryWage,
    FigureName::ExpectedDifference,
];

/// Rows of the three numbers.
const FORECAST_ROWS: &[FigureName] = &[
    FigureName::ForecastMonths,
    FigureName::AverageIndex,
    FigureName::ForecastBalance,
    FigureName::Divisor,
    FigureName::BasicPension,
    FigureName::AccountPension,
    FigureName::TransitionalPension,
    FigureName::Pension,
];

/// What figures take for granted, each under a letter that stands behind their values.
#[derive(Default)]
pub(crate) struct Footnotes(Vec<Assumption>);

impl Footnotes {
    /// The letters of what a figure with a value takes for granted.
    fn marks(&mut self, figure: &Figure) -> String {
        let assumed = figure.from.iter().filter_map(|ground| match ground {
            Ground::Assumed(assumption) if figure.value.is_some() => Some(*assumption),
            _ => None,
        });
        let letters: Vec<String> = assumed.map(|assumption| format!("[{}]", self.letter(assumption))).collect();
        if letters.is_empty() { String::new() } else { format!(" {}", letters.concat()) }
    }

    fn letter(&mut self, assumption: Assumption) -> char {
        let known = self.0.iter().position(|known| *known == assumption);
        let at = known.unwrap_or_else(|| {
            self.0.push(assumption);
            self.0.len() - 1
        });
        letter(at)
    }

    /// A line for each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(at, assumption): (usize, &Assumption)| {
            let what = named(&format!("assumption.{}", serde_name(assumption)));
            t!("figures.footnote", letter = letter(at), what = what).to_string()
        };
        self.0.iter().enumerate().map(line).collect()
    }
}

/// There are fewer assumptions than letters.
fn letter(at: usize) -> char {
    u8::try_from(at).ok().map_or('*', |at| char::from(b'a'.saturating_add(at)))
}

/// A figure's name as people read it, with its scheme where there could be several, and its value.
pub(crate) fn lines(account: &Account, notes: &mut Footnotes) -> Vec<(String, String)> {
    let mut figures: Vec<(usize, &Figure)> = account
        .figures
        .iter()
        .filter_map(|figure| Some((LINES.iter().position(|name| *name == figure.name)?, figure)))
        .collect();
    figures.sort_by_key(|(line, _)| *line);
    figures.into_iter().map(|(_, figure)| (name(figure), value(figure) + &notes.marks(figure))).collect()
}

/// The three numbers as a table: a header, then the rows. Empty where nothing is forecast.
pub(crate) fn forecast_rows(account: &Account) -> Vec<Vec<String>> {
    if account.forecast(FigureName::Pension, Forecast::Now).is_none() {
        return Vec::new();
    }
    let cell = |row: FigureName, forecast: Forecast| match account.forecast(row, forecast) {
        Some(figure) if figure.missing.is_empty() || row != FigureName::AverageIndex => {
            figure.value.map_or_else(|| "–".to_owned(), text)
        }
        _ => "–".to_owned(),
    };
    let mut rows = vec![
        std::iter::once(t!("figures.pension").to_string())
            .chain(Forecast::ALL.iter().map(|forecast| named(&format!("forecast.{}", serde_name(forecast)))))
            .collect(),
    ];
    rows.extend(FORECAST_ROWS.iter().map(|row| {
        let name = named(&format!("figure.{}", serde_name(row)));
        std::iter::once(name).chain(Forecast::ALL.iter().map(|forecast| cell(*row, *forecast))).collect()
    }));
    rows
}

/// What the forecast lacks and takes for granted.
pub(crate) fn forecast_notes(account: &Account) -> Vec<String> {
    let rows = |figure: &&Figure| FORECAST_ROWS.contains(&figure.name) || figure.name == FigureName::ReferenceWage;
    let figures = || account.figures.iter().filter(rows);
    let mut missing: Vec<String> = Vec::new();
    for one in figures().flat_map(|figure| &figure.missing).map(lack) {
        if !missing.contains(&one) {
            missing.push(one);
        }
    }
    let assumed: BTreeSet<Assumption> = figures()
        .flat_map(|figure| &figure.from)
        .filter_map(|ground| if let Ground::Assumed(assumption) = ground { Some(*assumption) } else { None })
        .collect();
    let mut notes = Vec::new();
    if !missing.is_empty() {
        notes.push(t!("figures.lacks", list = missing.join(t!("account.comma").as_ref())).to_string());
    }
    if !assumed.is_empty() {
        let list: Vec<String> = assumed.iter().map(|one| named(&format!("assumption.{}", serde_name(one)))).collect();
        notes.push(t!("figures.assumes", list = list.join(t!("account.comma").as_ref())).to_string());
    }
    notes
}

/// What could close each gap of the pension.
pub(crate) fn gap_lines(account: &Account, notes: &mut Footnotes) -> Vec<String> {
    let mut lines = Vec::new();
    for figure in &account.figures {
        let (Some(first), Some(last)) = (figure.first, figure.last) else { continue };
        let months = span(first, last);
        let line = match (figure.name, figure.value) {
            (FigureName::GapPayable, Some(FigureValue::Months(0))) => t!("figures.gap_closed", months = months),
            (FigureName::GapPayable, None) => t!("figures.gap_unknown", months = months, what = value(figure)),
            (FigureName::GapPrice, Some(FigureValue::Fen(price))) => {
                let (count, until) = (payable(account, figure), until(account, figure));
                t!("figures.gap_open", months = months, count = count, price = yuan(price), until = until)
            }
            (FigureName::GapPrice, None) => t!("figures.gap_unknown", months = months, what = value(figure)),
            (FigureName::GapOwed, Some(FigureValue::Fen(owed))) => {
                t!("figures.gap_owed", months = months, owed = yuan(owed))
            }
            _ => continue,
        };
        lines.push(line.to_string() + &notes.marks(figure));
    }
    lines
}

/// How many months the price is for.
fn payable(account: &Account, price: &Figure) -> u32 {
    let of_months = |ground: &Ground| {
        let Ground::Figure(number) = ground else { return None };
        match account.figure_at(*number)?.value {
            Some(FigureValue::Months(months)) => Some(months),
            _ => None,
        }
    };
    price.from.iter().find_map(of_months).unwrap_or(0)
}

/// Until when the first of the months of this gap can be paid.
fn until(account: &Account, price: &Figure) -> String {
    let of_gap = |figure: &&Figure| {
        figure.name == FigureName::GapUntil && (figure.first, figure.last) == (price.first, price.last)
    };
    account.figures.iter().find(of_gap).and_then(|figure| figure.value).map_or_else(String::new, text)
}

/// The questions that the law leaves to people.
pub(crate) fn questions(account: &Account) -> Vec<String> {
    account.questions.iter().map(|question| named(&format!("question.{}", serde_name(&question.name)))).collect()
}

/// Prints the block of figures on the page.
pub(crate) fn print(account: &Account) {
    if account.figures.is_empty() {
        return;
    }
    println!();
    println!("{}", t!("figures.title", as_of = account.as_of, rules = short(account)));
    let mut rows = bare_table();
    let mut notes = Footnotes::default();
    rows.add_rows(lines(account, &mut notes).into_iter().map(|(name, value)| [name, value]));
    println!("{rows}");
    let mut forecast = forecast_rows(account).into_iter();
    if let Some(header) = forecast.next() {
        let mut rows = table(header.into_iter().map(std::borrow::Cow::from));
        rows.add_rows(forecast);
        println!("{rows}");
        print_lines(&forecast_notes(account), 0);
    }
    print_lines(&gap_lines(account, &mut notes), 0);
    print_lines(&notes.lines(), 0);
    let questions = questions(account);
    if !questions.is_empty() {
        println!("{}", t!("figures.questions"));
        print_lines(&questions, 2);
    }
}

/// The first digits of the name of the rule set.
pub(crate) fn short(account: &Account) -> String {
    account.rules.name.to_string().chars().take(8).collect()
}

/// Prints every figure with what it rests on, down to rules and records. What was explained above is named only.
pub(crate) fn explain(account: &Account) {
    if account.figures.is_empty() {
        println!("{}", t!("figures.nothing"));
        return;
    }
    println!("{}", t!("figures.title", as_of = account.as_of, rules = account.rules.name));
    for (at, figure) in account.figures.iter().enumerate() {
        println!();
        println!("[{}] {}: {}", at + 1, name(figure), value(figure));
        let records = figure.from.iter().filter(|ground| matches!(ground, Ground::Record(_))).count();
        let mut shown = 0;
        for ground in &figure.from {
            if matches!(ground, Ground::Record(_)) {
                shown += 1;
                if shown > RECORDS_SHOWN_MAX {
                    continue;
                }
            }
            if let Some(line) = ground_text(account, ground) {
                println!("    ← {line}");
            }
        }
        if records > RECORDS_SHOWN_MAX {
            println!("    ← {}", t!("figures.more_records", count = records - RECORDS_SHOWN_MAX));
        }
    }
}

fn ground_text(account: &Account, ground: &Ground) -> Option<String> {
    let text = match ground {
        Ground::Figure(FigureNumber(number)) => {
            let figure = account.figure_at(FigureNumber(*number))?;
            format!("[{}] {}: {}", u64::from(*number) + 1, name(figure), value(figure))
        }
        Ground::Rule(number) => {
            let rule = account.rule(*number)?;
            t!(
                "figures.rule",
                id = rule.id,
                value = shortened(&rule.value),
                document = rule.document,
                number = rule.number,
                confidence = t!("figures.confidence", letter = rule.confidence)
            )
            .to_string()
        }
        Ground::Record(number) => {
            let record = account.record(*number)?;
            let region = place::name(record.region);
            t!("figures.record", region = region, index = record.index, kind = kind::name(record.kind)).to_string()
        }
        Ground::Family(family) => t!("figures.family", scheme = family_name(account, family)).to_string(),
        Ground::Assumed(assumption) => named(&format!("assumption.{}", serde_name(assumption))),
    };
    Some(text)
}

/// The beginning of a long table.
fn shortened(value: &str) -> String {
    const SHOWN_MAX: usize = 40;
    if value.chars().count() <= SHOWN_MAX {
        return value.to_owned();
    }
    value.chars().take(SHOWN_MAX).chain(['…']).collect()
}

fn name(figure: &Figure) -> String {
    let name = named(&format!("figure.{}", serde_name(&figure.name)));
    let forecast = figure.forecast.map(|forecast| named(&format!("forecast.{}", serde_name(&forecast))));
    let family = figure.family.as_ref().map(|family| place::scheme(family));
    let months = figure.first.zip(figure.last).map(|(first, last)| span(first, last));
    let more: Vec<String> = [forecast, family, months].into_iter().flatten().collect();
    if more.is_empty() { name } else { format!("{name} · {}", more.join(" · ")) }
}

fn span(first: Month, last: Month) -> String {
    if first == last { first.to_string() } else { format!("{first} – {last}") }
}

/// The value with its reason, or what is missing.
fn value(figure: &Figure) -> String {
    let missing: Vec<String> = figure.missing.iter().map(lack).collect();
    let missing = missing.join(t!("account.comma").as_ref());
    let Some(value) = figure.value else {
        // Nothing is missing here: what it rests on lacks something, and says so.
        let text = if missing.is_empty() { t!("figures.depends") } else { t!("figures.lacks", list = missing) };
        return text.to_string();
    };
    let mut words = vec![match (figure.name, value) {
        (FigureName::StatutoryAge, FigureValue::Months(months)) => {
            t!("figures.age", years = months / 12, months = months % 12).to_string()
        }
        _ => text(value),
    }];
    words.extend(figure.reason.map(|reason| named(&format!("place_reason.{}", serde_name(&reason)))));
    if !missing.is_empty() {
        words.push(t!("figures.part", list = missing).to_string());
    }
    words.join(" · ")
}

fn text(value: FigureValue) -> String {
    match value {
        FigureValue::Months(count) => t!("figures.months", count = count).to_string(),
        FigureValue::Month(month) => month.to_string(),
        FigureValue::Fen(amount) => t!("figures.yuan", amount = yuan(amount)).to_string(),
        FigureValue::Index(index) => format!("{}.{:04}", index / 10_000, index % 10_000),
        FigureValue::Divisor(tenths) => {
            t!("figures.divisor", months = format!("{}.{}", tenths / 10, tenths % 10)).to_string()
        }
        FigureValue::Place(place) => place::name(place),
        FigureValue::Class(class) => named(&format!("class.{}", serde_name(&class))),
    }
}

fn lack(missing: &Missing) -> String {
    let what = named(&format!("missing.{}", serde_name(&missing.what)));
    let months = missing.first.zip(missing.last).map(|(first, last)| span(first, last));
    let more: Vec<String> = [missing.place.map(place::name), months].into_iter().flatten().collect();
    if more.is_empty() { what } else { format!("{what} ({})", more.join(" ")) }
}
