//! `yizhang node run`: a node from its start to its end.

use super::{
    CONFIGURATION_FILE,
    alone::AloneArguments,
    configuration, confined, keys,
    log::{Log, LogForm},
    service,
    shown::Shown,
};
use crate::{
    clock,
    credentials::{self, CERTIFICATE_FILE, TLS_KEY_FILE},
    exit::Outcome,
    files, sealed, secrets, show,
    signals::AskedToStop,
    usage::WrongValue,
};
use anyhow::Context;
use clap::Args;
use rust_i18n::t;
use std::{io, net::SocketAddr, path::PathBuf, time::Duration};
use tokio::sync::oneshot;
use yizhang_ledger::{head::Origin, value::Division};
use yizhang_node::{Config, Node, StartError};
use yizhang_store::StoreError;

/// Arguments of `node run`.
#[derive(Args)]
pub(crate) struct RunArguments {
    /// Directory of the node, as `federation init` made it.
    #[arg(long)]
    dir: PathBuf,
    #[command(flatten)]
    alone: AloneArguments,
    /// Directory of the operator's own rule files, laid over the rules of the program.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Form of the log on standard error.
    #[arg(long, value_enum, default_value_t = LogForm::Text)]
    log: LogForm,
    /// Where Prometheus reads metrics, over plain HTTP under /metrics: an address of this machine alone or of an inner
    /// network, as 127.0.0.1:9464.
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_address)]
    metrics: Option<SocketAddr>,
    /// End when standard input does: a node that was started for a demonstration does not outlive it, however that ends.
    #[arg(long, hide = true)]
    end_with_input: bool,
}

/// Reads an address to listen on.
fn parse_address(text: &str) -> Result<SocketAddr, WrongValue> {
    text.parse()
        .map_err(|_| WrongValue(t!("argument.listen", found = text).to_string()))
}

/// Waits for what is left of the last life of a node, which reads for a slow caller at most.
const HELD_TIMES_MAX: u32 = 60;
/// How long each of them is.
const HELD_WAIT: Duration = Duration::from_millis(500);
/// How long the tasks and threads of a node that has stopped may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that a node is told at its start.
fn assemble(arguments: &RunArguments) -> anyhow::Result<Config> {
    let dir = &arguments.dir;
    let configuration = configuration(dir)?;
    let trusted = credentials::read_roster(dir)?;
    let region = Division::new(configuration.region).with_context(|| {
        t!(
            "node.bad_region",
            file = CONFIGURATION_FILE,
            region = configuration.region
        )
    })?;
    let origin = Origin::new(&trusted.roster.federation, region)
        .context("a roster names its federation well")?;
    let keys = keys::read(dir, trusted.roster.region(&origin))?;
    credentials::check_certificate(dir, &trusted.roster)?;
    Ok(Config {
        origin,
        rosters: trusted.versions,
        keys,
        secrets: secrets::read(dir)?,
        policy: crate::rules::policy(arguments.rules.as_deref())?,
        rule_texts: crate::rules::texts(arguments.rules.as_deref())?,
        certificate_pem: files::read_text(&dir.join(CERTIFICATE_FILE))?,
        key_pem: sealed::read_key(&dir.join(TLS_KEY_FILE))?,
        listen: configuration.listen,
        read_limits: configuration.reads.limits(),
        warning_limits: configuration.warnings.limits(),
        codes_need_approval: configuration.codes.need_approval,
        sign_on: configuration.provider(dir)?,
        sign_on_binds: configuration.sign_on_binds(),
        needs_approval: configuration.approvals.need,
        room: configuration.room(),
        registers: configuration.registers.rule(),
        data: dir.join(configuration.data),
        clock: clock::now,
        metrics: arguments.metrics,
        log_lines_lost: Log::lost,
    })
}

pub(super) fn serve(arguments: &RunArguments) -> anyhow::Result<Outcome> {
    let log = Log::start(arguments.log)?;
    let ended = start(arguments, &log);
    log.finish();
    ended
}

fn start(arguments: &RunArguments, log: &Log) -> anyhow::Result<Outcome> {
    raise_descriptor_limit();
    confined::confine()?;
    let mut config = assemble(arguments)?;
    confined::shut(&config.data).with_context(|| config.data.display().to_string())?;
    arguments
        .alone
        .check(config.roster().regions.len().saturating_sub(1))?;
    let mut stop = AskedToStop::listen()?;
    // How often a node that starts anew has found its data held still by what is left of its last life.
    let mut held = None;
    // Each life of the node has a runtime of its own: when that has ended, nothing holds its data any more.
    loop {
        let runtime = tokio::runtime::Runtime::new().context("the runtime cannot start")?;
        let ended = runtime.block_on(run(arguments, config, log, &mut stop));
        runtime.shutdown_timeout(END_TIMEOUT);
        match (ended, held) {
            (Ok(Ended::Asked), _) => break,
            (Ok(Ended::ToStartAnew), _) => held = Some(0),
            (Err(error), Some(times)) if times < HELD_TIMES_MAX && is_held(&error) => {
                std::thread::sleep(HELD_WAIT);
                held = Some(times + 1);
            }
            (Err(error), _) => return Err(error),
        }
        config = assemble(arguments)?;
    }
    log.say(&t!("node.stopped"));
    Ok(Outcome::Clean)
}

/// Whether a node could not start because something holds its data.
fn is_held(error: &anyhow::Error) -> bool {
    let start: Option<&StartError> = error.downcast_ref();
    matches!(start, Some(StartError::Store(StoreError::InUse { .. })))
}

/// How a node came to its end in good order.
enum Ended {
    /// Somebody asked for it.
    Asked,
    /// Its directory holds something new, under which it starts anew.
    ToStartAnew,
}

/// Why a node ends.
enum Reason {
    Asked,
    Failed(yizhang_node::Failure),
    Roster { version: u64 },
    Certificate,
}

async fn run(
    arguments: &RunArguments,
    config: Config,
    log: &Log,
    stop: &mut AskedToStop,
) -> anyhow::Result<Ended> {
    let region = config.origin.region();
    let shown = Shown::of(&arguments.dir, &config);
    service::opening();
    let mut node = Node::start(config).await?;
    for line in node.opened().to_string().lines() {
        // A log is for machines: it stays in English.
        tracing::info!("{line}");
    }
    log.say(&t!(
        "node.listening",
        region = show::place::name(region),
        address = node.address()
    ));
    if let Some(address) = node.metrics_address() {
        tracing::info!(%address, "metrics can be read under /metrics");
    }
    service::up();
    let (recovery, pulse, versions) = (node.recovery(), node.pulse(), node.versions());
    let alone = async {
        arguments.alone.see_to(&recovery).await;
        std::future::pending::<()>().await;
    };
    let reason = tokio::select! {
        () = stop.asked() => Reason::Asked,
        () = starter_gone(arguments.end_with_input) => Reason::Asked,
        failure = node.failed() => Reason::Failed(failure),
        version = versions.newer() => Reason::Roster { version },
        () = shown.renewed() => Reason::Certificate,
        () = alone => Reason::Asked,
        () = service::keep_telling(pulse) => Reason::Asked,
    };
    match &reason {
        Reason::Asked | Reason::Failed(_) => {
            service::stopping();
            log.say(&t!("node.stopping"));
        }
        Reason::Roster { version } => log.say(&t!("node.newer_roster", version = version)),
        Reason::Certificate => log.say(&t!("node.renewed_certificate")),
    }
    let stopped = tokio::select! {
        stopped = node.stop() => stopped,
        // Whoever asks twice does not want to wait; what was acknowledged is on the disk.
        () = stop.asked() => anyhow::bail!("{}", t!("node.stopped_at_once")),
    };
    match reason {
        // The store cannot be closed in order either; what it acknowledged is on the disk.
        Reason::Failed(reason) => Err(anyhow::anyhow!("{}", t!("node.failed", reason = reason))),
        Reason::Asked => stopped.map(|()| Ended::Asked).map_err(Into::into),
        Reason::Roster { .. } | Reason::Certificate => {
            stopped.map(|()| Ended::ToStartAnew).map_err(Into::into)
        }
    }
}

/// Returns when standard input ends, if the process was started by somebody whose end is told that way.
pub(crate) async fn starter_gone(ends_with_input: bool) {
    if !ends_with_input {
        return std::future::pending().await;
    }
    let (sender, gone) = oneshot::channel();
    // A thread of its own: it waits for as long as the starter lives, and nobody waits for it.
    std::thread::spawn(move || {
        // What is said there means nothing, and an error is an end.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _: Result<(), ()> = sender.send(());
    });
    // Told, or dropped: either is the end.
    let _ = gone.await;
}

/// Takes all descriptors that the system allows: connections and segment files both need some.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // The old limit does as well, with fewer callers.
    let _ = setrlimit(Resource::Nofile, limit);
}
