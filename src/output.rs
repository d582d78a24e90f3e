//! What is said to people while a command runs, and what happens when it cannot be written.
//!
//! Results go through `println!`: without its result a command has failed, and the program ends with a reason. What is only
//! said along the way goes through [`say`] and [`notice`]: that nobody reads it any more is no reason to stop.

use rust_i18n::t;
use std::{
    io::{self, Write as _},
    process::exit,
    sync::atomic::{AtomicBool, Ordering},
};

/// The exit code of a program that SIGPIPE ends: nobody reads any more.
const NOBODY_READS: i32 = 141;
/// The exit code of a command that has failed.
const FAILED: i32 = 4;
/// How the standard library begins the text of a panic of `println!` and `eprintln!`; the name of the stream follows.
const FAILED_PRINTING: &str = "failed printing to ";
/// How it ends the text of an error when nobody reads any more: EPIPE.
const BROKEN_PIPE: &str = "(os error 32)";

/// Whether nothing is said along the way any more, because the reader of it has stopped reading and has not gone away.
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Says a line on standard output, whoever listens.
pub(crate) fn say(text: &str) {
    if !IS_SILENT.load(Ordering::Relaxed) {
        // Nobody may be listening any more (`node run | head -1`).
        let _ = writeln!(io::stdout(), "{text}");
    }
}

/// Says a line on standard error, whoever listens.
pub(crate) fn notice(text: &str) {
    if !IS_SILENT.load(Ordering::Relaxed) {
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// Asks for something on standard error, without an end of line.
pub(crate) fn prompt(text: &str) {
    let _ = write!(io::stderr(), "{text} ");
}

/// From now on nothing is said along the way: it would wait for ever.
pub(crate) fn fall_silent() {
    IS_SILENT.store(true, Ordering::Relaxed);
}

/// When output cannot be written, `println!` panics. `yizhang ... | head` is no failure of ours: the program ends as others
/// do that SIGPIPE ends. A full disk is one: it is said where that can still be read.
pub(crate) fn end_in_order_when_it_fails() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>();
        match text.and_then(|text| text.strip_prefix(FAILED_PRINTING)) {
            Some(reason) => end(reason),
            None => default(panic),
        }
    }));
}

/// Ends the program because something could not be written.
pub(crate) fn end(reason: &str) -> ! {
    if reason.ends_with(BROKEN_PIPE) {
        exit(NOBODY_READS);
    }
    notice(&t!("output.failed", reason = reason));
    exit(FAILED)
}
