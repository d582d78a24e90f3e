//! Estimates with assumptions of the worker's own: what a form says becomes values, which `entitlement` computes with.

use super::{failed, language_of, no_page, to_first_page, visitor};
use crate::{pages, shared::Shared};
use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use std::sync::Arc;
use yizhang_entitlement::{
    Account, Policy,
    projection::{Assumed, Choices, NoProjection, choices, project},
};
use yizhang_ledger::value::{Day, Fen, Month, Rate};
use yizhang_show::home::Estimate;

/// Digits of a number that are read: no assumption has more.
const DIGITS_MAX: usize = 12;

/// What is assumed, as an address has it; what is left out is as it is today.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// Months after the earliest month of retirement.
    later: Option<u16>,
    /// The base, in yuan.
    base: Option<String>,
    /// The growth of wages in a year, in per cent.
    growth: Option<String>,
}

pub(crate) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    let today = Day::of((shared.clock)());
    let told = match shared.node.account(&visitor.session.ticket, today).await {
        Ok(told) => told,
        Err(fault) => return failed(&shared, &visitor, &fault),
    };
    let estimate = estimate(&shared.policy, &told.stated.account, &wanted);
    let owner = pages::Owner::Worker(&visitor.session);
    let setting = pages::setting(&shared, owner);
    let answer = pages::answer(told);
    pages::estimate(visitor.language, owner, &answer, &estimate, &setting).into_response()
}

/// The same of the invented person.
pub(crate) async fn example(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Some(example) = &shared.example else {
        return no_page(headers).await;
    };
    let estimate = estimate(&example.policy, &example.account, &wanted);
    let setting = pages::setting(&shared, pages::Owner::Nobody);
    let answer = pages::invented(&example.account);
    let language = language_of(&headers);
    pages::estimate(language, pages::Owner::Nobody, &answer, &estimate, &setting).into_response()
}

fn estimate(policy: &Policy, account: &Account, wanted: &Wanted) -> Result<Estimate, NoProjection> {
    let choices = choices(account, policy)?;
    let assumed = assumed(&choices, wanted);
    Ok(Estimate {
        choices,
        assumed,
        result: project(account, policy, assumed),
    })
}

/// What is assumed: the month of the statutory age, the newest base and no growth where nothing else is said. What is no number is as if
/// it was not said.
fn assumed(choices: &Choices, wanted: &Wanted) -> Assumed {
    let later = wanted.later.and_then(|later| choices.earliest.plus(later));
    let usual: Month = choices.statutory.max(choices.earliest);
    let base = wanted.base.as_deref().and_then(hundredths);
    let base = base.and_then(Fen::new).or(choices.base).or(choices.floor);
    let growth = wanted.growth.as_deref().and_then(hundredths);
    let growth = growth.and_then(|growth| Rate::new(u32::try_from(growth).ok()?));
    Assumed {
        retire: later.unwrap_or(usual),
        base: base.unwrap_or(Fen::ZERO),
        growth: growth.unwrap_or(Rate::ZERO),
    }
}

/// A number with up to two decimals, times a hundred: yuan in fen, per cent in ten-thousandths.
fn hundredths(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > DIGITS_MAX || whole.is_empty() || rest.len() > 2 {
        return None;
    }
    if !is_digits(whole) || !is_digits(rest) {
        return None;
    }
    format!("{whole}{rest:0<2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_up_to_two_decimals() {
        for (text, expected) in [
            ("0", Some(0)),
            ("8000", Some(800_000)),
            (" 8000.5 ", Some(800_050)),
            ("3.25", Some(325)),
            ("3.255", None),
            ("-1", None),
            ("", None),
            (".5", None),
            ("1e9", None),
            ("9999999999999", None),
        ] {
            assert_eq!(hundredths(text), expected, "{text}");
        }
    }
}
