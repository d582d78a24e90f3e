//! Texts for people: each exists in both languages, is used, and gets the values that it names; the help is whole.

use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use yizhang_entitlement::{
    ConflictCode,
    account::{
        Assumption, Between, CaseState, FigureName, Forecast, GapCause, MissingName, MonthStatus,
        OutCheckName, PayerName, PlaceReason, ProvisionalReason, QuestionName, Standing,
        StepFaultName,
    },
    conflict::Actor,
};
use yizhang_intake::{Fault, tables};

/// Files with the Chinese only: the English stands at the arguments and in the crates.
const CHINESE_ONLY: [&str; 8] = [
    "help.yml",
    "faults.yml",
    "order_faults.yml",
    "rule_faults.yml",
    "findings.yml",
    "usage.yml",
    "damage.yml",
    "rule_keys.yml",
];
/// Keys that the program puts together, by what they begin with.
const COMPUTED: [&str; 57] = [
    "actor.",
    "argument.address_",
    "assumption.",
    "class.",
    "conflict.",
    "dispute.outcome.",
    "dispute.reason.",
    "example.",
    "fault.",
    "figure.",
    "finding.",
    "forecast.",
    "gap.",
    "help.",
    "home.conflict.do.",
    "home.conflict.means.",
    "home.conflict.who.",
    "home.dispute.answer.",
    "home.dispute.at_once.",
    "home.dispute.reason.",
    "home.forecast.",
    "home.gap.",
    "home.injury.",
    "home.key.",
    "home.meaning.",
    "home.month.",
    "home.month_is.",
    "home.payer.",
    "home.record.",
    "home.reporter.",
    "home.scheme.",
    "home.sign.",
    "home.step.",
    "home.term.",
    "home.transfer_state.",
    "home.way.",
    "home.what.",
    "html.status.",
    "kind.",
    "missing.",
    "order_fault.",
    "place.",
    "place_reason.",
    "provisional.",
    "question.",
    "resolve.",
    "review.list.",
    "rule_key.",
    "scheme.",
    "severity.",
    "supervision.column.",
    "suspension.",
    "transfer.",
    "work.mode.",
    "work.reporter.",
    "work.step.",
    "work.trade.",
];
/// Codes of faults of a file, of which the crate has no list.
const FILE_FAULTS: [&str; 21] = [
    "io",
    "pseudonyms",
    "file-empty",
    "no-file",
    "other-form",
    "workbook-broken",
    "workbook-locked",
    "workbook-limit",
    "sheets-several",
    "sheet-unknown",
    "no-workbook",
    "header-missing",
    "columns-unknown",
    "column-twice",
    "columns-missing",
    "layouts-mixed",
    "row-too-long",
    "too-many-rows",
    "too-many-targets",
    "lines-lost",
    "row-faulty",
];

/// The folders in which texts stand, and the folder of the sources that ask for them: `t!` finds the texts of its own crate only.
const HOMES: [(&[&str], &str); 3] = [
    (&["src/locales"], "src"),
    (
        &["crates/show/locales", "crates/show/locales-home"],
        "crates/show/src",
    ),
    (&["crates/page/locales"], "crates/page/src"),
];

/// A text in each language, and the file it stands in.
struct Text {
    file: String,
    languages: BTreeMap<String, String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The texts of all homes; none stands twice.
fn texts() -> BTreeMap<String, Text> {
    let mut texts = BTreeMap::new();
    for (locales, _) in HOMES {
        for (key, text) in texts_in(locales) {
            assert!(
                texts.insert(key.clone(), text).is_none(),
                "{key} stands in two crates"
            );
        }
    }
    texts
}

fn texts_in(locales: &[&str]) -> BTreeMap<String, Text> {
    let mut texts = BTreeMap::new();
    let folders = locales.iter().map(|folder| root().join(folder));
    for path in folders.flat_map(|folder| files(&folder, "yml")) {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let content: Value = serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for (key, languages) in content.as_object().unwrap() {
            if key == "_version" {
                continue;
            }
            let languages = languages
                .as_object()
                .unwrap_or_else(|| panic!("{file}: {key} has no languages"));
            let languages = languages
                .iter()
                .map(|(language, text)| (language.clone(), text.as_str().unwrap().to_string()));
            let text = Text {
                file: file.clone(),
                languages: languages.collect(),
            };
            assert!(
                texts.insert(key.clone(), text).is_none(),
                "{key} stands twice"
            );
        }
    }
    texts
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All sources that ask for texts.
fn sources() -> String {
    HOMES.map(|(_, sources)| sources_in(sources)).concat()
}

fn sources_in(folder: &str) -> String {
    files(&root().join(folder), "rs")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// The names that a text asks for: `%{name}`.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split("%{")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

/// Every `t!("key", name = value)` of the program: the key and the names.
fn calls(source: &str) -> Vec<(&str, BTreeSet<&str>)> {
    let call = |at: usize| {
        // Not the end of `format!`.
        if source[..at].ends_with(|character: char| character.is_alphanumeric() || character == '_')
        {
            return None;
        }
        let (key, after) = source[at + "t!(".len()..]
            .trim_start()
            .strip_prefix('"')?
            .split_once('"')?;
        Some((key, named(after)))
    };
    source
        .match_indices("t!(")
        .filter_map(|(at, _)| call(at))
        .collect()
}

/// The names at the top level of the arguments, up to the parenthesis that closes the call.
fn named(arguments: &str) -> BTreeSet<&str> {
    let mut depth = 0_i32;
    let mut start = 0;
    let mut names = BTreeSet::new();
    for (at, character) in arguments.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth < 0 || depth == 0 && character == ',' {
            names.extend(
                arguments[start..at]
                    .split_once('=')
                    .map(|(name, _)| name.trim()),
            );
            start = at + 1;
        }
        if depth < 0 {
            break;
        }
    }
    names
}

/// The names of the values of an enumeration, as serde tells them when it meets another.
fn names_of<T: DeserializeOwned>() -> BTreeSet<String> {
    let Err(error) = serde_json::from_str::<T>("\"no such name\"") else {
        panic!("every name is one of these")
    };
    error
        .to_string()
        .split('`')
        .skip(3)
        .step_by(2)
        .map(str::to_string)
        .collect()
}

fn keys_under<'t>(texts: &'t BTreeMap<String, Text>, prefix: &str) -> BTreeSet<&'t str> {
    texts
        .keys()
        .filter_map(|key| key.strip_prefix(prefix))
        .collect()
}

fn has_chinese(text: &str) -> bool {
    text.chars()
        .any(|character| ('\u{4e00}'..='\u{9fff}').contains(&character))
}

#[test]
fn every_text_is_there_in_both_languages_with_the_same_values() {
    for (key, text) in texts() {
        let expected: &[&str] = if CHINESE_ONLY.contains(&text.file.as_str()) {
            &["zh"]
        } else {
            &["en", "zh"]
        };
        let found: Vec<&str> = text.languages.keys().map(String::as_str).collect();
        assert_eq!(found, expected, "languages of {key}");
        let sets: BTreeSet<_> = text
            .languages
            .values()
            .map(|text| placeholders(text))
            .collect();
        assert_eq!(
            sets.len(),
            1,
            "{key} names other values in each language: {sets:?}"
        );
        if let Some(english) = text.languages.get("en") {
            assert!(!has_chinese(english), "{key} in English: {english}");
        }
    }
}

#[test]
fn every_text_that_the_program_asks_for_is_there_and_gets_its_values() {
    for (locales, folder) in HOMES {
        let texts = texts_in(locales);
        let source = sources_in(folder);
        let calls = calls(&source);
        // A page has both languages in it, and asks for its texts by way of one function.
        let fewest = if folder == "crates/page/src" { 0 } else { 100 };
        assert!(calls.len() >= fewest, "only {} calls", calls.len());
        for (key, names) in calls {
            let text = texts
                .get(key)
                .unwrap_or_else(|| panic!("no text {key} in {locales:?}"));
            for language in text.languages.values() {
                assert_eq!(placeholders(language), names, "values of {key}");
            }
        }
    }
}

#[test]
fn no_text_is_left_over() {
    for (locales, folder) in HOMES {
        let source = sources_in(folder);
        for key in texts_in(locales).keys() {
            let computed = COMPUTED.iter().any(|prefix| key.starts_with(prefix));
            assert!(
                computed || source.contains(&format!("\"{key}\"")),
                "nothing asks for {key} in {folder}"
            );
        }
    }
}

/// Of each family of computed keys: the names that the crates know, and nothing else but what stands in the source.
#[test]
fn every_code_has_its_text() {
    let texts = texts();
    let source = sources();
    let faults = Fault::CODES
        .iter()
        .chain(&FILE_FAULTS)
        .map(|code| (*code).to_string())
        .collect();
    let schemes = tables::schemes()
        .iter()
        .map(|row| row.scheme.to_string().replace(':', "-"))
        .collect();
    let conflicts = ConflictCode::CLASSES
        .iter()
        .map(|class| format!("{:?}", class.code))
        .collect();
    let severities = names_of::<yizhang_entitlement::conflict::Severity>()
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    let resolutions = ConflictCode::CLASSES
        .iter()
        .map(|class| format!("{:?}", class.code))
        .collect();
    let rule_keys = yizhang_rules::Key::ALL
        .iter()
        .map(|key| key.name().to_owned())
        .collect();
    let kinds = tables::kinds()
        .iter()
        .map(|row| row.kind.to_string())
        .collect();
    let families: [(&str, BTreeSet<String>); 29] = [
        ("kind.", kinds),
        ("home.month_is.", names_of::<MonthStatus>()),
        ("home.payer.", names_of::<PayerName>()),
        ("home.record.", names_of::<Standing>()),
        ("home.transfer_state.", names_of::<CaseState>()),
        ("home.forecast.", names_of::<Forecast>()),
        ("home.conflict.who.", names_of::<Actor>()),
        ("rule_key.", rule_keys),
        (
            "review.list.",
            names_of::<yizhang_entitlement::review::List>(),
        ),
        ("assumption.", names_of::<Assumption>()),
        ("figure.", names_of::<FigureName>()),
        ("html.status.", names_of::<MonthStatus>()),
        ("missing.", names_of::<MissingName>()),
        ("place_reason.", names_of::<PlaceReason>()),
        ("question.", names_of::<QuestionName>()),
        ("forecast.", names_of::<Forecast>()),
        ("conflict.", conflicts),
        ("resolve.", resolutions),
        ("actor.", names_of::<Actor>()),
        ("provisional.", names_of::<ProvisionalReason>()),
        ("transfer.state.", names_of::<CaseState>()),
        ("transfer.between.", names_of::<Between>()),
        ("transfer.check.", names_of::<OutCheckName>()),
        ("transfer.fault.", names_of::<StepFaultName>()),
        ("gap.", names_of::<GapCause>()),
        ("severity.", severities),
        ("scheme.", schemes),
        ("fault.", faults),
        ("finding.", names_of::<yizhang_audit::Code>()),
    ];
    for (prefix, known) in families {
        assert!(known.len() > 2, "{prefix}: {known:?}");
        let have = keys_under(&texts, prefix);
        for name in &known {
            assert!(have.contains(name.as_str()), "no text {prefix}{name}");
        }
        for name in have {
            let asked = known.contains(name) || source.contains(&format!("\"{prefix}{name}\""));
            assert!(asked, "nothing asks for {prefix}{name}");
        }
    }
}

#[test]
fn a_kind_is_called_in_chinese_as_files_call_it() {
    let texts = texts();
    for row in tables::kinds() {
        let shown = &texts[&format!("kind.{}", row.kind)].languages["zh"];
        assert_eq!(Some(&shown.as_str()), row.row.names.first(), "{}", row.kind);
    }
}

#[test]
fn provinces_and_the_places_of_the_samples_have_names() {
    let texts = texts();
    let places = keys_under(&texts, "place.");
    assert_eq!(
        places.iter().filter(|code| code.ends_with("0000")).count(),
        31,
        "provinces"
    );
    let sample =
        fs::read_to_string(root().join("crates/intake/src/data/sample_places.csv")).unwrap();
    for code in sample
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(1))
    {
        assert!(
            places.contains(code),
            "place {code} of the samples has no name"
        );
    }
}

fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_yizhang"));
    // Wide enough that each argument and its help stand on one line.
    program
        .args(arguments)
        .env("COLUMNS", "1000")
        .output()
        .unwrap()
}

fn help(language: &str, command: &[String], flag: &str) -> String {
    let mut arguments = vec!["--lang", language];
    arguments.extend(command.iter().map(String::as_str));
    arguments.push(flag);
    let output = run(&arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Every command, found by reading the help like a person.
fn commands() -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = vec![Vec::new()];
    let mut next = 0;
    while let Some(command) = found.get(next).cloned() {
        next += 1;
        let help = help("en", &command, "-h");
        let Some((_, list)) = help.split_once("\nCommands:\n") else {
            continue;
        };
        let names = list
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_whitespace().next());
        found.extend(
            names
                .filter(|name| *name != "help")
                .map(|name| [&command[..], &[name.to_string()]].concat()),
        );
    }
    found
}

/// Whether a line of a help is a command to be copied.
fn is_example(line: &str) -> bool {
    line.starts_with("  ") && line.contains("yizhang ")
}

#[test]
fn every_command_and_argument_has_help_in_both_languages() {
    let commands = commands();
    assert!(
        commands.len() > 12,
        "only {} commands were found",
        commands.len()
    );
    for command in &commands {
        let chinese = help("zh", command, "-h");
        assert!(chinese.contains("\n用法："), "{command:?}:\n{chinese}");
        // An example is a command in any language.
        let is_prose = |line: &&str| !line.is_empty() && !is_example(line);
        for line in chinese.lines().filter(is_prose) {
            assert!(has_chinese(line), "{command:?}, no Chinese: {line}");
            assert!(
                !line.contains("[default") && !line.contains("[possible"),
                "{command:?}, English: {line}"
            );
        }
        let english = help("en", command, "--help");
        // A language is called by its own name.
        for line in english.lines().filter(|line| line.trim() != "- zh: 中文") {
            assert!(!has_chinese(line), "{command:?}, not English: {line}");
        }
    }
}

#[test]
fn wrong_arguments_are_told_in_chinese() {
    let cases: [(&[&str], &str); 14] = [
        (
            &["agency", "review", "--retirement-months", "99999"],
            "应为月数，0 至 1200",
        ),
        (
            &["agency", "review", "--limit", "100001"],
            "应为条数，0 至 100000",
        ),
        (&["nod"], "没有命令 nod"),
        (&["node", "statu"], "相近的写法：status"),
        (&["node", "status", "--jsn"], "没有参数 --jsn"),
        (
            &["node", "status"],
            "缺少必需的参数：--node <NODE>、--credentials <CREDENTIALS>",
        ),
        (&["node", "status", "--node"], "参数 --node <NODE> 未填写值"),
        (
            &["node", "status", "--node", "44"],
            "的值“44”无效：应为六位行政区划代码",
        ),
        (
            &["node", "status", "--json", "--json"],
            "参数 --json 只能使用一次",
        ),
        (
            &["worker", "account", "--as-of", "2026-02-30"],
            "应为日期，格式 YYYY-MM-DD",
        ),
        (
            &["federation", "init", "--region", "440000"],
            "应为“地区=主机:端口”",
        ),
        (&["sample", "--workers", "many"], "应为允许范围内的整数"),
        (
            &["sample", "--workers", "1", "--rows", "1"],
            "不能与 --rows <ROWS> 同时使用",
        ),
        (
            &["agency", "import", "--encoding", "ascii"],
            "可选：utf8、gb18030",
        ),
    ];
    for (arguments, expected) in cases {
        let output = run(&[&["--lang", "zh"], arguments].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(
            told.starts_with("错误：") && told.contains(expected),
            "{arguments:?}: {told}"
        );
        assert!(
            told.lines().all(has_chinese) && !told.contains("%{"),
            "{arguments:?}: {told}"
        );
        let english = run(&[&["--lang", "en"], arguments].concat());
        assert_eq!(english.status.code(), Some(2), "{arguments:?}");
        let told = String::from_utf8(english.stderr).unwrap();
        assert!(
            told.starts_with("error: ") && !has_chinese(&told),
            "{arguments:?}: {told}"
        );
    }
    assert_eq!(run(&["--lang", "zh", "--version"]).status.code(), Some(0));
}

#[test]
fn a_number_at_a_wrong_place_is_not_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let federation = directory.path().join("federation").display().to_string();
    let made = run(&[
        "federation",
        "init",
        "--dir",
        &federation,
        "--region",
        "440000=127.0.0.1:1",
    ]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let agency = format!("{federation}/440000/agency");
    let at_node = ["--node", "440000", "--credentials", &agency];
    for number in [
        "440300199003078815",
        "440300900307881",
        "44030019900307002X",
    ] {
        let wrong: [&[&str]; 5] = [
            &["worker", "account", number],
            &["worker", "account", "--as-of", number],
            &["worker", number],
            &["agency", "transfer", "open", "--on", number],
            &[&["agency", "review", "--what", number], at_node.as_slice()].concat(),
        ];
        for arguments in wrong {
            for language in ["zh", "en"] {
                let output = run(&[&["--lang", language], arguments].concat());
                let told = String::from_utf8(output.stderr).unwrap();
                assert!(
                    !output.status.success() && !told.is_empty(),
                    "{arguments:?}"
                );
                assert!(
                    !told.contains(&number[..15]) && told.contains('…'),
                    "{arguments:?}: {told}"
                );
            }
        }
    }
    // A digest in the same place is no number.
    let digits = "1234567890123456789012345678901234567890123456789012345678901234";
    let told = run(&["--lang", "en", "worker", "account", &format!("a{digits}")]).stderr;
    assert!(String::from_utf8(told).unwrap().contains(digits));
}

#[test]
fn faults_of_a_file_are_told_in_chinese() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let made = run(&[
        "federation",
        "init",
        "--dir",
        &path("federation"),
        "--region",
        "440000=127.0.0.1:7104",
    ]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let header = "社会保障号码,险种,费款所属期,到账日期,参保地,单位编号,缴费基数,单位缴费比例,个人缴费比例,单位应缴,个人应缴,单位实缴,个人实缴,个人划入,业务流水号\n";
    let rows = [
        // The last character of the person's number is wrong.
        "440300199003078812,110,2018-12,2019-01-20,440300,91440300708461136T,4500.00,14%,8%,630.00,360.00,630.00,360.00,360.00,A1",
        // Nobody knows the scheme, the month or the amount; the place and the code are no such.
        "440300199003078815,999,2018-13,2019-02-30,4403,914403007084611360,45x,14%,8%,630.00,360.00,630.00,360.00,360.00,A2",
        // More is paid than due, more credited than paid, and due is not base times rate.
        "440300199003078815,110,2018-12,2019-01-20,440300,91440300708461136T,4500.00,14%,8%,631.00,360.00,700.00,360.00,400.00,A3",
        // A cell is missing.
        "440300199003078815,110",
        "440300199003078815,410,2018-12,2019-01-20,440300,91440300708461136T,-1,14%,8%,630.00,360.00,630.00,360.00,360.00,",
    ];
    fs::write(path("faulty.csv"), format!("{header}{}\n", rows.join("\n"))).unwrap();
    fs::write(path("other.csv"), "甲,乙\n1,2\n").unwrap();
    let credentials = path("federation/440000/agency");
    let import = |file: &str| {
        let output = run(&[
            "--lang",
            "zh",
            "agency",
            "import",
            &path(file),
            "--node",
            "440000",
            "--credentials",
            &credentials,
            "--check-only",
        ]);
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, told, _) = import("faulty.csv");
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("第 2 行，社会保障号码：公民身份号码校验位应为 5，实为 2"),
        "{told}"
    );
    let faults: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("第 "))
        .collect();
    assert!(faults.len() > 10, "{told}");
    for line in faults {
        assert!(!line.contains("%{") && !line.contains("fault."), "{line}");
    }
    let (code, _, told) = import("other.csv");
    assert_eq!(code, Some(4), "{told}");
    assert!(
        told.contains("没有表头：首行 2 个单元格均不是列名"),
        "{told}"
    );
    let (_, _, told) = import("absent.csv");
    assert!(told.contains("文件不存在"), "{told}");
}

#[test]
fn faults_of_a_file_of_codes_are_told_in_chinese() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let made = run(&[
        "federation",
        "init",
        "--dir",
        &path("federation"),
        "--region",
        "440000=127.0.0.1:7104",
    ]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    fs::write(
        path("any.csv"),
        "person,scheme,period,received,place,serial\n",
    )
    .unwrap();
    let (agency, file, codes) = (
        path("federation/440000/agency"),
        path("any.csv"),
        path("codes.toml"),
    );
    let cases = [
        (
            "[\"征缴方式\"]\n\"2\" = \"1\"\n",
            "“征缴方式”不是代码列；应为 kind, scheme",
        ),
        (
            "[type]\n\"N\" = \"31\"\n[\"缴费类型\"]\n\"n\" = \"10\"\n",
            "type：n 同时对应 31 和 10",
        ),
        (
            "[reason]\n\"A\" = \"参军\"\n",
            "reason：A 对应的 参军 不是该列可用的代码",
        ),
        ("[type]\n\"\" = \"31\"\n", "type：等号前应有代码"),
        ("[type]\n\"N\" = 31\n", "第 2 行：应为 TOML"),
    ];
    for (text, expected) in cases {
        fs::write(&codes, text).unwrap();
        let arguments = [
            "agency",
            "import",
            &file,
            "--node",
            "440000",
            "--credentials",
            &agency,
            "--codes",
            &codes,
        ];
        let output = run(&[&["--lang", "zh"], arguments.as_slice()].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{text}: {told}");
        assert!(
            told.contains(expected) && told.matches("codes.toml").count() == 1,
            "{text}: {told}"
        );
    }
}

#[test]
fn findings_of_an_audit_are_told_in_chinese() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let made = run(&[
        "federation",
        "init",
        "--dir",
        &path("federation"),
        "--region",
        "440000=127.0.0.1:7104",
    ]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    fs::create_dir_all(path("data/chains/440000")).unwrap();
    fs::write(
        path("data/chains/440000/00000000000000000000.seg"),
        [7; 200],
    )
    .unwrap();
    let auditor = path("federation/auditor");
    let output = run(&[
        "--lang",
        "zh",
        "audit",
        "--dir",
        &path("data"),
        "--credentials",
        &auditor,
    ]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        told.contains("错误：账链 440000，chains/440000/00000000000000000000.seg：段文件头损坏"),
        "{told}"
    );
    assert!(!told.contains("%{") && !told.contains("finding."), "{told}");
}

#[test]
fn damage_on_disk_is_told_in_chinese() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let made = run(&[
        "federation",
        "init",
        "--dir",
        &path("federation"),
        "--region",
        "440000=127.0.0.1:7104",
    ]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    fs::create_dir_all(path("federation/440000/data/chains/440000")).unwrap();
    fs::write(
        path("federation/440000/data/chains/440000/00000000000000000000.seg"),
        [7; 200],
    )
    .unwrap();
    let output = run(&[
        "--lang",
        "zh",
        "node",
        "check",
        "--dir",
        &path("federation/440000"),
    ]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(told.contains("处理办法："), "{told}");
    for line in told
        .lines()
        .filter(|line| line.chars().any(char::is_alphabetic))
    {
        assert!(
            has_chinese(line) && !line.contains("%{") && !line.contains("damage."),
            "{line}"
        );
    }
}

#[test]
fn a_node_that_cannot_be_reached_is_told_in_chinese() {
    let directory = tempfile::tempdir().unwrap();
    let federation = directory.path().join("federation").display().to_string();
    let made = run(&[
        "federation",
        "init",
        "--dir",
        &federation,
        "--region",
        "440000=127.0.0.1:1",
    ]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let agency = format!("{federation}/440000/agency");
    let output = run(&[
        "--lang",
        "zh",
        "node",
        "status",
        "--node",
        "440000",
        "--credentials",
        &agency,
    ]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.starts_with("错误：广东：无法连接该节点（"), "{told}");
    let output = run(&[
        "--lang",
        "zh",
        "node",
        "status",
        "--node",
        "110000",
        "--credentials",
        &agency,
    ]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("名册中没有地区 110000；现有 440000"),
        "{told}"
    );
}
