//! Records as case files write them: every one passes the codec, so that no case rests on a record which no chain could hold.

use serde::Deserialize;
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::{Entry, Kind, RecordId},
    hash::{Hash, hash_leaf},
    person::AccountId,
    record::{
        CaseId, Contribution, DisabilityGrade, Earnings, Ending, FundDraw, FundMove, FundPrepay,
        Identity, InjuryDetermination, InjuryReport, InjuryStep, OipPremium, OrderRows,
        Participation, Payer, PayerKind, Period, PlatformMonth, Record, Reporter, Reversal, Shares,
        Source, Subject, Subsidy, Trade, TransportMode, Warning, WarningClosed, Work,
    },
    value::{Code, Day, Division, Fen, LeafIndex, Month, Rate, Scheme, UnixMillis},
    warning,
};
use yizhang_supervision::Stated;

/// A record as a case writes it: what is not said has a value that changes nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Written {
    /// How the case names it.
    #[serde(rename = "as")]
    pub(crate) label: String,
    pub(crate) kind: String,
    pub(crate) worker: String,
    pub(crate) platform: String,
    pub(crate) place: String,
    /// Whose chain; without it, that of the province.
    pub(crate) region: String,
    pub(crate) month: String,
    pub(crate) months: u8,
    pub(crate) trade: String,
    pub(crate) orders: u32,
    /// Without it all orders.
    pub(crate) insured: Option<u32>,
    pub(crate) net: String,
    pub(crate) longest: u32,
    pub(crate) night: u32,
    pub(crate) rows: u32,
    pub(crate) due: String,
    pub(crate) paid: String,
    pub(crate) revenue: String,
    pub(crate) amount: String,
    pub(crate) on: String,
    /// `2026-08-03 10:30`, in UTC+8.
    pub(crate) at: String,
    pub(crate) reported: String,
    pub(crate) by: String,
    pub(crate) case: String,
    pub(crate) step: String,
    pub(crate) scheme: String,
    pub(crate) grade: u8,
    pub(crate) programme: String,
    pub(crate) group: String,
    pub(crate) rule: String,
    pub(crate) about: Vec<String>,
    pub(crate) other: String,
    /// The record that it names.
    pub(crate) of: String,
    /// Whether the report names an order.
    pub(crate) order: bool,
}

/// Platforms of cases: invented codes.
pub(crate) fn platform(name: &str) -> &str {
    match name {
        "" | "P" => "91370200MA0000000P",
        "Q" => "91370200MA0000000Q",
        other => other,
    }
}

pub(crate) fn account(name: &str) -> AccountId {
    let Hash(hash) = hash_leaf(name.as_bytes());
    AccountId(*hash.first_chunk().unwrap())
}

pub(crate) fn case_id(name: &str) -> CaseId {
    CaseId(account(&format!("case {name}")).0)
}

pub(crate) fn fen(text: &str) -> Fen {
    if text.is_empty() {
        return Fen::ZERO;
    }
    let (whole, cents) = text.split_once('.').unwrap();
    assert_eq!(cents.len(), 2, "{text}");
    Fen::new(whole.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap()).unwrap()
}

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap_or_else(|| panic!("no day: {text:?}"))
}

pub(crate) fn month(text: &str) -> Month {
    Month::parse(text).unwrap_or_else(|| panic!("no month: {text:?}"))
}

pub(crate) fn division(text: &str) -> Division {
    Division::parse(text).unwrap_or_else(|| panic!("no place: {text:?}"))
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

/// A moment in UTC+8.
pub(crate) fn moment(text: &str) -> UnixMillis {
    let (date, time) = text.split_once(' ').unwrap();
    let (hours, minutes) = time.split_once(':').unwrap();
    let minutes = hours.parse::<u64>().unwrap() * 60 + minutes.parse::<u64>().unwrap();
    let mut start = 0_u64;
    // Days are few: from 2020 on, one after the other.
    let mut at = UnixMillis(1_577_808_000_000);
    while Day::of(at) < day(date) {
        at = UnixMillis(at.0 + 86_400_000);
        start += 1;
        assert!(start < 20_000, "{text}");
    }
    UnixMillis(at.0 + minutes * 60_000)
}

fn trade(text: &str) -> Trade {
    match text {
        "" | "delivery" => Trade::Delivery,
        "ride-hailing" => Trade::RideHailing,
        "freight" => Trade::Freight,
        "other" => Trade::Other,
        other => panic!("no trade: {other}"),
    }
}

fn step(text: &str) -> InjuryStep {
    match text {
        "accepted" => InjuryStep::Accepted,
        "asked" => InjuryStep::MaterialsAsked,
        "complete" => InjuryStep::MaterialsComplete,
        "suspended" => InjuryStep::Suspended,
        "resumed" => InjuryStep::Resumed,
        "recognised" => InjuryStep::Recognised,
        "not-recognised" => InjuryStep::NotRecognised,
        other => panic!("no step: {other}"),
    }
}

/// Records under their labels, as the bytes of chains.
#[derive(Clone, Default)]
pub(crate) struct Chains {
    pub(crate) entries: Vec<(Division, Vec<u8>)>,
    pub(crate) labels: BTreeMap<String, RecordId>,
}

impl Chains {
    pub(crate) fn of(written: &[Written]) -> Self {
        let mut chains = Self::default();
        for (serial, one) in written.iter().enumerate() {
            chains.add(one, serial);
        }
        chains
    }

    pub(crate) fn add(&mut self, one: &Written, serial: usize) {
        let of_beijing = ["received", "refund", "apply", "award", "credit"];
        let place = if of_beijing.contains(&one.kind.as_str()) {
            "110000"
        } else {
            "370200"
        };
        let region = if one.region.is_empty() {
            division(or(&one.place, place)).province()
        } else {
            division(&one.region)
        };
        let serial = format!("{serial}");
        let mut bytes = Vec::new();
        self.record(one, &serial)
            .write(&mut bytes)
            .unwrap_or_else(|fault| panic!("{one:?}: {fault}"));
        let id = RecordId(hash_leaf(&bytes));
        if !one.label.is_empty() {
            self.labels.insert(one.label.clone(), id);
        }
        self.entries.push((region, bytes));
    }

    /// The label of a record, or the beginning of its id.
    pub(crate) fn label(&self, id: RecordId) -> String {
        let known = self.labels.iter().find(|(_, known)| **known == id);
        known.map_or_else(
            || format!("{}", id.0)[..8].to_owned(),
            |(label, _)| label.clone(),
        )
    }

    pub(crate) fn stated(&self) -> Vec<Stated<'_>> {
        self.entries
            .iter()
            .map(|(region, bytes)| {
                let entry = Entry::parse(bytes, LeafIndex(0)).unwrap();
                Stated {
                    region: *region,
                    id: RecordId(hash_leaf(bytes)),
                    record: Record::read(&entry).unwrap(),
                }
            })
            .collect()
    }

    fn target(&self, one: &Written) -> Option<RecordId> {
        if one.of.is_empty() {
            return None;
        }
        let known = self.labels.get(&one.of).copied();
        // A record that is not there.
        Some(known.unwrap_or(RecordId(hash_leaf(one.of.as_bytes()))))
    }

    fn record<'w>(&self, one: &'w Written, serial: &'w str) -> Record<'w> {
        let source = Source {
            agency: Code::new("370200").unwrap(),
            system: Code::new("case").unwrap(),
            serial: Code::new(serial).unwrap(),
        };
        match one.kind.as_str() {
            "month" => Record::PlatformMonth(self.platform_month(one, source)),
            "premium" => Record::OipPremium(self.premium(one, source)),
            "report" => Record::InjuryReport(report(one, source)),
            "step" => Record::InjuryDetermination(determination(one, source)),
            "grade" => Record::DisabilityGrade(DisabilityGrade {
                account: account(&one.worker),
                case: case_id(&one.case),
                grade: one.grade,
                place: division(or(&one.place, "370200")),
                on: day(&one.on),
                document: Hash::ZERO,
                source,
            }),
            "prepay" => Record::FundPrepay(self.prepay(one, source)),
            "draw" | "repay" => Record::FundDraw(self.draw(one, source)),
            "apply" => Record::Subsidy(Kind::SUBSIDY_APPLY, self.subsidy(one, source)),
            "award" => Record::Subsidy(Kind::SUBSIDY_AWARD, self.subsidy(one, source)),
            "credit" => Record::Subsidy(Kind::SUBSIDY_CREDIT, self.subsidy(one, source)),
            "enrol" => Record::Participation(Kind::ENROL, participation(one, source)),
            "suspend" => Record::Participation(Kind::SUSPEND, participation(one, source)),
            "resume" => Record::Participation(Kind::RESUME, participation(one, source)),
            "terminate" => Record::Participation(Kind::TERMINATE, participation(one, source)),
            "received" => Record::Contribution(Kind::RECEIVED, self.contribution(one, source)),
            "refund" => Record::Contribution(Kind::REFUND, self.contribution(one, source)),
            "reversal" => Record::Reversal(Reversal {
                account: account(&one.worker),
                target: self.target(one).unwrap(),
                reason: Code::NONE,
                source,
            }),
            "link" => Record::Identity(
                Kind::IDENTITY_LINK,
                Identity {
                    account: account(&one.worker),
                    other: account(&one.other),
                    target: None,
                    reason: Code::NONE,
                    evidence: Hash::ZERO,
                    on: day(&one.on),
                    source,
                },
            ),
            "warning" => Record::Warning(raised(one, source)),
            "met" | "dismissed" => Record::WarningClosed(self.closed(one, source)),
            other => panic!("no kind: {other}"),
        }
    }

    fn platform_month<'w>(&self, one: &'w Written, source: Source<'w>) -> PlatformMonth<'w> {
        let most = one.longest.max(one.night);
        let net = fen(&one.net);
        PlatformMonth {
            account: account(&one.worker),
            platform: Code::new(platform(&one.platform)).unwrap(),
            place: division(or(&one.place, "370200")),
            month: month(&one.month),
            trade: trade(&one.trade),
            mode: TransportMode::MotorCycle,
            work: Work {
                orders: one.orders,
                insured_orders: one.insured.unwrap_or(one.orders),
                days: 31,
                minutes: most,
                longest_minutes: one.longest,
                night_minutes: one.night,
            },
            earnings: Earnings {
                gross: net,
                net,
                ..Earnings::default()
            },
            file: OrderRows {
                rows: one.rows.max(one.orders).max(1),
                root: Hash::ZERO,
            },
            target: self.target(one),
            source,
        }
    }

    fn premium<'w>(&self, one: &'w Written, source: Source<'w>) -> OipPremium<'w> {
        OipPremium {
            platform: Code::new(platform(&one.platform)).unwrap(),
            place: division(or(&one.place, "370200")),
            month: month(&one.month),
            trade: trade(&one.trade),
            orders: one.orders.into(),
            insured_orders: one.insured.unwrap_or(one.orders).into(),
            due: fen(&one.due),
            paid: fen(&one.paid),
            received: (!one.paid.is_empty()).then(|| day(&one.on)),
            target: self.target(one),
            source,
        }
    }

    fn prepay<'w>(&self, one: &'w Written, source: Source<'w>) -> FundPrepay<'w> {
        FundPrepay {
            platform: Code::new(platform(&one.platform)).unwrap(),
            place: division(or(&one.place, "370200")),
            period: period(one),
            revenue: fen(&one.revenue),
            rate: Rate::new(100).unwrap(),
            due: fen(&one.due),
            paid: fen(&one.paid),
            received: (!one.paid.is_empty()).then(|| day(&one.on)),
            target: self.target(one),
            source,
        }
    }

    fn draw<'w>(&self, one: &'w Written, source: Source<'w>) -> FundDraw<'w> {
        FundDraw {
            platform: Code::new(platform(&one.platform)).unwrap(),
            place: division(or(&one.place, "370200")),
            case: case_id(&one.case),
            way: if one.kind == "draw" {
                FundMove::Drawn
            } else {
                FundMove::Repaid
            },
            amount: fen(&one.amount),
            on: day(&one.on),
            target: self.target(one),
            source,
        }
    }

    fn subsidy<'w>(&self, one: &'w Written, source: Source<'w>) -> Subsidy<'w> {
        Subsidy {
            account: account(&one.worker),
            programme: Code::new(or(&one.programme, "example-flexible")).unwrap(),
            scheme: Scheme::parse(or(&one.scheme, "hrss:110")).unwrap(),
            period: period(one),
            place: division(or(&one.place, "110000")),
            contribution: fen(&one.due),
            share: Rate::new(6_667).unwrap(),
            amount: fen(&one.amount),
            on: day(&one.on),
            target: self.target(one),
            reason: Code::new(&one.group).unwrap(),
            source,
        }
    }

    fn contribution<'w>(&self, one: &'w Written, source: Source<'w>) -> Contribution<'w> {
        let shares = Shares {
            unit: Fen::ZERO,
            person: fen(&one.due),
        };
        let is_refund = one.kind == "refund";
        Contribution {
            account: account(&one.worker),
            scheme: Scheme::parse(or(&one.scheme, "hrss:110")).unwrap(),
            period: period(one),
            settlement: month(&one.month),
            received: Some(day(&one.on)),
            place: division(or(&one.place, "110000")),
            payer: Payer {
                kind: PayerKind::Person,
                id: Code::NONE,
            },
            nature: if is_refund { 20 } else { 10 },
            base: fen("7162.00"),
            rates: yizhang_ledger::record::ShareRates::default(),
            due: shares,
            paid: shares,
            credited: Shares::default(),
            full: !is_refund,
            late_fee: Fen::ZERO,
            subsidies: yizhang_ledger::record::Subsidies::default(),
            account_type: yizhang_ledger::record::AccountType::General,
            target: self.target(one),
            source,
        }
    }

    fn closed<'w>(&self, one: &'w Written, source: Source<'w>) -> WarningClosed<'w> {
        let target = self.target(one).unwrap();
        let (_, bytes) = self
            .entries
            .iter()
            .find(|(_, bytes)| RecordId(hash_leaf(bytes)) == target)
            .expect("a closing names a warning of the case");
        let entry = Entry::parse(bytes, LeafIndex(0)).unwrap();
        let Record::Warning(fields) = Record::read(&entry).unwrap() else {
            panic!("{one:?} names no warning");
        };
        WarningClosed {
            id: fields.id,
            target,
            ending: if one.kind == "met" {
                Ending::Met
            } else {
                Ending::Dismissed
            },
            reason: Code::new("seen").unwrap(),
            on: day(&one.on),
            source,
        }
    }
}

fn period(one: &Written) -> Period {
    Period {
        first: month(&one.month),
        months: one.months.max(1),
    }
}

fn report<'w>(one: &'w Written, source: Source<'w>) -> InjuryReport<'w> {
    InjuryReport {
        account: account(&one.worker),
        case: case_id(&one.case),
        platform: Code::new(platform(&one.platform)).unwrap(),
        place: division(or(&one.place, "370200")),
        trade: trade(&one.trade),
        occurred: moment(&one.at),
        reported: moment(or(&one.reported, &one.at)),
        reporter: if one.by == "worker" {
            Reporter::Worker
        } else {
            Reporter::Platform
        },
        order: if one.order {
            hash_leaf(b"order")
        } else {
            Hash::ZERO
        },
        attachment: Hash::ZERO,
        source,
    }
}

fn determination<'w>(one: &'w Written, source: Source<'w>) -> InjuryDetermination<'w> {
    InjuryDetermination {
        account: account(&one.worker),
        case: case_id(&one.case),
        step: step(&one.step),
        scheme: Scheme::parse(or(&one.scheme, "hrss:OIP")).unwrap(),
        place: division(or(&one.place, "370200")),
        on: day(&one.on),
        document: Hash::ZERO,
        reason: Code::NONE,
        source,
    }
}

fn participation<'w>(one: &'w Written, source: Source<'w>) -> Participation<'w> {
    Participation {
        account: account(&one.worker),
        scheme: Scheme::parse(or(&one.scheme, "hrss:110")).unwrap(),
        from: month(&one.month),
        place: division(or(&one.place, "370200")),
        payer: Payer {
            kind: PayerKind::Person,
            id: Code::NONE,
        },
        reason: Code::NONE,
        account_type: yizhang_ledger::record::AccountType::General,
        source,
    }
}

fn raised<'w>(one: &'w Written, source: Source<'w>) -> Warning<'w> {
    let is_about = |what: &str| one.about.iter().any(|about| about == what);
    let subject = Subject {
        worker: is_about("worker").then(|| account(&one.worker)),
        party: if is_about("platform") {
            Code::new(platform(&one.platform)).unwrap()
        } else {
            Code::NONE
        },
        case: is_about("case").then(|| case_id(&one.case)),
    };
    let rule = Code::new(&one.rule).unwrap();
    let (place, first) = (division(or(&one.place, "370200")), month(&one.month));
    Warning {
        id: warning::id(rule, &subject, place, first),
        rule,
        subject,
        place,
        first,
        last: first,
        found: 0,
        wanted: 1,
        basis: warning::basis(&[]),
        on: day(&one.on),
        act_by: day(or(&one.reported, &one.on)),
        source,
    }
}
