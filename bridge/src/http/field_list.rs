//! Header fields and trailers, as the host keeps them.

use crate::abi::{PekoField, PekoStr};
use crate::http::syntax;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a field costs beside its bytes: what HTTP/2 counts (RFC 9113, 6.5.2), more than it takes here.
const FIELD_BYTES: usize = 32;
/// A list that is kept for the next call may keep this much.
const KEPT_BYTES: usize = 16 << 10;
/// Lists up to this size are not counted together: so many of them as an instance may have handles are little enough.
const UNCOUNTED_BYTES: usize = 4 << 10;
/// All longer lists of an instance together may cost as much as this many of the longest.
const LONGEST_LISTS: usize = 16;

/// Fields that belong to the connection, never to a guest.
pub fn is_forbidden(name: &[u8]) -> bool {
    matches!(
        name,
        b"connection"
            | b"keep-alive"
            | b"proxy-authenticate"
            | b"proxy-authorization"
            | b"proxy-connection"
            | b"transfer-encoding"
            | b"upgrade"
            | b"host"
            | b"http2-settings"
    )
}

/// Why a field is not taken.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Refusal {
    /// The name is not a token, the value has control characters, or it is not the only content-length.
    Syntax,
    Forbidden,
    /// The list would grow over its limit, or all of them together over theirs.
    TooBig,
}

/// Where a field is in the bytes: its name, then its value.
#[derive(Clone, Copy)]
struct Entry {
    begin: u32,
    name: u32,
    value: u32,
}

/// What the lists that one instance builds may cost.
#[derive(Default)]
pub struct FieldBudget {
    /// A list alone (peko_limits).
    pub list_max: usize,
    /// What the longer ones cost together.
    used: Arc<AtomicUsize>,
}

/// The part of a longer list in the budget of its instance. Atomic, because a list may be dropped with its response.
struct Share {
    used: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Names in lower case and values, in the order in which they came.
#[derive(Default)]
pub struct FieldList {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    share: Option<Share>,
}

/// A copy has no share yet: it is made to be changed, and takes one then.
impl Clone for FieldList {
    fn clone(&self) -> Self {
        FieldList { bytes: self.bytes.clone(), entries: self.entries.clone(), share: None }
    }
}

impl FieldList {
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().map(|entry| {
            let field = &self.bytes[entry.begin as usize..];
            let (name, rest) = field.split_at(entry.name as usize);
            (name, &rest[..entry.value as usize])
        })
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What counts against the limit.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.entries.len() * FIELD_BYTES
    }

    /// Takes the share that it needs after a change.
    pub fn count(&mut self, budget: &FieldBudget) -> Result<(), Refusal> {
        let size = self.size();
        if size <= UNCOUNTED_BYTES {
            return Ok(());
        }
        self.share = None;
        let others = budget.used.fetch_add(size, Ordering::Relaxed);
        self.share = Some(Share { used: budget.used.clone(), bytes: size });
        if others + size > budget.list_max * LONGEST_LISTS { Err(Refusal::TooBig) } else { Ok(()) }
    }

    /// The values of `name`, whatever its case.
    pub fn values(&self, name: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn contains(&self, name: &[u8]) -> bool {
        self.values(name).next().is_some()
    }

    /// None: not set. There is at most one, and it is a number, unless a peer has sent otherwise: that is the error.
    pub fn content_length(&self) -> Result<Option<u64>, Refusal> {
        let mut values = self.values(b"content-length");
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Refusal::Syntax);
        }
        syntax::content_length(value).map(Some).ok_or(Refusal::Syntax)
    }

    /// Adds a field of a guest, if the list then costs at most `max`.
    pub fn append(&mut self, name: &[u8], value: &[u8], max: usize) -> Result<(), Refusal> {
        let begin = self.bytes.len();
        if self.size() + name.len() + value.len() + FIELD_BYTES > max {
            return Err(Refusal::TooBig);
        }
        self.push(name, value)?;
        let known = &self.bytes[begin..begin + name.len()];
        let refusal = if is_forbidden(known) {
            Refusal::Forbidden
        } else if known == b"content-length" && !self.is_only_length(value) {
            Refusal::Syntax
        } else {
            return Ok(());
        };
        self.pop();
        Err(refusal)
    }

    /// The last field, a content-length, is a number and the only one.
    fn is_only_length(&self, value: &[u8]) -> bool {
        syntax::content_length(value).is_some() && self.values(b"content-length").count() == 1
    }

    /// Puts `values` in the place of all values of `name`; none removes it. After an error nothing has changed.
    pub fn set(&mut self, name: &[u8], values: &[impl AsRef<[u8]>], max: usize) -> Result<(), Refusal> {
        if !syntax::is_token(name) {
            return Err(Refusal::Syntax);
        }
        let mut changed = FieldList::default();
        let mut put = false;
        for (known, value) in self.iter() {
            if !known.eq_ignore_ascii_case(name) {
                changed.push(known, value)?;
            } else if !std::mem::replace(&mut put, true) {
                changed.append_all(name, values, max)?;
            }
        }
        if !put {
            changed.append_all(name, values, max)?;
        }
        if changed.size() > max {
            return Err(Refusal::TooBig);
        }
        // Also when there are no values.
        if is_forbidden(&name.to_ascii_lowercase()) {
            return Err(Refusal::Forbidden);
        }
        *self = changed;
        Ok(())
    }

    fn append_all(&mut self, name: &[u8], values: &[impl AsRef<[u8]>], max: usize) -> Result<(), Refusal> {
        values.iter().try_for_each(|value| self.append(name, value.as_ref(), max))
    }

    /// Adds a field without asking for a limit, or whether it may be there.
    fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        let begin = self.bytes.len();
        if begin + name.len() + value.len() > u32::MAX as usize
            || !syntax::is_value(value)
            || !syntax::push_token(&mut self.bytes, name)
        {
            return Err(Refusal::Syntax);
        }
        self.bytes.extend_from_slice(value);
        self.entries.push(Entry { begin: begin as u32, name: name.len() as u32, value: value.len() as u32 });
        Ok(())
    }

    /// Takes the last field away again.
    fn pop(&mut self) {
        if let Some(last) = self.entries.pop() {
            self.bytes.truncate(last.begin as usize);
        }
    }

    /// Empties it, keeping memory of a usual size.
    pub fn clear(&mut self) {
        if self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>() > KEPT_BYTES {
            *self = FieldList::default();
        }
        self.bytes.clear();
        self.entries.clear();
        self.share = None;
    }

    /// Copies `fields`, leaving out the forbidden ones. The error says what is wrong with which field.
    ///
    /// # Safety
    /// The strings of `fields` are readable.
    pub unsafe fn fill(&mut self, fields: &[PekoField]) -> Result<(), String> {
        for field in fields {
            // Safety: the caller vouches for the strings.
            let (name, value) = unsafe { (field.name.bytes(), field.value.bytes()) };
            // Each request has one.
            if name.eq_ignore_ascii_case(b"host") {
                continue;
            }
            let begin = self.bytes.len();
            if self.push(name, value).is_err() {
                let shown = String::from_utf8_lossy(&name[..name.len().min(64)]);
                return Err(match syntax::is_token(name) {
                    true => format!("value of field {shown} has control characters"),
                    false => format!("field name {shown:?} is not a token"),
                });
            }
            if is_forbidden(&self.bytes[begin..begin + name.len()]) {
                self.pop();
            }
        }
        Ok(())
    }

    /// Fills `views` with what it holds; valid as long as the list is neither changed nor dropped.
    pub fn view(&self, views: &mut Vec<PekoField>) {
        views.clear();
        views.extend(self.iter().map(|(name, value)| PekoField { name: PekoStr::of(name), value: PekoStr::of(value) }));
    }
}
