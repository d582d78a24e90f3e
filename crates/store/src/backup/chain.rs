//! One chain of a running node into a backup: what a cut backup left is taken up, then what is new is copied.

use super::{
    BackupError, BackupFinding, Taken, Watch,
    copy::{Copy, Followed, follow},
    manifest::{ChainKept, SegmentKept, too_short},
    see_to_room,
};
use crate::{
    check::Progress,
    disk::{Disk, failed},
    error::{Damage, DamageFault, Result},
    number::wide,
    segments::{ChainFolder, FrameReader, Place, has_frame_after},
};
use std::{fs, thread::sleep, time::Duration};
use yizhang_ledger::{
    chain::ChainState,
    head::Origin,
    segment::{FILE_HEADER_BYTES, FrameFault, FrameKind},
    value::{LeafIndex, TreeSize},
};

/// How often a place is read again that is not whole: the node may be in the middle of a write.
const LOOKS: u32 = 10;
/// How long between two looks; with [`LOOKS`] a second, and no write takes that long.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Where the chain lies, and where it goes.
pub(super) struct Ends<'a> {
    pub(super) disk: &'a Disk,
    pub(super) source: ChainFolder,
    pub(super) target: ChainFolder,
}

/// Brings the backup of a chain up to what is here now. What is wrong with the chain is a finding, and leaves of it what is right.
///
/// # Errors
/// What is wrong with the disk of the backup.
pub(super) fn back_up(
    ends: &Ends<'_>,
    kept: Option<&ChainKept>,
    watch: &Watch<'_>,
    findings: &mut Vec<BackupFinding>,
) -> Result<(ChainKept, Taken), BackupError> {
    let origin = ends.source.origin.clone();
    let (state, mut segments) = match kept {
        Some(kept) => (kept.state.clone(), kept.segments.clone()),
        None => (ChainState::empty(origin.clone()), Vec::new()),
    };
    let before = state.size();
    let begun = take_up(ends, &state, &mut segments)?;
    let held: u64 = segments.iter().map(|segment| segment.bytes).sum();
    let files = ends.source.list()?;
    // A node whose files are cut in other places may have less than the backup, and needs nothing then.
    let needed = ends.source.bytes(&files).saturating_sub(held);
    see_to_room(&ends.target.path, needed)?;
    let mut copying = Copying {
        watch,
        origin: &origin,
        copy: Copy::go_on(ends.disk, ends.target.clone(), segments)?,
        bytes_total: bytes_behind(ends, begun.size())?,
        bytes: 0,
        state: begun,
        head: None,
    };
    copying.take(ends, findings)?;
    let (state, head) = (copying.state.clone(), copying.head.take());
    let segments = copying.copy.finish()?;
    if let Some(head) = head
        && let Err(fault) = (watch.signed)(&head)
    {
        let size = state.size();
        findings.push(BackupFinding::Unsigned {
            origin: origin.clone(),
            size,
            fault,
        });
    }
    let taken = Taken {
        before,
        size: state.size(),
        bytes: segments.iter().map(|segment| segment.bytes).sum(),
        origin,
    };
    Ok((ChainKept { state, segments }, taken))
}

/// A chain on its way.
struct Copying<'a> {
    watch: &'a Watch<'a>,
    origin: &'a Origin,
    copy: Copy<'a>,
    state: ChainState,
    head: Option<Vec<u8>>,
    bytes: u64,
    bytes_total: u64,
}

impl Copying<'_> {
    /// Copies what the source has beyond the state. A place that is not whole is looked at several times: the node may be writing it.
    fn take(&mut self, ends: &Ends<'_>, findings: &mut Vec<BackupFinding>) -> Result<()> {
        let limit = end_of(&ends.source)?;
        let mut looks = 0;
        loop {
            let files = ends.source.list()?;
            let size = self.state.size();
            let start = match locate(&ends.source, &files, size) {
                Ok(Start::At(place)) => place,
                Ok(Start::Ends) => return Ok(()),
                Ok(Start::Shorter(held)) => {
                    findings.push(BackupFinding::Shorter {
                        origin: self.origin.clone(),
                        kept: size,
                        held,
                    });
                    return Ok(());
                }
                Ok(Start::Other) => {
                    findings.push(BackupFinding::OtherHistory {
                        origin: self.origin.clone(),
                        kept: size,
                    });
                    return Ok(());
                }
                Err(damage) => {
                    looks += 1;
                    if looks < LOOKS && is_unfinished(&damage.fault) {
                        sleep(BETWEEN_LOOKS);
                        continue;
                    }
                    findings.push(BackupFinding::Source(damage));
                    return Ok(());
                }
            };
            let reader = FrameReader::new(ends.source.clone(), files, start, limit);
            let followed = self.follow(reader)?;
            let Some(damage) = followed.stopped else {
                return Ok(());
            };
            let has_moved = followed.state.size() > size;
            looks = if has_moved { 0 } else { looks + 1 };
            if looks < LOOKS && is_unfinished(&damage.fault) {
                sleep(BETWEEN_LOOKS);
                continue;
            }
            if !is_tail(&ends.source, &damage)? {
                findings.push(BackupFinding::Source(damage));
            }
            return Ok(());
        }
    }

    fn follow(&mut self, reader: FrameReader) -> Result<Followed> {
        let (copy, bytes) = (&mut self.copy, &mut self.bytes);
        let (watch, origin, bytes_total) = (self.watch, self.origin, self.bytes_total);
        let followed = follow(reader, &self.state, &mut |extension, head| {
            copy.append(extension, head)?;
            *bytes += wide(extension.batch().bytes().len());
            (watch.progress)(Progress {
                origin,
                leaves: extension.after().size().0,
                bytes: *bytes,
                bytes_total,
            });
            Ok(())
        })?;
        self.state = followed.state.clone();
        if followed.head.is_some() {
            self.head.clone_from(&followed.head);
        }
        Ok(followed)
    }
}

/// Takes up what a backup that was cut has left behind the manifest: it is read and checked as if it came from the node, and what is not
/// whole is cut off. Returns the state at its end.
fn take_up(
    ends: &Ends<'_>,
    state: &ChainState,
    segments: &mut Vec<SegmentKept>,
) -> Result<ChainState, BackupError> {
    let target = &ends.target;
    for kept in segments.iter() {
        let path = target.file(kept.first);
        let length = fs::metadata(&path).map_err(failed("read", &path))?.len();
        if length < kept.bytes {
            return Err(too_short(&path));
        }
    }
    let files = target.list()?;
    let last = segments.last();
    let start = Place {
        file: 0,
        offset: last.map_or(0, |last| last.bytes),
    };
    let unread: Vec<LeafIndex> = files
        .into_iter()
        .filter(|first| last.is_none_or(|last| *first >= last.first))
        .collect();
    let reader = FrameReader::new(target.clone(), unread.clone(), start, None);
    let followed = follow(reader, state, &mut |_, _| Ok(()))?;
    settle(ends, &unread, followed.end, segments)?;
    Ok(followed.state)
}

/// Says of the segments how far they reach when the chain ends at a place of the unread files, and removes files behind it.
fn settle(
    ends: &Ends<'_>,
    unread: &[LeafIndex],
    end: Place,
    segments: &mut Vec<SegmentKept>,
) -> Result<()> {
    // The first of the unread files is the last that is known, if any is.
    segments.pop();
    for (number, first) in (0_u32..).zip(unread) {
        let path = ends.target.file(*first);
        let bytes = if number < end.file {
            fs::metadata(&path).map_err(failed("read", &path))?.len()
        } else if number == end.file && end.offset > wide(FILE_HEADER_BYTES) {
            end.offset
        } else {
            ends.disk.remove(&path)?;
            continue;
        };
        segments.push(SegmentKept {
            first: *first,
            bytes,
        });
    }
    Ok(())
}

/// Where the batch behind a size is found.
enum Start {
    At(Place),
    /// The chain has that size.
    Ends,
    /// It has less.
    Shorter(TreeSize),
    /// No batch starts there.
    Other,
}

/// Finds the batch that starts at a size. Files are cut in other places here than in a backup, if the node has fetched the chain anew.
fn locate(
    source: &ChainFolder,
    files: &[LeafIndex],
    size: TreeSize,
) -> std::result::Result<Start, Damage> {
    if size.0 == 0 {
        return Ok(Start::At(Place::default()));
    }
    let behind = files.partition_point(|first| first.0 <= size.0);
    let Some(number) = behind.checked_sub(1) else {
        return Ok(Start::Shorter(TreeSize(0)));
    };
    let start = Place {
        file: u32::try_from(number).expect("a chain has fewer than 2^32 files"),
        offset: 0,
    };
    let mut reader = FrameReader::new(source.clone(), files.to_vec(), start, None);
    let mut end = files.get(number).copied().unwrap_or_default().0;
    loop {
        let frame = match reader.next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) if end == size.0 => return Ok(Start::Ends),
            Ok(None) => return Ok(Start::Shorter(TreeSize(end))),
            // The node is writing what comes next.
            Err(damage) if end == size.0 && is_unfinished(&damage.fault) => {
                return Ok(Start::At(reader.place()));
            }
            Err(damage) => return Err(damage),
        };
        if frame.header.kind != FrameKind::Batch {
            continue;
        }
        if frame.header.position == size.0 {
            return Ok(Start::At(frame.place));
        }
        if frame.header.position > size.0 {
            return Ok(Start::Other);
        }
        end = frame
            .header
            .position
            .saturating_add(wide(frame.header.entries));
    }
}

/// Where the files end now: a node that goes on writing is not followed for ever.
fn end_of(folder: &ChainFolder) -> Result<Option<Place>> {
    let files = folder.list()?;
    let Some(last) = files.last() else {
        return Ok(Some(Place::default()));
    };
    let path = folder.file(*last);
    let offset = fs::metadata(&path).map_err(failed("read", &path))?.len();
    let file = u32::try_from(files.len() - 1).expect("a chain has fewer than 2^32 files");
    Ok(Some(Place { file, offset }))
}

/// Bytes of the source that are about what the backup lacks, to the file.
fn bytes_behind(ends: &Ends<'_>, size: TreeSize) -> Result<u64> {
    let files = ends.source.list()?;
    let behind = files.partition_point(|first| first.0 <= size.0);
    let unread = files.get(behind.saturating_sub(1)..).unwrap_or_default();
    Ok(ends.source.bytes(unread))
}

/// Whether a place looks as one does that is being written.
const fn is_unfinished(fault: &DamageFault) -> bool {
    matches!(
        fault,
        DamageFault::Frame(
            FrameFault::Truncated { .. } | FrameFault::Header | FrameFault::Checksum
        )
    )
}

/// Whether damage is an unfinished write at the end of a chain, which the next start of the node cuts off.
fn is_tail(source: &ChainFolder, damage: &Damage) -> Result<bool> {
    let files = source.list()?;
    let is_last = files.last().map(|last| source.file(*last));
    if is_last.as_ref() != Some(&damage.file) || !is_unfinished(&damage.fault) {
        return Ok(false);
    }
    Ok(!has_frame_after(
        &damage.file,
        damage.offset + u64::from(damage.offset > 0),
    )?)
}
