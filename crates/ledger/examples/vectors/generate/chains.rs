//! Batches, heads, and a chain of three batches with a proof of each record; and every way to break one.

use super::{
    case, fields,
    json::Json,
    rosters::{CONTINUED_ROOT, chosen, continued},
    sample::{
        self, FIRST_KEY, FIRST_KEY_UNTIL, OTHER_KEY, SECOND_KEY, key, origin, raw_entry, record,
    },
};
use yizhang_ledger::{
    batch::{Batch, BatchEntry, RecordBlock, Submission, SubmissionId},
    chain::{ChainState, Extension, Submitted},
    entry::{Kind, RecordId},
    hash::{Blake3Keyed, Hash, TreeHasher, hash_leaf},
    head::{Head, Origin},
    record::{Record, Reversal},
    roster::Roster,
    tree::{Frontier, inclusion_path},
    value::{LeafIndex, TreeSize, UnixMillis},
};

const TIME: u64 = 1_795_000_000_000;

pub fn cases() -> Vec<Json> {
    let mut cases = good_batches();
    cases.extend(bad_submissions());
    cases.extend(bad_batches());
    cases.extend(good_heads());
    cases.extend(bad_heads());
    cases.extend(continued_heads());
    cases.extend(chains());
    cases.extend(proofs());
    cases
}

pub fn submitted(number: u8, submitter: &str, records: &[Record<'_>]) -> Submitted {
    Submitted {
        id: SubmissionId([number; 16]),
        submitter: submitter.into(),
        block: sample::block(records),
    }
}

/// A chain of three batches under the sample roster: states before each and after all, and what was appended.
pub struct Chain {
    pub states: Vec<ChainState>,
    pub batches: Vec<Batch>,
    pub heads: Vec<String>,
}

impl Chain {
    pub fn sample() -> Self {
        let received = record(Kind::RECEIVED).unwrap();
        let taken_back = RecordId(hash_leaf(&sample::entry(&received)));
        let reversal = Record::Reversal(Reversal {
            target: taken_back,
            ..sample::reversal()
        });
        let unknown = Record::unread(Kind(200), b"of a later version");
        let steps = [
            vec![submitted(
                1,
                "agency-440399",
                &[record(Kind::ENROL).unwrap(), received],
            )],
            vec![
                submitted(2, "agency-440399", &[record(Kind::DUE).unwrap(), unknown]),
                submitted(3, "", &[record(Kind::IDENTITY_LINK).unwrap()]),
            ],
            vec![submitted(4, "agency-440399", &[reversal])],
        ];
        let mut chain = Self {
            states: vec![ChainState::empty(origin(440_000))],
            batches: vec![],
            heads: vec![],
        };
        for (number, step) in (0..).zip(steps) {
            let extension = chain
                .last()
                .prepare(&step, UnixMillis(TIME + 1_000 * number), 1 + number / 2)
                .unwrap();
            chain.push(&extension);
        }
        chain
    }

    pub fn last(&self) -> &ChainState {
        self.states.last().unwrap()
    }

    fn push(&mut self, extension: &Extension) {
        self.batches.push(extension.batch().clone());
        self.heads.push(sign(extension));
        self.states.push(extension.after().clone());
    }

    fn leaves(&self) -> Vec<Hash> {
        self.batches
            .iter()
            .flat_map(|batch| batch.leaves().to_vec())
            .collect()
    }

    fn steps(&self, count: usize) -> Vec<Json> {
        self.batches
            .iter()
            .zip(&self.heads)
            .take(count)
            .map(|(batch, head)| step(batch.bytes(), head))
            .collect()
    }
}

fn sign(extension: &Extension) -> String {
    let head = extension.after().head();
    head.sign(&key(signer(&head)))
}

fn signer(head: &Head) -> u8 {
    match head.origin.region().code() {
        110_000 => OTHER_KEY,
        _ if head.size.0 <= sample::FIRST_KEY_UNTIL => FIRST_KEY,
        _ => SECOND_KEY,
    }
}

fn step(batch: &[u8], head: &str) -> Json {
    Json::object([("batch", Json::hex(batch)), ("head", head.into())])
}

fn roster_inputs() -> [(&'static str, Json); 3] {
    let roster = sample::roster();
    let trusted = Json::list(roster.roots.iter().map(Json::hex));
    let note = sample::signed_roster(&roster, &sample::ROOTS[..2]);
    [
        ("roster", note.into()),
        ("trusted", trusted),
        ("threshold", 2.into()),
    ]
}

fn refusal(fault: &str) -> Json {
    Json::Text(format!("Invalid::{fault}"))
}

fn batch_fields(batch: &Batch) -> Json {
    let submissions = batch.submissions().map(|(_, first, digest)| {
        Json::object([("first", Json::wide(first.0)), ("content", digest.into())])
    });
    Json::object([
        ("entry", fields::batch_entry(batch.entry())),
        ("ends", Json::list(batch.ends().iter().copied())),
        ("leaves", Json::list(batch.leaves().to_vec())),
        ("link", batch.link().into()),
        ("size_after", Json::wide(batch.size_after().0)),
        ("submissions", Json::list(submissions)),
    ])
}

fn good_batches() -> Vec<Json> {
    let name = |number: usize| format!("batch {number} of the chain");
    let mut cases: Vec<Json> = Chain::sample()
        .batches
        .iter()
        .enumerate()
        .map(|(number, batch)| {
            case(
                "batch",
                name(number),
                [("bytes", Json::hex(batch.bytes()))],
                batch_fields(batch),
            )
        })
        .collect();
    let block = sample::block(&[
        record(Kind::ENROL).unwrap(),
        record(Kind::RECEIVED).unwrap(),
    ]);
    cases.push(case(
        "submission",
        "two records",
        [("bytes", Json::hex(block.bytes()))],
        submission_fields(&block),
    ));
    let small = raw_entry(200, &[]);
    for count in [16_383_usize, 16_384] {
        let block = RecordBlock::parse(small.repeat(count)).unwrap();
        let bytes = Json::parts(&[(&small, count)]);
        cases.push(case(
            "submission",
            format!("{count} records"),
            [("bytes", bytes)],
            submission_fields(&block),
        ));
    }
    let (bytes, block) = submission_of(SUBMISSION_BYTES);
    cases.push(case(
        "submission",
        "as large as can be",
        [("bytes", bytes)],
        submission_fields(&block.unwrap()),
    ));
    cases
}

/// Most bytes of a submission.
const SUBMISSION_BYTES: usize = 3 * 1_024 * 1_024 - 64 * 1_024;

/// Largest entries up to so many bytes in all, the last one smaller.
fn submission_of(total: usize) -> (Json, Option<RecordBlock>) {
    let large = raw_entry(200, &[0; 2_048]);
    let last = raw_entry(200, &vec![0; total % large.len() - 2]);
    let times = total / large.len();
    let bytes = [large.repeat(times), last.clone()].concat();
    assert_eq!(bytes.len(), total);
    (
        Json::parts(&[(&large, times), (&last, 1)]),
        RecordBlock::parse(bytes).ok(),
    )
}

fn submission_fields(block: &RecordBlock) -> Json {
    Json::object([
        ("records", i64::try_from(block.len()).unwrap().into()),
        ("content", block.content_digest().into()),
    ])
}

fn bad_submissions() -> Vec<Json> {
    let refused = |name: &str, bytes: Json, fault: &str| {
        case("submission", name, [("bytes", bytes)], refusal(fault))
    };
    let small = raw_entry(200, &[]);
    let record = sample::entry(&record(Kind::ENROL).unwrap());
    let batch = Chain::sample().batches[0].bytes().to_vec();
    vec![
        refused("no bytes", Json::hex([]), "RecordsOutOfRange"),
        refused(
            "16385 records",
            Json::parts(&[(&small, 16_385)]),
            "RecordsOutOfRange",
        ),
        refused("a batch", Json::hex(batch), "BatchAmongRecords"),
        refused(
            "a record cut",
            Json::hex(&record[..record.len() - 1]),
            "EntryTruncated",
        ),
        refused(
            "a byte beyond the limit",
            submission_of(SUBMISSION_BYTES + 1).0,
            "BatchTooLarge",
        ),
        refused(
            "a record that breaks a rule, behind a good one",
            Json::hex([record.as_slice(), &raw_entry(Kind::REFUND.0, &[])].concat()),
            "Payload/CodecFault::Field",
        ),
    ]
}

fn entry_payload(entry: &BatchEntry) -> Vec<u8> {
    bincode::encode_to_vec(entry, bincode::config::standard()).unwrap()
}

/// A batch of this batch entry and these record bytes, consistent or not.
pub fn batch_bytes(entry: &BatchEntry, records: &[u8]) -> Vec<u8> {
    [raw_entry(0, &entry_payload(entry)), records.to_vec()].concat()
}

fn bad_batches() -> Vec<Json> {
    let chain = Chain::sample();
    let batch = &chain.batches[0];
    let entry = batch.entry().clone();
    let start = usize::try_from(batch.ends()[0]).unwrap();
    let records = &batch.bytes()[start..];
    let refused = |name: &str, bytes: &[u8], fault: &str| {
        case("batch", name, [("bytes", Json::hex(bytes))], refusal(fault))
    };
    let changed = |name: &str, change: &dyn Fn(&mut BatchEntry), fault: &str| {
        let mut entry = entry.clone();
        change(&mut entry);
        refused(name, &batch_bytes(&entry, records), fault)
    };
    let field = "Payload/CodecFault::Field";
    let submission = |records: u32| Submission {
        id: SubmissionId([9; 16]),
        submitter: "x".into(),
        records,
    };
    let payload = entry_payload(&entry);
    let with_payload = |payload: &[u8]| [raw_entry(0, payload), records.to_vec()].concat();
    let origin_bytes = payload.strip_prefix(&[19]).unwrap();
    vec![
        refused("no bytes", &[], "EntryTruncated"),
        refused("records without a batch entry", records, "NotABatch"),
        refused(
            "a batch entry without records",
            &batch.bytes()[..start],
            "RecordsOutOfRange",
        ),
        refused(
            "a batch entry among records",
            &[batch.bytes(), &batch.bytes()[..start]].concat(),
            "BatchAmongRecords",
        ),
        refused(
            "a batch after the batch",
            &[batch.bytes(), batch.bytes()].concat(),
            "BatchAmongRecords",
        ),
        refused(
            "the last record cut",
            &batch.bytes()[..batch.bytes().len() - 1],
            "EntryTruncated",
        ),
        refused(
            "the last record missing",
            &batch.bytes()[..usize::try_from(batch.ends()[1]).unwrap()],
            "RecordCount",
        ),
        refused(
            "a record too many",
            &[batch.bytes(), &raw_entry(200, &[])].concat(),
            "RecordCount",
        ),
        refused(
            "a record that breaks a rule",
            &[batch.bytes(), &raw_entry(51, &[])].concat(),
            field,
        ),
        changed(
            "promises 2^32 - 1 records",
            &|entry| entry.records = u32::MAX,
            "RecordCount",
        ),
        changed(
            "no submissions",
            &|entry| entry.submissions.0.clear(),
            "SubmissionCount",
        ),
        changed(
            "a submission of one record more",
            &|entry| entry.submissions.0[0].records += 1,
            "SubmissionCount",
        ),
        changed(
            "a submission without records",
            &|entry| entry.submissions.0.push(submission(0)),
            field,
        ),
        changed(
            "1025 submissions",
            &|entry| entry.submissions.0 = vec![submission(1); 1_025],
            field,
        ),
        changed(
            "starts beyond the largest tree",
            &|entry| entry.first = LeafIndex(TreeSize::MAX.0),
            field,
        ),
        changed(
            "starts at the largest integer",
            &|entry| entry.first = LeafIndex(u64::MAX),
            field,
        ),
        changed(
            "a submitter of 33",
            &|entry| entry.submissions.0[0].submitter = "x".repeat(33),
            field,
        ),
        changed(
            "a submitter with a blank",
            &|entry| entry.submissions.0[0].submitter = "a b".into(),
            field,
        ),
        refused(
            "a byte after the last submission",
            &with_payload(&[payload.as_slice(), &[0]].concat()),
            "Payload/CodecFault::Trailing",
        ),
        refused(
            "the last submission cut",
            &with_payload(&payload[..payload.len() - 1]),
            field,
        ),
        refused(
            "a length in two bytes where one does",
            &with_payload(&[&[0xfb, 19, 0], origin_bytes].concat()),
            "Payload/CodecFault::NotCanonical",
        ),
        refused(
            "a capital in the origin",
            &with_payload(&[&[19, b'D'], &origin_bytes[1..]].concat()),
            field,
        ),
        case(
            "batch",
            "60001 bytes of batch entry",
            [(
                "bytes",
                Json::parts(&[(&[0, 0xfb, 0x61, 0xea], 1), (&[0], 60_001)]),
            )],
            refusal("EntryTooLarge"),
        ),
        case(
            "batch",
            "3 MiB and a byte",
            [("bytes", Json::parts(&[(&[0], 3 * 1_024 * 1_024 + 1)]))],
            refusal("BatchTooLarge"),
        ),
        case(
            "batch",
            "16385 records",
            [(
                "bytes",
                Json::parts(&[(&batch.bytes()[..start], 1), (&raw_entry(200, &[]), 16_385)]),
            )],
            refusal("RecordsOutOfRange"),
        ),
    ]
}

fn head_case(name: &str, bytes: Json, outcome: Json) -> Json {
    head_under(&sample::roster(), name, bytes, outcome)
}

fn head_under(under: &Roster, name: &str, bytes: Json, outcome: Json) -> Json {
    let [_, trusted, threshold] = roster_inputs();
    let note = sample::signed_roster(under, &sample::ROOTS[..2]);
    let roster = ("roster", note.into());
    case(
        "head",
        name,
        [("bytes", bytes), roster, trusted, threshold],
        outcome,
    )
}

/// Heads of a chain of which the roster says from where it goes on.
fn continued_heads() -> Vec<Json> {
    let under = continued(&[FIRST_KEY_UNTIL]);
    let note = |size: u64, root: Hash, seed: u8| {
        let signed = head(440_000, size, root).sign(&key(seed));
        Json::hex(signed)
    };
    let root = hash_leaf(b"some tree");
    let taken = |name: &str, size: u64, root: Hash, seed: u8| {
        let outcome = head_fields(&head(440_000, size, root));
        head_under(&under, name, note(size, root, seed), outcome)
    };
    vec![
        taken(
            "the head from which a chain goes on",
            FIRST_KEY_UNTIL,
            CONTINUED_ROOT,
            FIRST_KEY,
        ),
        taken("before a chain goes on", 2, root, FIRST_KEY),
        taken("behind where a chain goes on", 4, root, SECOND_KEY),
        head_under(
            &under,
            "another root where a chain goes on",
            note(FIRST_KEY_UNTIL, root, FIRST_KEY),
            refusal("HeadNotContinued"),
        ),
        head_under(
            &chosen(2, FIRST_KEY_UNTIL),
            "another root where the histories agree",
            note(2, root, FIRST_KEY),
            refusal("HeadNotContinued"),
        ),
        head_under(
            &under,
            "the key of before, behind where a chain goes on",
            note(4, CONTINUED_ROOT, FIRST_KEY),
            refusal("NoTrustedSignature"),
        ),
    ]
}

/// A signed note with one more line, of a signature that nobody knows, so that it has so many bytes.
fn filled(note: &str, bytes: usize) -> Json {
    // A dash of three bytes, two blanks and a newline stand beside name and base64.
    let more = bytes - note.len() - 6;
    let name = "o".repeat(more % 4 + 4);
    let quads = (more - name.len()) / 4;
    let start = format!("{note}\u{2014} {name} ");
    Json::parts(&[(start.as_bytes(), 1), (b"AAAA", quads), (b"\n", 1)])
}

fn head(region: u32, size: u64, root: Hash) -> Head {
    Head {
        origin: origin(region),
        size: TreeSize(size),
        root,
    }
}

fn head_fields(head: &Head) -> Json {
    Json::object([
        ("origin", head.origin.as_str().into()),
        ("size", Json::wide(head.size.0)),
        ("root", head.root.into()),
    ])
}

fn good_heads() -> Vec<Json> {
    let root = hash_leaf(b"some tree");
    let fields = head_fields;
    let opened = |name: &str, head: &Head, lines: &str| {
        let note = head.sign(&key(signer(head))) + lines;
        head_case(name, Json::hex(note), fields(head))
    };
    let full = head(440_000, 4, root);
    let full_note = full.sign(&key(signer(&full)));
    let cosignature = "\u{2014} witness.example AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKSw==\n";
    vec![
        opened(
            "the empty tree",
            &head(440_000, 0, Blake3Keyed::empty()),
            "",
        ),
        opened(
            "the last size of the first key",
            &head(440_000, 3, root),
            "",
        ),
        opened(
            "the first size of the second key",
            &head(440_000, 4, root),
            "",
        ),
        opened(
            "the largest size",
            &head(440_000, TreeSize::MAX.0, root),
            "",
        ),
        opened("another chain", &head(110_000, 17, root), ""),
        opened("with a cosignature", &head(440_000, 4, root), cosignature),
        head_case("64 KiB", filled(&full_note, 64 * 1_024), fields(&full)),
    ]
}

fn bad_heads() -> Vec<Json> {
    let root = hash_leaf(b"some tree");
    let text = head(440_000, 4, root).text();
    let signed = |text: &str, seed: u8| sample::signed(text, "demo.yizhang/440000", &[seed]);
    let refused =
        |name: &str, note: &str, fault: &str| head_case(name, Json::hex(note), refusal(fault));
    let by = |name: &str, size: u64, seed: u8| {
        refused(
            name,
            &head(440_000, size, root).sign(&key(seed)),
            "NoTrustedSignature",
        )
    };
    let form = |name: &str, text: &str| refused(name, &signed(text, SECOND_KEY), "HeadForm");
    let sized = |size: &str| {
        form(
            &format!("size {size:?}"),
            &text.replace("\n4\n", &format!("\n{size}\n")),
        )
    };
    let good = signed(&text, SECOND_KEY);
    let own_line = good.rsplit("\n\n").next().unwrap().to_string();
    let root_text = root.to_base64();
    let filler = "\u{2014} other AAAAAAAA\n".repeat(60);
    let unknown = Head {
        origin: Origin::parse("demo.yizhang/330000").unwrap(),
        ..head(440_000, 4, root)
    };
    let stranger = Head {
        origin: Origin::parse("other.yizhang/440000").unwrap(),
        ..head(440_000, 4, root)
    };
    vec![
        by("the first key after its last size", 4, FIRST_KEY),
        by("the second key before its first size", 3, SECOND_KEY),
        by("a key of another chain", 4, OTHER_KEY),
        by("a root key", 4, 1),
        by("a stranger's key", 4, 99),
        refused(
            "the right key under another name",
            &sample::signed(&text, "demo.yizhang/110000", &[SECOND_KEY]),
            "NoTrustedSignature",
        ),
        refused(
            "a chain without keys",
            &head(520_000, 4, root).sign(&key(SECOND_KEY)),
            "NoTrustedSignature",
        ),
        refused(
            "a region that the roster does not name",
            &unknown.sign(&key(SECOND_KEY)),
            "UnknownOrigin",
        ),
        refused(
            "another federation",
            &stranger.sign(&key(SECOND_KEY)),
            "UnknownOrigin",
        ),
        refused(
            "another size than signed",
            &good.replace("\n4\n", "\n5\n"),
            "BadSignature",
        ),
        refused(
            "another root than signed",
            &good.replace(&root_text, &hash_leaf(b"x").to_base64()),
            "BadSignature",
        ),
        refused(
            "the same key twice",
            &format!("{good}{own_line}"),
            "BadSignature",
        ),
        refused(
            "the empty tree with another root",
            &head(440_000, 0, root).sign(&key(FIRST_KEY)),
            "HeadRoot",
        ),
        refused("no signature", &format!("{text}\n"), "NoteForm"),
        head_case(
            "a well-formed head of 64 KiB and a byte",
            filled(&good, 64 * 1_024 + 1),
            refusal("NoteForm"),
        ),
        head_case(
            "64 KiB and a byte",
            Json::parts(&[(good.as_bytes(), 1), (b"x", 64 * 1_024 + 1 - good.len())]),
            refusal("NoteForm"),
        ),
        refused(
            "something behind 60 more lines",
            &format!("{good}{filler}x"),
            "NoteForm",
        ),
        form("an extension line", &format!("{text}more\n")),
        form("two lines", &text.replace("\n4\n", "\n")),
        form("an empty line at the end", &format!("{text}\n")),
        form(
            "no slash in the origin",
            &text.replacen("demo.yizhang/440000", "demo.yizhang", 1),
        ),
        form("a capital in the origin", &text.replacen("demo", "Demo", 1)),
        form(
            "a region of five digits",
            &text.replacen("440000", "44000", 1),
        ),
        form(
            "a region that starts with 0",
            &text.replacen("440000", "040000", 1),
        ),
        form(
            "a federation of 65 characters",
            &text.replacen("demo.yizhang", &"a".repeat(65), 1),
        ),
        sized(""),
        sized("04"),
        sized("+4"),
        sized("-4"),
        sized(" 4"),
        sized("4 "),
        sized("four"),
        sized("9223372036854775808"),
        sized("18446744073709551616"),
        form(
            "a root of 31 bytes",
            &text.replace(&root_text, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="),
        ),
        form(
            "a root without its padding",
            &text.replace(&root_text, root_text.trim_end_matches('=')),
        ),
        form(
            "a root in hexadecimal digits",
            &text.replace(&root_text, &root.to_string()),
        ),
        form(
            "a blank after the root",
            &text.replace(&root_text, &format!("{root_text} ")),
        ),
    ]
}

fn chain_case(name: &str, steps: Vec<Json>, outcome: Json) -> Json {
    let [roster, trusted, threshold] = roster_inputs();
    let inputs = [
        ("origin", "demo.yizhang/440000".into()),
        roster,
        trusted,
        threshold,
        ("steps", Json::List(steps)),
    ];
    case("chain", name, inputs, outcome)
}

/// What another state would have appended where the chain stands after its first batch.
struct Astray {
    origin: Origin,
    batches: u64,
    link: Hash,
    time: UnixMillis,
    roster: u64,
    frontier: Frontier,
}

impl Astray {
    fn of(state: &ChainState) -> Self {
        Self {
            origin: state.origin().clone(),
            batches: state.batches(),
            link: state.link(),
            time: state.time(),
            roster: state.roster(),
            frontier: state.frontier().clone(),
        }
    }

    fn extension(self) -> Extension {
        let Self {
            origin,
            batches,
            link,
            time,
            roster,
            frontier,
        } = self;
        let state = ChainState::restore(origin, batches, link, time, roster, frontier);
        state
            .prepare(
                &[submitted(8, "x", &[record(Kind::ENROL).unwrap()])],
                time,
                roster,
            )
            .unwrap()
    }
}

fn chains() -> Vec<Json> {
    let chain = Chain::sample();
    let after = |state: &ChainState| {
        Json::object([
            ("batches", Json::wide(state.batches())),
            ("size", Json::wide(state.size().0)),
            ("root", state.head().root.into()),
            ("link", state.link().into()),
            ("time", Json::wide(state.time().0)),
            ("roster", Json::wide(state.roster())),
        ])
    };
    let mut cases: Vec<Json> = (0..=3)
        .map(|count| {
            chain_case(
                &format!("{count} batches"),
                chain.steps(count),
                after(&chain.states[count]),
            )
        })
        .collect();
    cases.extend(wrong_batches(&chain));
    cases.extend(wrong_heads(&chain));
    cases
}

fn wrong_batches(chain: &Chain) -> Vec<Json> {
    let astray = |name: &str, change: &dyn Fn(&mut Astray), fault: &str| {
        let mut state = Astray::of(&chain.states[1]);
        change(&mut state);
        let extension = state.extension();
        let mut steps = chain.steps(1);
        steps.push(step(extension.batch().bytes(), &sign(&extension)));
        chain_case(name, steps, refusal(fault))
    };
    let other_tree = |size: u8| {
        let mut frontier = Frontier::default();
        frontier.extend(
            &(0..size)
                .map(|number| hash_leaf(&[number]))
                .collect::<Vec<_>>(),
            |_, _, _| {},
        );
        frontier
    };
    let entry = chain.batches[0].entry().clone();
    let start = usize::try_from(chain.batches[0].ends()[0]).unwrap();
    let first = |name: &str, change: &dyn Fn(&mut BatchEntry), fault: &str| {
        let mut entry = entry.clone();
        change(&mut entry);
        let bytes = batch_bytes(&entry, &chain.batches[0].bytes()[start..]);
        chain_case(name, vec![step(&bytes, &chain.heads[0])], refusal(fault))
    };
    let skipped = vec![chain.steps(3).remove(0), chain.steps(3).remove(2)];
    let repeated = vec![chain.steps(1).remove(0), chain.steps(1).remove(0)];
    vec![
        first(
            "a batch of another chain under the head of the right one",
            &|entry| entry.origin = origin(110_000),
            "WrongChain",
        ),
        astray(
            "a batch of another chain",
            &|state| state.origin = origin(110_000),
            "WrongChain",
        ),
        astray(
            "a batch one leaf early",
            &|state| state.frontier = other_tree(2),
            "WrongPosition",
        ),
        astray(
            "a batch one leaf late",
            &|state| state.frontier = other_tree(4),
            "WrongPosition",
        ),
        astray(
            "a batch number left out",
            &|state| state.batches = 2,
            "WrongNumber",
        ),
        astray(
            "a batch number again",
            &|state| state.batches = 0,
            "WrongNumber",
        ),
        astray(
            "another link",
            &|state| state.link.0[31] ^= 1,
            "LinkMismatch",
        ),
        astray("no link", &|state| state.link = Hash::ZERO, "LinkMismatch"),
        astray(
            "another tree before",
            &|state| state.frontier = other_tree(3),
            "RootBeforeMismatch",
        ),
        astray(
            "a millisecond back",
            &|state| state.time.0 -= 1,
            "TimeWentBack",
        ),
        astray(
            "a roster back",
            &|state| state.roster -= 1,
            "RosterWentBack",
        ),
        chain_case("a batch left out", skipped, refusal("WrongPosition")),
        chain_case("a batch again", repeated, refusal("WrongPosition")),
        first(
            "the first batch at 1",
            &|entry| entry.first = LeafIndex(1),
            "WrongPosition",
        ),
        first(
            "the first batch is number 1",
            &|entry| entry.number = 1,
            "WrongNumber",
        ),
        first(
            "the first batch has a link",
            &|entry| entry.previous = Hash([1; 32]),
            "LinkMismatch",
        ),
        first(
            "the root before the first batch is zeros",
            &|entry| entry.root_before = Hash::ZERO,
            "RootBeforeMismatch",
        ),
    ]
}

fn wrong_heads(chain: &Chain) -> Vec<Json> {
    let with_head = |name: &str, head: &Head, fault: &str| {
        let note = head.sign(&key(signer(head)));
        let mut steps = chain.steps(1);
        steps.push(step(chain.batches[1].bytes(), &note));
        chain_case(name, steps, refusal(fault))
    };
    let right = chain.states[2].head();
    let bent = Hash(right.root.0.map(|byte| !byte));
    vec![
        with_head(
            "a head of another chain",
            &Head {
                origin: origin(110_000),
                ..right.clone()
            },
            "WrongChain",
        ),
        with_head("the head before", &chain.states[1].head(), "HeadSize"),
        with_head(
            "a head one leaf ahead",
            &Head {
                size: TreeSize(right.size.0 + 1),
                ..right.clone()
            },
            "HeadSize",
        ),
        with_head(
            "another root",
            &Head {
                root: bent,
                ..right.clone()
            },
            "HeadRoot",
        ),
        with_head(
            "the root before",
            &Head {
                root: chain.states[1].head().root,
                ..right
            },
            "HeadRoot",
        ),
    ]
}

fn proof_case(
    name: &str,
    bytes: &[u8],
    index: u64,
    path: &[Hash],
    head: &str,
    outcome: Json,
) -> Json {
    let [roster, trusted, threshold] = roster_inputs();
    let inputs = [
        ("bytes", Json::hex(bytes)),
        ("index", Json::wide(index)),
        ("path", Json::list(path.to_vec())),
        ("head", head.into()),
        roster,
        trusted,
        threshold,
    ];
    case("proof", name, inputs, outcome)
}

fn proofs() -> Vec<Json> {
    let chain = Chain::sample();
    let leaves = chain.leaves();
    let last = chain.heads.last().unwrap();
    let path = |index: u64| inclusion_path(&leaves, usize::try_from(index).unwrap()).unwrap();
    let mut cases = Vec::new();
    for batch in &chain.batches {
        for (at, entry) in batch.records() {
            let expect = Json::object([
                ("region", batch.entry().origin.region().code().into()),
                ("id", hash_leaf(entry.bytes).into()),
                ("kind", u32::from(entry.kind.0).into()),
            ]);
            cases.push(proof_case(
                &format!("the record at {at}"),
                entry.bytes,
                at.0,
                &path(at.0),
                last,
                expect,
            ));
        }
    }
    let (_, record) = chain.batches[1].records().next().unwrap();
    let refused = |name: &str, bytes: &[u8], index: u64, path: &[Hash], head: &str, fault: &str| {
        proof_case(name, bytes, index, path, head, refusal(fault))
    };
    let batch_entry =
        &chain.batches[1].bytes()[..usize::try_from(chain.batches[1].ends()[0]).unwrap()];
    let mut changed = record.bytes.to_vec();
    // The last byte of the serial number: a well-formed record that nobody signed.
    *changed.last_mut().unwrap() ^= 1;
    let forged = last.replace("\n9\n", "\n8\n");
    cases.extend([
        refused(
            "a batch entry",
            batch_entry,
            3,
            &path(3),
            last,
            "BatchAmongRecords",
        ),
        refused(
            "another record",
            &changed,
            4,
            &path(4),
            last,
            "Proof/ProofFault::RootMismatch",
        ),
        refused(
            "another position",
            record.bytes,
            5,
            &path(4),
            last,
            "Proof/ProofFault::RootMismatch",
        ),
        refused(
            "a position outside",
            record.bytes,
            9,
            &path(4),
            last,
            "Proof/ProofFault::OutOfRange",
        ),
        refused(
            "a path of another length",
            record.bytes,
            4,
            &path(4)[1..],
            last,
            "Proof/ProofFault::PathLength",
        ),
        refused(
            "an older head",
            record.bytes,
            4,
            &path(4),
            &chain.heads[1],
            "Proof/ProofFault::PathLength",
        ),
        refused(
            "a byte after the record",
            &[record.bytes, &[0]].concat(),
            4,
            &path(4),
            last,
            "EntryTrailing",
        ),
        refused("no record", &[], 4, &path(4), last, "EntryTruncated"),
        refused(
            "a forged head",
            record.bytes,
            4,
            &path(4),
            &forged,
            "BadSignature",
        ),
        refused(
            "a malformed record in the tree",
            &malformed().0,
            0,
            &[],
            &malformed().1,
            "Payload/CodecFault::Field",
        ),
    ]);
    cases
}

/// A tree of one leaf that is no record, under a good head: the agency's own fault, and still refused.
fn malformed() -> (Vec<u8>, String) {
    let bytes = raw_entry(Kind::REFUND.0, &[]);
    let head = head(440_000, 1, hash_leaf(&bytes));
    let note = head.sign(&key(FIRST_KEY));
    (bytes, note)
}
