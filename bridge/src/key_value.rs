//! Key-value stores: the operations of guests, handed to the loop's hook and answered later by the C side.
//!
//! The interfaces that guests import are in key_value/: `wasi:keyvalue` in two drafts, `peko:keyvalue`, and
//! `peko:js/key-value` for scripts.

mod peko;
mod script;
mod wasi;

pub use script::until_answered;

use crate::abi::*;
use crate::context::Context;
use crate::engine::Loop;
use crate::waker::LoopShared;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll, Waker};
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};

/// The store that every function has.
const DEFAULT: &str = "default";

/// The interfaces by their whole names: drafts match exactly.
pub fn names() -> impl Iterator<Item = &'static str> {
    wasi::NAMES.into_iter().chain([peko::NAME, script::NAME])
}

pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    wasi::add_to_linker(linker)?;
    peko::add_to_linker(linker)?;
    script::add_to_linker(linker)
}

/// What guests see of an error: wasi:keyvalue's variant, and that of peko:keyvalue.
#[derive(ComponentType, Lift, Lower, Clone, Debug)]
#[component(variant)]
pub enum Failure {
    #[component(name = "no-such-store")]
    NoSuchStore,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "other")]
    Other(String),
}

/// What the C side says of one entry.
pub struct Entry {
    key: String,
    value: Vec<u8>,
    metadata: Option<String>,
    expires: Option<u64>,
    /// 0: there is none.
    version: i64,
}

#[derive(Default)]
pub struct Answer {
    items: Vec<Entry>,
    cursor: Option<String>,
    number: i64,
}

type Answered = Result<Answer, Failure>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes of the answers of one instance that it has not taken.
#[derive(Clone, Default)]
pub struct Untaken(Arc<AtomicUsize>);

impl Untaken {
    /// More are refused. The largest answers have less than half of it.
    pub const BYTES_MAX: usize = 64 << 20;

    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// None: too many wait.
    pub fn reserve(&self, bytes: usize) -> Option<Room> {
        let fits = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= Self::BYTES_MAX);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Room { of: self.clone(), bytes })
    }
}

/// What an answer holds of Untaken, as long as it waits.
pub struct Room {
    of: Untaken,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.of.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Where the answer of one operation arrives. The operation takes it; who else has the slot only waits for it.
pub struct Slot {
    untaken: Untaken,
    state: Mutex<SlotState>,
}

#[derive(Default)]
struct SlotState {
    answer: Option<(Answered, Option<Room>)>,
    answered: bool,
    /// The operation is gone: nobody takes an answer.
    closed: bool,
    waker: Option<Waker>,
}

impl Slot {
    pub fn new(untaken: Untaken) -> Self {
        Slot { untaken, state: Mutex::default() }
    }

    pub fn poll_answered(&self, cx: &mut task::Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        if state.answered {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The answer, once.
    pub fn take(&self) -> Option<Answered> {
        lock(&self.state).answer.take().map(|(answer, _room)| answer)
    }

    /// Drops the answer, also one that is still to come.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let answer = state.answer.take();
        drop(state);
        drop(answer);
    }

    /// # Safety
    /// The strings of `answer` are readable.
    pub unsafe fn respond(&self, answer: &PekoKeyValueAnswer) {
        // Safety: the caller vouches for the strings, as below.
        let Some(room) = self.untaken.reserve(unsafe { bytes_of(answer) }) else {
            let max = Untaken::BYTES_MAX >> 20;
            let message = format!("more than {max} MB of answers wait: await some before you ask for more");
            return self.answer(Err(Failure::Other(message)), None);
        };
        self.answer(unsafe { answer_of(answer) }, Some(room))
    }

    fn answer(&self, answer: Answered, room: Option<Room>) {
        let mut state = lock(&self.state);
        state.answered = true;
        if !state.closed {
            state.answer = Some((answer, room));
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake()
        }
    }
}

/// The operations of a loop that are not answered yet, by id.
#[derive(Default)]
pub struct Slots {
    last: AtomicU64,
    map: Mutex<HashMap<u64, Arc<Slot>>>,
}

impl Slots {
    fn add(&self, slot: Arc<Slot>) -> u64 {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.map).insert(id, slot);
        id
    }

    fn take(&self, id: u64) -> Option<Arc<Slot>> {
        lock(&self.map).remove(&id)
    }
}

/// One operation: a future of its answer. The C side is told when it is dropped before.
pub struct Operation {
    shared: Arc<LoopShared>,
    id: u64,
    slot: Arc<Slot>,
}

impl Future for Operation {
    type Output = Answered;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Answered> {
        self.slot
            .poll_answered(cx)
            .map(|()| self.slot.take().unwrap_or_else(|| Err(Failure::Other("its answer was taken already".into()))))
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if self.shared.operations.take(self.id).is_some() {
            self.shared.key_value_cancel(self.id);
        }
        self.slot.close();
    }
}

/// What an instance may open, and how much it has done in the current call.
pub struct KeyValueCalls {
    stores: Arc<[String]>,
    max: u32,
    /// Operations in this call.
    pub made: u32,
    /// Those of scripts, which go on beside the guest.
    begun: HashMap<u64, Operation>,
    untaken: Untaken,
}

impl KeyValueCalls {
    pub fn new(stores: Arc<[String]>) -> Self {
        KeyValueCalls { stores, max: 0, made: 0, begun: HashMap::new(), untaken: Untaken::default() }
    }

    /// A call begins that may make `max` operations.
    pub fn begin(&mut self, max: u32) {
        (self.max, self.made) = (max, 0);
    }

    /// The call is over: nothing waits for what it has begun.
    pub fn end_call(&mut self) {
        self.begun.clear();
    }

    fn find(&self, store: &str) -> Result<Bucket, Failure> {
        match store == DEFAULT || self.stores.iter().any(|name| name == store) {
            true => Ok(Bucket { store: store.into() }),
            false => Err(Failure::NoSuchStore),
        }
    }
}

/// A store that a guest has opened.
#[derive(Clone)]
pub struct Bucket {
    store: Arc<str>,
}

/// An operation in the terms of the C side. Its strings point into the guest's memory or the caller's.
struct Ask {
    op: KeyValueOp,
    items: Vec<PekoKeyValueItem>,
    prefix: PekoStr,
    cursor: PekoStr,
    limit: u32,
    number: i64,
}

fn item(key: &str) -> PekoKeyValueItem {
    PekoKeyValueItem {
        key: PekoStr::of(key.as_bytes()),
        value: PekoStr::of(&[]),
        metadata: PekoStr::of(&[]),
        expires: 0,
        version: 0,
        has_metadata: 0,
    }
}

fn pair(key: &str, value: &[u8]) -> PekoKeyValueItem {
    PekoKeyValueItem { value: PekoStr::of(value), ..item(key) }
}

impl Ask {
    fn of(op: KeyValueOp, items: Vec<PekoKeyValueItem>) -> Self {
        Ask { op, items, prefix: PekoStr::of(&[]), cursor: PekoStr::of(&[]), limit: 0, number: 0 }
    }

    /// Hands it to the hook, which copies what it points to.
    fn start(self, context: &mut Context, bucket: &Bucket) -> Result<Operation, Failure> {
        let calls = &mut context.key_value;
        if calls.made >= calls.max {
            let max = calls.max;
            return Err(Failure::Other(format!("more than {max} key-value operations in one request")));
        }
        calls.made += 1;
        let shared = context.outbound.shared.clone();
        let slot = Arc::new(Slot::new(calls.untaken.clone()));
        let id = shared.operations.add(slot.clone());
        let request = PekoKeyValueRequest {
            store: PekoStr::of(bucket.store.as_bytes()),
            prefix: self.prefix,
            cursor: self.cursor,
            items: self.items.as_ptr(),
            item_count: self.items.len(),
            number: self.number,
            op: self.op as u32,
            limit: self.limit,
        };
        // Made first: without a hook it ends here.
        let operation = Operation { shared, id, slot };
        match operation.shared.key_value(context.outbound.token(), id, &request) {
            true => Ok(operation),
            false => Err(Failure::Other("this host has no key-value stores".into())),
        }
    }
}

fn bucket_of(store: &mut StoreContextMut<'_, Context>, bucket: &Resource<Bucket>) -> Result<Bucket> {
    Ok(store.data().table.get(bucket)?.clone())
}

/// `open` of each of the interfaces.
fn open(mut store: StoreContextMut<'_, Context>, (name,): (String,)) -> Result<(Result<Resource<Bucket>, Failure>,)> {
    let context = store.data_mut();
    Ok((match context.key_value.find(&name) {
        Ok(bucket) => Ok(context.table.push(bucket)?),
        Err(failure) => Err(failure),
    },))
}

/// The resource of a bucket, and of what else is kept in the table.
fn add_resource<T: Send + 'static>(
    instance: &mut wasmtime::component::LinkerInstance<'_, Context>,
    name: &str,
) -> Result<()> {
    instance.resource(name, ResourceType::host::<T>(), |mut store, rep| {
        store.data_mut().table.delete(Resource::<T>::new_own(rep))?;
        Ok(())
    })
}

/// Deletes one key, as all of the interfaces do.
async fn delete(
    mut store: StoreContextMut<'_, Context>,
    (bucket, key): (Resource<Bucket>, String),
) -> Result<(Result<(), Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let begun = Ask::of(KeyValueOp::Delete, vec![item(&key)]).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|_| ()),))
}

/// Waits for an operation that has begun, if it has.
async fn finish(begun: Result<Operation, Failure>) -> Answered {
    begun?.await
}

/// What answer_of makes of it takes so much memory.
///
/// # Safety
/// The items are readable.
unsafe fn bytes_of(answer: &PekoKeyValueAnswer) -> usize {
    // Safety: the caller vouches for the items.
    let items = unsafe { slice(answer.items, answer.item_count) }.iter();
    let strings = items.map(|item| item.key.size + item.value.size + item.metadata.size).sum::<usize>();
    strings + answer.cursor.size + answer.item_count * size_of::<Entry>()
}

/// # Safety
/// The strings of `items` and `cursor` are readable.
unsafe fn answer_of(answer: &PekoKeyValueAnswer) -> Answered {
    let text = |bytes: PekoStr| {
        // Safety: the caller vouches for the strings.
        String::from_utf8(unsafe { bytes.bytes() }.to_vec())
            .map_err(|_| Failure::Other("the store holds text that is not UTF-8".into()))
    };
    // Safety: as above.
    let items = unsafe { slice(answer.items, answer.item_count) }.iter().map(|item| {
        Ok(Entry {
            key: text(item.key)?,
            // Safety: as above.
            value: unsafe { item.value.bytes() }.to_vec(),
            metadata: (item.has_metadata != 0).then(|| text(item.metadata)).transpose()?,
            expires: u64::try_from(item.expires).ok().filter(|seconds| *seconds != 0),
            version: item.version,
        })
    });
    Ok(Answer {
        items: items.collect::<Result<_, Failure>>()?,
        cursor: (answer.has_cursor != 0).then(|| text(answer.cursor)).transpose()?,
        number: answer.number,
    })
}

/// # Safety
/// `owner` is a live loop, the answer's strings are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_key_value_respond(owner: *mut Loop, id: u64, answer: *const PekoKeyValueAnswer) {
    guard((), || {
        // Safety: the caller vouches for the loop.
        let slot = unsafe { &*owner }.shared.operations.take(id);
        if let Some(slot) = slot {
            // Safety: the caller vouches for the answer.
            unsafe { slot.respond(&*answer) }
        }
    })
}

/// # Safety
/// `owner` is a live loop, `message` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_key_value_fail(owner: *mut Loop, id: u64, failure: u32, message: PekoStr) {
    guard((), || {
        // Safety: the caller vouches for the loop.
        let slot = unsafe { &*owner }.shared.operations.take(id);
        if let Some(slot) = slot {
            let failure = match failure {
                KEY_VALUE_NO_SUCH_STORE => Failure::NoSuchStore,
                KEY_VALUE_ACCESS_DENIED => Failure::AccessDenied,
                // Safety: the caller vouches for the message.
                _ => Failure::Other(String::from_utf8_lossy(unsafe { message.bytes() }).into_owned()),
            };
            slot.answer(Err(failure), None)
        }
    })
}
