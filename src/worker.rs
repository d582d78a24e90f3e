//! `yizhang worker`: the account, with the check of every line of it on the caller's side, and the statement to carry away.

mod certificate;
mod credential;
mod dispute;
mod evidence;
mod holder;
mod readings;
mod statement;

use holder::Holder;
pub(crate) use statement::{AccountPart, Made, Wanted, known_rosters, make, opening, trusted_root};

use crate::{
    clock, connection,
    credentials::Credentials,
    exit::{Failure, Outcome},
    files, newer,
    node::parse_region,
    output, paper, pseudonyms,
    purpose::OptionalPurpose,
    show,
    usage::WrongValue,
};
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::{
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
};
use yizhang_client::{AnswerFault, Told};
use yizhang_entitlement::{
    Account, Policy,
    provisional::{FromNumber, provisional},
};
use yizhang_ledger::{
    person::{AccountId, SocialSecurityNumber},
    value::{Day, Division},
};
use yizhang_show::{account::Answer, copies::ChainCopy, provisional::ByNumber};
use yizhang_statement::{self as handed, AccountSince, PaperCode, Refuted, Whose};
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    convert,
    deadline::{LOOKUP_TIMEOUT, within},
    purpose::Purpose,
    v1::{LookupRequest, account_client::AccountClient, lookup_request::Worker},
};

/// What a worker can ask.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the account of a worker, combined from all chains: months, place of benefit, retirement, gaps, conflicts.
    #[command(alias = "lookup")]
    Account(AccountArguments),
    /// Bind a key of your own to your account, with a code from a counter: from then on no agency is needed to read it.
    Enrol(holder::EnrolArguments),
    /// List who has read your record, at every node, with your own key.
    Readings(readings::ReadingsArguments),
    /// Say that a record of your account is not right: it is written down, and the agency of the record has to answer.
    Dispute(dispute::DisputeArguments),
    /// Write a sheet with what was paid, to print, with a number and a check code. It is not the agency's certificate for a transfer.
    Certificate(certificate::CertificateArguments),
    /// Write the statement that a worker carries away: one file that anybody can check without a network, for ever (`yizhang verify`).
    Statement(statement::StatementArguments),
    /// Pack a statement and orders that platforms have proved into one file, for an injury or a dispute about work: `yizhang verify` checks it.
    Evidence(evidence::EvidenceArguments),
    /// Put the headline figures of a statement into a wallet: issue a short-lived credential (SD-JWT VC), and check one.
    #[command(subcommand)]
    Credential(credential::Command),
}

/// Whose account is asked for.
pub(crate) enum Whom {
    /// That of a number.
    Number(SocialSecurityNumber),
    /// That of a pseudonym.
    Account(AccountId),
}

/// Whom a command is asked for: by pseudonym, or by the number on standard input.
pub(crate) fn asked_worker(account: Option<&str>) -> anyhow::Result<Whom> {
    match account {
        Some(hex) => {
            let account = AccountId::from_hex(hex).context(t!("lookup.bad_account"))?;
            Ok(Whom::Account(account))
        }
        None => Ok(Whom::Number(read_number()?)),
    }
}

/// As whom a clerk asks. None of it is needed by a worker who has a key.
#[derive(Args)]
struct AgencyArguments {
    /// Region of the node to ask; any node gives the same answer.
    #[arg(long, value_parser = parse_region)]
    node: Option<Division>,
    /// Directory of credentials, for instance that of an agency.
    #[arg(long)]
    credentials: Option<PathBuf>,
    #[command(flatten)]
    purpose: OptionalPurpose,
}

/// Arguments of `worker account`.
#[derive(Args)]
pub(crate) struct AccountArguments {
    #[command(flatten)]
    agency: AgencyArguments,
    /// Directory of your own key, as `worker enrol` made it: your own account, without an agency.
    #[arg(long, value_name = "DIR")]
    holder: Option<PathBuf>,
    /// Pseudonym of the worker, 32 hexadecimal digits; otherwise the social-security number is read from standard input.
    #[arg(long, value_name = "HEX")]
    pub(crate) account: Option<String>,
    /// The day for which the account is computed, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day, conflicts_with = "paper")]
    pub(crate) as_of: Option<Day>,
    /// The text of the code on a sheet of paper, or a file with it: says whether the account of that day is still the same, and if not, which
    /// records came since.
    #[arg(long, value_name = "CODE", value_parser = paper::parse)]
    pub(crate) paper: Option<PaperCode>,
    /// Verify every record against the signed heads here, fold the account again here, and compare.
    #[arg(long)]
    pub(crate) proofs: bool,
    /// Walk from each figure to the figures, rules and records that it rests on.
    #[arg(long, conflicts_with = "json")]
    pub(crate) explain: bool,
    /// Print the answer as JSON instead of a page: the account, which docs/account.schema.json describes, its digest, how new
    /// each chain is, and what was checked.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the page as one HTML file with a month-by-month picture, printable on A4.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write what the worker sees, in plain words and for a phone, as one HTML file: what is there, what is missing, what comes of
    /// it, the years as a picture, and the yearly table to print.
    #[arg(long, value_name = "FILE")]
    pub(crate) home: Option<PathBuf>,
    /// Directory of the rule files that the node was started with; the account is computed again under them.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
}

pub(crate) fn parse_day(text: &str) -> Result<Day, WrongValue> {
    Day::parse(text).ok_or_else(|| WrongValue(t!("argument.day").to_string()))
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Account(arguments) => account(arguments),
        Command::Enrol(arguments) => holder::enrol(arguments),
        Command::Readings(arguments) => readings::run(arguments),
        Command::Certificate(arguments) => certificate::run(arguments),
        Command::Dispute(arguments) => dispute::run(arguments),
        Command::Statement(arguments) => statement::run(arguments),
        Command::Evidence(arguments) => evidence::run(arguments),
        Command::Credential(command) => credential::run(command),
    }
}

impl AccountArguments {
    /// The day for which the account is computed: the one that is asked for, that on paper, or today.
    fn day(&self) -> Day {
        let on_paper = self.paper.as_ref().map(|code| code.as_of);
        self.as_of.or(on_paper).unwrap_or_else(clock::today)
    }
}

fn account(arguments: &AccountArguments) -> anyhow::Result<Outcome> {
    let answer = match &arguments.holder {
        Some(directory) => own_account(arguments, directory)?,
        None => account_by_agency(arguments)?,
    };
    if let Some(path) = &arguments.html {
        files::replace(path, show::html::page(&answer).as_bytes())?;
        output::notice(&t!("lookup.html", path = path.display()));
    }
    if let Some(path) = &arguments.home {
        files::replace(path, show::home::file(&answer).as_bytes())?;
        output::notice(&t!("lookup.html", path = path.display()));
    }
    if arguments.json {
        let json = show::account::json(&answer);
        println!("{}", show::printable_json(&json));
        if let Some(checked) = &answer.checked {
            output::notice(&show::account::checked_line(checked));
        }
    } else if arguments.explain {
        show::explain::print(&answer);
    } else if arguments.html.is_none() && arguments.home.is_none() {
        show::account::print(&answer);
    }
    let is_other = arguments
        .paper
        .as_ref()
        .is_some_and(|code| !is_still(code, &answer));
    let is_doubtful = answer.copies.iter().any(ChainCopy::is_quarantined);
    Ok(if is_doubtful || is_other {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

/// The account as a clerk asks for it.
fn account_by_agency(arguments: &AccountArguments) -> anyhow::Result<Answer> {
    let needed = || Failure::Arguments(t!("holder.or_agency").to_string());
    let agency = &arguments.agency;
    let node = agency.node.ok_or_else(needed)?;
    let directory = agency.credentials.as_deref().ok_or_else(needed)?;
    let purpose = agency.purpose.given().ok_or_else(needed)??;
    let credentials = Credentials::read(directory)?;
    let whom = asked_worker(arguments.account.as_deref())?;
    let from_number = match &whom {
        Whom::Number(number) => FromNumber::of(number),
        Whom::Account(_) => None,
    };
    let worker = match whom {
        Whom::Number(number) => Worker::Number(number.reveal().to_owned()),
        Whom::Account(account) => Worker::Account(account.0.to_vec().into()),
    };
    let policy = crate::rules::policy(arguments.rules.as_deref())?;
    let question = Question {
        worker,
        purpose,
        as_of: arguments.day(),
        proofs: arguments.proofs,
        policy: &policy,
        rules: arguments.rules.as_deref(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut answer = runtime.block_on(ask(&credentials, node, question))?;
    if let Some(number) = from_number {
        answer.by_number = by_number(&answer.account, number, &policy);
    }
    Ok(answer)
}

/// The account as its worker opens it with a key of their own. What the node says is shown as it says it: to check it, there is the statement.
fn own_account(arguments: &AccountArguments, directory: &Path) -> anyhow::Result<Answer> {
    ensure!(!arguments.proofs, "{}", t!("holder.no_proofs"));
    let holder = Holder::read(directory)?;
    let as_of = arguments.day();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let told = runtime.block_on(async {
        let opened = holder.open().await?;
        let request = LookupRequest {
            as_of: as_of.number(),
            ticket: opened.ticket.into(),
            ..LookupRequest::default()
        };
        let client = AccountClient::new(opened.channel);
        let mut client = client.max_decoding_message_size(ACCOUNT_BYTES_MAX);
        let reply = within(LOOKUP_TIMEOUT, client.lookup(request)).await;
        let reply = reply.map_err(|status| holder::failure(&status))?;
        let question = handed::Question {
            whose: Whose::Account(opened.account),
            as_of,
        };
        Told::read(reply, &question).map_err(|fault| not_shown(&fault))
    })?;
    let options = format!("--holder {}", quoted(&directory.display().to_string()));
    Ok(shown(told, options, None))
}

/// What a node has told, with what was checked of it, as pages take it.
fn shown(told: Told, options: String, checked: Option<handed::Checked>) -> Answer {
    let handed::Answer {
        account,
        json,
        digest,
        accounts,
        strangers,
        identity,
        ..
    } = told.stated;
    Answer {
        account,
        accounts,
        strangers,
        copies: told.copies,
        behind: told.behind,
        at: told.at,
        json,
        digest,
        options,
        identity,
        checked,
        by_number: ByNumber::Nothing,
    }
}

/// Says whether an account is still the one on paper.
fn is_still(code: &PaperCode, answer: &Answer) -> bool {
    let since = code.compare(&answer.account, answer.digest);
    for line in show::verdict::since_paper(code, &since) {
        output::notice(&line);
    }
    since == AccountSince::Same
}

/// What the number says of a retirement. Under other rules than the account's it would be another plan: then only that there
/// is something to say.
pub(crate) fn by_number(account: &Account, number: FromNumber, policy: &Policy) -> ByNumber {
    let retirements = provisional(account, number, policy);
    if retirements.is_empty() {
        ByNumber::Nothing
    } else if account.rules.name == policy.name() {
        ByNumber::Retirements(retirements)
    } else {
        ByNumber::OtherRules
    }
}

/// Reads a number from standard input, so that it is in no history and no list of processes.
pub(crate) fn read_number() -> anyhow::Result<SocialSecurityNumber> {
    if stdin().is_terminal() {
        output::prompt(&t!("lookup.number"));
    }
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    SocialSecurityNumber::parse(&line).map_err(|fault| {
        anyhow::anyhow!(
            "{}",
            t!("lookup.bad_number", fault = show::fault::number(fault))
        )
    })
}

/// What is asked of a node.
pub(crate) struct Question<'p> {
    pub(crate) worker: Worker,
    /// For what.
    pub(crate) purpose: Purpose,
    pub(crate) as_of: Day,
    /// Believe nothing of the answer that does not verify.
    pub(crate) proofs: bool,
    /// The rules under which the answer is computed again.
    pub(crate) policy: &'p Policy,
    /// The directory of the operator's rules among them.
    pub(crate) rules: Option<&'p Path>,
}

/// Asks a node.
pub(crate) async fn ask(
    credentials: &Credentials,
    region: Division,
    question: Question<'_>,
) -> anyhow::Result<Answer> {
    let Question {
        worker,
        purpose,
        as_of,
        proofs,
        policy,
        rules,
    } = question;
    let channel = connection::to_node(credentials, region)?;
    let mut client = AccountClient::new(channel).max_decoding_message_size(ACCOUNT_BYTES_MAX);
    let asked = asked_account(credentials, region, &worker, &purpose).await?;
    let request = LookupRequest {
        worker: Some(worker),
        as_of: as_of.number(),
        proofs,
        registers: proofs,
        purpose: Some(purpose.message()),
        ..LookupRequest::default()
    };
    let reply = within(LOOKUP_TIMEOUT, client.lookup(request))
        .await
        .map_err(|status| connection::failure(region, &status))?;
    let question = handed::Question {
        whose: asked,
        as_of,
    };
    let told = Told::read(reply, &question).map_err(|fault| not_shown(&fault))?;
    let checked = if proofs {
        let roster = newer::roster_for(credentials, region, told.roster).await?;
        let checked = told.stated.verify(&told.chains, &roster, policy);
        Some(checked.map_err(|refuted| refuted_text(&refuted))?)
    } else {
        None
    };
    let options = options(region, credentials, rules, &purpose);
    Ok(shown(told, options, checked))
}

/// The account that is asked for, where that can be told by somebody else than the node that is asked: the agency's own node says which
/// is that of a number. If it does not answer, the other one's word stands alone, and the page says so.
async fn asked_account(
    credentials: &Credentials,
    asked: Division,
    worker: &Worker,
    purpose: &Purpose,
) -> anyhow::Result<Whose> {
    let number = match worker {
        Worker::Account(bytes) => return Ok(Whose::Account(convert::account_id(bytes)?)),
        Worker::Number(number) => SocialSecurityNumber::parse(number)
            .map_err(|fault| anyhow::anyhow!(show::fault::number(fault)))?,
    };
    let own = match credentials.agency {
        Some(own) if own != asked && credentials.roster.regions.contains_key(&own) => own,
        _ => return Ok(Whose::Unknown),
    };
    Ok(
        match pseudonyms::of_number(credentials, own, purpose, &number).await {
            Ok(told) => Whose::Pseudonyms(told.all()),
            Err(_) => Whose::Unknown,
        },
    )
}

/// The options of `worker account` with which it was asked.
fn options(
    region: Division,
    credentials: &Credentials,
    rules: Option<&Path>,
    purpose: &Purpose,
) -> String {
    let mut options = format!(
        "--node {region} --credentials {} --business {} --case {}",
        quoted(&credentials.directory.display().to_string()),
        purpose.business().code(),
        quoted(purpose.case_number()),
    );
    if let Some(rules) = rules {
        options.push_str(" --rules ");
        options.push_str(&quoted(&rules.display().to_string()));
    }
    options
}

/// A text as a shell takes it.
fn quoted(text: &str) -> String {
    let is_plain = text
        .chars()
        .all(|character| character.is_alphanumeric() || "/._-".contains(character));
    if is_plain {
        text.to_string()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Why an answer is not shown.
fn not_shown(fault: &AnswerFault) -> anyhow::Error {
    match fault {
        AnswerFault::Field(fault) => anyhow::Error::msg(fault.to_string()),
        AnswerFault::Refuted(refuted) => refuted_text(refuted),
        AnswerFault::Names => anyhow::Error::msg(t!("lookup.bad_names")),
        AnswerFault::Register => anyhow::Error::msg(t!("lookup.bad_register")),
    }
}

/// Why an answer is not believed.
fn refuted_text(refuted: &Refuted) -> anyhow::Error {
    let text = match refuted {
        Refuted::Digest { .. } => t!("lookup.other_digest"),
        Refuted::Day { asked, found } => t!("lookup.other_day", found = found, asked = asked),
        Refuted::OtherAccount | Refuted::OtherAccounts { .. } => t!("lookup.other_accounts"),
        Refuted::OtherRules { own, found } => t!("lookup.other_rules", found = found, own = own),
        Refuted::TwoHeads { chain } => t!("lookup.two_heads", chain = chain),
        Refuted::ForeignRecord { .. } => t!("lookup.foreign_record"),
        Refuted::Register { chain, .. }
        | Refuted::NotAbsent { chain, .. }
        | Refuted::NotShown { chain, .. }
        | Refuted::ShownList { chain }
        | Refuted::OtherBatch { chain, .. }
        | Refuted::Cosigned { chain, .. }
        | Refuted::NoPath { chain, .. } => {
            t!(
                "lookup.left_out",
                chain = show::place::name(*chain),
                text = refuted
            )
        }
        Refuted::OtherFold { .. } => t!("lookup.other_fold"),
        _ => t!("lookup.refuted", text = refuted),
    };
    anyhow::anyhow!("{text}")
}
