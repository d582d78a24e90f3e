//! A version of the roster on its way: a file with the text, and the signatures of those root keys that have signed it so far.
//! Whoever changes the text takes the signatures off.

use crate::{credentials, files};
use anyhow::{Context, bail};
use ed25519_dalek::SigningKey;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::{
    note::{Note, NoteKey, signature_line},
    roster::{Region, Roster, root_key_name},
    value::Division,
};

/// What parts the text of a note from its signatures.
const BLANK: &str = "\n\n";

/// A proposed version.
pub(super) struct Proposal {
    path: PathBuf,
    pub(super) roster: Roster,
    /// Signature lines, each with its newline.
    signatures: String,
}

/// Who has signed a proposal, of those who may.
pub(super) struct Signed {
    pub(super) by: usize,
    pub(super) needed: usize,
}

impl Signed {
    pub(super) const fn is_enough(&self) -> bool {
        self.by >= self.needed
    }
}

impl Proposal {
    /// The proposal in a file; a new one, which changes nothing yet, where there is no file.
    ///
    /// # Errors
    /// A file that is no roster, or does not follow from the roster in force.
    pub(super) fn read_or_begin(path: &Path, in_force: &Roster) -> anyhow::Result<Self> {
        if path.exists() {
            return Self::read(path, in_force);
        }
        let version = in_force.version.checked_add(1);
        let version = version.context("a federation has fewer versions than numbers")?;
        Ok(Self {
            path: path.to_path_buf(),
            roster: Roster {
                version,
                previous: in_force.hash(),
                ..in_force.clone()
            },
            signatures: String::new(),
        })
    }

    /// The proposal in a file.
    ///
    /// # Errors
    /// As [`Proposal::read_or_begin`].
    pub(super) fn read(path: &Path, in_force: &Roster) -> anyhow::Result<Self> {
        let proposal = Self::parse(path)?;
        let roster = &proposal.roster;
        if roster.previous != in_force.hash() || roster.federation != in_force.federation {
            bail!(
                "{}",
                t!(
                    "federation.does_not_follow",
                    path = path.display(),
                    version = roster.version,
                    in_force = in_force.version
                )
            );
        }
        Ok(proposal)
    }

    /// What it says of the region whose node lies in a directory, to be changed.
    ///
    /// # Errors
    /// A directory of no node, or of one that the roster does not name.
    pub(super) fn region_of_node(&mut self, dir: &Path) -> anyhow::Result<&mut Region> {
        let code = Division::new(crate::node::configuration(dir)?.region);
        let code = code.context("the region of a node is a division")?;
        let region = self.roster.regions.get_mut(&code);
        region.with_context(|| t!("federation.not_in_roster", region = code))
    }

    fn parse(path: &Path) -> anyhow::Result<Self> {
        let content = files::read_text(path)?;
        let context = || path.display().to_string();
        let (text, signatures) = match content.rfind(BLANK) {
            Some(blank) => {
                Note::parse(content.as_bytes()).with_context(context)?;
                let (text, signatures) = content.split_at(blank + 1);
                (text, signatures.trim_start_matches('\n').to_string())
            }
            None => (content.as_str(), String::new()),
        };
        Ok(Self {
            path: path.to_path_buf(),
            roster: Roster::parse(text).with_context(context)?,
            signatures,
        })
    }

    /// Writes the file, after its text was changed: without signatures.
    ///
    /// # Errors
    /// A roster that would not be read, and files.
    pub(super) fn write_changed(mut self) -> anyhow::Result<()> {
        let text = self.roster.text();
        Roster::parse(&text).context(t!("federation.not_a_roster"))?;
        if !self.signatures.is_empty() {
            println!("{}", t!("federation.signatures_off"));
            self.signatures.clear();
        }
        files::replace(&self.path, text.as_bytes())?;
        let (path, version) = (self.path.display(), self.roster.version);
        println!(
            "{}",
            t!("federation.proposed", path = path, version = version)
        );
        Ok(())
    }

    /// Signs it with a root key of the version in force, and writes the file. One that has signed already changes nothing.
    ///
    /// # Errors
    /// A key that may not sign, and files.
    pub(super) fn sign(&mut self, in_force: &Roster, key: &SigningKey) -> anyhow::Result<()> {
        let public = key.verifying_key().to_bytes();
        if !in_force.roots.contains(&public) {
            bail!("{}", t!("federation.no_root_key"));
        }
        let name = root_key_name(&in_force.federation);
        let text = self.roster.text();
        let root = NoteKey::new(&name, public).context("a root key of a roster is a key")?;
        let is_signed = match self.note() {
            Some(note) => Note::parse(note.as_bytes())?.is_signed_by(&root)?,
            None => false,
        };
        if !is_signed {
            self.signatures.push_str(&signature_line(&text, &name, key));
        }
        let note = self.note().context("it was signed")?;
        files::replace(&self.path, note.as_bytes())
    }

    /// How many of the root keys of the version in force have signed it.
    ///
    /// # Errors
    /// A wrong signature.
    pub(super) fn signed(&self, in_force: &Roster) -> anyhow::Result<Signed> {
        let mut by = 0;
        if let Some(note) = self.note() {
            let note = Note::parse(note.as_bytes())?;
            let name = root_key_name(&in_force.federation);
            for root in &in_force.roots {
                let key = NoteKey::new(&name, *root).context("a root key of a roster is a key")?;
                by += usize::from(note.is_signed_by(&key)?);
            }
        }
        Ok(Signed {
            by,
            needed: in_force.threshold,
        })
    }

    /// The note; none before the first signature.
    fn note(&self) -> Option<String> {
        let is_signed = !self.signatures.is_empty();
        is_signed.then(|| format!("{}\n{}", self.roster.text(), self.signatures))
    }
}

/// The roster in force in a directory.
pub(super) fn in_force(dir: &Path) -> anyhow::Result<Roster> {
    Ok(credentials::read_roster(dir)?.roster)
}
