//! The operations on todos: what each address does, one function each.

use crate::problem::{FieldError, Problem};
use crate::store::Store;
use crate::todo::{Draft, Title, Todo};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const LIMIT_DEFAULT: usize = 20;
const LIMIT_MAX: usize = 100;

/// A body must be a JSON object; what is in it is `Draft::parse`'s business.
type Body = Result<Json<Map<String, Value>>, JsonRejection>;

/// Query of the list. Numbers arrive as text, so that a wrong one is reported by name; an empty value is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    limit: Option<String>,
    offset: Option<String>,
    done: Option<String>,
    /// Part of a title, whatever its case.
    q: Option<String>,
}

#[derive(Serialize)]
struct Page {
    items: Vec<Todo>,
    total: usize,
    limit: usize,
    offset: usize,
}

/// One page of the todos that match, with `Link` to its neighbours (RFC 8288) and `x-total-count`.
pub async fn list(query: Result<Query<ListQuery>, QueryRejection>) -> Result<Response, Problem> {
    let Query(query) = query?;
    let mut errors = Vec::new();
    let limit = number(&mut errors, "limit", &query.limit, LIMIT_DEFAULT, 1, LIMIT_MAX);
    let offset = number(&mut errors, "offset", &query.offset, 0, 0, u32::MAX as usize);
    let done = match query.done.as_deref() {
        None | Some("") => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => {
            errors.push(FieldError::new("done", "must be true or false"));
            None
        }
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let needle = query.q.as_deref().unwrap_or_default().to_lowercase();

    let mut matching = Store::open()?.all()?;
    matching.retain(|todo| {
        done.is_none_or(|done| todo.done == done) && (needle.is_empty() || todo.title.to_lowercase().contains(&needle))
    });
    let total = matching.len();
    let items = matching.into_iter().skip(offset).take(limit).collect();
    let mut headers = HeaderMap::new();
    headers.insert("x-total-count", HeaderValue::from(total));
    if let Ok(link) = HeaderValue::from_str(&links(&query, total, limit, offset)) {
        headers.insert(header::LINK, link);
    }
    Ok((headers, Json(Page { items, total, limit, offset })).into_response())
}

/// 201 with the new todo and its address.
pub async fn create(body: Body) -> Result<Response, Problem> {
    let draft = Draft::parse(body?.0, Title::Required)?;
    let todo = Store::open()?.add(draft)?;
    let location = [(header::LOCATION, format!("/todos/{}", todo.id))];
    Ok((StatusCode::CREATED, location, Json(todo)).into_response())
}

pub async fn show(Path(id): Path<String>) -> Result<Json<Todo>, Problem> {
    Ok(Json(Store::open()?.find(&id)?))
}

/// Takes the body as the whole todo: what it leaves out gets its default. Creates none: ids are the server's.
pub async fn replace(Path(id): Path<String>, body: Body) -> Result<Json<Todo>, Problem> {
    let mut draft = Draft::parse(body?.0, Title::Required)?;
    draft.notes.get_or_insert_default();
    draft.done.get_or_insert_default();
    draft.due.get_or_insert_default();
    Ok(Json(Store::open()?.change(&id, &draft)?))
}

/// Changes the fields that the body has.
pub async fn change(Path(id): Path<String>, body: Body) -> Result<Json<Todo>, Problem> {
    let draft = Draft::parse(body?.0, Title::Optional)?;
    Ok(Json(Store::open()?.change(&id, &draft)?))
}

pub async fn remove(Path(id): Path<String>) -> Result<StatusCode, Problem> {
    Store::open()?.remove(&id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A number of the query between `least` and `most`, `absent` when there is none, else an entry in `errors`.
fn number(
    errors: &mut Vec<FieldError>,
    field: &str,
    text: &Option<String>,
    absent: usize,
    least: usize,
    most: usize,
) -> usize {
    let Some(text) = text.as_deref().filter(|text| !text.is_empty()) else { return absent };
    match text.parse() {
        Ok(value) if (least..=most).contains(&value) => value,
        _ => {
            errors.push(FieldError::new(field, format!("must be a whole number from {least} to {most}")));
            absent
        }
    }
}

/// The `Link` header: first, previous, next and last page under the same filters.
fn links(query: &ListQuery, total: usize, limit: usize, offset: usize) -> String {
    let mut filters = String::new();
    if let Some(done) = query.done.as_deref().filter(|done| !done.is_empty()) {
        filters += &format!("&done={done}");
    }
    if let Some(q) = query.q.as_deref().filter(|q| !q.is_empty()) {
        filters += &format!("&q={}", percent_encoded(q));
    }
    let page = |offset: usize, rel: &str| format!("</todos?limit={limit}&offset={offset}{filters}>; rel=\"{rel}\"");
    let last = total.saturating_sub(1) / limit * limit;
    let mut links = vec![page(0, "first")];
    if offset > 0 {
        links.push(page(offset.saturating_sub(limit), "prev"));
    }
    let next = offset.saturating_add(limit);
    if next < total {
        links.push(page(next, "next"));
    }
    links.push(page(last, "last"));
    links.join(", ")
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte as char);
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}
