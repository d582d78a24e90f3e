//! Entries as lines, as JSON, or as a table for spreadsheets.

use crate::{
    node::access_log::{business, json, line, moment, subject},
    show::printable_json,
};
use rust_i18n::t;
use std::io::{Stdout, stdout};
use yizhang_console::for_a_sheet;
use yizhang_ledger::{hash::Hash, person::AccountId, value::UnixMillis};
use yizhang_store::{AccessEntry, Subject};
use yizhang_wire::{
    convert::FieldFault,
    v1::{LoggedEntry, logged_entry},
};

/// In what form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Lines,
    Json,
    Csv,
}

/// Entries that are printed as they come.
pub(super) struct Table {
    form: Form,
    rows: u64,
    csv: csv::Writer<Stdout>,
}

impl Table {
    pub(super) fn begin(form: Form) -> anyhow::Result<Self> {
        let mut table = Self {
            form,
            rows: 0,
            csv: csv::Writer::from_writer(stdout()),
        };
        if form == Form::Csv {
            table.csv.write_record(
                [
                    t!("access_log.column.time"),
                    t!("access_log.column.holder"),
                    t!("access_log.column.certificate"),
                    t!("access_log.column.person"),
                    t!("access_log.column.business"),
                    t!("access_log.column.case"),
                    t!("access_log.column.method"),
                    t!("access_log.column.subject"),
                    t!("access_log.column.answer"),
                ]
                .map(String::from),
            )?;
        }
        Ok(table)
    }

    pub(super) fn row(&mut self, entry: LoggedEntry) -> anyhow::Result<()> {
        let entry = read(entry)?;
        self.rows += 1;
        match self.form {
            Form::Lines => println!("{}", line(&entry)),
            Form::Json => println!("{}", printable_json(&json(&entry).to_string())),
            Form::Csv => {
                let cells = [
                    moment(entry.at),
                    entry.holder.clone(),
                    Hash(entry.certificate).to_string(),
                    entry.person.clone(),
                    business(&entry.business),
                    entry.case_number.clone(),
                    entry.method.clone(),
                    subject(&entry.subject),
                    entry.answer.clone(),
                ];
                self.csv
                    .write_record(cells.map(|cell| for_a_sheet(&cell).into_owned()))?;
            }
        }
        Ok(())
    }

    pub(super) fn end(mut self) -> anyhow::Result<()> {
        self.csv.flush()?;
        if self.rows == 0 && self.form == Form::Lines {
            println!("{}", t!("access_log.none"));
        }
        Ok(())
    }
}

/// An entry as a node has sent it.
fn read(entry: LoggedEntry) -> Result<AccessEntry, FieldFault> {
    let certificate = entry.certificate.as_ref().try_into();
    Ok(AccessEntry {
        at: UnixMillis(entry.at_ms),
        certificate: certificate.map_err(|_| FieldFault::Form {
            field: "certificate",
            expected: "32 bytes",
        })?,
        holder: entry.holder,
        method: entry.method,
        answer: entry.answer,
        business: entry.business,
        case_number: entry.case_number,
        person: entry.person,
        subject: read_subject(entry.subject)?,
    })
}

fn read_subject(subject: Option<logged_entry::Subject>) -> Result<Subject, FieldFault> {
    const FORM: FieldFault = FieldFault::Form {
        field: "subject",
        expected: "16 bytes",
    };
    Ok(match subject {
        None => Subject::Unknown,
        Some(logged_entry::Subject::Account(account)) => {
            Subject::Account(AccountId(account.as_ref().try_into().map_err(|_| FORM)?))
        }
        Some(logged_entry::Subject::Chain(chain)) => Subject::Chain {
            origin: chain.origin,
            from: chain.from,
        },
        Some(logged_entry::Subject::List(list)) => Subject::Accounts {
            list: list.name,
            reviewed: list.reviewed,
        },
        Some(logged_entry::Subject::Numbers(count)) => Subject::Numbers(count),
        Some(logged_entry::Subject::Closed(closed)) => Subject::Warning {
            id: closed.warning.as_ref().try_into().map_err(|_| FORM)?,
            reason: closed.reason,
        },
    })
}
