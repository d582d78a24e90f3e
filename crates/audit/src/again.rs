//! The entries of an audited directory, read again for somebody who makes something else of them.

use crate::{error::AuditError, report::Report, segments};
use std::path::Path;
use yizhang_ledger::{
    batch::Batch,
    entry::{Entry, RecordId},
    roster::Roster,
    tree::Frontier,
    value::Division,
};

/// Hands on the entry of every record of the chains that an audit of a directory has verified, in their order, up to the sizes of its report. What was handed on may
/// be believed once this returns: then the entries gave the roots that were verified.
///
/// # Errors
/// [`AuditError::Read`] when the directory cannot be listed, [`AuditError::Changed`] when its files give other entries than before.
pub fn verified_records(
    directory: &Path,
    roster: &Roster,
    report: &Report,
    see: &mut dyn FnMut(Division, RecordId, &Entry<'_>),
) -> Result<(), AuditError> {
    let (chains, _) = segments::list(directory, roster)?;
    for chain in chains {
        let region = chain.origin.region();
        let name = region.to_string();
        let Some(verified) = report.chains.iter().find(|chain| chain.region == name) else {
            continue;
        };
        let changed = || AuditError::Changed { region };
        let mut tree: Frontier = Frontier::default();
        let mut batches = chain.batches();
        while tree.size().0 < verified.size {
            let bytes = batches.next().and_then(Result::ok).ok_or_else(changed)?;
            let batch = Batch::parse(bytes).map_err(|_| changed())?;
            hand_on(region, &batch, see);
            tree.extend(batch.leaves(), |_, _, _| {});
        }
        if tree.size().0 != verified.size || tree.root().to_string() != verified.root {
            return Err(changed());
        }
    }
    Ok(())
}

fn hand_on(region: Division, batch: &Batch, see: &mut dyn FnMut(Division, RecordId, &Entry<'_>)) {
    let leaves = batch.leaves().iter().skip(1);
    for ((_, entry), leaf) in batch.records().zip(leaves) {
        see(region, RecordId(*leaf), &entry);
    }
}
