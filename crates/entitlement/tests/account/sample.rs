//! Records with sensible defaults, for tests that care about one or two fields.

use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    person::AccountId,
    record::{
        AccountType, CaseId, Contribution, Identity, InterestCredit, Payer, PayerKind, Period,
        ShareRates, Shares, Source, Subsidies, TransferSide, TransferStep, TransferSums,
    },
    value::{Code, Day, Division, Fen, Month, Rate, Scheme},
};

pub(crate) const WORKER: AccountId = AccountId([0xA5; 16]);

pub(crate) fn month(text: &str) -> Month {
    Month::parse(text).unwrap_or_else(|| panic!("{text} is no month"))
}

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap_or_else(|| panic!("{text} is no day"))
}

pub(crate) fn division(text: &str) -> Division {
    Division::parse(text).unwrap_or_else(|| panic!("{text} is no division"))
}

pub(crate) fn scheme(text: &str) -> Scheme<'_> {
    Scheme::parse(text).unwrap_or_else(|| panic!("{text} is no scheme"))
}

pub(crate) fn source(serial: &str) -> Source<'_> {
    Source {
        agency: Code::new("AGENCY").unwrap(),
        system: Code::new("TEST").unwrap(),
        serial: Code::new(serial).unwrap_or_else(|| panic!("{serial} is no serial")),
    }
}

/// The fifteenth of a month.
pub(crate) fn fifteenth(month: Month) -> Day {
    Day::new(u32::from(month.year()) * 10_000 + u32::from(month.month()) * 100 + 15).unwrap()
}

/// A month of flexible employment at a base of 5,000 yuan: 20 %, of which 8 % is credited.
pub(crate) fn flexible<'a>(
    scheme_text: &'a str,
    first: Month,
    serial: &'a str,
) -> Contribution<'a> {
    let paid = Shares {
        unit: Fen::ZERO,
        person: Fen::new(100_000).unwrap(),
    };
    Contribution {
        account: WORKER,
        scheme: scheme(scheme_text),
        period: Period { first, months: 1 },
        settlement: first,
        received: Some(fifteenth(first)),
        place: division("440300"),
        payer: Payer {
            kind: PayerKind::Person,
            id: Code::NONE,
        },
        nature: 10,
        base: Fen::new(500_000).unwrap(),
        rates: ShareRates::default(),
        due: paid,
        paid,
        credited: Shares {
            unit: Fen::ZERO,
            person: Fen::new(40_000).unwrap(),
        },
        full: true,
        late_fee: Fen::ZERO,
        subsidies: Subsidies::default(),
        account_type: AccountType::General,
        target: None,
        source: source(serial),
    }
}

pub(crate) fn interest<'a>(
    scheme_text: &'a str,
    year: u16,
    fen: i64,
    serial: &'a str,
) -> InterestCredit<'a> {
    InterestCredit {
        account: WORKER,
        scheme: scheme(scheme_text),
        year,
        rate: Rate::new(262).unwrap(),
        amount: Shares {
            unit: Fen::ZERO,
            person: Fen::new(fen).unwrap(),
        },
        posted: Day::new(u32::from(year + 1) * 10_000 + 110).unwrap(),
        source: source(serial),
    }
}

/// A link, or with a target a split.
pub(crate) fn identity(
    one: AccountId,
    other: AccountId,
    target: Option<yizhang_ledger::entry::RecordId>,
    on: &str,
) -> (Kind, Identity<'static>) {
    let kind = if target.is_some() {
        Kind::IDENTITY_SPLIT
    } else {
        Kind::IDENTITY_LINK
    };
    let fields = Identity {
        account: one,
        other,
        target,
        reason: Code::new("15TO18").unwrap(),
        evidence: Hash([9; 32]),
        on: day(on),
        source: Source::default(),
    };
    (kind, fields)
}

/// A step of an employee-pension case from one place to another.
pub(crate) fn step<'a>(from: &str, to: &str, serial: &'a str) -> TransferStep<'a> {
    let side = |place| TransferSide {
        place: division(place),
        agency: Code::NONE,
    };
    TransferStep {
        account: WORKER,
        case: CaseId([9; 16]),
        scheme: scheme("hrss:110"),
        source_side: side(from),
        target_side: side(to),
        on: fifteenth(month("2020-06")),
        first: None,
        last: None,
        sums: TransferSums::default(),
        account_type: AccountType::General,
        document: Hash::ZERO,
        reason: Code::NONE,
        source: source(serial),
    }
}
