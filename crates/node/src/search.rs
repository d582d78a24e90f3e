//! The search for earlier submissions of the same number, before a submission goes to the engine.
//!
//! One thread searches for all that have come in the meantime, so that many callers of one record each cost few changes
//! between threads; more threads join when the disk is slow and many wait.

use crate::{engine::Event, refusal::Refusal, server::Shared};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::oneshot, task};
use yizhang_ledger::{chain::Submitted, value::TreeSize};
use yizhang_wire::v1;

/// Submissions that one thread takes at a time; another thread joins when more wait.
const GROUP: usize = 32;
/// Threads that search at once.
const THREADS_MAX: usize = 16;

/// What became of a submission.
pub(crate) type Answer = Result<v1::Receipt, Refusal>;

/// Submissions that wait to be searched for. Their number is bounded by the requests of each connection.
#[derive(Default)]
pub(crate) struct Searches(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    queue: VecDeque<Search>,
    threads: usize,
}

struct Search {
    submitted: Submitted,
    reply: oneshot::Sender<Answer>,
}

/// Searches for an earlier submission of the same number, and hands the submission to the engine if there is none. The
/// answer comes from the one or the other; the channel closes without one when the node stops.
pub(crate) fn offer(shared: &Arc<Shared>, submitted: Submitted) -> oneshot::Receiver<Answer> {
    let (reply, answer) = oneshot::channel();
    let mut waiting = shared.searches.lock();
    waiting.queue.push_back(Search { submitted, reply });
    let behind = waiting.queue.len() > GROUP && waiting.threads < THREADS_MAX;
    if waiting.threads == 0 || behind {
        waiting.threads += 1;
        let thread = Thread(Arc::clone(shared));
        task::spawn_blocking(move || thread.run());
    }
    answer
}

impl Searches {
    /// What a thread is to search for next; with none it is counted no more and ends.
    fn next_group(&self) -> Option<Vec<Search>> {
        let mut waiting = self.lock();
        let length = waiting.queue.len().min(GROUP);
        if length == 0 {
            waiting.threads -= 1;
            return None;
        }
        Some(waiting.queue.drain(..length).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the threads.
struct Thread(Arc<Shared>);

impl Drop for Thread {
    /// A thread that panicked has not been taken off the count: the next submission starts another in its place.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.searches.lock().threads -= 1;
        }
    }
}

impl Thread {
    fn run(self) {
        while let Some(group) = self.0.searches.next_group() {
            // Read before the search, so that the replica knows which batches the search cannot have seen; and only now that
            // a thread is at it, because many batches may pass while submissions wait.
            let searched = self.0.store.state(&self.0.origin).map(|state| state.size()).unwrap_or_default();
            for search in group {
                self.search(search, searched);
            }
        }
    }

    fn search(&self, search: Search, searched: TreeSize) {
        let Search { submitted, reply } = search;
        match earlier(&self.0, &submitted) {
            Ok(None) => self.0.engine.send_blocking(Event::Submit { submitted, searched, reply }),
            // Whoever asked may be gone.
            Ok(Some(receipt)) => drop(reply.send(Ok(receipt))),
            Err(refusal) => drop(reply.send(Err(refusal))),
        }
    }
}

/// The receipt of an earlier submission of the same number, if there is one and its content is the same.
fn earlier(shared: &Shared, submitted: &Submitted) -> Result<Option<v1::Receipt>, Refusal> {
    let Some(found) = shared.store.submission(&shared.origin, &submitted.submitter, &submitted.id)? else {
        return Ok(None);
    };
    if found.content != submitted.block.content_digest() {
        return Err(Refusal::Conflict { id: submitted.id.to_string() });
    }
    // Durable but not signed yet, as after a crash: the replica answers when it may sign.
    let Some(head) = found.head else { return Err(Refusal::Unsigned { id: submitted.id.to_string() }) };
    Ok(Some(v1::Receipt {
        submission_id: submitted.id.0.to_vec().into(),
        origin: shared.origin.to_string(),
        first: found.first.0,
        records: found.records,
        head: head.into(),
    }))
}
