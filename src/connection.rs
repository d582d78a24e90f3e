//! Connections from the command line to nodes, and their errors in words for people.

use crate::{credentials::Credentials, exit::Failure};
use tonic::{Code, Status, transport::Channel};
use yizhang_ledger::value::Division;
use yizhang_wire::channel::{connect_lazily, node_name};

/// A connection to the node of a region.
pub(crate) fn to_node(credentials: &Credentials, region: Division) -> anyhow::Result<Channel> {
    let endpoint = &credentials.region(region)?.endpoint;
    let name = node_name(&credentials.roster.federation, region);
    Ok(connect_lazily(endpoint, &credentials.roster.tls_authority, &name, &credentials.identity)?)
}

/// An error of a call: refusals get an exit code of their own.
pub(crate) fn failure(region: Division, status: &Status) -> anyhow::Error {
    let text = format!("{region}: {}", describe(status));
    match status.code() {
        // A connection that TLS refuses ends as "unknown" or "cancelled".
        Code::Unavailable
        | Code::Unknown
        | Code::Cancelled
        | Code::FailedPrecondition
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::ResourceExhausted
        | Code::AlreadyExists
        | Code::DeadlineExceeded => Failure::Refused(text).into(),
        _ => anyhow::anyhow!(text),
    }
}

/// The message of a status, and what is behind it where the message alone says little ("transport error").
fn describe(status: &Status) -> String {
    let mut text = status.message().to_string();
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        let detail = error.to_string();
        if !text.contains(&detail) {
            text = format!("{text}: {detail}");
        }
        source = error.source();
    }
    text
}
