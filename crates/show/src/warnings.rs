//! What looks odd in an access log.

use crate::text::t;

/// A rule in words; by its code where it has none here.
pub fn rule(code: &str) -> String {
    match code {
        "no-case" => t!("warnings.rule.no_case"),
        "at-night" => t!("warnings.rule.at_night"),
        "many-an-hour" => t!("warnings.rule.many_an_hour"),
        "maker-is-checker" => t!("warnings.rule.maker_is_checker"),
        "nothing-found" => t!("warnings.rule.nothing_found"),
        "same-account" => t!("warnings.rule.same_account"),
        other => return other.to_string(),
    }
    .to_string()
}
