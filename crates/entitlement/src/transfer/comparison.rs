//! Sheet, money and chain beside each other (C13).

use crate::{
    account::{Between, Difference, SumsBasis, TransferAmounts, TransferComparison},
    policy::transfer_terms::SchemeTransfer,
    records::money::FenSum,
    transfer::{
        family_records::FamilyRecords, holdings::Holdings, moved_money::Computed,
        procedure::Progress, step::Step,
    },
};

pub(crate) fn compare(
    records: FamilyRecords<'_, '_>,
    progress: &Progress<'_>,
    holdings: &Holdings,
    rule: &SchemeTransfer,
    basis: SumsBasis,
) -> TransferComparison {
    let Computed { amounts, interest } =
        holdings.computed(records, rule, basis, progress.info_sheet);
    let months = usize::try_from(amounts.months.max(1)).expect("a count of months fits");
    let tolerance = FenSum::from(rule.limits.tolerance_per_month).times(months);
    let mut comparison = TransferComparison {
        basis,
        computed: amounts,
        interest: interest.shown(),
        is_interest_shared: holdings.is_interest_shared && interest != FenSum::ZERO,
        // A supplement says itself what it takes along.
        sheet: progress
            .info_sheet
            .or(progress.child)
            .map(|step| step.stated),
        sent: progress.sent.map(|step| step.stated),
        received: progress.received.map(|step| step.stated),
        tolerance: tolerance.shown(),
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
            let agrees = is_within(&comparison, difference.personal_account.into())
                && is_within(&comparison, difference.pool.into());
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
    interest_elsewhere: FenSum,
) {
    let mut difference = difference(Between::SheetAndChain, sheet, comparison.computed);
    let personal = FenSum::from(difference.personal_account);
    let money_agrees = match comparison.basis {
        SumsBasis::MonthsOnly => {
            (difference.personal_account, difference.pool) = (0, 0);
            true
        }
        // A temporary account moves as one sum; how the sheet splits it is the agency's matter.
        SumsBasis::Temporary => {
            let both = personal.plus(difference.pool.into());
            is_personal_within(comparison, both, interest_elsewhere)
        }
        SumsBasis::General => {
            is_personal_within(comparison, personal, interest_elsewhere)
                && is_within(comparison, difference.pool.into())
        }
    };
    if difference.months != 0 || !money_agrees {
        comparison.differences.push(difference);
    }
}

fn difference(between: Between, one: TransferAmounts, other: TransferAmounts) -> Difference {
    let less = |one: i64, other: i64| FenSum::from(one).minus(other.into()).shown();
    Difference {
        between,
        months: less(one.months.into(), other.months.into()),
        personal_account: less(one.personal_account, other.personal_account),
        pool: less(one.pool, other.pool),
    }
}

fn is_within(comparison: &TransferComparison, difference: FenSum) -> bool {
    difference.max(difference.negated()) <= comparison.tolerance.into()
}

/// Of interest that may belong to other places any part may be missing, and of what they have taken along any part may be
/// there.
fn is_personal_within(
    comparison: &TransferComparison,
    difference: FenSum,
    interest_elsewhere: FenSum,
) -> bool {
    let missing = if comparison.is_interest_shared {
        FenSum::from(comparison.interest).or_nothing()
    } else {
        FenSum::ZERO
    };
    let unexplained = if difference < FenSum::ZERO {
        difference.plus(missing).min(FenSum::ZERO)
    } else {
        difference
            .minus(interest_elsewhere.or_nothing())
            .or_nothing()
    };
    is_within(comparison, difference) || is_within(comparison, unexplained)
}
