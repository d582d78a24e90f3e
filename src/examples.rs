//! Examples in the help of every command; `src/locales/examples.yml` has them under the path of each.

use clap::Command;
use rust_i18n::t;

#[cfg(test)]
mod tests;

/// Puts examples behind the help of a command and of all below it.
pub(crate) fn attach(command: Command) -> Command {
    below(command, "example")
}

fn below(command: Command, path: &str) -> Command {
    let command = match text(path) {
        Some(examples) => command.after_help(examples),
        None => command,
    };
    command.mut_subcommands(|subcommand| {
        let path = format!("{path}.{}", subcommand.get_name());
        below(subcommand, &path)
    })
}

/// The examples under a path, if there are any: a missing key comes back as itself.
fn text(path: &str) -> Option<String> {
    let key = format!("{path}._");
    let text = t!(&key);
    (text != key).then(|| format!("{}\n{}", t!("example-heading"), indented(&text)))
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}
