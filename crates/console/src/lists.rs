//! Work lists: what a review of all accounts found, filtered, sorted, page by page, and as files.

mod view;

use crate::{
    desk::{Found, Progress, Reviewed, Trouble, Whom},
    export::{Cell, Sheet},
    grid::{Forgotten, address, keep_text, text_of},
    guard::refused,
    person::{self, Stated},
    routes::{Token, foreign, is_ours, no_page},
    shared::{Session, Shared},
    text::t,
};
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};
use tokio::task::spawn_blocking;
use yizhang_entitlement::review::List;
use yizhang_ledger::{hash::Hash, person::AccountId, value::UnixMillis};
use yizhang_show::{copies::moment, review, serde_name};

/// Findings on one page.
pub(crate) const PAGE_ROWS: usize = 50;
/// Most persons that a list leads through one after the other.
const LED_THROUGH_MAX: usize = 2_000;

/// The way that these pages stand under.
pub(crate) const WAY: &str = "/lists";

/// The review that the lists come from.
#[derive(Default)]
pub(crate) struct ReviewState {
    /// The one that is going on.
    pub(crate) running: Option<Arc<Progress>>,
    /// The last one that came to its end.
    pub(crate) last: Option<Arc<Held>>,
    /// Why the last one did not.
    pub(crate) trouble: Option<Trouble>,
    /// Disputes that were answered here since.
    pub(crate) answered: BTreeSet<Hash>,
}

/// A review that is held.
pub(crate) struct Held {
    /// When it began.
    pub(crate) at: UnixMillis,
    pub(crate) reviewed: Reviewed,
}

impl Held {
    /// Of when it is, and by which head of the chain.
    pub(crate) fn as_of(&self) -> String {
        let (time, head) = (moment(self.at), &self.reviewed.head);
        t!("lists.as_of", time = time, head = head).to_string()
    }
}

/// What of a list is asked for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Only this class, cause, step.
    #[serde(default)]
    pub(crate) what: String,
    /// Only this scheme.
    #[serde(default)]
    pub(crate) scheme: String,
    /// Only what has the text in it that is kept under this number; 0 for none.
    #[serde(default)]
    pub(crate) text: u64,
    /// A text that stands in an address itself: none of ours does.
    #[serde(default, skip_serializing)]
    sought: String,
    /// Only what is past its limit, if it says anything.
    #[serde(default)]
    pub(crate) overdue: String,
    /// By what it is sorted.
    #[serde(default)]
    pub(crate) sort: Sort,
    /// Which page, from 1.
    #[serde(default)]
    pub(crate) page: usize,
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    /// The gravest first.
    #[default]
    Gravest,
    /// What is due first.
    Due,
    /// The most money first.
    Money,
    /// The most months first.
    Months,
    /// By the number in the agency's books, else the pseudonym.
    Person,
}

impl Sort {
    pub(crate) const ALL: [Self; 5] = [
        Self::Gravest,
        Self::Due,
        Self::Money,
        Self::Months,
        Self::Person,
    ];

    pub(crate) fn tag(self) -> String {
        serde_name(&self)
    }
}

impl Asked {
    /// What of a list it takes, in its order.
    pub(crate) fn of<'h>(&self, held: &'h Held, list: List, sought: &str) -> Vec<&'h Found> {
        let all = held
            .reviewed
            .lists
            .get(&list)
            .map_or(&[][..], Vec::as_slice);
        let sought = sought.to_lowercase();
        let mut rows: Vec<&Found> = all
            .iter()
            .filter(|found| self.takes(found) && (sought.is_empty() || has(list, found, &sought)))
            .collect();
        match self.sort {
            Sort::Gravest => {}
            Sort::Due => rows.sort_by_key(|found| {
                let finding = &found.finding;
                (finding.due.is_none(), finding.due, finding.until)
            }),
            Sort::Money => rows.sort_by_key(|found| Reverse(found.finding.price.unwrap_or(0))),
            Sort::Months => rows.sort_by_key(|found| Reverse(found.finding.months)),
            Sort::Person => {
                rows.sort_by_key(|found| (found.serial.is_empty(), &found.serial, &found.account));
            }
        }
        rows
    }

    fn takes(&self, found: &Found) -> bool {
        let finding = &found.finding;
        let is_scheme = self.scheme.is_empty() || finding.family.as_ref() == Some(&self.scheme);
        (self.what.is_empty() || finding.what == self.what)
            && is_scheme
            && (self.overdue.is_empty() || finding.overdue > 0)
    }
}

/// Whether a finding has a text, in small letters, in what is shown of it.
fn has(list: List, found: &Found, sought: &str) -> bool {
    let cells = review::cells(list, &found.account, &found.finding);
    let case = found.finding.case.as_deref().unwrap_or_default();
    let texts = [&found.serial, &found.case_number].map(String::as_str);
    let mut shown = cells.iter().map(String::as_str).chain(texts).chain([case]);
    shown.any(|text| text.to_lowercase().contains(sought))
}

pub(crate) async fn overview(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
) -> Response {
    view::overview(&shared, &session).into_response()
}

/// Begins a review, unless one is going on.
pub(crate) async fn renew(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(form): Form<Token>,
) -> Response {
    if !is_ours(&session, &form.token) {
        return foreign();
    }
    let progress = {
        let mut review = shared.review();
        if review.running.is_some() {
            return Redirect::to(WAY).into_response();
        }
        let progress = Arc::new(Progress::default());
        review.running = Some(Arc::clone(&progress));
        progress
    };
    tokio::spawn(run(Arc::clone(&shared), progress));
    Redirect::to(WAY).into_response()
}

async fn run(shared: Arc<Shared>, progress: Arc<Progress>) {
    let (desk, at) = (Arc::clone(&shared.desk), shared.desk.now());
    let reviewed = spawn_blocking(move || desk.review(&progress)).await;
    let mut review = shared.review();
    review.running = None;
    match reviewed.unwrap_or_else(|_| Err(Trouble::broken())) {
        Ok(reviewed) => {
            review.last = Some(Arc::new(Held { at, reviewed }));
            review.trouble = None;
            review.answered.clear();
        }
        // The lists of before stay: they say of when they are.
        Err(trouble) => review.trouble = Some(trouble),
    }
}

/// The review that is held, and the list of a name in an address.
fn held(shared: &Shared, list: &str) -> Option<(Arc<Held>, List)> {
    Some((shared.review().last.clone()?, List::named(list)?))
}

/// Why a list is not shown as it is asked for.
pub(crate) fn forgotten(_: Forgotten) -> Response {
    refused(StatusCode::GONE, "fault.forgotten")
}

/// Why a list is not filtered by a text.
enum NoText {
    /// It stands in an address. It may be somebody's number; what it stands in already is not ours to mend.
    InAddress,
    Forgotten(Forgotten),
}

impl NoText {
    fn refused(self) -> Response {
        match self {
            Self::InAddress => refused(StatusCode::BAD_REQUEST, "fault.in_address"),
            Self::Forgotten(gone) => forgotten(gone),
        }
    }
}

impl Asked {
    /// The text that is looked for.
    fn text(&self, shared: &Shared) -> Result<String, NoText> {
        if self.sought.is_empty() {
            text_of(shared, self.text).map_err(NoText::Forgotten)
        } else {
            Err(NoText::InAddress)
        }
    }

    /// The address of a list with what is asked of it.
    fn address(&self, list: List, part: &str, page: usize) -> String {
        let text = Some(self.text).filter(|text| *text > 0);
        let pairs = [
            ("what", self.what.clone()),
            ("scheme", self.scheme.clone()),
            (
                "text",
                text.map(|text| text.to_string()).unwrap_or_default(),
            ),
            ("overdue", self.overdue.clone()),
            ("sort", self.sort.tag()),
            ("page", page.max(1).to_string()),
        ];
        address(&format!("{WAY}/{}{part}", list.name()), &pairs)
    }
}

pub(crate) async fn list(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(list): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let text = match asked.text(&shared) {
        Ok(text) => text,
        Err(none) => return none.refused(),
    };
    match held(&shared, &list) {
        Some((held, list)) => {
            let shown = Shown {
                held: &held,
                list,
                asked: &asked,
                sought: &text,
            };
            view::list(&shared, &session, &shown).into_response()
        }
        None if List::named(&list).is_some() => Redirect::to(WAY).into_response(),
        None => no_page().await,
    }
}

/// A list as it is asked for.
struct Shown<'s> {
    held: &'s Held,
    list: List,
    asked: &'s Asked,
    sought: &'s str,
}

impl<'s> Shown<'s> {
    fn rows(&self) -> Vec<&'s Found> {
        self.asked.of(self.held, self.list, self.sought)
    }
}

/// What of a list is asked for, as its form brings it.
#[derive(Deserialize)]
pub(crate) struct Filter {
    token: String,
    #[serde(default)]
    sought: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    scheme: String,
    #[serde(default)]
    overdue: String,
    #[serde(default)]
    sort: Sort,
}

/// Leads to a list as it is asked for: the text that is looked for stands in no address.
pub(crate) async fn filter(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(list): Path<String>,
    Form(filter): Form<Filter>,
) -> Response {
    if !is_ours(&session, &filter.token) {
        return foreign();
    }
    let Some(list) = List::named(&list) else {
        return no_page().await;
    };
    let asked = Asked {
        what: filter.what,
        scheme: filter.scheme,
        text: keep_text(&shared, &filter.sought),
        overdue: filter.overdue,
        sort: filter.sort,
        ..Asked::default()
    };
    Redirect::to(&asked.address(list, "", 1)).into_response()
}

/// Whom the clerk opens, of which list.
#[derive(Deserialize)]
pub(crate) struct Opening {
    token: String,
    list: String,
    /// What of it is shown, as it stands in the address.
    asked: String,
    account: String,
    #[serde(flatten)]
    stated: Stated,
}

/// Opens the account of a row; the persons of the list become those that are gone through.
pub(crate) async fn open(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(opening): Form<Opening>,
) -> Response {
    if !is_ours(&session, &opening.token) {
        return foreign();
    }
    let asked: Asked = serde_json::from_str(&opening.asked).unwrap_or_default();
    let Some((held, list)) = held(&shared, &opening.list) else {
        return Redirect::to(WAY).into_response();
    };
    let Some(purpose) = opening.stated.purpose(&shared) else {
        return person::purpose_first(&shared, &session);
    };
    let sought = match asked.text(&shared) {
        Ok(sought) => sought,
        Err(none) => return none.refused(),
    };
    let mut persons: Vec<&str> = Vec::new();
    for found in asked.of(&held, list, &sought) {
        if persons.last() != Some(&found.account.as_str()) {
            persons.push(&found.account);
        }
    }
    let wanted = persons.iter().position(|one| *one == opening.account);
    let Some(wanted) = wanted else {
        return no_page().await;
    };
    // As many as may be, with the one that is wanted among them.
    let from = wanted.saturating_sub(LED_THROUGH_MAX / 2);
    let queue = persons.iter().skip(from).take(LED_THROUGH_MAX);
    let queue = queue.filter_map(|hex| AccountId::from_hex(hex).map(Whom::Account));
    person::begin(&shared, queue.collect(), purpose, wanted - from + 1)
}

pub(crate) async fn csv(
    State(shared): State<Arc<Shared>>,
    Path(list): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    file(&shared, &list, &asked, Sheet::csv).await
}

pub(crate) async fn xlsx(
    State(shared): State<Arc<Shared>>,
    Path(list): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    file(&shared, &list, &asked, Sheet::xlsx).await
}

async fn file(
    shared: &Shared,
    list: &str,
    asked: &Asked,
    written: fn(&Sheet) -> Response,
) -> Response {
    let text = match asked.text(shared) {
        Ok(text) => text,
        Err(none) => return none.refused(),
    };
    match held(shared, list) {
        Some((held, list)) => {
            let shown = Shown {
                held: &held,
                list,
                asked,
                sought: &text,
            };
            written(&sheet(&shown))
        }
        None => no_page().await,
    }
}

/// A list as a table for files, with all that is known of each finding.
fn sheet(shown: &Shown<'_>) -> Sheet {
    let (held, list) = (shown.held, shown.list);
    let [account, what, scheme, _, places, how] = review::header();
    let header = [
        account,
        t!("lists.serial").to_string(),
        t!("lists.code").to_string(),
        what,
        scheme,
        t!("lists.first").to_string(),
        t!("lists.last").to_string(),
        t!("lists.months").to_string(),
        places,
        how,
        t!("lists.case").to_string(),
        t!("lists.case_number").to_string(),
        t!("lists.due").to_string(),
        t!("lists.overdue").to_string(),
        t!("lists.price").to_string(),
        t!("lists.disputed").to_string(),
        t!("lists.raised").to_string(),
    ];
    let rows = shown.rows().into_iter();
    Sheet {
        file: format!("{}-{}", list.name(), held.at.0 / 1_000),
        about: vec![review::list_name(list), held.as_of()],
        header: header.to_vec(),
        rows: rows.map(|found| row(list, found)).collect(),
    }
}

fn row(list: List, found: &Found) -> Vec<Cell> {
    let finding = &found.finding;
    let [account, what, scheme, _, places, how] = review::cells(list, &found.account, finding);
    vec![
        Cell::Text(account),
        Cell::text(&found.serial),
        Cell::text(&finding.what),
        Cell::Text(what),
        Cell::text(&scheme),
        Cell::maybe(finding.first),
        Cell::maybe(finding.last),
        Cell::Count(finding.months.into()),
        Cell::text(&places),
        Cell::text(&how),
        Cell::maybe(finding.case.as_ref()),
        Cell::text(&found.case_number),
        Cell::maybe(finding.due),
        Cell::Count(finding.overdue.into()),
        finding
            .price
            .map_or(Cell::Empty, |fen| Cell::Fen(fen.into())),
        Cell::text(&review::disputed(finding)),
        Cell::maybe(finding.raised),
    ]
}
