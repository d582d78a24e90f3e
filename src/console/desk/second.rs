//! What waits for a second clerk, behind the pages of a console.

use super::{NodeDesk, runtime};
use crate::{
    agency::{
        access_log::warnings::{self, hex, short},
        approvals::{self, Named},
        disputes,
    },
    show::printable,
};
use anyhow::Context;
use rust_i18n::t;
use yizhang_console::{
    Answered, Answering, ClosedWarning, Days, Decided, Refused, Waiting, Warning, Warnings,
};
use yizhang_entitlement::dispute::Outcome;
use yizhang_ledger::{
    batch::RecordBlock,
    hash::{Hash, from_hex},
    person::AccountId,
    value::{Code, Day, UnixMillis},
};
use yizhang_wire::{
    convert,
    purpose::Purpose,
    v1::{
        AccessWarning, CloseWarningRequest, WaitingSubmission, WarningsRequest,
        lookup_request::Worker,
    },
};

impl NodeDesk {
    /// The way to what waits; to be called where a runtime is.
    fn approvals(&self) -> anyhow::Result<approvals::Desk> {
        approvals::Desk::of(self.credentials.clone(), self.clerk.region)
    }

    pub(super) fn list_waiting(&self) -> anyhow::Result<Vec<Waiting>> {
        let listed = runtime()?.block_on(async { self.approvals()?.listed().await })?;
        listed.iter().map(waiting).collect()
    }

    /// What is decided on, as the node lists it now.
    async fn named(desk: &mut approvals::Desk, decided: Decided) -> anyhow::Result<Named> {
        for one in desk.listed().await? {
            let named = Named::read(&one)?;
            if named.id == decided.id && named.content == decided.content && one.refused_ms == 0 {
                return Ok(named);
            }
        }
        let number = decided.id;
        Err(anyhow::anyhow!(
            "{}",
            t!("approvals.not_waiting", number = number)
        ))
    }

    pub(super) fn look_at_waiting(
        &self,
        decided: Decided,
        purpose: &Purpose,
    ) -> anyhow::Result<RecordBlock> {
        runtime()?.block_on(async {
            let mut desk = self.approvals()?;
            let named = Self::named(&mut desk, decided).await?;
            desk.look(named, purpose, |_| {}).await
        })
    }

    pub(super) fn approve_waiting(&self, decided: Decided) -> anyhow::Result<String> {
        runtime()?.block_on(async {
            let mut desk = self.approvals()?;
            let named = Self::named(&mut desk, decided).await?;
            desk.approve(named).await
        })
    }

    pub(super) fn refuse_waiting(&self, decided: Decided, reason: &str) -> anyhow::Result<()> {
        runtime()?.block_on(async {
            let mut desk = self.approvals()?;
            let named = Self::named(&mut desk, decided).await?;
            desk.refuse(named, reason).await
        })
    }

    pub(super) fn answer_dispute(&self, answering: &Answering) -> anyhow::Result<Answered> {
        let mut outcomes = Outcome::ALL.into_iter();
        let outcome = outcomes.find(|outcome| outcome.code() == answering.outcome);
        let is_code = |text: &str| Code::new(text).is_some_and(|code| !code.is_none());
        anyhow::ensure!(
            is_code(&answering.serial)
                && (answering.agency.is_empty() || is_code(&answering.agency)),
            "{}",
            t!("dispute.bad_code")
        );
        let document = match answering.document.as_str() {
            "" => None,
            hex => Some(Hash::from_hex(hex).context(t!("dispute.bad_id"))?),
        };
        let account = AccountId::from_hex(&answering.account).context(t!("dispute.unknown"))?;
        let answer = disputes::Answering {
            credentials: &self.credentials,
            node: self.clerk.region,
            person: &self.person,
            id: answering.dispute,
            outcome: outcome.context(t!("dispute.no_outcome"))?,
            serial: &answering.serial,
            agency: &answering.agency,
            document,
        };
        let said = answer.answer(Worker::Account(account.0.to_vec().into()))?;
        Ok(Answered {
            lines: said.lines,
            is_answered: said.is_answered,
        })
    }

    pub(super) fn read_warnings(&self, days: Days, purpose: &Purpose) -> anyhow::Result<Warnings> {
        let number = |day: Option<Day>| day.map_or(0, Day::number);
        let request = WarningsRequest {
            first: number(days.first),
            last: number(days.last),
            purpose: Some(purpose.message()),
        };
        let told = warnings::told(&self.credentials, self.clerk.region, request);
        let told = runtime()?.block_on(told)?;
        Ok(Warnings {
            notes: warnings::notes(&told),
            warnings: told.warnings.into_iter().filter_map(warning).collect(),
        })
    }

    pub(super) fn close(
        &self,
        warning: &Warning,
        reason: &str,
        purpose: &Purpose,
    ) -> anyhow::Result<()> {
        let id: [u8; 16] = from_hex(&warning.id).context(t!("access_log.bad_warning"))?;
        let request = CloseWarningRequest {
            id: id.to_vec().into(),
            day: warning.day.number(),
            reason: reason.to_owned(),
            purpose: Some(purpose.message()),
        };
        let closing = warnings::close_at(&self.credentials, self.clerk.region, request);
        runtime()?.block_on(closing)
    }
}

fn waiting(one: &WaitingSubmission) -> anyhow::Result<Waiting> {
    let Named {
        id,
        content,
        records,
    } = Named::read(one)?;
    let refused = (one.refused_ms > 0).then(|| {
        Ok::<_, anyhow::Error>(Refused {
            at: UnixMillis(one.refused_ms),
            checker: convert::hash("checker", &one.checker)?,
            reason: printable(&one.reason),
        })
    });
    Ok(Waiting {
        id,
        content,
        records,
        came: UnixMillis(one.came_ms),
        maker: convert::hash("maker", &one.maker)?,
        refused: refused.transpose()?,
    })
}

/// None of a day that is none.
fn warning(told: AccessWarning) -> Option<Warning> {
    let certificates = told.certificates.iter();
    Some(Warning {
        id: hex(&told.id),
        rule: printable(&told.rule),
        day: Day::new(told.day)?,
        certificates: certificates.map(|one| short(one)).collect(),
        person: printable(&told.person),
        account: hex(&told.account),
        entries: told.entries,
        first: UnixMillis(told.first_ms),
        last: UnixMillis(told.last_ms),
        closing: told.closing.map(|closing| ClosedWarning {
            at: UnixMillis(closing.at_ms),
            person: printable(&closing.person),
            reason: printable(&closing.reason),
        }),
    })
}
