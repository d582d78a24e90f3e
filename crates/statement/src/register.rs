//! Completeness: that nothing of some accounts was left out, by a register of accounts that their chain commits to.
//!
//! What is handed over of a chain then is: the entry of the register and that of its batch, each with its path to the head; for every
//! account where it stands in the register, or between which leaves it would stand; and the records. Those that the register covers
//! have no paths of their own while one of the accounts alone has any there: the register shows that they are all, and in which order.
//! Where two or more have, it does not show how their records lie between each other's, and each has its path. Those behind the size
//! of the register have paths in any case.

use crate::{HiddenRecord, RecordEvidence, Refuted, evidence::ensure_ascending, promises, prove};
use std::collections::BTreeSet;
use yizhang_ledger::{
    Invalid, Verified,
    batch::BatchEntry,
    entry::Entry,
    fact::Fact,
    hash::{Hash, hash_leaf},
    head::{Head, Origin},
    person::AccountId,
    record::{AccountRegister, Record},
    register::{HiddenLeaf, InRegister, ListedRecord, RegisterFault},
    roster::{KeyKind, Roster},
    tree::verify_inclusion,
    value::{Division, LeafIndex, TreeSize, UnixMillis},
};

/// Most accounts that a register is shown to have or not to have in one answer: those that a lookup reads, each under two pseudonyms. An
/// answer of more shows no completeness.
pub const SHOWN_ACCOUNTS_MAX: usize = 64;

/// What a register of a chain says about accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterEvidence {
    /// The register: the entry of its chain, with its path to the head.
    pub register: RecordEvidence,
    /// The batch entry of the batch that it came in, which says when.
    pub batch: RecordEvidence,
    /// The accounts, ascending, each once.
    pub accounts: Vec<ShownAccount>,
    /// A head behind it that others have cosigned; none if the node knows none.
    pub cosigned: Option<CosignedRegister>,
}

/// What ties a register to a head that mirrors have cosigned: each has computed the register itself before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedRegister {
    /// The signed head with its cosignatures, a note.
    pub head: Vec<u8>,
    /// From the entry of the register to the root of that head.
    pub path: Vec<Hash>,
}

/// What a register says about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownAccount {
    /// The account.
    pub account: AccountId,
    /// Whether it is in the register.
    pub shown: InRegister,
}

/// What a chain has of some accounts.
#[derive(Clone, Debug)]
pub struct Complete<'a> {
    /// Up to where none is missing.
    pub through: Through,
    /// The records, in the order of the chain, those behind that position included.
    pub facts: Vec<Verified<Fact<'a>>>,
}

/// Up to where none of the records of an account is missing in a chain, as far as its register is right: mirrors compute it again before
/// they cosign a head behind it. Whether there are more between here and the size of the head, nothing shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through {
    /// None is missing of those before this position.
    pub size: TreeSize,
    /// When the register came into the chain, by the clock of the chain's node.
    pub time: UnixMillis,
}

/// Believes that these are all records of some accounts in the chain of a verified head, up to the size of a register that it commits
/// to, and further ones behind it.
///
/// # Errors
/// [`Refuted`], by the first thing that does not hold.
pub fn prove_complete<'a>(
    head: &Verified<Head>,
    accounts: &BTreeSet<AccountId>,
    evidence: &RegisterEvidence,
    records: &'a [RecordEvidence],
) -> Result<Complete<'a>, Refuted> {
    prove_part(head, accounts, evidence, records, &[])
}

/// As [`prove_complete`], where some of the records before the size of the register are not shown: of them it is shown how many they are, and
/// that none of the others was changed or left out.
///
/// # Errors
/// [`Refuted`], by the first thing that does not hold.
pub(crate) fn prove_part<'a>(
    head: &Verified<Head>,
    accounts: &BTreeSet<AccountId>,
    evidence: &RegisterEvidence,
    records: &'a [RecordEvidence],
    hidden: &[HiddenRecord],
) -> Result<Complete<'a>, Refuted> {
    let register = prove_register(head, &evidence.register)?;
    let time = time_of(head, &evidence.register, &evidence.batch)?;
    ensure_shown(head, accounts, &evidence.accounts)?;
    ensure_ascending(head, records)?;
    let size = TreeSize(register.covering.size);
    let covered = records.partition_point(|record| record.index.0 < size.0);
    let (covered, later) = records.split_at(covered);
    let mut facts = register.prove_covered(head, &evidence.accounts, covered, hidden)?;
    facts.extend(prove_own(head, accounts, later)?);
    Ok(Complete {
        through: Through { size, time },
        facts,
    })
}

/// The regions whose mirrors have cosigned a head behind a register, ascending: the head that the records are under, or the one beside it. There
/// it is the same register, at the same place; so it has the same entries before it.
///
/// # Errors
/// [`Refuted`], by the first thing that does not hold.
pub(crate) fn confirmed(
    own: &Verified<Head>,
    own_note: &[u8],
    evidence: &RegisterEvidence,
    roster: &Roster,
) -> Result<Vec<Division>, Refuted> {
    let origin = &own.origin;
    let mut regions = mirrors_of(own_note, origin, roster)?;
    let Some(CosignedRegister { head: note, path }) = &evidence.cosigned else {
        return Ok(regions.into_iter().collect());
    };
    let head = Head::open(note, roster)?;
    if head.origin != *origin {
        return Err(Refuted::OtherChain {
            expected: origin.clone(),
            found: head.origin.clone(),
        });
    }
    if roster.is_in_doubt(&head) {
        return Err(Refuted::HeadInDoubt {
            chain: origin.region(),
            size: head.size,
        });
    }
    let RecordEvidence { index, entry, .. } = &evidence.register;
    Fact::prove(entry, *index, path, &head)?;
    regions.extend(mirrors_of(note, origin, roster)?);
    Ok(regions.into_iter().collect())
}

/// The regions whose mirrors have cosigned a head.
fn mirrors_of(
    note: &[u8],
    origin: &Origin,
    roster: &Roster,
) -> Result<BTreeSet<Division>, Refuted> {
    let chain = origin.region();
    let mirrors = promises(note, roster, origin, KeyKind::Mirror)
        .map_err(|fault| Refuted::Cosigned { chain, fault })?;
    Ok(mirrors.iter().map(|mirror| mirror.region).collect())
}

/// A register that was tied to a head.
struct ProvedRegister<'e> {
    fact: Verified<Fact<'e>>,
    covering: AccountRegister,
}

fn prove_register<'e>(
    head: &Verified<Head>,
    evidence: &'e RecordEvidence,
) -> Result<ProvedRegister<'e>, Refuted> {
    let fact = Fact::prove(&evidence.entry, evidence.index, &evidence.path, head)?;
    let covering = fact
        .account_register()
        .map_err(|fault| refused(head, fault))?;
    Ok(ProvedRegister { fact, covering })
}

/// When an entry came into its chain: the time in the batch entry of its batch.
fn time_of(
    head: &Verified<Head>,
    register: &RecordEvidence,
    batch: &RecordEvidence,
) -> Result<UnixMillis, Refuted> {
    let at = batch.index;
    let leaf = hash_leaf(&batch.entry);
    verify_inclusion(&leaf, at.0, head.size.0, &batch.path, &head.root)
        .map_err(|fault| Invalid::Proof { at, fault })?;
    let entry = BatchEntry::read(&Entry::parse(&batch.entry, at)?)?;
    let last = at.0.saturating_add(entry.records.into());
    let is_in_it = at < register.index && register.index.0 <= last;
    if entry.first == at && is_in_it {
        Ok(entry.time)
    } else {
        Err(Refuted::OtherBatch {
            chain: head.origin.region(),
            at,
        })
    }
}

/// Refuses a register that is not shown for all of these accounts: of one that is not looked up, nothing shows what is missing. Further
/// ones may be shown, pseudonyms under which nobody has written.
fn ensure_shown(
    head: &Head,
    accounts: &BTreeSet<AccountId>,
    shown: &[ShownAccount],
) -> Result<(), Refuted> {
    let chain = head.origin.region();
    let is_each_once = shown.is_sorted_by(|one, next| one.account < next.account);
    if !is_each_once || shown.len() > SHOWN_ACCOUNTS_MAX {
        return Err(Refuted::ShownList { chain });
    }
    let found: BTreeSet<AccountId> = shown.iter().map(|one| one.account).collect();
    let missing = accounts.difference(&found).count();
    if missing == 0 {
        Ok(())
    } else {
        Err(Refuted::NotShown { chain, missing })
    }
}

impl ProvedRegister<'_> {
    /// The records that the register covers, as it shows them to be all.
    fn prove_covered<'a>(
        &self,
        head: &Verified<Head>,
        accounts: &[ShownAccount],
        records: &'a [RecordEvidence],
        hidden: &[HiddenRecord],
    ) -> Result<Vec<Verified<Fact<'a>>>, Refuted> {
        let named = names_in(head, records)?;
        let mut facts = Vec::new();
        let mut present: usize = 0;
        for ShownAccount { account, shown } in accounts {
            let own: Vec<ListedRecord<'a>> = named
                .iter()
                .filter(|record| record.accounts.contains(account))
                .map(|record| record.listed)
                .collect();
            let others: Vec<HiddenLeaf> = hidden
                .iter()
                .filter(|record| record.accounts.contains(account))
                .map(HiddenRecord::listed)
                .collect();
            match shown {
                InRegister::Present(presence) => {
                    facts = Fact::prove_part(&self.fact, *account, &own, &others, presence)
                        .map_err(|fault| refused(head, fault))?;
                    present = present.saturating_add(1);
                }
                InRegister::Absent(absence) => {
                    let first = own.first().map(|record| record.index);
                    let first = first.or(others.first().map(|record| record.index));
                    if let Some(at) = first {
                        return Err(Refuted::NotAbsent {
                            chain: head.origin.region(),
                            at,
                            size: TreeSize(self.covering.size),
                        });
                    }
                    self.covering
                        .verify_absence(*account, absence)
                        .map_err(|fault| refused(head, fault))?;
                }
            }
        }
        let shown: BTreeSet<AccountId> = accounts.iter().map(|one| one.account).collect();
        if let Some(foreign) = named.iter().find(|one| one.accounts.is_disjoint(&shown)) {
            return Err(foreign_record(head, foreign.listed.index));
        }
        let is_foreign =
            |one: &&HiddenRecord| one.accounts.iter().all(|account| !shown.contains(account));
        if let Some(foreign) = hidden.iter().find(is_foreign) {
            return Err(foreign_record(head, foreign.index));
        }
        if present > 1 {
            return prove_each(head, records);
        }
        Ok(facts)
    }
}

/// A record that is said to be covered, and whose it is.
struct NamedRecord<'a> {
    listed: ListedRecord<'a>,
    accounts: BTreeSet<AccountId>,
}

fn names_in<'a>(
    head: &Head,
    records: &'a [RecordEvidence],
) -> Result<Vec<NamedRecord<'a>>, Refuted> {
    let mut named = Vec::with_capacity(records.len());
    for record in records {
        let at = record.index;
        let entry = Entry::parse(&record.entry, at)?;
        let read = Record::read(&entry).map_err(|fault| Invalid::Payload {
            at,
            kind: entry.kind,
            fault,
        });
        let accounts: BTreeSet<AccountId> = read?.accounts().collect();
        if accounts.is_empty() {
            return Err(foreign_record(head, at));
        }
        let listed = ListedRecord {
            index: at,
            entry: &record.entry,
        };
        named.push(NamedRecord { listed, accounts });
    }
    Ok(named)
}

/// Records of which each has its own path, because the register does not show how those of several accounts lie between each other.
fn prove_each<'a>(
    head: &Verified<Head>,
    records: &'a [RecordEvidence],
) -> Result<Vec<Verified<Fact<'a>>>, Refuted> {
    if let Some(bare) = records.iter().find(|record| record.path.is_empty()) {
        return Err(Refuted::NoPath {
            chain: head.origin.region(),
            at: bare.index,
        });
    }
    Ok(prove(head, records)?)
}

/// The records behind what a register covers, each by its own path.
fn prove_own<'a>(
    head: &Verified<Head>,
    accounts: &BTreeSet<AccountId>,
    records: &'a [RecordEvidence],
) -> Result<Vec<Verified<Fact<'a>>>, Refuted> {
    let facts = prove(head, records)?;
    for fact in &facts {
        if !fact
            .record
            .accounts()
            .any(|named| accounts.contains(&named))
        {
            return Err(foreign_record(head, fact.index));
        }
    }
    Ok(facts)
}

fn refused(head: &Head, fault: RegisterFault) -> Refuted {
    let chain = head.origin.region();
    Refuted::Register { chain, fault }
}

fn foreign_record(head: &Head, at: LeafIndex) -> Refuted {
    let chain = head.origin.region();
    Refuted::ForeignRecord { chain, at }
}
