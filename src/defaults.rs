//! Values of `--node`, `--credentials` and of the purpose of a read that are not given: from the environment, or from a file;
//! the person who asks, else, is who is logged in. Where a value came from is said when a command fails.

use crate::{exit::Failure, files, node::parse_region, output};
use anyhow::Context;
use clap::{ArgMatches, Command, parser::ValueSource};
use rust_i18n::t;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// An argument whose value may come from elsewhere.
#[derive(Debug)]
struct Named {
    /// Its id among the arguments of a command. The `--case` of a transfer has another one: a step is not written into a case
    /// that somebody has forgotten in the environment.
    id: &'static str,
    flag: &'static str,
    variable: &'static str,
}

const NODE: Named = Named {
    id: "node",
    flag: "--node",
    variable: "YIZHANG_NODE",
};
const CREDENTIALS: Named = Named {
    id: "credentials",
    flag: "--credentials",
    variable: "YIZHANG_CREDENTIALS",
};
const BUSINESS: Named = Named {
    id: "business",
    flag: "--business",
    variable: "YIZHANG_BUSINESS",
};
const CASE: Named = Named {
    id: "case_number",
    flag: "--case",
    variable: "YIZHANG_CASE",
};
const PERSON: Named = Named {
    id: "person",
    flag: "--person",
    variable: "YIZHANG_PERSON",
};
const ADDRESS: Named = Named {
    id: "paper_address",
    flag: "--address",
    variable: "YIZHANG_PAPER_ADDRESS",
};
const NAMED: [Named; 6] = [NODE, CREDENTIALS, BUSINESS, CASE, PERSON, ADDRESS];

/// Where the system says who is logged in.
const LOGIN_VARIABLES: [&str; 2] = ["LOGNAME", "USER"];
/// The file, in the directory of configurations.
const FILE: &str = "yizhang/config.toml";

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
    /// Kind of business for which accounts are read.
    business: Option<String>,
    /// Number of the case for which they are read.
    case: Option<String>,
    /// The person who reads.
    person: Option<String>,
    /// Address in the codes on paper.
    paper_address: Option<String>,
}

/// A value and where it came from.
#[derive(Debug)]
struct Set {
    value: OsString,
    source: String,
}

/// The values that are there, by the ids of their arguments.
#[derive(Debug, Default)]
pub(crate) struct Defaults(BTreeMap<&'static str, Set>);

impl Defaults {
    /// Reads the environment and the file. The environment goes first.
    pub(crate) fn read(arguments: &[OsString]) -> anyhow::Result<Self> {
        let mut defaults = match file(arguments) {
            Some(path) => Self::of_file(&path).map_err(|error| wrong(&format!("{error:#}")))?,
            None => Self::default(),
        };
        for named in &NAMED {
            if let Some(set) = variable(named.variable) {
                defaults.0.insert(named.id, set);
            }
        }
        let logged_in = Self::logged_in();
        for (id, set) in logged_in.0 {
            defaults.0.entry(id).or_insert(set);
        }
        if let Some(node) = defaults.0.get(NODE.id) {
            let text = node.value.to_string_lossy();
            parse_region(&text)
                .map_err(|reason| wrong(&format!("{}: {reason} ({text})", node.source)))?;
        }
        Ok(defaults)
    }

    /// What is known where nobody has said anything: who is logged in.
    pub(crate) fn logged_in() -> Self {
        Self(BTreeMap::from([(PERSON.id, login())]))
    }

    fn of_file(path: &Path) -> anyhow::Result<Self> {
        let source = path.display().to_string();
        let configuration: Configuration =
            toml::from_str(&files::read_text(path)?).with_context(|| source.clone())?;
        let directory = path.parent().unwrap_or(Path::new("."));
        let node = configuration.node.map(|node| node.to_string().into());
        let credentials = configuration
            .credentials
            .map(|credentials| directory.join(credentials).into());
        let values = [
            (NODE.id, node),
            (CREDENTIALS.id, credentials),
            (BUSINESS.id, configuration.business.map(OsString::from)),
            (CASE.id, configuration.case.map(OsString::from)),
            (PERSON.id, configuration.person.map(OsString::from)),
            (ADDRESS.id, configuration.paper_address.map(OsString::from)),
        ];
        let mut defaults = Self::default();
        for (id, value) in values {
            if let Some(value) = value {
                let source = source.clone();
                defaults.0.insert(id, Set { value, source });
            }
        }
        Ok(defaults)
    }

    /// Makes arguments that must be given ones that may be, where there is a value for them.
    pub(crate) fn lay(&self, command: Command) -> Command {
        // Where a key of one's own may stand in their place, the parser does not ask for them; the command does.
        let asks_itself = has_holder(&command);
        command
            .mut_args(|argument| {
                let id = argument.get_id().as_str();
                // An audit reads a node or a directory, and has a case for a node only.
                let may_be_laid = asks_itself
                    || argument.is_required_set()
                    || [CASE.id, PERSON.id, ADDRESS.id].contains(&id);
                match self.0.get(id) {
                    Some(set) if may_be_laid => {
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
        for named in &NAMED {
            let Some(set) = self.0.get(named.id) else {
                continue;
            };
            let is_given = last.ids().any(|known| known.as_str() == named.id)
                && last.value_source(named.id) == Some(ValueSource::DefaultValue);
            if is_given {
                used.push(
                    t!(
                        "defaults.from",
                        argument = named.flag,
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

/// Whether a command takes a key of one's own.
fn has_holder(command: &Command) -> bool {
    let mut arguments = command.get_arguments();
    arguments.any(|argument| argument.get_id() == "holder")
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

/// Who is logged in, by name or, where the environment does not tell, by number.
fn login() -> Set {
    let named = LOGIN_VARIABLES.iter().find_map(|name| variable(name));
    named.unwrap_or_else(|| Set {
        value: format!("uid-{}", rustix::process::getuid().as_raw()).into(),
        source: "getuid".to_string(),
    })
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
