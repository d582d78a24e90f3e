//! Careers of invented workers: jobs, flexible work, moves between cities, gaps.

use super::{
    clerk::Clerk,
    dice::Dice,
    fact::Payer,
    figures::{self, Place},
    identity,
    spell::{Base, Spell},
};
use std::io;
use yizhang_ledger::value::Month;

/// Invented companies of a city.
const COMPANIES: u32 = 400;

/// Where and when careers happen.
pub(crate) struct World {
    /// The places of each region.
    pub(crate) regions: Vec<Vec<Place>>,
    pub(crate) from: Month,
    pub(crate) last: Month,
}

impl World {
    /// The worker's number and home, and the year of birth.
    pub(crate) fn person(&self, worker: u32, dice: &mut Dice) -> (String, Option<Place>, u16) {
        let home = dice
            .pick(&self.regions)
            .and_then(|places| dice.pick(places))
            .copied();
        let (number, born) = identity::citizen(worker, home.map_or(100_000, |home| home.city));
        (number, home, born)
    }
}

/// Writes a whole career.
pub(crate) fn live(
    clerk: &mut Clerk<'_, '_>,
    world: &World,
    home: Place,
    born: u16,
) -> io::Result<()> {
    let Some(start) = first_month(clerk, world, born) else {
        return Ok(());
    };
    if clerk.dice.chance(350) {
        resident_years(clerk, world, home, start)?;
    }
    let mut place = if clerk.dice.chance(550) {
        home
    } else {
        elsewhere(clerk, world, home)
    };
    let mut from = start;
    while from <= world.last {
        let spell = spell(clerk, world, place, from);
        clerk.work(&spell)?;
        let next = if clerk.dice.chance(400) {
            elsewhere(clerk, world, place)
        } else {
            place
        };
        from = follow(clerk, &spell, next);
        place = next;
    }
    Ok(())
}

/// Somewhere in the first third of the sample, not before the age of 18.
fn first_month(clerk: &mut Clerk<'_, '_>, world: &World, born: u16) -> Option<Month> {
    let months = world.last.since(world.from).max(0).unsigned_abs();
    let start = world
        .from
        .plus(u16::try_from(clerk.dice.below(months / 3 + 1)).ok()?)?;
    let adult = Month::of(born + 18, 7)?;
    Some(start.max(adult)).filter(|start| *start <= world.last)
}

/// Resident pension in the years before the first job; at times also in the year of it (an overlap).
fn resident_years(
    clerk: &mut Clerk<'_, '_>,
    world: &World,
    home: Place,
    start: Month,
) -> io::Result<()> {
    let tiers = [(100, 30), (200, 30), (300, 30), (500, 60), (1_000, 60)];
    let (tier, subsidy) = clerk.dice.pick(&tiers).copied().unwrap_or((100, 30));
    let end = if clerk.dice.chance(300) {
        start.year() + 1
    } else {
        start.year()
    };
    let first = world.from.year().max(end.saturating_sub(4));
    let last = world.last.year();
    (first..end.min(last)).try_for_each(|year| clerk.resident_year(home, year, tier, subsidy))
}

fn spell(clerk: &mut Clerk<'_, '_>, world: &World, place: Place, from: Month) -> Spell {
    let months = u16::try_from(6 + clerk.dice.below(48)).unwrap_or(6);
    let until = from.plus(months).unwrap_or(from).min(world.last);
    if clerk.dice.chance(680) {
        let company = identity::company(place.city, clerk.dice.below(COMPANIES));
        // Most wages are around the average, a few far above.
        let hundredths = 100
            + clerk.dice.below(90)
            + clerk.dice.below(60)
            + clerk.dice.below(2) * clerk.dice.below(200);
        let base = Base::OfFloor(hundredths);
        Spell {
            place,
            payer: Payer::Unit(company),
            tariffs: figures::EMPLOYEE,
            from,
            until,
            base,
        }
    } else {
        // Most flexible workers choose the lowest base.
        let hundredths = if clerk.dice.chance(750) {
            100
        } else {
            120 + clerk.dice.below(80)
        };
        let base = Base::OfFloor(hundredths);
        Spell {
            place,
            payer: Payer::Person,
            tariffs: figures::FLEXIBLE,
            from,
            until,
            base,
        }
    }
}

/// When the next spell begins: at once, after a gap, or, between provinces, at times before the last one ends.
fn follow(clerk: &mut Clerk<'_, '_>, spell: &Spell, next: Place) -> Month {
    let after = spell.until.next();
    if clerk.dice.chance(350) {
        return after
            .plus(u16::try_from(clerk.dice.between(1, 9)).unwrap_or(1))
            .unwrap_or(after);
    }
    let months = u16::try_from(clerk.dice.between(1, 3)).unwrap_or(1);
    let overlap = next.region != spell.place.region && clerk.dice.chance(120);
    let earlier =
        Month::new(after.number() - months).filter(|month| overlap && *month > spell.from);
    // The last month of the sample ends every career.
    if spell.until >= clerk.last {
        after
    } else {
        earlier.unwrap_or(after)
    }
}

fn elsewhere(clerk: &mut Clerk<'_, '_>, world: &World, place: Place) -> Place {
    let region = clerk.dice.pick(&world.regions);
    region
        .and_then(|places| clerk.dice.pick(places))
        .copied()
        .unwrap_or(place)
}
