//! What a statement shows, in words: whose it is and what it comes to first, then what is proved by whom and up to when, and what is not.

use super::{Line, Outcome, Verdict, refused};
use crate::{account::Answer, place, provisional::ByNumber};
use rust_i18n::t;
use yizhang_ledger::value::{Day, Division, UnixMillis};
use yizhang_rules::RuleSet;
use yizhang_statement::{ChainShown, PersonShown, Promise, Refusal, StatedAs, Verdict as Shown};

/// Days after which a statement is called old where nobody says otherwise.
pub const FRESH_DAYS: u32 = 31;

/// Who reads a statement.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// On which day.
    pub today: Day,
    /// Days after which a statement is old to him.
    pub fresh_days: u32,
    /// Whether he has found that the number he knows is the one that it was made for.
    pub knows_person: bool,
}

/// What a statement shows to a reader.
pub fn of_statement(shown: &Shown, reader: &Reader) -> Verdict {
    let mut lines = Vec::new();
    lines.extend(old(shown, reader));
    lines.push(whose(shown, reader));
    lines.push(figures(shown));
    lines.extend(other_rules(shown));
    for chain in &shown.chains {
        lines.extend(of_chain(chain));
    }
    let without: Vec<String> = shown
        .chains
        .iter()
        .filter(|chain| chain.size.is_none())
        .map(|chain| place::name(chain.chain.region()))
        .collect();
    if !without.is_empty() {
        let regions = list(&without);
        lines.push(Line::unproved(t!(
            "verify.statement.no_chain",
            regions = regions
        )));
    }
    lines.push(Line::unproved(t!("verify.statement.since")));
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
        outcome: if is_open(shown) {
            Outcome::Open
        } else {
            Outcome::Holds
        },
        headline: headline(shown),
        lines,
    }
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

/// Whether something is left that the reader has to look at: an account that was not compared, or a chain that does not show what may be
/// missing.
fn is_open(shown: &Shown) -> bool {
    let is_unshown = |chain: &ChainShown| chain.through.is_none();
    matches!(shown.stated, StatedAs::OtherForm { .. }) || shown.chains.iter().any(is_unshown)
}

fn headline(shown: &Shown) -> String {
    let (day, records) = (shown.as_of, shown.checked.records);
    let unshown: Vec<String> = shown
        .chains
        .iter()
        .filter(|chain| chain.through.is_none())
        .map(|chain| place::name(chain.chain.region()))
        .collect();
    if !unshown.is_empty() {
        return t!(
            "verify.statement.holds_in_part",
            day = day,
            records = records,
            regions = list(&unshown)
        )
        .to_string();
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

/// That it is old, if it is.
fn old(shown: &Shown, reader: &Reader) -> Option<Line> {
    let days = days_between(shown.as_of, reader.today)?;
    let is_old = days > i64::from(reader.fresh_days);
    is_old.then(|| Line::unproved(t!("verify.statement.old", days = days, day = shown.as_of)))
}

/// Days from one day to another; none where the calendar at hand lacks one.
fn days_between(from: Day, to: Day) -> Option<i64> {
    let from: jiff::civil::Date = from.to_string().parse().ok()?;
    let to: jiff::civil::Date = to.to_string().parse().ok()?;
    let span = from.until((jiff::Unit::Day, to)).ok()?;
    Some(span.get_days().into())
}

fn whose(shown: &Shown, reader: &Reader) -> Line {
    match shown.person {
        PersonShown::Hidden if reader.knows_person => Line::proved(t!("verify.statement.number")),
        PersonShown::Revealed(_) => Line::proved(t!(
            "verify.statement.revealed",
            region = place::name(shown.issuer.region())
        )),
        PersonShown::Hidden => Line::unproved(t!("verify.statement.hidden")),
        PersonShown::Unknown => Line::unproved(t!("verify.statement.nobody")),
    }
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

/// That the figures rest on other rules than this program brings.
fn other_rules(shown: &Shown) -> Option<Line> {
    let own = RuleSet::embedded();
    let is_other = shown.rules != own.name();
    is_other.then(|| {
        let changes = own.diff(shown.policy.rules()).len();
        Line::unproved(t!("verify.statement.other_rules", changes = changes))
    })
}

/// What is shown of a chain with a head.
fn of_chain(chain: &ChainShown) -> Vec<Line> {
    let Some(size) = chain.size else {
        return Vec::new();
    };
    let region = place::name(chain.chain.region());
    let records = chain.records;
    let mut lines = Vec::new();
    match chain.through {
        Some(through) => {
            let day = Day::of(through.time);
            let text = t!(
                "verify.statement.complete",
                region = region,
                records = records,
                size = through.size,
                day = day
            );
            lines.push(Line::proved(
                text.to_string() + &confirmed(&chain.confirmed_by),
            ));
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
