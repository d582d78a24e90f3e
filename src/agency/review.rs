//! `yizhang agency review`: what waits for people, in the accounts of everybody whom the region's chain knows.

mod earlier;
mod file;
mod rank;

use crate::{
    agency::book::Book,
    clock, connection, copies,
    credentials::Credentials,
    exit::{Failure, Outcome},
    node::parse_region,
    purpose::PersonArgument,
    show,
    usage::WrongValue,
    worker::parse_day,
};
use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use earlier::Earlier;
use file::{Findings, Row};
use rank::{Listed, Shown};
use rust_i18n::t;
use std::{collections::BTreeMap, path::PathBuf};
use yizhang_entitlement::review::{Finding, List, from_json};
use yizhang_ledger::{
    person::AccountId,
    value::{Day, Division},
};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    convert,
    deadline::{self, PAGE_SILENCE_MAX, STREAM_START_TIMEOUT, within},
    purpose::{Business, Purpose},
    v1::{ReviewRequest, ReviewedAccount, review_client::ReviewClient},
};

/// Most findings of a list that are held in memory to be sorted and shown; a file takes all.
pub(crate) const SHOWN_MAX: usize = 100_000;
/// Longest that a node looks ahead for retirements.
const RETIREMENT_MONTHS_MAX: u16 = 1_200;

/// Arguments of `agency review`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Region of the node to ask: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the agency's credentials.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    person: PersonArgument,
    /// The day for which accounts are computed, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    as_of: Option<Day>,
    /// Only this list.
    #[arg(long, value_enum)]
    list: Option<ListName>,
    /// Only this class, cause, step or class of retirement, as C01, unpaid, FundsReceived, M60, class_unknown.
    #[arg(long)]
    what: Option<String>,
    /// How many months ahead retirements are named.
    #[arg(long, default_value_t = 12, value_parser = parse_months)]
    retirement_months: u16,
    /// How many findings of each list are shown, the gravest first, at most 100,000; the file takes all.
    #[arg(long, default_value_t = 20, value_parser = parse_limit)]
    limit: usize,
    /// Write every finding to this CSV file.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Show and count only what the file of an earlier review does not have; the file of this one marks it.
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// The local book of the agency's imports: adds serials and case numbers to the file.
    #[arg(long, value_name = "FILE")]
    book: Option<PathBuf>,
    /// Go on behind this pseudonym, as a review that was cut off says.
    #[arg(long, value_name = "HEX")]
    after: Option<String>,
}

/// A number of months to look ahead, within what a node looks for.
fn parse_months(text: &str) -> Result<u16, WrongValue> {
    let months = text
        .parse()
        .ok()
        .filter(|months| *months <= RETIREMENT_MONTHS_MAX);
    months
        .ok_or_else(|| WrongValue(t!("argument.months", limit = RETIREMENT_MONTHS_MAX).to_string()))
}

/// A number of findings, within what is held in memory.
fn parse_limit(text: &str) -> Result<usize, WrongValue> {
    let limit = text.parse().ok().filter(|limit| *limit <= SHOWN_MAX);
    limit.ok_or_else(|| WrongValue(t!("argument.shown", limit = SHOWN_MAX).to_string()))
}

/// Lists by name.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ListName {
    /// Conflicts that wait for somebody
    Conflicts,
    /// Months that do not count and could
    Gaps,
    /// Transfers that wait for a step
    Transfers,
    /// Retirements that are near
    Retirements,
    /// Disputes that wait for an answer
    Disputes,
}

impl ListName {
    const fn list(self) -> List {
        match self {
            Self::Conflicts => List::Conflict,
            Self::Gaps => List::Gap,
            Self::Transfers => List::Transfer,
            Self::Retirements => List::Retirement,
            Self::Disputes => List::Dispute,
        }
    }
}

/// What is asked of a node.
pub(crate) struct Asked<'p> {
    pub(crate) node: Division,
    pub(crate) person: &'p PersonArgument,
    pub(crate) as_of: Day,
    pub(crate) retirement_months: u16,
    pub(crate) after: Option<AccountId>,
    pub(crate) list: Option<List>,
    pub(crate) what: Option<String>,
}

/// What was found in one account, by its pseudonym in hexadecimal digits.
pub(crate) struct Reviewed {
    pub(crate) account: String,
    pub(crate) findings: Vec<Finding>,
    /// Why the account could not be computed.
    pub(crate) failure: Option<String>,
    /// Findings that the node did not list.
    pub(crate) unlisted: u32,
}

/// How far a review has come.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// Accounts gone through.
    pub(crate) reviewed: u64,
    /// Of them, those whose retirement cannot be told because no birth is stated.
    pub(crate) without_birth: u64,
    /// The pseudonym of the last of them.
    pub(crate) through: Option<String>,
    /// What puts all of it in doubt: chains of which two histories were signed.
    pub(crate) doubts: Vec<String>,
}

impl Ended {
    /// Prints what puts the review in doubt.
    pub(crate) fn print_doubts(&self) {
        for doubt in &self.doubts {
            println!("{doubt}");
        }
        if !self.doubts.is_empty() {
            println!("{}", t!("review.in_doubt"));
        }
    }
}

/// What a review could not say: accounts that failed, and findings that were too many to list.
#[derive(Default)]
pub(crate) struct Left(Vec<String>);

impl Left {
    pub(crate) fn note(&mut self, reviewed: &Reviewed) -> anyhow::Result<()> {
        if let Some(failure) = &reviewed.failure {
            self.0.push(
                t!(
                    "review.failed",
                    what = format!("{}: {failure}", reviewed.account)
                )
                .to_string(),
            );
        }
        if reviewed.unlisted > 0 {
            let line = t!(
                "review.unlisted",
                account = reviewed.account,
                count = reviewed.unlisted
            );
            self.0.push(line.to_string());
        }
        ensure!(
            self.0.len() <= SHOWN_MAX,
            "{}",
            t!("review.too_many", limit = SHOWN_MAX)
        );
        Ok(())
    }

    pub(crate) fn print(&self) {
        for line in &self.0 {
            println!("{line}");
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a review has found so far.
struct Found<'r> {
    book: &'r Book,
    earlier: Option<&'r Earlier>,
    file: Option<Findings>,
    counts: BTreeMap<(List, String), (u64, u64)>,
    shown: Shown,
    with_findings: u64,
    left: Left,
}

impl Found<'_> {
    fn take(&mut self, reviewed: &Reviewed) -> anyhow::Result<()> {
        self.left.note(reviewed)?;
        let mut has_new = false;
        for finding in &reviewed.findings {
            let is_new = self
                .earlier
                .is_none_or(|earlier| !earlier.has(&reviewed.account, finding));
            if let Some(file) = &mut self.file {
                let row = Row {
                    finding,
                    is_new: self.earlier.is_some() && is_new,
                    serial: self.book.serial(&reviewed.account),
                    case_number: self.book.case_number(finding.case.as_deref()),
                };
                file.put(&reviewed.account, row)?;
            }
            if is_new {
                has_new = true;
                self.count(finding);
                self.shown.put(Listed::of(reviewed, finding));
            }
        }
        self.with_findings += u64::from(has_new);
        Ok(())
    }

    fn count(&mut self, finding: &Finding) {
        let class = (finding.list, finding.what.clone());
        let count = self.counts.entry(class).or_default();
        count.0 += 1;
        count.1 += u64::from(finding.overdue > 0);
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let asked = asked(arguments)?;
    let book = match &arguments.book {
        Some(path) => Book::read(path)?,
        None => Book::default(),
    };
    let earlier = arguments.since.as_deref().map(Earlier::read).transpose()?;
    let file = arguments
        .csv
        .as_deref()
        .map(|path| Findings::begin(path, asked.after.is_some()))
        .transpose()?;
    let mut found = Found {
        book: &book,
        earlier: earlier.as_ref(),
        file,
        counts: BTreeMap::new(),
        shown: Shown::new(arguments.limit),
        with_findings: 0,
        left: Left::default(),
    };
    let bar = show::progress::uncounted(&t!("review.reading"));
    let gone = |accounts| bar.set_position(accounts);
    let (ended, outcome) = stream(&credentials, &asked, &gone, &mut |reviewed| {
        found.take(reviewed)
    });
    bar.finish_and_clear();
    if let Some(file) = found.file.take()
        && (outcome.is_ok() || ended.reviewed > 0)
    {
        file.finish()?;
    }
    // One that never began has its own error to show, and nothing to go on from.
    match &ended.through {
        Some(through) => outcome
            .with_context(|| t!("review.cut_off", accounts = ended.reviewed, after = through))?,
        None => outcome?,
    }
    Ok(print(arguments, &asked, found, &ended))
}

/// What the arguments ask of a node.
fn asked(arguments: &Arguments) -> anyhow::Result<Asked<'_>> {
    let after = arguments
        .after
        .as_deref()
        .map(|hex| AccountId::from_hex(hex).context(t!("review.bad_after")));
    let list = arguments.list.map(ListName::list);
    let what = arguments.what.as_deref().map(|what| known(list, what));
    Ok(Asked {
        node: arguments.node,
        person: &arguments.person,
        as_of: arguments.as_of.unwrap_or_else(clock::today),
        retirement_months: arguments.retirement_months,
        after: after.transpose()?,
        list,
        what: what.transpose()?,
    })
}

fn print(arguments: &Arguments, asked: &Asked, found: Found<'_>, ended: &Ended) -> Outcome {
    let counts = &found.counts;
    ended.print_doubts();
    show::review::counts(counts);
    show::review::lists(&found.shown.finish(), counts);
    found.left.print();
    println!("{}", t!("review.gone_through", accounts = ended.reviewed));
    println!(
        "{}",
        t!("review.with_findings", accounts = found.with_findings)
    );
    let asks_retirements = asked.list.is_none_or(|list| list == List::Retirement);
    if ended.without_birth > 0 && asks_retirements {
        println!(
            "{}",
            t!("review.without_birth", accounts = ended.without_birth)
        );
    }
    if let Some(path) = &arguments.csv {
        println!("{}", t!("review.written", path = path.display()));
    }
    if counts.is_empty() && found.left.is_empty() && ended.doubts.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    }
}

/// A class, cause, step or class of retirement that the list, or any, can have.
fn known(list: Option<List>, what: &str) -> anyhow::Result<String> {
    let lists = List::NAMED.into_iter().map(|(known, _)| known);
    let words: Vec<String> = lists
        .filter(|known| list.is_none_or(|list| list == *known))
        .flat_map(List::vocabulary)
        .collect();
    let found = words
        .iter()
        .find(|word| word.eq_ignore_ascii_case(what))
        .cloned();
    found.with_context(|| t!("review.no_such", found = what, words = words.join(", ")).to_string())
}

/// The texts of a finding go to a terminal and into a file.
fn make_printable(finding: &mut Finding) {
    finding.what = show::printable(&finding.what);
    for text in [&mut finding.family, &mut finding.case]
        .into_iter()
        .flatten()
    {
        *text = show::printable(text);
    }
}

/// Goes through the accounts page by page; nothing but the current page is held here. How far it came is known also where
/// it failed.
pub(crate) fn stream(
    credentials: &Credentials,
    asked: &Asked<'_>,
    gone: &dyn Fn(u64),
    each: &mut dyn FnMut(&Reviewed) -> anyhow::Result<()>,
) -> (Ended, anyhow::Result<()>) {
    let mut ended = Ended::default();
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from);
    let outcome = outcome.and_then(|runtime| {
        runtime.block_on(async {
            let channel = connection::to_node(credentials, asked.node)?;
            let mut client =
                ReviewClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
            let request = ReviewRequest {
                as_of: asked.as_of.number(),
                retirement_months: asked.retirement_months.into(),
                after: asked
                    .after
                    .map(|account| account.0.to_vec())
                    .unwrap_or_default()
                    .into(),
                list: asked.list.map(List::name).unwrap_or_default().to_owned(),
                what: asked.what.clone().unwrap_or_default(),
                purpose: Some(purpose(asked)?.message()),
            };
            ended.doubts = copies::doubts(credentials, asked.node).await?;
            let refuse = |status: tonic::Status| match status.code() {
                tonic::Code::PermissionDenied => {
                    let region = show::place::name(asked.node);
                    Failure::Denied(t!("review.not_ours", region = region).to_string()).into()
                }
                _ => connection::failure(asked.node, &status),
            };
            let mut pages = within(STREAM_START_TIMEOUT, client.accounts(request))
                .await
                .map_err(refuse)?;
            let mut order = PageOrder {
                last: asked.after,
                is_last: false,
            };
            while let Some(page) = deadline::next(&mut pages, PAGE_SILENCE_MAX)
                .await
                .map_err(refuse)?
            {
                for found in &page.accounts {
                    each(&read(found)?)?;
                }
                ended.reviewed += u64::from(page.reviewed);
                gone(ended.reviewed);
                ended.without_birth += u64::from(page.without_birth);
                let through = order.follow(&page.through)?;
                if let Some(account) = through {
                    ended.through = Some(account.reveal_hex());
                }
            }
            anyhow::Ok(())
        })
    });
    (ended, outcome)
}

/// What was gathered in one review, to be held in memory.
pub(crate) struct Gathered {
    /// The gravest first.
    pub(crate) lists: BTreeMap<List, Vec<(String, Finding)>>,
    /// How many there are of each list.
    pub(crate) counts: BTreeMap<List, u64>,
    /// Accounts gone through.
    pub(crate) accounts: u64,
    /// What puts it in doubt, and what could not be said.
    pub(crate) notes: Vec<String>,
}

/// Goes through all accounts and keeps so many findings of each list, the gravest.
pub(crate) fn gather(
    credentials: &Credentials,
    asked: &Asked<'_>,
    most: usize,
    gone: &dyn Fn(u64),
) -> anyhow::Result<Gathered> {
    let (mut shown, mut left) = (Shown::new(most), Left::default());
    let mut counts: BTreeMap<List, u64> = BTreeMap::new();
    let (ended, outcome) = stream(credentials, asked, gone, &mut |reviewed| {
        left.note(reviewed)?;
        for finding in &reviewed.findings {
            *counts.entry(finding.list).or_default() += 1;
            shown.put(Listed::of(reviewed, finding));
        }
        Ok(())
    });
    outcome?;
    let mut notes = ended.doubts;
    if !notes.is_empty() {
        notes.push(t!("review.in_doubt").to_string());
    }
    notes.extend(left.0);
    if ended.without_birth > 0 {
        notes.push(t!("review.without_birth", accounts = ended.without_birth).to_string());
    }
    Ok(Gathered {
        lists: shown.finish(),
        counts,
        accounts: ended.reviewed,
        notes,
    })
}

/// How far a review has come through the pseudonyms.
struct PageOrder {
    last: Option<AccountId>,
    is_last: bool,
}

impl PageOrder {
    /// The pseudonym up to which the next page goes. Pages go up, and one that goes through none is the last: so a node cannot send
    /// them for ever.
    fn follow(&mut self, through: &[u8]) -> anyhow::Result<Option<AccountId>> {
        let through = if through.is_empty() {
            None
        } else {
            Some(convert::account_id(through)?)
        };
        let goes_on = through.is_none_or(|account| self.last < Some(account));
        ensure!(!self.is_last && goes_on, "{}", t!("review.repeats"));
        self.is_last = through.is_none();
        self.last = through.or(self.last);
        Ok(through)
    }
}

/// A review is its own matter, named by its day.
fn purpose(asked: &Asked<'_>) -> anyhow::Result<Purpose> {
    let case = format!("review-{}", asked.as_of.number());
    asked.person.reads_for(Business::Review, &case)
}

/// What a node found in one account.
fn read(found: &ReviewedAccount) -> anyhow::Result<Reviewed> {
    let mut findings = if found.findings.is_empty() {
        Vec::new()
    } else {
        from_json(&found.findings)?
    };
    findings.iter_mut().for_each(make_printable);
    let failure = show::printable(&found.failure);
    Ok(Reviewed {
        account: convert::account_id(&found.account)?.reveal_hex(),
        findings,
        failure: Some(failure).filter(|failure| !failure.is_empty()),
        unlisted: found.unlisted,
    })
}
