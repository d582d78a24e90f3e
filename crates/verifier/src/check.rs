//! The check: each file by what it is, under the rosters among them; a statement brings its own.

use crate::{
    form::Form,
    person,
    request::{FILE_BYTES_MAX, File, Request},
    rosters::{RosterFault, Rosters},
};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use yizhang_ledger::{
    roster::{RootFingerprint, Roster},
    value::Day,
};
use yizhang_show::{
    html, language,
    verdict::{self, Anchor, CheckedFile, Outcome, Reader, Report, Verdict},
};
use yizhang_statement::{
    Cover, ForkEvidence, PersonAnswer, ReceiptFile, Refusal, Statement, Verdict as Shows,
};

/// What files show. Their words are in the language of the request, which is in force from here on.
pub fn check(request: &Request<'_>) -> Report {
    language::set(request.language);
    let is_roster = |file: &&File<'_>| Form::of(file.bytes) == Form::Roster;
    let notes: Vec<&File<'_>> = request.files.iter().filter(is_roster).collect();
    let trust = Trust::read(request.fingerprint);
    let rosters = Rosters::open(&notes, trust.root());
    let mut files = Vec::new();
    for file in request.files.iter().filter(|file| !is_roster(file)) {
        let shown = of_file(file, &rosters, trust, request);
        files.push(CheckedFile {
            name: file.name.to_owned(),
            bytes: file.bytes.len(),
            digest: digest(file.bytes),
            verdict: shown.verdict,
            account: shown.account,
        });
    }
    Report {
        files,
        roster: of_rosters(&rosters),
        day: request.day.to_owned(),
    }
}

/// What the reader has typed for the root keys that he trusts.
#[derive(Clone, Copy)]
enum Trust {
    /// Nothing: he has yet to compare.
    Nobody,
    Root(RootFingerprint),
    /// Something else.
    Malformed,
}

impl Trust {
    fn read(typed: &str) -> Self {
        if typed.trim().is_empty() {
            return Self::Nobody;
        }
        RootFingerprint::parse(typed).map_or(Self::Malformed, Self::Root)
    }

    const fn root(self) -> Option<RootFingerprint> {
        match self {
            Self::Root(root) => Some(root),
            Self::Nobody | Self::Malformed => None,
        }
    }
}

/// What a file shows, and its account, if it has one that holds.
struct Shown {
    verdict: Verdict,
    account: String,
}

impl From<Verdict> for Shown {
    fn from(verdict: Verdict) -> Self {
        let account = String::new();
        Self { verdict, account }
    }
}

/// What a file shows that is no roster.
fn of_file(
    file: &File<'_>,
    rosters: &Result<Rosters, RosterFault>,
    trust: Trust,
    request: &Request<'_>,
) -> Shown {
    if file.bytes.len() > FILE_BYTES_MAX {
        return verdict::too_large(FILE_BYTES_MAX).into();
    }
    let form = Form::of(file.bytes);
    if form == Form::Unknown {
        return verdict::unknown_file().into();
    }
    if matches!(trust, Trust::Malformed) {
        return verdict::without_anchor().into();
    }
    if form == Form::Statement {
        let known = rosters.as_ref().ok();
        return of_statement(file.bytes, trust.root(), known, request);
    }
    let Ok(rosters) = rosters else {
        return verdict::without_roster().into();
    };
    let verdict = if form == Form::Receipt {
        of_receipt(file.bytes, rosters)
    } else {
        of_evidence(file.bytes, rosters)
    };
    verdict.resting_on(&rosters.anchor).into()
}

/// A statement that holds.
struct CheckedStatement {
    root: RootFingerprint,
    /// Whether the reader has versions of the roster under these root keys himself.
    knows_rosters: bool,
    shown: Shows,
    person: Option<PersonAnswer>,
}

/// What a statement shows. Where the reader trusts nobody yet, it is checked by the root keys that it begins with.
fn of_statement(
    bytes: &[u8],
    trusted: Option<RootFingerprint>,
    rosters: Option<&Rosters>,
    request: &Request<'_>,
) -> Shown {
    let Ok(asked) = person::read(request.number, request.code) else {
        return verdict::without_person().into();
    };
    let checked = Statement::parse(bytes)
        .map_err(Refusal::from)
        .and_then(|statement| {
            let root = trusted.map_or_else(|| first_root(&statement), Ok)?;
            let known = rosters.map_or(&[][..], |rosters| rosters.of(root));
            Ok(CheckedStatement {
                root,
                knows_rosters: !known.is_empty(),
                shown: statement.verify_knowing(root, known)?,
                person: asked.as_ref().map(|asked| statement.is_of(asked)),
            })
        });
    let CheckedStatement {
        root,
        knows_rosters,
        shown,
        person,
    } = match checked {
        Ok(checked) => checked,
        Err(refusal) => return verdict::refused_statement(&refusal).into(),
    };
    let reader = Reader {
        // A day that is none makes no statement old.
        today: Day::parse(request.day).unwrap_or(shown.issued),
        fresh_days: verdict::FRESH_DAYS,
        person,
        has_rosters: knows_rosters,
    };
    let anchor = if trusted.is_some() {
        Anchor::Known(root.to_string())
    } else {
        Anchor::Unknown(root.to_string())
    };
    let verdict = verdict::of_statement(&shown, &reader).resting_on(&anchor);
    // Nobody is shown the account of somebody else than he asked for.
    let account = if verdict.outcome == Outcome::Refused {
        String::new()
    } else {
        account_of(&shown)
    };
    Shown { verdict, account }
}

/// What a statement carries, as HTML.
fn account_of(shown: &Shows) -> String {
    let answer = verdict::answer_of(shown);
    if shown.cover == Cover::Whole {
        html::parts(&answer)
    } else {
        html::excerpt_parts(&answer)
    }
}

/// The root keys that the first roster of a statement names.
fn first_root(statement: &Statement) -> Result<RootFingerprint, Refusal> {
    let first = statement.content.rosters.first();
    let note = first.map_or(&[][..], Vec::as_slice);
    Roster::root_fingerprint_of(note).map_err(Refusal::Invalid)
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
        RosterFault::OtherRoots { found } => Some(verdict::other_roots(&found.to_string())),
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
