//! Registers of accounts as a chain states them, noted while it is followed.

use crate::finding::{Code, Finding, Findings, Place};
use yizhang_ledger::{
    batch::Batch,
    entry::Kind,
    record::{AccountRegister, Record},
    register::RegisterFault,
    value::LeafIndex,
};

/// Registers of a chain that are compared: those of forty years of days. A chain with more has the rest reported and not compared.
pub const REGISTERS_MAX: usize = 16_384;

/// A register that a chain commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedRegister {
    /// Position of the entry.
    pub at: u64,
    /// What it says.
    pub register: AccountRegister,
    pub(crate) place: Place,
}

/// The registers of a chain so far.
#[derive(Default)]
pub(crate) struct Stated {
    list: Vec<StatedRegister>,
    /// The size that the newest covers.
    size: Option<u64>,
}

impl Stated {
    /// Takes note of the registers in a batch that follows, and of what can be said of them at once.
    pub(crate) fn note(&mut self, batch: &Batch, place: &Place, findings: &mut Findings) {
        for (at, entry) in batch.records() {
            if entry.kind == Kind::ACCOUNT_REGISTER
                && let Ok(Record::AccountRegister(register)) = Record::read(&entry)
            {
                let place = place.at_leaf(at.0);
                match self.take(at, register, &place) {
                    Ok(()) => {}
                    Err(finding) => findings.push(*finding),
                }
            }
        }
    }

    fn take(
        &mut self,
        at: LeafIndex,
        register: AccountRegister,
        place: &Place,
    ) -> Result<(), Box<Finding>> {
        match register.check(at) {
            Ok(()) => {}
            Err(RegisterFault::BeyondItself { size, .. }) => {
                let text = "a register of accounts covers more entries than stand before it";
                let finding = Finding::fault(Code::RegisterBeyond, place, text);
                return Err(Box::new(finding.between(&at, &size)));
            }
            Err(fault) => {
                let finding = Finding::note(Code::RegisterForm, place, fault.to_string());
                return Err(Box::new(finding));
            }
        }
        let before = self.size.replace(register.size);
        if self.list.len() >= REGISTERS_MAX {
            let text = "the chain has more registers of accounts than are compared";
            let finding = Finding::fault(Code::RegistersNotCompared, place, text);
            return Err(Box::new(finding.between(&REGISTERS_MAX, &"more")));
        }
        self.list.push(StatedRegister {
            at: at.0,
            register,
            place: place.clone(),
        });
        match before.filter(|before| register.size <= *before) {
            Some(before) => {
                let text = "a register of accounts covers no more than the one before it";
                let finding = Finding::fault(Code::RegisterWentBack, place, text);
                Err(Box::new(finding.between(&before, &register.size)))
            }
            None => Ok(()),
        }
    }

    /// Those before a size.
    pub(crate) fn before(self, size: u64) -> Vec<StatedRegister> {
        let mut list = self.list;
        list.retain(|stated| stated.at < size);
        list
    }
}
