//! The sheet of paper: the account of a statement as people read it, what names the statement, and a code by which both can be compared.

use super::{
    html, language, place,
    verdict::{answer_of, on_word, without_head},
};
use crate::text::t;
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;
use yizhang_ledger::{hash::Hash, value::Day};
use yizhang_statement::{ChainShown, PaperCode, PersonShown, Verdict};

/// Blank modules around a code, as its standard asks for.
const QUIET_MODULES: usize = 4;
/// Digits of a digest that are read in one go.
const GROUP_DIGITS: usize = 8;

/// What is on a sheet beside an account.
const STYLE: &str = "
@page { size: A4; margin: 11mm 12mm 14mm }
html { -webkit-text-size-adjust: none }
body { font-size: 8.5pt; line-height: 1.28 }
header { display: flex; gap: 6mm; align-items: flex-start; border-bottom: 1px solid #111; padding-bottom: 2mm }
header > div { flex: 1 } header svg { width: 50mm; height: 50mm; flex: none }
.names { display: grid; grid-template-columns: max-content 1fr; column-gap: 4mm; row-gap: .3mm }
.names span:nth-child(odd) { color: #444 } .digits { font-family: 'DejaVu Sans Mono', 'Noto Sans Mono', monospace; font-size: 6.8pt; white-space: nowrap }
.code { font-family: 'DejaVu Sans Mono', 'Noto Sans Mono', monospace; font-size: 6.5pt; overflow-wrap: anywhere; color: #333 }
h2 { margin-top: .6em } .grid td, .grid th { height: 1.05em; font-size: 6.5pt }
";

/// The sheet of a statement that was verified, with an address in its code. None if the code has no room for the address.
pub fn page(shown: &Verdict, address: &str) -> Option<String> {
    let code = PaperCode::of(shown, address).with_address(address);
    let picture = picture(&code)?;
    let answer = answer_of(shown);
    let page = markup! {
        (DOCTYPE)
        html lang=(language::html_tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (t!("account.title", as_of = shown.as_of)) }
                style { (PreEscaped(html::SHEET_STYLE)) (PreEscaped(html::STYLE)) (PreEscaped(html::sheet(&answer))) (PreEscaped(STYLE)) }
            }
            body {
                header {
                    div {
                        h1 { (t!("account.title", as_of = shown.as_of)) }
                        (names(shown))
                        p.small { (t!("paper.compare")) }
                    }
                    (picture)
                }
                h2 { (t!("paper.heads")) }
                (heads(shown))
                (unproved(shown))
                (PreEscaped(html::paper_parts(&answer)))
                h2 { (t!("paper.code")) }
                p.code { (code) }
            }
        }
    };
    Some(page.into_string())
}

/// What the statement and its account are called.
fn names(shown: &Verdict) -> Markup {
    let (region, day) = (place::name(shown.issuer.region()), shown.issued);
    markup! {
        div.names {
            @if let PersonShown::Revealed(number) = &shown.person {
                span { (t!("paper.number")) } span.digits { (number.reveal()) }
            }
            span { (t!("paper.issuer")) } span { (t!("paper.issued", region = region, issuer = shown.issuer, day = day)) }
            span { (t!("paper.statement")) } span.digits { (grouped(shown.digest)) }
            span { (t!("paper.account")) } span.digits { (grouped(shown.account_digest)) }
            span { (t!("paper.records")) } span { (shown.checked.records) }
        }
    }
}

/// The heads that the account rests on.
fn heads(shown: &Verdict) -> Markup {
    let chains = shown.chains.iter().filter_map(|chain| {
        let size = chain.size?;
        Some((chain, size))
    });
    markup! {
        table.list.whole {
            thead { tr { th { (t!("paper.chain")) } th { (t!("paper.size")) } th { (t!("paper.of_worker")) } th { (t!("paper.complete")) } th { (t!("paper.mirrors")) } } }
            @for (chain, size) in chains {
                tr {
                    td { (place::name(chain.chain.region())) } td.short { (size) } td.short { (chain.records) }
                    td.short { (complete(chain)) } td.short { (chain.mirrors.len()) }
                }
            }
        }
    }
}

/// What the sheet does not show, or shows on the issuer's word alone.
fn unproved(shown: &Verdict) -> Markup {
    let without = without_head(shown);
    let lines = without.into_iter().chain(on_word(shown));
    let lines: Vec<String> = lines.map(|line| line.text).collect();
    markup! {
        @if !lines.is_empty() {
            ul.small { @for line in &lines { li { (line) } } }
        }
    }
}

fn complete(chain: &ChainShown) -> String {
    if let Some(through) = chain.through {
        let (day, size) = (Day::of(through.time), through.size);
        t!("paper.through", day = day, size = size).to_string()
    } else {
        t!("paper.not_shown").to_string()
    }
}

/// A digest in groups that an eye can follow.
fn grouped(digest: Hash) -> String {
    let digits: Vec<char> = digest.to_string().chars().collect();
    let groups = digits.chunks(GROUP_DIGITS);
    let groups: Vec<String> = groups.map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// A code as a picture: a white square, and one black rectangle for each run of dark modules in a row. None if the text is too long for any.
pub(crate) fn picture(text: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let modules = code.to_colors();
    let mut dark = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let (left, top) = (x + QUIET_MODULES, y + QUIET_MODULES);
                let length = run.len();
                write!(dark, "M{left} {top}h{length}v1h-{length}z").expect("a text takes all");
            }
            x += run.len();
        }
    }
    let side = width + 2 * QUIET_MODULES;
    Some(markup! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" role="img" aria-label=(t!("paper.code")) {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(dark) fill="#000" {}
        }
    })
}
