//! For how many months unemployment benefit may be drawn.

/// Months of benefit in all, unused ones included.
///
/// Source: 社会保险法 art. 46 (verified).
pub const TOTAL_MAX: u16 = 24;

/// A row of the national table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Paid months from which it holds: 12, 60, 120.
    pub from_paid_months: u32,
    /// At most this many months of benefit: 12, 18, 24.
    pub benefit_months: u32,
}

/// The most that the law allows for `paid_months` since the last claim; 0 below the first band.
///
/// Source: 社会保险法 art. 46 (verified). It is a ceiling: the province's formula decides.
pub fn national_ceiling(bands: &[Band], paid_months: u32) -> u32 {
    let reached = bands
        .iter()
        .filter(|band| band.from_paid_months <= paid_months);
    reached
        .max_by_key(|band| band.from_paid_months)
        .map_or(0, |band| band.benefit_months)
}

/// One stretch of a province's formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Paid months before the stretch begins. It ends where the next one begins.
    pub after_paid_months: u32,
    /// For every so many full months paid within the stretch; not 0.
    pub every_months: u32,
    /// So many months of benefit.
    pub benefit_months: u32,
}

/// A province's formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvincialRule<'r> {
    /// Paid months without which nothing is earned: 12.
    pub minimum_paid_months: u32,
    /// The stretches, in rising order.
    pub stretches: &'r [Stretch],
    /// The most that the formula gives: 24.
    pub benefit_months_max: u32,
}

/// The months earned by `paid_months` since the last claim. `None` if a stretch has steps of 0 months or the stretches
/// do not rise.
///
/// Source of the form: 广东省失业保险条例 (2022) art. 17: to 48 paid months one for every twelve, beyond that one for
/// every six (verified by its results for 12, 35, 48, 54, 60, 96, 120 and 168 months).
pub fn provincial_months(rule: ProvincialRule<'_>, paid_months: u32) -> Option<u32> {
    let ends = rule
        .stretches
        .iter()
        .skip(1)
        .map(|next| next.after_paid_months)
        .chain([u32::MAX]);
    let mut earned = 0_u32;
    for (stretch, end) in rule.stretches.iter().zip(ends) {
        let length = end.checked_sub(stretch.after_paid_months)?;
        let within = paid_months
            .saturating_sub(stretch.after_paid_months)
            .min(length);
        let steps = within.checked_div(stretch.every_months)?;
        earned = earned.saturating_add(steps.saturating_mul(stretch.benefit_months));
    }
    if paid_months < rule.minimum_paid_months {
        Some(0)
    } else {
        Some(earned.min(rule.benefit_months_max))
    }
}

/// The months that may be drawn: what was earned, at most the national ceiling, with the `unused` months of earlier
/// claims, at most `total_max` (24).
///
/// Source: 社会保险法 art. 46 (verified).
pub fn claimable_months(earned: u32, ceiling: u32, unused: u32, total_max: u32) -> u32 {
    earned.min(ceiling).saturating_add(unused).min(total_max)
}
