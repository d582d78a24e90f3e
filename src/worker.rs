//! `yizhang worker`: the account, and the check of every line of it on the caller's side.

use crate::{
    clock, connection,
    credentials::{Credentials, SECRET_FILE, read_secret},
    exit::Outcome,
    files,
    node::parse_region,
    show,
    usage::WrongValue,
};
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::{
    collections::BTreeSet,
    io::{IsTerminal, stdin},
    path::PathBuf,
};
use tonic::transport::Channel;
use yizhang_entitlement::{
    Account, Policy, fold, linked_accounts,
    provisional::{FromNumber, provisional},
};
use yizhang_ledger::{
    fact::Fact,
    head::{Head, Origin},
    person::{AccountId, SocialSecurityNumber},
    roster::Roster,
    value::{Day, Division, LeafIndex},
};
use yizhang_show::account::{Answer, ChainCopy, Checked, Identity};
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    convert,
    deadline::{LOOKUP_TIMEOUT, STATUS_TIMEOUT, within},
    v1::{
        ChainStatus, LookupReply, LookupRequest, StatusRequest, account_client::AccountClient,
        ledger_client::LedgerClient, lookup_request::Worker,
    },
};

/// What a worker can ask.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the account of a worker, combined from all chains: months, place of benefit, retirement, gaps, conflicts.
    #[command(alias = "lookup")]
    Account(AccountArguments),
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
    /// Pseudonym of the worker, 32 hexadecimal digits; otherwise the social-security number is read from standard input.
    #[arg(long, value_name = "HEX")]
    pub(crate) account: Option<String>,
    /// The day for which the account is computed, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    pub(crate) as_of: Option<Day>,
    /// Verify every record against the signed heads here, fold the account again here, and compare.
    #[arg(long)]
    pub(crate) proofs: bool,
    /// Walk from each figure to the figures, rules and records that it rests on.
    #[arg(long, conflicts_with = "json")]
    pub(crate) explain: bool,
    /// Print the account as JSON instead of a page; docs/account.schema.json describes it.
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
    }
}

fn account(arguments: &AccountArguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let mut from_number = None;
    let worker = if let Some(hex) = &arguments.account {
        let account = AccountId::from_hex(hex).context(t!("lookup.bad_account"))?;
        Worker::Account(account.0.to_vec().into())
    } else {
        let number = read_number()?;
        from_number = FromNumber::of(&number);
        Worker::Number(number.reveal().to_owned())
    };
    let as_of = arguments.as_of.unwrap_or_else(clock::today);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let policy = crate::rules::policy(arguments.rules.as_deref())?;
    let question = Question {
        worker,
        as_of,
        proofs: arguments.proofs,
        policy: &policy,
    };
    let mut answer = runtime.block_on(ask(&credentials, arguments.node, question))?;
    // Under other rules than the account's it would be another plan.
    if let Some(number) = from_number
        && answer.account.rules.name == policy.name()
    {
        answer.by_number = provisional(&answer.account, number, &policy);
    }
    if let Some(path) = &arguments.html {
        files::replace(path, show::html::page(&answer).as_bytes())?;
        eprintln!("{}", t!("lookup.html", path = path.display()));
    }
    if arguments.json {
        println!("{}", String::from_utf8_lossy(&answer.json));
        if let Some(checked) = &answer.checked {
            eprintln!("{}", show::account::checked_line(checked));
        }
    } else if arguments.explain {
        show::explain::print(&answer.account);
    } else if arguments.html.is_none() {
        show::account::print(&answer);
    }
    Ok(Outcome::Clean)
}

/// Reads a number from standard input, so that it is in no history and no list of processes.
pub(crate) fn read_number() -> anyhow::Result<SocialSecurityNumber> {
    if stdin().is_terminal() {
        eprint!("{} ", t!("lookup.number"));
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
    pub(crate) as_of: Day,
    /// Believe nothing of the answer that does not verify.
    pub(crate) proofs: bool,
    /// The rules under which the answer is computed again.
    pub(crate) policy: &'p Policy,
}

/// Asks a node.
pub(crate) async fn ask(
    credentials: &Credentials,
    region: Division,
    question: Question<'_>,
) -> anyhow::Result<Answer> {
    let Question {
        worker,
        as_of,
        proofs,
        policy,
    } = question;
    let channel = connection::to_node(credentials, region)?;
    let mut client =
        AccountClient::new(channel.clone()).max_decoding_message_size(ACCOUNT_BYTES_MAX);
    let asked = match &worker {
        Worker::Account(bytes) => Some(convert::account_id(bytes)?),
        // An agency can check that the node read the account of this number and not another.
        Worker::Number(number) if credentials.directory.join(SECRET_FILE).exists() => {
            let number = SocialSecurityNumber::parse(number)
                .map_err(|fault| anyhow::anyhow!(show::fault::number(fault)))?;
            Some(read_secret(&credentials.directory)?.account_id(&number))
        }
        Worker::Number(_) => None,
    };
    let request = LookupRequest {
        worker: Some(worker),
        as_of: as_of.number(),
        proofs,
    };
    let reply = within(LOOKUP_TIMEOUT, client.lookup(request))
        .await
        .map_err(|status| connection::failure(region, &status))?;
    let account = Account::from_json(&reply.account)?;
    let digest = convert::digest(&reply.digest)?;
    ensure!(account.digest() == digest, "{}", t!("lookup.other_digest"));
    let checked = if proofs {
        let found = account.rules.name;
        ensure!(
            found == policy.name(),
            "{}",
            t!("lookup.other_rules", found = found, own = policy.name())
        );
        Some(check(&credentials.roster, &reply, asked, (policy, as_of))?)
    } else {
        None
    };
    let mut accounts = reply
        .accounts
        .iter()
        .map(|bytes| convert::account_id(bytes))
        .collect::<Result<Vec<_>, _>>()?;
    accounts.sort_by_key(|account| (Some(*account) != asked, *account));
    let copies = copies(channel).await;
    Ok(Answer {
        json: reply.account.to_vec(),
        account,
        accounts,
        copies,
        digest,
        checked,
        by_number: Vec::new(),
    })
}

/// What the node holds of each chain. An account without that is an account all the same.
async fn copies(channel: Channel) -> Vec<ChainCopy> {
    let mut client = LedgerClient::new(channel);
    let Ok(status) = within(STATUS_TIMEOUT, client.status(StatusRequest {})).await else {
        return Vec::new();
    };
    let copy = |chain: ChainStatus| {
        let region = Origin::parse(&chain.origin)?.region();
        Some(ChainCopy {
            region,
            size: chain.size,
            behind: chain.announced.saturating_sub(chain.size),
        })
    };
    status.chains.into_iter().filter_map(copy).collect()
}

/// Ties every record to a signed head, folds the records again, and compares with what the node answered.
///
/// It shows that every line of the account is signed by the agency it names. That the node left out no record, only a
/// second node or an audit can show: the caller compares digests.
fn check(
    roster: &Roster,
    reply: &LookupReply,
    asked: Option<AccountId>,
    (policy, as_of): (&Policy, Day),
) -> anyhow::Result<Checked> {
    let mut paths = Vec::new();
    let mut heads: Vec<Head> = Vec::new();
    for chain in &reply.chains {
        let head = Head::open(&chain.head, roster)?;
        ensure!(
            heads.iter().all(|known| known.origin != head.origin),
            "{}",
            t!("lookup.two_heads", chain = head.origin)
        );
        heads.push((*head).clone());
        for record in &chain.records {
            paths.push((record, convert::hashes(&record.path)?, head.clone()));
        }
    }
    let facts = paths
        .iter()
        .map(|(record, path, head)| Fact::prove(&record.entry, LeafIndex(record.index), path, head))
        .collect::<Result<Vec<_>, _>>()?;
    let accounts = reply
        .accounts
        .iter()
        .map(|bytes| convert::account_id(bytes))
        .collect::<Result<BTreeSet<_>, _>>()?;
    if let Some(asked) = asked {
        let linked = linked_accounts(asked, &facts, as_of)?;
        ensure!(linked == accounts, "{}", t!("lookup.other_accounts"));
    }
    for fact in &facts {
        ensure!(
            fact.record
                .accounts()
                .any(|account| accounts.contains(&account)),
            "{}",
            t!("lookup.foreign_record")
        );
    }
    if fold(&facts, policy, as_of).canonical_json() != reply.account {
        bail!("{}", t!("lookup.other_fold"));
    }
    let identity = if asked.is_some() {
        Identity::Checked
    } else {
        Identity::Trusted
    };
    Ok(Checked {
        records: facts.len(),
        heads,
        identity,
    })
}
