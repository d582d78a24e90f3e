//! `yizhang console`: the desk of a clerk, on the clerk's own machine and under the clerk's certificate.

mod desk;

use crate::{
    agency::{book::Book, import::FormArguments},
    credentials::Credentials,
    exit::Outcome,
    files,
    node::{Log, LogForm, parse_region},
    output,
    purpose::PersonArgument,
    signals::StopSignals,
};
use clap::{Args, Subcommand};
use desk::NodeDesk;
use rust_i18n::t;
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, RwLock},
};
use yizhang_console::{Clerk, Config, Console};
use yizhang_ledger::value::Division;

/// What can be done with a console.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a console: prints an address that is opened once, in a browser on this machine.
    Run(RunArguments),
}

/// Arguments of `console run`.
#[derive(Args)]
pub(crate) struct RunArguments {
    /// Region of the node to ask: the agency's own.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the clerk's credentials.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    person: PersonArgument,
    #[command(flatten)]
    form: FormArguments,
    /// Where to listen, on this machine alone; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Folder for what imports leave: receipts, faulty rows, sums of each day. It is made if it is missing; its owner alone may enter it.
    #[arg(long, value_name = "DIR", default_value = "yizhang-console")]
    folder: PathBuf,
    /// The local book of the agency's imports: shows the agency's own numbers beside pseudonyms, and imports add to it. It is never sent.
    #[arg(long, value_name = "FILE")]
    book: Option<PathBuf>,
    /// Form of the log on standard error.
    #[arg(long, value_enum, default_value_t = LogForm::Text)]
    log: LogForm,
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Run(arguments) => serve(arguments),
    }
}

fn serve(arguments: &RunArguments) -> anyhow::Result<Outcome> {
    let desk = desk(arguments)?;
    let log = Log::start(arguments.log)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(until_asked(arguments, desk));
    // What a node has not answered yet is not waited for.
    runtime.shutdown_background();
    log.finish();
    ended
}

/// What is behind the pages.
fn desk(arguments: &RunArguments) -> anyhow::Result<NodeDesk> {
    let book = match arguments.book.as_deref().filter(|path| path.exists()) {
        Some(path) => Book::read(path)?,
        None => Book::default(),
    };
    Ok(NodeDesk {
        credentials: Credentials::read(&arguments.credentials)?,
        person: arguments.person.clone(),
        form: arguments.form.clone(),
        policy: crate::rules::policy(arguments.form.rules.as_deref())?,
        book_path: arguments.book.clone(),
        book: RwLock::new(book),
        clerk: Clerk {
            person: arguments.person.person.clone(),
            region: arguments.node,
        },
    })
}

async fn until_asked(arguments: &RunArguments, desk: NodeDesk) -> anyhow::Result<Outcome> {
    let mut stop = StopSignals::listen()?;
    let console = Console::start(Config {
        desk: Arc::new(desk),
        listen: arguments.listen,
        folder: arguments.folder.clone(),
    })
    .await?;
    // Whoever may not listen leaves no folder behind.
    files::create_private_directory(&arguments.folder)?;
    output::notice(&t!("console.listening", address = console.address()));
    tokio::select! {
        () = console.serve() => {}
        () = stop.asked() => {}
    }
    Ok(Outcome::Clean)
}
