//! What the services share.

use crate::{
    approvals::Approvals,
    board::Board,
    budgeted::Budgets,
    carrier::Carrier,
    certificate::Certificates,
    chain_keys::ChainKeys,
    clocks::Clocks,
    config::Config,
    copies::LatestNews,
    damages::Damages,
    engine::Engine,
    epochs::Epochs,
    floods::Floods,
    heads::Heads,
    holders::Holders,
    lookup::{Confirmations, UsableRegisters},
    neighbours::Neighbours,
    party::Party,
    peer_secrets::PeerSecrets,
    readers::Readers,
    reads::Reads,
    refusal::Refusal,
    room::Room,
    rosters::Rosters,
    search::Searches,
    stated_heads::StatedHeads,
    tally::Tally,
    tellings::Tellings,
    turns::{Turn, Turns},
    verified_heads::VerifiedHeads,
    warnings::WarningLimits,
    wrong_registers::WrongRegisters,
};
use std::{path::PathBuf, sync::Arc};
use tokio::{sync::Semaphore, task};
use yizhang_entitlement::Policy;
use yizhang_ledger::{head::Origin, person::FederationSecrets, roster::Roster, value::UnixMillis};
use yizhang_rules::RuleTexts;
use yizhang_store::Store;

/// Reviews at a time: each computes accounts one after another.
const REVIEWS_MAX: usize = 2;

/// Calls at once, each with its turn, from which on a node is busy: more than a core or two work on.
const BUSY_LOOKUPS: usize = 4;

/// What all services share.
pub(crate) struct Shared {
    pub(crate) origin: Origin,
    /// The version that the node works under, from its start to its end.
    pub(crate) roster: Roster,
    /// What it has of versions; when a newer one has come, it ends and starts anew.
    pub(crate) rosters: Arc<Rosters>,
    pub(crate) certificates: Certificates,
    pub(crate) secrets: FederationSecrets,
    pub(crate) policy: Policy,
    pub(crate) rule_texts: RuleTexts,
    /// What statements are signed with.
    pub(crate) chain_keys: ChainKeys,
    pub(crate) store: Arc<Store>,
    pub(crate) board: Board,
    pub(crate) engine: Engine,
    pub(crate) heads: VerifiedHeads,
    pub(crate) registers: UsableRegisters,
    pub(crate) confirmations: Confirmations,
    pub(crate) stated_heads: StatedHeads,
    pub(crate) epochs: Epochs,
    pub(crate) heads_of_others: Arc<Heads>,
    pub(crate) news: Arc<LatestNews>,
    pub(crate) clock: fn() -> UnixMillis,
    pub(crate) searches: Arc<Searches>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) reviews: Arc<Semaphore>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) reads: Reads,
    pub(crate) warning_limits: WarningLimits,
    pub(crate) holders: Holders,
    pub(crate) approvals: Approvals,
    pub(crate) data: PathBuf,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) room: Arc<Room>,
    pub(crate) tellings: Arc<Tellings>,
    pub(crate) damages: Arc<Damages>,
    pub(crate) wrong_registers: Arc<WrongRegisters>,
    pub(crate) clocks: Clocks,
    pub(crate) peer_secrets: Arc<PeerSecrets>,
    pub(crate) floods: Arc<Floods>,
    pub(crate) carrier: Carrier,
    pub(crate) neighbours: Neighbours,
    turns: Arc<Turns>,
}

impl Shared {
    /// Of a node that is told so much, over its store.
    pub(crate) fn new(config: &Config, store: Arc<Store>, engine: Engine) -> Self {
        let tally = Arc::new(Tally::new());
        let reads = Reads::open(
            &config.data,
            config.read_limits,
            Arc::clone(&tally),
            config.clock,
        );
        Self {
            origin: config.origin.clone(),
            roster: config.roster().clone(),
            rosters: Arc::new(Rosters::new(config.rosters.clone())),
            certificates: Certificates::read(
                &config.certificate_pem,
                &config.roster().tls_authority,
            ),
            secrets: config.secrets.clone(),
            policy: config.policy.clone(),
            rule_texts: config.rule_texts.clone(),
            chain_keys: ChainKeys::of(config),
            heads: VerifiedHeads::default(),
            registers: UsableRegisters::default(),
            confirmations: Confirmations::default(),
            stated_heads: StatedHeads::default(),
            epochs: Epochs::default(),
            heads_of_others: Heads::new(config.roster().clone()),
            news: Arc::default(),
            clock: config.clock,
            searches: Searches::new(Arc::clone(&store), config.origin.clone(), engine.clone()),
            store,
            board: Board::new(),
            engine,
            readers: Arc::default(),
            reviews: Arc::new(Semaphore::new(REVIEWS_MAX)),
            tally,
            reads,
            warning_limits: config.warning_limits,
            holders: Holders::new(config),
            approvals: Approvals::open(&config.data, config.needs_approval),
            data: config.data.clone(),
            budgets: Budgets::new(),
            room: Room::new(config.origin.clone(), config.data.clone(), config.room),
            tellings: Arc::default(),
            damages: Arc::default(),
            wrong_registers: Arc::default(),
            clocks: Clocks::default(),
            peer_secrets: Arc::new(PeerSecrets::new(&config.secrets)),
            floods: Arc::default(),
            carrier: Carrier::default(),
            neighbours: Neighbours::default(),
            turns: Turns::of_machine(),
        }
    }

    /// Whether so much is being looked up that what can wait should.
    pub(crate) fn is_busy(&self) -> bool {
        self.turns.taken() >= BUSY_LOOKUPS
    }

    /// Waits for a turn of a party at what takes long.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub(crate) async fn turn(&self, party: &Party) -> Result<Turn, Refusal> {
        self.turns.wait(party).await
    }

    /// Runs something that waits for the disk or computes for long where it may, when it is the party's turn.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        party: &Party,
        deed: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = self.turn(party).await?;
        let shared = Arc::clone(self);
        // The thread goes on when nobody waits for it any more, and so long it is its turn.
        let done = task::spawn_blocking(move || {
            let done = deed(&shared);
            drop(turn);
            if let Err(Refusal::Store(error)) = &done {
                shared.damages.look_at(error);
            }
            done
        });
        done.await.map_err(|_| Refusal::Stopping)?
    }
}
