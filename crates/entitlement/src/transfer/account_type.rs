//! Which type of account the old place holds, as records say (C34).

use crate::{
    account::Standing,
    transfer::{
        family_records::FamilyRecords,
        holdings::Holdings,
        places::{OldPlace, RowMonth, is_within, months_of},
        view::Cut,
    },
};
use std::collections::BTreeSet;
use yizhang_ledger::{
    entry::Kind,
    record::{AccountType, Record},
};

/// What records say of the account's type, and which.
pub(crate) struct AccountTypes {
    pub(crate) types: BTreeSet<AccountType>,
    pub(crate) said_by: Vec<usize>,
}

impl AccountTypes {
    /// Whether they say that it is a temporary one, and nothing else.
    pub(crate) fn is_temporary(&self) -> bool {
        self.types.iter().eq([&AccountType::Temporary])
    }
}

/// The account type at the old place: by the last enrolment there (C34), else by the contributions. The records speak for
/// both types if contributions do not agree, and for none if there are none.
pub(crate) fn account_types(
    records: FamilyRecords<'_, '_>,
    old: OldPlace<'_>,
    holdings: &Holdings,
    cut: Cut,
) -> AccountTypes {
    let last = cut.on.in_month();
    let enrolments = records.all().filter_map(|(at, held)| {
        let Record::Participation(Kind::ENROL, fields) = &held.fact.record else {
            return None;
        };
        let here = is_within(records, old.names, fields.place);
        let begun = last.is_none_or(|last| fields.from <= last);
        let order = (fields.from, held.fact.index, held.fact.region, at);
        (held.standing == Standing::Held && here && begun).then_some((
            order,
            fields.account_type,
            at,
        ))
    });
    if let Some((_, account_type, at)) = enrolments.max_by_key(|(order, _, _)| *order) {
        return AccountTypes {
            types: BTreeSet::from([account_type]),
            said_by: vec![at],
        };
    }
    // A temporary account that has been gathered is part of the general one (国办发〔2009〕66号 art. 5).
    let of = |at: &usize| {
        let (_, fields) = records.set.get(*at)?.money()?;
        let is_gathered = months_of(records.set, *at).into_iter().any(|month| {
            let row = RowMonth { at: *at, month };
            old.moves.moved(row, cut.on).is_some()
        });
        Some(if is_gathered {
            AccountType::General
        } else {
            fields.account_type
        })
    };
    let said_by = |at: &usize| of(at).is_some();
    AccountTypes {
        types: holdings.records.keys().filter_map(of).collect(),
        said_by: holdings.records.keys().copied().filter(said_by).collect(),
    }
}
