//! The state of a node.

use super::{
    copies::{self, ChainCopy},
    cosigned::Cosigning,
    place, table,
};
use crate::text::t;
use serde_json::{Value, json};
use yizhang_ledger::value::UnixMillis;

/// The state of a node, as it tells it.
pub struct NodeStatus {
    /// Origin of its own chain.
    pub own_origin: String,
    /// Whether it takes submissions.
    pub ready: bool,
    /// Why not.
    pub not_ready_reason: String,
    /// Why not, as a code.
    pub not_ready_code: String,
    /// When it said so, by its clock.
    pub at: UnixMillis,
    /// Every chain that it holds.
    pub chains: Vec<ChainCopy>,
    /// How long entries of its own chain have been held by no other connected node, in ms; 0 if there are none.
    pub unshared_ms: u64,
    /// When all segments on its disk had last been gone through for damage; none before the first time since it started.
    pub scrubbed: Option<UnixMillis>,
    /// The other nodes.
    pub peers: Vec<PeerStatus>,
    /// What room is left on its disk, as a code; empty if there is plenty.
    pub room_code: String,
    /// Other nodes that have flooded it in the last hour.
    pub floods: Vec<FloodStatus>,
    /// By how much its clock is ahead of those of its peers, in ms, below 0 behind; 0 if that is no warning.
    pub clock_off_ms: i64,
    /// Checks of the federation secrets that it holds, oldest first, in hexadecimal digits.
    pub secret_checks: Vec<String>,
    /// Which of them it writes under, from 0.
    pub secret_written: u32,
    /// What it knows of cosignatures.
    pub cosigning: Cosigning,
    /// How often it was shown evidence since it started that proves nothing by what stood beside it.
    pub forged_evidence: u64,
    /// The version of the roster that it works under; 0 if it says none.
    pub roster: u64,
    /// The versions of which the root keys have signed two.
    pub rosters_signed_twice: Vec<SignedTwiceStatus>,
    /// The certificates that it lives by.
    pub certificates: Vec<CertificateStatus>,
    /// The disk of its data directory; none if it does not tell.
    pub disk: Option<DiskStatus>,
}

/// The disk of a node.
#[derive(Clone, Copy)]
pub struct DiskStatus {
    /// What the node may still take.
    pub free_bytes: u64,
    /// All of it.
    pub size_bytes: u64,
}

impl DiskStatus {
    /// What is taken, by whomever.
    pub const fn used_bytes(self) -> u64 {
        self.size_bytes.saturating_sub(self.free_bytes)
    }

    /// Free, used and all of it, in words.
    fn line(self) -> String {
        let all = [self.free_bytes, self.used_bytes(), self.size_bytes];
        let [free, used, size] = all.map(gibibytes);
        t!("status.disk", free = free, used = used, size = size).to_string()
    }
}

/// Bytes of a gibibyte.
const GIB: u64 = 1_024 * 1_024 * 1_024;

/// Bytes as gibibytes with one decimal, rounded down: nobody is told that there is more than there is.
pub fn gibibytes(bytes: u64) -> String {
    let tenths = bytes / (GIB / 10);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

/// A number with which the root keys have signed two versions of the roster.
pub struct SignedTwiceStatus {
    /// The number.
    pub version: u64,
    /// The one that the node works by, or did: its hash, in hexadecimal digits.
    pub held: String,
    /// The other.
    pub other: String,
}

/// A certificate of a node, or of the authority.
pub struct CertificateStatus {
    /// Whose: node, authority.
    pub name: String,
    /// Its last moment.
    pub until: UnixMillis,
    /// Whether it ends within 60 days, or has ended.
    pub ending: bool,
}

/// Another node that floods this one, or did.
pub struct FloodStatus {
    /// Its region.
    pub region: String,
    /// Whether it goes on.
    pub goes_on: bool,
    /// When it was last noticed.
    pub noticed: UnixMillis,
}

/// Another node.
pub struct PeerStatus {
    /// Its region.
    pub region: String,
    /// Whether there is a connection.
    pub connected: bool,
    /// How much of the asked node's own chain it has announced.
    pub holds: u64,
    /// Which of the federation secrets it holds, beside the asked node: same, fewer, more, other; empty if it has not told.
    pub secrets: String,
    /// The version of the roster that it works under; 0 if it has not told.
    pub roster: u64,
    /// Whether the asked node holds another version of that number.
    pub other_roster: bool,
}

impl PeerStatus {
    /// Whether records of one of the two nodes are not found at the other.
    fn has_other_secrets(&self) -> bool {
        !matches!(self.secrets.as_str(), "" | "same")
    }
}

/// How long entries may be on one disk alone before that is a finding, in ms.
const UNSHARED_MS_MAX: u64 = 60_000;

impl NodeStatus {
    /// Whether something needs a person.
    pub fn needs_somebody(&self) -> bool {
        let needs = |chain: &ChainCopy| {
            chain.is_quarantined()
                || !chain.damage.is_empty()
                || chain.ahead_ms > 0
                || chain.wrong_register.is_some()
        };
        !self.ready
            || self.unshared_ms >= UNSHARED_MS_MAX
            || self.clock_off_ms != 0
            || self.peers.iter().any(PeerStatus::has_other_secrets)
            || self.peers.iter().any(|peer| peer.other_roster)
            || !self.rosters_signed_twice.is_empty()
            || (self.hands_out() && self.peers.iter().any(|peer| peer.secrets.is_empty()))
            || self
                .certificates
                .iter()
                .any(|certificate| certificate.ending)
            || self.chains.iter().any(needs)
    }

    /// Whether it holds a secret that it does not write under yet.
    fn hands_out(&self) -> bool {
        let held = u32::try_from(self.secret_checks.len()).unwrap_or(u32::MAX);
        self.secret_written.saturating_add(1) < held
    }

    /// What is wrong around it: its disk, its clock, those who talk to it.
    fn warnings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match self.room_code.as_str() {
            "" => {}
            "little" => lines.push(t!("status.room_little")),
            "own-only" => lines.push(t!("status.room_own_only")),
            "full" => lines.push(t!("status.room_full")),
            other => lines.push(t!("status.room_other", code = other)),
        }
        lines.extend(self.cosigning.warnings().into_iter().map(Into::into));
        if self.forged_evidence > 0 {
            lines.push(t!("status.forged_evidence", times = self.forged_evidence));
        }
        let minutes = self.clock_off_ms.unsigned_abs() / 60_000;
        if self.clock_off_ms > 0 {
            lines.push(t!("status.clock_ahead", minutes = minutes));
        } else if self.clock_off_ms < 0 {
            lines.push(t!("status.clock_behind", minutes = minutes));
        }
        for certificate in self
            .certificates
            .iter()
            .filter(|certificate| certificate.ending)
        {
            let day = copies::moment(certificate.until);
            lines.push(if certificate.name == "authority" {
                t!("status.authority_ends", day = day)
            } else {
                t!("status.certificate_ends", day = day)
            });
        }
        for flood in &self.floods {
            let key = if flood.goes_on {
                "status.flood_now"
            } else {
                "status.flood_lately"
            };
            let (region, time) = (place::of_code(&flood.region), copies::moment(flood.noticed));
            lines.push(t!(key, region = region, time = time));
        }
        // While a secret is being handed out, who has it is said of everybody: only when all have it may it be used.
        if self.hands_out() {
            lines.push(t!("status.secret_next"));
        }
        for peer in &self.peers {
            let region = place::of_code(&peer.region);
            match peer.secrets.as_str() {
                "same" if self.hands_out() => {
                    lines.push(t!("status.secrets_same", region = region));
                }
                "" if self.hands_out() => {
                    lines.push(t!("status.secrets_untold", region = region));
                }
                "" | "same" => {}
                "fewer" => lines.push(t!("status.secrets_fewer", region = region)),
                "more" => lines.push(t!("status.secrets_more", region = region)),
                _ => lines.push(t!("status.secrets_other", region = region)),
            }
        }
        lines.extend(self.other_rosters().into_iter().map(Into::into));
        lines.into_iter().map(Into::into).collect()
    }

    /// Which nodes work under another version of the roster, and of which number there are two.
    fn other_rosters(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for peer in self.peers.iter().filter(|peer| peer.roster != 0) {
            let (region, version) = (place::of_code(&peer.region), peer.roster);
            if peer.roster != self.roster {
                lines.push(t!("status.peer_roster", region = region, version = version));
            }
            if peer.other_roster {
                lines.push(t!(
                    "status.other_roster",
                    region = region,
                    version = version
                ));
            }
        }
        for twice in &self.rosters_signed_twice {
            let SignedTwiceStatus {
                version,
                held,
                other,
            } = twice;
            lines.push(t!(
                "status.signed_twice",
                version = version,
                held = held,
                other = other
            ));
        }
        lines.into_iter().map(Into::into).collect()
    }

    /// How much of its own chain at least one other node holds, and how long what is beyond it has been alone; none if there is
    /// no other node.
    fn sharing(&self) -> Option<String> {
        let held = self.peers.iter().map(|peer| peer.holds).max()?;
        let own = self
            .chains
            .iter()
            .find(|chain| chain.origin.as_str() == self.own_origin)?;
        let held = held.min(own.size);
        let line = if self.unshared_ms == 0 {
            t!("status.shared", size = held)
        } else {
            let (alone, seconds) = (own.size - held, self.unshared_ms / 1_000);
            t!(
                "status.unshared",
                size = held,
                alone = alone,
                seconds = seconds
            )
        };
        Some(line.to_string())
    }

    /// Which mirrors have not cosigned all of its own chain yet.
    fn mirrors_behind(&self) -> Vec<String> {
        let mut chains = self.chains.iter();
        let own = chains.find(|chain| chain.origin.as_str() == self.own_origin);
        let regions = self.peers.iter().map(|peer| peer.region.as_str());
        own.map_or_else(Vec::new, |own| {
            self.cosigning.behind(&self.own_origin, own.size, regions)
        })
    }
}

/// The state as JSON.
pub fn json(status: &NodeStatus) -> Value {
    json!({
        "own": status.own_origin,
        "ready": status.ready,
        "not_ready_reason": status.not_ready_reason,
        "not_ready_code": status.not_ready_code,
        "at_ms": status.at.0,
        "unshared_ms": status.unshared_ms,
        "scrubbed_ms": status.scrubbed.map(|time| time.0),
        "room_code": status.room_code,
        "clock_off_ms": status.clock_off_ms,
        "secret_checks": status.secret_checks,
        "secret_written": status.secret_written,
        "cosigning": status.cosigning.json(),
        "forged_evidence": status.forged_evidence,
        "rosters_signed_twice": status.rosters_signed_twice.iter().map(|twice| json!({ "version": twice.version, "held": twice.held, "other": twice.other })).collect::<Vec<_>>(),
        "roster": status.roster,
        "certificates": status.certificates.iter().map(|certificate| json!({ "name": certificate.name, "until_ms": certificate.until.0, "ending": certificate.ending })).collect::<Vec<_>>(),
        "disk": status.disk.map(|disk| json!({ "free_bytes": disk.free_bytes, "size_bytes": disk.size_bytes })),
        "floods": status.floods.iter().map(|flood| json!({ "region": flood.region, "goes_on": flood.goes_on, "noticed_ms": flood.noticed.0 })).collect::<Vec<_>>(),
        "chains": status.chains.iter().map(ChainCopy::json).collect::<Vec<_>>(),
        "peers": status.peers.iter().map(|peer| json!({ "region": peer.region, "connected": peer.connected, "holds": peer.holds, "secrets": peer.secrets, "roster": peer.roster, "other_roster": peer.other_roster })).collect::<Vec<_>>(),
    })
}

/// A table of what a node says.
pub struct Table {
    /// The names of its columns.
    pub header: [String; 5],
    /// Its rows.
    pub rows: Vec<[String; 5]>,
}

/// The state in words.
pub struct Report {
    /// Whether the node takes submissions, or why not; under which roster it works.
    pub state: Vec<String>,
    /// Every chain that it holds.
    pub chains: Table,
    /// Who has cosigned each chain.
    pub cosigned: Table,
    /// How its own chain is shared, and when its disk was gone through.
    pub lines: Vec<String>,
    /// What needs somebody.
    pub warnings: Vec<String>,
    /// Which other nodes are there.
    pub peers: Vec<String>,
}

impl Report {
    /// Of a state.
    pub fn of(status: &NodeStatus) -> Self {
        let mut state = vec![if status.ready {
            t!("status.ready", chain = status.own_origin).to_string()
        } else {
            let (chain, reason) = (&status.own_origin, reason(status));
            t!("status.not_ready", chain = chain, reason = reason).to_string()
        }];
        if status.roster > 0 {
            state.push(t!("status.roster", version = status.roster).to_string());
        }
        let mut lines: Vec<String> = status.sharing().into_iter().collect();
        lines.extend(status.mirrors_behind());
        lines.push(match status.scrubbed {
            Some(time) => t!("status.scrubbed", time = copies::moment(time)).to_string(),
            None => t!("status.not_scrubbed").to_string(),
        });
        lines.extend(status.disk.map(DiskStatus::line));
        let damaged = status.chains.iter();
        let damaged = damaged.filter(|chain| !chain.damage.is_empty());
        let mut warnings: Vec<String> = damaged
            .map(|chain| {
                let (region, damage) = (place::name(chain.region()), &chain.damage);
                t!("status.damage", region = region, damage = damage).to_string()
            })
            .collect();
        warnings.extend(status.warnings());
        let peers = status.peers.iter().map(|peer| {
            let key = if peer.connected {
                "status.connected"
            } else {
                "status.not_connected"
            };
            t!(key, region = place::of_code(&peer.region)).to_string()
        });
        Self {
            state,
            chains: chains(status),
            cosigned: status.cosigning.table(),
            lines,
            warnings,
            peers: peers.collect(),
        }
    }
}

fn chains(status: &NodeStatus) -> Table {
    let header = [
        t!("status.chain"),
        t!("status.size"),
        t!("status.newest"),
        t!("status.heard"),
        t!("status.state"),
    ];
    let rows = status.chains.iter().map(|chain| {
        [
            place::name(chain.region()),
            chain.size.to_string(),
            chain.newest_batch(),
            chain.last_heard(),
            chain.state(),
        ]
    });
    Table {
        header: header.map(|name| name.to_string()),
        rows: rows.collect(),
    }
}

/// Prints the state.
pub fn table_of(status: &NodeStatus) {
    let report = Report::of(status);
    let print = |lines: &[String]| lines.iter().for_each(|line| println!("{line}"));
    print(&report.state);
    let mut chains = table(report.chains.header.map(Into::into));
    chains.add_rows(report.chains.rows);
    println!("{chains}");
    if !report.cosigned.rows.is_empty() {
        let mut cosigned = table(report.cosigned.header.map(Into::into));
        cosigned.add_rows(report.cosigned.rows);
        println!("{cosigned}");
    }
    print(&report.lines);
    print(&report.warnings);
    print(&report.peers);
}

/// Why the node is not ready, in the language in force; in the words of the node where there are none of ours.
fn reason(status: &NodeStatus) -> String {
    let text = &status.not_ready_reason;
    let reason = match status.not_ready_code.as_str() {
        "hearing" => t!("not_ready.hearing", text = text),
        "comparing" => t!("not_ready.comparing", text = text),
        "fetching-back" => t!("not_ready.fetching_back", text = text),
        "signed-elsewhere" => t!("not_ready.signed_elsewhere", text = text),
        "two-histories" => t!("not_ready.two_histories", text = text),
        "disk-failed" => t!("not_ready.disk_failed", text = text),
        "signature-refused" => t!("not_ready.signature_refused", text = text),
        "disk-full" => t!("not_ready.disk_full", text = text),
        "mirror" => t!("not_ready.mirror", text = text),
        _ => text.into(),
    };
    reason.to_string()
}
