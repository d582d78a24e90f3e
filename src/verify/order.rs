//! A proof of an order, believed by the roster.

use crate::{
    platform::{minute, status_name},
    show,
};
use anyhow::Context;
use rust_i18n::t;
use std::path::Path;
use yizhang_ledger::{order::OrderRow, roster::Roster};
use yizhang_show::verdict::{Line, Outcome, Verdict, by_roster, promise_lines};
use yizhang_statement::{OrderProof, ProvedOrder};

/// What a proof shows, in words.
///
/// # Errors
/// Whatever does not hold, with the file.
pub(super) fn shown(path: &Path, bytes: &[u8], roster: &Roster) -> anyhow::Result<Verdict> {
    let context = || path.display().to_string();
    let proof = OrderProof::parse(bytes).with_context(context)?;
    let proved = proof.verify(roster).with_context(context)?;
    Ok(verdict(&proved, roster))
}

/// An order in words.
pub(super) fn order_line(row: &OrderRow<'_>) -> String {
    let insured = if row.insured {
        t!("verify.order_insured")
    } else {
        t!("verify.order_not_insured")
    };
    t!(
        "verify.order",
        order = row.order,
        account = row.account.reveal_hex(),
        place = show::place::name(row.place),
        accepted = minute(row.accepted),
        finished = minute(row.finished),
        status = status_name(row.status),
        insured = insured
    )
    .to_string()
}

/// What was earned for it.
pub(super) fn sums_line(row: &OrderRow<'_>) -> String {
    t!(
        "verify.order_sums",
        gross = row.gross,
        incentives = row.incentives,
        deductions = row.deductions,
        refunds = row.refunds
    )
    .to_string()
}

fn verdict(proved: &ProvedOrder<'_>, roster: &Roster) -> Verdict {
    let (row, month) = (&proved.row, &proved.month);
    let region = show::place::name(proved.under.origin.region());
    let (order, sums) = (order_line(row), sums_line(row));
    let deposited = t!(
        "verify.order_deposited",
        platform = row.platform,
        month = month.month,
        rows = month.file.rows,
        region = region,
        index = proved.index.0,
        size = proved.under.size
    );
    let mut lines = vec![
        Line::proved(order),
        Line::proved(sums),
        Line::proved(deposited),
    ];
    lines.extend(promise_lines(&proved.under));
    lines.push(Line::unproved(t!("verify.order_not_true")));
    lines.push(by_roster(roster.version));
    Verdict {
        outcome: Outcome::Holds,
        headline: t!("verify.order_holds", region = region).to_string(),
        lines,
    }
}
