//! What a backup took, what was restored from one, and what was wrong.

use super::{copies, count, damage, place, table};
use crate::text::t;
use yizhang_ledger::{Invalid, head::Origin, value::TreeSize};
use yizhang_store::{BackupError, BackupFinding, BackupReport, RestoreReport, StoreError, Taken};

/// Prints what a backup took.
pub fn report(report: &BackupReport) {
    chains(&report.chains);
    beside(report.journal_entries, report.days);
    for found in &report.findings {
        println!("{}", finding(found));
    }
    if report.findings.is_empty() {
        println!("{}", t!("backup.done"));
    } else {
        let findings = count::findings(report.findings.len());
        println!("{}", t!("backup.incomplete", findings = findings));
    }
    println!("{}", t!("backup.not_secret"));
}

/// Prints what was restored.
pub fn restored(report: &RestoreReport) {
    chains(&report.chains);
    beside(report.journal_entries, report.days);
    println!(
        "{}",
        t!("backup.restored", time = copies::moment(report.made))
    );
}

fn chains(chains: &[Taken]) {
    let mut rows = table([
        t!("store.chain"),
        t!("backup.before"),
        t!("backup.now"),
        t!("store.bytes"),
    ]);
    for chain in chains {
        rows.add_row([
            place::name(chain.origin.region()),
            chain.before.to_string(),
            chain.size.to_string(),
            chain.bytes.to_string(),
        ]);
    }
    println!("{rows}");
}

fn beside(entries: u64, days: usize) {
    println!("{}", t!("backup.beside", entries = entries, days = days));
}

/// What is missing in a backup, as one line.
fn finding(finding: &BackupFinding) -> String {
    let text = match finding {
        BackupFinding::Source(damage) => t!(
            "backup.source",
            text = damage::store(&StoreError::Damaged(damage.clone()))
        ),
        BackupFinding::Shorter { origin, kept, held } => t!(
            "backup.shorter",
            region = place::name(origin.region()),
            kept = kept,
            held = held
        ),
        BackupFinding::OtherHistory { origin, kept } => t!(
            "backup.other_history",
            region = place::name(origin.region()),
            kept = kept
        ),
        BackupFinding::Unsigned {
            origin,
            size,
            fault,
        } => return unsigned(origin, *size, fault),
        BackupFinding::Access(error) => t!("backup.access", text = damage::store(error)),
    };
    text.to_string()
}

/// Why there is no backup, or nothing is restored.
pub fn error(error: &BackupError) -> String {
    let text = match error {
        BackupError::Store(error) => return damage::store(error),
        BackupError::NotEmpty { path } => t!("backup.not_empty", path = path.display()),
        BackupError::NoBackup { path } => t!("backup.none", path = path.display()),
        BackupError::Manifest { path } => t!("backup.manifest", path = path.display()),
        BackupError::Unfinished { path } => t!("backup.unfinished", path = path.display()),
        BackupError::OtherNode { expected, found } => {
            t!("backup.other_node", expected = expected, found = found)
        }
        BackupError::NoRoom { path, needed, free } => t!(
            "backup.no_room",
            path = path.display(),
            needed = needed,
            free = free
        ),
        BackupError::NoData { path } => t!("backup.no_data", path = path.display()),
        BackupError::OtherFile { path } => t!("backup.other_file", path = path.display()),
        BackupError::OtherState {
            origin,
            expected,
            found,
        } => t!(
            "backup.other_state",
            region = place::name(origin.region()),
            expected = expected,
            found = found
        ),
        BackupError::Unsigned {
            origin,
            size,
            fault,
        } => return unsigned(origin, *size, fault),
    };
    text.to_string()
}

/// A head that no key of the roster has signed.
fn unsigned(origin: &Origin, size: TreeSize, fault: &Invalid) -> String {
    let region = place::name(origin.region());
    t!(
        "backup.unsigned",
        region = region,
        size = size,
        fault = fault
    )
    .to_string()
}
