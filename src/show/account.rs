//! The account for people: per scheme the months, where and by whom they were paid, gaps, overlaps, conflicts, sources.

use super::{place, table, yuan};
use crate::worker::{Answer, Checked};
use rust_i18n::t;
use std::borrow::Cow;
use yizhang_entitlement::account::{
    Account, Conflict, FamilyAccount, Gap, MonthStatus, Payer, PayerName, PlaceMonths, Span, YearLine,
};
use yizhang_ledger::value::Month;

/// Prints an account and, if the caller checked it, what that established.
pub(crate) fn print(answer: &Answer) {
    let account = &answer.account;
    println!("{}", t!("account.title", as_of = account.as_of));
    if account.records.is_empty() {
        println!("{}", t!("account.nothing"));
    }
    account.families.iter().for_each(family);
    conflicts(account);
    sources(account);
    if account.account_ids > 1 {
        println!("{}", t!("account.linked", count = account.account_ids));
    }
    println!("{}", t!("account.digest", digest = answer.digest));
    if let Some(checked) = &answer.checked {
        println!("{}", checked_line(checked));
    }
}

/// What the caller's own check established, in one line.
pub(crate) fn checked_line(checked: &Checked) -> Cow<'static, str> {
    t!("account.checked", records = checked.records, chains = checked.chains)
}

fn family(family: &FamilyAccount) {
    println!();
    let schemes: Vec<String> = family.schemes.iter().map(|scheme| place::scheme(scheme)).collect();
    println!("{}", t!("account.family", schemes = schemes.join(" + "), months = family.counted_months));
    let mut rows: Vec<(Month, [String; 5])> = family.spans.iter().map(|span| (span.first, span_row(span))).collect();
    rows.extend(family.gaps.iter().map(|gap| (gap.first, gap_row(gap))));
    rows.sort_by_key(|(first, _)| *first);
    if !rows.is_empty() {
        let header =
            [t!("account.from"), t!("account.to"), t!("account.months"), t!("account.where"), t!("account.payer")];
        let mut spans = table(header);
        spans.add_rows(rows.into_iter().map(|(_, row)| row));
        println!("{spans}");
    }
    if family.by_province.len() > 1 {
        let provinces: Vec<String> = family.by_province.iter().map(province).collect();
        println!("{}", t!("account.by_province", list = provinces.join(t!("account.comma").as_ref())));
    }
    if family.credited.total != 0 {
        println!(
            "{}",
            t!("account.credited", credited = yuan(family.credited.total), interest = yuan(family.interest.total))
        );
    }
    family.years.iter().filter(|year| year.employee > 0).for_each(overlap);
    uncounted(family);
    for case in &family.transfers {
        let last = case.steps.last().map(|step| format!("{} {}", step.kind, step.on)).unwrap_or_default();
        println!("{}", t!("account.transfer", steps = case.steps.len(), last = last));
    }
    for benefit in &family.benefits {
        println!("{}", t!("account.benefit", kind = benefit.kind, from = benefit.from, amount = yuan(benefit.amount)));
    }
}

fn span_row(span: &Span) -> [String; 5] {
    let places: Vec<String> = span.holders.iter().map(|holder| place::name(holder.place)).collect();
    let payers: Vec<String> = span.holders.iter().map(|holder| payer(&holder.payer)).collect();
    [span.first.to_string(), span.last.to_string(), span.months.to_string(), places.join(" / "), payers.join(" / ")]
}

fn gap_row(gap: &Gap) -> [String; 5] {
    let key = if gap.open { "account.gap_open" } else { "account.gap" };
    let cause = named(&format!("gap.{}", serde_name(&gap.cause)));
    [gap.first.to_string(), gap.last.to_string(), format!("({})", gap.months), t!(key).to_string(), cause]
}

fn province(place: &PlaceMonths) -> String {
    let name = place::name(place.place);
    if place.contested == 0 {
        t!("account.province", place = name, months = place.months).to_string()
    } else {
        t!("account.province_contested", place = name, months = place.months, contested = place.contested).to_string()
    }
}

fn overlap(year: &YearLine) {
    let refund = year.refund_due.as_ref().map(|refund| yuan(refund.unit + refund.person)).unwrap_or_default();
    println!(
        "{}",
        t!("account.overlap", year = year.first, employee = year.employee, effective = year.effective, refund = refund)
    );
}

/// Months that records touch and that do not count, other than those in gaps and overlaps: nothing is hidden.
fn uncounted(family: &FamilyAccount) {
    let future = family.months.iter().filter(|line| line.status == MonthStatus::Future).count();
    if future > 0 {
        println!("{}", t!("account.future", months = future));
    }
}

fn conflicts(account: &Account) {
    // What a rule resolves is in the figures; what waits for people comes first.
    let open: Vec<&Conflict> = account.conflicts.iter().collect();
    if open.is_empty() {
        return;
    }
    println!();
    println!("{}", t!("account.conflicts"));
    let mut rows = table([
        t!("conflict.class"),
        t!("conflict.severity"),
        t!("conflict.what"),
        t!("conflict.months"),
        t!("conflict.records"),
    ]);
    for conflict in open {
        let months = match (conflict.first, conflict.last) {
            (Some(first), Some(last)) if first == last => first.to_string(),
            (Some(first), Some(last)) => format!("{first} – {last}"),
            _ => String::new(),
        };
        let records: Vec<String> = conflict
            .records
            .iter()
            .filter_map(|number| account.record(*number))
            .map(|record| format!("{}#{}", record.region, record.index))
            .collect();
        let shown = records.iter().take(6).cloned().collect::<Vec<_>>().join(" ");
        let more = if records.len() > 6 { format!(" +{}", records.len() - 6) } else { String::new() };
        let code = format!("{:?}", conflict.code);
        rows.add_row([
            code.clone(),
            named(&format!("severity.{}", serde_name(&conflict.severity).to_lowercase())),
            named(&format!("conflict.{code}")),
            months,
            shown + &more,
        ]);
    }
    println!("{rows}");
}

fn sources(account: &Account) {
    println!();
    for source in &account.sources {
        let latest = source.latest.map(|day| day.to_string()).unwrap_or_default();
        println!(
            "{}",
            t!("account.source", region = place::name(source.region), records = source.records, latest = latest)
        );
    }
}

fn payer(payer: &Payer) -> String {
    let kind = match payer.kind {
        PayerName::Unit => t!("payer.unit"),
        PayerName::Person => t!("payer.person"),
        PayerName::Government => t!("payer.government"),
        PayerName::Platform => t!("payer.platform"),
        PayerName::Fund => t!("payer.fund"),
    };
    if payer.id.is_empty() { kind.to_string() } else { format!("{kind} {}", payer.id) }
}

/// The text under a key that is put together here.
fn named(key: &str) -> String {
    t!(key).to_string()
}

/// The name of a value in the account's JSON.
fn serde_name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_string)).unwrap_or_default()
}
