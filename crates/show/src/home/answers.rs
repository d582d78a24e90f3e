//! The three questions that people ask first, each answered in one sentence with a number, and what to do where it is not
//! known.

use super::{missing, pension, words};
use crate::account::Answer;
use maud::{Markup, html};
use rust_i18n::t;
use yizhang_entitlement::{
    Account, Family,
    account::{FamilyAccount, QuestionName},
    conflict::Severity,
};
use yizhang_ledger::value::Month;

/// Months of which money may still be on its way: nobody misses them yet.
const ON_THE_WAY_MONTHS: i32 = 2;

/// How an answer looks: never by its colour alone, its sign says the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing to do.
    Good,
    /// Somebody should look.
    Look,
    /// Not known.
    Open,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Look => "look",
            Self::Open => "unknown",
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Look => "!",
            Self::Open => "?",
        }
    }
}

/// An answer.
pub(super) struct Reply {
    pub(super) tone: Tone,
    /// The number, with its unit.
    pub(super) number: String,
    /// The same in other words, smaller.
    pub(super) or: Option<String>,
    /// The sentence.
    pub(super) sentence: String,
    /// What else there is to say, and what to do, each a sentence or two.
    pub(super) more: Vec<String>,
    /// What stands below, beside sentences.
    pub(super) below: Option<Markup>,
}

impl Reply {
    pub(super) fn new(tone: Tone, number: String, sentence: String) -> Self {
        Self {
            tone,
            number,
            or: None,
            sentence,
            more: Vec::new(),
            below: None,
        }
    }

    /// An answer whose number is one of months.
    pub(super) fn of_months(tone: Tone, months: u32, sentence: String) -> Self {
        let mut reply = Self::new(tone, words::count(months), sentence);
        reply.or = words::in_years(months);
        reply
    }
}

/// The three answers.
pub(super) fn section(answer: &Answer) -> Markup {
    let account = &answer.account;
    let questions = [
        ("paid", t!("home.ask.paid"), paid(answer)),
        ("missing", t!("home.ask.missing"), missing::reply(account)),
        ("get", t!("home.ask.get"), pension::reply(answer)),
    ];
    html! {
        section.answers aria-label=(t!("home.answers")) {
            @for (name, question, reply) in questions {
                article.answer.(reply.tone.class()) id=(name) {
                    h2 { (question) }
                    p.number { span.tone aria-hidden="true" { (reply.tone.sign()) } " " (reply.number) @if let Some(or) = &reply.or { " " small { (or) } } }
                    p.sentence { (words::prose(&reply.sentence)) }
                    @if let Some(below) = &reply.below { (below) }
                    @if !reply.more.is_empty() {
                        details {
                            summary { (t!("home.more")) }
                            ul { @for line in &reply.more { li { (words::prose(line)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// The family that the first answers are about: the pension that has months, else whatever has.
pub(super) fn main_family(account: &Account) -> Option<&FamilyAccount> {
    let has_months = |family: &&FamilyAccount| family.months_held() > 0;
    let of = |family: Family<'_>| account.of_family(family).filter(has_months);
    of(Family::PENSION)
        .or_else(|| of(Family::RESIDENT_PENSION))
        .or_else(|| account.families.iter().find(has_months))
        .or_else(|| account.of_family(Family::PENSION))
        .or_else(|| account.families.first())
}

/// Whether months are left out of the last ones that count for so short a time that they may be on their way.
pub(super) fn is_on_the_way(account: &Account, last: Month) -> bool {
    let now = account.as_of.in_month();
    now.is_some_and(|now| now.since(last) <= ON_THE_WAY_MONTHS)
}

pub(super) fn has_two_persons(account: &Account) -> bool {
    let mut questions = account.questions.iter();
    questions.any(|question| question.name == QuestionName::TwoPersons)
}

/// Conflicts that wait for somebody's decision.
pub(super) fn waiting(account: &Account) -> usize {
    let conflicts = account.conflicts.iter();
    let waiting = conflicts.filter(|conflict| conflict.severity > Severity::Task);
    waiting.count()
}

/// Is everything I paid there?
fn paid(answer: &Answer) -> Reply {
    let account = &answer.account;
    if account.records.is_empty() {
        let none = t!("home.paid.nothing").to_string();
        let mut reply = Reply::new(Tone::Open, words::count(0), none);
        reply.more.push(t!("home.paid.nothing_do").to_string());
        reply.more.extend(left_out(answer));
        return reply;
    }
    if has_two_persons(account) {
        let sentence = t!("home.two_persons").to_string();
        let mut reply = Reply::new(Tone::Look, t!("home.unknown").to_string(), sentence);
        reply.more.push(t!("home.two_persons_do").to_string());
        return reply;
    }
    let Some(family) = main_family(account) else {
        let none = t!("home.paid.no_month").to_string();
        return Reply::new(Tone::Open, words::count(0), none);
    };
    let months = family.months_held();
    let gaps = missing::gaps(account, family);
    let scheme = words::family(family);
    let sentence = match (family.last, gaps.is_empty()) {
        (None, _) => t!("home.paid.none_counts", scheme = scheme),
        (Some(last), true) => t!(
            "home.paid.all",
            scheme = scheme,
            count = words::count(months),
            last = words::month(last)
        ),
        (Some(last), false) => t!(
            "home.paid.with_gaps",
            scheme = scheme,
            count = words::count(months),
            last = words::month(last),
            gaps = words::count(missing::months_of(&gaps))
        ),
    };
    let open = waiting(account);
    let mut sentence = sentence.to_string();
    if open > 0 {
        sentence.push_str(&t!("home.paid.waiting", count = open));
    }
    let has_open = open > 0 || !gaps.is_empty() || !left_out(answer).is_empty();
    let tone = if has_open || months == 0 {
        Tone::Look
    } else {
        Tone::Good
    };
    let mut reply = Reply::of_months(tone, months, sentence);
    reply.more = what_is_known(answer, family);
    reply
}

/// Up to where it is known that nothing was left out, and how to find out the rest.
fn what_is_known(answer: &Answer, family: &FamilyAccount) -> Vec<String> {
    let account = &answer.account;
    let mut lines = left_out(answer);
    let others: Vec<String> = account
        .families
        .iter()
        .filter(|other| other.family != family.family && other.months_held() > 0)
        .map(|other| {
            let (scheme, count) = (words::family(other), words::count(other.months_held()));
            t!("home.scheme_count", scheme = scheme, count = count).to_string()
        })
        .collect();
    if !others.is_empty() {
        lines.push(t!("home.paid.others", list = words::listed(&others)).to_string());
    }
    if family.last.is_some_and(|last| is_on_the_way(account, last)) {
        lines.push(t!("home.paid.on_the_way").to_string());
    }
    lines.push(super::trust::completeness(answer));
    lines.push(t!("home.paid.do").to_string());
    lines
}

/// What the page cannot show although there may be something.
fn left_out(answer: &Answer) -> Vec<String> {
    let mut lines = Vec::new();
    if !answer.strangers.is_empty() {
        lines.push(t!("home.paid.strangers").to_string());
    }
    let regions = super::trust::doubtful(answer);
    if !regions.is_empty() {
        lines.push(t!("home.paid.doubt", regions = words::listed(&regions)).to_string());
    }
    let late = super::trust::behind(answer);
    if !late.is_empty() {
        lines.push(t!("home.paid.behind", regions = words::listed(&late)).to_string());
    }
    lines
}
