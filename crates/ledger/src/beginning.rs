//! What a larger tree begins with: it ties together two signed heads of one chain, of two sizes, that contradict each other.

use crate::{
    hash::{Blake3Keyed, Hash},
    head::Head,
    tree::{ProofFault, verify_consistency},
    value::TreeSize,
};
use alloc::vec::Vec;

/// The tree of the first leaves of a larger one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Its root.
    pub root: Hash,
    /// The consistency path from it to the larger tree.
    pub path: Vec<Hash>,
}

impl Beginning {
    /// Checks that the tree of a head begins, at a smaller size, with this one. Whoever holds another root of that size holds
    /// another history.
    ///
    /// # Errors
    /// Any [`ProofFault`].
    pub fn verify(&self, size: TreeSize, larger: &Head) -> Result<(), ProofFault> {
        verify_consistency::<Blake3Keyed>(
            size.0,
            larger.size.0,
            &self.root,
            &larger.root,
            &self.path,
        )
    }
}
