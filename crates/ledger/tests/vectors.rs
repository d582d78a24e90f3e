//! The vectors against the crate: every case comes out as its file says, every way to be wrong has a case, and writing
//! the files again changes nothing.

use crate::support::generate::{
    self, fields,
    json::{Json, hex},
    rosters,
};
use serde_json::Value;
use std::collections::BTreeSet;
use yizhang_ledger::{
    Invalid,
    batch::{Batch, RecordBlock},
    chain::ChainState,
    codec::{self, CodecFault},
    cosignature::{self, CosignatureFault, CosignerKey, UnixSeconds},
    entry::{Entry, Kind},
    fact::Fact,
    hash::{Blake3Keyed, Hash, TreeHasher, derive, hash_leaf},
    head::{Head, Origin},
    note::{Note, NoteKey},
    person::{
        AccountId, FederationSecret, FederationSecrets, NumberFault, SocialSecurityNumber, Writing,
    },
    record::{AccountRegister, AccountType, PayerKind, Record},
    register::{
        Absence, ListedRecord, Neighbour, Presence, RegisterFault, RegisterLeaf, RegisterTree,
        RegisteredAccount,
    },
    roster::Roster,
    segment::{FILE_HEADER_BYTES, FrameFault, FrameHeader, FrameKind, read_file_header},
    tree::{self, ProofFault},
    value::{Code, Day, Division, Fen, LeafIndex, Month, Namespace, Rate},
};

/// Names every variant of an enum of faults. A variant that is missing here does not compile, and a variant that is here
/// must have a vector.
macro_rules! variants {
    ($names:ident, $name_of:ident, $fault:ident: $($variant:ident)*) => {
        const $names: &[&str] = &[$(concat!(stringify!($fault), "::", stringify!($variant))),*];

        fn $name_of(fault: &$fault) -> &'static str {
            match fault {
                $($fault::$variant { .. } => concat!(stringify!($fault), "::", stringify!($variant))),*
            }
        }
    };
}

variants!(INVALID, invalid_name, Invalid:
    EntryTruncated EntryHeader EntryTooLarge EntryTrailing Payload NotABatch BatchAmongRecords BatchTooLarge
    RecordsOutOfRange RecordCount SubmissionCount WrongChain WrongPosition WrongNumber LinkMismatch RootBeforeMismatch
    TimeWentBack RosterWentBack HeadSize HeadRoot HeadNotContinued NoteForm HeadForm UnknownOrigin NoTrustedSignature BadSignature Proof
    RosterForm RosterSignatures RosterPrevious);
variants!(CODEC, codec_name, CodecFault: Field Trailing NotCanonical TooLarge);
variants!(PROOF, proof_name, ProofFault: OutOfRange PathLength RootMismatch);
variants!(COSIGNATURE, cosignature_name, CosignatureFault: Form OtherKey Length Time Signature Twice NoRoom);
variants!(REGISTER, register_name, RegisterFault:
    NotARegister Form BeyondItself NoRecords Order NotCovered Record OtherAccount Path Before Neighbour Between);
variants!(FRAME, frame_name, FrameFault: Truncated Header Checksum Foreign);
variants!(NUMBER, number_name, NumberFault: Length Character BirthDate Check);

/// The rule that was broken, as the vectors name it.
struct Broken(String);

impl From<Invalid> for Broken {
    fn from(fault: Invalid) -> Self {
        assert!(!fault.to_string().is_empty());
        let name = invalid_name(&fault);
        Self(match fault {
            Invalid::Payload { fault, .. } => format!("{name}/{}", codec_name(&fault)),
            Invalid::Proof { fault, .. } => format!("{name}/{}", proof_name(&fault)),
            _ => name.into(),
        })
    }
}

impl From<CodecFault> for Broken {
    fn from(fault: CodecFault) -> Self {
        Self(codec_name(&fault).into())
    }
}

impl From<ProofFault> for Broken {
    fn from(fault: ProofFault) -> Self {
        Self(proof_name(&fault).into())
    }
}

impl From<FrameFault> for Broken {
    fn from(fault: FrameFault) -> Self {
        Self(frame_name(&fault).into())
    }
}

impl From<RegisterFault> for Broken {
    fn from(fault: RegisterFault) -> Self {
        assert!(!fault.to_string().is_empty());
        let name = register_name(&fault);
        Self(match fault {
            RegisterFault::Record(fault) => format!("{name}/{}", Self::from(fault).0),
            RegisterFault::Path { fault, .. } => format!("{name}/{}", proof_name(&fault)),
            _ => name.into(),
        })
    }
}

impl From<CosignatureFault> for Broken {
    fn from(fault: CosignatureFault) -> Self {
        assert!(!fault.to_string().is_empty());
        Self(cosignature_name(&fault).into())
    }
}

impl From<NumberFault> for Broken {
    fn from(fault: NumberFault) -> Self {
        Self(number_name(&fault).into())
    }
}

/// The inputs of a case.
struct Case(Value);

impl Case {
    fn text(&self, key: &str) -> &str {
        self.0[key]
            .as_str()
            .unwrap_or_else(|| panic!("{key} of {}", self.0["name"]))
    }

    fn number<T: TryFrom<u64>>(&self, key: &str) -> T {
        T::try_from(self.0[key].as_u64().unwrap()).ok().unwrap()
    }

    fn wide(&self, key: &str) -> u64 {
        self.text(key).parse().unwrap()
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        bytes(&self.0[key])
    }

    fn array<const N: usize>(&self, key: &str) -> [u8; N] {
        self.bytes(key).try_into().unwrap()
    }

    fn hash(&self, key: &str) -> Hash {
        Hash(self.array(key))
    }

    fn hashes(&self, key: &str) -> Vec<Hash> {
        self.0[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|hash| Hash(bytes(hash).try_into().unwrap()))
            .collect()
    }

    fn roster(&self, note: &[u8]) -> Result<Roster, Invalid> {
        let trusted: Vec<[u8; 32]> = self.hashes("trusted").iter().map(|key| key.0).collect();
        Roster::open(note, &trusted, self.number("threshold"))
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    let digits = |text: &str| -> Vec<u8> {
        (0..text.len() / 2)
            .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    };
    match value {
        Value::String(text) => digits(text),
        Value::Array(parts) => parts
            .iter()
            .flat_map(|part| {
                digits(part[0].as_str().unwrap())
                    .repeat(usize::try_from(part[1].as_u64().unwrap()).unwrap())
            })
            .collect(),
        other => panic!("no bytes: {other}"),
    }
}

fn run(case: &Case) -> Result<Json, Broken> {
    match case.text("check") {
        "value" => value(case.text("type"), &case.bytes("bytes")),
        "entry" => entry(&case.bytes("bytes")),
        "write" => {
            let mut out = Vec::new();
            Record::unread(Kind(case.number("kind")), &case.bytes("payload")).write(&mut out)?;
            Ok(Json::hex(out))
        }
        "derive" => Ok(hashed(derive(
            case.text("context"),
            &[&case.bytes("bytes")],
        ))),
        "leaf" => Ok(hashed(hash_leaf(&case.bytes("bytes")))),
        "branch" => Ok(hashed(Blake3Keyed::branch(
            &case.hash("left"),
            &case.hash("right"),
        ))),
        "root" => Ok(hashed(tree::root::<Blake3Keyed>(&case.hashes("leaves")))),
        "inclusion" => inclusion(case),
        "consistency" => consistency(case),
        "number" => number(case),
        "pseudonyms" => pseudonyms(case),
        "key" => Ok(key(case)),
        "note" => note(case),
        "cosigner key" => Ok(cosigner_key(case)),
        "cosign" => Ok(cosign(case)),
        "cosignature" => cosignature(case),
        "cosignatures" => cosignatures(case),
        "add cosignature" => add_cosignature(case),
        "roster" => Ok(rosters::fields(&case.roster(&case.bytes("bytes"))?)),
        "next roster" => {
            let old = case.roster(case.text("roster").as_bytes())?;
            Ok(rosters::fields(&old.open_next(&case.bytes("bytes"))?))
        }
        "registered account" => Ok(registered_account(case)),
        "register root" => Ok(hashed(tree::root::<RegisterTree>(&case.hashes("leaves")))),
        "register" => Ok(fields::account_register(&register(case, "bytes")?)),
        "presence" => presence(case),
        "absence" => absence(case),
        "submission" => submission(case.bytes("bytes")),
        "batch" => batch(case.bytes("bytes")),
        "head" => head(case),
        "chain" => chain(case),
        "proof" => proof(case),
        "segment" => segment(case),
        other => panic!("no check {other}"),
    }
}

fn hashed(hash: Hash) -> Json {
    Json::object([("hash", hash.into())])
}

fn value(kind: &str, bytes: &[u8]) -> Result<Json, Broken> {
    let value = match kind {
        "u8" => u32::from(codec::decode::<u8>(bytes)?).into(),
        "u16" => u32::from(codec::decode::<u16>(bytes)?).into(),
        "u32" => codec::decode::<u32>(bytes)?.into(),
        "u64" => Json::wide(codec::decode(bytes)?),
        "i64" => codec::decode::<i64>(bytes)?.into(),
        "bool" => codec::decode::<bool>(bytes)?.into(),
        "month" => codec::decode::<Month>(bytes)?.to_string().into(),
        "optional month" => codec::decode::<Option<Month>>(bytes)?
            .map(|month| month.to_string())
            .into(),
        "day" => codec::decode::<Day>(bytes)?.to_string().into(),
        "fen" => codec::decode::<Fen>(bytes)?.get().into(),
        "rate" => codec::decode::<Rate>(bytes)?.get().into(),
        "division" => codec::decode::<Division>(bytes)?.code().into(),
        "code" => codec::decode::<Code<'_>>(bytes)?.as_str().into(),
        "payer kind" => format!("{:?}", codec::decode::<PayerKind>(bytes)?).into(),
        "namespace" => format!("{:?}", codec::decode::<Namespace>(bytes)?).into(),
        "account type" => format!("{:?}", codec::decode::<AccountType>(bytes)?).into(),
        other => panic!("no type {other}"),
    };
    Ok(Json::object([("value", value)]))
}

fn entry(bytes: &[u8]) -> Result<Json, Broken> {
    let at = LeafIndex(0);
    let entry = Entry::parse(bytes, at)?;
    let record = Record::read(&entry).map_err(|fault| Invalid::Payload {
        at,
        kind: entry.kind,
        fault,
    })?;
    let mut again = Vec::new();
    record.write(&mut again)?;
    assert_eq!(again, bytes, "written again");
    Ok(Json::object([
        ("kind", u32::from(entry.kind.0).into()),
        ("kind_name", entry.kind.to_string().into()),
        ("fields", fields::record(&record)),
        (
            "accounts",
            Json::list(record.accounts().map(|account| Json::hex(account.0))),
        ),
        ("leaf", hash_leaf(bytes).into()),
    ]))
}

fn inclusion(case: &Case) -> Result<Json, Broken> {
    let (index, size) = (case.wide("index"), case.wide("size"));
    tree::verify_inclusion(
        &case.hash("leaf"),
        index,
        size,
        &case.hashes("path"),
        &case.hash("root"),
    )?;
    Ok(Json::Object(vec![]))
}

fn consistency(case: &Case) -> Result<Json, Broken> {
    let (old_size, new_size) = (case.wide("old_size"), case.wide("new_size"));
    let (old_root, new_root) = (case.hash("old_root"), case.hash("new_root"));
    tree::verify_consistency::<Blake3Keyed>(
        old_size,
        new_size,
        &old_root,
        &new_root,
        &case.hashes("path"),
    )?;
    Ok(Json::Object(vec![]))
}

fn number(case: &Case) -> Result<Json, Broken> {
    let number = SocialSecurityNumber::parse(case.text("text"))?;
    let account = FederationSecret::new(case.array("secret")).account_id(&number);
    Ok(Json::object([
        ("normalised", number.reveal().into()),
        ("account", account.reveal_hex().into()),
    ]))
}

fn pseudonyms(case: &Case) -> Result<Json, Broken> {
    let number = SocialSecurityNumber::parse(case.text("text"))?;
    let hashes = case.hashes("secrets").into_iter();
    let mut secrets = hashes.map(|secret| FederationSecret::new(secret.0));
    let first = secrets.next().unwrap();
    let secrets = FederationSecrets::new(first, secrets.collect(), Writing::Newest).unwrap();
    let accounts = secrets.account_ids(&number);
    Ok(Json::object([(
        "accounts",
        Json::list(accounts.iter().map(AccountId::reveal_hex)),
    )]))
}

fn key(case: &Case) -> Json {
    let Some(key) = NoteKey::new(case.text("key_name"), case.array("key")) else {
        return Json::object([("valid", false.into())]);
    };
    // The id shows in the bad signature that a line with it and nothing right brings.
    let id = case.0["expect"]["id"].as_str().unwrap();
    let signature = [bytes(&Value::from(id)), vec![0; 64]].concat();
    let encoded = <base64ct::Base64 as base64ct::Encoding>::encode_string(&signature);
    let note = format!("text\n\n\u{2014} {} {encoded}\n", case.text("key_name"));
    match Note::parse(note.as_bytes()).unwrap().is_signed_by(&key) {
        Err(Invalid::BadSignature { key_id, .. }) => Json::object([
            ("valid", true.into()),
            ("id", format!("{key_id:08x}").into()),
        ]),
        other => panic!("another id than {id}: {other:?}"),
    }
}

fn note(case: &Case) -> Result<Json, Broken> {
    let bytes = case.bytes("bytes");
    let note = Note::parse(&bytes)?;
    let key = NoteKey::new(case.text("key_name"), case.array("key")).unwrap();
    let signed = note.is_signed_by(&key)?;
    let text = if note.text.len() > 1_000 {
        ("text_bytes", i64::try_from(note.text.len()).unwrap().into())
    } else {
        ("text", note.text.into())
    };
    Ok(Json::object([text, ("signed", signed.into())]))
}

fn cosigner(case: &Value) -> Option<CosignerKey> {
    let key = bytes(&case["key"]).try_into().unwrap();
    CosignerKey::new(case["key_name"].as_str().unwrap(), key)
}

fn cosigner_key(case: &Case) -> Json {
    match cosigner(&case.0) {
        Some(key) => Json::object([
            ("valid", true.into()),
            ("id", format!("{:08x}", key.id()).into()),
        ]),
        None => Json::object([("valid", false.into())]),
    }
}

fn cosign(case: &Case) -> Json {
    let key = ed25519_dalek::SigningKey::from_bytes(&case.array("secret"));
    let time = UnixSeconds::new(case.wide("time")).unwrap();
    let line = cosignature::sign(case.text("text"), case.text("key_name"), &key, time);
    Json::object([("line", line.into())])
}

fn cosignature(case: &Case) -> Result<Json, Broken> {
    let time = cosigner(&case.0)
        .unwrap()
        .verify(case.text("text"), case.text("line"))?;
    Ok(Json::object([("time", Json::wide(time.get()))]))
}

fn cosignatures(case: &Case) -> Result<Json, Broken> {
    let bytes = case.bytes("bytes");
    let known = case.0["cosigners"].as_array().unwrap();
    let known: Vec<CosignerKey> = known.iter().map(|key| cosigner(key).unwrap()).collect();
    let found = cosignature::read(&Note::parse(&bytes)?, &known)?;
    let each = found.iter().map(|found| {
        Json::object([
            ("name", found.cosigner.name().into()),
            ("time", Json::wide(found.time.get())),
        ])
    });
    Ok(Json::object([("cosignatures", Json::list(each))]))
}

fn add_cosignature(case: &Case) -> Result<Json, Broken> {
    let bytes = case.bytes("bytes");
    let note = Note::parse(&bytes)?;
    let cosigner = cosigner(&case.0).unwrap();
    let added = cosignature::add(&note, &cosigner, case.text("line"))?;
    let (text, lines) = added.split_at(note.text.len());
    assert_eq!(text, note.text);
    Ok(Json::object([("lines", lines[1..].into())]))
}

fn registered_account(case: &Case) -> Json {
    let mut registered = RegisteredAccount::start(AccountId(case.array("account")));
    for leaf in case.hashes("leaves") {
        registered.take(&leaf);
    }
    Json::object([
        ("records", Json::wide(registered.records)),
        ("hash", registered.hash.into()),
        ("content", registered.leaf().content.into()),
        ("leaf", registered.leaf().hash().into()),
    ])
}

fn register(case: &Case, key: &str) -> Result<AccountRegister, RegisterFault> {
    AccountRegister::read(&case.bytes(key), LeafIndex(case.wide("at")))
}

fn presence(case: &Case) -> Result<Json, Broken> {
    let register = register(case, "register")?;
    let records = case.0["records"].as_array().unwrap();
    let records: Vec<(u64, Vec<u8>)> = records
        .iter()
        .map(|record| {
            let index = record["index"].as_str().unwrap().parse().unwrap();
            (index, bytes(&record["entry"]))
        })
        .collect();
    let records: Vec<ListedRecord<'_>> = records
        .iter()
        .map(|(index, entry)| ListedRecord {
            index: LeafIndex(*index),
            entry,
        })
        .collect();
    let presence = Presence {
        index: case.wide("index"),
        path: case.hashes("path"),
    };
    let account = AccountId(case.array("account"));
    register.verify_presence(account, &records, &presence)?;
    Ok(Json::Object(vec![]))
}

fn absence(case: &Case) -> Result<Json, Broken> {
    let register = register(case, "register")?;
    let side = |key: &str| {
        let shown = Some(&case.0[key]).filter(|shown| !shown.is_null())?;
        let shown = Case(shown.clone());
        let leaf = RegisterLeaf {
            account: AccountId(shown.array("account")),
            content: shown.hash("content"),
        };
        let path = shown.hashes("path");
        Some(Neighbour { leaf, path })
    };
    let absence = Absence {
        before: case.wide("before"),
        left: side("left"),
        right: side("right"),
    };
    register.verify_absence(AccountId(case.array("account")), &absence)?;
    Ok(Json::Object(vec![]))
}

fn submission(bytes: Vec<u8>) -> Result<Json, Broken> {
    let block = RecordBlock::parse(bytes)?;
    Ok(Json::object([
        ("records", i64::try_from(block.len()).unwrap().into()),
        ("content", block.content_digest().into()),
    ]))
}

fn batch(bytes: Vec<u8>) -> Result<Json, Broken> {
    let batch = Batch::parse(bytes)?;
    let submissions = batch.submissions().map(|(_, first, digest)| {
        Json::object([("first", Json::wide(first.0)), ("content", digest.into())])
    });
    Ok(Json::object([
        ("entry", fields::batch_entry(batch.entry())),
        ("ends", Json::list(batch.ends().iter().copied())),
        ("leaves", Json::list(batch.leaves().to_vec())),
        ("link", batch.link().into()),
        ("size_after", Json::wide(batch.size_after().0)),
        ("submissions", Json::list(submissions)),
    ]))
}

fn head(case: &Case) -> Result<Json, Broken> {
    let roster = case.roster(case.text("roster").as_bytes())?;
    let head = Head::open(&case.bytes("bytes"), &roster)?;
    Ok(Json::object([
        ("origin", head.origin.as_str().into()),
        ("size", Json::wide(head.size.0)),
        ("root", head.root.into()),
    ]))
}

fn chain(case: &Case) -> Result<Json, Broken> {
    let roster = case.roster(case.text("roster").as_bytes())?;
    let mut state = ChainState::empty(Origin::parse(case.text("origin")).unwrap());
    let steps = case.0["steps"].as_array().unwrap();
    for (number, step) in (1..).zip(steps) {
        let step = follow(&state, step, &roster);
        assert!(
            step.is_ok() || number == steps.len(),
            "refused before the last step"
        );
        state = step?;
    }
    Ok(Json::object([
        ("batches", Json::wide(state.batches())),
        ("size", Json::wide(state.size().0)),
        ("root", state.head().root.into()),
        ("link", state.link().into()),
        ("time", Json::wide(state.time().0)),
        ("roster", Json::wide(state.roster())),
    ]))
}

fn follow(state: &ChainState, step: &Value, roster: &Roster) -> Result<ChainState, Broken> {
    let extension = state.follow(Batch::parse(bytes(&step["batch"]))?)?;
    let head = Head::open(step["head"].as_str().unwrap().as_bytes(), roster)?;
    let admitted = extension.confirm(&head)?;
    assert_eq!(
        admitted.batch.facts().count(),
        admitted.batch.ends().len() - 1
    );
    Ok(admitted.after)
}

fn proof(case: &Case) -> Result<Json, Broken> {
    let roster = case.roster(case.text("roster").as_bytes())?;
    let head = Head::open(case.text("head").as_bytes(), &roster)?;
    let bytes = case.bytes("bytes");
    let fact = Fact::prove(
        &bytes,
        LeafIndex(case.wide("index")),
        &case.hashes("path"),
        &head,
    )?;
    Ok(Json::object([
        ("region", fact.region.code().into()),
        ("id", fact.id.0.into()),
        ("kind", u32::from(fact.record.kind().0).into()),
    ]))
}

fn segment(case: &Case) -> Result<Json, Broken> {
    let bytes = case.bytes("bytes");
    let first = read_file_header(&bytes, &Origin::parse(case.text("origin")).unwrap())?;
    let mut rest = &bytes[FILE_HEADER_BYTES..];
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let header = FrameHeader::read(rest)?;
        let content = header.check(rest)?;
        let (frame, after) = rest.split_at(header.frame_bytes());
        let offsets = frame[frame.len() - (header.body_bytes - content.len())..].chunks_exact(4);
        let kind = match header.kind {
            FrameKind::Batch => "Batch",
            FrameKind::Head => "Head",
        };
        frames.push(Json::object([
            ("kind", kind.into()),
            ("entries", i64::try_from(header.entries).unwrap().into()),
            ("position", Json::wide(header.position)),
            ("content", Json::hex(content)),
            (
                "offsets",
                Json::list(offsets.map(|offset| u32::from_le_bytes(offset.try_into().unwrap()))),
            ),
        ]));
        rest = after;
    }
    Ok(Json::object([
        ("first", Json::wide(first.0)),
        ("frames", Json::List(frames)),
    ]))
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// Every case of every file, as read.
fn cases() -> Vec<(String, Case)> {
    let mut cases = Vec::new();
    for (file, _) in generate::files() {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["format"], 1);
        let Value::Array(list) = value["cases"].take() else {
            panic!("{file} has no cases")
        };
        cases.extend(list.into_iter().map(|case| {
            (
                format!("{file}: {} {}", case["check"], case["name"]),
                Case(case),
            )
        }));
    }
    cases
}

#[test]
fn every_case_comes_out_as_its_file_says() {
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let (found, expected) = match run(&case) {
            Ok(found) => (
                serde_json::from_str(&found.to_text()).unwrap(),
                with_bytes_joined(&case.0["expect"]),
            ),
            Err(Broken(rule)) => (Value::from(rule), case.0["refused"].clone()),
        };
        if found != expected {
            wrong.push(format!(
                "{name}:\n  expected {expected}\n  found    {found}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Payloads may stand as repeated parts; what is found always stands joined.
fn with_bytes_joined(expected: &Value) -> Value {
    let mut expected = expected.clone();
    if let Some(payload) = expected.pointer_mut("/fields/payload") {
        *payload = hex(&bytes(payload)).into();
    }
    expected
}

#[test]
fn every_way_to_be_wrong_has_a_case() {
    let refused: BTreeSet<String> = cases()
        .iter()
        .filter_map(|(_, case)| case.0["refused"].as_str())
        .flat_map(|rule| rule.split('/').map(String::from).collect::<Vec<_>>())
        .collect();
    let known: BTreeSet<String> = [INVALID, CODEC, PROOF, COSIGNATURE, REGISTER, FRAME, NUMBER]
        .concat()
        .into_iter()
        .map(String::from)
        .collect();
    assert_eq!(refused, known);
}

#[test]
fn every_kind_that_is_read_has_a_case() {
    let cases = cases();
    let has = |kind: Kind| {
        cases.iter().any(|(_, case)| {
            case.0["check"] == "entry"
                && case.0["expect"]["kind"].as_u64() == Some(u64::from(kind.0))
        })
    };
    for (kind, _) in Kind::NAMED {
        assert!(
            has(*kind) || generate::sample::record(*kind).is_none(),
            "{kind}"
        );
    }
}

#[test]
fn no_two_cases_of_a_file_bear_one_name() {
    let mut seen = BTreeSet::new();
    for (name, _) in cases() {
        assert!(seen.insert(name.clone()), "{name}");
    }
}

#[test]
fn writing_the_files_again_gives_the_same_bytes() {
    for (file, text) in generate::files() {
        let stored = std::fs::read_to_string(folder().join(file)).unwrap();
        assert!(
            stored == text,
            "{file} is not what `cargo run -p yizhang-ledger --example vectors` writes"
        );
    }
}

#[test]
fn a_second_implementation_agrees_with_every_case() {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second/verify.py");
    let output = std::process::Command::new("python3")
        .arg("-B")
        .arg(script)
        .output()
        .expect("the second implementation needs python3 (3.10 or later) on the path");
    let text = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
}
