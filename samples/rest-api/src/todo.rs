//! A todo, and the rules for what a client may put into one.

use crate::problem::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const TITLE_CHARS_MAX: usize = 200;
const NOTES_CHARS_MAX: usize = 1000;

#[derive(Serialize, Deserialize)]
pub struct Todo {
    pub id: u64,
    pub title: String,
    pub notes: String,
    pub done: bool,
    /// The calendar day, `YYYY-MM-DD`.
    pub due: Option<String>,
    /// RFC 3339, UTC, whole seconds.
    pub created_at: String,
    pub updated_at: String,
}

/// What a client sends. A field that is absent keeps its value under PATCH and gets its default under POST and PUT.
#[derive(Default)]
pub struct Draft {
    pub title: Option<String>,
    pub notes: Option<String>,
    pub done: Option<bool>,
    /// `Some(None)` is an explicit null: no due day any more.
    pub due: Option<Option<String>>,
}

/// Whether a title may be absent.
#[derive(Clone, Copy, PartialEq)]
pub enum Title {
    Required,
    Optional,
}

impl Draft {
    /// The draft that a JSON object describes, or a 400 that names every wrong field. A title loses its outer spaces.
    pub fn parse(object: Map<String, Value>, title: Title) -> Result<Self, Problem> {
        let mut draft = Draft::default();
        let mut errors = Vec::new();
        if title == Title::Required && !object.contains_key("title") {
            errors.push(FieldError::new("title", "is required"));
        }
        for (field, value) in object {
            if let Err(message) = draft.take(&field, value) {
                errors.push(FieldError { field, message });
            }
        }
        if errors.is_empty() { Ok(draft) } else { Err(Problem::invalid(errors)) }
    }

    /// Sets one field, or says what is wrong with it.
    fn take(&mut self, field: &str, value: Value) -> Result<(), String> {
        match (field, value) {
            ("title", Value::String(text)) => self.title = Some(checked_title(text.trim())?),
            ("notes", Value::String(text)) => self.notes = Some(at_most(NOTES_CHARS_MAX, text)?),
            ("done", Value::Bool(done)) => self.done = Some(done),
            ("due", Value::Null) => self.due = Some(None),
            ("due", Value::String(day)) if is_day(&day) => self.due = Some(Some(day)),
            ("title" | "notes", _) => return Err("must be a string".into()),
            ("done", _) => return Err("must be true or false".into()),
            ("due", _) => return Err("must be null or a day of the calendar, YYYY-MM-DD".into()),
            _ => return Err("is no field of a todo; those are title, notes, done and due".into()),
        }
        Ok(())
    }
}

fn checked_title(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("must not be empty".into());
    }
    if text.chars().any(char::is_control) {
        return Err("must be a single line".into());
    }
    at_most(TITLE_CHARS_MAX, text.to_owned())
}

fn at_most(most: usize, text: String) -> Result<String, String> {
    match text.chars().count() {
        length if length > most => Err(format!("has {length} characters; at most {most} are allowed")),
        _ => Ok(text),
    }
}

impl Todo {
    pub fn new(id: u64, draft: Draft) -> Self {
        let mut todo = Todo {
            id,
            title: String::new(),
            notes: String::new(),
            done: false,
            due: None,
            created_at: now(),
            updated_at: String::new(),
        };
        todo.apply(&draft);
        todo
    }

    /// Takes over the fields that the draft has.
    pub fn apply(&mut self, draft: &Draft) {
        if let Some(title) = &draft.title {
            self.title.clone_from(title);
        }
        if let Some(notes) = &draft.notes {
            self.notes.clone_from(notes);
        }
        if let Some(done) = draft.done {
            self.done = done;
        }
        if let Some(due) = &draft.due {
            self.due.clone_from(due);
        }
        self.updated_at = now();
    }
}

fn now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}

/// True for a day of the Gregorian calendar written `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}
