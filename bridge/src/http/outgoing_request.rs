//! `outgoing-request`, and `outgoing-handler`, which sends it.

use crate::context::Context;
use crate::http::body_pipe::{BodyPipe, BodyReader, Kind};
use crate::http::field_list::FieldList;
use crate::http::fields::Fields;
use crate::http::incoming_response::FutureIncomingResponse;
use crate::http::outgoing_body::OutgoingBody;
use crate::http::request_options::RequestOptions;
use crate::http::types::{self, Method, Scheme};
use crate::http::{ErrorCode, outgoing_handler, syntax};
use crate::script;
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::Resource;

/// A request as the guest builds it.
pub struct OutgoingRequest {
    method: Method,
    path_with_query: Option<String>,
    scheme: Option<Scheme>,
    authority: Option<String>,
    fields: Arc<FieldList>,
    /// None: the guest has not asked for a body, so there is none.
    body: Option<BodyReader>,
}

/// A request that can be sent.
pub struct Outbound {
    pub method: Method,
    pub uri: String,
    /// The authority is what follows the scheme in the URI.
    pub authority: String,
    pub fields: Arc<FieldList>,
    pub body: Option<BodyReader>,
}

impl Outbound {
    pub fn method_text(&self) -> &str {
        match &self.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Connect => "CONNECT",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Patch => "PATCH",
            Method::Other(method) => method,
        }
    }
}

impl TryFrom<OutgoingRequest> for Outbound {
    type Error = ErrorCode;

    fn try_from(request: OutgoingRequest) -> std::result::Result<Self, ErrorCode> {
        // Guests need not ask for the body, so nothing else may have looked at the length yet.
        let length = request.fields.content_length().map_err(|_| ErrorCode::HttpProtocolError)?;
        if request.body.is_none() && length.is_some_and(|length| length != 0) {
            return Err(ErrorCode::HttpRequestBodySize(Some(0)));
        }
        let scheme = match request.scheme {
            Some(Scheme::Http) => "http",
            None | Some(Scheme::Https) => "https",
            Some(Scheme::Other(_)) => return Err(ErrorCode::HttpProtocolError),
        };
        // User information has no place in a request (RFC 9110, 4.2.4) and hides the host from a reader.
        let authority = request.authority.unwrap_or_default();
        if !syntax::is_host_and_port(authority.as_bytes()) {
            return Err(ErrorCode::HttpRequestUriInvalid);
        }
        let path = request.path_with_query.unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        let uri = format!("{scheme}://{authority}{slash}{path}");
        Ok(Outbound { method: request.method, uri, authority, fields: request.fields, body: request.body })
    }
}

impl types::HostOutgoingRequest for Context {
    fn new(&mut self, headers: Resource<Fields>) -> Result<Resource<OutgoingRequest>> {
        let fields = self.table.delete(headers)?.into_list();
        Ok(self.table.push(OutgoingRequest {
            method: Method::Get,
            path_with_query: None,
            scheme: None,
            authority: None,
            fields,
            body: None,
        })?)
    }

    fn body(&mut self, id: Resource<OutgoingRequest>) -> Result<Result<Resource<OutgoingBody>, ()>> {
        let request = self.table.get_mut(&id)?;
        if request.body.is_some() {
            return Ok(Err(()));
        }
        let Ok(expected) = request.fields.content_length() else { return Ok(Err(())) };
        let pipe = Arc::new(BodyPipe::new(Kind::Request, expected));
        request.body = Some(BodyReader::new(pipe.clone()));
        // No child: the guest still writes when the request has been sent.
        Ok(Ok(self.table.push(OutgoingBody::new(pipe))?))
    }

    fn method(&mut self, id: Resource<OutgoingRequest>) -> Result<Method> {
        Ok(self.table.get(&id)?.method.clone())
    }

    fn set_method(&mut self, id: Resource<OutgoingRequest>, method: Method) -> Result<Result<(), ()>> {
        let request = self.table.get_mut(&id)?;
        if matches!(&method, Method::Other(method) if !syntax::is_token(method.as_bytes())) {
            return Ok(Err(()));
        }
        request.method = method;
        Ok(Ok(()))
    }

    fn path_with_query(&mut self, id: Resource<OutgoingRequest>) -> Result<Option<String>> {
        Ok(self.table.get(&id)?.path_with_query.clone())
    }

    fn set_path_with_query(&mut self, id: Resource<OutgoingRequest>, path: Option<String>) -> Result<Result<(), ()>> {
        let request = self.table.get_mut(&id)?;
        if path.as_deref().is_some_and(|path| !syntax::is_path_with_query(path)) {
            return Ok(Err(()));
        }
        request.path_with_query = path;
        Ok(Ok(()))
    }

    fn scheme(&mut self, id: Resource<OutgoingRequest>) -> Result<Option<Scheme>> {
        Ok(self.table.get(&id)?.scheme.clone())
    }

    fn set_scheme(&mut self, id: Resource<OutgoingRequest>, scheme: Option<Scheme>) -> Result<Result<(), ()>> {
        let request = self.table.get_mut(&id)?;
        if matches!(&scheme, Some(Scheme::Other(scheme)) if !syntax::is_scheme(scheme)) {
            return Ok(Err(()));
        }
        request.scheme = scheme;
        Ok(Ok(()))
    }

    fn authority(&mut self, id: Resource<OutgoingRequest>) -> Result<Option<String>> {
        Ok(self.table.get(&id)?.authority.clone())
    }

    fn set_authority(&mut self, id: Resource<OutgoingRequest>, authority: Option<String>) -> Result<Result<(), ()>> {
        let request = self.table.get_mut(&id)?;
        if authority.as_deref().is_some_and(|authority| !syntax::is_authority(authority.as_bytes())) {
            return Ok(Err(()));
        }
        request.authority = authority;
        Ok(Ok(()))
    }

    fn headers(&mut self, id: Resource<OutgoingRequest>) -> Result<Resource<Fields>> {
        let fields = Fields::immutable(self.table.get(&id)?.fields.clone());
        Ok(self.table.push(fields)?)
    }

    fn drop(&mut self, id: Resource<OutgoingRequest>) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}

impl outgoing_handler::Host for Context {
    fn handle(
        &mut self,
        request: Resource<OutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> Result<Result<Resource<FutureIncomingResponse>, ErrorCode>> {
        let options = match options {
            Some(options) => self.table.delete(options)?,
            None => RequestOptions::default(),
        };
        let request = self.table.delete(request)?;
        match Outbound::try_from(request) {
            Ok(request) => {
                let waits = script::waits_for_body(self, &request.authority);
                let response = waits.unwrap_or_else(|| self.outbound.send(request, &options));
                Ok(Ok(self.table.push(response)?))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}
