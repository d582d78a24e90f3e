//! The facts of a case that records and what was shown beside them answer, and those that are missing.

use super::{Case, Corridor, Point, distance_to_route_cm, two_reports, two_schemes};
use crate::{coverage::Line, stated::Stated, terms::Terms};
use yizhang_ledger::{
    entry::RecordId,
    hash::Hash,
    order::{OrderRow, OrderSalt, leaf},
    record::{CaseId, InjuryReport, PlatformMonth, Record},
    value::Day,
};
use yizhang_rules::Key;

/// What is asked of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// The report names an order.
    OrderNamed,
    /// The platform has deposited the worker's month.
    MonthDeposited,
    /// The order was insured; without the order, all orders of the month were.
    Insured,
    /// The platform has paid the premium of the month.
    PremiumPaid,
    /// The order was under way at that moment.
    OrderActive,
    /// The place lies on the way.
    PlaceOnRoute,
    /// No other platform reports the same accident (C36).
    OneReport,
    /// The accident is handled under one scheme (C42).
    OneScheme,
}

impl Item {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OrderNamed => "order-named",
            Self::MonthDeposited => "month-deposited",
            Self::Insured => "insured",
            Self::PremiumPaid => "premium-paid",
            Self::OrderActive => "order-active",
            Self::PlaceOnRoute => "place-on-route",
            Self::OneReport => "one-report",
            Self::OneScheme => "one-scheme",
        }
    }
}

/// What is missing for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// A report.
    Report,
    /// The platform's month of the worker.
    PlatformMonth,
    /// The row of the order, with its salt.
    OrderRow,
    /// The private attachment: route and place.
    Attachment,
    /// A word of the platform about its premium.
    Premium,
    /// A rule.
    Rule,
}

impl Missing {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Report => "missing-report",
            Self::PlatformMonth => "missing-platform-month",
            Self::OrderRow => "missing-order-row",
            Self::Attachment => "missing-attachment",
            Self::Premium => "missing-premium",
            Self::Rule => "missing-rule",
        }
    }
}

/// The answer to an item: of records and what was shown, and no determination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// Nobody can tell without this.
    Missing(Missing),
}

impl Answer {
    /// Its word in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Missing(missing) => missing.word(),
        }
    }
}

/// An item with its answer, and the records that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is asked.
    pub item: Item,
    /// The answer.
    pub answer: Answer,
    /// The records.
    pub records: Vec<RecordId>,
}

/// Why a row is not the order of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderMismatch {
    /// The report names no order.
    #[error("the report names no order")]
    NotNamed,
    /// The row is not one that a platform may write.
    #[error("the row breaks a rule of its fields")]
    Malformed,
    /// Its leaf is another.
    #[error("expected the leaf {expected} that the report names, found {found}")]
    OtherLeaf {
        /// Of the report.
        expected: Hash,
        /// Of row and salt.
        found: Hash,
    },
    /// It is of another worker.
    #[error("the order is of another worker")]
    OtherWorker,
    /// It is of another platform.
    #[error("the order is of another platform")]
    OtherPlatform,
}

/// What a row says of the moment of an accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderFacts {
    /// It had been accepted, and had not ended.
    pub is_active: bool,
    /// It was insured.
    pub is_insured: bool,
}

/// What the row of the order says, if it is the one that the report names: the leaf is made again of row and salt. That the leaf is in the
/// deposited month is for whoever checks its path.
///
/// # Errors
/// Any [`OrderMismatch`].
pub fn check_order(
    report: &InjuryReport<'_>,
    row: &OrderRow<'_>,
    salt: &OrderSalt,
) -> Result<OrderFacts, OrderMismatch> {
    if report.order == Hash::ZERO {
        return Err(OrderMismatch::NotNamed);
    }
    let bytes = row.write().map_err(|_| OrderMismatch::Malformed)?;
    let found = leaf(salt, &bytes);
    if found != report.order {
        return Err(OrderMismatch::OtherLeaf {
            expected: report.order,
            found,
        });
    }
    if row.account != report.account {
        return Err(OrderMismatch::OtherWorker);
    }
    if row.platform != report.platform {
        return Err(OrderMismatch::OtherPlatform);
    }
    Ok(OrderFacts {
        is_active: row.accepted <= report.occurred && report.occurred <= row.finished,
        is_insured: row.insured,
    })
}

/// What the private attachment says: where it happened, and the route of the order.
#[derive(Clone, Copy, Debug)]
pub struct Trip<'t> {
    /// The place of the accident.
    pub place: Point,
    /// The route.
    pub route: &'t [Point],
}

/// What a checklist is made of beside the cases of the worker.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'b, 'a> {
    /// The worker's acting records.
    pub records: &'b [Stated<'a>],
    /// Lines of coverage.
    pub coverage: &'b [Line],
    /// What [`check_order`] returned.
    pub order: Option<OrderFacts>,
    /// What the attachment says.
    pub trip: Option<Trip<'b>>,
}

/// The checklist of a case among all cases of its worker: every item, in their order.
pub fn checklist(
    case: CaseId,
    cases: &[Case<'_>],
    beside: Beside<'_, '_>,
    terms: &Terms<'_>,
) -> Vec<Check> {
    let found = cases.iter().find(|one| one.case == case);
    let reported = found.and_then(|case| case.reports.first());
    let Some((id, report)) = reported else {
        return vec![Check {
            item: Item::OrderNamed,
            answer: Answer::Missing(Missing::Report),
            records: found.map(Case::records).unwrap_or_default(),
        }];
    };
    let months = months_of(report, beside.records);
    let of_months: Vec<RecordId> = months.iter().map(|(id, _)| *id).collect();
    let check = |item, answer, records: Vec<RecordId>| Check {
        item,
        answer,
        records,
    };
    vec![
        check(Item::OrderNamed, yes(report.order != Hash::ZERO), vec![*id]),
        check(
            Item::MonthDeposited,
            yes(!months.is_empty()),
            of_months.clone(),
        ),
        check(Item::Insured, insured(&months, beside.order), of_months),
        premium(report, beside.coverage),
        check(Item::OrderActive, active(beside.order), vec![*id]),
        check(
            Item::PlaceOnRoute,
            on_route(report, beside.trip, terms),
            vec![*id],
        ),
        one_report(case, cases, terms),
        one_scheme(case, cases),
    ]
}

const fn yes(is_so: bool) -> Answer {
    if is_so { Answer::Yes } else { Answer::No }
}

/// The months that the platform has deposited of the worker, in which the accident lies.
fn months_of<'a>(
    report: &InjuryReport<'_>,
    records: &[Stated<'a>],
) -> Vec<(RecordId, PlatformMonth<'a>)> {
    let month = Day::of(report.occurred).in_month();
    let mut months = Vec::new();
    for stated in records {
        if let Record::PlatformMonth(fields) = stated.record {
            let is_of = fields.account == report.account && fields.platform == report.platform;
            if is_of && Some(fields.month) == month {
                months.push((stated.id, fields));
            }
        }
    }
    months
}

fn insured(months: &[(RecordId, PlatformMonth<'_>)], order: Option<OrderFacts>) -> Answer {
    if let Some(order) = order {
        return yes(order.is_insured);
    }
    if months.is_empty() {
        return Answer::Missing(Missing::PlatformMonth);
    }
    let works = || months.iter().map(|(_, month)| month.work);
    if works().all(|work| work.insured_orders == work.orders && work.orders > 0) {
        Answer::Yes
    } else if works().all(|work| work.insured_orders == 0) {
        Answer::No
    } else {
        Answer::Missing(Missing::OrderRow)
    }
}

fn premium(report: &InjuryReport<'_>, coverage: &[Line]) -> Check {
    let month = Day::of(report.occurred).in_month();
    let line = coverage.iter().find(|line| {
        line.platform == report.platform.as_str()
            && line.place == report.place
            && line.trade == report.trade
            && Some(line.month) == month
    });
    let answer = match line {
        Some(line) if line.premium.is_some() && line.due.is_some() => yes(line.unpaid().is_none()),
        _ => Answer::Missing(Missing::Premium),
    };
    let premium = line.and_then(|line| line.premium.as_ref());
    Check {
        item: Item::PremiumPaid,
        answer,
        records: premium
            .map(|premium| premium.records.clone())
            .unwrap_or_default(),
    }
}

const fn active(order: Option<OrderFacts>) -> Answer {
    match order {
        Some(order) => yes(order.is_active),
        None => Answer::Missing(Missing::OrderRow),
    }
}

fn on_route(report: &InjuryReport<'_>, trip: Option<Trip<'_>>, terms: &Terms<'_>) -> Answer {
    let Some(trip) = trip else {
        return Answer::Missing(Missing::Attachment);
    };
    let metres = terms.number(Key::InjuryCorridor, report.place, terms.month());
    let Some(metres) = metres else {
        return Answer::Missing(Missing::Rule);
    };
    match distance_to_route_cm(trip.place, trip.route) {
        None => Answer::Missing(Missing::Attachment),
        Some(distance_cm) => yes(Corridor {
            distance_cm,
            metres,
        }
        .contains()),
    }
}

fn one_report(case: CaseId, cases: &[Case<'_>], terms: &Terms<'_>) -> Check {
    let doubles = two_reports(cases, terms);
    let of_case = doubles
        .iter()
        .filter(|double| double.case == case || double.other_case == case);
    let records: Vec<RecordId> = of_case
        .flat_map(|double| [double.first, double.second])
        .collect();
    Check {
        item: Item::OneReport,
        answer: yes(records.is_empty()),
        records,
    }
}

fn one_scheme(case: CaseId, cases: &[Case<'_>]) -> Check {
    let doubles = two_schemes(cases);
    let of_case = doubles
        .iter()
        .filter(|double| double.platform_case == case || double.employer_case == case);
    let records: Vec<RecordId> = of_case.flat_map(|double| double.records.clone()).collect();
    Check {
        item: Item::OneScheme,
        answer: yes(records.is_empty()),
        records,
    }
}
