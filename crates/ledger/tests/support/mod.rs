//! Random valid evidence, from a seed that every test prints.

#![allow(dead_code, unreachable_pub, reason = "each test uses its own part")]

#[path = "../../examples/vectors/generate/mod.rs"]
pub mod generate;

use generate::sample;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::{ChainState, Extension, Submitted},
    entry::{Kind, RecordId},
    hash::Hash,
    person::AccountId,
    record::{
        AccessDigest, AccountRegister, AccountType, Agreement, Approval, Benefit, Birth,
        BirthEvidence, Bridge, CaseId, Contribution, DEEMED_MONTHS_MAX, Death, Deemed, Deposit,
        DisabilityGrade, Dispute, Earnings, Ending, FundDraw, FundMove, FundPrepay, Household,
        Identity, InjuryDetermination, InjuryReport, InjuryStep, InterestCredit, KeyBound,
        KeyEnded, OipPremium, OrderRows, Participation, Payer, PayerKind, Period, PlatformMonth,
        Record, Reporter, RetireClass, RetireClassFact, Reversal, ShareRates, Shares, Source,
        Subject, Subsidies, Subsidy, Trade, TransferSide, TransferStep, TransferSums,
        TransportMode, Warning, WarningClosed, Work,
    },
    value::{Code, Day, Division, Fen, Month, Namespace, Rate, Scheme, UnixMillis},
};

/// A source of random values for a test. The seed is that of `YIZHANG_SEED`, or always the same; a failing test prints it.
pub fn random(test: &str) -> ChaCha8Rng {
    let seed = std::env::var("YIZHANG_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_261_123);
    println!("{test}: YIZHANG_SEED={seed}");
    ChaCha8Rng::seed_from_u64(seed)
}

pub fn bytes(rng: &mut ChaCha8Rng, most: usize) -> Vec<u8> {
    let length = rng.random_range(0..=most);
    (0..length).map(|_| rng.random()).collect()
}

/// Texts that codes are taken from, so that records can borrow.
pub fn codes(rng: &mut ChaCha8Rng) -> Vec<String> {
    let code = |rng: &mut ChaCha8Rng| {
        let length = rng.random_range(1..=32);
        (0..length)
            .map(|_| char::from(rng.random_range(0x21..=0x7e_u8)))
            .collect()
    };
    (0..6).map(|_| code(rng)).collect()
}

/// One random valid record of each kind that is read.
pub fn records<'a>(rng: &mut ChaCha8Rng, codes: &'a [String]) -> Vec<Record<'a>> {
    Kind::NAMED
        .iter()
        .filter_map(|(kind, _)| record(rng, codes, *kind))
        .collect()
}

fn record<'a>(rng: &mut ChaCha8Rng, codes: &'a [String], kind: Kind) -> Option<Record<'a>> {
    let mut from = Draw { rng, codes };
    Some(match sample::record(kind)? {
        Record::Contribution(..) => Record::Contribution(kind, from.contribution(kind)),
        Record::Reversal(_) => Record::Reversal(from.reversal()),
        Record::InterestCredit(_) => Record::InterestCredit(from.interest()),
        Record::Participation(..) => Record::Participation(kind, from.participation()),
        Record::Transfer(..) => Record::Transfer(kind, from.transfer()),
        Record::Benefit(..) => Record::Benefit(kind, from.benefit()),
        Record::Identity(..) => Record::Identity(kind, from.identity(kind)),
        Record::Death(_) => Record::Death(from.death()),
        Record::Deemed(_) => Record::Deemed(from.deemed()),
        Record::Household(_) => Record::Household(from.household()),
        Record::RetireClass(_) => Record::RetireClass(from.retire_class()),
        Record::Birth(_) => Record::Birth(from.birth()),
        Record::Agreement(_) => Record::Agreement(from.agreement()),
        Record::Bridge(_) => Record::Bridge(from.bridge()),
        Record::Dispute(..) => Record::Dispute(kind, from.dispute()),
        Record::AccessDigest(_) => Record::AccessDigest(from.access_digest()),
        Record::AccountRegister(_) => Record::AccountRegister(from.account_register()),
        Record::KeyBound(_) => Record::KeyBound(from.key_bound()),
        Record::KeyEnded(_) => Record::KeyEnded(from.key_ended()),
        Record::Approval(_) => Record::Approval(from.approval()),
        Record::Subsidy(..) => Record::Subsidy(kind, from.subsidy()),
        Record::PlatformMonth(_) => Record::PlatformMonth(from.platform_month()),
        Record::OipPremium(_) => Record::OipPremium(from.oip_premium()),
        Record::InjuryReport(_) => Record::InjuryReport(from.injury_report()),
        Record::InjuryDetermination(_) => Record::InjuryDetermination(from.injury_determination()),
        Record::DisabilityGrade(_) => Record::DisabilityGrade(from.disability_grade()),
        Record::FundPrepay(_) => Record::FundPrepay(from.fund_prepay()),
        Record::FundDraw(_) => Record::FundDraw(from.fund_draw()),
        Record::Warning(_) => Record::Warning(from.warning()),
        Record::WarningClosed(_) => Record::WarningClosed(from.warning_closed()),
        Record::Deposit(_) => Record::Deposit(from.deposit()),
        Record::Unknown(..) => return None,
    })
}

/// A code that is not empty.
fn named<'a>() -> Code<'a> {
    Code::new("91440300MA5A000000").unwrap()
}

struct Draw<'r, 'a> {
    rng: &'r mut ChaCha8Rng,
    codes: &'a [String],
}

impl<'a> Draw<'_, 'a> {
    fn code(&mut self) -> Code<'a> {
        let at = self.rng.random_range(0..=self.codes.len());
        self.codes
            .get(at)
            .map_or(Code::NONE, |code| Code::new(code).unwrap())
    }

    fn fen(&mut self) -> Fen {
        let most = [0, 200, 100_000_000, Fen::MAX][self.rng.random_range(0..4)];
        Fen::new(self.rng.random_range(-most..=most)).unwrap()
    }

    fn month(&mut self) -> Month {
        Month::new(self.rng.random_range(22_800..=65_000)).unwrap()
    }

    fn day(&mut self) -> Day {
        let (year, month) = (
            self.rng.random_range(1_900..=9_999),
            self.rng.random_range(1..=12),
        );
        Day::new(year * 10_000 + month * 100 + self.rng.random_range(1..=28)).unwrap()
    }

    fn place(&mut self) -> Division {
        Division::new(self.rng.random_range(100_000..=999_999)).unwrap()
    }

    fn account(&mut self) -> AccountId {
        AccountId(self.rng.random())
    }

    fn target(&mut self) -> RecordId {
        RecordId(Hash(self.rng.random()))
    }

    fn rate(&mut self) -> Rate {
        Rate::new(self.rng.random_range(0..=100_000)).unwrap()
    }

    fn shares(&mut self) -> Shares {
        Shares {
            unit: self.fen(),
            person: self.fen(),
        }
    }

    fn scheme(&mut self) -> Scheme<'a> {
        let (_, namespace) = Namespace::ALL[self.rng.random_range(0..5)];
        Scheme {
            namespace,
            code: Code::new(&self.codes[self.rng.random_range(0..self.codes.len())]).unwrap(),
        }
    }

    fn payer(&mut self) -> Payer<'a> {
        let kinds = [
            PayerKind::Unit,
            PayerKind::Person,
            PayerKind::Government,
            PayerKind::Platform,
            PayerKind::Fund,
        ];
        let kind = kinds[self.rng.random_range(0..5)];
        let id = if kind == PayerKind::Unit {
            self.scheme().code
        } else {
            self.code()
        };
        Payer { kind, id }
    }

    fn account_type(&mut self) -> AccountType {
        if self.rng.random() {
            AccountType::General
        } else {
            AccountType::Temporary
        }
    }

    fn source(&mut self) -> Source<'a> {
        Source {
            agency: self.code(),
            system: self.code(),
            serial: self.code(),
        }
    }

    fn contribution(&mut self, kind: Kind) -> Contribution<'a> {
        let target = if kind == Kind::REFUND || self.rng.random() {
            Some(self.target())
        } else {
            None
        };
        Contribution {
            account: self.account(),
            scheme: self.scheme(),
            period: Period {
                first: self.month(),
                months: self.rng.random_range(1..=12),
            },
            settlement: self.month(),
            received: if kind == Kind::DUE {
                None
            } else {
                Some(self.day())
            },
            place: self.place(),
            payer: self.payer(),
            nature: self.rng.random(),
            base: self.fen(),
            rates: ShareRates {
                unit: self.rate(),
                person: self.rate(),
            },
            due: self.shares(),
            paid: self.shares(),
            credited: self.shares(),
            full: self.rng.random(),
            late_fee: self.fen(),
            subsidies: Subsidies {
                central: self.fen(),
                province: self.fen(),
                city: self.fen(),
                county: self.fen(),
            },
            account_type: self.account_type(),
            target,
            source: self.source(),
        }
    }

    fn reversal(&mut self) -> Reversal<'a> {
        Reversal {
            account: self.account(),
            target: self.target(),
            reason: self.code(),
            source: self.source(),
        }
    }

    fn interest(&mut self) -> InterestCredit<'a> {
        InterestCredit {
            account: self.account(),
            scheme: self.scheme(),
            year: self.rng.random_range(1_900..=9_999),
            rate: self.rate(),
            amount: self.shares(),
            posted: self.day(),
            source: self.source(),
        }
    }

    fn participation(&mut self) -> Participation<'a> {
        Participation {
            account: self.account(),
            scheme: self.scheme(),
            from: self.month(),
            place: self.place(),
            payer: self.payer(),
            reason: self.code(),
            account_type: self.account_type(),
            source: self.source(),
        }
    }

    fn transfer(&mut self) -> TransferStep<'a> {
        let first = self.month();
        let span = self
            .rng
            .random::<bool>()
            .then(|| (first, first.plus(self.rng.random_range(0..400)).unwrap()));
        TransferStep {
            account: self.account(),
            case: CaseId(self.rng.random()),
            scheme: self.scheme(),
            source_side: TransferSide {
                place: self.place(),
                agency: self.code(),
            },
            target_side: TransferSide {
                place: self.place(),
                agency: self.code(),
            },
            on: self.day(),
            first: span.map(|(first, _)| first),
            last: span.map(|(_, last)| last),
            sums: TransferSums {
                deemed_months: self.rng.random(),
                actual_months: self.rng.random(),
                personal_account: self.fen(),
                personal_account_unit: self.fen(),
                pool: self.fen(),
            },
            account_type: self.account_type(),
            document: Hash(self.rng.random()),
            reason: self.code(),
            source: self.source(),
        }
    }

    fn benefit(&mut self) -> Benefit<'a> {
        let from = self.month();
        Benefit {
            account: self.account(),
            scheme: self.scheme(),
            item: self.code(),
            from,
            until: if self.rng.random() {
                from.plus(self.rng.random_range(0..400))
            } else {
                None
            },
            amount: self.fen(),
            on: self.day(),
            place: self.place(),
            target: if self.rng.random() {
                Some(self.target())
            } else {
                None
            },
            reason: self.code(),
            source: self.source(),
        }
    }

    fn hash(&mut self) -> Hash {
        Hash(self.rng.random())
    }

    fn death(&mut self) -> Death<'a> {
        Death {
            account: self.account(),
            month: self.month(),
            on: self.day(),
            document: self.hash(),
            source: self.source(),
        }
    }

    fn deemed(&mut self) -> Deemed<'a> {
        let first = self.month();
        Deemed {
            account: self.account(),
            scheme: self.scheme(),
            first,
            last: first
                .plus(self.rng.random_range(0..DEEMED_MONTHS_MAX))
                .unwrap_or(first),
            place: self.place(),
            on: self.day(),
            document: self.hash(),
            reason: self.code(),
            source: self.source(),
        }
    }

    fn household(&mut self) -> Household<'a> {
        Household {
            account: self.account(),
            place: self.place(),
            from: self.month(),
            on: self.day(),
            source: self.source(),
        }
    }

    fn retire_class(&mut self) -> RetireClassFact<'a> {
        let class =
            [RetireClass::M60, RetireClass::F55, RetireClass::F50][self.rng.random_range(0..3)];
        RetireClassFact {
            account: self.account(),
            class,
            on: self.day(),
            source: self.source(),
        }
    }

    fn birth(&mut self) -> Birth<'a> {
        let by = [BirthEvidence::CitizenId, BirthEvidence::Archive][self.rng.random_range(0..2)];
        Birth {
            account: self.account(),
            birth: self.month(),
            by,
            on: self.day(),
            document: self.hash(),
            source: self.source(),
        }
    }

    fn access_digest(&mut self) -> AccessDigest {
        AccessDigest {
            day: self.day(),
            entries: self.rng.random_range(1..=u64::MAX),
            last: self.hash(),
            before: self.hash(),
        }
    }

    /// Of either sort; the bytes of the keys themselves say nothing to the ledger.
    fn key_bound(&mut self) -> KeyBound<'a> {
        let is_passkey = self.rng.random();
        let sort: KeyBound<'a> = if is_passkey {
            sample::passkey_bound()
        } else {
            sample::key_bound()
        };
        KeyBound {
            account: self.account(),
            number: self.rng.random(),
            on: self.day(),
            basis: self.code(),
            maker: self.hash(),
            checker: self.hash(),
            ..sort
        }
    }

    fn key_ended(&mut self) -> KeyEnded<'a> {
        KeyEnded {
            account: self.account(),
            region: self.place(),
            number: self.rng.random(),
            on: self.day(),
            reason: self.code(),
        }
    }

    fn positive(&mut self) -> Fen {
        Fen::new(self.rng.random_range(0..=100_000_000)).unwrap()
    }

    fn subsidy(&mut self) -> Subsidy<'a> {
        Subsidy {
            account: self.account(),
            programme: named(),
            scheme: self.scheme(),
            period: Period {
                first: self.month(),
                months: self.rng.random_range(1..=12),
            },
            place: self.place(),
            contribution: self.positive(),
            share: self.rate(),
            amount: self.positive(),
            on: self.day(),
            target: Some(self.target()),
            reason: self.code(),
            source: self.source(),
        }
    }

    fn platform_month(&mut self) -> PlatformMonth<'a> {
        let orders = self.rng.random_range(0..=3_000);
        let days: u8 = self.rng.random_range(0..=31);
        let minutes = self.rng.random_range(0..=u32::from(days) * 1_440);
        let [gross, incentives, deductions, refunds] = [(); 4].map(|()| self.positive());
        let net = gross.get() + incentives.get() - deductions.get() + refunds.get();
        PlatformMonth {
            account: self.account(),
            platform: named(),
            place: self.place(),
            month: self.month(),
            trade: Trade::Freight,
            mode: TransportMode::Online,
            work: Work {
                orders,
                insured_orders: self.rng.random_range(0..=orders),
                days,
                minutes,
                longest_minutes: self.rng.random_range(0..=minutes),
                night_minutes: self.rng.random_range(0..=minutes),
            },
            earnings: Earnings {
                gross,
                incentives,
                deductions,
                refunds,
                net: Fen::new(net).unwrap(),
            },
            file: OrderRows {
                rows: orders.max(1),
                root: self.hash(),
            },
            target: if self.rng.random() {
                Some(self.target())
            } else {
                None
            },
            source: self.source(),
        }
    }

    fn oip_premium(&mut self) -> OipPremium<'a> {
        let orders = self.rng.random();
        OipPremium {
            platform: named(),
            place: self.place(),
            month: self.month(),
            trade: Trade::RideHailing,
            orders,
            insured_orders: self.rng.random_range(0..=orders),
            due: self.positive(),
            paid: Fen::ZERO,
            received: None,
            target: None,
            source: self.source(),
        }
    }

    fn injury_report(&mut self) -> InjuryReport<'a> {
        let occurred = self.rng.random_range(0..=2_000_000_000_000);
        InjuryReport {
            account: self.account(),
            case: CaseId(self.rng.random()),
            platform: named(),
            place: self.place(),
            trade: Trade::Delivery,
            occurred: UnixMillis(occurred),
            reported: UnixMillis(self.rng.random_range(occurred..=2_000_000_000_001)),
            reporter: Reporter::Other,
            order: self.hash(),
            attachment: self.hash(),
            source: self.source(),
        }
    }

    fn injury_determination(&mut self) -> InjuryDetermination<'a> {
        InjuryDetermination {
            account: self.account(),
            case: CaseId(self.rng.random()),
            step: InjuryStep::Recognised,
            scheme: self.scheme(),
            place: self.place(),
            on: self.day(),
            document: self.hash(),
            reason: self.code(),
            source: self.source(),
        }
    }

    fn disability_grade(&mut self) -> DisabilityGrade<'a> {
        DisabilityGrade {
            account: self.account(),
            case: CaseId(self.rng.random()),
            grade: self.rng.random_range(1..=10),
            place: self.place(),
            on: self.day(),
            document: self.hash(),
            source: self.source(),
        }
    }

    fn fund_prepay(&mut self) -> FundPrepay<'a> {
        FundPrepay {
            platform: named(),
            place: self.place(),
            period: Period {
                first: self.month(),
                months: self.rng.random_range(1..=12),
            },
            revenue: self.positive(),
            rate: self.rate(),
            due: self.positive(),
            paid: Fen::new(1).unwrap(),
            received: Some(self.day()),
            target: Some(self.target()),
            source: self.source(),
        }
    }

    fn fund_draw(&mut self) -> FundDraw<'a> {
        let repaid = self.rng.random();
        FundDraw {
            platform: named(),
            place: self.place(),
            case: CaseId(self.rng.random()),
            way: if repaid {
                FundMove::Repaid
            } else {
                FundMove::Drawn
            },
            amount: Fen::new(self.rng.random_range(1..=100_000_000)).unwrap(),
            on: self.day(),
            target: if repaid { Some(self.target()) } else { None },
            source: self.source(),
        }
    }

    fn warning(&mut self) -> Warning<'a> {
        let subject = Subject {
            worker: if self.rng.random() {
                Some(self.account())
            } else {
                None
            },
            party: named(),
            case: None,
        };
        let (rule, place, first) = (named(), self.place(), self.month());
        Warning {
            id: yizhang_ledger::warning::id(rule, &subject, place, first),
            rule,
            subject,
            place,
            first,
            last: first,
            found: self.rng.random(),
            wanted: self.rng.random(),
            basis: self.hash(),
            on: self.day(),
            act_by: self.day(),
            source: self.source(),
        }
    }

    fn warning_closed(&mut self) -> WarningClosed<'a> {
        WarningClosed {
            id: self.hash(),
            target: self.target(),
            ending: Ending::Met,
            reason: self.code(),
            on: self.day(),
            source: self.source(),
        }
    }

    fn deposit(&mut self) -> Deposit<'a> {
        Deposit {
            platform: named(),
            public: self.rng.random(),
            records: self.rng.random_range(1..=16_383),
            digest: self.hash(),
            signature: &[0xd7; 64],
        }
    }

    fn approval(&mut self) -> Approval<'a> {
        Approval {
            submission: SubmissionId(self.rng.random()),
            content: self.hash(),
            maker: Hash([1; 32]),
            checker: self.hash(),
            on: self.day(),
            ..sample::approval()
        }
    }

    fn account_register(&mut self) -> AccountRegister {
        let size = self.rng.random_range(1..=u64::MAX / 2);
        AccountRegister {
            form: self.rng.random_range(1..=u16::MAX),
            size,
            accounts: self.rng.random_range(1..=2 * size),
            root: self.hash(),
        }
    }

    fn agreement(&mut self) -> Agreement<'a> {
        let first = self.month();
        Agreement {
            account: self.account(),
            scheme: self.scheme(),
            first,
            last: first.plus(self.rng.random_range(0..400)).unwrap_or(first),
            keep: self.place(),
            on: self.day(),
            document: self.hash(),
            source: self.source(),
        }
    }

    fn bridge(&mut self) -> Bridge<'a> {
        let (scheme, into) = loop {
            let (scheme, into) = (self.scheme(), self.scheme());
            if scheme != into {
                break (scheme, into);
            }
        };
        Bridge {
            account: self.account(),
            scheme,
            into,
            place: self.place(),
            on: self.day(),
            personal_account: self.fen(),
            document: self.hash(),
            source: self.source(),
        }
    }

    fn dispute(&mut self) -> Dispute<'a> {
        Dispute {
            account: self.account(),
            region: self.place(),
            target: self.target(),
            reason: self.code(),
            on: self.day(),
            document: self.hash(),
            source: self.source(),
        }
    }

    fn identity(&mut self, kind: Kind) -> Identity<'a> {
        Identity {
            account: self.account(),
            other: self.account(),
            target: (kind == Kind::IDENTITY_SPLIT).then(|| self.target()),
            reason: self.code(),
            evidence: Hash(self.rng.random()),
            on: self.day(),
            source: self.source(),
        }
    }
}

/// The next batch of a chain: random records in some submissions.
pub fn extension(rng: &mut ChaCha8Rng, state: &ChainState, time: UnixMillis) -> Extension {
    let codes = codes(rng);
    let all = records(rng, &codes);
    let submitted: Vec<Submitted> = (0..rng.random_range(1..=3))
        .map(|_| {
            let count = rng.random_range(1..=4);
            let bytes = (0..count)
                .flat_map(|_| sample::entry(&all[rng.random_range(0..all.len())]))
                .collect();
            Submitted {
                id: SubmissionId(rng.random()),
                submitter: codes[0].clone(),
                block: RecordBlock::parse(bytes).unwrap(),
            }
        })
        .collect();
    state.prepare(&submitted, time, state.roster() + 1).unwrap()
}
