//! `yizhang agency transfer`: one step of a case as one signed record, checked like a row of a file; and lists of what is due.

mod check;

use self::check::Planned;
use super::{review, row_lists::Ready, sending::send_submissions};
use crate::{
    clock,
    credentials::Credentials,
    exit::Outcome,
    node::parse_region,
    output,
    pseudonyms::{NodePseudonyms, file_error},
    purpose::PersonArgument,
    show,
    worker::{self, Question, parse_day, read_number},
};
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use rust_i18n::t;
use serde_json::{Map, Value};
use std::path::PathBuf;
use yizhang_entitlement::{
    Account, Policy,
    account::{RecordNumber, TransferCase},
    review::List,
};
use yizhang_intake::{
    Column, Fault, Intake, ParsedRow, ReadOptions, Row, RowFault, Source, Submission, case_id,
};
use yizhang_ledger::{
    entry::{Entry, Kind, RecordId},
    person::SocialSecurityNumber,
    record::{CaseId, Record},
    value::{Day, Division, LeafIndex},
};
use yizhang_wire::{purpose::Business, v1::lookup_request::Worker};

/// What can be done with transfers.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Open a case: the worker has applied at the new place. The worker's number is read from standard input.
    Open(Box<Step>),
    /// Take the next step of a case. The worker's number is read from standard input.
    Answer {
        /// The step.
        #[arg(value_enum)]
        step: StepName,
        #[command(flatten)]
        fields: Box<Step>,
    },
    /// Close a case that has been posted. The worker's number is read from standard input.
    Close(Box<Step>),
    /// List the cases of the region's workers that wait for a step, those longest overdue first.
    List(Listed),
}

/// Steps of a case, as the law names them; docs/IMPORT.md has the Chinese names.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StepName {
    /// The old place certifies
    Certificate,
    /// The new place accepts and asks
    Letter,
    /// The old place closes the account
    Freeze,
    /// The old place says what moves
    InfoSheet,
    /// The old place sends the money
    FundsSent,
    /// The new place has the money
    FundsReceived,
    /// The new place posts months and money
    Posted,
    /// Sent back
    Returned,
    /// Withdrawn
    Withdrawn,
    /// Late money follows
    Supplement,
    /// A correction after the transfer
    Correction,
}

impl StepName {
    const fn kind(self) -> Kind {
        match self {
            Self::Certificate => Kind::CERTIFICATE,
            Self::Letter => Kind::LETTER,
            Self::Freeze => Kind::FREEZE,
            Self::InfoSheet => Kind::INFO_SHEET,
            Self::FundsSent => Kind::FUNDS_SENT,
            Self::FundsReceived => Kind::FUNDS_RECEIVED,
            Self::Posted => Kind::POSTED,
            Self::Returned => Kind::RETURNED,
            Self::Withdrawn => Kind::WITHDRAWN,
            Self::Supplement => Kind::SUPPLEMENT,
            Self::Correction => Kind::CORRECTION,
        }
    }
}

/// Fields of a step. What a case has already, a later step need not name.
#[derive(Args)]
pub(crate) struct Step {
    /// Region of the node to send to: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the agency's credentials.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    person: PersonArgument,
    /// Number of the case that both agencies use, or 32 hexadecimal digits.
    #[arg(long)]
    case: String,
    /// Number of the transaction in the agency's books.
    #[arg(long)]
    serial: String,
    /// The agency's code.
    #[arg(long)]
    agency: Option<String>,
    /// The day of the step, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    on: Option<Day>,
    /// Insurance, as hrss:110.
    #[arg(long)]
    scheme: Option<String>,
    /// Place that the worker leaves, six digits.
    #[arg(long)]
    old_place: Option<String>,
    /// Place that the worker goes to, six digits.
    #[arg(long)]
    new_place: Option<String>,
    /// Code of the old agency, where the place has several.
    #[arg(long)]
    old_agency: Option<String>,
    /// Code of the new agency, where the place has several.
    #[arg(long)]
    new_agency: Option<String>,
    /// First month moved.
    #[arg(long)]
    first_month: Option<String>,
    /// Last month moved.
    #[arg(long)]
    last_month: Option<String>,
    /// Deemed months moved.
    #[arg(long)]
    deemed_months: Option<String>,
    /// Months moved that were paid.
    #[arg(long)]
    actual_months: Option<String>,
    /// Personal account moved, in yuan.
    #[arg(long, allow_negative_numbers = true)]
    personal_account: Option<String>,
    /// Of it from the unit.
    #[arg(long, allow_negative_numbers = true)]
    personal_account_unit: Option<String>,
    /// Pool money moved, in yuan.
    #[arg(long, allow_negative_numbers = true)]
    pool: Option<String>,
    /// General (1) or temporary (2) account.
    #[arg(long)]
    account_type: Option<String>,
    /// Hash of the document behind the step.
    #[arg(long)]
    document: Option<String>,
    /// Why, as a code; for a closing with the document of back-payments court, audit, inspection, arbitration or commitment.
    #[arg(long)]
    reason: Option<String>,
    /// Write the step even if, by what is known here, it would not count or nothing can come of it.
    #[arg(long)]
    anyway: bool,
}

/// Which cases are listed.
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
    /// The day for which cases are looked at, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    as_of: Option<Day>,
    /// Only cases past their limit.
    #[arg(long)]
    overdue: bool,
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Open(fields) => take(Kind::TRANSFER_APPLY, fields),
        Command::Answer { step, fields } => take(step.kind(), fields),
        Command::Close(fields) => take(Kind::CLOSED, fields),
        Command::List(listed) => list(listed),
    }
}

fn list(listed: &Listed) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&listed.credentials)?;
    let as_of = listed.as_of.unwrap_or_else(clock::today);
    let list = Some(List::Transfer);
    let asked = review::Asked {
        node: listed.node,
        person: &listed.person,
        as_of,
        retirement_months: 0,
        after: None,
        list,
        what: None,
    };
    let (mut waiting, mut left) = (Vec::new(), review::Left::default());
    let bar = show::progress::uncounted(&t!("review.reading"));
    let gone = |accounts| bar.set_position(accounts);
    let (ended, outcome) = review::stream(&credentials, &asked, &gone, &mut |reviewed| {
        left.note(reviewed)?;
        let wanted = reviewed
            .findings
            .iter()
            .filter(|finding| finding.overdue > 0 || !listed.overdue);
        waiting.extend(wanted.map(|finding| (reviewed.account.clone(), finding.clone())));
        ensure!(
            waiting.len() <= review::SHOWN_MAX,
            "{}",
            t!("review.too_many", limit = review::SHOWN_MAX)
        );
        Ok(())
    });
    bar.finish_and_clear();
    outcome.with_context(|| t!("transfer.list_cut_off", accounts = ended.reviewed))?;
    ended.print_doubts();
    waiting.sort_by_key(|(account, finding)| {
        (
            std::cmp::Reverse(finding.overdue),
            finding.due,
            account.clone(),
        )
    });
    show::review::transfers(&waiting);
    left.print();
    println!("{}", t!("review.gone_through", accounts = ended.reviewed));
    let is_clean = waiting.is_empty() && left.is_empty() && ended.doubts.is_empty();
    Ok(if is_clean {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

/// Takes one step as the command line names it.
fn take(kind: Kind, step: &Step) -> anyhow::Result<Outcome> {
    let case = case_of(step)?;
    let credentials = Credentials::read(&step.credentials)?;
    let taker = Taker {
        step,
        pseudonyms: pseudonyms_for(&credentials, step)?,
        credentials: &credentials,
        number: read_number()?.reveal().to_owned(),
        today: clock::today(),
        listener: &Listener {
            say: &|line| println!("{line}"),
            notice: &output::notice,
        },
    };
    taker.go(kind, case, Reach::Written)
}

/// How far a step is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everything is looked at, and nothing written.
    LookedAt,
    /// It is written into the chain.
    Written,
}

/// Who is told what comes of a step.
pub(crate) struct Listener<'l> {
    /// Is told a line of the result.
    pub(crate) say: &'l dyn Fn(&str),
    /// Is told what is to be thought of.
    pub(crate) notice: &'l dyn Fn(&str),
}

/// A step as somebody has typed it, by the names of the fields with underscores.
pub(crate) struct Typed<'t> {
    pub(crate) credentials: &'t Credentials,
    pub(crate) node: Division,
    pub(crate) person: &'t PersonArgument,
    pub(crate) step: &'t yizhang_console::Step,
}

/// Looks at a step that was typed, or takes it.
pub(crate) fn take_typed(
    typed: &Typed<'_>,
    reach: Reach,
    listener: &Listener<'_>,
) -> anyhow::Result<Outcome> {
    let fields = &typed.step.fields;
    let number = SocialSecurityNumber::parse(&typed.step.number).map_err(|fault| {
        anyhow::anyhow!(
            "{}",
            t!("lookup.bad_number", fault = show::fault::number(fault))
        )
    })?;
    let kind = Kind::NAMED
        .iter()
        .find(|(_, name)| *name == typed.step.kind)
        .map(|(kind, _)| *kind)
        .with_context(|| t!("transfer.no_step"))?;
    let field = |name: &str| fields.get(name).cloned();
    let on = match field("on") {
        Some(text) => Some(Day::parse(&text).with_context(|| t!("argument.day"))?),
        None => None,
    };
    let step = Step {
        node: typed.node,
        credentials: typed.credentials.directory.clone(),
        person: typed.person.clone(),
        case: typed.step.case.clone(),
        serial: typed.step.serial.clone(),
        agency: field("agency"),
        on,
        scheme: field("scheme"),
        old_place: field("old_place"),
        new_place: field("new_place"),
        old_agency: field("old_agency"),
        new_agency: field("new_agency"),
        first_month: field("first_month"),
        last_month: field("last_month"),
        deemed_months: field("deemed_months"),
        actual_months: field("actual_months"),
        personal_account: field("personal_account"),
        personal_account_unit: field("personal_account_unit"),
        pool: field("pool"),
        account_type: field("account_type"),
        document: field("document"),
        reason: field("reason"),
        anyway: false,
    };
    let taker = Taker {
        step: &step,
        pseudonyms: pseudonyms_for(typed.credentials, &step)?,
        credentials: typed.credentials,
        number: number.reveal().to_owned(),
        today: clock::today(),
        listener,
    };
    taker.go(kind, case_of(&step)?, reach)
}

/// The case of a step, as records name it.
fn case_of(step: &Step) -> anyhow::Result<CaseId> {
    case_id(&step.case).map_err(|fault| anyhow::anyhow!("{}", show::fault::value(&fault)))
}

fn pseudonyms_for(credentials: &Credentials, step: &Step) -> anyhow::Result<NodePseudonyms> {
    let purpose = step.person.reads_for(Business::Transfer, &step.case)?;
    NodePseudonyms::new(credentials, step.node, purpose)
}

/// Whether the case could not use a step.
fn is_unused(account: &Account, case: &TransferCase, step: RecordId) -> bool {
    let is_step = |record: RecordNumber| {
        usize::try_from(record.0)
            .ok()
            .and_then(|at| account.records.get(at))
            .is_some_and(|record| record.id == step.0)
    };
    case.faults.iter().any(|fault| is_step(fault.record))
}

/// Who takes a step, and for which worker.
struct Taker<'a> {
    step: &'a Step,
    credentials: &'a Credentials,
    pseudonyms: NodePseudonyms,
    /// The worker's.
    number: String,
    today: Day,
    listener: &'a Listener<'a>,
}

impl Taker<'_> {
    /// Takes one step: the case as it stands, the row, the record, the case as it stands then. A step that would not count is
    /// refused before it is written, because a chain forgets nothing.
    fn go(&self, kind: Kind, case: CaseId, reach: Reach) -> anyhow::Result<Outcome> {
        let step = self.step;
        let on = step.on.unwrap_or(self.today);
        ensure!(
            on <= self.today,
            "{}",
            t!("transfer.later", on = on, today = self.today)
        );
        let before = self.account()?;
        let known = cases(&before).find(|known| known.case == case);
        let row = self.parsed(row(kind, step, on, &self.number, known)?)?;
        // What is looked at is what will be written, byte for byte.
        let entry = Entry::parse(&row.bytes, LeafIndex(0))?;
        let Record::Transfer(_, fields) = &Record::read(&entry)? else {
            bail!("{}", t!("transfer.no_step"))
        };
        let planned = Planned {
            kind,
            region: step.node,
            id: row.id(),
            fields,
        };
        if !planned.is_written(&before)? {
            // What is there already is not written again, and the answer says so.
            planned.ensure_ours()?;
            if !step.anyway {
                planned.ensure_counts(known)?;
                planned.ensure_sensible(&before, self.credentials)?;
            }
        }
        if reach == Reach::LookedAt {
            let step = show::kind::name(kind);
            (self.listener.say)(&t!("transfer.would_count", step = step, on = on));
            self.say_case(known);
            return Ok(Outcome::Clean);
        }
        if self.send(&row)? == Sent::Waits {
            return Ok(Outcome::Findings);
        }
        let after = self.account()?;
        let Some(case) = cases(&after).find(|known| known.case == case) else {
            (self.listener.say)(&t!("transfer.not_seen"));
            return Ok(Outcome::Findings);
        };
        self.say_case(Some(case));
        Ok(if is_unused(&after, case, planned.id) {
            Outcome::Findings
        } else {
            Outcome::Clean
        })
    }

    /// Says where a case stands, if there is one.
    fn say_case(&self, case: Option<&TransferCase>) {
        let lines = case.map(show::transfer::lines).unwrap_or_default();
        for line in lines {
            (self.listener.say)(&show::printable(&line));
        }
    }

    /// The worker's account as the node has it now.
    fn account(&self) -> anyhow::Result<Account> {
        let question = Question {
            worker: Worker::Number(self.number.clone()),
            purpose: self
                .step
                .person
                .reads_for(Business::Transfer, &self.step.case)?,
            as_of: self.today,
            proofs: false,
            policy: Policy::embedded(),
            rules: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let answer = runtime.block_on(worker::ask(self.credentials, self.step.node, question))?;
        Ok(answer.account)
    }

    /// The step as an import would read it from a file of this row.
    fn parsed(&self, row: Map<String, Value>) -> anyhow::Result<ParsedRow> {
        let line = serde_json::to_vec(&Value::Object(row))?;
        let intake = Intake::open(Source::Bytes(line.into()), &ReadOptions::default())
            .map_err(file_error)?;
        parsed(&intake, &self.pseudonyms, self.step, self.listener)
    }

    fn send(&self, row: &ParsedRow) -> anyhow::Result<Sent> {
        let submission = std::iter::once(Ready::alone(Submission::of_row(row)));
        let sent = send_submissions(self.credentials, self.step.node, submission, None, &|_| {})?;
        let imported = sent.imported;
        if imported.waiting + imported.refused > 0 {
            for line in show::import::done(self.step.node, &imported) {
                (self.listener.say)(&line);
            }
            return Ok(Sent::Waits);
        }
        (self.listener.say)(&if imported.present > 0 {
            t!("transfer.was_there")
        } else {
            t!("transfer.appended")
        });
        Ok(Sent::Placed)
    }
}

/// What became of a step that was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Placed,
    /// For a second clerk, or was refused by one.
    Waits,
}

/// The step as the row that an import would take. Warnings are told; those of which nothing good can come are refused.
fn parsed(
    intake: &Intake,
    pseudonyms: &NodePseudonyms,
    step: &Step,
    listener: &Listener<'_>,
) -> anyhow::Result<ParsedRow> {
    let lines = |notes: &[RowFault]| {
        let lines = notes
            .iter()
            .map(|note| format!("{}: {}", note.name, show::fault::value(&note.fault)));
        lines.collect::<Vec<_>>().join("\n")
    };
    let row = intake.rows(pseudonyms).map_err(file_error)?.next();
    match row
        .with_context(|| t!("transfer.no_step"))?
        .map_err(file_error)?
    {
        Row::Faulty(row) => bail!("{}", lines(&row.faults)),
        // Whoever takes one step can look at it: what may be a person's number does not go into a chain.
        Row::Valid(row)
            if row
                .notes
                .iter()
                .any(|note| matches!(note.fault, Fault::MayBePerson)) =>
        {
            bail!("{}", lines(&row.notes))
        }
        Row::Valid(row)
            if !step.anyway && row.notes.iter().any(|note| is_pointless(&note.fault)) =>
        {
            bail!("{}", t!("transfer.pointless", why = lines(&row.notes)))
        }
        Row::Valid(row) => {
            if !row.notes.is_empty() {
                (listener.notice)(&lines(&row.notes));
            }
            Ok(row)
        }
    }
}

/// Warnings about a step of which nothing comes.
const fn is_pointless(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::SchemeStays { .. } | Fault::PlaceUnknown { .. }
    )
}

/// Every case of an account.
fn cases(account: &Account) -> impl Iterator<Item = &TransferCase> {
    account.families.iter().flat_map(|family| &family.transfers)
}

/// The scheme of a case: that of its letter, else of its first step.
fn scheme_of(case: &TransferCase) -> Option<String> {
    let letter = case.steps.iter().find(|step| step.kind == Kind::LETTER);
    letter
        .or(case.steps.first())
        .map(|step| step.scheme.clone())
}

/// The step as a row of JSON Lines; scheme and places come from the case where they are not given.
fn row(
    kind: Kind,
    step: &Step,
    on: Day,
    number: &str,
    known: Option<&TransferCase>,
) -> anyhow::Result<Map<String, Value>> {
    let mut row = Map::new();
    let mut put = |column: Column, value: Option<String>| {
        if let Some(value) = value {
            row.insert(column.english().to_owned(), Value::String(value));
        }
    };
    let from_case = |given: &Option<String>, of_case: Option<String>, name: &str| {
        given
            .clone()
            .or(of_case)
            .with_context(|| t!("transfer.needs", name = name).to_string())
    };
    put(Column::Kind, Some(kind.to_string()));
    put(Column::Person, Some(number.to_owned()));
    put(Column::Case, Some(step.case.clone()));
    put(Column::Serial, Some(step.serial.clone()));
    put(Column::Agency, step.agency.clone());
    put(Column::Date, Some(on.to_string()));
    put(
        Column::Scheme,
        Some(from_case(
            &step.scheme,
            known.and_then(scheme_of),
            "--scheme",
        )?),
    );
    let old = known.map(|case| case.source.to_string());
    put(
        Column::OldPlace,
        Some(from_case(&step.old_place, old, "--old-place")?),
    );
    let new = known.map(|case| case.target.to_string());
    put(
        Column::NewPlace,
        Some(from_case(&step.new_place, new, "--new-place")?),
    );
    put(Column::OldAgency, step.old_agency.clone());
    put(Column::NewAgency, step.new_agency.clone());
    put(Column::FirstMonth, step.first_month.clone());
    put(Column::LastMonth, step.last_month.clone());
    put(Column::DeemedMonths, step.deemed_months.clone());
    put(Column::ActualMonths, step.actual_months.clone());
    put(Column::PersonalAccount, step.personal_account.clone());
    put(
        Column::PersonalAccountUnit,
        step.personal_account_unit.clone(),
    );
    put(Column::Pool, step.pool.clone());
    put(Column::AccountType, step.account_type.clone());
    put(Column::Document, step.document.clone());
    put(Column::Reason, step.reason.clone());
    Ok(row)
}
