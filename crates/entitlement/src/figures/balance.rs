//! The personal account: as posted, with interest estimated for years that no agency has posted, and what has to be given
//! back of it.

use super::{
    Folded, Inputs,
    interim::interim,
    left,
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{Assumption, FamilyAccount, FigureName, Ground, MonthStatus, RecordNumber},
    months::years::still_due,
    records::money::FenSum,
};
use yizhang_ledger::value::Fen;

/// The personal account of a family, written down.
#[derive(Clone, Copy)]
pub(super) struct PersonalAccount {
    balance: Written<Fen>,
    /// What has to be given back of it.
    owed: Option<Written<Fen>>,
    /// Whether agencies hold money for one month in two places, and nobody has said which of it stays.
    is_double: bool,
}

impl PersonalAccount {
    /// What is left of it for a pension, with what that rests on.
    pub(super) fn left(&self, draft: Draft) -> (Option<Fen>, Draft) {
        let owed = self.owed.as_ref();
        let draft = draft
            .on(self.balance.ground())
            .all(owed.map(Written::ground));
        let draft = draft.assumed(Assumption::NoFurtherInterest);
        let draft = if self.is_double {
            draft.assumed(Assumption::DoubleMoneyIncluded)
        } else {
            draft
        };
        let draft = if owed.is_some() {
            draft.assumed(Assumption::PrincipalOnly)
        } else {
            draft
        };
        let left = |balance: Fen, owed: Fen| Fen::new(balance.get().checked_sub(owed.get())?);
        let value = match owed {
            Some(owed) => self
                .balance
                .value
                .zip(owed.value)
                .and_then(|(balance, owed)| left(balance, owed)),
            None => self.balance.value,
        };
        (value, draft)
    }
}

/// A pension scheme of a worker, with its personal account.
#[derive(Clone, Copy)]
pub(super) struct Saved<'a> {
    pub(super) folded: Folded<'a>,
    pub(super) held: PersonalAccount,
}

impl<'a> Saved<'a> {
    /// A family, whose personal account is written down.
    pub(super) fn of(
        workings: &mut Workings<'_>,
        inputs: Inputs<'_, '_>,
        folded: Folded<'a>,
    ) -> Self {
        Self {
            folded,
            held: balance(workings, inputs, folded),
        }
    }
}

/// Writes down the personal account as posted, with interest estimated, and what has to be given back of it.
fn balance(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    folded: Folded<'_>,
) -> PersonalAccount {
    let family = folded.account;
    let brought = inputs.bridges.joining(folded.family);
    let credited = FenSum::from(family.credited.total).plus(family.interest.total.into());
    let brought_in = brought.map_or(FenSum::ZERO, |joined| joined.amount().into());
    let posted = credited.plus(brought_in).amount();
    let draft = Draft::new(FigureName::BalancePosted)
        .of_family(&family.family)
        .family(&family.family);
    let draft = draft.all(brought.map(|joined| Ground::Record(joined.record)));
    let mut balance = workings.fen(draft, posted);
    // After a death or an award it is paid out, or to be paid out: what it would bear is not known here.
    if inputs.person.death.is_empty() && !folded.is_drawn(inputs.as_of) {
        let (interim, draft) = interim(workings, inputs, folded, balance.ground());
        balance = workings.fen(draft, interim);
    }
    let owed = owed(workings, folded);
    if !inputs.person.death.is_empty() || folded.is_drawn(inputs.as_of) {
        left::left(workings, inputs, folded, balance, owed);
    }
    let is_double = family
        .months
        .iter()
        .any(|line| line.status == MonthStatus::Counted && line.by.len() > 1);
    PersonalAccount {
        balance,
        owed,
        is_double,
    }
}

/// Writes down what has to be given back: of records that an agreement has cleared, of months of residents that count as
/// employee months (C04), of months after a benefit began or after death (C21, C22). Nothing where nothing is owed.
fn owed(workings: &mut Workings<'_>, folded: Folded<'_>) -> Option<Written<Fen>> {
    let family = folded.account;
    let mut owed = debts(family);
    for debt in folded.debts {
        let sum = FenSum::from(debt.credited_sum());
        if sum > FenSum::ZERO {
            owed.push(Owed {
                sum,
                record: debt.record,
            });
        }
    }
    let draft = Draft::new(FigureName::BalanceOwed).of_family(&family.family);
    let draft = draft.all(owed.iter().map(|debt| Ground::Record(debt.record)));
    // It is given back with interest (人社部发〔2009〕187号 art. 3).
    let draft = draft.assumed(Assumption::PrincipalOnly);
    (!owed.is_empty()).then(|| workings.fen(draft, sum(&owed).amount()))
}

/// What has to be given back of the personal account of a family.
pub(crate) fn owed_of(family: &FamilyAccount) -> i64 {
    sum(&debts(family)).shown()
}

/// A sum that a record obliges somebody to give back.
struct Owed {
    sum: FenSum,
    record: RecordNumber,
}

fn sum(debts: &[Owed]) -> FenSum {
    FenSum::of(debts.iter().map(|debt| debt.sum))
}

fn debts(family: &FamilyAccount) -> Vec<Owed> {
    let left = |due: i64, back: i64| FenSum::from(due).minus(back.into()).or_nothing();
    let cleared = family.cleared.iter().map(|line| {
        let (due, back) = (line.due, line.refunded);
        Owed {
            sum: left(due.unit, back.unit).plus(left(due.person, back.person)),
            record: line.record,
        }
    });
    let resident = family.years.iter().map(|line| Owed {
        sum: still_due(line).into(),
        record: line.record,
    });
    let debts = cleared.chain(resident);
    debts.filter(|debt| debt.sum > FenSum::ZERO).collect()
}
