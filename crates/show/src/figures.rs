//! Figures for people: what an account comes to, what is to be expected, and what could close a gap.

use super::{
    copies::IN_DOUBT,
    count, named,
    page::{Block, Part},
    place, serde_name, yuan,
};
use crate::text::t;
use std::collections::BTreeSet;
use yizhang_entitlement::{
    Account,
    account::{
        Assumption, Figure, FigureName, FigureValue, Forecast, Ground, Missing, MissingName,
        Resting,
    },
};
use yizhang_ledger::value::Month;

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
    FigureName::MinimumReached,
    FigureName::PensionFirst,
    FigureName::BalancePosted,
    FigureName::BalanceInterim,
    FigureName::BalanceOwed,
    FigureName::BalanceLeft,
    FigureName::RefundAfterBenefit,
    FigureName::RefundAfterDeath,
    FigureName::RecoveryAfterDeath,
    FigureName::ResidentMonths,
    FigureName::ResidentMinimum,
    FigureName::ResidentMonth,
    FigureName::ResidentFirst,
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
    FigureName::ResidentMedicalEnrol,
    FigureName::WaitRunning,
    FigureName::WaitUntil,
    FigureName::UnemploymentPaid,
    FigureName::UnemploymentUnused,
    FigureName::UnemploymentCeiling,
    FigureName::UnemploymentMonths,
    FigureName::UnemploymentAmount,
    FigureName::InjuryWage,
    FigureName::ExpectedDifference,
    FigureName::PaidBackBeyond,
    FigureName::AccountShort,
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

/// What stands behind the values of figures: a letter for each thing that they take for granted, and a sign for what rests
/// on a quarantined chain.
pub(crate) struct Footnotes {
    assumed: Vec<Assumption>,
    in_doubt: Vec<Figure>,
}

impl Footnotes {
    pub(crate) fn new(account: &Account, doubt: &Resting) -> Self {
        let figures = doubt.figures.iter();
        Self {
            assumed: Vec::new(),
            in_doubt: figures
                .filter_map(|number| account.figure_at(*number))
                .cloned()
                .collect(),
        }
    }

    /// The sign of a figure in doubt.
    fn doubt(&self, figure: &Figure) -> &'static str {
        if figure.value.is_some() && self.in_doubt.contains(figure) {
            IN_DOUBT
        } else {
            ""
        }
    }

    /// The sign of doubt, and the letters of what a figure with a value takes for granted.
    fn marks(&mut self, figure: &Figure) -> String {
        let assumed = figure.from.iter().filter_map(|ground| match ground {
            Ground::Assumed(assumption) if figure.value.is_some() => Some(*assumption),
            _ => None,
        });
        let letters: Vec<String> = assumed
            .map(|assumption| format!("[{}]", self.letter(assumption)))
            .collect();
        let marks = format!("{}{}", self.doubt(figure), letters.concat());
        if marks.is_empty() {
            marks
        } else {
            format!(" {marks}")
        }
    }

    fn letter(&mut self, assumption: Assumption) -> char {
        let known = self.assumed.iter().position(|known| *known == assumption);
        let at = known.unwrap_or_else(|| {
            self.assumed.push(assumption);
            self.assumed.len() - 1
        });
        letter(at)
    }

    /// A line for each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(at, assumption): (usize, &Assumption)| {
            let what = named(&format!("assumption.{}", serde_name(assumption)));
            t!("figures.footnote", letter = letter(at), what = what).to_string()
        };
        let mut lines: Vec<String> = self.assumed.iter().enumerate().map(line).collect();
        if !self.in_doubt.is_empty() {
            lines.push(t!("figures.in_doubt", sign = IN_DOUBT).to_string());
        }
        lines
    }
}

/// There are fewer assumptions than letters; what is beyond them has a star.
fn letter(at: usize) -> char {
    ('a'..='z').nth(at).unwrap_or('*')
}

/// The block of figures.
pub(crate) fn part(account: &Account, notes: &mut Footnotes) -> Option<Part> {
    let mut figures: Vec<(usize, &Figure)> = account
        .figures
        .iter()
        .filter_map(|figure| Some((LINES.iter().position(|name| *name == figure.name)?, figure)))
        .collect();
    figures.sort_by_key(|(line, _)| *line);
    let pairs = figures
        .into_iter()
        .map(|(_, figure)| (plain_name(figure), value(figure) + &notes.marks(figure)))
        .collect();
    Part::titled(
        t!("figures.title", as_of = account.as_of),
        vec![Block::Pairs(pairs)],
    )
}

/// The three numbers with what they lack and take for granted, what the figures take for granted, and the questions that
/// the law leaves to people.
pub(crate) fn outlook(account: &Account, notes: &Footnotes) -> Option<Part> {
    let mut rows = forecast_rows(account, notes).into_iter();
    let forecast = rows
        .next()
        .map(|header| Block::Table(header, rows.collect()));
    let has_forecast = forecast.is_some();
    let mut small = if has_forecast {
        forecast_notes(account)
    } else {
        Vec::new()
    };
    small.extend(notes.lines());
    let mut questions: Vec<String> = account
        .questions
        .iter()
        .map(|question| {
            format!(
                "  {}",
                named(&format!("question.{}", serde_name(&question.name)))
            )
        })
        .collect();
    if !questions.is_empty() {
        questions.insert(0, t!("figures.questions").to_string());
    }
    let title = if has_forecast {
        t!("figures.outlook")
    } else {
        t!("figures.notes")
    };
    Part::titled(
        title,
        forecast
            .into_iter()
            .chain([Block::Notes(small), Block::Lines(questions)])
            .collect(),
    )
}

/// The three numbers as a table: a header, then the rows. Empty where nothing is forecast. A pension that the months are too
/// few for has no parts.
fn forecast_rows(account: &Account, notes: &Footnotes) -> Vec<Vec<String>> {
    if account
        .forecast(FigureName::Pension, Forecast::Now)
        .is_none()
    {
        return Vec::new();
    }
    let cell = |row: FigureName, forecast: Forecast| {
        let is_part = matches!(
            row,
            FigureName::BasicPension | FigureName::AccountPension | FigureName::Pension
        );
        if is_part && lacks_months(account, forecast) {
            let none = if row == FigureName::Pension {
                t!("figures.no_pension")
            } else {
                "–".into()
            };
            return none.to_string();
        }
        match account.forecast(row, forecast) {
            Some(figure) if figure.missing.is_empty() || row != FigureName::AverageIndex => {
                let value = figure.value.map_or_else(|| "–".to_owned(), text);
                format!("{value} {}", notes.doubt(figure))
                    .trim_end()
                    .to_owned()
            }
            _ => "–".to_owned(),
        }
    };
    let mut rows = vec![
        std::iter::once(t!("figures.pension").to_string())
            .chain(
                Forecast::ALL
                    .iter()
                    .map(|forecast| named(&format!("forecast.{}", serde_name(forecast)))),
            )
            .collect(),
    ];
    // A part that no rule of the province gives has no row.
    let is_there = |row: &&FigureName| {
        **row != FigureName::TransitionalPension
            || account.figure(FigureName::TransitionalPension).is_some()
    };
    rows.extend(FORECAST_ROWS.iter().filter(is_there).map(|row| {
        let name = named(&format!("figure.{}", serde_name(row)));
        std::iter::once(name)
            .chain(Forecast::ALL.iter().map(|forecast| cell(*row, *forecast)))
            .collect()
    }));
    rows
}

fn lacks_months(account: &Account, forecast: Forecast) -> bool {
    let of_it = |figure: &&Figure| figure.forecast == Some(forecast);
    account
        .figures
        .iter()
        .filter(of_it)
        .flat_map(|figure| &figure.missing)
        .any(|one| one.what == MissingName::EnoughMonths)
}

/// Of each number what it lacks, those that lack the same together; and what all take for granted.
fn forecast_notes(account: &Account) -> Vec<String> {
    let rows = |figure: &&Figure| {
        FORECAST_ROWS.contains(&figure.name) || figure.name == FigureName::ReferenceWage
    };
    let figures = || account.figures.iter().filter(rows);
    let mut notes: Vec<String> = Vec::new();
    let mut lacking: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for forecast in Forecast::ALL {
        let name = named(&format!("forecast.{}", serde_name(forecast)));
        if lacks_months(account, *forecast) {
            notes.push(t!("figures.too_few", forecast = name).to_string());
            continue;
        }
        let mut missing: Vec<String> = Vec::new();
        // The reference wage is that of every number.
        for one in figures()
            .filter(|figure| figure.forecast.is_none_or(|of| of == *forecast))
            .flat_map(|figure| &figure.missing)
        {
            let one = lack(one);
            if !missing.contains(&one) {
                missing.push(one);
            }
        }
        match lacking.iter_mut().find(|(known, _)| *known == missing) {
            Some((_, names)) => names.push(name),
            None => lacking.push((missing, vec![name])),
        }
    }
    let comma = t!("account.comma");
    for (missing, names) in lacking.iter().filter(|(missing, _)| !missing.is_empty()) {
        let (forecasts, list) = (names.join(comma.as_ref()), missing.join(comma.as_ref()));
        notes.push(t!("figures.forecast_lacks", forecast = forecasts, list = list).to_string());
    }
    let assumed: BTreeSet<Assumption> = figures()
        .flat_map(|figure| &figure.from)
        .filter_map(|ground| {
            if let Ground::Assumed(assumption) = ground {
                Some(*assumption)
            } else {
                None
            }
        })
        .collect();
    if !assumed.is_empty() {
        let list: Vec<String> = assumed
            .iter()
            .map(|one| named(&format!("assumption.{}", serde_name(one))))
            .collect();
        notes.push(t!("figures.assumes", list = list.join(comma.as_ref())).to_string());
    }
    notes
}

/// What could close the gap of a family that begins in a month: what is owed for it, or whether it can be paid, until when
/// and at what price. Nothing where the account has no figure of it.
pub(crate) fn closing(
    account: &Account,
    family: &str,
    first: Month,
    notes: &mut Footnotes,
) -> Option<String> {
    let of_gap = |name| account.of_gap(name, family, first);
    let names = [
        FigureName::GapOwed,
        FigureName::GapPrice,
        FigureName::GapPayable,
    ];
    let figure = names.into_iter().find_map(of_gap)?;
    let value_of = |name| {
        of_gap(name)
            .and_then(|figure| figure.value)
            .map_or_else(String::new, text)
    };
    let line = match (figure.name, figure.value) {
        (FigureName::GapOwed, Some(FigureValue::Fen(owed))) => {
            t!("figures.gap_owed", owed = yuan(owed))
        }
        (FigureName::GapPrice, Some(FigureValue::Fen(price))) => {
            let (count, until) = (
                value_of(FigureName::GapPayable),
                value_of(FigureName::GapUntil),
            );
            t!(
                "figures.gap_open",
                count = count,
                price = yuan(price),
                until = until
            )
        }
        (FigureName::GapPayable, Some(FigureValue::Months(0))) => {
            t!("figures.gap_closed", document = document(account, figure))
        }
        _ => value(figure).into(),
    };
    Some(line.to_string() + &notes.marks(figure))
}

/// The document of the first rule that a figure rests on.
fn document(account: &Account, figure: &Figure) -> String {
    let of_rule = |ground: &Ground| {
        if let Ground::Rule(number) = ground {
            account.rule(*number)
        } else {
            None
        }
    };
    figure
        .from
        .iter()
        .find_map(of_rule)
        .map(|rule| cited(&rule.document, &rule.number))
        .unwrap_or_default()
}

/// A document with its number, an article in the language in force.
pub(crate) fn cited(document: &str, number: &str) -> String {
    let number = match number.split_once("art. ") {
        Some((before, article)) => {
            t!(
                "figures.article",
                before = before.trim_end_matches([',', ' ']),
                article = article
            )
        }
        None => number.into(),
    };
    format!("{document} {}", number.trim()).trim().to_owned()
}

/// A figure's name as people read it, with forecast, scheme and months where there could be several.
#[cfg(feature = "terminal")]
pub(crate) fn name(figure: &Figure) -> String {
    let family = figure.family.as_ref().map(|family| place::scheme(family));
    with(figure, family)
}

/// A name on the page, which says the scheme itself where it matters.
fn plain_name(figure: &Figure) -> String {
    let is_of_pensions = matches!(
        figure.name,
        FigureName::BalancePosted
            | FigureName::BalanceInterim
            | FigureName::BalanceOwed
            | FigureName::BalanceLeft
            | FigureName::MinimumReached
            | FigureName::RefundAfterBenefit
            | FigureName::RefundAfterDeath
            | FigureName::RecoveryAfterDeath
            | FigureName::ExpectedDifference
            | FigureName::PaidBackBeyond
            | FigureName::AccountShort
            | FigureName::WaitRunning
            | FigureName::WaitUntil
    );
    with(
        figure,
        figure
            .family
            .as_ref()
            .filter(|_| is_of_pensions)
            .map(|family| place::scheme(family)),
    )
}

fn with(figure: &Figure, family: Option<String>) -> String {
    let name = named(&format!("figure.{}", serde_name(&figure.name)));
    let forecast = figure
        .forecast
        .map(|forecast| named(&format!("forecast.{}", serde_name(&forecast))));
    let months = figure
        .first
        .zip(figure.last)
        .map(|(first, last)| span(first, last));
    let more: Vec<String> = [forecast, family, months].into_iter().flatten().collect();
    if more.is_empty() {
        name
    } else {
        format!("{name} · {}", more.join(" · "))
    }
}

fn span(first: Month, last: Month) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first} – {last}")
    }
}

/// The value with its reason, or what is missing.
pub(crate) fn value(figure: &Figure) -> String {
    let missing: Vec<String> = figure.missing.iter().map(lack).collect();
    let missing = missing.join(t!("account.comma").as_ref());
    let Some(value) = figure.value else {
        // Nothing is missing here: what it rests on lacks something, and says so.
        let text = if missing.is_empty() {
            t!("figures.depends")
        } else {
            t!("figures.lacks", list = missing)
        };
        return text.to_string();
    };
    let mut words = vec![match (figure.name, value) {
        (FigureName::StatutoryAge, FigureValue::Months(months)) => t!(
            "figures.age",
            years = months / 12,
            months = count::months(months % 12)
        )
        .to_string(),
        _ => text(value),
    }];
    words.extend(
        figure
            .reason
            .map(|reason| named(&format!("place_reason.{}", serde_name(&reason)))),
    );
    if !missing.is_empty() {
        words.push(t!("figures.part", list = missing).to_string());
    }
    words.join(" · ")
}

fn text(value: FigureValue) -> String {
    match value {
        FigureValue::Months(count) => count::months(count),
        FigureValue::Month(month) => month.to_string(),
        FigureValue::Fen(amount) => t!("figures.yuan", amount = yuan(amount)).to_string(),
        FigureValue::Index(index) => format!("{}.{:04}", index / 10_000, index % 10_000),
        FigureValue::Divisor(tenths) => t!(
            "figures.divisor",
            months = format!("{}.{}", tenths / 10, tenths % 10)
        )
        .to_string(),
        FigureValue::Place(place) => place::name(place),
        FigureValue::Class(class) => named(&format!("class.{}", serde_name(&class))),
    }
}

fn lack(missing: &Missing) -> String {
    let what = named(&format!("missing.{}", serde_name(&missing.what)));
    let months = missing
        .first
        .zip(missing.last)
        .map(|(first, last)| span(first, last));
    let more: Vec<String> = [missing.place.map(place::name), months]
        .into_iter()
        .flatten()
        .collect();
    if more.is_empty() {
        what
    } else {
        format!("{what} ({})", more.join(" "))
    }
}
