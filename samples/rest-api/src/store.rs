//! The todos, in the function's key-value store: an entry each, which holds its JSON.
//!
//! All instances share the store, and it outlives them. So nothing is kept in memory, ids are counted by the store, and
//! a change is a compare-and-swap: of two at the same time neither is lost.

use crate::problem::Problem;
use crate::todo::{Draft, Todo};
use axum::http::StatusCode;
use wasi::keyvalue::atomics::{self, Cas, CasError};
use wasi::keyvalue::batch;
use wasi::keyvalue::store::{self, Bucket, Error};

wit_bindgen::generate!({ world: "todos", generate_all });

/// How many todos there may be, so that a list can look at all of them; at most 15 KiB of JSON each.
pub const TODOS_MAX: usize = 500;

/// The entry that counts ids.
const LAST_ID: &str = "last-id";
const PREFIX: &str = "todo:";

pub struct Store {
    bucket: Bucket,
}

impl Store {
    /// The store that every function has.
    pub fn open() -> Result<Self, Problem> {
        Ok(Store { bucket: store::open("default")? })
    }

    /// All todos, oldest first.
    pub fn all(&self) -> Result<Vec<Todo>, Problem> {
        let entries = batch::get_many(&self.bucket, &self.keys()?)?;
        // What was removed since it was listed is none.
        entries.into_iter().flatten().map(|(_, json)| parse(&json)).collect()
    }

    /// Adds a todo under a new id; 507 when there are too many.
    pub fn add(&self, draft: Draft) -> Result<Todo, Problem> {
        if self.keys()?.len() >= TODOS_MAX {
            let detail = format!("There are {TODOS_MAX} todos, which is the limit; delete one first.");
            return Err(Problem::new(StatusCode::INSUFFICIENT_STORAGE, detail));
        }
        let id = atomics::increment(&self.bucket, LAST_ID, 1)?;
        let todo = Todo::new(id.unsigned_abs(), draft);
        self.bucket.set(&key_of(todo.id), &json_of(&todo))?;
        Ok(todo)
    }

    pub fn find(&self, id: &str) -> Result<Todo, Problem> {
        let json = self.bucket.get(&key_of(parse_id(id)?))?;
        parse(&json.ok_or_else(|| Problem::no_such_todo(id))?)
    }

    /// Takes over the fields that the draft has.
    pub fn change(&self, id: &str, draft: &Draft) -> Result<Todo, Problem> {
        let mut entry = Cas::new(&self.bucket, &key_of(parse_id(id)?))?;
        loop {
            let json = entry.current()?.ok_or_else(|| Problem::no_such_todo(id))?;
            let mut todo = parse(&json)?;
            todo.apply(draft);
            match atomics::swap(entry, &json_of(&todo)) {
                Ok(()) => return Ok(todo),
                Err(CasError::CasFailed(newer)) => entry = newer,
                Err(CasError::StoreError(error)) => return Err(error.into()),
            }
        }
    }

    pub fn remove(&self, id: &str) -> Result<(), Problem> {
        let key = key_of(parse_id(id)?);
        if !self.bucket.exists(&key)? {
            return Err(Problem::no_such_todo(id));
        }
        Ok(self.bucket.delete(&key)?)
    }

    /// The keys of all todos, in the order of their ids.
    fn keys(&self) -> Result<Vec<String>, Problem> {
        let mut keys = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.bucket.list_keys(cursor.as_deref())?;
            keys.extend(page.keys.into_iter().filter(|key| key.starts_with(PREFIX)));
            cursor = page.cursor;
            if cursor.is_none() {
                keys.sort_unstable();
                return Ok(keys);
            }
        }
    }
}

/// Ids in keys have as many digits as the largest, so that keys sort as ids do.
fn key_of(id: u64) -> String {
    format!("{PREFIX}{id:020}")
}

/// The number that an id of a path means: digits without sign or leading zero, so that each todo has one address.
fn parse_id(text: &str) -> Result<u64, Problem> {
    let canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = if canonical { text.parse().ok() } else { None };
    id.ok_or_else(|| Problem::no_such_todo(text))
}

fn json_of(todo: &Todo) -> Vec<u8> {
    serde_json::to_vec(todo).expect("a todo holds strings, numbers and booleans only")
}

fn parse(json: &[u8]) -> Result<Todo, Problem> {
    serde_json::from_slice(json).map_err(|error| {
        eprintln!("an entry of the store is no todo: {error}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "An entry of the store is damaged; the log says how.")
    })
}

/// The log has the reason; what it says is for the operator.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        eprintln!("the key-value store: {error:?}");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The store cannot be used at the moment.")
    }
}
