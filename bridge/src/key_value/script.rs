//! `peko:js/key-value`, for the engine that runs scripts (js/wit): operations that begin and are asked for later, so that
//! the rest of the script goes on in the meantime. It waits as it does for bodies (script.rs of the crate): by a request
//! to a host that does not exist, `OPERATION.key-value.peko.invalid`, which fails when the answer is there.

use super::peko::{Page, item_with, listing, stores};
use super::*;
use wasmtime::component::WasmList;

pub const NAME: &str = "peko:js/key-value@0.1.0";

const UNTIL_ANSWERED: &str = ".key-value.peko.invalid";

#[derive(ComponentType, Lower)]
#[component(record)]
struct Found {
    value: Vec<u8>,
    metadata: Option<String>,
}

type Begun = Result<u64, String>;

pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    let mut instance = linker.instance(NAME)?;
    instance.func_wrap("stores", stores)?;
    instance.func_wrap("get", |mut store: StoreContextMut<'_, Context>, (name, keys): (String, Vec<String>)| {
        let items = keys.iter().map(|key| item(key)).collect();
        Ok((begin(store.data_mut(), &name, Ok(Ask::of(KeyValueOp::Get, items))),))
    })?;
    instance.func_wrap("put", put)?;
    instance.func_wrap("delete", |mut store: StoreContextMut<'_, Context>, (name, key): (String, String)| {
        Ok((begin(store.data_mut(), &name, Ok(Ask::of(KeyValueOp::Delete, vec![item(&key)]))),))
    })?;
    instance.func_wrap(
        "list",
        |mut store: StoreContextMut<'_, Context>,
         (name, prefix, limit, cursor): (String, String, u32, Option<String>)| {
            Ok((begin(store.data_mut(), &name, Ok(listing(&prefix, limit, cursor.as_deref()))),))
        },
    )?;
    instance.func_wrap_async("take-entries", |store, (id,): (u64,)| {
        Box::new(async move { Ok((take(store, id).await.map(entries),)) })
    })?;
    instance.func_wrap_async("take-page", |store, (id,): (u64,)| {
        Box::new(async move { Ok((take(store, id).await.map(Page::from),)) })
    })?;
    instance.func_wrap_async("take-done", |store, (id,): (u64,)| {
        Box::new(async move { Ok((take(store, id).await.map(|_| ()),)) })
    })
}

type Put = (String, String, WasmList<u8>, Option<String>, Option<u64>);

fn put(mut store: StoreContextMut<'_, Context>, (name, key, value, metadata, expires): Put) -> Result<(Begun,)> {
    let item = item_with(&key, value.as_le_slice(&store), metadata.as_deref(), expires);
    let ask = item.map(|item| Ask::of(KeyValueOp::Set, vec![item]));
    Ok((begin(store.data_mut(), &name, ask),))
}

fn begin(context: &mut Context, store: &str, ask: Result<Ask, Failure>) -> Begun {
    let begun = ask.and_then(|ask| {
        let bucket = context.key_value.find(store)?;
        ask.start(context, &bucket)
    });
    let operation = begun.map_err(text)?;
    let id = operation.id;
    context.key_value.begun.insert(id, operation);
    Ok(id)
}

/// The answer of an operation, once: waits for it.
async fn take(mut store: StoreContextMut<'_, Context>, id: u64) -> Result<Answer, String> {
    match store.data_mut().key_value.begun.remove(&id) {
        Some(operation) => operation.await.map_err(text),
        None => Err("there is no such operation".into()),
    }
}

fn entries(answer: Answer) -> Vec<Option<Found>> {
    let found = |Entry { value, metadata, version, .. }| (version != 0).then_some(Found { value, metadata });
    answer.items.into_iter().map(found).collect()
}

fn text(failure: Failure) -> String {
    match failure {
        Failure::NoSuchStore => "there is no such store".into(),
        Failure::AccessDenied => "the store may not be used here".into(),
        Failure::Other(message) => message,
    }
}

/// What a request to `host` waits for, if it is one of these.
pub fn until_answered(context: &Context, host: &str) -> Option<Arc<Slot>> {
    let id = host.strip_suffix(UNTIL_ANSWERED)?.parse().ok()?;
    context.key_value.begun.get(&id).map(|operation| operation.slot.clone())
}
