//! Whether a statement is that of a person whom the reader names.

use super::{Opening, Statement};
use yizhang_ledger::person::{NumberSalt, SocialSecurityNumber};

/// What a reader knows of a person.
#[derive(Clone, Debug)]
pub struct AskedPerson {
    /// The number.
    pub number: SocialSecurityNumber,
    /// The code of the statement, if the holder has told it.
    pub code: Option<NumberSalt>,
}

/// Whether a statement is of a person who was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonAnswer {
    /// It is: the issuer has committed to this number.
    Is,
    /// It is not: the number, or the code, is another one.
    IsNot,
    /// It does not reveal its number, and nobody can tell without its code.
    NeedsCode,
    /// It was made for a pseudonym: nobody can tell.
    NotShown,
}

impl Statement {
    /// Whether the statement is of a person. It must have been verified.
    pub fn is_of(&self, asked: &AskedPerson) -> PersonAnswer {
        let subject = &self.content.subject;
        let is_same = match (&self.opening, asked.code) {
            _ if subject.commitment.is_none() => return PersonAnswer::NotShown,
            (_, Some(salt)) => {
                let number = asked.number.clone();
                Opening { salt, number }.opens(subject)
            }
            (Some(opening), None) => opening.number == asked.number,
            (None, None) => return PersonAnswer::NeedsCode,
        };
        if is_same {
            PersonAnswer::Is
        } else {
            PersonAnswer::IsNot
        }
    }
}
