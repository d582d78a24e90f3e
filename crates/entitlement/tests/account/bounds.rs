//! Accounts that no life brings about, but a chain can: they end, within named limits.

use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, flexible, month, scheme, source, step},
};
use std::collections::BTreeMap;
use yizhang_entitlement::{ConflictCode, Policy, fold};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::hash_leaf,
    record::{Benefit, CaseId, Contribution, Period, Record, Reversal, Shares, TransferStep},
    value::{Code, Division, Fen},
};

/// The limit of the crate.
const CASES_MAX: usize = 64;

#[test]
fn of_more_cases_than_are_worked_out_the_steps_are_named() {
    let case_of = |number: u8| -> Vec<Vec<u8>> {
        let step = |kind: Kind, serial: &str| {
            let (case, on) = (CaseId([number; 16]), day("2024-05-06"));
            let fields = TransferStep {
                case,
                on,
                ..step("440300", "520100", serial)
            };
            federation::entry(&Record::Transfer(kind, fields))
        };
        vec![
            step(Kind::TRANSFER_APPLY, &format!("A{number}")),
            step(Kind::LETTER, &format!("L{number}")),
        ]
    };
    for (cases, beyond) in [(CASES_MAX, 0), (CASES_MAX + 1, 2), (CASES_MAX + 6, 12)] {
        let mut federation = Federation::default();
        let numbers = 1..=u8::try_from(cases).unwrap();
        federation.append(
            division("520000"),
            &numbers.flat_map(case_of).collect::<Vec<_>>(),
        );
        let account = fold(&federation.facts(), Policy::embedded(), day("2024-06-01"));
        let family = account.family("hrss:110").unwrap();
        assert_eq!(family.transfers.len(), CASES_MAX);
        let named: usize = account
            .conflicts
            .iter()
            .filter(|conflict| conflict.code == ConflictCode::Y06)
            .map(|conflict| conflict.records.len())
            .sum();
        assert_eq!(named, beyond, "{cases} cases");
    }
}

/// Every month taken back, and as many awards: searching each award for each reversal in all records would take minutes.
#[test]
fn thousands_of_reversals_and_awards_are_folded() {
    const EACH: u16 = 1_500;
    let first = month("1950-01");
    let mut entries = Vec::new();
    for offset in 0..EACH {
        let paid = flexible("hrss:110", first.plus(offset % 600).unwrap(), "");
        let serial = format!("S{offset}");
        let paid = federation::entry(&Record::Contribution(
            Kind::RECEIVED,
            Contribution {
                source: source(&serial),
                ..paid
            },
        ));
        let (target, serial) = (RecordId(hash_leaf(&paid)), format!("R{offset}"));
        let reversal = Reversal {
            account: WORKER,
            target,
            reason: Code::NONE,
            source: source(&serial),
        };
        entries.extend([paid, federation::entry(&Record::Reversal(reversal))]);
    }
    for offset in 0..EACH {
        let serial = format!("B{offset}");
        let award = Benefit {
            account: WORKER,
            scheme: scheme("hrss:110"),
            item: Code::new("100011").unwrap(),
            from: month("2005-01").plus(offset % 200).unwrap(),
            until: None,
            amount: Fen::new(100_000).unwrap(),
            on: day("2005-01-10"),
            place: division("440300"),
            target: None,
            reason: Code::NONE,
            source: source(&serial),
        };
        entries.push(federation::entry(&Record::Benefit(
            Kind::BENEFIT_AWARD,
            award,
        )));
    }
    let mut federation = Federation::default();
    federation.append(division("440000"), &entries);
    let account = fold(&federation.facts(), Policy::embedded(), day("2024-06-01"));
    assert_eq!(account.records.len(), usize::from(EACH) * 3);
    assert_eq!(account.family("hrss:110").unwrap().counted_months, 0);
}

/// One year in very many parts, each with a refund of some months, beside very many awards that were stopped: looking at every
/// pair of them would take minutes and a gigabyte.
#[test]
fn thousands_of_parts_and_refunds_of_one_year_are_folded() {
    const EACH: u32 = 1_200;
    let mut entries = Vec::new();
    let mut push = |record: Record<'_>| {
        let bytes = federation::entry(&record);
        let id = RecordId(hash_leaf(&bytes));
        entries.push(bytes);
        id
    };
    let person = |fen: i64| Shares {
        unit: Fen::ZERO,
        person: Fen::new(fen).unwrap(),
    };
    for number in 0..EACH {
        let serials = ["P", "F", "R", "A", "S"].map(|letter| format!("{letter}{number}"));
        let year = |serial| {
            let plain = flexible("hrss:170", month("2025-01"), serial);
            let period = Period {
                first: month("2025-01"),
                months: 12,
            };
            Contribution {
                period,
                due: person(120_000),
                paid: person(60_000),
                credited: person(60_000),
                ..plain
            }
        };
        let part = push(Record::Contribution(
            Kind::RECEIVED,
            Contribution {
                full: false,
                ..year(&serials[0])
            },
        ));
        push(Record::Contribution(Kind::RECEIVED, year(&serials[1])));
        let (refunded, target) = (person(-777), Some(part));
        let refund = Contribution {
            paid: refunded,
            credited: refunded,
            nature: 20,
            target,
            ..year(&serials[2])
        };
        let named = Period {
            first: month("2025-04"),
            months: 2,
        };
        let period = if number % 2 == 0 {
            refund.period
        } else {
            named
        };
        push(Record::Contribution(
            Kind::REFUND,
            Contribution { period, ..refund },
        ));
        let award = |serial| Benefit {
            account: WORKER,
            scheme: scheme("hrss:170"),
            item: Code::new("100011").unwrap(),
            from: month("2025-02")
                .plus(u16::try_from(number % 9).unwrap())
                .unwrap(),
            until: None,
            amount: Fen::new(20_000).unwrap(),
            on: day("2025-01-10"),
            place: division("440300"),
            target: None,
            reason: Code::NONE,
            source: source(serial),
        };
        let target = push(Record::Benefit(Kind::BENEFIT_AWARD, award(&serials[3])));
        push(Record::Benefit(
            Kind::BENEFIT_STOP,
            Benefit {
                target: Some(target),
                ..award(&serials[4])
            },
        ));
    }
    let mut federation = Federation::default();
    federation.append(division("440000"), &entries);
    let account = fold(&federation.facts(), Policy::embedded(), day("2025-12-31"));
    assert_eq!(account.records.len(), entries.len());
    let family = account.family("hrss:170").unwrap();
    assert_eq!(
        family.counted_months, 12,
        "of each other part April and May went back, and the others make up for it"
    );
}

/// Very many benefits, each of another place and from another month, awarded and drawn: all of them exclude each other.
#[test]
fn thousands_of_benefits_that_exclude_each_other_are_folded() {
    const EACH: u16 = 1_000;
    let mut by_province: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
    for number in 0..EACH {
        let place = 100_101 + u32::from(number) * 100;
        let entries = by_province.entry(place / 10_000).or_default();
        for (code, kind) in [
            ("hrss:170", Kind::BENEFIT_AWARD),
            ("hrss:170", Kind::BENEFIT_PAID),
            ("hrss:210", Kind::BENEFIT_AWARD),
            ("hrss:210", Kind::BENEFIT_PAID),
        ] {
            let serial = format!("{code}{}N{number}", kind.0);
            let benefit = Benefit {
                account: WORKER,
                scheme: scheme(code),
                item: Code::new("100011").unwrap(),
                from: month("1950-01").plus(number % 600).unwrap(),
                until: month("1955-01").plus(number % 600),
                amount: Fen::new(100_000).unwrap(),
                on: day("2020-01-10"),
                place: Division::new(place).unwrap(),
                target: None,
                reason: Code::NONE,
                source: source(&serial),
            };
            entries.push(federation::entry(&Record::Benefit(kind, benefit)));
        }
    }
    let mut federation = Federation::default();
    for (province, entries) in by_province {
        let region = Division::new(province * 10_000).unwrap();
        federation.append(region, &entries);
    }
    let account = fold(&federation.facts(), Policy::embedded(), day("2024-06-01"));
    let of_class = |code: ConflictCode, family: &str| -> usize {
        let found = account
            .conflicts
            .iter()
            .filter(|conflict| conflict.code == code);
        found
            .filter(|conflict| conflict.family.as_deref() == Some(family))
            .map(|conflict| conflict.records.len())
            .sum()
    };
    let each = usize::from(EACH);
    assert_eq!(of_class(ConflictCode::Y09, "hrss:170"), each);
    assert_eq!(of_class(ConflictCode::Y09, "hrss:210"), each);
    assert_eq!(of_class(ConflictCode::C24, "hrss:170"), each);
    assert_eq!(
        of_class(ConflictCode::C24, "hrss:210"),
        2 * each,
        "and the pensions beside them"
    );
}
