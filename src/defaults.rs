//! Values of `--node` and `--credentials` that are not given: from the environment, or from a file. Where a value came from
//! is said when a command fails.

use crate::{exit::Failure, files, node::parse_region, output};
use anyhow::Context;
use clap::{ArgMatches, Command, parser::ValueSource};
use rust_i18n::t;
use serde::Deserialize;
use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The environment's names for the two values.
const NODE_VARIABLE: &str = "YIZHANG_NODE";
const CREDENTIALS_VARIABLE: &str = "YIZHANG_CREDENTIALS";
/// The file, in the directory of configurations.
const FILE: &str = "yizhang/config.toml";
/// Ids of the arguments.
const NODE: &str = "node";
const CREDENTIALS: &str = "credentials";

/// Lines about the values that were used, for whoever asks why a command failed.
static USED: OnceLock<Vec<String>> = OnceLock::new();

/// The file's content.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    /// Region of the node to ask, as 440000.
    node: Option<u32>,
    /// Directory of credentials, relative to that of the file.
    credentials: Option<PathBuf>,
}

/// A value and where it came from.
#[derive(Debug)]
struct Set {
    value: OsString,
    source: String,
}

/// The values that are there.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    node: Option<Set>,
    credentials: Option<Set>,
}

impl Defaults {
    /// Reads the environment and the file. The environment goes first.
    pub(crate) fn read(arguments: &[OsString]) -> anyhow::Result<Self> {
        let mut defaults = match file(arguments) {
            Some(path) => Self::of_file(&path).map_err(|error| wrong(&format!("{error:#}")))?,
            None => Self::default(),
        };
        if let Some(node) = variable(NODE_VARIABLE) {
            defaults.node = Some(node);
        }
        if let Some(credentials) = variable(CREDENTIALS_VARIABLE) {
            defaults.credentials = Some(credentials);
        }
        if let Some(node) = &defaults.node {
            let text = node.value.to_string_lossy();
            parse_region(&text)
                .map_err(|reason| wrong(&format!("{}: {reason} ({text})", node.source)))?;
        }
        Ok(defaults)
    }

    fn of_file(path: &Path) -> anyhow::Result<Self> {
        let source = path.display().to_string();
        let configuration: Configuration =
            toml::from_str(&files::read_text(path)?).with_context(|| source.clone())?;
        let set = |value: OsString| Set {
            value,
            source: source.clone(),
        };
        let directory = path.parent().unwrap_or(Path::new("."));
        Ok(Self {
            node: configuration.node.map(|node| set(node.to_string().into())),
            credentials: configuration
                .credentials
                .map(|credentials| set(directory.join(credentials).into())),
        })
    }

    /// Makes arguments that must be given ones that may be, where there is a value for them.
    pub(crate) fn lay(&self, command: Command) -> Command {
        command
            .mut_args(|argument| {
                let set = match argument.get_id().as_str() {
                    NODE => &self.node,
                    CREDENTIALS => &self.credentials,
                    _ => &None,
                };
                match set {
                    Some(set) if argument.is_required_set() => {
                        argument.required(false).default_value(set.value.clone())
                    }
                    _ => argument,
                }
            })
            .mut_subcommands(|subcommand| self.lay(subcommand))
    }

    /// Remembers which values a command was given by these.
    pub(crate) fn remember(&self, matches: &ArgMatches) {
        let mut last = matches;
        while let Some((_, below)) = last.subcommand() {
            last = below;
        }
        let mut used = Vec::new();
        for (id, set) in [(NODE, &self.node), (CREDENTIALS, &self.credentials)] {
            let Some(set) = set else { continue };
            let is_given = last.ids().any(|known| known.as_str() == id)
                && last.value_source(id) == Some(ValueSource::DefaultValue);
            if is_given {
                used.push(
                    t!(
                        "defaults.from",
                        argument = format!("--{id}"),
                        value = set.value.to_string_lossy(),
                        source = set.source
                    )
                    .to_string(),
                );
            }
        }
        // One command is run.
        let _ = USED.set(used);
    }
}

/// Says which values of a command that has failed were not on the command line.
pub(crate) fn say_used() {
    for line in USED.get().into_iter().flatten() {
        output::notice(line);
    }
}

fn wrong(text: &str) -> anyhow::Error {
    Failure::Arguments(text.to_string()).into()
}

/// A variable of the environment, unless it is empty.
fn variable(name: &str) -> Option<Set> {
    let value = env::var_os(name).filter(|value| !value.is_empty())?;
    Some(Set {
        value,
        source: name.to_string(),
    })
}

/// The file: the one that is named, else the usual one if it is there.
fn file(arguments: &[OsString]) -> Option<PathBuf> {
    if let Some(named) = named(arguments) {
        return Some(named);
    }
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute())
    };
    let directory =
        absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(directory.join(FILE)).filter(|path| path.exists())
}

/// The value of `--config`, which is needed before arguments are parsed.
fn named(arguments: &[OsString]) -> Option<PathBuf> {
    const NAME: &str = "--config";
    let at = arguments.iter().position(|argument| argument == NAME);
    if let Some(at) = at {
        return arguments.get(at + 1).map(PathBuf::from);
    }
    let joined = |argument: &OsString| {
        use std::os::unix::ffi::OsStrExt as _;
        let value = argument.as_bytes().strip_prefix(b"--config=")?;
        Some(PathBuf::from(OsStr::from_bytes(value)))
    };
    arguments.iter().find_map(joined)
}
