//! A case as a file has it, the chains that its rows become, and the rules that it is computed under.

use crate::{
    federation::{self, Federation},
    row_names::{RowNames, Written},
    sample::{WORKER, day, division, fifteenth, flexible, interest, month, scheme, source},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};
use yizhang_entitlement::Policy;
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::Hash,
    record::{
        AccountType, Agreement, Benefit, Birth, BirthEvidence, Bridge, CaseId, Contribution, Death,
        Deemed, DisabilityGrade, Dispute, Earnings, Household, InjuryDetermination, InjuryReport,
        InjuryStep, OrderRows, Participation, Payer, PayerKind, Period, PlatformMonth, Record,
        Reporter, RetireClass, RetireClassFact, Reversal, Shares, Subsidies, Subsidy, Trade,
        TransferSide, TransferStep, TransferSums, TransportMode, Work,
    },
    value::{Code, Fen, Month, Rate, UnixMillis},
};
use yizhang_rules::{RuleFile, RuleSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// Without the program's calendars: only days that a case names are off beside weekends.
    #[serde(default)]
    pub(crate) plain_weekends: bool,
    pub(crate) case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) as_of: String,
    /// Holidays, and weekend days that are worked.
    #[serde(default)]
    pub(crate) holidays: Vec<String>,
    #[serde(default)]
    pub(crate) workdays: Vec<String>,
    /// A rule file laid over the program's own.
    #[serde(default)]
    pub(crate) rules: String,
    #[serde(default)]
    pub(crate) record: Vec<Row>,
    /// Figures that must be there, as the README says; others may be.
    #[serde(default)]
    pub(crate) figures: Vec<String>,
    /// What the law leaves to people; left out where it does not matter.
    pub(crate) questions: Option<Vec<String>>,
    /// Names of figures that must not be there.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
    #[serde(default)]
    pub(crate) expect: Vec<Expected>,
    /// Conflicts without a family.
    #[serde(default)]
    pub(crate) conflicts: Vec<String>,
    /// `kind count`.
    #[serde(default)]
    pub(crate) unread: Vec<String>,
    /// Work on platforms by month, injuries and subsidies, as the README says.
    #[serde(default)]
    pub(crate) work: Vec<String>,
    #[serde(default)]
    pub(crate) injuries: Vec<String>,
    #[serde(default)]
    pub(crate) subsidies: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) chain: String,
    #[serde(default = "received")]
    pub(crate) kind: String,
    #[serde(default = "pension")]
    pub(crate) scheme: String,
    /// `2015-03` or `2015-03..2019-08`: one record a month.
    pub(crate) months: Option<String>,
    /// One record for the twelve months of a year.
    pub(crate) year: Option<u16>,
    pub(crate) place: Option<String>,
    #[serde(default = "person")]
    pub(crate) payer: String,
    pub(crate) base: Option<String>,
    pub(crate) due: Option<Pair>,
    pub(crate) paid: Option<Pair>,
    pub(crate) credited: Option<Pair>,
    pub(crate) full: Option<bool>,
    pub(crate) received: Option<String>,
    /// Yuan that the county adds to a resident account.
    pub(crate) subsidy: Option<String>,
    pub(crate) nature: Option<u16>,
    pub(crate) serial: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) target: Option<String>,
    /// How many times the row is sent.
    #[serde(default = "once")]
    pub(crate) times: usize,
    /// Other chains that hold the same row.
    #[serde(default)]
    pub(crate) also_in: Vec<String>,
    pub(crate) reason: Option<String>,
    pub(crate) to: Option<String>,
    /// `M60`, `F55` or `F50`.
    pub(crate) class: Option<String>,
    /// Number of the transfer case.
    #[serde(default = "one")]
    pub(crate) case: u8,
    /// What a step states: actual months, personal account, pool money.
    pub(crate) sums: Option<(u16, String, String)>,
    /// Months that a step of a transfer names, or that one record is about (deemed months, agreements):
    /// `1985-08..1994-12`.
    pub(crate) span: Option<String>,
    /// A temporary account.
    #[serde(default)]
    pub(crate) temporary: bool,
    /// Any number: the same is the same document.
    pub(crate) document: Option<u8>,
    /// 待遇项目 of a benefit.
    pub(crate) item: Option<String>,
    /// A platform.
    pub(crate) platform: Option<String>,
    /// Of a month of a platform: orders, insured orders, days, minutes.
    pub(crate) work: Option<[u32; 4]>,
    /// Yuan of gross, incentives, deductions and refunds.
    pub(crate) earned: Option<[String; 4]>,
    /// Minutes from the beginning of 2026 in UTC to an accident.
    pub(crate) minute: Option<u64>,
    /// Step of an agency with an injury, as the account calls it.
    pub(crate) step: Option<String>,
    /// Grade of disability.
    pub(crate) grade: Option<u8>,
    /// Programme of a subsidy.
    pub(crate) programme: Option<String>,
}

/// Yuan of unit and person.
pub(crate) type Pair = [String; 2];

fn received() -> String {
    "Received".into()
}

fn pension() -> String {
    "hrss:110".into()
}

fn person() -> String {
    "person".into()
}

const fn once() -> usize {
    1
}

const fn one() -> u8 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) family: String,
    pub(crate) counted: u32,
    #[serde(default)]
    pub(crate) gaps: Vec<String>,
    pub(crate) provinces: Option<Vec<String>>,
    pub(crate) places: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) conflicts: Vec<String>,
    #[serde(default)]
    pub(crate) years: Vec<String>,
    /// Months that do not count, as `2020-01 arrears`.
    #[serde(default)]
    pub(crate) not_counted: Vec<String>,
    pub(crate) credited: Option<String>,
    pub(crate) interest: Option<String>,
    pub(crate) spans: Option<usize>,
    /// `2025-07 6821.00`
    #[serde(default)]
    pub(crate) bases: Vec<String>,
    pub(crate) participation: Option<Vec<String>>,
    pub(crate) transfers: Option<Vec<String>>,
    /// Transfer cases by number, as the README says.
    pub(crate) cases: Option<Vec<String>>,
    pub(crate) benefits: Option<usize>,
    /// The benefit in force, as `2026-04 440300`, with `suspended`; empty where none is.
    pub(crate) drawing: Option<String>,
    /// Deemed months.
    #[serde(default)]
    pub(crate) deemed: u32,
    /// Of conflicts with an open keeper, as `2024-01 keeps 440000 benefit_place`.
    pub(crate) provisional: Option<Vec<String>>,
    /// What places would have to refund if another is kept, as `2024-01 440000 2400.00`.
    pub(crate) choices: Option<Vec<String>>,
    /// Joinings to another scheme, as `hrss:110 800.00 computed 800.00`, with `owed 1.00` and `without effect`.
    #[serde(default)]
    pub(crate) joined: Vec<String>,
    /// What has to go back for conflicts, as `C21 2026-04 2000.00`.
    pub(crate) returns: Option<Vec<String>>,
    /// Records that an agreement cleared, as `2024-01 330200 416.00 refunded 0.00`.
    #[serde(default)]
    pub(crate) cleared: Vec<String>,
}

/// The files of cases in a folder, each with its name.
pub(crate) fn files(folder: &Path) -> Vec<(String, CaseFile)> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        let extension = path.extension();
        extension.is_some_and(|extension| extension == "toml")
    });
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let file =
            toml::from_str(&text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        files.push((path.file_name().unwrap().display().to_string(), file));
    }
    files
}

/// The program's rules with those of the case over them.
pub(crate) fn policy(case: &Case, plain_weekends: bool) -> Policy {
    let mut text = case.rules.clone();
    for (key, days) in [("holidays", &case.holidays), ("workdays", &case.workdays)] {
        let mut years: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        if plain_weekends {
            years.extend(["2024", "2025", "2026"].map(|year| (year, Vec::new())));
        }
        for day in days {
            years.entry(&day[..4]).or_default().push(day);
        }
        for (name, days) in years {
            let id = format!("calendar.{key}");
            // A rule of the same id for a year that nobody counts takes the program's own away.
            let (year, days) = match days.as_slice() {
                [] => (
                    format!("19{}", &name[2..]),
                    vec![format!("19{}-10-01", &name[2..])],
                ),
                days => (
                    name.to_owned(),
                    days.iter().map(ToString::to_string).collect(),
                ),
            };
            write!(
                text,
                "\n[[rule]]\nid = '{id}/{name}'\nkey = '{id}'\nfrom = '{year}-01'\nuntil = '{year}-12'\n\
                 value = {{ dates = {days:?} }}\ndocument = 'case'\nnumber = 'case'\nconfidence = 'D'\n"
            )
            .unwrap();
        }
    }
    let file = RuleFile {
        name: "case",
        text: &text,
    };
    Policy::new(
        RuleSet::embedded()
            .overlaid(&[file])
            .unwrap_or_else(|faults| panic!("{}: {faults:?}", case.title)),
    )
}

pub(crate) fn yuan(fen: i64) -> String {
    Fen::new(fen).unwrap().to_string()
}

fn fen(text: &str) -> Fen {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1, text), |digits| (-1, digits));
    let (yuan, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    assert_eq!(cents.len(), 2, "{text} has not two decimals");
    let number: i64 = format!("{yuan}{cents}")
        .parse()
        .unwrap_or_else(|_| panic!("{text} is no amount"));
    Fen::new(sign * number).unwrap()
}

fn shares(pair: &Pair) -> Shares {
    Shares {
        unit: fen(&pair[0]),
        person: fen(&pair[1]),
    }
}

/// Records by label and month, for those that name them.
pub(crate) type Labels = BTreeMap<String, BTreeMap<Month, (Period, RecordId)>>;

/// What the rows of a case have become.
pub(crate) struct Built {
    pub(crate) federation: Federation,
    pub(crate) names: RowNames,
}

pub(crate) fn build(rows: &[Row]) -> Built {
    let mut federation = Federation::default();
    let mut names = RowNames::default();
    let mut labels = Labels::new();
    for (number, row) in rows.iter().enumerate() {
        let mut entries = Vec::new();
        let periods = periods(row, &labels);
        let has_several = periods.len() > 1;
        for period in periods {
            let serial = row
                .serial
                .clone()
                .unwrap_or_else(|| format!("{number}-{}", period.first));
            let bytes = write(row, period, &serial, &labels);
            let leaf = yizhang_ledger::hash::hash_leaf(&bytes);
            names.note(&Written {
                row: number + 1,
                label: row.label.as_deref(),
                own: division(&row.chain),
                copies: row.also_in.iter().map(|chain| division(chain)).collect(),
                month: has_several.then_some(period.first),
                leaf,
            });
            if let Some(label) = &row.label {
                let id = RecordId(leaf);
                labels
                    .entry(label.clone())
                    .or_default()
                    .insert(period.first, (period, id));
            }
            entries.push(bytes);
        }
        for _ in 0..row.times {
            federation.append(division(&row.chain), &entries);
        }
        for other in &row.also_in {
            federation.append(division(other), &entries);
        }
    }
    Built { federation, names }
}

fn periods(row: &Row, labels: &Labels) -> Vec<Period> {
    let is_benefit = (Kind::BENEFIT_APPLY..=Kind::RECOVERY).contains(&kind_of(row));
    let about_months = is_benefit
        || matches!(
            kind_of(row),
            Kind::DEEMED_MONTHS | Kind::DUPLICATE_AGREEMENT
        );
    let is_one_row = matches!(
        kind_of(row),
        Kind::DUE | Kind::RECEIVED | Kind::REFUND | Kind::ADJUST_DELTA
    );
    if let Some((first, last)) = span(row).filter(|_| is_one_row) {
        return vec![Period {
            first,
            months: u8::try_from(last.since(first) + 1).unwrap(),
        }];
    }
    if let Some((first, _)) = span(row).filter(|_| about_months) {
        return vec![Period { first, months: 1 }];
    }
    if let Some(year) = row.year {
        return vec![Period {
            first: Month::of(year, 1).unwrap(),
            months: 12,
        }];
    }
    let named = row.target.as_ref().and_then(|label| labels.get(label));
    let months = match (&row.months, named) {
        (Some(months), _) => {
            let (first, last) = months.split_once("..").unwrap_or((months, months));
            let (first, last) = (month(first), month(last));
            (0..=last.since(first))
                .map(|offset| first.plus(u16::try_from(offset).unwrap()).unwrap())
                .collect()
        }
        (None, Some(named)) if kind_of(row) == Kind::REFUND => {
            return named.values().map(|(period, _)| *period).collect();
        }
        (None, Some(named)) => named.keys().copied().collect(),
        (None, None) => vec![month("2020-01")],
    };
    months
        .into_iter()
        .map(|first: Month| Period { first, months: 1 })
        .collect()
}

fn span(row: &Row) -> Option<(Month, Month)> {
    let (first, last) = row
        .span
        .as_ref()?
        .split_once("..")
        .expect("a span is `first..last`");
    Some((month(first), month(last)))
}

fn kind_of(row: &Row) -> Kind {
    let named = Kind::NAMED
        .iter()
        .find(|(_, name)| *name == row.kind)
        .map(|(kind, _)| *kind);
    let number = || {
        row.kind
            .strip_prefix("kind ")
            .and_then(|number| number.parse().ok())
            .map(Kind)
    };
    named
        .or_else(number)
        .unwrap_or_else(|| panic!("{} is no kind", row.kind))
}

fn target(row: &Row, first: Month, labels: &Labels) -> Option<RecordId> {
    let label = row.target.as_ref()?;
    if label == "unknown" {
        return Some(RecordId(Hash([3; 32])));
    }
    let named = labels
        .get(label)
        .unwrap_or_else(|| panic!("no row before has the label {label}"));
    let alone = named.values().next().filter(|_| named.len() == 1);
    Some(
        named
            .get(&first)
            .or(alone)
            .unwrap_or_else(|| panic!("{label} has no record for {first}"))
            .1,
    )
}

fn write(row: &Row, period: Period, serial: &str, labels: &Labels) -> Vec<u8> {
    let kind = kind_of(row);
    let target = target(row, period.first, labels);
    let reason = Code::new(row.reason.as_deref().unwrap_or("")).unwrap();
    let on = row
        .received
        .as_deref()
        .map_or_else(|| fifteenth(period.first), day);
    let place = row
        .place
        .as_deref()
        .map_or_else(|| division("440300"), division);
    let record = match kind {
        Kind::DUE | Kind::RECEIVED | Kind::ADJUST_DELTA | Kind::REFUND => Record::Contribution(
            kind,
            Contribution {
                target,
                ..contribution(row, period, serial)
            },
        ),
        Kind::REVERSAL => {
            let target = target.expect("a reversal names its target");
            Record::Reversal(Reversal {
                account: WORKER,
                target,
                reason,
                source: source(serial),
            })
        }
        Kind::INTEREST_CREDIT => {
            let amount = shares(
                row.paid
                    .as_ref()
                    .expect("interest has an amount, as `paid`"),
            );
            let fields = interest(&row.scheme, period.first.year(), 0, serial);
            Record::InterestCredit(yizhang_ledger::record::InterestCredit { amount, ..fields })
        }
        Kind::ENROL | Kind::SUSPEND | Kind::RESUME | Kind::TERMINATE => Record::Participation(
            kind,
            Participation {
                account: WORKER,
                scheme: scheme(&row.scheme),
                from: period.first,
                place,
                payer: payer(row),
                reason,
                account_type: account_type(row),
                source: source(serial),
            },
        ),
        kind if (Kind::CERTIFICATE..=Kind::CORRECTION).contains(&kind) => {
            let agency = Code::NONE;
            let other = division(row.to.as_deref().expect("a transfer goes `to` a place"));
            let span = row
                .span
                .as_deref()
                .map(|span| span.split_once("..").unwrap_or((span, span)));
            let span = span.map(|(first, last)| (month(first), month(last)));
            let sums = row
                .sums
                .as_ref()
                .map(|(months, personal, pool)| TransferSums {
                    actual_months: *months,
                    personal_account: fen(personal),
                    pool: fen(pool),
                    ..TransferSums::default()
                });
            let sums = sums.unwrap_or_default();
            Record::Transfer(
                kind,
                TransferStep {
                    account: WORKER,
                    case: CaseId([row.case; 16]),
                    scheme: scheme(&row.scheme),
                    source_side: TransferSide { place, agency },
                    target_side: TransferSide {
                        place: other,
                        agency,
                    },
                    on,
                    first: span.map(|(first, _)| first),
                    last: span.map(|(_, last)| last),
                    sums,
                    account_type: account_type(row),
                    document: row.document.map_or(Hash::ZERO, |number| Hash([number; 32])),
                    reason,
                    source: source(serial),
                },
            )
        }
        kind if (Kind::BENEFIT_APPLY..=Kind::RECOVERY).contains(&kind) => Record::Benefit(
            kind,
            Benefit {
                account: WORKER,
                scheme: scheme(&row.scheme),
                item: Code::new(row.item.as_deref().unwrap_or("100011")).unwrap(),
                from: period.first,
                until: span(row).map(|(_, last)| last),
                amount: row
                    .paid
                    .as_ref()
                    .map_or_else(|| fen("1000.00"), |paid| shares(paid).person),
                on,
                place,
                target,
                reason,
                source: source(serial),
            },
        ),
        kind => stated(row, kind, period, serial, target),
    };
    federation::entry(&record)
}

/// What is stated beside money, participation, transfers and benefits.
fn stated<'r>(
    row: &'r Row,
    kind: Kind,
    period: Period,
    serial: &'r str,
    target: Option<RecordId>,
) -> Record<'r> {
    let (account, source, document) = (WORKER, source(serial), Hash::ZERO);
    let on = row
        .received
        .as_deref()
        .map_or_else(|| fifteenth(period.first), day);
    let place = row
        .place
        .as_deref()
        .map_or_else(|| division("440300"), division);
    let reason = Code::new(row.reason.as_deref().unwrap_or("")).unwrap();
    let (first, last) = span(row).unwrap_or((period.first, period.first));
    match kind {
        Kind::DEATH_NOTICE => Record::Death(Death {
            account,
            month: first,
            on,
            document,
            source,
        }),
        Kind::DEEMED_MONTHS => {
            let scheme = scheme(&row.scheme);
            Record::Deemed(Deemed {
                account,
                scheme,
                first,
                last,
                place,
                on,
                document,
                reason,
                source,
            })
        }
        Kind::HUKOU_FACT => Record::Household(Household {
            account,
            place,
            from: first,
            on,
            source,
        }),
        Kind::RETIRE_CLASS_FACT => {
            let class = match row.class.as_deref() {
                Some("M60") => RetireClass::M60,
                Some("F55") => RetireClass::F55,
                Some("F50") => RetireClass::F50,
                other => panic!("{other:?} is no class of retirement"),
            };
            Record::RetireClass(RetireClassFact {
                account,
                class,
                on,
                source,
            })
        }
        Kind::BIRTH_DATE_FACT => {
            let archive = row.reason.as_deref() == Some("archive");
            let by = if archive {
                BirthEvidence::Archive
            } else {
                BirthEvidence::CitizenId
            };
            Record::Birth(Birth {
                account,
                birth: first,
                by,
                on,
                document,
                source,
            })
        }
        Kind::DUPLICATE_AGREEMENT => {
            let scheme = scheme(&row.scheme);
            Record::Agreement(Agreement {
                account,
                scheme,
                first,
                last,
                keep: place,
                on,
                document,
                source,
            })
        }
        Kind::DISPUTE | Kind::DISPUTE_OUTCOME => {
            let target = target.expect("a dispute names its target");
            let region = division(row.to.as_deref().unwrap_or(&row.chain));
            Record::Dispute(
                kind,
                Dispute {
                    account,
                    region,
                    target,
                    reason,
                    on,
                    document,
                    source,
                },
            )
        }
        Kind::BRIDGE => {
            let (scheme, into) = (
                scheme(&row.scheme),
                scheme(row.to.as_deref().expect("an account is joined `to` one")),
            );
            let personal_account = shares(
                row.paid
                    .as_ref()
                    .expect("an account that is joined has a sum, as `paid`"),
            )
            .person;
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
        kind => of_platforms(row, kind, period, serial, target),
    }
}

/// Milliseconds from 1970 to 2026, and of a minute.
const START_OF_2026_MS: u64 = 1_767_225_600_000;
const MINUTE_MS: u64 = 60_000;

/// Work on platforms, injuries and subsidies.
fn of_platforms<'r>(
    row: &'r Row,
    kind: Kind,
    period: Period,
    serial: &'r str,
    target: Option<RecordId>,
) -> Record<'r> {
    let (account, source, document) = (WORKER, source(serial), Hash::ZERO);
    let place = division(row.place.as_deref().unwrap_or("440300"));
    let on = row.received.as_deref();
    let on = on.map_or_else(|| fifteenth(period.first), day);
    let case = CaseId([row.case; 16]);
    let reason = Code::new(row.reason.as_deref().unwrap_or("")).unwrap();
    let platform = Code::new(row.platform.as_deref().unwrap_or("91440300MA00000P1C")).unwrap();
    let trade = Trade::Delivery;
    match kind {
        Kind::PLATFORM_MONTH => Record::PlatformMonth(PlatformMonth {
            account,
            platform,
            place,
            month: period.first,
            trade,
            mode: TransportMode::Bicycle,
            work: work(row),
            earnings: earnings(row),
            file: OrderRows {
                rows: 1_000,
                root: Hash([7; 32]),
            },
            target,
            source,
        }),
        Kind::INJURY_REPORT => {
            let minute = row.minute.expect("an accident has a minute");
            let occurred = UnixMillis(START_OF_2026_MS + minute * MINUTE_MS);
            Record::InjuryReport(InjuryReport {
                account,
                case,
                platform,
                place,
                trade,
                occurred,
                reported: UnixMillis(occurred.0 + 30 * MINUTE_MS),
                reporter: Reporter::Worker,
                order: Hash::ZERO,
                attachment: Hash::ZERO,
                source,
            })
        }
        Kind::INJURY_DETERMINATION => Record::InjuryDetermination(InjuryDetermination {
            account,
            case,
            step: match row.step.as_deref() {
                Some("accepted") => InjuryStep::Accepted,
                Some("recognised") => InjuryStep::Recognised,
                other => panic!("{other:?} is no step that cases have"),
            },
            scheme: scheme(&row.scheme),
            place,
            on,
            document,
            reason,
            source,
        }),
        Kind::DISABILITY_GRADE => Record::DisabilityGrade(DisabilityGrade {
            account,
            case,
            grade: row.grade.expect("a grade is one"),
            place,
            on,
            document,
            source,
        }),
        Kind::SUBSIDY_APPLY | Kind::SUBSIDY_AWARD | Kind::SUBSIDY_CREDIT => Record::Subsidy(
            kind,
            Subsidy {
                account,
                programme: Code::new(row.programme.as_deref().unwrap_or("FLEX")).unwrap(),
                scheme: scheme(&row.scheme),
                period: span(row).map_or(period, |(first, last)| Period {
                    first,
                    months: u8::try_from(last.since(first) + 1).unwrap(),
                }),
                place,
                contribution: Fen::ZERO,
                share: Rate::ZERO,
                amount: shares(row.paid.as_ref().expect("a subsidy has a sum, as `paid`")).person,
                on,
                target,
                reason,
                source,
            },
        ),
        kind => Record::unread(kind, serial.as_bytes()),
    }
}

fn work(row: &Row) -> Work {
    let [orders, insured_orders, days, minutes] = row.work.unwrap_or([100, 100, 20, 6_000]);
    Work {
        orders,
        insured_orders,
        days: u8::try_from(days).unwrap(),
        minutes,
        longest_minutes: minutes / 20,
        night_minutes: minutes / 10,
    }
}

fn earnings(row: &Row) -> Earnings {
    let sums = row.earned.clone();
    let sums = sums.unwrap_or_else(|| ["1000.00", "100.00", "30.00", "10.00"].map(str::to_owned));
    let [gross, incentives, deductions, refunds] = sums.map(|sum| fen(&sum));
    let net = gross.get() + incentives.get() - deductions.get() + refunds.get();
    Earnings {
        gross,
        incentives,
        deductions,
        refunds,
        net: Fen::new(net).unwrap(),
    }
}

const fn account_type(row: &Row) -> AccountType {
    if row.temporary {
        AccountType::Temporary
    } else {
        AccountType::General
    }
}

fn payer(row: &Row) -> Payer<'_> {
    let (kind, id) = row.payer.split_once(' ').unwrap_or((&row.payer, ""));
    let kind = match kind {
        "unit" => PayerKind::Unit,
        "person" => PayerKind::Person,
        "government" => PayerKind::Government,
        other => panic!("{other} is no payer"),
    };
    Payer {
        kind,
        id: Code::new(id).unwrap(),
    }
}

/// Amounts not given follow from the base: 16 % and 8 % for a unit, 20 % for a person, 8 % credited. A year is paid as
/// stated.
fn contribution<'a>(row: &'a Row, period: Period, serial: &'a str) -> Contribution<'a> {
    let kind = kind_of(row);
    let plain = flexible(&row.scheme, period.first, serial);
    let sign = if kind == Kind::REFUND { -1 } else { 1 };
    let base = row
        .base
        .as_deref()
        .map_or(plain.base.get(), |text| fen(text).get());
    let percent = |percent: i64| Fen::new(sign * base * percent / 100).unwrap();
    let payer = payer(row);
    let by_rate = match payer.kind {
        PayerKind::Unit => Shares {
            unit: percent(16),
            person: percent(8),
        },
        _ => Shares {
            unit: Fen::ZERO,
            person: percent(20),
        },
    };
    let stated = row.paid.as_ref().map(shares);
    let due = row.due.as_ref().map(shares);
    let due = due
        .or(stated.filter(|_| period.months > 1))
        .unwrap_or(by_rate);
    let paid = stated.unwrap_or(if kind == Kind::DUE {
        Shares::default()
    } else {
        due
    });
    let nothing = kind == Kind::DUE;
    let eight = Shares {
        unit: Fen::ZERO,
        person: if nothing { Fen::ZERO } else { percent(8) },
    };
    let by_default = if period.months > 1 { paid } else { eight };
    Contribution {
        period,
        base: Fen::new(base).unwrap(),
        place: row.place.as_deref().map_or(plain.place, division),
        payer,
        due,
        paid,
        credited: row.credited.as_ref().map_or(by_default, shares),
        full: row.full.unwrap_or(!nothing),
        subsidies: Subsidies {
            county: row.subsidy.as_deref().map_or(Fen::ZERO, fen),
            ..Subsidies::default()
        },
        received: if nothing {
            None
        } else {
            row.received
                .as_deref()
                .map_or(plain.received, |text| Some(day(text)))
        },
        nature: row.nature.unwrap_or(match kind {
            Kind::REFUND => 20,
            Kind::ADJUST_DELTA => 34,
            _ => 10,
        }),
        account_type: account_type(row),
        ..plain
    }
}
