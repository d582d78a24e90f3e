//! The gate: every call passes here before a byte of its message is read. It asks the table who may call what. No service decides that
//! for itself.

use crate::{
    permission::{READS, allow, by_path},
    reads::Trace,
    refusal::{NotYou, Refusal},
    role::Caller,
    services::caller::Holder,
    shared::Shared,
};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tonic::{Request, Status, body::Body};
use tower_layer::Layer;
use tower_service::Service;

/// Puts a [`Gate`] before the services.
#[derive(Clone)]
pub(crate) struct GateLayer(pub(crate) Arc<Shared>);

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate {
            inner,
            shared: Arc::clone(&self.0),
        }
    }
}

/// Lets calls through that the table allows.
#[derive(Clone)]
pub(crate) struct Gate<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Gate<S> {
    /// Whether the call is allowed.
    fn allow(&self, request: &http::Request<Body>) -> Result<(), NotYou> {
        let roster = &self.shared.roster;
        let holder = request.extensions().get::<Holder>();
        let holder = holder.ok_or_else(|| NotYou::NoRole {
            federation: roster.federation.clone(),
        })?;
        let method = by_path(request.uri().path());
        let caller = Caller {
            role: holder.role,
            duties: holder.duties,
        };
        allow(method, caller, roster, &self.shared.origin)
    }
}

impl<S> Service<http::Request<Body>> for Gate<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match self.allow(&request) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(refused) => {
                let trace = trace(&request);
                Box::pin(refuse(Arc::clone(&self.shared), refused, trace))
            }
        }
    }
}

/// What is known of a refused call, if it would have read personal data and its caller has a role.
fn trace(request: &http::Request<Body>) -> Option<Trace> {
    let method = by_path(request.uri().path()).filter(|method| READS.contains(&method.name))?;
    let holder = request.extensions().get::<Holder>()?;
    Some(Trace::begun(holder.clone(), method.name))
}

/// Refuses a call; where it would have read personal data, that it was tried is written down.
async fn refuse<E>(
    shared: Arc<Shared>,
    refused: NotYou,
    trace: Option<Trace>,
) -> Result<http::Response<Body>, E> {
    if let Some(trace) = trace {
        shared.reads.refused(trace, refused.code().name()).await;
    }
    Ok(Status::from(refused).into_http())
}

/// Who calls, as the gate has told.
///
/// # Errors
/// A bug of ours: a call that did not pass the gate.
pub(crate) fn holder_of<T>(request: &Request<T>) -> Result<&Holder, Status> {
    let holder = request.extensions().get::<Holder>();
    holder.ok_or_else(|| Refusal::Broken("a call came past the gate").into())
}
