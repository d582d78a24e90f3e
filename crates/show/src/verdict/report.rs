//! What a check of several files comes to, as a part of an HTML page.

use super::{Outcome, Verdict, html, outcome_word};
use crate::text::t;
use maud::{Markup, PreEscaped, html as markup};

/// What a check comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The files, in the order in which they were chosen.
    pub files: Vec<CheckedFile>,
    /// What the rosters among them are worth; none where there are none.
    pub roster: Option<Verdict>,
    /// The day, by the clock of whoever asked.
    pub day: String,
}

/// A file and what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: usize,
    /// Its SHA-256.
    pub digest: String,
    /// What it shows.
    pub verdict: Verdict,
    /// The account that it carries, as `html::parts` has it; empty where it carries none, or shows nothing.
    pub account: String,
}

impl Report {
    /// The gravest outcome of all; of nothing at all it is open.
    pub fn outcome(&self) -> Outcome {
        let rosters = self.roster.iter().map(|verdict| verdict.outcome);
        let files = self.files.iter().map(|file| file.verdict.outcome);
        rosters.chain(files).max().unwrap_or(Outcome::Open)
    }

    /// The report. Its first words are those that a screen reader is to say.
    pub fn html(&self) -> String {
        markup! {
            div.report data-said=(self.said()) {
                @if let Some(roster) = self.decisive_roster() {
                    section.file { h2 { (t!("report.roster")) } (PreEscaped(html(roster))) }
                }
                @for file in &self.files { (section(file)) }
                @if let (Some(roster), None) = (&self.roster, self.decisive_roster()) {
                    p.small { (t!("report.roster")) (t!("account.colon")) (roster.headline) }
                }
                p.small { (t!("report.checked", day = self.day, version = env!("CARGO_PKG_VERSION"))) }
            }
        }
        .into_string()
    }

    /// The verdict on the rosters, where it is what the reader has to know: nothing is checked by them, or there is nothing else.
    fn decisive_roster(&self) -> Option<&Verdict> {
        let roster = self.roster.as_ref()?;
        let decides = self.files.is_empty() || roster.outcome == Outcome::Refused;
        decides.then_some(roster)
    }

    /// The outcome in a sentence.
    fn said(&self) -> String {
        let word = outcome_word(self.outcome());
        let headline = match (self.decisive_roster(), self.files.as_slice()) {
            (Some(roster), _) => roster.headline.clone(),
            (None, [file]) => file.verdict.headline.clone(),
            (None, files) => t!("report.files", count = files.len()).to_string(),
        };
        format!("{word}{}{headline}", t!("account.colon"))
    }
}

fn section(file: &CheckedFile) -> Markup {
    markup! {
        section.file {
            h2 { (file.name) }
            (PreEscaped(html(&file.verdict)))
            @if !file.account.is_empty() { div.account { (PreEscaped(&file.account)) } }
            p.small.digest { (t!("report.file", bytes = file.bytes, digest = file.digest)) }
        }
    }
}
