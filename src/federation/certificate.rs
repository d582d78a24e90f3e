//! `yizhang federation certificate`: credentials for one more clerk, or for a portal.

use super::{authority::Authority, init::Public, proposal::in_force};
use crate::{exit::Outcome, files, node::parse_region};
use anyhow::ensure;
use clap::{Args, ValueEnum};
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_ledger::value::Division;
use yizhang_wire::channel::{agency_name, portal_name};

/// Whom credentials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// A clerk of the region's agency.
    Agency,
    /// A portal of the region, for its workers.
    Portal,
}

/// Arguments of `federation certificate`.
#[derive(Args)]
pub(crate) struct CertificateArguments {
    /// The directory that `federation init` made: with the key of the TLS authority.
    #[arg(long)]
    dir: PathBuf,
    /// The region.
    #[arg(long, value_parser = parse_region)]
    region: Division,
    /// Whom it is for.
    #[arg(long, value_enum)]
    role: Role,
    /// Where to write the credentials: a directory that is not there yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Writes credentials with a fresh certificate.
pub(super) fn write(arguments: &CertificateArguments) -> anyhow::Result<Outcome> {
    let roster = in_force(&arguments.dir)?;
    let region = arguments.region;
    ensure!(
        roster.regions.contains_key(&region),
        "{}",
        t!("federation.no_such_region", region = region)
    );
    let authority = Authority::read(&arguments.dir, &roster)?;
    let name = match arguments.role {
        Role::Agency => agency_name(&roster.federation, region),
        Role::Portal => portal_name(&roster.federation, region),
    };
    files::create_private_directory(&arguments.to)?;
    Public::of(&arguments.dir)?.write(&arguments.to)?;
    authority.write_certificate(&arguments.to, &name)?;
    println!(
        "{}",
        t!("federation.certified", dir = arguments.to.display())
    );
    Ok(Outcome::Clean)
}
