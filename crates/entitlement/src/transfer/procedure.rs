//! The procedure of a case: which of its steps can be used, in the order of their days, and the state they come to.

use crate::{
    account::{CaseState, Side, StepFaultName, TransferAmounts, TransferComparison},
    transfer::step::{Sides, Step, whose},
};
use yizhang_ledger::{entry::Kind, hash::Hash, value::Division};

/// How a case ended before posting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Rejected,
    Returned,
    Withdrawn,
}

/// What has to be there before a posting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PostingNeeds {
    /// The sheet alone: no money moves.
    Sheet,
    /// The money as well.
    SheetAndMoney,
}

impl PostingNeeds {
    /// By what the sheet states, and what the records of the old place come to.
    pub(crate) fn of(early: &Progress<'_>, computed: TransferAmounts) -> Self {
        let sheet = early.info_sheet.or(early.child);
        let states_money = sheet.is_some_and(|sheet| sheet.states_money());
        if states_money || computed.has_money() {
            Self::SheetAndMoney
        } else {
            Self::Sheet
        }
    }
}

/// A step that could not be used, and why.
#[derive(Clone, Copy)]
pub(crate) struct Unused<'s> {
    pub(crate) step: Step<'s>,
    pub(crate) fault: StepFaultName,
}

/// The steps of a case that could be used.
#[derive(Default)]
pub(crate) struct Progress<'s> {
    /// Old and new place, as the letter, or before it the first step names them.
    pub(crate) sides: Option<Sides>,
    pub(crate) certificate: Option<Step<'s>>,
    pub(crate) apply: Option<Step<'s>>,
    pub(crate) letter: Option<Step<'s>>,
    pub(crate) freeze: Option<Step<'s>>,
    pub(crate) info_sheet: Option<Step<'s>>,
    pub(crate) sent: Option<Step<'s>>,
    /// The money came back, and has not been sent again.
    pub(crate) came_back: Option<Step<'s>>,
    pub(crate) received: Option<Step<'s>>,
    pub(crate) posted: Option<Step<'s>>,
    pub(crate) closed: Option<Step<'s>>,
    end: Option<End>,
    /// A supplement or correction that is a case of its own.
    pub(crate) child: Option<Step<'s>>,
    /// The old place has no chain, and the posting stands alone.
    has_no_chain: bool,
    /// Supplements and corrections, those under the number of their case included.
    pub(crate) follow_ups: Vec<Step<'s>>,
    /// Every step that was used.
    pub(crate) used: Vec<Step<'s>>,
    pub(crate) faults: Vec<Unused<'s>>,
}

impl<'s> Progress<'s> {
    /// Goes through the steps of a case as if no posting had to wait for money: closing and sheet do not depend on that.
    pub(crate) fn before_money(steps: &[Step<'s>]) -> Self {
        Self::of(steps, PostingNeeds::Sheet)
    }

    /// Goes through the steps of a case.
    pub(crate) fn of(steps: &[Step<'s>], needs: PostingNeeds) -> Self {
        // A letter that answers no application must not name the sides of somebody else's case.
        let answers = |letter: &&Step<'s>| {
            letter.kind == Kind::LETTER
                && letter.is_by_its_side()
                && steps.iter().any(|step| {
                    let asks = step.kind == Kind::TRANSFER_APPLY && step.is_by_its_side();
                    asks && step.sides.join_the_same_provinces(letter.sides)
                        && step.order() <= letter.order()
                })
        };
        let lead = steps.iter().find(answers).or(steps.first());
        let sides = lead.map(|step| step.sides);
        let is_by_old = |step: &Step<'_>| {
            step.region.covers(step.place(Side::Old)) && !step.region.covers(step.place(Side::New))
        };
        let mut progress = Self {
            sides,
            has_no_chain: steps.iter().any(Step::is_alone) && !steps.iter().any(is_by_old),
            ..Self::default()
        };
        for step in steps {
            match progress.admit(*step, needs) {
                Ok(()) => progress.used.push(*step),
                Err(fault) => progress.faults.push(Unused { step: *step, fault }),
            }
        }
        progress
    }

    fn admit(&mut self, step: Step<'s>, needs: PostingNeeds) -> Result<(), StepFaultName> {
        if !step.is_by_its_side() {
            return Err(StepFaultName::WrongSide);
        }
        if !self.is_between_its_sides(&step) {
            return Err(StepFaultName::OtherSides);
        }
        if self.end.is_some() {
            return Err(StepFaultName::TooLate);
        }
        match step.kind {
            Kind::CERTIFICATE => precede(
                &mut self.certificate,
                step,
                self.freeze,
                StepFaultName::TooLate,
            ),
            Kind::TRANSFER_APPLY => {
                precede(&mut self.apply, step, self.child, StepFaultName::OutOfOrder)
            }
            Kind::LETTER => follow(&mut self.letter, step, self.apply),
            Kind::FREEZE => follow(&mut self.freeze, step, self.letter),
            Kind::INFO_SHEET => {
                let begun = self.begun();
                follow(&mut self.info_sheet, step, begun)
            }
            Kind::FUNDS_SENT => self.send(step),
            Kind::FUNDS_RECEIVED if self.has_no_chain => put(&mut self.received, step),
            Kind::FUNDS_RECEIVED => follow(&mut self.received, step, self.sent),
            Kind::POSTED => self.post(step, needs),
            Kind::CLOSED => follow(&mut self.closed, step, self.posted),
            Kind::RETURNED => self.send_back(step),
            Kind::WITHDRAWN => self.withdraw(),
            _ => self.follow_up(step),
        }
    }

    fn is_between_its_sides(&self, step: &Step<'_>) -> bool {
        self.sides
            .is_none_or(|sides| sides.join_the_same_provinces(step.sides))
    }

    fn send(&mut self, step: Step<'s>) -> Result<(), StepFaultName> {
        let begun = self.begun();
        follow(&mut self.sent, step, begun)?;
        self.came_back = None;
        Ok(())
    }

    /// The sheet that is posted must be the one of the case; a hash of zeros says nothing about that.
    fn post(&mut self, step: Step<'s>, needs: PostingNeeds) -> Result<(), StepFaultName> {
        if self.has_no_chain {
            if self.posted.is_none() && !step.is_alone() {
                return Err(StepFaultName::OutOfOrder);
            }
            return put(&mut self.posted, step);
        }
        let basis = self.info_sheet.or(self.child);
        let money_is_there = self.received.is_some() || needs == PostingNeeds::Sheet;
        let Some(basis) = basis.filter(|_| money_is_there) else {
            return Err(StepFaultName::OutOfOrder);
        };
        let (posted, sheet) = (step.document, basis.document);
        if posted != Hash::ZERO && sheet != Hash::ZERO && posted != sheet {
            return Err(StepFaultName::OtherSheet);
        }
        put(&mut self.posted, step)
    }

    /// Before the letter the new place rejects; after it the old place returns the case; after money was sent, money came
    /// back and has to be sent again.
    fn send_back(&mut self, step: Step<'s>) -> Result<(), StepFaultName> {
        let by = |side: Side| step.region.covers(step.place(side));
        if self.received.is_some() || self.posted.is_some() {
            return Err(StepFaultName::TooLate);
        }
        if self.letter.is_none() && self.child.is_none() {
            if self.apply.is_none() {
                return Err(StepFaultName::OutOfOrder);
            }
            if !by(Side::New) {
                return Err(StepFaultName::WrongSide);
            }
            self.end = Some(End::Rejected);
        } else if !by(Side::Old) {
            return Err(StepFaultName::WrongSide);
        } else if self.sent.take().is_some() {
            self.came_back = Some(step);
        } else {
            self.end = Some(End::Returned);
        }
        Ok(())
    }

    fn withdraw(&mut self) -> Result<(), StepFaultName> {
        if self.sent.is_some() || self.posted.is_some() {
            return Err(StepFaultName::TooLate);
        }
        if self.apply.is_none() && self.child.is_none() {
            return Err(StepFaultName::OutOfOrder);
        }
        self.end = Some(End::Withdrawn);
        Ok(())
    }

    /// After closing for transfer and before posting, or as a case of its own; a case is never reopened by one.
    fn follow_up(&mut self, step: Step<'s>) -> Result<(), StepFaultName> {
        if self.posted.is_some_and(|posted| posted.on < step.on) {
            return Err(StepFaultName::TooLate);
        }
        if self.freeze.is_none() {
            let begun_before = self.apply.or(self.certificate);
            precede(
                &mut self.child,
                step,
                begun_before,
                StepFaultName::OutOfOrder,
            )?;
        }
        self.follow_ups.push(step);
        Ok(())
    }

    /// Where the case stands, if sheet, money and chain compare so.
    pub(crate) fn state(&self, comparison: Option<&TransferComparison>) -> CaseState {
        if let Some(end) = self.end {
            return match end {
                End::Rejected => CaseState::Rejected,
                End::Returned => CaseState::Returned,
                End::Withdrawn => CaseState::Withdrawn,
            };
        }
        if self.closed.is_some() {
            return CaseState::Closed;
        }
        if self.posted.is_some() {
            return CaseState::Posted;
        }
        match (
            self.info_sheet.is_some(),
            self.sent.is_some(),
            self.received.is_some(),
        ) {
            (true, _, true) if comparison.is_some_and(TransferComparison::has_differences) => {
                CaseState::Mismatched
            }
            (true, _, true) => CaseState::Received,
            (false, _, true) => CaseState::FundsReceived,
            (true, true, false) => CaseState::InfoAndFundsSent,
            (false, true, false) => CaseState::FundsSent,
            (_, false, false) if self.came_back.is_some() => CaseState::FundsReturned,
            (true, false, false) => CaseState::InfoSent,
            (false, false, false) => self.early_state(),
        }
    }

    fn early_state(&self) -> CaseState {
        if let Some(child) = self.child {
            return if child.kind == Kind::SUPPLEMENT {
                CaseState::Supplement
            } else {
                CaseState::Correction
            };
        }
        if self.freeze.is_some() {
            CaseState::Frozen
        } else if self.letter.is_some() {
            CaseState::LetterSent
        } else if self.apply.is_some() {
            CaseState::Applied
        } else if self.certificate.is_some() {
            CaseState::Certified
        } else {
            CaseState::Unfounded
        }
    }

    /// The step with which the old place begins: the closing, or a supplement or correction that is a case of its own.
    pub(crate) fn begun(&self) -> Option<Step<'s>> {
        self.freeze.or(self.child)
    }

    /// The supplement that the case is, if it is one of its own.
    pub(crate) fn supplement(&self) -> Option<Step<'s>> {
        self.child.filter(|child| child.kind == Kind::SUPPLEMENT)
    }

    /// Whether the old place can hold no step: it is an army's.
    pub(crate) fn has_no_chain(&self) -> bool {
        self.has_no_chain
    }

    /// The case ended without moving anything.
    pub(crate) fn has_failed(&self) -> bool {
        self.end.is_some()
    }

    /// The last region of a side whose chain has a used step.
    pub(crate) fn region_of(&self, side: Side) -> Option<Division> {
        let of_side = |step: &&Step<'_>| {
            whose(step.kind) == Some(side)
                || (whose(step.kind).is_none() && step.region.covers(step.place(side)))
        };
        self.used.iter().rfind(of_side).map(|step| step.region)
    }

    /// The old place under every name that used steps give it.
    pub(crate) fn sources(&self) -> Vec<Division> {
        let mut sources: Vec<Division> = self.sides.map(|sides| sides.old).into_iter().collect();
        sources.extend(self.used.iter().map(|step| step.place(Side::Old)));
        sources.sort_unstable();
        sources.dedup();
        sources
    }
}

/// Puts the first step of its kind.
const fn put<'s>(slot: &mut Option<Step<'s>>, step: Step<'s>) -> Result<(), StepFaultName> {
    if slot.is_some() {
        return Err(StepFaultName::Repeated);
    }
    *slot = Some(step);
    Ok(())
}

/// Puts the first step of its kind, if the one that must come before it is there.
fn follow<'s>(
    slot: &mut Option<Step<'s>>,
    step: Step<'s>,
    before: Option<Step<'s>>,
) -> Result<(), StepFaultName> {
    if slot.is_none() && before.is_none() {
        return Err(StepFaultName::OutOfOrder);
    }
    put(slot, step)
}

/// Puts the first step of its kind, if one that must not come before it is not there.
fn precede<'s>(
    slot: &mut Option<Step<'s>>,
    step: Step<'s>,
    after: Option<Step<'s>>,
    otherwise: StepFaultName,
) -> Result<(), StepFaultName> {
    if slot.is_none() && after.is_some() {
        return Err(otherwise);
    }
    put(slot, step)
}
