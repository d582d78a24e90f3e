//! A directory of credentials: whose root keys are trusted, the roster, the caller's certificate and key, and for nodes
//! the federation secret. `federation init` writes them; a node's own directory is one, too.

use crate::{clock, exit::Failure, files, output, sealed};
use anyhow::{Context, bail};
use base64ct::{Base64, Encoding};
use jiff::{Timestamp, tz::Offset};
use rust_i18n::t;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use yizhang_ledger::{
    roster::Roster,
    value::{Division, UnixMillis},
};
use yizhang_node::{Shelf, Stage, Validity, agency_of, names_authority};
use yizhang_wire::channel::CallerIdentity;

pub(crate) const TRUST_FILE: &str = "trust.toml";
pub(crate) const ROSTER_FILE: &str = "roster.note";
pub(crate) const CERTIFICATE_FILE: &str = "tls.crt";
pub(crate) const TLS_KEY_FILE: &str = "tls.key";
pub(crate) const SECRET_FILE: &str = "federation.secret";

/// The root keys that the holder of a directory trusts, and how many of them must have signed the roster.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trust {
    pub(crate) federation: String,
    pub(crate) threshold: usize,
    /// Ed25519 public keys, base64.
    pub(crate) roots: Vec<String>,
}

/// The verified roster of a directory, with the versions that lead to it.
#[derive(Clone)]
pub(crate) struct TrustedRoster {
    pub(crate) roster: Roster,
    pub(crate) versions: Shelf,
}

/// What a caller needs to speak to nodes.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) directory: PathBuf,
    pub(crate) roster: Roster,
    pub(crate) identity: CallerIdentity,
    /// The region whose agency the caller is, if it is one.
    pub(crate) agency: Option<Division>,
}

impl Trust {
    /// Opens a roster with the trusted keys.
    pub(crate) fn open(&self, note: &[u8]) -> anyhow::Result<Roster> {
        let key = |text: &String| -> anyhow::Result<[u8; 32]> {
            let mut bytes = [0; 32];
            match Base64::decode(text, &mut bytes) {
                Ok(decoded) if decoded.len() == 32 => Ok(bytes),
                _ => bail!("{}", t!("credentials.root_key", file = TRUST_FILE)),
            }
        };
        let roots = self
            .roots
            .iter()
            .map(key)
            .collect::<anyhow::Result<Vec<_>>>()?;
        let roster = Roster::open(note, &roots, self.threshold).context(ROSTER_FILE)?;
        if roster.federation != self.federation {
            bail!(
                "{}",
                t!(
                    "credentials.other_federation",
                    file = ROSTER_FILE,
                    expected = self.federation,
                    found = roster.federation
                )
            );
        }
        Ok(roster)
    }
}

/// Reads and verifies the roster of a directory: the one that its root keys have signed, and each that follows from it.
pub(crate) fn read_roster(directory: &Path) -> anyhow::Result<TrustedRoster> {
    read_versions(directory, directory)
}

/// As [`read_roster`], with the versions that follow from the first one in another folder.
pub(crate) fn read_versions(directory: &Path, kept_in: &Path) -> anyhow::Result<TrustedRoster> {
    let path = directory.join(TRUST_FILE);
    let trust: Trust =
        toml::from_str(&files::read_text(&path)?).with_context(|| path.display().to_string())?;
    let note = files::read(&directory.join(ROSTER_FILE))?;
    let first = trust.open(&note)?;
    let versions = Shelf::open(kept_in, first, note)?;
    Ok(TrustedRoster {
        roster: versions.newest().clone(),
        versions,
    })
}

/// Refuses a certificate of a directory that is not valid now or is not of the roster's authority: nobody would accept a
/// connection under it. One that cannot be read is left to TLS, which says why.
pub(crate) fn check_certificate(directory: &Path, roster: &Roster) -> anyhow::Result<()> {
    let path = directory.join(CERTIFICATE_FILE);
    let pem = files::read_text(&path)?;
    let path = path.display();
    if !names_authority(&pem, &roster.tls_authority) {
        let text = t!("credentials.other_authority", path = path);
        return Err(Failure::Denied(text.to_string()).into());
    }
    let Some(validity) = Validity::of_pem(&pem) else {
        return Ok(());
    };
    let text = match validity.stage(clock::now()) {
        Stage::Valid | Stage::Ending { .. } => return Ok(()),
        Stage::Ended => t!("credentials.ended", path = path, day = day(validity.until)),
        Stage::NotYet => t!("credentials.not_yet", path = path, day = day(validity.from)),
    };
    Err(Failure::Denied(text.to_string()).into())
}

/// The day of a moment in UTC+8.
fn day(moment: UnixMillis) -> String {
    let moment = i64::try_from(moment.0)
        .ok()
        .and_then(|moment| Timestamp::from_millisecond(moment).ok());
    moment.map_or_else(String::new, |moment| {
        let local = Offset::constant(8).to_datetime(moment);
        local.strftime("%Y-%m-%d").to_string()
    })
}

impl Credentials {
    /// Reads a directory.
    pub(crate) fn read(directory: &Path) -> anyhow::Result<Self> {
        let roster = read_roster(directory)?.roster;
        check_certificate(directory, &roster)?;
        let certificate = files::read_text(&directory.join(CERTIFICATE_FILE))?;
        let agency = agency_of(&certificate, &roster.federation);
        let secret = directory.join(SECRET_FILE);
        if agency.is_some() && secret.exists() {
            output::notice(&t!("credentials.needless_secret", path = secret.display()));
        }
        let key = sealed::read_key(&directory.join(TLS_KEY_FILE))?;
        Ok(Self {
            directory: directory.to_path_buf(),
            identity: CallerIdentity::new(&certificate, &key),
            agency,
            roster,
        })
    }

    /// The region of the federation with this code.
    pub(crate) fn region(
        &self,
        region: Division,
    ) -> anyhow::Result<&yizhang_ledger::roster::Region> {
        let known = || {
            self.roster
                .regions
                .keys()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        self.roster
            .regions
            .get(&region)
            .with_context(|| t!("credentials.no_region", region = region, known = known()))
    }
}
