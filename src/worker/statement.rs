//! `yizhang worker statement`: the file that a worker carries away.

use super::{Whom, asked_worker, parse_day};
use crate::{
    clock, connection,
    credentials::{self, Credentials},
    exit::Outcome,
    files,
    node::parse_region,
    output, page,
    purpose::PurposeArguments,
};
use anyhow::{Context, bail};
use clap::Args;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::{
    person::{NumberSalt, SocialSecurityNumber},
    roster::RootFingerprint,
    value::{Day, Division},
};
use yizhang_page::Page;
use yizhang_statement::{Opening, Statement, Verdict};
use yizhang_verifier::File;
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    deadline::{LOOKUP_TIMEOUT, within},
    v1::{StatementRequest, account_client::AccountClient, statement_request::Worker},
};

/// What stands behind the name of a statement's file to make that of its code.
const CODE_EXTENSION: &str = "code";

/// Arguments of `worker statement`.
#[derive(Args)]
pub(crate) struct StatementArguments {
    /// Region of the node to ask; any node can make one.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of credentials, for instance that of an agency.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    purpose: PurposeArguments,
    /// Pseudonym of the worker, 32 hexadecimal digits; otherwise the social-security number is read from standard input. A statement by
    /// pseudonym does not show whose it is.
    #[arg(long, value_name = "HEX")]
    account: Option<String>,
    /// The day for which the account is computed, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    as_of: Option<Day>,
    /// Where to write the statement; its name best ends with .yizhang.
    #[arg(long, short = 'o', value_name = "FILE")]
    out: PathBuf,
    /// Write a page with the statement in it as well: whoever opens it in a browser, from disk, sees the check and the account. As everybody may
    /// read in it what the statement shows, it reveals the number only with --reveal-number.
    #[arg(long, value_name = "PAGE.html")]
    html: Option<PathBuf>,
    /// Let everybody who gets the file read the social-security number in it. Otherwise a code is written beside it: who is told number and
    /// code can see that the statement is that person's.
    #[arg(long, conflicts_with = "account")]
    reveal_number: bool,
    /// The records alone: nothing of the account as the node computes it.
    #[arg(long, conflicts_with = "whole_account")]
    records_only: bool,
    /// The account as the node computes it as a whole, and not its digest alone: for readers who cannot compute it again. The file is several
    /// times as large.
    #[arg(long)]
    whole_account: bool,
}

pub(super) fn run(arguments: &StatementArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let trusted = trusted_root(&arguments.credentials)?;
    let whom = asked_worker(arguments.account.as_deref())?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).context("the system gives no random bytes")?;
    let salt = NumberSalt(salt);
    let as_of = arguments.as_of.unwrap_or_else(clock::today);
    let request = StatementRequest {
        worker: Some(match &whom {
            Whom::Number(number) => Worker::Number(number.reveal().to_owned()),
            Whom::Account(account) => Worker::Account(account.0.to_vec().into()),
        }),
        as_of: as_of.number(),
        purpose: Some(arguments.purpose.purpose()?.message()),
        salt: salt.0.to_vec().into(),
        records_only: arguments.records_only,
        whole_account: arguments.whole_account,
    };
    let bytes = ask(&credentials, arguments.node, request)?;
    let statement = Statement::parse(&bytes)?;
    let verdict = statement
        .verify(trusted)
        .map_err(|refusal| anyhow::anyhow!("{}", t!("statement.refused", text = refusal)))?;
    ensure_asked(&verdict, &statement, &whom, salt, as_of)?;
    let written = write(arguments, &bytes, &whom, salt)?;
    if let Some(target) = &arguments.html {
        let (name, fingerprint) = (page::name(&arguments.out), trusted.to_string());
        let file = File {
            name: &name,
            bytes: &written,
        };
        let content = Page {
            fingerprint: &fingerprint,
            files: vec![file],
        };
        page::write(target, &content)?;
    }
    Ok(Outcome::Clean)
}

/// The fingerprint of the root keys that a directory trusts.
pub(crate) fn trusted_root(directory: &Path) -> anyhow::Result<RootFingerprint> {
    let trusted = credentials::read_roster(directory)?;
    // The newest comes first.
    let first = trusted.versions.rosters().last();
    let first = first.context("a shelf has the version that it began with")?;
    Ok(first.root_fingerprint())
}

fn ask(
    credentials: &Credentials,
    region: Division,
    request: StatementRequest,
) -> anyhow::Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let reply = runtime.block_on(async {
        let channel = connection::to_node(credentials, region)?;
        let mut client = AccountClient::new(channel).max_decoding_message_size(ACCOUNT_BYTES_MAX);
        within(LOOKUP_TIMEOUT, client.statement(request))
            .await
            .map_err(|status| connection::failure(region, &status))
    })?;
    Ok(reply.statement.to_vec())
}

/// Refuses a statement of another worker, another day or for another number.
fn ensure_asked(
    verdict: &Verdict,
    statement: &Statement,
    whom: &Whom,
    salt: NumberSalt,
    as_of: Day,
) -> anyhow::Result<()> {
    let is_of_worker = match whom {
        Whom::Account(account) => verdict.owner == *account,
        Whom::Number(number) => opening(salt, number).opens(&statement.content.subject),
    };
    if !is_of_worker {
        bail!("{}", t!("lookup.other_accounts"));
    }
    if verdict.as_of != as_of {
        let found = verdict.as_of;
        bail!("{}", t!("lookup.other_day", found = found, asked = as_of));
    }
    Ok(())
}

fn opening(salt: NumberSalt, number: &SocialSecurityNumber) -> Opening {
    Opening {
        salt,
        number: number.clone(),
    }
}

/// Writes the statement, and beside it the code if there is a number that it does not reveal. Returns what was written.
fn write(
    arguments: &StatementArguments,
    bytes: &[u8],
    whom: &Whom,
    salt: NumberSalt,
) -> anyhow::Result<Vec<u8>> {
    let path = &arguments.out;
    let mut written = bytes.to_vec();
    match whom {
        Whom::Number(number) if arguments.reveal_number => {
            written = Statement::reveal(bytes, &opening(salt, number))?;
            files::replace(path, &written)?;
        }
        Whom::Number(_) => {
            files::replace(path, bytes)?;
            let mut name = path.clone().into_os_string();
            name.push(".");
            name.push(CODE_EXTENSION);
            let code = PathBuf::from(name);
            files::replace(&code, format!("{}\n", salt.reveal_hex()).as_bytes())?;
            output::notice(&t!("statement.code", path = code.display()));
        }
        Whom::Account(_) => files::replace(path, bytes)?,
    }
    output::notice(&t!(
        "statement.written",
        path = path.display(),
        bytes = written.len()
    ));
    Ok(written)
}
