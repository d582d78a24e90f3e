//! A federation in memory: chains that commit to registers, versions of its roster, cosigners, and the statements that an honest node makes.

use ed25519_dalek::SigningKey;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::account::FORMAT;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId, slices},
    chain::{ChainState, Submitted},
    cosignature::{self, CosignerKey, UnixSeconds},
    entry::{Entry, Kind},
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::{Head, Origin},
    note::{self, Note, NoteKey},
    person::{AccountId, NumberSalt, SocialSecurityNumber},
    record::{AccountRegister, Record},
    register::{
        Absence, FORM, InRegister, Neighbour, Presence, RegisterTree, RegisteredAccount,
        submission_id,
    },
    roster::{ChainKey, CosigningKey, KeyKind, Region, RootFingerprint, Roster, root_key_name},
    tree::{self, inclusion_path_by},
    value::{Day, Division, LeafIndex, TreeSize, UnixMillis},
};
use yizhang_rules::{RuleText, RuleTexts};
use yizhang_statement::{
    ChainEvidence, ChainPart, Content, CosignedRegister, Cover, Excerpt, Opening, RecordEvidence,
    RegisterEvidence, ShownAccount, StatedAccount, StatedChain, Statement, Subject,
};

/// When a federation begins: 2026-11-20 in China.
pub(crate) const FIRST_MS: u64 = 1_795_104_000_000;
/// Between two batches of a chain.
const BATCH_MS: u64 = 90_000_000;
/// Up to which size the first key of the first chain counts: below every head of a whole chain.
pub(crate) const FIRST_KEY_UNTIL: TreeSize = TreeSize(3);
/// The regions, ascending.
const REGIONS: [u32; 6] = [110_000, 310_000, 330_000, 440_000, 510_000, 520_000];
/// A rule set of one rule: what a statement brings need not be what the program brings.
const RULES: &str = r#"[[rule]]
id = "retirement.schedule/m60"
key = "retirement.schedule"
of = "M60"
value = { table = [[720, 196501, 4, 36]] }
document = "全国人民代表大会常务委员会关于实施渐进式延迟法定退休年龄的决定"
published = "2024-09-13"
confidence = "V"
"#;

pub(crate) const NUMBER: &str = "110000199003071231";
pub(crate) const SALT: NumberSalt = NumberSalt([3; 16]);

pub(crate) fn opening() -> Opening {
    Opening {
        salt: SALT,
        number: SocialSecurityNumber::parse(NUMBER).unwrap(),
    }
}

pub(crate) fn as_of() -> Day {
    Day::parse("2026-11-30").unwrap()
}

pub(crate) fn small_rules() -> RuleTexts {
    RuleTexts {
        base: vec![RuleText {
            name: "small.toml".into(),
            text: RULES.into(),
        }],
        own: Vec::new(),
    }
}

/// What a key of a federation is for.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Root,
    Chain,
    NextChain,
    Mirror,
    Witness,
}

/// A federation.
pub(crate) struct Federation {
    name: String,
    /// Its keys are its own.
    seed: u8,
    /// Ascending by origin.
    pub(crate) chains: Vec<Chain>,
    /// Oldest first.
    pub(crate) rosters: Vec<Roster>,
}

/// A chain of a federation.
pub(crate) struct Chain {
    pub(crate) origin: Origin,
    state: ChainState,
    entries: Vec<Vec<u8>>,
    now: UnixMillis,
    /// Where batches end.
    pub(crate) ends: Vec<usize>,
    /// Oldest first.
    registers: Vec<Committed>,
}

/// A register that a chain commits to.
struct Committed {
    batch: usize,
    at: usize,
    covered: usize,
    accounts: Vec<RegisteredAccount>,
}

/// Who has cosigned a head: the region by its place in the federation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cosigner {
    pub(crate) region: usize,
    pub(crate) kind: KeyKind,
    pub(crate) seconds: u64,
}

/// How a chain is to be shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// Size of the head; of the whole chain if none is said.
    pub(crate) size: Option<usize>,
    pub(crate) cosigners: Vec<Cosigner>,
    /// Another head that the register stands under, and who has cosigned it.
    pub(crate) cosigned: Option<(usize, Vec<Cosigner>)>,
    pub(crate) without_register: bool,
}

/// How much a statement has of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Nothing,
    Digest,
    Whole,
}

/// What a statement is to be about.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) owner: AccountId,
    /// Those that belong to the owner, the owner among them.
    pub(crate) accounts: BTreeSet<AccountId>,
    pub(crate) part: Part,
    /// By place of the chain; a chain without a view is left out.
    pub(crate) views: BTreeMap<usize, View>,
}

impl Federation {
    /// With so many chains, without entries, and three versions of its roster.
    pub(crate) fn new(seed: u8, chains: usize) -> Self {
        let name = format!("federation-{seed}.yizhang");
        let chain =
            |code: &u32| Chain::empty(Origin::new(&name, Division::new(*code).unwrap()).unwrap());
        let chains: Vec<Chain> = REGIONS.iter().take(chains).map(chain).collect();
        let mut federation = Self {
            name,
            seed,
            chains,
            rosters: Vec::new(),
        };
        let mut previous = Hash::ZERO;
        for version in 1..=3 {
            let roster = federation.version(version, previous);
            previous = roster.hash();
            federation.rosters.push(roster);
        }
        federation
    }

    pub(crate) fn key(&self, role: Role, of: usize) -> SigningKey {
        let role = match role {
            Role::Root => 1,
            Role::Chain => 2,
            Role::NextChain => 3,
            Role::Mirror => 4,
            Role::Witness => 5,
        };
        let mut secret = [0; 32];
        secret[..3].copy_from_slice(&[self.seed, role, u8::try_from(of).unwrap()]);
        SigningKey::from_bytes(&secret)
    }

    fn public(&self, role: Role, of: usize) -> [u8; 32] {
        self.key(role, of).verifying_key().to_bytes()
    }

    /// A version of the roster: the first has one region and one root key, those behind it all regions, the third two root keys.
    fn version(&self, version: u64, previous: Hash) -> Roster {
        let regions = if version == 1 { 1 } else { self.chains.len() };
        let roots = if version == 3 { 2 } else { 1 };
        let entries = (0..regions).map(|of| (self.chains[of].origin.region(), self.region(of)));
        Roster {
            federation: self.name.clone(),
            version,
            previous,
            threshold: 1,
            mirrors: 0,
            roots: (0..roots).map(|of| self.public(Role::Root, of)).collect(),
            tls_authority: Vec::new(),
            regions: entries.collect(),
        }
    }

    fn region(&self, of: usize) -> Region {
        let origin = self.chains[of].origin.clone();
        let chain = |role| NoteKey::new(origin.as_str(), self.public(role, of)).unwrap();
        let keys = if of == 0 {
            let first = ChainKey {
                key: chain(Role::Chain),
                from: TreeSize(0),
                until: Some(FIRST_KEY_UNTIL),
            };
            let next = ChainKey {
                key: chain(Role::NextChain),
                from: TreeSize(FIRST_KEY_UNTIL.0 + 1),
                until: None,
            };
            vec![first, next]
        } else {
            vec![ChainKey::always(chain(Role::Chain))]
        };
        let cosigning = |kind| CosigningKey::always(self.cosigner(kind, of));
        Region {
            endpoint: format!("https://node-{}.example:7443", origin.region()),
            keys,
            witness_keys: vec![cosigning(KeyKind::Witness)],
            mirror_keys: vec![cosigning(KeyKind::Mirror)],
            continuations: Vec::new(),
            origin,
        }
    }

    fn cosigner(&self, kind: KeyKind, of: usize) -> CosignerKey {
        let name = kind.name(&self.chains[of].origin);
        let role = if kind == KeyKind::Mirror {
            Role::Mirror
        } else {
            Role::Witness
        };
        CosignerKey::new(&name, self.public(role, of)).unwrap()
    }

    /// The key of a chain that counts at a size.
    pub(crate) fn chain_key(&self, of: usize, size: usize) -> SigningKey {
        if of == 0 && size as u64 > FIRST_KEY_UNTIL.0 {
            self.key(Role::NextChain, of)
        } else {
            self.key(Role::Chain, of)
        }
    }

    /// What everybody trusts who has the first version.
    pub(crate) fn trusted(&self) -> RootFingerprint {
        self.rosters[0].root_fingerprint()
    }

    /// A version as its root key has signed it.
    pub(crate) fn signed(&self, roster: &Roster) -> Vec<u8> {
        let key = self.key(Role::Root, 0);
        note::sign(&roster.text(), &root_key_name(&self.name), &key).into_bytes()
    }

    pub(crate) fn roster_notes(&self) -> Vec<Vec<u8>> {
        self.rosters.iter().map(|one| self.signed(one)).collect()
    }

    /// The head of a chain at a size, with the lines of cosigners.
    pub(crate) fn head(&self, of: usize, size: usize, cosigners: &[Cosigner]) -> Vec<u8> {
        let chain = &self.chains[of];
        let head = Head {
            origin: chain.origin.clone(),
            size: TreeSize(size as u64),
            root: tree::root::<Blake3Keyed>(&chain.hashes(size)),
        };
        let mut note = head.sign(&self.chain_key(of, size)).into_bytes();
        for cosigner in cosigners {
            note = self.cosigned(&note, *cosigner);
        }
        note
    }

    /// A note with one more line.
    pub(crate) fn cosigned(&self, note: &[u8], by: Cosigner) -> Vec<u8> {
        let parsed = Note::parse(note).unwrap();
        let known = self.cosigner(by.kind, by.region);
        let role = if by.kind == KeyKind::Mirror {
            Role::Mirror
        } else {
            Role::Witness
        };
        let time = UnixSeconds::new(by.seconds).unwrap();
        let key = self.key(role, by.region);
        let line = cosignature::sign(parsed.text, known.name(), &key, time);
        let note = cosignature::add(&parsed, &known, &line).unwrap();
        note.into_bytes()
    }

    /// What a node hands over of a chain, as [`StatedChain::of`] takes it.
    pub(crate) fn evidence(
        &self,
        of: usize,
        view: &View,
        accounts: &BTreeSet<AccountId>,
    ) -> (ChainEvidence, TreeSize) {
        let chain = &self.chains[of];
        let size = view.size.unwrap_or(chain.entries.len());
        let head = self.head(of, size, &view.cosigners);
        let committed = chain.registers.iter().rev().find(|one| one.at < size);
        let committed = committed.filter(|_| !view.without_register);
        let mut records = chain.records(size, accounts);
        let register = committed.map(|committed| {
            if committed.present(accounts) <= 1 {
                let covered =
                    |record: &&mut RecordEvidence| record.index.0 < committed.covered as u64;
                for record in records.iter_mut().filter(covered) {
                    record.path.clear();
                }
            }
            let cosigned = view
                .cosigned
                .as_ref()
                .map(|(size, cosigners)| CosignedRegister {
                    head: self.head(of, *size, cosigners),
                    path: chain.evidence(committed.at, *size).path,
                });
            RegisterEvidence {
                register: chain.evidence(committed.at, size),
                batch: chain.evidence(committed.batch, size),
                accounts: committed.shown(accounts),
                cosigned,
            }
        });
        let evidence = ChainEvidence {
            head,
            records,
            register,
        };
        (evidence, TreeSize(size as u64))
    }

    /// Where the register stands that is shown under a head of this size.
    pub(crate) fn register_at(&self, of: usize, size: usize) -> Option<usize> {
        let registers = self.chains[of].registers.iter().rev();
        registers.map(|one| one.at).find(|at| *at < size)
    }

    /// How many entries the register covers that is shown under a head of this size.
    pub(crate) fn covered(&self, of: usize, size: usize) -> usize {
        let registers = self.chains[of].registers.iter().rev();
        registers
            .filter(|one| one.at < size)
            .map(|one| one.covered)
            .next()
            .unwrap_or(0)
    }

    /// What an honest node states.
    pub(crate) fn content(&self, asked: &Asked) -> Content {
        let chains = asked.views.iter().map(|(of, view)| {
            let (evidence, size) = self.evidence(*of, view, &asked.accounts);
            StatedChain::of(&evidence, size).unwrap()
        });
        let mut content = Content {
            subject: Subject {
                owner: asked.owner,
                accounts: asked.accounts.iter().copied().collect(),
                strangers: Vec::new(),
                names: Vec::new(),
                as_of: as_of(),
                issued: as_of(),
                commitment: Some(SALT.commit(&opening().number)),
                cover: Cover::Whole,
            },
            chains: chains.collect(),
            hidden: Vec::new(),
            rosters: self.roster_notes(),
            rules: small_rules(),
            account: None,
        };
        content.account = self.account(&content, asked.part);
        content
    }

    /// What an honest node states of some months and schemes.
    pub(crate) fn excerpt(&self, asked: &Asked, excerpt: Excerpt) -> Content {
        let whole = self.content(&Asked {
            part: Part::Nothing,
            ..asked.clone()
        });
        let found = asked.views.iter();
        let found: Vec<(ChainEvidence, TreeSize)> = found
            .map(|(of, view)| self.evidence(*of, view, &asked.accounts))
            .collect();
        let all: Vec<ChainEvidence> = found.iter().map(|(chain, _)| chain.clone()).collect();
        let shown = excerpt.shown(&all);
        let parts = found
            .iter()
            .map(|(chain, size)| ChainPart::of(chain, *size, &shown).unwrap());
        let (chains, hidden) = parts.map(|part| (part.chain, part.hidden)).unzip();
        Content {
            subject: Subject {
                cover: Cover::Part(excerpt),
                ..whole.subject
            },
            chains,
            hidden,
            ..whole
        }
    }

    /// The account that the records of a statement give.
    pub(crate) fn account(&self, content: &Content, part: Part) -> Option<StatedAccount> {
        if part == Part::Nothing {
            return None;
        }
        let alone = Content {
            account: None,
            ..content.clone()
        };
        let statement = Statement::parse(&self.seal(&alone, 0)).unwrap();
        let shown = statement.verify(self.trusted()).unwrap();
        Some(StatedAccount {
            form: FORMAT.to_string(),
            digest: shown.account_digest,
            json: (part == Part::Whole).then_some(shown.json),
        })
    }

    /// The bytes of a statement, by the node of one of the chains.
    pub(crate) fn seal(&self, content: &Content, issuer: usize) -> Vec<u8> {
        let size = self.chains[issuer].entries.len();
        let key = self.chain_key(issuer, size);
        content.seal(&self.chains[issuer].origin, &key).unwrap()
    }
}

impl Asked {
    /// All chains as they are, of somebody with one account.
    pub(crate) fn of(owner: AccountId, chains: usize) -> Self {
        Self {
            owner,
            accounts: [owner].into(),
            part: Part::Digest,
            views: (0..chains).map(|of| (of, View::default())).collect(),
        }
    }
}

impl Chain {
    fn empty(origin: Origin) -> Self {
        Self {
            state: ChainState::empty(origin.clone()),
            origin,
            entries: Vec::new(),
            now: UnixMillis(FIRST_MS),
            ends: vec![0],
            registers: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn hashes(&self, size: usize) -> Vec<Hash> {
        let entries = self.entries.iter().take(size);
        entries.map(|entry| hash_leaf(entry)).collect()
    }

    pub(crate) fn evidence(&self, at: usize, size: usize) -> RecordEvidence {
        RecordEvidence {
            index: LeafIndex(at as u64),
            entry: self.entries[at].clone(),
            path: tree::inclusion_path(&self.hashes(size), at).unwrap(),
        }
    }

    fn records(&self, size: usize, accounts: &BTreeSet<AccountId>) -> Vec<RecordEvidence> {
        let hashes = self.hashes(size);
        let is_own = |at: &usize| {
            named(&self.entries[*at])
                .iter()
                .any(|id| accounts.contains(id))
        };
        let own = (0..size).filter(is_own).map(|at| RecordEvidence {
            index: LeafIndex(at as u64),
            entry: self.entries[at].clone(),
            path: tree::inclusion_path(&hashes, at).unwrap(),
        });
        own.collect()
    }

    /// Appends records as one batch of one submission.
    pub(crate) fn append(&mut self, records: &[Vec<u8>]) {
        let id = u128::try_from(self.entries.len()).unwrap().to_be_bytes();
        self.submit(records, SubmissionId(id));
    }

    fn submit(&mut self, records: &[Vec<u8>], id: SubmissionId) {
        let submitted = Submitted {
            id,
            submitter: format!("node.{}", self.origin.region()),
            block: RecordBlock::parse(records.concat()).unwrap(),
        };
        self.now.0 += BATCH_MS;
        let extension = self.state.prepare(&[submitted], self.now, 1).unwrap();
        let batch = extension.batch();
        for entry in slices(batch.bytes(), batch.ends()) {
            self.entries.push(entry.to_vec());
        }
        self.state = extension.after().clone();
        self.ends.push(self.entries.len());
    }

    /// Commits to a register of everything so far.
    pub(crate) fn commit(&mut self) {
        let covered = self.entries.len();
        let mut accounts: BTreeMap<AccountId, RegisteredAccount> = BTreeMap::new();
        for entry in &self.entries {
            for id in named(entry) {
                let account = accounts.entry(id);
                let account = account.or_insert_with(|| RegisteredAccount::start(id));
                account.take(&hash_leaf(entry));
            }
        }
        let accounts: Vec<RegisteredAccount> = accounts.into_values().collect();
        let size = TreeSize(covered as u64);
        let register = AccountRegister {
            form: FORM,
            size: size.0,
            accounts: accounts.len() as u64,
            root: tree::root::<RegisterTree>(&leaves(&accounts)),
        };
        let record = written(&Record::AccountRegister(register));
        self.submit(&[record], submission_id(size));
        self.registers.push(Committed {
            batch: covered,
            at: covered + 1,
            covered,
            accounts,
        });
    }
}

impl Committed {
    fn present(&self, accounts: &BTreeSet<AccountId>) -> usize {
        let is_asked = |one: &&RegisteredAccount| accounts.contains(&one.account);
        self.accounts.iter().filter(is_asked).count()
    }

    fn shown(&self, accounts: &BTreeSet<AccountId>) -> Vec<ShownAccount> {
        let shown = accounts.iter().map(|account| ShownAccount {
            account: *account,
            shown: self.place(*account),
        });
        shown.collect()
    }

    fn place(&self, account: AccountId) -> InRegister {
        let place = self
            .accounts
            .binary_search_by_key(&account, |one| one.account);
        match place {
            Ok(at) => InRegister::Present(Presence {
                index: at as u64,
                path: self.path(at),
            }),
            Err(before) => InRegister::Absent(Absence {
                before: before as u64,
                left: before.checked_sub(1).map(|at| self.neighbour(at)),
                right: (before < self.accounts.len()).then(|| self.neighbour(before)),
            }),
        }
    }

    fn path(&self, at: usize) -> Vec<Hash> {
        inclusion_path_by::<RegisterTree>(&leaves(&self.accounts), at).unwrap()
    }

    fn neighbour(&self, at: usize) -> Neighbour {
        Neighbour {
            leaf: self.accounts[at].leaf(),
            path: self.path(at),
        }
    }
}

fn leaves(accounts: &[RegisteredAccount]) -> Vec<Hash> {
    accounts.iter().map(|one| one.leaf().hash()).collect()
}

/// Who an entry is found under.
fn named(entry: &[u8]) -> Vec<AccountId> {
    let entry = Entry::parse(entry, LeafIndex(0)).unwrap();
    if entry.kind == Kind::BATCH {
        return Vec::new();
    }
    Record::read(&entry).unwrap().accounts().collect()
}

pub(crate) fn written(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.write(&mut bytes).unwrap();
    bytes
}
