//! The language of all texts: Chinese or English, one for the process; a server that speaks to many has one for each page that it makes.

use std::cell::Cell;

/// The languages of all texts for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// Its name in addresses and cookies.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language with this name.
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

thread_local! {
    /// The language of this thread, while [`during`] says so.
    static OWN: Cell<Option<Language>> = const { Cell::new(None) };
}

/// Does something with a language of its own on this thread, whatever that of the process is.
pub fn during<T>(language: Language, deed: impl FnOnce() -> T) -> T {
    struct Back(Option<Language>);
    impl Drop for Back {
        fn drop(&mut self) {
            OWN.set(self.0);
        }
    }
    let _back = Back(OWN.replace(Some(language)));
    deed()
}

/// Sets the language of everything that is shown from here on, by every crate.
pub fn set(language: Language) {
    rust_i18n::set_locale(language.tag());
}

/// The language in force.
pub fn current() -> Language {
    if let Some(own) = OWN.get() {
        return own;
    }
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
