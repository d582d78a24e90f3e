//! Who must act next, and until when.

use crate::{
    account::{CaseState, LimitName, NextStep, Side},
    policy::{calendar::WorkingDays, transfer_terms::Limits},
    transfer::{
        procedure::{PostingNeeds, Progress},
        step::{Step, whose},
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
    let (working_days, since) = (limits.whole?, progress.apply?.on);
    let due = Some(calendar.after(since, working_days)?);
    Some(Limit {
        name: LimitName::Whole,
        since,
        working_days,
        due,
    })
}

/// The awaited step, and from which day on.
fn awaited(progress: &Progress<'_>, state: CaseState, needs: PostingNeeds) -> Option<Awaited> {
    let step = awaited_step(progress, state, needs)?;
    Some(Awaited {
        step,
        side: whose(step)?,
        limit: limit_of(step)?,
        since: since(progress, step)?,
    })
}

fn awaited_step(progress: &Progress<'_>, state: CaseState, needs: PostingNeeds) -> Option<Kind> {
    let moves_money = needs == PostingNeeds::SheetAndMoney;
    // A case that is a supplement or correction of its own has no sheet.
    let has_sheet = progress.child.is_none();
    match state {
        CaseState::Applied => Some(Kind::LETTER),
        CaseState::LetterSent => Some(Kind::FREEZE),
        CaseState::Frozen => Some(Kind::INFO_SHEET),
        CaseState::FundsSent | CaseState::FundsReceived if has_sheet => Some(Kind::INFO_SHEET),
        CaseState::InfoSent if moves_money => Some(Kind::FUNDS_SENT),
        CaseState::FundsReturned | CaseState::Supplement => Some(Kind::FUNDS_SENT),
        CaseState::FundsSent | CaseState::InfoAndFundsSent => Some(Kind::FUNDS_RECEIVED),
        CaseState::InfoSent
        | CaseState::FundsReceived
        | CaseState::Received
        | CaseState::Mismatched
        | CaseState::Correction => Some(Kind::POSTED),
        CaseState::Posted => Some(Kind::CLOSED),
        CaseState::Unfounded
        | CaseState::Certified
        | CaseState::Rejected
        | CaseState::Returned
        | CaseState::Closed
        | CaseState::Withdrawn => None,
    }
}

/// The limit that an awaited step has; none for steps that nobody waits for.
const fn limit_of(step: Kind) -> Option<LimitName> {
    match step {
        Kind::LETTER => Some(LimitName::Review),
        Kind::FREEZE | Kind::INFO_SHEET | Kind::FUNDS_SENT => Some(LimitName::Send),
        Kind::FUNDS_RECEIVED => Some(LimitName::Dangling),
        Kind::POSTED | Kind::CLOSED => Some(LimitName::Close),
        _ => None,
    }
}

/// The day from which the limit of an awaited step runs. The old place has one limit for all that it does, from the letter on; a
/// case of its own begins with its first step.
fn since(progress: &Progress<'_>, step: Kind) -> Option<Day> {
    let on = |step: Option<Step<'_>>| step.map(|step| step.on);
    let asked = on(progress.letter.or(progress.child));
    let arrived = on(progress.info_sheet).max(on(progress.received));
    match step {
        Kind::LETTER => on(progress.apply),
        Kind::FREEZE | Kind::INFO_SHEET => asked,
        Kind::FUNDS_SENT => on(progress.came_back).or(asked),
        Kind::FUNDS_RECEIVED => departed(progress),
        Kind::POSTED => arrived.or(asked),
        Kind::CLOSED => arrived.or(on(progress.posted)),
        _ => None,
    }
}

/// The first day on which sheet or money left the old place.
fn departed(progress: &Progress<'_>) -> Option<Day> {
    [progress.info_sheet, progress.sent]
        .into_iter()
        .flatten()
        .map(|step| step.on)
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
