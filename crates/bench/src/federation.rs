//! A federation of real nodes, processes of their own, and a caller's way to them.

use anyhow::{Context, anyhow, bail, ensure};
use base64ct::{Base64, Encoding};
use ed25519_dalek::{SigningKey, pkcs8::DecodePrivateKey};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tonic::transport::Channel;
use yizhang_ledger::{head::Origin, roster::Roster, value::Division};
use yizhang_wire::{
    channel::{CallerIdentity, connect_lazily, node_name},
    v1::{StatusReply, StatusRequest, ledger_client::LedgerClient},
};

/// Six chains, as many as somebody who has moved a lot has records in.
pub const REGIONS: [u32; 6] = [110_000, 310_000, 330_000, 440_000, 510_000, 520_000];
/// How long anything may take before the benchmark gives up.
pub const PATIENCE: Duration = Duration::from_secs(900);
/// Time between two looks at a node.
const LOOK: Duration = Duration::from_millis(5);

/// Who calls: the directory of credentials decides.
#[derive(Clone, Copy, Debug)]
pub enum Caller {
    /// The agency of a region.
    Agency(u32),
    /// The node of a region.
    Node(u32),
}

/// A founded federation and its running nodes.
pub struct Federation {
    yizhang: PathBuf,
    dir: PathBuf,
    /// The verified roster.
    pub roster: Roster,
    nodes: BTreeMap<u32, Child>,
}

impl Federation {
    /// Founds a federation of [`REGIONS`] in a new folder, with the program at `yizhang`.
    ///
    /// # Errors
    /// What the program says.
    pub fn found(yizhang: &Path, dir: &Path) -> anyhow::Result<Self> {
        // Held together, so that every port is different; free again when the nodes start.
        let ports = REGIONS.map(|_| TcpListener::bind("127.0.0.1:0"));
        let mut command = Command::new(yizhang);
        command
            .args(["--lang", "en", "federation", "init", "--dir"])
            .arg(dir)
            .stdout(Stdio::null());
        for (region, port) in REGIONS.iter().zip(ports) {
            command
                .arg("--region")
                .arg(format!("{region}={}", port?.local_addr()?));
        }
        let status = command
            .status()
            .with_context(|| yizhang.display().to_string())?;
        ensure!(status.success(), "federation init ended with {status}");
        for region in REGIONS {
            allow_reads(&dir.join(region.to_string()).join("node.toml"))?;
        }
        let roster = roster(&agency(dir, REGIONS[0]))?;
        Ok(Self {
            yizhang: yizhang.into(),
            dir: dir.into(),
            roster,
            nodes: BTreeMap::new(),
        })
    }

    /// The key of every chain, as only a benchmark has them all.
    ///
    /// # Errors
    /// Unreadable keys.
    pub fn keys(&self) -> anyhow::Result<BTreeMap<Origin, SigningKey>> {
        let key = |region: &u32| -> anyhow::Result<(Origin, SigningKey)> {
            let text = fs::read_to_string(self.node_dir(*region).join("chain.key"))?;
            Ok((
                self.origin(*region)?,
                SigningKey::from_pkcs8_pem(&text).map_err(anyhow::Error::msg)?,
            ))
        };
        REGIONS.iter().map(key).collect()
    }

    /// The chain of a region.
    ///
    /// # Errors
    /// A region that is not in the roster.
    pub fn origin(&self, region: u32) -> anyhow::Result<Origin> {
        let region = Division::new(region).and_then(|region| self.roster.regions.get(&region));
        Ok(region
            .context("the roster names the region")?
            .origin
            .clone())
    }

    fn node_dir(&self, region: u32) -> PathBuf {
        self.dir.join(region.to_string())
    }

    /// The credentials of the agency of a region.
    pub fn agency(&self, region: u32) -> PathBuf {
        agency(&self.dir, region)
    }

    /// The credentials of the portal of a region.
    pub fn portal(&self, region: u32) -> PathBuf {
        self.node_dir(region).join("portal")
    }

    /// The data directory of a node.
    pub fn data(&self, region: u32) -> PathBuf {
        self.node_dir(region).join("data")
    }

    /// The PEM files of a node's certificate and key.
    ///
    /// # Errors
    /// Unreadable files.
    pub fn tls(&self, region: u32) -> anyhow::Result<(String, String)> {
        let text = |name: &str| fs::read_to_string(self.node_dir(region).join(name));
        Ok((text("tls.crt")?, text("tls.key")?))
    }

    /// Starts a node; it signs when the others have not answered for the protocol's wait.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(&mut self, region: u32) -> anyhow::Result<()> {
        let dir = self.node_dir(region);
        let log = File::create(dir.join("log"))?;
        let mut command = Command::new(&self.yizhang);
        command
            .args(["--lang", "en", "node", "run", "--start-alone", "--dir"])
            .arg(&dir)
            .args(REGIONS.iter().map(|other| format!("--lost={other}")))
            .env("RUST_LOG", "warn");
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.nodes.insert(region, child);
        Ok(())
    }

    /// kill -9.
    ///
    /// # Errors
    /// No such node runs.
    pub fn kill(&mut self, region: u32) -> anyhow::Result<()> {
        let mut child = self.nodes.remove(&region).context("the node runs")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// kill -9 for every node that runs.
    ///
    /// # Errors
    /// What the system says.
    pub fn kill_all(&mut self) -> anyhow::Result<()> {
        let running: Vec<u32> = self.nodes.keys().copied().collect();
        running.into_iter().try_for_each(|region| self.kill(region))
    }

    /// The process of a node.
    ///
    /// # Errors
    /// No such node runs.
    pub fn process(&self, region: u32) -> anyhow::Result<u32> {
        Ok(self.nodes.get(&region).context("the node runs")?.id())
    }

    /// A connection to a node.
    ///
    /// # Errors
    /// Unreadable credentials.
    pub fn connect(&self, region: u32, caller: Caller) -> anyhow::Result<Channel> {
        let credentials = match caller {
            Caller::Agency(region) => agency(&self.dir, region),
            Caller::Node(region) => self.node_dir(region),
        };
        let text = |name: &str| fs::read_to_string(credentials.join(name));
        let identity = CallerIdentity::new(&text("tls.crt")?, &text("tls.key")?);
        let division = Division::new(region).context("a region")?;
        let endpoint = &self
            .roster
            .regions
            .get(&division)
            .context("the roster names the region")?
            .endpoint;
        let name = node_name(&self.roster.federation, division);
        Ok(connect_lazily(
            endpoint,
            &self.roster.tls_authority,
            &name,
            &identity,
        )?)
    }

    /// Waits until the status of a node satisfies a condition.
    ///
    /// # Errors
    /// When the node ends or takes longer than [`PATIENCE`].
    pub async fn wait(
        &mut self,
        region: u32,
        holds: impl Fn(&StatusReply) -> bool,
    ) -> anyhow::Result<Duration> {
        let start = Instant::now();
        let mut client = LedgerClient::new(self.connect(region, Caller::Agency(region))?);
        while start.elapsed() < PATIENCE {
            if let Ok(status) = client.status(StatusRequest {}).await
                && holds(status.get_ref())
            {
                return Ok(start.elapsed());
            }
            if let Some(ended) = self
                .nodes
                .get_mut(&region)
                .context("the node runs")?
                .try_wait()?
            {
                let log = fs::read_to_string(self.node_dir(region).join("log")).unwrap_or_default();
                bail!("node {region} ended with {ended}: {log}");
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(anyhow!("node {region}: not within {PATIENCE:?}"))
    }
}

impl Drop for Federation {
    fn drop(&mut self) {
        for child in self.nodes.values_mut() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn agency(dir: &Path, region: u32) -> PathBuf {
    dir.join(region.to_string()).join("agency")
}

fn roster(credentials: &Path) -> anyhow::Result<Roster> {
    let trust: toml::Table = fs::read_to_string(credentials.join("trust.toml"))?.parse()?;
    let text = trust
        .get("roots")
        .and_then(|roots| roots.get(0)?.as_str())
        .context("a root key")?;
    let mut root = [0; 32];
    Base64::decode(text, &mut root).map_err(anyhow::Error::msg)?;
    Ok(Roster::open(
        &fs::read(credentials.join("roster.note"))?,
        &[root],
        1,
    )?)
}

/// Lets one certificate read as many accounts as are measured.
fn allow_reads(configuration: &Path) -> anyhow::Result<()> {
    const READS: &str = "\n[reads]\naccounts_a_minute = 4000000000\naccounts_an_hour = 4000000000\naccounts_a_day = 4000000000\n";
    let text = fs::read_to_string(configuration)?;
    // One clerk submits; nobody approves.
    let mut text = text.replace("need = true", "need = false");
    text.push_str(READS);
    fs::write(configuration, text)?;
    Ok(())
}
