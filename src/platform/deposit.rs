//! `yizhang platform deposit`: a whole file is checked, its rows are kept, and its months are sent. What is stopped in the middle is begun
//! again with the same command: the same file makes the same submissions, and a node that has one adds nothing.

use super::{
    home::Home,
    orders::{FileArguments, outcome_of},
};
use crate::{
    agency::{
        Ready, Taken,
        receipts::{self, Durable, Receipts},
        send_submissions, sharing,
    },
    credentials::Credentials,
    exit::{Failure, Outcome},
    node::parse_region,
    pseudonyms::NodePseudonyms,
    purpose::PersonArgument,
    show,
    usage::WrongValue,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::{
    fs::{self, File},
    path::PathBuf,
};
use tempfile::TempDir;
use yizhang_ledger::{
    batch::RecordBlock,
    value::{Division, Month},
};
use yizhang_platform::{Index, PackedMonths, Packing, Terms};

/// Arguments of `platform deposit`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    orders: FileArguments,
    /// Region of the node to deposit with.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the platform's credentials.
    #[arg(long)]
    credentials: PathBuf,
    /// Directory of the platform, as `platform init` has made it. The index of the month and the receipts are kept there.
    #[arg(long)]
    dir: PathBuf,
    #[command(flatten)]
    person: PersonArgument,
    /// What is waited for at the end: local (the node's own disk), or mirrors:K, nodes of K other regions, with the seconds to wait behind
    /// a comma; as many as the roster says if not given.
    #[arg(long, value_name = "local|mirrors:K[,SECONDS]", value_parser = parse_durable)]
    durable: Option<Durable>,
}

fn parse_durable(text: &str) -> Result<Durable, WrongValue> {
    text.parse()
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let home = Home::read(&arguments.dir)?;
    let credentials = Credentials::read(&arguments.credentials)?;
    let file = arguments.orders.open()?;
    let month = arguments.orders.month_of(&file)?;
    let _locked = home.lock()?;
    let building = home.building()?;
    let summary = {
        let pseudonyms =
            NodePseudonyms::for_import(&credentials, arguments.node, &arguments.person)?;
        let terms = Terms {
            subject: &home.subject(month),
            secret: &home.secret()?,
            pseudonyms: &pseudonyms,
            faulty: arguments.orders.faulty(),
        };
        arguments.orders.read(&file, &terms, building.path())?
    };
    if !summary.is_built {
        return Ok(Outcome::Findings);
    }
    place(&home, month, arguments.node, building)?;
    let index = home.index(month)?;
    home.note_deposited(month, arguments.node, &index)?;
    let deposit = Deposit {
        arguments,
        credentials: &credentials,
        home: &home,
        month,
        index: &index,
    };
    deposit.send()?;
    Ok(outcome_of(&summary))
}

/// Puts an index that was built into its place, unless it is there. One of which something may have been sent is never replaced.
fn place(home: &Home, month: Month, region: Division, building: TempDir) -> anyhow::Result<()> {
    let target = home.folder(month);
    let new = Index::open(building.path(), &home.subject(month))?.digest()?;
    if let Some(deposited) = home.deposited(month)? {
        let is_same = deposited.digest == new.to_string() && deposited.region == region.code();
        if is_same {
            return Ok(());
        }
        let text = t!(
            "platform.other_content",
            month = month,
            region = deposited.region
        );
        return Err(Failure::Refused(text.to_string()).into());
    }
    let context = || target.display().to_string();
    if target.exists() {
        // Nothing of it was sent. A crash behind this line leaves no index, and the command makes one again.
        fs::remove_dir_all(&target).with_context(context)?;
    }
    fs::rename(building.keep(), &target)
        .and_then(|()| File::open(home.dir())?.sync_all())
        .with_context(context)
}

/// Months that are sent.
struct Deposit<'d> {
    arguments: &'d Arguments,
    credentials: &'d Credentials,
    home: &'d Home,
    month: Month,
    index: &'d Index,
}

impl Deposit<'_> {
    fn send(&self) -> anyhow::Result<()> {
        let (credentials, node) = (self.credentials, self.arguments.node);
        let key = self.home.key()?;
        let receipts = Receipts::in_folder(self.home.receipts(self.month))
            .without_lists()
            .asking(self.arguments.durable);
        let packing = Packing::new(self.index, node, &key);
        let submissions = packing.map(|packed| ready(packed?));
        let bar = show::progress::counted(&t!("platform.sending"), self.index.months());
        let taken = |taken: &Taken<'_>| bar.inc(taken.records);
        let sent = send_submissions(credentials, node, submissions, Some(&receipts), &taken);
        bar.finish_and_clear();
        let sent = sent?;
        for line in show::import::done(node, &sent.imported) {
            println!("{line}");
        }
        let usual = || Durable::usual(sent.roster.mirrors);
        let wanted = self.arguments.durable.unwrap_or_else(usual);
        let promised = receipts::keep(
            credentials,
            &sent.roster,
            node,
            &sent.placed,
            &receipts,
            wanted,
        )?;
        for line in promised.iter().flat_map(receipts::Promised::lines) {
            println!("{line}");
        }
        if let Some(sharing) = sharing(credentials, node, sent.imported.size) {
            println!("{}", show::import::shared(sharing));
        }
        Ok(())
    }
}

fn ready(packed: PackedMonths) -> anyhow::Result<Ready> {
    Ok(Ready {
        id: packed.id,
        block: RecordBlock::parse(packed.bytes)?,
        list: None,
    })
}
