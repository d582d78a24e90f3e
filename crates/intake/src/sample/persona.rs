//! Workers with a known history, for demonstrations and tests. All invented: see [`super::identity`] for their numbers.

use super::{
    career::World,
    clerk::Clerk,
    fact::{Fact, Payer},
    figures::{self, Place, Tariff},
    identity,
    spell::{Base, Spell, base},
};
use std::io;
use yizhang_ledger::value::{Fen, Month};

/// 小黔, a rider, born 1990-01-15, registered in Guizhou. Resident pension there 2012 to 2015 at 200 yuan; employed in
/// 东莞 2015-03 to 2019-08; nothing for six months; flexible in 深圳 2020-03 to 2023-06 and in 北京 2023-07 to 2026-10.
/// 134 months of employee pension, 94 of them in Guangdong and 40 in Beijing.
pub const P1_NUMBER: &str = "520100199001150077";

/// Somebody from 汕头 who paid twice: employed there 2022-01 to 2024-06 on 5000, flexible in 宁波 2024-01 to 2026-06 on
/// 5200. 54 months of employee pension, not 60.
pub const P2_NUMBER: &str = "440500198806230039";

const DONGGUAN: Place = Place {
    region: 440_000,
    code: 441_900,
    city: 441_900,
};
const SHENZHEN: Place = Place {
    region: 440_000,
    code: 440_300,
    city: 440_300,
};
const SHANTOU: Place = Place {
    region: 440_000,
    code: 440_500,
    city: 440_500,
};
const BEIJING: Place = Place {
    region: 110_000,
    code: 110_000,
    city: 110_100,
};
const NINGBO: Place = Place {
    region: 330_000,
    code: 330_200,
    city: 330_200,
};
const GUIYANG: Place = Place {
    region: 520_000,
    code: 520_100,
    city: 520_100,
};

/// A spell of a persona, as far as it is known by the end of the sample.
fn spell(
    world: &World,
    place: Place,
    payer: Payer,
    [from, until]: [(u16, u16); 2],
    base: Base,
) -> Option<Spell> {
    let tariffs = match payer {
        Payer::Unit(_) => figures::EMPLOYEE_PENSION,
        Payer::Person => figures::FLEXIBLE_PENSION,
    };
    let from = Month::of(from.0, from.1)?;
    let until = Month::of(until.0, until.1)?.min(world.last);
    (from <= until).then_some(Spell {
        place,
        payer,
        tariffs,
        from,
        until,
        base,
    })
}

/// Writes the history of 小黔, with three rows sent again, one wrong base replaced, and the differences of 2025.
pub(crate) fn live_p1(clerk: &mut Clerk<'_, '_>, world: &World) -> io::Result<()> {
    for year in 2_012..=2_015 {
        if year <= world.last.year() {
            clerk.resident_year(GUIYANG, year, 200, 30)?;
        }
    }
    let company = Payer::Unit(identity::company(DONGGUAN.city, 7));
    let spells = [
        spell(
            world,
            DONGGUAN,
            company,
            [(2_015, 3), (2_019, 8)],
            Base::OfFloor(115),
        ),
        spell(
            world,
            SHENZHEN,
            Payer::Person,
            [(2_020, 3), (2_023, 6)],
            Base::OfFloor(100),
        ),
        spell(
            world,
            BEIJING,
            Payer::Person,
            [(2_023, 7), (2_026, 10)],
            Base::OfFloor(100),
        ),
    ];
    for spell in spells.iter().flatten() {
        clerk.work_by(spell, |clerk, tariff, month, fact| {
            p1_month(clerk, spell, tariff, month, fact)
        })?;
    }
    Ok(())
}

/// What is special about some months: 2017-05 is paid on a wrong base first; 2016-01, 2016-02 and 2024-03 are sent
/// again; July and August 2025 are paid on 6821 and the difference to 7162, 68.20 a month, in September.
fn p1_month(
    clerk: &mut Clerk<'_, '_>,
    spell: &Spell,
    tariff: Tariff,
    month: Month,
    fact: Fact,
) -> io::Result<()> {
    let region = spell.place.region;
    match (month.year(), month.month()) {
        (2_017, 5) => clerk.pay_wrong_first(region, &fact),
        (2_016, 1 | 2) | (2_024, 3) => {
            if let Some(serial) = clerk.write(region, &fact)? {
                clerk.send_again(region, fact, serial);
            }
            Ok(())
        }
        (2_025, 7 | 8) => {
            let old = Month::of(2_025, 6).map_or(Fen::ZERO, |june| base(spell, june));
            let fact = clerk.contribution(spell, tariff, month, old);
            clerk.write(region, &fact).map(|_| ())
        }
        (2_025, 9) => {
            clerk.write(region, &fact)?;
            clerk.differences(spell, month)
        }
        _ => clerk.write(region, &fact).map(|_| ()),
    }
}

/// Writes the history of the worker who paid twice.
pub(crate) fn live_p2(clerk: &mut Clerk<'_, '_>, world: &World) -> io::Result<()> {
    let company = Payer::Unit(identity::company(SHANTOU.city, 3));
    let spells = [
        spell(
            world,
            SHANTOU,
            company,
            [(2_022, 1), (2_024, 6)],
            Base::Fixed(5_000),
        ),
        spell(
            world,
            NINGBO,
            Payer::Person,
            [(2_024, 1), (2_026, 6)],
            Base::Fixed(5_200),
        ),
    ];
    spells
        .iter()
        .flatten()
        .try_for_each(|spell| clerk.work(spell))
}
