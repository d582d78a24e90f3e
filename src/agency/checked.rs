//! A file that was checked, on its way into the chain: by the command line, and by the console.

use super::{
    book, known,
    receipts::{self, Durable, Promised, Receipts},
    row_lists::{Lister, Remembered},
    sending::{SentFile, Taken, send_submissions, sharing},
};
use crate::{
    credentials::Credentials,
    pseudonyms::{NodePseudonyms, file_error},
    purpose::PersonArgument,
    show,
};
use anyhow::ensure;
use rust_i18n::t;
use std::path::Path;
use yizhang_intake::{CellChecks, FaultyRows, Intake, Submissions, Summary};
use yizhang_ledger::value::Division;
use yizhang_show::import::Imported;

/// A file that was checked.
pub(crate) struct CheckedFile<'f> {
    pub(crate) credentials: &'f Credentials,
    /// Where it goes.
    pub(crate) node: Division,
    pub(crate) person: &'f PersonArgument,
    pub(crate) intake: &'f Intake,
    /// What the check found.
    pub(crate) summary: &'f Summary,
    pub(crate) faulty: FaultyRows,
    /// What is done where serials of it are in the chain with other content.
    pub(crate) used_serials: UsedSerials,
    /// The local book that it is added to.
    pub(crate) book: Option<&'f Path>,
    pub(crate) receipts: &'f Receipts,
    /// What is waited for at the end; as the roster says if that is not said.
    pub(crate) durable: Option<Durable>,
}

/// What is done where serials of a file are in the chain with other content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsedSerials {
    /// Nothing is sent.
    Refuse,
    /// It is sent all the same.
    Send,
}

/// Who looks on.
pub(crate) struct Onlooker<'o> {
    /// Is told a line.
    pub(crate) say: &'o dyn Fn(&str),
    /// Is told of each submission what became of it, as soon as the node has said so.
    pub(crate) taken: &'o dyn Fn(&Taken<'_>),
    /// Is told that it has taken all.
    pub(crate) ended: &'o dyn Fn(),
}

impl Onlooker<'_> {
    fn say_all(&self, lines: &[String]) {
        for line in lines {
            (self.say)(line);
        }
    }
}

/// Whether a file was sent.
#[derive(Debug)]
pub(crate) enum CarriedOut {
    /// It is in the chain.
    Sent(Imported),
    /// Serials of it are in the chain with other content: nothing was sent.
    UsedSerials,
}

/// Looks whether some of its rows are in the chain already, sends it, keeps its receipts, and looks who holds it.
pub(crate) fn carry_out(
    file: &CheckedFile<'_>,
    onlooker: &Onlooker<'_>,
) -> anyhow::Result<CarriedOut> {
    let (credentials, node) = (file.credentials, file.node);
    let pseudonyms = NodePseudonyms::for_import(credentials, node, file.person)?;
    let lines = file.summary.sample.lines();
    let sample = known::Sample::of(file.intake, &lines, &pseudonyms)?;
    if let Some(known) = known::of_sample(credentials, node, file.person, &sample)? {
        onlooker.say_all(&show::import::known(known));
        let are_used = known.other + known.under_another > 0;
        if are_used && file.used_serials == UsedSerials::Refuse {
            (onlooker.say)(&t!("import.refused_serials"));
            return Ok(CarriedOut::UsedSerials);
        }
    }
    // Before anything is sent: what is in a chain stays there, and a book that cannot be written is better known first.
    if let Some(path) = file.book {
        book::append(path, file.intake, &pseudonyms)?;
    }
    let rows = Rows {
        credentials,
        node,
        intake: file.intake,
        pseudonyms: &pseudonyms,
        faulty: file.faulty,
        count: file.summary.valid,
    };
    let sent = send(&rows, Some(file.receipts), onlooker.taken)?;
    (onlooker.ended)();
    onlooker.say_all(&show::import::done(node, &sent.imported));
    if let Some(promised) = kept(file, &sent)? {
        onlooker.say_all(&promised.lines());
    }
    if sent.imported.records > 0
        && let Some(sharing) = sharing(credentials, node, sent.imported.size)
    {
        (onlooker.say)(&show::import::shared(sharing));
    }
    Ok(CarriedOut::Sent(sent.imported))
}

/// What was promised of a file that was sent: its receipts, checked and kept.
fn kept(file: &CheckedFile<'_>, sent: &SentFile) -> anyhow::Result<Option<Promised>> {
    let usual = || Durable::usual(sent.roster.mirrors);
    receipts::keep(
        file.credentials,
        &sent.roster,
        file.node,
        &sent.placed,
        file.receipts,
        file.durable.unwrap_or_else(usual),
    )
}

/// Rows that are sent.
pub(crate) struct Rows<'r> {
    pub(crate) credentials: &'r Credentials,
    pub(crate) node: Division,
    pub(crate) intake: &'r Intake,
    pub(crate) pseudonyms: &'r NodePseudonyms,
    pub(crate) faulty: FaultyRows,
    /// How many valid ones the check found.
    pub(crate) count: u64,
}

/// The second pass: the valid rows, cut into submissions.
pub(crate) fn send(
    rows: &Rows<'_>,
    receipts: Option<&Receipts>,
    taken: &dyn Fn(&Taken<'_>),
) -> anyhow::Result<SentFile> {
    let remembered = Remembered::new(rows.pseudonyms)?;
    let columns = rows.intake.read_columns();
    let lister = Lister::new(&remembered, &columns);
    let checks = CellChecks::new(remembered.salt());
    let read = rows.intake.rows(&remembered).map_err(file_error)?;
    let submissions = Submissions::new(read.with_checks(checks, columns), rows.faulty);
    let submissions = submissions.map(|submission| lister.ready(submission));
    let sent = send_submissions(rows.credentials, rows.node, submissions, receipts, taken)?;
    let imported = &sent.imported;
    let told = imported.records + imported.waiting + imported.refused;
    ensure_unchanged(told, rows.count)?;
    Ok(sent)
}

/// Whether the second pass found as many rows as the first: the file may have changed between them.
fn ensure_unchanged(sent: u64, checked: u64) -> anyhow::Result<()> {
    ensure!(
        sent == checked,
        "{}",
        t!("import.changed", checked = checked, sent = sent)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_of_fewer_or_more_records_than_were_checked_fails() {
        assert!(ensure_unchanged(3, 3).is_ok());
        for sent in [0, 2, 4] {
            let fault = ensure_unchanged(sent, 3).unwrap_err().to_string();
            assert!(fault.contains('3') && fault.contains(&sent.to_string()));
        }
    }
}
