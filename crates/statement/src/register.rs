//! Completeness: that nothing of an account was left out, by a register of accounts that its chain commits to.

use crate::{RecordEvidence, Refuted, evidence::ensure_ascending, prove};
use yizhang_ledger::{
    Verified,
    fact::Fact,
    head::Head,
    person::AccountId,
    register::{InRegister, ListedRecord, RegisterFault},
    value::TreeSize,
};

/// What a register of a chain says about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterEvidence {
    /// The register: the entry of its chain, with its path to the head.
    pub register: RecordEvidence,
    /// Whether the account is in it.
    pub shown: InRegister,
}

/// What a chain has of an account.
#[derive(Clone, Debug)]
pub struct Complete<'a> {
    /// None is missing of those before this position, as far as the register is right: mirrors compute it again before they cosign a
    /// head behind it. Whether there are more between here and the size of the head, nothing shows.
    pub through: TreeSize,
    /// The records, in the order of the chain, those behind that position included.
    pub facts: Vec<Verified<Fact<'a>>>,
}

/// Believes that these are all records of an account in the chain of a verified head, up to the size of a register that it commits to,
/// and further ones behind it.
///
/// Of the records before that size no paths are looked at: the register ties them to the head, all at once. The others need theirs.
///
/// # Errors
/// [`Refuted`], by the first thing that does not hold.
pub fn prove_complete<'a>(
    head: &Verified<Head>,
    account: AccountId,
    evidence: &RegisterEvidence,
    records: &'a [RecordEvidence],
) -> Result<Complete<'a>, Refuted> {
    let chain = head.origin.region();
    let refused = |fault: RegisterFault| Refuted::Register { chain, fault };
    let RecordEvidence { index, entry, path } = &evidence.register;
    let register = Fact::prove(entry, *index, path, head)?;
    let covering = register.account_register().map_err(refused)?;
    let size = covering.size;
    ensure_ascending(head, records)?;
    let covered = records.partition_point(|record| record.index.0 < size);
    let (covered, later) = records.split_at(covered);
    let mut facts = match &evidence.shown {
        InRegister::Present(presence) => {
            let listed: Vec<ListedRecord<'a>> = covered.iter().map(listed).collect();
            Fact::prove_all(&register, account, &listed, presence).map_err(refused)?
        }
        InRegister::Absent(absence) => {
            if let Some(record) = covered.first() {
                return Err(Refuted::NotAbsent {
                    chain,
                    at: record.index,
                    size: TreeSize(size),
                });
            }
            covering.verify_absence(account, absence).map_err(refused)?;
            Vec::new()
        }
    };
    facts.extend(prove_later(head, account, later)?);
    Ok(Complete {
        through: TreeSize(size),
        facts,
    })
}

fn listed(record: &RecordEvidence) -> ListedRecord<'_> {
    ListedRecord {
        index: record.index,
        entry: &record.entry,
    }
}

/// The records behind what a register covers, each by its own path.
fn prove_later<'a>(
    head: &Verified<Head>,
    account: AccountId,
    records: &'a [RecordEvidence],
) -> Result<Vec<Verified<Fact<'a>>>, Refuted> {
    let facts = prove(head, records)?;
    for fact in &facts {
        if !fact.record.accounts().any(|named| named == account) {
            return Err(Refuted::ForeignRecord {
                chain: fact.region,
                at: fact.index,
            });
        }
    }
    Ok(facts)
}
