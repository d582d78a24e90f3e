//! What happens to somebody who changes history: a byte on the disk, or a second history signed with the right key.
//!
//! Everything is done to copies beside the nodes, which run on and notice nothing.

use crate::{audit, node, show};
use anyhow::{Context, bail, ensure};
use rust_i18n::t;
use std::{
    fs,
    path::{Path, PathBuf},
};
use yizhang_audit::{Options, Report, Severity, compare};
use yizhang_ledger::{
    batch::{Batch, RecordBlock},
    chain::{ChainState, Submitted},
    head::Origin,
    person::AccountId,
    record::Record,
    roster::{KeyKind, Roster},
    segment::{
        FILE_HEADER_BYTES, FRAME_HEADER_BYTES, FrameHeader, FrameKind, file_header,
        write_batch_frame, write_head_frame,
    },
    value::{Division, LeafIndex},
};

/// Who tampers with what.
pub(super) struct Scene {
    /// Directory of the node whose chain is changed in a copy.
    pub(super) node: PathBuf,
    /// Where the copies go.
    pub(super) copies: PathBuf,
    /// Region of that node.
    pub(super) region: Division,
    /// Pseudonym of the worker of whom a record disappears.
    pub(super) rider: AccountId,
    /// Whose signatures count.
    pub(super) roster: Roster,
}

impl Scene {
    /// The first segment of the region's own chain, in a data directory. The demonstration's chains have one each.
    fn segment(&self, data: &Path) -> PathBuf {
        data.join("chains")
            .join(self.region.to_string())
            .join(format!("{:020}.seg", 0))
    }

    fn own_segment(&self) -> anyhow::Result<Vec<u8>> {
        let path = self.segment(&node::data_directory(&self.node)?);
        fs::read(&path).with_context(|| path.display().to_string())
    }

    /// Writes a copy of the chain as a data directory of its own, and audits it.
    fn audit_copy(&self, name: &str, segment: &[u8]) -> anyhow::Result<Report> {
        let data = self.copies.join(name);
        let path = self.segment(&data);
        fs::create_dir_all(path.parent().context("a segment lies in a directory")?)?;
        fs::write(&path, segment)?;
        audit::directory(&data, &self.roster, &Options::default())
    }
}

/// Changes one byte in the middle of the chain's file.
pub(super) fn flip_a_byte(scene: &Scene) -> anyhow::Result<()> {
    let mut segment = scene.own_segment()?;
    let bytes = segment.len();
    let at = bytes / 2;
    let byte = segment.get_mut(at).context("a chain is not empty")?;
    *byte ^= 1;
    let report = scene.audit_copy("flipped-byte", &segment)?;
    let faults: Vec<_> = report
        .all_findings()
        .filter(|finding| finding.severity == Severity::Fault)
        .collect();
    let Some(first) = faults.first() else {
        bail!("{}", t!("demo.not_caught"));
    };
    println!(
        "  {}",
        t!(
            "demo.flipped",
            at = at,
            bytes = bytes,
            findings = faults.len(),
            first = show::finding::line(first)
        )
    );
    Ok(())
}

/// Signs the chain once more without the rider's first record, and compares that with what the others hold.
pub(super) fn sign_a_second_history(scene: &Scene, honest: Report) -> anyhow::Result<()> {
    let batches = batches(&scene.own_segment()?)?;
    let forged = scene.audit_copy("second-history", &forge(scene, batches)?)?;
    let grave = |finding: &&yizhang_audit::Finding| finding.severity != Severity::Note;
    let alone = forged
        .chain(&scene.region.to_string())
        .context("the report of a copy has its chain")?
        .findings
        .iter()
        .filter(grave)
        .count();
    println!("  {}", t!("demo.second_history", findings = alone));
    let differences = compare(&[honest, forged]);
    let fork = differences
        .iter()
        .find(|finding| finding.severity == Severity::Fork);
    let Some(fork) = fork else {
        bail!("{}", t!("demo.not_caught"));
    };
    println!(
        "  {}",
        t!("demo.fork_found", first = show::finding::line(fork))
    );
    Ok(())
}

/// The batches of a segment file, in order.
fn batches(segment: &[u8]) -> anyhow::Result<Vec<Batch>> {
    let mut rest = segment
        .get(FILE_HEADER_BYTES..)
        .context("a segment has a header")?;
    let mut batches = Vec::new();
    while rest.len() >= FRAME_HEADER_BYTES {
        let header = FrameHeader::read(rest)?;
        let body = header.check(rest)?;
        if header.kind == FrameKind::Batch {
            let batch = body
                .get(..header.content_bytes())
                .context("a batch is within its frame")?;
            batches.push(Batch::parse(batch.to_vec())?);
        }
        rest = rest
            .get(header.frame_bytes()..)
            .context("a frame is within its file")?;
    }
    Ok(batches)
}

/// The segment of a chain like this one, signed with the same key, in which one record of the rider is missing.
fn forge(scene: &Scene, batches: Vec<Batch>) -> anyhow::Result<Vec<u8>> {
    let origin = Origin::new(&scene.roster.federation, scene.region)
        .context("a roster names its federation well")?;
    let key = node::keys::signing_key(&node::keys::file(&scene.node, KeyKind::Chain, 1))?;
    let mut segment = file_header(&origin, LeafIndex(0))
        .context("an origin fits into a header")?
        .to_vec();
    let mut state = ChainState::empty(origin);
    let mut is_left_out = false;
    for batch in batches {
        if has_register(&batch)? {
            // The register of this history is wrong in the other: whoever forges leaves it out.
            continue;
        }
        let submissions = without_one(&batch, scene.rider, &mut is_left_out)?;
        let entry = batch.entry();
        let extension = state.prepare(&submissions, entry.time, entry.roster)?;
        let written = extension.batch();
        write_batch_frame(
            written.bytes(),
            written.ends(),
            written.entry().first,
            &mut segment,
        );
        state = extension.after().clone();
        let head = state.head().sign(&key);
        write_head_frame(head.as_bytes(), state.size(), &mut segment);
    }
    ensure!(is_left_out, "{}", t!("demo.not_caught"));
    Ok(segment)
}

/// Whether a batch commits to a register of accounts.
fn has_register(batch: &Batch) -> anyhow::Result<bool> {
    for (_, entry) in batch.records() {
        if matches!(Record::read(&entry)?, Record::AccountRegister(_)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The submissions of a batch, as they were sent, without the first record of the rider if none has been left out yet.
fn without_one(
    batch: &Batch,
    rider: AccountId,
    is_left_out: &mut bool,
) -> anyhow::Result<Vec<Submitted>> {
    let mut records = batch.records();
    let mut submissions = Vec::new();
    for (submission, _, _) in batch.submissions() {
        let mut bytes = Vec::new();
        for (_, entry) in records.by_ref().take(usize::try_from(submission.records)?) {
            let is_riders = Record::read(&entry)?
                .accounts()
                .any(|account| account == rider);
            // A submission without records is none.
            if is_riders && !*is_left_out && submission.records > 1 {
                *is_left_out = true;
            } else {
                bytes.extend_from_slice(entry.bytes);
            }
        }
        submissions.push(Submitted {
            id: submission.id,
            submitter: submission.submitter.clone(),
            block: RecordBlock::parse(bytes)?,
        });
    }
    Ok(submissions)
}
