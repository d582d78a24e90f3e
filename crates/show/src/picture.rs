//! The months of a family as a picture: years by months, coloured by place, gaps and conflicts marked.

use super::{family, named, place, serde_name, yuan};
use crate::text::t;
use maud::{Markup, html};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};
use yizhang_entitlement::{
    Account,
    account::{FamilyAccount, Gap, MonthLine, MonthStatus, MovedMonths, Span},
    conflict::Severity,
};
use yizhang_ledger::value::{Division, Month};

/// Most years of one picture: a hundred years of life and of what is wrong with a file.
const YEARS_MAX: u16 = 120;
/// Longest picture of one column, in years; a longer one stands in two, so that a working life takes half a sheet.
const COLUMN_YEARS: usize = 7;
/// Colours of places, classes of the style of an account (`html::STYLE`); they repeat, the letters do not.
const HUES: [&str; 8] = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];

/// The letter and colour of each province, the same in every picture of an account, in the order of their codes.
pub(crate) struct Legend(BTreeMap<Division, usize>);

impl Legend {
    pub(crate) fn of(account: &Account) -> Self {
        let families = account.families.iter();
        let provinces: BTreeSet<Division> = families
            .flat_map(|family| family.by_province.iter().map(|line| line.place.province()))
            .collect();
        Self(
            provinces
                .into_iter()
                .enumerate()
                .map(|(at, province)| (province, at))
                .collect(),
        )
    }

    /// No two provinces share a letter: there are 34, and behind Z the small ones follow. What an account from elsewhere names
    /// beyond that, or names nowhere else, has none.
    fn letter(&self, province: Division) -> char {
        let at = self.0.get(&province);
        let letter = at.and_then(|at| ('A'..='Z').chain('a'..='z').nth(*at));
        letter.unwrap_or('?')
    }

    /// The class of the colour of a province; none for one without a letter.
    fn class(&self, province: Division) -> &'static str {
        match self.0.get(&province) {
            Some(at) => HUES[at % HUES.len()],
            None => "",
        }
    }
}

/// The years of a picture: those of the months, up to the year after the account's, and no more than fit in.
fn years(first: Month, newest: Month, now: Month) -> RangeInclusive<u16> {
    let last = now.max(newest).year().min(now.year() + 1);
    // The newest: a record of a wrong century hides nothing of the last years. The first years there are have none before.
    let first = first.year().max(last.saturating_sub(YEARS_MAX - 1));
    first..=last
}

/// A family with all that marks its months.
struct Marked<'a> {
    family: &'a FamilyAccount,
    legend: &'a Legend,
    months: BTreeMap<Month, &'a MonthLine>,
    gaps: Vec<Gap>,
    /// Months of conflicts that wait for people.
    open: Vec<(Month, Month)>,
    disputed: BTreeSet<Month>,
    /// The years that are shown.
    years: RangeInclusive<u16>,
}

/// A cell: its class beside that of a conflict, the province that colours it, its sign and what it says in words.
struct Cell {
    class: &'static str,
    province: Option<Division>,
    sign: String,
    title: String,
}

/// The picture of a family, with the key to the signs in it. It ends with the month of the account, or with what is paid or
/// due ahead, up to the next year.
pub(crate) fn picture(account: &Account, family: &FamilyAccount, legend: &Legend) -> Markup {
    let months: BTreeMap<Month, &MonthLine> = family
        .months
        .iter()
        .map(|line| (line.month, line))
        .collect();
    let (Some(first), Some(newest)) = (
        months.keys().next().copied(),
        months.keys().next_back().copied(),
    ) else {
        return html! {};
    };
    let now = account.as_of.in_month().unwrap_or(newest);
    let open = account
        .conflicts
        .iter()
        .filter(|conflict| conflict.severity > Severity::Task);
    let open = open.map(|conflict| account.concern(conflict));
    let open = open.filter(|concern| concern.family.as_ref() == Some(&family.family));
    let marked = Marked {
        family,
        legend,
        gaps: family.gaps_until(account.as_of),
        open: open.flat_map(|concern| concern.spans).collect(),
        disputed: account.disputed_months(&family.family),
        years: years(first, newest, now),
        months,
    };
    let years: Vec<u16> = marked.years.clone().collect();
    let columns = if years.len() > COLUMN_YEARS { 2 } else { 1 };
    html! {
        div.pictures {
            @for years in years.chunks(years.len().div_ceil(columns).max(1)) {
                table.grid {
                    thead { tr { th {} @for month in 1..=12 { th { (month) } } } }
                    @for year in years { (row(&marked, *year)) }
                }
            }
        }
        (key(&marked))
    }
}

fn row(marked: &Marked<'_>, year: u16) -> Markup {
    html! {
        tr {
            th { (year) }
            @for month in (1..=12).filter_map(|number| Month::of(year, number)) {
                @let cell = marked.cell(month);
                td class=(marked.classes(&cell, month)) title=(cell.title) { (cell.sign) }
            }
        }
    }
}

impl Marked<'_> {
    /// What a cell looks like: what counts, whether it is open, where it is from.
    fn classes(&self, cell: &Cell, month: Month) -> String {
        let open = if self.is_open(month) { "open" } else { "" };
        let place = cell
            .province
            .map_or("", |province| self.legend.class(province));
        let classes = [cell.class, open, place];
        let classes: Vec<&str> = classes
            .into_iter()
            .filter(|class| !class.is_empty())
            .collect();
        classes.join(" ")
    }

    fn is_open(&self, month: Month) -> bool {
        self.disputed.contains(&month)
            || self
                .open
                .iter()
                .any(|(first, last)| *first <= month && month <= *last)
    }

    fn span(&self, month: Month) -> Option<&Span> {
        self.family
            .spans
            .iter()
            .find(|span| span.first <= month && month <= span.last)
    }

    /// Whether a transfer case takes this month along, by what it says of it.
    fn case(
        &self,
        month: Month,
        of: fn(&yizhang_entitlement::account::TransferCase) -> Option<&MovedMonths>,
    ) -> Option<Division> {
        let has = |moved: &MovedMonths| moved.first <= month && month <= moved.last;
        let mut cases = self.family.transfers.iter();
        cases
            .find(|case| of(case).is_some_and(has))
            .map(|case| case.target.province())
    }

    fn cell(&self, month: Month) -> Cell {
        let line = self.months.get(&month);
        let cell = |class, sign: &str| Cell {
            class,
            province: None,
            sign: sign.to_owned(),
            title: self.title(month),
        };
        let in_gap = self
            .gaps
            .iter()
            .any(|gap| gap.first <= month && month <= gap.last);
        match line.map(|line| line.status) {
            Some(MonthStatus::Counted) => self.counted(month),
            Some(MonthStatus::Deemed) => cell("deemed", &t!("html.deemed_sign")),
            Some(MonthStatus::Arrears | MonthStatus::NotFull) => cell("owed", "△"),
            _ if in_gap => cell("gap", "–"),
            Some(_) => cell("aside", "·"),
            None => cell("", ""),
        }
    }

    /// The letters of all that hold the month; the arrow behind one says that the month is on its way, before one that it
    /// was brought there.
    fn counted(&self, month: Month) -> Cell {
        let provinces = self.span(month).map(family::provinces).unwrap_or_default();
        let moved = self
            .case(month, |case| case.transferred.as_ref())
            .filter(|to| !provinces.contains(to));
        let leaves = self.case(month, |case| case.in_transfer.as_ref()).is_some();
        let letters: Vec<String> = provinces
            .iter()
            .map(|province| self.legend.letter(*province).to_string())
            .collect();
        let sign = match moved {
            Some(to) => format!("→{}", self.legend.letter(to)),
            None if leaves => format!("{}→", letters.concat()),
            None => letters.concat(),
        };
        let class = if sign.chars().count() > 1 {
            "narrow"
        } else {
            ""
        };
        let province = moved.or_else(|| provinces.iter().next_back().copied());
        Cell {
            class,
            province,
            sign,
            title: self.title(month),
        }
    }

    fn title(&self, month: Month) -> String {
        match (self.months.get(&month), self.span(month)) {
            (Some(line), Some(span)) => {
                let places = place::names(span.holders.iter().map(|holder| holder.place));
                let base = line
                    .base
                    .map(|base| format!(" {}", yuan(base)))
                    .unwrap_or_default();
                format!("{month} {places}{base}")
            }
            (Some(line), None) => format!(
                "{month} {}",
                named(&format!("html.status.{}", serde_name(&line.status)))
            ),
            (None, _) => month.to_string(),
        }
    }
}

/// The key to the signs that occur.
fn key(marked: &Marked<'_>) -> Markup {
    let cells: Vec<Cell> = marked.all().map(|month| marked.cell(month)).collect();
    let has = |class: &str| cells.iter().any(|cell| cell.class == class);
    let mentions = |sign: char| cells.iter().any(|cell| cell.sign.contains(sign));
    let provinces = marked
        .legend
        .0
        .keys()
        .filter(|province| mentions(marked.legend.letter(**province)));
    html! {
        p.key {
            @for province in provinces {
                span.sign.(marked.legend.class(*province)) { (marked.legend.letter(*province)) } (place::name(*province))
            }
            @if mentions('→') { span.sign { "→" } (t!("html.moved")) }
            @if cells.iter().any(|cell| cell.sign.chars().filter(|sign| sign.is_alphabetic()).count() > 1) {
                span.sign { "AB" } (t!("html.contested"))
            }
            @if has("gap") { span.sign.gap { "–" } (t!("html.gap")) }
            @if has("owed") { span.sign.owed { "△" } (t!("html.owed")) }
            @if has("deemed") { span.sign.deemed { (t!("html.deemed_sign")) } (t!("html.deemed")) }
            @if has("aside") { span.sign.aside { "·" } (t!("html.aside")) }
            @if marked.all().any(|month| marked.is_open(month)) { span.sign.open { "\u{a0}" } (t!("html.conflict")) }
        }
    }
}

impl Marked<'_> {
    /// Every month of the picture.
    fn all(&self) -> impl Iterator<Item = Month> {
        let months = |year| (1..=12).filter_map(move |month| Month::of(year, month));
        self.years.clone().flat_map(months)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_provinces_share_a_letter_and_a_stranger_to_the_legend_has_none() {
        let provinces = (11..=82).map(|province| Division::new(province * 10_000).unwrap());
        let legend = Legend(provinces.clone().zip(0..).collect());
        let letters: Vec<char> = provinces.map(|province| legend.letter(province)).collect();
        let (lettered, beyond) = letters.split_at(52);
        assert_eq!(lettered.iter().collect::<BTreeSet<_>>().len(), 52);
        assert!(lettered.iter().all(char::is_ascii_alphabetic));
        assert!(beyond.iter().all(|letter| *letter == '?'));
        let stranger = Division::new(90_0000).unwrap();
        assert_eq!((legend.letter(stranger), legend.class(stranger)), ('?', ""));
    }

    #[test]
    fn a_record_of_a_wrong_century_hides_no_sign_of_the_last_years() {
        let month = |year| Month::of(year, 3).unwrap();
        assert_eq!(years(month(2001), month(2026), month(2026)), 2001..=2026);
        assert_eq!(years(month(2001), month(2099), month(2026)), 2001..=2027);
        assert_eq!(years(month(1900), month(2026), month(2026)), 1907..=2026);
    }
}
