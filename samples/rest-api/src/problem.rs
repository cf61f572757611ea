//! What went wrong, as RFC 9457 problem details.
//!
//! Handlers return a [`Problem`]; the outermost layer renders it as `application/problem+json`, HTML or plain text,
//! whichever the client prefers.

use crate::accept;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// One field of the input that cannot be taken, and why.
#[derive(Clone, Serialize)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

impl FieldError {
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        FieldError { field: field.to_owned(), message: message.into() }
    }
}

#[derive(Clone)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    errors: Vec<FieldError>,
}

#[derive(Serialize)]
struct Details<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Problem { status, detail: detail.into(), errors: Vec::new() }
    }

    /// 400 with a reason for each field.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = "Some fields cannot be taken as they are.".to_owned();
        Problem { status: StatusCode::BAD_REQUEST, detail, errors }
    }

    pub fn no_such_todo(id: &str) -> Self {
        Problem::new(StatusCode::NOT_FOUND, format!("There is no todo {id:?}."))
    }

    /// The answer in the form that `wanted`, an `Accept` header, prefers; JSON when it refuses all three forms.
    /// Keeps the headers of `bare` (the `Allow` of a 405).
    pub fn render(self, wanted: &str, mut bare: Response) -> Response {
        let offers = ["application/problem+json", "application/json", "text/html", "text/plain"];
        let (kind, body) = match accept::best(wanted, &offers) {
            Some("text/html") => ("text/html; charset=utf-8", self.html()),
            Some("text/plain") => ("text/plain; charset=utf-8", self.text()),
            _ => ("application/problem+json", self.json()),
        };
        let headers = bare.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        *bare.body_mut() = body.into();
        bare
    }

    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    fn json(&self) -> String {
        let details = Details {
            kind: "about:blank",
            title: self.title(),
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        serde_json::to_string(&details).expect("problem details hold strings and numbers only")
    }

    fn text(&self) -> String {
        let mut text = format!("{} {}\n{}\n", self.status.as_u16(), self.title(), self.detail);
        for error in &self.errors {
            text += &format!("- {}: {}\n", error.field, error.message);
        }
        text
    }

    fn html(&self) -> String {
        let (status, title) = (self.status.as_u16(), self.title());
        let errors: String = self
            .errors
            .iter()
            .map(|error| format!("<li><code>{}</code>: {}</li>", escape(&error.field), escape(&error.message)))
            .collect();
        format!(
            "<!doctype html><meta charset=utf-8><title>{status} {title}</title>\
             <body style=\"font:1rem/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem\">\
             <h1>{status} {title}</h1><p>{}</p><ul>{errors}</ul><p><a href=\"/\">The API</a></p>\n",
            escape(&self.detail)
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let status = match rejection {
            JsonRejection::JsonDataError(_) => StatusCode::BAD_REQUEST,
            ref other => other.status(),
        };
        Problem::new(status, rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, rejection.body_text())
    }
}
