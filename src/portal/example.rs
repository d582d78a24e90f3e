//! The invented person whom anybody may look at: the rider of the demonstration, whose account is computed at the start, in memory, from
//! the demonstration's files. Chains are signed with a key that is worth nothing, so that its records are facts as everybody's are.

use crate::demo;
use anyhow::Context;
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use yizhang_entitlement::{Policy, fold};
use yizhang_intake::{Intake, ReadOptions, Row, Source, sample::P1_NUMBER};
use yizhang_ledger::{
    Verified,
    batch::{Batch, RecordBlock, SubmissionId},
    chain::{ChainState, Submitted},
    entry::Entry,
    hash::Hash,
    head::{Head, Origin},
    note::NoteKey,
    person::{FederationSecret, SocialSecurityNumber},
    record::Record,
    roster::{ChainKey, Region, Roster},
    value::{Day, Division, LeafIndex, TreeSize, UnixMillis},
};
use yizhang_portal::Example;
use yizhang_rules::{RuleFile, RuleSet};

/// The name of a federation that there is not.
const FEDERATION: &str = "example.yizhang";
/// The seed of a key and a secret that everybody knows.
const KNOWN: [u8; 32] = [7; 32];

/// The account of the rider as of a day.
pub(super) fn rider(as_of: Day) -> anyhow::Result<Example> {
    let secret = FederationSecret::new(KNOWN);
    let number = SocialSecurityNumber::parse(P1_NUMBER)?;
    let rider = secret.account_id(&number);
    let mut records: BTreeMap<Division, Vec<u8>> = BTreeMap::new();
    for (region, file) in demo::sample_files() {
        let region =
            Division::new(region).context("the regions of the demonstration are regions")?;
        let source = Source::Bytes(file.into());
        let intake = Intake::open(source, &ReadOptions::default())
            .map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        for row in intake
            .rows(&secret)
            .map_err(|fault| anyhow::anyhow!("{fault:?}"))?
        {
            let Ok(Row::Valid(row)) = row else {
                continue;
            };
            let entry = Entry::parse(&row.bytes, LeafIndex(0))?;
            if Record::read(&entry)?
                .accounts()
                .any(|account| account == rider)
            {
                records
                    .entry(region)
                    .or_default()
                    .extend_from_slice(&row.bytes);
            }
        }
    }
    let batches: anyhow::Result<Vec<Verified<Batch>>> = records
        .into_iter()
        .map(|(region, records)| signed(region, records))
        .collect();
    let batches = batches?;
    let facts: Vec<_> = batches.iter().flat_map(Verified::<Batch>::facts).collect();
    let file = RuleFile {
        name: "example",
        text: demo::EXAMPLE_RULES,
    };
    let rules = RuleSet::embedded().overlaid(&[file]);
    let policy = Policy::new(rules.map_err(|faults| anyhow::anyhow!("{faults:?}"))?);
    Ok(Example {
        account: fold(&facts, &policy, as_of),
        policy,
    })
}

/// Records as the first batch of a chain, under a signed head.
fn signed(region: Division, records: Vec<u8>) -> anyhow::Result<Verified<Batch>> {
    let origin = Origin::new(FEDERATION, region).context("the name is one of a federation")?;
    let key = SigningKey::from_bytes(&KNOWN);
    let roster = roster(&origin, &key)?;
    let submitted = Submitted {
        id: SubmissionId([0; 16]),
        submitter: "example".to_owned(),
        block: RecordBlock::parse(records)?,
    };
    let state = ChainState::empty(origin);
    let extension = state.prepare(&[submitted], UnixMillis(1), 1)?;
    let note = extension.after().head().sign(&key);
    let head = Head::open(note.as_bytes(), &roster)?;
    Ok(extension.confirm(&head)?.batch)
}

fn roster(origin: &Origin, key: &SigningKey) -> anyhow::Result<Roster> {
    let public = NoteKey::new(origin.as_str(), key.verifying_key().to_bytes());
    let keys = vec![ChainKey {
        key: public.context("a key of Ed25519 is one")?,
        from: TreeSize(0),
        until: None,
    }];
    let region = Region {
        origin: origin.clone(),
        endpoint: "https://localhost:1".to_owned(),
        keys,
        witness_keys: Vec::new(),
        mirror_keys: Vec::new(),
        continuations: Vec::new(),
    };
    Ok(Roster {
        federation: FEDERATION.to_owned(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: vec![[1; 32]],
        tls_authority: Vec::new(),
        regions: BTreeMap::from([(origin.region(), region)]),
    })
}
