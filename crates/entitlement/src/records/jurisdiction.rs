//! Which chain may state what about whom and where 管辖: a ledger proves who signed a record, and the account asks whether that
//! signer may say so.
//!
//! The rule is [`RIGHTS`], by kinds. A record that its chain has no right to is a *claim*: it counts nothing and stops nothing, it is shown
//! with [`crate::ConflictCode::Y15`], and it waits until an agency that has the right states the same. Nothing here depends on the
//! order in which records came, so that every node sees the same claims.

use crate::{
    account::Standing,
    policy::{Policy, Successors},
    records::set::{AsOf, Held, LAST_MONTH, RecordSet, Role, Target},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    person::AccountId,
    record::{Identity, Record},
    value::{Day, Division},
};

/// What gives a chain the right to state a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The place that the record names lies in the region of the chain, by its code of then or of now. A refund or difference that names
    /// its target has the right of that: it acts on its own chain, or, of what a transfer has brought, by an agreement.
    Place,
    /// The same, of what makes no region a [holding one](Right::Holding): where somebody works for platforms, is hurt or gets a subsidy says
    /// nothing of who has the file.
    PlaceAlone,
    /// One of the two places of the transfer does.
    Side,
    /// The chain holds records of the worker: its region is a [holding region](Right::Holding).
    ///
    /// A region holds the worker if its chain has a record in force about the worker whose place lies in the region and gives the
    /// right ([`Right::Place`], [`Right::PlaceOrHolding`]), or has posted a transfer to a place of its own. Where no region holds the worker, there is nothing yet that a
    /// stranger could take away, and every chain has the right.
    Holding,
    /// Either of [`Right::Place`] and [`Right::Holding`]: months may be recognised where the worker worked then, and by the agency that
    /// has the worker's file now (人社部规〔2016〕5号).
    PlaceOrHolding,
    /// Every region that holds one of the two accounts has stated the same. An account that nobody holds yet is bound to the regions that
    /// hold the other end of a link which they have stated to it.
    EveryHolding,
    /// Whoever signs: the record acts on its own chain alone, or nobody here can read it.
    Anyone,
}

/// The right that kinds from one to another need.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// First kind.
    pub first: Kind,
    /// Last kind.
    pub last: Kind,
    /// What gives the right.
    pub right: Right,
}

const fn rule(first: Kind, last: Kind, right: Right) -> Rule {
    Rule { first, last, right }
}

/// Who may state what, in the order of kinds; kinds that are not named are [`Right::Anyone`]'s. Design rule: contributions and
/// benefits are handled where the worker participates (社会保险法 art. 8, 属地管理); what is stated of the person is
/// stated by an agency that has the person's file.
pub const RIGHTS: &[Rule] = &[
    rule(
        Kind::IDENTITY_LINK,
        Kind::IDENTITY_LINK,
        Right::EveryHolding,
    ),
    rule(Kind::IDENTITY_SPLIT, Kind::IDENTITY_SPLIT, Right::Holding),
    rule(Kind::DEATH_NOTICE, Kind::DEATH_NOTICE, Right::Holding),
    rule(Kind::ENROL, Kind::TERMINATE, Right::Place),
    rule(
        Kind::DEEMED_MONTHS,
        Kind::DEEMED_MONTHS,
        Right::PlaceOrHolding,
    ),
    rule(Kind::HUKOU_FACT, Kind::BIRTH_DATE_FACT, Right::Holding),
    rule(Kind::DUE, Kind::REFUND, Right::Place),
    rule(Kind::REVERSAL, Kind::REVERSAL, Right::Anyone),
    rule(Kind::INTEREST_CREDIT, Kind::INTEREST_CREDIT, Right::Holding),
    rule(
        Kind::SUBSIDY_CREDIT,
        Kind::SUBSIDY_CREDIT,
        Right::PlaceAlone,
    ),
    rule(Kind::CERTIFICATE, Kind::CORRECTION, Right::Side),
    rule(Kind::BRIDGE, Kind::BRIDGE, Right::Place),
    rule(
        Kind::DUPLICATE_AGREEMENT,
        Kind::DUPLICATE_AGREEMENT,
        Right::Holding,
    ),
    rule(Kind::BENEFIT_APPLY, Kind::RECOVERY, Right::Place),
    rule(
        Kind::PLATFORM_MONTH,
        Kind::PLATFORM_MONTH,
        Right::PlaceAlone,
    ),
    rule(
        Kind::INJURY_REPORT,
        Kind::DISABILITY_GRADE,
        Right::PlaceAlone,
    ),
    rule(Kind::SUBSIDY_APPLY, Kind::SUBSIDY_AWARD, Right::PlaceAlone),
    rule(Kind::DISPUTE, Kind::DISPUTE, Right::Holding),
    rule(Kind::DISPUTE_OUTCOME, Kind::DISPUTE_OUTCOME, Right::Anyone),
];

/// Most records of one account that are taken from a chain which has no right to them: enough for every mistake of an agency, and too
/// few to make anybody's account large.
pub const CLAIMS_MAX: usize = 64;

/// Tells what a chain wrote about an account with the right from what it claims, before anything is proved or folded.
pub struct Screen<'p> {
    region: Division,
    successors: Successors<'p>,
}

impl<'p> Screen<'p> {
    /// The screen for the chain of a region.
    pub fn new(region: Division, policy: &'p Policy, as_of: Day) -> Self {
        Self {
            region,
            successors: policy.successors(AsOf::new(as_of).month),
        }
    }

    /// The screen for what is about to be written into the chain of a region: with every successor that the rules know, begun or not.
    pub fn at_the_door(region: Division, policy: &'p Policy) -> Self {
        Self {
            region,
            successors: policy.successors(LAST_MONTH),
        }
    }

    /// Whether a record is a claim whatever else is recorded.
    pub fn is_claim(&self, record: &Record<'_>) -> bool {
        is_of_elsewhere(self.region, record, &self.successors)
    }

    /// Whether a record makes the region one that [holds](Right::Holding) the worker, if it is in force.
    pub fn shows_holding(&self, record: &Record<'_>) -> bool {
        shows_holding(self.region, record, &self.successors)
    }
}

/// What gives the right to state a record of a kind.
pub fn right_to(kind: Kind) -> Right {
    let of_kind = RIGHTS
        .iter()
        .find(|rule| (rule.first..=rule.last).contains(&kind));
    of_kind.map_or(Right::Anyone, |rule| rule.right)
}

/// Where what a record is about has its place, as seen from the region of its chain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whereabouts {
    /// In the region, by the code of then or of now.
    Here,
    Elsewhere,
    /// It names none that gives a right.
    Nowhere,
}

fn whereabouts(region: Division, record: &Record<'_>, successors: &Successors<'_>) -> Whereabouts {
    let is_here = |place: Division| region.covers(place) || region.covers(successors.now(place));
    let is_at_home = match record {
        Record::Transfer(_, step) => {
            is_here(step.source_side.place) || is_here(step.target_side.place)
        }
        _ => match place_of(record) {
            Some(place) => is_here(place),
            None => return Whereabouts::Nowhere,
        },
    };
    if is_at_home {
        Whereabouts::Here
    } else {
        Whereabouts::Elsewhere
    }
}

/// Whether a region's chain lacks the right to a record whatever else is recorded: the place, or both places, lie elsewhere.
fn is_of_elsewhere(region: Division, record: &Record<'_>, successors: &Successors<'_>) -> bool {
    match right_to(record.kind()) {
        Right::Place | Right::PlaceAlone | Right::Side => {
            whereabouts(region, record, successors) == Whereabouts::Elsewhere
        }
        Right::Holding | Right::PlaceOrHolding | Right::EveryHolding | Right::Anyone => false,
    }
}

fn place_of(record: &Record<'_>) -> Option<Division> {
    match record {
        Record::Contribution(kind, fields) => match Role::of(*kind, fields) {
            // What acts on its target alone has the right of that.
            Role::Adjust | Role::Refund if fields.target.is_some() => None,
            _ => Some(fields.place),
        },
        Record::Participation(_, fields) => Some(fields.place),
        Record::Benefit(_, fields) => Some(fields.place),
        Record::Deemed(fields) => Some(fields.place),
        Record::Bridge(fields) => Some(fields.place),
        Record::PlatformMonth(fields) => Some(fields.place),
        Record::InjuryReport(fields) => Some(fields.place),
        Record::InjuryDetermination(fields) => Some(fields.place),
        Record::DisabilityGrade(fields) => Some(fields.place),
        Record::Subsidy(_, fields) => Some(fields.place),
        _ => None,
    }
}

/// Whether a record makes the region of its chain one that holds the worker, if it is in force.
fn shows_holding(region: Division, record: &Record<'_>, successors: &Successors<'_>) -> bool {
    match record {
        Record::Transfer(Kind::POSTED, step) => {
            let place = step.target_side.place;
            region.covers(place) || region.covers(successors.now(place))
        }
        _ => match right_to(record.kind()) {
            Right::Place | Right::PlaceOrHolding => {
                whereabouts(region, record, successors) == Whereabouts::Here
            }
            Right::PlaceAlone
            | Right::Side
            | Right::Holding
            | Right::EveryHolding
            | Right::Anyone => false,
        },
    }
}

/// Sets aside what chains have no right to, and says whether there is any. Reversals and dates have been looked at: what never held, or
/// holds only later, gives no right.
pub(crate) fn set_claims_aside(set: &mut RecordSet<'_>, successors: &Successors<'_>) -> bool {
    let mut of_elsewhere = Vec::new();
    for at in in_force(set) {
        let held = set.at(at);
        if is_of_elsewhere(held.fact.region, &held.fact.record, successors) {
            set.stand(at, Standing::Claim, None);
            of_elsewhere.push(at);
        }
    }
    if !of_elsewhere.is_empty() {
        tie_to_rightful(set, of_elsewhere);
    }
    follow_claims(set);
    let holders = Holders::of(set, successors);
    for at in in_force(set) {
        let fact = set.at(at).fact;
        let needs_holding = match right_to(fact.record.kind()) {
            Right::Holding => true,
            Right::PlaceOrHolding => {
                whereabouts(fact.region, &fact.record, successors) != Whereabouts::Here
            }
            Right::Place
            | Right::PlaceAlone
            | Right::Side
            | Right::EveryHolding
            | Right::Anyone => false,
        };
        if needs_holding && holders.lacks(fact.region) {
            let (standing, because) = match said_by_a_holder(set, at, &holders) {
                Some(same) => (Standing::Copy, Some(same)),
                None => (Standing::Claim, None),
            };
            set.stand(at, standing, because);
        }
    }
    for at in links_without_consent(set, &holders) {
        set.stand(at, Standing::Claim, None);
    }
    set.iter().any(|(_, held)| held.standing == Standing::Claim)
}

/// Content that stands in a chain with the right as well is nothing new: the claim names it.
fn tie_to_rightful(set: &mut RecordSet<'_>, claims: Vec<usize>) {
    let mut rightful: BTreeMap<RecordId, usize> = BTreeMap::new();
    for at in in_force(set) {
        rightful.entry(set.at(at).fact.id).or_insert(at);
    }
    for at in claims {
        let same = rightful.get(&set.at(at).fact.id).copied();
        set.stand(at, Standing::Claim, same);
    }
}

/// A refund or difference of a claim is one, too; a refund of such a difference as well.
fn follow_claims(set: &mut RecordSet<'_>) {
    for wanted in [Role::Adjust, Role::Refund] {
        for at in in_force(set) {
            let held = set.at(at);
            let is_wanted = held.money().is_some_and(|(role, _)| role == wanted);
            if let Target::At(target) = held.target
                && is_wanted
                && set.at(target).standing == Standing::Claim
            {
                set.stand(at, Standing::Claim, Some(target));
            }
        }
    }
}

fn in_force(set: &RecordSet<'_>) -> Vec<usize> {
    let held = set
        .iter()
        .filter(|(_, held)| held.standing == Standing::Held);
    held.map(|(at, _)| at).collect()
}

/// The regions that hold records of the worker, by account.
struct Holders(BTreeMap<AccountId, BTreeSet<Division>>);

impl Holders {
    fn of(set: &RecordSet<'_>, successors: &Successors<'_>) -> Self {
        let mut holders: BTreeMap<AccountId, BTreeSet<Division>> = BTreeMap::new();
        for at in in_force(set) {
            let fact = set.at(at).fact;
            if shows_holding(fact.region, &fact.record, successors) {
                for account in fact.record.accounts() {
                    holders.entry(account).or_default().insert(fact.region);
                }
            }
        }
        Self(holders)
    }

    /// Whether others hold the worker, and this region does not.
    fn lacks(&self, region: Division) -> bool {
        let is_one = self.0.values().any(|regions| regions.contains(&region));
        !self.0.is_empty() && !is_one
    }

    fn of_account(&self, account: AccountId) -> impl Iterator<Item = Division> {
        self.0.get(&account).into_iter().flatten().copied()
    }
}

/// The statement of a holding region that says the same as a claim: then nothing waits any more.
fn said_by_a_holder(set: &RecordSet<'_>, claim: usize, holders: &Holders) -> Option<usize> {
    let claimed = &set.at(claim).fact.record;
    let same = set.iter().find(|(_, held)| {
        held.standing == Standing::Held
            && !holders.lacks(held.fact.region)
            && says_the_same(&held.fact.record, claimed)
    });
    same.map(|(at, _)| at)
}

/// Whether two statements of a person say the same of the same account, by whatever document and on whatever day.
fn says_the_same(one: &Record<'_>, other: &Record<'_>) -> bool {
    match (one, other) {
        (Record::Death(one), Record::Death(other)) => {
            one.account == other.account && one.month == other.month
        }
        (Record::Birth(one), Record::Birth(other)) => {
            one.account == other.account && one.birth == other.birth && one.by == other.by
        }
        (Record::RetireClass(one), Record::RetireClass(other)) => {
            one.account == other.account && one.class == other.class
        }
        (Record::Household(one), Record::Household(other)) => {
            one.account == other.account && one.place == other.place && one.from == other.from
        }
        _ => false,
    }
}

/// Links that a region which holds one of their accounts has not stated.
fn links_without_consent(set: &RecordSet<'_>, holders: &Holders) -> Vec<usize> {
    let mut stated: BTreeMap<Pair, Vec<usize>> = BTreeMap::new();
    let splits = splits(set);
    for at in in_force(set) {
        let fact = set.at(at).fact;
        if let Record::Identity(Kind::IDENTITY_LINK, link) = &fact.record
            && !splits.contains(&(fact.id, Pair::of(link)))
        {
            stated.entry(Pair::of(link)).or_default().push(at);
        }
    }
    let links: Vec<StatedLink> = stated
        .into_iter()
        .map(|(pair, positions)| StatedLink {
            pair,
            signers: positions.iter().map(|at| set.at(*at).fact.region).collect(),
            positions,
        })
        .collect();
    let bound = bound_to(&links, holders);
    let mut without = Vec::new();
    for link in links {
        let ends = [link.pair.lower, link.pair.upper];
        let mut needed = ends.iter().flat_map(|end| {
            let bound = bound.get(end).into_iter().flatten().copied();
            holders.of_account(*end).chain(bound)
        });
        if !needed.all(|region| link.signers.contains(&region)) {
            without.extend(link.positions);
        }
    }
    without
}

/// A link between two accounts, with all who have stated it.
struct StatedLink {
    pair: Pair,
    signers: BTreeSet<Division>,
    positions: Vec<usize>,
}

/// The regions that an account without months is bound to: those that hold the other end of a link which they have stated to it. Without
/// this, whoever links a number of his own to somebody's new one would be shown what the old one holds.
fn bound_to(links: &[StatedLink], holders: &Holders) -> BTreeMap<AccountId, BTreeSet<Division>> {
    let mut bound: BTreeMap<AccountId, BTreeSet<Division>> = BTreeMap::new();
    for link in links {
        let Pair { lower, upper } = link.pair;
        for (end, other) in [(lower, upper), (upper, lower)] {
            if holders.of_account(end).next().is_some() {
                continue;
            }
            let stated = holders
                .of_account(other)
                .filter(|region| link.signers.contains(region));
            bound.entry(end).or_default().extend(stated);
        }
    }
    bound
}

/// Two accounts, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) lower: AccountId,
    pub(crate) upper: AccountId,
}

impl Pair {
    pub(crate) fn of(fields: &Identity<'_>) -> Self {
        Self {
            lower: fields.account.min(fields.other),
            upper: fields.account.max(fields.other),
        }
    }
}

/// What splits in force take back: the link, and the accounts it must be between. A split may come from another chain
/// than the link, because it is often another agency that finds the mistake.
pub(crate) fn splits(set: &RecordSet<'_>) -> BTreeSet<(RecordId, Pair)> {
    let mut splits = BTreeSet::new();
    for (_, held) in set.iter() {
        if let Record::Identity(Kind::IDENTITY_SPLIT, split) = &held.fact.record
            && acts(held)
            && let Some(target) = split.target
        {
            splits.insert((target, Pair::of(split)));
        }
    }
    splits
}

/// Whether an identity record has effect. A copy in another chain says the same; it stays in force if the original is reversed.
pub(crate) fn acts(held: &Held<'_>) -> bool {
    matches!(held.standing, Standing::Held | Standing::Copy)
}
