//! Wrong arguments in the language in force. clap words them in English; `src/locales/usage.yml` has the Chinese.

use crate::output;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use rust_i18n::t;
use std::{
    error::Error as _,
    io::{self, Write as _},
};
use yizhang_show::{
    language::{self, Language},
    without_numbers,
};

/// What is wrong with the value of an argument, in the words of the program: the language is in force when it is made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongValue(pub(crate) String);

/// Says what is wrong with the arguments, or shows the help or version that was asked for, and ends the program with
/// clap's exit code: 2 for what is wrong.
pub(crate) fn exit(error: &Error) -> ! {
    match (language::current(), fault(error)) {
        (Language::Zh, Some(text)) => {
            output::notice(&t!("error", text = without_numbers(&text)));
            for line in advice(error) {
                output::notice(&without_numbers(&line));
            }
            std::process::exit(error.exit_code())
        }
        // What clap shows of the arguments is shown as it is only where it holds nobody's number.
        _ if error.use_stderr() && without_numbers(&error.to_string()) != error.to_string() => {
            output::notice(without_numbers(&error.to_string()).trim_end());
            std::process::exit(error.exit_code())
        }
        // The help that was asked for is a result, and has to arrive.
        _ if !error.use_stderr() => {
            if let Err(reason) = error.print().and_then(|()| io::stdout().flush()) {
                output::end(&format!("stdout: {reason}"));
            }
            std::process::exit(0)
        }
        _ => error.exit(),
    }
}

/// What is wrong, for the kinds that these arguments can lead to.
fn fault(error: &Error) -> Option<String> {
    let argument = text(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    let fault = match error.kind() {
        ErrorKind::UnknownArgument => t!("usage.unknown-argument", argument = argument?),
        ErrorKind::InvalidSubcommand => {
            t!(
                "usage.unknown-command",
                command = text(error, ContextKind::InvalidSubcommand)?
            )
        }
        ErrorKind::MissingSubcommand => t!("usage.no-command"),
        ErrorKind::MissingRequiredArgument => t!("usage.missing", arguments = argument?),
        ErrorKind::ArgumentConflict => match text(error, ContextKind::PriorArg) {
            Some(other) if Some(&other) != argument.as_ref() => {
                t!("usage.conflict", argument = argument?, other = other)
            }
            _ => t!("usage.twice", argument = argument?),
        },
        ErrorKind::InvalidValue if value.as_ref().is_some_and(String::is_empty) => {
            t!("usage.no-value", argument = argument?)
        }
        ErrorKind::InvalidValue => t!("usage.value", argument = argument?, value = value?),
        ErrorKind::TooManyValues => t!("usage.more-values", argument = argument?, value = value?),
        ErrorKind::ValueValidation => {
            // Values that are none of our own forms are numbers.
            let own = error
                .source()
                .and_then(|source| source.downcast_ref::<WrongValue>());
            let reason = own.map_or_else(|| t!("usage.number"), |own| own.to_string().into());
            t!(
                "usage.value-because",
                argument = argument?,
                value = value?,
                reason = reason
            )
        }
        ErrorKind::InvalidUtf8 => t!("usage.not-utf8"),
        _ => return None,
    };
    Some(fault.to_string())
}

/// What would be right.
fn advice(error: &Error) -> Vec<String> {
    let values = text(error, ContextKind::ValidValue).filter(|values| !values.is_empty());
    let near = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    let near = near.into_iter().find_map(|kind| text(error, kind));
    let usage = text(error, ContextKind::Usage);
    let usage = usage
        .as_deref()
        .and_then(|usage| usage.strip_prefix("Usage: "));
    [
        values.map(|values| t!("usage.values", values = values)),
        near.map(|near| t!("usage.near", near = near)),
        usage.map(|usage| t!("usage.form", usage = usage)),
        Some(t!("usage.help")),
    ]
    .into_iter()
    .flatten()
    .map(|line| line.to_string())
    .collect()
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(t!("help-heading.comma").as_ref())),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}
