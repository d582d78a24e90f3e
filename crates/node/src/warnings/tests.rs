//! For each rule what it warns of, and what nearly is it and is nothing.

use super::*;

/// 2026-11-30 09:00 in UTC+8.
const NINE: u64 = 1_796_000_400_000;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WORKER: AccountId = AccountId([7; 16]);

/// A clerk looks a worker up for a case.
fn lookup() -> AccessEntry {
    AccessEntry {
        at: UnixMillis(NINE),
        certificate: [1; 32],
        holder: "agency.440000".into(),
        method: LOOKUP.into(),
        answer: "ok".into(),
        business: "inquiry".into(),
        case_number: "C-2026-0117".into(),
        person: "Zhang Wei".into(),
        subject: Subject::Account(WORKER),
    }
}

fn with(change: impl FnOnce(&mut AccessEntry)) -> AccessEntry {
    let mut entry = lookup();
    change(&mut entry);
    entry
}

fn watch(entries: &[AccessEntry]) -> Vec<Warning> {
    let limits = WarningLimits {
        readings_an_hour: 3,
        nothing_found_a_day: 3,
        same_account_days: 3,
        ..WarningLimits::USUAL
    };
    let mut watch = Watch::new(limits);
    for entry in entries {
        watch.see(Day::of(entry.at), entry);
    }
    watch.warnings()
}

#[track_caller]
fn warns(entries: &[AccessEntry], rules: &[Rule]) {
    let found: Vec<Rule> = watch(entries).iter().map(|warning| warning.rule).collect();
    assert_eq!(found, rules);
}

#[test]
fn a_lookup_at_nine_for_a_case_is_nothing() {
    assert_eq!(NINE % HOUR, 0);
    assert_eq!(Hour::of(UnixMillis(NINE)).number() % 24, 9);
    warns(&[lookup()], &[]);
}

#[test]
fn a_case_that_is_none_is_warned_of_and_a_short_one_that_is_one_is_not() {
    for none in ["", "-", "000", "xxxx", "12345", "无", "测试", " N/A ", "1"] {
        let entry = with(|entry| entry.case_number = none.into());
        warns(&[entry], &[Rule::NoCase]);
    }
    for case in [
        "17",
        "C-1",
        "2026-11",
        "123456789012",
        "粤社保查〔2026〕1号",
    ] {
        warns(&[with(|entry| entry.case_number = case.into())], &[]);
    }
    let refused = with(|entry| {
        entry.answer = "purpose".into();
        entry.subject = Subject::Unknown;
    });
    warns(&[refused], &[Rule::NoCase]);
    // A worker who reads, and a node that asks for one, have no case.
    for holder in ["portal.440000", "node.440000", "auditor"] {
        let entry = with(|entry| {
            entry.holder = holder.into();
            entry.case_number = String::new();
        });
        warns(&[entry], &[]);
    }
}

#[test]
fn the_night_begins_at_ten_and_ends_at_six() {
    for (minutes, is_night) in [
        (12 * 60 + 59, false),
        (13 * 60, true),
        (15 * 60, true),
        (20 * 60 + 59, true),
        (21 * 60, false),
    ] {
        let entry = with(|entry| entry.at = UnixMillis(NINE + minutes * MINUTE));
        let rules: &[Rule] = if is_night { &[Rule::AtNight] } else { &[] };
        warns(&[entry], rules);
    }
    // What was refused was not read.
    let refused = with(|entry| {
        entry.at = UnixMillis(NINE + 15 * HOUR);
        entry.answer = "read-limit".into();
    });
    warns(&[refused], &[]);
}

#[test]
fn more_than_so_many_in_an_hour_are_warned_of_and_so_many_are_not() {
    let within = |count: u64, every: u64| -> Vec<AccessEntry> {
        let at = |number| UnixMillis(NINE + number * every);
        let entries = (0..count).map(|number| with(|entry| entry.at = at(number)));
        entries.collect()
    };
    warns(&within(3, MINUTE), &[]);
    warns(&within(4, MINUTE), &[Rule::ManyAnHour]);
    warns(&within(4, 20 * MINUTE), &[]);
    // Two clerks who share a certificate are two.
    let mut two = within(4, MINUTE);
    two[0].person = "Li Na".into();
    warns(&two, &[]);
    let found = watch(&within(5, MINUTE));
    assert_eq!((found[0].entries, found[0].certificates.len()), (5, 1));
}

#[test]
fn who_makes_and_approves_is_warned_of_by_certificate_and_by_name() {
    let issued = with(|entry| entry.method = ISSUE_CODE.into());
    let approved = |change: &dyn Fn(&mut AccessEntry)| {
        with(|entry| {
            entry.method = APPROVE_CODE.into();
            entry.at = UnixMillis(NINE + MINUTE);
            entry.certificate = [2; 32];
            entry.person = "Li Na".into();
            change(entry);
        })
    };
    warns(&[issued.clone(), approved(&|_| {})], &[]);
    let same_name = approved(&|entry| entry.person = "zhang  wei".into());
    warns(
        &[issued.clone(), same_name.clone()],
        &[Rule::MakerIsChecker],
    );
    let found = watch(&[issued.clone(), same_name]);
    assert_eq!(found[0].certificates, [[1; 32], [2; 32]]);
    let tried = approved(&|entry| {
        entry.certificate = [1; 32];
        entry.answer = "code".into();
    });
    warns(&[issued.clone(), tried], &[Rule::MakerIsChecker]);
    let of_another = approved(&|entry| {
        entry.certificate = [1; 32];
        entry.subject = Subject::Account(AccountId([8; 16]));
    });
    warns(&[issued.clone(), of_another], &[]);
    let much_later = approved(&|entry| {
        entry.certificate = [1; 32];
        entry.at = UnixMillis(NINE + 16 * MINUTE);
    });
    warns(&[issued, much_later], &[]);
}

#[test]
fn many_lookups_that_find_nothing_are_warned_of() {
    let nothing = |number: u8| {
        with(|entry| {
            entry.answer = if number.is_multiple_of(2) {
                "nothing"
            } else {
                "number"
            }
            .into();
            entry.at = UnixMillis(NINE + u64::from(number) * HOUR / 2);
        })
    };
    warns(&[nothing(0), nothing(1)], &[]);
    warns(&[nothing(0), nothing(1), nothing(2)], &[Rule::NothingFound]);
    warns(&[nothing(0), nothing(1), lookup()], &[]);
    // What an import looks up before it sends is not there, at whatever hour.
    let import = |number: u8| {
        let mut entry = nothing(number);
        entry.business = "import".into();
        entry.case_number = "import-a410950a5330a655".into();
        entry.at = UnixMillis(NINE + 15 * HOUR);
        entry
    };
    let imports: Vec<AccessEntry> = (0..9).map(import).collect();
    warns(&imports, &[]);
}

#[test]
fn one_account_on_many_days_is_warned_of_unless_a_case_says_why() {
    let on = |day: u64, case: &str| {
        with(|entry| {
            entry.at = UnixMillis(NINE + day * DAY);
            entry.case_number = case.into();
        })
    };
    warns(&[on(0, "C-1"), on(1, "C-2")], &[]);
    let days = [on(0, "C-1"), on(1, "C-2"), on(5, "C-3")];
    warns(&days, &[Rule::SameAccount]);
    assert_eq!(watch(&days)[0].account, Some(WORKER));
    // One case that goes on for days says why, and the one day beside it is one.
    warns(
        &[on(0, "C-1"), on(1, "C-1"), on(5, "C-1"), on(6, "C-2")],
        &[],
    );
    // Three times on one day is one day.
    warns(&[on(0, "C-1"), on(0, "C-2"), on(0, "C-3")], &[]);
    // Days that are long past do not count.
    warns(&[on(0, "C-1"), on(1, "C-2"), on(31, "C-3")], &[]);
    let mut other = on(5, "C-3");
    other.subject = Subject::Account(AccountId([8; 16]));
    warns(&[on(0, "C-1"), on(1, "C-2"), other], &[]);
}

#[test]
fn a_warning_is_closed_until_something_more_is_seen_and_not_by_whom_it_is_about() {
    let odd = with(|entry| entry.case_number = "000".into());
    let [warning] = &watch(std::slice::from_ref(&odd))[..] else {
        panic!("one warning");
    };
    assert!(!warning.may_be_closed_by(&[1; 32], "Li Na"));
    assert!(!warning.may_be_closed_by(&[2; 32], "ZHANG WEI"));
    assert!(warning.may_be_closed_by(&[2; 32], "Li Na"));
    let closing = with(|entry| {
        entry.at = UnixMillis(NINE + MINUTE);
        entry.method = "AccessLog.CloseWarning".into();
        entry.certificate = [2; 32];
        entry.person = "Li Na".into();
        entry.subject = Subject::Warning {
            id: warning.id,
            reason: "a drill".into(),
        };
    });
    let closed = watch(&[odd.clone(), closing.clone()]);
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].closing.as_ref().unwrap().reason, "a drill");
    // A closing that was refused closes nothing.
    let refused = AccessEntry {
        answer: "field".into(),
        ..closing.clone()
    };
    assert!(watch(&[odd.clone(), refused])[0].closing.is_none());
    let again = AccessEntry {
        at: UnixMillis(NINE + 2 * MINUTE),
        ..odd.clone()
    };
    let reopened = watch(&[odd, closing, again]);
    assert!(reopened[0].closing.is_none());
    assert_eq!(reopened[0].entries, 2);
}
