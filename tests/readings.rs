//! Workers see who has read their records, at every node, and nobody else sees it.

use crate::{
    portal::Door,
    support::{
        Federation, Ran, connect::connect, contributions, eventually, purpose, run, run_with,
    },
};
use ed25519_dalek::SigningKey;
use std::{fs, path::PathBuf, process::Command, time::Duration};
use tonic::{Status, transport::Channel};
use yizhang_holder::{
    Nonce,
    proof::{self, Opening},
};
use yizhang_ledger::{
    holder::HolderName,
    person::AccountId,
    value::{Day, Division, UnixMillis},
};
use yizhang_store::{AccessEntry, AccessLog, Subject};
use yizhang_wire::{
    code::RefusalCode,
    purpose::Business,
    v1::{
        BindRequest, ChallengeReply, ChallengeRequest, EnterRequest, Entrance, LookupRequest,
        NewFileKey, NodeReadings, OfWorkerRequest, OpenRequest, Reading, ReadingsReply,
        ReadingsRequest, access_log_client::AccessLogClient, account_client::AccountClient,
        bind_request, holders_client::HoldersClient, lookup_request::Worker, of_worker_request,
        open_request::Proof,
    },
};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const WORKER: &str = "440300199003078815";
const OTHER: &str = "440300199003078823";
const AS_OF: u32 = 20_261_031;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

fn federation() -> Federation {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    for (number, serial) in [(WORKER, "w"), (OTHER, "o")] {
        let rows = contributions(number, 440_300, 3, serial);
        let file = federation.file(&format!("{serial}.csv"), &rows);
        federation
            .import(GUANGDONG, &file, &["--durable", "local"])
            .expect(0);
    }
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation
}

fn portal(federation: &Federation, region: u32) -> Channel {
    connect(region, portal_dir(federation, region))
}

fn portal_dir(federation: &Federation, region: u32) -> PathBuf {
    federation.path().join(format!("{region}/portal"))
}

/// A clerk of a region reads a worker at the node of another.
async fn clerk_reads(federation: &Federation, of: u32, at: u32, number: &str) {
    let mut client = AccountClient::new(connect(at, federation.agency(of)));
    let request = LookupRequest {
        worker: Some(Worker::Number(number.into())),
        as_of: AS_OF,
        purpose: Some(purpose(Business::Transfer)),
        ..LookupRequest::default()
    };
    client.lookup(request).await.unwrap();
}

fn code(federation: &Federation, number: &str) -> String {
    let (node, agency) = (GUANGDONG.to_string(), federation.agency(GUANGDONG));
    let issue = [
        "agency",
        "code",
        "issue",
        "--node",
        &node,
        "--credentials",
        &agency,
    ];
    run_with(&issue, number).expect(0).stdout.trim().to_owned()
}

async fn enter(portal: &Channel, code: &str) -> Entrance {
    let request = EnterRequest { code: code.into() };
    let mut client = HoldersClient::new(portal.clone());
    client.enter(request).await.unwrap().into_inner()
}

async fn challenge(portal: &Channel, ticket: &[u8]) -> ChallengeReply {
    let request = ChallengeRequest {
        ticket: ticket.to_vec().into(),
    };
    let mut client = HoldersClient::new(portal.clone());
    client.challenge(request).await.unwrap().into_inner()
}

fn nonce(challenge: &ChallengeReply) -> Nonce {
    Nonce(challenge.nonce.as_ref().try_into().unwrap())
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// Binds a key with a code.
async fn bind(portal: &Channel, code: &str, key: &SigningKey) -> HolderName {
    let ticket = enter(portal, code).await.ticket;
    let challenge = challenge(portal, &ticket).await;
    let name = HolderName::from_bytes(&challenge.name).unwrap();
    let signature = proof::sign_binding(key, name, &nonce(&challenge));
    let request = BindRequest {
        ticket,
        nonce: challenge.nonce.clone(),
        name: challenge.name,
        key: Some(bind_request::Key::File(NewFileKey {
            public: key.verifying_key().to_bytes().to_vec().into(),
            signature: signature.to_vec().into(),
        })),
    };
    let mut client = HoldersClient::new(portal.clone());
    client.bind(request).await.unwrap();
    name
}

/// What a key has signed to open an account at the node of a region.
struct Signed {
    name: HolderName,
    day: u32,
    nonce: Nonce,
    signature: Vec<u8>,
}

async fn sign(portal: &Channel, node: u32, name: HolderName, key: &SigningKey) -> Signed {
    let challenge = challenge(portal, &[]).await;
    let nonce = nonce(&challenge);
    let opening = Opening {
        name,
        node: Division::new(node).unwrap(),
        day: Day::new(challenge.day).unwrap(),
        nonce: &nonce,
    };
    Signed {
        name,
        day: challenge.day,
        nonce,
        signature: proof::sign_opening(key, &opening).to_vec(),
    }
}

async fn open(portal: &Channel, signed: &Signed) -> Entrance {
    let request = OpenRequest {
        nonce: signed.nonce.0.to_vec().into(),
        name: signed.name.to_bytes().to_vec().into(),
        proof: Some(Proof::Signature(signed.signature.clone().into())),
    };
    let mut client = HoldersClient::new(portal.clone());
    client.open(request).await.unwrap().into_inner()
}

async fn readings(portal: &Channel, ticket: &[u8]) -> Result<ReadingsReply, Status> {
    let request = ReadingsRequest {
        ticket: ticket.to_vec().into(),
    };
    let mut client = HoldersClient::new(portal.clone());
    Ok(client.readings(request).await?.into_inner())
}

fn others(node: &NodeReadings) -> Vec<&Reading> {
    let readings = node.told.as_ref().unwrap().readings.iter();
    // Each import looks its first rows up.
    let is_others = |one: &&Reading| one.business != "holder" && one.business != "import";
    readings.filter(is_others).collect()
}

fn of_worker(signed: &Signed) -> OfWorkerRequest {
    OfWorkerRequest {
        name: signed.name.to_bytes().to_vec().into(),
        day: signed.day,
        nonce: signed.nonce.0.to_vec().into(),
        proof: Some(of_worker_request::Proof::Signature(
            signed.signature.clone().into(),
        )),
    }
}

#[track_caller]
fn assert_refused<T>(answer: Result<T, Status>, code: RefusalCode) {
    let Err(status) = answer else {
        panic!("it was answered");
    };
    assert_eq!(RefusalCode::of(&status), Some(code), "{status}");
}

#[test]
fn a_worker_sees_who_has_read_at_every_node_and_nothing_of_others() {
    let federation = federation();
    block_on(async {
        clerk_reads(&federation, GUIZHOU, GUANGDONG, WORKER).await;
        clerk_reads(&federation, GUANGDONG, GUIZHOU, WORKER).await;
        clerk_reads(&federation, GUANGDONG, GUIZHOU, OTHER).await;
        let door = portal(&federation, GUANGDONG);
        let name = bind(&door, &code(&federation, WORKER), &key(1)).await;
        federation.wait_replicated(GUANGDONG, GUIZHOU);
        let signed = sign(&door, GUANGDONG, name, &key(1)).await;
        let ticket = open(&door, &signed).await.ticket;
        let told = readings(&door, &ticket).await.unwrap();
        let regions: Vec<u32> = told.nodes.iter().map(|node| node.region).collect();
        assert_eq!(regions, [GUANGDONG, GUIZHOU]);
        let here = others(&told.nodes[0]);
        let seen: Vec<_> = here
            .iter()
            .map(|one| (one.holder.as_str(), one.method.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("agency.440000", "Holders.IssueCode"),
                ("agency.520000", "Account.Lookup"),
            ]
        );
        assert_eq!(here[1].business, "transfer");
        assert!(!here[1].case_number.is_empty() && here[1].certificate.len() == 32);
        let there = others(&told.nodes[1]);
        assert_eq!(there.len(), 1, "{there:?}");
        assert_eq!(there[0].holder, "agency.440000");
        let day = &told.nodes[1].told.as_ref().unwrap().days[0];
        assert_eq!(day.root, "open");
        // What Guizhou was asked for stands in its log too, and is the worker's own.
        let again = readings(&door, &ticket).await.unwrap();
        let there = again.nodes[1].told.as_ref().unwrap();
        let asked = there.readings.iter().find(|one| one.business == "holder");
        let asked = asked.unwrap();
        assert_eq!(asked.method, "AccessLog.OfWorker");
        assert_eq!(asked.holder, "node.440000");
        assert_eq!(asked.case_number, "key 440000 0");
    });
}

#[test]
fn a_node_that_is_down_is_named_and_with_a_code_others_are_not_asked() {
    let mut federation = federation();
    let by_code = code(&federation, WORKER);
    block_on(async {
        let door = portal(&federation, GUANGDONG);
        clerk_reads(&federation, GUIZHOU, GUANGDONG, WORKER).await;
        let ticket = enter(&door, &by_code).await.ticket;
        let told = readings(&door, &ticket).await.unwrap();
        assert_eq!(others(&told.nodes[0]).len(), 2);
        assert_eq!(told.nodes[1].unknown, "no-key");
        assert!(told.nodes[1].told.is_none());
    });
    let code = code(&federation, WORKER);
    let name = block_on(async { bind(&portal(&federation, GUANGDONG), &code, &key(1)).await });
    federation.stop(GUIZHOU);
    block_on(async {
        let door = portal(&federation, GUANGDONG);
        let signed = sign(&door, GUANGDONG, name, &key(1)).await;
        let ticket = open(&door, &signed).await.ticket;
        let begun = std::time::Instant::now();
        let told = readings(&door, &ticket).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(15));
        assert_eq!(told.nodes[0].unknown, "");
        assert_eq!(told.nodes[1].region, GUIZHOU);
        assert_eq!(told.nodes[1].unknown, "away");
    });
}

#[test]
fn nobody_but_the_worker_is_told_and_no_node_without_what_the_key_has_signed_for_it() {
    let federation = federation();
    block_on(async {
        let door = portal(&federation, GUANGDONG);
        let name = bind(&door, &code(&federation, WORKER), &key(1)).await;
        let other = bind(&door, &code(&federation, OTHER), &key(2)).await;
        federation.wait_replicated(GUANGDONG, GUIZHOU);
        // Who has no ticket, or one of somebody else, or over another certificate, or is a clerk.
        assert_refused(readings(&door, &[7; 32]).await, RefusalCode::NotOpened);
        let signed = sign(&door, GUANGDONG, other, &key(2)).await;
        let ticket = open(&door, &signed).await.ticket;
        let told = readings(&door, &ticket).await.unwrap();
        assert!(
            others(&told.nodes[0])
                .iter()
                .all(|one| one.method == "Holders.IssueCode")
        );
        let clerk = connect(GUANGDONG, federation.agency(GUANGDONG));
        assert_refused(readings(&clerk, &ticket).await, RefusalCode::NotForRole);
        let away = portal(&federation, GUIZHOU);
        assert_refused(readings(&away, &ticket).await, RefusalCode::NotOpened);

        // What a node is told: what a key has signed for it, of the right account, today.
        let mut guangdong = AccessLogClient::new(connect(GUIZHOU, federation.node_dir(GUANGDONG)));
        let mut guizhou = AccessLogClient::new(connect(GUANGDONG, federation.node_dir(GUIZHOU)));
        let mut clerk = AccessLogClient::new(clerk);
        let signed = sign(&door, GUANGDONG, name, &key(1)).await;
        assert!(guangdong.of_worker(of_worker(&signed)).await.is_ok());
        let not_a_node = clerk.of_worker(of_worker(&signed)).await;
        assert_refused(not_a_node, RefusalCode::NotANode);
        // Handed on to a third node by one that was asked.
        let handed_on = guizhou.of_worker(of_worker(&signed)).await;
        assert_refused(handed_on, RefusalCode::NotOpened);
        let of_another = OfWorkerRequest {
            name: other.to_bytes().to_vec().into(),
            ..of_worker(&signed)
        };
        let other_day = OfWorkerRequest {
            day: 20_260_101,
            ..of_worker(&signed)
        };
        let by_other_key = of_worker(&sign(&door, GUANGDONG, name, &key(2)).await);
        for request in [
            of_another,
            other_day,
            by_other_key,
            OfWorkerRequest::default(),
        ] {
            let refused = guangdong.of_worker(request).await.map(drop);
            let status = refused.unwrap_err();
            let code = RefusalCode::of(&status);
            assert!(
                matches!(code, Some(RefusalCode::NotOpened | RefusalCode::Field)),
                "{status}"
            );
        }
    });
}

#[test]
fn the_command_line_lists_them_in_both_languages_and_as_json() {
    let federation = federation();
    block_on(clerk_reads(&federation, GUIZHOU, GUANGDONG, WORKER));
    let door = Door::open(&federation);
    let to = federation.path().join("my-key");
    let site = door.site();
    let enrol = [
        "worker",
        "enrol",
        "--portal",
        &site,
        "--to",
        to.to_str().unwrap(),
    ];
    run_with(&enrol, &code(&federation, WORKER)).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let list = ["worker", "readings", "--holder", to.to_str().unwrap()];
    let english = run(&list).expect(0).stdout;
    assert!(english.contains("agency of Guizhou"), "{english}");
    assert!(english.contains("a transfer"), "{english}");
    let output = Command::new(env!("CARGO_BIN_EXE_yizhang"))
        .args(["--lang", "zh"])
        .args(list)
        .output()
        .unwrap();
    let chinese = String::from_utf8(output.stdout).unwrap();
    assert!(chinese.contains("贵州的社保经办机构"), "{chinese}");
    let json = run(&[&list[..], &["--json"]].concat()).expect(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["nodes"][1]["region"], "520000");
    assert_eq!(json["nodes"][0]["readings"][0]["business"], "holder");
}

/// An entry of yesterday: a clerk of Guizhou has read an account.
fn yesterdays(account: AccountId, case: &str) -> AccessEntry {
    AccessEntry {
        at: UnixMillis(yesterday()),
        certificate: [7; 32],
        holder: "agency.520000".into(),
        method: "Account.Lookup".into(),
        answer: "ok".into(),
        business: "inquiry".into(),
        case_number: case.into(),
        person: "Li Na".into(),
        subject: Subject::Account(account),
    }
}

fn yesterday() -> u64 {
    let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
    now - 24 * 60 * 60 * 1_000
}

#[test]
fn an_ended_day_is_compared_with_the_digest_in_the_chain_of_its_node() {
    let mut federation = federation();
    let code = code(&federation, WORKER);
    let name = block_on(async { bind(&portal(&federation, GUANGDONG), &code, &key(1)).await });
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.stop(GUIZHOU);
    let data = federation.node_dir(GUIZHOU).join("data");
    let day = Day::of(UnixMillis(yesterday()));
    let write = |entries: &[AccessEntry]| {
        let mut log = AccessLog::open(&data, &mut |_| {}).unwrap();
        log.append(entries, day).unwrap();
    };
    write(&[
        yesterdays(name.account, "C-1"),
        yesterdays(AccountId([9; 16]), "C-2"),
    ]);
    let told = |federation: &Federation| {
        block_on(async {
            let door = portal(federation, GUANGDONG);
            let signed = sign(&door, GUANGDONG, name, &key(1)).await;
            let ticket = open(&door, &signed).await.ticket;
            let told = readings(&door, &ticket).await.unwrap();
            told.nodes[1].told.clone().unwrap()
        })
    };
    federation.start(GUIZHOU);
    federation.wait_ready(GUIZHOU);
    eventually("the root is in the chain", || {
        federation.size(GUANGDONG, GUIZHOU) == 2
    });
    let rooted = told(&federation);
    let of_yesterday = rooted.readings.iter().find(|one| one.case_number == "C-1");
    assert_eq!(of_yesterday.unwrap().day, day.number());
    assert!(rooted.readings.iter().all(|one| one.case_number != "C-2"));
    let root = rooted.days.iter().find(|one| one.day == day.number());
    assert_eq!(root.unwrap().root, "rooted");
    // An operator writes the log anew, without an entry.
    federation.stop(GUIZHOU);
    fs::remove_dir_all(data.join("access")).unwrap();
    write(&[yesterdays(name.account, "C-1")]);
    federation.start(GUIZHOU);
    federation.wait_ready(GUIZHOU);
    let forged = told(&federation);
    let root = forged.days.iter().find(|one| one.day == day.number());
    assert_eq!(root.unwrap().root, "other");
}

/// `agency access-log` at the node of Guangdong, as the agency of a region, or with a directory of credentials.
fn access_log(credentials: &str, more: &[&str]) -> Ran {
    let node = GUANGDONG.to_string();
    let arguments = [
        "agency",
        "access-log",
        "--node",
        &node,
        "--credentials",
        credentials,
    ];
    run(&[&arguments[..], more].concat())
}

fn objects(ran: &Ran) -> Vec<serde_json::Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A federation whose nodes know no night, as tests run at any hour.
pub(crate) fn without_night() -> Federation {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.configure(GUANGDONG, "[warnings]\nnight_from = 0\nnight_to = 0\n");
    federation.start_all();
    let rows = contributions(WORKER, 440_300, 3, "w");
    let file = federation.file("w.csv", &rows);
    federation
        .import(GUANGDONG, &file, &["--durable", "local"])
        .expect(0);
    federation
}

pub(crate) fn look_up(credentials: &str, case: &str) {
    let node = GUANGDONG.to_string();
    let arguments = [
        "worker",
        "account",
        "--node",
        &node,
        "--credentials",
        credentials,
        "--case",
        case,
        "--json",
    ];
    run_with(&arguments, WORKER).expect(0);
}

#[test]
fn the_officer_of_an_agency_reads_the_log_of_its_own_node_and_that_stands_in_it() {
    let federation = without_night();
    let agency = federation.agency(GUANGDONG);
    look_up(&agency, "C-7");
    look_up(&agency, "=C-8");
    let all = objects(&access_log(&agency, &["--json"]).expect(0));
    let read: Vec<_> = all
        .iter()
        .filter(|entry| entry["method"] == "Account.Lookup" && entry["business"] == "inquiry")
        .collect();
    assert_eq!(read.len(), 2, "{all:?}");
    assert_eq!(read[0]["person"], "tester");
    let account = read[0]["account"].as_str().unwrap();
    let certificate = read[0]["certificate"].as_str().unwrap();
    let of_account = access_log(&agency, &["--json", "--account", account]).expect(0);
    assert!(
        objects(&of_account)
            .iter()
            .all(|entry| entry["account"] == account)
    );
    // Its own beginning is the last of them.
    let last = objects(&of_account).pop().unwrap();
    assert_eq!(last["method"], "AccessLog.Entries");
    let begins = &certificate[..8];
    let of_clerk = access_log(&agency, &["--json", "--certificate", begins]).expect(0);
    assert!(objects(&of_clerk).len() >= 4);
    let of_nobody = access_log(&agency, &["--json", "--certificate", "0000000000000000"]);
    assert!(objects(&of_nobody.expect(0)).is_empty());
    let long_ago = access_log(&agency, &["--json", "--day", "2020-01-01"]);
    assert!(objects(&long_ago.expect(0)).is_empty());
    // No cell is a formula to a spreadsheet.
    let csv = access_log(&agency, &["--csv"]).expect(0).stdout;
    assert!(csv.contains(",'=C-8,"), "{csv}");
    let all = objects(&access_log(&agency, &["--json"]).expect(0));
    let own: Vec<_> = all
        .iter()
        .filter(|entry| entry["method"] == "AccessLog.Entries" && entry["answer"] == "ended")
        .collect();
    assert!(own.len() >= 5 && own[0]["list"] == "access-log");
    let node = federation.node_dir(GUANGDONG);
    access_log(node.to_str().unwrap(), &["--json"]).expect(5);
    access_log(&federation.auditor(), &["--json"]).expect(5);
}

#[test]
fn what_looks_odd_is_listed_and_closed_by_a_second_person_alone() {
    let federation = without_night();
    let agency = federation.agency(GUANGDONG);
    look_up(&agency, "C-7");
    let none = access_log(&agency, &["--warnings", "--json"]).expect(0);
    assert_eq!(none.stdout, "");
    look_up(&agency, "无");
    let listed = access_log(&agency, &["--warnings", "--json"]).expect(1);
    let warnings = objects(&listed);
    assert_eq!(warnings.len(), 1, "{}", listed.stdout);
    assert_eq!(warnings[0]["rule"], "no-case");
    assert_eq!(warnings[0]["entries"], 1);
    let in_words = access_log(&agency, &["--warnings"]).expect(1);
    assert!(
        in_words.stdout.contains("read without a case"),
        "{}",
        in_words.stdout
    );

    let second = federation.clerk(GUANGDONG, "2", "");
    let second = second.to_str().unwrap();
    let id = warnings[0]["id"].as_str().unwrap();
    let day = warnings[0]["day"].as_str().unwrap();
    let close = [
        "--close", id, "--day", day, "--reason", "a drill", "--person",
    ];
    let close_as = |credentials: &str, person: &str| {
        access_log(credentials, &[&close[..], &[person]].concat())
    };
    // With the same certificate, and as the same person.
    close_as(&agency, "Li Na").expect(5);
    close_as(second, "Tester").expect(5);
    close_as(second, "Li Na").expect(0);
    let closed = objects(&access_log(&agency, &["--warnings", "--json"]).expect(0));
    assert_eq!(closed[0]["closing"]["person"], "Li Na");
    assert_eq!(closed[0]["closing"]["reason"], "a drill");
    // It is closed once; another reading of the kind opens it again.
    close_as(second, "Li Na").expect(4);
    look_up(&agency, "无");
    let again = objects(&access_log(&agency, &["--warnings", "--json"]).expect(1));
    assert_eq!(again[0]["entries"], 2);
    assert!(again[0]["closing"].is_null());
}
