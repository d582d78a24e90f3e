//! Chains as a node holds them: how new they are, and what stands against them.

use super::{family, place};
use crate::text::t;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use yizhang_entitlement::{
    Account,
    account::{Resting, RestingFamily},
};
use yizhang_ledger::{
    head::Origin,
    value::{Division, Month, UnixMillis},
};

/// Stands behind what rests on the records of a quarantined chain.
pub(crate) const IN_DOUBT: &str = "‡";

/// A chain as a node holds it.
pub struct ChainCopy {
    /// The chain.
    pub origin: Origin,
    /// Entries held.
    pub size: u64,
    /// The largest size that any connected node has announced to it.
    pub announced: u64,
    /// The signed head of what is held; empty if there is none.
    pub head: Vec<u8>,
    /// Time in the newest batch held; none if nothing is held.
    pub newest: Option<UnixMillis>,
    /// When a verified head of the chain last came in, since the node started.
    pub heard: Option<UnixMillis>,
    /// Whether the chain's own node is connected with it, or is the one asked.
    pub live: bool,
    /// The smallest size of a signed head that contradicts what is held.
    pub quarantined_from: Option<u64>,
    /// Records of the account that were left aside: claims that were too many, or more than an account is computed from.
    pub left_aside: u64,
    /// Where it is damaged on the node's disk, in the words of the node; empty if nowhere, as far as is known.
    pub damage: String,
    /// By how much its newest batch is ahead of the node's clock, in ms; 0 if that is no warning.
    pub ahead_ms: u64,
    /// The position of the first register of accounts in it that the node has found wrong.
    pub wrong_register: Option<u64>,
}

impl ChainCopy {
    /// Whose chain it is.
    pub fn region(&self) -> Division {
        self.origin.region()
    }

    /// Entries that some node has announced beside those held; none where it holds more than anybody has announced.
    pub const fn behind(&self) -> u64 {
        self.announced.saturating_sub(self.size)
    }

    /// Whether two histories of it have been signed.
    pub const fn is_quarantined(&self) -> bool {
        self.quarantined_from.is_some()
    }

    /// Whether the chain may be longer than what is held: more is announced, or nobody is there who would say.
    pub const fn may_be_behind(&self) -> bool {
        !self.live || self.behind() > 0
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "origin": self.origin.as_str(),
            "size": self.size,
            "announced": self.announced,
            "head": String::from_utf8_lossy(&self.head),
            "newest_ms": self.newest.map(|time| time.0),
            "heard_ms": self.heard.map(|time| time.0),
            "live": self.live,
            "may_be_behind": self.may_be_behind(),
            "quarantined": self.is_quarantined(),
            "quarantined_from": self.quarantined_from,
            "left_aside": self.left_aside,
            "damage": self.damage,
            "ahead_ms": self.ahead_ms,
            "wrong_register": self.wrong_register,
        })
    }

    /// How new it is and whether it holds, in a cell.
    pub(crate) fn state(&self) -> String {
        let mut words = Vec::new();
        if let Some(from) = self.quarantined_from {
            words.push(t!("copies.quarantined", from = from).to_string());
        }
        if !self.damage.is_empty() {
            words.push(t!("copies.damaged").to_string());
        }
        if let Some(at) = self.wrong_register {
            words.push(t!("copies.wrong_register", at = at).to_string());
        }
        if self.ahead_ms > 0 {
            let minutes = self.ahead_ms / 60_000;
            words.push(t!("copies.ahead", minutes = minutes).to_string());
        }
        if self.behind() > 0 {
            words.push(t!("copies.behind", behind = self.behind()).to_string());
        }
        if !self.live {
            words.push(t!("copies.not_live", heard = self.last_heard()).to_string());
        }
        if self.size > 0 && self.head.is_empty() {
            words.push(t!("status.unsigned").to_string());
        }
        if self.left_aside > 0 {
            words.push(t!("copies.left_aside", records = self.left_aside).to_string());
        }
        if words.is_empty() {
            words.push(t!("copies.current").to_string());
        }
        words.join(t!("account.comma").as_ref())
    }

    /// When it was last heard of.
    pub(crate) fn last_heard(&self) -> String {
        match self.heard {
            Some(time) => moment(time),
            None => t!("copies.not_heard").to_string(),
        }
    }

    /// The time of the newest batch.
    pub(crate) fn newest_batch(&self) -> String {
        self.newest.map_or_else(|| "–".to_owned(), moment)
    }
}

/// What somebody must know who reads an account from these copies: quarantined chains, and what of the account rests on
/// them; chains that may be behind.
pub fn warnings(account: &Account, copies: &[ChainCopy]) -> Vec<String> {
    let mut lines = quarantines(copies);
    if !lines.is_empty() {
        lines.push(doubt_line(account, &in_doubt(account, copies)));
    }
    let unheard: Vec<String> = copies
        .iter()
        .filter(|copy| copy.may_be_behind())
        .map(|copy| {
            t!(
                "copies.unheard_chain",
                region = place::name(copy.region()),
                heard = copy.last_heard(),
                newest = copy.newest_batch()
            )
            .to_string()
        })
        .collect();
    if !unheard.is_empty() {
        let list = unheard.join(t!("copies.semicolon").as_ref());
        lines.push(t!("copies.may_be_behind", list = list).to_string());
    }
    lines
}

/// What was written about the account or linked to it and is no part of it.
pub(crate) fn left_out(strangers: usize, copies: &[ChainCopy]) -> Vec<String> {
    let mut lines = Vec::new();
    match strangers {
        0 => {}
        1 => lines.push(t!("copies.strangers.one").to_string()),
        count => lines.push(t!("copies.strangers.other", count = count).to_string()),
    }
    let mut aside = Vec::new();
    for copy in copies.iter().filter(|copy| copy.left_aside > 0) {
        let region = place::name(copy.region());
        let records = copy.left_aside;
        aside.push(t!("copies.set_aside_chain", region = region, records = records).to_string());
    }
    if !aside.is_empty() {
        let list = aside.join(t!("copies.semicolon").as_ref());
        lines.push(t!("copies.set_aside", list = list).to_string());
    }
    lines
}

/// A line for each chain of which two histories were signed.
pub fn quarantines(copies: &[ChainCopy]) -> Vec<String> {
    let line = |copy: &ChainCopy| {
        let (from, region) = (copy.quarantined_from?, place::name(copy.region()));
        Some(t!("copies.two_histories", region = region, from = from).to_string())
    };
    copies.iter().filter_map(line).collect()
}

/// What of the account rests on quarantined chains.
pub(crate) fn in_doubt(account: &Account, copies: &[ChainCopy]) -> Resting {
    let quarantined = copies.iter().filter(|copy| copy.is_quarantined());
    let regions: BTreeSet<Division> = quarantined.map(ChainCopy::region).collect();
    account.resting_on(&regions)
}

/// The families and months in doubt.
fn doubt_line(account: &Account, doubt: &Resting) -> String {
    if doubt.families.is_empty() {
        return t!("copies.no_doubt").to_string();
    }
    let of = |resting: &RestingFamily| {
        let scheme = account
            .family(&resting.family)
            .map_or_else(|| resting.family.clone(), family::name);
        let months: Vec<String> = resting.months.iter().copied().map(run).collect();
        format!("{scheme} {}", months.join(t!("account.comma").as_ref()))
    };
    let list: Vec<String> = doubt.families.iter().map(of).collect();
    let list = list.join(t!("copies.semicolon").as_ref());
    t!("copies.doubt", list = list.trim_end(), sign = IN_DOUBT).to_string()
}

fn run((first, last): (Month, Month)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first} – {last}")
    }
}

/// What is in doubt, as JSON.
pub(crate) fn doubt_json(doubt: &Resting) -> Value {
    let months = |(first, last): &(Month, Month)| json!([first.to_string(), last.to_string()]);
    let family = |resting: &RestingFamily| {
        let months: Vec<Value> = resting.months.iter().map(months).collect();
        json!({ "family": resting.family, "months": months })
    };
    let families: Vec<Value> = doubt.families.iter().map(family).collect();
    let figures: Vec<u32> = doubt.figures.iter().map(|figure| figure.0).collect();
    json!({ "families": families, "figures": figures })
}

/// A time in China (UTC+8), to the second.
pub fn moment(time: UnixMillis) -> String {
    let stamp = i64::try_from(time.0).map(jiff::Timestamp::from_millisecond);
    match stamp {
        Ok(Ok(stamp)) => {
            let time = jiff::tz::Offset::constant(8).to_datetime(stamp);
            time.strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        // A batch may claim any time.
        _ => t!("copies.no_time", time = time.0).to_string(),
    }
}
