//! The pages of a worker: over the accounts of all cases, in both languages, and in a real browser.

mod answers;
mod axe;
mod browser;
mod matters;
mod pages;
mod people;
mod trust;
mod work;

// The cases, and what makes accounts of them, are those of `entitlement`.
#[allow(dead_code, reason = "each test takes what it needs of it")]
#[path = "../../../entitlement/tests/account/case.rs"]
mod case;
#[allow(dead_code, reason = "each test takes what it needs of it")]
#[path = "../../../entitlement/tests/account/federation.rs"]
mod federation;
#[allow(dead_code, reason = "each test takes what it needs of it")]
#[path = "../../../entitlement/tests/account/row_names.rs"]
mod row_names;
#[allow(dead_code, reason = "each test takes what it needs of it")]
#[path = "../../../entitlement/tests/account/sample.rs"]
mod sample;
