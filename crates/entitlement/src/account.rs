//! The account as a value: what `fold` gives, and its canonical JSON. Field order here is field order there.

use crate::{
    conflicts::class::{ConflictCode, Keeper, Severity},
    policy::family::Family,
};
use serde::{Deserialize, Serialize};
use yizhang_ledger::{
    entry::Kind,
    hash::{Hash, derive},
    person::AccountId,
    record::CaseId,
    value::{Day, Division, Month},
};

mod concern;
mod family;
mod figure;
pub(crate) mod json;
mod person;
mod platform;
mod record;
mod resting;
mod transfer;
mod yearly;

pub use concern::{Concern, runs};
pub use family::{
    BenefitFact, ClearedLine, Credited, Drawing, FamilyAccount, Gap, GapCause, Interest,
    InterestPosting, JoinedLine, MonthLine, MonthStatus, Participation, ParticipationStanding,
    ParticipationState, PlaceMonths, Span, SpanHolder, YearLine,
};
pub use figure::{
    Assumption, Figure, FigureName, FigureNumber, FigureValue, Forecast, Ground, Missing,
    MissingName, PlaceReason, Question, QuestionName, RuleLine, RuleNumber, RulesUsed,
};
pub use person::{BirthLine, Class, ClassLine, DeathLine, DisputeLine, HomeLine, Person};
pub use platform::{
    Earned, GradeLine, InjuryCase, InjuryStepLine, ReportLine, SubsidyLine, WorkLine, WorkMonth,
    Worked, injury_step_word, mode_word, reporter_word, trade_word,
};
pub use record::{Amount, ContributionLine, Payer, PayerName, RecordLine, RecordNumber, Standing};
pub use resting::{Resting, RestingFamily};
pub use transfer::{
    Between, CaseState, Difference, LimitName, MovedMonths, NextStep, OutCheck, OutCheckName, Side,
    StepFault, StepFaultName, SumsBasis, TransferAmounts, TransferCase, TransferComparison,
    TransferStep,
};
pub use yearly::YearTotal;

/// Version of the account: it is raised where the same facts under the same rules give other bytes.
pub const FORMAT: &str = "yizhang-account/14";
/// Money of a month usually comes by the end of the next one (our design): what comes then is not paid back.
pub(crate) const USUAL_MONTHS: i32 = 1;
/// Context of [`Account::digest`].
pub const DIGEST_CONTEXT: &str = "yizhang 2026-11-23 v1 account";

/// An account in the form in which it is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// [`Account::canonical_json`].
    pub json: Vec<u8>,
    /// [`Account::digest`].
    pub digest: Hash,
}

/// The one account of a worker, as of a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// [`FORMAT`].
    pub format: String,
    /// The day as of which it holds, to its end.
    #[serde(with = "json::text")]
    pub as_of: Day,
    /// The rule set that it was computed under.
    pub rules: RulesUsed,
    /// The worker. In an answer of a node it is there, so that the digest is that of this worker's account and no other's.
    #[serde(
        default,
        with = "json::account_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub account: Option<AccountId>,
    /// How many account ids the records were under: more than one only by identity links.
    pub account_ids: u32,
    /// Identity links and splits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity: Vec<IdentityFact>,
    /// Where the records came from, by region.
    pub sources: Vec<SourceLine>,
    /// What agencies have stated about the worker.
    #[serde(default, skip_serializing_if = "Person::is_empty")]
    pub person: Person,
    /// By scheme family.
    pub families: Vec<FamilyAccount>,
    /// What it comes to: places, months, money. Each rests on figures before it, rules and records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// What the law leaves to people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// Conflicts, in the order of families, months and classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// Records that the worker disputes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<DisputeLine>,
    /// Work on platforms, by month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<WorkMonth>,
    /// Injuries at work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub injuries: Vec<InjuryCase>,
    /// Subsidies of contributions, by programme, scheme and place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subsidies: Vec<SubsidyLine>,
    /// Kinds of record that this version does not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadKind>,
    /// Every record once, in the order of the domain reference, section 6: family, period, rank, province, region,
    /// position.
    pub records: Vec<RecordLine>,
}

impl Account {
    /// The same account with the id of the worker in it, for a statement that names its owner. The digest changes with
    /// it, so compare like with like.
    pub fn with_account_id(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// The one JSON form, described at the top of the crate.
    pub fn canonical_json(&self) -> Vec<u8> {
        // Serialising into memory fails only for maps with keys that are no text, of which there are none.
        serde_json::to_vec(self).expect("plain values, and maps by text alone, are always JSON")
    }

    /// BLAKE3 in key-derivation mode under [`DIGEST_CONTEXT`] over [`Account::canonical_json`].
    pub fn digest(&self) -> Hash {
        self.sealed().digest
    }

    /// The digest of an account whose canonical JSON is at hand.
    pub fn digest_of(json: &[u8]) -> Hash {
        derive(DIGEST_CONTEXT, &[json])
    }

    /// The canonical JSON and its digest: the account is written once for both.
    pub fn sealed(&self) -> Sealed {
        let json = self.canonical_json();
        let digest = Self::digest_of(&json);
        Sealed { json, digest }
    }

    /// Reads an account that somebody else computed: for showing, not for believing.
    ///
    /// # Errors
    /// [`NotAnAccount`], also when the bytes are not the canonical form.
    pub fn from_json(bytes: &[u8]) -> Result<Self, NotAnAccount> {
        let account: Self = serde_json::from_slice(bytes)
            .map_err(|fault| NotAnAccount::Json { at: fault.column() })?;
        if account.format != FORMAT {
            return Err(NotAnAccount::Format {
                found: account.format,
            });
        }
        if account.canonical_json() == bytes {
            Ok(account)
        } else {
            Err(NotAnAccount::NotCanonical)
        }
    }

    /// The account of a family by its name in JSON, for instance `hrss:110`.
    pub fn family(&self, name: &str) -> Option<&FamilyAccount> {
        self.families.iter().find(|family| family.family == name)
    }

    /// The account of a family.
    pub fn of_family(&self, family: Family<'_>) -> Option<&FamilyAccount> {
        self.families.iter().find(|account| account.is_of(family))
    }

    /// The first figure of this name.
    pub fn figure(&self, name: FigureName) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// One of the three numbers.
    pub fn forecast(&self, name: FigureName, forecast: Forecast) -> Option<&Figure> {
        self.figures
            .iter()
            .find(|figure| figure.name == name && figure.forecast == Some(forecast))
    }

    /// What a figure says of the gap of a family that begins in a month.
    pub fn of_gap(&self, name: FigureName, family: &str, first: Month) -> Option<&Figure> {
        let is_it = |figure: &&Figure| {
            figure.name == name
                && figure.family.as_deref() == Some(family)
                && figure.first == Some(first)
        };
        self.figures.iter().find(is_it)
    }

    /// Whether the money of a month of which there is none yet may still be on its way: it usually comes by the end of the next
    /// month, so that nobody misses it before.
    pub fn is_on_its_way(&self, month: Month) -> bool {
        let now = self.as_of.in_month();
        now.is_some_and(|now| now.since(month) <= USUAL_MONTHS)
    }

    /// The rule with this number.
    pub fn rule(&self, number: RuleNumber) -> Option<&RuleLine> {
        self.rules.used.get(usize::try_from(number.0).ok()?)
    }

    /// The figure with this number.
    pub fn figure_at(&self, number: FigureNumber) -> Option<&Figure> {
        self.figures.get(usize::try_from(number.0).ok()?)
    }

    /// What a record says of a month of work on a platform, and which month.
    pub fn worked(&self, number: RecordNumber) -> Option<(Month, &WorkLine)> {
        self.platforms.iter().find_map(|of| {
            let line = of.platforms.iter().find(|line| line.record == number)?;
            Some((of.month, line))
        })
    }

    /// The record with this number.
    pub fn record(&self, number: RecordNumber) -> Option<&RecordLine> {
        self.records.get(usize::try_from(number.0).ok()?)
    }
}

/// Bytes that are no account of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAccount {
    /// Not the JSON of an account.
    #[error("not the JSON of an account, at byte {at}")]
    Json {
        /// Where it stopped.
        at: usize,
    },
    /// Another version.
    #[error("expected an account in the form {FORMAT}, found {found}")]
    Format {
        /// The form it names.
        found: String,
    },
    /// An account, but not byte for byte as this program writes it.
    #[error("expected the canonical form of an account, found other bytes of the same meaning")]
    NotCanonical,
}

/// The records of one chain that the account rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLine {
    /// Region of the chain.
    #[serde(with = "json::text")]
    pub region: Division,
    /// Number of records, each counted once.
    pub records: u32,
    /// Position of the last of them.
    pub last_index: u64,
    /// The latest day, up to the as-of date, that one of them is dated.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub latest: Option<Day>,
}

/// A conflict: what, where, which records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Class; [`ConflictCode::class`] says more.
    pub code: ConflictCode,
    /// Its severity.
    pub severity: Severity,
    /// Family, where it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// First month, where it is about months.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub first: Option<Month>,
    /// Last month.
    #[serde(
        default,
        with = "json::text_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub last: Option<Month>,
    /// Number of months, all of them consecutive.
    pub months: u32,
    /// Which record stays.
    pub keeper: Keeper,
    /// Where the keeper is open: the place that is taken to keep the months meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisional: Option<Provisional>,
    /// Where the keeper is open between provinces: what each of them holds, and would have to refund if another is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What has to go back for it, in fen: contributions for months that count elsewhere or not at all (C04, C21, C22), benefits
    /// drawn for months after death (C22); or what stays after refunds for months that do not count (Y10). Left out where nothing has,
    /// and where no rule says how much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_return: Option<i64>,
    /// All records concerned.
    pub records: Vec<RecordNumber>,
}

/// The place that is taken to keep months until agency and person agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisional {
    /// Province; for resident pension (C05) the place.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Why this one.
    pub reason: ProvisionalReason,
}

/// Why a place is taken to keep months, in the order in which the reasons are tried (domain reference, C01 and C05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisionalReason {
    /// It is the place of benefit (国办发〔2009〕66号 art. 6).
    BenefitPlace,
    /// The household is registered there (国发〔2014〕8号).
    Household,
    /// It holds more months than the others.
    MoreMonths,
    /// Its money arrived first.
    EarlierReceipt,
    /// Nothing tells them apart; the lower code, so that every node says the same.
    LowerCode,
}

/// What one province holds of months that several hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Province; for resident pension (C05) the place.
    #[serde(with = "json::text")]
    pub place: Division,
    /// Credited there for these months: principal to be refunded, with interest, if another is kept.
    pub credited: Amount,
}

/// A link or split of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityFact {
    /// `IdentityLink` or `IdentitySplit`.
    #[serde(with = "json::text")]
    pub kind: Kind,
    /// The day of the decision.
    #[serde(with = "json::text")]
    pub on: Day,
    /// Why.
    pub reason: String,
    /// Whether it is in force: not split, not reversed, and decided by the as-of date.
    pub in_force: bool,
    /// The record.
    pub record: RecordNumber,
}

/// A kind of record that this version does not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadKind {
    /// Its name, or `kind 999`.
    #[serde(with = "json::text")]
    pub kind: Kind,
    /// Its number.
    pub number: u16,
    /// The records.
    pub records: Vec<RecordNumber>,
}
