//! Where the months of a family end: with the first month of benefit, and with the month of death.

use crate::account::{MonthStatus, RecordNumber};
use yizhang_ledger::value::Month;

/// What ends the months of a family, and the record that says so.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ends {
    /// First month of benefit: from then on nothing counts (国办发〔2009〕66号 art. 2).
    pub(crate) benefit: Option<(Month, RecordNumber)>,
    /// Month of death: the last that counts (社会保险法 art. 14).
    pub(crate) death: Option<(Month, RecordNumber)>,
}

impl Ends {
    /// What a month that is paid or due is instead, if it lies behind one of the ends.
    pub(crate) fn status(self, month: Month) -> Option<MonthStatus> {
        if self.death.is_some_and(|(last, _)| month > last) {
            return Some(MonthStatus::AfterDeath);
        }
        if self.benefit.is_some_and(|(first, _)| month >= first) {
            return Some(MonthStatus::AfterBenefit);
        }
        None
    }

    /// The last month in which a contribution could count.
    pub(crate) fn last_month(self, as_of: Month) -> Option<Month> {
        let mut last = as_of;
        if let Some((first, _)) = self.benefit {
            last = last.min(first.previous()?);
        }
        if let Some((died, _)) = self.death {
            last = last.min(died);
        }
        Some(last)
    }
}
