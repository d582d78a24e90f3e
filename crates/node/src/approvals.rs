//! Two clerks for what changes what stands in a chain: such submissions wait here for a second one, where the node asks for it. What
//! waits is on the disk (`yizhang_store::WaitingRoom`); what is approved is appended with the approval, in one batch.

pub(crate) mod decisions;

use crate::refusal::Refusal;
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Mutex, PoisonError},
};
use yizhang_ledger::{
    approval,
    batch::{RecordBlock, SubmissionId},
    chain::Submitted,
    entry::Entry,
    hash::Hash,
    record::Record,
    value::LeafIndex,
};
use yizhang_store::WaitingRoom;

/// What waits for a second clerk at this node.
pub(crate) struct Approvals {
    desk: Mutex<Desk>,
    is_needed: bool,
}

struct Desk {
    /// None if it could not be opened: then nothing is taken in that would have to wait.
    room: Option<WaitingRoom>,
    /// Approved, and on the way into the chain.
    appending: BTreeSet<SubmissionId>,
}

/// Something that a clerk says of a submission that waits.
pub(crate) struct Word {
    pub(crate) id: SubmissionId,
    /// The content digest of what they have looked at.
    pub(crate) content: Hash,
    /// Fingerprint of their certificate.
    pub(crate) clerk: Hash,
}

/// What goes into the chain.
pub(crate) struct Approved {
    pub(crate) submitted: Submitted,
    pub(crate) approval: Submitted,
}

/// Whether two clerks answer for an entry. What cannot be read was refused before.
fn is_for_two(entry: &[u8]) -> bool {
    let entry = Entry::parse(entry, LeafIndex(0)).ok();
    let record = entry.and_then(|entry| Record::read(&entry).ok());
    record.is_none_or(|record| approval::is_for_two(&record))
}

impl Approvals {
    /// Of a data directory.
    pub(crate) fn open(data: &Path, is_needed: bool) -> Self {
        let room = match WaitingRoom::open(data) {
            Ok((room, unread)) => {
                for path in unread {
                    tracing::error!(path = %path.display(), "no submission that waits for approval: it is left alone");
                }
                Some(room)
            }
            Err(error) => {
                tracing::error!(%error, "what waits for approval cannot be read");
                None
            }
        };
        Self {
            desk: Mutex::new(Desk {
                room,
                appending: BTreeSet::new(),
            }),
            is_needed,
        }
    }

    /// Whether this node asks for two clerks at all.
    pub(crate) const fn are_needed(&self) -> bool {
        self.is_needed
    }

    /// Whether a submission has to be approved by a second clerk.
    pub(crate) fn concern(&self, block: &RecordBlock) -> bool {
        self.is_needed && block.entries().any(is_for_two)
    }

    /// The content digest of what waits under a number, as far as that is known.
    fn waiting_under(&self, id: SubmissionId) -> Option<Hash> {
        let desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = desk.room.as_ref()?.find(id)?;
        waiting.refused.is_none().then_some(waiting.content)
    }

    /// Does something with what waits. Waits for the disk.
    fn with<T>(
        &self,
        deed: impl FnOnce(&mut WaitingRoom, &mut BTreeSet<SubmissionId>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        let Desk { room, appending } = &mut *desk;
        let room = room.as_mut();
        let room = room.ok_or(Refusal::Broken("what waits for approval cannot be read"))?;
        deed(room, appending)
    }
}
