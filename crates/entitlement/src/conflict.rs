//! Conflict classes, as data: code, severity, what it is, and the source of the rule.

use serde::{Deserialize, Serialize};

/// What a conflict means for the figures around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Resolved by rule, with a note.
    Auto,
    /// A provisional value is shown, and flagged.
    Prov,
    /// Blocks award and transfer until a record by people arrives.
    Hold,
    /// A fault of operation or cryptography: the chain is quarantined from there on.
    Fault,
}

/// Which record of a conflict stays. This version never chooses where the law leaves it to agency and person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// Nothing to choose between.
    None,
    /// Not decided: agency and person agree (人社部发〔2009〕187号 art. 3); all records are listed.
    Open,
    /// The record that stands first in its chain.
    FirstInChain,
    /// The employee scheme (人社部发〔2014〕17号 art. 7).
    Employee,
}

/// A class of conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictClass {
    /// Its code.
    pub code: ConflictCode,
    /// What it means for the figures.
    pub severity: Severity,
    /// Which record stays.
    pub keeper: Keeper,
    /// What it is, in a few words.
    pub meaning: &'static str,
    /// Source of the rule.
    pub basis: &'static str,
}

macro_rules! classes {
    ($($code:ident $severity:ident $keeper:ident $meaning:literal, $basis:literal;)*) => {
        /// Code of a conflict class that this version detects. `C` codes are those of the domain reference, section 6;
        /// `Y` codes are this program's own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ConflictCode {
            $(#[doc = $meaning] $code,)*
        }

        impl ConflictCode {
            /// Every class that this version detects.
            pub const CLASSES: &'static [ConflictClass] = &[$(ConflictCode::$code.class()),*];

            /// The class.
            pub const fn class(self) -> ConflictClass {
                match self {
                    $(Self::$code => ConflictClass {
                        code: self,
                        severity: Severity::$severity,
                        keeper: Keeper::$keeper,
                        meaning: $meaning,
                        basis: $basis,
                    },)*
                }
            }
        }
    };
}

classes! {
    C01 Prov Open "the same month in two provinces", "人社部发〔2009〕187号 art. 3; 人社部发〔2010〕70号 art. 10";
    C02 Prov Open "the same month from two payers in one province", "local practice";
    C03 Hold Open "the same month in enterprise and public-institution pension", "design rule on 人社部发〔2009〕187号 art. 3";
    C04 Auto Employee "the same month in employee and resident pension", "人社部发〔2014〕17号 art. 7";
    C05 Prov Open "the same resident-pension month in two places", "国发〔2014〕8号";
    C06 Prov None "the same month in employee and resident medical insurance", "local practice";
    C07 Prov Open "the same employee-medical month in two places", "local practice";
    C08 Auto None "the same record sent twice", "design rule";
    C09 Prov FirstInChain "the same business key with different content and no reversal", "design rule";
    C10 Prov None "a correction by the old place after the account was closed for transfer", "医保办发〔2021〕43号 纠错上传";
    C11 Prov None "sent to another place and not posted there in time", "国办发〔2009〕66号 art. 8";
    C12 Hold None "posted at the new place without the information sheet of the old", "design rule";
    C13 Hold None "information sheet, money and chain disagree", "GB/T 31594—2015";
    C14 Auto FirstInChain "one relation asked for by two places", "design rule";
    C15 Auto None "money arrived at the old place after the account was closed for transfer", "local practice";
    C17 Hold None "two months of birth on the ground of citizen's ids: two persons under one number", "design rule";
    C19 Prov None "month of birth: the archive differs from the citizen's id", "practice: the archive decides for benefits";
    C20 Hold None "back-payment of three years or more at once, without a document", "人社部规〔2016〕5号; 人社厅发〔2019〕94号";
    C21 Prov None "paid for months in which a benefit had begun", "国办发〔2009〕66号 art. 2";
    C22 Auto None "paid for months after death", "社会保险法 art. 14; 社会保险经办条例 art. 25, 26, 46";
    C23 Hold None "months taken away after a benefit was awarded on them", "社会保险经办条例 art. 46";
    C24 Hold None "benefits drawn twice for a month", "人社部发〔2014〕17号 art. 8; 人社厅发〔2019〕94号; 社会保险法 art. 51";
    C30 Auto None "paid for months that have not begun", "design rule";
    C32 Auto None "paid in part", "GB/T 40217—2021 006001";
    C33 Auto None "a deemed month that was paid as well: paid wins", "practice";
    C34 Hold None "temporary account treated as general, or the reverse", "国办发〔2009〕66号 art. 5";
    C35 Prov None "paid while suspended for prison, military service or settling abroad", "AAE160 6303, 6305, 6402";
    C38 Auto None "the household has moved to another province", "国办发〔2009〕66号 art. 6: that of the day when the conditions are met";
    C41 Prov None "the worker disputes a record, and nobody has answered", "社会保险法 art. 4, 74";
    Y01 Prov None "a reversal, refund or difference names a record of another chain", "design rule";
    Y02 Prov None "a reversal, refund or difference names a record that is not known here", "design rule";
    Y03 Prov None "a refund or difference names no contribution that was received", "design rule";
    Y04 Prov Open "the same month more than once where no other class fits", "design rule";
    Y05 Hold Open "records of accounts that no link in force ties together", "design rule";
    Y06 Prov None "a transfer step by the wrong side, out of order or too late", "design rule";
}
