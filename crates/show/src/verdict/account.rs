//! An account that was exported without a statement: what it says of itself, and that nothing stands behind it.

use super::{Line, Outcome, Verdict, refused};
use crate::account::ANSWER_FORMAT;
use crate::text::t;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use yizhang_entitlement::{Account, account};
use yizhang_ledger::hash::Hash;

/// What the name of the form of an exported answer, and of a bare account, begins with.
const ANSWER: &str = "yizhang-answer/";
const ACCOUNT: &str = "yizhang-account/";

/// What an exported file says.
#[derive(Deserialize)]
pub struct Exported<'a> {
    format: String,
    #[serde(borrow, default)]
    account: Option<&'a RawValue>,
    #[serde(default)]
    digest: Option<String>,
}

impl<'a> Exported<'a> {
    /// Reads JSON that says that it is an answer or an account; none for anything else.
    pub fn read(text: &'a str) -> Option<Self> {
        let exported: Self = serde_json::from_str(text).ok()?;
        let is_ours = exported.format.starts_with(ANSWER) || exported.format.starts_with(ACCOUNT);
        is_ours.then_some(exported)
    }
}

/// What an exported account says of itself. It never holds: nobody has signed it.
pub fn of_exported(exported: &Exported<'_>, text: &str) -> Verdict {
    let is_answer = exported.format.starts_with(ANSWER);
    if is_answer && exported.format != ANSWER_FORMAT {
        return other_form(&exported.format, ANSWER_FORMAT);
    }
    let account = match exported.account {
        Some(account) if is_answer => account.get(),
        None if is_answer => return wrong(t!("verify.exported.no_account").as_ref()),
        _ => text.trim(),
    };
    let read = match read(account) {
        Ok(read) => read,
        Err(Unread::Form(found)) => return other_form(&found, account::FORMAT),
        Err(Unread::NoAccount) => return wrong(t!("verify.exported.no_account").as_ref()),
    };
    let found = read.digest();
    let mut lines = Vec::new();
    if is_answer {
        let stated = exported.digest.as_deref().and_then(Hash::from_hex);
        if stated != Some(found) {
            let stated = stated.map_or_else(|| "-".to_string(), |stated| stated.to_string());
            let text = t!(
                "verify.exported.other_digest",
                found = found,
                stated = stated
            );
            return wrong(text.as_ref());
        }
        lines.push(Line::basis(t!("verify.exported.digest", digest = found)));
    } else {
        lines.push(Line::basis(t!("verify.exported.bare", digest = found)));
    }
    lines.insert(0, Line::unproved(t!("verify.exported.unsigned")));
    lines.insert(1, Line::unproved(t!("verify.exported.statement")));
    let (form, rules) = (&read.format, read.rules.name);
    lines.push(Line::basis(t!(
        "verify.exported.form",
        form = form,
        rules = rules
    )));
    Verdict {
        outcome: Outcome::Open,
        headline: t!("verify.exported.open", day = read.as_of).to_string(),
        lines,
    }
}

/// Why an account cannot be read.
enum Unread {
    /// It is of another form.
    Form(String),
    /// It is none.
    NoAccount,
}

/// Reads an account whose text others may have set in lines, and refuses one with anything in it that the form does not have.
fn read(text: &str) -> Result<Account, Unread> {
    let whole: Value = serde_json::from_str(text).map_err(|_| Unread::NoAccount)?;
    let form = whole.get("format").and_then(Value::as_str);
    if let Some(form) = form.filter(|form| *form != account::FORMAT) {
        return Err(Unread::Form(form.to_string()));
    }
    let account: Account = serde_json::from_str(text).map_err(|_| Unread::NoAccount)?;
    let again: Value =
        serde_json::from_slice(&account.canonical_json()).map_err(|_| Unread::NoAccount)?;
    if again == whole {
        Ok(account)
    } else {
        Err(Unread::NoAccount)
    }
}

fn other_form(found: &str, expected: &str) -> Verdict {
    wrong(
        t!(
            "verify.exported.other_form",
            found = found,
            expected = expected
        )
        .as_ref(),
    )
}

fn wrong(reason: &str) -> Verdict {
    let mut verdict = refused(t!("verify.exported.refused"), reason);
    let unsigned = t!("verify.exported.unsigned");
    verdict.lines.push(Line::unproved(unsigned));
    verdict
}
