//! `yizhang worker`: the account, with the check of every line of it on the caller's side, and the statement to carry away.

mod statement;

pub(crate) use statement::{AccountPart, Made, Wanted, make, opening, trusted_root};

use crate::{
    clock, connection, copies, credentials::Credentials, exit::Outcome, files, newer,
    node::parse_region, output, paper, pseudonyms, purpose::PurposeArguments, show,
    usage::WrongValue,
};
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::{
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
};
use yizhang_entitlement::{
    Account, Policy,
    provisional::{FromNumber, provisional},
};
use yizhang_ledger::{
    person::{AccountId, Names, SocialSecurityNumber},
    value::{Day, Division, LeafIndex, UnixMillis},
};
use yizhang_show::{account::Answer, copies::ChainCopy, provisional::ByNumber};
use yizhang_statement::{
    self as handed, AccountSince, ChainEvidence, CosignedRegister, PaperCode, RecordEvidence,
    Refuted, RegisterEvidence, ShownAccount, Whose,
};
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    convert,
    deadline::{LOOKUP_TIMEOUT, within},
    purpose::Purpose,
    shown,
    v1::{self, LookupReply, LookupRequest, account_client::AccountClient, lookup_request::Worker},
};

/// What a worker can ask.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the account of a worker, combined from all chains: months, place of benefit, retirement, gaps, conflicts.
    #[command(alias = "lookup")]
    Account(AccountArguments),
    /// Write the statement that a worker carries away: one file that anybody can check without a network, for ever (`yizhang verify`).
    Statement(statement::StatementArguments),
}

/// Whose account is asked for.
pub(crate) enum Whom {
    /// That of a number.
    Number(SocialSecurityNumber),
    /// That of a pseudonym.
    Account(AccountId),
}

/// Whom a command is asked for: by pseudonym, or by the number on standard input.
fn asked_worker(account: Option<&str>) -> anyhow::Result<Whom> {
    match account {
        Some(hex) => {
            let account = AccountId::from_hex(hex).context(t!("lookup.bad_account"))?;
            Ok(Whom::Account(account))
        }
        None => Ok(Whom::Number(read_number()?)),
    }
}

/// Arguments of `worker account`.
#[derive(Args)]
pub(crate) struct AccountArguments {
    /// Region of the node to ask; any node gives the same answer.
    #[arg(long, value_parser = parse_region)]
    pub(crate) node: Division,
    /// Directory of credentials, for instance that of an agency.
    #[arg(long)]
    pub(crate) credentials: PathBuf,
    #[command(flatten)]
    pub(crate) purpose: PurposeArguments,
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
        Command::Statement(arguments) => statement::run(arguments),
    }
}

fn account(arguments: &AccountArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let whom = asked_worker(arguments.account.as_deref())?;
    let from_number = match &whom {
        Whom::Number(number) => FromNumber::of(number),
        Whom::Account(_) => None,
    };
    let worker = match whom {
        Whom::Number(number) => Worker::Number(number.reveal().to_owned()),
        Whom::Account(account) => Worker::Account(account.0.to_vec().into()),
    };
    let on_paper = arguments.paper.as_ref().map(|code| code.as_of);
    let as_of = arguments.as_of.or(on_paper);
    let as_of = as_of.unwrap_or_else(clock::today);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let policy = crate::rules::policy(arguments.rules.as_deref())?;
    let question = Question {
        worker,
        purpose: arguments.purpose.purpose()?,
        as_of,
        proofs: arguments.proofs,
        policy: &policy,
        rules: arguments.rules.as_deref(),
    };
    let mut answer = runtime.block_on(ask(&credentials, arguments.node, question))?;
    if let Some(number) = from_number {
        answer.by_number = by_number(&answer.account, number, &policy);
    }
    if let Some(path) = &arguments.html {
        files::replace(path, show::html::page(&answer).as_bytes())?;
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
    } else if arguments.html.is_none() {
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
fn by_number(account: &Account, number: FromNumber, policy: &Policy) -> ByNumber {
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
    };
    let reply = within(LOOKUP_TIMEOUT, client.lookup(request))
        .await
        .map_err(|status| connection::failure(region, &status))?;
    let accounts = handed::Accounts {
        own: account_ids(&reply.accounts)?,
        strangers: account_ids(&reply.strangers)?,
        names: names(&reply.names)?,
    };
    let digest = convert::digest(&reply.digest)?;
    let whose = asked;
    let question = handed::Question { whose, as_of };
    let stated = handed::Answer::read(reply.account.to_vec(), digest, accounts, &question)
        .map_err(|refuted| told(&refuted))?;
    let checked = if proofs {
        let chains = evidence(&reply)?;
        let roster = newer::roster_for(credentials, region, reply.roster).await?;
        let checked = stated.verify(&chains, &roster, policy);
        Some(checked.map_err(|refuted| told(&refuted))?)
    } else {
        None
    };
    let handed::Answer {
        account,
        json,
        digest,
        accounts,
        strangers,
        identity,
        ..
    } = stated;
    Ok(Answer {
        account,
        accounts,
        strangers,
        copies: copies::read(reply.held),
        behind: behind(&reply.behind),
        at: UnixMillis(reply.at_ms),
        json,
        digest,
        options: options(region, credentials, rules, &purpose),
        identity,
        checked,
        by_number: ByNumber::Nothing,
    })
}

/// The regions that a node says it is behind.
fn behind(regions: &[String]) -> Vec<String> {
    let printable = regions.iter().map(|region| show::printable(region));
    printable.collect()
}

fn account_ids(ids: &[impl AsRef<[u8]>]) -> Result<Vec<AccountId>, convert::FieldFault> {
    ids.iter()
        .map(|bytes| convert::account_id(bytes.as_ref()))
        .collect()
}

/// Which pseudonyms the node says are one person's.
fn names(groups: &[v1::Names]) -> anyhow::Result<Names> {
    let mut names = Names::default();
    for group in groups {
        let account = convert::account_id(&group.account)?;
        for other in account_ids(&group.others)? {
            ensure!(names.insert(account, other), "{}", t!("lookup.bad_names"));
        }
    }
    Ok(names)
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
fn told(refuted: &Refuted) -> anyhow::Error {
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

/// The records of an answer, with their proofs.
fn evidence(reply: &LookupReply) -> anyhow::Result<Vec<ChainEvidence>> {
    let mut chains = Vec::with_capacity(reply.chains.len());
    for chain in &reply.chains {
        let mut records = Vec::with_capacity(chain.records.len());
        for record in &chain.records {
            records.push(record_evidence(record)?);
        }
        let register = chain.register.as_ref();
        chains.push(ChainEvidence {
            head: chain.head.to_vec(),
            records,
            register: register.map(register_evidence).transpose()?,
        });
    }
    Ok(chains)
}

fn record_evidence(record: &v1::RecordEvidence) -> anyhow::Result<RecordEvidence> {
    Ok(RecordEvidence {
        index: LeafIndex(record.index),
        entry: record.entry.to_vec(),
        path: convert::hashes(&record.path)?,
    })
}

fn cosigned(register: &v1::RegisterEvidence) -> anyhow::Result<Option<CosignedRegister>> {
    if register.cosigned.is_empty() {
        return Ok(None);
    }
    Ok(Some(CosignedRegister {
        head: register.cosigned.to_vec(),
        path: convert::hashes(&register.cosigned_path)?,
    }))
}

fn register_evidence(register: &v1::RegisterEvidence) -> anyhow::Result<RegisterEvidence> {
    let entry = |entry: &Option<v1::RecordEvidence>| {
        let entry = entry.as_ref().context(t!("lookup.bad_register"))?;
        record_evidence(entry)
    };
    let mut accounts = Vec::with_capacity(register.accounts.len());
    for one in &register.accounts {
        accounts.push(ShownAccount {
            account: convert::account_id(&one.account)?,
            shown: shown::read(one)?,
        });
    }
    Ok(RegisterEvidence {
        register: entry(&register.register)?,
        batch: entry(&register.batch)?,
        accounts,
        cosigned: cosigned(register)?,
    })
}
