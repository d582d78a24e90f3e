//! What is missing, whether it can still be paid, until when and at what price; and how to find out what is not known.

use super::{
    answers::{Reply, Tone, has_two_persons, main_family, pensions},
    words,
};
use crate::named;
use crate::text::t;
use yizhang_entitlement::{
    Account,
    account::{
        FamilyAccount, Figure, FigureName, FigureValue, Gap, GapCause, Missing, MissingName,
    },
};
use yizhang_ledger::value::{Division, Month};

/// Stretches that are told one by one.
const SHOWN_MAX: usize = 6;

/// What can be done about a stretch of missing months, in the order in which it matters to a reader.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Remedy {
    /// The worker can still pay it.
    Payable,
    /// Whoever owes it has to pay it.
    Owed,
    /// Nobody knows here.
    Unknown,
    /// Money came later, was taken back or was refunded.
    Settled,
    /// The rules do not take it any more.
    TooLate,
}

/// The gaps that a reader is told of, without what may still be on its way.
pub(super) fn gaps(account: &Account, family: &FamilyAccount) -> Vec<Gap> {
    let mut gaps = family.gaps_until(account.as_of);
    gaps.retain(|gap| {
        let is_new = account.is_on_its_way(gap.first);
        !(gap.open && gap.cause == GapCause::Unpaid && is_new)
    });
    gaps
}

/// Months of all of them together.
pub(super) fn months_of(gaps: &[Gap]) -> u32 {
    gaps.iter()
        .map(|gap| gap.months)
        .fold(0, u32::saturating_add)
}

/// What is missing, can I still pay it, until when, at what price?
pub(super) fn reply(account: &Account) -> Reply {
    if account.records.is_empty() {
        let sentence = t!("home.missing.nothing").to_string();
        return Reply::new(Tone::Open, t!("home.unknown").to_string(), sentence);
    }
    if let Some(death) = account.person.death.last() {
        let sentence = t!("home.died", month = words::month(death.month)).to_string();
        return Reply::new(Tone::Open, "–".to_owned(), sentence);
    }
    if has_two_persons(account) {
        let sentence = t!("home.two_persons").to_string();
        return Reply::new(Tone::Look, t!("home.unknown").to_string(), sentence);
    }
    let Some(family) = main_family(account) else {
        let sentence = t!("home.missing.nothing").to_string();
        return Reply::new(Tone::Open, t!("home.unknown").to_string(), sentence);
    };
    let mut pensions = pensions(account).into_iter();
    match pensions.find(|other| other.family != family.family) {
        Some(other) if !is_told(account, family, other) => of_both(account, family, other),
        _ => of_family(account, family),
    }
}

/// Whether what is missing of another pension is missing of the main one too, and cannot be paid there.
fn is_told(account: &Account, main: &FamilyAccount, other: &FamilyAccount) -> bool {
    let (known, others) = (gaps(account, main), gaps(account, other));
    let is_within = |gap: &Gap| {
        let mut known = known.iter();
        known.any(|main| main.first <= gap.first && gap.last <= main.last)
    };
    let is_told = |gap: &Gap| is_within(gap) && remedy(account, other, gap) != Remedy::Payable;
    !others.is_empty() && others.iter().all(is_told)
}

/// Of who has months in both pensions: of each, that first of which something is missing.
fn of_both(account: &Account, main: &FamilyAccount, other: &FamilyAccount) -> Reply {
    let of = |family: &FamilyAccount| {
        let scheme = words::family(family);
        of_family(account, family).of_scheme(&scheme)
    };
    let (main, other) = (of(main), of(other));
    if main.tone == Tone::Good && other.tone != Tone::Good {
        other.and(main)
    } else {
        main.and(other)
    }
}

fn of_family(account: &Account, family: &FamilyAccount) -> Reply {
    let mut found = gaps(account, family);
    if family.months_held() == 0 && found.is_empty() {
        let sentence = t!("home.paid.none_counts", scheme = words::family(family)).to_string();
        return Reply::new(Tone::Open, t!("home.unknown").to_string(), sentence);
    }
    if found.is_empty() {
        let sentence = t!("home.missing.none", scheme = words::family(family)).to_string();
        return Reply::new(Tone::Good, words::count(0), sentence);
    }
    found.sort_by_key(|gap| (remedy(account, family, gap), std::cmp::Reverse(gap.first)));
    of_gaps(account, family, &found)
}

fn of_gaps(account: &Account, family: &FamilyAccount, found: &[Gap]) -> Reply {
    let all = words::count(months_of(found));
    let scheme = words::family(family);
    let first = found.first().map(|gap| sentence(account, family, gap));
    let first = first.unwrap_or_default();
    let text = if found.len() == 1 {
        t!("home.missing.one", scheme = scheme, what = first)
    } else {
        t!(
            "home.missing.several",
            scheme = scheme,
            count = found.len(),
            all = all,
            what = first
        )
    };
    let mut reply = Reply::of_months(Tone::Look, months_of(found), text.to_string());
    let others = found.iter().skip(1).take(SHOWN_MAX);
    reply.more = others.map(|gap| sentence(account, family, gap)).collect();
    let left = found.len().saturating_sub(SHOWN_MAX + 1);
    if left > 0 {
        reply
            .more
            .push(t!("home.missing.left", count = left).to_string());
    }
    for gap in found {
        for line in to_know(account, family, gap) {
            if !reply.more.contains(&line) {
                reply.more.push(line);
            }
        }
    }
    reply
}

fn figure<'a>(
    account: &'a Account,
    name: FigureName,
    family: &FamilyAccount,
    gap: &Gap,
) -> Option<&'a Figure> {
    account.of_gap(name, &family.family, gap.first)
}

fn fen(figure: Option<&Figure>) -> Option<i64> {
    match figure?.value? {
        FigureValue::Fen(fen) => Some(fen),
        _ => None,
    }
}

fn remedy(account: &Account, family: &FamilyAccount, gap: &Gap) -> Remedy {
    match gap.cause {
        GapCause::Arrears | GapCause::NotFull => Remedy::Owed,
        GapCause::Later | GapCause::Reversed | GapCause::Refunded => Remedy::Settled,
        GapCause::Unpaid => {
            let payable = figure(account, FigureName::GapPayable, family, gap);
            match payable.and_then(|figure| figure.value) {
                Some(FigureValue::Months(0)) => Remedy::TooLate,
                Some(_) => Remedy::Payable,
                None => Remedy::Unknown,
            }
        }
    }
}

/// A stretch in one sentence: which months, and what can be done.
fn sentence(account: &Account, family: &FamilyAccount, gap: &Gap) -> String {
    let months = words::months((gap.first, gap.last));
    let count = words::count(gap.months);
    let what = match remedy(account, family, gap) {
        Remedy::Payable => payable(account, family, gap),
        Remedy::Owed => owed(account, family, gap),
        Remedy::Unknown => t!("home.gap.unknown").to_string(),
        Remedy::Settled => named(&format!("home.gap.{}", crate::serde_name(&gap.cause))),
        Remedy::TooLate => match family.place_before(gap.first) {
            Some(place) => t!("home.gap.too_late_at", place = words::at(place)).to_string(),
            None => t!("home.gap.too_late").to_string(),
        },
    };
    t!(
        "home.gap.sentence",
        months = months,
        count = count,
        what = what
    )
    .to_string()
}

fn payable(account: &Account, family: &FamilyAccount, gap: &Gap) -> String {
    let of = |name| figure(account, name, family, gap);
    let months = match of(FigureName::GapPayable).and_then(|figure| figure.value) {
        Some(FigureValue::Months(months)) => months,
        _ => gap.months,
    };
    let until: Option<Month> = match of(FigureName::GapUntil).and_then(|figure| figure.value) {
        Some(FigureValue::Month(until)) => Some(until),
        _ => None,
    };
    let price = match fen(of(FigureName::GapPrice)) {
        Some(price) => t!("home.gap.price", price = words::money(price)).to_string(),
        None => t!("home.gap.price_unknown").to_string(),
    };
    let until = match until {
        Some(until) => t!("home.gap.until", until = words::month(until)).to_string(),
        None => String::new(),
    };
    t!(
        "home.gap.payable",
        count = words::count(months),
        until = until,
        price = price
    )
    .to_string()
}

fn owed(account: &Account, family: &FamilyAccount, gap: &Gap) -> String {
    let of = |name| fen(figure(account, name, family, gap));
    let mut text = match of(FigureName::GapOwed) {
        Some(owed) => t!("home.gap.owed", owed = words::money(owed)).to_string(),
        None => t!("home.gap.owed_unknown").to_string(),
    };
    if let Some(fee) = of(FigureName::GapLateFee).filter(|fee| *fee > 0) {
        text.push_str(&t!("home.gap.late_fee", fee = words::money(fee)));
    }
    text
}

/// What to do about it, and how to know what is not known.
fn to_know(account: &Account, family: &FamilyAccount, gap: &Gap) -> Vec<String> {
    let of = |name| figure(account, name, family, gap);
    let mut lines = Vec::new();
    match remedy(account, family, gap) {
        Remedy::Payable => {
            let place = family.place_before(gap.first);
            lines.extend(
                place.map(|place| t!("home.gap.pay_at", place = words::at(place)).to_string()),
            );
            lines.extend(ways(
                of(FigureName::GapPrice)
                    .into_iter()
                    .flat_map(|figure| &figure.missing),
            ));
        }
        Remedy::Owed => lines.push(t!("home.gap.owed_do").to_string()),
        Remedy::Unknown => {
            let missing = of(FigureName::GapPayable).into_iter();
            lines.extend(ways(missing.flat_map(|figure| &figure.missing)));
            lines.push(t!("home.gap.paid_do").to_string());
        }
        Remedy::Settled | Remedy::TooLate => lines.push(t!("home.gap.paid_do").to_string()),
    }
    lines
}

/// What is missing and how to find it out, each once.
pub(super) fn ways<'m>(missing: impl IntoIterator<Item = &'m Missing>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for one in missing {
        let what = lack(one.what, one.place);
        let way = named(&format!("home.way.{}", way(one.what)));
        let line = t!("home.way", what = what, way = way).to_string();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// A missing fact or rule, and of which place.
pub(super) fn lack(what: MissingName, place: Option<Division>) -> String {
    let what = named(&format!("missing.{}", crate::serde_name(&what)));
    match place {
        Some(place) => t!("home.lack_at", what = what, place = words::at(place)).to_string(),
        None => what,
    }
}

/// How a missing fact becomes known.
const fn way(what: MissingName) -> &'static str {
    match what {
        MissingName::Birth | MissingName::Class | MissingName::Household => "stated",
        MissingName::Relation
        | MissingName::PreviousPlace
        | MissingName::ClaimPlace
        | MissingName::ContestedMonths
        | MissingName::TemporaryAccount
        | MissingName::Base => "decided",
        MissingName::EnoughMonths | MissingName::Months => "paid",
        MissingName::PaidFromAccount => "recorded",
        MissingName::AverageWage
        | MissingName::ReferenceWage
        | MissingName::BaseCeiling
        | MissingName::BaseFloor
        | MissingName::Rate
        | MissingName::InterestRate
        | MissingName::ResidentBasic
        | MissingName::ResidentStart
        | MissingName::Divisor
        | MissingName::MedicalStandard
        | MissingName::UnemploymentFormula
        | MissingName::Backpay
        | MissingName::DueDay
        | MissingName::Rule => "published",
    }
}
