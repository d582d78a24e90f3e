//! What a statement shows to somebody who trusts root keys and nothing else.

use super::{
    Cover, HiddenRecord, Statement,
    form::{PortableFault, SectionName},
    issuer,
    subject::NAMES_CONTRADICT,
};
use crate::{
    ChainEvidence, Checked, Completeness, Identity, Promise, ReceiptFault, Refuted, Through,
    believed::{Believed, Owner},
    carried::newest_of,
    promises,
};
use yizhang_entitlement::{Account, Policy, account};
use yizhang_ledger::{
    Invalid,
    hash::Hash,
    head::{Head, Origin},
    person::{AccountId, SocialSecurityNumber},
    roster::{KeyKind, RootFingerprint, Roster, TrustFault},
    value::{Day, Division, TreeSize},
};
use yizhang_rules::RuleFault;

/// What a statement shows.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What the issuer has signed, by its hash: the name of this very statement, on paper too.
    pub digest: Hash,
    /// Whose node has made it.
    pub issuer: Origin,
    /// Whether the key that the issuer signed with has ended since, by what the reader knows: then day and person rest on the issuer's word that
    /// it was signed before.
    pub issuer_key_ended: bool,
    /// On which day, by the issuer's clock.
    pub issued: Day,
    /// The day as of which the account is.
    pub as_of: Day,
    /// How much it covers.
    pub cover: Cover,
    /// The pseudonym of the worker.
    pub owner: AccountId,
    /// Whether it says who that is.
    pub person: PersonShown,
    /// Name of the federation.
    pub federation: String,
    /// The newest version of the roster that it brings.
    pub stated_roster: u64,
    /// Version of the roster that it was checked under: that one, or a newer one that the reader holds.
    pub roster: u64,
    /// The rule set that it brings, by its name.
    pub rules: Hash,
    /// That rule set.
    pub policy: Policy,
    /// The account, computed here from the records of the statement under its rules.
    pub account: Account,
    /// Its JSON.
    pub json: Vec<u8>,
    /// Its digest.
    pub account_digest: Hash,
    /// What the issuer states of it.
    pub stated: StatedAs,
    /// The accounts that the records are under, the worker's first.
    pub accounts: Vec<AccountId>,
    /// Further pseudonyms whose records are counted as the worker's, by the word of the issuer.
    pub other_names: usize,
    /// Accounts that somebody linked to these, and that are another person's, by the word of the issuer.
    pub strangers: Vec<AccountId>,
    /// What was checked of records, heads and registers.
    pub checked: Checked,
    /// Every chain of the roster.
    pub chains: Vec<ChainShown>,
}

/// Whether a statement says who the worker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonShown {
    /// The number is revealed, and is the one that the issuer has committed to.
    Revealed(SocialSecurityNumber),
    /// It is not revealed; whoever has number and code can show that they are the right ones.
    Hidden,
    /// The issuer was not told the number.
    Unknown,
}

/// What the issuer states of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatedAs {
    /// The same as was computed here, to the byte.
    Same,
    /// Nothing: it is a statement of records.
    Nothing,
    /// An account of another form: made by an older or newer program, whose figures may be others.
    OtherForm {
        /// Its form.
        form: String,
        /// Its JSON, believed on the issuer's word; none if only its digest is stated.
        json: Option<Vec<u8>>,
    },
}

/// What a statement shows of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainShown {
    /// The chain.
    pub chain: Origin,
    /// Size of its head; none if the statement has nothing of the chain.
    pub size: Option<TreeSize>,
    /// Up to where none of its records is missing; none if that is not shown.
    pub through: Option<Through>,
    /// Records of the worker in it that are shown.
    pub records: usize,
    /// Of an excerpt, those among the entries up to there that are not.
    pub hidden: usize,
    /// Mirrors that have signed that they hold every entry under the head.
    pub mirrors: Vec<Promise>,
    /// Witnesses that have signed that they have seen the head.
    pub witnesses: Vec<Promise>,
    /// The regions whose mirrors have computed the register again.
    pub confirmed_by: Vec<Division>,
}

/// Why a statement is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no statement, or one of its sections contradicts itself.
    #[error(transparent)]
    Form(#[from] PortableFault),
    /// Its versions of the roster do not lead from the trusted root keys.
    #[error(transparent)]
    Roster(#[from] TrustFault),
    /// A signed note in it is wrong.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// No key of the issuer's chain has signed it.
    #[error("the statement is not signed by a key of {issuer} that counts")]
    Issuer {
        /// Who says that he is the issuer.
        issuer: Origin,
    },
    /// The number that it reveals is not the one that the issuer has committed to.
    #[error("the number that the statement reveals is not the one that its issuer has signed")]
    OtherNumber,
    /// Its rules cannot be read.
    #[error("the rules of the statement: {}", first_of(.faults))]
    Rules {
        /// Every fault that was found.
        faults: Vec<RuleFault>,
    },
    /// Chains are out of order, or one stands there twice.
    #[error("the chains of the statement are out of order, or one stands there twice")]
    Chains,
    /// A record, a path, a register is wrong.
    #[error(transparent)]
    Refuted(#[from] Refuted),
    /// A cosignature is wrong.
    #[error("chain {chain}: {fault}")]
    Cosigned {
        /// The chain.
        chain: Origin,
        /// What is wrong.
        fault: ReceiptFault,
    },
    /// The account that it states has another digest than it says.
    #[error("the account of the statement has another digest than it says")]
    Digest,
    /// The account that the records give is not the one stated.
    #[error("the records give account {folded}, the statement says {stated}")]
    OtherFold {
        /// What the records give.
        folded: Hash,
        /// What is stated.
        stated: Hash,
    },
}

/// The first fault, and how many more there are.
fn first_of(faults: &[RuleFault]) -> String {
    let first = faults.first().map_or_else(String::new, ToString::to_string);
    match faults.len().saturating_sub(1) {
        0 => first,
        more => format!("{first} (and {more} more)"),
    }
}

/// A head of the statement, verified, and who has cosigned it.
struct OpenedHead {
    head: Head,
    mirrors: Vec<Promise>,
    witnesses: Vec<Promise>,
}

/// The versions of the roster that count.
pub(super) struct Rosters {
    /// The newest that the statement brings.
    pub(super) stated: Roster,
    /// The newest that is known: that one, or one that the reader holds.
    pub(super) newest: Roster,
}

impl Rosters {
    fn open(
        stated: &[Vec<u8>],
        known: &[Vec<u8>],
        trusted: RootFingerprint,
    ) -> Result<Self, TrustFault> {
        let versions = Roster::open_versions(stated, trusted)?;
        let stated = versions.last().ok_or(TrustFault::Versions { found: 0 })?;
        Ok(Self {
            stated: stated.clone(),
            newest: newest_of(versions, known)?,
        })
    }
}

impl Statement {
    /// What the statement shows, to somebody who trusts these root keys and knows nothing newer than the statement's versions of the roster.
    ///
    /// # Errors
    /// [`Refusal`], by the first thing that does not hold.
    pub fn verify(&self, trusted: RootFingerprint) -> Result<Verdict, Refusal> {
        self.verify_knowing(trusted, &[])
    }

    /// The version of the roster under which [`Statement::verify_knowing`] checks it: the newest that it brings, or one that the reader holds.
    ///
    /// # Errors
    /// [`Refusal`], where its versions do not lead from the trusted root keys.
    pub fn roster_knowing(
        &self,
        trusted: RootFingerprint,
        known: &[Vec<u8>],
    ) -> Result<Roster, Refusal> {
        let rosters = Rosters::open(&self.content.rosters, known, trusted)?;
        Ok(rosters.newest)
    }

    /// What the statement shows, to somebody who trusts these root keys and holds versions of the roster himself: those that follow the
    /// statement's count, with every region, revocation and continuation in them.
    ///
    /// # Errors
    /// [`Refusal`], by the first thing that does not hold.
    pub fn verify_knowing(
        &self,
        trusted: RootFingerprint,
        known: &[Vec<u8>],
    ) -> Result<Verdict, Refusal> {
        let subject = &self.content.subject;
        let rosters = Rosters::open(&self.content.rosters, known, trusted)?;
        let roster = &rosters.newest;
        let issuer = issuer::read(&self.issuer, subject.issued, self.digest)?;
        let heads = self.open_heads(roster)?;
        let own = heads
            .iter()
            .find(|chain| chain.head.origin == issuer.origin);
        let size = own.map_or(TreeSize(0), |own| own.head.size);
        let issuer_key_ended = issuer::verify(&self.issuer, &issuer, size, &rosters)?;
        let person = self.person()?;
        let policy = self.policy()?;
        let owner = self.owner()?;
        let mut evidence = Vec::with_capacity(heads.len());
        for (chain, head) in self.content.chains.iter().zip(&heads) {
            evidence.push(chain.evidence(&head.head)?);
        }
        let believed = owner.believe(&evidence, roster, &policy, subject.as_of)?;
        let stated = self.stated(&believed)?;
        let chains = shown(
            &heads,
            &evidence,
            &self.content.hidden,
            &believed.completeness,
        );
        let mut accounts = subject.accounts.clone();
        accounts.sort_by_key(|account| (*account != subject.owner, *account));
        Ok(Verdict {
            digest: self.digest,
            issuer: issuer.origin,
            issuer_key_ended,
            issued: subject.issued,
            as_of: subject.as_of,
            cover: subject.cover.clone(),
            owner: subject.owner,
            person,
            federation: roster.federation.clone(),
            stated_roster: rosters.stated.version,
            roster: roster.version,
            rules: policy.name(),
            policy,
            account: believed.account,
            account_digest: believed.sealed.digest,
            json: believed.sealed.json,
            stated,
            accounts,
            other_names: subject.names.iter().map(|group| group.others.len()).sum(),
            strangers: subject.strangers.clone(),
            checked: Checked {
                records: believed.records,
                heads: believed.heads,
                // That these are the worker's pseudonyms, and all of them, the issuer alone says.
                identity: Identity::Trusted,
                completeness: believed.completeness,
            },
            chains,
        })
    }

    /// The root keys of the first version in it: what a reader compares with what he trusts.
    ///
    /// # Errors
    /// [`Refusal::Invalid`], [`Refusal::Roster`] if there is no version.
    pub fn root_fingerprint(&self) -> Result<RootFingerprint, Refusal> {
        let first = self.content.rosters.first();
        let first = first.ok_or(TrustFault::Versions { found: 0 })?;
        Ok(Roster::root_fingerprint_of(first)?)
    }

    /// Whose records they are said to be.
    fn owner(&self) -> Result<Owner, Refusal> {
        let subject = &self.content.subject;
        let names = subject.names().ok_or(PortableFault::Content {
            section: SectionName::Subject,
            reason: NAMES_CONTRADICT,
        })?;
        Ok(Owner {
            account: subject.owner,
            accounts: subject.accounts.iter().copied().collect(),
            strangers: subject.strangers.iter().copied().collect(),
            names,
            known: [subject.owner].into(),
            hidden: (subject.cover != Cover::Whole).then(|| self.content.hidden.clone()),
        })
    }

    /// The heads, before anything that they are to prove is looked at.
    fn open_heads(&self, roster: &Roster) -> Result<Vec<OpenedHead>, Refusal> {
        let mut opened: Vec<OpenedHead> = Vec::with_capacity(self.content.chains.len());
        for chain in &self.content.chains {
            let head = Head::open(&chain.head, roster)?.into_inner();
            let is_next = |last: &OpenedHead| last.head.origin.as_str() < head.origin.as_str();
            if !opened.last().is_none_or(is_next) {
                return Err(Refusal::Chains);
            }
            let lines = |kind| {
                promises(&chain.head, roster, &head.origin, kind).map_err(|fault| {
                    Refusal::Cosigned {
                        chain: head.origin.clone(),
                        fault,
                    }
                })
            };
            let (mirrors, witnesses) = (lines(KeyKind::Mirror)?, lines(KeyKind::Witness)?);
            opened.push(OpenedHead {
                head,
                mirrors,
                witnesses,
            });
        }
        Ok(opened)
    }

    fn person(&self) -> Result<PersonShown, Refusal> {
        match (&self.opening, self.content.subject.commitment) {
            (None, None) => Ok(PersonShown::Unknown),
            (None, Some(_)) => Ok(PersonShown::Hidden),
            (Some(opening), _) if opening.opens(&self.content.subject) => {
                Ok(PersonShown::Revealed(opening.number.clone()))
            }
            (Some(_), _) => Err(Refusal::OtherNumber),
        }
    }

    fn policy(&self) -> Result<Policy, Refusal> {
        let rules = self.content.rules.read();
        let rules = rules.map_err(|faults| Refusal::Rules { faults });
        Ok(Policy::new(rules?))
    }

    fn stated(&self, believed: &Believed) -> Result<StatedAs, Refusal> {
        let Some(stated) = &self.content.account else {
            return Ok(StatedAs::Nothing);
        };
        if let Some(json) = &stated.json
            && Account::digest_of(json) != stated.digest
        {
            return Err(Refusal::Digest);
        }
        if stated.form != account::FORMAT {
            return Ok(StatedAs::OtherForm {
                form: stated.form.clone(),
                json: stated.json.clone(),
            });
        }
        if stated.digest == believed.sealed.digest {
            Ok(StatedAs::Same)
        } else {
            Err(Refusal::OtherFold {
                folded: believed.sealed.digest,
                stated: stated.digest,
            })
        }
    }
}

/// Every chain of the roster, with what the statement has of it.
fn shown(
    heads: &[OpenedHead],
    evidence: &[ChainEvidence],
    hidden: &[Vec<HiddenRecord>],
    completeness: &[Completeness],
) -> Vec<ChainShown> {
    let mut chains = Vec::with_capacity(completeness.len());
    for one in completeness {
        let mut chain = ChainShown {
            chain: one.chain.clone(),
            size: None,
            through: one.through,
            records: 0,
            hidden: 0,
            mirrors: Vec::new(),
            witnesses: Vec::new(),
            confirmed_by: one.mirrors.clone(),
        };
        let place = heads.iter().position(|head| head.head.origin == one.chain);
        let found = place.and_then(|at| Some((at, heads.get(at)?, evidence.get(at)?)));
        if let Some((at, head, evidence)) = found {
            chain.hidden = hidden.get(at).map_or(0, Vec::len);
            chain.size = Some(head.head.size);
            chain.records = evidence.records.len();
            chain.mirrors.clone_from(&head.mirrors);
            chain.witnesses.clone_from(&head.witnesses);
        }
        chains.push(chain);
    }
    chains
}
