//! What a node takes from itself before it reads a key: nothing of its memory is written down when it crashes, and what it writes is its
//! owner's alone.

use anyhow::Context;
use rust_i18n::t;
use rustix::{
    fs::Mode,
    process::{Resource, Rlimit, setrlimit, umask},
};
use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

/// Ends core dumps, for a core holds keys and the last numbers that were looked up; new files are the owner's alone from here on.
pub(super) fn confine() -> anyhow::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).context(t!("node.not_confined"))?;
    // A limit of none does not hold for cores that are piped to a program: a process that may not be dumped does.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .context(t!("node.not_confined"))?;
    umask(Mode::RWXG | Mode::RWXO);
    Ok(())
}

/// Shuts a data directory that an earlier version or an operator left open to others.
pub(super) fn shut(data: &Path) -> io::Result<()> {
    match fs::metadata(data) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            fs::set_permissions(data, fs::Permissions::from_mode(0o700))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
