//! Small files: written wholly or not at all, secrets readable by their owner alone.

use crate::exit::Failure;
use anyhow::Context;
use rust_i18n::t;
use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Largest small file that is read: a roster, a key, a configuration.
const SMALL_FILE_BYTES_MAX: usize = 1_024 * 1_024;

/// Where systems keep the authorities that browsers know, if `SSL_CERT_FILE` does not say.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Who may read a new file.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    /// Everybody.
    Public,
    /// Its owner.
    Secret,
}

/// Writes a file that must not exist yet.
pub(crate) fn create(path: &Path, content: &[u8], access: Access) -> anyhow::Result<()> {
    let mode = match access {
        Access::Public => 0o644,
        Access::Secret => 0o600,
    };
    let context = || format!("{}", path.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .with_context(context)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .with_context(context)
}

/// Writes a file, replacing one that is there, by way of a temporary name. Durable when it returns: a power cut afterwards brings
/// nothing back of what was there.
///
/// What is there keeps its owner, as far as whoever runs this may give files away; of a link the file that it leads to is replaced.
pub(crate) fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let context = || format!("{}", path.display());
    let followed = path.canonicalize();
    let path = followed.as_deref().unwrap_or(path);
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file =
        tempfile::NamedTempFile::new_in(directory).map_err(|error| not_written(path, &error))?;
    if let Ok(known) = path.metadata() {
        fchown(file.as_file(), Some(known.uid()), Some(known.gid())).with_context(context)?;
    }
    file.write_all(content)
        .and_then(|()| file.as_file().sync_all())
        .with_context(context)?;
    file.persist(path)
        .map_err(|error| error.error)
        .and_then(|_| File::open(directory)?.sync_all())
        .with_context(context)
}

/// As [`replace`], for a file that everybody may read.
pub(crate) fn replace_public(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    replace(path, content)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
        .with_context(|| format!("{}", path.display()))
}

/// Why a file cannot be written beside what is in its directory, and what to do about it.
pub(crate) fn not_written(path: &Path, error: &io::Error) -> anyhow::Error {
    let path = path.display();
    let text = match error.kind() {
        io::ErrorKind::NotFound => t!("file.no_directory", path = path),
        io::ErrorKind::PermissionDenied => t!("file.no_permission", path = path),
        _ => t!("file.not_written", path = path, error = error),
    };
    anyhow::anyhow!("{text}")
}

/// Makes a directory that its owner alone may enter, and those above it that are missing.
pub(crate) fn create_private_directory(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("{}", path.display()))
}

/// Reads a small text file with a key or a secret: one that nobody but its owner may read or write.
///
/// # Errors
/// [`Failure::Denied`] for one that others may read or write, with the command that ends it.
pub(crate) fn read_secret_text(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let context = || format!("{}", path.display());
    let mode = fs::metadata(path).with_context(context)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.display();
        let text = t!(
            "file.open_to_others",
            path = path,
            mode = format!("{mode:04o}")
        );
        return Err(Failure::Denied(text.to_string()).into());
    }
    read_text(path).map(Zeroizing::new)
}

/// Reads a small file; no more of it than that, whatever it says its size is.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_at_most(path, SMALL_FILE_BYTES_MAX)
}

/// Certificates of authorities, PEM: those of a file, or those that this system knows.
pub(crate) fn authorities(given: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    let of_system =
        || env::var_os("SSL_CERT_FILE").map_or_else(|| AUTHORITIES.into(), PathBuf::from);
    read(&given.map_or_else(of_system, Path::to_path_buf))
}

/// Whether a file begins with these bytes; a directory does not.
pub(crate) fn begins_with(path: &Path, first: &[u8]) -> anyhow::Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    let context = || path.display().to_string();
    let mut found = Vec::new();
    let most = u64::try_from(first.len()).context("a few bytes")?;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut found))
        .with_context(context)?;
    Ok(found == first)
}

/// As [`read`], up to a limit of its own.
pub(crate) fn read_at_most(path: &Path, limit: usize) -> anyhow::Result<Vec<u8>> {
    let context = || format!("{}", path.display());
    let mut content = Vec::new();
    let file = File::open(path).with_context(context)?;
    let most = u64::try_from(limit).expect("a length in memory fits 64 bits");
    file.take(most.saturating_add(1))
        .read_to_end(&mut content)
        .with_context(context)?;
    anyhow::ensure!(
        content.len() <= limit,
        "{}",
        t!("file.too_large", path = path.display(), limit = limit)
    );
    Ok(content)
}

/// Reads a small text file.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read(path)?).with_context(|| t!("file.not_utf8", path = path.display()))
}
