//! What waits for a second clerk, in the console: approvals, disputes, warnings of the access log, and what of a day's submissions is
//! counted. Real processes, each clerk with a console and a certificate of their own, and a real browser.

use crate::{
    approvals::corrected,
    console::{Console, PURPOSE, Reply, axe},
    portal,
    readings::{look_up, without_night},
    support::{Federation, contributions, run, run_with},
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};
use yizhang_chromium::{Browser, DESK, PHONE, browser, keep};

const GUANGDONG: u32 = 440_000;
const WORKER: &str = "440300199003078815";

/// A node that asks for two clerks, and a console of each.
struct Two {
    federation: Federation,
    maker: Console,
    checker: Console,
}

fn two() -> Two {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.ask_for_two_clerks(GUANGDONG);
    federation.start_all();
    let maker = console(&federation, "maker,reader", "Wang Fang");
    let checker = console(&federation, "checker,reader", "Li Na");
    Two {
        federation,
        maker,
        checker,
    }
}

/// A console of a clerk, who has come in and stated a purpose.
fn console(federation: &Federation, roles: &str, person: &str) -> Console {
    let clerk = federation.clerk(GUANGDONG, &person.replace(' ', "-"), roles);
    let folder = federation.path().join(format!("console-{person}"));
    let more = ["--person", person];
    let mut console = Console::start_as(clerk.to_str().unwrap(), &folder, &more);
    console.enter();
    console.state_purpose();
    console
}

impl Two {
    /// Sends a file through the maker's console.
    fn send(&self, name: &str, rows: &[u8], until: &str) -> String {
        self.maker.drop_rows(name, rows);
        self.maker.wait_for("/imports", "Send the valid rows");
        assert_eq!(self.maker.send_file("").status, 303);
        let page = self.maker.wait_for("/imports", until);
        self.maker.post("/imports/drop", "");
        page
    }

    fn size(&self) -> u64 {
        self.federation.size(GUANGDONG, GUANGDONG)
    }

    /// Where the checker finds the records of the first submission that waits.
    fn look(&self) -> String {
        let form = first_form(&self.checker);
        let looked = self.checker.post("/approvals/look", &form);
        looked.to.unwrap_or_else(|| panic!("{}", looked.body))
    }
}

/// The form that looks at the first submission that waits.
fn first_form(console: &Console) -> String {
    let page = console.get("/approvals").body;
    let content = between(&page, "name=\"content\" value=\"");
    let id = between(&page, "name=\"id\" value=\"");
    format!("{PURPOSE}&content={content}&id={id}")
}

/// What stands between a beginning and the next quotation mark.
fn between(page: &str, begins: &str) -> String {
    let rest = page.split(begins).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("{begins}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// What is typed to approve the submission on a page.
fn typed(page: &str) -> String {
    let rest = page.split("digits of the number to approve them: ").nth(1);
    rest.unwrap().chars().take(8).collect()
}

/// A cell of the row of a table that has a text in it, of the closing as CSV.
fn cells<'c>(csv: &'c str, text: &str) -> Vec<&'c str> {
    let line = csv.lines().find(|line| line.contains(text));
    let line = line.unwrap_or_else(|| panic!("{text}: {csv}"));
    line.split(',').collect()
}

#[test]
fn what_a_maker_has_sent_is_looked_at_field_by_field_and_approved_by_what_is_typed() {
    let two = two();
    two.send(
        "plain.csv",
        &contributions(WORKER, 440_300, 3, "p"),
        "Sent.",
    );
    two.send("corrected.csv", corrected().as_bytes(), "Not all of it");
    let before = two.size();
    let listed = two.checker.get("/approvals").body;
    assert!(listed.contains("waits for approval"), "{listed}");

    // Nobody looks without a purpose, and a maker approves nothing.
    let form = first_form(&two.checker);
    let aimless = form.replace(&format!("{PURPOSE}&"), "");
    let refused = two.checker.post("/approvals/look", &aimless);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("State first"), "{}", refused.body);
    let other = form.replacen("content=", "content=00", 1);
    assert_eq!(two.checker.post("/approvals/look", &other).status, 404);

    let at = two.look();
    let page = two.checker.get(&at).body;
    for field in [
        "<dt>kind</dt><dd>reversal</dd>",
        "<dt>serial</dt><dd>R1</dd>",
        "<dt>reason</dt><dd>–</dd>",
        "<dt>agency</dt><dd>440300</dd>",
        "K-2026-17",
    ] {
        assert!(page.contains(field), "{field}: {page}");
    }
    assert!(
        !page.contains(WORKER) && !page.contains("Reversal("),
        "{page}"
    );
    for wrong in ["", "typed=", "typed=00000000", "typed=0123456"] {
        let refused = two.checker.post(&format!("{at}/approve"), wrong);
        assert_eq!(refused.status, 422, "{wrong}");
    }
    assert_eq!(two.size(), before, "nothing is approved by mistake");
    let maker_at = two.maker.post("/approvals/look", &first_form(&two.maker));
    let maker_at = maker_at.to.unwrap();
    let own = format!("typed={}", typed(&two.maker.get(&maker_at).body));
    let own = two.maker.post(&format!("{maker_at}/approve"), &own);
    assert_eq!(own.status, 422);
    assert!(own.body.contains("role=\"alert\""), "{}", own.body);

    let typed = format!("typed={}", typed(&page).to_uppercase());
    let approved = two.checker.post(&format!("{at}/approve"), &typed);
    assert_eq!(
        approved.to.as_deref(),
        Some(at.as_str()),
        "{}",
        approved.body
    );
    let said = two.checker.get(&at).body;
    assert!(
        said.contains("class=\"done\"") && !said.contains("/approve\""),
        "{said}"
    );
    assert!(two.size() > before);
    // Once.
    let again = two.checker.post(&format!("{at}/approve"), &typed);
    assert_eq!(again.to.as_deref(), Some("/approvals"));
    assert!(two.checker.get("/approvals").body.contains("Nothing here"));

    // The node has written down who looked, and for what.
    let data = two.federation.node_dir(GUANGDONG).join("data");
    let log = run(&["node", "access-log", "--data", data.to_str().unwrap()]).expect(0);
    let looked = |person: &str| {
        let lines = log.stdout.lines();
        lines
            .filter(|line| line.contains("Approvals.Show") && line.contains(person))
            .count()
    };
    assert_eq!(
        (looked("Li Na"), looked("Wang Fang")),
        (1, 1),
        "{}",
        log.stdout
    );
    two.federation.audit(GUANGDONG).expect(0);
}

#[test]
fn a_day_counts_what_was_new_submission_by_submission_and_what_waits_stands_apart() {
    let two = two();
    two.send(
        "plain.csv",
        &contributions(WORKER, 440_300, 3, "p"),
        "Sent.",
    );
    let csv = two.maker.get("/closing/csv").body;
    assert_eq!(cells(&csv, "Shenzhen").get(3), Some(&"3"), "{csv}");
    // The same file again is nothing new.
    two.send(
        "plain.csv",
        &contributions(WORKER, 440_300, 3, "p"),
        "Sent.",
    );
    let csv = two.maker.get("/closing/csv").body;
    assert_eq!(cells(&csv, "Shenzhen").get(3), Some(&"3"), "{csv}");
    // Of a file in part: what could be added is counted, and what waits is not.
    two.send("corrected.csv", corrected().as_bytes(), "Not all of it");
    two.send("corrected.csv", corrected().as_bytes(), "Not all of it");
    let csv = two.maker.get("/closing/csv").body;
    assert_eq!(cells(&csv, "Shenzhen").get(3), Some(&"6"), "{csv}");
    assert_eq!(cells(&csv, "Waits").get(3), Some(&"1"), "{csv}");
    let page = two.maker.get("/closing").body;
    assert!(page.contains("imports: 4, approvals: 0"), "{page}");

    // A line that a power cut has torn takes nothing with it.
    let journal = two
        .federation
        .path()
        .join("console-Wang Fang/closing.jsonl");
    let mut torn = fs::read(&journal).unwrap();
    torn.extend(b"{\"day\":2026");
    fs::write(&journal, torn).unwrap();
    two.send("more.csv", &contributions(WORKER, 440_300, 2, "m"), "Sent.");
    let csv = two.maker.get("/closing/csv").body;
    assert_eq!(cells(&csv, "Shenzhen").get(3), Some(&"8"), "{csv}");

    // Who has approved it has it in their own closing; who has sent it learns that it waits no more.
    let at = two.look();
    let typed = format!("typed={}", typed(&two.checker.get(&at).body));
    two.checker.post(&format!("{at}/approve"), &typed);
    let csv = two.checker.get("/closing/csv").body;
    assert_eq!(cells(&csv, "reversal").get(3), Some(&"1"), "{csv}");
    let page = two.checker.get("/closing").body;
    assert!(page.contains("imports: 0, approvals: 1"), "{page}");
    two.send("corrected.csv", corrected().as_bytes(), "Sent.");
    let csv = two.maker.get("/closing/csv").body;
    assert_eq!(cells(&csv, "Waits").get(3), Some(&"0"), "{csv}");
    assert_eq!(cells(&csv, "Shenzhen").get(3), Some(&"8"), "{csv}");
}

#[test]
fn a_submission_is_refused_with_a_reason_that_no_spreadsheet_runs() {
    let two = two();
    two.send(
        "plain.csv",
        &contributions(WORKER, 440_300, 3, "p"),
        "Sent.",
    );
    two.send("corrected.csv", corrected().as_bytes(), "Not all of it");
    let at = two.look();
    for wrong in ["", "reason=", &format!("reason=of+{WORKER}")] {
        let refused = two.checker.post(&format!("{at}/refuse"), wrong);
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(!refused.body.contains(WORKER));
    }
    let reason = "reason=%3Dcmd%7C%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let refused = two.checker.post(&format!("{at}/refuse"), reason);
    assert_eq!(refused.to.as_deref(), Some(at.as_str()), "{}", refused.body);
    assert!(two.checker.get(&at).body.contains("Refused."));
    // Whoever sent it reads why, as text; also in files.
    let page = two.maker.get("/approvals").body;
    assert!(page.contains("=cmd|&lt;script&gt;") && !page.contains("<script>alert"));
    let csv = two.maker.get("/approvals/csv").body;
    assert!(csv.contains(",'=cmd|") && !csv.contains(",=cmd"), "{csv}");
    let xlsx = two.maker.get("/approvals/xlsx");
    assert!(xlsx.bytes.starts_with(b"PK") && xlsx.head.contains("attachment"));
    // Filtered and sorted, by forms whose texts stand in no address.
    let filtered = two
        .maker
        .post("/approvals", "state=refused&sought=CMD&sort=3&down=1");
    let to = filtered.to.unwrap();
    assert!(!to.contains("CMD"), "{to}");
    assert!(two.maker.get(&to).body.contains("1 of 1"));
    let none = two.maker.get("/approvals?state=waits").body;
    assert!(none.contains("0 of 1"), "{none}");
    let csv = two.maker.get("/approvals/csv?state=waits").body;
    assert_eq!(csv.lines().count(), 1, "{csv}");
    two.send("corrected.csv", corrected().as_bytes(), "Not all of it");
    let csv = two.maker.get("/closing/csv").body;
    assert_eq!(
        cells(&csv, "Waits").get(3),
        Some(&"0"),
        "it was refused: {csv}"
    );
}

/// A worker's dispute of one of their records, as their command line raises it.
fn dispute(town: &portal::Town) {
    let (node, agency) = (GUANGDONG.to_string(), town.federation.agency(GUANGDONG));
    let key = town.federation.path().join("my-key");
    let key = key.to_str().unwrap();
    let site = town.door.site();
    let enrol = ["worker", "enrol", "--portal", &site, "--to", key];
    run_with(&enrol, &town.code(WORKER)).expect(0);
    let look = ["worker", "account", "--json", "--node", &node];
    let shown = run_with(&[&look[..], &["--credentials", &agency]].concat(), WORKER).expect(0);
    let answer: Value = serde_json::from_str(&shown.stdout).unwrap();
    let records = answer["account"]["records"].as_array().unwrap();
    let index = records
        .iter()
        .find(|line| line["kind"] == "Received")
        .unwrap()["index"]
        .as_u64()
        .unwrap();
    let record = format!("{GUANGDONG}:{index}");
    let mut arguments = vec!["worker", "dispute", "--holder", key];
    arguments.extend(["--record", &record, "--reason", "amount"]);
    run(&arguments).expect(0);
}

#[test]
fn a_dispute_is_answered_from_its_queue_and_once() {
    let town = portal::town();
    dispute(&town);
    let folder = town.federation.path().join("console");
    let mut console = Console::start_as(&town.federation.agency(GUANGDONG), &folder, &[]);
    console.enter();
    assert!(console.get("/disputes").body.contains("there is none yet"));
    console.post("/lists", "");
    console.wait_for("/lists", "As of ");
    let queue = console.get("/disputes");
    assert_eq!(queue.to.as_deref(), Some("/lists/dispute?sort=due"));
    let queue = console.get("/lists/dispute?sort=due").body;
    assert!(queue.contains("amount or base wrong"), "{queue}");
    let csv = console.get("/lists/dispute/csv?sort=due").body;
    assert!(
        csv.contains("Disputed record") && csv.lines().count() == 2,
        "{csv}"
    );
    let at = between(&queue, "<a href=\"/disputes/");
    let at = format!("/disputes/{at}");
    let form = console.get(&at).body;
    assert!(
        form.contains("money received") && form.contains("due"),
        "{form}"
    );
    for wrong in [
        "outcome=refused",
        "outcome=maybe&serial=D-1",
        "outcome=refused&serial=D-1&document=xyz",
        "outcome=refused&serial=%E4%B8%80",
    ] {
        let refused = console.post(&at, wrong);
        assert_eq!(refused.status, 422, "{wrong}: {}", refused.body);
        assert!(refused.body.contains("role=\"alert\""));
    }
    let form = "outcome=refused&serial=D-1&agency=440300";
    let answered = console.post(&at, form);
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert!(
        answered.body.contains("<h2>Answered</h2>"),
        "{}",
        answered.body
    );
    assert!(!answered.body.contains("name=\"outcome\""));
    assert_eq!(console.post(&at, form).status, 422, "answered before");
    assert!(console.get("/lists/dispute").body.contains("answered"));
    assert_eq!(console.get("/disputes/0").status, 404);
    // A new review has it no more.
    console.post("/lists", "");
    let gone = || console.get("/lists/dispute").body.contains("Nothing here");
    crate::support::eventually("the dispute is off the list", gone);
}

#[test]
fn a_warning_is_closed_by_a_second_person_with_a_reason() {
    let federation = without_night();
    let agency = federation.agency(GUANGDONG);
    look_up(&agency, "无");
    // Whoever has read without a case closes nothing.
    let folder = federation.path().join("console");
    let mut own = Console::start_as(&agency, &folder, &["--person", "tester"]);
    own.enter();
    own.state_purpose();
    assert_eq!(
        own.post("/warnings/read", "").status,
        422,
        "without a purpose"
    );
    let second = console(&federation, "", "Li Na");
    let read = |console: &Console| -> (String, String) {
        let read = console.post("/warnings/read", PURPOSE);
        let at = read.to.unwrap_or_else(|| panic!("{}", read.body));
        let page = console.get(&at).body;
        (at, page)
    };
    let (at, page) = read(&second);
    assert!(page.contains("read without a case"), "{page}");
    assert!(page.contains("waits for a second person"), "{page}");
    let id = between(&page, "name=\"id\" value=\"");
    let close = |console: &Console, at: &str, reason: &str| -> Reply {
        console.post(&format!("{at}/close"), &format!("id={id}&reason={reason}"))
    };
    let (own_at, _) = read(&own);
    let refused = close(&own, &own_at, "mine");
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(close(&second, &at, "").status, 422);
    let closed = close(&second, &at, "%3Da+drill");
    assert_eq!(closed.to.as_deref(), Some(at.as_str()), "{}", closed.body);
    let page = second.get(&at).body;
    assert!(
        page.contains("=a drill") && page.contains("Li Na"),
        "{page}"
    );
    assert!(!page.contains("waits for a second person"), "{page}");
    let csv = second.get(&format!("{at}/csv")).body;
    assert!(csv.contains("'=a drill") && !csv.contains(",=a"), "{csv}");
    assert!(second.get(&format!("{at}/xlsx")).bytes.starts_with(b"PK"));
    let filtered = second.post(&at, "state=open&sought=");
    let none = second.get(&filtered.to.unwrap()).body;
    assert!(none.contains("0 of 1"), "{none}");
    assert_eq!(second.get("/warnings/99/csv").status, 404);
}

#[test]
fn two_tabs_look_people_up_for_what_each_of_them_shows() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let file = federation.file("w.csv", &contributions(WORKER, 440_300, 3, "w"));
    let imported = federation.import(GUANGDONG, &file, &["--durable", "local"]);
    imported.expect(0);
    let mut console = Console::start(&federation, &[]);
    console.enter();
    // Two tabs, each with its purpose and list.
    console.post("/purpose", "business=inquiry&case=A-1");
    let one = console.post(
        "/person",
        &format!("business=inquiry&case=A-1&persons={WORKER}"),
    );
    console.post("/purpose", "business=benefit&case=B-2");
    let two = console.post(
        "/person",
        &format!("business=benefit&case=B-2&persons={WORKER}"),
    );
    let (one, two) = (one.to.unwrap(), two.to.unwrap());
    assert_ne!(one, two);
    for (at, shown, other) in [
        (&one, "A-1", "B-2"),
        (&two, "B-2", "A-1"),
        (&one, "A-1", "B-2"),
    ] {
        let page = console.get(at).body;
        let stated = format!("name=\"case\" value=\"{shown}\"");
        assert!(page.contains(&stated) && !page.contains(other), "{page}");
    }
    // It is changed where it is shown.
    let queue = one.split('/').nth(2).unwrap();
    let changed = console.post(
        "/purpose",
        &format!("business=inquiry&case=C-3&queue={queue}&at=1"),
    );
    assert_eq!(changed.to.as_deref(), Some(one.as_str()));
    assert!(console.get(&one).body.contains("value=\"C-3\""));
    assert!(console.get(&two).body.contains("value=\"B-2\""));
    let data = federation.node_dir(GUANGDONG).join("data");
    let log = run(&["node", "access-log", "--data", data.to_str().unwrap()]).expect(0);
    for case in ["A-1", "B-2", "C-3"] {
        let read = log.stdout.lines().filter(|line| line.contains(case));
        assert_eq!(read.count(), 1, "{case}: {}", log.stdout);
    }
}

#[test]
fn faulty_rows_can_be_had_after_sending_and_lie_in_the_console_s_folder_alone() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let folder = federation.path().join("console");
    // What a console has left that was killed is gone at the start of the next.
    let left = folder.join("import-left");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("errors.csv"), WORKER).unwrap();
    let mut console = Console::start(&federation, &[]);
    assert!(!left.exists());
    console.enter();
    let good = contributions(WORKER, 440_300, 3, "f");
    let mut rows = String::from_utf8(good).unwrap();
    rows.push_str(
        &rows
            .lines()
            .nth(1)
            .unwrap()
            .replace(WORKER, "440300199003078816"),
    );
    console.drop_rows("f.csv", rows.as_bytes());
    console.wait_for("/imports", "Row by row");
    console.send_file("skip_faulty=1");
    let page = console.wait_for("/imports", "Sent.");
    assert!(page.contains("/imports/errors"), "{page}");
    let errors = console.get("/imports/errors").body;
    assert!(errors.contains("440300199003078816"), "{errors}");
    let lies = |folder: &Path| -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(
                    fs::read_dir(path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
            }
        }
        found.retain(|path| path.extension().is_some_and(|ending| ending == "csv"));
        found
    };
    assert!(!lies(&folder).is_empty());
    assert_eq!(console.post("/end", "").status, 200);
    crate::support::eventually("nothing is left of the import", || lies(&folder).is_empty());
}

/// Gives a browser the session of a clerk.
fn come_in(browser: &mut Browser, console: &Console) -> String {
    let site = format!("http://{}", console.host);
    let (_, value) = console.cookie.split_once('=').unwrap();
    let cookie = json!({ "name": "__Host-console", "value": value, "url": site, "path": "/", "secure": true, "httpOnly": true, "sameSite": "Strict" });
    browser.call("Network.setCookie", &cookie);
    site
}

fn goes_to(browser: &mut Browser, begins: &str) {
    browser.wait(&format!(
        "location.pathname.startsWith('{begins}') && document.readyState === 'complete'"
    ));
}

#[test]
fn a_maker_and_a_checker_work_in_a_real_browser() {
    let Some(mut browser) = browser() else { return };
    let two = two();
    two.send(
        "plain.csv",
        &contributions(WORKER, 440_300, 3, "p"),
        "Sent.",
    );
    // The maker drops the file on the field itself, and reads that it waits.
    let site = come_in(&mut browser, &two.maker);
    browser.visit(&format!("{site}/imports"), DESK, "en");
    let file = two.federation.file("corrected.csv", corrected().as_bytes());
    let field = json!({ "expression": "document.getElementById('file')" });
    let field = browser.call("Runtime.evaluate", &field);
    let chosen = json!({ "files": [file], "objectId": field["result"]["objectId"] });
    browser.call("DOM.setFileInputFiles", &chosen);
    browser.value("document.querySelector('form.drop').requestSubmit()");
    browser.wait("document.querySelector('form.offer') !== null");
    browser.value("document.querySelector('form.offer').requestSubmit()");
    browser.wait("document.querySelector('.alert') !== null");
    let before = two.size();

    // The checker looks at every field, types what is to be typed, and it is in the chain.
    let site = come_in(&mut browser, &two.checker);
    browser.visit(&format!("{site}/approvals"), DESK, "en");
    browser.value("document.querySelector('button[name=id]').click()");
    goes_to(&mut browser, "/approvals/");
    browser.wait("document.querySelector('.record') !== null");
    browser.call("Page.setBypassCSP", &json!({ "enabled": true }));
    let mut found: Vec<String> = Vec::new();
    let records = browser.text("location.pathname");
    let axe = axe::script();
    for (language, tag) in [("zh", "zh-CN"), ("en", "en")] {
        two.checker
            .post("/language", &format!("language={language}"));
        for (name, screen) in [("desk", DESK), ("phone", PHONE)] {
            for page in [records.as_str(), "/approvals", "/closing", "/node"] {
                browser.visit(&format!("{site}{page}"), screen, tag);
                let shot = browser.picture();
                let file = page.trim_start_matches('/').replace('/', "-");
                let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
                keep(
                    &folder,
                    &format!("checker-{file}-{name}-{language}.png"),
                    &shot,
                );
                let overflow =
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth";
                assert_eq!(browser.value(overflow), json!(0), "{page} on a {name}");
                if let Some(axe) = &axe {
                    let findings = axe::findings(&mut browser, axe);
                    found.extend(
                        findings
                            .iter()
                            .map(|one| format!("{page} on a {name}: {one}")),
                    );
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    browser.visit(&format!("{site}{records}"), DESK, "en");
    let said = browser.text("document.getElementById('typed-help').textContent");
    let digits: String = said.chars().rev().take(8).collect();
    let digits: String = digits.chars().rev().collect();
    browser.value(&format!(
        "document.querySelector('input[name=typed]').value = '{digits}'; document.querySelector('.decision').requestSubmit()"
    ));
    browser.wait("document.querySelector('.done') !== null");
    assert!(two.size() > before);
    let foreign: Vec<String> = browser
        .asked_for()
        .into_iter()
        .filter(|url| !url.starts_with("http://c"))
        .collect();
    assert_eq!(foreign, Vec::<String>::new());
}
