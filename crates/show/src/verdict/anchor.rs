//! What a reader trusts to begin with: the root keys behind the roster, by their fingerprint.

use super::{Line, Outcome, Verdict};
use crate::text::t;

/// Whether the root keys behind the roster are those that the reader trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// They have the fingerprint that the reader has from elsewhere.
    Known(String),
    /// Nobody has said; their fingerprint, to be compared.
    Unknown(String),
}

/// A file that nothing is said of as long as what was entered for root keys is no fingerprint.
pub fn without_anchor() -> Verdict {
    Verdict {
        outcome: Outcome::Open,
        headline: t!("verify.anchor.malformed").to_string(),
        lines: vec![Line::unproved(t!("verify.anchor.correct"))],
    }
}

impl Verdict {
    /// The same verdict, with what it rests on. What holds under a roster that nobody has compared is open.
    #[must_use]
    pub fn resting_on(mut self, anchor: &Anchor) -> Self {
        match anchor {
            Anchor::Known(fingerprint) => {
                let line = Line::basis(t!("verify.anchor.known", fingerprint = fingerprint));
                self.lines.push(line);
            }
            Anchor::Unknown(fingerprint) => {
                let line = Line::unproved(t!("verify.anchor.unknown", fingerprint = fingerprint));
                self.lines.insert(0, line);
                if self.outcome != Outcome::Refused {
                    self.outcome = Outcome::Open;
                    self.headline = t!("verify.anchor.if", headline = self.headline).to_string();
                }
            }
        }
        self
    }
}
