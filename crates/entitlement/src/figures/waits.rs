//! Waiting for medical benefits after a gap in cover: by which rules, how long, and until when a wait runs that has begun.

use super::{
    Inputs,
    cover::{CoverGap, CoveredBy, MedicalCover, Resumed},
    workings::{Draft, Workings},
};
use crate::{
    account::{Assumption, FamilyAccount, FigureName, Ground, MissingName},
    formulas::medical::{
        GapRule, Lapse, LongLapse, ResidentWaitRule, resident_wait, wait_after_gap,
    },
};
use yizhang_ledger::value::{Division, Month};
use yizhang_rules::Key;

/// Months of waiting by the rules, nothing where one is missing; and the rules.
pub(super) struct Wait {
    pub(super) months: Option<u32>,
    pub(super) rules: Vec<Ground>,
}

impl Wait {
    /// What a figure of it rests on, or lacks.
    pub(super) fn draft(&self, draft: Draft) -> Draft {
        let draft = draft.all(self.rules.iter().cloned());
        if self.months.is_none() {
            draft.lacks(MissingName::Rule)
        } else {
            draft
        }
    }
}

/// Where and when a wait is judged.
#[derive(Clone, Copy)]
pub(super) struct Judged {
    pub(super) place: Option<Division>,
    pub(super) month: Month,
}

/// Years without residents' cover, in a row.
#[derive(Clone, Copy)]
pub(super) struct LapsedYears {
    pub(super) whole: u32,
    /// Those of them that were paid after their end.
    pub(super) repaid: u32,
}

impl LapsedYears {
    /// The whole years between a gap's last month of cover and the year for which the worker enrols again.
    pub(super) fn before(year: u16, gap: CoverGap, cover: &MedicalCover) -> Self {
        // A gap within a year, or over one turn of the year, has no whole year in it.
        let last = gap.before.month.year();
        Self {
            whole: u32::from(year.saturating_sub(last).saturating_sub(1)),
            repaid: cover.repaid_between(last.saturating_add(1), year.saturating_sub(1)),
        }
    }
}

/// The wait of a worker who is covered by the employees' scheme after a gap: none up to the gap that costs no waiting, else at most the
/// longest (医保办发〔2021〕43号).
pub(super) fn employees(workings: &mut Workings<'_>, gap: CoverGap, at: Judged) -> Wait {
    let tolerated = workings.number(Key::MedicalGap, "", at.place, at.month);
    let longest = workings.number(Key::MedicalWait, "", at.place, at.month);
    let whole = has_whole_cover(workings, gap, at.month, CoveredBy::Employees);
    let mut rules: Vec<Ground> = whole.rule.into_iter().collect();
    let (Some((tolerated, rule)), Some((longest, other))) = (tolerated, longest) else {
        return Wait {
            months: None,
            rules,
        };
    };
    rules.extend([rule, other]);
    // Without the years of cover that a change of scheme needs, any gap has its wait.
    let of_gap = GapRule {
        tolerated_months: if whole.is_whole { tolerated } else { 0 },
        local_wait_months: longest,
        wait_max_months: longest,
    };
    Wait {
        months: Some(wait_after_gap(of_gap, gap.months)),
        rules,
    }
}

/// The wait of a worker who is covered by the residents' scheme after a gap: the fixed months, those of each lapsed year less those
/// repaid, and never less than the least of a long lapse (国办发〔2024〕38号). Who comes from the employees' scheme within the
/// gap that costs no waiting, after two years of cover, waits for nothing (医保办发〔2021〕43号).
pub(super) fn residents(
    workings: &mut Workings<'_>,
    gap: CoverGap,
    lapsed: LapsedYears,
    at: Judged,
) -> Wait {
    if gap.before.by == CoveredBy::Employees {
        let tolerated = workings.number(Key::MedicalGap, "", at.place, at.month);
        let whole = has_whole_cover(workings, gap, at.month, CoveredBy::Residents);
        if let Some((tolerated, rule)) = tolerated
            && gap.months <= tolerated
            && whole.is_whole
        {
            let rules = [rule].into_iter().chain(whole.rule).collect();
            return Wait {
                months: Some(0),
                rules,
            };
        }
    }
    let fixed = workings.number(Key::ResidentMedicalWait, "", at.place, at.month);
    let variable = workings.number(Key::ResidentMedicalLapse, "", at.place, at.month);
    let (Some((fixed_months, rule)), Some((months_per_lapsed_year, other))) = (fixed, variable)
    else {
        return Wait {
            months: None,
            rules: Vec::new(),
        };
    };
    let mut rules = vec![rule, other];
    let long_lapse = long_lapse(workings, lapsed.whole, at);
    let long_lapse = long_lapse.map(|(long, rule)| {
        rules.push(rule);
        long
    });
    let of_lapse = ResidentWaitRule {
        fixed_months,
        months_per_lapsed_year,
        months_per_repaid_year: 1,
        long_lapse,
    };
    let lapse = Lapse {
        years: lapsed.whole,
        further_years: lapsed.whole,
        repaid_years: lapsed.repaid,
    };
    Wait {
        months: Some(resident_wait(of_lapse, lapse)),
        rules,
    }
}

/// The least wait of a lapse of so many years, where a rule sets one: the row with the most years that are no more.
fn long_lapse(workings: &mut Workings<'_>, years: u32, at: Judged) -> Option<(LongLapse, Ground)> {
    let table = workings
        .policy
        .rules()
        .table(Key::ResidentMedicalLeast, "", at.place, at.month);
    let is_reached = |row: &Vec<u32>| row.first().is_some_and(|from| *from <= years);
    let row = table.as_ref().and_then(|table| {
        let reached = table.value.iter().filter(|row| is_reached(row));
        reached.max_by_key(|row| row.first().copied())
    })?;
    let [from_years, wait_min_months] = row.as_slice() else {
        return None;
    };
    let long = LongLapse {
        from_years: *from_years,
        wait_min_months: *wait_min_months,
    };
    let (_, rule) = workings.use_rule(table)?;
    Some((long, rule))
}

/// Whether a short gap may be made up, and the rule that says so.
struct WholeCover {
    is_whole: bool,
    rule: Option<Ground>,
}

/// Within one scheme a short gap may always be made up; on a change between the employees' and the residents' one after two
/// years of cover without a break (医保办发〔2021〕43号).
fn has_whole_cover(
    workings: &mut Workings<'_>,
    gap: CoverGap,
    month: Month,
    into: CoveredBy,
) -> WholeCover {
    if gap.before.by == into {
        return WholeCover {
            is_whole: true,
            rule: None,
        };
    }
    match workings.number(Key::MedicalSwitch, "", None, month) {
        Some((needed, rule)) => WholeCover {
            is_whole: gap.run >= needed,
            rule: Some(rule),
        },
        None => WholeCover {
            is_whole: false,
            rule: None,
        },
    }
}

/// Months that a resumed cover is looked back for: no wait by any rule is longer.
const WAIT_MONTHS_MAX: i32 = 60;

/// Writes down the waits that run, or are to run, of a worker who was covered again after a gap: the gap, the months of waiting at
/// most, and the last of them.
pub(super) fn running(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    cover: &MedicalCover,
    families: [Option<&FamilyAccount>; 2],
) {
    let now = inputs.as_of.month;
    let tolerated = workings
        .policy
        .rules()
        .number(Key::MedicalGap, "", None, now)
        .map_or(0, |figure| figure.value);
    // Who has broken off again for longer has another wait to come.
    let is_broken = cover.open().is_some_and(|gap| gap.months > tolerated);
    for resumed in cover.resumed() {
        if is_broken && resumed.after.month <= now {
            break;
        }
        if now.since(resumed.after.month) > WAIT_MONTHS_MAX {
            break;
        }
        let [employees, residents] = families;
        let family = match resumed.after.by {
            CoveredBy::Employees => employees,
            CoveredBy::Residents => residents,
        };
        if let Some(family) = family {
            running_since(workings, now, cover, family, resumed);
        }
    }
}

fn running_since(
    workings: &mut Workings<'_>,
    now: Month,
    cover: &MedicalCover,
    family: &FamilyAccount,
    resumed: Resumed,
) {
    let Resumed { gap, after } = resumed;
    let place = place_of(family, after.month).map(|place| workings.now(place, after.month).0);
    let at = Judged {
        place,
        month: after.month,
    };
    let (name, wait, begins) = match after.by {
        CoveredBy::Employees => (
            FigureName::MedicalGap,
            employees(workings, gap, at),
            after.month,
        ),
        CoveredBy::Residents => {
            let lapsed = LapsedYears::before(after.month.year(), gap, cover);
            // A year that was paid while it ran has its wait from then on.
            let begins = after
                .paid_in
                .map_or(after.month, |paid| paid.max(after.month));
            let wait = residents(workings, gap, lapsed, at);
            (FigureName::ResidentMedicalLapse, wait, begins)
        }
    };
    let until = wait.months.filter(|months| *months > 0).and_then(|months| {
        let more = months.checked_sub(1).expect("more than none");
        let more = u16::try_from(more).ok()?;
        begins.plus(more)
    });
    let Some(until) = until.filter(|until| *until >= now) else {
        return;
    };
    let draft = |name| Draft::new(name).of_family(&family.family);
    // Before the first month there is none; then the span is the one month.
    let (first, last) = (gap.before.month.next(), after.month.previous());
    let known = workings.months(
        draft(name)
            .span(first, last.unwrap_or(first))
            .all(cover.grounds()),
        Some(gap.months),
    );
    let running = wait
        .draft(draft(FigureName::WaitRunning).span(begins, until))
        .on(known.ground())
        .assumed(Assumption::NoExemption);
    let running = workings.months(running, wait.months);
    workings.month(
        draft(FigureName::WaitUntil)
            .span(begins, until)
            .on(running.ground()),
        Some(until),
    );
}

/// The one place of a month of cover; nothing where several hold it.
fn place_of(family: &FamilyAccount, month: Month) -> Option<Division> {
    let span = family
        .spans
        .iter()
        .find(|span| span.first <= month && month <= span.last);
    // What is paid ahead has no span yet.
    let span = span.or_else(|| family.spans.last())?;
    let place = span.holders.last()?.place;
    let is_one = span.holders.iter().all(|holder| holder.place == place);
    is_one.then_some(place)
}
