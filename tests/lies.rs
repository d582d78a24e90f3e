//! A node of the federation that lies to the others, with its own keys and certificate, among three that are honest processes: every lie is
//! caught or comes to nothing, the other chains carry on, and nobody's memory grows by it.

use crate::support::{
    self, Federation,
    connect::{connect, roster},
    contributions, eventually, run,
};
use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer as _, SigningKey, pkcs8::DecodePrivateKey};
use std::{
    collections::BTreeMap,
    fs,
    pin::Pin,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt as _, wrappers::WatchStream};
use tonic::{
    Request, Response, Status,
    transport::{Certificate, Identity, Server, ServerTlsConfig},
};
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::{ChainState, Submitted},
    entry::{Kind, RecordId},
    hash::{Hash, hash_leaf},
    head::Origin,
    person::AccountId,
    record::{AccountRegister, Record, Reversal, Source},
    register::{RegisterBuilder, submission_id},
    roster::{KeyKind, Roster},
    value::{Code, Division, TreeSize, UnixMillis},
};
use yizhang_wire::{
    channel::certificate_pem,
    v1::{
        Beginning, Evidence, FetchRequest, Heads, PublishReply, PublishRequest, RostersReply,
        RostersRequest, SignedBatch, TellReply, TellRequest, WatchRequest,
        replication_client::ReplicationClient,
        replication_server::{Replication, ReplicationServer},
        rosters_server::{Rosters, RostersServer},
    },
};

/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";
const LIAR: u32 = 440_000;
const BEIJING: u32 = 110_000;
const HONEST: [u32; 3] = [BEIJING, 330_000, 520_000];
/// More than a node of this size takes in a debug build, far less than what a flood would make of it.
const MEMORY_MAX: u64 = 400 * 1024 * 1024;

/// A batch of the liar's chain with the signed head after it.
#[derive(Clone)]
struct Signed {
    bytes: Vec<u8>,
    from: TreeSize,
    after: ChainState,
    note: Vec<u8>,
}

/// What the liar says to one of the others.
#[derive(Clone, Default)]
struct Said {
    heads: Vec<Vec<u8>>,
    cosigned: Vec<Vec<u8>>,
    evidence: Vec<Evidence>,
    /// What it sends of its chain.
    batches: Vec<Signed>,
    /// Whether it sends nothing and never ends.
    hangs: bool,
    /// The version of the roster that it claims, and what it hands over.
    version: u64,
    roster_hash: Vec<u8>,
    rosters: Vec<Vec<u8>>,
}

impl Said {
    /// A history, announced and sent.
    fn history(batches: &[Signed]) -> Self {
        Self {
            heads: vec![batches.last().unwrap().note.clone()],
            batches: batches.to_vec(),
            ..Self::default()
        }
    }

    /// Heads without what is under them.
    fn heads(heads: &[&Signed]) -> Self {
        Self {
            heads: heads.iter().map(|signed| signed.note.clone()).collect(),
            ..Self::default()
        }
    }
}

/// What it says to each, now.
#[derive(Clone)]
struct Script {
    by_caller: Arc<Mutex<BTreeMap<u32, Said>>>,
    changed: Arc<watch::Sender<u64>>,
}

impl Script {
    fn said_to(&self, caller: u32) -> Said {
        let said = self.by_caller.lock().unwrap().get(&caller).cloned();
        said.unwrap_or_default()
    }
}

/// The region of the node that calls.
fn caller<T>(request: &Request<T>) -> u32 {
    let certificates = request.peer_certs().unwrap();
    let names = |region: &u32| {
        let name = format!("node.{region}");
        let bytes = certificates[0].as_ref();
        bytes
            .windows(name.len())
            .any(|part| part == name.as_bytes())
    };
    HONEST.into_iter().find(names).unwrap_or(0)
}

#[tonic::async_trait]
impl Replication for Script {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<Heads, Status>> + Send>>;
    type FetchStream = Pin<Box<dyn Stream<Item = Result<SignedBatch, Status>> + Send>>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let (script, caller) = (self.clone(), caller(&request));
        let changes = WatchStream::new(self.changed.subscribe());
        let mut complete = true;
        let messages = changes.map(move |_| {
            let said = script.said_to(caller);
            let bytes = |notes: Vec<Vec<u8>>| notes.into_iter().map(Into::into).collect();
            Ok(Heads {
                heads: bytes(said.heads),
                complete: std::mem::take(&mut complete),
                evidence: said.evidence,
                roster: said.version,
                roster_hash: said.roster_hash.into(),
                cosigned: bytes(said.cosigned),
            })
        });
        Ok(Response::new(Box::pin(messages)))
    }

    async fn fetch(
        &self,
        request: Request<FetchRequest>,
    ) -> Result<Response<Self::FetchStream>, Status> {
        let said = self.said_to(caller(&request));
        if said.hangs {
            return Ok(Response::new(Box::pin(tokio_stream::pending())));
        }
        let FetchRequest { origin, from } = request.into_inner();
        let batches = said.batches.into_iter();
        let is_asked = move |signed: &Signed| {
            signed.from.0 >= from && signed.after.origin().as_str() == origin
        };
        let sent = batches.filter(is_asked).map(|signed| {
            Ok(SignedBatch {
                batch: signed.bytes.into(),
                head: signed.note.into(),
            })
        });
        let sent: Vec<_> = sent.collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(sent))))
    }

    async fn tell(&self, _: Request<TellRequest>) -> Result<Response<TellReply>, Status> {
        Ok(Response::new(TellReply {}))
    }
}

#[tonic::async_trait]
impl Rosters for Script {
    async fn after(
        &self,
        request: Request<RostersRequest>,
    ) -> Result<Response<RostersReply>, Status> {
        let said = self.said_to(caller(&request));
        Ok(Response::new(RostersReply {
            rosters: said.rosters.into_iter().map(Into::into).collect(),
            newest: said.version,
        }))
    }

    async fn publish(&self, _: Request<PublishRequest>) -> Result<Response<PublishReply>, Status> {
        Err(Status::unimplemented("it is handed nothing"))
    }
}

/// Three honest nodes, and one that lies.
struct Liar {
    federation: Federation,
    script: Script,
    key: SigningKey,
    origin: Origin,
    roster: Roster,
    runtime: tokio::runtime::Runtime,
}

impl Liar {
    fn among_honest() -> Self {
        let mut federation = Federation::found(&[LIAR, HONEST[0], HONEST[1], HONEST[2]]);
        let dir = federation.node_dir(LIAR);
        let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
        let key = SigningKey::from_pkcs8_pem(&read("chain.key")).unwrap();
        let roster = roster(&dir);
        let origin = Origin::new(&roster.federation, Division::new(LIAR).unwrap()).unwrap();
        let script = Script {
            by_caller: Arc::default(),
            changed: Arc::new(watch::Sender::new(0)),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let tls = ServerTlsConfig::new()
            .identity(Identity::from_pem(read("tls.crt"), read("tls.key")))
            .client_ca_root(Certificate::from_pem(certificate_pem(
                &roster.tls_authority,
            )));
        let server = Server::builder()
            .tls_config(tls)
            .unwrap()
            .add_service(ReplicationServer::new(script.clone()))
            .add_service(RostersServer::new(script.clone()));
        runtime.spawn(server.serve(federation.address(LIAR)));
        for node in HONEST {
            federation.start(node);
        }
        for node in HONEST {
            federation.wait_ready(node);
        }
        Self {
            federation,
            script,
            key,
            origin,
            roster,
            runtime,
        }
    }

    /// Batches of two records each after a state; what they hold follows from `content`.
    fn batches(&self, after: &ChainState, content: u64, count: u64) -> Vec<Signed> {
        let mut state = after.clone();
        let mut batches = Vec::new();
        for number in 0..count {
            let signed = self.signed(&state, &state, content * 1_000 + number);
            state = signed.after.clone();
            batches.push(signed);
        }
        batches
    }

    fn beginning(&self, count: u64) -> Vec<Signed> {
        self.batches(&ChainState::empty(self.origin.clone()), 1, count)
    }

    /// The batch of two records that follows a state, made as if it followed another one.
    fn signed(&self, state: &ChainState, as_if: &ChainState, content: u64) -> Signed {
        let mut records = Vec::new();
        for number in 0..2_u64 {
            let payload = [content.to_le_bytes(), number.to_le_bytes()].concat();
            let record = Record::unread(Kind(60_000), &payload);
            record.write(&mut records).unwrap();
        }
        let mut id = [0; 16];
        id[..8].copy_from_slice(&content.to_le_bytes());
        let submission = Submitted {
            id: SubmissionId(id),
            submitter: "agency.440000".into(),
            block: RecordBlock::parse(records).unwrap(),
        };
        Signed {
            from: state.size(),
            ..self.sign(as_if, submission)
        }
    }

    /// The batch of a submission that follows a state.
    fn sign(&self, state: &ChainState, submitted: Submitted) -> Signed {
        let extension = state
            .prepare(&[submitted], UnixMillis(1_700_000_000_000), 1)
            .unwrap();
        let after = extension.after().clone();
        Signed {
            bytes: extension.batch().bytes().to_vec(),
            from: state.size(),
            note: after.head().sign(&self.key).into_bytes(),
            after,
        }
    }

    /// The first batch of another history, with so many records.
    fn other_beginning(&self, records: u64) -> Signed {
        let mut block = Vec::new();
        for number in 0..records {
            let payload = [77, number].map(u64::to_le_bytes).concat();
            let record = Record::unread(Kind(60_000), &payload);
            record.write(&mut block).unwrap();
        }
        let submission = Submitted {
            id: SubmissionId([7; 16]),
            submitter: "agency.440000".into(),
            block: RecordBlock::parse(block).unwrap(),
        };
        self.sign(&ChainState::empty(self.origin.clone()), submission)
    }

    /// The batch with a register of accounts that follows a state.
    fn register(&self, state: &ChainState, register: AccountRegister) -> Signed {
        let mut record = Vec::new();
        let size = TreeSize(register.size);
        Record::AccountRegister(register)
            .write(&mut record)
            .unwrap();
        let submission = Submitted {
            id: submission_id(size),
            submitter: "node.440000".into(),
            block: RecordBlock::parse(record).unwrap(),
        };
        self.sign(state, submission)
    }

    fn says_to(&self, node: u32, said: Said) {
        self.script.by_caller.lock().unwrap().insert(node, said);
        self.script.changed.send_modify(|changes| *changes += 1);
    }

    fn says_to_all(&self, said: &Said) {
        for node in HONEST {
            self.says_to(node, said.clone());
        }
    }

    fn size_at(&self, node: u32) -> u64 {
        self.federation.size(node, LIAR)
    }

    fn all_hold(&self, batches: &[Signed]) {
        let size = batches.last().unwrap().after.size().0;
        for node in HONEST {
            eventually(&format!("{node} holds {size} entries"), || {
                self.size_at(node) == size
            });
        }
    }

    fn is_quarantined(&self, node: u32) -> bool {
        self.federation.is_quarantined(node, LIAR)
    }

    fn all_have_caught_it(&self) {
        for node in HONEST {
            eventually(&format!("{node} has quarantined the chain"), || {
                self.is_quarantined(node)
            });
        }
    }

    fn nobody_accuses_it(&self) {
        for node in HONEST {
            assert!(!self.is_quarantined(node), "{node}");
        }
    }

    /// Another chain grows and is everywhere, and no process has grown beyond what it needs.
    fn others_carry_on(&self, serial: &str) {
        let rows = contributions(WORKER, 110_100, 6, serial);
        let file = self.federation.file(&format!("{serial}.csv"), &rows);
        self.federation
            .import(BEIJING, &file, &["--durable", "mirrors:2,60"])
            .expect(0);
        for node in HONEST {
            self.federation.wait_replicated(BEIJING, node);
            let process = self.federation.process(node);
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
            let mut lines = status.lines();
            let peak = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
            let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
            assert!(kilobytes * 1024 < MEMORY_MAX, "{node}: {kilobytes} kB");
        }
    }

    /// The line with which the mirror of Beijing would cosign a head, signed by somebody else.
    fn forged_line(&self, note: &[u8]) -> Vec<u8> {
        let beijing = &self.roster.regions[&Division::new(BEIJING).unwrap()];
        let key = &beijing.mirror_keys[0].key;
        let time = 1_700_000_000_u64.to_be_bytes();
        let signature = self.key.sign(note).to_bytes();
        let body = [&key.id().to_be_bytes()[..], &time, &signature].concat();
        let line = format!("\u{2014} {} {}\n", key.name(), Base64::encode_string(&body));
        [note, line.as_bytes()].concat()
    }

    /// The largest size at which a node says that Beijing has cosigned the liar's chain as a mirror.
    fn cosigned_by_beijing(&self, node: u32) -> u64 {
        self.cosigned_by_beijing_as(node, "mirror")
    }

    fn cosigned_by_beijing_as(&self, node: u32, kind: &str) -> u64 {
        let status = self.federation.status(node).unwrap();
        let chains = status["cosigning"]["chains"].as_array().unwrap();
        let mut chains = chains.iter();
        let chain = chains.find(|chain| chain["origin"] == self.origin.as_str());
        let lines = chain.map_or(&[][..], |chain| chain["cosigners"].as_array().unwrap());
        let of_beijing = lines
            .iter()
            .filter(|line| line["region"].as_str() == Some("110000") && line["kind"] == kind);
        let sizes = of_beijing.map(|line| line["size"].as_u64().unwrap());
        sizes.max().unwrap_or(0)
    }

    /// A node's heads of the liar's chain with the lines of cosigners, as the node shows them to the liar.
    fn cosigned_as_shown_by(&self, node: u32) -> Vec<Vec<u8>> {
        let origin = self.origin.as_str().as_bytes();
        let heads = self.shown_by(node).cosigned.into_iter();
        let heads = heads.map(|note| note.to_vec());
        heads.filter(|note| note.starts_with(origin)).collect()
    }

    /// What a node shows to the liar when it begins to watch.
    fn shown_by(&self, node: u32) -> Heads {
        let own = self.federation.node_dir(LIAR);
        self.runtime.block_on(async {
            let mut client = ReplicationClient::new(connect(node, &own));
            let mut stream = client.watch(WatchRequest {}).await.unwrap().into_inner();
            let mut shown = Heads::default();
            while let Some(message) = stream.next().await {
                let message = message.unwrap();
                shown.cosigned.extend(message.cosigned);
                shown.heads.extend(message.heads);
                shown.evidence.extend(message.evidence);
                if message.complete {
                    break;
                }
            }
            shown
        })
    }

    /// The newest head of Beijing's chain, as Beijing announces it.
    fn head_of_beijing(&self) -> Vec<u8> {
        let heads = self.shown_by(BEIJING).heads.into_iter();
        let name = format!("{}/{BEIJING}\n", self.roster.federation);
        let mut heads = heads.filter(|head| head.starts_with(name.as_bytes()));
        heads.next().expect("it announces its own chain").to_vec()
    }

    /// Whether a node says that it has been shown so much forged evidence.
    fn has_counted(&self, node: u32, forged: u64) -> bool {
        let status = self.federation.status(node).unwrap();
        status["forged_evidence"].as_u64().unwrap() >= forged
    }
}

#[test]
fn two_histories_shown_to_different_nodes_are_known_to_all() {
    let liar = Liar::among_honest();
    let common = liar.beginning(2);
    let after = &common.last().unwrap().after;
    for (node, content) in HONEST.into_iter().zip([2, 3, 3]) {
        let branch = [&common[..], &liar.batches(after, content, 2)].concat();
        liar.says_to(node, Said::history(&branch));
    }
    liar.all_have_caught_it();
    liar.others_carry_on("split");
}

/// What a node lists as evidence.
fn listed(federation: &Federation, node: u32) -> support::Ran {
    let (auditor, node) = (federation.auditor(), node.to_string());
    run(&[
        "evidence",
        "list",
        "--node",
        &node,
        "--credentials",
        &auditor,
    ])
}

#[test]
fn whoever_holds_the_shorter_history_is_convinced_by_a_peer_and_remembers_it_alone() {
    let mut liar = Liar::among_honest();
    let [long_one, long_two, short] = HONEST;
    // The shorter one ends within the first batch of the longer, so that nobody ever sees two heads of one size.
    let first = liar.other_beginning(9);
    let whole = [&[first.clone()][..], &liar.batches(&first.after, 1, 2)].concat();
    let other = liar.other_beginning(3);
    // Each gets one history while those that get the other are away.
    liar.federation.stop(short);
    for node in [long_one, long_two] {
        liar.says_to(node, Said::history(&whole));
    }
    for node in [long_one, long_two] {
        let size = whole[2].after.size().0;
        eventually("it holds the longer one", || liar.size_at(node) == size);
        liar.federation.stop(node);
    }
    liar.says_to(short, Said::history(std::slice::from_ref(&other)));
    liar.federation.start(short);
    eventually("it holds the shorter one", || liar.size_at(short) == 4);
    for node in [long_one, long_two] {
        liar.federation.start(node);
    }
    liar.all_have_caught_it();
    assert_eq!(liar.size_at(short), 4);
    let two_histories = format!("({}) has signed", liar.origin);
    let list = listed(&liar.federation, short).expect(1);
    assert!(list.stdout.contains(&two_histories), "{}", list.stdout);
    assert!(!list.stdout.contains("pair"), "{}", list.stdout);
    let shown = liar.shown_by(short).evidence;
    let size = |note: &[u8]| -> u64 {
        let text = std::str::from_utf8(note).unwrap();
        text.split('\n').nth(1).unwrap().parse().unwrap()
    };
    let is_tied = |pair: &Evidence| {
        let (larger, smaller) = (size(&pair.first), size(&pair.second));
        pair.beginning.is_some() && larger >= first.after.size().0 && smaller == 4
    };
    assert!(shown.iter().any(is_tied), "{shown:?}");
    // It goes on nowhere.
    let longer = [&[other.clone()][..], &liar.batches(&other.after, 9, 1)].concat();
    liar.says_to(short, Said::history(&longer));
    liar.others_carry_on("shorter");
    assert_eq!(liar.size_at(short), 4);
    // When nobody tells it any more, it still knows, and can show it.
    for node in HONEST {
        liar.federation.stop(node);
    }
    liar.says_to_all(&Said::default());
    liar.federation.start(short);
    liar.federation.wait_for_start(short);
    assert!(liar.is_quarantined(short));
    let list = listed(&liar.federation, short).expect(1);
    assert!(list.stdout.contains(&two_histories), "{}", list.stdout);
    // So does an auditor who asks it alone.
    let audited = liar.federation.audit(short);
    assert!(
        audited.stdout.contains("has signed two histories"),
        "{}",
        audited.stdout
    );
}

#[test]
fn evidence_that_ties_nothing_together_convinces_nobody_and_its_teller_is_sent_away() {
    let liar = Liar::among_honest();
    let whole = liar.beginning(3);
    liar.says_to_all(&Said::history(&whole));
    liar.all_hold(&whole);
    liar.others_carry_on("first");
    let smaller = liar.head_of_beijing();
    liar.others_carry_on("second");
    let larger = liar.head_of_beijing();
    assert_ne!(smaller, larger);
    let forged = |heads: [&[u8]; 2], path: usize| Evidence {
        first: heads[0].to_vec().into(),
        second: heads[1].to_vec().into(),
        beginning: Some(Beginning {
            root: vec![9; 32].into(),
            path: vec![9; path].into(),
        }),
    };
    let own = [&whole[0].note[..], &whole[2].note];
    let beijing = [&smaller[..], &larger];
    // Hashes, no whole hash, and more than any tree calls for.
    let evidence = [32, 33, 3_200].map(|path| [forged(own, path), forged(beijing, path)]);
    let few = Said {
        evidence: evidence.concat(),
        ..Said::history(&whole)
    };
    liar.says_to_all(&few);
    for node in HONEST {
        eventually("forged evidence is counted", || liar.has_counted(node, 6));
    }
    let many = Said {
        evidence: vec![forged(beijing, 32); 20],
        ..Said::history(&whole)
    };
    liar.says_to_all(&many);
    for node in HONEST {
        eventually("who forges evidence is sent away", || {
            liar.federation
                .log(node)
                .contains("the peer sends forged evidence")
        });
    }
    liar.nobody_accuses_it();
    for node in HONEST {
        assert!(!liar.federation.is_quarantined(node, BEIJING), "{node}");
        listed(&liar.federation, node).expect(0);
    }
    liar.others_carry_on("third");
}

#[test]
fn a_history_that_is_rewritten_is_not_taken_and_convicts_its_writer() {
    let liar = Liar::among_honest();
    let told = liar.beginning(3);
    liar.says_to_all(&Said::history(&told));
    liar.all_hold(&told);
    let rewritten = [&told[..1], &liar.batches(&told[0].after, 7, 2)].concat();
    liar.says_to_all(&Said::history(&rewritten));
    liar.all_have_caught_it();
    // Longer than what is held, and sent whole: nothing of it is taken.
    let longer = [&rewritten[..], &liar.batches(&rewritten[2].after, 8, 9)].concat();
    liar.says_to_all(&Said::history(&longer));
    liar.others_carry_on("rewritten");
    liar.all_hold(&told);
}

#[test]
fn a_chain_that_seems_to_go_back_stays_where_it_was_and_old_heads_do_nothing() {
    let liar = Liar::among_honest();
    let whole = liar.beginning(4);
    liar.says_to_all(&Said::history(&whole[..3]));
    liar.all_hold(&whole[..3]);
    for round in 0..20 {
        let old = &whole[round % 2];
        liar.says_to_all(&Said::history(std::slice::from_ref(old)));
        thread::sleep(Duration::from_millis(20));
    }
    liar.others_carry_on("rollback");
    liar.all_hold(&whole[..3]);
    liar.nobody_accuses_it();
    // An old head is a true one: the chain goes on.
    liar.says_to_all(&Said::history(&whole));
    liar.all_hold(&whole);
}

#[test]
fn batches_that_are_withheld_hold_up_nothing_else_and_are_taken_when_they_come() {
    let liar = Liar::among_honest();
    let whole = liar.beginning(3);
    liar.says_to_all(&Said::history(&whole[..1]));
    liar.all_hold(&whole[..1]);
    // A head without its batches: to some nothing comes, and to one nothing ever ends.
    liar.says_to_all(&Said::heads(&[&whole[2]]));
    let hanging = Said {
        hangs: true,
        ..Said::heads(&[&whole[2]])
    };
    liar.says_to(HONEST[2], hanging);
    liar.others_carry_on("withheld");
    liar.all_hold(&whole[..1]);
    liar.nobody_accuses_it();
    for node in HONEST {
        assert!(liar.cosigned_by_beijing(node) <= whole[0].after.size().0);
    }
    liar.says_to_all(&Said::history(&whole));
    liar.all_hold(&whole);
}

#[test]
fn a_batch_that_names_another_one_before_it_convicts_who_has_signed_over_it() {
    let liar = Liar::among_honest();
    let whole = liar.beginning(2);
    liar.says_to_all(&Said::history(&whole));
    liar.all_hold(&whole);
    let state = &whole[1].after;
    let other_link = ChainState::restore(
        liar.origin.clone(),
        state.batches(),
        Hash([9; 32]),
        state.time(),
        state.roster(),
        state.frontier().clone(),
    );
    let wrong = liar.signed(state, &other_link, 5);
    liar.says_to_all(&Said::history(&[&whole[..], &[wrong]].concat()));
    liar.all_have_caught_it();
    liar.all_hold(&whole);
    liar.others_carry_on("link");
}

#[test]
fn cosignatures_that_are_forged_or_taken_from_another_head_count_nowhere() {
    let liar = Liar::among_honest();
    let whole = liar.beginning(3);
    liar.says_to_all(&Said::history(&whole[..1]));
    liar.all_hold(&whole[..1]);
    let first = whole[0].after.size().0;
    eventually("Beijing has cosigned the first batch", || {
        HONEST
            .iter()
            .all(|node| liar.cosigned_by_beijing(*node) == first)
    });
    // The line under the first head, under one that nobody has.
    let shown = liar.cosigned_as_shown_by(BEIJING);
    let lines = shown.iter().find_map(|note| {
        let note = std::str::from_utf8(note).ok()?;
        let (_, lines) = note.split_once("\n\n")?;
        let mut lines = lines.split_inclusive('\n');
        let line = lines.find(|line| line.contains("110000/mirror"))?;
        Some(line.to_string())
    });
    let line = lines.expect("Beijing shows its own lines");
    let reused = [&whole[2].note[..], line.as_bytes()].concat();
    let forged = liar.forged_line(&whole[2].note);
    for cosigned in [reused, forged] {
        let said = Said {
            cosigned: vec![cosigned],
            ..Said::history(&whole[..1])
        };
        liar.says_to_all(&said);
        eventually("forged lines are counted", || {
            let counts = HONEST.map(|node| {
                let status = liar.federation.status(node).unwrap();
                status["cosigning"]["forged"].as_u64().unwrap()
            });
            counts.iter().all(|count| *count > 0)
        });
    }
    liar.others_carry_on("forged");
    for node in HONEST {
        assert_eq!(liar.cosigned_by_beijing(node), first, "{node}");
    }
}

#[test]
fn another_version_of_the_roster_than_the_root_keys_have_signed_is_taken_by_nobody() {
    let mut liar = Liar::among_honest();
    let in_force = fs::read(liar.federation.node_dir(LIAR).join("roster.note")).unwrap();
    let mut next = liar.roster.clone();
    next.version = 2;
    next.previous = liar.roster.hash();
    next.mirrors = 0;
    let root = yizhang_ledger::roster::root_key_name(&next.federation);
    let by_stranger = yizhang_ledger::note::sign(&next.text(), &root, &liar.key);
    let mut first = liar.roster.clone();
    first.mirrors = 0;
    let other_first = yizhang_ledger::note::sign(&first.text(), &root, &liar.key);
    let handed: [Vec<Vec<u8>>; 4] = [
        vec![in_force],
        vec![by_stranger.into_bytes()],
        vec![other_first.into_bytes()],
        vec![b"yizhang-roster/v2\n".to_vec(); 8],
    ];
    let [asks, others @ ..] = HONEST;
    let processes = others.map(|node| liar.federation.process(node));
    for rosters in handed {
        let said = Said {
            version: 99,
            rosters,
            ..Said::history(&liar.beginning(1))
        };
        liar.says_to_all(&said);
        // The version is told when a watch begins.
        liar.federation.stop(asks);
        liar.federation.start(asks);
        liar.federation.wait_ready(asks);
        thread::sleep(Duration::from_millis(500));
    }
    let log = liar.federation.log(asks);
    let refused = log.matches("a version of the roster from a peer is not taken");
    assert!(refused.count() >= 2, "{log}");
    liar.others_carry_on("downgrade");
    for (node, process) in others.into_iter().zip(processes) {
        assert_eq!(liar.federation.process(node), process, "{node}");
    }
    for node in HONEST {
        let status = liar.federation.status(node).unwrap();
        assert_eq!(status["roster"], 1, "{node}");
        assert!(!liar.federation.node_dir(node).join("rosters").exists());
    }
    assert_eq!(
        liar.roster.regions[&Division::new(LIAR).unwrap()]
            .public_keys(KeyKind::Chain)
            .len(),
        1
    );
}

#[test]
fn another_version_with_a_number_in_force_that_nobody_has_signed_is_the_word_of_its_teller_alone() {
    let mut liar = Liar::among_honest();
    let mut other = liar.roster.clone();
    other.mirrors = 0;
    let root = yizhang_ledger::roster::root_key_name(&other.federation);
    let by_stranger = yizhang_ledger::note::sign(&other.text(), &root, &liar.key);
    liar.says_to_all(&Said {
        version: 1,
        roster_hash: other.hash().0.to_vec(),
        rosters: vec![by_stranger.into_bytes()],
        ..Said::history(&liar.beginning(1))
    });
    // It is told when a watch begins.
    let node = HONEST[1];
    liar.federation.stop(node);
    liar.federation.start(node);
    let status = || liar.federation.status(node);
    eventually("the peer's word is named", || {
        let Some(status) = status() else { return false };
        let mut peers = status["peers"].as_array().unwrap().iter();
        peers.any(|peer| peer["region"] == "440000" && peer["other_roster"] == true)
    });
    liar.others_carry_on("claimed");
    let status = status().unwrap();
    assert_eq!(status["roster"], 1);
    assert!(
        status["rosters_signed_twice"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(!liar.federation.node_dir(node).join("rosters").exists());
    listed(&liar.federation, node).expect(0);
}

/// The leaf hashes of the records of each account, in the order of the chain.
type Listed = BTreeMap<AccountId, Vec<Hash>>;

/// What a register of these records commits to, for a size.
fn register_of(listed: &Listed, size: TreeSize) -> AccountRegister {
    let mut builder = RegisterBuilder::new(|_| Ok::<(), std::convert::Infallible>(()));
    for (account, leaves) in listed {
        for leaf in leaves {
            builder.record(*account, *leaf).unwrap();
        }
    }
    builder.finish(size).unwrap()
}

/// A batch of three records of each of four accounts.
fn records_of_four(liar: &Liar) -> (Signed, Listed) {
    let mut listed = Listed::new();
    let mut records = Vec::new();
    for number in 0..12_u8 {
        let account = AccountId([number % 4; 16]);
        let serial = format!("{number:016x}");
        let record = Record::Reversal(Reversal {
            account,
            target: RecordId(Hash([number; 32])),
            reason: Code::NONE,
            source: Source {
                agency: Code::new("44030001").unwrap(),
                system: Code::NONE,
                serial: Code::new(&serial).unwrap(),
            },
        });
        let mut entry = Vec::new();
        record.write(&mut entry).unwrap();
        listed.entry(account).or_default().push(hash_leaf(&entry));
        records.extend(entry);
    }
    let submission = Submitted {
        id: SubmissionId([5; 16]),
        submitter: "agency.440000".into(),
        block: RecordBlock::parse(records).unwrap(),
    };
    let empty = ChainState::empty(liar.origin.clone());
    (liar.sign(&empty, submission), listed)
}

#[test]
fn no_mirror_signs_behind_a_wrong_register_and_every_node_says_where_it_is() {
    type Lie = fn(&Listed, TreeSize) -> AccountRegister;
    let one = AccountId([1; 16]);
    let lies: [(&str, Lie); 5] = [
        ("a record left out", |listed, size| {
            let mut listed = listed.clone();
            listed.get_mut(&AccountId([1; 16])).unwrap().remove(1);
            register_of(&listed, size)
        }),
        ("counted wrong", |listed, size| AccountRegister {
            accounts: 5,
            ..register_of(listed, size)
        }),
        ("ordered wrong", |listed, size| {
            let mut listed = listed.clone();
            listed.get_mut(&AccountId([1; 16])).unwrap().swap(0, 1);
            register_of(&listed, size)
        }),
        ("two accounts swapped", |listed, size| {
            let mut swapped = listed.clone();
            let (one, two) = (AccountId([1; 16]), AccountId([2; 16]));
            swapped.insert(one, listed[&two].clone());
            swapped.insert(two, listed[&one].clone());
            register_of(&swapped, size)
        }),
        ("of an earlier size", |listed, _| {
            register_of(listed, TreeSize(13))
        }),
    ];
    for (lie, make) in lies {
        println!("{lie}");
        let liar = Liar::among_honest();
        let (first, listed) = records_of_four(&liar);
        assert_eq!((listed.len(), listed[&one].len()), (4, 3));
        // A register that is right is cosigned: what follows is not for want of it.
        let right = liar.register(&first.after, register_of(&listed, first.after.size()));
        let rest = liar.batches(&right.after, 3, 1);
        let state = &rest[0].after;
        let wrong = liar.register(state, make(&listed, state.size()));
        let behind = liar.batches(&wrong.after, 4, 1);
        let sound = [&[first, right], &rest[..]].concat();
        liar.says_to_all(&Said::history(&sound));
        liar.all_hold(&sound);
        let size = state.size().0;
        eventually("what is right is cosigned", || {
            HONEST
                .iter()
                .all(|node| liar.cosigned_by_beijing(*node) == size)
        });
        let all = [&sound[..], &[wrong], &behind[..]].concat();
        liar.says_to_all(&Said::history(&all));
        liar.all_hold(&all);
        let whole = all.last().unwrap().after.size().0;
        for node in HONEST {
            eventually(
                "the wrong register is found, and the head witnessed",
                || {
                    let status = liar.federation.status(node).unwrap();
                    let chains = status["chains"].as_array().unwrap();
                    let mut chains = chains.iter();
                    let chain = chains.find(|chain| chain["origin"] == liar.origin.as_str());
                    // Behind the batch entry of its batch.
                    chain.unwrap()["wrong_register"] == size + 1
                        && liar.cosigned_by_beijing_as(node, "witness") == whole
                },
            );
            assert_eq!(liar.cosigned_by_beijing(node), size, "{lie}, {node}");
            let said = liar.federation.log(node);
            assert!(said.contains("a register of accounts in a chain"), "{said}");
        }
    }
}
