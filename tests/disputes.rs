//! Disputes, from the worker's tap to the agency's answer at another node: real processes, spoken to as browsers and clerks do.

use crate::{
    portal::{Door, Reply},
    support::{Federation, Ran, contributions, run, run_with},
};
use serde_json::Value;
use std::fmt::Write as _;

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const WORKER: &str = "440300199003078815";
const OTHER: &str = "440300199003078823";
const BOUNDARY: &str = "----somewhere-between";

/// Two regions, a worker with months in both, another one with months in Guizhou alone, and the portal of Guangdong.
struct Town {
    federation: Federation,
    door: Door,
}

fn town() -> Town {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    for (region, number, place, serial) in [
        (GUANGDONG, WORKER, 440_300, "w"),
        (GUIZHOU, WORKER, 520_100, "g"),
        (GUIZHOU, OTHER, 520_100, "o"),
    ] {
        let rows = contributions(number, place, 3, serial);
        let file = federation.file(&format!("{serial}.csv"), &rows);
        let imported = federation.import(region, &file, &["--durable", "local"]);
        imported.expect(0);
    }
    federation.wait_replicated(GUIZHOU, GUANGDONG);
    let door = Door::open(&federation);
    Town { federation, door }
}

impl Town {
    fn code(&self, number: &str) -> String {
        let (node, agency) = (GUANGDONG.to_string(), self.federation.agency(GUANGDONG));
        let issue = [
            "agency",
            "code",
            "issue",
            "--node",
            &node,
            "--credentials",
            &agency,
        ];
        run_with(&issue, number).expect(0).stdout.trim().to_owned()
    }

    /// A worker's account as a clerk of Guangdong sees it.
    fn account(&self, number: &str) -> Value {
        let (node, agency) = (GUANGDONG.to_string(), self.federation.agency(GUANGDONG));
        let look = [
            "worker",
            "account",
            "--json",
            "--node",
            &node,
            "--credentials",
            &agency,
        ];
        let shown = run_with(&look, number).expect(0);
        let answer: Value = serde_json::from_str(&shown.stdout).unwrap();
        answer["account"].clone()
    }

    /// The positions of a worker's receipts in the chain of a region.
    fn records(&self, number: &str, region: u32) -> Vec<u64> {
        let account = self.account(number);
        let records = account["records"].as_array().unwrap().iter();
        let region = region.to_string();
        let own =
            records.filter(|line| line["region"] == region.as_str() && line["kind"] == "Received");
        own.map(|line| line["index"].as_u64().unwrap()).collect()
    }

    /// Sends a form of a dispute, as a page of the portal does.
    fn dispute(&self, session: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = String::new();
        for (name, value) in fields {
            let file = if *name == "document" {
                "; filename=\"a.pdf\""
            } else {
                ""
            };
            write!(
                form,
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
            )
            .unwrap();
        }
        write!(form, "--{BOUNDARY}--\r\n").unwrap();
        let head = format!(
            "POST /account/dispute HTTP/1.1\r\nHost: localhost\r\nOrigin: {}\r\nCookie: language=en; {session}\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
            self.door.site(),
            form.len()
        );
        self.door.send(head.as_bytes())
    }

    fn queue(&self, region: u32, more: &[&str]) -> Ran {
        let (node, agency) = (region.to_string(), self.federation.agency(region));
        let list = [
            "agency",
            "disputes",
            "list",
            "--node",
            &node,
            "--credentials",
            &agency,
        ];
        run(&[&list, more].concat())
    }

    fn answer(&self, region: u32, id: &str, number: &str) -> Ran {
        let (node, agency) = (region.to_string(), self.federation.agency(region));
        let answer = [
            "agency",
            "disputes",
            "answer",
            id,
            "--node",
            &node,
            "--credentials",
            &agency,
            "--outcome",
            "refused",
            "--serial",
            "D-1",
        ];
        run_with(&answer, number)
    }
}

/// The first number of a dispute in a text.
fn id(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_hexdigit());
    let mut ids = words.filter(|word| word.len() == 64);
    ids.next().unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[test]
fn a_record_of_another_region_is_disputed_answered_there_and_the_worker_sees_it() {
    let town = town();
    let session = town.door.enter(&town.code(WORKER));
    let token = town.door.token(&session);
    let index = town.records(WORKER, GUIZHOU)[0].to_string();
    let page = format!("/account/dispute/{GUIZHOU}/{index}");
    let month = town
        .door
        .get("/account/month/hrss-110/2015-01", &session)
        .body;
    assert!(month.contains(&page), "{month}");
    let form = town.door.get(&page, &session);
    assert_eq!(form.status, 200);
    assert!(form.body.contains("The file is not kept"), "{}", form.body);

    let region = GUIZHOU.to_string();
    let fields = [
        ("token", token.as_str()),
        ("region", &region),
        ("index", &index),
        ("reason", "amount"),
        ("document", "a contract"),
    ];
    let raised = town.dispute(&session, &fields);
    assert_eq!(raised.status, 303, "{}", raised.body);
    assert!(raised.head.contains(&page), "{}", raised.head);
    let shown = town.door.get(&page, &session).body;
    assert!(
        shown.contains("It lies with the agency of Guizhou"),
        "{shown}"
    );
    assert!(
        !shown.contains("<fieldset"),
        "what waits is not raised again"
    );
    // Twice is once.
    assert_eq!(town.dispute(&session, &fields).status, 303);
    let account = town.account(WORKER);
    assert_eq!(account["disputes"].as_array().unwrap().len(), 1);
    // It counts as it stands, and is not the matter of the worker's own region.
    assert!(
        town.queue(GUANGDONG, &[])
            .expect(0)
            .stdout
            .contains("No dispute waits")
    );

    town.federation.wait_replicated(GUANGDONG, GUIZHOU);
    let queue = town.queue(GUIZHOU, &[]).expect(1).stdout;
    assert!(queue.contains("amount or base wrong"), "{queue}");
    let id = id(&queue);
    town.queue(GUIZHOU, &["--overdue"]).expect(0);
    // Whose record it is answers.
    let foreign = town.answer(GUANGDONG, &id, WORKER);
    assert!(
        foreign.stderr.contains("whose agency answers"),
        "{}",
        foreign.stderr
    );
    let unknown = town.answer(GUIZHOU, &id, OTHER);
    assert!(
        unknown.stderr.contains("no dispute of this number"),
        "{}",
        unknown.stderr
    );
    let answered = town.answer(GUIZHOU, &id, WORKER).expect(0).stdout;
    assert!(answered.contains("refused"), "{answered}");
    assert_ne!(town.answer(GUIZHOU, &id, WORKER).code, 0);
    town.queue(GUIZHOU, &[]).expect(0);

    town.federation.wait_replicated(GUIZHOU, GUANGDONG);
    let first = town.door.get("/account", &session).body;
    assert!(first.contains("the record stands"), "{first}");
    town.federation.audit(GUANGDONG).expect(0);
}

#[test]
fn nobody_disputes_what_is_not_theirs_or_without_being_there() {
    let town = town();
    let session = town.door.enter(&town.code(WORKER));
    let token = town.door.token(&session);
    let own = town.records(WORKER, GUANGDONG)[0].to_string();
    let foreign = town.records(OTHER, GUIZHOU)[0].to_string();
    let form = |token: &str, region: u32, index: &str, reason: &str| {
        let region = region.to_string();
        let fields = [
            ("token", token),
            ("region", region.as_str()),
            ("index", index),
            ("reason", reason),
        ];
        town.dispute(&session, &fields).status
    };
    // Somebody else's record, none at all, a reason that fits no contribution or is none, and forms of other pages.
    assert_eq!(form(&token, GUIZHOU, &foreign, "amount"), 422);
    assert_eq!(form(&token, GUANGDONG, "999999", "amount"), 422);
    assert_eq!(form(&token, GUANGDONG, &own, "no-consent"), 422);
    assert_eq!(form(&token, GUANGDONG, &own, "<script>"), 422);
    assert_eq!(form("AAAA", GUANGDONG, &own, "amount"), 403);
    assert_eq!(form("", GUANGDONG, &own, "amount"), 403);
    let page = format!("/account/dispute/{GUIZHOU}/{foreign}");
    assert_eq!(town.door.get(&page, &session).status, 404);
    // Nobody is there.
    let region = GUANGDONG.to_string();
    let fields = [
        ("token", token.as_str()),
        ("region", &region),
        ("index", &own),
        ("reason", "amount"),
    ];
    let stranger = town.dispute("__Host-session=AAAA", &fields);
    assert_eq!(stranger.status, 303);
    assert!(!stranger.head.contains("/account"), "{}", stranger.head);
    // A file that is too large is not read to its end.
    let large = "x".repeat(8 * 1_024 * 1_024 + 1);
    let too_large = [fields.as_slice(), &[("document", large.as_str())]].concat();
    assert_eq!(town.dispute(&session, &too_large).status, 413);
    assert!(town.account(WORKER)["disputes"].is_null());
}

#[test]
fn the_command_line_disputes_with_a_key_and_a_region_without_records_writes_nothing() {
    let town = town();
    let site = town.door.site();
    let enrol = |number: &str, name: &str| {
        let key = town.federation.path().join(name);
        let key = key.to_str().unwrap().to_owned();
        let enrol = ["worker", "enrol", "--portal", &site, "--to", &key];
        run_with(&enrol, &town.code(number)).expect(0);
        key
    };
    let key = enrol(WORKER, "my-key");
    let index = town.records(WORKER, GUANGDONG)[1];
    let record = format!("{GUANGDONG}:{index}");
    let document = town.federation.file("contract.pdf", b"a contract");
    let dispute = |key: &str, record: &str, more: &[&str]| {
        let dispute = [
            "worker", "dispute", "--holder", key, "--record", record, "--reason", "deducted",
        ];
        run(&[&dispute, more].concat())
    };
    let raised = dispute(&key, &record, &["--document", &document])
        .expect(0)
        .stdout;
    assert!(raised.contains("should answer by"), "{raised}");
    let again = dispute(&key, &record, &[]).expect(0).stdout;
    assert!(again.contains("is disputed already"), "{again}");
    assert_eq!(id(&raised), id(&again));
    // The other worker has months in Guizhou alone: Guangdong has no right to write down what they say.
    let other = enrol(OTHER, "other-key");
    let foreign = town.records(OTHER, GUIZHOU)[0];
    let elsewhere = dispute(&other, &format!("{GUIZHOU}:{foreign}"), &[]);
    assert!(
        elsewhere.stderr.contains("has no records of you"),
        "{}",
        elsewhere.stderr
    );
    assert_ne!(elsewhere.code, 0);
    assert_ne!(dispute(&key, &format!("{GUIZHOU}:{foreign}"), &[]).code, 0);
    assert_eq!(dispute(&key, "440000", &[]).code, 2);
    assert_eq!(town.account(WORKER)["disputes"][0]["reason"], "deducted");
}
