//! Numbers of people, their pseudonyms, and that neither shows where it should not.

use crate::support::generate::sample;
use yizhang_ledger::{
    batch::Batch,
    chain::{ChainState, Submitted},
    entry::{Entry, Kind},
    person::{
        AccountId, FederationSecret, FederationSecrets, NAMES_MAX, Names, NumberFault,
        SocialSecurityNumber, Writing,
    },
    value::{LeafIndex, UnixMillis},
};

fn parse(text: &str) -> Result<String, NumberFault> {
    SocialSecurityNumber::parse(text).map(|number| number.reveal().to_string())
}

#[test]
fn the_check_characters_are_those_of_the_published_examples() {
    // Domain rules 5.7, E1: the two examples of GB 11643, an invented number, a residence permit of Hong Kong.
    for (body, check) in [
        ("11010519491231002", 'X'),
        ("34052419800101001", 'X'),
        ("44050019900307881", '6'),
        ("81000019901201002", '2'),
    ] {
        for found in "0123456789X".chars() {
            let expected = if found == check {
                Ok(format!("{body}{check}"))
            } else {
                Err(NumberFault::Check {
                    expected: check,
                    found,
                })
            };
            assert_eq!(parse(&format!("{body}{found}")), expected);
        }
    }
}

#[test]
fn every_changed_digit_and_every_swap_of_neighbours_is_found() {
    let number = "440500199003078816";
    for at in 0..17 {
        for digit in '0'..='9' {
            let mut bent: Vec<char> = number.chars().collect();
            bent[at] = digit;
            let bent: String = bent.into_iter().collect();
            assert!(bent == number || parse(&bent).is_err(), "{bent}");
        }
        let mut swapped: Vec<char> = number.chars().collect();
        swapped.swap(at, at + 1);
        let swapped: String = swapped.into_iter().collect();
        assert!(swapped == number || parse(&swapped).is_err(), "{swapped}");
    }
}

#[test]
fn old_numbers_and_careless_ones_become_the_same_number() {
    let number = parse("440500199003078816").unwrap();
    for text in [
        "440500900307881",
        " 440500199003078816 ",
        "\u{3000}440500199003078816\n",
    ] {
        assert_eq!(parse(text).as_ref(), Ok(&number), "{text}");
    }
    assert_eq!(parse("11010519491231002x"), parse("11010519491231002X"));
    assert_eq!(parse("hkgz12345678"), parse("HKGZ12345678"));
    assert_ne!(parse("HKGZ12345678"), parse("MACZ12345678"));
}

#[test]
fn account_ids_stay_what_they_are_for_ever() {
    let account = |secret: u8, number: &str| {
        FederationSecret::new([secret; 32])
            .account_id(&SocialSecurityNumber::parse(number).unwrap())
            .reveal_hex()
    };
    assert_eq!(account(0x5e, "440500199003078816"), ACCOUNT);
    assert_eq!(account(0x5e, "440500900307881"), ACCOUNT);
    assert_ne!(account(0x5f, "440500199003078816"), ACCOUNT);
    assert_ne!(account(0x5e, "810000199012010022"), ACCOUNT);
    assert_eq!(AccountId::from_hex(ACCOUNT).unwrap().reveal_hex(), ACCOUNT);
    assert!(
        AccountId::from_hex(&ACCOUNT[1..]).is_none()
            && AccountId::from_hex(&ACCOUNT.to_uppercase()).is_none()
    );
}

/// Computed once by `tests/second`, from the format's wording.
const ACCOUNT: &str = "7fe9de9f0238083a85c4394bfa4be8c8";

#[test]
fn nothing_that_is_printed_tells_who_it_is() {
    let number = SocialSecurityNumber::parse("440500199003078816").unwrap();
    assert_eq!(format!("{number:?}"), "SocialSecurityNumber([redacted])");
    assert_eq!(
        format!("{:?}", FederationSecret::new([0x5e; 32])),
        "FederationSecret([redacted])"
    );
    assert_eq!(format!("{:?}", sample::account(1)), "AccountId(0f1e..)");
    for text in [
        "440500199003078817",
        "44050019900307881",
        "440500199013078816",
        "44050019900307881?",
    ] {
        let fault = parse(text).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("4405"), "{fault:?}");
    }
}

#[test]
fn entries_and_batches_print_without_their_bytes() {
    let record = sample::record(Kind::RECEIVED).unwrap();
    let bytes = sample::entry(&record);
    let block = sample::block(&[record]);
    let submitted = Submitted {
        id: yizhang_ledger::batch::SubmissionId([1; 16]),
        submitter: "x".into(),
        block: block.clone(),
    };
    let extension = ChainState::empty(sample::origin(440_000))
        .prepare(std::slice::from_ref(&submitted), UnixMillis(1), 1)
        .unwrap();
    let batch: &Batch = extension.batch();
    let entry = Entry::parse(&bytes, LeafIndex(0)).unwrap();
    let printed = format!("{entry:?} {block:?} {batch:?} {submitted:?} {extension:?} {record:?}");
    // The account id in whole, as digits or as a list of bytes.
    assert!(!printed.contains(&sample::account(1).reveal_hex()));
    assert!(
        !printed.contains("15, 30, 45") && !printed.contains("0f1e2d"),
        "{printed}"
    );
}

fn secrets(bytes: &[u8], writing: Writing) -> Option<FederationSecrets> {
    let mut secrets = bytes.iter().map(|byte| FederationSecret::new([*byte; 32]));
    FederationSecrets::new(secrets.next()?, secrets.collect(), writing)
}

#[test]
fn each_secret_gives_a_person_another_pseudonym_and_its_holders_go_from_one_to_the_other() {
    let anna = SocialSecurityNumber::parse("440300199003078815").unwrap();
    let bert = SocialSecurityNumber::parse("520100199001150077").unwrap();
    let three = secrets(&[1, 2, 3], Writing::Newest).unwrap();
    let ids = three.account_ids(&anna);
    assert_eq!(ids.len(), 3);
    // What was written before stays where it is.
    assert_eq!(ids[0], FederationSecret::new([1; 32]).account_id(&anna));
    assert_eq!(
        secrets(&[1, 2], Writing::Newest)
            .unwrap()
            .account_ids(&anna),
        ids[..2]
    );
    assert_eq!(three.account_id(&anna), ids[2]);
    let handed_out = secrets(&[1, 2, 3], Writing::BeforeNewest).unwrap();
    assert_eq!(handed_out.account_id(&anna), ids[1]);
    assert_eq!(handed_out.account_ids(&anna), ids);
    for id in &ids {
        let others = three.others(*id);
        assert!(!others.contains(id) && others.len() <= 6);
        assert!(
            ids.iter()
                .all(|other| other == id || others.contains(other))
        );
        let strangers = three.account_ids(&bert);
        assert!(strangers.iter().all(|stranger| !others.contains(stranger)));
    }
    let one = FederationSecrets::one(FederationSecret::new([1; 32]));
    assert!(one.others(ids[0]).is_empty());
    // Another secret in the same place leads elsewhere.
    let other = secrets(&[1, 4], Writing::Newest).unwrap();
    assert_ne!(other.account_ids(&anna)[1], ids[1]);
    assert_eq!(format!("{three:?}"), "FederationSecrets(3, [redacted])");
}

#[test]
fn secrets_that_make_no_sense_are_none() {
    assert!(secrets(&[1], Writing::BeforeNewest).is_none());
    assert!(secrets(&[1, 2, 1], Writing::Newest).is_none());
    assert!(secrets(&[1, 2, 3, 4, 5, 6, 7, 8], Writing::Newest).is_some());
    assert!(secrets(&[1, 2, 3, 4, 5, 6, 7, 8, 9], Writing::Newest).is_none());
}

#[test]
fn names_that_contradict_each_other_are_refused() {
    let [a, b, c, d] = [1, 2, 3, 4].map(|byte| AccountId([byte; 16]));
    let mut names = Names::default();
    assert!(names.insert(a, b));
    assert!(names.insert(a, c));
    for (account, other) in [(a, a), (b, d), (d, b), (d, a), (a, b)] {
        assert!(!names.insert(account, other));
    }
    assert_eq!(
        (names.account(b), names.account(a), names.account(d)),
        (a, a, d)
    );
    assert_eq!(names.others(a).collect::<Vec<_>>(), [b, c]);
    let mut many = Names::default();
    for number in 0..NAMES_MAX {
        let mut other = [9; 16];
        other[..8].copy_from_slice(&number.to_be_bytes());
        assert!(many.insert(a, AccountId(other)));
    }
    assert!(!many.insert(a, b));
}
