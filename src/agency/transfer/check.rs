//! What is looked at before a step is written, because a chain forgets nothing: whether it is there already, whether it
//! would count, and whether anything can come of it.

use super::cases;
use crate::{credentials::Credentials, show};
use anyhow::{bail, ensure};
use rust_i18n::t;
use yizhang_entitlement::{
    Account, Family, Policy,
    account::{StepFaultName, TransferCase},
    transfer::{Candidate, Sides, is_follow_up, may_take, missing_before, used, would_fault},
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::TransferStep,
    value::{Division, Fen},
};

/// A step that is about to be written.
pub(super) struct Planned<'s> {
    pub(super) kind: Kind,
    /// Whose chain would hold it.
    pub(super) region: Division,
    /// Its name in that chain.
    pub(super) id: RecordId,
    pub(super) fields: &'s TransferStep<'s>,
}

impl Planned<'_> {
    fn sides(&self) -> Sides {
        Sides {
            old: self.fields.source_side.place,
            new: self.fields.target_side.place,
        }
    }

    fn name(&self) -> String {
        show::kind::name(self.kind)
    }

    /// Whether the chain holds this very step.
    ///
    /// # Errors
    /// Where another step or record of the worker stands under the same agency, system and serial.
    pub(super) fn is_written(&self, account: &Account) -> anyhow::Result<bool> {
        let source = self.fields.source;
        let mut own = account
            .records
            .iter()
            .filter(|record| record.region == self.region);
        if own.clone().any(|record| record.id == self.id.0) {
            return Ok(true);
        }
        let other = own.find(|record| {
            record.agency == source.agency.as_str()
                && record.system == source.system.as_str()
                && record.serial == source.serial.as_str()
        });
        match other {
            Some(record) => {
                bail!(
                    "{}",
                    t!(
                        "transfer.serial_used",
                        serial = record.serial,
                        kind = show::kind::name(record.kind)
                    )
                )
            }
            None => Ok(false),
        }
    }

    /// Refuses a step that is not this agency's to take.
    pub(super) fn ensure_ours(&self) -> anyhow::Result<()> {
        ensure!(
            may_take(self.kind, self.region, self.sides()),
            "{}",
            t!("transfer.not_ours", step = self.name())
        );
        Ok(())
    }

    /// Refuses a step that would not count by what is known here.
    pub(super) fn ensure_counts(&self, known: Option<&TransferCase>) -> anyhow::Result<()> {
        let is_posted = known.is_some_and(|case| used(case).any(|(kind, _)| kind == Kind::POSTED));
        ensure!(
            !(is_posted && is_follow_up(self.kind)),
            "{}",
            t!("transfer.own_number", step = self.name())
        );
        let candidate = Candidate {
            kind: self.kind,
            region: self.region,
            sides: self.sides(),
            on: self.fields.on,
        };
        let Some(fault) = would_fault(known, candidate) else {
            return Ok(());
        };
        let why = show::named(&format!("transfer.fault.{}", show::serde_name(&fault)));
        let why = match self
            .missing(known)
            .filter(|_| fault == StepFaultName::OutOfOrder)
        {
            Some(missing) => format!("{why} ({missing})"),
            None => why,
        };
        bail!(
            "{}",
            t!("transfer.would_not_count", step = self.name(), why = why)
        )
    }

    /// The step that would have to come before, and its day where it is there, only later.
    fn missing(&self, known: Option<&TransferCase>) -> Option<String> {
        let (kind, later) = missing_before(known, self.kind, self.fields.on)?;
        let step = show::kind::name(kind);
        Some(later.map_or_else(
            || t!("transfer.missing", step = step).to_string(),
            |day| {
                t!(
                    "transfer.missing_till",
                    step = step,
                    day = day,
                    on = self.fields.on
                )
                .to_string()
            },
        ))
    }

    /// Refuses a step of which nothing can come, by what is known here.
    pub(super) fn ensure_sensible(
        &self,
        account: &Account,
        credentials: &Credentials,
    ) -> anyhow::Result<()> {
        let fields = self.fields;
        // What an agency did before the law on transfers was none of these steps.
        if let Some(law) = Policy::embedded().transfers_begin() {
            let is_lawful = fields.on.in_month().is_none_or(|month| law <= month);
            ensure!(
                is_lawful,
                "{}",
                t!("transfer.before_law", law = law, on = fields.on)
            );
        }
        let sums = fields.sums;
        let is_negative = [sums.personal_account, sums.personal_account_unit, sums.pool]
            .iter()
            .any(|sum| *sum < Fen::ZERO);
        ensure!(!is_negative, "{}", t!("transfer.negative"));
        if self.kind == Kind::TRANSFER_APPLY {
            self.ensure_answerable(account, credentials)
        } else {
            Ok(())
        }
    }

    /// Refuses an application that nobody is there to answer, or that has nothing to move.
    fn ensure_answerable(
        &self,
        account: &Account,
        credentials: &Credentials,
    ) -> anyhow::Result<()> {
        let (sides, scheme) = (self.sides(), self.fields.scheme);
        let answers = |region: &Division| may_take(Kind::FREEZE, *region, sides);
        let place = show::place::name(sides.old);
        ensure!(
            credentials.roster.regions.keys().any(answers),
            "{}",
            t!("transfer.nobody_there", place = place)
        );
        let family = account.of_family(Family::of(scheme));
        let province = sides.old.province();
        let has_months = family.is_some_and(|family| {
            let here = family
                .by_province
                .iter()
                .filter(|line| line.place.province() == province);
            here.map(|line| (line.months, line.contested, line.deemed))
                .any(|months| months != (0, 0, 0))
        });
        ensure!(
            has_months,
            "{}",
            t!("transfer.nothing_there", place = place, scheme = scheme)
        );
        let open = cases(account).find(|case| {
            case.case != self.fields.case
                && case.next.is_some()
                && Family::of(scheme).is_one_pool(case.source, sides.old)
                && case
                    .steps
                    .iter()
                    .any(|step| step.scheme == scheme.to_string())
        });
        if let Some(case) = open {
            let (from, to) = (
                show::place::name(case.source),
                show::place::name(case.target),
            );
            bail!("{}", t!("transfer.open_already", from = from, to = to));
        }
        Ok(())
    }
}
