//! The lines of a roster, read one after the other.

use super::{
    CONTINUATIONS_MAX, ChainKey, Continuation, KEYS_MAX, KeyKind, KeySpan, NamedTree, Region,
};
use crate::{
    Invalid,
    cosignature::{CosignerKey, UnixSeconds},
    hash::Hash,
    head::Origin,
    note::NoteKey,
    value::{Division, TreeSize},
};
use alloc::{collections::BTreeSet, format, string::ToString, vec::Vec};

/// The size of a head at which a chain's key may count.
fn size(number: u64) -> Option<TreeSize> {
    (number <= TreeSize::MAX.0).then_some(TreeSize(number))
}

/// The time of a cosignature.
fn time(seconds: u64) -> Option<UnixSeconds> {
    UnixSeconds::new(seconds)
}

pub(super) fn key_bytes(text: &str) -> Option<[u8; 32]> {
    crate::hash::Hash::from_base64(text).map(|hash| hash.0)
}

/// The lines of a roster, with the number of the one that was read last, and the public keys that were read.
pub(super) struct Lines<'a> {
    rest: core::iter::Peekable<core::str::SplitTerminator<'a, char>>,
    number: usize,
    keys: BTreeSet<[u8; 32]>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text.split_terminator('\n').peekable(),
            number: 0,
            keys: BTreeSet::new(),
        }
    }

    pub(super) fn fault(&self, reason: &'static str) -> Invalid {
        Invalid::RosterForm {
            line: self.number.max(1),
            reason,
        }
    }

    fn next_number(&self) -> usize {
        self.number
            .checked_add(1)
            .expect("a text in memory has fewer lines than memory has bytes")
    }

    pub(super) fn optional(&mut self, prefix: &str) -> Option<&'a str> {
        let line = self.rest.next_if(|line| line.starts_with(prefix))?;
        self.number = self.next_number();
        line.get(prefix.len()..)
    }

    pub(super) fn value(&mut self, prefix: &'static str) -> Result<&'a str, Invalid> {
        let next = self.next_number();
        self.optional(prefix).ok_or(Invalid::RosterForm {
            line: next,
            reason: "expected federation, version, previous, threshold, mirrors, root, authority, region and key lines, in this order",
        })
    }

    pub(super) fn expect(&mut self, line: &'static str) -> Result<(), Invalid> {
        match self.value(line)? {
            "" => Ok(()),
            _ => Err(self.fault("expected yizhang-roster/v2")),
        }
    }

    pub(super) fn number(&mut self, prefix: &'static str) -> Result<u64, Invalid> {
        self.value(prefix)?
            .parse()
            .map_err(|_| self.fault("expected a number"))
    }

    /// Which version stood before this one.
    pub(super) fn previous(&mut self, version: u64) -> Result<Hash, Invalid> {
        let previous = match self.value("previous ")? {
            "-" => Hash::ZERO,
            digits => Hash::from_hex(digits)
                .ok_or(self.fault("the version before is not - or 64 hexadecimal digits"))?,
        };
        if (version == 1) == (previous == Hash::ZERO) {
            Ok(previous)
        } else {
            Err(self.fault("the first version names none before it, and every other names one"))
        }
    }

    /// A public key, which must not have been there before, in whatever place.
    pub(super) fn first_time(&mut self, key: [u8; 32]) -> Result<[u8; 32], Invalid> {
        if self.keys.insert(key) {
            Ok(key)
        } else {
            Err(self.fault("a public key stands twice"))
        }
    }

    pub(super) fn region(
        &mut self,
        federation: &str,
        line: &str,
    ) -> Result<(Division, Region), Invalid> {
        let (code, endpoint) = line
            .split_once(' ')
            .ok_or(self.fault("expected a region and its endpoint"))?;
        let code = Division::parse(code).ok_or(self.fault("a region code has not six digits"))?;
        let origin = Origin::new(federation, code).ok_or(
            self.fault("the federation name is not lower-case letters, digits, dots and dashes"),
        )?;
        // Nothing else, so that no endpoint looks like another on a screen.
        let is_visible = endpoint.bytes().all(|byte| byte.is_ascii_graphic());
        if !endpoint.starts_with("https://") || !is_visible {
            return Err(self.fault("an endpoint is not https://host:port"));
        }
        let keys = self.keys_of(&origin, KeyKind::Chain, NoteKey::new, size)?;
        let region = Region {
            witness_keys: self.keys_of(&origin, KeyKind::Witness, CosignerKey::new, time)?,
            mirror_keys: self.keys_of(&origin, KeyKind::Mirror, CosignerKey::new, time)?,
            continuations: self.continuations_of(&origin, &keys)?,
            keys,
            endpoint: endpoint.to_string(),
            origin,
        };
        Ok((code, region))
    }

    /// The keys of a region that are of one kind.
    fn keys_of<K, P: Copy + Ord>(
        &mut self,
        origin: &Origin,
        kind: KeyKind,
        named: fn(&str, [u8; 32]) -> Option<K>,
        point: fn(u64) -> Option<P>,
    ) -> Result<Vec<KeySpan<K, P>>, Invalid> {
        let prefix = format!("key {} {} ", origin.region(), kind.word());
        let name = kind.name(origin);
        let mut keys: Vec<KeySpan<K, P>> = Vec::new();
        while let Some(line) = self.optional(&prefix) {
            let span = self.span(line, point)?;
            let key = named(&name, span.key)
                .ok_or(self.fault("a key is not an Ed25519 key in base64"))?;
            self.first_time(span.key)?;
            let follows = keys
                .last()
                .is_none_or(|last| last.until.is_some() && last.from <= span.from);
            if !follows {
                return Err(
                    self.fault("a key starts before the one before it, or that one has no end")
                );
            }
            if keys.len() == KEYS_MAX {
                return Err(self.fault("a region has more than 64 keys of a kind"));
            }
            keys.push(KeySpan {
                key,
                from: span.from,
                until: span.until,
            });
        }
        Ok(keys)
    }

    /// Where the chain of a region goes on, with these keys.
    fn continuations_of(
        &mut self,
        origin: &Origin,
        keys: &[ChainKey],
    ) -> Result<Vec<Continuation>, Invalid> {
        let prefix = format!("continues {} ", origin.region());
        let mut continuations: Vec<Continuation> = Vec::new();
        while let Some(line) = self.optional(&prefix) {
            let next = self.continuation(line)?;
            let follows = continuations.last().is_none_or(|last| {
                last.from.size <= next.agreed.size && last.from.size < next.from.size
            });
            if !follows {
                return Err(
                    self.fault("a chain goes on anew from before where it did the last time")
                );
            }
            if continuations.len() == CONTINUATIONS_MAX {
                return Err(self.fault("a chain goes on anew more than 16 times"));
            }
            let at = next.from.size;
            let counts_on_both_sides =
                |span: &ChainKey| span.is_valid_at(at) && span.until.is_none_or(|until| until > at);
            if keys.iter().any(counts_on_both_sides) {
                return Err(self.fault("a key counts before and behind where a chain goes on"));
            }
            continuations.push(next);
        }
        Ok(continuations)
    }

    /// Where a chain goes on: the last state of both histories, and the one from which it does.
    fn continuation(&self, line: &str) -> Result<Continuation, Invalid> {
        let form = || {
            self.fault("expected size and root of the last state that both histories of a chain have, and of the one from which it goes on")
        };
        let tree = |at: Option<&str>, root: Option<&str>| {
            let size = at.and_then(|at| at.parse().ok()).and_then(size)?;
            let root = Hash::from_hex(root?)?;
            Some(NamedTree { size, root })
        };
        let mut fields = line.split(' ');
        let agreed = tree(fields.next(), fields.next()).ok_or_else(form)?;
        let from = tree(fields.next(), fields.next()).ok_or_else(form)?;
        if fields.next().is_some() {
            return Err(form());
        }
        let is_same = agreed == from;
        if agreed.size == TreeSize(0) || !(is_same || agreed.size < from.size) {
            return Err(
                self.fault("the histories of a chain agree up to 0, or to beyond where it goes on")
            );
        }
        Ok(Continuation { agreed, from })
    }

    fn span<P: Copy + Ord>(
        &self,
        line: &str,
        point: fn(u64) -> Option<P>,
    ) -> Result<KeySpan<[u8; 32], P>, Invalid> {
        let form = || {
            self.fault("expected a key as base64, the first size or second at which it counts and the last or -")
        };
        let point = |text: &str| text.parse().ok().and_then(point).ok_or_else(form);
        let mut fields = line.split(' ');
        let (Some(key), Some(from), Some(until), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(form());
        };
        let key = key_bytes(key).ok_or_else(form)?;
        let from = point(from)?;
        let until = match until {
            "-" => None,
            until => Some(point(until)?),
        };
        if until.is_some_and(|until| until < from) {
            return Err(self.fault("a key ends before it starts"));
        }
        Ok(KeySpan { key, from, until })
    }

    pub(super) fn end(&mut self) -> Result<(), Invalid> {
        match self.rest.next() {
            None => Ok(()),
            Some(_) => Err(Invalid::RosterForm {
                line: self.next_number(),
                reason: "not a line of a roster",
            }),
        }
    }
}
