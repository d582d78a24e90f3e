//! Excerpts: some months and schemes, and of all else that it is there.

use super::{Bench, Case, accepted::accepted};
use crate::{
    federation::Part,
    raw::{HIDDEN, RawCover, RawFile, RawHidden},
    world::{NOBODY, OTHER, WORKER, asked, asked_of_twins},
};
use yizhang_ledger::value::Month;
use yizhang_statement::{Content, Excerpt, StatedAccount};

const CONTENT: &str = "Refusal::Form/PortableFault::Content";
const MISMATCH: &str =
    "Refusal::Refuted/Refuted::Register/RegisterFault::Path/ProofFault::RootMismatch";

fn january() -> Excerpt {
    let january = Month::of(2025, 1).expect("a month");
    Excerpt {
        first: january,
        last: january,
        schemes: vec!["hrss:110".into()],
    }
}

/// Of the worker: the enrolment and the money of a month, and hidden what is said of the birth.
fn honest(bench: &Bench) -> Content {
    let asked = asked(WORKER, Part::Nothing);
    bench.federation.excerpt(&asked, january())
}

pub(super) fn cases(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let twins = asked_of_twins(Part::Nothing);
    let all = Excerpt {
        schemes: Vec::new(),
        ..january()
    };
    let mut cases = vec![
        accepted(bench, "an excerpt", federation.seal(&honest(bench), 0)),
        accepted(
            bench,
            "an excerpt of two accounts with nothing in its months",
            federation.seal(&federation.excerpt(&twins, all), 0),
        ),
    ];
    cases.extend(changed(bench));
    cases.extend(misplaced(bench));
    cases.extend(formless(bench));
    cases
}

/// As the issuer has changed it.
fn forged(bench: &Bench, change: impl FnOnce(&mut RawFile)) -> Vec<u8> {
    bench.forged_from(&bench.federation.seal(&honest(bench), 0), change)
}

fn with_hidden(bench: &Bench, change: impl FnOnce(&mut Vec<Vec<RawHidden>>)) -> Vec<u8> {
    forged(bench, |file| file.change_hidden(change))
}

fn changed(bench: &Bench) -> Vec<Case> {
    vec![
        bench.refused(
            "a hidden record that is another one",
            MISMATCH,
            with_hidden(bench, |hidden| hidden[0][0].leaf[0] ^= 1),
        ),
        bench.refused(
            "a hidden record left out",
            MISMATCH,
            with_hidden(bench, |hidden| hidden[0].clear()),
        ),
        bench.refused(
            "a hidden record more",
            MISMATCH,
            with_hidden(bench, |hidden| {
                let mut more = hidden[0][0].clone();
                more.index += 1;
                hidden[0].push(more);
            }),
        ),
        bench.refused(
            "a hidden record in another place of the order",
            MISMATCH,
            with_hidden(bench, |hidden| hidden[0][0].index = 5),
        ),
        bench.refused(
            "an excerpt that shows a record less and hides it not",
            MISMATCH,
            forged(bench, |file| {
                file.change_chains(|chains| drop(chains[0].records.remove(0)));
            }),
        ),
        bench.refused(
            "an excerpt that says that it is whole",
            MISMATCH,
            forged(bench, |file| {
                file.change_subject(|subject| subject.cover = RawCover::Whole);
                file.0.retain(|section| section.name != HIDDEN);
            }),
        ),
    ]
}

fn misplaced(bench: &Bench) -> Vec<Case> {
    vec![
        bench.refused(
            "a hidden record where one is shown",
            "Refusal::Refuted/Refuted::Register/RegisterFault::Order",
            with_hidden(bench, |hidden| hidden[0][0].index = 3),
        ),
        bench.refused(
            "a hidden record behind the register",
            "Refusal::Refuted/Refuted::Register/RegisterFault::NotCovered",
            with_hidden(bench, |hidden| hidden[0][0].index = 10),
        ),
        bench.refused(
            "a hidden record of an account that is absent",
            "Refusal::Refuted/Refuted::NotAbsent",
            with_hidden(bench, |hidden| {
                let one = hidden[0][0].clone();
                hidden[1].push(one);
            }),
        ),
        bench.refused(
            "a hidden record of an account that is not shown",
            "Refusal::Refuted/Refuted::ForeignRecord",
            with_hidden(bench, |hidden| {
                let mut one = hidden[0][0].clone();
                one.accounts = vec![NOBODY.0];
                hidden[0].push(one);
            }),
        ),
    ]
}

fn formless(bench: &Bench) -> Vec<Case> {
    let cover = |first, last, schemes: &[&str]| {
        let schemes = schemes.iter().map(ToString::to_string).collect();
        forged(bench, |file| {
            file.change_subject(|subject| {
                subject.cover = RawCover::Part {
                    first,
                    last,
                    schemes,
                };
            });
        })
    };
    let mut with_account = honest(bench);
    let of = asked(WORKER, Part::Digest);
    let account: Option<StatedAccount> = bench.federation.content(&of).account;
    with_account.account = account;
    vec![
        bench.refused(
            "hidden records of a chain without a register",
            CONTENT,
            with_hidden(bench, |hidden| {
                let one = hidden[0][0].clone();
                hidden[2].push(one);
            }),
        ),
        bench.refused(
            "hidden records of fewer chains",
            CONTENT,
            with_hidden(bench, |hidden| drop(hidden.pop())),
        ),
        bench.refused(
            "a hidden record of nobody",
            CONTENT,
            with_hidden(bench, |hidden| hidden[0][0].accounts.clear()),
        ),
        bench.refused(
            "a hidden record of accounts out of order",
            CONTENT,
            with_hidden(bench, |hidden| {
                hidden[0][0].accounts = vec![WORKER.0, OTHER.0];
            }),
        ),
        bench.refused(
            "an excerpt that ends before it begins",
            CONTENT,
            cover(24_301, 24_300, &[]),
        ),
        bench.refused(
            "an excerpt of a scheme that is none",
            CONTENT,
            cover(24_300, 24_300, &["110"]),
        ),
        bench.refused(
            "an excerpt of schemes out of order",
            CONTENT,
            cover(24_300, 24_300, &["hrss:210", "hrss:110"]),
        ),
        bench.refused(
            "an excerpt that states an account",
            CONTENT,
            bench.federation.seal(&with_account, 0),
        ),
        bench.refused(
            "an excerpt that does not say what is hidden",
            "Refusal::Form/PortableFault::Section",
            forged(bench, |file| {
                file.0.retain(|section| section.name != HIDDEN);
            }),
        ),
    ]
}
