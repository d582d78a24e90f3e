//! Faults of an import in the language in force. The crate words them in English; `locales/faults.yml` has the Chinese
//! by code, with the fields of the fault as variables.

use super::{kind, said_name};
use crate::language::{self, Language};
use crate::text::t;
use std::{borrow::Cow, fmt::Display, io};
use yizhang_intake::{
    CODES_MAX, COLUMN_NAMES_MAX, CodeMap, CodeMapFault, Column, ColumnMapFault, Damage, Fault,
    FileFault, Found, HEADER_LINES_MAX, Held, OtherForm, RowFault, Share, UnknownColumn,
    WorkbookLimit,
};
use yizhang_ledger::person::NumberFault;

/// The variables of a text, by name.
type Variables = Vec<(&'static str, String)>;

/// A fault of a row, with its stable code.
pub fn row(fault: &RowFault) -> String {
    match language::current() {
        Language::En => fault.to_string(),
        Language::Zh if fault.name.is_empty() => t!(
            "fault.whole-row",
            line = fault.line,
            text = cell(&fault.fault),
            code = fault.fault.code()
        )
        .to_string(),
        Language::Zh => t!(
            "fault.row",
            line = fault.line,
            column = fault.name,
            text = cell(&fault.fault),
            code = fault.fault.code()
        )
        .to_string(),
    }
}

/// A fault of a file as a whole. It names sheets and columns as the file does.
pub fn file(fault: &FileFault) -> String {
    let text = match language::current() {
        Language::En => fault.to_string(),
        Language::Zh => fill(fault.code(), variables_of_file(fault)),
    };
    format!("{} [{}]", said_name(&text), fault.code())
}

/// A fault of a map of codes.
pub fn codes(fault: &CodeMapFault) -> String {
    use CodeMapFault as F;
    if language::current() == Language::En {
        return fault.to_string();
    }
    match fault {
        F::Column { column } => t!(
            "fault.codes-column",
            column = column,
            columns = CodeMap::columns()
        ),
        F::Target { column, from, to } => {
            t!("fault.codes-target", column = column, from = from, to = to)
        }
        F::Twice {
            column,
            from,
            to,
            other,
        } => {
            t!(
                "fault.codes-twice",
                column = column,
                from = from,
                to = to,
                other = other
            )
        }
        F::Empty { column } => t!("fault.codes-empty", column = column),
        F::TooMany { found } => t!("fault.codes-too-many", limit = CODES_MAX, found = found),
    }
    .to_string()
}

/// A file of codes that is no TOML, or none of tables of texts; `text` is the file.
pub fn codes_form(error: &toml::de::Error, text: &str) -> String {
    match language::current() {
        Language::En => error.to_string(),
        Language::Zh => t!("fault.codes-form", line = line_of(error, text)).to_string(),
    }
}

/// A fault of a map of columns.
pub fn columns(fault: &ColumnMapFault) -> String {
    use ColumnMapFault as F;
    if language::current() == Language::En {
        return fault.to_string();
    }
    match fault {
        F::Target { from, to, nearest } => t!(
            "fault.names-target",
            from = from,
            to = to,
            nearest = nearest.map_or_else(String::new, did_you_mean)
        ),
        F::Twice { from, to, other } => t!(
            "fault.names-twice",
            from = from,
            to = column(*to),
            other = column(*other)
        ),
        F::SameTarget { first, second, to } => t!(
            "fault.names-same-target",
            first = first,
            second = second,
            to = column(*to)
        ),
        F::Empty => t!("fault.names-empty"),
        F::TooMany { found } => t!(
            "fault.names-too-many",
            limit = COLUMN_NAMES_MAX,
            found = found
        ),
    }
    .to_string()
}

/// A file of names of columns that is no TOML, or none of texts; `text` is the file.
pub fn columns_form(error: &toml::de::Error, text: &str) -> String {
    match language::current() {
        Language::En => error.to_string(),
        Language::Zh => t!("fault.names-form", line = line_of(error, text)).to_string(),
    }
}

/// The line of a file of TOML that is wrong, from 1.
fn line_of(error: &toml::de::Error, text: &str) -> usize {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        // A fault of the whole file is shown at its first line.
        .unwrap_or_default();
    before.split('\n').count()
}

/// What a column is called in the language in force.
pub fn column(column: Column) -> &'static str {
    match language::current() {
        Language::En => column.english(),
        Language::Zh => column.chinese(),
    }
}

/// A fault of a social-security number.
pub fn number(fault: NumberFault) -> String {
    match language::current() {
        Language::En => fault.to_string(),
        Language::Zh => cell(&fault.into()),
    }
}

/// What is wrong with one value, without its place.
pub fn value(fault: &Fault) -> String {
    match language::current() {
        Language::En => fault.to_string(),
        Language::Zh => cell(fault),
    }
}

fn cell(fault: &Fault) -> String {
    fill(fault.code(), variables(fault))
}

/// The text of a code with its variables in place.
fn fill(code: &str, variables: Variables) -> String {
    let (names, values): (Vec<_>, Vec<_>) = variables.into_iter().unzip();
    let key = format!("fault.{code}");
    rust_i18n::replace_patterns(&t!(&key), &names, &values)
}

/// The fields of a fault, as its text names them.
fn variables(fault: &Fault) -> Variables {
    let fields = fault.fields().into_iter();
    fields
        .map(|(name, held)| {
            let text = match held {
                Held::Found(found) => shown(found).into_owned(),
                Held::Kind(kind) => kind::word(kind),
                Held::Share(share) => rate_of(share).into_owned(),
                Held::OneOf(several) => several.join(&t!("fault.or")),
                Held::Text(text) => text,
            };
            (name, text)
        })
        .collect()
}

/// The fields of a fault of a file, as its text names them.
fn variables_of_file(fault: &FileFault) -> Variables {
    use FileFault as F;
    match fault {
        F::Io { source, .. } => of([("source", &cause(source))]),
        F::Empty | F::NoFile | F::WorkbookLocked | F::NoWorkbook => Variables::new(),
        F::WorkbookBroken { damage } => of([("damage", &damage_of(*damage))]),
        F::WorkbookLimit { limit } => of([("limit", &limited(*limit)), ("most", &limit.most())]),
        F::SheetsSeveral { sheets } => of([("sheets", &list(sheets.iter().cloned()))]),
        F::SheetUnknown { sheet, sheets } => {
            of([("sheet", sheet), ("sheets", &list(sheets.iter().cloned()))])
        }
        F::OtherForm { form } => of([("form", &other_form(*form))]),
        F::HeaderMissing { cells } => of([("cells", cells), ("limit", &HEADER_LINES_MAX)]),
        F::LinesLost { count } => of([("all", &count.all), ("accounted", &count.accounted())]),
        F::ColumnsUnknown { columns } => of([("columns", &list(columns.iter().map(unknown)))]),
        F::ColumnTwice {
            column,
            positions: [first, second],
        } => of([
            ("column", &column.chinese()),
            ("first", first),
            ("second", second),
        ]),
        F::ColumnsMissing { columns } | F::LayoutsMixed { columns } => {
            of([("columns", &names(columns))])
        }
        F::RowTooLong { line, limit } => of([("line", line), ("limit", limit)]),
        F::TooManyRows { limit } | F::TooManyTargets { limit } => of([("limit", limit)]),
        F::RowFaulty { line } => of([("line", line)]),
        F::Pseudonyms(reason) => of([("reason", reason)]),
    }
}

fn of<const N: usize>(variables: [(&'static str, &dyn Display); N]) -> Variables {
    variables
        .map(|(name, value)| (name, value.to_string()))
        .into()
}

/// What stood in a cell, as far as it may be shown.
pub fn shown(found: &Found) -> Cow<'_, str> {
    match found {
        Found::Nothing => t!("fault.nothing"),
        Found::Figure(text) => text.into(),
        Found::Hidden { characters } => t!("fault.hidden", characters = characters),
    }
}

/// What a file is that holds no rows.
fn other_form(form: OtherForm) -> Cow<'static, str> {
    match form {
        OtherForm::Packed => t!("fault.form-packed"),
        OtherForm::OldDocument => t!("fault.form-old-document"),
        OtherForm::Page => t!("fault.form-page"),
        OtherForm::Pdf => t!("fault.form-pdf"),
        OtherForm::Compressed => t!("fault.form-compressed"),
        OtherForm::JsonList => t!("fault.form-json-list"),
    }
}

/// What of a workbook is damaged.
fn damage_of(damage: Damage) -> Cow<'static, str> {
    match damage {
        Damage::Packing => t!("fault.damage-packing"),
        Damage::Sheet => t!("fault.damage-sheet"),
    }
}

/// What a workbook has too much of.
fn limited(limit: WorkbookLimit) -> Cow<'static, str> {
    match limit {
        WorkbookLimit::Bytes => t!("fault.limit-bytes"),
        WorkbookLimit::Parts => t!("fault.limit-parts"),
        WorkbookLimit::PartBytes => t!("fault.limit-part-bytes"),
        WorkbookLimit::UnpackedBytes => t!("fault.limit-unpacked-bytes"),
        WorkbookLimit::Sheets => t!("fault.limit-sheets"),
        WorkbookLimit::Rows => t!("fault.limit-rows"),
        WorkbookLimit::Columns => t!("fault.limit-columns"),
        WorkbookLimit::OldFormCells => t!("fault.limit-old-form-cells"),
        WorkbookLimit::TextBytes => t!("fault.limit-text-bytes"),
    }
}

fn rate_of(share: Share) -> Cow<'static, str> {
    match share {
        Share::Unit => t!("fault.share-unit"),
        Share::Person => t!("fault.share-person"),
    }
}

/// Why a file could not be read or written; what is rare stays in the words of the system.
pub fn cause(error: &io::Error) -> Cow<'static, str> {
    match error.kind() {
        io::ErrorKind::NotFound => t!("fault.io-not-found"),
        io::ErrorKind::PermissionDenied => t!("fault.io-denied"),
        io::ErrorKind::IsADirectory => t!("fault.io-directory"),
        io::ErrorKind::InvalidInput => t!("fault.io-no-file"),
        io::ErrorKind::StorageFull => t!("fault.io-full"),
        _ => error.to_string().into(),
    }
}

fn unknown(column: &UnknownColumn) -> String {
    let position = column.position;
    let named = if let Some(name) = &column.name {
        t!("fault.column-named", name = name, position = position)
    } else {
        t!("fault.column-at", position = position)
    };
    match column.nearest {
        Some(nearest) => format!("{named}{}", did_you_mean(nearest)),
        None => named.to_string(),
    }
}

fn did_you_mean(nearest: &str) -> String {
    t!("fault.column-nearest", name = nearest).to_string()
}

fn names(columns: &[Column]) -> String {
    list(
        columns
            .iter()
            .map(|column| format!("{} ({})", column.chinese(), column.english())),
    )
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(t!("fault.comma").as_ref())
}
