//! Two heads that somebody shows as evidence, and what ties them together: checked where they are read.

use crate::{
    CheckedHead, Contradiction,
    checked::Found,
    signed::{Memory, NoMemory, SignedHead},
};
use yizhang_ledger::{Invalid, beginning::Beginning, roster::Roster, value::TreeSize};

/// Two heads that somebody says contradict each other, after their form, their signatures and what ties them together were looked
/// at: where they were read, and not by the one serial thread of a node.
#[derive(Clone, Debug)]
pub struct CheckedContradiction {
    heads: [CheckedHead; 2],
    tie: Tie,
}

/// What stands beside two heads.
#[derive(Clone, Debug)]
enum Tie {
    /// Nothing, or what cannot be judged under our version of the roster.
    None,
    /// The tree of the larger one begins so, and not as the smaller one says.
    Proved(Beginning),
    /// It proves nothing: nobody honest sends it.
    Forged,
}

/// Two heads that keys of the roster have signed.
pub(crate) struct SignedPair {
    /// Of two of one size the second: what contradicts.
    pub(crate) smaller: SignedHead,
    pub(crate) larger: SignedHead,
    /// What the tree of the larger one begins with, proved.
    pub(crate) beginning: Option<Beginning>,
}

impl CheckedContradiction {
    /// Looks at a pair, under the roster that the replica has.
    pub fn check(shown: Contradiction, roster: &Roster) -> Self {
        Self::check_with(shown, roster, &NoMemory)
    }

    /// As [`CheckedContradiction::check`], without verifying signatures again that are remembered.
    pub fn check_with(shown: Contradiction, roster: &Roster, memory: &impl Memory) -> Self {
        let Contradiction { heads, beginning } = shown;
        let heads = heads.map(|note| CheckedHead::check_with(&note, roster, memory));
        let tie = match beginning {
            None => Tie::None,
            Some(beginning) => Tie::of(&heads, beginning),
        };
        Self { heads, tie }
    }

    /// Whether what stands beside the heads does not tie them together.
    pub const fn is_forged(&self) -> bool {
        matches!(self.tie, Tie::Forged)
    }

    pub(crate) const fn heads(&self) -> &[CheckedHead; 2] {
        &self.heads
    }

    /// Why a head is one that no honest node sends; none if both may be sent.
    pub(crate) fn invalid(&self) -> Option<Invalid> {
        match [&self.heads[0].found, &self.heads[1].found] {
            [Found::Unknown | Found::Padded, _] | [_, Found::Unknown | Found::Padded] => None,
            [Found::Invalid(fault), _] | [_, Found::Invalid(fault)] => Some(fault.clone()),
            [Found::Signed(_), Found::Signed(_)] => None,
        }
    }

    /// The heads, if both are signed. Forged evidence is none.
    pub(crate) fn signed(self) -> Option<SignedPair> {
        let beginning = match self.tie {
            Tie::None => None,
            Tie::Proved(beginning) => Some(beginning),
            Tie::Forged => return None,
        };
        let [first, second] = self.heads;
        let (Found::Signed(first), Found::Signed(second)) = (first.found, second.found) else {
            return None;
        };
        let (smaller, larger) = if first.head.size < second.head.size {
            (first, second)
        } else {
            (second, first)
        };
        Some(SignedPair {
            smaller,
            larger,
            beginning,
        })
    }
}

impl Tie {
    fn of(heads: &[CheckedHead; 2], beginning: Beginning) -> Self {
        let [Found::Signed(first), Found::Signed(second)] = [&heads[0].found, &heads[1].found]
        else {
            return Self::None;
        };
        let (smaller, larger) = if first.head.size < second.head.size {
            (&first.head, &second.head)
        } else {
            (&second.head, &first.head)
        };
        let is_pair = smaller.origin == larger.origin
            && TreeSize(0) < smaller.size
            && smaller.size < larger.size;
        let contradicts = is_pair
            && beginning.root != smaller.root
            && beginning.verify(smaller.size, larger).is_ok();
        if contradicts {
            Self::Proved(beginning)
        } else {
            Self::Forged
        }
    }
}
