//! What has to go back for months that do not count, in yuan: contributions for months after a benefit began or after death, and
//! benefits drawn for months after death.

use super::{
    Folded, Inputs,
    workings::{Draft, Workings},
};
use crate::{
    account::{FigureName, Ground, RecordNumber},
    benefits::{drawn::drawn, recovered::unrecovered},
    conflicts::class::ConflictCode,
    person::statements::death,
    records::money::FenSum,
};
use std::collections::BTreeMap;

/// Writes down what has to go back of every family, where anything has.
pub(super) fn refunds(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>) {
    let after_death = AfterDeath::of(workings, inputs);
    for folded in inputs.families {
        of_contributions(
            workings,
            *folded,
            ConflictCode::C21,
            FigureName::RefundAfterBenefit,
        );
        of_contributions(
            workings,
            *folded,
            ConflictCode::C22,
            FigureName::RefundAfterDeath,
        );
        if let Some(after_death) = &after_death {
            of_benefits(workings, after_death, *folded);
        }
    }
}

fn of_contributions(
    workings: &mut Workings<'_>,
    folded: Folded<'_>,
    code: ConflictCode,
    name: FigureName,
) {
    let mut draft = Draft::new(name).of_family(&folded.account.family);
    let mut total = FenSum::ZERO;
    for debt in folded.debts.iter().filter(|debt| debt.code == code) {
        if debt.sum() > 0 {
            total = total.plus(debt.sum().into());
            draft = draft.on(Ground::Record(debt.record));
        }
    }
    let end = match code {
        ConflictCode::C22 => folded.ends.death,
        _ => folded.ends.benefit,
    };
    if total > FenSum::ZERO {
        draft = draft.all(end.map(|(_, record)| Ground::Record(record)));
        workings.fen(draft, total.amount());
    }
}

/// What was drawn for months after death and has not been recovered, of all families.
struct AfterDeath {
    notice: RecordNumber,
    /// By family, payments with what is left to recover of them.
    unrecovered: BTreeMap<String, BTreeMap<RecordNumber, FenSum>>,
}

impl AfterDeath {
    /// None of a worker who lives.
    fn of(workings: &Workings<'_>, inputs: Inputs<'_, '_>) -> Option<Self> {
        let (died, notice) = death(inputs.person)?;
        let successors = workings.policy.successors(inputs.as_of.month);
        let drawn = drawn(inputs.set, &successors);
        let sums = unrecovered(inputs.set, &drawn, died);
        let mut unrecovered: BTreeMap<String, BTreeMap<RecordNumber, FenSum>> = BTreeMap::new();
        for span in &drawn {
            if let Some(sum) = sums.get(&span.record).filter(|sum| **sum > FenSum::ZERO) {
                let family = span.source.family.to_string();
                let of_family = unrecovered.entry(family).or_default();
                of_family.insert(span.record, *sum);
            }
        }
        Some(Self {
            notice,
            unrecovered,
        })
    }
}

/// What of a benefit was drawn for months after death, and has not been recovered (社会保险经办条例 art. 46).
fn of_benefits(workings: &mut Workings<'_>, after_death: &AfterDeath, folded: Folded<'_>) {
    let family = &folded.account.family;
    let Some(unrecovered) = after_death.unrecovered.get(family) else {
        return;
    };
    let mut draft = Draft::new(FigureName::RecoveryAfterDeath).of_family(family);
    let mut total = FenSum::ZERO;
    for (record, sum) in unrecovered {
        total = total.plus(*sum);
        draft = draft.on(Ground::Record(*record));
    }
    let draft = draft.on(Ground::Record(after_death.notice));
    workings.fen(draft, total.amount());
}
