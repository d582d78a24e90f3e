//! A person's file: whose accounts are looked up, one after the other, and the account with the records behind each figure.

use crate::{
    desk::{Opened, Trouble, Whom},
    layout::{Page, Within, alert, for_what, token},
    routes::{Token, foreign, is_ours, no_page},
    shared::{OpenFile, Queue, Session, Shared},
    text::t,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use yizhang_show::html;
use yizhang_wire::purpose::{Business, Purpose};

/// Most persons that are gone through at a time: more than a clerk does in a day.
const QUEUE_MAX: usize = 2_000;
/// Lists of persons that can be gone back to.
const LISTS_SHOWN_MAX: usize = 5;
/// Lines of a pasted list that are shown because they name nobody.
const WRONG_SHOWN_MAX: usize = 20;

/// The way that these pages stand under.
const WAY: &str = "/person";

/// For what persons are looked up, as a form carries it.
#[derive(Default, Deserialize)]
pub(crate) struct Stated {
    #[serde(default)]
    business: String,
    #[serde(default)]
    case: String,
}

impl Stated {
    /// None where nothing was stated, or what is none.
    pub(crate) fn purpose(&self, shared: &Shared) -> Option<Purpose> {
        let person = &shared.desk.clerk().person;
        let business = Business::parse(&self.business)?;
        Purpose::new(business, self.case.trim(), person).ok()
    }
}

/// For what persons are looked up from now on: those of the list that the page is of, and whoever is looked up from pages of none.
#[derive(Deserialize)]
pub(crate) struct Stating {
    token: String,
    business: String,
    case: String,
    #[serde(default)]
    queue: u64,
    #[serde(default)]
    at: usize,
}

pub(crate) async fn state_purpose(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(stating): Form<Stating>,
) -> Response {
    let Stating {
        token,
        business,
        case,
        queue,
        at,
    } = stating;
    if !is_ours(&session, &token) {
        return foreign();
    }
    let Some(purpose) = (Stated { business, case }).purpose(&shared) else {
        let page = desk_page(&shared, &session, Some(alert(&t!("purpose.wrong"))));
        return (StatusCode::UNPROCESSABLE_ENTITY, page).into_response();
    };
    let mut work = shared.work();
    work.purpose = Some(purpose.clone());
    if let Some(queue) = work.queues.get_mut(queue) {
        queue.purpose = purpose;
        queue.open = None;
    } else {
        return Redirect::to(WAY).into_response();
    }
    Redirect::to(&Part::Account.path(queue, at)).into_response()
}

/// Whom the clerk looks for: a number, a pseudonym, or a list of them.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    token: String,
    persons: String,
    #[serde(default)]
    business: String,
    #[serde(default)]
    case: String,
}

pub(crate) async fn desk(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
) -> Response {
    desk_page(&shared, &session, None).into_response()
}

pub(crate) async fn search(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(wanted): Form<Wanted>,
) -> Response {
    if !is_ours(&session, &wanted.token) {
        return foreign();
    }
    let Wanted {
        persons,
        business,
        case,
        ..
    } = wanted;
    let notice = match read(&persons) {
        Ok(persons) => match (Stated { business, case }).purpose(&shared) {
            Some(purpose) => return begin(&shared, persons, purpose, 1),
            None => alert(&t!("purpose.first")),
        },
        Err(wrong) => wrong.show(),
    };
    let page = desk_page(&shared, &session, Some(notice));
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// Leads to a person of a list, which is gone through from there.
pub(crate) fn begin(shared: &Shared, persons: Vec<Whom>, purpose: Purpose, at: usize) -> Response {
    let queue = shared.work().queues.keep(Queue {
        purpose,
        persons,
        open: None,
    });
    Redirect::to(&Part::Account.path(queue, at)).into_response()
}

/// That nobody is looked up without a purpose.
pub(crate) fn purpose_first(shared: &Shared, session: &Session) -> Response {
    let page = desk_page(shared, session, Some(alert(&t!("purpose.first"))));
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// Why a list of persons is none.
enum Wrong {
    Empty,
    TooMany,
    /// The numbers of lines that name nobody, and how many there are.
    Lines(Vec<usize>, usize),
}

impl Wrong {
    /// What was typed is not shown again: it may be half a number of somebody.
    fn show(&self) -> Markup {
        match self {
            Self::Empty => alert(&t!("person.empty")),
            Self::TooMany => alert(&t!("person.too_many", limit = QUEUE_MAX)),
            Self::Lines(lines, all) => {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                alert(&t!(
                    "person.wrong_lines",
                    lines = lines.join(", "),
                    count = all
                ))
            }
        }
    }
}

/// Reads a list of persons: one a line, as it comes from a spreadsheet or a letter.
fn read(text: &str) -> Result<Vec<Whom>, Wrong> {
    let (mut queue, mut wrong) = (Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || ",;，；、\"'".contains(c));
        if line.is_empty() {
            continue;
        }
        match Whom::read(line) {
            Some(whom) => queue.push(whom),
            None => wrong.push(at + 1),
        }
        if queue.len() > QUEUE_MAX {
            return Err(Wrong::TooMany);
        }
    }
    if !wrong.is_empty() {
        let all = wrong.len();
        wrong.truncate(WRONG_SHOWN_MAX);
        return Err(Wrong::Lines(wrong, all));
    }
    if queue.is_empty() {
        return Err(Wrong::Empty);
    }
    Ok(queue)
}

fn desk_page(shared: &Shared, session: &Session, notice: Option<Markup>) -> impl IntoResponse {
    let (purpose, lists) = {
        let work = shared.work();
        let lists = work.queues.newest().take(LISTS_SHOWN_MAX);
        let lists = lists.map(|(number, queue)| {
            let case = queue.purpose.case_number().to_string();
            (number, queue.persons.len(), case)
        });
        (work.purpose.clone(), lists.collect::<Vec<_>>())
    };
    let body = html! {
        @if let Some(notice) = notice { (notice) }
        form.search method="post" action=(WAY) {
            (token(session))
            (for_what(purpose.as_ref()))
            label for="persons" { (t!("person.persons")) }
            textarea id="persons" name="persons" rows="4" required autocomplete="off" spellcheck="false" aria-describedby="persons-help" autofocus {}
            p.small id="persons-help" { (t!("person.help", limit = QUEUE_MAX)) }
            button.main type="submit" { (t!("person.search")) }
        }
        @for (number, count, case) in &lists {
            p { a href=(Part::Account.path(*number, 1)) { (t!("person.go_on", count = count, case = case)) } }
        }
        p.small { (t!("person.keys")) }
    };
    page(shared, session, t!("person.title").to_string()).show(&body)
}

fn page<'p>(shared: &'p Shared, session: &'p Session, title: String) -> Page<'p> {
    Page::of(shared, session, WAY, title)
}

/// What is shown of an account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Account,
    Figures,
    Records,
}

impl Part {
    const ALL: [Self; 3] = [Self::Account, Self::Figures, Self::Records];

    const fn name(self) -> &'static str {
        match self {
            Self::Account => "person.account",
            Self::Figures => "person.figures",
            Self::Records => "person.records",
        }
    }

    fn path(self, queue: u64, at: usize) -> String {
        match self {
            Self::Account => format!("/person/{queue}/{at}"),
            Self::Figures => format!("/person/{queue}/{at}/figures"),
            Self::Records => format!("/person/{queue}/{at}/records"),
        }
    }
}

pub(crate) async fn account(
    session: Extension<Session>,
    shared: State<Arc<Shared>>,
    at: Path<(u64, usize)>,
) -> Response {
    shown(session, shared, at, Part::Account).await
}

pub(crate) async fn figures(
    session: Extension<Session>,
    shared: State<Arc<Shared>>,
    at: Path<(u64, usize)>,
) -> Response {
    shown(session, shared, at, Part::Figures).await
}

pub(crate) async fn records(
    session: Extension<Session>,
    shared: State<Arc<Shared>>,
    at: Path<(u64, usize)>,
) -> Response {
    shown(session, shared, at, Part::Records).await
}

/// Asks the node again, instead of showing what it said last.
pub(crate) async fn again(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path((queue, at)): Path<(u64, usize)>,
    Form(form): Form<Token>,
) -> Response {
    if !is_ours(&session, &form.token) {
        return foreign();
    }
    if let Some(queue) = shared.work().queues.get_mut(queue) {
        queue.open = None;
    }
    Redirect::to(&Part::Account.path(queue, at)).into_response()
}

async fn shown(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path((queue, at)): Path<(u64, usize)>,
    part: Part,
) -> Response {
    let found = {
        let work = shared.work();
        work.queues.get(queue).and_then(|queue| {
            let whom = queue.persons.get(at.checked_sub(1)?)?;
            Some((whom.clone(), queue.purpose.clone(), queue.persons.len()))
        })
    };
    let Some((whom, purpose, count)) = found else {
        return no_page().await;
    };
    let result = opened(&shared, queue, &whom, &purpose).await;
    let place = InQueue {
        queue,
        at,
        count,
        part,
    };
    let body = html! {
        (place.ways(&session))
        @match &result {
            Ok(opened) => { (file(opened, place)) }
            Err(trouble) => { (alert(&trouble.text)) }
        }
    };
    let title = t!("person.file", who = whom.tag(), at = at, count = count).to_string();
    let page = Page {
        within: Some(Within { queue, at, purpose }),
        ..page(&shared, &session, title)
    };
    page.show(&body).into_response()
}

/// The account of a person: as it is open, or from the node.
async fn opened(
    shared: &Arc<Shared>,
    queue: u64,
    whom: &Whom,
    purpose: &Purpose,
) -> Result<Arc<Opened>, Trouble> {
    let open = shared
        .work()
        .queues
        .get(queue)
        .and_then(|queue| queue.open.clone());
    if let Some(open) = open
        && open.whom == *whom
        && open.purpose == *purpose
    {
        return Ok(open.opened);
    }
    let asked = (Arc::clone(&shared.desk), whom.clone(), purpose.clone());
    let asking = spawn_blocking(move || {
        let (desk, whom, purpose) = asked;
        desk.account(&whom, &purpose)
    });
    let opened = Arc::new(asking.await.unwrap_or_else(|_| Err(Trouble::broken()))?);
    if let Some(queue) = shared.work().queues.get_mut(queue) {
        queue.open = Some(OpenFile {
            whom: whom.clone(),
            purpose: purpose.clone(),
            opened: Arc::clone(&opened),
        });
    }
    Ok(opened)
}

/// Where in the list of persons a page is.
#[derive(Clone, Copy)]
struct InQueue {
    queue: u64,
    at: usize,
    count: usize,
    part: Part,
}

impl InQueue {
    /// The ways to the person before and after, and to ask again.
    fn ways(self, session: &Session) -> Markup {
        html! {
            nav.steps aria-label=(t!("person.steps")) {
                @if self.at > 1 { a rel="prev" href=(self.part.path(self.queue, self.at - 1)) { "← " (t!("person.before")) } }
                span { (self.at) " / " (self.count) }
                @if self.at < self.count { a rel="next" href=(self.part.path(self.queue, self.at + 1)) { (t!("person.after")) " →" } }
                form method="post" action=(format!("/person/{}/{}/again", self.queue, self.at)) {
                    (token(session))
                    button.plain type="submit" { (t!("person.again")) }
                }
                a href="/person" { (t!("person.other")) }
            }
        }
    }
}

fn file(opened: &Opened, place: InQueue) -> Markup {
    let answer = &opened.answer;
    html! {
        @if !opened.serial.is_empty() {
            p.serial { (t!("person.serial")) " " b { (opened.serial) } }
        }
        nav.tabs aria-label=(t!("person.parts")) {
            @for part in Part::ALL {
                a href=(part.path(place.queue, place.at)) aria-current=[(part == place.part).then_some("page")] { (t!(part.name())) }
            }
        }
        div.file tabindex="0" role="region" aria-label=(t!(place.part.name())) {
            @match place.part {
                Part::Account => { (PreEscaped(html::parts(answer))) }
                Part::Figures => { (PreEscaped(yizhang_show::explain::html(answer))) }
                Part::Records => { (PreEscaped(html::excerpt_parts(answer))) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "440300199003078815";
    const PSEUDONYM: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn a_pasted_list_is_read_as_spreadsheets_and_letters_write_it() {
        let list = format!("{NUMBER},\r\n\n  {PSEUDONYM}；\n\"{NUMBER}\"\n");
        let queue = read(&list).ok().unwrap();
        assert_eq!(queue.len(), 3);
        assert!(matches!(queue[1], Whom::Account(_)));
        assert_eq!(queue[0].tag(), "…8815");
    }

    #[test]
    fn lines_that_name_nobody_are_told_by_their_number_and_not_by_what_stands_there() {
        let list = format!("{NUMBER}\n440300199003078816\n\n?\n");
        let Err(Wrong::Lines(lines, all)) = read(&list) else {
            panic!("two lines name nobody")
        };
        assert_eq!((lines, all), (vec![2, 4], 2));
        assert!(matches!(read(" \n"), Err(Wrong::Empty)));
        let many = format!("{NUMBER}\n").repeat(QUEUE_MAX + 1);
        assert!(matches!(read(&many), Err(Wrong::TooMany)));
        let most = format!("{NUMBER}\n").repeat(QUEUE_MAX);
        assert_eq!(read(&most).ok().unwrap().len(), QUEUE_MAX);
    }
}
