//! Number and check code of a printed sheet.

use yizhang_ledger::{
    hash::Hash,
    head::Origin,
    value::{Day, Division, TreeSize},
};
use yizhang_statement::{CertificateCode, PaperCode};

fn paper() -> PaperCode {
    let region = Division::new(440_000).unwrap();
    PaperCode {
        issuer: Origin::new("demo.yizhang", region).unwrap(),
        issued: Day::new(20_261_130).unwrap(),
        statement: Hash([1; 32]),
        as_of: Day::new(20_261_130).unwrap(),
        account: Hash([2; 32]),
        records: 3,
        heads: Some([(region, TreeSize(9))].into()),
    }
}

#[test]
fn a_code_reads_back_however_it_is_written() {
    let code = CertificateCode::of(&paper());
    let text = code.to_string();
    assert!(text.starts_with("440000-20261130-"), "{text}");
    for written in [
        text.clone(),
        text.to_lowercase(),
        text.replace('-', ""),
        text.replace('-', " "),
    ] {
        assert_eq!(
            CertificateCode::parse(&written),
            Some(code.clone()),
            "{written}"
        );
    }
    for wrong in [
        "",
        "440000",
        &text[1..],
        &format!("{text}0"),
        &text.replace("44", "4G"),
    ] {
        assert_eq!(CertificateCode::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn account_day_and_issuer_are_in_it_and_what_others_have_added_to_a_chain_is_not() {
    let code = CertificateCode::of(&paper());
    let region = Division::new(440_000).unwrap();
    let others = [
        PaperCode {
            account: Hash([3; 32]),
            ..paper()
        },
        PaperCode {
            as_of: Day::new(20_261_129).unwrap(),
            ..paper()
        },
        PaperCode {
            issuer: Origin::new("other.yizhang", region).unwrap(),
            ..paper()
        },
    ];
    for other in others {
        assert_ne!(CertificateCode::of(&other), code, "{other}");
    }
    let again = PaperCode {
        statement: Hash([9; 32]),
        heads: Some([(paper().issuer.region(), TreeSize(10))].into()),
        ..paper()
    };
    assert_eq!(CertificateCode::of(&again), code);
}
