//! Rule sets through the public door. `faults.toml` holds the files that are refused; an expert can add one without Rust.

use serde::Deserialize;
use yizhang_ledger::value::{Day, Division, Fen, Month};
use yizhang_rules::{
    Change, Confidence, FILE_BYTES_MAX, FILES_MAX, Key, RuleFile, RuleSet, Unit, Where,
};

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    files: Vec<String>,
    /// What each fault begins with.
    faults: Vec<String>,
}

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

fn place(code: u32) -> Division {
    Division::new(code).unwrap()
}

fn read(text: &str) -> RuleSet {
    RuleSet::read(&[RuleFile {
        name: "own.toml",
        text,
    }])
    .unwrap()
}

#[test]
fn files_are_refused_with_place_expectation_and_finding() {
    let cases: Cases = toml::from_str(include_str!("faults.toml")).unwrap();
    assert!(cases.case.len() >= 15);
    for case in cases.case {
        let names: Vec<String> = (1..=case.files.len())
            .map(|number| format!("{number}.toml"))
            .collect();
        let files: Vec<RuleFile<'_>> = case
            .files
            .iter()
            .zip(&names)
            .map(|(text, name)| RuleFile { name, text })
            .collect();
        let found: Vec<String> = match RuleSet::read(&files) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(ToString::to_string).collect(),
        };
        let same = found.len() == case.faults.len()
            && found
                .iter()
                .zip(&case.faults)
                .all(|(found, expected)| found.starts_with(expected));
        assert!(
            same,
            "{}: expected {:#?}, found {found:#?}",
            case.title, case.faults
        );
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let large = "#".repeat(FILE_BYTES_MAX + 1);
    let fault = RuleSet::read(&[RuleFile {
        name: "a",
        text: &large,
    }])
    .unwrap_err();
    assert!(
        fault[0]
            .to_string()
            .contains("at most 1048576 bytes, found 1048577"),
        "{fault:?}"
    );
    assert!(
        RuleSet::read(&[RuleFile {
            name: "a",
            text: &large[1..]
        }])
        .is_ok()
    );
    let files = vec![
        RuleFile {
            name: "a",
            text: ""
        };
        FILES_MAX + 1
    ];
    assert!(
        RuleSet::read(&files).unwrap_err()[0]
            .to_string()
            .contains("at most 100 files, found 101")
    );
    assert!(RuleSet::read(&files[1..]).is_ok());
}

#[test]
fn the_rules_of_the_program_are_without_fault_and_certain() {
    let set = RuleSet::embedded_or_faults().unwrap();
    assert_eq!(&set, RuleSet::embedded());
    assert!(set.rules().len() > 70, "{}", set.rules().len());
    assert!(
        set.rules()
            .iter()
            .all(|rule| rule.confidence != Confidence::Uncertain)
    );
    for rule in set.rules() {
        let calendar = matches!(rule.key, Key::Holidays | Key::Workdays);
        assert!(
            !calendar || rule.until.is_some(),
            "{}: a calendar is of a year",
            rule.id
        );
    }
}

/// Domain reference, 5.2 and 5.3.
#[test]
fn the_official_tables_are_whole() {
    let (set, china) = (RuleSet::embedded(), place(520_000));
    let minimum = |text: &str| {
        set.number(Key::PensionMinimum, "", china, month(text))
            .unwrap()
            .value
    };
    let years = [180, 186, 192, 198, 204, 210, 216, 222, 228, 234, 240, 240];
    for (year, months) in (2_029..).zip(years) {
        assert_eq!(minimum(&format!("{year}-01")), months, "{year}");
        assert_eq!(minimum(&format!("{year}-12")), months, "{year}");
    }
    assert_eq!((minimum("1998-01"), minimum("2099-12")), (180, 240));
    let divisors = set
        .table(Key::PensionDivisor, "", china, month("2026-01"))
        .unwrap()
        .value;
    assert_eq!(divisors.len(), 31);
    for (age, months) in [
        (40, 233),
        (47, 208),
        (50, 195),
        (55, 170),
        (60, 139),
        (65, 101),
        (66, 93),
        (70, 56),
    ] {
        assert!(divisors.contains(&vec![age, months]), "{age}");
    }
    assert!(
        divisors
            .windows(2)
            .all(|pair| pair[0][0] + 1 == pair[1][0] && pair[0][1] > pair[1][1])
    );
    let rates = [831, 712, 829, 761, 604, 669, 612, 397, 262];
    for (year, rate) in (2_016..).zip(rates) {
        let found = set
            .rate(
                Key::PensionInterest,
                "hrss:110",
                china,
                month(&format!("{year}-06")),
            )
            .unwrap();
        assert_eq!(found.value.get(), rate, "{year}");
    }
    assert_eq!(
        set.rate(Key::PensionInterest, "hrss:110", china, month("2025-01")),
        None,
        "one source only: an operator's"
    );
    let credited = |text: &str| {
        set.rate(Key::AccountRate, "hrss:110", china, month(text))
            .map(|rate| rate.value.get())
    };
    assert_eq!(
        (
            credited("1997-12"),
            credited("2005-12"),
            credited("2006-01")
        ),
        (None, Some(1_100), Some(800))
    );
}

#[test]
fn the_city_comes_before_the_province_and_the_province_before_the_nation() {
    let set = RuleSet::embedded();
    let floor = |code: u32, text: &str| {
        let found = set.yuan(Key::BaseFloor, "hrss:110", place(code), month(text));
        found.map(|figure| (figure.value, figure.rule.place.map(Division::code)))
    };
    let yuan = |yuan: i64| Fen::new(yuan * 100).unwrap();
    assert_eq!(
        floor(440_100, "2025-07"),
        Some((yuan(5_510), Some(440_100)))
    );
    assert_eq!(
        floor(440_500, "2025-07"),
        Some((yuan(4_775), Some(440_000)))
    );
    assert_eq!(floor(440_500, "2025-06"), None, "before the rule");
    assert_eq!(
        floor(440_500, "2026-06"),
        Some((yuan(4_775), Some(440_000))),
        "its last month"
    );
    assert_eq!(floor(440_500, "2026-07"), None, "behind the rule");
    assert_eq!(floor(520_100, "2025-07"), None, "Guizhou's was not found");
    let wrong = set.yuan(Key::BaseFloor, "nhsa:310", place(440_100), month("2025-07"));
    assert_eq!(wrong, None, "of another scheme");
    assert_eq!(
        set.rate(Key::BaseFloor, "hrss:110", place(440_100), month("2025-07")),
        None,
        "not in that unit"
    );
}

#[test]
fn an_operator_replaces_by_id_and_adds_beside() {
    let own = r#"
[[rule]]
id = "transfer.dangling"
key = "transfer.dangling"
value = { days = 20 }
confidence = "D"
[[rule]]
id = "own/guiyang"
key = "contribution.base-floor"
of = "hrss:110"
place = "520100"
from = "2025-07"
until = "2026-06"
value = { yuan = "4271.00" }
confidence = "U"
"#;
    let embedded = RuleSet::embedded();
    let set = embedded
        .overlaid(&[RuleFile {
            name: "own.toml",
            text: own,
        }])
        .unwrap();
    let (guiyang, now) = (place(520_100), month("2025-12"));
    assert_eq!(
        set.number(Key::TransferDangling, "", guiyang, now)
            .unwrap()
            .value,
        20
    );
    assert_eq!(
        set.yuan(Key::BaseFloor, "hrss:110", guiyang, now)
            .unwrap()
            .value,
        Fen::new(427_100).unwrap()
    );
    assert_eq!(set.rules().len(), embedded.rules().len() + 1);
    let changes = embedded.diff(&set);
    assert!(
        matches!(changes[..], [Change::Added(added), Change::Changed(old, new)]
        if added.id == "own/guiyang" && old.id == new.id && new.id == "transfer.dangling"),
        "{changes:?}"
    );
    assert!(matches!(set.diff(embedded)[0], Change::Removed(_)));
    let beside = own.replace("id = \"transfer.dangling\"", "id = \"own/dangling\"");
    let faults = embedded
        .overlaid(&[RuleFile {
            name: "own.toml",
            text: &beside,
        }])
        .unwrap_err();
    assert!(
        faults[0]
            .to_string()
            .contains("expected one rule for a month"),
        "{faults:?}"
    );
}

#[test]
fn the_name_follows_every_field_and_no_order() {
    let one = "[[rule]]\nid = \"a\"\nkey = \"contribution.base-floor\"\nof = \"hrss:110\"\nplace = \"440000\"\nfrom = \"2025-01\"\nuntil = \"2025-12\"\n\
               value = { yuan = \"9493.00\" }\ndocument = \"D\"\nnumber = \"1\"\npublished = \"2025-06-01\"\n\
               confidence = \"V\"\nnote = \"N\"\n";
    let two = "[[rule]]\nid = \"b\"\nkey = \"transfer.review\"\nvalue = { days = 15 }\nconfidence = \"D\"\n";
    let name = read(&[one, two].concat()).name();
    assert_eq!(read(&[two, one].concat()).name(), name);
    let apart = [
        RuleFile {
            name: "x",
            text: two,
        },
        RuleFile {
            name: "y",
            text: one,
        },
    ];
    assert_eq!(RuleSet::read(&apart).unwrap().name(), name);
    let changes = [
        ("\"a\"", "\"c\""),
        ("contribution.base-floor", "contribution.base-ceiling"),
        ("440000", "440100"),
        ("2025-01\"", "2025-02\""),
        ("2025-12", "2025-11"),
        ("9493.00", "9493.01"),
        ("\"D\"\nnumber", "\"E\"\nnumber"),
        ("\"1\"", "\"2\""),
        ("2025-06-01", "2025-06-02"),
        ("\"V\"", "\"K\""),
        ("\"N\"", "\"M\""),
        ("hrss:110", "hrss:210"),
        ("place =", "direct = true\nplace ="),
    ];
    for (old, new) in changes {
        let changed = one.replacen(old, new, 1);
        assert_ne!(changed, one, "{old}");
        assert_ne!(
            read(&[&changed, two].concat()).name(),
            name,
            "{old} to {new}"
        );
    }
    assert_ne!(read(one).name(), name);
}

#[test]
fn calendars_are_of_their_year_and_never_both_off_and_on() {
    let set = RuleSet::embedded();
    for year in [2_024_u32, 2_025, 2_026] {
        let at = month(&format!("{year}-05"));
        let of_year = |key: Key| set.dates(key, place(440_000), at).unwrap().value;
        let (holidays, workdays) = (of_year(Key::Holidays), of_year(Key::Workdays));
        assert!(holidays.len() >= 27 && workdays.len() >= 5, "{year}");
        let within = |day: &&Day| day.to_string().starts_with(&year.to_string());
        assert!(
            holidays.iter().chain(workdays).all(|day| within(&day)),
            "{year}"
        );
        assert!(workdays.iter().all(|day| !holidays.contains(day)), "{year}");
    }
}

#[test]
fn every_key_has_a_name_of_its_own_and_a_row_in_the_document() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/RULES.md");
    let document = std::fs::read_to_string(path).unwrap();
    for key in Key::ALL {
        assert_eq!(Key::named(key.name()), Some(*key));
        let (of, place) = (key.subject(), key.scope());
        let row = format!(
            "| `{}` | {} | {of} | {place} | {} |",
            key.name(),
            key.unit(),
            key.meaning()
        );
        assert!(document.contains(&row), "docs/RULES.md has no row {row}");
    }
    let (_, list) = document
        .split_once("no month may lie without a rule between two of them: ")
        .unwrap();
    let (list, _) = list.split_once(".\n").unwrap();
    let listed: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let continuous: Vec<&str> = Key::ALL
        .iter()
        .filter(|key| key.is_continuous())
        .map(|key| key.name())
        .collect();
    assert_eq!(listed, continuous);
    let (_, register) = document
        .split_once("### The register of the domain reference")
        .unwrap();
    let rows: Vec<&str> = register
        .lines()
        .filter(|line| line.starts_with("| "))
        .take_while(|line| !line.contains("| class |"))
        .collect();
    for name in rows
        .iter()
        .filter_map(|row| row.split('|').nth(2))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
    {
        assert!(Key::named(name).is_some(), "no key {name}");
    }
    assert_eq!(Key::named("pension.minimum "), None);
    assert_eq!(Unit::Table(2).to_string(), "table of 2 columns");
}

/// The example of the document is one that works.
#[test]
fn the_example_of_the_document_is_read() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/RULES.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (_, rest) = document.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let set = RuleSet::embedded()
        .overlaid(&[RuleFile {
            name: "example",
            text: example,
        }])
        .unwrap();
    assert_ne!(set.name(), RuleSet::embedded().name());
}

/// A district has the rules of its city before those of its province, of what has ended too.
#[test]
fn a_district_lies_in_its_city() {
    let set = RuleSet::embedded();
    let (month, place) = (Month::parse("2025-10").unwrap(), |code| {
        Division::new(code).unwrap()
    });
    let floor = |code| {
        set.yuan(Key::BaseFloor, "hrss:110", place(code), month)
            .map(|figure| figure.value.get())
    };
    assert_eq!(
        (floor(440_106), floor(440_100)),
        (Some(551_000), Some(551_000)),
        "Guangzhou"
    );
    assert_eq!(
        (floor(440_305), floor(440_300)),
        (Some(477_500), Some(477_500)),
        "other cities"
    );
    assert_eq!(
        floor(440_000),
        Some(551_000),
        "省直: the code of the province itself, and no place within"
    );
    let rule = |id: &str, place: &str, until: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nkey = \"pension.average-wage\"\nplace = \"{place}\"\nuntil = \"{until}\"\n\
             value = {{ yuan = \"1.00\" }}\ndocument = \"x\"\nnumber = \"x\"\nconfidence = \"D\"\n"
        )
    };
    let text = rule("city", "440100", "2015-12") + &rule("province", "440000", "2024-12");
    let set = set
        .overlaid(&[RuleFile {
            name: "own",
            text: &text,
        }])
        .unwrap();
    let newest = set
        .latest(Key::PensionAverageWage, "", place(440_106), month)
        .unwrap();
    assert_eq!(newest.id, "city", "it keeps to its own, however old");
}

const OVER: &str = "[[rule]]\nconfidence = \"D\"\n";

/// What is wrong with one rule over those of the program.
fn over(fields: &str) -> Vec<String> {
    let text = format!("{OVER}{fields}");
    let found = RuleSet::embedded().overlaid(&[RuleFile {
        name: "own.toml",
        text: &text,
    }]);
    found
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// An overlay names itself, never the rule below that it contradicts, and takes no month away.
#[test]
fn an_overlay_leaves_no_month_without_a_rule() {
    let minimum = |id: &str, months: &str| {
        over(&format!(
            "id = \"pension.minimum/{id}\"\nkey = \"pension.minimum\"\nvalue = {{ months = 240 }}\n{months}"
        ))
    };
    let gap = |id: &str, span: &str| {
        vec![format!(
            "own.toml: pension.minimum/{id}: expected no gap, found no rule for pension.minimum {span}"
        )]
    };
    assert_eq!(minimum("2039", "from = \"2039-01\""), Vec::<String>::new());
    assert_eq!(
        minimum("2039", "from = \"2039-01\"\nuntil = \"2040-12\""),
        gap("2039", "from 2041-01 on")
    );
    assert_eq!(
        minimum("2029", "from = \"2028-01\"\nuntil = \"2029-12\""),
        gap("2029", "until 2027-12")
    );
    assert_eq!(
        minimum("2030", "from = \"2030-01\"\nuntil = \"2030-06\""),
        gap("2030", "from 2030-07 to 2030-12")
    );
    assert_eq!(
        minimum("2030", "from = \"2030-02\"\nuntil = \"2030-12\""),
        gap("2030", "in 2030-01")
    );
    let beside = over(
        "id = \"own/x\"\nkey = \"pension.minimum\"\nuntil = \"2001-12\"\nvalue = { months = 180 }\n",
    );
    let expected = "own.toml: own/x: expected one rule for a month, found that pension.minimum/2029 holds until 2001-12 too";
    assert_eq!(beside, [expected]);
}

#[test]
fn an_id_stands_for_one_key_subject_and_place() {
    let other = over(
        "id = \"pension.minimum/2039\"\nkey = \"resident.basic\"\nvalue = { yuan = \"150.00\" }\n",
    );
    let expected = "own.toml: pension.minimum/2039: key: expected pension.minimum, as the rule of this id has that it takes \
                    the place of, found resident.basic";
    assert_eq!(other, [expected]);
    let place = over(
        "id = \"pension.reference/110000/2025\"\nkey = \"pension.reference\"\nplace = \"120000\"\nfrom = \"2025-01\"\n\
         value = { yuan = \"150.00\" }\n",
    );
    assert!(
        place[0].starts_with("own.toml: pension.reference/110000/2025: place: expected 110000, as"),
        "{place:?}"
    );
}

/// What is paid at the code of a province itself is not what is drawn in the whole of it.
#[test]
fn a_rule_of_the_very_code_is_not_that_of_the_whole_place() {
    let (set, month, province) = (RuleSet::embedded(), month("2025-10"), place(440_000));
    let floor = |place: Where| {
        set.yuan(Key::BaseFloor, "hrss:110", place, month)
            .map(|figure| figure.value.get())
    };
    assert_eq!(floor(Where::At(province)), Some(551_000), "省直");
    assert_eq!(floor(Where::Whole(province)), Some(477_500));
    assert_eq!(
        floor(Where::Whole(place(440_100))),
        Some(551_000),
        "the whole city"
    );
    assert_eq!(floor(Where::Nation), None);
}

/// A city that has values of its own keeps to them when its province publishes first.
#[test]
fn a_value_of_its_own_is_kept_until_a_newer_one_is_known() {
    let rule = |id: &str, place: &str, year: u32, yuan: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nkey = \"pension.reference\"\nplace = \"{place}\"\nfrom = \"{year}-01\"\n\
             until = \"{year}-12\"\nvalue = {{ yuan = \"{yuan}\" }}\nconfidence = \"U\"\n"
        )
    };
    let text =
        rule("own/sz", "440300", 2_025, "12000.00") + &rule("own/gd", "440000", 2_026, "9999.00");
    let set = RuleSet::embedded()
        .overlaid(&[RuleFile {
            name: "own",
            text: &text,
        }])
        .unwrap();
    let at = |code: u32, text: &str| {
        set.find(Key::PensionReference, "", place(code), month(text))
            .map(|rule| &*rule.id)
    };
    let latest = |code: u32, text: &str| {
        set.latest(Key::PensionReference, "", place(code), month(text))
            .map(|rule| &*rule.id)
    };
    assert_eq!(
        at(440_300, "2025-06"),
        Some("own/sz"),
        "beside that the city has its own"
    );
    assert_eq!(
        at(440_300, "2026-06"),
        Some("pension.reference/440300"),
        "which is not known"
    );
    assert_eq!(latest(440_300, "2026-06"), Some("own/sz"));
    assert_eq!(
        latest(440_300, "2024-06"),
        Some("pension.reference/440300"),
        "nothing before it"
    );
    assert_eq!(
        latest(440_100, "2026-06"),
        Some("own/gd"),
        "a city without its own"
    );
}

/// A rule of the scheme comes before one for all that have none, and no scheme has another one's.
#[test]
fn a_scheme_without_a_rule_of_its_own_has_that_of_all() {
    let own = "[[rule]]\nid = \"own/ui\"\nkey = \"transfer.send\"\nof = \"hrss:210\"\nplace = \"440000\"\n\
               value = { days = 5 }\nconfidence = \"U\"\n";
    let set = RuleSet::embedded()
        .overlaid(&[RuleFile {
            name: "own",
            text: own,
        }])
        .unwrap();
    let send = |of: &str, code: u32| {
        set.number(Key::TransferSend, of, place(code), month("2026-01"))
            .unwrap()
            .value
    };
    assert_eq!(
        (
            send("hrss:210", 440_300),
            send("hrss:210", 110_000),
            send("hrss:110", 440_300)
        ),
        (5, 15, 15)
    );
    assert_eq!(
        set.rate(
            Key::PensionInterest,
            "hrss:170",
            place(440_300),
            month("2024-01")
        ),
        None,
        "of employees"
    );
}

/// A key stands only where it is read: every one is asked for by the crate that computes figures, or by the one that supervises.
#[test]
fn every_key_is_read_somewhere() {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readers = ["entitlement/src", "supervision/src"];
    let code: String = readers
        .iter()
        .map(|folder| sources(&crates.join(folder)))
        .collect();
    for key in Key::ALL {
        let read = format!("Key::{key:?}");
        let is_read = code.match_indices(&read).any(|(at, _)| {
            let next = code[at + read.len()..].chars().next();
            !next.is_some_and(char::is_alphanumeric)
        });
        assert!(is_read, "nothing reads {key}");
    }
}

/// The code of a folder without its comments.
fn sources(folder: &std::path::Path) -> String {
    let mut code = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            code += &sources(&path);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
            {
                code += line;
                code.push('\n');
            }
        }
    }
    code
}
