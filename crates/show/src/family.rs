//! A scheme family for people: what counts and of what sort, where and by whom it was paid, what is missing and what could
//! close it.

use super::{
    count,
    figures::{self, Footnotes},
    kind, named,
    page::{Block, Part},
    place, serde_name, transfer, yuan,
};
use crate::text::t;
use std::collections::BTreeSet;
use yizhang_entitlement::{
    Account, Family,
    account::{
        Amount, BenefitFact, ClearedLine, FamilyAccount, Gap, GapCause, JoinedLine, MonthStatus,
        Payer, PayerName, PlaceMonths, Span, YearLine, runs,
    },
};
use yizhang_ledger::{
    entry::Kind,
    value::{Division, Month},
};

/// The schemes of a family by name.
pub(crate) fn name(family: &FamilyAccount) -> String {
    family
        .schemes
        .iter()
        .map(|scheme| place::scheme(scheme))
        .collect::<Vec<_>>()
        .join(" + ")
}

/// The part of the page that belongs to a family.
pub(crate) fn part(
    account: &Account,
    family: &FamilyAccount,
    notes: &mut Footnotes,
) -> Option<Part> {
    let months = family.months_held();
    let mut rows: Vec<(Month, Vec<String>)> = family
        .spans
        .iter()
        .map(|span| (span.first, span_row(span)))
        .collect();
    rows.extend(
        deemed(family)
            .into_iter()
            .map(|run| (run.0, deemed_row(account, family, run))),
    );
    rows.extend(
        family
            .gaps_until(account.as_of)
            .iter()
            .map(|gap| (gap.first, gap_row(account, family, gap, notes))),
    );
    rows.sort_by_key(|(first, _)| *first);
    let header = [
        t!("account.from"),
        t!("account.to"),
        t!("account.months"),
        t!("account.where"),
        t!("account.payer"),
    ];
    let blocks = vec![
        Block::Lines(sorts(account, family).into_iter().collect()),
        Block::Picture(family.family.clone()),
        Block::Table(
            header.map(|cell| cell.to_string()).to_vec(),
            rows.into_iter().map(|(_, row)| row).collect(),
        ),
        Block::Lines(lines(family)),
    ];
    Part::titled(
        t!(
            "account.family",
            schemes = name(family),
            months = count::months(months)
        ),
        blocks,
    )
}

/// Of what sort the months are: each counts once, some are of several sorts.
fn sorts(account: &Account, family: &FamilyAccount) -> Option<String> {
    // Here and below sums saturate: an account that was not checked here may state anything.
    let sum = |of: fn(&PlaceMonths) -> u32| {
        family
            .by_province
            .iter()
            .map(of)
            .fold(0, u32::saturating_add)
    };
    let contested: u32 = family
        .spans
        .iter()
        .filter(|span| provinces(span).len() > 1)
        .map(|span| span.months)
        .fold(0, u32::saturating_add);
    let disputed = account.disputed_months(&family.family).len();
    let disputed = u32::try_from(disputed).expect("there are 65,536 months that can be expressed");
    let paid = if family.deemed_months > 0 {
        family.counted_months
    } else {
        0
    };
    let sorts = [
        ("account.sort.paid", paid),
        ("account.sort.deemed", family.deemed_months),
        ("account.sort.transferred", sum(|line| line.transferred)),
        ("account.sort.in_transfer", sum(|line| line.in_transfer)),
        ("account.sort.temporary", sum(|line| line.temporary)),
        ("account.sort.contested", contested),
        ("account.sort.disputed", disputed),
    ];
    let words: Vec<String> = sorts
        .into_iter()
        .filter(|(_, months)| *months > 0)
        .map(|(key, months)| t!("account.sort", what = named(key), months = months).to_string())
        .collect();
    (!words.is_empty()).then(|| {
        t!(
            "account.sorts",
            list = words.join(t!("account.comma").as_ref())
        )
        .to_string()
    })
}

/// The provinces of a span.
pub(crate) fn provinces(span: &Span) -> BTreeSet<Division> {
    span.holders
        .iter()
        .map(|holder| holder.place.province())
        .collect()
}

/// What a family comes to beside its months: provinces, money, overlaps, what does not count, transfers, benefits.
fn lines(family: &FamilyAccount) -> Vec<String> {
    let mut lines = Vec::new();
    let has_temporary = family.by_province.iter().any(|line| line.temporary > 0);
    if family.by_province.len() > 1 || has_temporary {
        let provinces: Vec<String> = family.by_province.iter().map(province).collect();
        lines.push(
            t!(
                "account.by_province",
                list = provinces.join(t!("account.comma").as_ref())
            )
            .to_string(),
        );
    }
    lines.extend(personal_account(family));
    lines.extend(
        family
            .years
            .iter()
            .filter(|year| year.employee > 0)
            .flat_map(overlap),
    );
    lines.extend(uncounted(family));
    lines.extend(family.cleared.iter().map(cleared));
    lines.extend(family.joined.iter().flat_map(joined));
    lines.extend(family.transfers.iter().flat_map(transfer::lines));
    lines.extend(benefits(&family.benefits));
    lines
}

fn personal_account(family: &FamilyAccount) -> Option<String> {
    if family.credited.total == 0 {
        return None;
    }
    let credited = yuan(family.credited.total);
    let posted = family
        .interest
        .postings
        .iter()
        .map(|posting| posting.year)
        .max()
        .map(|year| {
            let interest = yuan(family.interest.total);
            t!(
                "account.credited",
                credited = credited,
                interest = interest,
                year = year
            )
            .to_string()
        });
    Some(posted.unwrap_or_else(|| t!("account.credited_only", credited = credited).to_string()))
}

fn span_row(span: &Span) -> Vec<String> {
    let places = span.holders.iter().map(|holder| holder.place);
    let payers = span.holders.iter().map(|holder| payer(&holder.payer));
    vec![
        span.first.to_string(),
        span.last.to_string(),
        span.months.to_string(),
        place::names(places),
        place::distinct(payers),
    ]
}

/// Runs of deemed months.
fn deemed(family: &FamilyAccount) -> Vec<(Month, Month)> {
    let deemed = family
        .months
        .iter()
        .filter(|line| line.status == MonthStatus::Deemed);
    runs(deemed.map(|line| line.month))
}

fn deemed_row(
    account: &Account,
    family: &FamilyAccount,
    (first, last): (Month, Month),
) -> Vec<String> {
    let places: Vec<Division> = family
        .by_place
        .iter()
        .filter(|line| line.deemed > 0 || line.deemed_contested > 0)
        .map(|line| line.place)
        .collect();
    // Where there are several places, the chains that state these.
    let regions = || -> Vec<Division> {
        let line = family.months.iter().find(|line| line.month == first);
        let records = line
            .into_iter()
            .flat_map(|line| &line.by)
            .filter_map(|number| account.record(*number));
        let mut regions: Vec<Division> = records.map(|record| record.region).collect();
        regions.dedup();
        regions
    };
    let stated = if places.len() == 1 { places } else { regions() };
    let months = last.since(first).saturating_add(1).to_string();
    vec![
        first.to_string(),
        last.to_string(),
        months,
        place::names(stated),
        t!("account.deemed").to_string(),
    ]
}

fn gap_row(
    account: &Account,
    family: &FamilyAccount,
    gap: &Gap,
    notes: &mut Footnotes,
) -> Vec<String> {
    let key = if gap.open {
        "account.gap_open"
    } else {
        "account.gap"
    };
    let mut cause = named(&format!("gap.{}", serde_name(&gap.cause)));
    let aside = suspended_for(family, gap).or_else(|| unemployed(account, gap));
    if let Some(aside) = aside.filter(|_| gap.cause == GapCause::Unpaid) {
        cause = t!("account.gap_aside", cause = cause, aside = aside).to_string();
    }
    let no_rule = || match gap.cause {
        GapCause::Arrears | GapCause::NotFull => Some(t!("figures.gap_debt").to_string()),
        GapCause::Unpaid => Some(t!("figures.gap_no_rule").to_string()),
        GapCause::Refunded | GapCause::Later | GapCause::Reversed => None,
    };
    let closing = figures::closing(account, &family.family, gap.first, notes).or_else(no_rule);
    let words: Vec<String> = std::iter::once(cause).chain(closing).collect();
    let months = format!("({})", gap.months);
    vec![
        gap.first.to_string(),
        gap.last.to_string(),
        months,
        t!(key).to_string(),
        words.join(t!("account.colon").as_ref()),
    ]
}

/// Why participation was suspended or ended when a gap began, where an agency has said so.
fn suspended_for(family: &FamilyAccount, gap: &Gap) -> Option<String> {
    let fact = family
        .participation
        .iter()
        .find(|fact| gap.records.contains(&fact.record))?;
    if fact.reason.is_empty() {
        return None;
    }
    let key = format!("suspension.{}", fact.reason);
    let name = named(&key);
    Some(if name == key {
        fact.reason.clone()
    } else {
        name
    })
}

/// That unemployment benefit was drawn in a gap.
fn unemployed(account: &Account, gap: &Gap) -> Option<String> {
    let benefits = &account.of_family(Family::UNEMPLOYMENT)?.benefits;
    let is_drawn = benefits.iter().any(|benefit| {
        let last = benefit.until.unwrap_or(benefit.from);
        benefit.kind == Kind::BENEFIT_PAID && benefit.from <= gap.last && last >= gap.first
    });
    is_drawn.then(|| t!("account.gap_unemployed").to_string())
}

fn province(place: &PlaceMonths) -> String {
    let name = place::name(place.place);
    let mut line = t!("account.province", place = name, months = place.months).to_string();
    if place.contested > 0 {
        line.push_str(&t!(
            "account.province_contested",
            contested = place.contested
        ));
    }
    if place.deemed > 0 {
        line.push_str(&t!("account.province_deemed", months = place.deemed));
    }
    if place.deemed_contested > 0 {
        line.push_str(&t!(
            "account.province_deemed_contested",
            months = place.deemed_contested
        ));
    }
    if place.temporary > 0 {
        line.push_str(&t!("account.province_temporary", months = place.temporary));
    }
    line
}

fn overlap(year: &YearLine) -> Vec<String> {
    let overlap = t!(
        "account.overlap",
        year = year.first,
        employee = count::months(year.employee),
        effective = count::months(year.effective)
    );
    let mut lines = vec![overlap.to_string()];
    if let Some(due) = year
        .refund_due
        .as_ref()
        .map(|due| due.unit.saturating_add(due.person))
        .filter(|due| *due != 0)
    {
        let refunded = year
            .refunded
            .as_ref()
            .map_or(0, |refunded| refunded.unit.saturating_add(refunded.person));
        lines.push(t!("account.refund", due = yuan(due), refunded = yuan(refunded)).to_string());
    }
    lines
}

/// A contribution that was agreed not to be kept.
fn cleared(line: &ClearedLine) -> String {
    let sum = |amount: &Amount| yuan(amount.unit.saturating_add(amount.person));
    let (place, due, refunded) = (place::name(line.place), sum(&line.due), sum(&line.refunded));
    t!(
        "account.cleared",
        month = line.first,
        place = place,
        due = due,
        refunded = refunded
    )
    .to_string()
}

/// A personal account that went to another scheme.
fn joined(line: &JoinedLine) -> Vec<String> {
    let (scheme, amount) = (place::scheme(&line.into), yuan(line.personal_account));
    if !line.has_effect {
        return vec![
            t!(
                "account.joined_void",
                scheme = scheme,
                on = line.on,
                amount = amount
            )
            .to_string(),
        ];
    }
    let mut lines = vec![
        t!(
            "account.joined",
            scheme = scheme,
            on = line.on,
            amount = amount
        )
        .to_string(),
    ];
    if line.personal_account != line.computed {
        lines.push(t!("account.joined_differs", computed = yuan(line.computed)).to_string());
    }
    lines
}

/// Months that records touch and that do not count, other than those in gaps and overlaps: nothing is hidden.
fn uncounted(family: &FamilyAccount) -> Vec<String> {
    let count = |wanted: &[MonthStatus]| {
        family
            .months
            .iter()
            .filter(|line| wanted.contains(&line.status))
            .count()
    };
    let future = count(&[MonthStatus::Future]);
    let ended = count(&[MonthStatus::AfterBenefit, MonthStatus::AfterDeath]);
    let future =
        (future > 0).then(|| t!("account.future", months = count::months(future)).to_string());
    let ended = (ended > 0).then(|| t!("account.ended", months = count::months(ended)).to_string());
    future.into_iter().chain(ended).collect()
}

/// A line for each fact, and one for all payments of an item.
fn benefits(facts: &[BenefitFact]) -> Vec<String> {
    let is_paid = |fact: &&BenefitFact| fact.kind == Kind::BENEFIT_PAID;
    let mut lines: Vec<String> = facts
        .iter()
        .filter(|fact| !is_paid(fact))
        .map(benefit)
        .collect();
    let items: BTreeSet<(&str, &str)> = facts
        .iter()
        .filter(is_paid)
        .map(|fact| (fact.scheme.as_str(), fact.item.as_str()))
        .collect();
    for item in items {
        let mut paid: Vec<&BenefitFact> = facts
            .iter()
            .filter(is_paid)
            .filter(|fact| (fact.scheme.as_str(), fact.item.as_str()) == item)
            .collect();
        paid.sort_by_key(|fact| (fact.from, fact.on));
        let (Some(first), Some(last)) = (paid.first(), paid.last()) else {
            continue;
        };
        let sum = paid
            .iter()
            .fold(0, |sum: i64, fact| sum.saturating_add(fact.amount));
        let until = last.until.unwrap_or(last.from);
        let (sum, newest) = (yuan(sum), yuan(last.amount));
        lines.push(
            t!(
                "account.paid_out",
                first = first.from,
                last = until,
                count = paid.len(),
                sum = sum,
                newest = newest
            )
            .to_string(),
        );
    }
    lines
}

fn benefit(fact: &BenefitFact) -> String {
    let (kind, at) = (kind::name(fact.kind), place::name(fact.place));
    if fact.amount == 0 {
        return t!(
            "account.benefit_fact",
            kind = kind,
            from = fact.from,
            at = at
        )
        .to_string();
    }
    t!(
        "account.benefit",
        kind = kind,
        from = fact.from,
        at = at,
        amount = yuan(fact.amount)
    )
    .to_string()
}

fn payer(payer: &Payer) -> String {
    let kind = match payer.kind {
        PayerName::Unit => t!("payer.unit"),
        PayerName::Person => t!("payer.person"),
        PayerName::Government => t!("payer.government"),
        PayerName::Platform => t!("payer.platform"),
        PayerName::Fund => t!("payer.fund"),
    };
    if payer.id.is_empty() {
        kind.to_string()
    } else {
        format!("{kind} {}", payer.id)
    }
}
