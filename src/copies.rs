//! Chains as a node says that it holds them.

use crate::{connection, credentials::Credentials, show};
use yizhang_ledger::{
    head::Origin,
    roster::KeyKind,
    value::{Division, UnixMillis},
};
use yizhang_show::{
    copies,
    cosigned::{CosignedChain, CosignedLine, Cosigning},
};
use yizhang_wire::{
    deadline::{STATUS_TIMEOUT, within},
    v1::{self, ChainStatus, StatusReply, StatusRequest, ledger_client::LedgerClient},
};

/// Asks a node for its chains and peers.
pub(crate) async fn status(
    credentials: &Credentials,
    region: Division,
) -> anyhow::Result<StatusReply> {
    let mut client = LedgerClient::new(connection::to_node(credentials, region)?);
    within(STATUS_TIMEOUT, client.status(StatusRequest {}))
        .await
        .map_err(|status| connection::failure(region, &status))
}

/// What puts everything in doubt that a node computes: a line for each chain of which two histories were signed.
pub(crate) async fn doubts(
    credentials: &Credentials,
    region: Division,
) -> anyhow::Result<Vec<String>> {
    let reply = status(credentials, region).await?;
    Ok(copies::quarantines(&yizhang_client::copies(reply.chains)))
}

/// What a node says of cosignatures. A kind of cosigner that is not known here is kept as such.
pub(crate) fn cosigning(reply: &StatusReply) -> Cosigning {
    let kinds = [KeyKind::Witness, KeyKind::Mirror];
    let line = |line: &v1::Cosigner| CosignedLine {
        region: show::printable(&line.region),
        kind: kinds.into_iter().find(|kind| kind.word() == line.kind),
        size: line.size,
        time: UnixMillis(line.seconds.saturating_mul(1_000)),
    };
    let chain = |chain: &ChainStatus| {
        Some(CosignedChain {
            origin: Origin::parse(&chain.origin)?,
            lines: chain.cosigners.iter().map(line).collect(),
        })
    };
    let counted = reply.cosigning.clone().unwrap_or_default();
    Cosigning {
        given: counted.given,
        received: counted.received,
        forged: counted.forged,
        waits_code: show::printable(&counted.waits_code),
        chains: reply.chains.iter().filter_map(chain).collect(),
    }
}
