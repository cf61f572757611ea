//! Requests that guests send: the loop's hook gets the head, the C side pulls the body and pushes the response.

use crate::abi::*;
use crate::body_in::{BodyIn, BodyQueue};
use crate::waker::{LoopShared, TokenWaker};
use crate::{chunk, engine::Loop, error_code, fields};
use futures_channel::oneshot;
use http::{HeaderMap, StatusCode, response};
use http_body::Body;
use http_body_util::BodyExt;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

type Residual = Box<dyn Future<Output = Result<(), Error>> + Send>;
pub type SendResult = Result<(http::Response<WasiBody>, Residual), Error>;
type Answer = Result<response::Parts, Error>;

/// One outbound request in flight.
struct Exchange {
    request: Mutex<RequestBody>,
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
    response: Arc<BodyQueue>,
}

struct RequestBody {
    body: WasiBody,
    /// How it ended, once it has: PEKO_NEXT_END or PEKO_NEXT_ABORTED.
    end: Option<i32>,
    wake: Option<(Arc<TokenWaker>, Waker)>,
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

    /// The guest no longer waits: tells the C side, unless it is through with `id` anyway.
    pub fn cancel(&self, shared: &LoopShared, id: u64) {
        if self.remove(id).is_some() {
            shared.outbound_cancel(id)
        }
    }
}

/// Cancels when the guest drops what it waits with: first the future, then the response body.
struct Waiting {
    shared: Arc<LoopShared>,
    id: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.shared.exchanges.cancel(&self.shared, self.id)
    }
}

/// Hands `request` to the hook of the loop. Returns its id and the response to come.
pub fn send(
    shared: &Arc<LoopShared>,
    token: u64,
    request: http::Request<WasiBody>,
    options: Option<RequestOptions>,
) -> (u64, Box<dyn Future<Output = SendResult> + Send>) {
    let (parts, body) = request.into_parts();
    let (answer, answered) = oneshot::channel();
    let id = shared.exchanges.next_id();
    let queue = Arc::new(BodyQueue::new(shared.clone(), OUTBOUND_TOKEN | id));
    let exchange = Exchange {
        request: Mutex::new(RequestBody { body, end: None, wake: None }),
        answer: Mutex::new(Some(answer)),
        response: queue.clone(),
    };
    shared.exchanges.add(id, Arc::new(exchange));
    let waiting = Waiting { shared: shared.clone(), id };
    announce(shared, token, id, &parts, options.unwrap_or_default());
    let response = async move {
        let parts = answered.await.map_err(|_| Error::ConnectionTerminated)??;
        let body = BodyIn::with_on_drop(queue, Box::new(move || drop(waiting)));
        let residual: Residual = Box::new(std::future::ready(Ok(())));
        Ok((http::Response::from_parts(parts, body.boxed_unsync()), residual))
    };
    (id, Box::new(response))
}

fn announce(shared: &LoopShared, token: u64, id: u64, parts: &http::request::Parts, options: RequestOptions) {
    let nanoseconds =
        |time: Option<Duration>| time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let uri = parts.uri.to_string();
    let mut views = Vec::with_capacity(parts.headers.len());
    fields::view(&parts.headers, &mut views);
    let head = PekoOutboundHead {
        method: PekoStr::of(parts.method.as_str().as_bytes()),
        uri: PekoStr::of(uri.as_bytes()),
        fields: views.as_ptr(),
        field_count: views.len(),
        connect_ns: nanoseconds(options.connect_timeout),
        first_byte_ns: nanoseconds(options.first_byte_timeout),
        between_bytes_ns: nanoseconds(options.between_bytes_timeout),
    };
    shared.outbound(token, id, &head);
}

impl Exchange {
    /// The next piece of the request body; trailers are left out.
    fn next(&self, shared: &Arc<LoopShared>, token: u64, chunk: &mut PekoChunk) -> i32 {
        let mut request = lock(&self.request);
        let RequestBody { body, end, wake } = &mut *request;
        if let Some(end) = end {
            return *end;
        }
        let (token_waker, waker) = wake.get_or_insert_with(|| {
            let wake = Arc::new(TokenWaker::new(shared.clone(), token));
            (wake.clone(), Waker::from(wake))
        });
        token_waker.reuse(token);
        let mut cx = Context::from_waker(waker);
        loop {
            match Pin::new(&mut *body).poll_frame(&mut cx) {
                Poll::Pending => return NEXT_PENDING,
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => {
                        chunk::fill(chunk, data);
                        return NEXT_DATA;
                    }
                    _ => continue,
                },
                Poll::Ready(Some(Err(_))) => return *end.insert(NEXT_ABORTED),
                Poll::Ready(None) => return *end.insert(NEXT_END),
            }
        }
    }

    /// False: the guest no longer waits.
    fn answer(&self, answer: Answer) -> bool {
        let sender = lock(&self.answer).take();
        sender.is_some_and(|sender| sender.send(answer).is_ok())
    }
}

fn response_parts(status: u32, fields: HeaderMap) -> Answer {
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let (mut parts, ()) = http::Response::new(()).into_parts();
    parts.status = status.ok_or(Error::HttpProtocolError)?;
    parts.headers = fields;
    Ok(parts)
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
        let (exchanges, fields) = unsafe { ((*owner).exchanges(), fields::to_map(slice(fields, count))) };
        let answer = match (status, fields) {
            (0, _) => Err(error_code::from_index(error)),
            (_, Err(_)) => Err(Error::HttpProtocolError),
            (status, Ok(fields)) => response_parts(status, fields),
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
        let (exchanges, trailers) = unsafe { ((*owner).exchanges(), fields::to_map(slice(trailers, count))) };
        let Some(exchange) = exchanges.remove(id) else { return };
        // Without an answer there is no body to end: the guest gets the error.
        exchange.answer(Err(Error::HttpResponseIncomplete));
        match (end, trailers) {
            (COMPLETE, Ok(trailers)) => exchange.response.finish((!trailers.is_empty()).then_some(trailers)),
            (COMPLETE, Err(_)) => exchange.response.fail(Error::HttpProtocolError),
            (error, _) => exchange.response.fail(error_code::from_index(error)),
        }
    })
}
