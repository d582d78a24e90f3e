//! Two clerks: what one has sent waits for another, who approves it with a certificate of their own. Real processes.

use crate::support::{Federation, Ran, connect::connect, contributions, purpose, run};
use std::path::{Path, PathBuf};
use tonic::{Code, Status, transport::Channel};
use yizhang_ledger::{
    approval,
    batch::{RecordBlock, SubmissionId, content_digest},
    entry::{Entry, RecordId},
    hash::Hash,
    head::Origin,
    person::AccountId,
    record::{Approval, Record, Reversal, Source},
    value::{Code as LedgerCode, Day, LeafIndex},
};
use yizhang_store::{Options, Store};
use yizhang_wire::{
    code::RefusalCode,
    purpose::Business,
    v1::{
        ApproveRequest, LookupRequest, Receipt, RefuseRequest, ShowWaitingRequest, SubmitRequest,
        WaitingRequest, WaitingSubmission, account_client::AccountClient,
        approvals_client::ApprovalsClient, lookup_request::Worker,
        submission_client::SubmissionClient,
    },
};

const GUANGDONG: u32 = 440_000;
const WORKER: &str = "440300199003078815";
const ACCOUNT: AccountId = AccountId([7; 16]);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

/// A federation of one node that asks for two clerks.
fn federation() -> Federation {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.ask_for_two_clerks(GUANGDONG);
    federation.start_all();
    federation
}

/// Credentials of a clerk with these roles.
fn clerk(federation: &Federation, roles: &str) -> PathBuf {
    federation.clerk(GUANGDONG, roles, roles)
}

/// `agency approvals`, as a clerk.
fn approvals(clerk: &Path, arguments: &[&str]) -> Ran {
    let node = GUANGDONG.to_string();
    let mut all = vec!["agency", "approvals"];
    all.extend(arguments);
    all.extend(["--node", &node, "--credentials", clerk.to_str().unwrap()]);
    run(&all)
}

fn import(clerk: &Path, file: &str) -> Ran {
    let node = GUANGDONG.to_string();
    let clerk = clerk.to_str().unwrap();
    run(&[
        "agency",
        "import",
        file,
        "--node",
        &node,
        "--credentials",
        clerk,
        "--durable",
        "local",
    ])
}

/// Three months, and a reversal of the last, which becomes a submission of its own.
pub(crate) fn corrected() -> String {
    let columns = "kind,person,scheme,period,received,place,payer_kind,base,person_rate,due_person,paid_person,credited_person,serial,agency,target\n";
    let month = |month: u32| {
        format!(
            "Received,{WORKER},hrss:110,2015-0{month},2015-0{month}-20,440300,person,5000.00,0.2,1000.00,1000.00,400.00,A{month},440300,\n"
        )
    };
    let months: String = (1..=3).map(month).collect();
    format!("{columns}{months}Reversal,{WORKER},,,,,,,,,,,R1,440300,A3\n")
}

#[test]
fn a_correction_enters_the_chain_with_the_certificates_of_two_clerks() {
    let mut federation = federation();
    let (maker, checker) = (
        clerk(&federation, "maker,reader"),
        clerk(&federation, "checker"),
    );
    let plain = federation.file("plain.csv", &contributions(WORKER, 440_300, 3, "p"));
    import(&maker, &plain).expect(0);

    let file = federation.file("corrected.csv", corrected().as_bytes());
    for _ in 0..2 {
        let said = import(&maker, &file).expect(1).stdout;
        assert!(said.contains("in no chain: 1 "), "{said}");
    }
    let size = federation.status(GUANGDONG).unwrap()["chains"][0]["size"].clone();
    // A crash forgets nothing of it.
    federation.kill(GUANGDONG);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    assert_eq!(
        federation.status(GUANGDONG).unwrap()["chains"][0]["size"],
        size
    );
    let listed = approvals(&checker, &["list"]).expect(1).stdout;
    assert!(listed.contains("waits for approval"), "{listed}");
    let number = listed
        .split(|c: char| !c.is_ascii_hexdigit())
        .find(|word| word.len() == 16)
        .unwrap();

    let case = ["--business", "correction", "--case", "C-1"];
    let shown = [&["show", number], case.as_slice()].concat();
    let shown = approvals(&checker, &shown).expect(0).stdout;
    assert!(shown.contains("serial R1"), "{shown}");
    // Every field in words, also those that say nothing.
    assert!(
        shown.contains("    reason: –") && shown.contains("    agency: 440300"),
        "{shown}"
    );
    assert!(!shown.contains(WORKER), "{shown}");
    let digest = shown.trim_end().rsplit(' ').next().unwrap();
    let wrong = "0123456789abcdef".repeat(4);
    approvals(&checker, &["approve", number, "--digest", &wrong]).expect(4);
    // Its beginning is not enough: another content that begins alike can be made.
    approvals(&checker, &["approve", number, "--digest", &digest[..16]]).expect(2);
    // Whoever is no checker does not approve.
    approvals(&maker, &["approve", number, "--digest", digest]).expect(5);
    approvals(&checker, &["approve", number, "--digest", digest]).expect(0);
    let listed = approvals(&checker, &["list"]).expect(0).stdout;
    assert!(listed.contains("Nothing waits"), "{listed}");
    // The maker asks again and has the receipt.
    let said = import(&maker, &file).expect(0).stdout;
    assert!(said.contains("4 were there already"), "{said}");
    federation.audit(GUANGDONG).expect(0);
    federation.stop(GUANGDONG);
    assert_stands_behind_its_approval(&federation, number);
}

/// The submission whose number begins so stands in the batch of its approval, directly behind it.
fn assert_stands_behind_its_approval(federation: &Federation, number: &str) {
    let origin = Origin::parse("demo.yizhang/440000").unwrap();
    let data = federation.node_dir(GUANGDONG).join("data");
    let (store, _) = Store::open(&data, Options::new(vec![origin.clone()])).unwrap();
    let size = store.size(&origin).unwrap();
    let entries = (0..size.0).map(|at| store.record(&origin, LeafIndex(at)).unwrap());
    let entries: Vec<_> = entries.collect();
    let mut approved = Vec::new();
    for (at, bytes) in entries.iter().enumerate() {
        let entry = Entry::parse(bytes, LeafIndex(0)).unwrap();
        if let Ok(Record::Approval(fields)) = Record::read(&entry) {
            assert!(fields.submission.to_string().starts_with(number));
            let id = approval::submission_of(fields.submission, &fields.content);
            let found = store
                .submission(&origin, "node.440000", &id)
                .unwrap()
                .unwrap();
            assert_eq!(found.first.0, u64::try_from(at).unwrap());
            let submitter = fields.submitter.as_str();
            let records = store
                .submission(&origin, submitter, &fields.submission)
                .unwrap();
            let records = records.unwrap();
            // No batch entry stands between them.
            assert_eq!(records.first.0, found.first.0 + 1);
            assert_eq!(records.content, fields.content);
            assert_ne!(fields.maker, fields.checker);
            approved.push(records.records);
        }
    }
    assert_eq!(approved, [1]);
}

fn reversal(serial: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let record = Record::Reversal(Reversal {
        account: ACCOUNT,
        target: RecordId(Hash([9; 32])),
        reason: LedgerCode::NONE,
        source: Source {
            serial: LedgerCode::new(serial).unwrap(),
            ..Source::default()
        },
    });
    record.write(&mut bytes).unwrap();
    bytes
}

async fn submit(clerk: &Channel, id: u8, records: Vec<u8>) -> Result<Receipt, Status> {
    let request = SubmitRequest {
        submission_id: vec![id; 16].into(),
        records: records.into(),
    };
    let submitted = SubmissionClient::new(clerk.clone()).submit(request).await?;
    Ok(submitted.into_inner())
}

async fn list(clerk: &Channel) -> Vec<WaitingSubmission> {
    let mut client = ApprovalsClient::new(clerk.clone());
    let mut stream = client.list(WaitingRequest {}).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(one) = stream.message().await.unwrap() {
        all.push(one);
    }
    all
}

async fn approve(clerk: &Channel, id: u8, records: &[u8]) -> Result<Receipt, Status> {
    let request = ApproveRequest {
        submission_id: vec![id; 16].into(),
        content: content(records).0.to_vec().into(),
    };
    let approved = ApprovalsClient::new(clerk.clone()).approve(request).await?;
    Ok(approved.into_inner())
}

async fn refuse(clerk: &Channel, id: u8, records: &[u8], reason: &str) -> Result<(), Status> {
    let request = RefuseRequest {
        submission_id: vec![id; 16].into(),
        content: content(records).0.to_vec().into(),
        reason: reason.to_string(),
    };
    let refused = ApprovalsClient::new(clerk.clone()).refuse(request).await;
    refused.map(drop)
}

fn content(records: &[u8]) -> Hash {
    let block = RecordBlock::parse(records.to_vec()).unwrap();
    content_digest(block.leaves())
}

#[track_caller]
fn assert_refused<T>(answer: Result<T, Status>, code: RefusalCode) {
    let Err(status) = answer else {
        panic!("it was answered");
    };
    assert_eq!(RefusalCode::of(&status), Some(code), "{status}");
}

#[test]
fn what_waits_is_approved_by_another_certificate_as_it_was_looked_at_and_once() {
    let federation = federation();
    let second = clerk(&federation, "maker,checker,reader");
    block_on(async {
        let first = connect(GUANGDONG, federation.agency(GUANGDONG));
        let second = connect(GUANGDONG, second);
        let auditor = connect(GUANGDONG, federation.auditor());
        let records = reversal("A1");
        let receipt = submit(&first, 1, records.clone()).await.unwrap();
        assert!(
            receipt.head.is_empty() && receipt.records == 0,
            "no receipt"
        );
        let waiting = receipt.waiting.unwrap();
        assert_eq!((waiting.records, waiting.refused_ms), (1, 0));
        // The same again, from another clerk as well, and another content under the number.
        for clerk in [&first, &second] {
            let again = submit(clerk, 1, records.clone()).await.unwrap();
            assert_eq!(again.waiting.as_ref(), Some(&waiting));
            assert_refused(
                submit(clerk, 1, reversal("A2")).await,
                RefusalCode::OtherContent,
            );
        }
        assert_refused(approve(&first, 1, &records).await, RefusalCode::SameClerk);
        let other = reversal("A2");
        assert_refused(approve(&second, 1, &other).await, RefusalCode::OtherContent);
        assert_refused(approve(&second, 2, &records).await, RefusalCode::NotWaiting);
        assert_refused(
            approve(&auditor, 1, &records).await,
            RefusalCode::OtherAgency,
        );
        // Without a purpose nobody looks.
        let mut client = ApprovalsClient::new(second.clone());
        let mut look = ShowWaitingRequest {
            submission_id: vec![1; 16].into(),
            purpose: None,
        };
        assert_refused(client.show(look.clone()).await, RefusalCode::Purpose);
        look.purpose = Some(purpose(Business::Correction));
        let shown = client.show(look).await.unwrap().into_inner();
        assert_eq!(shown.records, records);
        // Twice at once: one of them appends, and the other learns that somebody does.
        let both = tokio::join!(approve(&second, 1, &records), approve(&second, 1, &records));
        assert!(both.0.is_ok() || both.1.is_ok());
        for refused in [both.0, both.1].into_iter().filter_map(Result::err) {
            let code = RefusalCode::of(&refused);
            let may = [RefusalCode::Busy, RefusalCode::NotWaiting].map(Some);
            assert!(may.contains(&code), "{refused}");
        }
        assert!(list(&first).await.is_empty());
        let receipt = submit(&first, 1, records.clone()).await.unwrap();
        assert!(receipt.waiting.is_none() && receipt.records == 1);
        assert_refused(approve(&second, 1, &records).await, RefusalCode::NotWaiting);
        assert_refused(submit(&first, 1, other).await, RefusalCode::OtherContent);
    });
}

#[test]
fn what_was_refused_says_so_to_whoever_sent_it() {
    let federation = federation();
    let clerks = ["maker", "maker,reader", "checker"].map(|roles| clerk(&federation, roles));
    block_on(async {
        let [maker, other_maker, checker] = clerks.map(|clerk| connect(GUANGDONG, clerk));
        let records = reversal("A1");
        for id in [1, 2] {
            submit(&maker, id, records.clone()).await.unwrap();
        }
        let faulty = ["", " \t", "line\nline", &"x".repeat(513)];
        for reason in faulty {
            let refused = refuse(&checker, 1, &records, reason).await;
            assert_refused(refused, RefusalCode::Field);
        }
        let refused = refuse(&checker, 1, &reversal("A2"), "no voucher").await;
        assert_refused(refused, RefusalCode::OtherContent);
        let refused = refuse(&other_maker, 1, &records, "not mine").await;
        assert_refused(refused, RefusalCode::NotYourDuty);
        refuse(&checker, 1, &records, "no voucher").await.unwrap();
        // An own one is taken back.
        refuse(&maker, 2, &records, "typed wrong").await.unwrap();
        let told: Vec<_> = list(&maker)
            .await
            .into_iter()
            .map(|one| one.reason)
            .collect();
        assert_eq!(told, ["no voucher", "typed wrong"]);
        let again = submit(&maker, 1, records.clone()).await.unwrap();
        assert_eq!(again.waiting.unwrap().reason, "no voucher");
        assert_refused(
            approve(&checker, 1, &records).await,
            RefusalCode::NotWaiting,
        );
    });
}

#[test]
fn clerks_do_what_their_certificates_say() {
    let federation = federation();
    let clerks = ["maker", "checker", "reader"].map(|roles| clerk(&federation, roles));
    block_on(async {
        let [maker, checker, reader] = clerks.map(|clerk| connect(GUANGDONG, clerk));
        let lookup = || LookupRequest {
            worker: Some(Worker::Number(WORKER.to_string())),
            as_of: 20_261_031,
            purpose: Some(purpose(Business::Inquiry)),
            ..LookupRequest::default()
        };
        let mut client = AccountClient::new(reader.clone());
        client.lookup(lookup()).await.unwrap();
        for clerk in [&maker, &checker] {
            let refused = AccountClient::new(clerk.clone()).lookup(lookup()).await;
            assert_refused(refused, RefusalCode::NotYourDuty);
        }
        for clerk in [&checker, &reader] {
            let refused = submit(clerk, 1, reversal("A1")).await;
            let status = refused.as_ref().unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied);
            assert_refused(refused, RefusalCode::NotYourDuty);
        }
        // An approval is the node's own to write.
        let mut forged = Vec::new();
        let approval = Approval {
            submission: SubmissionId([1; 16]),
            submitter: LedgerCode::new("agency.440000").unwrap(),
            content: Hash([2; 32]),
            maker: Hash([3; 32]),
            checker: Hash([4; 32]),
            on: Day::new(20_261_130).unwrap(),
        };
        Record::Approval(approval).write(&mut forged).unwrap();
        assert_refused(submit(&maker, 1, forged).await, RefusalCode::Field);
    });
    // The portal has no clerks.
    let dir = federation.path();
    let to = dir.join("portal-9");
    run(&[
        "federation",
        "certificate",
        "--dir",
        dir.to_str().unwrap(),
        "--region",
        &GUANGDONG.to_string(),
        "--role",
        "portal",
        "--clerk-role",
        "reader",
        "--to",
        to.to_str().unwrap(),
    ])
    .expect(2);
}
