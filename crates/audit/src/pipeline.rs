//! One chain through the machine: a window is read while the one before is examined on every core and the one before
//! that is followed in order. Three windows are all that is ever in memory.

use crate::{examine::Examined, replay::Replay, segments::Piece};
use rayon::prelude::*;
use std::ops::ControlFlow;
use yizhang_ledger::roster::Roster;

/// Bytes of a window, after which it takes no more pieces: some dozens of batches of the usual 150 KB, enough to keep
/// every core busy. The last piece may go beyond by one frame (4 MiB).
pub(crate) const WINDOW_BYTES: usize = 4 * 1_024 * 1_024;
/// Pieces of a window, for chains of small batches: half a second of signatures at most.
pub(crate) const WINDOW_PIECES_MAX: usize = 2_048;

/// Replays the pieces of a chain. `after` is called after each window and may stop the replay.
pub(crate) fn run(
    mut pieces: impl Iterator<Item = Piece>,
    replay: &mut Replay,
    roster: &Roster,
    mut after: impl FnMut(&Replay) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut read = window(&mut pieces);
    let mut examined = Vec::new();
    while !read.is_empty() || !examined.is_empty() {
        let mut fresh = Vec::new();
        let next = rayon::in_place_scope(|scope| {
            let (out, read) = (&mut fresh, std::mem::take(&mut read));
            scope.spawn(move |_| {
                *out = read
                    .into_par_iter()
                    .map(|piece| piece.examine(roster))
                    .collect();
            });
            examined
                .drain(..)
                .for_each(|piece: Examined| replay.accept(piece));
            window(&mut pieces)
        });
        (read, examined) = (next, fresh);
        after(replay)?;
    }
    ControlFlow::Continue(())
}

fn window(pieces: &mut impl Iterator<Item = Piece>) -> Vec<Piece> {
    let mut window = Vec::new();
    let mut bytes = 0_usize;
    while bytes < WINDOW_BYTES && window.len() < WINDOW_PIECES_MAX {
        let Some(piece) = pieces.next() else { break };
        bytes = bytes.saturating_add(piece.bytes());
        window.push(piece);
    }
    window
}
