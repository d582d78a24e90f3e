//! How a case is worked out: how far it has come, what the old place held at its closing, what it takes along.

use crate::{
    account::SumsBasis,
    months::overlap::Cover,
    policy::transfer_terms::PersonalMoney,
    transfer::{
        account_type::{AccountTypes, account_types},
        case::{Case, CaseInputs},
        closing::{self, Closing},
        comparison, deadlines,
        documents::{Backpay, Document},
        family_records::FamilyRecords,
        holdings::{FollowUp, Holdings},
        places::{Move, OldPlace, Places, RowMonth},
        procedure::{PostingNeeds, Progress},
        step::Step,
        view::{Cut, View},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{entry::Kind, record::CaseId, value::Division};

/// What is known of a case before it is known whether its posting waits for money: closing and sheet do not depend on that, and
/// what has to move depends on them.
struct Early<'s> {
    progress: Progress<'s>,
    cut: Cut,
    sources: Vec<Division>,
    known_as: Vec<Division>,
    is_between_provinces: bool,
    backpay: Backpay,
}

impl Early<'_> {
    /// What the case can take along. Before a letter nobody asks what the old place holds, but for a supplement of its own.
    fn holdings(
        &self,
        records: FamilyRecords<'_, '_>,
        old: OldPlace<'_>,
        earlier: &[Case<'_>],
    ) -> Holdings {
        let (cut, backpay) = (self.cut, self.backpay);
        if self.progress.letter.is_some() {
            let mut holdings = Holdings::of(records, old, cut, backpay);
            if let Some(freeze) = self.progress.freeze {
                holdings.release(records.set, Document::of(freeze, backpay));
            }
            return holdings;
        }
        let Some(step) = self.progress.supplement() else {
            return Holdings::default();
        };
        match closing_of(earlier, &self.known_as) {
            Some(closing) => {
                let follow_up = closing::follow_up(records, old, step, closing, backpay);
                Holdings::of_supplement(records, follow_up, cut)
            }
            None => Holdings::default(),
        }
    }
}

impl<'s, 'f> CaseInputs<'s, 'f, '_> {
    pub(crate) fn work(
        &self,
        id: CaseId,
        steps: Vec<Step<'s>>,
        earlier: &[Case<'s>],
        places: &mut Places,
    ) -> Case<'s> {
        let early = self.early(&steps);
        let view = self.view(&early, places);
        let records = self.records_in(view.as_ref());
        let old = OldPlace {
            names: &early.sources,
            moves: places,
        };
        let holdings = early.holdings(records, old, earlier);
        let types = account_types(records, old, &holdings, early.cut);
        let basis = self.basis(&types, &early);
        let computed = holdings.computed(records, &self.rule, basis, early.progress.info_sheet);
        let needs = PostingNeeds::of(&early.progress, computed.amounts);
        let progress = Progress::of(&steps, needs);
        let is_asked_for = progress.letter.is_some();
        let comparison = if is_asked_for || early.progress.supplement().is_some() {
            let rule = &self.rule;
            Some(comparison::compare(
                records, &progress, &holdings, rule, basis,
            ))
        } else {
            None
        };
        let state = progress.state(comparison.as_ref());
        let (limits, calendar) = (&self.rule.limits, &self.working_days);
        let (closing, outside) = match early.progress.freeze {
            Some(_) => (
                Some(Closing::of(records, &holdings, early.cut)),
                holdings.outside(records.set, early.progress.info_sheet),
            ),
            None => (None, BTreeSet::new()),
        };
        let mut worked = Case {
            id,
            next: deadlines::next_step(&progress, state, needs, limits, calendar, self.as_of.day),
            is_dangling: deadlines::is_dangling(&progress, limits, calendar, self.as_of.day),
            progress,
            steps,
            sources: early.sources,
            known_as: early.known_as,
            comparison,
            checks: Vec::new(),
            state,
            closing,
            moving: BTreeSet::new(),
            outside,
        };
        if is_asked_for {
            self.check(&mut worked, places, early.cut);
            self.check_types(&mut worked, &types);
        }
        self.check_back_paid(&mut worked, &holdings.back_paid);
        self.move_records(&mut worked, &holdings, earlier, early.backpay, places);
        worked
    }

    fn early(&self, steps: &[Step<'s>]) -> Early<'s> {
        let progress = Progress::before_money(steps);
        let sources = progress.sources();
        let is_between_provinces = progress
            .sides
            .is_some_and(|sides| sides.old.province() != sides.new.province());
        Early {
            cut: Cut::of(progress.begun(), self.as_of.day),
            known_as: self.known_as(&sources),
            sources,
            is_between_provinces,
            backpay: self.backpay(is_between_provinces),
            progress,
        }
    }

    /// The closed view, once the case has begun at the old place.
    fn view(&self, early: &Early<'_>, places: &Places) -> Option<View<'f>> {
        early.progress.begun()?;
        let FamilyRecords {
            set, successors, ..
        } = self.records;
        Some(View::at(set, self.of, early.cut, successors, places))
    }

    /// The records of the view, where there is one.
    fn records_in<'v>(&self, view: Option<&'v View<'f>>) -> FamilyRecords<'v, 'f>
    where
        's: 'v,
    {
        match view {
            None => self.records,
            Some(view) => FamilyRecords {
                set: &view.set,
                cover: Cover {
                    months: &view.cover,
                    ..Cover::default()
                },
                ..self.records
            },
        }
    }

    /// Places, and what they are called by the rules of the case.
    fn known_as(&self, places: &[Division]) -> Vec<Division> {
        let now = places
            .iter()
            .map(|place| self.records.successors.now(*place));
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

    fn basis(&self, types: &AccountTypes, early: &Early<'_>) -> SumsBasis {
        let is_on_record = matches!(self.rule.personal, PersonalMoney::Whole { .. });
        if !early.is_between_provinces || !is_on_record {
            SumsBasis::MonthsOnly
        } else if self.rule.pool.is_some() && types.is_temporary() {
            SumsBasis::Temporary
        } else {
            SumsBasis::General
        }
    }

    /// From the closing on months are on the way; from posting on they belong to the new place. What follows a closing goes
    /// the same way: with its case, or with a case of its own.
    fn move_records(
        &self,
        worked: &mut Case<'_>,
        holdings: &Holdings,
        earlier: &[Case<'_>],
        backpay: Backpay,
        places: &mut Places,
    ) {
        let progress = &worked.progress;
        let (Some(target), false) = (worked.target(), progress.has_failed()) else {
            return;
        };
        // Before the closing nothing is on the way; a supplement takes along what its view says.
        let begun = progress.begun().map(|step| step.on);
        let mut moving = BTreeSet::new();
        if begun.is_some() {
            moving.extend(holdings.moving(self.records.set, progress.info_sheet));
        }
        let mut back_paid = BTreeMap::new();
        for follow_up in self.follow_ups(worked, earlier, backpay, places) {
            for (at, months) in follow_up.records {
                moving.extend(months.into_iter().map(|month| RowMonth { at, month }));
            }
            back_paid.extend(follow_up.back_paid);
        }
        match progress.posted.map(|posted| posted.on) {
            Some(on) => {
                moving.retain(|row| places.is_at(self.records, *row, &worked.sources, on));
                let way = Move {
                    begun: begun.unwrap_or(on),
                    on,
                    place: target,
                };
                for row in &moving {
                    places.bring(*row, way);
                }
            }
            None => {
                for row in &moving {
                    places.set_out(*row, target);
                }
            }
        }
        worked.moving = moving;
        self.check_back_paid(worked, &back_paid);
    }

    /// What the supplements and corrections of a case take along; that of a supplement of its own stands in its view.
    fn follow_ups(
        &self,
        worked: &Case<'_>,
        earlier: &[Case<'_>],
        backpay: Backpay,
        places: &Places,
    ) -> Vec<FollowUp> {
        let own = worked.closing.as_ref();
        let Some(closing) = own.or_else(|| closing_of(earlier, &worked.known_as)) else {
            return Vec::new();
        };
        let old = OldPlace {
            names: &worked.sources,
            moves: places,
        };
        let is_own_case = worked.progress.child.is_some();
        let steps = worked.progress.follow_ups.iter();
        steps
            .filter(|step| !(is_own_case && step.kind == Kind::SUPPLEMENT))
            .map(|step| closing::follow_up(self.records, old, *step, closing, backpay))
            .collect()
    }
}

/// The last closing of an old place that is known by these names.
fn closing_of<'w>(earlier: &'w [Case<'_>], known_as: &[Division]) -> Option<&'w Closing> {
    let closed =
        |case: &&Case<'_>| case.has_closed() && known_as.iter().any(|place| case.is_of(*place));
    earlier.iter().rfind(closed)?.closing.as_ref()
}
