//! Sheet, money and chain beside each other (C13).

use crate::{
    account::{Between, Difference, SumsBasis, TransferAmounts, TransferComparison},
    transfer::{
        family_records::Field, holdings::Holdings, procedure::Progress, rules::SchemeTransfer,
        step::Step,
    },
};

pub(crate) fn compare(
    field: Field<'_, '_>,
    progress: &Progress<'_>,
    holdings: &Holdings,
    rule: &SchemeTransfer,
    basis: SumsBasis,
) -> TransferComparison {
    let (computed, interest) = holdings.computed(field, rule, (basis, progress.info_sheet));
    let per_month = rule.limits.tolerance_per_month.get();
    let mut comparison = TransferComparison {
        basis,
        computed,
        interest,
        is_interest_shared: holdings.is_interest_shared && interest != 0,
        // A supplement says itself what it takes along.
        sheet: progress
            .info_sheet
            .or(progress.child)
            .map(|step| step.stated),
        sent: progress.sent.map(|step| step.stated),
        received: progress.received.map(|step| step.stated),
        tolerance: per_month.saturating_mul(i64::from(computed.months.max(1))),
        differences: Vec::new(),
    };
    let posted = progress
        .posted
        .filter(Step::states_money)
        .map(|step| step.stated);
    if let Some(sheet) = comparison.sheet {
        with_chain(&mut comparison, sheet, holdings.interest_elsewhere);
    }
    let pairs = [
        (Between::SentAndSheet, comparison.sent, comparison.sheet),
        (
            Between::ReceivedAndSent,
            comparison.received,
            comparison.sent,
        ),
        (Between::PostedAndReceived, posted, comparison.received),
    ];
    for (between, one, other) in pairs {
        if let (Some(one), Some(other)) = (one, other) {
            // Receipts of money need not repeat the months.
            let difference = Difference {
                months: 0,
                ..difference(between, one, other)
            };
            let agrees = is_within(&comparison, difference.personal_account)
                && is_within(&comparison, difference.pool);
            comparison
                .differences
                .extend(Some(difference).filter(|_| !agrees));
        }
    }
    comparison
}

fn with_chain(
    comparison: &mut TransferComparison,
    sheet: TransferAmounts,
    interest_elsewhere: i64,
) {
    let mut difference = difference(Between::SheetAndChain, sheet, comparison.computed);
    let money_agrees = match comparison.basis {
        SumsBasis::MonthsOnly => {
            (difference.personal_account, difference.pool) = (0, 0);
            true
        }
        // A temporary account moves as one sum; how the sheet splits it is the agency's matter.
        SumsBasis::Temporary => is_personal_within(
            comparison,
            difference.personal_account.saturating_add(difference.pool),
            interest_elsewhere,
        ),
        SumsBasis::General => {
            is_personal_within(comparison, difference.personal_account, interest_elsewhere)
                && is_within(comparison, difference.pool)
        }
    };
    if difference.months != 0 || !money_agrees {
        comparison.differences.push(difference);
    }
}

fn difference(between: Between, one: TransferAmounts, other: TransferAmounts) -> Difference {
    Difference {
        between,
        months: i64::from(one.months).saturating_sub(i64::from(other.months)),
        personal_account: one.personal_account.saturating_sub(other.personal_account),
        pool: one.pool.saturating_sub(other.pool),
    }
}

fn is_within(comparison: &TransferComparison, difference: i64) -> bool {
    (comparison.tolerance.saturating_neg()..=comparison.tolerance).contains(&difference)
}

/// Of interest that may belong to other places any part may be missing, and of what they have taken along any part may be
/// there.
fn is_personal_within(
    comparison: &TransferComparison,
    difference: i64,
    interest_elsewhere: i64,
) -> bool {
    let spare = if comparison.is_interest_shared {
        comparison.interest.max(0)
    } else {
        0
    };
    is_within(comparison, difference)
        || (difference < 0 && is_within(comparison, difference.saturating_add(spare).min(0)))
        || (difference > 0
            && is_within(
                comparison,
                difference.saturating_sub(interest_elsewhere.max(0)).max(0),
            ))
}
