//! `yizhang federation certificate`: credentials for one more clerk, or for a portal.

use super::{authority::Authority, init::Public, proposal::in_force};
use crate::{
    exit::{Failure, Outcome},
    files,
    node::parse_region,
};
use anyhow::ensure;
use clap::{Args, ValueEnum};
use rust_i18n::t;
use std::{collections::BTreeSet, path::PathBuf};
use yizhang_ledger::value::Division;
use yizhang_wire::channel::{DUTIES, agency_name, duty_name, portal_name};

/// Whom credentials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// A clerk of the region's agency.
    Agency,
    /// A portal of the region, for its workers.
    Portal,
}

/// What a clerk of an agency does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ClerkRole {
    /// Submits, and hands codes to workers.
    Maker,
    /// Approves what other clerks have submitted or handed out.
    Checker,
    /// Looks accounts up.
    Reader,
}

impl ClerkRole {
    /// As certificates have it.
    const fn word(self) -> &'static str {
        let [maker, checker, reader] = DUTIES;
        match self {
            Self::Maker => maker,
            Self::Checker => checker,
            Self::Reader => reader,
        }
    }
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
    /// What a clerk does; all three if not given.
    #[arg(long, value_name = "ROLE", value_enum, value_delimiter = ',')]
    clerk_role: Vec<ClerkRole>,
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
    let federation = &roster.federation;
    let mut names = vec![match arguments.role {
        Role::Agency => agency_name(federation, region),
        Role::Portal => portal_name(federation, region),
    }];
    if arguments.role != Role::Agency && !arguments.clerk_role.is_empty() {
        return Err(Failure::Arguments(t!("federation.no_clerk").to_string()).into());
    }
    let duties = arguments.clerk_role.iter();
    let duties: BTreeSet<&str> = duties.map(|role| role.word()).collect();
    names.extend(
        duties
            .iter()
            .map(|duty| duty_name(federation, region, duty)),
    );
    files::create_private_directory(&arguments.to)?;
    Public::of(&arguments.dir)?.write(&arguments.to)?;
    authority.write_certificate(&arguments.to, &names)?;
    println!(
        "{}",
        t!("federation.certified", dir = arguments.to.display())
    );
    Ok(Outcome::Clean)
}
