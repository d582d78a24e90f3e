//! What witnesses and mirrors have cosigned of each chain, as a node knows it.

use super::{copies, place, status::Table};
use crate::text::t;
use serde_json::{Value, json};
use yizhang_ledger::{head::Origin, roster::KeyKind, value::UnixMillis};

/// Cosignatures, as a node knows them.
#[derive(Default)]
pub struct Cosigning {
    /// Lines that it has given since it started.
    pub given: u64,
    /// Lines of others that were new when they came.
    pub received: u64,
    /// Lines that are not by the key that they name.
    pub forged: u64,
    /// Why it cosigns nothing now, as a code; empty if it does.
    pub waits_code: String,
    /// Of each chain, in the order of the node's answer.
    pub chains: Vec<CosignedChain>,
}

/// What is cosigned of a chain.
pub struct CosignedChain {
    /// The chain.
    pub origin: Origin,
    /// The newest line of each witness and each mirror.
    pub lines: Vec<CosignedLine>,
}

/// The newest line of a witness or a mirror.
pub struct CosignedLine {
    /// Region of its node, six digits.
    pub region: String,
    /// As what; none for a kind of a later version.
    pub kind: Option<KeyKind>,
    /// Size of the head.
    pub size: u64,
    /// When, by its clock.
    pub time: UnixMillis,
}

/// The newest head of a chain that has lines, and who has cosigned it.
struct Newest {
    size: u64,
    mirrors: usize,
    witnesses: usize,
    /// The time of the oldest of these lines.
    oldest: UnixMillis,
}

impl CosignedChain {
    fn newest(&self) -> Option<Newest> {
        let size = self.lines.iter().map(|line| line.size).max()?;
        let of_head = || self.lines.iter().filter(|line| line.size == size);
        let count = |kind| of_head().filter(|line| line.kind == Some(kind)).count();
        Some(Newest {
            size,
            mirrors: count(KeyKind::Mirror),
            witnesses: count(KeyKind::Witness),
            oldest: of_head().map(|line| line.time).min()?,
        })
    }

    /// How far a region's mirror is; 0 if it has cosigned nothing.
    fn mirrored_by(&self, region: &str) -> u64 {
        let mut mirrors = self.lines.iter();
        let line = mirrors.find(|line| line.kind == Some(KeyKind::Mirror) && line.region == region);
        line.map_or(0, |line| line.size)
    }

    fn json(&self) -> Value {
        let newest = self.newest();
        let lines = self.lines.iter().map(|line| {
            json!({
                "region": line.region,
                "kind": line.kind.map(KeyKind::word),
                "size": line.size,
                "time_ms": line.time.0,
            })
        });
        json!({
            "origin": self.origin.as_str(),
            "size": newest.as_ref().map_or(0, |newest| newest.size),
            "mirrors": newest.as_ref().map_or(0, |newest| newest.mirrors),
            "witnesses": newest.as_ref().map_or(0, |newest| newest.witnesses),
            "oldest_ms": newest.map(|newest| newest.oldest.0),
            "cosigners": lines.collect::<Vec<_>>(),
        })
    }
}

impl Cosigning {
    pub(crate) fn json(&self) -> Value {
        json!({
            "given": self.given,
            "received": self.received,
            "forged": self.forged,
            "waits_code": self.waits_code,
            "chains": self.chains.iter().map(CosignedChain::json).collect::<Vec<_>>(),
        })
    }

    /// What is wrong with it.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match self.waits_code.as_str() {
            "" => {}
            "hearing" => lines.push(t!("cosigned.hearing")),
            "refused" => lines.push(t!("cosigned.refused")),
            other => lines.push(t!("cosigned.waits", code = other)),
        }
        if self.forged > 0 {
            lines.push(t!("cosigned.forged", lines = self.forged));
        }
        lines.into_iter().map(Into::into).collect()
    }

    /// The newest cosigned head of each chain, as a table.
    pub(crate) fn table(&self) -> Table {
        let header = [
            t!("cosigned.chain"),
            t!("cosigned.size"),
            t!("cosigned.mirrors"),
            t!("cosigned.witnesses"),
            t!("cosigned.oldest"),
        ];
        let mut rows = Vec::new();
        for chain in &self.chains {
            if let Some(newest) = chain.newest() {
                rows.push([
                    place::name(chain.origin.region()),
                    newest.size.to_string(),
                    newest.mirrors.to_string(),
                    newest.witnesses.to_string(),
                    copies::moment(newest.oldest),
                ]);
            }
        }
        Table {
            header: header.map(|name| name.to_string()),
            rows,
        }
    }

    /// Which of these regions' mirrors have not cosigned all of a chain, and up to where they have.
    pub(crate) fn behind<'a>(
        &self,
        chain: &str,
        size: u64,
        regions: impl Iterator<Item = &'a str>,
    ) -> Vec<String> {
        let cosigned = self
            .chains
            .iter()
            .find(|known| known.origin.as_str() == chain);
        let mirrored = |region| cosigned.map_or(0, |known| known.mirrored_by(region));
        regions
            .map(|region| (region, mirrored(region)))
            .filter(|(_, mirrored)| *mirrored < size)
            .map(|(region, mirrored)| {
                let region = place::of_code(region);
                t!(
                    "cosigned.behind",
                    region = region,
                    mirrored = mirrored,
                    size = size
                )
                .into()
            })
            .collect()
    }
}
