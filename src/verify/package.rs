//! An evidence package: a statement, and the orders that belong to its months.

use super::{
    Arguments,
    known::Known,
    order::{order_line, sums_line},
    statement::{reader_of, say_statement},
};
use crate::{
    exit::{Failure, Outcome},
    files,
};
use rust_i18n::t;
use std::path::Path;
use yizhang_show::verdict::{self, Anchor, Line};
use yizhang_statement::{
    EvidencePackage, PACKAGE_BYTES_MAX, PACKAGE_HEADER, PackageFault, PackageShown,
};

/// Whether a file begins as evidence packages do.
pub(super) fn is_package(path: &Path) -> anyhow::Result<bool> {
    files::begins_with(path, PACKAGE_HEADER.as_bytes())
}

/// Says what a package shows.
pub(super) fn run(arguments: &Arguments, path: &Path) -> anyhow::Result<Outcome> {
    let options = &arguments.statement;
    if options.asks_for_person() {
        return Err(Failure::Arguments(t!("verify.person_of_statement").to_string()).into());
    }
    let known = Known::read(arguments)?;
    let bytes = files::read_at_most(path, PACKAGE_BYTES_MAX)?;
    let package = EvidencePackage::parse(&bytes);
    let shown = match &package {
        Ok(package) => package.verify(known.root, &known.rosters),
        Err(fault) => Err(fault.clone()),
    };
    match shown {
        Ok(shown) => {
            let reader = reader_of(options, None, &known);
            let anchor = Anchor::Known(known.root.to_string());
            let mut said = verdict::of_statement(&shown.statement, &reader).resting_on(&anchor);
            said.lines.extend(order_lines(&shown));
            say_statement(&said, &shown.statement, options);
            Ok(super::ended(&said))
        }
        Err(PackageFault::Statement(refusal)) => {
            let said = verdict::refused_statement(&refusal);
            super::say(arguments, &said);
            Ok(Outcome::Findings)
        }
        Err(fault) => {
            let text = t!(
                "verify.package_refused",
                path = path.display(),
                text = fault
            );
            let said = verdict::Verdict {
                outcome: verdict::Outcome::Refused,
                headline: text.to_string(),
                lines: Vec::new(),
            };
            super::say(arguments, &said);
            Ok(Outcome::Findings)
        }
    }
}

/// Each order, and that a platform has said so and nobody here has seen it.
fn order_lines(shown: &PackageShown<'_>) -> Vec<Line> {
    let mut lines = vec![Line::proved(t!(
        "verify.package_orders",
        count = shown.orders.len()
    ))];
    for order in &shown.orders {
        lines.push(Line::proved(order_line(&order.row)));
        lines.push(Line::proved(sums_line(&order.row)));
    }
    if !shown.orders.is_empty() {
        lines.push(Line::unproved(t!("verify.order_not_true")));
    }
    lines
}
