//! Why a node refuses, as a code beside the status: what a program branches on, and what a client says in its own language. The
//! message of a status is English, for logs, and may change.

/// The key of the code in the metadata of a status.
pub const KEY: &str = "yizhang-refusal";

/// The key of the seconds after which a limit ends, in the metadata of a refusal by it.
pub const RETRY_AFTER: &str = "retry-after";

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal,)*) => {
        /// Why a node refuses. The names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RefusalCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl RefusalCode {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it stands in the metadata.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    /// The caller's certificate names no role in this federation.
    NoRole "no-role",
    /// The caller's certificate is of a region that the roster does not name.
    NotInRoster "not-in-roster",
    /// The method is not for the caller's role.
    NotForRole "not-for-role",
    /// An auditor asks for an account.
    AccountOfAuditor "account-of-auditor",
    /// Somebody else than the agency of the region asks for a review.
    ReviewOfOthers "review-of-others",
    /// Somebody closes a warning about their own reading.
    OwnWarning "own-warning",
    /// Somebody else than a node replicates.
    NotANode "not-a-node",
    /// Somebody else than the agency of the region submits.
    OtherAgency "other-agency",
    /// The purpose is missing, or not in its form.
    Purpose "purpose",
    /// A field of the request is not what the service calls for.
    Field "field",
    /// Evidence breaks a rule of the format.
    Invalid "invalid",
    /// No social-security number.
    Number "number",
    /// The chain has no right to state a record.
    NoRight "no-right",
    /// What a platform submits is no deposit, or somebody else submits one.
    Deposit "deposit",
    /// The node writes no chain.
    Mirror "mirror",
    /// The node may not sign now.
    NotReady "not-ready",
    /// Too much waits already, or is asked for at once.
    Busy "busy",
    /// The submission id was used for other records.
    OtherContent "other-content",
    /// The submission is durable and not signed yet.
    Unsigned "unsigned",
    /// More than an answer or a submission may hold.
    TooMany "too-many",
    /// The roster names no such chain, or no batch starts there.
    NotFound "not-found",
    /// The node is stopping.
    Stopping "stopping",
    /// The certificate has read as many accounts as it may, for now.
    ReadLimit "read-limit",
    /// The certificate has been told as many pseudonyms as it may, for today.
    NumbersLimit "numbers-limit",
    /// A version of the roster is not taken.
    Roster "roster",
    /// The access log cannot be written, and nothing is read without it.
    NoTrace "no-trace",
    /// The code is not one that waits: wrong, used, too old, tried too often, or not approved yet.
    Code "code",
    /// The key opens nothing, or the ticket has ended.
    NotOpened "not-opened",
    /// Whoever sent a submission cannot approve it.
    SameClerk "same-clerk",
    /// No such submission waits for approval.
    NotWaiting "not-waiting",
    /// The certificate is of a clerk who has another duty.
    NotYourDuty "not-your-duty",
    /// The index is being built, or the store cannot take it now.
    Store "store",
    /// The node is broken.
    Broken "broken",
}

impl RefusalCode {
    /// The code in the metadata of a status; none if the status comes from no node of ours, or from a later one.
    pub fn of(status: &tonic::Status) -> Option<Self> {
        let name = status.metadata().get(KEY)?.to_str().ok()?;
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}
