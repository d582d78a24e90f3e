//! The vectors of the format, as texts of JSON files. `tests/vectors/README.md` says how to read them.
//!
//! What is refused, and why, is stated here by hand; the tests see whether the crate (and a second implementation)
//! agrees.

#![allow(
    unreachable_pub,
    reason = "the generator and the tests include these modules, each with its own needs"
)]

pub mod chains;
mod cosignatures;
mod entries;
pub mod fields;
pub mod json;
mod notes;
mod numbers;
mod platforms;
mod registers;
pub mod rosters;
pub mod sample;
mod segments;
mod trees;
mod values;

use json::Json;

/// Every file: its name and its text.
pub fn files() -> Vec<(&'static str, String)> {
    vec![
        ("values.json", file(values::cases())),
        ("entries.json", file(entries::cases())),
        ("tree.json", file(trees::cases())),
        ("numbers.json", file(numbers::cases())),
        ("notes.json", file(notes::cases())),
        ("cosignatures.json", file(cosignatures::cases())),
        ("roster.json", file(rosters::cases())),
        ("chain.json", file(chains::cases())),
        ("register.json", file(registers::cases())),
        ("segment.json", file(segments::cases())),
    ]
}

fn file(cases: Vec<Json>) -> String {
    let mut text = Json::object([("format", 1.into()), ("cases", Json::List(cases))]).to_text();
    text.push('\n');
    text
}

/// A case: what to check, under which name, with which inputs and what must come of it.
pub fn case<const N: usize>(
    check: &str,
    name: impl Into<String>,
    inputs: [(&str, Json); N],
    outcome: Json,
) -> Json {
    let mut members = vec![
        ("check".to_string(), check.into()),
        ("name".to_string(), Json::Text(name.into())),
    ];
    members.extend(inputs.map(|(key, value)| (key.to_string(), value)));
    let key = if matches!(outcome, Json::Text(_)) {
        "refused"
    } else {
        "expect"
    };
    members.push((key.to_string(), outcome));
    Json::Object(members)
}
