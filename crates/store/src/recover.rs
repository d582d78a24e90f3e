//! Bringing a chain from its checkpoint to the end of its segments, and cutting a torn tail off.

use crate::{
    Store,
    chain::{Chain, Writer},
    check::Progress,
    disk::failed,
    error::{Damage, DamageFault, IndexFault, Result, StoreError},
    number::wide,
    replay::{Halt, Step, replay},
    report::Truncated,
    segments::{FrameReader, Place, has_frame_after},
};
use std::fs;
use yizhang_ledger::{
    segment::{FILE_HEADER_BYTES, FrameFault},
    value::LeafIndex,
};

/// What a recovery found.
#[derive(Default)]
pub(crate) struct Recovered {
    /// Leaves read again.
    pub(crate) replayed: u64,
    pub(crate) truncated: Option<Truncated>,
}

impl Store {
    /// Replays a chain from `start`, where its view stands, and readies it for appending. The inner error says that the
    /// checkpoint cannot be right.
    pub(crate) fn recover(
        &self,
        chain: &Chain,
        start: Place,
        progress: &dyn Fn(Progress<'_>),
    ) -> Result<Result<Recovered, IndexFault>> {
        let (files, state) = {
            let view = chain.view();
            (view.files.clone(), view.state.clone())
        };
        let durable = self.make_durable(chain, files.last().copied())?;
        let unread = match durable.and_then(|()| unread(chain, &files, start)) {
            Ok(unread) => unread,
            Err(damage) => {
                chain.view_mut().damage = Some(damage);
                return Ok(Ok(Recovered::default()));
            }
        };
        let mut recovered = Recovered::default();
        let mut tail = start;
        let (mut bytes, bytes_total) = (0, chain.folder.bytes(unread));
        let mut reader = FrameReader::new(chain.folder.clone(), files, start, None);
        let outcome = replay(&mut reader, state, false, |step| {
            match step {
                Step::Batch {
                    extension,
                    place,
                    end,
                } => {
                    recovered.replayed += wide(extension.batch().ends().len());
                    self.accept(chain, &extension, (place, end))?;
                    tail = end;
                    bytes += end.offset - place.offset;
                    let leaves = extension.after().size().0;
                    progress(Progress {
                        origin: &chain.folder.origin,
                        leaves,
                        bytes,
                        bytes_total,
                    });
                }
                Step::Head { note, end } => {
                    chain.view_mut().head = Some(note.into());
                    tail = end;
                }
            }
            Ok::<(), StoreError>(())
        });
        let end = match outcome {
            Ok(_) => reader.place(),
            Err(Halt::Caller(error)) => return Err(error),
            Err(Halt::Damage(damage)) => {
                let first_step = recovered.replayed == 0 && start != Place::default();
                if first_step && matches!(damage.fault, DamageFault::Evidence(_)) {
                    return Ok(Err(IndexFault::Disagrees("the state of a chain")));
                }
                let Some((truncated, end)) = self.cut_tail(chain, &damage, tail)? else {
                    chain.view_mut().damage = Some(damage);
                    return Ok(Ok(recovered));
                };
                recovered.truncated = Some(truncated);
                end
            }
        };
        *self.writer(chain)? = Writer {
            end,
            ..Writer::default()
        };
        Ok(Ok(recovered))
    }

    /// Makes what is about to be taken in durable. A process that was killed between write and sync leaves frames that the system
    /// has in its memory alone: they are read like any others, would be in the index, signed and announced, and a power cut
    /// would take them away again.
    ///
    /// A crash before: nobody has taken the frames in. After: they are there for good. Only the last file can hold such, for one
    /// is synced before the next is created.
    ///
    /// A file that cannot be opened or synced is damage of its chain, which the inner error is; the others are served. A system that
    /// has failed to write pages may hold them as if it had written them: such are let go first, so that what is read is what the
    /// disk has.
    fn make_durable(
        &self,
        chain: &Chain,
        last: Option<LeafIndex>,
    ) -> Result<std::result::Result<(), Damage>> {
        let Some(last) = last else { return Ok(Ok(())) };
        let synced = self.disk.open(chain.folder.file(last)).and_then(|file| {
            file.forget_read();
            self.disk.sync(&file)?;
            self.disk.sync_folder(&chain.folder.path)
        });
        match synced {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Io { source, .. }) => {
                Ok(Err(chain.folder.damage(last, 0, DamageFault::Read(source))))
            }
            Err(error) => Err(error),
        }
    }

    /// Cuts off what a crash in the middle of a write left, and says where the chain ends now; `None` if it is damage of
    /// another sort. `tail` is the end of the last good frame.
    fn cut_tail(
        &self,
        chain: &Chain,
        damage: &Damage,
        tail: Place,
    ) -> Result<Option<(Truncated, Place)>> {
        let (last, position) = {
            let view = chain.view();
            (
                view.files.last().copied(),
                // Without a file there is nothing to cut, as is seen next.
                view.files.len().saturating_sub(1),
            )
        };
        let Some(path) = last
            .map(|last| chain.folder.file(last))
            .filter(|path| *path == damage.file)
        else {
            return Ok(None);
        };
        // Another chain's file, or a batch that does not follow, is not the work of a crash; and where a valid frame
        // follows, something that was durable has changed.
        let torn = matches!(
            damage.fault,
            DamageFault::Frame(
                FrameFault::Truncated { .. } | FrameFault::Header | FrameFault::Checksum
            )
        );
        if !torn || has_frame_after(&path, damage.offset + u64::from(damage.offset > 0))? {
            return Ok(None);
        }
        let length = fs::metadata(&path).map_err(failed("open", &path))?.len();
        let truncated = Truncated {
            file: path.clone(),
            length: damage.offset,
            // A file that is shorter than the frames read from it has nothing behind them.
            bytes: length.saturating_sub(damage.offset),
        };
        if damage.offset < wide(FILE_HEADER_BYTES) {
            // A crash before this leaves the file to be found again; after it the chain ends in the file before.
            self.stopper.watch(self.disk.remove(&path))?;
            chain.view_mut().files.pop();
            return Ok(Some((truncated, tail)));
        }
        let file = self.disk.open(path)?;
        // A crash before this leaves the tail to be found again; after it the tail is gone for good.
        self.stopper
            .watch(self.disk.truncate(&file, damage.offset))?;
        let file = u32::try_from(position).expect("a chain has fewer than 2^32 files");
        Ok(Some((
            truncated,
            Place {
                file,
                offset: damage.offset,
            },
        )))
    }
}

/// The files that are read from a place on; the headers of those before it are in order.
fn unread<'f>(
    chain: &Chain,
    files: &'f [LeafIndex],
    start: Place,
) -> std::result::Result<&'f [LeafIndex], Damage> {
    let read = crate::number::narrow(start.file.into());
    let (known, unread) = files
        .split_at_checked(read)
        .expect("an index is refused unless its last batch is found in the file that it names");
    check_headers(chain, known)?;
    Ok(unread)
}

/// Files that the replay does not open: at least they must be files of this chain.
fn check_headers(chain: &Chain, files: &[LeafIndex]) -> std::result::Result<(), Damage> {
    files
        .iter()
        .try_for_each(|first| chain.folder.check_header(*first))
}
