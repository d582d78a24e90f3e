//! The nodes of the other regions, as somebody who asks them something sees them. Their connections are those on which they are watched.

use std::sync::OnceLock;
use tonic::transport::Channel;
use yizhang_ledger::value::Division;

/// A node of another region, connected to or not.
#[derive(Clone)]
pub(crate) struct Neighbour {
    pub(crate) region: Division,
    pub(crate) channel: Channel,
}

/// The nodes of the other regions, known once the engine has started.
#[derive(Default)]
pub(crate) struct Neighbours(OnceLock<Vec<Neighbour>>);

impl Neighbours {
    /// Says which there are, once.
    pub(crate) fn are(&self, neighbours: Vec<Neighbour>) {
        // A node starts its engine once.
        let _ = self.0.set(neighbours);
    }

    /// The one of a region; none if it cannot be called.
    pub(crate) fn of(&self, region: Division) -> Option<&Neighbour> {
        let mut all = self.0.get()?.iter();
        all.find(|neighbour| neighbour.region == region)
    }
}
