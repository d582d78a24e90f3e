//! People whose pages are looked at: those of all cases, and the rider of the demonstration.

use crate::{
    case::{Case, CaseFile, build, files, policy},
    federation::Federation,
    sample::{WORKER, day},
};
use std::{fs, path::PathBuf, sync::Mutex};
use yizhang_entitlement::{Account, Policy, fold};
use yizhang_intake::{Intake, ReadOptions, Row, Source, sample::P1_NUMBER};
use yizhang_ledger::{
    entry::Entry,
    head::Origin,
    person::{FederationSecret, SocialSecurityNumber},
    record::Record,
    value::{Division, LeafIndex, TreeSize, UnixMillis},
};
use yizhang_rules::{RuleFile, RuleSet};
use yizhang_show::{
    account::Answer,
    copies::ChainCopy,
    language::{self, Language},
    provisional::ByNumber,
};
use yizhang_statement::{Checked, Completeness, Identity, Through};

/// 2026-11-01 in China.
const ASKED: UnixMillis = UnixMillis(1_793_500_000_000);

/// The language is one for the process: whoever needs one waits for others.
static LANGUAGE: Mutex<()> = Mutex::new(());

/// Does something in a language.
pub(crate) fn in_language<T>(language: Language, deed: impl FnOnce() -> T) -> T {
    let _held = LANGUAGE.lock();
    language::set(language);
    deed()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether the records of an answer were checked by who shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Done,
    NotDone,
}

/// The answer of a node with this account.
pub(crate) fn answer(account: Account, check: Check) -> Answer {
    let regions: Vec<Division> = account.sources.iter().map(|line| line.region).collect();
    let origin = |region: &Division| Origin::new("test.yizhang", *region).unwrap();
    let copy = |region: &Division| ChainCopy {
        origin: origin(region),
        size: 400,
        announced: 400,
        head: b"head".to_vec(),
        newest: Some(ASKED),
        heard: Some(ASKED),
        live: true,
        quarantined_from: None,
        left_aside: 0,
        damage: String::new(),
        ahead_ms: 0,
        wrong_register: None,
    };
    let completeness = regions.iter().map(|region| Completeness {
        chain: origin(region),
        through: Some(Through {
            size: TreeSize(400),
            time: ASKED,
        }),
        mirrors: Vec::new(),
    });
    let checked = (check == Check::Done).then(|| Checked {
        records: account.records.len(),
        heads: Vec::new(),
        identity: Identity::Checked,
        completeness: completeness.collect(),
    });
    let sealed = account.sealed();
    Answer {
        copies: regions.iter().map(copy).collect(),
        account,
        accounts: vec![WORKER],
        strangers: Vec::new(),
        behind: Vec::new(),
        at: ASKED,
        json: sealed.json,
        digest: sealed.digest,
        options: String::new(),
        identity: Identity::Checked,
        checked,
        by_number: ByNumber::Nothing,
    }
}

/// The account of every case, with its title.
pub(crate) fn of_cases() -> Vec<(String, Account)> {
    let mut people = Vec::new();
    for (name, file) in files(&root().join("crates/entitlement/tests/cases")) {
        for case in file.case {
            let account = account(&case, file.plain_weekends);
            people.push((format!("{name}: {}", case.title), account));
        }
    }
    people
}

fn account(case: &Case, plain_weekends: bool) -> Account {
    let built = build(&case.record);
    let policy = policy(case, plain_weekends);
    fold(&built.federation.facts(), &policy, day(&case.as_of))
}

/// The account of the case of a file whose title begins so.
pub(crate) fn of_case(begin: &str) -> Account {
    let mut cases = of_cases().into_iter();
    let found = cases.find(|(title, _)| title.starts_with(begin));
    found.unwrap_or_else(|| panic!("no case {begin}")).1
}

/// The account of records that are written as in a case, as of a day.
pub(crate) fn of_records(as_of: &str, records: &str) -> Account {
    let text = format!("[[case]]\ntitle = 'a test'\nas_of = '{as_of}'\nrecord = [\n{records}]\n");
    let file: CaseFile = toml::from_str(&text).unwrap();
    account(&file.case[0], true)
}

/// The account of the demonstration's rider, from the files and rules of the demonstration.
pub(crate) fn rider() -> Account {
    let folder = root().join("src/sample_files/demo");
    let secret = FederationSecret::new([7; 32]);
    let rider = secret.account_id(&SocialSecurityNumber::parse(P1_NUMBER).unwrap());
    let mut federation = Federation::default();
    for (region, name) in [
        ("110000", "110000.csv"),
        ("330000", "330000.csv"),
        ("440000", "440000.csv"),
        ("520000", "520000.jsonl"),
        ("520000", "520000-facts.csv"),
    ] {
        let options = ReadOptions::default();
        let intake = Intake::open(Source::Path(folder.join(name)), &options).unwrap();
        let mut entries = Vec::new();
        for row in intake.rows(&secret).unwrap() {
            let Row::Valid(row) = row.unwrap() else {
                panic!("the files of the demonstration have no fault")
            };
            let entry = Entry::parse(&row.bytes, LeafIndex(0)).unwrap();
            let record = Record::read(&entry).unwrap();
            if record.accounts().any(|account| account == rider) {
                entries.push(row.bytes);
            }
        }
        if !entries.is_empty() {
            federation.append(Division::parse(region).unwrap(), &entries);
        }
    }
    let text = fs::read_to_string(folder.join("rules/example.toml")).unwrap();
    let file = RuleFile {
        name: "example",
        text: &text,
    };
    let rules = RuleSet::embedded().overlaid(&[file]).unwrap();
    fold(&federation.facts(), &Policy::new(rules), day("2026-10-31"))
}
