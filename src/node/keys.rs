//! The files with the keys that a node signs with. The first of a kind is `chain.key`; those that take over are `chain.2.key` and so on.
//! Which of them is used the roster says.

use crate::sealed;
use anyhow::Context;
use ed25519_dalek::{SigningKey, pkcs8::DecodePrivateKey};
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::roster::{KEYS_MAX, KeyKind, Region};
use yizhang_node::NodeKeys;

/// The file of a key of a kind in the directory of a node; keys of a kind count from 1.
pub(crate) fn file(dir: &Path, kind: KeyKind, number: usize) -> PathBuf {
    dir.join(match number {
        1 => format!("{}.key", kind.word()),
        number => format!("{}.{number}.key", kind.word()),
    })
}

/// Every file with a key of a kind that a directory may have, and has.
pub(crate) fn files(dir: &Path, kind: KeyKind) -> impl Iterator<Item = PathBuf> {
    let named = (1..=KEYS_MAX).map(move |number| file(dir, kind, number));
    named.filter(|path| path.exists())
}

/// Reads one key.
pub(crate) fn signing_key(path: &Path) -> anyhow::Result<SigningKey> {
    SigningKey::from_pkcs8_pem(&sealed::read_key(path)?)
        .ok()
        .with_context(|| t!("node.bad_key", path = path.display()))
}

/// The keys that a node signs with: the newest of each kind that its region has in the roster, and those of its chain before it. Where the
/// roster names none of a kind that is in the directory, the first one there, which the node does not start with, and says why.
///
/// # Errors
/// Files that are missing, that others may read, or that hold no key.
pub(crate) fn read(dir: &Path, region: Option<&Region>) -> anyhow::Result<NodeKeys> {
    let chain = Keys::read(dir, region, KeyKind::Chain)?;
    Ok(NodeKeys {
        chain: chain.newest,
        chain_before: chain.before,
        witness: Keys::read(dir, region, KeyKind::Witness)?.newest,
        mirror: Keys::read(dir, region, KeyKind::Mirror)?.newest,
    })
}

/// The keys of a kind, in the order of the roster.
struct Keys {
    before: Vec<SigningKey>,
    newest: SigningKey,
}

impl Keys {
    fn read(dir: &Path, region: Option<&Region>, kind: KeyKind) -> anyhow::Result<Self> {
        let mut held = Vec::new();
        for path in files(dir, kind) {
            held.push(signing_key(&path)?);
        }
        let named = region.map_or(Vec::new(), |region| region.public_keys(kind));
        let mut keys = Vec::new();
        for public in named {
            let key = held
                .iter()
                .find(|key| key.verifying_key().to_bytes() == public);
            keys.extend(key.cloned());
        }
        let newest = match keys.pop().or_else(|| held.into_iter().next()) {
            Some(key) => key,
            None => signing_key(&file(dir, kind, 1))?,
        };
        Ok(Self {
            before: keys,
            newest,
        })
    }
}
