//! A real browser for tests, driven by its DevTools protocol over two pipes: a message is JSON that ends with a zero byte.
//!
//! Only tests take this crate, and whatever goes wrong in it fails the test with a panic. It is no part of the program.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long anything in the browser is waited for: machines of tests are busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// Names under which the browser is installed.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one page.
pub struct Browser {
    process: Child,
    input: File,
    output: BufReader<File>,
    sent: u64,
    session: Option<String>,
    /// What the browser has told without being asked.
    events: Vec<Value>,
    /// Its profile and pipes.
    _folder: TempDir,
}

/// What a page is seen on.
#[derive(Clone, Copy)]
pub struct Screen {
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// Whether it is touched, and has two pixels of its own to one of CSS.
    pub is_phone: bool,
}

/// A phone.
pub const PHONE: Screen = Screen {
    width: 390,
    height: 844,
    is_phone: true,
};
/// A screen on a desk.
pub const DESK: Screen = Screen {
    width: 1280,
    height: 900,
    is_phone: false,
};

/// A browser; none where none is installed, which is a failure where nothing may be skipped.
pub fn browser() -> Option<Browser> {
    let Some(program) = installed() else {
        let must = std::env::var_os("YIZHANG_NO_SKIPS").is_some_and(|value| value == "1");
        assert!(!must, "no browser is installed");
        println!("skipped: no browser is installed");
        return None;
    };
    Some(Browser::start(program))
}

/// Keeps a picture or a sheet for people to look at, in a folder that is made if it is missing.
pub fn keep(folder: &Path, name: &str, base64: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, Base64::decode_vec(base64).unwrap()).unwrap();
    path
}

/// The browser that is installed; none where there is none.
fn installed() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| {
        let mut version = Command::new(program);
        version.arg("--version").stdout(Stdio::null());
        version.stderr(Stdio::null()).status().is_ok()
    })
}

impl Browser {
    fn start(program: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let [input, output] = ["in", "out"].map(|name| folder.path().join(name));
        let made = Command::new("mkfifo").args([&input, &output]).status();
        assert!(made.unwrap().success());
        let mut shell = Command::new("sh");
        shell.args([
            "-c",
            "input=$1 output=$2; shift 2; exec \"$@\" 3<\"$input\" 4>\"$output\"",
            "sh",
        ]);
        shell.args([&input, &output]).arg(program);
        shell.args([
            "--headless=new",
            "--remote-debugging-pipe",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--hide-scrollbars",
        ]);
        let profile = format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        );
        let process = shell
            .arg(profile)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut browser = Self {
            process,
            input: OpenOptions::new().write(true).open(input).unwrap(),
            output: BufReader::new(File::open(output).unwrap()),
            sent: 0,
            session: None,
            events: Vec::new(),
            _folder: folder,
        };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", &attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "DOM", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// Asks the browser for something, and waits for the answer.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        let answer = self.answer(method, parameters);
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    /// The answer of the browser, be it an error.
    fn answer(&mut self, method: &str, parameters: &Value) -> Value {
        self.sent += 1;
        let id = self.sent;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap();
        loop {
            let answer = self.read();
            if answer["id"] == id {
                return answer;
            }
            self.events.push(answer);
        }
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.output.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let ask = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", &ask);
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {answer}"
        );
        answer["result"]["value"].clone()
    }

    /// The value of an expression that is a text.
    pub fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{expression}: {value}"))
            .to_owned()
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        let start = Instant::now();
        while !self.is_true(expression) {
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {expression}"
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// Whether an expression is true now. Of a page that is just being left nothing is.
    fn is_true(&mut self, expression: &str) -> bool {
        let ask = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.answer("Runtime.evaluate", &ask);
        let fault = answer["error"]["message"].as_str().unwrap_or_default();
        if fault.contains("navigated") {
            return false;
        }
        let result = &answer["result"];
        let is_told = answer["error"].is_null() && result["exceptionDetails"].is_null();
        assert!(is_told, "{expression}: {answer}");
        result["result"]["value"] == json!(true)
    }

    /// Waits for an event of the browser.
    pub fn event(&mut self, method: &str) -> Value {
        let is_it = |event: &Value| event["method"] == method;
        if let Some(at) = self.events.iter().position(is_it) {
            return self.events.remove(at)["params"].clone();
        }
        loop {
            let event = self.read();
            if is_it(&event) {
                return event["params"].clone();
            }
            self.events.push(event);
        }
    }

    /// Opens a file from disk, on a screen, in a language.
    pub fn open(&mut self, path: &Path, screen: Screen, language: &str) {
        self.visit(&format!("file://{}", path.display()), screen, language);
    }

    /// Opens an address, on a screen, in a language.
    pub fn visit(&mut self, url: &str, screen: Screen, language: &str) {
        let Screen {
            width,
            height,
            is_phone,
        } = screen;
        let scale = if is_phone { 2 } else { 1 };
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_phone });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let agent = json!({ "userAgent": "test", "acceptLanguage": language });
        self.call("Emulation.setUserAgentOverride", &agent);
        self.events.clear();
        self.call("Page.navigate", &json!({ "url": url }));
        self.event("Page.loadEventFired");
    }

    /// Something to run in each page before its own script.
    pub fn before_each_page(&mut self, source: &str) {
        self.call(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": source }),
        );
    }

    /// Chooses files, as a person does in the dialog of the system.
    pub fn choose(&mut self, files: &[&Path]) {
        let element = json!({ "expression": "document.getElementById('files')" });
        let element = self.call("Runtime.evaluate", &element);
        let chosen = json!({ "files": files, "objectId": element["result"]["objectId"] });
        self.call("DOM.setFileInputFiles", &chosen);
    }

    /// Presses a key and lets it go.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            other => panic!("no key {other}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// The whole page as a picture, PNG in base64.
    pub fn picture(&mut self) -> String {
        let shot = json!({ "captureBeyondViewport": true });
        let shot = self.call("Page.captureScreenshot", &shot);
        shot["data"].as_str().unwrap().to_owned()
    }

    /// What is on the screen now, PNG in base64.
    pub fn screen(&mut self) -> String {
        let shot = self.call("Page.captureScreenshot", &json!({}));
        shot["data"].as_str().unwrap().to_owned()
    }

    /// The page on paper, PDF in base64.
    pub fn pdf(&mut self) -> String {
        let printed = json!({ "preferCSSPageSize": true, "printBackground": false });
        let printed = self.call("Page.printToPDF", &printed);
        printed["data"].as_str().unwrap().to_owned()
    }

    /// Addresses that the page has asked for beside itself.
    pub fn asked_for(&mut self) -> Vec<String> {
        // Whatever has happened until now has been told before this answer.
        self.value("1");
        let requests = self.events.iter();
        let requests = requests.filter(|event| event["method"] == "Network.requestWillBeSent");
        let urls = requests.filter_map(|event| event["params"]["request"]["url"].as_str());
        urls.filter(|url| !url.starts_with("file://"))
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
