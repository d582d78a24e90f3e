//! The limit of what travels between nodes: one TLS stream over loopback with nothing around it.

use anyhow::Context;
use std::{sync::Arc, time::Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

/// Bytes that are sent.
const BYTES: usize = 512 * 1024 * 1024;
/// Bytes of one write: a frame of the protocol.
const WRITE_BYTES: usize = 1024 * 1024;

/// Bytes a second through one TLS stream, both ends on this machine.
///
/// # Errors
/// Unusable certificates, and what the system says.
pub async fn stream(
    authority: &[u8],
    certificate: &str,
    key: &str,
    name: &str,
) -> anyhow::Result<f64> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.to_vec()))?;
    let chain =
        CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(anyhow::Error::msg)?;
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let server = server
        .with_no_client_auth()
        .with_single_cert(chain.map_err(anyhow::Error::msg)?, key)?;
    let client =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let client = client.with_root_certificates(roots).with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let sending = tokio::spawn(async move {
        let (socket, _) = listener.accept().await?;
        let mut stream = TlsAcceptor::from(Arc::new(server)).accept(socket).await?;
        let block = vec![5; WRITE_BYTES];
        for _ in 0..BYTES / WRITE_BYTES {
            stream.write_all(&block).await?;
        }
        stream.shutdown().await
    });
    let name = ServerName::try_from(name.to_string())?;
    let mut stream = TlsConnector::from(Arc::new(client))
        .connect(name, TcpStream::connect(address).await?)
        .await?;
    let mut block = vec![0; WRITE_BYTES];
    let (start, mut received) = (Instant::now(), 0);
    while received < BYTES {
        received += Some(stream.read(&mut block).await?)
            .filter(|read| *read > 0)
            .context("the stream ended early")?;
    }
    let took = start.elapsed();
    sending.await??;
    Ok(received as f64 / took.as_secs_f64())
}
