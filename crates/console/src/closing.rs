//! The daily closing 日结: what came into the chain through this console on a day, submission by submission, by kind, scheme and place,
//! beside the last day before it on which anything did; and what waits for a second clerk.

mod journal;

use crate::{
    desk::Became,
    export::{Cell, Sheet, yuan},
    layout::{Page, alert},
    shared::{Session, Shared},
    text::t,
};
use axum::{
    Extension,
    extract::{Query, State},
    response::{Html, Response},
};
use journal::{How, Journal, Noted, Total};
use maud::{Markup, html};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division},
};
use yizhang_show::{kind, place};

/// Notes what became of a submission, as soon as that is known. It was sent before: that it cannot be noted undoes nothing.
///
/// # Errors
/// Of the disk.
pub(crate) fn note(shared: &Shared, import: &str, became: &Became<'_>) -> io::Result<()> {
    let how = How::of(became.fate);
    keep(shared, import, how, became)
}

/// Notes that the clerk has approved what another has sent.
///
/// # Errors
/// Of the disk.
pub(crate) fn note_approved(shared: &Shared, became: &Became<'_>) -> io::Result<()> {
    keep(shared, "", How::Approved, became)
}

fn keep(shared: &Shared, import: &str, how: How, became: &Became<'_>) -> io::Result<()> {
    let totals = if how.counts() {
        journal::totals(became.records)
    } else {
        Vec::new()
    };
    Journal::of(shared).add(&Noted {
        day: shared.desk.today().number(),
        import: import.to_string(),
        submission: became.submission.to_string(),
        how,
        totals,
    })
}

/// What totals are of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Of {
    kind: String,
    scheme: String,
    place: String,
}

/// What a day came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    records: u64,
    due_fen: i128,
    paid_fen: i128,
}

impl Sum {
    fn add(&mut self, more: Self) {
        self.records += more.records;
        self.due_fen += more.due_fen;
        self.paid_fen += more.paid_fen;
    }
}

/// A day beside the last one before it.
struct Closing {
    day: Day,
    /// None where nothing was sent before.
    before: Option<Day>,
    imports: usize,
    approvals: usize,
    rows: BTreeMap<Of, [Sum; 2]>,
    /// What was sent on the two days and waited for a second clerk at last, as far as this console knows.
    waits: [Sum; 2],
}

impl Closing {
    fn read(shared: &Shared, day: Day) -> io::Result<Self> {
        Ok(Self::of(&Journal::of(shared).read()?, day))
    }

    fn of(noted: &[Noted], day: Day) -> Self {
        let counted = noted.iter().filter(|one| one.how.counts());
        let earlier = counted
            .map(|one| one.day)
            .filter(|number| *number < day.number());
        let before = earlier.max().and_then(Day::new);
        let mut closing = Self {
            day,
            before,
            imports: 0,
            approvals: 0,
            rows: BTreeMap::new(),
            waits: [Sum::default(); 2],
        };
        closing.imports = closing.of_day(noted, 0).count_imports();
        closing.approvals = closing.of_day(noted, 0).count_approvals();
        for at in 0..2 {
            closing.add(noted, at);
        }
        closing
    }

    fn number(&self, at: usize) -> Option<u32> {
        let day = if at == 0 { Some(self.day) } else { self.before };
        day.map(Day::number)
    }

    /// What was noted on one of the two days.
    fn of_day<'n>(&self, noted: &'n [Noted], at: usize) -> OfDay<'n> {
        let number = self.number(at);
        let of_day = noted.iter().filter(|one| Some(one.day) == number);
        OfDay(of_day.collect())
    }

    fn add(&mut self, noted: &[Noted], at: usize) {
        let OfDay(of_day) = self.of_day(noted, at);
        // Of a submission what was said last: what waited is in the chain, or refused, when that was said of it.
        let mut last: BTreeMap<&str, How> = BTreeMap::new();
        for one in noted.iter().filter(|one| !one.submission.is_empty()) {
            last.insert(&one.submission, one.how);
        }
        let mut seen: BTreeSet<(&str, bool)> = BTreeSet::new();
        for one in of_day {
            let is_waiting = one.how == How::Waits;
            // The same answer may come again; lines of before had no submissions.
            let is_new =
                one.submission.is_empty() || seen.insert((one.submission.as_str(), is_waiting));
            if !is_new {
                continue;
            }
            if is_waiting {
                let still = last.get(one.submission.as_str()) == Some(&How::Waits);
                for total in one.totals.iter().filter(|_| still) {
                    self.waits[at].add(total.sum());
                }
                continue;
            }
            for total in &one.totals {
                let sums = self.rows.entry(total.of()).or_default();
                sums[at].add(total.sum());
            }
        }
    }

    /// The day before, in words.
    fn before_name(&self) -> String {
        self.before
            .map_or_else(|| t!("closing.no_day").to_string(), |day| day.to_string())
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.waits == [Sum::default(); 2]
    }

    /// What all rows come to.
    fn all(&self) -> [Sum; 2] {
        let mut all = [Sum::default(); 2];
        for sums in self.rows.values() {
            for (all, sum) in all.iter_mut().zip(sums) {
                all.add(*sum);
            }
        }
        all
    }

    /// Of what day it is, and what was done.
    fn summary(&self) -> String {
        t!(
            "closing.of",
            day = self.day,
            imports = self.imports,
            approvals = self.approvals
        )
        .to_string()
    }
}

/// What was noted on a day.
struct OfDay<'n>(Vec<&'n Noted>);

impl OfDay<'_> {
    fn count_imports(&self) -> usize {
        let sent = self.0.iter().filter(|one| one.how != How::Approved);
        let (named, unnamed): (Vec<&&Noted>, Vec<&&Noted>) =
            sent.partition(|one| !one.import.is_empty());
        let named: BTreeSet<&str> = named.iter().map(|one| one.import.as_str()).collect();
        named.len() + unnamed.len()
    }

    fn count_approvals(&self) -> usize {
        self.0.iter().filter(|one| one.how == How::Approved).count()
    }
}

impl Total {
    fn of(&self) -> Of {
        Of {
            kind: self.kind.clone(),
            scheme: self.scheme.clone(),
            place: self.place.clone(),
        }
    }

    const fn sum(&self) -> Sum {
        Sum {
            records: self.records,
            due_fen: self.due_fen,
            paid_fen: self.paid_fen,
        }
    }
}

impl Of {
    fn names(&self) -> [String; 3] {
        let kind = Kind::NAMED
            .iter()
            .find(|(_, name)| *name == self.kind)
            .map_or_else(|| self.kind.clone(), |(known, _)| kind::name(*known));
        let scheme = if self.scheme.is_empty() {
            String::new()
        } else {
            place::scheme(&self.scheme)
        };
        let place = Division::parse(&self.place).map(place::name);
        [kind, scheme, place.unwrap_or_default()]
    }
}

/// Which day is asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    day: String,
}

fn read(shared: &Shared, asked: &Asked) -> io::Result<Closing> {
    let day = Day::parse(asked.day.trim()).unwrap_or_else(|| shared.desk.today());
    Closing::read(shared, day)
}

pub(crate) async fn day(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Html<String> {
    let body = match read(&shared, &asked) {
        Ok(closing) => shown(&closing),
        Err(error) => alert(&error.to_string()),
    };
    let page = Page::of(
        &shared,
        &session,
        "/closing",
        t!("closing.title").to_string(),
    );
    page.show(&body)
}

pub(crate) async fn csv(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>) -> Response {
    match read(&shared, &asked) {
        Ok(closing) => sheet(&closing).csv(),
        Err(_) => crate::routes::no_page().await,
    }
}

pub(crate) async fn xlsx(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Response {
    match read(&shared, &asked) {
        Ok(closing) => sheet(&closing).xlsx(),
        Err(_) => crate::routes::no_page().await,
    }
}

fn shown(closing: &Closing) -> Markup {
    let day = closing.day;
    html! {
        form.filter method="get" action="/closing" {
            label { (t!("closing.day")) " " input type="date" name="day" value=(day); }
            button type="submit" { (t!("closing.show")) }
        }
        p.as-of { (closing.summary()) }
        p.small { (t!("closing.what")) }
        @if closing.is_empty() { p { (t!("closing.none")) } } @else {
            (table(closing))
            p {
                a href=(format!("/closing/csv?day={day}")) download { "CSV" } " · "
                a href=(format!("/closing/xlsx?day={day}")) download { "XLSX" }
                @if let Some(before) = closing.before { " · " a href=(format!("/closing?day={before}")) { (t!("closing.before", day = before)) } }
            }
        }
    }
}

fn table(closing: &Closing) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(t!("closing.title")) { table.list {
            thead {
                tr {
                    th scope="col" rowspan="2" { (t!("closing.kind")) } th scope="col" rowspan="2" { (t!("closing.scheme")) } th scope="col" rowspan="2" { (t!("closing.place")) }
                    th scope="colgroup" colspan="3" { (closing.day) } th scope="colgroup" colspan="3" { (closing.before_name()) } th scope="colgroup" colspan="2" { (t!("closing.change")) }
                }
                tr {
                    @for _ in 0..2 { th.number scope="col" { (t!("closing.records")) } th.number scope="col" { (t!("closing.due")) } th.number scope="col" { (t!("closing.paid")) } }
                    th.number scope="col" { (t!("closing.records")) } th.number scope="col" { (t!("closing.paid")) }
                }
            }
            tbody {
                @for (of, sums) in &closing.rows { tr { @for name in of.names() { td { (name) } } (cells(sums)) } }
            }
            tfoot {
                tr { th scope="row" colspan="3" { (t!("closing.all")) } (cells(&closing.all())) }
                tr.late { th scope="row" colspan="3" { (t!("closing.waits")) } (cells(&closing.waits)) }
            }
        } }
    }
}

fn cells(sums: &[Sum; 2]) -> Markup {
    let [day, before] = sums;
    let records = i128::from(day.records) - i128::from(before.records);
    html! {
        @for sum in sums { td.number { (sum.records) } td.number { (yuan(sum.due_fen)) } td.number { (yuan(sum.paid_fen)) } }
        td.number { (format!("{records:+}")) } td.number { (yuan(day.paid_fen - before.paid_fen)) }
    }
}

fn sheet(closing: &Closing) -> Sheet {
    let of_day = |name: &str, day: &str| format!("{} {day}", t!(name));
    let (day, before) = (closing.day.to_string(), closing.before_name());
    let header = vec![
        t!("closing.kind").to_string(),
        t!("closing.scheme").to_string(),
        t!("closing.place").to_string(),
        of_day("closing.records", &day),
        of_day("closing.due", &day),
        of_day("closing.paid", &day),
        of_day("closing.records", &before),
        of_day("closing.due", &before),
        of_day("closing.paid", &before),
    ];
    let row = |names: [String; 3], sums: &[Sum; 2]| {
        let mut row: Vec<Cell> = names.iter().map(|name| Cell::text(name)).collect();
        for sum in sums {
            row.extend([
                Cell::Count(sum.records),
                Cell::Fen(sum.due_fen),
                Cell::Fen(sum.paid_fen),
            ]);
        }
        row
    };
    let rows = closing.rows.iter().map(|(of, sums)| row(of.names(), sums));
    let waits = [
        t!("closing.waits").to_string(),
        String::new(),
        String::new(),
    ];
    let rows = rows.chain([row(waits, &closing.waits)]);
    Sheet {
        file: format!("closing-{}", closing.day.number()),
        about: vec![
            t!("closing.title").to_string(),
            closing.summary(),
            t!("closing.what").to_string(),
        ],
        header,
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests;
