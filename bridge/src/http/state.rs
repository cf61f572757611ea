//! What the host of wasi:http keeps for an instance beside its resources.

use crate::http::body_pipe::{BodyPipe, BodyReader, Kind};
use crate::http::body_queue::BodyQueue;
use crate::http::field_list::{FieldBudget, FieldList};
use crate::http::outgoing_response::Response;
use std::sync::Arc;

/// Set at the begin of a call, except what is kept from one call for the next so that it need not be made again.
#[derive(Default)]
pub struct HttpState {
    pub budget: FieldBudget,
    /// The call's request is a HEAD.
    pub answers_head: bool,
    /// The bodies of the call's request and of its response, for scripts, which wait for them (script.rs).
    pub request_body: Option<Arc<BodyQueue>>,
    pub response_body: Option<Arc<BodyPipe>>,
    list: Option<Arc<FieldList>>,
    pipe: Option<Arc<BodyPipe>>,
}

impl HttpState {
    /// An empty list that nobody else has.
    pub fn new_list(&mut self) -> Arc<FieldList> {
        self.list.take().unwrap_or_default()
    }

    /// Keeps `list` for `new_list`, if it is the last one to hold it.
    pub fn keep_list(&mut self, mut list: Arc<FieldList>) {
        if let Some(unshared) = Arc::get_mut(&mut list) {
            unshared.clear();
            self.list = Some(list);
        }
    }

    pub fn new_response_pipe(&mut self, expected: Option<u64>) -> Arc<BodyPipe> {
        if let Some(mut pipe) = self.pipe.take()
            && let Some(unshared) = Arc::get_mut(&mut pipe)
        {
            unshared.reset(expected);
            return pipe;
        }
        Arc::new(BodyPipe::new(Kind::Response, expected))
    }

    /// A response has been sent: keeps what it was made of.
    pub fn keep_response(&mut self, response: Response) {
        self.keep_list(response.fields);
        self.pipe = response.body.map(BodyReader::into_pipe);
    }
}
