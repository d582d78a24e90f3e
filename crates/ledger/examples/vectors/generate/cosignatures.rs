//! Cosignatures: the line of one, whose it is, and the lines of a head together.

use super::{
    case,
    json::Json,
    sample::{MIRROR_KEY, SECOND_KEY, WITNESS_KEY, key, origin, public},
};
use base64ct::{Base64, Encoding};
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};
use yizhang_ledger::{
    cosignature::{UnixSeconds, sign},
    hash::hash_leaf,
    head::Head,
    value::TreeSize,
};

const WITNESS: &str = "demo.yizhang/110000/witness";
const MIRROR: &str = "demo.yizhang/110000/mirror";
const TIME: u64 = 1_764_547_200;
/// A line of ML-DSA-44 has so many bytes behind its key id.
const POST_QUANTUM_BYTES: usize = 8 + 2_420;

pub fn cases() -> Vec<Json> {
    let mut cases = keys();
    cases.extend(signed());
    cases.extend(lines());
    cases.extend(heads());
    cases.extend(refused_heads());
    cases.extend(added());
    cases
}

fn head(size: u64) -> Head {
    Head {
        origin: origin(440_000),
        size: TreeSize(size),
        root: hash_leaf(b"some tree"),
    }
}

fn text() -> String {
    head(4).text()
}

/// The head as its chain signed it.
fn bare() -> String {
    head(4).sign(&key(SECOND_KEY))
}

fn time(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds).unwrap()
}

fn witness_line(seconds: u64) -> String {
    sign(&text(), WITNESS, &key(WITNESS_KEY), time(seconds))
}

fn mirror_line(seconds: u64) -> String {
    sign(&text(), MIRROR, &key(MIRROR_KEY), time(seconds))
}

fn key_id(name: &str, key: &[u8; 32], algorithm: u8) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', algorithm])
        .chain_update(key)
        .finalize();
    *hash.first_chunk().unwrap()
}

/// A line of the witness with any key id and anything behind it.
fn line(id: [u8; 4], body: &[u8]) -> String {
    let bytes = [&id[..], body].concat();
    format!("\u{2014} {WITNESS} {}\n", Base64::encode_string(&bytes))
}

/// What the witness signs for a text at a time, with that time in front, as on the line; whatever the time.
fn body(message_time: u64, line_time: u64) -> Vec<u8> {
    let message = format!("cosignature/v1\ntime {message_time}\n{}", text());
    let signature = key(WITNESS_KEY).sign(message.as_bytes()).to_bytes();
    [&line_time.to_be_bytes()[..], &signature].concat()
}

fn own_id() -> [u8; 4] {
    key_id(WITNESS, &public(WITNESS_KEY), 4)
}

fn keys() -> Vec<Json> {
    let good = |name: &str, key_name: &str, seed: u8| {
        let key = public(seed);
        let expect = [
            ("valid", true.into()),
            ("id", Json::hex(key_id(key_name, &key, 4))),
        ];
        let inputs = [("key_name", key_name.into()), ("key", Json::hex(key))];
        case("cosigner key", name, inputs, Json::object(expect))
    };
    let bad = |name: &str, key_name: &str, key: [u8; 32]| {
        let inputs = [("key_name", key_name.into()), ("key", Json::hex(key))];
        let expect = Json::object([("valid", false.into())]);
        case("cosigner key", name, inputs, expect)
    };
    let mut identity = [0; 32];
    identity[0] = 1;
    vec![
        good("a witness", WITNESS, WITNESS_KEY),
        good("a mirror", MIRROR, MIRROR_KEY),
        good("the same key under another name", MIRROR, WITNESS_KEY),
        bad("small order: the identity", WITNESS, identity),
        bad("small order: y = 0", WITNESS, [0; 32]),
        bad("not on the curve", WITNESS, {
            let mut bytes = [0; 32];
            bytes[0] = 2;
            bytes
        }),
        bad("no name", "", public(WITNESS_KEY)),
        bad("a plus in the name", "a+b", public(WITNESS_KEY)),
    ]
}

fn signed() -> Vec<Json> {
    [0, 1, TIME, UnixSeconds::MAX.get()]
        .into_iter()
        .map(|seconds| {
            let inputs = [
                ("text", text().into()),
                ("key_name", WITNESS.into()),
                ("secret", Json::hex([WITNESS_KEY; 32])),
                ("time", Json::wide(seconds)),
            ];
            let expect = Json::object([("line", witness_line(seconds).into())]);
            case("cosign", format!("at {seconds}"), inputs, expect)
        })
        .collect()
}

fn lines() -> Vec<Json> {
    let check = |name: &str, line: &str, outcome: Json| {
        let inputs = [
            ("text", text().into()),
            ("key_name", WITNESS.into()),
            ("key", Json::hex(public(WITNESS_KEY))),
            ("line", line.into()),
        ];
        case("cosignature", name, inputs, outcome)
    };
    let good = |name: &str, seconds: u64| {
        let expect = Json::object([("time", Json::wide(seconds))]);
        check(name, &witness_line(seconds), expect)
    };
    let bad = |name: &str, line: &str, fault: &str| {
        check(name, line, Json::Text(format!("CosignatureFault::{fault}")))
    };
    let own = body(TIME, TIME);
    let mut other_id = own_id();
    other_id[3] ^= 1;
    let plain_id = key_id(WITNESS, &public(WITNESS_KEY), 1);
    let plain = key(WITNESS_KEY).sign(text().as_bytes()).to_bytes();
    let mut bent = own.clone();
    bent[71] ^= 0x10;
    let longer = [&own[..], &[0]].concat();
    let elsewhere = sign(&head(5).text(), WITNESS, &key(WITNESS_KEY), time(TIME));
    let strangers = key(MIRROR_KEY)
        .sign(format!("cosignature/v1\ntime {TIME}\n{}", text()).as_bytes())
        .to_bytes();
    let strangers = [&TIME.to_be_bytes()[..], &strangers].concat();
    let beyond = UnixSeconds::MAX.get() + 1;
    let leading_zero = {
        let message = format!("cosignature/v1\ntime 0{TIME}\n{}", text());
        let signature = key(WITNESS_KEY).sign(message.as_bytes()).to_bytes();
        [&TIME.to_be_bytes()[..], &signature].concat()
    };
    let bare_text = [&TIME.to_be_bytes()[..], &plain].concat();
    vec![
        good("at some time", TIME),
        good("at 0", 0),
        good("at the last second", UnixSeconds::MAX.get()),
        bad(
            "the type byte of a plain signature",
            &line(plain_id, &own),
            "OtherKey",
        ),
        bad(
            "the type byte of ML-DSA-44",
            &line(key_id(WITNESS, &public(WITNESS_KEY), 6), &own),
            "OtherKey",
        ),
        bad("another key id", &line(other_id, &own), "OtherKey"),
        bad("another name", &mirror_line(TIME), "OtherKey"),
        bad("a plain signature", &line(plain_id, &plain), "OtherKey"),
        bad(
            "another time on the line",
            &line(own_id(), &body(TIME, TIME + 1)),
            "Signature",
        ),
        bad(
            "a time beyond 2^63 - 1",
            &line(own_id(), &body(beyond, beyond)),
            "Time",
        ),
        bad(
            "the last time of 64 bits",
            &line(own_id(), &body(u64::MAX, u64::MAX)),
            "Time",
        ),
        bad(
            "the time signed with a leading zero",
            &line(own_id(), &leading_zero),
            "Signature",
        ),
        bad(
            "the text signed without its time",
            &line(own_id(), &bare_text),
            "Signature",
        ),
        bad("over another head", &elsewhere, "Signature"),
        bad("by another key", &line(own_id(), &strangers), "Signature"),
        bad("one bit of S", &line(own_id(), &bent), "Signature"),
        bad("all zeros", &line(own_id(), &[0; 72]), "Signature"),
        bad("75 bytes", &line(own_id(), &own[..71]), "Length"),
        bad("77 bytes", &line(own_id(), &longer), "Length"),
        bad(
            "a signature without a time",
            &line(own_id(), &plain),
            "Length",
        ),
        bad(
            "a time and no signature",
            &line(own_id(), &own[..8]),
            "Length",
        ),
        bad("a key id alone", &line(own_id(), &[]), "Length"),
        bad("three bytes", &format!("\u{2014} {WITNESS} AQID\n"), "Form"),
        bad("cut off in its base64", &witness_line(TIME)[..101], "Form"),
        bad(
            "cut off behind four characters of base64",
            &witness_line(TIME)[..100],
            "Length",
        ),
        bad("no name", &witness_line(TIME).replace(WITNESS, ""), "Form"),
        bad(
            "a hyphen for the dash",
            &witness_line(TIME).replace('\u{2014}', "-"),
            "Form",
        ),
        bad("two lines", &witness_line(TIME).repeat(2), "Form"),
        bad("nothing", "", "Form"),
    ]
}

fn cosigners(known: &[(&str, u8)]) -> Json {
    Json::list(known.iter().map(|(name, seed)| {
        Json::object([
            ("key_name", (*name).into()),
            ("key", Json::hex(public(*seed))),
        ])
    }))
}

const BOTH: [(&str, u8); 2] = [(WITNESS, WITNESS_KEY), (MIRROR, MIRROR_KEY)];

fn head_case(name: &str, bytes: Json, known: &[(&str, u8)], outcome: Json) -> Json {
    let inputs = [("bytes", bytes), ("cosigners", cosigners(known))];
    case("cosignatures", name, inputs, outcome)
}

fn found(cosigned: &[(&str, u64)]) -> Json {
    let each = cosigned.iter().map(|(name, seconds)| {
        Json::object([("name", (*name).into()), ("time", Json::wide(*seconds))])
    });
    Json::object([("cosignatures", Json::list(each))])
}

fn heads() -> Vec<Json> {
    let (witness, mirror) = (witness_line(TIME), mirror_line(TIME + 1));
    let unknown = sign(&text(), "other.example", &key(33), time(TIME));
    let post_quantum = format!(
        "\u{2014} {WITNESS} {}\n",
        Base64::encode_string(&[&[9, 9, 9, 9][..], &[7; POST_QUANTUM_BYTES]].concat())
    );
    let good = |name: &str, lines: &str, known: &[(&str, u8)], cosigned: &[(&str, u64)]| {
        head_case(name, Json::hex(bare() + lines), known, found(cosigned))
    };
    let both = [(WITNESS, TIME), (MIRROR, TIME + 1)];
    vec![
        good("none", "", &BOTH, &[]),
        good("a witness", &witness, &BOTH, &[(WITNESS, TIME)]),
        good(
            "a witness and a mirror",
            &format!("{witness}{mirror}"),
            &BOTH,
            &both,
        ),
        good(
            "in another order",
            &format!("{mirror}{witness}"),
            &BOTH,
            &both,
        ),
        good(
            "one that nobody knows",
            &format!("{unknown}{witness}"),
            &BOTH,
            &[(WITNESS, TIME)],
        ),
        good("nobody is known", &format!("{witness}{mirror}"), &[], &[]),
        good(
            "a cosigner that is known twice",
            &witness,
            &[BOTH[0], BOTH[0]],
            &[(WITNESS, TIME)],
        ),
        good(
            "an unknown one that is wrong",
            &format!("{witness}{}", line([9, 9, 9, 9], &[9; 72])),
            &BOTH,
            &[(WITNESS, TIME)],
        ),
        good(
            "the known key under a name that is not known",
            &sign(&text(), "other.example", &key(WITNESS_KEY), time(TIME)),
            &BOTH,
            &[],
        ),
        head_case(
            "15 lines of ML-DSA-44 beside",
            Json::parts(&[
                (bare().as_bytes(), 1),
                (post_quantum.as_bytes(), 15),
                (witness.as_bytes(), 1),
            ]),
            &BOTH,
            found(&[(WITNESS, TIME)]),
        ),
    ]
}

fn refused_heads() -> Vec<Json> {
    let (witness, mirror) = (witness_line(TIME), mirror_line(TIME));
    let own = body(TIME, TIME);
    let bad = |name: &str, lines: &str, fault: &str| {
        let outcome = Json::Text(format!("CosignatureFault::{fault}"));
        head_case(name, Json::hex(bare() + lines), &BOTH, outcome)
    };
    vec![
        bad("the same line twice", &witness.repeat(2), "Twice"),
        bad(
            "two times of one witness",
            &format!("{witness}{}", witness_line(TIME + 1)),
            "Twice",
        ),
        bad(
            "a wrong one beside a right one of another",
            &format!("{mirror}{}", line(own_id(), &body(TIME, TIME + 1))),
            "Signature",
        ),
        bad(
            "a wrong one before the right one",
            &format!("{}{witness}", line(own_id(), &body(TIME, TIME + 1))),
            "Signature",
        ),
        bad("one of 75 bytes", &line(own_id(), &own[..71]), "Length"),
        bad(
            "one of another head",
            &sign(&head(5).text(), WITNESS, &key(WITNESS_KEY), time(TIME)),
            "Signature",
        ),
        bad(
            "one beyond all time",
            &line(own_id(), &body(u64::MAX, u64::MAX)),
            "Time",
        ),
    ]
}

fn added() -> Vec<Json> {
    let add = |name: &str, note: String, line: &str, outcome: Json| {
        let inputs = [
            ("bytes", Json::hex(note)),
            ("key_name", WITNESS.into()),
            ("key", Json::hex(public(WITNESS_KEY))),
            ("line", line.into()),
        ];
        case("add cosignature", name, inputs, outcome)
    };
    let good = |name: &str, lines: &str, line: &str, after: &str| {
        let expect = Json::object([("lines", after.into())]);
        add(name, bare() + lines, line, expect)
    };
    let own = bare().rsplit("\n\n").next().unwrap().to_string();
    let after = |lines: &str| format!("{own}{lines}");
    let (old, new) = (witness_line(TIME), witness_line(TIME + 1));
    let mirror = mirror_line(TIME);
    let wrong = line(own_id(), &body(TIME + 9, TIME + 10));
    let unknown = line([9, 9, 9, 9], &[9; 72]);
    let full = Json::Text("CosignatureFault::NoRoom".into());
    let over = Json::Text("CosignatureFault::Signature".into());
    vec![
        good("the first", "", &old, &after(&old)),
        good(
            "beside a mirror's",
            &mirror,
            &old,
            &after(&format!("{mirror}{old}")),
        ),
        good(
            "a later one takes the place of the earlier",
            &format!("{old}{mirror}"),
            &new,
            &after(&format!("{mirror}{new}")),
        ),
        good("an earlier one changes nothing", &new, &old, &after(&new)),
        good("the same one again", &old, &old, &after(&old)),
        good(
            "two that stand there become one",
            &format!("{old}{new}"),
            &old,
            &after(&new),
        ),
        good(
            "a wrong one that stands there goes",
            &wrong,
            &old,
            &after(&old),
        ),
        good(
            "the 99th",
            &unknown.repeat(98),
            &old,
            &after(&format!("{}{old}", unknown.repeat(98))),
        ),
        good(
            "a later one among 99",
            &format!("{old}{}", unknown.repeat(98)),
            &new,
            &after(&format!("{}{new}", unknown.repeat(98))),
        ),
        add("the 100th", bare() + &unknown.repeat(99), &old, full),
        add(
            "of another head",
            bare(),
            &sign(&head(5).text(), WITNESS, &key(WITNESS_KEY), time(TIME)),
            over,
        ),
        add(
            "of somebody else",
            bare(),
            &mirror,
            Json::Text("CosignatureFault::OtherKey".into()),
        ),
    ]
}
