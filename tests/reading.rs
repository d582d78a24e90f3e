//! Who may read what: by role, for a stated purpose, within limits, and with a trace.

mod support;

use base64ct::{Base64, Encoding};
use rcgen::{CertificateParams, DnType, Issuer, KeyPair};
use std::{fs, path::Path};
use support::{Federation, contributions, purpose, yizhang};
use tonic::{Code, Status, transport::Channel};
use yizhang_ledger::{roster::Roster, value::Division};
use yizhang_wire::{
    channel::{CallerIdentity, connect_lazily, node_name},
    code::RefusalCode,
    purpose::Business,
    v1::{
        self, FetchRequest, LookupRequest, ReplayRequest, ReviewRequest, StatusRequest,
        SubmitRequest, WatchRequest, account_client::AccountClient, ledger_client::LedgerClient,
        lookup_request::Worker, replication_client::ReplicationClient, review_client::ReviewClient,
        submission_client::SubmissionClient,
    },
};

const REGION: u32 = 440_000;
const WORKER: &str = "440300199003078815";

fn roster(credentials: &Path) -> Roster {
    let trust: toml::Table = fs::read_to_string(credentials.join("trust.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let mut root = [0; 32];
    Base64::decode(trust["roots"][0].as_str().unwrap(), &mut root).unwrap();
    let note = fs::read(credentials.join("roster.note")).unwrap();
    Roster::open(&note, &[root], 1).unwrap()
}

/// A connection to the node of the region under a certificate and its key.
fn connect(roster: &Roster, identity: &CallerIdentity) -> Channel {
    let region = Division::new(REGION).unwrap();
    let name = node_name(&roster.federation, region);
    let endpoint = &roster.regions[&region].endpoint;
    connect_lazily(endpoint, &roster.tls_authority, &name, identity).unwrap()
}

/// A connection with the certificate of a directory.
fn connect_as(credentials: &Path) -> Channel {
    let text = |name: &str| fs::read_to_string(credentials.join(name)).unwrap();
    let identity = CallerIdentity::new(&text("tls.crt"), &text("tls.key"));
    connect(&roster(credentials), &identity)
}

/// A certificate of the federation's own authority for any name.
fn certify(federation: &Federation, name: &str) -> CallerIdentity {
    let key = fs::read_to_string(federation.path().join("authority.key")).unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    let federation = &roster(Path::new(&federation.agency(REGION))).federation;
    let common_name = format!("{federation} authority");
    authority
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let issuer = Issuer::new(authority, KeyPair::from_pem(&key).unwrap());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_string()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    CallerIdentity::new(&certificate.pem(), &key.serialize_pem())
}

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
        purpose: purpose(Business::Inquiry),
    }
}

fn chain() -> ReplayRequest {
    ReplayRequest {
        origin: "demo.yizhang/440000".into(),
        from: 0,
        purpose: purpose(Business::Audit),
    }
}

#[test]
fn whole_chains_are_not_for_clerks_and_accounts_not_for_nodes() {
    run(async |federation| {
        let file = federation.file("3.csv", &contributions(WORKER, 440_300, 3, "S"));
        federation.import(REGION, &file, &[]).expect(0);
        let clerk = connect_as(Path::new(&federation.agency(REGION)));
        let node = connect_as(&federation.node_dir(REGION));
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
            let channel = connect(&roster, &certify(federation, &name));
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
        let clerk = connect_as(Path::new(&federation.agency(REGION)));
        let auditor = connect_as(Path::new(&federation.auditor()));
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
            purpose: purpose(Business::Inquiry),
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
    assert!(!text.contains("--person"), "{text}");
    let (code, text) = of(&[("YIZHANG_BUSINESS", "curiosity"), ("YIZHANG_CASE", "C-1")]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("inquiry"), "{text}");
    let (code, text) = of(&[("YIZHANG_BUSINESS", "inquiry"), ("YIZHANG_CASE", "C-1")]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("--person uid-"), "{text}");
}
