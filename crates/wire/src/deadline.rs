//! How long anybody waits for an answer: every call has a limit, and every stream a longest silence.
//!
//! Three waits come before and beside these and have their limits in [`crate::channel`]: for the TCP connection, for the
//! TLS handshake, and for the answer to a probe of a connection that is otherwise silent.

use std::time::Duration;
use tokio::time::timeout;
use tonic::{Response, Status, Streaming};

/// For a status: the node answers from memory, behind at most a queue of events that takes it a second or two.
pub const STATUS_TIMEOUT: Duration = Duration::from_secs(20);
/// For an account: 16 MiB at 2 Mbit/s take 67 seconds, and a busy node computes others first.
pub const LOOKUP_TIMEOUT: Duration = Duration::from_secs(120);
/// For a stream to begin: the node checks who asks and whether it has time, and reads nothing yet.
pub const STREAM_START_TIMEOUT: Duration = Duration::from_secs(20);
/// For the next receipt: at most 24 MiB are written before a submission, which a slow disk does in seconds; sending one of
/// 3 MiB at 1 Mbit/s takes 25.
pub const RECEIPT_SILENCE_MAX: Duration = Duration::from_secs(120);
/// For the next batch of a chain: 3 MiB at 1 Mbit/s take 25 seconds, and the node has a deadline of 30 for sending one.
pub const BATCH_SILENCE_MAX: Duration = Duration::from_secs(60);
/// For the next page of a review: 64 accounts, each of them at worst some seconds of work.
pub const PAGE_SILENCE_MAX: Duration = Duration::from_secs(300);
/// For the first announcement of a peer, which it sends at once. Later ones come when there is something new; that the peer
/// is still there is probed.
pub const ANNOUNCEMENT_TIMEOUT: Duration = Duration::from_secs(20);
/// For a node to work on one call, its arguments read and its answer made, so that a caller who never finishes a message
/// holds no place for ever: longer than any caller waits, shorter than for ever. Streams are under way by then.
pub const SERVICE_TIMEOUT: Duration = Duration::from_secs(180);

/// The answer to a call, or `DEADLINE_EXCEEDED`.
///
/// # Errors
/// Those of the call; `DEADLINE_EXCEEDED` when the limit has passed. Whether the call was carried out is then unknown.
pub async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, Status> {
    match timeout(limit, call).await {
        Ok(answer) => answer.map(Response::into_inner),
        Err(_) => Err(late("answer", limit)),
    }
}

/// The next message of a stream, `None` at its end, or `DEADLINE_EXCEEDED` when nothing came within the limit.
///
/// # Errors
/// Those of the stream; `DEADLINE_EXCEEDED`.
pub async fn next<T>(stream: &mut Streaming<T>, limit: Duration) -> Result<Option<T>, Status> {
    match timeout(limit, stream.message()).await {
        Ok(message) => message,
        Err(_) => Err(late("message", limit)),
    }
}

fn late(what: &str, limit: Duration) -> Status {
    Status::deadline_exceeded(format!("no {what} within {} seconds", limit.as_secs()))
}
