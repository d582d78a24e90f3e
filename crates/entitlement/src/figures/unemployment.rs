//! Unemployment insurance: months paid since the last claim, months of benefit (社会保险法 art. 46).

use super::{
    Desk, Folded, relation,
    sheet::{Draft, Known, Sheet},
};
use crate::{
    account::{
        Assumption, Conflict, FamilyAccount, FigureName, Ground, MissingName, MonthStatus,
        RecordNumber, Standing,
    },
    benefits::{awards::awards, exclusive::Overlap, recovered::recovered},
    conflicts::{class::ConflictCode, finders::conflict},
    formulas::unemployment::{
        Band, ProvincialRule, Stretch, TOTAL_MAX, claimable_months, national_ceiling,
        provincial_months,
    },
    months::holders::months_between,
    policy::Successors,
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
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    folded: Folded<'_>,
) -> Vec<Conflict> {
    let family = folded.account;
    let month = desk.as_of.month;
    let draft = |name| Draft::new(name).of_family(&family.family);
    let claims = claims(desk, folded, &sheet.policy.successors(month));
    let mut unused = Some(0_u32);
    let mut lacks = None;
    let mut since: Option<Month> = None;
    let mut grounds: Vec<Ground> = Vec::new();
    let mut restarts = Vec::new();
    for claim in &claims {
        let paid = paid_between(family, since, Some(claim.from));
        if paid > 0 {
            restarts.push(restart(claim, paid));
        }
        let months = earned(sheet, claim, (paid, unused), &mut grounds);
        let is_open = claim.is_contradicted || months.len() > 1;
        if is_open {
            lacks.get_or_insert(MissingName::ClaimPlace);
        }
        let drawn = u32::try_from(claim.drawn.len()).unwrap_or(u32::MAX);
        let known = months.first().copied().flatten().filter(|_| !is_open);
        unused = known.map(|earned| earned.saturating_sub(drawn));
        grounds.extend(
            claim
                .awards
                .iter()
                .chain(&claim.payments)
                .map(|record| Ground::Record(*record)),
        );
        since = Some(claim.from);
    }
    let paid = paid_between(family, since, None);
    let paid = sheet.months(
        draft(FigureName::UnemploymentPaid)
            .family(&family.family)
            .all(
                claims
                    .last()
                    .into_iter()
                    .flat_map(|claim| &claim.awards)
                    .map(|award| Ground::Record(*award)),
            ),
        Some(paid),
    );
    let carried = (!claims.is_empty()).then(|| {
        let draft = draft(FigureName::UnemploymentUnused)
            .family(&family.family)
            .all(grounds);
        let what = lacks.unwrap_or(MissingName::UnemploymentFormula);
        let draft = if unused.is_none() {
            draft.lacks(what)
        } else {
            draft
        };
        sheet.months(draft, unused)
    });
    let (place, renamed) = relation(family)
        .map(|place| sheet.now(place, month))
        .unzip();
    let (ceiling, months, rules) =
        claimable(sheet, (place, month), paid.value.unwrap_or(0), unused);
    let ceiling_draft = draft(FigureName::UnemploymentCeiling).on(paid.ground());
    let ceiling_draft = match rules.first() {
        Some(rule) => ceiling_draft.on(rule.clone()),
        None => ceiling_draft.lacks(MissingName::Rule),
    };
    let ceiling = sheet.months(ceiling_draft, ceiling);
    let result = draft(FigureName::UnemploymentMonths)
        .on(paid.ground())
        .on(ceiling.ground())
        .all(renamed.flatten())
        .assumed(Assumption::UnemployedUnwillingly)
        .all(carried.map(|known| known.ground()))
        .all(rules);
    let result = match place {
        _ if months.is_some() => result,
        _ if lacks.is_some() => result.lacks(MissingName::ClaimPlace),
        Some(place) => result.lacks_at(MissingName::UnemploymentFormula, place, month),
        None => result.lacks(MissingName::Relation),
    };
    let months = sheet.months(result, months);
    if let Some(place) = place {
        amount(sheet, (place, month), months);
    }
    restarts
}

/// The months that a claim is for, by each of its places: what was awarded, those carried over included; only without that a formula is
/// asked (社会保险法 art. 46).
fn earned(
    sheet: &mut Sheet<'_>,
    claim: &Claim,
    (paid, unused): (u32, Option<u32>),
    grounds: &mut Vec<Ground>,
) -> BTreeSet<Option<u32>> {
    let mut months = BTreeSet::new();
    for (place, awarded) in &claim.places {
        if awarded.months.is_some() {
            months.insert(awarded.months);
        } else {
            let (_, earned, rules) = claimable(sheet, (Some(*place), claim.from), paid, unused);
            months.insert(earned);
            grounds.extend(rules);
        }
    }
    months
}

/// Writes down the benefit of a month, where the place has one and there are months of it.
fn amount(sheet: &mut Sheet<'_>, (place, month): (Division, Month), months: Known<u32>) {
    let Some((amount, grounds)) = sheet.newest_yuan(Key::UnemploymentAmount, "", place, month)
    else {
        return;
    };
    if months.value.is_some_and(|months| months > 0) {
        let draft = Draft::new(FigureName::UnemploymentAmount)
            .of_family(super::UNEMPLOYMENT)
            .on(months.ground());
        sheet.fen(draft.all(grounds), Some(amount));
    }
}

/// The counter of paid months begins again with a claim (C25).
fn restart(claim: &Claim, paid: u32) -> Conflict {
    let found = conflict(ConflictCode::C25, None, claim.awards.clone());
    Conflict {
        family: Some(super::UNEMPLOYMENT.to_owned()),
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
    u32::try_from(within.count()).unwrap_or(u32::MAX)
}

/// The ceiling, and the months by the province's formula with unused ones, with the rules of both (the ceiling's first).
fn claimable(
    sheet: &mut Sheet<'_>,
    (place, month): (Option<Division>, Month),
    paid: u32,
    unused: Option<u32>,
) -> (Option<u32>, Option<u32>, Vec<Ground>) {
    let mut rules = Vec::new();
    let table = sheet
        .policy
        .rules()
        .table(Key::UnemploymentCeiling, "", None, month);
    let ceiling = sheet.use_rule(table).map(|(rows, rule)| {
        rules.push(rule);
        let band = |row: &Vec<u32>| match row.as_slice() {
            [from, months] => Some(Band {
                from_paid_months: *from,
                benefit_months: *months,
            }),
            _ => None,
        };
        national_ceiling(&rows.iter().filter_map(band).collect::<Vec<_>>(), paid)
    });
    let minimum = sheet.number(Key::UnemploymentMinimum, "", None, month);
    let stretches = sheet
        .policy
        .rules()
        .table(Key::UnemploymentStretches, "", place, month);
    let is_below = minimum.as_ref().is_some_and(|(minimum, _)| paid < *minimum);
    let earned = if is_below {
        // Too few months earn nothing (社会保险法 art. 45), whatever the province's formula is.
        rules.extend(minimum.map(|(_, other)| other));
        Some(0)
    } else {
        sheet
            .use_rule(stretches)
            .zip(minimum)
            .and_then(|((rows, rule), (minimum, other))| {
                rules.extend([rule, other]);
                let stretches = stretches_of(rows);
                provincial_months(
                    ProvincialRule {
                        minimum_paid_months: minimum,
                        stretches: &stretches,
                        benefit_months_max: TOTAL_MAX.into(),
                    },
                    paid,
                )
            })
    };
    let months = match (earned, ceiling, unused) {
        (Some(earned), Some(ceiling), Some(unused)) => {
            Some(claimable_months(earned, ceiling, unused, TOTAL_MAX.into()))
        }
        _ => None,
    };
    (ceiling, months, rules)
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
fn claims(desk: Desk<'_, '_>, folded: Folded<'_>, successors: &Successors<'_>) -> Vec<Claim> {
    let held = || {
        desk.set
            .within(folded.range)
            .filter(|(_, held)| held.standing == Standing::Held)
    };
    let mut by_month: BTreeMap<Month, Claim> = BTreeMap::new();
    for (at, award) in awards(desk.set, folded.range) {
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
    let recovered = recovered(desk.set);
    for (at, held) in held() {
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
        let back = recovered.get(&record).map_or(&[][..], Vec::as_slice);
        let is_back = |month: &Month| {
            back.iter()
                .any(|(first, last)| first <= month && month <= last)
        };
        claim.drawn.extend(months.filter(|month| !is_back(month)));
        claim.payments.push(record);
    }
    claims
}
