//! Receipts with their row lists, believed.

use crate::{
    agency::{LIST_SUFFIX, RECEIPT_SUFFIX},
    files,
    verify::receipt,
};
use anyhow::{Context, ensure};
use rust_i18n::t;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};
use yizhang_ledger::roster::Roster;
use yizhang_statement::{ROW_LIST_BYTES_MAX, ReceiptFile, Receipted, RowList};

/// Most receipts of a folder: each of the twenty million rows of the largest file may be in one, of which there are a few thousand, and
/// room for many imports.
const RECEIPTS_MAX: usize = 65_536;

/// A receipt, with the list of its rows.
pub(super) struct Held {
    path: PathBuf,
    pub(super) receipt: ReceiptFile,
    pub(super) shown: Receipted,
    /// Without the checks of cells: few of them are asked for.
    pub(super) list: RowList,
}

/// Reads a receipt, or all of a folder, in the order of the lines.
///
/// # Errors
/// One that does not hold, or has no row list that is its own.
pub(super) fn read(path: &Path, roster: &Roster) -> anyhow::Result<Vec<Held>> {
    let mut held = Vec::new();
    for path in paths(path)? {
        held.push(Held::read(path, roster)?);
    }
    held.sort_by_key(|held| held.list.rows.first().map(|row| row.line));
    Ok(held)
}

fn paths(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let context = || path.display().to_string();
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.extension() == Some(OsStr::new(RECEIPT_SUFFIX)) {
            paths.push(path);
        }
        let limit = RECEIPTS_MAX;
        ensure!(
            paths.len() <= limit,
            "{}",
            t!("verify.rows.many_receipts", limit = limit)
        );
    }
    ensure!(
        !paths.is_empty(),
        "{}",
        t!("verify.rows.no_receipts", path = path.display())
    );
    Ok(paths)
}

impl Held {
    fn read(path: PathBuf, roster: &Roster) -> anyhow::Result<Self> {
        let context = || path.display().to_string();
        let receipt = ReceiptFile::parse(&files::read(&path)?).with_context(context)?;
        let shown = receipt::believe(&path, &receipt, roster)?;
        let mut list = read_list(&path)?;
        list.check(&receipt, shown.size)
            .with_context(|| list_path(&path).display().to_string())?;
        list.checks = Vec::new();
        Ok(Self {
            path,
            receipt,
            shown,
            list,
        })
    }

    /// Its list with the checks of cells.
    pub(super) fn whole_list(&self) -> anyhow::Result<RowList> {
        read_list(&self.path)
    }

    /// The name of the file.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

fn list_path(receipt: &Path) -> PathBuf {
    receipt.with_extension(LIST_SUFFIX)
}

fn read_list(receipt: &Path) -> anyhow::Result<RowList> {
    let path = list_path(receipt);
    ensure!(
        path.exists(),
        "{}",
        t!("verify.rows.no_list", path = path.display())
    );
    let bytes = files::read_at_most(&path, ROW_LIST_BYTES_MAX)?;
    RowList::parse(&bytes).with_context(|| path.display().to_string())
}
