//! What a rule set was read from, to be handed on with what was computed under it.

use crate::{
    fault::RuleFault,
    file::RuleFile,
    set::{EMBEDDED, RuleSet},
};

/// A rule file, held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// Its name, for faults.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// The files of a rule set: those of the program, and an operator's over them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTexts {
    /// The files of the program.
    pub base: Vec<RuleText>,
    /// An operator's own, which take the place of rules of the program.
    pub own: Vec<RuleText>,
}

impl RuleTexts {
    /// What the program brings, with an operator's files over it.
    pub fn with_own(own: Vec<RuleText>) -> Self {
        let held = |file: &RuleFile<'_>| RuleText {
            name: file.name.to_owned(),
            text: file.text.to_owned(),
        };
        Self {
            base: EMBEDDED.iter().map(held).collect(),
            own,
        }
    }

    /// The rule set of these files.
    ///
    /// # Errors
    /// As [`RuleSet::read`] and [`RuleSet::overlaid`].
    pub fn read(&self) -> Result<RuleSet, Vec<RuleFault>> {
        let base = RuleSet::read(&files(&self.base))?;
        if self.own.is_empty() {
            Ok(base)
        } else {
            base.overlaid(&files(&self.own))
        }
    }
}

fn files(texts: &[RuleText]) -> Vec<RuleFile<'_>> {
    let files = texts.iter().map(|file| RuleFile {
        name: &file.name,
        text: &file.text,
    });
    files.collect()
}
