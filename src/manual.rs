//! `yizhang completions` and `yizhang man`: what shells and manual readers know of the commands, made from the arguments.

use crate::{cli, exit::Outcome, language};
use anyhow::Context;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use rust_i18n::t;
use std::{fs, path::PathBuf};

/// The name under which people call the program.
const PROGRAM: &str = "yizhang";

/// Arguments of `completions`.
#[derive(Args)]
pub(crate) struct CompletionsArguments {
    /// The shell that completes.
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Args)]
pub(crate) struct ManArguments {
    /// Directory for the pages of all commands; made if it is not there. Without it the first page is printed.
    dir: Option<PathBuf>,
}

/// The whole command, with examples, in the language in force.
fn command() -> Command {
    language::localise(cli::Arguments::command())
}

pub(crate) fn completions(arguments: &CompletionsArguments) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command(), PROGRAM, &mut script);
    print!("{}", String::from_utf8_lossy(&script));
    Outcome::Clean
}

pub(crate) fn man(arguments: &ManArguments) -> anyhow::Result<Outcome> {
    let Some(dir) = &arguments.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command()).render(&mut page)?;
        print!("{}", String::from_utf8_lossy(&page));
        return Ok(Outcome::Clean);
    };
    let context = || dir.display().to_string();
    fs::create_dir_all(dir).with_context(context)?;
    clap_mangen::generate_to(command(), dir).with_context(context)?;
    println!("{}", t!("man.done", dir = dir.display()));
    Ok(Outcome::Clean)
}
