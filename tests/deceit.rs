//! A node that lies to those who ask it: whatever it answers, the program ends in time, says what is wrong, and its exit code does too.

use crate::support::{
    Federation, Ran,
    connect::{connect, roster},
    contributions, purpose, run, run_with,
};
use std::{
    fs,
    pin::Pin,
    time::{Duration, Instant},
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{
    Request, Response, Status,
    transport::{Certificate, Identity, Server, ServerTlsConfig},
};
use yizhang_statement::PORTABLE_MAGIC;
use yizhang_wire::{
    channel::{ACCOUNT_BYTES_MAX, MESSAGE_BYTES_MAX, certificate_pem},
    purpose::Business,
    v1::{
        EndEpochReply, EndEpochRequest, EvidenceReply, EvidenceRequest, LookupReply, LookupRequest,
        ReplayRequest, ReviewPage, ReviewRequest, ReviewedAccount, SignedBatch, StatementReply,
        StatementRequest, StatusReply, StatusRequest,
        account_server::{Account, AccountServer},
        ledger_client::LedgerClient,
        ledger_server::{Ledger, LedgerServer},
        review_server::{Review, ReviewServer},
    },
};

const REGION: u32 = 440_000;
const OTHER: u32 = 520_000;
const WORKER: &str = "440300199003078815";
/// Far less than anybody would wait, far more than the work takes: what has no end of its own is ended by the program.
const ENDS_WITHIN: Duration = Duration::from_secs(60);
/// What a terminal obeys: it clears the screen, turns it red, turns the text around, and writes over the line.
const COMMANDS: &str = "\u{1b}[2J\u{9b}31m\u{202e}\rall is well";

type Batches = Pin<Box<dyn Stream<Item = Result<SignedBatch, Status>> + Send>>;

/// How the node answers those who want a chain.
#[derive(Clone, Copy, Debug)]
enum Chains {
    Honest,
    /// Bytes that are no batch, for ever.
    GarbageForEver,
    /// Nothing in each message, for ever.
    NothingForEver,
    /// The whole chain again and again.
    Repeated,
    Backwards,
    OfAnother,
    /// A message as long as one may be, of zeros, again and again.
    LongestForEver,
    TooLong,
    /// The first batch, and an error that is meant for the terminal.
    Commands,
    /// The first batch, then silence.
    Silent,
}

/// How the node answers those who want an account.
#[derive(Clone, Copy, Debug)]
enum Accounts {
    Commands,
    /// As long as an answer may be, of brackets that open.
    Nested,
    TooLong,
    Empty,
}

/// How the node answers those who review.
#[derive(Clone, Copy, Debug)]
enum Pages {
    None,
    /// The same page again and again.
    Same,
    /// Pages of nothing.
    Nothing,
    /// What it has found is meant for the terminal.
    Commands,
}

#[derive(Clone)]
struct Hostile {
    chains: Chains,
    accounts: Accounts,
    pages: Pages,
    own: Vec<SignedBatch>,
    others: Vec<SignedBatch>,
    status: StatusReply,
}

fn batch(bytes: Vec<u8>) -> SignedBatch {
    SignedBatch {
        batch: bytes.into(),
        head: Vec::new().into(),
    }
}

fn for_ever(batch: SignedBatch) -> Batches {
    Box::pin(tokio_stream::iter(std::iter::repeat(Ok(batch))))
}

fn all(batches: impl IntoIterator<Item = SignedBatch, IntoIter: Send + 'static>) -> Batches {
    Box::pin(tokio_stream::iter(batches.into_iter().map(Ok)))
}

#[tonic::async_trait]
impl Ledger for Hostile {
    type ReplayStream = Batches;

    async fn status(&self, _: Request<StatusRequest>) -> Result<Response<StatusReply>, Status> {
        Ok(Response::new(self.status.clone()))
    }

    async fn evidence(
        &self,
        _: Request<EvidenceRequest>,
    ) -> Result<Response<EvidenceReply>, Status> {
        Ok(Response::new(EvidenceReply::default()))
    }

    async fn end_epoch(
        &self,
        _: Request<EndEpochRequest>,
    ) -> Result<Response<EndEpochReply>, Status> {
        Ok(Response::new(EndEpochReply::default()))
    }

    async fn replay(&self, asked: Request<ReplayRequest>) -> Result<Response<Batches>, Status> {
        let is_own = asked.into_inner().origin.ends_with(&REGION.to_string());
        let (asked, other) = if is_own {
            (self.own.clone(), self.others.clone())
        } else {
            (self.others.clone(), self.own.clone())
        };
        let first = asked[0].clone();
        Ok(Response::new(match self.chains {
            Chains::Honest => all(asked),
            Chains::GarbageForEver => for_ever(batch(vec![0xa5; 1_000])),
            Chains::NothingForEver => for_ever(batch(Vec::new())),
            Chains::Repeated => all(asked.into_iter().cycle()),
            Chains::Backwards => all(asked.into_iter().rev()),
            Chains::OfAnother => all(other),
            // Some bytes are for the fields of the message.
            Chains::LongestForEver => for_ever(batch(vec![0; MESSAGE_BYTES_MAX - 64])),
            Chains::TooLong => for_ever(batch(vec![0; MESSAGE_BYTES_MAX + 1])),
            Chains::Commands => {
                let error = Err(Status::internal(COMMANDS));
                Box::pin(tokio_stream::iter([Ok(first), error]))
            }
            Chains::Silent => Box::pin(all([first]).chain(tokio_stream::pending())),
        }))
    }
}

#[tonic::async_trait]
impl Account for Hostile {
    async fn lookup(&self, _: Request<LookupRequest>) -> Result<Response<LookupReply>, Status> {
        let account = match self.accounts {
            Accounts::Commands => return Err(Status::failed_precondition(COMMANDS)),
            Accounts::Nested => vec![b'['; ACCOUNT_BYTES_MAX - 1_000],
            Accounts::TooLong => vec![b' '; ACCOUNT_BYTES_MAX + 1],
            Accounts::Empty => Vec::new(),
        };
        Ok(Response::new(LookupReply {
            account: account.into(),
            digest: vec![7; 32].into(),
            ..LookupReply::default()
        }))
    }

    async fn statement(
        &self,
        _: Request<StatementRequest>,
    ) -> Result<Response<StatementReply>, Status> {
        let statement = match self.accounts {
            Accounts::Commands => return Err(Status::failed_precondition(COMMANDS)),
            Accounts::Nested => [&PORTABLE_MAGIC[..], &[1; 1_000]].concat(),
            Accounts::TooLong => vec![b' '; ACCOUNT_BYTES_MAX + 1],
            Accounts::Empty => Vec::new(),
        };
        Ok(Response::new(StatementReply {
            statement: statement.into(),
        }))
    }
}

#[tonic::async_trait]
impl Review for Hostile {
    type AccountsStream = Pin<Box<dyn Stream<Item = Result<ReviewPage, Status>> + Send>>;

    async fn accounts(
        &self,
        _: Request<ReviewRequest>,
    ) -> Result<Response<Self::AccountsStream>, Status> {
        let page = ReviewPage {
            reviewed: 1,
            through: vec![3; 16].into(),
            ..ReviewPage::default()
        };
        let nothing = ReviewPage::default();
        let finding = serde_json::json!([{
            "list": "transfer", "what": COMMANDS, "family": COMMANDS, "case": COMMANDS, "due": "2020-01-01", "overdue": 3,
        }]);
        let found = ReviewedAccount {
            account: vec![3; 16].into(),
            findings: finding.to_string().into_bytes().into(),
            failure: COMMANDS.into(),
            unlisted: 0,
        };
        let commands = ReviewPage {
            accounts: vec![found],
            ..page.clone()
        };
        Ok(Response::new(match self.pages {
            Pages::None => Box::pin(tokio_stream::empty()),
            Pages::Same => Box::pin(tokio_stream::iter(std::iter::repeat(Ok(page)))),
            Pages::Nothing => Box::pin(tokio_stream::iter(std::iter::repeat(Ok(nothing)))),
            Pages::Commands => Box::pin(tokio_stream::iter([Ok(commands)])),
        }))
    }
}

/// The batches of a chain as the honest node has them.
async fn replayed(federation: &Federation, chain: u32) -> Vec<SignedBatch> {
    let mut client = LedgerClient::new(connect(REGION, federation.auditor()));
    let request = ReplayRequest {
        origin: format!("demo.yizhang/{chain}"),
        from: 0,
        purpose: Some(purpose(Business::Audit)),
    };
    let stream = client.replay(request).await.unwrap().into_inner();
    stream.map(Result::unwrap).collect().await
}

/// A federation whose node has been taken over: at its address, with its certificate, stands one that lies.
struct TakenOver {
    federation: Federation,
    runtime: tokio::runtime::Runtime,
    honest: Hostile,
}

impl TakenOver {
    fn new() -> Self {
        let mut federation = Federation::found(&[REGION, OTHER]);
        federation.start_all();
        for (region, place) in [(REGION, 440_300), (OTHER, 520_100)] {
            for part in ["A", "B", "C"] {
                let rows = contributions(WORKER, place, 12, &format!("{part}{region}"));
                let file = federation.file(&format!("{part}{region}.csv"), &rows);
                federation.import(region, &file, &[]).expect(0);
            }
        }
        federation.wait_replicated(REGION, OTHER);
        federation.wait_replicated(OTHER, REGION);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let honest = runtime.block_on(async {
            let mut client = LedgerClient::new(connect(REGION, federation.auditor()));
            Hostile {
                chains: Chains::Honest,
                accounts: Accounts::Empty,
                pages: Pages::None,
                own: replayed(&federation, REGION).await,
                others: replayed(&federation, OTHER).await,
                status: client.status(StatusRequest {}).await.unwrap().into_inner(),
            }
        });
        federation.stop(REGION);
        federation.stop(OTHER);
        assert!(honest.own.len() > 2 && honest.others.len() > 2);
        Self {
            federation,
            runtime,
            honest,
        }
    }

    /// Runs a command while the node answers in some manner.
    fn answering(&self, hostile: Hostile, command: impl FnOnce(&Federation) -> Ran) -> Ran {
        let dir = self.federation.node_dir(REGION);
        let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
        let authority = certificate_pem(&roster(&dir).tls_authority);
        let tls = ServerTlsConfig::new()
            .identity(Identity::from_pem(read("tls.crt"), read("tls.key")))
            .client_ca_root(Certificate::from_pem(authority));
        let server = Server::builder()
            .tls_config(tls)
            .unwrap()
            .add_service(LedgerServer::new(hostile.clone()))
            .add_service(AccountServer::new(hostile.clone()))
            .add_service(ReviewServer::new(hostile));
        let address = self.federation.address(REGION);
        let serving = self.runtime.spawn(server.serve(address));
        while std::net::TcpStream::connect(address).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let began = Instant::now();
        let ran = command(&self.federation);
        println!("{:?}: exit code {}", began.elapsed(), ran.code);
        serving.abort();
        while std::net::TcpStream::connect(address).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
        ran
    }

    /// An audit of the chains that the node sends in some manner.
    fn audit(&self, chains: Chains) -> Ran {
        println!("{chains:?}");
        let hostile = Hostile {
            chains,
            ..self.honest.clone()
        };
        let began = Instant::now();
        let ran = self.answering(hostile, |federation| {
            let auditor = federation.auditor();
            run(&["audit", "--node", "440000", "--credentials", &auditor])
        });
        // Silence has a limit of its own: a minute for each chain.
        let is_silent = matches!(chains, Chains::Silent);
        assert!(is_silent || began.elapsed() < ENDS_WITHIN, "{chains:?}");
        gives_no_commands(&ran);
        ran
    }
}

fn gives_no_commands(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let obeyed = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(obeyed), "{text:?}");
    }
}

#[test]
fn an_audit_of_a_node_that_lies_about_chains_ends_and_says_so() {
    let taken = TakenOver::new();
    taken.audit(Chains::Honest).expect(0);
    for (chains, words) in [
        (Chains::Backwards, "the batch starts at"),
        (Chains::OfAnother, "expected chain demo.yizhang"),
        (Chains::TooLong, "the source ended with an error"),
        (Chains::Commands, "all is well"),
        (Chains::Repeated, "nothing more was read"),
        (Chains::GarbageForEver, "nothing more was read"),
        (Chains::NothingForEver, "nothing more was read"),
        (Chains::LongestForEver, "nothing more was read"),
    ] {
        let ran = taken.audit(chains).expect(1);
        assert!(ran.stdout.contains(words), "{chains:?}: {}", ran.stdout);
    }
}

#[test]
fn an_audit_of_a_node_that_falls_silent_ends_and_says_so() {
    let taken = TakenOver::new();
    let ran = taken.audit(Chains::Silent).expect(1);
    let words = "the source ended with an error";
    assert!(ran.stdout.contains(words), "{}", ran.stdout);
}

#[test]
fn a_lookup_at_a_node_that_lies_ends_and_says_so() {
    let taken = TakenOver::new();
    for accounts in [
        Accounts::Commands,
        Accounts::Nested,
        Accounts::TooLong,
        Accounts::Empty,
    ] {
        let began = Instant::now();
        for more in [&[][..], &["--json"], &["--proofs"], &["--explain"]] {
            let hostile = Hostile {
                accounts,
                ..taken.honest.clone()
            };
            let ran = taken.answering(hostile, |federation| {
                let (agency, node) = (federation.agency(REGION), REGION.to_string());
                let asked = [
                    "worker",
                    "account",
                    "--node",
                    &node,
                    "--credentials",
                    &agency,
                ];
                run_with(&[&asked[..], more].concat(), WORKER)
            });
            assert!([3, 4].contains(&ran.code), "{accounts:?}: {}", ran.code);
            assert!(!ran.stderr.is_empty(), "{accounts:?}");
            gives_no_commands(&ran);
        }
        let hostile = Hostile {
            accounts,
            ..taken.honest.clone()
        };
        // Nor is a statement of such a node kept.
        let ran = taken.answering(hostile, |federation| {
            let (agency, node) = (federation.agency(REGION), REGION.to_string());
            let file = federation.path().join("none.yizhang");
            let asked = ["worker", "statement", "--node", &node, "--credentials"];
            let more = [&agency, "--out", file.to_str().unwrap()];
            let ran = run_with(&[&asked[..], &more].concat(), WORKER);
            assert!(!file.exists(), "{accounts:?}");
            ran
        });
        assert!([3, 4].contains(&ran.code), "{accounts:?}: {}", ran.code);
        gives_no_commands(&ran);
        assert!(began.elapsed() < ENDS_WITHIN, "{accounts:?}");
    }
}

#[test]
fn the_status_of_a_node_that_lies_gives_a_terminal_no_commands() {
    let taken = TakenOver::new();
    let mut hostile = taken.honest.clone();
    let status = &mut hostile.status;
    status.ready = false;
    status.own_origin = COMMANDS.into();
    status.not_ready_reason = COMMANDS.into();
    status.not_ready_code = COMMANDS.into();
    for peer in &mut status.peers {
        peer.region = COMMANDS.into();
    }
    for chain in &mut status.chains {
        chain.damage = COMMANDS.into();
    }
    for more in [&[][..], &["--json"]] {
        let ran = taken.answering(hostile.clone(), |federation| {
            let (auditor, node) = (federation.auditor(), REGION.to_string());
            let arguments = ["node", "status", "--node", &node, "--credentials", &auditor];
            run(&[&arguments[..], more].concat())
        });
        assert!(ran.stdout.contains("all is well"), "{}", ran.stdout);
        gives_no_commands(&ran);
    }
}

#[test]
fn a_review_by_a_node_that_lies_ends_and_gives_a_terminal_no_commands() {
    let taken = TakenOver::new();
    for pages in [Pages::None, Pages::Same, Pages::Nothing, Pages::Commands] {
        for command in [&["review"][..], &["transfer", "list"]] {
            let hostile = Hostile {
                pages,
                ..taken.honest.clone()
            };
            let began = Instant::now();
            let ran = taken.answering(hostile, |federation| {
                let (agency, node) = (federation.agency(REGION), REGION.to_string());
                let to = ["--node", &node, "--credentials", &agency];
                run(&[&["agency"], command, &to].concat())
            });
            gives_no_commands(&ran);
            assert!(began.elapsed() < ENDS_WITHIN, "{pages:?}");
            let (code, words) = match pages {
                Pages::None => (0, ""),
                Pages::Same | Pages::Nothing => (4, "again"),
                Pages::Commands => (1, "all is well"),
            };
            let ran = ran.expect(code);
            let said = ran.stdout + &ran.stderr;
            assert!(said.contains(words), "{pages:?}: {said}");
        }
    }
}
