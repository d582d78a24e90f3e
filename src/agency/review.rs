//! `yizhang agency review`: what waits for people, in the accounts of everybody whom the region's chain knows.

use crate::{clock, connection, credentials::Credentials, exit::Outcome, node::parse_region, show, worker::parse_day};
use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use rust_i18n::t;
use std::{collections::BTreeMap, path::PathBuf};
use tokio_stream::StreamExt;
use yizhang_entitlement::review::{Finding, List, from_json};
use yizhang_ledger::{
    person::AccountId,
    value::{Day, Division},
};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    convert,
    v1::{ReviewRequest, review_client::ReviewClient},
};

/// Most findings that are held in memory to be sorted and shown; a file takes all.
pub(crate) const SHOWN_MAX: usize = 100_000;
/// Steps of the progress bar.
const PROGRESS_STEPS: u64 = 10_000;

/// Arguments of `agency review`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Region of the node to ask: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the agency's credentials.
    #[arg(long)]
    credentials: PathBuf,
    /// The day for which accounts are computed, YYYY-MM-DD; today if not given.
    #[arg(long, value_parser = parse_day)]
    as_of: Option<Day>,
    /// Only this list.
    #[arg(long, value_enum)]
    list: Option<ListName>,
    /// Only this class, cause, step or class of retirement, as C01, unpaid, FundsReceived, M60.
    #[arg(long)]
    what: Option<String>,
    /// How many months ahead retirements are named.
    #[arg(long, default_value_t = 12)]
    retirement_months: u16,
    /// Write every finding to this CSV file.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Go on behind this pseudonym, as a review that was cut off says.
    #[arg(long, value_name = "HEX")]
    after: Option<String>,
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
}

impl ListName {
    const fn list(self) -> List {
        match self {
            Self::Conflicts => List::Conflict,
            Self::Gaps => List::Gap,
            Self::Transfers => List::Transfer,
            Self::Retirements => List::Retirement,
        }
    }
}

/// What is asked of a node.
pub(crate) struct Asked {
    pub(crate) node: Division,
    pub(crate) as_of: Day,
    pub(crate) retirement_months: u16,
    pub(crate) after: Option<AccountId>,
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

/// How a review has ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// Accounts gone through.
    pub(crate) reviewed: u64,
}

/// A finding as a row of the file. Field names are the header.
#[derive(serde::Serialize)]
struct CsvRow<'f> {
    account: &'f str,
    list: String,
    what: &'f str,
    family: &'f str,
    first: String,
    last: String,
    months: u32,
    severity: String,
    acts: String,
    place: String,
    case: &'f str,
    due: String,
    overdue: u32,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let after = arguments.after.as_deref().map(|hex| AccountId::from_hex(hex).context(t!("lookup.bad_account")));
    let asked = Asked {
        node: arguments.node,
        as_of: arguments.as_of.unwrap_or_else(clock::today),
        retirement_months: arguments.retirement_months,
        after: after.transpose()?,
    };
    let mut file = match &arguments.csv {
        Some(path) => Some(csv::Writer::from_path(path).with_context(|| path.display().to_string())?),
        None => None,
    };
    let mut counts: BTreeMap<(List, String), (u64, u64)> = BTreeMap::new();
    let (mut with_findings, mut failures, mut unlisted) = (0_u64, Vec::new(), Vec::new());
    let wanted = |finding: &&Finding| {
        arguments.list.is_none_or(|list| list.list() == finding.list)
            && arguments.what.as_ref().is_none_or(|what| what.eq_ignore_ascii_case(&finding.what))
    };
    let ended = stream(&credentials, &asked, &mut |reviewed| {
        failures.extend(reviewed.failure.as_ref().map(|failure| format!("{}: {failure}", reviewed.account)));
        ensure!(failures.len() <= SHOWN_MAX, "{}", t!("review.too_many", limit = SHOWN_MAX));
        if reviewed.unlisted > 0 {
            unlisted.push(t!("review.unlisted", account = reviewed.account, count = reviewed.unlisted).to_string());
            ensure!(unlisted.len() <= SHOWN_MAX, "{}", t!("review.too_many", limit = SHOWN_MAX));
        }
        let found: Vec<&Finding> = reviewed.findings.iter().filter(wanted).collect();
        with_findings += u64::from(!found.is_empty());
        for finding in found {
            let count = counts.entry((finding.list, finding.what.clone())).or_default();
            count.0 += 1;
            count.1 += u64::from(finding.overdue > 0);
            if let Some(file) = &mut file {
                file.serialize(csv_row(&reviewed.account, finding))?;
            }
        }
        Ok(())
    })?;
    if let Some(mut file) = file {
        file.flush()?;
    }
    show::review::counts(&counts);
    for failure in &failures {
        println!("{}", t!("review.failed", what = failure));
    }
    for line in &unlisted {
        println!("{line}");
    }
    println!("{}", t!("review.gone_through", accounts = ended.reviewed));
    println!("{}", t!("review.with_findings", accounts = with_findings));
    if let Some(path) = &arguments.csv {
        println!("{}", t!("review.written", path = path.display()));
    }
    Ok(if counts.is_empty() && failures.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

fn csv_row<'f>(account: &'f str, finding: &'f Finding) -> CsvRow<'f> {
    let text = |value: Option<String>| value.unwrap_or_default();
    CsvRow {
        account,
        list: show::serde_name(&finding.list),
        what: &finding.what,
        family: finding.family.as_deref().unwrap_or_default(),
        first: text(finding.first.map(|month| month.to_string())),
        last: text(finding.last.map(|month| month.to_string())),
        months: finding.months,
        severity: text(finding.severity.map(|severity| show::serde_name(&severity))),
        acts: text(finding.acts.map(|acts| show::serde_name(&acts))),
        place: text(finding.place.map(|place| place.to_string())),
        case: finding.case.as_deref().unwrap_or_default(),
        due: text(finding.due.map(|day| day.to_string())),
        overdue: finding.overdue,
    }
}

/// Goes through the accounts page by page; nothing but the current page is held here.
pub(crate) fn stream(
    credentials: &Credentials,
    asked: &Asked,
    each: &mut dyn FnMut(&Reviewed) -> anyhow::Result<()>,
) -> anyhow::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bar = show::progress::counted(&t!("review.reading"), PROGRESS_STEPS);
    let mut ended = Ended::default();
    let mut through = asked.after.map(|account| account.reveal_hex());
    let outcome = runtime.block_on(async {
        let channel = connection::to_node(credentials, asked.node)?;
        let mut client = ReviewClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        let request = ReviewRequest {
            as_of: asked.as_of.number(),
            retirement_months: asked.retirement_months.into(),
            after: asked.after.map(|account| account.0.to_vec()).unwrap_or_default().into(),
        };
        let refuse = |status: tonic::Status| connection::failure(asked.node, &status);
        let mut pages = client.accounts(request).await.map_err(refuse)?.into_inner();
        while let Some(page) = pages.next().await {
            let page = page.map_err(refuse)?;
            for found in &page.accounts {
                let account = convert::account_id(&found.account)?.reveal_hex();
                let findings = if found.findings.is_empty() { Vec::new() } else { from_json(&found.findings)? };
                let failure = Some(found.failure.clone()).filter(|failure| !failure.is_empty());
                each(&Reviewed { account, findings, failure, unlisted: found.unlisted })?;
            }
            ended.reviewed += u64::from(page.reviewed);
            if !page.through.is_empty() {
                let account = convert::account_id(&page.through)?;
                bar.set_position(done(&account));
                through = Some(account.reveal_hex());
            }
        }
        anyhow::Ok(())
    });
    bar.finish_and_clear();
    outcome.with_context(|| match &through {
        Some(through) if ended.reviewed > 0 => t!("review.cut_off", accounts = ended.reviewed, after = through),
        _ => t!("review.not_begun"),
    })?;
    Ok(ended)
}

/// Pseudonyms are hashes, so the first bits say how far a walk in their order has come.
fn done(account: &AccountId) -> u64 {
    let [first, second, ..] = account.0;
    u64::from(u16::from_be_bytes([first, second])) * PROGRESS_STEPS / u64::from(u16::MAX)
}
