//! Rosters: the canonical form, and who must have signed.

use super::{
    case,
    json::Json,
    sample::{self, ROOTS, public, roster, signed_roster},
};
use base64ct::{Base64, Encoding};
use yizhang_ledger::{
    cosignature::UnixSeconds,
    hash::Hash,
    note::NoteKey,
    roster::{CONTINUATIONS_MAX, ChainKey, Continuation, KEYS_MAX, KeyKind, NamedTree, Roster},
    value::{Division, TreeSize},
};

pub fn cases() -> Vec<Json> {
    let mut cases = accepted();
    cases.extend(signatures());
    cases.extend(forms());
    cases.extend(successors());
    cases
}

fn open(name: &str, note: &str, trusted: &[u8], threshold: u32, outcome: Json) -> Json {
    let trusted = Json::list(trusted.iter().map(|seed| Json::hex(public(*seed))));
    case(
        "roster",
        name,
        [
            ("bytes", Json::hex(note)),
            ("trusted", trusted),
            ("threshold", threshold.into()),
        ],
        outcome,
    )
}

/// What a roster says, as JSON.
pub fn fields(roster: &Roster) -> Json {
    let regions = roster.regions.iter().map(|(code, region)| {
        let key = |key: [u8; 32], from: u64, until: Option<u64>| {
            Json::object([
                ("key", Json::hex(key)),
                ("from", Json::wide(from)),
                ("until", until.map(Json::wide).into()),
            ])
        };
        let chain = region.keys.iter().map(|span| {
            let until = span.until.map(|until| until.0);
            key(span.key.to_bytes(), span.from.0, until)
        });
        let cosigning = |kind: KeyKind| {
            Json::list(region.cosigning_keys(kind).iter().map(|span| {
                let until = span.until.map(UnixSeconds::get);
                key(span.key.to_bytes(), span.from.get(), until)
            }))
        };
        Json::object([
            ("code", code.code().into()),
            ("origin", region.origin.as_str().into()),
            ("endpoint", region.endpoint.as_str().into()),
            ("chain", Json::list(chain)),
            ("witness", cosigning(KeyKind::Witness)),
            ("mirror", cosigning(KeyKind::Mirror)),
            ("continues", continues(&region.continuations)),
        ])
    });
    Json::object([
        ("federation", roster.federation.as_str().into()),
        ("version", Json::wide(roster.version)),
        ("previous", roster.previous.into()),
        ("hash", roster.hash().into()),
        ("threshold", i64::try_from(roster.threshold).unwrap().into()),
        ("mirrors", i64::from(roster.mirrors).into()),
        ("roots", Json::list(roster.roots.iter().map(Json::hex))),
        ("tls_authority", Json::hex(&roster.tls_authority)),
        ("regions", Json::list(regions)),
    ])
}

fn continues(continuations: &[Continuation]) -> Json {
    let tree = |tree: &NamedTree| {
        Json::object([
            ("size", Json::wide(tree.size.0)),
            ("root", tree.root.into()),
        ])
    };
    Json::list(continuations.iter().map(|continuation| {
        Json::object([
            ("agreed", tree(&continuation.agreed)),
            ("from", tree(&continuation.from)),
        ])
    }))
}

/// A state of a chain from which it goes on.
pub const fn goes_on_at(size: u64) -> NamedTree {
    NamedTree {
        size: TreeSize(size),
        root: CONTINUED_ROOT,
    }
}

/// The sample roster, in which the chain of the south goes on from these sizes.
pub fn continued(sizes: &[u64]) -> Roster {
    let at = |size: &u64| Continuation::at(goes_on_at(*size));
    continued_as(sizes.iter().map(at).collect())
}

/// The sample roster, in which the chain of the south goes on so.
pub fn continued_as(continuations: Vec<Continuation>) -> Roster {
    let mut roster = roster();
    let south = roster.regions.get_mut(&Division::new(440_000).unwrap());
    south.unwrap().continuations = continuations;
    roster
}

/// The sample roster, in which one history of the chain of the south was chosen from another.
pub fn chosen(agreed: u64, from: u64) -> Roster {
    continued_as(vec![Continuation {
        agreed: goes_on_at(agreed),
        from: goes_on_at(from),
    }])
}

/// The root from which a chain goes on.
pub const CONTINUED_ROOT: Hash = Hash([0x0c; 32]);

fn keys_of_south(roster: &mut Roster) -> &mut Vec<ChainKey> {
    let south = roster.regions.get_mut(&Division::new(440_000).unwrap());
    &mut south.unwrap().keys
}

/// A chain without keys that goes on anew so many times.
fn often_continued(times: usize) -> Roster {
    let sizes: Vec<u64> = (1..=u64::try_from(times).unwrap()).collect();
    without_keys(continued(&sizes))
}

fn without_keys(mut roster: Roster) -> Roster {
    keys_of_south(&mut roster).clear();
    roster
}

/// So many keys of a chain, each for one size.
fn keys_in_a_row(count: usize) -> Vec<ChainKey> {
    let keys = (0..u8::try_from(count).unwrap()).map(|number| ChainKey {
        key: NoteKey::new(sample::origin(440_000).as_str(), public(100 + number)).unwrap(),
        from: TreeSize(number.into()),
        until: Some(TreeSize(number.into())),
    });
    keys.collect()
}

fn accepted() -> Vec<Json> {
    let good = |name: &str, roster: &Roster| {
        open(
            name,
            &signed_roster(roster, &ROOTS[..2]),
            &ROOTS,
            2,
            fields(roster),
        )
    };
    let least = Roster {
        federation: "f".into(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        roots: vec![public(1)],
        mirrors: 0,
        tls_authority: vec![],
        regions: [].into(),
    };
    let many = Roster {
        federation: "a-z.0".repeat(12) + "abcd",
        version: u64::MAX,
        previous: Hash([0xff; 32]),
        threshold: 16,
        roots: (100..116).map(public).collect(),
        mirrors: u8::MAX,
        ..least.clone()
    };
    let mut overlap = roster();
    keys_of_south(&mut overlap)[1].from = TreeSize(0);
    let mut full = roster();
    *keys_of_south(&mut full) = keys_in_a_row(KEYS_MAX);
    vec![
        good(
            "three regions, changed keys, a witness and a mirror",
            &roster(),
        ),
        good("as little as there can be", &least),
        good("16 roots, a name of 64 characters", &many),
        good("two keys of a chain that both count for a while", &overlap),
        good("64 keys of a chain", &full),
        good(
            "a chain that goes on after two histories",
            &continued(&[sample::FIRST_KEY_UNTIL]),
        ),
        good(
            "a chain of which one history was chosen",
            &chosen(1, sample::FIRST_KEY_UNTIL),
        ),
        good(
            "a chain that goes on anew 16 times",
            &often_continued(CONTINUATIONS_MAX),
        ),
        open(
            "all three root keys",
            &signed_roster(&roster(), &ROOTS),
            &ROOTS,
            3,
            fields(&roster()),
        ),
        open(
            "one key is enough for who says so",
            &signed_roster(&roster(), &[2]),
            &ROOTS,
            1,
            fields(&roster()),
        ),
        open(
            "signatures of strangers beside",
            &signed_roster(&roster(), &[9, 2, 8, 1]),
            &ROOTS,
            2,
            fields(&roster()),
        ),
        open(
            "a trusted key named twice",
            &signed_roster(&roster(), &[1, 2]),
            &[1, 1, 2],
            2,
            fields(&roster()),
        ),
    ]
}

fn signatures() -> Vec<Json> {
    let short = || Json::from("Invalid::RosterSignatures");
    let note = signed_roster(&roster(), &[1, 2]);
    let chain_name = sample::signed(&roster().text(), "demo.yizhang/440000", &[1, 2]);
    let forged = note.replace("version 2", "version 3");
    let (text, lines) = note.split_at(note.rfind("\n\n").unwrap() + 2);
    let first_line = lines.split_inclusive('\n').next().unwrap();
    vec![
        open(
            "one signature of two",
            &signed_roster(&roster(), &[1]),
            &ROOTS,
            2,
            short(),
        ),
        open(
            "one key twice",
            &format!("{text}{first_line}{first_line}"),
            &ROOTS,
            2,
            "Invalid::BadSignature".into(),
        ),
        open(
            "one key, trusted twice",
            &signed_roster(&roster(), &[1]),
            &[1, 1],
            2,
            short(),
        ),
        open(
            "strangers only",
            &signed_roster(&roster(), &[8, 9]),
            &ROOTS,
            2,
            short(),
        ),
        open(
            "a threshold of 0 calls for one",
            &signed_roster(&roster(), &[8, 9]),
            &ROOTS,
            0,
            short(),
        ),
        open("nobody is trusted", &note, &[], 0, short()),
        case(
            "roster",
            "a trusted key that is no key",
            [
                ("bytes", Json::hex(&note)),
                (
                    "trusted",
                    Json::list([Json::hex([&[1][..], &[0; 31]].concat())]),
                ),
                ("threshold", 1.into()),
            ],
            "Invalid::RosterForm".into(),
        ),
        open(
            "root keys under the name of a chain",
            &chain_name,
            &ROOTS,
            2,
            short(),
        ),
        open(
            "another version than signed",
            &forged,
            &ROOTS,
            2,
            "Invalid::BadSignature".into(),
        ),
        open(
            "no signed note",
            &roster().text(),
            &ROOTS,
            2,
            "Invalid::NoteForm".into(),
        ),
    ]
}

/// The sample roster, and what may follow it.
fn successors() -> Vec<Json> {
    let next = |name: &str, roster: &Roster, signers: &[u8], refused: Option<&str>| {
        let trusted = Json::list(ROOTS.map(|seed| Json::hex(public(seed))));
        let inputs = [
            ("bytes", Json::hex(signed_roster(roster, signers))),
            ("roster", signed_roster(&self::roster(), &ROOTS[..2]).into()),
            ("trusted", trusted),
            ("threshold", 2.into()),
        ];
        let outcome = refused.map_or_else(
            || fields(roster),
            |rule| Json::Text(format!("Invalid::{rule}")),
        );
        case("next roster", name, inputs, outcome)
    };
    let version = |version: u64| Roster {
        version,
        previous: roster().hash(),
        ..roster()
    };
    let first = Roster {
        previous: Hash::ZERO,
        ..version(1)
    };
    let of_another = Roster {
        previous: Hash([7; 32]),
        ..version(3)
    };
    let same_hash_as_before = Roster {
        previous: roster().previous,
        ..version(3)
    };
    let other_roots = Roster {
        roots: [5, 6].map(public).into(),
        ..version(3)
    };
    let other_federation = Roster {
        federation: "other.yizhang".into(),
        regions: [].into(),
        ..version(3)
    };
    vec![
        next("the next version", &version(3), &[1, 3], None),
        next(
            "a version left out",
            &version(4),
            &[1, 3],
            Some("RosterForm"),
        ),
        next(
            "other roots, signed by the old ones",
            &other_roots,
            &[1, 3],
            None,
        ),
        next(
            "other roots, signed by themselves",
            &other_roots,
            &[5, 6],
            Some("RosterSignatures"),
        ),
        next(
            "one signature of two",
            &version(3),
            &[1],
            Some("RosterSignatures"),
        ),
        next("the same version", &version(2), &[1, 3], Some("RosterForm")),
        next("an older version", &first, &[1, 3], Some("RosterForm")),
        next(
            "made from another",
            &of_another,
            &[1, 3],
            Some("RosterPrevious"),
        ),
        next(
            "made from what this one was made from",
            &same_hash_as_before,
            &[1, 3],
            Some("RosterPrevious"),
        ),
        next(
            "made from another, by too few",
            &of_another,
            &[1],
            Some("RosterSignatures"),
        ),
        next(
            "another federation",
            &other_federation,
            &[1, 3],
            Some("RosterForm"),
        ),
    ]
}

fn forms() -> Vec<Json> {
    let text = roster().text();
    let bad = |name: &str, text: &str| {
        let note = sample::signed(text, "demo.yizhang/root", &[1, 2]);
        open(name, &note, &ROOTS, 2, "Invalid::RosterForm".into())
    };
    let replaced = |name: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        bad(name, &text.replacen(from, to, 1))
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let find = |prefix: &str| {
        lines
            .iter()
            .position(|line| line.starts_with(prefix))
            .unwrap()
    };
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().concat();
    let swapped = |one: usize, other: usize| {
        let mut lines = lines.clone();
        lines.swap(one, other);
        lines.concat()
    };
    let (root, key) = (find("root "), find("key 440000 chain"));
    let witness = find("key 440000 witness");
    let previous = lines[find("previous ")];
    let zeros = format!("previous {}\n", Hash::ZERO);
    // The last region, with keys of a witness and a mirror.
    let with_cosigners = |witness: u8, mirror: u8| {
        let [witness, mirror] = [witness, mirror].map(|seed| Base64::encode_string(&public(seed)));
        format!("{text}key 520000 witness {witness} 0 -\nkey 520000 mirror {mirror} 0 -\n")
    };
    let weak = "root AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let mut many = roster();
    many.regions = (0..257)
        .map(|number| {
            let code = Division::new(100_000 + number).unwrap();
            let mut region = roster().regions[&Division::new(520_000).unwrap()].clone();
            region.origin = sample::origin(100_000 + number);
            (code, region)
        })
        .collect();
    let mut early = roster();
    let keys = keys_of_south(&mut early);
    (keys[0].from, keys[1].from) = (TreeSize(2), TreeSize(1));
    let mut crowded = roster();
    *keys_of_south(&mut crowded) = keys_in_a_row(KEYS_MAX + 1);
    let seventeen = Roster {
        roots: (100..117).map(public).collect(),
        ..roster()
    };
    vec![
        replaced(
            "the format before",
            "yizhang-roster/v2",
            "yizhang-roster/v1",
        ),
        replaced("another format", "yizhang-roster/v2", "yizhang-roster/v3"),
        replaced("a longer format", "yizhang-roster/v2", "yizhang-roster/v2 "),
        replaced(
            "a capital in the federation",
            "federation demo",
            "federation Demo",
        ),
        replaced(
            "a slash in the federation",
            "federation demo.yizhang",
            "federation demo/yizhang",
        ),
        replaced("no federation", "federation demo.yizhang", "federation "),
        bad(
            "65 characters",
            &text.replacen("demo.yizhang", &"a".repeat(65), 1),
        ),
        replaced("version 0", "version 2", "version 0"),
        replaced("a leading zero", "version 2", "version 02"),
        replaced("a sign", "version 2", "version +2"),
        replaced(
            "a version beyond 64 bits",
            "version 2",
            "version 18446744073709551616",
        ),
        bad(
            "a version of 5,000 digits",
            &text.replacen("version 2", &format!("version {}", "9".repeat(5_000)), 1),
        ),
        replaced("no number", "version 2", "version two"),
        replaced("a blank after a line", "version 2", "version 2 "),
        replaced("threshold 0", "threshold 2", "threshold 0"),
        replaced(
            "a threshold above the number of roots",
            "threshold 2",
            "threshold 4",
        ),
        replaced("more than 255 mirrors", "mirrors 1", "mirrors 256"),
        bad("no number of mirrors", &without(find("mirrors"))),
        bad("17 roots", &seventeen.text()),
        bad(
            "no roots",
            &Roster {
                roots: vec![],
                ..roster()
            }
            .text(),
        ),
        bad(
            "a root twice",
            &[&lines[..=root], &lines[root..]].concat().concat(),
        ),
        bad(
            "a root of small order",
            &[
                lines[..root].concat(),
                weak.into(),
                lines[root + 1..].concat(),
            ]
            .concat(),
        ),
        replaced(
            "a root of 31 bytes",
            lines[root],
            "root AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        ),
        replaced(
            "an authority that is no base64",
            "authority ",
            "authority !",
        ),
        bad("no authority", &without(find("authority"))),
        bad("no version", &without(find("version"))),
        bad("no version before", &without(find("previous"))),
        bad(
            "a second version that follows none",
            &text.replacen(previous, "previous -\n", 1),
        ),
        bad(
            "a second version that follows zeros",
            &text.replacen(previous, &zeros, 1),
        ),
        bad(
            "a first version that follows one",
            &text.replacen("version 2", "version 1", 1),
        ),
        bad(
            "a version before in capitals",
            &text.replacen(
                previous,
                &previous.to_uppercase().replacen("PREVIOUS", "previous", 1),
                1,
            ),
        ),
        bad(
            "a version before of 31 bytes",
            &text.replacen("previous 0e", "previous ", 1),
        ),
        bad(
            "version and threshold swapped",
            &swapped(find("version"), find("threshold")),
        ),
        bad(
            "regions not in order",
            &[
                lines[..find("region 110000")].concat(),
                lines[find("region 440000")..].concat(),
                lines[find("region 110000")..find("region 440000")].concat(),
            ]
            .concat(),
        ),
        bad(
            "a region twice",
            &format!("{text}{}", lines[find("region 520000")]),
        ),
        bad("257 regions", &many.text()),
        replaced("a region of five digits", "region 110000", "region 11000"),
        replaced(
            "a region that starts with 0",
            "region 110000",
            "region 010000",
        ),
        replaced(
            "an endpoint without TLS",
            "https://node-110000",
            "http://node-110000",
        ),
        replaced(
            "a blank in an endpoint",
            "https://node-110000",
            "https://node 110000",
        ),
        replaced(
            "a no-break space in an endpoint",
            "https://node-110000",
            "https://node\u{a0}110000",
        ),
        replaced(
            "a line separator in an endpoint",
            "https://node-110000",
            "https://node\u{2028}110000",
        ),
        replaced(
            "a change of writing direction in an endpoint",
            "https://node-110000",
            "https://node\u{202e}110000",
        ),
        replaced(
            "a letter beyond ASCII in an endpoint",
            "https://node-110000",
            "https://n\u{f6}de-110000",
        ),
        replaced("no endpoint", " https://node-110000.example:7443", ""),
        bad(
            "a key before its region",
            &swapped(find("region 440000"), key),
        ),
        bad(
            "a key of a region that is of small order",
            &[
                lines[..key].concat(),
                "key 440000 chain AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 0 3\n".into(),
                lines[key + 1..].concat(),
            ]
            .concat(),
        ),
        replaced("a key of another region", "key 440000", "key 110000"),
        replaced("a key of no kind", "key 440000 chain ", "key 440000 "),
        replaced(
            "a key of an unknown kind",
            "key 440000 chain ",
            "key 440000 auditor ",
        ),
        replaced(
            "a witness's key of small order",
            lines[witness],
            "key 440000 witness AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 2 5\n",
        ),
        bad(
            "a witness's key before the chain's",
            &swapped(witness, witness - 1),
        ),
        bad(
            "witness's keys not in order",
            &swapped(witness, witness + 1),
        ),
        replaced(
            "a witness's key that starts before the one before it",
            " 9 -\n",
            " 1 -\n",
        ),
        replaced(
            "a second of a witness's key beyond 63 bits",
            " 9 -\n",
            " 9223372036854775808 -\n",
        ),
        bad(
            "a mirror's key before a witness's",
            &swapped(find("key 110000 witness"), find("key 110000 mirror")),
        ),
        bad(
            "a key that a witness and a mirror share",
            &with_cosigners(41, 41),
        ),
        bad(
            "the key of another region's witness",
            &with_cosigners(31, 41),
        ),
        bad(
            "a chain's key as a mirror's",
            &with_cosigners(41, sample::OTHER_KEY),
        ),
        bad(
            "a key that has ended as a witness's",
            &with_cosigners(sample::FIRST_KEY, 41),
        ),
        bad("a root key as a witness's", &with_cosigners(ROOTS[2], 41)),
        replaced(
            "the same key twice for one chain",
            &Base64::encode_string(&public(sample::SECOND_KEY)),
            &Base64::encode_string(&public(sample::FIRST_KEY)),
        ),
        bad("keys not in order", &swapped(key, key + 1)),
        bad("a key that starts before the one before it", &early.text()),
        bad("65 keys of a chain", &crowded.text()),
        replaced("a first key without an end", " 0 3\n", " 0 -\n"),
        replaced("a key that ends before it starts", " 4 -\n", " 4 3\n"),
        replaced("a size with a leading zero", " 4 -\n", " 04 -\n"),
        replaced(
            "a size beyond 63 bits",
            " 4 -\n",
            " 9223372036854775808 -\n",
        ),
        replaced(
            "a size beyond 64 bits",
            " 4 -\n",
            " 18446744073709551616 -\n",
        ),
        replaced("a key line with a field too many", " 4 -\n", " 4 - -\n"),
        replaced("a key line with a field too few", " 4 -\n", " 4\n"),
        bad(
            "a key that counts before and behind where the chain goes on",
            &continued(&[2]).text(),
        ),
        bad(
            "a key in force where the chain goes on",
            &continued(&[4]).text(),
        ),
        bad(
            "a chain that goes on anew 17 times",
            &often_continued(CONTINUATIONS_MAX + 1).text(),
        ),
        bad(
            "a chain that goes on anew where it did before",
            &continued(&[3, 3]).text(),
        ),
        bad("a chain that goes on at 0", &continued(&[0]).text()),
        bad(
            "a chain that goes on from before where its histories agree",
            &chosen(3, 2).text(),
        ),
        bad(
            "another root where the histories agree",
            &continued_as(vec![Continuation {
                agreed: NamedTree {
                    root: Hash([0x0d; 32]),
                    ..goes_on_at(3)
                },
                from: goes_on_at(3),
            }])
            .text(),
        ),
        bad(
            "histories that agree up to before where the chain went on",
            &without_keys(continued_as(vec![
                Continuation::at(goes_on_at(2)),
                Continuation {
                    agreed: goes_on_at(1),
                    from: goes_on_at(3),
                },
            ]))
            .text(),
        ),
        bad(
            "a chain that goes on without a root",
            &format!("{text}continues 520000 3 3\n"),
        ),
        bad(
            "a chain that goes on from half a root",
            &format!("{text}continues 520000 3 {0} 3 {0}\n", "0c".repeat(16)),
        ),
        bad(
            "a chain that goes on in capitals",
            &format!("{text}continues 520000 3 {0} 3 {0}\n", "0C".repeat(32)),
        ),
        bad(
            "another region's chain goes on",
            &format!("{text}continues 440000 3 {0} 3 {0}\n", "0c".repeat(32)),
        ),
        bad("an unknown line", &format!("{text}witness 1\n")),
        bad("an empty line at the end", &format!("{text}\n")),
        bad(
            "an empty line in the middle",
            &text.replacen("\nthreshold", "\n\nthreshold", 1),
        ),
    ]
}
