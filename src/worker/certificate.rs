//! `yizhang worker certificate`: the sheet with what was paid, as one HTML file that prints on A4.

use super::{
    AccountPart, Wanted, Whom, asked_worker,
    holder::{self, Holder},
    parse_day,
    statement::{make, trusted_root},
};
use crate::{
    clock,
    credentials::Credentials,
    exit::{Failure, Outcome},
    files,
    node::parse_region,
    output,
    purpose::OptionalPurpose,
    show,
    verify::parse_root,
};
use anyhow::ensure;
use clap::Args;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::{
    roster::RootFingerprint,
    value::{Day, Division},
};
use yizhang_statement::{CertificateCode, PaperCode, Statement, Verdict};
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    deadline::{LOOKUP_TIMEOUT, within},
    v1::{StatementRequest, account_client::AccountClient},
};

/// Arguments of `worker certificate`.
#[derive(Args)]
pub(crate) struct CertificateArguments {
    /// Region of the node to ask; any node can state it.
    #[arg(long, value_parser = parse_region)]
    node: Option<Division>,
    /// Directory of credentials, for instance that of an agency.
    #[arg(long)]
    credentials: Option<PathBuf>,
    #[command(flatten)]
    purpose: OptionalPurpose,
    /// Directory of your own key, as `worker enrol` made it: your own sheet, without an agency. Needs --root.
    #[arg(long, value_name = "DIR", requires = "root")]
    holder: Option<PathBuf>,
    /// Fingerprint of the root keys that you trust, 32 hexadecimal digits.
    #[arg(long, value_name = "FINGERPRINT", value_parser = parse_root)]
    root: Option<RootFingerprint>,
    /// Pseudonym of the worker, 32 hexadecimal digits; otherwise the social-security number is read from standard input.
    #[arg(long, value_name = "HEX")]
    account: Option<String>,
    /// The day for which the account is computed, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    as_of: Option<Day>,
    /// Where to write the sheet.
    #[arg(long, short = 'o', value_name = "SHEET.html")]
    out: PathBuf,
}

pub(super) fn run(arguments: &CertificateArguments) -> anyhow::Result<Outcome> {
    let as_of = arguments.as_of.unwrap_or_else(clock::today);
    let shown = match (&arguments.holder, arguments.root) {
        (Some(directory), Some(root)) => own(directory, root, as_of)?,
        _ => by_agency(arguments, as_of)?,
    };
    let sheet = show::home::certificate_file(&shown);
    files::replace(&arguments.out, sheet.as_bytes())?;
    output::notice(&t!("lookup.html", path = arguments.out.display()));
    println!("{}", CertificateCode::of(&PaperCode::of(&shown, "")));
    Ok(Outcome::Clean)
}

fn by_agency(arguments: &CertificateArguments, as_of: Day) -> anyhow::Result<Verdict> {
    let needed = || Failure::Arguments(t!("holder.or_agency").to_string());
    let directory = arguments.credentials.as_deref().ok_or_else(needed)?;
    let purpose = arguments.purpose.given().ok_or_else(needed)??;
    let node = arguments.node.ok_or_else(needed)?;
    let credentials = Credentials::read(directory)?;
    if let Some(root) = arguments.root {
        let trusted = trusted_root(directory)?;
        ensure!(root == trusted, "{}", t!("certificate.other_root"));
    }
    let whom: Whom = asked_worker(arguments.account.as_deref())?;
    let made = make(&Wanted {
        credentials: &credentials,
        node,
        whom: &whom,
        purpose: &purpose,
        as_of,
        account: AccountPart::Digest,
        excerpt: None,
    })?;
    Ok(made.verdict)
}

/// The statement of whoever has the key, checked under the root keys that they trust.
fn own(directory: &Path, root: RootFingerprint, as_of: Day) -> anyhow::Result<Verdict> {
    let holder = Holder::read(directory)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (bytes, account) = runtime.block_on(async {
        let opened = holder.open().await?;
        let request = StatementRequest {
            as_of: as_of.number(),
            ticket: opened.ticket.into(),
            ..StatementRequest::default()
        };
        let client = AccountClient::new(opened.channel);
        let mut client = client.max_decoding_message_size(ACCOUNT_BYTES_MAX);
        let reply = within(LOOKUP_TIMEOUT, client.statement(request)).await;
        let reply = reply.map_err(|status| holder::failure(&status))?;
        anyhow::Ok((reply.statement, opened.account))
    })?;
    let verdict = Statement::parse(&bytes)?
        .verify(root)
        .map_err(|refusal| anyhow::anyhow!("{}", t!("statement.refused", text = refusal)))?;
    ensure!(
        verdict.owner == account && verdict.as_of == as_of,
        "{}",
        t!("lookup.other_accounts")
    );
    Ok(verdict)
}
