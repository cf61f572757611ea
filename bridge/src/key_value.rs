//! Key-value stores: the operations of guests, handed to the loop's hook and answered later by the C side.
//!
//! The interfaces that guests import are in key_value/: `wasi:keyvalue` in two drafts, `peko:keyvalue`, and
//! `peko:js/key-value` for scripts.

mod exports;
mod operation;
mod peko;
mod script;
mod wasi;

pub use operation::{Slot, Slots, Untaken};
pub use script::until_answered;

use crate::abi::*;
use crate::context::Context;
use operation::Operation;
use std::collections::HashMap;
use std::sync::Arc;
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
        // Made first: without a hook it ends here.
        let operation = Operation::new(context.outbound.shared.clone(), calls.untaken.clone());
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
        match operation.shared.key_value(context.outbound.token(), operation.id, &request) {
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
