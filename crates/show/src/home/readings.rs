//! Who has read the record: a page for the worker, and the same as lines. What is not known stands before what is.

use super::{Setting, words};
use crate::text::t;
use crate::{
    copies, place,
    readings::{NodeReadings, Reading, Readings, Root, Told, Unknown},
};
use maud::{Markup, html};
use yizhang_ledger::value::{Day, Division};

/// Digits of a certificate that are shown: enough to tell clerks apart, and to name one.
const CERTIFICATE_DIGITS: usize = 16;
/// The business of a check before records are sent, which looks up one record after another.
const IMPORT: &str = "import";

/// A reading, and the node in whose log it stands.
struct Logged<'r> {
    reading: &'r Reading,
    region: Division,
}

/// Readings that belong together: by one certificate, at one node, on one day, of one kind, for one case, or for the check of a file.
struct Visit<'r> {
    newest: Logged<'r>,
    oldest: &'r Reading,
    times: usize,
    is_of_one_case: bool,
}

/// The page.
pub fn page(readings: &Readings, setting: &Setting) -> Markup {
    let (own, others): (Vec<_>, Vec<_>) = logged(readings)
        .into_iter()
        .partition(|one| one.reading.is_own());
    let (headline, own_count) = (headline(readings, others.len()), own.len());
    let alerts = alerts(readings);
    html! {
        main id="main" {
            p.screen { a href=(setting.links.first()) { (t!("home.back")) } }
            h1 { (t!("readings.title")) }
            p { (t!("readings.lead")) }
            @if !alerts.is_empty() {
                section.answer.look aria-labelledby="incomplete" {
                    h2 id="incomplete" { (t!("readings.incomplete")) }
                    ul { @for alert in &alerts { li { (alert) } } }
                }
            }
            p.sentence { strong { (headline) } }
            ul.cards { @for visit in &visits(others) { (card(visit)) } }
            details {
                summary { (t!("readings.own")) " (" (own_count) ")" }
                p { (t!("readings.own_text")) }
                ul.cards { @for visit in &visits(own) { (card(visit)) } }
                @for line in own_left(readings) { p.small { (line) } }
            }
            h2 { (t!("readings.nodes")) }
            ul { @for line in until(readings) { li { (line) } } }
            p.small { (t!("readings.honest")) }
        }
    }
}

/// The same as lines of text.
pub fn lines(readings: &Readings) -> Vec<String> {
    let (own, others): (Vec<_>, Vec<_>) = logged(readings)
        .into_iter()
        .partition(|one| one.reading.is_own());
    let mut lines = vec![t!("readings.title").to_string()];
    lines.extend(alerts(readings));
    lines.push(headline(readings, others.len()));
    lines.extend(visits(others).iter().map(line));
    if !own.is_empty() {
        lines.push(format!("{} ({})", t!("readings.own"), own.len()));
        lines.extend(visits(own).iter().map(line));
        lines.extend(own_left(readings));
    }
    lines.push(t!("readings.nodes").to_string());
    lines.extend(until(readings));
    lines
}

/// Readings one after the other that belong together, as one.
fn visits(readings: Vec<Logged<'_>>) -> Vec<Visit<'_>> {
    let mut visits: Vec<Visit<'_>> = Vec::new();
    for next in readings {
        let reading = next.reading;
        match visits.last_mut() {
            Some(visit) if visit.newest.is_with(&next) => {
                visit.is_of_one_case &= visit.newest.reading.case_number == reading.case_number;
                visit.oldest = reading;
                visit.times += 1;
            }
            _ => visits.push(Visit {
                newest: next,
                oldest: reading,
                times: 1,
                is_of_one_case: true,
            }),
        }
    }
    visits
}

impl Logged<'_> {
    /// Whether another reading belongs to this one.
    fn is_with(&self, other: &Self) -> bool {
        let (one, next) = (self.reading, other.reading);
        self.region == other.region
            && Day::of(one.at) == Day::of(next.at)
            && (one.root == next.root && one.is_answered() == next.is_answered())
            && (&one.holder, &one.certificate) == (&next.holder, &next.certificate)
            && (&one.method, &one.business) == (&next.method, &next.business)
            && (one.case_number == next.case_number || one.business == IMPORT)
    }
}

/// All readings, newest first.
fn logged(readings: &Readings) -> Vec<Logged<'_>> {
    let mut all = Vec::new();
    for (node, told) in told(readings) {
        let region = node.region;
        let of_node = told.readings.iter();
        all.extend(of_node.map(|reading| Logged { reading, region }));
    }
    // Of one moment each node's stay in their order.
    all.sort_by_key(|one| std::cmp::Reverse(one.reading.at));
    all
}

fn told(readings: &Readings) -> impl Iterator<Item = (&NodeReadings, &Told)> {
    let nodes = readings.nodes.iter();
    nodes.filter_map(|node| Some((node, node.told.as_ref().ok()?)))
}

/// How often others have read, listed or not.
fn headline(readings: &Readings, others: usize) -> String {
    let left: u64 = told(readings)
        .map(|(_, told)| told.others_left)
        .fold(0, u64::saturating_add);
    let listed = u64::try_from(others).unwrap_or(u64::MAX);
    match left.saturating_add(listed) {
        0 => t!("readings.none").to_string(),
        1 => t!("readings.count_one").to_string(),
        count => t!("readings.count", count = count).to_string(),
    }
}

/// What keeps the list from being whole, and what is wrong with it.
fn alerts(readings: &Readings) -> Vec<String> {
    let mut alerts = Vec::new();
    for node in &readings.nodes {
        let region = words::at(node.region);
        match &node.told {
            Err(unknown) => alerts.push(unknown_text(*unknown, &region)),
            Ok(told) => alerts.extend(alerts_of(told, &region)),
        }
    }
    alerts
}

fn unknown_text(unknown: Unknown, region: &str) -> String {
    match unknown {
        Unknown::Away => t!("readings.unknown.away", region = region),
        Unknown::Refused => t!("readings.unknown.refused", region = region),
        Unknown::NoKey => t!("readings.unknown.no_key", region = region),
        Unknown::Wrong => t!("readings.unknown.wrong", region = region),
    }
    .to_string()
}

fn alerts_of(told: &Told, region: &str) -> Vec<String> {
    let mut alerts = Vec::new();
    if !told.unread.is_empty() {
        let days: Vec<String> = told.unread.iter().map(Day::to_string).collect();
        let days = days.join(&t!("home.and"));
        alerts.push(t!("readings.unread", region = region, days = days).to_string());
    }
    if told.others_left > 0 {
        let count = told.others_left;
        alerts.push(t!("readings.others_left", region = region, count = count).to_string());
    }
    let mut doubtful: Vec<Day> = Vec::new();
    for reading in told.readings.iter().filter(|one| one.root == Root::Other) {
        let day = Day::of(reading.at);
        if !doubtful.contains(&day) {
            doubtful.push(day);
        }
    }
    let text = |day| t!("readings.other_root_alert", region = region, day = day).to_string();
    alerts.extend(doubtful.into_iter().map(text));
    alerts
}

fn own_left(readings: &Readings) -> Vec<String> {
    let text = |node: &NodeReadings, count: u64| {
        t!(
            "readings.own_left",
            region = words::at(node.region),
            count = count
        )
        .to_string()
    };
    told(readings)
        .filter(|(_, told)| told.own_left > 0)
        .map(|(node, told)| text(node, told.own_left))
        .collect()
}

/// Until when each node that has told knows, and since when.
fn until(readings: &Readings) -> Vec<String> {
    let text = |node: &NodeReadings, told: &Told| {
        let (region, time) = (words::at(node.region), copies::moment(told.at));
        let text = if let Some(first) = told.first {
            t!(
                "readings.until",
                region = region,
                time = time,
                first = first
            )
        } else {
            t!("readings.until_empty", region = region, time = time)
        };
        text.to_string()
    };
    told(readings)
        .map(|(node, told)| text(node, told))
        .collect()
}

fn card(visit: &Visit<'_>) -> Markup {
    let reading = visit.newest.reading;
    html! {
        li {
            p { strong { (who(reading)) } }
            dl.facts {
                dt { (t!("readings.when")) } dd { (when(visit)) }
                dt { (t!("readings.what")) } dd { (what(reading)) }
                @if reading.is_own() {
                    dt { (t!("readings.with")) } dd { (opened_with(reading)) }
                } @else {
                    dt { (t!("readings.why")) } dd { (business(reading)) }
                    @if !reading.case_number.is_empty() {
                        dt { (t!("readings.case")) } dd { (case(visit)) }
                    }
                    dt { (t!("readings.certificate")) }
                    dd { (t!("readings.certificate_help", digits = short(reading))) }
                }
                dt { (t!("readings.at")) } dd { (words::at(visit.newest.region)) }
                dt { (t!("readings.proof")) } dd { (root(reading.root)) }
            }
        }
    }
}

fn line(visit: &Visit<'_>) -> String {
    let reading = visit.newest.reading;
    let mut words = vec![when(visit), who(reading), what(reading)];
    if reading.is_own() {
        words.push(opened_with(reading));
    } else {
        words.push(business(reading));
        words.push(case(visit));
    }
    words.push(format!("{} {}", t!("readings.certificate"), short(reading)));
    let region = self::words::at(visit.newest.region);
    words.push(format!("{} {region}", t!("readings.at")));
    words.push(root(reading.root));
    words.retain(|word| !word.is_empty());
    words.join("; ")
}

fn when(visit: &Visit<'_>) -> String {
    let newest = copies::moment(visit.newest.reading.at);
    if visit.times == 1 {
        return newest;
    }
    let first = copies::moment(visit.oldest.at);
    t!(
        "readings.times",
        count = visit.times,
        first = first,
        last = newest
    )
    .to_string()
}

fn case(visit: &Visit<'_>) -> String {
    let number = &visit.newest.reading.case_number;
    if visit.is_of_one_case {
        number.clone()
    } else {
        t!("readings.cases", number = number).to_string()
    }
}

/// What the worker has opened the account with, as the log has it: `code`, `sign-on`, or `key 440000 0`.
fn opened_with(reading: &Reading) -> String {
    let mut words = reading.case_number.split(' ');
    let key = (
        words.next(),
        words.next().and_then(Division::parse),
        words.next(),
    );
    match key {
        (Some("code"), None, None) => t!("readings.with_code").to_string(),
        (Some("sign-on"), None, None) => t!("readings.with_sign_on").to_string(),
        (Some("key"), Some(region), Some(number)) => t!(
            "readings.with_key",
            region = place::name(region),
            number = number
        )
        .to_string(),
        _ => reading.case_number.clone(),
    }
}

fn who(reading: &Reading) -> String {
    let role = reading.holder.split('.').next().unwrap_or_default();
    match (role, reading.region()) {
        ("agency", Some(region)) => t!("readings.by", region = place::name(region)),
        ("node", Some(region)) => t!("readings.by_node", region = place::name(region)),
        ("portal", Some(region)) => t!("readings.by_portal", region = place::name(region)),
        _ => t!("readings.by_other", holder = reading.holder),
    }
    .to_string()
}

fn what(reading: &Reading) -> String {
    let did = match reading.method.as_str() {
        "Account.Lookup" => t!("readings.did.lookup"),
        "Account.Statement" => t!("readings.did.statement"),
        "Holders.IssueCode" => t!("readings.did.code"),
        "Holders.ApproveCode" => t!("readings.did.approve"),
        "Holders.Enter" => t!("readings.did.enter"),
        "Holders.Open" => t!("readings.did.open"),
        "Holders.Bind" => t!("readings.did.bind"),
        "Holders.EndKey" => t!("readings.did.end_key"),
        "Holders.Readings" | "AccessLog.OfWorker" | "AccessLog.Entries" => {
            t!("readings.did.readings")
        }
        method => t!("readings.did.other", method = method),
    };
    let linked = match reading.answer.as_str() {
        "linked" => t!("readings.linked"),
        _ => "".into(),
    };
    let refused = if reading.is_answered() {
        "".into()
    } else {
        t!("readings.refused", code = reading.answer)
    };
    format!("{did}{linked}{refused}")
}

fn business(reading: &Reading) -> String {
    match reading.business.as_str() {
        "inquiry" => t!("readings.business.inquiry"),
        "transfer" => t!("readings.business.transfer"),
        "benefit" => t!("readings.business.benefit"),
        "correction" => t!("readings.business.correction"),
        "import" => t!("readings.business.import"),
        "review" => t!("readings.business.review"),
        "audit" => t!("readings.business.audit"),
        "complaint" => t!("readings.business.complaint"),
        "" => t!("readings.business.none"),
        code => t!("readings.business.other", code = code),
    }
    .to_string()
}

fn root(root: Root) -> String {
    match root {
        Root::Open => t!("readings.root.open"),
        Root::Rooted => t!("readings.root.rooted"),
        Root::Unrooted => t!("readings.root.unrooted"),
        Root::Other => t!("readings.root.other"),
    }
    .to_string()
}

fn short(reading: &Reading) -> String {
    reading
        .certificate
        .chars()
        .take(CERTIFICATE_DIGITS)
        .collect()
}
