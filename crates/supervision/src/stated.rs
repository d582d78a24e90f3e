//! Records with the region that stated them, and which of them act.

use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    Verified,
    entry::RecordId,
    fact::Fact,
    person::AccountId,
    record::{PlatformMonth, Record, Trade, TransportMode},
    value::{Division, Month},
};

/// A record, the region whose chain holds it, and its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated<'a> {
    /// The region.
    pub region: Division,
    /// What names it.
    pub id: RecordId,
    /// What it says.
    pub record: Record<'a>,
}

impl<'a> From<&Verified<Fact<'a>>> for Stated<'a> {
    fn from(fact: &Verified<Fact<'a>>) -> Self {
        Self {
            region: fact.region,
            id: fact.id,
            record: fact.record,
        }
    }
}

/// Where a record stands.
type At = (Division, RecordId);

/// Why a record does not act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// Its place is none of the region that states it.
    Elsewhere,
    /// It was taken back.
    Reversed,
    /// Another record corrects it, or corrects the same one and comes before it.
    Corrected,
    /// Another chain holds the same record.
    Copy,
    /// The month of a worker in one trade with one mode stands there a second time, without naming the first: the one with more rows acts.
    Repeated,
}

impl Why {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Elsewhere => "elsewhere",
            Self::Reversed => "reversed",
            Self::Corrected => "corrected",
            Self::Copy => "copy",
            Self::Repeated => "repeated",
        }
    }
}

/// A record that does not act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Whose chain.
    pub region: Division,
    /// Which.
    pub id: RecordId,
    /// Why.
    pub why: Why,
}

/// What acts of a set of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acting<'a> {
    /// What acts, by region and id; reversals among it only where they take back what is not in the set.
    pub records: Vec<Stated<'a>>,
    /// What does not.
    pub set_aside: Vec<SetAside>,
}

/// What acts of a set: each record once, of the region's own places, not taken back, and the last of those that correct one another.
pub fn acting<'a>(records: impl IntoIterator<Item = Stated<'a>>) -> Acting<'a> {
    let mut set: BTreeMap<At, Stated<'a>> = BTreeMap::new();
    for stated in records {
        set.insert((stated.region, stated.id), stated);
    }
    let mut aside: BTreeMap<At, Why> = BTreeMap::new();
    for (at, stated) in &set {
        if place_of(&stated.record).is_some_and(|place| !stated.region.covers(place)) {
            aside.insert(*at, Why::Elsewhere);
        }
    }
    let done = reverse(&set, &mut aside);
    correct(&set, &mut aside);
    drop_copies(&set, &mut aside);
    drop_repeated(&set, &mut aside);
    let mut acting = Acting::default();
    for (at, stated) in set {
        if let Some(why) = aside.get(&at) {
            acting.set_aside.push(SetAside {
                region: at.0,
                id: at.1,
                why: *why,
            });
        } else if !done.contains(&at) {
            acting.records.push(stated);
        }
    }
    acting
}

/// The place that a record is about, where only its own region may state it.
const fn place_of(record: &Record<'_>) -> Option<Division> {
    match record {
        Record::Contribution(_, fields) => Some(fields.place),
        Record::Participation(_, fields) => Some(fields.place),
        Record::Subsidy(_, fields) => Some(fields.place),
        Record::PlatformMonth(fields) => Some(fields.place),
        Record::OipPremium(fields) => Some(fields.place),
        Record::InjuryReport(fields) => Some(fields.place),
        Record::InjuryDetermination(fields) => Some(fields.place),
        Record::DisabilityGrade(fields) => Some(fields.place),
        Record::FundPrepay(fields) => Some(fields.place),
        Record::FundDraw(fields) => Some(fields.place),
        Record::Warning(fields) => Some(fields.place),
        _ => None,
    }
}

/// Takes back what reversals name: one that is itself taken back takes nothing back. Returns the reversals that have done their work.
fn reverse(set: &BTreeMap<At, Stated<'_>>, aside: &mut BTreeMap<At, Why>) -> BTreeSet<At> {
    let mut targets: BTreeMap<At, At> = BTreeMap::new();
    for (at, stated) in set {
        if let Record::Reversal(fields) = stated.record {
            let target = (at.0, fields.target);
            if set.contains_key(&target) {
                targets.insert(*at, target);
            }
        }
    }
    // A record names what was there before it, so that a reversal which nothing waiting names can always be found.
    let mut waiting: BTreeSet<At> = targets.keys().copied().collect();
    while !waiting.is_empty() {
        let named: BTreeSet<At> = waiting
            .iter()
            .filter_map(|at| targets.get(at))
            .copied()
            .collect();
        let ready: Vec<At> = waiting.difference(&named).copied().collect();
        if ready.is_empty() {
            break;
        }
        for at in ready {
            waiting.remove(&at);
            let is_in_force = !aside.contains_key(&at);
            if let Some(target) = targets.get(&at).filter(|_| is_in_force) {
                aside.insert(*target, Why::Reversed);
            }
        }
    }
    targets.into_keys().collect()
}

/// The record that a correction names, if it is a correction of the kinds of platforms.
const fn corrects(record: &Record<'_>) -> Option<RecordId> {
    match record {
        Record::PlatformMonth(fields) => fields.target,
        Record::OipPremium(fields) => fields.target,
        Record::FundPrepay(fields) => fields.target,
        _ => None,
    }
}

/// Whether two records are of one kind and about one platform, and one worker if any.
fn is_same_subject(one: &Record<'_>, other: &Record<'_>) -> bool {
    match (one, other) {
        (Record::PlatformMonth(one), Record::PlatformMonth(other)) => {
            (one.account, one.platform) == (other.account, other.platform)
        }
        (Record::OipPremium(one), Record::OipPremium(other)) => one.platform == other.platform,
        (Record::FundPrepay(one), Record::FundPrepay(other)) => one.platform == other.platform,
        _ => false,
    }
}

/// Of records that correct one another, the farthest from the first acts, and of several as far the one with the largest id.
fn correct(set: &BTreeMap<At, Stated<'_>>, aside: &mut BTreeMap<At, Why>) {
    let step = |at: At| -> Option<At> {
        let stated = set.get(&at)?;
        let target = (at.0, corrects(&stated.record)?);
        let named = set.get(&target)?;
        is_same_subject(&stated.record, &named.record).then_some(target)
    };
    let mut versions: BTreeMap<At, Vec<(u32, At)>> = BTreeMap::new();
    for at in set.keys().filter(|at| step(**at).is_some()) {
        let (mut root, mut depth) = (*at, 0_u32);
        while let Some(target) = step(root) {
            root = target;
            depth = depth.saturating_add(1);
        }
        versions.entry(root).or_default().push((depth, *at));
    }
    for (root, mut of_root) in versions {
        of_root.push((0, root));
        of_root.retain(|(_, at)| !aside.contains_key(at));
        let last = of_root.iter().max().copied();
        for (_, at) in of_root.iter().filter(|one| Some(**one) != last) {
            aside.insert(*at, Why::Corrected);
        }
    }
}

/// A record that two chains hold is one record: that of the first region acts.
fn drop_copies(set: &BTreeMap<At, Stated<'_>>, aside: &mut BTreeMap<At, Why>) {
    let mut seen: BTreeSet<RecordId> = BTreeSet::new();
    for (at, stated) in set {
        let is_reversal = matches!(stated.record, Record::Reversal(_));
        if !is_reversal && !aside.contains_key(at) && !seen.insert(at.1) {
            aside.insert(*at, Why::Copy);
        }
    }
}

/// What there is once of a worker and a platform.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Once<'a> {
    account: AccountId,
    platform: &'a str,
    place: Division,
    month: Month,
    trade: Trade,
    mode: TransportMode,
}

fn once<'a>(fields: &PlatformMonth<'a>) -> Once<'a> {
    Once {
        account: fields.account,
        platform: fields.platform.as_str(),
        place: fields.place,
        month: fields.month,
        trade: fields.trade,
        mode: fields.mode,
    }
}

fn drop_repeated(set: &BTreeMap<At, Stated<'_>>, aside: &mut BTreeMap<At, Why>) {
    let mut months: BTreeMap<Once<'_>, Vec<(u32, RecordId, At)>> = BTreeMap::new();
    for (at, stated) in set {
        if let (Record::PlatformMonth(fields), false) = (&stated.record, aside.contains_key(at)) {
            let of_month = months.entry(once(fields)).or_default();
            of_month.push((fields.file.rows, at.1, *at));
        }
    }
    for of_month in months.into_values() {
        let kept = of_month.iter().max().map(|(_, _, at)| *at);
        for (_, _, at) in of_month.iter().filter(|(_, _, at)| Some(*at) != kept) {
            aside.insert(*at, Why::Repeated);
        }
    }
}
