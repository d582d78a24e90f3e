//! A node whose clock is wrong: those it talks to tell theirs, and it says so, and does nothing else about it.

use crate::support::{self, Federation, eventually, run};
use base64ct::{Base64, Encoding};
use std::{fs, path::Path};
use yizhang_ledger::{roster::Roster, value::Division};
use yizhang_wire::{
    channel::{CallerIdentity, connect_lazily, node_name},
    v1::{TellRequest, replication_client::ReplicationClient},
};

const REGION: u32 = 440_000;
const OTHERS: [u32; 2] = [110_000, 520_000];
const HOUR_MS: u64 = 60 * 60 * 1_000;

/// Tells the node of [`REGION`] what time it is, in the name of the node with these credentials.
async fn tell_time(dir: &Path, clock_ms: u64) {
    let text = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let trust: toml::Table = text("trust.toml").parse().unwrap();
    let mut root = [0; 32];
    Base64::decode(trust["roots"][0].as_str().unwrap(), &mut root).unwrap();
    let note = fs::read(dir.join("roster.note")).unwrap();
    let roster = Roster::open(&note, &[root], 1).unwrap();
    let region = Division::new(REGION).unwrap();
    let identity = CallerIdentity::new(&text("tls.crt"), &text("tls.key"));
    let name = node_name(&roster.federation, region);
    let endpoint = &roster.regions[&region].endpoint;
    let channel = connect_lazily(endpoint, &roster.tls_authority, &name, &identity).unwrap();
    let request = TellRequest {
        clock_ms,
        ..Default::default()
    };
    ReplicationClient::new(channel).tell(request).await.unwrap();
}

fn status(federation: &Federation, language: &str) -> support::Ran {
    run(&[
        "node",
        "status",
        "--node",
        &REGION.to_string(),
        "--credentials",
        &federation.agency(REGION),
        "--lang",
        language,
    ])
}

#[test]
fn a_clock_that_two_peers_contradict_is_a_warning_and_no_refusal() {
    let mut federation = Federation::found(&[REGION, OTHERS[0], OTHERS[1]]);
    federation.start_all();
    federation.wait_ready(REGION);
    for other in OTHERS {
        federation.stop(other);
    }
    status(&federation, "en").expect(0);
    let now_ms = federation.status(REGION).unwrap()["at_ms"].as_u64();
    let now_ms = now_ms.expect("a node tells its time");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tell = |other: u32, clock_ms| {
        runtime.block_on(tell_time(&federation.node_dir(other), clock_ms));
    };
    // One alone says nothing, nor do two who contradict each other.
    tell(OTHERS[0], now_ms + HOUR_MS);
    tell(OTHERS[1], now_ms - HOUR_MS);
    status(&federation, "en").expect(0);
    tell(OTHERS[1], now_ms + HOUR_MS);
    let warned = status(&federation, "en").expect(1).stdout;
    assert!(
        warned.contains("minutes behind those of its peers: set it"),
        "{warned}"
    );
    let warned = status(&federation, "zh").expect(1).stdout;
    assert!(warned.contains("本节点时钟比其他节点慢 "), "{warned}");
    let told = federation.status(REGION).unwrap();
    let off = told["clock_off_ms"].as_i64().unwrap();
    let expected = -i64::try_from(HOUR_MS).unwrap();
    assert!((expected - off).abs() < 60_000, "{off}");
    assert_eq!(told["ready"], true);
    eventually("the log says so", || {
        let log = federation.log(REGION);
        log.contains("the clock of this node differs from those of its peers")
    });
}
