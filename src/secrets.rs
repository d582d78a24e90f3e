//! The file of the federation's secrets: one line for each, oldest first, 64 hexadecimal digits; before the newest stands `next` while it
//! is only being handed out. And the two steps by which a secret is replaced.

use crate::{credentials::SECRET_FILE, exit::Outcome, federation::random_bytes, files, sealed};
use anyhow::{Context, bail};
use clap::Args;
use rust_i18n::t;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    hash::from_hex,
    person::{FederationSecret, FederationSecrets, SECRETS_MAX, Writing},
};
use zeroize::Zeroizing;

/// Stands before a secret that is known to nodes and not written under yet.
const NEXT: &str = "next ";

/// Arguments of `federation next-secret` and `federation use-secret`.
#[derive(Args)]
pub(crate) struct SecretArguments {
    /// Directory of a node, or any other that holds `federation.secret`.
    #[arg(long)]
    pub(crate) dir: PathBuf,
}

/// Reads the secrets of a directory, which may be under a passphrase.
pub(crate) fn read(directory: &Path) -> anyhow::Result<FederationSecrets> {
    let path = directory.join(SECRET_FILE);
    let text = sealed::read_secret(&path)?;
    parse(&text).with_context(|| t!("credentials.secret", path = path.display()))
}

/// The secrets that a text of the file holds; none if it is none.
pub(crate) fn parse(text: &str) -> Option<FederationSecrets> {
    let mut secrets = Vec::new();
    let mut writing = Writing::Newest;
    for line in text.trim_end().lines() {
        // Behind the one that is next stands none.
        if writing == Writing::BeforeNewest {
            return None;
        }
        let digits = match line.strip_prefix(NEXT) {
            Some(digits) => {
                writing = Writing::BeforeNewest;
                digits
            }
            None => line,
        };
        secrets.push(FederationSecret::new(from_hex(digits.trim_end())?));
    }
    let mut secrets = secrets.into_iter();
    let first = secrets.next()?;
    FederationSecrets::new(first, secrets.collect(), writing)
}

/// Adds a secret that is to take the place of the newest.
pub(crate) fn next(arguments: &SecretArguments) -> anyhow::Result<Outcome> {
    let path = arguments.dir.join(SECRET_FILE);
    let text = sealed::read_secret(&path)?;
    let secrets = parse(&text).with_context(|| t!("credentials.secret", path = path.display()))?;
    if secrets.written() + 1 < secrets.count() {
        bail!("{}", t!("secrets.one_at_a_time", path = path.display()));
    }
    if secrets.count() == SECRETS_MAX {
        bail!("{}", t!("secrets.too_many", limit = SECRETS_MAX));
    }
    let secret = Zeroizing::new(random_bytes()?);
    let mut more = Zeroizing::new(String::with_capacity(text.len() + 80));
    more.push_str(text.trim_end());
    more.push('\n');
    more.push_str(NEXT);
    for byte in secret.iter() {
        write!(more, "{byte:02x}").expect("a string takes whatever is written");
    }
    more.push('\n');
    write(&path, &more)?;
    println!("{}", t!("secrets.next_added", path = path.display()));
    Ok(Outcome::Clean)
}

/// Has records written under the newest secret from the next start on.
pub(crate) fn switch(arguments: &SecretArguments) -> anyhow::Result<Outcome> {
    let path = arguments.dir.join(SECRET_FILE);
    let text = sealed::read_secret(&path)?;
    let secrets = parse(&text).with_context(|| t!("credentials.secret", path = path.display()))?;
    if secrets.written() + 1 == secrets.count() {
        bail!("{}", t!("secrets.no_next", path = path.display()));
    }
    write(&path, &Zeroizing::new(text.replace(NEXT, "")))?;
    println!("{}", t!("secrets.switched", path = path.display()));
    Ok(Outcome::Clean)
}

/// Puts a text in the place of the file: under a passphrase, if the file is.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if sealed::is_sealed(&files::read_secret_text(path)?) {
        sealed::write_secret(path, text)
    } else {
        files::replace(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_may_be_next_and_no_secret_stands_twice() {
        let [a, b, c] = ["a", "b", "c"].map(|digit| digit.repeat(64));
        let counts = |text: &str| parse(text).map(|secrets| (secrets.count(), secrets.written()));
        assert_eq!(counts(&format!("{a}\n")), Some((1, 0)));
        assert_eq!(counts(&a), Some((1, 0)));
        assert_eq!(counts(&format!("{a}\nnext {b}\n")), Some((2, 0)));
        assert_eq!(counts(&format!("{a}\n{b}\n")), Some((2, 1)));
        assert_eq!(counts(&format!("{a}\n{b}\nnext {c}\n")), Some((3, 1)));
        for wrong in [
            String::new(),
            format!("next {a}\n"),
            format!("{a}\nnext {b}\n{c}\n"),
            format!("{a}\n{a}\n"),
            format!("{a}\n\n{b}\n"),
            format!("{a}\nlater {b}\n"),
            format!("{a}\n{}\n", &b[1..]),
        ] {
            assert!(parse(&wrong).is_none(), "{wrong}");
        }
        let many: Vec<String> = (0..=SECRETS_MAX).map(|at| format!("{at:064x}")).collect();
        assert!(parse(&many[..SECRETS_MAX].join("\n")).is_some());
        assert!(parse(&many.join("\n")).is_none());
    }
}
