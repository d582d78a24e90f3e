//! The years as a picture for a phone: one row a year, twelve cells, a sign and a colour in each; a tap opens what stands
//! behind a cell. One scheme is shown at a time, by a switch of radio buttons that works without a script.

use super::{Links, Setting, words};
use crate::text::t;
use crate::{account::Answer, copies, named, record, serde_name};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{
    Account,
    account::{
        ContributionLine, FamilyAccount, Gap, MonthLine, MonthStatus, Payer, PayerName,
        RecordNumber, Span,
    },
    conflict::Severity,
};
use yizhang_ledger::value::{Day, Division, Month};

/// Schemes that the style has a switch for; there are not twice as many on earth.
const SCHEMES_MAX: usize = 12;
/// Most years of a picture: a hundred years of life and of what is wrong with a file.
const YEARS_MAX: u16 = 120;
/// Colours of provinces in the style; they repeat, the signs do not.
const HUES: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];

/// What a month is to a reader.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) sort: Sort,
    /// The provinces of a month that counts.
    provinces: BTreeSet<Division>,
    pub(super) places: Vec<Division>,
    pub(super) payers: Vec<Payer>,
    pub(super) base: Option<i64>,
    /// Whether somebody still has to decide something about it.
    pub(super) is_open: bool,
    pub(super) is_doubtful: bool,
    status: Option<MonthStatus>,
}

/// The sorts of months that look different.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Counted,
    Deemed,
    Owed,
    Gap,
    Aside,
}

impl Sort {
    const ALL: [Self; 5] = [
        Self::Counted,
        Self::Deemed,
        Self::Owed,
        Self::Gap,
        Self::Aside,
    ];

    const fn class(self) -> &'static str {
        match self {
            Self::Counted => "",
            Self::Deemed => "deemed",
            Self::Owed => "owed",
            Self::Gap => "gap",
            Self::Aside => "aside",
        }
    }

    /// Its sign; that of a month that counts is the province's.
    fn sign(self) -> String {
        match self {
            Self::Counted => String::new(),
            Self::Deemed => t!("home.sign_deemed").to_string(),
            Self::Owed => t!("home.sign_owed").to_string(),
            Self::Gap => "×".to_owned(),
            Self::Aside => "·".to_owned(),
        }
    }
}

/// A family with all that marks its months.
pub(super) struct Picture<'a> {
    account: &'a Account,
    pub(super) family: &'a FamilyAccount,
    lines: BTreeMap<Month, &'a MonthLine>,
    gaps: Vec<Gap>,
    open: Vec<(Month, Month)>,
    disputed: BTreeSet<Month>,
    doubtful: Vec<(Month, Month)>,
}

/// Months in a row of which the same is to be said.
pub(super) struct Stretch {
    pub(super) first: Month,
    pub(super) last: Month,
    pub(super) fact: Fact,
}

/// The colour and sign of each province, the same in all pictures.
struct Hues(BTreeMap<Division, &'static str>);

impl Hues {
    fn of(account: &Account) -> Self {
        let lines = account.families.iter().flat_map(|family| &family.spans);
        let holders = lines.flat_map(|span| &span.holders);
        let provinces: BTreeSet<Division> = holders.map(|holder| holder.place.province()).collect();
        Self(
            provinces
                .into_iter()
                .zip(HUES.into_iter().cycle())
                .collect(),
        )
    }
}

impl<'a> Picture<'a> {
    pub(super) fn of(answer: &'a Answer, family: &'a FamilyAccount) -> Self {
        let account = &answer.account;
        let open = account
            .conflicts
            .iter()
            .filter(|conflict| conflict.severity > Severity::Task)
            .map(|conflict| account.concern(conflict))
            .filter(|concern| concern.family.as_ref() == Some(&family.family));
        let doubt = copies::in_doubt(account, &answer.copies);
        let doubtful = doubt
            .families
            .into_iter()
            .filter(|resting| resting.family == family.family);
        Self {
            account,
            family,
            lines: family
                .months
                .iter()
                .map(|line| (line.month, line))
                .collect(),
            gaps: super::missing::gaps(account, family),
            open: open.flat_map(|concern| concern.spans).collect(),
            disputed: account.disputed_months(&family.family),
            doubtful: doubtful.flat_map(|resting| resting.months).collect(),
        }
    }

    /// From the first year there is to that of the account, or what is paid ahead up to the next.
    fn years(&self) -> Option<std::ops::RangeInclusive<u16>> {
        let (first, newest) = (self.lines.keys().next()?, self.lines.keys().next_back()?);
        let now = self.account.as_of.in_month().unwrap_or(*newest);
        let last = now.max(*newest).year().min(now.year() + 1);
        Some(first.year().max(last.saturating_sub(YEARS_MAX - 1))..=last)
    }

    fn span(&self, month: Month) -> Option<&'a Span> {
        let mut spans = self.family.spans.iter();
        spans.find(|span| span.first <= month && month <= span.last)
    }

    /// What a month is; nothing where nothing is to be said.
    pub(super) fn fact(&self, month: Month) -> Option<Fact> {
        let line = self.lines.get(&month);
        let within = |runs: &[(Month, Month)]| {
            runs.iter()
                .any(|(first, last)| *first <= month && month <= *last)
        };
        let in_gap = self
            .gaps
            .iter()
            .any(|gap| gap.first <= month && month <= gap.last);
        let sort = match line.map(|line| line.status) {
            Some(MonthStatus::Counted) => Sort::Counted,
            Some(MonthStatus::Deemed) => Sort::Deemed,
            Some(MonthStatus::Arrears | MonthStatus::NotFull) => Sort::Owed,
            _ if in_gap => Sort::Gap,
            Some(_) => Sort::Aside,
            None => return None,
        };
        let holders = self
            .span(month)
            .filter(|_| sort == Sort::Counted)
            .map_or(&[][..], |span| &span.holders);
        Some(Fact {
            sort,
            provinces: holders.iter().map(|one| one.place.province()).collect(),
            places: holders.iter().map(|one| one.place).collect(),
            payers: holders.iter().map(|one| one.payer.clone()).collect(),
            base: line.and_then(|line| line.base),
            is_open: self.disputed.contains(&month) || within(&self.open),
            is_doubtful: within(&self.doubtful),
            status: line.map(|line| line.status),
        })
    }

    /// The months of the picture in stretches.
    pub(super) fn stretches(&self) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let years = self.years().into_iter().flatten();
        for month in
            years.flat_map(|year| (1..=12).filter_map(move |number| Month::of(year, number)))
        {
            let Some(fact) = self.fact(month) else {
                continue;
            };
            match stretches.last_mut() {
                Some(last) if last.last.next() == month && last.fact == fact => last.last = month,
                _ => stretches.push(Stretch {
                    first: month,
                    last: month,
                    fact,
                }),
            }
        }
        stretches
    }

    /// The records behind some months.
    pub(super) fn records(&self, first: Month, last: Month) -> BTreeSet<RecordNumber> {
        let lines = self.lines.range(first..=last);
        lines
            .flat_map(|(_, line)| line.by.iter().chain(&line.others).copied())
            .collect()
    }
}

/// The pictures of all schemes, one of them shown.
pub(super) fn section(answer: &Answer, setting: &Setting) -> Markup {
    let account = &answer.account;
    let hues = Hues::of(account);
    let main = super::answers::main_family(account).map(|family| family.family.clone());
    let mut pictures: Vec<Picture<'_>> = account
        .families
        .iter()
        .filter(|family| !family.months.is_empty())
        .map(|family| Picture::of(answer, family))
        .collect();
    pictures.sort_by_key(|picture| Some(&picture.family.family) != main.as_ref());
    pictures.truncate(SCHEMES_MAX);
    if pictures.is_empty() {
        return html! {};
    }
    let panels = pictures.iter().enumerate();
    let panels = panels.map(|(at, picture)| Numbered { at, picture });
    html! {
        section id="years" {
            h2 { (t!("home.years.title")) }
            p.hint { (t!("home.years.hint")) }
            div.switch {
                @for (at, picture) in pictures.iter().enumerate() {
                    input type="radio" name="scheme" id=(format!("s{at}")) checked[at == 0];
                    label for=(format!("s{at}")) { (words::family(picture.family)) }
                }
                @for numbered in panels { (panel(answer, setting, &hues, &numbered)) }
            }
        }
    }
}

/// A picture and its place among the pictures, which names its parts.
struct Numbered<'p, 'a> {
    at: usize,
    picture: &'p Picture<'a>,
}

fn panel(answer: &Answer, setting: &Setting, hues: &Hues, numbered: &Numbered<'_, '_>) -> Markup {
    let Numbered { at, picture } = numbered;
    let stretches = picture.stretches();
    let name = words::family(picture.family);
    let number_of = |month: Month| {
        stretches
            .iter()
            .position(|stretch| stretch.first <= month && month <= stretch.last)
    };
    html! {
        section.panel aria-label=(name) {
            table.grid {
                caption { (t!("home.years.caption", scheme = name, count = words::long_count(picture.family.months_held()))) }
                thead { tr {
                    th scope="col" { span.unseen { (t!("home.year")) } }
                    @for month in 1..=12 { th scope="col" { (month) } }
                } }
                tbody {
                    @for year in picture.years().into_iter().flatten() {
                        tr {
                            th scope="row" { (year) }
                            @for month in (1..=12).filter_map(|number| Month::of(year, number)) {
                                @match number_of(month).and_then(|number| Some((number, stretches.get(number)?))) {
                                    Some((number, stretch)) => { (cell(&stretch.fact, hues, &format!("m{at}-{number}"))) }
                                    None => td {}
                                }
                            }
                        }
                    }
                }
            }
            (key(&stretches, hues))
            @for (number, stretch) in stretches.iter().enumerate() {
                div.meaning popover id=(format!("m{at}-{number}")) {
                    p.name { (words::months((stretch.first, stretch.last))) }
                    (facts(answer, picture, stretch))
                    (months_of(&setting.links, picture, stretch))
                }
            }
        }
    }
}

fn cell(fact: &Fact, hues: &Hues, target: &str) -> Markup {
    let mut classes = vec![fact.sort.class()];
    let hue = fact.provinces.iter().next_back();
    classes.extend(hue.and_then(|province| hues.0.get(province)));
    if fact.is_open {
        classes.push("unsettled");
    }
    classes.retain(|class| !class.is_empty());
    let mut sign = match fact.sort {
        Sort::Counted if fact.provinces.len() > 1 => t!("home.sign_twice").to_string(),
        Sort::Counted => fact.provinces.iter().map(|one| words::sign(*one)).collect(),
        sort => sort.sign(),
    };
    if fact.is_open {
        sign.push('!');
    }
    if fact.is_doubtful {
        sign.push('?');
    }
    html! {
        td { button.(classes.join(" ")) type="button" popovertarget=(target) { (sign) } }
    }
}

/// What the signs mean that occur.
fn key(stretches: &[Stretch], hues: &Hues) -> Markup {
    let provinces: BTreeSet<Division> = stretches
        .iter()
        .flat_map(|stretch| stretch.fact.provinces.iter().copied())
        .collect();
    let has = |sort: Sort| stretches.iter().any(|stretch| stretch.fact.sort == sort);
    let sorts = Sort::ALL.into_iter().skip(1).filter(|sort| has(*sort));
    let is_twice = stretches
        .iter()
        .any(|stretch| stretch.fact.provinces.len() > 1);
    let is_open = stretches.iter().any(|stretch| stretch.fact.is_open);
    let is_doubtful = stretches.iter().any(|stretch| stretch.fact.is_doubtful);
    html! {
        ul.key aria-label=(t!("home.years.key")) {
            @for province in provinces {
                li { span.(hues.0.get(&province).copied().unwrap_or_default()) { (words::sign(province)) } (t!("home.key.counted", place = words::at(province))) }
            }
            @for sort in sorts {
                li { span.(sort.class()) { (sort.sign()) } (words::named_prose(&format!("home.key.{}", sort.class()))) }
            }
            @if is_twice { li { span { (t!("home.sign_twice")) } (words::prose(&t!("home.key.twice"))) } }
            @if is_open { li { span.unsettled { "!" } (words::prose(&t!("home.key.open"))) } }
            @if is_doubtful { li { span { "?" } (t!("home.key.doubtful")) } }
        }
    }
}

/// What stands behind a stretch of months: what it is, base, paid by whom, where, when the money came, the records, the proof.
pub(super) fn facts(answer: &Answer, picture: &Picture<'_>, stretch: &Stretch) -> Markup {
    let account = picture.account;
    let records = picture.records(stretch.first, stretch.last);
    let fact = &stretch.fact;
    let payers: Vec<String> = {
        let mut names: Vec<String> = fact.payers.iter().map(payer).collect();
        names.dedup();
        names
    };
    html! {
        dl.facts {
            dt { (t!("home.fact.what")) }
            dd { (what(fact)) }
            @if let Some(base) = fact.base {
                dt { (words::prose(&t!("home.fact.base"))) }
                dd { (words::money(base)) }
            }
            @if !payers.is_empty() {
                dt { (t!("home.fact.payer")) }
                dd { (words::listed(&payers)) }
            }
            @if !fact.places.is_empty() {
                dt { (t!("home.fact.place")) }
                dd { (words::places(fact.places.iter().copied())) }
            }
            @if let Some(came) = came(account, &records) {
                dt { (t!("home.fact.came")) }
                dd { (came) }
            }
            @if !records.is_empty() {
                dt { (words::prose(&t!("home.fact.records"))) }
                dd { (t!("home.fact.record_list", count = records.len(), list = record::positions(account, records.iter().copied()))) }
            }
            dt { (words::prose(&t!("home.fact.proof"))) }
            dd { (proof(answer, fact, records.is_empty())) }
        }
    }
}

fn what(fact: &Fact) -> String {
    let mut text = match (fact.sort, fact.status) {
        (Sort::Gap, None | Some(MonthStatus::Unpaid)) | (_, None) => {
            t!("home.month_is.nothing").to_string()
        }
        (_, Some(status)) => named(&format!("home.month_is.{}", serde_name(&status))),
    };
    if fact.provinces.len() > 1 {
        text.push_str(&t!("home.month_is.twice"));
    }
    if fact.is_open {
        text.push_str(&t!("home.month_is.open"));
    }
    text
}

/// Who paid, with the number of an employer, by which it can be found.
fn payer(payer: &Payer) -> String {
    let name = named(&format!("home.payer.{}", serde_name(&payer.kind)));
    if payer.id.is_empty() || payer.kind == PayerName::Person {
        return name;
    }
    t!("home.payer", name = name, number = payer.id).to_string()
}

/// When the money came.
fn came(account: &Account, records: &BTreeSet<RecordNumber>) -> Option<String> {
    let lines = records.iter().filter_map(|number| account.record(*number));
    let contributions = lines.filter_map(|line| line.contribution.as_ref());
    let days: Vec<Day> = contributions
        .filter_map(|line: &ContributionLine| line.received)
        .collect();
    let (first, last) = (days.iter().min()?, days.iter().max()?);
    if first == last {
        return Some(words::day(*first));
    }
    Some(
        t!(
            "home.months",
            first = words::day(*first),
            last = words::day(*last)
        )
        .to_string(),
    )
}

fn proof(answer: &Answer, fact: &Fact, is_without_records: bool) -> String {
    if is_without_records {
        return t!("home.proof.none").to_string();
    }
    if fact.is_doubtful {
        return t!("home.proof.doubtful").to_string();
    }
    if answer.checked.is_some() {
        t!("home.proof.checked").to_string()
    } else {
        t!("home.proof.unchecked").to_string()
    }
}

/// Links to the pages of the months of a stretch.
fn months_of(links: &Links, picture: &Picture<'_>, stretch: &Stretch) -> Markup {
    let family = &picture.family.family;
    let first = links.month(family, stretch.first);
    let last = links.month(family, stretch.last);
    html! {
        @if let (Some(first), Some(last)) = (first, last) {
            p.more {
                a href=(first) { (t!("home.month_page", month = words::month(stretch.first))) }
                @if stretch.first != stretch.last {
                    " · " a href=(last) { (words::month(stretch.last)) }
                }
            }
        }
    }
}
