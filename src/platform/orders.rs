//! An order file, read and checked: what `platform check` and `platform deposit` share.

use super::{parse_month, words};
use crate::{
    agency::EncodingArgument,
    exit::Outcome,
    federation::random_bytes,
    pseudonyms::{self, file_error},
    show,
};
use anyhow::ensure;
use clap::Args;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_intake::{Encoding, FaultyRows, Source};
use yizhang_ledger::{order::OrderSecret, value::Month};
use yizhang_platform::{
    ErrorFile, OrderFile, OrdersFault, Subject, Summary, Terms, build, first_month,
};

/// A code for a check that sends nothing: what it finds does not depend on whose orders they are.
const NOBODY: &str = "000000000000000000";
/// Suffix of the file that takes the faulty rows, if no name is given.
const ERRORS_SUFFIX: &str = "errors";

/// An order file as it is named.
#[derive(Args, Clone)]
pub(super) struct FileArguments {
    /// CSV or JSON Lines (UTF-8, GB 18030 or UTF-16, Chinese or English names); docs/PLATFORMS.md has the columns.
    pub(super) file: PathBuf,
    /// Month of the orders, YYYY-MM; that of the first row if not given.
    #[arg(long, value_parser = parse_month)]
    pub(super) month: Option<Month>,
    /// Encoding of the file, if it is not to be detected.
    #[arg(long, value_enum)]
    encoding: Option<EncodingArgument>,
    /// Leave faulty rows out. Otherwise one keeps the whole file out.
    #[arg(long)]
    pub(super) skip_faulty: bool,
    /// File for the faulty rows, with what is wrong with each; next to the input if not given.
    #[arg(long)]
    errors: Option<PathBuf>,
}

/// Arguments of `platform check`.
#[derive(Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    orders: FileArguments,
}

/// Checks a file before the eyes of whoever has started the command.
pub(super) fn check(arguments: &CheckArguments) -> anyhow::Result<Outcome> {
    let orders = &arguments.orders;
    let file = orders.open()?;
    let subject = Subject {
        platform: NOBODY.to_owned(),
        month: orders.month_of(&file)?,
    };
    let terms = Terms {
        subject: &subject,
        secret: &OrderSecret(random_bytes()?),
        pseudonyms: &pseudonyms::thrown_away()?,
        faulty: orders.faulty(),
    };
    let folder = tempfile::tempdir()?;
    let summary = orders.read(&file, &terms, folder.path())?;
    Ok(outcome_of(&summary))
}

/// How a command ends by what a file comes to.
pub(super) const fn outcome_of(summary: &Summary) -> Outcome {
    if summary.lines.faulty > 0 || !summary.is_built {
        Outcome::Findings
    } else {
        Outcome::Clean
    }
}

impl FileArguments {
    pub(super) fn open(&self) -> anyhow::Result<OrderFile> {
        let encoding = self.encoding.map(|encoding| match encoding {
            EncodingArgument::Utf8 => Encoding::Utf8,
            EncodingArgument::Gb18030 => Encoding::Gb18030,
            EncodingArgument::Utf16 => Encoding::Utf16Le,
        });
        OrderFile::open(Source::Path(self.file.clone()), encoding).map_err(|fault| self.said(fault))
    }

    pub(super) fn month_of(&self, file: &OrderFile) -> anyhow::Result<Month> {
        match self.month {
            Some(month) => Ok(month),
            None => first_month(file).map_err(|fault| self.said(fault)),
        }
    }

    pub(super) const fn faulty(&self) -> FaultyRows {
        if self.skip_faulty {
            FaultyRows::Skip
        } else {
            FaultyRows::Refuse
        }
    }

    /// Reads a file into the index in `folder`, and says what it comes to.
    pub(super) fn read(
        &self,
        file: &OrderFile,
        terms: &Terms<'_>,
        folder: &Path,
    ) -> anyhow::Result<Summary> {
        let errors = self.errors_path()?;
        let mut error_file = ErrorFile::at(errors.clone(), &words::row);
        let bytes = file.bytes().map_err(|fault| self.said(fault))?;
        let bar = show::progress::counted(&t!("import.checking"), bytes);
        let mut progress = |bytes| bar.set_position(bytes);
        let built = build(file, terms, folder, Some(&mut error_file), &mut progress);
        bar.finish_and_clear();
        let summary = built.map_err(|fault| self.said(fault))?;
        for line in words::summary(&summary, terms.subject.month, file.unread_columns()) {
            println!("{line}");
        }
        if summary.lines.faulty > 0 {
            println!("{}", t!("platform.errors", path = errors.display()));
        }
        if !summary.is_built {
            println!("{}", t!("platform.refused"));
        }
        Ok(summary)
    }

    /// What is wrong with the file as a whole.
    fn said(&self, fault: OrdersFault) -> anyhow::Error {
        let path = self.file.display().to_string();
        match fault {
            OrdersFault::File(fault) => file_error(fault).context(path),
            fault => anyhow::Error::msg(words::file(&fault)).context(path),
        }
    }

    /// Where the faulty rows go: never over the file itself.
    fn errors_path(&self) -> anyhow::Result<PathBuf> {
        let beside = || {
            let mut extension = std::ffi::OsString::from(ERRORS_SUFFIX);
            if let Some(own) = self.file.extension() {
                extension.push(".");
                extension.push(own);
            }
            self.file.with_extension(extension)
        };
        let path = self.errors.clone().unwrap_or_else(beside);
        let is_input = path
            .canonicalize()
            .is_ok_and(|errors| self.file.canonicalize().is_ok_and(|file| file == errors));
        ensure!(
            !is_input,
            "{}",
            t!("import.errors_over_input", path = path.display())
        );
        Ok(path)
    }
}
