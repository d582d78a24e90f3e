//! Rows of a platform's order file: what a month sums up, and what is proved against it years later. No row enters a chain; the root of a
//! month's rows does ([`crate::record::OrderRows`]), and each row's leaf is salted, so that a root tells nothing of what it covers.

use crate::{
    codec::{self, CodecFault},
    hash::{Hash, derive},
    person::AccountId,
    record::{Trade, TransportMode},
    tree,
    value::{Code, Division, Fen, UnixMillis},
};
use alloc::vec::Vec;
use bincode::{BorrowDecode, Encode};

/// Context of [`leaf`].
pub const LEAF_CONTEXT: &str = "yizhang 2026-11-30 v1 row of an order file";
/// Context of [`OrderSecret::salt`].
pub const SALT_CONTEXT: &str = "yizhang 2026-11-30 v1 salt of an order";

/// Most rows of one month of a worker at a place: an order a minute, day and night.
pub const MONTH_ROWS_MAX: u32 = 44_640;

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum OrderStatus {
    /// It was completed.
    Completed,
    /// It was cancelled, by whomever.
    Cancelled,
    /// It failed on the way.
    Failed,
}

/// One row: an order that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct OrderRow<'a> {
    /// Its number with the platform, once in all files of the platform.
    pub order: Code<'a>,
    /// The platform: its unified social credit code.
    pub platform: Code<'a>,
    /// The worker.
    pub account: AccountId,
    /// The city.
    pub place: Division,
    /// Kind of business.
    pub trade: Trade,
    /// How the worker moves.
    pub mode: TransportMode,
    /// How it ended.
    pub status: OrderStatus,
    /// Whether it was insured against occupational injury.
    pub insured: bool,
    /// When the worker took it.
    pub accepted: UnixMillis,
    /// When it ended; not before.
    pub finished: UnixMillis,
    /// Earned for it.
    pub gross: Fen,
    /// Beside it.
    pub incentives: Fen,
    /// Kept by the platform, above zero.
    pub deductions: Fen,
    /// Given back of what the platform kept before.
    pub refunds: Fen,
    /// Hash of the track that the platform keeps, zeros if none.
    pub route: Hash,
}

impl<'a> OrderRow<'a> {
    /// Reads a row.
    ///
    /// # Errors
    /// Any [`CodecFault`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, CodecFault> {
        let row: Self = codec::decode(bytes)?;
        row.check()?;
        Ok(row)
    }

    /// Its bytes, of which the leaf is made.
    ///
    /// # Errors
    /// [`CodecFault::Field`] when a rule of the fields is broken.
    pub fn write(&self) -> Result<Vec<u8>, CodecFault> {
        self.check()?;
        let mut bytes = Vec::with_capacity(160);
        codec::encode(self, &mut bytes)?;
        Ok(bytes)
    }

    fn check(&self) -> Result<(), CodecFault> {
        let field = |holds: bool, broken: &'static str| {
            if holds {
                Ok(())
            } else {
                Err(CodecFault::Field(broken))
            }
        };
        field(!self.order.is_none(), "an order has no number")?;
        field(!self.platform.is_none(), "the platform is not named")?;
        field(
            self.accepted.0 <= self.finished.0,
            "an order ends before it was accepted",
        )?;
        let sums = [self.gross, self.incentives, self.deductions, self.refunds];
        let none_below_zero = sums.iter().all(|sum| *sum >= Fen::ZERO);
        field(none_below_zero, "a sum is below zero")
    }
}

/// The salt of a row: shown with it, and with no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct OrderSalt(pub [u8; 16]);

/// What the salts of a platform are made from. Whoever has it can try rows against roots.
pub struct OrderSecret(pub [u8; 32]);

impl core::fmt::Debug for OrderSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("OrderSecret")
    }
}

impl OrderSecret {
    /// The salt of an order.
    pub fn salt(&self, platform: Code<'_>, order: Code<'_>) -> OrderSalt {
        let (platform, order) = (platform.as_str().as_bytes(), order.as_str().as_bytes());
        let length = u8::try_from(platform.len()).expect("a code has 32 bytes at most");
        let Hash(hash) = derive(SALT_CONTEXT, &[&self.0, &[length], platform, order]);
        let salt = hash.first_chunk().expect("a hash has 32 bytes");
        OrderSalt(*salt)
    }
}

/// The leaf of a row.
pub fn leaf(salt: &OrderSalt, row: &[u8]) -> Hash {
    derive(LEAF_CONTEXT, &[&salt.0, row])
}

/// The root of the leaves of a month, in ascending order of accepted time and then of number.
pub fn root(leaves: &[Hash]) -> Hash {
    tree::root::<crate::hash::Blake3Keyed>(leaves)
}
