//! What an earlier list has named: its file, read so that only what is new is shown.

use anyhow::{Context, ensure};
use rust_i18n::t;
use std::{collections::BTreeSet, path::Path};
use yizhang_entitlement::review::Finding;

/// Most rows of an earlier file: ten findings each of 100,000 workers.
const ROWS_MAX: usize = 1_000_000;

/// Columns of the file that tell one finding from another. How long a gap has grown is none of them.
const COLUMNS: [&str; 6] = ["account", "list", "what", "family", "first", "case"];

/// The findings of an earlier file.
pub(super) struct Earlier(BTreeSet<Key>);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key([String; COLUMNS.len()]);

impl Earlier {
    /// Reads the file of an earlier review, by the names of its columns.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let context = || path.display().to_string();
        let mut rows = csv::Reader::from_path(path).with_context(context)?;
        let header = rows.headers().with_context(context)?.clone();
        let at = |name: &str| header.iter().position(|column| column == name);
        let mut columns = [0; COLUMNS.len()];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            *column = at(name)
                .with_context(|| t!("review.no_column", column = name))
                .with_context(context)?;
        }
        let mut found = BTreeSet::new();
        for row in rows.records() {
            let row = row.with_context(context)?;
            found.insert(Key(
                columns.map(|at| row.get(at).unwrap_or_default().to_owned())
            ));
            ensure!(
                found.len() <= ROWS_MAX,
                "{}",
                t!(
                    "review.earlier_too_long",
                    path = path.display(),
                    limit = ROWS_MAX
                )
            );
        }
        Ok(Self(found))
    }

    /// Whether the earlier list had it.
    pub(super) fn has(&self, account: &str, finding: &Finding) -> bool {
        self.0.contains(&Key([
            account.to_owned(),
            finding.list.name().to_owned(),
            finding.what.clone(),
            finding.family.clone().unwrap_or_default(),
            finding
                .first
                .map(|month| month.to_string())
                .unwrap_or_default(),
            finding.case.clone().unwrap_or_default(),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use yizhang_entitlement::review::from_json;

    fn finding(json: &str) -> Finding {
        from_json(format!("[{json}]").as_bytes()).unwrap().remove(0)
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_gap_that_has_grown_is_the_same_and_another_month_is_not() {
        let file = file(
            "account,list,what,family,first,last,months,case\n\
             aa,gap,unpaid,hrss:110,2026-01,2026-03,3,\n",
        );
        let earlier = Earlier::read(file.path()).unwrap();
        let gap = |first: &str| {
            finding(&format!(
                r#"{{"list":"gap","what":"unpaid","family":"hrss:110","first":"{first}","last":"2026-05"}}"#
            ))
        };
        assert!(earlier.has("aa", &gap("2026-01")));
        assert!(!earlier.has("aa", &gap("2026-02")));
        assert!(!earlier.has("bb", &gap("2026-01")));
    }

    #[test]
    fn a_file_without_the_columns_is_no_earlier_list() {
        let file = file("account,list\naa,gap\n");
        assert!(Earlier::read(file.path()).is_err());
    }
}
