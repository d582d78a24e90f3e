//! Joined accounts 制度衔接: the personal account of resident pension brought into employee pension, or the reverse
//! (人社部发〔2014〕17号 art. 3 to 6). With it the relation of the scheme that was left ends.

use crate::{
    account::{
        Conflict, FamilyAccount, JoinedLine, MonthLine, MonthStatus, RecordNumber, Standing,
    },
    conflicts::{class::ConflictCode, finders::conflict},
    months::totals,
    policy::{Policy, family::Family},
    records::{
        money::{FenSum, TOLERANCE},
        set::{FamilyRange, RecordSet, number},
    },
};
use yizhang_ledger::{
    record::{Bridge, Record},
    value::{Division, Fen, Month},
};
use yizhang_rules::Key;

/// Why months can be counted.
const MONTHS: &str = "there are 2^16 months";

/// The joinings that are in force, in the order of their days.
pub(crate) struct Bridges<'f>(Vec<Joined<'f>>);

/// One joining.
pub(crate) struct Joined<'f> {
    from: Family<'f>,
    into: Family<'f>,
    fields: Bridge<'f>,
    /// The month of its day: the last of the scheme that was left.
    pub(crate) month: Month,
    pub(crate) record: RecordNumber,
    /// Between employee and resident pension, and neither had been left before.
    has_effect: bool,
}

impl<'f> Bridges<'f> {
    pub(crate) fn of(set: &RecordSet<'f>) -> Self {
        let mut found: Vec<Joined<'f>> = Vec::new();
        for (at, held) in set
            .iter()
            .filter(|(_, held)| held.standing == Standing::Held)
        {
            let Record::Bridge(fields) = &held.fact.record else {
                continue;
            };
            let Some(month) = fields.on.in_month() else {
                continue;
            };
            let (from, into) = (Family::of(fields.scheme), Family::of(fields.into));
            let fields = *fields;
            found.push(Joined {
                from,
                into,
                fields,
                month,
                record: number(at),
                has_effect: false,
            });
        }
        found.sort_by_key(|joined| (joined.fields.on, joined.record));
        // There are two schemes, so that the first joining between them leaves nothing for another.
        if let Some(first) = found.iter_mut().find(|joined| joined.is_between_pensions()) {
            first.has_effect = true;
        }
        Self(found)
    }

    /// The joining by which the relation of a family ended.
    pub(crate) fn leaving(&self, family: Family<'_>) -> Option<&Joined<'f>> {
        self.0
            .iter()
            .find(|joined| joined.has_effect && joined.from == family)
    }

    /// The joining that brought another account into that of a family.
    pub(crate) fn joining(&self, family: Family<'_>) -> Option<&Joined<'f>> {
        self.0
            .iter()
            .find(|joined| joined.has_effect && joined.into == family)
    }

    /// What the account says of them, at the family that was left.
    pub(crate) fn lines(
        &self,
        set: &RecordSet<'_>,
        of: &FamilyRange<'_>,
        owed: i64,
    ) -> Vec<JoinedLine> {
        let of_family = self.0.iter().filter(|joined| joined.from == of.family);
        of_family
            .map(|joined| joined.line(totals::balance_on(set, &of.range, joined.fields.on), owed))
            .collect()
    }

    /// Joinings that could not be, months paid into a scheme that had been left (Y07), and sums that differ from what the
    /// records come to (C26).
    pub(crate) fn conflicts(&self, accounts: &[FamilyAccount], policy: &Policy) -> Vec<Conflict> {
        let mut found = Vec::new();
        for joined in &self.0 {
            if joined.has_effect {
                joined.add_conflicts(accounts, policy, &mut found);
            } else {
                let effective = self.0.iter().find(|other| other.has_effect);
                let mut records = vec![joined.record];
                records.extend(effective.map(|other| other.record));
                found.push(conflict(ConflictCode::Y07, Some(joined.from), records));
            }
        }
        found
    }
}

impl Joined<'_> {
    fn is_between_pensions(&self) -> bool {
        let is = |from, into| self.from == from && self.into == into;
        is(Family::RESIDENT_PENSION, Family::PENSION)
            || is(Family::PENSION, Family::RESIDENT_PENSION)
    }

    /// The conflicts of a joining that has effect.
    fn add_conflicts(
        &self,
        accounts: &[FamilyAccount],
        policy: &Policy,
        found: &mut Vec<Conflict>,
    ) {
        let employee = if self.into == Family::PENSION {
            self.into
        } else {
            self.from
        };
        if self.is_by_wrong_months(account_of(accounts, employee), policy) {
            let records = vec![self.record];
            found.push(conflict(ConflictCode::Y07, Some(self.from), records));
        }
        let Some(left) = account_of(accounts, self.from) else {
            return;
        };
        found.extend(self.paid_since(left));
        let mut own_lines = left.joined.iter().filter(|line| line.record == self.record);
        if own_lines.any(|line| differs(line, left)) {
            let records = vec![self.record];
            found.push(conflict(ConflictCode::C26, Some(self.from), records));
        }
    }

    /// What was brought along.
    pub(crate) const fn amount(&self) -> Fen {
        self.fields.personal_account
    }

    /// The place that did it.
    pub(crate) const fn place(&self) -> Division {
        self.fields.place
    }

    /// Months of the family that was left, deemed ones included, up to the joining.
    pub(crate) fn months_brought(&self, left: &FamilyAccount) -> u32 {
        months_until(left, self.month)
    }

    /// art. 3: from the threshold on the resident account comes into employee pension, below it the reverse. Where no
    /// rule has a threshold for the month there is nothing to hold it against.
    fn is_by_wrong_months(&self, employee: Option<&FamilyAccount>, policy: &Policy) -> bool {
        let threshold = policy
            .rules()
            .number(Key::BridgeMonths, "", None, self.month);
        let months = employee.map_or(0, |account| months_until(account, self.month));
        threshold
            .is_some_and(|threshold| (months >= threshold.value) != (self.into == Family::PENSION))
    }

    /// Months paid into the scheme behind the joining.
    fn paid_since(&self, left: &FamilyAccount) -> Option<Conflict> {
        let is_paid = |line: &&MonthLine| line.month > self.month && !line.by.is_empty();
        let paid: Vec<&MonthLine> = left.months.iter().filter(is_paid).collect();
        let (first, last) = (paid.first()?.month, paid.last()?.month);
        let mut records = vec![self.record];
        for line in &paid {
            records.extend(&line.by);
        }
        Some(Conflict {
            first: Some(first),
            last: Some(last),
            months: u32::try_from(paid.len()).expect(MONTHS),
            ..conflict(ConflictCode::Y07, Some(self.from), records)
        })
    }

    fn line(&self, balance: i64, owed: i64) -> JoinedLine {
        JoinedLine {
            into: self.into.to_string(),
            on: self.fields.on,
            place: self.fields.place,
            personal_account: self.fields.personal_account.get(),
            computed: FenSum::from(balance).minus(owed.into()).shown(),
            owed,
            has_effect: self.has_effect,
            record: self.record,
        }
    }
}

fn account_of<'a>(accounts: &'a [FamilyAccount], family: Family<'_>) -> Option<&'a FamilyAccount> {
    accounts.iter().find(|account| account.is_of(family))
}

fn months_until(account: &FamilyAccount, last: Month) -> u32 {
    let until = account.months.iter().take_while(|line| line.month <= last);
    let counting =
        until.filter(|line| matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed));
    u32::try_from(counting.count()).expect(MONTHS)
}

/// Whether the sum is neither what the records come to nor that with what is still to be given back of it, by more than a
/// fen for each record of the personal account.
fn differs(line: &JoinedLine, left: &FamilyAccount) -> bool {
    let tolerance = TOLERANCE.times(left.months.len());
    let stated = FenSum::from(line.personal_account);
    let is_apart = |sum: FenSum| stated.minus(sum).max(sum.minus(stated)) > tolerance;
    let computed = FenSum::from(line.computed);
    is_apart(computed) && is_apart(computed.plus(line.owed.into()))
}
