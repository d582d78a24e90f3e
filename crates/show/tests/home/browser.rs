//! The pages in a real browser: on a phone and on a desk, in both languages, in light and dark, by keyboard.

use crate::{
    axe,
    people::{Check, answer, in_language, of_cases, rider},
};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};
use yizhang_chromium::{Browser, DESK, PHONE, Screen, browser, keep};
use yizhang_entitlement::Account;
use yizhang_show::{home, language::Language};

/// Pages that people look at: who it is, and how the title of the case begins; none for the demonstration's rider.
const PEOPLE: [(&str, Option<&str>); 5] = [
    ("rider", None),
    ("twice", Some("personas.toml: P2, paid twice")),
    ("transfer", Some("personas.toml: P4, a transfer")),
    ("drawing", Some("drawing.toml: ")),
    ("waits", Some("waits.toml: ")),
];

const SCREENS: [(&str, Screen); 2] = [("phone", PHONE), ("desk", DESK)];
const LANGUAGES: [(&str, Language); 2] = [("zh", Language::Zh), ("en", Language::En)];

fn people() -> Vec<(&'static str, Account)> {
    let cases = of_cases();
    let of = |begin: &str| {
        let found = cases.iter().find(|(title, _)| title.starts_with(begin));
        found.unwrap_or_else(|| panic!("no case {begin}")).1.clone()
    };
    let person =
        |(name, begin): (&'static str, Option<&str>)| (name, begin.map_or_else(rider, &of));
    PEOPLE.map(person).to_vec()
}

/// Where pages and pictures are kept for people to look at.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("home")
}

fn write(name: &str, html: &str) -> PathBuf {
    fs::create_dir_all(folder()).unwrap();
    let path = folder().join(format!("{name}.html"));
    fs::write(&path, html).unwrap();
    path
}

fn media(browser: &mut Browser, scheme: &str) {
    let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
    browser.call(
        "Emulation.setEmulatedMedia",
        &json!({ "media": "", "features": features }),
    );
}

fn look(browser: &mut Browser, name: &str) {
    let picture = browser.picture();
    keep(&folder(), &format!("{name}.png"), &picture);
}

fn fits(browser: &mut Browser, name: &str) {
    let wider = browser.value("document.documentElement.scrollWidth - innerWidth");
    assert!(
        wider.as_i64().unwrap() <= 0,
        "{name} is {wider} wider than its screen"
    );
}

#[test]
fn pages_fit_their_screens_and_axe_finds_nothing_serious() {
    let Some(mut browser) = browser() else { return };
    // A policy of a page keeps no tool of the browser's out.
    browser.call("Page.setBypassCSP", &json!({ "enabled": true }));
    let axe = axe::script();
    let mut found = Vec::new();
    for (person, account) in people() {
        let answer = answer(account, Check::Done);
        for (tag, language) in LANGUAGES {
            let html = in_language(language, || home::file(&answer));
            let path = write(&format!("{person}-{tag}"), &html);
            for (screen_name, screen) in SCREENS {
                for scheme in ["light", "dark"] {
                    let name = format!("{person}-{tag}-{screen_name}-{scheme}");
                    media(&mut browser, scheme);
                    browser.open(&path, screen, tag);
                    fits(&mut browser, &name);
                    look(&mut browser, &name);
                    if let Some(axe) = &axe {
                        let findings = axe::findings(&mut browser, axe);
                        found.extend(findings.into_iter().map(|one| format!("{name}: {one}")));
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_month_and_a_term_open_without_a_script_and_a_scheme_is_chosen_by_keyboard() {
    let Some(mut browser) = browser() else { return };
    let answer = answer(rider(), Check::Done);
    let html = in_language(Language::Zh, || home::file(&answer));
    let path = write("rider", &html);
    browser.open(&path, PHONE, "zh");
    let is_open = "document.querySelector('.meaning:popover-open') !== null";
    for button in [".grid button", "button.term"] {
        assert_eq!(browser.value(is_open), json!(false));
        browser.value(&format!("document.querySelector('{button}').focus()"));
        browser.press("Enter");
        browser.wait(is_open);
        fits(&mut browser, button);
        let picture = browser.screen();
        let name = format!("open{}.png", button.replace([' ', '.'], "-"));
        keep(&folder(), &name, &picture);
        browser.value("document.querySelector('.meaning:popover-open').hidePopover()");
    }
    let shown =
        "[...document.querySelectorAll('.panel')].filter((one) => one.offsetHeight > 0).length";
    assert_eq!(browser.value(shown), json!(1));
    browser.value("document.querySelectorAll('.switch > label')[1].click()");
    assert_eq!(browser.value(shown), json!(1));
    let second = "document.querySelectorAll('.panel')[1].offsetHeight > 0";
    assert_eq!(browser.value(second), json!(true));
    assert_eq!(browser.asked_for(), Vec::<String>::new());
}

#[test]
fn the_yearly_table_is_printed_on_paper() {
    let Some(mut browser) = browser() else { return };
    let answer = answer(rider(), Check::Done);
    let html = in_language(Language::Zh, || home::file(&answer));
    let path = write("rider", &html);
    browser.open(&path, DESK, "zh");
    let pdf = browser.pdf();
    let kept = keep(&folder(), "rider.pdf", &pdf);
    assert!(fs::read(kept).unwrap().starts_with(b"%PDF-"));
}
