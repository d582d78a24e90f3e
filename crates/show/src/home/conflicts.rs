//! What does not fit together, in plain words: what it is, what it means for me, what I can do, who decides.

use super::words;
use crate::text::t;
use crate::{named, serde_name};
use maud::{Markup, html};
use std::cmp::Reverse;
use yizhang_entitlement::{
    Account,
    account::{Choice, Concern, Conflict},
    conflict::{Actor, ConflictCode, Severity},
};
use yizhang_ledger::value::{Division, Month};

/// Stretches of months that are named of one matter.
const SPANS_MAX: usize = 4;

/// What a reader has to know of a matter, whichever class it is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Matter {
    /// One month, paid more than once.
    Twice,
    /// A transfer that does not go on or does not add up.
    Transfer,
    /// Whose records they are, or who the person is.
    Person,
    /// Paid back late or against the rules.
    PaidBack,
    /// Paid for months that do not count because of it.
    Wrongly,
    /// A benefit awarded or drawn that may not have been due.
    Drawn,
    /// Paid while away, which counts meanwhile.
    Away,
    /// Paid in part.
    InPart,
    /// Given back in part, for months of which some do not count.
    Stays,
    /// An amount or a base that is not what it should be.
    Amount,
    /// Records of agencies that do not agree.
    Records,
    /// An injury at work that agencies or platforms have twice.
    Injury,
    /// A subsidy awarded twice.
    Subsidy,
    /// The worker's own dispute.
    Disputed,
    /// Stated by somebody without the right to.
    Claim,
}

/// Matters of one class and scheme of which the same is to be said, told once.
struct Row<'a> {
    conflict: &'a Conflict,
    scheme: Option<String>,
    spans: Vec<(Month, Month)>,
    times: usize,
    /// What each place holds, of all of them.
    choices: Vec<Choice>,
    /// What has to go back or stays, of all of them, in fen.
    sum: i64,
}

impl Row<'_> {
    /// Whether somebody has to decide what counts.
    fn is_open(&self) -> bool {
        self.conflict.severity > Severity::Task
    }

    /// Whether nobody has to do anything: what a rule has resolved leaves work to a payer alone, and money that has gone back
    /// leaves none.
    fn is_done(&self) -> bool {
        let acts = self.conflict.code.class().acts;
        self.conflict.severity == Severity::Auto && acts != Actor::Payer && self.sum == 0
    }
}

/// How many matters wait for a decision, as they are told.
pub(super) fn waiting(account: &Account) -> usize {
    rows(account).iter().filter(|row| row.is_open()).count()
}

/// Matters that wait for a decision, one by one; those in which somebody has still to act; and those that a rule has settled.
pub(super) fn section(account: &Account) -> Markup {
    let rows = rows(account);
    if rows.is_empty() {
        return html! {};
    }
    let (open, decided): (Vec<&Row<'_>>, Vec<&Row<'_>>) =
        rows.iter().partition(|row| row.is_open());
    let (settled, left): (Vec<&Row<'_>>, Vec<&Row<'_>>) =
        decided.into_iter().partition(|row| row.is_done());
    html! {
        section id="conflicts" {
            h2 { (t!("home.conflicts.title")) }
            @if open.is_empty() { p { (t!("home.conflicts.none")) } }
            ul.cards { @for row in &open { li.waits.matter { (card(row)) } } }
            @if !left.is_empty() {
                h3 { (t!("home.conflicts.left", count = left.len())) }
                ul { @for row in left { li { (words::prose(&still_to_do(row))) } } }
            }
            @if !settled.is_empty() {
                details {
                    summary { (t!("home.conflicts.settled", count = settled.len())) }
                    ul { @for row in settled { li { (title(row)) } } }
                }
            }
        }
    }
}

fn rows(account: &Account) -> Vec<Row<'_>> {
    let mut all: Vec<(&Conflict, Concern)> = account
        .conflicts
        .iter()
        .map(|conflict| (conflict, account.concern(conflict)))
        .collect();
    all.sort_by_cached_key(|(conflict, concern)| {
        (
            Reverse(conflict.severity),
            conflict.code,
            concern.family.clone(),
            kept(conflict),
            places(conflict),
            concern.spans.clone(),
        )
    });
    let groups = all.chunk_by(|(one, of), (other, to)| {
        one.code == other.code
            && one.severity == other.severity
            && of.family == to.family
            && kept(one) == kept(other)
            && places(one) == places(other)
    });
    groups.filter_map(|group| row(account, group)).collect()
}

/// Where its months are counted meanwhile, and why.
fn kept(conflict: &Conflict) -> Option<(Division, String)> {
    let kept = conflict.provisional.as_ref()?;
    Some((kept.place, serde_name(&kept.reason)))
}

/// The places between which there is a choice.
fn places(conflict: &Conflict) -> Vec<Division> {
    let choices = conflict.choices.iter();
    choices.map(|choice| choice.place).collect()
}

/// What each place holds of some matters that have the same choice, in all.
fn choices(group: &[(&Conflict, Concern)]) -> Vec<Choice> {
    let mut sums: Vec<Choice> = Vec::new();
    for choice in group.iter().flat_map(|(conflict, _)| &conflict.choices) {
        match sums.iter_mut().find(|sum| sum.place == choice.place) {
            Some(sum) => {
                let credited = &mut sum.credited;
                credited.unit = credited.unit.saturating_add(choice.credited.unit);
                credited.person = credited.person.saturating_add(choice.credited.person);
            }
            None => sums.push(*choice),
        }
    }
    sums
}

/// Matters of which the same is to be said.
fn row<'a>(account: &Account, group: &[(&'a Conflict, Concern)]) -> Option<Row<'a>> {
    let (conflict, concern) = group.first()?;
    let family = concern.family.as_ref();
    let family = family.and_then(|name| account.family(name));
    let mut spans: Vec<(Month, Month)> =
        group.iter().flat_map(|(_, of)| of.spans.clone()).collect();
    spans.dedup();
    let returns = group.iter().filter_map(|(one, _)| one.to_return);
    Some(Row {
        conflict,
        scheme: family.map(words::family),
        spans,
        times: group.len(),
        choices: choices(group),
        sum: returns.fold(0, i64::saturating_add),
    })
}

/// What it is, under which scheme, in which months.
fn title(row: &Row<'_>) -> String {
    let what = what(row.conflict.code);
    let shown = row.spans.iter().take(SPANS_MAX);
    let mut parts: Vec<String> = row.scheme.iter().cloned().collect();
    parts.extend(shown.map(|span| words::months(*span)));
    let more = row.spans.len().saturating_sub(SPANS_MAX);
    if more > 0 {
        parts.push(t!("home.conflict.more", count = more).to_string());
    } else if row.times > 1 {
        parts.push(t!("home.conflict.times", count = row.times).to_string());
    }
    if parts.is_empty() {
        return what;
    }
    t!(
        "home.conflict.title",
        what = what,
        of = words::listed(&parts)
    )
    .to_string()
}

/// What a class is about, in plainer words than agencies use where there are some.
pub(super) fn what(code: ConflictCode) -> String {
    let key = format!("home.what.{code:?}");
    let plain = named(&key);
    if plain == key {
        return named(&format!("conflict.{code:?}"));
    }
    plain
}

/// Of what a rule has settled: who has still to act, and what has to go back.
fn still_to_do(row: &Row<'_>) -> String {
    let acts = serde_name(&row.conflict.code.class().acts);
    let who = named(&format!("home.conflict.who.{acts}"));
    let (what, sum) = (title(row), words::money(row.sum));
    if row.sum == 0 {
        t!("home.conflict.left", what = what, who = who).to_string()
    } else {
        t!("home.conflict.left_sum", what = what, who = who, sum = sum).to_string()
    }
}

fn card(row: &Row<'_>) -> Markup {
    let matter = matter(row.conflict.code);
    let (key, acts) = (matter.key(), serde_name(&row.conflict.code.class().acts));
    html! {
        h3 { (title(row)) }
        dl.facts {
            dt { (t!("home.conflict.means")) }
            dd { (words::named_prose(&format!("home.conflict.means.{key}"))) }
            @if let Some(kept) = &row.conflict.provisional {
                dt { (t!("home.conflict.meanwhile")) }
                dd { (t!("home.conflict.kept", place = words::at(kept.place), reason = named(&format!("provisional.{}", serde_name(&kept.reason))))) }
            }
            @if row.sum != 0 {
                dt { (if matter == Matter::Stays { t!("home.conflict.stays") } else { t!("home.conflict.returns") }) }
                dd { (words::money(row.sum)) }
            }
            @for choice in &row.choices {
                dt { (t!("home.conflict.choice", place = words::at(choice.place))) }
                dd { (t!("home.conflict.choice_refund", amount = words::money(choice.credited.unit.saturating_add(choice.credited.person)))) }
            }
            dt { (t!("home.conflict.do")) }
            dd { (words::named_prose(&format!("home.conflict.do.{key}"))) }
            dt { (t!("home.conflict.who")) }
            dd { (words::named_prose(&format!("home.conflict.who.{acts}"))) }
        }
    }
}

impl Matter {
    const fn key(self) -> &'static str {
        match self {
            Self::Twice => "twice",
            Self::Transfer => "transfer",
            Self::Person => "person",
            Self::PaidBack => "paid_back",
            Self::Wrongly => "wrongly",
            Self::Drawn => "drawn",
            Self::Away => "away",
            Self::InPart => "in_part",
            Self::Stays => "stays",
            Self::Amount => "amount",
            Self::Records => "records",
            Self::Injury => "injury",
            Self::Subsidy => "subsidy",
            Self::Disputed => "disputed",
            Self::Claim => "claim",
        }
    }
}

const fn matter(code: ConflictCode) -> Matter {
    use ConflictCode as C;
    match code {
        C::C01 | C::C02 | C::C03 | C::C04 | C::C05 | C::C06 | C::C07 | C::C33 | C::Y04 => {
            Matter::Twice
        }
        C::C10 | C::C11 | C::C12 | C::C13 | C::C14 | C::C15 | C::C34 | C::Y06 | C::Y07 | C::Y14 => {
            Matter::Transfer
        }
        C::C17 | C::C19 | C::C38 | C::Y05 | C::Y08 => Matter::Person,
        C::C20 | C::Y12 => Matter::PaidBack,
        C::C21 | C::C22 => Matter::Wrongly,
        C::C23 | C::C24 | C::Y09 | C::Y11 => Matter::Drawn,
        C::C35 => Matter::Away,
        C::C32 => Matter::InPart,
        C::Y10 => Matter::Stays,
        C::C26 | C::C29 | C::C31 | C::Y13 => Matter::Amount,
        C::C08 | C::C09 | C::C25 | C::C27 | C::C28 | C::C30 | C::Y01 | C::Y02 | C::Y03 => {
            Matter::Records
        }
        C::C36 | C::C42 => Matter::Injury,
        C::C43 => Matter::Subsidy,
        C::C41 => Matter::Disputed,
        C::Y15 => Matter::Claim,
    }
}
