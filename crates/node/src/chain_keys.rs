//! Which key signs the heads of the own chain: the roster says up to which size each of them counts.

use crate::config::Config;
use ed25519_dalek::SigningKey;
use yizhang_ledger::{roster::ChainKey, value::TreeSize};

/// The keys of the own chain that this node has, in the order of the roster, each with the sizes at which it counts.
pub(crate) struct ChainKeys {
    spans: Vec<Signer>,
    /// What signs where none counts: the replica refuses it then, and says so.
    newest: SigningKey,
}

struct Signer {
    key: SigningKey,
    span: ChainKey,
}

impl ChainKeys {
    /// Those of a node.
    pub(crate) fn of(config: &Config) -> Self {
        let region = config.roster().region(&config.origin);
        let in_roster = region.map_or(&[][..], |region| region.keys.as_slice());
        let keys = &config.keys;
        Self::new(in_roster, &keys.chain_before, keys.chain.clone())
    }

    /// The keys of a chain in the roster, of which the node holds these: the newest, and some from before it.
    pub(crate) fn new(in_roster: &[ChainKey], before: &[SigningKey], newest: SigningKey) -> Self {
        let signer = |span: &ChainKey| {
            let mut held = before.iter().chain([&newest]);
            let key = held.find(|key| key.verifying_key().to_bytes() == span.key.to_bytes());
            key.map(|key| Signer {
                key: key.clone(),
                span: span.clone(),
            })
        };
        Self {
            spans: in_roster.iter().filter_map(signer).collect(),
            newest,
        }
    }

    /// The key that signs what is no head: the one that the roster sets no end to.
    pub(crate) fn in_force(&self) -> &SigningKey {
        let endless = self.spans.iter().find(|signer| signer.span.until.is_none());
        endless.map_or(&self.newest, |signer| &signer.key)
    }

    /// The key for a head of this size: of those that count the oldest, so that others have as long as it counts to hear of the next.
    pub(crate) fn at(&self, size: TreeSize) -> &SigningKey {
        let counting = self
            .spans
            .iter()
            .find(|signer| signer.span.is_valid_at(size));
        counting.map_or(&self.newest, |signer| &signer.key)
    }
}
