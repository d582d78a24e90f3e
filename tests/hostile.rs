//! A node against callers that do not keep to the rules: clear status codes, nothing appended, and it goes on serving.

use crate::support::{
    Federation, PATIENCE, SECOND_LOOK,
    connect::{connect, roster},
    contributions, purpose,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use yizhang_ledger::{
    batch::SUBMISSION_BYTES_MAX,
    entry::{Kind, RecordId},
    hash::Hash,
    head::Head,
    person::AccountId,
    record::{AccountType, Participation, Payer, PayerKind, Record, Reversal, Source},
    value::{self, Division},
};
use yizhang_wire::{
    channel::{ACCOUNT_BYTES_MAX, node_name},
    code::RefusalCode,
    purpose::Business,
    v1::{
        FetchRequest, LookupRequest, ReplayRequest, SignedBatch, StatusRequest, SubmitRequest,
        WatchRequest, account_client::AccountClient, ledger_client::LedgerClient,
        lookup_request::Worker, replication_client::ReplicationClient,
        submission_client::SubmissionClient,
    },
};

const REGION: u32 = 440_000;
const WORKER: &str = "440300199003078815";

fn entry(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Record::unread(Kind(kind), payload)
        .write(&mut bytes)
        .unwrap();
    bytes
}

fn request(id: &[u8], records: Vec<u8>) -> SubmitRequest {
    SubmitRequest {
        submission_id: id.to_vec().into(),
        records: records.into(),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Status>, code: Code, words: &str) {
    let status = result.unwrap_err();
    assert_eq!(status.code(), code, "{status:?}");
    assert!(
        status.message().contains(words),
        "{words:?} in {:?}",
        status.message()
    );
}

fn run(test: impl AsyncFnOnce(&Federation)) {
    let mut federation = Federation::found(&[REGION]);
    federation.start_all();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test(&federation));
}

#[test]
fn malformed_submissions_get_a_reason_and_leave_nothing() {
    run(async |federation| {
        let channel = connect(REGION, federation.agency(REGION));
        let mut client =
            SubmissionClient::new(channel.clone()).max_encoding_message_size(64 * 1024 * 1024);
        let id = [7; 16];
        let good = entry(60_000, b"of a later version");
        refused(
            client.submit(request(&id[..15], good.clone())).await,
            Code::InvalidArgument,
            "expected 16 bytes, found 15",
        );
        refused(
            client.submit(request(&id, Vec::new())).await,
            Code::InvalidArgument,
            "1 to 16384 records, found 0",
        );
        let cut = good[..good.len() - 1].to_vec();
        refused(
            client.submit(request(&id, cut)).await,
            Code::InvalidArgument,
            "1 bytes are missing",
        );
        let unreadable = [good.clone(), vec![49, 3, 1, 2, 3]].concat();
        refused(
            client.submit(request(&id, unreadable)).await,
            Code::InvalidArgument,
            "entry 1 (Received)",
        );
        let batch = [good.clone(), vec![0, 0]].concat();
        refused(
            client.submit(request(&id, batch)).await,
            Code::InvalidArgument,
            "batch entry stands among records",
        );
        let many = good.repeat(16_385);
        refused(
            client.submit(request(&id, many)).await,
            Code::InvalidArgument,
            "found 16385",
        );
        let large = vec![0; SUBMISSION_BYTES_MAX + 1];
        refused(
            client.submit(request(&id, large)).await,
            Code::ResourceExhausted,
            "bytes of a submission",
        );
        let huge = vec![0; 5 * 1024 * 1024];
        refused(
            client.submit(request(&id, huge)).await,
            Code::OutOfRange,
            "too large",
        );
        let status = LedgerClient::new(channel)
            .status(StatusRequest {})
            .await
            .unwrap()
            .into_inner();
        assert_eq!(status.chains[0].size, 0, "nothing was appended");
    });
}

#[test]
fn a_submission_sent_again_gets_its_receipt_and_with_other_records_a_refusal() {
    run(async |federation| {
        let agency = federation.agency(REGION);
        let (channel, roster) = (connect(REGION, &agency), roster(Path::new(&agency)));
        let mut client = SubmissionClient::new(channel.clone());
        let (id, records) = ([9; 16], entry(60_000, b"one"));
        let receipt = client
            .submit(request(&id, records.clone()))
            .await
            .unwrap()
            .into_inner();
        assert_eq!((receipt.first, receipt.records), (1, 1));
        let head = Head::open(&receipt.head, &roster).unwrap();
        assert_eq!(head.size.0, 2);
        client
            .submit(request(&[8; 16], entry(60_000, b"two")))
            .await
            .unwrap();
        let again = client
            .submit(request(&id, records))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(again, receipt);
        let other = entry(60_000, b"other");
        refused(
            client.submit(request(&id, other)).await,
            Code::AlreadyExists,
            "with other",
        );
        let status = LedgerClient::new(channel)
            .status(StatusRequest {})
            .await
            .unwrap()
            .into_inner();
        assert_eq!(status.chains[0].size, 4);
    });
}

#[test]
fn many_callers_with_one_record_each_share_batches() {
    run(async |federation| {
        let channel = connect(REGION, federation.agency(REGION));
        let mut calls = Vec::new();
        for number in 0..200_u8 {
            let mut client = SubmissionClient::new(channel.clone());
            let request = request(&[number; 16], entry(60_000, &[number]));
            calls.push(tokio::spawn(async move {
                client.submit(request).await.unwrap().into_inner().first
            }));
        }
        let mut positions = Vec::new();
        for call in calls {
            positions.push(call.await.unwrap());
        }
        positions.sort_unstable();
        positions.dedup();
        assert_eq!(
            positions.len(),
            200,
            "every record has a position of its own"
        );
    });
}

/// The same submissions from several connections at once, with callers that give up and ask again: whatever search and
/// batches overtake each other, each submission is appended once.
#[test]
fn a_submission_that_many_send_at_once_is_appended_once() {
    const SUBMISSIONS: u32 = 3_000;
    const CONNECTIONS: u32 = 4;
    const CALLS_AT_ONCE: usize = 200;
    run(async |federation| {
        let mut connections = Vec::new();
        for connection in 0..CONNECTIONS {
            let channel = connect(REGION, federation.agency(REGION));
            connections.push(tokio::spawn(async move {
                let mut calls = tokio::task::JoinSet::new();
                let mut positions = BTreeMap::new();
                for number in 0..SUBMISSIONS {
                    if calls.len() == CALLS_AT_ONCE {
                        positions.extend(calls.join_next().await.transpose().unwrap());
                    }
                    let client = SubmissionClient::new(channel.clone());
                    // Not too often: a connection that resets many calls at once is closed.
                    let gives_up = (number + connection) % 50 == 0;
                    calls.spawn(async move {
                        (number, submit_stubbornly(client, number, gives_up).await)
                    });
                }
                positions.extend(calls.join_all().await);
                positions
            }));
        }
        let mut first: Option<BTreeMap<u32, u64>> = None;
        for connection in connections {
            let positions = connection.await.unwrap();
            let known = first.get_or_insert_with(|| positions.clone());
            assert!(
                *known == positions,
                "two callers were told two positions of one submission"
            );
        }
        let positions: BTreeSet<u64> = first.unwrap().into_values().collect();
        assert_eq!(
            positions.len(),
            usize::try_from(SUBMISSIONS).unwrap(),
            "every submission has a position of its own"
        );
        let channel = connect(REGION, federation.agency(REGION));
        let mut audit = LedgerClient::new(channel);
        let size = audit
            .status(StatusRequest {})
            .await
            .unwrap()
            .into_inner()
            .chains[0]
            .size;
        // What is not a record is a batch entry, and each of those has a record behind it.
        let others: Vec<u64> = (0..size)
            .filter(|position| !positions.contains(position))
            .collect();
        let adjacent = others.windows(2).find(|pair| pair[0] + 1 == pair[1]);
        assert_eq!(adjacent, None, "a record that nobody was told of");
    });
}

/// Sends a submission of one record until there is a receipt; the first time, if so wished, not waiting for it.
async fn submit_stubbornly(
    mut client: SubmissionClient<Channel>,
    number: u32,
    gives_up: bool,
) -> u64 {
    let mut id = [5; 16];
    id[..4].copy_from_slice(&number.to_le_bytes());
    let request = request(&id, entry(60_000, &number.to_le_bytes()));
    if gives_up {
        let _ =
            tokio::time::timeout(Duration::from_millis(2), client.submit(request.clone())).await;
    }
    let start = Instant::now();
    loop {
        match client.submit(request.clone()).await {
            Ok(receipt) => return receipt.into_inner().first,
            // Busy, or durable and not signed yet: to be sent again.
            Err(status) => assert!(
                matches!(status.code(), Code::ResourceExhausted | Code::Unavailable),
                "{status:?}"
            ),
        }
        assert!(start.elapsed() < PATIENCE, "the node is busy for ever");
        tokio::time::sleep(SECOND_LOOK).await;
    }
}

/// So many callers wait for a thread to search for earlier submissions that batches overtake them; that is the node's own
/// matter and not left to the caller.
#[test]
fn callers_of_one_record_each_are_not_sent_away_when_batches_overtake_them() {
    /// As many as a connection may have calls open.
    const CALLERS: u32 = 500;
    run(async |federation| {
        let mut callers = Vec::new();
        for connection in 0..12 {
            let channel = connect(REGION, federation.agency(REGION));
            for caller in 0..CALLERS {
                let mut client = SubmissionClient::new(channel.clone());
                callers.push(tokio::spawn(async move {
                    let (start, mut positions) = (Instant::now(), Vec::new());
                    for call in 0..4_u32 {
                        let number = (connection * CALLERS + caller) * 4 + call;
                        let mut id = [3; 16];
                        id[..4].copy_from_slice(&number.to_le_bytes());
                        let request = request(&id, entry(60_000, &number.to_le_bytes()));
                        // Back-pressure is for the caller to heed; anything else is not.
                        positions.push(loop {
                            match client.submit(request.clone()).await {
                                Ok(receipt) => break receipt.into_inner().first,
                                Err(status) => {
                                    assert_eq!(
                                        status.code(),
                                        Code::ResourceExhausted,
                                        "{status:?}"
                                    );
                                }
                            }
                            assert!(start.elapsed() < PATIENCE, "the node is busy for ever");
                            tokio::time::sleep(SECOND_LOOK).await;
                        });
                    }
                    positions
                }));
            }
        }
        let mut positions = BTreeSet::new();
        for caller in callers {
            positions.extend(caller.await.unwrap());
        }
        assert_eq!(
            positions.len(),
            12 * 4 * usize::try_from(CALLERS).unwrap(),
            "every record has a position of its own"
        );
    });
}

#[test]
fn everybody_gets_the_services_of_their_role_and_no_others() {
    run(async |federation| {
        let agency = federation.agency(REGION);
        let node = federation.node_dir(REGION);
        let auditor = federation.auditor();
        let as_agency = connect(REGION, &agency);
        let as_node = connect(REGION, &node);
        let as_auditor = connect(REGION, &auditor);
        let watch = ReplicationClient::new(as_agency.clone())
            .watch(WatchRequest {})
            .await;
        let code = RefusalCode::of(watch.as_ref().unwrap_err());
        assert_eq!(code, Some(RefusalCode::NotANode));
        refused(watch.map(|_| ()), Code::PermissionDenied, "among nodes");
        let submit = SubmissionClient::new(as_node)
            .submit(request(&[1; 16], entry(60_000, b"")))
            .await;
        let code = RefusalCode::of(submit.as_ref().unwrap_err());
        assert_eq!(code, Some(RefusalCode::OtherAgency));
        refused(submit, Code::PermissionDenied, "only agency.440000");
        let lookup = LookupRequest {
            worker: Some(Worker::Number(WORKER.into())),
            as_of: 20_261_031,
            proofs: false,
            registers: false,
            purpose: Some(purpose(Business::Inquiry)),
            ..LookupRequest::default()
        };
        let lookup = AccountClient::new(as_auditor).lookup(lookup).await;
        let code = RefusalCode::of(lookup.as_ref().unwrap_err());
        assert_eq!(code, Some(RefusalCode::AccountOfAuditor));
        refused(lookup, Code::PermissionDenied, "auditors");
        let mut accounts = AccountClient::new(as_agency.clone());
        let ask = |worker, as_of| LookupRequest {
            worker,
            as_of,
            proofs: false,
            registers: false,
            purpose: Some(purpose(Business::Inquiry)),
            ..LookupRequest::default()
        };
        let wrong = Some(Worker::Number("440300199003078812".into()));
        refused(
            accounts.lookup(ask(wrong, 20_261_031)).await,
            Code::InvalidArgument,
            "check character",
        );
        let short = Some(Worker::Account(vec![1; 15].into()));
        refused(
            accounts.lookup(ask(short, 20_261_031)).await,
            Code::InvalidArgument,
            "16 bytes",
        );
        let worker = Some(Worker::Account(vec![1; 16].into()));
        refused(
            accounts.lookup(ask(worker, 20_261_332)).await,
            Code::InvalidArgument,
            "YYYYMMDD",
        );
        refused(
            accounts.lookup(ask(None, 20_261_031)).await,
            Code::InvalidArgument,
            "number or an account",
        );
        let mut health = HealthClient::new(as_agency);
        let service = HealthCheckRequest {
            service: "yizhang.v1.Submission".into(),
        };
        assert_eq!(
            health.check(service).await.unwrap().into_inner().status,
            1,
            "serving"
        );
    });
}

#[test]
fn chains_are_read_from_the_start_of_a_batch_and_only_those_of_the_roster() {
    run(async |federation| {
        let file = federation.file("30.csv", &contributions(WORKER, 440_300, 30, "S"));
        federation.import(REGION, &file, &[]).expect(0);
        let channel = connect(REGION, federation.auditor());
        let mut client = LedgerClient::new(channel);
        let mut read = async |origin: &str, from| -> Result<Vec<SignedBatch>, Status> {
            let mut stream = client
                .replay(ReplayRequest {
                    origin: origin.into(),
                    from,
                    purpose: Some(purpose(Business::Audit)),
                })
                .await?
                .into_inner();
            let mut batches = Vec::new();
            while let Some(batch) = stream.message().await? {
                batches.push(batch);
            }
            Ok(batches)
        };
        let all = read("demo.yizhang/440000", 0).await.unwrap();
        let size = federation.size(REGION, REGION);
        assert!((1..=30).contains(&all.len()));
        assert_eq!(read("demo.yizhang/440000", size).await.unwrap(), []);
        refused(
            read("demo.yizhang/110000", 0).await,
            Code::NotFound,
            "the roster names no chain",
        );
        refused(
            read("somewhere", 0).await,
            Code::InvalidArgument,
            "federation/region",
        );
        refused(
            read("demo.yizhang/440000", 1).await,
            Code::NotFound,
            "no batch starts",
        );
        refused(
            read("demo.yizhang/440000", u64::MAX).await,
            Code::NotFound,
            "no batch starts",
        );
    });
}

#[test]
fn a_caller_without_a_certificate_gets_nowhere() {
    run(async |federation| {
        let agency = federation.agency(REGION);
        let roster = roster(Path::new(&agency));
        let region = Division::new(REGION).unwrap();
        let endpoint = roster.regions[&region].endpoint.clone();
        let authority = yizhang_wire::channel::certificate_pem(&roster.tls_authority);
        let tls = tonic::transport::ClientTlsConfig::new()
            .ca_certificate(tonic::transport::Certificate::from_pem(authority))
            .domain_name(node_name(&roster.federation, region));
        let endpoint = tonic::transport::Endpoint::from_shared(endpoint)
            .unwrap()
            .tls_config(tls)
            .unwrap();
        let status = match endpoint.connect().await {
            Ok(channel) => LedgerClient::new(channel)
                .status(StatusRequest {})
                .await
                .map(|_| ()),
            Err(_) => return,
        };
        assert!(status.is_err());
    });
}

/// A chain too long for the buffers between a node and a caller that does not read.
async fn fill(federation: &Federation) {
    let channel = connect(REGION, federation.agency(REGION));
    let mut client = SubmissionClient::new(channel);
    let records = entry(60_000, &[7; 2_000]).repeat(1_400);
    for number in 0..12 {
        client
            .submit(request(&[number; 16], records.clone()))
            .await
            .unwrap();
    }
}

#[test]
fn auditors_who_do_not_read_hold_up_neither_nodes_nor_for_long_each_other() {
    /// What the node reads out to one auditor at once.
    const READERS: usize = 2;
    run(async |federation| {
        fill(federation).await;
        let chain = || ReplayRequest {
            origin: "demo.yizhang/440000".into(),
            from: 0,
            purpose: Some(purpose(Business::Audit)),
        };
        let fetched = || FetchRequest {
            origin: "demo.yizhang/440000".into(),
            from: 0,
        };
        let channel = connect(REGION, federation.auditor());
        let mut auditor = LedgerClient::new(channel);
        let mut idle = Vec::new();
        for _ in 0..READERS {
            idle.push(auditor.replay(chain()).await.unwrap());
        }
        refused(
            auditor.replay(chain()).await,
            Code::ResourceExhausted,
            "too many chains are being read",
        );
        let channel = connect(REGION, federation.node_dir(REGION));
        let mut stream = ReplicationClient::new(channel)
            .fetch(fetched())
            .await
            .unwrap()
            .into_inner();
        let mut batches = 0;
        while stream.message().await.unwrap().is_some() {
            batches += 1;
        }
        assert_eq!(batches, 12, "a node reads the whole chain beside them");
        let waiting = Instant::now();
        while auditor.replay(chain()).await.is_err() {
            assert!(
                waiting.elapsed() < PATIENCE,
                "whoever does not read loses its place"
            );
            tokio::time::sleep(SECOND_LOOK).await;
        }
        drop(idle);
    });
}

#[test]
fn strangers_who_connect_and_say_nothing_take_neither_descriptors_nor_places_for_long() {
    /// What the node accepts at once.
    const CONNECTIONS: usize = 512;
    run(async |federation| {
        let roster = roster(Path::new(&federation.agency(REGION)));
        let endpoint = &roster.regions[&Division::new(REGION).unwrap()].endpoint;
        let address: SocketAddr = endpoint.trim_start_matches("https://").parse().unwrap();
        let before = federation.descriptors(REGION);
        let mut strangers = Vec::new();
        for _ in 0..700 {
            strangers.push(tokio::net::TcpStream::connect(address).await.unwrap());
        }
        let (mut taken, mut last) = (federation.descriptors(REGION), 0);
        while taken != last {
            tokio::time::sleep(10 * SECOND_LOOK).await;
            (taken, last) = (federation.descriptors(REGION), taken);
        }
        // The store may open a file meanwhile.
        let most = before + CONNECTIONS + 16;
        assert!(
            taken <= most,
            "expected at most {most} descriptors, found {taken}"
        );
        let channel = connect(REGION, federation.agency(REGION));
        let waiting = Instant::now();
        while LedgerClient::new(channel.clone())
            .status(StatusRequest {})
            .await
            .is_err()
        {
            assert!(
                waiting.elapsed() < PATIENCE,
                "a caller of the federation is served"
            );
            tokio::time::sleep(SECOND_LOOK).await;
        }
        drop(strangers);
    });
}

#[test]
fn an_account_of_more_records_than_an_answer_may_hold_is_answered_and_says_what_was_left_aside() {
    /// What an answer may hold.
    const RECORDS: usize = 10_000;
    run(async |federation| {
        let channel = connect(REGION, federation.agency(REGION));
        let mut client = SubmissionClient::new(channel.clone());
        let account = AccountId([5; 16]);
        let reversals = |numbers: Range<usize>| {
            let mut bytes = Vec::new();
            for number in numbers {
                let serial = format!("S{number}");
                let (agency, serial) = (
                    value::Code::new("44030001").unwrap(),
                    value::Code::new(&serial).unwrap(),
                );
                let source = Source {
                    agency,
                    system: value::Code::NONE,
                    serial,
                };
                let target = RecordId(Hash([7; 32]));
                let reversal = Reversal {
                    account,
                    target,
                    reason: value::Code::NONE,
                    source,
                };
                Record::Reversal(reversal).write(&mut bytes).unwrap();
            }
            bytes
        };
        let lookup = |proofs| LookupRequest {
            worker: Some(Worker::Account(account.0.to_vec().into())),
            as_of: 20_261_031,
            proofs,
            registers: proofs,
            purpose: Some(purpose(Business::Inquiry)),
            ..LookupRequest::default()
        };
        let mut accounts = AccountClient::new(channel).max_decoding_message_size(ACCOUNT_BYTES_MAX);
        // The region holds the worker: of a stranger's chain no more than a few records would be taken.
        let mut records = Vec::new();
        let enrolment = Participation {
            account,
            scheme: value::Scheme::parse("hrss:110").unwrap(),
            from: value::Month::parse("2020-01").unwrap(),
            place: Division::new(440_300).unwrap(),
            payer: Payer {
                kind: PayerKind::Person,
                id: value::Code::NONE,
            },
            reason: value::Code::NONE,
            account_type: AccountType::General,
            source: Source::default(),
        };
        Record::Participation(Kind::ENROL, enrolment)
            .write(&mut records)
            .unwrap();
        records.extend(reversals(1..RECORDS));
        client.submit(request(&[1; 16], records)).await.unwrap();
        let full = accounts.lookup(lookup(true)).await.unwrap().into_inner();
        assert_eq!(full.chains[0].records.len(), RECORDS);
        assert_eq!(full.held[0].left_aside, 0);
        client
            .submit(request(&[2; 16], reversals(RECORDS..RECORDS + 1)))
            .await
            .unwrap();
        for proofs in [true, false] {
            let answer = accounts.lookup(lookup(proofs)).await.unwrap().into_inner();
            assert_eq!(answer.held[0].left_aside, 1);
        }
    });
}
