//! A worker's statement: what it shows, to somebody who has the fingerprint of the root keys and nothing else.

use super::{Arguments, known::Known};
use crate::{
    clock,
    exit::{Failure, Outcome},
    files, paper, show,
    usage::WrongValue,
    worker::read_number,
};
use clap::Args;
use rust_i18n::t;
use std::path::Path;
use yizhang_ledger::{person::NumberSalt, roster::RootFingerprint};
use yizhang_show::verdict::{self, Anchor};
use yizhang_statement::{
    AskedPerson, CertificateCode, Cover, PORTABLE_BYTES_MAX, PORTABLE_MAGIC, PaperCode,
    PersonAnswer, Refusal, Statement, Verdict,
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
    /// The text of the code on a sheet of paper, or a file with it: says whether the statement is the one that the sheet was printed from.
    #[arg(long, value_name = "CODE", value_parser = paper::parse)]
    pub(super) paper: Option<PaperCode>,
    /// Number and check code of a sheet that a worker has printed: says whether it belongs to the statement.
    #[arg(long, value_name = "NUMBER CHECK", value_parser = parse_certificate)]
    certificate: Option<CertificateCode>,
    /// Days after which a statement is called old.
    #[arg(long, value_name = "DAYS", default_value_t = verdict::FRESH_DAYS)]
    fresh_days: u32,
    /// Print what the file shows as JSON; of a statement its account included.
    #[arg(long)]
    pub(super) json: bool,
}

impl StatementOptions {
    /// Whether they are about the person or the paper of one statement.
    pub(super) const fn asks_for_person(&self) -> bool {
        self.number || self.code.is_some() || self.paper.is_some() || self.certificate.is_some()
    }
}

pub(crate) fn parse_root(text: &str) -> Result<RootFingerprint, WrongValue> {
    RootFingerprint::parse(text).ok_or_else(|| WrongValue(t!("argument.root").to_string()))
}

fn parse_certificate(text: &str) -> Result<CertificateCode, WrongValue> {
    CertificateCode::parse(text).ok_or_else(|| WrongValue(t!("certificate.bad_code").to_string()))
}

/// Whether a file begins as statements do.
pub(super) fn is_statement(path: &Path) -> anyhow::Result<bool> {
    files::begins_with(path, &PORTABLE_MAGIC)
}

pub(super) fn run(arguments: &Arguments, path: &Path) -> anyhow::Result<Outcome> {
    let options = &arguments.statement;
    let known = Known::read(arguments)?;
    let asked = asked_person(options)?;
    let bytes = files::read_at_most(path, PORTABLE_BYTES_MAX)?;
    let checked = Statement::parse(&bytes)
        .map_err(Refusal::from)
        .and_then(|statement| {
            let shown = statement.verify_knowing(known.root, &known.rosters)?;
            Ok((statement, shown))
        });
    let (statement, shown) = match &checked {
        Ok((statement, shown)) => (statement, shown),
        Err(refusal) => {
            let said = verdict::refused_statement(refusal);
            say(&said, None, options.json);
            return Ok(Outcome::Findings);
        }
    };
    let person = asked.as_ref().map(|asked| statement.is_of(asked));
    if person == Some(PersonAnswer::NeedsCode) {
        return Err(Failure::Arguments(t!("verify.needs_code").to_string()).into());
    }
    let reader = reader_of(options, person, &known);
    let anchor = Anchor::Known(known.root.to_string());
    let mut said = verdict::of_statement(shown, &reader).resting_on(&anchor);
    if let Some(code) = &options.paper {
        said = said.on_paper(code, shown);
    }
    if let Some(code) = &options.certificate {
        said = said.on_certificate(code, shown);
    }
    say(&said, Some(Told { shown, person }), options.json);
    Ok(super::ended(&said))
}

/// Who reads.
pub(super) fn reader_of(
    options: &StatementOptions,
    person: Option<PersonAnswer>,
    known: &Known,
) -> verdict::Reader {
    verdict::Reader {
        today: clock::today(),
        fresh_days: options.fresh_days,
        person,
        has_rosters: !known.rosters.is_empty(),
    }
}

/// Prints what a statement within another file shows.
pub(super) fn say_statement(said: &verdict::Verdict, shown: &Verdict, options: &StatementOptions) {
    let told = Told {
        shown,
        person: None,
    };
    say(said, Some(told), options.json);
}

/// The person whom the reader asks for; none where he asks for nobody.
fn asked_person(options: &StatementOptions) -> anyhow::Result<Option<AskedPerson>> {
    if !options.number {
        return Ok(None);
    }
    let code = match &options.code {
        Some(code) => Some(read_code(code)?),
        None => None,
    };
    let number = read_number()?;
    Ok(Some(AskedPerson { number, code }))
}

/// A code as it was typed, or the file that it stands in.
fn read_code(code: &str) -> anyhow::Result<NumberSalt> {
    if let Some(salt) = NumberSalt::from_hex(code) {
        return Ok(salt);
    }
    let text = files::read_text(Path::new(code));
    let salt = text.ok().and_then(|text| NumberSalt::from_hex(&text));
    salt.ok_or_else(|| Failure::Arguments(t!("argument.code").to_string()).into())
}

/// A statement that holds, and whether it is of the person who was asked for.
#[derive(Clone, Copy)]
struct Told<'a> {
    shown: &'a Verdict,
    person: Option<PersonAnswer>,
}

/// Prints a verdict, and the account behind it. Nobody is shown the account of somebody else than he asked for.
fn say(said: &verdict::Verdict, told: Option<Told<'_>>, as_json: bool) {
    let is_refused = said.outcome == verdict::Outcome::Refused;
    let told = told.filter(|_| !is_refused);
    if as_json {
        let shown = told.map(|told| told.shown);
        let person = told.and_then(|told| told.person);
        let json = verdict::statement_json(said, shown, person);
        println!("{}", show::printable_json(&json));
        return;
    }
    verdict::print(said);
    if let Some(told) = told {
        println!();
        let answer = verdict::answer_of(told.shown);
        if told.shown.cover == Cover::Whole {
            show::account::print(&answer);
        } else {
            show::account::print_excerpt(&answer);
        }
    }
}
