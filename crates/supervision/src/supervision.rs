//! All views of a set of records: worker by worker, or whole chains at once.

use crate::{
    coverage::{self, Line, Sums},
    days,
    fund::{self, KnownCases, PlatformFund},
    injuries::{
        Beside, Case, Check, Clock, Durations, Step, TwoReports, TwoSchemes, cases, checklist,
        clocks, steps, two_reports, two_schemes,
    },
    stated::{Acting, SetAside, Stated, acting},
    subsidies::{self, Beyond, Double, Totals},
    terms::Terms,
    warnings::{self, Candidate, Limits, Raised},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::Hash,
    person::AccountId,
    record::{PlatformMonth, Record},
    value::Division,
};

/// What is kept of workers that were looked at: sums, and the numbers of warnings.
#[derive(Clone, Debug)]
pub struct Supervision<'p> {
    terms: Terms<'p>,
    limits: Limits,
    sums: Sums,
    cases: KnownCases,
    durations: Durations,
    subsidies: BTreeMap<String, Totals>,
    /// Records of no worker that reversals among workers' records take back.
    reversed: BTreeSet<(Division, RecordId)>,
    found: BTreeSet<Hash>,
    workers: u64,
}

/// What comes of one worker's records at once, and is kept by nobody.
#[derive(Clone, Debug)]
pub struct OfWorker<'a> {
    /// What acts, and what was set aside.
    pub acting: Acting<'a>,
    /// Cases of injury.
    pub cases: Vec<Case<'a>>,
    /// Reports of two platforms (C36).
    pub two_reports: Vec<TwoReports>,
    /// Two schemes for one accident (C42).
    pub two_schemes: Vec<TwoSchemes>,
    /// Subsidies that double one another, or are beyond an award.
    pub subsidies: subsidies::Faults,
    /// What rules find.
    pub warnings: Vec<Candidate>,
}

/// What comes of platforms and agencies, once all workers were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfParties {
    /// Coverage and premiums.
    pub coverage: Vec<Line>,
    /// The special fund.
    pub funds: Vec<PlatformFund>,
    /// How long stages of cases took.
    pub durations: Durations,
    /// Sums of programmes.
    pub subsidies: BTreeMap<String, Totals>,
    /// What rules find of platforms.
    pub warnings: Vec<Candidate>,
    /// Warnings that were raised.
    pub raised: Vec<Raised>,
    /// Records of parties that do not act.
    pub set_aside: Vec<SetAside>,
    /// Workers that were looked at.
    pub workers: u64,
}

impl<'p> Supervision<'p> {
    /// Nothing looked at yet.
    pub fn new(terms: Terms<'p>) -> Self {
        Self {
            terms,
            limits: Limits::default(),
            sums: Sums::default(),
            cases: KnownCases::default(),
            durations: Durations::default(),
            subsidies: BTreeMap::new(),
            reversed: BTreeSet::new(),
            found: BTreeSet::new(),
            workers: 0,
        }
    }

    /// Looks at one worker: all records that there are of the worker, of all regions and under all accounts; `worker` is the one by which warnings
    /// name the worker. Records of parties may be among them, and are left alone.
    pub fn add_worker<'a>(
        &mut self,
        worker: AccountId,
        records: impl IntoIterator<Item = Stated<'a>>,
    ) -> OfWorker<'a> {
        let own = records
            .into_iter()
            .filter(|stated| sort_of(&stated.record) == Sort::Worker);
        let acting = acting(own);
        let mut months: Vec<(RecordId, PlatformMonth<'_>)> = Vec::new();
        for stated in &acting.records {
            match stated.record {
                Record::PlatformMonth(fields) => months.push((stated.id, fields)),
                Record::Reversal(fields) => {
                    self.reversed.insert((stated.region, fields.target));
                }
                Record::InjuryReport(fields)
                    if fields.reported < days::end_of(self.terms.day()) =>
                {
                    self.cases.add(fields.case, fields.platform.as_str());
                }
                _ => {}
            }
        }
        // A reversal of what a platform stated is found under an account, and is nobody's.
        let is_of_worker = |stated: &Stated<'_>| !matches!(stated.record, Record::Reversal(_));
        if acting.records.iter().any(is_of_worker) {
            self.workers = self.workers.saturating_add(1);
        }
        self.sums.add_worker(&months);
        let cases = cases(&acting.records, &self.terms);
        let mut warnings =
            warnings::of_worker(worker, &acting.records, &mut self.limits, &self.terms);
        for case in &cases {
            self.durations.add(case, self.terms.day());
            warnings.extend(warnings::of_case(case, &self.terms));
        }
        self.found.extend(warnings.iter().map(|warning| warning.id));
        let of_subsidies = subsidies::of_worker(&acting.records, &self.terms);
        subsidies::add_to(&mut self.subsidies, &of_subsidies);
        OfWorker {
            two_reports: two_reports(&cases, &self.terms),
            two_schemes: two_schemes(&cases),
            subsidies: subsidies::faults(&of_subsidies),
            acting,
            cases,
            warnings,
        }
    }

    /// Takes in what another has looked at, of other workers.
    pub fn merge(&mut self, other: Self) {
        self.sums.merge(&other.sums);
        self.cases.merge(other.cases);
        self.durations.merge(&other.durations);
        subsidies::merge(&mut self.subsidies, &other.subsidies);
        self.reversed.extend(other.reversed);
        self.found.extend(other.found);
        self.workers = self.workers.saturating_add(other.workers);
    }

    /// What comes of platforms and agencies; `parties` are their records, and others among them are left alone.
    pub fn finish<'a>(mut self, parties: impl IntoIterator<Item = Stated<'a>>) -> OfParties {
        let kept = parties.into_iter().filter(|stated| {
            let is_reversed = self.reversed.contains(&(stated.region, stated.id));
            sort_of(&stated.record) == Sort::Party && !is_reversed
        });
        let acting = acting(kept);
        let coverage = coverage::lines(&self.sums, &acting.records, &self.terms);
        let funds = fund::funds(&acting.records, &self.cases, &self.terms);
        let warnings = warnings::of_platforms(&self.sums, &coverage, &funds, &self.terms);
        self.found.extend(warnings.iter().map(|warning| warning.id));
        OfParties {
            raised: warnings::standing(&acting.records, &self.found, &self.terms),
            coverage,
            funds,
            durations: self.durations,
            subsidies: self.subsidies,
            warnings,
            set_aside: acting.set_aside,
            workers: self.workers,
        }
    }
}

/// Whose records a kind is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Worker,
    Party,
    Other,
}

const fn sort_of(record: &Record<'_>) -> Sort {
    match record {
        Record::PlatformMonth(_)
        | Record::InjuryReport(_)
        | Record::InjuryDetermination(_)
        | Record::DisabilityGrade(_)
        | Record::Subsidy(..)
        | Record::Participation(..)
        | Record::Contribution(..)
        | Record::Reversal(_) => Sort::Worker,
        Record::OipPremium(_)
        | Record::FundPrepay(_)
        | Record::FundDraw(_)
        | Record::Warning(_)
        | Record::WarningClosed(_) => Sort::Party,
        _ => Sort::Other,
    }
}

/// Whether supervision reads records of a kind: the others need not be kept for it.
pub fn reads(record: &Record<'_>) -> bool {
    sort_of(record) != Sort::Other || matches!(record, Record::Identity(..))
}

/// A case with what there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injury<'a> {
    /// The case.
    pub case: Case<'a>,
    /// Its checklist, of records alone.
    pub checks: Vec<Check>,
    /// Its clocks.
    pub clocks: Vec<Clock>,
    /// How long each stage took.
    pub steps: Vec<Step>,
}

/// Warnings: what rules find, and what was raised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// What rules find on the day, by rule, place, months and number.
    pub candidates: Vec<Candidate>,
    /// What agencies have raised.
    pub raised: Vec<Raised>,
}

impl Warnings {
    /// What rules find and nobody has raised.
    pub fn fresh(&self) -> impl Iterator<Item = &Candidate> {
        let raised: BTreeSet<Hash> = self.raised.iter().map(|raised| raised.id).collect();
        let candidates = self.candidates.iter();
        candidates.filter(move |candidate| !raised.contains(&candidate.id))
    }
}

/// All views.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views<'a> {
    /// Coverage and premiums, by platform, place, month and trade.
    pub coverage: Vec<Line>,
    /// The special fund, by platform and place.
    pub funds: Vec<PlatformFund>,
    /// Cases of injury, by worker and number.
    pub injuries: Vec<Injury<'a>>,
    /// Reports of two platforms (C36).
    pub two_reports: Vec<TwoReports>,
    /// Two schemes for one accident (C42).
    pub two_schemes: Vec<TwoSchemes>,
    /// How long stages took, by trade, city and stage.
    pub durations: Durations,
    /// Sums of programmes.
    pub subsidies: BTreeMap<String, Totals>,
    /// Months that were awarded twice.
    pub doubles: Vec<Double>,
    /// Credits beyond their award.
    pub beyond: Vec<Beyond>,
    /// Warnings.
    pub warnings: Warnings,
    /// Records that do not act, and why.
    pub set_aside: Vec<SetAside>,
    /// Workers that were looked at.
    pub workers: u64,
}

/// Goes through the records of chains, in any order, and gives all views. It holds the records that supervision reads until the end; of many workers,
/// [`Supervision`] takes one at a time.
pub fn walk<'a>(entries: impl IntoIterator<Item = Stated<'a>>, terms: &Terms<'_>) -> Views<'a> {
    let mut workers: BTreeMap<AccountId, Vec<Stated<'a>>> = BTreeMap::new();
    let (mut parties, mut identities) = (Vec::new(), Vec::new());
    for stated in entries {
        match sort_of(&stated.record) {
            Sort::Party => parties.push(stated),
            Sort::Worker => {
                for account in stated.record.accounts() {
                    workers.entry(account).or_default().push(stated);
                }
            }
            Sort::Other if matches!(stated.record, Record::Identity(..)) => identities.push(stated),
            Sort::Other => {}
        }
    }
    let workers = tied(workers, &identities);
    let mut supervision = Supervision::new(*terms);
    let mut looked_at = Vec::new();
    for (worker, records) in workers {
        looked_at.push(supervision.add_worker(worker, records));
    }
    views(looked_at, supervision.finish(parties), terms)
}

/// Accounts that links tie together, under the smallest of them. A link that is split or taken back ties nothing.
fn tied<'a>(
    workers: BTreeMap<AccountId, Vec<Stated<'a>>>,
    identities: &[Stated<'_>],
) -> BTreeMap<AccountId, Vec<Stated<'a>>> {
    let mut ended: BTreeSet<RecordId> = BTreeSet::new();
    for stated in workers.values().flatten() {
        if let Record::Reversal(fields) = stated.record {
            ended.insert(fields.target);
        }
    }
    for stated in identities {
        if let Record::Identity(Kind::IDENTITY_SPLIT, fields) = stated.record {
            ended.extend(fields.target);
        }
    }
    let mut names: BTreeMap<AccountId, AccountId> = BTreeMap::new();
    for stated in identities {
        let Record::Identity(Kind::IDENTITY_LINK, fields) = stated.record else {
            continue;
        };
        if ended.contains(&stated.id) {
            continue;
        }
        let ends = [fields.account, fields.other].map(|account| root(&names, account));
        let [one, other] = ends;
        if one != other {
            names.insert(one.max(other), one.min(other));
        }
    }
    let mut tied: BTreeMap<AccountId, Vec<Stated<'a>>> = BTreeMap::new();
    for (account, records) in workers {
        tied.entry(root(&names, account))
            .or_default()
            .extend(records);
    }
    tied
}

/// The smallest account that one is tied to: every step leads to a smaller one.
fn root(names: &BTreeMap<AccountId, AccountId>, account: AccountId) -> AccountId {
    let mut at = account;
    while let Some(smaller) = names.get(&at) {
        at = *smaller;
    }
    at
}

fn views<'a>(workers: Vec<OfWorker<'a>>, parties: OfParties, terms: &Terms<'_>) -> Views<'a> {
    let mut views = Views {
        injuries: Vec::new(),
        two_reports: Vec::new(),
        two_schemes: Vec::new(),
        durations: parties.durations,
        subsidies: parties.subsidies,
        doubles: Vec::new(),
        beyond: Vec::new(),
        warnings: Warnings {
            candidates: parties.warnings,
            raised: parties.raised,
        },
        set_aside: parties.set_aside,
        coverage: parties.coverage,
        funds: parties.funds,
        workers: parties.workers,
    };
    for worker in workers {
        let beside = Beside {
            records: &worker.acting.records,
            coverage: &views.coverage,
            order: None,
            trip: None,
        };
        for case in &worker.cases {
            views.injuries.push(Injury {
                checks: checklist(case.case, &worker.cases, beside, terms),
                clocks: clocks(case, terms),
                steps: steps(case, terms.day()),
                case: case.clone(),
            });
        }
        views.two_reports.extend(worker.two_reports);
        views.two_schemes.extend(worker.two_schemes);
        views.doubles.extend(worker.subsidies.doubles);
        views.beyond.extend(worker.subsidies.beyond);
        views.warnings.candidates.extend(worker.warnings);
        views.set_aside.extend(worker.acting.set_aside);
    }
    views
        .warnings
        .candidates
        .sort_by_key(|one| (one.rule, one.place, one.first, one.last, one.id));
    views
        .set_aside
        .sort_by_key(|one| (one.region, one.id, one.why));
    views
}
