//! How a command ended, as an exit code that a script can branch on.

use crate::{defaults, output, show};
use rust_i18n::t;
use std::process::ExitCode;

/// A command that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to object to. Exit code 0.
    Clean,
    /// The work is done and found something that a person must look at: faulty rows, damage, evidence. Exit code 1.
    Findings,
}

/// A refusal or failure with an exit code of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Not now; trying again later may help. Exit code 3.
    #[error("{0}")]
    Refused(String),
    /// Not you: the credentials do not allow it, and trying again does not help. Exit code 5.
    #[error("{0}")]
    Denied(String),
    /// Arguments that the parser cannot see are wrong. Exit code 2, as the parser's own.
    #[error("{0}")]
    Arguments(String),
}

/// The exit code of a command. Any error that is no refusal is 4.
pub(crate) fn code(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(error) => {
            // What a file or a node says may be in it.
            output::notice(&t!(
                "error",
                text = show::without_numbers(&show::printable_lines(&format!("{error:#}")))
            ));
            defaults::say_used();
            ExitCode::from(match error.downcast_ref::<Failure>() {
                Some(Failure::Arguments(_)) => 2,
                Some(Failure::Refused(_)) => 3,
                Some(Failure::Denied(_)) => 5,
                None => 4,
            })
        }
    }
}
