//! What became of the chains of a bundle.

use super::{place, printable, table};
use crate::text::t;
use yizhang_ledger::value::Division;

/// A chain of a bundle at a node.
#[derive(Clone, Debug)]
pub struct ChainImported {
    /// Its region.
    pub region: Division,
    /// Entries before those in the file, and up to the last of them.
    pub from: u64,
    /// See `from`.
    pub to: u64,
    /// Entries that the node held before, and holds now.
    pub before: u64,
    /// See `before`.
    pub after: u64,
    /// What became of it.
    pub became: Outcome,
}

/// What became of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was missing at the node is there.
    Taken,
    /// The node held all of it.
    Held,
    /// Not all of it was taken.
    Refused {
        /// Why, as a code of the node.
        code: String,
        /// The node's words, in English.
        message: String,
    },
}

impl Outcome {
    /// By the code and the words of a node.
    pub fn of(code: &str, message: &str) -> Self {
        match code {
            "taken" => Self::Taken,
            "held" => Self::Held,
            _ => Self::Refused {
                code: printable(code),
                message: printable(message),
            },
        }
    }

    /// Whether the node holds all that the file has of the chain.
    pub const fn is_fine(&self) -> bool {
        matches!(self, Self::Taken | Self::Held)
    }
}

/// Prints what became of each chain.
pub fn report(chains: &[ChainImported]) {
    let mut rows = table([
        t!("store.chain"),
        t!("bundle.in_file"),
        t!("bundle.before"),
        t!("bundle.after"),
        t!("bundle.became"),
    ]);
    for chain in chains {
        rows.add_row([
            place::name(chain.region),
            format!("{}..{}", chain.from, chain.to),
            chain.before.to_string(),
            chain.after.to_string(),
            word(&chain.became),
        ]);
    }
    println!("{rows}");
    for chain in chains {
        if let Outcome::Refused { code, message } = &chain.became {
            let region = place::name(chain.region);
            let text = reason(code);
            println!(
                "{}",
                t!(
                    "bundle.refused",
                    region = region,
                    text = text,
                    detail = message
                )
            );
        }
    }
}

fn word(became: &Outcome) -> String {
    let text = match became {
        Outcome::Taken => t!("bundle.taken"),
        Outcome::Held => t!("bundle.held"),
        Outcome::Refused { code, .. } => t!("bundle.not_taken", code = code),
    };
    text.to_string()
}

/// Why a chain was not taken, by the code of the node.
fn reason(code: &str) -> String {
    let text = match code {
        "unknown-chain" => t!("bundle.unknown-chain"),
        "unknown-key" => t!("bundle.unknown-key"),
        "gap" => t!("bundle.gap"),
        "invalid" => t!("bundle.invalid"),
        "not-continued" => t!("bundle.not-continued"),
        "two-histories" => t!("bundle.two-histories"),
        "no-room" => t!("bundle.no-room"),
        "broken" => t!("bundle.broken"),
        "stalled" => t!("bundle.stalled"),
        _ => t!("bundle.other", code = code),
    };
    text.to_string()
}
