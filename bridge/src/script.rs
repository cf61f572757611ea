//! A script: text that an instance of the JavaScript engine evaluates before its first call, by the engine's export
//! `peko:js/loader` (js/wit/world.wit).
//!
//! The event loop inside the engine waits only for timers and for requests of its own. So that it can wait for the
//! bodies of the request that it answers and of its response, and go on with other things in the meantime, the engine
//! sends requests to two hosts that do not exist: they fail when there is something to read, or room to write.

use crate::context::Context;
use crate::http::incoming_response::FutureIncomingResponse;
use crate::key_value;
use std::fmt;
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, ComponentType, Instance, InstancePre, Lift};

const LOADER: &str = "peko:js/loader@0.1.0";

/// Those hosts; .invalid is nobody's (RFC 6761, 6.4).
const UNTIL_READABLE: &str = "request-body.peko.invalid";
const UNTIL_WRITABLE: &str = "response-body.peko.invalid";

pub struct Script {
    load: ComponentExportIndex,
    name: String,
    text: String,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct Problem {
    kind: String,
    message: String,
    stack: String,
}

/// What a script threw at its top level: `kind: message`, then its frames, a line each.
#[derive(Debug)]
pub struct Thrown(pub String);

impl fmt::Display for Thrown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Thrown {}

impl From<Problem> for Thrown {
    fn from(problem: Problem) -> Self {
        let message = problem.message.replace('\n', " ");
        let gap = if problem.stack.is_empty() { "" } else { "\n" };
        Thrown(format!("{}: {message}{gap}{}", problem.kind, problem.stack))
    }
}

impl Script {
    /// None when the component has no loader.
    pub fn new(engine: &InstancePre<Context>, name: String, text: String) -> Option<Self> {
        let component = engine.component();
        let loader = component.get_export_index(None, LOADER)?;
        Some(Script { load: component.get_export_index(Some(&loader), "load")?, name, text })
    }

    /// Evaluates it in a fresh instance; an error is `Thrown`, or a trap.
    pub async fn load(&self, store: &mut Store<Context>, instance: &Instance) -> wasmtime::Result<()> {
        let load = instance.get_typed_func::<(&str, &str), (Result<(), Problem>,)>(&mut *store, self.load)?;
        let (result,) = load.call_async(&mut *store, (&self.name, &self.text)).await?;
        result.map_err(|problem| wasmtime::Error::new(Thrown::from(problem)))
    }
}

/// What a request to `host` waits for; None: for its answer, as all others.
pub fn waits_for_body(context: &Context, host: &str) -> Option<FutureIncomingResponse> {
    if !context.runs_script {
        return None;
    }
    match host {
        UNTIL_READABLE => context.http.request_body.clone().map(FutureIncomingResponse::UntilReadable),
        UNTIL_WRITABLE => context.http.response_body.clone().map(FutureIncomingResponse::UntilWritable),
        _ => key_value::until_answered(context, host).map(FutureIncomingResponse::UntilAnswered),
    }
}
