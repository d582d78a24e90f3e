//! A bundle as a file: its sections, and the frames of one, read in order with little memory.

use anyhow::{Context, bail};
use rust_i18n::t;
use std::{
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};
use yizhang_ledger::segment::{FRAME_HEADER_BYTES, FrameFault, FrameHeader};
use yizhang_statement::{BUNDLE_HEADER_BYTES, BundleHeader, SectionHeader, SectionKind};

/// Bytes read at once where headers are looked at: small batches lie close together.
const READ_BYTES: usize = 64 * 1_024;
/// Sections that are read of a file: rosters, the end, and a chain for each region that a roster may have, twice.
const SECTIONS_MAX: usize = 514;

/// A bundle that was opened.
pub(crate) struct Bundle {
    path: PathBuf,
    file: File,
    length: u64,
    pub(crate) header: BundleHeader,
}

/// A section, and where its frames lie.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) kind: SectionKind,
    pub(crate) start: u64,
    /// Where the next one begins; of a file that was cut, where it ends.
    pub(crate) end: u64,
}

/// The sections of a bundle.
pub(crate) struct Sections {
    pub(crate) sections: Vec<Section>,
    /// What is wrong with the file behind them; nothing if it is whole.
    pub(crate) fault: Option<Damage>,
}

/// Where a bundle cannot be read, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}", t!("bundle.damaged", path = .path.display(), at = .at, fault = yizhang_show::damage::frame_fault(.fault)))]
pub(crate) struct Damage {
    path: PathBuf,
    /// Byte of the file.
    pub(crate) at: u64,
    /// What is wrong there.
    pub(crate) fault: FrameFault,
}

impl Bundle {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let context = || path.display().to_string();
        let file = File::open(path).with_context(context)?;
        let length = file.metadata().with_context(context)?.len();
        let mut bytes = Vec::new();
        read_up_to(&file, 0, BUNDLE_HEADER_BYTES, &mut bytes).with_context(context)?;
        match BundleHeader::read(&bytes) {
            Ok(header) => Ok(Self {
                path: path.to_path_buf(),
                file,
                length,
                header,
            }),
            Err(_) => bail!("{}", t!("bundle.no_bundle", path = path.display())),
        }
    }

    /// Goes through the headers of the sections.
    pub(crate) fn sections(&self) -> anyhow::Result<Sections> {
        let mut at = u64::try_from(BUNDLE_HEADER_BYTES).expect("128 fits");
        let mut found = Sections {
            sections: Vec::new(),
            fault: None,
        };
        loop {
            let mut bytes = Vec::new();
            read_up_to(&self.file, at, BUNDLE_HEADER_BYTES, &mut bytes)
                .with_context(|| self.path.display().to_string())?;
            let header = match SectionHeader::read(&bytes) {
                Ok(header) if found.sections.len() < SECTIONS_MAX => header,
                Ok(_) => {
                    found.fault = Some(self.fault(at, FrameFault::Header));
                    return Ok(found);
                }
                Err(fault) => {
                    found.fault = Some(self.fault(at, fault));
                    return Ok(found);
                }
            };
            if header.kind == SectionKind::End {
                let end = at.saturating_add(128);
                if header.bytes != 0 || end != self.length {
                    found.fault = Some(self.fault(at, FrameFault::Header));
                }
                return Ok(found);
            }
            let start = at.saturating_add(128);
            let end = start.saturating_add(header.bytes);
            found.sections.push(Section {
                kind: header.kind,
                start,
                end: end.min(self.length),
            });
            if end > self.length {
                let missing = usize::try_from(end - self.length).unwrap_or(usize::MAX);
                let fault = FrameFault::Truncated { missing };
                found.fault = Some(self.fault(self.length, fault));
                return Ok(found);
            }
            at = end;
        }
    }

    /// The frames of a section from a place on.
    pub(crate) fn frames(&self, at: u64, end: u64) -> Frames<'_> {
        Frames {
            bundle: self,
            at,
            end,
            buffer: Vec::new(),
            buffered_at: 0,
        }
    }

    fn fault(&self, at: u64, fault: FrameFault) -> Damage {
        Damage {
            path: self.path.clone(),
            at,
            fault,
        }
    }
}

/// Frames one after the other.
pub(crate) struct Frames<'b> {
    bundle: &'b Bundle,
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    buffered_at: u64,
}

/// A frame whose body has not been read.
pub(crate) struct Frame {
    pub(crate) header: FrameHeader,
    pub(crate) at: u64,
}

impl Frames<'_> {
    /// The header of the next frame; none at the end of the section. The body is passed over.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Frame>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let at = self.at;
        let held = at.checked_sub(self.buffered_at).and_then(|from| {
            let from = usize::try_from(from).ok()?;
            self.buffer.get(from..)
        });
        if held.is_none_or(|held| held.len() < FRAME_HEADER_BYTES) {
            self.buffered_at = at;
            read_up_to(&self.bundle.file, at, READ_BYTES, &mut self.buffer)?;
        }
        let from = usize::try_from(at - self.buffered_at).unwrap_or(usize::MAX);
        let bytes = self.buffer.get(from..).unwrap_or_default();
        let header = FrameHeader::read(bytes).map_err(|fault| self.bundle.fault(at, fault))?;
        let length = u64::try_from(header.frame_bytes()).expect("a frame has some MiB");
        self.at = at.saturating_add(length);
        // The last frame of a file that was cut is said to be cut, where it is read.
        if self.at > self.end && self.end != self.bundle.length {
            // It reaches into what stands behind its section.
            return Err(self.bundle.fault(at, FrameFault::Header).into());
        }
        Ok(Some(Frame { header, at }))
    }

    /// What is in a frame, its checksum checked.
    pub(crate) fn content(&self, frame: &Frame) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        read_up_to(
            &self.bundle.file,
            frame.at,
            frame.header.frame_bytes(),
            &mut bytes,
        )?;
        let checked = frame.header.check(&bytes);
        let content = checked
            .map_err(|fault| self.bundle.fault(frame.at, fault))?
            .len();
        bytes.truncate(FRAME_HEADER_BYTES + content);
        bytes.drain(..FRAME_HEADER_BYTES);
        Ok(bytes)
    }

    /// Goes on at a place where a frame begins.
    pub(crate) fn seek(&mut self, at: u64) {
        self.at = at;
    }
}

/// Reads so many bytes, or as many as there are.
fn read_up_to(file: &File, at: u64, wanted: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
    bytes.resize(wanted, 0);
    let mut filled = 0;
    while let Some(target) = bytes.get_mut(filled..).filter(|target| !target.is_empty()) {
        let offset = u64::try_from(filled).expect("some MiB");
        match file.read_at(target, at.saturating_add(offset)) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(())
}
