//! Many records of a chain at once: in the order of the files, what lies close together with one read, and by several threads where there
//! are many. Records of one account lie scattered, and a disk answers several reads at once nearly as fast as one.

use crate::{
    Store,
    chain::{Chain, Located},
    error::Result,
    lookup::{Leaves, WHOLE_BATCH_BYTES, check_leaf, read_from_batch},
    number::narrow,
};
use std::thread;
use yizhang_ledger::{head::Origin, segment::OFFSET_STRIDE, value::LeafIndex};

/// Records that are worth a thread: to begin one takes as long as some reads from memory.
const THREAD_RECORDS: usize = 32;
/// Most threads that read for one lookup: beyond it a disk of today gains little, and several lookups run side by side.
const THREADS_MAX: usize = 8;

impl Store {
    /// The entries at some positions of a chain, in the order of the positions given. Their bytes are not checked against any hash.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub fn records(&self, origin: &Origin, indexes: &[LeafIndex]) -> Result<Vec<Vec<u8>>> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let size = chain.size();
        indexes
            .iter()
            .try_for_each(|index| check_leaf(chain, *index, size))?;
        let mut order: Vec<Wanted> = indexes
            .iter()
            .enumerate()
            .map(|(place, index)| Wanted {
                place,
                index: *index,
            })
            .collect();
        order.sort_unstable_by_key(|wanted| wanted.index);
        let mut records = vec![Vec::new(); indexes.len()];
        for found in read_by_threads(chain, &order)? {
            if let Some(record) = records.get_mut(found.place) {
                *record = found.entry;
            }
        }
        Ok(records)
    }
}

/// A position, and where its entry is wanted.
#[derive(Clone, Copy)]
struct Wanted {
    place: usize,
    index: LeafIndex,
}

/// An entry for its place.
struct Read {
    place: usize,
    entry: Vec<u8>,
}

/// Reads ascending positions, each thread a part of them.
fn read_by_threads(chain: &Chain, order: &[Wanted]) -> Result<Vec<Read>> {
    let threads = (order.len() / THREAD_RECORDS).clamp(1, THREADS_MAX);
    let part = order.len().div_ceil(threads).max(1);
    if threads == 1 {
        return read_in_order(chain, order);
    }
    thread::scope(|scope| {
        let readers: Vec<_> = order
            .chunks(part)
            .map(|part| scope.spawn(move || read_in_order(chain, part)))
            .collect();
        let mut records = Vec::with_capacity(order.len());
        for reader in readers {
            let read = reader.join().expect("a reader of records does not panic");
            records.extend(read?);
        }
        Ok(records)
    })
}

/// Reads ascending positions one stretch after the other.
fn read_in_order(chain: &Chain, mut order: &[Wanted]) -> Result<Vec<Read>> {
    let mut records = Vec::with_capacity(order.len());
    let mut located: Option<Located> = None;
    while let Some(first) = order.first() {
        let batch = match located {
            Some(batch) if first.index.0 < batch.end_leaf() => batch,
            _ => chain.locate(first.index)?,
        };
        located = Some(batch);
        let (stretch, behind) = order.split_at(stretch_of(&batch, order));
        read_stretch(chain, &batch, stretch, &mut records)?;
        order = behind;
    }
    Ok(records)
}

/// How many of the positions lie so close in a batch that one read takes them all: all of a small batch, and of a large one those in one
/// stride or the next.
fn stretch_of(batch: &Located, order: &[Wanted]) -> usize {
    let is_small = batch.header.content_bytes() <= WHOLE_BATCH_BYTES;
    let stride = |wanted: &Wanted| narrow(wanted.index.0 - batch.first()) / OFFSET_STRIDE;
    let mut count = 1;
    for pair in order.windows(2) {
        let [one, next] = pair else { break };
        let is_in_batch = next.index.0 < batch.end_leaf();
        if !is_in_batch || !is_small && stride(next) > stride(one) + 1 {
            break;
        }
        count += 1;
    }
    count
}

fn read_stretch(
    chain: &Chain,
    batch: &Located,
    stretch: &[Wanted],
    records: &mut Vec<Read>,
) -> Result<()> {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else {
        return Ok(());
    };
    let within = |index: LeafIndex| narrow(index.0 - batch.first());
    let (from, to) = (within(first.index), within(last.index) + 1);
    let mut leaves = Leaves::default();
    read_from_batch(chain, batch, from, to, &mut leaves)?;
    let entries: Vec<&[u8]> = leaves.iter().collect();
    for wanted in stretch {
        let entry = entries.get(within(wanted.index) - from);
        let entry = entry.expect("a stretch holds every entry up to its last");
        records.push(Read {
            place: wanted.place,
            entry: entry.to_vec(),
        });
    }
    Ok(())
}
