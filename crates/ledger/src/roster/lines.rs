//! The lines of a roster, read one after the other.

use super::{ChainKey, Region};
use crate::{
    Invalid,
    head::Origin,
    note::NoteKey,
    value::{Division, TreeSize},
};
use alloc::{format, string::ToString, vec::Vec};

pub(super) fn key_bytes(text: &str) -> Option<[u8; 32]> {
    crate::hash::Hash::from_base64(text).map(|hash| hash.0)
}

/// The lines of a roster, with the number of the one that was read last.
pub(super) struct Lines<'a> {
    lines: core::iter::Peekable<core::str::SplitTerminator<'a, char>>,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            lines: text.split_terminator('\n').peekable(),
            number: 0,
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
        let line = self.lines.next_if(|line| line.starts_with(prefix))?;
        self.number = self.next_number();
        line.get(prefix.len()..)
    }

    pub(super) fn value(&mut self, prefix: &'static str) -> Result<&'a str, Invalid> {
        let next = self.next_number();
        self.optional(prefix).ok_or(Invalid::RosterForm {
            line: next,
            reason: "expected federation, version, threshold, root, authority, region and key lines, in this order",
        })
    }

    pub(super) fn expect(&mut self, line: &'static str) -> Result<(), Invalid> {
        match self.value(line)? {
            "" => Ok(()),
            _ => Err(self.fault("expected yizhang-roster/v1")),
        }
    }

    pub(super) fn number(&mut self, prefix: &'static str) -> Result<u64, Invalid> {
        self.value(prefix)?
            .parse()
            .map_err(|_| self.fault("expected a number"))
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
        let mut keys: Vec<ChainKey> = Vec::new();
        while let Some(line) = self.optional(&format!("key {code} ")) {
            let key = self.key(&origin, line)?;
            let follows = keys
                .last()
                .is_none_or(|last| last.until.is_some_and(|until| until < key.from));
            if !follows {
                return Err(self.fault("a key starts before the one before it ends"));
            }
            keys.push(key);
        }
        Ok((
            code,
            Region {
                origin,
                endpoint: endpoint.to_string(),
                keys,
            },
        ))
    }

    fn key(&self, origin: &Origin, line: &str) -> Result<ChainKey, Invalid> {
        let form = || self.fault("expected a key as base64, its first size and its last size or -");
        let mut fields = line.split(' ');
        let (Some(key), Some(from), Some(until), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(form());
        };
        let key = key_bytes(key)
            .and_then(|key| NoteKey::new(origin.as_str(), key))
            .ok_or_else(form)?;
        let from = from.parse().map(TreeSize).map_err(|_| form())?;
        let until = match until {
            "-" => None,
            size => Some(size.parse().map(TreeSize).map_err(|_| form())?),
        };
        if until.is_some_and(|until| until < from) {
            return Err(self.fault("a key ends before it starts"));
        }
        Ok(ChainKey { key, from, until })
    }

    pub(super) fn end(&mut self) -> Result<(), Invalid> {
        match self.lines.next() {
            None => Ok(()),
            Some(_) => Err(Invalid::RosterForm {
                line: self.next_number(),
                reason: "not a line of a roster",
            }),
        }
    }
}
