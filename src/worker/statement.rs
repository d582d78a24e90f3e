//! `yizhang worker statement`: the file that a worker carries away.

use super::{Whom, asked_worker, parse_day};
use crate::{
    clock, connection,
    credentials::{self, Credentials},
    exit::{Failure, Outcome},
    files,
    node::parse_region,
    output, page, paper,
    purpose::PurposeArguments,
    show,
    usage::WrongValue,
};
use anyhow::{Context, bail};
use clap::Args;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::{
    person::{NumberSalt, SocialSecurityNumber},
    roster::RootFingerprint,
    value::{Day, Division, Month, Scheme},
};
use yizhang_page::Page;
use yizhang_statement::{Cover, Excerpt, Opening, PersonShown, Statement, Verdict};
use yizhang_verifier::File;
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    deadline::{LOOKUP_TIMEOUT, within},
    purpose::Purpose,
    v1::{self, StatementRequest, account_client::AccountClient, statement_request::Worker},
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
    #[arg(
        long,
        short = 'o',
        value_name = "FILE",
        required_unless_present = "paper"
    )]
    out: Option<PathBuf>,
    /// Write a page with the statement in it as well: whoever opens it in a browser, from disk, sees the check and the account. As everybody may
    /// read in it what the statement shows, it reveals the number only with --reveal-number.
    #[arg(long, value_name = "PAGE.html", requires = "out")]
    html: Option<PathBuf>,
    /// Write a sheet of paper, as one HTML file that prints on A4: the account, what names the statement, and a code by which the sheet can be
    /// compared with the statement (verify --paper) and with what a node says later (worker account --paper). It shows the number only with
    /// --reveal-number.
    #[arg(long, value_name = "SHEET.html")]
    paper: Option<PathBuf>,
    /// Address that the code on paper leads to, https://…; what stands behind it in the code, browsers keep to themselves.
    #[arg(id = "paper_address", long = "address", value_name = "URL", value_parser = paper::parse_address)]
    address: Option<String>,
    /// Let everybody who gets the file read the social-security number in it. Otherwise a code is written beside it: who is told number and
    /// code can see that the statement is that person's.
    #[arg(long, conflicts_with = "account")]
    reveal_number: bool,
    #[command(flatten)]
    excerpt: ExcerptArguments,
    /// The records alone: nothing of the account as the node computes it.
    #[arg(long, conflicts_with = "whole_account")]
    records_only: bool,
    /// The account as the node computes it as a whole, and not its digest alone: for readers who cannot compute it again. The file is several
    /// times as large.
    #[arg(long)]
    whole_account: bool,
}

/// What an excerpt covers; a whole statement, if nothing is given.
#[derive(Args)]
struct ExcerptArguments {
    /// An excerpt: only the records for months from this one on, YYYY-MM. It shows how many others there are, proves no account, and says so.
    #[arg(long, value_name = "MONTH", value_parser = parse_month, conflicts_with_all = ["whole_account", "paper"])]
    from: Option<Month>,
    /// An excerpt: only the records for months up to this one, YYYY-MM.
    #[arg(long, value_name = "MONTH", value_parser = parse_month, conflicts_with_all = ["whole_account", "paper"])]
    to: Option<Month>,
    /// An excerpt: only the records of this scheme, as hrss:110; may be given several times.
    #[arg(long, value_name = "CODE", value_parser = parse_scheme, conflicts_with_all = ["whole_account", "paper"])]
    scheme: Vec<String>,
}

impl ExcerptArguments {
    /// What is asked for; none for a whole statement.
    fn excerpt(&self) -> anyhow::Result<Option<Excerpt>> {
        if self.from.is_none() && self.to.is_none() && self.scheme.is_empty() {
            return Ok(None);
        }
        let mut schemes = self.scheme.clone();
        schemes.sort();
        schemes.dedup();
        let excerpt = Excerpt {
            first: self.from.unwrap_or(month(1_900, 1)),
            last: self.to.unwrap_or(month(2_999, 12)),
            schemes,
        };
        if excerpt.is_well_formed() {
            Ok(Some(excerpt))
        } else {
            Err(Failure::Arguments(t!("statement.excerpt").to_string()).into())
        }
    }
}

fn month(year: u16, month: u16) -> Month {
    Month::of(year, month).expect("a month of the calendar")
}

fn parse_month(text: &str) -> Result<Month, WrongValue> {
    Month::parse(text).ok_or_else(|| WrongValue(t!("argument.month").to_string()))
}

fn parse_scheme(text: &str) -> Result<String, WrongValue> {
    let scheme = Scheme::parse(text).map(|scheme| scheme.to_string());
    scheme.ok_or_else(|| WrongValue(t!("argument.scheme").to_string()))
}

/// What is asked of a node.
pub(crate) struct Wanted<'a> {
    pub(crate) credentials: &'a Credentials,
    /// The region whose node is asked.
    pub(crate) node: Division,
    pub(crate) whom: &'a Whom,
    pub(crate) purpose: &'a Purpose,
    pub(crate) as_of: Day,
    pub(crate) account: AccountPart,
    /// Only the records for some months and schemes.
    pub(crate) excerpt: Option<Excerpt>,
}

/// How much a statement says of the account beside its records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountPart {
    Nothing,
    Digest,
    Whole,
}

/// A statement that was asked for, and checked.
pub(crate) struct Made {
    /// The file, which does not reveal the number.
    pub(crate) bytes: Vec<u8>,
    pub(crate) salt: NumberSalt,
    pub(crate) verdict: Verdict,
}

pub(super) fn run(arguments: &StatementArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let whom = asked_worker(arguments.account.as_deref())?;
    let made = make(&Wanted {
        credentials: &credentials,
        node: arguments.node,
        whom: &whom,
        purpose: &arguments.purpose.purpose()?,
        as_of: arguments.as_of.unwrap_or_else(clock::today),
        account: match (arguments.records_only, arguments.whole_account) {
            (true, _) => AccountPart::Nothing,
            (false, false) => AccountPart::Digest,
            (false, true) => AccountPart::Whole,
        },
        excerpt: arguments.excerpt.excerpt()?,
    })?;
    if let Some(target) = &arguments.paper {
        write_sheet(arguments, target, &made, &whom)?;
    }
    let Some(out) = &arguments.out else {
        return Ok(Outcome::Clean);
    };
    let bytes = write(arguments, out, &made, &whom)?;
    if let Some(target) = &arguments.html {
        let root = trusted_root(&arguments.credentials)?.to_string();
        let name = page::name(out);
        let file = File {
            name: &name,
            bytes: &bytes,
        };
        let content = Page {
            fingerprint: &root,
            files: vec![file],
        };
        page::write(target, &content)?;
    }
    Ok(Outcome::Clean)
}

/// Writes the sheet of paper, with the number if everybody may read it.
fn write_sheet(
    arguments: &StatementArguments,
    target: &Path,
    made: &Made,
    whom: &Whom,
) -> anyhow::Result<()> {
    let mut shown = made.verdict.clone();
    if let (Whom::Number(number), true) = (whom, arguments.reveal_number) {
        shown.person = PersonShown::Revealed(number.clone());
    }
    let address = arguments.address.as_deref().unwrap_or_default();
    let sheet = show::paper::page(&shown, address);
    let sheet = sheet.context("an address was found to be short")?;
    files::replace(target, sheet.as_bytes())?;
    output::notice(&t!("statement.sheet", path = target.display()));
    Ok(())
}

/// Asks a node for a statement, and refuses one that does not hold or is not the one that was asked for.
pub(crate) fn make(wanted: &Wanted<'_>) -> anyhow::Result<Made> {
    let trusted = trusted_root(&wanted.credentials.directory)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).context("the system gives no random bytes")?;
    let salt = NumberSalt(salt);
    let request = StatementRequest {
        worker: Some(match wanted.whom {
            Whom::Number(number) => Worker::Number(number.reveal().to_owned()),
            Whom::Account(account) => Worker::Account(account.0.to_vec().into()),
        }),
        as_of: wanted.as_of.number(),
        purpose: Some(wanted.purpose.message()),
        salt: salt.0.to_vec().into(),
        records_only: wanted.account == AccountPart::Nothing,
        whole_account: wanted.account == AccountPart::Whole,
        excerpt: wanted.excerpt.as_ref().map(asked_excerpt),
        ..StatementRequest::default()
    };
    let bytes = ask(wanted.credentials, wanted.node, request)?;
    let statement = Statement::parse(&bytes)?;
    let known = known_rosters(&wanted.credentials.directory)?;
    let verdict = statement
        .verify_knowing(trusted, &known)
        .map_err(|refusal| anyhow::anyhow!("{}", t!("statement.refused", text = refusal)))?;
    ensure_asked(&verdict, &statement, wanted, salt)?;
    Ok(Made {
        bytes,
        salt,
        verdict,
    })
}

/// An excerpt as a node is asked for it.
fn asked_excerpt(excerpt: &Excerpt) -> v1::Excerpt {
    let number = |month: Month| u32::from(month.year()) * 100 + u32::from(month.month());
    v1::Excerpt {
        first: number(excerpt.first),
        last: number(excerpt.last),
        schemes: excerpt.schemes.clone(),
    }
}

/// The versions of the roster in a directory, oldest first.
pub(crate) fn known_rosters(directory: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let trusted = credentials::read_roster(directory)?;
    Ok(trusted.versions.after(0).map(<[u8]>::to_vec).collect())
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
    wanted: &Wanted<'_>,
    salt: NumberSalt,
) -> anyhow::Result<()> {
    let is_of_worker = match wanted.whom {
        Whom::Account(account) => verdict.owner == *account,
        Whom::Number(number) => opening(salt, number).opens(&statement.content.subject),
    };
    if !is_of_worker {
        bail!("{}", t!("lookup.other_accounts"));
    }
    let cover = wanted.excerpt.clone().map_or(Cover::Whole, Cover::Part);
    if verdict.cover != cover {
        bail!("{}", t!("statement.other_cover"));
    }
    if verdict.as_of != wanted.as_of {
        let (found, asked) = (verdict.as_of, wanted.as_of);
        bail!("{}", t!("lookup.other_day", found = found, asked = asked));
    }
    Ok(())
}

pub(crate) fn opening(salt: NumberSalt, number: &SocialSecurityNumber) -> Opening {
    Opening {
        salt,
        number: number.clone(),
    }
}

/// Writes the statement, and beside it the code if there is a number that it does not reveal. Returns what it wrote.
fn write(
    arguments: &StatementArguments,
    path: &Path,
    made: &Made,
    whom: &Whom,
) -> anyhow::Result<Vec<u8>> {
    let mut bytes = made.bytes.clone();
    if let Whom::Number(number) = whom {
        if arguments.reveal_number {
            bytes = Statement::reveal(&bytes, &opening(made.salt, number))?;
        } else {
            let code = code_beside(path);
            files::replace(&code, format!("{}\n", made.salt.reveal_hex()).as_bytes())?;
            output::notice(&t!("statement.code", path = code.display()));
        }
    }
    files::replace(path, &bytes)?;
    output::notice(&t!(
        "statement.written",
        path = path.display(),
        bytes = bytes.len()
    ));
    Ok(bytes)
}

/// The file of the code that belongs to a statement.
fn code_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(CODE_EXTENSION);
    PathBuf::from(name)
}
