//! What a worker sees of the own account, on a phone: first three questions with their answers, then the years as a picture,
//! then the rest in the order in which people ask. Values in, HTML out: no rule, no figure and no I/O is here.
//!
//! Who shows these pages puts them into a document with [`STYLE`], without a script: what opens and closes does so by what
//! HTML itself can do (`details`, `popover`, radio buttons). [`file`](file()) is such a document, which needs nothing else.

mod answers;
#[cfg(feature = "paper")]
mod certificate;
mod conflicts;
mod disputes;
mod document;
mod estimate;
mod missing;
mod month;
mod pension;
mod readings;
mod rest;
mod schemes;
mod sheet;
mod terms;
mod texts;
mod transfers;
mod trust;
mod words;
mod work;
mod years;

#[cfg(feature = "paper")]
pub use certificate::page as certificate;
#[cfg(feature = "paper")]
use certificate::sheet as certificate_sheet;
pub use disputes::{Place, page as dispute};
#[cfg(feature = "paper")]
pub use document::certificate_file;
pub use document::file;
pub use estimate::{Estimate, page as estimate};
pub use month::page as month;
pub use readings::{lines as readings_lines, page as readings};
pub use sheet::page as sheet;
pub use terms::page as terms;
pub use texts::Texts;

use crate::account::Answer;
use crate::text::t;
use maud::{Markup, html};
use yizhang_ledger::value::{Division, Month};

/// The style of all pages here.
pub const STYLE: &str = include_str!("home/home.css");

/// Where the pages stand, and what is known of agencies.
pub struct Setting {
    /// Where the other pages are.
    pub links: Links,
    /// Offices of agencies that somebody has configured.
    pub offices: Vec<Office>,
    /// What forms carry, so that no other page can send one; none where nothing can be sent.
    pub token: Option<String>,
}

/// Where the other pages are.
pub enum Links {
    /// All in one file.
    InOneFile,
    /// Behind an address without a slash at its end: that itself is the first page, `/sheet`, `/terms`, `/readings` and
    /// `/month/FAMILY/MONTH` (as in `/month/hrss-110/2026-10`) the others. Disputes are sent to `/dispute` and shown under
    /// `/dispute/REGION/POSITION`.
    Under(String),
}

/// An office that people can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// The region that it is of.
    pub region: Division,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its telephone.
    pub telephone: String,
}

impl Links {
    fn first(&self) -> String {
        match self {
            Self::InOneFile => "#main".to_owned(),
            Self::Under(prefix) => prefix.clone(),
        }
    }

    /// The part of the first page that says what it rests on.
    fn trust(&self) -> String {
        match self {
            Self::InOneFile => "#trust".to_owned(),
            Self::Under(prefix) => format!("{prefix}#trust"),
        }
    }

    fn sheet(&self) -> String {
        self.to("sheet")
    }

    fn terms(&self) -> String {
        self.to("terms")
    }

    /// The page of who has read; none in a file.
    fn readings(&self) -> Option<String> {
        let Self::Under(prefix) = self else {
            return None;
        };
        Some(format!("{prefix}/readings"))
    }

    fn to(&self, page: &str) -> String {
        match self {
            Self::InOneFile => format!("#{page}"),
            Self::Under(prefix) => format!("{prefix}/{page}"),
        }
    }

    /// Where pensions are worked out; none in a file.
    fn estimate(&self) -> Option<String> {
        let Self::Under(prefix) = self else {
            return None;
        };
        Some(format!("{prefix}/estimate"))
    }

    /// Where the sheet is that a worker prints; none in a file.
    fn certificate(&self) -> Option<String> {
        let Self::Under(prefix) = self else {
            return None;
        };
        Some(format!("{prefix}/certificate"))
    }

    /// Where disputes are sent to; none in a file.
    fn disputes(&self) -> Option<String> {
        let Self::Under(prefix) = self else {
            return None;
        };
        Some(format!("{prefix}/dispute"))
    }

    /// The page on which a record is disputed; none in a file.
    fn dispute(&self, place: Place) -> Option<String> {
        let Place { region, index } = place;
        Some(format!("{}/{region}/{index}", self.disputes()?))
    }

    /// The page of a month; none in a file, which shows the months of a stretch together.
    fn month(&self, family: &str, month: Month) -> Option<String> {
        let Self::Under(prefix) = self else {
            return None;
        };
        Some(format!("{prefix}/month/{}/{month}", address(family)))
    }
}

/// A family in an address: `hrss-110`.
fn address(family: &str) -> String {
    family.replace(':', "-")
}

/// The first page: three questions and their answers, the years as a picture, and what else there is.
pub fn first(answer: &Answer, setting: &Setting) -> Markup {
    let account = &answer.account;
    html! {
        main id="main" {
            h1 { (t!("home.title")) }
            (trust::line(answer, &setting.links))
            (answers::section(answer))
            @if !account.records.is_empty() {
                (years::section(answer, setting))
                (schemes::section(account))
                (work::section(account, setting))
                (rest::medical(account))
                (transfers::section(account, setting))
                (conflicts::section(account))
                (disputes::section(account, setting))
                (rest::refunds(account))
            }
            (rest::other_pages(answer, setting))
            (rest::offices(account, setting))
            (trust::section(answer))
        }
        (terms::meanings(setting))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::language::{self, Language};
    use std::sync::Mutex;

    /// The language is one for the process: whoever needs one waits for others.
    static LANGUAGE: Mutex<()> = Mutex::new(());

    pub(crate) fn in_language(language: Language, check: impl FnOnce()) {
        let _held = LANGUAGE.lock();
        language::set(language);
        check();
    }
}
