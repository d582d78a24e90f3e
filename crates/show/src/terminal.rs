//! Tables and pages on a terminal.

use super::{
    page::{Block, Part},
    print_lines, printable, printable_lines,
};
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use std::borrow::Cow;

/// An empty table with a header in the house style.
pub(crate) fn table<'a>(header: impl IntoIterator<Item = std::borrow::Cow<'a, str>>) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.into_iter().map(|text| text.to_string()));
    table
}

/// An empty table without a header.
pub(crate) fn bare_table() -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Prints parts on the terminal.
pub(crate) fn print(parts: &[Part]) {
    for (at, part) in parts.iter().enumerate() {
        if let Some(title) = &part.title {
            if at > 0 {
                println!();
            }
            println!("{}", printable(title));
        }
        part.blocks
            .iter()
            .filter(|block| !block.is_empty())
            .for_each(print_block);
    }
}

fn print_block(block: &Block) {
    match block {
        Block::Pairs(pairs) => {
            let mut rows = bare_table();
            rows.add_rows(
                pairs
                    .iter()
                    .map(|(name, value)| [printable_lines(name), printable_lines(value)]),
            );
            println!("{rows}");
        }
        Block::Table(header, rows) => {
            let mut shown = table(header.iter().map(|cell| Cow::from(cell.as_str())));
            shown.add_rows(
                rows.iter()
                    .map(|row| row.iter().map(|text| printable_lines(text))),
            );
            println!("{shown}");
        }
        Block::Lines(lines) | Block::Notes(lines) => print_lines(lines, 0),
        Block::Picture(_) => {}
    }
}
