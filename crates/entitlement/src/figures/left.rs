//! What is left of the personal account of a worker who draws a pension or has died: what was posted, less what has to be given back, less
//! what was paid out of it. What remains at death is the heirs' (社会保险法 art. 14).

use super::{
    Folded, Inputs,
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{Assumption, FigureName, Ground, MissingName, Standing},
    benefits::{
        items::{ItemUse, use_of},
        recovered::recovered_sums,
    },
    records::{money::FenSum, set::number},
};
use yizhang_ledger::{entry::Kind, record::Record, value::Fen};

/// What payments out of the account come to.
#[derive(Default)]
struct PaidOut {
    sum: FenSum,
    grounds: Vec<Ground>,
    /// Whether a pension was among them, and not only what heirs received.
    has_pension: bool,
    /// Whether a pension was paid at all and not recovered, out of the account or not, with or without an award on record.
    draws: bool,
    /// Whether something was paid after death of which no rule says what it was: it may have been the account.
    has_unexplained: bool,
}

/// Writes down what is left. A pension that is drawn comes out of the account in part; without the payments of that part,
/// which the item tells apart, nobody knows here how much. Nor does anybody where heirs received something under an item that no rule
/// explains.
pub(super) fn left(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    folded: Folded<'_>,
    posted: Written<Fen>,
    owed: Option<Written<Fen>>,
) {
    let paid = paid_out(workings, inputs, folded);
    let mut draft = Draft::new(FigureName::BalanceLeft)
        .of_family(&folded.account.family)
        .on(posted.ground())
        .all(owed.map(|owed| owed.ground()))
        .all(paid.grounds);
    let is_drawn = folded.is_drawn(inputs.as_of) || paid.draws;
    if paid.has_unexplained || (is_drawn && !paid.has_pension) {
        workings.fen(draft.lacks(MissingName::PaidFromAccount), None);
        return;
    }
    if paid.has_pension {
        draft = draft.assumed(Assumption::PaymentsOnRecord);
    }
    let off = owed.map_or(Some(Fen::ZERO), |owed| owed.value);
    let value = posted.value.zip(off).and_then(|(posted, off)| {
        let left = FenSum::from(posted).minus(off.into()).minus(paid.sum);
        // Once it is used up the pool pays on.
        left.or_nothing().amount()
    });
    workings.fen(draft, value);
}

fn paid_out(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, folded: Folded<'_>) -> PaidOut {
    let recovered = recovered_sums(inputs.set);
    let mut paid = PaidOut::default();
    for (at, held) in inputs.set.within(folded.range) {
        let Record::Benefit(Kind::BENEFIT_PAID, benefit) = &held.fact.record else {
            continue;
        };
        if held.standing != Standing::Held {
            continue;
        }
        let is_pension = held
            .family
            .is_some_and(|family| family.rule().ends_with_benefit);
        let back = recovered.get(&number(at)).copied().unwrap_or(FenSum::ZERO);
        let sum = FenSum::from(benefit.amount).minus(back).or_nothing();
        // What was recovered was not drawn.
        let is_kept = sum > FenSum::ZERO || back == FenSum::ZERO;
        let has_begun = benefit.from <= inputs.as_of.month;
        paid.draws |= is_kept && is_pension && !held.is_of_heirs && has_begun;
        let Some((item, rule)) = use_of(workings.policy, benefit) else {
            paid.has_unexplained |= is_kept && held.is_of_heirs;
            continue;
        };
        if item == ItemUse::AfterDeath {
            continue;
        }
        paid.sum = paid.sum.plus(sum);
        paid.grounds.push(Ground::Record(number(at)));
        let rule = workings.rule(rule);
        if !paid.grounds.contains(&rule) {
            paid.grounds.push(rule);
        }
        paid.has_pension |= item == ItemUse::Account;
    }
    paid
}
