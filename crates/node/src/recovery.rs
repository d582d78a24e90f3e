//! What a restarted node waits for, and the operator's word on it.

use crate::{copies, engine::Event, shared::Shared};
use std::sync::Arc;
use tokio::sync::oneshot;
use yizhang_ledger::value::{Division, UnixMillis};
use yizhang_replica::{Input, PeerId};

/// What a restarted node waits for, and the operator's word on it.
#[derive(Clone)]
pub struct Recovery {
    pub(crate) shared: Arc<Shared>,
}

/// A region that has not said since the start what it holds of the node's own chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The region.
    pub region: Division,
    /// The time in the newest batch that this node holds of the region's chain; none if it holds nothing.
    pub newest: Option<UnixMillis>,
}

impl Recovery {
    /// The regions that the node waits for; none when it waits for nobody.
    pub async fn absent(&self) -> Vec<Absent> {
        let (reply, absent) = oneshot::channel();
        self.shared.engine.send(Event::Absent(reply)).await;
        // A node that is stopping waits for nobody.
        let regions = absent.await.unwrap_or_default();
        regions
            .into_iter()
            .map(|region| self.absent_region(region))
            .collect()
    }

    fn absent_region(&self, region: Division) -> Absent {
        let entry = self.shared.roster.regions.get(&region);
        Absent {
            region,
            newest: entry.and_then(|entry| copies::newest(&self.shared.store, &entry.origin)),
        }
    }

    /// Says that the nodes of these regions are lost for good. They count as asked once the wait for them is over.
    pub async fn declare_lost(&self, regions: impl IntoIterator<Item = Division>) {
        let lost = regions.into_iter().map(PeerId).collect();
        self.shared
            .engine
            .send(Event::Input(Input::Lost(lost)))
            .await;
    }
}
