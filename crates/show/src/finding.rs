//! Findings of an audit in the language in force. The crate words them in English; `locales/findings.yml` has the
//! Chinese by code.

use crate::text::t;
use crate::{
    language::{self, Language},
    printable,
};
use yizhang_audit::{Code, Finding, Place};

/// A finding as one line: where, what, and what was expected instead.
pub fn line(finding: &Finding) -> String {
    let line = match language::current() {
        Language::En => finding.to_string(),
        Language::Zh => t!(
            "finding.line",
            place = place(&finding.place),
            what = what(finding)
        )
        .to_string(),
    };
    // File names and texts of a node are in it.
    printable(&line)
}

fn what(finding: &Finding) -> String {
    let key = format!("finding.{}", code(finding.code));
    let what = t!(&key, text = finding.text);
    match (&finding.expected, &finding.found) {
        (Some(expected), Some(found)) => t!(
            "finding.sides",
            what = what,
            expected = expected,
            found = found
        )
        .to_string(),
        _ => what.to_string(),
    }
}

/// Where, from the source down to the entry, as far as it is known.
fn place(place: &Place) -> String {
    let parts = [
        place.source.clone(),
        place
            .region
            .as_ref()
            .map(|region| t!("finding.chain", region = region).to_string()),
        place.file.clone(),
        place
            .offset
            .map(|offset| t!("finding.byte", offset = offset).to_string()),
        place
            .leaf
            .map(|leaf| t!("finding.leaf", leaf = leaf).to_string()),
    ];
    parts
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(t!("finding.comma").as_ref())
}

/// The stable name of a code, as reports in JSON have it.
fn code(code: Code) -> String {
    crate::serde_name(&code)
}
