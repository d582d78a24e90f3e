//! Nobody can stop anybody: what strangers, auditors, clerks of elsewhere and peers may take of a node, while those for whom
//! it is there are served.

mod support;

use http_body::Frame;
use http_body_util::StreamBody;
use prost::Message as _;
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use support::{
    Federation, PATIENCE, SECOND_LOOK,
    connect::{certify, connect, connect_as, roster},
    purpose,
};
use tokio::{io::AsyncReadExt as _, net::TcpStream, task::JoinSet, time::timeout};
use tonic::{
    Status,
    codegen::{Bytes, Service as _, http},
    transport::Channel,
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::Hash,
    person::AccountId,
    record::{Record, Reversal, Source},
    value,
};
use yizhang_wire::{
    channel::{ACCOUNT_BYTES_MAX, auditor_name},
    purpose::Business,
    v1::{
        FetchRequest, LookupRequest, ReplayRequest, StatusRequest, SubmitRequest,
        account_client::AccountClient, ledger_client::LedgerClient, lookup_request::Worker,
        replication_client::ReplicationClient, submission_client::SubmissionClient,
    },
};

const REGION: u32 = 440_000;
/// Where the clerk of elsewhere is.
const ELSEWHERE: u32 = 110_000;
/// How long an own caller may wait on a machine that builds and tests other things.
const SERVED_WITHIN: Duration = Duration::from_secs(15);

/// Runs a test on a federation of which the node of [`REGION`] alone is up.
fn run(test: impl AsyncFnOnce(&Federation)) {
    let mut federation = Federation::found(&[REGION, ELSEWHERE]);
    federation.start(REGION);
    federation.start(ELSEWHERE);
    federation.wait_ready(REGION);
    federation.stop(ELSEWHERE);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test(&federation));
}

/// Lets an attack go on until it is dropped.
struct Attack(Arc<AtomicBool>);

impl Attack {
    fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    fn goes_on(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// A socket that says nothing, and is opened again when it is closed.
async fn stay_silent(address: SocketAddr, goes_on: Arc<AtomicBool>) {
    let mut byte = [0];
    while goes_on.load(Ordering::Relaxed) {
        if let Ok(mut stream) = TcpStream::connect(address).await {
            let _ = stream.read(&mut byte).await;
        } else {
            tokio::time::sleep(SECOND_LOOK).await;
        }
    }
}

/// Asks for the state of the node over a connection of its own.
async fn is_served(credentials: &str) -> Result<Duration, String> {
    let start = Instant::now();
    let mut client = LedgerClient::new(connect(REGION, credentials));
    match timeout(SERVED_WITHIN, client.status(StatusRequest {})).await {
        Ok(Ok(_)) => Ok(start.elapsed()),
        Ok(Err(status)) => Err(format!("{status:?}")),
        Err(_) => Err(format!("not within {SERVED_WITHIN:?}")),
    }
}

#[test]
fn silent_strangers_and_idle_auditors_keep_nobody_of_the_own_agency_out() {
    const STRANGERS: usize = 800;
    const IDLE: usize = 511;
    const CALLERS: usize = 4;
    const CALLS: usize = 10;
    run(async |federation| {
        let attack = Attack::new();
        let auditor = federation.auditor();
        let mut idle = Vec::new();
        for _ in 0..IDLE {
            let mut client = LedgerClient::new(connect(REGION, &auditor));
            let _ = timeout(SERVED_WITHIN, client.status(StatusRequest {})).await;
            idle.push(client);
        }
        for _ in 0..STRANGERS {
            tokio::spawn(stay_silent(federation.address(REGION), attack.goes_on()));
        }
        tokio::time::sleep(20 * SECOND_LOOK).await;
        let agency = federation.agency(REGION);
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let agency = agency.clone();
            callers.spawn(async move {
                let mut longest = Duration::ZERO;
                for _ in 0..CALLS {
                    longest = longest.max(is_served(&agency).await?);
                }
                Ok::<_, String>(longest)
            });
        }
        let served = callers.join_all().await;
        println!("longest waits of {CALLERS} callers: {served:?}");
        for caller in served {
            caller.unwrap();
        }
        let lines = federation.log(REGION).lines().count();
        assert!(lines < 100, "one line a minute, found {lines}");
    });
}

/// The memory of a running node, in MiB.
fn memory_mib(federation: &Federation) -> usize {
    let process = federation.process(REGION);
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() / 1_024
}

/// Reversals in the account of an invented person, as many as make its answer large.
fn reversals(account: AccountId, records: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..records {
        let serial = format!("S{number}");
        let source = Source {
            agency: value::Code::new("44030001").unwrap(),
            system: value::Code::NONE,
            serial: value::Code::new(&serial).unwrap(),
        };
        let reversal = Reversal {
            account,
            target: RecordId(Hash([7; 32])),
            reason: value::Code::NONE,
            source,
        };
        Record::Reversal(reversal).write(&mut bytes).unwrap();
    }
    bytes
}

async fn submit(channel: &Channel, number: u8, records: Vec<u8>) -> Result<(), Status> {
    let request = SubmitRequest {
        submission_id: vec![number; 16].into(),
        records: records.into(),
    };
    let mut client = SubmissionClient::new(channel.clone());
    client.submit(request).await.map(|_| ())
}

fn lookup_of(account: AccountId, proofs: bool) -> LookupRequest {
    LookupRequest {
        worker: Some(Worker::Account(account.0.to_vec().into())),
        as_of: 20_261_031,
        proofs,
        registers: proofs,
        purpose: Some(purpose(Business::Inquiry)),
        ..LookupRequest::default()
    }
}

/// A request as it travels, whose body may lack its end.
fn raw(path: &str, message: &[u8], length: usize) -> http::Request<tonic::body::Body> {
    let prefix = u32::try_from(length).unwrap().to_be_bytes();
    let front = Bytes::from([&[0], &prefix[..], message].concat());
    let frames = tokio_stream::iter([Ok::<_, Status>(Frame::data(front))]);
    let body = if message.len() == length {
        tonic::body::Body::new(StreamBody::new(frames))
    } else {
        let never = tokio_stream::StreamExt::chain(frames, tokio_stream::pending());
        tonic::body::Body::new(StreamBody::new(never))
    };
    http::Request::post(format!("http://node{path}"))
        .version(http::Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .unwrap()
}

/// Looks an account up with all proofs, again and again, and tells the longest wait.
async fn keeps_looking_up(credentials: &str, account: AccountId, times: usize) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..times {
        let start = Instant::now();
        let client = AccountClient::new(connect(REGION, credentials));
        let mut client = client.max_decoding_message_size(ACCOUNT_BYTES_MAX);
        let answer = timeout(PATIENCE, client.lookup(lookup_of(account, true))).await;
        answer.expect("an own clerk is served").unwrap();
        longest = longest.max(start.elapsed());
    }
    longest
}

const BIG: AccountId = AccountId([5; 16]);
const SMALL: AccountId = AccountId([6; 16]);

#[test]
fn answers_that_nobody_reads_take_a_bounded_part_of_the_memory() {
    const ANSWERS: usize = 500;
    /// Of a node that has served a few lookups, and the budgets of answers that wait to be read.
    const MEMORY_MIB_MAX: usize = 400;
    run(async |federation| {
        let own = connect(REGION, federation.agency(REGION));
        submit(&own, 1, reversals(BIG, 3_000)).await.unwrap();
        submit(&own, 2, reversals(SMALL, 3)).await.unwrap();
        let before = memory_mib(federation);
        let foreign = connect(REGION, federation.agency(ELSEWHERE));
        let mut calls = JoinSet::new();
        for _ in 0..ANSWERS {
            let mut channel = foreign.clone();
            calls.spawn(async move {
                let message = Bytes::from(lookup_of(BIG, true).encode_to_vec());
                let length = message.len();
                std::future::poll_fn(|context| channel.poll_ready(context))
                    .await
                    .ok()?;
                let request = raw("/yizhang.v1.Account/Lookup", &message, length);
                timeout(PATIENCE, channel.call(request)).await.ok()?.ok()
            });
        }
        let agency = federation.agency(REGION);
        let own = tokio::spawn(async move { keeps_looking_up(&agency, SMALL, 10).await });
        let mut unread = Vec::new();
        let mut most = before;
        while let Some(answer) = calls.join_next().await {
            unread.push(answer);
            most = most.max(memory_mib(federation));
        }
        let longest = own.await.unwrap();
        println!("{before} -> {most} MiB; an own lookup took at most {longest:?}");
        assert!(most < MEMORY_MIB_MAX, "{before} -> {most} MiB");
        drop(unread);
    });
}

#[test]
fn messages_that_never_end_take_a_bounded_part_of_the_memory() {
    const MESSAGES: usize = 500;
    const LENGTH: usize = 4 * 1_024 * 1_024 - 16;
    const MEMORY_MIB_MAX: usize = 100;
    run(async |federation| {
        let own = connect(REGION, federation.agency(REGION));
        submit(&own, 2, reversals(SMALL, 3)).await.unwrap();
        let before = memory_mib(federation);
        let auditor = connect(REGION, federation.auditor());
        let mut calls = JoinSet::new();
        let message = Bytes::from(vec![7; LENGTH - 1]);
        for _ in 0..MESSAGES {
            let (mut channel, message) = (auditor.clone(), message.clone());
            calls.spawn(async move {
                std::future::poll_fn(|context| channel.poll_ready(context))
                    .await
                    .ok()?;
                let request = raw("/yizhang.v1.Account/Lookup", &message, LENGTH);
                let _answer = channel.call(request).await.ok()?;
                std::future::pending::<Option<()>>().await
            });
        }
        let mut most = before;
        let start = Instant::now();
        let mut longest = Duration::ZERO;
        while start.elapsed() < Duration::from_secs(10) {
            longest = longest.max(keeps_looking_up(&federation.agency(REGION), SMALL, 1).await);
            most = most.max(memory_mib(federation));
        }
        println!("{before} -> {most} MiB; an own lookup took at most {longest:?}");
        assert!(most < MEMORY_MIB_MAX, "{before} -> {most} MiB");
        drop(calls);
    });
}

#[test]
fn lookups_of_a_foreign_clerk_let_an_own_clerk_pass() {
    const LOOKUPS: usize = 600;
    /// Lookups of the foreign clerk that may be answered while an own one waits: those under way, and some of luck.
    const PASSED_MAX: usize = 24;
    run(async |federation| {
        let own = connect(REGION, federation.agency(REGION));
        submit(&own, 1, reversals(BIG, 3_000)).await.unwrap();
        submit(&own, 2, reversals(SMALL, 3)).await.unwrap();
        let answered = Arc::new(AtomicUsize::new(0));
        let refused = Arc::new(AtomicUsize::new(0));
        let mut calls = JoinSet::new();
        for connection in 0..2 {
            let foreign = connect(REGION, federation.agency(ELSEWHERE));
            for _ in 0..LOOKUPS / 2 {
                let client = AccountClient::new(foreign.clone());
                let mut client = client.max_decoding_message_size(ACCOUNT_BYTES_MAX);
                let (answered, refused) = (Arc::clone(&answered), Arc::clone(&refused));
                calls.spawn(async move {
                    match client.lookup(lookup_of(BIG, false)).await {
                        Ok(_) => answered.fetch_add(1, Ordering::Relaxed),
                        Err(_) => refused.fetch_add(1, Ordering::Relaxed),
                    };
                    connection
                });
            }
        }
        // The queue is full of them.
        while answered.load(Ordering::Relaxed) + refused.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(SECOND_LOOK).await;
        }
        let before = answered.load(Ordering::Relaxed);
        let start = Instant::now();
        let mut client = AccountClient::new(own);
        client.lookup(lookup_of(SMALL, false)).await.unwrap();
        let waited = start.elapsed();
        let passed = answered.load(Ordering::Relaxed) - before;
        println!(
            "the own clerk waited {waited:?} and saw {passed} of {LOOKUPS} others answered, {} refused",
            refused.load(Ordering::Relaxed)
        );
        assert!(passed <= PASSED_MAX, "{passed} others were answered first");
        let rest = timeout(PATIENCE, calls.join_all()).await;
        assert!(rest.is_ok(), "everybody has an answer in the end");
    });
}

/// The head of a call, after which nothing comes.
fn head_alone(path: &str) -> http::Request<tonic::body::Body> {
    let nothing = tokio_stream::pending::<Result<Frame<Bytes>, Status>>();
    raw(path, &[], 0).map(|_| tonic::body::Body::new(StreamBody::new(nothing)))
}

#[test]
fn calls_of_four_certificates_that_say_nothing_keep_no_other_auditor_out_and_end_after_a_minute() {
    const HOSTILE: usize = 4;
    /// As many as one connection carries, and one certificate may have.
    const CALLS: usize = 512;
    const OTHERS: usize = 8;
    run(async |federation| {
        let roster = roster(Path::new(&federation.auditor()));
        let name = auditor_name(&roster.federation);
        let mut calls = JoinSet::new();
        for _ in 0..HOSTILE {
            let channel = connect_as(REGION, &roster, &certify(federation, &name));
            for _ in 0..CALLS {
                let mut channel = channel.clone();
                calls.spawn(async move {
                    std::future::poll_fn(|context| channel.poll_ready(context))
                        .await
                        .ok()?;
                    let call = head_alone("/yizhang.v1.Ledger/Status");
                    channel.call(call).await.ok()
                });
            }
        }
        // All of them are under way: one that is refused has an answer.
        tokio::time::sleep(20 * SECOND_LOOK).await;
        for _ in 0..OTHERS {
            let waited = is_served(&federation.auditor()).await.unwrap();
            println!("the auditor waited {waited:?}");
        }
        let refused = std::iter::from_fn(|| calls.try_join_next()).count();
        println!("{refused} of {} calls were refused", HOSTILE * CALLS);
        let start = Instant::now();
        let ended = timeout(2 * PATIENCE, calls.join_all()).await;
        assert!(ended.is_ok(), "calls of which nothing comes end");
        println!("they ended after {:?}", start.elapsed());
    });
}

fn chain(origin: u32) -> FetchRequest {
    FetchRequest {
        origin: format!("demo.yizhang/{origin}"),
        from: 0,
    }
}

fn replay() -> ReplayRequest {
    ReplayRequest {
        origin: format!("demo.yizhang/{REGION}"),
        from: 0,
        purpose: Some(purpose(Business::Audit)),
    }
}

/// A chain too long for the buffers between a node and a caller that does not read.
async fn fill(federation: &Federation) {
    let own = connect(REGION, federation.agency(REGION));
    let mut record = Vec::new();
    Record::unread(Kind(60_000), &[7; 2_000])
        .write(&mut record)
        .unwrap();
    let records = record.repeat(1_400);
    for number in 0..12 {
        submit(&own, number, records.clone()).await.unwrap();
    }
}

#[test]
fn slow_readers_keep_no_other_reader_out() {
    const REPLAYS: usize = 17;
    const FETCHES: usize = 66;
    run(async |federation| {
        fill(federation).await;
        let mut slow_replays = Vec::new();
        let mut foreign = LedgerClient::new(connect(REGION, federation.agency(ELSEWHERE)));
        for _ in 0..REPLAYS {
            let replay = foreign.replay(replay()).await;
            assert!(replay.is_err(), "an agency reads no chains out");
            slow_replays.push(replay);
        }
        let mut slow_fetches = Vec::new();
        let own_node = federation.node_dir(REGION);
        let mut peer = ReplicationClient::new(connect(REGION, own_node));
        for _ in 0..FETCHES {
            slow_fetches.push(peer.fetch(chain(REGION)).await);
        }
        let mut auditor = LedgerClient::new(connect(REGION, federation.auditor()));
        let audit = auditor.replay(replay()).await;
        let other_node = federation.node_dir(ELSEWHERE);
        let mut other = ReplicationClient::new(connect(REGION, other_node));
        let fetch = other.fetch(chain(REGION)).await;
        println!("audit: {:?}, fetch: {:?}", audit.is_ok(), fetch.is_ok());
        let mut audit = audit.expect("an audit has a place").into_inner();
        let mut fetch = fetch.expect("a peer has a place").into_inner();
        let mut batches = 0;
        while let Some(batch) = timeout(PATIENCE, fetch.message()).await.unwrap().unwrap() {
            assert!(!batch.batch.is_empty());
            batches += 1;
        }
        assert_eq!(batches, 12, "a node reads the whole chain beside them");
        while timeout(PATIENCE, audit.message())
            .await
            .unwrap()
            .unwrap()
            .is_some()
        {
            batches -= 1;
        }
        assert_eq!(batches, 0, "an auditor, too");
        drop((slow_replays, slow_fetches));
    });
}
