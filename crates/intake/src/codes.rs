//! Codes of an agency's own system and the ones that they stand for here: data of the operator, a map for each column.

use crate::{
    cell_value::{self, benefit_item},
    column::Column,
    fault::Fault,
    tables::{self, CodeRow},
};
use std::{borrow::Cow, collections::BTreeMap};

/// Most codes of a map, over all columns.
pub const CODES_MAX: usize = 10_000;

/// Columns that hold codes of a table.
const CODED: &[Column] = &[
    Column::Kind,
    Column::Scheme,
    Column::Into,
    Column::PayerKind,
    Column::Nature,
    Column::Full,
    Column::TaxStatus,
    Column::AccountType,
    Column::Reason,
    Column::Item,
    Column::Ground,
    Column::Class,
    Column::Trade,
    Column::Mode,
    Column::Reporter,
    Column::Step,
    Column::Way,
    Column::Ending,
];

/// What the codes of a system stand for. Capital or small letters do not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeMap(BTreeMap<Column, BTreeMap<String, String>>);

/// What is wrong with a map of codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeMapFault {
    /// No column of codes.
    #[error("{column}: expected one of {}", CodeMap::columns())]
    Column {
        /// What stands there.
        column: String,
    },
    /// The code that it should stand for is not one of the column's table.
    #[error("{column}: {from} stands for {to}, which the column does not take")]
    Target {
        /// Column.
        column: &'static str,
        /// The system's code.
        from: String,
        /// What it should stand for.
        to: String,
    },
    /// A code stands for two things.
    #[error("{column}: {from} stands for {to} and for {other}")]
    Twice {
        /// Column.
        column: &'static str,
        /// The system's code.
        from: String,
        /// What it should stand for.
        to: String,
        /// What it stands for already.
        other: String,
    },
    /// A code of nothing.
    #[error("{column}: expected a code before the equals sign, found nothing")]
    Empty {
        /// Column.
        column: &'static str,
    },
    /// Too many codes.
    #[error("expected at most {CODES_MAX} codes, found {found}")]
    TooMany {
        /// How many.
        found: usize,
    },
}

impl CodeMap {
    /// A map of these: column, code of the system, code here. Blanks around codes do not matter.
    ///
    /// # Errors
    /// [`CodeMapFault`], the first that is found.
    pub fn new<'t>(
        codes: impl IntoIterator<Item = (&'t str, &'t str, &'t str)>,
    ) -> Result<Self, CodeMapFault> {
        let mut map: BTreeMap<Column, BTreeMap<String, String>> = BTreeMap::new();
        let mut found = 0;
        for (name, from, to) in codes {
            found += 1;
            let column = Column::find(name).filter(|column| CODED.contains(column));
            let column = column.ok_or_else(|| CodeMapFault::Column {
                column: name.to_owned(),
            })?;
            let (from, to) = (from.trim(), to.trim());
            if from.is_empty() {
                return Err(CodeMapFault::Empty {
                    column: column.english(),
                });
            }
            if !takes(column, to) {
                let (from, to) = (from.to_owned(), to.to_owned());
                return Err(CodeMapFault::Target {
                    column: column.english(),
                    from,
                    to,
                });
            }
            match map
                .entry(column)
                .or_default()
                .insert(from.to_ascii_lowercase(), to.to_owned())
            {
                Some(other) if other != to => {
                    let (from, to) = (from.to_owned(), to.to_owned());
                    return Err(CodeMapFault::Twice {
                        column: column.english(),
                        from,
                        to,
                        other,
                    });
                }
                _ => {}
            }
        }
        if found > CODES_MAX {
            return Err(CodeMapFault::TooMany { found });
        }
        Ok(Self(map))
    }

    /// What a cell stands for: itself, where the map says nothing.
    pub(crate) fn translate<'t>(&'t self, column: Column, text: &'t str) -> &'t str {
        let Some(codes) = self.0.get(&column) else {
            return text;
        };
        let has_capitals = text.bytes().any(|byte| byte.is_ascii_uppercase());
        let key = if has_capitals {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
        codes.get(key.as_ref()).map_or(text, String::as_str)
    }

    /// The columns that a map may have, by their English names.
    pub fn columns() -> String {
        CODED
            .iter()
            .map(|column| column.english())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Whether a column takes a code.
fn takes(column: Column, text: &str) -> bool {
    let of = |table: &[CodeRow]| tables::code(table, text).is_some();
    match column {
        Column::Kind => tables::kind(text).is_some(),
        // Which of two schemes a bare code is, the rows' namespace says.
        Column::Scheme | Column::Into => !matches!(
            cell_value::scheme(text, None),
            Err(Fault::SchemeUnknown { .. })
        ),
        Column::PayerKind => of(tables::payer_kinds()),
        Column::Nature => tables::natures()
            .iter()
            .any(|row| row.code.to_string() == text || row.name == text),
        Column::Full => of(tables::flags()),
        Column::TaxStatus => of(tables::tax_statuses()),
        Column::AccountType => of(tables::account_types()),
        // Rows name reasons by code alone, so that a word would be refused in each of them.
        Column::Reason => {
            let all = tables::reasons()
                .iter()
                .chain(tables::back_payment_documents());
            all.map(|row| row.code)
                .any(|code| code.eq_ignore_ascii_case(text))
        }
        // Items are those of the place; only some are in our table.
        Column::Item => benefit_item(text).is_ok(),
        Column::Ground => of(tables::birth_grounds()),
        Column::Class => of(tables::classes()),
        Column::Trade => of(tables::trades()),
        Column::Mode => of(tables::modes()),
        Column::Reporter => of(tables::reporters()),
        Column::Step => of(tables::injury_steps()),
        Column::Way => of(tables::fund_moves()),
        Column::Ending => of(tables::endings()),
        _ => false,
    }
}
