//! What comes of it: from when, how much a month, and what is needed for it.

use super::{
    answers::{Reply, Tone, has_two_persons, main_family},
    missing::{lack, ways},
    words,
};
use crate::{account::Answer, named, provisional::ByNumber, serde_name};
use maud::{Markup, html};
use rust_i18n::t;
use std::collections::BTreeSet;
use yizhang_entitlement::{
    Account, Family,
    account::{
        Assumption, Drawing, Figure, FigureName, FigureValue, Forecast, Ground, Missing,
        MissingName,
    },
};
use yizhang_ledger::value::Month;

/// What will I get, from when?
pub(super) fn reply(answer: &Answer) -> Reply {
    let account = &answer.account;
    if let Some(death) = account.person.death.last() {
        let sentence = t!("home.died", month = words::month(death.month)).to_string();
        let mut reply = Reply::new(Tone::Open, "–".to_owned(), sentence);
        reply.more.push(t!("home.died_do").to_string());
        return reply;
    }
    if has_two_persons(account) {
        let sentence = t!("home.two_persons").to_string();
        return Reply::new(Tone::Look, t!("home.unknown").to_string(), sentence);
    }
    let drawn = |family: Family<'_>| account.of_family(family)?.drawing.as_ref();
    if let Some(drawing) = drawn(Family::PENSION).or_else(|| drawn(Family::RESIDENT_PENSION)) {
        return drawing_reply(account, drawing);
    }
    match main_family(account) {
        Some(family) if family.is_of(Family::PENSION) => of_employees(answer),
        Some(family) if family.is_of(Family::RESIDENT_PENSION) => of_residents(account),
        _ => {
            let sentence = t!("home.get.no_pension").to_string();
            Reply::new(Tone::Open, t!("home.unknown").to_string(), sentence)
        }
    }
}

fn drawing_reply(account: &Account, drawing: &Drawing) -> Reply {
    let key = if drawing.is_suspended {
        "home.get.suspended"
    } else {
        "home.get.drawing"
    };
    let (from, place) = (words::month(drawing.from), words::at(drawing.place));
    let sentence = t!(key, from = from.clone(), place = place).to_string();
    let tone = if drawing.is_suspended {
        Tone::Look
    } else {
        Tone::Good
    };
    let mut reply = Reply::new(
        tone,
        t!("home.get.since", from = from).to_string(),
        sentence,
    );
    if drawing.is_suspended {
        reply.more.push(t!("home.get.suspended_do").to_string());
    }
    if let Some(left) = fen(account.figure(FigureName::BalanceLeft)) {
        reply
            .more
            .push(t!("home.get.left", amount = words::money(left)).to_string());
    }
    reply
}

fn value(account: &Account, name: FigureName) -> Option<FigureValue> {
    account.figure(name)?.value
}

fn fen(figure: Option<&Figure>) -> Option<i64> {
    match figure?.value? {
        FigureValue::Fen(fen) => Some(fen),
        _ => None,
    }
}

fn month(account: &Account, name: FigureName) -> Option<Month> {
    match value(account, name)? {
        FigureValue::Month(month) => Some(month),
        _ => None,
    }
}

fn months(account: &Account, name: FigureName) -> Option<u32> {
    match value(account, name)? {
        FigureValue::Months(months) => Some(months),
        _ => None,
    }
}

fn of_employees(answer: &Answer) -> Reply {
    let account = &answer.account;
    let first = month(account, FigureName::PensionFirst);
    let pension = account.forecast(FigureName::Pension, Forecast::Continued);
    let lacking = lacking(account);
    let is_short = lacking
        .iter()
        .any(|one| one.what == MissingName::EnoughMonths);
    let mut reply = match (first, fen(pension)) {
        (Some(first), Some(amount)) => {
            let (from, amount) = (words::month(first), words::money(amount));
            let number = t!("home.get.number", amount = amount.clone());
            let sentence = t!("home.get.both", from = from, amount = amount);
            Reply::new(Tone::Good, number.to_string(), sentence.to_string())
        }
        (Some(first), None) => {
            let from = words::month(first);
            let number = t!("home.get.from", from = from.clone()).to_string();
            let key = if is_short {
                "home.get.from_short"
            } else {
                "home.get.from_only"
            };
            let sentence = t!(key, from = from).to_string();
            Reply::new(Tone::Open, number, sentence)
        }
        (None, _) => unknown_begin(answer),
    };
    reply.more = needed(account).into_iter().collect();
    reply.more.extend(choice(account));
    reply.more.extend(ways(
        lacking
            .into_iter()
            .filter(|one| one.what != MissingName::EnoughMonths),
    ));
    reply.more.extend(assumed(account));
    reply.below = forecasts(account);
    reply
}

/// Where no month of begin is known: by the number that was typed, or how to have it known.
fn unknown_begin(answer: &Answer) -> Reply {
    let account = &answer.account;
    let unknown = t!("home.unknown").to_string();
    if let ByNumber::Retirements(found) = &answer.by_number
        && let Some(likely) = found.first()
    {
        let sentence = if found.len() == 1 {
            t!("home.get.by_number", from = words::month(likely.statutory))
        } else {
            let all: Vec<String> = found
                .iter()
                .map(|one| words::month(one.statutory))
                .collect();
            t!(
                "home.get.by_number_several",
                months = all.join(t!("home.or").as_ref())
            )
        };
        return Reply::new(
            Tone::Open,
            words::month(likely.statutory),
            sentence.to_string(),
        );
    }
    let statutory = account.figure(FigureName::StatutoryMonth);
    let missing: Vec<String> = statutory
        .into_iter()
        .flat_map(|figure| &figure.missing)
        .map(|one| lack(one.what, one.place))
        .collect();
    let sentence = match month(account, FigureName::StatutoryMonth) {
        Some(month) => t!("home.get.statutory_only", month = words::month(month)),
        None if missing.is_empty() => t!("home.get.unknown"),
        None => t!("home.get.lacks", list = words::listed(&missing)),
    };
    Reply::new(Tone::Open, unknown, sentence.to_string())
}

/// How many months a pension needs, and how many are still to come.
fn needed(account: &Account) -> Option<String> {
    let needed = months(account, FigureName::MinimumMonths)?;
    let text = match months(account, FigureName::MonthsShort)? {
        0 => t!("home.get.enough", needed = words::long_count(needed)),
        short => t!(
            "home.get.short",
            needed = words::long_count(needed),
            short = words::long_count(short)
        ),
    };
    Some(text.to_string())
}

fn choice(account: &Account) -> Vec<String> {
    let of = |name| month(account, name).map(words::month);
    let mut lines = Vec::new();
    if let Some(statutory) = of(FigureName::StatutoryMonth) {
        lines.push(t!("home.get.statutory", month = statutory).to_string());
    }
    if let (Some(earliest), Some(latest)) =
        (of(FigureName::EarliestMonth), of(FigureName::LatestMonth))
    {
        lines.push(t!("home.get.choice", earliest = earliest, latest = latest).to_string());
    }
    if let Some(start) = of(FigureName::LatestStart) {
        lines.push(t!("home.get.latest_start", month = start).to_string());
    }
    if let Some(FigureValue::Place(place)) = value(account, FigureName::BenefitPlace) {
        lines.push(t!("home.get.place", place = words::at(place)).to_string());
    }
    lines
}

/// What the three numbers lack.
fn lacking(account: &Account) -> Vec<&Missing> {
    let is_of_it = |figure: &&Figure| {
        figure.forecast == Some(Forecast::Continued) || figure.name == FigureName::ReferenceWage
    };
    let figures = account.figures.iter().filter(is_of_it);
    let mut lacking: Vec<&Missing> = Vec::new();
    for one in figures.flat_map(|figure| &figure.missing) {
        if !lacking.contains(&one) {
            lacking.push(one);
        }
    }
    let begin = account.figure(FigureName::PensionFirst);
    let begin = begin.or_else(|| account.figure(FigureName::StatutoryMonth));
    for one in begin.into_iter().flat_map(|figure| &figure.missing) {
        if !lacking.contains(&one) {
            lacking.push(one);
        }
    }
    lacking
}

/// What the estimate takes for granted, in one sentence.
fn assumed(account: &Account) -> Option<String> {
    let is_of_it =
        |figure: &&Figure| figure.forecast == Some(Forecast::Continued) && figure.value.is_some();
    let grounds = account.figures.iter().filter(is_of_it);
    let assumed: BTreeSet<Assumption> = grounds
        .flat_map(|figure| &figure.from)
        .filter_map(|ground| match ground {
            Ground::Assumed(assumption) => Some(*assumption),
            _ => None,
        })
        .collect();
    if assumed.is_empty() {
        return None;
    }
    let list: Vec<String> = assumed
        .iter()
        .map(|one| named(&format!("assumption.{}", serde_name(one))))
        .collect();
    let list = list.join(t!("copies.semicolon").as_ref());
    Some(t!("home.get.assumes", list = list).to_string())
}

/// The three numbers side by side, where at least one is known.
fn forecasts(account: &Account) -> Option<Markup> {
    let pension = |forecast: Forecast| fen(account.forecast(FigureName::Pension, forecast));
    Forecast::ALL.iter().copied().find_map(pension)?;
    let text = |forecast: Forecast| match pension(forecast) {
        Some(amount) => words::money(amount),
        None if lacks_months(account, forecast) => t!("home.get.too_few").to_string(),
        None => t!("home.unknown").to_string(),
    };
    Some(html! {
        table.forecasts {
            caption { (words::prose(&t!("home.get.forecasts"))) }
            @for forecast in Forecast::ALL {
                tr {
                    th scope="row" { (named(&format!("home.forecast.{}", serde_name(forecast)))) }
                    td { (text(*forecast)) }
                }
            }
        }
    })
}

fn lacks_months(account: &Account, forecast: Forecast) -> bool {
    let figures = account.figures.iter();
    let of_it = figures.filter(|figure| figure.forecast == Some(forecast));
    let mut missing = of_it.flat_map(|figure| &figure.missing);
    missing.any(|one| one.what == MissingName::EnoughMonths)
}

fn of_residents(account: &Account) -> Reply {
    let first = month(account, FigureName::ResidentFirst);
    let first = first.or_else(|| month(account, FigureName::ResidentMonth));
    let amount = account.figure(FigureName::ResidentPension);
    let mut reply = match (first, fen(amount)) {
        (Some(first), Some(fen)) => {
            let (from, amount) = (words::month(first), words::money(fen));
            let number = t!("home.get.number", amount = amount.clone());
            let sentence = t!("home.get.resident_both", from = from, amount = amount);
            Reply::new(Tone::Good, number.to_string(), sentence.to_string())
        }
        (Some(first), None) => {
            let from = words::month(first);
            let number = t!("home.get.from", from = from.clone());
            let sentence = t!("home.get.resident_from", from = from);
            Reply::new(Tone::Open, number.to_string(), sentence.to_string())
        }
        (None, _) => {
            let unknown = t!("home.unknown").to_string();
            Reply::new(Tone::Open, unknown, t!("home.get.unknown").to_string())
        }
    };
    let needed = months(account, FigureName::ResidentMinimum);
    let held = months(account, FigureName::ResidentMonths);
    if let (Some(needed), Some(held)) = (needed, held) {
        let (needed, held) = (words::long_count(needed), words::long_count(held));
        reply
            .more
            .push(t!("home.get.resident_needed", needed = needed, held = held).to_string());
    }
    let begin = account.figure(FigureName::ResidentMonth);
    let missing = amount.into_iter().chain(begin);
    reply
        .more
        .extend(ways(missing.flat_map(|figure| &figure.missing)));
    reply
}
