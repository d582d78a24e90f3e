//! The texts of the pages of a worker, beside those of the crate: who shows no such page does not carry them.

use rust_i18n::Backend;
use std::borrow::Cow;

#[allow(
    dead_code,
    unused_imports,
    reason = "the macro makes what a crate of its own would need"
)]
mod own {
    rust_i18n::i18n!("locales-home", fallback = "en");
}

/// The texts in `locales-home`, for `t!` of this crate.
pub struct Texts;

impl Backend for Texts {
    fn available_locales(&self) -> Vec<Cow<'_, str>> {
        own::_rust_i18n_backend().available_locales()
    }

    fn translate(&self, locale: &str, key: &str) -> Option<Cow<'_, str>> {
        own::_rust_i18n_backend().translate(locale, key)
    }

    fn messages_for_locale(&self, locale: &str) -> Option<Vec<(Cow<'_, str>, Cow<'_, str>)>> {
        own::_rust_i18n_backend().messages_for_locale(locale)
    }
}
