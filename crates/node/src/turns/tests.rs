use super::*;
use crate::role::Role;
use tokio::task::{JoinSet, yield_now};
use yizhang_ledger::{roster::Roster, value::Division};

fn party(certificate: u8, role: Role) -> Party {
    let roster = Roster {
        federation: "demo.yizhang".into(),
        version: 1,
        previous: yizhang_ledger::hash::Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: Vec::new(),
        tls_authority: Vec::new(),
        regions: BTreeMap::new(),
    };
    let own = Division::new(440_000).unwrap();
    Party::of(&[certificate], Some(role), own, &roster)
}

fn auditor(certificate: u8) -> Party {
    party(certificate, Role::Auditor)
}

fn own() -> Party {
    party(0, Role::Agency(Division::new(440_000).unwrap()))
}

#[tokio::test]
async fn classes_take_turns_and_within_a_class_the_parties() {
    let (one, two) = (auditor(1), auditor(2));
    let names = [
        ("one", one.clone()),
        ("one", one.clone()),
        ("one", one),
        ("two", two),
        ("own", own()),
    ];
    let served = order(&names).await;
    assert_eq!(served, ["one", "own", "two", "one", "one"]);
}

/// Lets these wait in their order while the two turns are taken, lets one of them go, and tells in which order they have it.
async fn order(names: &[(&'static str, Party)]) -> Vec<&'static str> {
    let turns = Turns::new(2);
    let held = [turns.wait(&own()).await.ok(), turns.wait(&own()).await.ok()];
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    for (name, party) in names.iter().cloned() {
        let (turns, served) = (Arc::clone(&turns), Arc::clone(&served));
        calls.spawn(async move {
            let turn = turns.wait(&party).await.ok();
            served.lock().unwrap().push(name);
            drop(turn);
        });
        yield_now().await;
    }
    let [first, _kept] = held;
    drop(first);
    calls.join_all().await;
    let served = served.lock().unwrap();
    served.clone()
}

#[tokio::test]
async fn whoever_has_too_many_calls_waiting_is_refused_and_nobody_else() {
    let turns = Turns::new(2);
    let _held = [turns.wait(&own()).await.ok(), turns.wait(&own()).await.ok()];
    let mut calls = JoinSet::new();
    for _ in 0..waiting_max(Class::Other) {
        let turns = Arc::clone(&turns);
        calls.spawn(async move { turns.wait(&auditor(1)).await.is_ok() });
    }
    yield_now().await;
    while turns.lock().waiting[&Class::Other].calls[&auditor(1)].len() < waiting_max(Class::Other) {
        yield_now().await;
    }
    assert!(turns.wait(&auditor(1)).await.is_err());
    let other = turns.lock().join(&auditor(2), oneshot::channel().0);
    assert!(other.is_ok());
    // Those who have gone away do not count.
    calls.shutdown().await;
    assert!(turns.lock().join(&auditor(1), oneshot::channel().0).is_ok());
}

#[tokio::test]
async fn a_turn_that_nobody_waits_for_any_more_goes_to_the_next() {
    let turns = Turns::new(2);
    let [first, _second] = [turns.wait(&own()).await, turns.wait(&own()).await];
    let (give, gone) = oneshot::channel();
    assert!(turns.lock().join(&own(), give).is_ok());
    drop(gone);
    drop(first);
    assert!(turns.wait(&own()).await.is_ok());
}

/// As a review does: one turn after the other, each as soon as the last is given back.
#[tokio::test]
async fn a_long_task_with_a_turn_for_each_step_goes_on_beside_many_calls_and_holds_none_of_them_up()
{
    const CALLS: usize = 6;
    let turns = Turns::new(1);
    let held = turns.wait(&own()).await.ok();
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    let (steps, log) = (Arc::clone(&turns), Arc::clone(&served));
    tasks.spawn(async move {
        for _ in 0..CALLS {
            let turn = steps.wait(&own()).await.ok();
            log.lock().unwrap().push("step");
            drop(turn);
        }
    });
    yield_now().await;
    for _ in 0..CALLS {
        let (turns, log) = (Arc::clone(&turns), Arc::clone(&served));
        let clerk = party(9, Role::Agency(Division::new(440_000).unwrap()));
        tasks.spawn(async move {
            let turn = turns.wait(&clerk).await.ok();
            log.lock().unwrap().push("call");
            drop(turn);
        });
        yield_now().await;
    }
    drop(held);
    tasks.join_all().await;
    let served = served.lock().unwrap();
    // Nobody waits for two steps in a row while a call waits, nor a step for more than two calls: it joins the line again when
    // its last turn has gone to the next.
    let last_call = served.iter().rposition(|name| *name == "call").unwrap();
    let waiting = &served[..=last_call];
    let is_fair = !waiting.windows(2).any(|pair| pair == ["step"; 2])
        && !waiting.windows(3).any(|three| three == ["call"; 3]);
    assert!(is_fair, "{served:?}");
}
