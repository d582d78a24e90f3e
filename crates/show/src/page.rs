//! A page in parts, described once: shown by `terminal`, and for HTML and paper by `html`.

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
