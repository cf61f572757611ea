//! `fields`: headers and trailers, as guests hold them.

use crate::context::Context;
use crate::http::field_list::{FieldBudget, FieldList, Refusal};
use crate::http::types::{self, HeaderError};
use crate::http::{WASI, types::FieldName, types::FieldValue};
use std::fmt;
use std::sync::Arc;
use wasmtime::component::{Linker, Resource, WasmList, WasmStr};
use wasmtime::{Result, StoreContextMut};

/// A list that may be shared with others, and whether the guest may change it. Changing a shared one copies it.
pub struct Fields {
    list: Arc<FieldList>,
    mutable: bool,
}

/// The trap of a guest whose fields grow over their limit.
#[derive(Debug)]
pub struct FieldsTooBig;

impl fmt::Display for FieldsTooBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the header fields that the guest builds are over their limit")
    }
}

impl std::error::Error for FieldsTooBig {}

impl Fields {
    pub fn immutable(list: Arc<FieldList>) -> Self {
        Fields { list, mutable: false }
    }

    /// Takes the list out, for the message that it is for.
    pub fn into_list(self) -> Arc<FieldList> {
        self.list
    }

    /// Lets `change` change the list. What guests do wrong becomes an error, growing over the limit a trap.
    fn change(
        &mut self,
        budget: &FieldBudget,
        change: impl FnOnce(&mut FieldList) -> Result<(), Refusal>,
    ) -> Result<Result<(), HeaderError>> {
        if !self.mutable {
            return Ok(Err(HeaderError::Immutable));
        }
        let list = Arc::make_mut(&mut self.list);
        match change(list).and_then(|()| list.count(budget)) {
            Ok(()) => Ok(Ok(())),
            Err(Refusal::Syntax) => Ok(Err(HeaderError::InvalidSyntax)),
            Err(Refusal::Forbidden) => Ok(Err(HeaderError::Forbidden)),
            Err(Refusal::TooBig) => Err(FieldsTooBig.into()),
        }
    }
}

impl types::HostFields for Context {
    fn new(&mut self) -> Result<Resource<Fields>> {
        let list = self.http.new_list();
        Ok(self.table.push(Fields { list, mutable: true })?)
    }

    fn from_list(&mut self, entries: Vec<(FieldName, FieldValue)>) -> Result<Result<Resource<Fields>, HeaderError>> {
        let max = self.http.budget.list_max;
        let mut fields = Fields { list: self.http.new_list(), mutable: true };
        let filled = fields.change(&self.http.budget, |list| {
            entries.iter().try_for_each(|(name, value)| list.append(name.as_bytes(), value, max))
        })?;
        match filled {
            Ok(()) => Ok(Ok(self.table.push(fields)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn get(&mut self, id: Resource<Fields>, name: FieldName) -> Result<Vec<FieldValue>> {
        Ok(self.table.get(&id)?.list.values(name.as_bytes()).map(<[u8]>::to_vec).collect())
    }

    fn has(&mut self, id: Resource<Fields>, name: FieldName) -> Result<bool> {
        Ok(self.table.get(&id)?.list.contains(name.as_bytes()))
    }

    fn set(
        &mut self,
        id: Resource<Fields>,
        name: FieldName,
        values: Vec<FieldValue>,
    ) -> Result<Result<(), HeaderError>> {
        let max = self.http.budget.list_max;
        self.table.get_mut(&id)?.change(&self.http.budget, |list| list.set(name.as_bytes(), &values, max))
    }

    fn delete(&mut self, id: Resource<Fields>, name: FieldName) -> Result<Result<(), HeaderError>> {
        let none: [FieldValue; 0] = [];
        self.table.get_mut(&id)?.change(&self.http.budget, |list| list.set(name.as_bytes(), &none, usize::MAX))
    }

    fn append(&mut self, id: Resource<Fields>, name: FieldName, value: FieldValue) -> Result<Result<(), HeaderError>> {
        append(self, &id, name.as_bytes(), &value)
    }

    fn entries(&mut self, id: Resource<Fields>) -> Result<Vec<(FieldName, FieldValue)>> {
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        Ok(self.table.get(&id)?.list.iter().map(|(name, value)| (text(name), value.to_vec())).collect())
    }

    fn clone(&mut self, id: Resource<Fields>) -> Result<Resource<Fields>> {
        let list = self.table.get(&id)?.list.clone();
        Ok(self.table.push(Fields { list, mutable: true })?)
    }

    fn drop(&mut self, id: Resource<Fields>) -> Result<()> {
        let fields = self.table.delete(id)?;
        self.http.keep_list(fields.list);
        Ok(())
    }
}

fn append(context: &mut Context, id: &Resource<Fields>, name: &[u8], value: &[u8]) -> Result<Result<(), HeaderError>> {
    let max = context.http.budget.list_max;
    context.table.get_mut(id)?.change(&context.http.budget, |list| list.append(name, value, max))
}

/// A name and a value that together are no longer than this are copied by way of the stack.
const SHORT_BYTES: usize = 256;

/// `append` without a String and a Vec made for each call: most guests build their heads by it.
pub fn add_quick_ways(linker: &mut Linker<Context>) -> Result<()> {
    let append = |mut store: StoreContextMut<'_, Context>,
                  (id, name, value): (Resource<Fields>, WasmStr, WasmList<u8>)| {
        let mut short = [0; SHORT_BYTES];
        let text = name.to_str(&store)?;
        let bytes = value.as_le_slice(&store);
        let (end, all) = (text.len(), text.len() + bytes.len());
        if all > store.data().http.budget.list_max {
            return Err(FieldsTooBig.into());
        }
        if all > SHORT_BYTES {
            let (text, bytes) = (text.into_owned(), bytes.to_vec());
            return Ok((append(store.data_mut(), &id, text.as_bytes(), &bytes)?,));
        }
        short[..end].copy_from_slice(text.as_bytes());
        short[end..all].copy_from_slice(bytes);
        Ok((append(store.data_mut(), &id, &short[..end], &short[end..all])?,))
    };
    linker.instance(&format!("wasi:http/types@{WASI}"))?.func_wrap("[method]fields.append", append)
}
