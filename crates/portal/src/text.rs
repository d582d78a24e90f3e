//! Texts in the language of the one who reads: a server speaks to many at a time.

/// A text of this crate, in the language of this thread.
macro_rules! t {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        rust_i18n::t!($key, locale = yizhang_show::language::current().tag() $(, $name = $value)*)
    };
}

pub(crate) use t;
