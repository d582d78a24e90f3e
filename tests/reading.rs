//! Who may read what: by role, for a stated purpose, within limits, and with a trace.

use crate::support::{
    self, Federation,
    connect::{certify, connect, connect_as, roster},
    contributions, eventually, purpose, yizhang,
};
use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};
use tonic::{Code, Status, transport::Channel};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    person::AccountId,
    record::{AccessDigest, AccountRegister, Identity, Record, Source},
    value::{self, Day, UnixMillis},
};
use yizhang_store::{AccessEntry, AccessLog, Subject};
use yizhang_wire::{
    code::RefusalCode,
    purpose::Business,
    v1::{
        self, FetchRequest, LookupRequest, PseudonymsRequest, ReplayRequest, ReviewRequest,
        StatusRequest, SubmitRequest, WatchRequest, account_client::AccountClient,
        ledger_client::LedgerClient, lookup_request::Worker, pseudonyms_client::PseudonymsClient,
        replication_client::ReplicationClient, review_client::ReviewClient,
        submission_client::SubmissionClient,
    },
};

const REGION: u32 = 440_000;
const WORKER: &str = "440300199003078815";

fn run(test: impl AsyncFnOnce(&mut Federation)) {
    let mut federation = Federation::found(&[REGION]);
    federation.start_all();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test(&mut federation));
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Status>, status: Code, code: RefusalCode) {
    let refusal = result.unwrap_err();
    assert_eq!(refusal.code(), status, "{refusal:?}");
    assert_eq!(RefusalCode::of(&refusal), Some(code), "{refusal:?}");
}

fn lookup() -> LookupRequest {
    LookupRequest {
        worker: Some(Worker::Number(WORKER.into())),
        as_of: 20_261_031,
        proofs: false,
        registers: false,
        purpose: Some(purpose(Business::Inquiry)),
        ..LookupRequest::default()
    }
}

fn chain() -> ReplayRequest {
    ReplayRequest {
        origin: "demo.yizhang/440000".into(),
        from: 0,
        purpose: Some(purpose(Business::Audit)),
    }
}

fn numbers(numbers: Vec<String>) -> PseudonymsRequest {
    PseudonymsRequest {
        numbers,
        purpose: Some(purpose(Business::Import)),
    }
}

#[test]
fn pseudonyms_are_told_to_the_own_agency_alone_and_how_many_is_written_down() {
    run(async |federation| {
        let agency = federation.agency(REGION);
        let mut clerk = PseudonymsClient::new(connect(REGION, &agency));
        // Many times the same person is many persons: nothing is gained by it.
        let asked = numbers(vec![WORKER.into(); 2_048]);
        let told = clerk.of_numbers(asked).await.unwrap().into_inner().persons;
        assert_eq!(told.len(), 2_048);
        let account = &told[0].current;
        assert!(account.len() == 16 && told.iter().all(|person| person.current == *account));

        let (wrong, range) = (Code::InvalidArgument, RefusalCode::Field);
        for count in [0, 2_049] {
            let asked = numbers(vec![WORKER.into(); count]);
            refused(clerk.of_numbers(asked).await, wrong, range);
        }
        let asked = numbers(vec![WORKER.into(), "440300199003078812".into()]);
        refused(clerk.of_numbers(asked).await, wrong, RefusalCode::Number);
        let asked = PseudonymsRequest {
            purpose: None,
            ..numbers(vec![WORKER.into()])
        };
        refused(clerk.of_numbers(asked).await, wrong, RefusalCode::Purpose);

        let other = certify(federation, "agency.520000.demo.yizhang");
        let denied = Code::PermissionDenied;
        let roster = roster(Path::new(&agency));
        let mut other = PseudonymsClient::new(connect_as(REGION, &roster, &other));
        let asked = numbers(vec![WORKER.into()]);
        refused(
            other.of_numbers(asked).await,
            denied,
            RefusalCode::NotInRoster,
        );
        let node = connect(REGION, federation.node_dir(REGION));
        let auditor = connect(REGION, federation.auditor());
        for channel in [node, auditor] {
            let asked = numbers(vec![WORKER.into()]);
            let told = PseudonymsClient::new(channel).of_numbers(asked).await;
            refused(told, denied, RefusalCode::OtherAgency);
        }

        let told: Vec<_> = access_log(federation, &[])
            .iter()
            .filter(|entry| entry["method"] == "Pseudonyms.OfNumbers" && entry["answer"] == "ok")
            .map(|entry| entry["numbers"].as_u64())
            .collect();
        assert_eq!(told, [Some(2_048)]);
    });
}

#[test]
fn a_certificate_is_told_so_many_pseudonyms_a_day_and_no_more() {
    let mut federation = Federation::found(&[REGION]);
    set_limits(&federation, "[reads]\nnumbers_a_day = 192\n");
    federation.start_all();
    let file = federation.file("3.csv", &contributions(WORKER, 440_300, 3, "S"));
    // A file asks for each person once.
    federation.import(REGION, &file, &[]).expect(0);
    federation.import(REGION, &file, &[]).expect(0);
    federation.import(REGION, &file, &[]).expect(0);
    // Those of before count after a restart.
    federation.stop(REGION);
    federation.start_all();
    let refused = federation.import(REGION, &file, &[]).expect(3);
    assert!(
        refused.stderr.contains("192 pseudonyms this day"),
        "{}",
        refused.stderr
    );
}

#[test]
fn whole_chains_are_not_for_clerks_and_accounts_not_for_nodes() {
    run(async |federation| {
        let file = federation.file("3.csv", &contributions(WORKER, 440_300, 3, "S"));
        federation.import(REGION, &file, &[]).expect(0);
        let clerk = connect(REGION, federation.agency(REGION));
        let node = connect(REGION, federation.node_dir(REGION));
        let denied = Code::PermissionDenied;
        let not_for_role = RefusalCode::NotForRole;
        let replay = LedgerClient::new(clerk).replay(chain()).await;
        refused(replay.map(drop), denied, not_for_role);
        let account = AccountClient::new(node.clone()).lookup(lookup()).await;
        refused(account, denied, not_for_role);
        let review = ReviewClient::new(node.clone())
            .accounts(ReviewRequest::default())
            .await;
        refused(review.map(drop), denied, RefusalCode::ReviewOfOthers);
        let batches = LedgerClient::new(node).replay(chain()).await;
        assert!(batches.is_ok(), "nodes read whole chains");
    });
}

#[test]
fn a_certificate_of_a_region_outside_the_roster_is_good_for_nothing() {
    run(async |federation| {
        let roster = roster(Path::new(&federation.agency(REGION)));
        for role in ["agency", "node"] {
            let name = format!("{role}.110000.{}", roster.federation);
            let channel = connect_as(REGION, &roster, &certify(federation, &name));
            let (denied, code) = (Code::PermissionDenied, RefusalCode::NotInRoster);
            let mut ledger = LedgerClient::new(channel.clone());
            refused(ledger.status(StatusRequest {}).await, denied, code);
            refused(ledger.replay(chain()).await.map(drop), denied, code);
            let mut accounts = AccountClient::new(channel.clone());
            refused(accounts.lookup(lookup()).await, denied, code);
            let mut review = ReviewClient::new(channel.clone());
            let reviewed = review.accounts(ReviewRequest::default()).await;
            refused(reviewed.map(drop), denied, code);
            let mut replication = ReplicationClient::new(channel.clone());
            let watched = replication.watch(WatchRequest {}).await;
            refused(watched.map(drop), denied, code);
            let fetched = replication.fetch(FetchRequest::default()).await;
            refused(fetched.map(drop), denied, code);
            let mut submission = SubmissionClient::new(channel);
            let submitted = submission.submit(SubmitRequest::default()).await;
            refused(submitted, denied, code);
        }
    });
}

#[test]
fn nobody_reads_without_saying_for_what() {
    run(async |federation| {
        let clerk = connect(REGION, federation.agency(REGION));
        let auditor = connect(REGION, federation.auditor());
        let mut accounts = AccountClient::new(clerk.clone());
        let with = |business: &str, case_number: &str, person: &str| LookupRequest {
            purpose: Some(v1::Purpose {
                business: business.into(),
                case_number: case_number.into(),
                person: person.into(),
            }),
            ..lookup()
        };
        let unstated = LookupRequest {
            purpose: None,
            ..lookup()
        };
        let (wrong, code) = (Code::InvalidArgument, RefusalCode::Purpose);
        let long = "案".repeat(65);
        for request in [
            unstated,
            with("curiosity", "C-1", "张伟"),
            with("inquiry", "", "张伟"),
            with("inquiry", &long, "张伟"),
            with("inquiry", "C-1", ""),
            with("inquiry", "C-1", "a\u{1b}[2J"),
        ] {
            refused(accounts.lookup(request).await, wrong, code);
        }
        let longest = "案".repeat(64);
        let stated = accounts.lookup(with("inquiry", &longest, "张伟")).await;
        assert!(stated.is_ok(), "{stated:?}");
        let review = ReviewClient::new(clerk)
            .accounts(ReviewRequest {
                as_of: 20_261_031,
                ..ReviewRequest::default()
            })
            .await;
        refused(review.map(drop), wrong, code);
        let mut ledger = LedgerClient::new(auditor);
        let out_of_curiosity = ReplayRequest {
            purpose: Some(purpose(Business::Inquiry)),
            ..chain()
        };
        refused(ledger.replay(out_of_curiosity).await.map(drop), wrong, code);
        assert!(ledger.replay(chain()).await.is_ok());
    });
}

#[test]
fn the_command_line_asks_for_business_and_case_and_knows_who_is_logged_in() {
    let arguments = [
        "worker",
        "account",
        "--node",
        "440000",
        "--credentials",
        "/nowhere",
    ];
    let of = |variables: &[(&str, &str)]| {
        let mut command = yizhang(&arguments);
        for name in [
            "YIZHANG_BUSINESS",
            "YIZHANG_CASE",
            "YIZHANG_PERSON",
            "USER",
            "LOGNAME",
        ] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, text) = of(&[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("--business") && text.contains("--case"),
        "{text}"
    );
    let asked = text.lines().next().unwrap();
    assert!(!asked.contains("--person"), "{text}");
    let (code, text) = of(&[("YIZHANG_BUSINESS", "curiosity"), ("YIZHANG_CASE", "C-1")]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("inquiry"), "{text}");
    let (code, text) = of(&[("YIZHANG_BUSINESS", "inquiry"), ("YIZHANG_CASE", "C-1")]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("--person uid-"), "{text}");
}

/// Gives the node of the region these limits, or the usual ones.
fn set_limits(federation: &Federation, limits: &str) {
    let path = federation.node_dir(REGION).join("node.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (before, _) = text.split_once("[reads]").unwrap_or((&text, ""));
    fs::write(&path, format!("{before}{limits}")).unwrap();
}

fn data(federation: &Federation) -> PathBuf {
    federation.node_dir(REGION).join("data")
}

/// The entries of the access log, as the command lists them.
fn access_log(federation: &Federation, more: &[&str]) -> Vec<serde_json::Value> {
    let data = data(federation);
    let mut arguments = vec![
        "node",
        "access-log",
        "--json",
        "--data",
        data.to_str().unwrap(),
    ];
    arguments.extend(more);
    let ran = support::run(&arguments).expect(0);
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn read_metrics(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn lookup_of(account: u32) -> LookupRequest {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&account.to_be_bytes());
    LookupRequest {
        worker: Some(Worker::Account(id.to_vec().into())),
        ..lookup()
    }
}

/// Looks accounts up with sixteen callers on one connection; each account with its outcome.
async fn look_up_all(channel: &Channel, accounts: u32) -> Vec<(u32, Result<(), Status>)> {
    const CALLERS: u32 = 16;
    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let mut client = AccountClient::new(channel.clone());
        callers.push(tokio::spawn(async move {
            let mut outcomes = Vec::new();
            for account in (caller..accounts).step_by(16) {
                let answer = client.lookup(lookup_of(account)).await;
                outcomes.push((account, answer.map(drop)));
            }
            outcomes
        }));
    }
    let mut outcomes = Vec::new();
    for caller in callers {
        outcomes.extend(caller.await.unwrap());
    }
    outcomes
}

#[test]
fn a_clerk_who_takes_accounts_for_their_own_sake_is_stopped_and_a_restart_does_not_forget() {
    run(async |federation| {
        federation.stop(REGION);
        set_limits(federation, "");
        let metrics = support::listen_on_quiet_port().local_addr().unwrap();
        federation.start_with(REGION, &["--metrics", &metrics.to_string()]);
        federation.wait_ready(REGION);
        let agency = PathBuf::from(federation.agency(REGION));
        let begun = std::time::Instant::now();
        let outcomes = look_up_all(&connect(REGION, &agency), 3_000).await;
        let answered = outcomes
            .iter()
            .filter(|(_, outcome)| outcome.is_ok())
            .count();
        println!(
            "{answered} of 3000 lookups answered in {:?}",
            begun.elapsed()
        );
        // Two minutes of the clock may have been begun.
        assert!((120..=240).contains(&answered), "{answered}");
        let refusal = outcomes
            .into_iter()
            .find_map(|(_, outcome)| outcome.err())
            .unwrap();
        assert_eq!(refusal.code(), Code::ResourceExhausted);
        assert_eq!(RefusalCode::of(&refusal), Some(RefusalCode::ReadLimit));
        assert!(
            refusal.message().contains("120 accounts this minute"),
            "{refusal:?}"
        );
        let wait = refusal
            .metadata()
            .get("retry-after")
            .unwrap()
            .to_str()
            .unwrap();
        assert!((1..=60).contains(&wait.parse::<u32>().unwrap()), "{wait}");
        let warned = federation
            .log(REGION)
            .matches("as many accounts as it may")
            .count();
        assert_eq!(warned, 1);
        let counted = format!(
            "yizhang_read_limits_total{{limit=\"minute\"}} {}",
            3_000 - answered
        );
        assert!(read_metrics(metrics).contains(&counted), "{counted}");
        // Every answer left its trace; refusals up to their own limit.
        let log = access_log(federation, &[]);
        let with = |answer: &str| log.iter().filter(|entry| entry["answer"] == answer).count();
        // Of invented accounts no record is found.
        assert_eq!(with("nothing"), answered);
        assert_eq!(with("read-limit"), 600);
        // The day is not forgotten.
        federation.kill(REGION);
        set_limits(federation, "[reads]\naccounts_a_day = 100\n");
        federation.start(REGION);
        federation.wait_ready(REGION);
        let mut accounts = AccountClient::new(connect(REGION, &agency));
        let refusal = accounts.lookup(lookup_of(0)).await.unwrap_err();
        assert!(
            refusal.message().contains("100 accounts this day"),
            "{refusal:?}"
        );
    });
}

#[test]
fn every_answered_lookup_is_in_the_log_after_a_kill() {
    run(async |federation| {
        let channel = connect(REGION, federation.agency(REGION));
        let asking = tokio::spawn(async move { look_up_all(&channel, 100_000).await });
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        federation.kill(REGION);
        let outcomes = asking.await.unwrap();
        let answered: Vec<u32> = outcomes
            .into_iter()
            .filter_map(|(account, outcome)| outcome.is_ok().then_some(account))
            .collect();
        assert!(answered.len() > 100, "{}", answered.len());
        let log = access_log(federation, &[]);
        let traced: BTreeSet<&str> = log
            .iter()
            .map(|entry| entry["account"].as_str().unwrap())
            .collect();
        println!("{} answered, {} in the log", answered.len(), traced.len());
        for account in answered {
            let hex = format!("{account:08x}{}", "0".repeat(24));
            assert!(traced.contains(hex.as_str()), "{account}");
        }
        let entry = log.first().unwrap();
        for (field, value) in [
            ("holder", "agency.440000"),
            ("business", "inquiry"),
            ("case_number", "T-1"),
            ("person", "tester"),
            ("method", "Account.Lookup"),
            ("answer", "nothing"),
        ] {
            assert_eq!(entry[field], value);
        }
    });
}

#[test]
fn refused_reads_reviews_and_replays_are_in_the_log_and_no_person_in_the_other() {
    run(async |federation| {
        let file = federation.file("3.csv", &contributions(WORKER, 440_300, 3, "S"));
        federation.import(REGION, &file, &[]).expect(0);
        federation.lookup(REGION, WORKER, &[]).expect(0);
        let region = REGION.to_string();
        let (agency, auditor) = (federation.agency(REGION), federation.auditor());
        let of = |credentials| ["--node", region.as_str(), "--credentials", credentials];
        // It finds a gap.
        support::run(&[&["agency", "review"], of(&agency).as_slice()].concat()).expect(1);
        support::run(&[&["audit"], of(&auditor).as_slice()].concat()).expect(0);
        let node = connect(REGION, federation.node_dir(REGION));
        let denied = AccountClient::new(node).lookup(lookup()).await;
        assert!(denied.is_err());
        let mut log = Vec::new();
        eventually("the end of the review is in the log", || {
            log = access_log(federation, &[]);
            log.iter().any(|entry| entry["answer"] == "ended")
        });
        let has = |method: &str, answer: &str, business: &str| {
            log.iter().any(|entry| {
                entry["method"] == method
                    && entry["answer"] == answer
                    && entry["business"] == business
            })
        };
        assert!(has("Account.Lookup", "nothing", "import"), "{log:?}");
        assert!(has("Account.Lookup", "ok", "inquiry"), "{log:?}");
        assert!(has("Review.Accounts", "ok", "review"), "{log:?}");
        assert!(has("Ledger.Replay", "ok", "audit"), "{log:?}");
        assert!(has("Account.Lookup", "not-for-role", ""), "{log:?}");
        let ended = log.iter().find(|entry| entry["answer"] == "ended").unwrap();
        assert_eq!(ended["reviewed"], 1);
        let account = log
            .iter()
            .find_map(|entry| entry["account"].as_str())
            .unwrap();
        assert!(!access_log(federation, &["--account", account]).is_empty());
        assert!(access_log(federation, &["--account", &"0".repeat(32)]).is_empty());
        let plain = federation.log(REGION);
        assert!(!plain.contains("tester") && !plain.contains("T-1") && !plain.contains(account));
    });
}

fn yesterday() -> (Day, UnixMillis) {
    let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
    let at = UnixMillis(now - 24 * 60 * 60 * 1_000);
    (Day::of(at), at)
}

fn check(federation: &Federation) -> support::Ran {
    let dir = federation.node_dir(REGION);
    support::run(&["node", "check", "--dir", dir.to_str().unwrap()])
}

/// A lookup of an agency, as the log has it.
fn entry(number: u8, at: UnixMillis) -> AccessEntry {
    AccessEntry {
        at,
        certificate: [7; 32],
        holder: "agency.440000".into(),
        method: "Account.Lookup".into(),
        answer: "ok".into(),
        business: "inquiry".into(),
        case_number: "C-1".into(),
        person: "zhang".into(),
        subject: Subject::Account(AccountId([number; 16])),
    }
}

#[test]
fn a_damaged_day_keeps_no_later_day_from_having_its_root_and_has_its_own_once_it_is_whole() {
    let mut federation = Federation::found(&[REGION]);
    let (second, at) = yesterday();
    let before = UnixMillis(at.0 - 24 * 60 * 60 * 1_000);
    let first = Day::of(before);
    let data = data(&federation);
    let mut log = AccessLog::open(&data, &mut |_| {}).unwrap();
    log.append(&[entry(1, before), entry(2, before)], first)
        .unwrap();
    log.append(&[entry(3, at)], second).unwrap();
    drop(log);
    let path = data.join(format!("access/{}.log", first.number()));
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[64 + 60] ^= 1;
    fs::write(&path, &changed).unwrap();
    federation.start(REGION);
    federation.wait_ready(REGION);
    eventually("the root of the later day is in the chain", || {
        federation.size(REGION, REGION) == 2
    });
    assert!(
        federation
            .log(REGION)
            .contains("its root is not in the chain")
    );
    federation.stop(REGION);
    fs::write(&path, &whole).unwrap();
    federation.start(REGION);
    federation.wait_ready(REGION);
    eventually("the root of the mended day is in the chain", || {
        federation.size(REGION, REGION) == 4
    });
    federation.stop(REGION);
    let ran = check(&federation).expect(0);
    assert!(ran.stdout.contains("the roots of 2 days"), "{}", ran.stdout);
}

#[test]
fn the_root_of_an_ended_day_is_in_the_chain_once_and_finds_what_was_changed() {
    let mut federation = Federation::found(&[REGION]);
    let (day, at) = yesterday();
    let entry = |number: u8| entry(number, at);
    let mut log = AccessLog::open(&data(&federation), &mut |_| {}).unwrap();
    log.append(&[entry(1), entry(2), entry(3)], day).unwrap();
    drop(log);
    federation.start(REGION);
    federation.wait_ready(REGION);
    // The batch entry and the root.
    eventually("the root is in the chain", || {
        federation.size(REGION, REGION) == 2
    });
    federation.stop(REGION);
    federation.start(REGION);
    federation.wait_ready(REGION);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(
        federation.size(REGION, REGION),
        2,
        "a restart writes no root twice"
    );
    federation.stop(REGION);
    let ran = check(&federation).expect(0);
    assert!(ran.stdout.contains("the roots of 1 days"), "{}", ran.stdout);
    let path = data(&federation).join(format!("access/{}.log", day.number()));
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[64 + 60] ^= 1;
    fs::write(&path, &changed).unwrap();
    let ran = check(&federation).expect(1);
    assert!(
        ran.stdout.contains("an entry was changed"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("the root in the chain"),
        "{}",
        ran.stdout
    );
    // Cut off cleanly behind the second entry: only the root tells.
    let entry_bytes = (whole.len() - 64) / 3;
    fs::write(&path, &whole[..64 + 2 * entry_bytes]).unwrap();
    let ran = check(&federation).expect(1);
    assert!(ran.stdout.contains("is of 3 entries"), "{}", ran.stdout);
    fs::remove_file(&path).unwrap();
    fs::write(path.with_file_name("20200101.log"), b"").unwrap();
    let ran = check(&federation).expect(1);
    assert!(ran.stdout.contains("the file is missing"), "{}", ran.stdout);
}

#[test]
fn an_account_that_is_read_with_another_is_in_the_log_too() {
    run(async |federation| {
        let (asked, linked) = (AccountId([1; 16]), AccountId([2; 16]));
        let link = Identity {
            account: asked,
            other: linked,
            target: None,
            reason: value::Code::NONE,
            evidence: Hash([0; 32]),
            on: Day::new(20_260_101).unwrap(),
            source: Source::default(),
        };
        let mut records = Vec::new();
        let link = Record::Identity(Kind::IDENTITY_LINK, link);
        link.write(&mut records).unwrap();
        let channel = connect(REGION, federation.agency(REGION));
        let submission = SubmitRequest {
            submission_id: vec![1; 16].into(),
            records: records.into(),
        };
        let mut submissions = SubmissionClient::new(channel.clone());
        submissions.submit(submission).await.unwrap();
        let request = LookupRequest {
            worker: Some(Worker::Account(asked.0.to_vec().into())),
            ..lookup()
        };
        let reply = AccountClient::new(channel).lookup(request).await.unwrap();
        assert_eq!(reply.into_inner().accounts.len(), 2);
        let log = access_log(federation, &["--account", &linked.reveal_hex()]);
        assert_eq!(log.len(), 1);
        assert_eq!(log[0]["answer"], "linked");
        assert_eq!(log[0]["person"], "tester");
    });
}

#[test]
fn nobody_else_writes_a_root_of_the_access_log_or_of_a_register() {
    run(async |federation| {
        let digest = AccessDigest {
            day: Day::new(20_261_130).unwrap(),
            entries: 1,
            last: Hash([1; 32]),
            before: Hash([0; 32]),
        };
        let register = AccountRegister {
            form: 1,
            size: 1,
            accounts: 1,
            root: Hash([1; 32]),
        };
        let forgeries = [
            Record::AccessDigest(digest),
            Record::AccountRegister(register),
        ];
        for forgery in forgeries {
            let mut records = Vec::new();
            forgery.write(&mut records).unwrap();
            let channel = connect(REGION, federation.agency(REGION));
            let forged = SubmitRequest {
                submission_id: vec![1; 16].into(),
                records: records.into(),
            };
            let submitted = SubmissionClient::new(channel).submit(forged).await;
            refused(submitted, Code::InvalidArgument, RefusalCode::Field);
        }
        assert_eq!(federation.size(REGION, REGION), 0);
    });
}

#[test]
fn where_nothing_can_be_written_down_nobody_reads_and_submissions_go_on() {
    run(async |federation| {
        federation.lookup(REGION, WORKER, &[]).expect(0);
        federation.lookup(REGION, WORKER, &[]).expect(0);
        federation.stop(REGION);
        let folder = data(federation).join("access");
        let file = fs::read_dir(&folder)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let mut changed = fs::read(&file).unwrap();
        changed[64 + 60] ^= 1;
        fs::write(&file, &changed).unwrap();
        federation.start(REGION);
        federation.wait_ready(REGION);
        let text = federation.file("3.csv", &contributions(WORKER, 440_300, 3, "S"));
        federation.import(REGION, &text, &[]).expect(0);
        let ran = federation.lookup(REGION, WORKER, &[]).expect(3);
        assert!(
            ran.stderr.contains("the access log cannot be written"),
            "{}",
            ran.stderr
        );
        assert!(federation.log(REGION).contains("nothing is read here"));
        // As the operations manual says.
        federation.stop(REGION);
        fs::rename(&file, federation.path().join("kept.log")).unwrap();
        federation.start(REGION);
        federation.wait_ready(REGION);
        federation.lookup(REGION, WORKER, &[]).expect(0);
    });
}
