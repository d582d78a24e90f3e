//! The account as one HTML file that needs nothing else: for reading, keeping and printing on A4.

use super::{
    account, excerpt,
    page::{Block, Part},
    picture::{self, Legend},
};
use crate::account::Answer;
use crate::text::t;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Digits of the digest at the foot of every sheet.
const FOOT_DIGITS: usize = 16;

/// Rows of a table that is not torn in two: what fits a sheet beside others.
const WHOLE_ROWS_MAX: usize = 12;

/// The style of the sheet around an account.
pub(crate) const SHEET_STYLE: &str = "
body { print-color-adjust: exact; -webkit-print-color-adjust: exact; font: 9.5pt/1.35 'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', sans-serif; color: #111; margin: 1.5em auto; max-width: 186mm }
h1 { font-size: 15pt; margin: 0 0 .2em } h2 { font-size: 11pt; margin: .9em 0 .25em; border-bottom: 1px solid #999; break-after: avoid }
@media print { body { margin: 0; max-width: none } }
";

/// The style of the parts of an account, wherever they stand.
pub const STYLE: &str = "
p { margin: .15em 0 } .sub { padding-left: 1.4em } .small { font-size: 8pt; color: #444 }
table { border-collapse: collapse; margin: .25em 0 } td, th { padding: .08em .5em; text-align: left; vertical-align: top; white-space: pre-line; overflow-wrap: break-word }
.whole { break-inside: avoid } .short { white-space: nowrap }
tr { break-inside: avoid } thead { display: table-header-group } th { white-space: normal }
.pairs { columns: 2; column-gap: 6mm } .pairs div { display: flex; gap: .6em; break-inside: avoid; border-top: 1px dotted #ccc; white-space: pre-line; overflow-wrap: anywhere }
.pairs span { flex: 1 1 50% } .pairs span:first-child { color: #444 }
.list { width: 100% } .list td, .list th { border-top: 1px solid #ccc; font-size: 8.5pt }
.pictures { display: flex; gap: 5mm; align-items: flex-start }
.grid td, .grid th { width: 1.6em; min-width: 1.6em; height: 1.25em; padding: 0; text-align: center; font-size: 7.5pt; line-height: 1.2; border: 1px solid #fff; white-space: nowrap }
.grid th { font-weight: normal; color: #555 } .grid th:first-child { width: 3em; min-width: 3em } .grid .narrow { font-size: 6pt }
.gap { background: repeating-linear-gradient(45deg, #fff, #fff 3px, #ddd 3px, #ddd 5px) } .owed { background: #fbd5d0 }
.open { outline: 2px solid #b00; outline-offset: -2px; font-weight: bold } .deemed { border: 1px dashed #333 !important }
.aside { background: #eee; color: #666 }
.key { font-size: 8pt; break-before: avoid } .sign { display: inline-block; min-width: 1.5em; text-align: center; margin: 0 .35em 0 .9em } .sign:first-child { margin-left: 0 }
.p0 { background: hsl(210, 70%, 82%) } .p1 { background: hsl(25, 70%, 82%) } .p2 { background: hsl(140, 70%, 82%) } .p3 { background: hsl(290, 70%, 82%) } .p4 { background: hsl(50, 70%, 82%) } .p5 { background: hsl(180, 70%, 82%) } .p6 { background: hsl(330, 70%, 82%) } .p7 { background: hsl(100, 70%, 82%) }
";

/// The page.
pub fn page(answer: &Answer) -> String {
    let as_of = answer.account.as_of;
    html! {
        (DOCTYPE)
        html lang=(crate::language::html_tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (t!("account.title", as_of = as_of)) }
                style { (PreEscaped(SHEET_STYLE)) (PreEscaped(STYLE)) (PreEscaped(sheet(answer))) }
            }
            body {
                h1 { (t!("account.title", as_of = as_of)) }
                (PreEscaped(parts(answer)))
            }
        }
    }
    .into_string()
}

/// The parts of an account, to stand in a page of somebody else's, under [`STYLE`].
pub fn parts(answer: &Answer) -> String {
    let legend = Legend::of(&answer.account);
    html! {
        @for part in account::parts(answer) { (section(answer, &legend, &part)) }
    }
    .into_string()
}

/// The records of an excerpt, likewise.
pub fn excerpt_parts(answer: &Answer) -> String {
    let legend = Legend::of(&answer.account);
    html! {
        @for part in excerpt::parts(&answer.account) { (section(answer, &legend, &part)) }
    }
    .into_string()
}

/// The parts of an account that stand on a sheet of paper: whoever reads it has heads and digests before them, and of all pictures sees the
/// first, that of the pension; the months of the others stand in their tables.
#[cfg(feature = "paper")]
pub(crate) fn paper_parts(answer: &Answer) -> String {
    let legend = Legend::of(&answer.account);
    let mut parts = account::body(answer);
    let mut has_picture = false;
    for part in &mut parts {
        part.blocks.retain(|block| {
            let is_picture = matches!(block, Block::Picture(_));
            let stays = !is_picture || !has_picture;
            has_picture |= is_picture;
            stays
        });
    }
    html! {
        @for part in parts { (section(answer, &legend, &part)) }
    }
    .into_string()
}

/// What stands at the foot of every sheet: whose page it is, of which day, its digest, and the number of the sheet. Digits,
/// dashes and letters only, so nothing has to be escaped.
pub(crate) fn sheet(answer: &Answer) -> String {
    let whose = answer
        .accounts
        .first()
        .map(|account| account::tag(*account))
        .unwrap_or_default();
    let digest: String = answer
        .digest
        .to_string()
        .chars()
        .take(FOOT_DIGITS)
        .collect();
    let foot = format!("{whose} · {} · {digest}…", answer.account.as_of);
    format!(
        "@page {{ size: A4; margin: 12mm 12mm 15mm; @bottom-left {{ content: '{foot}'; font-size: 7.5pt; color: #555 }} \
         @bottom-right {{ content: counter(page) ' / ' counter(pages); font-size: 7.5pt; color: #555 }} }}"
    )
}

/// A part, as HTML.
pub(crate) fn section(answer: &Answer, legend: &Legend, part: &Part) -> Markup {
    html! {
        @if let Some(title) = &part.title { h2 { (title) } }
        @for block in part.blocks.iter().filter(|block| !block.is_empty()) { (shown(answer, legend, block)) }
    }
}

fn shown(answer: &Answer, legend: &Legend, block: &Block) -> Markup {
    match block {
        Block::Pairs(pairs) => html! {
            div.pairs { @for (name, value) in pairs { div { span { (name) } span { (value) } } } }
        },
        Block::Table(header, rows) => html! {
            table.list.whole[rows.len() <= WHOLE_ROWS_MAX] {
                thead { tr { @for cell in header { th { (cell) } } } }
                @for row in rows { tr { @for cell in row { td.short[is_numbers(cell)] { (cell) } } } }
            }
        },
        Block::Lines(lines) => html! {
            @for line in lines {
                @match line.strip_prefix("  ") { Some(line) => p.sub { (line) }, None => p { (line) } }
            }
        },
        Block::Notes(lines) => html! { @for line in lines { p.small { (line) } } },
        Block::Picture(family) => html! {
            @if let Some(family) = answer.account.family(family) { (picture::picture(&answer.account, family, legend)) }
        },
    }
}

/// Whether a cell is months, days, counts or a stretch of them, which are read whole.
fn is_numbers(cell: &str) -> bool {
    cell.chars()
        .all(|character| character.is_ascii_digit() || "-– ()\n".contains(character))
}
