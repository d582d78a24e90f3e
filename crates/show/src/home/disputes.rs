//! What a worker holds against a record: the way to say so, and how far each of it has come.

use super::{Setting, terms, trust, words, work};
use crate::text::t;
use crate::{account::Answer, kind, named, record};
use maud::{Markup, html};
use yizhang_entitlement::{
    Account,
    account::{DisputeLine, RecordLine, RecordNumber},
    dispute::{Outcome, Reason, is_disputable},
};
use yizhang_ledger::{dispute::DISPUTES_OF_RECORD_MAX, entry::Kind, value::Division};

/// Bytes of a document, for people.
const DOCUMENT_MIB: usize = yizhang_ledger::dispute::DOCUMENT_BYTES_MAX / (1_024 * 1_024);

/// Where a record stands, as an address names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The region whose chain holds it.
    pub region: Division,
    /// Its position there.
    pub index: u64,
}

/// The part of the first page: what was raised, and links of accounts, each of which can be disputed at once. Nothing where there is
/// neither, and no way to raise anything.
pub(super) fn section(account: &Account, setting: &Setting) -> Markup {
    let links = links(account, setting);
    if account.disputes.is_empty() && setting.token.is_none() {
        return html! {};
    }
    html! {
        section id="disputes" {
            h2 { (t!("home.disputes.title")) }
            @if setting.token.is_some() { p { (words::prose(&t!("home.disputes.how"))) } }
            @if !account.disputes.is_empty() {
                ul.cards {
                    @for line in &account.disputes {
                        li.waits[line.outcome.is_none()] { (raised(account, line, setting)) }
                    }
                }
            }
            @if !links.is_empty() {
                h3 { (t!("home.disputes.links")) }
                ul.cards { @for (number, line) in links { li { (link(account, number, line, setting)) } } }
            }
        }
    }
}

/// Links of accounts in force that nobody has disputed.
fn links<'a>(account: &'a Account, setting: &Setting) -> Vec<(RecordNumber, &'a RecordLine)> {
    if setting.token.is_none() {
        return Vec::new();
    }
    let in_force = account.identity.iter().filter(|fact| fact.in_force);
    let of_links = in_force.filter(|fact| fact.kind == Kind::IDENTITY_LINK);
    let records = of_links.filter_map(|fact| Some((fact.record, account.record(fact.record)?)));
    records
        .filter(|(number, _)| of_record(account, *number).next().is_none())
        .collect()
}

fn link(account: &Account, number: RecordNumber, line: &RecordLine, setting: &Setting) -> Markup {
    let fact = account.identity.iter().find(|fact| fact.record == number);
    let day = fact.map(|fact| words::day(fact.on)).unwrap_or_default();
    html! {
        p { (t!("home.dispute.link", day = day, region = words::at(line.region))) }
        (at_once(line, Reason::NoConsent, setting))
    }
}

/// A button that raises a dispute at once.
fn at_once(line: &RecordLine, reason: Reason, setting: &Setting) -> Markup {
    let Some(form) = Form::of(line, setting) else {
        return html! {};
    };
    let said = match line.kind {
        Kind::PLATFORM_MONTH => "kept",
        _ => reason.code(),
    };
    html! {
        form method="post" action=(form.action) enctype="multipart/form-data" {
            (form.hidden())
            input type="hidden" name="reason" value=(reason.code());
            button.minor type="submit" { (named(&format!("home.dispute.at_once.{said}"))) }
        }
    }
}

/// What leads to a dispute of a record, or how far one has come; beside it the one tap, where money was taken from the worker's pay.
pub(super) fn of_card(
    account: &Account,
    number: RecordNumber,
    line: &RecordLine,
    setting: &Setting,
) -> Markup {
    let known: Vec<&DisputeLine> = of_record(account, number).collect();
    let is_open = known.iter().any(|line| line.outcome.is_none());
    let kept_of_work = account
        .worked(number)
        .is_some_and(|(_, said)| said.earned.deductions > 0);
    let kept_of_pay = line
        .contribution
        .as_ref()
        .is_some_and(|said| said.paid.person > 0);
    let takes_pay = (kept_of_pay || kept_of_work) && Reason::Deducted.fits(line.kind);
    html! {
        @for line in known { p.small { (progress(line)) } }
        @if !is_open && is_disputable(line.kind) {
            @if takes_pay { (at_once(line, Reason::Deducted, setting)) }
            (way(line, setting))
        }
    }
}

/// The link to the page on which a record is disputed.
pub(super) fn way(line: &RecordLine, setting: &Setting) -> Markup {
    let place = Place {
        region: line.region,
        index: line.index,
    };
    let address = setting.links.dispute(place);
    let address = address.filter(|_| setting.token.is_some() && is_disputable(line.kind));
    html! { @if let Some(address) = address { p { a href=(address) { (t!("home.dispute.way")) } } } }
}

/// Disputes of a record, the oldest first.
fn of_record(account: &Account, number: RecordNumber) -> impl Iterator<Item = &DisputeLine> {
    let lines = account.disputes.iter();
    lines.filter(move |line| line.disputed == Some(number))
}

fn raised(account: &Account, line: &DisputeLine, setting: &Setting) -> Markup {
    let disputed = line.disputed;
    let record = disputed.and_then(|number| account.record(number));
    html! {
        h3 { (what(account, disputed)) }
        p { (reason(&line.reason)) }
        p.figure { (progress(line)) }
        @if let (Some(record), true) = (record, line.outcome.is_some()) { (way(record, setting)) }
    }
}

/// What a record is about, as people say it.
fn what(account: &Account, number: Option<RecordNumber>) -> String {
    let known = number.and_then(|number| Some((number, account.record(number)?)));
    let Some((number, record)) = known else {
        return t!("home.dispute.unknown_record").to_string();
    };
    if let Some((month, line)) = account.worked(number) {
        let (platform, month) = (&line.platform, words::month(month));
        return t!("home.dispute.of_work", platform = platform, month = month).to_string();
    }
    let kind = kind::name(record.kind);
    match &record.contribution {
        Some(said) => {
            let last = said.first.plus(u16::from(said.months.saturating_sub(1)));
            let months = words::months((said.first, last.unwrap_or(said.first)));
            let scheme = words::scheme(&said.scheme);
            t!(
                "home.dispute.of_money",
                kind = kind,
                scheme = scheme,
                months = months
            )
            .to_string()
        }
        None => t!(
            "home.dispute.of_kind",
            kind = kind,
            region = words::at(record.region)
        )
        .to_string(),
    }
}

fn reason(code: &str) -> String {
    if Reason::of_code(code).is_some() {
        named(&format!("home.dispute.reason.{code}"))
    } else {
        t!("home.dispute.own_reason", code = code).to_string()
    }
}

/// How far a dispute has come: raised when, with whom it lies until when, answered how.
fn progress(line: &DisputeLine) -> String {
    let (on, region) = (words::day(line.on), words::at(line.region));
    if line.outcome.is_some() {
        let day = line.answered.map(words::day).unwrap_or_default();
        let is_known = Outcome::ALL.iter().any(|known| known.code() == line.answer);
        let answer = if is_known {
            named(&format!("home.dispute.answer.{}", line.answer))
        } else {
            t!("home.dispute.own_answer", code = line.answer).to_string()
        };
        return t!(
            "home.dispute.answered",
            on = on,
            region = region,
            day = day,
            answer = answer
        )
        .to_string();
    }
    let due = line.due.map(words::day);
    match due {
        Some(due) if line.overdue > 0 => {
            let days = crate::count::working_days(line.overdue);
            t!(
                "home.dispute.late",
                on = on,
                region = region,
                due = due,
                days = days
            )
            .to_string()
        }
        Some(due) => t!("home.dispute.waits", on = on, region = region, due = due).to_string(),
        None => t!("home.dispute.waits_open", on = on, region = region).to_string(),
    }
}

/// The form of one record.
struct Form<'s> {
    action: String,
    token: &'s str,
    place: Place,
}

impl<'s> Form<'s> {
    fn of(line: &RecordLine, setting: &'s Setting) -> Option<Self> {
        Some(Self {
            action: setting.links.disputes()?,
            token: setting.token.as_deref()?,
            place: Place {
                region: line.region,
                index: line.index,
            },
        })
    }

    fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="token" value=(self.token);
            input type="hidden" name="region" value=(self.place.region);
            input type="hidden" name="index" value=(self.place.index);
        }
    }
}

/// The page on which a record is disputed, with how far that has come; none if the account has no such record.
pub fn page(answer: &Answer, place: Place, setting: &Setting) -> Option<Markup> {
    let account = &answer.account;
    let is_it = |line: &RecordLine| {
        line.region == place.region && line.index == place.index && is_disputable(line.kind)
    };
    let at = account.records.iter().position(is_it)?;
    let number = RecordNumber(u32::try_from(at).ok()?);
    let line = account.record(number)?;
    let known: Vec<&DisputeLine> = of_record(account, number).collect();
    let is_open = known.iter().any(|line| line.outcome.is_none());
    let is_full = u32::try_from(known.len()).is_ok_and(|count| count >= DISPUTES_OF_RECORD_MAX);
    let form = Form::of(line, setting).filter(|_| !is_open && !is_full);
    Some(html! {
        main id="main" {
            p { a href=(setting.links.first()) { (t!("home.back")) } }
            h1 { (t!("home.dispute.title")) }
            (trust::line(answer, &setting.links))
            section.cards { div.card {
                h2 { (what(account, Some(number))) }
                p.small { (record::named(account, number)) }
                @if let Some(said) = &line.contribution {
                    p { (t!("home.dispute.said", base = words::money(said.base), unit = words::money(said.paid.unit), person = words::money(said.paid.person), place = words::at(said.place))) }
                }
                @if let Some((_, said)) = account.worked(number) { (work::facts(said)) }
            } }
            @for line in &known {
                p { (reason(&line.reason)) }
                p.figure role="status" { (progress(line)) }
            }
            @if is_open { p { (t!("home.dispute.then")) } }
            @if is_full && !is_open { p { (words::prose(&t!("home.dispute.full"))) } }
            @if let Some(form) = form { (fields(line, &form)) }
        }
        (terms::meanings(setting))
    })
}

fn fields(line: &RecordLine, form: &Form<'_>) -> Markup {
    let reasons = Reason::ALL
        .into_iter()
        .filter(|reason| reason.fits(line.kind));
    html! {
        form.card method="post" action=(form.action) enctype="multipart/form-data" {
            (form.hidden())
            fieldset {
                legend { (t!("home.dispute.why")) }
                @for (at, reason) in reasons.enumerate() {
                    label {
                        input type="radio" name="reason" value=(reason.code()) required checked[at == 0];
                        " " (named(&format!("home.dispute.reason.{}", reason.code())))
                    }
                }
            }
            label for="document" { (t!("home.dispute.document")) }
            input id="document" type="file" name="document" aria-describedby="document-help";
            p.small id="document-help" { (t!("home.dispute.document_help", limit = DOCUMENT_MIB)) }
            p { (t!("home.dispute.for_ever", region = words::at(line.region))) }
            button.main type="submit" { (t!("home.dispute.button")) }
        }
    }
}

/// What helps where no record is there to be disputed.
pub(super) fn nothing_to_dispute() -> Markup {
    html! {
        section id="no-record" {
            h2 { (t!("home.dispute.none_title")) }
            p { (words::prose(&t!("home.dispute.none"))) }
            ol {
                li { (words::prose(&t!("home.dispute.none_payer"))) }
                li { (words::prose(&t!("home.dispute.none_agency"))) }
                li { (words::prose(&t!("home.dispute.none_inspection"))) }
            }
        }
    }
}
