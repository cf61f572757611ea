//! A JSON API of todos: an ordinary axum application that runs as a WASI 0.2 component.
//!
//! `main` builds the router for each request; what lives longer is in the key-value store (`store.rs`). Every error,
//! axum's own included, leaves as a [`Problem`] in the form that the client asked for.

mod accept;
mod handlers;
mod index;
mod problem;
mod store;
mod todo;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use problem::Problem;

/// Longest accepted request body. The largest valid todo takes under 15 KiB, every character escaped.
const BODY_BYTES_MAX: usize = 64 * 1024;

#[wstd_axum::http_server]
fn main() -> Router {
    let todos = get(handlers::list).post(handlers::create);
    let todo = get(handlers::show).put(handlers::replace).patch(handlers::change).delete(handlers::remove);
    let api = Router::new()
        .route("/todos", todos)
        .route("/todos/{id}", todo)
        .layer(middleware::from_fn(require_json_accepted));
    Router::new()
        .route("/", get(index::index))
        .merge(api)
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address.") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "This address does not answer to that method; the Allow header names those it does.",
            )
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(finish))
}

/// Refuses a request whose client would not take the JSON that it would get.
async fn require_json_accepted(request: Request, next: Next) -> Response {
    let wanted = accept::header(request.headers());
    if accept::best(&wanted, &["application/json"]).is_none() {
        return Problem::new(StatusCode::NOT_ACCEPTABLE, "Todos are served as application/json only.").into_response();
    }
    next.run(request).await
}

/// Renders a problem in the client's preferred form, and adds what every answer carries.
async fn finish(request: Request, next: Next) -> Response {
    let wanted = accept::header(request.headers());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(&wanted, response);
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}
