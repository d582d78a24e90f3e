//! The statement 权益凭证: the one file that a worker carries away and that anybody checks who has nothing but the fingerprint of the root keys
//! (docs/FORMAT.md, section 14, "Statements").
//!
//! Its *sections* say whose it is and of which day, what every chain has and what shows that it has no more, the versions of the roster, the
//! rules and the account; the node that made it signs them all. Behind the signature the holder may reveal the number: the signed sections only
//! have a commitment to it.

mod chain;
mod check;
mod excerpt;
mod form;
mod head;
mod issuer;
mod person;
mod subject;

pub use chain::{ChainPart, STATED_CHAINS_MAX, STATED_RECORDS_MAX, StatedChain, StatedRecord};
pub use check::{ChainShown, PersonShown, Refusal, StatedAs, Verdict};
pub use excerpt::{EXCERPT_SCHEMES_MAX, Excerpt, HiddenRecord};
pub use form::{
    PORTABLE_BYTES_MAX, PORTABLE_MAGIC, PORTABLE_SECTION_BYTES_MAX, PortableFault, SectionName,
};
pub use head::{COSIGNATURES_STATED, stated_head};
pub use issuer::ISSUER_HEADER;
pub use person::{AskedPerson, PersonAnswer};
pub use subject::{Cover, NameGroup, Opening, Subject};

use bincode::{BorrowDecode, Encode};
use ed25519_dalek::SigningKey;
use form::{Section, Sections, decode, encode};
use yizhang_ledger::{hash::Hash, head::Origin};
use yizhang_rules::{RuleText, RuleTexts};

/// What a statement states, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Whose it is, of which day, and how much it covers.
    pub subject: Subject,
    /// The chains of the federation, ascending by origin; one of which the issuer holds nothing is not there.
    pub chains: Vec<StatedChain>,
    /// Of an excerpt, for each chain the records that are not shown, ascending, as far as the register covers them; nothing otherwise.
    pub hidden: Vec<Vec<HiddenRecord>>,
    /// The versions of the roster, signed notes, oldest first; the last one is in force.
    pub rosters: Vec<Vec<u8>>,
    /// The files of the rule set that the account was computed under.
    pub rules: RuleTexts,
    /// The account as the issuer computed it; none in a statement of records alone.
    pub account: Option<StatedAccount>,
}

/// The account as its issuer computed it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct StatedAccount {
    /// The form of its JSON, for instance `yizhang-account/14`.
    pub form: String,
    /// The digest of the JSON.
    pub digest: Hash,
    /// The JSON itself; none where it is left to be computed again: it is larger than the records that give it.
    pub json: Option<Vec<u8>>,
}

/// A statement: what its issuer has signed, and what its holder reveals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it states.
    pub content: Content,
    /// What the issuer has signed: everything before his signature, by its hash.
    pub digest: Hash,
    /// The issuer's signature, a note.
    pub issuer: Vec<u8>,
    /// The number that the commitment is to, if the holder reveals it.
    pub opening: Option<Opening>,
}

/// The files of a rule set, as they are written.
#[derive(Encode, BorrowDecode)]
struct Rules {
    base: Vec<RuleFileText>,
    own: Vec<RuleFileText>,
}

#[derive(Encode, BorrowDecode)]
struct RuleFileText {
    name: String,
    text: String,
}

impl Content {
    /// The bytes of a statement, signed by the node of a region.
    ///
    /// # Errors
    /// [`PortableFault::TooLarge`].
    pub fn seal(&self, issuer: &Origin, key: &SigningKey) -> Result<Vec<u8>, PortableFault> {
        let mut sections = Sections::default();
        sections.add(SectionName::Subject, &encode(&self.subject)?)?;
        sections.add(SectionName::Chains, &encode(&self.chains)?)?;
        if let Cover::Part(_) = &self.subject.cover {
            sections.add(SectionName::Hidden, &encode(&self.hidden)?)?;
        }
        sections.add(SectionName::Roster, &encode(&self.rosters)?)?;
        sections.add(SectionName::Rules, &encode(&Rules::of(&self.rules))?)?;
        if let Some(account) = &self.account {
            sections.add(SectionName::Account, &encode(account)?)?;
        }
        let digest = form::digest(sections.bytes());
        let note = issuer::sign(issuer, self.subject.issued, digest, key);
        sections.add_plain(SectionName::Issuer, &note)?;
        Ok(sections.into_bytes())
    }
}

impl Statement {
    /// Reads a file; nothing about it is believed yet.
    ///
    /// # Errors
    /// [`PortableFault`], by the first thing that is not of the form.
    pub fn parse(bytes: &[u8]) -> Result<Self, PortableFault> {
        let mut sections = form::Reader::open(bytes)?;
        let subject: Subject = decode(&sections.expect(SectionName::Subject)?)?;
        subject.check()?;
        let chains: Vec<StatedChain> = decode(&sections.expect(SectionName::Chains)?)?;
        chain::check(&chains)?;
        let hidden = match &subject.cover {
            Cover::Whole => Vec::new(),
            Cover::Part(_) => decode(&sections.expect(SectionName::Hidden)?)?,
        };
        if let Cover::Part(_) = &subject.cover {
            excerpt::check(&chains, &hidden)?;
        }
        let rosters: Vec<Vec<u8>> = decode(&sections.expect(SectionName::Roster)?)?;
        let rules: Rules = decode(&sections.expect(SectionName::Rules)?)?;
        let account = match sections.optional(SectionName::Account)? {
            Some(section) => Some(decode::<StatedAccount>(&section)?),
            None => None,
        };
        if account.is_some() && subject.cover != Cover::Whole {
            return Err(PortableFault::Content {
                section: SectionName::Account,
                reason: "an excerpt states no account",
            });
        }
        let digest = form::digest(sections.read());
        let issuer = sections.expect(SectionName::Issuer)?.bytes;
        let opening = match sections.optional(SectionName::Opening)? {
            Some(Section { bytes, .. }) => Some(Opening::read(&bytes)?),
            None => None,
        };
        sections.end()?;
        Ok(Self {
            content: Content {
                subject,
                chains,
                hidden,
                rosters,
                rules: rules.into_texts(),
                account,
            },
            digest,
            issuer,
            opening,
        })
    }

    /// A statement with its number revealed: the bytes of one without, and what opens its commitment.
    ///
    /// # Errors
    /// [`PortableFault`], also if the number is not the one that is committed to.
    pub fn reveal(bytes: &[u8], opening: &Opening) -> Result<Vec<u8>, PortableFault> {
        let statement = Self::parse(bytes)?;
        if statement.opening.is_some() {
            return Err(PortableFault::Revealed);
        }
        if !opening.opens(&statement.content.subject) {
            return Err(PortableFault::OtherNumber);
        }
        let mut sections = Sections::from_bytes(bytes);
        sections.add_plain(SectionName::Opening, &opening.to_bytes())?;
        Ok(sections.into_bytes())
    }
}

impl Rules {
    fn of(texts: &RuleTexts) -> Self {
        let written = |file: &RuleText| RuleFileText {
            name: file.name.clone(),
            text: file.text.clone(),
        };
        Self {
            base: texts.base.iter().map(written).collect(),
            own: texts.own.iter().map(written).collect(),
        }
    }

    fn into_texts(self) -> RuleTexts {
        let held = |file: RuleFileText| RuleText {
            name: file.name,
            text: file.text,
        };
        RuleTexts {
            base: self.base.into_iter().map(held).collect(),
            own: self.own.into_iter().map(held).collect(),
        }
    }
}
