//! Workers open their own accounts: with a code that a clerk hands out, and with keys that are bound with it. Real processes, spoken to as
//! a portal speaks to its node.

use crate::support::{Federation, Ran, connect::connect, contributions, purpose, run, run_with};
use ed25519_dalek::SigningKey;
use std::path::PathBuf;
use tonic::{Code, Status, transport::Channel};
use yizhang_holder::{
    Nonce,
    proof::{self, Opening},
};
use yizhang_ledger::{
    hash::Hash,
    holder::HolderName,
    person::AccountId,
    record::{HolderKeyKind, KeyBound, KeyEnded, Record},
    value::{Code as LedgerCode, Day, Division},
};
use yizhang_wire::{
    code::RefusalCode,
    purpose::Business,
    v1::{
        BindRequest, ChallengeReply, ChallengeRequest, EndKeyRequest, EnterRequest, Entrance,
        KeysRequest, LeaveRequest, LookupReply, LookupRequest, NewFileKey, OpenRequest,
        SubmitRequest, account_client::AccountClient, bind_request, holders_client::HoldersClient,
        lookup_request::Worker, open_request::Proof, submission_client::SubmissionClient,
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

/// The credentials of the portal of a region.
fn portal(federation: &Federation, region: u32) -> Channel {
    connect(region, federation.path().join(format!("{region}/portal")))
}

fn issue(credentials: &str, number: &str) -> Ran {
    let node = GUANGDONG.to_string();
    let arguments = [
        "agency",
        "code",
        "issue",
        "--node",
        &node,
        "--credentials",
        credentials,
    ];
    run_with(&arguments, number)
}

/// A code for a worker, as a clerk of Guangdong hands it out.
fn code(federation: &Federation, number: &str) -> String {
    let issued = issue(&federation.agency(GUANGDONG), number).expect(0);
    issued.stdout.trim().to_string()
}

async fn enter(portal: &Channel, code: &str) -> Result<Entrance, Status> {
    let request = EnterRequest {
        code: code.to_string(),
    };
    let entered = HoldersClient::new(portal.clone()).enter(request).await?;
    Ok(entered.into_inner())
}

async fn challenge(portal: &Channel, ticket: &[u8]) -> ChallengeReply {
    let request = ChallengeRequest {
        ticket: ticket.to_vec().into(),
    };
    let mut client = HoldersClient::new(portal.clone());
    client.challenge(request).await.unwrap().into_inner()
}

/// Binds a key that is held, or says that it is.
async fn bind(portal: &Channel, ticket: &[u8], key: &SigningKey) -> Result<HolderName, Status> {
    let challenge = challenge(portal, ticket).await;
    let name = HolderName::from_bytes(&challenge.name).unwrap();
    let nonce = nonce(&challenge);
    let request = BindRequest {
        ticket: ticket.to_vec().into(),
        nonce: challenge.nonce,
        name: challenge.name,
        key: Some(bind_request::Key::File(NewFileKey {
            public: key.verifying_key().to_bytes().to_vec().into(),
            signature: proof::sign_binding(key, name, &nonce).to_vec().into(),
        })),
    };
    let bound = HoldersClient::new(portal.clone()).bind(request).await?;
    let bound = bound.into_inner();
    assert!(!bound.head.is_empty(), "a binding is signed");
    Ok(HolderName::from_bytes(&bound.name).unwrap())
}

fn nonce(challenge: &ChallengeReply) -> Nonce {
    Nonce(challenge.nonce.as_ref().try_into().unwrap())
}

/// A signed answer to a fresh challenge.
async fn answer(portal: &Channel, name: HolderName, key: &SigningKey) -> OpenRequest {
    answer_to(GUANGDONG, portal, name, key).await
}

/// As [`answer`], for the node of a region.
async fn answer_to(node: u32, portal: &Channel, name: HolderName, key: &SigningKey) -> OpenRequest {
    let challenge = challenge(portal, &[]).await;
    let opening = Opening {
        name,
        node: Division::new(node).unwrap(),
        day: Day::new(challenge.day).unwrap(),
        nonce: &nonce(&challenge),
    };
    let signature = proof::sign_opening(key, &opening);
    OpenRequest {
        nonce: challenge.nonce,
        name: name.to_bytes().to_vec().into(),
        proof: Some(Proof::Signature(signature.to_vec().into())),
    }
}

async fn open(portal: &Channel, name: HolderName, key: &SigningKey) -> Result<Entrance, Status> {
    open_at(GUANGDONG, portal, name, key).await
}

/// As [`open`], at the node of a region.
async fn open_at(
    node: u32,
    portal: &Channel,
    name: HolderName,
    key: &SigningKey,
) -> Result<Entrance, Status> {
    let request = answer_to(node, portal, name, key).await;
    let opened = HoldersClient::new(portal.clone()).open(request).await?;
    Ok(opened.into_inner())
}

async fn read(portal: &Channel, ticket: &[u8]) -> Result<LookupReply, Status> {
    let request = LookupRequest {
        as_of: AS_OF,
        ticket: ticket.to_vec().into(),
        ..LookupRequest::default()
    };
    let read = AccountClient::new(portal.clone()).lookup(request).await?;
    Ok(read.into_inner())
}

#[track_caller]
fn assert_refused<T>(answer: Result<T, Status>, code: RefusalCode) {
    let Err(status) = answer else {
        panic!("it was answered");
    };
    assert_eq!(RefusalCode::of(&status), Some(code), "{status}");
}

/// A federation of two with a worker of each in Guangdong's chain.
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

/// Credentials of another portal of Guangdong.
fn another_portal(federation: &Federation) -> PathBuf {
    let to = federation.path().join("portal-2");
    let dir = federation.path();
    run(&[
        "federation",
        "certificate",
        "--dir",
        dir.to_str().unwrap(),
        "--region",
        &GUANGDONG.to_string(),
        "--role",
        "portal",
        "--to",
        to.to_str().unwrap(),
    ])
    .expect(0);
    to
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

#[test]
fn a_code_opens_the_account_and_binds_a_key_that_opens_it_at_every_node() {
    let federation = federation();
    let again_code = code(&federation, WORKER);
    let code = code(&federation, WORKER);
    block_on(async {
        let portal = portal(&federation, GUANGDONG);
        let entered = enter(&portal, &code).await.unwrap();
        let account = read(&portal, &entered.ticket).await.unwrap();
        assert_eq!(account.accounts, std::slice::from_ref(&entered.account));
        assert_refused(enter(&portal, &code).await, RefusalCode::Code);

        let name = bind(&portal, &entered.ticket, &key(1)).await.unwrap();
        assert_eq!(
            (name.account.0.as_slice(), name.number),
            (&entered.account[..], 0)
        );
        assert_refused(
            bind(&portal, &entered.ticket, &key(2)).await,
            RefusalCode::NotOpened,
        );

        let opened = open(&portal, name, &key(1)).await.unwrap();
        assert_eq!(opened.account, entered.account);
        let again = read(&portal, &opened.ticket).await.unwrap();
        assert_eq!(again.account, account.account);
        // A key that has opened the account binds no other: whoever has got hold of a ticket is not to make himself at home.
        let refused = bind(&portal, &opened.ticket, &key(2)).await;
        assert_refused(refused, RefusalCode::NotOpened);
        let entered = enter(&portal, &again_code).await.unwrap();
        let second = bind(&portal, &entered.ticket, &key(2)).await.unwrap();
        assert_eq!(second.number, 1);

        // At a node that has the chain of a copy, the same keys open the same account.
        let elsewhere = self::portal(&federation, GUIZHOU);
        let mut opened = open_at(GUIZHOU, &elsewhere, second, &key(2)).await;
        for _ in 0..100 {
            if opened.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            opened = open_at(GUIZHOU, &elsewhere, second, &key(2)).await;
        }
        let elsewhere_read = read(&elsewhere, &opened.unwrap().ticket).await.unwrap();
        assert_eq!(elsewhere_read.account, account.account);
    });
    // Bindings are no records of the account, and the audit knows them.
    federation.audit(GUANGDONG).expect(0);
}

#[test]
fn nobody_opens_an_account_but_with_its_own_key_and_a_fresh_answer() {
    let federation = federation();
    let codes = [code(&federation, WORKER), code(&federation, OTHER)];
    let second_portal = another_portal(&federation);
    block_on(async {
        let portal = portal(&federation, GUANGDONG);
        let mut names = Vec::new();
        for (code, seed) in codes.iter().zip(1..) {
            let entered = enter(&portal, code).await.unwrap();
            names.push(bind(&portal, &entered.ticket, &key(seed)).await.unwrap());
        }
        let (own, other) = (names[0], names[1]);
        let mut client = HoldersClient::new(portal.clone());
        // A key that is bound to another account, or to none, or under a number that is none.
        assert_refused(open(&portal, other, &key(1)).await, RefusalCode::NotOpened);
        assert_refused(open(&portal, own, &key(9)).await, RefusalCode::NotOpened);
        let none = HolderName { number: 7, ..own };
        assert_refused(open(&portal, none, &key(1)).await, RefusalCode::NotOpened);
        // An answer counts once.
        let answered = answer(&portal, own, &key(1)).await;
        client.open(answered.clone()).await.unwrap();
        assert_refused(client.open(answered).await, RefusalCode::NotOpened);
        // An answer to the challenge of somebody else.
        let agency = connect(GUANGDONG, federation.agency(GUANGDONG));
        let answered = answer(&portal, own, &key(1)).await;
        let refused = HoldersClient::new(agency.clone()).open(answered).await;
        assert_refused(refused, RefusalCode::NotForRole);
        // An answer that was signed for another node.
        let answered = answer_to(GUIZHOU, &portal, own, &key(1)).await;
        assert_refused(client.open(answered).await, RefusalCode::NotOpened);
        // An answer to the challenge of another portal of the region.
        let second = connect(GUANGDONG, &second_portal);
        let answered = answer(&portal, own, &key(1)).await;
        let refused = HoldersClient::new(second).open(answered).await;
        assert_refused(refused, RefusalCode::NotOpened);
        // An answer that was signed for another name.
        let mut answered = answer(&portal, other, &key(1)).await;
        answered.name = own.to_bytes().to_vec().into();
        assert_refused(client.open(answered).await, RefusalCode::NotOpened);
    });
}

#[test]
fn a_ticket_reads_its_own_account_over_its_own_certificate() {
    let federation = federation();
    let code = code(&federation, WORKER);
    let elsewhere = another_portal(&federation);
    block_on(async {
        let portal = portal(&federation, GUANGDONG);
        let entered = enter(&portal, &code).await.unwrap();
        let ticket = entered.ticket.to_vec();
        // Another portal of the region, whose machine was not used.
        let second = connect(GUANGDONG, &elsewhere);
        assert_refused(read(&second, &ticket).await, RefusalCode::NotOpened);
        // Without a ticket, with a made-up one, and by somebody else's number.
        assert_refused(read(&portal, &[]).await, RefusalCode::NotOpened);
        assert_refused(read(&portal, &[7; 32]).await, RefusalCode::NotOpened);
        let mut client = AccountClient::new(portal.clone());
        let of_other = LookupRequest {
            worker: Some(Worker::Number(OTHER.to_string())),
            as_of: AS_OF,
            ticket: ticket.clone().into(),
            ..LookupRequest::default()
        };
        assert_refused(client.lookup(of_other).await, RefusalCode::NotOpened);
        // A purpose is a clerk's word: the portal has none.
        let with_purpose = LookupRequest {
            worker: Some(Worker::Number(WORKER.to_string())),
            as_of: AS_OF,
            purpose: Some(purpose(Business::Inquiry)),
            ..LookupRequest::default()
        };
        assert_refused(client.lookup(with_purpose).await, RefusalCode::NotOpened);
        // After the worker has left.
        read(&portal, &ticket).await.unwrap();
        let leave = LeaveRequest {
            ticket: ticket.clone().into(),
        };
        HoldersClient::new(portal.clone())
            .leave(leave)
            .await
            .unwrap();
        assert_refused(read(&portal, &ticket).await, RefusalCode::NotOpened);
    });
}

#[test]
fn a_key_that_was_ended_anywhere_opens_nothing_anywhere() {
    let federation = federation();
    let code = code(&federation, WORKER);
    block_on(async {
        let (here, elsewhere) = (portal(&federation, GUANGDONG), portal(&federation, GUIZHOU));
        let entered = enter(&here, &code).await.unwrap();
        let name = bind(&here, &entered.ticket, &key(1)).await.unwrap();
        let opened = loop {
            match open_at(GUIZHOU, &elsewhere, name, &key(1)).await {
                Ok(opened) => break opened,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
            }
        };
        let mut client = HoldersClient::new(elsewhere.clone());
        let ticket = opened.ticket;
        let keys = |ticket: &bytes::Bytes| KeysRequest {
            ticket: ticket.clone(),
        };
        let listed = client.keys(keys(&ticket)).await.unwrap().into_inner().keys;
        assert_eq!(listed.len(), 1);
        assert!(listed[0].is_this_one && listed[0].ended_on == 0);
        // Not a key of somebody else.
        let foreign = HolderName {
            account: AccountId([7; 16]),
            ..name
        };
        let end = |name: HolderName| EndKeyRequest {
            ticket: ticket.clone(),
            name: name.to_bytes().to_vec().into(),
        };
        assert_refused(client.end_key(end(foreign)).await, RefusalCode::Field);
        let held_there = open(&here, name, &key(1)).await.unwrap().ticket;
        read(&here, &held_there).await.unwrap();
        client.end_key(end(name)).await.unwrap();
        // What it had opened here is closed at once, and it opens nothing any more, here and where it was bound.
        assert_refused(read(&elsewhere, &ticket).await, RefusalCode::NotOpened);
        assert_refused(
            open_at(GUIZHOU, &elsewhere, name, &key(1)).await,
            RefusalCode::NotOpened,
        );
        federation.wait_replicated(GUIZHOU, GUANGDONG);
        // And what it holds open at the other node, too.
        assert_refused(read(&here, &held_there).await, RefusalCode::NotOpened);
        assert_refused(open(&here, name, &key(1)).await, RefusalCode::NotOpened);
        let listed = HoldersClient::new(here.clone())
            .keys(keys(&entered.ticket))
            .await;
        assert_ne!(listed.unwrap().into_inner().keys[0].ended_on, 0);
    });
}

#[test]
fn a_second_clerk_approves_where_the_node_asks_for_two() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let path = federation.node_dir(GUANGDONG).join("node.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n[codes]\nneed_approval = true\n")).unwrap();
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let (dir, region) = (federation.path(), GUANGDONG.to_string());
    let second = dir.join("clerk-2");
    let (dir, second) = (dir.to_str().unwrap(), second.to_str().unwrap());
    run(&[
        "federation",
        "certificate",
        "--dir",
        dir,
        "--region",
        &region,
        "--role",
        "agency",
        "--to",
        second,
    ])
    .expect(0);
    let first = federation.agency(GUANGDONG);
    let issued = issue(&first, WORKER).expect(0);
    assert!(
        issued.stderr.contains("a second clerk approves it first"),
        "{}",
        issued.stderr
    );
    let code = issued.stdout.trim().to_string();
    let request = code.split(' ').next().unwrap().to_string();
    let approve = |credentials: &str, number: &str| {
        let arguments = [
            "agency",
            "code",
            "approve",
            &request,
            "--node",
            &region,
            "--credentials",
            credentials,
        ];
        run_with(&arguments, number)
    };
    block_on(async {
        let portal = portal(&federation, GUANGDONG);
        assert_refused(enter(&portal, &code).await, RefusalCode::Code);
    });
    let same = approve(&first, WORKER).expect(5);
    assert!(same.stderr.contains("second clerk"), "{}", same.stderr);
    approve(second, OTHER).expect(5);
    approve(second, WORKER).expect(0);
    block_on(async {
        let portal = portal(&federation, GUANGDONG);
        enter(&portal, &code).await.unwrap();
    });
    federation.stop(GUANGDONG);
    // Who issued, who approved, who entered: all of it stands in the log, and no number.
    let data = federation.node_dir(GUANGDONG).join("data");
    let log = run(&["node", "access-log", "--data", data.to_str().unwrap()])
        .expect(0)
        .stdout;
    for method in ["Holders.IssueCode", "Holders.ApproveCode", "Holders.Enter"] {
        assert!(log.contains(method), "{log}");
    }
    assert!(!log.contains(WORKER), "{log}");
}

#[test]
fn an_agency_binds_no_key_by_itself() {
    let federation = federation();
    block_on(async {
        let agency = connect(GUANGDONG, federation.agency(GUANGDONG));
        let holder = LedgerCode::new("holder").unwrap();
        let on = Day::new(AS_OF).unwrap();
        let account = AccountId([7; 16]);
        let bound = Record::KeyBound(KeyBound {
            account,
            number: 0,
            kind: HolderKeyKind::Ed25519,
            public: &[1; 32],
            credential: &[],
            relying_party: Hash::ZERO,
            on,
            basis: holder,
            maker: Hash::ZERO,
            checker: Hash::ZERO,
        });
        let ended = Record::KeyEnded(KeyEnded {
            account,
            region: Division::new(GUANGDONG).unwrap(),
            number: 0,
            on,
            reason: holder,
        });
        for (record, id) in [(bound, 9), (ended, 10)] {
            let mut records = Vec::new();
            record.write(&mut records).unwrap();
            let request = SubmitRequest {
                submission_id: vec![id; 16].into(),
                records: records.into(),
            };
            let refused = SubmissionClient::new(agency.clone()).submit(request).await;
            assert_refused(refused, RefusalCode::Field);
        }
    });
}

#[test]
fn refusals_to_open_take_as_long_whatever_they_are_for() {
    let federation = federation();
    let code = code(&federation, WORKER);
    block_on(async {
        let portal = portal(&federation, GUANGDONG);
        let entered = enter(&portal, &code).await.unwrap();
        let name = bind(&portal, &entered.ticket, &key(1)).await.unwrap();
        let absent = HolderName {
            account: AccountId([7; 16]),
            ..name
        };
        let mut words = std::collections::BTreeSet::new();
        for name in [name, absent] {
            let request = answer(&portal, name, &key(9)).await;
            let begun = std::time::Instant::now();
            let refused = HoldersClient::new(portal.clone()).open(request).await;
            assert!(begun.elapsed() >= std::time::Duration::from_millis(300));
            let status = refused.unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied);
            words.insert(status.message().to_string());
        }
        assert_eq!(words.len(), 1, "{words:?}");
    });
}
