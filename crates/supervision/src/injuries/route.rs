//! How far a place lies from a route, in whole centimetres: the same on every machine, which sines of floating point are not (the crate `geo`
//! computes in these). A degree is 111.195 km of a sphere; east and west are drawn together by the cosine of the place's latitude, which over
//! the few kilometres of a route is less than a thousandth off.

/// Most points of a route: one a second for a day.
pub const POINTS_MAX: usize = 86_400;

/// Centimetres of a millionth of a degree, times a thousand (mean radius of the Earth, 6,371,008.8 m).
const CM_PER_MICRODEGREE_THOUSANDTHS: i64 = 11_120;
/// The same, of a cosine.
const ONE: i64 = 1_000_000;
/// Cosines of whole degrees from 0 to 90, in millionths.
const COSINES: [i64; 91] = [
    1_000_000, 999_848, 999_391, 998_630, 997_564, 996_195, 994_522, 992_546, 990_268, 987_688,
    984_808, 981_627, 978_148, 974_370, 970_296, 965_926, 961_262, 956_305, 951_057, 945_519,
    939_693, 933_580, 927_184, 920_505, 913_545, 906_308, 898_794, 891_007, 882_948, 874_620,
    866_025, 857_167, 848_048, 838_671, 829_038, 819_152, 809_017, 798_636, 788_011, 777_146,
    766_044, 754_710, 743_145, 731_354, 719_340, 707_107, 694_658, 681_998, 669_131, 656_059,
    642_788, 629_320, 615_661, 601_815, 587_785, 573_576, 559_193, 544_639, 529_919, 515_038,
    500_000, 484_810, 469_472, 453_990, 438_371, 422_618, 406_737, 390_731, 374_607, 358_368,
    342_020, 325_568, 309_017, 292_372, 275_637, 258_819, 241_922, 224_951, 207_912, 190_809,
    173_648, 156_434, 139_173, 121_869, 104_528, 87_156, 69_756, 52_336, 34_899, 17_452, 0,
];

/// A place on the Earth, in millionths of a degree (CGCS2000 or WGS 84; both of a route and of a place in the same).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point {
    latitude: i32,
    longitude: i32,
}

impl std::fmt::Debug for Point {
    /// Where somebody was is nobody's business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Point([redacted])")
    }
}

impl Point {
    /// A place at this latitude and longitude, if there is one.
    pub fn new(latitude_microdegrees: i32, longitude_microdegrees: i32) -> Option<Self> {
        let is_there = latitude_microdegrees.unsigned_abs() <= 90_000_000
            && longitude_microdegrees.unsigned_abs() <= 180_000_000;
        is_there.then_some(Self {
            latitude: latitude_microdegrees,
            longitude: longitude_microdegrees,
        })
    }
}

/// How a place lies to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corridor {
    /// How far from the route, in centimetres.
    pub distance_cm: u64,
    /// Half the width of the corridor, in metres.
    pub metres: u32,
}

impl Corridor {
    /// Whether the place lies in it; on its edge, it does.
    pub fn contains(&self) -> bool {
        self.distance_cm <= u64::from(self.metres).saturating_mul(100)
    }
}

/// A difference of two places in centimetres, east and north: below 2^32 either way.
#[derive(Clone, Copy)]
struct Offset {
    east: i128,
    north: i128,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "offsets are below 2^32, their products below 2^64, squares of these below 2^128"
)]
impl Offset {
    /// From one place to another; `cosine` is of the latitude of the first.
    fn between(from: Point, to: Point, cosine: i64) -> Self {
        let north = i128::from(to.latitude) - i128::from(from.latitude);
        // The shorter way round.
        let around = 360_000_000;
        let mut east = i128::from(to.longitude) - i128::from(from.longitude);
        if east > around / 2 {
            east -= around;
        } else if east < -around / 2 {
            east += around;
        }
        let scale = i128::from(CM_PER_MICRODEGREE_THOUSANDTHS);
        Self {
            east: east * scale / 1_000 * i128::from(cosine) / i128::from(ONE),
            north: north * scale / 1_000,
        }
    }

    const fn dot(self, other: Self) -> i128 {
        self.east * other.east + self.north * other.north
    }

    const fn cross(self, other: Self) -> i128 {
        self.east * other.north - self.north * other.east
    }

    fn squared(self) -> u128 {
        self.dot(self).unsigned_abs()
    }
}

/// How far a place lies from a route, in centimetres; none from a route without a point or with more than [`POINTS_MAX`]. A route of one point is that point.
pub fn distance_to_route_cm(place: Point, route: &[Point]) -> Option<u64> {
    if route.len() > POINTS_MAX {
        return None;
    }
    let cosine = cosine(place.latitude);
    let offsets: Vec<Offset> = route
        .iter()
        .map(|point| Offset::between(place, *point, cosine))
        .collect();
    let ends = offsets.iter().map(|offset| offset.squared());
    let sides = offsets.iter().zip(offsets.iter().skip(1));
    let beside = sides.filter_map(|(start, end)| squared_beside(*start, *end));
    let squared = ends.chain(beside).min()?;
    u64::try_from(squared.isqrt()).ok()
}

/// The square of the distance from the origin to the line through two points, where its foot lies between them: elsewhere an end is nearest.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "offsets are below 2^32: their squares and products fit"
)]
fn squared_beside(start: Offset, end: Offset) -> Option<u128> {
    let side = Offset {
        east: end.east - start.east,
        north: end.north - start.north,
    };
    let length = side.squared();
    let along = -start.dot(side);
    if along <= 0 || along.unsigned_abs() >= length {
        return None;
    }
    let across = start.cross(side).unsigned_abs();
    across.checked_mul(across)?.checked_div(length)
}

/// The cosine of a latitude, in millionths: between whole degrees along the chord.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a latitude is at most 90 degrees"
)]
fn cosine(latitude: i32) -> i64 {
    let latitude = i64::from(latitude.unsigned_abs());
    let (degree, rest) = (latitude / ONE, latitude % ONE);
    let of = |degree: i64| {
        let known = usize::try_from(degree).ok().and_then(|at| COSINES.get(at));
        known.copied().unwrap_or(0)
    };
    let (low, high) = (of(degree), of(degree + 1));
    low + (high - low) * rest / ONE
}
