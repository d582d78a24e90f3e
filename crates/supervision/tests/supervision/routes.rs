//! Places and routes, orders and wages: what is computed of values alone.

use crate::sample::{Chains, Written, account, case_id, day, division, fen, moment, month};
use yizhang_entitlement::formulas::injury::MonthBase;
use yizhang_ledger::{
    hash::Hash,
    order::{OrderRow, OrderSecret, OrderStatus, leaf},
    record::{InjuryReport, Reporter, Source, Trade, TransportMode},
    value::{Code, Fen},
};
use yizhang_supervision::{
    Supervision, Terms,
    injuries::{
        Answer, Beside, Corridor, Item, Missing, OrderMismatch, POINTS_MAX, Point, Trip,
        check_order, checklist, distance_to_route_cm, one_off, own_wage_of,
    },
    terms,
};

fn point(latitude: i32, longitude: i32) -> Point {
    Point::new(latitude, longitude).unwrap()
}

/// On the equator a millionth of a degree is 11.12 cm either way.
#[test]
fn a_place_is_as_far_from_a_route_as_its_nearest_side() {
    let route = [
        point(0, 0),
        point(0, 1_000_000),
        point(1_000_000, 1_000_000),
    ];
    for (place, expected) in [
        (point(0, 500_000), 0),
        (point(10_000, 500_000), 111_200),
        (point(-10_000, 500_000), 111_200),
        (point(0, -10_000), 111_200),
        (point(0, 1_010_000), 111_200),
        (point(1_010_000, 1_000_000), 111_200),
        (point(0, 1_000_000), 0),
    ] {
        let found = distance_to_route_cm(place, &route).unwrap();
        assert!(found.abs_diff(expected) <= 1, "{expected} {found}");
    }
    assert_eq!(distance_to_route_cm(point(0, 0), &[]), None);
    let one = distance_to_route_cm(point(0, 10_000), &[point(0, 0)]);
    assert_eq!(one, Some(111_200), "a route of one point is that point");
    let long = vec![point(0, 0); POINTS_MAX + 1];
    assert_eq!(distance_to_route_cm(point(0, 0), &long), None);
    assert!(distance_to_route_cm(point(0, 0), &long[1..]).is_some());
}

/// Between 36.066 N 120.382 E and 36.076 N 120.392 E lie 1,429.8 m by the formula of half versed sines.
#[test]
fn at_qingdao_the_distance_is_that_of_a_sphere() {
    let (one, other) = (
        point(36_066_000, 120_382_000),
        point(36_076_000, 120_392_000),
    );
    let found = distance_to_route_cm(one, &[other]).unwrap();
    assert!(found.abs_diff(142_977) < 150, "{found}");
    let back = distance_to_route_cm(other, &[one]).unwrap();
    assert!(back.abs_diff(found) < 20, "{found} {back}");
}

#[test]
fn the_ends_of_the_earth_neither_overflow_nor_are() {
    assert!(Point::new(90_000_000, 180_000_000).is_some());
    assert!(Point::new(90_000_001, 0).is_none());
    assert!(Point::new(0, -180_000_001).is_none());
    assert!(Point::new(i32::MIN, i32::MIN).is_none());
    let far = [
        point(90_000_000, 180_000_000),
        point(-90_000_000, -180_000_000),
    ];
    assert!(distance_to_route_cm(point(0, 0), &far).is_some());
    let seam = distance_to_route_cm(point(0, 179_995_000), &[point(0, -179_995_000)]);
    assert_eq!(seam, Some(111_200), "the shorter way round");
    assert_eq!(
        format!("{:?}", point(36_066_000, 120_382_000)),
        "Point([redacted])"
    );
}

#[test]
fn a_place_on_the_edge_of_the_corridor_lies_in_it() {
    let corridor = |distance_cm| Corridor {
        distance_cm,
        metres: 300,
    };
    assert!(corridor(30_000).contains());
    assert!(!corridor(30_001).contains());
}

const PLATFORM: &str = "91370200MA0000000P";

fn row<'a>() -> OrderRow<'a> {
    OrderRow {
        order: Code::new("A-1").unwrap(),
        platform: Code::new(PLATFORM).unwrap(),
        account: account("w"),
        place: division("370200"),
        trade: Trade::Delivery,
        mode: TransportMode::MotorCycle,
        status: OrderStatus::Failed,
        insured: true,
        accepted: moment("2026-08-03 10:00"),
        finished: moment("2026-08-03 10:40"),
        gross: fen("6.50"),
        incentives: Fen::ZERO,
        deductions: Fen::ZERO,
        refunds: Fen::ZERO,
        route: Hash::ZERO,
    }
}

fn report<'a>(order: Hash, at: &str) -> InjuryReport<'a> {
    InjuryReport {
        account: account("w"),
        case: case_id("K"),
        platform: Code::new(PLATFORM).unwrap(),
        place: division("370200"),
        trade: Trade::Delivery,
        occurred: moment(at),
        reported: moment("2026-08-03 12:00"),
        reporter: Reporter::Worker,
        order,
        attachment: Hash::ZERO,
        source: Source::default(),
    }
}

#[test]
fn an_order_is_under_way_from_its_acceptance_to_its_end() {
    let secret = OrderSecret([7; 32]);
    let salt = secret.salt(Code::new(PLATFORM).unwrap(), Code::new("A-1").unwrap());
    let order = leaf(&salt, &row().write().unwrap());
    let active = |at: &str| {
        check_order(&report(order, at), &row(), &salt)
            .unwrap()
            .is_active
    };
    assert!(active("2026-08-03 10:00") && active("2026-08-03 10:40"));
    assert!(!active("2026-08-03 09:59") && !active("2026-08-03 10:41"));
}

#[test]
fn a_row_that_is_not_the_order_of_the_report_says_nothing() {
    let secret = OrderSecret([7; 32]);
    let salt = secret.salt(Code::new(PLATFORM).unwrap(), Code::new("A-1").unwrap());
    let at = "2026-08-03 10:10";
    let order = leaf(&salt, &row().write().unwrap());
    let none = check_order(&report(Hash::ZERO, at), &row(), &salt);
    assert_eq!(none, Err(OrderMismatch::NotNamed));
    let altered = OrderRow {
        insured: false,
        ..row()
    };
    let found = check_order(&report(order, at), &altered, &salt);
    assert!(
        matches!(found, Err(OrderMismatch::OtherLeaf { .. })),
        "{found:?}"
    );
    let other = OrderRow {
        account: account("v"),
        ..row()
    };
    let of_other = leaf(&salt, &other.write().unwrap());
    let found = check_order(&report(of_other, at), &other, &salt);
    assert_eq!(found, Err(OrderMismatch::OtherWorker));
    let other = OrderRow {
        platform: Code::new("91370200MA0000000Q").unwrap(),
        ..row()
    };
    let of_other = leaf(&salt, &other.write().unwrap());
    let found = check_order(&report(of_other, at), &other, &salt);
    assert_eq!(found, Err(OrderMismatch::OtherPlatform));
    let backwards = OrderRow {
        finished: moment("2026-08-03 09:00"),
        ..row()
    };
    let found = check_order(&report(order, at), &backwards, &salt);
    assert_eq!(found, Err(OrderMismatch::Malformed));
}

/// A checklist with what was shown beside the records: the row of the order, and the attachment.
#[test]
fn what_is_shown_beside_records_answers_the_rest_of_the_checklist() {
    let written = Written {
        kind: "report".into(),
        worker: "w".into(),
        case: "K".into(),
        at: "2026-08-03 10:10".into(),
        reported: "2026-08-03 12:00".into(),
        ..Written::default()
    };
    let chains = Chains::of(&[written]);
    let terms = Terms::new(terms::embedded(), day("2026-08-04"));
    let mut supervision = Supervision::new(terms);
    let worker = supervision.add_worker(account("w"), chains.stated());
    let case = worker.cases[0].case;
    let route = [
        point(36_066_000, 120_382_000),
        point(36_066_000, 120_400_000),
    ];
    let answers = |latitude| {
        let beside = Beside {
            records: &worker.acting.records,
            coverage: &[],
            order: Some(yizhang_supervision::injuries::OrderFacts {
                is_active: true,
                is_insured: true,
            }),
            trip: Some(Trip {
                place: point(latitude, 120_390_000),
                route: &route,
            }),
        };
        let checks = checklist(case, &worker.cases, beside, &terms);
        let of = |item| {
            checks
                .iter()
                .find(|check| check.item == item)
                .unwrap()
                .answer
        };
        (
            of(Item::Insured),
            of(Item::OrderActive),
            of(Item::PlaceOnRoute),
            of(Item::PremiumPaid),
        )
    };
    let unpaid = Answer::Missing(Missing::Premium);
    // 300 m are 2,697 millionths of a degree.
    assert_eq!(
        answers(36_068_697),
        (Answer::Yes, Answer::Yes, Answer::Yes, unpaid)
    );
    assert_eq!(
        answers(36_068_699),
        (Answer::Yes, Answer::Yes, Answer::No, unpaid)
    );
}

/// 工伤保险条例 arts 35 to 37 and 64.
#[test]
fn a_benefit_is_the_months_of_the_grade_of_the_own_wage() {
    let terms = Terms::new(terms::embedded(), day("2026-08-04"));
    let bases: Vec<MonthBase> = (0..14)
        .map(|offset| MonthBase {
            month: month("2025-07").plus(offset).unwrap(),
            base: fen("6000.00"),
        })
        .collect();
    let rules = yizhang_rules::RuleFile {
        name: "own",
        text: "[[rule]]\nid = \"own\"\nkey = \"injury.average-wage\"\nplace = \"370200\"\nfrom = \"2026-01\"\n\
               value = { yuan = \"8000.00\" }\nconfidence = \"D\"\n",
    };
    let policy = terms::policy(&[rules]).unwrap();
    let with_average = Terms::new(&policy, day("2026-08-04"));
    let wage = |bases: &[MonthBase]| {
        own_wage_of(bases, month("2026-08"), division("370200"), &with_average).unwrap()
    };
    assert_eq!(wage(&bases).months, 12);
    assert_eq!(wage(&bases).wage, fen("6000.00"));
    let low = [MonthBase {
        month: month("2026-07"),
        base: fen("4799.99"),
    }];
    assert_eq!(wage(&low).wage, fen("4800.00"), "60 % of the average");
    let high = [MonthBase {
        month: month("2026-07"),
        base: fen("24000.01"),
    }];
    assert_eq!(wage(&high).wage, fen("24000.00"), "300 % of the average");
    let grades = [27, 25, 23, 21, 18, 16, 13, 11, 9, 7];
    for (grade, months) in (1_u8..).zip(grades) {
        let found = one_off(fen("6000.00"), grade, month("2026-08"), &terms).unwrap();
        assert_eq!(found.months, months);
        assert_eq!(found.amount.get(), 600_000 * i64::from(months));
    }
    assert_eq!(one_off(fen("6000.00"), 0, month("2026-08"), &terms), None);
    assert_eq!(one_off(fen("6000.00"), 11, month("2026-08"), &terms), None);
}
