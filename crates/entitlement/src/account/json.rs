//! How values of the ledger stand in JSON: as text that reads back to the same value.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use std::{borrow::Cow, fmt::Display};
use yizhang_ledger::{
    entry::Kind,
    hash::{Hash, from_hex},
    record::CaseId,
    value::{Day, Division, Month},
};

/// A value whose `Display` reads back.
pub(crate) trait FromText: Sized {
    /// Reads what `Display` writes.
    fn from_text(text: &str) -> Option<Self>;
}

impl FromText for Month {
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl FromText for Day {
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl FromText for Division {
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl FromText for Hash {
    fn from_text(text: &str) -> Option<Self> {
        Self::from_hex(text)
    }
}

impl FromText for Kind {
    fn from_text(text: &str) -> Option<Self> {
        let named = Self::NAMED
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(kind, _)| *kind);
        named.or_else(|| text.strip_prefix("kind ")?.parse().ok().map(Self))
    }
}

/// For `#[serde(with = "json::text")]`.
pub(crate) mod text {
    use super::{Cow, Deserialize, Deserializer, Display, Error, FromText, Serializer};

    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T: FromText, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text: Cow<'de, str> = Deserialize::deserialize(deserializer)?;
        T::from_text(&text)
            .ok_or_else(|| D::Error::custom("not a month, day, division, hash or kind"))
    }
}

/// For optional values.
pub(crate) mod text_option {
    use super::{Cow, Deserialize, Deserializer, Display, Error, FromText, Serializer};

    // The signature is the one that serde calls.
    #[allow(clippy::ref_option)]
    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: FromText, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let text: Option<Cow<'de, str>> = Deserialize::deserialize(deserializer)?;
        let read = |text: Cow<'de, str>| {
            T::from_text(&text)
                .ok_or_else(|| D::Error::custom("not a month, day, division, hash or kind"))
        };
        text.map(read).transpose()
    }
}

/// For lists of values.
pub(crate) mod texts {
    use super::{Cow, Deserialize, Deserializer, Display, Error, FromText, Serializer};

    pub(crate) fn serialize<T: Display, S: Serializer>(
        values: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'de, T: FromText, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        let texts: Vec<Cow<'de, str>> = Deserialize::deserialize(deserializer)?;
        let read = |text: &Cow<'de, str>| {
            T::from_text(text)
                .ok_or_else(|| D::Error::custom("not a month, day, division, hash or kind"))
        };
        texts.iter().map(read).collect()
    }
}

/// A transfer case as 32 hexadecimal digits.
pub(crate) mod case {
    use super::{CaseId, Cow, Deserialize, Deserializer, Error, Serializer, from_hex};

    pub(crate) fn serialize<S: Serializer>(
        value: &CaseId,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", u128::from_be_bytes(value.0)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<CaseId, D::Error> {
        let text: Cow<'de, str> = Deserialize::deserialize(deserializer)?;
        from_hex(&text)
            .map(CaseId)
            .ok_or_else(|| D::Error::custom("not 32 hexadecimal digits"))
    }
}

/// The account id, revealed: only where the caller has put it into the account.
pub(crate) mod account_id {
    use super::{Cow, Deserialize, Deserializer, Error, Serializer};
    use yizhang_ledger::person::AccountId;

    // The signature is the one that serde calls.
    #[allow(clippy::ref_option)]
    pub(crate) fn serialize<S: Serializer>(
        value: &Option<AccountId>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_str(&value.reveal_hex()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<AccountId>, D::Error> {
        let text: Option<Cow<'de, str>> = Deserialize::deserialize(deserializer)?;
        let read = |text: Cow<'de, str>| {
            AccountId::from_hex(&text).ok_or_else(|| D::Error::custom("not 32 hexadecimal digits"))
        };
        text.map(read).transpose()
    }
}

/// For `#[serde(skip_serializing_if = "json::is_false")]`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
pub(crate) const fn is_false(truth: &bool) -> bool {
    !*truth
}

/// For `#[serde(skip_serializing_if = "json::is_zero")]`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
pub(crate) const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// For `#[serde(skip_serializing_if = "json::is_zero_fen")]`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
pub(crate) const fn is_zero_fen(amount: &i64) -> bool {
    *amount == 0
}
