//! One request to the provider and its answer, over a connection of its own, with a limit of time and of size. It follows no redirection.

use super::{Address, ProviderFault};
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

/// How long an answer may take, from the name of the host on: somebody waits before a page that says nothing.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer: a description has some 5 KiB, a set of keys less than 64 (nodes read no larger one), a token 3.
const BODY_BYTES_MAX: usize = 64 * 1_024;
/// Largest head of an answer.
const HEAD_BYTES_MAX: usize = 32 * 1_024;

/// What speaks to the provider.
pub(super) struct Caller {
    /// None where the provider is this machine's.
    tls: Option<TlsConnector>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Caller {
    /// To a provider, whose certificate one of these authorities has signed.
    pub(super) fn new(issuer: &Address, authorities_pem: &[u8]) -> Result<Self, ProviderFault> {
        if !issuer.is_secure() {
            return Ok(Self { tls: None });
        }
        let read = CertificateDer::pem_slice_iter(authorities_pem).filter_map(Result::ok);
        let mut authorities = RootCertStore::empty();
        // A system's file may have some that this library does not know how to read.
        let (added, _) = authorities.add_parsable_certificates(read);
        if added == 0 {
            return Err(ProviderFault::NoAuthority);
        }
        let config = ClientConfig::builder()
            .with_root_certificates(authorities)
            .with_no_client_auth();
        Ok(Self {
            tls: Some(TlsConnector::from(Arc::new(config))),
        })
    }

    pub(super) async fn get(&self, address: &Address) -> Result<Answer, ProviderFault> {
        let request = Request::get(address.path()).body(Body::empty());
        self.exchange(address, request).await
    }

    /// Sends a form, with what the client shows for being it.
    pub(super) async fn post(
        &self,
        address: &Address,
        form: String,
        authorization: Option<String>,
    ) -> Result<Answer, ProviderFault> {
        let mut request = Request::post(address.path())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONTENT_LENGTH, form.len());
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        self.exchange(address, request.body(Body::from(form))).await
    }

    async fn exchange(
        &self,
        address: &Address,
        request: Result<Request<Body>, axum::http::Error>,
    ) -> Result<Answer, ProviderFault> {
        let mut request = request.map_err(|_| ProviderFault::Endpoint)?;
        let fixed = [
            (header::HOST, address.authority()),
            (header::ACCEPT, "application/json"),
            (header::CONNECTION, "close"),
        ];
        for (name, value) in fixed {
            let value = value.parse().map_err(|_| ProviderFault::Endpoint)?;
            request.headers_mut().insert(name, value);
        }
        let answered = timeout(ANSWER_TIMEOUT, self.connected(address, request)).await;
        answered.unwrap_or(Err(ProviderFault::Late))
    }

    async fn connected(
        &self,
        address: &Address,
        request: Request<Body>,
    ) -> Result<Answer, ProviderFault> {
        let stream = TcpStream::connect((address.host(), address.port())).await?;
        if !address.is_secure() {
            return sent(stream, request).await;
        }
        let tls = self.tls.as_ref().ok_or(ProviderFault::NoAuthority)?;
        let name = ServerName::try_from(address.host().to_string());
        let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        sent(tls.connect(name, stream).await?, request).await
    }
}

/// Sends a request over a fresh connection, and reads the answer to its end.
async fn sent<S>(stream: S, request: Request<Body>) -> Result<Answer, ProviderFault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await?;
    let answer = async move {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), BODY_BYTES_MAX).await;
        let body = body.map_err(|_| ProviderFault::Body)?.to_vec();
        Ok(Answer { status, body })
    };
    // The answer takes the sender with it; then the connection has nothing more to do, and how it ends is no matter.
    let (answer, _) = tokio::join!(answer, connection);
    answer
}
