//! Why a file shows nothing: in words for everybody first, then in those of the check.

use super::{Line, Outcome, Verdict};
use crate::text::t;
use std::{borrow::Cow, fmt::Display};
use yizhang_ledger::Invalid;
use yizhang_statement::{ForkFault, ReceiptFault};

/// A file that is refused, for a reason in words.
pub fn refused(headline: impl Into<String>, reason: impl Into<String>) -> Verdict {
    Verdict {
        outcome: Outcome::Refused,
        headline: headline.into(),
        lines: vec![Line::reason(reason)],
    }
}

/// A receipt that is refused.
pub fn refused_receipt(fault: &ReceiptFault) -> Verdict {
    let reason = match fault {
        ReceiptFault::TooLarge { .. } => t!("verify.reason.large"),
        ReceiptFault::Form(_) => t!("verify.reason.form"),
        ReceiptFault::Head(fault) => head(fault),
        ReceiptFault::InDoubt { agreed, from, .. } => {
            t!("verify.reason.doubt", agreed = agreed, from = from)
        }
        ReceiptFault::Cosignature(_) => t!("verify.reason.cosignature"),
        ReceiptFault::Range(_) | ReceiptFault::OtherRecords => t!("verify.reason.range"),
    };
    with_detail(refused(t!("verify.receipt_refused"), reason), fault)
}

/// Evidence of a fork that is refused.
pub fn refused_fork(fault: &ForkFault) -> Verdict {
    let reason = match fault {
        ForkFault::TooLarge { .. } => t!("verify.reason.large"),
        ForkFault::Form(_) => t!("verify.reason.form"),
        ForkFault::Head { fault, .. } => head(fault),
        ForkFault::NoContradiction { .. } => t!("verify.reason.no_contradiction"),
        ForkFault::TwoChains { .. }
        | ForkFault::Order { .. }
        | ForkFault::Beginning
        | ForkFault::Path(_) => t!("verify.reason.not_tied"),
    };
    with_detail(refused(t!("verify.fork_refused"), reason), fault)
}

/// A file of no kind that can be checked.
pub fn unknown_file() -> Verdict {
    refused(t!("verify.unknown_file"), t!("verify.reason.unknown"))
}

/// A file that is larger than any that can be checked.
pub fn too_large(limit: usize) -> Verdict {
    let reason = t!("verify.reason.too_large", limit = limit);
    refused(t!("verify.unknown_file"), reason)
}

/// What a refused receipt lacks that was kept under a newer roster than the one at hand.
pub fn newer_roster(kept: u64, known: u64) -> Line {
    Line::reason(t!("verify.reason.newer", kept = kept, known = known))
}

/// Why a head is not believed.
fn head(fault: &Invalid) -> Cow<'static, str> {
    match fault {
        Invalid::NoteForm { .. } | Invalid::HeadForm { .. } => t!("verify.reason.form"),
        Invalid::UnknownOrigin { .. } => t!("verify.reason.origin"),
        Invalid::HeadNotContinued { .. } => t!("verify.reason.given_up"),
        _ => t!("verify.reason.signature"),
    }
}

fn with_detail(mut verdict: Verdict, fault: &impl Display) -> Verdict {
    let detail = t!("verify.reason.detail", detail = fault);
    verdict.lines.push(Line::reason(detail));
    verdict
}
