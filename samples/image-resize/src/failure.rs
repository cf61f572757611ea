//! Why a request was refused: a status and one line of text for the person who reads it.

use wstd::http::{Body, Error, Response, StatusCode};

#[derive(Debug)]
pub enum Failure {
    /// The client's doing.
    Refused { status: StatusCode, message: String, header: Option<(&'static str, &'static str)> },
    /// Anything else: the platform answers it.
    Broken(Error),
}

impl Failure {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Failure::Refused { status, message: message.into(), header: None }
    }

    pub fn method_not_allowed(allowed: &'static str) -> Self {
        let message = format!("this address answers to {allowed} only");
        Failure::Refused { status: StatusCode::METHOD_NOT_ALLOWED, message, header: Some(("allow", allowed)) }
    }

    pub fn unsupported_type() -> Self {
        let message = "the body is no JPEG, PNG or WebP picture".to_owned();
        let header = Some(("accept-post", "image/jpeg, image/png, image/webp"));
        Failure::Refused { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, message, header }
    }

    pub fn into_response(self) -> Result<Response<Body>, Error> {
        let (status, message, header) = match self {
            Failure::Refused { status, message, header } => (status, message, header),
            Failure::Broken(error) => return Err(error),
        };
        let mut response = Response::builder()
            .status(status)
            .header("content-type", "text/plain; charset=utf-8")
            .header("cache-control", "no-store");
        if let Some((name, value)) = header {
            response = response.header(name, value);
        }
        Ok(response.body(format!("{message}\n").into())?)
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Broken(error.into())
    }
}
