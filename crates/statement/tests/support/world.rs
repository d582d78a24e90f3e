//! The one federation that vectors and kept files are of: three chains, a worker, a stranger, somebody with two accounts, and nobody.

use super::{
    federation::{Asked, Cosigner, Federation, Part, View},
    records::{birth, contribution, enrolment, link},
};
use yizhang_ledger::{person::AccountId, roster::KeyKind};

pub(crate) const WORKER: AccountId = AccountId([0xA5; 16]);
pub(crate) const OTHER: AccountId = AccountId([0x5A; 16]);
/// One person's two accounts.
pub(crate) const TWIN: AccountId = AccountId([0x21; 16]);
pub(crate) const TWIN_TOO: AccountId = AccountId([0xC1; 16]);
/// Under this one nothing was written.
pub(crate) const NOBODY: AccountId = AccountId([0x77; 16]);
/// Positions in the first chain.
pub(crate) const REGISTER: u64 = 10;

/// The first chain has registers, a key that has taken over, and records behind its newest register; the second has a register and nothing of
/// the worker; the third has no register.
pub(crate) fn federation() -> Federation {
    let mut federation = Federation::new(1, 3);
    let [first, second, third] = &mut federation.chains[..] else {
        panic!("three chains")
    };
    first.append(&[
        birth(WORKER, "1"),
        birth(OTHER, "2"),
        enrolment(WORKER, 110_100, "3"),
        contribution(WORKER, 110_100, 1, "4"),
        contribution(OTHER, 110_100, 1, "5"),
        birth(TWIN, "6"),
        link(TWIN, TWIN_TOO, "7"),
        birth(TWIN_TOO, "8"),
    ]);
    first.commit();
    first.append(&[
        contribution(WORKER, 110_100, 2, "9"),
        contribution(OTHER, 110_100, 2, "10"),
        contribution(TWIN, 110_100, 2, "11"),
    ]);
    second.append(&[birth(OTHER, "1"), contribution(OTHER, 310_100, 3, "2")]);
    second.commit();
    third.append(&[
        contribution(WORKER, 330_100, 4, "1"),
        contribution(OTHER, 330_100, 4, "2"),
    ]);
    federation
}

const fn mirror(region: usize) -> Cosigner {
    Cosigner {
        region,
        kind: KeyKind::Mirror,
        seconds: 1_795_900_000,
    }
}

const fn witness(region: usize) -> Cosigner {
    Cosigner {
        region,
        kind: KeyKind::Witness,
        seconds: 1_795_900_001,
    }
}

/// All chains, the heads of which others have cosigned.
pub(crate) fn asked(owner: AccountId, part: Part) -> Asked {
    let mut asked = Asked::of(owner, 3);
    asked.part = part;
    let view = |cosigners: &[Cosigner]| View {
        cosigners: cosigners.to_vec(),
        ..View::default()
    };
    // Under the newest head of the first chain nobody has signed, under one before it both others have.
    let first = View {
        cosigned: Some((11, vec![mirror(1), mirror(2), witness(2)])),
        ..View::default()
    };
    asked.views.insert(0, first);
    asked.views.insert(1, view(&[mirror(0), witness(0)]));
    asked.views.insert(2, view(&[mirror(0), mirror(1)]));
    asked
}

/// Of somebody with two accounts.
pub(crate) fn asked_of_twins(part: Part) -> Asked {
    Asked {
        accounts: [TWIN, TWIN_TOO].into(),
        ..asked(TWIN, part)
    }
}
