//! Every command has an example, and every example is a command that would run.

use crate::{cli::Arguments, defaults::Defaults, language};
use clap::{ArgMatches, Command, CommandFactory};
use yizhang_show::language::{Language, set};

/// The commands of an example text: the lines that are no remarks, what is behind a pipe, before a redirection.
fn commands(text: &str) -> Vec<Vec<String>> {
    let is_command = |line: &&str| line.starts_with("  ") && !line.trim_start().starts_with('#');
    text.lines()
        .filter(is_command)
        .map(|line| {
            let run = line.rsplit('|').next().unwrap_or(line);
            let run = run.split(['<', '>']).next().unwrap_or(run);
            run.split_whitespace().map(str::to_string).collect()
        })
        .collect()
}

/// The names of the commands that were matched, as `node run`.
fn path_of(matches: &ArgMatches) -> String {
    match matches.subcommand() {
        Some((name, below)) => format!("{name} {}", path_of(below)).trim().to_string(),
        None => String::new(),
    }
}

fn check(whole: &Command, command: &Command, path: &str) {
    let text = command.get_after_help().map(ToString::to_string);
    let text = text.unwrap_or_else(|| panic!("no example for yizhang {path}"));
    let examples = commands(&text);
    assert!(!examples.is_empty(), "yizhang {path}: {text}");
    for example in examples {
        let parsed = whole.clone().try_get_matches_from(&example);
        let matches = parsed.unwrap_or_else(|error| panic!("{example:?}: {error}"));
        let found = path_of(&matches);
        assert!(found.starts_with(path), "{example:?} under yizhang {path}");
    }
    for below in command.get_subcommands() {
        if below.get_name() != "help" {
            let path = format!("{path} {}", below.get_name());
            check(whole, below, path.trim());
        }
    }
}

#[test]
fn every_command_has_examples_that_parse_in_both_languages() {
    for language in [Language::En, Language::Zh] {
        set(language);
        // Who is logged in need not be said.
        let command = Defaults::logged_in().lay(Arguments::command());
        let whole = language::localise(command);
        check(&whole, &whole, "");
    }
}
