//! Waiting for a node that went away in the midst of work: one that starts anew, under a newer roster or with a new certificate, is back
//! within seconds.

use crate::{connection, output};
use rust_i18n::t;
use std::time::{Duration, Instant};
use tonic::{Code, Status};
use yizhang_ledger::value::Division;

/// How long a node is waited for, from the first call that it did not answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Wait before the first further attempt; doubles up to [`WAIT_MAX`].
const WAIT_MIN: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(3);

/// How long a node has been waited for.
pub(crate) struct Patience {
    region: Division,
    since: Option<Instant>,
    wait: Duration,
}

impl Patience {
    /// With a node that answers.
    pub(crate) const fn new(region: Division) -> Self {
        Self {
            region,
            since: None,
            wait: WAIT_MIN,
        }
    }

    /// The node has answered.
    pub(crate) const fn is_rewarded(&mut self) {
        self.since = None;
        self.wait = WAIT_MIN;
    }

    /// How long to wait before the call is made again; none if waiting does not help, or has lasted long enough. Says that it waits,
    /// once.
    pub(crate) fn after(&mut self, status: &Status) -> Option<Duration> {
        if !is_passing(status) {
            return None;
        }
        if self.since.is_none() {
            output::notice(&t!(
                "patience.waits",
                region = connection::place(self.region)
            ));
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() > PATIENCE {
            return None;
        }
        let wait = self.wait;
        self.wait = (wait * 2).min(WAIT_MAX);
        Some(wait)
    }
}

/// Whether a call failed as calls to a node do that ends or starts. A connection that is lost ends as "unknown" or "cancelled".
fn is_passing(status: &Status) -> bool {
    let passes = [Code::Unavailable, Code::Unknown, Code::Cancelled];
    passes.contains(&status.code()) && !connection::is_refused_by_tls(status)
}
