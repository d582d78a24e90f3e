//! Transfers step by step: a step is looked at first, and written when the clerk says so.

use crate::{
    desk::{Deed, Step, Trouble},
    layout::{Page, alert, token},
    routes::{foreign, is_ours},
    shared::{Session, Shared},
    text::{named, t},
};
use axum::{
    Extension, Form,
    extract::{Query, State},
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::spawn_blocking;
use yizhang_ledger::entry::Kind;
use yizhang_show::kind;

/// The steps, in the order of a case.
const STEPS: [Kind; 13] = [
    Kind::TRANSFER_APPLY,
    Kind::CERTIFICATE,
    Kind::LETTER,
    Kind::FREEZE,
    Kind::INFO_SHEET,
    Kind::FUNDS_SENT,
    Kind::FUNDS_RECEIVED,
    Kind::POSTED,
    Kind::CLOSED,
    Kind::RETURNED,
    Kind::WITHDRAWN,
    Kind::SUPPLEMENT,
    Kind::CORRECTION,
];
/// Fields that the first steps of a case need.
const FIRST_FIELDS: [&str; 4] = ["on", "scheme", "old_place", "new_place"];
/// Fields that some steps have.
const FURTHER_FIELDS: [&str; 13] = [
    "agency",
    "old_agency",
    "new_agency",
    "first_month",
    "last_month",
    "deemed_months",
    "actual_months",
    "personal_account",
    "personal_account_unit",
    "pool",
    "account_type",
    "document",
    "reason",
];
/// Longest value of a field.
const VALUE_CHARACTERS_MAX: usize = 128;
/// Most fields of a form.
const FIELDS_MAX: usize = 32;

/// What a list leads here with.
#[derive(Deserialize)]
pub(crate) struct Awaited {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    case: String,
}

pub(crate) async fn desk(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Query(awaited): Query<Awaited>,
) -> Html<String> {
    let step = Step {
        kind: awaited.kind,
        case: awaited.case,
        ..Step::default()
    };
    shown(&shared, &session, &step, None)
}

/// Looks at a step, or takes it.
pub(crate) async fn step(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Response {
    let mut fields: BTreeMap<String, String> = typed
        .into_iter()
        .take(FIELDS_MAX)
        .map(|(name, value)| {
            (
                name,
                value.trim().chars().take(VALUE_CHARACTERS_MAX).collect(),
            )
        })
        .collect();
    let mut field = |name: &str| fields.remove(name).unwrap_or_default();
    if !is_ours(&session, &field("token")) {
        return foreign();
    }
    let deed = if field("deed") == "take" {
        Deed::Take
    } else {
        Deed::Look
    };
    let mut step = Step {
        number: field("number"),
        kind: field("kind"),
        case: field("case"),
        serial: field("serial"),
        fields: BTreeMap::new(),
    };
    fields.retain(|name, value| {
        !value.is_empty()
            && FIRST_FIELDS
                .iter()
                .chain(&FURTHER_FIELDS)
                .any(|known| known == name)
    });
    step.fields = fields;
    let (behind, asked) = (Arc::clone(&shared.desk), step.clone());
    let stepped = spawn_blocking(move || behind.step(&asked, deed)).await;
    let stepped = stepped.unwrap_or_else(|_| Err(Trouble::broken()));
    let result = match &stepped {
        Ok(stepped) => html! {
            section.result role="status" {
                h2 { @match deed { Deed::Look => { (t!("transfer.looked")) } Deed::Take if stepped.counts => { (t!("transfer.taken")) } Deed::Take => { (t!("transfer.not_done")) } } }
                @for line in &stepped.lines { p { (line) } }
            }
        },
        Err(trouble) => alert(&trouble.text),
    };
    let may_take = deed == Deed::Look && stepped.is_ok();
    let result = Told { result, may_take };
    shown(&shared, &session, &step, Some(&result)).into_response()
}

/// What came of a step.
struct Told {
    result: Markup,
    /// Whether it can be taken now.
    may_take: bool,
}

fn shown(shared: &Shared, session: &Session, step: &Step, told: Option<&Told>) -> Html<String> {
    let may_take = told.is_some_and(|told| told.may_take);
    let body = html! {
        p { (t!("transfer.lead")) }
        @if let Some(told) = told { (told.result) }
        form.step method="post" action="/transfer" autocomplete="off" {
            (token(session))
            div.fields {
                label { (t!("transfer.number")) input name="number" value=(step.number) required maxlength="32" inputmode="text"; }
                label { (t!("transfer.case")) input name="case" value=(step.case) required maxlength="64"; }
                label { (t!("transfer.kind"))
                    select name="kind" {
                        @for known in STEPS { option value=(known) selected[step.kind == known.to_string()] { (kind::name(known)) } }
                    }
                }
                label { (t!("transfer.serial")) input name="serial" value=(step.serial) required maxlength="64"; }
                @for name in FIRST_FIELDS { (field(step, name)) }
            }
            details open[FURTHER_FIELDS.iter().any(|name| step.fields.contains_key(*name))] {
                summary { (t!("transfer.further")) }
                div.fields { @for name in FURTHER_FIELDS { (field(step, name)) } }
            }
            p {
                button.main type="submit" name="deed" value="look" { (t!("transfer.look")) }
                @if may_take { " " button.main.take type="submit" name="deed" value="take" { (t!("transfer.take")) } }
            }
        }
        p { a href="/lists/transfer" { (t!("transfer.due")) } }
    };
    let page = Page::of(
        shared,
        session,
        "/transfer",
        t!("transfer.title").to_string(),
    );
    page.show(&body)
}

fn field(step: &Step, name: &str) -> Markup {
    let value = step.fields.get(name).map_or("", String::as_str);
    let kind = if name == "on" { "date" } else { "text" };
    html! {
        label { (named(&format!("transfer.field.{name}"))) input type=(kind) name=(name) value=(value) maxlength="128"; }
    }
}
