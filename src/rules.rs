//! `yizhang rules`: check rule files, show what holds, and compare sets.

use crate::{
    exit::Outcome,
    files,
    show::{self, usage::WrongValue},
};
use anyhow::Context;
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::{
    fs,
    path::{Path, PathBuf},
};
use yizhang_entitlement::Policy;
use yizhang_ledger::value::{Division, Month};
use yizhang_rules::{FILES_MAX, Key, Rule, RuleFault, RuleFile, RuleSet};

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
    let set = match read(dir)? {
        Ok(set) => set,
        Err(faults) => return Ok(show::rules::faults(&faults)),
    };
    println!("{}", t!("rules.checked", rules = set.rules().len(), name = set.name()));
    Ok(Outcome::Clean)
}

fn shown_rules(shown: &Shown) -> anyhow::Result<Outcome> {
    let set = match read(shown.dir.as_deref())? {
        Ok(set) => set,
        Err(faults) => return Ok(show::rules::faults(&faults)),
    };
    let prefix = shown.key.as_deref().unwrap_or_default();
    anyhow::ensure!(
        Key::ALL.iter().any(|key| key.name().starts_with(prefix)),
        "{}",
        t!("rules.no_key", found = prefix)
    );
    let rules: Vec<&Rule> = set.rules().iter().filter(|rule| is_shown(&set, rule, prefix, shown)).collect();
    show::rules::table(&rules);
    println!("{}", t!("rules.name", name = set.name()));
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
        (Err(faults), _) | (_, Err(faults)) => return Ok(show::rules::faults(&faults)),
    };
    let changes = old.diff(&new);
    show::rules::changes(&changes);
    Ok(if changes.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// The policy of the program's rules, with those of a directory over them.
pub(crate) fn policy(dir: Option<&Path>) -> anyhow::Result<Policy> {
    let set = read(dir)?.map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
        anyhow::anyhow!("{}\n{}", t!("rules.faults", count = faults.len()), lines.join("\n"))
    })?;
    Ok(Policy::new(set))
}

/// The rules of the program, with those of a directory over them.
fn read(dir: Option<&Path>) -> anyhow::Result<Result<RuleSet, Vec<RuleFault>>> {
    let Some(dir) = dir else { return Ok(RuleSet::embedded_or_faults()) };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry.with_context(|| dir.display().to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
        anyhow::ensure!(paths.len() <= FILES_MAX, "{}", t!("rules.too_many_files", limit = FILES_MAX));
    }
    anyhow::ensure!(!paths.is_empty(), "{}", t!("rules.no_files", dir = dir.display()));
    paths.sort();
    let texts = paths.iter().map(|path| files::read_text(path)).collect::<anyhow::Result<Vec<String>>>()?;
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let files: Vec<RuleFile<'_>> = names.iter().zip(&texts).map(|(name, text)| RuleFile { name, text }).collect();
    Ok(RuleSet::embedded().overlaid(&files))
}
