//! What a platform runs: a file is checked, deposited once however often, an order of it is proved without a network, a worker gets a slip.

use crate::support::{Federation, Ran, run, run_with};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

const WORKER: &str = "440300199003078815";
const CODE: &str = "91440300MA00000745";
const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const HEADER: &str =
    "订单号,社会保障号码,城市,业务类型,交通方式,状态,已参保,接单时间,完成时间,收入,奖励,扣款,退还";

/// A file of so many orders, an hour apart.
fn orders(count: u32) -> String {
    let row = |at: u32| {
        let (day, hour) = (at / 10 + 1, at % 10 + 9);
        format!(
            "P{at:04},{WORKER},440300,即时配送,电动自行车,已完成,是,2026-10-{day:02} {hour:02}:00:00,\
             2026-10-{day:02} {hour:02}:25:00,6.80,1.00,0.30,0\n"
        )
    };
    let rows: String = (0..count).map(row).collect();
    format!("{HEADER}\n{rows}")
}

/// A platform: its directory, and the credentials that it was given.
struct Platform {
    dir: String,
    credentials: String,
}

impl Platform {
    fn found(federation: &Federation) -> Self {
        let (dir, said) = directory(federation);
        let public = said
            .split(|c: char| !c.is_ascii_hexdigit())
            .find(|word| word.len() == 64)
            .unwrap();
        let to = federation.path().join("platform-credentials");
        let credentials = to.to_str().unwrap().to_owned();
        run(&[
            "federation",
            "certificate",
            "--dir",
            federation.path().to_str().unwrap(),
            "--region",
            "440000",
            "--role",
            "platform",
            "--platform",
            CODE,
            "--signing-key",
            public,
            "--to",
            &credentials,
        ])
        .expect(0);
        Self { dir, credentials }
    }

    fn deposit(&self, file: &str) -> Ran {
        run(&[
            "platform",
            "deposit",
            file,
            "--node",
            "440000",
            "--credentials",
            &self.credentials,
            "--dir",
            &self.dir,
        ])
    }

    fn prove(&self, order: &str, credentials: &str, to: &str) -> Ran {
        run(&[
            "platform",
            "prove",
            "--order",
            order,
            "--dir",
            &self.dir,
            "--credentials",
            credentials,
            "-o",
            to,
        ])
    }
}

/// The directory of a platform, and what was said of it.
fn directory(federation: &Federation) -> (String, String) {
    let dir = federation.path().join("platform");
    let dir = dir.to_str().unwrap().to_owned();
    let said = run(&["platform", "init", "--dir", &dir, "--code", CODE])
        .expect(0)
        .stdout;
    assert!(said.contains("signing key"), "{said}");
    for secret in ["deposit.key", "order.secret"] {
        let mode = Path::new(&dir)
            .join(secret)
            .metadata()
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{secret}");
    }
    run(&["platform", "init", "--dir", &dir, "--code", CODE]).expect(4);
    (dir, said)
}

#[test]
fn a_file_is_deposited_once_and_an_order_of_it_is_proved_without_a_network() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let platform = Platform::found(&federation);
    let Platform { dir, credentials } = &platform;
    let file = federation.file("orders.csv", orders(37).as_bytes());
    let said = run(&["platform", "check", &file]).expect(0).stdout;
    assert!(
        said.contains("38 lines: 1 up to the header, 0 blank, 37 orders, 0 faulty"),
        "{said}"
    );
    assert!(
        said.contains("37 orders completed, 37 insured (100.00 %)"),
        "{said}"
    );
    let deposit = |file: &str| platform.deposit(file);
    deposit(&file).expect(0);
    let size = federation.size(GUANGDONG, GUANGDONG);
    // Again, and with the rows in another order: it is the same deposit.
    deposit(&file).expect(0);
    let text = orders(37);
    let mut rows: Vec<&str> = text.lines().collect();
    rows[1..].reverse();
    let turned = federation.file("turned.csv", rows.join("\n").as_bytes());
    deposit(&turned).expect(0);
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
    // Other rows for the month are refused before anything is sent.
    let other = federation.file("other.csv", orders(36).as_bytes());
    deposit(&other).expect(3);
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
    let slip = run_with(
        &[
            "platform",
            "slip",
            "--month",
            "2026-10",
            "--dir",
            dir,
            "--node",
            "440000",
            "--credentials",
            credentials,
        ],
        WORKER,
    );
    let slip = slip.expect(0).stdout;
    assert!(
        slip.contains("37 orders completed") && slip.contains("P0036"),
        "{slip}"
    );
    assert!(
        slip.contains("paid out 277.50 yuan") && !slip.contains(WORKER),
        "{slip}"
    );
    for region in [GUANGDONG, GUIZHOU] {
        federation.stop(region);
    }
    let auditor = federation.auditor();
    let proof = federation.path().join("order.proof");
    let proof = proof.to_str().unwrap();
    let prove = |order: &str| platform.prove(order, &auditor, proof);
    prove("P0037").expect(4);
    prove("P0021").expect(0);
    let shown = run(&["verify", proof, "--credentials", &auditor])
        .expect(0)
        .stdout;
    assert!(shown.contains("The order is proved"), "{shown}");
    assert!(
        shown.contains("P0021") && shown.contains("2026-10-03 10:00"),
        "{shown}"
    );
    let bytes = fs::read(proof).unwrap();
    for at in [30, 60, bytes.len() / 3, bytes.len() - 20] {
        let mut touched = bytes.clone();
        touched[at] ^= 1;
        let touched = federation.file("touched.proof", &touched);
        run(&["verify", &touched, "--credentials", &auditor]).expect(4);
    }
}

#[test]
fn a_faulty_row_keeps_the_file_out_and_is_named_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.csv");
    let text = orders(3)
        .replacen("6.80", "6.805", 1)
        .replacen("即时配送", "外卖送", 1);
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let said = run(&["platform", "check", file]).expect(1).stdout;
    assert!(
        said.contains("line 2, gross (收入)") && said.contains("[amount]"),
        "{said}"
    );
    assert!(
        said.contains("line 2, trade (业务类型)") && said.contains("[choice]"),
        "{said}"
    );
    assert!(said.contains("Nothing is sent"), "{said}");
    let errors = fs::read_to_string(folder.path().join("orders.errors.csv")).unwrap();
    assert_eq!(errors.lines().count(), 2, "{errors}");
    let chinese = Command::new(env!("CARGO_BIN_EXE_yizhang"))
        .args(["--lang", "zh", "platform", "check", file, "--skip-faulty"])
        .output()
        .unwrap();
    assert_eq!(chinese.status.code(), Some(1));
    let said = String::from_utf8(chinese.stdout).unwrap();
    assert!(
        said.contains("第 2 行，收入：") && said.contains("［amount］"),
        "{said}"
    );
    assert!(said.contains("完成 2 单"), "{said}");
}

/// A statement of the worker, whole or for some months.
fn statement(federation: &Federation, name: &str, more: &[&str]) -> String {
    let to = federation.path().join(name);
    let to = to.to_str().unwrap().to_owned();
    let agency = federation.agency(GUANGDONG);
    let mut arguments = vec!["worker", "statement", "--node", "440000"];
    arguments.extend(["--credentials", agency.as_str()]);
    arguments.extend(["--business", "complaint", "--case", "L-1"]);
    arguments.extend(more);
    arguments.extend(["-o", to.as_str()]);
    run_with(&arguments, WORKER).expect(0);
    to
}

#[test]
fn a_statement_and_orders_of_its_months_are_one_file_and_others_are_not_packed() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let platform = Platform::found(&federation);
    let file = federation.file("orders.csv", orders(12).as_bytes());
    platform.deposit(&file).expect(0);
    let auditor = federation.auditor();
    let path = |name: &str| federation.path().join(name).to_str().unwrap().to_owned();
    let (first, second) = (path("1.proof"), path("2.proof"));
    platform.prove("P0003", &auditor, &first).expect(0);
    platform.prove("P0004", &auditor, &second).expect(0);
    let october = ["--from", "2026-10", "--to", "2026-10"];
    let excerpt = statement(&federation, "october.yizhang", &october);
    let earlier = ["--from", "2026-09", "--to", "2026-09"];
    let without = statement(&federation, "september.yizhang", &earlier);
    let packed = path("evidence.yizhang");
    let pack = |statement: &str, orders: &[&str]| {
        let mut arguments = vec!["worker", "evidence", statement];
        for order in orders {
            arguments.extend(["--order", order]);
        }
        arguments.extend(["--credentials", auditor.as_str(), "-o", packed.as_str()]);
        run(&arguments)
    };
    // Months that the statement does not show, and an order twice.
    let refused = pack(&without, &[first.as_str()]).expect(4).stderr;
    assert!(refused.contains("does not show the month"), "{refused}");
    let refused = pack(&excerpt, &[first.as_str(), first.as_str()])
        .expect(4)
        .stderr;
    assert!(refused.contains("is there twice"), "{refused}");
    assert!(!Path::new(&packed).exists());
    pack(&excerpt, &[first.as_str(), second.as_str()]).expect(0);
    federation.stop(GUANGDONG);
    let verify = |file: &str| run(&["verify", file, "--credentials", &auditor]);
    let shown = verify(&packed).expect(0).stdout;
    for wanted in ["each proved: 2", "P0003", "P0004", "the platform's word"] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    assert!(!shown.contains(WORKER), "{shown}");
    // Every part counts: the statement, a proof, the number of orders.
    let bytes = fs::read(&packed).unwrap();
    for at in [60, bytes.len() / 2, bytes.len() - 30] {
        let mut touched = bytes.clone();
        touched[at] ^= 1;
        let touched = federation.file("touched.yizhang", &touched);
        verify(&touched).expect(1);
    }
    let cut = federation.file("cut.yizhang", &bytes[..bytes.len() - 40]);
    verify(&cut).expect(1);
}

/// What an agency sees of platforms in the directory of its node.
fn view(federation: &Federation, name: &str, day: &str) -> String {
    let dir = federation.node_dir(GUANGDONG);
    let auditor = federation.auditor();
    let arguments = ["--dir", dir.to_str().unwrap(), "--credentials", &auditor];
    run(&[&["agency", name], arguments.as_slice(), &["--as-of", day]].concat())
        .expect(0)
        .stdout
}

#[test]
fn an_order_that_nobody_insured_is_warned_of_and_a_month_of_insured_ones_is_not() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let platform = Platform::found(&federation);
    let file = federation.file("october.csv", orders(12).as_bytes());
    platform.deposit(&file).expect(0);
    federation.stop(GUANGDONG);
    let warnings = view(&federation, "warnings", "2027-01-20");
    assert!(!warnings.contains("coverage-short"), "{warnings}");
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let november = orders(12)
        .replace("2026-10-", "2026-11-")
        .replace("\nP", "\nN")
        .replacen(",是,", ",否,", 1);
    let file = federation.file("november.csv", november.as_bytes());
    platform.deposit(&file).expect(0);
    federation.stop(GUANGDONG);
    let coverage = view(&federation, "coverage", "2027-01-20");
    for row in ["2026-10,delivery,12,12,", "2026-11,delivery,12,11,"] {
        let row = format!("{CODE},440300,{row}");
        assert!(coverage.contains(&row), "{coverage}");
    }
    let warnings = view(&federation, "warnings", "2027-01-20");
    let mut short = warnings
        .lines()
        .filter(|line| line.starts_with("coverage-short"));
    let line = short.next().unwrap();
    assert!(line.contains("2026-11,2026-11,11,12,"), "{line}");
    assert!(
        short.next().is_none() && !warnings.contains(WORKER),
        "{warnings}"
    );
    // The same records and the same day give the same warnings, whoever looks.
    assert_eq!(view(&federation, "warnings", "2027-01-20"), warnings);
}
