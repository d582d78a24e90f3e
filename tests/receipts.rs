//! Receipts: what was imported is promised by whom, in files that are checked without a network; and what a mirror has promised is there
//! when the node that took it is gone.

use crate::support::{Federation, PATIENCE, Ran, contributions, eventually, run, yizhang};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use yizhang_ledger::{note::Note, value::TreeSize};
use yizhang_statement::{ReceiptFile, RowList};

const WORKER: &str = "440300199003078815";
const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const BEIJING: u32 = 110_000;

fn in_folder(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn receipts(folder: &str) -> Vec<PathBuf> {
    let mut paths = in_folder(folder);
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "receipt")
    });
    paths
}

fn verify(federation: &Federation, path: &str) -> Ran {
    run(&["verify", path, "--credentials", &federation.auditor()])
}

#[test]
fn an_import_keeps_receipts_that_mirrors_have_signed_and_that_verify_without_a_network() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU, BEIJING]);
    federation.start_all();
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 24, "S"));
    let ran = federation.import(GUANGDONG, &file, &["--durable", "mirrors:2,30"]);
    let said = ran.expect(0).stdout;
    assert!(
        said.contains("The nodes of 2 other regions have signed"),
        "{said}"
    );
    let kept = receipts(&format!("{file}.receipts"));
    assert!(!kept.is_empty());
    // Imported again, nothing is sent: the receipts say that mirrors hold it.
    let size = federation.size(GUANGDONG, GUANGDONG);
    federation.import(GUANGDONG, &file, &[]).expect(0);
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
    for region in [GUANGDONG, GUIZHOU, BEIJING] {
        federation.stop(region);
    }
    for path in &kept {
        let shown = verify(&federation, path.to_str().unwrap()).expect(0).stdout;
        assert!(
            shown.contains("The nodes of 2 other regions have signed"),
            "{shown}"
        );
        assert!(
            shown.contains("Beijing") && shown.contains("Guizhou"),
            "{shown}"
        );
        // A receipt that was touched shows nothing, or less: a line whose name or key number was touched is of nobody we know. The number
        // of the submission is the submitter's own and proves nothing.
        let bytes = fs::read(path).unwrap();
        for place in [70, 80, bytes.len() / 2, bytes.len() - 5] {
            let mut touched = bytes.clone();
            touched[place] ^= 1;
            let touched = federation.file("touched.receipt", &touched);
            let ran = verify(&federation, &touched);
            let is_refused = ran.code == 4;
            let shows_less = !ran
                .stdout
                .contains("The nodes of 2 other regions have signed");
            assert!(is_refused || shows_less, "byte {place}: {}", ran.stdout);
        }
    }
    // Every receipt again without a node: the import has to ask one, which is not there.
    federation.import(GUANGDONG, &file, &[]).expect(3);
}

#[test]
fn without_mirrors_a_receipt_says_what_it_does_not_promise() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    federation.stop(GUIZHOU);
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 3, "S"));
    let said = federation
        .import(GUANGDONG, &file, &["--durable", "mirrors:1,1"])
        .expect(0)
        .stdout;
    assert!(
        said.contains("1 mirrors were asked for, and 0 have signed"),
        "{said}"
    );
    let local = federation.file("local.csv", &contributions(WORKER, 440_300, 5, "L"));
    let said = federation
        .import(GUANGDONG, &local, &["--durable", "local"])
        .expect(0)
        .stdout;
    assert!(
        said.contains("on the disk of one node, and no more"),
        "{said}"
    );
    let kept = receipts(&format!("{local}.receipts"));
    let shown = verify(&federation, kept[0].to_str().unwrap())
        .expect(0)
        .stdout;
    assert!(shown.contains("No mirror has signed"), "{shown}");
    assert!(
        shown.contains("kept under version 1 of the roster"),
        "{shown}"
    );
    // One of a later roster that cannot be believed says which roster it needs.
    let later = fs::read_to_string(&kept[0]).unwrap();
    let later = later.replacen("\nroster 1\n", "\nroster 2\n", 1);
    let wrong = later.replacen("\nfirst ", "\nfirst 1", 1);
    let later = federation.file("later.receipt", later.as_bytes());
    verify(&federation, &later).expect(0);
    let wrong = federation.file("wrong.receipt", wrong.as_bytes());
    let said = verify(&federation, &wrong).expect(4).stderr;
    assert!(
        said.contains("kept under version 2 of the roster"),
        "{said}"
    );
    // The other node is back: the same file again brings fuller receipts, and adds nothing.
    let size = federation.size(GUANGDONG, GUANGDONG);
    federation.start(GUIZHOU);
    federation.wait_ready(GUIZHOU);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    eventually("the nodes are connected", || {
        let status = federation.status(GUANGDONG);
        status.is_some_and(|status| status["peers"][0]["connected"] == true)
    });
    let said = federation
        .import(GUANGDONG, &local, &["--durable", "mirrors:1,30"])
        .expect(0)
        .stdout;
    assert!(
        said.contains("The nodes of 1 other regions have signed"),
        "{said}"
    );
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
    for wrong in ["mirrors", "mirrors:0", "mirrors:x", "mirrors:1,61", "two"] {
        federation
            .import(GUANGDONG, &file, &["--durable", wrong])
            .expect(2);
    }
}

/// The file and its receipts, held against each other.
fn hold(federation: &Federation, receipts: &str, file: &str) -> Ran {
    let auditor = federation.auditor();
    run(&[
        "verify",
        receipts,
        "--file",
        file,
        "--credentials",
        &auditor,
    ])
}

/// The file with its lines changed.
fn with_lines(content: &[u8], change: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    let text = String::from_utf8(content.to_vec()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    lines.join("\n").into_bytes()
}

#[test]
fn receipts_prove_the_very_rows_of_their_file_and_of_no_other() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let content = contributions(WORKER, 440_300, 24, "S");
    let file = federation.file("rows.csv", &content);
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.stop(GUANGDONG);
    let folder = format!("{file}.receipts");
    let fits = hold(&federation, &folder, &file).expect(0).stdout;
    assert!(fits.contains("Lines 2: "), "{fits}");
    assert!(fits.contains("No mirror has signed"), "{fits}");
    for path in in_folder(&folder) {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let is_list = path.extension().unwrap() == "rows";
        assert_eq!(mode, if is_list { 0o600 } else { 0o644 }, "{path:?}");
    }
    let refuse = |change: fn(&mut Vec<String>), expected: &[&str]| {
        let other = federation.file("other.csv", &with_lines(&content, change));
        let said = hold(&federation, &folder, &other).expect(4);
        for expected in expected {
            assert!(
                said.stdout.contains(expected),
                "{expected}: {}",
                said.stdout
            );
        }
        assert!(
            said.stderr
                .contains("is not the file that these receipts are for")
        );
    };
    // A changed cell: with its line and column.
    refuse(
        |lines| {
            lines[6] = lines[6].replace(",5000.00,", ",5000.01,");
        },
        &["Line 7, column base: "],
    );
    refuse(|lines| lines.swap(8, 20), &["stands in another order"]);
    refuse(
        |lines| drop(lines.remove(9)),
        &["is in no row of the file; at the import it was line 10"],
    );
    refuse(
        |lines| lines.insert(4, lines[24].replace('S', "N")),
        &["No receipt proves 1 rows of the file: lines 5"],
    );
    // Another person: the account is another, whatever else is the same.
    refuse(
        |lines| lines[12] = lines[12].replace(WORKER, "440300199003078831"),
        &["Line 13, column person: "],
    );
    refuse(
        |lines| {
            for line in lines.iter_mut().skip(1) {
                *line = line.replace('S', "U");
            }
        },
        &["No row of the file is a record of "],
    );
}

#[test]
fn one_receipt_proves_its_own_rows_whatever_the_form_of_the_file() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let content = contributions(WORKER, 440_300, 24, "S");
    let file = federation.file("rows.csv", &content);
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let folder = format!("{file}.receipts");
    let kept = receipts(&folder);
    let last = kept.iter().max_by_key(|path| {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let first = text.lines().find_map(|line| line.strip_prefix("first "));
        first.unwrap().parse::<u64>().unwrap()
    });
    let last = last.unwrap().to_str().unwrap();
    let shown = hold(&federation, last, &file).expect(0).stdout;
    assert!(
        shown.contains("rows of the file are these very records"),
        "{shown}"
    );
    assert!(
        shown.contains("other rows of the file are not in this receipt"),
        "{shown}"
    );
    // A row before those of the receipt may be another, and the others have moved.
    let above = with_lines(&content, |lines| drop(lines.remove(1)));
    let above = federation.file("above.csv", &above);
    hold(&federation, last, &above).expect(0);
    // The same rows in another form.
    let renamed = with_lines(&content, |lines| {
        lines[0] = lines[0]
            .replace("serial", "our_number")
            .replace("业务流水号", "our_number");
    });
    let renamed = federation.file("renamed.csv", &renamed);
    let columns = federation.file("columns.toml", b"our_number = \"serial\"\n");
    let auditor = federation.auditor();
    let arguments = [
        "verify",
        &folder,
        "--file",
        &renamed,
        "--credentials",
        &auditor,
    ];
    run(&[&arguments[..], &["--columns", &columns]].concat()).expect(0);
    // Faulty rows that were left out at the import are left out here, if it is said.
    let faulty = with_lines(&content, |lines| {
        lines.insert(9, lines[9].replace(WORKER, "1"));
    });
    let faulty = federation.file("faulty.csv", &faulty);
    hold(&federation, &folder, &faulty).expect(4);
    let arguments = [
        "verify",
        &folder,
        "--file",
        &faulty,
        "--credentials",
        &auditor,
    ];
    let said = run(&[&arguments[..], &["--accept-valid-rows"]].concat())
        .expect(0)
        .stdout;
    assert!(
        said.contains("1 faulty rows are in no chain: lines 10"),
        "{said}"
    );
    // A list that was touched, or is not there.
    let list = Path::new(last).with_extension("rows");
    let bytes = fs::read(&list).unwrap();
    for place in [0, 10, 70, bytes.len() / 2, bytes.len() - 1] {
        let mut touched = bytes.clone();
        touched[place] ^= 1;
        fs::write(&list, touched).unwrap();
        hold(&federation, last, &file).expect(4);
    }
    fs::remove_file(&list).unwrap();
    let said = hold(&federation, last, &file).expect(4).stderr;
    assert!(said.contains("is missing"), "{said}");
    run(&["verify", &folder, "--credentials", &auditor]).expect(2);
}

/// Records by position.
type Leaves = BTreeMap<u64, String>;

/// What the receipts of an import are for, by their row lists, which are theirs.
fn receipted(folder: &str, leaves: &mut Leaves) {
    for path in receipts(folder) {
        let receipt = ReceiptFile::parse(&fs::read(&path).unwrap()).unwrap();
        let head = Note::parse(&receipt.head).unwrap().text.to_owned();
        let size = head.lines().nth(1).unwrap().parse().unwrap();
        let list = RowList::parse(&fs::read(path.with_extension("rows")).unwrap()).unwrap();
        list.check(&receipt, TreeSize(size)).unwrap();
        let text = String::from_utf8(receipt.head).unwrap();
        assert_eq!(text.matches("/mirror ").count(), 2, "{text}");
        for (position, row) in (receipt.first.0..).zip(&list.rows) {
            let earlier = leaves.insert(position, row.leaf.to_string());
            assert_eq!(earlier, None, "two receipts for position {position}");
        }
    }
}

/// What a node proves of the worker's records.
fn held(federation: &Federation, region: u32) -> Leaves {
    let answer = federation.answer(region, WORKER, &["--proofs"]);
    let answer: Value = serde_json::from_str(&answer.expect(0).stdout).unwrap();
    let records = answer["account"]["records"].as_array().unwrap().iter();
    let leaf = |record: &Value| {
        let position = record["index"].as_u64().unwrap();
        (position, record["id"].as_str().unwrap().to_owned())
    };
    records.map(leaf).collect()
}

/// An import that waits for two mirrors.
fn begin_import(federation: &Federation, file: &str) -> Child {
    let (node, agency) = (GUANGDONG.to_string(), federation.agency(GUANGDONG));
    let import = ["agency", "import", file, "--node", &node];
    let with = ["--credentials", &agency, "--durable", "mirrors:2,60"];
    let mut command = yizhang(&[&import[..], &with[..]].concat());
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    quiet.spawn().unwrap()
}

/// Waits for the first receipt, and no longer.
fn wait_for_receipt(folder: &str) {
    let start = Instant::now();
    while !Path::new(folder).is_dir() || receipts(folder).is_empty() {
        assert!(start.elapsed() < PATIENCE, "no receipt in {folder}");
        sleep(Duration::from_millis(1));
    }
}

/// Rounds of the test below: `YIZHANG_ROUNDS`, or a few.
fn rounds() -> u32 {
    let rounds = std::env::var("YIZHANG_ROUNDS").ok();
    rounds.map_or(4, |rounds| rounds.parse().expect("a number"))
}

#[test]
fn what_a_mirror_has_receipted_outlives_the_node_that_took_it() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU, BEIJING]);
    federation.start_all();
    let mut leaves = Leaves::new();
    let start = Instant::now();
    for round in 0..rounds() {
        let count = 5 + round % 4;
        let rows = contributions(WORKER, 440_300, count, &format!("R{round}"));
        let file = federation.file(&format!("round{round}.csv"), &rows);
        let mut import = begin_import(&federation, &file);
        wait_for_receipt(&format!("{file}.receipts"));
        // The process and everything that it had on its disk are gone.
        federation.kill(GUANGDONG);
        fs::remove_dir_all(federation.node_dir(GUANGDONG).join("data")).unwrap();
        assert_eq!(
            import.wait().unwrap().code(),
            Some(0),
            "it has all receipts"
        );
        receipted(&format!("{file}.receipts"), &mut leaves);
        // Whoever holds the receipts finds these very records at the mirrors, and the node gets its chain back from them.
        for mirror in [BEIJING, GUIZHOU] {
            assert_eq!(held(&federation, mirror), leaves, "round {round}");
        }
        federation.start(GUANGDONG);
        federation.wait_ready(GUANGDONG);
        eventually("the chain is back", || {
            federation.size(GUANGDONG, GUANGDONG) >= federation.size(BEIJING, GUANGDONG)
        });
        assert_eq!(held(&federation, GUANGDONG), leaves, "round {round}");
        let (records, seconds) = (leaves.len(), start.elapsed().as_secs());
        println!("round {round}: {records} records receipted, all there, {seconds} s");
    }
}
