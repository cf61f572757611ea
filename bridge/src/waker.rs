//! From Rust's wakers to the tokens of a loop.

use crate::abi::{PekoKeyValueRequest, PekoLoopHooks, PekoOutboundHead, PekoStr};
use crate::key_value::Slots;
use crate::limits::Ledger;
use crate::outbound::Exchanges;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Wake;

/// The hooks of one loop, its outbound requests and key-value operations in flight. Lives until the last waker is gone.
pub struct LoopShared {
    hooks: PekoLoopHooks,
    pub exchanges: Exchanges,
    pub operations: Slots,
    /// Of the engine.
    pub ledger: Arc<Ledger>,
}

// Safety: the contract of the header lets the hooks be called with their context from any thread that they name.
unsafe impl Send for LoopShared {}
// Safety: as above; the context is only passed on.
unsafe impl Sync for LoopShared {}

impl LoopShared {
    pub fn new(hooks: PekoLoopHooks, ledger: Arc<Ledger>) -> Self {
        LoopShared { hooks, exchanges: Exchanges::default(), operations: Slots::default(), ledger }
    }

    pub fn want_body(&self, token: u64) {
        (self.hooks.want_body)(self.hooks.context, token)
    }

    pub fn outbound(&self, token: u64, id: u64, head: &PekoOutboundHead) {
        (self.hooks.outbound)(self.hooks.context, token, id, head)
    }

    pub fn outbound_cancel(&self, id: u64) {
        (self.hooks.outbound_cancel)(self.hooks.context, id)
    }

    /// False: nobody does it.
    pub fn key_value(&self, token: u64, id: u64, request: &PekoKeyValueRequest) -> bool {
        self.hooks.key_value.inspect(|hook| hook(self.hooks.context, token, id, request)).is_some()
    }

    pub fn key_value_cancel(&self, id: u64) {
        if let Some(hook) = self.hooks.key_value_cancel {
            hook(self.hooks.context, id)
        }
    }

    pub fn log(&self, token: u64, stream: i32, bytes: &[u8]) {
        (self.hooks.log)(self.hooks.context, token, stream, PekoStr::of(bytes))
    }
}

/// Wakes one token of one loop, once until the next `arm`.
pub struct TokenWaker {
    token: AtomicU64,
    queued: AtomicBool,
    pub shared: Arc<LoopShared>,
}

impl TokenWaker {
    pub fn new(shared: Arc<LoopShared>, token: u64) -> Self {
        TokenWaker { token: AtomicU64::new(token), queued: AtomicBool::new(false), shared }
    }

    /// Makes it the waker of another token. Only while nobody else holds it.
    pub fn reuse(&self, token: u64) {
        self.token.store(token, Ordering::Relaxed);
        self.queued.store(false, Ordering::Relaxed);
    }

    /// From now on a wake-up is passed on again. Called before polling, never after: a wake-up in the middle counts.
    pub fn arm(&self) {
        self.queued.store(false, Ordering::Release);
    }
}

impl Wake for TokenWaker {
    fn wake(self: Arc<Self>) {
        Self::wake_by_ref(&self)
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let hooks = &self.shared.hooks;
            (hooks.wake)(hooks.context, self.token.load(Ordering::Relaxed))
        }
    }
}
