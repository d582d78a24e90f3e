//! Entries: the leaves of a chain. Each is a kind, the length of its payload, and the payload.
//!
//! A reader that does not know a kind still knows where the entry ends, so that entries of later versions are kept,
//! hashed, replicated and counted like any other.

use crate::{codec::PAYLOAD_BYTES_MAX, hash::Hash, invalid::Invalid, value::LeafIndex};
use alloc::vec::Vec;
use bincode::{BorrowDecode, Encode};
use core::fmt;

/// Largest payload of a batch entry, in bytes: what its largest list of submissions takes.
pub const BATCH_PAYLOAD_BYTES_MAX: usize = 60_000;

/// What an entry is about. The number is part of the format; `docs/FORMAT.md` lists all, with those reserved for kinds
/// that the domain needs later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct Kind(pub u16);

macro_rules! kinds {
    ($($(#[$doc:meta])* $constant:ident = $number:literal, $name:literal;)*) => {
        impl Kind {
            $($(#[$doc])* pub const $constant: Self = Self($number);)*

            /// Every kind that this version knows by name, those included that it does not read yet.
            pub const NAMED: &'static [(Self, &'static str)] = &[$((Self::$constant, $name)),*];
        }
    };
}

/// Kinds without a name so far that are personal, whatever later versions make of them.
const PERSONAL_UNNAMED: core::ops::RangeInclusive<u16> = 1_024..=2_047;

impl Kind {
    /// Whether an entry of this kind, where it has no fields in this version, is found under the account in its first 16 bytes: so that
    /// nodes of different versions count the same entries in a register, and an account shows what its reader cannot read.
    pub fn is_personal(self) -> bool {
        PERSONAL_UNNAMED.contains(&self.0)
            || matches!(
                self,
                Self::SUBSIDY_CREDIT
                    | Self::LATE_FEE
                    | Self::MEDICAL_SWITCH
                    | Self::ACCOUNT_INHERITANCE
                    | Self::PLATFORM_MONTH
                    | Self::INJURY_REPORT
                    | Self::INJURY_DETERMINATION
                    | Self::DISABILITY_GRADE
                    | Self::SUBSIDY_APPLY
                    | Self::SUBSIDY_AWARD
                    | Self::PLAN_SNAPSHOT
                    | Self::NOTICE_SENT
                    | Self::NOTICE_READ
                    | Self::CONSENT
            )
    }
}

kinds! {
    /// The first leaf of a batch.
    BATCH = 0, "Batch";
    // Identity.
    /// Reserved.
    PERSON_REGISTER = 16, "PersonRegister";
    /// Two accounts are one person.
    IDENTITY_LINK = 17, "IdentityLink";
    /// An earlier link was wrong.
    IDENTITY_SPLIT = 18, "IdentitySplit";
    /// Reserved.
    EMPLOYER_REGISTER = 19, "EmployerRegister";
    /// Reserved.
    EMPLOYER_SUCCESSION = 20, "EmployerSuccession";
    /// Reserved.
    REGION_SUCCESSION = 21, "RegionSuccession";
    /// The worker has died.
    DEATH_NOTICE = 22, "DeathNotice";
    // Participation.
    /// Enrolment in a scheme 参保.
    ENROL = 32, "Enrol";
    /// Payment suspended 暂停.
    SUSPEND = 33, "Suspend";
    /// Payment resumed.
    RESUME = 34, "Resume";
    /// Participation ended 终止.
    TERMINATE = 35, "Terminate";
    /// Months without money that count as years 视同缴费.
    DEEMED_MONTHS = 36, "DeemedMonths";
    /// Where the household is registered 户籍.
    HUKOU_FACT = 37, "HukouFact";
    /// The original retirement age that applies.
    RETIRE_CLASS_FACT = 38, "RetireClassFact";
    /// The month of birth.
    BIRTH_DATE_FACT = 39, "BirthDateFact";
    // Money.
    /// A contribution assessed but not received 应缴.
    DUE = 48, "Due";
    /// A contribution received 到账.
    RECEIVED = 49, "Received";
    /// A later difference of base or rate (types 34, 35).
    ADJUST_DELTA = 50, "AdjustDelta";
    /// Money given back (type 20).
    REFUND = 51, "Refund";
    /// An earlier record of the same chain never held.
    REVERSAL = 52, "Reversal";
    /// The yearly interest of a personal account.
    INTEREST_CREDIT = 53, "InterestCredit";
    /// A subsidy paid to the worker 补贴到账.
    SUBSIDY_CREDIT = 54, "SubsidyCredit";
    /// Reserved.
    LATE_FEE = 55, "LateFee";
    // Transfer, one kind a step of domain rules 3.4.
    /// Certificate of participation 参保缴费凭证.
    CERTIFICATE = 64, "Certificate";
    /// Transfer applied for.
    TRANSFER_APPLY = 65, "TransferApply";
    /// Contact letter 联系函.
    LETTER = 66, "Letter";
    /// Account closed for transfer at the old place 封账.
    FREEZE = 67, "Freeze";
    /// Information sheet 信息表.
    INFO_SHEET = 68, "InfoSheet";
    /// Money sent.
    FUNDS_SENT = 69, "FundsSent";
    /// Money received.
    FUNDS_RECEIVED = 70, "FundsReceived";
    /// Months and money posted at the new place 入账.
    POSTED = 71, "Posted";
    /// Case closed 办结.
    CLOSED = 72, "Closed";
    /// Case sent back.
    RETURNED = 73, "Returned";
    /// Case withdrawn.
    WITHDRAWN = 74, "Withdrawn";
    /// Late money follows 补充转移.
    SUPPLEMENT = 75, "Supplement";
    /// Correction after transfer 纠错.
    CORRECTION = 76, "Correction";
    // Bridging.
    /// A personal account joined to that of another scheme 制度衔接.
    BRIDGE = 80, "Bridge";
    /// Which of duplicate months are kept 协商确认.
    DUPLICATE_AGREEMENT = 81, "DuplicateAgreement";
    /// Reserved.
    MEDICAL_SWITCH = 82, "MedicalSwitch";
    // Benefits.
    /// Benefit applied for.
    BENEFIT_APPLY = 96, "BenefitApply";
    /// Benefit awarded.
    BENEFIT_AWARD = 97, "BenefitAward";
    /// Benefit paid.
    BENEFIT_PAID = 98, "BenefitPaid";
    /// Benefit suspended.
    BENEFIT_SUSPEND = 99, "BenefitSuspend";
    /// Benefit resumed.
    BENEFIT_RESUME = 100, "BenefitResume";
    /// Benefit ended.
    BENEFIT_STOP = 101, "BenefitStop";
    /// Benefit paid without entitlement.
    OVERPAYMENT = 102, "Overpayment";
    /// Benefit recovered.
    RECOVERY = 103, "Recovery";
    /// Reserved.
    ACCOUNT_INHERITANCE = 104, "AccountInheritance";
    // Platforms.
    /// A month of a worker on a platform 平台月度存证.
    PLATFORM_MONTH = 112, "PlatformMonth";
    /// The premium of a platform for the orders of a month 职业伤害保障费.
    OIP_PREMIUM = 113, "OipPremium";
    /// An accident at work as it was reported 职业伤害报告.
    INJURY_REPORT = 114, "InjuryReport";
    /// A step of the agency with an injury, the decision among them 认定.
    INJURY_DETERMINATION = 115, "InjuryDetermination";
    /// The grade of disability after an injury 劳动能力鉴定.
    DISABILITY_GRADE = 116, "DisabilityGrade";
    /// What a platform has prepaid to the special fund 专项保障基金预缴.
    FUND_PREPAY = 117, "FundPrepay";
    /// Money of the fund drawn for a case, or repaid 垫付.
    FUND_DRAW = 118, "FundDraw";
    // Policy.
    /// Reserved.
    PARAMETER_PUBLISH = 128, "ParameterPublish";
    /// Reserved.
    RULE_PUBLISH = 129, "RulePublish";
    /// A subsidy applied for 补贴申请.
    SUBSIDY_APPLY = 130, "SubsidyApply";
    /// A subsidy awarded 补贴核定.
    SUBSIDY_AWARD = 131, "SubsidyAward";
    /// Reserved.
    PLAN_SNAPSHOT = 132, "PlanSnapshot";
    /// Reserved.
    NOTICE_SENT = 133, "NoticeSent";
    /// Reserved.
    NOTICE_READ = 134, "NoticeRead";
    // Governance.
    /// Reserved.
    CONSENT = 144, "Consent";
    /// The root of a day of the access log.
    ACCESS_DIGEST = 145, "AccessDigest";
    /// The worker disputes a record 异议.
    DISPUTE = 146, "Dispute";
    /// The agency's answer.
    DISPUTE_OUTCOME = 147, "DisputeOutcome";
    /// Reserved.
    NODE_KEY = 148, "NodeKey";
    /// Reserved.
    CHECKPOINT = 149, "Checkpoint";
    /// A rule found something, and an agency has taken it up 预警.
    WARNING = 150, "Warning";
    /// Such a warning ended 预警关闭.
    WARNING_CLOSED = 151, "WarningClosed";
    /// Reserved.
    AUDIT_REPORT = 152, "AuditReport";
    /// The root of the register of accounts 账户名册.
    ACCOUNT_REGISTER = 153, "AccountRegister";
    /// A key of the worker's own was bound to the account 密钥绑定.
    KEY_BOUND = 154, "KeyBound";
    /// Such a key counts no more 密钥终止.
    KEY_ENDED = 155, "KeyEnded";
    /// A second clerk has approved a submission 复核.
    APPROVAL = 156, "Approval";
    /// A platform's signature over the records before it in its submission 存证签名.
    DEPOSIT = 157, "Deposit";
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMED.iter().find(|(kind, _)| kind == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "kind {}", self.0),
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An entry: kind and payload, inside the bytes that are hashed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What it is about.
    pub kind: Kind,
    /// Its fields, in the layout of the kind.
    pub payload: &'a [u8],
    /// The whole entry, header included: the leaf.
    pub bytes: &'a [u8],
}

/// What names a record inside its chain: the hash of its leaf. The same content sent twice is the same record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct RecordId(pub Hash);

impl fmt::Debug for Entry<'_> {
    /// The kind only: the payload holds whole account ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl<'a> Entry<'a> {
    /// Takes the first entry off `bytes`; `at` is its position, for the error.
    ///
    /// # Errors
    /// [`Invalid::EntryTruncated`], [`Invalid::EntryHeader`], [`Invalid::EntryTooLarge`].
    pub fn split_first(bytes: &'a [u8], at: LeafIndex) -> Result<(Self, &'a [u8]), Invalid> {
        let (kind, after_kind) = read_varint16(bytes, at)?;
        let (length, after_length) = read_varint16(after_kind, at)?;
        let kind = Kind(kind);
        let length = usize::from(length);
        let limit = if kind == Kind::BATCH {
            BATCH_PAYLOAD_BYTES_MAX
        } else {
            PAYLOAD_BYTES_MAX
        };
        if length > limit {
            return Err(Invalid::EntryTooLarge {
                at,
                limit,
                found: length,
            });
        }
        let missing = || Invalid::EntryTruncated {
            at,
            missing: length
                .checked_sub(after_length.len())
                .expect("fewer bytes than the length asks for"),
        };
        let (payload, rest) = after_length.split_at_checked(length).ok_or_else(missing)?;
        // By length: comparing the rest with the end that it is would take as long as reading all that follows, for every entry.
        let whole = bytes
            .len()
            .checked_sub(rest.len())
            .and_then(|end| bytes.get(..end))
            .expect("the rest was split off the end of these bytes");
        Ok((
            Self {
                kind,
                payload,
                bytes: whole,
            },
            rest,
        ))
    }

    /// Reads `bytes` as exactly one entry.
    ///
    /// # Errors
    /// As [`Entry::split_first`], and [`Invalid::EntryTrailing`].
    pub fn parse(bytes: &'a [u8], at: LeafIndex) -> Result<Self, Invalid> {
        match Self::split_first(bytes, at)? {
            (entry, []) => Ok(entry),
            (_, rest) => Err(Invalid::EntryTrailing {
                at,
                extra: rest.len(),
            }),
        }
    }
}

/// Appends an entry. The caller keeps the payload within its limit.
pub(crate) fn write_entry(kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    write_varint16(kind.0, out);
    let length = u16::try_from(payload.len()).expect("a payload is at most 60,000 bytes long");
    write_varint16(length, out);
    out.extend_from_slice(payload);
}

/// Largest value of bincode's one-byte form; 251 says that two bytes follow.
const ONE_BYTE_MAX: u16 = 250;
const TWO_BYTES_FOLLOW: u8 = 251;

fn write_varint16(value: u16, out: &mut Vec<u8>) {
    match u8::try_from(value) {
        Ok(byte) if value <= ONE_BYTE_MAX => out.push(byte),
        _ => {
            out.push(TWO_BYTES_FOLLOW);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

fn read_varint16(bytes: &[u8], at: LeafIndex) -> Result<(u16, &[u8]), Invalid> {
    match bytes {
        [] | [TWO_BYTES_FOLLOW] | [TWO_BYTES_FOLLOW, _] => {
            Err(Invalid::EntryTruncated { at, missing: 1 })
        }
        [TWO_BYTES_FOLLOW, low, high, rest @ ..] => {
            let value = u16::from_le_bytes([*low, *high]);
            if value <= ONE_BYTE_MAX {
                Err(Invalid::EntryHeader { at })
            } else {
                Ok((value, rest))
            }
        }
        [byte, rest @ ..] if u16::from(*byte) <= ONE_BYTE_MAX => Ok((u16::from(*byte), rest)),
        _ => Err(Invalid::EntryHeader { at }),
    }
}
