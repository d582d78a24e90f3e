//! Signed notes: their form, and what the one policy of Ed25519 verification accepts and refuses.

use super::{case, json::Json, sample};
use base64ct::{Base64, Encoding};
use curve25519_dalek::{
    EdwardsPoint, Scalar,
    constants::{ED25519_BASEPOINT_POINT as BASE, EIGHT_TORSION},
};
use sha2::{Digest, Sha256, Sha512};

const NAME: &str = "demo.yizhang/440000";
const TEXT: &str = "demo.yizhang/440000\n3\nsome text\n";
const SEED: u8 = 7;

pub fn cases() -> Vec<Json> {
    let mut cases = forms();
    cases.extend(keys());
    cases.extend(signatures());
    cases
}

fn note(name: &str, key: [u8; 32], bytes: Json, outcome: Json) -> Json {
    case(
        "note",
        name,
        [
            ("key_name", NAME.into()),
            ("key", Json::hex(key)),
            ("bytes", bytes),
        ],
        outcome,
    )
}

fn signed(by_key: bool) -> Json {
    Json::object([("text", TEXT.into()), ("signed", by_key.into())])
}

fn own_line() -> String {
    yizhang_ledger::note::signature_line(TEXT, NAME, &sample::key(SEED))
}

/// A signature line of any bytes.
fn line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    format!(
        "\u{2014} {name} {}\n",
        Base64::encode_string(&[&id[..], signature].concat())
    )
}

fn key_id(key: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(NAME)
        .chain_update([b'\n', 1])
        .chain_update(key)
        .finalize();
    *hash.first_chunk().unwrap()
}

fn forms() -> Vec<Json> {
    let key = sample::public(SEED);
    let (own, other) = (own_line(), line("other", [1, 2, 3, 4], &[9; 64]));
    let good = |name: &str, lines: &str, by_key: bool| {
        note(
            name,
            key,
            Json::hex(format!("{TEXT}\n{lines}")),
            signed(by_key),
        )
    };
    let bad =
        |name: &str, bytes: &[u8]| note(name, key, Json::hex(bytes), "Invalid::NoteForm".into());
    let bad_line = |name: &str, line: &str| bad(name, format!("{TEXT}\n{line}").as_bytes());
    let foreign = |bytes: usize| line("other", [1, 2, 3, 4], &vec![9; bytes]);
    let mut id = key_id(&key);
    id[0] ^= 1;
    let many = |count: usize| other.repeat(count - 1) + &own;
    let large =
        |blanks: usize| Json::parts(&[(b"x", blanks), (format!("\n\n{other}").as_bytes(), 1)]);
    let overhead = other.len() + 2;
    vec![
        good("signed by the key", &own, true),
        good("by the key and another", &format!("{other}{own}"), true),
        good("by another only", &other, false),
        good(
            "the key's name, another id",
            &line(NAME, id, &[9; 64]),
            false,
        ),
        good(
            "the key's id, another name",
            &line("other", key_id(&key), &[9; 64]),
            false,
        ),
        good(
            "a cosignature with a timestamp is passed over",
            &format!("{}{own}", foreign(72)),
            true,
        ),
        good(
            "a signature of no bytes is passed over",
            &format!("{}{own}", foreign(0)),
            true,
        ),
        good(
            "the key's id with 63 bytes is passed over",
            &line(NAME, key_id(&key), &[9; 63]),
            false,
        ),
        good("100 signatures", &many(100), true),
        bad_line("101 signatures", &many(101)),
        note("the largest", key, large(256 * 1_024 - overhead), {
            Json::object([
                (
                    "text_bytes",
                    i64::try_from(256 * 1_024 - overhead + 1).unwrap().into(),
                ),
                ("signed", false.into()),
            ])
        }),
        note(
            "a byte larger",
            key,
            large(256 * 1_024 - overhead + 1),
            "Invalid::NoteForm".into(),
        ),
        bad("empty", b""),
        bad("no blank line", TEXT.as_bytes()),
        bad("no signature", format!("{TEXT}\n").as_bytes()),
        bad(
            "no final newline",
            format!("{TEXT}\n{}", own.trim_end()).as_bytes(),
        ),
        bad(
            "not UTF-8",
            &[format!("{TEXT}\n{own}").as_bytes(), &[0xff]].concat(),
        ),
        bad("a carriage return", format!("{TEXT}\r\n\n{own}").as_bytes()),
        bad("a tab", format!("\t{TEXT}\n{own}").as_bytes()),
        bad("a zero byte", format!("\0{TEXT}\n{own}").as_bytes()),
        bad(
            "a delete character",
            format!("\u{7f}{TEXT}\n{own}").as_bytes(),
        ),
        bad_line("a blank line among signatures", &format!("{own}\n")),
        bad_line("a hyphen for the dash", &own.replace('\u{2014}', "-")),
        bad_line(
            "no blank after the dash",
            &own.replace("\u{2014} ", "\u{2014}"),
        ),
        bad_line(
            "two blanks after the dash",
            &own.replace("\u{2014} ", "\u{2014}  "),
        ),
        bad_line("no name", &own.replace(NAME, "")),
        bad_line("a plus in the name", &line("a+b", [1, 2, 3, 4], &[9; 64])),
        bad_line(
            "a no-break space in the name",
            &line("a\u{a0}b", [1, 2, 3, 4], &[9; 64]),
        ),
        bad_line(
            "an ideographic space in the name",
            &line("a\u{3000}b", [1, 2, 3, 4], &[9; 64]),
        ),
        bad_line(
            "a C1 control in the name",
            &line("a\u{80}b", [1, 2, 3, 4], &[9; 64]),
        ),
        bad_line("no signature after the name", &format!("\u{2014} {NAME}\n")),
        bad_line("an empty signature", &format!("\u{2014} {NAME} \n")),
        bad_line("three bytes", &format!("\u{2014} {NAME} AQID\n")),
        bad_line(
            "base64 without its padding",
            &line("other", [1, 2, 3, 4], &[]).replace('=', ""),
        ),
        bad_line(
            "base64 with bits behind the last byte",
            &line("other", [1, 2, 3, 4], &[]).replace("BA==", "BB=="),
        ),
        bad_line(
            "base64 of the other alphabet",
            &line("other", [0xff, 0xff, 0xff, 0xff], &[9; 64]).replace('/', "_"),
        ),
        bad_line("something after the signature", &own.replace('\n', " x\n")),
        note(
            "two lines of the key, both right",
            key,
            Json::hex(format!("{TEXT}\n{own}{own}")),
            "Invalid::BadSignature".into(),
        ),
        note(
            "two lines of the key, one wrong",
            key,
            Json::hex(format!(
                "{TEXT}\n{own}{}",
                line(NAME, key_id(&key), &[9; 64])
            )),
            "Invalid::BadSignature".into(),
        ),
        note(
            "another text",
            key,
            Json::hex(format!("x{TEXT}\n{own}")),
            "Invalid::BadSignature".into(),
        ),
        note(
            "a text with a blank line in it",
            key,
            Json::hex(format!("{TEXT}\n{TEXT}\n{own}")),
            "Invalid::BadSignature".into(),
        ),
    ]
}

/// A key by its bytes, whether it may be one.
fn key_case(name: &str, key: [u8; 32], valid: bool) -> Json {
    let expect = if valid {
        Json::object([("valid", true.into()), ("id", Json::hex(key_id(&key)))])
    } else {
        Json::object([("valid", false.into())])
    };
    case(
        "key",
        name,
        [("key_name", NAME.into()), ("key", Json::hex(key))],
        expect,
    )
}

/// Little-endian bytes of 2^255 - 19 + `more`.
fn beyond_the_field(more: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed + more;
    bytes[31] = 0x7f;
    bytes
}

fn keys() -> Vec<Json> {
    let mut cases = vec![
        key_case("an ordinary key", sample::public(SEED), true),
        key_case("a key with a part of order 8", mixed_key().0, true),
        key_case("y = 2, not on the curve", first_byte(2), false),
    ];
    for (number, point) in EIGHT_TORSION.iter().enumerate() {
        cases.push(key_case(
            &format!("small order, number {number}"),
            point.compress().to_bytes(),
            false,
        ));
    }
    let mut negative_zero = first_byte(1);
    negative_zero[31] = 0x80;
    cases.push(key_case(
        "y = 1 with the sign of x, which is 0",
        negative_zero,
        false,
    ));
    for more in 0..=18 {
        // y mod p is `more`: small order for 0 and 1, elsewhere an ordinary point or none.
        for sign in [0, 0x80] {
            let mut bytes = beyond_the_field(more);
            bytes[31] |= sign;
            let name = format!(
                "y = p + {more}{}",
                if sign == 0 { "" } else { ", x negative" }
            );
            cases.push(key_case(&name, bytes, false));
        }
    }
    for name in ["", "a b", "a+b", "a\tb", "a\u{2003}b"] {
        let inputs = [
            ("key_name", name.into()),
            ("key", Json::hex(sample::public(SEED))),
        ];
        cases.push(case(
            "key",
            format!("name {name:?}"),
            inputs,
            Json::object([("valid", false.into())]),
        ));
    }
    cases
}

fn first_byte(byte: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = byte;
    bytes
}

/// The secret scalar of [`SEED`].
fn secret() -> Scalar {
    let hash: [u8; 64] = Sha512::digest([SEED; 32]).into();
    let mut low: [u8; 32] = *hash.first_chunk().unwrap();
    low[0] &= 0xf8;
    low[31] = (low[31] & 0x3f) | 0x40;
    Scalar::from_bytes_mod_order(low)
}

fn torsion() -> EdwardsPoint {
    EIGHT_TORSION[1]
}

/// A public key that is an ordinary one plus a point of order 8.
fn mixed_key() -> ([u8; 32], EdwardsPoint) {
    let point = BASE * secret() + torsion();
    (point.compress().to_bytes(), point)
}

fn challenge(r: &[u8; 32], key: &[u8; 32]) -> Scalar {
    let hash: [u8; 64] = Sha512::new()
        .chain_update(r)
        .chain_update(key)
        .chain_update(TEXT)
        .finalize()
        .into();
    Scalar::from_bytes_mod_order_wide(&hash)
}

fn signature(r: [u8; 32], s: [u8; 32]) -> Vec<u8> {
    [r, s].concat()
}

/// S + L, where L is the order of the base point: the same number for who reduces it.
fn plus_order(s: [u8; 32]) -> [u8; 32] {
    let order = (Scalar::ZERO - Scalar::ONE).to_bytes();
    let mut carry = 1_u16;
    std::array::from_fn(|at| {
        let sum = u16::from(s[at]) + u16::from(order[at]) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    })
}

fn signatures() -> Vec<Json> {
    let key = sample::public(SEED);
    let own = ed25519_dalek::Signer::sign(&sample::key(SEED), TEXT.as_bytes());
    let (own_r, own_s) = (*own.r_bytes(), *own.s_bytes());
    let check = |name: &str, key: [u8; 32], signature: &[u8], good: bool| {
        let bytes = Json::hex(format!("{TEXT}\n{}", line(NAME, key_id(&key), signature)));
        note(
            name,
            key,
            bytes,
            if good {
                signed(true)
            } else {
                "Invalid::BadSignature".into()
            },
        )
    };
    let mut bent = own.to_vec();
    bent[63] ^= 0x10;
    let mut cases = vec![
        check("as signed", key, &own.to_bytes(), true),
        check("one bit of S", key, &bent, false),
        check("all zeros", key, &[0; 64], false),
        check("R and S swapped", key, &signature(own_s, own_r), false),
        check("S + L", key, &signature(own_r, plus_order(own_s)), false),
        check(
            "S with the highest bit",
            key,
            &signature(own_r, with_bit(own_s, 0x80)),
            false,
        ),
        check(
            "R with the other sign",
            key,
            &signature(with_bit(own_r, 0x80), own_s),
            false,
        ),
        check(
            "S = L, R of the message",
            key,
            &signature(own_r, plus_order([0; 32])),
            false,
        ),
    ];
    cases.extend(small_order_r(key, &check));
    cases.extend(mixed_orders(key, &check));
    cases
}

fn with_bit(mut bytes: [u8; 32], bit: u8) -> [u8; 32] {
    bytes[31] ^= bit;
    bytes
}

/// R of small order: with the right S, [S]B = R + [k]A holds up to R's cofactor, and for the identity exactly.
fn small_order_r(key: [u8; 32], check: &impl Fn(&str, [u8; 32], &[u8], bool) -> Json) -> Vec<Json> {
    let mut encodings: Vec<(String, [u8; 32])> = EIGHT_TORSION
        .iter()
        .enumerate()
        .map(|(number, point)| {
            (
                format!("R of small order, number {number}"),
                point.compress().to_bytes(),
            )
        })
        .collect();
    encodings.push(("R the identity as y = p + 1".into(), beyond_the_field(1)));
    encodings.push((
        "R the identity with a sign".into(),
        with_bit(first_byte(1), 0x80),
    ));
    encodings.push(("R not on the curve".into(), first_byte(2)));
    let case = |(name, r): (String, [u8; 32])| {
        check(
            &name,
            key,
            &signature(r, (challenge(&r, &key) * secret()).to_bytes()),
            false,
        )
    };
    encodings.into_iter().map(case).collect()
}

/// Points with a part of order 8: verification without the cofactor tells them apart, with it not.
fn mixed_orders(key: [u8; 32], check: &impl Fn(&str, [u8; 32], &[u8], bool) -> Json) -> Vec<Json> {
    let (mixed, _) = mixed_key();
    let with_nonce = |nonce: u64, key: &[u8; 32], extra: EdwardsPoint| {
        let r = (BASE * Scalar::from(nonce) + extra).compress().to_bytes();
        let k = challenge(&r, key);
        (
            k.to_bytes()[0] % 8,
            signature(r, (Scalar::from(nonce) + k * secret()).to_bytes()),
        )
    };
    // The part of order 8 vanishes from [k]A where 8 divides k.
    let find = |divisible: bool| {
        (1..1_000)
            .map(|nonce| with_nonce(nonce, &mixed, EdwardsPoint::default()))
            .find(|(rest, _)| (*rest == 0) == divisible)
    };
    let (vanishes, stays) = (find(true).unwrap().1, find(false).unwrap().1);
    let r_mixed = with_nonce(1_000, &key, torsion()).1;
    vec![
        check(
            "A with a part of order 8 that vanishes in [k]A",
            mixed,
            &vanishes,
            true,
        ),
        check(
            "A with a part of order 8 that stays: holds only times 8",
            mixed,
            &stays,
            false,
        ),
        check(
            "R with a part of order 8: holds only times 8",
            key,
            &r_mixed,
            false,
        ),
    ]
}
