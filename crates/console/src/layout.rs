//! What every page has: its head, the ways to the other pages, for what persons are looked up, and the way out.

use crate::{
    shared::{Session, Shared},
    text::t,
};
use axum::response::Html;
use maud::{DOCTYPE, Markup, html};
use yizhang_show::{
    html::STYLE as ACCOUNT_STYLE,
    language::{self, Language},
    place,
};
use yizhang_wire::purpose::{Business, Purpose};

/// Where the style is.
pub(crate) const STYLE_PATH: &str = "/console.css";

const STYLE: &str = include_str!("../assets/console.css");

/// The style of all pages: that of the parts of an account, and around it that of the console.
pub(crate) fn style() -> String {
    [ACCOUNT_STYLE, STYLE].concat()
}

/// A place in the navigation.
struct Way {
    path: &'static str,
    /// The key with which it is reached, behind that of the browser.
    key: &'static str,
    name: &'static str,
}

/// The ways, in their order.
const WAYS: [Way; 9] = [
    Way {
        path: "/person",
        key: "1",
        name: "way.person",
    },
    Way {
        path: "/lists",
        key: "2",
        name: "way.lists",
    },
    Way {
        path: "/imports",
        key: "3",
        name: "way.imports",
    },
    Way {
        path: "/transfer",
        key: "4",
        name: "way.transfer",
    },
    Way {
        path: "/approvals",
        key: "5",
        name: "way.approvals",
    },
    Way {
        path: "/disputes",
        key: "6",
        name: "way.disputes",
    },
    Way {
        path: "/warnings",
        key: "7",
        name: "way.warnings",
    },
    Way {
        path: "/closing",
        key: "8",
        name: "way.closing",
    },
    Way {
        path: "/node",
        key: "9",
        name: "way.node",
    },
];

/// A page; it stands under the way that its path begins with.
pub(crate) struct Page<'p> {
    pub(crate) shared: &'p Shared,
    pub(crate) session: &'p Session,
    /// The way that it stands under.
    pub(crate) way: &'static str,
    /// Its heading.
    pub(crate) title: String,
    /// Whether it goes on by itself.
    pub(crate) renewal: Renewal,
    /// The list of persons that it is of, if it is of one.
    pub(crate) within: Option<Within>,
}

/// Where a page is in a list of persons, and for what these are looked up.
pub(crate) struct Within {
    pub(crate) queue: u64,
    pub(crate) at: usize,
    pub(crate) purpose: Purpose,
}

/// Whether a page goes on by itself: the script puts what is new in its place, so that whoever reads it stays where they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// It stays as it is.
    Never,
    /// Every second, because something is going on; without a script it is loaded anew.
    EverySecond,
    /// Every half minute, where there is a script.
    NowAndThen,
}

impl Renewal {
    /// The seconds in between; none for a page that stays.
    const fn seconds(self) -> Option<u32> {
        match self {
            Self::Never => None,
            Self::EverySecond => Some(1),
            Self::NowAndThen => Some(30),
        }
    }
}

impl<'p> Page<'p> {
    /// A page that stays as it is and is of no list of persons.
    pub(crate) fn of(
        shared: &'p Shared,
        session: &'p Session,
        way: &'static str,
        title: String,
    ) -> Self {
        Self {
            shared,
            session,
            way,
            title,
            renewal: Renewal::Never,
            within: None,
        }
    }

    /// The page with its body.
    pub(crate) fn show(&self, body: &Markup) -> Html<String> {
        let purpose = match &self.within {
            Some(within) => Some(within.purpose.clone()),
            None => self.shared.work().purpose.clone(),
        };
        let page = html! {
            (head(&self.title, &self.reloads()))
            body {
                a.skip href="#main" { (t!("console.skip")) }
                (self.header())
                (self.purpose_bar(purpose.as_ref()))
                main id="main" data-renewed=[self.renewal.seconds()] { h1 { (self.title) } (body) }
                script src="/console.js" defer {}
            }
        };
        Html(html! { (DOCTYPE) html lang=(language::html_tag()) { (page) } }.into_string())
    }

    fn reloads(&self) -> Markup {
        html! {
            @if self.renewal == Renewal::EverySecond { noscript { meta http-equiv="refresh" content="1"; } }
        }
    }

    fn header(&self) -> Markup {
        let (other, name) = match language::current() {
            Language::Zh => ("en", "English"),
            Language::En => ("zh", "中文"),
        };
        let region = place::name(self.shared.desk.clerk().region);
        html! {
            header.site {
                span.brand { (t!("console.name")) span.region { (region) } }
                nav aria-label=(t!("console.ways")) {
                    @for way in &WAYS {
                        a href=(way.path) accesskey=(way.key) aria-current=[(way.path == self.way).then_some("page")] { (t!(way.name)) }
                    }
                }
                form method="post" action="/language" {
                    (token(self.session))
                    input type="hidden" name="language" value=(other);
                    button.plain type="submit" lang=(other) { (name) }
                }
                form method="post" action="/end" {
                    (token(self.session))
                    button.plain type="submit" { (t!("console.end")) }
                }
            }
        }
    }

    /// For what persons are looked up, on top of every page, and the form that changes it.
    fn purpose_bar(&self, purpose: Option<&Purpose>) -> Markup {
        let stated = purpose.map(Purpose::business);
        let case = purpose.map(Purpose::case_number).unwrap_or_default();
        html! {
            form.purpose method="post" action="/purpose" aria-label=(t!("purpose.title")) {
                (token(self.session))
                @if let Some(within) = &self.within {
                    input type="hidden" name="queue" value=(within.queue);
                    input type="hidden" name="at" value=(within.at);
                }
                span.person { (t!("purpose.clerk")) " " b { (self.shared.desk.clerk().person) } }
                label { (t!("purpose.business")) " "
                    select name="business" {
                        @for business in Business::ALL {
                            option value=(business.code()) selected[stated == Some(*business)] { (business_name(*business)) }
                        }
                    }
                }
                label { (t!("purpose.case")) " "
                    input name="case" value=(case) required maxlength="64" size="18" autocomplete="off";
                }
                button type="submit" { @if purpose.is_some() { (t!("purpose.change")) } @else { (t!("purpose.state")) } }
                @if purpose.is_none() { span.small { (t!("purpose.none")) } }
            }
        }
    }
}

/// The head of a page, with what else belongs into it.
fn head(title: &str, more: &Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            (more)
            title { (title) " · " (t!("console.name")) }
            link rel="stylesheet" href=(STYLE_PATH);
        }
    }
}

/// A page with nothing but a sentence, for whoever has no session.
pub(crate) fn bare(text: &str) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang=(language::html_tag()) {
            (head(&t!("console.name"), &html! {}))
            body { main id="main" { h1 { (t!("console.name")) } p.alert role="alert" { (text) } } }
        }
    };
    Html(page.into_string())
}

/// A page that leads on to another by itself.
pub(crate) fn onwards(to: &str) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang=(language::html_tag()) {
            (head(&t!("console.name"), &html! { meta http-equiv="refresh" content=(format!("0;url={to}")); }))
            body { main id="main" { h1 { (t!("console.name")) } p { a href=(to) { (t!("console.onwards")) } } } }
        }
    };
    Html(page.into_string())
}

pub(crate) fn business_name(business: Business) -> &'static str {
    match language::current() {
        Language::Zh => business.zh(),
        Language::En => business.en(),
    }
}

/// What a form of a session carries.
pub(crate) fn token(session: &Session) -> Markup {
    html! { input type="hidden" name="token" value=(session.token); }
}

/// What a form carries that leads to reading of persons: for what, as the page shows it. So nobody is looked up for what was stated since
/// in another tab.
pub(crate) fn for_what(purpose: Option<&Purpose>) -> Markup {
    html! {
        @if let Some(purpose) = purpose {
            input type="hidden" name="business" value=(purpose.business().code());
            input type="hidden" name="case" value=(purpose.case_number());
        }
    }
}

/// What was not done, and why.
pub(crate) fn alert(text: &str) -> Markup {
    html! { p.alert role="alert" { (text) } }
}
