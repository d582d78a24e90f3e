//! Numbers of people, their pseudonyms, and that neither shows where it should not.

mod support;

use support::generate::sample;
use yizhang_ledger::{
    batch::Batch,
    chain::{ChainState, Submitted},
    entry::{Entry, Kind},
    person::{AccountId, FederationSecret, NumberFault, SocialSecurityNumber},
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
