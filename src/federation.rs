//! `yizhang federation`: a first federation, with all its keys made here.
//!
//! One Ed25519 root key signs the roster. One TLS authority signs a certificate for each node (to serve and to call), for
//! each agency (to submit and look up) and for an auditor (to replay). What is meant for one party goes into a directory
//! of its own, to be carried there; root key and TLS authority key stay behind, offline.

mod address;

use crate::{
    clock,
    credentials::{CERTIFICATE_FILE, ROSTER_FILE, SECRET_FILE, TLS_KEY_FILE, TRUST_FILE, Trust},
    exit::Outcome,
    files::{self, Access},
    node::{Configuration, ReadConfiguration, key_file},
    sealed,
    secrets::{self, SecretArguments},
};
pub(crate) use address::RegionArgument;
use anyhow::{Context, bail};
use base64ct::{Base64, Encoding};
use clap::{Args, Subcommand};
use ed25519_dalek::{
    SigningKey,
    pkcs8::spki::der::pem::LineEnding,
    pkcs8::{EncodePrivateKey, KeypairBytes},
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rust_i18n::t;
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};
use yizhang_ledger::{
    cosignature::CosignerKey,
    hash::Hash,
    head::Origin,
    note::{self, NoteKey},
    roster::{self, ChainKey, CosigningKey, KeyKind, Roster},
    value::Division,
};
use yizhang_node::NodeKeys;
use yizhang_wire::channel::{agency_name, auditor_name, node_name};

/// Years that the TLS authority is valid.
const AUTHORITY_YEARS: i32 = 20;
/// Years that a certificate is valid.
const CERTIFICATE_YEARS: i32 = 3;

/// What can be done with a federation.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a root key, a roster, certificates and a directory for each region.
    Init(InitArguments),
    /// Put the keys and the secret of a directory under a passphrase.
    Seal(SealArguments),
    /// Add a secret that is to take the place of the newest; nodes that have it read under both. The first of two steps.
    NextSecret(SecretArguments),
    /// Have records written under the secret that was added, once all nodes have it. The second step.
    UseSecret(SecretArguments),
}

/// Arguments of `federation seal`.
#[derive(Args)]
pub(crate) struct SealArguments {
    /// Directory with keys: a node's, an agency's, an auditor's, or the one with the root key.
    #[arg(long)]
    pub(crate) dir: PathBuf,
}

/// Files with a private key that a directory may hold.
const KEY_FILES: [&str; 6] = [
    "root.key",
    "authority.key",
    key_file(KeyKind::Chain),
    key_file(KeyKind::Witness),
    key_file(KeyKind::Mirror),
    TLS_KEY_FILE,
];

/// Seals what a directory holds, and says what. What is sealed already stays as it is, so that a run that was cut off can be repeated.
fn seal(arguments: &SealArguments) -> anyhow::Result<Outcome> {
    let is_open = |path: &Path| -> anyhow::Result<bool> {
        Ok(path.exists() && !sealed::is_sealed(&files::read_secret_text(path)?))
    };
    let mut count = 0;
    for name in KEY_FILES {
        let path = arguments.dir.join(name);
        if is_open(&path)? {
            sealed::seal_key(&path)?;
            println!("{}", t!("federation.sealed", path = path.display()));
            count += 1;
        }
    }
    let path = arguments.dir.join(SECRET_FILE);
    if is_open(&path)? {
        sealed::seal_secret(&path)?;
        println!("{}", t!("federation.sealed", path = path.display()));
        count += 1;
    }
    if count == 0 {
        println!(
            "{}",
            t!("federation.nothing_to_seal", dir = arguments.dir.display())
        );
    }
    Ok(Outcome::Clean)
}

/// Arguments of `federation init`.
#[derive(Args)]
pub(crate) struct InitArguments {
    /// Directory to make; must not exist or be empty.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Name of the federation: lower-case letters, digits, dots and dashes.
    #[arg(long, default_value = "demo.yizhang")]
    pub(crate) name: String,
    /// A region and where its node is reached by the others, as 440000=host:port; once for each region.
    #[arg(long = "region", value_name = "CODE=HOST:PORT", required = true)]
    pub(crate) regions: Vec<RegionArgument>,
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Init(arguments) => {
            init(arguments)?;
            println!(
                "{}",
                t!(
                    "federation.done",
                    dir = arguments.dir.display(),
                    regions = arguments.regions.len()
                )
            );
            Ok(Outcome::Clean)
        }
        Command::Seal(arguments) => seal(arguments),
        Command::NextSecret(arguments) => secrets::next(arguments),
        Command::UseSecret(arguments) => secrets::switch(arguments),
    }
}

/// Makes a federation.
pub(crate) fn init(arguments: &InitArguments) -> anyhow::Result<()> {
    addresses_differ(&arguments.regions)?;
    let dir = &arguments.dir;
    files::create_private_directory(dir)?;
    if fs::read_dir(dir)?.next().is_some() {
        bail!("{}", t!("federation.not_empty", dir = dir.display()));
    }
    let root = random_key()?;
    let authority = Authority::make(&arguments.name)?;
    let mut keys = BTreeMap::new();
    let mut regions = BTreeMap::new();
    for region in &arguments.regions {
        let of_region = random_keys()?;
        let origin = Origin::new(&arguments.name, region.code)
            .context(t!("federation.bad_name", name = arguments.name))?;
        if regions
            .insert(region.code, roster_region(&origin, region, &of_region)?)
            .is_some()
        {
            bail!("{}", t!("federation.region_twice", region = region.code));
        }
        keys.insert(region.code, of_region);
    }
    let roster = Roster {
        federation: arguments.name.clone(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: u8::from(arguments.regions.len() > 1),
        roots: vec![root.verifying_key().to_bytes()],
        tls_authority: authority.certificate.clone(),
        regions,
    };
    let secret = format!("{}\n", Hash(random_bytes()?));
    let shared = Shared {
        trust: toml::to_string(&Trust {
            federation: arguments.name.clone(),
            threshold: 1,
            roots: vec![Base64::encode_string(root.verifying_key().as_bytes())],
        })?,
        roster: note::sign(
            &roster.text(),
            &roster::root_key_name(&arguments.name),
            &root,
        ),
        secret,
    };
    files::create(
        &dir.join("root.key"),
        private_pem(&root)?.as_bytes(),
        Access::Secret,
    )?;
    files::create(
        &dir.join("authority.key"),
        authority.key_pem.as_bytes(),
        Access::Secret,
    )?;
    for region in &arguments.regions {
        let keys = keys
            .get(&region.code)
            .context("every region has its keys")?;
        write_region(dir, &arguments.name, region, keys, &shared, &authority)?;
    }
    let auditor = dir.join("auditor");
    files::create_private_directory(&auditor)?;
    shared.write(&auditor)?;
    authority.write_certificate(&auditor, &auditor_name(&arguments.name))
}

/// Every region has an address of its own: of two nodes at one address one could never be reached.
fn addresses_differ(regions: &[RegionArgument]) -> anyhow::Result<()> {
    let mut known: BTreeMap<(String, u16), Division> = BTreeMap::new();
    for region in regions {
        let address = (region.host.to_ascii_lowercase(), region.port);
        let first = *known.entry(address).or_insert(region.code);
        if first != region.code {
            let address = format!("{}:{}", region.host, region.port);
            bail!(
                "{}",
                t!(
                    "federation.address_twice",
                    first = first,
                    second = region.code,
                    address = address
                )
            );
        }
    }
    Ok(())
}

fn roster_region(
    origin: &Origin,
    region: &RegionArgument,
    keys: &NodeKeys,
) -> anyhow::Result<roster::Region> {
    let public = |kind: KeyKind| keys.of(kind).verifying_key().to_bytes();
    let cosigner = |kind: KeyKind| {
        CosignerKey::new(&kind.name(origin), public(kind)).context("a fresh key is a key")
    };
    let chain =
        NoteKey::new(origin.as_str(), public(KeyKind::Chain)).context("a fresh key is a key")?;
    Ok(roster::Region {
        origin: origin.clone(),
        endpoint: format!("https://{}:{}", region.host, region.port),
        keys: vec![ChainKey::always(chain)],
        witness_keys: vec![CosigningKey::always(cosigner(KeyKind::Witness)?)],
        mirror_keys: vec![CosigningKey::always(cosigner(KeyKind::Mirror)?)],
    })
}

/// What goes into every directory, and the secret that goes to nodes only.
struct Shared {
    trust: String,
    roster: String,
    secret: String,
}

impl Shared {
    fn write(&self, directory: &Path) -> anyhow::Result<()> {
        files::create(
            &directory.join(TRUST_FILE),
            self.trust.as_bytes(),
            Access::Public,
        )?;
        files::create(
            &directory.join(ROSTER_FILE),
            self.roster.as_bytes(),
            Access::Public,
        )
    }

    fn write_secret(&self, directory: &Path) -> anyhow::Result<()> {
        files::create(
            &directory.join(SECRET_FILE),
            self.secret.as_bytes(),
            Access::Secret,
        )
    }
}

fn write_region(
    dir: &Path,
    federation: &str,
    region: &RegionArgument,
    keys: &NodeKeys,
    shared: &Shared,
    authority: &Authority,
) -> anyhow::Result<()> {
    let node = dir.join(region.code.to_string());
    let agency = node.join("agency");
    files::create_private_directory(&agency)?;
    shared.write(&node)?;
    shared.write_secret(&node)?;
    authority.write_certificate(&node, &node_name(federation, region.code))?;
    for kind in KeyKind::ALL {
        files::create(
            &node.join(key_file(kind)),
            private_pem(keys.of(kind))?.as_bytes(),
            Access::Secret,
        )?;
    }
    // An address of a name is for the others; the node itself listens on all of its own.
    let listen = SocketAddr::from_str(&format!("{}:{}", region.host, region.port))
        .unwrap_or(SocketAddr::from(([0, 0, 0, 0], region.port)));
    let configuration = Configuration {
        region: region.code.code(),
        listen,
        data: "data".into(),
        mirror_mib_max: None,
        keep_free_mib: None,
        reads: ReadConfiguration::default(),
    };
    files::create(
        &node.join(crate::node::CONFIGURATION_FILE),
        toml::to_string(&configuration)?.as_bytes(),
        Access::Public,
    )?;
    shared.write(&agency)?;
    authority.write_certificate(&agency, &agency_name(federation, region.code))
}

/// The TLS authority of a federation.
struct Authority {
    certificate: Vec<u8>,
    key_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn make(federation: &str) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params
            .distinguished_name
            .push(DnType::CommonName, format!("{federation} authority"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid_for(&mut params, AUTHORITY_YEARS);
        let certificate = params.self_signed(&key)?.der().to_vec();
        let key_pem = key.serialize_pem();
        Ok(Self {
            certificate,
            key_pem,
            issuer: Issuer::new(params, key),
        })
    }

    /// A certificate for `name`, with a fresh key.
    fn write_certificate(&self, directory: &Path, name: &str) -> anyhow::Result<()> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_string()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        valid_for(&mut params, CERTIFICATE_YEARS);
        let certificate = params.signed_by(&key, &self.issuer)?;
        files::create(
            &directory.join(CERTIFICATE_FILE),
            certificate.pem().as_bytes(),
            Access::Public,
        )?;
        files::create(
            &directory.join(TLS_KEY_FILE),
            key.serialize_pem().as_bytes(),
            Access::Secret,
        )
    }
}

/// From the first of January of last year, so that a clock that is a little behind does not refuse a fresh certificate, to the
/// end of the year that is `years` after this one.
fn valid_for(params: &mut CertificateParams, years: i32) {
    let year = i32::try_from(clock::today().number() / 10_000).expect("a year has four digits");
    params.not_before = rcgen::date_time_ymd(year - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + years, 12, 31);
}

/// 32 random bytes.
pub(crate) fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(bytes)
}

fn random_key() -> anyhow::Result<SigningKey> {
    Ok(SigningKey::from_bytes(&random_bytes()?))
}

/// The keys of a node.
fn random_keys() -> anyhow::Result<NodeKeys> {
    Ok(NodeKeys {
        chain: random_key()?,
        witness: random_key()?,
        mirror: random_key()?,
    })
}

fn private_pem(key: &SigningKey) -> anyhow::Result<String> {
    // Version 1, the private key alone: OpenSSL 3.0 and Python's `cryptography` read no other.
    let bytes = KeypairBytes {
        secret_key: key.to_bytes(),
        public_key: None,
    };
    Ok(bytes
        .to_pkcs8_pem(LineEnding::LF)
        .context("a key can be written as PKCS #8")?
        .to_string())
}
