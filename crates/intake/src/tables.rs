//! Code tables: data files inside the program, read once. A code that the law adds is a line in a file.

use std::sync::LazyLock;
use yizhang_ledger::{
    entry::Kind,
    value::{Namespace, Scheme},
};

/// Whether a contribution to a scheme has a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseRule {
    /// Always.
    Required,
    /// Paid by tier or as a fixed amount in some places.
    Optional,
}

/// Whether the relation of a scheme moves with the worker (社会保险法, 社会保险经办条例).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// It does, and its months add up.
    Yes,
    /// It does not: one enrols anew at the new place, and no months add up (条例 art. 15).
    No,
    /// By local rules, or by rules of its own.
    Unsaid,
}

/// A scheme that rows may name.
#[derive(Clone, Debug)]
pub struct SchemeRow {
    /// The scheme.
    pub scheme: Scheme<'static>,
    /// Whether it has a base.
    pub base: BaseRule,
    /// Whether its relation moves with the worker.
    pub moves: Moves,
    /// Chinese names.
    pub names: Vec<&'static str>,
}

/// A type of contribution (AAA115).
#[derive(Clone, Debug)]
pub struct NatureRow {
    /// The code.
    pub code: u16,
    /// Kinds of record that may have it.
    pub kinds: Vec<Kind>,
    /// Chinese name.
    pub name: &'static str,
}

/// A code and the words that stand for it.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// The code.
    pub code: &'static str,
    /// Words, the usual one first.
    pub names: Vec<&'static str>,
}

/// A kind of record.
#[derive(Clone, Debug)]
pub struct KindRow {
    /// The kind.
    pub kind: Kind,
    /// Its word and the Chinese ones that rows name it by.
    pub row: CodeRow,
}

impl CodeRow {
    fn is(&self, text: &str) -> bool {
        self.code.eq_ignore_ascii_case(text)
            || self
                .names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(text))
    }
}

/// Every scheme.
pub fn schemes() -> &'static [SchemeRow] {
    static TABLE: LazyLock<Vec<SchemeRow>> = LazyLock::new(|| {
        let read = |[namespace, code, base, moves, names]: [&'static str; 5]| {
            let (_, namespace) = Namespace::ALL
                .into_iter()
                .find(|(prefix, _)| *prefix == namespace)?;
            let code = yizhang_ledger::value::Code::new(code)?;
            let base = if base == "required" {
                BaseRule::Required
            } else {
                BaseRule::Optional
            };
            let moves = match moves {
                "yes" => Moves::Yes,
                "no" => Moves::No,
                _ => Moves::Unsaid,
            };
            Some(SchemeRow {
                scheme: Scheme { namespace, code },
                base,
                moves,
                names: words(names),
            })
        };
        lines(include_str!("data/schemes.csv"))
            .filter_map(read)
            .collect()
    });
    &TABLE
}

/// Whether the relation of a scheme moves with the worker.
pub fn moves(scheme: Scheme<'_>) -> Moves {
    schemes()
        .iter()
        .find(|row| row.scheme == scheme)
        .map_or(Moves::Unsaid, |row| row.moves)
}

/// Every type of contribution.
pub fn natures() -> &'static [NatureRow] {
    static TABLE: LazyLock<Vec<NatureRow>> = LazyLock::new(|| {
        let read = |[code, kinds, name]: [&'static str; 3]| {
            let kinds = words(kinds).into_iter().filter_map(kind_named).collect();
            Some(NatureRow {
                code: code.parse().ok()?,
                kinds,
                name,
            })
        };
        lines(include_str!("data/natures.csv"))
            .filter_map(read)
            .collect()
    });
    &TABLE
}

/// Every kind of record that rows may state, by its English name, with its Chinese names.
pub fn kinds() -> &'static [KindRow] {
    static TABLE: LazyLock<Vec<KindRow>> = LazyLock::new(|| {
        let read = |[code, names]: [&'static str; 2]| {
            Some(KindRow {
                kind: kind_named(code)?,
                row: CodeRow {
                    code,
                    names: words(names),
                },
            })
        };
        lines(include_str!("data/kinds.csv"))
            .filter_map(read)
            .collect()
    });
    &TABLE
}

/// The kind that a cell names.
pub(crate) fn kind(text: &str) -> Option<Kind> {
    kinds()
        .iter()
        .find(|known| known.row.is(text))
        .map(|known| known.kind)
}

macro_rules! code_table {
    ($(#[$doc:meta] $table:ident = $file:literal;)*) => {
        $(#[$doc]
        pub fn $table() -> &'static [CodeRow] {
            static TABLE: LazyLock<Vec<CodeRow>> = LazyLock::new(|| {
                lines(include_str!($file)).map(|[code, names]| CodeRow { code, names: words(names) }).collect()
            });
            &TABLE
        })*
    };
}

code_table! {
    /// Who pays.
    payer_kinds = "data/payer_kinds.csv";
    /// Types of account (AAE473).
    account_types = "data/account_types.csv";
    /// Yes and no (AAE078).
    flags = "data/flags.csv";
    /// Where the money is, as the tax office says; of one city, others map theirs.
    tax_statuses = "data/tax_statuses.csv";
    /// Items of benefits (AAA036) that have a word.
    benefit_items = "data/benefit_items.csv";
    /// Classes of retirement.
    classes = "data/classes.csv";
    /// What a month of birth rests on.
    birth_grounds = "data/birth_grounds.csv";
    /// Documents on which back-payments of three years or more may move, as reasons of a closing (人社厅发〔2019〕94号).
    back_payment_documents = "data/back_payment_documents.csv";
    /// Kinds of business of platforms (人社部发〔2021〕110号).
    trades = "data/trades.csv";
    /// How workers of platforms move.
    modes = "data/modes.csv";
    /// Who reports an injury.
    reporters = "data/reporters.csv";
    /// Steps with an injury (工伤保险条例 art. 18 to 20).
    injury_steps = "data/injury_steps.csv";
    /// Which way money of the special fund moves.
    fund_moves = "data/fund_moves.csv";
    /// How a warning ends.
    endings = "data/endings.csv";
    /// Reasons for a change of participation (AAE160).
    reasons = "data/reasons.csv";
}

/// The code of a table that a cell names, by code or word.
pub(crate) fn code(table: &[CodeRow], text: &str) -> Option<&'static str> {
    table.iter().find(|row| row.is(text)).map(|row| row.code)
}

fn kind_named(name: &str) -> Option<Kind> {
    Kind::NAMED
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(kind, _)| *kind)
}

/// The lines of an embedded file behind its header, each with exactly `N` cells; the cells have no commas of their own.
pub(crate) fn lines<const N: usize>(file: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    file.lines()
        .skip(1)
        .filter_map(|line| line.split(',').collect::<Vec<_>>().try_into().ok())
}

fn words(cell: &'static str) -> Vec<&'static str> {
    cell.split('|').filter(|word| !word.is_empty()).collect()
}
