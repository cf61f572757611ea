//! Compiling again what was compiled before: the machine code of functions that have not changed is taken from last time.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmtime::CacheStore;

/// What the bytes begin with: another layout has another one.
const MAGIC: &[u8] = b"peko known code 1\n";

/// Machine code of functions by the hash of what they were made of, as Cranelift writes both.
#[derive(Debug, Default)]
pub struct KnownCode {
    before: HashMap<Vec<u8>, Known>,
    made: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

#[derive(Debug)]
struct Known {
    code: Vec<u8>,
    used: AtomicBool,
}

impl KnownCode {
    /// From what write() said earlier. Damaged or foreign bytes are nothing known.
    pub fn read(bytes: &[u8]) -> Self {
        KnownCode { before: parse(bytes).unwrap_or_default(), made: Mutex::default() }
    }

    /// What the next compilation may want: all that this one has used or made.
    pub fn write(&self) -> Vec<u8> {
        let made = self.made();
        let used = self.before.iter().filter(|(_, known)| known.used.load(Ordering::Relaxed));
        let all = used.map(|(key, known)| (key, &known.code)).chain(made.iter());
        let parts = all.flat_map(|(key, code)| [key, code]);
        // To grow by doubling would hold it twice, in a child whose memory is bounded.
        let size = parts.clone().map(|part| size_of::<u64>() + part.len()).sum::<usize>();
        let mut bytes = Vec::with_capacity(MAGIC.len() + size);
        bytes.extend(MAGIC);
        for part in parts {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part);
        }
        bytes
    }

    fn made(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Vec<u8>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for KnownCode {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        if let Some(known) = self.before.get(key) {
            known.used.store(true, Ordering::Relaxed);
            return Some(Cow::Borrowed(&known.code));
        }
        self.made().get(key).map(|code| Cow::Owned(code.clone()))
    }

    fn insert(&self, key: &[u8], code: Vec<u8>) -> bool {
        self.made().insert(key.to_vec(), code);
        true
    }
}

fn parse(bytes: &[u8]) -> Option<HashMap<Vec<u8>, Known>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut all = HashMap::new();
    while !rest.is_empty() {
        let key = take(&mut rest)?.to_vec();
        all.insert(key, Known { code: take(&mut rest)?.to_vec(), used: AtomicBool::new(false) });
    }
    Some(all)
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (size, after) = rest.split_first_chunk::<8>()?;
    let (part, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*size)).ok()?)?;
    *rest = after;
    Some(part)
}
