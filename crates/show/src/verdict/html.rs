//! A verdict as a part of an HTML page: what it comes to first, then what stands behind it by how it stands.

use super::{Outcome, Standing, Verdict};
use crate::text::t;
use maud::{Markup, html};

/// The verdict. Its class says the outcome for the eye, its first words for everybody.
pub fn html(verdict: &Verdict) -> String {
    html! {
        div.verdict.(class(verdict.outcome)) {
            p.outcome { span.mark aria-hidden="true" { (mark(verdict.outcome)) } " " (outcome_word(verdict.outcome)) }
            h3 { (verdict.headline) }
            @for standing in order(verdict.outcome) { (lines(verdict, standing)) }
        }
    }
    .into_string()
}

/// The order in which a page shows what stands behind a verdict: of what is open, first what is missing.
const fn order(outcome: Outcome) -> [Standing; 4] {
    let [first, second] = match outcome {
        Outcome::Open => [Standing::Unproved, Standing::Proved],
        Outcome::Holds | Outcome::Refused => [Standing::Proved, Standing::Unproved],
    };
    [Standing::Reason, first, second, Standing::Basis]
}

/// An outcome in a word.
pub fn outcome_word(outcome: Outcome) -> String {
    match outcome {
        Outcome::Holds => t!("verify.outcome.holds"),
        Outcome::Open => t!("verify.outcome.open"),
        Outcome::Refused => t!("verify.outcome.refused"),
    }
    .to_string()
}

fn lines(verdict: &Verdict, standing: Standing) -> Markup {
    let lines = verdict.lines.iter();
    let lines: Vec<_> = lines.filter(|line| line.standing == standing).collect();
    html! {
        @if !lines.is_empty() {
            h4 { (title(standing)) }
            ul.basis[standing == Standing::Basis] { @for line in lines { li { (line.text) } } }
        }
    }
}

fn title(standing: Standing) -> String {
    match standing {
        Standing::Reason => t!("verify.title.reason"),
        Standing::Proved => t!("verify.title.proved"),
        Standing::Unproved => t!("verify.title.unproved"),
        Standing::Basis => t!("verify.title.basis"),
    }
    .to_string()
}

const fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "holds",
        Outcome::Open => "unsettled",
        Outcome::Refused => "refused",
    }
}

const fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "✓",
        Outcome::Open => "?",
        Outcome::Refused => "✗",
    }
}
