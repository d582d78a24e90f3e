//! `yizhang worker dispute`: a worker says that a record of the own account is not right, with a key of their own.

use super::holder::{self, Holder};
use crate::{exit::Outcome, files, show, usage::WrongValue};
use anyhow::ensure;
use clap::{Args, ValueEnum};
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_entitlement::dispute::Reason;
use yizhang_ledger::{
    dispute::{DOCUMENT_BYTES_MAX, DocumentHasher},
    value::{Day, Division},
};
use yizhang_wire::{
    code::RefusalCode,
    convert,
    deadline::{LOOKUP_TIMEOUT, within},
    v1::{DisputeReply, DisputeRequest, holders_client::HoldersClient},
};

/// Arguments of `worker dispute`.
#[derive(Args)]
pub(crate) struct DisputeArguments {
    /// Directory of your own key, as `worker enrol` made it.
    #[arg(long, value_name = "DIR")]
    holder: PathBuf,
    /// The record: the region of its chain and its position there, as 440000:12; the account shows both.
    #[arg(long, value_name = "REGION:POSITION", value_parser = parse_record)]
    record: NamedRecord,
    /// What is not right about it.
    #[arg(long, value_enum)]
    reason: ReasonName,
    /// A file that shows it. Only its BLAKE3 hash is sent; keep the file.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
}

/// A record by its place.
#[derive(Clone, Copy)]
pub(crate) struct NamedRecord {
    region: Division,
    index: u64,
}

fn parse_record(text: &str) -> Result<NamedRecord, WrongValue> {
    let place = text.split_once(':');
    let place = place.and_then(|(region, index)| {
        Some(NamedRecord {
            region: Division::parse(region)?,
            index: index.parse().ok()?,
        })
    });
    place.ok_or_else(|| WrongValue(t!("dispute.bad_record").to_string()))
}

/// Reasons by name.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ReasonName {
    /// Base or amount are wrong
    Amount,
    /// It is not yours
    NotMine,
    /// Accounts were tied together without your consent
    NoConsent,
    /// Money was deducted from your pay without your consent
    Deducted,
    /// The transfer is wrong
    Transfer,
    /// Something else
    Other,
}

impl ReasonName {
    const fn reason(self) -> Reason {
        match self {
            Self::Amount => Reason::Amount,
            Self::NotMine => Reason::NotMine,
            Self::NoConsent => Reason::NoConsent,
            Self::Deducted => Reason::Deducted,
            Self::Transfer => Reason::Transfer,
            Self::Other => Reason::Other,
        }
    }
}

pub(super) fn run(arguments: &DisputeArguments) -> anyhow::Result<Outcome> {
    let document = match &arguments.document {
        Some(path) => hashed(path)?,
        None => Vec::new(),
    };
    let holder = Holder::read(&arguments.holder)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let raised = runtime.block_on(async {
        let opened = holder.open().await?;
        let request = DisputeRequest {
            ticket: opened.ticket.into(),
            region: arguments.record.region.code(),
            index: arguments.record.index,
            reason: arguments.reason.reason().code().to_owned(),
            document: document.into(),
        };
        let mut client = HoldersClient::new(opened.channel);
        within(LOOKUP_TIMEOUT, client.dispute(request))
            .await
            .map_err(|status| match RefusalCode::of(&status) {
                Some(RefusalCode::NoRight) => anyhow::anyhow!("{}", t!("dispute.elsewhere")),
                _ => holder::failure(&status),
            })
    })?;
    say(arguments.record, &raised)?;
    Ok(Outcome::Clean)
}

/// Says what became of it: where it stands, with whom it lies, until when.
fn say(record: NamedRecord, raised: &DisputeReply) -> anyhow::Result<()> {
    let id = convert::hash("id", &raised.id)?;
    let chain = Division::new(raised.chain).map(show::place::name);
    let place = format!("{}#{}", chain.unwrap_or_default(), raised.index);
    let agency = show::place::name(record.region);
    let due = convert::day(raised.due).map_or_else(|_| "–".to_owned(), |due: Day| due.to_string());
    if raised.was_raised {
        println!("{}", t!("dispute.was_raised", id = id, place = place));
    } else {
        println!("{}", t!("dispute.raised", id = id, place = place));
    }
    println!("{}", t!("dispute.lies_with", agency = agency, due = due));
    Ok(())
}

fn hashed(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = files::read_at_most(path, DOCUMENT_BYTES_MAX)?;
    let mut hasher = DocumentHasher::default();
    hasher.take(&bytes)?;
    let hash = hasher.finish();
    ensure!(
        hash.is_some(),
        "{}",
        t!("dispute.empty", path = path.display())
    );
    Ok(hash.map(|hash| hash.0.to_vec()).unwrap_or_default())
}
