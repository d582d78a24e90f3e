//! A spell of work and the rows that its months call for, as values.

use super::{
    fact::{Fact, Payer},
    figures::{self, Place, Tariff},
};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Fen, Month, Rate},
};

/// How the base of a spell comes about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base {
    /// So many hundredths of the floor, within the limits.
    OfFloor(u32),
    /// The same all the time, in yuan.
    Fixed(u64),
}

/// An employment, or a time of paying alone.
#[derive(Clone, Debug)]
pub(crate) struct Spell {
    pub(crate) place: Place,
    pub(crate) payer: Payer,
    pub(crate) tariffs: &'static [Tariff],
    pub(crate) from: Month,
    pub(crate) until: Month,
    pub(crate) base: Base,
}

/// The base of a month.
pub(crate) fn base(spell: &Spell, month: Month) -> Fen {
    match spell.base {
        Base::OfFloor(hundredths) => figures::base(spell.place, month, hundredths),
        Base::Fixed(yuan) => figures::fen(yuan),
    }
}

/// Fills in base, rates and amounts, paid in full.
pub(crate) fn charge(fact: &mut Fact, tariff: Tariff, base: Fen) {
    let rate = |ten_thousandths: u32| Rate::new(ten_thousandths).filter(|rate| *rate != Rate::ZERO);
    let amount = |rate: Option<Rate>| rate.and_then(|rate| rate.of_half_up(base));
    fact.base = Some(base);
    fact.unit_rate = rate(tariff.unit);
    fact.person_rate = rate(tariff.person);
    fact.due_unit = amount(fact.unit_rate);
    fact.due_person = amount(fact.person_rate);
    fact.paid_unit = fact.due_unit;
    fact.paid_person = fact.due_person;
    fact.credited_person = amount(rate(tariff.credited));
}

/// Flexible workers in Beijing pay medical insurance as a fixed amount; the years before are invented by the same rule.
pub(crate) fn fixed_medical(place: Place, tariff: Tariff, month: Month) -> Option<Fen> {
    if place.region != 110_000 || tariff.scheme != "nhsa:310" {
        return None;
    }
    let fen = match Month::of(2_025, 7).map(|july| month.since(july)) {
        Some(0..) => 58_492,
        Some(-12..) => 57_631,
        _ => 55_356,
    };
    Fen::new(fen)
}

/// The same, declared and not received.
pub(crate) fn due_only(fact: &Fact) -> Fact {
    Fact {
        kind: Kind::DUE,
        received: None,
        paid_unit: None,
        paid_person: None,
        credited_person: None,
        full: None,
        ..fact.clone()
    }
}

/// All of it given back in the month after.
pub(crate) fn refund(fact: &Fact, target: u64) -> Fact {
    let negative = |amount: Option<Fen>| amount.and_then(|amount| Fen::new(-amount.get()));
    let later = fact
        .received
        .and_then(Day::in_month)
        .and_then(|month| day(month.next(), 27));
    Fact {
        kind: Kind::REFUND,
        nature: Some(20),
        received: later.or(fact.received),
        base: None,
        unit_rate: None,
        person_rate: None,
        due_unit: negative(fact.due_unit),
        due_person: negative(fact.due_person),
        paid_unit: negative(fact.paid_unit),
        paid_person: negative(fact.paid_person),
        credited_person: negative(fact.credited_person),
        full: None,
        target: Some(target),
        ..fact.clone()
    }
}

/// A day of a month; none that the calendar does not have.
pub(crate) fn day(month: Month, day: u32) -> Option<Day> {
    Day::new(u32::from(month.year()) * 10_000 + u32::from(month.month()) * 100 + day)
}
