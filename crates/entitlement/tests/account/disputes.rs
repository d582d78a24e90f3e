//! Disputes: until when they are to be answered, by the program's own limit or a rule, and how they were answered.

use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, flexible, month, source},
};
use yizhang_entitlement::{
    Account, Policy,
    account::{DisputeLine, Standing},
    dispute::{ANSWER_DAYS, Outcome, Reason, is_disputable},
    fold,
    review::{List, review},
};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    record::{Dispute, Record, Reversal},
    value::Code,
};
use yizhang_rules::{RuleFile, RuleSet};

fn paid() -> Record<'static> {
    Record::Contribution(Kind::RECEIVED, flexible("hrss:110", month("2026-05"), "S1"))
}

fn said(kind: Kind, of: &Record<'_>, reason: &'static str, on: &str) -> Record<'static> {
    let fields = Dispute {
        account: WORKER,
        region: division("440000"),
        target: federation::id(of),
        reason: Code::new(reason).unwrap(),
        on: day(on),
        document: Hash::ZERO,
        source: source(reason),
    };
    Record::Dispute(kind, fields)
}

fn account(records: &[Record<'_>], policy: &Policy, as_of: &str) -> Account {
    let entries: Vec<Vec<u8>> = records.iter().map(federation::entry).collect();
    let mut federation = Federation::default();
    federation.append(division("440000"), &entries);
    fold(&federation.facts(), policy, day(as_of))
}

fn line(account: &Account) -> &DisputeLine {
    let [line] = account.disputes.as_slice() else {
        panic!("{:?}", account.disputes)
    };
    line
}

#[test]
fn a_dispute_is_answered_within_our_limit_or_that_of_a_rule() {
    let paid = paid();
    let raised = said(Kind::DISPUTE, &paid, "amount", "2026-06-01");
    let records = [paid, raised];
    // Fifteen working days from Monday 2026-06-01 on, without the dragon boat festival on Friday 2026-06-19: Tuesday, three weeks later.
    let found = account(&records, Policy::embedded(), "2026-06-22");
    assert_eq!(line(&found).due, Some(day("2026-06-23")), "{ANSWER_DAYS}");
    assert_eq!(line(&found).overdue, 0);
    let late = account(&records, Policy::embedded(), "2026-06-25");
    assert_eq!(line(&late).overdue, 2);

    let text = "[[rule]]\nid = \"answer\"\nkey = \"dispute.answer\"\nfrom = \"2020-01\"\nvalue = { days = 3 }\n\
                document = \"an order\"\nnumber = \"1\"\npublished = \"2020-01-01\"\nconfidence = \"V\"\n";
    let rule = RuleFile {
        name: "answer",
        text,
    };
    let rules = RuleSet::embedded().overlaid(&[rule]);
    let policy = Policy::new(rules.unwrap_or_else(|faults| panic!("{faults:?}")));
    let found = account(&records, &policy, "2026-06-05");
    assert_eq!(line(&found).due, Some(day("2026-06-04")));
    assert_eq!(line(&found).overdue, 1);
}

#[test]
fn an_answer_says_how_and_when_and_ends_the_waiting() {
    let paid = paid();
    let raised = said(Kind::DISPUTE, &paid, "amount", "2026-06-01");
    let answered = said(Kind::DISPUTE_OUTCOME, &raised, "refused", "2026-06-03");
    let open = account(&[paid, raised], Policy::embedded(), "2026-06-30");
    let queue = |account: &Account| {
        let findings = review(account, 0).into_iter();
        findings
            .filter(|finding| finding.list == List::Dispute)
            .count()
    };
    assert_eq!(queue(&open), 1);
    let found = account(&[paid, raised, answered], Policy::embedded(), "2026-06-30");
    let line = line(&found);
    assert_eq!(
        (line.answer.as_str(), line.answered),
        ("refused", Some(day("2026-06-03")))
    );
    assert_eq!((line.due, line.overdue), (None, 0));
    assert_eq!(queue(&found), 0);
    // On the day before the answer nobody knows of it.
    let before = account(&[paid, raised, answered], Policy::embedded(), "2026-06-02");
    assert_eq!(queue(&before), 1);
}

#[test]
fn the_queue_names_the_dispute_and_the_record() {
    let paid = paid();
    let raised = said(Kind::DISPUTE, &paid, "amount", "2026-06-01");
    let found = account(&[paid, raised], Policy::embedded(), "2026-06-30");
    let findings = review(&found, 0);
    let finding = findings
        .iter()
        .find(|finding| finding.list == List::Dispute);
    let finding = finding.unwrap();
    assert_eq!(finding.what, "amount");
    assert_eq!(finding.dispute, Some(federation::id(&raised).0));
    assert_eq!(finding.disputed, Some(Kind::RECEIVED));
    assert_eq!(finding.at, Some(1));
    assert_eq!(finding.places, [division("440000")]);
    assert_eq!(
        (finding.first, finding.last),
        (Some(month("2026-05")), Some(month("2026-05")))
    );
}

#[test]
fn reasons_fit_kinds_and_what_nodes_write_is_not_disputed() {
    for reason in Reason::ALL {
        assert_eq!(Reason::of_code(reason.code()), Some(reason));
    }
    assert_eq!(Reason::of_code("none"), None);
    assert!(Reason::NoConsent.fits(Kind::IDENTITY_LINK));
    assert!(!Reason::NoConsent.fits(Kind::RECEIVED));
    assert!(!Reason::Deducted.fits(Kind::IDENTITY_LINK));
    assert!(!Reason::Transfer.fits(Kind::RECEIVED));
    for kind in [
        Kind::DISPUTE,
        Kind::DISPUTE_OUTCOME,
        Kind::KEY_BOUND,
        Kind::ACCOUNT_REGISTER,
    ] {
        assert!(!is_disputable(kind), "{kind}");
    }
    assert!(is_disputable(Kind::IDENTITY_LINK) && is_disputable(Kind::POSTED));
    let codes = Outcome::ALL.map(Outcome::code);
    assert_eq!(codes, ["upheld", "partly", "refused"]);
}

#[test]
fn no_agency_takes_back_what_a_node_has_written_for_the_worker() {
    let reversed = |system: &'static str| {
        let paid = paid();
        let mut raised = said(Kind::DISPUTE, &paid, "amount", "2026-06-01");
        if let Record::Dispute(_, fields) = &mut raised {
            fields.source.system = Code::new(system).unwrap();
        }
        let reversal = Record::Reversal(Reversal {
            account: WORKER,
            target: federation::id(&raised),
            reason: Code::NONE,
            source: source("R"),
        });
        let records = [paid, raised, reversal];
        account(&records, Policy::embedded(), "2026-06-22")
    };
    assert_eq!(reversed("node").disputes.len(), 1);
    assert_eq!(
        reversed("node")
            .records
            .iter()
            .filter(|line| line.standing == Standing::NoTarget)
            .count(),
        1
    );
    assert!(reversed("hall").disputes.is_empty());
}
