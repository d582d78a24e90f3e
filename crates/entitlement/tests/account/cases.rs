//! Cases as data: records in, account out. `tests/cases/README.md` says how to write one; no Rust is needed.

use crate::{
    federation::{self, Federation},
    row_names::{RowNames, Written},
    sample::{WORKER, day, division, fifteenth, flexible, interest, month, scheme, source},
};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Write, fs, path::Path, sync::LazyLock};
use yizhang_entitlement::{
    Account, Policy,
    account::{
        Conflict, Drawing, FamilyAccount, Figure, FigureValue, GapCause, MonthStatus, TransferCase,
    },
    fold,
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::Hash,
    record::{
        AccountType, Agreement, Benefit, Birth, BirthEvidence, Bridge, CaseId, Contribution, Death,
        Deemed, Dispute, Household, Participation, Payer, PayerKind, Period, Record, RetireClass,
        RetireClassFact, Reversal, Shares, Subsidies, TransferSide, TransferStep, TransferSums,
    },
    value::{Code, Fen, Month},
};
use yizhang_rules::{RuleFile, RuleSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    /// Without the program's calendars: only days that a case names are off beside weekends.
    #[serde(default)]
    plain_weekends: bool,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    as_of: String,
    /// Holidays, and weekend days that are worked.
    #[serde(default)]
    holidays: Vec<String>,
    #[serde(default)]
    workdays: Vec<String>,
    /// A rule file laid over the program's own.
    #[serde(default)]
    rules: String,
    #[serde(default)]
    record: Vec<Row>,
    /// Figures that must be there, as the README says; others may be.
    #[serde(default)]
    figures: Vec<String>,
    /// What the law leaves to people; left out where it does not matter.
    questions: Option<Vec<String>>,
    /// Names of figures that must not be there.
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    expect: Vec<Expected>,
    /// Conflicts without a family.
    #[serde(default)]
    conflicts: Vec<String>,
    /// `kind count`.
    #[serde(default)]
    unread: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    chain: String,
    #[serde(default = "received")]
    kind: String,
    #[serde(default = "pension")]
    scheme: String,
    /// `2015-03` or `2015-03..2019-08`: one record a month.
    months: Option<String>,
    /// One record for the twelve months of a year.
    year: Option<u16>,
    place: Option<String>,
    #[serde(default = "person")]
    payer: String,
    base: Option<String>,
    due: Option<Pair>,
    paid: Option<Pair>,
    credited: Option<Pair>,
    full: Option<bool>,
    received: Option<String>,
    /// Yuan that the county adds to a resident account.
    subsidy: Option<String>,
    nature: Option<u16>,
    serial: Option<String>,
    label: Option<String>,
    target: Option<String>,
    /// How many times the row is sent.
    #[serde(default = "once")]
    times: usize,
    /// Other chains that hold the same row.
    #[serde(default)]
    also_in: Vec<String>,
    reason: Option<String>,
    to: Option<String>,
    /// `M60`, `F55` or `F50`.
    class: Option<String>,
    /// Number of the transfer case.
    #[serde(default = "one")]
    case: u8,
    /// What a step states: actual months, personal account, pool money.
    sums: Option<(u16, String, String)>,
    /// Months that a step of a transfer names, or that one record is about (deemed months, agreements):
    /// `1985-08..1994-12`.
    span: Option<String>,
    /// A temporary account.
    #[serde(default)]
    temporary: bool,
    /// Any number: the same is the same document.
    document: Option<u8>,
    /// 待遇项目 of a benefit.
    item: Option<String>,
}

/// Yuan of unit and person.
type Pair = [String; 2];

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
struct Expected {
    family: String,
    counted: u32,
    #[serde(default)]
    gaps: Vec<String>,
    provinces: Option<Vec<String>>,
    places: Option<Vec<String>>,
    #[serde(default)]
    conflicts: Vec<String>,
    #[serde(default)]
    years: Vec<String>,
    /// Months that do not count, as `2020-01 arrears`.
    #[serde(default)]
    not_counted: Vec<String>,
    credited: Option<String>,
    interest: Option<String>,
    spans: Option<usize>,
    /// `2025-07 6821.00`
    #[serde(default)]
    bases: Vec<String>,
    participation: Option<Vec<String>>,
    transfers: Option<Vec<String>>,
    /// Transfer cases by number, as the README says.
    cases: Option<Vec<String>>,
    benefits: Option<usize>,
    /// The benefit in force, as `2026-04 440300`, with `suspended`; empty where none is.
    drawing: Option<String>,
    /// Deemed months.
    #[serde(default)]
    deemed: u32,
    /// Of conflicts with an open keeper, as `2024-01 keeps 440000 benefit_place`.
    provisional: Option<Vec<String>>,
    /// What places would have to refund if another is kept, as `2024-01 440000 2400.00`.
    choices: Option<Vec<String>>,
    /// Joinings to another scheme, as `hrss:110 800.00 computed 800.00`, with `owed 1.00` and `without effect`.
    #[serde(default)]
    joined: Vec<String>,
    /// What has to go back for conflicts, as `C21 2026-04 2000.00`.
    returns: Option<Vec<String>>,
    /// Records that an agreement cleared, as `2024-01 330200 416.00 refunded 0.00`.
    #[serde(default)]
    cleared: Vec<String>,
}

#[test]
fn every_case_file_gives_the_account_that_it_states() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    files.sort();
    let (mut cases, mut faults) = (0, String::new());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let file: CaseFile =
            toml::from_str(&text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        for case in file.case {
            cases += 1;
            let name = format!("{}: {}", path.file_name().unwrap().display(), case.title);
            for fault in check(&case, file.plain_weekends) {
                writeln!(faults, "{name}: {fault}").unwrap();
            }
        }
    }
    assert!(cases >= 30, "only {cases} cases were found");
    assert!(faults.is_empty(), "\n{faults}");
}

fn check(case: &Case, plain_weekends: bool) -> Vec<String> {
    let Built { federation, names } = build(&case.record);
    let mut facts = federation.facts();
    let as_of = day(&case.as_of);
    let policy = policy(case, plain_weekends);
    let account = fold(&facts, &policy, as_of);
    facts.reverse();
    let mut faults = Faults {
        faults: Vec::new(),
        names,
    };
    let reversed = fold(&facts, &policy, as_of);
    faults.same(
        "bytes after reversing the order",
        &reversed.canonical_json(),
        &account.canonical_json(),
    );
    let read = Account::from_json(&account.canonical_json());
    faults.same("the account read again", &read.as_ref(), &Ok(&account));
    let figures: Vec<String> = account.figures.iter().map(figure_text).collect();
    for expected in &case.figures {
        if !figures.contains(expected) {
            let name = expected.split([' ', '=']).next().unwrap_or_default();
            let alike: Vec<&String> = figures
                .iter()
                .filter(|figure| figure.starts_with(name))
                .collect();
            faults
                .faults
                .push(format!("expected the figure {expected:?}, found {alike:?}"));
        }
    }
    let questions = account
        .questions
        .iter()
        .map(|question| snake(&question.name))
        .collect();
    faults.same_if("questions", &questions, case.questions.as_ref());
    let there = |name: &&String| {
        account
            .figures
            .iter()
            .any(|figure| snake(&figure.name) == **name)
    };
    faults.same(
        "absent figures",
        &case.absent.iter().filter(there).cloned().collect(),
        &Vec::new(),
    );
    let json: serde_json::Value = serde_json::from_slice(&account.canonical_json()).unwrap();
    for fault in schema().iter_errors(&json).take(3) {
        faults.faults.push(format!(
            "docs/account.schema.json at {}: {fault}",
            fault.instance_path()
        ));
    }
    let families: Vec<&str> = account
        .families
        .iter()
        .map(|family| family.family.as_str())
        .collect();
    let expected: Vec<&str> = case
        .expect
        .iter()
        .map(|expected| expected.family.as_str())
        .collect();
    faults.same("families", &families, &expected);
    for expected in &case.expect {
        if let Some(family) = account.family(&expected.family) {
            faults.check_family(&account, family, expected);
        }
    }
    let homeless = account
        .conflicts
        .iter()
        .filter(|conflict| conflict.family.is_none());
    let homeless = homeless
        .map(|conflict| conflict_text(conflict, &faults.names.of(&account, &conflict.records)))
        .collect();
    faults.same("conflicts without a family", &homeless, &case.conflicts);
    let unread = account
        .unread
        .iter()
        .map(|kind| format!("{} {}", kind.kind, kind.records.len()));
    faults.same("unread", &unread.collect(), &case.unread);
    faults.faults
}

/// The published schema of the account.
pub(crate) fn schema() -> &'static jsonschema::Validator {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/account.schema.json");
        let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    });
    &SCHEMA
}

/// A field of no meaning, a word that is none, or a sum in decimals is no account.
#[test]
fn the_schema_refuses_what_is_no_account() {
    let account = fold(&[], Policy::embedded(), day("2020-02-29"));
    let json: serde_json::Value = serde_json::from_slice(&account.canonical_json()).unwrap();
    assert!(schema().is_valid(&json));
    for (field, value) in [
        ("as_of", "2020-2-29".into()),
        ("records", 3.into()),
        ("surprise", true.into()),
    ] {
        let mut other = json.clone();
        other[field] = value;
        assert!(!schema().is_valid(&other), "{field}");
    }
    let mut other = json;
    other.as_object_mut().unwrap().remove("rules");
    assert!(!schema().is_valid(&other));
}

/// The program's rules with those of the case over them.
fn policy(case: &Case, plain_weekends: bool) -> Policy {
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

fn snake<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

/// `name [forecast] [family] [first..last] [grade n] = value [reason]`, then `; lacks what place first..last, …`.
fn figure_text(figure: &Figure) -> String {
    let mut text = snake(&figure.name);
    for word in [
        figure.forecast.map(|forecast| snake(&forecast)),
        figure.family.clone(),
    ]
    .into_iter()
    .flatten()
    {
        write!(text, " {word}").unwrap();
    }
    if let Some((first, last)) = figure.first.zip(figure.last) {
        write!(text, " {}", range(first, last)).unwrap();
    }
    if let Some(grade) = figure.grade {
        write!(text, " grade {grade}").unwrap();
    }
    match figure.value {
        Some(FigureValue::Months(months)) => write!(text, " = {months}"),
        Some(FigureValue::Month(month)) => write!(text, " = {month}"),
        Some(FigureValue::Fen(amount)) => write!(text, " = {}", yuan(amount)),
        Some(FigureValue::Index(index)) => {
            write!(text, " = {}.{:04}", index / 10_000, index % 10_000)
        }
        Some(FigureValue::Divisor(divisor)) => write!(text, " = {}.{}", divisor / 10, divisor % 10),
        Some(FigureValue::Place(place)) => write!(text, " = {place}"),
        Some(FigureValue::Class(class)) => write!(text, " = {class:?}"),
        None => Ok(()),
    }
    .unwrap();
    if let Some(reason) = figure.reason {
        write!(text, " {}", snake(&reason)).unwrap();
    }
    let missing = figure.missing.iter().map(|missing| {
        let place = missing
            .place
            .map(|place| format!(" {place}"))
            .unwrap_or_default();
        let months = missing
            .first
            .zip(missing.last)
            .map(|(first, last)| format!(" {}", range(first, last)));
        format!(
            "{}{place}{}",
            snake(&missing.what),
            months.unwrap_or_default()
        )
    });
    let missing: Vec<String> = missing.collect();
    if !missing.is_empty() {
        write!(text, "; lacks {}", missing.join(", ")).unwrap();
    }
    text
}

/// `month place`, and `suspended`.
fn drawing_text(drawing: &Drawing) -> String {
    let suspended = if drawing.is_suspended {
        " suspended"
    } else {
        ""
    };
    format!("{} {}{suspended}", drawing.from, drawing.place)
}

struct Faults {
    faults: Vec<String>,
    names: RowNames,
}

impl Faults {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, expected: &T) {
        if found != expected {
            self.faults
                .push(format!("{what}: expected {expected:?}, found {found:?}"));
        }
    }

    fn same_if<T: PartialEq + std::fmt::Debug>(
        &mut self,
        what: &str,
        found: &T,
        expected: Option<&T>,
    ) {
        if let Some(expected) = expected {
            self.same(what, found, expected);
        }
    }

    fn check_family(&mut self, account: &Account, family: &FamilyAccount, expected: &Expected) {
        let name = |what: &str| format!("{} {what}", family.family);
        self.same(
            &name("counted months"),
            &family.counted_months,
            &expected.counted,
        );
        let in_spans: u32 = family.spans.iter().map(|span| span.months).sum();
        self.same(
            &name("deemed months"),
            &family.deemed_months,
            &expected.deemed,
        );
        self.same(&name("months in spans"), &in_spans, &expected.counted);
        let gaps = family.gaps.iter().map(|gap| {
            let open = if gap.open { " open" } else { "" };
            format!("{} {}{open}", range(gap.first, gap.last), cause(gap.cause))
        });
        self.same(&name("gaps"), &gaps.collect(), &expected.gaps);
        let conflicts = account
            .conflicts
            .iter()
            .filter(|found| found.family.as_ref() == Some(&family.family));
        let conflicts = conflicts
            .map(|conflict| conflict_text(conflict, &self.names.of(account, &conflict.records)))
            .collect();
        self.same(&name("conflicts"), &conflicts, &expected.conflicts);
        let returns = account
            .conflicts
            .iter()
            .filter(|found| found.family.as_ref() == Some(&family.family));
        let returns = returns.filter_map(|found| {
            let first = found.first.map(|first| format!(" {first}"));
            let sum = yuan(found.to_return?);
            Some(format!(
                "{:?}{} {sum}",
                found.code,
                first.unwrap_or_default()
            ))
        });
        self.same_if(
            &name("what has to go back"),
            &returns.collect(),
            expected.returns.as_ref(),
        );
        self.check_choices(account, family, expected);
        let places = |places: &[yizhang_entitlement::account::PlaceMonths]| -> Vec<String> {
            let some = |what: &str, months: u32| {
                if months > 0 {
                    format!(" {what} {months}")
                } else {
                    String::new()
                }
            };
            let line = |p: &yizhang_entitlement::account::PlaceMonths| {
                let (going, came) = (
                    some("in transfer", p.in_transfer),
                    some("transferred", p.transferred),
                );
                let (contested, deemed) =
                    (some("contested", p.contested), some("deemed", p.deemed));
                let temporary = some("temporary", p.temporary);
                format!(
                    "{} {}{contested}{deemed}{going}{came}{temporary}",
                    p.place, p.months
                )
            };
            places.iter().map(line).collect()
        };
        self.same_if(
            &name("provinces"),
            &places(&family.by_province),
            expected.provinces.as_ref(),
        );
        self.same_if(
            &name("places"),
            &places(&family.by_place),
            expected.places.as_ref(),
        );
        let years = family.years.iter().map(|year| {
            let refund = year
                .refund_due
                .map(|due| format!(" refund {}", yuan(due.unit + due.person)));
            let first = year.first.year();
            format!(
                "{first} keeps {} employee {}{}",
                year.effective,
                year.employee,
                refund.unwrap_or_default()
            )
        });
        self.same(&name("years"), &years.collect(), &expected.years);
        let idle = family
            .months
            .iter()
            .filter(|line| line.status != MonthStatus::Counted);
        let idle =
            idle.filter(|line| !matches!(line.status, MonthStatus::Employee | MonthStatus::Deemed));
        let idle = idle.map(|line| format!("{} {}", line.month, status(line.status)));
        self.same(
            &name("months that do not count"),
            &idle.collect(),
            &expected.not_counted,
        );
        self.same_if(
            &name("credited"),
            &yuan(family.credited.total),
            expected.credited.as_ref(),
        );
        self.same_if(
            &name("interest"),
            &yuan(family.interest.total),
            expected.interest.as_ref(),
        );
        self.same_if(&name("spans"), &family.spans.len(), expected.spans.as_ref());
        self.same_if(
            &name("benefits"),
            &family.benefits.len(),
            expected.benefits.as_ref(),
        );
        self.same_if(
            &name("drawing"),
            &family
                .drawing
                .as_ref()
                .map(drawing_text)
                .unwrap_or_default(),
            expected.drawing.as_ref(),
        );
        for expected in &expected.bases {
            let (wanted, amount) = expected.split_once(' ').expect("a base is `month amount`");
            let line = family
                .months
                .iter()
                .find(|line| line.month == month(wanted));
            let found = line.and_then(|line| line.base).map_or("open".into(), yuan);
            self.same(&name(&format!("base of {wanted}")), &found, &amount.into());
        }
        let standing = family
            .standing
            .iter()
            .map(|fact| format!("{} {:?} {}", fact.place, fact.state, fact.since));
        self.same_if(
            &name("participation"),
            &standing.collect(),
            expected.participation.as_ref(),
        );
        let steps = family.transfers.iter().map(|case| {
            case.steps
                .iter()
                .map(|step| step.kind.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        });
        self.same_if(
            &name("transfers"),
            &steps.collect(),
            expected.transfers.as_ref(),
        );
        self.same_if(
            &name("cases"),
            &family.transfers.iter().map(case_text).collect(),
            expected.cases.as_ref(),
        );
    }
}

impl Faults {
    fn check_choices(&mut self, account: &Account, family: &FamilyAccount, expected: &Expected) {
        let name = |what: &str| format!("{} {what}", family.family);
        let conflicts = || {
            account
                .conflicts
                .iter()
                .filter(|found| found.family.as_ref() == Some(&family.family))
        };
        let first = |conflict: &Conflict| {
            conflict
                .first
                .map(|first| first.to_string())
                .unwrap_or_default()
        };
        let provisional = conflicts().filter_map(|conflict| {
            let reason = |provisional: &yizhang_entitlement::account::Provisional| {
                serde_json::to_string(&provisional.reason)
                    .unwrap()
                    .trim_matches('"')
                    .to_owned()
            };
            let kept = conflict.provisional.as_ref()?;
            Some(format!(
                "{} keeps {} {}",
                first(conflict),
                kept.place,
                reason(kept)
            ))
        });
        self.same_if(
            &name("provisional keepers"),
            &provisional.collect(),
            expected.provisional.as_ref(),
        );
        let choices = conflicts().flat_map(|conflict| {
            let line = move |choice: &yizhang_entitlement::account::Choice| {
                format!(
                    "{} {} {}",
                    first(conflict),
                    choice.place,
                    yuan(choice.credited.unit + choice.credited.person)
                )
            };
            conflict.choices.iter().map(line)
        });
        self.same_if(
            &name("choices"),
            &choices.collect(),
            expected.choices.as_ref(),
        );
        let cleared = family.cleared.iter().map(|line| {
            let sum =
                |amount: yizhang_entitlement::account::Amount| yuan(amount.unit + amount.person);
            format!(
                "{} {} {} refunded {}",
                line.first,
                line.place,
                sum(line.due),
                sum(line.refunded)
            )
        });
        self.same(&name("cleared"), &cleared.collect(), &expected.cleared);
        let joined = family.joined.iter().map(|line| {
            let mut text = format!(
                "{} {} computed {}",
                line.into,
                yuan(line.personal_account),
                yuan(line.computed)
            );
            if line.owed != 0 {
                write!(text, " owed {}", yuan(line.owed)).unwrap();
            }
            if !line.has_effect {
                text.push_str(" without effect");
            }
            text
        });
        self.same(&name("joined"), &joined.collect(), &expected.joined);
    }
}

/// `state; next STEP by SIDE PLACE due DAY overdue N; moving N; transferred N; computed N PA POOL; differs …; checks …;
/// faults …`, each part only where there is something to say.
fn case_text(case: &TransferCase) -> String {
    let mut text = name_of(&case.state);
    if let Some(next) = &case.next {
        let due = next
            .due
            .map_or_else(|| "never".into(), |day| day.to_string());
        write!(
            text,
            "; next {} by {} {} due {due}",
            next.step,
            name_of(&next.side),
            next.place
        )
        .unwrap();
        if next.overdue > 0 {
            write!(text, " overdue {}", next.overdue).unwrap();
        }
    }
    if let Some(moving) = &case.in_transfer {
        write!(
            text,
            "; in transfer {} ×{}",
            range(moving.first, moving.last),
            moving.months
        )
        .unwrap();
    }
    if let Some(moved) = &case.transferred {
        write!(
            text,
            "; transferred {} ×{}",
            range(moved.first, moved.last),
            moved.months
        )
        .unwrap();
    }
    if let Some(sums) = &case.sums {
        let computed = sums.computed;
        write!(text, "; {} {}", name_of(&sums.basis), computed.months).unwrap();
        write!(
            text,
            " {} {}",
            yuan(computed.personal_account),
            yuan(computed.pool)
        )
        .unwrap();
        for differs in &sums.differences {
            let money = format!("{} {}", yuan(differs.personal_account), yuan(differs.pool));
            write!(
                text,
                "; differs {} {} {money}",
                name_of(&differs.between),
                differs.months
            )
            .unwrap();
        }
    }
    for check in &case.checks {
        write!(text, "; check {} {}", name_of(&check.what), check.months).unwrap();
        if let Some(day) = check.inform_by {
            write!(text, " inform by {day}").unwrap();
        }
    }
    for fault in &case.faults {
        write!(text, "; fault {} {}", fault.step, name_of(&fault.fault)).unwrap();
    }
    text
}

fn name_of<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .unwrap()
        .trim_matches('"')
        .into()
}

fn conflict_text(conflict: &Conflict, records: &str) -> String {
    let months = match (conflict.first, conflict.last) {
        (Some(first), Some(last)) => format!(" {} ×{}", range(first, last), conflict.months),
        _ => String::new(),
    };
    let own = conflict.code.class().severity;
    let severity = if conflict.severity == own {
        String::new()
    } else {
        format!(" {:?}", conflict.severity)
    };
    format!(
        "{:?}{months}{}: {records}",
        conflict.code,
        severity.to_lowercase()
    )
}

fn range(first: Month, last: Month) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}..{last}")
    }
}

fn cause(cause: GapCause) -> String {
    serde_json::to_string(&cause)
        .unwrap()
        .trim_matches('"')
        .into()
}

fn status(status: MonthStatus) -> String {
    serde_json::to_string(&status)
        .unwrap()
        .trim_matches('"')
        .into()
}

fn yuan(fen: i64) -> String {
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
type Labels = BTreeMap<String, BTreeMap<Month, (Period, RecordId)>>;

/// What the rows of a case have become.
struct Built {
    federation: Federation,
    names: RowNames,
}

fn build(rows: &[Row]) -> Built {
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
        kind => Record::Unknown(kind, serial.as_bytes()),
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
