//! The search for earlier submissions of the same number, before a submission goes to the engine.
//!
//! One thread searches for all that have come in the meantime, so that many callers of one record each cost few changes
//! between threads; more threads join when the disk is slow and many wait.

use crate::{
    engine::{Answer, Engine, Event, Placed},
    refusal::Refusal,
    waiting::SUBMITTED_KIB_MAX,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
};
use yizhang_ledger::{chain::Submitted, head::Origin, value::TreeSize};
use yizhang_store::Store;

/// Submissions that one thread takes at a time; another thread joins when more wait.
const GROUP: usize = 32;
/// Threads that search at once.
const THREADS_MAX: usize = 16;
/// A search that takes longer waits for the disk: others then take over the rest of the group.
const SLOW: Duration = Duration::from_millis(1);
/// Submissions on their way to the engine, up to [`SUBMITTED_KIB_MAX`].
pub(crate) struct Searches {
    store: Arc<Store>,
    /// The own chain, to which submissions go.
    origin: Origin,
    engine: Engine,
    room: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    queue: VecDeque<Search>,
    threads: usize,
}

struct Search {
    submitted: Submitted,
    /// What goes into the same batch before it.
    approval: Option<Submitted>,
    reply: oneshot::Sender<Answer>,
    /// Its part of the room, given back when the engine takes it.
    room: OwnedSemaphorePermit,
}

impl Searches {
    pub(crate) fn new(store: Arc<Store>, origin: Origin, engine: Engine) -> Arc<Self> {
        let room = usize::try_from(SUBMITTED_KIB_MAX).expect("an address has at least 32 bits");
        Arc::new(Self {
            store,
            origin,
            engine,
            room: Arc::new(Semaphore::new(room)),
            waiting: Mutex::default(),
        })
    }

    /// Searches for an earlier submission of the same number, and hands the submission to the engine if there is none. The
    /// answer comes from the one or the other; the channel closes without one when the node stops.
    pub(crate) async fn offer(
        self: &Arc<Self>,
        submitted: Submitted,
        approval: Option<Submitted>,
    ) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        let kib = u32::try_from(submitted.block.bytes().len().div_ceil(1_024));
        let kib = kib.expect("a submission has at most SUBMISSION_BYTES_MAX bytes");
        // A caller that goes away while waiting here leaves nothing behind. The room is never closed.
        let room = Arc::clone(&self.room)
            .acquire_many_owned(kib.clamp(1, SUBMITTED_KIB_MAX))
            .await;
        if let Ok(room) = room {
            let mut waiting = self.lock();
            waiting.queue.push_back(Search {
                submitted,
                approval,
                reply,
                room,
            });
            if waiting.threads == 0 || waiting.queue.len() > GROUP {
                self.start_thread(&mut waiting);
            }
        }
        answer
    }

    /// One thread more, unless there are enough.
    fn start_thread(self: &Arc<Self>, waiting: &mut Waiting) {
        // Without a runtime the node is gone, and nobody waits.
        let runtime = Handle::try_current()
            .ok()
            .filter(|_| waiting.threads < THREADS_MAX);
        if let Some(runtime) = runtime {
            waiting.threads += 1;
            let thread = Thread(Arc::clone(self));
            runtime.spawn_blocking(move || thread.run());
        }
    }

    /// What a thread is to search for next; with none it is counted no more and ends.
    fn next_group(&self) -> Option<VecDeque<Search>> {
        let mut waiting = self.lock();
        let length = waiting.queue.len().min(GROUP);
        if length == 0 {
            waiting.threads -= 1;
            return None;
        }
        Some(waiting.queue.drain(..length).collect())
    }

    /// The place of an earlier submission of the same number, if there is one and its content is the same.
    fn earlier(&self, submitted: &Submitted) -> Result<Option<Placed>, Refusal> {
        let Some(found) =
            self.store
                .submission(&self.origin, &submitted.submitter, &submitted.id)?
        else {
            return Ok(None);
        };
        if found.content != submitted.block.content_digest() {
            return Err(Refusal::Conflict { id: submitted.id });
        }
        // Durable but not signed yet, as after a crash: the replica answers when it may sign.
        let Some(head) = found.head else {
            return Err(Refusal::Unsigned { id: submitted.id });
        };
        Ok(Some(Placed {
            first: found.first,
            records: found.records,
            head,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the threads.
struct Thread(Arc<Searches>);

impl Drop for Thread {
    /// A thread that panicked has not been taken off the count; another takes its place if submissions wait.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut waiting = self.0.lock();
            waiting.threads -= 1;
            if !waiting.queue.is_empty() {
                self.0.start_thread(&mut waiting);
            }
        }
    }
}

impl Thread {
    fn run(self) {
        while let Some(mut group) = self.0.next_group() {
            while let Some(search) = group.pop_front() {
                if self.search(search) > SLOW && !group.is_empty() {
                    self.share(std::mem::take(&mut group));
                }
            }
        }
    }

    /// Puts the rest of a group back in its place, for this thread and one more.
    fn share(&self, mut group: VecDeque<Search>) {
        let mut waiting = self.0.lock();
        group.append(&mut waiting.queue);
        waiting.queue = group;
        self.0.start_thread(&mut waiting);
    }

    /// Returns how long the store took.
    fn search(&self, search: Search) -> Duration {
        let Search {
            submitted,
            approval,
            reply,
            room,
        } = search;
        if reply.is_closed() {
            // Whoever asked is gone, and may ask again.
            return Duration::ZERO;
        }
        let start = Instant::now();
        // Read before the search, so that the replica knows which batches the search cannot have seen.
        // A chain that is not served has no size, and the search says why.
        let searched = self.0.store.size(&self.0.origin).unwrap_or(TreeSize(0));
        let found = self.0.earlier(&submitted);
        let took = start.elapsed();
        match found {
            Ok(None) => self.0.engine.send_blocking(Event::Submit {
                submitted,
                approval,
                searched,
                reply,
                room,
            }),
            Ok(Some(placed)) => drop(reply.send(Ok(placed))),
            Err(refusal) => drop(reply.send(Err(refusal))),
        }
        took
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::channel;
    use tokio::time::timeout;
    use yizhang_ledger::{
        batch::{RecordBlock, SubmissionId},
        entry::Kind,
        record::Record,
    };
    use yizhang_store::Options;

    /// A submission of a little more than 2 MiB.
    fn large(number: u8) -> Submitted {
        let mut bytes = Vec::new();
        for _ in 0..2_200 {
            Record::unread(Kind(500), &[number; 1_000])
                .write(&mut bytes)
                .unwrap();
        }
        Submitted {
            id: SubmissionId([number; 16]),
            submitter: "agency.440000".into(),
            block: RecordBlock::parse(bytes).unwrap(),
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_waits_for_the_engine_takes_room_until_the_engine_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let origin = Origin::parse("test.yizhang/440000").unwrap();
        let store = Store::open(folder.path(), Options::new(vec![origin.clone()]));
        let (engine, mut inbox) = channel();
        let searches = Searches::new(Arc::new(store.unwrap().0), origin, engine);
        let soon = Duration::from_millis(500);
        let mut answers = Vec::new();
        for number in 0.. {
            match timeout(soon, searches.offer(large(number), None)).await {
                Ok(answer) => answers.push(answer),
                Err(_) => break,
            }
        }
        // 24 MiB are full with eleven.
        assert_eq!(answers.len(), 11);
        let runtime = Handle::current();
        let take = move || inbox.next(&runtime);
        let taken = tokio::task::spawn_blocking(take).await.unwrap();
        assert!(matches!(taken, Some(Event::Submit { .. })));
        drop(taken);
        let answer = timeout(soon, searches.offer(large(99), None)).await;
        assert!(answer.is_ok(), "there is room again");
    }
}
