//! Records that wait for a second clerk: what the clerk has to decide on, one line each, and every field of them.

mod fields;

pub use fields::{Field, fields};

use crate::{copies::moment, kind, named, place, printable, table, text::t, work};
use yizhang_entitlement::account::{injury_step_word, mode_word, reporter_word, trade_word};
use yizhang_ledger::{
    batch::SubmissionId,
    entry::RecordId,
    hash::Hash,
    record::{
        CaseId, Contribution, DisabilityGrade, Ending, FundDraw, FundMove, FundPrepay, Identity,
        InjuryDetermination, InjuryReport, OipPremium, Period, PlatformMonth, Record, Reversal,
        Shares, Source, Subsidy, Trade, TransferSide, TransferStep, Warning, WarningClosed,
    },
    value::{Code, Day, Division, Fen, UnixMillis},
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
        Record::PlatformMonth(fields) => line.platform_month(fields),
        Record::OipPremium(fields) => line.premium(fields),
        Record::InjuryReport(fields) => line.injury_report(fields),
        Record::InjuryDetermination(fields) => line.determination(fields),
        Record::DisabilityGrade(fields) => line.grade(fields),
        Record::FundPrepay(fields) => line.prepay(fields),
        Record::FundDraw(fields) => line.draw(fields),
        Record::Subsidy(_, fields) => line.subsidy(fields),
        Record::Warning(fields) => line.warning(fields),
        Record::WarningClosed(fields) => line.warning_closed(fields),
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

    fn platform_month(&mut self, fields: &PlatformMonth<'_>) {
        self.at_platform(fields.platform, fields.place);
        self.say(&t!("waiting.of_month"), &fields.month.to_string());
        self.trade(fields.trade);
        let mode = named(&format!("work.mode.{}", mode_word(fields.mode)));
        self.say(&t!("waiting.mode"), &mode);
        let (work, earned) = (&fields.work, &fields.earnings);
        let orders = work::orders(work.orders.into(), work.insured_orders.into());
        self.say(&t!("work.orders"), &orders);
        self.say(&t!("work.days"), &work.days.to_string());
        self.say(&t!("work.time"), &work::time(work.minutes.into()));
        self.sum(&t!("work.gross"), earned.gross);
        self.sum(&t!("work.incentives"), earned.incentives);
        self.sum(&t!("work.deductions"), earned.deductions);
        self.sum(&t!("work.refunds"), earned.refunds);
        self.sum(&t!("work.net"), earned.net);
        self.target(fields.target);
    }

    fn premium(&mut self, fields: &OipPremium<'_>) {
        self.at_platform(fields.platform, fields.place);
        self.say(&t!("waiting.of_month"), &fields.month.to_string());
        self.trade(fields.trade);
        let orders = work::orders(fields.orders, fields.insured_orders);
        self.say(&t!("work.orders"), &orders);
        self.payment(fields.due, fields.paid, fields.received);
        self.target(fields.target);
    }

    fn prepay(&mut self, fields: &FundPrepay<'_>) {
        self.at_platform(fields.platform, fields.place);
        self.say(&t!("waiting.of_month"), &months(fields.period));
        self.sum(&t!("waiting.revenue"), fields.revenue);
        self.say(&t!("waiting.rate"), &fields.rate.to_string());
        self.payment(fields.due, fields.paid, fields.received);
        self.target(fields.target);
    }

    fn draw(&mut self, fields: &FundDraw<'_>) {
        self.at_platform(fields.platform, fields.place);
        self.case(fields.case);
        let way = match fields.way {
            FundMove::Drawn => t!("waiting.drawn"),
            FundMove::Repaid => t!("waiting.repaid"),
        };
        self.sum(&way, fields.amount);
        self.say(&t!("waiting.on"), &fields.on.to_string());
        self.target(fields.target);
    }

    fn injury_report(&mut self, fields: &InjuryReport<'_>) {
        self.case(fields.case);
        self.at_platform(fields.platform, fields.place);
        self.trade(fields.trade);
        self.say(&t!("waiting.occurred"), &moment(fields.occurred));
        self.say(&t!("waiting.reported"), &moment(fields.reported));
        let reporter = named(&format!("work.reporter.{}", reporter_word(fields.reporter)));
        self.say(&t!("waiting.reporter"), &reporter);
    }

    fn determination(&mut self, fields: &InjuryDetermination<'_>) {
        self.case(fields.case);
        self.say(
            &t!("waiting.step"),
            &work::step(injury_step_word(fields.step)),
        );
        self.say(&t!("waiting.at"), &place::name(fields.place));
        self.say(&t!("waiting.on"), &fields.on.to_string());
        self.code(&t!("waiting.reason"), fields.reason);
    }

    fn grade(&mut self, fields: &DisabilityGrade<'_>) {
        self.case(fields.case);
        self.say(&t!("waiting.grade"), &fields.grade.to_string());
        self.say(&t!("waiting.at"), &place::name(fields.place));
        self.say(&t!("waiting.on"), &fields.on.to_string());
    }

    fn subsidy(&mut self, fields: &Subsidy<'_>) {
        self.code(&t!("waiting.programme"), fields.programme);
        self.say(&t!("waiting.of_month"), &months(fields.period));
        self.say(&t!("waiting.at"), &place::name(fields.place));
        self.sum(&t!("waiting.contribution"), fields.contribution);
        self.say(&t!("waiting.share"), &fields.share.to_string());
        self.sum(&t!("waiting.amount"), fields.amount);
        self.say(&t!("waiting.on"), &fields.on.to_string());
        self.target(fields.target);
        self.code(&t!("waiting.reason"), fields.reason);
    }

    fn warning(&mut self, fields: &Warning<'_>) {
        self.code(&t!("waiting.rule"), fields.rule);
        self.code(&t!("waiting.party"), fields.subject.party);
        if let Some(case) = fields.subject.case {
            self.case(case);
        }
        self.say(&t!("waiting.at"), &place::name(fields.place));
        let span = format!("{} – {}", fields.first, fields.last);
        self.say(&t!("waiting.of_month"), &span);
        self.say(&t!("waiting.found"), &fields.found.to_string());
        self.say(&t!("waiting.wanted"), &fields.wanted.to_string());
        self.say(&t!("waiting.on"), &fields.on.to_string());
        self.say(&t!("waiting.act_by"), &fields.act_by.to_string());
    }

    fn warning_closed(&mut self, fields: &WarningClosed<'_>) {
        let ending = match fields.ending {
            Ending::Met => t!("waiting.met"),
            Ending::Dismissed => t!("waiting.dismissed"),
        };
        self.say(&t!("waiting.ending"), &ending);
        self.say(&t!("waiting.on"), &fields.on.to_string());
        self.target(Some(fields.target));
        self.code(&t!("waiting.reason"), fields.reason);
    }

    fn at_platform(&mut self, platform: Code<'_>, place: Division) {
        self.code(&t!("work.platform"), platform);
        self.say(&t!("waiting.at"), &place::name(place));
    }

    fn trade(&mut self, trade: Trade) {
        let trade = named(&format!("work.trade.{}", trade_word(trade)));
        self.say(&t!("waiting.trade"), &trade);
    }

    fn payment(&mut self, due: Fen, paid: Fen, received: Option<Day>) {
        self.sum(&t!("waiting.due_all"), due);
        self.sum(&t!("waiting.paid_all"), paid);
        if let Some(received) = received {
            self.say(&t!("waiting.received"), &received.to_string());
        }
    }

    fn case(&mut self, case: CaseId) {
        let number = format!("{:032x}", u128::from_be_bytes(case.0));
        self.say(&t!("waiting.case"), &number);
    }

    fn sum(&mut self, name: &str, sum: Fen) {
        self.say(name, &sum.to_string());
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
