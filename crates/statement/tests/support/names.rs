//! Faults by the names of docs/FORMAT.md, section 16: `Refusal::Refuted/Refuted::Register/RegisterFault::Path`.

use std::fmt::Debug;
use yizhang_ledger::{
    Invalid,
    register::RegisterFault,
    roster::{RootFingerprint, TrustFault},
};
use yizhang_statement::{PortableFault, ReceiptFault, Refusal, Refuted, Statement, Verdict};

/// What a file shows, or the names of why it shows nothing.
pub(crate) fn checked(bytes: &[u8], trusted: RootFingerprint) -> Result<Verdict, String> {
    let statement = Statement::parse(bytes).map_err(|fault| refusal(&fault.into()))?;
    statement.verify(trusted).map_err(|fault| refusal(&fault))
}

/// The name of a variant: the word that its debug text begins with.
fn variant(family: &str, fault: &impl Debug) -> String {
    let text = format!("{fault:?}");
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    format!("{family}::{}", &text[..end])
}

pub(crate) fn refusal(fault: &Refusal) -> String {
    let name = variant("Refusal", fault);
    let inner = match fault {
        Refusal::Form(inner) => portable(inner),
        Refusal::Roster(inner) => trust(inner),
        Refusal::Invalid(inner) => invalid(inner),
        Refusal::Refuted(inner) => refuted(inner),
        Refusal::Cosigned { fault, .. } => receipt(fault),
        _ => return name,
    };
    format!("{name}/{inner}")
}

pub(crate) fn portable(fault: &PortableFault) -> String {
    let name = variant("PortableFault", fault);
    match fault {
        PortableFault::Fields { fault, .. } => format!("{name}/{}", variant("CodecFault", fault)),
        _ => name,
    }
}

fn trust(fault: &TrustFault) -> String {
    let name = variant("TrustFault", fault);
    match fault {
        TrustFault::Version { fault, .. } => format!("{name}/{}", invalid(fault)),
        _ => name,
    }
}

fn invalid(fault: &Invalid) -> String {
    let name = variant("Invalid", fault);
    match fault {
        Invalid::Payload { fault, .. } => format!("{name}/{}", variant("CodecFault", fault)),
        Invalid::Proof { fault, .. } => format!("{name}/{}", variant("ProofFault", fault)),
        _ => name,
    }
}

fn receipt(fault: &ReceiptFault) -> String {
    match fault {
        ReceiptFault::Cosignature(inner) => variant("CosignatureFault", inner),
        other => variant("ReceiptFault", other),
    }
}

fn refuted(fault: &Refuted) -> String {
    let name = variant("Refuted", fault);
    let inner = match fault {
        Refuted::Invalid(inner) => invalid(inner),
        Refuted::Register { fault, .. } => register(fault),
        Refuted::Cosigned { fault, .. } => receipt(fault),
        _ => return name,
    };
    format!("{name}/{inner}")
}

fn register(fault: &RegisterFault) -> String {
    let name = variant("RegisterFault", fault);
    match fault {
        RegisterFault::Path { fault, .. } => format!("{name}/{}", variant("ProofFault", fault)),
        RegisterFault::Record(fault) => format!("{name}/{}", invalid(fault)),
        _ => name,
    }
}
