//! What the cards of matters say: that it agrees with the account, matter by matter.

use crate::{
    pages::{setting, text, visible},
    people::{Check, answer, in_language, of_case, of_cases},
};
use yizhang_entitlement::{
    Account,
    account::{Conflict, MonthStatus},
    conflict::{Actor, ConflictCode, Severity},
};
use yizhang_ledger::value::Month;
use yizhang_show::{home, language::Language};

/// The statuses of the months that a conflict is about, of those that the account has.
fn statuses(account: &Account, conflict: &Conflict) -> Vec<MonthStatus> {
    let concern = account.concern(conflict);
    let Some(family) = concern
        .family
        .as_ref()
        .and_then(|name| account.family(name))
    else {
        return Vec::new();
    };
    let is_within = |month: Month| {
        let mut spans = concern.spans.iter();
        spans.any(|(first, last)| *first <= month && month <= *last)
    };
    let lines = family.months.iter().filter(|line| is_within(line.month));
    lines.map(|line| line.status).collect()
}

/// The text about one matter, as if the account had no other.
fn card(account: &Account, conflict: &Conflict) -> String {
    let mut account = account.clone();
    account.conflicts = vec![conflict.clone()];
    account.disputes.clear();
    text(&answer(account, Check::Done), Language::En, "conflicts")
}

fn section(account: Account, language: Language) -> String {
    text(&answer(account, Check::Done), language, "conflicts")
}

/// What is wrong with what a card says of months.
fn fault(said: &str, statuses: &[MonthStatus]) -> Option<&'static str> {
    let counts =
        |status: &MonthStatus| matches!(status, MonthStatus::Counted | MonthStatus::Deemed);
    if said.contains("These months count") && !statuses.iter().all(counts) {
        return Some("says that months count which do not");
    }
    if said.contains("These months do not count") && statuses.iter().any(counts) {
        return Some("says that months do not count which do");
    }
    if said.contains("some of these months do not count") && statuses.iter().all(counts) {
        return Some("says that some months do not count, and all do");
    }
    None
}

#[test]
fn what_a_card_says_of_months_is_what_the_account_says() {
    let mut found = Vec::new();
    let mut said = 0;
    for (title, account) in of_cases() {
        for conflict in &account.conflicts {
            if conflict.severity <= Severity::Task {
                continue;
            }
            let statuses = statuses(&account, conflict);
            let card = card(&account, conflict);
            said += usize::from(card.contains("count"));
            if let Some(fault) = fault(&card, &statuses) {
                found.push(format!(
                    "{title}, {:?}: {fault}: {statuses:?}",
                    conflict.code
                ));
            }
        }
    }
    assert!(said > 100, "{said}");
    let shown: Vec<&String> = found.iter().take(40).collect();
    assert!(found.is_empty(), "{} faults: {shown:#?}", found.len());
}

#[test]
fn months_paid_while_away_count_and_those_of_half_a_refund_do_not() {
    let away = of_case("benefits.toml: C35: months paid while abroad for good");
    let shown = section(away, Language::En);
    assert!(shown.contains("These months count for now."), "{shown}");
    let refund = of_case("refunds.toml: Y10: a refund that names seven months");
    let shown = section(refund, Language::En);
    for words in [
        "some of these months do not count",
        "Not given back yet",
        "290.67",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn the_number_of_open_matters_is_that_of_the_cards() {
    let mut most = 0;
    for (title, account) in of_cases() {
        if account.records.is_empty() || account.conflicts.is_empty() {
            continue;
        }
        let conflicts = account.conflicts.len();
        let answer = answer(account, Check::Done);
        let html = in_language(Language::En, || {
            home::first(&answer, &setting()).into_string()
        });
        let cards = html.matches("<li class=\"waits matter\">").count();
        if let Some((_, rest)) = visible(&html).split_once("Not settled yet: ") {
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            assert_eq!(number, cards.to_string(), "{title}");
            most = most.max(conflicts.saturating_sub(cards));
        }
    }
    assert!(most > 0, "no case has a card of several conflicts");
}

#[test]
fn matters_with_other_places_are_told_apart_and_sums_of_the_same_are_added() {
    let account = of_case("personas.toml: P2, paid twice");
    let conflict = account
        .conflicts
        .iter()
        .find(|one| one.code == ConflictCode::C01);
    let conflict = conflict.unwrap().clone();
    let cards = |account: &Account| {
        let answer = answer(account.clone(), Check::Done);
        let html = in_language(Language::En, || {
            home::first(&answer, &setting()).into_string()
        });
        html.matches("<li class=\"waits matter\">").count()
    };
    // The same places: one card, with what both hold.
    let mut same = account.clone();
    same.conflicts = vec![conflict.clone(), conflict.clone()];
    assert_eq!(cards(&same), 1);
    let shown = section(same.clone(), Language::En);
    for sum in ["4,992.00", "4,800.00"] {
        assert!(shown.contains(sum), "{sum}: {shown}");
    }
    // Near-miss: another place is taken meanwhile, and the matter is told by itself.
    let mut other = conflict.clone();
    let kept = other.provisional.as_mut().unwrap();
    let choices = conflict.choices.clone().into_iter();
    let choices = choices.map(|choice| choice.place);
    kept.place = choices.clone().find(|place| *place != kept.place).unwrap();
    same.conflicts = vec![conflict, other];
    assert_eq!(cards(&same), 2);
    let shown = section(same, Language::En);
    assert!(
        shown.contains("2,496.00") && shown.contains("2,400.00"),
        "{shown}"
    );
    for place in choices {
        let name = in_language(Language::En, || yizhang_show::place::name(place));
        assert!(
            shown.contains(&format!("counted in {name}")),
            "{name}: {shown}"
        );
    }
}

#[test]
fn nobody_who_has_to_act_is_told_that_there_is_nothing_to_do() {
    let nothing = "you need not do anything";
    for (title, account) in of_cases() {
        for conflict in &account.conflicts {
            let acts = conflict.code.class().acts;
            let returns = conflict.to_return.unwrap_or(0);
            let card = card(&account, conflict);
            // What is resolved leaves work to a payer alone; of every other one an agency has some left.
            let is_resolved = conflict.severity == Severity::Auto;
            let is_done = is_resolved && acts != Actor::Payer && returns == 0;
            assert_eq!(
                card.contains(nothing),
                is_done,
                "{title}, {:?}: {card}",
                conflict.code
            );
        }
    }
    let part = of_case("counting.toml: paid in part");
    let shown = section(part.clone(), Language::En);
    assert!(shown.contains("To act: whoever owes the money"), "{shown}");
    assert!(
        section(part, Language::Zh).contains("还有事要办"),
        "{shown}"
    );
    // Near-miss: the agency has given back what it had to.
    let mut account = of_case("refunds.toml: half of a named month and the overlap");
    account
        .conflicts
        .retain(|one| one.code == ConflictCode::C04);
    let shown = section(account, Language::En);
    assert!(
        shown.contains(nothing) && !shown.contains("To act"),
        "{shown}"
    );
    let dead = of_cases().into_iter().find_map(|(_, account)| {
        let mut conflicts = account.conflicts.iter();
        let found = conflicts.any(|one| one.code == ConflictCode::C22 && one.to_return > Some(0));
        found.then_some(account)
    });
    let shown = section(dead.expect("a case of C22"), Language::En);
    assert!(shown.contains("has to go back. To act:"), "{shown}");
}
