//! One request in flight, as the C side holds it.

mod exports;

use crate::abi::*;
use crate::engine::Loop;
use crate::http::ErrorCode;
use crate::http::body_pipe::Next;
use crate::http::body_queue::BodyQueue;
use crate::http::field_list::FieldList;
use crate::http::outgoing_response::{Response, ResponseSlot};
use crate::http::request_head::RequestHead;
use crate::instance::Instance;
use crate::run::Finished;
use crate::waker::TokenWaker;
use crate::{chunk, clock, outcome};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub struct Invocation {
    /// The call while it runs.
    future: Option<Pin<Box<dyn Future<Output = Finished> + Send>>>,
    /// The call once it is over.
    finished: Option<Finished>,
    /// An instance that was never started because the request's head was refused, and why.
    refused: Option<(Option<Box<Instance>>, String)>,
    panicked: bool,
    /// It only makes an instance, and answers nothing.
    prepares: bool,
    wake: Arc<TokenWaker>,
    waker: Waker,
    head: Arc<RequestHead>,
    slot: Arc<ResponseSlot>,
    response: Option<Response>,
    /// The error code that the guest set instead of a response.
    response_error: Option<ErrorCode>,
    /// How the body ended, once it has: PEKO_NEXT_END or PEKO_NEXT_ABORTED.
    body_end: Option<i32>,
    trailers: Option<Arc<FieldList>>,
    views: Vec<PekoField>,
    request_body: Option<Arc<BodyQueue>>,
    cpu_ns: u64,
    polls: u64,
}

// Safety: `views` points into `response` and `trailers`, which belong to the same invocation.
unsafe impl Send for Invocation {}

impl Invocation {
    /// A shell without a call, from the last one of the instance when nobody else holds its waker.
    fn shell(owner: &Loop, spare: Option<Box<Invocation>>, token: u64) -> Box<Self> {
        if let Some(spare) = spare.filter(|spare| Arc::ptr_eq(&spare.wake.shared, &owner.shared)) {
            spare.wake.reuse(token);
            return spare;
        }
        let wake = Arc::new(TokenWaker::new(owner.shared.clone(), token));
        Box::new(Invocation {
            future: None,
            finished: None,
            refused: None,
            panicked: false,
            prepares: false,
            waker: Waker::from(wake.clone()),
            wake,
            head: Arc::default(),
            slot: Arc::default(),
            response: None,
            response_error: None,
            body_end: None,
            trailers: None,
            views: Vec::new(),
            request_body: None,
            cpu_ns: 0,
            polls: 0,
        })
    }

    /// Empties it for the next call; None when a waker of this one is still around.
    fn into_spare(mut self: Box<Self>) -> Option<Box<Invocation>> {
        if Arc::strong_count(&self.wake) != 2 || Arc::strong_count(&self.slot) != 1 {
            return None;
        }
        self.views.clear();
        self.response = None;
        self.body_end = None;
        self.trailers = None;
        self.request_body = None;
        self.prepares = false;
        self.slot.set_instantiate_ns(0);
        (self.cpu_ns, self.polls) = (0, 0);
        Some(self)
    }

    fn poll(&mut self, slice_ns: u64) -> u32 {
        if let Some(future) = self.future.as_mut() {
            self.wake.arm();
            self.polls += 1;
            clock::begin(self.cpu_ns, slice_ns);
            let polled = future.as_mut().poll(&mut Context::from_waker(&self.waker));
            self.cpu_ns = clock::end();
            if let Poll::Ready(finished) = polled {
                self.future = None;
                self.finished = Some(finished);
            }
            self.take_head();
        }
        self.state()
    }

    fn take_head(&mut self) {
        if self.response.is_some() {
            return;
        }
        match self.slot.take() {
            Some(Ok(response)) => self.response = Some(response),
            Some(Err(error)) => self.response_error = Some(error),
            None => {}
        }
    }

    fn state(&self) -> u32 {
        let head = if self.response.is_some() { HEAD } else { 0 };
        let end = match &self.finished {
            _ if self.panicked || self.refused.is_some() => FAILED,
            None => 0,
            Some(finished) if finished.result.is_ok() && (self.response.is_some() || self.prepares) => DONE,
            Some(_) => FAILED,
        };
        head | end
    }

    fn next(&mut self, chunk: &mut PekoChunk) -> i32 {
        if let Some(end) = self.body_end {
            return end;
        }
        let over = self.future.is_none();
        let Some(response) = &self.response else { return if over { NEXT_ABORTED } else { NEXT_PENDING } };
        // Nobody needs to be woken: the guest writes only when it is polled, and whoever polls it comes back here.
        let end = match response.body.as_ref().map_or(Next::End, |body| body.next(None)) {
            Next::Data(data) => {
                chunk::fill(chunk, data);
                return NEXT_DATA;
            }
            Next::Trailers(trailers) => {
                self.trailers = Some(trailers);
                self.body_end = Some(NEXT_END);
                return NEXT_TRAILERS;
            }
            Next::Pending if !over => return NEXT_PENDING,
            // Nobody can write any more.
            Next::Pending | Next::Aborted => NEXT_ABORTED,
            Next::End => NEXT_END,
        };
        self.body_end = Some(end);
        end
    }

    /// Fills `stats` and takes the instance, whether or not it may serve another call.
    fn finish(&mut self, stats: &mut PekoStats) -> Option<Box<Instance>> {
        stats.cpu_ns = self.cpu_ns;
        stats.polls = self.polls;
        if let Some((instance, message)) = self.refused.take() {
            stats.outcome = Outcome::BadRequest as u32;
            stats.reusable = u32::from(instance.is_some());
            put_message(&mut stats.message, &message);
            return instance;
        }
        let Some(mut finished) = self.finished.take() else {
            let outcome = if self.panicked { Outcome::Panic } else { Outcome::Cancelled };
            stats.outcome = outcome as u32;
            put_message(&mut stats.message, if self.panicked { "a panic in the bridge" } else { "cancelled" });
            return None;
        };
        let uses = finished.instance.uses;
        let context = finished.instance.store.data_mut();
        stats.uses = uses;
        stats.memory_bytes = context.limiter.bytes();
        stats.memory_peak_bytes = context.limiter.peak();
        stats.yields = context.yields;
        stats.outbound = context.outbound.made;
        stats.key_value = context.key_value.made;
        stats.instantiated = u32::from(finished.instantiate_ns.is_some());
        stats.instantiate_ns = finished.instantiate_ns.unwrap_or(0);
        match (&finished.result, &self.response, self.response_error.take()) {
            (Err(error), _, _) => {
                stats.outcome = outcome::classify(error, context) as u32;
                put_message(&mut stats.message, &outcome::describe(error));
                stats.frame_count = outcome::frame_offsets(error, &mut stats.frames);
            }
            (Ok(()), Some(_), _) => {
                if let Some(response) = self.response.take() {
                    context.http.keep_response(response);
                }
                stats.reusable = u32::from(context.reusable());
            }
            (Ok(()), None, _) if self.prepares => stats.reusable = u32::from(context.reusable()),
            (Ok(()), None, Some(ErrorCode::InternalError(Some(thrown)))) if context.runs_script => {
                stats.outcome = outcome::of_exception(context) as u32;
                put_message(&mut stats.message, &thrown);
                stats.reusable = u32::from(context.reusable());
            }
            (Ok(()), None, error) => {
                stats.outcome = Outcome::NoResponse as u32;
                put_message(&mut stats.message, &outcome::without_response(error));
            }
        }
        Some(finished.instance)
    }
}
