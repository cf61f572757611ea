//! Does what it is asked with a key-value store, by each of the interfaces: `/INTERFACE/STORE/OPERATION/KEY?more`, the
//! value in the request's body. 404: there is no such entry. 500: the error, as the interface has it.

mod draft;
mod draft2;
mod own;


use std::collections::HashMap;
use wstd::http::{Body, Request, Response, StatusCode};

wit_bindgen::generate!({
    path: [
        "../../../bridge/wit/keyvalue/wasi-0.2.0-draft",
        "../../../bridge/wit/keyvalue/wasi-0.2.0-draft2",
        "../../../bridge/wit/keyvalue/peko-0.1.0",
        "world.wit",
    ],
    world: "peko:keyvalue-guest/guest",
    generate_all,
});

/// What was asked.
pub struct Ask {
    store: String,
    operation: String,
    key: String,
    query: HashMap<String, String>,
    body: Vec<u8>,
}

/// What came of it.
pub enum Outcome {
    None,
    Value(Vec<u8>),
    Entry(Vec<u8>, Option<String>, Option<u64>),
    Failed(String),
}

impl Ask {
    /// The keys of an operation on several: in the query, with commas between them.
    fn keys(&self) -> Vec<String> {
        self.query["keys"].split(',').map(str::to_owned).collect()
    }

    /// The pairs of one: a line each.
    fn pairs(&self) -> Vec<(String, Vec<u8>)> {
        let text = String::from_utf8_lossy(&self.body);
        let pair = |line: &str| line.split_once('=').map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
        text.lines().filter_map(pair).collect()
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.query.get(name).and_then(|text| text.parse().ok())
    }
}

fn lines(keys: impl IntoIterator<Item = String>) -> Outcome {
    Outcome::Value(keys.into_iter().map(|key| key + "\n").collect::<String>().into_bytes())
}

fn found(pairs: Vec<Option<(String, Vec<u8>)>>) -> Outcome {
    let line = |pair: Option<(String, Vec<u8>)>| match pair {
        Some((key, value)) => format!("{key}={}", String::from_utf8_lossy(&value)),
        None => "-".to_owned(),
    };
    lines(pairs.into_iter().map(line))
}

#[wstd::http_server]
async fn main(request: Request<Body>) -> wstd::http::error::Result<Response<Body>> {
    let uri = request.uri().clone();
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let path: Vec<String> = uri.path().split('/').skip(1).map(decode).collect();
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let query = pairs.map(|(name, value)| (decode(name), decode(value))).collect();
    let body = request.into_body().contents().await?.to_vec();
    let at = |i: usize| path.get(i).cloned().unwrap_or_default();
    let ask = Ask { store: at(1), operation: at(2), key: at(3), query, body };
    let outcome = match at(0).as_str() {
        "draft" => draft::run(&ask).unwrap_or_else(|error| Outcome::Failed(format!("{error:?}"))),
        "draft2" => draft2::run(&ask).unwrap_or_else(|error| Outcome::Failed(format!("{error:?}"))),
        "peko" => own::run(&ask).unwrap_or_else(|error| Outcome::Failed(format!("{error:?}"))),
        other => Outcome::Failed(format!("no interface {other}")),
    };
    let answer = Response::builder();
    Ok(match outcome {
        Outcome::None => answer.status(StatusCode::NOT_FOUND).body(Body::empty())?,
        Outcome::Value(value) => answer.body(value.into())?,
        Outcome::Entry(value, metadata, expires) => answer
            .header("x-metadata", metadata.unwrap_or_default())
            .header("x-expires", expires.unwrap_or_default())
            .body(value.into())?,
        Outcome::Failed(error) => answer.status(StatusCode::INTERNAL_SERVER_ERROR).body(error.into())?,
    })
}
