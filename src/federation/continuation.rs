//! `yizhang federation continue`: from where a chain goes on that has shown two histories.

use super::{
    change::unused_key,
    proposal::{Proposal, in_force},
};
use crate::{
    connection, copies,
    credentials::Credentials,
    exit::{Failure, Outcome},
    node::parse_region,
};
use anyhow::{Context, bail};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_ledger::{
    batch::Batch,
    hash::Hash,
    head::{Head, Origin},
    note::NoteKey,
    roster::{ChainKey, Continuation, KeyKind, Region},
    value::{Division, TreeSize},
};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    deadline::{self, BATCH_SILENCE_MAX, STREAM_START_TIMEOUT, within},
    v1::{FetchRequest, StatusReply, replication_client::ReplicationClient},
};

/// Arguments of `federation continue`.
#[derive(Args)]
pub(crate) struct ContinueArguments {
    /// Directory of the node whose chain it is: a new key is written into it, the old ones stay.
    #[arg(long)]
    dir: PathBuf,
    /// How many entries the chain keeps: a size at which a batch ends and up to which its two histories agree, or the whole of
    /// the one that is to count.
    #[arg(long, value_name = "SIZE")]
    at: u64,
    /// Region of a running node that holds those entries; it is asked for their root, and its copy is what all others take.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// The proposal: made, or added to.
    #[arg(long)]
    file: PathBuf,
}

/// Makes a key for a chain, and proposes that the chain goes on with it from a size and root.
pub(super) fn propose(arguments: &ContinueArguments) -> anyhow::Result<Outcome> {
    let dir = &arguments.dir;
    let in_force = in_force(dir)?;
    let region = Division::new(crate::node::configuration(dir)?.region);
    let region = region.context("the region of a node is a division")?;
    let mut proposal = Proposal::read_or_begin(&arguments.file, &in_force)?;
    let entry = proposal.roster.regions.get_mut(&region);
    let entry = entry.with_context(|| t!("federation.not_in_roster", region = region))?;
    let size = TreeSize(arguments.at);
    if size == TreeSize(0) {
        return Err(Failure::Arguments(t!("argument.size").to_string()).into());
    }
    let credentials = Credentials::read(dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let asked = root_at(&credentials, arguments.node, &entry.origin, size);
    let root = runtime.block_on(asked)?;
    let key = unused_key(dir, entry, KeyKind::Chain)?;
    let public = key.verifying_key().to_bytes();
    let key = NoteKey::new(&KeyKind::Chain.name(&entry.origin), public);
    let key = key.context("a fresh key is a key")?;
    go_on(entry, Continuation { size, root }, key)?;
    proposal.write_changed()?;
    Ok(Outcome::Clean)
}

/// Ends the keys of a chain where it goes on, and gives it the next one.
fn go_on(region: &mut Region, from: Continuation, key: NoteKey) -> anyhow::Result<()> {
    let begins_later = |span: &ChainKey| span.from > from.size;
    let is_before_last = region
        .continuation()
        .is_some_and(|last| from.size <= last.size);
    if is_before_last || region.keys.iter().any(begins_later) {
        bail!("{}", t!("federation.continues_too_early"));
    }
    for span in &mut region.keys {
        span.until = Some(span.until.map_or(from.size, |until| until.min(from.size)));
    }
    region
        .keys
        .push(ChainKey::since(key, TreeSize(from.size.0 + 1)));
    region.continuations.push(from);
    Ok(())
}

/// The root of the first entries of a chain, as a node holds them.
async fn root_at(
    credentials: &Credentials,
    node: Division,
    origin: &Origin,
    size: TreeSize,
) -> anyhow::Result<Hash> {
    let status = copies::status(credentials, node).await?;
    if let Some(root) = newest_root(&status, credentials, origin, size) {
        return Ok(root);
    }
    let channel = connection::to_node(credentials, node)?;
    let mut client = ReplicationClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let request = FetchRequest {
        origin: origin.to_string(),
        from: size.0,
    };
    let failed = |status| connection::failure(node, &status);
    let mut stream = within(STREAM_START_TIMEOUT, client.fetch(request))
        .await
        .map_err(failed)?;
    let next = deadline::next(&mut stream, BATCH_SILENCE_MAX)
        .await
        .map_err(failed)?;
    let no_batch_ends = || t!("federation.no_batch_ends", node = node, size = size);
    let next = next.with_context(no_batch_ends)?;
    let batch = Batch::parse(next.batch.into())?;
    let entry = batch.entry();
    if entry.origin != *origin || entry.first != size.next_leaf() {
        bail!("{}", no_batch_ends());
    }
    Ok(entry.root_before)
}

/// The root of the newest head that a node shows of a chain, if it is of this size and signed.
fn newest_root(
    status: &StatusReply,
    credentials: &Credentials,
    origin: &Origin,
    size: TreeSize,
) -> Option<Hash> {
    let mut chains = status.chains.iter();
    let chain = chains.find(|chain| chain.origin == origin.as_str())?;
    let head = Head::open(&chain.head, &credentials.roster).ok()?;
    (head.size == size && head.origin == *origin).then_some(head.root)
}
