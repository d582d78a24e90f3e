//! `yizhang node access-log`: who read what at a node, for operators and data-protection officers.

use crate::{
    exit::Outcome,
    show::{self, printable, printable_json},
    worker::parse_day,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_ledger::{
    hash::Hash,
    person::AccountId,
    value::{Day, UnixMillis},
};
use yizhang_show::language::{self, Language};
use yizhang_store::{AccessEntry, Subject, closed_days, read_day};
use yizhang_wire::purpose::Business;

/// Later than any day of a file.
const LAST_DAY: u32 = 99_991_231;
/// Digits of a certificate's fingerprint that a line shows; JSON has all.
const FINGERPRINT_DIGITS: usize = 16;

/// Arguments of `node access-log`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Data directory of the node, or a copy with nothing but the folder `access`.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only this day of UTC+8, YYYY-MM-DD; every day that is kept if not given.
    #[arg(long, value_parser = parse_day)]
    day: Option<Day>,
    /// Only this pseudonym, 32 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    account: Option<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let account = match &arguments.account {
        Some(hex) => Some(AccountId::from_hex(hex).context(t!("access_log.bad_account"))?),
        None => None,
    };
    let last = Day::new(LAST_DAY).expect("the last day of the year 9999 is a day");
    let days = match arguments.day {
        Some(day) => vec![day],
        None => closed_days(&arguments.data, last)?,
    };
    let mut listed = 0_u64;
    for day in days {
        let read = read_day(&arguments.data, day, &mut |entry| {
            if account.is_none_or(|account| entry.subject == Subject::Account(account)) {
                listed += 1;
                if arguments.json {
                    println!("{}", printable_json(&json(&entry).to_string()));
                } else {
                    println!("{}", line(&entry));
                }
            }
        });
        read.map_err(|error| anyhow::Error::msg(show::damage::store(&error)))?;
    }
    if listed == 0 && !arguments.json {
        println!("{}", t!("access_log.none"));
    }
    Ok(Outcome::Clean)
}

/// An entry for people. What callers wrote may be anything: a terminal gets no commands from it.
pub(crate) fn line(entry: &AccessEntry) -> String {
    let certificate: String = fingerprint(entry)
        .chars()
        .take(FINGERPRINT_DIGITS)
        .collect();
    let words = [
        moment(entry.at),
        format!("{} ({certificate})", entry.holder),
        entry.person.clone(),
        business(&entry.business),
        entry.case_number.clone(),
        entry.method.clone(),
        subject(&entry.subject),
        entry.answer.clone(),
    ];
    let words = words.map(|word| {
        if word.is_empty() {
            "-".to_string()
        } else {
            word
        }
    });
    printable(&words.join("  "))
}

pub(crate) fn json(entry: &AccessEntry) -> serde_json::Value {
    let mut json = serde_json::json!({
        "at_ms": entry.at.0,
        "holder": entry.holder,
        "certificate": fingerprint(entry),
        "method": entry.method,
        "answer": entry.answer,
        "business": entry.business,
        "case_number": entry.case_number,
        "person": entry.person,
    });
    match &entry.subject {
        Subject::Unknown => {}
        Subject::Account(account) => json["account"] = account.reveal_hex().into(),
        Subject::Chain { origin, from } => {
            json["chain"] = origin.clone().into();
            json["from"] = (*from).into();
        }
        Subject::Accounts { list, reviewed } => {
            json["list"] = list.clone().into();
            json["reviewed"] = (*reviewed).into();
        }
        Subject::Numbers(count) => json["numbers"] = (*count).into(),
        Subject::Warning { id, reason } => {
            json["warning"] = warning(id).into();
            json["reason"] = reason.clone().into();
        }
    }
    json
}

pub(crate) fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Unknown => t!("access_log.unknown").to_string(),
        Subject::Account(account) => {
            t!("access_log.account", account = account.reveal_hex()).to_string()
        }
        Subject::Chain { origin, from } => {
            t!("access_log.chain", origin = origin, from = from).to_string()
        }
        Subject::Numbers(count) => t!("access_log.numbers", count = count).to_string(),
        Subject::Warning { id, reason } => {
            t!("access_log.warning", id = warning(id), reason = reason).to_string()
        }
        Subject::Accounts { list, reviewed } => {
            let list = match list.as_str() {
                "" => t!("access_log.all_lists").to_string(),
                list => list.to_string(),
            };
            match reviewed {
                0 => t!("access_log.review_begun", list = list).to_string(),
                _ => t!("access_log.review", list = list, reviewed = reviewed).to_string(),
            }
        }
    }
}

/// The number of a warning: 32 hexadecimal digits.
fn warning(id: &[u8; 16]) -> String {
    AccountId(*id).reveal_hex()
}

/// A business by its name; what is none of the list as it stands.
pub(crate) fn business(code: &str) -> String {
    match (Business::parse(code), language::current()) {
        (Some(business), Language::Zh) => business.zh().to_string(),
        (Some(business), Language::En) => business.code().to_string(),
        (None, _) => code.to_string(),
    }
}

fn fingerprint(entry: &AccessEntry) -> String {
    Hash(entry.certificate).to_string()
}

/// A moment in UTC+8, to the millisecond.
pub(crate) fn moment(at: UnixMillis) -> String {
    let moment = i64::try_from(at.0)
        .ok()
        .and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    match moment {
        Some(moment) => {
            let local = jiff::tz::Offset::constant(8).to_datetime(moment);
            local.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
        }
        None => at.0.to_string(),
    }
}
