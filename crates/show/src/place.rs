//! Names of places and schemes for people. What has no name here is shown by its code.

use crate::text::t;
use yizhang_ledger::value::Division;

/// A division as people call it: its province's name, and the code where it is below a province.
pub fn name(place: Division) -> String {
    let code = place.code();
    named(&format!("place.{code}")).unwrap_or_else(|| {
        match named(&format!("place.{}", place.province())) {
            Some(province) => format!("{province} {code}"),
            None => code.to_string(),
        }
    })
}

/// Several divisions, each name once.
pub(crate) fn names(places: impl IntoIterator<Item = Division>) -> String {
    distinct(places.into_iter().map(name))
}

/// Several names, each once, in their order.
pub(crate) fn distinct(names: impl IntoIterator<Item = String>) -> String {
    let mut shown: Vec<String> = Vec::new();
    for name in names {
        if !shown.contains(&name) {
            shown.push(name);
        }
    }
    shown.join(" / ")
}

/// The name of a region, or what stands there if it is none.
pub(crate) fn of_code(region: &str) -> String {
    Division::parse(region).map_or_else(|| region.to_string(), name)
}

/// A scheme as people call it.
pub fn scheme(scheme: &str) -> String {
    named(&format!("scheme.{}", scheme.replace(':', "-"))).unwrap_or_else(|| scheme.to_string())
}

fn named(key: &str) -> Option<String> {
    let name = t!(key);
    (name != key).then(|| name.to_string())
}
