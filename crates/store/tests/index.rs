//! The index against naive scans: random work with tiny tables, every kind of record, and rebuilding while it is used.

use crate::federation::{SUBMITTER, World, accounts};
use rand::RngExt;
use std::{collections::BTreeSet, sync::Arc, thread};
use tempfile::tempdir;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::Submitted,
    entry::{Kind, RecordId},
    hash::Hash,
    person::AccountId,
    record::{
        AccessDigest, AccountRegister, AccountType, Agreement, Approval, Benefit, Birth,
        BirthEvidence, Bridge, CaseId, Contribution, Death, Deemed, Deposit, DisabilityGrade,
        Dispute, Earnings, Ending, FundDraw, FundMove, FundPrepay, HolderKeyKind, Household,
        Identity, InjuryDetermination, InjuryReport, InjuryStep, InterestCredit, KeyBound,
        KeyEnded, OipPremium, OrderRows, Participation, Payer, PayerKind, Period, PlatformMonth,
        Record, Reporter, RetireClass, RetireClassFact, Reversal, ShareRates, Shares, Source,
        Subject, Subsidies, Subsidy, Trade, TransferSide, TransferStep, TransferSums,
        TransportMode, Warning, WarningClosed, Work,
    },
    value::{Code, Day, Division, Fen, LeafIndex, Month, Rate, Scheme, TreeSize, UnixMillis},
};
use yizhang_store::{Options, Store, StoreError};

#[test]
fn the_index_equals_a_scan_whatever_the_size_of_its_tables() {
    for (seed, table_entries) in [(51, 1), (52, 7), (53, 64), (54, 1_000)] {
        let mut world = World::new(seed, 3);
        let folder = tempdir().unwrap();
        let options = Options {
            table_entries,
            ..world.tiny()
        };
        for round in 0..4 {
            let store = Store::open(folder.path(), options.clone()).unwrap().0;
            world.settle(&store);
            world.random_work(&store, 12);
            world.check(&store, 0);
            if round % 2 == 0 {
                store.close().unwrap();
                world.check_nothing_wrong(folder.path(), store);
            }
        }
    }
}

/// Pages of any size over tables and runs give every account of a chain once, in order.
#[test]
fn accounts_of_a_chain_come_in_pages_whatever_the_size_of_tables() {
    for (seed, table_entries) in [(151, 1), (152, 7), (153, 1_000)] {
        let mut world = World::new(seed, 3);
        let folder = tempdir().unwrap();
        let options = Options {
            table_entries,
            ..world.tiny()
        };
        let store = Store::open(folder.path(), options).unwrap().0;
        world.random_work(&store, 30);
        for number in 0..3 {
            let expected: BTreeSet<AccountId> = world.chains[number]
                .leaves
                .iter()
                .flat_map(|leaf| accounts(leaf))
                .collect();
            for limit in [1, 3, 1_000] {
                let mut found: Vec<AccountId> = Vec::new();
                loop {
                    let origin = &world.chains[number].origin;
                    let page = store.accounts_after(origin, found.last(), limit).unwrap();
                    found.extend(&page);
                    if page.len() < limit {
                        break;
                    }
                }
                assert!(
                    found.iter().eq(&expected),
                    "chain {number}, pages of {limit}"
                );
            }
        }
    }
}

#[test]
fn an_index_that_is_distrusted_is_built_again_while_work_goes_on() {
    let mut world = World::new(55, 2);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    for _ in 0..4 {
        world.random_work(&store, 10);
        store.distrust_index();
        world.random_work(&store, 10);
        store.flush().unwrap();
        world.check(&store, 1);
    }
    store.close().unwrap();
    world.check_nothing_wrong(folder.path(), store);
}

/// Lookups in one thread while another appends: whoever takes a head first finds every record below it, with proofs.
#[test]
fn readers_find_everything_below_a_head_while_a_writer_appends() {
    let mut world = World::new(56, 1);
    let folder = tempdir().unwrap();
    let store = Arc::new(world.open(folder.path()));
    let (origin, watched) = (world.chains[0].origin.clone(), world.accounts.clone());
    thread::scope(|scope| {
        let (reading, origin) = (store.clone(), origin.clone());
        let reader = scope.spawn(move || {
            let mut rounds = 0_usize;
            loop {
                let Some((size, _)) = reading.newest_head(&origin).unwrap() else {
                    continue;
                };
                let account = &watched[rounds % watched.len()];
                let found: Vec<LeafIndex> = reading
                    .positions(account)
                    .unwrap()
                    .into_iter()
                    .map(|(_, index)| index)
                    .collect();
                let below: Vec<LeafIndex> =
                    found.into_iter().filter(|index| index.0 < size.0).collect();
                let root = reading.root_at(&origin, size).unwrap().unwrap();
                for (index, proof) in below
                    .iter()
                    .zip(reading.proofs(&origin, &below, size).unwrap())
                {
                    let leaf = yizhang_ledger::hash::hash_leaf(&proof.entry);
                    yizhang_ledger::tree::verify_inclusion(
                        &leaf,
                        index.0,
                        size.0,
                        &proof.path,
                        &root,
                    )
                    .unwrap();
                    assert!(accounts(&proof.entry).contains(account));
                }
                let count = reading
                    .batches(&origin, TreeSize(0))
                    .unwrap()
                    .map(|batch| yizhang_ledger::batch::Batch::parse(batch.unwrap().0).unwrap())
                    .filter(|batch| batch.size_after() <= size)
                    .flat_map(|batch| {
                        batch
                            .records()
                            .flat_map(|(_, entry)| accounts(entry.bytes))
                            .collect::<Vec<_>>()
                    })
                    .filter(|found| found == account)
                    .count();
                assert_eq!(below.len(), count);
                rounds += 1;
                if rounds > 20 && size.0 > 3_000 {
                    return;
                }
            }
        });
        while !reader.is_finished() {
            let records = world.rng.random_range(1..40);
            world.append(&store, 0, &[records, 1]);
        }
        reader.join().unwrap();
    });
    world.check(&store, 1);
}

/// The index takes accounts from entries without decoding them. It must agree with the decoder for every kind.
#[test]
fn records_of_every_kind_are_found_under_all_their_accounts() {
    let mut world = World::new(57, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    let mut bytes = Vec::new();
    for number in 1..200 {
        let record = record(
            Kind(number),
            AccountId(world.rng.random()),
            AccountId(world.rng.random()),
        );
        record.unwrap().write(&mut bytes).unwrap();
    }
    let block = RecordBlock::parse(bytes).unwrap();
    let submitted = Submitted {
        id: SubmissionId([1; 16]),
        submitter: SUBMITTER.into(),
        block,
    };
    let extension = world.chains[0]
        .state
        .prepare(&[submitted], UnixMillis(1), 1)
        .unwrap();
    world.chains[0].pending.push(extension.clone());
    store
        .persist(&world.chains[0].origin, &[(&extension, None)])
        .unwrap();
    let note = world.chains[0].acknowledge();
    store.note_head(&world.chains[0].origin, &note).unwrap();
    world.check(&store, 0);
    // What is personal and has no fields in this version, and nothing else whose bytes begin so.
    let unread = store.positions(&AccountId([5; 16])).unwrap();
    assert_eq!(unread.len(), 7);
}

/// A record of a kind; none for the kind of batch entries.
fn record(kind: Kind, account: AccountId, other: AccountId) -> Option<Record<'static>> {
    let code = |text| Code::new(text).unwrap();
    let (source, scheme) = (
        Source::default(),
        Scheme {
            code: code("110"),
            ..Scheme::parse("hrss:110").unwrap()
        },
    );
    let (month, day) = (Month::of(2_020, 5).unwrap(), Day::new(20_200_501).unwrap());
    let place = Division::new(440_300).unwrap();
    let payer = Payer {
        kind: PayerKind::Person,
        id: Code::NONE,
    };
    let (target, reason) = (RecordId(Hash([9; 32])), Code::NONE);
    let side = TransferSide {
        place,
        agency: Code::NONE,
    };
    let contribution = |received, target| Contribution {
        account,
        scheme,
        period: Period {
            first: month,
            months: 1,
        },
        settlement: month,
        received,
        place,
        payer,
        nature: 10,
        base: Fen::ZERO,
        rates: ShareRates::default(),
        due: Shares::default(),
        paid: Shares::default(),
        credited: Shares::default(),
        full: true,
        late_fee: Fen::ZERO,
        subsidies: Subsidies::default(),
        account_type: AccountType::General,
        target,
        source,
    };
    match kind {
        Kind::DUE => Some(Record::Contribution(kind, contribution(None, None))),
        Kind::RECEIVED | Kind::ADJUST_DELTA | Kind::REFUND => Some(Record::Contribution(
            kind,
            contribution(Some(day), Some(target)),
        )),
        Kind::REVERSAL => Some(Record::Reversal(Reversal {
            account,
            target,
            reason,
            source,
        })),
        Kind::INTEREST_CREDIT => {
            let (rate, amount) = (Rate::ZERO, Shares::default());
            Some(Record::InterestCredit(InterestCredit {
                account,
                scheme,
                year: 2_020,
                rate,
                amount,
                posted: day,
                source,
            }))
        }
        kind if (Kind::ENROL..=Kind::TERMINATE).contains(&kind) => {
            let account_type = AccountType::General;
            Some(Record::Participation(
                kind,
                Participation {
                    account,
                    scheme,
                    from: month,
                    place,
                    payer,
                    reason,
                    account_type,
                    source,
                },
            ))
        }
        kind if (Kind::CERTIFICATE..=Kind::CORRECTION).contains(&kind) => {
            let step = TransferStep {
                account,
                case: CaseId([3; 16]),
                scheme,
                source_side: side,
                target_side: side,
                on: day,
                first: None,
                last: None,
                sums: TransferSums::default(),
                account_type: AccountType::General,
                document: Hash::ZERO,
                reason,
                source,
            };
            Some(Record::Transfer(kind, step))
        }
        kind if (Kind::BENEFIT_APPLY..=Kind::RECOVERY).contains(&kind) => {
            let item = code("100011");
            let (until, amount, target) = (None, Fen::ZERO, None);
            Some(Record::Benefit(
                kind,
                Benefit {
                    account,
                    scheme,
                    item,
                    from: month,
                    until,
                    amount,
                    on: day,
                    place,
                    target,
                    reason,
                    source,
                },
            ))
        }
        Kind::IDENTITY_LINK | Kind::IDENTITY_SPLIT => {
            let target = (kind == Kind::IDENTITY_SPLIT).then_some(target);
            let evidence = Hash::ZERO;
            Some(Record::Identity(
                kind,
                Identity {
                    account,
                    other,
                    target,
                    reason,
                    evidence,
                    on: day,
                    source,
                },
            ))
        }
        Kind::BATCH => None,
        kind => Some(stated(kind, account)),
    }
}

/// What is stated beside money and participation.
fn stated(kind: Kind, account: AccountId) -> Record<'static> {
    let (source, scheme) = (Source::default(), Scheme::parse("hrss:110").unwrap());
    let (month, on) = (Month::of(2_020, 5).unwrap(), Day::new(20_200_501).unwrap());
    let (place, document, reason) = (Division::new(440_300).unwrap(), Hash::ZERO, Code::NONE);
    let (first, last) = (month, month);
    match kind {
        Kind::DEATH_NOTICE => Record::Death(Death {
            account,
            month,
            on,
            document,
            source,
        }),
        Kind::DEEMED_MONTHS => Record::Deemed(Deemed {
            account,
            scheme,
            first,
            last,
            place,
            on,
            document,
            reason,
            source,
        }),
        Kind::HUKOU_FACT => Record::Household(Household {
            account,
            place,
            from: month,
            on,
            source,
        }),
        Kind::RETIRE_CLASS_FACT => Record::RetireClass(RetireClassFact {
            account,
            class: RetireClass::M60,
            on,
            source,
        }),
        Kind::BIRTH_DATE_FACT => Record::Birth(Birth {
            account,
            birth: month,
            by: BirthEvidence::CitizenId,
            on,
            document,
            source,
        }),
        Kind::DUPLICATE_AGREEMENT => Record::Agreement(Agreement {
            account,
            scheme,
            first,
            last,
            keep: place,
            on,
            document,
            source,
        }),
        Kind::BRIDGE => {
            let (into, personal_account) = (Scheme::parse("hrss:170").unwrap(), Fen::ZERO);
            Record::Bridge(Bridge {
                account,
                scheme,
                into,
                place,
                on,
                personal_account,
                document,
                source,
            })
        }
        Kind::DISPUTE | Kind::DISPUTE_OUTCOME => {
            let target = RecordId(Hash([9; 32]));
            Record::Dispute(
                kind,
                Dispute {
                    account,
                    region: place,
                    target,
                    reason,
                    on,
                    document,
                    source,
                },
            )
        }
        // Of nobody, whatever its hashes begin with.
        Kind::ACCESS_DIGEST => Record::AccessDigest(AccessDigest {
            day: Day::new(20_200_501).unwrap(),
            entries: 1,
            last: Hash([5; 32]),
            before: Hash([5; 32]),
        }),
        // Found by the submission that its name gives, and not under the account that it is bound to.
        Kind::KEY_BOUND => Record::KeyBound(KeyBound {
            account: AccountId([5; 16]),
            number: 0,
            kind: HolderKeyKind::Ed25519,
            public: &[5; 32],
            credential: &[],
            relying_party: Hash::ZERO,
            on,
            basis: Code::new("counter").unwrap(),
            maker: Hash([5; 32]),
            checker: Hash([5; 32]),
        }),
        Kind::APPROVAL => Record::Approval(Approval {
            submission: SubmissionId([5; 16]),
            submitter: Code::new("agency.440000").unwrap(),
            content: Hash([5; 32]),
            maker: Hash([5; 32]),
            checker: Hash([6; 32]),
            on,
        }),
        Kind::KEY_ENDED => Record::KeyEnded(KeyEnded {
            account: AccountId([5; 16]),
            region: place,
            number: 0,
            on,
            reason,
        }),
        Kind::ACCOUNT_REGISTER => Record::AccountRegister(AccountRegister {
            form: 1,
            size: 5,
            accounts: 5,
            root: Hash([5; 32]),
        }),
        Kind::SUBSIDY_APPLY | Kind::SUBSIDY_AWARD | Kind::SUBSIDY_CREDIT => Record::Subsidy(
            kind,
            Subsidy {
                account,
                programme: Code::new("example").unwrap(),
                scheme,
                period: Period {
                    first: month,
                    months: 1,
                },
                place,
                contribution: Fen::ZERO,
                share: Rate::ZERO,
                amount: Fen::ZERO,
                on,
                target: Some(RecordId(Hash([5; 32]))),
                reason,
                source,
            },
        ),
        kind => of_platforms(kind, account),
    }
}

/// What platforms deposit, and what follows from it.
fn of_platforms(kind: Kind, account: AccountId) -> Record<'static> {
    let (source, case) = (Source::default(), CaseId([5; 16]));
    let (month, on) = (Month::of(2_020, 5).unwrap(), Day::new(20_200_501).unwrap());
    let (place, document, reason) = (Division::new(440_300).unwrap(), Hash::ZERO, Code::NONE);
    let platform = Code::new("91440300MA5A000000").unwrap();
    match kind {
        Kind::PLATFORM_MONTH => Record::PlatformMonth(PlatformMonth {
            account,
            platform,
            place,
            month,
            trade: Trade::Delivery,
            mode: TransportMode::Bicycle,
            work: Work::default(),
            earnings: Earnings::default(),
            file: OrderRows {
                rows: 1,
                root: Hash([5; 32]),
            },
            target: None,
            source,
        }),
        Kind::OIP_PREMIUM => Record::OipPremium(OipPremium {
            platform,
            place,
            month,
            trade: Trade::Delivery,
            orders: 5,
            insured_orders: 5,
            due: Fen::ZERO,
            paid: Fen::ZERO,
            received: None,
            target: None,
            source,
        }),
        Kind::INJURY_REPORT => Record::InjuryReport(InjuryReport {
            account,
            case,
            platform,
            place,
            trade: Trade::Delivery,
            occurred: UnixMillis(5),
            reported: UnixMillis(6),
            reporter: Reporter::Worker,
            order: Hash::ZERO,
            attachment: Hash::ZERO,
            source,
        }),
        Kind::INJURY_DETERMINATION => Record::InjuryDetermination(InjuryDetermination {
            account,
            case,
            step: InjuryStep::Accepted,
            scheme: Scheme::parse("hrss:OIP").unwrap(),
            place,
            on,
            document,
            reason,
            source,
        }),
        Kind::DISABILITY_GRADE => Record::DisabilityGrade(DisabilityGrade {
            account,
            case,
            grade: 5,
            place,
            on,
            document,
            source,
        }),
        Kind::FUND_PREPAY => Record::FundPrepay(FundPrepay {
            platform,
            place,
            period: Period {
                first: month,
                months: 3,
            },
            revenue: Fen::ZERO,
            rate: Rate::ZERO,
            due: Fen::ZERO,
            paid: Fen::ZERO,
            received: None,
            target: None,
            source,
        }),
        Kind::FUND_DRAW => Record::FundDraw(FundDraw {
            platform,
            place,
            case,
            way: FundMove::Drawn,
            amount: Fen::new(5).unwrap(),
            on,
            target: None,
            source,
        }),
        kind => of_supervision(kind),
    }
}

/// What names nobody to be found under.
fn of_supervision(kind: Kind) -> Record<'static> {
    let (source, on) = (Source::default(), Day::new(20_200_501).unwrap());
    let platform = Code::new("91440300MA5A000000").unwrap();
    match kind {
        Kind::WARNING => {
            let subject = Subject {
                worker: Some(AccountId([5; 16])),
                party: platform,
                case: None,
            };
            let (rule, place) = (
                Code::new("example").unwrap(),
                Division::new(440_300).unwrap(),
            );
            let first = Month::of(2_020, 5).unwrap();
            Record::Warning(Warning {
                id: yizhang_ledger::warning::id(rule, &subject, place, first),
                rule,
                subject,
                place,
                first,
                last: first,
                found: 5,
                wanted: 6,
                basis: Hash([5; 32]),
                on,
                act_by: on,
                source,
            })
        }
        Kind::WARNING_CLOSED => Record::WarningClosed(WarningClosed {
            id: Hash([5; 32]),
            target: RecordId(Hash([5; 32])),
            ending: Ending::Met,
            reason: Code::NONE,
            on,
            source,
        }),
        Kind::DEPOSIT => Record::Deposit(Deposit {
            platform,
            public: [5; 32],
            records: 5,
            digest: Hash([5; 32]),
            signature: &[5; 64],
        }),
        // Reserved kinds and those of later versions: of the account in their first bytes, where the kind is personal.
        kind => Record::unread(kind, &[5; 60]),
    }
}

#[test]
fn what_is_not_there_is_said_so() {
    let mut world = World::new(58, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    world.append(&store, 0, &[3]);
    let origin = world.chains[0].origin.clone();
    let elsewhere = yizhang_ledger::head::Origin::parse("test.yizhang/990000").unwrap();
    assert!(matches!(
        store.record(&elsewhere, LeafIndex(0)),
        Err(StoreError::UnknownChain { .. })
    ));
    assert!(matches!(
        store.record(&origin, LeafIndex(4)),
        Err(StoreError::NoSuchLeaf { .. })
    ));
    assert!(matches!(
        store.proof(&origin, LeafIndex(0), TreeSize(5)),
        Err(StoreError::NoSuchLeaf { .. })
    ));
    assert!(matches!(
        store.proof(&origin, LeafIndex(3), TreeSize(3)),
        Err(StoreError::NoSuchLeaf { .. })
    ));
    assert!(matches!(
        store.batches(&origin, TreeSize(1)),
        Err(StoreError::NoBatchStarts { .. })
    ));
    assert_eq!(
        store
            .submission(&origin, SUBMITTER, &SubmissionId([0; 16]))
            .unwrap(),
        None
    );
    assert_eq!(store.state(&elsewhere).map(|state| state.size()), None);
}
