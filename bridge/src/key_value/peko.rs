//! `peko:keyvalue/store`: metadata, expiry and listing by prefix, which wasi:keyvalue lacks, over the same entries.

use super::*;
use wasmtime::component::WasmList;

pub const NAME: &str = "peko:keyvalue/store@0.1.0";

#[derive(ComponentType, Lift)]
#[component(record)]
struct Options {
    metadata: Option<String>,
    expires: Option<u64>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct Found {
    value: Vec<u8>,
    metadata: Option<String>,
    expires: Option<u64>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct KeyInfo {
    key: String,
    metadata: Option<String>,
    expires: Option<u64>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Page {
    keys: Vec<KeyInfo>,
    cursor: Option<String>,
}

impl From<Answer> for Page {
    fn from(answer: Answer) -> Self {
        let keys =
            answer.items.into_iter().map(|Entry { key, metadata, expires, .. }| KeyInfo { key, metadata, expires });
        Page { keys: keys.collect(), cursor: answer.cursor }
    }
}

pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    let mut instance = linker.instance(NAME)?;
    add_resource::<Bucket>(&mut instance, "bucket")?;
    instance.func_wrap("stores", stores)?;
    instance.func_wrap("open", open)?;
    instance.func_wrap_async("[method]bucket.get", |store, params| Box::new(get(store, params)))?;
    instance.func_wrap_async("[method]bucket.set", |store, params| Box::new(set(store, params)))?;
    instance.func_wrap_async("[method]bucket.delete", |store, params| Box::new(delete(store, params)))?;
    instance.func_wrap_async("[method]bucket.list", |store, params| Box::new(list(store, params)))
}

/// The names that `open` takes, the default one first.
pub fn stores(store: StoreContextMut<'_, Context>, (): ()) -> Result<(Vec<String>,)> {
    let more = store.data().key_value.stores.iter().cloned();
    Ok((std::iter::once(DEFAULT.to_string()).chain(more).collect(),))
}

async fn get(
    mut store: StoreContextMut<'_, Context>,
    (bucket, key): (Resource<Bucket>, String),
) -> Result<(Result<Option<Found>, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let begun = Ask::of(KeyValueOp::Get, vec![item(&key)]).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(|answer| {
        let entry = answer.items.into_iter().next().filter(|entry| entry.version != 0)?;
        Some(Found { value: entry.value, metadata: entry.metadata, expires: entry.expires })
    }),))
}

/// An item to write.
pub fn item_with(
    key: &str,
    value: &[u8],
    metadata: Option<&str>,
    expires: Option<u64>,
) -> Result<PekoKeyValueItem, Failure> {
    let expires = match expires {
        None => 0,
        // 0 would mean "never".
        Some(seconds) => {
            i64::try_from(seconds.max(1)).map_err(|_| Failure::Other("expires is beyond all time".into()))?
        }
    };
    Ok(PekoKeyValueItem {
        metadata: PekoStr::of(metadata.unwrap_or_default().as_bytes()),
        has_metadata: metadata.is_some().into(),
        expires,
        ..pair(key, value)
    })
}

async fn set(
    mut store: StoreContextMut<'_, Context>,
    (bucket, key, value, options): (Resource<Bucket>, String, WasmList<u8>, Options),
) -> Result<(Result<(), Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let item = item_with(&key, value.as_le_slice(&store), options.metadata.as_deref(), options.expires);
    let begun = item.and_then(|item| Ask::of(KeyValueOp::Set, vec![item]).start(store.data_mut(), &bucket));
    Ok((finish(begun).await.map(|_| ()),))
}

async fn list(
    mut store: StoreContextMut<'_, Context>,
    (bucket, prefix, limit, cursor): (Resource<Bucket>, String, u32, Option<String>),
) -> Result<(Result<Page, Failure>,)> {
    let bucket = bucket_of(&mut store, &bucket)?;
    let begun = listing(&prefix, limit, cursor.as_deref()).start(store.data_mut(), &bucket);
    Ok((finish(begun).await.map(Page::from),))
}

pub fn listing(prefix: &str, limit: u32, cursor: Option<&str>) -> Ask {
    let (prefix, cursor) = (PekoStr::of(prefix.as_bytes()), PekoStr::of(cursor.unwrap_or_default().as_bytes()));
    Ask { prefix, cursor, limit, ..Ask::of(KeyValueOp::List, vec![]) }
}
