//! The service Bundles: chains that come as a file. To the engine the caller is a peer that announces one chain after another; all checks
//! are those that a peer's heads and batches pass. What is decided here is only what to say about the outcome.

use crate::{
    carrier::{Carried, Demanded, Import, SentBatch, Wish},
    heads::Said,
    refusal::Refusal,
    shared::Shared,
};
use std::{pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};
use yizhang_ledger::{
    head::{Head, Origin},
    value::TreeSize,
};
use yizhang_replica::{CheckedHead, Input, PeerId};
use yizhang_wire::v1::{
    self, BundlePart, BundleReply, ChainOffer, ChainOutcome, bundle_part::Part,
    bundle_reply::Reply, bundles_server::Bundles,
};

/// Heads that are read of an offer.
const OFFERED_HEADS_MAX: usize = 4;
/// Replies that wait to be read: of one chain there is little to say.
const REPLIES_MAX: usize = 4;
/// How long the caller may be silent: he looks for a place in a file of tens of GB, which takes minutes at 100 MB a second.
const SILENCE_MAX: Duration = Duration::from_secs(600);
/// How often it is looked whether a chain is there.
const LOOK: Duration = Duration::from_millis(50);
/// How long nothing may come of a chain before it is given up: as long, and longer than the replica waits before it asks a peer again that
/// has failed.
const STALLED_AFTER: Duration = SILENCE_MAX;
/// How long the engine may take to find evidence where heads and batches do not agree: it asks the disk for a root.
const JUDGED_WITHIN: Duration = Duration::from_secs(2);

pub(crate) struct BundlesService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Bundles for BundlesService {
    type ImportStream = Pin<Box<dyn Stream<Item = Result<BundleReply, Status>> + Send>>;

    async fn import(
        &self,
        request: Request<Streaming<BundlePart>>,
    ) -> Result<Response<Self::ImportStream>, Status> {
        let what = "imports of bundles";
        let import = self.0.carrier.begin().ok_or(Refusal::Busy { what })?;
        let (replies, answers) = mpsc::channel(REPLIES_MAX);
        let taking = Taking {
            shared: Arc::clone(&self.0),
            import,
            parts: request.into_inner(),
            replies,
        };
        let engine = self.0.engine.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = taking.run() => {}
                () = engine.stopped() => {}
            }
        });
        Ok(Response::new(Box::pin(
            ReceiverStream::new(answers).map(Ok),
        )))
    }
}

/// A bundle that is being taken.
struct Taking {
    shared: Arc<Shared>,
    import: Import,
    parts: Streaming<BundlePart>,
    replies: mpsc::Sender<BundleReply>,
}

/// Why there is nothing more to do.
struct Gone;

/// A chain that is offered, as it reads.
struct Offer {
    origin: Origin,
    to: TreeSize,
    heads: Vec<Vec<u8>>,
}

/// What became of a chain: the code, and what is wrong.
struct Verdict {
    code: &'static str,
    message: String,
}

impl Verdict {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }
}

impl Taking {
    async fn run(mut self) {
        loop {
            let part = timeout(SILENCE_MAX, self.parts.message()).await;
            let Ok(Ok(Some(BundlePart { part: Some(part) }))) = part else {
                return;
            };
            // What still comes of an earlier demand is wanted no more.
            let Part::Offer(offer) = part else { continue };
            let name = offer.origin.clone();
            let before = self.size(&name);
            let taken = self.take(offer).await;
            let Ok(verdict) = taken else { return };
            let after = self.size(&name);
            tracing::info!(
                chain = name,
                code = verdict.code,
                before,
                after,
                "a chain of a bundle"
            );
            let outcome = ChainOutcome {
                origin: name,
                before,
                after,
                code: verdict.code.into(),
                message: verdict.message,
            };
            if self.reply(Reply::Outcome(outcome)).await.is_err() {
                return;
            }
        }
    }

    /// Leaves that are durable here; 0 of no chain.
    fn size(&self, name: &str) -> u64 {
        let origin = Origin::parse(name);
        let size = origin.and_then(|origin| self.shared.store.size(&origin));
        size.map_or(0, |size| size.0)
    }

    async fn reply(&self, reply: Reply) -> Result<(), Gone> {
        let reply = BundleReply { reply: Some(reply) };
        self.replies.send(reply).await.map_err(|_| Gone)
    }

    /// Takes one chain, as far as it is right.
    async fn take(&mut self, offer: ChainOffer) -> Result<Verdict, Gone> {
        let offer = match self.read(offer) {
            Ok(offer) => offer,
            Err(verdict) => return Ok(verdict),
        };
        let said = Said {
            heads: offer.heads.clone(),
            evidence: Vec::new(),
        };
        let checked = self.shared.heads_of_others.check_all(said).await;
        let Said { heads, .. } = checked.ok_or(Gone)?;
        let is_signed = heads.last().is_some_and(CheckedHead::is_signed);
        let engine = self.shared.engine.clone();
        let peer = PeerId::CARRIER;
        engine.hear(Input::PeerConnected(peer)).await;
        let shown = heads.clone();
        engine
            .hear(Input::CosignaturesShown { peer, heads: shown })
            .await;
        // It holds no other chains that anybody could know of, and is not heard about what this node has signed.
        let complete = false;
        let announced = Input::Announced {
            peer,
            heads,
            complete,
        };
        engine.hear(announced).await;
        let following = Following {
            is_signed,
            before: self.shared.store.size(&offer.origin).unwrap_or_default(),
            offer,
            demanded: None,
            brought: 0,
            moved: Instant::now(),
            doubt: None,
        };
        let verdict = self.follow(following).await;
        engine.hear(Input::PeerLost(peer)).await;
        verdict
    }

    /// What an offer says, and where it fits: what is not in the file cannot be asked for.
    fn read(&self, offer: ChainOffer) -> Result<Offer, Verdict> {
        let Some(origin) = Origin::parse(&offer.origin) else {
            return Err(Verdict::new("field", "this is no name of a chain"));
        };
        let Some(held) = self.shared.store.size(&origin) else {
            let message = "the roster of the node names no such chain";
            return Err(Verdict::new("unknown-chain", message));
        };
        let (from, to) = (TreeSize(offer.from), TreeSize(offer.to));
        if offer.heads.is_empty() || offer.heads.len() > OFFERED_HEADS_MAX {
            let message = format!("an offer has 1 to {OFFERED_HEADS_MAX} heads");
            return Err(Verdict::new("field", message));
        }
        if from > held {
            let message =
                format!("the node holds {held} entries, and the bundle begins behind {from}");
            return Err(Verdict::new("gap", message));
        }
        let heads = offer.heads.into_iter().map(Into::into).collect();
        Ok(Offer { origin, to, heads })
    }

    /// Brings the engine what it asks for, until the chain is there or will not be.
    async fn follow(&mut self, mut following: Following) -> Result<Verdict, Gone> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                wish = self.import.wishes.recv() => match wish.ok_or(Gone)? {
                    Wish::Blamed(fault) => return Ok(Verdict::new("invalid", fault.to_string())),
                    Wish::Demand(demanded) => {
                        following.demand(demanded);
                        self.ask(&following).await?;
                    }
                },
                part = self.parts.message() => {
                    let Ok(Some(BundlePart { part: Some(part) })) = part else { return Err(Gone) };
                    if let Some(verdict) = following.bring(part).await {
                        return Ok(verdict);
                    }
                }
                _ = look.tick() => if let Some(verdict) = following.look(&self.shared) {
                    return Ok(verdict);
                },
            }
        }
    }

    async fn ask(&self, following: &Following) -> Result<(), Gone> {
        let Some(demanded) = &following.demanded else {
            return Ok(());
        };
        self.reply(Reply::Demand(v1::Demand {
            number: demanded.fetch.0,
            from: demanded.from.0,
        }))
        .await
    }
}

/// A chain on its way from the file to the disk.
struct Following {
    offer: Offer,
    is_signed: bool,
    before: TreeSize,
    demanded: Option<Demanded>,
    /// Batches that came for the demand.
    brought: u64,
    /// When anything last happened.
    moved: Instant,
    /// What is wrong, if nothing worse shows within [`JUDGED_WITHIN`].
    doubt: Option<Doubt>,
}

/// Why a chain is not taken any further, as far as is known here; the engine may know better in a moment.
struct Doubt {
    verdict: Verdict,
    since: Instant,
}

impl Following {
    /// The engine wants batches. Where it wants the same again after it has had some, they do not extend what is held.
    fn demand(&mut self, demanded: Demanded) {
        if demanded.origin != self.offer.origin {
            return;
        }
        let again = self
            .demanded
            .as_ref()
            .is_some_and(|before| before.from == demanded.from && self.brought > 0);
        if again {
            self.doubt(not_continued(demanded.from));
        }
        self.demanded = Some(demanded);
        (self.brought, self.moved) = (0, Instant::now());
    }

    /// The first thing that is found wrong is said.
    fn doubt(&mut self, verdict: Verdict) {
        let since = Instant::now();
        self.doubt.get_or_insert(Doubt { verdict, since });
    }

    /// Something has come from the caller.
    async fn bring(&mut self, part: Part) -> Option<Verdict> {
        let number = match &part {
            Part::Offer(_) => {
                let message = "a chain is offered before the outcome of the one before is told";
                return Some(Verdict::new("field", message));
            }
            Part::Batch(carried) => carried.demand,
            Part::End(end) => end.demand,
        };
        let demanded = self
            .demanded
            .as_ref()
            .filter(|demanded| demanded.fetch.0 == number)?;
        let from = demanded.from;
        let (carried, wrong) = match part {
            Part::Batch(carried) => {
                let sent = carried.batch?;
                let sent = SentBatch {
                    batch: sent.batch.into(),
                    head: sent.head.into(),
                };
                (Carried::Batch(sent), None)
            }
            Part::End(end) if end.missing => (Carried::Missing, Some(missing(from))),
            Part::End(end) if end.broken => (Carried::End, Some(broken())),
            Part::End(_) | Part::Offer(_) => (Carried::End, None),
        };
        self.brought += 1;
        self.moved = Instant::now();
        // Nobody takes it where the demand was given up.
        let _ = demanded.batches.send(carried).await;
        if let Some(verdict) = wrong {
            self.doubt(verdict);
        }
        None
    }

    /// Looks whether the chain is there, or why it will not be.
    fn look(&mut self, shared: &Shared) -> Option<Verdict> {
        let (origin, to) = (&self.offer.origin, self.offer.to);
        if let Some(at) = shared.news.of(origin).quarantined_from {
            let message = format!("two histories of the chain are signed, which part before {at}");
            return Some(Verdict::new("two-histories", message));
        }
        if let Some(doubt) = self
            .doubt
            .take_if(|doubt| doubt.since.elapsed() > JUDGED_WITHIN)
        {
            return Some(doubt.verdict);
        }
        let held = shared.store.size(origin).unwrap_or_default();
        if !self.is_signed {
            let message = "no key of the node's roster has signed the newest head";
            self.doubt(Verdict::new("unknown-key", message));
        } else if held >= to {
            return self.compare(shared, held);
        } else if !shared.room.takes(origin) {
            let message =
                "the node takes no more of this chain: there is too little room on its disk";
            return Some(Verdict::new("no-room", message));
        } else if self.moved.elapsed() >= STALLED_AFTER {
            let message = format!("nothing has come of what follows {held}");
            return Some(Verdict::new("stalled", message));
        }
        None
    }

    /// As much as the bundle has is here; whether it is the same, the engine sees by the head, and says so by evidence.
    fn compare(&mut self, shared: &Shared, held: TreeSize) -> Option<Verdict> {
        let (origin, to) = (&self.offer.origin, self.offer.to);
        let offered = self.offer.heads.last();
        let offered = offered.and_then(|note| Head::open(note, &shared.roster).ok());
        let root = match shared.store.root_at(origin, to) {
            Ok(root) => root,
            Err(error) => {
                shared.damages.look_at(&error);
                return Some(Verdict::new("stalled", error.to_string()));
            }
        };
        if offered.is_some_and(|head| Some(head.root) == root && head.size == to) {
            let code = if self.before >= to { "held" } else { "taken" };
            return Some(Verdict::new(code, ""));
        }
        let message = format!("the node holds {held} entries of another history");
        self.doubt(Verdict::new("two-histories", message));
        None
    }
}

fn not_continued(from: TreeSize) -> Verdict {
    let message =
        format!("the batch of the bundle that starts at {from} does not extend the node's chain");
    Verdict::new("not-continued", message)
}

fn missing(from: TreeSize) -> Verdict {
    let message = format!("no batch of the bundle starts at {from}, where the node's chain ends");
    Verdict::new("not-continued", message)
}

fn broken() -> Verdict {
    Verdict::new("broken", "the file is cut or damaged behind what was taken")
}
