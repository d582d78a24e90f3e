//! Durable ingest: one thread checks and hashes, another writes, as in a node.

use crate::{chains::Chains, systems::System, workload::Blocks};
use anyhow::anyhow;
use std::{sync::mpsc::sync_channel, thread, time::Instant};

/// Batches that are checked while an earlier one is written.
const AHEAD: usize = 2;
/// Parts of a run whose rates are compared to see a trend.
pub const PARTS: u64 = 5;

/// What was written, and how fast.
#[derive(Clone, Debug)]
pub struct Ingested {
    /// Records.
    pub records: u64,
    /// Their canonical bytes.
    pub bytes: u64,
    /// Seconds from the first byte until the last batch was durable.
    pub seconds: f64,
    /// Rate of each of [`PARTS`] equal parts, records a second.
    pub parts: Vec<f64>,
}

impl Ingested {
    /// Records a second.
    pub fn rate(&self) -> f64 {
        self.records as f64 / self.seconds
    }
}

/// Writes all blocks, of `records` in all, into a system.
///
/// # Errors
/// What the system says, and unreadable blocks.
pub fn ingest(
    system: &mut dyn System,
    chains: &mut Chains,
    blocks: &Blocks,
    records: u64,
    mut each: impl FnMut(u64),
) -> anyhow::Result<Ingested> {
    let blocks = blocks.read()?;
    thread::scope(|scope| {
        let (sender, prepared) = sync_channel(AHEAD);
        let start = Instant::now();
        let preparing = scope.spawn(move || -> anyhow::Result<()> {
            for block in blocks {
                let block = block?;
                let bytes = block.len();
                if sender.send((chains.prepare(block)?, bytes)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut done = Ingested {
            records: 0,
            bytes: 0,
            seconds: 0.0,
            parts: Vec::new(),
        };
        let (mut part_start, mut part_records) = (Instant::now(), 0);
        for (extension, bytes) in prepared {
            system.append(&extension)?;
            done.records += u64::from(extension.batch().entry().records);
            done.bytes += u64::try_from(bytes)?;
            each(done.records);
            if done.records * PARTS >= records * (u64::try_from(done.parts.len())? + 1) {
                let rate =
                    (done.records - part_records) as f64 / part_start.elapsed().as_secs_f64();
                done.parts.push(rate);
                (part_start, part_records) = (Instant::now(), done.records);
            }
        }
        done.seconds = start.elapsed().as_secs_f64();
        preparing
            .join()
            .map_err(|_| anyhow!("the preparing thread panicked"))??;
        Ok(done)
    })
}
