//! All services behind one listener: TLS, limits of a connection, health.

use super::{
    access_log::AccessLogService, account::AccountService, approvals::ApprovalsService,
    bundles::BundlesService, gate::GateLayer, holders::HoldersService, ledger::LedgerService,
    pseudonyms::PseudonymsService, replication::ReplicationService, review::ReviewService,
    rosters::RostersService, submission::SubmissionService,
};
use crate::{
    accepting::{self, Door},
    budgeted::BudgetedLayer,
    calls::CallsLayer,
    config::StartError,
    shared::Shared,
    waiting::TELLING_BYTES_MAX,
};
use std::sync::Arc;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;
use yizhang_wire::{
    DESCRIPTORS,
    channel::{
        ACCOUNT_BYTES_MAX, CONNECTION_WINDOW_BYTES, FRAME_BYTES_MAX, KEEPALIVE_INTERVAL,
        KEEPALIVE_TIMEOUT, MESSAGE_BYTES_MAX, PSEUDONYMS_BYTES_MAX, STREAM_WINDOW_BYTES,
    },
    deadline::SERVICE_TIMEOUT,
    v1::{
        access_log_server::AccessLogServer, account_server::AccountServer,
        approvals_server::ApprovalsServer, bundles_server::BundlesServer,
        holders_server::HoldersServer, ledger_server::LedgerServer,
        pseudonyms_server::PseudonymsServer, replication_server::ReplicationServer,
        review_server::ReviewServer, rosters_server::RostersServer,
        submission_server::SubmissionServer,
    },
};

/// Requests that one connection may have open: 256 callers that submit one record each, and room. How many a party may have on all
/// its connections, the seats say; what they bring, the budgets.
const STREAMS_PER_CONNECTION_MAX: u32 = 512;
/// Largest request but for a submission and a telling: two fields of some tens of bytes, and room for later ones.
const REQUEST_BYTES_MAX: usize = 4 * 1_024;
/// What the server is given besides what it serves.
pub(crate) struct Serving {
    pub(crate) listener: TcpListener,
    pub(crate) door: Door,
    pub(crate) readiness: watch::Receiver<bool>,
    /// Told when it is to end.
    pub(crate) shutdown: Arc<Notify>,
}

/// Serves until it is told to end.
///
/// # Errors
/// [`StartError::Reflection`].
pub(crate) fn serve(
    shared: &Arc<Shared>,
    serving: Serving,
) -> Result<task::JoinHandle<Result<(), tonic::transport::Error>>, StartError> {
    let (health, health_service) = tonic_health::server::health_reporter();
    tokio::spawn(report_health(health, serving.readiness));
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let pseudonyms = PseudonymsServer::new(PseudonymsService(Arc::clone(shared)));
    let submission = SubmissionServer::new(SubmissionService(Arc::clone(shared)));
    let holders = HoldersServer::new(HoldersService(Arc::clone(shared)));
    let replication = ReplicationServer::new(ReplicationService(Arc::clone(shared)));
    let ledger = LedgerServer::new(LedgerService(Arc::clone(shared)));
    let rosters = RostersServer::new(RostersService(Arc::clone(shared)));
    let bundles = BundlesServer::new(BundlesService(Arc::clone(shared)));
    let review = ReviewServer::new(ReviewService(Arc::clone(shared)));
    let router = Server::builder()
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_frame_size(FRAME_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .timeout(SERVICE_TIMEOUT)
        .max_concurrent_streams(Some(STREAMS_PER_CONNECTION_MAX))
        .layer(CallsLayer(Arc::clone(&shared.tally)))
        .layer(BudgetedLayer(Arc::clone(&shared.budgets)))
        .layer(GateLayer(Arc::clone(shared)))
        .add_service(health_service)
        .add_service(reflection)
        .add_service(submission.max_decoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(account(shared))
        .add_service(access_log(shared))
        .add_service(approvals(shared))
        .add_service(holders.max_decoding_message_size(REQUEST_BYTES_MAX))
        .add_service(pseudonyms.max_decoding_message_size(PSEUDONYMS_BYTES_MAX))
        .add_service(
            replication
                .max_decoding_message_size(TELLING_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        )
        .add_service(
            ledger
                .max_decoding_message_size(REQUEST_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        )
        .add_service(
            rosters
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        )
        .add_service(bundles.max_decoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(
            review
                .max_decoding_message_size(REQUEST_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        );
    let incoming = ReceiverStream::new(accepting::open(serving.listener, serving.door));
    let shutdown = serving.shutdown;
    Ok(tokio::spawn(async move {
        router
            .serve_with_incoming_shutdown(incoming, async move { shutdown.notified().await })
            .await
    }))
}

/// What waits for second clerks: a submission is shown as a whole.
fn approvals(shared: &Arc<Shared>) -> ApprovalsServer<ApprovalsService> {
    ApprovalsServer::new(ApprovalsService(Arc::clone(shared)))
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX)
}

/// The service of accounts.
fn account(shared: &Arc<Shared>) -> AccountServer<AccountService> {
    AccountServer::new(AccountService(Arc::clone(shared)))
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(ACCOUNT_BYTES_MAX)
}

/// The service of the access log.
fn access_log(shared: &Arc<Shared>) -> AccessLogServer<AccessLogService> {
    let service = AccessLogServer::new(AccessLogService(Arc::clone(shared)));
    service.max_decoding_message_size(REQUEST_BYTES_MAX)
}

/// The service as a whole is up; Submission is serving while the node may sign.
async fn report_health(
    health: tonic_health::server::HealthReporter,
    mut readiness: watch::Receiver<bool>,
) {
    loop {
        let ready = *readiness.borrow_and_update();
        if ready {
            health
                .set_serving::<SubmissionServer<SubmissionService>>()
                .await;
        } else {
            health
                .set_not_serving::<SubmissionServer<SubmissionService>>()
                .await;
        }
        if readiness.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;
    use prost::Message as _;
    use yizhang_ledger::{
        hash::Hash,
        head::{Head, Origin},
        person::SECRETS_MAX,
        tree::PATH_HASHES_MAX,
        value::{Division, TreeSize},
    };
    use yizhang_replica::limits::{TOLD_EVIDENCE_MAX, TOLD_HEADS_MAX};
    use yizhang_wire::v1::{Beginning, Evidence, TellRequest};

    /// A signed head as large as one may be that a node sends.
    fn largest_head() -> Vec<u8> {
        let region = Division::new(440_000).unwrap();
        let federation = "f".repeat(Origin::FEDERATION_LENGTH_MAX);
        let head = Head {
            origin: Origin::new(&federation, region).unwrap(),
            size: TreeSize::MAX,
            root: Hash([0xff; 32]),
        };
        head.sign(&SigningKey::from_bytes(&[7; 32])).into_bytes()
    }

    #[test]
    fn the_largest_telling_is_below_the_limit_of_a_request() {
        let head = || largest_head().into();
        let pair = || Evidence {
            first: head(),
            second: head(),
            beginning: Some(Beginning {
                root: vec![7; 32].into(),
                path: vec![7; 32 * PATH_HASHES_MAX].into(),
            }),
        };
        let request = TellRequest {
            heads: (0..TOLD_HEADS_MAX).map(|_| head()).collect(),
            evidence: (0..TOLD_EVIDENCE_MAX).map(|_| pair()).collect(),
            clock_ms: u64::MAX,
            secret_checks: vec![vec![7; 32].into(); SECRETS_MAX],
            secret_written: u32::MAX,
        };
        let bytes = request.encoded_len();
        assert!(bytes > REQUEST_BYTES_MAX, "{bytes}");
        assert!(bytes <= TELLING_BYTES_MAX, "{bytes}");
    }
}
