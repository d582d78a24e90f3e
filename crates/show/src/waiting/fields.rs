//! Every field of a record in words: whoever approves a record has seen all of it. Each field of each kind is named here, so that one which
//! is added does not go by unseen.

mod work_fields;

use super::{months, shares};
use crate::{account, kind, named, place, text::t};
use std::fmt::Write as _;
use yizhang_ledger::{
    entry::{Kind, RecordId},
    hash::Hash,
    person::AccountId,
    record::{
        AccessDigest, AccountRegister, AccountType, Agreement, Approval, Benefit, Birth,
        BirthEvidence, Bridge, Contribution, Death, Deemed, Dispute, HolderKeyKind, Household,
        Identity, InterestCredit, KeyBound, KeyEnded, Participation, Payer, PayerKind, Record,
        RetireClassFact, Reversal, ShareRates, Source, Subsidies, TransferSide, TransferStep,
        TransferSums, Unread,
    },
    value::{Code, Day, Division, Month, Scheme},
};

/// A field of a record.
pub struct Field {
    /// What it is called.
    pub name: String,
    /// What stands in it; a dash where nothing does.
    pub value: String,
}

/// All fields of a record, its kind first.
pub fn fields(record: &Record<'_>) -> Vec<Field> {
    let mut all = Fields(Vec::new());
    all.say(t!("waiting.kind"), kind::name(record.kind()));
    match record {
        Record::Contribution(_, fields) => all.contribution(fields),
        Record::Reversal(fields) => all.reversal(fields),
        Record::InterestCredit(fields) => all.interest(fields),
        Record::Participation(_, fields) => all.participation(fields),
        Record::Transfer(_, fields) => all.transfer(fields),
        Record::Benefit(_, fields) => all.benefit(fields),
        Record::Identity(_, fields) => all.identity(fields),
        Record::Death(fields) => all.death(fields),
        Record::Deemed(fields) => all.deemed(fields),
        Record::Household(fields) => all.household(fields),
        Record::RetireClass(fields) => all.retire_class(fields),
        Record::Birth(fields) => all.birth(fields),
        Record::Agreement(fields) => all.agreement(fields),
        Record::Bridge(fields) => all.bridge(fields),
        Record::Dispute(kind, fields) => all.dispute(*kind, fields),
        Record::AccessDigest(fields) => all.access_digest(fields),
        Record::AccountRegister(fields) => all.account_register(fields),
        Record::KeyBound(fields) => all.key_bound(fields),
        Record::KeyEnded(fields) => all.key_ended(fields),
        Record::Approval(fields) => all.approval(fields),
        Record::PlatformMonth(fields) => all.platform_month(fields),
        Record::OipPremium(fields) => all.premium(fields),
        Record::InjuryReport(fields) => all.injury_report(fields),
        Record::InjuryDetermination(fields) => all.determination(fields),
        Record::DisabilityGrade(fields) => all.grade(fields),
        Record::FundPrepay(fields) => all.prepay(fields),
        Record::FundDraw(fields) => all.draw(fields),
        Record::Subsidy(_, fields) => all.subsidy(fields),
        Record::Warning(fields) => all.warning(fields),
        Record::WarningClosed(fields) => all.warning_closed(fields),
        Record::Deposit(fields) => all.deposit(fields),
        Record::Unknown(fields) => all.unread(fields),
    }
    all.0
}

/// What stands where a field says nothing.
const NOTHING: &str = "–";

struct Fields(Vec<Field>);

impl Fields {
    #[allow(
        clippy::needless_pass_by_value,
        reason = "most values are made to be said"
    )]
    fn say(&mut self, name: impl Into<String>, value: impl ToString) {
        let value = Some(value.to_string()).filter(|value| !value.is_empty());
        self.0.push(Field {
            name: name.into(),
            value: value.unwrap_or_else(|| NOTHING.to_string()),
        });
    }

    fn maybe(&mut self, name: impl Into<String>, value: Option<impl ToString>) {
        let value = value.map(|value| value.to_string());
        self.say(name, value.unwrap_or_default());
    }

    fn account(&mut self, account: AccountId) {
        self.say(t!("waiting.account"), account.reveal_hex());
    }

    fn scheme(&mut self, scheme: &Scheme<'_>) {
        self.say(t!("waiting.scheme"), place::scheme(&scheme.to_string()));
    }

    fn place(&mut self, place: Division) {
        self.say(t!("waiting.place"), place::name(place));
    }

    fn on(&mut self, day: Day) {
        self.say(t!("waiting.on"), day);
    }

    fn first_and_last(&mut self, first: Month, last: Month) {
        self.say(t!("waiting.months"), format!("{first} – {last}"));
    }

    fn reason(&mut self, reason: Code<'_>) {
        self.say(t!("waiting.reason"), reason.as_str());
    }

    fn target(&mut self, target: Option<RecordId>) {
        self.maybe(t!("waiting.target"), target.map(|RecordId(target)| target));
    }

    fn document(&mut self, document: Hash) {
        let document = (document != Hash::ZERO).then_some(document);
        self.maybe(t!("waiting.document"), document);
    }

    fn account_type(&mut self, account_type: AccountType) {
        let words = match account_type {
            AccountType::General => t!("waiting.general"),
            AccountType::Temporary => t!("waiting.temporary"),
        };
        self.say(t!("waiting.account_type"), words);
    }

    fn payer(&mut self, payer: &Payer<'_>) {
        let Payer { kind, id } = payer;
        let words = match kind {
            PayerKind::Unit => t!("payer.unit"),
            PayerKind::Person => t!("payer.person"),
            PayerKind::Government => t!("payer.government"),
            PayerKind::Platform => t!("payer.platform"),
            PayerKind::Fund => t!("payer.fund"),
        };
        self.say(t!("waiting.payer"), words);
        self.say(t!("waiting.payer_id"), id.as_str());
    }

    fn source(&mut self, source: &Source<'_>) {
        let Source {
            agency,
            system,
            serial,
        } = source;
        self.say(t!("waiting.agency"), agency.as_str());
        self.say(t!("waiting.system"), system.as_str());
        self.say(t!("waiting.serial"), serial.as_str());
    }

    fn contribution(&mut self, fields: &Contribution<'_>) {
        let Contribution {
            account,
            scheme,
            period,
            settlement,
            received,
            place,
            payer,
            nature,
            base,
            rates: ShareRates { unit, person },
            due,
            paid,
            credited,
            full,
            late_fee,
            subsidies:
                Subsidies {
                    central,
                    province,
                    city,
                    county,
                },
            account_type,
            target,
            source,
        } = fields;
        self.account(*account);
        self.scheme(scheme);
        self.say(t!("waiting.months"), months(*period));
        self.say(t!("waiting.settlement"), settlement);
        self.maybe(t!("waiting.received"), *received);
        self.place(*place);
        self.payer(payer);
        self.say(t!("waiting.nature"), nature);
        self.say(t!("waiting.base"), base);
        self.say(t!("waiting.rates"), format!("{unit} + {person}"));
        self.say(t!("waiting.due"), shares(*due));
        self.say(t!("waiting.paid"), shares(*paid));
        self.say(t!("waiting.credited"), shares(*credited));
        self.say(
            t!("waiting.full"),
            if *full {
                t!("waiting.yes")
            } else {
                t!("waiting.no")
            },
        );
        self.say(t!("waiting.late_fee"), late_fee);
        self.say(
            t!("waiting.subsidies"),
            format!("{central} + {province} + {city} + {county}"),
        );
        self.account_type(*account_type);
        self.target(*target);
        self.source(source);
    }

    fn reversal(&mut self, fields: &Reversal<'_>) {
        let Reversal {
            account,
            target,
            reason,
            source,
        } = fields;
        self.account(*account);
        self.target(Some(*target));
        self.reason(*reason);
        self.source(source);
    }

    fn interest(&mut self, fields: &InterestCredit<'_>) {
        let InterestCredit {
            account,
            scheme,
            year,
            rate,
            amount,
            posted,
            source,
        } = fields;
        self.account(*account);
        self.scheme(scheme);
        self.say(t!("waiting.year"), year);
        self.say(t!("waiting.interest_rate"), rate);
        self.say(t!("waiting.interest"), shares(*amount));
        self.on(*posted);
        self.source(source);
    }

    fn participation(&mut self, fields: &Participation<'_>) {
        let Participation {
            account,
            scheme,
            from,
            place,
            payer,
            reason,
            account_type,
            source,
        } = fields;
        self.account(*account);
        self.scheme(scheme);
        self.say(t!("waiting.first"), from);
        self.place(*place);
        self.payer(payer);
        self.reason(*reason);
        self.account_type(*account_type);
        self.source(source);
    }

    fn transfer(&mut self, fields: &TransferStep<'_>) {
        let TransferStep {
            account,
            case,
            scheme,
            source_side,
            target_side,
            on,
            first,
            last,
            sums:
                TransferSums {
                    deemed_months,
                    actual_months,
                    personal_account,
                    personal_account_unit,
                    pool,
                },
            account_type,
            document,
            reason,
            source,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.transfer_case"), hex(&case.0));
        self.scheme(scheme);
        for (name, side) in [
            (t!("waiting.from"), source_side),
            (t!("waiting.to"), target_side),
        ] {
            let TransferSide { place, agency } = side;
            self.say(name, format!("{} {}", place::name(*place), agency.as_str()));
        }
        self.on(*on);
        self.maybe(t!("waiting.first"), *first);
        self.maybe(t!("waiting.last"), *last);
        self.say(t!("waiting.deemed_months"), deemed_months);
        self.say(t!("waiting.actual_months"), actual_months);
        self.say(t!("waiting.personal_account"), personal_account);
        self.say(t!("waiting.personal_account_unit"), personal_account_unit);
        self.say(t!("waiting.pool"), pool);
        self.account_type(*account_type);
        self.document(*document);
        self.reason(*reason);
        self.source(source);
    }

    fn benefit(&mut self, fields: &Benefit<'_>) {
        let Benefit {
            account,
            scheme,
            item,
            from,
            until,
            amount,
            on,
            place,
            target,
            reason,
            source,
        } = fields;
        self.account(*account);
        self.scheme(scheme);
        self.say(t!("waiting.item"), item.as_str());
        self.say(t!("waiting.first"), from);
        self.maybe(t!("waiting.last"), *until);
        self.say(t!("waiting.amount"), amount);
        self.on(*on);
        self.place(*place);
        self.target(*target);
        self.reason(*reason);
        self.source(source);
    }

    fn identity(&mut self, fields: &Identity<'_>) {
        let Identity {
            account,
            other,
            target,
            reason,
            evidence,
            on,
            source,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.other_account"), other.reveal_hex());
        self.target(*target);
        self.reason(*reason);
        self.document(*evidence);
        self.on(*on);
        self.source(source);
    }

    fn death(&mut self, fields: &Death<'_>) {
        let Death {
            account,
            month,
            on,
            document,
            source,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.death"), month);
        self.on(*on);
        self.document(*document);
        self.source(source);
    }

    fn deemed(&mut self, fields: &Deemed<'_>) {
        let Deemed {
            account,
            scheme,
            first,
            last,
            place,
            on,
            document,
            reason,
            source,
        } = fields;
        self.account(*account);
        self.scheme(scheme);
        self.first_and_last(*first, *last);
        self.place(*place);
        self.on(*on);
        self.document(*document);
        self.reason(*reason);
        self.source(source);
    }

    fn household(&mut self, fields: &Household<'_>) {
        let Household {
            account,
            place,
            from,
            on,
            source,
        } = fields;
        self.account(*account);
        self.place(*place);
        self.say(t!("waiting.first"), from);
        self.on(*on);
        self.source(source);
    }

    fn retire_class(&mut self, fields: &RetireClassFact<'_>) {
        let RetireClassFact {
            account,
            class,
            on,
            source,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.class"), named(&format!("class.{class:?}")));
        self.on(*on);
        self.source(source);
    }

    fn birth(&mut self, fields: &Birth<'_>) {
        let Birth {
            account,
            birth,
            by,
            on,
            document,
            source,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.birth"), birth);
        self.say(
            t!("waiting.birth_by"),
            match by {
                BirthEvidence::CitizenId => t!("waiting.by_citizen_id"),
                BirthEvidence::Archive => t!("waiting.by_archive"),
            },
        );
        self.on(*on);
        self.document(*document);
        self.source(source);
    }

    fn agreement(&mut self, fields: &Agreement<'_>) {
        let Agreement {
            account,
            scheme,
            first,
            last,
            keep,
            on,
            document,
            source,
        } = fields;
        self.account(*account);
        self.scheme(scheme);
        self.first_and_last(*first, *last);
        self.say(t!("waiting.keep"), place::name(*keep));
        self.on(*on);
        self.document(*document);
        self.source(source);
    }

    fn bridge(&mut self, fields: &Bridge<'_>) {
        let Bridge {
            account,
            scheme,
            into,
            place,
            on,
            personal_account,
            document,
            source,
        } = fields;
        self.account(*account);
        self.scheme(scheme);
        self.say(t!("waiting.into"), place::scheme(&into.to_string()));
        self.place(*place);
        self.on(*on);
        self.say(t!("waiting.personal_account"), personal_account);
        self.document(*document);
        self.source(source);
    }

    fn dispute(&mut self, kind: Kind, fields: &Dispute<'_>) {
        let Dispute {
            account,
            region,
            target,
            reason,
            on,
            document,
            source,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.region"), place::name(*region));
        self.target(Some(*target));
        let reason = reason.as_str();
        self.say(
            t!("waiting.reason"),
            if kind == Kind::DISPUTE_OUTCOME {
                account::dispute_outcome(reason)
            } else {
                account::dispute_reason(reason)
            },
        );
        self.on(*on);
        self.document(*document);
        self.source(source);
    }

    fn access_digest(&mut self, fields: &AccessDigest) {
        let AccessDigest {
            day,
            entries,
            last,
            before,
        } = fields;
        self.on(*day);
        self.say(t!("waiting.entries"), entries);
        self.say(t!("waiting.digest"), format!("{before} – {last}"));
    }

    fn account_register(&mut self, fields: &AccountRegister) {
        let AccountRegister {
            form,
            size,
            accounts,
            root,
        } = fields;
        self.say(t!("waiting.form"), form);
        self.say(t!("waiting.entries"), size);
        self.say(t!("waiting.accounts"), accounts);
        self.say(t!("waiting.digest"), root);
    }

    fn key_bound(&mut self, fields: &KeyBound<'_>) {
        let KeyBound {
            account,
            number,
            kind,
            public,
            credential,
            relying_party,
            on,
            basis,
            maker,
            checker,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.key"), number);
        self.say(
            t!("waiting.key_kind"),
            match kind {
                HolderKeyKind::Ed25519 => "Ed25519",
                HolderKeyKind::Passkey => "P-256",
            },
        );
        self.say(t!("waiting.public"), hex(public));
        self.say(t!("waiting.credential"), hex(credential));
        self.say(t!("waiting.relying_party"), relying_party);
        self.on(*on);
        self.say(t!("waiting.basis"), basis.as_str());
        self.clerks(maker, checker);
    }

    fn key_ended(&mut self, fields: &KeyEnded<'_>) {
        let KeyEnded {
            account,
            region,
            number,
            on,
            reason,
        } = fields;
        self.account(*account);
        self.say(t!("waiting.region"), place::name(*region));
        self.say(t!("waiting.key"), number);
        self.on(*on);
        self.reason(*reason);
    }

    fn approval(&mut self, fields: &Approval<'_>) {
        let Approval {
            submission,
            submitter,
            content,
            maker,
            checker,
            on,
        } = fields;
        self.say(t!("waiting.number"), submission);
        self.say(t!("waiting.submitter"), submitter.as_str());
        self.say(t!("waiting.digest"), content);
        self.clerks(maker, checker);
        self.on(*on);
    }

    fn clerks(&mut self, maker: &Hash, checker: &Hash) {
        self.say(t!("waiting.maker"), maker);
        self.say(t!("waiting.checker"), checker);
    }

    /// What nobody here can read is shown as it stands: whoever approves it knows that they do not know it.
    fn unread(&mut self, fields: &Unread<'_>) {
        let Unread {
            kind,
            payload,
            account,
        } = fields;
        self.say(t!("waiting.unread"), kind);
        if let Some(account) = account {
            self.account(*account);
        }
        self.say(t!("waiting.payload"), hex(payload));
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
