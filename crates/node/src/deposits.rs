//! What a platform may put into the chain of a region: evidence of its own, signed by itself; and nobody else anything that is signed so.

use crate::role::{Platform, Role};
use yizhang_ledger::{
    batch::RecordBlock,
    deposit::{self, DepositFault},
    entry::{Entry, Kind},
    record::{Deposit, FundPrepay, OipPremium, Record, Reporter},
    value::{Code, Division, Fen, LeafIndex},
};

/// Why a submission is no deposit, or may not hold one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoDeposit {
    /// A deposit by somebody who is no platform.
    #[error(
        "a Deposit comes from a platform alone, with the certificate that names its signing key"
    )]
    NotAPlatform,
    /// A submission of a platform that does not end with its signature, or has another before the end.
    #[error(
        "a platform's submission ends with one Deposit that signs all before it; found {found} Deposits, the last record is {last}"
    )]
    NotSigned {
        /// How many there are.
        found: usize,
        /// Kind of the last record.
        last: Kind,
    },
    /// A record that a platform does not state.
    #[error(
        "record {number} of the submission is a {kind}: a platform deposits PlatformMonth, OipPremium, InjuryReport and FundPrepay"
    )]
    OtherKind {
        /// Which record, from 1.
        number: usize,
        /// Its kind.
        kind: Kind,
    },
    /// A record about another platform.
    #[error(
        "record {number} of the submission is about another platform than the certificate names"
    )]
    OtherPlatform {
        /// Which record, from 1.
        number: usize,
    },
    /// A platform declares what it owes; that it was paid is recorded by whom it was paid to.
    #[error(
        "record {number} of the submission says that money was paid: a platform declares what is due, and the agency records what it received"
    )]
    Paid {
        /// Which record, from 1.
        number: usize,
    },
    /// A platform does not correct what was assessed or received of it.
    #[error(
        "record {number} of the submission corrects a premium or a prepayment: the agency corrects those"
    )]
    Corrects {
        /// Which record, from 1.
        number: usize,
    },
    /// A report in somebody else's name.
    #[error("record {number} of the submission is a report by somebody else than the platform")]
    OtherReporter {
        /// Which record, from 1.
        number: usize,
    },
    /// The certificate names another key.
    #[error("the Deposit is by another key than the certificate names")]
    OtherKey,
    /// The signature does not hold.
    #[error(transparent)]
    Fault(#[from] DepositFault),
}

/// Whether whoever submits may submit this.
///
/// # Errors
/// [`NoDeposit`].
pub(crate) fn admit(block: &RecordBlock, role: Role, region: Division) -> Result<(), NoDeposit> {
    match role {
        Role::Platform(platform) => admit_platform(block, &platform, region),
        _ if block.holds(Kind::DEPOSIT) => Err(NoDeposit::NotAPlatform),
        _ => Ok(()),
    }
}

fn admit_platform(
    block: &RecordBlock,
    platform: &Platform,
    region: Division,
) -> Result<(), NoDeposit> {
    let entries: Vec<&[u8]> = block.entries().collect();
    let mut deposits = Vec::new();
    let mut last = Kind::BATCH;
    for (number, bytes) in (1..).zip(&entries) {
        let record = read(bytes);
        last = record.kind();
        match record {
            Record::Deposit(deposit) => deposits.push(deposit),
            record => check(&record, number, platform)?,
        }
    }
    let (deposit, signed) = match (deposits.as_slice(), entries.split_last()) {
        ([deposit], Some((_, signed))) if last == Kind::DEPOSIT => (deposit, signed),
        (found, _) => {
            let found = found.len();
            return Err(NoDeposit::NotSigned { found, last });
        }
    };
    check_key(deposit, platform)?;
    deposit::verify(deposit, region, signed)?;
    Ok(())
}

fn read(entry: &[u8]) -> Record<'_> {
    let entry =
        Entry::parse(entry, LeafIndex(0)).expect("a block is made of entries that were read");
    Record::read(&entry).expect("a block is made of records that were read")
}

fn check_key(deposit: &Deposit<'_>, platform: &Platform) -> Result<(), NoDeposit> {
    let number = usize::try_from(deposit.records)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    if !platform.is(deposit.platform) {
        return Err(NoDeposit::OtherPlatform { number });
    }
    if deposit.public != platform.signer {
        return Err(NoDeposit::OtherKey);
    }
    Ok(())
}

/// Whether a platform may state a record.
fn check(record: &Record<'_>, number: usize, platform: &Platform) -> Result<(), NoDeposit> {
    let (about, paid): (Code<'_>, Fen) = match record {
        Record::PlatformMonth(fields) => (fields.platform, Fen::ZERO),
        Record::InjuryReport(fields) if fields.reporter != Reporter::Platform => {
            return Err(NoDeposit::OtherReporter { number });
        }
        Record::InjuryReport(fields) => (fields.platform, Fen::ZERO),
        Record::OipPremium(OipPremium {
            target: Some(_), ..
        })
        | Record::FundPrepay(FundPrepay {
            target: Some(_), ..
        }) => return Err(NoDeposit::Corrects { number }),
        Record::OipPremium(fields) => (fields.platform, fields.paid),
        Record::FundPrepay(fields) => (fields.platform, fields.paid),
        other => {
            let kind = other.kind();
            return Err(NoDeposit::OtherKind { number, kind });
        }
    };
    if !platform.is(about) {
        return Err(NoDeposit::OtherPlatform { number });
    }
    if paid > Fen::ZERO {
        return Err(NoDeposit::Paid { number });
    }
    Ok(())
}
