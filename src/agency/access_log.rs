//! `yizhang agency access-log`: what the agency's own node has written down of who reads, asked of the running node, for the agency's
//! data-protection officer; what looks odd in it; and the closing of that by a second person.

mod table;
pub(crate) mod warnings;

use crate::{
    connection, credentials::Credentials, exit::Outcome, node::parse_region, output,
    purpose::PurposeArguments, show::printable, usage::WrongValue, worker::parse_day,
};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use table::{Form, Table};
use yizhang_ledger::{
    person::AccountId,
    value::{Day, Division},
};
use yizhang_wire::{
    deadline::{PAGE_SILENCE_MAX, STREAM_START_TIMEOUT, next, within},
    v1::{EntriesRequest, access_log_client::AccessLogClient},
};

/// Digits of a whole fingerprint.
const FINGERPRINT_DIGITS: usize = 64;
/// Digits of a warning's number.
const WARNING_DIGITS: usize = 32;

/// Arguments of `agency access-log`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Region of the node to ask: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of credentials of the agency.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    purpose: PurposeArguments,
    /// Only this day of UTC+8, YYYY-MM-DD.
    #[arg(long, value_parser = parse_day, conflicts_with_all = ["from", "to"])]
    day: Option<Day>,
    /// Only from this day on; from the oldest that is kept if not given, of warnings the last 31 days.
    #[arg(long, value_parser = parse_day)]
    from: Option<Day>,
    /// Only up to this day.
    #[arg(long, value_parser = parse_day)]
    to: Option<Day>,
    /// Only entries of a certificate whose SHA-256 begins with these hexadecimal digits, an even number of them.
    #[arg(long, value_name = "HEX", value_parser = parse_fingerprint)]
    certificate: Option<Bytes>,
    /// Only this pseudonym, 32 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = parse_account)]
    account: Option<AccountId>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Print a table as CSV, for spreadsheets.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// List what looks odd, by rules, instead of the entries.
    #[arg(long, conflicts_with_all = ["certificate", "account", "csv"])]
    warnings: bool,
    /// Close the warning of --day with this number, as a second person with a certificate of your own.
    #[arg(long, value_name = "WARNING", value_parser = parse_warning, requires_all = ["day", "reason"], conflicts_with_all = ["certificate", "account", "csv", "json", "warnings"])]
    close: Option<Bytes>,
    /// Why the warning is closed.
    #[arg(long, value_name = "TEXT", requires = "close")]
    reason: Option<String>,
}

/// Bytes that were given as hexadecimal digits.
#[derive(Clone)]
struct Bytes(Vec<u8>);

fn parse_fingerprint(text: &str) -> Result<Bytes, WrongValue> {
    let bytes = hexadecimal(text).filter(|_| text.len() <= FINGERPRINT_DIGITS);
    bytes.ok_or_else(|| WrongValue(t!("access_log.bad_certificate").to_string()))
}

fn parse_warning(text: &str) -> Result<Bytes, WrongValue> {
    let bytes = hexadecimal(text).filter(|_| text.len() == WARNING_DIGITS);
    bytes.ok_or_else(|| WrongValue(t!("access_log.bad_warning").to_string()))
}

fn parse_account(text: &str) -> Result<AccountId, WrongValue> {
    AccountId::from_hex(text).ok_or_else(|| WrongValue(t!("access_log.bad_account").to_string()))
}

fn hexadecimal(text: &str) -> Option<Bytes> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    let byte = |pair: &[u8]| pair.iter().fold(0, |byte, digit| byte * 16 + digit);
    Some(Bytes(digits.chunks(2).map(byte).collect()))
}

impl Arguments {
    fn first(&self) -> u32 {
        self.day.or(self.from).map_or(0, Day::number)
    }

    fn last(&self) -> u32 {
        self.day.or(self.to).map_or(0, Day::number)
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match &arguments.close {
        Some(warning) => runtime.block_on(warnings::close(arguments, warning)),
        None if arguments.warnings => runtime.block_on(warnings::list(arguments)),
        None => runtime.block_on(entries(arguments)),
    }
}

/// Lists entries as they come; exit code 1 where a day cannot be read.
async fn entries(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let node = arguments.node;
    let request = EntriesRequest {
        first: arguments.first(),
        last: arguments.last(),
        certificate: arguments
            .certificate
            .as_ref()
            .map_or_else(Vec::new, |bytes| bytes.0.clone())
            .into(),
        account: arguments
            .account
            .map_or_else(Vec::new, |account| account.0.to_vec())
            .into(),
        purpose: Some(arguments.purpose.purpose()?.message()),
    };
    let mut client = AccessLogClient::new(connection::to_node(&credentials, node)?);
    let pages = within(STREAM_START_TIMEOUT, client.entries(request)).await;
    let mut pages = pages.map_err(|status| connection::failure(node, &status))?;
    let form = match (arguments.json, arguments.csv) {
        (true, _) => Form::Json,
        (false, true) => Form::Csv,
        (false, false) => Form::Lines,
    };
    let mut table = Table::begin(form)?;
    let mut outcome = Outcome::Clean;
    loop {
        let page = next(&mut pages, PAGE_SILENCE_MAX).await;
        let Some(page) = page.map_err(|status| connection::failure(node, &status))? else {
            break;
        };
        for entry in page.entries {
            table.row(entry)?;
        }
        if let Some(day) = Day::new(page.unread) {
            output::notice(&printable(&t!("access_log.unread", day = day)));
            outcome = Outcome::Findings;
        }
    }
    table.end()?;
    Ok(outcome)
}
