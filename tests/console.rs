//! The desk of a clerk, as a process of its own before a real node: what a clerk does there, in a real browser, and what others try.

#[path = "../crates/show/tests/home/axe.rs"]
pub(crate) mod axe;

use crate::support::{Federation, contributions, eventually, run, run_with, yizhang};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};
use yizhang_chromium::{Browser, DESK, PHONE, browser, keep};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const WORKER: &str = "440300199003078815";
const OTHER: &str = "440300199003078823";
/// What pages carry that show a purpose.
pub(crate) const PURPOSE: &str = "business=inquiry&case=K-2026-17";
/// What marks the end of a part of a form with a file.
const BOUNDARY: &str = "----yizhang";

/// A console that runs, and the session of its clerk.
pub(crate) struct Console {
    process: Child,
    pub(crate) port: u16,
    pub(crate) host: String,
    /// The address of the start.
    first: String,
    pub(crate) cookie: String,
    token: String,
}

impl Drop for Console {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a console has answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    cookie: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let body = bytes.get(end + 4..).unwrap_or_default().to_vec();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let header = |wanted: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            let found = lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.to_owned())
        };
        Self {
            status: status.unwrap_or(0),
            cookie: header("set-cookie")
                .and_then(|cookie| cookie.split(';').next().map(str::to_owned)),
            to: header("location"),
            head: head.to_ascii_lowercase(),
            body: String::from_utf8_lossy(&body).into_owned(),
            bytes: body,
        }
    }
}

impl Console {
    /// Starts a console; nobody has come in.
    pub(crate) fn start(federation: &Federation, more: &[&str]) -> Self {
        let folder = federation.path().join("console");
        Self::start_as(&federation.agency(GUANGDONG), &folder, more)
    }

    /// The same with the credentials of a clerk and a folder of their own.
    pub(crate) fn start_as(credentials: &str, folder: &Path, more: &[&str]) -> Self {
        let node = GUANGDONG.to_string();
        let mut process = yizhang(&["console", "run", "--node", &node])
            .args(["--credentials", credentials])
            .arg("--folder")
            .arg(folder)
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines
            .find_map(|line| line.ok().filter(|line| line.contains("/open?token=")))
            .unwrap();
        let first = line[line.find("http://").unwrap()..].trim().to_owned();
        let host = first["http://".len()..]
            .split('/')
            .next()
            .unwrap()
            .to_owned();
        let port = host.split(':').nth(1).unwrap().parse().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            port,
            host,
            first,
            cookie: String::new(),
            token: String::new(),
        }
    }

    /// Comes in with the address of the start.
    pub(crate) fn enter(&mut self) {
        let path = self.first.split(&self.host).nth(1).unwrap().to_owned();
        let opened = self.get(&path);
        assert_eq!(opened.status, 200, "{}", opened.body);
        assert!(opened.head.contains("httponly") && opened.head.contains("samesite=strict"));
        self.cookie = opened.cookie.unwrap();
        let page = self.get("/person").body;
        let behind = page.split("name=\"token\" value=\"").nth(1).unwrap();
        self.token = behind.split('"').next().unwrap().into();
    }

    pub(crate) fn send(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        // What is refused is not read to its end.
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Reply::read(&bytes)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.get_as(&self.host, path, &self.cookie)
    }

    fn get_as(&self, host: &str, path: &str, cookie: &str) -> Reply {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        );
        self.send(head.as_bytes())
    }

    /// Sends a form of a page of this console, with the session's token.
    pub(crate) fn post(&self, path: &str, form: &str) -> Reply {
        let form = format!("token={}&{form}", self.token);
        self.post_from(&format!("Origin: http://{}\r\n", self.host), path, &form)
    }

    fn post_from(&self, origin: &str, path: &str, form: &str) -> Reply {
        let (host, cookie, length) = (&self.host, &self.cookie, form.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\n{origin}Cookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{form}"
        );
        self.send(request.as_bytes())
    }

    /// Sends the file that was looked at.
    pub(crate) fn send_file(&self, more: &str) -> Reply {
        let page = self.get("/imports").body;
        let job = page.split("name=\"job\" value=\"").nth(1);
        let job = job
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default();
        self.post("/imports/send", &format!("job={job}&{more}"))
    }

    /// Drops a file on the page of imports.
    pub(crate) fn drop_file(&self, token: &str, name: &str, content: &[u8]) -> Reply {
        let mut body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n--{BOUNDARY}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let (host, cookie, length) = (&self.host, &self.cookie, body.len());
        let mut request = format!(
            "POST /imports/file HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
        .into_bytes();
        request.extend(body);
        self.send(&request)
    }

    /// Waits until a page of work that goes on shows its end.
    pub(crate) fn wait_for(&self, path: &str, text: &str) -> String {
        let mut body = String::new();
        eventually(text, || {
            body = self.get(path).body;
            body.contains(text)
        });
        body
    }

    pub(crate) fn state_purpose(&self) {
        let stated = self.post("/purpose", PURPOSE);
        assert_eq!(stated.status, 303, "{}", stated.body);
    }

    /// Opens a list of persons, as from a page that shows the purpose.
    fn look_up(&self, persons: &str) -> Reply {
        self.post("/person", &format!("{PURPOSE}&persons={persons}"))
    }

    /// Drops a file of this name.
    pub(crate) fn drop_rows(&self, name: &str, content: &[u8]) {
        let dropped = self.drop_file(&self.token, name, content);
        assert_eq!(dropped.status, 303, "{}", dropped.body);
    }
}

/// A running federation of one region, whose agency has one worker.
fn town() -> Federation {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    import(&federation, WORKER, "w", &[]);
    federation
}

fn import(federation: &Federation, number: &str, serial: &str, more: &[&str]) {
    let rows = contributions(number, 440_300, 30, serial);
    let file = federation.file(&format!("{serial}.csv"), &rows);
    let mut arguments = vec!["--durable", "local"];
    arguments.extend(more);
    federation.import(GUANGDONG, &file, &arguments).expect(0);
}

#[test]
fn a_clerk_comes_in_once_states_a_purpose_and_goes_through_a_list() {
    let federation = town();
    import(&federation, OTHER, "o", &[]);
    let mut console = Console::start(&federation, &[]);
    // Nothing is shown to nobody.
    for page in [
        "/person",
        "/lists",
        "/imports",
        "/node",
        "/closing",
        "/transfer",
        "/approvals",
        "/disputes",
        "/warnings",
    ] {
        assert_eq!(console.get(page).status, 403, "{page}");
    }
    console.enter();
    let path = console.first.split(&console.host).nth(1).unwrap();
    assert_eq!(console.get(path).status, 403, "the address works once");
    // Nobody is looked up without a purpose.
    let early = console.post("/person", &format!("persons={WORKER}"));
    assert_eq!(early.status, 422);
    assert!(early.body.contains("State first"), "{}", early.body);
    console.state_purpose();
    let page = console.get("/person").body;
    assert!(page.contains("K-2026-17"), "{page}");

    let wrong = console.look_up(&format!("{WORKER}%0A440300199003078816"));
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("line 2") && !wrong.body.contains("440300199003078816"));
    let found = console.look_up(&format!("{WORKER}%0D%0A{OTHER}%0D%0A"));
    assert_eq!(found.to.as_deref(), Some("/person/1/1"));
    let first = console.get("/person/1/1");
    assert_eq!(first.status, 200);
    assert!(first.body.contains("rel=\"next\"") && first.body.contains("…8815"));
    assert!(!first.body.contains(WORKER), "no number stands in a page");
    let figures = console.get("/person/1/1/figures").body;
    assert!(
        figures.contains("<details") && figures.contains("Guangdong #"),
        "{figures}"
    );
    assert!(console.get("/person/1/1/records").body.contains("2015-01"));
    let second = console.get("/person/1/2");
    assert!(second.body.contains("rel=\"prev\"") && second.body.contains("…8823"));
    assert_eq!(console.get("/person/1/3").status, 404);

    // The node has written down who looked, and for what; leafing through the parts asked once.
    let node_dir = federation.node_dir(GUANGDONG);
    let data = node_dir.join("data");
    let log = run(&["node", "access-log", "--data", data.to_str().unwrap()]).expect(0);
    assert_eq!(log.stdout.matches("K-2026-17").count(), 2, "{}", log.stdout);
}

#[test]
fn who_names_another_host_or_comes_from_another_page_gets_nothing() {
    let federation = town();
    let mut console = Console::start(&federation, &[]);
    let path = console
        .first
        .split(&console.host)
        .nth(1)
        .unwrap()
        .to_owned();
    let (port, host) = (console.port, console.host.clone());
    // A page whose name somebody leads to this machine.
    for other in [
        "evil.example",
        "127.0.0.1",
        "localhost",
        &host.replace(&format!(":{port}"), ""),
    ] {
        let refused = console.get_as(other, &path, "");
        assert_eq!(refused.status, 421, "{other}");
        assert!(refused.cookie.is_none());
    }
    console.enter();
    for other in ["evil.example", &format!("localhost:{port}")] {
        assert_eq!(
            console.get_as(other, "/person", &console.cookie).status,
            421
        );
    }
    // Another cookie, and one of another name.
    for cookie in [
        "",
        "__Host-console=AAAA",
        &console.cookie.replace("__Host-", ""),
    ] {
        assert_eq!(console.get_as(&host, "/person", cookie).status, 403);
    }
    let form = format!("token={}&business=inquiry&case=K-1", console.token);
    for origin in ["", "Origin: null\r\n", "Origin: https://evil.example\r\n"] {
        assert_eq!(
            console.post_from(origin, "/purpose", &form).status,
            403,
            "{origin}"
        );
    }
    // Of this origin, without the token of the session.
    let own = format!("Origin: http://{host}\r\n");
    for (page, form) in [
        ("/purpose", "token=&business=inquiry&case=K-1"),
        ("/person", "token=AAAA&persons=x"),
        ("/lists", "token=AAAA"),
        ("/imports/send", "token=AAAA"),
        ("/imports/drop", "token=AAAA"),
        ("/transfer", "token=AAAA&deed=take"),
        ("/lists/gap", "token=AAAA"),
        ("/approvals/look", "token=AAAA&id=1&content=1"),
        ("/approvals/1/approve", "token=AAAA&typed=1"),
        ("/approvals/1/refuse", "token=AAAA&reason=x"),
        ("/disputes/1", "token=AAAA&outcome=refused"),
        ("/warnings/read", "token=AAAA"),
        ("/warnings/1/close", "token=AAAA&id=1"),
        ("/language", "token=AAAA&language=zh"),
        ("/end", "token=AAAA"),
    ] {
        assert_eq!(console.post_from(&own, page, form).status, 403, "{page}");
    }
    assert_eq!(console.drop_file("AAAA", "x.csv", b"a,b\n").status, 403);
    let head = console.get("/person").head;
    for needed in [
        "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
    ] {
        assert!(head.contains(needed), "{head}");
    }
    let refused = run(&[
        "console",
        "run",
        "--node",
        "440000",
        "--credentials",
        &federation.agency(GUANGDONG),
        "--listen",
        "0.0.0.0:0",
    ]);
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("other machines"),
        "{}",
        refused.stderr
    );
    // The clerk goes, and so does the console.
    assert_eq!(console.post("/end", "").status, 200);
    eventually("the console ends", || {
        console.process.try_wait().unwrap().is_some()
    });
}

#[test]
fn a_file_is_dropped_checked_and_sent_and_its_sums_stand_in_the_closing() {
    let federation = town();
    let book = federation.path().join("book.csv");
    let mut console = Console::start(&federation, &["--book", book.to_str().unwrap()]);
    console.enter();
    let good = String::from_utf8(contributions(OTHER, 440_300, 3, "=1+1")).unwrap();
    let mut lines: Vec<&str> = good.lines().collect();
    let wrong = lines[1].replace(OTHER, "440300199003078816");
    lines.push(&wrong);
    let file = lines.join("\n");
    let dropped = console.drop_file(&console.token, "2026-10.csv", file.as_bytes());
    assert_eq!(dropped.status, 303, "{}", dropped.body);
    let page = console.wait_for("/imports", "Row by row");
    assert!(
        page.contains("2026-10.csv") && page.contains("Leave the faulty rows out (1)"),
        "{page}"
    );
    assert!(!page.contains("440300199003078816"));
    let errors = console.get("/imports/errors");
    assert!(errors.head.contains("attachment"));
    let header = errors.body.trim_start_matches('\u{feff}');
    assert!(
        header.starts_with(lines[0]),
        "in the layout of the input: {header}"
    );

    // With a faulty row it is kept out, unless the clerk says so.
    // Not another one than was looked at.
    let other = console.post("/imports/send", "job=import-of-before&skip_faulty=1");
    assert_eq!(other.status, 409);
    assert_eq!(console.send_file("").status, 303);
    console.wait_for("/imports", "role=\"alert\"");
    console.post("/imports/drop", "");
    console.drop_file(&console.token, "2026-10.csv", file.as_bytes());
    console.wait_for("/imports", "Row by row");
    console.send_file("skip_faulty=1");
    let page = console.wait_for("/imports", "Sent.");
    assert!(
        page.contains("3 records") && page.contains("receipts"),
        "{page}"
    );
    let kept = fs::read_dir(federation.path().join("console/receipts")).unwrap();
    assert!(kept.count() >= 2, "a receipt and its row list");
    let closing = console.get("/closing").body;
    assert!(
        closing.contains("imports: 1") && closing.contains("Shenzhen"),
        "{closing}"
    );
    let csv = console.get("/closing/csv").body;
    assert!(csv.contains(",3,"), "{csv}");
    assert!(console.get("/closing/xlsx").bytes.starts_with(b"PK"));

    // The agency's own number stands beside the pseudonym; in files it is text.
    console.state_purpose();
    console.look_up(OTHER);
    let person = console.get("/person/1/1").body;
    assert!(
        person.contains("'=1+1") || person.contains("=1+1"),
        "{person}"
    );
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let federation = town();
    let mut console = Console::start(&federation, &[]);
    console.enter();
    let (host, cookie) = (&console.host, &console.cookie);
    for (path, length) in [
        ("/imports/file", 300 * 1_024 * 1_024),
        ("/person", 300 * 1_024),
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(console.send(request.as_bytes()).status, 413, "{path}");
    }
    // Without a length it is cut off where it is read.
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1_024, "x".repeat(64 * 1_024));
    let mut request = format!(
        "POST /person HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    for _ in 0..8 {
        request.push_str(&chunk);
    }
    request.push_str("0\r\n\r\n");
    assert_eq!(console.send(request.as_bytes()).status, 413);
    for path in [
        "/../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/lists/..%2f",
        "/person/x",
        "/person/0/0",
        "/person/1/x",
    ] {
        let shown = console.get(path);
        assert!(
            matches!(shown.status, 400 | 404),
            "{path}: {}",
            shown.status
        );
    }
}

#[test]
fn lists_come_from_one_review_are_filtered_and_exported_as_text() {
    let federation = town();
    // Two agencies' months that do not agree, under serials that a spreadsheet would run.
    let rows = String::from_utf8(contributions(WORKER, 440_300, 3, "=cmd")).unwrap();
    let rows = rows
        .replace("440300", "440100")
        .replace("4401001990", "4403001990");
    let book = federation.path().join("book.csv");
    let file = federation.file("other.csv", rows.as_bytes());
    let imported = federation.import(
        GUANGDONG,
        &file,
        &["--durable", "local", "--book", book.to_str().unwrap()],
    );
    imported.expect(0);
    let mut console = Console::start(&federation, &["--book", book.to_str().unwrap()]);
    console.enter();
    assert!(console.get("/lists").body.contains("No review yet"));
    assert_eq!(console.get("/lists/gap").status, 303);
    console.post("/lists", "");
    let page = console.wait_for("/lists", "As of ");
    assert!(page.contains("by head"), "{page}");
    let gaps = console.get("/lists/gap");
    assert_eq!(gaps.status, 200);
    assert_eq!(console.get("/lists/none").status, 404);
    let mut seen = String::new();
    for list in ["conflict", "gap", "retirement"] {
        let csv = console.get(&format!("/lists/{list}/csv")).body;
        let xlsx = console.get(&format!("/lists/{list}/xlsx"));
        assert!(xlsx.bytes.starts_with(b"PK") && xlsx.head.contains("attachment"));
        assert!(csv.starts_with('\u{feff}'));
        assert!(!csv.contains(",=") && !csv.contains("\n="), "{csv}");
        seen.push_str(&csv);
    }
    assert!(seen.contains("'=cmd"), "{seen}");
    // Filters are answered, also those of which nothing comes.
    for asked in ["what=unpaid", "sort=money&page=7", "page=0"] {
        let page = console.get(&format!("/lists/gap?{asked}"));
        assert_eq!(page.status, 200, "{asked}");
    }
    // What is looked for stands in no address, whatever it is.
    for sought in ["nobody", "%3Cscript%3E", WORKER] {
        let filtered = console.post("/lists/gap", &format!("sought={sought}&sort=due"));
        let to = filtered.to.unwrap();
        assert!(to.contains("text=") && !to.contains(sought), "{to}");
        let page = console.get(&to);
        assert_eq!(page.status, 200, "{to}");
        assert!(!page.body.contains("<script>"), "{to}");
        assert!(page.body.contains("0 of "), "{}", page.body);
    }
    for (wrong, status) in [(format!("sought={WORKER}"), 400), ("text=999".into(), 410)] {
        for part in ["", "/csv", "/xlsx"] {
            let refused = console.get(&format!("/lists/gap{part}?{wrong}"));
            assert_eq!(refused.status, status, "{part} {wrong}");
        }
    }
    assert_eq!(console.get("/lists/gap?page=x").status, 400);

    // From a row to the account.
    console.state_purpose();
    let listed = ["conflict", "gap"].into_iter().find_map(|list| {
        let page = console.get(&format!("/lists/{list}")).body;
        let account = page.split("name=\"account\" value=\"").nth(1)?;
        Some((list, account.split('"').next()?.to_owned()))
    });
    let (list, account) = listed.unwrap();
    let form = format!("{PURPOSE}&list={list}&asked=%7B%7D&account={account}");
    let opened = console.post("/lists/open", &form);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let file = console.get(&opened.to.unwrap());
    assert!(file.body.contains(&account[..8]), "{}", file.body);
}

#[test]
fn what_others_wrote_is_text_and_never_markup() {
    let federation = town();
    let rows = String::from_utf8(contributions(OTHER, 440_300, 2, "x")).unwrap();
    let rows = rows
        .replace("x-0", "<script>alert(1)</script>")
        .replace("x-1", "<img/src=x>");
    let book = federation.path().join("book.csv");
    let mut console = Console::start(&federation, &["--book", book.to_str().unwrap()]);
    console.enter();
    let dropped = console.drop_file(
        &console.token,
        "<script>alert(2)</script>.csv",
        rows.as_bytes(),
    );
    assert_eq!(dropped.status, 303);
    let page = console.wait_for("/imports", "Send the valid rows: 2");
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script>alert"),
        "{page}"
    );
    console.send_file("");
    console.wait_for("/imports", "Sent.");
    console.state_purpose();
    console.look_up(OTHER);
    for part in ["", "/figures", "/records"] {
        let body = console.get(&format!("/person/1/1{part}")).body;
        assert!(
            !body.contains("<script>alert") && !body.contains("<img/src"),
            "{part}"
        );
        for inline in [" style=", "<style", " onclick=", "javascript:"] {
            assert!(!body.contains(inline), "{part}: {inline}");
        }
    }
}

#[test]
fn refusals_of_the_node_are_shown_in_words() {
    let mut federation = town();
    let path = federation.node_dir(GUANGDONG).join("node.toml");
    let plenty = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        plenty.replace("accounts_a_minute = 1000000", "accounts_a_minute = 20"),
    )
    .unwrap();
    federation.stop(GUANGDONG);
    federation.start_all();
    let mut console = Console::start(&federation, &[]);
    console.enter();
    console.state_purpose();
    // What was read for the imports counts as well; the hundredth does not pass in any case.
    let list = [WORKER, OTHER].repeat(50).join("%0A");
    console.look_up(&list);
    let mut pages = (1..=100).map(|at| console.get(&format!("/person/1/{at}")).body);
    let refused = pages.find(|page| page.contains("role=\"alert\""));
    let refused = refused.unwrap();
    assert!(refused.contains("minute"), "{refused}");
    federation.kill(GUANGDONG);
    let away = console.get("/node").body;
    assert!(away.contains("role=\"alert\""), "{away}");
}

#[test]
fn a_step_of_a_transfer_is_looked_at_before_it_is_taken() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    import(&federation, WORKER, "w", &[]);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let (node, credentials) = (GUIZHOU.to_string(), federation.agency(GUIZHOU));
    let places = [
        "--scheme",
        "hrss:110",
        "--old-place",
        "440300",
        "--new-place",
        "520100",
    ];
    for (step, on) in [
        (&["open"][..], "2026-03-02"),
        (&["answer", "letter"], "2026-03-04"),
    ] {
        let mut arguments = vec!["agency", "transfer"];
        arguments.extend(step);
        arguments.extend([
            "--node",
            &node,
            "--credentials",
            &credentials,
            "--case",
            "ZY-1",
        ]);
        arguments.extend(["--serial", on, "--on", on]);
        arguments.extend(places);
        run_with(&arguments, WORKER).expect(0);
    }
    federation.wait_replicated(GUIZHOU, GUANGDONG);
    let mut console = Console::start(&federation, &[]);
    console.enter();
    let size = federation.size(GUANGDONG, GUANGDONG);
    let step = |kind: &str, deed: &str| {
        let form =
            format!("number={WORKER}&kind={kind}&case=ZY-1&serial=F-1&on=2026-03-06&deed={deed}");
        console.post("/transfer", &form).body
    };
    console.post("/lists", "");
    console.wait_for("/lists", "As of ");
    let list = console.get("/lists/transfer?overdue=1&sort=due").body;
    assert!(list.contains("/transfer?kind=Freeze&amp;case="), "{list}");
    let form = console.get("/transfer?kind=Freeze&case=%22%3E%3Cb%3E").body;
    assert!(
        form.contains("&lt;b&gt;") && form.contains("value=\"Freeze\" selected"),
        "{form}"
    );
    // A step of the other side is refused before it is written.
    let refused = step("Posted", "take");
    assert!(refused.contains("role=\"alert\""), "{refused}");
    let looked = step("Freeze", "look");
    assert!(
        looked.contains("can be taken") && looked.contains("value=\"take\""),
        "{looked}"
    );
    let sizes = federation.size(GUANGDONG, GUANGDONG);
    assert_eq!(sizes, size, "nothing is written by looking");
    let taken = step("Freeze", "take");
    assert!(taken.contains("is in the chain"), "{taken}");
    assert!(!taken.contains("value=\"take\""), "{taken}");
    let again = step("Freeze", "take");
    assert!(again.contains("already"), "{again}");
}

/// Where pictures are kept for people to look at.
fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("console")
}

fn picture(browser: &mut Browser, name: &str) {
    let shot = browser.picture();
    keep(&pictures(), name, &shot);
}

fn goes_to(browser: &mut Browser, path: &str) {
    browser.wait(&format!(
        "location.pathname === '{path}' && document.readyState === 'complete'"
    ));
}

/// Types a list of persons and opens it.
fn look_up(browser: &mut Browser, persons: &str) {
    let typed = json!(persons);
    browser.value(&format!(
        "document.getElementById('persons').value = {typed}; document.querySelector('form.search').requestSubmit()"
    ));
    goes_to(browser, "/person/1/1");
}

#[test]
fn a_clerk_works_in_a_real_browser() {
    let Some(mut browser) = browser() else { return };
    let federation = town();
    import(&federation, OTHER, "o", &[]);
    let console = Console::start(&federation, &[]);
    let site = format!("http://{}", console.host);
    browser.visit(&console.first, DESK, "zh-CN");
    goes_to(&mut browser, "/person");
    browser.value(
        "window.isOld = true; document.querySelector('.purpose input[name=case]').value = 'K-7'; document.querySelector('form.purpose').requestSubmit()",
    );
    browser.wait("!window.isOld && document.readyState === 'complete' && document.getElementById('persons') !== null");
    look_up(&mut browser, &format!("{WORKER}\n{OTHER}"));
    // By keys to the next person and back.
    for (key, to) in [("n", "/person/1/2"), ("p", "/person/1/1")] {
        browser.value(&format!(
            "dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}' }})); document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }}))"
        ));
        goes_to(&mut browser, to);
    }
    // A file is dropped on the field itself.
    browser.value("location.assign('/imports')");
    goes_to(&mut browser, "/imports");
    let file = federation.file("more.csv", &contributions(OTHER, 440_300, 2, "more"));
    let field = json!({ "expression": "document.getElementById('file')" });
    let field = browser.call("Runtime.evaluate", &field);
    let chosen = json!({ "files": [file], "objectId": field["result"]["objectId"] });
    browser.call("DOM.setFileInputFiles", &chosen);
    browser.value("document.querySelector('form.drop').requestSubmit()");
    browser.wait("document.querySelector('form.offer') !== null");
    browser.value("document.querySelector('form.offer').requestSubmit()");
    browser.wait("document.querySelector('.done') !== null");
    // Nothing was asked of anybody else.
    let foreign: Vec<String> = browser
        .asked_for()
        .into_iter()
        .filter(|url| !url.starts_with(&site))
        .collect();
    assert_eq!(foreign, Vec::<String>::new());
}

#[test]
fn pages_fit_their_screens_and_axe_finds_nothing_serious() {
    let Some(mut browser) = browser() else { return };
    let federation = town();
    import(&federation, OTHER, "o", &[]);
    let mut console = Console::start(&federation, &[]);
    let site = format!("http://{}", console.host);
    console.enter();
    let (_, value) = console.cookie.split_once('=').unwrap();
    let cookie = json!({ "name": "__Host-console", "value": value, "url": site, "path": "/", "secure": true, "httpOnly": true, "sameSite": "Strict" });
    browser.call("Network.setCookie", &cookie);
    console.state_purpose();
    console.look_up(&format!("{WORKER}%0A{OTHER}"));
    console.post("/lists", "");
    console.wait_for("/lists", "As of ");
    let good = contributions(OTHER, 440_300, 2, "y");
    console.drop_file(&console.token, "2026-09.csv", &good);
    console.wait_for("/imports", "Send the valid rows");
    console.send_file("");
    console.wait_for("/imports", "Sent.");
    console.post("/imports/drop", "");
    let wrong = contributions(OTHER, 440_300, 2, "z");
    let wrong = String::from_utf8(wrong)
        .unwrap()
        .replace("2015-01,", "2015-13,");
    console.drop_file(&console.token, "2026-10.csv", wrong.as_bytes());
    console.wait_for("/imports", "Row by row");
    // A policy of a page keeps no tool of the browser's out.
    browser.call("Page.setBypassCSP", &json!({ "enabled": true }));
    let axe = axe::script();
    let mut found: Vec<String> = Vec::new();
    for (language, tag) in [("zh", "zh-CN"), ("en", "en")] {
        console.post("/language", &format!("language={language}"));
        for (name, screen) in [("desk", DESK), ("phone", PHONE)] {
            for page in [
                "/person",
                "/person/1/1",
                "/person/1/1/figures",
                "/person/1/1/records",
                "/lists",
                "/lists/gap",
                "/approvals",
                "/disputes",
                "/warnings",
                "/imports",
                "/transfer",
                "/closing",
                "/node",
            ] {
                browser.visit(&format!("{site}{page}"), screen, tag);
                assert_eq!(browser.text("document.documentElement.lang"), tag, "{page}");
                let file = page.trim_start_matches('/').replace('/', "-");
                picture(&mut browser, &format!("{file}-{name}-{language}.png"));
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
}
