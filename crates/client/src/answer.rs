//! The answer to a lookup.

use crate::copies::copies;
use yizhang_ledger::{
    person::{AccountId, Names},
    value::{LeafIndex, UnixMillis},
};
use yizhang_show::{copies::ChainCopy, printable};
use yizhang_statement::{
    self as handed, ChainEvidence, CosignedRegister, Question, RecordEvidence, Refuted,
    RegisterEvidence, ShownAccount,
};
use yizhang_wire::{
    convert::{self, FieldFault},
    shown,
    v1::{self, LookupReply},
};

/// What a node has told of an account.
pub struct Told {
    /// The account, which is the one asked for, of the day asked for; what else is to be believed of it is to be verified.
    pub stated: handed::Answer,
    /// The records behind it, chain by chain, if they were asked for.
    pub chains: Vec<ChainEvidence>,
    /// What the node holds of each chain.
    pub copies: Vec<ChainCopy>,
    /// Regions whose nodes write under a secret that the node lacks.
    pub behind: Vec<String>,
    /// When it began, by its clock.
    pub at: UnixMillis,
    /// The version of the roster that it works under.
    pub roster: u64,
}

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub enum AnswerFault {
    /// A field is not in its form.
    #[error(transparent)]
    Field(#[from] FieldFault),
    /// It contradicts itself, or is of another account or day.
    #[error(transparent)]
    Refuted(#[from] Refuted),
    /// A pseudonym is said to be two persons'.
    #[error("the node says of one pseudonym that it is of two accounts")]
    Names,
    /// The evidence of a register lacks what it is about.
    #[error("the node shows a register without its entry or its batch")]
    Register,
}

impl Told {
    /// Reads an answer to a question.
    ///
    /// # Errors
    /// [`AnswerFault`].
    pub fn read(reply: LookupReply, question: &Question) -> Result<Self, AnswerFault> {
        let accounts = handed::Accounts {
            own: account_ids(&reply.accounts)?,
            strangers: account_ids(&reply.strangers)?,
            names: names(&reply.names)?,
        };
        let digest = convert::digest(&reply.digest)?;
        let chains = evidence(&reply)?;
        let stated = handed::Answer::read(reply.account.to_vec(), digest, accounts, question)?;
        let behind = reply.behind.iter().map(|region| printable(region));
        Ok(Self {
            stated,
            chains,
            behind: behind.collect(),
            copies: copies(reply.held),
            at: UnixMillis(reply.at_ms),
            roster: reply.roster,
        })
    }
}

fn account_ids(ids: &[impl AsRef<[u8]>]) -> Result<Vec<AccountId>, FieldFault> {
    ids.iter()
        .map(|bytes| convert::account_id(bytes.as_ref()))
        .collect()
}

/// Which pseudonyms the node says are one person's.
fn names(groups: &[v1::Names]) -> Result<Names, AnswerFault> {
    let mut names = Names::default();
    for group in groups {
        let account = convert::account_id(&group.account)?;
        for other in account_ids(&group.others)? {
            if !names.insert(account, other) {
                return Err(AnswerFault::Names);
            }
        }
    }
    Ok(names)
}

/// The records of an answer, with their proofs.
fn evidence(reply: &LookupReply) -> Result<Vec<ChainEvidence>, AnswerFault> {
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

fn record_evidence(record: &v1::RecordEvidence) -> Result<RecordEvidence, FieldFault> {
    Ok(RecordEvidence {
        index: LeafIndex(record.index),
        entry: record.entry.to_vec(),
        path: convert::hashes(&record.path)?,
    })
}

fn cosigned(register: &v1::RegisterEvidence) -> Result<Option<CosignedRegister>, FieldFault> {
    if register.cosigned.is_empty() {
        return Ok(None);
    }
    Ok(Some(CosignedRegister {
        head: register.cosigned.to_vec(),
        path: convert::hashes(&register.cosigned_path)?,
    }))
}

fn register_evidence(register: &v1::RegisterEvidence) -> Result<RegisterEvidence, AnswerFault> {
    let entry = |entry: &Option<v1::RecordEvidence>| match entry {
        Some(entry) => Ok(record_evidence(entry)?),
        None => Err(AnswerFault::Register),
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
