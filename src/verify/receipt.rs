//! A receipt, believed by the roster.

use anyhow::Context;
use rust_i18n::t;
use std::path::Path;
use yizhang_ledger::roster::Roster;
use yizhang_statement::{ReceiptFile, Receipted};

/// Believes a receipt by the roster.
///
/// # Errors
/// Whatever does not hold, with the file; that the receipt needs a newer roster, where it does.
pub(super) fn believe(
    path: &Path,
    receipt: &ReceiptFile,
    roster: &Roster,
) -> anyhow::Result<Receipted> {
    let shown = receipt.verify(roster);
    let shown = if receipt.roster > roster.version {
        let (kept, known) = (receipt.roster, roster.version);
        shown.with_context(|| t!("verify.newer_roster", kept = kept, known = known))
    } else {
        shown.map_err(anyhow::Error::from)
    };
    shown.with_context(|| path.display().to_string())
}
