//! Transfers from place to place: the state of each case as a pure function of the set of its steps.
//!
//! The steps of a case stand in two chains under one case number. Each counts only if it comes from the chain of the side
//! whose step it is, and after the steps that must come before it; every other one is named with its fault and not used.
//! A chain speaks for the places that lie in its region.
//!
//! Months are counted by the month ledger and by nothing here: a transfer moves the place of a month, at posting, and
//! between closing and posting shows it as on the way. So no month can be lost or counted twice by a transfer.
//!
//! What moves is computed from the *closed view*: the records of the old place as they were on the day of closing. Later
//! records of the old place have effect on the account as anywhere, but not on the closed view; they are listed as C10 and
//! C15 until a correction or supplement follows.
//!
//! What an account type, document hash or sum of a step does not say, nothing here makes up. Not decided: the age limits
//! for temporary accounts (国办发〔2009〕66号 art. 5), about which the figures ask.

mod alone;
pub mod calendar;
mod comparison;
mod conflicts;
mod deadlines;
mod documents;
mod holdings;
mod places;
mod procedure;
pub mod rules;
mod view;

pub(crate) use alone::{mark_alone, posted_alone};
pub use calendar::{NotAscending, WorkingDays};
pub use rules::{Limits, PersonalMoney, PoolMoney, SchemeTransfer};

use crate::{
    account::{
        CaseState, Conflict, MonthLine, MonthStatus, MovedMonths, NextStep, OutCheck, OutCheckName,
        RecordNumber, Side, Standing, StepFault, SumsBasis, TransferCase, TransferComparison,
        TransferStep,
    },
    benefits::drawing::{When, drawing},
    conflicts::{class::ConflictCode, finders::conflict},
    months::overlap::Cover,
    policy::{Policy, Successors, Terms, family::Family},
    records::set::{AsOf, FamilyRange, LAST_MONTH, RecordSet, number},
};
use documents::{Backpay, Document};
use holdings::{Closing, Field, Holdings};
pub(crate) use places::Places;
pub(crate) use procedure::covers;
pub use procedure::{Candidate, is_follow_up, may_take, missing_before, used, would_fault};
use procedure::{Progress, Step};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use view::{Cut, View};

use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{AccountType, CaseId},
    value::{Day, Division, Month},
};

/// Cases of a scheme that are worked out, in the order of their closing: each settles the records anew, and is compared with
/// every other. More than a move a year in a working life; steps of further cases are named (Y06).
const CASES_MAX: usize = 64;

/// What transfers come to in a family.
pub(crate) struct Transfers {
    pub(crate) cases: Vec<TransferCase>,
    /// By class, then by records.
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) places: Places,
}

/// The transfers of a family whose months are these.
pub(crate) fn transfers<'s>(
    set: &'s RecordSet<'_>,
    (family, range): (Family<'_>, &'s Range<usize>),
    lines: &[MonthLine],
    cover: Cover<'s>,
    as_of: AsOf,
    policy: &Policy,
) -> Transfers {
    // A case is judged by the rules of its own time, whatever has come since, and divisions have the names of that time.
    let month = |steps: &[Step<'_>]| {
        judged_in(&steps.iter().map(|step| (step.kind, step.on()))).unwrap_or(as_of.month)
    };
    let mut ordered = in_order_of_closing(steps(set, range));
    let beyond = ordered.split_off(ordered.len().min(CASES_MAX));
    let named: Vec<Successors<'_>> = ordered
        .iter()
        .map(|(_, steps)| policy.successors(month(steps)))
        .collect();
    let successors = policy.successors(as_of.month);
    let mut places = Places::default();
    let mut cases: Vec<Worked<'_>> = Vec::new();
    for ((case, steps), successors) in ordered.into_iter().zip(&named) {
        let old = steps.first().map(|step| step.place(Side::Old));
        let Terms {
            working_days,
            scheme,
        } = policy.terms(family, month(&steps), old);
        let field = Field {
            set,
            range,
            cover,
            successors,
        };
        let desk = Desk {
            field,
            family,
            lines,
            as_of,
            working_days,
            rule: scheme,
        };
        let worked = desk.work(case, steps, (&cases, &mut places));
        cases.push(worked);
    }
    // What another case has posted in the meantime neither is on the way with this one nor went with it.
    for worked in &mut cases {
        match worked.progress.posted {
            Some(posted) => worked.moving.retain(|at| places.has_gone(*at, posted.on())),
            None => worked.moving.retain(|at| places.target(*at).is_some()),
        }
    }
    for worked in &mut cases {
        worked.check_left_behind(lines, &places);
    }
    let field = Field {
        set,
        range,
        cover,
        successors: &successors,
    };
    let mut conflicts = conflicts::destinations(family, &mut cases);
    for worked in &cases {
        conflicts.extend(conflicts::of_case(
            field,
            family,
            worked,
            (&cases, as_of.day),
            &places,
        ));
    }
    if !beyond.is_empty() {
        let steps = beyond
            .iter()
            .flat_map(|(_, steps)| steps)
            .map(|step| number(step.at))
            .collect();
        conflicts.push(conflict(ConflictCode::Y06, Some(family), steps));
    }
    conflicts.sort_by(|one, other| (one.code, &one.records).cmp(&(other.code, &other.records)));
    cases.sort_by_key(|worked| worked.case);
    Transfers {
        cases: cases
            .into_iter()
            .filter_map(|worked| line(lines, worked))
            .collect(),
        conflicts,
        places,
    }
}

/// The month whose rules a case is judged by: that of its closing, else of the letter, of the application, of whatever came
/// first.
pub(crate) fn judged_in(steps: &(impl Iterator<Item = (Kind, Day)> + Clone)) -> Option<Month> {
    let first_of = |kind: Kind| {
        steps
            .clone()
            .filter(|step| step.0 == kind)
            .map(|step| step.1)
            .min()
    };
    let day = first_of(Kind::FREEZE)
        .or_else(|| first_of(Kind::LETTER))
        .or_else(|| first_of(Kind::TRANSFER_APPLY));
    day.or_else(|| steps.clone().map(|step| step.1).min())?
        .in_month()
}

/// Steps by case, each in the order of the procedure. A step whose content stands in both chains is one step, and speaks
/// from the chain of the side whose step it is.
fn steps<'s>(set: &'s RecordSet<'_>, range: &Range<usize>) -> BTreeMap<CaseId, Vec<Step<'s>>> {
    let mut by_content: BTreeMap<RecordId, Step<'s>> = BTreeMap::new();
    for (at, held) in set.within(range) {
        let is_said = matches!(held.standing, Standing::Held | Standing::Copy);
        let Some(step) = Step::of(set, at).filter(|_| is_said) else {
            continue;
        };
        let rank = |step: &Step<'_>| (!step.is_by_its_side(), step.region);
        let known = by_content.entry(held.fact.id).or_insert(step);
        if rank(&step) < rank(known) {
            *known = step;
        }
    }
    let mut cases: BTreeMap<CaseId, Vec<Step<'s>>> = BTreeMap::new();
    for step in by_content.into_values() {
        cases.entry(step.fields.case).or_default().push(step);
    }
    for steps in cases.values_mut() {
        steps.sort_by_key(Step::order);
    }
    cases
}

/// What one transfer took along, a later one may take further: cases in the order in which accounts were closed, or money
/// followed; of those of one day the one that brings to a place before the one that takes from there.
fn in_order_of_closing(cases: BTreeMap<CaseId, Vec<Step<'_>>>) -> Vec<(CaseId, Vec<Step<'_>>)> {
    let mut waiting: Vec<Dated<'_>> = cases
        .into_iter()
        .map(|(case, steps)| Dated::of(case, steps))
        .collect();
    waiting.sort_by_key(|dated| (dated.closing.is_none(), dated.closing, dated.case));
    let mut ordered = Vec::with_capacity(waiting.len());
    while let Some(first) = waiting.first() {
        let of_day = waiting
            .iter()
            .take_while(|dated| dated.closing == first.closing);
        let is_ready = |dated: &&Dated<'_>| {
            !of_day
                .clone()
                .any(|other| other.case != dated.case && other.feeds(dated))
        };
        // Cases that feed each other in a ring go by their numbers.
        let next = of_day
            .clone()
            .position(|dated| is_ready(&dated))
            .unwrap_or(0);
        let Dated { case, steps, .. } = waiting.remove(next);
        ordered.push((case, steps));
    }
    ordered
}

/// A case with the day of its closing, or of the supplement or correction that it is.
struct Dated<'s> {
    case: CaseId,
    steps: Vec<Step<'s>>,
    closing: Option<Day>,
    posted: Option<Day>,
    sides: Option<(Division, Division)>,
}

impl<'s> Dated<'s> {
    fn of(case: CaseId, steps: Vec<Step<'s>>) -> Self {
        let progress = Progress::of(&steps, false);
        let closing = progress.freeze.or(progress.child).map(|step| step.on());
        Self {
            case,
            closing,
            posted: progress.posted.map(|step| step.on()),
            sides: progress.sides,
            steps,
        }
    }

    /// Whether it has brought, by the day of its closing, to where the other takes from.
    fn feeds(&self, other: &Self) -> bool {
        let (Some((_, target)), Some((source, _))) = (self.sides, other.sides) else {
            return false;
        };
        self.posted.is_some()
            && self.posted == self.closing
            && (covers(source, target) || covers(target, source))
    }
}

/// Everything that the cases of a family are worked out from.
struct Desk<'s, 'f, 'd> {
    field: Field<'s, 'f>,
    family: Family<'d>,
    lines: &'d [MonthLine],
    as_of: AsOf,
    working_days: WorkingDays<'d>,
    rule: SchemeTransfer,
}

/// A case, worked out.
struct Worked<'s> {
    case: CaseId,
    steps: Vec<Step<'s>>,
    progress: Progress<'s>,
    /// The old place, under all names that its steps give it.
    sources: Vec<Division>,
    /// The same, and the names that these have had since.
    known_as: Vec<Division>,
    comparison: Option<TransferComparison>,
    checks: Vec<OutCheck>,
    state: CaseState,
    next: Option<NextStep>,
    is_dangling: bool,
    /// The closing, with what was in effect then.
    closing: Option<Closing>,
    /// Records that move with it, from the closing on.
    moving: BTreeSet<usize>,
    /// Contributions that its sheet leaves at the old place by the months that it names.
    outside: BTreeSet<usize>,
}

impl Worked<'_> {
    fn check(&mut self, what: OutCheckName, months: u32, mut records: Vec<RecordNumber>) {
        records.sort_unstable();
        records.dedup();
        self.checks.push(OutCheck {
            what,
            months,
            inform_by: None,
            records,
        });
    }

    /// Names the months that count by what the sheet leaves at the old place, as long as no case takes it along (Y14). Months
    /// that another place holds as well are C01's.
    fn check_left_behind(&mut self, lines: &[MonthLine], places: &Places) {
        if self.outside.is_empty() || self.progress.has_failed() {
            return;
        }
        let (mut months, mut records) = (0_u32, Vec::new());
        for line in lines {
            let is_left = |one: &RecordNumber| {
                usize::try_from(one.0)
                    .is_ok_and(|at| self.outside.contains(&at) && places.is_untouched(at))
            };
            let is_counted = line.status == MonthStatus::Counted && !line.by.is_empty();
            if is_counted && line.by.iter().all(is_left) {
                months = months.saturating_add(1);
                records.extend(&line.by);
            }
        }
        if months > 0 {
            self.check(OutCheckName::LeftBehind, months, records);
        }
    }

    /// Whether the account was closed for this transfer, and the case has not come to nothing.
    fn has_closed(&self) -> bool {
        self.progress.freeze.is_some() && !self.progress.has_failed()
    }

    /// Whether a place is the old one, or one contains the other.
    fn is_of(&self, place: Division) -> bool {
        self.known_as
            .iter()
            .any(|mine| covers(*mine, place) || covers(place, *mine))
    }

    /// Whether both are about the same old place.
    fn meets(&self, other: &Self) -> bool {
        other.known_as.iter().any(|theirs| self.is_of(*theirs))
    }

    /// The place that has posted, or else will.
    fn target(&self) -> Option<Division> {
        let named = self.progress.sides.map(|(_, target)| target);
        self.progress
            .posted
            .map(|posted| posted.place(Side::New))
            .or(named)
    }
}

impl<'s, 'f> Desk<'s, 'f, '_> {
    fn work(
        &self,
        case: CaseId,
        steps: Vec<Step<'s>>,
        (earlier, places): (&[Worked<'s>], &mut Places),
    ) -> Worked<'s> {
        // Closing and sheet do not depend on whether posting waits for money; what has to move depends on them.
        let early = Progress::of(&steps, false);
        let sources = early.sources();
        let cut = Cut::of(early.freeze.or(early.child), self.as_of.day);
        let is_between_provinces = early
            .sides
            .is_some_and(|(source, target)| source.province() != target.province());
        let backpay = self.backpay(is_between_provinces);
        // Before a letter nobody asks what the old place holds.
        let view = early
            .freeze
            .or(early.child)
            .map(|_| self.closed_view(cut, places));
        let field = view.as_ref().map_or(self.field, |view| Field {
            set: &view.set,
            range: self.field.range,
            cover: Cover {
                months: &view.cover,
                ..Cover::default()
            },
            successors: self.field.successors,
        });
        let known_as = self.known_as(&sources);
        let supplement = early.child.filter(|child| child.kind == Kind::SUPPLEMENT);
        let holdings = match (early.letter, supplement) {
            (Some(_), _) => {
                let mut holdings = Holdings::of(field, places, &sources, cut, backpay);
                if let Some(freeze) = early.freeze {
                    holdings.release(field.set, Document::of(freeze, backpay));
                }
                holdings
            }
            (None, Some(step)) => {
                let closing = closing_of(earlier, &known_as);
                let late = |closing| {
                    holdings::following(field, (places, &sources), step, closing, backpay)
                };
                Holdings::late(field, closing.map(late).unwrap_or_default(), cut)
            }
            (None, None) => Holdings::default(),
        };
        let (types, type_records) =
            holdings::account_types(field, (places, &sources), &holdings, cut);
        let basis = self.basis(&types, is_between_provinces);
        let (computed, _) = holdings.computed(field, &self.rule, (basis, early.sheet));
        let needs_money = Progress::states_money(early.sheet.or(early.child))
            || computed.personal_account != 0
            || computed.pool != 0;
        let progress = Progress::of(&steps, needs_money);
        let is_asked_for = progress.letter.is_some();
        let comparison = (is_asked_for || supplement.is_some())
            .then(|| comparison::compare(field, &progress, &holdings, &self.rule, basis));
        let is_mismatched = comparison
            .as_ref()
            .is_some_and(|comparison| !comparison.differences.is_empty());
        let state = progress.state(is_mismatched);
        let (limits, calendar) = (&self.rule.limits, &self.working_days);
        let mut worked = Worked {
            case,
            next: deadlines::next_step(
                &progress,
                state,
                needs_money,
                limits,
                calendar,
                self.as_of.day,
            ),
            is_dangling: deadlines::is_dangling(&progress, limits, calendar, self.as_of.day),
            progress,
            steps,
            sources,
            known_as,
            comparison,
            checks: Vec::new(),
            state,
            closing: early.freeze.map(|_| Closing::of(field, &holdings, cut)),
            moving: BTreeSet::new(),
            outside: match early.freeze {
                Some(_) => holdings.outside(field.set, early.sheet),
                None => BTreeSet::new(),
            },
        };
        if is_asked_for {
            self.check(&mut worked, places, cut);
            self.check_types(&mut worked, &types, &type_records);
        }
        self.check_back_paid(&mut worked, &holdings.back_paid);
        self.move_records(&mut worked, &holdings, (earlier, places), backpay);
        worked
    }

    /// All records as they stood at a cut, by what earlier transfers had taken where.
    fn closed_view(&self, cut: Cut, places: &Places) -> View<'f> {
        let of = FamilyRange {
            family: self.family,
            range: self.field.range.clone(),
        };
        View::at(self.field.set, &of, cut, self.field.successors, places)
    }

    /// Places, and what they are called by the rules of the case.
    fn known_as(&self, places: &[Division]) -> Vec<Division> {
        let now = places.iter().map(|place| self.field.successors.now(*place));
        let mut known_as: Vec<Division> = places.iter().copied().chain(now).collect();
        known_as.sort_unstable();
        known_as.dedup();
        known_as
    }

    /// When back-payments need a document: between provinces alone.
    fn backpay(&self, is_between_provinces: bool) -> Backpay {
        if !is_between_provinces {
            return Backpay::default();
        }
        Backpay {
            months: self.rule.limits.backpay_months,
            commitment_until: self.rule.limits.commitment_until,
        }
    }

    fn basis(&self, types: &BTreeSet<AccountType>, is_between_provinces: bool) -> SumsBasis {
        let is_on_record = matches!(self.rule.personal, PersonalMoney::Whole { .. });
        if !is_between_provinces || !is_on_record {
            SumsBasis::MonthsOnly
        } else if self.rule.pool.is_some() && types.iter().eq([&AccountType::Temporary]) {
            SumsBasis::Temporary
        } else {
            SumsBasis::General
        }
    }

    /// What the old place has to settle (domain reference, 3.4 `OUT_CHECK`).
    fn check(&self, worked: &mut Worked<'_>, places: &Places, cut: Cut) {
        let last = cut.on.in_month();
        let here = |number: &RecordNumber| {
            usize::try_from(number.0)
                .is_ok_and(|at| places.is_at(self.field, at, &worked.sources, cut.on))
        };
        let (mut owing, mut owing_months, mut double, mut double_months) =
            (Vec::new(), 0_u32, Vec::new(), 0_u32);
        for line in self
            .lines
            .iter()
            .filter(|line| last.is_none_or(|last| line.month <= last))
        {
            let is_owed = matches!(line.status, MonthStatus::Arrears | MonthStatus::NotFull);
            let owed: Vec<RecordNumber> = line
                .others
                .iter()
                .copied()
                .filter(|number| is_owed && here(number))
                .collect();
            owing_months = owing_months.saturating_add(u32::from(!owed.is_empty()));
            owing.extend(owed);
            let counted = line.status == MonthStatus::Counted;
            if counted && line.by.iter().any(here) && !line.by.iter().all(here) {
                double_months = double_months.saturating_add(1);
                double.extend(&line.by);
            }
        }
        let drawing = if self.rule.is_blocked_by_benefit {
            self.drawing(cut)
        } else {
            None
        };
        let mut add = |what, months, records: Vec<RecordNumber>| {
            if !records.is_empty() {
                worked.check(what, months, records);
            }
        };
        add(OutCheckName::Owing, owing_months, owing);
        add(OutCheckName::Drawing, 0, drawing.into_iter().collect());
        add(OutCheckName::Duplicate, double_months, double);
    }

    /// Months that stay behind until a document is named (C20), those not that their place has settled since (人社厅发〔2019〕
    /// 94号 art. 3).
    fn check_back_paid(&self, worked: &mut Worked<'_>, back_paid: &BTreeMap<Month, Vec<usize>>) {
        let stands = |at: &&usize| {
            self.field
                .set
                .get(**at)
                .is_some_and(|held| held.standing == Standing::Held)
        };
        let open = back_paid
            .values()
            .filter(|records| records.iter().any(|at| stands(&at)));
        let months = u32::try_from(open.count()).unwrap_or(u32::MAX);
        if months == 0 {
            return;
        }
        let records = back_paid
            .values()
            .flatten()
            .filter(stands)
            .map(|at| number(*at))
            .collect();
        worked.check(OutCheckName::BackPaid, months, records);
        let informs = self.rule.limits.inform.zip(worked.progress.letter);
        let inform_by =
            informs.and_then(|(days, letter)| self.working_days.after(letter.on(), days));
        for check in worked
            .checks
            .iter_mut()
            .filter(|check| check.what == OutCheckName::BackPaid)
        {
            check.inform_by = inform_by;
        }
    }

    /// The record by which a benefit is drawn at the closing, as far as it was known then.
    fn drawing(&self, cut: Cut) -> Option<RecordNumber> {
        let when = When {
            month: cut.on.in_month().unwrap_or(LAST_MONTH),
            known_on: Some(cut.on),
        };
        drawing(self.field.set, self.field.range, when)
            .filter(|drawn| !drawn.is_suspended)
            .map(|drawn| drawn.record)
    }

    /// The steps of the old place, and of the new one once it has taken over, must name the type of the records (C34). Of a step
    /// without a type nothing is known, and it reads as one that says general: beside a temporary account only its money tells.
    fn check_types(
        &self,
        worked: &mut Worked<'_>,
        types: &BTreeSet<AccountType>,
        records: &[usize],
    ) {
        if types.is_empty() || self.rule.pool.is_none() {
            return;
        }
        let progress = &worked.progress;
        let named = [
            progress.freeze,
            progress.sheet,
            progress.sent,
            progress.received,
            progress.posted,
        ];
        let comparison = worked.comparison.as_ref();
        let is_other_money = comparison.is_some_and(|sums| !sums.differences.is_empty());
        let is_temporary = types.iter().eq([&AccountType::Temporary]);
        let differs = |step: &Step<'_>| match step.fields.account_type {
            AccountType::General if is_temporary => is_other_money,
            stated => !types.iter().eq([&stated]),
        };
        let mut different: Vec<RecordNumber> = named
            .into_iter()
            .flatten()
            .filter(differs)
            .map(|step| number(step.at))
            .collect();
        if !different.is_empty() {
            different.extend(records.iter().map(|at| number(*at)));
            worked.check(OutCheckName::AccountType, 0, different);
        }
    }

    /// From the closing on months are on the way; from posting on they belong to the new place. What follows a closing goes
    /// the same way: with its case, or with a case of its own.
    fn move_records(
        &self,
        worked: &mut Worked<'_>,
        holdings: &Holdings,
        (earlier, places): (&[Worked<'_>], &mut Places),
        backpay: Backpay,
    ) {
        let progress = &worked.progress;
        let (Some(target), false) = (worked.target(), progress.has_failed()) else {
            return;
        };
        // Before the closing nothing is on the way; a supplement takes along what its view says.
        let mut moving: BTreeSet<usize> = match progress.freeze.or(progress.child) {
            Some(_) => holdings
                .moving(self.field.set, progress.sheet)
                .into_iter()
                .collect(),
            None => BTreeSet::new(),
        };
        let is_supplement =
            |step: &&Step<'_>| progress.child.is_some() && step.kind == Kind::SUPPLEMENT;
        let mut back_paid = BTreeMap::new();
        // What a supplement of its own takes along stands in its view.
        for step in progress
            .follow_ups
            .iter()
            .filter(|step| !is_supplement(step))
        {
            let closing = worked
                .closing
                .as_ref()
                .or_else(|| closing_of(earlier, &worked.known_as));
            if let Some(closing) = closing {
                let following = holdings::following(
                    self.field,
                    (places, &worked.sources),
                    *step,
                    closing,
                    backpay,
                );
                moving.extend(following.records);
                back_paid.extend(following.back_paid);
            }
        }
        let begun = progress.freeze.or(progress.child).map(|step| step.on());
        match progress.posted {
            Some(posted) => {
                moving.retain(|at| places.is_at(self.field, *at, &worked.sources, posted.on()));
                for at in &moving {
                    places.carry(*at, (begun.unwrap_or(posted.on()), posted.on()), target);
                }
            }
            None => moving.iter().for_each(|at| places.depart(*at, target)),
        }
        worked.moving = moving;
        self.check_back_paid(worked, &back_paid);
    }
}

/// The last closing of an old place that is known by these names.
fn closing_of<'w>(earlier: &'w [Worked<'_>], known_as: &[Division]) -> Option<&'w Closing> {
    let closed =
        |case: &&Worked<'_>| case.has_closed() && known_as.iter().any(|place| case.is_of(*place));
    earlier.iter().rfind(closed)?.closing.as_ref()
}

/// The counted months of these records.
fn moved_months(lines: &[MonthLine], moving: &BTreeSet<usize>) -> Option<MovedMonths> {
    let takes = |line: &&MonthLine| {
        let moves =
            |number: &RecordNumber| usize::try_from(number.0).is_ok_and(|at| moving.contains(&at));
        line.status == MonthStatus::Counted && line.by.iter().any(moves)
    };
    let mut months = lines.iter().filter(takes).map(|line| line.month);
    let first = months.next()?;
    let (mut last, mut count) = (first, 1_u32);
    for month in months {
        (last, count) = (month, count.saturating_add(1));
    }
    Some(MovedMonths {
        first,
        last,
        months: count,
    })
}

/// None only for a case without steps, of which there are none.
fn line(lines: &[MonthLine], worked: Worked<'_>) -> Option<TransferCase> {
    let moved = moved_months(lines, &worked.moving);
    let is_posted = worked.progress.posted.is_some();
    let (source, target) = worked.progress.sides?;
    Some(TransferCase {
        rules: Vec::new(),
        case: worked.case,
        state: worked.state,
        source,
        target,
        next: worked.next,
        in_transfer: moved.clone().filter(|_| !is_posted),
        transferred: moved.filter(|_| is_posted),
        sums: worked.comparison,
        checks: worked.checks,
        faults: worked
            .progress
            .faults
            .iter()
            .map(|(step, fault)| StepFault {
                step: step.kind,
                fault: *fault,
                record: number(step.at),
            })
            .collect(),
        steps: worked.steps.iter().map(step_line).collect(),
    })
}

fn step_line(step: &Step<'_>) -> TransferStep {
    let fields = step.fields;
    TransferStep {
        kind: step.kind,
        on: fields.on,
        region: step.region,
        scheme: fields.scheme.to_string(),
        source: fields.source_side.place,
        target: fields.target_side.place,
        first: fields.first,
        last: fields.last,
        deemed_months: fields.sums.deemed_months,
        actual_months: fields.sums.actual_months,
        personal_account: fields.sums.personal_account.get(),
        pool: fields.sums.pool.get(),
        reason: fields.reason.as_str().to_owned(),
        record: number(step.at),
    }
}
