//! The cases of statements: what is accepted, and one at least for every way in which a statement can be wrong. Why it is refused is stated here by
//! hand; the tests see whether the crate, and a second implementation, agree.

mod accepted;
mod chains;
mod excerpts;
mod form;
mod registers;
mod signed;

use crate::{
    federation::Federation,
    names::checked,
    raw::{RawFile, Signer},
    shown::{hex, verdict},
    world::{self, WORKER},
};
use serde_json::{Value, json};
use yizhang_ledger::roster::RootFingerprint;

pub(crate) const FILE: &str = "statements.json";

/// What must come of a case.
pub(crate) enum Outcome {
    Accepted,
    Refused(&'static str),
    /// Refused by whoever computes the account, accepted by whoever checks records alone.
    RefusedByFold(&'static str),
}

/// A file, whose root keys are trusted, and what must come of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) trusted: RootFingerprint,
    /// Parts, each so many times.
    pub(crate) bytes: Vec<(Vec<u8>, usize)>,
    pub(crate) outcome: Outcome,
}

/// The federation of the cases and a statement of its worker.
pub(crate) struct Bench {
    pub(crate) federation: Federation,
    /// Sealed by the node of the first chain, with the digest of the account.
    pub(crate) honest: Vec<u8>,
}

impl Bench {
    fn new() -> Self {
        let federation = world::federation();
        let asked = world::asked(WORKER, crate::federation::Part::Digest);
        let honest = federation.seal(&federation.content(&asked), 0);
        Self { federation, honest }
    }

    /// A file that its issuer, or somebody after him, has changed.
    pub(crate) fn refused(
        &self,
        name: &'static str,
        rule: &'static str,
        bytes: impl Into<Vec<u8>>,
    ) -> Case {
        Case {
            name,
            trusted: self.federation.trusted(),
            bytes: vec![(bytes.into(), 1)],
            outcome: Outcome::Refused(rule),
        }
    }

    /// The honest statement, changed, and not signed again.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut RawFile)) -> Vec<u8> {
        let mut file = RawFile::of(&self.honest);
        change(&mut file);
        file.to_bytes()
    }

    /// The honest statement as its issuer has changed and signed it: a node that lies.
    pub(crate) fn forged(&self, change: impl FnOnce(&mut RawFile)) -> Vec<u8> {
        self.forged_from(&self.honest, change)
    }

    pub(crate) fn forged_from(&self, bytes: &[u8], change: impl FnOnce(&mut RawFile)) -> Vec<u8> {
        let mut file = RawFile::of(bytes);
        change(&mut file);
        let origin = self.federation.chains[0].origin.as_str();
        let key = self.federation.chain_key(0, usize::MAX);
        file.sign(&Signer {
            origin,
            day: "2026-11-30",
            key: &key,
        });
        file.to_bytes()
    }
}

fn cases() -> Vec<Case> {
    let bench = Bench::new();
    let mut cases = accepted::cases(&bench);
    cases.extend(form::cases(&bench));
    cases.extend(signed::cases(&bench));
    cases.extend(chains::cases(&bench));
    cases.extend(registers::cases(&bench));
    cases.extend(excerpts::cases(&bench));
    cases
}

/// The file.
pub(crate) fn text() -> String {
    let cases: Vec<Value> = cases().iter().map(Case::to_json).collect();
    let file = json!({"format": 1, "cases": cases});
    serde_json::to_string_pretty(&file).expect("values are JSON") + "\n"
}

impl Case {
    fn to_json(&self) -> Value {
        let parts = self.bytes.iter();
        let parts: Vec<Value> = parts
            .map(|(part, times)| json!([hex(part), times]))
            .collect();
        let bytes = match &self.bytes[..] {
            [(part, 1)] => hex(part).into(),
            _ => Value::from(parts),
        };
        let mut case = json!({
            "check": "statement",
            "name": self.name,
            "trusted": self.trusted.to_string(),
            "bytes": bytes,
        });
        match &self.outcome {
            Outcome::Accepted => case["expect"] = self.shown(),
            Outcome::Refused(rule) => case["refused"] = (*rule).into(),
            Outcome::RefusedByFold(rule) => {
                case["refused"] = (*rule).into();
                case["beyond"] = "account".into();
            }
        }
        case
    }

    fn shown(&self) -> Value {
        let bytes: Vec<u8> = self
            .bytes
            .iter()
            .flat_map(|(part, times)| part.repeat(*times))
            .collect();
        verdict(
            &checked(&bytes, self.trusted).unwrap_or_else(|fault| panic!("{}: {fault}", self.name)),
        )
    }
}
