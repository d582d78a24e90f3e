//! Sorting of more than memory holds: records of bytes, in ascending order of their bytes. Parts that are full are sorted and written to
//! files without a name, which are gone with the process, however it ends.

use crate::fault::OrdersFault;
use rayon::prelude::*;
use std::{
    cmp::Ordering,
    collections::{BinaryHeap, binary_heap::PeekMut},
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Bytes of a part: with the places of its records a quarter of a GiB at most.
const PART_BYTES_MAX: usize = 128 * 1_024 * 1_024;
/// Records of a part.
const PART_RECORDS_MAX: usize = 2 * 1_024 * 1_024;
/// Bytes read or written at once, of each of the parts that are merged.
const BUFFER_BYTES: usize = 256 * 1_024;
/// Longest record: a length takes two bytes.
pub(crate) const RECORD_BYTES_MAX: usize = 65_535;

/// Where a record of a part stands, with the bytes that tell most of them apart.
#[derive(Clone, Copy)]
struct Place {
    head: u128,
    start: u32,
    length: u32,
}

/// The first bytes, so that they compare as the bytes do.
fn head(record: &[u8]) -> u128 {
    let mut head = [0; 16];
    for (to, from) in head.iter_mut().zip(record) {
        *to = *from;
    }
    u128::from_be_bytes(head)
}

/// A part in memory.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

impl Part {
    fn record(&self, place: &Place) -> &[u8] {
        let start = place.start as usize;
        let record = self.bytes.get(start..start + place.length as usize);
        record.expect("a place of this part")
    }

    fn sort(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        places.par_sort_unstable_by(|left, right| {
            let heads = left.head.cmp(&right.head);
            heads.then_with(|| self.record(left).cmp(self.record(right)))
        });
        self.places = places;
    }

    fn write(&self, file: &File) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
        for place in &self.places {
            let length = u16::try_from(place.length).expect("no record is longer");
            out.write_all(&length.to_le_bytes())?;
            out.write_all(self.record(place))?;
        }
        out.flush()
    }
}

/// Takes records in any order.
pub(crate) struct Sorter {
    folder: PathBuf,
    part: Part,
    files: Vec<File>,
}

impl Sorter {
    /// One that puts what memory does not hold into a folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            part: Part::default(),
            files: Vec::new(),
        }
    }

    /// Takes a record of at most [`RECORD_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// Of the disk.
    pub(crate) fn push(&mut self, record: &[u8]) -> Result<(), OrdersFault> {
        assert!(
            record.len() <= RECORD_BYTES_MAX,
            "a record has two bytes of length"
        );
        let is_full = self.part.bytes.len() + record.len() > PART_BYTES_MAX
            || self.part.places.len() == PART_RECORDS_MAX;
        if is_full {
            self.spill()?;
        }
        let start = u32::try_from(self.part.bytes.len()).expect("a part is smaller");
        let length = u32::try_from(record.len()).expect("a record is smaller");
        self.part.bytes.extend_from_slice(record);
        self.part.places.push(Place {
            head: head(record),
            start,
            length,
        });
        Ok(())
    }

    fn spill(&mut self) -> Result<(), OrdersFault> {
        let fault = OrdersFault::index(&self.folder);
        self.part.sort();
        let mut file = tempfile::tempfile_in(&self.folder).map_err(&fault)?;
        self.part.write(&file).map_err(&fault)?;
        file.seek(SeekFrom::Start(0)).map_err(&fault)?;
        self.files.push(file);
        self.part.bytes.clear();
        self.part.places.clear();
        Ok(())
    }

    /// All of them, in order.
    ///
    /// # Errors
    /// Of the disk.
    pub(crate) fn sorted(mut self) -> Result<Sorted, OrdersFault> {
        self.part.sort();
        let mut sorted = Sorted {
            folder: self.folder,
            sources: Vec::new(),
            heap: BinaryHeap::new(),
        };
        let files = self.files.into_iter().map(|file| {
            let reader = BufReader::with_capacity(BUFFER_BYTES, file);
            Records::File(reader)
        });
        sorted.sources.extend(files);
        sorted.sources.push(Records::Memory {
            part: self.part,
            next: 0,
        });
        for source in 0..sorted.sources.len() {
            sorted.begin(source)?;
        }
        Ok(sorted)
    }
}

/// Sorted records that are still to come.
enum Records {
    Memory { part: Part, next: usize },
    File(BufReader<File>),
}

impl Records {
    fn next(&mut self, record: &mut Vec<u8>) -> io::Result<bool> {
        record.clear();
        match self {
            Self::Memory { part, next } => {
                let Some(place) = part.places.get(*next) else {
                    return Ok(false);
                };
                *next += 1;
                record.extend_from_slice(part.record(place));
                Ok(true)
            }
            Self::File(reader) => {
                let mut length = [0; 2];
                match reader.read_exact(&mut length) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                    Err(error) => return Err(error),
                }
                record.resize(u16::from_le_bytes(length).into(), 0);
                reader.read_exact(record)?;
                Ok(true)
            }
        }
    }
}

/// The next record of a source. The smallest is the greatest, as the heap of the standard library wants it.
struct Next {
    head: u128,
    record: Vec<u8>,
    source: usize,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        let heads = other.head.cmp(&self.head);
        heads.then_with(|| other.record.cmp(&self.record))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Next {}

/// Records in order.
pub(crate) struct Sorted {
    folder: PathBuf,
    sources: Vec<Records>,
    heap: BinaryHeap<Next>,
}

impl Sorted {
    /// Puts the first record of a source among those that are next.
    fn begin(&mut self, source: usize) -> Result<(), OrdersFault> {
        let mut record = Vec::new();
        let records = self.sources.get_mut(source).expect("one of the sources");
        let more = records
            .next(&mut record)
            .map_err(OrdersFault::index(&self.folder))?;
        if more {
            self.heap.push(Next {
                head: head(&record),
                record,
                source,
            });
        }
        Ok(())
    }

    /// Puts the next record into `record`; false behind the last.
    ///
    /// # Errors
    /// Of the disk.
    pub(crate) fn next(&mut self, record: &mut Vec<u8>) -> Result<bool, OrdersFault> {
        let Some(mut next) = self.heap.peek_mut() else {
            return Ok(false);
        };
        std::mem::swap(&mut next.record, record);
        let source = next.source;
        let records = self.sources.get_mut(source).expect("one of the sources");
        let more = records
            .next(&mut next.record)
            .map_err(OrdersFault::index(&self.folder))?;
        if more {
            next.head = head(&next.record);
        } else {
            PeekMut::pop(next);
        }
        Ok(true)
    }
}
