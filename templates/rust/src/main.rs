//! The function's entry: everything that only exists inside a WebAssembly component. What it answers is in `routes`,
//! which is ordinary Rust and is tested as such.

mod routes;

use wstd::http::{Body, Error, Request, Response};

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    let greeting = std::env::var("GREETING").unwrap_or_else(|_| "Hello".to_owned()); // [env] of peko.toml
    Ok(routes::answer(&request, &greeting)?.map(Body::from))
}
