//! What has to go back for months that do not count, in yuan: contributions for months after a benefit began or after death, and
//! benefits drawn for months after death.

use super::{
    Desk, Folded,
    sheet::{Draft, Sheet},
};
use crate::{
    account::{FigureName, Ground},
    benefits::loss::{drawn, unrecovered},
    conflicts::class::ConflictCode,
    person::statements::death,
    records::money::FenSum,
};
use yizhang_ledger::value::Fen;

/// Writes down what has to go back of every family, where anything has.
pub(super) fn refunds(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>) {
    for folded in desk.families {
        of_contributions(
            sheet,
            *folded,
            ConflictCode::C21,
            FigureName::RefundAfterBenefit,
        );
        of_contributions(
            sheet,
            *folded,
            ConflictCode::C22,
            FigureName::RefundAfterDeath,
        );
        of_benefits(sheet, desk, *folded);
    }
}

fn of_contributions(
    sheet: &mut Sheet<'_>,
    folded: Folded<'_>,
    code: ConflictCode,
    name: FigureName,
) {
    let mut draft = Draft::new(name).of_family(&folded.account.family);
    let mut total = 0_i64;
    for debt in folded.debts.iter().filter(|debt| debt.code == code) {
        if debt.sum() > 0 {
            total = total.saturating_add(debt.sum());
            draft = draft.on(Ground::Record(debt.record));
        }
    }
    let end = match code {
        ConflictCode::C22 => folded.ends.death,
        _ => folded.ends.benefit,
    };
    if total > 0 {
        draft = draft.all(end.map(|(_, record)| Ground::Record(record)));
        sheet.fen(draft, Fen::new(total));
    }
}

/// What of a benefit was drawn for months after death, and has not been recovered (社会保险经办条例 art. 46).
fn of_benefits(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>, folded: Folded<'_>) {
    let Some((died, notice)) = death(desk.person) else {
        return;
    };
    let successors = sheet.policy.successors(desk.as_of.month);
    let family = &folded.account.family;
    let mut drawn = drawn(desk.set, &successors);
    drawn.retain(|span| span.source.family.to_string() == *family);
    let mut draft = Draft::new(FigureName::RecoveryAfterDeath).of_family(family);
    let mut total = FenSum::ZERO;
    for (record, sum) in unrecovered(desk.set, &drawn, died) {
        if sum > FenSum::ZERO {
            total = total.plus(sum);
            draft = draft.on(Ground::Record(record));
        }
    }
    if total > FenSum::ZERO {
        sheet.fen(draft.on(Ground::Record(notice)), total.amount());
    }
}
