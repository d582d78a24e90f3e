//! What the portal shows beside the account: a worker's own estimate, the sheet to print, offices, and an invented person.

use crate::{
    portal::{Door, fits, picture, town},
    statement::root,
    support::{Federation, run, run_with},
};
use serde_json::json;
use yizhang_chromium::{DESK, PHONE, browser};

const GUANGDONG: u32 = 440_000;
const WORKER: &str = "440300199003078815";
const OTHER: &str = "440300199003078823";

#[test]
fn anybody_looks_at_the_invented_person_without_a_node_and_sees_that_it_is_invented() {
    let federation = Federation::found(&[GUANGDONG]);
    // No node runs.
    let door = Door::open_with(&federation, &["--example"]);
    assert!(door.get("/", "").body.contains("Look at the example"));
    for page in [
        "/example",
        "/example/sheet",
        "/example/terms",
        "/example/estimate",
        "/example/month/hrss-110/2020-01",
    ] {
        let shown = door.get(page, "");
        assert_eq!(shown.status, 200, "{page}");
        assert!(shown.body.contains("This person is made up"), "{page}");
        assert!(!shown.body.contains("name=\"token\""), "{page}");
    }
    for none in [
        "/example/dispute/440000/1",
        "/example/certificate",
        "/example/statement",
    ] {
        assert_eq!(door.get(none, "").status, 404, "{none}");
    }
    let plain = Door::open(&federation);
    assert_eq!(plain.get("/example", "").status, 404);
    assert!(!plain.get("/", "").body.contains("Look at the example"));
}

#[test]
fn an_estimate_follows_what_is_assumed_and_says_what_it_takes_for_granted() {
    let federation = Federation::found(&[GUANGDONG]);
    let door = Door::open_with(&federation, &["--example"]);
    let number = |query: &str| {
        let page = door.get(&format!("/example/estimate{query}"), "").body;
        let behind = page.split("class=\"number\">").nth(1);
        let text = behind.unwrap_or_else(|| panic!("{page}"));
        text.split('<').next().unwrap().to_owned()
    };
    let usual = number("");
    assert!(usual.contains("a month"), "{usual}");
    // The same again is the same, growth changes the money of that time alone, a higher base is more.
    assert_eq!(number("?growth=3"), usual);
    assert_ne!(number("?base=20000"), usual);
    let page = door.get("/example/estimate?growth=3", "").body;
    assert!(page.contains("wages grow by 3 % every year"), "{page}");
    assert!(page.contains("no promise") && page.contains("takes for granted"));
    for outside in ["?later=999", "?growth=11", "?base=99999999"] {
        let page = door.get(&format!("/example/estimate{outside}"), "").body;
        assert!(
            page.contains("beyond what can be chosen"),
            "{outside}: {page}"
        );
    }
    // What is no number is as if nothing was said.
    assert_eq!(number("?base=%3Cscript%3E&growth=x"), usual);
}

#[test]
fn a_printed_sheet_belongs_to_the_statement_of_its_day_and_to_no_other() {
    let town = town();
    let session = town.door.enter(&town.code(WORKER));
    let page = town.door.get("/account/certificate", &session);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.body
            .contains("This is not the certificate of participation"),
        "{}",
        page.body
    );
    assert!(page.body.contains("440000-"), "{}", page.body);
    assert_eq!(town.door.get("/account/certificate", "").status, 303);
    assert_eq!(town.door.get("/account/estimate", "").status, 303);

    let root = root(&town.federation);
    let agency = town.federation.agency(GUANGDONG);
    let file = |name: &str| {
        town.federation
            .path()
            .join(name)
            .to_str()
            .unwrap()
            .to_owned()
    };
    let by_agency = |command: &str, to: &str, number: &str| {
        let arguments = [
            "worker",
            command,
            "--node",
            "440000",
            "--credentials",
            &agency,
            "-o",
            to,
        ];
        run_with(&arguments, number).expect(0).stdout
    };
    let code = by_agency("certificate", &file("sheet.html"), WORKER);
    let code = code.trim();
    by_agency("statement", &file("own.yizhang"), WORKER);
    by_agency("statement", &file("other.yizhang"), OTHER);
    let check = |name: &str, code: &str| {
        run(&[
            "verify",
            &file(name),
            "--root",
            &root,
            "--certificate",
            code,
        ])
    };
    let same = check("own.yizhang", code).expect(0);
    assert!(
        same.stdout.contains("belongs to this statement"),
        "{}",
        same.stdout
    );
    check("other.yizhang", code).expect(1);
    assert_eq!(check("own.yizhang", "440000-1").code, 2);
    // The worker's own key makes the same sheet.
    let key = file("my-key");
    let site = town.door.site();
    let enrol = ["worker", "enrol", "--portal", &site, "--to", &key];
    run_with(&enrol, &town.code(WORKER)).expect(0);
    let sheet = file("own.html");
    let own = [
        "worker",
        "certificate",
        "--holder",
        &key,
        "--root",
        &root,
        "-o",
        &sheet,
    ];
    let own = run(&own).expect(0).stdout;
    assert_eq!(own.trim().split('-').next(), Some("440000"), "{own}");
}

#[test]
fn offices_of_a_file_are_shown_and_a_faulty_file_ends_the_start() {
    let mut town = town();
    let offices = "[[office]]\nregion = 440000\nname = \"<b>Hall\"\naddress = \"Street 1\"\ntelephone = \"0755-0\"\n";
    let file = town.federation.file("offices.toml", offices.as_bytes());
    town.door = Door::open_with(&town.federation, &["--offices", &file]);
    let session = town.door.enter(&town.code(WORKER));
    let page = town.door.get("/account", &session).body;
    assert!(
        page.contains("&lt;b&gt;Hall") && page.contains("Street 1"),
        "{page}"
    );
    let faulty = town
        .federation
        .file("faulty.toml", b"[[office]]\nregion = 1\n");
    let credentials = town.federation.path().join("440000/portal");
    let refused = run(&[
        "portal",
        "run",
        "--node",
        "440000",
        "--credentials",
        credentials.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
        "--offices",
        &faulty,
    ]);
    assert_ne!(refused.code, 0);
}

#[test]
fn new_pages_fit_phone_and_desk_in_both_languages_without_a_script() {
    let Some(mut browser) = browser() else { return };
    let mut town = town();
    town.door = Door::open_with(&town.federation, &["--example"]);
    browser.call(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": true }),
    );
    let session = town.door.enter(&town.code(WORKER));
    let (_, value) = session.split_once('=').unwrap();
    let cookie = json!({ "name": "__Host-session", "value": value, "url": town.door.site(), "path": "/", "secure": true, "httpOnly": true, "sameSite": "Strict" });
    browser.call("Network.setCookie", &cookie);
    for (name, screen) in [("phone", PHONE), ("desk", DESK)] {
        for (language, tag) in [("zh", "zh-CN"), ("en", "en")] {
            for page in [
                "/account/month/hrss-110/2015-01",
                "/account/dispute/440000/1",
                "/account/estimate",
                "/account/certificate",
                "/example",
                "/example/estimate?growth=3",
            ] {
                browser.visit(&format!("{}{page}", town.door.site()), screen, tag);
                assert_eq!(browser.text("document.documentElement.lang"), tag);
                fits(&mut browser);
                let file: String = page
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                    .collect();
                picture(&mut browser, &format!("{file}-{name}-{language}.png"));
            }
        }
    }
}
