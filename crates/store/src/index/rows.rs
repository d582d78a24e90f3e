//! Rows of branches: the branches of levels 6, 13, 20, … in groups of 128, 4 KiB each.
//!
//! The 128 branches of a row at level `l` lie under one branch of level `l + 7`, which stands in a row of the next kept
//! level. Branches between two kept levels are hashed again from a row; branches below level 6 from the records.

use yizhang_ledger::{
    chain::{Branch, KEPT_LEVEL},
    hash::{Blake3Keyed, Hash, TreeHasher},
};

/// Branches of a row: what fits into a value of 4 KiB.
pub(crate) const ROW_BRANCHES: usize = 128;
/// Levels from one kept level to the next: a row is a subtree of so many levels.
pub(crate) const ROW_LEVELS: u32 = 7;

/// Which row: the chain, the kept level (0 for level 6, 1 for level 13, …), and its number from the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowKey {
    pub(crate) chain: u16,
    pub(crate) kept: u8,
    pub(crate) row: u64,
}

/// Where a branch is found: in which row, and how far above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BranchPlace {
    pub(crate) kept: u8,
    pub(crate) row: u64,
    /// Levels above the row's own.
    pub(crate) above: u32,
    /// Number of the branch at that height within the row.
    pub(crate) position: usize,
}

impl BranchPlace {
    /// Where branch `index` of `level` is, `level` at least 6.
    pub(crate) fn of(level: u32, index: u64) -> Option<Self> {
        let over = level.checked_sub(KEPT_LEVEL)?;
        let (kept, above) = (u8::try_from(over / ROW_LEVELS).ok()?, over % ROW_LEVELS);
        let shift = ROW_LEVELS - above;
        let position = usize::try_from(index & ((1 << shift) - 1)).ok()?;
        Some(Self {
            kept,
            row: index >> shift,
            above,
            position,
        })
    }
}

/// A row with the branches above it that it determines.
#[derive(Debug)]
pub(crate) struct Pyramid {
    /// 128 branches, then 64, … then 1.
    levels: Vec<Vec<Hash>>,
}

impl Pyramid {
    pub(crate) fn new(row: Vec<Hash>) -> Self {
        let mut levels = vec![row];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let mut above = Vec::with_capacity(below.len() / 2);
            Blake3Keyed::branches(below, &mut above);
            levels.push(above);
        }
        Self { levels }
    }

    pub(crate) fn branch(&self, above: u32, position: usize) -> Option<Hash> {
        self.levels
            .get(usize::try_from(above).ok()?)?
            .get(position)
            .copied()
    }

    pub(crate) fn row(&self) -> &[Hash] {
        self.levels.first().expect("it was made from its row")
    }

    pub(crate) fn root(&self) -> Option<Hash> {
        self.levels.last()?.first().copied()
    }
}

/// The rows at the right edge of a chain that are not complete yet, one a kept level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OpenRows {
    pub(crate) rows: Vec<OpenRow>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OpenRow {
    pub(crate) row: u64,
    pub(crate) branches: Vec<Hash>,
}

impl OpenRows {
    /// Takes the branches that a batch completes; `completed(kept, row, branches)` receives each row that becomes full.
    pub(crate) fn extend(
        &mut self,
        branches: &[Branch],
        mut completed: impl FnMut(u8, u64, Vec<Hash>),
    ) {
        for branch in branches {
            let place = BranchPlace::of(branch.level, branch.index)
                .expect("a batch tells of branches from the kept level on");
            // A level between two kept ones is hashed again from the row below.
            if place.above != 0 {
                continue;
            }
            let kept = usize::from(place.kept);
            if self.rows.len() <= kept {
                self.rows.resize_with(kept + 1, OpenRow::default);
            }
            let open = self.rows.get_mut(kept).expect("made where it was missing");
            open.branches.push(branch.hash);
            if open.branches.len() == ROW_BRANCHES {
                completed(place.kept, open.row, std::mem::take(&mut open.branches));
                open.row += 1;
            }
        }
    }

    /// A branch of an open row, or one above it whose leaves are all there.
    pub(crate) fn branch(&self, place: BranchPlace) -> Option<Hash> {
        let open = self
            .rows
            .get(usize::from(place.kept))
            .filter(|open| open.row == place.row)?;
        let (first, last) = (
            place.position << place.above,
            (place.position + 1) << place.above,
        );
        Pyramid::new(open.branches.get(first..last)?.to_vec()).root()
    }
}
