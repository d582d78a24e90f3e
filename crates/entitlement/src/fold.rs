//! The fold: one pass from facts to account, in the order in which things depend on each other.

mod family;

use crate::{
    account::{Account, Conflict, DisputeLine, FORMAT, FamilyAccount},
    benefits::{drawn, employed, exclusive, items},
    conflicts::{
        money_back::{FamilyDebts, Owed},
        of_families, of_records,
    },
    figures::{self, Folded, Inputs, Workings},
    person::{bridges::Bridges, identity, statements},
    platforms::{corrected, injuries, subsidies, work},
    policy::Policy,
    records::{
        lines,
        set::{AsOf, FamilyRange, RecordSet, Undecided},
        standing,
    },
};
use family::{FoldedFamily, Worker, fold_family};
use yizhang_ledger::{Verified, fact::Fact, value::Day};

/// The account of the worker whose facts these are, under a policy, as of the end of a day.
///
/// The result depends on the set of facts alone: their order and repetition change nothing. All facts must be of one
/// worker; if they are under several account ids that no identity link ties together, the account says so
/// ([`crate::ConflictCode::Y05`]) and still shows everything.
pub fn fold(facts: &[Verified<Fact<'_>>], policy: &Policy, as_of: Day) -> Account {
    let as_of = AsOf::new(as_of);
    let successors = policy.successors(as_of.month);
    let mut set = standing::decide(Undecided::of(facts), as_of, &successors);
    corrected::settle(&mut set);
    let person = statements::person(&set);
    items::mark_of_heirs(&mut set, policy, &person);
    let bridges = Bridges::of(&set);
    let worker = Worker {
        policy,
        person: &person,
        bridges: &bridges,
        as_of,
    };
    let mut workings = Workings::new(policy);
    let folded = fold_families(&mut set, worker, &mut workings);
    let families: Vec<Folded<'_>> = folded.iter().map(FoldedFamily::for_figures).collect();
    let inputs = Inputs {
        set: &set,
        families: &families,
        person: &person,
        bridges: &bridges,
        as_of,
    };
    let of_figures = figures::figures(&mut workings, inputs);
    let drawn = drawn::drawn(&set, &successors);
    let died = statements::death(&person).map(|(month, _)| month);
    let debts: Vec<FamilyDebts<'_>> = folded.iter().map(FoldedFamily::with_debts).collect();
    let owed = Owed::of(&set, &debts, &drawn, died);
    let disputes = statements::disputes(&set, policy, as_of);
    let accounts = identity::accounts(&set);
    let (families, mut conflicts) = apart(folded);
    conflicts.extend(of_figures);
    conflicts.extend(beside_families(&set, worker, &families, &drawn));
    conflicts.extend(of_person(&set, worker, &disputes));
    let injuries = injuries::cases(&set);
    conflicts.extend(injuries::conflicts(&injuries));
    conflicts.extend(subsidies::awarded_twice(&set));
    conflicts.extend(accounts.unlinked);
    owed.say(&mut conflicts);
    let (rules, figures, questions) = workings.finish();
    Account {
        format: FORMAT.to_owned(),
        as_of: as_of.day,
        rules,
        account: None,
        account_ids: accounts.count,
        identity: identity::facts(&set),
        sources: lines::sources(&set, as_of),
        person,
        families,
        figures,
        questions,
        conflicts,
        disputes,
        platforms: work::months(&set),
        injuries,
        subsidies: subsidies::lines(&set),
        unread: lines::unread(&set),
        records: lines::records(&set),
    }
}

/// The families of a set, in their order. A family whose months another takes the place of, or stands beside, is folded after that
/// other.
fn fold_families<'f>(
    set: &mut RecordSet<'f>,
    worker: Worker<'_, 'f>,
    workings: &mut Workings<'_>,
) -> Vec<FoldedFamily<'f>> {
    let waits = |one: &FamilyRange<'_>| one.family.covered_by().or(one.family.beside()).is_some();
    let (waiting, mut order): (Vec<_>, Vec<_>) = set.families().into_iter().partition(waits);
    order.extend(waiting);
    let mut folded: Vec<FoldedFamily<'f>> = Vec::new();
    for of in order {
        let one = fold_family(set, of, &folded, worker, workings);
        folded.push(one);
    }
    folded.sort_by_key(FoldedFamily::family);
    folded
}

/// What families come to, and all their conflicts.
fn apart(folded: Vec<FoldedFamily<'_>>) -> (Vec<FamilyAccount>, Vec<Conflict>) {
    let (mut families, mut conflicts) = (Vec::new(), Vec::new());
    for one in folded {
        families.push(one.account);
        conflicts.extend(one.conflicts);
    }
    (families, conflicts)
}

/// Conflicts between families: accounts that were joined, benefits that exclude each other, that go on after death, or that the work
/// of the worker excludes, and months covered twice.
fn beside_families(
    set: &RecordSet<'_>,
    worker: Worker<'_, '_>,
    families: &[FamilyAccount],
    drawn: &[exclusive::Span<'_>],
) -> Vec<Conflict> {
    let as_of = worker.as_of;
    let successors = worker.policy.successors(as_of.month);
    let death = statements::death(worker.person);
    let died = death.map(|(month, _)| month);
    let mut found = worker.bridges.conflicts(families, worker.policy);
    found.extend(exclusive::drawn_twice(drawn));
    found.extend(exclusive::pensions_awarded(set, &successors, died, as_of));
    found.extend(drawn::drawn_after_death(drawn, death));
    found.extend(employed::drawn_while_employed(set, drawn, families));
    found.extend(of_families::between_families(families));
    found
}

/// Conflicts of what was stated of the worker, and of records that belong to no family.
fn of_person(
    set: &RecordSet<'_>,
    worker: Worker<'_, '_>,
    disputes: &[DisputeLine],
) -> Vec<Conflict> {
    let mut found = statements::conflicts(set, worker.person, worker.as_of);
    found.extend(statements::open_disputes(disputes));
    found.extend(of_records::of_records(set, &set.of_no_family(), None));
    found
}
