//! The account for people: per scheme the months, where and by whom they were paid, gaps, overlaps, conflicts, sources.

use super::{figures, kind, named, place, print_lines, serde_name, table, transfer, yuan};
use crate::worker::{Answer, Checked, Identity};
use rust_i18n::t;
use std::collections::BTreeSet;
use yizhang_entitlement::{
    account::{
        Account, Amount, ClearedLine, Conflict, FamilyAccount, Gap, JoinedLine, MonthStatus, Payer, PayerName, Person,
        PlaceMonths, SourceLine, Span, YearLine,
    },
    conflict::{ConflictCode, Severity},
};
use yizhang_ledger::value::{Division, Month};

/// Records of a conflict that are shown; the account in JSON has all.
const RECORDS_SHOWN_MAX: usize = 6;

/// Prints an account and, if the caller checked it, what that established.
pub(crate) fn print(answer: &Answer) {
    let account = &answer.account;
    println!("{}", t!("account.title", as_of = account.as_of));
    if account.records.is_empty() {
        println!("{}", t!("account.nothing"));
    }
    print_lines(&person_lines(&account.person), 0);
    account.families.iter().for_each(family);
    figures::print(account);
    conflicts(account);
    sources(account);
    if account.account_ids > 1 {
        println!("{}", t!("account.linked", count = account.account_ids));
    }
    println!();
    println!("{}", t!("account.digest", digest = answer.digest));
    if let Some(checked) = &answer.checked {
        println!("{}", checked_line(checked));
    }
}

/// What the caller's own check established, and what it cannot.
pub(crate) fn checked_line(checked: &Checked) -> String {
    let heads: Vec<String> = checked
        .heads
        .iter()
        .map(|head| t!("account.head", region = place::name(head.origin.region()), size = head.size).to_string())
        .collect();
    let comma = t!("account.comma");
    let mut lines =
        vec![t!("account.checked", records = checked.records, heads = heads.join(comma.as_ref())).to_string()];
    if checked.identity == Identity::Trusted {
        lines.push(t!("account.identity_trusted").to_string());
    }
    lines.push(t!("account.completeness").to_string());
    lines.join("\n")
}

/// The schemes of a family of the account, by name.
pub(crate) fn family_name(account: &Account, name: &str) -> String {
    let schemes = account.family(name).map_or_else(|| vec![name.to_owned()], |family| family.schemes.clone());
    schemes.iter().map(|scheme| place::scheme(scheme)).collect::<Vec<_>>().join(" + ")
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
    print_lines(&family_lines(family), 0);
}

/// What a family comes to beside its months: provinces, money, overlaps, what does not count.
pub(crate) fn family_lines(family: &FamilyAccount) -> Vec<String> {
    let mut lines = Vec::new();
    if family.by_province.len() > 1 {
        let provinces: Vec<String> = family.by_province.iter().map(province).collect();
        lines.push(t!("account.by_province", list = provinces.join(t!("account.comma").as_ref())));
    }
    if family.credited.total != 0 {
        lines.push(t!(
            "account.credited",
            credited = yuan(family.credited.total),
            interest = yuan(family.interest.total)
        ));
    }
    let mut lines: Vec<String> = lines.into_iter().map(String::from).collect();
    lines.extend(family.years.iter().filter(|year| year.employee > 0).flat_map(overlap));
    lines.extend(uncounted(family));
    if family.deemed_months > 0 {
        lines.push(t!("account.deemed", months = family.deemed_months).to_string());
    }
    lines.extend(family.cleared.iter().map(cleared));
    lines.extend(family.joined.iter().flat_map(joined));
    lines.extend(family.transfers.iter().flat_map(transfer::lines));
    lines.extend(family.benefits.iter().map(|benefit| {
        let (kind, amount) = (kind::name(benefit.kind), yuan(benefit.amount));
        t!("account.benefit", kind = kind, from = benefit.from, amount = amount).to_string()
    }));
    lines
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
    let mut line = if place.contested == 0 {
        t!("account.province", place = name, months = place.months).to_string()
    } else {
        t!("account.province_contested", place = name, months = place.months, contested = place.contested).to_string()
    };
    if place.temporary > 0 {
        line.push_str(&t!("account.province_temporary", months = place.temporary));
    }
    line
}

fn overlap(year: &YearLine) -> Vec<String> {
    let overlap = t!("account.overlap", year = year.first, employee = year.employee, effective = year.effective);
    let mut lines = vec![overlap.to_string()];
    if let Some(due) = year.refund_due.as_ref().map(|due| due.unit + due.person).filter(|due| *due != 0) {
        let refunded = year.refunded.as_ref().map_or(0, |refunded| refunded.unit + refunded.person);
        lines.push(t!("account.refund", due = yuan(due), refunded = yuan(refunded)).to_string());
    }
    lines
}

/// A contribution that was agreed not to be kept.
fn cleared(line: &ClearedLine) -> String {
    let sum = |amount: &Amount| yuan(amount.unit.saturating_add(amount.person));
    let (place, due, refunded) = (place::name(line.place), sum(&line.due), sum(&line.refunded));
    t!("account.cleared", month = line.first, place = place, due = due, refunded = refunded).to_string()
}

/// A personal account that went to another scheme.
fn joined(line: &JoinedLine) -> Vec<String> {
    let (scheme, amount) = (place::scheme(&line.into), yuan(line.personal_account));
    if !line.has_effect {
        return vec![t!("account.joined_void", scheme = scheme, on = line.on, amount = amount).to_string()];
    }
    let mut lines = vec![t!("account.joined", scheme = scheme, on = line.on, amount = amount).to_string()];
    if line.personal_account != line.computed {
        lines.push(t!("account.joined_differs", computed = yuan(line.computed)).to_string());
    }
    lines
}

/// What agencies have stated about the worker.
pub(crate) fn person_lines(person: &Person) -> Vec<String> {
    let home = person.home.last().map(|home| t!("account.home", place = place::name(home.place), from = home.from));
    let death = person.death.last().map(|death| t!("account.death", month = death.month));
    [home, death].into_iter().flatten().map(|line| line.to_string()).collect()
}

/// Months that records touch and that do not count, other than those in gaps and overlaps: nothing is hidden.
fn uncounted(family: &FamilyAccount) -> Vec<String> {
    let count = |wanted: &[MonthStatus]| family.months.iter().filter(|line| wanted.contains(&line.status)).count();
    let future = count(&[MonthStatus::Future]);
    let ended = count(&[MonthStatus::AfterBenefit, MonthStatus::AfterDeath]);
    let future = (future > 0).then(|| t!("account.future", months = future).to_string());
    let ended = (ended > 0).then(|| t!("account.ended", months = ended).to_string());
    future.into_iter().chain(ended).collect()
}

fn conflicts(account: &Account) {
    // What a rule resolves is in the figures; what waits for people comes first.
    let mut all: Vec<&Conflict> = account.conflicts.iter().collect();
    if all.is_empty() {
        return;
    }
    all.sort_by_key(|conflict| std::cmp::Reverse(conflict.severity));
    let resolved = all.iter().filter(|conflict| conflict.severity == Severity::Auto).count();
    println!();
    println!("{}", t!("account.conflicts", open = all.len() - resolved, resolved = resolved));
    let mut rows = table([
        t!("conflict.what"),
        t!("conflict.months"),
        t!("conflict.severity"),
        t!("conflict.acts"),
        t!("conflict.records"),
        t!("conflict.class"),
    ]);
    for conflict in &all {
        let months = months_of(conflict);
        let code = format!("{:?}", conflict.code);
        rows.add_row([
            named(&format!("conflict.{code}")),
            months,
            named(&format!("severity.{}", serde_name(&conflict.severity).to_lowercase())),
            named(&format!("actor.{}", serde_name(&conflict.code.class().acts))),
            records(account, conflict),
            code,
        ]);
    }
    println!("{rows}");
    let open: BTreeSet<ConflictCode> =
        all.iter().filter(|conflict| conflict.severity != Severity::Auto).map(|conflict| conflict.code).collect();
    for code in open {
        println!("{code:?}: {}", named(&format!("resolve.{code:?}")));
    }
    for conflict in all {
        print_lines(&choice_lines(conflict), 0);
    }
}

/// The months that a conflict is about.
pub(crate) fn months_of(conflict: &Conflict) -> String {
    match (conflict.first, conflict.last) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => format!("{first} – {last}"),
        _ => String::new(),
    }
}

/// What is taken meanwhile, and what each choice would mean.
pub(crate) fn choice_lines(conflict: &Conflict) -> Vec<String> {
    let months = conflict.first.map(|first| first.to_string()).unwrap_or_default();
    let mut lines = Vec::new();
    if let Some(kept) = &conflict.provisional {
        let reason = named(&format!("provisional.{}", serde_name(&kept.reason)));
        let (class, place) = (format!("{:?}", conflict.code), place::name(kept.place));
        lines.push(
            t!("account.provisional", class = class, months = months, place = place, reason = reason).to_string(),
        );
    }
    for choice in &conflict.choices {
        let credited = yuan(choice.credited.unit.saturating_add(choice.credited.person));
        lines.push(t!("account.choice", place = place::name(choice.place), credited = credited).to_string());
    }
    lines
}

/// The first records of a conflict, by chain and position: `Guangdong #12 #13, Beijing #10`.
fn records(account: &Account, conflict: &Conflict) -> String {
    let mut chains: Vec<(Division, Vec<String>)> = Vec::new();
    for record in conflict.records.iter().take(RECORDS_SHOWN_MAX).filter_map(|number| account.record(*number)) {
        let position = format!("#{}", record.index);
        match chains.last_mut().filter(|(region, _)| *region == record.region) {
            Some((_, positions)) => positions.push(position),
            None => chains.push((record.region, vec![position])),
        }
    }
    let shown: Vec<String> =
        chains.iter().map(|(region, positions)| format!("{} {}", place::name(*region), positions.join(" "))).collect();
    let more = conflict.records.len().saturating_sub(RECORDS_SHOWN_MAX);
    shown.join(t!("account.comma").as_ref()) + &if more > 0 { format!(" +{more}") } else { String::new() }
}

fn sources(account: &Account) {
    if account.sources.is_empty() {
        return;
    }
    println!();
    println!("{}", t!("account.sources"));
    print_lines(&source_lines(account), 0);
}

/// Where the records came from, and how new they are.
pub(crate) fn source_lines(account: &Account) -> Vec<String> {
    let line = |source: &SourceLine| {
        let region = place::name(source.region);
        match source.latest {
            Some(day) => t!("account.source", region = region, records = source.records, latest = day).to_string(),
            None => t!("account.source_undated", region = region, records = source.records).to_string(),
        }
    };
    account.sources.iter().map(line).collect()
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
