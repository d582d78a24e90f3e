//! What is said to whoever looks: how new the copies behind an answer are, and what stands against them. Real processes.

use crate::support::{Federation, Ran, contributions, copy, eventually, run, run_with};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";
const STRANGER: &str = "440300198807151235";

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const BEIJING: u32 = 110_000;

/// A rule of the operator's own, so that the account is one under these rules.
const RULE: &str = "[[rule]]\nid = \"own/average\"\nkey = \"pension.average-wage\"\nplace = \"440000\"\n\
                    value = { yuan = \"10000.00\" }\ndocument = \"invented\"\nnumber = \"1\"\nconfidence = \"U\"\n";

/// A chain in an answer or in the state of a node.
fn chain_in(json: &Value, chain: u32) -> Value {
    let chains = json["chains"].as_array().unwrap();
    let is_it = |found: &&Value| {
        let origin = found["origin"].as_str().unwrap();
        origin.ends_with(&chain.to_string())
    };
    chains.iter().find(is_it).unwrap().clone()
}

fn answer(federation: &Federation, node: u32) -> Value {
    let ran = federation.answer(node, WORKER, &[]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("no answer: {}", ran.stderr))
}

/// The page of a worker at a node.
fn page(federation: &Federation, node: u32, number: &str, more: &[&str]) -> Ran {
    let (node_text, agency) = (node.to_string(), federation.agency(node));
    let mut arguments = vec!["worker", "account", "--node", &node_text];
    arguments.extend(["--credentials", &agency, "--as-of", "2026-10-31"]);
    arguments.extend(more);
    run_with(&arguments, number)
}

/// A page without the line breaks of its tables.
fn words(ran: &Ran) -> String {
    ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_node_cut_off_from_its_peers_says_when_each_chain_was_last_heard_of() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("12.csv", &contributions(WORKER, 440_300, 12, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    eventually("Guizhou is connected with Guangdong", || {
        chain_in(&answer(&federation, GUIZHOU), GUANGDONG)["live"] == true
    });
    let connected = page(&federation, GUIZHOU, WORKER, &[]).expect(0);
    assert!(
        !connected.stdout.contains("may be missing"),
        "{}",
        connected.stdout
    );
    federation.kill(GUANGDONG);
    eventually("Guizhou has noticed", || {
        chain_in(&answer(&federation, GUIZHOU), GUANGDONG)["live"] == false
    });
    let told = answer(&federation, GUIZHOU);
    let foreign = chain_in(&told, GUANGDONG);
    assert_eq!(foreign["may_be_behind"], true);
    let (newest, heard) = (
        foreign["newest_ms"].as_u64().unwrap(),
        foreign["heard_ms"].as_u64().unwrap(),
    );
    let at = told["at_ms"].as_u64().unwrap();
    assert!(newest <= heard && heard <= at, "{newest} {heard} {at}");
    let own = chain_in(&told, GUIZHOU);
    assert_eq!(
        (&own["live"], &own["may_be_behind"]),
        (&true.into(), &false.into())
    );
    let cut_off = words(&page(&federation, GUIZHOU, WORKER, &[]).expect(0));
    assert!(
        cut_off.contains("Newer records may be missing here: chain of Guangdong, last heard of 2"),
        "{cut_off}"
    );
    let status = chain_in(&federation.status(GUIZHOU).unwrap(), GUANGDONG);
    assert_eq!(status["may_be_behind"], true);
    assert_eq!(status["heard_ms"], foreign["heard_ms"]);
    // After a restart nothing has been heard at all.
    federation.kill(GUIZHOU);
    federation.start(GUIZHOU);
    eventually("Guizhou answers", || federation.status(GUIZHOU).is_some());
    let restarted = chain_in(&answer(&federation, GUIZHOU), GUANGDONG);
    assert_eq!(restarted["heard_ms"], Value::Null);
    assert_eq!(restarted["newest_ms"], newest);
    let restarted = words(&page(&federation, GUIZHOU, WORKER, &[]).expect(0));
    assert!(
        restarted.contains("last heard of not since this node started"),
        "{restarted}"
    );
}

/// Guangdong has lost its disk and begun again, alone, with less than Guizhou holds of it.
fn two_histories() -> Federation {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let first = federation.file("first.csv", &contributions(WORKER, 440_300, 30, "A"));
    federation.import(GUANGDONG, &first, &[]).expect(0);
    let other = federation.file("other.csv", &contributions(STRANGER, 520_100, 5, "O"));
    federation.import(GUIZHOU, &other, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.kill(GUIZHOU);
    federation.kill(GUANGDONG);
    fs::remove_dir_all(federation.node_dir(GUANGDONG).join("data")).unwrap();
    federation.start_with(GUANGDONG, &["--start-alone", "--lost", "520000"]);
    federation.wait_ready(GUANGDONG);
    let second = federation.file("second.csv", &contributions(WORKER, 440_300, 3, "B"));
    federation.import(GUANGDONG, &second, &[]).expect(0);
    federation.start(GUIZHOU);
    eventually("Guizhou has noticed", || {
        federation
            .status(GUIZHOU)
            .is_some_and(|status| chain_in(&status, GUANGDONG)["quarantined"] == true)
    });
    federation
}

/// What is said of a quarantined chain to whoever asks a node for the account.
fn the_account_names_the_quarantine(federation: &Federation) {
    let told = page(federation, GUIZHOU, WORKER, &[]).expect(1);
    let text = words(&told);
    for sentence in [
        "The chain of Guangdong is quarantined: two histories were signed with its key",
        "In doubt, because records of a quarantined chain are behind it: enterprise employee pension",
        "2015-01 – 2017-06",
        "‡ rests on records of a quarantined chain",
    ] {
        assert!(text.contains(sentence), "{sentence}: {text}");
    }
    let months = told
        .stdout
        .lines()
        .find(|line| line.contains("Pension months so far"));
    assert!(months.unwrap().contains('‡'), "{months:?}");
    let proved = page(federation, GUIZHOU, WORKER, &["--proofs"]).expect(1);
    assert!(words(&proved).contains("quarantined: two signed histories"));
    let explained = page(federation, GUIZHOU, WORKER, &["--explain"]).expect(1);
    assert!(words(&explained).contains("The chain of Guangdong is quarantined"));
    let html = federation.path().join("account.html");
    let html = html.to_str().unwrap();
    page(federation, GUIZHOU, WORKER, &["--html", html]).expect(1);
    let html = fs::read_to_string(html).unwrap();
    assert!(html.contains("The chain of Guangdong is quarantined"));
    // The worker is told in plain words.
    let home = federation.path().join("home.html");
    let home = home.to_str().unwrap();
    page(federation, GUIZHOU, WORKER, &["--home", home]).expect(1);
    let home = fs::read_to_string(home).unwrap();
    assert!(home.contains("Do not rely on what comes from Guangdong yet"));
    let json = federation.answer(GUIZHOU, WORKER, &[]).expect(1);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let chain = chain_in(&json, GUANGDONG);
    assert_eq!(chain["quarantined"], true);
    assert!(chain["quarantined_from"].as_u64().unwrap() > 0);
    assert_eq!(json["in_doubt"]["families"][0]["family"], "hrss:110");
    assert!(!json["in_doubt"]["figures"].as_array().unwrap().is_empty());
    // A worker without a record there: named all the same, for the other history may have some.
    let stranger = page(federation, GUIZHOU, STRANGER, &[]).expect(1);
    let text = words(&stranger);
    assert!(
        text.contains("No record of this account comes from it"),
        "{text}"
    );
    assert!(!stranger.stdout.contains('‡'), "{}", stranger.stdout);
}

/// What is said of a quarantined chain to the agency that goes through its accounts.
fn the_lists_of_an_agency_name_the_quarantine(federation: &Federation) {
    let agency = federation.agency(GUIZHOU);
    for command in [&["review"] as &[&str], &["transfer", "list"]] {
        let mut arguments = vec!["agency"];
        arguments.extend(command);
        arguments.extend(["--node", "520000", "--credentials", &agency]);
        let told = run(&arguments).expect(1);
        for sentence in [
            "The chain of Guangdong is quarantined",
            "Every finding that rests on a record of such a chain is in doubt",
        ] {
            assert!(
                told.stdout.contains(sentence),
                "{command:?}: {}",
                told.stdout
            );
        }
    }
}

fn the_evidence_can_be_carried_away_and_convinces_a_third_person(federation: &Federation) {
    let (auditor, out) = (federation.auditor(), federation.path().join("evidence"));
    let asked = ["--node", "520000", "--credentials", &auditor];
    let listed = run(&[&["evidence", "list"][..], &asked].concat()).expect(1);
    assert!(
        listed.stdout.contains(
            "Two histories: the key of the chain of Guangdong (demo.yizhang/440000) has signed"
        ),
        "{}",
        listed.stdout
    );
    let export = ["evidence", "export", "--out", out.to_str().unwrap()];
    let exported = run(&[&export[..], &asked].concat()).expect(0);
    let path = exported.stdout.lines().next().unwrap();
    let bytes = fs::read(path).unwrap();
    assert!(bytes.len() <= 4_096, "{}", bytes.len());
    // A third person has the file, the root keys that he trusts, and the roster; no network.
    let verify = |path: &str| run(&["verify", path, "--credentials", &auditor]);
    let verified = verify(path).expect(0);
    assert!(
        verified.stdout.contains("nobody needs to be believed"),
        "{}",
        verified.stdout
    );
    let mut touched = bytes;
    let last = touched.len() - 10;
    touched[last] ^= 1;
    verify(&federation.file("touched.evidence", &touched)).expect(4);
    verify(&federation.file("other.txt", b"hello")).expect(4);
    // Another federation's roster knows no such chain.
    let other = Federation::found(&[BEIJING]);
    run(&["verify", path, "--credentials", &other.auditor()]).expect(4);
}

#[test]
fn a_quarantined_chain_is_named_on_every_view_and_the_signer_of_two_histories_says_so_itself() {
    let mut federation = two_histories();
    the_account_names_the_quarantine(&federation);
    let reason = || {
        let status = federation.status(GUANGDONG)?;
        status["not_ready_reason"].as_str().map(str::to_owned)
    };
    eventually("Guangdong says what it has done", || {
        reason().is_some_and(|reason| reason.contains("two histories were signed with this key"))
    });
    let reason = reason().unwrap();
    let status = federation.status(GUANGDONG).unwrap();
    assert_eq!(status["not_ready_code"], "two-histories");
    assert!(
        reason.contains("Stop the node, keep its data directory"),
        "{reason}"
    );
    let own = page(&federation, GUANGDONG, WORKER, &["--proofs"]).expect(1);
    assert!(
        words(&own).contains("The chain of Guangdong is quarantined"),
        "{}",
        words(&own)
    );
    let auditor = federation.auditor();
    let of_signer = ["audit", "--node", "440000", "--credentials", &auditor];
    let audited = run(&of_signer).expect(1);
    assert!(
        audited.stdout.contains("its key has signed two histories"),
        "{}",
        audited.stdout
    );
    the_lists_of_an_agency_name_the_quarantine(&federation);
    let over_network = ["audit", "--node", "520000", "--credentials", &auditor];
    let audited = run(&over_network).expect(1);
    assert!(
        audited.stdout.contains("is quarantined"),
        "{}",
        audited.stdout
    );
    the_evidence_can_be_carried_away_and_convinces_a_third_person(&federation);
    federation.stop(GUIZHOU);
    let dir = federation.node_dir(GUIZHOU);
    let dir = dir.to_str().unwrap();
    let audited = run(&["audit", "--dir", dir, "--credentials", &auditor]).expect(1);
    assert!(
        audited.stdout.contains("is quarantined"),
        "{}",
        audited.stdout
    );
    let checked = run(&["node", "check", "--dir", dir]).expect(1);
    assert!(
        checked.stdout.contains("is quarantined"),
        "{}",
        checked.stdout
    );
    assert!(
        checked.stdout.contains("Two histories"),
        "{}",
        checked.stdout
    );
}

/// What is done to the first segment of a chain.
type Loss = fn(&Path);

/// Ways in which a chain can lose entries, each leaving what a shorter chain would be.
const LOSSES: [(&str, Loss); 4] = [
    ("folder removed", |segment| {
        fs::remove_dir_all(segment.parent().unwrap()).unwrap();
    }),
    ("file emptied", |segment| fs::write(segment, []).unwrap()),
    ("cut in half", |segment| {
        let bytes = fs::read(segment).unwrap();
        fs::write(segment, &bytes[..bytes.len() / 2]).unwrap();
    }),
    ("cut behind a head", |segment| {
        let bytes = fs::read(segment).unwrap();
        // The first frames: a batch, and the head behind it.
        let length = |at: usize| {
            let field = bytes[at + 8..at + 12].try_into().unwrap();
            at + 40 + usize::try_from(u32::from_le_bytes(field)).unwrap()
        };
        fs::write(segment, &bytes[..length(length(128))]).unwrap();
    }),
];

#[test]
fn a_chain_that_has_lost_entries_is_found_by_check_and_audit() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    for part in ["A", "B"] {
        let file = federation.file(part, &contributions(WORKER, 440_300, 30, part));
        federation.import(GUANGDONG, &file, &[]).expect(0);
    }
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.stop(GUANGDONG);
    federation.stop(GUIZHOU);
    let auditor = federation.auditor();
    let whole = federation.node_dir(GUIZHOU);
    let whole = whole.to_str().unwrap();
    for node in [GUANGDONG, GUIZHOU] {
        let dir = federation.node_dir(node);
        let dir = dir.to_str().unwrap();
        run(&["audit", "--dir", dir, "--credentials", &auditor]).expect(0);
        run(&["node", "check", "--dir", dir]).expect(0);
    }
    for node in [GUANGDONG, GUIZHOU] {
        for (name, lose) in LOSSES {
            let copied = federation.path().join(format!("{node} {name}"));
            copy(&federation.node_dir(node), &copied);
            let chain = copied.join("data/chains").join(GUANGDONG.to_string());
            lose(&chain.join(format!("{:020}.seg", 0)));
            let dir = copied.to_str().unwrap();
            let checked = run(&["node", "check", "--dir", dir]).expect(1);
            assert!(
                checked.stdout.contains("files of the chain are missing"),
                "{name}: {}",
                checked.stdout
            );
            let audited = run(&["audit", "--dir", dir, "--credentials", &auditor]).expect(1);
            assert!(
                audited.stdout.contains("files of the chain are missing"),
                "{name}: {}",
                audited.stdout
            );
            // Without the note: another source is longer.
            fs::remove_dir_all(copied.join("data/seen")).unwrap();
            let arguments = ["audit", "--dir", dir, "--dir", whole];
            let compared = run(&[&arguments[..], &["--credentials", &auditor]].concat()).expect(1);
            assert!(
                compared.stdout.contains("holds less than"),
                "{name}: {}",
                compared.stdout
            );
        }
    }
}

#[test]
fn a_node_that_has_lost_its_own_chain_signs_nothing_before_it_is_back() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("24.csv", &contributions(WORKER, 440_300, 24, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let size = federation.size(GUANGDONG, GUANGDONG);
    federation.stop(GUANGDONG);
    federation.stop(GUIZHOU);
    let chains = federation.node_dir(GUANGDONG).join("data/chains");
    fs::remove_dir_all(chains.join(GUANGDONG.to_string())).unwrap();
    federation.start_with(GUANGDONG, &["--start-alone", "--lost", "520000"]);
    eventually("Guangdong says what it waits for", || {
        let status = federation.status(GUANGDONG);
        status.is_some_and(|status| {
            let reason = status["not_ready_reason"].as_str().unwrap();
            reason.contains(&format!("0 of {size} entries are here"))
        })
    });
    federation.start(GUIZHOU);
    federation.wait_ready(GUANGDONG);
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
}

#[test]
fn a_noted_head_that_nobody_signed_stops_no_node_and_is_replaced() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let file = federation.file("24.csv", &contributions(WORKER, 440_300, 24, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let size = federation.size(GUANGDONG, GUANGDONG);
    federation.stop(GUANGDONG);
    let noted = federation
        .node_dir(GUANGDONG)
        .join(format!("data/seen/{GUANGDONG}.head"));
    let whole = fs::read_to_string(&noted).unwrap();
    // One digit more in the size; the signature is of the smaller one.
    let changed = whole.replacen(&format!("\n{size}\n"), &format!("\n9{size}\n"), 1);
    assert_ne!(changed, whole);
    fs::write(&noted, &changed).unwrap();
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    federation.stop(GUANGDONG);
    assert_eq!(fs::read_to_string(&noted).unwrap(), whole);
}

#[test]
fn accounts_of_nobody_have_digests_of_their_own() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let agency = federation.agency(GUANGDONG);
    let digest = |account: &str| {
        let mut arguments = vec!["worker", "account", "--node", "440000"];
        arguments.extend(["--credentials", &agency, "--as-of", "2026-10-31", "--json"]);
        arguments.extend(["--proofs", "--account", account]);
        let ran = run(&arguments).expect(0);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(json["account"]["account"], account);
        assert_eq!(json["checked"]["records"], 0);
        json["digest"].as_str().unwrap().to_owned()
    };
    let (one, other) = ("0".repeat(32), "1".repeat(32));
    assert_ne!(digest(&one), digest(&other));
    assert_eq!(digest(&one), digest(&one));
}

#[test]
fn the_page_says_how_to_check_it_with_a_command_that_runs_as_printed() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let rules = federation.path().join("local rules");
    fs::create_dir(&rules).unwrap();
    fs::write(rules.join("own.toml"), RULE).unwrap();
    let rules = rules.to_str().unwrap();
    federation.start_with(GUANGDONG, &["--rules", rules]);
    federation.wait_ready(GUANGDONG);
    let file = federation.file("6.csv", &contributions(WORKER, 440_300, 6, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    // A path that a shell would take apart.
    let credentials = federation.path().join("the agency's own");
    copy(Path::new(&federation.agency(GUANGDONG)), &credentials);
    let mut arguments = vec!["worker", "account", "--node", "440000"];
    arguments.extend(["--credentials", credentials.to_str().unwrap()]);
    arguments.extend(["--as-of", "2026-10-31", "--rules", rules]);
    let without_rules: Vec<&str> = arguments[..arguments.len() - 2].to_vec();
    let other_rules = run_with(&without_rules, WORKER).expect(0);
    let told = words(&other_rules);
    assert!(told.contains("give its rule files with --rules"), "{told}");
    let page = run_with(&arguments, WORKER).expect(0);
    assert!(words(&page).contains("Provisional, from the number alone"));
    assert!(!words(&page).contains("give its rule files"));
    assert!(
        page.stdout.contains("No record was checked here"),
        "{}",
        page.stdout
    );
    let command = page.stdout.split('`').nth(1).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_yizhang"));
    let path = std::env::var("PATH").unwrap();
    let folder = program.parent().unwrap().display();
    let output = Command::new("sh")
        .args(["-c", command])
        .env("PATH", format!("{folder}:{path}"))
        .env("LANG", "en_US.UTF-8")
        .env("LC_ALL", "en_US.UTF-8")
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {errors}");
    assert!(
        shown.contains("Checked here: 6 records are under signed heads"),
        "{shown}"
    );
}

/// Rows of a file as an agency's own system writes it, with names of columns of its own: the year 2015 but for three months.
fn rows_with_own_columns() -> String {
    let header = "参保人证件号,险种名称,账期,实收日,参保统筹区,基数,人应,人实,人划,流水,经办人";
    let row = |month: u32| {
        let date = format!("2015-{month:02}");
        let money = "5000.00,1000.00,1000.00,400.00";
        format!("{WORKER},hrss:110,{date},{date}-20,440300,{money},C{month},张")
    };
    let rows = [1, 2, 3, 4, 5, 9, 10, 11, 12].map(row);
    format!("{header}\n{}\n", rows.join("\n"))
}

const OWN_COLUMNS: &str = r#"
"参保人证件号" = "person"
"险种名称" = "scheme"
"账期" = "费款所属期"
"实收日" = "received"
"参保统筹区" = "place"
"基数" = "base"
"人应" = "due_person"
"人实" = "个人实缴"
"人划" = "credited_person"
"流水" = "serial"
"经办人" = "remark"
"#;

#[test]
fn a_file_with_columns_of_an_own_system_is_read_and_a_gap_says_why_nothing_was_paid() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let rows = federation.file("own.csv", rows_with_own_columns().as_bytes());
    let columns = federation.file("columns.toml", OWN_COLUMNS.as_bytes());

    let unnamed = federation.import(GUANGDONG, &rows, &[]).expect(4);
    assert!(
        unnamed.stderr.contains("header-missing"),
        "{}",
        unnamed.stderr
    );
    let wrong = OWN_COLUMNS.replace("\"due_person\"", "\"due_persn\"");
    let wrong = federation.file("wrong.toml", wrong.as_bytes());
    let wrong = federation
        .import(GUANGDONG, &rows, &["--columns", &wrong])
        .expect(4);
    assert!(
        wrong.stderr.contains("due_person"),
        "the nearest name: {}",
        wrong.stderr
    );
    assert_eq!(
        federation.size(GUANGDONG, GUANGDONG),
        0,
        "nothing of it was sent"
    );
    let read = federation
        .import(GUANGDONG, &rows, &["--columns", &columns])
        .expect(0);
    assert!(read.stdout.contains("参保人证件号"), "{}", read.stdout);

    let header = "kind,person,scheme,from,place,payer_kind,reason,serial\n";
    let army = format!("{header}Suspend,{WORKER},hrss:110,2015-06,440300,person,6303,P1\n");
    let army = federation.file("army.csv", army.as_bytes());
    federation.import(GUANGDONG, &army, &[]).expect(0);
    let shown = page(&federation, GUANGDONG, WORKER, &[]);
    assert!(
        words(&shown).contains("(military service)"),
        "{}",
        words(&shown)
    );
    let json = answer(&federation, GUANGDONG);
    let gap = &json["account"]["families"][0]["gaps"][0];
    assert_eq!(gap["first"], "2015-06", "{gap}");
    let named = gap["records"][0]
        .as_u64()
        .expect("the gap names the suspension");
    let named = usize::try_from(named).unwrap();
    assert_eq!(json["account"]["records"][named]["kind"], "Suspend");
}

/// Pension months of a worker in Shenzhen, paid alone.
fn rows_of(number: &str) -> String {
    String::from_utf8(contributions(number, 440_300, 12, &number[6..])).unwrap()
}

#[test]
fn the_three_sentences_are_true_of_the_dead_of_pensioners_and_of_residents() {
    const DEAD: &str = "440300195003078825";
    const DRAWING: &str = "440300195003078841";
    const RESIDENT: &str = "440300195003078868";
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let header = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    let months = format!("{}{}", rows_of(DEAD), header(&rows_of(DRAWING)));
    let resident = format!(
        "person,scheme,year,received,place,due_person,paid_person,credited_person,serial\n\
         {RESIDENT},hrss:170,2020,2020-05-06,440300,500.00,500.00,500.00,R1\n"
    );
    let death =
        format!("kind,person,decided,month,serial\nDeathNotice,{DEAD},2020-03-05,2020-02,D1\n");
    let award = format!(
        "kind,person,scheme,item,from,until,amount,date,place,serial\n\
         BenefitAward,{DRAWING},hrss:110,100011,2016-05,,3000.00,2016-04-20,440300,B1\n"
    );
    for (name, text) in [
        ("months.csv", months),
        ("resident.csv", resident),
        ("death.csv", death),
        ("award.csv", award),
    ] {
        let file = federation.file(name, text.as_bytes());
        federation.import(GUANGDONG, &file, &[]).expect(0);
    }
    for (number, sentences) in [
        (
            DEAD,
            [
                "months count: Guangdong 12.",
                "The worker died in 2020-02: nothing more is forecast.",
            ],
        ),
        (
            DRAWING,
            [
                "months count: Guangdong 12.",
                "A pension has been drawn since 2016-05 (Shenzhen).",
            ],
        ),
        (
            RESIDENT,
            [
                "Months that count:",
                "These records say nothing of an employee pension.",
            ],
        ),
    ] {
        let shown = words(&page(&federation, GUANGDONG, number, &[]));
        for sentence in sentences {
            assert!(shown.contains(sentence), "{sentence}: {shown}");
        }
        for untrue in ["the reasons stand below", "not known yet; how much"] {
            assert!(!shown.contains(untrue), "{untrue}: {shown}");
        }
    }
}

#[test]
fn a_chain_whose_files_and_noted_head_are_gone_is_missed_by_check_and_audit() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("24.csv", &contributions(WORKER, 440_300, 24, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let size = federation.size(GUANGDONG, GUANGDONG);
    federation.stop(GUANGDONG);
    federation.stop(GUIZHOU);
    let (auditor, node) = (federation.auditor(), federation.node_dir(GUANGDONG));
    let dir = node.to_str().unwrap();
    let chain = node.join(format!("data/chains/{GUANGDONG}"));
    let kept = federation.path().join("kept");
    fs::rename(&chain, &kept).unwrap();
    fs::remove_file(node.join(format!("data/seen/{GUANGDONG}.head"))).unwrap();
    // The roster still names the chain.
    let audit = ["audit", "--dir", dir, "--credentials", &auditor];
    let audited = run(&audit);
    assert!(
        audited.stdout.contains("nothing of it is here"),
        "{}",
        audited.stdout
    );
    // A new index knows nothing of it, and the journal is told before.
    run(&["node", "rebuild-index", "--dir", dir]).expect(0);
    let audited = run(&audit).expect(1);
    let remembered = "remembers more entries than are here";
    assert!(audited.stdout.contains(remembered), "{}", audited.stdout);
    let checked = run(&["node", "check", "--dir", dir]).expect(1);
    let remembers = format!("0 entries are here, and the journal remembers {size}");
    assert!(checked.stdout.contains(&remembers), "{}", checked.stdout);
    // Back again, it is remembered, and no finding.
    fs::remove_dir_all(&chain).ok();
    fs::rename(&kept, &chain).unwrap();
    run(&["node", "rebuild-index", "--dir", dir]).expect(0);
    let checked = run(&["node", "check", "--dir", dir]).expect(0);
    let again = format!("entries were missing when there had been {size}; they are here again");
    assert!(checked.stdout.contains(&again), "{}", checked.stdout);
    run(&audit).expect(0);
}
