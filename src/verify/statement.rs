//! A worker's statement: what it shows, to somebody who has the fingerprint of the root keys and nothing else.

use super::Arguments;
use crate::{
    clock,
    exit::Outcome,
    files, show,
    usage::WrongValue,
    worker::{read_number, trusted_root},
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::{fs::File, io::Read, path::Path};
use yizhang_ledger::{person::NumberSalt, roster::RootFingerprint};
use yizhang_show::verdict::{self, Anchor};
use yizhang_statement::{
    Opening, PORTABLE_BYTES_MAX, PORTABLE_MAGIC, PersonShown, Refusal, Statement, Verdict,
};

/// Arguments of `verify` that are for statements.
#[derive(Args)]
pub(crate) struct StatementOptions {
    /// Check that the statement is of this person: the social-security number is read from standard input. Needs --code where the statement
    /// does not reveal the number.
    #[arg(long)]
    number: bool,
    /// The code of the statement, 32 hexadecimal digits, or the file with it.
    #[arg(long, value_name = "CODE", requires = "number")]
    code: Option<String>,
    /// Days after which a statement is called old.
    #[arg(long, value_name = "DAYS", default_value_t = verdict::FRESH_DAYS)]
    fresh_days: u32,
    /// Print what a statement shows as JSON, its account included.
    #[arg(long)]
    json: bool,
}

pub(super) fn parse_root(text: &str) -> Result<RootFingerprint, WrongValue> {
    RootFingerprint::parse(text).ok_or_else(|| WrongValue(t!("argument.root").to_string()))
}

/// Whether a file begins as statements do.
pub(super) fn is_statement(path: &Path) -> anyhow::Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    let context = || path.display().to_string();
    let mut first = Vec::new();
    let most = u64::try_from(PORTABLE_MAGIC.len()).context("a few bytes")?;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut first))
        .with_context(context)?;
    Ok(first == PORTABLE_MAGIC)
}

pub(super) fn run(arguments: &Arguments, path: &Path) -> anyhow::Result<Outcome> {
    let options = &arguments.statement;
    let root = match (&arguments.root, &arguments.credentials) {
        (Some(root), _) => *root,
        (None, Some(directory)) => trusted_root(directory)?,
        (None, None) => anyhow::bail!("{}", t!("verify.needs_roster")),
    };
    let opening = asked_opening(options)?;
    let bytes = files::read_at_most(path, PORTABLE_BYTES_MAX)?;
    let checked = check(&bytes, root, opening.as_ref());
    let shown = match &checked {
        Ok(shown) => shown,
        Err(refusal) => {
            say(&verdict::refused_statement(refusal), None, options.json);
            return Ok(Outcome::Findings);
        }
    };
    let reader = verdict::Reader {
        today: clock::today(),
        fresh_days: options.fresh_days,
        knows_person: opening.is_some(),
    };
    let anchor = Anchor::Known(root.to_string());
    let said = verdict::of_statement(shown, &reader).resting_on(&anchor);
    say(&said, Some(shown), options.json);
    Ok(Outcome::Clean)
}

/// What a statement shows; with a number, only if it is that one's.
fn check(bytes: &[u8], root: RootFingerprint, asked: Option<&Asked>) -> Result<Verdict, Refusal> {
    let statement = Statement::parse(bytes)?;
    let shown = statement.verify(root)?;
    let is_asked = match (asked, &shown.person) {
        (None, _) => true,
        (Some(Asked { number, .. }), PersonShown::Revealed(revealed)) => number == revealed,
        (
            Some(Asked {
                number,
                code: Some(salt),
            }),
            _,
        ) => Opening {
            salt: *salt,
            number: number.clone(),
        }
        .opens(&statement.content.subject),
        (Some(_), _) => false,
    };
    if is_asked {
        Ok(shown)
    } else {
        Err(Refusal::OtherNumber)
    }
}

/// The number that a statement is to be for.
struct Asked {
    number: yizhang_ledger::person::SocialSecurityNumber,
    code: Option<NumberSalt>,
}

fn asked_opening(options: &StatementOptions) -> anyhow::Result<Option<Asked>> {
    if !options.number {
        return Ok(None);
    }
    let code = match &options.code {
        Some(code) => Some(read_code(code)?),
        None => None,
    };
    let number = read_number()?;
    Ok(Some(Asked { number, code }))
}

/// A code as it was typed, or the file that it stands in.
fn read_code(code: &str) -> anyhow::Result<NumberSalt> {
    if let Some(salt) = NumberSalt::from_hex(code) {
        return Ok(salt);
    }
    let text = files::read_text(Path::new(code))?;
    NumberSalt::from_hex(&text).context(t!("argument.code"))
}

/// Prints a verdict, and the account behind it.
fn say(said: &verdict::Verdict, shown: Option<&Verdict>, as_json: bool) {
    if as_json {
        println!(
            "{}",
            show::printable_json(&verdict::statement_json(said, shown))
        );
        return;
    }
    verdict::print(said);
    if let Some(shown) = shown {
        println!();
        show::account::print(&verdict::answer_of(shown));
    }
}
