//! The shape of the house: which crate may know which, what only one crate may see, and that the map tells the truth.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Every crate of the workspace and those that it may depend on, beside crates of others.
const ARROWS: &[(&str, &[&str])] = &[
    ("ledger", &[]),
    ("entitlement", &["ledger", "rules"]),
    ("replica", &["ledger"]),
    ("rules", &["ledger"]),
    ("wire", &["ledger"]),
    ("intake", &["ledger"]),
    ("audit", &["ledger"]),
    ("store", &["ledger"]),
    (
        "show",
        &["ledger", "entitlement", "rules", "intake", "audit", "store"],
    ),
    (
        "node",
        &["ledger", "entitlement", "replica", "store", "wire"],
    ),
    (
        "bench",
        &["ledger", "entitlement", "store", "wire", "audit"],
    ),
];

/// Crates of others that only some of ours may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("sled", &["store", "bench"]),
    ("fjall", &["bench"]),
    ("postgres", &["bench"]),
    ("prost", &["wire"]),
    ("protox", &["wire"]),
    ("tonic", &["wire", "node", "bench", "."]),
    ("tonic-prost", &["wire"]),
    ("tonic-health", &["node"]),
    ("tonic-reflection", &["node"]),
    ("tokio", &["wire", "node", "bench", "."]),
    ("clap", &["bench", "."]),
    ("hyper", &["node"]),
    ("prometheus-client", &["node"]),
    ("tracing-subscriber", &["."]),
    ("comfy-table", &["bench", "show"]),
    ("indicatif", &["bench", "show"]),
    ("maud", &["show"]),
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
const PURE: &[&str] = &["ledger", "entitlement", "replica", "rules"];

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
