//! `yizhang bundle export`: what a node holds of chains, over the service by which nodes replicate, into one file.

use super::{file::Bundle, runtime};
use crate::{
    clock, connection, copies, credentials::Credentials, exit::Outcome, files, newer,
    node::parse_region, show,
};
use anyhow::{Context, ensure};
use clap::Args;
use rust_i18n::t;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};
use tonic::Streaming;
use yizhang_ledger::{
    batch::Batch,
    chain::ChainState,
    hash::Hash,
    head::{Head, Origin},
    roster::Roster,
    segment::{write_batch_frame, write_head_frame},
    value::{Division, TreeSize},
};
use yizhang_node::Shelf;
use yizhang_statement::{BUNDLE_HEADS_MAX, BundleHeader, SectionHeader, SectionKind};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    deadline::{self, BATCH_SILENCE_MAX, STATUS_TIMEOUT, STREAM_START_TIMEOUT, within},
    v1::{
        ChainStatus, FetchRequest, RostersRequest, SignedBatch,
        replication_client::ReplicationClient,
    },
};

/// Answers of a node that are read, of 8 versions of the roster each: all that a directory keeps.
const ANSWERS_MAX: usize = 512;
/// Bytes that are gathered before they are written: the largest batch, its head and room.
const GATHER_BYTES: usize = 4 * 1_024 * 1_024;
/// Bytes in front of a section.
const HEADER_BYTES: u64 = 128;

/// Arguments of `bundle export`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Region of the node to ask.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of a node: nodes alone may read whole chains this way.
    #[arg(long)]
    credentials: PathBuf,
    /// File to write; one that is there is replaced when the new one is whole.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Only the chain of this region.
    #[arg(long, value_name = "REGION", value_parser = parse_region)]
    chain: Option<Division>,
    /// Leave out so many entries at the beginning of that chain, which the other side has; a batch must start there.
    #[arg(long, value_name = "SIZE", requires = "chain")]
    from: Option<u64>,
    /// Leave out what an earlier bundle has.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    after: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let begins = begins(arguments)?;
    runtime()?.block_on(export(arguments, &credentials, &begins))?;
    println!("{}", t!("bundle.written", path = arguments.to.display()));
    Ok(Outcome::Clean)
}

/// Where each chain begins that does not begin at its first entry.
fn begins(arguments: &Arguments) -> anyhow::Result<BTreeMap<Division, u64>> {
    let mut begins = BTreeMap::new();
    if let (Some(region), Some(from)) = (arguments.chain, arguments.from) {
        begins.insert(region, from);
    }
    let Some(path) = &arguments.after else {
        return Ok(begins);
    };
    let found = Bundle::open(path)?.sections()?;
    if let Some(fault) = found.fault {
        anyhow::bail!(fault);
    }
    for section in found.sections {
        if let SectionKind::Chain { origin, to, .. } = section.kind {
            begins.insert(origin.region(), to.0);
        }
    }
    Ok(begins)
}

async fn export(
    arguments: &Arguments,
    credentials: &Credentials,
    begins: &BTreeMap<Division, u64>,
) -> anyhow::Result<()> {
    let node = arguments.node;
    let status = copies::status(credentials, node).await?;
    let version = newer::version_of(&status);
    let roster = newer::roster_for(credentials, node, version).await?;
    let rosters = rosters(credentials, node).await?;
    let mut written = Writing::begin(&arguments.to, &roster.federation)?;
    written.rosters(&rosters)?;
    let bar = show::progress::bytes(&t!("bundle.exporting"));
    for chain in &status.chains {
        let Some(offered) = offered(chain, &roster) else {
            continue;
        };
        let region = offered.origin.region();
        // A chain that is not named begins with its first entry.
        let from = begins.get(&region).copied().unwrap_or(0);
        let is_asked = arguments.chain.is_none_or(|asked| asked == region);
        if !is_asked || from >= offered.to.0 {
            continue;
        }
        let stream = fetch(credentials, node, &offered.origin, from).await?;
        let part = Part {
            from: TreeSize(from),
            offered,
        };
        written.chain(&part, stream, node, &roster, &bar).await?;
        println!(
            "{}",
            t!(
                "bundle.chain_written",
                region = show::place::name(region),
                from = from,
                to = part.offered.to
            )
        );
    }
    bar.finish();
    written.finish()
}

/// A chain as the node holds it, up to a signed head.
struct Offered {
    origin: Origin,
    to: TreeSize,
    /// The newest head first, then others with cosignatures.
    heads: Vec<(TreeSize, Vec<u8>)>,
}

/// What is taken of a chain.
struct Part {
    from: TreeSize,
    offered: Offered,
}

/// What a node holds of a chain, if that is anything that is signed. A newest batch that is not signed yet is left to the next bundle.
fn offered(chain: &ChainStatus, roster: &Roster) -> Option<Offered> {
    let cosigned = Head::open(&chain.cosigned, roster).ok();
    let newest = Head::open(&chain.head, roster).ok();
    let mut heads = Vec::new();
    let signed = [(newest, &chain.head), (cosigned, &chain.cosigned)];
    for (head, note) in signed {
        if let Some(head) = head.filter(|head| head.origin.as_str() == chain.origin) {
            heads.push((head.size, note.to_vec()));
        }
    }
    // The same head with its cosignatures says more.
    if let [(newest, _), (cosigned, _)] = heads.as_slice()
        && newest == cosigned
    {
        heads.remove(0);
    }
    heads.truncate(BUNDLE_HEADS_MAX);
    let (to, _) = heads.first()?;
    let to = *to;
    let origin = Origin::parse(&chain.origin)?;
    (to.0 > 0).then_some(Offered { origin, to, heads })
}

/// The versions of the roster that a node has, oldest first.
async fn rosters(credentials: &Credentials, node: Division) -> anyhow::Result<Vec<(u64, Vec<u8>)>> {
    let mut client = newer::client(credentials, node)?;
    let mut versions: Vec<(u64, Vec<u8>)> = Vec::new();
    for _ in 0..ANSWERS_MAX {
        let version = versions.last().map_or(0, |(version, _)| *version);
        let reply = within(STATUS_TIMEOUT, client.after(RostersRequest { version }))
            .await
            .map_err(|status| connection::failure(node, &status))?;
        if reply.rosters.is_empty() {
            break;
        }
        for note in reply.rosters {
            versions.push((Shelf::number_of(&note)?, note.into()));
        }
    }
    Ok(versions)
}

async fn fetch(
    credentials: &Credentials,
    node: Division,
    origin: &Origin,
    from: u64,
) -> anyhow::Result<Streaming<SignedBatch>> {
    let channel = connection::to_node(credentials, node)?;
    let mut client = ReplicationClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let request = FetchRequest {
        origin: origin.to_string(),
        from,
    };
    within(STREAM_START_TIMEOUT, client.fetch(request))
        .await
        .map_err(|status| connection::failure(node, &status))
}

/// A bundle that is being written, beside its place.
struct Writing {
    path: PathBuf,
    next: PathBuf,
    file: File,
    at: u64,
    buffer: Vec<u8>,
}

impl Writing {
    fn begin(path: &Path, federation: &str) -> anyhow::Result<Self> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".part");
        let next = path.with_file_name(name);
        let _ = fs::remove_file(&next);
        files::create(&next, &[], files::Access::Secret)?;
        let file = File::options()
            .write(true)
            .open(&next)
            .with_context(|| next.display().to_string())?;
        let header = BundleHeader {
            federation: federation.to_owned(),
            made: clock::now(),
        };
        let header = header
            .write()
            .context("a roster names its federation well")?;
        let mut writing = Self {
            path: path.to_path_buf(),
            next,
            file,
            at: 0,
            buffer: Vec::new(),
        };
        writing.put(&header)?;
        Ok(writing)
    }

    fn put(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.buffer.extend_from_slice(bytes);
        self.gathered()
    }

    /// Writes what has been gathered, if that is much.
    fn gathered(&mut self) -> anyhow::Result<()> {
        if self.buffer.len() >= GATHER_BYTES {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> anyhow::Result<()> {
        self.file
            .write_all(&self.buffer)
            .with_context(|| self.next.display().to_string())?;
        self.at += u64::try_from(self.buffer.len()).expect("some MiB");
        self.buffer.clear();
        Ok(())
    }

    /// Begins a section; how long it is is written when it ends. Returns where it begins.
    fn begin_section(&mut self, kind: &SectionKind) -> anyhow::Result<u64> {
        self.spill()?;
        let begins = self.at;
        let header = section(kind, 0)?;
        self.put(&header)?;
        Ok(begins)
    }

    fn end_section(&mut self, kind: &SectionKind, begins: u64) -> anyhow::Result<()> {
        self.spill()?;
        let bytes = self.at - begins - HEADER_BYTES;
        let header = section(kind, bytes)?;
        let write = |file: &mut File| {
            file.seek(SeekFrom::Start(begins))?;
            file.write_all(&header)?;
            file.seek(SeekFrom::End(0))
        };
        write(&mut self.file).with_context(|| self.next.display().to_string())?;
        Ok(())
    }

    fn rosters(&mut self, versions: &[(u64, Vec<u8>)]) -> anyhow::Result<()> {
        let begins = self.begin_section(&SectionKind::Rosters)?;
        for (version, note) in versions {
            write_head_frame(note, TreeSize(*version), &mut self.buffer);
            self.gathered()?;
        }
        self.end_section(&SectionKind::Rosters, begins)
    }

    /// Writes a chain up to the head that was offered, each batch checked against the one before it and its head.
    async fn chain(
        &mut self,
        part: &Part,
        mut stream: Streaming<SignedBatch>,
        node: Division,
        roster: &Roster,
        bar: &show::progress::ByteBar,
    ) -> anyhow::Result<()> {
        let Part { from, offered } = part;
        let (origin, to) = (offered.origin.clone(), offered.to);
        let region = origin.region();
        let kind = SectionKind::Chain {
            origin: origin.clone(),
            from: *from,
            to,
        };
        let begins = self.begin_section(&kind)?;
        for (size, note) in &offered.heads {
            write_head_frame(note, *size, &mut self.buffer);
        }
        let mut reading = Reading::new(origin, *from);
        while reading.size < to {
            let next = deadline::next(&mut stream, BATCH_SILENCE_MAX).await;
            let next = next.map_err(|status| connection::failure(node, &status))?;
            let signed = next.with_context(|| t!("bundle.short", size = reading.size, to = to))?;
            let batch = reading.follow(&signed, roster)?;
            write_batch_frame(
                batch.bytes(),
                batch.ends(),
                batch.entry().first,
                &mut self.buffer,
            );
            write_head_frame(&signed.head, reading.size, &mut self.buffer);
            self.gathered()?;
            bar.advance(region, self.at - begins, 0);
        }
        ensure!(reading.size == to, "{}", t!("bundle.past", to = to));
        self.end_section(&kind, begins)
    }

    fn finish(mut self) -> anyhow::Result<()> {
        let end = section(&SectionKind::End, 0)?;
        self.put(&end)?;
        self.spill()?;
        let (next, path) = (&self.next, &self.path);
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        self.file
            .sync_all()
            .and_then(|()| fs::rename(next, path))
            .and_then(|()| File::open(directory)?.sync_all())
            .with_context(|| path.display().to_string())
    }
}

fn section(kind: &SectionKind, bytes: u64) -> anyhow::Result<Vec<u8>> {
    let header = SectionHeader {
        kind: kind.clone(),
        bytes,
    };
    header.write().context("the name of a chain is short")
}

/// A chain as it comes: all of it is checked from its first entry on, a later part as far as it hangs together.
struct Reading {
    size: TreeSize,
    state: Option<ChainState>,
    origin: Origin,
    link: Option<Hash>,
}

impl Reading {
    fn new(origin: Origin, from: TreeSize) -> Self {
        Self {
            size: from,
            state: (from.0 == 0).then(|| ChainState::empty(origin.clone())),
            origin,
            link: None,
        }
    }

    fn follow(&mut self, signed: &SignedBatch, roster: &Roster) -> anyhow::Result<Batch> {
        let wrong = || t!("bundle.sent_wrong", size = self.size);
        let head = Head::open(&signed.head, roster).with_context(wrong)?;
        let batch = Batch::parse(signed.batch.to_vec()).with_context(wrong)?;
        let entry = batch.entry();
        let follows = entry.origin == self.origin
            && entry.first == self.size.next_leaf()
            && head.origin == self.origin
            && head.size == batch.size_after()
            && self.link.is_none_or(|link| link == entry.previous);
        ensure!(follows, "{}", wrong());
        if let Some(state) = &self.state {
            let extension = state.follow(batch.clone()).with_context(wrong)?;
            extension.check_confirms(&head).with_context(wrong)?;
            self.state = Some(extension.after().clone());
        }
        self.link = batch.leaves().first().copied();
        self.size = head.size;
        Ok(batch)
    }
}
