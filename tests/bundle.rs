//! Chains that are carried as files between nodes that share no wire: nodes of the two sides never run at the same time here.

use crate::support::{Federation, Ran, contributions, copy, eventually, run};
use std::{
    fs,
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    batch::Batch,
    segment::{FrameHeader, FrameKind, write_batch_frame},
    value::LeafIndex,
};
use yizhang_statement::{SectionHeader, SectionKind};

/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";

const GUANGDONG: u32 = 440_000;
const BEIJING: u32 = 110_000;
const ZHEJIANG: u32 = 330_000;
const GUIZHOU: u32 = 520_000;

const HEADER_BYTES: usize = 128;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Starts nodes that go on without others, which are on the other side.
fn start_side(federation: &mut Federation, side: &[u32], others: &[u32]) {
    let mut more = vec!["--start-alone".to_string()];
    for other in others {
        more.extend(["--lost".to_string(), other.to_string()]);
    }
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    for node in side {
        federation.start_with(*node, &more);
    }
    for node in side {
        federation.wait_ready(*node);
    }
}

fn import(federation: &Federation, node: u32, place: u32, name: &str) {
    let rows = contributions(WORKER, place, 24, name);
    let file = federation.file(&format!("{name}.csv"), &rows);
    federation.import(node, &file, &[]).expect(0);
}

fn export(federation: &Federation, node: u32, name: &str, more: &[&str]) -> PathBuf {
    let file = federation.path().join(name);
    let dir = federation.node_dir(node);
    let node = node.to_string();
    let mut arguments = vec!["bundle", "export", "--node", &node];
    arguments.extend(["--credentials", text(&dir), "--to", text(&file)]);
    arguments.extend(more);
    run(&arguments).expect(0);
    file
}

fn bring(federation: &Federation, node: u32, file: &Path) -> Ran {
    bring_as(&federation.node_dir(node), node, file)
}

fn bring_as(credentials: &Path, node: u32, file: &Path) -> Ran {
    let node = node.to_string();
    let credentials = text(credentials);
    run(&[
        "bundle",
        "import",
        text(file),
        "--node",
        &node,
        "--credentials",
        credentials,
    ])
}

fn account(federation: &Federation, node: u32) -> String {
    federation.lookup(node, WORKER, &[]).expect(0).stdout
}

/// A chain at a node, by its status.
fn chain(federation: &Federation, node: u32, chain: u32) -> serde_json::Value {
    let status = federation.status(node).unwrap();
    let chains = status["chains"].as_array().unwrap();
    let name = format!("demo.yizhang/{chain}");
    let found = chains.iter().find(|chain| chain["origin"] == *name);
    found.unwrap().clone()
}

#[test]
fn two_halves_that_share_no_wire_exchange_everything_by_bundles_and_show_the_same_account() {
    let (south, east) = ([GUANGDONG, BEIJING], [ZHEJIANG, GUIZHOU]);
    let mut federation = Federation::found(&[GUANGDONG, BEIJING, ZHEJIANG, GUIZHOU]);
    start_side(&mut federation, &south, &east);
    import(&federation, GUANGDONG, 440_300, "south");
    federation.wait_replicated(GUANGDONG, BEIJING);
    // Any node has everything.
    let first = export(&federation, BEIJING, "south.bundle", &[]);
    for node in south {
        federation.stop(node);
    }

    start_side(&mut federation, &east, &south);
    import(&federation, ZHEJIANG, 330_100, "east");
    let ran = bring(&federation, GUIZHOU, &first).expect(0);
    assert!(ran.stdout.contains("taken"), "{}", ran.stdout);
    // What came by file goes on by wire, and is cosigned.
    eventually("the other node of the side has it, too", || {
        federation.size(ZHEJIANG, GUANGDONG) == federation.size(GUIZHOU, GUANGDONG)
    });
    federation.wait_replicated(ZHEJIANG, GUIZHOU);
    let seen = account(&federation, GUIZHOU);
    assert_eq!(account(&federation, ZHEJIANG), seen);
    let second = export(
        &federation,
        ZHEJIANG,
        "east.bundle",
        &["--after", text(&first)],
    );
    for node in east {
        federation.stop(node);
    }

    start_side(&mut federation, &south, &east);
    bring(&federation, GUANGDONG, &second).expect(0);
    eventually("the side shows what the other one shows", || {
        account(&federation, GUANGDONG) == seen && account(&federation, BEIJING) == seen
    });
    // Twice changes nothing, and what was carried home is known there.
    for file in [&second, &first] {
        let ran = bring(&federation, GUANGDONG, file).expect(0);
        assert!(ran.stdout.contains("held already"), "{}", ran.stdout);
        assert!(!ran.stdout.contains("taken"), "{}", ran.stdout);
    }
    for node in south {
        for of in [GUANGDONG, ZHEJIANG] {
            assert_eq!(chain(&federation, node, of)["quarantined"], false);
        }
    }
}

/// Two nodes that never run together: one that writes, one that is brought files.
struct Pair {
    federation: Federation,
}

impl Pair {
    fn with(names: &[&str]) -> Self {
        let mut federation = Federation::found(&[GUANGDONG, BEIJING]);
        start_side(&mut federation, &[GUANGDONG], &[BEIJING]);
        for name in names {
            import(&federation, GUANGDONG, 440_300, name);
        }
        Self { federation }
    }

    fn cross(&mut self) {
        self.federation.stop(GUANGDONG);
        self.federation.start(BEIJING);
        self.federation.wait_for_start(BEIJING);
    }

    fn bring(&self, file: &Path) -> Ran {
        bring(&self.federation, BEIJING, file)
    }

    fn bring_bytes(&self, name: &str, bytes: &[u8]) -> Ran {
        let file = self.federation.file(name, bytes);
        self.bring(Path::new(&file))
    }

    fn held(&self) -> u64 {
        self.federation.size(BEIJING, GUANGDONG)
    }
}

#[test]
fn a_bundle_that_was_cut_or_damaged_is_taken_as_far_as_it_is_whole_and_the_next_import_goes_on() {
    let mut pair = Pair::with(&["a", "b", "c", "d", "e", "f"]);
    let file = export(&pair.federation, GUANGDONG, "whole.bundle", &[]);
    let size = pair.federation.size(GUANGDONG, GUANGDONG);
    let whole = fs::read(&file).unwrap();
    pair.cross();
    assert_eq!(pair.held(), 0);

    // Less than its first header is no bundle.
    let ran = pair.bring_bytes("none.bundle", &whole[..100]).expect(4);
    assert!(ran.stderr.contains("is no bundle"), "{}", ran.stderr);
    let mut before = 0;
    for part in [2, 4, 6, 8] {
        let cut = &whole[..whole.len() * part / 9];
        let ran = pair.bring_bytes("cut.bundle", cut).expect(1);
        assert!(ran.stdout.contains("cut or damaged"), "{}", ran.stdout);
        assert!(pair.held() >= before, "{}", ran.stdout);
        before = pair.held();
    }
    assert!(0 < before && before < size, "{before} of {size}");
    let mut damaged = whole.clone();
    let at = whole.len() * 17 / 18;
    damaged[at] ^= 1;
    let ran = pair.bring_bytes("damaged.bundle", &damaged).expect(1);
    assert!(ran.stdout.contains("cut or damaged"), "{}", ran.stdout);
    assert!(pair.held() < size);
    pair.bring(&file).expect(0);
    assert_eq!(pair.held(), size);
    assert_eq!(
        chain(&pair.federation, BEIJING, GUANGDONG)["quarantined"],
        false
    );
}

/// The bundle with one bit of a batch's last record changed and all checksums right.
fn forged(bundle: &[u8], nth: usize) -> Vec<u8> {
    let mut out = bundle.to_vec();
    let mut at = HEADER_BYTES;
    loop {
        let section = SectionHeader::read(&bundle[at..]).unwrap();
        assert_ne!(section.kind, SectionKind::End);
        at += HEADER_BYTES;
        let end = at + usize::try_from(section.bytes).unwrap();
        if !matches!(section.kind, SectionKind::Chain { .. }) {
            at = end;
            continue;
        }
        let mut batches = 0;
        while at < end {
            let header = FrameHeader::read(&bundle[at..]).unwrap();
            if header.kind == FrameKind::Batch {
                batches += 1;
            }
            if batches == nth {
                let content = header.check(&bundle[at..]).unwrap();
                let ends = Batch::parse(content.to_vec()).unwrap().ends().to_vec();
                let mut content = content.to_vec();
                *content.last_mut().unwrap() ^= 1;
                let mut frame = Vec::new();
                write_batch_frame(&content, &ends, LeafIndex(header.position), &mut frame);
                out[at..at + frame.len()].copy_from_slice(&frame);
                return out;
            }
            at += header.frame_bytes();
        }
    }
}

#[test]
fn what_a_bundle_holds_wrongly_is_refused_with_its_reason_and_leaves_nothing_behind() {
    let mut pair = Pair::with(&["a", "b"]);
    let federation = &pair.federation;
    let first = export(federation, GUANGDONG, "first.bundle", &[]);
    let known = federation.size(GUANGDONG, GUANGDONG);
    import(federation, GUANGDONG, 440_300, "c");
    import(federation, GUANGDONG, 440_300, "d");
    let whole = export(federation, GUANGDONG, "whole.bundle", &[]);
    let later = export(
        federation,
        GUANGDONG,
        "later.bundle",
        &["--after", text(&first)],
    );
    let size = federation.size(GUANGDONG, GUANGDONG);
    pair.cross();

    // A gap: what stands before is not here.
    let ran = pair.bring(&later).expect(1);
    assert!(ran.stdout.contains("gap"), "{}", ran.stdout);
    assert_eq!(pair.held(), 0);
    // Nobody but the node itself may bring chains to it.
    let agency = pair.federation.agency(BEIJING);
    let other = pair.federation.node_dir(GUANGDONG);
    for credentials in [
        Path::new(&agency),
        &other,
        Path::new(&pair.federation.auditor()),
    ] {
        bring_as(credentials, BEIJING, &whole).expect(5);
    }
    assert_eq!(pair.held(), 0);

    pair.bring(&first).expect(0);
    assert_eq!(pair.held(), known);
    let bytes = fs::read(&later).unwrap();
    let ran = pair
        .bring_bytes("forged.bundle", &forged(&bytes, 1))
        .expect(1);
    let is_said = ran.stdout.contains("(not-continued)") || ran.stdout.contains("(invalid)");
    assert!(is_said, "{}", ran.stdout);
    assert_eq!(pair.held(), known);
    assert_eq!(
        chain(&pair.federation, BEIJING, GUANGDONG)["quarantined"],
        false
    );
    // What proves nothing is no evidence for anybody.
    let (node, agency) = (BEIJING.to_string(), pair.federation.agency(BEIJING));
    let listed = [
        "evidence",
        "list",
        "--node",
        &node,
        "--credentials",
        &agency,
    ];
    run(&listed).expect(0);
    pair.federation.stop(BEIJING);
    let dir = pair.federation.node_dir(BEIJING);
    run(&["node", "check", "--dir", text(&dir)]).expect(0);
    pair.federation.start(BEIJING);
    pair.federation.wait_for_start(BEIJING);

    pair.bring(&later).expect(0);
    assert_eq!(pair.held(), size);
}

#[test]
fn a_bundle_with_another_history_is_evidence_and_closes_the_chain() {
    let mut pair = Pair::with(&["a"]);
    pair.federation.stop(GUANGDONG);
    let data = pair.federation.node_dir(GUANGDONG).join("data");
    let branch = pair.federation.path().join("branch");
    copy(&data, &branch);
    start_side(&mut pair.federation, &[GUANGDONG], &[BEIJING]);
    import(&pair.federation, GUANGDONG, 440_300, "one");
    let one = export(&pair.federation, GUANGDONG, "one.bundle", &[]);
    pair.federation.stop(GUANGDONG);
    fs::remove_dir_all(&data).unwrap();
    copy(&branch, &data);
    start_side(&mut pair.federation, &[GUANGDONG], &[BEIJING]);
    import(&pair.federation, GUANGDONG, 440_300, "two");
    import(&pair.federation, GUANGDONG, 440_300, "three");
    let two = export(&pair.federation, GUANGDONG, "two.bundle", &[]);
    pair.cross();

    // Whoever holds both files has the proof in his hands.
    let root = root(&pair.federation);
    verdict(&[text(&two), "--root", &root], 0);
    let said = run(&["verify", text(&two), "--root", &root, "--after", text(&one)]).expect(1);
    assert!(said.stdout.contains("another history"), "{}", said.stdout);
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&two).unwrap());
    // The first without its end, and behind it the chain of the second without the rosters before that.
    let rosters = SectionHeader::read(&second[HEADER_BYTES..]).unwrap();
    assert_eq!(rosters.kind, SectionKind::Rosters);
    let chain_at = 2 * HEADER_BYTES + usize::try_from(rosters.bytes).unwrap();
    let both = [&first[..first.len() - HEADER_BYTES], &second[chain_at..]].concat();
    let both = pair.federation.file("both.bundle", &both);
    let said = run(&["verify", &both, "--root", &root]).expect(1);
    assert!(said.stdout.contains("a second part"), "{}", said.stdout);

    pair.bring(&one).expect(0);
    let held = pair.held();
    let ran = pair.bring(&two).expect(1);
    assert!(ran.stdout.contains("two histories"), "{}", ran.stdout);
    assert_eq!(pair.held(), held);
    assert_eq!(
        chain(&pair.federation, BEIJING, GUANGDONG)["quarantined"],
        true
    );
    let agency = pair.federation.agency(BEIJING);
    run(&[
        "evidence",
        "list",
        "--node",
        &BEIJING.to_string(),
        "--credentials",
        &agency,
    ])
    .expect(1);
}

#[test]
fn chains_of_strangers_are_named_and_not_taken() {
    // A federation of the same name, whose keys nobody here knows, and with a region that is none here.
    let mut strangers = Federation::found(&[GUANGDONG, ZHEJIANG]);
    strangers.start_all();
    import(&strangers, GUANGDONG, 440_300, "s");
    import(&strangers, ZHEJIANG, 330_100, "t");
    strangers.wait_replicated(ZHEJIANG, GUANGDONG);
    let theirs = export(&strangers, GUANGDONG, "theirs.bundle", &[]);
    let mut pair = Pair::with(&["a"]);
    pair.cross();
    let ran = pair.bring(&theirs).expect(1);
    for code in ["(unknown-key)", "(unknown-chain)"] {
        assert!(ran.stdout.contains(code), "{}", ran.stdout);
    }
    assert_eq!(pair.held(), 0);
    let of = chain(&pair.federation, BEIJING, GUANGDONG);
    assert_eq!(of["quarantined"], false, "{of}");
}

#[test]
fn an_old_directory_whose_rest_comes_back_by_file_goes_on_without_a_second_history() {
    let mut pair = Pair::with(&["a"]);
    pair.federation.stop(GUANGDONG);
    let data = pair.federation.node_dir(GUANGDONG).join("data");
    let old = pair.federation.path().join("old");
    copy(&data, &old);
    start_side(&mut pair.federation, &[GUANGDONG], &[BEIJING]);
    import(&pair.federation, GUANGDONG, 440_300, "b");
    let whole = export(&pair.federation, GUANGDONG, "whole.bundle", &[]);
    let size = pair.federation.size(GUANGDONG, GUANGDONG);
    pair.federation.stop(GUANGDONG);
    fs::remove_dir_all(&data).unwrap();
    copy(&old, &data);
    pair.federation.start(GUANGDONG);
    pair.federation.wait_for_start(GUANGDONG);
    assert!(pair.federation.size(GUANGDONG, GUANGDONG) < size);
    let ran = bring(&pair.federation, GUANGDONG, &whole).expect(0);
    assert!(ran.stdout.contains("taken"), "{}", ran.stdout);
    assert_eq!(pair.federation.size(GUANGDONG, GUANGDONG), size);
    // It waits for the other node all the same: the file does not speak for it.
    let status = pair.federation.status(GUANGDONG).unwrap();
    assert_eq!(status["ready"], false, "{status}");
    pair.federation.stop(GUANGDONG);
    start_side(&mut pair.federation, &[GUANGDONG], &[BEIJING]);
    import(&pair.federation, GUANGDONG, 440_300, "c");
    let more = export(&pair.federation, GUANGDONG, "more.bundle", &[]);
    pair.cross();
    pair.bring(&whole).expect(0);
    pair.bring(&more).expect(0);
    let of = chain(&pair.federation, BEIJING, GUANGDONG);
    assert_eq!(of["quarantined"], false, "{of}");
}

#[test]
fn a_bundle_brings_newer_versions_of_the_roster() {
    let mut pair = Pair::with(&["a"]);
    let dir = pair.federation.path();
    let file = dir.join("next.roster");
    let key = dir.join("root.key");
    let agency = pair.federation.agency(GUANGDONG);
    let step = |command: &str, more: &[&str]| {
        let mut arguments = vec!["federation", command, "--file", text(&file)];
        arguments.extend(["--dir", text(&dir)]);
        arguments.extend(more);
        run(&arguments).expect(0);
    };
    step("propose", &["--mirrors", "1"]);
    step("sign", &["--key", text(&key)]);
    let node = GUANGDONG.to_string();
    step("publish", &["--node", &node, "--credentials", &agency]);
    eventually("the node works under it", || {
        let status = pair.federation.status(GUANGDONG);
        status.is_some_and(|status| status["roster"]["version"] == 2 || status["roster"] == 2)
    });
    let bundle = export(&pair.federation, GUANGDONG, "roster.bundle", &[]);
    pair.cross();
    let ran = pair.bring(&bundle).expect(0);
    assert!(
        ran.stdout.contains("has version 2 of the roster now"),
        "{}",
        ran.stdout
    );
    assert!(pair.held() > 0);
}

/// The fingerprint of the root keys, as whoever founded the federation publishes it.
fn root(federation: &Federation) -> String {
    let shown = run(&["federation", "show", "--dir", &federation.auditor()]).expect(0);
    let line = "fingerprint of the root keys: ";
    let mut lines = shown.stdout.lines();
    let root = lines.find_map(|text| text.strip_prefix(line));
    root.unwrap().to_owned()
}

fn verdict(arguments: &[&str], code: i32) -> serde_json::Value {
    let ran = run(&[&["verify"][..], arguments, &["--json"]].concat()).expect(code);
    let verdict: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verdict.schema.json");
    let schema = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = schema
        .iter_errors(&verdict)
        .map(|fault| fault.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    verdict
}

#[test]
fn a_bundle_is_checked_by_the_fingerprint_of_the_root_keys_and_says_where_it_is_wrong() {
    let pair = Pair::with(&["a", "b"]);
    let federation = &pair.federation;
    let root = root(federation);
    let first = export(federation, GUANGDONG, "first.bundle", &[]);
    import(federation, GUANGDONG, 440_300, "c");
    let whole = export(federation, GUANGDONG, "whole.bundle", &[]);
    let more = ["--after", text(&first)];
    let later = export(federation, GUANGDONG, "later.bundle", &more);
    let size = federation.size(GUANGDONG, GUANGDONG);

    let shown = verdict(&[text(&whole), "--root", &root], 0);
    assert_eq!(shown["outcome"], "holds", "{shown}");
    let chain = &shown["bundle"]["chains"][0];
    assert_eq!(chain["from"], 0);
    assert_eq!(chain["to"], size);
    assert_eq!(chain["roots_computed"], true);
    let auditor = federation.auditor();
    let by_roster = verdict(&[text(&whole), "--credentials", &auditor], 0);
    assert_eq!(by_roster["bundle"], shown["bundle"]);

    // A part shows less by itself, and as much with what stands before it.
    let alone = verdict(&[text(&later), "--root", &root], 0);
    assert_eq!(alone["outcome"], "open", "{alone}");
    assert_eq!(alone["bundle"]["chains"][0]["roots_computed"], false);
    let behind = verdict(&[text(&later), "--root", &root, "--after", text(&first)], 0);
    assert_eq!(behind["outcome"], "holds", "{behind}");
    assert_eq!(behind["bundle"]["chains"][0]["to"], size);

    let bytes = fs::read(&whole).unwrap();
    let mut turned = bytes.clone();
    *turned.last_mut().unwrap() ^= 1;
    let wrong = [
        ("forged", forged(&bytes, 2), "behind entry"),
        (
            "cut",
            bytes[..bytes.len() * 2 / 3].to_vec(),
            "bytes are missing",
        ),
        ("turned", turned, "the checksum does not match"),
        ("longer", [&bytes[..], b"more"].concat(), "at byte"),
    ];
    for (name, bytes, reason) in wrong {
        let file = federation.file(name, &bytes);
        let refused = verdict(&[&file, "--root", &root], 1);
        assert_eq!(refused["outcome"], "refused");
        assert!(refused["bundle"].is_null());
        let lines = refused["lines"].to_string();
        assert!(
            lines.contains("at byte") && lines.contains(reason),
            "{name}: {lines}"
        );
    }
    // A bundle that goes ahead and is damaged is named, and says nothing of the file.
    let damaged = federation.file("damaged", &forged(&fs::read(&first).unwrap(), 1));
    let said = run(&["verify", text(&later), "--root", &root, "--after", &damaged]);
    assert!(
        said.code > 1 && said.stderr.contains("damaged (--after) is not sound"),
        "{}",
        said.stderr
    );
    let others = "0000 0000 0000 0000 0000 0000 0000 0000";
    let refused = verdict(&[text(&whole), "--root", others], 1);
    assert!(
        refused["lines"].to_string().contains("root keys"),
        "{refused}"
    );
    run(&["verify", text(&whole)]).expect(2);
    run(&[
        "verify",
        text(&whole),
        "--root",
        &root,
        "--page",
        "none.html",
    ])
    .expect(2);
}

#[test]
fn an_exported_account_never_holds_and_one_that_was_changed_is_refused() {
    let pair = Pair::with(&["a"]);
    let ran = pair.federation.answer(GUANGDONG, WORKER, &[]);
    let exported = ran.expect(0).stdout;
    let file = pair.federation.file("account.json", exported.as_bytes());
    let shown = verdict(&[&file], 1);
    assert_eq!(shown["outcome"], "open", "{shown}");
    assert!(
        shown["lines"]
            .to_string()
            .contains("No signature stands behind it")
    );

    let value: serde_json::Value = serde_json::from_str(&exported).unwrap();
    let lined = serde_json::to_string_pretty(&value).unwrap();
    let file = pair.federation.file("lined.json", lined.as_bytes());
    assert_eq!(verdict(&[&file], 1)["outcome"], "open");
    let other = value["digest"].as_str().unwrap().replace(['0', '1'], "2");
    for changed in [
        exported.replace("\"account_ids\":1", "\"account_ids\":2"),
        exported.replace(value["digest"].as_str().unwrap(), &other),
        exported.replace("\"account_ids\"", "\"more\":1,\"account_ids\""),
        exported.replace("yizhang-account/", "yizhang-account/9"),
    ] {
        assert_ne!(changed, exported);
        let file = pair.federation.file("changed.json", changed.as_bytes());
        assert_eq!(verdict(&[&file], 1)["outcome"], "refused");
    }
}
