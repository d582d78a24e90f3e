//! Unemployment insurance: months paid since the last claim, months of benefit (社会保险法 art. 46).

use super::{
    Folded, Inputs, relation,
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{
        Assumption, Conflict, FamilyAccount, FigureName, Ground, MissingName, MonthStatus,
        RecordNumber,
    },
    benefits::{awards::awards, exclusive::Overlap, recovered::recovered},
    conflicts::{class::ConflictCode, finders::conflict},
    formulas::count::count_months,
    formulas::unemployment::{
        Band, ProvincialRule, Stretch, TOTAL_MAX, claimable_months, national_ceiling,
        provincial_months,
    },
    months::holders::months_between,
    policy::{Successors, family::Family},
    records::set::number,
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    record::Record,
    value::{Day, Division, Month},
};
use yizhang_rules::Key;

/// Longest run of months that one payment is taken to be about.
const PAID_MONTHS_MAX: usize = 24;

/// A claim: when it began, where, and for which months benefit was paid. Awards from one month are one claim.
struct Claim {
    from: Month,
    /// One place; more, if agencies contradict each other (Y09). With what was awarded there last.
    places: BTreeMap<Division, Awarded>,
    /// Whether a claim from another month, at another place, was awarded for some of its months (Y09).
    is_contradicted: bool,
    awards: Vec<RecordNumber>,
    drawn: BTreeSet<Month>,
    payments: Vec<RecordNumber>,
}

/// What a place awarded for a claim.
#[derive(Clone, Copy)]
struct Awarded {
    on: Day,
    record: RecordNumber,
    /// For how many months, by the award's first and last one, those carried over included; none, where it names no last one.
    months: Option<u32>,
}

impl Claim {
    fn new(from: Month) -> Self {
        Self {
            from,
            places: BTreeMap::new(),
            is_contradicted: false,
            awards: Vec::new(),
            drawn: BTreeSet::new(),
            payments: Vec::new(),
        }
    }
}

/// Writes down paid months since the last claim, unused months, ceiling and the province's months.
pub(super) fn unemployment(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    folded: Folded<'_>,
) -> Vec<Conflict> {
    let family = folded.account;
    let month = inputs.as_of.month;
    let draft = |name| Draft::new(name).of_family(&family.family);
    let claims = claims(inputs, folded, &workings.policy.successors(month));
    let carried = Carried::over(workings, family, &claims);
    let last_awards = claims.last().into_iter().flat_map(|claim| &claim.awards);
    let paid_draft = draft(FigureName::UnemploymentPaid).family(&family.family);
    let paid = workings.months(
        paid_draft.all(last_awards.map(|award| Ground::Record(*award))),
        Some(paid_between(family, carried.since, None)),
    );
    let unused = (!claims.is_empty()).then(|| carried.write(workings, &family.family));
    let (place, renamed) = relation(family)
        .map(|place| workings.now(place, month))
        .unzip();
    let paid_months = paid.value.unwrap_or(0);
    let found = claimable(workings, place, month, paid_months, carried.unused);
    let ceiling_draft = draft(FigureName::UnemploymentCeiling).on(paid.ground());
    let ceiling_draft = match found.rules.first() {
        Some(rule) => ceiling_draft.on(rule.clone()),
        None => ceiling_draft.lacks(MissingName::Rule),
    };
    let ceiling = workings.months(ceiling_draft, found.ceiling);
    let result = draft(FigureName::UnemploymentMonths)
        .on(paid.ground())
        .on(ceiling.ground())
        .all(renamed.flatten())
        .assumed(Assumption::UnemployedUnwillingly)
        .all(unused.map(|known| known.ground()))
        .all(found.rules);
    let result = match place {
        _ if found.months.is_some() => result,
        _ if carried.lacks.is_some() => result.lacks(MissingName::ClaimPlace),
        Some(place) => result.lacks_at(MissingName::UnemploymentFormula, place, month),
        None => result.lacks(MissingName::Relation),
    };
    let months = workings.months(result, found.months);
    if let Some(place) = place {
        amount(workings, place, month, months);
    }
    carried.restarts
}

/// What claims have left behind, one after the other.
struct Carried {
    /// Months earned and not drawn; none where they are not known.
    unused: Option<u32>,
    lacks: Option<MissingName>,
    /// The month of the last claim.
    since: Option<Month>,
    grounds: Vec<Ground>,
    /// The counter of paid months begins again with a claim (C25).
    restarts: Vec<Conflict>,
}

impl Carried {
    fn over(workings: &mut Workings<'_>, family: &FamilyAccount, claims: &[Claim]) -> Self {
        let mut carried = Self {
            unused: Some(0),
            lacks: None,
            since: None,
            grounds: Vec::new(),
            restarts: Vec::new(),
        };
        for claim in claims {
            carried.claim(workings, family, claim);
        }
        carried
    }

    fn claim(&mut self, workings: &mut Workings<'_>, family: &FamilyAccount, claim: &Claim) {
        let paid = paid_between(family, self.since, Some(claim.from));
        if paid > 0 {
            self.restarts.push(restart(claim, paid));
        }
        let months = self.earned(workings, claim, paid);
        let is_open = claim.is_contradicted || months.len() > 1;
        if is_open {
            self.lacks.get_or_insert(MissingName::ClaimPlace);
        }
        let drawn = count_months(claim.drawn.iter());
        let earned = months.first().copied().flatten().filter(|_| !is_open);
        self.unused = earned.map(|earned| earned.saturating_sub(drawn));
        let records = claim.awards.iter().chain(&claim.payments);
        self.grounds
            .extend(records.map(|record| Ground::Record(*record)));
        self.since = Some(claim.from);
    }

    /// The months that a claim is for, by each of its places: what was awarded, those carried over included; only without that a
    /// formula is asked (社会保险法 art. 46).
    fn earned(
        &mut self,
        workings: &mut Workings<'_>,
        claim: &Claim,
        paid: u32,
    ) -> BTreeSet<Option<u32>> {
        let mut months = BTreeSet::new();
        for (place, awarded) in &claim.places {
            if awarded.months.is_some() {
                months.insert(awarded.months);
            } else {
                let found = claimable(workings, Some(*place), claim.from, paid, self.unused);
                months.insert(found.months);
                self.grounds.extend(found.rules);
            }
        }
        months
    }

    /// Writes down the months that are unused.
    fn write(&self, workings: &mut Workings<'_>, family: &str) -> Written<u32> {
        let draft = Draft::new(FigureName::UnemploymentUnused)
            .of_family(family)
            .family(family)
            .all(self.grounds.iter().cloned());
        let draft = if self.unused.is_none() {
            draft.lacks(self.lacks.unwrap_or(MissingName::UnemploymentFormula))
        } else {
            draft
        };
        workings.months(draft, self.unused)
    }
}

/// Writes down the benefit of a month, where the place has one and there are months of it.
fn amount(workings: &mut Workings<'_>, place: Division, month: Month, months: Written<u32>) {
    let Some((amount, grounds)) = workings.newest_yuan(Key::UnemploymentAmount, "", place, month)
    else {
        return;
    };
    if months.value.is_some_and(|months| months > 0) {
        let draft = Draft::new(FigureName::UnemploymentAmount)
            .of_family(&Family::UNEMPLOYMENT.to_string())
            .on(months.ground());
        workings.fen(draft.all(grounds), Some(amount));
    }
}

/// The counter of paid months begins again with a claim (C25).
fn restart(claim: &Claim, paid: u32) -> Conflict {
    let found = conflict(ConflictCode::C25, None, claim.awards.clone());
    Conflict {
        family: Some(Family::UNEMPLOYMENT.to_string()),
        first: Some(claim.from),
        last: Some(claim.from),
        months: paid,
        ..found
    }
}

/// Counted months after one claim and before the next.
fn paid_between(family: &FamilyAccount, since: Option<Month>, until: Option<Month>) -> u32 {
    let within = family.months.iter().filter(|line| {
        line.status == MonthStatus::Counted
            && since.is_none_or(|since| line.month >= since)
            && until.is_none_or(|until| line.month < until)
    });
    count_months(within)
}

/// What somebody who has paid so long may claim.
struct Claimable {
    ceiling: Option<u32>,
    /// By the province's formula, with unused ones.
    months: Option<u32>,
    /// Of both, the ceiling's first.
    rules: Vec<Ground>,
}

fn claimable(
    workings: &mut Workings<'_>,
    place: Option<Division>,
    month: Month,
    paid: u32,
    unused: Option<u32>,
) -> Claimable {
    let mut rules = Vec::new();
    let ceiling = ceiling(workings, month, paid, &mut rules);
    let earned = earned(workings, place, month, paid, &mut rules);
    let months = match (earned, ceiling, unused) {
        (Some(earned), Some(ceiling), Some(unused)) => {
            Some(claimable_months(earned, ceiling, unused, TOTAL_MAX.into()))
        }
        _ => None,
    };
    Claimable {
        ceiling,
        months,
        rules,
    }
}

/// The nation's most months for so many paid ones.
fn ceiling(
    workings: &mut Workings<'_>,
    month: Month,
    paid: u32,
    rules: &mut Vec<Ground>,
) -> Option<u32> {
    let all = workings.policy.rules();
    let table = all.table(Key::UnemploymentCeiling, "", None, month);
    let (rows, rule) = workings.use_rule(table)?;
    rules.push(rule);
    let mut bands = Vec::new();
    for row in rows {
        if let [from, months] = row.as_slice() {
            bands.push(Band {
                from_paid_months: *from,
                benefit_months: *months,
            });
        }
    }
    Some(national_ceiling(&bands, paid))
}

/// The months that so many paid ones earn by the province's formula. Too few earn nothing (社会保险法 art. 45), whatever that is.
fn earned(
    workings: &mut Workings<'_>,
    place: Option<Division>,
    month: Month,
    paid: u32,
    rules: &mut Vec<Ground>,
) -> Option<u32> {
    let minimum = workings.number(Key::UnemploymentMinimum, "", None, month);
    if let Some((minimum, by)) = &minimum
        && paid < *minimum
    {
        rules.push(by.clone());
        return Some(0);
    }
    let all = workings.policy.rules();
    let stretches = all.table(Key::UnemploymentStretches, "", place, month);
    let (rows, rule) = workings.use_rule(stretches)?;
    let (minimum, by) = minimum?;
    rules.extend([rule, by]);
    provincial_months(
        ProvincialRule {
            minimum_paid_months: minimum,
            stretches: &stretches_of(rows),
            benefit_months_max: TOTAL_MAX.into(),
        },
        paid,
    )
}

/// Rows "up to so many paid months (0: without end), for each so many, so many of benefit", as stretches that begin where
/// the one before ends.
fn stretches_of(rows: &[Vec<u32>]) -> Vec<Stretch> {
    let mut begins = 0;
    let mut stretches = Vec::new();
    for row in rows {
        if let [until, every, benefit] = row.as_slice() {
            stretches.push(Stretch {
                after_paid_months: begins,
                every_months: *every,
                benefit_months: *benefit,
            });
            begins = *until;
        }
    }
    stretches
}

/// Marks the claims that were awarded for the same months as a claim from another month. Places of one month are asked one by one.
fn mark_contradicted(claims: &mut [Claim], overlaps: &[Overlap]) {
    let awards = |(at, claim): (usize, &Claim)| {
        claim
            .awards
            .iter()
            .map(move |award| (*award, at))
            .collect::<Vec<_>>()
    };
    let by_award: BTreeMap<RecordNumber, usize> =
        claims.iter().enumerate().flat_map(awards).collect();
    for overlap in overlaps {
        let beside: BTreeSet<usize> = overlap
            .records
            .iter()
            .filter_map(|award| by_award.get(award))
            .copied()
            .collect();
        for at in beside.iter().filter(|_| beside.len() > 1) {
            if let Some(claim) = claims.get_mut(*at) {
                claim.is_contradicted = true;
            }
        }
    }
}

/// Claims in the order of their months: an award, and the payments until the next one.
fn claims(inputs: Inputs<'_, '_>, folded: Folded<'_>, successors: &Successors<'_>) -> Vec<Claim> {
    let mut by_month: BTreeMap<Month, Claim> = BTreeMap::new();
    for (at, award) in awards(inputs.set, folded.range) {
        let claim = by_month
            .entry(award.from)
            .or_insert_with(|| Claim::new(award.from));
        let awarded = Awarded {
            on: award.on,
            record: number(at),
            // Nobody has more than the longest benefit (社会保险法 art. 46).
            months: award
                .until
                .map(|until| months_between(award.from, until).min(TOTAL_MAX.into())),
        };
        let last = claim
            .places
            .entry(successors.now(award.place))
            .or_insert(awarded);
        if (last.on, last.record) < (awarded.on, awarded.record) {
            *last = awarded;
        }
        claim.awards.push(number(at));
    }
    let mut claims: Vec<Claim> = by_month.into_values().collect();
    mark_contradicted(&mut claims, folded.claims);
    let recovered = recovered(inputs.set);
    for (at, held) in inputs.set.in_force(folded.range) {
        let Record::Benefit(Kind::BENEFIT_PAID, paid) = &held.fact.record else {
            continue;
        };
        let record = number(at);
        let Some(claim) = claims.iter_mut().rfind(|claim| claim.from <= paid.from) else {
            continue;
        };
        let last = paid.until.unwrap_or(paid.from);
        let months = (paid.from.number()..=last.number())
            .filter_map(Month::new)
            .take(PAID_MONTHS_MAX);
        // What was given back was not drawn.
        let back = recovered.in_full(record);
        let is_back = |month: &Month| {
            back.iter()
                .any(|(first, last)| first <= month && month <= last)
        };
        claim.drawn.extend(months.filter(|month| !is_back(month)));
        claim.payments.push(record);
    }
    claims
}
