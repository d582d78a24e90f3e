//! Whose signatures count: keys by the size of the tree, roots by their threshold, and no signature twice.

use crate::support::generate::sample::{
    self, FIRST_KEY, FIRST_KEY_UNTIL, OTHER_KEY, ROOTS, SECOND_KEY, key, origin, public, roster,
    signed_roster,
};
use std::collections::BTreeSet;
use yizhang_ledger::{
    Invalid,
    cosignature::UnixSeconds,
    hash::{Blake3Keyed, Hash, TreeHasher},
    head::{Head, Origin},
    note::{Note, NoteKey, sign, signature_line},
    roster::{ChainKey, KeyKind, Roster, root_key_name},
    value::{Division, TreeSize},
};

fn head(size: u64) -> Head {
    Head {
        origin: origin(440_000),
        size: TreeSize(size),
        root: Hash([7; 32]),
    }
}

fn open(note: &str) -> Result<Head, Invalid> {
    Head::open(note.as_bytes(), &roster()).map(yizhang_ledger::Verified::into_inner)
}

#[test]
fn a_key_counts_from_its_first_size_to_its_last() {
    let trusted = |size: u64, seed: u8| open(&head(size).sign(&key(seed))).is_ok();
    for size in [1, 2, FIRST_KEY_UNTIL] {
        assert!(
            trusted(size, FIRST_KEY) && !trusted(size, SECOND_KEY),
            "size {size}"
        );
    }
    for size in [FIRST_KEY_UNTIL + 1, FIRST_KEY_UNTIL + 2, TreeSize::MAX.0] {
        assert!(
            !trusted(size, FIRST_KEY) && trusted(size, SECOND_KEY),
            "size {size}"
        );
    }
    let chain_key = |from: u64, until: Option<u64>| ChainKey {
        key: NoteKey::new("n", public(1)).unwrap(),
        from: TreeSize(from),
        until: until.map(TreeSize),
    };
    for (from, until, valid) in [
        (5, Some(5), 5..=5),
        (0, Some(7), 0..=7),
        (3, None, 3..=u64::MAX),
    ] {
        for size in [0, 2, 3, 4, 5, 6, 7, 8, u64::MAX] {
            assert_eq!(
                chain_key(from, until).is_valid_at(TreeSize(size)),
                valid.contains(&size)
            );
        }
    }
}

#[test]
fn a_gap_between_two_keys_is_signed_by_neither() {
    let mut roster = roster();
    let keys = &mut roster
        .regions
        .get_mut(&Division::new(440_000).unwrap())
        .unwrap()
        .keys;
    keys[1].from = TreeSize(10);
    let roster = Roster::open(
        signed_roster(&roster, &[1, 2]).as_bytes(),
        &ROOTS.map(public),
        2,
    )
    .unwrap();
    for (size, seed, trusted) in [
        (3, FIRST_KEY, true),
        (4, FIRST_KEY, false),
        (9, SECOND_KEY, false),
        (10, SECOND_KEY, true),
    ] {
        assert_eq!(
            Head::open(head(size).sign(&key(seed)).as_bytes(), &roster).is_ok(),
            trusted,
            "size {size}"
        );
    }
}

#[test]
fn two_keys_that_both_count_for_a_while_each_sign_alone() {
    let mut roster = roster();
    let south = Division::new(440_000).unwrap();
    let keys = &mut roster.regions.get_mut(&south).unwrap().keys;
    keys[1].from = TreeSize(FIRST_KEY_UNTIL - 1);
    let note = signed_roster(&roster, &[1, 2]);
    let roster = Roster::open(note.as_bytes(), &ROOTS.map(public), 2).unwrap();
    let is_trusted =
        |size: u64, seed: u8| Head::open(head(size).sign(&key(seed)).as_bytes(), &roster).is_ok();
    let sizes = [
        FIRST_KEY_UNTIL - 2,
        FIRST_KEY_UNTIL - 1,
        FIRST_KEY_UNTIL,
        FIRST_KEY_UNTIL + 1,
    ];
    assert_eq!(
        sizes.map(|size| is_trusted(size, FIRST_KEY)),
        [true, true, true, false]
    );
    assert_eq!(
        sizes.map(|size| is_trusted(size, SECOND_KEY)),
        [false, true, true, true]
    );
}

#[test]
fn a_forged_or_doubled_line_spoils_the_head_and_a_strangers_does_not() {
    let good = head(4).sign(&key(SECOND_KEY));
    let own = good.rsplit("\n\n").next().unwrap();
    let elsewhere = head(5).sign(&key(SECOND_KEY));
    let forged = elsewhere.rsplit("\n\n").next().unwrap();
    let stranger = signature_line(&head(4).text(), "demo.yizhang/440000", &key(99));
    let revoked = signature_line(&head(4).text(), "demo.yizhang/440000", &key(FIRST_KEY));
    let text = format!("{}\n", head(4).text());
    assert_eq!(
        open(&format!("{text}{stranger}{own}{revoked}")),
        Ok(head(4))
    );
    let bad = |lines: &str| {
        matches!(
            open(&format!("{text}{lines}")),
            Err(Invalid::BadSignature { .. })
        )
    };
    assert!(bad(&format!("{own}{own}")));
    assert!(bad(&format!("{own}{forged}")));
    assert!(bad(&format!("{forged}{own}")));
    assert!(bad(forged));
    let untrusted = Invalid::NoTrustedSignature {
        origin: "demo.yizhang/440000".into(),
        size: TreeSize(4),
    };
    assert_eq!(open(&format!("{text}{stranger}")), Err(untrusted.clone()));
    assert_eq!(open(&format!("{text}{revoked}")), Err(untrusted));
}

#[test]
fn a_key_signs_for_its_own_chain_only() {
    let other = Head {
        origin: origin(110_000),
        ..head(4)
    };
    assert!(open(&other.sign(&key(OTHER_KEY))).is_ok());
    assert!(open(&other.sign(&key(SECOND_KEY))).is_err());
    // The right key, which signed the text of the other chain under its own name.
    let note = sign(&other.text(), "demo.yizhang/440000", &key(SECOND_KEY));
    assert!(matches!(
        open(&note),
        Err(Invalid::NoTrustedSignature { .. })
    ));
    let elsewhere = Head {
        origin: Origin::parse("other/440000").unwrap(),
        ..head(4)
    };
    assert_eq!(
        open(&elsewhere.sign(&key(SECOND_KEY))),
        Err(Invalid::UnknownOrigin {
            origin: "other/440000".into()
        })
    );
}

#[test]
fn the_empty_tree_has_one_root() {
    let empty = Head {
        root: Blake3Keyed::empty(),
        ..head(0)
    };
    assert_eq!(open(&empty.sign(&key(FIRST_KEY))), Ok(empty.clone()));
    let other = Head {
        root: Hash::ZERO,
        ..empty.clone()
    };
    let fault = Invalid::HeadRoot {
        size: TreeSize(0),
        expected: empty.root,
        found: Hash::ZERO,
    };
    assert_eq!(open(&other.sign(&key(FIRST_KEY))), Err(fault));
}

#[test]
fn a_head_beyond_the_largest_tree_is_refused() {
    assert!(open(&head(TreeSize::MAX.0).sign(&key(SECOND_KEY))).is_ok());
    for size in [TreeSize::MAX.0 + 1, u64::MAX] {
        assert!(matches!(
            open(&head(size).sign(&key(SECOND_KEY))),
            Err(Invalid::HeadForm { .. })
        ));
    }
}

#[test]
fn a_roster_needs_as_many_trusted_roots_as_the_threshold_says() {
    let trusted = ROOTS.map(public);
    let by = |signers: &[u8], threshold: usize| {
        Roster::open(
            signed_roster(&roster(), signers).as_bytes(),
            &trusted,
            threshold,
        )
        .map(|_| ())
    };
    let short = |needed: usize, found: usize| Err(Invalid::RosterSignatures { needed, found });
    assert_eq!(by(&[1], 1), Ok(()));
    assert_eq!(by(&[3, 1], 2), Ok(()));
    assert_eq!(by(&[1, 2, 3], 3), Ok(()));
    assert_eq!(by(&[1], 2), short(2, 1));
    assert_eq!(by(&[1, 8, 9], 2), short(2, 1));
    assert_eq!(by(&[8], 0), short(1, 0));
    assert_eq!(by(&[1, 2, 3], 4), short(4, 3));
    assert!(matches!(by(&[1, 1], 1), Err(Invalid::BadSignature { .. })));
    // A root key trusted twice still is one.
    let twice = Roster::open(
        signed_roster(&roster(), &[1]).as_bytes(),
        &[public(1), public(1)],
        2,
    );
    assert_eq!(twice.map(|_| ()), short(2, 1));
}

#[test]
fn a_roster_of_one_federation_is_not_opened_by_the_roots_under_the_name_of_another() {
    let other = Roster {
        federation: "other".into(),
        regions: [].into(),
        ..roster()
    };
    let note = sample::signed(&other.text(), "demo.yizhang/root", &[1, 2]);
    let opened = Roster::open(note.as_bytes(), &ROOTS.map(public), 2);
    assert_eq!(
        opened,
        Err(Invalid::RosterSignatures {
            needed: 2,
            found: 0
        })
    );
}

#[test]
fn a_roster_without_regions_still_has_a_federation_with_a_name() {
    for federation in ["", "a b", "A", "a/b", "demo.yizhang/440000"] {
        let roster = Roster {
            federation: federation.into(),
            regions: [].into(),
            ..roster()
        };
        let note = sample::signed(&roster.text(), "demo.yizhang/root", &[1, 2]);
        let opened = Roster::open(note.as_bytes(), &ROOTS.map(public), 2);
        assert!(
            matches!(opened, Err(Invalid::RosterForm { line: 2, .. })),
            "{federation}: {opened:?}"
        );
    }
}

#[test]
fn a_roster_whose_roots_could_never_sign_the_next_is_refused() {
    let small_order = {
        let mut bytes = [0; 32];
        bytes[0] = 1;
        bytes
    };
    for roots in [
        vec![public(1), public(1)],
        vec![public(1), small_order],
        vec![public(1), [2; 32]],
    ] {
        let note = signed_roster(
            &Roster {
                roots: roots.clone(),
                ..roster()
            },
            &[1, 2],
        );
        let opened = Roster::open(note.as_bytes(), &ROOTS.map(public), 2);
        assert!(
            matches!(opened, Err(Invalid::RosterForm { line: 8, .. })),
            "{opened:?}"
        );
    }
}

#[test]
fn names_with_blanks_are_no_names() {
    for name in [
        "",
        "a b",
        "a\u{a0}b",
        "a\u{2003}b",
        "a\u{3000}b",
        "a+b",
        "a\u{85}b",
        "a\u{9f}b",
    ] {
        assert!(NoteKey::new(name, public(1)).is_none(), "{name:?}");
        let note = format!("text\n\n\u{2014} {name} AAAAAA==\n");
        assert!(
            matches!(Note::parse(note.as_bytes()), Err(Invalid::NoteForm { .. })),
            "{name:?}"
        );
    }
}

/// Every name under which something of a federation is signed.
fn names(federation: &str, regions: &[u32]) -> Vec<String> {
    let mut names = vec![root_key_name(federation)];
    for region in regions {
        let origin = Origin::new(federation, Division::new(*region).unwrap()).unwrap();
        names.extend(KeyKind::ALL.map(|kind| kind.name(&origin)));
    }
    names
}

#[test]
fn no_two_keys_sign_under_one_name() {
    // Federations that look like parts of other names, as far as a federation may.
    let longest = "a".repeat(Origin::FEDERATION_LENGTH_MAX);
    let federations = [
        "root",
        "witness",
        "mirror",
        "chain",
        "440000",
        "a",
        "a.440000",
        "a-witness",
        "440000.mirror",
        "demo.yizhang",
        "-",
        ".",
        &longest,
    ];
    let regions = [110_000, 440_000, 440_300, 999_999];
    let all: Vec<String> = federations
        .iter()
        .flat_map(|federation| names(federation, &regions))
        .collect();
    let different: BTreeSet<&String> = all.iter().collect();
    assert_eq!(different.len(), all.len());
    // Why it is so for all others, too: a name of a chain is what `Origin` reads, and it reads none of another kind; and no
    // federation has a name with the dash that parts them.
    for name in all {
        let origin = Origin::parse(&name);
        let is_chain = name.split('/').count() == 2 && !name.ends_with("/root");
        assert_eq!(origin.is_some(), is_chain, "{name}");
        assert_eq!(
            name.split('/').count() == 3,
            name.ends_with("/witness") || name.ends_with("/mirror"),
            "{name}"
        );
    }
    for federation in ["a/440000", "demo.yizhang/440000", "a/b", "/", ""] {
        assert!(Origin::new(federation, Division::new(440_000).unwrap()).is_none());
    }
    for division in ["root", "44000", "4400000", "440000/witness", "witness"] {
        assert!(Division::parse(division).is_none(), "{division}");
    }
}

#[test]
fn a_version_is_made_from_the_one_before_and_from_no_other() {
    let trusted = ROOTS.map(public);
    let first = Roster {
        version: 1,
        previous: Hash::ZERO,
        ..roster()
    };
    let open = |roster: &Roster| {
        Roster::open(signed_roster(roster, &[1, 2]).as_bytes(), &trusted, 2).unwrap()
    };
    let first = open(&first);
    let after = |before: &Roster, version: u64| Roster {
        version,
        previous: before.hash(),
        ..before.clone()
    };
    let second = after(&first, 2);
    let next = |before: &Roster, roster: &Roster| {
        before.open_next(signed_roster(roster, &[1, 2]).as_bytes())
    };
    assert_eq!(next(&first, &second).as_ref(), Ok(&second));
    let third = after(&second, 3);
    assert_eq!(next(&second, &third).as_ref(), Ok(&third));
    // Whoever has the first alone cannot tell what came between, and does not take the third.
    assert!(matches!(
        next(&first, &third),
        Err(Invalid::RosterForm { line: 3, .. })
    ));
    let renumbered = after(&second, 2);
    assert_eq!(
        next(&first, &renumbered),
        Err(Invalid::RosterPrevious {
            expected: first.hash(),
            found: second.hash(),
        })
    );
    // Two that follow one are each a roster; what follows one of them does not follow the other.
    let mut other = second.clone();
    other.regions.clear();
    assert_eq!(next(&first, &other).as_ref(), Ok(&other));
    assert!(matches!(
        next(&other, &third),
        Err(Invalid::RosterPrevious { .. })
    ));
}

#[test]
fn keys_of_witnesses_and_mirrors_count_at_their_times() {
    let roster = roster();
    let region = roster.region(&origin(440_000)).unwrap();
    let counting = |seconds: u64| {
        let (keys, time) = (
            region.witness_keys.iter(),
            UnixSeconds::new(seconds).unwrap(),
        );
        keys.filter(|span| span.is_valid_at(time)).count()
    };
    let times = [0, 1, 2, 5, 6, 8, 9, UnixSeconds::MAX.get()];
    assert_eq!(times.map(counting), [0, 0, 1, 1, 0, 0, 1, 1]);
    assert_eq!(region.mirror_keys, []);
    let name = region.witness_keys[0].key.name();
    assert_eq!(name, "demo.yizhang/440000/witness");
}
