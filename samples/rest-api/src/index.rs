//! The front page: what the API offers, as HTML for people and as JSON for programs.

use crate::accept;
use axum::Json;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;

#[derive(Serialize)]
struct Endpoint {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
}

const ENDPOINTS: &[Endpoint] = &[
    endpoint("GET", "/todos?limit=&offset=&done=&q=", "a page of todos, with Link and x-total-count"),
    endpoint("POST", "/todos", "add one: title, and if you like notes, done, due (YYYY-MM-DD)"),
    endpoint("GET", "/todos/{id}", "one todo"),
    endpoint("PUT", "/todos/{id}", "replace it: what is left out gets its default"),
    endpoint("PATCH", "/todos/{id}", "change the fields that are sent"),
    endpoint("DELETE", "/todos/{id}", "remove it"),
];

const fn endpoint(method: &'static str, path: &'static str, summary: &'static str) -> Endpoint {
    Endpoint { method, path, summary }
}

pub async fn index(headers: HeaderMap) -> Response {
    match accept::best(&accept::header(&headers), &["text/html", "application/json"]) {
        Some("application/json") => Json(ENDPOINTS).into_response(),
        _ => Html(page(headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost"))).into_response(),
    }
}

fn page(host: &str) -> String {
    let rows: String = ENDPOINTS
        .iter()
        .map(|Endpoint { method, path, summary }| {
            format!("<tr><td><b class={method}>{method}</b><td><code>{path}</code><td>{summary}")
        })
        .collect();
    let host: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(*c)).collect();
    include_str!("index.html").replace("{rows}", &rows).replace("{host}", &host)
}
