//! Statements: how large the file is that a worker carries away, how long a node takes to make it, and whoever is handed it to check it.

use crate::{
    complete::{Largest, Registers},
    lookups::Times,
};
use anyhow::{Context, ensure};
use ed25519_dalek::SigningKey;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};
use yizhang_entitlement::{Policy, account::FORMAT, fold};
use yizhang_ledger::{
    cosignature::{self, CosignerKey, UnixSeconds},
    hash::Hash,
    head::Origin,
    note::{self, Note},
    person::{AccountId, NumberSalt, SocialSecurityNumber},
    roster::{CosigningKey, KeyKind, RootFingerprint, Roster, root_key_name},
    value::{Day, Division, TreeSize},
};
use yizhang_rules::RuleTexts;
use yizhang_statement::{
    COSIGNATURES_STATED, ChainEvidence, Content, Cover, StatedAccount, StatedChain, Statement,
    Subject, prove_complete,
};
use yizhang_store::Store;

/// The day of the statements.
const DAY: &str = "2026-10-31";
/// Whose number statements commit to: nobody's.
const NUMBER: &str = "110000199003071231";
/// Leaves of the largest chain that is expected, and accounts of its register (domain: Guangdong in 20 years).
const LARGEST_LEAVES: u64 = 35_000_000_000;
const LARGEST_ACCOUNTS: u64 = 100_000_000;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// A federation whose mirrors cosign, so that statements are as large as real ones.
pub struct Issuer {
    roster: Roster,
    note: Vec<u8>,
    chain: SigningKey,
    origin: Origin,
    mirrors: BTreeMap<Origin, SigningKey>,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Stated {
    /// Bytes of the largest file.
    pub bytes: usize,
    /// Finding, reading, folding, packing and signing.
    pub make: Times,
    /// Unpacking, checking and folding again.
    pub verify: Times,
}

impl Issuer {
    /// The federation of a benchmark with root and mirror keys of its own, one of whose nodes makes statements.
    ///
    /// # Errors
    /// A roster without a chain.
    pub fn new(roster: &Roster, keys: &BTreeMap<Origin, SigningKey>) -> anyhow::Result<Self> {
        let root = SigningKey::from_bytes(&[9; 32]);
        let mut roster = Roster {
            version: 1,
            previous: Hash::ZERO,
            threshold: 1,
            roots: vec![root.verifying_key().to_bytes()],
            ..roster.clone()
        };
        let mut mirrors = BTreeMap::new();
        for (number, region) in (1_u8..).zip(roster.regions.values_mut()) {
            let key = SigningKey::from_bytes(&[number; 32]);
            let name = KeyKind::Mirror.name(&region.origin);
            let known = CosignerKey::new(&name, key.verifying_key().to_bytes());
            region.mirror_keys = vec![CosigningKey::always(known.context("a key")?)];
            region.witness_keys = Vec::new();
            mirrors.insert(region.origin.clone(), key);
        }
        let name = root_key_name(&roster.federation);
        let (origin, chain) = keys.first_key_value().context("a chain")?;
        Ok(Self {
            note: note::sign(&roster.text(), &name, &root).into_bytes(),
            chain: chain.clone(),
            origin: origin.clone(),
            roster,
            mirrors,
        })
    }

    /// What a reader trusts.
    pub fn root(&self) -> RootFingerprint {
        self.roster.root_fingerprint()
    }

    /// A head with as many lines of mirrors as a statement has.
    fn cosigned(&self, origin: &Origin, head: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut head = head.to_vec();
        let others = self.mirrors.iter().filter(|(mirror, _)| *mirror != origin);
        for (mirror, key) in others.take(COSIGNATURES_STATED) {
            let name = KeyKind::Mirror.name(mirror);
            let note = Note::parse(&head)?;
            let time = UnixSeconds::new(1_795_000_000).context("a time")?;
            let line = cosignature::sign(note.text, &name, key, time);
            let known = CosignerKey::new(&name, key.verifying_key().to_bytes());
            head = cosignature::add(&note, &known.context("a key")?, &line)?.into_bytes();
        }
        Ok(head)
    }

    /// The heads of all chains as statements have them: nodes trim and check them once, when they are new.
    ///
    /// # Errors
    /// What the store says.
    pub fn heads(&self, store: &Store) -> anyhow::Result<BTreeMap<Origin, Vec<u8>>> {
        let mut heads = BTreeMap::new();
        for origin in self.roster.origins() {
            let (_, head) = store
                .newest_head(origin)?
                .context("every chain has a signed head")?;
            heads.insert(origin.clone(), self.cosigned(origin, &head)?);
        }
        Ok(heads)
    }

    /// Bytes of a statement that are no chains: everything but the second section.
    fn fixed(bytes: &[u8]) -> anyhow::Result<usize> {
        let statement = Statement::parse(bytes)?;
        let content = Content {
            chains: Vec::new(),
            ..statement.content
        };
        let key = SigningKey::from_bytes(&[1; 32]);
        let origin = Origin::new("x", Division::new(110_000).context("a region")?);
        Ok(content.seal(&origin.context("a chain")?, &key)?.len())
    }

    /// What the same statement would have over more and larger chains.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn projection(
        &self,
        store: &Store,
        registers: &Registers,
        measured: usize,
    ) -> anyhow::Result<Projection> {
        let heads = self.heads(store)?;
        // Nobody has this account.
        let empty = self.make(store, registers, &heads, AccountId([0xFE; 16]))?;
        Ok(Projection {
            measured,
            empty: empty.len(),
            fixed: Self::fixed(&empty)?,
            chains: heads.len(),
            largest: registers.largest(),
        })
    }

    fn make(
        &self,
        store: &Store,
        registers: &Registers,
        heads: &BTreeMap<Origin, Vec<u8>>,
        account: AccountId,
    ) -> anyhow::Result<Vec<u8>> {
        let number = SocialSecurityNumber::parse(NUMBER).map_err(|_| anyhow::anyhow!("number"))?;
        let day = Day::parse(DAY).context("a day")?;
        let gathered = registers.gather(store, account)?;
        let asked = BTreeSet::from([account]);
        let mut facts = Vec::new();
        let mut chains = Vec::with_capacity(gathered.len());
        for shown in &gathered {
            let complete = prove_complete(&shown.head, &asked, &shown.register, &shown.records)?;
            facts.extend(complete.facts);
            let head = heads
                .get(&shown.head.origin)
                .context("a head of each chain")?;
            let evidence = ChainEvidence {
                head: head.clone(),
                records: shown.records.clone(),
                register: Some(shown.register.clone()),
            };
            let size: TreeSize = shown.head.size;
            chains.push(StatedChain::of(&evidence, size).context("paths that were proved")?);
        }
        let sealed = fold(&facts, Policy::embedded(), day)
            .with_account_id(account)
            .sealed();
        let content = Content {
            subject: Subject {
                owner: account,
                accounts: vec![account],
                strangers: Vec::new(),
                names: Vec::new(),
                as_of: day,
                issued: day,
                commitment: Some(NumberSalt([7; 16]).commit(&number)),
                cover: Cover::Whole,
            },
            chains,
            hidden: Vec::new(),
            rosters: vec![self.note.clone()],
            rules: RuleTexts::with_own(Vec::new()),
            account: Some(StatedAccount {
                form: FORMAT.to_string(),
                digest: sealed.digest,
                json: None,
            }),
        };
        Ok(content.seal(&self.origin, &self.chain)?)
    }

    /// Makes the statement of each account and checks it as a stranger does.
    ///
    /// # Errors
    /// What the store says, or a statement that does not hold or has fewer records than `least`.
    pub fn state(
        &self,
        store: &Store,
        registers: &Registers,
        accounts: impl Iterator<Item = AccountId>,
        least: usize,
    ) -> anyhow::Result<Stated> {
        let heads = self.heads(store)?;
        let root = self.root();
        let mut stated = Stated::default();
        for account in accounts {
            let start = Instant::now();
            let bytes = self.make(store, registers, &heads, account)?;
            stated.make.add(start.elapsed());
            stated.bytes = stated.bytes.max(bytes.len());
            let start = Instant::now();
            let verdict = Statement::parse(&bytes)?.verify(root)?;
            stated.verify.add(start.elapsed());
            let records = verdict.checked.records;
            ensure!(
                records >= least,
                "expected {least} records or more, found {records}"
            );
        }
        Ok(stated)
    }
}

/// What a statement of so many bytes over some chains would have over others: the smallest statement shows what a chain costs in which the
/// worker has nothing, and every path grows with the depth of the largest chain that is expected.
pub(crate) struct Projection {
    /// Bytes of the statement that was made.
    pub(crate) measured: usize,
    /// Bytes of the statement of somebody without any record.
    pub(crate) empty: usize,
    /// Bytes of that which are no chains: roster, rules, signature.
    pub(crate) fixed: usize,
    /// Chains of both.
    pub(crate) chains: usize,
    /// How large the chains are.
    pub(crate) largest: Largest,
}

impl Projection {
    /// Bytes over so many chains of the largest size.
    pub(crate) fn over(&self, chains: usize) -> usize {
        let of_chain = self.empty.saturating_sub(self.fixed) / self.chains.max(1);
        let deeper = depth(LARGEST_LEAVES).saturating_sub(depth(self.largest.leaves));
        // Where the worker has nothing two neighbours are shown, which share all but a few hashes.
        let broader = depth(LARGEST_ACCOUNTS).saturating_sub(depth(self.largest.accounts));
        let grown = of_chain + (deeper + broader) * HASH_BYTES;
        self.measured + chains * grown - self.chains * of_chain
    }
}

/// Hashes of a path.
fn depth(leaves: u64) -> usize {
    usize::try_from(leaves.max(1).ilog2()).unwrap_or_default() + 1
}
