//! What agencies do with accounts, with the whole program: a transfer from application to closing, and a review.

use crate::support::{Federation, Ran, contributions, run, run_with};
use std::fs;

/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";
const OTHER: &str = "520100199001150077";
const GAPS: &str = "520300197807188148";

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;

struct Office<'f> {
    federation: &'f Federation,
    region: u32,
}

impl Office<'_> {
    fn transfer(&self, step: &[&str], more: &[&str]) -> Ran {
        self.transfer_of(WORKER, "ZY1", step, more)
    }

    fn transfer_of(&self, worker: &str, case: &str, step: &[&str], more: &[&str]) -> Ran {
        let (node, credentials) = (self.region.to_string(), self.federation.agency(self.region));
        let serial = format!("T{}", step.join("-"));
        let mut arguments = vec!["agency", "transfer"];
        arguments.extend(step);
        arguments.extend([
            "--node",
            &node,
            "--credentials",
            &credentials,
            "--case",
            case,
            "--serial",
            &serial,
        ]);
        arguments.extend(more);
        run_with(&arguments, worker)
    }

    fn ask(&self, command: &[&str]) -> Ran {
        let (node, credentials) = (self.region.to_string(), self.federation.agency(self.region));
        let mut arguments = vec!["agency"];
        arguments.extend(command);
        arguments.extend(["--node", &node, "--credentials", &credentials]);
        run(&arguments)
    }
}

#[test]
fn a_transfer_goes_from_application_to_closing_and_its_months_move() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("24.csv", &contributions(WORKER, 440_300, 24, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let old = Office {
        federation: &federation,
        region: GUANGDONG,
    };
    let new = Office {
        federation: &federation,
        region: GUIZHOU,
    };

    let missing = new.transfer(&["open"], &["--on", "2026-03-02"]).expect(4);
    assert!(missing.stderr.contains("--scheme"), "{}", missing.stderr);
    let places = [
        "--scheme",
        "hrss:110",
        "--old-place",
        "440300",
        "--new-place",
        "520100",
    ];
    let foreign = old
        .transfer(
            &["open"],
            &[places.as_slice(), &["--on", "2026-03-02"]].concat(),
        )
        .expect(4);
    assert!(foreign.stderr.contains("other side"), "{}", foreign.stderr);
    let wrong = new.transfer(
        &["open"],
        &[
            places.as_slice(),
            &["--on", "2026-03-02", "--pool", "1.234"],
        ]
        .concat(),
    );
    assert!(wrong.expect(4).stderr.contains("pool"));
    assert_eq!(
        federation.size(GUIZHOU, GUIZHOU),
        0,
        "nothing of all that is in a chain"
    );

    let opened = new
        .transfer(
            &["open"],
            &[places.as_slice(), &["--on", "2026-03-02"]].concat(),
        )
        .expect(0);
    assert!(opened.stdout.contains("applied for"), "{}", opened.stdout);
    let again = new
        .transfer(
            &["open"],
            &[places.as_slice(), &["--on", "2026-03-02"]].concat(),
        )
        .expect(0);
    assert!(again.stdout.contains("already"), "{}", again.stdout);
    // Later steps take scheme and places from the case.
    let letter = new
        .transfer(&["answer", "letter"], &["--on", "2026-03-04"])
        .expect(0);
    assert!(letter.stdout.contains("letter sent"), "{}", letter.stdout);
    federation.wait_replicated(GUIZHOU, GUANGDONG);
    // What would not count is refused before it is written: a closing before the letter, one of a day to come, a posting
    // without a sheet, a return that is not the new place's.
    let sizes = (
        federation.size(GUANGDONG, GUANGDONG),
        federation.size(GUIZHOU, GUIZHOU),
    );
    let refusals = [
        old.transfer(&["answer", "freeze"], &["--on", "2026-03-03"]),
        old.transfer(&["answer", "freeze"], &["--on", "2062-03-06"]),
        new.transfer(&["answer", "posted"], &["--on", "2026-03-06"]),
        new.transfer(&["answer", "returned"], &["--on", "2026-03-06"]),
    ];
    for (refused, why) in
        refusals
            .into_iter()
            .zip(["come before", "2062-03-06", "come before", "that side"])
    {
        let said = refused.expect(4).stderr;
        assert!(said.contains(why), "{why} is not in {said}");
    }
    // What is missing is named, and a step that is there, only later, with its day.
    let early = new
        .transfer(&["answer", "posted"], &["--on", "2026-03-06"])
        .expect(4)
        .stderr;
    assert!(
        early.contains("information sheet is not on record"),
        "{early}"
    );
    let early = old
        .transfer(&["answer", "freeze"], &["--on", "2026-03-03"])
        .expect(4)
        .stderr;
    assert!(
        early.contains("contact letter is of 2026-03-04, after 2026-03-03"),
        "{early}"
    );
    // The serial of a step that is there, with other content.
    let changed = new
        .transfer(&["answer", "letter"], &["--on", "2026-03-05"])
        .expect(4)
        .stderr;
    assert!(
        changed.contains("Tanswer-letter") && changed.contains("Reversal"),
        "{changed}"
    );
    let same = new
        .transfer(&["answer", "letter"], &["--on", "2026-03-04"])
        .expect(0)
        .stdout;
    assert!(same.contains("already"), "{same}");
    assert_eq!(
        (
            federation.size(GUANGDONG, GUANGDONG),
            federation.size(GUIZHOU, GUIZHOU)
        ),
        sizes
    );
    old.transfer(&["answer", "freeze"], &["--on", "2026-03-06"])
        .expect(0);

    // The limit of the old place runs from the letter: 15 working days.
    let due = old
        .ask(&["transfer", "list", "--as-of", "2026-03-10"])
        .expect(1);
    assert!(
        due.stdout.contains("2026-03-25") && due.stdout.contains("information sheet"),
        "{}",
        due.stdout
    );
    old.ask(&["transfer", "list", "--overdue", "--as-of", "2026-03-10"])
        .expect(0);
    let overdue = old
        .ask(&["transfer", "list", "--overdue", "--as-of", "2026-03-27"])
        .expect(1);
    assert!(overdue.stdout.contains("2026-03-25"), "{}", overdue.stdout);

    let sums = [
        "--actual-months",
        "24",
        "--personal-account",
        "9600.00",
        "--pool",
        "14400.00",
    ];
    let negative = [
        "--on",
        "2026-03-09",
        "--actual-months",
        "24",
        "--personal-account",
        "9600.00",
        "--pool=-14400.00",
    ];
    let refused = old
        .transfer(&["answer", "info-sheet"], &negative)
        .expect(4)
        .stderr;
    assert!(refused.contains("not below zero"), "{refused}");
    old.transfer(
        &["answer", "info-sheet"],
        &[sums.as_slice(), &["--on", "2026-03-09"]].concat(),
    )
    .expect(0);
    old.transfer(
        &["answer", "funds-sent"],
        &[sums.as_slice(), &["--on", "2026-03-09"]].concat(),
    )
    .expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    new.transfer(
        &["answer", "funds-received"],
        &[sums.as_slice(), &["--on", "2026-03-11"]].concat(),
    )
    .expect(0);
    new.transfer(
        &["answer", "posted"],
        &[sums.as_slice(), &["--on", "2026-03-12"]].concat(),
    )
    .expect(0);
    let closed = new.transfer(&["close"], &["--on", "2026-03-13"]).expect(0);
    assert!(closed.stdout.contains("closed"), "{}", closed.stdout);
    let account = federation
        .lookup(GUIZHOU, WORKER, &["--proofs"])
        .expect(0)
        .stdout;
    let account: serde_json::Value = serde_json::from_str(&account).unwrap();
    let pension = &account["families"][0];
    assert_eq!(pension["counted_months"], 24);
    assert_eq!(pension["transfers"][0]["state"], "closed", "{pension}");
    let places = pension["by_province"].as_array().unwrap();
    let months: Vec<_> = places
        .iter()
        .map(|line| (line["place"].as_str().unwrap(), line["months"].as_u64()))
        .collect();
    assert_eq!(
        months,
        [("440000", Some(0)), ("520000", Some(24))],
        "the months are Guizhou's now"
    );
    new.ask(&["transfer", "list", "--as-of", "2026-04-30"])
        .expect(0);
    let late = old
        .transfer(
            &["answer", "supplement"],
            &["--on", "2026-03-20", "--personal-account", "8.00"],
        )
        .expect(4);
    assert!(late.stderr.contains("another number"), "{}", late.stderr);
    let forced = old
        .transfer(
            &["answer", "certificate"],
            &["--on", "2026-03-20", "--anyway"],
        )
        .expect(1);
    assert!(forced.stdout.contains("not used"), "{}", forced.stdout);

    // The page has the picture, the case and nothing that runs or is fetched; no number of a person.
    let page = federation.path().join("account.html");
    let credentials = federation.agency(GUIZHOU);
    let ask = [
        "worker",
        "account",
        "--node",
        "520000",
        "--credentials",
        &credentials,
        "--as-of",
        "2026-10-31",
    ];
    run_with(
        &[ask.as_slice(), &["--html", page.to_str().unwrap()]].concat(),
        WORKER,
    )
    .expect(0);
    let page = fs::read_to_string(page).unwrap();
    assert_eq!(
        page.matches("Shenzhen 5000.00").count(),
        24,
        "a cell for each month, where it was paid and on what base"
    );
    for part in [
        "Account (pseudonym)",
        "no agency has stated it",
        "How to check this page",
        "nothing recorded",
        "→B",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(
        page.contains("closed")
            && !page.contains("<script")
            && !page.contains("http")
            && !page.contains(WORKER)
    );
    let explained = run_with(&[ask.as_slice(), &["--explain"]].concat(), WORKER)
        .expect(0)
        .stdout;
    let grounds = [
        "Pension months so far: 24 months",
        "months and records of enterprise employee pension",
        "Guangdong #1",
        "rule benefit-place.months = 120 months (months that are enough for a place that is not home)",
        "第六条; read",
        "not known: needs",
    ];
    for ground in grounds {
        assert!(
            explained.contains(ground),
            "{ground} is not in\n{explained}"
        );
    }
}

#[test]
fn an_application_of_which_nothing_can_come_is_refused_before_it_is_written() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("24.csv", &contributions(WORKER, 440_300, 24, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let new = Office {
        federation: &federation,
        region: GUIZHOU,
    };
    let places = [
        "--scheme",
        "hrss:110",
        "--old-place",
        "440300",
        "--new-place",
        "520100",
    ];
    // Each differs in one thing from the application below, which is written.
    let in_2026 = ["--on", "2026-03-02"];
    let pointless: [(&[&str], &str); 6] = [
        (
            &[
                "--scheme",
                "hrss:110",
                "--old-place",
                "310000",
                "--new-place",
                "520100",
            ],
            "no region",
        ),
        (
            &[
                "--scheme",
                "hrss:210",
                "--old-place",
                "440300",
                "--new-place",
                "520100",
            ],
            "no month of this worker",
        ),
        (
            &[
                "--scheme",
                "hrss:410",
                "--old-place",
                "440300",
                "--new-place",
                "520100",
            ],
            "does not move",
        ),
        (
            &[
                "--scheme",
                "hrss:110",
                "--old-place",
                "990000",
                "--new-place",
                "520100",
            ],
            "no province",
        ),
        (
            &[
                "--scheme",
                "hrss:110",
                "--old-place",
                "520100",
                "--new-place",
                "520100",
            ],
            "another place",
        ),
        (
            &[
                "--scheme",
                "hrss:110",
                "--old-place",
                WORKER,
                "--new-place",
                "520100",
            ],
            "a division code of six digits",
        ),
    ];
    for (sides, why) in pointless {
        let said = new
            .transfer(&["open"], &[sides, &in_2026].concat())
            .expect(4)
            .stderr;
        assert!(
            said.contains(why) && !said.contains(WORKER),
            "{why} is not in {said}"
        );
    }
    let unlawful = new
        .transfer(
            &["open"],
            &[places.as_slice(), &["--on", "1999-03-02"]].concat(),
        )
        .expect(4);
    assert!(unlawful.stderr.contains("2010-01"), "{}", unlawful.stderr);
    let nobody = [places.as_slice(), &["--on", "2026-03-02"]].concat();
    let nobody = new.transfer_of(OTHER, "ZY1", &["open"], &nobody).expect(4);
    assert!(
        nobody.stderr.contains("no month of this worker"),
        "{}",
        nobody.stderr
    );
    let number = new.transfer_of(
        WORKER,
        "440300900307881",
        &["open"],
        &[places.as_slice(), &in_2026].concat(),
    );
    assert!(number.expect(4).stderr.contains("15-digit"));
    assert_eq!(
        federation.size(GUIZHOU, GUIZHOU),
        0,
        "nothing of all that is in a chain"
    );

    new.transfer(&["open"], &[places.as_slice(), &in_2026].concat())
        .expect(0);
    let second = new.transfer_of(
        WORKER,
        "ZY2",
        &["open"],
        &[places.as_slice(), &in_2026].concat(),
    );
    let second = second.expect(4).stderr;
    assert!(
        second.contains("in the chain already"),
        "the serial is used: {second}"
    );
    let second = [places.as_slice(), &in_2026, &["--agency", "520100"]].concat();
    let second = new
        .transfer_of(WORKER, "ZY2", &["open"], &second)
        .expect(4)
        .stderr;
    assert!(
        second.contains("another case for this relation is open"),
        "{second}"
    );
}

/// Medical insurance is pooled by city: what a case moves out of one leaves that of another free to move.
#[test]
fn relations_of_two_cities_of_a_province_move_in_two_cases() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    for (place, name) in [(440_300, "S"), (440_100, "G")] {
        let months = String::from_utf8(contributions(WORKER, place, 6, name))
            .unwrap()
            .replace("hrss:110", "nhsa:310");
        let file = federation.file(&format!("{name}.csv"), months.as_bytes());
        federation.import(GUANGDONG, &file, &[]).expect(0);
    }
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let new = Office {
        federation: &federation,
        region: GUIZHOU,
    };
    let open = |case: &str, place: &str| {
        let sides = [
            "--scheme",
            "nhsa:310",
            "--old-place",
            place,
            "--new-place",
            "520100",
            "--on",
            "2026-03-02",
        ];
        new.transfer_of(
            WORKER,
            case,
            &["open"],
            &[sides.as_slice(), &["--agency", place]].concat(),
        )
    };
    open("ZY1", "440300").expect(0);
    let district = open("ZY2", "440305").expect(4).stderr;
    assert!(
        district.contains("another case for this relation is open"),
        "{district}"
    );
    open("ZY2", "440100").expect(0);
}

#[test]
fn a_review_finds_what_waits_and_writes_it_to_a_file() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let here = federation.file("24.csv", &contributions(WORKER, 440_300, 24, "S"));
    let book = federation.path().join("book.csv");
    let book = book.to_str().unwrap();
    federation
        .import(GUANGDONG, &here, &["--book", book])
        .expect(0);
    let other = federation.file("other.csv", &contributions(OTHER, 440_300, 12, "O"));
    federation.import(GUANGDONG, &other, &[]).expect(0);
    // The same months of the one worker in a second province.
    let there = federation.file("there.csv", &contributions(WORKER, 520_100, 24, "S"));
    federation.import(GUIZHOU, &there, &[]).expect(0);
    let facts = format!(
        "kind,person,decided,month,ground,class,serial\nBirthDateFact,{OTHER},2024-01-05,1966-06,archive,,F1\n\
         RetireClassFact,{OTHER},2024-01-05,,,M60,F2\n"
    );
    let facts = federation.file("facts.csv", facts.as_bytes());
    federation.import(GUANGDONG, &facts, &[]).expect(0);
    federation.wait_replicated(GUIZHOU, GUANGDONG);
    let office = Office {
        federation: &federation,
        region: GUANGDONG,
    };
    let csv = federation.path().join("review.csv");
    let csv = csv.to_str().unwrap();
    // Born 1966-06: 60 years and 5 months later it is 2026-11, one month ahead.
    let ran = office
        .ask(&["review", "--as-of", "2026-10-31", "--csv", csv])
        .expect(1);
    assert!(
        ran.stdout.contains("2 accounts gone through"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("No birth is stated for 1 of them"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("168 months short"),
        "the findings themselves: {}",
        ran.stdout
    );
    let found = fs::read_to_string(csv).unwrap();
    let rows: Vec<Vec<&str>> = found
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(rows[0][..3], ["account", "list", "what"]);
    let of = |list: &str| rows.iter().filter(|row| row[1] == list).collect::<Vec<_>>();
    let conflicts = of("conflict");
    assert!(
        conflicts
            .iter()
            .any(|row| row[2] == "C01" && row[6] == "24" && row[8] == "agency_and_person"),
        "{found}"
    );
    assert_eq!(of("gap").len(), 2, "both have paid nothing since: {found}");
    assert!(
        conflicts.iter().any(|row| row[9] == "440300 520100"),
        "{found}"
    );
    // Guangdong lets a flexible worker pay the running month; of Guizhou no rule is known.
    let mut closings: Vec<_> = of("gap").iter().map(|row| row[13..16].join(" ")).collect();
    closings.sort_unstable();
    assert_eq!(closings, ["  ", "1 2026-10 955.00"], "{found}");
    assert_eq!(of("retirement").len(), 1, "{found}");
    assert!(
        !found.contains(WORKER) && !found.contains(OTHER),
        "pseudonyms only"
    );
    // Nothing is new since that file; the next one names the worker by the agency's own serial.
    let next = federation.path().join("next.csv");
    let next = next.to_str().unwrap();
    let again = ["review", "--as-of", "2026-10-31", "--since", csv];
    let ran = office
        .ask(&[&again[..], &["--csv", next, "--book", book]].concat())
        .expect(0);
    assert!(ran.stdout.contains("Nothing waits"), "{}", ran.stdout);
    let named = fs::read_to_string(next).unwrap();
    let mut lines = named.lines().skip(1);
    assert!(
        lines.clone().any(|line| line.ends_with(",S-23,"))
            && !lines.any(|line| line.contains(",new,")),
        "{named}"
    );
    let one = office
        .ask(&[
            "review",
            "--as-of",
            "2026-10-31",
            "--list",
            "conflicts",
            "--what",
            "c01",
        ])
        .expect(1);
    assert!(one.stdout.contains("1 of them"), "{}", one.stdout);

    // Going on behind the first account leaves the second.
    let mut accounts: Vec<&str> = rows[1..].iter().map(|row| row[0]).collect();
    accounts.dedup();
    assert!(
        accounts.is_sorted() && accounts.len() == 2,
        "in the order of the pseudonyms: {found}"
    );
    let rest = office
        .ask(&["review", "--as-of", "2026-10-31", "--after", accounts[0]])
        .expect(1);
    assert!(
        rest.stdout.contains("1 accounts gone through"),
        "{}",
        rest.stdout
    );
    office
        .ask(&["review", "--as-of", "2026-10-31", "--after", accounts[1]])
        .expect(0);

    // An account with very many findings names a hundred, and says how many more there are.
    let rows = String::from_utf8(contributions(GAPS, 440_300, 141, "G")).unwrap();
    let (header, rows) = rows.split_once('\n').unwrap();
    let every_other = rows.lines().step_by(2).collect::<Vec<_>>().join("\n");
    let unemployment = every_other
        .replace("hrss:110", "hrss:210")
        .replace("G-", "U-");
    let file = federation.file(
        "gaps.csv",
        format!("{header}\n{every_other}\n{unemployment}\n").as_bytes(),
    );
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let many = office
        .ask(&["review", "--as-of", "2026-10-31", "--list", "gaps"])
        .expect(1);
    // 70 gaps between 71 months and one since, in two schemes, 100 of 142 listed; one gap each of the other two.
    assert!(
        many.stdout.contains("42 further findings") && many.stdout.contains(" 102 "),
        "{}",
        many.stdout
    );

    // A transfer is found beside any number of other things, because the list is asked for.
    let open = [
        "--case",
        "ZY9",
        "--serial",
        "A1",
        "--scheme",
        "hrss:110",
        "--old-place",
        "520100",
        "--new-place",
        "440300",
    ];
    let (node, credentials) = (GUANGDONG.to_string(), federation.agency(GUANGDONG));
    let who = [
        "agency",
        "transfer",
        "open",
        "--node",
        &node,
        "--credentials",
        &credentials,
        "--on",
        "2026-03-02",
    ];
    // Nothing of the worker is on record there.
    let pointless = run_with(&[who.as_slice(), &open].concat(), GAPS)
        .expect(4)
        .stderr;
    assert!(
        pointless.contains("no month of this worker under hrss:110"),
        "{pointless}"
    );
    run_with(&[who.as_slice(), &open, &["--anyway"]].concat(), GAPS).expect(0);
    let waiting = office
        .ask(&["transfer", "list", "--as-of", "2026-10-31"])
        .expect(1);
    assert!(
        waiting.stdout.contains("contact letter") && !waiting.stdout.contains("further findings"),
        "{}",
        waiting.stdout
    );

    // A file of nothing has a header; a limit of nothing shows no list.
    let none = federation.path().join("none.csv");
    let none = none.to_str().unwrap();
    office
        .ask(&[
            "review",
            "--as-of",
            "2026-10-31",
            "--after",
            &"f".repeat(32),
            "--csv",
            none,
        ])
        .expect(0);
    assert!(
        fs::read_to_string(none)
            .unwrap()
            .starts_with("account,list,what,")
    );
    let brief = office
        .ask(&["review", "--as-of", "2026-10-31", "--limit", "0"])
        .expect(1);
    assert!(!brief.stdout.contains("Shenzhen"), "{}", brief.stdout);
    let bad = office.ask(&["review", "--after", "zz"]).expect(4);
    assert!(
        bad.stderr.contains("--after") && !bad.stderr.contains("--account"),
        "{}",
        bad.stderr
    );
    let nowhere = office
        .ask(&["review", "--csv", "/nonexistent/x.csv"])
        .expect(4);
    assert!(
        nowhere.stderr.contains("its directory is not there") && !nowhere.stderr.contains("tmp"),
        "{}",
        nowhere.stderr
    );

    // A word that no list knows is no clean bill.
    let typo = office.ask(&["review", "--what", "C1"]).expect(4);
    assert!(
        typo.stderr.contains("C01") && typo.stderr.contains("not_full"),
        "{}",
        typo.stderr
    );
    office
        .ask(&["review", "--list", "gaps", "--what", "C01"])
        .expect(4);

    // Nobody else reviews a region, and a review that never began leaves the last file alone.
    let before = fs::read_to_string(csv).unwrap();
    let foreign = federation.agency(GUIZHOU);
    run(&[
        "agency",
        "review",
        "--node",
        "440000",
        "--credentials",
        &foreign,
        "--csv",
        csv,
    ])
    .expect(5);
    assert_eq!(fs::read_to_string(csv).unwrap(), before);
    // One that goes on adds to it, under one header.
    office
        .ask(&[
            "review",
            "--as-of",
            "2026-10-31",
            "--list",
            "retirements",
            "--after",
            &"f".repeat(32),
            "--csv",
            csv,
        ])
        .expect(0);
    assert_eq!(fs::read_to_string(csv).unwrap(), before);
    office
        .ask(&[
            "review",
            "--as-of",
            "2026-10-31",
            "--list",
            "retirements",
            "--after",
            &"0".repeat(32),
            "--csv",
            csv,
        ])
        .expect(1);
    let after = fs::read_to_string(csv).unwrap();
    assert!(
        after.starts_with(&before) && after.lines().count() == before.lines().count() + 1,
        "{after}"
    );
}

#[test]
fn linked_numbers_are_reviewed_once_and_a_birth_without_a_class_is_near() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    for (name, number, months) in [("one.csv", WORKER, 24), ("other.csv", OTHER, 12)] {
        let file = federation.file(name, &contributions(number, 440_300, months, name));
        federation.import(GUANGDONG, &file, &[]).expect(0);
    }
    // Under the original age of 50, this class or another, born 1966-06 is long past it.
    let facts = format!(
        "kind,person,decided,month,ground,serial\nBirthDateFact,{OTHER},2024-01-05,1966-06,archive,F1\n"
    );
    let facts = federation.file("facts.csv", facts.as_bytes());
    federation.import(GUANGDONG, &facts, &[]).expect(0);
    let office = Office {
        federation: &federation,
        region: GUANGDONG,
    };
    let csv = federation.path().join("review.csv");
    let csv = csv.to_str().unwrap();
    let review = |list: &str| {
        office
            .ask(&[
                "review",
                "--as-of",
                "2026-10-31",
                "--list",
                list,
                "--csv",
                csv,
            ])
            .expect(1);
        let found = fs::read_to_string(csv).unwrap();
        found.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let near = review("retirements");
    assert!(
        near.len() == 1 && near[0].contains("class_unknown"),
        "{near:?}"
    );
    assert_eq!(review("gaps").len(), 2);

    let link = format!(
        "kind,person,other_person,date,serial\nIdentityLink,{WORKER},{OTHER},2024-02-05,L1\n"
    );
    let link = federation.file("link.csv", link.as_bytes());
    federation.import(GUANGDONG, &link, &[]).expect(0);
    assert_eq!(review("gaps").len(), 1, "one person, one line");
    let near = review("retirements");
    assert!(
        near.len() == 1 && near[0].contains("class_unknown"),
        "{near:?}"
    );
}

#[test]
fn an_operators_rules_are_named_by_the_account_and_needed_to_check_it() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let rules = federation.path().join("rules");
    fs::create_dir(&rules).unwrap();
    let wage = "[[rule]]\nid = \"own/average\"\nkey = \"pension.average-wage\"\nplace = \"440000\"\n\
                value = { yuan = \"10000.00\" }\ndocument = \"invented\"\nnumber = \"1\"\nconfidence = \"U\"\n";
    fs::write(rules.join("own.toml"), wage).unwrap();
    let rules = rules.to_str().unwrap().to_owned();
    federation.start_with(GUANGDONG, &["--rules", &rules]);
    federation.wait_ready(GUANGDONG);
    let file = federation.file("24.csv", &contributions(WORKER, 440_300, 24, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let under_others = federation
        .lookup(GUANGDONG, WORKER, &["--proofs"])
        .expect(4);
    assert!(
        under_others.stderr.contains("--rules"),
        "{}",
        under_others.stderr
    );
    let account = federation
        .lookup(GUANGDONG, WORKER, &["--proofs", "--rules", &rules])
        .expect(0)
        .stdout;
    let account: serde_json::Value = serde_json::from_str(&account).unwrap();
    assert_ne!(
        account["rules"]["name"].as_str().unwrap(),
        yizhang_entitlement::Policy::embedded().name().to_string()
    );

    // A rule file with a fault keeps the node from starting, with the reason.
    fs::write(
        std::path::Path::new(&rules).join("own.toml"),
        wage.replace("yuan = \"10000.00\"", "months = 100"),
    )
    .unwrap();
    let refused = run(&[
        "node",
        "run",
        "--dir",
        federation.node_dir(GUANGDONG).to_str().unwrap(),
        "--rules",
        &rules,
    ]);
    assert!(refused.expect(4).stderr.contains("own/average"));
}
