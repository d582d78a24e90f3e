//! What is wrong with a data directory, in the language in force. The crate words it in English; `locales/damage.yml`
//! has the Chinese.

use super::{fault, place};
use crate::language::{self, Language};
use crate::text::t;
use std::path::Path;
use yizhang_ledger::segment::FrameFault;
use yizhang_store::{
    AccessFault, AccessFinding, Damage, DamageFault, Finding, IndexFault, IndexOpened, MarkerFault,
    Opened, RegisterFileFault, StoreError, Truncated,
};

/// Why a data directory cannot be opened; what is rare stays in the words of the crate.
pub fn store(error: &StoreError) -> String {
    match (language::current(), error) {
        (Language::Zh, StoreError::InUse { .. }) => t!("damage.in-use").to_string(),
        (Language::Zh, StoreError::Damaged(damage)) => place_of(damage),
        (
            Language::Zh,
            StoreError::Access {
                path,
                offset,
                fault,
            },
        ) => at(path, *offset, &access_fault(fault)),
        (Language::Zh, StoreError::Io { source, .. }) => {
            t!("damage.read", cause = fault::cause(source)).to_string()
        }
        _ => error.to_string(),
    }
}

/// A finding of a check as one line.
pub fn finding(finding: &Finding) -> String {
    if language::current() == Language::En {
        return finding.to_string();
    }
    let text = match finding {
        Finding::NoMarker(path) => t!("damage.no-marker", path = path.display()),
        Finding::Marker(path, fault) => t!(
            "damage.marker",
            path = path.display(),
            fault = marker(fault)
        ),
        Finding::Chain(damage) => return place_of(damage),
        Finding::TornChain(origin, torn) => t!(
            "damage.torn",
            region = place::name(origin.region()),
            path = torn.file.display(),
            at = torn.length,
            bytes = torn.bytes
        ),
        Finding::Short { origin, seen, size } => t!(
            "damage.short",
            region = place::name(origin.region()),
            seen = seen,
            size = size
        ),
        Finding::NotedHead { origin, path } => t!(
            "damage.noted-head",
            region = place::name(origin.region()),
            path = path.display()
        ),
        Finding::BehindJournal { origin, lost, size } => t!(
            "damage.behind-journal",
            region = place::name(origin.region()),
            lost = lost,
            size = size
        ),
        Finding::BehindIndex {
            origin,
            indexed,
            size,
        } => t!(
            "damage.behind-index",
            region = place::name(origin.region()),
            indexed = indexed,
            size = size
        ),
        Finding::Journal(path, offset, fault) => return at(path, *offset, &frame(fault)),
        Finding::Index(fault) => t!("damage.index", fault = index(fault)),
        Finding::Register(path, fault) => return at(path, 0, &register(*fault)),
        Finding::Stray(path) => t!("damage.stray", path = path.display()),
    };
    text.to_string()
}

fn register(fault: RegisterFileFault) -> String {
    let text = match fault {
        RegisterFileFault::Truncated => t!("damage.register-truncated"),
        RegisterFileFault::Header => t!("damage.register-header"),
        RegisterFileFault::Checksum => t!("damage.register-checksum"),
        RegisterFileFault::Foreign => t!("damage.register-foreign"),
        RegisterFileFault::Order => t!("damage.register-order"),
        RegisterFileFault::Root => t!("damage.register-root"),
    };
    text.to_string()
}

/// A finding in the access log as one line.
pub fn access(finding: &AccessFinding) -> String {
    if language::current() == Language::En {
        return finding.to_string();
    }
    let text = match finding {
        AccessFinding::File {
            path,
            offset,
            fault,
        } => return at(path, *offset, &access_fault(fault)),
        AccessFinding::OtherRoot { day, rooted, found } => {
            t!(
                "damage.access-root",
                day = day,
                rooted = rooted,
                found = found
            )
        }
        AccessFinding::Missing { day } => t!("damage.access-missing", day = day),
        AccessFinding::Stray(path) => t!("damage.stray", path = path.display()),
    };
    text.to_string()
}

fn access_fault(fault: &AccessFault) -> String {
    let text = match fault {
        AccessFault::Header => t!("damage.access-header"),
        AccessFault::OtherDay => t!("damage.access-other-day"),
        AccessFault::Previous => t!("damage.access-previous"),
        AccessFault::Changed => t!("damage.access-changed"),
        AccessFault::Torn { bytes } => t!("damage.access-torn", bytes = bytes),
    };
    text.to_string()
}

/// What to do about a finding.
pub fn remedy(finding: &Finding) -> String {
    if language::current() == Language::En {
        return finding.remedy().to_string();
    }
    let text = match finding {
        Finding::NoMarker(_) => t!("remedy.no-marker"),
        Finding::Marker(_, MarkerFault::Version { .. }) => t!("remedy.version"),
        Finding::Marker(_, MarkerFault::Changed) => t!("remedy.marker"),
        Finding::Chain(_) => t!("remedy.chain"),
        Finding::TornChain(..) => t!("remedy.torn"),
        Finding::Short { .. } | Finding::BehindIndex { .. } | Finding::BehindJournal { .. } => {
            t!("remedy.short")
        }
        Finding::NotedHead { .. } => t!("remedy.noted-head"),
        Finding::Journal(..) => t!("remedy.journal"),
        Finding::Index(_) => t!("remedy.index"),
        Finding::Register(..) => t!("remedy.register"),
        Finding::Stray(_) => t!("remedy.stray"),
    };
    text.to_string()
}

/// What opening a store found, a line each.
pub fn opened(opened: &Opened) -> Vec<String> {
    if language::current() == Language::En {
        return opened.to_string().lines().map(str::to_string).collect();
    }
    let mut lines = Vec::new();
    for chain in &opened.chains {
        let region = place::name(chain.origin.region());
        let (size, batches, bytes) = (chain.size, chain.batches, chain.bytes);
        let replayed = chain.replayed;
        lines.push(t!(
            "opened.chain",
            region = region,
            size = size,
            batches = batches,
            bytes = bytes,
            replayed = replayed
        ));
        lines.extend(
            chain
                .truncated
                .as_ref()
                .map(cut)
                .map(|cut| t!("opened.below", text = cut)),
        );
        lines.extend(chain.had.map(|size| t!("opened.index-had", size = size)));
        lines.extend(
            chain
                .damage
                .as_ref()
                .map(|damage| t!("opened.not-served", damage = place_of(damage))),
        );
    }
    lines.extend(
        opened
            .journal
            .as_ref()
            .map(|truncated| t!("opened.journal", text = cut(truncated))),
    );
    lines.push(match &opened.index {
        IndexOpened::New => t!("opened.index-new"),
        IndexOpened::Used => t!("opened.index-used"),
        IndexOpened::Rebuilt(fault) => t!("opened.index-rebuilt", fault = index(fault)),
    });
    lines.into_iter().map(|line| line.to_string()).collect()
}

fn cut(truncated: &Truncated) -> String {
    let Truncated {
        file,
        length,
        bytes,
    } = truncated;
    t!(
        "opened.cut",
        path = file.display(),
        bytes = bytes,
        length = length
    )
    .to_string()
}

fn place_of(damage: &Damage) -> String {
    let Damage {
        origin,
        file,
        offset,
        fault,
    } = damage;
    let at = at(file, *offset, &chain(fault));
    t!(
        "damage.of-chain",
        region = place::name(origin.region()),
        at = at
    )
    .to_string()
}

fn at(path: &Path, at: u64, fault: &str) -> String {
    t!("damage.at", path = path.display(), at = at, fault = fault).to_string()
}

fn chain(fault: &DamageFault) -> String {
    let text = match fault {
        DamageFault::Frame(fault) => return frame(fault),
        DamageFault::Evidence(invalid) => t!("damage.evidence", text = invalid),
        DamageFault::Head => t!("damage.head"),
        DamageFault::MissingFile(first) => t!("damage.missing-file", first = first),
        DamageFault::Read(error) => t!("damage.read", cause = fault::cause(error)),
        DamageFault::Record(leaf) => t!("damage.record", leaf = leaf),
    };
    text.to_string()
}

/// What is wrong with a frame.
pub fn frame_fault(fault: &FrameFault) -> String {
    match language::current() {
        Language::En => fault.to_string(),
        Language::Zh => frame(fault),
    }
}

fn frame(fault: &FrameFault) -> String {
    let text = match fault {
        FrameFault::Truncated { missing } => t!("damage.truncated", missing = missing),
        FrameFault::Header => t!("damage.header"),
        FrameFault::Checksum => t!("damage.checksum"),
        FrameFault::Foreign => t!("damage.foreign"),
    };
    text.to_string()
}

fn marker(fault: &MarkerFault) -> String {
    let text = match fault {
        MarkerFault::Version { expected, found } => {
            t!("damage.version", expected = expected, found = found)
        }
        MarkerFault::Changed => t!("damage.changed"),
    };
    text.to_string()
}

fn index(fault: &IndexFault) -> String {
    let text = match fault {
        IndexFault::Missing => t!("damage.index-missing"),
        IndexFault::Engine { action, message } => {
            t!("damage.index-engine", text = format!("{action}: {message}"))
        }
        IndexFault::Value(what) => t!("damage.index-value", what = what),
        IndexFault::Disagrees(what) => t!("damage.index-disagrees", what = what),
        IndexFault::Asked => t!("damage.index-asked"),
    };
    text.to_string()
}
