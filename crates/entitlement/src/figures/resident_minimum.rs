//! The months that resident pension needs: 15 years; for a worker who had fewer before the age when the scheme began at the place, those
//! from then until the age; nothing for one who had passed it (国发〔2014〕8号).

use super::{
    Inputs,
    workings::{Draft, Workings, Written},
};
use crate::account::{FigureName, MissingName};
use yizhang_ledger::value::Month;
use yizhang_rules::{Key, Where};

/// The month in which resident pension began at a place: the first and the last that it could be.
struct Start {
    first: Month,
    last: Month,
}

/// Writes down the months needed. `age` is the figure of the month in which the age is reached. Where the month in which the
/// scheme began is open between two, and it matters, the larger number stands and the start is missing.
pub(super) fn needed(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &str,
    age: Written<Month>,
    place: Where,
) -> Option<Written<u32>> {
    let month = inputs.as_of.month;
    let (most, rule) = workings.number(Key::ResidentMinimum, "", None, month)?;
    let mut draft = Draft::new(FigureName::ResidentMinimum)
        .of_family(family)
        .on(rule);
    let mut needed = most;
    let table = workings
        .policy
        .rules()
        .table(Key::ResidentStart, "", place, month);
    if let (Some(age_month), Some(found)) = (age.value, table)
        && let Some(start) = start_of(found.value)
    {
        let (least, larger) = (
            until(start.last, age_month),
            until(start.first, age_month).min(most),
        );
        if least < most {
            let rule = workings.rule(found.rule);
            draft = draft.on(age.ground()).on(rule);
            needed = larger;
        }
        if least < larger {
            draft = draft.lacks_at(MissingName::ResidentStart, place.place(), start.last);
        }
    }
    Some(workings.months(draft, Some(needed)))
}

/// Months from the beginning of the scheme until the age; none for a worker who had passed it.
fn until(start: Month, age: Month) -> u32 {
    u32::try_from(age.since(start)).unwrap_or(0)
}

fn start_of(rows: &[Vec<u32>]) -> Option<Start> {
    let [first, last] = rows.first()?.as_slice() else {
        return None;
    };
    Some(Start {
        first: Month::parse(&first.to_string())?,
        last: Month::parse(&last.to_string())?,
    })
}
