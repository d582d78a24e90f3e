//! The receipts of an import: one file for each submission, in a folder beside the file. They say under which head the records stand and
//! which mirrors hold it; an import of the same file sends nothing again that a mirror holds.

use crate::{connection, credentials::Credentials, exit::Failure, files, show, usage::WrongValue};
use anyhow::Context;
use rust_i18n::t;
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};
use yizhang_ledger::{
    batch::SubmissionId,
    hash::Hash,
    range::RangeProof,
    roster::Roster,
    value::{Division, LeafIndex},
};
use yizhang_statement::{Promise, ReceiptFile, RowList};
use yizhang_wire::{
    channel::MESSAGE_BYTES_MAX,
    convert,
    deadline::within,
    v1::{self, ReceiptsReply, ReceiptsRequest, RecordRange, submission_client::SubmissionClient},
};

/// Submissions whose receipts are asked for at once.
const AT_ONCE: usize = 256;
/// How long mirrors are waited for if nothing is said: those that are there have a head within a second or two.
const WAIT_SECONDS: u64 = 10;
/// Longest wait that a node takes.
const WAIT_SECONDS_MAX: u64 = 60;
/// What an answer may take beyond the wait: the proofs of 256 submissions.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// Suffix of the folder beside a file.
const SUFFIX: &str = "receipts";
/// Suffix of a receipt.
pub(crate) const RECEIPT_SUFFIX: &str = "receipt";
/// Suffix of the row list beside it.
pub(crate) const LIST_SUFFIX: &str = "rows";

/// What is waited for at the end of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Durable {
    mirrors: u32,
    seconds: u64,
}

impl Durable {
    /// So many mirrors, within the usual time.
    pub(crate) const fn usual(mirrors: u8) -> Self {
        Self {
            mirrors: mirrors as u32,
            seconds: WAIT_SECONDS,
        }
    }
}

impl FromStr for Durable {
    type Err = WrongValue;

    fn from_str(text: &str) -> Result<Self, WrongValue> {
        let wrong = || WrongValue(t!("argument.durable").to_string());
        if text == "local" {
            return Ok(Self::usual(0));
        }
        let mirrors = text.strip_prefix("mirrors:").ok_or_else(wrong)?;
        let (mirrors, seconds) = match mirrors.split_once(',') {
            Some((mirrors, seconds)) => (mirrors, seconds.parse().map_err(|_| wrong())?),
            None => (mirrors, WAIT_SECONDS),
        };
        let mirrors = mirrors.parse().map_err(|_| wrong())?;
        if (1..=255).contains(&mirrors) && seconds <= WAIT_SECONDS_MAX {
            Ok(Self { mirrors, seconds })
        } else {
            Err(wrong())
        }
    }
}

/// A submission that has been taken.
pub(crate) struct Placed {
    pub(crate) id: SubmissionId,
    pub(crate) first: u64,
    /// The leaf hashes of its records.
    pub(crate) leaves: Vec<Hash>,
}

/// What lies beside a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lists {
    /// The list of the rows of its submission.
    Kept,
    /// Nothing.
    None,
}

/// The folder of an import's receipts.
pub(crate) struct Receipts {
    folder: PathBuf,
    /// Whether a row list lies beside each: those of a platform have an index instead.
    lists: Lists,
    /// What is asked for; as the roster says if that is not said.
    durable: Option<Durable>,
}

impl Receipts {
    /// Those in a folder.
    pub(crate) const fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            lists: Lists::Kept,
            durable: None,
        }
    }

    /// Those of submissions that have no row lists.
    pub(crate) fn without_lists(self) -> Self {
        Self {
            lists: Lists::None,
            ..self
        }
    }

    /// Those by which so much is asked for.
    pub(crate) fn asking(self, durable: Option<Durable>) -> Self {
        Self { durable, ..self }
    }

    /// Those beside a file.
    pub(crate) fn beside(file: &Path) -> Self {
        let mut name = file.as_os_str().to_owned();
        name.push(".");
        name.push(SUFFIX);
        Self::in_folder(name.into())
    }

    /// Where the receipt of a submission is.
    pub(crate) fn path(&self, id: SubmissionId) -> PathBuf {
        self.folder.join(format!("{id}.{RECEIPT_SUFFIX}"))
    }

    fn list_path(&self, id: SubmissionId) -> PathBuf {
        self.folder.join(format!("{id}.{LIST_SUFFIX}"))
    }

    /// Writes the row list of a submission that was taken; its owner alone may read it. Durable with its receipt, which is written last.
    ///
    /// # Errors
    /// Of the disk.
    pub(crate) fn keep_list(&self, list: &RowList) -> anyhow::Result<()> {
        let path = self.list_path(list.submission);
        let folder = &self.folder;
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let mut file = tempfile::NamedTempFile::new_in(folder)
            .map_err(|error| files::not_written(&path, &error))?;
        file.write_all(&list.to_bytes())
            .and_then(|()| file.persist(&path).map_err(|error| error.error))
            .with_context(|| path.display().to_string())?;
        Ok(())
    }

    /// As [`Self::keep_list`], where there is none.
    ///
    /// # Errors
    /// Of the disk.
    pub(crate) fn keep_list_if_missing(&self, list: &RowList) -> anyhow::Result<()> {
        if self.list_path(list.submission).exists() {
            return Ok(());
        }
        self.keep_list(list)
    }

    /// Writes a receipt, after its row list.
    fn keep(&self, receipt: &ReceiptFile) -> anyhow::Result<()> {
        if self.lists == Lists::Kept {
            let list = self.list_path(receipt.submission);
            // Before: the list is in the memory of the system. After: it is on the disk, and no receipt is there without it.
            File::open(&list)
                .and_then(|file| file.sync_all())
                .with_context(|| list.display().to_string())?;
        }
        files::replace_public(&self.path(receipt.submission), &receipt.to_bytes())
    }

    /// The size that the receipt of a submission reaches to, if it is there, is for these records, and as many mirrors hold them as are asked
    /// for, at least one: then it need not be sent again. What cannot be read, or is of another roster, is as good as none.
    pub(crate) fn mirrored(
        &self,
        roster: &Roster,
        id: SubmissionId,
        leaves: &[Hash],
    ) -> Option<u64> {
        let receipt = ReceiptFile::parse(&files::read(&self.path(id)).ok()?).ok()?;
        let shown = receipt.verify(roster).ok()?;
        let is_it = receipt.submission == id && receipt.is_for(leaves, shown.size).is_ok();
        let usual = || Durable::usual(roster.mirrors);
        let wanted = self.durable.unwrap_or_else(usual).mirrors.max(1);
        let held = u64::try_from(shown.mirrors.len()).expect("a roster has at most 256 regions");
        (is_it && held >= wanted.into()).then_some(shown.size.0)
    }
}

/// What was promised of an import.
pub(crate) struct Promised {
    /// The mirrors that hold everything, fewest of all receipts.
    pub(crate) mirrors: Vec<Promise>,
    wanted: Durable,
    folder: PathBuf,
    count: usize,
}

impl Promised {
    /// Who holds what was imported, besides the node itself.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (count, folder) = (self.count, self.folder.display());
        let kept = t!("receipts.kept", count = count, folder = folder);
        let held = self.mirrors.len();
        let names: Vec<String> = self
            .mirrors
            .iter()
            .map(|mirror| show::place::name(mirror.region))
            .collect();
        let names = names.join(", ");
        let wanted = usize::try_from(self.wanted.mirrors).unwrap_or(usize::MAX);
        let promised = if held >= wanted && held > 0 {
            t!("receipts.mirrored", count = held, names = names)
        } else if wanted > 0 {
            let seconds = self.wanted.seconds;
            t!(
                "receipts.fewer",
                wanted = wanted,
                seconds = seconds,
                held = held,
                names = names
            )
        } else {
            t!("receipts.local")
        };
        vec![kept.to_string(), promised.to_string()]
    }
}

/// Asks for the receipts of what was taken, checks and keeps them.
///
/// # Errors
/// A receipt that is wrong, and files.
pub(crate) fn keep(
    credentials: &Credentials,
    roster: &Roster,
    node: Division,
    placed: &[Placed],
    receipts: &Receipts,
    wanted: Durable,
) -> anyhow::Result<Option<Promised>> {
    if placed.is_empty() {
        return Ok(None);
    }
    fs::create_dir_all(&receipts.folder).with_context(|| receipts.folder.display().to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut fewest: Option<Vec<Promise>> = None;
    for some in placed.chunks(AT_ONCE) {
        let reply = runtime.block_on(ask(credentials, node, some, wanted))?;
        let mirrors = keep_some(roster, some, receipts, &reply)?;
        let is_fewer = fewest
            .as_ref()
            .is_none_or(|fewest| mirrors.len() < fewest.len());
        if is_fewer {
            fewest = Some(mirrors);
        }
    }
    Ok(fewest.map(|mirrors| Promised {
        mirrors,
        wanted,
        folder: receipts.folder.clone(),
        count: placed.len(),
    }))
}

async fn ask(
    credentials: &Credentials,
    node: Division,
    placed: &[Placed],
    wanted: Durable,
) -> anyhow::Result<ReceiptsReply> {
    let client = SubmissionClient::new(connection::to_node(credentials, node)?);
    let mut client = client.max_decoding_message_size(MESSAGE_BYTES_MAX);
    let range = |placed: &Placed| RecordRange {
        first: placed.first,
        records: u32::try_from(placed.leaves.len())
            .expect("a submission has 16,384 records at most"),
    };
    let wait = Duration::from_secs(wanted.seconds);
    let request = ReceiptsRequest {
        ranges: placed.iter().map(range).collect(),
        mirrors: wanted.mirrors,
        wait_ms: u32::try_from(wait.as_millis()).expect("a minute at most"),
    };
    within(wait + ANSWER_TIMEOUT, client.receipts(request))
        .await
        .map_err(|status| connection::failure(node, &status))
}

/// Checks the receipts of one answer and writes them. Returns the mirrors that hold the records.
fn keep_some(
    roster: &Roster,
    placed: &[Placed],
    receipts: &Receipts,
    reply: &ReceiptsReply,
) -> anyhow::Result<Vec<Promise>> {
    if reply.ranges.len() != placed.len() {
        return Err(wrong());
    }
    let mut mirrors = Vec::new();
    for (placed, proof) in placed.iter().zip(&reply.ranges) {
        let receipt = ReceiptFile {
            submission: placed.id,
            first: LeafIndex(placed.first),
            records: u64::try_from(placed.leaves.len()).expect("a length in memory fits 64 bits"),
            roster: roster.version,
            proof: range_proof(proof)?,
            head: reply.head.to_vec(),
        };
        let shown = receipt
            .verify(roster)
            .with_context(|| t!("import.wrong_receipt"))?;
        receipt
            .is_for(&placed.leaves, shown.size)
            .with_context(|| t!("import.wrong_receipt"))?;
        receipts.keep(&receipt)?;
        mirrors = shown.mirrors;
    }
    Ok(mirrors)
}

fn wrong() -> anyhow::Error {
    Failure::Refused(t!("import.wrong_receipt").to_string()).into()
}

fn range_proof(proof: &v1::RangeProof) -> anyhow::Result<RangeProof> {
    Ok(RangeProof {
        inside: convert::range_hashes(&proof.inside)?,
        outside: convert::range_hashes(&proof.outside)?,
    })
}
