//! Workers sign on in the portal by an identity provider that others have written: a real provider, node, portal and browser, each a
//! process of its own, and TLS to the provider.

mod provider;

use crate::{
    portal::{Door, fits, goes_to, picture},
    support::{Federation, contributions, run},
};
use provider::Provider;
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt};
use yizhang_chromium::{Browser, PHONE, browser};

const GUANGDONG: u32 = 440_000;
const WORKER: &str = "440300199003078815";
const OTHER: &str = "440300199003078823";
const SECRET: &str = "of the portal alone";
/// The page that the provider sends browsers back to.
const BACK: &str = "/sign-on/back";

/// A federation of one node that believes the provider, whose keys `portal provider-keys` has fetched, and its portal.
struct Town {
    federation: Federation,
    provider: Provider,
    door: Door,
}

impl Town {
    /// None where the provider cannot be installed.
    fn build() -> Option<Self> {
        let mut provider = Provider::start()?;
        let mut federation = Federation::found(&[GUANGDONG]);
        federation.file("authority.pem", provider.authority.as_bytes());
        let secret = federation.file("client-secret", format!("{SECRET}\n").as_bytes());
        fs::set_permissions(secret, fs::Permissions::from_mode(0o600)).unwrap();
        let told = told(
            &federation,
            &provider,
            "portal",
            "secret = \"client-secret\"",
        );
        let dir = federation.node_dir(GUANGDONG);
        let keys = dir.join("provider.jwks");
        fetch_keys(&told, keys.to_str().unwrap()).expect(0);
        let path = dir.join("node.toml");
        let text = fs::read_to_string(&path).unwrap();
        let table = format!(
            "\n[sign_on]\nissuer = \"{}\"\nclient_id = \"portal\"\nclaim = \"number\"\nkeys = \"provider.jwks\"\nmay_bind = true\n",
            provider.issuer
        );
        fs::write(&path, text + &table).unwrap();
        federation.start_all();
        let rows = contributions(WORKER, 440_300, 30, "w");
        let file = federation.file("w.csv", &rows);
        let imported = federation.import(GUANGDONG, &file, &["--durable", "local"]);
        imported.expect(0);
        let door = Door::open_with(&federation, &["--sign-on", &told]);
        provider.know(&json!([{
            "client_id": "portal", "client_secret": SECRET, "id_token_signed_response_alg": "ES256",
            "redirect_uris": [format!("{}{BACK}", door.site())],
        }]));
        Some(Self {
            federation,
            provider,
            door,
        })
    }

    /// The first page, and from there to the provider.
    fn sets_out(&self, browser: &mut Browser) {
        sets_out(browser, &self.door);
    }

    /// Where the browser was sent by the portal.
    fn way(&self, browser: &mut Browser) -> String {
        let begin = format!("{}/auth?", self.provider.issuer);
        let mut asked = browser.asked_for().into_iter();
        asked.rfind(|url| url.starts_with(&begin)).unwrap()
    }

    /// Where the browser is sent back, which is kept from it.
    fn return_address(browser: &mut Browser, name: &str) -> String {
        let all = json!({ "patterns": [{ "urlPattern": format!("*{BACK}*") }] });
        browser.call("Fetch.enable", &all);
        signs_on(browser, name);
        let paused = browser.event("Fetch.requestPaused");
        let fail = json!({ "requestId": paused["requestId"], "errorReason": "Aborted" });
        browser.call("Fetch.failRequest", &fail);
        browser.call("Fetch.disable", &json!({}));
        paused["request"]["url"].as_str().unwrap().to_owned()
    }
}

/// Opens an address, as another site leads there.
fn is_told(browser: &mut Browser, url: &str, expected: &str) {
    browser.visit(url, PHONE, "en");
    told_page(browser, expected);
}

/// What a portal is told of the provider, as a file.
fn told(federation: &Federation, provider: &Provider, client: &str, more: &str) -> String {
    let text = format!(
        "[sign_on]\nissuer = \"{}\"\nclient_id = \"{client}\"\nclaim = \"number\"\nauthority = \"authority.pem\"\n{more}\n\
         label = {{ zh = \"用测试账号登录\", en = \"Sign in with the account of a test\" }}\n",
        provider.issuer
    );
    federation.file(&format!("sign-on-{client}.toml"), text.as_bytes())
}

fn fetch_keys(told: &str, to: &str) -> crate::support::Ran {
    run(&["portal", "provider-keys", "--sign-on", told, "--to", to])
}

/// A browser that believes every certificate: the provider's is by an authority of this test.
fn trusting() -> Option<Browser> {
    let mut browser = browser()?;
    let all = json!({ "ignore": true });
    browser.call("Security.setIgnoreCertificateErrors", &all);
    Some(browser)
}

fn sets_out(browser: &mut Browser, door: &Door) {
    browser.visit(&door.site(), PHONE, "en");
    browser.value("document.querySelector('a[href=\"/sign-on\"]').click()");
    browser.wait("document.readyState === 'complete' && document.getElementById('login') !== null");
}

/// Signs on at the provider, which takes anybody's word for who it is.
fn signs_on(browser: &mut Browser, name: &str) {
    browser.value(&format!(
        "document.getElementById('login').value = '{name}'; document.querySelector('form').requestSubmit()"
    ));
}

/// What the page says that is shown at the end.
fn told_page(browser: &mut Browser, expected: &str) {
    browser.wait(&format!(
        "location.pathname === '{BACK}' && document.readyState === 'complete'"
    ));
    let alert = browser.text("document.querySelector('[role=alert]')?.textContent ?? 'none'");
    assert!(alert.contains(expected), "{expected}: {alert}");
}

fn is_nobody(browser: &mut Browser, door: &Door) {
    browser.visit(&format!("{}/account", door.site()), PHONE, "en");
    assert_eq!(browser.text("location.pathname"), "/");
}

#[test]
fn whoever_signs_on_with_the_provider_sees_the_own_account() {
    let Some(mut browser) = trusting() else {
        return;
    };
    let Some(town) = Town::build() else { return };
    browser.visit(&town.door.site(), PHONE, "zh-CN");
    picture(&mut browser, "welcome-sign-on-phone-zh.png");
    fits(&mut browser);
    let button = browser.text("document.querySelector('a[href=\"/sign-on\"]').textContent");
    assert_eq!(button, "用测试账号登录");
    town.sets_out(&mut browser);
    signs_on(&mut browser, WORKER);
    goes_to(&mut browser, "/account");
    fits(&mut browser);
    let shown = browser.text("document.body.textContent");
    assert!(shown.contains("30"), "{shown}");
    // The operator has said that a key may be bound.
    assert_eq!(
        browser.value("document.getElementById('passkey-bind') !== null"),
        json!(true)
    );
    browser.value("location.assign('/account/readings')");
    goes_to(&mut browser, "/account/readings");
    let shown = browser.text("document.getElementById('main').textContent");
    assert!(shown.contains("a sign-on"), "{shown}");
    // Somebody else comes after, in the same browser, and is asked for by the provider again.
    browser.value("document.querySelector('.site form').requestSubmit()");
    goes_to(&mut browser, "/");
    town.sets_out(&mut browser);
    signs_on(&mut browser, OTHER);
    goes_to(&mut browser, "/account");
    let shown = browser.text("document.getElementById('main').textContent");
    assert!(!shown.contains("30 months"), "{shown}");
    silent(&town);
}

/// Neither portal nor node has written down who came, or with what.
fn silent(town: &Town) {
    let said = town.door.said() + &town.federation.log(GUANGDONG);
    for secret in [WORKER, OTHER, SECRET, "?code=", "&state=", "eyJ"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}

#[test]
fn a_return_opens_once_what_was_begun_in_the_same_browser() {
    let Some(mut browser) = trusting() else {
        return;
    };
    let Some(town) = Town::build() else { return };
    let (lost, cookie) = ("cannot be completed", "__Host-sign-on");
    // What somebody else has begun, and sends to this browser to have it sign on as him: it has no such journey.
    town.sets_out(&mut browser);
    let theirs = Town::return_address(&mut browser, OTHER);
    let gone = json!({ "name": cookie, "url": town.door.site() });
    browser.call("Network.deleteCookies", &gone);
    is_told(&mut browser, &theirs, lost);
    // Nor does it come to that in a browser with a journey of its own, which goes on all the same.
    town.sets_out(&mut browser);
    let mine = Town::return_address(&mut browser, WORKER);
    is_told(&mut browser, &theirs, lost);
    for other in [
        mine.replace("state=", "state=x"),
        mine.replace("state=", "stale="),
        mine.replace("state=", "state=x&state="),
        format!("{}{BACK}", town.door.site()),
    ] {
        is_told(&mut browser, &other, lost);
    }
    is_nobody(&mut browser, &town.door);
    browser.visit(&mine, PHONE, "en");
    goes_to(&mut browser, "/account");
    // Once.
    is_told(&mut browser, &mine, lost);
    picture(&mut browser, "sign-on-lost-phone-en.png");
    fits(&mut browser);
    browser.call("Network.clearBrowserCookies", &json!({}));
    is_told(&mut browser, &mine, lost);
    // The provider itself takes a code once, and another's code for no journey.
    town.sets_out(&mut browser);
    let next = Town::return_address(&mut browser, WORKER);
    let code = |url: &str| {
        let behind = url.split("code=").nth(1).unwrap();
        behind.split('&').next().unwrap().to_owned()
    };
    let used = next.replace(&code(&next), &code(&mine));
    is_told(&mut browser, &used, "did not let you through");
    town.sets_out(&mut browser);
    let next = Town::return_address(&mut browser, WORKER);
    let foreign = next.replace(&code(&next), &code(&theirs));
    is_told(&mut browser, &foreign, "did not let you through");
    is_nobody(&mut browser, &town.door);
    silent(&town);
}

#[test]
fn who_turns_back_or_is_not_vouched_for_is_told_so_and_opens_nothing() {
    let Some(mut browser) = trusting() else {
        return;
    };
    let Some(mut town) = Town::build() else {
        return;
    };
    town.sets_out(&mut browser);
    browser.value("document.getElementById('abort').click()");
    told_page(&mut browser, "You have turned back");
    picture(&mut browser, "sign-on-cancelled-phone-en.png");
    // Without the claim, or with one that is no number: the same words.
    for name in ["nobody", "12345"] {
        town.sets_out(&mut browser);
        signs_on(&mut browser, name);
        told_page(&mut browser, "No record can be opened with this sign-on");
    }
    // The provider signs over another challenge than the node has given for this journey.
    town.sets_out(&mut browser);
    let way = town.way(&mut browser);
    let nonce = way.split("&nonce=").nth(1).unwrap();
    let nonce = nonce.split('&').next().unwrap();
    let other = "A".repeat(nonce.len());
    browser.visit(&way.replace(nonce, &other), PHONE, "en");
    signs_on(&mut browser, WORKER);
    told_page(&mut browser, "No record can be opened with this sign-on");
    // Another issuer has answered.
    town.sets_out(&mut browser);
    let address = Town::return_address(&mut browser, WORKER);
    let (front, _) = address.split_once("&iss=").unwrap();
    let mixed = format!("{front}&iss=https%3A%2F%2Flogin.evil.example");
    is_told(&mut browser, &mixed, "cannot be completed");
    is_nobody(&mut browser, &town.door);
    // Another client of the provider, without a secret: it signs on, and the node takes no word that was for somebody else.
    let public = told(&town.federation, &town.provider, "public", "");
    let second = Door::open_with(&town.federation, &["--sign-on", &public]);
    town.provider.know(&json!([{
        "client_id": "public", "token_endpoint_auth_method": "none", "id_token_signed_response_alg": "ES256",
        "redirect_uris": [format!("{}{BACK}", second.site())],
    }]));
    sets_out(&mut browser, &second);
    signs_on(&mut browser, WORKER);
    told_page(&mut browser, "No record can be opened with this sign-on");
    is_nobody(&mut browser, &second);
    silent(&town);
}

#[test]
fn the_way_to_the_provider_begins_on_the_portals_own_page() {
    let Some(town) = Town::build() else { return };
    let begun = town.door.get("/sign-on", "");
    assert_eq!(begun.status, 303);
    for attribute in [
        "__host-sign-on=",
        "path=/",
        "httponly",
        "secure",
        "samesite=lax",
    ] {
        assert!(
            begun.head.contains(attribute),
            "{attribute}: {}",
            begun.head
        );
    }
    // The address to come back to is the portal's own, whatever a request says its host is.
    let elsewhere = b"GET /sign-on HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let begun = town.door.send(elsewhere);
    let own = format!(
        "redirect_uri=http%3a%2f%2flocalhost%3a{}%2f",
        town.door.port
    );
    assert!(begun.head.contains(&own), "{}", begun.head);
    assert!(!begun.head.contains("evil.example"), "{}", begun.head);
    for site in ["cross-site", "same-site"] {
        let request = format!(
            "GET /sign-on HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: {site}\r\nConnection: close\r\n\r\n"
        );
        let sent = town.door.send(request.as_bytes());
        assert_eq!(sent.status, 303, "{site}");
        assert!(sent.head.contains("location: /\r\n"), "{}", sent.head);
        assert!(!sent.head.contains("set-cookie"), "{}", sent.head);
    }
    // A portal without a provider has neither button nor pages for it.
    let plain = Door::open(&town.federation);
    assert!(!plain.get("/", "").body.contains("/sign-on"));
    for page in ["/sign-on", BACK] {
        assert_eq!(plain.get(page, "").status, 404, "{page}");
    }
    // Somebody else's certificate is none of the provider's, and a provider that is away is said to be.
    let stranger = town.federation.node_dir(GUANGDONG).join("tls.crt");
    let stranger = fs::read(stranger).unwrap();
    town.federation.file("authority.pem", &stranger);
    let told = told(&town.federation, &town.provider, "portal", "");
    let keys = town.federation.path().join("none.jwks");
    let ran = fetch_keys(&told, keys.to_str().unwrap());
    assert!(ran.code != 0 && !keys.exists(), "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot be reached"), "{}", ran.stderr);
    let third = Door::open_with(&town.federation, &["--sign-on", &told]);
    for _ in 0..2 {
        let away = third.get("/sign-on", "");
        assert_eq!(away.status, 502);
        let said = "sign-in page cannot be reached";
        assert!(away.body.contains(said), "{}", away.body);
    }
}

#[test]
fn a_provider_that_is_none_is_refused_before_it_is_asked() {
    let federation = Federation::found(&[GUANGDONG]);
    let good = "issuer = \"http://localhost:1\"\nclient_id = \"portal\"\nlabel = { zh = \"登录\", en = \"Sign in\" }\n";
    let open = federation.file("open-secret", b"hush\n");
    fs::set_permissions(open, fs::Permissions::from_mode(0o644)).unwrap();
    for (from, to, expected) in [
        ("http://localhost:1", "http://login.gd.example", "issuer"),
        (
            "http://localhost:1",
            "https://login.gd.example/?a",
            "issuer",
        ),
        ("\"portal\"", "\"\"", "client_id"),
        ("client_id", "scope = \"profile\"\nclient_id", "openid"),
        ("client_id", "secret = \"open-secret\"\nclient_id", "0644"),
        ("client_id", "secret = \"none\"\nclient_id", "none"),
        ("client_id", "clientid", "clientid"),
    ] {
        let text = format!("[sign_on]\n{}", good.replacen(from, to, 1));
        let file = federation.file("sign-on.toml", text.as_bytes());
        let to = federation.path().join("none.jwks");
        let ran = fetch_keys(&file, to.to_str().unwrap());
        assert!(ran.code != 0 && !to.exists(), "{text}");
        assert!(ran.stderr.contains(expected), "{text}: {}", ran.stderr);
    }
}
