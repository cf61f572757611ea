//! Quick ways for what guests do with streams most: writing a piece when there is room, and dropping streams.
//!
//! wasmtime-wasi does both by a future on the guest's fiber. Here a write that need not wait is done at once, and dropping
//! a stream cancels nothing: there is no work in the background behind any stream that a guest of ours can have.

use crate::context::Context;
use crate::http::WASI;
use bytes::Bytes;
use std::future::ready;
use wasmtime::component::{Linker, Resource, ResourceTable, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut, format_err};
use wasmtime_wasi::p2::bindings::io::streams::{self, Host as _};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, StreamError, StreamResult};

/// The most of one blocking write, by the definition of the interface.
const BLOCKING_WRITE_BYTES: usize = 4096;

pub fn add_quick_ways(linker: &mut Linker<Context>) -> Result<()> {
    let mut interface = linker.instance(&format!("wasi:io/streams@{WASI}"))?;
    interface.resource("input-stream", ResourceType::host::<DynInputStream>(), |mut store, rep| {
        store.data_mut().table.delete(Resource::<DynInputStream>::new_own(rep))?;
        Ok(())
    })?;
    interface.resource("output-stream", ResourceType::host::<DynOutputStream>(), |mut store, rep| {
        store.data_mut().table.delete(Resource::<DynOutputStream>::new_own(rep))?;
        Ok(())
    })?;
    interface.func_wrap_async("[method]output-stream.blocking-write-and-flush", blocking_write_and_flush)
}

type Written = Result<(std::result::Result<(), streams::StreamError>,)>;
type Writing<'a> = Box<dyn Future<Output = Written> + Send + 'a>;

fn blocking_write_and_flush<'a>(
    mut store: StoreContextMut<'a, Context>,
    (stream, bytes): (Resource<DynOutputStream>, WasmList<u8>),
) -> Writing<'a> {
    let bytes = bytes.as_le_slice(&store);
    if bytes.len() > BLOCKING_WRITE_BYTES {
        let error =
            format_err!("{} bytes for blocking-write-and-flush, which takes {BLOCKING_WRITE_BYTES}", bytes.len());
        return Box::new(ready(Err(error)));
    }
    let bytes = Bytes::copy_from_slice(bytes);
    match write_now(&mut store.data_mut().table, &stream, bytes) {
        Ok(Progress::Done(result)) => Box::new(ready(written(&mut store.data_mut().table, result))),
        Ok(Progress::Full) => Box::new(async move {
            let table = &mut store.data_mut().table;
            let result = match table.get_mut(&stream)?.write_ready().await {
                Ok(_) | Err(StreamError::Closed) => Ok(()),
                Err(error) => Err(error),
            };
            written(table, result)
        }),
        Ok(Progress::Nothing(bytes)) => Box::new(async move {
            let table = &mut store.data_mut().table;
            let result = table.get_mut(&stream)?.blocking_write_and_flush(bytes).await;
            written(table, result)
        }),
        Err(error) => Box::new(ready(Err(error))),
    }
}

/// How far a write has come without waiting.
enum Progress {
    Done(StreamResult<()>),
    /// All is written, but there is no room for more yet, which counts as not flushed.
    Full,
    /// There is not room for all of it, so here it is back.
    Nothing(Bytes),
}

fn write_now(table: &mut ResourceTable, stream: &Resource<DynOutputStream>, bytes: Bytes) -> Result<Progress> {
    let stream = table.get_mut(stream)?;
    match stream.check_write() {
        Ok(room) if room > 0 && room >= bytes.len() => {}
        Ok(_) => return Ok(Progress::Nothing(bytes)),
        Err(error) => return Ok(Progress::Done(Err(error))),
    }
    if let Err(error) = stream.write(bytes) {
        return Ok(Progress::Done(Err(error)));
    }
    // A stream that closes once all is written has taken it.
    match stream.flush() {
        Ok(()) | Err(StreamError::Closed) => {}
        Err(error) => return Ok(Progress::Done(Err(error))),
    }
    Ok(match stream.check_write() {
        Ok(0) => Progress::Full,
        Ok(_) | Err(StreamError::Closed) => Progress::Done(Ok(())),
        Err(error) => Progress::Done(Err(error)),
    })
}

fn written(table: &mut ResourceTable, result: StreamResult<()>) -> Written {
    match result {
        Ok(()) => Ok((Ok(()),)),
        Err(error) => Ok((Err(table.convert_stream_error(error)?),)),
    }
}
