//! What rules of transfers a rule set supplies: limits, the calendar, and which money moves with which scheme.

use yizhang_ledger::value::{Fen, Month, Rate};

/// Limits of a scheme's transfers. Working days are counted from the day after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The new place reviews the application and sends the letter, in working days.
    pub(crate) review: u16,
    /// The old place completes the transfer from the letter on, in working days.
    pub(crate) send: u16,
    /// The new place posts and closes after relation and money have arrived, in working days.
    pub(crate) close: u16,
    /// Sheet or money without being posted, in working days (C11).
    pub(crate) dangling: u16,
    /// The whole case, in working days from the application; none where no such limit exists.
    pub(crate) whole: Option<u16>,
    /// The old place tells the worker what does not move, in working days from the letter; none where no such limit exists.
    pub(crate) inform: Option<u16>,
    /// Months back-paid on one day from which on they do not move between provinces without a document (C20); none where
    /// no such rule exists.
    pub(crate) backpay_months: Option<u32>,
    /// The last month whose back-payments move on the old place's written commitment; none where no rule says so.
    pub(crate) commitment_until: Option<Month>,
    /// What sums may differ for each month moved (C13).
    pub(crate) tolerance_per_month: Fen,
}

impl Limits {
    /// Where a rule set is silent. 国办发〔2009〕66号 art. 8: 15 working days each; 人社厅发〔2019〕94号 art. 1: three years, 含3年; a fen a month for
    /// rounding (domain reference, C13).
    pub(crate) const NATIONAL: Self = Self {
        review: 15,
        send: 15,
        close: 15,
        dangling: 15,
        whole: None,
        inform: None,
        backpay_months: Some(36),
        commitment_until: None,
        tolerance_per_month: match Fen::new(1) {
            Some(fen) => fen,
            None => Fen::ZERO,
        },
    };
}

/// Which personal-account money moves between provinces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PersonalMoney {
    /// None: the scheme has no personal account.
    None,
    /// The whole account. For months before `whole_from` only the person's share (国办发〔2009〕66号 art. 4).
    Whole {
        /// First month of which the unit's share moves as well.
        whole_from: Option<Month>,
        /// Whether government subsidies are part of it (国发〔2014〕8号).
        with_subsidies: bool,
    },
    /// The balance moves, but the ledger does not know it: medical accounts are spent, and spending is not on record.
    NotOnRecord,
}

/// Pool money that moves between provinces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PoolMoney {
    /// Times the actual bases.
    pub(crate) rate: Rate,
    /// First month that counts.
    pub(crate) from: Month,
}

/// How a family of schemes moves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SchemeTransfer {
    /// Limits.
    pub(crate) limits: Limits,
    /// Personal account. Within one province relation and records move, and what money moves is the province's own
    /// matter: sheet and money are compared there, but not with the chain.
    pub(crate) personal: PersonalMoney,
    /// Pool money.
    pub(crate) pool: Option<PoolMoney>,
    /// Whether somebody who draws a benefit does not move.
    pub(crate) is_blocked_by_benefit: bool,
}
