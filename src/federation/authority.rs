//! The TLS authority of a federation, and the certificates that it signs.

use crate::{
    clock,
    credentials::{CERTIFICATE_FILE, TLS_KEY_FILE},
    files::{self, Access},
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::path::Path;

/// Years that the TLS authority is valid.
const AUTHORITY_YEARS: i32 = 20;
/// Years that a certificate is valid.
const CERTIFICATE_YEARS: i32 = 3;

/// The TLS authority of a federation.
pub(super) struct Authority {
    pub(super) certificate: Vec<u8>,
    pub(super) key_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn make(federation: &str) -> anyhow::Result<Self> {
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
    pub(super) fn write_certificate(&self, directory: &Path, name: &str) -> anyhow::Result<()> {
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
