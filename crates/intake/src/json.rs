//! One line of JSON Lines to cells: a flat object whose keys are names of columns.

use crate::{column::Column, column_map::ColumnMap, fault::Fault};
use csv::ByteRecord;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{collections::HashMap, fmt, sync::LazyLock};

/// Cells by column, kept from line to line for their memory.
pub(crate) struct Scratch {
    cells: Vec<String>,
    filled: Vec<bool>,
    fault: Option<(Option<Column>, Fault)>,
    columns: ColumnMap,
}

impl Scratch {
    /// For lines whose keys are these names, or ours.
    pub(crate) fn new(columns: ColumnMap) -> Self {
        Self {
            cells: vec![String::new(); Column::COUNT],
            filled: vec![false; Column::COUNT],
            fault: None,
            columns,
        }
    }
}

/// Reads `line` and fills `cells`, one for every column in order. Numbers are taken as they are written, never as
/// floats.
pub(crate) fn read(
    line: &str,
    scratch: &mut Scratch,
    cells: &mut ByteRecord,
) -> Result<(), (Option<Column>, Fault)> {
    scratch.cells.iter_mut().for_each(String::clear);
    scratch.filled.fill(false);
    scratch.fault = None;
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let read = deserializer
        .deserialize_map(ObjectVisitor { scratch })
        .and_then(|()| deserializer.end());
    if let Some(fault) = scratch.fault.take() {
        return Err(fault);
    }
    read.map_err(|error| {
        (
            None,
            Fault::Json {
                at: error.column().max(1),
            },
        )
    })?;
    scratch
        .cells
        .iter()
        .for_each(|cell| cells.push_field(cell.as_bytes()));
    Ok(())
}

struct ObjectVisitor<'s> {
    scratch: &'s mut Scratch,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let scratch = self.scratch;
        let mut number = 0;
        while let Some(column) = map.next_key_seed(Key(&scratch.columns))? {
            number += 1;
            let value: &RawValue = map.next_value()?;
            let Some(column) = column else {
                scratch
                    .fault
                    .get_or_insert((None, Fault::KeyUnknown { number }));
                continue;
            };
            let at = column.position();
            if let (Some(cell), Some(filled)) =
                (scratch.cells.get_mut(at), scratch.filled.get_mut(at))
            {
                if std::mem::replace(filled, true) {
                    scratch.fault.get_or_insert((Some(column), Fault::KeyTwice));
                }
                read_value(value.get(), cell)
                    .ok_or_else(|| A::Error::custom("a text or number was expected"))?;
            }
        }
        Ok(())
    }
}

/// Texts without their quotes, numbers as written, yes as 1, no as 0, null as nothing.
fn read_value(json: &str, cell: &mut String) -> Option<()> {
    match json {
        "null" => {}
        "true" => cell.push('1'),
        "false" => cell.push('0'),
        _ => match json
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(text) if !text.contains('\\') => cell.push_str(text),
            Some(_) => *cell = serde_json::from_str(json).ok()?,
            None if json.starts_with(['{', '[']) => return None,
            None => cell.push_str(json),
        },
    }
    Some(())
}

struct Key<'m>(&'m ColumnMap);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<Column>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<Column>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a column")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        // Searching all aliases for every key of every line would cost more than everything else.
        static NAMES: LazyLock<HashMap<&str, Column>> = LazyLock::new(|| {
            Column::ALL
                .iter()
                .map(|column| (column.english(), *column))
                .collect()
        });
        if let Some(column) = self.0.renamed(name) {
            return Ok(Some(column));
        }
        Ok(NAMES.get(name).copied().or_else(|| Column::find(name)))
    }
}
