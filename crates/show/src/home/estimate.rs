//! What a pension would be under assumptions of the worker's own: a form that works without a script, and what came of it. Choices and
//! results come here as values.

use super::{Setting, missing::ways, terms, trust, words};
use crate::account::Answer;
use crate::text::t;
use maud::{Markup, html};
use yizhang_entitlement::{
    Account,
    account::{Assumption, FigureName, Ground},
    projection::{Assumed, Choices, GROWTH_MAX, NoProjection, Projection},
};
use yizhang_ledger::value::{Fen, Month};

/// What was chosen, and what came of it.
pub struct Estimate {
    /// What can be chosen.
    pub choices: Choices,
    /// What was chosen.
    pub assumed: Assumed,
    /// What came of it.
    pub result: Result<Projection, NoProjection>,
}

/// The page; where nothing can be chosen it says why.
pub fn page(
    answer: &Answer,
    estimate: &Result<Estimate, NoProjection>,
    setting: &Setting,
) -> Markup {
    html! {
        main id="main" {
            p { a href=(setting.links.first()) { (t!("home.back")) } }
            h1 { (t!("home.estimate.title")) }
            (trust::line(answer, &setting.links))
            p { strong { (words::prose(&t!("home.estimate.lead"))) } }
            @match estimate {
                Ok(estimate) => {
                    (result(&answer.account, estimate))
                    (form(estimate, setting))
                    @if let Ok(found) = &estimate.result { (assumptions(&answer.account, estimate, found)) }
                }
                Err(why) => (refused(why)),
            }
        }
        (terms::meanings(setting))
    }
}

fn result(account: &Account, estimate: &Estimate) -> Markup {
    let from = words::month(estimate.assumed.retire);
    match &estimate.result {
        Err(why) => refused(why),
        Ok(found) => html! {
            article.answer role="status" {
                h2 { (t!("home.estimate.if", from = from, age = age(found.age_months))) }
                p.number { (t!("home.estimate.number", amount = money(found.pension))) }
                p.sentence { (words::prose(&t!("home.estimate.sentence"))) }
                @if estimate.assumed.growth.get() > 0 && found.years > 0 {
                    p { (t!("home.estimate.then", amount = money(found.then), growth = percent(estimate.assumed.growth.get()))) }
                }
                (parts(account, estimate, found))
            }
        },
    }
}

fn parts(account: &Account, estimate: &Estimate, found: &Projection) -> Markup {
    let index = format!("{}.{:04}", found.index.0 / 10_000, found.index.0 % 10_000);
    let divisor = format!("{}.{}", found.divisor.0 / 10, found.divisor.0 % 10);
    html! {
        dl.facts {
            dt { (t!("home.estimate.months")) }
            dd { (t!("home.estimate.months_of", all = words::long_count(found.months), more = words::count(found.more))) }
            dt { (words::prose(&t!("home.estimate.base_used"))) }
            dd {
                (money(found.base))
                @if found.base != estimate.assumed.base { " " (t!("home.estimate.limited")) }
            }
            dt { (words::prose(&t!("home.estimate.reference"))) }
            dd {
                (money(found.reference))
                @if is_old(account) { " " (t!("home.estimate.old")) }
            }
            dt { (words::prose(&t!("home.estimate.index"))) }
            dd { (index) }
            dt { (words::prose(&t!("home.estimate.balance"))) }
            dd { (t!("home.estimate.balance_by", balance = money(found.balance), divisor = divisor)) }
            dt { (t!("home.estimate.basic")) }
            dd { (money(found.basic)) }
            dt { (t!("home.estimate.account")) }
            dd { (money(found.account)) }
            @if let Some(part) = found.transition {
                dt { (t!("home.estimate.transition")) }
                dd { (money(part)) }
            }
        }
    }
}

/// Whether the reference wage is that of an earlier year.
fn is_old(account: &Account) -> bool {
    let figure = account.figure(FigureName::ReferenceWage);
    let old = Ground::Assumed(Assumption::LastPublished);
    figure.is_some_and(|figure| figure.from.contains(&old))
}

fn form(estimate: &Estimate, setting: &Setting) -> Markup {
    let Some(action) = setting.links.estimate() else {
        return html! {};
    };
    let Choices {
        earliest,
        statutory,
        latest,
        floor,
        ceiling,
        ..
    } = estimate.choices;
    let after = |month: Month| month.since(earliest).max(0);
    let chosen = estimate.assumed.retire;
    let way = |month: Month| {
        let base = crate::yuan(estimate.assumed.base.get());
        let growth = percent(estimate.assumed.growth.get());
        format!(
            "{action}?later={}&base={base}&growth={growth}",
            after(month)
        )
    };
    html! {
        form.card method="get" action=(action) {
            label for="later" { (t!("home.estimate.retire")) ": " output id="later-month" for="later" { (words::month(chosen)) } }
            input id="later" name="later" type="range" min="0" max=(after(latest)) step="1" value=(after(chosen))
                aria-describedby="later-help" aria-valuetext=(words::month(chosen)) data-first=(earliest) data-text=(t!("home.estimate.month_text"));
            p.small id="later-help" {
                (t!("home.estimate.from")) " " a href=(way(earliest)) { (words::month(earliest)) } "; "
                // Whoever is past it can choose it no more.
                @if statutory >= earliest { (t!("home.estimate.by_law")) " " a href=(way(statutory)) { (words::month(statutory)) } "; " }
                (t!("home.estimate.until")) " " a href=(way(latest)) { (words::month(latest)) }
            }
            label for="base" { (t!("home.estimate.base")) }
            input id="base" name="base" type="number" min="0" max=(yizhang_entitlement::projection::BASE_MAX / 100) step="0.01" inputmode="decimal" required
                value=(crate::yuan(estimate.assumed.base.get())) aria-describedby="base-help";
            p.small id="base-help" { (limits(floor, ceiling)) }
            label for="growth" { (t!("home.estimate.growth")) }
            input id="growth" name="growth" type="number" min="0" max=(GROWTH_MAX / 100) step="0.1" inputmode="decimal" required
                value=(percent(estimate.assumed.growth.get())) aria-describedby="growth-help";
            p.small id="growth-help" { (t!("home.estimate.growth_help", most = GROWTH_MAX / 100)) }
            button.main type="submit" { (t!("home.estimate.button")) }
        }
    }
}

/// The limits of the base, where they are known.
fn limits(floor: Option<Fen>, ceiling: Option<Fen>) -> String {
    match (floor, ceiling) {
        (Some(floor), Some(ceiling)) => t!(
            "home.estimate.limits",
            floor = money(floor),
            ceiling = money(ceiling)
        )
        .to_string(),
        _ => t!("home.estimate.no_limits").to_string(),
    }
}

fn assumptions(account: &Account, estimate: &Estimate, found: &Projection) -> Markup {
    let mut lines = vec![
        t!(
            "home.estimate.assumes.paid",
            count = words::count(found.more)
        ),
        t!(
            "home.estimate.assumes.growth",
            growth = percent(estimate.assumed.growth.get())
        ),
        t!("home.estimate.assumes.law", day = words::day(account.as_of)),
    ];
    lines.push(if found.transition.is_some() {
        t!("home.estimate.assumes.local")
    } else {
        t!("home.estimate.assumes.provincial")
    });
    if is_old(account) {
        lines.push(t!("home.estimate.assumes.old"));
    }
    html! {
        section {
            h2 { (t!("home.estimate.assumes")) }
            ul { @for line in lines { li { (words::prose(&line)) } } }
            p { strong { (t!("home.estimate.no_promise")) } }
        }
    }
}

fn refused(why: &NoProjection) -> Markup {
    let (text, more) = match why {
        NoProjection::OtherRules => (t!("home.estimate.other_rules"), Vec::new()),
        NoProjection::NothingToChoose => (t!("home.estimate.nothing"), Vec::new()),
        NoProjection::Outside => (t!("home.estimate.outside"), Vec::new()),
        NoProjection::TooFew { months, needed } => {
            let (months, needed) = (words::long_count(*months), words::long_count(*needed));
            let text = t!("home.estimate.too_few", months = months, needed = needed);
            (text, Vec::new())
        }
        NoProjection::Lacks(missing) => (t!("home.estimate.lacks"), ways(missing)),
    };
    html! {
        p.alert role="alert" { (words::prose(&text)) }
        @if !more.is_empty() { ul { @for line in more { li { (words::prose(&line)) } } } }
    }
}

fn money(amount: Fen) -> String {
    words::money(amount.get())
}

/// Ten-thousandths as a percentage.
fn percent(ten_thousandths: u32) -> String {
    let (whole, rest) = (ten_thousandths / 100, ten_thousandths % 100);
    if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest:02}")
    }
}

fn age(months: u16) -> String {
    let (years, rest) = (months / 12, u32::from(months % 12));
    if rest == 0 {
        return t!("home.years", years = years).to_string();
    }
    t!(
        "home.years_months",
        years = years,
        months = words::count(rest)
    )
    .to_string()
}
