//! What rosters are worth, and what is said where they are missing.

use super::{Line, Outcome, Verdict, refused};
use crate::text::t;
use yizhang_ledger::{Invalid, roster::Roster};

/// Versions of a roster that follow each other, from the first to the newest.
pub fn of_roster(first: &Roster, newest: &Roster) -> Verdict {
    let (federation, regions) = (&newest.federation, newest.regions.len());
    let headline = t!(
        "verify.roster.holds",
        federation = federation,
        version = newest.version,
        regions = regions
    );
    let signed = if first.version == newest.version {
        t!("verify.roster.signed")
    } else {
        t!(
            "verify.roster.follows",
            first = first.version,
            newest = newest.version
        )
    };
    Verdict {
        outcome: Outcome::Holds,
        headline: headline.to_string(),
        lines: vec![Line::proved(signed)],
    }
}

/// A file that nothing can be said of before its roster is there.
pub fn without_roster() -> Verdict {
    Verdict {
        outcome: Outcome::Open,
        headline: t!("verify.roster.missing").to_string(),
        lines: vec![Line::unproved(t!("verify.roster.add"))],
    }
}

/// A roster that is none, is not signed as it should be, or does not follow from the one before.
pub fn refused_roster(file: &str, fault: &Invalid) -> Verdict {
    let reason = match fault {
        Invalid::NoteForm { .. } | Invalid::RosterForm { .. } => t!("verify.reason.form"),
        Invalid::RosterPrevious { .. } => t!("verify.reason.not_next"),
        _ => t!("verify.reason.roster_signature"),
    };
    let mut verdict = refused(t!("verify.roster.refused", file = file), reason);
    let detail = t!("verify.reason.detail", detail = fault);
    verdict.lines.push(Line::reason(detail));
    verdict
}

/// Rosters between which a version is missing.
pub fn missing_roster(version: u64) -> Verdict {
    let reason = t!("verify.reason.gap", version = version);
    refused(t!("verify.roster.unusable"), reason)
}

/// Two rosters with one number.
pub fn two_rosters(version: u64) -> Verdict {
    let reason = t!("verify.reason.two_rosters", version = version);
    refused(t!("verify.roster.unusable"), reason)
}

/// A roster of root keys that are not those that the reader trusts.
pub fn other_roots(found: &str) -> Verdict {
    let reason = t!("verify.reason.other_roots", found = found);
    refused(t!("verify.roster.foreign"), reason)
}
