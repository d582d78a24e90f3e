//! The records that are measured: contributions of about 120 bytes, each account's months spread over all chains, as agencies
//! send them: month by month, everybody once, in an order that has nothing to do with accounts. Computed, so the same in
//! every run; written to a file first, so that making them up is in no figure.

use crate::federation::REGIONS;
use anyhow::{Context, ensure};
use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    entry::Kind,
    hash,
    person::AccountId,
    record::{
        AccountType, Contribution, Payer, PayerKind, Period, Record, ShareRates, Shares, Source,
        Subsidies,
    },
    value::{Code, Day, Division, Fen, Month, Rate, Scheme},
};

/// Records of a usual account: a year and eight months.
pub const RECORDS_PER_ACCOUNT: u64 = 20;
/// Accounts with very many records.
pub const LARGE_ACCOUNTS: u64 = 8;
/// Records of such an account, about: 45 years of pension, medical and unemployment insurance, less some gaps.
pub const LARGE_RECORDS: u64 = 1_440;
/// Fewest records of a workload, so that every kind of account is there.
pub const RECORDS_MIN: u64 = 20_000;
/// Steps from one record's account to the next one's: a prime, so that every account has its turn.
const STEP: u64 = 7_919;
/// Contributions bear months from here on.
const FIRST_MONTH: (u16, u16) = (2005, 1);

/// The records of a benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// How many, those of the large accounts included.
    pub records: u64,
    /// The regions whose chains take blocks, one after the other: a chain has the right to records of its own places alone.
    regions: &'static [u32],
}

impl Workload {
    /// A workload of so many records.
    ///
    /// # Errors
    /// When there are fewer than [`RECORDS_MIN`].
    pub fn new(records: u64) -> anyhow::Result<Self> {
        ensure!(
            records >= RECORDS_MIN,
            "expected {RECORDS_MIN} records or more, found {records}"
        );
        Ok(Self {
            records,
            regions: REGIONS.get(..1).context("there is a region")?,
        })
    }

    /// The same, in blocks that the chains of all regions take in turn.
    #[must_use]
    pub const fn in_turn(self) -> Self {
        Self {
            regions: &REGIONS,
            ..self
        }
    }

    /// Every record whose number is a multiple of this is about a large account.
    fn stride(self) -> u64 {
        self.records / (LARGE_ACCOUNTS * LARGE_RECORDS)
    }

    /// Number of usual accounts.
    pub fn accounts(self) -> u64 {
        let accounts = (self.records - self.records.div_ceil(self.stride())) / RECORDS_PER_ACCOUNT;
        accounts - u64::from(accounts.is_multiple_of(STEP))
    }

    /// A usual account.
    pub fn account(self, number: u64) -> AccountId {
        account(b"usual", number % self.accounts())
    }

    /// A large account.
    pub fn large_account(self, number: u64) -> AccountId {
        account(b"large", number % LARGE_ACCOUNTS)
    }

    /// Appends record `number` of a block in its canonical form.
    fn write(self, number: u64, block: u64, out: &mut Vec<u8>) -> anyhow::Result<()> {
        let stride = self.stride();
        let (account, month) = if number.is_multiple_of(stride) {
            let turn = number / stride;
            (self.large_account(turn), turn / LARGE_ACCOUNTS / 3)
        } else {
            let usual = number - number / stride - 1;
            let (turn, month) = (usual % self.accounts(), usual / self.accounts());
            (self.account(turn * STEP + month), month)
        };
        let serial = format!("{number:012}");
        let month = Month::of(FIRST_MONTH.0, FIRST_MONTH.1)
            .and_then(|first| first.plus(u16::try_from(month).ok()?));
        let turn = block % u64::try_from(self.regions.len())?;
        let region = self.regions[usize::try_from(turn)?];
        let place = Division::new(region + 100 * (1 + u32::try_from(number % 4)?));
        let record = month
            .zip(place)
            .and_then(|(month, place)| contribution(account, month, place, number, &serial));
        record
            .context("a record of the workload is out of range")?
            .write(out)
            .map_err(anyhow::Error::msg)
    }

    /// Writes all records into a file, in blocks of `group`.
    ///
    /// # Errors
    /// What the disk says.
    pub fn save(
        self,
        path: &Path,
        group: u64,
        mut each: impl FnMut(u64),
    ) -> anyhow::Result<Blocks> {
        let mut file = BufWriter::new(File::create(path)?);
        for (turn, first) in (0..).zip((0..self.records).step_by(usize::try_from(group)?)) {
            let mut block = Vec::new();
            let end = self.records.min(first + group);
            for number in first..end {
                self.write(number, turn, &mut block)?;
            }
            file.write_all(&u32::try_from(block.len())?.to_le_bytes())?;
            file.write_all(&block)?;
            each(end);
        }
        file.into_inner()?.sync_all()?;
        Ok(Blocks { path: path.into() })
    }
}

/// Blocks of records in a file.
#[derive(Clone, Debug)]
pub struct Blocks {
    path: PathBuf,
}

impl Blocks {
    /// Reads them one after the other.
    ///
    /// # Errors
    /// What the disk says.
    pub fn read(
        &self,
    ) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Vec<u8>>> + Send + use<>> {
        let mut file = BufReader::with_capacity(1024 * 1024, File::open(&self.path)?);
        Ok(std::iter::from_fn(move || {
            let mut length = [0; 4];
            match file.read_exact(&mut length) {
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return None,
                Err(error) => return Some(Err(error.into())),
                Ok(()) => {}
            }
            let mut block = vec![0; usize::try_from(u32::from_le_bytes(length)).ok()?];
            Some(
                file.read_exact(&mut block)
                    .map(|()| block)
                    .map_err(Into::into),
            )
        }))
    }
}

fn account(kind: &[u8], number: u64) -> AccountId {
    let mut id = [0; 16];
    let digest = hash::derive(
        "yizhang 2026 benchmark account",
        &[kind, &number.to_le_bytes()],
    );
    id.copy_from_slice(&digest.0[..16]);
    AccountId(id)
}

/// An account by a number.
pub fn numbered_account(number: u64) -> AccountId {
    account(b"numbered", number)
}

/// A contribution by its number, about an account of the caller's choice.
#[derive(Clone, Copy, Debug)]
pub struct NumberedRecord {
    /// The account.
    pub account: AccountId,
    /// What makes it one of its own.
    pub number: u64,
}

impl NumberedRecord {
    /// Appends the record in its canonical form.
    ///
    /// # Errors
    /// None that is known: the fields are within their bounds.
    pub fn write(self, out: &mut Vec<u8>) -> anyhow::Result<()> {
        let serial = format!("{:012}", self.number);
        let month = Month::of(FIRST_MONTH.0, FIRST_MONTH.1);
        let place = REGIONS
            .first()
            .and_then(|region| Division::new(region + 100));
        let record = month.zip(place).and_then(|(month, place)| {
            contribution(self.account, month, place, self.number, &serial)
        });
        record
            .context("a numbered record is out of range")?
            .write(out)
            .map_err(anyhow::Error::msg)
    }
}

fn contribution(
    account: AccountId,
    month: Month,
    place: Division,
    number: u64,
    serial: &str,
) -> Option<Record<'_>> {
    let base = 400_000 + i64::try_from(number % 1_000).ok()? * 1_000;
    let share = |ten_thousandths: i64| Fen::new(base * ten_thousandths / 10_000);
    let due = Shares {
        unit: share(1_600)?,
        person: share(800)?,
    };
    Some(Record::Contribution(
        Kind::RECEIVED,
        Contribution {
            account,
            scheme: Scheme::parse("hrss:110")?,
            period: Period {
                first: month,
                months: 1,
            },
            settlement: month,
            received: Day::new(20_260_115),
            place,
            // An invented unit: no organisation code begins with zeros.
            payer: Payer {
                kind: PayerKind::Unit,
                id: Code::new("91440300000000000X")?,
            },
            nature: 10,
            base: Fen::new(base)?,
            rates: ShareRates {
                unit: Rate::new(1_600)?,
                person: Rate::new(800)?,
            },
            due,
            paid: due,
            credited: Shares {
                unit: Fen::ZERO,
                person: due.person,
            },
            full: true,
            late_fee: Fen::ZERO,
            subsidies: Subsidies::default(),
            account_type: AccountType::General,
            target: None,
            source: Source {
                agency: Code::new("44030001")?,
                system: Code::new("core")?,
                serial: Code::new(serial)?,
            },
        },
    ))
}
