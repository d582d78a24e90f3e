//! Whether a file is in the ledger already, told by some of its rows before anything is sent: what is sent twice stands
//! there for ever.

use crate::{
    clock, connection,
    credentials::Credentials,
    pseudonyms::{NodePseudonyms, file_error},
    purpose::PersonArgument,
};
use std::collections::BTreeSet;
use yizhang_entitlement::account::{Account, RecordLine};
use yizhang_intake::{Intake, ParsedRow};
use yizhang_ledger::{
    entry::{Entry, RecordId},
    record::Record,
    value::{Division, LeafIndex},
};
use yizhang_show::import::Known;
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    deadline::{STATUS_TIMEOUT, within},
    purpose::{Business, Purpose},
    v1::{LookupRequest, account_client::AccountClient, lookup_request::Worker},
};

/// Digits of a record id in a case number: no two of one agency begin alike.
const CASE_DIGITS: usize = 16;

/// Some rows of a file.
pub(super) struct Sample {
    rows: Vec<ParsedRow>,
    /// The same rows as they would stand under each other pseudonym of their persons.
    under_others: Vec<Vec<ParsedRow>>,
}

impl Sample {
    /// The rows that begin at these lines.
    pub(super) fn of(
        intake: &Intake,
        lines: &BTreeSet<u64>,
        pseudonyms: &NodePseudonyms,
    ) -> anyhow::Result<Self> {
        let rows = intake.rows_at(lines, pseudonyms).map_err(file_error)?;
        let mut under_others = Vec::new();
        for at in 0..pseudonyms.others() {
            let other = pseudonyms.under_another(at);
            under_others.push(intake.rows_at(lines, &other).map_err(file_error)?);
        }
        Ok(Self { rows, under_others })
    }

    /// What may name the record of a row in the ledger under other pseudonyms of its person.
    fn other_ids(&self, at: usize) -> BTreeSet<RecordId> {
        let forms = self.under_others.iter();
        forms
            .filter_map(|rows| rows.get(at))
            .map(ParsedRow::id)
            .collect()
    }
}

/// Looks the sampled rows up in the accounts of their workers. Nothing if the node does not answer: sending says why.
pub(super) fn of_sample(
    credentials: &Credentials,
    region: Division,
    person: &PersonArgument,
    sample: &Sample,
) -> anyhow::Result<Option<Known>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut known = Known::default();
    for (at, row) in sample.rows.iter().enumerate() {
        let purpose = person.reads_for(Business::Import, &case_number(row))?;
        let asking = account_of(credentials, region, row, purpose);
        let Some(account) = runtime.block_on(asking) else {
            return Ok(None);
        };
        known.asked += 1;
        match find(&account, region, row, &sample.other_ids(at)) {
            Some(Found::Same) => known.same += 1,
            Some(Found::UnderAnother) => known.under_another += 1,
            Some(Found::Other) => known.other += 1,
            None => {}
        }
    }
    Ok(Some(known))
}

async fn account_of(
    credentials: &Credentials,
    region: Division,
    row: &ParsedRow,
    purpose: Purpose,
) -> Option<Account> {
    let entry = Entry::parse(&row.bytes, LeafIndex(0)).ok()?;
    let worker = Record::read(&entry).ok()?.accounts().next()?;
    let channel = connection::to_node(credentials, region).ok()?;
    let mut client = AccountClient::new(channel).max_decoding_message_size(ACCOUNT_BYTES_MAX);
    let request = LookupRequest {
        worker: Some(Worker::Account(worker.0.to_vec().into())),
        as_of: clock::today().number(),
        proofs: false,
        registers: false,
        purpose: Some(purpose.message()),
        ..LookupRequest::default()
    };
    let reply = within(STATUS_TIMEOUT, client.lookup(request)).await.ok()?;
    Account::from_json(&reply.account).ok()
}

/// What names the matter of an import in access logs: the record that is looked for, so that a reader of the log finds it in
/// the chain or in the agency's book.
fn case_number(row: &ParsedRow) -> String {
    let id = row.id().0.to_string();
    format!(
        "import-{}",
        id.chars().take(CASE_DIGITS).collect::<String>()
    )
}

/// What an account has of a row.
enum Found {
    /// The very record.
    Same,
    /// The same record under another pseudonym of its person.
    UnderAnother,
    /// Another record under its serial.
    Other,
}

fn find(
    account: &Account,
    region: Division,
    row: &ParsedRow,
    other_ids: &BTreeSet<RecordId>,
) -> Option<Found> {
    let own = || account.records.iter().filter(|line| line.region == region);
    if own().any(|line| line.id == row.id().0) {
        return Some(Found::Same);
    }
    if own().any(|line| other_ids.contains(&RecordId(line.id))) {
        return Some(Found::UnderAnother);
    }
    let entry = Entry::parse(&row.bytes, LeafIndex(0)).ok()?;
    let record = Record::read(&entry).ok()?;
    own()
        .any(|line| is_under_serial(line, &record))
        .then_some(Found::Other)
}

/// Whether a line of the account is a contribution under the serial of this one, of its kind and scheme. The first of the
/// two acts, and the later one has no effect (C09).
fn is_under_serial(line: &RecordLine, record: &Record<'_>) -> bool {
    let Record::Contribution(kind, fields) = record else {
        return false;
    };
    let is_of_scheme = line
        .contribution
        .as_ref()
        .is_some_and(|line| line.scheme == fields.scheme.to_string());
    is_of_scheme
        && line.kind == *kind
        && line.agency == fields.source.agency.as_str()
        && line.system == fields.source.system.as_str()
        && line.serial == fields.source.serial.as_str()
}
