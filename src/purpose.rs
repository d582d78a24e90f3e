//! For what accounts and chains are read, as a command is told: kind of business, case, person.

use crate::usage::WrongValue;
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use rust_i18n::t;
use yizhang_wire::purpose::{Business, CHARACTERS_MAX, Purpose, is_visible};

/// Arguments of a command that reads an account.
#[derive(Args, Clone)]
pub(crate) struct PurposeArguments {
    /// Kind of business for which the account is read.
    #[arg(long, value_parser = business_parser())]
    pub(crate) business: Business,
    /// Number of the case or matter in the agency's books for which the account is read.
    #[arg(long = "case", value_name = "NUMBER", value_parser = parse_visible)]
    pub(crate) case_number: String,
    #[command(flatten)]
    pub(crate) person: PersonArgument,
}

/// The same, where whoever has a key of their own needs none.
#[derive(Args, Clone)]
pub(crate) struct OptionalPurpose {
    /// Kind of business for which the account is read.
    #[arg(long, value_parser = business_parser())]
    business: Option<Business>,
    /// Number of the case or matter in the agency's books for which the account is read.
    #[arg(long = "case", value_name = "NUMBER", value_parser = parse_visible)]
    case_number: Option<String>,
    /// The person who asks, as the agency names its people; who is logged in if not given. Nodes write it down.
    #[arg(long, value_name = "NAME", value_parser = parse_visible)]
    person: Option<String>,
}

impl OptionalPurpose {
    /// The purpose, if all of it is given.
    pub(crate) fn given(&self) -> Option<anyhow::Result<Purpose>> {
        let (business, case, person) = (
            self.business?,
            self.case_number.as_ref()?,
            self.person.as_ref()?,
        );
        Some(Purpose::new(business, case, person).map_err(anyhow::Error::from))
    }
}

/// The argument of a command whose business and case are known without being told.
#[derive(Args, Clone)]
pub(crate) struct PersonArgument {
    /// The person who asks, as the agency names its people; who is logged in if not given. Nodes write it down.
    #[arg(long, value_name = "NAME", value_parser = parse_visible)]
    pub(crate) person: String,
}

impl PurposeArguments {
    pub(crate) fn purpose(&self) -> anyhow::Result<Purpose> {
        self.person.reads_for(self.business, &self.case_number)
    }
}

impl PersonArgument {
    /// The person's purpose in a matter.
    pub(crate) fn reads_for(&self, business: Business, case: &str) -> anyhow::Result<Purpose> {
        Ok(Purpose::new(business, case, &self.person)?)
    }
}

/// Kinds of business by their codes.
fn business_parser() -> impl TypedValueParser<Value = Business> {
    let codes = Business::ALL.iter().map(|business| business.code());
    PossibleValuesParser::new(codes).map(|code| {
        Business::parse(&code).expect("the parser takes no other codes than those of the list")
    })
}

/// A case number or a name.
pub(crate) fn parse_visible(text: &str) -> Result<String, WrongValue> {
    if is_visible(text) {
        Ok(text.to_string())
    } else {
        Err(WrongValue(
            t!("argument.visible", limit = CHARACTERS_MAX).to_string(),
        ))
    }
}
