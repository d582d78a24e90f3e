//! Issuing: claims in, an SD-JWT out.

use crate::{
    ALGORITHM, HASH, SEPARATOR, TYPE, digest_of,
    figures::{Figures, figures},
    key::{IssuerKey, PublicKey},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::SecureRandom;
use serde_json::{Map, Value, json};
use yizhang_ledger::value::UnixMillis;
use yizhang_statement::{Cover, Verdict};

/// `vct` of the credentials that this program defines: docs/STATEMENT.md, "Into a wallet".
pub const ENTITLEMENT: &str = "urn:yizhang:entitlement:1";
/// A credential that cannot be revoked is good for a day (EU ARF, VCR_01), unless its issuer says otherwise.
pub const DAYS_DEFAULT: u32 = 1;
/// A month at most: figures change with every contribution.
pub const DAYS_MAX: u32 = 31;
/// Bytes of what keeps a claim that is not disclosed from being guessed (RFC 9901, section 9.3).
const SALT_BYTES: usize = 16;
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// For how many days a credential is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(u32);

impl Days {
    /// `None` unless there are 1 to [`DAYS_MAX`] of them.
    pub fn new(days: u32) -> Option<Self> {
        (1..=DAYS_MAX).contains(&days).then_some(Self(days))
    }
}

/// What the check of a statement came to. One that is refused has no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All that it says for itself is proved.
    Holds,
    /// It holds, and something that the check names was not shown.
    Open,
}

/// What a credential is made of.
#[derive(Clone, Copy, Debug)]
pub struct Credential<'a> {
    /// A statement that was checked.
    pub statement: &'a Verdict,
    /// What the check came to.
    pub standing: Standing,
    /// Who issues it, as a URI; otherwise the issuer is called by its key.
    pub issuer: Option<&'a str>,
    /// What kind of credential it is.
    pub kind: &'a str,
    /// The key of the wallet that it is bound to.
    pub holder: Option<&'a PublicKey>,
    /// For how long it is good.
    pub days: Days,
}

/// Why no credential is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueFault {
    /// The system gives no random numbers: without them nothing is signed and no claim is hidden.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// The statement is an excerpt: what its records come to by themselves is no account, and no figure of it is the worker's.
    #[error("the statement is an excerpt, which has no figures")]
    Excerpt,
}

/// Issues a credential, with all of its disclosures: whoever holds it takes away those that are nobody's business.
///
/// # Errors
/// [`IssueFault`].
pub fn issue(
    credential: &Credential<'_>,
    key: &IssuerKey,
    now: UnixMillis,
    randomness: &dyn SecureRandom,
) -> Result<String, IssueFault> {
    if credential.statement.cover != Cover::Whole {
        return Err(IssueFault::Excerpt);
    }
    let mut veil = Veil {
        randomness,
        disclosures: Vec::new(),
    };
    let mut hidden = Vec::new();
    for family in figures(&credential.statement.account) {
        let name = family.family.clone();
        let value = veil.family(family)?;
        hidden.push(veil.hide(&name, &value)?);
    }
    let mut claims = open_claims(credential, key, now);
    claims.insert("_sd".into(), in_no_order(hidden));
    claims.insert("_sd_alg".into(), HASH.into());
    let header = json!({ "alg": ALGORITHM, "typ": TYPE, "kid": key.public().thumbprint() });
    let claims = Value::Object(claims);
    let signed = [&header, &claims].map(|part| encoded(part.to_string().as_bytes()));
    let signed = signed.join(".");
    let signature = key.sign(signed.as_bytes(), randomness);
    let signature = encoded(&signature.ok_or(IssueFault::NoRandomness)?);
    let mut text = format!("{signed}.{signature}{SEPARATOR}");
    for disclosure in veil.disclosures {
        text.push_str(&disclosure);
        text.push(SEPARATOR);
    }
    Ok(text)
}

/// What everybody sees who sees the credential. Who has signed it and whose node has made the statement are two things.
fn open_claims(
    credential: &Credential<'_>,
    key: &IssuerKey,
    now: UnixMillis,
) -> Map<String, Value> {
    let statement = credential.statement;
    let issued = now.0 / 1_000;
    let expires = issued.saturating_add(u64::from(credential.days.0).saturating_mul(DAY_SECONDS));
    let issuer = match credential.issuer {
        Some(issuer) => issuer.to_owned(),
        None => key.public().uri(),
    };
    let standing = match credential.standing {
        Standing::Holds => "holds",
        Standing::Open => "open",
    };
    let mut claims = Map::new();
    let mut say = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    say("iss", issuer.into());
    say("vct", credential.kind.into());
    say("iat", issued.into());
    say("exp", expires.into());
    say(
        "authentic_source",
        json!({ "id": statement.issuer.as_str() }),
    );
    say(
        "statement",
        json!({
            "digest": statement.digest.to_string(),
            "issued": statement.issued.to_string(),
            "as_of": statement.as_of.to_string(),
            "outcome": standing,
        }),
    );
    if let Some(holder) = credential.holder {
        say("cnf", json!({ "jwk": holder.to_jwk() }));
    }
    claims
}

/// Makes claims that are shown or kept back, and remembers what shows them.
struct Veil<'a> {
    randomness: &'a dyn SecureRandom,
    disclosures: Vec<String>,
}

impl Veil<'_> {
    /// A family whose figures are hidden one by one. That they are provisional is not: whoever sees one sees that as well.
    fn family(&mut self, family: Figures) -> Result<Value, IssueFault> {
        let mut hidden = Vec::new();
        for (name, value) in family.values {
            hidden.push(self.hide(&name, &value)?);
        }
        Ok(json!({ "open_conflicts": family.open_conflicts, "_sd": in_no_order(hidden) }))
    }

    /// Hides a claim (RFC 9901, section 4.2.1) and returns the digest that stands for it.
    fn hide(&mut self, name: &str, value: &Value) -> Result<String, IssueFault> {
        let mut salt = [0; SALT_BYTES];
        self.randomness
            .fill(&mut salt)
            .map_err(|_| IssueFault::NoRandomness)?;
        let disclosure = json!([encoded(&salt), name, value]).to_string();
        let disclosure = encoded(disclosure.as_bytes());
        let digest = digest_of(&disclosure);
        self.disclosures.push(disclosure);
        Ok(digest)
    }
}

/// Digests in an order that says nothing of the claims.
fn in_no_order(mut digests: Vec<String>) -> Value {
    digests.sort();
    digests.into()
}

fn encoded(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
