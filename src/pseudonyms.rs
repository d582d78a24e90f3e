//! Pseudonyms of persons, told by the node of the caller's own region: it holds the federation secret, and nobody else does.

use crate::{
    clock, connection, credentials::Credentials, federation::random_bytes, patience::Patience,
    purpose::PersonArgument, show,
};
use anyhow::ensure;
use rust_i18n::t;
use std::{
    collections::{BTreeSet, HashMap},
    error::Error,
    fmt,
    sync::{Mutex, PoisonError},
};
use tokio::runtime::Runtime;
use tonic::{Status, transport::Channel};
use yizhang_intake::{FileFault, Pseudonyms};
use yizhang_ledger::{
    person::{AccountId, FederationSecret, SECRETS_MAX, SocialSecurityNumber},
    value::Division,
};
use yizhang_wire::{
    channel::PSEUDONYMS_MAX,
    convert,
    deadline::{LOOKUP_TIMEOUT, within},
    purpose::{Business, Purpose},
    v1::{PseudonymsRequest, pseudonyms_client::PseudonymsClient},
};

/// Persons whose pseudonyms are kept, so that a file asks for each of them once: some 700 MiB. Of a larger file they are asked for
/// again now and then.
const KNOWN_MAX: usize = 8_000_000;

/// Asks a node for pseudonyms, on a runtime of its own: files are read outside of any.
pub(crate) struct NodePseudonyms {
    runtime: Runtime,
    channel: Channel,
    region: Division,
    purpose: Purpose,
    /// Turns numbers into what the persons are known under here: no number is kept.
    own: FederationSecret,
    known: Mutex<HashMap<AccountId, Told>>,
}

/// The pseudonyms of a person.
#[derive(Clone)]
pub(crate) struct Told {
    /// The one that records are written under.
    current: AccountId,
    /// Those under other secrets.
    others: Box<[AccountId]>,
}

impl Told {
    /// Every one.
    pub(crate) fn all(&self) -> BTreeSet<AccountId> {
        let mut all: BTreeSet<AccountId> = self.others.iter().copied().collect();
        all.insert(self.current);
        all
    }
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
            own: thrown_away()?,
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

    fn told(&self, numbers: &[SocialSecurityNumber]) -> anyhow::Result<Vec<Told>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len().saturating_add(numbers.len()) > KNOWN_MAX {
            known.clear();
        }
        // Who has answered before is waited for.
        let mut patience = (!known.is_empty()).then(|| Patience::new(self.region));
        let mut missing = numbers.to_vec();
        missing.retain(|number| !known.contains_key(&self.own.account_id(number)));
        for missing in missing.chunks(PSEUDONYMS_MAX) {
            let told = loop {
                let asked = ask(self.channel.clone(), &self.purpose, missing);
                let status = match self.runtime.block_on(asked)? {
                    Ok(told) => break told,
                    Err(status) => status,
                };
                match patience
                    .as_mut()
                    .and_then(|patience| patience.after(&status))
                {
                    Some(wait) => std::thread::sleep(wait),
                    None => return Err(connection::failure(self.region, &status)),
                }
            };
            let keys = missing.iter().map(|number| self.own.account_id(number));
            known.extend(keys.zip(told));
        }
        let mut persons = Vec::with_capacity(numbers.len());
        for number in numbers {
            let told = known.get(&self.own.account_id(number));
            let told = told.expect("it was known or has been told");
            persons.push(told.clone());
        }
        Ok(persons)
    }

    /// How many other pseudonyms the persons asked for so far have.
    pub(crate) fn others(&self) -> usize {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = known.values().map(|told| told.others.len());
        counts.max().unwrap_or(0)
    }

    /// The same persons under pseudonyms of other secrets, of which each has as many.
    pub(crate) const fn under_another(&self, at: usize) -> UnderAnother<'_> {
        UnderAnother {
            pseudonyms: self,
            at,
        }
    }
}

impl Pseudonyms for NodePseudonyms {
    fn accounts(
        &self,
        numbers: &[SocialSecurityNumber],
    ) -> Result<Vec<AccountId>, Box<dyn Error + Send + Sync>> {
        let told = self.told(numbers).map_err(NotTold)?;
        Ok(told.iter().map(|told| told.current).collect())
    }
}

/// Pseudonyms that records about the same persons may stand under from another time.
pub(crate) struct UnderAnother<'n> {
    pseudonyms: &'n NodePseudonyms,
    /// Which of the others.
    at: usize,
}

impl Pseudonyms for UnderAnother<'_> {
    fn accounts(
        &self,
        numbers: &[SocialSecurityNumber],
    ) -> Result<Vec<AccountId>, Box<dyn Error + Send + Sync>> {
        let told = self.pseudonyms.told(numbers).map_err(NotTold)?;
        let mut accounts = Vec::with_capacity(told.len());
        for told in told {
            // A node that has been started anew meanwhile may know fewer.
            accounts.push(told.others.get(self.at).copied().unwrap_or(told.current));
        }
        Ok(accounts)
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

/// The pseudonyms of one person, from the node of the caller's own region.
pub(crate) async fn of_number(
    credentials: &Credentials,
    region: Division,
    purpose: &Purpose,
    number: &SocialSecurityNumber,
) -> anyhow::Result<Told> {
    let channel = connection::to_node(credentials, region)?;
    let numbers = std::slice::from_ref(number);
    let told = ask(channel, purpose, numbers).await?;
    let told = told.map_err(|status| connection::failure(region, &status))?;
    told.into_iter()
        .next()
        .ok_or_else(|| anyhow::anyhow!(t!("pseudonyms.some")))
}

/// Asks for the pseudonyms of at most [`PSEUDONYMS_MAX`] persons: they, or why the call failed.
///
/// # Errors
/// An answer that is none.
async fn ask(
    channel: Channel,
    purpose: &Purpose,
    numbers: &[SocialSecurityNumber],
) -> anyhow::Result<Result<Vec<Told>, Status>> {
    let mut client = PseudonymsClient::new(channel);
    let request = PseudonymsRequest {
        numbers: numbers
            .iter()
            .map(|number| number.reveal().to_owned())
            .collect(),
        purpose: Some(purpose.message()),
    };
    let reply = match within(LOOKUP_TIMEOUT, client.of_numbers(request)).await {
        Ok(reply) => reply,
        Err(status) => return Ok(Err(status)),
    };
    ensure!(
        reply.persons.len() == numbers.len(),
        "{}",
        t!("pseudonyms.some")
    );
    let mut told = Vec::with_capacity(numbers.len());
    for person in &reply.persons {
        ensure!(
            person.others.len() < SECRETS_MAX,
            "{}",
            t!("lookup.bad_names")
        );
        let mut others = Vec::with_capacity(person.others.len());
        for other in &person.others {
            others.push(convert::account_id(other)?);
        }
        told.push(Told {
            current: convert::account_id(&person.current)?,
            others: others.into(),
        });
    }
    Ok(Ok(told))
}
