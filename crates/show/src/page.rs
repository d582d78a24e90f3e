//! A page in parts, described once: for the terminal here, for HTML and paper in `html`.

use super::{bare_table, print_lines, printable, printable_lines, table};
use std::borrow::Cow;

/// A part of a page.
pub(crate) struct Part {
    /// Its heading; none for what belongs to the part before.
    pub(crate) title: Option<String>,
    pub(crate) blocks: Vec<Block>,
}

/// What a part is made of. Nothing empty is shown.
pub(crate) enum Block {
    /// Names and values.
    Pairs(Vec<(String, String)>),
    /// A header and rows as long as it.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Lines. What belongs to the line before begins with two blanks.
    Lines(Vec<String>),
    /// Small print.
    Notes(Vec<String>),
    /// The months of a family, by its name, as a picture: only where there are colours.
    Picture(String),
}

impl Part {
    /// A part, unless nothing is in it.
    pub(crate) fn titled(title: impl Into<String>, blocks: Vec<Block>) -> Option<Self> {
        Some(Self {
            title: Some(title.into()),
            blocks,
        })
        .filter(|part| !part.blocks.iter().all(Block::is_empty))
    }
}

impl Block {
    pub(crate) const fn is_empty(&self) -> bool {
        match self {
            Self::Pairs(pairs) => pairs.is_empty(),
            Self::Table(_, rows) => rows.is_empty(),
            Self::Lines(lines) | Self::Notes(lines) => lines.is_empty(),
            Self::Picture(_) => false,
        }
    }
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
