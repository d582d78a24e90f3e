//! What holds of every page: each text is there and escaped, nothing of the trade's codes stands in it, links lead somewhere, and
//! nothing is in it that a strict content policy forbids.

use crate::{
    people::{Check, answer, in_language, of_cases, of_records, rider},
    sample::day,
};
use std::collections::BTreeSet;
use yizhang_entitlement::{Account, Policy, fold};
use yizhang_ledger::value::Month;
use yizhang_rules::Key;
use yizhang_show::{
    account::Answer,
    home::{self, Links, Office, Setting},
    language::Language,
};

/// Most bytes of the rider's first page.
const FIRST_PAGE_BYTES_MAX: usize = 100 * 1024;
/// Most bytes of the style.
const STYLE_BYTES_MAX: usize = 12 * 1024;
/// Hexadecimal digits in a row that are a name and no number.
const HEX_DIGITS: usize = 8;

/// Nouns that stand behind numbers.
const PLURALS: [&str; 7] = [
    "months",
    "years",
    "days",
    "records",
    "regions",
    "stretches",
    "steps",
];

const LANGUAGES: [Language; 2] = [Language::Zh, Language::En];

pub(crate) fn setting() -> Setting {
    Setting {
        links: Links::Under("/me".into()),
        offices: Vec::new(),
        token: Some("token".into()),
    }
}

/// All pages of an answer, each with its name.
fn pages(answer: &Answer) -> Vec<(String, String)> {
    let setting = setting();
    let mut pages = vec![
        (
            "first".to_owned(),
            home::first(answer, &setting).into_string(),
        ),
        (
            "sheet".to_owned(),
            home::sheet(answer, &setting).into_string(),
        ),
        ("terms".to_owned(), home::terms(&setting).into_string()),
        ("file".to_owned(), home::file(answer)),
    ];
    for family in &answer.account.families {
        let address = family.family.replace(':', "-");
        let ends = family
            .months
            .first()
            .into_iter()
            .chain(family.months.last());
        for line in ends {
            if let Some(page) = home::month(answer, &address, line.month, &setting) {
                pages.push((format!("{address} {}", line.month), page.into_string()));
            }
        }
    }
    pages
}

/// What a reader sees: the text between tags.
pub(crate) fn visible(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let is_style = after.starts_with("style>");
        let end = if is_style { "</style>" } else { ">" };
        rest = after.split_once(end).map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    text
}

/// The text of the first page, or of the part of it that has this name, its blanks made one.
pub(crate) fn text(answer: &Answer, language: Language, part: &str) -> String {
    let html = in_language(language, || home::first(answer, &setting()).into_string());
    let begin = html
        .find(&format!(" id=\"{part}\""))
        .unwrap_or_else(|| panic!("no {part}"));
    let rest = &html[html[..begin].rfind('<').unwrap()..];
    let ends = ["</article>", "</section>", "</main>"].into_iter();
    let end = ends.filter_map(|end| rest.find(end)).min().unwrap();
    let words: Vec<String> = visible(&rest[..end])
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    words.join(" ")
}

/// The values of an attribute.
fn values<'h>(html: &'h str, attribute: &str) -> Vec<&'h str> {
    let begin = format!(" {attribute}=\"");
    let parts = html.split(begin.as_str()).skip(1);
    parts
        .filter_map(|part| part.split_once('"'))
        .map(|(value, _)| value)
        .collect()
}

/// What a page should not say.
fn jargon(text: &str) -> Option<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    let rules: BTreeSet<&str> = Key::ALL.iter().map(|key| key.name()).collect();
    for word in text.split(|c: char| !is_word(c)) {
        let word = word.trim_matches(|c| ".:-".contains(c));
        let (letter, digits) = word.split_at(word.len().min(1));
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_class = is_number && digits.len() == 2 && ["C", "Y", "M", "F"].contains(&letter);
        let is_reason = is_number && digits.len() == 1 && letter == "R";
        let is_rule = word.contains('.') && rules.contains(word);
        let is_text_without_words = word.contains('.')
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte));
        let is_scheme = word.contains(':') && !word.starts_with(|c: char| c.is_ascii_digit());
        let is_hex = word.len() >= HEX_DIGITS
            && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic());
        if is_class || is_reason || is_rule || is_text_without_words || is_scheme || is_hex {
            return Some(word.to_owned());
        }
    }
    None
}

/// A plural of one, or a verb that goes with one.
fn plural_of_one(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let bad = words.windows(3).find(|three| {
        let noun = three[1].trim_matches(|c: char| !c.is_alphanumeric());
        let has_verb = ["are", "were", "have", "stand"].contains(&three[2]);
        let is_plural =
            PLURALS.contains(&noun) || three[1] == "working" && three[2].starts_with("days");
        three[0].trim_start_matches('(') == "1" && (is_plural || has_verb)
    });
    bad.map(|three| three.join(" "))
}

/// What is wrong with a page.
fn faults(name: &str, html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let text = visible(html);
    // A page of one month shows the numbers of agencies, which may be anything.
    let is_of_month = !["first", "sheet", "terms", "file"].contains(&name);
    if !is_of_month && let Some(word) = jargon(&text) {
        faults.push(format!("says {word}"));
    }
    if text.contains("%{") || text.contains("[[") || text.contains("]]") {
        faults.push("a text is not whole".into());
    }
    if let Some(words) = plural_of_one(&text) {
        faults.push(format!("says {words}"));
    }
    let lower = html.to_lowercase();
    if lower.contains(" style=") || lower.contains("<script") || lower.contains("javascript:") {
        faults.push("something that a strict policy forbids".into());
    }
    for handler in ["onclick", "onload", "onerror", "onchange"] {
        if lower.contains(&format!(" {handler}=")) {
            faults.push(format!("{handler} is forbidden by a strict policy"));
        }
    }
    let ids = values(html, "id");
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    if known.len() != ids.len() {
        faults.push("an id stands twice".into());
    }
    let anchors = values(html, "href").into_iter();
    let anchors = anchors.filter_map(|link| link.strip_prefix('#'));
    for target in anchors.chain(values(html, "popovertarget")) {
        if !known.contains(target) {
            faults.push(format!("nothing is at {target}"));
        }
    }
    faults
}

#[test]
fn every_page_of_every_case_is_whole_in_both_languages() {
    let mut found = Vec::new();
    let mut count = 0;
    for (title, account) in of_cases() {
        let answer = answer(account, Check::Done);
        for language in LANGUAGES {
            for (name, html) in in_language(language, || pages(&answer)) {
                count += 1;
                for fault in faults(&name, &html) {
                    found.push(format!("{title}, {name}, {language:?}: {fault}"));
                }
            }
        }
    }
    println!("{count} pages");
    let shown: Vec<&String> = found.iter().take(40).collect();
    assert!(found.is_empty(), "{} faults: {shown:#?}", found.len());
}

/// The rider's account, with every text that an agency may write replaced.
fn with_codes(code: &str) -> Account {
    let mut account = rider();
    for line in &mut account.records {
        line.agency = code.into();
        line.system = code.into();
        line.serial = code.into();
        if let Some(contribution) = &mut line.contribution {
            contribution.payer.id = code.into();
        }
    }
    for family in &mut account.families {
        for holder in family.spans.iter_mut().flat_map(|span| &mut span.holders) {
            holder.payer.kind = yizhang_entitlement::account::PayerName::Unit;
            holder.payer.id = code.into();
        }
        family.schemes.push(code.into());
    }
    account
}

#[test]
fn an_imported_code_is_text_and_nothing_else() {
    for code in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "[[<b>|<i>]]",
    ] {
        let answer = answer(with_codes(code), Check::NotDone);
        for language in LANGUAGES {
            for (name, html) in in_language(language, || pages(&answer)) {
                for tag in ["<script", "<img", "<b>al", "<i>]"] {
                    assert!(!html.contains(tag), "{name}: {tag}");
                }
                if name == "first" {
                    assert!(html.contains("&lt;"), "the code is shown");
                }
            }
        }
    }
}

#[test]
fn the_first_page_of_the_rider_is_light_and_answers_with_numbers() {
    assert!(home::STYLE.len() <= STYLE_BYTES_MAX);
    let answer = answer(rider(), Check::Done);
    for (language, expected) in [
        (Language::Zh, ["134 个月", "6 个月", "2053年2月"]),
        (Language::En, ["134 months", "6 months", "Feb 2053"]),
    ] {
        let html = in_language(language, || home::first(&answer, &setting()).into_string());
        println!("{} bytes in {language:?}", html.len());
        assert!(html.len() <= FIRST_PAGE_BYTES_MAX, "{}", html.len());
        let text = visible(&html);
        for words in expected {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

#[test]
fn who_has_no_record_is_told_what_to_do() {
    let account = fold(&[], Policy::embedded(), day("2026-10-31"));
    let answer = answer(account, Check::NotDone);
    let html = in_language(Language::Zh, || {
        home::first(&answer, &setting()).into_string()
    });
    let text = visible(&html);
    assert!(
        text.contains("各地都没有你的社保记录") && text.contains("12333"),
        "{text}"
    );
}

#[test]
fn an_office_that_is_configured_is_shown() {
    let answer = answer(rider(), Check::Done);
    let office = Office {
        region: answer.account.sources[0].region,
        name: "<b>社保中心".into(),
        address: "某路 1 号".into(),
        telephone: "010-0".into(),
    };
    let setting = Setting {
        links: Links::Under("/me".into()),
        offices: vec![office],
        token: None,
    };
    let html = in_language(Language::Zh, || {
        home::first(&answer, &setting).into_string()
    });
    assert!(html.contains("&lt;b&gt;社保中心") && html.contains("某路 1 号"));
}

#[test]
fn one_of_each_is_said_in_the_singular() {
    // One month that counts, one that does not, one record moved, one region, one record of all.
    let month = "{ chain = '110000', months = '2026-05', place = '110000' },\n";
    let answer_of = |records: &str| answer(of_records("2026-06-30", records), Check::Done);
    let one = answer_of(month);
    for (part, expected) in [
        (
            "paid",
            "1 month recorded, without a gap; the last one is May 2026.",
        ),
        (
            "trust",
            "every record of this page (1 in all) stands in a signed ledger",
        ),
    ] {
        let text = text(&one, Language::En, part);
        assert!(text.contains(expected), "{text}");
    }
    let gap = answer_of(&format!(
        "{month}{{ chain = '110000', months = '2026-03', place = '110000' }},\n"
    ));
    let paid = text(&gap, Language::En, "paid");
    assert!(
        paid.contains("the last one is May 2026; not recorded: 1 month."),
        "{paid}"
    );
    let none = answer_of("");
    let html = in_language(Language::En, || {
        home::first(&none, &setting()).into_string()
    });
    assert!(visible(&html).contains("As of 30 Jun 2026; no record was found."));
    for (title, account) in of_cases() {
        let answer = answer(account, Check::Done);
        let html = in_language(Language::En, || {
            home::first(&answer, &setting()).into_string()
        });
        assert_eq!(plural_of_one(&visible(&html)), None, "{title}");
    }
    for wrong in [
        "1 month are on the way",
        "there (1 months) is",
        "of 1 working days late",
    ] {
        assert!(plural_of_one(wrong).is_some(), "{wrong}");
    }
    assert_eq!(plural_of_one("21 months are, 1 month is, 1 in all"), None);
}

#[test]
fn what_a_collective_pays_is_no_employers_money() {
    let of = |scheme: &str| {
        let records = format!(
            "{{ chain = '440000', scheme = '{scheme}', year = 2025, place = '440500', paid = ['20.00', '100.00'], received = '2025-01-05' }},\n"
        );
        let answer = answer(of_records("2025-12-31", &records), Check::Done);
        let family = scheme.replace(':', "-");
        let setting = setting();
        let month = Month::of(2025, 1).unwrap();
        in_language(Language::En, || {
            let sheet = home::sheet(&answer, &setting).into_string();
            let month = home::month(&answer, &family, month, &setting).unwrap();
            [sheet, month.into_string()]
        })
    };
    for (scheme, is_collective) in [("hrss:170", true), ("hrss:110", false)] {
        for html in of(scheme) {
            assert_eq!(
                html.contains("Paid by the collective"),
                is_collective,
                "{html}"
            );
            assert_eq!(html.contains("Paid by employer"), !is_collective, "{html}");
        }
    }
}

#[test]
fn all_months_of_a_record_that_was_not_kept_are_named() {
    let found = of_cases().into_iter().find_map(|(_, account)| {
        let mut cleared = account.families.iter().flat_map(|family| &family.cleared);
        let line = cleared.find(|line| {
            let record = account.record(line.record).unwrap();
            record.contribution.as_ref().unwrap().months == 12
        })?;
        let year = line.first.year();
        Some((account, year))
    });
    let (account, year) = found.expect("a case with a year that was not kept");
    let answer = answer(account, Check::Done);
    let text = text(&answer, Language::En, "refunds");
    assert!(
        text.contains(&format!("Jan {year} – Dec {year}, agreed not to be kept")),
        "{text}"
    );
}
