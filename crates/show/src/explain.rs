//! The walk from each figure to rules and records.

use super::{
    account::Answer,
    conflicts,
    copies::{self, IN_DOUBT},
    count, family, figures, html, kind, named,
    page::{Block, Part},
    picture::Legend,
    place, printable, record, serde_name, terminal,
};
use crate::language::{self, Language};
use crate::text::t;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{
    Account,
    account::{
        FamilyAccount, Figure, FigureNumber, Ground, MonthLine, MonthStatus, RecordNumber, RuleLine,
    },
};
use yizhang_ledger::{entry::Kind, value::Month};
use yizhang_rules::{Key, Unit};

/// Longest value of a rule that is shown, in characters.
const VALUE_SHOWN_MAX: usize = 40;

/// Prints every figure with what it rests on, down to rules and records. What was explained above is named only; the months
/// of a family, with the records behind them, come once, at the end.
pub fn print(answer: &Answer) {
    let account = &answer.account;
    let doubt = copies::in_doubt(account, &answer.copies);
    for line in copies::warnings(account, &answer.copies) {
        println!("{line}");
    }
    if account.figures.is_empty() {
        println!("{}", t!("figures.nothing"));
    } else {
        println!("{}", t!("figures.title", as_of = account.as_of));
        println!("{}", t!("figures.words"));
    }
    for (number, figure) in (0_u32..).zip(&account.figures) {
        let sign = if doubt.figures.contains(&FigureNumber(number)) {
            IN_DOUBT
        } else {
            ""
        };
        println!();
        println!(
            "[{}] {}: {}{sign}",
            u64::from(number) + 1,
            printable(&figures::name(figure)),
            printable(&figures::value(figure))
        );
        for line in grounds(account, figure) {
            println!("    ← {}", printable(&line));
        }
    }
    println!();
    terminal::print(&parts(account));
}

/// The months of each family with the records behind them, and what does not agree.
fn parts(account: &Account) -> Vec<Part> {
    let families = account.families.iter();
    let mut parts: Vec<Part> = families
        .filter_map(|family| months(account, family))
        .collect();
    parts.extend(conflicts::part(account));
    parts
}

/// The same as HTML, to stand in a page of somebody else's under [`html::STYLE`]: a figure opens when it is tapped.
pub fn html(answer: &Answer) -> String {
    let account = &answer.account;
    let doubt = copies::in_doubt(account, &answer.copies);
    let legend = Legend::of(account);
    maud::html! {
        @for line in copies::warnings(account, &answer.copies) { p { (line) } }
        @if account.figures.is_empty() { p { (t!("figures.nothing")) } }
        @for (number, figure) in (0_u32..).zip(&account.figures) {
            details id=(format!("figure-{}", u64::from(number) + 1)) {
                summary {
                    "[" (u64::from(number) + 1) "] " (figures::name(figure)) ": " b { (figures::value(figure)) }
                    @if doubt.figures.contains(&FigureNumber(number)) { (IN_DOUBT) }
                }
                ul { @for line in grounds(account, figure) { li { (line) } } }
            }
        }
        @for part in parts(account) { (html::section(answer, &legend, &part)) }
    }
    .into_string()
}

/// What a figure rests on, a line each; all records in one.
fn grounds(account: &Account, figure: &Figure) -> Vec<String> {
    let records: Vec<RecordNumber> = figure
        .from
        .iter()
        .filter_map(|ground| {
            if let Ground::Record(number) = ground {
                Some(*number)
            } else {
                None
            }
        })
        .collect();
    let mut lines: Vec<String> = figure
        .from
        .iter()
        .filter_map(|ground| ground_line(account, ground))
        .collect();
    match records.as_slice() {
        [] => {}
        [one] => lines.push(record::named(account, *one)),
        many => lines.push(
            t!(
                "figures.records",
                count = many.len(),
                positions = record::positions(account, many.iter().copied())
            )
            .to_string(),
        ),
    }
    lines
}

fn ground_line(account: &Account, ground: &Ground) -> Option<String> {
    Some(match ground {
        Ground::Figure(FigureNumber(number)) => {
            let figure = account.figure_at(FigureNumber(*number))?;
            format!(
                "[{}] {}: {}",
                u64::from(*number) + 1,
                figures::name(figure),
                figures::value(figure)
            )
        }
        Ground::Rule(number) => rule(account.rule(*number)?),
        Ground::Record(_) => return None,
        Ground::Family(name) => {
            let scheme = account
                .family(name)
                .map_or_else(|| name.clone(), family::name);
            t!("figures.family", scheme = scheme, code = name).to_string()
        }
        Ground::Assumed(assumption) => t!(
            "figures.assumed",
            what = named(&format!("assumption.{}", serde_name(assumption)))
        )
        .to_string(),
    })
}

/// A rule in words: what it is about, its value with the unit, the document, how sure it is.
fn rule(rule: &RuleLine) -> String {
    let key = Key::named(&rule.key);
    let meaning = match (language::current(), key) {
        (Language::Zh, _) => named(&format!("rule_key.{}", rule.key)),
        (Language::En, Some(key)) => key.meaning().to_owned(),
        (Language::En, None) => rule.key.clone(),
    };
    let value = shortened(&rule.value);
    let value = match key.map(Key::unit) {
        Some(Unit::Months) => count::months(value),
        Some(Unit::Days) => count::working_days(value),
        Some(Unit::Yuan) => t!("figures.yuan", amount = value).to_string(),
        _ => value,
    };
    let confidence = match rule.confidence.as_str() {
        "V" => t!("rules.verified"),
        "K" => t!("rules.known"),
        "U" => t!("rules.uncertain"),
        _ => t!("rules.design"),
    };
    let document = figures::cited(&rule.document, &rule.number);
    t!(
        "figures.rule",
        id = rule.id,
        meaning = meaning,
        value = value,
        document = document,
        confidence = confidence
    )
    .to_string()
}

/// The beginning of a long table.
fn shortened(value: &str) -> String {
    if value.chars().count() <= VALUE_SHOWN_MAX {
        return value.to_owned();
    }
    value.chars().take(VALUE_SHOWN_MAX).chain(['…']).collect()
}

/// The months of a family by what they are and where, with the records behind them; then the records that no month rests on.
fn months(account: &Account, family: &FamilyAccount) -> Option<Part> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut used: BTreeSet<RecordNumber> = BTreeSet::new();
    for run in family.months.chunk_by(|one, other| {
        one.month.next() == other.month && label(family, one) == label(family, other)
    }) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let records: BTreeSet<RecordNumber> = run
            .iter()
            .flat_map(|line| line.by.iter().chain(&line.others))
            .copied()
            .collect();
        rows.push(vec![
            first.month.to_string(),
            last.month.to_string(),
            run.len().to_string(),
            label(family, first),
            record::positions(account, records.iter().copied()),
        ]);
        used.extend(records);
    }
    let header = [
        t!("account.from"),
        t!("account.to"),
        t!("account.months"),
        t!("figures.what"),
        t!("conflict.records"),
    ];
    let title = t!(
        "figures.months_of",
        scheme = family::name(family),
        code = family.family
    );
    let others = beside(account, family, &used);
    Part::titled(
        title,
        vec![
            Block::Table(header.map(|cell| cell.to_string()).to_vec(), rows),
            Block::Lines(others),
        ],
    )
}

/// Where a month counts, or why it does not.
fn label(family: &FamilyAccount, line: &MonthLine) -> String {
    let holds = |month: Month| {
        family
            .spans
            .iter()
            .find(move |span| span.first <= month && month <= span.last)
    };
    match (line.status, holds(line.month)) {
        (MonthStatus::Counted, Some(span)) => {
            place::names(span.holders.iter().map(|holder| holder.place))
        }
        (status, _) => named(&format!("html.status.{}", serde_name(&status))),
    }
}

/// Interest, participation, agreements, joinings, transfers and benefits, by kind.
fn beside(account: &Account, family: &FamilyAccount, used: &BTreeSet<RecordNumber>) -> Vec<String> {
    let records = (family.interest.postings.iter().map(|line| line.record))
        .chain(
            family
                .cleared
                .iter()
                .flat_map(|line| [line.record, line.agreement]),
        )
        .chain(family.joined.iter().map(|line| line.record))
        .chain(family.participation.iter().map(|line| line.record))
        .chain(
            family
                .transfers
                .iter()
                .flat_map(|case| case.steps.iter().map(|step| step.record)),
        )
        .chain(family.benefits.iter().map(|line| line.record));
    let mut kinds: BTreeMap<Kind, Vec<RecordNumber>> = BTreeMap::new();
    for number in records.filter(|number| !used.contains(number)) {
        let Some(record) = account.record(number) else {
            continue;
        };
        kinds.entry(record.kind).or_default().push(number);
    }
    let line = |(kind, numbers): (Kind, Vec<RecordNumber>)| {
        t!(
            "figures.of_kind",
            kind = kind::name(kind),
            positions = record::positions(account, numbers)
        )
        .to_string()
    };
    kinds.into_iter().map(line).collect()
}
