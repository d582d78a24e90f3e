//! Whose a statement is to be, by what the reader knows of the person.

use yizhang_ledger::person::{NumberSalt, SocialSecurityNumber};
use yizhang_statement::{Opening, PersonShown, Refusal, Statement, Verdict};

/// What the reader knows of the person: the number, and the code if the statement does not reveal it.
pub(crate) struct Person {
    number: SocialSecurityNumber,
    code: Option<NumberSalt>,
}

/// What was typed is no number, or no code.
pub(crate) struct Malformed;

impl Person {
    /// Reads what was typed; nobody where nothing was.
    pub(crate) fn read(number: &str, code: &str) -> Result<Option<Self>, Malformed> {
        let (number, code) = (number.trim(), code.trim());
        if number.is_empty() && code.is_empty() {
            return Ok(None);
        }
        let number = SocialSecurityNumber::parse(number).map_err(|_| Malformed)?;
        let code = if code.is_empty() {
            None
        } else {
            Some(NumberSalt::from_hex(code).ok_or(Malformed)?)
        };
        Ok(Some(Self { number, code }))
    }

    /// Refuses a statement that does not show that it is of this person.
    pub(crate) fn ensure_of(self, statement: &Statement, shown: &Verdict) -> Result<(), Refusal> {
        let is_theirs = match (&shown.person, self.code) {
            (PersonShown::Revealed(revealed), _) => *revealed == self.number,
            (PersonShown::Hidden | PersonShown::Unknown, Some(salt)) => {
                let number = self.number;
                Opening { salt, number }.opens(&statement.content.subject)
            }
            (PersonShown::Hidden | PersonShown::Unknown, None) => false,
        };
        if is_theirs {
            Ok(())
        } else {
            Err(Refusal::OtherNumber)
        }
    }
}
