//! The account as one HTML file that needs nothing else: for reading, keeping and printing on A4.

use super::{account, figures, named, place, serde_name, yuan};
use crate::worker::Answer;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rust_i18n::t;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{
    Account,
    account::{Conflict, FamilyAccount, MonthLine, MonthStatus},
    conflict::Severity,
};
use yizhang_ledger::value::{Day, Division, Month};

/// Most years of one picture: a hundred years of life and of what is wrong with a file.
const YEARS_MAX: u16 = 120;
/// Hues of places, far apart; they repeat, the letters do not.
const HUES: [u16; 8] = [210, 25, 140, 290, 50, 180, 330, 100];

const STYLE: &str = "
@page { size: A4; margin: 14mm }
body { print-color-adjust: exact; -webkit-print-color-adjust: exact; font: 10.5pt/1.45 'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', sans-serif; color: #111; margin: 1.5em auto; max-width: 182mm }
h1 { font-size: 16pt; margin: 0 0 .2em } h2 { font-size: 12pt; margin: 1.1em 0 .3em; border-bottom: 1px solid #999 }
table { border-collapse: collapse; margin: .3em 0 } td, th { padding: .12em .5em; text-align: left; vertical-align: top }
.rows td:first-child { color: #444; width: 45% } .grid { page-break-inside: avoid }
.grid td, .grid th { width: 1.55em; height: 1.35em; padding: 0; text-align: center; font-size: 8pt; border: 1px solid #fff }
.grid th:first-child { width: 3em } .grid th { font-weight: normal; color: #555 }
.gap { background: repeating-linear-gradient(45deg, #fff, #fff 3px, #ddd 3px, #ddd 5px) } .owed { background: #fbd5d0 }
.open { outline: 2px solid #b00; outline-offset: -2px; font-weight: bold } .deemed { border: 1px dashed #333 !important }
.aside { background: #eee; color: #666 } .hold { color: #b00; font-weight: bold } .small { font-size: 8.5pt; color: #444 }
.key td { border: 1px solid #fff } .list td, .list th { border-top: 1px solid #ccc; font-size: 9.5pt } code { font-size: 8.5pt; word-break: break-all }
@media print { body { margin: 0 } }
";

/// The page.
pub(crate) fn page(answer: &Answer) -> String {
    let account = &answer.account;
    let open = account.conflicts.iter().filter(|conflict| conflict.severity != Severity::Auto);
    let open: Vec<&Conflict> = open.collect();
    html! {
        (DOCTYPE)
        html lang=(crate::language::html_tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (t!("account.title", as_of = account.as_of)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (t!("account.title", as_of = account.as_of)) }
                @for line in account::person_lines(&account.person) { p { (line) } }
                @if account.records.is_empty() { p { (t!("account.nothing")) } }
                (entitlement(account))
                @for family in &account.families { (section(family, &open, account.as_of)) }
                (conflicts(account, &open))
                (sources(account))
                p.small { (t!("account.digest", digest = answer.digest)) }
                p.small { (t!("rules.name", name = account.rules.name)) }
                @if let Some(checked) = &answer.checked { p.small { (account::checked_line(checked)) } }
            }
        }
    }
    .into_string()
}

fn entitlement(account: &Account) -> Markup {
    let forecast = figures::forecast_rows(account);
    let mut notes = figures::Footnotes::default();
    let lines = figures::lines(account, &mut notes);
    let (gaps, questions) = (figures::gap_lines(account, &mut notes), figures::questions(account));
    html! {
        table.rows {
            @for (name, value) in lines { tr { td { (name) } td { (value) } } }
        }
        @if let Some((header, rows)) = forecast.split_first() {
            table.list {
                tr { @for cell in header { th { (cell) } } }
                @for row in rows { tr { @for cell in row { td { (cell) } } } }
            }
            @for note in figures::forecast_notes(account) { p.small { (note) } }
        }
        @for line in gaps { p { (line) } }
        @for line in notes.lines() { p.small { (line) } }
        @if !questions.is_empty() {
            p { (t!("figures.questions")) }
            ul { @for question in questions { li { (question) } } }
        }
    }
}

/// The letter and colour of each province, in the order of their codes.
struct Legend(BTreeMap<Division, usize>);

impl Legend {
    fn of(family: &FamilyAccount) -> Self {
        let provinces: BTreeSet<Division> = family.by_province.iter().map(|line| line.place.province()).collect();
        Self(provinces.into_iter().enumerate().map(|(at, province)| (province, at)).collect())
    }

    fn letter(&self, province: Division) -> char {
        let at = self.0.get(&province).copied().unwrap_or(0);
        char::from_u32(u32::from('A') + u32::try_from(at % 26).unwrap_or(0)).unwrap_or('?')
    }

    fn style(&self, province: Division) -> String {
        let hue = HUES[self.0.get(&province).copied().unwrap_or(0) % HUES.len()];
        format!("background: hsl({hue}, 70%, 82%)")
    }
}

fn section(family: &FamilyAccount, open: &[&Conflict], as_of: Day) -> Markup {
    let schemes: Vec<String> = family.schemes.iter().map(|scheme| place::scheme(scheme)).collect();
    let legend = Legend::of(family);
    let lines = account::family_lines(family);
    html! {
        h2 { (t!("account.family", schemes = schemes.join(" + "), months = family.counted_months)) }
        @for line in lines { p { (line) } }
        (picture(family, &legend, open, as_of))
        table.key {
            tr {
                @for province in legend.0.keys() {
                    td style=(legend.style(*province)) { (legend.letter(*province)) } td { (place::name(*province)) }
                }
                td.gap { "–" } td { (t!("html.gap")) }
                td.owed { "△" } td { (t!("html.owed")) }
                td.open { "!" } td { (t!("html.conflict")) }
                td.deemed { "视" } td { (t!("html.deemed")) }
            }
        }
    }
}

/// Years by months.
fn picture(family: &FamilyAccount, legend: &Legend, open: &[&Conflict], as_of: Day) -> Markup {
    let months: BTreeMap<Month, &MonthLine> = family.months.iter().map(|line| (line.month, line)).collect();
    let first = months.keys().next().map_or(0, |month| month.year());
    // A period of a century to come hides nothing either.
    let now = as_of.in_month().map_or(u16::MAX, Month::year);
    let last = months.keys().next_back().map_or(0, |month| month.year()).min(now.saturating_add(1));
    // The newest: a record of a wrong century hides nothing of the last years.
    let first = first.max(last.saturating_sub(YEARS_MAX - 1));
    let years = (first..=last).filter(|_| !months.is_empty());
    html! {
        table.grid {
            tr { th {} @for month in 1..=12 { th { (month) } } }
            @for year in years {
                tr {
                    th { (year) }
                    @for number in 1..=12 {
                        @if let Some(month) = Month::of(year, number) {
                            (cell(family, legend, open, (month, months.get(&month).copied())))
                        }
                    }
                }
            }
        }
    }
}

fn cell(
    family: &FamilyAccount,
    legend: &Legend,
    open: &[&Conflict],
    (month, line): (Month, Option<&MonthLine>),
) -> Markup {
    let within = |first: Option<Month>, last: Option<Month>| {
        first.is_some_and(|first| first <= month) && last.is_some_and(|last| month <= last)
    };
    let has_conflict = open
        .iter()
        .any(|conflict| conflict.family.as_ref() == Some(&family.family) && within(conflict.first, conflict.last));
    let in_gap = family.gaps.iter().any(|gap| within(Some(gap.first), Some(gap.last)));
    let span = family.spans.iter().find(|span| within(Some(span.first), Some(span.last)));
    let province = span.and_then(|span| span.holders.last()).map(|holder| holder.place.province());
    let mark = if has_conflict { "open" } else { "" };
    let status = line.map(|line| line.status);
    let title = match (line, span) {
        (Some(line), Some(span)) => {
            let places: Vec<String> = span.holders.iter().map(|holder| place::name(holder.place)).collect();
            let base = line.base.map(|base| format!(" {}", yuan(base))).unwrap_or_default();
            format!("{month} {}{base}", places.join(" / "))
        }
        (Some(line), None) => format!("{month} {}", named(&format!("html.status.{}", serde_name(&line.status)))),
        (None, _) => month.to_string(),
    };
    match (status, province) {
        (Some(MonthStatus::Counted), Some(province)) => {
            let letter = legend.letter(province);
            html! {
                td class=(mark) style=(legend.style(province)) title=(title) {
                    (letter) @if has_conflict { "!" }
                }
            }
        }
        (Some(MonthStatus::Deemed), _) => html! { td.deemed class=(mark) title=(title) { "视" } },
        (Some(MonthStatus::Arrears | MonthStatus::NotFull), _) => html! { td.owed class=(mark) title=(title) { "△" } },
        _ if in_gap => html! { td.gap class=(mark) title=(title) { "–" } },
        (Some(_), _) => html! { td.aside class=(mark) title=(title) { "·" } },
        (None, _) => html! { td {} },
    }
}

fn conflicts(account: &Account, open: &[&Conflict]) -> Markup {
    if account.conflicts.is_empty() {
        return html! {};
    }
    let resolved = account.conflicts.len() - open.len();
    html! {
        h2 { (t!("account.conflicts", open = open.len(), resolved = resolved)) }
        @if !open.is_empty() { table.list {
            tr {
                th { (t!("conflict.class")) } th { (t!("conflict.what")) } th { (t!("conflict.months")) }
                th { (t!("conflict.acts")) } th { (t!("html.resolve")) }
            }
            @for conflict in open {
                @let code = format!("{:?}", conflict.code);
                tr {
                    td class=(if conflict.severity >= Severity::Hold { "hold" } else { "" }) { (code) }
                    td { (named(&format!("conflict.{code}"))) }
                    td { (account::months_of(conflict)) }
                    td { (named(&format!("actor.{}", serde_name(&conflict.code.class().acts)))) }
                    td {
                        (named(&format!("resolve.{code}")))
                        @for line in account::choice_lines(conflict) { br; (line) }
                    }
                }
            }
        } }
    }
}

fn sources(account: &Account) -> Markup {
    let lines = account::source_lines(account);
    html! {
        @if !lines.is_empty() {
            h2 { (t!("account.sources")) }
            @for line in lines { p.small { (line) } }
        }
    }
}
