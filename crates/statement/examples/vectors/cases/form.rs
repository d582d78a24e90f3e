//! Files that are of no form, whoever has signed them.

use super::{Bench, Case};
use crate::raw::{ACCOUNT, CHAINS, ISSUER, OPENING, RULES, RawNames, RawSection, SUBJECT};
use yizhang_statement::{PORTABLE_BYTES_MAX, PORTABLE_SECTION_BYTES_MAX};

pub(super) fn cases(bench: &Bench) -> Vec<Case> {
    let mut cases = frame(bench);
    cases.extend(order(bench));
    cases.extend(packed(bench));
    cases.extend(streams(bench));
    cases.extend(fields(bench));
    cases.extend(subject(bench));
    cases.extend(openings(bench));
    cases
}

fn frame(bench: &Bench) -> Vec<Case> {
    let honest = &bench.honest;
    let mut other_version = honest.clone();
    other_version[6] = 2;
    let mut large = bench.refused(
        "more than 8 MiB",
        "Refusal::Form/PortableFault::TooLarge",
        honest.clone(),
    );
    large.bytes.push((vec![0], PORTABLE_BYTES_MAX));
    let magic = "Refusal::Form/PortableFault::Magic";
    let cut = "Refusal::Form/PortableFault::Cut";
    let section = "Refusal::Form/PortableFault::Section";
    vec![
        large,
        bench.refused("no byte", magic, Vec::new()),
        bench.refused("another version", magic, other_version),
        bench.refused("a row list", magic, *b"YZROW\0\x01\n"),
        bench.refused("nothing behind the beginning", section, &honest[..8]),
        bench.refused("cut in a header", cut, &honest[..12]),
        bench.refused("cut in a section", cut, &honest[..honest.len() - 1]),
        bench.refused(
            "a byte behind the last section",
            "Refusal::Form/PortableFault::Trailing",
            [honest, &[0][..]].concat(),
        ),
    ]
}

fn order(bench: &Bench) -> Vec<Case> {
    let section = "Refusal::Form/PortableFault::Section";
    let trailing = "Refusal::Form/PortableFault::Trailing";
    let without = |name| bench.changed(|file| file.0.retain(|section| section.name != name));
    let twice = |name| {
        bench.changed(|file| {
            let at = file
                .0
                .iter()
                .position(|section| section.name == name)
                .expect("it is there");
            let again = file.0[at].clone();
            file.0.insert(at, again);
        })
    };
    vec![
        bench.refused("without chains", section, without(CHAINS)),
        bench.refused("without the issuer's note", section, without(ISSUER)),
        bench.refused("the subject twice", section, twice(SUBJECT)),
        bench.refused("the account twice", section, twice(ACCOUNT)),
        bench.refused("the issuer's note twice", trailing, twice(ISSUER)),
        bench.refused(
            "rules behind the account",
            section,
            bench.changed(|file| file.0.swap(3, 4)),
        ),
        bench.refused(
            "an unknown section",
            trailing,
            bench.changed(|file| {
                file.0.push(RawSection {
                    name: 8,
                    said: 0,
                    stored: Vec::new(),
                });
            }),
        ),
    ]
}

fn packed(bench: &Bench) -> Vec<Case> {
    let unpack = "Refusal::Form/PortableFault::Unpack";
    let said = |by: i64| {
        bench.changed(|file| {
            let section = file.section(SUBJECT);
            section.said =
                u32::try_from(i64::from(section.said) + by).expect("a few bytes more or less");
        })
    };
    let most = u32::try_from(PORTABLE_SECTION_BYTES_MAX).expect("it fits");
    let says = |said| bench.changed(|file| file.section(CHAINS).said = said);
    // Zeros: a thousand times as many as bytes in the file.
    let bomb = |zeros: usize, said: u32| {
        bench.changed(|file| {
            file.set_plain(CHAINS, &vec![0; zeros]);
            file.section(CHAINS).said = said;
        })
    };
    vec![
        bench.refused(
            "a section that says more than there is room for",
            "Refusal::Form/PortableFault::SectionTooLarge",
            says(most + 1),
        ),
        bench.refused(
            "a section that says as much as there is room for",
            unpack,
            says(most),
        ),
        bench.refused(
            "a section that unpacks to more than it says",
            unpack,
            said(-1),
        ),
        bench.refused(
            "a section that unpacks to less than it says",
            unpack,
            said(1),
        ),
        bench.refused(
            "a section that unpacks to much more than it says",
            unpack,
            bomb(1_000_000, 3),
        ),
        // An empty list, and what stands behind it.
        bench.refused(
            "a million zeros for chains",
            "Refusal::Form/PortableFault::Fields/CodecFault::Trailing",
            bomb(1_000_000, 1_000_000),
        ),
    ]
}

fn streams(bench: &Bench) -> Vec<Case> {
    let unpack = "Refusal::Form/PortableFault::Unpack";
    let stored =
        |change: fn(&mut Vec<u8>)| bench.changed(|file| change(&mut file.section(SUBJECT).stored));
    vec![
        bench.refused(
            "a byte behind the stream of a section",
            unpack,
            stored(|stored| stored.push(0)),
        ),
        bench.refused(
            "a stream that does not end",
            unpack,
            stored(|stored| {
                stored.pop();
            }),
        ),
        bench.refused(
            "a section that is no stream",
            unpack,
            stored(|stored| stored.fill(0xff)),
        ),
        bench.refused(
            "a note with two lengths",
            unpack,
            bench.changed(|file| file.section(ISSUER).said += 1),
        ),
    ]
}

fn fields(bench: &Bench) -> Vec<Case> {
    let field = "Refusal::Form/PortableFault::Fields/CodecFault::Field";
    let with = |name: u8, change: fn(&mut Vec<u8>)| {
        bench.forged(|file| {
            let mut plain = file.plain(name);
            change(&mut plain);
            file.set_plain(name, &plain);
        })
    };
    vec![
        bench.refused(
            "a subject that ends too early",
            field,
            with(SUBJECT, |plain| {
                plain.pop();
            }),
        ),
        bench.refused(
            "a cover that nobody knows",
            field,
            bench.forged(|file| {
                let mut plain = file.plain(SUBJECT);
                *plain.last_mut().expect("it ends with the cover") = 2;
                file.set_plain(SUBJECT, &plain);
            }),
        ),
        bench.refused(
            "a day that is none",
            field,
            bench.forged(|file| file.change_subject(|subject| subject.issued = 20_261_131)),
        ),
        bench.refused(
            "a list that says more than there is",
            field,
            with(RULES, |plain| plain[0] = 200),
        ),
        bench.refused(
            "a length of 2^63",
            field,
            with(CHAINS, |plain| {
                plain.splice(..1, [0xfd, 0, 0, 0, 0, 0, 0, 0, 0x80]);
            }),
        ),
        bench.refused(
            "a byte behind the fields",
            "Refusal::Form/PortableFault::Fields/CodecFault::Trailing",
            with(SUBJECT, |plain| plain.push(0)),
        ),
        bench.refused(
            "a number that is not the shortest",
            "Refusal::Form/PortableFault::Fields/CodecFault::NotCanonical",
            with(CHAINS, |plain| {
                plain.splice(..1, [0xfb, 3, 0]);
            }),
        ),
        bench.refused(
            "a text that is no UTF-8",
            field,
            with(RULES, |plain| plain[2] = 0xff),
        ),
    ]
}

fn subject(bench: &Bench) -> Vec<Case> {
    let content = "Refusal::Form/PortableFault::Content";
    let with =
        |change: fn(&mut crate::raw::RawSubject)| bench.forged(|file| file.change_subject(change));
    vec![
        bench.refused(
            "an account twice",
            content,
            with(|subject| subject.accounts.push(subject.owner)),
        ),
        bench.refused(
            "accounts that descend",
            content,
            with(|subject| subject.accounts.push([0; 16])),
        ),
        bench.refused(
            "an owner who is not among the accounts",
            content,
            with(|subject| subject.owner = [1; 16]),
        ),
        bench.refused(
            "strangers that descend",
            content,
            with(|subject| subject.strangers = vec![[2; 16], [1; 16]]),
        ),
        bench.refused(
            "names that descend",
            content,
            with(|subject| {
                let group = |account| RawNames {
                    account,
                    others: vec![[9; 16]],
                };
                subject.names = vec![group([2; 16]), group([1; 16])];
            }),
        ),
        bench.refused(
            "a name of two accounts",
            content,
            with(|subject| {
                let group = |account| RawNames {
                    account,
                    others: vec![[9; 16]],
                };
                subject.names = vec![group([1; 16]), group([2; 16])];
            }),
        ),
        bench.refused(
            "a name that is an account with names",
            content,
            with(|subject| {
                let group = |account, other| RawNames {
                    account,
                    others: vec![other],
                };
                subject.names = vec![group([1; 16], [2; 16]), group([2; 16], [3; 16])];
            }),
        ),
        bench.refused(
            "others of a name that descend",
            content,
            with(|subject| {
                subject.names = vec![RawNames {
                    account: [1; 16],
                    others: vec![[3; 16], [2; 16]],
                }];
            }),
        ),
    ]
}

/// What stands in the opening, behind the issuer's signature.
fn openings(bench: &Bench) -> Vec<Case> {
    let content = "Refusal::Form/PortableFault::Content";
    let other = "Refusal::OtherNumber";
    let with = |salt: &[u8], number: &str| {
        bench.changed(|file| {
            let stored = [salt, number.as_bytes()].concat();
            let said = u32::try_from(stored.len()).expect("it is short");
            file.0.push(RawSection {
                name: OPENING,
                said,
                stored,
            });
        })
    };
    let salt = [3; 16];
    let mut unknown = bench.federation.content(&crate::world::asked(
        crate::world::WORKER,
        crate::federation::Part::Nothing,
    ));
    unknown.subject.commitment = None;
    let mut of_unknown = bench.federation.seal(&unknown, 0);
    let revealed = with(&salt, crate::federation::NUMBER);
    of_unknown.extend_from_slice(&revealed[bench.honest.len()..]);
    vec![
        bench.refused(
            "an opening shorter than a salt",
            content,
            with(&salt[1..], ""),
        ),
        bench.refused("an opening without a number", content, with(&salt, "")),
        bench.refused(
            "an opening with a number that is none",
            content,
            with(&salt, "110000199003071230"),
        ),
        bench.refused(
            "a number that is not normalised",
            content,
            with(&salt, "110000900307123"),
        ),
        bench.refused("another number", other, with(&salt, "110000199003071258")),
        bench.refused(
            "another salt",
            other,
            with(&[4; 16], crate::federation::NUMBER),
        ),
        bench.refused("a number where none was committed to", other, of_unknown),
    ]
}
