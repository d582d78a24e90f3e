//! What a version of the roster changes, in words: what somebody reads before he signs.

use crate::show;
use base64ct::{Base64, Encoding};
use rust_i18n::t;
use yizhang_ledger::{
    cosignature::UnixSeconds,
    roster::{KeyKind, Region, Roster},
    value::Division,
};

/// Characters of a key by which people tell it from others.
const KEY_CHARACTERS: usize = 12;

/// The beginning of a public key, as it stands in the roster.
pub(super) fn short(key: &[u8; 32]) -> String {
    let mut text = Base64::encode_string(key);
    text.truncate(KEY_CHARACTERS);
    text
}

/// A key as people read of it: where it counts, in sizes or times.
pub(super) struct KeyLine {
    pub(super) key: [u8; 32],
    pub(super) from: String,
    pub(super) until: Option<String>,
}

/// The keys of a region of one kind, oldest first.
pub(super) fn key_lines(region: &Region, kind: KeyKind) -> Vec<KeyLine> {
    if kind == KeyKind::Chain {
        let keys = region.keys.iter().map(|span| KeyLine {
            key: span.key.to_bytes(),
            from: span.from.to_string(),
            until: span.until.map(|until| until.to_string()),
        });
        return keys.collect();
    }
    let keys = region.cosigning_keys(kind).iter().map(|span| KeyLine {
        key: span.key.to_bytes(),
        from: time(span.from),
        until: span.until.map(time),
    });
    keys.collect()
}

/// A time in UTC, to the second; as a number where the calendar has none.
pub(super) fn time(seconds: UnixSeconds) -> String {
    let stamp = i64::try_from(seconds.get())
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    stamp.map_or_else(|| seconds.to_string(), |stamp| stamp.to_string())
}

/// The word for a kind of key.
pub(super) fn kind_name(kind: KeyKind) -> String {
    match kind {
        KeyKind::Chain => t!("federation.key_chain").to_string(),
        KeyKind::Witness => t!("federation.key_witness").to_string(),
        KeyKind::Mirror => t!("federation.key_mirror").to_string(),
    }
}

/// Where a key counts.
pub(super) fn span(line: &KeyLine) -> String {
    match &line.until {
        Some(until) => t!("federation.span", from = line.from, until = until).to_string(),
        None => t!("federation.span_open", from = line.from).to_string(),
    }
}

/// What the second version says otherwise than the first, a line each.
pub(super) fn lines(before: &Roster, after: &Roster) -> Vec<String> {
    let mut lines = Vec::new();
    if before.threshold != after.threshold {
        let (old, new) = (before.threshold, after.threshold);
        lines.push(t!("federation.diff_threshold", old = old, new = new).to_string());
    }
    if before.mirrors != after.mirrors {
        let (old, new) = (before.mirrors, after.mirrors);
        lines.push(t!("federation.diff_mirrors", old = old, new = new).to_string());
    }
    for root in after
        .roots
        .iter()
        .filter(|root| !before.roots.contains(*root))
    {
        lines.push(t!("federation.diff_root_new", key = short(root)).to_string());
    }
    for root in before
        .roots
        .iter()
        .filter(|root| !after.roots.contains(*root))
    {
        lines.push(t!("federation.diff_root_gone", key = short(root)).to_string());
    }
    if before.tls_authority != after.tls_authority {
        lines.push(t!("federation.diff_authority").to_string());
    }
    for (code, region) in &after.regions {
        if let Some(known) = before.regions.get(code) {
            region_lines(*code, known, region, &mut lines);
        } else {
            let (region, code, endpoint) = (show::place::name(*code), code, &region.endpoint);
            lines.push(
                t!(
                    "federation.diff_region_new",
                    region = region,
                    code = code,
                    endpoint = endpoint
                )
                .to_string(),
            );
        }
    }
    for code in before
        .regions
        .keys()
        .filter(|code| !after.regions.contains_key(code))
    {
        let region = show::place::name(*code);
        lines.push(t!("federation.diff_region_gone", region = region, code = code).to_string());
    }
    lines
}

fn region_lines(code: Division, before: &Region, after: &Region, lines: &mut Vec<String>) {
    let region = show::place::name(code);
    if before.endpoint != after.endpoint {
        let (old, new) = (&before.endpoint, &after.endpoint);
        lines.push(
            t!(
                "federation.diff_endpoint",
                region = region,
                code = code,
                old = old,
                new = new
            )
            .to_string(),
        );
    }
    for continuation in &after.continuations {
        if !before.continuations.contains(continuation) {
            let (agreed, from) = (continuation.agreed.size, continuation.from);
            lines.push(
                t!(
                    "federation.diff_continues",
                    region = region,
                    code = code,
                    agreed = agreed,
                    size = from.size,
                    root = from.root
                )
                .to_string(),
            );
        }
    }
    for gone in &before.continuations {
        if !after.continuations.contains(gone) {
            let (size, root) = (gone.from.size, gone.from.root);
            lines.push(
                t!(
                    "federation.diff_continues_gone",
                    region = region,
                    code = code,
                    size = size,
                    root = root
                )
                .to_string(),
            );
        }
    }
    for kind in KeyKind::ALL {
        let (old, new) = (key_lines(before, kind), key_lines(after, kind));
        for key in &new {
            let known = old.iter().find(|known| known.key == key.key);
            let text = match known {
                Some(known) if known.until == key.until && known.from == key.from => continue,
                Some(_) => "federation.diff_key_changed",
                None => "federation.diff_key_new",
            };
            lines.push(key_text(text, code, kind, key));
        }
        for key in old
            .iter()
            .filter(|key| !new.iter().any(|kept| kept.key == key.key))
        {
            lines.push(key_text("federation.diff_key_gone", code, kind, key));
        }
    }
}

fn key_text(text: &str, code: Division, kind: KeyKind, key: &KeyLine) -> String {
    t!(
        text,
        region = show::place::name(code),
        code = code,
        kind = kind_name(kind),
        key = short(&key.key),
        span = span(key)
    )
    .to_string()
}
