//! Calls to a node by the code that clients use, under any certificate.

use super::Federation;
use base64ct::{Base64, Encoding};
use rcgen::{CertificateParams, DnType, Issuer, KeyPair};
use std::{fs, path::Path};
use tonic::transport::Channel;
use yizhang_ledger::{roster::Roster, value::Division};
use yizhang_wire::channel::{CallerIdentity, connect_lazily, node_name};

/// The roster in a directory of credentials.
pub(crate) fn roster(credentials: &Path) -> Roster {
    let text = fs::read_to_string(credentials.join("trust.toml")).unwrap();
    let trust: toml::Table = text.parse().unwrap();
    let mut root = [0; 32];
    Base64::decode(trust["roots"][0].as_str().unwrap(), &mut root).unwrap();
    let note = fs::read(credentials.join("roster.note")).unwrap();
    Roster::open(&note, &[root], 1).unwrap()
}

/// A connection to the node of a region with the certificate of a directory.
pub(crate) fn connect(region: u32, credentials: impl AsRef<Path>) -> Channel {
    let credentials = credentials.as_ref();
    let text = |name: &str| fs::read_to_string(credentials.join(name)).unwrap();
    let identity = CallerIdentity::new(&text("tls.crt"), &text("tls.key"));
    connect_as(region, &roster(credentials), &identity)
}

/// A connection to the node of a region under a certificate and its key.
pub(crate) fn connect_as(region: u32, roster: &Roster, identity: &CallerIdentity) -> Channel {
    let region = Division::new(region).unwrap();
    let name = node_name(&roster.federation, region);
    let endpoint = &roster.regions[&region].endpoint;
    connect_lazily(endpoint, &roster.tls_authority, &name, identity).unwrap()
}

/// A certificate of the federation's own authority for any name.
pub(crate) fn certify(federation: &Federation, name: &str) -> CallerIdentity {
    let key = fs::read_to_string(federation.path().join("authority.key")).unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    let federation = &roster(Path::new(&federation.auditor())).federation;
    let common_name = format!("{federation} authority");
    authority
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let issuer = Issuer::new(authority, KeyPair::from_pem(&key).unwrap());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_string()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    CallerIdentity::new(&certificate.pem(), &key.serialize_pem())
}
