//! The directory of a platform: who it is, what it signs with, what salts its orders, and the indices of its months.

use crate::{
    exit::{Failure, Outcome},
    federation::{private_pem, random_bytes, random_key},
    files::{self, Access},
    node::keys::signing_key,
    sealed,
    usage::WrongValue,
};
use anyhow::{Context, ensure};
use clap::Args;
use ed25519_dalek::SigningKey;
use rust_i18n::t;
use serde::{Deserialize, Serialize};
use std::{
    fmt::Write as _,
    fs::{self, File},
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use yizhang_intake::credit_code;
use yizhang_ledger::{
    hash::from_hex,
    order::OrderSecret,
    value::{Division, Month},
};
use yizhang_platform::{Index, Subject};
use zeroize::Zeroizing;

/// Who the platform is.
const ABOUT: &str = "platform.toml";
/// What it signs deposits with.
const KEY: &str = "deposit.key";
/// What the salts of its orders are made from.
const SECRET: &str = "order.secret";
/// Held by the command that writes in the directory.
const LOCK: &str = "lock";
/// What an index is called while it is built.
const BUILDING: &str = ".building-";
/// In the index of a month: where it is deposited, written before anything is sent.
const DEPOSITED: &str = "deposited.toml";
/// In the index of a month: the receipts.
const RECEIPTS: &str = "receipts";

/// Arguments of `platform init`.
#[derive(Args)]
pub(crate) struct InitArguments {
    /// Directory to make; it must not exist, or be empty.
    #[arg(long)]
    dir: PathBuf,
    /// The platform's unified social credit code, 18 characters.
    #[arg(long, value_name = "CODE", value_parser = parse_credit_code)]
    code: String,
}

fn parse_credit_code(text: &str) -> Result<String, WrongValue> {
    let is_code = text.len() == credit_code::LENGTH && credit_code::check(text).is_ok();
    if is_code {
        Ok(text.to_owned())
    } else {
        Err(WrongValue(t!("argument.credit_code").to_string()))
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct About {
    code: String,
    /// Of the signing key, for the federation, whose certificate names it.
    public_key: String,
}

/// Where the months of an index are deposited.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deposited {
    pub(super) region: u32,
    /// Of the index.
    pub(super) digest: String,
}

/// Makes the directory of a platform.
pub(super) fn init(arguments: &InitArguments) -> anyhow::Result<Outcome> {
    let dir = &arguments.dir;
    files::create_private_directory(dir)?;
    let is_empty = dir.read_dir().with_context(|| dir.display().to_string())?;
    ensure!(
        is_empty.count() == 0,
        "{}",
        t!("platform.not_empty", path = dir.display())
    );
    let key = random_key()?;
    let pem = Zeroizing::new(private_pem(&key)?);
    files::create(&dir.join(KEY), pem.as_bytes(), Access::Secret)?;
    let secret = Zeroizing::new(random_bytes()?);
    let mut text = Zeroizing::new(hex(&secret[..]));
    text.push('\n');
    files::create(&dir.join(SECRET), text.as_bytes(), Access::Secret)?;
    let about = About {
        code: arguments.code.clone(),
        public_key: hex(key.verifying_key().as_bytes()),
    };
    let text = toml::to_string(&about).context("two texts are written as TOML")?;
    files::create(&dir.join(ABOUT), text.as_bytes(), Access::Public)?;
    let (dir, key) = (dir.display(), about.public_key);
    println!("{}", t!("platform.made", path = dir, key = key));
    Ok(Outcome::Clean)
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("a string takes whatever is written to it");
    }
    digits
}

/// The directory of a platform, read.
pub(super) struct Home {
    dir: PathBuf,
    about: About,
}

impl Home {
    pub(super) fn read(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(ABOUT);
        let text = files::read_text(&path)?;
        let about: About = toml::from_str(&text).with_context(|| path.display().to_string())?;
        let is_code = about.code.len() == credit_code::LENGTH;
        ensure!(
            is_code,
            "{}: {}",
            path.display(),
            t!("argument.credit_code")
        );
        Ok(Self {
            dir: dir.to_owned(),
            about,
        })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Keeps other commands from writing in the directory for as long as the file is open, and clears away what one that was killed has left.
    pub(super) fn lock(&self) -> anyhow::Result<File> {
        let path = self.dir.join(LOCK);
        let context = || path.display().to_string();
        let file = File::create(&path).with_context(context)?;
        if file.try_lock().is_err() {
            let text = t!("platform.busy", path = self.dir.display());
            return Err(Failure::Refused(text.to_string()).into());
        }
        for entry in self.dir.read_dir().with_context(context)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(BUILDING)) {
                fs::remove_dir_all(entry.path()).with_context(context)?;
            }
        }
        Ok(file)
    }

    /// A private folder in which an index is built.
    pub(super) fn building(&self) -> anyhow::Result<TempDir> {
        let made = tempfile::Builder::new()
            .prefix(BUILDING)
            .tempdir_in(&self.dir);
        made.map_err(|error| files::not_written(&self.dir, &error))
    }

    /// The key that deposits are signed with.
    pub(super) fn key(&self) -> anyhow::Result<SigningKey> {
        signing_key(&self.dir.join(KEY))
    }

    /// What the salts are made from.
    pub(super) fn secret(&self) -> anyhow::Result<OrderSecret> {
        let path = self.dir.join(SECRET);
        let text = sealed::read_secret(&path)?;
        let secret = from_hex(text.trim_end()).map(OrderSecret);
        secret.with_context(|| t!("platform.bad_secret", path = path.display()))
    }

    pub(super) fn subject(&self, month: Month) -> Subject {
        Subject {
            platform: self.about.code.clone(),
            month,
        }
    }

    /// The folder of the index of a month.
    pub(super) fn folder(&self, month: Month) -> PathBuf {
        self.dir.join(month.to_string())
    }

    pub(super) fn receipts(&self, month: Month) -> PathBuf {
        self.folder(month).join(RECEIPTS)
    }

    pub(super) fn index(&self, month: Month) -> anyhow::Result<Index> {
        Ok(Index::open(&self.folder(month), &self.subject(month))?)
    }

    /// Where a month is deposited; none if nothing of it was sent.
    pub(super) fn deposited(&self, month: Month) -> anyhow::Result<Option<Deposited>> {
        let path = self.folder(month).join(DEPOSITED);
        // What cannot be looked at is not taken for absent: the index of a month that was sent is not to be replaced.
        let is_there = path.try_exists();
        if !is_there.with_context(|| path.display().to_string())? {
            return Ok(None);
        }
        let text = files::read_text(&path)?;
        let deposited = toml::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(Some(deposited))
    }

    /// Notes where a month is deposited. Before: nothing of it was sent, and the index may be replaced. After: some of it may be in the
    /// chain, and no other index takes its place.
    pub(super) fn note_deposited(
        &self,
        month: Month,
        region: Division,
        index: &Index,
    ) -> anyhow::Result<()> {
        let deposited = Deposited {
            region: region.code(),
            digest: index.digest()?.to_string(),
        };
        let text =
            toml::to_string(&deposited).context("a number and a text are written as TOML")?;
        files::replace(&self.folder(month).join(DEPOSITED), text.as_bytes())
    }

    /// The months that have an index, newest first.
    pub(super) fn months(&self) -> anyhow::Result<Vec<Month>> {
        let entries = self.dir.read_dir();
        let entries = entries.with_context(|| self.dir.display().to_string())?;
        let mut months = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let month = name.to_str().and_then(Month::parse);
            months.extend(month.filter(|month| name.to_str() == Some(&month.to_string())));
        }
        months.sort_unstable_by(|left, right| right.cmp(left));
        Ok(months)
    }
}
