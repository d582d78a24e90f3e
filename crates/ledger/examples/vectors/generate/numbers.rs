//! Social-security numbers and the account ids that they become.

use super::{case, json::Json};
use yizhang_ledger::person::{
    AccountId, FederationSecret, FederationSecrets, SocialSecurityNumber, Writing,
};

/// The secret of these vectors; a federation's own is random and never published.
const SECRET: [u8; 32] = [0x5e; 32];

pub fn cases() -> Vec<Json> {
    let mut cases: Vec<Json> = GOOD
        .into_iter()
        .map(|(name, text)| good(name, text))
        .collect();
    cases.extend(BAD.into_iter().map(|(name, text, fault)| {
        case(
            "number",
            name,
            [("text", text.into())],
            Json::Text(format!("NumberFault::{fault}")),
        )
    }));
    cases.push(later(1));
    cases.push(later(2));
    cases
}

/// A number under the first secret and so many that replaced it.
fn later(count: u8) -> Json {
    let number = SocialSecurityNumber::parse(GOOD[2].1).unwrap();
    let bytes: Vec<[u8; 32]> = (0..=count).map(|at| [SECRET[0] - at; 32]).collect();
    let later = bytes[1..].iter().copied().map(FederationSecret::new);
    let first = FederationSecret::new(bytes[0]);
    let secrets = FederationSecrets::new(first, later.collect(), Writing::Newest).unwrap();
    let accounts = secrets.account_ids(&number);
    let inputs = [
        ("text", GOOD[2].1.into()),
        ("secrets", Json::list(bytes.into_iter().map(Json::hex))),
    ];
    let expect = [(
        "accounts",
        Json::list(accounts.iter().map(AccountId::reveal_hex)),
    )];
    let name = format!("a secret replaced {count} times");
    case("pseudonyms", &name, inputs, Json::object(expect))
}

/// The first two are the published examples of GB 11643; the others are invented, of divisions that nobody is of.
const GOOD: [(&str, &str); 10] = [
    ("check character X", "11010519491231002X"),
    ("check character X, another", "34052419800101001X"),
    ("check character 6", "440500199003078816"),
    ("residence permit of Hong Kong", "810000199012010022"),
    ("a small x", "11010519491231002x"),
    ("blanks around it", " 440500199003078816\t"),
    ("the old form of 15 digits", "440500900307881"),
    ("a coded number", "HKGZ12345678"),
    ("a coded number in small letters", "hkgz12345678"),
    ("a coded number of 4", "A123"),
];

const BAD: [(&str, &str, &str); 20] = [
    ("another check character", "110105194912310029", "Check"),
    ("X where a digit belongs", "44050019900307881X", "Check"),
    ("two digits swapped", "440500199003087816", "Check"),
    ("one digit off", "440500199003078826", "Check"),
    ("30 February", "440500199002308816", "BirthDate"),
    ("month 13", "440500199013078816", "BirthDate"),
    ("the year 1899", "440500189903078816", "BirthDate"),
    ("29 February 1990, old form", "440500900229881", "BirthDate"),
    ("17 digits", "44050019900307881", "Length"),
    ("19 digits", "4405001990030788160", "Length"),
    ("16 digits", "4405009003078816", "Length"),
    ("14 digits", "44050090030788", "Length"),
    ("empty", "", "Length"),
    ("blanks only", "  ", "Length"),
    ("a coded number of 3", "A12", "Length"),
    (
        "a coded number of 33",
        "A12345678901234567890123456789012",
        "Length",
    ),
    ("X before the end", "1101051949123100X2", "Character"),
    ("a blank inside", "440500 99003078816", "Character"),
    (
        "a full-width digit",
        "44050019900307881\u{ff16}",
        "Character",
    ),
    ("a dash in a coded number", "HKG-1234567", "Character"),
];

fn good(name: &str, text: &str) -> Json {
    let number = SocialSecurityNumber::parse(text).unwrap();
    let account = FederationSecret::new(SECRET).account_id(&number);
    let inputs = [("text", text.into()), ("secret", Json::hex(SECRET))];
    let expect = [
        ("normalised", number.reveal().into()),
        ("account", account.reveal_hex().into()),
    ];
    case("number", name, inputs, Json::object(expect))
}
