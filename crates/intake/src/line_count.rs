//! Where every line of a file went: none is read and not counted.

/// The lines of a file by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCount {
    /// All lines, as the reader of lines counted them.
    pub all: u64,
    /// Lines above the header: a title, a date, a blank.
    pub titles: u64,
    /// Lines of the header.
    pub header: u64,
    /// Lines on which a row begins, valid or faulty.
    pub rows: u64,
    /// Further lines of rows with line ends inside a quoted cell.
    pub continued: u64,
    /// Lines with nothing in any cell.
    pub blank: u64,
    /// Lines that repeat the header.
    pub headers_again: u64,
    /// Lines of totals, such as 合计, that name no person.
    pub totals: u64,
    /// Lines that say who made or checked a print, or what it means, and name no person and no serial.
    pub footers: u64,
}

impl LineCount {
    /// Lines that are no part of a row and say something all the same.
    pub const fn skipped(&self) -> u64 {
        self.titles + self.headers_again + self.totals + self.footers
    }

    /// Lines that were counted as something.
    pub const fn accounted(&self) -> u64 {
        self.header + self.rows + self.continued + self.blank + self.skipped()
    }

    /// Whether every line was counted as something.
    pub const fn adds_up(&self) -> bool {
        self.accounted() == self.all
    }
}
