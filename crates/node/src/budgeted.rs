//! Every call is carried by a connection that has a seat, and what it makes the node hold is counted on the account of whoever
//! calls: its message while it is being received, its answer until it is read. Whoever has used up his share is refused
//! before any work is done for him.

use crate::{
    accepting::Connection,
    budget::{self, Budget, Charge},
    calls::Caller,
    receiving::{Messages, Receiving},
    refusal::Refusal,
    seats::{Calling, Seat},
};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{task::AbortHandle, time::sleep};
use tonic::{Status, body::Body};
use tower_layer::Layer;
use tower_service::Service;
use yizhang_wire::deadline::LOOKUP_TIMEOUT;

/// How long an answer may wait to be read: as long as any caller waits for it. Then its connection ends.
const ANSWER_TIMEOUT: Duration = LOOKUP_TIMEOUT;
/// Answers up to this size fit into what the system holds for a connection, and need nobody who watches them.
const WATCHED_BYTES_MIN: usize = 64 * 1_024;

/// Methods that answer with one message, which stands in memory as a whole.
const WHOLE_ANSWERS: [&str; 5] = [
    "/yizhang.v1.Account/Statement",
    "/yizhang.v1.Account/Lookup",
    "/yizhang.v1.Pseudonyms/OfNumbers",
    "/yizhang.v1.Ledger/Status",
    "/yizhang.v1.Submission/Submit",
];

/// What is held for callers.
pub(crate) struct Budgets {
    pub(crate) requests: Arc<Budget>,
    pub(crate) answers: Arc<Budget>,
}

impl Budgets {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            requests: Budget::new(budget::requests),
            answers: Budget::new(budget::answers),
        })
    }

    /// Each with the name that metrics give it.
    pub(crate) fn each(&self) -> [(&'static str, &Budget); 2] {
        [("requests", &self.requests), ("answers", &self.answers)]
    }
}

/// Puts [`Budgeted`] around the services.
#[derive(Clone)]
pub(crate) struct BudgetedLayer(pub(crate) Arc<Budgets>);

impl<S> Layer<S> for BudgetedLayer {
    type Service = Budgeted<S>;

    fn layer(&self, inner: S) -> Budgeted<S> {
        Budgeted {
            inner,
            budgets: Arc::clone(&self.0),
        }
    }
}

/// Holds the calls of the services inside to what their callers may use.
#[derive(Clone)]
pub(crate) struct Budgeted<S> {
    inner: S,
    budgets: Arc<Budgets>,
}

impl<S> Service<http::Request<Body>> for Budgeted<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let Some(connection) = request.extensions_mut().remove::<Connection>() else {
            let refusal = Refusal::Broken("a call came without a connection");
            return Box::pin(async move { Ok(Status::from(refusal).into_http()) });
        };
        // Where tonic and the services look for the certificate.
        request.extensions_mut().insert(connection.tls);
        if let Some(holder) = connection.holder {
            if let Some(caller) = request.extensions().get::<Caller>() {
                caller.is(holder.role);
            }
            request.extensions_mut().insert(holder);
        }
        let party = connection.seat.party();
        let Ok(calling) = connection.seat.call() else {
            let what = "calls are under way";
            return Box::pin(async move { Ok(Status::from(Refusal::Busy { what }).into_http()) });
        };
        let mut answer = Answer {
            calling,
            charge: self.budgets.answers.charge(party),
            watch: None,
        };
        let is_whole = WHOLE_ANSWERS.contains(&request.uri().path());
        if is_whole && answer.charge.hold(1).is_err() {
            return Box::pin(async { Ok(unread().into_http()) });
        }
        request.extensions_mut().insert(party.clone());
        let receiving = self.budgets.requests.charge(party);
        let messages = Messages::of(request.uri().path());
        let request = request.map(|body| Body::new(Receiving::new(body, receiving, messages)));
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?;
            if is_whole {
                Ok(answer.whole(response).await)
            } else {
                Ok(response.map(|body| answer.body(body, None)))
            }
        })
    }
}

fn unread() -> Status {
    let what = "answers that wait to be read";
    Refusal::Busy { what }.into()
}

/// The answer of a call: what of it is held, and for how long.
struct Answer {
    calling: Calling,
    charge: Charge,
    watch: Option<Watch>,
}

impl Answer {
    /// Takes the one message of an answer out of the service, so that it is counted whether or not anybody reads it.
    async fn whole(mut self, response: http::Response<Body>) -> http::Response<Body> {
        let (head, mut body) = response.into_parts();
        let first = body.frame().await;
        let bytes = match &first {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => 0,
        };
        if self.charge.hold(bytes).is_err() {
            return unread().into_http();
        }
        if bytes >= WATCHED_BYTES_MIN {
            self.watch = Some(Watch::start(self.calling.seat().clone()));
        }
        http::Response::from_parts(head, self.body(body, first))
    }

    fn body(self, body: Body, first: Option<Result<Frame<Bytes>, Status>>) -> Body {
        Body::new(Read {
            body,
            first,
            answer: self,
        })
    }
}

/// Ends a connection whose answer is not read in time.
struct Watch(AbortHandle);

impl Watch {
    fn start(seat: Seat) -> Self {
        let watch = tokio::spawn(async move {
            sleep(ANSWER_TIMEOUT).await;
            seat.end();
        });
        Self(watch.abort_handle())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The body of an answer. A frame of it counts until the next one is asked for: the one before is on its way by then.
struct Read {
    body: Body,
    first: Option<Result<Frame<Bytes>, Status>>,
    answer: Answer,
}

impl HttpBody for Read {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        self.answer.watch = None;
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => 0,
        };
        // Streams are bounded by the seats of their readers: what they hold is counted and never refused.
        let _ = self.answer.charge.hold(bytes);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.first {
            Some(_) => SizeHint::default(),
            None => self.body.size_hint(),
        }
    }
}
