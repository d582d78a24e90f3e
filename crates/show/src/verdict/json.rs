//! What a statement shows, for other programs; `docs/verdict.schema.json` describes it.

use super::{BundleShown, Outcome, Standing, Verdict, bundle};
use serde_json::{Value, json};
use yizhang_entitlement::account::{RecordLine, Standing as Effect};
use yizhang_ledger::value::{Day, Division};
use yizhang_rules::RuleSet;
use yizhang_statement::{
    ChainShown, Cover, PersonAnswer, PersonShown, Promise, StatedAs, Verdict as Shown,
};

/// Version of the JSON of a verdict.
pub const VERDICT_FORMAT: &str = "yizhang-verdict/1";

/// A verdict on a statement as JSON, the account in it to the byte, so that its digest can be computed from this text. Of a statement that is
/// refused there is neither.
pub fn statement_json(
    said: &Verdict,
    shown: Option<&Shown>,
    person: Option<PersonAnswer>,
) -> String {
    // What the records of an excerpt come to is no account.
    let whole = shown.filter(|shown| shown.cover == Cover::Whole);
    let account = whole.map_or_else(
        || "null".to_string(),
        |shown| String::from_utf8_lossy(&shown.json).into_owned(),
    );
    let statement = json!(shown.map(|shown| statement(shown, person)));
    format!(
        "{{{},\"statement\":{statement},\"account\":{account}}}",
        members(said)
    )
}

/// A verdict on a bundle as JSON; of one that is refused, the verdict alone.
pub fn bundle_json(said: &Verdict, shown: Option<&BundleShown>) -> String {
    let bundle = json!(shown.map(bundle::json));
    format!(
        "{{{},\"statement\":null,\"account\":null,\"bundle\":{bundle}}}",
        members(said)
    )
}

/// A verdict on a file of which there is nothing to be said but sentences.
pub fn verdict_json(said: &Verdict) -> String {
    format!("{{{},\"statement\":null,\"account\":null}}", members(said))
}

/// What every verdict has.
fn members(said: &Verdict) -> String {
    let lines: Vec<Value> = said
        .lines
        .iter()
        .map(|line| json!({ "standing": standing(line.standing), "text": line.text }))
        .collect();
    format!(
        "\"format\":\"{VERDICT_FORMAT}\",\"outcome\":\"{}\",\"headline\":{},\"lines\":{}",
        outcome(said.outcome),
        json!(said.headline),
        json!(lines),
    )
}

fn statement(shown: &Shown, asked: Option<PersonAnswer>) -> Value {
    let chains: Vec<Value> = shown.chains.iter().map(chain).collect();
    let is_own = shown.rules == RuleSet::embedded().name();
    json!({
        "digest": shown.digest.to_string(),
        "federation": shown.federation,
        "issuer": shown.issuer.as_str(),
        "issued": shown.issued.to_string(),
        "as_of": shown.as_of.to_string(),
        "roster": shown.roster,
        "roster_in_file": shown.stated_roster,
        "rules": shown.rules.to_string(),
        "rules_are": if is_own { "of_the_program" } else { "of_the_issuer" },
        "person": person(&shown.person),
        "number": match &shown.person {
            PersonShown::Revealed(number) => Some(number.reveal()),
            PersonShown::Hidden | PersonShown::Unknown => None,
        },
        "issuer_key_ended": shown.issuer_key_ended,
        "person_asked": asked.map(answer),
        "further_pseudonyms": shown.other_names,
        "strangers": shown.strangers.len(),
        "account_is": stated(&shown.stated),
        "account_digest": shown.account_digest.to_string(),
        "records": shown.checked.records,
        "excerpt": excerpt(shown),
        "chains": chains,
    })
}

/// What an excerpt covers, and its records as an account has them; null of a whole one.
fn excerpt(shown: &Shown) -> Value {
    match &shown.cover {
        Cover::Whole => Value::Null,
        Cover::Part(excerpt) => json!({
            "first": excerpt.first.to_string(),
            "last": excerpt.last.to_string(),
            "schemes": excerpt.schemes,
            "records": shown.account.records.iter().map(excerpt_record).collect::<Vec<_>>(),
        }),
    }
}

/// A record of an excerpt. Whether it has effect depends on records that an excerpt need not show, unless a reversal took it back: that is for
/// the same months.
fn excerpt_record(record: &RecordLine) -> Value {
    let mut value = json!(record);
    if record.standing != Effect::Reversed
        && let Some(members) = value.as_object_mut()
    {
        members.remove("standing");
        members.remove("because");
    }
    value
}

fn chain(shown: &ChainShown) -> Value {
    let through = shown
        .through
        .map(|through| json!({ "size": through.size.0, "day": Day::of(through.time).to_string() }));
    let regions = |promises: &[Promise]| -> Vec<String> {
        let regions = promises.iter().map(|promise| promise.region.to_string());
        regions.collect()
    };
    let confirmed: Vec<String> = shown.confirmed_by.iter().map(Division::to_string).collect();
    json!({
        "chain": shown.chain.as_str(),
        "size": shown.size.map(|size| size.0),
        "records": shown.records,
        "hidden": shown.hidden,
        "complete_through": through,
        "register_confirmed_by": confirmed,
        "mirrored_by": regions(&shown.mirrors),
        "witnessed_by": regions(&shown.witnesses),
    })
}

const fn person(person: &PersonShown) -> &'static str {
    match person {
        PersonShown::Revealed(_) => "revealed",
        PersonShown::Hidden => "hidden",
        PersonShown::Unknown => "unknown",
    }
}

const fn answer(answer: PersonAnswer) -> &'static str {
    match answer {
        PersonAnswer::Is => "is",
        PersonAnswer::IsNot => "is_not",
        PersonAnswer::NeedsCode => "needs_code",
        PersonAnswer::NotShown => "not_shown",
    }
}

const fn stated(stated: &StatedAs) -> &'static str {
    match stated {
        StatedAs::Same => "as_stated",
        StatedAs::Nothing => "not_stated",
        StatedAs::OtherForm { .. } => "of_another_form",
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "holds",
        Outcome::Open => "open",
        Outcome::Refused => "refused",
    }
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Reason => "reason",
        Standing::Proved => "proved",
        Standing::Unproved => "unproved",
        Standing::Basis => "basis",
    }
}
