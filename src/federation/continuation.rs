//! `yizhang federation continue`: from where a chain goes on that has shown two histories.

use super::{
    change::fresh_key,
    proposal::{Proposal, in_force},
};
use crate::{
    connection, copies,
    credentials::Credentials,
    exit::{Failure, Outcome},
    node::parse_region,
    show,
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
    roster::{ChainKey, Continuation, KeyKind, NamedTree, Region},
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
    /// How many entries the chain keeps: up to where its two histories agree, or the whole of the one that is to count. A batch ends there.
    #[arg(long, value_name = "SIZE")]
    at: u64,
    /// Up to how many entries both histories agree, if that is less: `audit` of two directories or nodes names it.
    #[arg(long, value_name = "SIZE")]
    agreed: Option<u64>,
    /// Region of a running node that holds the history that counts. The roots are as it holds them, and compared with those of all others.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// The proposal: made, or added to.
    #[arg(long)]
    file: PathBuf,
}

/// Makes a key for a chain, and proposes that the chain goes on with it from a size and root.
pub(super) fn propose(arguments: &ContinueArguments) -> anyhow::Result<Outcome> {
    let dir = &arguments.dir;
    let mut proposal = Proposal::read_or_begin(&arguments.file, &in_force(dir)?)?;
    let entry = proposal.region_of_node(dir)?;
    let (at, agreed) = (arguments.at, arguments.agreed.unwrap_or(arguments.at));
    if agreed == 0 || at < agreed {
        return Err(Failure::Arguments(t!("argument.size").to_string()).into());
    }
    let credentials = Credentials::read(dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let asking = Asking {
        credentials: &credentials,
        origin: entry.origin.clone(),
        node: arguments.node,
    };
    let agreed = runtime.block_on(asking.of_all(TreeSize(agreed), Others::Agree))?;
    let from = if agreed.size == TreeSize(at) {
        agreed
    } else {
        runtime.block_on(asking.of_all(TreeSize(at), Others::MayDiffer))?
    };
    let public = fresh_key(dir, KeyKind::Chain)?.verifying_key().to_bytes();
    let key = NoteKey::new(&KeyKind::Chain.name(&entry.origin), public);
    let key = key.context("a fresh key is a key")?;
    go_on(entry, Continuation { agreed, from }, key)?;
    proposal.write_changed()?;
    Ok(Outcome::Clean)
}

/// Whether other nodes may hold another root of a chain at a size.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Others {
    /// None may: both histories are the same up to there.
    Agree,
    /// Those that hold the other history do.
    MayDiffer,
}

/// Whom the roots of a chain are asked of.
struct Asking<'a> {
    credentials: &'a Credentials,
    origin: Origin,
    /// The one whose word is taken.
    node: Division,
}

impl Asking<'_> {
    /// The state of a chain at a size, as a node holds it, with what all others hold there, which is said.
    async fn of_all(&self, size: TreeSize, others: Others) -> anyhow::Result<NamedTree> {
        let root = root_at(self.credentials, self.node, &self.origin, size).await?;
        let roster = &self.credentials.roster;
        let rest = roster.regions.keys().copied();
        for other in rest.filter(|other| *other != self.node) {
            let Ok(held) = root_at(self.credentials, other, &self.origin, size).await else {
                let node = show::place::name(other);
                println!(
                    "{}",
                    t!("federation.root_unknown", node = node, size = size)
                );
                continue;
            };
            let node = show::place::name(other);
            if held == root {
                println!("{}", t!("federation.root_agrees", node = node, size = size));
            } else if others == Others::MayDiffer {
                println!(
                    "{}",
                    t!("federation.root_differs", node = node, size = size)
                );
            } else {
                bail!(
                    "{}",
                    t!("federation.root_not_agreed", node = node, size = size)
                );
            }
        }
        Ok(NamedTree { size, root })
    }
}

/// Ends the keys of a chain where it goes on, and gives it the next one.
fn go_on(region: &mut Region, next: Continuation, key: NoteKey) -> anyhow::Result<()> {
    let size = next.from.size;
    let begins_later = |span: &ChainKey| span.from > size;
    let is_before_last = region
        .continuation()
        .is_some_and(|last| next.agreed.size < last.from.size || size <= last.from.size);
    if is_before_last || region.keys.iter().any(begins_later) {
        bail!("{}", t!("federation.continues_too_early"));
    }
    for span in &mut region.keys {
        span.until = Some(span.until.map_or(size, |until| until.min(size)));
    }
    region.keys.push(ChainKey::since(key, TreeSize(size.0 + 1)));
    region.continuations.push(next);
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
