use super::*;
use crate::role::Role;
use yizhang_ledger::{roster::Roster, value::Division};

fn auditor(certificate: u8) -> Party {
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
    Party::of(&[certificate], Some(Role::Auditor), own, &roster)
}

fn shares(_: Class) -> Share {
    Share {
        party: 10,
        class: 15,
    }
}

#[test]
fn a_party_has_its_share_and_no_more() {
    let budget = Budget::new(shares);
    let (mut first, mut second) = (budget.charge(&auditor(1)), budget.charge(&auditor(1)));
    assert_eq!(first.hold(6), Ok(()));
    assert_eq!(second.hold(4), Ok(()));
    assert_eq!(second.hold(5), Err(Spent));
    assert_eq!(budget.held(Class::Other), 6, "what was refused is not held");
    assert_eq!(second.hold(4), Ok(()));
    drop(first);
    assert_eq!(second.hold(10), Ok(()));
}

#[test]
fn a_class_has_its_share_and_no_more() {
    let budget = Budget::new(shares);
    let mut charges: Vec<Charge> = (0..3)
        .map(|number| budget.charge(&auditor(number)))
        .collect();
    assert_eq!(charges[0].hold(10), Ok(()));
    assert_eq!(charges[1].hold(6), Err(Spent));
    assert_eq!(charges[1].hold(5), Ok(()));
    assert_eq!(charges[2].hold(1), Err(Spent));
    drop(charges);
    assert_eq!(budget.held(Class::Other), 0);
}
