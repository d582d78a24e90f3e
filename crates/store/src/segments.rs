//! The segment files of a chain: their names, and reading frames from them in order.

use crate::{
    disk::failed,
    error::{Damage, DamageFault, Result},
    number::{narrow, wide},
};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use yizhang_ledger::{
    head::Origin,
    segment::{FILE_HEADER_BYTES, FRAME_HEADER_BYTES, FrameFault, FrameHeader, read_file_header},
    value::LeafIndex,
};

/// Bytes read at once when frames are read in order: enough that a disk is not asked too often (measured: 1 MiB).
const READ_BYTES: usize = 1024 * 1024;

/// Where a chain lies on disk.
#[derive(Clone, Debug)]
pub(crate) struct ChainFolder {
    pub(crate) origin: Origin,
    pub(crate) path: PathBuf,
}

/// A position in the files of a chain. Files are counted from 0 in the order of their first leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: u32,
    pub(crate) offset: u64,
}

/// A frame whose checksum is right.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) header: FrameHeader,
    pub(crate) place: Place,
    pub(crate) end: Place,
    /// The batch or the head, without the offsets.
    pub(crate) content: Vec<u8>,
}

impl ChainFolder {
    pub(crate) fn new(data: &Path, origin: Origin) -> Self {
        let path = data.join("chains").join(origin.region().to_string());
        Self { origin, path }
    }

    /// The file whose first leaf is `first`.
    pub(crate) fn file(&self, first: LeafIndex) -> PathBuf {
        self.path.join(format!("{:020}.seg", first.0))
    }

    /// The first leaf of every file, ascending. Names that are not ours are passed over.
    pub(crate) fn list(&self) -> Result<Vec<LeafIndex>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("list", &self.path)(error)),
        };
        let mut firsts = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed("list", &self.path))?.file_name();
            let digits = name
                .to_str()
                .and_then(|name| name.strip_suffix(".seg"))
                .filter(|digits| digits.len() == 20);
            firsts.extend(digits.and_then(|digits| digits.parse().ok()).map(LeafIndex));
        }
        firsts.sort_unstable();
        Ok(firsts)
    }

    /// Bytes of some of its files; one that cannot be read counts for nothing.
    pub(crate) fn bytes(&self, files: &[LeafIndex]) -> u64 {
        files
            .iter()
            .map(|first| fs::metadata(self.file(*first)).map_or(0, |file| file.len()))
            .sum()
    }

    pub(crate) fn damage(&self, first: LeafIndex, offset: u64, fault: DamageFault) -> Damage {
        Damage {
            origin: self.origin.clone(),
            file: self.file(first),
            offset,
            fault,
        }
    }

    /// Opens a file for reading. What has its name and is none is not opened: of some such one would wait for ever.
    pub(crate) fn open(&self, first: LeafIndex) -> io::Result<File> {
        let path = self.file(first);
        if fs::metadata(&path)?.is_file() {
            File::open(path)
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is not a file",
            ))
        }
    }

    /// Checks the header of a file.
    pub(crate) fn check_header(&self, first: LeafIndex) -> Result<(), Damage> {
        let at = |fault| self.damage(first, 0, fault);
        let read = |error: io::Error| at(DamageFault::Read(Arc::new(error)));
        let file = self.open(first).map_err(read)?;
        let mut header = [0; FILE_HEADER_BYTES];
        let length = narrow(file.metadata().map_err(read)?.len()).min(FILE_HEADER_BYTES);
        let (header, _) = header.split_at_mut(length);
        file.read_exact_at(header, 0).map_err(read)?;
        match read_file_header(header, &self.origin) {
            Ok(found) if found == first => Ok(()),
            Ok(_) => Err(at(DamageFault::Frame(FrameFault::Foreign))),
            Err(fault) => Err(at(DamageFault::Frame(fault))),
        }
    }
}

/// Reads frames one after the other, from file to file, and checks every checksum.
pub(crate) struct FrameReader {
    folder: ChainFolder,
    files: Vec<LeafIndex>,
    place: Place,
    /// Where to stop; none to read all there is.
    end: Option<Place>,
    file: Option<File>,
    buffer: Vec<u8>,
    /// Where the frame to read next starts in the buffer.
    start: usize,
}

impl FrameReader {
    /// Starts at `place`, which is the start of a frame or, with offset 0, of a file.
    pub(crate) const fn new(
        folder: ChainFolder,
        files: Vec<LeafIndex>,
        place: Place,
        end: Option<Place>,
    ) -> Self {
        Self {
            folder,
            files,
            place,
            end,
            file: None,
            buffer: Vec::new(),
            start: 0,
        }
    }

    /// Where the next frame starts, or the one that could not be read.
    pub(crate) const fn place(&self) -> Place {
        self.place
    }

    /// The damage `fault` at a place.
    pub(crate) fn damage_at(&self, place: Place, fault: DamageFault) -> Damage {
        let first = self.files.get(narrow(place.file.into())).copied();
        // A chain without files lacks the one that begins with leaf 0.
        let first = first.unwrap_or_default();
        self.folder.damage(first, place.offset, fault)
    }

    /// The next frame; `None` at the end.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Frame>, Damage> {
        loop {
            // Opening a file moves the place behind its header, so the end is looked at after it as well.
            if self.is_at_end() || !self.open()? || self.is_at_end() {
                return Ok(None);
            }
            if self.available(FRAME_HEADER_BYTES)? > 0 {
                return self.read_frame().map(Some);
            }
            // The end of this file: the chain goes on in the next, if there is one.
            if narrow(self.place.file.into()) + 1 >= self.files.len() {
                return Ok(None);
            }
            self.place = Place {
                file: self.place.file + 1,
                offset: 0,
            };
            self.file = None;
        }
    }

    fn is_at_end(&self) -> bool {
        self.end.is_some_and(|end| self.place >= end)
    }

    fn read_frame(&mut self) -> Result<Frame, Damage> {
        self.available(FRAME_HEADER_BYTES)?;
        let header = FrameHeader::read(self.rest()).map_err(|fault| self.frame_damage(fault))?;
        self.available(header.frame_bytes())?;
        let content = header
            .check(self.rest())
            .map_err(|fault| self.frame_damage(fault))?
            .to_vec();
        let place = self.place;
        self.start += header.frame_bytes();
        self.place.offset += wide(header.frame_bytes());
        Ok(Frame {
            header,
            place,
            end: self.place,
            content,
        })
    }

    /// Opens the file at `place` if it is not open; false if there is none.
    fn open(&mut self) -> Result<bool, Damage> {
        if self.file.is_some() {
            return Ok(true);
        }
        let Some(first) = self.files.get(narrow(self.place.file.into())).copied() else {
            return Ok(false);
        };
        if self.place.offset == 0 {
            self.folder.check_header(first)?;
            self.place.offset = wide(FILE_HEADER_BYTES);
        }
        let file = self.folder.open(first);
        self.file = Some(file.map_err(|error| self.read_damage(error))?);
        self.buffer.clear();
        self.start = 0;
        Ok(true)
    }

    /// Reads until `wanted` bytes are in the buffer or the file ends; how many there are.
    fn available(&mut self, wanted: usize) -> Result<usize, Damage> {
        let held = self.buffer.len() - self.start;
        if held >= wanted {
            return Ok(held);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.resize(held + READ_BYTES.max(wanted - held), 0);
        let mut filled = held;
        while filled < self.buffer.len() {
            let (Some(file), Some(target)) = (&self.file, self.buffer.get_mut(filled..)) else {
                break;
            };
            match file.read_at(target, self.place.offset + wide(filled)) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What cannot be read lies behind what is wanted: it concerns the frame that it is in.
                Err(_) if filled >= wanted => break,
                Err(error) => return Err(self.read_damage(error)),
            }
        }
        self.buffer.truncate(filled);
        Ok(filled)
    }

    fn rest(&self) -> &[u8] {
        self.buffer
            .get(self.start..)
            .expect("a frame is taken only when all of it is in the buffer")
    }

    fn frame_damage(&self, fault: FrameFault) -> Damage {
        self.damage_at(self.place, DamageFault::Frame(fault))
    }

    fn read_damage(&self, error: io::Error) -> Damage {
        self.damage_at(self.place, DamageFault::Read(Arc::new(error)))
    }
}

/// Whether a whole, valid frame stands anywhere in a file at or after `offset`. Tells a torn tail, which nothing
/// follows, from damage in the middle of a chain.
pub(crate) fn has_frame_after(path: &Path, offset: u64) -> Result<bool> {
    let file = File::open(path).map_err(failed("open", path))?;
    let length = file.metadata().map_err(failed("open", path))?.len();
    // A place behind the end of the file has nothing after it.
    let mut rest = vec![0; narrow(length.saturating_sub(offset))];
    file.read_exact_at(&mut rest, offset)
        .map_err(failed("read", path))?;
    let mut from = 0;
    while let Some(tail) = rest
        .get(from..)
        .filter(|tail| tail.len() >= FRAME_HEADER_BYTES)
    {
        if FrameHeader::read(tail).is_ok_and(|header| header.check(tail).is_ok()) {
            return Ok(true);
        }
        from += 1 + tail
            .iter()
            .skip(1)
            .position(|byte| *byte == b'Y')
            .unwrap_or(tail.len());
    }
    Ok(false)
}
