//! A data directory is read by the second implementation of the format, which shares no code with the store.

use crate::federation::{FEDERATION, World};
use ed25519_dalek::SigningKey;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::tempdir;
use yizhang_ledger::{
    beginning::Beginning, hash::Hash, head::Head, note, roster::root_key_name, value::TreeSize,
};
use yizhang_store::{JournalKind, Store};

/// A data directory of two chains and a journal that the store wrote, several files long.
struct Written {
    world: World,
    folder: tempfile::TempDir,
}

impl Written {
    fn new() -> Self {
        let mut world = World::new(61, 2);
        let folder = tempdir().unwrap();
        let store = world.open(&folder.path().join("data"));
        let batches: [&[usize]; 9] = [
            &[3],
            &[40, 35],
            &[1],
            &[57],
            &[60],
            &[2, 2],
            &[70],
            &[9],
            &[1],
        ];
        for submissions in batches {
            world.append(&store, 0, submissions);
        }
        world.append(&store, 1, &[5]);
        store.write_heads().unwrap();
        let head = world.chains[0].sign(&world.chains[0].state);
        let mut evidence = vec![1, 0, 0, 0, 0];
        evidence.extend_from_slice(&head);
        store
            .journal_append(JournalKind::FORK_EVIDENCE, &evidence)
            .unwrap();
        store.journal_append(JournalKind::HEAD_SEEN, &head).unwrap();
        let file = evidence_file(&world, &store, 5);
        store.journal_append(JournalKind::FORK_FILE, &file).unwrap();
        store.close().unwrap();
        drop(store);
        Self { world, folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The segment files of the first chain, in their order.
    fn segments(&self) -> Vec<PathBuf> {
        let region = self.world.chains[0].origin.region().to_string();
        let entries = fs::read_dir(self.data().join("chains").join(region)).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 3, "the chain lies in several files");
        files
    }

    fn journal(&self) -> PathBuf {
        self.data().join("journal/00000000000000000000.jnl")
    }

    /// What the second implementation says.
    fn read(&self) -> Output {
        let root = SigningKey::from_bytes(&[1; 32]);
        let roster = &self.world.roster;
        let signed = note::sign(&roster.text(), &root_key_name(FEDERATION), &root);
        let file = self.folder.path().join("roster");
        fs::write(&file, signed).unwrap();
        let trusted = Hash(root.verifying_key().to_bytes()).to_string();
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../ledger/tests/second/directory.py");
        Command::new("python3")
            .arg("-B")
            .arg(script)
            .arg(self.data())
            .arg(file)
            .arg(trusted)
            .output()
            .expect("the second implementation needs python3 (3.10 or later) on the path")
    }

    fn accepted(&self) -> String {
        let output = self.read();
        let fault = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{fault}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refusal(&self) -> String {
        let output = self.read();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap().trim().to_owned()
    }
}

/// Evidence of a fork of the first chain (docs/FORMAT.md, section 14): a head of the first `size` leaves that are not the chain's, and
/// what the chain begins with there.
fn evidence_file(world: &World, store: &Store, size: u64) -> Vec<u8> {
    let chain = &world.chains[0];
    let other = Head {
        origin: chain.origin.clone(),
        size: TreeSize(size),
        root: Hash([7; 32]),
    };
    let beginning = store.consistency(&chain.origin, other.size, chain.state.size());
    let Beginning { root, path } = beginning.unwrap();
    let mut file = format!("yizhang-evidence/v1\nroot {root}\n").into_bytes();
    for hash in path {
        file.extend_from_slice(format!("path {hash}\n").as_bytes());
    }
    for head in [
        other.sign(&chain.key).into_bytes(),
        chain.sign(&chain.state),
    ] {
        file.extend_from_slice(format!("head {}\n", head.len()).as_bytes());
        file.extend_from_slice(&head);
    }
    file
}

/// A file's content, put back when dropped.
struct Changed {
    path: PathBuf,
    kept: Vec<u8>,
}

impl Changed {
    fn new(path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let path = path.to_owned();
        let kept = fs::read(&path).unwrap();
        let mut bytes = kept.clone();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        Self { path, kept }
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        fs::write(&self.path, &self.kept).unwrap();
    }
}

fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn a_second_implementation_reads_the_directory_of_a_store() {
    let written = Written::new();
    written.segments();
    let found = written.accepted();
    for chain in &written.world.chains {
        let state = &chain.state;
        let expected = format!(
            "\"origin\": \"{}\", \"size\": \"{}\", \"root\": \"{}\", \"batches\": \"{}\", \
             \"without_head\": false, \"torn_bytes\": 0",
            chain.origin.as_str(),
            state.size(),
            state.head().root,
            state.batches()
        );
        assert!(found.contains(&expected), "{expected} is not in {found}");
    }
    let journal = "\"journal\": {\"entries\": {\"ForkEvidence\": 1, \"ForkFile\": 1, \"HeadSeen\": 1}, \"torn_bytes\": 0}";
    assert!(found.contains(journal), "{journal} is not in {found}");
}

#[test]
fn a_second_implementation_tells_a_torn_tail_from_damage() {
    let written = Written::new();
    let segments = written.segments();
    let [first, .., last] = &segments[..] else {
        panic!("the chain lies in several files");
    };
    {
        let _cut = Changed::new(last, |bytes| bytes.truncate(bytes.len() - 3));
        let found = written.accepted();
        assert!(found.contains("\"without_head\": true"), "{found}");
        assert!(!found.contains("\"torn_bytes\": 0}, {"), "{found}");
    }
    {
        let _cut = Changed::new(first, |bytes| bytes.truncate(bytes.len() - 3));
        let expected = format!("{}: FrameFault::Truncated", file_name(first));
        assert_eq!(written.refusal(), expected);
    }
    {
        // The first frame of the last file: whole frames lie behind it.
        let _flipped = Changed::new(last, |bytes| bytes[200] ^= 1);
        let expected = format!("{}: FrameFault::Checksum", file_name(last));
        assert_eq!(written.refusal(), expected);
    }
    {
        let _torn = Changed::new(&written.journal(), |bytes| bytes.truncate(bytes.len() - 1));
        let found = written.accepted();
        assert!(
            found.contains("{\"ForkEvidence\": 1, \"HeadSeen\": 1}"),
            "{found}"
        );
    }
    {
        let _flipped = Changed::new(&written.journal(), |bytes| bytes[60] ^= 1);
        let expected = format!(
            "journal/{}: FrameFault::Checksum",
            file_name(&written.journal())
        );
        assert_eq!(written.refusal(), expected);
    }
    written.accepted();
}

#[test]
fn a_second_implementation_refuses_a_missing_file_and_another_chain() {
    let written = Written::new();
    let segments = written.segments();
    let [first, second, ..] = &segments[..] else {
        panic!("the chain lies in several files");
    };
    let kept = fs::read(first).unwrap();
    fs::remove_file(first).unwrap();
    let expected = format!(
        "{}: the file does not start where the one before it ends",
        file_name(second)
    );
    assert_eq!(written.refusal(), expected);
    fs::write(first, kept).unwrap();
    let _other = Changed::new(&written.data().join("format"), |bytes| {
        let at = bytes.len() - 2;
        bytes[at] ^= 1;
    });
    assert_eq!(written.refusal(), "FrameFault::Checksum");
}
