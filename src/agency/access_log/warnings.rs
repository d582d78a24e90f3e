//! What looks odd in the access log, and its closing by a second person.

use super::{Arguments, Bytes};
use crate::{
    connection,
    credentials::Credentials,
    exit::Outcome,
    node::access_log::moment,
    output,
    show::{printable, printable_json, warnings::rule},
};
use rust_i18n::t;
use serde_json::json;
use std::fmt::Write as _;
use yizhang_ledger::value::{Day, Division, UnixMillis};
use yizhang_wire::{
    deadline::{LOOKUP_TIMEOUT, within},
    v1::{
        AccessWarning, CloseWarningRequest, WarningClosing, WarningsReply, WarningsRequest,
        access_log_client::AccessLogClient,
    },
};

/// Digits of a certificate's fingerprint that a line shows; JSON has all.
const FINGERPRINT_BYTES: usize = 8;

/// Lists warnings; exit code 1 if one waits for a second person.
pub(super) async fn list(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let node = arguments.node;
    let request = WarningsRequest {
        first: arguments.first(),
        last: arguments.last(),
        purpose: Some(arguments.purpose.purpose()?.message()),
    };
    let told = told(&credentials, node, request).await?;
    for warning in &told.warnings {
        if arguments.json {
            println!("{}", printable_json(&object(warning).to_string()));
        } else {
            for line in lines(warning) {
                println!("{}", printable(&line));
            }
        }
    }
    if told.warnings.is_empty() && !arguments.json {
        println!("{}", t!("access_log.no_warnings"));
    }
    for note in notes(&told) {
        output::notice(&printable(&note));
    }
    let mut warnings = told.warnings.iter();
    let is_open = warnings.any(|warning| warning.closing.is_none());
    Ok(if is_open || told.left > 0 || !told.unread.is_empty() {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

/// What a node tells of its warnings.
pub(crate) async fn told(
    credentials: &Credentials,
    node: Division,
    request: WarningsRequest,
) -> anyhow::Result<WarningsReply> {
    let mut client = AccessLogClient::new(connection::to_node(credentials, node)?);
    let told = within(LOOKUP_TIMEOUT, client.warnings(request)).await;
    told.map_err(|status| connection::failure(node, &status))
}

/// What could not be told.
pub(crate) fn notes(told: &WarningsReply) -> Vec<String> {
    let mut notes = Vec::new();
    if told.left > 0 {
        notes.push(t!("access_log.warnings_left", count = told.left).to_string());
    }
    for day in told.unread.iter().copied().filter_map(Day::new) {
        notes.push(t!("access_log.unread", day = day).to_string());
    }
    notes
}

/// Has a node close a warning.
pub(crate) async fn close_at(
    credentials: &Credentials,
    node: Division,
    request: CloseWarningRequest,
) -> anyhow::Result<()> {
    let mut client = AccessLogClient::new(connection::to_node(credentials, node)?);
    let closed = within(LOOKUP_TIMEOUT, client.close_warning(request)).await;
    closed.map_err(|status| connection::failure(node, &status))?;
    Ok(())
}

/// Closes a warning.
pub(super) async fn close(arguments: &Arguments, warning: &Bytes) -> anyhow::Result<Outcome> {
    let credentials = Credentials::read(&arguments.credentials)?;
    let node = arguments.node;
    let request = CloseWarningRequest {
        id: warning.0.clone().into(),
        day: arguments.first(),
        reason: arguments.reason.clone().unwrap_or_default(),
        purpose: Some(arguments.purpose.purpose()?.message()),
    };
    close_at(&credentials, node, request).await?;
    println!("{}", t!("access_log.closed"));
    Ok(Outcome::Clean)
}

fn lines(warning: &AccessWarning) -> Vec<String> {
    let day = Day::new(warning.day).map_or_else(String::new, |day| day.to_string());
    let certificates: Vec<String> = warning.certificates.iter().map(|one| short(one)).collect();
    let mut lines = vec![
        format!("{day}  {}  {}", hex(&warning.id), rule(&warning.rule)),
        t!(
            "access_log.warning_clerk",
            person = warning.person,
            certificates = certificates.join(", "),
            entries = warning.entries,
            first = moment(UnixMillis(warning.first_ms)),
            last = moment(UnixMillis(warning.last_ms))
        )
        .to_string(),
    ];
    if !warning.account.is_empty() {
        let account = hex(&warning.account);
        lines.push(t!("access_log.warning_account", account = account).to_string());
    }
    lines.push(match &warning.closing {
        Some(closing) => closed(closing),
        None => t!("access_log.warning_open").to_string(),
    });
    lines
}

fn closed(closing: &WarningClosing) -> String {
    t!(
        "access_log.warning_closed",
        time = moment(UnixMillis(closing.at_ms)),
        person = closing.person,
        certificate = short(&closing.certificate),
        reason = closing.reason
    )
    .to_string()
}

fn object(warning: &AccessWarning) -> serde_json::Value {
    let day = Day::new(warning.day).map(|day| day.to_string());
    let certificates: Vec<String> = warning.certificates.iter().map(|one| hex(one)).collect();
    let closing = warning.closing.as_ref().map(|closing| {
        json!({
            "at_ms": closing.at_ms,
            "certificate": hex(&closing.certificate),
            "person": closing.person,
            "reason": closing.reason,
        })
    });
    let account = (!warning.account.is_empty()).then(|| hex(&warning.account));
    json!({
        "id": hex(&warning.id),
        "rule": warning.rule,
        "day": day,
        "certificates": certificates,
        "person": warning.person,
        "account": account,
        "entries": warning.entries,
        "first_ms": warning.first_ms,
        "last_ms": warning.last_ms,
        "closing": closing,
    })
}

/// How a fingerprint begins.
pub(crate) fn short(certificate: &[u8]) -> String {
    hex(certificate.get(..FINGERPRINT_BYTES).unwrap_or(certificate))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a text takes what is written");
    }
    text
}
