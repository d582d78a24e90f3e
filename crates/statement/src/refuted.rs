//! Why something that was handed over is not believed.

use crate::ReceiptFault;
use yizhang_entitlement::account::NotAnAccount;
use yizhang_ledger::{
    Invalid,
    batch::SubmissionId,
    hash::Hash,
    head::Origin,
    register::RegisterFault,
    value::{Day, Division, LeafIndex, TreeSize},
};

/// What does not hold. No account id stands in it: a pseudonym belongs in no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refuted {
    /// The answer is no account.
    #[error(transparent)]
    NotAnAccount(#[from] NotAnAccount),
    /// The digest is not that of the account beside it.
    #[error("expected digest {computed} of the account, found {stated}")]
    Digest {
        /// As computed here.
        computed: Hash,
        /// As stated.
        stated: Hash,
    },
    /// The account is of another day.
    #[error("expected an account as of {asked}, found {found}")]
    Day {
        /// The day asked for.
        asked: Day,
        /// The day of the account.
        found: Day,
    },
    /// The account is that of another worker, or does not say whose it is.
    #[error("expected the account asked for, found another")]
    OtherAccount,
    /// The accounts that were read are not those that the records tie together.
    #[error("expected the {linked} accounts that the records tie together, found {found} others")]
    OtherAccounts {
        /// Accounts tied together by the records.
        linked: usize,
        /// Accounts of the answer.
        found: usize,
    },
    /// The account was computed under other rules.
    #[error("expected the rule set {own}, found {found}")]
    OtherRules {
        /// The name of the rule set here.
        own: Hash,
        /// The name of the rule set of the answer.
        found: Hash,
    },
    /// A chain stands in the evidence twice.
    #[error("expected one head of chain {chain}, found two")]
    TwoHeads {
        /// The chain.
        chain: Origin,
    },
    /// Records are not in the order of their chain, each once.
    #[error("chain {chain}: expected a record behind {previous}, found {found}")]
    Order {
        /// The chain.
        chain: Origin,
        /// The record before.
        previous: LeafIndex,
        /// The record found.
        found: LeafIndex,
    },
    /// A head, an entry or a path is wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A register of accounts does not show what it is said to show.
    #[error("chain {chain}: {fault}")]
    Register {
        /// The region of the chain.
        chain: Division,
        /// What is wrong.
        fault: RegisterFault,
    },
    /// An account is said to have no record before a size, and has one.
    #[error("chain {chain}: record {at} is of an account that is said to have none before {size}")]
    NotAbsent {
        /// The region of the chain.
        chain: Division,
        /// The record.
        at: LeafIndex,
        /// Size that the register covers.
        size: TreeSize,
    },
    /// A head may be of a history that its chain has given up.
    #[error("chain {chain}: its head of {size} entries may be of a history that it has given up")]
    HeadInDoubt {
        /// The region of the chain.
        chain: Division,
        /// Size of the head.
        size: TreeSize,
    },
    /// The accounts that a register is shown for are not in their order, each once, or too many.
    #[error(
        "chain {chain}: the accounts that the register is shown for are out of order or too many"
    )]
    ShownList {
        /// The region of the chain.
        chain: Division,
    },
    /// A register is not shown for all accounts of the answer.
    #[error("chain {chain}: the register is not shown for {missing} accounts of the answer")]
    NotShown {
        /// The region of the chain.
        chain: Division,
        /// Accounts that it is not shown for.
        missing: usize,
    },
    /// A batch entry is not that of the batch which the register came in.
    #[error("chain {chain}: the batch at {at} is not that of the register")]
    OtherBatch {
        /// The region of the chain.
        chain: Division,
        /// Position of the batch entry.
        at: LeafIndex,
    },
    /// The head behind a register that others have cosigned has a wrong line.
    #[error("chain {chain}: {fault}")]
    Cosigned {
        /// The region of the chain.
        chain: Division,
        /// What is wrong.
        fault: ReceiptFault,
    },
    /// A record has no path, where the register does not show its place.
    #[error(
        "chain {chain}: record {at} has no path, and the register does not show where it stands"
    )]
    NoPath {
        /// The region of the chain.
        chain: Division,
        /// The record.
        at: LeafIndex,
    },
    /// A record is of another worker.
    #[error("chain {chain}: record {at} is of another worker")]
    ForeignRecord {
        /// The region of the chain.
        chain: Division,
        /// The record.
        at: LeafIndex,
    },
    /// The records give another account than the answer's.
    #[error("the records give account {folded}, the answer has {stated}")]
    OtherFold {
        /// Digest of the account that the records give.
        folded: Hash,
        /// Digest of the answer.
        stated: Hash,
    },
    /// A receipt of another submission.
    #[error("expected a receipt of submission {sent:?}, found {found:?}")]
    OtherSubmission {
        /// What was sent.
        sent: SubmissionId,
        /// What the receipt names.
        found: SubmissionId,
    },
    /// A receipt of another number of records.
    #[error("expected a receipt of {sent} records, found {found}")]
    OtherCount {
        /// Records sent.
        sent: usize,
        /// Records of the receipt.
        found: usize,
    },
    /// A receipt under the head of another chain.
    #[error("expected a head of chain {expected}, found {found}")]
    OtherChain {
        /// The chain that the records were sent to.
        expected: Origin,
        /// The chain of the head.
        found: Origin,
    },
    /// The head of a receipt does not reach its records.
    #[error("expected a head of at least {end} entries, found {size}")]
    HeadTooSmall {
        /// The position after the last record.
        end: u64,
        /// Size of the head.
        size: u64,
    },
}
