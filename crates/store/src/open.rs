//! Opening: the same steps after a clean stop, a crash and a power cut.
//!
//! Take the lock, settle the list of chains, open the index, put each chain where the index's checkpoint says it stood,
//! and replay what the segments hold beyond. If the index is missing, broken or at odds with the segments, the checkpoint
//! is "nothing" and the replay starts at the first leaf: that is what a rebuild is.

use crate::{
    Options, SEGMENT_BYTES_MAX, Store,
    chain::{Chain, View},
    check::Progress,
    disk::Disk,
    error::{IndexFault, Result, StoreError},
    frames::Marks,
    index::{
        ChainCheckpoint, Index, Limits,
        checkpoint::read_marks,
        load::{self, Loaded},
    },
    journal::Journal,
    lock::Lock,
    marker,
    recover::Recovered,
    report::{ChainOpened, IndexOpened, Opened, Truncated},
    seen,
    segments::{ChainFolder, FrameReader, Place},
    set_aside,
    stopper::Stopper,
};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};
use yizhang_ledger::{
    chain::ChainState,
    entry::Entry,
    hash::hash_leaf,
    head::Origin,
    segment::FrameKind,
    value::{LeafIndex, TreeSize},
};

impl Store {
    /// Opens a data directory, creating it if it is not there, and says what it found.
    ///
    /// A torn tail is cut off: nobody was told of what was in it. Damage before valid frames is left as it is, reported,
    /// and takes that one chain out of service. A missing or broken index is built again, which takes a second or so
    /// for a million records.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Marker`],
    /// [`StoreError::RegionTaken`],
    /// [`StoreError::Journal`], [`StoreError::Io`].
    pub fn open(folder: &Path, options: Options) -> Result<(Self, Opened)> {
        Self::open_with(folder, options, None, &|_| {})
    }

    /// As [`Store::open`]; with a reason, the index is built again whatever its state.
    pub(crate) fn open_with(
        folder: &Path,
        mut options: Options,
        asked: Option<IndexFault>,
        progress: &dyn Fn(Progress<'_>),
    ) -> Result<(Self, Opened)> {
        options.segment_bytes = options.segment_bytes.min(SEGMENT_BYTES_MAX);
        let disk = Disk::new(options.faults.clone());
        disk.create_folder(folder)?;
        let lock = Arc::new(Lock::take(folder)?);
        set_aside::finish(&disk, folder)?;
        let origins = marker::settle(&disk, folder, &options.origins)?;
        let index = folder.join("index");
        let cache = options.index_cache_bytes;
        let opening = Opening {
            folder,
            options,
            disk,
            lock,
            origins,
            progress,
        };
        let loaded = load::existing(&opening.disk, &index, cache)?;
        let loaded = match asked {
            None => loaded,
            Some(fault) => {
                // What it knows of chains that are shorter now is kept, although it is thrown away. None knows nothing.
                let had = loaded.as_ref().map(sizes).unwrap_or_default();
                drop(loaded);
                return opening.rebuild(fault, &had);
            }
        };
        let (had, fault) = match loaded {
            Ok(loaded) => {
                let had = sizes(&loaded);
                match opening.start(loaded, None, &BTreeMap::new())? {
                    Ok(done) => return Ok(done),
                    Err(fault) => (had, fault),
                }
            }
            Err(fault) => (BTreeMap::new(), fault),
        };
        opening.rebuild(fault, &had)
    }
}

/// The sizes that an index has seen; of a chain that is not among them, nothing.
fn sizes(loaded: &Loaded) -> BTreeMap<Origin, TreeSize> {
    let states = loaded.checkpoint.chains.values().map(|chain| &chain.state);
    states
        .map(|state| (state.origin().clone(), state.size()))
        .collect()
}

/// What does not change between the two attempts to open.
struct Opening<'a> {
    folder: &'a Path,
    options: Options,
    disk: Disk,
    lock: Arc<Lock>,
    origins: Vec<Origin>,
    progress: &'a dyn Fn(Progress<'_>),
}

impl Opening<'_> {
    /// Builds the index again, for this reason.
    fn rebuild(
        &self,
        fault: IndexFault,
        had: &BTreeMap<Origin, TreeSize>,
    ) -> Result<(Store, Opened)> {
        let index = self.folder.join("index");
        let cache = self.options.index_cache_bytes;
        let unusable = |fault: IndexFault| StoreError::Io {
            action: "build the index in",
            path: index.clone(),
            source: Arc::new(std::io::Error::other(fault.to_string())),
        };
        let fresh = load::fresh(&self.disk, &index, cache)?.map_err(unusable)?;
        self.start(fresh, Some(fault), had)?.map_err(unusable)
    }

    /// Puts every chain where the index stands and replays the rest. The inner error says that the index and the
    /// segments disagree. `had` are the sizes of an index that was thrown away.
    fn start(
        &self,
        loaded: Loaded,
        rebuilt: Option<IndexFault>,
        had: &BTreeMap<Origin, TreeSize>,
    ) -> Result<Result<(Store, Opened), IndexFault>> {
        let mut chains = Vec::new();
        for (number, origin) in (0_u16..).zip(&self.origins) {
            let folder = ChainFolder::new(self.folder, origin.clone());
            match view(&folder, number, &loaded)? {
                Ok(view) => chains.push(Chain::new(number, folder, view)),
                Err(fault) => return Ok(Err(fault)),
            }
        }
        let known = u16::try_from(chains.len()).expect("chains were numbered in 16 bits above");
        if loaded
            .checkpoint
            .chains
            .keys()
            .any(|number| *number >= known)
        {
            return Ok(Err(IndexFault::Disagrees("the list of chains")));
        }
        let starts: Vec<Place> = (0..known)
            .map(|number| {
                loaded
                    .checkpoint
                    .chains
                    .get(&number)
                    .map_or(Place::default(), |chain| chain.end)
            })
            .collect();
        let (store, torn) = self.store(chains, loaded)?;
        let mut opened = Vec::new();
        for (chain, start) in store.chains.iter().zip(starts) {
            match store.recover(chain, start, self.progress)? {
                Ok(recovered) => {
                    let seen = seen::size(self.folder, &chain.folder.origin)?;
                    store.writer(chain)?.seen = seen;
                    let had = had.get(&chain.folder.origin).copied().unwrap_or_default();
                    store.remember_lost(&chain.folder.origin, had, chain.size())?;
                    let had = had.max(store.lost_size(&chain.folder.origin)?);
                    opened.push(describe(chain, recovered, had.max(seen)));
                }
                Err(fault) => return Ok(Err(fault)),
            }
        }
        let empty = opened.iter().all(|chain| chain.size.0 == 0);
        let index = match rebuilt {
            None => IndexOpened::Used,
            Some(IndexFault::Missing) if empty => IndexOpened::New,
            Some(fault) => {
                store.index.flush()?;
                IndexOpened::Rebuilt(fault)
            }
        };
        let journal = torn.map(|(file, length, bytes)| Truncated {
            file,
            length,
            bytes,
        });
        Ok(Ok((
            store,
            Opened {
                chains: opened,
                index,
                journal,
            },
        )))
    }

    fn store(&self, chains: Vec<Chain>, loaded: Loaded) -> Result<(Store, crate::journal::Torn)> {
        let Options {
            index_cache_bytes: cache_bytes,
            table_entries,
            cached_rows,
            ..
        } = self.options;
        let limits = Limits {
            cache_bytes,
            table_entries,
            cached_rows,
        };
        let stopper = Stopper::default();
        let folders = chains.iter().map(|chain| chain.folder.clone()).collect();
        let (disk, folder) = (self.disk.clone(), self.folder.to_path_buf());
        let (journal, torn) = Journal::open(
            disk.clone(),
            folder.join("journal"),
            self.options.journal_slack_bytes,
        )?;
        let index = Index::start(
            loaded,
            folder.join("index"),
            limits,
            disk.clone(),
            stopper.clone(),
            folders,
        )?;
        let journal = Mutex::new(journal);
        let options = self.options.clone();
        let (chains, lock) = (chains.into(), self.lock.clone());
        Ok((
            Store {
                disk,
                stopper,
                folder,
                options,
                chains,
                index,
                journal,
                registers: Mutex::new(()),
                _lock: lock,
            },
            torn,
        ))
    }
}

/// What readers see of a chain at the checkpoint, compared with the segments: the last batch that the index took in must
/// be there, end where it ended, and be the one that the state names.
fn view(folder: &ChainFolder, number: u16, loaded: &Loaded) -> Result<Result<View, IndexFault>> {
    let files = folder.list()?;
    let Some(checkpoint) = loaded.checkpoint.chains.get(&number) else {
        return Ok(Ok(View::empty(
            ChainState::empty(folder.origin.clone()),
            files,
        )));
    };
    let marks = match read_marks(&loaded.engine, number, checkpoint.marks) {
        Ok(marks) => marks,
        Err(fault) => return Ok(Err(fault)),
    };
    let disagrees = Ok(Err(IndexFault::Disagrees("the last batch")));
    let ChainCheckpoint {
        state, last, end, ..
    } = checkpoint;
    if *state.origin() != folder.origin {
        return Ok(Err(IndexFault::Disagrees("the list of chains")));
    }
    // Damage here is for the replay from the first leaf to find and name.
    let mut reader = FrameReader::new(folder.clone(), files.clone(), *last, Some(*end));
    let Ok(Some(frame)) = reader.next_frame() else {
        return disagrees;
    };
    let Ok((entry, _)) = Entry::split_first(&frame.content, LeafIndex(0)) else {
        return disagrees;
    };
    // A header whose position nobody can reach agrees with no state.
    let end_leaf = frame
        .header
        .position
        .saturating_add(crate::number::wide(frame.header.entries));
    let agrees = frame.header.kind == FrameKind::Batch
        && frame.end == *end
        && end_leaf == state.size().0
        && hash_leaf(entry.bytes) == state.link();
    if !agrees {
        return disagrees;
    }
    let first = LeafIndex(frame.header.position);
    let mut view = View::empty(state.clone(), files);
    (view.last_first, view.last, view.last_end, view.marks) = (first, *last, *end, Marks(marks));
    Ok(Ok(view))
}

/// `had` is the largest size that is known to have been there.
fn describe(chain: &Chain, recovered: Recovered, had: TreeSize) -> ChainOpened {
    let view = chain.view();
    let origin = chain.folder.origin.clone();
    ChainOpened {
        size: view.state.size(),
        batches: view.state.batches(),
        bytes: chain.folder.bytes(&view.files),
        replayed: recovered.replayed,
        truncated: recovered.truncated,
        had: Some(had).filter(|had| *had > view.state.size()),
        damage: view.damage.clone(),
        origin,
    }
}
