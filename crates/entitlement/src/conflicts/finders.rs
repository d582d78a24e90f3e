//! What all that find conflicts share: every one is named with its records; none is resolved by silence.

use crate::{
    account::{Conflict, RecordNumber},
    conflicts::class::ConflictCode,
    months::holders::Run,
    policy::family::Family,
};

/// A conflict of these records.
pub(crate) fn conflict(
    code: ConflictCode,
    family: Option<Family<'_>>,
    mut records: Vec<RecordNumber>,
) -> Conflict {
    records.sort_unstable();
    records.dedup();
    let class = code.class();
    Conflict {
        code,
        severity: class.severity,
        family: family.map(|family| family.to_string()),
        first: None,
        last: None,
        months: 0,
        keeper: class.keeper,
        provisional: None,
        choices: Vec::new(),
        to_return: None,
        records,
    }
}

/// The conflict of consecutive months.
pub(crate) fn of_run<K>(code: ConflictCode, family: Family<'_>, run: Run<K>) -> Conflict {
    Conflict {
        first: Some(run.first),
        last: Some(run.last),
        months: run.months(),
        ..conflict(code, Some(family), run.records)
    }
}
