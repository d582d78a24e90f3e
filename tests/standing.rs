//! A region against the workers of another one: what its chain has no right to state costs them nothing, and nobody is shown another
//! person's months. The region's node is a real one; its chain is written into its data directory, because a node refuses at the door.

use crate::support::{Federation, Ran, contributions, eventually, run};
use serde_json::Value;
use std::{fs, time::Instant};
use yizhang_intake::{Intake, ReadOptions, Row, Source as File};
use yizhang_ledger::{
    batch::RecordBlock,
    chain::Submitted,
    entry::Kind,
    hash::Hash,
    head::Origin,
    person::{AccountId, FederationSecret, SocialSecurityNumber},
    record::{Death, Identity, Record, Source},
    value::{Code, Day, Division, Month, UnixMillis},
};
use yizhang_store::{Options, Store};

const GUANGDONG: u32 = 440_000;
const HENAN: u32 = 410_000;
const WORKER: &str = "440300199003078815";
const OTHER_WORKER: &str = "440300198507157838";
/// The hub of the stranger's links: a number of the hostile region.
const HUB: &str = "410100199001011231";

fn secret(federation: &Federation) -> FederationSecret {
    let path = federation.node_dir(GUANGDONG).join("federation.secret");
    let text = fs::read_to_string(path).unwrap();
    FederationSecret::new(yizhang_ledger::hash::from_hex(text.trim_end()).unwrap())
}

fn account(federation: &Federation, number: &str) -> AccountId {
    secret(federation).account_id(&SocialSecurityNumber::parse(number).unwrap())
}

fn entry(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.write(&mut bytes).unwrap();
    bytes
}

/// The entries of a file, whatever region its places lie in.
fn entries(federation: &Federation, file: &[u8]) -> Vec<u8> {
    let intake = Intake::open(File::Bytes(file.into()), &ReadOptions::default()).unwrap();
    let secret = secret(federation);
    let rows = intake.rows(&secret).unwrap();
    rows.flat_map(|row| match row.unwrap() {
        Row::Valid(row) => row.bytes,
        Row::Faulty(row) => panic!("{:?}", row.faults),
    })
    .collect()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn link(account: AccountId, other: AccountId) -> Vec<u8> {
    entry(&Record::Identity(
        Kind::IDENTITY_LINK,
        Identity {
            account,
            other,
            target: None,
            reason: Code::NONE,
            evidence: Hash::ZERO,
            on: day("2020-01-01"),
            source: Source::default(),
        },
    ))
}

/// Writes records into the chain of a region whose node does not run: its node signs them when it starts.
fn write(federation: &Federation, region: u32, records: Vec<u8>) {
    let directory = federation.node_dir(region);
    let roster = fs::read_to_string(directory.join("roster.note")).unwrap();
    let name = roster
        .lines()
        .find_map(|line| line.strip_prefix("federation "))
        .unwrap();
    let origins = [GUANGDONG, HENAN];
    let origins = origins.map(|code| Origin::new(name, Division::new(code).unwrap()).unwrap());
    let own = Origin::new(name, Division::new(region).unwrap()).unwrap();
    let (store, _) = Store::open(&directory.join("data"), Options::new(origins.into())).unwrap();
    let submitted = Submitted {
        id: yizhang_intake::submission_id(&records),
        submitter: "agency.410000".into(),
        block: RecordBlock::parse(records).unwrap(),
    };
    let state = store.state(&own).unwrap();
    let extension = state
        .prepare(&[submitted], UnixMillis(1_700_000_000_000), 1)
        .unwrap();
    store.persist(&own, &[(&extension, None)]).unwrap();
    store.close().unwrap();
}

/// A federation in which the worker has sixty months in Shenzhen, and Henan has written these records.
fn federation_with(records: impl FnOnce(&Federation) -> Vec<u8>) -> Federation {
    let mut federation = Federation::found(&[GUANGDONG, HENAN]);
    federation.start_all();
    let mut file = contributions(WORKER, 440_300, 60, "A");
    let more = contributions(OTHER_WORKER, 440_300, 12, "B");
    file.extend(more.splitn(2, |byte| *byte == b'\n').nth(1).unwrap());
    let file = federation.file("own.csv", &file);
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, HENAN);
    federation.stop(HENAN);
    write(&federation, HENAN, records(&federation));
    federation.start(HENAN);
    federation.wait_ready(HENAN);
    let size = federation.size(HENAN, HENAN);
    eventually("Guangdong holds what Henan wrote", || {
        federation.size(GUANGDONG, HENAN) >= size
    });
    federation
}

/// The answer of a node, checked by its proofs.
fn answer(federation: &Federation, node: u32, number: &str) -> Value {
    let ran = federation.answer(node, number, &["--proofs"]).expect(0);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn months(answer: &Value) -> u64 {
    let families = answer["account"]["families"].as_array().unwrap();
    let pension = families
        .iter()
        .find(|family| family["family"] == "hrss:110");
    pension.map_or(0, |family| family["counted_months"].as_u64().unwrap())
}

fn conflicts(answer: &Value) -> Vec<String> {
    let conflicts = answer["account"]["conflicts"].as_array();
    let codes = conflicts.into_iter().flatten();
    codes
        .map(|found| found["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn ten_thousand_links_of_a_stranger_cost_nobody_anything() {
    let federation = federation_with(|federation| {
        let hub = account(federation, HUB);
        // The hub has months of its own in Henan, so that Henan holds it.
        let mut records = entries(federation, &contributions(HUB, 410_100, 3, "H"));
        records.extend(link(hub, account(federation, WORKER)));
        records.extend(link(account(federation, OTHER_WORKER), hub));
        for number in 0..9_998_u32 {
            let mut other = AccountId([7; 16]);
            other.0[..4].copy_from_slice(&number.to_le_bytes());
            records.extend(link(hub, other));
        }
        records
    });
    for node in [GUANGDONG, HENAN] {
        let own = answer(&federation, node, WORKER);
        assert_eq!(
            (months(&own), conflicts(&own)),
            (60, vec!["Y15".to_owned()])
        );
        // A stranger's link shows nobody the months of another.
        let hub = answer(&federation, node, HUB);
        assert_eq!(months(&hub), 3, "{hub}");
        assert!(hub["strangers"].as_u64().unwrap() > 0, "it is said: {hub}");
    }
    let review = review(&federation, GUANGDONG);
    assert!(
        !review.stdout.contains("could not be computed"),
        "{}",
        review.stdout
    );
}

#[test]
fn ten_thousand_junk_records_under_a_workers_number_leave_the_account_as_it_was() {
    let federation = federation_with(|federation| {
        let mut records = Vec::new();
        for batch in 0..17 {
            let junk = contributions(WORKER, 440_300, 600, &format!("J{batch}"));
            records.extend(entries(federation, &junk));
        }
        records
    });
    for node in [GUANGDONG, HENAN] {
        let began = Instant::now();
        let own = answer(&federation, node, WORKER);
        println!("a lookup with proofs took {:?}", began.elapsed());
        assert_eq!(
            (months(&own), conflicts(&own)),
            (60, vec!["Y15".to_owned()])
        );
        let chains = own["chains"].as_array().unwrap();
        let henan = chains
            .iter()
            .find(|chain| chain["origin"].as_str().unwrap().ends_with("410000"));
        assert_eq!(henan.unwrap()["left_aside"], 10_200 - 64, "it is said");
    }
}

#[test]
fn months_and_a_death_that_another_region_states_count_nothing_and_hide_nobody() {
    let federation = federation_with(|federation| {
        let mut records = entries(federation, &contributions(WORKER, 440_300, 120, "X"));
        records.extend(entry(&Record::Death(Death {
            account: account(federation, WORKER),
            month: Month::parse("2016-05").unwrap(),
            on: day("2016-06-01"),
            document: Hash::ZERO,
            source: Source::default(),
        })));
        records
    });
    let own = answer(&federation, GUANGDONG, WORKER);
    assert_eq!(
        (months(&own), conflicts(&own)),
        (60, vec!["Y15".to_owned()])
    );
    for node in [GUANGDONG, HENAN] {
        let review = review(&federation, node);
        assert!(review.stdout.contains("Y15"), "{node}: {}", review.stdout);
    }
    // At the door both ways are shut.
    let file = federation.file("foreign.csv", &contributions(WORKER, 440_300, 3, "D"));
    let ran = federation.import(HENAN, &file, &[]).expect(1);
    assert!(
        ran.stdout.contains("no-right"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    let before = federation.size(HENAN, HENAN);
    let near = federation.file("own.csv", &contributions(HUB, 410_100, 3, "N"));
    federation.import(HENAN, &near, &[]).expect(0);
    assert!(federation.size(HENAN, HENAN) > before);
}

/// What needs that the region holds the worker is taken, for it may be the first to know; who states it is told what it is for now.
#[test]
fn who_states_a_death_of_somebody_whom_others_hold_is_told_that_it_is_a_claim() {
    let federation =
        federation_with(|federation| entries(federation, &contributions(HUB, 410_100, 1, "Z")));
    let deaths = |person: &str, serial: &str| {
        let text = format!(
            "kind,person,month,decided,serial,agency\nDeathNotice,{person},2016-05,2016-06-01,{serial},410100\n"
        );
        federation.file(&format!("{serial}.csv"), text.as_bytes())
    };
    let told = "held by other regions";
    let foreign = federation
        .import(HENAN, &deaths(WORKER, "D1"), &[])
        .expect(0);
    assert!(foreign.stdout.contains(told), "{}", foreign.stdout);
    // Of its own worker, and of somebody whom nobody holds yet, it says nothing.
    let own = federation.file("own.csv", &contributions(HUB, 410_100, 3, "N"));
    federation.import(HENAN, &own, &[]).expect(0);
    for (person, serial) in [(HUB, "D2"), ("410100198505052227", "D3")] {
        let ran = federation
            .import(HENAN, &deaths(person, serial), &[])
            .expect(0);
        assert!(!ran.stdout.contains(told), "{}", ran.stdout);
    }
}

/// A region that has made itself one that holds the worker, and writes as much as it likes, takes no room from a linked number.
#[test]
fn what_a_linked_number_holds_is_there_however_much_a_stranger_writes() {
    let mut federation = federation_with(|federation| {
        let mut records = Vec::new();
        for batch in 0..17 {
            let junk = contributions(WORKER, 410_100, 600, &format!("J{batch}"));
            records.extend(entries(federation, &junk));
        }
        records
    });
    federation.stop(GUANGDONG);
    let (one, other) = (
        account(&federation, WORKER),
        account(&federation, OTHER_WORKER),
    );
    let mut records = link(one, other);
    // Henan has stated it, too: it holds one of the two by the months that it has made up.
    write(&federation, GUANGDONG, records.clone());
    federation.stop(HENAN);
    records.extend(entries(&federation, &contributions(HUB, 410_100, 1, "L")));
    write(&federation, HENAN, records);
    federation.start_all();
    federation.wait_replicated(HENAN, GUANGDONG);
    let own = answer(&federation, GUANGDONG, OTHER_WORKER);
    let held = own["account"]["records"].as_array().unwrap();
    let of_guangdong = held.iter().filter(|record| record["region"] == "440000");
    assert_eq!(
        of_guangdong.count(),
        60 + 12 + 1,
        "nothing of its own is left aside"
    );
    let linked = answer(&federation, GUANGDONG, WORKER);
    assert_eq!(
        months(&linked),
        months(&own),
        "by whichever number one asks"
    );
}

/// The list of what waits at an agency.
fn review(federation: &Federation, region: u32) -> Ran {
    let (region_text, agency) = (region.to_string(), federation.agency(region));
    let arguments = [
        "agency",
        "review",
        "--node",
        &region_text,
        "--credentials",
        &agency,
        "--as-of",
        "2026-10-31",
        "--lang",
        "en",
    ];
    run(&arguments)
}
