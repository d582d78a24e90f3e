//! What a platform deposits at a node: signed by itself, about itself, and nothing else. A real process, a real socket.

use crate::support::{Federation, connect::connect, run};
use ed25519_dalek::{Signer as _, SigningKey};
use std::path::PathBuf;
use tonic::{Status, transport::Channel};
use yizhang_ledger::{
    deposit,
    hash::Hash,
    person::AccountId,
    record::{
        Deposit, Earnings, OipPremium, OrderRows, PlatformMonth, Record, Reversal, Source, Trade,
        TransportMode, Work,
    },
    value::{Code, Day, Division, Fen, Month},
};
use yizhang_wire::{
    code::RefusalCode,
    purpose::Business,
    v1::{
        LookupRequest, Receipt, ReceiptsRequest, SubmitRequest, account_client::AccountClient,
        lookup_request::Worker, submission_client::SubmissionClient,
    },
};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
/// Invented: the codes of companies begin with the division of a county or city, and these with that of a province.
const PLATFORM: &str = "91440000MA5A00000T";
const OTHER_PLATFORM: &str = "91440000MA5B00000D";
const ACCOUNT: AccountId = AccountId([7; 16]);

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// Credentials of a platform at a region, with the key of 1s.
fn platform(federation: &Federation, region: u32) -> PathBuf {
    let to = federation.path().join(format!("platform-{region}"));
    let public = Hash(key(1).verifying_key().to_bytes()).to_string();
    run(&[
        "federation",
        "certificate",
        "--dir",
        federation.path().to_str().unwrap(),
        "--region",
        &region.to_string(),
        "--role",
        "platform",
        "--platform",
        PLATFORM,
        "--signing-key",
        &public,
        "--to",
        to.to_str().unwrap(),
    ])
    .expect(0);
    to
}

fn code(text: &str) -> Code<'_> {
    Code::new(text).unwrap()
}

fn month(platform: &str, place: u32, serial: &'static str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let fields = PlatformMonth {
        account: ACCOUNT,
        platform: code(platform),
        place: Division::new(place).unwrap(),
        month: Month::of(2_026, 10).unwrap(),
        trade: Trade::Delivery,
        mode: TransportMode::MotorCycle,
        work: Work {
            orders: 3,
            insured_orders: 3,
            days: 1,
            minutes: 90,
            longest_minutes: 90,
            night_minutes: 0,
        },
        earnings: Earnings {
            gross: Fen::new(3_000).unwrap(),
            net: Fen::new(3_000).unwrap(),
            ..Earnings::default()
        },
        file: OrderRows {
            rows: 3,
            root: Hash([8; 32]),
        },
        target: None,
        source: Source {
            serial: code(serial),
            ..Source::default()
        },
    };
    Record::PlatformMonth(fields).write(&mut bytes).unwrap();
    bytes
}

fn premium(paid: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let fields = OipPremium {
        platform: code(PLATFORM),
        place: Division::new(440_300).unwrap(),
        month: Month::of(2_026, 10).unwrap(),
        trade: Trade::Delivery,
        orders: 3,
        insured_orders: 3,
        due: Fen::new(75).unwrap(),
        paid: Fen::new(paid).unwrap(),
        received: (paid > 0).then(|| Day::new(20_261_114).unwrap()),
        target: None,
        source: Source::default(),
    };
    Record::OipPremium(fields).write(&mut bytes).unwrap();
    bytes
}

/// A premium that names a record of the agency.
fn correcting() -> Vec<u8> {
    let mut bytes = Vec::new();
    let fields = OipPremium {
        platform: code(PLATFORM),
        place: Division::new(440_300).unwrap(),
        month: Month::of(2_026, 10).unwrap(),
        trade: Trade::Delivery,
        orders: 3,
        insured_orders: 3,
        due: Fen::new(1).unwrap(),
        paid: Fen::ZERO,
        received: None,
        target: Some(yizhang_ledger::entry::RecordId(Hash([9; 32]))),
        source: Source::default(),
    };
    Record::OipPremium(fields).write(&mut bytes).unwrap();
    bytes
}

fn reversal() -> Vec<u8> {
    let mut bytes = Vec::new();
    let fields = Reversal {
        account: ACCOUNT,
        target: yizhang_ledger::entry::RecordId(Hash([9; 32])),
        reason: Code::NONE,
        source: Source::default(),
    };
    Record::Reversal(fields).write(&mut bytes).unwrap();
    bytes
}

/// How a submission is signed.
#[derive(Clone)]
struct Signing {
    key: SigningKey,
    platform: &'static str,
    region: u32,
    records: u32,
}

impl Signing {
    fn of(records: u32) -> Self {
        Self {
            key: key(1),
            platform: PLATFORM,
            region: GUANGDONG,
            records,
        }
    }

    /// The record that signs these entries.
    fn sign(&self, entries: &[Vec<u8>]) -> Vec<u8> {
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let digest = deposit::digest(&entries);
        let region = Division::new(self.region).unwrap();
        let message = deposit::message(region, code(self.platform), self.records, &digest);
        let signature = self.key.sign(&message).to_bytes();
        let fields = Deposit {
            platform: code(self.platform),
            public: self.key.verifying_key().to_bytes(),
            records: self.records,
            digest,
            signature: &signature,
        };
        let mut bytes = Vec::new();
        Record::Deposit(fields).write(&mut bytes).unwrap();
        bytes
    }
}

/// A submission with its signature at its end.
fn signed(signing: &Signing, entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), signing.sign(entries)].concat()
}

async fn submit(caller: &Channel, id: u8, records: Vec<u8>) -> Result<Receipt, Status> {
    let request = SubmitRequest {
        submission_id: vec![id; 16].into(),
        records: records.into(),
    };
    let submitted = SubmissionClient::new(caller.clone())
        .submit(request)
        .await?;
    Ok(submitted.into_inner())
}

#[track_caller]
fn assert_refused<T>(answer: Result<T, Status>, code: RefusalCode, says: &str) {
    let Err(status) = answer else {
        panic!("it was answered");
    };
    assert_eq!(RefusalCode::of(&status), Some(code), "{status}");
    assert!(status.message().contains(says), "{status}");
}

#[test]
fn a_platform_deposits_what_it_has_signed_about_itself_and_nothing_else() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let credentials = platform(&federation, GUANGDONG);
    let elsewhere = platform(&federation, GUIZHOU);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let platform = connect(GUANGDONG, credentials);
        let agency = connect(GUANGDONG, federation.agency(GUANGDONG));
        let months = vec![
            month(PLATFORM, 440_300, "A1"),
            month(PLATFORM, 440_100, "A2"),
        ];
        let whole = signed(&Signing::of(2), &months);
        let receipt = submit(&platform, 1, whole.clone()).await.unwrap();
        assert_eq!(receipt.records, 3);
        // The same again is the same; its receipts are asked for by nobody else.
        assert_eq!(
            submit(&platform, 1, whole.clone()).await.unwrap().records,
            3
        );
        let declared = [premium(0)];
        submit(&platform, 2, signed(&Signing::of(1), &declared))
            .await
            .unwrap();

        let one = [month(PLATFORM, 440_300, "B1")];
        let deposit = RefusalCode::Deposit;
        let unsigned = submit(&platform, 3, one.concat()).await;
        assert_refused(unsigned, deposit, "ends with one Deposit");
        let first = [Signing::of(1).sign(&one), one.concat()].concat();
        assert_refused(
            submit(&platform, 3, first).await,
            deposit,
            "ends with one Deposit",
        );
        let twice = [signed(&Signing::of(1), &one), Signing::of(1).sign(&one)].concat();
        assert_refused(
            submit(&platform, 3, twice).await,
            deposit,
            "found 2 Deposits",
        );
        let altered = [month(PLATFORM, 440_300, "B2"), Signing::of(1).sign(&one)].concat();
        assert_refused(
            submit(&platform, 3, altered).await,
            deposit,
            "other records",
        );
        let fewer = [months.concat(), Signing::of(1).sign(&months)].concat();
        assert_refused(
            submit(&platform, 3, fewer).await,
            deposit,
            "signs 1 records, and 2",
        );
        let other_key = Signing {
            key: key(2),
            ..Signing::of(1)
        };
        assert_refused(
            submit(&platform, 3, signed(&other_key, &one)).await,
            deposit,
            "another key",
        );
        let other_region = Signing {
            region: GUIZHOU,
            ..Signing::of(1)
        };
        let for_another = submit(&platform, 3, signed(&other_region, &one)).await;
        assert_refused(for_another, deposit, "not by the key");
        let named = Signing {
            platform: OTHER_PLATFORM,
            ..Signing::of(1)
        };
        assert_refused(
            submit(&platform, 3, signed(&named, &one)).await,
            deposit,
            "another platform",
        );
        let about = [month(OTHER_PLATFORM, 440_300, "B3")];
        let about_another = submit(&platform, 3, signed(&Signing::of(1), &about)).await;
        assert_refused(
            about_another,
            deposit,
            "record 1 of the submission is about another platform",
        );
        let paid = [one.concat(), premium(75)];
        let says_paid = submit(&platform, 3, signed(&Signing::of(2), &paid)).await;
        assert_refused(
            says_paid,
            deposit,
            "record 2 of the submission says that money was paid",
        );
        let corrects = [correcting()];
        let corrected = submit(&platform, 3, signed(&Signing::of(1), &corrects)).await;
        assert_refused(corrected, deposit, "the agency corrects those");
        let of_agency = [reversal()];
        let other_kind = submit(&platform, 3, signed(&Signing::of(1), &of_agency)).await;
        assert_refused(other_kind, deposit, "is a Reversal");
        let place = [month(PLATFORM, 520_100, "B4")];
        let of_elsewhere = submit(&platform, 3, signed(&Signing::of(1), &place)).await;
        assert_refused(of_elsewhere, RefusalCode::NoRight, "outside the region");

        // An agency states months of its own accord, and signs for nobody.
        submit(&agency, 4, one.concat()).await.unwrap();
        let by_agency = submit(&agency, 5, signed(&Signing::of(1), &one)).await;
        assert_refused(by_agency, deposit, "from a platform alone");
        // At another region's node the platform is nobody, and at none it reads a worker.
        let stranger = connect(GUANGDONG, elsewhere);
        let not_here = submit(&stranger, 6, signed(&Signing::of(1), &one)).await;
        assert_refused(not_here, RefusalCode::OtherAgency, "");
        let lookup = LookupRequest {
            purpose: Some(crate::support::purpose(Business::Correction)),
            worker: Some(Worker::Account(ACCOUNT.0.to_vec().into())),
            ..LookupRequest::default()
        };
        let read = AccountClient::new(platform.clone()).lookup(lookup).await;
        assert_refused(read, RefusalCode::NotForRole, "");
        let receipts = ReceiptsRequest::default();
        let asked = SubmissionClient::new(stranger).receipts(receipts).await;
        assert_refused(asked, RefusalCode::OtherAgency, "");
    });
}

#[test]
fn a_platform_certificate_needs_code_and_key_and_no_other_role_takes_them() {
    let federation = Federation::found(&[GUANGDONG]);
    let public = "ab".repeat(32);
    let certificate = |role: &str, more: &[&str]| {
        let to = federation.path().join("never");
        let mut arguments = vec!["federation", "certificate", "--region", "440000"];
        let dir = federation.path().to_str().unwrap().to_string();
        arguments.extend(["--dir", &dir, "--role", role]);
        arguments.extend(more);
        arguments.extend(["--to", to.to_str().unwrap()]);
        let ran = run(&arguments);
        assert!(!to.exists());
        ran
    };
    certificate("platform", &[]).expect(2);
    certificate("platform", &["--platform", PLATFORM]).expect(2);
    certificate(
        "agency",
        &["--platform", PLATFORM, "--signing-key", &public],
    )
    .expect(2);
    // The check character of the code, and the length of the key.
    let wrong = "91440000MA5A00000X";
    certificate("platform", &["--platform", wrong, "--signing-key", &public]).expect(2);
    certificate(
        "platform",
        &["--platform", PLATFORM, "--signing-key", &public[2..]],
    )
    .expect(2);
}
