//! The account for people, one description for terminal, HTML and paper: whose it is, what it comes to, the schemes, what
//! waits for somebody, where it came from and how it can be checked.

use super::{
    complete, conflicts,
    copies::{self, ChainCopy},
    family, figures, kind, named,
    page::{Block, Part},
    place,
    provisional::{self, ByNumber},
    record, serde_name, summary, work,
};
use crate::text::t;
use serde_json::json;
use std::collections::BTreeMap;
use yizhang_entitlement::{
    account::{Account, DisputeLine, FamilyAccount, IdentityFact, ParticipationState, SourceLine},
    dispute::{Outcome, Reason},
};
use yizhang_ledger::{
    hash::Hash,
    head::Head,
    person::AccountId,
    value::{Division, UnixMillis},
};
use yizhang_statement::{Checked, Identity};

/// Digits of a pseudonym that tell two pages apart at a glance.
const TAG_DIGITS: usize = 8;
/// Version of the JSON of an answer.
pub const ANSWER_FORMAT: &str = "yizhang-answer/1";

/// An account as a node gave it.
pub struct Answer {
    /// The account itself.
    pub account: Account,
    /// The pseudonyms that its records are under: the one asked for, where it is known here, then those linked to it.
    pub accounts: Vec<AccountId>,
    /// Pseudonyms that some agency linked to them, and that the node left out as another person's.
    pub strangers: Vec<AccountId>,
    /// What the node holds of each chain: what the account was computed from.
    pub copies: Vec<ChainCopy>,
    /// Regions whose nodes write under a federation secret that the node asked lacks, as they have told it.
    pub behind: Vec<String>,
    /// When the node answered, by its clock.
    pub at: UnixMillis,
    /// Its JSON, as the node sent it.
    pub json: Vec<u8>,
    /// Its digest.
    pub digest: Hash,
    /// The options with which it was asked, as the command line takes them: where, and as whom.
    pub options: String,
    /// Whether it is known here to be the account asked for.
    pub identity: Identity,
    /// What was checked here, if anything was.
    pub checked: Option<Checked>,
    /// Retirements by the citizen's number that was typed, while no agency has stated birth or class: no part of the account.
    pub by_number: ByNumber,
}

/// Prints an account and, if the caller checked it, what that established.
#[cfg(feature = "terminal")]
pub fn print(answer: &Answer) {
    println!("{}", t!("account.title", as_of = answer.account.as_of));
    super::terminal::print(&parts(answer));
}

/// Prints the records of an excerpt.
#[cfg(feature = "terminal")]
pub fn print_excerpt(answer: &Answer) {
    super::terminal::print(&super::excerpt::parts(&answer.account));
}

/// The answer as JSON: the account to the byte, so that its digest can be computed from this text, and around it what the
/// node says of its chains and what was checked here.
pub fn json(answer: &Answer) -> String {
    let chains: Vec<_> = answer.copies.iter().map(ChainCopy::json).collect();
    let doubt = copies::doubt_json(&copies::in_doubt(&answer.account, &answer.copies));
    let head = |head: &Head| json!({ "origin": head.origin.as_str(), "size": head.size.0, "root": head.root.to_string() });
    let checked = answer.checked.as_ref().map(|checked| {
        json!({
            "records": checked.records,
            "heads": checked.heads.iter().map(head).collect::<Vec<_>>(),
            "identity": checked.identity == Identity::Checked,
            "complete": complete::json(checked),
        })
    });
    format!(
        "{{\"format\":\"{ANSWER_FORMAT}\",\"account\":{},\"digest\":\"{}\",\"at_ms\":{},\"chains\":{},\"in_doubt\":{doubt},\"behind\":{},\"strangers\":{},\"checked\":{}}}",
        String::from_utf8_lossy(&answer.json),
        answer.digest,
        answer.at.0,
        json!(chains),
        json!(answer.behind),
        answer.strangers.len(),
        json!(checked),
    )
}

/// The account in parts, in the order of the page.
pub(crate) fn parts(answer: &Answer) -> Vec<Part> {
    let mut parts = body(answer);
    parts.extend(sources(answer));
    parts.extend(Part::titled(
        t!("account.verify"),
        vec![Block::Notes(verify(answer))],
    ));
    parts
}

/// The account without what it rests on.
pub(crate) fn body(answer: &Answer) -> Vec<Part> {
    let account = &answer.account;
    let doubt = copies::in_doubt(account, &answer.copies);
    let mut notes = figures::Footnotes::new(account, &doubt);
    let mut parts = vec![Part {
        title: None,
        blocks: identity(answer),
    }];
    let mut warnings = copies::warnings(account, &answer.copies);
    warnings.extend(copies::left_out(answer.strangers.len(), &answer.copies));
    if !answer.behind.is_empty() {
        let comma = t!("account.comma");
        let regions: Vec<String> = answer
            .behind
            .iter()
            .map(|region| place::of_code(region))
            .collect();
        let regions = regions.join(comma.as_ref());
        warnings.push(t!("account.behind", regions = regions).to_string());
    }
    parts.extend(Part::titled(
        t!("copies.title"),
        vec![Block::Lines(warnings)],
    ));
    parts.extend(summary::part(account, &doubt));
    parts.extend(figures::part(account, &mut notes));
    parts.extend(provisional::part(&answer.by_number));
    parts.extend(
        account
            .families
            .iter()
            .filter_map(|family| family::part(account, family, &mut notes)),
    );
    parts.extend(work::parts(account));
    parts.extend(figures::outlook(account, &notes));
    parts.extend(conflicts::part(account));
    parts.extend(Part::titled(
        t!("account.disputes"),
        vec![Block::Lines(
            account
                .disputes
                .iter()
                .map(|line| dispute(account, line))
                .collect(),
        )],
    ));
    parts
}

/// The first digits of a pseudonym, in two groups.
pub fn tag(account: AccountId) -> String {
    let digits: String = account
        .reveal_hex()
        .chars()
        .take(TAG_DIGITS)
        .collect::<String>()
        .to_uppercase();
    let (first, last) = digits.split_at(digits.len() / 2);
    format!("{first}-{last}")
}

/// Whose account it is. The number of the person stands nowhere: who has it can compute the pseudonym with the secret.
fn identity(answer: &Answer) -> Vec<Block> {
    let account = &answer.account;
    let person = &account.person;
    let unknown = || t!("account.not_stated").to_string();
    let whose: Vec<String> = answer
        .accounts
        .iter()
        .map(|account| format!("{} · {}", tag(*account), account.reveal_hex()))
        .collect();
    let birth = person.birth.last().map(|line| {
        let by = if line.archive {
            t!("account.by_archive")
        } else {
            t!("account.by_id")
        };
        t!("account.born", month = line.month, by = by).to_string()
    });
    let class = person
        .class
        .last()
        .map(|line| named(&format!("class.{}", serde_name(&line.class))));
    let home = person.home.last().map(|home| {
        t!(
            "account.home",
            place = place::name(home.place),
            from = home.from
        )
        .to_string()
    });
    let mut lines: Vec<String> = account.identity.iter().map(link).collect();
    if answer.accounts.len() > 1 {
        lines.insert(
            0,
            t!("account.linked", count = answer.accounts.len()).to_string(),
        );
    }
    if account.records.is_empty() {
        lines.push(t!("account.nothing").to_string());
    }
    vec![
        Block::Pairs(vec![
            (t!("account.whose").to_string(), whose.join("\n")),
            (
                t!("account.birth").to_string(),
                birth.unwrap_or_else(unknown),
            ),
            (
                t!("account.class").to_string(),
                class.unwrap_or_else(unknown),
            ),
            (
                t!("account.household").to_string(),
                home.unwrap_or_else(unknown),
            ),
            (t!("account.status").to_string(), status(account)),
            (t!("account.as_of").to_string(), account.as_of.to_string()),
        ]),
        Block::Lines(lines),
    ]
}

fn link(fact: &IdentityFact) -> String {
    let key = if fact.in_force {
        "account.link"
    } else {
        "account.link_void"
    };
    let said = t!(key, kind = kind::name(fact.kind), on = fact.on).to_string();
    if fact.reason.is_empty() {
        return said;
    }
    format!("{said}{}{}", t!("account.colon"), fact.reason)
}

/// Alive or not, and under each scheme that adds up: paying, suspended, drawing.
fn status(account: &Account) -> String {
    if let Some(death) = account.person.death.last() {
        return t!("account.death", month = death.month).to_string();
    }
    let schemes: Vec<String> = account
        .families
        .iter()
        .filter_map(|family| scheme_status(account, family))
        .collect();
    if schemes.is_empty() {
        t!("account.not_stated").to_string()
    } else {
        schemes.join("\n")
    }
}

fn scheme_status(account: &Account, family: &FamilyAccount) -> Option<String> {
    let month = account.as_of.in_month()?;
    if let Some(benefit) = &family.drawing {
        let key = if benefit.is_suspended {
            "account.benefit_suspended"
        } else {
            "account.drawing"
        };
        let state = t!(key, from = benefit.from, place = place::name(benefit.place));
        return Some(of_scheme(family, &state));
    }
    let states: Vec<ParticipationState> = family.standing.iter().map(|line| line.state).collect();
    let Some(last) = family.last else {
        return Some(of_scheme(family, &t!("account.never_counted")));
    };
    let state = if month.since(last) <= 1 {
        t!("account.paying", last = last)
    } else if states.contains(&ParticipationState::Suspended) {
        t!("account.suspended", last = last)
    } else if states.contains(&ParticipationState::Ended) {
        t!("account.ended_relation", last = last)
    } else {
        t!("account.unpaid_since", last = last)
    };
    Some(of_scheme(family, &state))
}

fn of_scheme(family: &FamilyAccount, state: &str) -> String {
    t!(
        "account.scheme_status",
        scheme = family::name(family),
        state = state
    )
    .to_string()
}

/// A record that the worker disputes, and what came of it.
pub fn dispute(account: &Account, line: &DisputeLine) -> String {
    let disputed = line.disputed.map_or_else(
        || place::name(line.region),
        |number| record::named(account, number),
    );
    let why = dispute_reason(&line.reason);
    if let Some(answer) = line.outcome {
        let answer = record::named(account, answer);
        let how = dispute_outcome(&line.answer);
        return t!(
            "account.dispute_answered",
            on = line.on,
            record = disputed,
            why = why,
            answer = answer,
            how = how
        )
        .to_string();
    }
    let text = if let Some(due) = line.due {
        t!(
            "account.dispute_due",
            on = line.on,
            record = disputed,
            why = why,
            due = due,
            days = super::count::working_days(line.overdue)
        )
    } else {
        t!(
            "account.dispute_open",
            on = line.on,
            record = disputed,
            why = why
        )
    };
    text.to_string()
}

/// Why a record is disputed: a word for a code of ours, otherwise the agency's own code.
pub fn dispute_reason(code: &str) -> String {
    if Reason::of_code(code).is_some() {
        named(&format!("dispute.reason.{code}"))
    } else {
        code.to_owned()
    }
}

/// How a dispute was answered.
pub fn dispute_outcome(code: &str) -> String {
    let is_known = Outcome::ALL.iter().any(|known| known.code() == code);
    if is_known {
        named(&format!("dispute.outcome.{code}"))
    } else {
        code.to_owned()
    }
}

/// Of each chain how new it is and what it says, also of those that say nothing.
fn sources(answer: &Answer) -> Option<Part> {
    let known: BTreeMap<Division, &SourceLine> = answer
        .account
        .sources
        .iter()
        .map(|line| (line.region, line))
        .collect();
    let copies: BTreeMap<Division, &ChainCopy> = answer
        .copies
        .iter()
        .map(|copy| (copy.region(), copy))
        .collect();
    let regions: std::collections::BTreeSet<Division> =
        known.keys().chain(copies.keys()).copied().collect();
    let row = |region: Division| {
        let source = known.get(&region);
        let copy = copies
            .get(&region)
            .map(|copy| t!("account.copy", size = copy.size, state = copy.state()).to_string());
        vec![
            place::name(region),
            source.map_or(0, |source| source.records).to_string(),
            last_contribution(&answer.account, region).unwrap_or_default(),
            source
                .and_then(|source| source.latest)
                .map(|day| day.to_string())
                .unwrap_or_default(),
            agencies(&answer.account, region),
            copy.unwrap_or_default(),
        ]
    };
    let header = [
        t!("account.chain"),
        t!("account.records"),
        t!("account.last_contribution"),
        t!("account.last_day"),
        t!("account.agencies"),
        t!("account.held"),
    ];
    let rows = regions.into_iter().map(row).collect();
    Part::titled(
        t!("account.sources"),
        vec![Block::Table(
            header.map(|cell| cell.to_string()).to_vec(),
            rows,
        )],
    )
}

/// The last month that a chain has a contribution for, and the last day on which money came.
fn last_contribution(account: &Account, region: Division) -> Option<String> {
    let lines = || {
        account
            .records
            .iter()
            .filter(|line| line.region == region)
            .filter_map(|line| line.contribution.as_ref())
    };
    let last = lines()
        .filter_map(|line| line.first.plus(u16::from(line.months.saturating_sub(1))))
        .max()?;
    let received = lines()
        .filter_map(|line| line.received)
        .filter(|day| *day <= account.as_of)
        .max();
    Some(match received {
        Some(day) => t!("account.contributed", month = last, day = day).to_string(),
        None => last.to_string(),
    })
}

/// The agencies whose records a chain holds, with the number of records of each.
fn agencies(account: &Account, region: Division) -> String {
    let mut agencies: BTreeMap<&str, usize> = BTreeMap::new();
    for line in account
        .records
        .iter()
        .filter(|line| line.region == region && !line.agency.is_empty())
    {
        *agencies.entry(&line.agency).or_default() += 1;
    }
    agencies
        .into_iter()
        .map(|(agency, count)| format!("{agency} ×{count}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The digest, and how anybody checks the page.
fn verify(answer: &Answer) -> Vec<String> {
    let account = &answer.account;
    let whose = answer
        .accounts
        .first()
        .map(AccountId::reveal_hex)
        .unwrap_or_default();
    let mut lines = vec![
        t!("account.digest", digest = answer.digest).to_string(),
        t!(
            "account.digest_for",
            account = whose,
            as_of = account.as_of,
            options = answer.options
        )
        .to_string(),
        t!("rules.name", name = account.rules.name).to_string(),
    ];
    if let Some(checked) = &answer.checked {
        lines.push(checked_line(checked));
        return lines;
    }
    lines.push(t!("account.unchecked").to_string());
    if answer.identity == Identity::Trusted {
        lines.push(t!("account.identity_trusted").to_string());
    }
    lines
}

/// What the caller's own check established, and what it cannot.
pub fn checked_line(checked: &Checked) -> String {
    let heads: Vec<String> = checked
        .heads
        .iter()
        .map(|head| {
            t!(
                "account.head",
                region = place::name(head.origin.region()),
                size = head.size
            )
            .to_string()
        })
        .collect();
    let comma = t!("account.comma");
    let mut lines = vec![
        t!(
            "account.checked",
            records = checked.records,
            heads = heads.join(comma.as_ref())
        )
        .to_string(),
    ];
    if checked.identity == Identity::Trusted {
        lines.push(t!("account.identity_trusted").to_string());
    }
    lines.extend(complete::lines(checked));
    lines.push(t!("account.completeness").to_string());
    lines.join("\n")
}
