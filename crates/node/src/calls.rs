//! Every call passes here on its way in and out, and is counted when it ends: by its trailers, or because nobody waits any
//! more. Nothing is decided here.

use crate::{
    role::Role,
    tally::{Ended, Tally, method},
};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};
use tokio::time::Instant;
use tonic::{Code, Status, body::Body};
use tower_layer::Layer;
use tower_service::Service;
use yizhang_wire::deadline::SERVICE_TIMEOUT;

/// The caller of a call, written down by whoever reads its certificate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller(Arc<OnceLock<Role>>);

impl Caller {
    /// Writes down who calls.
    pub(crate) fn is(&self, role: Role) {
        // A certificate says the same whenever it is read.
        let _ = self.0.set(role);
    }
}

/// Puts [`Calls`] around the services.
#[derive(Clone)]
pub(crate) struct CallsLayer(pub(crate) Arc<Tally>);

impl<S> Layer<S> for CallsLayer {
    type Service = Calls<S>;

    fn layer(&self, inner: S) -> Calls<S> {
        Calls {
            inner,
            tally: Arc::clone(&self.0),
        }
    }
}

/// Counts the calls of the services inside.
#[derive(Clone)]
pub(crate) struct Calls<S> {
    inner: S,
    tally: Arc<Tally>,
}

impl<S> Service<http::Request<Body>> for Calls<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<CountedBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let caller = Caller::default();
        let mut call = Call {
            tally: Arc::clone(&self.tally),
            method: method(request.uri().path()),
            caller: caller.clone(),
            began: Instant::now(),
            has_answered: false,
            code: None,
        };
        request.extensions_mut().insert(caller);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?;
            call.has_answered = true;
            // A refusal has its status in front, as there is nothing else in it.
            call.code = code(response.headers());
            Ok(response.map(|body| CountedBody { body, call }))
        })
    }
}

/// A call under way. It is counted when it is dropped.
struct Call {
    tally: Arc<Tally>,
    method: &'static str,
    caller: Caller,
    began: Instant,
    /// Whether the service has begun to answer; from then on only the caller ends a call early.
    has_answered: bool,
    code: Option<Code>,
}

impl Call {
    /// How a call ended that has no code: its service panicked, this node gave up waiting for the service, or nobody
    /// waited for the end.
    fn broken_off(&self) -> Code {
        if std::thread::panicking() {
            Code::Internal
        } else if !self.has_answered && self.began.elapsed() >= SERVICE_TIMEOUT {
            Code::DeadlineExceeded
        } else {
            Code::Cancelled
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.tally.ended(Ended {
            method: self.method,
            caller: self.caller.0.get().copied(),
            code: self.code.unwrap_or_else(|| self.broken_off()),
            took: self.began.elapsed(),
        });
    }
}

/// The body of an answer, whose trailers say how the call ended.
pub(crate) struct CountedBody {
    body: Body,
    call: Call,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(trailers) = frame.trailers_ref()
        {
            self.call.code = code(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How a call ended, as gRPC says it in headers or trailers.
fn code(headers: &http::HeaderMap) -> Option<Code> {
    let status = headers.get("grpc-status")?;
    Some(Code::from_bytes(status.as_bytes()))
}
