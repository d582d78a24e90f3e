//! Requests while they are being received: a message counts on the account of whoever sends it until its last byte is there,
//! and that has its time.

use crate::{budget::Charge, refusal::Refusal};
use bytes::{Buf as _, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Status, body::Body};

/// How long one message may take from its first byte to its last: 4 MiB at 1 Mbit/s take 34 seconds. Where a call has one message,
/// that is from its head to its end, or a call of which nothing comes would be under way for ever.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// The methods that are called with a stream of messages, which come when there is something to send.
const STREAMS: [&str; 2] = [
    "/yizhang.v1.Submission/SubmitStream",
    "/yizhang.v1.Bundles/Import",
];
/// Bytes in front of each message of gRPC: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// What a method is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Messages {
    One,
    Stream,
}

impl Messages {
    pub(crate) fn of(path: &str) -> Self {
        if STREAMS.contains(&path) {
            Self::Stream
        } else {
            Self::One
        }
    }
}

/// A request body whose messages have to come to their end in time, and which counts until then.
pub(crate) struct Receiving {
    body: Body,
    charge: Charge,
    messages: Messages,
    message: Unfinished,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Receiving {
    pub(crate) fn new(body: Body, charge: Charge, messages: Messages) -> Self {
        Self {
            body,
            charge,
            messages,
            message: Unfinished::default(),
            deadline: match messages {
                Messages::One => Some(from_now()),
                Messages::Stream => None,
            },
        }
    }

    /// Counts what has come. The deadline of a message of a stream begins with its first byte.
    fn take(&mut self, data: &Bytes) -> Result<(), Refusal> {
        let began_anew = self.message.feed(data.clone());
        let held = self.message.held();
        if self.messages == Messages::Stream {
            self.move_deadline(began_anew, held);
        }
        let what = "bytes of messages that have no end yet";
        let held = self.charge.hold(held);
        held.map_err(|_| Refusal::Busy { what })
    }

    fn move_deadline(&mut self, began_anew: bool, held: usize) {
        // One that has passed although something has come was not waited for: the service was busy with earlier messages.
        let is_waited_for = self
            .deadline
            .as_ref()
            .is_some_and(|deadline| !deadline.is_elapsed());
        if held == 0 {
            self.deadline = None;
        } else if began_anew || !is_waited_for {
            self.deadline = Some(from_now());
        }
    }
}

fn from_now() -> Pin<Box<Sleep>> {
    Box::pin(sleep_until(Instant::now() + MESSAGE_TIMEOUT))
}

impl HttpBody for Receiving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            let data = match &frame {
                Some(Ok(frame)) => frame.data_ref(),
                Some(Err(_)) | None => None,
            };
            let counted = data.map_or(Ok(()), |data| this.take(data));
            return match counted {
                Ok(()) => Poll::Ready(frame),
                Err(refusal) => Poll::Ready(Some(Err(refusal.into()))),
            };
        }
        let Some(deadline) = &mut this.deadline else {
            return Poll::Pending;
        };
        ready!(deadline.as_mut().poll(context));
        let seconds = MESSAGE_TIMEOUT.as_secs();
        Poll::Ready(Some(Err(Refusal::Late { seconds }.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The message of a stream of messages that has not come to its end yet.
#[derive(Debug, Default)]
struct Unfinished {
    prefix: Vec<u8>,
    /// Bytes of the message itself that have come.
    come: usize,
}

impl Unfinished {
    /// Goes through what has come. Returns whether a message came to its end in it.
    fn feed(&mut self, mut data: Bytes) -> bool {
        let mut has_ended = false;
        while !data.is_empty() {
            let missing = PREFIX_BYTES - self.prefix.len();
            let front = data.split_to(missing.min(data.len()));
            self.prefix.extend_from_slice(&front);
            let Some(length) = self.length() else {
                continue;
            };
            let rest = (length - self.come).min(data.len());
            data.advance(rest);
            self.come += rest;
            if self.come == length {
                *self = Self::default();
                has_ended = true;
            }
        }
        has_ended
    }

    /// The length of the message, if its prefix is there.
    fn length(&self) -> Option<usize> {
        let [_, length @ ..]: [u8; PREFIX_BYTES] = self.prefix.as_slice().try_into().ok()?;
        let length = usize::try_from(u32::from_be_bytes(length));
        Some(length.expect("an address has at least 32 bits"))
    }

    /// Bytes that have come of it.
    fn held(&self) -> usize {
        self.prefix.len() + self.come
    }
}

#[cfg(test)]
mod tests;
