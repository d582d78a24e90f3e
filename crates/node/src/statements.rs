//! Statements: what a lookup found, as a file that verifies without this node.

use crate::{best_head::best_head, lookup::Found, refusal::Refusal, shared::Shared};
use yizhang_entitlement::account::FORMAT;
use yizhang_ledger::{
    hash::Hash,
    head::Origin,
    person::AccountId,
    value::{Day, LeafIndex, TreeSize},
};
use yizhang_statement::{
    ChainEvidence, ChainPart, Content, Cover, NameGroup, RecordEvidence, StatedAccount,
    StatedChain, Subject,
};
use yizhang_store::Store;

/// What a statement is to say beside what was found.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) worker: AccountId,
    pub(crate) as_of: Day,
    /// To the worker's number, if it was told.
    pub(crate) commitment: Option<Hash>,
    pub(crate) cover: Cover,
    pub(crate) account: AccountPart,
}

/// What a statement says of the account beside its records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountPart {
    /// Nothing.
    Nothing,
    /// Its digest, by which whoever computes it again sees that it is the same.
    Digest,
    /// All of it.
    Whole,
}

/// The head of a chain that a statement is to name.
struct ChosenHead {
    note: Vec<u8>,
    size: TreeSize,
}

/// The signed statement of what was found.
///
/// # Errors
/// [`Refusal::Store`]; [`Refusal::Broken`] where what was found does not fit into a statement.
pub(crate) fn state(shared: &Shared, found: &Found, wanted: Wanted) -> Result<Vec<u8>, Refusal> {
    let shown = match &wanted.cover {
        Cover::Whole => None,
        Cover::Part(excerpt) => Some(excerpt.shown(&found.chains)),
    };
    let mut chains = Vec::with_capacity(found.heads().len());
    let mut hidden = Vec::new();
    for (origin, held) in found.heads() {
        let own = ChosenHead {
            note: held.note.clone(),
            size: held.head.size,
        };
        let found = found.chains.iter().find(|chain| chain.head == held.note);
        let found = found.cloned().unwrap_or_else(|| ChainEvidence {
            head: held.note.clone(),
            ..ChainEvidence::default()
        });
        let tied = tied_chain(shared, origin, &own, found)?;
        let unfit = Refusal::Broken("paths of a lookup do not fit together");
        match &shown {
            None => chains.push(StatedChain::of(&tied.evidence, tied.size).ok_or(unfit)?),
            Some(shown) => {
                let part = ChainPart::of(&tied.evidence, tied.size, shown).ok_or(unfit)?;
                chains.push(part.chain);
                hidden.push(part.hidden);
            }
        }
    }
    let is_stated = wanted.account != AccountPart::Nothing && shown.is_none();
    let account = is_stated.then(|| {
        let sealed = found.account.sealed();
        StatedAccount {
            form: FORMAT.to_string(),
            digest: sealed.digest,
            json: (wanted.account == AccountPart::Whole).then_some(sealed.json),
        }
    });
    let names = found.names.groups().into_iter().map(|group| NameGroup {
        account: group.account,
        others: group.others,
    });
    let content = Content {
        subject: Subject {
            owner: wanted.worker,
            accounts: found.accounts.iter().copied().collect(),
            strangers: found.strangers.iter().copied().collect(),
            names: names.collect(),
            as_of: wanted.as_of,
            issued: Day::of((shared.clock)()),
            commitment: wanted.commitment,
            cover: wanted.cover,
        },
        chains,
        hidden,
        rosters: shared.rosters.up_to(shared.roster.version),
        rules: shared.rule_texts.clone(),
        account,
    };
    content
        .seal(&shared.origin, shared.chain_keys.in_force())
        .map_err(|_| Refusal::Broken("an account does not fit into a statement"))
}

/// What was found of a chain, tied to the head that a statement is to name.
struct TiedChain {
    evidence: ChainEvidence,
    size: TreeSize,
}

/// A chain as a statement has it: under the cosigned head, where nothing of the worker stands between it and the newest one.
fn tied_chain(
    shared: &Shared,
    origin: &Origin,
    own: &ChosenHead,
    mut found: ChainEvidence,
) -> Result<TiedChain, Refusal> {
    if shared.peer_secrets.behind().contains(&origin.region()) {
        // There may be records under a pseudonym that this node cannot compute: no register shows that there are none.
        found.register = None;
    }
    // One behind the heads of this lookup may stand behind records that it has not read.
    let cosigned = cosigned(shared, origin, &found).filter(|cosigned| cosigned.size <= own.size);
    if let Some(register) = &mut found.register
        && cosigned.is_some()
    {
        // What confirms the register stands under this very head.
        register.cosigned = None;
    }
    let head = cosigned.as_ref().unwrap_or(own);
    tie(&shared.store, origin, head, own, &mut found)?;
    found.head = shared.stated_heads.of(&shared.roster, origin, &head.note)?;
    if let Some(cosigned) = found
        .register
        .as_mut()
        .and_then(|register| register.cosigned.as_mut())
    {
        cosigned.head = shared
            .stated_heads
            .of(&shared.roster, origin, &cosigned.head)?;
    }
    Ok(TiedChain {
        evidence: found,
        size: head.size,
    })
}

/// The head that most mirrors have cosigned, of those that reach everything that was found.
fn cosigned(shared: &Shared, origin: &Origin, found: &ChainEvidence) -> Option<ChosenHead> {
    let last = found.records.last().map(|record| record.index);
    let register = found.register.as_ref();
    let last = last.max(register.map(|register| register.register.index));
    let reaches = last.map_or(0, |last| last.0.saturating_add(1));
    let notes = shared.board.cosigned(origin);
    let best = best_head(&shared.store, &shared.roster, origin, &notes, reaches)?;
    (best.mirrors > 0).then_some(ChosenHead {
        note: best.note,
        size: best.size,
    })
}

/// Ties to a head what was found under another: all that has a path, or where no register shows the records every one of them.
fn tie(
    store: &Store,
    origin: &Origin,
    to: &ChosenHead,
    found_under: &ChosenHead,
    found: &mut ChainEvidence,
) -> Result<(), Refusal> {
    let is_moved = to.size != found_under.size;
    let is_bare = found.register.is_none();
    let is_tied = |record: &RecordEvidence| {
        let has_path = !record.path.is_empty();
        (is_moved && has_path) || (is_bare && !has_path)
    };
    let records = found.records.iter_mut();
    let mut tied: Vec<&mut RecordEvidence> = records.filter(|record| is_tied(record)).collect();
    if let Some(register) = &mut found.register
        && is_moved
    {
        tied.push(&mut register.batch);
        tied.push(&mut register.register);
    }
    tied.sort_unstable_by_key(|record| record.index);
    let indexes: Vec<LeafIndex> = tied.iter().map(|record| record.index).collect();
    for (record, proof) in tied
        .into_iter()
        .zip(store.proofs(origin, &indexes, to.size)?)
    {
        record.path = proof.path;
    }
    Ok(())
}
