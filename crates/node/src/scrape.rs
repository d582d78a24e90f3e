//! The address on which Prometheus reads the metrics: plain HTTP, one page, for the machine itself or an inner network. It
//! has limits of its own, so that whoever reads it holds nothing up.

use crate::metrics::Metrics;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

/// Readers at once; more wait outside.
const READERS_MAX: usize = 32;
/// How long a reader may take to say what it wants.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a reader may take, from the first byte to the last.
const READER_TIMEOUT: Duration = Duration::from_secs(15);
/// Wait after an error of accepting: descriptors are short, and come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// Largest head of a request.
const REQUEST_BYTES_MAX: usize = 16 * 1_024;
/// The text form of OpenMetrics.
const FORM: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The one page.
const PAGE: &str = "/metrics";

/// Answers readers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, metrics: Arc<Metrics>) {
    let room = Arc::new(Semaphore::new(READERS_MAX));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let metrics = Arc::clone(&metrics);
        tokio::spawn(async move {
            // A reader that is too slow or goes away is no fault of ours.
            let _ = timeout(READER_TIMEOUT, answer(stream, metrics)).await;
            drop(permit);
        });
    }
}

/// Answers one request of one reader.
async fn answer(stream: TcpStream, metrics: Arc<Metrics>) -> Result<(), hyper::Error> {
    let service = service_fn(move |request| {
        let metrics = Arc::clone(&metrics);
        async move { Ok::<_, Infallible>(page(&request, &metrics).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        .max_buf_size(REQUEST_BYTES_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

async fn page(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "expected GET\n");
    }
    if request.uri().path() != PAGE {
        return plain(StatusCode::NOT_FOUND, "expected /metrics\n");
    }
    match metrics.text().await {
        Ok(text) => {
            let mut response = Response::new(Full::from(text));
            let form = header::HeaderValue::from_static(FORM);
            response.headers_mut().insert(header::CONTENT_TYPE, form);
            response
        }
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "no metrics\n"),
    }
}

fn plain(code: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = code;
    response
}
