//! One case, worked out: where it stands, what of it moves, what the old place has to settle first.

use crate::{
    account::{
        CaseState, MonthLine, MonthStatus, NextStep, OutCheck, OutCheckName, RecordNumber, Side,
        SumsBasis, TransferComparison,
    },
    months::overlap::Cover,
    policy::family::Family,
    records::set::{AsOf, FamilyRange},
    transfer::{
        calendar::WorkingDays,
        closing::{self, Closing},
        comparison, deadlines,
        documents::{Backpay, Document},
        family_records::Field,
        holdings::{self, Holdings},
        places::Places,
        procedure::{PostingNeeds, Progress},
        rules::{PersonalMoney, SchemeTransfer},
        step::{Step, covers},
        view::{Cut, View},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    record::{AccountType, CaseId},
    value::Division,
};

/// Everything that the cases of a family are worked out from.
pub(crate) struct Desk<'s, 'f, 'd> {
    pub(crate) field: Field<'s, 'f>,
    pub(crate) family: Family<'d>,
    pub(crate) lines: &'d [MonthLine],
    pub(crate) as_of: AsOf,
    pub(crate) working_days: WorkingDays<'d>,
    pub(crate) rule: SchemeTransfer,
}

/// A case, worked out.
pub(crate) struct Worked<'s> {
    pub(crate) case: CaseId,
    pub(crate) steps: Vec<Step<'s>>,
    pub(crate) progress: Progress<'s>,
    /// The old place, under all names that its steps give it.
    pub(crate) sources: Vec<Division>,
    /// The same, and the names that these have had since.
    pub(crate) known_as: Vec<Division>,
    pub(crate) comparison: Option<TransferComparison>,
    pub(crate) checks: Vec<OutCheck>,
    pub(crate) state: CaseState,
    pub(crate) next: Option<NextStep>,
    pub(crate) is_dangling: bool,
    /// The closing, with what was in effect then.
    pub(crate) closing: Option<Closing>,
    /// Records that move with it, from the closing on.
    pub(crate) moving: BTreeSet<usize>,
    /// Contributions that its sheet leaves at the old place by the months that it names.
    pub(crate) outside: BTreeSet<usize>,
}

impl Worked<'_> {
    pub(crate) fn check(
        &mut self,
        what: OutCheckName,
        months: u32,
        mut records: Vec<RecordNumber>,
    ) {
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
    pub(crate) fn check_left_behind(&mut self, lines: &[MonthLine], places: &Places) {
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
    pub(crate) fn has_closed(&self) -> bool {
        self.progress.freeze.is_some() && !self.progress.has_failed()
    }

    /// Whether a place is the old one, or one contains the other.
    pub(crate) fn is_of(&self, place: Division) -> bool {
        self.known_as
            .iter()
            .any(|mine| covers(*mine, place) || covers(place, *mine))
    }

    /// Whether both are about the same old place.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        other.known_as.iter().any(|theirs| self.is_of(*theirs))
    }

    /// The place that has posted, or else will.
    pub(crate) fn target(&self) -> Option<Division> {
        let named = self.progress.sides.map(|sides| sides.new);
        self.progress
            .posted
            .map(|posted| posted.place(Side::New))
            .or(named)
    }
}

impl<'s, 'f> Desk<'s, 'f, '_> {
    pub(crate) fn work(
        &self,
        case: CaseId,
        steps: Vec<Step<'s>>,
        (earlier, places): (&[Worked<'s>], &mut Places),
    ) -> Worked<'s> {
        // Closing and sheet do not depend on whether posting waits for money; what has to move depends on them.
        let early = Progress::before_money(&steps);
        let sources = early.sources();
        let cut = Cut::of(early.freeze.or(early.child), self.as_of.day);
        let is_between_provinces = early
            .sides
            .is_some_and(|sides| sides.old.province() != sides.new.province());
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
                let late =
                    |closing| closing::following(field, (places, &sources), step, closing, backpay);
                Holdings::late(field, closing.map(late).unwrap_or_default(), cut)
            }
            (None, None) => Holdings::default(),
        };
        let (types, type_records) =
            holdings::account_types(field, (places, &sources), &holdings, cut);
        let basis = self.basis(&types, is_between_provinces);
        let (computed, _) = holdings.computed(field, &self.rule, (basis, early.info_sheet));
        let needs = PostingNeeds::of(&early, computed);
        let progress = Progress::of(&steps, needs);
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
            next: deadlines::next_step(&progress, state, needs, limits, calendar, self.as_of.day),
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
                Some(_) => holdings.outside(field.set, early.info_sheet),
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
                .moving(self.field.set, progress.info_sheet)
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
                let following = closing::following(
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
