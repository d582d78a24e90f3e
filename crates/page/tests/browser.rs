//! The page in a real browser, opened from disk as a person does it.

use crate::support::{evidence, mutated, receipt, roster, signed};
use serde_json::json;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use yizhang_chromium::{Browser, DESK, PHONE, Screen, browser, keep};
use yizhang_ledger::roster::Roster;
use yizhang_page::{Page, page};
use yizhang_show::language::Language;
use yizhang_verifier::{File, Request, check};

fn fingerprint(roster: &Roster) -> String {
    roster.root_fingerprint().to_string()
}

/// A statement that was released.
fn released(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../statement/tests/released");
    fs::read(folder.join(format!("{name}.yizhang"))).unwrap()
}

/// Where pictures are kept for people to look at.
fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("page")
}

/// A browser, and files to show it.
struct Desk {
    browser: Browser,
    folder: TempDir,
}

/// The desk; none where no browser is installed.
fn desk() -> Option<Desk> {
    Some(Desk {
        browser: browser()?,
        folder: TempDir::new().unwrap(),
    })
}

impl Desk {
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// A page that others' files are chosen in.
    fn empty_page(&self) -> PathBuf {
        self.file("verifier.html", page(&Page::default()).as_bytes())
    }

    /// A page that carries a file and the roster, for a reader who trusts its root keys.
    fn page_with(&self, name: &str, content: &[u8]) -> PathBuf {
        let note = signed(&roster());
        let fingerprint = fingerprint(&roster());
        let files = [(name, content), ("roster.note", note.as_slice())];
        let files = files.map(|(name, bytes)| File { name, bytes }).to_vec();
        let content = page(&Page {
            fingerprint: &fingerprint,
            files,
        });
        self.file("page.html", content.as_bytes())
    }

    /// Waits for the verdict, and returns its class.
    fn verdict(&mut self) -> String {
        self.browser
            .wait("document.querySelector('.verdict') !== null");
        self.browser
            .text("document.querySelector('.verdict').className")
    }

    /// What the page says of its state.
    fn state(&mut self) -> String {
        self.browser
            .text("document.getElementById('state').innerText.trim()")
    }

    fn keep_picture(&mut self, name: &str) {
        let picture = self.browser.picture();
        keep(&pictures(), &format!("{name}.png"), &picture);
    }

    fn fits_its_screen(&mut self, screen: Screen) {
        let width = self.browser.value("document.documentElement.scrollWidth");
        assert!(
            width.as_u64().unwrap() <= u64::from(screen.width),
            "{width}"
        );
    }
}

/// Notes every state that the page goes through, and whether anything green was there at the time.
const WATCH: &str = "window.seen = [];
const note = () => seen.push([document.body?.className, document.querySelector('.holds') !== null]);
new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });";

#[test]
fn a_page_says_that_it_checks_and_is_green_only_afterwards() {
    let Some(mut desk) = desk() else { return };
    let page = desk.page_with("a.receipt", &receipt());
    desk.browser.before_each_page(WATCH);
    for (language, screen, says, name) in [
        (
            "zh-CN",
            PHONE,
            "核验通过：回执有效：广东账链已收录 4 条记录",
            "zh-phone",
        ),
        (
            "en-US",
            DESK,
            "Checked and sound: The receipt holds: the chain of Guangdong has taken 4 records",
            "en-desk",
        ),
    ] {
        desk.browser.open(&page, screen, language);
        assert_eq!(desk.verdict(), "verdict holds");
        assert!(desk.state().starts_with(says), "{}", desk.state());
        let seen = desk.browser.value("seen");
        let seen = seen.as_array().unwrap();
        let last_check = seen
            .iter()
            .rposition(|state| state[0] == "checking")
            .unwrap();
        let first_green = seen.iter().position(|state| state[1] == true).unwrap();
        assert!(last_check < first_green, "{seen:?}");
        desk.fits_its_screen(screen);
        desk.keep_picture(&format!("receipt-{name}"));
        let millis = desk.browser.value("Math.round(performance.now())");
        println!(
            "{name}: the verdict stood {millis} ms after the page was asked for, waiting for it included"
        );
        assert_eq!(desk.browser.asked_for(), Vec::<String>::new());
    }
}

#[test]
fn what_the_browser_shows_is_what_the_program_computes() {
    let Some(mut desk) = desk() else { return };
    let empty = desk.empty_page();
    let note = signed(&roster());
    for (name, content) in [
        ("a.receipt", receipt()),
        ("changed.receipt", mutated(&receipt())),
        ("b.evidence", evidence()),
        ("shopping.txt", b"two pounds of apples".to_vec()),
        ("whole.yizhang", released("v1-revealed")),
        ("part.yizhang", released("v1-excerpt")),
    ] {
        let files = [desk.file(name, &content), desk.file("roster.note", &note)];
        desk.browser.open(&empty, DESK, "zh-CN");
        desk.browser.choose(&[&files[0], &files[1]]);
        desk.verdict();
        let day = desk
            .browser
            .text("new Date(Date.now() + 288e5).toISOString().slice(0, 10)");
        let natively = check(&Request {
            language: Language::Zh,
            day: &day,
            files: vec![
                File {
                    name,
                    bytes: &content,
                },
                File {
                    name: "roster.note",
                    bytes: &note,
                },
            ],
            ..Request::default()
        });
        let same = format!(
            "(() => {{ const other = document.createElement('div'); other.innerHTML = {}; return other.innerHTML === document.getElementById('report').innerHTML; }})()",
            json!(natively.html())
        );
        assert_eq!(desk.browser.value(&same), true, "{name}");
    }
}

#[test]
fn a_changed_file_is_red_with_its_reason_first_in_either_language() {
    let Some(mut desk) = desk() else { return };
    let page = desk.page_with("changed.receipt", &mutated(&receipt()));
    desk.browser.open(&page, PHONE, "zh-CN");
    assert_eq!(desk.verdict(), "verdict refused");
    let first = "document.querySelector('.verdict li').innerText";
    assert!(desk.browser.text(first).starts_with("签名不符"));
    desk.keep_picture("changed-zh-phone");
    desk.browser
        .value("document.querySelector('[data-language=en]').click()");
    desk.browser
        .wait("document.getElementById('report').innerText.includes('does not fit')");
    assert_eq!(desk.browser.text("document.documentElement.lang"), "en");
    assert!(
        desk.browser
            .text(first)
            .starts_with("The signature does not fit")
    );
    desk.keep_picture("changed-en-phone");
    assert_eq!(
        desk.browser
            .value("document.querySelector('.holds') === null"),
        true
    );
}

#[test]
fn whoever_has_only_a_keyboard_gets_to_the_verdict() {
    let Some(mut desk) = desk() else { return };
    let empty = desk.empty_page();
    let files = [
        desk.file("a.receipt", &receipt()),
        desk.file("roster.note", &signed(&roster())),
    ];
    desk.browser.open(&empty, DESK, "en-US");
    assert!(desk.state().starts_with("Nothing has been checked yet"));
    desk.keep_picture("empty-en-desk");
    let intercept = json!({ "enabled": true });
    desk.browser
        .call("Page.setInterceptFileChooserDialog", &intercept);
    let focused = "document.activeElement.id || document.activeElement.dataset.language || ''";
    let mut stops = Vec::new();
    for _ in 0..3 {
        desk.browser.press("Tab");
        stops.push(desk.browser.text(focused));
    }
    assert_eq!(stops, ["zh", "en", "files"]);
    desk.browser.press("Enter");
    let opened = desk.browser.event("Page.fileChooserOpened");
    let chosen = json!({ "files": files, "backendNodeId": opened["backendNodeId"] });
    desk.browser.call("DOM.setFileInputFiles", &chosen);
    assert_eq!(desk.verdict(), "verdict unsettled");
    desk.keep_picture("open-en-desk");
    while desk.browser.text(focused) != "fingerprint" {
        desk.browser.press("Tab");
    }
    let typed = json!({ "text": fingerprint(&roster()) });
    desk.browser.call("Input.insertText", &typed);
    desk.browser
        .wait("document.querySelector('.holds') !== null");
    assert!(desk.state().starts_with("Checked and sound"));
    // A file that is taken away takes its verdict along.
    desk.browser
        .value("document.querySelector('#chosen button').click()");
    desk.browser
        .wait("!document.getElementById('report').innerText.includes('a.receipt')");
}

#[test]
fn nothing_gets_out_of_the_page_even_if_something_in_it_tried() {
    let Some(mut desk) = desk() else { return };
    let page = desk.page_with("a.receipt", &receipt());
    desk.browser.open(&page, DESK, "en-US");
    desk.verdict();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let tries = format!(
        "(async () => {{
          const outcomes = [];
          await fetch('http://{address}/').then(() => outcomes.push('fetched'), () => outcomes.push('refused'));
          await new Promise((resolve) => {{
            const image = new Image();
            image.onload = () => resolve(outcomes.push('loaded'));
            image.onerror = () => resolve(outcomes.push('refused'));
            image.src = 'http://{address}/';
          }});
          try {{ new Function('return 1')(); outcomes.push('ran'); }} catch {{ outcomes.push('refused'); }}
          return outcomes.join();
        }})()"
    );
    assert_eq!(desk.browser.text(&tries), "refused,refused,refused");
    assert!(listener.accept().is_err(), "somebody has connected");
}

#[test]
fn without_what_it_needs_it_says_what_to_do_and_shows_no_verdict() {
    let Some(mut desk) = desk() else { return };
    let page = desk.page_with("a.receipt", &receipt());
    desk.browser.call(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": true }),
    );
    desk.browser.open(&page, PHONE, "zh-CN");
    assert!(desk.state().contains("需要运行脚本"), "{}", desk.state());
    desk.keep_picture("no-scripts-zh-phone");
    desk.browser.call(
        "Emulation.setScriptExecutionDisabled",
        &json!({ "value": false }),
    );
    // As in Lockdown Mode.
    desk.browser.before_each_page("delete window.WebAssembly");
    desk.browser.open(&page, PHONE, "en-US");
    assert!(desk.state().contains("another device"), "{}", desk.state());
    assert_eq!(
        desk.browser
            .value("document.querySelector('.verdict') === null"),
        true
    );
    desk.keep_picture("no-wasm-en-phone");
}

#[test]
fn it_prints_on_paper_and_is_readable_in_the_dark_and_in_large_type() {
    let Some(mut desk) = desk() else { return };
    let page = desk.page_with("a.receipt", &receipt());
    desk.browser.open(&page, DESK, "zh-CN");
    desk.verdict();
    let path = keep(&pictures(), "receipt-zh.pdf", &desk.browser.pdf());
    assert!(fs::read(path).unwrap().starts_with(b"%PDF-"));
    let dark =
        json!({ "media": "", "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
    desk.browser.call("Emulation.setEmulatedMedia", &dark);
    desk.keep_picture("receipt-zh-desk-dark");
    desk.browser
        .call("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    let hidden = "getComputedStyle(document.querySelector('.card.screen')).display";
    assert_eq!(desk.browser.text(hidden), "none");
    desk.browser
        .call("Emulation.setEmulatedMedia", &json!({ "media": "" }));
    desk.browser.open(&page, PHONE, "zh-CN");
    desk.verdict();
    desk.browser
        .value("document.documentElement.style.fontSize = '32px'");
    desk.fits_its_screen(PHONE);
    desk.keep_picture("receipt-zh-phone-large");
}
