//! Records that wait for a second clerk: what the clerk has to decide on, one line each, and every field of them.

mod fields;

pub use fields::{Field, fields};

use crate::{copies::moment, kind, place, printable, table, text::t};
use yizhang_ledger::{
    batch::SubmissionId,
    entry::RecordId,
    hash::Hash,
    record::{
        Contribution, Identity, Period, Record, Reversal, Shares, Source, TransferSide,
        TransferStep,
    },
    value::{Code, UnixMillis},
};

/// A record: its kind, and behind it what its fields say. What stands in it but is not worth a word in a line, [`fields`] tell.
pub fn record(record: &Record<'_>) -> String {
    let mut line = Line(vec![kind::name(record.kind())]);
    for account in record.accounts() {
        line.say(&t!("waiting.account"), &account.reveal_hex());
    }
    if let Some(scheme) = record.scheme() {
        line.say(&t!("waiting.scheme"), &place::scheme(&scheme.to_string()));
    }
    match record {
        Record::Contribution(_, fields) => line.contribution(fields),
        Record::Reversal(fields) => line.reversal(fields),
        Record::Identity(_, fields) => line.identity(fields),
        Record::Transfer(_, fields) => line.transfer(fields),
        _ => line.target(record.target()),
    }
    if let Some(source) = record.source() {
        line.source(&source);
    }
    line.0.join(t!("account.comma").as_ref())
}

struct Line(Vec<String>);

impl Line {
    fn say(&mut self, name: &str, value: &str) {
        self.0
            .push(t!("waiting.field", name = name, value = value).to_string());
    }

    fn contribution(&mut self, fields: &Contribution<'_>) {
        self.say(&t!("waiting.months"), &months(fields.period));
        self.say(&t!("waiting.place"), &place::name(fields.place));
        self.say(&t!("waiting.base"), &fields.base.to_string());
        self.say(&t!("waiting.due"), &shares(fields.due));
        self.say(&t!("waiting.paid"), &shares(fields.paid));
        self.say(&t!("waiting.credited"), &shares(fields.credited));
        if let Some(received) = fields.received {
            self.say(&t!("waiting.received"), &received.to_string());
        }
        self.target(fields.target);
    }

    fn reversal(&mut self, fields: &Reversal<'_>) {
        self.target(Some(fields.target));
        self.code(&t!("waiting.reason"), fields.reason);
    }

    fn identity(&mut self, fields: &Identity<'_>) {
        self.target(fields.target);
        self.code(&t!("waiting.reason"), fields.reason);
        self.say(&t!("waiting.on"), &fields.on.to_string());
    }

    fn transfer(&mut self, fields: &TransferStep<'_>) {
        let side = |side: TransferSide<'_>| place::name(side.place);
        self.say(&t!("waiting.from"), &side(fields.source_side));
        self.say(&t!("waiting.to"), &side(fields.target_side));
        self.say(&t!("waiting.on"), &fields.on.to_string());
        if let (Some(first), Some(last)) = (fields.first, fields.last) {
            self.say(&t!("waiting.months"), &format!("{first} – {last}"));
        }
        self.say(
            &t!("waiting.personal_account"),
            &fields.sums.personal_account.to_string(),
        );
        self.say(&t!("waiting.pool"), &fields.sums.pool.to_string());
        self.code(&t!("waiting.reason"), fields.reason);
    }

    fn target(&mut self, target: Option<RecordId>) {
        if let Some(RecordId(target)) = target {
            self.say(&t!("waiting.target"), &target.to_string());
        }
    }

    fn source(&mut self, source: &Source<'_>) {
        self.code(&t!("waiting.serial"), source.serial);
    }

    fn code(&mut self, name: &str, code: Code<'_>) {
        if !code.is_none() {
            self.say(name, code.as_str());
        }
    }
}

fn months(period: Period) -> String {
    let last = period.iter().last().filter(|last| *last != period.first);
    last.map_or_else(
        || period.first.to_string(),
        |last| format!("{} – {last}", period.first),
    )
}

/// What the unit and the person bear.
fn shares(shares: Shares) -> String {
    format!("{} + {}", shares.unit, shares.person)
}

/// A submission that waits, or was refused.
pub struct Listed {
    /// Its number.
    pub id: SubmissionId,
    /// When it came.
    pub came: UnixMillis,
    /// How many records it has.
    pub records: u32,
    /// Fingerprint of the certificate with which it was sent.
    pub maker: Hash,
    /// Why it was refused, if it was.
    pub refused: Option<String>,
}

/// Digits by which a number and a fingerprint are told apart in a list.
const SHOWN_DIGITS: usize = 16;

/// Prints what waits and what was refused.
pub fn list(listed: &[Listed]) {
    if listed.is_empty() {
        println!("{}", t!("waiting.nothing"));
        return;
    }
    let mut table = table([
        t!("waiting.number"),
        t!("waiting.came"),
        t!("waiting.records"),
        t!("waiting.maker"),
        t!("waiting.state"),
    ]);
    for one in listed {
        let state = one.refused.as_ref().map_or_else(
            || t!("waiting.waits"),
            |reason| t!("waiting.refused", reason = printable(reason)),
        );
        table.add_row([
            short(&one.id),
            moment(one.came),
            one.records.to_string(),
            short(&one.maker),
            state.to_string(),
        ]);
    }
    println!("{table}");
}

fn short(digits: &impl ToString) -> String {
    digits.to_string().chars().take(SHOWN_DIGITS).collect()
}
