//! What can be changed in a roster: each command adds its change to the proposal in a file.

use super::{
    RegionArgument,
    authority::Authority,
    fresh::{private_pem, random_key, random_keys},
    init::{Shared, addresses_differ, roster_region, write_region},
    proposal::{Proposal, in_force},
};
use crate::{
    clock,
    credentials::SECRET_FILE,
    exit::{Failure, Outcome},
    files::{self, Access},
    node::{keys, parse_region},
    sealed,
};
use anyhow::{Context, bail};
use base64ct::{Base64, Encoding};
use clap::Args;
use ed25519_dalek::SigningKey;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::{
    cosignature::{CosignerKey, UnixSeconds},
    head::Origin,
    note::NoteKey,
    roster::{ChainKey, CosigningKey, KEYS_MAX, KeyKind, KeySpan, Region, Roster},
    value::{Division, TreeSize},
};

/// Entries for which the key of a chain still counts after another has begun to: time for all nodes to hear of it.
const GRACE_ENTRIES: u64 = 10_000_000;
/// Days for which the key of a witness or mirror still counts after another has begun to.
const GRACE_DAYS: u64 = 30;
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Arguments of `federation add-region`.
#[derive(Args)]
pub(crate) struct AddRegionArguments {
    /// The directory that `federation init` made: with the key of the TLS authority and the roster in force.
    #[arg(long)]
    dir: PathBuf,
    /// The region and where its node is reached by the others, as 650000=host:port.
    #[arg(long, value_name = "CODE=HOST:PORT")]
    region: RegionArgument,
    /// A directory with `federation.secret`, for the new node; without it, that of a region in the directory.
    #[arg(long, value_name = "DIR")]
    secret_from: Option<PathBuf>,
    /// The proposal: made, or added to.
    #[arg(long)]
    file: PathBuf,
}

/// Makes keys, certificates and a directory for one more region, and proposes it.
pub(super) fn add_region(arguments: &AddRegionArguments) -> anyhow::Result<Outcome> {
    let (dir, region) = (&arguments.dir, &arguments.region);
    let in_force = in_force(dir)?;
    let mut proposal = Proposal::read_or_begin(&arguments.file, &in_force)?;
    let roster = &mut proposal.roster;
    if roster.regions.contains_key(&region.code) {
        bail!("{}", t!("federation.region_twice", region = region.code));
    }
    let endpoint = format!("https://{}:{}", region.host, region.port);
    let at_address =
        |(_, other): &(&Division, &Region)| other.endpoint.eq_ignore_ascii_case(&endpoint);
    if let Some((other, _)) = roster.regions.iter().find(at_address) {
        let (first, second, address) = (other, region.code, &endpoint);
        bail!(
            "{}",
            t!(
                "federation.address_twice",
                first = first,
                second = second,
                address = address
            )
        );
    }
    addresses_differ(std::slice::from_ref(region))?;
    let authority = Authority::read(dir, &in_force)?;
    let secret_dir = match &arguments.secret_from {
        Some(dir) => dir.clone(),
        None => with_secret(dir, &in_force)?,
    };
    let shared = Shared::of(dir, sealed::read_secret(&secret_dir.join(SECRET_FILE))?)?;
    let node_keys = random_keys()?;
    let origin = Origin::new(&in_force.federation, region.code)
        .context("a roster names its federation well")?;
    let entry = roster_region(&origin, region, &node_keys)?;
    roster.regions.insert(region.code, entry);
    write_region(
        dir,
        &in_force.federation,
        region,
        &node_keys,
        &shared,
        &authority,
    )?;
    proposal.write_changed()?;
    Ok(Outcome::Clean)
}

/// The directory of a region beside the root key that holds the secret.
fn with_secret(dir: &Path, roster: &Roster) -> anyhow::Result<PathBuf> {
    let regions = roster.regions.keys();
    let mut held = regions.map(|code| dir.join(code.to_string()));
    held.find(|dir| dir.join(SECRET_FILE).exists())
        .with_context(|| t!("federation.no_secret", dir = dir.display()))
}

/// Reads a kind of key on the command line.
fn parse_kind(text: &str) -> Result<KeyKind, String> {
    let kind = KeyKind::ALL.into_iter().find(|kind| kind.word() == text);
    kind.ok_or_else(|| t!("argument.key_kind").to_string())
}

/// Arguments of `federation rotate-key`.
#[derive(Args)]
pub(crate) struct RotateArguments {
    /// Directory of the node: the new key is written into it, the old ones stay.
    #[arg(long)]
    dir: PathBuf,
    /// Which key: chain, witness or mirror.
    #[arg(long, value_parser = parse_kind)]
    kind: KeyKind,
    /// Of a chain: how many entries it has now, as `node status` says. From there on both keys count.
    #[arg(long, value_name = "SIZE", required_if_eq("kind", "chain"))]
    at: Option<u64>,
    /// Of a chain: for how many entries more the old key counts. The node signs with it as long as it does, so that all nodes hear of
    /// the new one before they see it.
    #[arg(long, value_name = "ENTRIES", default_value_t = GRACE_ENTRIES)]
    grace: u64,
    /// The proposal: made, or added to.
    #[arg(long)]
    file: PathBuf,
}

/// Makes a key that is to take over from the newest of its kind, and proposes it.
pub(super) fn rotate_key(arguments: &RotateArguments) -> anyhow::Result<Outcome> {
    let dir = &arguments.dir;
    let mut proposal = Proposal::read_or_begin(&arguments.file, &in_force(dir)?)?;
    let entry = proposal.region_of_node(dir)?;
    let key = fresh_key(dir, arguments.kind)?;
    let public = key.verifying_key().to_bytes();
    let name = arguments.kind.name(&entry.origin);
    match arguments.kind {
        KeyKind::Chain => {
            let at = TreeSize(arguments.at.context("clap calls for it")?);
            let until = TreeSize(at.0.saturating_add(arguments.grace));
            let key = NoteKey::new(&name, public).context("a fresh key is a key")?;
            take_over(&mut entry.keys, ChainKey::since(key, at), until)?;
        }
        kind @ (KeyKind::Witness | KeyKind::Mirror) => {
            let now = clock::now().0 / 1_000;
            let seconds = |seconds| UnixSeconds::new(seconds).context("the clock is right");
            let (now, until) = (seconds(now)?, seconds(now + GRACE_DAYS * DAY_SECONDS)?);
            let key = CosignerKey::new(&name, public).context("a fresh key is a key")?;
            let keys = cosigning_keys(entry, kind);
            take_over(keys, CosigningKey::since(key, now), until)?;
        }
    }
    proposal.write_changed()?;
    Ok(Outcome::Clean)
}

const fn cosigning_keys(region: &mut Region, kind: KeyKind) -> &mut Vec<CosigningKey> {
    match kind {
        KeyKind::Mirror => &mut region.mirror_keys,
        KeyKind::Chain | KeyKind::Witness => &mut region.witness_keys,
    }
}

/// Puts a key behind the newest, which ends then.
fn take_over<K, P: Copy + Ord>(
    keys: &mut Vec<KeySpan<K, P>>,
    next: KeySpan<K, P>,
    until: P,
) -> anyhow::Result<()> {
    if let Some(last) = keys.last_mut() {
        if last.from > next.from {
            bail!("{}", t!("federation.key_too_early"));
        }
        last.until = Some(last.until.map_or(until, |known| known.min(until)));
    }
    keys.push(next);
    Ok(())
}

/// Makes a key of a kind in a directory, under a passphrase if those there are. Never one that lies there already: a directory may have been
/// copied since that was made.
pub(super) fn fresh_key(dir: &Path, kind: KeyKind) -> anyhow::Result<SigningKey> {
    let mut is_sealed = false;
    for path in keys::files(dir, kind) {
        is_sealed |= sealed::is_sealed(&files::read_secret_text(&path)?);
    }
    let free = (1..=KEYS_MAX).map(|number| keys::file(dir, kind, number));
    let path = free.into_iter().find(|path| !path.exists());
    let path = path.with_context(|| t!("federation.too_many_keys", limit = KEYS_MAX))?;
    let key = random_key()?;
    files::create(&path, private_pem(&key)?.as_bytes(), Access::Secret)?;
    if is_sealed {
        sealed::seal_key(&path)?;
    }
    println!("{}", t!("federation.key_made", path = path.display()));
    Ok(key)
}

/// Arguments of `federation revoke`.
#[derive(Args)]
pub(crate) struct RevokeArguments {
    /// A directory with the roster in force.
    #[arg(long)]
    dir: PathBuf,
    /// Whose key.
    #[arg(long, value_parser = parse_region)]
    region: Division,
    /// Which key: chain, witness or mirror.
    #[arg(long, value_parser = parse_kind)]
    kind: KeyKind,
    /// The number of the key, from 1, as `federation show` has it.
    #[arg(long)]
    number: usize,
    /// Of a chain: the last size of a head that the key counts for. Of a witness or mirror: the last time, as 2026-11-29T08:00:00Z.
    #[arg(long, value_name = "SIZE|TIME")]
    at: String,
    /// The proposal: made, or added to.
    #[arg(long)]
    file: PathBuf,
}

/// Proposes that a key counts no further than to a point.
pub(super) fn revoke(arguments: &RevokeArguments) -> anyhow::Result<Outcome> {
    let in_force = in_force(&arguments.dir)?;
    let mut proposal = Proposal::read_or_begin(&arguments.file, &in_force)?;
    let entry = proposal.roster.regions.get_mut(&arguments.region);
    let entry = entry.with_context(|| t!("federation.not_in_roster", region = arguments.region))?;
    match arguments.kind {
        KeyKind::Chain => {
            let at = arguments.at.parse().ok().map(TreeSize);
            let at = at.ok_or_else(|| wrong(&t!("argument.size")))?;
            end(&mut entry.keys, arguments.number, at)?;
        }
        kind @ (KeyKind::Witness | KeyKind::Mirror) => {
            let at: Option<jiff::Timestamp> = arguments.at.parse().ok();
            let at = at.and_then(|at| u64::try_from(at.as_second()).ok());
            let at = at.and_then(UnixSeconds::new);
            let at = at.ok_or_else(|| wrong(&t!("argument.time")))?;
            end(cosigning_keys(entry, kind), arguments.number, at)?;
        }
    }
    proposal.write_changed()?;
    Ok(Outcome::Clean)
}

fn wrong(text: &str) -> anyhow::Error {
    Failure::Arguments(text.to_string()).into()
}

/// Ends a key. It may only become shorter: what did not count once never counts later.
fn end<K, P: Copy + Ord>(keys: &mut [KeySpan<K, P>], number: usize, at: P) -> anyhow::Result<()> {
    let found = keys.len();
    let key = number.checked_sub(1).and_then(|place| keys.get_mut(place));
    let key = key.with_context(|| t!("federation.no_such_key", number = number, found = found))?;
    if at < key.from || key.until.is_some_and(|until| until < at) {
        bail!("{}", t!("federation.key_end"));
    }
    key.until = Some(at);
    Ok(())
}

/// Arguments of `federation propose`.
#[derive(Args)]
pub(crate) struct ProposeArguments {
    /// A directory with the roster in force.
    #[arg(long)]
    dir: PathBuf,
    /// How many root keys must sign the version after the proposed one.
    #[arg(long)]
    threshold: Option<usize>,
    /// How many mirrors must have cosigned what a submitter relies on, unless he asks for another number.
    #[arg(long)]
    mirrors: Option<u8>,
    /// A root key to take up, base64, as `federation root-key` prints it; once for each.
    #[arg(long, value_name = "KEY")]
    add_root: Vec<String>,
    /// A root key to take out; once for each.
    #[arg(long, value_name = "KEY")]
    remove_root: Vec<String>,
    /// Another address of a region's node, as 440000=host:port; once for each.
    #[arg(long, value_name = "CODE=HOST:PORT")]
    endpoint: Vec<RegionArgument>,
    /// The proposal: made, or added to.
    #[arg(long)]
    file: PathBuf,
}

/// Proposes what no other command does.
pub(super) fn propose(arguments: &ProposeArguments) -> anyhow::Result<Outcome> {
    let in_force = in_force(&arguments.dir)?;
    let mut proposal = Proposal::read_or_begin(&arguments.file, &in_force)?;
    let roster = &mut proposal.roster;
    for key in &arguments.add_root {
        roster.roots.push(root_key(key)?);
    }
    for key in &arguments.remove_root {
        let key = root_key(key)?;
        roster.roots.retain(|root| *root != key);
    }
    roster.threshold = arguments.threshold.unwrap_or(roster.threshold);
    roster.mirrors = arguments.mirrors.unwrap_or(roster.mirrors);
    for moved in &arguments.endpoint {
        let entry = roster.regions.get_mut(&moved.code);
        let entry = entry.with_context(|| t!("federation.not_in_roster", region = moved.code))?;
        entry.endpoint = format!("https://{}:{}", moved.host, moved.port);
    }
    proposal.write_changed()?;
    Ok(Outcome::Clean)
}

fn root_key(text: &str) -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    match Base64::decode(text, &mut bytes) {
        Ok(decoded) if decoded.len() == 32 => Ok(bytes),
        _ => Err(wrong(&t!("argument.root_key"))),
    }
}
