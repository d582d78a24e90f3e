//! `yizhang portal`: the door for workers, a process of its own beside a node.

mod example;
mod offices;
mod sign_on;

use crate::{
    clock, connection,
    credentials::Credentials,
    exit::Outcome,
    files,
    node::{Log, LogForm, parse_region},
    output, sealed, show,
    signals::StopSignals,
    worker::trusted_root,
};
use clap::{Args, Subcommand};
use rust_i18n::t;
use std::{net::SocketAddr, path::PathBuf};
use yizhang_ledger::value::Division;
use yizhang_portal::{Config, Portal, Tls};

/// What can be done with a portal.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a portal: a web server through which workers open their own accounts.
    Run(RunArguments),
    /// Fetch the keys of the agency's identity provider into a file, for the node.
    ProviderKeys(sign_on::KeysArguments),
}

/// Arguments of `portal run`.
#[derive(Args)]
pub(crate) struct RunArguments {
    /// Region of the node that it stands beside.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the portal's credentials, as `federation init` made it.
    #[arg(long)]
    credentials: PathBuf,
    /// Where to listen; port 0 takes a free one. From other machines only with a certificate, or behind a proxy.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Certificate for HTTPS, PEM, with those between it and the authority that browsers know.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Key of that certificate, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// A proxy stands before it, which speaks HTTPS to the world and writes into X-Forwarded-For for whom it asks.
    #[arg(long)]
    behind_proxy: bool,
    /// The address under which people reach it, with its scheme: passkeys are bound to its host for ever. Without it, this machine alone.
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Offices of agencies that people can go to: a file with a table `office` for each, of region, name, address and telephone.
    #[arg(long, value_name = "FILE")]
    offices: Option<PathBuf>,
    /// Directory of the rule files that the node was started with: workers' own estimates are computed under them.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// The agency's identity provider, by which workers sign on: a file with a table `sign_on`.
    #[arg(long, value_name = "FILE")]
    sign_on: Option<PathBuf>,
    /// Let anybody look at an invented person, to see what an account is like.
    #[arg(long)]
    example: bool,
    /// Form of the log on standard error.
    #[arg(long, value_enum, default_value_t = LogForm::Text)]
    log: LogForm,
    /// End when standard input does: a portal that was started for a demonstration does not outlive it, however that ends.
    #[arg(long, hide = true)]
    end_with_input: bool,
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Run(arguments) => serve(arguments),
        Command::ProviderKeys(arguments) => sign_on::keys(arguments),
    }
}

fn serve(arguments: &RunArguments) -> anyhow::Result<Outcome> {
    let log = Log::start(arguments.log)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(until_asked(arguments));
    log.finish();
    ended
}

async fn until_asked(arguments: &RunArguments) -> anyhow::Result<Outcome> {
    let mut stop = StopSignals::listen()?;
    let credentials = Credentials::read(&arguments.credentials)?;
    let portal = Portal::start(Config {
        region: arguments.node,
        node: connection::to_node(&credentials, arguments.node)?,
        listen: arguments.listen,
        tls: tls(arguments)?,
        is_behind_proxy: arguments.behind_proxy,
        address: arguments.address.clone(),
        root: trusted_root(&arguments.credentials)?,
        policy: crate::rules::policy(arguments.rules.as_deref())?,
        offices: match &arguments.offices {
            Some(path) => offices::read(path)?,
            None => Vec::new(),
        },
        example: arguments
            .example
            .then(|| example::rider(clock::today()))
            .transpose()?,
        sign_on: arguments
            .sign_on
            .as_deref()
            .map(sign_on::read)
            .transpose()?,
        clock: clock::now,
    })
    .await?;
    output::notice(&t!(
        "portal.listening",
        region = show::place::name(arguments.node),
        address = portal.address(),
        site = portal.site()
    ));
    tokio::select! {
        () = portal.serve() => {}
        () = stop.asked() => {}
        () = crate::node::starter_gone(arguments.end_with_input) => {}
    }
    Ok(Outcome::Clean)
}

fn tls(arguments: &RunArguments) -> anyhow::Result<Option<Tls>> {
    let (Some(certificate), Some(key)) = (&arguments.tls_certificate, &arguments.tls_key) else {
        return Ok(None);
    };
    Ok(Some(Tls {
        certificate_pem: files::read(certificate)?,
        key_pem: sealed::read_key(key)?.as_bytes().to_vec(),
    }))
}
