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
    record::Record,
    value::{Division, LeafIndex, UnixMillis},
};
use yizhang_statement as statement;
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    convert,
    deadline::{LOOKUP_TIMEOUT, STREAM_START_TIMEOUT, next, within},
    purpose::Purpose,
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
pub(crate) struct Desk {
    node: Division,
    credentials: Credentials,
    client: ApprovalsClient<Channel>,
}

impl Desk {
    fn open(arguments: &DeskArguments) -> anyhow::Result<Self> {
        Self::of(Credentials::read(&arguments.credentials)?, arguments.node)
    }

    /// With a clerk's credentials; to be called where a runtime is.
    pub(crate) fn of(credentials: Credentials, node: Division) -> anyhow::Result<Self> {
        let channel = connection::to_node(&credentials, node)?;
        let client = ApprovalsClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        Ok(Self {
            node,
            credentials,
            client,
        })
    }

    /// What waits and what was refused, in the order in which it came.
    pub(crate) async fn listed(&mut self) -> anyhow::Result<Vec<WaitingSubmission>> {
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

    /// The records of a submission, as it was listed; each is shown on the way.
    pub(crate) async fn look(
        &mut self,
        named: Named,
        purpose: &Purpose,
        see: impl FnMut(&Record<'_>),
    ) -> anyhow::Result<RecordBlock> {
        let request = ShowWaitingRequest {
            submission_id: named.id.0.to_vec().into(),
            purpose: Some(purpose.message()),
        };
        let shown = within(LOOKUP_TIMEOUT, self.client.show(request))
            .await
            .map_err(|status| connection::failure(self.node, &status))?;
        let block = RecordBlock::parse_with(shown.records.to_vec(), see)?;
        ensure!(
            block.content_digest() == named.content,
            "{}",
            t!("approvals.other_content")
        );
        Ok(block)
    }

    /// Approves a submission; what is to be said of it.
    pub(crate) async fn approve(&mut self, named: Named) -> anyhow::Result<String> {
        let request = ApproveRequest {
            submission_id: named.id.0.to_vec().into(),
            content: named.content.0.to_vec().into(),
        };
        let receipt = within(LOOKUP_TIMEOUT, self.client.approve(request))
            .await
            .map_err(|status| connection::failure(self.node, &status))?;
        let size = verify(self, &named, &receipt).await?;
        let said = t!("approvals.approved", records = named.records, size = size);
        Ok(said.to_string())
    }

    /// Refuses a submission, with a reason for whoever has sent it.
    pub(crate) async fn refuse(&mut self, named: Named, reason: &str) -> anyhow::Result<()> {
        ensure_no_number(reason)?;
        let request = RefuseRequest {
            submission_id: named.id.0.to_vec().into(),
            content: named.content.0.to_vec().into(),
            reason: reason.to_owned(),
        };
        within(LOOKUP_TIMEOUT, self.client.refuse(request))
            .await
            .map_err(|status| connection::failure(self.node, &status))?;
        Ok(())
    }
}

fn ensure_no_number(reason: &str) -> anyhow::Result<()> {
    ensure!(
        show::without_numbers(reason) == reason,
        "{}",
        t!("approvals.number_in_reason")
    );
    Ok(())
}

/// What of a submission that waits its decision needs.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    pub(crate) id: SubmissionId,
    pub(crate) content: Hash,
    pub(crate) records: u32,
}

impl Named {
    pub(crate) fn read(message: &WaitingSubmission) -> anyhow::Result<Self> {
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
    let mut lines = Vec::new();
    let see = |record: &Record<'_>| {
        lines.push(show::waiting::record(record));
        // Every field: nobody is to approve what a line has no word for.
        let fields = show::waiting::fields(record).into_iter();
        lines.extend(fields.map(|field| format!("    {}: {}", field.name, field.value)));
    };
    let purpose = arguments.purpose.purpose()?;
    let block = desk.look(named, &purpose, see).await?;
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
    println!("{}", desk.approve(named).await?);
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
    ensure_no_number(&arguments.reason)?;
    let mut desk = Desk::open(&arguments.desk)?;
    let named = desk.waiting(&arguments.number).await?;
    desk.refuse(named, &arguments.reason).await?;
    println!("{}", t!("approvals.refused"));
    Ok(Outcome::Clean)
}
