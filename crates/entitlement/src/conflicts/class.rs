//! Conflict classes, as data: code, severity, what it is, and the source of the rule.

use serde::{Deserialize, Serialize};

/// What a conflict means for the figures around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Resolved by rule, with a note: nobody has to act, or the payer alone.
    Auto,
    /// What counts is resolved by rule; an agency has work left, such as money to return.
    Task,
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

/// Who must act on a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Nobody: the rule has done it.
    Nobody,
    /// An agency that signed one of the records.
    Agency,
    /// Agency and worker together.
    AgencyAndPerson,
    /// The old place of a transfer.
    OldPlace,
    /// The new place of a transfer.
    NewPlace,
    /// Both places of a transfer.
    BothPlaces,
    /// Whoever owes the contribution.
    Payer,
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
    /// Who must act.
    pub acts: Actor,
    /// What it is, in a few words.
    pub meaning: &'static str,
    /// What would resolve it.
    pub resolution: &'static str,
    /// Source of the rule.
    pub basis: &'static str,
}

macro_rules! classes {
    ($($code:ident $severity:ident $keeper:ident $acts:ident $meaning:literal, $resolution:literal, $basis:literal;)*) => {
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
                        acts: Actor::$acts,
                        resolution: $resolution,
                        meaning: $meaning,
                        basis: $basis,
                    },)*
                }
            }
        }
    };
}

classes! {
    C01 Prov Open AgencyAndPerson "the same month in two provinces",
        "a DuplicateAgreement that names the place to keep; the others refund the personal account with interest",
        "人社部发〔2009〕187号 art. 3; 人社部发〔2010〕70号 art. 10";
    C02 Prov Open Agency "the same month from two payers in one province",
        "the agency reverses or refunds one of the two where one is wrong; where both are right it stays shown",
        "local practice";
    C03 Hold Open AgencyAndPerson "the same month in enterprise and public-institution pension",
        "a DuplicateAgreement that names scheme and place to keep",
        "design rule on 人社部发〔2009〕187号 art. 3";
    C04 Task Employee Agency "the same month in employee and resident pension",
        "the resident agency refunds the person's and the collective's part",
        "人社部发〔2014〕17号 art. 7";
    C05 Prov Open Agency "the same resident-pension month in two places",
        "the agency where the household is not registered refunds",
        "国发〔2014〕8号";
    C06 Prov None Agency "the same month in employee and resident medical insurance",
        "the resident premium is refunded where local rules allow",
        "local practice";
    C07 Prov Open Agency "the same employee-medical month in two places",
        "one of the two places refunds by local rules",
        "local practice";
    C08 Auto None Nobody "the same record sent twice",
        "nothing: it counts once",
        "design rule";
    C09 Prov FirstInChain Agency "the same business key with different content and no reversal",
        "the agency reverses the wrong one",
        "design rule";
    C10 Prov None NewPlace "a correction by the old place after the account was closed for transfer",
        "a correction case to the place that holds the relation now, which posts it",
        "医保办发〔2021〕43号 纠错上传";
    C11 Prov None BothPlaces "sent to another place and not posted there in time",
        "the new place posts, or sends the case back",
        "国办发〔2009〕66号 art. 8";
    C12 Hold None OldPlace "posted at the new place without the information sheet of the old",
        "the old place sends the information sheet, or the posting is reversed; of an army's account, which has no chain, the posting names months, document and reason",
        "design rule";
    C13 Hold None BothPlaces "information sheet, money and chain disagree",
        "sheet, money or records are corrected until they agree",
        "GB/T 31594—2015";
    C14 Task FirstInChain Agency "one relation asked for twice",
        "the case that came second is sent back",
        "design rule";
    C15 Task None OldPlace "money arrived at the old place after the account was closed for transfer",
        "a supplementary transfer to the place that holds the relation now",
        "local practice";
    C17 Hold None Agency "two months of birth by citizen's ids, or a man's and a woman's class: two persons under one number",
        "the agencies establish whose number it is, and reverse the statement that is another person's",
        "design rule";
    C19 Prov None Agency "month of birth: archives differ, or the archive from the citizen's id",
        "the archive decides for benefits; it stays shown while both statements stand",
        "practice: the archive decides for benefits";
    C20 Hold None OldPlace "back-payment of three years or more at once, without a document",
        "a closing or supplement that names the document, and its kind as the reason: court, audit, inspection or arbitration, or commitment for what was paid before the rule; or a refund",
        "人社部规〔2016〕5号; 人社厅发〔2019〕94号";
    C21 Prov None Agency "paid for months in which a benefit had begun",
        "the money is refunded, unless the benefit is awarded again for a later month",
        "国办发〔2009〕66号 art. 2";
    C22 Task None Agency "paid for months after death, or a benefit drawn for them",
        "what was paid is refunded to unit or heirs; what was drawn is recovered",
        "社会保险法 art. 14; 社会保险经办条例 art. 25, 26, 46";
    C23 Hold None Agency "months taken away after a benefit was awarded on them",
        "the award is computed again, and what was overpaid recovered",
        "社会保险经办条例 art. 46";
    C24 Hold None Agency "benefits drawn twice for a month",
        "one benefit ends, and what was drawn twice is returned or deducted",
        "人社部发〔2014〕17号 art. 8; 人社厅发〔2019〕94号; 社会保险法 art. 51";
    C25 Auto None Nobody "unemployment months before a claim",
        "nothing: paid months count again from the claim, unused benefit months carry over",
        "社会保险法 art. 46";
    C26 Prov None Agency "a personal account was joined with another sum than its records come to",
        "sum or records are corrected; until then the sum that the agency stated stands",
        "design rule";
    C27 Auto None Nobody "paid in a division that is another one now",
        "nothing: records keep their code, months are counted at the division that took its place",
        "design rule; the table of successors";
    C28 Auto None Nobody "paid by an employer that is another one now",
        "nothing: records keep the code, months are the worker's whoever paid",
        "design rule; the table of successors";
    C29 Prov None Agency "paid on a base outside limits that were published after the money came",
        "the agency collects or returns the difference (type 34); the account says how much to expect",
        "limits take effect on the month they name, not on the day of publication";
    C30 Auto None Nobody "paid for months that have not begun",
        "nothing: each month counts once it has begun",
        "design rule";
    C31 Prov None Agency "paid on a base outside the limits of the month",
        "the agency corrects the base where it is wrong; the index uses it as recorded",
        "国办发〔2019〕13号; limits of the place";
    C32 Auto None Payer "paid in part",
        "the rest is paid, in a row with the flag of full receipt",
        "GB/T 40217—2021 006001";
    C33 Auto None Nobody "a deemed month that was paid as well: paid wins",
        "nothing: the paid month counts",
        "practice";
    C34 Hold None BothPlaces "temporary account treated as general, or the reverse",
        "the agencies agree what the account was",
        "国办发〔2009〕66号 art. 5";
    C35 Prov None Agency "paid while suspended for prison, military service or settling abroad",
        "the agency refunds months that should not have been paid; others stay shown",
        "AAE160 6303, 6305, 6402";
    C36 Hold None Agency "two reports of one accident, by two platforms",
        "the agency finds whose order was under way, and joins the cases; premiums stay paid for every order",
        "the pilot of occupational-injury protection, 人社部发〔2021〕110号; design rule: accidents within an hour";
    C38 Auto None Nobody "the household has moved to another province",
        "nothing: the household of the day counts on which the conditions are met",
        "国办发〔2009〕66号 art. 6: that of the day when the conditions are met";
    C41 Prov None Agency "the worker disputes a record, and nobody has answered",
        "the agency's answer, and a correction where the worker is right",
        "社会保险法 art. 4, 74";
    C42 Hold None Agency "one injury handled as occupational injury and as work injury",
        "one scheme for one event: work injury where an employer employs the worker, else occupational injury; the other steps are reversed",
        "design rule on 工伤保险条例 art. 2 and 人社部发〔2021〕110号";
    C43 Task None Agency "the same month subsidised twice",
        "one of the awards is reversed, and what was paid on it recovered",
        "design rule: no month of contributions is borne twice, whatever the programmes and places";
    Y01 Prov None Agency "a reversal, refund, difference or stop names a record of another chain",
        "the agency whose chain holds the target acts on it",
        "design rule";
    Y02 Prov None Agency "a reversal, refund or difference names a record that is not known here",
        "the record it names arrives, or the agency reverses it",
        "design rule";
    Y03 Prov None Agency "a refund or difference names no contribution that was received",
        "the agency names the contribution",
        "design rule";
    Y04 Prov Open Agency "the same month more than once where no other class fits",
        "the agency reverses or refunds what is one too many; where all are right it stays shown",
        "design rule";
    Y05 Hold Open Agency "records of accounts that no link in force ties together",
        "an identity link, or the records are looked up apart",
        "design rule";
    Y06 Prov None Agency "a transfer step by the wrong side, out of order or too late",
        "the agency that took the step corrects it",
        "design rule";
    Y07 Prov None Agency "a personal account joined to another scheme that could not be, or paid into after it was",
        "the agency reverses the joining, or refunds what came after it",
        "人社部发〔2014〕17号 art. 3";
    Y08 Prov None Agency "statements that contradict each other: death, household, where deemed months were worked",
        "the agency whose statement is wrong reverses it; until then the later one holds",
        "design rule";
    Y09 Hold None Agency "benefits that exclude each other, awarded for the same months",
        "one of the awards is reversed, or stopped from the month in which the other begins",
        "人社部发〔2014〕17号 art. 8; 人社厅发〔2019〕94号; design rule for unemployment benefit";
    Y10 Prov None Agency "money stays after a refund, and the months that it was paid for do not count",
        "the agency corrects the sum of the refund, or the months that it names; until then these months do not count",
        "design rule";
    Y11 Prov None Agency "unemployment benefit drawn for months in which an employer paid",
        "the benefit is stopped and recovered; or the contribution is reversed or refunded, where the worker was not employed",
        "社会保险法 art. 51";
    Y12 Prov None Agency "paid back by a flexible worker for months that the rules of the place do not take",
        "the agency refunds them where they should not have been taken; where they are right they stay shown",
        "the place's rule of back-payment; 人社部规〔2016〕5号 for three years and more at once";
    Y13 Prov None Agency "another amount credited to the personal account than the rule's share of the base",
        "the agency corrects what was credited, or the base",
        "国发〔2005〕38号; the rate of the month";
    Y14 Prov None OldPlace "paid by the closing and left behind: outside the months of the sheet, and with no other case",
        "a sheet that names all months, or a case of its own for the rest",
        "国办发〔2009〕66号 art. 4: the whole account moves";
    Y15 Hold None Agency "claims: stated by the chain of a region that has no right to state it",
        "an agency that has the right states the same, or the agency that stated it reverses it; until then it counts nothing and stops nothing",
        "design rule on 社会保险法 art. 8: the place of participation handles";
}
