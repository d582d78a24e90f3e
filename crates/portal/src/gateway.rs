//! The same door for the command line: gRPC, passed through to the node as it is. The node checks all of it; what is for clerks is not
//! passed.

use crate::shared::Shared;
use axum::Router;
use std::sync::Arc;
use tonic::{Request, Response, Status, service::Routes, transport::Channel};
use yizhang_wire::{
    channel::ACCOUNT_BYTES_MAX,
    deadline::LOOKUP_TIMEOUT,
    v1::{
        self,
        account_client::AccountClient,
        account_server::{Account, AccountServer},
        holders_client::HoldersClient,
        holders_server::{Holders, HoldersServer},
    },
};

/// Largest request: an answer of a passkey, and room.
const REQUEST_BYTES_MAX: usize = 4 * 1_024;

/// The services, as addresses of the web server.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router {
    let gateway = Gateway(shared.node.channel());
    let accounts = AccountServer::new(gateway.clone())
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(ACCOUNT_BYTES_MAX);
    let holders = HoldersServer::new(gateway).max_decoding_message_size(REQUEST_BYTES_MAX);
    // Without what answers every other address: that is the pages'.
    Routes::new(accounts)
        .add_service(holders)
        .into_axum_router()
        .reset_fallback()
}

#[derive(Clone)]
struct Gateway(Channel);

impl Gateway {
    fn holders(&self) -> HoldersClient<Channel> {
        HoldersClient::new(self.0.clone())
    }

    fn accounts(&self) -> AccountClient<Channel> {
        AccountClient::new(self.0.clone()).max_decoding_message_size(ACCOUNT_BYTES_MAX)
    }
}

/// A request with nothing but its message, and with a deadline: what a stranger writes around it reaches no node.
fn passed<T>(request: Request<T>) -> Request<T> {
    let mut passed = Request::new(request.into_inner());
    passed.set_timeout(LOOKUP_TIMEOUT);
    passed
}

fn for_clerks() -> Status {
    Status::permission_denied("this is for clerks, at the node")
}

#[tonic::async_trait]
impl Account for Gateway {
    async fn lookup(
        &self,
        request: Request<v1::LookupRequest>,
    ) -> Result<Response<v1::LookupReply>, Status> {
        self.accounts().lookup(passed(request)).await
    }

    async fn statement(
        &self,
        request: Request<v1::StatementRequest>,
    ) -> Result<Response<v1::StatementReply>, Status> {
        self.accounts().statement(passed(request)).await
    }
}

#[tonic::async_trait]
impl Holders for Gateway {
    async fn issue_code(
        &self,
        _: Request<v1::IssueCodeRequest>,
    ) -> Result<Response<v1::IssuedCode>, Status> {
        Err(for_clerks())
    }

    async fn approve_code(
        &self,
        _: Request<v1::ApproveCodeRequest>,
    ) -> Result<Response<v1::ApproveCodeReply>, Status> {
        Err(for_clerks())
    }

    async fn enter(
        &self,
        request: Request<v1::EnterRequest>,
    ) -> Result<Response<v1::Entrance>, Status> {
        self.holders().enter(passed(request)).await
    }

    /// The way to the identity provider and back is one of pages.
    async fn sign_on(
        &self,
        _: Request<v1::SignOnRequest>,
    ) -> Result<Response<v1::Entrance>, Status> {
        Err(Status::permission_denied("sign-on is for pages"))
    }

    async fn challenge(
        &self,
        request: Request<v1::ChallengeRequest>,
    ) -> Result<Response<v1::ChallengeReply>, Status> {
        self.holders().challenge(passed(request)).await
    }

    async fn bind(
        &self,
        request: Request<v1::BindRequest>,
    ) -> Result<Response<v1::BindReply>, Status> {
        self.holders().bind(passed(request)).await
    }

    async fn open(
        &self,
        request: Request<v1::OpenRequest>,
    ) -> Result<Response<v1::Entrance>, Status> {
        self.holders().open(passed(request)).await
    }

    async fn keys(
        &self,
        request: Request<v1::KeysRequest>,
    ) -> Result<Response<v1::KeysReply>, Status> {
        self.holders().keys(passed(request)).await
    }

    async fn end_key(
        &self,
        request: Request<v1::EndKeyRequest>,
    ) -> Result<Response<v1::EndKeyReply>, Status> {
        self.holders().end_key(passed(request)).await
    }

    async fn leave(
        &self,
        request: Request<v1::LeaveRequest>,
    ) -> Result<Response<v1::LeaveReply>, Status> {
        self.holders().leave(passed(request)).await
    }
}
