//! The cells of one row, read value by value; what is wrong is collected, never thrown.

#![allow(
    clippy::option_option,
    reason = "the outer one says whether the cell is sound, the inner whether it is filled"
)]

use crate::{
    cell_value,
    codes::CodeMap,
    column::Column,
    fault::{Fault, OneOf, RowFault, Severity},
    found::Found,
    header::Header,
    layout::Worker,
    pseudonyms::Persons,
    rates::{RateAsked, RateTable},
    raw_row::RawRow,
    serials::{BusinessKey, HASH_DIGITS, Serials},
    tables::{self, BaseRule, CodeRow, Moves},
    tidy,
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::{Kind, RecordId},
    person::{AccountId, SocialSecurityNumber},
    record::{AccountType, Payer, PayerKind, Source},
    value::{Code, Day, Division, Fen, Namespace, Rate, Scheme},
};

/// What reading a row needs besides the row.
pub(crate) struct Context<'c> {
    pub(crate) header: &'c Header,
    pub(crate) namespace: Option<Namespace>,
    pub(crate) codes: &'c CodeMap,
    pub(crate) today: Option<Day>,
    /// Region whose chain the rows go to.
    pub(crate) region: Option<Division>,
    /// The divisions that are another one now.
    pub(crate) successors: &'c BTreeMap<Division, Division>,
    pub(crate) rates: &'c RateTable,
}

impl Context<'_> {
    /// The text of a cell, or what its code stands for; empty where there is none.
    pub(crate) fn text<'t>(&'t self, row: &'t RawRow, column: Column) -> Result<&'t str, Fault> {
        let text = row.cell(self.header, column)?;
        Ok(self.codes.translate(column, text))
    }
}

/// Signs that amounts of a kind may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Positive,
    Negative,
    Any,
}

/// A row being read. Each method gives `None` when the cell is faulty, after noting why.
pub(crate) struct Cells<'r> {
    row: &'r RawRow,
    context: &'r Context<'r>,
    persons: &'r Persons,
    pub(crate) kind: Kind,
    pub(crate) faults: Vec<RowFault>,
}

impl<'r> Cells<'r> {
    pub(crate) fn new(row: &'r RawRow, context: &'r Context<'r>, persons: &'r Persons) -> Self {
        Self {
            row,
            context,
            persons,
            kind: Kind::RECEIVED,
            faults: Vec::new(),
        }
    }

    pub(crate) fn fault(&mut self, column: impl Into<Option<Column>>, fault: Fault) {
        let column = column.into();
        let name = column.map_or_else(String::new, |column| {
            self.context.header.name(column).to_owned()
        });
        let found = RowFault {
            line: self.row.line,
            column,
            name,
            fault,
        };
        // A cell that is looked at twice is told once.
        if !self.faults.contains(&found) {
            self.faults.push(found);
        }
    }

    pub(crate) fn is_faulty(&self) -> bool {
        self.faults
            .iter()
            .any(|fault| fault.fault.severity() == Severity::Error)
    }

    /// The text of a cell, or what its code stands for; empty where there is none.
    pub(crate) fn text(&mut self, column: Column) -> Option<&'r str> {
        self.context
            .text(self.row, column)
            .map_err(|fault| self.fault(column, fault))
            .ok()
    }

    pub(crate) fn is_empty(&self, column: Column) -> bool {
        self.row
            .cell(self.context.header, column)
            .is_ok_and(str::is_empty)
    }

    /// A cell that must be filled.
    pub(crate) fn required<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&'r str) -> Result<T, Fault>,
    ) -> Option<T> {
        let kind = self.kind;
        match self.text(column)? {
            "" => {
                self.fault(column, Fault::Missing { kind });
                None
            }
            text => read(text).map_err(|fault| self.fault(column, fault)).ok(),
        }
    }

    /// A cell that stands for `default` when it is empty.
    pub(crate) fn or<T>(
        &mut self,
        column: Column,
        default: T,
        read: impl FnOnce(&'r str) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.text(column)? {
            "" => Some(default),
            text => read(text).map_err(|fault| self.fault(column, fault)).ok(),
        }
    }

    /// A cell that may be empty.
    pub(crate) fn optional<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&'r str) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        self.or(column, None, |text| read(text).map(Some))
    }

    /// The kind of the row.
    pub(crate) fn read_kind(&mut self) -> Option<()> {
        let unknown = |text: &str| Fault::KindUnknown {
            found: Found::new(text),
        };
        let default = Kind::RECEIVED;
        self.kind = self.or(Column::Kind, default, |text| {
            tables::kind(text).ok_or_else(|| unknown(text))
        })?;
        if self.context.header.layout.takes(self.kind) {
            return Some(());
        }
        let found = self.kind;
        self.fault(Column::Kind, Fault::KindNotOfLayout { found });
        None
    }

    /// Notes every filled cell that rows of this kind do not have.
    pub(crate) fn forbid_others(&mut self) {
        let kind = self.kind;
        let allowed = crate::layout::columns_of(kind);
        for column in self.context.header.columns() {
            if !allowed.has(*column) && !self.is_empty(*column) {
                let found = Found::new(self.text(*column).unwrap_or_default());
                self.fault(*column, Fault::NotOfKind { kind, found });
            }
        }
    }

    pub(crate) fn person(&mut self, column: Column) -> Option<AccountId> {
        let persons = self.persons;
        self.required(column, |text| {
            if text.contains('*') {
                return Err(Fault::Masked);
            }
            if tidy::is_scientific(text) {
                return Err(Fault::Scientific);
            }
            Ok(persons.account(&SocialSecurityNumber::parse(text)?))
        })
    }

    /// The worker whom the row is about; none, too, where rows of its kind name nobody, or none has to be named.
    pub(crate) fn worker(&mut self) -> Option<AccountId> {
        match Worker::of(self.kind) {
            Worker::MayBeNamed if self.is_empty(Column::Person) => None,
            Worker::Named | Worker::MayBeNamed => self.person(Column::Person),
            Worker::Nobody => None,
        }
    }

    pub(crate) fn scheme(&mut self) -> Option<(Scheme<'static>, BaseRule)> {
        self.scheme_in(Column::Scheme)
    }

    /// The scheme of the row, where it has one that can be read; nothing is noted.
    pub(crate) fn scheme_if_any(&self) -> Option<Scheme<'static>> {
        let text = self.row.cell(self.context.header, Column::Scheme).ok()?;
        let text = self.context.codes.translate(Column::Scheme, text);
        if text.is_empty() {
            return None;
        }
        let (scheme, _) = cell_value::scheme(text, self.context.namespace).ok()?;
        Some(scheme)
    }

    pub(crate) fn scheme_in(&mut self, column: Column) -> Option<(Scheme<'static>, BaseRule)> {
        let namespace = self.context.namespace;
        self.required(column, |text| cell_value::scheme(text, namespace))
    }

    /// A scheme whose relation moves with the worker; one that stays is taken, with a warning.
    pub(crate) fn moving_scheme(&mut self) -> Option<(Scheme<'static>, BaseRule)> {
        let scheme = self.scheme()?;
        if tables::moves(scheme.0) == Moves::No {
            self.fault(
                Column::Scheme,
                Fault::SchemeStays {
                    found: scheme.0.to_string(),
                },
            );
        }
        Some(scheme)
    }

    /// The day on which something happened: a later one than today is taken, with a warning.
    pub(crate) fn past_day(&mut self, column: Column) -> Option<Day> {
        let day = self.required(column, cell_value::day)?;
        self.warn_of_day_ahead(column, day);
        Some(day)
    }

    /// Notes a day that is still to come.
    pub(crate) fn warn_of_day_ahead(&mut self, column: Column, found: Day) {
        if let Some(today) = self.context.today.filter(|today| *today < found) {
            self.fault(column, Fault::DayAhead { today, found });
        }
    }

    /// A place; one in no province is taken, with a warning.
    pub(crate) fn place(&mut self, column: Column) -> Option<Division> {
        let place = self.required(column, cell_value::division)?;
        if !cell_value::is_in_a_province(place) {
            self.fault(column, Fault::PlaceUnknown { found: place });
        }
        Some(place)
    }

    /// The place of a row that the region alone may state.
    pub(crate) fn own_place(&mut self, column: Column) -> Option<Division> {
        let place = self.required(column, cell_value::division)?;
        match self.context.region {
            Some(region) if !self.is_of(region, place) => {
                let found = place;
                self.fault(column, Fault::NoRight { region, found });
                None
            }
            _ => Some(place),
        }
    }

    /// Notes a step of a transfer between two places of other regions.
    pub(crate) fn need_own_side(&mut self, old: Division, new: Division) {
        if let Some(region) = self.context.region
            && !self.is_of(region, old)
            && !self.is_of(region, new)
        {
            let found = old;
            self.fault(Column::OldPlace, Fault::NoRight { region, found });
        }
    }

    /// Whether a place lies in a region, by its code of then or of now.
    fn is_of(&self, region: Division, place: Division) -> bool {
        let now = self.context.successors.get(&place);
        region.covers(place) || now.is_some_and(|now| region.covers(*now))
    }

    /// A place that may lie elsewhere, and seldom does: it is taken with a warning. What acts on another record has the right of that;
    /// months may be recognised that were worked elsewhere.
    pub(crate) fn place_elsewhere(&mut self, column: Column) -> Option<Division> {
        let place = self.place(column)?;
        self.warn_of_other_region(column, place);
        Some(place)
    }

    /// Notes a place of another region than the one whose chain the row goes to.
    pub(crate) fn warn_of_other_region(&mut self, column: Column, found: Division) {
        if let Some(region) = self.context.region
            && cell_value::is_in_a_province(found)
            && found.province() != region.province()
        {
            self.fault(column, Fault::OutsideRegion { region, found });
        }
    }

    /// The rate that the rules say.
    pub(crate) fn rate_in_force(&self, asked: &RateAsked) -> Option<Rate> {
        self.context.rates.find(asked)
    }

    /// The day of the import.
    pub(crate) const fn today(&self) -> Option<Day> {
        self.context.today
    }

    /// A code, or none.
    pub(crate) fn code(&mut self, column: Column) -> Option<Code<'r>> {
        self.warn_of_person(column);
        self.or(column, Code::NONE, cell_value::code)
    }

    /// Notes what could be an old number of a person in a cell that is hashed or stored as it stands.
    pub(crate) fn warn_of_person(&mut self, column: Column) {
        if self.text(column).is_some_and(cell_value::may_be_person) {
            self.fault(column, Fault::MayBePerson);
        }
    }

    /// What the file calls a column.
    pub(crate) fn name(&self, column: Column) -> String {
        self.context.header.name(column).to_owned()
    }

    /// A word of a table.
    pub(crate) fn word<T: Copy>(
        &mut self,
        column: Column,
        table: &'static [CodeRow],
        meanings: &[(&'static str, T)],
    ) -> Option<T> {
        self.required(column, |text| {
            let code = tables::code(table, text);
            let meant = meanings.iter().find(|(word, _)| Some(*word) == code);
            meant
                .map(|(_, meaning)| *meaning)
                .ok_or_else(|| Fault::WordUnknown {
                    expected: OneOf(meanings.iter().map(|(word, _)| (*word).into()).collect()),
                    found: Found::new(text),
                })
        })
    }

    /// A reason of AAE160, with a warning for others.
    pub(crate) fn reason_of_change(&mut self) -> Option<Code<'r>> {
        let reason = self.code(Column::Reason)?;
        if !reason.is_none() && tables::code(tables::reasons(), reason.as_str()).is_none() {
            self.fault(
                Column::Reason,
                Fault::ReasonUnknown {
                    found: Found::new(reason.as_str()),
                },
            );
        }
        Some(reason)
    }

    pub(crate) fn account_type(&mut self) -> Option<AccountType> {
        let unknown = |text: &str| Fault::AccountTypeUnknown {
            found: Found::new(text),
        };
        self.or(
            Column::AccountType,
            AccountType::General,
            |text| match tables::code(tables::account_types(), text) {
                Some("1") => Ok(AccountType::General),
                Some("2") => Ok(AccountType::Temporary),
                _ => Err(unknown(text)),
            },
        )
    }

    pub(crate) fn payer(&mut self) -> Option<Payer<'r>> {
        let named = !self.is_empty(Column::PayerId);
        let default = if named {
            PayerKind::Unit
        } else {
            PayerKind::Person
        };
        let kind = self.or(Column::PayerKind, default, payer_kind)?;
        let id = match kind {
            PayerKind::Person => {
                let found = Found::new(self.text(Column::PayerId)?);
                if named {
                    self.fault(Column::PayerId, Fault::PayerIdOfPerson { found });
                    return None;
                }
                Code::NONE
            }
            PayerKind::Unit => {
                self.warn_of_person(Column::PayerId);
                self.required(Column::PayerId, cell_value::unit)?
            }
            PayerKind::Platform => self.or(Column::PayerId, Code::NONE, cell_value::unit)?,
            PayerKind::Government | PayerKind::Fund => self.code(Column::PayerId)?,
        };
        Some(Payer { kind, id })
    }

    /// An amount with a sign that the kind allows; nothing is zero.
    pub(crate) fn amount(&mut self, column: Column, sign: Sign) -> Option<Fen> {
        let kind = self.kind;
        self.or(column, Fen::ZERO, |text| {
            let found = cell_value::amount(text)?;
            match sign {
                Sign::Positive if found < Fen::ZERO => Err(Fault::AmountNegative { kind, found }),
                Sign::Negative if found > Fen::ZERO => Err(Fault::AmountPositive { found }),
                _ => Ok(found),
            }
        })
    }

    /// Agency, system and serial.
    pub(crate) fn source(&mut self) -> Option<Source<'r>> {
        let agency = self.code(Column::Agency);
        // Codes of agencies begin with the six digits of their place.
        let of_agency = agency.and_then(|agency| Division::parse(agency.as_str().get(..6)?));
        if let Some(place) = of_agency {
            self.warn_of_other_region(Column::Agency, place);
        }
        let system = self.code(Column::System);
        self.warn_of_person(Column::Serial);
        let serial = self.required(Column::Serial, cell_value::code);
        Some(Source {
            agency: agency?,
            system: system?,
            serial: serial?,
        })
    }

    /// The record that the row is about, by its id or by the serial of an earlier row.
    pub(crate) fn target(
        &mut self,
        serials: &Serials<'_>,
        source: Option<Source<'r>>,
        account: Option<AccountId>,
    ) -> Option<Option<RecordId>> {
        let scheme = self.scheme_if_any();
        self.optional(Column::Target, |text| {
            if text.len() == HASH_DIGITS {
                return Ok(Some(RecordId(cell_value::hash(text)?)));
            }
            let serial = cell_value::code(text)?.as_str();
            // Without a readable agency and system there is nothing to look under.
            let Some(source) = source else {
                return Ok(None);
            };
            let key = BusinessKey {
                agency: source.agency.as_str(),
                system: source.system.as_str(),
                serial,
            };
            serials.target(&key, scheme, account).map(Some)
        })
        .map(Option::flatten)
    }
}

fn payer_kind(text: &str) -> Result<PayerKind, Fault> {
    match tables::code(tables::payer_kinds(), text) {
        Some("unit") => Ok(PayerKind::Unit),
        Some("person") => Ok(PayerKind::Person),
        Some("government") => Ok(PayerKind::Government),
        Some("platform") => Ok(PayerKind::Platform),
        Some("fund") => Ok(PayerKind::Fund),
        _ => Err(Fault::PayerKindUnknown {
            found: Found::new(text),
        }),
    }
}
