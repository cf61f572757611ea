//! What is answered to which request.

use serde_json::json;
use wstd::http::{Error, Method, Request, Response, StatusCode};

const PAGE: &str = include_str!("page.html");

/// The answer to one request, whose body is not read.
pub fn answer<Body>(request: &Request<Body>, greeting: &str) -> Result<Response<String>, Error> {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/") => {
            reply(StatusCode::OK, "text/html; charset=utf-8", PAGE.replace("GREETING", &escaped(greeting)))
        }
        (&Method::GET | &Method::HEAD, "/api/hello") => {
            let name = parameter(request, "name").unwrap_or_else(|| "world".to_owned());
            reply(StatusCode::OK, "application/json", json!({ "message": format!("{greeting}, {name}!") }).to_string())
        }
        _ => reply(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "There is nothing here.\n".to_owned()),
    }
}

fn reply(status: StatusCode, kind: &str, body: String) -> Result<Response<String>, Error> {
    Ok(Response::builder().status(status).header("content-type", kind).body(body)?)
}

/// The value of a parameter of the query, decoded.
fn parameter<Body>(request: &Request<Body>, name: &str) -> Option<String> {
    let query = request.uri().query()?.as_bytes();
    form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// As text of HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(uri: &str) -> Response<String> {
        answer(&Request::get(uri).body(()).unwrap(), "Hi").unwrap()
    }

    #[test]
    fn the_page_greets() {
        let response = get("/");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert!(response.body().contains("<h1>Hi from {{name}}</h1>"));
    }

    #[test]
    fn the_api_greets_by_name() {
        assert_eq!(get("/api/hello").body(), r#"{"message":"Hi, world!"}"#);
        assert_eq!(get("/api/hello?a=b&name=J%C3%BCrgen+%22J%22").body(), r#"{"message":"Hi, Jürgen \"J\"!"}"#);
    }

    #[test]
    fn other_addresses_are_not_found() {
        assert_eq!(get("/nothing").status(), StatusCode::NOT_FOUND);
    }
}
