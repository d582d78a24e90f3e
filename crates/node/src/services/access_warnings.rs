//! What looks odd in the access log, and how a second person closes it: by an entry of the same log, which cannot be changed either.

use crate::{
    party::Party,
    permission::{CLOSE_WARNING, WARNINGS},
    reads::Trace,
    refusal::{NotYou, Refusal},
    services::{
        access_entries::{all_days, day},
        caller::Holder,
    },
    shared::Shared,
    warnings::{Warning, WarningId, Watch},
};
use std::sync::Arc;
use yizhang_ledger::value::Day;
use yizhang_store::{Subject, read_day};
use yizhang_wire::{
    convert::{self, FieldFault},
    purpose::Purpose,
    v1::{
        AccessWarning, CloseWarningReply, CloseWarningRequest, WarningClosing, WarningsReply,
        WarningsRequest,
    },
};

/// Days with a file that are looked through if none are named.
const DAYS_USUAL: usize = 31;
/// Warnings of one answer, the newest: what somebody reads, in a message of some 400 KiB.
const WARNINGS_MAX: usize = 500;
/// Longest reason for which a warning is closed, in bytes, as the log keeps it.
const REASON_BYTES_MAX: usize = 256;
/// How the reading of warnings stands in the log.
const LIST: &str = "access-warnings";

/// The days whose warnings are asked for.
#[derive(Clone, Copy)]
struct Days {
    first: Option<Day>,
    last: Option<Day>,
}

/// What was found.
struct Looked {
    /// Oldest first.
    warnings: Vec<Warning>,
    /// Days that cannot be read.
    unread: Vec<Day>,
}

/// The warnings of some days.
///
/// # Errors
/// [`Refusal::Purpose`], [`Refusal::Field`], [`Refusal::Store`], [`Refusal::NoTrace`].
pub(super) async fn warnings(
    shared: &Arc<Shared>,
    party: &Party,
    holder: Holder,
    request: WarningsRequest,
) -> Result<WarningsReply, Refusal> {
    let mut trace = Trace::begun(holder, WARNINGS);
    let told = told(shared, party, &mut trace, request).await;
    shared.reads.answer(trace, told).await
}

async fn told(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: WarningsRequest,
) -> Result<WarningsReply, Refusal> {
    trace.purpose = Some(Purpose::read(request.purpose.as_ref())?);
    let days = Days {
        first: day(request.first)?,
        last: day(request.last)?,
    };
    // One look at a time for all, as for reviews: each holds what its clerks have read.
    let permit = Arc::clone(&shared.reviews)
        .try_acquire_owned()
        .map_err(|_| Refusal::Busy { what: "reviews" })?;
    let looked = shared.blocking(party, move |shared| {
        let _permit = permit;
        look(shared, days)
    });
    let Looked {
        mut warnings,
        unread,
    } = looked.await?;
    let found = warnings.len();
    let left = found.saturating_sub(WARNINGS_MAX);
    trace.subject = Subject::Accounts {
        list: LIST.to_string(),
        reviewed: u64::try_from(found).unwrap_or(u64::MAX),
    };
    warnings.drain(..left);
    Ok(WarningsReply {
        warnings: warnings.into_iter().map(shown).collect(),
        left: u32::try_from(left).unwrap_or(u32::MAX),
        unread: unread.into_iter().map(Day::number).collect(),
    })
}

/// Closes a warning.
///
/// # Errors
/// As [`warnings`]; [`Refusal::NotYou`] to whom it is about; [`Refusal::Field`] where there is no such warning, or it is closed.
pub(super) async fn close(
    shared: &Arc<Shared>,
    party: &Party,
    holder: Holder,
    request: CloseWarningRequest,
) -> Result<CloseWarningReply, Refusal> {
    let mut trace = Trace::begun(holder, CLOSE_WARNING);
    let closed = closed(shared, party, &mut trace, request).await;
    // The entry is the closing: it counts when it is durable.
    shared.reads.answer(trace, closed).await
}

async fn closed(
    shared: &Arc<Shared>,
    party: &Party,
    trace: &mut Trace,
    request: CloseWarningRequest,
) -> Result<CloseWarningReply, Refusal> {
    let purpose = Purpose::read(request.purpose.as_ref())?;
    let person = purpose.person().to_string();
    trace.purpose = Some(purpose);
    let id: WarningId = request.id.as_ref().try_into().map_err(|_| NO_WARNING)?;
    let reason = reason(request.reason)?;
    let day = convert::day(request.day)?;
    let days = Days {
        first: Some(day),
        last: Some(day),
    };
    let looked = shared.blocking(party, move |shared| look(shared, days));
    let mut warnings = looked.await?.warnings.into_iter();
    let warning = warnings.find(|warning| warning.id == id);
    let warning = warning.filter(|warning| warning.closing.is_none());
    let warning = warning.ok_or(NO_WARNING)?;
    if !warning.may_be_closed_by(&trace.holder.certificate, &person) {
        return Err(NotYou::OwnWarning.into());
    }
    trace.subject = Subject::Warning { id, reason };
    Ok(CloseWarningReply {})
}

const NO_WARNING: FieldFault = FieldFault::Form {
    field: "id",
    expected: "a warning of that day that is not closed",
};

fn reason(text: String) -> Result<String, FieldFault> {
    let is_visible = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if is_visible && text.len() <= REASON_BYTES_MAX {
        Ok(text)
    } else {
        Err(FieldFault::Form {
            field: "reason",
            expected: "1 to 256 bytes of visible text",
        })
    }
}

/// Looks through the days that are asked for, those before them that rules look back on, and those after them, in which warnings are closed.
fn look(shared: &Shared, days: Days) -> Result<Looked, Refusal> {
    let limits = shared.warning_limits;
    let all = all_days(shared)?;
    let usual = all.len().saturating_sub(DAYS_USUAL);
    let first = match days.first {
        Some(first) => Some(first),
        None => all.get(usual).copied(),
    };
    let begin = all.partition_point(|day| first.is_some_and(|first| *day < first));
    // A day has one file at most, so that as many files reach as far back as as many days.
    let back = usize::try_from(limits.same_account_within_days).unwrap_or(usize::MAX);
    let mut watch = Watch::new(limits);
    let mut unread = Vec::new();
    for day in all.iter().skip(begin.saturating_sub(back)).copied() {
        let read = read_day(&shared.data, day, &mut |entry| watch.see(day, &entry));
        if let Err(error) = read {
            tracing::warn!(%day, %error, "a day of the access log cannot be read");
            unread.push(day);
        }
    }
    let mut warnings = watch.warnings();
    let is_asked_for = |day: Day| {
        first.is_none_or(|first| day >= first) && days.last.is_none_or(|last| day <= last)
    };
    warnings.retain(|warning| is_asked_for(warning.day));
    Ok(Looked { warnings, unread })
}

fn shown(warning: Warning) -> AccessWarning {
    let bytes = |certificate: [u8; 32]| certificate.to_vec().into();
    AccessWarning {
        id: warning.id.to_vec().into(),
        rule: warning.rule.code().to_string(),
        day: warning.day.number(),
        certificates: warning.certificates.into_iter().map(bytes).collect(),
        person: warning.person,
        account: warning
            .account
            .map_or_else(Vec::new, |account| account.0.to_vec())
            .into(),
        entries: warning.entries,
        first_ms: warning.first.0,
        last_ms: warning.last.0,
        closing: warning.closing.map(|closing| WarningClosing {
            at_ms: closing.at.0,
            certificate: bytes(closing.certificate),
            person: closing.person,
            reason: closing.reason,
        }),
    }
}
