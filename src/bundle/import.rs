//! `yizhang bundle import`: the chains of a file to a running node, one after another. The node asks for what it lacks, so that an import
//! which was cut goes on where it was, and one that is repeated changes nothing.

use super::{
    file::{Bundle, Frame, Frames, Section},
    runtime,
};
use crate::{
    connection, copies,
    credentials::{self, Credentials},
    exit::Outcome,
    federation::hand_over,
    newer,
    node::parse_region,
    show,
};
use anyhow::{Context, bail, ensure};
use clap::Args;
use rust_i18n::t;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use yizhang_ledger::{
    head::Origin,
    segment::FrameKind,
    value::{Division, TreeSize},
};
use yizhang_show::bundle::{ChainImported, Outcome as Became};
use yizhang_statement::{BUNDLE_HEADS_MAX, SectionKind};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    deadline::{STREAM_START_TIMEOUT, within},
    v1::{
        BundlePart, BundleReply, CarriedBatch, ChainOffer, ChainOutcome, Demand, DemandEnd,
        SignedBatch, bundle_part::Part, bundle_reply::Reply, bundles_client::BundlesClient,
    },
};

/// Batches on their way: one that is being sent, one that waits.
const PARTS_AHEAD_MAX: usize = 1;
/// How long the node may say nothing: it gives a chain up itself after less, ten minutes.
const SILENCE_MAX: Duration = Duration::from_secs(660);

/// Arguments of `bundle import`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The bundle.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Region of the node to bring it to.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of that node: nobody else may bring it chains.
    #[arg(long)]
    credentials: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let bundle = Bundle::open(&arguments.file)?;
    let credentials = Credentials::read(&arguments.credentials)?;
    let (expected, found) = (&credentials.roster.federation, &bundle.header.federation);
    ensure!(
        expected == found,
        "{}",
        t!(
            "bundle.other_federation",
            expected = expected,
            found = found
        )
    );
    let found = bundle.sections()?;
    let chains = runtime()?.block_on(import(arguments, &bundle, &found.sections))?;
    show::bundle::report(&chains);
    if let Some(fault) = &found.fault {
        println!("{fault}");
    }
    let is_whole = chains.iter().all(|chain| chain.became.is_fine()) && found.fault.is_none();
    Ok(if is_whole {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

async fn import(
    arguments: &Arguments,
    bundle: &Bundle,
    sections: &[Section],
) -> anyhow::Result<Vec<ChainImported>> {
    let node = arguments.node;
    bring_rosters(arguments, bundle, sections).await?;
    // The rosters may have named another address.
    let credentials = Credentials::read(&arguments.credentials)?;
    let status = copies::status(&credentials, node).await?;
    let held = status
        .chains
        .iter()
        .map(|chain| (chain.origin.clone(), chain.size));
    let held: BTreeMap<String, u64> = held.collect();
    let mut session = Session::begin(&credentials, node).await?;
    let bar = show::progress::bytes(&t!("bundle.importing"));
    let mut chains = Vec::new();
    for section in sections {
        let SectionKind::Chain { origin, from, to } = &section.kind else {
            continue;
        };
        // A chain that the node does not know it holds nothing of.
        let held = held.get(origin.as_str()).copied().unwrap_or(0);
        let mut carrying = Carrying {
            frames: bundle.frames(section.start, section.end),
            section,
            known: Known {
                first: from.0,
                at: section.start,
            },
            batches_at: section.start,
            bar: &bar,
            region: origin.region(),
            to: *to,
            sent: TreeSize(0),
            sending: None,
        };
        let outcome = match carrying.offer(origin, *from, *to, held) {
            Ok(offer) => session.bring(&mut carrying, offer).await?,
            Err(fault) => broken(origin, held, &fault),
        };
        chains.push(ChainImported {
            region: origin.region(),
            from: from.0,
            to: to.0,
            before: outcome.before,
            after: outcome.after,
            became: Became::of(&outcome.code, &outcome.message),
        });
    }
    bar.finish();
    Ok(chains)
}

/// A chain of the file that cannot be read to where its batches begin.
fn broken(origin: &Origin, held: u64, fault: &anyhow::Error) -> ChainOutcome {
    ChainOutcome {
        origin: origin.to_string(),
        before: held,
        after: held,
        code: "broken".into(),
        message: format!("{fault:#}"),
    }
}

/// Hands the node the versions of the roster that it lacks, and waits until it works under them.
async fn bring_rosters(
    arguments: &Arguments,
    bundle: &Bundle,
    sections: &[Section],
) -> anyhow::Result<()> {
    let node = arguments.node;
    let credentials = Credentials::read(&arguments.credentials)?;
    let status = copies::status(&credentials, node).await?;
    let there = newer::version_of(&status);
    let mut missing = Vec::new();
    let rosters = sections.iter();
    for section in rosters.filter(|section| section.kind == SectionKind::Rosters) {
        let mut frames = bundle.frames(section.start, section.end);
        while let Some(frame) = frames.next()? {
            if frame.header.position > there {
                missing.push(frames.content(&frame)?);
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    // They are verified here first: the directory keeps them.
    let mut versions = credentials::read_roster(&arguments.credentials)?.versions;
    let known = versions.newest().version;
    for note in &missing {
        let follows = versions.follow(note);
        follows.with_context(|| t!("bundle.roster_refused", version = known))?;
    }
    let newest = hand_over(&credentials, node, &missing).await?;
    println!(
        "{}",
        t!("bundle.roster_taken", version = newest, node = node)
    );
    Ok(())
}

/// The call by which chains are brought.
struct Session {
    node: Division,
    parts: mpsc::Sender<BundlePart>,
    replies: Streaming<BundleReply>,
}

impl Session {
    async fn begin(credentials: &Credentials, node: Division) -> anyhow::Result<Self> {
        let client = BundlesClient::new(connection::to_node(credentials, node)?);
        let mut client = client.max_decoding_message_size(MESSAGE_BYTES_MAX);
        let (parts, sent) = mpsc::channel(PARTS_AHEAD_MAX);
        let replies = within(
            STREAM_START_TIMEOUT,
            client.import(ReceiverStream::new(sent)),
        )
        .await
        .map_err(|status| connection::failure(node, &status))?;
        Ok(Self {
            node,
            parts,
            replies,
        })
    }

    /// Offers a chain, and sends what the node asks for, until it says what became of it.
    async fn bring(
        &mut self,
        carrying: &mut Carrying<'_>,
        offer: ChainOffer,
    ) -> anyhow::Result<ChainOutcome> {
        let ended = || Status::unavailable("the node has ended the import");
        let offer = BundlePart {
            part: Some(Part::Offer(offer)),
        };
        let sent = self.parts.send(offer).await;
        sent.map_err(|_| connection::failure(self.node, &ended()))?;
        loop {
            let has_more = carrying.sending.is_some();
            tokio::select! {
                reply = timeout(SILENCE_MAX, self.replies.message()) => {
                    let late = |_| Status::deadline_exceeded("the node says nothing");
                    let reply = reply.map_err(late).flatten();
                    let reply = reply.map_err(|status| connection::failure(self.node, &status))?;
                    match reply.and_then(|reply| reply.reply) {
                        Some(Reply::Demand(demand)) => carrying.sending = Some(Sending::of(demand)),
                        Some(Reply::Outcome(outcome)) => return Ok(outcome),
                        None => return Err(connection::failure(self.node, &ended())),
                    }
                }
                // What was read for a place is sent there: nothing is lost when a reply comes first.
                place = self.parts.reserve(), if has_more => {
                    let place = place.map_err(|_| connection::failure(self.node, &ended()))?;
                    if let Some(part) = carrying.next() {
                        place.send(BundlePart { part: Some(part) });
                    }
                }
            }
        }
    }
}

/// A chain of the file that is being sent.
struct Carrying<'b> {
    frames: Frames<'b>,
    section: &'b Section,
    /// Where the first batch stands.
    batches_at: u64,
    /// The last batch that was looked at: a file of tens of GB is not gone through from its beginning each time.
    known: Known,
    bar: &'b show::progress::ByteBar,
    region: Division,
    /// Leaves behind the last batch, by the section.
    to: TreeSize,
    /// Leaves behind the last batch that was sent.
    sent: TreeSize,
    /// What the node wants.
    sending: Option<Sending>,
}

/// Where a batch stands.
#[derive(Clone, Copy)]
struct Known {
    first: u64,
    at: u64,
}

/// A demand that is being met.
#[derive(Clone, Copy)]
struct Sending {
    number: u64,
    /// The size at which the next batch starts, while that is still to be found; those behind it follow.
    from: Option<u64>,
}

/// Why a demand comes to its end.
enum Ended {
    /// Nothing is left.
    Done,
    /// No batch starts where the node wants one.
    Missing,
    /// The file is cut or damaged.
    Broken,
}

impl Sending {
    const fn of(demand: Demand) -> Self {
        Self {
            number: demand.number,
            from: Some(demand.from),
        }
    }
}

impl Carrying<'_> {
    /// What is said of the chain: where it begins and ends, the heads that stand in front, and the largest that the node can compare
    /// with what it holds.
    fn offer(
        &mut self,
        origin: &Origin,
        from: TreeSize,
        to: TreeSize,
        held: u64,
    ) -> anyhow::Result<ChainOffer> {
        let mut heads: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        let mut is_in_front = true;
        let mut known = None;
        while let Some(frame) = self.frames.next()? {
            match frame.header.kind {
                FrameKind::Head if is_in_front && heads.len() < BUNDLE_HEADS_MAX => {
                    heads.insert(frame.header.position, self.frames.content(&frame)?);
                }
                FrameKind::Head if is_in_front => bail!("{}", t!("bundle.too_many_heads")),
                FrameKind::Head if frame.header.position <= held => known = Some(frame),
                FrameKind::Head => break,
                FrameKind::Batch => {
                    if is_in_front {
                        (is_in_front, self.batches_at) = (false, frame.at);
                    }
                    self.knows(&frame);
                    if frame.header.position >= held {
                        break;
                    }
                }
            }
        }
        if let Some(frame) = known {
            heads.insert(frame.header.position, self.frames.content(&frame)?);
        }
        // A map is in the order of its keys: the newest head comes last.
        Ok(ChainOffer {
            origin: origin.to_string(),
            from: from.0,
            to: to.0,
            heads: heads.into_values().map(Into::into).collect(),
        })
    }

    /// The next batch of the demand, or that there is none; nothing if no demand is open.
    fn next(&mut self) -> Option<Part> {
        let Sending { number, from } = self.sending?;
        match self.next_pair(from) {
            Ok(batch) => {
                self.sending = Some(Sending { number, from: None });
                let batch = Some(batch);
                Some(Part::Batch(CarriedBatch {
                    demand: number,
                    batch,
                }))
            }
            Err(ended) => {
                self.sending = None;
                Some(Part::End(DemandEnd {
                    demand: number,
                    missing: matches!(ended, Ended::Missing),
                    broken: matches!(ended, Ended::Broken),
                }))
            }
        }
    }

    fn next_pair(&mut self, from: Option<u64>) -> Result<SignedBatch, Ended> {
        if let Some(from) = from {
            match self.find(from) {
                Ok(true) => {}
                Ok(false) => return Err(Ended::Missing),
                Err(_) => return Err(Ended::Broken),
            }
        }
        match self.pair() {
            Ok(Some(batch)) => Ok(batch),
            // The section has less than it says.
            Ok(None) if self.sent < self.to => Err(Ended::Broken),
            Ok(None) => Err(Ended::Done),
            Err(_) => Err(Ended::Broken),
        }
    }

    fn knows(&mut self, frame: &Frame) {
        self.known = Known {
            first: frame.header.position,
            at: frame.at,
        };
    }

    /// Goes to the batch that starts at a size; false if none does.
    fn find(&mut self, from: u64) -> anyhow::Result<bool> {
        let is_behind = self.known.first <= from;
        self.frames.seek(if is_behind {
            self.known.at
        } else {
            self.batches_at
        });
        while let Some(frame) = self.frames.next()? {
            if frame.header.kind != FrameKind::Batch || frame.header.position < from {
                continue;
            }
            self.frames.seek(frame.at);
            return Ok(frame.header.position == from);
        }
        Ok(false)
    }

    /// The next batch and its head.
    fn pair(&mut self) -> anyhow::Result<Option<SignedBatch>> {
        let Some(batch) = self.frames.next()? else {
            return Ok(None);
        };
        self.knows(&batch);
        let head = self.frames.next()?;
        let head = head.filter(|head| head.header.kind == FrameKind::Head);
        let Some(head) = head.filter(|_| batch.header.kind == FrameKind::Batch) else {
            bail!("{}", t!("bundle.no_pair"));
        };
        let pair = SignedBatch {
            batch: self.frames.content(&batch)?.into(),
            head: self.frames.content(&head)?.into(),
        };
        self.sent = TreeSize(head.header.position);
        let (done, total) = (
            head.at.saturating_sub(self.section.start),
            self.section.end.saturating_sub(self.section.start),
        );
        self.bar.advance(self.region, done, total);
        Ok(Some(pair))
    }
}
