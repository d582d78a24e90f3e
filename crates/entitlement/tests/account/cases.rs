//! Cases as data: records in, account out. `tests/cases/README.md` says how to write one; no Rust is needed.

use crate::{
    case::{Built, Case, Expected, build, files, policy, yuan},
    row_names::RowNames,
    sample::{day, month},
};
use std::{fmt::Write, fs, path::Path, sync::LazyLock};
use yizhang_entitlement::{
    Account, Policy,
    account::{
        Conflict, Drawing, FamilyAccount, Figure, FigureValue, GapCause, InjuryCase, MonthStatus,
        SubsidyLine, TransferCase, WorkLine, WorkMonth,
    },
    fold,
};
use yizhang_ledger::value::Month;

#[test]
fn every_case_file_gives_the_account_that_it_states() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (mut cases, mut faults) = (0, String::new());
    for (name, file) in files(&folder) {
        for case in file.case {
            cases += 1;
            for fault in check(&case, file.plain_weekends) {
                writeln!(faults, "{name}: {}: {fault}", case.title).unwrap();
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
    let work = account.platforms.iter().map(work_text).collect();
    faults.same("work on platforms", &work, &case.work);
    let injuries = account.injuries.iter().map(injury_text).collect();
    faults.same("injuries", &injuries, &case.injuries);
    let subsidies = account.subsidies.iter().map(subsidy_text).collect();
    faults.same("subsidies", &subsidies, &case.subsidies);
    faults.faults
}

/// `month orders n insured n minutes n net yuan: platform place days n net yuan, …`, what was corrected with `corrected`.
fn work_text(of: &WorkMonth) -> String {
    let line = |line: &WorkLine| {
        let corrected = line.corrected_by.map_or("", |_| " corrected");
        format!(
            "{} {} days {} net {}{corrected}",
            &line.platform[14..],
            line.place,
            line.days,
            yuan(line.earned.net)
        )
    };
    let lines: Vec<String> = of.platforms.iter().map(line).collect();
    format!(
        "{} orders {} insured {} minutes {} net {}: {}",
        of.month,
        of.worked.orders,
        of.worked.insured_orders,
        of.worked.minutes,
        yuan(of.earned.net),
        lines.join(", ")
    )
}

/// `case reports n`, then each step with its scheme, and `grade n`.
fn injury_text(of: &InjuryCase) -> String {
    let mut text = format!("{} reports {}", of.case.0[0], of.reports.len());
    for step in &of.steps {
        write!(text, ", {} {}", step.step, step.scheme).unwrap();
    }
    if let Some(line) = of.grades.last() {
        write!(text, ", grade {}", line.grade).unwrap();
    }
    text
}

/// `programme scheme place months n first..last asked yuan awarded yuan credited yuan`.
fn subsidy_text(of: &SubsidyLine) -> String {
    let span = of.first.zip(of.last);
    format!(
        "{} {} {} months {}{} asked {} awarded {} credited {}",
        of.programme,
        of.scheme,
        of.place,
        of.months,
        span.map_or_else(String::new, |(first, last)| format!(
            " {}",
            range(first, last)
        )),
        yuan(of.asked),
        yuan(of.awarded),
        yuan(of.credited)
    )
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
