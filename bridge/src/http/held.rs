//! State that a guest and its C side share.

use std::cell::UnsafeCell;
use std::sync::{Mutex, PoisonError};

/// Holds a value for whoever asks, one at a time.
///
/// An invocation, with everything that belongs to it, is used by one thread at a time (peko_bridge.h), so what only the
/// invocation and its guest share needs no lock: `alone`. After the call only the guest's side is left, in its instance,
/// which one thread uses at a time too. What a loop reads while its guest may run on another thread (the body of an
/// outbound request) is `locked`.
pub struct Held<T> {
    lock: Option<Mutex<()>>,
    value: UnsafeCell<T>,
}

// Safety: `with` is the only way in; it is used by one thread at a time, by the contract or by the lock.
unsafe impl<T: Send> Sync for Held<T> {}

impl<T> Held<T> {
    pub fn alone(value: T) -> Self {
        Held { lock: None, value: UnsafeCell::new(value) }
    }

    pub fn locked(value: T) -> Self {
        Held { lock: Some(Mutex::new(())), value: UnsafeCell::new(value) }
    }

    /// Gives `use_it` the value. It must not come back here, so it wakes nobody and drops nothing of the guest's.
    pub fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> R {
        let _guard = self.lock.as_ref().map(|lock| lock.lock().unwrap_or_else(PoisonError::into_inner));
        // Safety: nobody else is in here: see above.
        use_it(unsafe { &mut *self.value.get() })
    }

    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}
