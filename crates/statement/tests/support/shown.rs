//! What a statement shows, as JSON for files.

use serde_json::{Value, json};
use yizhang_ledger::person::AccountId;
use yizhang_statement::{ChainShown, Cover, PersonShown, Promise, StatedAs, Verdict};

/// A verdict as the files have it; what only who computes the account can know stands in its `account`.
pub(crate) fn verdict(shown: &Verdict) -> Value {
    let ids = |ids: &[AccountId]| -> Vec<String> { ids.iter().map(|id| hex(&id.0)).collect() };
    let mut verdict = json!({
        "digest": shown.digest.to_string(),
        "issuer": shown.issuer.as_str(),
        "issued": shown.issued.to_string(),
        "as_of": shown.as_of.to_string(),
        "owner": hex(&shown.owner.0),
        "person": match &shown.person {
            PersonShown::Revealed(number) => number.reveal(),
            PersonShown::Hidden => "hidden",
            PersonShown::Unknown => "unknown",
        },
        "federation": shown.federation,
        "roster": shown.roster.to_string(),
        "accounts": ids(&shown.accounts),
        "strangers": ids(&shown.strangers),
        "chains": shown.chains.iter().map(chain).collect::<Vec<Value>>(),
        "account": {
            "records": shown.checked.records,
            "rules": shown.rules.to_string(),
            "digest": shown.account_digest.to_string(),
            "stated": match &shown.stated {
                StatedAs::Same => "the same",
                StatedAs::Nothing => "nothing",
                StatedAs::OtherForm { form, .. } => form,
            },
        },
    });
    if let Cover::Part(excerpt) = &shown.cover {
        verdict["excerpt"] = json!({
            "first": excerpt.first.to_string(),
            "last": excerpt.last.to_string(),
            "schemes": excerpt.schemes,
        });
    }
    verdict
}

fn chain(shown: &ChainShown) -> Value {
    let promises = |promises: &[Promise]| -> Vec<Value> {
        let one = |promise: &Promise| json!({"region": promise.region.code(), "time": promise.time.get().to_string()});
        promises.iter().map(one).collect()
    };
    let confirmed: Vec<u32> = shown
        .confirmed_by
        .iter()
        .map(|region| region.code())
        .collect();
    let mut chain = json!({
        "chain": shown.chain.as_str(),
        "size": shown.size.map(|size| size.0.to_string()),
        "through": shown.through.map(|through| {
            json!({"size": through.size.0.to_string(), "time": through.time.0.to_string()})
        }),
        "records": shown.records,
        "mirrors": promises(&shown.mirrors),
        "witnesses": promises(&shown.witnesses),
        "confirmed_by": confirmed,
    });
    if shown.hidden > 0 {
        chain["hidden"] = json!(shown.hidden);
    }
    chain
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes what is written");
        text
    })
}
