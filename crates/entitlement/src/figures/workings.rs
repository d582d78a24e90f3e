//! Where figures are written down: each with its value or what is missing, and what it rests on.

use crate::{
    account::{
        Assumption, Figure, FigureName, FigureNumber, FigureValue, Forecast, Ground, Missing,
        MissingName, PlaceReason, Question, QuestionName, RuleLine, RuleNumber, RulesUsed,
    },
    policy::Policy,
};
use yizhang_ledger::value::{Division, Fen, Month};
use yizhang_rules::{Figure as RuleFigure, Key, Rule, Where};

/// The figures, questions and used rules of an account in the making.
pub(crate) struct Workings<'p> {
    pub(crate) policy: &'p Policy,
    used: Vec<&'p Rule>,
    figures: Vec<Figure>,
    questions: Vec<Question>,
}

/// A figure that was written down, and its value, if it has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<T> {
    pub(crate) value: Option<T>,
    pub(crate) number: FigureNumber,
}

impl<T> Written<T> {
    /// As something that another figure rests on.
    pub(crate) const fn ground(&self) -> Ground {
        Ground::Figure(self.number)
    }
}

/// A figure in the making.
pub(crate) struct Draft(Figure);

impl Draft {
    pub(crate) const fn new(name: FigureName) -> Self {
        Self(Figure {
            name,
            family: None,
            forecast: None,
            first: None,
            last: None,
            grade: None,
            value: None,
            reason: None,
            from: Vec::new(),
            missing: Vec::new(),
        })
    }

    pub(crate) fn of_family(mut self, family: &str) -> Self {
        self.0.family = Some(family.to_owned());
        self
    }

    pub(crate) const fn forecast(mut self, forecast: Forecast) -> Self {
        self.0.forecast = Some(forecast);
        self
    }

    pub(crate) const fn span(mut self, first: Month, last: Month) -> Self {
        (self.0.first, self.0.last) = (Some(first), Some(last));
        self
    }

    pub(crate) const fn grade(mut self, grade: u32) -> Self {
        self.0.grade = Some(grade);
        self
    }

    pub(crate) fn on(mut self, ground: Ground) -> Self {
        self.push(ground);
        self
    }

    pub(crate) fn all(self, grounds: impl IntoIterator<Item = Ground>) -> Self {
        grounds.into_iter().fold(self, Self::on)
    }

    /// As [`Self::all`], in place.
    pub(crate) fn add(&mut self, grounds: impl IntoIterator<Item = Ground>) {
        for ground in grounds {
            self.push(ground);
        }
    }

    fn push(&mut self, ground: Ground) {
        // Records may be many, and nobody hands in one twice.
        if matches!(ground, Ground::Record(_)) || !self.0.from.contains(&ground) {
            self.0.from.push(ground);
        }
    }

    pub(crate) fn family(self, family: &str) -> Self {
        self.on(Ground::Family(family.to_owned()))
    }

    pub(crate) fn assumed(self, assumption: Assumption) -> Self {
        self.on(Ground::Assumed(assumption))
    }

    pub(crate) fn reason(mut self, reason: Option<PlaceReason>) -> Self {
        self.0.reason = reason;
        self
    }

    pub(crate) fn lacks(self, what: MissingName) -> Self {
        self.without(Missing {
            what,
            place: None,
            first: None,
            last: None,
        })
    }

    pub(crate) fn lacks_at(
        self,
        what: MissingName,
        place: impl Into<Option<Division>>,
        month: Month,
    ) -> Self {
        self.without(Missing {
            what,
            place: place.into(),
            first: Some(month),
            last: Some(month),
        })
    }

    pub(crate) fn without(mut self, missing: Missing) -> Self {
        if !self.0.missing.contains(&missing) {
            self.0.missing.push(missing);
        }
        self
    }
}

impl<'p> Workings<'p> {
    pub(crate) const fn new(policy: &'p Policy) -> Self {
        Self {
            policy,
            used: Vec::new(),
            figures: Vec::new(),
            questions: Vec::new(),
        }
    }

    /// Writes a figure down.
    pub(crate) fn put<T: Copy>(
        &mut self,
        draft: Draft,
        value: Option<T>,
        as_value: fn(T) -> FigureValue,
    ) -> Written<T> {
        let number = u32::try_from(self.figures.len());
        let number =
            FigureNumber(number.expect("a figure takes more than a byte: memory holds fewer"));
        self.figures.push(Figure {
            value: value.map(as_value),
            ..draft.0
        });
        Written { value, number }
    }

    pub(crate) fn months(&mut self, draft: Draft, value: Option<u32>) -> Written<u32> {
        self.put(draft, value, FigureValue::Months)
    }

    pub(crate) fn month(&mut self, draft: Draft, value: Option<Month>) -> Written<Month> {
        self.put(draft, value, FigureValue::Month)
    }

    pub(crate) fn fen(&mut self, draft: Draft, value: Option<Fen>) -> Written<Fen> {
        self.put(draft, value, |amount| FigureValue::Fen(amount.get()))
    }

    pub(crate) fn place(&mut self, draft: Draft, value: Option<Division>) -> Written<Division> {
        self.put(draft, value, FigureValue::Place)
    }

    pub(crate) fn ask(&mut self, name: QuestionName, from: Vec<Ground>) {
        self.questions.push(Question { name, from });
    }

    /// A rule as something that a figure rests on.
    pub(crate) fn rule(&mut self, rule: &'p Rule) -> Ground {
        Ground::Rule(self.number_of(rule))
    }

    pub(crate) fn number_of(&mut self, rule: &'p Rule) -> RuleNumber {
        let known = self.used.iter().position(|used| std::ptr::eq(*used, rule));
        let at = known.unwrap_or_else(|| {
            let next = self.used.len();
            self.used.push(rule);
            next
        });
        RuleNumber(u32::try_from(at).expect("a set has at most ten thousand rules (`RULES_MAX`)"))
    }

    /// A value of the rule set, with its rule written down as used.
    pub(crate) fn use_rule<T>(&mut self, found: Option<RuleFigure<'p, T>>) -> Option<(T, Ground)> {
        let RuleFigure { value, rule } = found?;
        Some((value, self.rule(rule)))
    }

    /// A number in force.
    pub(crate) fn number(
        &mut self,
        key: Key,
        of: &str,
        place: impl Into<Where>,
        month: Month,
    ) -> Option<(u32, Ground)> {
        let found = self.policy.rules().number(key, of, place, month);
        self.use_rule(found)
    }

    /// What a place is now, with the rule that says so where it was another (C27).
    pub(crate) fn now(&mut self, place: Division, month: Month) -> (Division, Option<Ground>) {
        let successors = self.policy.successors(month);
        let rule = successors.rule(place);
        (successors.now(place), rule.map(|rule| self.rule(rule)))
    }

    /// Money in force, or as published last.
    pub(crate) fn newest_yuan(
        &mut self,
        key: Key,
        of: &str,
        place: impl Into<Where>,
        month: Month,
    ) -> Option<(Fen, Vec<Ground>)> {
        let rule = self.policy.rules().latest(key, of, place, month)?;
        let yizhang_rules::Value::Yuan(amount) = rule.value else {
            return None;
        };
        let mut grounds = vec![self.rule(rule)];
        if !rule.holds_in(month) {
            grounds.push(Ground::Assumed(Assumption::LastPublished));
        }
        Some((amount, grounds))
    }

    /// What was written down.
    pub(crate) fn finish(self) -> (RulesUsed, Vec<Figure>, Vec<Question>) {
        let line = |rule: &&Rule| RuleLine {
            id: rule.id.clone(),
            key: rule.key.name().to_owned(),
            of: rule.of.clone(),
            place: rule.place,
            from: rule.from,
            until: rule.until,
            value: rule.value.to_string(),
            document: rule.document.clone(),
            number: rule.number.clone(),
            published: rule.published,
            confidence: rule.confidence.letter().to_owned(),
        };
        let used = self.used.iter().map(line).collect();
        (
            RulesUsed {
                name: self.policy.name(),
                used,
            },
            self.figures,
            self.questions,
        )
    }
}
