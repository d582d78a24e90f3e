//! Who must act next, and until when.

use crate::{
    account::{CaseState, LimitName, NextStep, Side},
    transfer::{
        calendar::WorkingDays,
        procedure::{PostingNeeds, Progress},
        rules::Limits,
        step::Step,
    },
};
use yizhang_ledger::{entry::Kind, value::Day};

/// The awaited step with the day from which its limit runs.
struct Awaited {
    step: Kind,
    side: Side,
    limit: LimitName,
    since: Day,
}

/// What the case waits for; none where it has ended, or waits for the worker.
pub(crate) fn next_step(
    progress: &Progress<'_>,
    state: CaseState,
    needs: PostingNeeds,
    limits: &Limits,
    calendar: &WorkingDays<'_>,
    as_of: Day,
) -> Option<NextStep> {
    let awaited = awaited(progress, state, needs)?;
    let sides = progress.sides?;
    let mut limit = Limit {
        name: awaited.limit,
        since: awaited.since,
        working_days: 0,
        due: None,
    };
    limit.working_days = match awaited.limit {
        LimitName::Review => limits.review,
        LimitName::Send => limits.send,
        LimitName::Dangling => limits.dangling,
        LimitName::Close | LimitName::Whole => limits.close,
    };
    limit.due = calendar.after(limit.since, limit.working_days);
    if let Some(whole) = whole(progress, limits, calendar)
        && limit.due.is_none_or(|due| whole.due < Some(due))
    {
        limit = whole;
    }
    let Limit {
        name,
        since,
        working_days,
        due,
    } = limit;
    Some(NextStep {
        step: awaited.step,
        side: awaited.side,
        place: sides.place(awaited.side),
        region: progress.region_of(awaited.side),
        limit: name,
        working_days,
        since,
        due,
        overdue: due.map_or(0, |due| calendar.between(due, as_of)),
        is_estimate: calendar.is_estimate(since, due.unwrap_or(as_of).max(as_of)),
    })
}

/// A limit and the day on which it ends, where the calendar reaches that far.
struct Limit {
    name: LimitName,
    since: Day,
    working_days: u16,
    due: Option<Day>,
}

/// That of the whole case, from the application: no step may take longer.
fn whole(progress: &Progress<'_>, limits: &Limits, calendar: &WorkingDays<'_>) -> Option<Limit> {
    let (working_days, since) = (limits.whole?, progress.apply?.on());
    let due = Some(calendar.after(since, working_days)?);
    Some(Limit {
        name: LimitName::Whole,
        since,
        working_days,
        due,
    })
}

fn awaited(progress: &Progress<'_>, state: CaseState, needs: PostingNeeds) -> Option<Awaited> {
    let wait = |step, side, limit, since: Option<Day>| {
        Some(Awaited {
            step,
            side,
            limit,
            since: since?,
        })
    };
    let on = |step: Option<Step<'_>>| step.map(|step| step.on());
    // The old place has one limit for all that it does, from the letter on; a case of its own begins with its first step.
    let asked = on(progress.letter.or(progress.child));
    let arrived = on(progress.info_sheet).max(on(progress.received));
    match state {
        CaseState::Applied => wait(
            Kind::LETTER,
            Side::New,
            LimitName::Review,
            on(progress.apply),
        ),
        CaseState::LetterSent => wait(Kind::FREEZE, Side::Old, LimitName::Send, asked),
        CaseState::Frozen => wait(Kind::INFO_SHEET, Side::Old, LimitName::Send, asked),
        CaseState::InfoSent if needs == PostingNeeds::SheetAndMoney => {
            wait(Kind::FUNDS_SENT, Side::Old, LimitName::Send, asked)
        }
        CaseState::InfoSent => wait(
            Kind::POSTED,
            Side::New,
            LimitName::Close,
            on(progress.info_sheet),
        ),
        CaseState::FundsSent if progress.child.is_some() => wait(
            Kind::FUNDS_RECEIVED,
            Side::New,
            LimitName::Dangling,
            on(progress.sent),
        ),
        CaseState::FundsReceived if progress.child.is_some() => wait(
            Kind::POSTED,
            Side::New,
            LimitName::Close,
            on(progress.received),
        ),
        CaseState::FundsSent | CaseState::FundsReceived => {
            wait(Kind::INFO_SHEET, Side::Old, LimitName::Send, asked)
        }
        CaseState::FundsReturned => wait(
            Kind::FUNDS_SENT,
            Side::Old,
            LimitName::Send,
            on(progress.came_back),
        ),
        CaseState::InfoAndFundsSent => wait(
            Kind::FUNDS_RECEIVED,
            Side::New,
            LimitName::Dangling,
            departed(progress),
        ),
        CaseState::Received | CaseState::Mismatched => {
            wait(Kind::POSTED, Side::New, LimitName::Close, arrived)
        }
        CaseState::Posted => wait(
            Kind::CLOSED,
            Side::New,
            LimitName::Close,
            arrived.or(on(progress.posted)),
        ),
        CaseState::Supplement => wait(Kind::FUNDS_SENT, Side::Old, LimitName::Send, asked),
        CaseState::Correction => wait(Kind::POSTED, Side::New, LimitName::Close, asked),
        CaseState::Unfounded
        | CaseState::Certified
        | CaseState::Rejected
        | CaseState::Returned
        | CaseState::Closed
        | CaseState::Withdrawn => None,
    }
}

/// The first day on which sheet or money left the old place.
fn departed(progress: &Progress<'_>) -> Option<Day> {
    [progress.info_sheet, progress.sent]
        .into_iter()
        .flatten()
        .map(|step| step.on())
        .min()
}

/// Whether sheet or money left longer ago than the limit, and nothing was posted (C11).
pub(crate) fn is_dangling(
    progress: &Progress<'_>,
    limits: &Limits,
    calendar: &WorkingDays<'_>,
    as_of: Day,
) -> bool {
    let waits = progress.posted.is_none() && !progress.has_failed();
    let due = departed(progress).and_then(|day| calendar.after(day, limits.dangling));
    // Working days, not days: a limit that ends before a holiday is not passed within it.
    waits && due.is_some_and(|due| calendar.between(due, as_of) > 0)
}
