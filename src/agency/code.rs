//! `yizhang agency code`: one-time codes with which workers open their own accounts.

use crate::{
    clock, connection, credentials::Credentials, exit::Outcome, node::parse_region,
    purpose::PurposeArguments, usage::WrongValue, worker::Whom, worker::asked_worker,
};
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_holder::code::REQUESTS;
use yizhang_ledger::value::{Division, UnixMillis};
use yizhang_wire::{
    deadline::{LOOKUP_TIMEOUT, within},
    purpose::Purpose,
    v1::{
        ApproveCodeRequest, IssueCodeRequest, IssuedCode, approve_code_request::Worker as Approved,
        holders_client::HoldersClient, issue_code_request::Worker,
    },
};

const MINUTE_MS: u64 = 60_000;

/// What can be done with codes.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Hand a code to a worker who stands before you and has shown who it is.
    Issue(IssueArguments),
    /// Approve a code that another clerk has issued, where the node asks for two.
    Approve(ApproveArguments),
}

/// Arguments of `agency code issue`.
#[derive(Args)]
pub(crate) struct IssueArguments {
    /// Region of the node to ask: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the clerk's credentials.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    purpose: PurposeArguments,
    /// Pseudonym of the worker, 32 hexadecimal digits; otherwise the social-security number is read from standard input.
    #[arg(long, value_name = "HEX")]
    account: Option<String>,
}

/// Arguments of `agency code approve`.
#[derive(Args)]
pub(crate) struct ApproveArguments {
    /// The first four digits of the code, which number the request.
    #[arg(value_name = "REQUEST", value_parser = parse_request)]
    request: u16,
    /// Region of the node to ask: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the second clerk's credentials, with a certificate of their own.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    purpose: PurposeArguments,
    /// Pseudonym of the worker, 32 hexadecimal digits; otherwise the social-security number is read from standard input.
    #[arg(long, value_name = "HEX")]
    account: Option<String>,
}

fn parse_request(text: &str) -> Result<u16, WrongValue> {
    let is_digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| *number < REQUESTS);
    match number {
        Some(number) if is_digits => Ok(number),
        _ => Err(WrongValue(t!("code.bad_request").to_string())),
    }
}

pub(super) fn run(command: &Command) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match command {
        Command::Issue(arguments) => runtime.block_on(issue(arguments)),
        Command::Approve(arguments) => runtime.block_on(approve(arguments)),
    }
}

async fn issue(arguments: &IssueArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let worker = match asked_worker(arguments.account.as_deref())? {
        Whom::Number(number) => Worker::Number(number.reveal().to_owned()),
        Whom::Account(account) => Worker::Account(account.0.to_vec().into()),
    };
    let purpose = arguments.purpose.purpose()?;
    let issued = issue_code(&credentials, arguments.node, worker, &purpose).await?;
    let code = crate::show::printable(&issued.code);
    println!("{code}");
    let UnixMillis(now) = clock::now();
    let minutes = issued.until_ms.saturating_sub(now).div_ceil(MINUTE_MS);
    crate::output::notice(&t!("code.issued", minutes = minutes));
    if issued.needs_approval {
        let request = code.split(' ').next().unwrap_or_default().to_string();
        crate::output::notice(&t!("code.needs_approval", request = request));
    }
    Ok(Outcome::Clean)
}

/// Has a node issue a code for a worker.
pub(crate) async fn issue_code(
    credentials: &Credentials,
    node: Division,
    worker: Worker,
    purpose: &Purpose,
) -> anyhow::Result<IssuedCode> {
    let request = IssueCodeRequest {
        worker: Some(worker),
        purpose: Some(purpose.message()),
    };
    let mut client = HoldersClient::new(connection::to_node(credentials, node)?);
    within(LOOKUP_TIMEOUT, client.issue_code(request))
        .await
        .map_err(|status| connection::failure(node, &status))
}

async fn approve(arguments: &ApproveArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let channel = connection::to_node(&credentials, arguments.node)?;
    let worker = match asked_worker(arguments.account.as_deref())? {
        Whom::Number(number) => Approved::Number(number.reveal().to_owned()),
        Whom::Account(account) => Approved::Account(account.0.to_vec().into()),
    };
    let request = ApproveCodeRequest {
        worker: Some(worker),
        request: u32::from(arguments.request),
        purpose: Some(arguments.purpose.purpose()?.message()),
    };
    let mut client = HoldersClient::new(channel);
    within(LOOKUP_TIMEOUT, client.approve_code(request))
        .await
        .map_err(|status| connection::failure(arguments.node, &status))?;
    println!("{}", t!("code.approved"));
    Ok(Outcome::Clean)
}
