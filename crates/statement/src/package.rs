//! An evidence package: a worker's statement, whole or an excerpt, together with the orders that platforms have proved for months in it
//! (docs/FORMAT.md, section 20). It is for an injury or a dispute about work, and verifies like a statement.

use crate::{
    OrderProof, OrderProofFault,
    lines::{LineFault, Lines},
    portable::{PORTABLE_BYTES_MAX, Refusal, Statement, Verdict},
};
use yizhang_ledger::{
    head::Head,
    order::OrderRow,
    record::PlatformMonth,
    roster::{RootFingerprint, Roster},
};

/// First line of a package.
pub const PACKAGE_HEADER: &str = "yizhang-evidence-package/v1";
/// Most orders of a package: those of some weeks, on which somebody looks one by one.
pub const PACKAGE_ORDERS_MAX: usize = 1_000;
/// Largest package, in bytes: its statement, and orders of some 8 KiB each.
pub const PACKAGE_BYTES_MAX: usize = PORTABLE_BYTES_MAX + PACKAGE_ORDERS_MAX * 8_192;

/// A statement and the orders that belong to its months, as files. Nothing about them is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidencePackage {
    /// The statement's file.
    pub statement: Vec<u8>,
    /// The proofs of orders.
    pub orders: Vec<OrderProof>,
}

/// An order of a package that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedOrder<'p> {
    /// The order.
    pub row: OrderRow<'p>,
    /// The month that it was deposited with, which the statement shows.
    pub month: PlatformMonth<'p>,
}

/// What a package shows.
#[derive(Clone, Debug)]
pub struct PackageShown<'p> {
    /// What its statement shows.
    pub statement: Verdict,
    /// The orders, as the package has them.
    pub orders: Vec<PackedOrder<'p>>,
}

/// Why a package shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageFault {
    /// It is larger than any.
    #[error("an evidence package has at most {PACKAGE_BYTES_MAX} bytes, this one has {found}")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// It has more orders than any.
    #[error("an evidence package has at most {PACKAGE_ORDERS_MAX} orders, this one has {found}")]
    TooMany {
        /// Orders found.
        found: u64,
    },
    /// It is not of the form.
    #[error("the evidence package, {0}")]
    Form(#[from] LineFault),
    /// Its statement does not hold.
    #[error("the statement of the package: {0}")]
    Statement(Box<Refusal>),
    /// The proof of an order does not hold.
    #[error("order {number} of the package: {fault}")]
    Order {
        /// Which, from 1.
        number: usize,
        /// Why.
        fault: Box<OrderProofFault>,
    },
    /// An order is of another worker than the statement.
    #[error("order {number} of the package is of another worker than its statement")]
    OtherWorker {
        /// Which, from 1.
        number: usize,
    },
    /// The statement does not show the month of an order.
    #[error(
        "the statement of the package does not show the month that order {number} was deposited with"
    )]
    NotShown {
        /// Which, from 1.
        number: usize,
    },
    /// An order is there twice.
    #[error("order {number} of the package is there twice")]
    Twice {
        /// Which, from 1.
        number: usize,
    },
}

impl From<Refusal> for PackageFault {
    fn from(refusal: Refusal) -> Self {
        Self::Statement(Box::new(refusal))
    }
}

impl EvidencePackage {
    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            format!("{PACKAGE_HEADER}\nstatement {}\n", self.statement.len()).into_bytes();
        bytes.extend_from_slice(&self.statement);
        bytes.extend_from_slice(format!("orders {}\n", self.orders.len()).as_bytes());
        for order in &self.orders {
            let proof = order.to_bytes();
            bytes.extend_from_slice(format!("order {}\n", proof.len()).as_bytes());
            bytes.extend_from_slice(&proof);
        }
        bytes
    }

    /// Reads a file; nothing about it is believed yet.
    ///
    /// # Errors
    /// [`PackageFault::TooLarge`], [`PackageFault::TooMany`], [`PackageFault::Form`], [`PackageFault::Order`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageFault> {
        if bytes.len() > PACKAGE_BYTES_MAX {
            return Err(PackageFault::TooLarge { found: bytes.len() });
        }
        let mut lines = Lines::new(bytes);
        if lines.line()? != PACKAGE_HEADER {
            return Err(lines.fault("expected yizhang-evidence-package/v1").into());
        }
        let statement = lines.part("statement ")?.to_vec();
        let count = lines.number("orders ", "expected how many orders there are")?;
        let count = match usize::try_from(count) {
            Ok(few) if few <= PACKAGE_ORDERS_MAX => few,
            _ => return Err(PackageFault::TooMany { found: count }),
        };
        let mut orders = Vec::new();
        for number in 1..=count {
            let proof = OrderProof::parse(lines.part("order ")?);
            orders.push(proof.map_err(|fault| of_order(number, fault))?);
        }
        lines.end()?;
        let package = Self { statement, orders };
        if package.to_bytes() == bytes {
            Ok(package)
        } else {
            let reason = "it is not in canonical form";
            Err(LineFault { line: 1, reason }.into())
        }
    }

    /// What the package shows, to somebody who trusts these root keys and holds these versions of the roster: its statement holds, and each
    /// order was deposited with a month that the statement shows.
    ///
    /// # Errors
    /// [`PackageFault`], by the first thing that does not hold.
    pub fn verify(
        &self,
        trusted: RootFingerprint,
        known: &[Vec<u8>],
    ) -> Result<PackageShown<'_>, PackageFault> {
        let statement = Statement::parse(&self.statement).map_err(Refusal::from)?;
        let verdict = statement.verify_knowing(trusted, known)?;
        let roster = statement.roster_knowing(trusted, known)?;
        let mut orders: Vec<PackedOrder<'_>> = Vec::with_capacity(self.orders.len());
        for (number, proof) in (1..).zip(&self.orders) {
            let order = shown_order(proof, number, &roster, &statement)?;
            if order.month.account != verdict.owner
                && !verdict.accounts.contains(&order.month.account)
            {
                return Err(PackageFault::OtherWorker { number });
            }
            let is_there = |before: &PackedOrder<'_>| before.row.order == order.row.order;
            if orders
                .iter()
                .any(|before| is_there(before) && before.month.platform == order.month.platform)
            {
                return Err(PackageFault::Twice { number });
            }
            orders.push(order);
        }
        Ok(PackageShown {
            statement: verdict,
            orders,
        })
    }
}

fn of_order(number: usize, fault: OrderProofFault) -> PackageFault {
    PackageFault::Order {
        number,
        fault: Box::new(fault),
    }
}

/// An order whose proof holds, and whose month the statement shows at the same place of the same chain.
fn shown_order<'p>(
    proof: &'p OrderProof,
    number: usize,
    roster: &Roster,
    statement: &Statement,
) -> Result<PackedOrder<'p>, PackageFault> {
    let proved = proof
        .verify(roster)
        .map_err(|fault| of_order(number, fault))?;
    let mut chains = statement.content.chains.iter();
    let is_shown = chains.any(|chain| {
        Head::open(&chain.head, roster).is_ok_and(|head| head.origin == proved.under.origin)
            && chain
                .records
                .iter()
                .any(|record| record.index == proved.index && record.entry == proof.record.entry)
    });
    if !is_shown {
        return Err(PackageFault::NotShown { number });
    }
    Ok(PackedOrder {
        row: proved.row,
        month: proved.month,
    })
}
