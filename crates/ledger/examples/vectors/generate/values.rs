//! Single values: integers, options, texts, and the checked ones at their bounds.

use super::{case, json::Json};

pub fn cases() -> Vec<Json> {
    let mut cases = Vec::new();
    let mut good = |kind: &str, bytes: &str, value: Json| {
        cases.push(case(
            "value",
            format!("{kind} {bytes}"),
            [("type", kind.into()), ("bytes", bytes.into())],
            Json::object([("value", value)]),
        ));
    };
    for (value, bytes) in [
        (0, "00"),
        (250, "fa"),
        (251, "fbfb00"),
        (256, "fb0001"),
        (65_535, "fbffff"),
    ] {
        good("u16", bytes, value.into());
        good("u32", bytes, value.into());
        good("u64", bytes, Json::wide(u64::try_from(value).unwrap()));
    }
    good("u8", "fb", 251.into());
    good("u8", "ff", 255.into());
    good("u32", "fc00000100", 65_536.into());
    good("u64", "fcffffffff", Json::wide(u64::from(u32::MAX)));
    good("u64", "fd0000000001000000", Json::wide(1 << 32));
    good("u64", "fdffffffffffffffff", Json::wide(u64::MAX));
    for (value, bytes) in [
        (0, "00"),
        (-1, "01"),
        (1, "02"),
        (-125, "f9"),
        (125, "fa"),
        (-126, "fbfb00"),
    ] {
        good("i64", bytes, value.into());
    }
    good("bool", "00", false.into());
    good("bool", "01", true.into());
    good("month", "fb1059", "1900-01".into());
    good("month", "fb285f", "2030-01".into());
    good("month", "fbffff", "5461-04".into());
    good("optional month", "00", Json::Null);
    good("optional month", "01fb285f", "2030-01".into());
    cases.extend(days());
    cases.extend(amounts());
    cases.extend(texts());
    cases.extend(refused());
    cases
}

fn good(kind: &str, name: &str, bytes: impl AsRef<[u8]>, value: Json) -> Json {
    case(
        "value",
        format!("{kind} {name}"),
        [("type", kind.into()), ("bytes", Json::hex(bytes))],
        Json::object([("value", value)]),
    )
}

fn bad(kind: &str, name: &str, bytes: impl AsRef<[u8]>, fault: &str) -> Json {
    case(
        "value",
        format!("{kind}: {name}"),
        [("type", kind.into()), ("bytes", Json::hex(bytes))],
        Json::Text(format!("CodecFault::{fault}")),
    )
}

/// The bytes that bincode gives an integer.
pub fn varint(value: u64) -> Vec<u8> {
    bincode::encode_to_vec(value, bincode::config::standard()).unwrap()
}

/// The bytes that bincode gives a signed integer.
pub fn zigzag(value: i64) -> Vec<u8> {
    bincode::encode_to_vec(value, bincode::config::standard()).unwrap()
}

/// The bytes that bincode gives a text.
pub fn text(value: &str) -> Vec<u8> {
    bincode::encode_to_vec(value, bincode::config::standard()).unwrap()
}

fn days() -> Vec<Json> {
    let mut cases = Vec::new();
    for (number, written) in [
        (19_000_101_u32, "1900-01-01"),
        (99_991_231, "9999-12-31"),
        (20_240_229, "2024-02-29"),
        (20_000_229, "2000-02-29"),
        (19_000_228, "1900-02-28"),
        (20_260_430, "2026-04-30"),
    ] {
        cases.push(good("day", written, varint(number.into()), written.into()));
    }
    for number in [
        0_u32,
        18_991_231,
        20_230_229,
        19_000_229,
        21_000_229,
        20_260_431,
        20_260_001,
        20_261_301,
        20_260_100,
        20_260_132,
        100_000_101,
        4_294_967_295,
    ] {
        cases.push(bad(
            "day",
            &number.to_string(),
            varint(number.into()),
            "Field",
        ));
    }
    for (number, fits) in [(22_799_u16, false), (0, false), (22_811, true)] {
        let bytes = varint(number.into());
        cases.push(if fits {
            good("month", "1900-12", bytes, "1900-12".into())
        } else {
            bad("month", &number.to_string(), bytes, "Field")
        });
    }
    cases
}

fn amounts() -> Vec<Json> {
    const MAX: i64 = 1_000_000_000_000_000;
    let mut cases = Vec::new();
    for amount in [0, 1, -1, 208_894, MAX - 1, MAX, -MAX] {
        cases.push(good(
            "fen",
            &amount.to_string(),
            zigzag(amount),
            amount.into(),
        ));
    }
    for amount in [MAX + 1, -MAX - 1, i64::MAX, i64::MIN] {
        cases.push(bad("fen", &amount.to_string(), zigzag(amount), "Field"));
    }
    for rate in [0_u32, 800, 100_000] {
        cases.push(good(
            "rate",
            &rate.to_string(),
            varint(rate.into()),
            rate.into(),
        ));
    }
    cases.push(bad("rate", "100001", varint(100_001), "Field"));
    for division in [100_000_u32, 440_300, 999_999] {
        cases.push(good(
            "division",
            &division.to_string(),
            varint(division.into()),
            division.into(),
        ));
    }
    for division in [0_u32, 99_999, 1_000_000] {
        cases.push(bad(
            "division",
            &division.to_string(),
            varint(division.into()),
            "Field",
        ));
    }
    cases
}

fn texts() -> Vec<Json> {
    let longest = "x".repeat(32);
    let mut cases = Vec::new();
    for code in ["", "110", "!~", longest.as_str()] {
        cases.push(good(
            "code",
            &format!("of {} characters", code.len()),
            text(code),
            code.into(),
        ));
    }
    cases.push(bad("code", "33 characters", text(&"x".repeat(33)), "Field"));
    for (name, code) in [
        ("blank", "a b"),
        ("newline", "a\n"),
        ("delete", "\u{7f}"),
        ("Chinese", "\u{53c2}"),
    ] {
        cases.push(bad("code", name, text(code), "Field"));
    }
    cases.push(bad("code", "not UTF-8", [2, 0xc3, 0x28], "Field"));
    cases.push(bad(
        "code",
        "shorter than its length",
        [3, b'a', b'b'],
        "Field",
    ));
    cases.push(bad(
        "code",
        "a length of 2^64 - 1",
        [0xfd, 255, 255, 255, 255, 255, 255, 255, 255, b'a'],
        "Field",
    ));
    cases.push(bad(
        "code",
        "a length in two bytes where one does",
        [0xfb, 1, 0, b'a'],
        "NotCanonical",
    ));
    cases
}

fn refused() -> Vec<Json> {
    let cases: [(&str, &str, &[u8], &str); 23] = [
        ("u16", "no bytes", &[], "Field"),
        ("u16", "half of the two bytes", &[0xfb, 1], "Field"),
        ("u16", "250 in two bytes", &[0xfb, 250, 0], "NotCanonical"),
        (
            "u16",
            "the marker of four bytes",
            &[0xfc, 0, 0, 1, 0],
            "Field",
        ),
        ("u16", "a byte too many", &[1, 0], "Trailing"),
        (
            "u32",
            "65535 in four bytes",
            &[0xfc, 255, 255, 0, 0],
            "NotCanonical",
        ),
        (
            "u32",
            "the marker of eight bytes",
            &[0xfd, 0, 0, 0, 0, 1, 0, 0, 0],
            "Field",
        ),
        (
            "u64",
            "2^32 - 1 in eight bytes",
            &[0xfd, 255, 255, 255, 255, 0, 0, 0, 0],
            "NotCanonical",
        ),
        (
            "u64",
            "the marker of sixteen bytes",
            &[0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            "Field",
        ),
        ("u64", "a marker that stands for nothing", &[0xff], "Field"),
        ("i64", "1 in two bytes", &[0xfb, 2, 0], "NotCanonical"),
        ("i64", "a byte too many", &[0, 0], "Trailing"),
        ("u8", "no bytes", &[], "Field"),
        ("bool", "2", &[2], "Field"),
        ("bool", "255", &[255], "Field"),
        ("optional month", "2", &[2], "Field"),
        ("optional month", "1 and nothing", &[1], "Field"),
        (
            "optional month",
            "2 and a month",
            &[2, 0xfb, 0x28, 0x5f],
            "Field",
        ),
        (
            "month",
            "a byte too many",
            &[0xfb, 0x28, 0x5f, 0],
            "Trailing",
        ),
        ("payer kind", "5", &[5], "Field"),
        ("namespace", "5", &[5], "Field"),
        ("account type", "2", &[2], "Field"),
        (
            "account type",
            "1 in two bytes",
            &[0xfb, 1, 0],
            "NotCanonical",
        ),
    ];
    let mut out: Vec<Json> = cases
        .into_iter()
        .map(|(kind, name, bytes, fault)| bad(kind, name, bytes, fault))
        .collect();
    for (number, name) in ["Unit", "Person", "Government", "Platform", "Fund"]
        .into_iter()
        .enumerate()
    {
        out.push(good(
            "payer kind",
            name,
            [u8::try_from(number).unwrap()],
            name.into(),
        ));
    }
    for (number, name) in ["Hrss", "Nhsa", "Local", "Annuity", "Personal"]
        .into_iter()
        .enumerate()
    {
        out.push(good(
            "namespace",
            name,
            [u8::try_from(number).unwrap()],
            name.into(),
        ));
    }
    for (number, name) in ["General", "Temporary"].into_iter().enumerate() {
        out.push(good(
            "account type",
            name,
            [u8::try_from(number).unwrap()],
            name.into(),
        ));
    }
    out
}
