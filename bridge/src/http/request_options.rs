//! `request-options`: the timeouts of an outbound request.

use crate::context::Context;
use crate::http::types;
use wasmtime::Result;
use wasmtime::component::Resource;

/// In nanoseconds.
#[derive(Clone, Copy, Default)]
pub struct RequestOptions {
    pub connect: Option<u64>,
    pub first_byte: Option<u64>,
    pub between_bytes: Option<u64>,
}

type Id = Resource<RequestOptions>;

impl types::HostRequestOptions for Context {
    fn new(&mut self) -> Result<Id> {
        Ok(self.table.push(RequestOptions::default())?)
    }

    fn connect_timeout(&mut self, id: Id) -> Result<Option<u64>> {
        Ok(self.table.get(&id)?.connect)
    }

    fn set_connect_timeout(&mut self, id: Id, duration: Option<u64>) -> Result<Result<(), ()>> {
        self.table.get_mut(&id)?.connect = duration;
        Ok(Ok(()))
    }

    fn first_byte_timeout(&mut self, id: Id) -> Result<Option<u64>> {
        Ok(self.table.get(&id)?.first_byte)
    }

    fn set_first_byte_timeout(&mut self, id: Id, duration: Option<u64>) -> Result<Result<(), ()>> {
        self.table.get_mut(&id)?.first_byte = duration;
        Ok(Ok(()))
    }

    fn between_bytes_timeout(&mut self, id: Id) -> Result<Option<u64>> {
        Ok(self.table.get(&id)?.between_bytes)
    }

    fn set_between_bytes_timeout(&mut self, id: Id, duration: Option<u64>) -> Result<Result<(), ()>> {
        self.table.get_mut(&id)?.between_bytes = duration;
        Ok(Ok(()))
    }

    fn drop(&mut self, id: Id) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}
