//! Newer versions of the roster, from a node: each is verified by the one before it, and kept beside the credentials.

use crate::{
    connection,
    credentials::{self, Credentials},
};
use anyhow::Context;
use std::path::Path;
use tonic::transport::Channel;
use yizhang_ledger::{roster::Roster, value::Division};
use yizhang_node::{Shelf, ShelfError, Taken};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    deadline::{STATUS_TIMEOUT, within},
    v1::{RostersRequest, StatusReply, rosters_client::RostersClient},
};

/// Most answers of a node that are read, of 8 versions each: all that a directory keeps.
const ANSWERS_MAX: usize = 512;

/// The roster by which the answer of a node that works under some version is checked: that of the credentials, or a newer one that the
/// node has and that follows from it.
pub(crate) async fn roster_for(
    credentials: &Credentials,
    node: Division,
    version: u64,
) -> anyhow::Result<Roster> {
    if version <= credentials.roster.version {
        return Ok(credentials.roster.clone());
    }
    fetch(credentials, node).await
}

/// The version of the roster that a node says it works under; 0 if it says none that can be read, which is newer than nobody's.
pub(crate) fn version_of(status: &StatusReply) -> u64 {
    Shelf::number_of(&status.roster).unwrap_or(0)
}

/// Fetches the versions that a directory lacks from a node, and returns the newest.
///
/// # Errors
/// A version that does not follow from what is trusted in the directory.
pub(crate) async fn fetch(credentials: &Credentials, node: Division) -> anyhow::Result<Roster> {
    let dir = &credentials.directory;
    let mut versions = credentials::read_roster(dir)?.versions;
    let mut client = client(credentials, node)?;
    for _ in 0..ANSWERS_MAX {
        let version = versions.newest().version;
        let asked = client.after(RostersRequest { version });
        let reply = within(STATUS_TIMEOUT, asked)
            .await
            .map_err(|status| connection::failure(node, &status))?;
        for note in &reply.rosters {
            take(&mut versions, note, dir)?;
        }
        if versions.newest().version == version {
            break;
        }
    }
    Ok(versions.newest().clone())
}

/// Takes a version; where the directory may not be written, for this run alone.
fn take(versions: &mut Shelf, note: &[u8], dir: &Path) -> anyhow::Result<Taken> {
    let taken = match versions.take(note) {
        Err(ShelfError::Io { .. }) => versions.follow(note),
        taken => taken,
    };
    taken.with_context(|| dir.display().to_string())
}

/// The service of a node that has versions.
pub(crate) fn client(
    credentials: &Credentials,
    node: Division,
) -> anyhow::Result<RostersClient<Channel>> {
    let client = RostersClient::new(connection::to_node(credentials, node)?);
    Ok(client.max_decoding_message_size(MESSAGE_BYTES_MAX))
}
