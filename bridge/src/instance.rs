//! An instance: a store with one component in it, which serves one call after another.

use crate::abi::guard;
use crate::clock::{self, Tick};
use crate::component::Component;
use crate::context::Context;
use crate::http::bindings::Function;
use crate::invocation::Invocation;
use crate::waker::LoopShared;
use std::sync::Arc;
use wasmtime::{Store, UpdateDeadline};

/// What one host call may take out of a guest, at most: what the host allocates before any limit of ours counts it. The
/// largest value of a key-value store fits.
const HOSTCALL_BYTES_MAX: usize = 26 << 20;

pub struct Instance {
    pub store: Store<Context>,
    /// None until instantiation has succeeded.
    pub function: Option<Function>,
    /// Calls begun.
    pub uses: u32,
    /// The shell of the last invocation, for the next one.
    pub spare: Option<Box<Invocation>>,
}

impl Instance {
    /// The store; `instantiate` makes it useful, after `begin` has set its limits.
    pub fn new(component: &Component, shared: &Arc<LoopShared>) -> Box<Self> {
        let mut store = Store::new(component.engine(), Context::new(shared, component));
        store.limiter(|context| &mut context.limiter);
        store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
        store.epoch_deadline_callback(|mut store| {
            let context = store.data_mut();
            Ok(match clock::tick(context.limits.cpu_ns) {
                Tick::GoOn => UpdateDeadline::Continue(1),
                // Always: whether others are ready is not known here (sockets are not in anybody's queue yet).
                Tick::Yield => {
                    context.yields += 1;
                    UpdateDeadline::Yield(1)
                }
                Tick::Stop => {
                    context.cpu_exceeded = true;
                    UpdateDeadline::Interrupt
                }
            })
        });
        Box::new(Instance { store, function: None, uses: 0, spare: None })
    }

    /// Runs the start functions of the component, then its script's top level, under the limits of the call that waits.
    pub async fn instantiate(&mut self, component: &Component) -> wasmtime::Result<()> {
        let Some(script) = component.script() else {
            self.function = Some(component.pre().instantiate_async(&mut self.store).await?);
            return Ok(());
        };
        let instance = component.pre().instance_pre().instantiate_async(&mut self.store).await?;
        script.load(&mut self.store, &instance).await?;
        self.function = Some(Function::new(&mut self.store, &instance)?);
        Ok(())
    }
}

/// # Safety
/// `instance` came from peko_invocation_finish and is used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_instance_delete(instance: *mut Instance) {
    if !instance.is_null() {
        // Safety: the caller gives the instance away.
        guard((), || drop(unsafe { Box::from_raw(instance) }))
    }
}
