//! Responses that have a content-length and no body: those to HEAD, and 204 and 304 (RFC 9110, 8.6).
//!
//! wasi-http compares what a guest has written with the content-length that it has set, and fails the body of a guest that
//! answers HEAD as it should: frameworks that keep the length and write nothing (axum) end in a panic. So for such responses
//! nothing is counted; whoever writes a body nevertheless has it dropped by the server.

use crate::context::Context;
use http::StatusCode;
use wasmtime::component::{Linker, Resource};
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::HostOutgoingResponse as _;
use wasmtime_wasi_http::p2::body::{HostOutgoingBody, StreamContext};
use wasmtime_wasi_http::p2::types::HostOutgoingResponse;

/// The name under which wasmtime-wasi-http defines the interface; a linker finds it for each version 0.2.x.
const TYPES: &str = "wasi:http/types@0.2.12";
const BODY: &str = "[method]outgoing-response.body";

/// Replaces one function of `wasi:http/types`, which must be defined already.
pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    linker.allow_shadowing(true);
    linker.instance(TYPES)?.func_wrap(BODY, |mut store: StoreContextMut<'_, Context>, (response,)| {
        Ok((body(store.data_mut(), response)?,))
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

fn body(context: &mut Context, id: Resource<HostOutgoingResponse>) -> Result<Result<Resource<HostOutgoingBody>, ()>> {
    let answers_head = context.answers_head;
    let mut http = context.http();
    let response = http.table.get(&id)?;
    let bodyless = answers_head || matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !bodyless || response.body.is_some() {
        return http.body(id);
    }
    let (chunks, bytes) = (http.hooks.p2_outgoing_body_buffer_chunks(), http.hooks.p2_outgoing_body_chunk_size());
    let (guest_end, body) = HostOutgoingBody::new(StreamContext::Response, None, chunks, bytes);
    http.table.get_mut(&id)?.body = Some(body);
    Ok(Ok(http.table.push(guest_end)?))
}
