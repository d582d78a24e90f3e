//! The state of the node, asked of its engine within a limit: an engine that does not answer is a state, too.

use crate::engine::{Engine, Event};
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};
use yizhang_wire::v1::StatusReply;

/// How long the engine may take: many times what it needs when it is busy.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The state; none if the engine does not answer.
pub(crate) async fn of(engine: &Engine) -> Option<StatusReply> {
    let ask = async {
        let (sender, receiver) = oneshot::channel();
        engine.send(Event::Status(sender)).await;
        receiver.await.ok()
    };
    timeout(ANSWER_TIMEOUT, ask).await.ok().flatten()
}
