//! The door for workers, as a process of its own beside a real node: what people do there, in a real browser, and what others try.

use crate::support::{Federation, contributions, run, run_with, yizhang};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use yizhang_chromium::{Browser, DESK, PHONE, Screen, browser, keep};

const GUANGDONG: u32 = 440_000;
const WORKER: &str = "440300199003078815";
const OTHER: &str = "440300199003078823";

/// A portal that runs.
pub(crate) struct Door {
    process: Child,
    pub(crate) port: u16,
    /// What it has said since.
    said: Arc<Mutex<String>>,
}

impl Drop for Door {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Door {
    /// Starts a portal beside the node of Guangdong.
    pub(crate) fn open(federation: &Federation) -> Self {
        Self::open_with(federation, &[])
    }

    /// The same with further arguments.
    pub(crate) fn open_with(federation: &Federation, more: &[&str]) -> Self {
        let credentials = federation.path().join("440000/portal");
        let node = GUANGDONG.to_string();
        let mut process = yizhang(&["portal", "run", "--node", &node])
            .arg("--credentials")
            .arg(credentials)
            .args(["--listen", "127.0.0.1:0"])
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines
            .find_map(|line| line.ok().filter(|line| line.contains("listens on")))
            .unwrap();
        let port = line.split("127.0.0.1:").nth(1).unwrap();
        let port = port.split(';').next().unwrap().parse().unwrap();
        // Whatever else it says has somewhere to go.
        let said = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *kept.lock().unwrap() += &(line + "\n");
            }
        });
        Self {
            process,
            port,
            said,
        }
    }

    /// What it has said since it listens.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub(crate) fn site(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Sends a request as it stands, and reads until the portal closes.
    pub(crate) fn send(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(request).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Reply::read(&bytes)
    }

    pub(crate) fn get(&self, path: &str, cookies: &str) -> Reply {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: language=en; {cookies}\r\nConnection: close\r\n\r\n"
        );
        self.send(head.as_bytes())
    }

    /// Sends a form, as a page of this origin does.
    pub(crate) fn post(&self, path: &str, cookies: &str, form: &str) -> Reply {
        self.post_from(&format!("Origin: {}\r\n", self.site()), path, cookies, form)
    }

    fn post_from(&self, origin: &str, path: &str, cookies: &str, form: &str) -> Reply {
        let length = form.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{origin}Cookie: language=en; {cookies}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{form}"
        );
        self.send(request.as_bytes())
    }

    /// Comes in with a code; the session's cookie.
    pub(crate) fn enter(&self, code: &str) -> String {
        let entered = self.post("/enter", "", &format!("code={}", code.replace(' ', "+")));
        assert_eq!(entered.status, 303, "{}", entered.body);
        entered.session().unwrap()
    }

    /// The token in the forms of a session.
    pub(crate) fn token(&self, session: &str) -> String {
        let page = self.get("/account/statement", session).body;
        let behind = page.split("name=\"token\" value=\"").nth(1).unwrap();
        behind.split('"').next().unwrap().to_owned()
    }
}

/// What the portal has answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    /// The cookie that it sets, if it sets one.
    cookie: Option<String>,
    pub(crate) body: String,
}

impl Reply {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut cookies = head.lines().filter_map(|line| line.split_once(": "));
        let set = cookies.find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let pair = set.and_then(|(_, cookie)| cookie.split(';').next());
        Self {
            status: status.unwrap_or(0),
            head: head.to_ascii_lowercase(),
            cookie: pair.map(str::to_owned),
            body: body.to_owned(),
        }
    }

    /// The cookie of a session that was opened.
    fn session(&self) -> Option<String> {
        let cookie = self.cookie.as_ref()?;
        assert!(self.head.contains("httponly") && self.head.contains("secure"));
        assert!(self.head.contains("samesite=strict") && self.head.contains("path=/"));
        (cookie.len() > "__Host-session=".len()).then(|| cookie.clone())
    }
}

/// A running federation of one region, whose agency has two workers, and its portal.
pub(crate) struct Town {
    pub(crate) federation: Federation,
    pub(crate) door: Door,
}

pub(crate) fn town() -> Town {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    for (number, serial) in [(WORKER, "w"), (OTHER, "o")] {
        let rows = contributions(number, 440_300, 30, serial);
        let file = federation.file(&format!("{serial}.csv"), &rows);
        let imported = federation.import(GUANGDONG, &file, &["--durable", "local"]);
        imported.expect(0);
    }
    let door = Door::open(&federation);
    Town { federation, door }
}

impl Town {
    /// A code for a worker, as a clerk hands it out.
    pub(crate) fn code(&self, number: &str) -> String {
        let (node, agency) = (GUANGDONG.to_string(), self.federation.agency(GUANGDONG));
        let issue = [
            "agency",
            "code",
            "issue",
            "--node",
            &node,
            "--credentials",
            &agency,
        ];
        run_with(&issue, number).expect(0).stdout.trim().to_owned()
    }
}

#[test]
fn a_worker_comes_in_with_a_code_reads_and_goes() {
    let town = town();
    let door = &town.door;
    let first = door.get("/", "");
    assert_eq!(first.status, 200);
    assert!(first.body.contains("The code"), "{}", first.body);
    // Nothing is shown to nobody.
    for page in [
        "/account",
        "/account/sheet",
        "/account/keys",
        "/account/readings",
        "/account/statement",
        "/account/month/hrss-110/2015-01",
    ] {
        let shown = door.get(page, "");
        assert_eq!(shown.status, 303, "{page}");
        assert!(!shown.body.contains("2015"), "{page}");
    }
    let session = door.enter(&town.code(WORKER));
    let account = door.get("/account", &session);
    assert_eq!(account.status, 200);
    assert!(account.body.contains("30"), "{}", account.body);
    for page in [
        "/account/sheet",
        "/account/terms",
        "/account/keys",
        "/account/readings",
        "/account/month/hrss-110/2015-01",
    ] {
        assert_eq!(door.get(page, &session).status, 200, "{page}");
    }
    for none in [
        "/account/month/hrss-110/1999-01",
        "/account/month/none/2015-01",
        "/account/month/hrss-110/x",
    ] {
        assert_eq!(door.get(none, &session).status, 404, "{none}");
    }
    let gone = door.post(
        "/leave",
        &session,
        &format!("token={}", door.token(&session)),
    );
    assert_eq!(gone.status, 303);
    assert_eq!(door.get("/account", &session).status, 303);
}

#[test]
fn every_answer_forbids_what_pages_do_not_need() {
    let town = town();
    let session = town.door.enter(&town.code(WORKER));
    for (page, cookies) in [
        ("/", ""),
        ("/account", session.as_str()),
        ("/none", ""),
        ("/portal.css", ""),
    ] {
        let head = town.door.get(page, cookies).head;
        for needed in [
            "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: same-origin",
        ] {
            assert!(head.contains(needed), "{page}: {head}");
        }
        let is_kept = head.contains("cache-control: public");
        assert_eq!(is_kept, page == "/portal.css", "{page}: {head}");
    }
    // A policy without inline styles and scripts is worth something only if there are none.
    let account = town.door.get("/account", &session).body;
    for inline in [" style=", "<style", " onclick=", "javascript:"] {
        assert!(!account.contains(inline), "{inline}");
    }
}

#[test]
fn nobody_else_s_page_does_anything_in_somebody_s_name() {
    let town = town();
    let door = &town.door;
    let code = town.code(WORKER);
    // A page of another site sends a form, or none says where it comes from.
    for origin in ["Origin: https://evil.example\r\n", "Origin: null\r\n", ""] {
        let form = format!("code={}", code.replace(' ', "+"));
        let sent = door.post_from(origin, "/enter", "", &form);
        assert_eq!(sent.status, 403, "{origin}");
        assert!(sent.session().is_none());
    }
    // It has not cost the worker the code.
    let session = door.enter(&code);
    // Of this origin, but without the session's token.
    for form in ["token=", "token=AAAA"] {
        let kept = door.post("/leave", &session, form);
        assert!(kept.session().is_none());
        let statement = door.post("/account/statement", &session, &format!("{form}&form=file"));
        assert_eq!(statement.status, 403, "{}", statement.body);
        let name = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let ended = door.post(
            "/account/keys/end",
            &session,
            &format!("{form}&name={name}"),
        );
        assert_eq!(ended.status, 403);
    }
    assert_eq!(door.get("/account", &session).status, 200);
}

#[test]
fn a_session_that_somebody_else_has_chosen_is_not_taken() {
    let town = town();
    let door = &town.door;
    let chosen = "__Host-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(door.get("/account", chosen).status, 303);
    let form = format!("code={}", town.code(WORKER).replace(' ', "+"));
    let entered = door.post("/enter", chosen, &form);
    let session = entered.session().unwrap();
    assert_ne!(session, chosen);
    assert_eq!(door.get("/account", chosen).status, 303);
    assert_eq!(door.get("/account", &session).status, 200);
}

#[test]
fn a_code_is_refused_when_it_is_wrong_or_was_used() {
    let town = town();
    let code = town.code(WORKER);
    let wrong = town.door.post("/enter", "", "code=0000+0000+0000");
    assert_eq!(wrong.status, 403);
    assert!(
        wrong.body.contains("This code does not work"),
        "{}",
        wrong.body
    );
    let none = town.door.post("/enter", "", "code=%3Cscript%3E");
    assert_eq!(none.status, 403);
    assert!(!none.body.contains("<script>"), "{}", none.body);
    town.door.enter(&code);
    let again = town
        .door
        .post("/enter", "", &format!("code={}", code.replace(' ', "+")));
    assert_eq!(again.status, 403);
}

#[test]
fn a_statement_is_of_the_own_account_and_of_nobody_else_s_number() {
    let town = town();
    let session = town.door.enter(&town.code(WORKER));
    let token = town.door.token(&session);
    let make = |number: &str| {
        let form = format!("token={token}&form=page&number={number}");
        town.door.post("/account/statement", &session, &form)
    };
    let other = make(OTHER);
    assert_eq!(other.status, 422);
    assert!(
        other.body.contains("not your social security number"),
        "{}",
        other.body
    );
    assert_eq!(make("123").status, 422);
    let own = make(WORKER);
    assert_eq!(own.status, 200);
    assert!(
        own.head.contains("content-disposition: attachment"),
        "{}",
        own.head
    );
    assert!(own.body.starts_with("<!DOCTYPE html>") || own.body.contains("<!DOCTYPE html>"));
    assert_eq!(make("").status, 200);
}

#[test]
fn what_is_too_large_or_names_a_place_outside_is_refused() {
    let town = town();
    let large = format!("code={}", "0".repeat(64 * 1_024));
    assert_eq!(town.door.post("/enter", "", &large).status, 413);
    for path in [
        "/../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/portal.css/../../Cargo.toml",
        "//evil.example",
        "/account/..%2f",
    ] {
        let shown = town.door.get(path, "");
        assert!(
            matches!(shown.status, 303 | 400 | 404),
            "{path}: {}",
            shown.status
        );
        assert!(
            !shown.body.contains("root:") && !shown.head.contains("evil.example"),
            "{path}"
        );
    }
    let broken = town.door.send(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: \xff\xfe\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(broken.status, 200);
}

#[test]
fn who_does_not_come_to_an_end_is_cut_off() {
    let town = town();
    let mut stream = TcpStream::connect(("127.0.0.1", town.door.port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: local").unwrap();
    let begun = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(begun.elapsed() < Duration::from_secs(50));
    // Others are served all the while.
    assert_eq!(town.door.get("/", "").status, 200);
}

#[test]
fn what_an_agency_has_imported_is_text_and_never_markup() {
    let town = town();
    let rows = String::from_utf8(contributions(WORKER, 440_300, 2, "x")).unwrap();
    let rows = rows
        .replace("x-0", "<script>alert(1)</script>")
        .replace("x-1", "<img/src=x>");
    let file = town.federation.file("markup.csv", rows.as_bytes());
    let imported = town
        .federation
        .import(GUANGDONG, &file, &["--durable", "local"]);
    imported.expect(0);
    let session = town.door.enter(&town.code(WORKER));
    for page in [
        "/account",
        "/account/month/hrss-110/2015-01",
        "/account/month/hrss-110/2015-02",
    ] {
        let body = town.door.get(page, &session).body;
        assert!(
            !body.contains("<script>alert") && !body.contains("<img/src"),
            "{page}"
        );
    }
}

#[test]
fn the_command_line_opens_the_same_account_with_a_key_of_the_worker_s_own() {
    let town = town();
    let (site, key) = (town.door.site(), town.federation.path().join("my-key"));
    let key = key.to_str().unwrap();
    let enrolled = run_with(
        &["worker", "enrol", "--portal", &site, "--to", key],
        &town.code(WORKER),
    );
    assert!(enrolled.expect(0).stdout.contains("my-key"));
    let own = run(&[
        "worker",
        "account",
        "--holder",
        key,
        "--as-of",
        "2026-10-31",
        "--json",
    ])
    .expect(0);
    let by_clerk = town.federation.answer(GUANGDONG, WORKER, &[]).expect(0);
    let account =
        |text: &str| -> Value { serde_json::from_str::<Value>(text).unwrap()["account"].clone() };
    assert_eq!(account(&own.stdout), account(&by_clerk.stdout));
    // What the key is for, a certificate does not help: neither do other keys.
    let text = fs::read_to_string(Path::new(key).join("holder.toml")).unwrap();
    let copy = town.federation.path().join("other-key");
    run_with(
        &[
            "worker",
            "enrol",
            "--portal",
            &site,
            "--to",
            copy.to_str().unwrap(),
        ],
        &town.code(OTHER),
    )
    .expect(0);
    fs::write(copy.join("holder.toml"), text).unwrap();
    let refused = run(&["worker", "account", "--holder", copy.to_str().unwrap()]).expect(5);
    assert!(refused.stderr.contains("not opened"), "{}", refused.stderr);
    // A code that is none costs a directory and nothing else.
    let none = run_with(
        &["worker", "enrol", "--portal", &site, "--to", "/nowhere/key"],
        "12",
    );
    assert_eq!(none.code, 4, "{}", none.stderr);
}

/// Where pictures are kept for people to look at.
fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("portal")
}

pub(crate) fn picture(browser: &mut Browser, name: &str) {
    let shot = browser.picture();
    keep(&pictures(), name, &shot);
}

/// A phone in the browser, that knows its owner.
fn phone(browser: &mut Browser) {
    browser.call("WebAuthn.enable", &json!({}));
    let options = json!({ "options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true,
    }});
    browser.call("WebAuthn.addVirtualAuthenticator", &options);
}

pub(crate) fn goes_to(browser: &mut Browser, path: &str) {
    browser.wait(&format!(
        "location.pathname === '{path}' && document.readyState === 'complete'"
    ));
}

pub(crate) fn fits(browser: &mut Browser) {
    let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(
        browser.value(overflow),
        json!(0),
        "{}",
        browser.text("location.pathname")
    );
}

#[test]
fn a_phone_is_remembered_and_opens_the_account_until_it_is_ended() {
    let Some(mut browser) = browser() else { return };
    let town = town();
    phone(&mut browser);
    browser.visit(&town.door.site(), PHONE, "zh-CN");
    picture(&mut browser, "welcome-phone-zh.png");
    fits(&mut browser);
    let type_code = format!(
        "document.getElementById('code').value = '{}'; document.querySelector('form').requestSubmit()",
        town.code(WORKER)
    );
    browser.value(&format!("void ({{}}); {type_code}"));
    goes_to(&mut browser, "/account");
    fits(&mut browser);
    picture(&mut browser, "account-phone-zh.png");
    browser.value("document.getElementById('passkey-bind').click()");
    goes_to(&mut browser, "/account/keys");
    picture(&mut browser, "keys-phone-zh.png");
    assert_eq!(
        browser.value("document.querySelectorAll('.keys li').length"),
        json!(1)
    );
    browser.value("document.querySelector('.site form').requestSubmit()");
    goes_to(&mut browser, "/");

    browser.value("document.getElementById('passkey-open').click()");
    goes_to(&mut browser, "/account");
    // Whoever comes with a key is asked for no further one.
    assert_eq!(
        browser.value("document.getElementById('passkey-bind') === null"),
        json!(true)
    );
    // The clerk who has handed out the code is named, and the worker's own visits beside.
    let link = "document.querySelector('nav.pages a[href=\"/account/readings\"]').click()";
    browser.value(link);
    goes_to(&mut browser, "/account/readings");
    fits(&mut browser);
    picture(&mut browser, "readings-phone-zh.png");
    let shown = browser.text("document.getElementById('main').textContent");
    assert!(shown.contains("广东的社保经办机构"), "{shown}");
    assert!(shown.contains("发放了打开您账户的验证码"), "{shown}");
    assert!(!shown.contains("tester"), "no clerk's name: {shown}");
    browser.value("location.assign('/account/keys')");
    goes_to(&mut browser, "/account/keys");
    assert_eq!(
        browser.value("document.querySelectorAll('.keys .mark').length"),
        json!(1)
    );
    browser.value("document.querySelector('.keys form').requestSubmit()");
    // What the key had opened is closed with it.
    goes_to(&mut browser, "/");
    browser.value("document.getElementById('passkey-open').click()");
    browser.wait("!document.getElementById('passkey-fault').hidden");
    let told = browser.text("document.getElementById('passkey-fault').textContent");
    assert!(told.contains("这部手机打不开记录"), "{told}");
    // Nothing was asked of anybody else.
    let foreign: Vec<String> = browser
        .asked_for()
        .into_iter()
        .filter(|url| !url.starts_with(&town.door.site()))
        .collect();
    assert_eq!(foreign, Vec::<String>::new());
}

#[test]
fn pages_are_right_without_a_script_in_both_languages_on_phone_and_desk() {
    let Some(mut browser) = browser() else { return };
    let town = town();
    browser.call(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": true }),
    );
    let screens: [(&str, Screen); 2] = [("phone", PHONE), ("desk", DESK)];
    let session = town.door.enter(&town.code(WORKER));
    let (_, value) = session.split_once('=').unwrap();
    let cookie = json!({ "name": "__Host-session", "value": value, "url": town.door.site(), "path": "/", "secure": true, "httpOnly": true, "sameSite": "Strict" });
    browser.call("Network.setCookie", &cookie);
    for (name, screen) in screens {
        for (language, tag) in [("zh", "zh-CN"), ("en", "en")] {
            for page in [
                "/account",
                "/account/sheet",
                "/account/keys",
                "/account/readings",
                "/account/statement",
            ] {
                browser.visit(&format!("{}{page}", town.door.site()), screen, tag);
                assert_eq!(browser.text("document.documentElement.lang"), tag);
                fits(&mut browser);
                let file = page.trim_start_matches('/').replace('/', "-");
                picture(&mut browser, &format!("{file}-{name}-{language}.png"));
            }
        }
    }
}
