//! `yizhang federation renew-certificates`: fresh certificates for those who have one. Nodes that run take theirs up by themselves.

use super::{authority::Authority, proposal::in_force};
use crate::{credentials::CERTIFICATE_FILE, exit::Outcome, node::parse_region};
use anyhow::bail;
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_ledger::value::Division;
use yizhang_wire::channel::{agency_name, auditor_name, node_name, portal_name};

/// Arguments of `federation renew-certificates`.
#[derive(Args)]
pub(crate) struct RenewArguments {
    /// The directory that `federation init` made: with the key of the TLS authority, and a directory for each region.
    #[arg(long)]
    dir: PathBuf,
    /// A region whose node, agency and portal get new certificates; once for each. Without it, all regions and the auditor.
    #[arg(long, value_parser = parse_region)]
    region: Vec<Division>,
}

/// Whom a certificate is for.
struct Holder {
    directory: PathBuf,
    name: String,
}

/// Replaces certificates and their keys.
pub(super) fn renew(arguments: &RenewArguments) -> anyhow::Result<Outcome> {
    let roster = in_force(&arguments.dir)?;
    let authority = Authority::read(&arguments.dir, &roster)?;
    let federation = &roster.federation;
    let mut holders = Vec::new();
    let is_meant = |code: &Division| arguments.region.is_empty() || arguments.region.contains(code);
    for code in roster.regions.keys().filter(|code| is_meant(code)) {
        let directory = arguments.dir.join(code.to_string());
        holders.push(Holder {
            name: agency_name(federation, *code),
            directory: directory.join("agency"),
        });
        holders.push(Holder {
            name: portal_name(federation, *code),
            directory: directory.join("portal"),
        });
        holders.push(Holder {
            name: node_name(federation, *code),
            directory,
        });
    }
    if arguments.region.is_empty() {
        holders.push(Holder {
            directory: arguments.dir.join("auditor"),
            name: auditor_name(federation),
        });
    }
    // What was carried elsewhere is not here any more.
    holders.retain(|holder| holder.directory.join(CERTIFICATE_FILE).exists());
    if holders.is_empty() {
        bail!(
            "{}",
            t!("federation.no_certificates", dir = arguments.dir.display())
        );
    }
    for holder in &holders {
        authority.renew_certificate(&holder.directory, &holder.name)?;
        println!(
            "{}",
            t!("federation.renewed", dir = holder.directory.display())
        );
    }
    Ok(Outcome::Clean)
}
