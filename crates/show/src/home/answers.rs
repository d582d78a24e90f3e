//! The three questions that people ask first, each answered in one sentence with a number, and what to do where it is not
//! known.

use super::{conflicts, missing, pension, trust, words};
use crate::account::Answer;
use crate::text::t;
use maud::{Markup, html};
use yizhang_entitlement::{
    Account, Family,
    account::{FamilyAccount, QuestionName},
};
use yizhang_ledger::value::Month;

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

    /// What else it says, each with the scheme that it is of.
    pub(super) fn of_scheme(mut self, scheme: &str) -> Self {
        for line in &mut self.more {
            *line = t!("home.of_scheme", scheme = scheme, what = line.clone()).to_string();
        }
        self
    }

    /// This answer, and behind it what another one says; the number stays.
    pub(super) fn and(mut self, other: Self) -> Self {
        let both = t!("home.both", first = self.sentence, second = other.sentence);
        self.sentence = both.to_string();
        self.more.extend(other.more);
        self.below = self.below.or(other.below);
        self
    }

    /// The same, where something may be missing that the page cannot show: nothing is well then.
    fn doubted(mut self) -> Self {
        if self.tone == Tone::Good {
            self.tone = Tone::Open;
        }
        self
    }
}

/// The three answers.
pub(super) fn section(answer: &Answer) -> Markup {
    let account = &answer.account;
    let is_doubted = !trust::warnings(answer).is_empty();
    let questions = [
        ("paid", t!("home.ask.paid"), paid(answer)),
        ("missing", t!("home.ask.missing"), missing::reply(account)),
        ("get", t!("home.ask.get"), pension::reply(answer)),
    ]
    .map(|(name, question, reply)| {
        let reply = if is_doubted { reply.doubted() } else { reply };
        (name, question, reply)
    });
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
    let mut families = account.families.iter();
    pensions(account)
        .first()
        .copied()
        .or_else(|| families.find(|family| family.months_held() > 0))
        .or_else(|| account.of_family(Family::PENSION))
        .or_else(|| account.families.first())
}

/// The pensions that have months, employees' first.
pub(super) fn pensions(account: &Account) -> Vec<&FamilyAccount> {
    [Family::PENSION, Family::RESIDENT_PENSION]
        .into_iter()
        .filter_map(|family| account.of_family(family))
        .filter(|family| family.months_held() > 0)
        .collect()
}

pub(super) fn has_two_persons(account: &Account) -> bool {
    let mut questions = account.questions.iter();
    questions.any(|question| question.name == QuestionName::TwoPersons)
}

/// Is everything I paid there?
fn paid(answer: &Answer) -> Reply {
    let account = &answer.account;
    let unseen = trust::warnings(answer);
    if account.records.is_empty() {
        let none = if unseen.is_empty() {
            t!("home.paid.nothing")
        } else {
            t!("home.paid.nothing_seen")
        };
        let mut reply = Reply::new(Tone::Open, words::count(0), none.to_string());
        reply.more = unseen;
        reply.more.push(t!("home.paid.nothing_do").to_string());
        return reply;
    }
    if has_two_persons(account) {
        let sentence = t!("home.two_persons").to_string();
        let mut reply = Reply::new(Tone::Look, t!("home.unknown").to_string(), sentence);
        reply.more.push(t!("home.two_persons_do").to_string());
        reply.more.extend(unseen);
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
    let open = conflicts::waiting(account);
    let mut sentence = sentence.to_string();
    if open > 0 {
        sentence.push_str(&t!("home.paid.waiting", count = open));
    }
    if !unseen.is_empty() {
        sentence.push_str(&t!("home.paid.not_all"));
    }
    let has_open = open > 0 || !gaps.is_empty() || !unseen.is_empty();
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
    let mut lines = trust::warnings(answer);
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
    let is_on_its_way = |last: Month| account.is_on_its_way(last.next());
    if family.last.is_some_and(is_on_its_way) {
        lines.push(t!("home.paid.on_the_way").to_string());
    }
    lines.push(trust::completeness(answer));
    lines.push(t!("home.paid.do").to_string());
    lines
}
