//! One call of a component's handler, as a future that the loop polls.

use crate::abi::PekoLimits;
use crate::clock;
use crate::component::Component;
use crate::http::body_queue::{BodyIn, BodyQueue};
use crate::http::incoming_request::IncomingRequest;
use crate::http::outgoing_response::{ResponseOutparam, ResponseSlot};
use crate::http::request_head::RequestHead;
use crate::instance::Instance;
use crate::waker::LoopShared;
use std::sync::Arc;

pub enum Start {
    Warm(Box<Instance>),
    Fresh(Arc<Component>),
}

pub struct Call {
    pub shared: Arc<LoopShared>,
    pub token: u64,
    /// Only makes an instance: there is no request.
    pub prepares: bool,
    pub limits: PekoLimits,
    pub head: Arc<RequestHead>,
    pub body: Option<Arc<BodyQueue>>,
    pub slot: Arc<ResponseSlot>,
}

/// A call that is over. The instance is here whatever happened: its context says why.
pub struct Finished {
    pub instance: Box<Instance>,
    pub result: wasmtime::Result<()>,
    /// None: it was warm.
    pub instantiate_ns: Option<u64>,
}

pub async fn run(start: Start, call: Call) -> Finished {
    let (mut instance, component) = match start {
        Start::Warm(instance) => (instance, None),
        Start::Fresh(component) => (Instance::new(&component, &call.shared), Some(component)),
    };
    instance.uses = instance.uses.saturating_add(1);
    instance.store.data_mut().begin(&call.shared, call.token, &call.limits);
    instance.store.data_mut().http.answers_head = call.head.is_head();
    instance.store.set_epoch_deadline(1);
    let mut instantiate_ns = None;
    if let Some(component) = component {
        let begin = clock::monotonic_ns();
        let result = instance.instantiate(&component).await;
        let took = clock::monotonic_ns() - begin;
        instantiate_ns = Some(took);
        call.slot.set_instantiate_ns(took.max(1));
        if call.prepares {
            instance.uses = 0;
        }
        if call.prepares || result.is_err() {
            return Finished { instance, result, instantiate_ns };
        }
    }
    let body = call.body.clone();
    let result = handle(&mut instance, call).await;
    if let Some(body) = body {
        body.close();
    }
    let context = instance.store.data_mut();
    context.outbound.end_call();
    context.key_value.end_call();
    context.http.request_body = None;
    context.http.response_body = None;
    Finished { instance, result, instantiate_ns }
}

async fn handle(instance: &mut Instance, call: Call) -> wasmtime::Result<()> {
    let Instance { store, function: Some(function), .. } = instance else {
        wasmtime::bail!("the instance was never instantiated");
    };
    let context = store.data_mut();
    if context.runs_script {
        context.http.request_body = call.body.clone();
    }
    let table = &mut context.table;
    let body = call.body.map(|queue| BodyIn::new(queue, None));
    let request = table.push(IncomingRequest::new(call.head, body))?;
    let outparam = table.push(ResponseOutparam { slot: call.slot })?;
    function.wasi_http_incoming_handler().call_handle(store, request, outparam).await
}
