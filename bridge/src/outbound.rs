//! Requests that guests send: the loop's hook gets the head, the C side pulls the body and pushes the response.

use crate::abi::*;
use crate::http::ErrorCode;
use crate::http::body_pipe::{BodyReader, Next};
use crate::http::body_queue::{BodyIn, BodyQueue, End};
use crate::http::error_code;
use crate::http::field_list::FieldList;
use crate::http::incoming_response::{FutureIncomingResponse, IncomingResponse, ResponseHead};
use crate::http::outgoing_request::Outbound;
use crate::http::request_options::RequestOptions;
use crate::waker::{LoopShared, TokenWaker};
use crate::{chunk, engine::Loop};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

type Answer = Result<ResponseHead, ErrorCode>;

/// One outbound request in flight.
struct Exchange {
    request: Mutex<RequestBody>,
    answer: Mutex<AnswerSlot>,
    response: Arc<BodyQueue>,
}

struct RequestBody {
    /// None: it has none, or nobody wants it any more.
    body: Option<BodyReader>,
    /// How it ended, once it has: PEKO_NEXT_END or PEKO_NEXT_ABORTED.
    end: Option<i32>,
    trailers: Option<Arc<FieldList>>,
    /// Of `trailers`, for the C side.
    views: Vec<PekoField>,
    wake: Option<(Arc<TokenWaker>, Waker)>,
}

// Safety: `views` points into `trailers`, which belongs to the same request.
unsafe impl Send for RequestBody {}

#[derive(Default)]
struct AnswerSlot {
    answer: Option<Answer>,
    answered: bool,
    waker: Option<Waker>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The outbound requests of a loop that the guest waits for, by id.
#[derive(Default)]
pub struct Exchanges {
    last: AtomicU64,
    map: Mutex<HashMap<u64, Arc<Exchange>>>,
}

impl Exchanges {
    fn next_id(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn add(&self, id: u64, exchange: Arc<Exchange>) {
        lock(&self.map).insert(id, exchange);
    }

    fn get(&self, id: u64) -> Option<Arc<Exchange>> {
        lock(&self.map).get(&id).cloned()
    }

    fn remove(&self, id: u64) -> Option<Arc<Exchange>> {
        lock(&self.map).remove(&id)
    }

    /// The guest no longer waits: tells the C side, unless it is through with `id` anyway. A guest that asks later what
    /// became of it reads that the connection was terminated.
    fn cancel(&self, shared: &LoopShared, id: u64) {
        if let Some(exchange) = self.remove(id) {
            shared.outbound_cancel(id);
            exchange.close()
        }
    }
}

/// What an instance has sent in the current call.
pub struct OutboundCalls {
    pub shared: Arc<LoopShared>,
    token: u64,
    max: u32,
    /// Requests that the guest has made in this call, refused ones included.
    pub made: u32,
    sent: Vec<(u64, Weak<BodyQueue>)>,
}

impl OutboundCalls {
    pub fn new(shared: &Arc<LoopShared>) -> Self {
        OutboundCalls { shared: shared.clone(), token: 0, max: 0, made: 0, sent: Vec::new() }
    }

    /// A call begins that may make `max` requests.
    pub fn begin(&mut self, token: u64, max: u32) {
        (self.token, self.max, self.made) = (token, max, 0);
    }

    /// Of the current call.
    pub fn token(&self) -> u64 {
        self.token
    }

    /// Hands `request` to the hook of the loop. One too many is refused.
    pub fn send(&mut self, mut request: Outbound, options: &RequestOptions) -> FutureIncomingResponse {
        self.made = self.made.saturating_add(1);
        if self.made > self.max {
            return FutureIncomingResponse::Refused(ErrorCode::ConnectionLimitReached);
        }
        let id = self.shared.exchanges.next_id();
        let exchange = Arc::new(Exchange {
            request: Mutex::new(RequestBody::new(request.body.take())),
            answer: Mutex::default(),
            response: Arc::new(BodyQueue::new(self.shared.clone(), OUTBOUND_TOKEN | id)),
        });
        self.shared.exchanges.add(id, exchange.clone());
        self.sent.push((id, Arc::downgrade(&exchange.response)));
        let mut views = Vec::new();
        request.fields.view(&mut views);
        views.insert(0, PekoField { name: PekoStr::of(b"host"), value: PekoStr::of(request.authority.as_bytes()) });
        let head = PekoOutboundHead {
            method: PekoStr::of(request.method_text().as_bytes()),
            uri: PekoStr::of(request.uri.as_bytes()),
            fields: views.as_ptr(),
            field_count: views.len(),
            connect_ns: options.connect.unwrap_or(0),
            first_byte_ns: options.first_byte.unwrap_or(0),
            between_bytes_ns: options.between_bytes.unwrap_or(0),
        };
        self.shared.outbound(self.token, id, &head);
        FutureIncomingResponse::Awaited(Awaited { exchange, waiting: Waiting { shared: self.shared.clone(), id } })
    }

    /// The call is over: the guest does not run any more, so nothing waits for what it has asked for.
    pub fn end_call(&mut self) {
        for (id, response) in self.sent.drain(..) {
            self.shared.exchanges.cancel(&self.shared, id);
            // One that is complete is not in flight any more.
            if let Some(unread) = response.upgrade() {
                unread.close();
            }
        }
    }
}

impl Drop for OutboundCalls {
    fn drop(&mut self) {
        self.end_call()
    }
}

/// Cancels when the guest drops what it waits with: first the future, then the response body.
pub struct Waiting {
    shared: Arc<LoopShared>,
    id: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.shared.exchanges.cancel(&self.shared, self.id)
    }
}

/// The guest's end of an outbound request.
pub struct Awaited {
    exchange: Arc<Exchange>,
    waiting: Waiting,
}

impl Awaited {
    pub fn poll_answered(&self, waker: &Waker) -> Poll<()> {
        let mut slot = lock(&self.exchange.answer);
        if slot.answered {
            return Poll::Ready(());
        }
        // Each poll may come with another waker; the last one counts.
        slot.waker = Some(waker.clone());
        Poll::Pending
    }

    /// The answer, once it is there.
    pub fn into_response(self) -> Result<IncomingResponse, ErrorCode> {
        let answer = lock(&self.exchange.answer).answer.take();
        let head = answer.unwrap_or(Err(ErrorCode::ConnectionTerminated))?;
        let body = BodyIn::new(self.exchange.response.clone(), Some(self.waiting));
        Ok(IncomingResponse::new(head, body))
    }
}

impl RequestBody {
    fn new(body: Option<BodyReader>) -> Self {
        RequestBody { body, end: None, trailers: None, views: Vec::new(), wake: None }
    }
}

impl Exchange {
    /// The next piece of the request body.
    fn next(&self, shared: &Arc<LoopShared>, token: u64, chunk: &mut PekoChunk) -> i32 {
        let mut request = lock(&self.request);
        let RequestBody { body, end, trailers, wake, .. } = &mut *request;
        if let Some(end) = end {
            return *end;
        }
        let Some(body) = body else { return NEXT_END };
        let (token_waker, waker) = wake.get_or_insert_with(|| {
            let wake = Arc::new(TokenWaker::new(shared.clone(), token));
            (wake.clone(), Waker::from(wake))
        });
        token_waker.reuse(token);
        match body.next(Some(waker)) {
            Next::Pending => NEXT_PENDING,
            Next::Data(data) => {
                chunk::fill(chunk, data);
                NEXT_DATA
            }
            Next::Trailers(list) => {
                *trailers = Some(list);
                *end = Some(NEXT_END);
                NEXT_TRAILERS
            }
            Next::Aborted => *end.insert(NEXT_ABORTED),
            Next::End => *end.insert(NEXT_END),
        }
    }

    /// False: it is answered already.
    fn answer(&self, answer: Answer) -> bool {
        let mut slot = lock(&self.answer);
        if std::mem::replace(&mut slot.answered, true) {
            return false;
        }
        slot.answer = Some(answer);
        let waker = slot.waker.take();
        drop(slot);
        if let Some(waker) = waker {
            waker.wake()
        }
        true
    }

    /// Nothing comes from the C side any more, and it takes nothing.
    fn close(&self) {
        self.answer(Err(ErrorCode::ConnectionTerminated));
        self.response.close();
        let body = lock(&self.request).body.take();
        drop(body)
    }
}

fn response_head(status: u32, fields: &[PekoField]) -> Answer {
    let status = u16::try_from(status).ok().filter(|status| (100..=999).contains(status));
    let mut list = FieldList::default();
    // Safety: peko_outbound_respond vouches for the strings.
    let filled = unsafe { list.fill(fields) };
    match (status, filled) {
        (Some(status), Ok(())) => Ok(ResponseHead { status, fields: Arc::new(list) }),
        _ => Err(ErrorCode::HttpProtocolError),
    }
}

/// The end of a complete body: with `fields`, if there are any.
///
/// # Safety
/// The strings of `fields` are readable.
unsafe fn complete_with(fields: &[PekoField]) -> End {
    let mut list = FieldList::default();
    // Safety: the caller vouches for the strings.
    match unsafe { list.fill(fields) } {
        Ok(()) if list.is_empty() => Ok(None),
        Ok(()) => Ok(Some(Arc::new(list))),
        Err(_) => Err(ErrorCode::HttpProtocolError),
    }
}

/// # Safety
/// `owner` is a live loop, `chunk` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_outbound_next(owner: *mut Loop, id: u64, token: u64, chunk: *mut PekoChunk) -> i32 {
    guard(NEXT_ABORTED, || {
        // Safety: the caller vouches for both.
        let (owner, chunk) = unsafe { (&*owner, &mut *chunk) };
        match owner.shared.exchanges.get(id) {
            Some(exchange) => exchange.next(&owner.shared, token, chunk),
            None => NEXT_ABORTED,
        }
    })
}

/// # Safety
/// `owner` is a live loop, `trailers` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_outbound_trailers(owner: *mut Loop, id: u64, trailers: *mut PekoResponseHead) {
    // Safety: the caller vouches for both.
    let (owner, trailers) = unsafe { (&*owner, &mut *trailers) };
    *trailers = PekoResponseHead { status: 0, field_count: 0, fields: std::ptr::null() };
    guard((), || {
        let Some(exchange) = owner.shared.exchanges.get(id) else { return };
        let mut request = lock(&exchange.request);
        let RequestBody { trailers: list, views, .. } = &mut *request;
        if let Some(list) = list {
            list.view(views);
            trailers.field_count = views.len() as u32;
            trailers.fields = views.as_ptr();
        }
    })
}

/// # Safety
/// `owner` is a live loop, `fields` has `count` readable entries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_outbound_respond(
    owner: *mut Loop,
    id: u64,
    status: u32,
    error: u32,
    fields: *const PekoField,
    count: usize,
) -> i32 {
    guard(1, || {
        // Safety: the caller vouches for the loop and the fields.
        let (exchanges, fields) = unsafe { ((*owner).exchanges(), slice(fields, count)) };
        let answer = match status {
            0 => Err(error_code::from_index(error)),
            status => response_head(status, fields),
        };
        // After an error nothing follows.
        let exchange = if answer.is_err() { exchanges.remove(id) } else { exchanges.get(id) };
        let waits = exchange.is_some_and(|exchange| exchange.answer(answer));
        if !waits {
            exchanges.remove(id);
        }
        i32::from(!waits)
    })
}

/// # Safety
/// `owner` is a live loop, `data` has `size` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_outbound_push(owner: *mut Loop, id: u64, data: *const u8, size: usize) -> usize {
    guard(usize::MAX, || {
        // Safety: the caller vouches for the loop and the bytes.
        let (exchanges, piece) = unsafe { ((*owner).exchanges(), slice(data, size)) };
        exchanges.get(id).and_then(|exchange| exchange.response.push(piece)).unwrap_or(usize::MAX)
    })
}

/// # Safety
/// `owner` is a live loop, `piece` is taken over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_outbound_push_lent(owner: *mut Loop, id: u64, piece: *const PekoLent) -> usize {
    guard(usize::MAX, || {
        // Safety: the caller vouches for both.
        let (exchanges, piece) = unsafe { ((*owner).exchanges(), chunk::take(piece)) };
        exchanges.get(id).and_then(|exchange| exchange.response.push_lent(piece)).unwrap_or(usize::MAX)
    })
}

/// # Safety
/// `owner` is a live loop, `trailers` has `count` readable entries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_outbound_push_end(
    owner: *mut Loop,
    id: u64,
    end: u32,
    trailers: *const PekoField,
    count: usize,
) {
    guard((), || {
        // Safety: the caller vouches for the loop and the fields.
        let (exchanges, trailers) = unsafe { ((*owner).exchanges(), slice(trailers, count)) };
        let Some(exchange) = exchanges.remove(id) else { return };
        // Without an answer there is no body to end: the guest gets the error.
        exchange.answer(Err(ErrorCode::HttpResponseIncomplete));
        exchange.response.end(match end {
            // Safety: the caller vouches for the strings.
            COMPLETE => unsafe { complete_with(trailers) },
            error => Err(error_code::from_index(error)),
        });
    })
}
