//! Postings: what the index holds. A 128-bit key and the leaf to be found under it.

use yizhang_ledger::{
    batch::{Batch, SubmissionId, slices},
    entry::{Entry, Kind},
    hash::derive,
    person::AccountId,
    value::LeafIndex,
};

/// Context of the keys of submissions.
const SUBMISSION_CONTEXT: &str = "yizhang 2026-11-23 v1 store submission key";

/// An entry of the index. The order is that of runs: by key, then chain, then leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting {
    pub(crate) key: u128,
    /// Number of the chain in the `format` file.
    pub(crate) chain: u16,
    pub(crate) leaf: u64,
}

impl Posting {
    /// What sums of postings are made of: equal sums mean equal sets but for chance. Guards against decay, not malice.
    pub(crate) fn digest(&self) -> u64 {
        let bytes = self.key.to_le_bytes();
        let (low, high) = bytes.split_at(8);
        [low, high]
            .iter()
            .filter_map(|half| half.first_chunk().map(|half| u64::from_le_bytes(*half)))
            .chain([self.leaf, u64::from(self.chain)])
            .fold(0x9e37_79b9_7f4a_7c15, |sum, word| mix(sum ^ word))
    }
}

/// The finaliser of SplitMix64: every bit of the input moves every bit of the output.
pub(super) const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The key of an account.
pub(crate) const fn account_key(account: &AccountId) -> u128 {
    u128::from_be_bytes(account.0)
}

/// The key of a submission: 64 bits of its hash, then zeros, which runs do not store. What is found under it is
/// compared with the batch entry, so that a chance meeting of two keys costs a read and nothing else.
pub(crate) fn submission_key(submitter: &str, id: &SubmissionId) -> u128 {
    let hash = derive(SUBMISSION_CONTEXT, &[&id.0, submitter.as_bytes()]);
    let half = hash.0.first_chunk().expect("a hash has 32 bytes");
    u128::from(u64::from_be_bytes(*half)) << 64
}

/// Whether a key is one of submissions. An account whose pseudonym ends in 64 zeros would look like one, once in 2^64.
pub(crate) const fn is_submission(key: u128) -> bool {
    key.trailing_zeros() >= 64
}

/// Every posting of a batch: the accounts of its records, and for each submission the leaf of the batch entry.
pub(crate) fn postings(batch: &Batch, chain: u16) -> impl Iterator<Item = Posting> {
    let entry = batch.entry();
    let submissions = entry.submissions.0.iter().map(move |submission| Posting {
        key: submission_key(&submission.submitter, &submission.id),
        chain,
        leaf: entry.first.0,
    });
    let leaves = (entry.first.0..)
        .zip(slices(batch.bytes(), batch.ends()))
        .skip(1);
    let accounts = leaves.flat_map(move |(leaf, bytes)| {
        accounts(bytes)
            .into_iter()
            .flatten()
            .map(move |account| Posting {
                key: account_key(&account),
                chain,
                leaf,
            })
    });
    submissions.chain(accounts)
}

/// The accounts that a record is found under, as `Record::accounts` gives them, without decoding the rest: every record
/// of a person starts with the account, and an identity record goes on with the other. A test keeps both in step.
pub(crate) fn accounts(entry: &[u8]) -> [Option<AccountId>; 2] {
    let Ok(entry) = Entry::parse(entry, LeafIndex(0)) else {
        return [None, None];
    };
    let known = |first: Kind, last: Kind| (first..=last).contains(&entry.kind);
    let identity = known(Kind::IDENTITY_LINK, Kind::IDENTITY_SPLIT);
    let person = identity
        || entry.kind == Kind::DEATH_NOTICE
        || known(Kind::ENROL, Kind::BIRTH_DATE_FACT)
        || known(Kind::DUE, Kind::INTEREST_CREDIT)
        || known(Kind::CERTIFICATE, Kind::CORRECTION)
        || known(Kind::BRIDGE, Kind::DUPLICATE_AGREEMENT)
        || known(Kind::BENEFIT_APPLY, Kind::RECOVERY)
        || known(Kind::DISPUTE, Kind::DISPUTE_OUTCOME)
        || entry.kind.is_personal();
    let account = |at: usize| {
        entry
            .payload
            .get(at..)?
            .first_chunk()
            .map(|account| AccountId(*account))
    };
    [
        if person { account(0) } else { None },
        if identity { account(16) } else { None },
    ]
}
