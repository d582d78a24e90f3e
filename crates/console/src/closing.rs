//! The daily closing 日结: what was sent through this console on a day, by kind, scheme and place, beside the last day before it on which
//! anything was.

use crate::{
    desk::Total,
    export::{Cell, Sheet, yuan},
    layout::{Page, Renewal, alert},
    shared::{Session, Shared},
    text::t,
};
use axum::{
    Extension,
    extract::{Query, State},
    response::{Html, Response},
};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    sync::Arc,
};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division},
};
use yizhang_show::{kind, place};

/// The file of what was sent, a line for each import, below the console's folder.
const FILE: &str = "closing.jsonl";
/// Most of it that is read: some twenty thousand imports.
const BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// Its owner alone reads it.
const MODE: u32 = 0o600;

/// An import, as it is noted.
#[derive(Serialize, Deserialize)]
struct Noted {
    /// The day on which it was sent, as a number.
    day: u32,
    totals: Vec<Total>,
}

/// Notes what an import came to. It was sent before: that it cannot be noted undoes nothing.
///
/// # Errors
/// Of the disk.
pub(crate) fn note(shared: &Shared, totals: &[Total]) -> io::Result<()> {
    let noted = Noted {
        day: shared.desk.today().number(),
        totals: totals.to_vec(),
    };
    let mut line = serde_json::to_vec(&noted)?;
    line.push(b'\n');
    std::fs::create_dir_all(&shared.folder)?;
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(MODE)
        .open(shared.folder.join(FILE))?;
    // One write: a line stands there whole or, after a power cut, is passed over.
    file.write_all(&line)?;
    file.sync_all()
}

/// What totals are of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Of {
    kind: String,
    scheme: String,
    place: String,
}

/// What a day came to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    records: u64,
    due_fen: i128,
    paid_fen: i128,
}

/// A day beside the last one before it.
struct Closing {
    day: Day,
    /// None where nothing was sent before.
    before: Option<Day>,
    imports: u64,
    rows: BTreeMap<Of, [Sum; 2]>,
}

impl Closing {
    fn read(shared: &Shared, day: Day) -> io::Result<Self> {
        let mut noted = Vec::new();
        match File::open(shared.folder.join(FILE)) {
            Ok(file) => {
                for line in BufReader::new(file.take(BYTES_MAX)).lines() {
                    // A line that was not written to its end is none.
                    if let Ok(one) = serde_json::from_str(&line?) {
                        noted.push(one);
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(Self::of(&noted, day))
    }

    fn of(noted: &[Noted], day: Day) -> Self {
        let days = noted.iter().map(|one| one.day);
        let earlier = days.filter(|number| *number < day.number()).max();
        let mut closing = Self {
            day,
            before: earlier.and_then(Day::new),
            imports: 0,
            rows: BTreeMap::new(),
        };
        for one in noted {
            closing.add(one);
        }
        closing
    }

    fn add(&mut self, noted: &Noted) {
        let at = if noted.day == self.day.number() {
            self.imports += 1;
            0
        } else if Some(noted.day) == self.before.map(Day::number) {
            1
        } else {
            return;
        };
        for total in &noted.totals {
            let of = Of {
                kind: total.kind.clone(),
                scheme: total.scheme.clone(),
                place: total.place.clone(),
            };
            let sum = &mut self.rows.entry(of).or_default()[at];
            sum.records += total.records;
            sum.due_fen += total.due_fen;
            sum.paid_fen += total.paid_fen;
        }
    }

    /// The day before, in words.
    fn before_name(&self) -> String {
        self.before
            .map_or_else(|| t!("closing.no_day").to_string(), |day| day.to_string())
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
    let page = Page {
        shared: &shared,
        session: &session,
        way: "/closing",
        title: t!("closing.title").to_string(),
        renewal: Renewal::Never,
    };
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
        p.as-of { (t!("closing.of", day = day, imports = closing.imports)) }
        p.small { (t!("closing.what")) }
        @if closing.rows.is_empty() { p { (t!("closing.none")) } } @else {
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
    let mut all = [Sum::default(); 2];
    for sums in closing.rows.values() {
        for (all, sum) in all.iter_mut().zip(sums) {
            all.records += sum.records;
            all.due_fen += sum.due_fen;
            all.paid_fen += sum.paid_fen;
        }
    }
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
            tfoot { tr { th scope="row" colspan="3" { (t!("closing.all")) } (cells(&all)) } }
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
    let rows = closing.rows.iter().map(|(of, sums)| {
        let mut row: Vec<Cell> = of.names().iter().map(|name| Cell::text(name)).collect();
        for sum in sums {
            row.extend([
                Cell::Count(sum.records),
                Cell::Fen(sum.due_fen),
                Cell::Fen(sum.paid_fen),
            ]);
        }
        row
    });
    Sheet {
        file: format!("closing-{}", closing.day.number()),
        about: vec![
            t!("closing.title").to_string(),
            t!("closing.of", day = closing.day, imports = closing.imports).to_string(),
            t!("closing.what").to_string(),
        ],
        header,
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(day: u32, records: u64) -> Noted {
        let total = Total {
            kind: "Contribution".to_string(),
            scheme: "hrss:110".to_string(),
            place: "440300".to_string(),
            records,
            due_fen: 100,
            paid_fen: 90,
        };
        Noted {
            day,
            totals: vec![total],
        }
    }

    #[test]
    fn a_day_stands_beside_the_last_one_before_it_with_imports() {
        let noted = [
            noted(20_261_126, 9),
            noted(20_261_127, 5),
            noted(20_261_130, 2),
            noted(20_261_130, 1),
            noted(20_261_201, 7),
        ];
        let closing = Closing::of(&noted, Day::new(20_261_130).unwrap());
        assert_eq!(closing.before, Day::new(20_261_127));
        assert_eq!(closing.imports, 2);
        let [day, before] = *closing.rows.values().next().unwrap();
        assert_eq!((day.records, before.records), (3, 5));
        assert_eq!((day.due_fen, day.paid_fen), (200, 180));
        let first = Closing::of(&noted, Day::new(20_261_126).unwrap());
        assert_eq!((first.before, first.imports), (None, 1));
    }
}
