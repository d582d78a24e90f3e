//! Invented records, as bytes.

use super::federation::written;
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    person::AccountId,
    record::{
        AccountType, Birth, BirthEvidence, Contribution, Identity, Participation, Payer, PayerKind,
        Period, Record, ShareRates, Shares, Source, Subsidies,
    },
    value::{Code, Day, Division, Fen, Month, Namespace, Rate, Scheme},
};

fn source(serial: &str) -> Source<'_> {
    Source {
        serial: Code::new(serial).unwrap(),
        ..Source::default()
    }
}

fn pension() -> Scheme<'static> {
    Scheme {
        namespace: Namespace::Hrss,
        code: Code::new("110").unwrap(),
    }
}

fn fen(amount: i64) -> Fen {
    Fen::new(amount).unwrap()
}

pub(crate) fn birth(account: AccountId, serial: &str) -> Vec<u8> {
    written(&Record::Birth(Birth {
        account,
        birth: Month::parse("1990-03").unwrap(),
        by: BirthEvidence::CitizenId,
        on: Day::parse("2020-01-01").unwrap(),
        document: Hash::ZERO,
        source: source(serial),
    }))
}

pub(crate) fn enrolment(account: AccountId, place: u32, serial: &str) -> Vec<u8> {
    let participation = Participation {
        account,
        scheme: pension(),
        from: Month::parse("2025-01").unwrap(),
        place: Division::new(place).unwrap(),
        payer: Payer {
            kind: PayerKind::Unit,
            id: Code::new("U1").unwrap(),
        },
        reason: Code::NONE,
        account_type: AccountType::General,
        source: source(serial),
    };
    written(&Record::Participation(Kind::ENROL, participation))
}

/// Pension money of a month of 2025, numbered from 1.
pub(crate) fn contribution(account: AccountId, place: u32, month: u8, serial: &str) -> Vec<u8> {
    let paid = Shares {
        unit: fen(80_000),
        person: fen(40_000),
    };
    let month = format!("2025-{month:02}");
    let contribution = Contribution {
        account,
        scheme: pension(),
        period: Period {
            first: Month::parse(&month).unwrap(),
            months: 1,
        },
        settlement: Month::parse(&month).unwrap(),
        received: Some(Day::parse(&format!("{month}-15")).unwrap()),
        place: Division::new(place).unwrap(),
        payer: Payer {
            kind: PayerKind::Unit,
            id: Code::new("U1").unwrap(),
        },
        nature: 10,
        base: fen(500_000),
        rates: ShareRates {
            unit: Rate::new(1_600).unwrap(),
            person: Rate::new(800).unwrap(),
        },
        due: paid,
        paid,
        credited: Shares {
            unit: fen(0),
            person: fen(40_000),
        },
        full: true,
        late_fee: fen(0),
        subsidies: Subsidies::default(),
        account_type: AccountType::General,
        target: None,
        source: source(serial),
    };
    written(&Record::Contribution(Kind::RECEIVED, contribution))
}

/// That two accounts are one person.
pub(crate) fn link(account: AccountId, other: AccountId, serial: &str) -> Vec<u8> {
    let link = Identity {
        account,
        other,
        target: None,
        reason: Code::NONE,
        evidence: Hash::ZERO,
        on: Day::parse("2020-01-01").unwrap(),
        source: source(serial),
    };
    written(&Record::Identity(Kind::IDENTITY_LINK, link))
}
