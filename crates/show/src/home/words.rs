//! Months, money, places and schemes as people say them, and texts in which terms of the trade can be tapped.

use super::terms;
use crate::{named, place, yuan};
use maud::{Markup, html};
use rust_i18n::t;
use std::collections::BTreeSet;
use yizhang_entitlement::account::FamilyAccount;
use yizhang_ledger::value::{Day, Division, Month};

/// Between the begin of a term and its end in a text: `[[base]]`, or with other words `[[base|bases]]`.
const TERM: [&str; 2] = ["[[", "]]"];

/// From so many months on years are easier to grasp.
const MONTHS_MAX: u32 = 24;

/// A text with its terms as buttons that open their meaning.
pub(super) fn prose(text: &str) -> Markup {
    let mut parts = text.split(TERM[0]);
    let before = parts.next().unwrap_or_default();
    html! {
        (before)
        @for part in parts {
            @match part.split_once(TERM[1]) {
                Some((term, after)) => { (terms::button(term)) (after) }
                None => (part)
            }
        }
    }
}

/// A text under a key that is put together, with its terms.
pub(super) fn named_prose(key: &str) -> Markup {
    prose(&named(key))
}

/// A month.
pub(super) fn month(month: Month) -> String {
    let name = named(&format!("home.month.{}", month.month()));
    t!("home.month", year = month.year(), name = name).to_string()
}

/// A stretch of months.
pub(super) fn months((first, last): (Month, Month)) -> String {
    if first == last {
        return month(first);
    }
    t!("home.months", first = month(first), last = month(last)).to_string()
}

/// A day.
pub(super) fn day(day: Day) -> String {
    let Some(of) = day.in_month() else {
        return day.to_string();
    };
    t!("home.day", month = month(of), day = day.number() % 100).to_string()
}

/// A number of months.
pub(super) fn count(months: u32) -> String {
    crate::count::months(months)
}

/// A number of months, and how many years they are, where that is easier to grasp.
pub(super) fn long_count(months: u32) -> String {
    match in_years(months) {
        Some(years) => t!("home.long", all = count(months), years = years).to_string(),
        None => count(months),
    }
}

/// A number of months in years; none for so few that months are easier to grasp.
pub(super) fn in_years(months: u32) -> Option<String> {
    if months < MONTHS_MAX {
        return None;
    }
    let (years, rest) = (months / 12, months % 12);
    let text = if rest == 0 {
        t!("home.years", years = years)
    } else {
        t!("home.years_months", years = years, months = count(rest))
    };
    Some(text.to_string())
}

/// An amount in yuan, its thousands apart.
pub(super) fn money(fen: i64) -> String {
    t!("figures.yuan", amount = grouped(&yuan(fen))).to_string()
}

/// An amount without its unit.
pub(super) fn amount(fen: i64) -> String {
    grouped(&yuan(fen))
}

fn grouped(amount: &str) -> String {
    let whole = amount.find('.').unwrap_or(amount.len());
    let mut shown = String::with_capacity(amount.len() + 4);
    for (at, digit) in amount.char_indices() {
        let left = whole.saturating_sub(at);
        if left % 3 == 0 && left > 0 && shown.ends_with(|before: char| before.is_ascii_digit()) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A place: its city where that has a name here, else its province. Codes are for experts.
pub(super) fn at(place: Division) -> String {
    let name = place::name(place);
    if name.ends_with(|last: char| last.is_ascii_digit()) {
        return place::name(place.province());
    }
    name
}

/// Several places, each once.
pub(super) fn places(places: impl IntoIterator<Item = Division>) -> String {
    let mut known = BTreeSet::new();
    let mut names = Vec::new();
    for place in places {
        let name = at(place);
        if known.insert(name.clone()) {
            names.push(name);
        }
    }
    listed(&names)
}

/// Several words in a row.
pub(super) fn listed(words: &[String]) -> String {
    words.join(t!("home.and").as_ref())
}

/// The sign of a province: one or two letters that people know from number plates.
pub(super) fn sign(province: Division) -> String {
    let key = format!("home.sign.{}", province.code());
    let sign = t!(key);
    if sign == key {
        "?".to_owned()
    } else {
        sign.to_string()
    }
}

/// A scheme by its short name.
pub(super) fn scheme(scheme: &str) -> String {
    let key = format!("home.scheme.{}", scheme.replace(':', "-"));
    let name = t!(key);
    if name == key {
        place::scheme(scheme)
    } else {
        name.to_string()
    }
}

/// The schemes of a family by their short names.
pub(super) fn family(family: &FamilyAccount) -> String {
    let mut names: Vec<String> = Vec::new();
    for one in &family.schemes {
        let name = scheme(one);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return scheme(&family.family);
    }
    listed(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (fen, expected) in [
            (0, "0.00"),
            (99_999, "999.99"),
            (100_000, "1,000.00"),
            (-6_064_000, "-60,640.00"),
            (123_456_789, "1,234,567.89"),
        ] {
            assert_eq!(amount(fen), expected);
        }
    }

    #[test]
    fn a_text_is_escaped_around_its_terms_and_an_unknown_term_is_text() {
        let shown = prose("<b> [[<i>]] & [[").into_string();
        assert_eq!(shown, "&lt;b&gt; &lt;i&gt; &amp; ");
        let shown = prose("a [[base|x<y]] b").into_string();
        assert!(shown.starts_with("a <button"), "{shown}");
        assert!(shown.contains("x&lt;y") && shown.ends_with(" b"), "{shown}");
    }
}
