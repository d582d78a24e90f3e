//! The fold of one family: which of its records act, its months and transfers, what they come to, and every conflict among them.

use crate::{
    account::{Conflict, FamilyAccount, MonthLine, MonthStatus, Person, TransferCase},
    benefits::{
        award_that_lost, awards,
        drawing::{self, When},
        ends,
        exclusive::{self, Overlap},
    },
    conflicts::{keepers, money_back::FamilyDebts, of_families, renamed},
    effect::{self, Moved, agreements},
    figures::{self, Folded, Workings},
    months::{
        by_place,
        debts::{self, Debt},
        ends::Ends,
        gaps, holders, ledger,
        overlap::{Bounds, Cover},
        totals, years,
    },
    person::{bridges::Bridges, participation, statements},
    policy::{Policy, Successors, family::Family},
    records::{
        lines,
        places::Places,
        set::{AsOf, FamilyRange, RecordSet},
    },
    transfer::{self, Transfers},
};
use yizhang_ledger::value::Month;

/// What is known of the worker while families are folded one after the other.
#[derive(Clone, Copy)]
pub(super) struct Worker<'w, 'f> {
    pub(super) policy: &'w Policy,
    pub(super) person: &'w Person,
    pub(super) bridges: &'w Bridges<'f>,
    pub(super) as_of: AsOf,
}

/// A family, folded.
pub(super) struct FoldedFamily<'f> {
    of: FamilyRange<'f>,
    ends: Ends,
    pub(super) account: FamilyAccount,
    /// Claims of unemployment benefit that contradict each other.
    claims: Vec<Overlap>,
    /// What its contributions have to give back for months behind ends.
    debts: Vec<Debt>,
    pub(super) conflicts: Vec<Conflict>,
}

impl<'f> FoldedFamily<'f> {
    pub(super) const fn family(&self) -> Family<'f> {
        self.of.family
    }

    /// As figures are computed from it.
    pub(super) fn for_figures(&self) -> Folded<'_> {
        Folded {
            family: self.of.family,
            account: &self.account,
            range: &self.of.range,
            ends: self.ends,
            claims: &self.claims,
            debts: &self.debts,
        }
    }

    /// With what its contributions have to give back.
    pub(super) fn with_debts(&self) -> FamilyDebts<'_> {
        FamilyDebts {
            account: &self.account,
            range: &self.of.range,
            debts: &self.debts,
        }
    }

    /// As months that take the place of another family's.
    fn cover(&self) -> Cover<'_> {
        Cover {
            months: &self.account.months,
            ends: self.ends,
        }
    }
}

/// Folds a family. Those whose months take the place of its own, or stand beside them, are among `folded`.
pub(super) fn fold_family<'f>(
    set: &mut RecordSet<'f>,
    of: FamilyRange<'f>,
    folded: &[FoldedFamily<'f>],
    worker: Worker<'_, 'f>,
    workings: &mut Workings<'_>,
) -> FoldedFamily<'f> {
    let bounds = bounds(set, &of, folded, worker);
    let successors = worker.policy.successors(worker.as_of.month);
    transfer::mark_alone(set, &of.range);
    let MonthsAndTransfers {
        months,
        mut transfers,
    } = effect::settled(set, &of.range, bounds, &successors, |set| {
        MonthsAndTransfers::of(set, &of, bounds, worker)
    });
    agreements::adopt_refunds(set, &of.range, &transfers.places);
    name_rules(
        workings,
        of.family,
        &mut transfers.cases,
        worker.as_of.month,
    );
    let settled = Settled {
        set,
        of: &of,
        worker,
        bounds,
        closing: closing(&of, bounds.ends, folded, worker),
        successors: &successors,
        moves: &transfers.places,
    };
    let account = settled.account(months, transfers.cases);
    let claims = settled.claims(&account);
    let mut conflicts = settled.conflicts_of_records(&account, transfers.conflicts, &claims);
    conflicts.extend(settled.conflicts_with_rules(&account, workings));
    settled.decide_provisionally(&account, &mut conflicts);
    let debts = debts::debts(set, &of.range, &account);
    FoldedFamily {
        of,
        ends: bounds.ends,
        account,
        claims,
        debts,
        conflicts,
    }
}

/// What the months of a family are looked at against.
fn bounds<'c>(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    folded: &'c [FoldedFamily<'_>],
    worker: Worker<'_, '_>,
) -> Bounds<'c> {
    let cover_by = |family: Option<Family<'_>>| {
        let other = folded
            .iter()
            .find(|folded| Some(folded.of.family) == family);
        other.map_or_else(Cover::default, FoldedFamily::cover)
    };
    Bounds {
        cover: cover_by(of.family.covered_by()),
        beside: cover_by(of.family.beside()),
        ends: ends::ends(set, of, statements::death(worker.person), worker.as_of),
        as_of: worker.as_of,
    }
}

/// The ends behind which nothing is waited for: those of the family; that by which the employee pension began, because who draws it
/// pays nothing any more, under no scheme; and that by which the scheme was left for another.
fn closing(
    of: &FamilyRange<'_>,
    ends: Ends,
    folded: &[FoldedFamily<'_>],
    worker: Worker<'_, '_>,
) -> Ends {
    let pension = folded
        .iter()
        .find(|folded| folded.of.family == Family::PENSION);
    let drawn = ends
        .benefit
        .or(pension.and_then(|pension| pension.ends.benefit));
    let left = worker
        .bridges
        .leaving(of.family)
        .map(|joined| (joined.month, joined.record));
    Ends {
        benefit: drawn.into_iter().chain(left).min(),
        death: ends.death,
    }
}

/// The months of a family, and the transfers that move them.
struct MonthsAndTransfers {
    months: Vec<MonthLine>,
    transfers: Transfers,
}

impl MonthsAndTransfers {
    fn of(
        set: &RecordSet<'_>,
        of: &FamilyRange<'_>,
        bounds: Bounds<'_>,
        worker: Worker<'_, '_>,
    ) -> Self {
        let months = ledger::month_lines(set, &of.range, bounds);
        let transfers =
            transfer::transfers(set, of, &months, bounds.cover, worker.as_of, worker.policy);
        Self { months, transfers }
    }
}

impl Moved for MonthsAndTransfers {
    fn places(&self) -> &Places {
        &self.transfers.places
    }
}

/// Names the rules that cases are judged by: those of their own time.
fn name_rules(
    workings: &mut Workings<'_>,
    family: Family<'_>,
    cases: &mut [TransferCase],
    now: Month,
) {
    for case in cases {
        let steps = case.steps.iter().map(|step| (step.kind, step.on));
        let month = transfer::judged_in(&steps).unwrap_or(now);
        let rules = workings.policy.transfer_rules(family, month, case.source);
        case.rules = rules.map(|rule| workings.number_of(rule)).collect();
    }
}

/// A family of which it is settled what acts.
struct Settled<'s, 'f> {
    set: &'s RecordSet<'f>,
    of: &'s FamilyRange<'f>,
    worker: Worker<'s, 'f>,
    bounds: Bounds<'s>,
    /// The ends behind which nothing is waited for.
    closing: Ends,
    successors: &'s Successors<'s>,
    /// Where transfers have taken its records.
    moves: &'s Places,
}

impl Settled<'_, '_> {
    /// What the family comes to.
    fn account(&self, months: Vec<MonthLine>, cases: Vec<TransferCase>) -> FamilyAccount {
        let (set, range, as_of) = (self.set, &self.of.range, self.worker.as_of);
        let by_place::ByPlace { provinces, places } =
            by_place::by_place(set, range, &months, self.moves, self.successors, as_of);
        let participation = participation::participation(set, range);
        let until_closing = Bounds {
            ends: self.closing,
            ..self.bounds
        };
        let counted = |line: &&MonthLine| line.status == MonthStatus::Counted;
        let mut account = FamilyAccount {
            family: self.of.family.to_string(),
            schemes: lines::schemes(set, range),
            counted_months: count(&months, MonthStatus::Counted),
            deemed_months: count(&months, MonthStatus::Deemed),
            first: months.iter().find(counted).map(|line| line.month),
            last: months.iter().rfind(counted).map(|line| line.month),
            spans: holders::spans(set, &months),
            gaps: gaps::gaps(&months, &participation, until_closing),
            by_province: provinces,
            by_place: places,
            credited: totals::credited(set, range),
            interest: totals::interest(set, range),
            cleared: totals::cleared(set, range),
            joined: Vec::new(),
            years: years::year_lines(set, range, self.bounds),
            months,
            participation,
            standing: participation::state(set, range, as_of),
            transfers: cases,
            benefits: participation::benefits(set, range),
            drawing: drawing::drawing(set, range, When::as_known(as_of)),
        };
        let owed = figures::owed(&account);
        account.joined = self.worker.bridges.lines(set, self.of, owed);
        account
    }

    /// Claims of unemployment benefit that contradict each other.
    fn claims(&self, account: &FamilyAccount) -> Vec<Overlap> {
        let months = &account.months;
        exclusive::claims_awarded(self.set, self.of, months, self.closing, self.successors)
    }

    /// Conflicts that lie in the records, whatever the rules of places say.
    fn conflicts_of_records(
        &self,
        account: &FamilyAccount,
        of_transfers: Vec<Conflict>,
        claims: &[Overlap],
    ) -> Vec<Conflict> {
        let (set, of, months) = (self.set, self.of, &account.months);
        let mut found = of_families::of_family(set, of, months, self.bounds, self.successors);
        found.extend(of_transfers);
        found.extend(award_that_lost::awards_that_lost(
            set,
            of,
            months,
            self.bounds,
        ));
        found.extend(awards::stops_elsewhere(set, of));
        found.extend(exclusive::claimed_twice(
            of.family,
            claims.to_vec(),
            self.worker.as_of,
        ));
        found.extend(participation::paid_while_away(set, of, months));
        found
    }

    /// Conflicts with what rules say: of divisions and employers that are others now, of bases, shares and back-payments.
    fn conflicts_with_rules(
        &self,
        account: &FamilyAccount,
        workings: &mut Workings<'_>,
    ) -> Vec<Conflict> {
        let (set, family, months) = (self.set, self.of.family, &account.months);
        let policy = self.worker.policy;
        let of = &self.of;
        let mut found = renamed::renamed_places(set, family, months, self.successors);
        found.extend(renamed::renamed_employers(
            set,
            family,
            months,
            policy,
            self.worker.as_of,
        ));
        found.extend(figures::out_of_limits(workings, set, of, account));
        found.extend(figures::paid_back(
            workings, set, family, account, self.moves,
        ));
        found.extend(figures::account_share(workings, set, of, account));
        found
    }

    /// Says of conflicts that people decide what holds meanwhile: which place keeps the months, and what waits for them.
    fn decide_provisionally(&self, account: &FamilyAccount, conflicts: &mut [Conflict]) {
        let basis = keepers::Basis {
            policy: self.worker.policy,
            set: self.set,
            person: self.worker.person,
            as_of: self.worker.as_of,
        };
        let range = &self.of.range;
        keepers::propose(basis, range, account, self.moves, conflicts);
        of_families::hold_open(self.set, range, account, conflicts);
    }
}

fn count(months: &[MonthLine], status: MonthStatus) -> u32 {
    let months = months.iter().filter(|line| line.status == status).count();
    u32::try_from(months).expect("there are 2^16 months")
}
