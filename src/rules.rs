//! `yizhang rules`: check rule files, show what holds, and compare sets.

use crate::{exit::Outcome, show, usage::WrongValue};
use anyhow::Context;
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};
use yizhang_entitlement::Policy;
use yizhang_ledger::value::{Division, Month};
use yizhang_rules::{
    FILE_BYTES_MAX, FILES_MAX, Fault, Key, Place, Rule, RuleFault, RuleFile, RuleSet, RuleText,
    RuleTexts,
};

/// What can be done with rules.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a directory of rule files over the rules of the program.
    Check {
        /// Directory of an operator's own rule files.
        dir: Option<PathBuf>,
    },
    /// Show the rules, all of them or what holds at a place in a month.
    Show(Shown),
    /// Show what a directory of rule files changes.
    Diff {
        /// Directory of an operator's own rule files.
        dir: PathBuf,
        /// Directory to compare with; the rules of the program if not given.
        #[arg(long)]
        from: Option<PathBuf>,
    },
}

/// Which rules are shown.
#[derive(Args)]
pub(crate) struct Shown {
    /// Directory of an operator's own rule files.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Rules of this key only, or of keys that begin so.
    #[arg(long)]
    key: Option<String>,
    /// What holds at this place: a division of six digits.
    #[arg(long, value_parser = crate::node::parse_region)]
    place: Option<Division>,
    /// What holds in this month, as 2026-10.
    #[arg(long, value_parser = parse_month)]
    month: Option<Month>,
    /// The rule with this id, whole.
    #[arg(long)]
    id: Option<String>,
    /// Every field of each rule, whole.
    #[arg(long)]
    whole: bool,
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Check { dir } => check(dir.as_deref()),
        Command::Show(shown) => shown_rules(shown),
        Command::Diff { dir, from } => diff(dir, from.as_deref()),
    }
}

fn parse_month(text: &str) -> Result<Month, WrongValue> {
    Month::parse(text).ok_or_else(|| WrongValue(t!("rules.no_month", found = text).to_string()))
}

fn check(dir: Option<&Path>) -> anyhow::Result<Outcome> {
    let Files {
        texts,
        faults,
        left_alone,
    } = dir.map_or_else(|| Ok(Files::default()), read_files)?;
    if !left_alone.is_empty() {
        // Names of files may be anything.
        let names = show::printable(&left_alone.join(", "));
        println!("{}", t!("rules.left_alone", names = names));
    }
    let set = match laid(&texts, faults) {
        Ok(set) => set,
        Err(faults) => {
            show::rules::faults(&faults);
            return Ok(Outcome::Findings);
        }
    };
    println!(
        "{}",
        t!(
            "rules.checked",
            rules = set.rules().len(),
            name = set.name()
        )
    );
    Ok(Outcome::Clean)
}

fn shown_rules(shown: &Shown) -> anyhow::Result<Outcome> {
    let set = match read(shown.dir.as_deref())? {
        Ok(set) => set,
        Err(faults) => {
            show::rules::faults(&faults);
            return Ok(Outcome::Findings);
        }
    };
    let prefix = shown.key.as_deref().unwrap_or_default();
    anyhow::ensure!(
        Key::ALL.iter().any(|key| key.name().starts_with(prefix)),
        "{}",
        t!("rules.no_key", found = prefix)
    );
    let has_id = |rule: &&Rule| shown.id.as_deref().is_none_or(|id| id == rule.id);
    anyhow::ensure!(
        set.rules().iter().any(|rule| has_id(&rule)),
        "{}",
        t!(
            "rules.no_id",
            found = shown.id.as_deref().unwrap_or_default()
        )
    );
    let rules: Vec<&Rule> = set
        .rules()
        .iter()
        .filter(has_id)
        .filter(|rule| is_shown(&set, rule, prefix, shown))
        .collect();
    if shown.whole || shown.id.is_some() {
        show::rules::whole(&rules);
    } else {
        show::rules::table(&rules);
    }
    println!("{}", show::rules::name(set.name()));
    Ok(Outcome::Clean)
}

/// With a place, only the rule that decides there; with a month, only what holds in it.
fn is_shown(set: &RuleSet, rule: &Rule, prefix: &str, shown: &Shown) -> bool {
    let in_month = shown.month.is_none_or(|month| rule.holds_in(month));
    let decides = |place: Division| match shown.month {
        Some(month) => set.find(rule.key, &rule.of, place, month) == Some(rule),
        None => rule.may_hold_at(place),
    };
    rule.key.name().starts_with(prefix) && in_month && shown.place.is_none_or(decides)
}

fn diff(dir: &Path, from: Option<&Path>) -> anyhow::Result<Outcome> {
    let (old, new) = match (read(from)?, read(Some(dir))?) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(faults), _) | (_, Err(faults)) => {
            show::rules::faults(&faults);
            return Ok(Outcome::Findings);
        }
    };
    let changes = old.diff(&new);
    show::rules::changes(&changes);
    Ok(if changes.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

/// The policy of the program's rules, with those of a directory over them.
pub(crate) fn policy(dir: Option<&Path>) -> anyhow::Result<Policy> {
    Ok(Policy::new(set(dir)?))
}

/// The files of [`policy`], which have been read without a fault.
pub(crate) fn texts(dir: Option<&Path>) -> anyhow::Result<RuleTexts> {
    let files = dir.map_or_else(|| Ok(Files::default()), read_files)?;
    let own = files.texts.into_iter().map(|(name, text)| {
        // A name says where a fault is; the directory is nobody else's business.
        let name = Path::new(&name)
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        RuleText { name, text }
    });
    Ok(RuleTexts::with_own(own.collect()))
}

/// The program's rules, with those of a directory over them.
pub(crate) fn set(dir: Option<&Path>) -> anyhow::Result<RuleSet> {
    read(dir)?.map_err(|faults| anyhow::anyhow!("{}", show::rules::fault_lines(&faults)))
}

/// The rules of the program, with those of a directory over them.
fn read(dir: Option<&Path>) -> anyhow::Result<Result<RuleSet, Vec<RuleFault>>> {
    let Files { texts, faults, .. } = dir.map_or_else(|| Ok(Files::default()), read_files)?;
    Ok(laid(&texts, faults))
}

/// The rule files of a directory.
#[derive(Default)]
struct Files {
    /// Name and text of each that could be read.
    texts: Vec<(String, String)>,
    /// What is wrong with the others.
    faults: Vec<RuleFault>,
    /// What is no rule file.
    left_alone: Vec<String>,
}

/// Rules over those of the program; what is wrong with their files stands before what is wrong in them.
fn laid(texts: &[(String, String)], mut faults: Vec<RuleFault>) -> Result<RuleSet, Vec<RuleFault>> {
    let files: Vec<RuleFile<'_>> = texts
        .iter()
        .map(|(name, text)| RuleFile { name, text })
        .collect();
    let set = RuleSet::embedded_or_faults().and_then(|embedded| embedded.overlaid(&files));
    match set {
        Ok(set) if faults.is_empty() => Ok(set),
        Ok(_) => Err(faults),
        Err(found) => {
            faults.extend(found);
            Err(faults)
        }
    }
}

fn read_files(dir: &Path) -> anyhow::Result<Files> {
    let mut found = Files::default();
    let unreadable = || t!("rules.no_directory", dir = dir.display()).to_string();
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
        {
            paths.push(path);
        } else if found.left_alone.len() < FILES_MAX {
            found.left_alone.push(path.display().to_string());
        }
        anyhow::ensure!(
            paths.len() <= FILES_MAX,
            "{}",
            t!("rules.too_many_files", limit = FILES_MAX)
        );
    }
    anyhow::ensure!(
        !paths.is_empty(),
        "{}",
        t!("rules.no_files", dir = dir.display())
    );
    paths.sort();
    found.left_alone.sort();
    for path in paths {
        let name = path.display().to_string();
        match read_file(&path) {
            Ok(text) => found.texts.push((name, text)),
            Err(fault) => found.faults.push(RuleFault {
                file: Some(name),
                place: Place::File,
                fault,
            }),
        }
    }
    Ok(found)
}

/// The text of a rule file; nothing is opened that is no file, since a pipe would wait for ever.
fn read_file(path: &Path) -> Result<String, Fault> {
    let unreadable = |error: io::Error| Fault::Unreadable(error.to_string());
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Fault::NoFile);
    }
    let limit = u64::try_from(FILE_BYTES_MAX).expect("a limit of memory fits 64 bits");
    let mut content = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    file.take(limit + 1)
        .read_to_end(&mut content)
        .map_err(unreadable)?;
    if content.len() > FILE_BYTES_MAX {
        return Err(Fault::TooLarge(size));
    }
    String::from_utf8(content).map_err(|_| Fault::Encoding)
}
