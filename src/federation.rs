//! `yizhang federation`: make a federation, and change its roster.

mod address;
mod authority;
mod certificate;
mod change;
mod continuation;
mod difference;
mod fresh;
mod init;
mod proposal;
mod publish;
mod renew;
mod seal;
mod sign;
mod view;

use crate::{
    exit::Outcome,
    secrets::{self, SecretArguments},
};
pub(crate) use address::RegionArgument;
use clap::Subcommand;
pub(crate) use fresh::{private_pem, random_bytes, random_key};
pub(crate) use init::{InitArguments, init};
pub(crate) use publish::hand_over;
use rust_i18n::t;
pub(crate) use seal::SealArguments;

/// What can be done with a federation.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a root key, a roster, certificates and a directory for each region.
    Init(InitArguments),
    /// Show the roster in force, or a proposal.
    Show(view::ShowArguments),
    /// Say what a proposal changes.
    Diff(view::DiffArguments),
    /// Propose one more region: makes its keys, certificates and directory.
    AddRegion(change::AddRegionArguments),
    /// Propose a new key of a node that takes over from the one before: makes the key.
    RotateKey(change::RotateArguments),
    /// Propose that a key counts no further than to a size or a time.
    Revoke(change::RevokeArguments),
    /// Propose from where a chain goes on that has shown two histories: makes its next key.
    Continue(continuation::ContinueArguments),
    /// Propose other root keys, thresholds or addresses.
    Propose(change::ProposeArguments),
    /// Make a root key for somebody who is to sign rosters.
    RootKey(sign::RootKeyArguments),
    /// Say what a proposal changes, and sign it with a root key.
    Sign(sign::SignArguments),
    /// Hand a signed version to directories and to a running node.
    Publish(publish::PublishArguments),
    /// Fetch newer versions of the roster from a node.
    Fetch(publish::FetchArguments),
    /// Make credentials for one more clerk of an agency, for a portal, or for a platform.
    Certificate(certificate::CertificateArguments),
    /// Make new certificates in the place of those that are there.
    RenewCertificates(renew::RenewArguments),
    /// Put the keys and the secret of a directory under a passphrase.
    Seal(SealArguments),
    /// Add a secret that is to take the place of the newest; nodes that have it read under both. The first of two steps.
    NextSecret(SecretArguments),
    /// Have records written under the secret that was added, once all nodes have it. The second step.
    UseSecret(SecretArguments),
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Init(arguments) => {
            init(arguments)?;
            println!(
                "{}",
                t!(
                    "federation.done",
                    dir = arguments.dir.display(),
                    regions = arguments.regions.len()
                )
            );
            Ok(Outcome::Clean)
        }
        Command::Show(arguments) => view::show(arguments),
        Command::Diff(arguments) => view::diff(arguments),
        Command::AddRegion(arguments) => change::add_region(arguments),
        Command::RotateKey(arguments) => change::rotate_key(arguments),
        Command::Revoke(arguments) => change::revoke(arguments),
        Command::Continue(arguments) => continuation::propose(arguments),
        Command::Propose(arguments) => change::propose(arguments),
        Command::RootKey(arguments) => sign::root_key(arguments),
        Command::Sign(arguments) => sign::sign(arguments),
        Command::Publish(arguments) => publish::publish(arguments),
        Command::Fetch(arguments) => publish::fetch(arguments),
        Command::Certificate(arguments) => certificate::write(arguments),
        Command::RenewCertificates(arguments) => renew::renew(arguments),
        Command::Seal(arguments) => seal::seal(arguments),
        Command::NextSecret(arguments) => secrets::next(arguments),
        Command::UseSecret(arguments) => secrets::switch(arguments),
    }
}
