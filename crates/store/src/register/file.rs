//! The file of a register: written in one pass, read in order for the next epoch, or at a place for a path.

use super::layout::{
    ACCOUNT_BYTES, HEADER_BYTES, Header, accounts_in, block_bytes, block_offset, blocks,
    branch_offset, read_block, write_block,
};
use crate::{
    disk::{Disk, Handle, failed},
    error::{RegisterFileFault, Result, StoreError},
    number::{narrow, wide},
};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    hash::{Hash, TreeHasher},
    head::Origin,
    person::AccountId,
    record::AccountRegister,
    register::{
        Absence, BLOCK_ACCOUNTS, BLOCK_LEVEL, FinishedBlock, InRegister, Neighbour, Presence,
        RegisterTree, RegisteredAccount, leaf_hashes,
    },
    tree::{inclusion_path_of, verify_inclusion_by},
};

/// Bytes that are gathered before they are written, and read at once in order.
const GATHER_BYTES: usize = 1024 * 1024;

/// Looks for the block of an account that go where it would stand if accounts were spread evenly, as pseudonyms are: the first comes close,
/// the next closer. Then what is left is halved, whatever they are.
const GUESSES_MAX: u32 = 6;

/// Writes a register from its blocks.
pub(super) struct RegisterWriter<'a> {
    disk: &'a Disk,
    handle: Handle,
    blocks: u64,
    /// What waits to be written, at this place.
    buffer: Vec<u8>,
    offset: u64,
}

impl<'a> RegisterWriter<'a> {
    pub(super) fn create(disk: &'a Disk, path: PathBuf) -> Result<Self> {
        let handle = disk.create(path)?;
        Ok(Self {
            disk,
            handle,
            blocks: 0,
            buffer: Vec::with_capacity(GATHER_BYTES * 2),
            offset: wide(HEADER_BYTES),
        })
    }

    pub(super) fn block(&mut self, block: FinishedBlock<'_>) -> Result<()> {
        write_block(self.blocks, block, &mut self.buffer);
        self.blocks += 1;
        if self.buffer.len() < GATHER_BYTES {
            Ok(())
        } else {
            self.spill()
        }
    }

    fn spill(&mut self) -> Result<()> {
        self.disk.write(&self.handle, &self.buffer, self.offset)?;
        self.offset += wide(self.buffer.len());
        self.buffer.clear();
        Ok(())
    }

    /// Writes the header and makes the file durable. Before the header is there it is no register.
    pub(super) fn finish(mut self, header: &Header) -> Result<()> {
        self.spill()?;
        self.disk.write(&self.handle, &header.bytes(), 0)?;
        self.disk.sync(&self.handle)
    }
}

/// A register in a file, whose header is right.
pub(super) struct RegisterFile {
    file: File,
    path: PathBuf,
    header: Header,
}

impl RegisterFile {
    /// Opens the register of a chain at a path; none if there is no file.
    pub(super) fn open(path: &Path, origin: &Origin) -> Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("open", path)(error)),
        };
        let mut bytes = [0; HEADER_BYTES];
        let read = file.read_exact_at(&mut bytes, 0);
        let header = read
            .map_err(|_| RegisterFileFault::Truncated)
            .and_then(|()| Header::read(&bytes, origin));
        let path = path.to_path_buf();
        let header = header.map_err(|fault| wrong(&path, 0, fault))?;
        Ok(Some(Self { file, path, header }))
    }

    pub(super) const fn register(&self) -> &AccountRegister {
        &self.header.register
    }

    pub(super) const fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads all accounts in order.
    pub(super) fn accounts(&self) -> Result<AccountReader<'_>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(wide(HEADER_BYTES)))
            .map_err(failed("read", &self.path))?;
        Ok(AccountReader {
            register: self,
            reader: BufReader::with_capacity(GATHER_BYTES, file),
            block: 0,
            held: Vec::new().into_iter(),
            last: None,
        })
    }

    /// What the register says about an account.
    pub(super) fn shown(&self, account: AccountId) -> Result<InRegister> {
        let before = self.accounts_before(account)?;
        let accounts = self.header.register.accounts;
        if before < accounts {
            let found = self.account_at(before)?;
            if found.account == account {
                let path = self.proved_path(before, &found)?;
                return Ok(InRegister::Present(Presence {
                    index: before,
                    path,
                }));
            }
        }
        let left = before.checked_sub(1).map(|left| self.neighbour(left));
        let right = (before < accounts).then(|| self.neighbour(before));
        Ok(InRegister::Absent(Absence {
            before,
            left: left.transpose()?,
            right: right.transpose()?,
        }))
    }

    fn neighbour(&self, index: u64) -> Result<Neighbour> {
        let found = self.account_at(index)?;
        Ok(Neighbour {
            leaf: found.leaf(),
            path: self.proved_path(index, &found)?,
        })
    }

    /// How many accounts stand before this one: by the first accounts of blocks, then in one block.
    fn accounts_before(&self, account: AccountId) -> Result<u64> {
        let all = blocks(self.header.register.accounts);
        let (mut low, mut high) = (0, all);
        let mut middle = share_of(all, leading(account));
        for look in 0.. {
            if low >= high {
                break;
            }
            let first = self.first_of(middle)?;
            if first <= account {
                low = middle + 1;
            } else {
                high = middle;
            }
            middle = if look < GUESSES_MAX {
                let away = share_of(all, leading(account).abs_diff(leading(first)));
                let guess = if first <= account {
                    middle.saturating_add(away)
                } else {
                    middle.saturating_sub(away)
                };
                guess.clamp(low, high.saturating_sub(1).max(low))
            } else {
                low.midpoint(high)
            };
        }
        let Some(block) = low.checked_sub(1) else {
            return Ok(0);
        };
        let held = self.block(block)?;
        let within = held.partition_point(|held| held.account < account);
        Ok(block * wide(BLOCK_ACCOUNTS) + wide(within))
    }

    fn first_of(&self, block: u64) -> Result<AccountId> {
        let mut id = [0; 16];
        self.read_at(&mut id, block_offset(block))?;
        Ok(AccountId(id))
    }

    fn account_at(&self, index: u64) -> Result<RegisteredAccount> {
        let block = index / wide(BLOCK_ACCOUNTS);
        let held = self.block(block)?;
        let within = narrow(index % wide(BLOCK_ACCOUNTS));
        let found = held.get(within).copied();
        found.ok_or_else(|| {
            wrong(
                &self.path,
                block_offset(block),
                RegisterFileFault::Truncated,
            )
        })
    }

    fn block(&self, block: u64) -> Result<Vec<RegisteredAccount>> {
        let accounts = self.header.register.accounts;
        let mut bytes = vec![0; block_bytes(block, accounts)];
        let offset = block_offset(block);
        self.read_at(&mut bytes, offset)?;
        read_block(block, accounts, &bytes).map_err(|fault| wrong(&self.path, offset, fault))
    }

    /// The path of an account, which leads to the root in the header: better no path than one that fails at the worker's.
    fn proved_path(&self, index: u64, account: &RegisteredAccount) -> Result<Vec<Hash>> {
        let register = &self.header.register;
        let mut subtrees = Subtrees {
            file: self,
            block: None,
        };
        let path = inclusion_path_of::<RegisterTree, StoreError>(
            index,
            register.accounts,
            |level, number| subtrees.branch(level, number),
        )?;
        let leaf = account.leaf().hash();
        let (accounts, root) = (register.accounts, &register.root);
        verify_inclusion_by::<RegisterTree>(&leaf, index, accounts, &path, root)
            .map_err(|_| wrong(&self.path, 0, RegisterFileFault::Root))?;
        Ok(path)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        match self.file.read_exact_at(bytes, offset) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(wrong(&self.path, offset, RegisterFileFault::Truncated))
            }
            Err(error) => Err(failed("read", &self.path)(error)),
        }
    }
}

/// The complete subtrees of a register: kept ones from the file, those below from the accounts of a block.
struct Subtrees<'a> {
    file: &'a RegisterFile,
    /// The block used last, with the subtrees in it by level.
    block: Option<(u64, Vec<Vec<Hash>>)>,
}

impl Subtrees<'_> {
    fn branch(&mut self, level: u32, number: u64) -> Result<Hash> {
        if level >= BLOCK_LEVEL {
            let mut hash = [0; 32];
            self.file.read_at(&mut hash, branch_offset(level, number))?;
            return Ok(Hash(hash));
        }
        let over = BLOCK_LEVEL - level;
        let block = number >> over;
        let levels = match self.block.take() {
            Some((held, levels)) if held == block => levels,
            _ => self.levels(block)?,
        };
        let within = narrow(number & ((1 << over) - 1));
        let row = levels.get(narrow(level.into()));
        let found = row.and_then(|row| row.get(within)).copied();
        self.block = Some((block, levels));
        found.ok_or_else(|| {
            wrong(
                &self.file.path,
                block_offset(block),
                RegisterFileFault::Truncated,
            )
        })
    }

    fn levels(&self, block: u64) -> Result<Vec<Vec<Hash>>> {
        let accounts = self.file.block(block)?;
        let mut leaves = Vec::with_capacity(accounts.len());
        leaf_hashes(&accounts, &mut leaves);
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let mut above = Vec::with_capacity(below.len() / 2);
            RegisterTree::branches(below, &mut above);
            levels.push(above);
        }
        Ok(levels)
    }
}

/// The accounts of a register in order.
pub(super) struct AccountReader<'a> {
    register: &'a RegisterFile,
    reader: BufReader<&'a File>,
    block: u64,
    held: std::vec::IntoIter<RegisteredAccount>,
    last: Option<AccountId>,
}

impl AccountReader<'_> {
    /// The next account.
    pub(super) fn next(&mut self) -> Result<Option<RegisteredAccount>> {
        if let Some(account) = self.held.next() {
            return Ok(Some(account));
        }
        let accounts = self.register.header.register.accounts;
        if self.block >= blocks(accounts) {
            return Ok(None);
        }
        let (path, offset) = (&self.register.path, block_offset(self.block));
        let mut bytes = vec![0; block_bytes(self.block, accounts)];
        self.reader.read_exact(&mut bytes).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                wrong(path, offset, RegisterFileFault::Truncated)
            } else {
                failed("read", path)(error)
            }
        })?;
        let held = read_block(self.block, accounts, &bytes);
        let held = held.map_err(|fault| wrong(path, offset, fault))?;
        debug_assert_eq!(
            held.len() * ACCOUNT_BYTES,
            accounts_in(self.block, accounts) * ACCOUNT_BYTES
        );
        if held.first().map(|first| first.account) <= self.last {
            return Err(wrong(path, offset, RegisterFileFault::Order));
        }
        self.last = held.last().map(|last| last.account);
        self.held = held.into_iter();
        self.block += 1;
        Ok(self.held.next())
    }
}

/// The first eight bytes of an account as a number.
fn leading(account: AccountId) -> u64 {
    let first = account.0.first_chunk();
    u64::from_be_bytes(*first.expect("an account id has sixteen bytes"))
}

/// This part of so many blocks: of all of them for 2^64, always fewer.
fn share_of(blocks: u64, part: u64) -> u64 {
    let share = (u128::from(blocks) * u128::from(part)) >> 64;
    u64::try_from(share).expect("a part of a number of 64 bits has no more")
}

fn wrong(path: &Path, offset: u64, fault: RegisterFileFault) -> StoreError {
    StoreError::Register {
        path: path.to_path_buf(),
        offset,
        fault,
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::Anchor;
    use super::*;
    use yizhang_ledger::{register::RegisterBuilder, value::TreeSize};

    fn written(folder: &Path, accounts: &[AccountId]) -> RegisterFile {
        let disk = Disk::new(None);
        let path = folder.join("one.reg");
        let mut writer = RegisterWriter::create(&disk, path.clone()).unwrap();
        let mut builder = RegisterBuilder::new(|block| writer.block(block));
        for account in accounts {
            builder.record(*account, Hash([7; 32])).unwrap();
        }
        let register = builder.finish(TreeSize(accounts.len() as u64)).unwrap();
        let origin = Origin::parse("test.yizhang/440000").unwrap();
        let header = Header {
            origin: origin.clone(),
            register,
            anchor: Anchor::default(),
        };
        writer.finish(&header).unwrap();
        RegisterFile::open(&path, &origin).unwrap().unwrap()
    }

    #[test]
    fn an_account_is_found_however_unevenly_accounts_are_spread() {
        let blocks = 40;
        let count = blocks * wide(BLOCK_ACCOUNTS) + 3;
        let spread: [fn(u64) -> u128; 4] = [
            |number| u128::from(number) << 110,
            u128::from,
            |number| u128::MAX - u128::from(100_000 - number),
            |number| u128::from(number) << if number < 5_000 { 0 } else { 114 },
        ];
        for each in spread {
            let ids: Vec<AccountId> = (1..=count)
                .map(|number| AccountId(each(number).to_be_bytes()))
                .collect();
            let folder = tempfile::tempdir().unwrap();
            let file = written(folder.path(), &ids);
            for (before, id) in (0..).zip(&ids) {
                assert_eq!(file.accounts_before(*id).unwrap(), before);
            }
            let behind = |id: &AccountId| AccountId((u128::from_be_bytes(id.0) + 1).to_be_bytes());
            for (at, pair) in (1..).zip(ids.windows(2)) {
                assert_eq!(file.accounts_before(behind(&pair[0])).unwrap(), at);
            }
            assert_eq!(file.accounts_before(AccountId([0; 16])).unwrap(), 0);
        }
    }
}
