//! The replay of one chain: examined pieces in, findings and a verified size out. Pure: no files, no threads.
//!
//! A chain is *followed* while every batch links to the one before it, by hash and by root, and *verified* up to the last
//! signed head that agrees. After a batch that does not follow, what comes next is still examined piece by piece, but
//! counted as unverified: without the batch before it, nothing ties it to the chain.

use crate::{
    approvals,
    beside::remembered_more,
    boundary::{Boundaries, Boundary},
    examine::{Examined, Seen},
    explain,
    finding::{Code, Finding, Findings, Place},
    report::{ChainReport, Part, Unverified},
    segments::Position,
    stated::Stated,
    tally::Tally,
};
use yizhang_ledger::{
    Verified,
    batch::Batch,
    chain::{ChainState, Extension},
    entry::Kind,
    head::{Head, Origin},
    roster::Roster,
    value::LeafIndex,
};

/// The state of a replay.
pub(crate) struct Replay {
    /// After the last batch that followed, confirmed or not.
    state: ChainState,
    /// A batch that followed and waits for its head.
    pending: Option<(Extension, Tally)>,
    /// Batches that followed since the last confirmed head.
    waiting: Tally,
    verified: VerifiedPart,
    findings: Findings,
    /// Size at which a batch did not follow.
    stopped_at: Option<u64>,
    /// What came after.
    beyond: Unverified,
    /// Parts of earlier runs.
    parts: Vec<Part>,
    /// Size at which this run began.
    began_at: u64,
    /// The newest head that the source is known to have held, and its note.
    seen: Option<(Verified<Head>, String)>,
    /// The largest size that the journal of the source remembers of the chain.
    remembered: u64,
    /// Registers of accounts in the batches that followed in this run.
    registers: Stated,
}

/// Everything about a chain up to its last confirmed head: what a later run may build upon.
#[derive(Clone)]
pub(crate) struct VerifiedPart {
    pub(crate) state: ChainState,
    /// The signed head, empty before the first.
    pub(crate) head: String,
    pub(crate) tally: Tally,
    pub(crate) boundaries: Boundaries,
    /// Where the source goes on.
    pub(crate) next: Position,
    /// Findings made up to there.
    pub(crate) findings: usize,
    pub(crate) omitted: u64,
}

impl VerifiedPart {
    pub(crate) fn empty(origin: Origin) -> Self {
        Self {
            state: ChainState::empty(origin),
            head: String::new(),
            tally: Tally::default(),
            boundaries: Boundaries::default(),
            next: Position::default(),
            findings: 0,
            omitted: 0,
        }
    }
}

impl Replay {
    /// Starts at the beginning of a chain.
    pub(crate) fn new(origin: Origin) -> Self {
        Self::resume(VerifiedPart::empty(origin), Vec::new(), Vec::new())
    }

    /// Goes on where earlier runs have ended.
    pub(crate) fn resume(verified: VerifiedPart, findings: Vec<Finding>, parts: Vec<Part>) -> Self {
        Self {
            state: verified.state.clone(),
            pending: None,
            waiting: Tally::default(),
            findings: Findings {
                list: findings,
                omitted: verified.omitted,
            },
            stopped_at: None,
            beyond: Unverified::default(),
            parts,
            began_at: verified.state.size().0,
            seen: None,
            remembered: 0,
            registers: Stated::default(),
            verified,
        }
    }

    /// The verified part, its findings, and the parts of all runs, this one named `run`.
    pub(crate) fn resume_point(&self, run: &str) -> (&VerifiedPart, &[Finding], Vec<Part>) {
        let findings = self
            .findings
            .list
            .get(..self.verified.findings)
            .expect("findings are only added after they were counted");
        (&self.verified, findings, self.all_parts(run))
    }

    pub(crate) const fn verified(&self) -> &VerifiedPart {
        &self.verified
    }

    /// Whether the chain could not be followed further.
    pub(crate) const fn is_stopped(&self) -> bool {
        self.stopped_at.is_some()
    }

    /// Batches examined after that.
    pub(crate) const fn beyond(&self) -> u64 {
        self.beyond.batches
    }

    /// Takes the next piece of the source.
    pub(crate) fn accept(&mut self, examined: Examined) {
        let Examined {
            place,
            next,
            faults,
            seen,
        } = examined;
        for fault in faults {
            self.findings.push(fault);
        }
        match seen {
            Seen::SegmentStart(first) => self.segment_start(first, &place),
            Seen::Batch(Ok((batch, tally))) => self.batch(*batch, tally, &place),
            Seen::Batch(Err(invalid)) => {
                self.findings
                    .push(explain::invalid(&invalid, &self.here(&place)));
                self.stop();
                self.beyond.batches = self.beyond.batches.saturating_add(1);
            }
            Seen::Head(Ok(head), bytes) => self.head(&head, &bytes, next, &place),
            Seen::Head(Err(invalid), _) => {
                self.findings
                    .push(explain::invalid(&invalid, &self.here(&place)));
                self.settle();
            }
            Seen::Nothing => {}
            Seen::Lost => self.stop(),
        }
    }

    fn segment_start(&mut self, first: LeafIndex, place: &Place) {
        let size = self.size_with_pending();
        if self.stopped_at.is_some() || first.0 == size {
            return;
        }
        let (code, text) = match (size, first.0 > size) {
            (0, _) => (
                Code::SegmentMissing,
                "the first segment of the chain is missing",
            ),
            (_, true) => (Code::SegmentGap, "segments are missing before this one"),
            (_, false) => (
                Code::SegmentOverlap,
                "the segment starts before the one before it ends",
            ),
        };
        self.findings
            .push(Finding::fault(code, &place.at_leaf(size), text).between(&size, &first));
        self.stop();
    }

    fn batch(&mut self, batch: Batch, tally: Tally, place: &Place) {
        if self.stopped_at.is_none() && self.pending.is_some() {
            let size = self.size_with_pending();
            let text = "a batch follows where the signed head of the batch before it should stand";
            self.findings.push(Finding::fault(
                Code::HeadMissing,
                &place.at_leaf(size),
                text,
            ));
            self.settle();
        }
        if self.stopped_at.is_none() {
            match self.state.follow(batch) {
                Ok(extension) => {
                    if tally
                        .kinds
                        .contains_key(&Kind::ACCOUNT_REGISTER.to_string())
                    {
                        let (batch, findings) = (extension.batch(), &mut self.findings);
                        self.registers.note(batch, place, findings);
                    }
                    if tally.kinds.contains_key(&Kind::APPROVAL.to_string()) {
                        approvals::check(extension.batch(), place, &mut self.findings);
                    }
                    return self.pending = Some((extension, tally));
                }
                Err(invalid) => {
                    self.findings
                        .push(explain::invalid(&invalid, &self.here(place)));
                    self.stop();
                }
            }
        }
        self.beyond.batches = self.beyond.batches.saturating_add(tally.batches);
        self.beyond.records = self.beyond.records.saturating_add(tally.records);
    }

    fn head(&mut self, head: &Verified<Head>, bytes: &[u8], next: Position, place: &Place) {
        let note = String::from_utf8_lossy(bytes).into_owned();
        let forked = self.check_fork(head, &note, place);
        if self.stopped_at.is_some() {
            return;
        }
        let Some((extension, tally)) = self.pending.take() else {
            if !forked {
                self.lone_head(head, place);
            }
            return;
        };
        let after = extension.after().clone();
        self.waiting.absorb(tally);
        self.state = after;
        match extension.confirm(head) {
            Ok(_) => self.confirm(note, next),
            Err(invalid) => self
                .findings
                .push(explain::invalid(&invalid, &self.here(place)).with_evidence(vec![note])),
        }
    }

    /// A head without a batch before it: once more the last one, or out of place.
    fn lone_head(&mut self, head: &Head, place: &Place) {
        let place = place.at_leaf(head.size.0);
        self.findings.push(if head == &self.verified.state.head() {
            Finding::note(
                Code::HeadRepeated,
                &place,
                "the last head stands here once more",
            )
        } else {
            let text = "a signed head stands here without its batch";
            Finding::fault(Code::HeadUnexpected, &place, text)
                .between(&self.state.size(), &head.size)
        });
    }

    /// The batch that waits for a head gets none: it is followed, but not verified until a later head covers it.
    fn settle(&mut self) {
        if let Some((extension, tally)) = self.pending.take() {
            self.state = extension.after().clone();
            self.waiting.absorb(tally);
        }
    }

    /// A signed head agrees with everything up to here.
    fn confirm(&mut self, note: String, next: Position) {
        let verified = &mut self.verified;
        verified.tally.absorb(std::mem::take(&mut self.waiting));
        verified.state = self.state.clone();
        verified.boundaries.push(Boundary::of(&self.state));
        verified.head = note;
        verified.next = next;
        verified.findings = self.findings.list.len();
        verified.omitted = self.findings.omitted;
    }

    /// Whether the owner of the chain has signed another root for a size that was verified before.
    fn check_fork(&mut self, head: &Head, note: &str, place: &Place) -> bool {
        let origin = self.state.origin();
        let Some(known) = self.verified.boundaries.at_size(head.size.0) else {
            return false;
        };
        if head.origin != *origin || known.root == head.root {
            return false;
        }
        let text = "the key of the chain has signed two roots for the same size";
        let finding = Finding::new(
            crate::Severity::Fork,
            Code::Fork,
            &place.at_leaf(head.size.0),
            text,
        );
        let evidence = vec![self.verified.head.clone(), note.to_owned()];
        self.findings.push(
            finding
                .between(&known.root, &head.root)
                .with_evidence(evidence),
        );
        true
    }

    fn stop(&mut self) {
        self.settle();
        if self.stopped_at.is_none() {
            self.stopped_at = Some(self.state.size().0);
        }
    }

    fn size_with_pending(&self) -> u64 {
        self.pending
            .as_ref()
            .map_or(self.state.size(), |(extension, _)| extension.after().size())
            .0
    }

    /// The place with the position in the chain, as far as it was followed.
    fn here(&self, place: &Place) -> Place {
        if self.stopped_at.is_some() {
            place.clone()
        } else {
            place.at_leaf(self.size_with_pending())
        }
    }

    fn all_parts(&self, run: &str) -> Vec<Part> {
        let to = self.verified.state.size().0;
        let mut parts = self.parts.clone();
        if to > self.began_at {
            parts.push(Part {
                run: run.to_owned(),
                from: self.began_at,
                to,
            });
        }
        parts
    }

    /// What the replay has found.
    pub(crate) fn finish(mut self, run: &str, roster: &Roster) -> ChainReport {
        let origin = self.state.origin().clone();
        let place = Place::region(origin.region());
        let verified_size = self.verified.state.size().0;
        let unsigned_tail = self.pending.is_some();
        self.note_unsigned_tail(&place);
        let unconfirmed = self.waiting.records.saturating_add(self.waiting.batches);
        // A chain that could not be followed says itself what is wrong with it.
        if self.stopped_at.is_none() {
            let reached = verified_size.saturating_add(unconfirmed);
            self.compare_with_seen(reached);
            self.compare_with_remembered(reached);
        }
        self.note_stop(&place, verified_size);
        self.note_newer(&place, roster);
        let parts = self.all_parts(run);
        let VerifiedPart {
            state,
            head,
            tally,
            boundaries,
            ..
        } = self.verified;
        let head_of = state.head();
        ChainReport {
            origin: origin.to_string(),
            region: origin.region().to_string(),
            size: verified_size,
            root: head_of.root.to_string(),
            link: state.link().to_string(),
            newest_ms: state.time().0,
            last_head: Some(head).filter(|head| !head.is_empty()),
            verified: tally,
            followed: Unverified {
                batches: self.waiting.batches,
                records: self.waiting.records,
            },
            unsigned_tail,
            stopped_at: self.stopped_at,
            beyond: self.beyond,
            parts,
            findings: self.findings.list,
            findings_omitted: self.findings.omitted,
            registers: self.registers.before(verified_size),
            boundaries,
        }
    }

    /// A last batch whose head is not there yet.
    fn note_unsigned_tail(&mut self, place: &Place) {
        let Some((extension, tally)) = self.pending.take() else {
            return;
        };
        let text = format!(
            "the last batch, with {} records, has no signed head yet",
            tally.records
        );
        let leaf = extension.batch().entry().first.0;
        self.findings.push(Finding::note(
            Code::UnsignedTail,
            &place.at_leaf(leaf),
            text,
        ));
        self.waiting.absorb(tally);
    }

    /// Where the chain could not be followed any further.
    fn note_stop(&mut self, place: &Place, verified_size: u64) {
        let Some(stopped_at) = self.stopped_at else {
            return;
        };
        let text = format!(
            "the chain was followed to leaf {stopped_at} and is verified to leaf {verified_size}; {} batches after \
             that were examined one by one, but nothing ties them to the chain",
            self.beyond.batches
        );
        self.findings.push(Finding::fault(
            Code::ChainStopped,
            &place.at_leaf(stopped_at),
            text,
        ));
    }

    /// What a later version of this program, or of the roster, would know more about.
    fn note_newer(&mut self, place: &Place, roster: &Roster) {
        let verified = &self.verified;
        if verified.state.roster() > roster.version {
            let text = "the chain was written under a newer roster; audit with that one";
            let finding = Finding::note(Code::RosterNewer, place, text);
            self.findings
                .push(finding.between(&roster.version, &verified.state.roster()));
        }
        for (kind, count) in &verified.tally.unknown_kinds {
            let text = format!("{count} records of {kind}, which this version does not read");
            self.findings.push(
                Finding::note(Code::UnknownKind, place, text).between(&"a kind that is read", kind),
            );
        }
    }

    /// Takes note of a head that the node held, to compare the chain with at its end.
    pub(crate) fn remember(&mut self, note: Option<Vec<u8>>, roster: &Roster) {
        let Some(note) = note else { return };
        let origin = self.state.origin();
        match Head::open(&note, roster) {
            Ok(head) if head.origin == *origin => {
                self.seen = Some((head, String::from_utf8_lossy(&note).into_owned()));
            }
            Ok(_) | Err(_) => {
                let place = Place::region(origin.region());
                let place = place.in_file(&format!("seen/{}.head", origin.region()));
                let text = "the noted head is no signed head of this chain";
                self.findings
                    .push(Finding::fault(Code::NoteForm, &place, text));
            }
        }
    }

    /// Takes note of a size that the node's journal remembers of the chain, to compare it with at its end.
    pub(crate) const fn remember_size(&mut self, size: u64) {
        self.remembered = size;
    }

    /// Compares what was followed with what the journal remembers.
    fn compare_with_remembered(&mut self, reached: u64) {
        if self.remembered > reached {
            let place = Place::region(self.state.origin().region());
            self.findings
                .push(remembered_more(&place, self.remembered, reached));
        }
    }

    /// Compares what was followed with the newest head that the node held.
    fn compare_with_seen(&mut self, reached: u64) {
        let Some((seen, note)) = self.seen.take() else {
            return;
        };
        let place = Place::region(self.state.origin().region());
        if seen.size.0 > reached {
            let text = "the node held a signed head of more entries than are here: files of the chain are missing or cut off";
            let finding = Finding::fault(Code::SourceShrunk, &place.at_leaf(reached), text);
            let finding = finding.between(&seen.size, &reached);
            self.findings.push(finding.with_evidence(vec![note]));
        } else {
            self.check_fork(&seen, &note, &place);
        }
    }

    /// Adds a finding about the source as a whole.
    pub(crate) fn remark(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}
