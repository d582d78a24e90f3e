//! Who has read a worker's account, as the nodes of the federation tell from their access logs. The page is in `home`; here is what it is
//! made of, and the same as JSON.

use serde_json::{Value, json};
use yizhang_ledger::value::{Day, Division, UnixMillis};

/// What is known, node by node: that of the region that was asked first.
pub struct Readings {
    /// One of each region of the roster.
    pub nodes: Vec<NodeReadings>,
}

/// What is known of the log of a node.
pub struct NodeReadings {
    /// Its region.
    pub region: Division,
    /// What it has told, or why nothing is known.
    pub told: Result<Told, Unknown>,
}

/// Why nothing is known of the log of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It does not answer.
    Away,
    /// It does not believe that the worker has opened the account.
    Refused,
    /// It was not asked: the account was not opened with a key that it could check.
    NoKey,
    /// Its answer is none.
    Wrong,
}

/// What a node has told.
pub struct Told {
    /// Newest first.
    pub readings: Vec<Reading>,
    /// Readings of others that are older than those.
    pub others_left: u64,
    /// Readings of the worker's own that are older than those.
    pub own_left: u64,
    /// Until when.
    pub at: UnixMillis,
    /// The oldest day that the node keeps.
    pub first: Option<Day>,
    /// Days that the node cannot read, or not yet.
    pub unread: Vec<Day>,
}

/// A reading of the account, or of one linked to it.
pub struct Reading {
    /// When.
    pub at: UnixMillis,
    /// Who, by the certificate: `agency.440000`.
    pub holder: String,
    /// SHA-256 of the certificate, in hexadecimal digits.
    pub certificate: String,
    /// As `Account.Lookup`.
    pub method: String,
    /// `ok`, `linked`, or the code of a refusal.
    pub answer: String,
    /// Kind of business; `holder` for the worker's own.
    pub business: String,
    /// Number of the case; of the worker's own what the account was opened with.
    pub case_number: String,
    /// How the day of the log stands to the chain.
    pub root: Root,
}

/// How the day of a log stands to the digest in the chain of its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// The day may grow.
    Open,
    /// The chain has the digest of the entries that the node states.
    Rooted,
    /// The chain has none yet.
    Unrooted,
    /// The chain has the digest of other entries: the log was changed, or the node says something else than it has signed.
    Other,
}

/// The business of the worker's own readings.
const OWN: &str = "holder";

impl Readings {
    /// Whether every node has told, of all its days, and nothing that contradicts the chains.
    pub fn is_whole(&self) -> bool {
        self.nodes.iter().all(|node| match &node.told {
            Ok(told) => {
                let mut readings = told.readings.iter();
                told.unread.is_empty() && !readings.any(|one| one.root == Root::Other)
            }
            Err(_) => false,
        })
    }
}

impl Reading {
    /// Whether the worker has read it, with a code or a key.
    pub fn is_own(&self) -> bool {
        self.business == OWN
    }

    /// Whether it was answered.
    pub fn is_answered(&self) -> bool {
        matches!(self.answer.as_str(), "ok" | "linked" | "nothing")
    }

    /// The region of whoever has read, if the certificate names one.
    pub fn region(&self) -> Option<Division> {
        let (_, region) = self.holder.split_once('.')?;
        Division::parse(region)
    }
}

impl Unknown {
    const fn code(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Refused => "refused",
            Self::NoKey => "no-key",
            Self::Wrong => "wrong",
        }
    }
}

impl Root {
    const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Rooted => "rooted",
            Self::Unrooted => "unrooted",
            Self::Other => "other",
        }
    }
}

/// All of it, for programs.
pub fn json(readings: &Readings) -> Value {
    let nodes: Vec<Value> = readings.nodes.iter().map(node).collect();
    json!({ "nodes": nodes })
}

fn node(node: &NodeReadings) -> Value {
    let region = node.region.to_string();
    let told = match &node.told {
        Ok(told) => told,
        Err(unknown) => return json!({ "region": region, "unknown": unknown.code() }),
    };
    let days: Vec<String> = told.unread.iter().map(Day::to_string).collect();
    let readings: Vec<Value> = told.readings.iter().map(reading).collect();
    json!({
        "region": region,
        "at_ms": told.at.0,
        "first": told.first.map(|day| day.to_string()),
        "others_left": told.others_left,
        "own_left": told.own_left,
        "unread": days,
        "readings": readings,
    })
}

fn reading(reading: &Reading) -> Value {
    json!({
        "at_ms": reading.at.0,
        "holder": reading.holder,
        "certificate": reading.certificate,
        "method": reading.method,
        "answer": reading.answer,
        "business": reading.business,
        "case_number": reading.case_number,
        "root": reading.root.code(),
    })
}
