//! axe-core, which finds what keeps people from using a page: an npm package that is installed for the test into a folder of the
//! target directory. Where that cannot be done (no npm, no registry) the test says so and passes over it; with `YIZHANG_NO_SKIPS` it
//! fails. `YIZHANG_AXE` names an `axe.min.js` that is at hand.

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use yizhang_chromium::Browser;

/// The version that was tried.
const PACKAGE: &str = "axe-core@4.11.0";

/// What axe-core runs in a page; none where it is not to be had.
pub(crate) fn script() -> Option<String> {
    let path = std::env::var_os("YIZHANG_AXE").map_or_else(install, |path| Ok(path.into()));
    match path.and_then(|path| fs::read_to_string(path).map_err(|fault| fault.to_string())) {
        Ok(script) => Some(script),
        Err(why) => {
            let must = std::env::var_os("YIZHANG_NO_SKIPS").is_some_and(|value| value == "1");
            assert!(!must, "{why}");
            println!("skipped: {why}");
            None
        }
    }
}

fn install() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if script.is_file() {
        return Ok(script);
    }
    let done = Command::new("npm")
        .args([
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
        ])
        .arg(&folder)
        .arg(PACKAGE)
        .status();
    if done.is_ok_and(|status| status.success()) {
        Ok(script)
    } else {
        Err(format!("{PACKAGE} cannot be installed"))
    }
}

/// The serious and critical findings in the page that is open.
pub(crate) fn findings(browser: &mut Browser, script: &str) -> Vec<String> {
    browser.value(&format!("{script}; typeof axe"));
    let found = browser.value(
        "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
    );
    let found = found.as_array().unwrap().iter();
    let heavy = found.filter(|one| one["impact"] == "serious" || one["impact"] == "critical");
    heavy.map(finding).collect()
}

fn finding(one: &Value) -> String {
    let nodes = one["nodes"].as_array().unwrap().iter().take(4);
    let places: Vec<String> = nodes
        .map(|node| format!("{} {}", node["html"], node["failureSummary"]))
        .collect();
    format!("{} ({}): {}", one["id"], one["impact"], places.join(" | "))
}
