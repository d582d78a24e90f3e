//! A file to be taken in: checked as a whole first, then read again row by row.

use crate::{
    cell_checks::CellChecks,
    codes::CodeMap,
    column::Column,
    column_map::ColumnMap,
    detect,
    encoding::Encoding,
    error_file::{ErrorFile, ErrorWriter},
    fault::{RowFault, Severity},
    file_fault::FileFault,
    header::{ColumnReport, Header},
    layout::Layout,
    line_count::LineCount,
    pseudonyms::{Block, Persons, Pseudonyms},
    rates::RateTable,
    raw_row::RawRow,
    row::{FaultyRow, ParsedRow, Row, understand},
    row_cells::Context,
    row_reader::{self, RowReader},
    sample_rows::SampledRows,
    serials::{Serials, Survey},
    source::{Format, ReadOptions, Source},
    workbook::{self, SheetChoice},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division, Namespace},
};

/// Rows between two reports of progress: some milliseconds of work.
const PROGRESS_ROWS: u64 = 4_096;
/// Faults that a summary keeps to show; all are in the error file.
pub const FAULTS_SHOWN_MAX: usize = 100;

/// A file whose header is understood and whose serials are surveyed.
#[derive(Debug)]
pub struct Intake {
    source: Source,
    format: Format,
    encoding: Encoding,
    /// Of a workbook.
    sheet: Option<SheetChoice>,
    namespace: Option<Namespace>,
    codes: CodeMap,
    columns: ColumnMap,
    rates: RateTable,
    today: Option<Day>,
    region: Option<Division>,
    successors: BTreeMap<Division, Division>,
    header: Header,
    survey: Survey,
}

/// How far a pass has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows read.
    pub rows: u64,
    /// Bytes of the file read.
    pub bytes: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
}

/// What the rows of one kind add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindTotal {
    /// Valid rows, duplicates included.
    pub rows: u64,
    /// Due, in fen, without duplicates.
    pub due_fen: i128,
    /// Paid, credited, moved or granted, in fen, without duplicates.
    pub paid_fen: i128,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Where every line of the file went.
    pub lines: LineCount,
    /// Rows that are not blank.
    pub rows: u64,
    /// Rows that state a record, duplicates included.
    pub valid: u64,
    /// Rows that do not.
    pub faulty: u64,
    /// Valid rows that stood in the file before.
    pub duplicates: u64,
    /// Valid rows with a warning.
    pub warned: u64,
    /// Totals of the valid rows.
    pub kinds: BTreeMap<Kind, KindTotal>,
    /// How often each [`crate::Fault::code`] was found.
    pub codes: BTreeMap<&'static str, u64>,
    /// The first errors, and where there is room the first warnings, at most [`FAULTS_SHOWN_MAX`].
    pub first_faults: Vec<RowFault>,
    /// Some of the valid rows.
    pub sample: SampledRows,
}

impl Intake {
    /// Understands the header and reads the file once for its serials.
    ///
    /// # Errors
    /// Any [`FileFault`] but [`FileFault::RowFaulty`].
    pub fn open(source: Source, options: &ReadOptions) -> Result<Self, FileFault> {
        let start = source.start()?;
        if workbook::is_workbook(&start) {
            let sheet = workbook::read(&source, options.sheet.as_deref(), &options.columns)?;
            let format = Format::Csv {
                delimiter: workbook::DELIMITER,
            };
            let text = Source::Bytes(sheet.text);
            // The mark, because the error file goes back into a spreadsheet.
            return Self::of_text(text, format, Encoding::Utf8Bom, Some(sheet.choice), options);
        }
        if options.sheet.is_some() {
            return Err(FileFault::NoWorkbook);
        }
        detect::refuse_other_forms(&start)?;
        let encoding = options.encoding.unwrap_or_else(|| Encoding::detect(&start));
        let format = match options.format {
            Some(format) => format,
            None => detect::format(&detect::decoded(&start, encoding)?, &options.columns)?,
        };
        Self::of_text(source, format, encoding, None, options)
    }

    fn of_text(
        source: Source,
        format: Format,
        encoding: Encoding,
        sheet: Option<SheetChoice>,
        options: &ReadOptions,
    ) -> Result<Self, FileFault> {
        let (rows, header) = row_reader::open(&source, format, encoding, &options.columns)?;
        let survey = Survey::of(rows, &header)?;
        Ok(Self {
            source,
            format,
            encoding,
            sheet,
            namespace: options.namespace,
            codes: options.codes.clone(),
            columns: options.columns.clone(),
            rates: options.rates.clone(),
            today: options.today,
            region: options.region,
            successors: options.successors.clone(),
            header,
            survey,
        })
    }

    /// The encoding, as given or detected.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The form of the rows, as given or detected.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The sheet that is read of a workbook; none if the file is no workbook.
    pub const fn sheet(&self) -> Option<&SheetChoice> {
        self.sheet.as_ref()
    }

    /// What the map of columns did: only what it was given for is in the report.
    pub fn columns(&self) -> ColumnReport {
        self.header.report(&self.columns)
    }

    /// The layout that the header chose.
    pub const fn layout(&self) -> Layout {
        self.header.layout
    }

    /// Bytes of the file, or of the text that a sheet became.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn bytes(&self) -> Result<u64, FileFault> {
        self.source.size()
    }

    /// Checks every row, writes the faulty ones to `errors`, and adds up the rest. `watch` is called now and then.
    ///
    /// # Errors
    /// Any [`FileFault`]; a faulty row is none.
    pub fn check(
        &self,
        pseudonyms: &dyn Pseudonyms,
        errors: Option<&mut ErrorFile<'_>>,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<Summary, FileFault> {
        let mut writer =
            errors.map(|file| ErrorWriter::new(file, &self.header, self.format, self.encoding));
        let mut summary = Summary::default();
        let bytes_total = self.bytes()?;
        let mut rows = self.rows(pseudonyms)?;
        while let Some(row) = rows.next() {
            match row? {
                Row::Valid(row) => summary.add(&row),
                Row::Faulty(row) => {
                    summary.add_faulty(&row);
                    if let Some(writer) = &mut writer {
                        writer.write(&row)?;
                    }
                }
            }
            if summary.rows.is_multiple_of(PROGRESS_ROWS) {
                watch(Progress {
                    rows: summary.rows,
                    bytes: rows.bytes_read(),
                    bytes_total,
                });
            }
        }
        summary.lines = rows.lines();
        watch(Progress {
            rows: summary.rows,
            bytes: bytes_total,
            bytes_total,
        });
        writer.map_or(Ok(()), ErrorWriter::finish)?;
        Ok(summary)
    }

    /// Reads the rows from the beginning.
    ///
    /// # Errors
    /// As [`Intake::open`].
    pub fn rows<'i>(&'i self, pseudonyms: &'i dyn Pseudonyms) -> Result<Rows<'i>, FileFault> {
        Ok(Rows {
            reader: self.reader()?,
            context: self.context(),
            pseudonyms,
            persons: Persons::default(),
            serials: Serials::new(&self.survey),
            block: Block::default(),
            checks: None,
            ended: false,
        })
    }

    /// Reads some rows again that a check has found valid, by their lines: only the persons in these are asked for.
    ///
    /// # Errors
    /// As [`Intake::open`].
    pub fn rows_at(
        &self,
        lines: &BTreeSet<u64>,
        pseudonyms: &dyn Pseudonyms,
    ) -> Result<Vec<ParsedRow>, FileFault> {
        let mut reader = self.reader()?;
        let mut serials = Serials::new(&self.survey);
        let context = self.context();
        let mut rows = Vec::new();
        let mut raw = RawRow::default();
        while rows.len() < lines.len() && reader.next(&mut raw)? {
            if lines.contains(&raw.line) {
                rows.push(raw.clone());
            }
        }
        let persons = Persons::of(&rows, &context, pseudonyms)?;
        let mut parsed = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Row::Valid(row) = understand(row, &context, &persons, &mut serials) {
                parsed.push(row);
            }
        }
        Ok(parsed)
    }

    /// The columns of the file that something is read from, in the order of the file.
    pub fn read_columns(&self) -> Vec<Column> {
        let columns = self.header.columns().iter().copied();
        columns
            .filter(|column| !column.is_unread() && *column != Column::Error)
            .collect()
    }

    /// What the file calls a column.
    pub fn column_name(&self, column: Column) -> &str {
        self.header.name(column)
    }

    /// The checks of some rows' cells, by their lines: for each of these columns one, as if a column that the file does not have were
    /// empty.
    ///
    /// # Errors
    /// As [`Intake::open`].
    pub fn checks_at(
        &self,
        lines: &BTreeSet<u64>,
        columns: &[Column],
        checks: CellChecks,
    ) -> Result<BTreeMap<u64, Vec<u8>>, FileFault> {
        let mut reader = self.reader()?;
        let mut found = BTreeMap::new();
        let mut raw = RawRow::default();
        while found.len() < lines.len() && reader.next(&mut raw)? {
            if lines.contains(&raw.line) {
                found.insert(raw.line, checks.row(columns, &raw, &self.header));
            }
        }
        Ok(found)
    }

    fn reader(&self) -> Result<RowReader, FileFault> {
        let (reader, _) =
            row_reader::open(&self.source, self.format, self.encoding, &self.columns)?;
        Ok(reader)
    }

    fn context(&self) -> Context<'_> {
        let Self {
            header,
            codes,
            rates,
            today,
            region,
            successors,
            namespace,
            ..
        } = self;
        Context {
            header,
            namespace: *namespace,
            codes,
            today: *today,
            region: *region,
            successors,
            rates,
        }
    }
}

/// The rows of a file, in order. Ends after the first [`FileFault`].
pub struct Rows<'i> {
    reader: RowReader,
    context: Context<'i>,
    pseudonyms: &'i dyn Pseudonyms,
    /// Those of the block.
    persons: Persons,
    serials: Serials<'i>,
    block: Block,
    checks: Option<RowChecks>,
    ended: bool,
}

/// What the cells of each row are checked with.
struct RowChecks {
    checks: CellChecks,
    columns: Vec<Column>,
}

impl Rows<'_> {
    /// The same rows, each with the checks of its cells in these columns.
    pub fn with_checks(mut self, checks: CellChecks, columns: Vec<Column>) -> Self {
        self.checks = Some(RowChecks { checks, columns });
        self
    }
}

impl Rows<'_> {
    /// Where the lines read so far went; all of them once the rows have ended.
    pub fn lines(&self) -> LineCount {
        self.reader.count()
    }

    /// Bytes of the file read so far, with what is read ahead.
    pub fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }
}

impl Rows<'_> {
    /// Reads a block, and asks for the persons in it.
    fn read_block(&mut self) -> Result<(), FileFault> {
        if let Some(fault) = self.block.take_fault() {
            return Err(fault);
        }
        self.block.read(&mut self.reader);
        self.persons = Persons::of(self.block.rows(), &self.context, self.pseudonyms)?;
        if self.block.is_spent()
            && let Some(fault) = self.block.take_fault()
        {
            return Err(fault);
        }
        Ok(())
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, FileFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if self.block.is_spent()
            && let Err(fault) = self.read_block()
        {
            self.ended = true;
            return Some(Err(fault));
        }
        let Some(row) = self.block.next() else {
            self.ended = true;
            return None;
        };
        let mut understood = understand(row, &self.context, &self.persons, &mut self.serials);
        if let (Some(asked), Row::Valid(valid)) = (&self.checks, &mut understood) {
            let header = self.context.header;
            valid.cells = asked.checks.row(&asked.columns, row, header);
        }
        Some(Ok(understood))
    }
}

impl Summary {
    fn add(&mut self, row: &ParsedRow) {
        self.rows += 1;
        self.valid += 1;
        self.sample.offer(row);
        let total = self.kinds.entry(row.kind).or_default();
        total.rows += 1;
        if row.is_duplicate() {
            self.duplicates += 1;
        } else {
            total.due_fen += i128::from(row.due_fen);
            total.paid_fen += i128::from(row.paid_fen);
        }
        self.warned += u64::from(
            row.notes
                .iter()
                .any(|note| note.fault.severity() == Severity::Warning),
        );
        self.note(&row.notes);
    }

    fn add_faulty(&mut self, row: &FaultyRow) {
        self.rows += 1;
        self.faulty += 1;
        self.note(&row.faults);
    }

    /// Keeps a fault to be shown. An error takes the place of a warning: there may be one of those in every row.
    fn keep(&mut self, fault: &RowFault) {
        if self.first_faults.len() >= FAULTS_SHOWN_MAX {
            let is_warning = |kept: &RowFault| kept.fault.severity() == Severity::Warning;
            let last = self.first_faults.iter().rposition(is_warning);
            match last {
                Some(at) if !is_warning(fault) => drop(self.first_faults.remove(at)),
                _ => return,
            }
        }
        self.first_faults.push(fault.clone());
    }

    fn note(&mut self, faults: &[RowFault]) {
        for fault in faults {
            *self.codes.entry(fault.fault.code()).or_default() += 1;
            if fault.fault.severity() > Severity::Note {
                self.keep(fault);
            }
        }
    }
}
