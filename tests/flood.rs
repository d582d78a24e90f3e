//! A peer that floods: it repeats its own old heads as fast as it can, and the node it talks to goes on with its work.

mod support;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{SigningKey, pkcs8::DecodePrivateKey};
use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    time::{Duration, Instant},
};
use support::{
    Federation, PATIENCE,
    connect::{connect, roster},
    contributions, purpose,
};
use tokio::io::AsyncReadExt as _;
use tokio_stream::Stream;
use tonic::{
    Request, Response, Status,
    transport::{Certificate, Channel, Identity, Server, ServerTlsConfig},
};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    head::{Head, Origin},
    record::Record,
    value::{Division, TreeSize},
};
use yizhang_wire::{
    channel::certificate_pem,
    purpose::Business,
    v1::{
        FetchRequest, Heads, LookupRequest, SignedBatch, SubmitRequest, TellReply, TellRequest,
        WatchRequest,
        account_client::AccountClient,
        lookup_request::Worker,
        replication_server::{Replication, ReplicationServer},
        submission_client::SubmissionClient,
    },
};

const REGION: u32 = 440_000;
const HOSTILE: u32 = 110_000;
/// Heads of a message: as many as one may have.
const HEADS: u64 = 256;
/// Lines of strangers under each head: as many as a note may have beside its own.
const LINES: usize = 63;
/// How long the flood lasts.
const FLOOD: Duration = Duration::from_secs(20);
/// Submissions, one after the other, that are answered at least in that time on a slow machine.
const ANSWERED_MIN: usize = 20;
const MEMORY_MIB_MAX: usize = 200;

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

/// The hostile node: all that it says is this message, without an end.
struct Hostile(Heads);

type Batches = Pin<Box<dyn Stream<Item = Result<SignedBatch, Status>> + Send>>;

#[tonic::async_trait]
impl Replication for Hostile {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<Heads, Status>> + Send>>;
    type FetchStream = Batches;

    async fn watch(
        &self,
        _request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let message = self.0.clone();
        let flood = std::iter::repeat_with(move || Ok(message.clone()));
        Ok(Response::new(Box::pin(tokio_stream::iter(flood))))
    }

    async fn tell(&self, _: Request<TellRequest>) -> Result<Response<TellReply>, Status> {
        Ok(Response::new(TellReply {}))
    }

    async fn fetch(&self, _request: Request<FetchRequest>) -> Result<Response<Batches>, Status> {
        Ok(Response::new(Box::pin(tokio_stream::empty())))
    }
}

/// Its heads of all sizes up to the number of heads, signed, and with as many lines of others under each.
fn heads(key: &SigningKey, others: usize) -> Heads {
    let origin = Origin::new("demo.yizhang", Division::new(HOSTILE).unwrap()).unwrap();
    let mut padding = String::new();
    for line in 0..others {
        let bytes = Base64::encode_string(&[u8::try_from(line).unwrap(); 68]);
        writeln!(padding, "\u{2014} stranger {bytes}").unwrap();
    }
    let head = |size: u64| {
        let root = Hash([u8::try_from(size % 251).unwrap(); 32]);
        let head = Head {
            origin: origin.clone(),
            size: TreeSize(size),
            root,
        };
        let note = head.sign(key) + &padding;
        note.into_bytes().into()
    };
    Heads {
        heads: (1..=HEADS).map(head).collect(),
        complete: true,
        evidence: Vec::new(),
        ..Heads::default()
    }
}

fn serve_hostile(federation: &Federation, others: usize) {
    let dir = federation.node_dir(HOSTILE);
    let key = SigningKey::from_pkcs8_pem(&read(&dir, "chain.key")).unwrap();
    let authority = certificate_pem(&roster(&dir).tls_authority);
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(
            read(&dir, "tls.crt"),
            read(&dir, "tls.key"),
        ))
        .client_ca_root(Certificate::from_pem(authority));
    let server = Server::builder()
        .tls_config(tls)
        .unwrap()
        .add_service(ReplicationServer::new(Hostile(heads(&key, others))));
    let address = federation.address(HOSTILE);
    tokio::spawn(async move { server.serve(address).await.unwrap() });
}

/// The memory of a running node, in MiB.
fn memory_mib(federation: &Federation) -> usize {
    let process = federation.process(REGION);
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() / 1_024
}

/// How long the engine's thread of a running node has been on a core.
fn engine_time(federation: &Federation) -> Duration {
    let tasks = format!("/proc/{}/task", federation.process(REGION));
    for task in fs::read_dir(tasks).unwrap() {
        let task = task.unwrap().path();
        if fs::read_to_string(task.join("comm")).is_ok_and(|name| name == "engine\n") {
            let times = read(&task, "schedstat");
            let nanoseconds = times.split_whitespace().next().unwrap();
            return Duration::from_nanos(nanoseconds.parse().unwrap());
        }
    }
    panic!("a node has an engine")
}

/// How long calls took that were made one after the other.
struct Waits(Vec<Duration>);

impl Waits {
    fn longest(&self) -> Duration {
        self.0.iter().copied().max().unwrap_or_default()
    }

    /// What so many of a hundred did not exceed.
    fn percentile(&mut self, percent: usize) -> Duration {
        self.0.sort_unstable();
        self.0[(self.0.len() - 1) * percent / 100]
    }
}

/// Submits one record after another until the time is over; `round` keeps those of one run apart from those of another.
async fn submit_until(federation: &Federation, round: u64, end: Instant) -> Waits {
    let mut client = SubmissionClient::new(connect(REGION, federation.agency(REGION)));
    let mut waits = Waits(Vec::new());
    while Instant::now() < end {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&u64::try_from(waits.0.len()).unwrap().to_le_bytes());
        id[8..].copy_from_slice(&round.to_le_bytes());
        let mut record = Vec::new();
        Record::unread(Kind(60_000), &id)
            .write(&mut record)
            .unwrap();
        let request = SubmitRequest {
            submission_id: id.to_vec().into(),
            records: record.into(),
        };
        let start = Instant::now();
        let answer = tokio::time::timeout(PATIENCE, client.submit(request)).await;
        answer.expect("a submission is answered").unwrap();
        waits.0.push(start.elapsed());
    }
    waits
}

fn a_flood_with(others: usize) {
    let mut federation = Federation::found(&[REGION, HOSTILE]);
    federation.start(REGION);
    federation.start(HOSTILE);
    federation.wait_ready(REGION);
    federation.stop(HOSTILE);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let before = memory_mib(&federation);
        let engine = engine_time(&federation);
        serve_hostile(&federation, others);
        // The node comes back to its peer within three seconds.
        tokio::time::sleep(Duration::from_secs(4)).await;
        let end = Instant::now() + FLOOD;
        let waits = submit_until(&federation, 1, end).await;
        let (receipts, longest) = (waits.0.len(), waits.longest());
        let after = memory_mib(&federation);
        let engine = engine_time(&federation).saturating_sub(engine);
        println!(
            "{receipts} submissions in {FLOOD:?}, at most {longest:?} each; {before} -> {after} MiB; engine {engine:?}"
        );
        assert!(
            receipts >= ANSWERED_MIN,
            "only {receipts} submissions were answered"
        );
        assert!(after < MEMORY_MIB_MAX, "{before} -> {after} MiB");
    });
    let log = federation.log(REGION);
    let names = log
        .lines()
        .any(|line| line.contains("floods") && line.contains("110000"));
    assert!(names, "the log names the peer: {log}");
    assert!(log.lines().count() < 100, "and does not fill with it");
    says_who_floods(&federation);
}

/// The state of the node names the peer, to programs and in both languages.
fn says_who_floods(federation: &Federation) {
    let status = federation.status(REGION).unwrap();
    let floods = status["floods"].as_array().unwrap();
    assert_eq!(floods.len(), 1, "{status}");
    assert_eq!(floods[0]["region"], HOSTILE.to_string());
    assert_eq!(floods[0]["goes_on"], true);
    for (language, words) in [
        ("en", "floods this one with messages"),
        ("zh", "正以大量消息冲击本节点"),
    ] {
        let arguments = ["node", "status", "--lang", language, "--node", "440000"];
        let agency = federation.agency(REGION);
        let ran = support::run(&[&arguments[..], &["--credentials", &agency]].concat());
        assert!(ran.stdout.contains(words), "{}", ran.stdout);
    }
}

#[test]
fn old_heads_without_an_end_do_not_keep_submissions_waiting() {
    a_flood_with(0);
}

#[test]
fn padded_heads_without_an_end_take_neither_time_nor_memory() {
    a_flood_with(LINES);
}

const WORKER: &str = "440300199003078815";

async fn look_up(client: &mut AccountClient<Channel>) -> Result<(), Status> {
    let request = LookupRequest {
        worker: Some(Worker::Number(WORKER.into())),
        as_of: 20_261_031,
        proofs: true,
        registers: true,
        purpose: Some(purpose(Business::Inquiry)),
        ..LookupRequest::default()
    };
    client.lookup(request).await.map(|_| ())
}

/// Looks the worker up again and again until the time is over.
async fn look_up_until(federation: &Federation, end: Instant) -> Waits {
    let mut client = AccountClient::new(connect(REGION, federation.agency(REGION)));
    let mut waits = Waits(Vec::new());
    while Instant::now() < end {
        let start = Instant::now();
        look_up(&mut client).await.unwrap();
        waits.0.push(start.elapsed());
    }
    waits
}

/// A stranger's socket that says nothing, opened again whenever it is closed.
async fn stay_silent(address: SocketAddr) {
    loop {
        if let Ok(mut stream) = tokio::net::TcpStream::connect(address).await {
            let _ = stream.read(&mut [0]).await;
        }
        // What fails at once, as all does when the test ends, must not keep its thread.
        tokio::task::yield_now().await;
    }
}

/// Measures both kinds of calls of the own agency side by side, and prints what they took.
async fn measure(federation: &Federation, name: &str, round: u64) {
    let end = Instant::now() + FLOOD;
    let engine = engine_time(federation);
    let (mut submissions, mut lookups) = tokio::join!(
        submit_until(federation, round, end),
        look_up_until(federation, end)
    );
    let engine = engine_time(federation).saturating_sub(engine);
    println!("{name}: the engine was on a core for {engine:?} of {FLOOD:?}");
    for (what, waits) in [("submissions", &mut submissions), ("lookups", &mut lookups)] {
        let (half, most) = (waits.percentile(50), waits.percentile(99));
        let (count, longest) = (waits.0.len(), waits.longest());
        println!("{name}: {count} {what}, p50 {half:?}, p99 {most:?}, longest {longest:?}");
    }
}

#[test]
#[ignore = "a measurement, to be run alone and with --nocapture"]
fn waits_of_the_own_agency_while_a_peer_a_clerk_and_a_stranger_do_their_worst() {
    const STRANGERS: usize = 800;
    const LOOKUPS_AT_ONCE: usize = 300;
    let mut federation = Federation::found(&[REGION, HOSTILE]);
    federation.start_all();
    federation.stop(HOSTILE);
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 130, "S"));
    federation.import(REGION, &file, &[]).expect(0);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        measure(&federation, "calm", 1).await;
        serve_hostile(&federation, 0);
        for _ in 0..STRANGERS {
            tokio::spawn(stay_silent(federation.address(REGION)));
        }
        let foreign = connect(REGION, federation.agency(HOSTILE));
        for _ in 0..LOOKUPS_AT_ONCE {
            let mut client = AccountClient::new(foreign.clone());
            tokio::spawn(async move {
                loop {
                    // Refused or answered, it comes again.
                    let _ = look_up(&mut client).await;
                    tokio::task::yield_now().await;
                }
            });
        }
        tokio::time::sleep(Duration::from_secs(4)).await;
        measure(&federation, "under attack", 2).await;
        println!("{} MiB", memory_mib(&federation));
    });
}
