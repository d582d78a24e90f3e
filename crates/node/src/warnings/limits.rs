//! From how much on something is a warning. Each is a table entry of `node.toml`.

use super::Rule;

/// From how much on something is a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WarningLimits {
    /// The hour of UTC+8 with which the night begins, 0 to 23.
    pub night_from: u8,
    /// The hour with which it ends. The same as the beginning: there is no night.
    pub night_to: u8,
    /// Readings without a case in a day.
    pub no_case_a_day: u32,
    /// More readings than this in an hour of the clock.
    pub readings_an_hour: u32,
    /// Lookups in a day that have found nothing.
    pub nothing_found_a_day: u32,
    /// Days on which one account is read and no case says why.
    pub same_account_days: u32,
    /// Within so many days.
    pub same_account_within_days: u32,
}

impl WarningLimits {
    /// For one clerk at a counter.
    pub const USUAL: Self = Self {
        night_from: 22,
        night_to: 6,
        no_case_a_day: 1,
        // A worker every twenty seconds.
        readings_an_hour: 180,
        // A number is mistyped now and then, and most mistypings are none by their check digit.
        nothing_found_a_day: 20,
        same_account_days: 5,
        same_account_within_days: 30,
    };

    /// From how many entries on a rule warns.
    pub(super) const fn least(&self, rule: Rule) -> u32 {
        match rule {
            Rule::NoCase => self.no_case_a_day,
            // How many days there are was looked at when they were counted.
            Rule::AtNight | Rule::MakerIsChecker | Rule::SameAccount => 1,
            Rule::ManyAnHour => self.readings_an_hour.saturating_add(1),
            Rule::NothingFound => self.nothing_found_a_day,
        }
    }
}
