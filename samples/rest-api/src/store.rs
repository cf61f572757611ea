//! The todos of this instance, in its memory.
//!
//! An instance serves one request at a time, and the platform keeps it warm for the next; so a static outlives the
//! request that filled it. It does not outlive the instance, and another instance of the same function has a store of
//! its own: a real service would keep its state elsewhere. `x-instance` tells clients which one answered.

use crate::todo::{Draft, Todo};
use axum::http::HeaderValue;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, OnceLock};

/// How many todos an instance keeps; at most 5 KiB of text each, so 2.5 MiB in all.
pub const TODOS_MAX: usize = 500;

pub struct Store {
    todos: BTreeMap<u64, Todo>,
    last_id: u64,
}

impl Store {
    /// Adds a todo under a new id; `None` when the store is full.
    pub fn add(&mut self, draft: Draft) -> Option<&Todo> {
        if self.todos.len() >= TODOS_MAX {
            return None;
        }
        self.last_id += 1;
        Some(self.todos.entry(self.last_id).or_insert(Todo::new(self.last_id, draft)))
    }

    pub fn find(&mut self, id: &str) -> Option<&mut Todo> {
        self.todos.get_mut(&parse_id(id)?)
    }

    pub fn remove(&mut self, id: &str) -> Option<Todo> {
        self.todos.remove(&parse_id(id)?)
    }

    /// All todos, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Todo> {
        self.todos.values()
    }
}

/// The number that an id of a path means: digits without sign or leading zero, so that each todo has one address.
fn parse_id(text: &str) -> Option<u64> {
    let canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical { text.parse().ok() } else { None }
}

/// The instance's store, with three todos in it at first. The lock is never contended: one request at a time.
pub fn store() -> MutexGuard<'static, Store> {
    static STORE: OnceLock<Mutex<Store>> = OnceLock::new();
    let store = STORE.get_or_init(|| {
        let mut store = Store { todos: BTreeMap::new(), last_id: 0 };
        for (title, done) in [("Read the README", true), ("Add a todo with POST /todos", false), ("Deploy", false)] {
            store.add(Draft { title: Some(title.into()), done: Some(done), ..Draft::default() });
        }
        Mutex::new(store)
    });
    store.lock().expect("a panic ends the instance, so nobody sees its lock poisoned")
}

/// A random name of this instance, the same for all its requests.
pub fn instance_id() -> HeaderValue {
    static ID: OnceLock<HeaderValue> = OnceLock::new();
    ID.get_or_init(|| {
        let random = RandomState::new().build_hasher().finish();
        HeaderValue::from_str(&format!("{random:016x}")).expect("hexadecimal digits make a header value")
    })
    .clone()
}
