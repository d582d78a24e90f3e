//! `yizhang federation init`: a first federation, with all its keys made here.
//!
//! One Ed25519 root key signs the roster. One TLS authority signs a certificate for each node (to serve and to call), for
//! each agency (to submit and look up) and for an auditor (to replay). What is meant for one party goes into a directory
//! of its own, to be carried there; root key and TLS authority key stay behind, offline.

use super::{
    RegionArgument,
    authority::{self, Authority},
    fresh::{private_pem, random_bytes, random_key, random_keys},
};
use crate::{
    credentials::{self, ROSTER_FILE, SECRET_FILE, TRUST_FILE, Trust},
    files::{self, Access},
    node::{
        ApprovalConfiguration, CodeConfiguration, Configuration, ReadConfiguration,
        RegisterConfiguration, keys,
    },
};
use anyhow::{Context, bail};
use base64ct::{Base64, Encoding};
use clap::Args;
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
use yizhang_node::{NodeKeys, Shelf};
use yizhang_wire::channel::{agency_name, auditor_name, node_name, portal_name};
use zeroize::Zeroizing;

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
    let Founded { keys, regions } = found_regions(arguments)?;
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
    let secret = Zeroizing::new(format!("{}\n", Hash(random_bytes()?)));
    let shared = Shared {
        public: Public {
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
            versions: Vec::new(),
        },
        secret,
    };
    files::create(
        &dir.join("root.key"),
        private_pem(&root)?.as_bytes(),
        Access::Secret,
    )?;
    files::create(
        &dir.join(authority::KEY_FILE),
        authority.key_pem.as_bytes(),
        Access::Secret,
    )?;
    for region in &arguments.regions {
        let keys = keys
            .get(&region.code)
            .context("every region has its keys")?;
        write_region(dir, &arguments.name, region, keys, &shared, &authority)?;
    }
    shared.write(dir)?;
    let auditor = dir.join("auditor");
    files::create_private_directory(&auditor)?;
    shared.write(&auditor)?;
    authority.write_certificate(&auditor, &[auditor_name(&arguments.name)])
}

/// The regions of a federation, and the keys of their nodes.
struct Founded {
    keys: BTreeMap<Division, NodeKeys>,
    regions: BTreeMap<Division, roster::Region>,
}

fn found_regions(arguments: &InitArguments) -> anyhow::Result<Founded> {
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
    Ok(Founded { keys, regions })
}

/// Every region has an address of its own: of two nodes at one address one could never be reached.
pub(super) fn addresses_differ(regions: &[RegionArgument]) -> anyhow::Result<()> {
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

pub(super) fn roster_region(
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
        continuations: Vec::new(),
    })
}

/// What goes into every directory, and the secret that goes to nodes only.
pub(super) struct Shared {
    public: Public,
    secret: Zeroizing<String>,
}

/// What goes into every directory.
pub(super) struct Public {
    trust: String,
    roster: String,
    /// The versions of the roster behind the first, oldest first.
    versions: Vec<Vec<u8>>,
}

impl Shared {
    /// What a directory has of it.
    pub(super) fn of(dir: &Path, secret: Zeroizing<String>) -> anyhow::Result<Self> {
        Ok(Self {
            public: Public::of(dir)?,
            secret,
        })
    }

    fn write(&self, directory: &Path) -> anyhow::Result<()> {
        self.public.write(directory)
    }

    fn write_secret(&self, directory: &Path) -> anyhow::Result<()> {
        files::create(
            &directory.join(SECRET_FILE),
            self.secret.as_bytes(),
            Access::Secret,
        )
    }
}

impl Public {
    /// What a directory has of it.
    pub(super) fn of(dir: &Path) -> anyhow::Result<Self> {
        let trusted = credentials::read_roster(dir)?;
        let roster = files::read_text(&dir.join(ROSTER_FILE))?;
        let first = Shelf::number_of(roster.as_bytes())?;
        Ok(Self {
            trust: files::read_text(&dir.join(TRUST_FILE))?,
            roster,
            versions: trusted.versions.after(first).map(<[u8]>::to_vec).collect(),
        })
    }

    pub(super) fn write(&self, directory: &Path) -> anyhow::Result<()> {
        files::create(
            &directory.join(TRUST_FILE),
            self.trust.as_bytes(),
            Access::Public,
        )?;
        files::create(
            &directory.join(ROSTER_FILE),
            self.roster.as_bytes(),
            Access::Public,
        )?;
        let mut versions = credentials::read_roster(directory)?.versions;
        for version in &self.versions {
            versions.take(version)?;
        }
        Ok(())
    }
}

pub(super) fn write_region(
    dir: &Path,
    federation: &str,
    region: &RegionArgument,
    node_keys: &NodeKeys,
    shared: &Shared,
    authority: &Authority,
) -> anyhow::Result<()> {
    let node = dir.join(region.code.to_string());
    let agency = node.join("agency");
    files::create_private_directory(&agency)?;
    shared.write(&node)?;
    shared.write_secret(&node)?;
    authority.write_certificate(&node, &[node_name(federation, region.code)])?;
    for kind in KeyKind::ALL {
        files::create(
            &keys::file(&node, kind, 1),
            private_pem(node_keys.of(kind))?.as_bytes(),
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
        codes: CodeConfiguration::default(),
        sign_on: None,
        approvals: ApprovalConfiguration { need: true },
        registers: RegisterConfiguration::default(),
    };
    files::create(
        &node.join(crate::node::CONFIGURATION_FILE),
        toml::to_string(&configuration)?.as_bytes(),
        Access::Public,
    )?;
    shared.write(&agency)?;
    authority.write_certificate(&agency, &[agency_name(federation, region.code)])?;
    let portal = node.join("portal");
    files::create_private_directory(&portal)?;
    shared.write(&portal)?;
    authority.write_certificate(&portal, &[portal_name(federation, region.code)])
}
