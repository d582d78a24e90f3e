//! `yizhang platform prove`: one order out of the index, tied to the head under which its month was receipted.

use super::{home::Home, parse_month};
use crate::{agency::receipts::Receipts, credentials, exit::Outcome, files};
use anyhow::{Context, ensure};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_ledger::{
    batch::RecordBlock,
    order::OrderRow,
    range::{LeafRange, path_in},
    roster::Roster,
    value::{Division, LeafIndex, Month},
};
use yizhang_platform::{FoundOrder, Index, PackedMonths, Packing};
use yizhang_statement::{OrderProof, ReceiptFile, RecordEvidence};

/// Arguments of `platform prove`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of the order.
    #[arg(long, value_name = "NUMBER")]
    order: String,
    /// Month of the order, YYYY-MM; all that there are if not given.
    #[arg(long, value_parser = parse_month)]
    month: Option<Month>,
    /// Directory of the platform.
    #[arg(long)]
    dir: PathBuf,
    /// Directory with the root keys that you trust and the roster.
    #[arg(long)]
    credentials: PathBuf,
    /// File to write the proof to.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let home = Home::read(&arguments.dir)?;
    let trusted = credentials::read_roster(&arguments.credentials)?;
    let months = match arguments.month {
        Some(month) => vec![month],
        None => home.months()?,
    };
    for month in months {
        let index = home.index(month)?;
        if let Some(found) = index.find(&arguments.order)? {
            let proof = prove(&home, month, &index, found, &trusted.roster)?;
            files::replace(&arguments.output, &proof.to_bytes())?;
            let path = arguments.output.display();
            println!("{}", t!("platform.proved", path = path));
            return Ok(Outcome::Clean);
        }
    }
    anyhow::bail!("{}", t!("platform.no_order"))
}

/// The proof of an order that was found, checked as whoever gets it will check it.
fn prove(
    home: &Home,
    month: Month,
    index: &Index,
    found: FoundOrder,
    roster: &Roster,
) -> anyhow::Result<OrderProof> {
    let deposited = home.deposited(month)?;
    let deposited = deposited.with_context(|| t!("platform.not_deposited", month = month))?;
    let region = Division::new(deposited.region);
    let region = region.with_context(|| t!("platform.not_deposited", month = month))?;
    let packed = packed_with(home, index, region, found.month)?;
    let receipts = Receipts::in_folder(home.receipts(month));
    let path = receipts.path(packed.id);
    let bytes = files::read(&path).with_context(|| t!("platform.no_receipt", month = month))?;
    let receipt = ReceiptFile::parse(&bytes).with_context(|| path.display().to_string())?;
    let shown = receipt
        .verify(roster)
        .with_context(|| path.display().to_string())?;
    let within = found.month - packed.first;
    let block = RecordBlock::parse(packed.bytes)?;
    receipt
        .is_for(block.leaves(), shown.size)
        .with_context(|| path.display().to_string())?;
    let range = LeafRange {
        first: receipt.first.0,
        end: receipt.first.0 + receipt.records,
    };
    let leaf = receipt.first.0 + within;
    let steps = path_in(range, shown.size.0, &receipt.proof, block.leaves(), leaf)?;
    let proof = OrderProof {
        row: found.row.bytes,
        salt: found.row.salt,
        index: found.index,
        path: found.path,
        record: RecordEvidence {
            index: LeafIndex(leaf),
            entry: index.entry(found.month)?,
            path: steps,
        },
        head: receipt.head,
    };
    proof.verify(roster)?;
    ensure!(
        OrderRow::read(&proof.row).is_ok(),
        "a row that was proved is one"
    );
    Ok(proof)
}

/// The submission that a month was packed into: made again, and the same.
fn packed_with(
    home: &Home,
    index: &Index,
    region: Division,
    month: u64,
) -> anyhow::Result<PackedMonths> {
    let key = home.key()?;
    for packed in Packing::new(index, region, &key) {
        let packed = packed?;
        if month < packed.first + packed.months {
            return Ok(packed);
        }
    }
    anyhow::bail!("an index has a submission for each of its months")
}
