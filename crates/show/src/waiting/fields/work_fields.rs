//! The fields of what platforms deposit, and of what follows from it.

use super::{Fields, hex};
use crate::{copies::moment, named, text::t, waiting::months, work};
use yizhang_entitlement::account::{injury_step_word, mode_word, reporter_word, trade_word};
use yizhang_ledger::{
    hash::Hash,
    record::{
        CaseId, Deposit, DisabilityGrade, Earnings, Ending, FundDraw, FundMove, FundPrepay,
        InjuryDetermination, InjuryReport, OipPremium, OrderRows, PlatformMonth, Subject, Subsidy,
        Trade, Warning, WarningClosed, Work,
    },
    value::{Code, Day, Fen},
};

/// What a platform owes and has paid.
struct Payment {
    due: Fen,
    paid: Fen,
    received: Option<Day>,
}

impl Fields {
    pub(super) fn platform_month(&mut self, fields: &PlatformMonth<'_>) {
        let PlatformMonth {
            account,
            platform,
            place,
            month,
            trade,
            mode,
            work,
            earnings,
            file: OrderRows { rows, root },
            target,
            source,
        } = fields;
        self.account(*account);
        self.platform(*platform);
        self.place(*place);
        self.say(t!("waiting.of_month"), month);
        self.trade(*trade);
        let mode = named(&format!("work.mode.{}", mode_word(*mode)));
        self.say(t!("waiting.mode"), mode);
        self.work(work);
        self.earnings(earnings);
        self.say(t!("waiting.records"), rows);
        self.say(t!("waiting.digest"), root);
        self.target(*target);
        self.source(source);
    }

    fn work(&mut self, work: &Work) {
        let Work {
            orders,
            insured_orders,
            days,
            minutes,
            longest_minutes,
            night_minutes,
        } = work;
        let orders = work::orders(u64::from(*orders), u64::from(*insured_orders));
        self.say(t!("work.orders"), orders);
        self.say(t!("work.days"), days);
        for (name, minutes) in [
            (t!("work.time"), minutes),
            (t!("waiting.longest"), longest_minutes),
            (t!("waiting.night"), night_minutes),
        ] {
            self.say(name, work::time(u64::from(*minutes)));
        }
    }

    fn earnings(&mut self, earnings: &Earnings) {
        let Earnings {
            gross,
            incentives,
            deductions,
            refunds,
            net,
        } = earnings;
        self.say(t!("work.gross"), gross);
        self.say(t!("work.incentives"), incentives);
        self.say(t!("work.deductions"), deductions);
        self.say(t!("work.refunds"), refunds);
        self.say(t!("work.net"), net);
    }

    pub(super) fn premium(&mut self, fields: &OipPremium<'_>) {
        let OipPremium {
            platform,
            place,
            month,
            trade,
            orders,
            insured_orders,
            due,
            paid,
            received,
            target,
            source,
        } = fields;
        self.platform(*platform);
        self.place(*place);
        self.say(t!("waiting.of_month"), month);
        self.trade(*trade);
        self.say(t!("work.orders"), work::orders(*orders, *insured_orders));
        self.payment(&Payment {
            due: *due,
            paid: *paid,
            received: *received,
        });
        self.target(*target);
        self.source(source);
    }

    pub(super) fn injury_report(&mut self, fields: &InjuryReport<'_>) {
        let InjuryReport {
            account,
            case,
            platform,
            place,
            trade,
            occurred,
            reported,
            reporter,
            order,
            attachment,
            source,
        } = fields;
        self.account(*account);
        self.case(*case);
        self.platform(*platform);
        self.place(*place);
        self.trade(*trade);
        self.say(t!("waiting.occurred"), moment(*occurred));
        self.say(t!("waiting.reported"), moment(*reported));
        let reporter = named(&format!("work.reporter.{}", reporter_word(*reporter)));
        self.say(t!("waiting.reporter"), reporter);
        let order = (*order != Hash::ZERO).then_some(order);
        self.maybe(t!("waiting.order"), order);
        self.document(*attachment);
        self.source(source);
    }

    pub(super) fn determination(&mut self, fields: &InjuryDetermination<'_>) {
        let InjuryDetermination {
            account,
            case,
            step,
            scheme,
            place,
            on,
            document,
            reason,
            source,
        } = fields;
        self.account(*account);
        self.case(*case);
        self.say(t!("waiting.step"), work::step(injury_step_word(*step)));
        self.scheme(scheme);
        self.place(*place);
        self.on(*on);
        self.document(*document);
        self.reason(*reason);
        self.source(source);
    }

    pub(super) fn grade(&mut self, fields: &DisabilityGrade<'_>) {
        let DisabilityGrade {
            account,
            case,
            grade,
            place,
            on,
            document,
            source,
        } = fields;
        self.account(*account);
        self.case(*case);
        self.say(t!("waiting.grade"), grade);
        self.place(*place);
        self.on(*on);
        self.document(*document);
        self.source(source);
    }

    pub(super) fn prepay(&mut self, fields: &FundPrepay<'_>) {
        let FundPrepay {
            platform,
            place,
            period,
            revenue,
            rate,
            due,
            paid,
            received,
            target,
            source,
        } = fields;
        self.platform(*platform);
        self.place(*place);
        self.say(t!("waiting.of_month"), months(*period));
        self.say(t!("waiting.revenue"), revenue);
        self.say(t!("waiting.rate"), rate);
        self.payment(&Payment {
            due: *due,
            paid: *paid,
            received: *received,
        });
        self.target(*target);
        self.source(source);
    }

    pub(super) fn draw(&mut self, fields: &FundDraw<'_>) {
        let FundDraw {
            platform,
            place,
            case,
            way,
            amount,
            on,
            target,
            source,
        } = fields;
        self.platform(*platform);
        self.place(*place);
        self.case(*case);
        let way = match way {
            FundMove::Drawn => t!("waiting.drawn"),
            FundMove::Repaid => t!("waiting.repaid"),
        };
        self.say(way, amount);
        self.on(*on);
        self.target(*target);
        self.source(source);
    }

    pub(super) fn subsidy(&mut self, fields: &Subsidy<'_>) {
        let Subsidy {
            account,
            programme,
            scheme,
            period,
            place,
            contribution,
            share,
            amount,
            on,
            target,
            reason,
            source,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.programme"), programme.as_str());
        self.scheme(scheme);
        self.say(t!("waiting.of_month"), months(*period));
        self.place(*place);
        self.say(t!("waiting.contribution"), contribution);
        self.say(t!("waiting.share"), share);
        self.say(t!("waiting.amount"), amount);
        self.on(*on);
        self.target(*target);
        self.reason(*reason);
        self.source(source);
    }

    pub(super) fn warning(&mut self, fields: &Warning<'_>) {
        let Warning {
            id,
            rule,
            subject:
                Subject {
                    worker,
                    party,
                    case,
                },
            place,
            first,
            last,
            found,
            wanted,
            basis,
            on,
            act_by,
            source,
        } = fields;
        self.say(t!("waiting.number"), id);
        self.say(t!("waiting.rule"), rule.as_str());
        if let Some(worker) = worker {
            self.account(*worker);
        }
        self.say(t!("waiting.party"), party.as_str());
        if let Some(case) = case {
            self.case(*case);
        }
        self.place(*place);
        self.first_and_last(*first, *last);
        self.say(t!("waiting.found"), found);
        self.say(t!("waiting.wanted"), wanted);
        self.say(t!("waiting.digest"), basis);
        self.on(*on);
        self.say(t!("waiting.act_by"), act_by);
        self.source(source);
    }

    pub(super) fn warning_closed(&mut self, fields: &WarningClosed<'_>) {
        let WarningClosed {
            id,
            target,
            ending,
            reason,
            on,
            source,
        } = fields;
        self.say(t!("waiting.number"), id);
        self.target(Some(*target));
        let ending = match ending {
            Ending::Met => t!("waiting.met"),
            Ending::Dismissed => t!("waiting.dismissed"),
        };
        self.say(t!("waiting.ending"), ending);
        self.reason(*reason);
        self.on(*on);
        self.source(source);
    }

    pub(super) fn deposit(&mut self, fields: &Deposit<'_>) {
        let Deposit {
            platform,
            public,
            records,
            digest,
            signature,
        } = fields;
        self.platform(*platform);
        self.say(t!("waiting.public"), hex(public));
        self.say(t!("waiting.records"), records);
        self.say(t!("waiting.digest"), digest);
        self.say(t!("waiting.signature"), hex(signature));
    }

    fn platform(&mut self, platform: Code<'_>) {
        self.say(t!("work.platform"), platform.as_str());
    }

    fn trade(&mut self, trade: Trade) {
        let trade = named(&format!("work.trade.{}", trade_word(trade)));
        self.say(t!("waiting.trade"), trade);
    }

    fn case(&mut self, case: CaseId) {
        self.say(t!("waiting.case"), hex(&case.0));
    }

    fn payment(&mut self, payment: &Payment) {
        let Payment {
            due,
            paid,
            received,
        } = payment;
        self.say(t!("waiting.due_all"), due);
        self.say(t!("waiting.paid_all"), paid);
        self.maybe(t!("waiting.received"), *received);
    }
}
