//! `yizhang agency approvals`: what waits for a second clerk, and that clerk's word.

use crate::{
    connection,
    credentials::Credentials,
    exit::Outcome,
    newer,
    node::parse_region,
    purpose::PurposeArguments,
    show::{self, waiting::Listed},
    usage::WrongValue,
};
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::path::PathBuf;
use tonic::transport::Channel;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    hash::Hash,
    value::{Division, LeafIndex, UnixMillis},
};
use yizhang_statement as statement;
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    convert,
    deadline::{LOOKUP_TIMEOUT, STREAM_START_TIMEOUT, next, within},
    v1::{
        ApproveRequest, Receipt, RefuseRequest, ShowWaitingRequest, WaitingRequest,
        WaitingSubmission, approvals_client::ApprovalsClient,
    },
};

/// Fewest digits by which a submission or its content is named: of some thousand that wait, two begin alike once in a million.
const DIGITS_MIN: usize = 8;
/// Submissions that a node may list: as many as may wait there, and as many refused ones.
const LISTED_MAX: usize = 8_192;

/// What can be done with what waits.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List what waits for a second clerk, and what was refused.
    List(ListArguments),
    /// Show the records of a submission that waits.
    Show(ShowArguments),
    /// Approve a submission that another clerk has sent: it goes into the chain with both certificates.
    Approve(ApproveArguments),
    /// Refuse a submission, or take an own one back.
    Refuse(RefuseArguments),
}

/// Which node is asked, and by whom.
#[derive(Args)]
pub(crate) struct DeskArguments {
    /// Region of the node to ask: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the clerk's credentials.
    #[arg(long)]
    credentials: PathBuf,
}

/// Arguments of `agency approvals list`.
#[derive(Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    desk: DeskArguments,
}

/// Arguments of `agency approvals show`.
#[derive(Args)]
pub(crate) struct ShowArguments {
    /// Number of the submission, as it is listed: its first 8 digits or more.
    #[arg(value_name = "NUMBER", value_parser = parse_digits)]
    number: String,
    #[command(flatten)]
    desk: DeskArguments,
    #[command(flatten)]
    purpose: PurposeArguments,
}

/// Arguments of `agency approvals approve`.
#[derive(Args)]
pub(crate) struct ApproveArguments {
    /// Number of the submission, as it is listed: its first 8 digits or more.
    #[arg(value_name = "NUMBER", value_parser = parse_digits)]
    number: String,
    /// Digest of its content as `agency approvals show` ends with it, all 64 digits: what was looked at is what is approved.
    #[arg(long, value_name = "HEX", value_parser = parse_digest)]
    digest: Hash,
    #[command(flatten)]
    desk: DeskArguments,
}

/// Arguments of `agency approvals refuse`.
#[derive(Args)]
pub(crate) struct RefuseArguments {
    /// Number of the submission, as it is listed: its first 8 digits or more.
    #[arg(value_name = "NUMBER", value_parser = parse_digits)]
    number: String,
    /// Why, for whoever has sent it: a sentence without a person's name or number.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    desk: DeskArguments,
}

fn parse_digits(text: &str) -> Result<String, WrongValue> {
    let is_hex = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex && (DIGITS_MIN..=64).contains(&text.len()) {
        Ok(text.to_string())
    } else {
        Err(WrongValue(t!("approvals.bad_number").to_string()))
    }
}

/// All of it: two contents that begin alike are soon found by whoever looks for them.
fn parse_digest(text: &str) -> Result<Hash, WrongValue> {
    Hash::from_hex(text).ok_or_else(|| WrongValue(t!("approvals.bad_digest").to_string()))
}

pub(super) fn run(command: &Command) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            Command::List(arguments) => list(&arguments.desk).await,
            Command::Show(arguments) => shown(arguments).await,
            Command::Approve(arguments) => approve(arguments).await,
            Command::Refuse(arguments) => refuse(arguments).await,
        }
    })
}

/// The way to what waits at a node.
struct Desk {
    node: Division,
    credentials: Credentials,
    client: ApprovalsClient<Channel>,
}

impl Desk {
    fn open(arguments: &DeskArguments) -> anyhow::Result<Self> {
        let credentials = Credentials::read(&arguments.credentials)?;
        let channel = connection::to_node(&credentials, arguments.node)?;
        let client = ApprovalsClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        Ok(Self {
            node: arguments.node,
            credentials,
            client,
        })
    }

    async fn listed(&mut self) -> anyhow::Result<Vec<WaitingSubmission>> {
        let node = self.node;
        let failed = |status| connection::failure(node, &status);
        let call = self.client.list(WaitingRequest {});
        let mut stream = within(STREAM_START_TIMEOUT, call).await.map_err(failed)?;
        let mut all = Vec::new();
        while let Some(one) = next(&mut stream, LOOKUP_TIMEOUT).await.map_err(failed)? {
            ensure!(all.len() < LISTED_MAX, "{}", t!("approvals.too_many"));
            all.push(one);
        }
        Ok(all)
    }

    /// The one submission that waits under a number.
    async fn waiting(&mut self, number: &str) -> anyhow::Result<Named> {
        let all = self.listed().await?;
        let mut found = Vec::new();
        for one in all.iter().filter(|one| one.refused_ms == 0) {
            let named = Named::read(one)?;
            if named.id.to_string().starts_with(number) {
                found.push(named);
            }
        }
        match found.as_slice() {
            [one] => Ok(*one),
            [] => bail!("{}", t!("approvals.not_waiting", number = number)),
            _ => bail!("{}", t!("approvals.several", number = number)),
        }
    }
}

/// What of a submission that waits its decision needs.
#[derive(Clone, Copy)]
struct Named {
    id: SubmissionId,
    content: Hash,
    records: u32,
}

impl Named {
    fn read(message: &WaitingSubmission) -> anyhow::Result<Self> {
        Ok(Self {
            id: convert::submission_id(&message.submission_id)?,
            content: convert::hash("content", &message.content)?,
            records: message.records,
        })
    }
}

async fn list(arguments: &DeskArguments) -> anyhow::Result<Outcome> {
    let all = Desk::open(arguments)?.listed().await?;
    let mut listed = Vec::with_capacity(all.len());
    for one in &all {
        let maker = convert::hash("maker", &one.maker)?;
        listed.push(Listed {
            id: Named::read(one)?.id,
            came: UnixMillis(one.came_ms),
            records: one.records,
            maker,
            refused: (one.refused_ms > 0).then(|| one.reason.clone()),
        });
    }
    show::waiting::list(&listed);
    Ok(if listed.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

async fn shown(arguments: &ShowArguments) -> anyhow::Result<Outcome> {
    let mut desk = Desk::open(&arguments.desk)?;
    let named = desk.waiting(&arguments.number).await?;
    let request = ShowWaitingRequest {
        submission_id: named.id.0.to_vec().into(),
        purpose: Some(arguments.purpose.purpose()?.message()),
    };
    let shown = within(LOOKUP_TIMEOUT, desk.client.show(request))
        .await
        .map_err(|status| connection::failure(desk.node, &status))?;
    let mut lines = Vec::new();
    let block = RecordBlock::parse_with(shown.records.to_vec(), |record| {
        lines.push(show::waiting::record(record));
        // Every field as it stands: nobody is to approve what a line has no word for.
        lines.push(format!("    {record:?}"));
    })?;
    ensure!(
        block.content_digest() == named.content,
        "{}",
        t!("approvals.other_content")
    );
    for line in lines {
        println!("{}", show::printable(&line));
    }
    println!(
        "{}",
        t!(
            "approvals.shown",
            records = block.len(),
            digest = named.content
        )
    );
    Ok(Outcome::Clean)
}

async fn approve(arguments: &ApproveArguments) -> anyhow::Result<Outcome> {
    let mut desk = Desk::open(&arguments.desk)?;
    let named = desk.waiting(&arguments.number).await?;
    ensure!(
        named.content == arguments.digest,
        "{}",
        t!("approvals.other_digest")
    );
    let request = ApproveRequest {
        submission_id: named.id.0.to_vec().into(),
        content: named.content.0.to_vec().into(),
    };
    let receipt = within(LOOKUP_TIMEOUT, desk.client.approve(request))
        .await
        .map_err(|status| connection::failure(desk.node, &status))?;
    let size = verify(&desk, &named, &receipt).await?;
    println!(
        "{}",
        t!("approvals.approved", records = named.records, size = size)
    );
    Ok(Outcome::Clean)
}

/// The size of the chain by the receipt of what was approved.
async fn verify(desk: &Desk, named: &Named, receipt: &Receipt) -> anyhow::Result<u64> {
    let roster = newer::fetch(&desk.credentials, desk.node).await?;
    let stated = statement::Receipt {
        submission: convert::submission_id(&receipt.submission_id)?,
        first: LeafIndex(receipt.first),
        records: usize::try_from(receipt.records)?,
        head: receipt.head.to_vec(),
    };
    let sent = statement::Sent {
        submission: named.id,
        records: usize::try_from(named.records)?,
        origin: &desk.credentials.region(desk.node)?.origin,
    };
    let head = stated
        .verify(&roster, &sent)
        .with_context(|| t!("import.wrong_receipt"))?;
    Ok(head.size.0)
}

async fn refuse(arguments: &RefuseArguments) -> anyhow::Result<Outcome> {
    ensure!(
        show::without_numbers(&arguments.reason) == arguments.reason,
        "{}",
        t!("approvals.number_in_reason")
    );
    let mut desk = Desk::open(&arguments.desk)?;
    let named = desk.waiting(&arguments.number).await?;
    let request = RefuseRequest {
        submission_id: named.id.0.to_vec().into(),
        content: named.content.0.to_vec().into(),
        reason: arguments.reason.clone(),
    };
    within(LOOKUP_TIMEOUT, desk.client.refuse(request))
        .await
        .map_err(|status| connection::failure(desk.node, &status))?;
    println!("{}", t!("approvals.refused"));
    Ok(Outcome::Clean)
}
