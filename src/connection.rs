//! Connections from the command line to nodes, and their errors in words for people.

use crate::{
    credentials::Credentials,
    exit::Failure,
    show::{
        self,
        language::{self, Language},
    },
};
use rust_i18n::t;
use std::borrow::Cow;
use tonic::{Code, Status, transport::Channel};
use yizhang_ledger::value::Division;
use yizhang_wire::{
    channel::{connect_lazily, node_name},
    code::RefusalCode,
};

/// A connection to the node of a region.
pub(crate) fn to_node(credentials: &Credentials, region: Division) -> anyhow::Result<Channel> {
    let endpoint = &credentials.region(region)?.endpoint;
    let name = node_name(&credentials.roster.federation, region);
    Ok(connect_lazily(
        endpoint,
        &credentials.roster.tls_authority,
        &name,
        &credentials.identity,
    )?)
}

/// An error of a call: refusals get an exit code of their own.
pub(crate) fn failure(region: Division, status: &Status) -> anyhow::Error {
    let text = t!(
        "connection.line",
        region = place(region),
        text = sentence(status)
    )
    .to_string();
    match status.code() {
        Code::PermissionDenied | Code::Unauthenticated => Failure::Denied(text).into(),
        _ if is_refused_by_tls(status) => Failure::Denied(text).into(),
        // A connection that is lost ends as "unknown" or "cancelled".
        Code::Unavailable
        | Code::Unknown
        | Code::Cancelled
        | Code::FailedPrecondition
        | Code::ResourceExhausted
        | Code::AlreadyExists
        | Code::DeadlineExceeded => Failure::Refused(text).into(),
        _ => anyhow::anyhow!(text),
    }
}

/// An error of a call in the midst of work that can be taken up again: says so, unless other credentials are needed for it.
pub(crate) fn failure_that_can_be_repeated(
    region: Division,
    status: &Status,
    again: Cow<'static, str>,
) -> anyhow::Error {
    let failure = failure(region, status);
    if matches!(failure.downcast_ref(), Some(Failure::Denied(_))) {
        return failure;
    }
    failure.context(again)
}

/// How rustls words that one side does not accept the other's certificate; below tonic nothing else tells it.
const TLS_REFUSALS: [&str; 2] = ["invalid peer certificate", "received fatal alert"];

/// Whether the connection failed because one side does not accept the other's certificate.
pub(crate) fn is_refused_by_tls(status: &Status) -> bool {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        let text = error.to_string();
        if TLS_REFUSALS.iter().any(|refusal| text.contains(refusal)) {
            return true;
        }
        source = error.source();
    }
    false
}

/// Regions by name in Chinese; by code in English, as nodes tell them in their logs.
pub(crate) fn place(region: Division) -> String {
    match language::current() {
        Language::Zh => show::place::name(region),
        Language::En => region.to_string(),
    }
}

/// A sentence on the kind of error, with what the node says.
fn sentence(status: &Status) -> Cow<'static, str> {
    let detail = describe(status);
    // Nodes send no sources: the connection itself has failed.
    let here = std::error::Error::source(status).is_some();
    match status.code() {
        _ if is_refused_by_tls(status) => t!("connection.other_certificate", detail = detail),
        Code::Unavailable if !here => t!("connection.not_ready", detail = detail),
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded => {
            t!("connection.unreachable", detail = detail)
        }
        Code::PermissionDenied | Code::Unauthenticated => t!("connection.denied", detail = detail),
        Code::ResourceExhausted => t!("connection.busy", detail = detail),
        Code::AlreadyExists => t!("connection.other_content", detail = detail),
        Code::InvalidArgument | Code::OutOfRange => t!("connection.wrong", detail = detail),
        Code::NotFound => t!("connection.not_found", detail = detail),
        Code::FailedPrecondition | Code::Unimplemented => t!("connection.refused", detail = detail),
        _ => t!("connection.broken", detail = detail),
    }
}

/// The message of a status, and what is behind it where the message alone says little ("transport error").
pub(crate) fn describe(status: &Status) -> String {
    let mut text = match RefusalCode::of(status) {
        Some(RefusalCode::AccountOfAuditor) => t!("connection.account-of-auditor").to_string(),
        Some(RefusalCode::ReviewOfOthers) => t!("connection.review-of-others").to_string(),
        Some(RefusalCode::OwnWarning) => t!("connection.own-warning").to_string(),
        Some(RefusalCode::NotANode) => t!("connection.not-a-node").to_string(),
        Some(RefusalCode::NumbersLimit) => {
            t!("connection.numbers-limit", detail = status.message()).to_string()
        }
        Some(RefusalCode::ReadLimit) => {
            t!("connection.read-limit", detail = status.message()).to_string()
        }
        Some(RefusalCode::NoTrace) => t!("connection.no-trace").to_string(),
        Some(RefusalCode::Code) => t!("connection.code").to_string(),
        Some(RefusalCode::SameClerk) => t!("connection.same-clerk").to_string(),
        Some(RefusalCode::NotWaiting) => t!("connection.not-waiting").to_string(),
        Some(RefusalCode::NotYourDuty) => t!("connection.not-your-duty").to_string(),
        Some(RefusalCode::NotOpened) => t!("connection.not-opened").to_string(),
        Some(RefusalCode::Purpose) => t!("connection.purpose").to_string(),
        Some(RefusalCode::NotInRoster) => t!("connection.not-in-roster").to_string(),
        Some(RefusalCode::NotForRole) => t!("connection.not-for-role").to_string(),
        Some(RefusalCode::NoRole) => t!("connection.no-role").to_string(),
        Some(RefusalCode::Stopping) => t!("connection.stopping").to_string(),
        // The others say more than a fixed sentence.
        Some(_) | None => status.message().to_string(),
    };
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        let detail = error.to_string();
        if !text.contains(&detail) {
            text = format!("{text}: {detail}");
        }
        source = error.source();
    }
    show::printable(&text)
}
