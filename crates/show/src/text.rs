//! Texts of this crate, in the language of whoever reads.

/// A text of this crate: that under a key, with values in the places of names.
macro_rules! t {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        rust_i18n::t!($key, locale = $crate::language::current().tag() $(, $name = $value)*)
    };
}

pub(crate) use t;
