//! Writes one worker's life into the files of the regions: enrolment, months, and what goes wrong with them.

use super::{
    dice::Dice,
    fact::{Fact, Payer},
    figures::{self, Place, Tariff},
    file::SampleFile,
    spell::{Spell, base, charge, day, due_only, fixed_medical, refund},
};
use std::io;
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Fen, Month, Rate},
};

/// How often something happens, in a thousand months of one scheme (or months, or spells).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mishaps {
    /// A month that the unit pays late.
    pub(crate) arrears: u32,
    /// A wrong base, reversed and replaced.
    pub(crate) correction: u32,
    /// A row that is sent once more.
    pub(crate) again: u32,
    /// Money given back.
    pub(crate) refund: u32,
    /// A July whose new limits come late, of all Julys.
    pub(crate) late_notice: u32,
}

impl Mishaps {
    pub(crate) const NONE: Self = Self {
        arrears: 0,
        correction: 0,
        again: 0,
        refund: 0,
        late_notice: 0,
    };
    /// A little of everything.
    pub(crate) const USUAL: Self = Self {
        arrears: 12,
        correction: 4,
        again: 5,
        refund: 3,
        late_notice: 250,
    };
}

/// When the limits that hold from July on become known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notice {
    InTime,
    /// In September: July and August are paid by the old ones.
    Late,
}

/// Money credited to a personal account.
struct Credit {
    region: u32,
    month: Month,
    fen: i64,
}

/// The rows of one worker.
pub(crate) struct Clerk<'c, 'w> {
    pub(crate) files: &'c mut [SampleFile<'w>],
    /// Rows that may still be written.
    pub(crate) left: &'c mut u64,
    pub(crate) person: String,
    pub(crate) dice: Dice,
    pub(crate) mishaps: Mishaps,
    /// Last month of the sample: what comes later is not known yet.
    pub(crate) last: Month,
    credits: Vec<Credit>,
    enrolled: Vec<(u32, &'static str)>,
    again: Vec<(u32, Fact, u64)>,
}

impl<'c, 'w> Clerk<'c, 'w> {
    pub(crate) const fn new(
        files: &'c mut [SampleFile<'w>],
        left: &'c mut u64,
        person: String,
        dice: Dice,
        mishaps: Mishaps,
        last: Month,
    ) -> Self {
        Self {
            files,
            left,
            person,
            dice,
            mishaps,
            last,
            credits: Vec::new(),
            enrolled: Vec::new(),
            again: Vec::new(),
        }
    }

    /// Writes a row and gives its serial; none if no more rows may be written.
    pub(crate) fn write(&mut self, region: u32, fact: &Fact) -> io::Result<Option<u64>> {
        let Some(file) = self
            .files
            .iter_mut()
            .find(|file| file.region == region)
            .filter(|_| *self.left > 0)
        else {
            return Ok(None);
        };
        *self.left -= 1;
        file.write(&self.person, fact).map(Some)
    }

    /// Remembers a row to be sent once more at the end.
    pub(crate) fn send_again(&mut self, region: u32, fact: Fact, serial: u64) {
        self.again.push((region, fact, serial));
    }

    /// Pays a year of the resident pension by tier, with the subsidy of the county.
    pub(crate) fn resident_year(
        &mut self,
        place: Place,
        year: u16,
        tier_yuan: u64,
        subsidy_yuan: u64,
    ) -> io::Result<()> {
        let Some(month) = Month::of(year, 11) else {
            return Ok(());
        };
        self.enrol_once(
            place,
            "hrss:170",
            &Payer::Person,
            Month::of(year, 1).unwrap_or(month),
        )?;
        let tier = figures::fen(tier_yuan);
        let fact = Fact {
            scheme: "hrss:170",
            year: Some(year),
            received: day(month, 20),
            place: Some(place.code),
            payer: Some(Payer::Person),
            nature: Some(10),
            due_person: Some(tier),
            paid_person: Some(tier),
            credited_person: Some(tier),
            subsidy_county: Some(figures::fen(subsidy_yuan)),
            full: Some(true),
            ..Fact::new(Kind::RECEIVED)
        };
        self.write(place.region, &fact).map(|_| ())
    }

    /// Enrols, pays every month with the usual mishaps, and suspends.
    pub(crate) fn work(&mut self, spell: &Spell) -> io::Result<()> {
        self.enrol(spell)?;
        let mut notice = Notice::InTime;
        let mut month = spell.from;
        while month <= spell.until {
            if month.month() == 7 {
                notice = self.notice();
            }
            self.month(spell, month, notice)?;
            month = month.next();
        }
        self.suspend(spell)
    }

    /// As [`Clerk::work`], with `pay` writing the rows of each month from the one that is paid in full and in time.
    pub(crate) fn work_by(
        &mut self,
        spell: &Spell,
        mut pay: impl FnMut(&mut Self, Tariff, Month, Fact) -> io::Result<()>,
    ) -> io::Result<()> {
        self.enrol(spell)?;
        let mut month = spell.from;
        while month <= spell.until {
            for tariff in spell.tariffs {
                let fact = self.contribution(spell, *tariff, month, base(spell, month));
                self.credit(spell.place.region, month, &fact);
                pay(self, *tariff, month, fact)?;
            }
            month = month.next();
        }
        self.suspend(spell)
    }

    fn enrol(&mut self, spell: &Spell) -> io::Result<()> {
        let schemes = spell.tariffs.iter().map(|tariff| tariff.scheme);
        schemes
            .into_iter()
            .try_for_each(|scheme| self.enrol_once(spell.place, scheme, &spell.payer, spell.from))
    }

    fn enrol_once(
        &mut self,
        place: Place,
        scheme: &'static str,
        payer: &Payer,
        from: Month,
    ) -> io::Result<()> {
        let known = self.enrolled.contains(&(place.region, scheme));
        let kind = if known { Kind::RESUME } else { Kind::ENROL };
        if known && scheme == "hrss:170" {
            return Ok(());
        }
        self.enrolled.push((place.region, scheme));
        self.participation(kind, place, scheme, payer, from, "")
    }

    fn suspend(&mut self, spell: &Spell) -> io::Result<()> {
        if spell.until >= self.last {
            return Ok(());
        }
        let reason = match spell.payer {
            Payer::Unit(_) => self
                .dice
                .pick(&["6313", "6322", "6321", "6301"])
                .copied()
                .unwrap_or("6399"),
            Payer::Person => "6399",
        };
        spell.tariffs.iter().try_for_each(|tariff| {
            let from = spell.until.next();
            self.participation(
                Kind::SUSPEND,
                spell.place,
                tariff.scheme,
                &spell.payer,
                from,
                reason,
            )
        })
    }

    fn participation(
        &mut self,
        kind: Kind,
        place: Place,
        scheme: &'static str,
        payer: &Payer,
        from: Month,
        reason: &'static str,
    ) -> io::Result<()> {
        let fact = Fact {
            scheme,
            from: Some(from),
            place: Some(place.code),
            payer: Some(payer.clone()),
            reason,
            ..Fact::new(kind)
        };
        self.write(place.region, &fact).map(|_| ())
    }

    /// How the limits of a July become known.
    fn notice(&mut self) -> Notice {
        if self.dice.chance(self.mishaps.late_notice) {
            Notice::Late
        } else {
            Notice::InTime
        }
    }

    fn month(&mut self, spell: &Spell, month: Month, notice: Notice) -> io::Result<()> {
        let base = base(spell, month);
        let old_base = Month::of(month.year(), 6).map_or(base, |june| self::base(spell, june));
        let is_late = notice == Notice::Late;
        let waits = is_late && matches!(month.month(), 7 | 8) && old_base < base;
        let is_unit = matches!(spell.payer, Payer::Unit(_));
        let arrears = is_unit && self.dice.chance(self.mishaps.arrears);
        for tariff in spell.tariffs {
            let fact =
                self.contribution(spell, *tariff, month, if waits { old_base } else { base });
            if arrears {
                self.owe(spell, fact, month)?;
            } else {
                self.pay(spell, fact, month)?;
            }
        }
        if is_late && month.month() == 9 {
            self.differences(spell, month)?;
        }
        Ok(())
    }

    /// The row of one month of one scheme, paid in full and in time.
    pub(crate) fn contribution(
        &mut self,
        spell: &Spell,
        tariff: Tariff,
        month: Month,
        base: Fen,
    ) -> Fact {
        let (is_unit, received) = match spell.payer {
            // A unit's money arrives in the month after, a person's own in the month itself.
            Payer::Unit(_) => (true, day(month.next(), 15 + self.dice.below(6))),
            Payer::Person => (false, day(month, 10 + self.dice.below(15))),
        };
        let mut fact = Fact {
            scheme: tariff.scheme,
            period: Some(month),
            received,
            place: Some(spell.place.code),
            payer: Some(spell.payer.clone()),
            nature: Some(10),
            full: Some(true),
            ..Fact::new(Kind::RECEIVED)
        };
        if !is_unit && let Some(fixed) = fixed_medical(spell.place, tariff, month) {
            fact.due_person = Some(fixed);
            fact.paid_person = Some(fixed);
        } else {
            charge(&mut fact, tariff, base);
        }
        fact
    }

    /// Leaves a month unpaid, which may be paid late.
    fn owe(&mut self, spell: &Spell, fact: Fact, month: Month) -> io::Result<()> {
        let region = spell.place.region;
        self.write(region, &due_only(&fact))?;
        self.pay_late(region, fact, month)
    }

    /// Pays a month, if its money has arrived by the last month of the file.
    fn pay(&mut self, spell: &Spell, fact: Fact, month: Month) -> io::Result<()> {
        let region = spell.place.region;
        let known = fact
            .received
            .and_then(Day::in_month)
            .is_some_and(|received| received <= self.last);
        if !known {
            self.write(region, &due_only(&fact))?;
            return Ok(());
        }
        self.credit(region, month, &fact);
        if fact.scheme == "hrss:110"
            && fact.base.is_some()
            && self.dice.chance(self.mishaps.correction)
        {
            return self.pay_wrong_first(region, &fact);
        }
        let Some(serial) = self.write(region, &fact)? else {
            return Ok(());
        };
        if spell.payer == Payer::Person
            && fact.scheme == "nhsa:310"
            && self.dice.chance(self.mishaps.refund)
        {
            self.write(region, &refund(&fact, serial))?;
        }
        if self.dice.chance(self.mishaps.again) {
            self.send_again(region, fact, serial);
        }
        Ok(())
    }

    /// 补缴: three to nine months later, with the late fee of 0.05 % a day on what the unit owed (社会保险法 86).
    fn pay_late(&mut self, region: u32, mut fact: Fact, month: Month) -> io::Result<()> {
        let months = 3 + self.dice.below(7);
        let Some(paid_in) = month
            .plus(u16::try_from(months).unwrap_or(3))
            .filter(|month| *month <= self.last)
        else {
            return Ok(());
        };
        fact.nature = Some(31);
        fact.received = day(paid_in, 18);
        let owed = fact.due_unit.unwrap_or_default();
        let per_day = Rate::new(5).expect("five ten-thousandths are a rate");
        let days = i64::from(months) * 30 - 12;
        fact.late_fee = Fen::new(owed.get() * days)
            .and_then(|sum| per_day.of_half_up(sum))
            .filter(|fee| fee.get() > 0);
        self.credit(region, month, &fact);
        self.write(region, &fact).map(|_| ())
    }

    /// A wrong base, taken back, and the right one.
    pub(crate) fn pay_wrong_first(&mut self, region: u32, fact: &Fact) -> io::Result<()> {
        let mut wrong = fact.clone();
        let base = fact
            .base
            .and_then(|base| Fen::new(base.get() + 90_000))
            .unwrap_or_default();
        let tariff = Tariff {
            scheme: fact.scheme,
            unit: fact.unit_rate.map_or(0, Rate::get),
            person: fact.person_rate.map_or(0, Rate::get),
            credited: 800,
        };
        charge(&mut wrong, tariff, base);
        let target = self.write(region, &wrong)?;
        let reversal = Fact {
            target,
            reason: "BASE",
            ..Fact::new(Kind::REVERSAL)
        };
        if target.is_some() {
            self.write(region, &reversal)?;
        }
        self.write(region, fact).map(|_| ())
    }

    /// 缴费基数调整补收: July and August were paid on last year's base, because the new limits came late.
    pub(crate) fn differences(&mut self, spell: &Spell, september: Month) -> io::Result<()> {
        let Some(june) = Month::of(september.year(), 6) else {
            return Ok(());
        };
        for month in [june.next(), june.next().next()]
            .into_iter()
            .filter(|month| *month >= spell.from)
        {
            let delta = base(spell, month).get() - base(spell, june).get();
            let Some(delta) = Fen::new(delta).filter(|delta| delta.get() > 0) else {
                continue;
            };
            for tariff in spell
                .tariffs
                .iter()
                .filter(|tariff| matches!(tariff.scheme, "hrss:110" | "hrss:210"))
            {
                let mut fact = self.contribution(spell, *tariff, month, delta);
                fact.kind = Kind::ADJUST_DELTA;
                fact.nature = Some(34);
                fact.received = day(september, 25);
                self.credit(spell.place.region, month, &fact);
                self.write(spell.place.region, &fact)?;
            }
        }
        Ok(())
    }

    fn credit(&mut self, region: u32, month: Month, fact: &Fact) {
        if fact.scheme == "hrss:110" {
            let fen = fact.credited_person.unwrap_or_default().get();
            self.credits.push(Credit { region, month, fen });
        }
    }

    /// Rows sent once more, and the interest of every year that has ended.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        for (region, fact, serial) in std::mem::take(&mut self.again) {
            if let Some(file) = self
                .files
                .iter_mut()
                .find(|file| file.region == region)
                .filter(|_| *self.left > 0)
            {
                *self.left -= 1;
                file.write_again(&self.person, &fact, serial)?;
            }
        }
        let mut regions: Vec<u32> = self.credits.iter().map(|credit| credit.region).collect();
        regions.dedup();
        regions.sort_unstable();
        regions.dedup();
        regions
            .into_iter()
            .try_for_each(|region| self.interest(region))
    }

    /// Yearly interest by products of months (月积数法): the balance for twelve months, a credit of month n for 13 - n.
    fn interest(&mut self, region: u32) -> io::Result<()> {
        let of_region = |credit: &&Credit| credit.region == region;
        let Some(first) = self
            .credits
            .iter()
            .filter(of_region)
            .map(|credit| credit.month.year())
            .min()
        else {
            return Ok(());
        };
        let mut balance = 0;
        for year in first..self.last.year() {
            let (mut credited, mut products) = (0, balance * 12);
            for credit in self
                .credits
                .iter()
                .filter(of_region)
                .filter(|credit| credit.month.year() == year)
            {
                credited += credit.fen;
                products += credit.fen * i64::from(13 - credit.month.month());
            }
            let rate = figures::interest_rate(year);
            let interest =
                rate.map_or(0, |rate| half_up(products * i64::from(rate.get()), 120_000));
            balance += credited + interest;
            let Some(posted) = Month::of(year + 1, 1).and_then(|january| day(january, 5)) else {
                continue;
            };
            if interest > 0 {
                let fact = Fact {
                    scheme: "hrss:110",
                    year: Some(year),
                    interest_rate: rate,
                    interest: Fen::new(interest),
                    posted: Some(posted),
                    ..Fact::new(Kind::INTEREST_CREDIT)
                };
                self.write(region, &fact)?;
            }
        }
        Ok(())
    }
}

const fn half_up(number: i64, divisor: i64) -> i64 {
    (number + divisor / 2) / divisor
}
