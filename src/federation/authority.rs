//! The TLS authority of a federation, and the certificates that it signs.

use crate::{
    clock,
    credentials::{CERTIFICATE_FILE, TLS_KEY_FILE},
    files::{self, Access},
    sealed,
};
use anyhow::{Context, bail};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use rust_i18n::t;
use std::path::Path;
use yizhang_ledger::roster::Roster;
use zeroize::Zeroizing;

/// File with the key of the authority.
pub(super) const KEY_FILE: &str = "authority.key";

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
        let params = parameters(federation)?;
        let certificate = params.self_signed(&key)?.der().to_vec();
        let key_pem = key.serialize_pem();
        Ok(Self {
            certificate,
            key_pem,
            issuer: Issuer::new(params, key),
        })
    }

    /// The authority whose key lies in a directory, and whose certificate the roster has.
    ///
    /// # Errors
    /// A key that is missing, or is of another authority.
    pub(super) fn read(dir: &Path, roster: &Roster) -> anyhow::Result<Self> {
        let path = dir.join(KEY_FILE);
        let key_pem = sealed::read_key(&path)?.to_string();
        let context = || path.display().to_string();
        let key = KeyPair::from_pem(&key_pem).with_context(context)?;
        let public = key.subject_public_key_info();
        if !holds(&roster.tls_authority, &public) {
            bail!(
                "{}",
                t!("federation.other_authority", path = path.display())
            );
        }
        Ok(Self {
            certificate: roster.tls_authority.clone(),
            key_pem,
            issuer: Issuer::new(parameters(&roster.federation)?, key),
        })
    }

    /// A certificate for these names, the first of which is its holder's role, with a fresh key, into a directory that has none.
    pub(super) fn write_certificate(
        &self,
        directory: &Path,
        names: &[String],
    ) -> anyhow::Result<()> {
        let fresh = self.sign(names)?;
        let (certificate, key) = (fresh.certificate.as_bytes(), fresh.key.as_bytes());
        files::create(
            &directory.join(CERTIFICATE_FILE),
            certificate,
            Access::Public,
        )?;
        files::create(&directory.join(TLS_KEY_FILE), key, Access::Secret)
    }

    /// A certificate for `name`, with a fresh key, in the place of the one that a directory has. The key goes first: with it alone
    /// nothing is taken up. A key that is under a passphrase is replaced by one that is, too.
    pub(super) fn renew_certificate(&self, directory: &Path, name: &str) -> anyhow::Result<()> {
        let fresh = self.sign(&[name.to_string()])?;
        let key = directory.join(TLS_KEY_FILE);
        let is_sealed = sealed::is_sealed(&files::read_secret_text(&key)?);
        files::replace(&key, fresh.key.as_bytes())?;
        if is_sealed {
            sealed::seal_key(&key)?;
        }
        files::replace_public(
            &directory.join(CERTIFICATE_FILE),
            fresh.certificate.as_bytes(),
        )
    }

    fn sign(&self, names: &[String]) -> anyhow::Result<Fresh> {
        let name = names.first().context("a certificate names its holder")?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        valid_for(&mut params, CERTIFICATE_YEARS);
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Fresh {
            certificate: certificate.pem(),
            key: Zeroizing::new(key.serialize_pem()),
        })
    }
}

/// A certificate and its key, PEM.
struct Fresh {
    certificate: String,
    key: Zeroizing<String>,
}

/// What the certificate of the authority says, and what certificates that it signs say of it.
fn parameters(federation: &str) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params
        .distinguished_name
        .push(DnType::CommonName, format!("{federation} authority"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid_for(&mut params, AUTHORITY_YEARS);
    Ok(params)
}

/// Whether a certificate (DER) is of a public key (SubjectPublicKeyInfo, DER), which stands in it as it is.
fn holds(certificate: &[u8], public: &[u8]) -> bool {
    certificate.windows(public.len()).any(|part| part == public)
}

/// From the first of January of last year, so that a clock that is a little behind does not refuse a fresh certificate, to the
/// end of the year that is `years` after this one.
fn valid_for(params: &mut CertificateParams, years: i32) {
    let year = i32::try_from(clock::today().number() / 10_000).expect("a year has four digits");
    params.not_before = rcgen::date_time_ymd(year - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(year + years, 12, 31);
}
