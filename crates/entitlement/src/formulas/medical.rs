//! Medical insurance: months missing for retirement, and waiting for benefits after a gap.

/// Employee medical months of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MedicalMonths {
    /// Months paid, in all places.
    pub total: u32,
    /// Those of them paid in the pooling area where the worker retires.
    pub local: u32,
    /// Deemed months that this area recognises.
    pub deemed: u32,
}

/// The standard of a pooling area, by sex and date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetirementStandard {
    /// Months needed, paid or deemed.
    pub total: u32,
    /// Months that must have been paid in the area itself; 0 if there is no such rule.
    pub local: u32,
}

/// What is missing for benefits without further payment in retirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetirementGap {
    /// Months missing of the total.
    pub total_short: u32,
    /// Months missing of those to be paid in the area.
    pub local_short: u32,
    /// Months still to be paid there: a month paid in the area fills both gaps.
    pub months_short: u32,
}

/// The months missing for medical retirement.
///
/// Source: months of all places are added, deemed months and the standard are the receiving place's: practice under
/// 医保办发〔2021〕43号 (known). The standards themselves are local (uncertain): an argument.
pub fn retirement_gap(months: MedicalMonths, standard: RetirementStandard) -> RetirementGap {
    let total_short = standard
        .total
        // The deemed months of an area are a sum over places, which saturates.
        .saturating_sub(months.total.saturating_add(months.deemed));
    let local_short = standard.local.saturating_sub(months.local);
    RetirementGap {
        total_short,
        local_short,
        months_short: total_short.max(local_short),
    }
}

/// Waiting after a gap in cover, when the relation moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GapRule {
    /// A gap of so many months, once paid up, has no effect: 3.
    pub tolerated_months: u32,
    /// The wait that the pooling area sets.
    pub local_wait_months: u32,
    /// The most that it may set: 6.
    pub wait_max_months: u32,
}

/// Months to wait for benefits after a gap of `gap_months`: none up to the tolerated gap, else the area's wait.
///
/// Source: 医保办发〔2021〕43号 (verified).
pub fn wait_after_gap(rule: GapRule, gap_months: u32) -> u32 {
    if gap_months <= rule.tolerated_months {
        0
    } else {
        rule.local_wait_months.min(rule.wait_max_months)
    }
}

/// Waiting of residents who did not enrol in the window or not every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResidentWaitRule {
    /// The fixed wait in months: 3.
    pub fixed_months: u32,
    /// Months of variable wait for each further lapsed year: 1.
    pub months_per_lapsed_year: u32,
    /// Months of variable wait that each extra year paid takes away: 1.
    pub months_per_repaid_year: u32,
    /// The floor after a long lapse, where one is set.
    pub long_lapse: Option<LongLapse>,
}

/// A floor under the wait after a long lapse: 6 months from 4 years, in principle (known, hence never implied).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongLapse {
    /// Lapsed years in a row from which it holds.
    pub from_years: u32,
    /// The least wait in months, however much was repaid.
    pub wait_min_months: u32,
}

/// The lapse of a resident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lapse {
    /// Lapsed years in a row.
    pub years: u32,
    /// Those of them that add to the fixed wait.
    pub further_years: u32,
    /// Extra years paid to repair the lapse.
    pub repaid_years: u32,
}

/// Months to wait: the fixed wait, plus the variable wait that further years add and repaid years take away, never less
/// than the floor after a long lapse. For who is neither late nor lapsed there is no wait, and nothing to compute.
///
/// Source: 国办发〔2024〕38号 (verified; the floor: known).
pub fn resident_wait(rule: ResidentWaitRule, lapse: Lapse) -> u32 {
    // Years of a calendar and months of a rule are far from the end of the numbers. Who has repaid more than was added waits as
    // long as who never lapsed.
    let added = lapse
        .further_years
        .saturating_mul(rule.months_per_lapsed_year);
    let repaired = lapse
        .repaid_years
        .saturating_mul(rule.months_per_repaid_year);
    let wait = rule
        .fixed_months
        .saturating_add(added.saturating_sub(repaired));
    let floor = rule
        .long_lapse
        .filter(|long| lapse.years >= long.from_years);
    floor.map_or(wait, |long| wait.max(long.wait_min_months))
}
