//! `yizhang worker credential`: headline figures of a statement as a credential for wallets, its keys, and its check.

use crate::{
    clock,
    exit::{Failure, Outcome},
    files::{self, Access},
    output, sealed, show,
    usage::WrongValue,
    verify::parse_root,
};
use anyhow::Context;
use clap::{Args, Subcommand};
use pkcs8::der::SecretDocument;
use ring::rand::SystemRandom;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_credential::{
    CREDENTIAL_BYTES_MAX, Credential, CredentialFault, DAYS_DEFAULT, DAYS_MAX, Days, ENTITLEMENT,
    IssueFault, IssuerKey, KeyFault, PublicKey, Standing, check, issue,
};
use yizhang_ledger::roster::RootFingerprint;
use yizhang_show::verdict::{self, FRESH_DAYS, Reader};
use yizhang_statement::{PORTABLE_BYTES_MAX, Statement};
use zeroize::Zeroizing;

/// What stands behind the name of a private key's file to make that of its public half.
const PUBLIC_EXTENSION: &str = "jwk";

/// What is done with credentials.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Issue a credential from a statement that holds: months, places and place of benefit of each scheme, which the holder shows or keeps back
    /// one by one. It says neither name nor number.
    Issue(IssueArguments),
    /// Make a key that credentials are signed with, and its public half beside it.
    Key(KeyArguments),
    /// Check a credential, and print what it says.
    Show(ShowArguments),
}

/// Arguments of `worker credential issue`.
#[derive(Args)]
pub(crate) struct IssueArguments {
    /// The statement.
    #[arg(value_name = "STATEMENT")]
    path: PathBuf,
    /// Fingerprint of the root keys that you trust, 32 hexadecimal digits (`yizhang federation show`).
    #[arg(long, value_name = "FINGERPRINT", value_parser = parse_root)]
    root: RootFingerprint,
    /// The issuer's private key on P-256 (`yizhang worker credential key`, or any in PKCS #8).
    #[arg(long, value_name = "KEY.pem")]
    key: PathBuf,
    /// Where to write the credential.
    #[arg(long, short = 'o', value_name = "FILE")]
    out: PathBuf,
    /// Who issues it, as a URI, for instance the issuer's address; if not given, the hash of the key.
    #[arg(long, value_name = "URI", value_parser = parse_uri)]
    issuer: Option<String>,
    /// What kind of credential it is, for wallets that know another name.
    #[arg(long, value_name = "URI", value_parser = parse_uri, default_value = ENTITLEMENT)]
    vct: String,
    /// For how many days it is good, 1 to 31. It cannot be revoked: the fewer the better.
    #[arg(long, value_name = "DAYS", value_parser = parse_days, default_value_t = DAYS_DEFAULT)]
    days: u32,
    /// Public key of the wallet that alone may present it, a JSON Web Key.
    #[arg(long, value_name = "KEY.jwk")]
    holder_key: Option<PathBuf>,
}

/// Arguments of `worker credential key`.
#[derive(Args)]
pub(crate) struct KeyArguments {
    /// Where to write the private key; the public one is written beside it, with .jwk behind its name.
    #[arg(long, short = 'o', value_name = "KEY.pem")]
    out: PathBuf,
}

/// Arguments of `worker credential show`.
#[derive(Args)]
pub(crate) struct ShowArguments {
    /// The credential.
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The issuer's public key, a JSON Web Key.
    #[arg(long, value_name = "KEY.jwk")]
    key: PathBuf,
}

pub(super) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Issue(arguments) => issue_credential(arguments),
        Command::Key(arguments) => make_key(arguments),
        Command::Show(arguments) => show_credential(arguments),
    }
}

/// Most characters of a URI that goes into a credential.
const URI_CHARACTERS_MAX: usize = 1_024;

fn parse_uri(text: &str) -> Result<String, WrongValue> {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !rest.is_empty()
    });
    let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if has_scheme && is_printable && text.len() <= URI_CHARACTERS_MAX {
        Ok(text.to_owned())
    } else {
        Err(WrongValue(t!("argument.uri").to_string()))
    }
}

fn parse_days(text: &str) -> Result<u32, WrongValue> {
    let days = text.parse().ok();
    let days = days.filter(|days| Days::new(*days).is_some());
    days.ok_or_else(|| WrongValue(t!("argument.credential_days", most = DAYS_MAX).to_string()))
}

fn issue_credential(arguments: &IssueArguments) -> anyhow::Result<Outcome> {
    let randomness = SystemRandom::new();
    let key = read_key(&arguments.key, &randomness)?;
    let holder = match &arguments.holder_key {
        Some(path) => Some(read_public(path)?),
        None => None,
    };
    let bytes = files::read_at_most(&arguments.path, PORTABLE_BYTES_MAX)?;
    let shown = Statement::parse(&bytes)
        .map_err(yizhang_statement::Refusal::from)
        .and_then(|statement| statement.verify(arguments.root));
    let shown = match shown {
        Ok(shown) => shown,
        Err(refusal) => {
            verdict::print(&verdict::refused_statement(&refusal));
            return Ok(Outcome::Findings);
        }
    };
    let reader = Reader {
        today: clock::today(),
        fresh_days: FRESH_DAYS,
        person: None,
        has_rosters: false,
    };
    let said = verdict::of_statement(&shown, &reader);
    let standing = match said.outcome {
        verdict::Outcome::Holds if !verdict::is_old(&shown, &reader) => Standing::Holds,
        verdict::Outcome::Holds | verdict::Outcome::Open => Standing::Open,
        verdict::Outcome::Refused => {
            verdict::print(&said);
            return Ok(Outcome::Findings);
        }
    };
    let credential = Credential {
        statement: &shown,
        standing,
        issuer: arguments.issuer.as_deref(),
        kind: &arguments.vct,
        holder: holder.as_ref(),
        days: Days::new(arguments.days).context("the days of the arguments were checked")?,
    };
    let text = match issue(&credential, &key, clock::now(), &randomness) {
        Ok(text) => text,
        Err(IssueFault::Excerpt) => {
            return Err(Failure::Arguments(t!("credential.excerpt").to_string()).into());
        }
        Err(fault @ IssueFault::NoRandomness) => return Err(fault.into()),
    };
    files::replace(&arguments.out, text.as_bytes())?;
    output::notice(&t!(
        "credential.written",
        path = arguments.out.display(),
        days = arguments.days
    ));
    if standing == Standing::Open {
        output::notice(&t!("credential.open"));
    }
    Ok(Outcome::Clean)
}

fn make_key(arguments: &KeyArguments) -> anyhow::Result<Outcome> {
    let pair = rcgen::KeyPair::generate()?;
    let der = Zeroizing::new(pair.serialize_der());
    let pem = Zeroizing::new(pair.serialize_pem());
    let key = IssuerKey::from_pkcs8(&der, &SystemRandom::new())
        .context("a key that was just made is on P-256")?;
    let public = public_beside(&arguments.out);
    let jwk = format!("{}\n", key.public().to_jwk());
    files::create(&arguments.out, pem.as_bytes(), Access::Secret)?;
    files::create(&public, jwk.as_bytes(), Access::Public)?;
    output::notice(&t!(
        "credential.key_written",
        key = arguments.out.display(),
        public = public.display()
    ));
    Ok(Outcome::Clean)
}

fn show_credential(arguments: &ShowArguments) -> anyhow::Result<Outcome> {
    let key = read_public(&arguments.key)?;
    let bytes = files::read_at_most(&arguments.path, CREDENTIAL_BYTES_MAX)?;
    let text = str::from_utf8(&bytes).map_err(|_| CredentialFault::Form("it is no text"));
    let claims = match text.and_then(|text| check(text, &key, clock::now())) {
        Ok(claims) => claims,
        Err(fault) => {
            output::say(&t!("credential.refused", text = reason(&fault)));
            return Ok(Outcome::Findings);
        }
    };
    output::notice(&t!("credential.holds", key = key.thumbprint()));
    let json = serde_json::to_string_pretty(&claims).context("claims that were read are JSON")?;
    println!("{}", show::printable_json(&json));
    Ok(Outcome::Clean)
}

/// Why a credential is refused, for whoever was handed it.
fn reason(fault: &CredentialFault) -> String {
    let text = match fault {
        CredentialFault::TooLarge | CredentialFault::Form(_) => {
            t!("credential.form", detail = fault)
        }
        CredentialFault::Type { .. } | CredentialFault::Algorithm { .. } => {
            t!("credential.other_kind", detail = fault)
        }
        CredentialFault::Signature => t!("credential.signature"),
        CredentialFault::Expired { .. } => t!("credential.expired"),
        CredentialFault::NotYet { .. } => t!("credential.not_yet"),
        CredentialFault::Disclosure => t!("credential.disclosure"),
    };
    text.into_owned()
}

fn read_key(path: &Path, randomness: &SystemRandom) -> anyhow::Result<IssuerKey> {
    let pem = sealed::read_key(path)?;
    let der = SecretDocument::from_pem(&pem).ok();
    let key = der.and_then(|(_, der)| IssuerKey::from_pkcs8(der.as_bytes(), randomness).ok());
    key.ok_or_else(|| {
        let text = t!("credential.bad_key", path = path.display());
        Failure::Arguments(text.to_string()).into()
    })
}

fn read_public(path: &Path) -> anyhow::Result<PublicKey> {
    let text = files::read_text(path)?;
    PublicKey::from_jwk(&text).map_err(|fault| {
        let path = path.display();
        let text = match fault {
            KeyFault::Private => t!("credential.private_key", path = path),
            KeyFault::NoJwk | KeyFault::NotP256 => t!("credential.bad_public", path = path),
        };
        Failure::Arguments(text.to_string()).into()
    })
}

/// The file of the public half of a key.
fn public_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(PUBLIC_EXTENSION);
    PathBuf::from(name)
}
