//! Pooling areas 统筹区 of the schemes that cities pool, by division code (GB/T 2260).

use yizhang_ledger::value::Division;

/// Whether a place lies in one of the municipalities 直辖市: Beijing, Tianjin, Shanghai, Chongqing.
const fn is_municipality(place: Division) -> bool {
    matches!(place.code() / 10_000, 11 | 12 | 31 | 50)
}

/// Whether a place lies in one area: a province as a whole has many.
pub(crate) fn is_area(place: Division) -> bool {
    place != place.province() || is_municipality(place)
}

/// The area that a place lies in, by what the codes of the area begin with: its city, or a municipality as a whole. Divisions
/// whose city is 90 stand under their province, each by itself (省直辖县级行政区划).
pub(crate) const fn area(place: Division) -> u32 {
    let (code, city) = (place.code(), place.code() / 100);
    if is_municipality(place) {
        code / 10_000
    } else if city % 100 == 90 {
        code
    } else {
        city
    }
}
