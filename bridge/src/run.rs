//! One call of a component's handler, as a future that the loop polls.

use crate::abi::PekoLimits;
use crate::body_in::{BodyIn, BodyQueue};
use crate::clock;
use crate::component::Component;
use crate::instance::Instance;
use crate::waker::LoopShared;
use bytes::Bytes;
use http_body_util::Empty;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

pub type HeadResult = Result<http::Response<WasiBody>, ErrorCode>;

/// Where the guest's response appears, and before it the news that there is an instance.
#[derive(Default)]
pub struct HeadSlot {
    head: Mutex<Option<HeadResult>>,
    /// What the instantiation took; 0 before it is done, and when there was none.
    instantiate_ns: AtomicU64,
}

impl HeadSlot {
    fn set(&self, head: HeadResult) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    pub fn take(&self) -> Option<HeadResult> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn set_instantiate_ns(&self, ns: u64) {
        self.instantiate_ns.store(ns, Ordering::Relaxed);
    }

    pub fn instantiate_ns(&self) -> u64 {
        self.instantiate_ns.load(Ordering::Relaxed)
    }
}

pub enum Start {
    Warm(Box<Instance>),
    Fresh(Arc<Component>),
}

pub struct Call {
    pub shared: Arc<LoopShared>,
    pub token: u64,
    pub limits: PekoLimits,
    pub head: http::request::Parts,
    pub https: bool,
    pub body: Option<Arc<BodyQueue>>,
    pub slot: Arc<HeadSlot>,
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
    instance.store.data_mut().answers_head = call.head.method == http::Method::HEAD;
    instance.store.set_epoch_deadline(1);
    let mut instantiate_ns = None;
    if let Some(component) = component {
        let begin = clock::monotonic_ns();
        let result = instance.instantiate(&component).await;
        let took = clock::monotonic_ns() - begin;
        instantiate_ns = Some(took);
        call.slot.set_instantiate_ns(took.max(1));
        if result.is_err() {
            return Finished { instance, result, instantiate_ns };
        }
    }
    let result = handle(&mut instance, call).await;
    instance.store.data_mut().hooks.end_call();
    Finished { instance, result, instantiate_ns }
}

async fn handle(instance: &mut Instance, call: Call) -> wasmtime::Result<()> {
    let Instance { store, proxy: Some(proxy), .. } = instance else {
        wasmtime::bail!("the instance was never instantiated");
    };
    let scheme = if call.https { Scheme::Https } else { Scheme::Http };
    let mut http = store.data_mut().http();
    let request = match call.body {
        Some(queue) => http.new_incoming_request(scheme, http::Request::from_parts(call.head, BodyIn::new(queue)))?,
        None => http.new_incoming_request(scheme, http::Request::from_parts(call.head, Empty::<Bytes>::new()))?,
    };
    let slot = call.slot;
    let outparam = http.new_response_outparam_from_callback(move |head| slot.set(head))?;
    proxy.wasi_http_incoming_handler().call_handle(store, request, outparam).await
}
