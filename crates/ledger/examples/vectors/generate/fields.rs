//! The fields of records and batch entries as JSON, in the order of their bytes.

use super::json::Json;
use yizhang_ledger::{
    batch::BatchEntry,
    record::{
        AccessDigest, AccountRegister, Agreement, Approval, Benefit, Birth, Bridge, Contribution,
        Death, Deemed, Deposit, DisabilityGrade, Dispute, FundDraw, FundPrepay, Household,
        Identity, InjuryDetermination, InjuryReport, InterestCredit, KeyBound, KeyEnded,
        OipPremium, Participation, Payer, Period, PlatformMonth, Record, RetireClassFact, Reversal,
        Shares, Source, Subsidy, TransferSide, TransferStep, Warning, WarningClosed,
    },
    value::{Day, Division, Fen, Month, Scheme},
};

/// All fields of a record, in order.
pub fn record(record: &Record<'_>) -> Json {
    match record {
        Record::Contribution(_, fields) => contribution(fields),
        Record::Reversal(fields) => reversal(fields),
        Record::InterestCredit(fields) => interest(fields),
        Record::Participation(_, fields) => participation(fields),
        Record::Transfer(_, fields) => transfer(fields),
        Record::Benefit(_, fields) => benefit(fields),
        Record::Identity(_, fields) => identity(fields),
        Record::Death(fields) => death(fields),
        Record::Deemed(fields) => deemed(fields),
        Record::Household(fields) => household(fields),
        Record::RetireClass(fields) => retire_class(fields),
        Record::Birth(fields) => birth(fields),
        Record::Agreement(fields) => agreement(fields),
        Record::Bridge(fields) => bridge(fields),
        Record::Dispute(_, fields) => dispute(fields),
        Record::AccessDigest(fields) => access_digest(fields),
        Record::AccountRegister(fields) => account_register(fields),
        Record::KeyBound(fields) => key_bound(fields),
        Record::KeyEnded(fields) => key_ended(fields),
        Record::Approval(fields) => approval(fields),
        Record::Subsidy(_, fields) => subsidy(fields),
        Record::PlatformMonth(fields) => platform_month(fields),
        Record::OipPremium(fields) => oip_premium(fields),
        Record::InjuryReport(fields) => injury_report(fields),
        Record::InjuryDetermination(fields) => injury_determination(fields),
        Record::DisabilityGrade(fields) => disability_grade(fields),
        Record::FundPrepay(fields) => fund_prepay(fields),
        Record::FundDraw(fields) => fund_draw(fields),
        Record::Warning(fields) => warning(fields),
        Record::WarningClosed(fields) => warning_closed(fields),
        Record::Deposit(fields) => deposit(fields),
        Record::Unknown(unread) => Json::object([("payload", Json::hex(unread.payload))]),
    }
}

/// All fields of a batch entry, in order.
pub fn batch_entry(entry: &BatchEntry) -> Json {
    let submissions = entry.submissions.0.iter().map(|submission| {
        Json::object([
            ("id", Json::hex(submission.id.0)),
            ("submitter", submission.submitter.as_str().into()),
            ("records", submission.records.into()),
        ])
    });
    Json::object([
        ("origin", entry.origin.as_str().into()),
        ("number", Json::wide(entry.number)),
        ("first", Json::wide(entry.first.0)),
        ("previous", entry.previous.into()),
        ("root_before", entry.root_before.into()),
        ("time", Json::wide(entry.time.0)),
        ("roster", Json::wide(entry.roster)),
        ("records", entry.records.into()),
        ("submissions", Json::list(submissions)),
    ])
}

fn contribution(fields: &Contribution<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("scheme", scheme(fields.scheme)),
        ("period", period(fields.period)),
        ("settlement", month(fields.settlement)),
        ("received", fields.received.map(day).into()),
        ("place", division(fields.place)),
        ("payer", payer(&fields.payer)),
        ("nature", u32::from(fields.nature).into()),
        ("base", fen(fields.base)),
        (
            "rates",
            Json::object([
                ("unit", fields.rates.unit.get().into()),
                ("person", fields.rates.person.get().into()),
            ]),
        ),
        ("due", shares(&fields.due)),
        ("paid", shares(&fields.paid)),
        ("credited", shares(&fields.credited)),
        ("full", fields.full.into()),
        ("late_fee", fen(fields.late_fee)),
        (
            "subsidies",
            Json::object([
                ("central", fen(fields.subsidies.central)),
                ("province", fen(fields.subsidies.province)),
                ("city", fen(fields.subsidies.city)),
                ("county", fen(fields.subsidies.county)),
            ]),
        ),
        ("account_type", format!("{:?}", fields.account_type).into()),
        ("target", fields.target.map(|target| target.0).into()),
        ("source", source(&fields.source)),
    ])
}

fn reversal(fields: &Reversal<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("target", fields.target.0.into()),
        ("reason", fields.reason.as_str().into()),
        ("source", source(&fields.source)),
    ])
}

fn interest(fields: &InterestCredit<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("scheme", scheme(fields.scheme)),
        ("year", u32::from(fields.year).into()),
        ("rate", fields.rate.get().into()),
        ("amount", shares(&fields.amount)),
        ("posted", day(fields.posted)),
        ("source", source(&fields.source)),
    ])
}

fn participation(fields: &Participation<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("scheme", scheme(fields.scheme)),
        ("from", month(fields.from)),
        ("place", division(fields.place)),
        ("payer", payer(&fields.payer)),
        ("reason", fields.reason.as_str().into()),
        ("account_type", format!("{:?}", fields.account_type).into()),
        ("source", source(&fields.source)),
    ])
}

fn transfer(fields: &TransferStep<'_>) -> Json {
    let sums = &fields.sums;
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("case", Json::hex(fields.case.0)),
        ("scheme", scheme(fields.scheme)),
        ("source_side", side(&fields.source_side)),
        ("target_side", side(&fields.target_side)),
        ("on", day(fields.on)),
        ("first", fields.first.map(month).into()),
        ("last", fields.last.map(month).into()),
        (
            "sums",
            Json::object([
                ("deemed_months", u32::from(sums.deemed_months).into()),
                ("actual_months", u32::from(sums.actual_months).into()),
                ("personal_account", fen(sums.personal_account)),
                ("personal_account_unit", fen(sums.personal_account_unit)),
                ("pool", fen(sums.pool)),
            ]),
        ),
        ("account_type", format!("{:?}", fields.account_type).into()),
        ("document", fields.document.into()),
        ("reason", fields.reason.as_str().into()),
        ("source", source(&fields.source)),
    ])
}

fn benefit(fields: &Benefit<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("scheme", scheme(fields.scheme)),
        ("item", fields.item.as_str().into()),
        ("from", month(fields.from)),
        ("until", fields.until.map(month).into()),
        ("amount", fen(fields.amount)),
        ("on", day(fields.on)),
        ("place", division(fields.place)),
        ("target", fields.target.map(|target| target.0).into()),
        ("reason", fields.reason.as_str().into()),
        ("source", source(&fields.source)),
    ])
}

fn identity(fields: &Identity<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("other", Json::hex(fields.other.0)),
        ("target", fields.target.map(|target| target.0).into()),
        ("reason", fields.reason.as_str().into()),
        ("evidence", fields.evidence.into()),
        ("on", day(fields.on)),
        ("source", source(&fields.source)),
    ])
}

fn death(fields: &Death<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("month", month(fields.month)),
        ("on", day(fields.on)),
        ("document", fields.document.into()),
        ("source", source(&fields.source)),
    ])
}

fn deemed(fields: &Deemed<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("scheme", scheme(fields.scheme)),
        ("first", month(fields.first)),
        ("last", month(fields.last)),
        ("place", division(fields.place)),
        ("on", day(fields.on)),
        ("document", fields.document.into()),
        ("reason", fields.reason.as_str().into()),
        ("source", source(&fields.source)),
    ])
}

fn household(fields: &Household<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("place", division(fields.place)),
        ("from", month(fields.from)),
        ("on", day(fields.on)),
        ("source", source(&fields.source)),
    ])
}

fn retire_class(fields: &RetireClassFact<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("class", format!("{:?}", fields.class).into()),
        ("on", day(fields.on)),
        ("source", source(&fields.source)),
    ])
}

fn birth(fields: &Birth<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("birth", month(fields.birth)),
        ("by", format!("{:?}", fields.by).into()),
        ("on", day(fields.on)),
        ("document", fields.document.into()),
        ("source", source(&fields.source)),
    ])
}

fn agreement(fields: &Agreement<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("scheme", scheme(fields.scheme)),
        ("first", month(fields.first)),
        ("last", month(fields.last)),
        ("keep", division(fields.keep)),
        ("on", day(fields.on)),
        ("document", fields.document.into()),
        ("source", source(&fields.source)),
    ])
}

fn bridge(fields: &Bridge<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("scheme", scheme(fields.scheme)),
        ("into", scheme(fields.into)),
        ("place", division(fields.place)),
        ("on", day(fields.on)),
        ("personal_account", fen(fields.personal_account)),
        ("document", fields.document.into()),
        ("source", source(&fields.source)),
    ])
}

fn dispute(fields: &Dispute<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("region", division(fields.region)),
        ("target", fields.target.0.into()),
        ("reason", fields.reason.as_str().into()),
        ("on", day(fields.on)),
        ("document", fields.document.into()),
        ("source", source(&fields.source)),
    ])
}

fn access_digest(fields: &AccessDigest) -> Json {
    Json::object([
        ("day", day(fields.day)),
        ("entries", Json::wide(fields.entries)),
        ("last", fields.last.into()),
        ("before", fields.before.into()),
    ])
}

pub fn account_register(fields: &AccountRegister) -> Json {
    Json::object([
        ("form", u32::from(fields.form).into()),
        ("size", Json::wide(fields.size)),
        ("accounts", Json::wide(fields.accounts)),
        ("root", fields.root.into()),
    ])
}

fn key_bound(fields: &KeyBound<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("number", fields.number.into()),
        ("kind", format!("{:?}", fields.kind).into()),
        ("public", Json::hex(fields.public)),
        ("credential", Json::hex(fields.credential)),
        ("relying_party", fields.relying_party.into()),
        ("on", day(fields.on)),
        ("basis", fields.basis.as_str().into()),
        ("maker", fields.maker.into()),
        ("checker", fields.checker.into()),
    ])
}

fn key_ended(fields: &KeyEnded<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("region", division(fields.region)),
        ("number", fields.number.into()),
        ("on", day(fields.on)),
        ("reason", fields.reason.as_str().into()),
    ])
}

fn approval(fields: &Approval<'_>) -> Json {
    Json::object([
        ("submission", Json::hex(fields.submission.0)),
        ("submitter", fields.submitter.as_str().into()),
        ("content", fields.content.into()),
        ("maker", fields.maker.into()),
        ("checker", fields.checker.into()),
        ("on", day(fields.on)),
    ])
}

fn period(period: Period) -> Json {
    Json::object([
        ("first", month(period.first)),
        ("months", u32::from(period.months).into()),
    ])
}

fn platform_month(fields: &PlatformMonth<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("platform", fields.platform.as_str().into()),
        ("place", division(fields.place)),
        ("month", month(fields.month)),
        ("trade", format!("{:?}", fields.trade).into()),
        ("mode", format!("{:?}", fields.mode).into()),
        (
            "work",
            Json::object([
                ("orders", fields.work.orders.into()),
                ("insured_orders", fields.work.insured_orders.into()),
                ("days", u32::from(fields.work.days).into()),
                ("minutes", fields.work.minutes.into()),
                ("longest_minutes", fields.work.longest_minutes.into()),
                ("night_minutes", fields.work.night_minutes.into()),
            ]),
        ),
        (
            "earnings",
            Json::object([
                ("gross", fen(fields.earnings.gross)),
                ("incentives", fen(fields.earnings.incentives)),
                ("deductions", fen(fields.earnings.deductions)),
                ("refunds", fen(fields.earnings.refunds)),
                ("net", fen(fields.earnings.net)),
            ]),
        ),
        (
            "file",
            Json::object([
                ("rows", fields.file.rows.into()),
                ("root", fields.file.root.into()),
            ]),
        ),
        ("target", fields.target.map(|target| target.0).into()),
        ("source", source(&fields.source)),
    ])
}

fn oip_premium(fields: &OipPremium<'_>) -> Json {
    Json::object([
        ("platform", fields.platform.as_str().into()),
        ("place", division(fields.place)),
        ("month", month(fields.month)),
        ("trade", format!("{:?}", fields.trade).into()),
        ("orders", Json::wide(fields.orders)),
        ("insured_orders", Json::wide(fields.insured_orders)),
        ("due", fen(fields.due)),
        ("paid", fen(fields.paid)),
        ("received", fields.received.map(day).into()),
        ("target", fields.target.map(|target| target.0).into()),
        ("source", source(&fields.source)),
    ])
}

fn injury_report(fields: &InjuryReport<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("case", Json::hex(fields.case.0)),
        ("platform", fields.platform.as_str().into()),
        ("place", division(fields.place)),
        ("trade", format!("{:?}", fields.trade).into()),
        ("occurred", Json::wide(fields.occurred.0)),
        ("reported", Json::wide(fields.reported.0)),
        ("reporter", format!("{:?}", fields.reporter).into()),
        ("order", fields.order.into()),
        ("attachment", fields.attachment.into()),
        ("source", source(&fields.source)),
    ])
}

fn injury_determination(fields: &InjuryDetermination<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("case", Json::hex(fields.case.0)),
        ("step", format!("{:?}", fields.step).into()),
        ("scheme", scheme(fields.scheme)),
        ("place", division(fields.place)),
        ("on", day(fields.on)),
        ("document", fields.document.into()),
        ("reason", fields.reason.as_str().into()),
        ("source", source(&fields.source)),
    ])
}

fn disability_grade(fields: &DisabilityGrade<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("case", Json::hex(fields.case.0)),
        ("grade", u32::from(fields.grade).into()),
        ("place", division(fields.place)),
        ("on", day(fields.on)),
        ("document", fields.document.into()),
        ("source", source(&fields.source)),
    ])
}

fn fund_prepay(fields: &FundPrepay<'_>) -> Json {
    Json::object([
        ("platform", fields.platform.as_str().into()),
        ("place", division(fields.place)),
        ("period", period(fields.period)),
        ("revenue", fen(fields.revenue)),
        ("rate", fields.rate.get().into()),
        ("due", fen(fields.due)),
        ("paid", fen(fields.paid)),
        ("received", fields.received.map(day).into()),
        ("target", fields.target.map(|target| target.0).into()),
        ("source", source(&fields.source)),
    ])
}

fn fund_draw(fields: &FundDraw<'_>) -> Json {
    Json::object([
        ("platform", fields.platform.as_str().into()),
        ("place", division(fields.place)),
        ("case", Json::hex(fields.case.0)),
        ("way", format!("{:?}", fields.way).into()),
        ("amount", fen(fields.amount)),
        ("on", day(fields.on)),
        ("target", fields.target.map(|target| target.0).into()),
        ("source", source(&fields.source)),
    ])
}

fn subsidy(fields: &Subsidy<'_>) -> Json {
    Json::object([
        ("account", Json::hex(fields.account.0)),
        ("programme", fields.programme.as_str().into()),
        ("scheme", scheme(fields.scheme)),
        ("period", period(fields.period)),
        ("place", division(fields.place)),
        ("contribution", fen(fields.contribution)),
        ("share", fields.share.get().into()),
        ("amount", fen(fields.amount)),
        ("on", day(fields.on)),
        ("target", fields.target.map(|target| target.0).into()),
        ("reason", fields.reason.as_str().into()),
        ("source", source(&fields.source)),
    ])
}

fn warning(fields: &Warning<'_>) -> Json {
    Json::object([
        ("id", fields.id.into()),
        ("rule", fields.rule.as_str().into()),
        (
            "subject",
            Json::object([
                (
                    "worker",
                    hexed(fields.subject.worker.map(|account| account.0)),
                ),
                ("party", fields.subject.party.as_str().into()),
                ("case", hexed(fields.subject.case.map(|case| case.0))),
            ]),
        ),
        ("place", division(fields.place)),
        ("first", month(fields.first)),
        ("last", month(fields.last)),
        ("found", Json::wide(fields.found)),
        ("wanted", Json::wide(fields.wanted)),
        ("basis", fields.basis.into()),
        ("on", day(fields.on)),
        ("act_by", day(fields.act_by)),
        ("source", source(&fields.source)),
    ])
}

/// Sixteen bytes, or null.
fn hexed(bytes: Option<[u8; 16]>) -> Json {
    bytes.map(Json::hex).into()
}

fn warning_closed(fields: &WarningClosed<'_>) -> Json {
    Json::object([
        ("id", fields.id.into()),
        ("target", fields.target.0.into()),
        ("ending", format!("{:?}", fields.ending).into()),
        ("reason", fields.reason.as_str().into()),
        ("on", day(fields.on)),
        ("source", source(&fields.source)),
    ])
}

fn deposit(fields: &Deposit<'_>) -> Json {
    Json::object([
        ("platform", fields.platform.as_str().into()),
        ("public", Json::hex(fields.public)),
        ("records", fields.records.into()),
        ("digest", fields.digest.into()),
        ("signature", Json::hex(fields.signature)),
    ])
}

fn scheme(scheme: Scheme<'_>) -> Json {
    Json::object([
        ("namespace", format!("{:?}", scheme.namespace).into()),
        ("code", scheme.code.as_str().into()),
    ])
}

fn payer(payer: &Payer<'_>) -> Json {
    Json::object([
        ("kind", format!("{:?}", payer.kind).into()),
        ("id", payer.id.as_str().into()),
    ])
}

fn shares(shares: &Shares) -> Json {
    Json::object([("unit", fen(shares.unit)), ("person", fen(shares.person))])
}

fn side(side: &TransferSide<'_>) -> Json {
    Json::object([
        ("place", division(side.place)),
        ("agency", side.agency.as_str().into()),
    ])
}

fn source(source: &Source<'_>) -> Json {
    Json::object([
        ("agency", source.agency.as_str().into()),
        ("system", source.system.as_str().into()),
        ("serial", source.serial.as_str().into()),
    ])
}

fn month(month: Month) -> Json {
    month.to_string().into()
}

fn day(day: Day) -> Json {
    day.to_string().into()
}

fn division(division: Division) -> Json {
    division.code().into()
}

fn fen(fen: Fen) -> Json {
    fen.get().into()
}
