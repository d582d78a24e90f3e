//! What comes of it: from when, how much a month, and what is needed for it.

use super::{
    answers::{Reply, Tone, has_two_persons, main_family, pensions},
    missing::{lack, ways},
    words,
};
use crate::text::t;
use crate::{account::Answer, named, provisional::ByNumber, serde_name};
use maud::{Markup, html};
use std::collections::BTreeSet;
use yizhang_entitlement::{
    Account, Family,
    account::{
        Assumption, Drawing, FamilyAccount, Figure, FigureName, FigureValue, Forecast, Ground,
        Missing, MissingName, QuestionName,
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
    if let Some(drawing) = drawing(account) {
        return drawing_reply(account, drawing);
    }
    if let [employees, residents] = pensions(account).as_slice() {
        return of_both(answer, employees, residents);
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

/// The pension that is drawn.
pub(super) fn drawing(account: &Account) -> Option<&Drawing> {
    let drawn = |family: Family<'_>| account.of_family(family)?.drawing.as_ref();
    drawn(Family::PENSION).or_else(|| drawn(Family::RESIDENT_PENSION))
}

/// Of who has months in both pensions: what comes of each, that first which comes of the months there are, and how they can be
/// joined.
fn of_both(answer: &Answer, employees: &FamilyAccount, residents: &FamilyAccount) -> Reply {
    let account = &answer.account;
    let of = |family: &FamilyAccount, reply: Reply| {
        let scheme = words::family(family);
        let mut reply = reply.of_scheme(&scheme);
        for text in [&mut reply.number, &mut reply.sentence] {
            *text = t!("home.of_scheme", scheme = scheme, what = text.clone()).to_string();
        }
        reply
    };
    let employee = of(employees, of_employees(answer));
    let resident = of(residents, of_residents(account));
    let has_begin = |name| month(account, name).is_some();
    let is_by_residents = has_begin(FigureName::ResidentFirst)
        && (is_short(account) || !has_begin(FigureName::PensionFirst));
    let mut reply = if is_by_residents {
        resident.and(employee)
    } else {
        employee.and(resident)
    };
    if let Some(line) = joining(account) {
        reply.more.insert(0, line);
    }
    reply
}

/// How months of both pensions can be joined.
fn joining(account: &Account) -> Option<String> {
    if !asks(account, QuestionName::Bridge) {
        return None;
    }
    let all = words::long_count(months(account, FigureName::ResidentIfBridged)?);
    let text = if let Some(needed) = months(account, FigureName::BridgeThreshold) {
        let needed = words::long_count(needed);
        t!("home.get.joining", needed = needed, all = all)
    } else {
        t!("home.get.joining_open", all = all)
    };
    Some(text.to_string())
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
    let mut reply = employees_begin(answer);
    reply.more = needed(account).into_iter().collect();
    reply.more.extend(choice(account));
    reply.more.extend(ways(but_months(lacking(account))));
    reply.more.extend(assumed(account));
    reply.below = forecasts(account);
    reply
}

/// From when employees' pension comes, and how much of it.
fn employees_begin(answer: &Answer) -> Reply {
    let account = &answer.account;
    let first = month(account, FigureName::PensionFirst);
    let pension = account.forecast(FigureName::Pension, Forecast::Continued);
    match (first, fen(pension)) {
        (Some(first), amount) if has_come(account, first) => to_apply_for(first, amount),
        (Some(first), Some(amount)) => {
            let (from, amount) = (words::month(first), words::money(amount));
            let number = t!("home.get.number", amount = amount.clone());
            let sentence = t!("home.get.both", from = from, amount = amount);
            Reply::new(Tone::Good, number.to_string(), sentence.to_string())
        }
        (Some(first), None) => {
            let from = words::month(first);
            let number = t!("home.get.from", from = from.clone()).to_string();
            let key = if is_short(account) {
                "home.get.from_short"
            } else {
                "home.get.from_only"
            };
            let sentence = t!(key, from = from).to_string();
            Reply::new(Tone::Open, number, sentence)
        }
        (None, _) => unknown_begin(answer),
    }
}

/// Whether the first month of a pension is not ahead any more.
fn has_come(account: &Account, first: Month) -> bool {
    account.as_of.in_month().is_some_and(|now| first <= now)
}

/// Age and months are there, and nobody has awarded anything.
fn to_apply_for(first: Month, amount: Option<i64>) -> Reply {
    let since = words::month(first);
    let Some(amount) = amount else {
        let sentence = t!("home.get.apply_only", since = since).to_string();
        return Reply::new(Tone::Look, t!("home.get.now").to_string(), sentence);
    };
    let amount = words::money(amount);
    let number = t!("home.get.number", amount = amount.clone()).to_string();
    let sentence = t!("home.get.apply", since = since, amount = amount).to_string();
    Reply::new(Tone::Look, number, sentence)
}

/// Whether the months of employees' pension are not enough at the age, even if every month is paid until then.
fn is_short(account: &Account) -> bool {
    let lacking = lacking(account);
    let mut lacking = lacking.iter();
    asks(account, QuestionName::ShortOfMinimum)
        || lacking.any(|one| one.what == MissingName::EnoughMonths)
}

/// Whether the account puts a question.
fn asks(account: &Account, name: QuestionName) -> bool {
    let mut questions = account.questions.iter();
    questions.any(|question| question.name == name)
}

/// What is missing but months, of which answers speak themselves.
fn but_months<'m>(
    missing: impl IntoIterator<Item = &'m Missing>,
) -> impl Iterator<Item = &'m Missing> {
    let missing = missing.into_iter();
    missing.filter(|one| one.what != MissingName::EnoughMonths)
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
    let scheme = account.of_family(Family::PENSION).map(words::family)?;
    Some(html! {
        table.forecasts {
            caption { (words::prose(&t!("home.get.forecasts", scheme = scheme))) }
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
    let mut reply = residents_begin(account);
    let needed = months(account, FigureName::ResidentMinimum);
    let held = months(account, FigureName::ResidentMonths);
    if let (Some(needed), Some(held)) = (needed, held) {
        let (needed, held) = (words::long_count(needed), words::long_count(held));
        let line = t!("home.get.resident_needed", needed = needed, held = held);
        reply.more.push(line.to_string());
    }
    let figures = [
        FigureName::ResidentPension,
        FigureName::ResidentMonth,
        FigureName::ResidentFirst,
    ];
    let figures = figures.into_iter().filter_map(|name| account.figure(name));
    let missing = figures.flat_map(|figure| &figure.missing);
    reply.more.extend(ways(but_months(missing)));
    reply
}

/// From when resident pension comes, and how much of it.
fn residents_begin(account: &Account) -> Reply {
    let begin = account.figure(FigureName::ResidentFirst);
    let Some(first) = month(account, FigureName::ResidentFirst) else {
        return residents_age(account, begin);
    };
    let amount = fen(account.figure(FigureName::ResidentPension));
    if has_come(account, first) {
        return to_apply_for(first, amount);
    }
    let from = words::month(first);
    let mut reply = if let Some(fen) = amount {
        let amount = words::money(fen);
        let number = t!("home.get.number", amount = amount.clone());
        let sentence = t!("home.get.resident_both", from = from, amount = amount);
        Reply::new(Tone::Good, number.to_string(), sentence.to_string())
    } else {
        let number = t!("home.get.from", from = from.clone());
        let sentence = t!("home.get.resident_from", from = from);
        Reply::new(Tone::Open, number.to_string(), sentence.to_string())
    };
    let every_month = Ground::Assumed(Assumption::EveryMonthPaid);
    if begin.is_some_and(|begin| begin.from.contains(&every_month)) {
        reply.sentence.push_str(&t!("home.get.resident_if"));
    }
    reply
}

/// Where no month of begin is known: the age, and whether the months will be enough by then.
fn residents_age(account: &Account, begin: Option<&Figure>) -> Reply {
    let is_short = begin.is_some_and(|begin| {
        let mut missing = begin.missing.iter();
        missing.any(|one| one.what == MissingName::EnoughMonths)
    });
    let age = month(account, FigureName::ResidentMonth).map(words::month);
    let sentence = match age {
        Some(age) if is_short => t!("home.get.resident_short", age = age),
        Some(age) => t!("home.get.resident_age", age = age),
        None => t!("home.get.unknown"),
    };
    let unknown = t!("home.unknown").to_string();
    Reply::new(Tone::Open, unknown, sentence.to_string())
}
