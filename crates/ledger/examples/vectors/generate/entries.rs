//! Entries: every kind with all its fields, fields at their bounds, and the near-misses.

use super::{
    case, fields,
    json::Json,
    platforms,
    sample::{self, raw_entry},
    values::{text, varint, zigzag},
};
use bincode::Encode;
use yizhang_ledger::{
    entry::{Entry, Kind},
    hash::{Hash, hash_leaf},
    record::{
        AccessDigest, AccountRegister, AccountType, Agreement, Approval, Benefit, Bridge,
        Contribution, Deemed, Identity, InterestCredit, KeyBound, Payer, PayerKind, Period, Record,
        Reversal, ShareRates, Shares, Source, Subsidies, TransferStep,
    },
    value::{Code, Fen, LeafIndex, Month, Rate, Scheme},
};

pub fn cases() -> Vec<Json> {
    let mut cases: Vec<Json> = Kind::NAMED
        .iter()
        .filter_map(|(kind, name)| sample::record(*kind).map(|record| written(name, &record)))
        .collect();
    cases.extend(bounds());
    cases.extend(register_bounds());
    cases.extend(key_bounds());
    cases.extend(unknown());
    cases.extend(framing());
    cases.extend(field_faults());
    cases.extend(rule_faults());
    cases.extend(key_faults());
    cases.extend(approval_faults());
    cases.extend(platforms::faults());
    cases.push(case(
        "write",
        "a payload of 2049 bytes is not written",
        [
            ("kind", 200.into()),
            ("payload", Json::parts(&[(&[0], 2_049)])),
        ],
        "CodecFault::TooLarge".into(),
    ));
    cases
}

fn written(name: &str, record: &Record<'_>) -> Json {
    accepted(name, &sample::entry(record))
}

fn accepted(name: &str, bytes: &[u8]) -> Json {
    let entry = Entry::parse(bytes, LeafIndex(0)).unwrap();
    let record = Record::read(&entry).unwrap();
    let expect = Json::object([
        ("kind", u32::from(entry.kind.0).into()),
        ("kind_name", entry.kind.to_string().into()),
        ("fields", fields::record(&record)),
        (
            "accounts",
            Json::list(record.accounts().map(|account| Json::hex(account.0))),
        ),
        ("leaf", hash_leaf(bytes).into()),
    ]);
    case("entry", name, [("bytes", Json::hex(bytes))], expect)
}

pub fn refused(name: &str, bytes: Json, fault: &str) -> Json {
    case(
        "entry",
        name,
        [("bytes", bytes)],
        Json::Text(format!("Invalid::{fault}")),
    )
}

fn register_bounds() -> Vec<Json> {
    let none = AccountRegister {
        size: 0,
        accounts: 0,
        root: AccountRegister::empty_root(),
        ..sample::account_register()
    };
    let most = AccountRegister {
        form: u16::MAX,
        size: (1 << 63) - 1,
        accounts: u64::MAX - 1,
        ..sample::account_register()
    };
    let register = |name: &str, fields| written(name, &Record::AccountRegister(fields));
    vec![
        register("AccountRegister of nothing", none),
        register("AccountRegister, every field at its largest", most),
    ]
}

fn key_bounds() -> Vec<Json> {
    let bound = |name: &str, fields| written(name, &Record::KeyBound(fields));
    vec![
        bound("KeyBound of a passkey", sample::passkey_bound()),
        bound(
            "KeyBound, every field at its largest",
            KeyBound {
                number: u32::MAX,
                credential: &[0xff; 255],
                relying_party: Hash([0xff; 32]),
                ..sample::passkey_bound()
            },
        ),
    ]
}

fn approval_faults() -> Vec<Json> {
    let fault = |name: &str, fields: Approval<'_>| {
        refused(
            &format!("Approval, {name}"),
            Json::hex(raw_entry(Kind::APPROVAL.0, &plain(fields))),
            "Payload/CodecFault::Field",
        )
    };
    vec![
        fault(
            "no submitter",
            Approval {
                submitter: Code::NONE,
                ..sample::approval()
            },
        ),
        fault(
            "no maker",
            Approval {
                maker: Hash::ZERO,
                ..sample::approval()
            },
        ),
        fault(
            "no checker",
            Approval {
                checker: Hash::ZERO,
                ..sample::approval()
            },
        ),
        fault(
            "the maker is the checker",
            Approval {
                checker: sample::approval().maker,
                ..sample::approval()
            },
        ),
    ]
}

fn key_faults() -> Vec<Json> {
    let fault = |name: &str, fields: KeyBound<'_>| {
        refused(
            &format!("KeyBound, {name}"),
            Json::hex(raw_entry(Kind::KEY_BOUND.0, &plain(fields))),
            "Payload/CodecFault::Field",
        )
    };
    vec![
        fault(
            "an Ed25519 key of 33 bytes",
            KeyBound {
                public: &[0xa1; 33],
                ..sample::key_bound()
            },
        ),
        fault(
            "a passkey of 32 bytes",
            KeyBound {
                public: &[0x04; 64],
                ..sample::passkey_bound()
            },
        ),
        fault(
            "a passkey whose point is not uncompressed",
            KeyBound {
                public: &[0x02; 65],
                ..sample::passkey_bound()
            },
        ),
        fault(
            "an Ed25519 key with a credential id",
            KeyBound {
                credential: &[1],
                ..sample::key_bound()
            },
        ),
        fault(
            "a passkey without a credential id",
            KeyBound {
                credential: &[],
                ..sample::passkey_bound()
            },
        ),
        fault(
            "a passkey with a credential id of 256 bytes",
            KeyBound {
                credential: &[1; 256],
                ..sample::passkey_bound()
            },
        ),
        fault(
            "an Ed25519 key with a relying party",
            KeyBound {
                relying_party: Hash([1; 32]),
                ..sample::key_bound()
            },
        ),
        fault(
            "a passkey without a relying party",
            KeyBound {
                relying_party: Hash::ZERO,
                ..sample::passkey_bound()
            },
        ),
    ]
}

fn bounds() -> Vec<Json> {
    let longest = "~".repeat(Code::LENGTH_MAX);
    let longest = Code::new(&longest).unwrap();
    let (most, least) = (sample::fen(Fen::MAX), sample::fen(-Fen::MAX));
    let largest = Contribution {
        period: Period {
            first: Month::new(u16::MAX - 11).unwrap(),
            months: 12,
        },
        settlement: Month::new(u16::MAX).unwrap(),
        received: Some(sample::day("9999-12-31")),
        payer: Payer {
            kind: PayerKind::Fund,
            id: longest,
        },
        nature: u16::MAX,
        base: most,
        rates: ShareRates {
            unit: Rate::new(100_000).unwrap(),
            person: Rate::new(100_000).unwrap(),
        },
        due: Shares {
            unit: most,
            person: least,
        },
        paid: Shares {
            unit: least,
            person: most,
        },
        credited: Shares {
            unit: most,
            person: least,
        },
        late_fee: most,
        subsidies: Subsidies {
            central: most,
            province: least,
            city: most,
            county: least,
        },
        account_type: AccountType::Temporary,
        target: Some(sample::target()),
        source: Source {
            agency: longest,
            system: longest,
            serial: longest,
        },
        ..sample::contribution()
    };
    let smallest = Contribution {
        payer: Payer {
            kind: PayerKind::Person,
            id: Code::NONE,
        },
        period: Period {
            first: sample::month("1900-01"),
            months: 1,
        },
        settlement: sample::month("1900-01"),
        received: None,
        nature: 0,
        base: Fen::ZERO,
        rates: ShareRates::default(),
        due: Shares::default(),
        paid: Shares::default(),
        credited: Shares::default(),
        full: false,
        source: Source::default(),
        ..sample::contribution()
    };
    let year = Contribution {
        period: Period {
            first: sample::month("2025-01"),
            months: 12,
        },
        ..sample::contribution()
    };
    let open = TransferStep {
        first: None,
        last: None,
        ..sample::transfer()
    };
    let one_month = TransferStep {
        last: sample::transfer().first,
        ..sample::transfer()
    };
    let ended = Benefit {
        until: Some(sample::month("2029-06")),
        ..sample::benefit()
    };
    vec![
        written(
            "Received, every field at its largest",
            &Record::Contribution(Kind::RECEIVED, largest),
        ),
        written(
            "Due, every field at its smallest",
            &Record::Contribution(Kind::DUE, smallest),
        ),
        written(
            "Received for a year",
            &Record::Contribution(Kind::RECEIVED, year),
        ),
        written(
            "Certificate without a span of months",
            &Record::Transfer(Kind::CERTIFICATE, open),
        ),
        written(
            "Posted, one month",
            &Record::Transfer(Kind::POSTED, one_month),
        ),
        written(
            "BenefitStop, last month is the first",
            &Record::Benefit(Kind::BENEFIT_STOP, ended),
        ),
        written(
            "InterestCredit of 1900",
            &Record::InterestCredit(InterestCredit {
                year: 1_900,
                ..sample::interest()
            }),
        ),
        written(
            "InterestCredit of 9999",
            &Record::InterestCredit(InterestCredit {
                year: 9_999,
                ..sample::interest()
            }),
        ),
        written(
            "Reversal without a reason",
            &Record::Reversal(Reversal {
                reason: Code::NONE,
                ..sample::reversal()
            }),
        ),
    ]
}

fn unknown() -> Vec<Json> {
    let mut cases: Vec<Json> = [
        (55, 3),
        (129, 0),
        (1, 1),
        (200, 250),
        (250, 251),
        (251, 5),
        (65_535, 2),
        // Personal: found under the account in the first 16 bytes, where there are as many.
        (55, 16),
        (132, 40),
        (152, 40),
        (144, 15),
        (1_023, 20),
        (1_024, 20),
        (2_047, 20),
        (2_048, 20),
    ]
    .into_iter()
    .map(|(kind, length)| {
        let payload: Vec<u8> = (0..length).collect();
        accepted(
            &format!("kind {kind}, not read, {length} bytes"),
            &raw_entry(kind, &payload),
        )
    })
    .collect();
    cases.push(case(
        "entry",
        "kind 200, not read, the largest payload",
        [(
            "bytes",
            Json::parts(&[(&raw_entry(200, &[0; 2_048])[..4], 1), (&[0], 2_048)]),
        )],
        Json::object([
            ("kind", 200.into()),
            ("kind_name", "kind 200".into()),
            (
                "fields",
                Json::object([("payload", Json::parts(&[(&[0], 2_048)]))]),
            ),
            ("accounts", Json::List(vec![])),
            ("leaf", hash_leaf(&raw_entry(200, &[0; 2_048])).into()),
        ]),
    ));
    cases
}

fn framing() -> Vec<Json> {
    let good = sample::entry(&Record::Reversal(sample::reversal()));
    let cut = |length: usize| Json::hex(&good[..length]);
    let long = |length: u16| [&[0xc8, 0xfb][..], &length.to_le_bytes()].concat();
    vec![
        refused("no bytes", Json::hex([]), "EntryTruncated"),
        refused("a kind and no length", cut(1), "EntryTruncated"),
        refused("no payload", cut(2), "EntryTruncated"),
        refused(
            "a payload without its last byte",
            cut(good.len() - 1),
            "EntryTruncated",
        ),
        refused("half a kind", Json::hex([0xfb, 0]), "EntryTruncated"),
        refused(
            "a kind in two bytes where one does",
            Json::hex([0xfb, 200, 0, 0]),
            "EntryHeader",
        ),
        refused(
            "a kind in four bytes",
            Json::hex([0xfc, 200, 0, 0, 0, 0]),
            "EntryHeader",
        ),
        refused(
            "a kind that is no integer",
            Json::hex([0xff, 0]),
            "EntryHeader",
        ),
        refused(
            "a length in two bytes where one does",
            Json::hex([200, 0xfb, 1, 0, 7]),
            "EntryHeader",
        ),
        refused(
            "a length in four bytes",
            Json::hex([200, 0xfc, 1, 0, 0, 0, 7]),
            "EntryHeader",
        ),
        refused(
            "2049 bytes",
            Json::parts(&[(&long(2_049), 1), (&[0], 2_049)]),
            "EntryTooLarge",
        ),
        refused(
            "a length of 65535 and nothing",
            Json::hex(long(65_535)),
            "EntryTooLarge",
        ),
        refused(
            "2048 bytes promised, 2047 there",
            Json::parts(&[(&long(2_048), 1), (&[0], 2_047)]),
            "EntryTruncated",
        ),
        refused(
            "a byte after the entry",
            Json::hex([good.as_slice(), &[0]].concat()),
            "EntryTrailing",
        ),
        refused(
            "an entry after the entry",
            Json::hex([good.as_slice(), &good].concat()),
            "EntryTrailing",
        ),
    ]
}

/// The encoded fields of a record, by name.
struct Fields(Vec<(&'static str, Vec<u8>)>);

impl Fields {
    fn with(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Vec<u8> {
        let bytes = bytes.into();
        assert!(self.0.iter().any(|(field, _)| *field == name), "{name}");
        self.0
            .iter()
            .flat_map(|(field, own)| {
                if *field == name {
                    bytes.clone()
                } else {
                    own.clone()
                }
            })
            .collect()
    }
}

pub fn plain(value: impl Encode) -> Vec<u8> {
    bincode::encode_to_vec(value, bincode::config::standard()).unwrap()
}

fn contribution_fields() -> Fields {
    let fields = sample::contribution();
    let parts = Fields(vec![
        ("account", plain(fields.account)),
        ("namespace", plain(fields.scheme.namespace)),
        ("scheme code", plain(fields.scheme.code)),
        ("period first", plain(fields.period.first)),
        ("period months", plain(fields.period.months)),
        ("settlement", plain(fields.settlement)),
        ("received", plain(fields.received)),
        ("place", plain(fields.place)),
        ("payer kind", plain(fields.payer.kind)),
        ("payer id", plain(fields.payer.id)),
        ("nature", plain(fields.nature)),
        ("base", plain(fields.base)),
        ("rates", plain(fields.rates)),
        ("due", plain(fields.due)),
        ("paid", plain(fields.paid)),
        ("credited", plain(fields.credited)),
        ("full", plain(fields.full)),
        ("late fee", plain(fields.late_fee)),
        ("subsidies", plain(fields.subsidies)),
        ("account type", plain(fields.account_type)),
        ("target", plain(fields.target)),
        ("source", plain(fields.source)),
    ]);
    assert_eq!(parts.with("full", [1]), plain(fields));
    parts
}

fn field_faults() -> Vec<Json> {
    let fields = contribution_fields();
    let wrong = |name: &str, field: &str, bytes: &[u8], fault: &str| {
        let entry = raw_entry(Kind::RECEIVED.0, &fields.with(field, bytes));
        refused(
            &format!("Received, {field}: {name}"),
            Json::hex(entry),
            &format!("Payload/CodecFault::{fault}"),
        )
    };
    let whole = plain(sample::contribution());
    let payload = |name: &str, payload: &[u8], fault: &str| {
        let entry = Json::hex(raw_entry(Kind::RECEIVED.0, payload));
        refused(
            &format!("Received, {name}"),
            entry,
            &format!("Payload/CodecFault::{fault}"),
        )
    };
    vec![
        payload("no payload", &[], "Field"),
        payload("the last field cut", &whole[..whole.len() - 1], "Field"),
        payload(
            "a byte after the last field",
            &[whole.as_slice(), &[0]].concat(),
            "Trailing",
        ),
        wrong("5", "namespace", &[5], "Field"),
        wrong(
            "two bytes where one does",
            "namespace",
            &[0xfb, 0, 0],
            "NotCanonical",
        ),
        wrong(
            "33 characters",
            "scheme code",
            &text(&"1".repeat(33)),
            "Field",
        ),
        wrong("a blank", "scheme code", &text("1 0"), "Field"),
        wrong("Chinese", "scheme code", &text("\u{9669}"), "Field"),
        wrong("not UTF-8", "scheme code", &[1, 0xff], "Field"),
        wrong("1899-12", "period first", &varint(22_799), "Field"),
        wrong("1899-12", "settlement", &varint(22_799), "Field"),
        wrong("neither none nor some", "received", &[2], "Field"),
        wrong(
            "2023-02-29",
            "received",
            &[vec![1], varint(20_230_229)].concat(),
            "Field",
        ),
        wrong(
            "month 13",
            "received",
            &[vec![1], varint(20_231_301)].concat(),
            "Field",
        ),
        wrong(
            "eight bytes where four do",
            "received",
            &[1, 0xfd, 0x0b, 0x10, 0x35, 1, 0, 0, 0, 0],
            "Field",
        ),
        wrong("five digits", "place", &varint(44_030), "Field"),
        wrong("5", "payer kind", &[5], "Field"),
        wrong("65536", "nature", &varint(65_536), "Field"),
        wrong(
            "two bytes where one does",
            "nature",
            &[0xfb, 10, 0],
            "NotCanonical",
        ),
        wrong(
            "ten trillion yuan and a fen",
            "base",
            &zigzag(Fen::MAX + 1),
            "Field",
        ),
        wrong(
            "less than ten trillion yuan owed",
            "base",
            &zigzag(-Fen::MAX - 1),
            "Field",
        ),
        wrong(
            "10.0001",
            "rates",
            &[varint(100_001), varint(0)].concat(),
            "Field",
        ),
        wrong("2", "full", &[2], "Field"),
        wrong("2", "account type", &[2], "Field"),
        wrong("neither none nor some", "target", &[255], "Field"),
        wrong("half a hash", "target", &[1; 17], "Field"),
    ]
}

fn rule_faults() -> Vec<Json> {
    let fields = contribution_fields();
    let payload = |name: &str, kind: Kind, payload: Vec<u8>| {
        refused(
            &format!("{kind}, {name}"),
            Json::hex(raw_entry(kind.0, &payload)),
            "Payload/CodecFault::Field",
        )
    };
    let transfer = sample::transfer();
    let identity = sample::identity();
    vec![
        payload(
            "an empty scheme code",
            Kind::RECEIVED,
            fields.with("scheme code", [0]),
        ),
        payload(
            "a period of no months",
            Kind::RECEIVED,
            fields.with("period months", [0]),
        ),
        payload(
            "a period of 13 months",
            Kind::RECEIVED,
            fields.with("period months", [13]),
        ),
        payload(
            "a period of 255 months",
            Kind::RECEIVED,
            fields.with("period months", [255]),
        ),
        payload(
            "a period beyond the last month",
            Kind::RECEIVED,
            plain(Contribution {
                period: Period {
                    first: Month::new(u16::MAX).unwrap(),
                    months: 2,
                },
                ..sample::contribution()
            }),
        ),
        payload(
            "a unit without a number",
            Kind::RECEIVED,
            fields.with("payer id", [0]),
        ),
        payload(
            "no date of receipt",
            Kind::RECEIVED,
            fields.with("received", [0]),
        ),
        payload(
            "no date of receipt",
            Kind::ADJUST_DELTA,
            fields.with("received", [0]),
        ),
        payload(
            "a date of receipt",
            Kind::DUE,
            plain(sample::contribution()),
        ),
        payload("no target", Kind::REFUND, plain(sample::contribution())),
        payload(
            "the year 1899",
            Kind::INTEREST_CREDIT,
            plain(InterestCredit {
                year: 1_899,
                ..sample::interest()
            }),
        ),
        payload(
            "the year 10000",
            Kind::INTEREST_CREDIT,
            plain(InterestCredit {
                year: 10_000,
                ..sample::interest()
            }),
        ),
        payload(
            "a first month only",
            Kind::LETTER,
            plain(TransferStep {
                last: None,
                ..transfer
            }),
        ),
        payload(
            "a last month only",
            Kind::LETTER,
            plain(TransferStep {
                first: None,
                ..transfer
            }),
        ),
        payload(
            "ends before it begins",
            Kind::LETTER,
            plain(TransferStep {
                first: transfer.last,
                last: transfer.first,
                ..transfer
            }),
        ),
        payload(
            "ends before it begins",
            Kind::BENEFIT_SUSPEND,
            plain(Benefit {
                until: Some(sample::month("2029-05")),
                ..sample::benefit()
            }),
        ),
        payload(
            "an account with itself",
            Kind::IDENTITY_LINK,
            plain(Identity {
                other: identity.account,
                ..identity
            }),
        ),
        payload(
            "a link with a target",
            Kind::IDENTITY_LINK,
            plain(Identity {
                target: Some(sample::target()),
                ..identity
            }),
        ),
        payload(
            "a split without a target",
            Kind::IDENTITY_SPLIT,
            plain(identity),
        ),
        payload(
            "deemed months that end before they begin",
            Kind::DEEMED_MONTHS,
            plain(Deemed {
                last: sample::month("1985-07"),
                ..sample::deemed()
            }),
        ),
        payload(
            "1201 deemed months",
            Kind::DEEMED_MONTHS,
            plain(Deemed {
                first: sample::month("1925-01"),
                last: sample::month("2025-01"),
                ..sample::deemed()
            }),
        ),
        payload(
            "deemed months of no scheme",
            Kind::DEEMED_MONTHS,
            plain(Deemed {
                scheme: Scheme {
                    code: Code::NONE,
                    ..sample::deemed().scheme
                },
                ..sample::deemed()
            }),
        ),
        payload(
            "an agreement that ends before it begins",
            Kind::DUPLICATE_AGREEMENT,
            plain(Agreement {
                last: sample::month("2023-12"),
                ..sample::agreement()
            }),
        ),
        payload(
            "a day of reads without one",
            Kind::ACCESS_DIGEST,
            plain(AccessDigest {
                entries: 0,
                ..sample::access_digest()
            }),
        ),
        payload(
            "a register of no form",
            Kind::ACCOUNT_REGISTER,
            plain(AccountRegister {
                form: 0,
                ..sample::account_register()
            }),
        ),
        payload(
            "a register that covers more than the largest tree",
            Kind::ACCOUNT_REGISTER,
            plain(AccountRegister {
                size: 1 << 63,
                ..sample::account_register()
            }),
        ),
        payload(
            "a register of more accounts than its entries can name",
            Kind::ACCOUNT_REGISTER,
            plain(AccountRegister {
                accounts: 2_000_001,
                ..sample::account_register()
            }),
        ),
        payload(
            "a register without accounts that has a root of some",
            Kind::ACCOUNT_REGISTER,
            plain(AccountRegister {
                accounts: 0,
                ..sample::account_register()
            }),
        ),
        payload(
            "a register of accounts that has the root of none",
            Kind::ACCOUNT_REGISTER,
            plain(AccountRegister {
                root: AccountRegister::empty_root(),
                ..sample::account_register()
            }),
        ),
        payload(
            "a scheme joined to itself",
            Kind::BRIDGE,
            plain(Bridge {
                into: sample::bridge().scheme,
                ..sample::bridge()
            }),
        ),
        payload(
            "a scheme joined to none",
            Kind::BRIDGE,
            plain(Bridge {
                into: Scheme {
                    code: Code::NONE,
                    ..sample::bridge().into
                },
                ..sample::bridge()
            }),
        ),
        payload(
            "a class of retirement that there is not",
            Kind::RETIRE_CLASS_FACT,
            {
                let mut bytes = plain(sample::retire_class());
                // Behind the 16 bytes of the account.
                bytes[16] = 3;
                bytes
            },
        ),
        payload(
            "evidence of birth that there is not",
            Kind::BIRTH_DATE_FACT,
            {
                let mut bytes = plain(sample::birth());
                // Behind the account and a month of three bytes.
                bytes[19] = 2;
                bytes
            },
        ),
        payload(
            "the fields of a contribution",
            Kind::ENROL,
            plain(sample::contribution()),
        ),
    ]
}
