//! That no answer is well where the node could not show everything, and on whose word it is complete.

use crate::{
    pages::text,
    people::{Check, answer, of_records},
    sample::day,
};
use yizhang_entitlement::{Policy, fold};
use yizhang_ledger::{head::Origin, value::Division};
use yizhang_show::{account::Answer, copies::ChainCopy, language::Language};

/// Somebody of whom every month of some years is there.
fn whole() -> Answer {
    let months = "{ chain = '440000', months = '2020-01..2026-06', place = '440300' },\n";
    answer(of_records("2026-06-30", months), Check::Done)
}

/// What makes a copy fall short.
type Fall = fn(&mut ChainCopy);

/// Ways in which a copy of a chain falls short, and what the page says of each.
const SHORT: [(&str, Fall, &str); 5] = [
    ("aside", |copy| copy.left_aside = 3, "some were left aside"),
    (
        "register",
        |copy| copy.wrong_register = Some(7),
        "lists wrongly whose records are in it",
    ),
    (
        "damage",
        |copy| copy.damage = "at 7".into(),
        "cannot be read here",
    ),
    (
        "two",
        |copy| copy.quarantined_from = Some(9),
        "was signed in two versions",
    ),
    (
        "behind",
        |copy| copy.announced = 500,
        "Newer records of Guangdong may be missing",
    ),
];

#[test]
fn nothing_is_well_where_the_node_could_not_show_everything() {
    let paid = text(&whole(), Language::En, "paid");
    assert!(
        paid.contains('✓') && !paid.contains("may be missing here"),
        "{paid}"
    );
    for (name, fall_short, said) in SHORT {
        let mut answer = whole();
        fall_short(&mut answer.copies[0]);
        for part in ["paid", "missing", "get"] {
            let shown = text(&answer, Language::En, part);
            assert!(!shown.contains('✓'), "{name}, {part}: {shown}");
        }
        let paid = text(&answer, Language::En, "paid");
        assert!(
            paid.contains("Some of your records may be missing here"),
            "{name}: {paid}"
        );
        assert!(paid.contains(said), "{name}: {paid}");
        let trust = text(&answer, Language::En, "trust");
        assert!(trust.contains(said), "{name}: {trust}");
        assert!(!trust.contains("yes, as far as known"), "{name}: {trust}");
    }
}

#[test]
fn a_region_without_a_record_of_mine_is_warned_of_too() {
    let account = fold(&[], Policy::embedded(), day("2026-10-31"));
    let mut answer = answer(account, Check::NotDone);
    assert!(text(&answer, Language::En, "paid").contains("No region has a record of you"));
    for (name, fall_short, said) in SHORT {
        let mut copy = whole().copies.remove(0);
        copy.origin = Origin::new("test.yizhang", Division::parse("440000").unwrap()).unwrap();
        fall_short(&mut copy);
        answer.copies = vec![copy];
        let paid = text(&answer, Language::En, "paid");
        assert!(!paid.contains("No region has a record"), "{name}: {paid}");
        assert!(
            paid.contains("not everything could be looked at"),
            "{name}: {paid}"
        );
        assert!(paid.contains(said), "{name}: {paid}");
        let paid = text(&answer, Language::Zh, "paid");
        assert!(paid.contains("没有全部查到"), "{name}: {paid}");
    }
}

#[test]
fn completeness_is_said_with_whose_word_it_is() {
    let mut answer = whole();
    let alone = "For Guangdong that is so by its own list alone";
    let trust = text(&answer, Language::En, "trust");
    assert!(
        trust.contains("no record under the number asked for was left out"),
        "{trust}"
    );
    assert!(trust.contains(alone), "{trust}");
    // Near-miss: others have computed it again.
    let checked = answer.checked.as_mut().unwrap();
    checked.completeness[0].mirrors = vec![Division::parse("330000").unwrap()];
    let trust = text(&answer, Language::En, "trust");
    assert!(
        trust.contains("(worked out again by Zhejiang)") && !trust.contains(alone),
        "{trust}"
    );
}
