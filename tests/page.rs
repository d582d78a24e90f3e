//! Pages that the program writes, in a real browser: a worker's statement, revealed or not, and the verifier for files of others.

use crate::support::{Federation, contributions, eventually, run, run_with};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};
use yizhang_chromium::{Browser, DESK, PHONE, browser, keep};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const WORKER: &str = "440300199003078815";
const DAY: &str = "2026-10-31";

/// Two regions that both have months of one worker, each with a register of accounts, and the fingerprint of their root keys.
fn two_regions() -> (Federation, String) {
    two_regions_with(24, &["hrss:110"])
}

/// The same, with so many months under each of these schemes in both.
fn two_regions_with(months: u32, schemes: &[&str]) -> (Federation, String) {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    for (region, place, name) in [(GUANGDONG, 440_300, "a"), (GUIZHOU, 520_100, "b")] {
        for (at, scheme) in schemes.iter().enumerate() {
            // The first file is a.csv, the second b.csv.
            let name = format!("{name}{}.csv", ["", "2", "3"][at]);
            let rows = String::from_utf8(contributions(WORKER, place, months, &name)).unwrap();
            let file = federation.file(&name, rows.replace("hrss:110", scheme).as_bytes());
            federation.import(region, &file, &[]).expect(0);
        }
    }
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.wait_replicated(GUIZHOU, GUANGDONG);
    for region in [GUANGDONG, GUIZHOU] {
        let dir = federation.node_dir(region);
        run(&["node", "register", "--dir", dir.to_str().unwrap()]).expect(0);
    }
    let shown = run(&["federation", "show", "--dir", &federation.auditor()]).expect(0);
    let line = "fingerprint of the root keys: ";
    let root = shown
        .stdout
        .lines()
        .find_map(|text| text.strip_prefix(line));
    let root = root.unwrap().to_owned();
    (federation, root)
}

/// Has a statement written, and a page with it.
fn state(federation: &Federation, name: &str, more: &[&str]) -> [String; 2] {
    let files = [".yizhang", ".html"].map(|end| federation.file(&format!("{name}{end}"), b""));
    let (node, agency) = (GUIZHOU.to_string(), federation.agency(GUIZHOU));
    let mut arguments = vec![
        "worker",
        "statement",
        "--node",
        &node,
        "--credentials",
        &agency,
    ];
    arguments.extend(["--as-of", DAY, "--out", &files[0], "--html", &files[1]]);
    arguments.extend(more);
    run_with(&arguments, WORKER).expect(0);
    files
}

fn verdict(browser: &mut Browser) -> String {
    browser.wait("document.querySelector('.verdict') !== null");
    browser.text("document.querySelector('.verdict').className")
}

fn report(browser: &mut Browser) -> String {
    browser.text("document.getElementById('report').innerText")
}

/// Where pictures are kept for people to look at.
fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("page")
}

fn look(browser: &mut Browser, name: &str) {
    let picture = browser.picture();
    keep(&pictures(), &format!("{name}.png"), &picture);
    let width = browser.value("document.documentElement.scrollWidth - innerWidth");
    assert!(
        width.as_i64().unwrap() <= 0,
        "{name} is {width} wider than its screen"
    );
}

#[test]
fn a_statement_is_a_page_that_checks_itself_and_shows_the_account() {
    let Some(mut browser) = browser() else { return };
    let (federation, root) = two_regions();
    let mut written = None;
    eventually(
        "the registers of both chains are in force at the node",
        || {
            let files = state(&federation, "hidden", &[]);
            let ran = run(&["verify", &files[0], "--root", &root, "--json"]).expect(0);
            let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
            written = Some(files);
            shown["outcome"] == "holds"
        },
    );
    let [statement, page] = written.unwrap();
    let bytes = fs::metadata(&page).unwrap().len();
    assert!(bytes < 2 << 20, "{bytes}");
    assert!(!fs::read_to_string(&page).unwrap().contains(WORKER));
    for (language, screen, name) in [("zh-CN", PHONE, "zh-phone"), ("en-US", DESK, "en-desk")] {
        browser.open(Path::new(&page), screen, language);
        assert_eq!(verdict(&mut browser), "verdict holds");
        let millis = browser.value("Math.round(performance.now())");
        println!(
            "{name}: a page of {bytes} bytes had its verdict {millis} ms after it was asked for"
        );
        look(&mut browser, &format!("statement-{name}"));
        assert_eq!(browser.asked_for(), Vec::<String>::new());
    }
    let said = report(&mut browser);
    assert!(
        said.contains("48 records of one person's social insurance"),
        "{said}"
    );
    assert!(said.contains("Whose it is, it does not show"), "{said}");
    // The account itself, as the program shows it.
    assert!(
        said.contains("Employees' pension")
            || said.contains("hrss:110")
            || said.contains("pension"),
        "{said}"
    );
    let sheet = browser.pdf();
    keep(&pictures(), "statement-en.pdf", &sheet);
    // Whoever is told number and code sees whose it is; a wrong code shows the contrary.
    let code = fs::read_to_string(format!("{statement}.code")).unwrap();
    let wrong = code.trim().chars().rev().collect::<String>();
    for (code, class, says) in [
        (
            code.trim(),
            "verdict holds",
            "is for the number that you typed",
        ),
        (
            &wrong,
            "verdict refused",
            "it is another person's, or mistyped",
        ),
        (
            "12",
            "verdict unsettled",
            "number and code are not complete",
        ),
    ] {
        let typed = format!(
            "for (const [id, value] of {}) {{ document.getElementById(id).value = value; document.getElementById(id).dispatchEvent(new Event('change')) }}",
            json!([["number", WORKER], ["code", code]])
        );
        browser.value(&typed);
        browser.wait(&format!(
            "document.getElementById('report').innerText.includes({})",
            json!(says)
        ));
        assert_eq!(verdict(&mut browser), class);
    }
    let [_, revealed] = state(&federation, "revealed", &["--reveal-number"]);
    browser.open(Path::new(&revealed), PHONE, "zh-CN");
    assert_eq!(verdict(&mut browser), "verdict holds");
    assert!(report(&mut browser).contains(WORKER));
    look(&mut browser, "statement-revealed-zh-phone");
}

#[test]
fn a_statement_of_twenty_years_under_three_schemes_is_checked_in_the_page() {
    let Some(mut browser) = browser() else { return };
    let (federation, _) = two_regions_with(240, &["hrss:110", "hrss:210", "nhsa:310"]);
    let [statement, page] = state(&federation, "long", &[]);
    let bytes = [&statement, &page].map(|file| fs::metadata(file).unwrap().len());
    assert!(bytes[1] < 2 << 20, "{bytes:?}");
    browser.open(Path::new(&page), PHONE, "zh-CN");
    assert_ne!(verdict(&mut browser), "verdict refused");
    let millis = browser.value("Math.round(performance.now())");
    println!(
        "1,440 records, {} bytes, in a page of {}: the verdict stood {millis} ms after the page was asked for",
        bytes[0], bytes[1]
    );
    assert!(report(&mut browser).contains("1440"));
}

#[test]
fn the_page_without_a_file_checks_those_of_others() {
    let Some(mut browser) = browser() else { return };
    let (federation, root) = two_regions();
    let [statement, _] = state(&federation, "mine", &[]);
    let bare = federation.file("bare.html", b"");
    run(&["verify", "--page", &bare]).expect(0);
    browser.open(Path::new(&bare), DESK, "en-US");
    browser.choose(&[Path::new(&statement)]);
    assert_eq!(verdict(&mut browser), "verdict unsettled");
    assert!(report(&mut browser).contains(&root));
    look(&mut browser, "statement-open-en-desk");
    // A changed byte, wherever it stands, is refused.
    let trusting = federation.file("trusting.html", b"");
    run(&["verify", "--page", &trusting, "--root", &root]).expect(0);
    let bytes = fs::read(&statement).unwrap();
    for at in [8, bytes.len() / 2, bytes.len() - 3] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let changed = federation.file("changed.yizhang", &changed);
        browser.open(Path::new(&trusting), PHONE, "zh-CN");
        browser.choose(&[Path::new(&changed)]);
        assert_eq!(verdict(&mut browser), "verdict refused", "byte {at}");
    }
    look(&mut browser, "statement-changed-zh-phone");
    // An auditor's page brings the roster along: a receipt is all that is chosen.
    let auditor = federation.file("auditor.html", b"");
    run(&[
        "verify",
        "--page",
        &auditor,
        "--credentials",
        &federation.auditor(),
    ])
    .expect(0);
    let receipts = fs::read_dir(Path::new(&statement).with_file_name("a.csv.receipts")).unwrap();
    let receipts = receipts.map(|entry| entry.unwrap().path());
    let receipt = receipts
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "receipt"));
    browser.open(Path::new(&auditor), DESK, "zh-CN");
    browser.choose(&[&receipt.unwrap()]);
    browser.wait("document.querySelectorAll('.verdict.holds').length === 1 && document.getElementById('report').innerText.includes('.receipt')");
    look(&mut browser, "receipt-of-node-zh-desk");
    // What does not hold gets no page.
    let changed = federation.file("no.html", b"");
    fs::remove_file(&changed).unwrap();
    let broken = federation.file("changed.yizhang", &bytes[..bytes.len() - 1]);
    run(&["verify", &broken, "--root", &root, "--page", &changed]).expect(1);
    assert!(!Path::new(&changed).exists());
}
