//! What a bundle shows, in words: which part of which chains, up to which day, by whom; and what it does not show.

use super::{Line, Outcome, Verdict, by_roster, refused};
use crate::place;
use crate::text::t;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use yizhang_ledger::{
    roster::{Roster, TrustFault},
    value::{Day, Division, UnixMillis},
};
use yizhang_statement::{CarriedChain, CarriedHead, Promise};

/// A bundle that was gone through from its beginning to its end.
#[derive(Clone, Debug)]
pub struct BundleShown {
    /// When it was begun, by the clock of whoever made it: nobody has signed that.
    pub made: UnixMillis,
    /// The roster that it was checked under.
    pub roster: Roster,
    /// Its chains, in their order.
    pub chains: Vec<CarriedChain>,
}

/// Where a bundle is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundlePlace {
    /// Byte of the file.
    pub byte: u64,
    /// The chain, and the entry behind which its next batch begins; none outside of chains.
    pub entry: Option<ChainPlace>,
}

/// A place in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainPlace {
    /// The region of the chain.
    pub region: Division,
    /// Entries that were found to be right.
    pub size: u64,
}

/// What a bundle shows.
pub fn of_bundle(shown: &BundleShown) -> Verdict {
    let mut lines = Vec::new();
    for chain in &shown.chains {
        lines.extend(of_chain(chain));
    }
    let is_there = |region: &Division| {
        let mut chains = shown.chains.iter();
        chains.any(|chain| chain.part.origin.region() == *region)
    };
    let regions = shown.roster.regions.keys();
    let missing: Vec<String> = regions
        .filter(|region| !is_there(region))
        .map(|region| place::name(*region))
        .collect();
    if !missing.is_empty() {
        let regions = missing.join(t!("verify.statement.comma").as_ref());
        let text = t!("verify.bundle.no_chain", regions = regions);
        lines.push(Line::unproved(text));
    }
    lines.push(Line::unproved(t!("verify.bundle.registers")));
    lines.push(Line::unproved(t!("verify.bundle.since")));
    lines.push(Line::basis(t!(
        "verify.bundle.made",
        federation = shown.roster.federation,
        day = Day::of(shown.made)
    )));
    lines.push(by_roster(shown.roster.version));
    // A chain may come in several sections, each from where the one before it ended.
    let origins = |chains: &mut dyn Iterator<Item = &CarriedChain>| -> usize {
        let origins: BTreeSet<&str> = chains.map(|chain| chain.part.origin.as_str()).collect();
        origins.len()
    };
    let chains = origins(&mut shown.chains.iter());
    let in_part = origins(&mut shown.chains.iter().filter(|chain| chain.state.is_none()));
    let whole = chains.saturating_sub(in_part);
    let (outcome, headline) = if chains == 0 {
        (Outcome::Open, t!("verify.bundle.empty"))
    } else if whole == chains {
        (Outcome::Holds, t!("verify.bundle.holds", chains = chains))
    } else {
        let parts = chains.saturating_sub(whole);
        let text = t!("verify.bundle.open", chains = chains, parts = parts);
        (Outcome::Open, text)
    };
    Verdict {
        outcome,
        headline: headline.to_string(),
        lines,
    }
}

/// A bundle that is refused, for the first thing in it that is wrong.
pub fn refused_bundle(at: &BundlePlace, fault: &str) -> Verdict {
    let byte = at.byte;
    let reason = if let Some(ChainPlace { region, size }) = at.entry {
        let region = place::name(region);
        t!(
            "verify.bundle.at_entry",
            region = region,
            size = size,
            byte = byte
        )
    } else {
        t!("verify.bundle.at_byte", byte = byte)
    };
    with_detail(&reason, fault)
}

/// A bundle whose versions of the roster do not lead from the trusted root keys.
pub fn refused_bundle_roster(fault: &TrustFault) -> Verdict {
    with_detail(&t!("verify.bundle.roots"), &fault.to_string())
}

fn with_detail(reason: &str, detail: &str) -> Verdict {
    let mut verdict = refused(t!("verify.bundle.refused"), reason);
    let detail = t!("verify.reason.detail", detail = detail);
    verdict.lines.push(Line::reason(detail));
    verdict
}

fn of_chain(chain: &CarriedChain) -> Vec<Line> {
    let region = place::name(chain.part.origin.region());
    let (from, to) = (chain.part.from, chain.part.to);
    let day = Day::of(chain.through);
    let (batches, records) = (chain.batches, chain.records);
    let mut lines = Vec::new();
    if chain.state.is_some() {
        lines.push(Line::proved(t!(
            "verify.bundle.chain",
            region = region,
            from = from,
            to = to,
            day = day,
            batches = batches,
            records = records
        )));
    } else {
        lines.push(Line::proved(t!(
            "verify.bundle.part",
            region = region,
            from = from,
            to = to,
            day = day,
            batches = batches
        )));
        lines.push(Line::unproved(t!(
            "verify.bundle.beginning",
            region = region,
            from = from
        )));
    }
    let mirrored = chain.cosigned.iter().rev();
    let mirrored = mirrored.filter(|head| !head.mirrors.is_empty());
    match mirrored.max_by_key(|head| head.size) {
        Some(head) => lines.push(mirrored_line(&region, head)),
        None => lines.push(Line::unproved(t!("verify.bundle.alone", region = region))),
    }
    lines
}

fn mirrored_line(region: &str, head: &CarriedHead) -> Line {
    let names: Vec<String> = head
        .mirrors
        .iter()
        .map(|mirror| place::name(mirror.region))
        .collect();
    Line::proved(t!(
        "verify.bundle.mirrored",
        region = region,
        size = head.size,
        count = names.len(),
        names = names.join(t!("verify.statement.comma").as_ref())
    ))
}

/// What a bundle shows, for other programs.
pub(super) fn json(shown: &BundleShown) -> Value {
    let chains: Vec<Value> = shown.chains.iter().map(chain_json).collect();
    json!({
        "federation": shown.roster.federation,
        "roster": shown.roster.version,
        "made": Day::of(shown.made).to_string(),
        "chains": chains,
    })
}

fn chain_json(chain: &CarriedChain) -> Value {
    let regions = |promises: &[Promise]| -> Vec<String> {
        let regions = promises.iter().map(|promise| promise.region.to_string());
        regions.collect()
    };
    let cosigned: Vec<Value> = chain
        .cosigned
        .iter()
        .map(|head| {
            json!({
                "size": head.size.0,
                "mirrored_by": regions(&head.mirrors),
                "witnessed_by": regions(&head.witnesses),
            })
        })
        .collect();
    json!({
        "chain": chain.part.origin.as_str(),
        "from": chain.part.from.0,
        "to": chain.part.to.0,
        "day": Day::of(chain.through).to_string(),
        "batches": chain.batches,
        "records": chain.records,
        "roots_computed": chain.state.is_some(),
        "cosigned": cosigned,
    })
}
