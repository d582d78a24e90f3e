//! `yizhang agency import`: checks a whole file, then sends it; what is refused leaves nothing behind.

use super::{
    checked::{CarriedOut, CheckedFile, Onlooker, UsedSerials, carry_out},
    rates,
    receipts::{Durable, Receipts},
};
use crate::{
    clock,
    credentials::Credentials,
    exit::Outcome,
    files,
    node::parse_region,
    pseudonyms::{self, file_error},
    purpose::PersonArgument,
    rules, show,
    spool::Spooled,
    usage::WrongValue,
};
use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use rust_i18n::t;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};
use yizhang_entitlement::Policy;
use yizhang_intake::{
    CodeMap, ColumnMap, Encoding, ErrorFile, FaultyRows, Intake, ReadOptions, RowFault, Source,
    Summary,
};
use yizhang_ledger::value::{Division, Namespace};

/// Suffix of the file that takes the faulty rows, if no name is given.
const ERRORS_SUFFIX: &str = "errors";
/// The file that takes the faulty rows of what came through a pipe or is redirected, in the working directory.
const PIPE_ERRORS: &str = "stdin.errors.csv";

/// Arguments of `agency import`.
#[derive(Args, Clone)]
pub(crate) struct ImportArguments {
    /// CSV (UTF-8, GB 18030 or UTF-16, Chinese or English headers), a workbook (.xlsx, .xls) or JSON Lines; docs/IMPORT.md has the columns.
    /// A pipe, or - for standard input, is kept in a private temporary file first.
    pub(crate) file: PathBuf,
    /// Region of the node to send to: the agency's own.
    #[arg(long, value_parser = parse_region)]
    pub(crate) node: Division,
    /// Directory of the agency's credentials.
    #[arg(long)]
    pub(crate) credentials: PathBuf,
    #[command(flatten)]
    pub(crate) person: PersonArgument,
    #[command(flatten)]
    pub(crate) form: FormArguments,
    /// Import the valid rows of a file that has faulty ones. Otherwise a faulty row keeps the whole file out.
    #[arg(long)]
    pub(crate) accept_valid_rows: bool,
    /// Send the file although rows of it have a serial that is in the chain with other content: these have no effect (C09).
    #[arg(long)]
    pub(crate) send_used_serials: bool,
    /// Only check the file; send nothing.
    #[arg(long)]
    pub(crate) check_only: bool,
    /// File for the faulty rows, with what is wrong with each; next to the input if not given.
    #[arg(long)]
    pub(crate) errors: Option<PathBuf>,
    /// What is waited for at the end: local (the node's own disk), or mirrors:K, nodes of K other regions, with the seconds to wait behind
    /// a comma; as many as the roster says if not given. Fewer are said, and lose nothing.
    #[arg(long, value_name = "local|mirrors:K[,SECONDS]", value_parser = parse_durable)]
    pub(crate) durable: Option<Durable>,
    /// Folder for the receipts of the file; beside the file if not given. What a receipt there says that a mirror holds is not sent again.
    #[arg(long, value_name = "DIR")]
    pub(crate) receipts: Option<PathBuf>,
    /// Add the serials and case numbers of the file to this local book, which `agency review --book` shows. It is never sent.
    #[arg(long, value_name = "FILE")]
    pub(crate) book: Option<PathBuf>,
}

/// How a file is to be read, where that is not to be told from it.
#[derive(Args, Clone, Default)]
pub(crate) struct FormArguments {
    /// Encoding of the file, if it is not to be detected.
    #[arg(long, value_enum)]
    pub(crate) encoding: Option<EncodingArgument>,
    /// Whose scheme codes bare codes such as 410 are.
    #[arg(long, value_enum)]
    pub(crate) schemes: Option<NamespaceArgument>,
    /// TOML file of the agency's own codes: a table for each column, in it "their code" = "our code".
    #[arg(long, value_name = "FILE")]
    pub(crate) codes: Option<PathBuf>,
    /// TOML file of the agency's own names of columns: "their name" = "our name" on each line.
    #[arg(long, value_name = "FILE")]
    pub(crate) columns: Option<PathBuf>,
    /// Sheet of a workbook to read, where several have something on them.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// Directory of rule files over those of the program; rows are compared with the rates that they say.
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
}

/// Encodings by name.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum EncodingArgument {
    /// UTF-8
    Utf8,
    /// GB 18030
    Gb18030,
    /// UTF-16, low byte first
    Utf16,
}

/// Namespaces of schemes by name.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum NamespaceArgument {
    /// Human resources and social security
    Hrss,
    /// Healthcare security
    Nhsa,
}

pub(crate) fn run(arguments: &ImportArguments) -> anyhow::Result<Outcome> {
    match Spooled::of(&arguments.file)? {
        None => import_file(arguments),
        Some(spooled) => import_file(&ImportArguments {
            file: spooled.path(),
            ..arguments.clone()
        }),
    }
}

/// Whether a path names an open file of a process, such as `/dev/stdin`: nothing can be put next to it.
fn is_of_a_process(path: &Path) -> bool {
    let is_device = path.starts_with("/dev") && !path.starts_with("/dev/shm");
    is_device || path.starts_with("/proc")
}

/// Imports a file that can be read as often as it is needed.
fn import_file(arguments: &ImportArguments) -> anyhow::Result<Outcome> {
    let intake = open(&arguments.file, arguments.node, &arguments.form)?;
    let errors = errors_path(arguments, &intake)?;
    let summary = check(&intake, &errors)?;
    show::import::summary(&summary, &intake, &errors);
    let refused = summary.faulty > 0 && !arguments.accept_valid_rows;
    if refused {
        println!("{}", t!("import.refused"));
    }
    if refused || arguments.check_only || summary.valid == 0 {
        return Ok(if summary.faulty > 0 {
            Outcome::Findings
        } else {
            Outcome::Clean
        });
    }
    let outcome = carry_out_here(arguments, &intake, &summary)?;
    Ok(if summary.faulty > 0 {
        Outcome::Findings
    } else {
        outcome
    })
}

/// Sends a file that was checked, before the eyes of whoever has started the command.
fn carry_out_here(
    arguments: &ImportArguments,
    intake: &Intake,
    summary: &Summary,
) -> anyhow::Result<Outcome> {
    let faulty = if arguments.accept_valid_rows {
        FaultyRows::Skip
    } else {
        FaultyRows::Refuse
    };
    let used_serials = if arguments.send_used_serials {
        UsedSerials::Send
    } else {
        UsedSerials::Refuse
    };
    let file = CheckedFile {
        credentials: &Credentials::read(&arguments.credentials)?,
        node: arguments.node,
        person: &arguments.person,
        intake,
        summary,
        faulty,
        used_serials,
        book: arguments.book.as_deref(),
        receipts: &receipts_of(arguments).asking(arguments.durable),
        durable: arguments.durable,
    };
    // It is drawn when the first records have been taken.
    let bar = show::progress::counted(&t!("import.sending"), summary.valid);
    let onlooker = Onlooker {
        say: &|line| println!("{line}"),
        taken: &|taken| bar.inc(taken.records),
        ended: &|| bar.finish_and_clear(),
    };
    let carried_out = carry_out(&file, &onlooker);
    bar.finish_and_clear();
    Ok(match carried_out? {
        // What waits for a second clerk is in no chain.
        CarriedOut::Sent(imported) if imported.waiting + imported.refused > 0 => Outcome::Findings,
        CarriedOut::Sent(_) => Outcome::Clean,
        CarriedOut::UsedSerials => Outcome::Findings,
    })
}

/// Reads what is waited for.
fn parse_durable(text: &str) -> Result<Durable, WrongValue> {
    text.parse()
}

/// Where the receipts of a file are kept; those of what comes through a pipe in the working directory.
fn receipts_of(arguments: &ImportArguments) -> Receipts {
    match &arguments.receipts {
        Some(folder) => Receipts::in_folder(folder.clone()),
        None if is_of_a_process(&arguments.file) => Receipts::beside(Path::new("stdin")),
        None => Receipts::beside(&arguments.file),
    }
}

/// Understands the form of a file that is for a region's chain.
pub(crate) fn open(file: &Path, region: Division, form: &FormArguments) -> anyhow::Result<Intake> {
    let policy = Policy::new(rules::set(form.rules.as_deref())?);
    let options = ReadOptions {
        format: None,
        encoding: form.encoding.map(|encoding| match encoding {
            EncodingArgument::Utf8 => Encoding::Utf8,
            EncodingArgument::Gb18030 => Encoding::Gb18030,
            EncodingArgument::Utf16 => Encoding::Utf16Le,
        }),
        namespace: form.schemes.map(|schemes| match schemes {
            NamespaceArgument::Hrss => Namespace::Hrss,
            NamespaceArgument::Nhsa => Namespace::Nhsa,
        }),
        codes: match &form.codes {
            Some(path) => codes(path)?,
            None => CodeMap::default(),
        },
        columns: match &form.columns {
            Some(path) => columns(path)?,
            None => ColumnMap::default(),
        },
        sheet: form.sheet.clone(),
        rates: rates::table(policy.rules()),
        today: Some(clock::today()),
        region: Some(region),
        successors: policy.divisions_now(clock::today().in_month().expect("a clock shows a month")),
    };
    let context = || file.display().to_string();
    Intake::open(Source::Path(file.to_path_buf()), &options)
        .map_err(file_error)
        .with_context(context)
}

/// Reads what an agency's own codes stand for.
fn codes(path: &Path) -> anyhow::Result<CodeMap> {
    let text = files::read_text(path)?;
    let named = |fault: String| anyhow::anyhow!("{}: {fault}", path.display());
    let tables: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(&text).map_err(|error| named(show::fault::codes_form(&error, &text)))?;
    let codes = tables.iter().flat_map(|(column, codes)| {
        codes
            .iter()
            .map(move |(from, to)| (column.as_str(), from.as_str(), to.as_str()))
    });
    CodeMap::new(codes).map_err(|fault| named(show::fault::codes(&fault)))
}

/// Reads what an agency's own names of columns stand for.
fn columns(path: &Path) -> anyhow::Result<ColumnMap> {
    let text = files::read_text(path)?;
    let named = |fault: String| anyhow::anyhow!("{}: {fault}", path.display());
    let names: BTreeMap<String, String> =
        toml::from_str(&text).map_err(|error| named(show::fault::columns_form(&error, &text)))?;
    let names = names.iter().map(|(from, to)| (from.as_str(), to.as_str()));
    ColumnMap::new(names).map_err(|fault| named(show::fault::columns(&fault)))
}

/// Where the faulty rows go: never over the file itself. Those of a workbook go to a file of text.
fn errors_path(arguments: &ImportArguments, intake: &Intake) -> anyhow::Result<PathBuf> {
    let path = arguments.errors.clone().unwrap_or_else(|| {
        if is_of_a_process(&arguments.file) {
            return PIPE_ERRORS.into();
        }
        // The name of a file need not be UTF-8.
        let mut extension = OsString::from(ERRORS_SUFFIX);
        match arguments.file.extension() {
            _ if intake.sheet().is_some() => extension.push(".csv"),
            Some(own) => {
                extension.push(".");
                extension.push(own);
            }
            None => {}
        }
        arguments.file.with_extension(extension)
    });
    let same = path.canonicalize().is_ok_and(|errors| {
        arguments
            .file
            .canonicalize()
            .is_ok_and(|file| file == errors)
    });
    ensure!(
        !same,
        "{}",
        t!("import.errors_over_input", path = path.display())
    );
    Ok(path)
}

/// The first pass: every row, nothing sent, and nobody asked.
pub(crate) fn check(intake: &Intake, errors: &Path) -> anyhow::Result<Summary> {
    let bar = show::progress::counted(&t!("import.checking"), intake.bytes()?);
    let summary = check_watched(intake, errors, &mut |bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    summary
}

/// As [`check`], before somebody who is told how many bytes were read.
pub(crate) fn check_watched(
    intake: &Intake,
    errors: &Path,
    read: &mut dyn FnMut(u64),
) -> anyhow::Result<Summary> {
    let pseudonyms = pseudonyms::thrown_away()?;
    let text = |fault: &RowFault| show::fault::row(fault);
    let mut file = ErrorFile::at(errors.to_path_buf(), &text);
    let summary = intake.check(&pseudonyms, Some(&mut file), &mut |progress| {
        read(progress.bytes);
    });
    summary.map_err(file_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faulty_rows_of_redirected_input_do_not_go_next_to_a_device() {
        for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/3"] {
            assert!(is_of_a_process(Path::new(path)), "{path}");
        }
        for path in [
            "may.csv",
            "/dev/shm/may.csv",
            "/device/may.csv",
            "dev/stdin",
        ] {
            assert!(!is_of_a_process(Path::new(path)), "{path}");
        }
    }
}
