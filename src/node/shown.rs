//! The certificate that a running node shows, and the one in its directory: when they differ, it was renewed.

use crate::{
    credentials::{self, CERTIFICATE_FILE, TLS_KEY_FILE},
    files, sealed,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use yizhang_ledger::roster::Roster;
use yizhang_node::{Config, fits};

/// How often it is looked whether the certificate was renewed.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// What a node shows.
pub(super) struct Shown {
    directory: PathBuf,
    certificate: String,
    roster: Roster,
}

impl Shown {
    /// Of a node that is about to start.
    pub(super) fn of(directory: &Path, config: &Config) -> Self {
        Self {
            directory: directory.to_path_buf(),
            certificate: config.certificate_pem.clone(),
            roster: config.roster().clone(),
        }
    }

    /// Returns when there is another certificate in the directory, with its key, that others would accept. One that they would not
    /// is warned of, once.
    pub(super) async fn renewed(&self) {
        let mut warned_of: Option<String> = None;
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            let Some(found) = self.other() else {
                continue;
            };
            match self.check(&found) {
                Ok(()) => return,
                // The two files are replaced one after the other.
                Err(error) if warned_of.as_ref() != Some(&found) => {
                    tracing::warn!(%error, "the certificate in the directory is another one, and cannot be used");
                    warned_of = Some(found);
                }
                Err(_) => {}
            }
        }
    }

    /// The certificate in the directory, if it is another one.
    fn other(&self) -> Option<String> {
        let found = files::read_text(&self.directory.join(CERTIFICATE_FILE)).ok()?;
        (found != self.certificate).then_some(found)
    }

    fn check(&self, certificate: &str) -> anyhow::Result<()> {
        credentials::check_certificate(&self.directory, &self.roster)?;
        let key = sealed::read_key(&self.directory.join(TLS_KEY_FILE))?;
        Ok(fits(certificate, &key, &self.roster.tls_authority)?)
    }
}
