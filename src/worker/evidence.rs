//! `yizhang worker evidence`: a statement and the orders that belong to its months, in one file.

use super::statement::trusted_root;
use crate::{
    exit::{Failure, Outcome},
    files, output,
    verify::parse_root,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::roster::RootFingerprint;
use yizhang_statement::{
    EvidencePackage, ORDER_PROOF_BYTES_MAX, OrderProof, PACKAGE_ORDERS_MAX, PORTABLE_BYTES_MAX,
};

/// Arguments of `worker evidence`.
#[derive(Args)]
pub(crate) struct EvidenceArguments {
    /// The statement, whole or an excerpt (`worker statement --from --to`, or from the portal): it has the months, enrolments and premiums.
    #[arg(value_name = "STATEMENT")]
    statement: PathBuf,
    /// Proof of an order, as the platform gives it (`platform prove`); may be given several times.
    #[arg(long, value_name = "PROOF")]
    order: Vec<PathBuf>,
    /// Fingerprint of the root keys that you trust, 32 hexadecimal digits (`yizhang federation show`).
    #[arg(long, value_name = "FINGERPRINT", value_parser = parse_root)]
    root: Option<RootFingerprint>,
    /// Directory with the root keys that you trust, in place of --root.
    #[arg(long, required_unless_present = "root", conflicts_with = "root")]
    credentials: Option<PathBuf>,
    /// Where to write the package; its name best ends with .yizhang.
    #[arg(long, short = 'o', value_name = "FILE")]
    out: PathBuf,
}

/// Packs what holds, and nothing else.
pub(super) fn run(arguments: &EvidenceArguments) -> anyhow::Result<Outcome> {
    if arguments.order.len() > PACKAGE_ORDERS_MAX {
        let text = t!("evidence.too_many", limit = PACKAGE_ORDERS_MAX);
        return Err(Failure::Arguments(text.to_string()).into());
    }
    let root = match (arguments.root, &arguments.credentials) {
        (Some(root), _) => root,
        (None, Some(directory)) => trusted_root(directory)?,
        (None, None) => {
            return Err(Failure::Arguments(t!("verify.needs_roster").to_string()).into());
        }
    };
    let mut orders = Vec::with_capacity(arguments.order.len());
    for path in &arguments.order {
        orders.push(read_order(path)?);
    }
    let package = EvidencePackage {
        statement: files::read_at_most(&arguments.statement, PORTABLE_BYTES_MAX)?,
        orders,
    };
    let shown = package.verify(root, &[])?;
    files::replace(&arguments.out, &package.to_bytes())?;
    output::notice(&t!(
        "evidence.packed",
        path = arguments.out.display(),
        count = shown.orders.len()
    ));
    Ok(Outcome::Clean)
}

fn read_order(path: &Path) -> anyhow::Result<OrderProof> {
    let bytes = files::read_at_most(path, ORDER_PROOF_BYTES_MAX)?;
    OrderProof::parse(&bytes).with_context(|| path.display().to_string())
}
