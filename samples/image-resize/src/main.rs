//! Resizes pictures: `GET /` a photo that is part of the component, `POST /` the picture in the body.

mod failure;
mod parameters;
mod picture;

use failure::Failure;
use parameters::Parameters;
use picture::{Format, Picture};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use wstd::http::body::util::BodyExt;
use wstd::http::{Body, Error, HeaderMap, Method, Request, Response, StatusCode};

/// The photo at `GET /`; `assets/render.c` draws it.
static PHOTO: &[u8] = include_bytes!("../assets/photo.jpg");
const DEMO: &str = include_str!("demo.html");

/// Longest accepted upload; with the memory that decoding takes it must fit into the limit in `peko.toml`.
const UPLOAD_BYTES_MAX: usize = 16 << 20;

#[wstd::http_server]
async fn main(request: Request<Body>) -> Result<Response<Body>, Error> {
    let answer = match request.uri().path() {
        "/" => match *request.method() {
            Method::GET | Method::HEAD => photo(&request),
            Method::POST => upload(request).await,
            _ => Err(Failure::method_not_allowed("GET, HEAD, POST")),
        },
        "/demo" => match *request.method() {
            Method::GET | Method::HEAD => demo(),
            _ => Err(Failure::method_not_allowed("GET, HEAD")),
        },
        _ => Err(Failure::new(StatusCode::NOT_FOUND, "there are / and /demo; see the README for the parameters")),
    };
    answer.or_else(|failure| failure.into_response())
}

/// The photo in the size and form asked for; 304 when the client has it already.
fn photo(request: &Request<Body>) -> Result<Response<Body>, Failure> {
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default())?;
    let format = parameters.format.unwrap_or(Format::Jpeg);
    parameters.check_quality(format)?;
    let tag = entity_tag(&parameters, format);
    let response = Response::builder().header("cache-control", "public, max-age=86400").header("etag", &tag);
    if has_tag(request.headers(), &tag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).body(Body::empty())?);
    }

    // A warm instance decodes its photo once.
    static DECODED: OnceLock<Picture> = OnceLock::new();
    let started = Instant::now();
    let photo = DECODED.get_or_init(|| Picture::decode(PHOTO).expect("the embedded photo is a valid JPEG").0);
    answer(response, photo, format, &parameters, started.elapsed())
}

/// The picture of the request's body in the size and form asked for; its own form when none is.
async fn upload(request: Request<Body>) -> Result<Response<Body>, Failure> {
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default())?;
    let body = read(request).await?;
    let started = Instant::now();
    let (picture, own_format) = Picture::decode(&body)?;
    drop(body);
    let format = parameters.format.unwrap_or(own_format);
    parameters.check_quality(format)?;
    let response = Response::builder().header("cache-control", "no-store");
    answer(response, &picture, format, &parameters, started.elapsed())
}

fn demo() -> Result<Response<Body>, Failure> {
    Ok(Response::builder().header("content-type", "text/html; charset=utf-8").body(DEMO.into())?)
}

/// Resizes and encodes; says in `server-timing` how long each step took.
fn answer(
    response: wstd::http::response::Builder,
    picture: &Picture,
    format: Format,
    parameters: &Parameters,
    decode: Duration,
) -> Result<Response<Body>, Failure> {
    let started = Instant::now();
    let resized = picture.resize(parameters)?;
    let resize = started.elapsed();
    let bytes = resized.encode(format, parameters.quality())?;
    let encode = started.elapsed() - resize;
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let timing = format!(
        "decode;dur={:.1}, resize;dur={:.1}, encode;dur={:.1}",
        milliseconds(decode),
        milliseconds(resize),
        milliseconds(encode)
    );
    Ok(response
        .header("content-type", format.media_type())
        .header("content-length", bytes.len())
        .header("server-timing", timing)
        .body(bytes.into())?)
}

/// The whole body, or 413 as soon as it is known to be too long.
async fn read(request: Request<Body>) -> Result<Vec<u8>, Failure> {
    let too_long = || {
        let message = format!("a picture may have at most {} MiB", UPLOAD_BYTES_MAX >> 20);
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    let declared = request.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > UPLOAD_BYTES_MAX) {
        return Err(too_long());
    }
    let mut body = request.into_body().into_boxed_body();
    let mut bytes = Vec::with_capacity(declared.unwrap_or_default());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if bytes.len() + data.len() > UPLOAD_BYTES_MAX {
            return Err(too_long());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// A strong entity tag: equal requests give equal bytes, since the photo and the encoders are part of the component.
fn entity_tag(parameters: &Parameters, format: Format) -> String {
    let mut hasher = DefaultHasher::new();
    (PHOTO, env!("CARGO_PKG_VERSION"), parameters, format).hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// True when `If-None-Match` names the tag (RFC 9110, section 13.1.2: weak comparison).
fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let fields = headers.get_all("if-none-match");
    let mut tags = fields.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    tags.any(|given| matches!(given.trim(), "*") || given.trim().trim_start_matches("W/") == tag)
}
