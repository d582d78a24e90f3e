//! Injuries at work on platforms: reported, taken up, decided, graded.

use super::{
    Common,
    platforms::{platform, trade},
    statements::document,
};
use crate::{
    cell_value,
    column::Column,
    fault::{Fault, OneOf},
    row_cells::Cells,
    tables,
};
use yizhang_ledger::{
    hash::{Hash, derive, from_hex},
    record::{CaseId, DisabilityGrade, InjuryDetermination, InjuryReport, InjuryStep, Reporter},
    value::{Day, Scheme, UnixMillis},
};

/// Context from which the id of an injury is derived where an agency uses a number of its own.
pub const INJURY_CONTEXT: &str = "yizhang 2026-11-30 v1 injury case";

/// The worst grade is the first, the least the last (GB/T 16180).
const GRADES: std::ops::RangeInclusive<u16> = 1..=10;
/// Schemes under which an injury is handled.
const INJURY_SCHEMES: [&str; 2] = ["hrss:OIP", "hrss:410"];

const REPORTERS: &[(&str, Reporter)] = &[
    ("platform", Reporter::Platform),
    ("worker", Reporter::Worker),
    ("other", Reporter::Other),
];
const STEPS: &[(&str, InjuryStep)] = &[
    ("accepted", InjuryStep::Accepted),
    ("materials-asked", InjuryStep::MaterialsAsked),
    ("materials-complete", InjuryStep::MaterialsComplete),
    ("suspended", InjuryStep::Suspended),
    ("resumed", InjuryStep::Resumed),
    ("recognised", InjuryStep::Recognised),
    ("not-recognised", InjuryStep::NotRecognised),
];

pub(crate) fn report<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<InjuryReport<'r>> {
    let case = injury(cells);
    let platform = platform(cells);
    let place = cells.own_place(Column::Place);
    let trade = trade(cells);
    let occurred = cells.required(Column::Occurred, cell_value::moment);
    let reported = cells.required(Column::Reported, cell_value::moment);
    in_order(cells, occurred, reported);
    let reporter = cells.word(Column::Reporter, tables::reporters(), REPORTERS);
    let order = cells.or(Column::Order, Hash::ZERO, cell_value::hash);
    let attachment = cells.or(Column::Attachment, Hash::ZERO, cell_value::hash);
    Some(InjuryReport {
        account: common.account?,
        case: case?,
        platform: platform?,
        place: place?,
        trade: trade?,
        occurred: occurred?,
        reported: reported?,
        reporter: reporter?,
        order: order?,
        attachment: attachment?,
        source: common.source?,
    })
}

/// Notes a report of what is still to happen, and of a day to come.
fn in_order(cells: &mut Cells<'_>, occurred: Option<UnixMillis>, reported: Option<UnixMillis>) {
    let (Some(occurred), Some(reported)) = (occurred, reported) else {
        return;
    };
    if reported < occurred {
        let (occurred, found) = (shown(occurred), shown(reported));
        cells.fault(Column::Reported, Fault::ReportedBefore { occurred, found });
    }
    cells.warn_of_day_ahead(Column::Reported, Day::of(reported));
}

/// A moment as it is read.
fn shown(moment: UnixMillis) -> String {
    const EAST_MS: u64 = 8 * 60 * 60 * 1_000;
    let minutes = (moment.0 + EAST_MS) / 60_000 % (24 * 60);
    let (hour, minute) = (minutes / 60, minutes % 60);
    format!("{} {hour:02}:{minute:02}", Day::of(moment))
}

pub(crate) fn determination<'r>(
    cells: &mut Cells<'r>,
    common: Common<'r>,
) -> Option<InjuryDetermination<'r>> {
    let case = injury(cells);
    let step = cells.word(Column::Step, tables::injury_steps(), STEPS);
    let scheme = scheme_of_injury(cells);
    let place = cells.own_place(Column::Place);
    let on = cells.past_day(Column::Date);
    let document = document(cells);
    let reason = cells.code(Column::Reason);
    Some(InjuryDetermination {
        account: common.account?,
        case: case?,
        step: step?,
        scheme: scheme?,
        place: place?,
        on: on?,
        document: document?,
        reason: reason?,
        source: common.source?,
    })
}

fn scheme_of_injury(cells: &mut Cells<'_>) -> Option<Scheme<'static>> {
    let (scheme, _) = cells.scheme()?;
    let found = scheme.to_string();
    if INJURY_SCHEMES.contains(&found.as_str()) {
        return Some(scheme);
    }
    let expected = OneOf(INJURY_SCHEMES.map(str::to_owned).into());
    cells.fault(Column::Scheme, Fault::SchemeNotOfInjury { expected, found });
    None
}

pub(crate) fn grade<'r>(cells: &mut Cells<'r>, common: Common<'r>) -> Option<DisabilityGrade<'r>> {
    let case = injury(cells);
    let grade = cells.required(Column::Grade, |text| {
        cell_value::count(text, *GRADES.start(), *GRADES.end())
    });
    let place = cells.own_place(Column::Place);
    let on = cells.past_day(Column::Date);
    let document = document(cells);
    Some(DisabilityGrade {
        account: common.account?,
        case: case?,
        grade: u8::try_from(grade?).ok()?,
        place: place?,
        on: on?,
        document: document?,
        source: common.source?,
    })
}

/// The id of an injury in hexadecimal digits, or derived from the number that the agency uses.
///
/// # Errors
/// [`Fault::CodeForm`] and [`Fault::LooksLikePerson`] for what is neither.
pub fn injury_id(text: &str) -> Result<CaseId, Fault> {
    if let Some(id) = from_hex(&text.to_ascii_lowercase()) {
        return Ok(CaseId(id));
    }
    let number = cell_value::code(text)?;
    let hash = derive(INJURY_CONTEXT, &[number.as_str().as_bytes()]);
    Ok(CaseId(hash.first()))
}

pub(super) fn injury(cells: &mut Cells<'_>) -> Option<CaseId> {
    cells.warn_of_person(Column::Injury);
    cells.required(Column::Injury, injury_id)
}
