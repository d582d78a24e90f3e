//! A list that is shown as it was read: filtered by its state and by a text, sorted by any column, page by page, and as files. What is
//! looked for stands in no address: it is kept under a number.

use crate::{
    export::{Cell, Sheet},
    layout::token,
    shared::{Session, Shared},
    text::t,
};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, collections::BTreeMap};

/// Rows on one page.
const PAGE_ROWS: usize = 50;
/// Longest text that is looked for.
const SOUGHT_CHARACTERS_MAX: usize = 100;

/// A list.
pub(crate) struct Grid {
    /// Its address; those of its files are below it, and its filter is sent there.
    pub(crate) address: String,
    /// The name of its files, without their ending.
    pub(crate) file: String,
    /// What it is and of when.
    pub(crate) about: Vec<String>,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// A row of a list.
pub(crate) struct Row {
    /// Its state, by which lists are filtered: a code, and the name of that.
    pub(crate) state: (&'static str, String),
    pub(crate) cells: Vec<Cell>,
    /// What can be done with it.
    pub(crate) deed: Markup,
    /// Whether it is past its limit.
    pub(crate) is_late: bool,
}

/// What of a list is asked for, as it stands in an address.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Only this state.
    #[serde(default)]
    pub(crate) state: String,
    /// The number under which the text is kept that rows must have in them; 0 for none.
    #[serde(default)]
    pub(crate) text: u64,
    /// By which column it is sorted, from 1; as it was read if 0.
    #[serde(default)]
    pub(crate) sort: usize,
    /// Whether the largest are first, if it says anything.
    #[serde(default)]
    pub(crate) down: String,
    /// Which page, from 1.
    #[serde(default)]
    pub(crate) page: usize,
}

/// What of a list is asked for, as a form brings it.
#[derive(Deserialize)]
pub(crate) struct Filter {
    pub(crate) token: String,
    #[serde(default)]
    sought: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    sort: usize,
    #[serde(default)]
    down: String,
}

impl Filter {
    /// The same for an address: the text is kept here.
    pub(crate) fn asked(self, shared: &Shared) -> Asked {
        Asked {
            state: self.state,
            text: keep_text(shared, &self.sought),
            sort: self.sort,
            down: self.down,
            page: 1,
        }
    }
}

/// Keeps a text that is looked for; the number under which it stands in addresses, 0 for none.
pub(crate) fn keep_text(shared: &Shared, text: &str) -> u64 {
    let text: String = text.trim().chars().take(SOUGHT_CHARACTERS_MAX).collect();
    if text.is_empty() {
        return 0;
    }
    shared.work().texts.keep(text)
}

/// The text of a number in an address; empty for none.
///
/// # Errors
/// It is kept no more: what is asked for is not known, and is not all.
pub(crate) fn text_of(shared: &Shared, number: u64) -> Result<String, Forgotten> {
    if number == 0 {
        return Ok(String::new());
    }
    shared.work().texts.get(number).cloned().ok_or(Forgotten)
}

/// A text that is kept no more.
pub(crate) struct Forgotten;

impl Asked {
    /// What of a list it takes, in its order.
    fn of<'g>(&self, grid: &'g Grid, sought: &str) -> Vec<&'g Row> {
        let sought = sought.to_lowercase();
        let has = |row: &&Row| {
            sought.is_empty()
                || row
                    .cells
                    .iter()
                    .any(|cell| cell.to_string().to_lowercase().contains(&sought))
        };
        let rows = grid.rows.iter().filter(has);
        let mut rows: Vec<&Row> = rows
            .filter(|row| self.state.is_empty() || row.state.0 == self.state)
            .collect();
        if let Some(column) = self.sort.checked_sub(1) {
            rows.sort_by(|one, other| {
                let order = in_order(one.cells.get(column), other.cells.get(column));
                if self.down.is_empty() {
                    order
                } else {
                    order.reverse()
                }
            });
        }
        rows
    }

    /// The address of a list with what is asked of it.
    pub(crate) fn address(&self, list: &str, part: &str) -> String {
        let pairs = [
            ("state", self.state.clone()),
            ("text", number(self.text)),
            ("sort", number(u64::try_from(self.sort).unwrap_or_default())),
            ("down", self.down.clone()),
            ("page", number(u64::try_from(self.page).unwrap_or_default())),
        ];
        address(&format!("{list}{part}"), &pairs)
    }
}

fn in_order(one: Option<&Cell>, other: Option<&Cell>) -> Ordering {
    // What says nothing comes last.
    let key = |cell: Option<&Cell>| cell.is_none_or(|cell| *cell == Cell::Empty);
    key(one).cmp(&key(other)).then_with(|| one.cmp(&other))
}

fn number(number: u64) -> String {
    if number == 0 {
        String::new()
    } else {
        number.to_string()
    }
}

/// An address with those of some pairs that say anything.
pub(crate) fn address(path: &str, pairs: &[(&str, String)]) -> String {
    let mut address = path.to_string();
    let mut mark = '?';
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(mark);
        address.push_str(name);
        address.push('=');
        address.push_str(&escaped(value));
        mark = '&';
    }
    address
}

/// A value in an address.
pub(crate) fn escaped(value: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes whatever is written to it");
        }
    }
    text
}

impl Grid {
    /// The list, with its filter, its files and the ways to its pages.
    pub(crate) fn show(&self, session: &Session, asked: &Asked, sought: &str) -> Markup {
        let rows = asked.of(self, sought);
        let pages = rows.len().div_ceil(PAGE_ROWS).max(1);
        let page = asked.page.clamp(1, pages);
        let shown = rows.iter().skip((page - 1) * PAGE_ROWS).take(PAGE_ROWS);
        let on = |page: usize, part: &str| {
            let asked = Asked {
                page,
                ..asked.clone()
            };
            asked.address(&self.address, part)
        };
        html! {
            (self.filter(session, asked, sought))
            p {
                (t!("lists.shown", shown = rows.len(), all = self.rows.len())) " · "
                a href=(on(0, "/csv")) download { "CSV" } " · " a href=(on(0, "/xlsx")) download { "XLSX" }
            }
            @if rows.is_empty() { p { (t!("lists.empty")) } } @else {
                div.wide tabindex="0" role="region" aria-label=(t!("lists.list")) { table.list {
                    thead { tr {
                        @for name in &self.header { th scope="col" { (name) } }
                        th scope="col" { (t!("grid.deed")) }
                    } }
                    tbody { @for row in shown { (self::row(row)) } }
                } }
            }
            @if pages > 1 {
                nav.steps aria-label=(t!("lists.pages")) {
                    @if page > 1 { a rel="prev" href=(on(page - 1, "")) { "← " (t!("lists.before")) } }
                    span { (t!("lists.page", page = page, pages = pages)) }
                    @if page < pages { a rel="next" href=(on(page + 1, "")) { (t!("lists.after")) " →" } }
                }
            }
        }
    }

    fn filter(&self, session: &Session, asked: &Asked, sought: &str) -> Markup {
        let states = self.rows.iter().map(|row| (row.state.0, &row.state.1));
        let states: BTreeMap<&str, &String> = states.collect();
        html! {
            form.filter method="post" action=(self.address) {
                (token(session))
                label { (t!("grid.state")) " "
                    select name="state" {
                        option value="" { (t!("lists.any")) }
                        @for (code, name) in states { option value=(code) selected[asked.state == code] { (name) } }
                    }
                }
                label { (t!("lists.sought")) " " input name="sought" value=(sought) size="16" maxlength="100" autocomplete="off"; }
                label { (t!("lists.sort")) " "
                    select name="sort" {
                        option value="0" { (t!("grid.as_read")) }
                        @for (column, name) in (1..).zip(&self.header) { option value=(column) selected[asked.sort == column] { (name) } }
                    }
                }
                label { input type="checkbox" name="down" value="1" checked[!asked.down.is_empty()]; " " (t!("grid.down")) }
                button type="submit" { (t!("lists.filter")) }
            }
        }
    }

    /// What is asked of it, as a table for files.
    pub(crate) fn sheet(&self, asked: &Asked, sought: &str) -> Sheet {
        let rows = asked.of(self, sought).into_iter();
        Sheet {
            file: self.file.clone(),
            about: self.about.clone(),
            header: self.header.clone(),
            rows: rows.map(|row| row.cells.clone()).collect(),
        }
    }
}

fn row(row: &Row) -> Markup {
    html! {
        tr.late[row.is_late] {
            @for cell in &row.cells {
                @if matches!(cell, Cell::Count(_) | Cell::Fen(_)) { td.number { (cell) } } @else { td { (cell) } }
            }
            td { (row.deed) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let row = |state, name: &str, count| Row {
            state: (state, state.to_string()),
            cells: vec![Cell::text(name), Cell::Count(count)],
            deed: html! {},
            is_late: false,
        };
        Grid {
            address: "/list".to_string(),
            file: "list".to_string(),
            about: Vec::new(),
            header: vec!["name".to_string(), "count".to_string()],
            rows: vec![
                row("open", "Beta", 9),
                row("closed", "", 10),
                row("open", "alpha", 11),
            ],
        }
    }

    fn names(asked: &Asked, sought: &str) -> Vec<String> {
        let grid = grid();
        let rows = asked.of(&grid, sought).into_iter();
        rows.map(|row| row.cells[0].to_string()).collect()
    }

    #[test]
    fn rows_are_filtered_by_state_and_text_and_sorted_as_what_they_are() {
        assert_eq!(names(&Asked::default(), ""), ["Beta", "", "alpha"]);
        let open = Asked {
            state: "open".to_string(),
            ..Asked::default()
        };
        assert_eq!(names(&open, "ALPHA"), ["alpha"]);
        let by_name = Asked {
            sort: 1,
            ..Asked::default()
        };
        assert_eq!(names(&by_name, ""), ["Beta", "alpha", ""]);
        let most_first = Asked {
            sort: 2,
            down: "1".to_string(),
            ..Asked::default()
        };
        assert_eq!(names(&most_first, ""), ["alpha", "", "Beta"]);
        let none = Asked {
            sort: 7,
            ..Asked::default()
        };
        assert_eq!(names(&none, "").len(), 3, "no such column");
    }

    #[test]
    fn an_address_has_what_is_asked_and_no_text() {
        let asked = Asked {
            state: "open".to_string(),
            text: 3,
            page: 2,
            ..Asked::default()
        };
        assert_eq!(
            asked.address("/list", "/csv"),
            "/list/csv?state=open&text=3&page=2"
        );
        assert_eq!(escaped("a b/=&"), "a%20b%2F%3D%26");
    }
}
