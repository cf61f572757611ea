//! `wasi:keyvalue`, which has no final version: the two drafts that guests import, over the same entries.

use super::*;
use wasmtime::component::{LinkerInstance, WasmList};

pub const NAMES: [&str; 6] = [
    "wasi:keyvalue/store@0.2.0-draft",
    "wasi:keyvalue/atomics@0.2.0-draft",
    "wasi:keyvalue/batch@0.2.0-draft",
    "wasi:keyvalue/store@0.2.0-draft2",
    "wasi:keyvalue/atomics@0.2.0-draft2",
    "wasi:keyvalue/batch@0.2.0-draft2",
];

/// Of one answer of list-keys.
const KEYS_MAX: u32 = 1000;

/// A compare-and-swap that is under way: what the guest has seen of a key.
struct Cas {
    bucket: Bucket,
    key: String,
    version: i64,
}

#[derive(ComponentType, Lower)]
#[component(variant)]
enum CasFailure {
    #[component(name = "store-error")]
    Store(Failure),
    #[component(name = "cas-failed")]
    Cas(Resource<Cas>),
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct KeysByNumber {
    keys: Vec<String>,
    cursor: Option<u64>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct KeysByText {
    keys: Vec<String>,
    cursor: Option<String>,
}

type Pair = (String, WasmList<u8>);

pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    let [store1, atomics1, batch1, store2, atomics2, batch2] = NAMES;
    let mut store = linker.instance(store1)?;
    add_store(&mut store)?;
    store.func_wrap_async("[method]bucket.list-keys", |store, params| Box::new(keys_by_number(store, params)))?;
    let mut store = linker.instance(store2)?;
    add_store(&mut store)?;
    store.func_wrap_async("[method]bucket.list-keys", |store, params| Box::new(keys_by_text(store, params)))?;
    linker
        .instance(atomics1)?
        .func_wrap_async("increment", |store, params| Box::new(increment_unsigned(store, params)))?;
    let mut atomics = linker.instance(atomics2)?;
    add_resource::<Cas>(&mut atomics, "cas")?;
    atomics.func_wrap_async("[static]cas.new", |store, params| Box::new(cas_new(store, params)))?;
    atomics.func_wrap_async("[method]cas.current", |store, params| Box::new(cas_current(store, params)))?;
    atomics.func_wrap_async("increment", |store, params| Box::new(increment(store, params)))?;
    atomics.func_wrap_async("swap", |store, params| Box::new(swap(store, params)))?;
    for batch in [batch1, batch2] {
        let mut batch = linker.instance(batch)?;
        batch.func_wrap_async("get-many", |store, params| Box::new(get_many(store, params)))?;
        batch.func_wrap_async("set-many", |store, params| Box::new(set_many(store, params)))?;
        batch.func_wrap_async("delete-many", |store, params| Box::new(delete_many(store, params)))?;
    }
    Ok(())
}

fn add_store(instance: &mut LinkerInstance<'_, Context>) -> Result<()> {
    add_resource::<Bucket>(instance, "bucket")?;
    instance.func_wrap("open", open)?;
    instance.func_wrap_async("[method]bucket.get", |store, params| Box::new(get(store, params)))?;
    instance.func_wrap_async("[method]bucket.set", |store, params| Box::new(set(store, params)))?;
    instance.func_wrap_async("[method]bucket.delete", |store, params| Box::new(delete(store, params)))?;
    instance.func_wrap_async("[method]bucket.exists", |store, params| Box::new(exists(store, params)))
}

async fn get(
    mut store: StoreContextMut<'_, Context>,
    (bucket, key): (Resource<Bucket>, String),
) -> Result<(Result<Option<Vec<u8>>, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let begun = Ask::of(KeyValueOp::Get, vec![item(&key)]).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|answer| value_of(answer).0),))
}

/// The value and the version of the one entry that was asked for.
fn value_of(answer: Answer) -> (Option<Vec<u8>>, i64) {
    match answer.items.into_iter().next() {
        Some(entry) if entry.version != 0 => (Some(entry.value), entry.version),
        _ => (None, 0),
    }
}

async fn set(
    mut store: StoreContextMut<'_, Context>,
    (bucket, key, value): (Resource<Bucket>, String, WasmList<u8>),
) -> Result<(Result<(), Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let items = vec![pair(&key, value.as_le_slice(&store))];
    let begun = Ask::of(KeyValueOp::Set, items).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|_| ()),))
}

async fn exists(
    mut store: StoreContextMut<'_, Context>,
    (bucket, key): (Resource<Bucket>, String),
) -> Result<(Result<bool, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let begun = Ask::of(KeyValueOp::Exists, vec![item(&key)]).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|answer| answer.items.iter().any(|entry| entry.version != 0)),))
}

fn keys_of(answer: Answer) -> Vec<String> {
    answer.items.into_iter().map(|entry| entry.key).collect()
}

/// The first draft's cursor is a number: its pages are in the order of the store's rows.
async fn keys_by_number(
    mut store: StoreContextMut<'_, Context>,
    (bucket, cursor): (Resource<Bucket>, Option<u64>),
) -> Result<(Result<KeysByNumber, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let Ok(number) = i64::try_from(cursor.unwrap_or(0)) else {
        return Ok((Err(Failure::Other("the cursor is none that list-keys has given".into())),));
    };
    let ask = Ask { limit: KEYS_MAX, number, ..Ask::of(KeyValueOp::ListByRow, vec![]) };
    let begun = ask.start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|answer| {
        let cursor = u64::try_from(answer.number).ok().filter(|number| *number != 0);
        KeysByNumber { keys: keys_of(answer), cursor }
    }),))
}

async fn keys_by_text(
    mut store: StoreContextMut<'_, Context>,
    (bucket, cursor): (Resource<Bucket>, Option<String>),
) -> Result<(Result<KeysByText, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let cursor = cursor.unwrap_or_default();
    let ask = Ask { limit: KEYS_MAX, cursor: PekoStr::of(cursor.as_bytes()), ..Ask::of(KeyValueOp::List, vec![]) };
    let begun = ask.start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|mut answer| {
        let cursor = answer.cursor.take();
        KeysByText { keys: keys_of(answer), cursor }
    }),))
}

async fn increment(
    mut store: StoreContextMut<'_, Context>,
    (bucket, key, delta): (Resource<Bucket>, String, i64),
) -> Result<(Result<i64, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let ask = Ask { number: delta, ..Ask::of(KeyValueOp::Increment, vec![item(&key)]) };
    let begun = ask.start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|answer| answer.number),))
}

/// The first draft counts without a sign.
async fn increment_unsigned(
    store: StoreContextMut<'_, Context>,
    (bucket, key, delta): (Resource<Bucket>, String, u64),
) -> Result<(Result<u64, Failure>,)> {
    let Ok(delta) = i64::try_from(delta) else {
        return Ok((Err(Failure::Other("the delta does not fit into 63 bits: nothing was changed".into())),));
    };
    let (sum,) = increment(store, (bucket, key, delta)).await?;
    Ok((sum.and_then(|sum| u64::try_from(sum).map_err(|_| Failure::Other(format!("the new value is {sum}")))),))
}

async fn cas_new(
    mut store: StoreContextMut<'_, Context>,
    (bucket, key): (Resource<Bucket>, String),
) -> Result<(Result<Resource<Cas>, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let begun = Ask::of(KeyValueOp::Exists, vec![item(&key)]).start(store.data_mut(), &bucket);
    Ok((match finish(begun).await {
        Ok(answer) => {
            let (_, version) = value_of(answer);
            Ok(store.data_mut().table.push(Cas { bucket, key, version })?)
        }
        Err(failure) => Err(failure),
    },))
}

/// What the guest is shown is what its swap is compared with.
async fn cas_current(
    mut store: StoreContextMut<'_, Context>,
    (cas,): (Resource<Cas>,),
) -> Result<(Result<Option<Vec<u8>>, Failure>,)> {
    let Cas { bucket, key, .. } = store.data().table.get(&cas)?;
    let (bucket, items) = (bucket.clone(), vec![item(key)]);
    let begun = Ask::of(KeyValueOp::Get, items).start(store.data_mut(), &bucket);
    Ok((match finish(begun).await {
        Ok(answer) => {
            let (value, version) = value_of(answer);
            store.data_mut().table.get_mut(&cas)?.version = version;
            Ok(value)
        }
        Err(failure) => Err(failure),
    },))
}

async fn swap(
    mut store: StoreContextMut<'_, Context>,
    (cas, value): (Resource<Cas>, WasmList<u8>),
) -> Result<(Result<(), CasFailure>,)> {
    let Cas { bucket, key, version } = store.data_mut().table.delete(cas)?;
    let items = vec![PekoKeyValueItem { version, ..pair(&key, value.as_le_slice(&store)) }];
    let begun = Ask::of(KeyValueOp::Swap, items).start(store.data_mut(), &bucket);
    Ok((match finish(begun).await {
        Ok(answer) if answer.number == 1 => Ok(()),
        Ok(answer) => {
            let (_, version) = value_of(answer);
            Err(CasFailure::Cas(store.data_mut().table.push(Cas { bucket, key, version })?))
        }
        Err(failure) => Err(CasFailure::Store(failure)),
    },))
}

async fn get_many(
    mut store: StoreContextMut<'_, Context>,
    (bucket, keys): (Resource<Bucket>, Vec<String>),
) -> Result<(Result<Vec<Option<(String, Vec<u8>)>>, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let items = keys.iter().map(|key| item(key)).collect();
    let begun = Ask::of(KeyValueOp::Get, items).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|answer| {
        let entries = answer.items.into_iter();
        entries.map(|entry| (entry.version != 0).then_some((entry.key, entry.value))).collect()
    }),))
}

async fn set_many(
    mut store: StoreContextMut<'_, Context>,
    (bucket, pairs): (Resource<Bucket>, Vec<Pair>),
) -> Result<(Result<(), Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let items = pairs.iter().map(|(key, value)| pair(key, value.as_le_slice(&store))).collect();
    let begun = Ask::of(KeyValueOp::Set, items).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|_| ()),))
}

async fn delete_many(
    mut store: StoreContextMut<'_, Context>,
    (bucket, keys): (Resource<Bucket>, Vec<String>),
) -> Result<(Result<(), Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let items = keys.iter().map(|key| item(key)).collect();
    let begun = Ask::of(KeyValueOp::Delete, items).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|_| ()),))
}
