//! The parsers, each with what it begins with.

use crate::{
    driver::Target,
    federation::{Cosigner, Federation, Part, opening, small_rules},
    raw::{ACCOUNT, CHAINS, HIDDEN, ROSTER, RULES, RawFile, SUBJECT},
    records::{birth, contribution, enrolment, link},
    world::{NOBODY, OTHER, TWIN, TWIN_TOO, WORKER, asked, asked_of_twins, federation},
};
use yizhang_ledger::{
    batch::{Batch, RecordBlock, SubmissionId},
    cosignature::{self, CosignerKey, UnixSeconds},
    entry::Entry,
    hash::{Blake3Keyed, Hash},
    head::{Head, Origin},
    multiproof::{self, PlacedLeaf},
    note::Note,
    person::{AccountId, SocialSecurityNumber},
    range::RangeProof,
    record::{AccountRegister, Record},
    roster::{KeyKind, RootFingerprint, Roster},
    segment::{FrameHeader, read_file_header},
    value::{LeafIndex, Month, TreeSize, UnixMillis},
};
use yizhang_rules::{RuleFile, RuleSet};
use yizhang_statement::{
    BundleHeader, Excerpt, ForkEvidence, ListedPerson, ListedRow, PaperCode, ReceiptFile, RowList,
    SectionHeader, SectionKind, Statement,
};

/// Room for what is read from a few kilobytes: names, lists, texts of faults.
const SMALL: usize = 16 * 1_024 * 1_024;
/// A code on paper.
const PAPER: &str = "https://a.test#yizhang-paper/1/demo.yizhang/440000/2026-11-30/\
1111111111111111111111111111111111111111111111111111111111111111/2026-10-31/\
2222222222222222222222222222222222222222222222222222222222222222/48/110000:7,440000:896";
/// Room for a statement: two sections of the largest size, one unpacked and one read.
const LARGE: usize = 80 * 1_024 * 1_024;

fn target(
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    run: impl Fn(&[u8]) -> bool + 'static,
) -> Target {
    Target {
        name,
        seeds,
        room_max: SMALL,
        run: Box::new(run),
    }
}

pub(crate) fn targets() -> Vec<Target> {
    let federation = federation();
    let mut targets = statements(&federation);
    targets.extend(handed(&federation));
    targets.extend(notes(&federation));
    targets.extend(entries(&federation));
    targets.extend(texts());
    targets
}

fn statements(federation: &Federation) -> Vec<Target> {
    let sealed = |asked| federation.seal(&federation.content(&asked), 0);
    let whole = sealed(asked(WORKER, Part::Whole));
    let months = Excerpt {
        first: Month::parse("2025-01").unwrap(),
        last: Month::parse("2025-01").unwrap(),
        schemes: vec!["hrss:110".into(), "hrss:210".into()],
    };
    let of = asked(WORKER, Part::Nothing);
    let excerpt = federation.seal(&federation.excerpt(&of, months), 0);
    let files = vec![
        Statement::reveal(&whole, &opening()).unwrap(),
        whole.clone(),
        sealed(asked(NOBODY, Part::Nothing)),
        sealed(asked_of_twins(Part::Digest)),
    ];
    let trusted = federation.trusted();
    let check = move |bytes: &[u8]| {
        Statement::parse(bytes).is_ok_and(|statement| statement.verify(trusted).is_ok())
    };
    let all = [files.clone(), vec![excerpt.clone()]].concat();
    let mut targets = vec![target("statement", all, check)];
    // What is behind the compression, of which bytes of the file say little.
    let sections = [
        ("subject of a statement", SUBJECT),
        ("chains of a statement", CHAINS),
        ("rosters of a statement", ROSTER),
        ("rules of a statement", RULES),
        ("account of a statement", ACCOUNT),
        ("hidden records of a statement", HIDDEN),
    ];
    for (name, section) in sections {
        let plain = |file: &Vec<u8>| {
            let mut file = RawFile::of(file);
            let is_there = file.0.iter().any(|one| one.name == section);
            is_there.then(|| file.plain(section))
        };
        let (files, whole) = if section == HIDDEN {
            (vec![excerpt.clone()], excerpt.clone())
        } else {
            (files.clone(), whole.clone())
        };
        let seeds = files.iter().filter_map(plain).collect();
        let (key, origin) = (
            federation.chain_key(0, 100),
            federation.chains[0].origin.clone(),
        );
        targets.push(target(name, seeds, move |bytes| {
            let mut file = RawFile::of(&whole);
            file.set_plain(section, bytes);
            file.sign(&crate::raw::Signer {
                origin: origin.as_str(),
                day: "2026-11-30",
                key: &key,
            });
            let statement = Statement::parse(&file.to_bytes());
            // Rightly refused where another statement's section stands in this one.
            statement.is_ok_and(|statement| {
                let _ = statement.verify(trusted);
                true
            })
        }));
    }
    for target in &mut targets {
        target.room_max = LARGE;
    }
    targets
}

fn mirror() -> Cosigner {
    Cosigner {
        region: 1,
        kind: KeyKind::Mirror,
        seconds: 5,
    }
}

fn handed(federation: &Federation) -> Vec<Target> {
    let roster = federation.rosters[2].clone();
    let receipt = ReceiptFile {
        submission: SubmissionId([1; 16]),
        first: LeafIndex(1),
        records: 8,
        roster: 3,
        proof: RangeProof {
            inside: vec![Hash([1; 32]); 3],
            outside: vec![Hash([2; 32]); 3],
        },
        head: federation.head(0, 15, &[mirror()]),
    };
    let evidence = ForkEvidence {
        first: federation.head(2, 2, &[]),
        second: federation.head(2, 3, &[mirror()]),
        beginning: Some(yizhang_ledger::beginning::Beginning {
            root: Hash([3; 32]),
            path: vec![Hash([4; 32]); 2],
        }),
    };
    let (of_receipt, of_evidence) = (roster.clone(), roster);
    vec![
        target("receipt file", vec![receipt.to_bytes()], move |bytes| {
            ReceiptFile::parse(bytes).is_ok_and(|receipt| {
                let _ = receipt.verify(&of_receipt);
                let _ = receipt.is_for(&[Hash([5; 32]); 8], TreeSize(15));
                true
            })
        }),
        target("evidence file", vec![evidence.to_bytes()], move |bytes| {
            ForkEvidence::parse(bytes).is_ok_and(|evidence| {
                let _ = evidence.verify(&of_evidence);
                true
            })
        }),
        target("row list", vec![row_list()], |bytes| {
            RowList::parse(bytes).is_ok()
        }),
        target("bundle header", bundle(), |bytes| {
            BundleHeader::read(bytes).is_ok() || SectionHeader::read(bytes).is_ok()
        }),
    ]
}

fn row_list() -> Vec<u8> {
    let row = |line| ListedRow {
        line,
        leaf: Hash([6; 32]),
    };
    let person = |mark| ListedPerson {
        mark: AccountId([mark; 16]),
        account: AccountId([9; 16]),
    };
    let list = RowList {
        submission: SubmissionId([1; 16]),
        salt: [2; 32],
        columns: vec!["person".into(), "base".into()],
        rows: vec![row(2), row(3)],
        checks: vec![1, 2, 3, 4],
        persons: vec![person(1), person(2)],
    };
    list.to_bytes()
}

fn bundle() -> Vec<Vec<u8>> {
    let header = BundleHeader {
        federation: "demo.yizhang".into(),
        made: UnixMillis(1_796_000_000_000),
    };
    let chain = SectionKind::Chain {
        origin: Origin::parse("demo.yizhang/440000").unwrap(),
        from: TreeSize(17),
        to: TreeSize(90),
    };
    let mut seeds = vec![header.write().unwrap()];
    for kind in [SectionKind::Rosters, chain, SectionKind::End] {
        let section = SectionHeader { kind, bytes: 900 };
        seeds.push(section.write().unwrap());
    }
    seeds
}

fn notes(federation: &Federation) -> Vec<Target> {
    let trusted = federation.trusted();
    let newest = federation.rosters[2].clone();
    let heads = vec![
        federation.head(0, 15, &[]),
        federation.head(2, 3, &[mirror()]),
    ];
    let head = heads[1].clone();
    let text = Note::parse(&head).unwrap().text.to_string();
    let region = newest.regions.values().nth(1).unwrap();
    let known: CosignerKey = region.mirror_keys[0].key.clone();
    let key = federation.key(crate::federation::Role::Mirror, 1);
    let line = cosignature::sign(&text, known.name(), &key, UnixSeconds::new(5).unwrap());
    let in_note = known.clone();
    vec![
        target("roster", federation.roster_notes(), move |bytes| {
            let _ = Roster::open_versions(&[bytes.to_vec()], trusted);
            Note::parse(bytes).is_ok_and(|note| Roster::parse(note.text).is_ok())
        }),
        target("head", heads.clone(), move |bytes| {
            Head::open(bytes, &newest).is_ok()
        }),
        target("cosignature line", vec![line.into_bytes()], move |bytes| {
            str::from_utf8(bytes).is_ok_and(|line| known.verify(&text, line).is_ok())
        }),
        target("cosignatures of a note", heads, move |bytes| {
            let known = [in_note.clone()];
            Note::parse(bytes).is_ok_and(|note| {
                let _ = cosignature::keep(&note, "federation-1.yizhang/110000", &[&known[0]]);
                cosignature::read(&note, &known).is_ok()
            })
        }),
    ]
}

fn entries(federation: &Federation) -> Vec<Target> {
    let records = vec![
        birth(WORKER, "1"),
        enrolment(OTHER, 110_100, "2"),
        contribution(WORKER, 110_100, 3, "3"),
        link(TWIN, TWIN_TOO, "4"),
    ];
    let chain = &federation.chains[1];
    let size = chain.len();
    let entries: Vec<Vec<u8>> = (0..size).map(|at| chain.evidence(at, size).entry).collect();
    let batch = entries[..chain.ends[1]].concat();
    let register = entries[size - 1].clone();
    vec![
        target("record", records.clone(), |bytes| {
            let entry = Entry::parse(bytes, LeafIndex(0));
            entry.is_ok_and(|entry| Record::read(&entry).is_ok())
        }),
        target("submission", vec![records.concat()], |bytes| {
            RecordBlock::parse(bytes.to_vec()).is_ok()
        }),
        target("batch", vec![batch], |bytes| {
            Batch::parse(bytes.to_vec()).is_ok()
        }),
        target("register entry", vec![register], |bytes| {
            AccountRegister::read(bytes, LeafIndex(u64::MAX)).is_ok()
        }),
        target("multiproof", vec![vec![0; 200], vec![1; 64]], |bytes| {
            proof(bytes);
            true
        }),
        target("segment", vec![segment()], |bytes| {
            let origin = Origin::parse("demo.yizhang/440000").unwrap();
            let _ = read_file_header(bytes, &origin);
            FrameHeader::read(bytes).is_ok_and(|header| {
                let _ = header.check(bytes);
                true
            })
        }),
    ]
}

/// Sizes, positions and hashes as the bytes have them.
fn proof(bytes: &[u8]) {
    let mut numbers = bytes.chunks_exact(8);
    let mut next = || {
        let number = numbers.next().and_then(|chunk| chunk.try_into().ok());
        number.map_or(0, u64::from_le_bytes)
    };
    let (size, count) = (next(), next() % 16);
    let leaves: Vec<PlacedLeaf> = (0..count)
        .map(|_| PlacedLeaf {
            index: next(),
            hash: Hash([1; 32]),
        })
        .collect();
    let hashes = vec![Hash([2; 32]); usize::try_from(next() % 1_200).unwrap()];
    let _ = multiproof::open::<Blake3Keyed>(&leaves, size, &hashes);
}

fn segment() -> Vec<u8> {
    let mut frame = b"YZFR".to_vec();
    frame.extend_from_slice(&2_u32.to_le_bytes());
    frame.extend_from_slice(&4_u32.to_le_bytes());
    frame.extend_from_slice(&[0; 28]);
    frame.extend_from_slice(b"head");
    frame
}

fn texts() -> Vec<Target> {
    let rules = small_rules().base[0].text.clone().into_bytes();
    let embedded = yizhang_rules::RuleTexts::with_own(Vec::new());
    let calendar = embedded.base.last().unwrap().text.clone().into_bytes();
    vec![
        target("rule file", vec![rules, calendar], |bytes| {
            str::from_utf8(bytes).is_ok_and(|text| {
                let file = RuleFile { name: "a", text };
                RuleSet::read(&[file]).is_ok()
            })
        }),
        target(
            "social-security number",
            vec![b"110000199003071231".to_vec(), b"H12345678".to_vec()],
            |bytes| {
                str::from_utf8(bytes).is_ok_and(|text| SocialSecurityNumber::parse(text).is_ok())
            },
        ),
        target("code on paper", vec![PAPER.into()], |bytes| {
            str::from_utf8(bytes).is_ok_and(|text| PaperCode::parse(text).is_some())
        }),
        target("root fingerprint", vec![vec![b'a'; 32]], |bytes| {
            str::from_utf8(bytes).is_ok_and(|text| RootFingerprint::parse(text).is_some())
        }),
    ]
}
