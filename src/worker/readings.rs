//! `yizhang worker readings`: who has read the own record, at every node.

use super::holder::{self, Holder};
use crate::{exit::Outcome, show};
use clap::Args;
use std::path::PathBuf;
use yizhang_show::{home, readings};
use yizhang_wire::{
    deadline::{LOOKUP_TIMEOUT, within},
    v1::{ReadingsRequest, holders_client::HoldersClient},
};

/// Arguments of `worker readings`.
#[derive(Args)]
pub(crate) struct ReadingsArguments {
    /// Directory of your own key, as `worker enrol` made it.
    #[arg(long, value_name = "DIR")]
    holder: PathBuf,
    /// Print the list as JSON.
    #[arg(long)]
    json: bool,
}

/// Exit code 1 where a node has told nothing, or a day is not as it was signed: the list is not to be taken for whole.
pub(super) fn run(arguments: &ReadingsArguments) -> anyhow::Result<Outcome> {
    let holder = Holder::read(&arguments.holder)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let list = runtime.block_on(async {
        let opened = holder.open().await?;
        let request = ReadingsRequest {
            ticket: opened.ticket.into(),
        };
        let mut client = HoldersClient::new(opened.channel);
        let reply = within(LOOKUP_TIMEOUT, client.readings(request)).await;
        let reply = reply.map_err(|status| holder::failure(&status))?;
        Ok::<_, anyhow::Error>(yizhang_client::readings(reply)?)
    })?;
    if arguments.json {
        println!(
            "{}",
            show::printable_json(&readings::json(&list).to_string())
        );
    } else {
        for line in home::readings_lines(&list) {
            println!("{}", show::printable(&line));
        }
    }
    Ok(if list.is_whole() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}
