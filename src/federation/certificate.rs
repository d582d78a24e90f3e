//! `yizhang federation certificate`: credentials for one more clerk, a portal or a platform.

use super::{authority::Authority, init::Public, proposal::in_force};
use crate::{
    exit::{Failure, Outcome},
    files,
    node::parse_region,
    usage::WrongValue,
};
use anyhow::ensure;
use clap::{Args, ValueEnum};
use rust_i18n::t;
use std::{collections::BTreeSet, path::PathBuf};
use yizhang_intake::is_credit_code;
use yizhang_ledger::{hash::from_hex, value::Division};
use yizhang_wire::channel::{
    DUTIES, agency_name, duty_name, platform_name, portal_name, signer_name,
};

/// Whom credentials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// A clerk of the region's agency.
    Agency,
    /// A portal of the region, for its workers.
    Portal,
    /// A platform that deposits at the region's node.
    Platform,
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
    /// Unified social credit code of the platform.
    #[arg(long, value_name = "CODE", value_parser = parse_credit_code)]
    platform: Option<CreditCode>,
    /// Public key with which the platform signs what it deposits, 64 hexadecimal digits, as `yizhang platform init` prints it.
    #[arg(long, value_name = "HEX", value_parser = parse_public)]
    signing_key: Option<PublicKey>,
    /// Where to write the credentials: a directory that is not there yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// A unified social credit code whose check character is right.
#[derive(Clone, Debug)]
struct CreditCode(String);

/// A public key (Ed25519).
#[derive(Clone, Copy, Debug)]
struct PublicKey([u8; 32]);

fn parse_credit_code(text: &str) -> Result<CreditCode, WrongValue> {
    if is_credit_code(text) {
        Ok(CreditCode(text.to_string()))
    } else {
        Err(WrongValue(t!("federation.credit_code_form").to_string()))
    }
}

fn parse_public(text: &str) -> Result<PublicKey, WrongValue> {
    let public = from_hex(text).map(PublicKey);
    public.ok_or_else(|| WrongValue(t!("federation.signing_key_form").to_string()))
}

/// The names of the certificate that say what its holder is.
fn names_of(arguments: &CertificateArguments, federation: &str) -> anyhow::Result<Vec<String>> {
    let region = arguments.region;
    let of_platform = (&arguments.platform, arguments.signing_key);
    match (arguments.role, of_platform) {
        (Role::Platform, (Some(CreditCode(code)), Some(PublicKey(public)))) => Ok(vec![
            platform_name(federation, region, code),
            signer_name(federation, region, code, &public),
        ]),
        (Role::Agency, (None, None)) => Ok(vec![agency_name(federation, region)]),
        (Role::Portal, (None, None)) => Ok(vec![portal_name(federation, region)]),
        _ => Err(Failure::Arguments(t!("federation.platform_needs").to_string()).into()),
    }
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
    let mut names = names_of(arguments, federation)?;
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
