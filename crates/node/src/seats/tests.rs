use super::*;
use crate::role::Role;
use std::collections::BTreeMap as Map;
use tokio::sync::oneshot::error::TryRecvError;
use yizhang_ledger::{roster::Roster, value::Division};

fn roster() -> Roster {
    Roster {
        federation: "demo.yizhang".into(),
        version: 1,
        previous: yizhang_ledger::hash::Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: Vec::new(),
        tls_authority: Vec::new(),
        regions: Map::new(),
    }
}

fn party(certificate: u8, role: Role) -> Party {
    let own = Division::new(440_000).unwrap();
    Party::of(&[certificate], Some(role), own, &roster())
}

fn auditor(certificate: u8) -> Party {
    party(certificate, Role::Auditor)
}

fn own() -> Party {
    party(0, Role::Agency(Division::new(440_000).unwrap()))
}

fn has_ended(taken: &mut Taken) -> bool {
    !matches!(taken.ended.try_recv(), Err(TryRecvError::Empty))
}

fn fill(seats: &Arc<Seats>, party: &Party, count: usize) -> Vec<Taken> {
    let take = |_| seats.take(party.clone()).ok();
    (0..count).filter_map(take).collect()
}

#[tokio::test]
async fn others_cannot_take_the_seats_of_the_own_agency() {
    let seats = Arc::new(Seats::default());
    let mut others = Vec::new();
    for certificate in 0..40 {
        let party = auditor(certificate);
        others.extend(fill(&seats, &party, seats_of_one(Class::Other)));
    }
    assert_eq!(seats.count(), seats_of(Class::Other));
    let own = fill(&seats, &own(), seats_of(Class::Own));
    assert_eq!(own.len(), seats_of(Class::Own));
}

#[tokio::test]
async fn whoever_has_its_share_ends_its_own_idle_connection_with_one_more() {
    let seats = Arc::new(Seats::default());
    let mut taken = fill(&seats, &auditor(1), seats_of_one(Class::Other));
    let _busy = taken[0].seat.call().unwrap();
    let mut one_more = seats.take(auditor(1)).unwrap();
    assert!(!has_ended(&mut taken[0]), "it is in use");
    assert!(has_ended(&mut taken[1]), "the longest idle one");
    assert!(!has_ended(&mut one_more));
    assert_eq!(seats.count(), seats_of_one(Class::Other));
}

#[tokio::test]
async fn whoever_uses_all_of_its_share_gets_no_more() {
    let seats = Arc::new(Seats::default());
    let taken = fill(&seats, &auditor(1), seats_of_one(Class::Other));
    let _calls: Vec<Calling> = taken
        .iter()
        .map(|taken| taken.seat.call().unwrap())
        .collect();
    assert!(seats.take(auditor(1)).is_err());
    assert!(seats.take(auditor(2)).is_ok());
}

#[tokio::test]
async fn in_a_full_class_whoever_has_most_gives_way() {
    let seats = Arc::new(Seats::default());
    let mut crowd = Vec::new();
    let mut calls = Vec::new();
    let parties = seats_of(Class::Other) / seats_of_one(Class::Other);
    for certificate in 0..u8::try_from(parties).unwrap() {
        let party = auditor(certificate);
        crowd.extend(fill(&seats, &party, seats_of_one(Class::Other)));
    }
    calls.extend(crowd.iter().map(|taken| taken.seat.call().unwrap()));
    let _newcomer = seats.take(auditor(200)).unwrap();
    let ended = crowd
        .iter_mut()
        .filter_map(|taken| has_ended(taken).then_some(()));
    assert_eq!(ended.count(), 1);
}

#[tokio::test]
async fn a_connection_that_nobody_uses_ends_after_a_while() {
    let seats = Arc::new(Seats::default());
    let mut idle = seats.take(own()).unwrap();
    let mut busy = seats.take(own()).unwrap();
    let call = busy.seat.call().unwrap();
    let later = Instant::now() + IDLE_MAX;
    assert_eq!(seats.end_idle(later), 1);
    assert!(has_ended(&mut idle));
    assert!(!has_ended(&mut busy));
    drop(call);
    let later = Instant::now() + IDLE_MAX / 2;
    assert_eq!(seats.end_idle(later), 0, "it was used just now");
}

#[tokio::test]
async fn a_connection_that_is_gone_gives_its_place_back() {
    let seats = Arc::new(Seats::default());
    let taken = seats.take(own()).unwrap();
    drop(taken);
    assert_eq!(seats.count(), 0);
}

#[tokio::test]
async fn calls_of_one_party_and_of_one_class_are_bounded_and_keep_nobody_else_out() {
    let seats = Arc::new(Seats::default());
    let Share { party, class } = calls_of(Class::Other);
    let one = seats.take(auditor(1)).unwrap();
    let mut calls: Vec<Calling> = (0..party).map(|_| one.seat.call().unwrap()).collect();
    assert!(one.seat.call().is_err());
    // Over another connection it is the same party.
    assert!(seats.take(auditor(1)).unwrap().seat.call().is_err());
    calls.pop();
    calls.push(one.seat.call().unwrap());
    let crowd = class / party;
    for certificate in 2..20 {
        let other = seats.take(auditor(certificate)).unwrap();
        let more: Vec<Calling> = (0..party).filter_map(|_| other.seat.call().ok()).collect();
        let is_of_crowd = usize::from(certificate) <= crowd;
        let expected = if is_of_crowd { party } else { CALLS_KEPT };
        assert_eq!(more.len(), expected, "party {certificate}");
        calls.extend(more);
    }
    let clerk = seats.take(own()).unwrap();
    assert!(clerk.seat.call().is_ok());
    drop(calls);
    assert!(one.seat.call().is_ok());
    // A call of a connection that had to give way is counted until it ends.
    let call = one.seat.call().unwrap();
    one.seat.end();
    drop(call);
    assert!(seats.lock().calls.is_empty());
}
