//! Replay: from frames on disk to extensions of a chain, by the same checks that a batch from outside passes.
//!
//! One function for the start after a clean stop, a crash and a power cut, for `check` and for building the index
//! again. Signatures are not checked here: the store has no roster. A head is compared with the state it stands behind.

use crate::{
    error::{Damage, DamageFault},
    segments::{Frame, FrameReader, Place},
};
use std::thread;
use yizhang_ledger::{
    Invalid,
    batch::Batch,
    chain::{ChainState, Extension},
    head::HEAD_BYTES_MAX,
    note::Note,
    segment::FrameKind,
    value::TreeSize,
};

/// Bytes of frames that are read before their batches are parsed side by side: a few of the largest batches.
const GROUP_BYTES: usize = 12 * 1024 * 1024;

/// What a replay comes upon, in order.
pub(crate) enum Step {
    /// A batch that follows; the frame starts at `place` and ends at `end`.
    Batch {
        extension: Box<Extension>,
        place: Place,
        end: Place,
    },
    /// The head of the batch before.
    Head { note: Vec<u8>, end: Place },
}

/// Why a replay ends early.
pub(crate) enum Halt<E> {
    /// The chain on disk does not go on from here.
    Damage(Damage),
    /// What the caller said.
    Caller(E),
}

/// Reads everything from where `reader` stands; `state` is the state there. Returns the state at the end.
///
/// `headed` says whether the head of `state` has been read, so that a second one is damage.
pub(crate) fn replay<E>(
    reader: &mut FrameReader,
    mut state: ChainState,
    mut headed: bool,
    mut each: impl FnMut(Step) -> Result<(), E>,
) -> Result<ChainState, Halt<E>> {
    loop {
        let (frames, damage) = read_group(reader);
        if frames.is_empty() {
            return damage.map_or(Ok(state), |damage| Err(Halt::Damage(damage)));
        }
        for parsed in parse(frames) {
            let Parsed { place, end, what } = parsed;
            let step = match what {
                What::Batch(batch) => {
                    // Nothing is appended before the head of what is there is known.
                    if !headed && state.batches() > 0 {
                        return Err(Halt::Damage(reader.damage_at(place, DamageFault::Head)));
                    }
                    let followed = batch.and_then(|batch| state.follow(*batch));
                    let extension = followed.map_err(|fault| {
                        Halt::Damage(
                            reader.damage_at(place, DamageFault::Evidence(Box::new(fault))),
                        )
                    })?;
                    state = extension.after().clone();
                    headed = false;
                    Step::Batch {
                        extension: Box::new(extension),
                        place,
                        end,
                    }
                }
                What::Head { note, position } => {
                    if headed || position != state.size() || !is_head_of(&note, &state) {
                        return Err(Halt::Damage(reader.damage_at(place, DamageFault::Head)));
                    }
                    headed = true;
                    Step::Head { note, end }
                }
            };
            each(step).map_err(Halt::Caller)?;
        }
        if let Some(damage) = damage {
            return Err(Halt::Damage(damage));
        }
    }
}

/// Whether the text of a note is the head of a state. Whose signature is on it is for the caller with the roster.
pub(crate) fn is_head_of(note: &[u8], state: &ChainState) -> bool {
    note.len() <= HEAD_BYTES_MAX
        && Note::parse(note).is_ok_and(|note| note.text == state.head().text())
}

struct Parsed {
    place: Place,
    end: Place,
    what: What,
}

enum What {
    Batch(Result<Box<Batch>, Invalid>),
    Head { note: Vec<u8>, position: TreeSize },
}

fn read_group(reader: &mut FrameReader) -> (Vec<Frame>, Option<Damage>) {
    let (mut frames, mut bytes) = (Vec::new(), 0);
    while bytes < GROUP_BYTES {
        match reader.next_frame() {
            Ok(Some(frame)) => {
                bytes += frame.header.frame_bytes();
                frames.push(frame);
            }
            Ok(None) => break,
            Err(damage) => return (frames, Some(damage)),
        }
    }
    (frames, None)
}

/// Parses and hashes batches on all cores.
fn parse(frames: Vec<Frame>) -> Vec<Parsed> {
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(frames.len())
        .max(1);
    let share = frames.len().div_ceil(workers).max(1);
    if workers == 1 {
        return frames.into_iter().map(parse_one).collect();
    }
    let mut shares = Vec::new();
    let mut frames = frames.into_iter();
    loop {
        let part: Vec<Frame> = frames.by_ref().take(share).collect();
        if part.is_empty() {
            break;
        }
        shares.push(part);
    }
    thread::scope(|scope| {
        let running: Vec<_> = shares
            .into_iter()
            .map(|part| scope.spawn(|| part.into_iter().map(parse_one).collect::<Vec<_>>()))
            .collect();
        let joined = running.into_iter().map(thread::ScopedJoinHandle::join);
        // Parsing has no panic in it; should it ever, the panic goes on in the caller.
        joined
            .flat_map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn parse_one(frame: Frame) -> Parsed {
    let what = match frame.header.kind {
        FrameKind::Batch => What::Batch(Batch::parse(frame.content).map(Box::new)),
        FrameKind::Head => What::Head {
            note: frame.content,
            position: TreeSize(frame.header.position),
        },
    };
    Parsed {
        place: frame.place,
        end: frame.end,
        what,
    }
}
