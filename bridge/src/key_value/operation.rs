//! Operations that are under way, and where their answers arrive.

use super::*;
use crate::waker::LoopShared;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll, Waker};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes of the answers of one instance that it has not taken.
#[derive(Clone, Default)]
pub struct Untaken(Arc<AtomicUsize>);

impl Untaken {
    /// More are refused. The largest answers have less than half of it.
    pub const BYTES_MAX: usize = 64 << 20;

    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// None: too many wait.
    pub fn reserve(&self, bytes: usize) -> Option<Room> {
        let fits = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= Self::BYTES_MAX);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Room { of: self.clone(), bytes })
    }
}

/// What an answer holds of Untaken, as long as it waits.
pub struct Room {
    of: Untaken,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.of.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Where the answer of one operation arrives. The operation takes it; who else has the slot only waits for it.
pub struct Slot {
    untaken: Untaken,
    state: Mutex<SlotState>,
}

#[derive(Default)]
struct SlotState {
    answer: Option<(Answered, Option<Room>)>,
    answered: bool,
    /// The operation is gone: nobody takes an answer.
    closed: bool,
    waker: Option<Waker>,
}

impl Slot {
    pub fn new(untaken: Untaken) -> Self {
        Slot { untaken, state: Mutex::default() }
    }

    pub fn poll_answered(&self, cx: &mut task::Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        if state.answered {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The answer, once.
    pub fn take(&self) -> Option<Answered> {
        lock(&self.state).answer.take().map(|(answer, _room)| answer)
    }

    /// Drops the answer, also one that is still to come.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let answer = state.answer.take();
        drop(state);
        drop(answer);
    }

    /// # Safety
    /// The strings of `answer` are readable.
    pub unsafe fn respond(&self, answer: &PekoKeyValueAnswer) {
        // Safety: the caller vouches for the strings, as below.
        let Some(room) = self.untaken.reserve(unsafe { bytes_of(answer) }) else {
            let max = Untaken::BYTES_MAX >> 20;
            let message = format!("more than {max} MB of answers wait: await some before you ask for more");
            return self.answer(Err(Failure::Other(message)), None);
        };
        self.answer(unsafe { answer_of(answer) }, Some(room))
    }

    pub fn answer(&self, answer: Answered, room: Option<Room>) {
        let mut state = lock(&self.state);
        state.answered = true;
        if !state.closed {
            state.answer = Some((answer, room));
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake()
        }
    }
}

/// The operations of a loop that are not answered yet, by id.
#[derive(Default)]
pub struct Slots {
    last: AtomicU64,
    map: Mutex<HashMap<u64, Arc<Slot>>>,
}

impl Slots {
    fn add(&self, slot: Arc<Slot>) -> u64 {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.map).insert(id, slot);
        id
    }

    pub fn take(&self, id: u64) -> Option<Arc<Slot>> {
        lock(&self.map).remove(&id)
    }
}

/// One operation: a future of its answer. The C side is told when it is dropped before.
pub struct Operation {
    pub shared: Arc<LoopShared>,
    pub id: u64,
    pub slot: Arc<Slot>,
}

impl Operation {
    /// Its answer arrives under its id.
    pub fn new(shared: Arc<LoopShared>, untaken: Untaken) -> Self {
        let slot = Arc::new(Slot::new(untaken));
        let id = shared.operations.add(slot.clone());
        Operation { shared, id, slot }
    }
}

impl Future for Operation {
    type Output = Answered;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Answered> {
        self.slot
            .poll_answered(cx)
            .map(|()| self.slot.take().unwrap_or_else(|| Err(Failure::Other("its answer was taken already".into()))))
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if self.shared.operations.take(self.id).is_some() {
            self.shared.key_value_cancel(self.id);
        }
        self.slot.close();
    }
}
