//! `yizhang agency disputes`: what workers hold against records of the agency, and its answers.

use super::{review, row_lists::Ready, sending::send_submissions};
use crate::{
    clock, connection,
    credentials::Credentials,
    exit::{Failure, Outcome},
    node::parse_region,
    purpose::PersonArgument,
    show,
    usage::WrongValue,
    worker::{Whom, asked_worker, parse_day},
};
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use rust_i18n::t;
use std::{collections::BTreeSet, path::PathBuf};
use yizhang_client::Told;
use yizhang_entitlement::{
    account::{Account, DisputeLine},
    dispute::Outcome as Answered,
    review::List,
};
use yizhang_intake::submission_id;
use yizhang_ledger::{
    batch::RecordBlock,
    entry::{Entry, Kind, RecordId},
    hash::{Hash, hash_leaf},
    person::AccountId,
    record::{Dispute, Record, Source},
    value::{Code, Day, Division, LeafIndex},
};
use yizhang_statement::{Question, Whose};
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    deadline::{LOOKUP_TIMEOUT, within},
    purpose::Business,
    v1::{LookupRequest, account_client::AccountClient, lookup_request::Worker},
};

/// Digits of a dispute's number that name the matter in the access log: its column takes 64, and nobody reads more.
const CASE_DIGITS: usize = 16;

/// What can be done with disputes.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List disputes that wait for the agency's answer, whichever node they were raised at: those longest overdue first.
    List(Listed),
    /// Answer a dispute. The worker's number is read from standard input, unless --account names a pseudonym.
    Answer(Box<Answer>),
}

/// Which disputes are listed.
#[derive(Args)]
pub(crate) struct Listed {
    /// Region of the node to ask: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the agency's credentials.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    person: PersonArgument,
    /// The day for which disputes are looked at, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    as_of: Option<Day>,
    /// Only disputes past their limit.
    #[arg(long)]
    overdue: bool,
}

/// An answer.
#[derive(Args)]
pub(crate) struct Answer {
    /// The dispute: 64 hexadecimal digits, as the list has them.
    #[arg(value_name = "ID", value_parser = parse_id)]
    id: Hash,
    /// Region of the node to send to: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the agency's credentials.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    person: PersonArgument,
    /// Pseudonym of the worker, 32 hexadecimal digits; otherwise the social-security number is read from standard input.
    #[arg(long, value_name = "HEX")]
    account: Option<String>,
    /// How it is answered.
    #[arg(long, value_enum)]
    outcome: OutcomeName,
    /// Number of the transaction in the agency's books.
    #[arg(long, value_parser = parse_code)]
    serial: String,
    /// The agency's code.
    #[arg(long, value_parser = parse_code)]
    agency: Option<String>,
    /// Hash of the letter with which the worker is told why, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = parse_id)]
    document: Option<Hash>,
}

/// Answers by name.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum OutcomeName {
    /// The worker is right: import the correction as well
    Upheld,
    /// The worker is right in part: import the correction as well
    Partly,
    /// The record stands
    Refused,
}

impl OutcomeName {
    const fn answered(self) -> Answered {
        match self {
            Self::Upheld => Answered::Upheld,
            Self::Partly => Answered::Partly,
            Self::Refused => Answered::Refused,
        }
    }
}

fn parse_id(text: &str) -> Result<Hash, WrongValue> {
    Hash::from_hex(text).ok_or_else(|| WrongValue(t!("dispute.bad_id").to_string()))
}

fn parse_code(text: &str) -> Result<String, WrongValue> {
    match Code::new(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(WrongValue(t!("dispute.bad_code").to_string())),
    }
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::List(listed) => list(listed),
        Command::Answer(answer) => self::answer(answer),
    }
}

fn list(listed: &Listed) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&listed.credentials)?;
    let asked = review::Asked {
        node: listed.node,
        person: &listed.person,
        as_of: listed.as_of.unwrap_or_else(clock::today),
        retirement_months: 0,
        after: None,
        list: Some(List::Dispute),
        what: None,
    };
    let (mut waiting, mut left) = (Vec::new(), review::Left::default());
    let (ended, outcome) = review::stream(&credentials, &asked, &|_| {}, &mut |reviewed| {
        left.note(reviewed)?;
        let wanted = reviewed.findings.iter().filter(|finding| {
            // Those that lie with others are theirs to answer.
            finding.places.contains(&listed.node) && (finding.overdue > 0 || !listed.overdue)
        });
        waiting.extend(wanted.map(|finding| (reviewed.account.clone(), finding.clone())));
        ensure!(
            waiting.len() <= review::SHOWN_MAX,
            "{}",
            t!("review.too_many", limit = review::SHOWN_MAX)
        );
        Ok(())
    });
    outcome.with_context(|| t!("dispute.cut_off", accounts = ended.reviewed))?;
    ended.print_doubts();
    waiting.sort_by_key(|(account, finding)| {
        (
            std::cmp::Reverse(finding.overdue),
            finding.due,
            account.clone(),
        )
    });
    // Linked accounts of one worker show the same dispute.
    let mut seen: BTreeSet<Hash> = BTreeSet::new();
    waiting.retain(|(_, finding)| finding.dispute.is_none_or(|id| seen.insert(id)));
    show::review::disputes(&waiting);
    left.print();
    println!("{}", t!("review.gone_through", accounts = ended.reviewed));
    let is_clean = waiting.is_empty() && left.is_empty() && ended.doubts.is_empty();
    Ok(if is_clean {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

fn answer(arguments: &Answer) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let worker = match asked_worker(arguments.account.as_deref())? {
        Whom::Number(number) => Worker::Number(number.reveal().to_owned()),
        Whom::Account(account) => Worker::Account(account.0.to_vec().into()),
    };
    let answering = Answering {
        credentials: &credentials,
        node: arguments.node,
        person: &arguments.person,
        id: arguments.id,
        outcome: arguments.outcome.answered(),
        serial: &arguments.serial,
        agency: arguments.agency.as_deref().unwrap_or_default(),
        document: arguments.document,
    };
    let said = answering.answer(worker)?;
    for line in said.lines {
        println!("{line}");
    }
    Ok(if said.is_answered {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

/// An answer on its way into the chain: from the command line, or from the console.
pub(crate) struct Answering<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) node: Division,
    pub(crate) person: &'a PersonArgument,
    /// The dispute.
    pub(crate) id: Hash,
    pub(crate) outcome: Answered,
    pub(crate) serial: &'a str,
    /// The agency's code; empty if it is not said.
    pub(crate) agency: &'a str,
    pub(crate) document: Option<Hash>,
}

/// What came of an answer.
pub(crate) struct Said {
    pub(crate) lines: Vec<String>,
    /// Whether the dispute is answered, as the account has it.
    pub(crate) is_answered: bool,
}

impl Answering<'_> {
    /// Looks whether the dispute is the agency's to answer, writes the answer into its chain, and looks what came of it.
    pub(crate) fn answer(&self, worker: Worker) -> anyhow::Result<Said> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let today = clock::today();
        let told = runtime.block_on(self.ask(worker.clone(), today))?;
        let before = line(&told.stated.account, self.id)?;
        ensure!(
            before.region == self.node,
            "{}",
            t!(
                "dispute.not_ours",
                region = show::place::name(before.region)
            )
        );
        if before.outcome.is_some() {
            let said = show::account::dispute(&told.stated.account, before);
            bail!("{}", t!("dispute.answered_before", said = said));
        }
        let account = raised_under(&told, self.id)?;
        let mut lines = Vec::new();
        if self.send(account, today)? {
            lines.push(t!("dispute.was_there").to_string());
        }
        let told = runtime.block_on(self.ask(worker, today))?;
        let after = line(&told.stated.account, self.id)?;
        lines.push(show::account::dispute(&told.stated.account, after));
        Ok(Said {
            lines,
            is_answered: after.outcome.is_some(),
        })
    }

    /// The account with its records.
    async fn ask(&self, worker: Worker, as_of: Day) -> anyhow::Result<Told> {
        let mut case = self.id.to_string();
        case.truncate(CASE_DIGITS);
        let purpose = self.person.reads_for(Business::Complaint, &case)?;
        let channel = connection::to_node(self.credentials, self.node)?;
        let mut client = AccountClient::new(channel).max_decoding_message_size(ACCOUNT_BYTES_MAX);
        let request = LookupRequest {
            worker: Some(worker),
            as_of: as_of.number(),
            proofs: true,
            purpose: Some(purpose.message()),
            ..LookupRequest::default()
        };
        let reply = within(LOOKUP_TIMEOUT, client.lookup(request))
            .await
            .map_err(|status| connection::failure(self.node, &status))?;
        let question = Question {
            whose: Whose::Unknown,
            as_of,
        };
        Told::read(reply, &question).map_err(|fault| Failure::Refused(fault.to_string()).into())
    }

    /// Writes the answer into the chain of the agency; whether it was there.
    fn send(&self, account: AccountId, on: Day) -> anyhow::Result<bool> {
        let code = |text| Code::new(text).with_context(|| t!("dispute.bad_code"));
        let fields = Dispute {
            account,
            region: self.node,
            target: RecordId(self.id),
            reason: code(self.outcome.code())?,
            on,
            document: self.document.unwrap_or(Hash::ZERO),
            source: Source {
                agency: if self.agency.is_empty() {
                    Code::default()
                } else {
                    code(self.agency)?
                },
                system: Code::default(),
                serial: code(self.serial)?,
            },
        };
        let mut bytes = Vec::new();
        Record::Dispute(Kind::DISPUTE_OUTCOME, fields).write(&mut bytes)?;
        let ready = Ready {
            // As a file with this one record would be named.
            id: submission_id(&bytes),
            block: RecordBlock::parse(bytes)?,
            list: None,
        };
        let sent = send_submissions(
            self.credentials,
            self.node,
            std::iter::once(Ok(ready)),
            None,
            &|_| {},
        )?;
        Ok(sent.imported.present > 0)
    }
}

/// The dispute of this number in an account.
fn line(account: &Account, id: Hash) -> anyhow::Result<&DisputeLine> {
    let mut lines = account.disputes.iter();
    let found = lines.find(|line| {
        let record = account.record(line.record);
        record.is_some_and(|record| record.id == id)
    });
    found.with_context(|| t!("dispute.unknown"))
}

/// The pseudonym under which a dispute was raised: its answer stands under the same, so that whoever finds the one finds the other, also
/// where a link is dissolved.
fn raised_under(told: &Told, id: Hash) -> anyhow::Result<AccountId> {
    let mut records = told.chains.iter().flat_map(|chain| &chain.records);
    let found = records.find(|record| hash_leaf(&record.entry) == id);
    let found = found.with_context(|| t!("dispute.unknown"))?;
    let entry = Entry::parse(&found.entry, LeafIndex(found.index.0))?;
    match Record::read(&entry)? {
        Record::Dispute(Kind::DISPUTE, fields) => Ok(fields.account),
        _ => bail!("{}", t!("dispute.unknown")),
    }
}
