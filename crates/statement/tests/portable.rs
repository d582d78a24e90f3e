//! A statement is believed by whoever has the fingerprint of the root keys alone, and whatever was changed about it is refused by its name.

use crate::support::{
    Chain, NOBODY, OTHER, REGISTER_MS, WORKER, cosigned, origin, roster_with_mirror,
};
use ed25519_dalek::SigningKey;
use yizhang_entitlement::{Policy, account::FORMAT, fold};
use yizhang_ledger::{
    Invalid,
    hash::Hash,
    note,
    person::{AccountId, NumberSalt, SocialSecurityNumber},
    roster::{ChainKey, RootFingerprint, Roster, TrustFault, root_key_name},
    value::{Day, Division, TreeSize, UnixMillis},
};
use yizhang_rules::RuleTexts;
use yizhang_statement::{
    AskedPerson, ChainEvidence, Content, Cover, Opening, PORTABLE_MAGIC, PersonAnswer, PersonShown,
    PortableFault, Refusal, Refuted, SectionName, StatedAccount, StatedAs, StatedChain, Statement,
    Subject, Through, prove_complete,
};

const NUMBER: &str = "110000199003071231";
const SALT: NumberSalt = NumberSalt([3; 16]);

fn day() -> Day {
    Day::parse("2026-11-30").unwrap()
}

fn root_key(of: u8) -> SigningKey {
    SigningKey::from_bytes(&[of; 32])
}

/// The key of the chain, as the support has it.
fn chain_key() -> SigningKey {
    SigningKey::from_bytes(&[44; 32])
}

fn number() -> SocialSecurityNumber {
    SocialSecurityNumber::parse(NUMBER).unwrap()
}

/// The roster of these tests under a root key of their own.
fn roster(version: u64, previous: Hash) -> Roster {
    Roster {
        version,
        previous,
        roots: vec![root_key(9).verifying_key().to_bytes()],
        ..roster_with_mirror()
    }
}

fn signed(roster: &Roster, key: u8) -> Vec<u8> {
    let name = root_key_name(&roster.federation);
    note::sign(&roster.text(), &name, &root_key(key)).into_bytes()
}

fn trusted() -> RootFingerprint {
    roster(1, Hash::ZERO).root_fingerprint()
}

fn rosters() -> Vec<Vec<u8>> {
    let first = roster(1, Hash::ZERO);
    let second = roster(2, first.hash());
    vec![signed(&first, 9), signed(&second, 9)]
}

/// What an honest node hands over of the chain: under a head that a mirror has cosigned.
fn handed(chain: &Chain, account: AccountId) -> ChainEvidence {
    ChainEvidence {
        head: cosigned(&chain.note()),
        ..chain.handed(account)
    }
}

fn stated(chain: &Chain, evidence: &ChainEvidence, account: AccountId) -> Content {
    let register = evidence.register.as_ref().unwrap();
    let accounts = [account].into();
    let complete = prove_complete(&chain.head(), &accounts, register, &evidence.records).unwrap();
    let sealed = fold(&complete.facts, Policy::embedded(), day())
        .with_account_id(account)
        .sealed();
    Content {
        subject: Subject {
            owner: account,
            accounts: vec![account],
            strangers: Vec::new(),
            names: Vec::new(),
            as_of: day(),
            issued: day(),
            commitment: Some(SALT.commit(&number())),
            cover: Cover::Whole,
        },
        chains: vec![StatedChain::of(evidence, chain.head().size).unwrap()],
        hidden: Vec::new(),
        rosters: rosters(),
        rules: RuleTexts::with_own(Vec::new()),
        account: Some(StatedAccount {
            form: FORMAT.to_string(),
            digest: sealed.digest,
            json: Some(sealed.json),
        }),
    }
}

fn honest(account: AccountId) -> Content {
    let chain = Chain::unlinked();
    stated(&chain, &handed(&chain, account), account)
}

fn sealed(content: &Content) -> Vec<u8> {
    content.seal(&origin(), &chain_key()).unwrap()
}

fn outcome(content: &Content) -> Result<yizhang_statement::Verdict, Refusal> {
    Statement::parse(&sealed(content))?.verify(trusted())
}

#[test]
fn an_honest_statement_shows_who_stated_what_and_up_to_when() {
    let bytes = sealed(&honest(WORKER));
    let verdict = Statement::parse(&bytes).unwrap().verify(trusted()).unwrap();
    assert_eq!(verdict.issuer, origin());
    assert_eq!(verdict.roster, 2);
    assert_eq!(verdict.checked.records, 4);
    assert_eq!(verdict.stated, StatedAs::Same);
    assert_eq!(verdict.person, PersonShown::Hidden);
    assert_eq!(verdict.rules, Policy::embedded().name());
    let mirror = Division::new(520_000).unwrap();
    let [own, other] = &verdict.chains[..] else {
        panic!("a roster of two chains")
    };
    assert_eq!(own.size, Some(TreeSize(9)));
    let through = Through {
        size: TreeSize(5),
        time: UnixMillis(REGISTER_MS),
    };
    assert_eq!(own.through, Some(through));
    assert_eq!(own.confirmed_by, [mirror]);
    assert_eq!(own.mirrors[0].region, mirror);
    // Of the other chain it has nothing, and says so.
    assert_eq!((other.size, other.through), (None, None));
    // The same content gives the same bytes.
    assert_eq!(sealed(&honest(WORKER)), bytes);
}

#[test]
fn absence_is_shown_as_well() {
    let verdict = outcome(&honest(NOBODY)).unwrap();
    assert_eq!(verdict.checked.records, 0);
    assert!(verdict.chains[0].through.is_some());
}

#[test]
fn the_number_is_revealed_by_its_holder_alone() {
    let bytes = sealed(&honest(WORKER));
    let opening = Opening {
        salt: SALT,
        number: number(),
    };
    let revealed = Statement::reveal(&bytes, &opening).unwrap();
    let verdict = Statement::parse(&revealed)
        .unwrap()
        .verify(trusted())
        .unwrap();
    assert_eq!(verdict.person, PersonShown::Revealed(number()));
    assert_eq!(
        Statement::reveal(&revealed, &opening),
        Err(PortableFault::Revealed)
    );
    let other_salt = Opening {
        salt: NumberSalt([4; 16]),
        ..opening.clone()
    };
    assert_eq!(
        Statement::reveal(&bytes, &other_salt),
        Err(PortableFault::OtherNumber)
    );
    // Another person's number behind it is refused.
    let mut forged = revealed.clone();
    let at = forged.len() - 4;
    forged[at..].copy_from_slice(b"1245");
    let outcome = Statement::parse(&forged).map(|statement| statement.verify(trusted()));
    match outcome {
        Ok(Err(Refusal::OtherNumber)) | Err(PortableFault::Content { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_trusted_root_keys_lead_to_a_roster() {
    let statement = Statement::parse(&sealed(&honest(WORKER))).unwrap();
    let foreign = RootFingerprint([7; 16]);
    let refused = statement.verify(foreign).unwrap_err();
    assert_eq!(
        refused,
        Refusal::Roster(TrustFault::OtherRoots {
            trusted: foreign,
            found: trusted()
        })
    );
    assert_eq!(statement.root_fingerprint(), Ok(trusted()));
    assert_eq!(
        RootFingerprint::parse(&trusted().to_string()),
        Some(trusted())
    );
    // A version that the root keys have not signed.
    let mut content = honest(WORKER);
    let first = roster(1, Hash::ZERO);
    content.rosters[1] = signed(&roster(2, first.hash()), 8);
    let refused = outcome(&content).unwrap_err();
    assert!(
        matches!(
            refused,
            Refusal::Roster(TrustFault::Version {
                number: 2,
                fault: Invalid::RosterSignatures { .. }
            })
        ),
        "{refused:?}"
    );
    // One that names trusted keys, and that these have not signed.
    content.rosters = vec![signed(&first, 8)];
    let refused = outcome(&content).unwrap_err();
    assert!(
        matches!(
            refused,
            Refusal::Roster(TrustFault::Version { number: 1, .. })
        ),
        "{refused:?}"
    );
}

#[test]
fn whoever_is_not_a_chain_of_the_roster_issues_nothing() {
    let content = honest(WORKER);
    let bytes = content.seal(&origin(), &root_key(1)).unwrap();
    let refused = Statement::parse(&bytes).unwrap().verify(trusted());
    assert!(refused.is_err());
    let stranger =
        yizhang_ledger::head::Origin::new("test.yizhang", Division::new(310_000).unwrap());
    let bytes = content.seal(&stranger.unwrap(), &chain_key()).unwrap();
    let refused = Statement::parse(&bytes).unwrap().verify(trusted());
    assert!(
        matches!(refused, Err(Refusal::Issuer { .. })),
        "{refused:?}"
    );
}

/// A node that lies: it signs what it has changed.
#[test]
fn what_an_issuer_changes_and_signs_is_refused_by_the_chains() {
    // A record that is left out.
    let mut content = honest(WORKER);
    content.chains[0].records.remove(0);
    let refused = outcome(&content).unwrap_err();
    assert!(
        matches!(refused, Refusal::Refuted(Refuted::Register { .. })),
        "{refused:?}"
    );
    // A record that is altered.
    let mut content = honest(WORKER);
    let entry = &mut content.chains[0].records[0].entry;
    let last = entry.len() - 1;
    entry[last] ^= 1;
    assert!(outcome(&content).is_err());
    // Records in another order.
    let mut content = honest(WORKER);
    content.chains[0].records.swap(0, 1);
    let refused = outcome(&content).unwrap_err();
    assert!(
        matches!(refused, Refusal::Refuted(Refuted::Order { .. })),
        "{refused:?}"
    );
    // Another person: the records of one under the pseudonym of another.
    let mut content = honest(WORKER);
    content.subject.owner = OTHER;
    content.subject.accounts = vec![OTHER];
    assert!(outcome(&content).is_err());
    // Another account than the records give.
    let mut content = honest(WORKER);
    content.account = honest(NOBODY).account;
    let refused = outcome(&content).unwrap_err();
    assert!(matches!(refused, Refusal::OtherFold { .. }), "{refused:?}");
    // A digest that is not that of the account.
    let mut content = honest(WORKER);
    content.account.as_mut().unwrap().digest = Hash::ZERO;
    assert_eq!(outcome(&content).unwrap_err(), Refusal::Digest);
    // A hash of the proof more, or less.
    let mut content = honest(WORKER);
    content.chains[0].hashes.push(Hash::ZERO);
    assert!(matches!(
        outcome(&content),
        Err(Refusal::Invalid(Invalid::Proof { .. }))
    ));
    let mut content = honest(WORKER);
    content.chains[0].hashes.pop();
    assert!(matches!(
        outcome(&content),
        Err(Refusal::Invalid(Invalid::Proof { .. }))
    ));
    // A chain twice.
    let mut content = honest(WORKER);
    let chain = content.chains[0].clone();
    content.chains.push(chain);
    assert_eq!(outcome(&content).unwrap_err(), Refusal::Chains);
}

#[test]
fn a_statement_of_records_alone_says_nothing_of_figures() {
    let mut content = honest(WORKER);
    content.account = None;
    assert_eq!(outcome(&content).unwrap().stated, StatedAs::Nothing);
}

#[test]
fn an_account_of_another_form_stands_on_the_word_of_its_issuer() {
    let mut content = honest(WORKER);
    let json = br#"{"format":"yizhang-account/11"}"#.to_vec();
    content.account = Some(StatedAccount {
        form: "yizhang-account/11".into(),
        digest: yizhang_entitlement::Account::digest_of(&json),
        json: Some(json.clone()),
    });
    let form = "yizhang-account/11".to_string();
    assert_eq!(
        outcome(&content).unwrap().stated,
        StatedAs::OtherForm {
            form,
            json: Some(json)
        }
    );
}

#[test]
fn every_byte_is_held_by_the_signature_or_by_what_it_opens() {
    let opening = Opening {
        salt: SALT,
        number: number(),
    };
    let honest = Statement::reveal(&sealed(&honest(WORKER)), &opening).unwrap();
    for at in 0..honest.len() {
        for bit in [1, 0x80] {
            let mut changed = honest.clone();
            changed[at] ^= bit;
            let believed =
                Statement::parse(&changed).is_ok_and(|one| one.verify(trusted()).is_ok());
            assert!(!believed, "byte {at}, bit {bit}");
        }
    }
    for end in 0..honest.len() {
        let believed = Statement::parse(&honest[..end]).map(|one| one.opening);
        // Without its last section it is the same statement, unrevealed.
        assert!(believed.is_err() || believed == Ok(None), "cut at {end}");
    }
    let mut longer = honest.clone();
    longer.push(0);
    assert!(matches!(
        Statement::parse(&longer),
        Err(PortableFault::Trailing { .. })
    ));
}

#[test]
fn what_unpacks_to_more_than_it_says_is_refused() {
    // A section of a few bytes that says that it has more than there is room for, and one that unpacks to more than it says.
    let mut bomb = PORTABLE_MAGIC.to_vec();
    bomb.push(1);
    bomb.extend_from_slice(&3_u32.to_le_bytes());
    bomb.extend_from_slice(&u32::MAX.to_le_bytes());
    bomb.extend_from_slice(&[1, 2, 3]);
    let refused = Statement::parse(&bomb).unwrap_err();
    assert!(matches!(
        refused,
        PortableFault::SectionTooLarge {
            section: SectionName::Subject,
            ..
        }
    ));
    let honest = sealed(&honest(WORKER));
    let mut less = honest.clone();
    less[13] -= 1;
    assert_eq!(
        Statement::parse(&less),
        Err(PortableFault::Unpack {
            section: SectionName::Subject
        })
    );
    assert_eq!(
        Statement::parse(b"YZROW\0\x01\n"),
        Err(PortableFault::Magic)
    );
}

#[test]
fn what_a_reader_knows_of_later_rosters_counts_for_the_statement() {
    let statement = Statement::parse(&sealed(&honest(WORKER))).unwrap();
    let second = roster(2, roster(1, Hash::ZERO).hash());
    let after = |change: fn(&mut Roster)| {
        let mut third = roster(3, second.hash());
        change(&mut third);
        [rosters(), vec![signed(&third, 9)]].concat()
    };
    // A region that has joined since: of its chain the statement has nothing.
    let joined = after(|roster| {
        let code = Division::new(310_000).unwrap();
        let origin = yizhang_ledger::head::Origin::new("test.yizhang", code).unwrap();
        let public = root_key(31).verifying_key().to_bytes();
        let key = note::NoteKey::new(origin.as_str(), public).unwrap();
        let mut region = roster.regions.values().next().unwrap().clone();
        region.keys = vec![ChainKey::always(key)];
        region.origin = origin;
        roster.regions.insert(code, region);
    });
    let shown = statement.verify_knowing(trusted(), &joined).unwrap();
    assert_eq!((shown.stated_roster, shown.roster), (2, 3));
    assert_eq!(shown.chains.len(), 3);
    assert_eq!(shown.chains[0].size, None);
    // The issuer's key has ended since, at a size that the statement does not reach beyond: what it had issued holds.
    let replaced = |until: u64| {
        let mut third = roster(3, second.hash());
        let region = third
            .regions
            .get_mut(&Division::new(440_000).unwrap())
            .unwrap();
        let name = region.origin.to_string();
        let next = note::NoteKey::new(&name, root_key(45).verifying_key().to_bytes()).unwrap();
        region.keys[0].until = Some(TreeSize(until));
        region.keys.push(ChainKey::since(next, TreeSize(until)));
        [rosters(), vec![signed(&third, 9)]].concat()
    };
    let ended = statement.verify_knowing(trusted(), &replaced(9)).unwrap();
    // But a thief would choose such a head, so whoever knows of the end is told.
    assert!(ended.issuer_key_ended && !shown.issuer_key_ended);
    // It had ended before: neither its head nor the statement is worth anything.
    assert!(statement.verify_knowing(trusted(), &replaced(8)).is_err());
    // Another version 3 that does not follow from the statement's second.
    let stranger = signed(&roster(3, Hash([7; 32])), 9);
    let refused = statement.verify_knowing(trusted(), &[stranger]);
    assert!(matches!(refused, Err(Refusal::Roster(_))), "{refused:?}");
    // And another version 2 than the statement's own, signed as well: one of the two is not what the reader was given.
    let mut other = roster(2, roster(1, Hash::ZERO).hash());
    other.regions.pop_last();
    let refused = statement.verify_knowing(trusted(), &[signed(&other, 9)]);
    assert!(matches!(refused, Err(Refusal::Roster(_))), "{refused:?}");
}

#[test]
fn a_key_that_has_ended_issues_nothing_even_where_its_chain_is_left_out() {
    let mut content = honest(WORKER);
    let first = roster(1, Hash::ZERO);
    let mut second = roster(2, first.hash());
    let region = second
        .regions
        .get_mut(&Division::new(440_000).unwrap())
        .unwrap();
    let name = region.origin.to_string();
    let next = note::NoteKey::new(&name, root_key(45).verifying_key().to_bytes()).unwrap();
    region.keys[0].until = Some(TreeSize(100));
    region.keys.push(ChainKey::since(next, TreeSize(0)));
    content.rosters = vec![signed(&first, 9), signed(&second, 9)];
    let refused = outcome(&content).unwrap_err();
    assert!(matches!(refused, Refusal::Issuer { .. }), "{refused:?}");
    content.chains.clear();
    let refused = outcome(&content).unwrap_err();
    assert!(matches!(refused, Refusal::Issuer { .. }), "{refused:?}");
    // The key in force does.
    let bytes = honest(WORKER);
    let bytes = Content {
        rosters: content.rosters,
        ..bytes
    };
    let bytes = bytes.seal(&origin(), &root_key(45)).unwrap();
    assert!(Statement::parse(&bytes).unwrap().verify(trusted()).is_ok());
}

#[test]
fn whose_a_statement_is_cannot_be_told_without_number_and_code() {
    let asked = |number: &str, code| AskedPerson {
        number: SocialSecurityNumber::parse(number).unwrap(),
        code,
    };
    let other = "110000199003071258";
    let hidden = Statement::parse(&sealed(&honest(WORKER))).unwrap();
    assert_eq!(hidden.is_of(&asked(NUMBER, None)), PersonAnswer::NeedsCode);
    assert_eq!(hidden.is_of(&asked(NUMBER, Some(SALT))), PersonAnswer::Is);
    assert_eq!(hidden.is_of(&asked(other, Some(SALT))), PersonAnswer::IsNot);
    let wrong = Some(NumberSalt([4; 16]));
    assert_eq!(hidden.is_of(&asked(NUMBER, wrong)), PersonAnswer::IsNot);
    let mut content = honest(WORKER);
    content.subject.commitment = None;
    let nobody = Statement::parse(&sealed(&content)).unwrap();
    assert_eq!(
        nobody.is_of(&asked(NUMBER, Some(SALT))),
        PersonAnswer::NotShown
    );
}
