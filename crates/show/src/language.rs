//! The language of all texts, one for the process: Chinese or English.

/// The languages of all texts for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

/// Sets the language of everything that is shown from here on, by every crate.
pub fn set(language: Language) {
    rust_i18n::set_locale(match language {
        Language::Zh => "zh",
        Language::En => "en",
    });
}

/// The language in force.
pub fn current() -> Language {
    if &*rust_i18n::locale() == "zh" {
        Language::Zh
    } else {
        Language::En
    }
}

/// The language in force, as HTML names it.
pub fn html_tag() -> &'static str {
    match current() {
        Language::Zh => "zh-CN",
        Language::En => "en",
    }
}
