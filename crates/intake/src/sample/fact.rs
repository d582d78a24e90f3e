//! What one sample row says, before it has a language.

use crate::Column;
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Fen, Month, Rate},
};

/// The cells of a row as values; what is `None` or empty is an empty cell.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) kind: Kind,
    pub(crate) scheme: &'static str,
    pub(crate) period: Option<Month>,
    pub(crate) year: Option<u16>,
    pub(crate) received: Option<Day>,
    pub(crate) place: Option<u32>,
    /// The unit's code, or that the person pays.
    pub(crate) payer: Option<Payer>,
    pub(crate) nature: Option<u16>,
    pub(crate) base: Option<Fen>,
    pub(crate) unit_rate: Option<Rate>,
    pub(crate) person_rate: Option<Rate>,
    pub(crate) due_unit: Option<Fen>,
    pub(crate) due_person: Option<Fen>,
    pub(crate) paid_unit: Option<Fen>,
    pub(crate) paid_person: Option<Fen>,
    pub(crate) credited_person: Option<Fen>,
    pub(crate) late_fee: Option<Fen>,
    pub(crate) subsidy_county: Option<Fen>,
    pub(crate) full: Option<bool>,
    pub(crate) from: Option<Month>,
    pub(crate) reason: &'static str,
    pub(crate) interest_rate: Option<Rate>,
    pub(crate) interest: Option<Fen>,
    pub(crate) posted: Option<Day>,
    /// Serial number of the row that this one is about.
    pub(crate) target: Option<u64>,
}

/// Who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payer {
    Unit(String),
    Person,
}

impl Fact {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            scheme: "",
            period: None,
            year: None,
            received: None,
            place: None,
            payer: None,
            nature: None,
            base: None,
            unit_rate: None,
            person_rate: None,
            due_unit: None,
            due_person: None,
            paid_unit: None,
            paid_person: None,
            credited_person: None,
            late_fee: None,
            subsidy_county: None,
            full: None,
            from: None,
            reason: "",
            interest_rate: None,
            interest: None,
            posted: None,
            target: None,
        }
    }
}

/// The columns of sample files, in order.
pub(crate) const COLUMNS: &[Column] = &[
    Column::Kind,
    Column::Agency,
    Column::System,
    Column::Serial,
    Column::Person,
    Column::Scheme,
    Column::Period,
    Column::Year,
    Column::Received,
    Column::Place,
    Column::PayerKind,
    Column::PayerId,
    Column::Nature,
    Column::Base,
    Column::UnitRate,
    Column::PersonRate,
    Column::DueUnit,
    Column::DuePerson,
    Column::PaidUnit,
    Column::PaidPerson,
    Column::CreditedPerson,
    Column::LateFee,
    Column::SubsidyCounty,
    Column::Full,
    Column::From,
    Column::Reason,
    Column::InterestRate,
    Column::InterestPerson,
    Column::Posted,
    Column::Target,
];
