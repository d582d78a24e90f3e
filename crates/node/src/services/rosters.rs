//! The service Rosters: the versions of the roster, to everybody with a certificate of the federation, and from anybody who brings one
//! that enough root keys have signed.

use crate::{refusal::Refusal, rosters::VERSIONS_AT_ONCE, shared::Shared, shelf::ShelfError};
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tonic::{Request, Response, Status};
use yizhang_ledger::{
    head::Head,
    roster::{Continuation, Roster},
};
use yizhang_wire::v1::{self, rosters_server::Rosters};

pub(crate) struct RostersService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Rosters for RostersService {
    async fn after(
        &self,
        request: Request<v1::RostersRequest>,
    ) -> Result<Response<v1::RostersReply>, Status> {
        let rosters = &self.0.rosters;
        let later = rosters.after(request.get_ref().version);
        Ok(Response::new(v1::RostersReply {
            rosters: later.into_iter().map(Into::into).collect(),
            newest: rosters.newest(),
        }))
    }

    async fn publish(
        &self,
        request: Request<v1::PublishRequest>,
    ) -> Result<Response<v1::PublishReply>, Status> {
        let notes = request.into_inner().rosters;
        if notes.len() > VERSIONS_AT_ONCE {
            return Err(Refusal::TooMany {
                what: "versions of the roster",
                limit: VERSIONS_AT_ONCE,
                found: notes.len(),
            }
            .into());
        }
        let shared = Arc::clone(&self.0);
        let notes: Vec<Vec<u8>> = notes.into_iter().map(Into::into).collect();
        let taken = spawn_blocking(move || take(&shared, &notes));
        let newest = taken.await.map_err(|_| Refusal::Stopping)??;
        Ok(Response::new(v1::PublishReply { newest }))
    }
}

/// Takes versions that somebody brings, unless the newest head of a chain would be lost by it.
fn take(shared: &Shared, notes: &[Vec<u8>]) -> Result<u64, Refusal> {
    if let Some(next) = shared.rosters.would_be(notes)? {
        heads_still_count(shared, &next)?;
    }
    let taken = shared.rosters.take(notes);
    if matches!(taken, Err(ShelfError::Forked { .. })) {
        shared.rosters.keep_other(notes)?;
    }
    let newest = taken?;
    tracing::info!(version = newest, "the roster was published here");
    Ok(newest)
}

/// Refuses a roster under which the newest head of a chain that is held here would not count; and one that says anew from where a chain goes
/// on, unless that is held here: the first to take it knows that it is true, and all others follow.
fn heads_still_count(shared: &Shared, next: &Roster) -> Result<(), Refusal> {
    let store = &shared.store;
    for origin in shared.roster.origins() {
        let before = shared.roster.continuation(origin);
        if let Some(Continuation { agreed, from }) = next.continuation(origin)
            && next.continuation(origin) != before
        {
            let mut is_held = true;
            for tree in [agreed, from] {
                is_held &= store.root_at(origin, tree.size)? == Some(tree.root);
            }
            if !is_held {
                return Err(Refusal::NotHeld {
                    origin: origin.clone(),
                    size: from.size,
                    version: next.version,
                });
            }
            continue;
        }
        let Some((size, note)) = store.newest_head(origin)? else {
            continue;
        };
        if Head::open(&note, next).is_err() {
            return Err(Refusal::VoidsHead {
                origin: origin.clone(),
                size,
                version: next.version,
            });
        }
    }
    Ok(())
}
