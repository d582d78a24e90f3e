//! Chinese or English: from `--lang`, otherwise from the locale.

use crate::examples;
use clap::{Arg, Command, ValueEnum};
use rust_i18n::t;
use std::ffi::OsString;
use yizhang_show::language::{Language, current, set};

/// A language as `--lang` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanguageArgument {
    /// 中文
    Zh,
    /// English
    En,
}

/// Sets the language before anything is printed, help included. Looks for `--lang` itself, because the help is made
/// before arguments are parsed.
pub(crate) fn choose(arguments: &[OsString]) {
    let mut asked = None;
    // An argument need not be UTF-8: names of files are what they are.
    let arguments = arguments
        .iter()
        .map(|argument| argument.to_string_lossy().into_owned());
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--lang") {
            Some("") => asked = arguments.peek().cloned(),
            Some(value) => asked = value.strip_prefix('=').map(str::to_string),
            None => {}
        }
    }
    let tag = asked
        .or_else(sys_locale::get_locale)
        .unwrap_or_default()
        .to_ascii_lowercase();
    set(if tag.starts_with("zh") {
        Language::Zh
    } else {
        Language::En
    });
}

/// Puts the help of every command and argument into the language in force, with examples. English stands at the arguments
/// themselves; `src/locales/help.yml` has the Chinese under the path of each.
pub(crate) fn localise(command: Command) -> Command {
    let mut command = examples::attach(command);
    match current() {
        Language::En => command,
        Language::Zh => {
            // Only now are the arguments and the command there that clap adds itself.
            command.build();
            translate(command, "help")
        }
    }
}

fn translate(mut command: Command, path: &str) -> Command {
    if let Some(about) = text(path) {
        command = command.about(about);
    }
    command
        .mut_args(|argument| {
            let id = argument.get_id();
            match text(&format!("{path}.{id}")).or_else(|| text(&format!("help.{id}"))) {
                Some(help) => explain(argument, help),
                None => argument,
            }
        })
        .mut_subcommands(|subcommand| match subcommand.get_name() {
            // It has the commands beside it once more below it.
            "help" => translate(subcommand, path).about(t!("help-heading.help").to_string()),
            name => {
                let below = format!("{path}.{name}");
                translate(subcommand, &below)
            }
        })
        .subcommand_help_heading(t!("help-heading.commands").to_string())
        .help_template(t!("help-heading.template").to_string())
}

/// The help of an argument, and what clap would add to it in English.
fn explain(argument: Arg, help: String) -> Arg {
    let mut parts = vec![help];
    let list = |values: Vec<_>| values.join(t!("help-heading.comma").as_ref());
    let values = argument.get_possible_values();
    if !values.is_empty() && !argument.is_hide_possible_values_set() {
        let names = list(
            values
                .iter()
                .map(|value| value.get_name().to_string())
                .collect(),
        );
        parts.push(t!("help-heading.values", values = names).to_string());
    }
    let defaults = argument.get_default_values();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        let values = list(
            defaults
                .iter()
                .map(|value| value.display().to_string())
                .collect(),
        );
        parts.push(t!("help-heading.default", value = values).to_string());
    }
    let help = parts.concat();
    let heading = if argument.is_positional() {
        t!("help-heading.arguments")
    } else {
        t!("help-heading.options")
    };
    argument
        .help(help.clone())
        .long_help(help)
        .hide_possible_values(true)
        .hide_default_value(true)
        .help_heading(heading.to_string())
}

/// The text under a key, if there is one: a missing key comes back as itself.
fn text(key: &str) -> Option<String> {
    let key = format!("{key}._");
    let text = t!(&key);
    (text != key).then(|| text.to_string())
}
