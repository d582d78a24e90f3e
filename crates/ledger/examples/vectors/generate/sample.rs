//! Invented keys, accounts and records that the vectors are made of.

use ed25519_dalek::SigningKey;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    cosignature::{CosignerKey, UnixSeconds},
    entry::{Kind, RecordId},
    hash::Hash,
    head::Origin,
    note::NoteKey,
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
    roster::{ChainKey, CosigningKey, KeyKind, Region, Roster},
    value::{Code, Day, Division, Fen, Month, Namespace, Rate, Scheme, TreeSize, UnixMillis},
};

pub const FEDERATION: &str = "demo.yizhang";

/// A signing key whose 32 secret bytes are all the same.
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn public(seed: u8) -> [u8; 32] {
    key(seed).verifying_key().to_bytes()
}

/// The root keys, of which two must sign.
pub const ROOTS: [u8; 3] = [1, 2, 3];
/// The first key of the chain of 440000, good up to [`FIRST_KEY_UNTIL`], and the one after it.
pub const FIRST_KEY: u8 = 11;
pub const SECOND_KEY: u8 = 12;
pub const FIRST_KEY_UNTIL: u64 = 3;
/// The key of the chain of 110000.
pub const OTHER_KEY: u8 = 21;
/// The keys of the node of 110000 as a witness and as a mirror.
pub const WITNESS_KEY: u8 = 31;
pub const MIRROR_KEY: u8 = 32;

pub fn origin(region: u32) -> Origin {
    Origin::new(FEDERATION, Division::new(region).unwrap()).unwrap()
}

pub fn roster() -> Roster {
    let chain_key = |region: u32, seed: u8, from: u64, until: Option<u64>| ChainKey {
        key: NoteKey::new(origin(region).as_str(), public(seed)).unwrap(),
        from: TreeSize(from),
        until: until.map(TreeSize),
    };
    let region = |code: u32, keys: Vec<ChainKey>| {
        let endpoint = format!("https://node-{code}.example:7443");
        let region = Region {
            origin: origin(code),
            endpoint,
            keys,
            witness_keys: vec![],
            mirror_keys: vec![],
            continuations: Vec::new(),
        };
        (Division::new(code).unwrap(), region)
    };
    let mut capital = region(110_000, vec![chain_key(110_000, OTHER_KEY, 0, None)]);
    let key = cosigner_key(110_000, KeyKind::Witness, WITNESS_KEY);
    capital.1.witness_keys = vec![CosigningKey::always(key)];
    let key = cosigner_key(110_000, KeyKind::Mirror, MIRROR_KEY);
    capital.1.mirror_keys = vec![CosigningKey::always(key)];
    let chain_keys = vec![
        chain_key(440_000, FIRST_KEY, 0, Some(FIRST_KEY_UNTIL)),
        chain_key(440_000, SECOND_KEY, FIRST_KEY_UNTIL + 1, None),
    ];
    let mut south = region(440_000, chain_keys);
    south.1.witness_keys = vec![
        CosigningKey {
            key: cosigner_key(440_000, KeyKind::Witness, 33),
            from: UnixSeconds::new(2).unwrap(),
            until: UnixSeconds::new(5),
        },
        CosigningKey {
            key: cosigner_key(440_000, KeyKind::Witness, 34),
            from: UnixSeconds::new(9).unwrap(),
            until: None,
        },
    ];
    Roster {
        federation: FEDERATION.into(),
        version: 2,
        previous: Hash([0x0e; 32]),
        threshold: 2,
        mirrors: 1,
        roots: ROOTS.map(public).into(),
        tls_authority: vec![0x30, 0x03, 0x02, 0x01, 0x00],
        regions: [capital, south, region(520_000, vec![])].into(),
    }
}

pub fn cosigner_key(region: u32, kind: KeyKind, seed: u8) -> CosignerKey {
    CosignerKey::new(&kind.name(&origin(region)), public(seed)).unwrap()
}

/// A note of `text` with one signature line of each key.
pub fn signed(text: &str, name: &str, seeds: &[u8]) -> String {
    seeds.iter().fold(format!("{text}\n"), |note, seed| {
        note + &yizhang_ledger::note::signature_line(text, name, &key(*seed))
    })
}

pub fn signed_roster(roster: &Roster, seeds: &[u8]) -> String {
    signed(
        &roster.text(),
        &yizhang_ledger::roster::root_key_name(&roster.federation),
        seeds,
    )
}

pub fn account(last: u8) -> AccountId {
    AccountId([
        0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1,
        last,
    ])
}

pub fn code(text: &str) -> Code<'_> {
    Code::new(text).unwrap()
}

pub fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

pub fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub fn fen(amount: i64) -> Fen {
    Fen::new(amount).unwrap()
}

pub fn place(code: u32) -> Division {
    Division::new(code).unwrap()
}

pub fn pension() -> Scheme<'static> {
    Scheme {
        namespace: Namespace::Hrss,
        code: code("110"),
    }
}

pub fn source(serial: &'static str) -> Source<'static> {
    Source {
        agency: code("440399"),
        system: code("core"),
        serial: code(serial),
    }
}

pub fn target() -> RecordId {
    RecordId(Hash([0xab; 32]))
}

/// A month of pension contributions of an employee: base 4500.00, 14 % and 8 % (domain rules E3).
pub fn contribution() -> Contribution<'static> {
    Contribution {
        account: account(1),
        scheme: pension(),
        period: Period {
            first: month("2025-07"),
            months: 1,
        },
        settlement: month("2025-07"),
        received: Some(day("2025-07-15")),
        place: place(440_300),
        payer: Payer {
            kind: PayerKind::Unit,
            id: code("91440300708461136T"),
        },
        nature: 10,
        base: fen(450_000),
        rates: ShareRates {
            unit: Rate::new(1_400).unwrap(),
            person: Rate::new(800).unwrap(),
        },
        due: Shares {
            unit: fen(63_000),
            person: fen(36_000),
        },
        paid: Shares {
            unit: fen(63_000),
            person: fen(36_000),
        },
        credited: Shares {
            unit: fen(0),
            person: fen(36_000),
        },
        full: true,
        late_fee: fen(0),
        subsidies: Subsidies::default(),
        account_type: AccountType::General,
        target: None,
        source: source("R-2025-07-000001"),
    }
}

pub fn reversal() -> Reversal<'static> {
    Reversal {
        account: account(1),
        target: target(),
        reason: code("E01"),
        source: source("V-1"),
    }
}

pub fn interest() -> InterestCredit<'static> {
    InterestCredit {
        account: account(1),
        scheme: pension(),
        year: 2024,
        rate: Rate::new(262).unwrap(),
        amount: Shares {
            unit: fen(0),
            person: fen(59_212),
        },
        posted: day("2025-06-30"),
        source: source("I-2024"),
    }
}

pub fn participation() -> Participation<'static> {
    Participation {
        account: account(1),
        scheme: pension(),
        from: month("2025-07"),
        place: place(440_300),
        payer: Payer {
            kind: PayerKind::Person,
            id: Code::NONE,
        },
        reason: code("6313"),
        account_type: AccountType::General,
        source: source("P-1"),
    }
}

pub fn transfer() -> TransferStep<'static> {
    TransferStep {
        account: account(1),
        case: CaseId([0xc5; 16]),
        scheme: pension(),
        source_side: TransferSide {
            place: place(440_300),
            agency: code("440399"),
        },
        target_side: TransferSide {
            place: place(330_100),
            agency: code("330199"),
        },
        on: day("2025-09-01"),
        first: Some(month("2022-01")),
        last: Some(month("2024-06")),
        sums: TransferSums {
            deemed_months: 0,
            actual_months: 30,
            personal_account: fen(1_274_400),
            personal_account_unit: fen(0),
            pool: fen(1_911_600),
        },
        account_type: AccountType::Temporary,
        document: Hash([0xd0; 32]),
        reason: Code::NONE,
        source: source("T-1"),
    }
}

pub fn benefit() -> Benefit<'static> {
    Benefit {
        account: account(1),
        scheme: pension(),
        item: code("100011"),
        from: month("2029-06"),
        until: None,
        amount: fen(190_111),
        on: day("2029-06-10"),
        place: place(440_000),
        target: None,
        reason: Code::NONE,
        source: source("B-1"),
    }
}

pub fn identity() -> Identity<'static> {
    Identity {
        account: account(1),
        other: account(2),
        target: None,
        reason: code("15-18"),
        evidence: Hash([0xe1; 32]),
        on: day("2025-01-02"),
        source: source("L-1"),
    }
}

pub fn death() -> Death<'static> {
    Death {
        account: account(1),
        month: month("2031-03"),
        on: day("2031-04-02"),
        document: Hash([0xd1; 32]),
        source: source("D-1"),
    }
}

pub fn deemed() -> Deemed<'static> {
    Deemed {
        account: account(1),
        scheme: pension(),
        first: month("1985-08"),
        last: month("1994-12"),
        place: place(520_100),
        on: day("2026-02-03"),
        document: Hash([0xd2; 32]),
        reason: code("A1"),
        source: source("V-1"),
    }
}

pub fn household() -> Household<'static> {
    Household {
        account: account(1),
        place: place(520_000),
        from: month("1990-01"),
        on: day("2026-02-04"),
        source: source("H-1"),
    }
}

pub fn retire_class() -> RetireClassFact<'static> {
    RetireClassFact {
        account: account(1),
        class: RetireClass::F55,
        on: day("2026-02-05"),
        source: source("C-1"),
    }
}

pub fn birth() -> Birth<'static> {
    Birth {
        account: account(1),
        birth: month("1976-09"),
        by: BirthEvidence::Archive,
        on: day("2026-02-06"),
        document: Hash([0xd3; 32]),
        source: source("G-1"),
    }
}

pub fn agreement() -> Agreement<'static> {
    Agreement {
        account: account(1),
        scheme: pension(),
        first: month("2024-01"),
        last: month("2024-06"),
        keep: place(440_500),
        on: day("2026-07-01"),
        document: Hash([0xd4; 32]),
        source: source("N-1"),
    }
}

pub fn bridge() -> Bridge<'static> {
    Bridge {
        account: account(1),
        scheme: Scheme::parse("hrss:170").unwrap(),
        into: pension(),
        place: place(440_500),
        on: day("2039-10-09"),
        personal_account: fen(1_234_567),
        document: Hash([0xd5; 32]),
        source: source("B-1"),
    }
}

pub fn dispute() -> Dispute<'static> {
    Dispute {
        account: account(1),
        region: place(440_000),
        target: target(),
        reason: code("amount"),
        on: day("2026-07-02"),
        document: Hash::ZERO,
        source: source("Y-1"),
    }
}

pub fn access_digest() -> AccessDigest {
    AccessDigest {
        day: day("2026-11-30"),
        entries: 4_711,
        last: Hash([0xac; 32]),
        before: Hash([0xab; 32]),
    }
}

pub fn account_register() -> AccountRegister {
    AccountRegister {
        form: 1,
        size: 1_000_000,
        accounts: 4_711,
        root: Hash([0xad; 32]),
    }
}

pub fn key_bound() -> KeyBound<'static> {
    KeyBound {
        account: account(1),
        number: 0,
        kind: HolderKeyKind::Ed25519,
        public: &[0xa1; 32],
        credential: &[],
        relying_party: Hash::ZERO,
        on: day("2026-12-01"),
        basis: code("counter"),
        maker: Hash([0xa2; 32]),
        checker: Hash::ZERO,
    }
}

pub fn passkey_bound() -> KeyBound<'static> {
    KeyBound {
        number: 1,
        kind: HolderKeyKind::Passkey,
        public: &[0x04; 65],
        credential: &[0xa3; 16],
        relying_party: Hash([0xa4; 32]),
        basis: code("key"),
        maker: Hash::ZERO,
        ..key_bound()
    }
}

pub fn key_ended() -> KeyEnded<'static> {
    KeyEnded {
        account: account(1),
        region: place(440_000),
        number: 1,
        on: day("2027-01-15"),
        reason: code("holder"),
    }
}

pub fn approval() -> Approval<'static> {
    Approval {
        submission: SubmissionId([0xb1; 16]),
        submitter: code("agency.440000"),
        content: Hash([0xb2; 32]),
        maker: Hash([0xb3; 32]),
        checker: Hash([0xb4; 32]),
        on: day("2026-12-01"),
    }
}

pub fn platform() -> Code<'static> {
    code("91440300MA5A000000")
}

pub fn case() -> CaseId {
    CaseId([0xc5; 16])
}

pub fn platform_month() -> PlatformMonth<'static> {
    PlatformMonth {
        account: account(7),
        platform: platform(),
        place: place(440_300),
        month: month("2026-10"),
        trade: Trade::Delivery,
        mode: TransportMode::MotorCycle,
        work: Work {
            orders: 812,
            insured_orders: 810,
            days: 27,
            minutes: 14_210,
            longest_minutes: 395,
            night_minutes: 1_805,
        },
        earnings: Earnings {
            gross: fen(612_350),
            incentives: fen(40_000),
            deductions: fen(21_500),
            refunds: fen(1_200),
            net: fen(632_050),
        },
        file: OrderRows {
            rows: 829,
            root: Hash([0xc1; 32]),
        },
        target: None,
        source: source("P1"),
    }
}

pub fn oip_premium() -> OipPremium<'static> {
    OipPremium {
        platform: platform(),
        place: place(440_300),
        month: month("2026-10"),
        trade: Trade::Delivery,
        orders: 4_294_967_296,
        insured_orders: 4_294_967_295,
        due: fen(107_374_182),
        paid: fen(107_374_181),
        received: Some(day("2026-11-14")),
        target: Some(target()),
        source: source("P2"),
    }
}

pub fn injury_report() -> InjuryReport<'static> {
    InjuryReport {
        account: account(7),
        case: case(),
        platform: platform(),
        place: place(440_300),
        trade: Trade::RideHailing,
        occurred: UnixMillis(1_792_380_000_000),
        reported: UnixMillis(1_792_383_660_000),
        reporter: Reporter::Worker,
        order: Hash([0xc2; 32]),
        attachment: Hash([0xc3; 32]),
        source: source("P3"),
    }
}

pub fn injury_determination() -> InjuryDetermination<'static> {
    InjuryDetermination {
        account: account(7),
        case: case(),
        step: InjuryStep::NotRecognised,
        scheme: Scheme {
            namespace: Namespace::Hrss,
            code: code("OIP"),
        },
        place: place(440_300),
        on: day("2026-11-27"),
        document: Hash([0xc4; 32]),
        reason: code("outside-order"),
        source: source("P4"),
    }
}

pub fn disability_grade() -> DisabilityGrade<'static> {
    DisabilityGrade {
        account: account(7),
        case: case(),
        grade: 10,
        place: place(440_300),
        on: day("2027-02-01"),
        document: Hash([0xc4; 32]),
        source: source("P5"),
    }
}

pub fn fund_prepay() -> FundPrepay<'static> {
    FundPrepay {
        platform: platform(),
        place: place(440_000),
        period: Period {
            first: month("2026-10"),
            months: 3,
        },
        revenue: fen(1_234_567_890),
        rate: Rate::new(100).unwrap(),
        due: fen(12_345_679),
        paid: fen(12_345_679),
        received: Some(day("2026-12-31")),
        target: None,
        source: source("P6"),
    }
}

pub fn fund_draw() -> FundDraw<'static> {
    FundDraw {
        platform: platform(),
        place: place(440_000),
        case: case(),
        way: FundMove::Repaid,
        amount: fen(500_000),
        on: day("2026-12-31"),
        target: Some(target()),
        source: source("P7"),
    }
}

pub fn subsidy() -> Subsidy<'static> {
    Subsidy {
        account: account(7),
        programme: code("beijing-flexible-2026"),
        scheme: pension(),
        period: Period {
            first: month("2026-10"),
            months: 1,
        },
        place: place(110_000),
        contribution: fen(143_240),
        share: Rate::new(6_667).unwrap(),
        amount: fen(95_493),
        on: day("2026-11-20"),
        target: Some(target()),
        reason: code("hard-to-employ"),
        source: source("P8"),
    }
}

pub fn warning() -> Warning<'static> {
    let subject = Subject {
        worker: Some(account(7)),
        party: platform(),
        case: Some(case()),
    };
    let rule = code("coverage-below-all");
    let first = month("2026-10");
    let place = place(440_300);
    Warning {
        id: yizhang_ledger::warning::id(rule, &subject, place, first),
        rule,
        subject,
        place,
        first,
        last: month("2026-11"),
        found: 810,
        wanted: 812,
        basis: yizhang_ledger::warning::basis(&[target()]),
        on: day("2026-11-30"),
        act_by: day("2026-12-15"),
        source: source("P9"),
    }
}

pub fn warning_closed() -> WarningClosed<'static> {
    WarningClosed {
        id: warning().id,
        target: target(),
        ending: Ending::Dismissed,
        reason: code("counted-twice"),
        on: day("2026-12-10"),
        source: source("P10"),
    }
}

/// The signature that stands in [`deposit`]: by the key of 41s, over the entry of [`platform_month`], for the chain of 440000.
pub fn deposit(signature: &[u8]) -> Deposit<'_> {
    Deposit {
        platform: platform(),
        public: public(DEPOSIT_KEY),
        records: 1,
        digest: deposit_digest(),
        signature,
    }
}

/// The key of the platform.
pub const DEPOSIT_KEY: u8 = 41;

pub fn deposit_digest() -> Hash {
    let month = entry(&Record::PlatformMonth(platform_month()));
    yizhang_ledger::deposit::digest(&[&month])
}

/// What the key of the platform says about [`deposit_digest`].
pub fn deposit_signature() -> Vec<u8> {
    use ed25519_dalek::Signer as _;
    let message =
        yizhang_ledger::deposit::message(place(440_000), platform(), 1, &deposit_digest());
    key(DEPOSIT_KEY).sign(&message).to_bytes().to_vec()
}

/// The same, for a record that outlives the call.
fn standing_signature() -> &'static [u8] {
    static SIGNATURE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    SIGNATURE.get_or_init(deposit_signature)
}

/// One valid record of a kind that has fields; `None` for the others.
pub fn record(kind: Kind) -> Option<Record<'static>> {
    Some(match kind {
        Kind::DUE => Record::Contribution(
            kind,
            Contribution {
                received: None,
                full: false,
                ..contribution()
            },
        ),
        Kind::RECEIVED => Record::Contribution(kind, contribution()),
        Kind::ADJUST_DELTA => Record::Contribution(
            kind,
            Contribution {
                nature: 34,
                target: Some(target()),
                ..contribution()
            },
        ),
        Kind::REFUND => Record::Contribution(
            kind,
            Contribution {
                nature: 20,
                target: Some(target()),
                ..contribution()
            },
        ),
        Kind::REVERSAL => Record::Reversal(reversal()),
        Kind::INTEREST_CREDIT => Record::InterestCredit(interest()),
        Kind::ENROL | Kind::SUSPEND | Kind::RESUME | Kind::TERMINATE => {
            Record::Participation(kind, participation())
        }
        kind if (64..=76).contains(&kind.0) => Record::Transfer(kind, transfer()),
        kind if (96..=103).contains(&kind.0) => Record::Benefit(kind, benefit()),
        Kind::DEATH_NOTICE => Record::Death(death()),
        Kind::DEEMED_MONTHS => Record::Deemed(deemed()),
        Kind::HUKOU_FACT => Record::Household(household()),
        Kind::RETIRE_CLASS_FACT => Record::RetireClass(retire_class()),
        Kind::BIRTH_DATE_FACT => Record::Birth(birth()),
        Kind::DUPLICATE_AGREEMENT => Record::Agreement(agreement()),
        Kind::BRIDGE => Record::Bridge(bridge()),
        Kind::ACCESS_DIGEST => Record::AccessDigest(access_digest()),
        Kind::ACCOUNT_REGISTER => Record::AccountRegister(account_register()),
        Kind::DISPUTE | Kind::DISPUTE_OUTCOME => Record::Dispute(kind, dispute()),
        Kind::KEY_BOUND => Record::KeyBound(key_bound()),
        Kind::KEY_ENDED => Record::KeyEnded(key_ended()),
        Kind::APPROVAL => Record::Approval(approval()),
        Kind::SUBSIDY_APPLY | Kind::SUBSIDY_AWARD | Kind::SUBSIDY_CREDIT => {
            Record::Subsidy(kind, subsidy())
        }
        Kind::PLATFORM_MONTH => Record::PlatformMonth(platform_month()),
        Kind::OIP_PREMIUM => Record::OipPremium(oip_premium()),
        Kind::INJURY_REPORT => Record::InjuryReport(injury_report()),
        Kind::INJURY_DETERMINATION => Record::InjuryDetermination(injury_determination()),
        Kind::DISABILITY_GRADE => Record::DisabilityGrade(disability_grade()),
        Kind::FUND_PREPAY => Record::FundPrepay(fund_prepay()),
        Kind::FUND_DRAW => Record::FundDraw(fund_draw()),
        Kind::WARNING => Record::Warning(warning()),
        Kind::WARNING_CLOSED => Record::WarningClosed(warning_closed()),
        Kind::DEPOSIT => Record::Deposit(deposit(standing_signature())),
        Kind::IDENTITY_LINK => Record::Identity(kind, identity()),
        Kind::IDENTITY_SPLIT => Record::Identity(
            kind,
            Identity {
                target: Some(target()),
                ..identity()
            },
        ),
        _ => return None,
    })
}

pub fn entry(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.write(&mut bytes).unwrap();
    bytes
}

pub fn block(records: &[Record<'_>]) -> RecordBlock {
    RecordBlock::parse(records.iter().flat_map(entry).collect()).unwrap()
}

/// An entry of any kind with any payload, well formed or not.
pub fn raw_entry(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = super::values::varint(kind.into());
    bytes.extend(super::values::varint(payload.len().try_into().unwrap()));
    bytes.extend_from_slice(payload);
    bytes
}
