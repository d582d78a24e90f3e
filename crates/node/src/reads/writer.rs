//! The one thread that writes the access log. All that wait share one sync.

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};
use yizhang_ledger::value::{Day, UnixMillis};
use yizhang_store::{AccessEntry, AccessLog, StoreError};

/// Reads that wait to be written down; who comes beyond them waits for a place. As many as lookups may be under way, and room.
const WAITING_MAX: usize = 1_024;
/// Reads that share one sync: 64 KiB, where they are of one account.
const GROUP_MAX: usize = 256;
/// How often it is said that nothing can be written.
const SAID_EVERY_MS: u64 = 60 * 60 * 1_000;
/// How often a log that could not be opened is tried again.
const OPENED_EVERY: Duration = Duration::from_secs(60);

/// What the thread is told.
enum Told {
    Read(Waiting),
    /// Close the file of an earlier day.
    EndOfDay(EndOfDay),
}

/// A day that has begun, and who waits for the file of the one before to be closed.
struct EndOfDay {
    today: Day,
    done: oneshot::Sender<Option<Day>>,
}

/// The entries of one read, and who waits for them to be durable.
struct Waiting {
    entries: Vec<AccessEntry>,
    done: oneshot::Sender<bool>,
}

/// The way to the thread.
pub(super) struct Writer(mpsc::Sender<Told>);

impl Writer {
    /// Opens the log, shows the entries of its last day, and starts the thread.
    pub(super) fn start(
        data: &Path,
        clock: fn() -> UnixMillis,
        each: &mut dyn FnMut(AccessEntry),
    ) -> Self {
        let (sender, told) = mpsc::channel(WAITING_MAX);
        let mut thread = Thread {
            log: None,
            data: data.to_path_buf(),
            opened: Instant::now(),
            clock,
            said: None,
        };
        match AccessLog::open(data, each) {
            Ok(log) => thread.log = Some(log),
            Err(error) => thread.say(&error),
        }
        let started = thread::Builder::new()
            .name("access".into())
            .spawn(move || thread.run(told));
        if let Err(error) = started {
            // Without the thread the channel is closed, and every read is refused.
            tracing::error!(%error, "the access log has no thread: nothing is read here");
        }
        Self(sender)
    }

    /// Whether the entries of a read are durable.
    pub(super) async fn write(&self, entries: Vec<AccessEntry>) -> bool {
        let (done, is_done) = oneshot::channel();
        let told = Told::Read(Waiting { entries, done });
        self.0.send(told).await.is_ok() && is_done.await.unwrap_or(false)
    }

    /// The day that the log believes to be today, when no file of an earlier one is open any more.
    pub(super) async fn end_day(&self, today: Day) -> Option<Day> {
        let (done, is_done) = oneshot::channel();
        let told = Told::EndOfDay(EndOfDay { today, done });
        self.0.send(told).await.ok()?;
        is_done.await.ok().flatten()
    }
}

struct Thread {
    /// None where the log could not be opened.
    log: Option<AccessLog>,
    data: PathBuf,
    /// When it was last tried to open it.
    opened: Instant,
    clock: fn() -> UnixMillis,
    /// When it was last said that nothing can be written.
    said: Option<UnixMillis>,
}

impl Thread {
    fn run(mut self, mut told_next: mpsc::Receiver<Told>) {
        while let Some(first) = told_next.blocking_recv() {
            let mut group = Vec::new();
            let mut end_of_day = None;
            let mut next = Some(first);
            while let Some(told) = next.take() {
                match told {
                    Told::Read(waiting) => group.push(waiting),
                    Told::EndOfDay(told) => end_of_day = Some(told),
                }
                // A change of day ends the group.
                if group.len() < GROUP_MAX && end_of_day.is_none() {
                    next = told_next.try_recv().ok();
                }
            }
            self.open_again();
            self.write(group);
            if let Some(EndOfDay { today, done }) = end_of_day {
                let ended = self.end_day(today);
                // Who asked may be gone.
                let _ = done.send(ended);
            }
        }
    }

    /// Tries again to open a log that could not be opened. What stands in it is not counted: some of it was at the start.
    fn open_again(&mut self) {
        if self.log.is_some() || self.opened.elapsed() < OPENED_EVERY {
            return;
        }
        self.opened = Instant::now();
        match AccessLog::open(&self.data, &mut |_| {}) {
            Ok(log) => {
                self.log = Some(log);
                tracing::info!("the access log can be written again");
            }
            Err(error) => self.say(&error),
        }
    }

    fn write(&mut self, group: Vec<Waiting>) {
        if group.is_empty() {
            return;
        }
        let (mut entries, mut waiting) = (Vec::new(), Vec::new());
        for read in group {
            entries.extend(read.entries);
            waiting.push(read.done);
        }
        let today = Day::of((self.clock)());
        let written = match &mut self.log {
            Some(log) => log.append(&entries, today),
            None => return,
        };
        if let Err(error) = &written {
            self.say(error);
        }
        for done in waiting {
            // Who waited may be gone.
            let _ = done.send(written.is_ok());
        }
    }

    fn end_day(&mut self, today: Day) -> Option<Day> {
        match self.log.as_mut()?.close_before(today) {
            Ok(believed) => Some(believed),
            Err(error) => {
                self.say(&error);
                None
            }
        }
    }

    fn say(&mut self, error: &StoreError) {
        let now = (self.clock)();
        let is_due = |said: UnixMillis| now.0.abs_diff(said.0) >= SAID_EVERY_MS;
        if self.said.is_none_or(is_due) {
            self.said = Some(now);
            tracing::error!(%error, "the access log cannot be written: nothing is read here");
        }
    }
}
