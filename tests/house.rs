//! The shape of the house: which crate may know which, what only one crate may see, and that the map tells the truth.

#[path = "house/circles.rs"]
mod circles;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Every crate of the workspace and those that it may depend on, beside crates of others.
const ARROWS: &[(&str, &[&str])] = &[
    ("ledger", &[]),
    ("entitlement", &["ledger", "rules"]),
    ("replica", &["ledger"]),
    ("rules", &["ledger"]),
    ("wire", &["ledger"]),
    ("supervision", &["ledger", "rules", "entitlement"]),
    ("intake", &["ledger"]),
    ("audit", &["ledger"]),
    ("platform", &["ledger", "intake"]),
    ("statement", &["ledger", "rules", "entitlement"]),
    ("store", &["ledger"]),
    (
        "show",
        &[
            "ledger",
            "entitlement",
            "statement",
            "rules",
            "intake",
            "audit",
            "store",
        ],
    ),
    ("verifier", &["ledger", "show", "statement"]),
    ("holder", &["ledger"]),
    ("client", &["ledger", "show", "statement", "wire"]),
    (
        "portal",
        &[
            "client",
            "entitlement",
            "ledger",
            "page",
            "show",
            "statement",
            "verifier",
            "wire",
        ],
    ),
    ("console", &["entitlement", "ledger", "show", "wire"]),
    ("browser", &["verifier"]),
    ("chromium", &[]),
    ("page", &["show", "verifier"]),
    ("credential", &["ledger", "entitlement", "statement"]),
    (
        "node",
        &[
            "holder",
            "ledger",
            "rules",
            "entitlement",
            "statement",
            "replica",
            "store",
            "wire",
        ],
    ),
    (
        "bench",
        &[
            "ledger",
            "rules",
            "entitlement",
            "statement",
            "store",
            "wire",
            "audit",
        ],
    ),
];

/// Crates of others that only some of ours may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("sled", &["store", "bench"]),
    ("fjall", &["bench"]),
    ("postgres", &["bench"]),
    ("prost", &["wire"]),
    ("ring", &["credential", "holder", "."]),
    ("protox", &["wire"]),
    ("tonic", &["wire", "node", "portal", "bench", "."]),
    ("tonic-prost", &["wire"]),
    ("tonic-health", &["node"]),
    ("tonic-reflection", &["node"]),
    (
        "tokio",
        &["wire", "node", "portal", "console", "bench", "."],
    ),
    ("clap", &["bench", "."]),
    ("axum", &["portal", "console"]),
    ("hyper", &["node", "portal"]),
    ("prometheus-client", &["node"]),
    ("tracing-subscriber", &["."]),
    ("comfy-table", &["bench", "show"]),
    ("indicatif", &["bench", "show"]),
    ("maud", &["show", "page", "portal", "console"]),
    ("anyhow", &["bench", "."]),
];

/// What a pure crate must not depend on: I/O, clocks, randomness, async.
const IMPURE: &[&str] = &[
    "tokio",
    "tonic",
    "sled",
    "rustix",
    "fs4",
    "rand",
    "getrandom",
    "jiff",
    "tracing",
    "rayon",
];
const PURE: &[&str] = &[
    "ledger",
    "entitlement",
    "replica",
    "rules",
    "statement",
    "supervision",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The names under `[dependencies]` and `[build-dependencies]` of a crate, `.` being the root package.
fn dependencies(name: &str) -> BTreeSet<String> {
    let path = if name == "." {
        root().join("Cargo.toml")
    } else {
        root().join("crates").join(name).join("Cargo.toml")
    };
    let manifest: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
    ["dependencies", "build-dependencies"]
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|section| section.keys().cloned())
        .collect()
}

fn crates() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("crates")).unwrap();
    folders
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn arrows_between_crates_point_where_the_architecture_says() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    assert_eq!(crates(), allowed.keys().map(ToString::to_string).collect());
    for (name, allowed) in allowed {
        for dependency in dependencies(name)
            .iter()
            .filter_map(|dependency| dependency.strip_prefix("yizhang-"))
        {
            assert!(
                allowed.contains(&dependency),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

/// A manifest, `.` being that of the root package.
fn manifest(name: &str) -> toml::Table {
    fs::read_to_string(folder(name).join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap()
}

/// The folder of a crate, `.` being the root package.
fn folder(name: &str) -> PathBuf {
    if name == "." {
        root()
    } else {
        root().join("crates").join(name)
    }
}

fn crates_and_root() -> BTreeSet<String> {
    let mut all = crates();
    all.insert(".".into());
    all
}

/// The crate that exports names of functions, which counts as unsafe code, and how strictly it holds the lint against it.
const EXPORTS: (&str, &str) = ("browser", "deny");

#[test]
fn the_crate_that_exports_names_takes_every_other_lint() {
    let (name, level) = EXPORTS;
    let mut own = manifest(name)["lints"].clone();
    let mut all = manifest(".")["workspace"]["lints"].clone();
    for (lints, expected) in [(&mut own, level), (&mut all, "forbid")] {
        let rust = lints["rust"].as_table_mut().unwrap();
        let found = rust.remove("unsafe_code").unwrap();
        assert_eq!(found.as_str(), Some(expected));
    }
    assert_eq!(own, all);
    let mut blocks = 0;
    for file in sources(&folder(name)) {
        let text = fs::read_to_string(file).unwrap();
        blocks += text.matches("unsafe {").count() + text.matches("unsafe fn").count();
    }
    assert_eq!(
        blocks, 0,
        "{name} exports names, and does nothing else that is unsafe"
    );
}

#[test]
fn every_crate_is_held_to_the_lints_of_the_workspace() {
    for name in crates_and_root() {
        if name == EXPORTS.0 {
            continue;
        }
        let manifest = manifest(&name);
        let inherited = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(toml::Value::as_bool);
        assert_eq!(
            inherited,
            Some(true),
            "{name}: `[lints] workspace = true` is missing"
        );
    }
}

/// Crates that only generated code names.
const NAMED_BY_GENERATED_CODE: &[(&str, &str)] = &[("wire", "prost"), ("wire", "tonic-prost")];

/// Crates that only files of tests name which two crates share (`crates/verifier/tests/support`, `crates/entitlement/tests/account`).
const NAMED_BY_SHARED_TESTS: &[(&str, &str)] = &[
    ("page", "ed25519-dalek"),
    ("page", "yizhang-statement"),
    ("show", "ed25519-dalek"),
];

/// The dependencies in a section of a manifest that no source file in some places names.
fn unnamed(name: &str, section: &str, places: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    for place in places {
        let path = folder(name).join(place);
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    let mut words = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            words.insert(word.to_owned());
        }
    }
    let manifest = manifest(name);
    let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
        return Vec::new();
    };
    dependencies
        .keys()
        .filter(|key| !words.contains(&key.replace('-', "_")))
        .filter(|key| !NAMED_BY_GENERATED_CODE.contains(&(name, key.as_str())))
        .filter(|key| !NAMED_BY_SHARED_TESTS.contains(&(name, key.as_str())))
        .cloned()
        .collect()
}

#[test]
fn every_dependency_is_named_where_it_may_be_used() {
    for name in crates_and_root() {
        for (section, places) in [
            ("dependencies", &["src"][..]),
            ("build-dependencies", &["build.rs"][..]),
            ("dev-dependencies", &["src", "tests", "examples"][..]),
        ] {
            assert_eq!(
                unnamed(&name, section, places),
                Vec::<String>::new(),
                "{name}: [{section}] that no source file names"
            );
        }
    }
}

#[test]
fn every_dependency_of_the_workspace_has_a_crate_that_takes_it() {
    let mut taken = BTreeSet::new();
    for name in crates_and_root() {
        let manifest = manifest(&name);
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            if let Some(table) = manifest.get(section).and_then(toml::Value::as_table) {
                taken.extend(table.keys().cloned());
            }
        }
    }
    let offered = manifest(".");
    let offered = offered
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(toml::Value::as_table)
        .expect("the root manifest lists the dependencies of the workspace");
    for name in offered.keys() {
        assert!(taken.contains(name), "no crate takes {name}");
    }
}

/// The files and folders of tests that a package names, and those that are modules of them.
fn tests_that_are_run(name: &str) -> BTreeSet<PathBuf> {
    let manifest = manifest(name);
    let programs = manifest.get("test").and_then(toml::Value::as_array);
    let mut run = BTreeSet::new();
    for program in programs.into_iter().flatten() {
        let path = folder(name).join(program["path"].as_str().unwrap());
        let text = fs::read_to_string(&path).unwrap();
        let modules = text.lines().filter_map(|line| line.strip_prefix("mod "));
        for module in modules.filter_map(|rest| rest.strip_suffix(';')) {
            run.insert(path.with_file_name(module).with_extension("rs"));
        }
        run.insert(path);
    }
    run
}

/// Few test programs are linked, and most files of tests are modules of one: a file that nobody names would never be run.
#[test]
fn every_file_of_tests_is_run() {
    for name in crates_and_root() {
        let finds_itself = manifest(&name)["package"]
            .get("autotests")
            .and_then(toml::Value::as_bool)
            .unwrap_or(true);
        if finds_itself {
            continue;
        }
        let run = tests_that_are_run(&name);
        for entry in fs::read_dir(folder(&name).join("tests")).unwrap() {
            let path = entry.unwrap().path();
            let file = if path.is_dir() {
                path.join("main.rs")
            } else {
                path
            };
            let is_of_tests = file.exists() && file.extension().is_some_and(|end| end == "rs");
            assert!(
                !is_of_tests || run.contains(&file),
                "{}: no test program of the manifest, and no module of one",
                file.display()
            );
        }
    }
}

#[test]
fn what_is_not_built_for_its_own_tests_has_none() {
    for name in crates_and_root() {
        let manifest = manifest(&name);
        let library = manifest.get("lib").and_then(|lib| lib.get("test"));
        if library.and_then(toml::Value::as_bool) != Some(false) {
            continue;
        }
        for file in sources(&folder(&name).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.contains("#[test]"), "{}", file.display());
        }
    }
}

/// Lints that a crate whose results are signed or sworn by takes beside those of the workspace.
const STRICT: &[&str] = &[
    "clippy::unwrap_used",
    "clippy::indexing_slicing",
    "clippy::float_arithmetic",
    "clippy::arithmetic_side_effects",
    "clippy::as_conversions",
];

#[test]
fn pure_crates_and_the_audit_take_the_strict_lints() {
    for name in PURE.iter().chain(&["audit"]) {
        let text = fs::read_to_string(folder(name).join("src/lib.rs")).unwrap();
        for lint in STRICT {
            assert!(text.contains(lint), "{name}: {lint} is missing in lib.rs");
        }
    }
}

/// Lines of the longest function, its signature included, blank lines not: what fits a screen.
const FUNCTION_LINES_MAX: usize = 70;

/// The functions of a file as rustfmt leaves it, each with its lines.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let ends = |line: &&str| {
            line.len() - line.trim_start().len() == indent
                && (line.trim_end().ends_with('}') || line.trim_end().ends_with(';'))
        };
        let Some(length) = lines[start..].iter().position(ends) else {
            continue;
        };
        let body = &lines[start..=start + length];
        let filled = body.iter().filter(|line| !line.trim().is_empty()).count();
        found.push((name.to_owned(), filled));
    }
    found
}

/// The name of the function that a line begins.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    loop {
        match words.next()? {
            "fn" => break,
            word if word == "const" || word == "async" || word.starts_with("pub") => {}
            _ => return None,
        }
    }
    words.next()?.split(['(', '<']).next()
}

#[test]
fn a_function_fits_a_screen() {
    let mut longer = BTreeMap::new();
    for name in crates_and_root() {
        for file in sources(&folder(&name).join("src")) {
            let path = file.strip_prefix(root()).unwrap().to_str().unwrap();
            for (function, lines) in functions(&fs::read_to_string(&file).unwrap()) {
                if lines > FUNCTION_LINES_MAX {
                    longer.insert((path.to_owned(), function), lines);
                }
            }
        }
    }
    assert!(
        longer.is_empty(),
        "more than {FUNCTION_LINES_MAX} lines: {longer:#?}"
    );
}

/// The file of the node that makes a gRPC status beside the one function for refusals (`Refusal` into `Status`): there the node is the
/// client of its peers.
const MAKES_STATUS: &str = "peers.rs";

#[test]
fn one_function_of_the_node_makes_status_codes() {
    for file in sources(&folder("node").join("src")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let makes = text.split("Status::").skip(1).any(|rest| {
            let (word, _) = rest
                .split_once(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap();
            rest[word.len()..].starts_with('(') && word != "from"
        });
        assert_eq!(makes, name == MAKES_STATUS, "{name}");
    }
}

/// The file in which the node is the client of other nodes, and speaks in generated types beside its services.
const CLIENT_OF_NODES: &str = "engine/peers.rs";

#[test]
fn the_node_speaks_in_generated_types_at_its_border_alone() {
    let folder = folder("node").join("src");
    for file in sources(&folder) {
        let path = file.strip_prefix(&folder).unwrap().to_str().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let speaks = text.contains("v1::") || text.contains("include_proto");
        let may = path.starts_with("services/") || path == CLIENT_OF_NODES;
        assert!(may || !speaks, "{path}: generated types stay at the border");
    }
}

#[test]
fn the_engine_of_the_node_leaves_the_disk_to_others() {
    let folder = folder("node").join("src/engine");
    for name in ["run.rs", "hands.rs"] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        for deed in [
            ".persist(origin",
            ".note_head(",
            ".journal_append(",
            ".flush(",
        ] {
            assert!(!text.contains(deed), "{name}: {deed}…) waits for the disk");
        }
    }
}

#[test]
fn a_folder_is_named_like_its_crate() {
    for name in crates() {
        let manifest =
            fs::read_to_string(root().join("crates").join(&name).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        assert_eq!(
            manifest["package"]["name"].as_str(),
            Some(format!("yizhang-{name}").as_str())
        );
    }
}

#[test]
fn only_the_crates_that_should_see_sled_and_tonic_do() {
    for (dependency, allowed) in RESERVED {
        for name in crates().iter().map(String::as_str).chain(["."]) {
            let used = dependencies(name).contains(*dependency);
            assert!(
                !used || allowed.contains(&name),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn pure_crates_have_no_clock_disk_network_or_randomness() {
    for name in PURE {
        for dependency in dependencies(name) {
            assert!(
                !IMPURE.contains(&dependency.as_str()),
                "{name} is pure and must not depend on {dependency}"
            );
        }
        for file in sources(&root().join("crates").join(name).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            for word in [
                "std::fs",
                "std::net",
                "std::time",
                "std::thread",
                "SystemTime",
                "Instant::now",
            ] {
                assert!(!text.contains(word), "{}: {word}", file.display());
            }
        }
    }
}

#[test]
fn the_audit_shares_only_the_ledger_with_the_node() {
    let ours: Vec<String> = dependencies("audit")
        .into_iter()
        .filter(|name| name.starts_with("yizhang-"))
        .collect();
    assert_eq!(ours, ["yizhang-ledger"]);
}

#[test]
fn the_architecture_names_every_crate_and_only_those() {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let named: BTreeSet<String> = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("* **`")?
                .split_once("`**")
                .map(|(name, _)| name.to_string())
        })
        .collect();
    assert_eq!(named, crates());
}

#[test]
fn the_architecture_names_every_dependency_and_only_those() {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("## Dependencies").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let mut named = BTreeMap::new();
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = match cells[1] {
            "crate" => continue,
            "the binary" => ".".to_owned(),
            name => name.trim_matches('`').to_owned(),
        };
        let words = cells[2].split_whitespace();
        let takes: BTreeSet<String> = words.map(|word| word.trim_matches('*').into()).collect();
        named.insert(name, takes);
    }
    for name in crates_and_root() {
        let mut theirs = dependencies(&name);
        theirs.retain(|dependency| !dependency.starts_with("yizhang-"));
        assert_eq!(named.remove(&name), Some(theirs), "dependencies of {name}");
    }
    assert!(named.is_empty(), "no such crates: {named:?}");
}

#[test]
fn the_top_level_is_what_was_asked_for() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "proto",
        "src",
        "crates",
        "tests",
        "docs",
        "README.md",
        "target",
    ];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with('.') || allowed.contains(&name.as_str()),
            "{name} has no place at the top"
        );
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents: Vec<PathBuf> = vec![root().join("README.md")];
    documents.extend(
        fs::read_dir(root().join("docs"))
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    for document in documents
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
    {
        let text = fs::read_to_string(document).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')').map(|(link, _)| link))
        {
            let file = link.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains("://") {
                let target = document.parent().unwrap().join(file);
                assert!(target.exists(), "{}: {link}", document.display());
            }
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// What the pure crates promise to run on beside servers: a page in a browser, and a machine without an operating system.
const TARGETS: &[(&str, &[&str])] = &[
    (
        "wasm32-unknown-unknown",
        &[
            "ledger",
            "rules",
            "entitlement",
            "replica",
            "statement",
            "verifier",
            "browser",
        ],
    ),
    ("thumbv7em-none-eabi", &["ledger", "replica"]),
];

/// Whether the compiler at hand has the libraries of a target.
fn is_installed(target: &str) -> bool {
    let printed = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .expect("a compiler is there, or nothing of this would run");
    let folder = String::from_utf8(printed.stdout).expect("a path of a tool chain is text");
    printed.status.success() && Path::new(folder.trim()).is_dir()
}

/// Only where the target is installed (`rustup target add`): a tool chain without it says nothing about it.
#[test]
fn pure_crates_build_for_the_targets_that_they_promise() {
    for (target, crates) in TARGETS {
        if !is_installed(target) {
            println!("{target} is not installed: not tried");
            continue;
        }
        let mut check = Command::new(env!("CARGO"));
        check.current_dir(env!("CARGO_MANIFEST_DIR")).args([
            "check",
            "--locked",
            "--target",
            target,
            "--target-dir",
            "target/promised",
        ]);
        for name in *crates {
            check.args(["-p", &format!("yizhang-{name}")]);
        }
        let checked = check.output().expect("cargo runs this test");
        assert!(
            checked.status.success(),
            "{target}: {}",
            String::from_utf8_lossy(&checked.stderr)
        );
    }
}
