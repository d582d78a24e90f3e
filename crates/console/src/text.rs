//! Texts of this crate, in the language in force: one clerk sits before a console.

/// A text of this crate.
macro_rules! t {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        rust_i18n::t!($key, locale = yizhang_show::language::current().tag() $(, $name = $value)*)
    };
}

pub(crate) use t;

/// The text under a key that is put together here.
pub(crate) fn named(key: &str) -> String {
    t!(key).to_string()
}
