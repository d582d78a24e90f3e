//! What the service manager is told (sd_notify): when the node is up, how it is, that it moves, that it ends. Without a
//! manager that listens, nothing.

use sd_notify::NotifyState;
use std::time::Duration;
use yizhang_node::Pulse;

/// How often the state is told to a manager that keeps no watch.
const STATE_INTERVAL: Duration = Duration::from_secs(10);

/// Tells something to the manager that started the node, if one did.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// The node has begun to read its directory, which may take a while.
pub(super) fn opening() {
    tell(&[NotifyState::Status("opening the data directory")]);
}

/// The node listens.
pub(super) fn up() {
    tell(&[NotifyState::Ready]);
}

/// The node ends.
pub(super) fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("finishing what has been accepted"),
    ]);
}

/// Tells the state, and that the node moves, for as long as it does.
pub(super) async fn keep_telling(pulse: Pulse) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return std::future::pending().await;
    }
    // Twice within the time after which a manager would end the node.
    let watched = sd_notify::watchdog_enabled();
    let interval = watched.map_or(STATE_INTERVAL, |limit| limit / 2);
    loop {
        match pulse.beat().await {
            Some(state) => tell(&[NotifyState::Watchdog, NotifyState::Status(&state)]),
            None => {
                tracing::error!("the engine does not answer; the service manager is told nothing");
            }
        }
        tokio::time::sleep(interval).await;
    }
}
