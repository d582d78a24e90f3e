//! What did not work, in words for whoever reads, with what to do.

use super::layout::{Whose, page};
use crate::text::t;
use axum::response::Html;
use maud::html;
use yizhang_show::language::{self, Language};

/// What did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A code that opens nothing.
    Code,
    /// A code that a second clerk has not approved.
    NotApproved,
    /// A key that opens nothing, or a form of a session that has ended.
    NotOpened,
    /// A number that is none, or is somebody else's.
    Number,
    /// Too much at once.
    Busy,
    /// The node does not answer.
    Away,
    /// A dispute that names nothing that can be disputed.
    Dispute,
    /// A file that is too large.
    TooLarge,
    /// More disputes than one may raise.
    TooMany,
    /// The region of the node does not hold the worker.
    Elsewhere,
    /// Who was to sign on has turned back.
    Cancelled,
    /// A return from the provider that fits no way that this browser was sent on, or comes too late, or again.
    Lost,
    /// The provider lets nobody sign on, or gives nothing for what it gave before.
    Denied,
    /// Who has signed on opens no record here: whatever it is, it is said no closer.
    NotVouched,
    /// The provider does not answer.
    ProviderAway,
    /// There is no such page.
    NoPage,
    /// A page of somebody else has sent it.
    ForeignPage,
}

impl Fault {
    const fn key(self) -> &'static str {
        match self {
            Self::Code => "fault.code",
            Self::NotApproved => "fault.not_approved",
            Self::NotOpened => "fault.not_opened",
            Self::Number => "fault.number",
            Self::Busy => "fault.busy",
            Self::Away => "fault.away",
            Self::Dispute => "fault.dispute",
            Self::TooLarge => "fault.too_large",
            Self::TooMany => "fault.too_many",
            Self::Elsewhere => "fault.elsewhere",
            Self::Cancelled => "fault.cancelled",
            Self::Lost => "fault.lost",
            Self::Denied => "fault.denied",
            Self::NotVouched => "fault.not_vouched",
            Self::ProviderAway => "fault.provider_away",
            Self::NoPage => "fault.no_page",
            Self::ForeignPage => "fault.foreign_page",
        }
    }
}

/// The sentence.
pub(crate) fn fault_text(language: Language, fault: Fault) -> String {
    language::during(language, || t!(fault.key()).to_string())
}

/// A page with nothing else.
pub(crate) fn fault(language: Language, fault: Fault) -> Html<String> {
    page(
        language,
        &Whose::Everybody,
        || t!("fault.title").to_string(),
        || {
            html! {
                main id="main" {
                h1 { (t!("fault.title")) }
                p.alert role="alert" { (t!(fault.key())) }
                p { a href="/" { (t!("fault.back")) } }
                }
            }
        },
    )
}
