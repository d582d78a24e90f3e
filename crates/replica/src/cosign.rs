//! This node as witness and mirror of the other chains: which head it cosigns, and when.
//!
//! One answer for all chains at a time: the shell writes down what is going to be cosigned, of all chains that wait with one sync, and
//! only then a line leaves the node. So the rate follows the disk, and of each chain at most one head waits, the newest.
//! What it cosigned before it knows from its journal and from its peers: after a start it cosigns nothing before they have been heard
//! (see [`Readiness`](crate::Readiness)), and never below what any of them shows of it.

use crate::{
    Conflict, Evidence, Output, PeerId, Replica,
    chain::{Chain, Relation},
    checked::{CheckedHead, Found},
    cosigned::{Given, SignedPlace, Taken},
    cosigner::{Cosigner, Line},
    own::Own,
    signed::SignedHead,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use core::mem;
use yizhang_ledger::{
    cosignature::UnixSeconds,
    head::{Head, Origin},
    roster::{CosigningKey, KeyKind},
    value::{TreeSize, UnixMillis},
};

/// A head that this node is going to cosign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToCosign {
    /// Its chain, another one than this node's.
    pub origin: Origin,
    /// Its size.
    pub size: TreeSize,
    /// The note of the head, with the signature of its chain alone. Every entry under it is durable here.
    pub note: Vec<u8>,
    /// With which keys, none twice.
    pub kinds: Vec<KeyKind>,
    /// The largest head of the chain, as it is held here, that this node's mirror is known to have cosigned, by its own journal or by what others
    /// have shown; 0 if none.
    pub mirrored: TreeSize,
    /// The time to be signed with it.
    pub time: UnixSeconds,
}

/// How many lines there were since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinesCounted {
    /// Given by this node.
    pub given: u64,
    /// Of others, each new when it came.
    pub received: u64,
    /// Of others, under the name and the id of a key of the roster, and not by it.
    pub forged: u64,
    /// Of pairs of heads that others have shown as evidence: those with something beside them that does not tie them together.
    pub forged_evidence: u64,
}

/// What a node knows of its own cosigning beside the lines themselves, which it keeps as it keeps those of others.
#[derive(Debug, Default)]
pub(crate) struct Cosigning {
    /// What the shell is writing down and signing.
    under_way: BTreeMap<Origin, Head>,
    /// When it was asked to last.
    last: Option<UnixMillis>,
    /// Chains that may have a head to be cosigned.
    pub(crate) due: BTreeSet<Origin>,
    /// Chains of which new lines have come since they were shown last.
    pub(crate) to_show: BTreeSet<Origin>,
    /// Whether a line made here is none by a key of the roster. Nothing more is cosigned then.
    is_refused: bool,
    pub(crate) counted: LinesCounted,
}

/// Why a node cosigns nothing now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CosigningWait {
    /// It waits to hear from its peers what it has cosigned before.
    Hearing,
    /// The roster does not name the keys that it cosigns with.
    Refused,
}

impl CosigningWait {
    /// As a code that a program can branch on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hearing => "hearing",
            Self::Refused => "refused",
        }
    }
}

/// What there is to be cosigned of a chain.
enum Due {
    Now(ToCosign),
    /// Whether what was cosigned before is of the chain that is held has not been answered.
    Later,
    Nothing,
}

impl Replica {
    /// Has the newest heads of other chains cosigned, if it is time: nothing is under way, the last time was a while ago, and the peers
    /// have said what they hold of this node's lines.
    pub(crate) fn advance_cosigning(&mut self, now: UnixMillis, out: &mut Vec<Output>) {
        let Some(own) = self.own.as_ref().filter(|own| own.recovered) else {
            return;
        };
        let own = own.origin.clone();
        let pause = self.limits.cosign_pause_ms;
        // A clock that was set back ends the wait.
        let is_early = |last: UnixMillis| now.0.abs_diff(last.0) < pause;
        let cosigning = &mut self.cosigning;
        if cosigning.is_refused
            || cosigning.due.is_empty()
            || !cosigning.under_way.is_empty()
            || cosigning.last.is_some_and(is_early)
        {
            return;
        }
        let Some(time) = UnixSeconds::new(now.0 / 1_000) else {
            return;
        };
        let mut heads = Vec::new();
        for origin in mem::take(&mut self.cosigning.due) {
            self.compare_cosigned(&origin, out);
            match self.due_of(&own, &origin, time) {
                Due::Now(to_cosign) => heads.push(to_cosign),
                Due::Later => {
                    self.cosigning.due.insert(origin);
                }
                Due::Nothing => {}
            }
        }
        if heads.is_empty() {
            return;
        }
        self.cosigning.last = Some(now);
        for to_cosign in &heads {
            if let Some(chain) = self.chains.get(&to_cosign.origin) {
                let head = chain.durable.head(&to_cosign.origin);
                self.cosigning
                    .under_way
                    .insert(to_cosign.origin.clone(), head);
            }
        }
        out.push(Output::Cosign(heads));
    }

    /// What this node has to cosign of a chain at this time. Never a head of a chain that is closed, or has shown two histories; never
    /// one below what it cosigned before, or beside it.
    fn due_of(&self, own: &Origin, origin: &Origin, time: UnixSeconds) -> Due {
        let (Some(chain), Some(region)) = (self.chains.get(origin), self.roster.region(own)) else {
            return Due::Nothing;
        };
        // Below where the chain goes on, what is held may be the other history.
        let goes_on = self.roster.continuation(origin);
        let is_behind = goes_on.is_some_and(|goes_on| chain.durable.size < goes_on.from.size);
        let may_be = origin != own && chain.is_open() && chain.closed_at.is_none() && !is_behind;
        let Some(note) = chain.durable.note.clone().filter(|_| may_be) else {
            return Due::Nothing;
        };
        let mut kinds = Vec::new();
        let mut mirrored = TreeSize(0);
        for kind in [KeyKind::Witness, KeyKind::Mirror] {
            let in_force = region.cosigning_keys(kind).last();
            let Some(span) = in_force.filter(|span| span.is_valid_at(time)) else {
                continue;
            };
            let by = Cosigner {
                kind,
                region: own.region(),
            };
            let given = chain.cosigned.of(by);
            if let Some(given) = given.filter(|given| given.is_compared && kind == KeyKind::Mirror)
            {
                mirrored = given.size;
            }
            match given {
                None => kinds.push(kind),
                Some(given) if given.size > chain.durable.size => {}
                Some(given) if !given.is_compared => return Due::Later,
                Some(given) if is_news(&given, chain, span) => kinds.push(kind),
                Some(_) => {}
            }
        }
        if kinds.is_empty() {
            return Due::Nothing;
        }
        Due::Now(ToCosign {
            origin: origin.clone(),
            size: chain.durable.size,
            note,
            kinds,
            mirrored,
            time,
        })
    }

    /// What was to be cosigned is written down, and here are the lines. What is missing the shell could not sign yet: it is asked again.
    ///
    /// A crash before this input: either the journal has it, and the node makes the same lines after its start, or nobody ever
    /// sees them. A crash after it: the journal has it.
    pub(crate) fn cosigned(&mut self, heads: Vec<CheckedHead>, out: &mut Vec<Output>) {
        let asked = mem::take(&mut self.cosigning.under_way);
        self.cosigning.due.extend(asked.keys().cloned());
        for CheckedHead { found, lines, .. } in heads {
            let signed = match found {
                Found::Signed(signed) if !lines.is_empty() => signed,
                _ => {
                    self.cosigning.is_refused = true;
                    continue;
                }
            };
            let head: Head = signed.head.clone().into_inner();
            if asked.get(&head.origin) != Some(&head) {
                continue;
            }
            let given = self.take_lines(&signed, lines, out);
            self.cosigning.counted.given = self.cosigning.counted.given.saturating_add(given);
            let (Some(chain), Some(own)) = (self.chains.get_mut(&head.origin), &self.own) else {
                continue;
            };
            // It was durable here when it was asked for, and what is durable stays.
            chain.cosigned.agrees(&head);
            if chain.closed_at.is_none()
                && let Some(note) = chain.cosigned.note_of(&head, own.origin.region())
            {
                out.push(Output::AnnounceCosigned {
                    origin: head.origin,
                    head: note,
                });
            }
        }
    }

    /// Takes verified lines under a verified head. Returns how many are news.
    ///
    /// A line under a head that contradicts another one of the same size, whoever cosigned it, is evidence against the chain, which
    /// has signed both. Lines of a chain that is closed are kept like others: their cosigner may need to be told of them.
    pub(crate) fn take_lines(
        &mut self,
        signed: &SignedHead,
        lines: Vec<Line>,
        out: &mut Vec<Output>,
    ) -> u64 {
        // What was cosigned of a history that was given up says nothing of the one that counts.
        if self.roster.is_in_doubt(&signed.head) {
            return 0;
        }
        let origin = signed.head.origin.clone();
        let Some(chain) = self.chains.get_mut(&origin) else {
            return 0;
        };
        let mut news: u64 = 0;
        let mut other = None;
        for line in lines {
            match chain.cosigned.take(signed, line) {
                Taken::News => news = news.saturating_add(1),
                Taken::Known => {}
                Taken::Contradicts(place) => other = Some(place),
            }
        }
        if news > 0 {
            self.cosigning.to_show.insert(origin);
        }
        if let Some(SignedPlace { head, note }) = other {
            let conflict = Conflict::Fork {
                size: signed.head.size,
                held: Some(head.root),
                found: signed.head.root,
            };
            let (origin, theirs) = (signed.head.origin.clone(), signed.note.clone());
            let evidence = Evidence::untied(origin, conflict, Some(note), theirs);
            self.convict(&signed.head, evidence, out);
        }
        news
    }

    /// Compares the cosigned heads of a chain with what is held of it, as far as that reaches. What this node itself cosigned and does
    /// not find there convicts the chain like everything else that its key has signed.
    pub(crate) fn compare_cosigned(&mut self, origin: &Origin, out: &mut Vec<Output>) {
        let Some(chain) = self.chains.get_mut(origin) else {
            return;
        };
        let asks_as = self
            .own
            .as_ref()
            .map_or_else(|| origin.region(), own_region);
        for SignedPlace { head, note } in chain.cosigned.uncompared() {
            let Some(chain) = self.chains.get_mut(origin) else {
                return;
            };
            match chain.compare(&head) {
                Relation::Held => chain.cosigned.agrees(&head),
                Relation::Ahead => {}
                Relation::AskStore => self.ask_store(PeerId(asks_as), head, note, out),
                Relation::Conflict { held } => {
                    chain.cosigned.disagrees(&head);
                    self.forked(&head, held, note, out);
                }
            }
        }
    }

    /// What a restarted node knows of its cosigning, from its journal.
    pub(crate) fn remember_cosigned(&mut self, heads: Vec<CheckedHead>) {
        for CheckedHead { found, lines, .. } in heads {
            if let Found::Signed(signed) = found {
                // A contradiction between two of them shows when they are compared with what is held.
                self.take_lines(&signed, lines, &mut Vec::new());
            }
        }
        self.cosigning.due = self.chains.keys().cloned().collect();
    }

    /// Shows, to whoever comes from now on, the lines of others that have come since the last time. Nobody is told of them: whoever
    /// watches this node watches those others, too.
    pub(crate) fn show_cosigned(&mut self, out: &mut Vec<Output>) {
        for origin in mem::take(&mut self.cosigning.to_show) {
            if let Some(chain) = self.chains.get(&origin) {
                let heads = chain.cosigned.notes();
                out.push(Output::ShowCosigned { origin, heads });
            }
        }
    }

    /// Why this node cosigns nothing now; none if it does, or has no chain and so no keys.
    pub fn cosigning_wait(&self) -> Option<CosigningWait> {
        let own = self.own.as_ref()?;
        if self.cosigning.is_refused {
            return Some(CosigningWait::Refused);
        }
        (!own.recovered).then_some(CosigningWait::Hearing)
    }

    /// How many lines there were since the start.
    pub const fn lines_counted(&self) -> LinesCounted {
        self.cosigning.counted
    }
}

/// Whether the head that is durable is news after what a key of this cosigner has cosigned, which is of the chain that is held.
fn is_news(given: &Given, chain: &Chain, span: &CosigningKey) -> bool {
    let is_larger = given.size < chain.durable.size;
    // A key that has taken over cosigns what the one before it did.
    let is_other_key = given.key_id != span.key.id();
    is_larger || (given.size == chain.durable.size && is_other_key)
}

const fn own_region(own: &Own) -> yizhang_ledger::value::Division {
    own.origin.region()
}
