//! The `format` file: which version wrote a data directory, and which chains it holds in which order.
//!
//! ```text
//! yizhang-store 1
//! chain demo.yizhang/440000
//! checksum 5d0c...
//! ```
//!
//! The place of a chain in the list is its number in the index. New chains go to the end.

use crate::{
    disk::{Disk, failed},
    error::{MarkerFault, Result, StoreError},
};
use std::{fs, io, path::Path};
use yizhang_ledger::{hash::derive, head::Origin};

pub(crate) const NAME: &str = "format";
const VERSION: &str = "yizhang-store 1";
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-23 v1 store format file";

/// Reads the chains of a directory; `None` if there is no such file yet.
pub(crate) fn read(folder: &Path) -> Result<Option<Vec<Origin>>> {
    let path = folder.join(NAME);
    match fs::read(&path) {
        Ok(bytes) => parse(&bytes)
            .map(Some)
            .map_err(|fault| StoreError::Marker { path, fault }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", &path)(error)),
    }
}

/// The chains of a directory together with those asked for, written down if that is new.
pub(crate) fn settle(disk: &Disk, folder: &Path, asked: &[Origin]) -> Result<Vec<Origin>> {
    let known = read(folder)?;
    // A new directory holds none.
    let mut chains = known.clone().unwrap_or_default();
    for origin in asked {
        match chains
            .iter()
            .find(|chain| chain.region() == origin.region())
        {
            None => chains.push(origin.clone()),
            Some(chain) if chain == origin => {}
            Some(chain) => {
                let (known, asked) = (chain.clone(), origin.clone());
                return Err(StoreError::RegionTaken {
                    path: folder.into(),
                    known,
                    asked,
                });
            }
        }
    }
    if known.as_ref() != Some(&chains) {
        // A crash before leaves the old list, after it the new one; either fits the files, for a chain gets files only
        // after it stands in the list.
        disk.replace(&folder.join(NAME), text(&chains).as_bytes())?;
    }
    Ok(chains)
}

fn body(chains: &[Origin]) -> String {
    chains.iter().fold(format!("{VERSION}\n"), |text, chain| {
        text + "chain " + chain.as_str() + "\n"
    })
}

fn text(chains: &[Origin]) -> String {
    let body = body(chains);
    format!(
        "{body}checksum {}\n",
        derive(CHECKSUM_CONTEXT, &[body.as_bytes()])
    )
}

fn parse(bytes: &[u8]) -> Result<Vec<Origin>, MarkerFault> {
    let read = std::str::from_utf8(bytes).map_err(|_| MarkerFault::Changed)?;
    let mut lines = read.lines();
    // An empty file has no version that is known.
    let version = lines.next().unwrap_or_default();
    let chains: Vec<Origin> = lines
        .filter_map(|line| line.strip_prefix("chain "))
        .filter_map(Origin::parse)
        .collect();
    if text(&chains) == read {
        return Ok(chains);
    }
    // A later version is told from damage by its own, correct checksum.
    let later = read
        .rsplit_once("checksum ")
        .is_some_and(|(body, checksum)| {
            derive(CHECKSUM_CONTEXT, &[body.as_bytes()]).to_string() == checksum.trim_end()
        });
    if later {
        Err(MarkerFault::Version {
            expected: VERSION,
            found: version.into(),
        })
    } else {
        Err(MarkerFault::Changed)
    }
}
