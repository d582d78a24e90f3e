//! Reading: records, submissions, roots at batch boundaries, positions of an account.

use crate::{
    Store,
    chain::{Chain, Located},
    error::{DamageFault, Result, StoreError},
    index::posting::{account_key, submission_key},
    number::{narrow, wide},
    segments::Place,
};
use yizhang_ledger::{
    batch::{Batch, BatchEntry, SubmissionId},
    chain::ChainState,
    entry::Entry,
    hash::Hash,
    head::Origin,
    person::AccountId,
    segment::{FRAME_HEADER_BYTES, FrameFault, FrameHeader, FrameKind, OFFSET_STRIDE, offsets_len},
    value::{LeafIndex, TreeSize, UnixMillis},
};

/// Batches up to this size are read whole to get at one record: as much as a few disk pages, in one read instead of two.
pub(crate) const WHOLE_BATCH_BYTES: usize = 16 * 1024;

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSubmission {
    /// Position of its first record.
    pub first: LeafIndex,
    /// Number of its records.
    pub records: u32,
    /// Digest of its content, as [`yizhang_ledger::batch::content_digest`] gives it.
    pub content: Hash,
    /// Size of the tree after its batch.
    pub size_after: TreeSize,
    /// Signed head of that size; none only for the last batch of the chain that this node signs, before it is signed.
    pub head: Option<Vec<u8>>,
}

impl Store {
    /// The durable state of a chain after its last batch; `None` if the store has no such chain or it is damaged.
    pub fn state(&self, origin: &Origin) -> Option<ChainState> {
        self.chain(origin)
            .ok()
            .map(|chain| chain.view().state.clone())
    }

    /// The size of a chain, all of it durable; `None` if the store has no such chain or it is damaged.
    pub fn size(&self, origin: &Origin) -> Option<TreeSize> {
        self.chain(origin).ok().map(Chain::size)
    }

    /// The signed head of the durable state. In the chain that this node signs there is none between
    /// [`Store::persist`] and [`Store::note_head`], nor after a crash between the two; nor is there one of an empty chain.
    pub fn head(&self, origin: &Origin) -> Option<Vec<u8>> {
        self.chain(origin)
            .ok()?
            .view()
            .head
            .as_ref()
            .map(|head| head.to_vec())
    }

    /// The newest head of a chain with the size that it is of: that of the durable state, or where it is not signed yet
    /// the one before. Together with [`Store::proofs`] for that size it gives one consistent view while appends go on.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub fn newest_head(&self, origin: &Origin) -> Result<Option<(TreeSize, Vec<u8>)>> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let last_first = {
            let view = chain.view();
            if let Some(head) = &view.head {
                return Ok(Some((view.state.size(), head.to_vec())));
            }
            view.last_first
        };
        let Some(before) = last_first.0.checked_sub(1) else {
            return Ok(None);
        };
        let located = chain.locate(LeafIndex(before))?;
        Ok(head_after(chain, &located)?.map(|head| (TreeSize(located.end_leaf()), head)))
    }

    /// The entry at a position, of whichever kind.
    ///
    /// # Errors
    /// [`StoreError::NoSuchLeaf`], [`StoreError::UnknownChain`], [`StoreError::Damaged`], [`StoreError::Stopped`].
    pub fn record(&self, origin: &Origin, index: LeafIndex) -> Result<Vec<u8>> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        check_leaf(chain, index, chain.size())?;
        let leaves = read_leaves(chain, index.0, index.0 + 1)?;
        let entry = leaves.get(0).expect("one leaf was asked for and read");
        Ok(entry.to_vec())
    }

    /// The position of the batch entry of the batch that an entry is in: its own, if it is one.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub fn batch_start(&self, origin: &Origin, index: LeafIndex) -> Result<LeafIndex> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        check_leaf(chain, index, chain.size())?;
        let located = chain.locate(index)?;
        let content = read_frame(chain, &located)?;
        Ok(batch_entry(chain, &located, &content)?.first)
    }

    /// The root of the tree of the first `size` leaves, where a batch ends; `None` where none does.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub fn root_at(&self, origin: &Origin, size: TreeSize) -> Result<Option<Hash>> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        {
            let view = chain.view();
            if size >= view.state.size() {
                return Ok((size == view.state.size()).then(|| view.state.frontier().root()));
            }
        }
        let located = chain.locate(size.next_leaf())?;
        let content = read_frame(chain, &located)?;
        if located.first() != size.0 {
            return Ok(None);
        }
        Ok(Some(batch_entry(chain, &located, &content)?.root_before))
    }

    /// The time of the batch that an entry is in, by the clock of the node that wrote it.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub fn batch_time(&self, origin: &Origin, index: LeafIndex) -> Result<UnixMillis> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        check_leaf(chain, index, chain.size())?;
        let located = chain.locate(index)?;
        let content = read_frame(chain, &located)?;
        Ok(batch_entry(chain, &located, &content)?.time)
    }

    /// Every leaf that is about an account, in all chains, ascending by chain and position. Leaves of a damaged chain
    /// are left out.
    ///
    /// Whoever takes states or heads first and positions after finds every record below the sizes taken.
    ///
    /// # Errors
    /// [`StoreError::IndexRebuilding`], [`StoreError::Stopped`].
    pub fn positions(&self, account: &AccountId) -> Result<Vec<(Origin, LeafIndex)>> {
        self.stopper.check()?;
        let mut positions = Vec::new();
        for posting in self.index.find(account_key(account))? {
            let chain = self.chains.get(usize::from(posting.chain));
            let Some(chain) = chain.filter(|chain| chain.view().damage.is_none()) else {
                continue;
            };
            if posting.leaf < chain.size().0 {
                positions.push((chain.folder.origin.clone(), LeafIndex(posting.leaf)));
            }
        }
        positions.sort_unstable();
        Ok(positions)
    }

    /// The next accounts that a chain has records of, ascending, at most `limit`: those above `after`, or the first ones. A
    /// page that is not full is the last; accounts that come in meanwhile stand where they sort.
    ///
    /// # Errors
    /// As [`Store::record`], and [`StoreError::IndexRebuilding`].
    pub fn accounts_after(
        &self,
        origin: &Origin,
        after: Option<&AccountId>,
        limit: usize,
    ) -> Result<Vec<AccountId>> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let start = after.map_or(0, account_key);
        let keys = self.index.accounts_after(chain.number, start, limit)?;
        Ok(keys
            .into_iter()
            .map(|key| AccountId(key.to_be_bytes()))
            .collect())
    }

    /// What became of a submission in a chain, if anything: found by who sent it and its number.
    ///
    /// # Errors
    /// As [`Store::record`], and [`StoreError::IndexRebuilding`].
    pub fn submission(
        &self,
        origin: &Origin,
        submitter: &str,
        id: &SubmissionId,
    ) -> Result<Option<StoredSubmission>> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        for posting in self.index.find(submission_key(submitter, id))? {
            if posting.chain != chain.number || posting.leaf >= chain.size().0 {
                continue;
            }
            let located = chain.locate(LeafIndex(posting.leaf))?;
            let batch = read_batch(chain, &located)?;
            let found = batch
                .submissions()
                .find(|(known, ..)| known.id == *id && known.submitter == submitter);
            if let Some((known, first, content)) = found {
                let size_after = batch.size_after();
                let head = head_after(chain, &located)?;
                return Ok(Some(StoredSubmission {
                    first,
                    records: known.records,
                    content,
                    size_after,
                    head,
                }));
            }
        }
        Ok(None)
    }
}

pub(crate) fn check_leaf(chain: &Chain, index: LeafIndex, size: TreeSize) -> Result<()> {
    let size = size.min(chain.size());
    let origin = || chain.folder.origin.clone();
    if index.0 < size.0 {
        Ok(())
    } else {
        Err(StoreError::NoSuchLeaf {
            origin: origin(),
            index,
            size,
        })
    }
}

/// The head frame behind a batch, or the head that is in memory.
fn head_after(chain: &Chain, located: &Located) -> Result<Option<Vec<u8>>> {
    let size = TreeSize(located.end_leaf());
    {
        let view = chain.view();
        if size == view.state.size() {
            return Ok(view.head.as_ref().map(|head| head.to_vec()));
        }
    }
    let place = located.end();
    let damage = |fault| chain.damage_at(place, fault);
    let header = chain.read(place, FRAME_HEADER_BYTES)?;
    let header = FrameHeader::read(&header).map_err(|fault| damage(DamageFault::Frame(fault)))?;
    if header.kind != FrameKind::Head || header.position != size.0 {
        return Err(damage(DamageFault::Head).into());
    }
    let frame = chain.read(place, header.frame_bytes())?;
    let note = header
        .check(&frame)
        .map_err(|fault| damage(DamageFault::Frame(fault)))?;
    Ok(Some(note.to_vec()))
}

/// The content of a whole frame, its checksum checked. Whoever concludes from a header what the chain holds, or that no batch
/// starts at a size, reads the frame first: a changed bit in the header would make this node contradict its own signed heads.
pub(crate) fn read_frame(chain: &Chain, located: &Located) -> Result<Vec<u8>> {
    let frame = chain.read(located.place, located.header.frame_bytes())?;
    let content = located
        .header
        .check(&frame)
        .map_err(|fault| chain.damage_at(located.place, DamageFault::Frame(fault)))?;
    Ok(content.to_vec())
}

/// A whole batch, its checksum and form checked.
fn read_batch(chain: &Chain, located: &Located) -> Result<Batch> {
    let content = read_frame(chain, located)?;
    let damage = |fault| chain.damage_at(located.place, DamageFault::Evidence(Box::new(fault)));
    Ok(Batch::parse(content).map_err(damage)?)
}

/// The first entry of a batch, of which this is the content.
fn batch_entry(chain: &Chain, located: &Located, content: &[u8]) -> Result<BatchEntry> {
    let damage = |fault| chain.damage_at(located.place, DamageFault::Evidence(Box::new(fault)));
    let (entry, _) = Entry::split_first(content, LeafIndex(located.first())).map_err(damage)?;
    Ok(BatchEntry::read(&entry).map_err(damage)?)
}

/// Consecutive entries, as bytes.
#[derive(Default)]
pub(crate) struct Leaves {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Leaves {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| {
            self.bytes
                .get(start..*end)
                .expect("ends are taken down as the bytes are appended")
        })
    }

    pub(crate) fn get(&self, position: usize) -> Option<&[u8]> {
        self.iter().nth(position)
    }
}

/// The entries of leaves `[from, to)`, all below the durable size. Their bytes are not checked against any hash.
pub(crate) fn read_leaves(chain: &Chain, from: u64, to: u64) -> Result<Leaves> {
    let mut leaves = Leaves::default();
    let mut next = from;
    while next < to {
        let located = chain.locate(LeafIndex(next))?;
        let end = located.end_leaf().min(to);
        read_from_batch(
            chain,
            &located,
            narrow(next - located.first()),
            narrow(end - located.first()),
            &mut leaves,
        )?;
        next = end;
    }
    Ok(leaves)
}

/// Appends entries `[from, to)` of a batch, counted from its batch entry.
pub(crate) fn read_from_batch(
    chain: &Chain,
    located: &Located,
    from: usize,
    to: usize,
    leaves: &mut Leaves,
) -> Result<()> {
    let (bytes, first) = if located.header.content_bytes() <= WHOLE_BATCH_BYTES {
        (
            read_content(chain, located, 0, located.header.content_bytes())?,
            0,
        )
    } else {
        let stride = from / OFFSET_STRIDE;
        let (start, end) = stretch(chain, located, stride, to.div_ceil(OFFSET_STRIDE))?;
        (
            read_content(chain, located, start, end)?,
            stride * OFFSET_STRIDE,
        )
    };
    let mut rest = bytes.as_slice();
    for number in first..to {
        let at = LeafIndex(located.first() + wide(number));
        let damage = |fault| chain.damage_at(located.place, DamageFault::Evidence(Box::new(fault)));
        let (entry, after) = Entry::split_first(rest, at).map_err(damage)?;
        if number >= from {
            leaves.bytes.extend_from_slice(entry.bytes);
            leaves.ends.push(leaves.bytes.len());
        }
        rest = after;
    }
    Ok(())
}

/// Where the entries from stride `first` up to, not including, stride `end` lie in the content of a batch.
fn stretch(chain: &Chain, located: &Located, first: usize, end: usize) -> Result<(usize, usize)> {
    let header = &located.header;
    let (content, table) = (header.content_bytes(), offsets_len(header.entries));
    // Entry 16 * n starts at offset number n - 1 of the table; the last entries end where the content does.
    // The first stride has no offset in the table: it begins where the content does.
    let (low, high) = (first.saturating_sub(1), end.min(table));
    let place = Place {
        offset: located.place.offset + wide(FRAME_HEADER_BYTES + content + low * 4),
        ..located.place
    };
    // A last stride alone needs one offset at most, and none in a batch of one stride.
    let bytes = chain.read(place, high.saturating_sub(low) * 4)?;
    let offset = |number: usize| {
        let at = number.checked_sub(low)?.checked_mul(4)?;
        bytes
            .get(at..)?
            .first_chunk()
            .map(|offset| narrow(u32::from_le_bytes(*offset).into()))
    };
    let start = if first == 0 {
        Some(0)
    } else {
        offset(first - 1)
    };
    let end = if end > table {
        Some(content)
    } else {
        offset(end - 1)
    };
    let fits = start
        .zip(end)
        .filter(|(start, end)| start <= end && *end <= content);
    Ok(fits.ok_or_else(|| chain.damage_at(located.place, DamageFault::Frame(FrameFault::Header)))?)
}

fn read_content(chain: &Chain, located: &Located, start: usize, end: usize) -> Result<Vec<u8>> {
    let offset = located.place.offset + wide(FRAME_HEADER_BYTES + start);
    Ok(chain.read(
        Place {
            offset,
            ..located.place
        },
        end - start,
    )?)
}
