//! The fold: one pass from facts to account, in the order in which things depend on each other.

use crate::{
    account::{
        Account, Conflict, ContributionLine, FORMAT, FamilyAccount, MonthLine, MonthStatus, Person,
        RecordLine, RecordNumber, SourceLine, TransferCase, UnreadKind,
    },
    benefits::{
        awards::Ends,
        drawing::{self, When},
        employed,
        exclusive::{self, Overlap, Span},
        items, loss,
    },
    conflicts::{
        finders, keepers,
        money_back::{self, Debt, Owed},
    },
    effect::{self, Moved},
    figures::{self, Desk, Folded, Sheet},
    months::{
        gaps, holders,
        ledger::{self, Bounds},
        overlap::{self, Cover},
        totals,
    },
    person::{bridges::Bridges, identity, participation, statements},
    policy::{Policy, Successors, family::Family},
    records::{
        agreements,
        set::{AsOf, FamilyRange, Held, RecordSet, Target, number, scheme_of},
        standing,
    },
    transfer::{self, Places, Transfers},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    Verified,
    entry::Kind,
    fact::Fact,
    record::Record,
    value::{Day, Division, Month, Namespace},
};

/// The account of the worker whose facts these are, under a policy, as of the end of a day.
///
/// The result depends on the set of facts alone: their order and repetition change nothing. All facts must be of one
/// worker; if they are under several account ids that no identity link ties together, the account says so
/// ([`crate::ConflictCode::Y05`]) and still shows everything.
pub fn fold(facts: &[Verified<Fact<'_>>], policy: &Policy, as_of: Day) -> Account {
    let as_of = AsOf::new(as_of);
    let mut set = RecordSet::of(facts);
    standing::decide(&mut set, as_of);
    let person = statements::person(&set);
    items::mark_of_heirs(&mut set, policy, &person);
    let bridges = Bridges::of(&set);
    let mut sheet = Sheet::new(policy);
    let mut folded: Vec<FoldedFamily<'_>> = Vec::new();
    let (mut order, covered): (Vec<_>, Vec<_>) = set
        .families()
        .into_iter()
        .partition(|one| one.family.covered_by().or(one.family.beside()).is_none());
    // A family whose months another takes the place of, or stands beside, comes after that other.
    order.extend(covered);
    for FamilyRange { family, range } in order {
        let one = fold_family(
            &mut set,
            (family, range),
            &folded,
            (&person, &bridges),
            (as_of, &mut sheet),
        );
        folded.push(one);
    }
    folded.sort_by_key(|folded| folded.family);
    let desk: Vec<Folded<'_>> = folded.iter().map(FoldedFamily::for_figures).collect();
    let counters = figures::figures(
        &mut sheet,
        Desk {
            set: &set,
            families: &desk,
            person: &person,
            bridges: &bridges,
            as_of,
        },
    );
    let accounts: Vec<&FamilyAccount> = folded.iter().map(|folded| &folded.account).collect();
    let joined = bridges.conflicts(&accounts, policy);
    let drawn = loss::drawn(&set, &policy.successors(as_of.month));
    let died = statements::death(&person).map(|(month, _)| month);
    let owed = owed(&set, &folded, (&drawn, died));
    let mut conflicts = Vec::new();
    let mut families = Vec::new();
    for one in folded {
        families.push(one.account);
        conflicts.extend(one.conflicts);
    }
    conflicts.extend(counters);
    conflicts.extend(joined);
    let successors = policy.successors(as_of.month);
    conflicts.extend(of_benefits(
        &set,
        (&drawn, &families),
        statements::death(&person),
        (&successors, as_of),
    ));
    conflicts.extend(finders::between_families(&families));
    conflicts.extend(statements::conflicts(&set, &person, as_of));
    let disputes = statements::disputes(&set);
    conflicts.extend(statements::open_disputes(&disputes));
    conflicts.extend(finders::of_records(&set, &set.of_no_family(), None));
    let (account_ids, unlinked) = identity::accounts(&set);
    conflicts.extend(unlinked);
    owed.settle(&mut conflicts);
    let (rules, figures, questions) = sheet.finish();
    Account {
        format: FORMAT.to_owned(),
        as_of: as_of.day,
        rules,
        account: None,
        account_ids,
        identity: identity::facts(&set),
        sources: sources(&set, as_of),
        person,
        families,
        figures,
        questions,
        conflicts,
        disputes,
        unread: unread(&set),
        records: set.iter().map(|(_, held)| record_line(held)).collect(),
    }
}

/// What has to go back of all families.
fn owed(
    set: &RecordSet<'_>,
    folded: &[FoldedFamily<'_>],
    (drawn, died): (&[Span<'_>], Option<Month>),
) -> Owed {
    let debts: Vec<(&FamilyAccount, &[Debt])> = folded
        .iter()
        .map(|one| (&one.account, one.debts.as_slice()))
        .collect();
    Owed::of(set, &debts, (drawn, died))
}

/// Benefits that exclude each other, that go on after death, or that the work of the worker excludes.
fn of_benefits(
    set: &RecordSet<'_>,
    (drawn, families): (&[Span<'_>], &[FamilyAccount]),
    death: Option<(Month, RecordNumber)>,
    (successors, as_of): (&Successors<'_>, AsOf),
) -> Vec<Conflict> {
    let died = death.map(|(month, _)| month);
    let mut conflicts = exclusive::drawn_twice(drawn);
    conflicts.extend(exclusive::pensions_awarded(set, successors, (died, as_of)));
    conflicts.extend(loss::drawn_after_death(drawn, death));
    conflicts.extend(employed::drawn_while_employed(set, drawn, families));
    conflicts
}

/// The months of a family, and the transfers that move them.
struct MonthsAndTransfers {
    months: Vec<MonthLine>,
    transfers: Transfers,
}

impl Moved for MonthsAndTransfers {
    fn places(&self) -> &Places {
        &self.transfers.places
    }
}

struct FoldedFamily<'f> {
    family: Family<'f>,
    range: Range<usize>,
    ends: Ends,
    account: FamilyAccount,
    /// Claims of unemployment benefit that contradict each other.
    claims: Vec<Overlap>,
    /// What its contributions have to give back for months behind ends.
    debts: Vec<Debt>,
    conflicts: Vec<Conflict>,
}

impl FoldedFamily<'_> {
    /// As figures are computed from it.
    fn for_figures(&self) -> Folded<'_> {
        Folded {
            account: &self.account,
            range: &self.range,
            ends: self.ends,
            claims: &self.claims,
            debts: &self.debts,
        }
    }
}

fn fold_family<'f>(
    set: &mut RecordSet<'f>,
    (family, range): (Family<'f>, Range<usize>),
    folded: &[FoldedFamily<'f>],
    (person, bridges): (&Person, &Bridges<'_>),
    (as_of, sheet): (AsOf, &mut Sheet<'_>),
) -> FoldedFamily<'f> {
    let months_of = |family: Option<Family<'_>>| {
        let of = folded.iter().find(|folded| Some(folded.family) == family);
        of.map_or_else(Cover::default, |folded| Cover {
            months: &folded.account.months,
            ends: folded.ends,
        })
    };
    let (cover, beside) = (months_of(family.covered_by()), months_of(family.beside()));
    let ends = Ends::of(set, family, &range, statements::death(person));
    let bounds = Bounds {
        cover,
        beside,
        ends,
        as_of,
    };
    transfer::mark_alone(set, &range);
    let policy = sheet.policy;
    let successors = policy.successors(as_of.month);
    let MonthsAndTransfers {
        months,
        mut transfers,
    } = effect::settled(set, &range, bounds, &successors, |set| {
        let months = ledger::month_lines(set, &range, bounds);
        let transfers = transfer::transfers(set, (family, &range), &months, cover, as_of, policy);
        MonthsAndTransfers { months, transfers }
    });
    agreements::adopt_refunds(set, &range, &transfers.places);
    // Who draws the employee pension pays nothing any more, under no scheme.
    let pension = folded
        .iter()
        .find(|folded| folded.family.begins_with((Namespace::Hrss, "110")));
    // Nor does anybody into a scheme that was left for another.
    let left = bridges
        .leaving(&family.to_string())
        .map(|joined| (joined.month, joined.record));
    let drawn = ends
        .benefit
        .or(pension.and_then(|pension| pension.ends.benefit));
    let closing = Ends {
        benefit: drawn.into_iter().chain(left).min(),
        ..ends
    };
    let participation = participation::participation(set, &range);
    name_rules(sheet, family, &mut transfers.cases, as_of.month);
    let (by_province, by_place) = totals::by_place(
        set,
        &range,
        &months,
        (&transfers.places, &successors),
        as_of,
    );
    let mut conflicts = finders::of_family(set, family, &range, &months, (bounds, &successors));
    conflicts.extend(transfers.conflicts);
    conflicts.extend(loss::refunded_after_award(
        set,
        (family, &range),
        &months,
        bounds,
    ));
    conflicts.extend(loss::stops_elsewhere(set, (family, &range)));
    let claims = exclusive::claims_awarded(set, (family, &range), &months, (closing, &successors));
    conflicts.extend(exclusive::claimed_twice(family, claims.clone(), as_of));
    conflicts.extend(participation::paid_while_away(set, family, &range, &months));
    let counted = |line: &&MonthLine| line.status == MonthStatus::Counted;
    let mut account = FamilyAccount {
        family: family.to_string(),
        schemes: schemes(set, &range),
        counted_months: count(&months, MonthStatus::Counted),
        deemed_months: count(&months, MonthStatus::Deemed),
        first: months.iter().find(counted).map(|line| line.month),
        last: months.iter().rfind(counted).map(|line| line.month),
        spans: holders::spans(set, &months),
        gaps: gaps::gaps(
            &months,
            &participation,
            Bounds {
                ends: closing,
                ..bounds
            },
        ),
        by_province,
        by_place,
        credited: totals::credited(set, &range),
        interest: totals::interest(set, &range),
        cleared: totals::cleared(set, &range),
        joined: Vec::new(),
        years: overlap::year_lines(set, &range, bounds),
        months,
        participation,
        standing: participation::standing(set, &range, as_of),
        transfers: transfers.cases,
        benefits: participation::benefits(set, &range),
        drawing: drawing::drawing(
            set,
            &range,
            When {
                month: as_of.month,
                known_on: None,
            },
        ),
    };
    account.joined = bridges.lines(set, (family, &range), figures::owed(&account));
    conflicts.extend(finders::renamed_places(
        set,
        family,
        (&account.months, &successors),
    ));
    conflicts.extend(finders::renamed_employers(
        set,
        family,
        (&account.months, policy, as_of),
    ));
    conflicts.extend(figures::out_of_limits(
        sheet,
        set,
        (family, &range),
        &account,
    ));
    conflicts.extend(figures::paid_back(sheet, set, family, &account));
    conflicts.extend(figures::account_share(
        sheet,
        set,
        (family, &range),
        &account,
    ));
    let stated = (policy, person, bridges);
    keepers::settle(
        set,
        (&range, &account),
        stated,
        &mut conflicts,
        (&transfers.places, as_of),
    );
    finders::hold_open(set, &range, &account, &mut conflicts);
    let debts = money_back::debts(set, &range, &account);
    FoldedFamily {
        family,
        range,
        ends,
        account,
        claims,
        debts,
        conflicts,
    }
}

/// Names the rules that cases are judged by: those of their own time.
fn name_rules(sheet: &mut Sheet<'_>, family: Family<'_>, cases: &mut [TransferCase], now: Month) {
    for case in cases {
        let steps = case.steps.iter().map(|step| (step.kind, step.on));
        let month = transfer::judged_in(&steps).unwrap_or(now);
        let rules = sheet.policy.transfer_rules(family, month, case.source);
        case.rules = rules.map(|rule| sheet.number_of(rule)).collect();
    }
}

fn count(months: &[MonthLine], status: MonthStatus) -> u32 {
    u32::try_from(months.iter().filter(|line| line.status == status).count()).unwrap_or(u32::MAX)
}

fn schemes(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<String> {
    let mut schemes = Vec::new();
    for (_, held) in set.within(range) {
        let Some(scheme) = scheme_of(&held.fact.record) else {
            continue;
        };
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    schemes.sort_unstable();
    schemes
        .into_iter()
        .map(|scheme| scheme.to_string())
        .collect()
}

fn sources(set: &RecordSet<'_>, as_of: AsOf) -> Vec<SourceLine> {
    let mut sources: BTreeMap<Division, SourceLine> = BTreeMap::new();
    for (_, held) in set.iter() {
        let region = held.fact.region;
        let source = sources.entry(region).or_insert(SourceLine {
            region,
            records: 0,
            last_index: 0,
            latest: None,
        });
        source.records = source.records.saturating_add(1);
        let last = held.again.last().copied().unwrap_or(held.fact.index.0);
        source.last_index = source.last_index.max(last);
        source.latest = source
            .latest
            .max(held.day().filter(|day| *day <= as_of.day));
    }
    sources.into_values().collect()
}

fn unread(set: &RecordSet<'_>) -> Vec<UnreadKind> {
    let mut kinds: BTreeMap<Kind, UnreadKind> = BTreeMap::new();
    for (at, held) in set.iter() {
        if let Record::Unknown(kind, _) = &held.fact.record {
            let unread = kinds.entry(*kind).or_insert(UnreadKind {
                kind: *kind,
                number: kind.0,
                records: Vec::new(),
            });
            unread.records.push(number(at));
        }
    }
    kinds.into_values().collect()
}

fn record_line(held: &Held<'_>) -> RecordLine {
    let source = held.fact.record.source().unwrap_or_default();
    RecordLine {
        region: held.fact.region,
        index: held.fact.index.0,
        again: held.again.clone(),
        id: held.fact.id.0,
        kind: held.fact.record.kind(),
        standing: held.standing,
        because: held.because.map(number),
        target: match held.target {
            Target::At(target) => Some(number(target)),
            Target::None | Target::Elsewhere | Target::Unknown => None,
        },
        agency: source.agency.as_str().to_owned(),
        system: source.system.as_str().to_owned(),
        serial: source.serial.as_str().to_owned(),
        contribution: held.money().map(|(_, fields)| ContributionLine {
            scheme: fields.scheme.to_string(),
            first: fields.period.first,
            months: fields.period.months,
            place: fields.place,
            payer: fields.payer.into(),
            nature: fields.nature,
            base: fields.base.get(),
            due: fields.due.into(),
            paid: fields.paid.into(),
            credited: fields.credited.into(),
            full: fields.full,
            received: fields.received,
        }),
    }
}
