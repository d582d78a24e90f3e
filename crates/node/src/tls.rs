//! The node's side of TLS: its own certificate, and callers only with one of the federation's authority.

use std::sync::Arc;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
        server::{VerifierBuilderError, WebPkiClientVerifier},
    },
};

/// The protocol that is spoken inside: HTTP/2.
const PROTOCOL: &[u8] = b"h2";

/// Why a certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The text is no PEM.
    #[error("the certificate or key of the node is no PEM: {0}")]
    Pem(#[from] pem::Error),
    /// Certificate, key and authority do not go together.
    #[error(transparent)]
    Unusable(#[from] tokio_rustls::rustls::Error),
    /// The authority of the roster.
    #[error("the authority of the roster: {0}")]
    Authority(#[from] VerifierBuilderError),
}

/// Whether a node can show a certificate (PEM) with its key (PEM) to callers who have one of this authority (DER).
///
/// # Errors
/// [`TlsError`].
pub fn fits(certificate_pem: &str, key_pem: &str, authority: &[u8]) -> Result<(), TlsError> {
    acceptor(certificate_pem, key_pem, authority).map(|_| ())
}

/// What the node of a certificate (PEM) does with those who connect: they show one of the authority (DER).
///
/// # Errors
/// [`TlsError`].
pub(crate) fn acceptor(
    certificate_pem: &str,
    key_pem: &str,
    authority: &[u8],
) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.to_vec()))?;
    let callers =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()?;
    let chain = CertificateDer::pem_slice_iter(certificate_pem.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())?;
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config
        .with_client_cert_verifier(callers)
        .with_single_cert(chain, key)?;
    config.alpn_protocols.push(PROTOCOL.to_vec());
    Ok(TlsAcceptor::from(Arc::new(config)))
}
