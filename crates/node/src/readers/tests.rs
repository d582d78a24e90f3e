use super::*;
use crate::role::Role;
use yizhang_ledger::{
    head::Origin,
    roster::{Region, Roster},
    value::Division,
};

fn region(code: u32) -> Division {
    Division::new(code).unwrap()
}

/// A roster of some regions, one of them the node's own.
fn roster() -> Roster {
    let entry = |code: u32| {
        let entry = Region {
            origin: Origin::new("demo.yizhang", region(code)).unwrap(),
            endpoint: "https://localhost:4400".into(),
            keys: Vec::new(),
            witness_keys: Vec::new(),
            mirror_keys: Vec::new(),
            continuations: Vec::new(),
        };
        (region(code), entry)
    };
    let codes = [
        110_000, 120_000, 130_000, 140_000, 150_000, 210_000, 220_000, 230_000, 310_000,
    ];
    let more = [320_000, 330_000, 340_000, 440_000];
    Roster {
        federation: "demo.yizhang".into(),
        version: 1,
        previous: yizhang_ledger::hash::Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: Vec::new(),
        tls_authority: Vec::new(),
        regions: codes.into_iter().chain(more).map(entry).collect(),
    }
}

fn party(certificate: u8, role: Role) -> Party {
    Party::of(&[certificate], Some(role), region(440_000), &roster())
}

fn auditor(certificate: u8) -> Party {
    party(certificate, Role::Auditor)
}

fn peer(code: u32) -> Party {
    party(0, Role::Node(region(code)))
}

fn fill(readers: &Arc<Readers>, party: &Party) -> Vec<Reading> {
    let mut reading = Vec::new();
    while let Ok(one) = readers.begin(party) {
        reading.push(one);
    }
    reading
}

#[test]
fn each_has_its_readings_and_no_more() {
    let readers = Arc::new(Readers::default());
    let one = fill(&readers, &auditor(1));
    assert_eq!(one.len(), readings_of_one(Class::Other));
    assert!(readers.begin(&auditor(2)).is_ok());
    drop(one);
    assert!(readers.begin(&auditor(1)).is_ok());
}

#[test]
fn a_peer_has_two_readings_whatever_the_other_peers_read() {
    let readers = Arc::new(Readers::default());
    let mut reading = Vec::new();
    for code in roster().regions.keys().map(|region| region.code()) {
        if code != 310_000 {
            reading.extend(fill(&readers, &peer(code)));
        }
    }
    assert!(reading.len() >= readings_of(Class::Peer));
    let late = fill(&readers, &peer(310_000));
    assert_eq!(late.len(), PEER_READINGS_KEPT);
}

#[test]
fn a_reader_is_slow_by_what_waits_for_it_or_by_its_rate() {
    let began = Instant::now();
    let row = |bytes: u64, waits_since: Option<Instant>| Row {
        party: auditor(1),
        began,
        bytes,
        waits_since,
        makes_room: Arc::default(),
    };
    let later = began + RATE_WINDOW;
    let enough = RATE_MIN * RATE_WINDOW.as_secs();
    assert!(!row(enough, None).is_slow(later));
    assert!(row(enough - 1, None).is_slow(later));
    assert!(!row(0, None).is_slow(later - Duration::from_millis(1)));
    assert!(row(enough, Some(later - SLOW_WAIT)).is_slow(later));
    assert!(!row(enough, Some(later)).is_slow(later));
}
