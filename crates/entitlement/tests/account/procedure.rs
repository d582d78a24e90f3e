//! What the commands of an agency ask before a step is written: what must come before it is what the account goes by.

use crate::{
    federation::{self, Federation},
    sample::{day, division, fifteenth, month, step},
};
use yizhang_entitlement::{
    Account, Policy,
    account::{StepFaultName, TransferCase},
    fold,
    transfer::{Candidate, Sides, missing_before, would_fault},
};
use yizhang_ledger::{
    entry::Kind,
    record::{Record, TransferStep, TransferSums},
    value::{Day, Fen},
};

const OLD: &str = "440000";
const NEW: &str = "520000";

/// The steps in their order, each with the chain that takes it.
const STEPS: [(Kind, &str); 8] = [
    (Kind::TRANSFER_APPLY, NEW),
    (Kind::LETTER, NEW),
    (Kind::FREEZE, OLD),
    (Kind::INFO_SHEET, OLD),
    (Kind::FUNDS_SENT, OLD),
    (Kind::FUNDS_RECEIVED, NEW),
    (Kind::POSTED, NEW),
    (Kind::CLOSED, NEW),
];

fn on(position: usize) -> Day {
    fifteenth(
        month("2024-01")
            .plus(u16::try_from(position).unwrap())
            .unwrap(),
    )
}

/// The account with the steps at these positions.
fn account(taken: &[usize]) -> Account {
    let mut federation = Federation::default();
    for position in taken {
        let (kind, chain) = STEPS[*position];
        // The sheet states money, so that posting waits for it.
        let sums = TransferSums {
            personal_account: Fen::new(100).unwrap(),
            ..TransferSums::default()
        };
        let serial = format!("S{position}");
        let fields = TransferStep {
            on: on(*position),
            sums,
            ..step("440300", "520100", &serial)
        };
        federation.append(
            division(chain),
            &[federation::entry(&Record::Transfer(kind, fields))],
        );
    }
    fold(&federation.facts(), Policy::embedded(), day("2025-06-01"))
}

fn fault(case: Option<&TransferCase>, position: usize) -> Option<StepFaultName> {
    let (kind, chain) = STEPS[position];
    let sides = Sides {
        old: division("440300"),
        new: division("520100"),
    };
    let region = division(chain);
    would_fault(
        case,
        Candidate {
            kind,
            region,
            sides,
            on: on(position),
        },
    )
}

/// Whatever steps are there, a step is out of order exactly where one is missing before it.
#[test]
fn a_step_is_out_of_order_exactly_where_one_before_it_is_missing() {
    let mut seen = (0, 0);
    for (position, (kind, _)) in STEPS.into_iter().enumerate() {
        for chosen in 0..1_u32 << position {
            let taken: Vec<usize> = (0..position)
                .filter(|earlier| chosen & (1 << earlier) != 0)
                .collect();
            let account = account(&taken);
            let case = account
                .family("hrss:110")
                .and_then(|family| family.transfers.first());
            let missing = missing_before(case, kind, on(position));
            match fault(case, position) {
                Some(StepFaultName::OutOfOrder) => {
                    assert!(
                        missing.is_some(),
                        "{kind:?} after {taken:?} is out of order"
                    );
                    seen.0 += 1;
                }
                found => {
                    assert_eq!((found, missing), (None, None), "{kind:?} after {taken:?}");
                    seen.1 += 1;
                }
            }
        }
    }
    // In order are the whole procedure up to each step, and both steps of the money without the sheet.
    assert_eq!(seen, (245, 10));
}

#[test]
fn a_step_that_came_too_late_is_named_with_its_day() {
    let account = account(&[0, 1]);
    let case = account
        .family("hrss:110")
        .and_then(|family| family.transfers.first());
    assert_eq!(
        missing_before(case, Kind::FREEZE, on(0)),
        Some((Kind::LETTER, Some(on(1))))
    );
    assert_eq!(missing_before(case, Kind::FREEZE, on(1)), None);
    assert_eq!(
        missing_before(None, Kind::LETTER, on(1)),
        Some((Kind::TRANSFER_APPLY, None))
    );
}
