//! The log of a node, on standard error, and what it says to whoever started it, on standard output.
//!
//! A node does not end and does not wait because its log cannot be written: a full disk, a terminal that is gone, a pipe that
//! nobody reads. Lines go to a thread of their own over a queue with a limit; what could not be written is counted, and said
//! as soon as something can be.

use crate::output;
use clap::ValueEnum;
use std::{
    io::{self, IsTerminal, Write},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    filter::{ParseError, Targets},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Lines that wait to be written: some seconds of a busy node at its most talkative. Beyond them lines are lost and counted.
const LINES_MAX: usize = 4_096;
/// How long the last lines may take when the node ends.
const LAST_LINES_WAIT: Duration = Duration::from_secs(1);
/// What is logged if `RUST_LOG` says nothing.
const LEVEL: LevelFilter = LevelFilter::INFO;

/// Lines that were lost since the start. One number for the process, as there is one standard error.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Forms of the log by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// What is logged: levels by target, as in `RUST_LOG=info,yizhang_node=debug`. Patterns and spans would need a library of
/// regular expressions, which is a good part of the first build; nobody asks for them here.
struct Wanted {
    targets: Targets,
    /// Why the variable's value is not used.
    refused: Option<ParseError>,
}

impl Wanted {
    fn from_environment() -> Self {
        let text = std::env::var("RUST_LOG").unwrap_or_default();
        let usual = Targets::new().with_default(LEVEL);
        if text.trim().is_empty() {
            return Self {
                targets: usual,
                refused: None,
            };
        }
        match text.parse() {
            Ok(targets) => Self {
                targets,
                refused: None,
            },
            Err(refused) => Self {
                targets: usual,
                refused: Some(refused),
            },
        }
    }
}

/// What the writing thread is told.
enum Told {
    /// A line of the log.
    Line(Vec<u8>),
    /// A line for whoever started the node.
    Said(String),
    /// Tell when everything before this is written.
    Flush(SyncSender<()>),
}

/// The way to the writing thread.
#[derive(Clone)]
pub(crate) struct Log(SyncSender<Told>);

impl Log {
    /// Starts the thread and makes this the log of the process.
    pub(crate) fn start(form: LogForm) -> io::Result<Self> {
        let (lines, told) = sync_channel(LINES_MAX);
        std::thread::Builder::new()
            .name("log".into())
            .spawn(move || write_all(&told, &mut Writing::new(form)))?;
        let log = Self(lines);
        let lines = fmt::layer()
            .with_writer(log.clone())
            // It would print them, and panic where it cannot.
            .log_internal_errors(false)
            .with_ansi(form == LogForm::Text && io::stderr().is_terminal());
        let wanted = Wanted::from_environment();
        let all = tracing_subscriber::registry().with(wanted.targets);
        match form {
            LogForm::Text => all.with(lines).init(),
            LogForm::Json => all.with(lines.json().flatten_event(true)).init(),
        }
        if let Some(refused) = wanted.refused {
            tracing::warn!(%refused, "RUST_LOG is not understood, the log is at {LEVEL}");
        }
        Ok(log)
    }

    /// Says something to whoever started the node, behind what is logged already.
    pub(crate) fn say(&self, text: &str) {
        // Nobody counts these: they are not the log.
        let _ = self.0.try_send(Told::Said(text.to_string()));
    }

    /// Waits for the last lines, not for long. If they cannot be written, nothing is said any more that would wait for the
    /// same reader.
    pub(crate) fn finish(self) {
        let (done, written) = sync_channel(1);
        let told = self.0.try_send(Told::Flush(done));
        if told.is_err() || written.recv_timeout(LAST_LINES_WAIT).is_err() {
            output::fall_silent();
        }
    }

    /// Lines that were lost since the start.
    pub(crate) fn lost() -> u64 {
        LOST.load(Ordering::Relaxed)
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            log: self,
            bytes: Vec::new(),
        }
    }
}

/// A line that is being put together; handed over when it is dropped.
pub(crate) struct Line<'a> {
    log: &'a Log,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.bytes);
        if self.log.0.try_send(Told::Line(line)).is_err() {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What the writing thread knows.
struct Writing {
    form: LogForm,
    /// Lost lines that have been told of.
    told: u64,
    /// The last line broke off in the middle.
    torn: bool,
}

impl Writing {
    const fn new(form: LogForm) -> Self {
        Self {
            form,
            told: 0,
            torn: false,
        }
    }

    /// Writes a line, and before it how many were lost.
    fn put(&mut self, output: &mut impl Write, line: &[u8]) {
        let lost = Log::lost();
        let missing = lost.saturating_sub(self.told);
        let mut text = Vec::new();
        if self.torn {
            text.push(b'\n');
        }
        if missing > 0 {
            text.extend_from_slice(self.lost_line(missing).as_bytes());
        }
        text.extend_from_slice(line);
        match write_some(output, &text) {
            Written::All => {
                self.told = lost;
                self.torn = false;
            }
            Written::Part => {
                self.torn = true;
                LOST.fetch_add(1, Ordering::Relaxed);
            }
            Written::Nothing => {
                LOST.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn lost_line(&self, missing: u64) -> String {
        const TEXT: &str = "lines of this log could not be written";
        match self.form {
            LogForm::Text => format!("{missing} {TEXT}\n"),
            LogForm::Json => {
                format!("{{\"level\":\"WARN\",\"message\":\"{TEXT}\",\"lines\":{missing}}}\n")
            }
        }
    }
}

/// How much of some bytes could be written.
enum Written {
    All,
    Part,
    Nothing,
}

fn write_some(output: &mut impl Write, bytes: &[u8]) -> Written {
    let mut rest = bytes;
    while !rest.is_empty() {
        match output.write(rest) {
            Ok(count @ 1..) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) if rest.len() < bytes.len() => return Written::Part,
            Ok(0) | Err(_) => return Written::Nothing,
        }
    }
    Written::All
}

fn write_all(told: &Receiver<Told>, writing: &mut Writing) {
    while let Ok(told) = told.recv() {
        match told {
            Told::Line(line) => writing.put(&mut io::stderr().lock(), &line),
            Told::Said(text) => output::say(&text),
            Told::Flush(done) => {
                // Whoever waited may have given up.
                let _ = done.try_send(());
            }
        }
    }
}
