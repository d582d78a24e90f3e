//! What a statement shows, in words: whose it is and what it comes to first, then what is proved by whom and up to when, and what is not.

use super::{Line, Outcome, Verdict, refused};
use crate::text::t;
use crate::{account::Answer, place, provisional::ByNumber};
use yizhang_ledger::value::{Day, Division, UnixMillis};
use yizhang_rules::{Change, RuleSet};
use yizhang_statement::{
    ChainShown, Cover, Excerpt, PersonAnswer, PersonShown, Promise, Refusal, Refuted, StatedAs,
    Through, Verdict as Shown,
};

/// Days after which a statement is called old where nobody says otherwise.
pub const FRESH_DAYS: u32 = 31;

/// Who reads a statement.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// On which day.
    pub today: Day,
    /// Days after which a statement is old to him.
    pub fresh_days: u32,
    /// What the statement says of the person whom he asks for; none where he asks for nobody.
    pub person: Option<PersonAnswer>,
    /// Whether he holds versions of the roster himself.
    pub has_rosters: bool,
}

/// What a statement shows to a reader.
pub fn of_statement(shown: &Shown, reader: &Reader) -> Verdict {
    let mut lines = Vec::new();
    lines.push(whose(shown, reader));
    lines.extend(days(shown, reader));
    lines.push(match &shown.cover {
        Cover::Whole => figures(shown),
        Cover::Part(excerpt) => {
            Line::unproved(t!("verify.excerpt.no_figures", cover = covered(excerpt)))
        }
    });
    lines.extend(on_word(shown));
    for chain in &shown.chains {
        lines.extend(of_chain(chain, shown.issued));
        if shown.cover != Cover::Whole {
            lines.extend(hidden(chain, shown));
        }
    }
    lines.extend(without_head(shown));
    if shown.issuer_key_ended {
        lines.push(Line::unproved(t!(
            "verify.statement.key_ended",
            region = place::name(shown.issuer.region())
        )));
    }
    lines.push(Line::unproved(t!("verify.statement.since")));
    if !reader.has_rosters {
        let version = shown.roster;
        lines.push(Line::unproved(t!(
            "verify.statement.later_rosters",
            version = version
        )));
    }
    lines.push(Line::basis(t!(
        "verify.statement.issued",
        region = place::name(shown.issuer.region()),
        day = shown.issued,
        federation = shown.federation,
        version = shown.roster
    )));
    lines.push(Line::basis(t!(
        "verify.statement.rules",
        rules = shown.rules
    )));
    lines.push(Line::basis(t!(
        "verify.statement.digest",
        digest = shown.digest
    )));
    Verdict {
        outcome: outcome(shown, reader),
        headline: headline(shown, reader),
        lines,
    }
}

/// What rests on rules or on the word of the issuer.
pub(crate) fn on_word(shown: &Shown) -> Vec<Line> {
    let mut lines: Vec<Line> = other_rules(shown).into_iter().collect();
    lines.extend(others(shown));
    lines
}

/// That chains of the federation are not in the statement at all.
pub(crate) fn without_head(shown: &Shown) -> Option<Line> {
    let without: Vec<String> = shown
        .chains
        .iter()
        .filter(|chain| chain.size.is_none())
        .map(|chain| place::name(chain.chain.region()))
        .collect();
    if without.is_empty() {
        return None;
    }
    let regions = list(&without);
    Some(Line::unproved(t!(
        "verify.statement.no_chain",
        regions = regions
    )))
}

/// Months and schemes of an excerpt.
fn covered(excerpt: &Excerpt) -> String {
    let (first, last) = (excerpt.first, excerpt.last);
    if excerpt.schemes.is_empty() {
        return t!("verify.excerpt.all_schemes", first = first, last = last).to_string();
    }
    let schemes: Vec<String> = excerpt
        .schemes
        .iter()
        .map(|scheme| place::scheme(scheme))
        .collect();
    let schemes = list(&schemes);
    t!(
        "verify.excerpt.schemes",
        first = first,
        last = last,
        schemes = schemes
    )
    .to_string()
}

/// What is said of the records of a chain that an excerpt does not show, and who says it.
fn hidden(chain: &ChainShown, shown: &Shown) -> Option<Line> {
    if chain.hidden == 0 {
        return None;
    }
    let (region, issuer) = (
        place::name(chain.chain.region()),
        place::name(shown.issuer.region()),
    );
    Some(Line::unproved(t!(
        "verify.excerpt.hidden",
        region = region,
        hidden = chain.hidden,
        issuer = issuer
    )))
}

/// A statement of which nothing is said as long as number or code are not complete.
pub fn without_person() -> Verdict {
    Verdict {
        outcome: Outcome::Open,
        headline: t!("verify.person.malformed").to_string(),
        lines: vec![Line::unproved(t!("verify.person.correct"))],
    }
}

/// A statement that is refused.
pub fn refused_statement(refusal: &Refusal) -> Verdict {
    let reason = match refusal {
        Refusal::Form(_) => t!("verify.reason.form"),
        Refusal::Roster(_) => t!("verify.statement.roots"),
        Refusal::Issuer { .. } => t!("verify.statement.issuer"),
        Refusal::OtherNumber => t!("verify.statement.other_number"),
        Refusal::Invalid(_) | Refusal::Cosigned { .. } => t!("verify.reason.signature"),
        Refusal::Rules { .. } => t!("verify.statement.bad_rules"),
        Refusal::Refuted(Refuted::HeadInDoubt { .. }) => t!("verify.reason.given_up"),
        Refusal::Chains | Refusal::Refuted(_) => t!("verify.statement.records"),
        Refusal::Digest | Refusal::OtherFold { .. } => t!("verify.statement.account"),
    };
    let mut verdict = refused(t!("verify.statement.refused"), reason);
    let detail = t!("verify.reason.detail", detail = refusal);
    verdict.lines.push(Line::reason(detail));
    verdict
}

/// The account of a statement, as the page of an account takes it.
pub fn answer_of(shown: &Shown) -> Answer {
    Answer {
        account: shown.account.clone(),
        accounts: shown.accounts.clone(),
        strangers: shown.strangers.clone(),
        copies: Vec::new(),
        behind: Vec::new(),
        at: UnixMillis(0),
        json: shown.json.clone(),
        digest: shown.account_digest,
        options: String::new(),
        identity: shown.checked.identity,
        checked: Some(shown.checked.clone()),
        by_number: ByNumber::Nothing,
    }
}

/// What it comes to: open where something is left that the reader has to look at.
fn outcome(shown: &Shown, reader: &Reader) -> Outcome {
    if reader.person == Some(PersonAnswer::IsNot) {
        return Outcome::Refused;
    }
    let is_unsure = matches!(
        reader.person,
        Some(PersonAnswer::NeedsCode | PersonAnswer::NotShown)
    );
    let is_open = is_unsure
        || shown.chains.iter().any(|chain| chain.hidden > 0)
        || matches!(shown.stated, StatedAs::OtherForm { .. })
        || !shown.strangers.is_empty()
        || shown.issuer_key_ended
        || shown.rules != RuleSet::embedded().name()
        || shown.issued > reader.today
        || shown.as_of > shown.issued
        || shown
            .chains
            .iter()
            .any(|chain| !is_complete(chain, shown.issued));
    if is_open {
        Outcome::Open
    } else {
        Outcome::Holds
    }
}

/// Whether a chain shows that nothing is missing up to about the day of the statement.
fn is_complete(chain: &ChainShown, issued: Day) -> bool {
    chain.through.is_some_and(|through| {
        let day = Day::of(through.time);
        let age = days_between(day, issued);
        day <= issued && age.is_some_and(|age| age <= i64::from(FRESH_DAYS))
    })
}

fn headline(shown: &Shown, reader: &Reader) -> String {
    if reader.person == Some(PersonAnswer::IsNot) {
        return t!("verify.statement.of_another").to_string();
    }
    let (day, records) = (shown.as_of, shown.checked.records);
    let unshown: Vec<String> = shown
        .chains
        .iter()
        .filter(|chain| !is_complete(chain, shown.issued))
        .map(|chain| place::name(chain.chain.region()))
        .collect();
    if !unshown.is_empty() && shown.cover == Cover::Whole {
        return t!(
            "verify.statement.holds_in_part",
            day = day,
            records = records,
            regions = list(&unshown)
        )
        .to_string();
    }
    if let Cover::Part(excerpt) = &shown.cover {
        let cover = covered(excerpt);
        return t!("verify.excerpt.holds", cover = cover, records = records).to_string();
    }
    match &shown.person {
        PersonShown::Revealed(number) => t!(
            "verify.statement.holds_of",
            number = number.reveal(),
            day = day,
            records = records
        ),
        PersonShown::Hidden | PersonShown::Unknown => {
            t!("verify.statement.holds", day = day, records = records)
        }
    }
    .to_string()
}

/// What is to be said of its days: that it is old, of another day than it was made on, or of one that has not come.
fn days(shown: &Shown, reader: &Reader) -> Vec<Line> {
    let (as_of, issued) = (shown.as_of, shown.issued);
    let mut lines = Vec::new();
    if issued > reader.today {
        lines.push(Line::unproved(t!("verify.statement.not_yet", day = issued)));
    }
    if as_of > issued {
        lines.push(Line::unproved(t!(
            "verify.statement.ahead",
            day = as_of,
            issued = issued
        )));
    }
    if as_of < issued {
        lines.push(Line::basis(t!(
            "verify.statement.as_of",
            day = as_of,
            issued = issued
        )));
    }
    if let Some(days) = days_too_old(shown, reader) {
        lines.push(Line::unproved(t!(
            "verify.statement.old",
            days = days,
            day = issued
        )));
    }
    lines
}

/// The age of a statement that is old to its reader, in days; none of one that is not.
fn days_too_old(shown: &Shown, reader: &Reader) -> Option<i64> {
    let age = days_between(shown.issued, reader.today);
    age.filter(|age| *age > i64::from(reader.fresh_days))
}

/// Whether a statement is old to its reader. What it says holds all the same, as of its day.
pub fn is_old(shown: &Shown, reader: &Reader) -> bool {
    days_too_old(shown, reader).is_some()
}

/// Days from one day to another; none where the calendar at hand lacks one.
fn days_between(from: Day, to: Day) -> Option<i64> {
    let from: jiff::civil::Date = from.to_string().parse().ok()?;
    let to: jiff::civil::Date = to.to_string().parse().ok()?;
    let span = from.until((jiff::Unit::Day, to)).ok()?;
    Some(span.get_days().into())
}

fn whose(shown: &Shown, reader: &Reader) -> Line {
    let region = place::name(shown.issuer.region());
    match (reader.person, &shown.person) {
        (Some(PersonAnswer::IsNot), _) => Line::reason(t!("verify.statement.other_number")),
        (Some(PersonAnswer::NeedsCode), _) => Line::unproved(t!("verify.statement.needs_code")),
        (Some(PersonAnswer::Is), _) => Line::proved(t!("verify.statement.number", region = region)),
        (_, PersonShown::Revealed(number)) => Line::proved(t!(
            "verify.statement.revealed",
            region = region,
            number = number.reveal()
        )),
        (_, PersonShown::Hidden) => Line::unproved(t!("verify.statement.hidden")),
        (_, PersonShown::Unknown) => Line::unproved(t!("verify.statement.nobody")),
    }
}

/// What rests on the issuer's word alone: further pseudonyms of the worker, and accounts that are another person's.
fn others(shown: &Shown) -> Vec<Line> {
    let region = place::name(shown.issuer.region());
    let mut lines = Vec::new();
    if shown.other_names > 0 {
        lines.push(Line::unproved(t!(
            "verify.statement.names",
            count = shown.other_names,
            region = region
        )));
    }
    if !shown.strangers.is_empty() {
        lines.push(Line::unproved(t!(
            "verify.statement.strangers",
            count = shown.strangers.len(),
            region = region
        )));
    }
    lines
}

fn figures(shown: &Shown) -> Line {
    match &shown.stated {
        StatedAs::Same => Line::proved(t!("verify.statement.same")),
        StatedAs::Nothing => Line::unproved(t!("verify.statement.records_only")),
        StatedAs::OtherForm { form, .. } => {
            Line::unproved(t!("verify.statement.other_form", form = form))
        }
    }
}

/// Rules that are named where the statement's are not the program's.
const RULES_NAMED: usize = 5;

/// That the figures rest on other rules than this program brings.
fn other_rules(shown: &Shown) -> Option<Line> {
    let own = RuleSet::embedded();
    if shown.rules == own.name() {
        return None;
    }
    let changes = own.diff(shown.policy.rules());
    let mut ids: Vec<String> = changes.iter().take(RULES_NAMED).map(rule_of).collect();
    if changes.len() > RULES_NAMED {
        ids.push("…".to_string());
    }
    Some(Line::unproved(t!(
        "verify.statement.other_rules",
        changes = changes.len(),
        rules = list(&ids)
    )))
}

/// The id of a rule that two sets differ in.
fn rule_of(change: &Change<'_>) -> String {
    match change {
        Change::Added(rule) | Change::Removed(rule) | Change::Changed(_, rule) => rule.id.clone(),
    }
}

/// What is shown of a chain with a head.
fn of_chain(chain: &ChainShown, issued: Day) -> Vec<Line> {
    let Some(size) = chain.size else {
        return Vec::new();
    };
    let region = place::name(chain.chain.region());
    let records = chain.records;
    let mut lines = Vec::new();
    match chain.through {
        Some(through) => {
            let day = Day::of(through.time);
            let text = complete(chain, through);
            lines.push(Line::proved(text + &confirmed(&chain.confirmed_by)));
            let behind = size.0.saturating_sub(through.size.0);
            if behind > 0 || !is_complete(chain, issued) {
                lines.push(Line::unproved(t!(
                    "verify.statement.behind",
                    region = region,
                    behind = behind,
                    day = day
                )));
            }
        }
        None if records > 0 => {
            lines.push(Line::proved(t!(
                "verify.statement.some",
                region = region,
                records = records,
                size = size
            )));
            lines.push(Line::unproved(t!(
                "verify.statement.incomplete",
                region = region
            )));
        }
        None => lines.push(Line::unproved(t!("verify.statement.none", region = region))),
    }
    if chain.mirrors.is_empty() {
        lines.push(Line::unproved(t!(
            "verify.statement.alone",
            region = region
        )));
    } else {
        let names = promised(&chain.mirrors);
        let (count, day) = (chain.mirrors.len(), newest(&chain.mirrors));
        lines.push(Line::proved(t!(
            "verify.statement.mirrored",
            region = region,
            count = count,
            names = names,
            day = day
        )));
    }
    lines
}

/// That none of the records of a chain is missing, or of an excerpt none in the count.
fn complete(chain: &ChainShown, through: Through) -> String {
    let region = place::name(chain.chain.region());
    let (records, size, day) = (chain.records, through.size, Day::of(through.time));
    if chain.hidden == 0 {
        return t!(
            "verify.statement.complete",
            region = region,
            records = records,
            size = size,
            day = day
        )
        .to_string();
    }
    t!(
        "verify.excerpt.complete",
        region = region,
        records = records,
        all = records.saturating_add(chain.hidden),
        size = size,
        day = day
    )
    .to_string()
}

fn confirmed(regions: &[Division]) -> String {
    if regions.is_empty() {
        return t!("complete.unconfirmed").to_string();
    }
    let names: Vec<String> = regions.iter().map(|region| place::name(*region)).collect();
    t!("verify.statement.confirmed", names = list(&names)).to_string()
}

fn promised(promises: &[Promise]) -> String {
    let names: Vec<String> = promises
        .iter()
        .map(|promise| place::name(promise.region))
        .collect();
    list(&names)
}

/// The newest day of some cosignatures, by the clocks of those who gave them.
fn newest(promises: &[Promise]) -> String {
    let newest = promises.iter().map(|promise| promise.time).max();
    let newest = newest.and_then(|time| time.get().checked_mul(1_000));
    newest.map_or_else(String::new, |time| Day::of(UnixMillis(time)).to_string())
}

fn list(names: &[String]) -> String {
    names.join(t!("verify.statement.comma").as_ref())
}
