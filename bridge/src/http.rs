//! The host's side of wasi:http 0.2: `wasi:http/types` and `wasi:http/outgoing-handler`, on types of our own.
//!
//! docs/decisions/0003-own-wasi-http.md says why it is not wasmtime-wasi-http. Resources live in the table of the store,
//! next to those of wasmtime-wasi, whose streams and pollables they use.

pub mod body_pipe;
pub mod body_queue;
pub mod error_code;
pub mod field_list;
pub mod fields;
pub mod held;
pub mod incoming_body;
pub mod incoming_request;
pub mod incoming_response;
pub mod outgoing_body;
pub mod outgoing_request;
pub mod outgoing_response;
pub mod request_head;
pub mod request_options;
pub mod state;
pub mod streams;
pub mod syntax;

use crate::context::Context;
use wasmtime::Result;
use wasmtime::component::{HasSelf, Linker};

/// What bindgen makes of the published interfaces (wit/http), with our types for their resources.
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "wit/http",
        world: "peko:bridge/function",
        imports: { default: trappable },
        exports: { default: async },
        require_store_data_send: true,
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
            "wasi:http/types.fields": super::fields::Fields,
            "wasi:http/types.incoming-request": super::incoming_request::IncomingRequest,
            "wasi:http/types.incoming-response": super::incoming_response::IncomingResponse,
            "wasi:http/types.incoming-body": super::incoming_body::IncomingBody,
            "wasi:http/types.future-trailers": super::incoming_body::FutureTrailers,
            "wasi:http/types.future-incoming-response": super::incoming_response::FutureIncomingResponse,
            "wasi:http/types.outgoing-request": super::outgoing_request::OutgoingRequest,
            "wasi:http/types.outgoing-response": super::outgoing_response::OutgoingResponse,
            "wasi:http/types.outgoing-body": super::outgoing_body::OutgoingBody,
            "wasi:http/types.response-outparam": super::outgoing_response::ResponseOutparam,
            "wasi:http/types.request-options": super::request_options::RequestOptions,
        },
    });
}

pub use bindings::wasi::http::{outgoing_handler, types};
pub use types::ErrorCode;

/// The version under which the interfaces are defined; a linker finds them for each version 0.2.x.
pub const WASI: &str = "0.2.12";

/// Defines both interfaces, and the quick ways of `fields` and of output streams. `wasi:io` must be defined already.
pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    types::add_to_linker::<_, HasSelf<Context>>(linker, &types::LinkOptions::default(), |context| context)?;
    outgoing_handler::add_to_linker::<_, HasSelf<Context>>(linker, |context| context)?;
    linker.allow_shadowing(true);
    fields::add_quick_ways(linker)?;
    streams::add_quick_ways(linker)?;
    linker.allow_shadowing(false);
    Ok(())
}
