//! Pseudonyms of persons, told by the node of the caller's own region: it holds the federation secret, and nobody else does.

use crate::{
    clock, connection, credentials::Credentials, federation::random_bytes, purpose::PersonArgument,
    show,
};
use anyhow::ensure;
use rust_i18n::t;
use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Mutex, PoisonError},
};
use tokio::runtime::Runtime;
use tonic::transport::Channel;
use yizhang_intake::{FileFault, Pseudonyms};
use yizhang_ledger::{
    person::{AccountId, FederationSecret, SocialSecurityNumber},
    value::Division,
};
use yizhang_wire::{
    channel::PSEUDONYMS_MAX,
    convert,
    deadline::{LOOKUP_TIMEOUT, within},
    purpose::{Business, Purpose},
    v1::{PseudonymsRequest, pseudonyms_client::PseudonymsClient},
};

/// Persons whose pseudonyms are kept, so that a file asks for each of them once: some hundred MiB. Of a larger file they are asked
/// for again now and then.
const KNOWN_MAX: usize = 1_000_000;

/// Asks a node for pseudonyms, on a runtime of its own: files are read outside of any.
pub(crate) struct NodePseudonyms {
    runtime: Runtime,
    channel: Channel,
    region: Division,
    purpose: Purpose,
    known: Mutex<HashMap<SocialSecurityNumber, AccountId>>,
}

impl NodePseudonyms {
    /// Of the node of a region. Nothing is asked yet.
    pub(crate) fn new(
        credentials: &Credentials,
        region: Division,
        purpose: Purpose,
    ) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let channel = {
            // A channel belongs to the runtime that it is made in.
            let _entered = runtime.enter();
            connection::to_node(credentials, region)?
        };
        Ok(Self {
            runtime,
            channel,
            region,
            purpose,
            known: Mutex::default(),
        })
    }

    /// As [`Self::new`], for the import of a file today.
    pub(crate) fn for_import(
        credentials: &Credentials,
        region: Division,
        person: &PersonArgument,
    ) -> anyhow::Result<Self> {
        let case = format!("import-{}", clock::today());
        Self::new(
            credentials,
            region,
            person.reads_for(Business::Import, &case)?,
        )
    }

    fn told(&self, numbers: &[SocialSecurityNumber]) -> anyhow::Result<Vec<AccountId>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len().saturating_add(numbers.len()) > KNOWN_MAX {
            known.clear();
        }
        let mut missing = numbers.to_vec();
        missing.retain(|number| !known.contains_key(number));
        for missing in missing.chunks(PSEUDONYMS_MAX) {
            let asked = ask(self.channel.clone(), self.region, &self.purpose, missing);
            let told = self.runtime.block_on(asked)?;
            known.extend(missing.iter().cloned().zip(told));
        }
        let mut accounts = Vec::with_capacity(numbers.len());
        for number in numbers {
            accounts.push(*known.get(number).expect("it was known or has been told"));
        }
        Ok(accounts)
    }
}

impl Pseudonyms for NodePseudonyms {
    fn accounts(
        &self,
        numbers: &[SocialSecurityNumber],
    ) -> Result<Vec<AccountId>, Box<dyn Error + Send + Sync>> {
        self.told(numbers).map_err(|error| NotTold(error).into())
    }
}

/// Why there are no pseudonyms, on its way through the reader of a file.
#[derive(Debug)]
struct NotTold(anyhow::Error);

impl fmt::Display for NotTold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl Error for NotTold {}

/// A fault of a file as an error of the command; what a node has answered keeps its exit code.
pub(crate) fn file_error(fault: FileFault) -> anyhow::Error {
    match fault {
        FileFault::Pseudonyms(error) => match error.downcast::<NotTold>() {
            Ok(not_told) => not_told.0,
            Err(error) => anyhow::Error::msg(show::fault::file(&FileFault::Pseudonyms(error))),
        },
        fault => anyhow::Error::msg(show::fault::file(&fault)),
    }
}

/// A secret that nobody else has, for a check that sends nothing: what it finds does not depend on which pseudonyms the persons have.
pub(crate) fn thrown_away() -> anyhow::Result<FederationSecret> {
    Ok(FederationSecret::new(random_bytes()?))
}

/// The pseudonym of one person, from the node of the caller's own region.
pub(crate) async fn of_number(
    credentials: &Credentials,
    region: Division,
    purpose: &Purpose,
    number: &SocialSecurityNumber,
) -> anyhow::Result<AccountId> {
    let channel = connection::to_node(credentials, region)?;
    let numbers = std::slice::from_ref(number);
    let told = ask(channel, region, purpose, numbers).await?;
    told.first()
        .copied()
        .ok_or_else(|| anyhow::anyhow!(t!("pseudonyms.some")))
}

/// Asks for the pseudonyms of at most [`PSEUDONYMS_MAX`] persons.
async fn ask(
    channel: Channel,
    region: Division,
    purpose: &Purpose,
    numbers: &[SocialSecurityNumber],
) -> anyhow::Result<Vec<AccountId>> {
    let mut client = PseudonymsClient::new(channel);
    let request = PseudonymsRequest {
        numbers: numbers
            .iter()
            .map(|number| number.reveal().to_owned())
            .collect(),
        purpose: Some(purpose.message()),
    };
    let reply = within(LOOKUP_TIMEOUT, client.of_numbers(request))
        .await
        .map_err(|status| connection::failure(region, &status))?;
    ensure!(
        reply.persons.len() == numbers.len(),
        "{}",
        t!("pseudonyms.some")
    );
    let mut accounts = Vec::with_capacity(numbers.len());
    for person in &reply.persons {
        accounts.push(convert::account_id(&person.current)?);
    }
    Ok(accounts)
}
