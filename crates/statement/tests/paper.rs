//! Codes on paper: one text for what each says, and no other.

use std::collections::BTreeMap;
use yizhang_ledger::{
    hash::Hash,
    head::Origin,
    value::{Day, Division, TreeSize},
};
use yizhang_statement::{PAPER_CHARACTERS_MAX, PaperCode};

const TEXT: &str = "yizhang-paper/1/demo.yizhang/440000/2026-11-30/\
1111111111111111111111111111111111111111111111111111111111111111/2026-10-31/\
2222222222222222222222222222222222222222222222222222222222222222/48/110000:7,440000:896";

fn code() -> PaperCode {
    let head = |region, size| (Division::new(region).unwrap(), TreeSize(size));
    PaperCode {
        issuer: Origin::parse("demo.yizhang/440000").unwrap(),
        issued: Day::parse("2026-11-30").unwrap(),
        statement: Hash([0x11; 32]),
        as_of: Day::parse("2026-10-31").unwrap(),
        account: Hash([0x22; 32]),
        records: 48,
        heads: Some(BTreeMap::from([head(110_000, 7), head(440_000, 896)])),
    }
}

#[test]
fn what_is_written_is_read_again_whatever_address_stands_in_front() {
    assert_eq!(code().to_string(), TEXT);
    for text in [
        TEXT.to_string(),
        format!(" {TEXT}\n"),
        code().with_address("https://accounts.example.test/paper"),
    ] {
        assert_eq!(PaperCode::parse(&text), Some(code()), "{text}");
    }
    let bare = PaperCode {
        heads: None,
        ..code()
    };
    assert_eq!(PaperCode::parse(&bare.to_string()), Some(bare));
}

#[test]
fn what_says_something_else_or_the_same_in_another_way_is_no_code() {
    let others = [
        String::new(),
        TEXT.replace("paper/1", "paper/2"),
        TEXT.replace("/48/", "/048/"),
        TEXT.replace("/48/", "/-48/"),
        TEXT.replace("11-30", "11-31"),
        TEXT.replace("1111", "111g"),
        TEXT.replace("2222/48", "22/48"),
        TEXT.replace("demo.yizhang/440000", "demo.yizhang/44"),
        TEXT.replace("110000:7,440000:896", "440000:896,110000:7"),
        TEXT.replace("110000:7,", "110000:7,110000:7,"),
        TEXT.replace("110000:7,", ""),
        TEXT.replace(":896", ":9223372036854775808"),
        TEXT.replace(":896", ""),
        format!("https://例#{TEXT}"),
        format!("{TEXT}/1"),
        format!("{TEXT}#"),
        format!("{}#{TEXT}", "a".repeat(PAPER_CHARACTERS_MAX)),
    ];
    for other in others {
        let read = PaperCode::parse(&other);
        assert!(read.is_none_or(|read| read != code()), "{other}");
    }
    let wrong = [
        TEXT.replace(":896", ":0896"),
        TEXT.replace("440000:896", "440000"),
    ];
    assert!(wrong.iter().all(|text| PaperCode::parse(text).is_none()));
}
