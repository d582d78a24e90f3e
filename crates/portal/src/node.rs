//! The node: what the portal asks it, and what comes back.

use std::time::Duration;
use tonic::{Code, Status, transport::Channel};
use yizhang_client::{AnswerFault, Told};
use yizhang_ledger::value::Day;
use yizhang_show::readings::Readings;
use yizhang_statement::{Question, Whose};
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    code::RefusalCode,
    convert,
    deadline::{LOOKUP_TIMEOUT, within},
    v1::{
        self, BindReply, BindRequest, ChallengeReply, ChallengeRequest, DisputeRequest,
        EndKeyRequest, EnterRequest, Entrance, HeldKey, KeysRequest, LeaveRequest, LookupRequest,
        OpenRequest, ReadingsRequest, SignOnRequest, StatementRequest,
        account_client::AccountClient, holders_client::HoldersClient,
    },
};

/// How long the node may take for a call that is no lookup.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Why the node has not done what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeFault {
    /// The ticket has ended, or the key opens nothing.
    #[error("not opened")]
    NotOpened,
    /// The code opens nothing.
    #[error("the code is not good")]
    Code,
    /// The code is right, and a second clerk has not approved it yet.
    #[error("the code waits for an approval")]
    NotApproved,
    /// Too many ask at once.
    #[error("busy")]
    Busy,
    /// More of it than one may.
    #[error("too many")]
    TooMany,
    /// The region of the node does not hold the worker.
    #[error("another region's matter")]
    Elsewhere,
    /// What was sent is not in its form.
    #[error("refused: {0}")]
    Refused(String),
    /// The node cannot be reached, or not do it now.
    #[error("the node does not answer: {0}")]
    Away(String),
    /// The answer is none.
    #[error(transparent)]
    Answer(#[from] AnswerFault),
}

impl From<Status> for NodeFault {
    fn from(status: Status) -> Self {
        match (RefusalCode::of(&status), status.code()) {
            (Some(RefusalCode::NotOpened), _) => Self::NotOpened,
            (Some(RefusalCode::Code), Code::FailedPrecondition) => Self::NotApproved,
            (Some(RefusalCode::Code), _) => Self::Code,
            (Some(RefusalCode::Busy), _) => Self::Busy,
            (Some(RefusalCode::TooMany), _) => Self::TooMany,
            (Some(RefusalCode::NoRight), _) => Self::Elsewhere,
            (Some(RefusalCode::Field), _) => Self::Refused(status.message().to_string()),
            _ => Self::Away(format!("{:?}", status.code())),
        }
    }
}

/// A connection to the node.
pub(crate) struct Node(Channel);

impl Node {
    pub(crate) const fn new(channel: Channel) -> Self {
        Self(channel)
    }

    pub(crate) fn channel(&self) -> Channel {
        self.0.clone()
    }

    fn holders(&self) -> HoldersClient<Channel> {
        HoldersClient::new(self.0.clone())
    }

    fn accounts(&self) -> AccountClient<Channel> {
        AccountClient::new(self.0.clone()).max_decoding_message_size(ACCOUNT_BYTES_MAX)
    }

    /// Opens the account of a code.
    pub(crate) async fn enter(&self, code: String) -> Result<Entrance, NodeFault> {
        let request = EnterRequest { code };
        Ok(within(CALL_TIMEOUT, self.holders().enter(request)).await?)
    }

    /// A challenge for a key: one that is to be bound with a ticket, or one that is known.
    pub(crate) async fn challenge(
        &self,
        ticket: Option<&[u8]>,
    ) -> Result<ChallengeReply, NodeFault> {
        let request = ChallengeRequest {
            ticket: ticket.unwrap_or_default().to_vec().into(),
        };
        Ok(within(CALL_TIMEOUT, self.holders().challenge(request)).await?)
    }

    /// Opens the account of a key.
    pub(crate) async fn open(&self, request: OpenRequest) -> Result<Entrance, NodeFault> {
        Ok(within(CALL_TIMEOUT, self.holders().open(request)).await?)
    }

    /// Opens the account of whom the identity provider vouches for.
    pub(crate) async fn sign_on(&self, request: SignOnRequest) -> Result<Entrance, NodeFault> {
        Ok(within(CALL_TIMEOUT, self.holders().sign_on(request)).await?)
    }

    /// Binds a key.
    pub(crate) async fn bind(&self, request: BindRequest) -> Result<BindReply, NodeFault> {
        Ok(within(CALL_TIMEOUT, self.holders().bind(request)).await?)
    }

    /// The worker's keys.
    pub(crate) async fn keys(&self, ticket: &[u8]) -> Result<Vec<HeldKey>, NodeFault> {
        let request = KeysRequest {
            ticket: ticket.to_vec().into(),
        };
        Ok(within(CALL_TIMEOUT, self.holders().keys(request))
            .await?
            .keys)
    }

    /// Ends a key of the worker.
    pub(crate) async fn end_key(&self, ticket: &[u8], name: Vec<u8>) -> Result<(), NodeFault> {
        let request = EndKeyRequest {
            ticket: ticket.to_vec().into(),
            name: name.into(),
        };
        within(CALL_TIMEOUT, self.holders().end_key(request)).await?;
        Ok(())
    }

    /// Who has read the account, at every node.
    pub(crate) async fn readings(&self, ticket: &[u8]) -> Result<Readings, NodeFault> {
        let request = ReadingsRequest {
            ticket: ticket.to_vec().into(),
        };
        let reply = within(CALL_TIMEOUT, self.holders().readings(request)).await?;
        Ok(yizhang_client::readings(reply).map_err(AnswerFault::from)?)
    }

    /// Disputes a record of the account that a ticket opens.
    pub(crate) async fn dispute(&self, request: DisputeRequest) -> Result<(), NodeFault> {
        within(LOOKUP_TIMEOUT, self.holders().dispute(request)).await?;
        Ok(())
    }

    /// Ends a ticket; that the node cannot be told now is no harm, it ends by itself.
    pub(crate) async fn leave(&self, ticket: &[u8]) {
        let request = LeaveRequest {
            ticket: ticket.to_vec().into(),
        };
        let _ = within(CALL_TIMEOUT, self.holders().leave(request)).await;
    }

    /// The account that a ticket opens.
    pub(crate) async fn account(&self, ticket: &[u8], as_of: Day) -> Result<Told, NodeFault> {
        let request = LookupRequest {
            as_of: as_of.number(),
            ticket: ticket.to_vec().into(),
            ..LookupRequest::default()
        };
        let reply = within(LOOKUP_TIMEOUT, self.accounts().lookup(request)).await?;
        let question = Question {
            whose: Whose::Unknown,
            as_of,
        };
        Ok(Told::read(reply, &question)?)
    }

    /// The statement of the account that a ticket opens.
    pub(crate) async fn statement(
        &self,
        ticket: &[u8],
        as_of: Day,
        number: Option<StatedNumber>,
    ) -> Result<Vec<u8>, NodeFault> {
        let (worker, salt) = match number {
            Some(stated) => (
                Some(v1::statement_request::Worker::Number(stated.number)),
                stated.salt.to_vec(),
            ),
            None => (None, Vec::new()),
        };
        let request = StatementRequest {
            worker,
            as_of: as_of.number(),
            salt: salt.into(),
            ticket: ticket.to_vec().into(),
            ..StatementRequest::default()
        };
        let reply = within(LOOKUP_TIMEOUT, self.accounts().statement(request)).await?;
        Ok(reply.statement.to_vec())
    }
}

/// The number that a statement is to be tied to, and what it is hashed with.
pub(crate) struct StatedNumber {
    pub(crate) number: String,
    pub(crate) salt: [u8; 16],
}

/// The name of a key in an answer.
pub(crate) fn key_name(key: &HeldKey) -> Option<yizhang_ledger::holder::HolderName> {
    yizhang_ledger::holder::HolderName::from_bytes(&key.name)
}

/// A day as a node writes it; none if it is 0.
pub(crate) fn day(number: u32) -> Option<Day> {
    if number == 0 {
        return None;
    }
    convert::day(number).ok()
}
