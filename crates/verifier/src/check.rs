//! The check: each file by what it is, under the rosters among them.

use crate::{
    form::Form,
    request::{FILE_BYTES_MAX, File, Request},
    rosters::{RosterFault, Rosters},
};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use yizhang_show::{
    language,
    verdict::{self, CheckedFile, Report, Verdict},
};
use yizhang_statement::{ForkEvidence, ReceiptFile};

/// What files show. Their words are in the language of the request, which is in force from here on.
pub fn check(request: &Request<'_>) -> Report {
    language::set(request.language);
    let is_roster = |file: &&File<'_>| Form::of(file.bytes) == Form::Roster;
    let notes: Vec<&File<'_>> = request.files.iter().filter(is_roster).collect();
    let rosters = Rosters::open(&notes, request.fingerprint);
    let mut files = Vec::new();
    for file in request.files.iter().filter(|file| !is_roster(file)) {
        files.push(CheckedFile {
            name: file.name.to_owned(),
            bytes: file.bytes.len(),
            digest: digest(file.bytes),
            verdict: of_file(file, &rosters),
            account: String::new(),
        });
    }
    Report {
        files,
        roster: of_rosters(&rosters),
        day: request.day.to_owned(),
    }
}

/// What a file shows that is no roster.
fn of_file(file: &File<'_>, rosters: &Result<Rosters, RosterFault>) -> Verdict {
    if file.bytes.len() > FILE_BYTES_MAX {
        return verdict::too_large(FILE_BYTES_MAX);
    }
    let form = Form::of(file.bytes);
    if form == Form::Unknown {
        return verdict::unknown_file();
    }
    let Ok(rosters) = rosters else {
        return verdict::without_roster();
    };
    let shown = if form == Form::Receipt {
        of_receipt(file.bytes, rosters)
    } else {
        of_evidence(file.bytes, rosters)
    };
    shown.resting_on(&rosters.anchor)
}

fn of_receipt(bytes: &[u8], rosters: &Rosters) -> Verdict {
    let receipt = match ReceiptFile::parse(bytes) {
        Ok(receipt) => receipt,
        Err(fault) => return verdict::refused_receipt(&fault),
    };
    let newest = &rosters.newest;
    match receipt.verify(newest) {
        Ok(shown) => verdict::of_receipt(&receipt, &shown, newest),
        Err(fault) => {
            let mut refused = verdict::refused_receipt(&fault);
            if receipt.roster > newest.version {
                let missing = verdict::newer_roster(receipt.roster, newest.version);
                refused.lines.insert(0, missing);
            }
            refused
        }
    }
}

fn of_evidence(bytes: &[u8], rosters: &Rosters) -> Verdict {
    let shown = ForkEvidence::parse(bytes).and_then(|evidence| {
        let others = rosters.others.iter().cloned();
        evidence.verify_under(&rosters.newest, others)
    });
    match shown {
        Ok(shown) => verdict::of_fork(&shown, &rosters.newest),
        Err(fault) => verdict::refused_fork(&fault),
    }
}

/// What the rosters are worth; nothing to say where there are none.
fn of_rosters(rosters: &Result<Rosters, RosterFault>) -> Option<Verdict> {
    let fault = match rosters {
        Ok(rosters) => {
            let first = rosters.others.last().unwrap_or(&rosters.newest);
            let shown = verdict::of_roster(first, &rosters.newest);
            return Some(shown.resting_on(&rosters.anchor));
        }
        Err(fault) => fault,
    };
    match fault {
        RosterFault::None => None,
        RosterFault::Invalid { file, fault } => Some(verdict::refused_roster(file, fault)),
        RosterFault::Gap { missing } => Some(verdict::missing_roster(*missing)),
        RosterFault::Twice { version } => Some(verdict::two_rosters(*version)),
        RosterFault::OtherRoots { found } => Some(verdict::other_roots(found)),
    }
}

/// SHA-256 of a file, as every system computes it.
fn digest(bytes: &[u8]) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
