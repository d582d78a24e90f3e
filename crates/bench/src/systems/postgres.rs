//! PostgreSQL: a table with a row a record, and an index over the accounts.
//!
//! What most teams would take, and what anyone can query. It is a server to run beside the node, its client and it spend
//! their time on handing rows to each other, and the batch is gone: whoever wants to audit puts it together from rows.
//!
//! The server belongs to the benchmark: a cluster in a folder, reached through a socket in it, ended when this is dropped.
//! PostgreSQL does not run as root, so that root hands the folder to a user who may run it.

use super::{System, positions::Positions};
use ::postgres::{Client, Config, NoTls, Statement, binary_copy::BinaryCopyInWriter, types::Type};
use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::{
    env,
    fs::{self, File},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use yizhang_ledger::{chain::Extension, person::AccountId};

/// Where Debian keeps what is not in PATH, a folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// Users that may run the server where we are root, the first that exists.
const USERS: [&str; 2] = ["postgres", "nobody"];
/// The owner of the cluster, who has no password: nobody else reaches the socket.
const OWNER: &str = "yizhang";
/// What differs from the defaults, or must not.
const SETTINGS: [&str; 5] = [
    "listen_addresses=",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    "synchronous_commit=on",
    "fsync=on",
];
/// Longest path of a socket less the name that PostgreSQL gives it.
const SOCKET_FOLDER_BYTES_MAX: usize = 107 - "/.s.PGSQL.5432".len();
/// How long a server may take to start. An empty cluster takes less than a second.
const START_MAX: Duration = Duration::from_secs(60);
/// How long a server may take to stop, with a last checkpoint, before it is killed.
const STOP_MAX: Duration = Duration::from_secs(60);
/// Between looks at a server that starts or stops.
const PAUSE: Duration = Duration::from_millis(20);

const TABLE: &str = "
    CREATE TABLE entry (position bigint NOT NULL, account bytea, hash bytea NOT NULL, entry bytea NOT NULL);
    CREATE INDEX entry_account ON entry (account, position);";
const COPY: &str = "COPY entry (position, account, hash, entry) FROM STDIN BINARY";
const LOOKUP: &str = "SELECT entry FROM entry WHERE account = $1 ORDER BY position";

/// A PostgreSQL cluster with its server. The client goes before the server.
pub struct Postgres {
    client: Client,
    lookup: Statement,
    positions: Positions,
    _server: Server,
}

/// PostgreSQL, if it can run here.
pub enum Availability {
    /// It runs.
    Running(Box<Postgres>),
    /// Why not, as a sentence without its full stop.
    Absent(String),
}

impl Postgres {
    /// Creates a cluster in an existing empty folder, which then belongs to the user of the server, and starts it.
    ///
    /// # Errors
    /// When it is there and does not work.
    pub fn create(folder: &Path) -> anyhow::Result<Availability> {
        let folder = fs::canonicalize(folder)?;
        let programs = match Programs::find(&folder)? {
            Ok(programs) => programs,
            Err(reason) => return Ok(Availability::Absent(reason)),
        };
        let data = folder.join("data");
        if data.as_os_str().len() > SOCKET_FOLDER_BYTES_MAX {
            return Ok(Availability::Absent(
                "the path of the folder is too long for a socket".into(),
            ));
        }
        programs.create_cluster(&data)?;
        let server = programs.start(&data, File::create(folder.join("log"))?)?;
        let (mut client, server) = server.connect(&data)?;
        client.batch_execute(TABLE)?;
        let lookup = client.prepare(LOOKUP)?;
        let postgres = Self {
            client,
            lookup,
            positions: Positions::default(),
            _server: server,
        };
        Ok(Availability::Running(Box::new(postgres)))
    }
}

impl System for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    /// One COPY, which is a transaction of its own: durable when the server says that it is complete. An entry
    /// about nobody has a row without account.
    fn append(&mut self, extension: &Extension) -> anyhow::Result<()> {
        let types = [Type::INT8, Type::BYTEA, Type::BYTEA, Type::BYTEA];
        let mut rows = BinaryCopyInWriter::new(self.client.copy_in(COPY)?, &types);
        for leaf in self.positions.leaves(extension.batch())? {
            let leaf = leaf?;
            let position = i64::from_ne_bytes(leaf.position.to_ne_bytes());
            let hash = leaf.hash.0.as_slice();
            let account = leaf.account.as_ref().map(|account| account.0.as_slice());
            rows.write(&[&position, &account, &hash, &leaf.bytes])?;
        }
        rows.finish().context("PostgreSQL cannot complete a COPY")?;
        Ok(())
    }

    /// What its background workers would do within minutes, and a checkpoint.
    fn settle(&mut self) -> anyhow::Result<()> {
        self.client.batch_execute("VACUUM (ANALYZE) entry")?;
        Ok(self.client.batch_execute("CHECKPOINT")?)
    }

    fn lookup(&mut self, account: &AccountId) -> anyhow::Result<Option<Vec<Vec<u8>>>> {
        let rows = self.client.query(&self.lookup, &[&account.0.as_slice()])?;
        Ok(Some(
            rows.iter()
                .map(|row| row.try_get(0))
                .collect::<Result<_, _>>()?,
        ))
    }

    /// The table with its index and maps. The write-ahead log and the catalogue are not counted, which is in its favour:
    /// their size says more about the settings than about the records.
    fn disk_bytes(&mut self) -> anyhow::Result<u64> {
        let row = self
            .client
            .query_one("SELECT pg_total_relation_size('entry')", &[])?;
        Ok(u64::try_from(row.try_get::<_, i64>(0)?)?)
    }

    fn delay_syncs(&mut self, _: Duration) -> bool {
        false
    }
}

/// The programs of a version of PostgreSQL and the user who runs them, if it is not ours.
struct Programs {
    folder: PathBuf,
    user: Option<User>,
}

#[derive(Clone, Copy)]
struct User {
    id: u32,
    group: u32,
}

impl Programs {
    /// Finds them for a cluster in `folder`, or says why they cannot be had.
    fn find(folder: &Path) -> anyhow::Result<Result<Self, String>> {
        let Some(programs) = folder_of_programs() else {
            return Ok(Err(format!(
                "no initdb and postgres in PATH or {VERSIONS}/*/bin"
            )));
        };
        if !geteuid().is_root() {
            return Ok(Ok(Self {
                folder: programs,
                user: None,
            }));
        }
        let Some(user) = User::find() else {
            return Ok(Err(format!(
                "it refuses to run as root, and there is no user {}",
                USERS.join(" or ")
            )));
        };
        chown(folder, Some(user.id), Some(user.group))
            .context("cannot hand the folder to the user of PostgreSQL")?;
        match user
            .command(Path::new("test"))
            .arg("-w")
            .arg(folder)
            .status()
        {
            Ok(status) if status.success() => Ok(Ok(Self {
                folder: programs,
                user: Some(user),
            })),
            Ok(_) => Ok(Err(
                "it refuses to run as root, and its user cannot enter the folder above its own"
                    .into(),
            )),
            Err(_) => Ok(Err(
                "it refuses to run as root, and there is no setpriv to run it as another".into(),
            )),
        }
    }

    fn command(&self, program: &str) -> Command {
        let path = self.folder.join(program);
        let mut command = self
            .user
            .map_or_else(|| Command::new(&path), |user| user.command(&path));
        command.current_dir("/").stdin(Stdio::null());
        command
    }

    fn create_cluster(&self, data: &Path) -> anyhow::Result<()> {
        let mut initdb = self.command("initdb");
        initdb.args([
            "--auth=trust",
            "--no-locale",
            "--encoding=UTF8",
            "--username",
            OWNER,
        ]);
        let output = initdb
            .arg("--pgdata")
            .arg(data)
            .output()
            .context("cannot run initdb")?;
        ensure!(
            output.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(())
    }

    /// Starts the server, its socket in its data folder, where nobody else may look.
    fn start(&self, data: &Path, log: File) -> anyhow::Result<Server> {
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(data).arg("-k").arg(data);
        postgres.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let child = postgres
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot run postgres")?;
        Ok(Server(child))
    }
}

/// The folder of PATH that has the programs, or that of the newest version installed beside it.
fn folder_of_programs() -> Option<PathBuf> {
    let has_programs =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let in_path = env::var_os("PATH").and_then(|path| env::split_paths(&path).find(has_programs));
    in_path.or_else(|| {
        let versions = fs::read_dir(VERSIONS).ok()?.filter_map(|entry| {
            let entry = entry.ok()?;
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path().join("bin"),
            ))
        });
        versions
            .filter(|(_, folder)| has_programs(folder))
            .max()
            .map(|(_, folder)| folder)
    })
}

impl User {
    fn find() -> Option<Self> {
        let users = fs::read_to_string("/etc/passwd").ok()?;
        USERS.iter().find_map(|name| {
            let mut fields = users
                .lines()
                .map(|line| line.split(':'))
                .find(|fields| fields.clone().next() == Some(name))?;
            Some(Self {
                id: fields.nth(2)?.parse().ok()?,
                group: fields.next()?.parse().ok()?,
            })
        })
    }

    /// A program as this user.
    fn command(self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid",
            &self.id.to_string(),
            "--regid",
            &self.group.to_string(),
            "--clear-groups",
            "--",
        ]);
        command.arg(program);
        command
    }
}

/// A running server, stopped when dropped.
struct Server(Child);

impl Server {
    /// Waits until the server answers.
    fn connect(mut self, data: &Path) -> anyhow::Result<(Client, Self)> {
        let start = Instant::now();
        loop {
            match Config::new()
                .host_path(data)
                .user(OWNER)
                .dbname("postgres")
                .connect(NoTls)
            {
                Ok(client) => return Ok((client, self)),
                Err(error) if start.elapsed() > START_MAX => {
                    return Err(error).context("PostgreSQL does not answer");
                }
                // It is not ready yet.
                Err(_) => thread::sleep(PAUSE),
            }
            if let Some(status) = self.0.try_wait()? {
                bail!("PostgreSQL stopped while it started, {status}: see its log in the folder");
            }
        }
    }

    /// Asks the server to end in this way and waits. True if it has.
    fn end(&mut self, signal: Signal, patience: Duration) -> bool {
        let asked = kill_process(Pid::from_child(&self.0), signal);
        let start = Instant::now();
        while asked.is_ok() && start.elapsed() < patience {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return true;
            }
            thread::sleep(PAUSE);
        }
        false
    }
}

impl Drop for Server {
    /// INT is the fast shutdown and QUIT the immediate one; after KILL its workers notice by themselves.
    fn drop(&mut self) {
        if !self.end(Signal::INT, STOP_MAX) && !self.end(Signal::QUIT, PAUSE * 100) {
            // Nobody is left to tell if even this fails.
            drop(self.0.kill().and_then(|()| self.0.wait()));
        }
    }
}
