//! A worker's own key on the command line: bound once with a code, and then in the place of anybody's credentials.

use crate::{
    exit::{Failure, Outcome},
    federation::{private_pem, random_key},
    files::{self, Access},
    output, sealed, show,
    usage::WrongValue,
};
use anyhow::{Context, ensure};
use clap::Args;
use ed25519_dalek::{SigningKey, pkcs8::DecodePrivateKey};
use rust_i18n::t;
use serde::{Deserialize, Serialize};
use std::{
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
};
use tonic::{Status, transport::Channel};
use yizhang_holder::{
    EntryCode, Nonce,
    proof::{self, Opening},
};
use yizhang_ledger::{holder::HolderName, person::AccountId, value::Division};
use yizhang_wire::{
    channel::to_portal,
    convert,
    deadline::{LOOKUP_TIMEOUT, within},
    v1::{
        BindRequest, ChallengeReply, ChallengeRequest, EnterRequest, NewFileKey, OpenRequest,
        bind_request::Key, holders_client::HoldersClient, open_request::Proof,
    },
};

/// The key, in a worker's directory.
const KEY_FILE: &str = "holder.key";
/// What it is called, and where it is of use.
const HOLDER_FILE: &str = "holder.toml";
/// Arguments of `worker enrol`.
#[derive(Args)]
pub(crate) struct EnrolArguments {
    /// Address of the portal, with its scheme. The code is read from standard input.
    #[arg(long, value_name = "URL", value_parser = parse_portal)]
    portal: String,
    /// Authority of the portal's certificate, PEM; without it, those that the system knows.
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// Directory for the key: one that is not there yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

fn parse_portal(text: &str) -> Result<String, WrongValue> {
    let text = text.trim_end_matches('/');
    if is_portal(text) {
        Ok(text.to_string())
    } else {
        Err(WrongValue(t!("holder.bad_portal").to_string()))
    }
}

/// Whether an address is one over HTTPS, or of this very machine: a code goes through no network in the clear.
fn is_portal(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://") else {
        return address.starts_with("https://");
    };
    let host = rest.split([':', '/']).next();
    matches!(host, Some("localhost" | "127.0.0.1"))
}

/// `holder.toml`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HolderFile {
    /// Pseudonym of the worker.
    account: String,
    /// Region in whose chain the key is bound.
    region: u32,
    /// Which of the worker's keys there it is.
    number: u32,
    /// Region of the node behind the portal: what the key signs is for that node alone.
    node: u32,
    /// Address of the portal.
    portal: String,
    /// Authority of its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authority: Option<PathBuf>,
}

/// A key that is bound, with the portal behind which it opens its account.
pub(crate) struct Holder {
    name: HolderName,
    key: SigningKey,
    /// The node that is asked.
    node: Division,
    portal: String,
    authority: Option<PathBuf>,
}

/// An account that was opened.
pub(crate) struct Opened {
    /// The way to the portal.
    pub(crate) channel: Channel,
    /// What the node answers for.
    pub(crate) ticket: Vec<u8>,
    pub(crate) account: AccountId,
}

impl Holder {
    /// Reads a worker's directory.
    pub(crate) fn read(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(HOLDER_FILE);
        let context = || path.display().to_string();
        let file: HolderFile = toml::from_str(&files::read_text(&path)?).with_context(context)?;
        let account = AccountId::from_hex(&file.account).with_context(context)?;
        let region = Division::new(file.region).with_context(context)?;
        let pem = sealed::read_key(&directory.join(KEY_FILE))?;
        let key = SigningKey::from_pkcs8_pem(&pem)
            .map_err(|error| anyhow::anyhow!("{KEY_FILE}: {error}"))?;
        Ok(Self {
            name: HolderName {
                account,
                region,
                number: file.number,
            },
            key,
            node: Division::new(file.node).with_context(context)?,
            portal: file.portal,
            authority: file.authority,
        })
    }

    /// Opens the account that the key is bound to.
    pub(crate) async fn open(&self) -> anyhow::Result<Opened> {
        let channel = channel(&self.portal, self.authority.as_deref())?;
        let challenge = challenge(&channel, Vec::new()).await?;
        let day = convert::day(challenge.day)?;
        let nonce = nonce(&challenge)?;
        let opening = Opening {
            name: self.name,
            node: self.node,
            day,
            nonce: &nonce,
        };
        let signature = proof::sign_opening(&self.key, &opening);
        let request = OpenRequest {
            nonce: challenge.nonce,
            name: self.name.to_bytes().to_vec().into(),
            proof: Some(Proof::Signature(signature.to_vec().into())),
        };
        let mut client = HoldersClient::new(channel.clone());
        let opened = within(LOOKUP_TIMEOUT, client.open(request)).await;
        let opened = opened.map_err(|status| failure(&status))?;
        Ok(Opened {
            channel,
            ticket: opened.ticket.to_vec(),
            account: convert::account_id(&opened.account)?,
        })
    }
}

/// Binds a fresh key with a code.
pub(super) fn enrol(arguments: &EnrolArguments) -> anyhow::Result<Outcome> {
    let code = read_code()?;
    files::create_private_directory(&arguments.to)?;
    let key = random_key()?;
    // The key is on the disk before anybody knows it: a code is good once.
    files::create(
        &arguments.to.join(KEY_FILE),
        private_pem(&key)?.as_bytes(),
        Access::Secret,
    )?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let name = runtime.block_on(async {
        let channel = channel(&arguments.portal, arguments.authority.as_deref())?;
        bind(&channel, code, &key).await
    })?;
    let authority = match &arguments.authority {
        Some(path) => Some(std::path::absolute(path)?),
        None => None,
    };
    let file = HolderFile {
        account: name.account.reveal_hex(),
        region: name.region.code(),
        number: name.number,
        node: name.region.code(),
        portal: arguments.portal.clone(),
        authority,
    };
    files::create(
        &arguments.to.join(HOLDER_FILE),
        toml::to_string(&file)?.as_bytes(),
        Access::Secret,
    )?;
    println!("{}", t!("holder.enrolled", dir = arguments.to.display()));
    Ok(Outcome::Clean)
}

async fn bind(channel: &Channel, code: EntryCode, key: &SigningKey) -> anyhow::Result<HolderName> {
    let mut client = HoldersClient::new(channel.clone());
    let request = EnterRequest {
        code: code.reveal(),
    };
    let entered = within(LOOKUP_TIMEOUT, client.enter(request)).await;
    let ticket = entered.map_err(|status| failure(&status))?.ticket;
    let challenge = challenge(channel, ticket.to_vec()).await?;
    let name = HolderName::from_bytes(&challenge.name).context(t!("holder.bad_answer"))?;
    let nonce = nonce(&challenge)?;
    let request = BindRequest {
        ticket,
        nonce: challenge.nonce,
        name: challenge.name,
        key: Some(Key::File(NewFileKey {
            public: key.verifying_key().to_bytes().to_vec().into(),
            signature: proof::sign_binding(key, name, &nonce).to_vec().into(),
        })),
    };
    let bound = within(LOOKUP_TIMEOUT, client.bind(request)).await;
    bound.map_err(|status| failure(&status))?;
    Ok(name)
}

async fn challenge(channel: &Channel, ticket: Vec<u8>) -> anyhow::Result<ChallengeReply> {
    let mut client = HoldersClient::new(channel.clone());
    let request = ChallengeRequest {
        ticket: ticket.into(),
    };
    let challenge = within(LOOKUP_TIMEOUT, client.challenge(request)).await;
    challenge.map_err(|status| failure(&status))
}

fn nonce(challenge: &ChallengeReply) -> anyhow::Result<Nonce> {
    let bytes = challenge.nonce.as_ref().try_into();
    Ok(Nonce(bytes.ok().context(t!("holder.bad_answer"))?))
}

/// Reads a code from standard input, so that it is in no history and no list of processes.
fn read_code() -> anyhow::Result<EntryCode> {
    if stdin().is_terminal() {
        output::prompt(&t!("holder.code"));
    }
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    EntryCode::parse(&line).with_context(|| t!("holder.bad_code"))
}

fn channel(portal: &str, authority: Option<&Path>) -> anyhow::Result<Channel> {
    ensure!(is_portal(portal), "{}", t!("holder.bad_portal"));
    let is_secure = portal.starts_with("https://");
    let authorities = if is_secure {
        Some(files::authorities(authority)?)
    } else {
        None
    };
    Ok(to_portal(portal, authorities.as_deref())?)
}

/// What a portal, or the node behind it, has answered.
pub(super) fn failure(status: &Status) -> anyhow::Error {
    let text = t!("holder.failed", text = crate::connection::describe(status));
    let text = show::printable(&text);
    match status.code() {
        tonic::Code::PermissionDenied => Failure::Denied(text).into(),
        _ => Failure::Refused(text).into(),
    }
}
