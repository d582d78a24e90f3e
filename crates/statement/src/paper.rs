//! The code on paper: what a sheet with an account says of the statement that it was printed from, short enough for a QR code
//! (docs/FORMAT.md, section 14, "Paper").
//!
//! Nobody has signed it. It is there to be compared: with the statement's file, which is signed, or with what a node answers now.

use crate::Verdict;
use core::fmt;
use std::collections::BTreeMap;
use yizhang_entitlement::Account;
use yizhang_ledger::{
    hash::Hash,
    head::Origin,
    value::{Day, Division, TreeSize},
};

/// What a code begins with, behind an address if there is one.
pub const PAPER_HEADER: &str = "yizhang-paper/1";
/// Most characters of a code with its address: a code of 133 rows at most, of which telephones still read one from a square of 5 cm.
pub const PAPER_CHARACTERS_MAX: usize = 1_195;
/// What separates the address from the rest: browsers keep what stands behind it to themselves.
const BEHIND_ADDRESS: char = '#';
const NOTHING: &str = "-";

/// What a code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperCode {
    /// Whose node has made the statement.
    pub issuer: Origin,
    /// On which day.
    pub issued: Day,
    /// The digest of the statement.
    pub statement: Hash,
    /// The day as of which the account is.
    pub as_of: Day,
    /// The digest of the account.
    pub account: Hash,
    /// Records of the worker in all chains.
    pub records: u64,
    /// The sizes of the heads of the chains; none where they were too many for a code.
    pub heads: Option<BTreeMap<Division, TreeSize>>,
}

/// How an account of today differs from that on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountSince {
    /// Not at all.
    Same,
    /// It does.
    Other {
        /// Records now.
        records: u64,
        /// Records that came into the chains since, by region; none where the code has no sizes of heads.
        since: Option<BTreeMap<Division, u64>>,
        /// Records now in chains of which the statement had no head, by region: they may have been there before, or not.
        untold: BTreeMap<Division, u64>,
    },
}

impl PaperCode {
    /// The code of a statement that was verified, with an address in front.
    pub fn of(shown: &Verdict, address: &str) -> Self {
        let heads = shown.chains.iter().filter_map(|chain| {
            let size = chain.size?;
            Some((chain.chain.region(), size))
        });
        let mut code = Self {
            issuer: shown.issuer.clone(),
            issued: shown.issued,
            statement: shown.digest,
            as_of: shown.as_of,
            account: shown.account_digest,
            records: u64::try_from(shown.checked.records).unwrap_or(u64::MAX),
            heads: Some(heads.collect()),
        };
        if code.with_address(address).len() > PAPER_CHARACTERS_MAX {
            code.heads = None;
        }
        code
    }

    /// The text of the code, behind an address.
    pub fn with_address(&self, address: &str) -> String {
        if address.is_empty() {
            return self.to_string();
        }
        format!("{address}{BEHIND_ADDRESS}{self}")
    }

    /// Reads a code, whatever address stands in front of it. There is one text for what it says.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > PAPER_CHARACTERS_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let text = match text.rsplit_once(BEHIND_ADDRESS) {
            Some((_address, text)) => text,
            None => text,
        };
        let fields = text.strip_prefix(PAPER_HEADER)?.strip_prefix('/')?;
        let fields: Vec<&str> = fields.split('/').collect();
        let [
            federation,
            region,
            issued,
            statement,
            as_of,
            account,
            records,
            heads,
        ] = fields.as_slice()
        else {
            return None;
        };
        let code = Self {
            issuer: Origin::parse(&format!("{federation}/{region}"))?,
            issued: Day::parse(issued)?,
            statement: Hash::from_hex(statement)?,
            as_of: Day::parse(as_of)?,
            account: Hash::from_hex(account)?,
            records: records.parse().ok()?,
            heads: if *heads == NOTHING {
                None
            } else {
                Some(heads.split(',').map(head).collect::<Option<_>>()?)
            },
        };
        (code.to_string() == text).then_some(code)
    }

    /// Whether a statement that was verified is the one that the paper was printed from.
    pub fn is_of(&self, shown: &Verdict) -> bool {
        self.statement == shown.digest
            && self.issuer == shown.issuer
            && self.issued == shown.issued
            && self.as_of == shown.as_of
    }

    /// How an account, as of the day of the paper, differs from that on paper.
    pub fn compare(&self, account: &Account, digest: Hash) -> AccountSince {
        if digest == self.account {
            return AccountSince::Same;
        }
        let mut untold: BTreeMap<Division, u64> = BTreeMap::new();
        let since = self.heads.as_ref().map(|heads| {
            let mut since: BTreeMap<Division, u64> = BTreeMap::new();
            for record in &account.records {
                let counted = match heads.get(&record.region) {
                    Some(size) if record.index < size.0 => continue,
                    Some(_) => &mut since,
                    None => &mut untold,
                };
                let count = counted.entry(record.region).or_default();
                *count = count.saturating_add(1);
            }
            since
        });
        AccountSince::Other {
            records: u64::try_from(account.records.len()).unwrap_or(u64::MAX),
            since,
            untold,
        }
    }
}

/// The text of the code alone.
impl fmt::Display for PaperCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{PAPER_HEADER}/{}/{}/{}/{}/{}/{}/",
            self.issuer, self.issued, self.statement, self.as_of, self.account, self.records
        )?;
        let heads = self.heads.as_ref().filter(|heads| !heads.is_empty());
        let Some(heads) = heads else {
            return f.write_str(NOTHING);
        };
        for (at, (region, size)) in heads.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{region}:{size}")?;
        }
        Ok(())
    }
}

fn head(text: &str) -> Option<(Division, TreeSize)> {
    let (region, size) = text.split_once(':')?;
    let size: u64 = size.parse().ok()?;
    let size = TreeSize(size);
    (size <= TreeSize::MAX).then_some((Division::parse(region)?, size))
}
