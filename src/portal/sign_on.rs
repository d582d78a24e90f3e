//! The agency's identity provider, from the portal's own file, and its keys for the node.

use crate::{exit::Outcome, files, output};
use anyhow::{Context, ensure};
use clap::Args;
use rust_i18n::t;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use yizhang_holder::sign_on::{Description, Provider};
use yizhang_portal::{Address, Label, Secret, SignOn, provider_keys};
use yizhang_show::printable;

/// Longest text of the file, in characters: scopes have some words.
const CHARACTERS_MAX: usize = 256;
/// Longest label: one line of a button on a phone.
const LABEL_CHARACTERS_MAX: usize = 40;
/// Largest file.
const FILE_BYTES_MAX: usize = 16 * 1_024;

/// Arguments of `portal provider-keys`.
#[derive(Args)]
pub(crate) struct KeysArguments {
    /// The identity provider: the file that `portal run` takes.
    #[arg(long, value_name = "FILE")]
    sign_on: PathBuf,
    /// The file to write, a JWK set.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// `sign-on.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sign_on: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// The issuer, to the letter.
    issuer: String,
    /// What the provider calls the portal.
    client_id: String,
    /// File with the secret of the client, in its first line; relative to this one. A public client has none.
    secret: Option<PathBuf>,
    /// The claim with the social-security number, which the ID token is asked to have.
    claim: Option<String>,
    #[serde(default = "scope")]
    scope: String,
    /// File with the authorities that the provider's certificate is by; relative to this one. Without it, those of the system.
    authority: Option<PathBuf>,
    label: Labels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    zh: String,
    en: String,
}

fn scope() -> String {
    "openid".to_owned()
}

/// Reads the file.
pub(super) fn read(path: &Path) -> anyhow::Result<SignOn> {
    let context = || path.display().to_string();
    let bytes = files::read_at_most(path, FILE_BYTES_MAX)?;
    let text = std::str::from_utf8(&bytes).with_context(context)?;
    let file: File = toml::from_str(text).with_context(context)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    file.sign_on.described(folder).with_context(context)
}

impl Table {
    fn described(self, folder: &Path) -> anyhow::Result<SignOn> {
        let issuer = Address::read(&self.issuer).filter(|_| !self.issuer.contains('?'));
        let issuer =
            issuer.with_context(|| t!("portal.sign_on_issuer", found = printable(&self.issuer)))?;
        check("client_id", &self.client_id, CHARACTERS_MAX)?;
        check("scope", &self.scope, CHARACTERS_MAX)?;
        if let Some(claim) = &self.claim {
            check("claim", claim, CHARACTERS_MAX)?;
        }
        let is_open = self.scope.split(' ').any(|word| word == "openid");
        ensure!(is_open, "{}", t!("portal.sign_on_scope"));
        for label in [&self.label.zh, &self.label.en] {
            check("label", label, LABEL_CHARACTERS_MAX)?;
        }
        let secret = self.secret.map(|path| secret(&folder.join(path)));
        let authority = self.authority.map(|path| folder.join(path));
        Ok(SignOn {
            authorities_pem: if issuer.is_secure() {
                files::authorities(authority.as_deref())?
            } else {
                Vec::new()
            },
            issuer,
            client: self.client_id,
            secret: secret.transpose()?,
            scope: self.scope,
            claim: self.claim,
            label: Label {
                zh: self.label.zh,
                en: self.label.en,
            },
        })
    }
}

fn check(name: &str, text: &str, limit: usize) -> anyhow::Result<()> {
    let is_fit = (1..=limit).contains(&text.chars().count()) && printable(text) == text;
    ensure!(
        is_fit,
        "{}",
        t!("portal.sign_on_text", name = name, limit = limit)
    );
    Ok(())
}

/// The secret of a client: the first line of a file that nobody but its owner reads.
fn secret(path: &Path) -> anyhow::Result<Secret> {
    let text = files::read_secret_text(path)?;
    let line = text.lines().next().unwrap_or_default().trim_end();
    check("secret", line, CHARACTERS_MAX).with_context(|| path.display().to_string())?;
    Ok(Secret::new(line.to_owned()))
}

/// Writes the keys of the provider into a file.
pub(super) fn keys(arguments: &KeysArguments) -> anyhow::Result<Outcome> {
    let told = read(&arguments.sign_on)?;
    let (issuer, client) = (told.issuer.as_str().to_owned(), told.client.clone());
    let keys = tokio::runtime::Runtime::new()?.block_on(provider_keys(told))?;
    // What no node can use is not written.
    Provider::read(&Description {
        issuer: &issuer,
        client: &client,
        claim: "sub",
        keys: &keys,
    })?;
    files::replace_public(&arguments.to, &keys)?;
    output::notice(&t!(
        "portal.provider_keys",
        to = arguments.to.display(),
        issuer = issuer
    ));
    Ok(Outcome::Clean)
}
