//! The error file: the faulty rows as they were, in the layout and encoding of the file, with one column that says why. Corrected, it can
//! be read as it is: the column is passed over.

use crate::{
    fault::{OrdersFault, RowFault},
    order_file::OrderFile,
};
use std::{
    fs,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;
use yizhang_intake::Format;

/// The column of faults.
pub const FAULTS_COLUMN: &str = "faults";
/// Of a file that is to be replaced, where the column of faults has to stand.
const HEADER_BYTES_MAX: u64 = 4_096;

/// Where the faulty rows go, and how their faults are worded. A file without fault leaves none behind.
pub struct ErrorFile<'t> {
    path: PathBuf,
    text: &'t dyn Fn(&RowFault) -> String,
    out: Option<BufWriter<NamedTempFile>>,
}

impl<'t> ErrorFile<'t> {
    /// A file with this path, made when the first faulty row comes.
    pub fn at(path: PathBuf, text: &'t dyn Fn(&RowFault) -> String) -> Self {
        Self {
            path,
            text,
            out: None,
        }
    }

    pub(crate) fn write(
        &mut self,
        file: &OrderFile,
        line: &[u8],
        faults: &[RowFault],
    ) -> Result<(), OrdersFault> {
        let texts: Vec<String> = faults.iter().map(|fault| (self.text)(fault)).collect();
        let row = with_column(file.format(), line, &texts.join("; "));
        let path = self.path.clone();
        let written = self
            .begun(file)
            .and_then(|out| file.encoding().encode(&row, out));
        written.map_err(OrdersFault::index(&path))
    }

    fn begun(&mut self, file: &OrderFile) -> io::Result<&mut BufWriter<NamedTempFile>> {
        if self.out.is_none() {
            may_be_replaced(&self.path)?;
            let folder = self
                .path
                .parent()
                .filter(|path| !path.as_os_str().is_empty());
            let new = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            let mut out = BufWriter::new(new);
            out.write_all(file.encoding().mark())?;
            if let Format::Csv { delimiter } = file.format() {
                let mut header = file.header().to_vec();
                header.push(delimiter);
                header.extend_from_slice(FAULTS_COLUMN.as_bytes());
                header.push(b'\n');
                file.encoding().encode(&header, &mut out)?;
            }
            self.out = Some(out);
        }
        self.out.as_mut().ok_or(io::ErrorKind::Other.into())
    }

    /// Puts the file in its place.
    pub(crate) fn finish(&mut self) -> Result<(), OrdersFault> {
        let Some(out) = self.out.take() else {
            return Ok(());
        };
        let fault = OrdersFault::index(&self.path);
        let file = out
            .into_inner()
            .map_err(|error| fault(error.into_error()))?;
        file.persist(&self.path)
            .map_err(|error| fault(error.error))?;
        Ok(())
    }
}

/// Only an earlier error file makes room.
fn may_be_replaced(path: &Path) -> io::Result<()> {
    let known = match path.symlink_metadata() {
        Ok(known) => known,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut start = Vec::new();
    if known.is_file() {
        let file = fs::File::open(path)?;
        file.take(HEADER_BYTES_MAX).read_to_end(&mut start)?;
    }
    let column = FAULTS_COLUMN.as_bytes();
    if start.windows(column.len()).any(|part| part == column) {
        return Ok(());
    }
    let why = "there is a file of that name that is no error file; name another one";
    Err(io::Error::new(io::ErrorKind::AlreadyExists, why))
}

fn with_column(format: Format, line: &[u8], text: &str) -> Vec<u8> {
    let mut row = line.trim_ascii_end().to_vec();
    match format {
        Format::Csv { delimiter } => {
            row.push(delimiter);
            row.extend_from_slice(format!("\"{}\"\n", text.replace('"', "\"\"")).as_bytes());
        }
        Format::JsonLines => {
            // What is no object stays as it is.
            if row.last() == Some(&b'}') {
                row.pop();
                let is_empty = row.trim_ascii_end().last() == Some(&b'{');
                let comma = if is_empty { "" } else { "," };
                let text = serde_json::Value::from(text);
                row.extend_from_slice(format!("{comma}\"{FAULTS_COLUMN}\":{text}}}").as_bytes());
            }
            row.push(b'\n');
        }
    }
    row
}
